import Foundation
import Kernel
import Mail
import Testing
import Web

@testable import Operations

@Suite("呼び出しの決まり")
struct PagingRuleTests {
  private static let id = EscalationPolicy.ID(at: .init(milliseconds: 0))
  private static let rule = RoutingRule.ID(at: .init(milliseconds: 0))
  private static let day = Day(2026, 2, 24)  // Tuesday

  private static func policy(
    _ steps: [(Int, [CallTarget])], repeats: Int = 0, gap: Int = 10
  ) throws(PagingRefusal) -> EscalationPolicy {
    try EscalationPolicy(
      id: id, name: "夜間", steps: steps.map { EscalationStep(afterMinutes: $0.0, targets: $0.1) },
      repeats: repeats,
      gapMinutes: gap, version: 1)
  }

  @Test(
    "自分に引き継ぐ段、前の段より早い段、だれもいない段は、わけを言って断る",
    arguments: [
      ([(0, [CallTarget.owner]), (5, [.owner])], PagingRefusal.sameAgain(2)),
      ([(0, [.owner, .deputy]), (5, [.administrators]), (9, [.deputy, .owner])], .sameAgain(3)),
      ([(0, [.standing]), (5, [.deputy])], .sameAgain(2)),
      ([(5, [.owner]), (5, [.deputy])], .notLater(2)), ([(5, [.owner]), (0, [.deputy])], .notLater(2)),
      ([(0, [])], .emptyStep(1)), ([], .noSteps), ([(1441, [.owner])], .badMinutes(1)),
      ([(-1, [.owner])], .badMinutes(1)),
    ] as [([(Int, [CallTarget])], PagingRefusal)])
  func refused(steps: [(Int, [CallTarget])], refusal: PagingRefusal) {
    #expect(throws: refusal) { try Self.policy(steps) }
  }

  @Test("一段ずつ後の人が増え、くり返しは間を置いてはじめから数える")
  func waits() throws {
    let plan = PagePlan(
      try Self.policy([(0, [.owner]), (10, [.deputy]), (25, [.administrators])], repeats: 1, gap: 15),
      criteria: "")
    #expect(plan.turns == 6)
    #expect((0...6).map { plan.waitMs(before: $0) / 60_000 } == [0, 10, 15, 15, 10, 15, 15])
    #expect(plan.step(4).targets == [.deputy])
  }

  @Test(
    "診療時間は始まりを含み、終わりを含まない。休みの日は一日じゅう休日",
    arguments: [
      (24, 8, 29, HourKind.night), (24, 8, 30, .business), (24, 17, 14, .business), (24, 17, 15, .night),
      (28, 10, 0, .holiday), (28, 23, 59, .holiday), (23, 10, 0, .holiday),
    ])
  func hours(day: Int, hour: Int, minute: Int, kind: HourKind) throws {
    // 23 February is the Emperor's birthday, the 28th a Saturday.
    let date = try #require(Day(2026, 2, day))
    let moment = date.start.adding(minutes: Int64(hour * 60 + minute))
    #expect(BusinessHours().kind(at: moment) { $0.day == 23 } == kind)
  }

  @Test(
    "朝まで待つものは、次に人がいる朝まで待つ",
    arguments: [
      // Tuesday in the morning, by day, at night; Friday evening before a weekend and a holiday.
      ("2026-02-24", 3, "2026-02-24", 8.5), ("2026-02-24", 10, "2026-02-24", 10),
      ("2026-02-24", 20, "2026-02-25", 8.5),
      ("2026-02-20", 20, "2026-02-24", 8.5), ("2026-12-28", 20, "2027-01-04", 8.5),
    ])
  func morning(from: String, hour: Int, until: String, then: Double) throws {
    let (first, last) = (try #require(Day(from)), try #require(Day(until)))
    let next = BusinessHours().next(from: first.start.adding(minutes: Int64(hour * 60))) { day in
      day == Day(2026, 2, 23)
    }
    #expect(next == last.start.adding(minutes: Int64(then * 60)))
  }

  private static func rule(
    _ lowest: ImpactLevel, _ highest: ImpactLevel, hours: [HourKind] = [], system: String? = nil,
    slow: Bool = false,
    start: RoutingRule.Start = .now, hold: Int = 0, policy: EscalationPolicy.ID? = nil,
    _ criteria: String = "x"
  ) throws -> RoutingRule {
    try RoutingRule(
      id: rule, system: system, lowest: lowest, highest: highest, hours: hours, takesSlow: slow, start: start,
      holdMinutes: hold, policy: policy, criteria: criteria, position: 1, version: 1)
  }

  @Test("はじめに合う決まりを使い、合うものがなければ担当と副担当に一度だけ知らせる")
  func firstFits() throws {
    let policy = try Self.policy([(0, [.owner]), (10, [.deputy])])
    let routing = Routing(
      rules: [
        try Self.rule(.l4, .l5, hours: [.night, .holiday], policy: policy.id, "夜でも起こす"),
        try Self.rule(.l1, .l5, hours: [.night, .holiday], start: .morning, hold: 5, "朝でよい"),
        try Self.rule(.l3, .l3, system: "b", slow: true, start: .inbox, "見るだけ"),
      ], policies: [policy.id: policy])
    let day = try #require(Self.day)
    let night = day.start.adding(minutes: 22 * 60)
    let noon = day.start.adding(minutes: 12 * 60)
    let loud = routing.plan(system: nil, level: .l4, grade: .down, openedAt: night)
    #expect(loud.start == night && loud.plan.criteria == "夜でも起こす" && loud.plan.turns == 2)
    let quiet = routing.plan(system: nil, level: .l2, grade: .down, openedAt: night)
    #expect(quiet.start == day.adding(days: 1).start.adding(minutes: 510))
    #expect(quiet.plan.criteria == "朝でよい")
    let slow = routing.plan(system: nil, level: .l5, grade: .slow, openedAt: night)
    #expect(slow.plan.isQuiet && !slow.plan.escalates)
    let own = routing.plan(system: "b", level: .l3, grade: .slow, openedAt: noon)
    #expect(own.plan.isQuiet && own.plan.criteria == "見るだけ")
    let other = routing.plan(system: "a", level: .l3, grade: .down, openedAt: noon)
    #expect(other.plan == .standing(isQuiet: false) && other.start == noon)
  }

  @Test("呼ばれるはずの人を、呼び出しとは別に数え直す")
  func audit() throws {
    let plan = PagePlan(try Self.policy([(0, [.owner]), (10, [.deputy])]), criteria: "")
    let start = Instant(milliseconds: 1_000_000_000)
    func missing(_ minutes: Int64, _ calls: [Int: Int64], skipped: Set<Int> = [], stop: Int64? = nil) -> Int?
    {
      PageAudit.missing(
        plan, start: start, calls: calls.mapValues { start.adding(minutes: $0) }, skipped: skipped,
        stop: stop.map { start.adding(minutes: $0) }, now: start.adding(minutes: minutes))
    }
    #expect(missing(3, [:]) == nil)  // three minutes it may take
    #expect(missing(4, [:]) == 0)
    #expect(missing(12, [0: 0]) == nil)
    #expect(missing(14, [0: 0]) == 1)
    #expect(missing(14, [0: 2]) == nil)  // ten minutes after the call, as it was made
    #expect(missing(60, [0: 0, 1: 10]) == nil)
    #expect(missing(60, [0: 0], stop: 9) == nil)  // taken on before
    #expect(missing(60, [0: 0], stop: 20) == 1)
    #expect(missing(4, [0: 0], skipped: [0]) == 1)  // after a step without anyone the next does not wait
  }

  @Test(
    "番号は、かけられる形だけを受け取る",
    arguments: [
      ("090-1234-5678", "09012345678"), ("+81 90 1234 5678", "+819012345678"), ("03(1234)5678", "0312345678"),
      ("090−1234−5678", "09012345678"), ("内線 123", nil), ("123", nil), ("", nil),
      ("090-1234-5678;rm", nil),
    ] as [(String, String?)])
  func numbers(raw: String, dialled: String?) { #expect(Callee.dialled(raw) == dialled) }

  @Test("引き受けるリンクは、一文字でも変わると開かず、三日で切れる")
  func links() throws {
    let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))
    let now = Instant(milliseconds: 1_771_897_200_000)
    let link = AnswerLink(
      facility: .init(at: now), letter: .init(at: now), person: .init(at: now),
      until: AnswerLink.end(from: now))
    let text = try link.text(sealer)
    #expect(text.utf8.count <= 100)
    #expect(try AnswerLink(text, sealer, now: now) == link)
    #expect(try AnswerLink(text, sealer, now: link.until) == link)
    #expect(throws: PagingRefusal.oldLink) {
      try AnswerLink(text, sealer, now: link.until.adding(milliseconds: 1))
    }
    for index in [0, 10, 40, 70, text.count - 1] {
      var letters = Array(text)
      letters[index] = letters[index] == "A" ? "B" : "A"
      let other = String(letters)
      #expect(throws: PagingRefusal.badLink, "\(index)") { try AnswerLink(other, sealer, now: now) }
    }
    let foreign = Sealer.memory([UInt8](repeating: 8, count: 32))
    #expect(throws: PagingRefusal.badLink) { try AnswerLink(text, foreign, now: now) }
  }

  // MARK: Channels

  private static let note = PageNote(
    number: "09012345678", text: "守り手 12 止まっています: \"電子\"\n{number}", alerts: [], count: 1, link: nil)

  private static func parcel(_ kind: Channel.Kind, _ body: String = "", form: Channel.Form = .json) throws
    -> PageParcel
  {
    let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))
    let channel = Channel(
      id: .init(at: .init(milliseconds: 0)), name: "a", kind: kind, host: "chat.example", body: body,
      form: form,
      header: "", command: "sms", version: 1)
    let url = try sealer.seal(Array("https://chat.example/hook".utf8), for: Channel.place(channel.id, "url"))
    return try StoredChannel(channel: channel, secrets: ["url": url]).parcel(note, sealer)
  }

  private static func body(_ kind: Channel.Kind, _ template: String = "", form: Channel.Form = .json) throws
    -> String
  {
    guard case .http(let post) = try parcel(kind, template, form: form) else { return "" }
    return post.body ?? ""
  }

  @Test("チャットごとの形で渡し、文はどの形の中からも抜け出さない")
  func templates() throws {
    for kind in [Channel.Kind.slack, .mattermost] {
      let object = try JSONSerialization.jsonObject(with: Data(try Self.body(kind).utf8)) as? [String: String]
      #expect(object == ["text": Self.note.text])
    }
    let teams = try Self.body(.teams)
    #expect(teams.contains("\"AdaptiveCard\"") && teams.contains("application/vnd.microsoft.card.adaptive"))
    #expect(try Self.body(.chatwork).hasPrefix("body=%E5%AE%88"))
    let gateway = try Self.body(.gateway, "{\"to\":\"{number}\",\"text\":\"{text}\"}")
    let object = try JSONSerialization.jsonObject(with: Data(gateway.utf8)) as? [String: String]
    #expect(object == ["to": "09012345678", "text": Self.note.text])
    let form = try Self.body(.gateway, "to={number}&text={text}", form: .form)
    #expect(form.hasPrefix("to=09012345678&text=%E5%AE%88") && !form.contains("\n") && !form.contains("\""))
    #expect(try Self.parcel(.command) == .command(name: "sms", number: "09012345678", text: Self.note.text))
  }

  private static let listed = "sms = /usr/bin/sms {number} {text}\n"

  @Test(
    "一覧にある命令だけを選べる",
    arguments: [
      (listed, "sms", nil), (listed, "rm", .badCommand("rm")), (listed, "SMS", .badCommand("SMS")),
      (listed, "/usr/bin/sms", .badCommand("/usr/bin/sms")), (listed, "", .badCommand("")),
      ("", "sms", .noCommands),
    ] as [(String, String, PagingRefusal?)])
  func commands(list: String, chosen: String, refusal: PagingRefusal?) throws {
    let typed = Channel(
      id: .init(at: .init(milliseconds: 0)), name: "電話", kind: .command, host: "", body: "", form: .json,
      header: "", command: chosen, version: 0)
    func channel() throws -> Channel {
      try ChannelDraft(typed).channel(id: typed.id, over: nil, GatewayCommands(list))
    }
    guard let refusal else { return #expect(try channel().command == chosen) }
    #expect(throws: refusal) { try channel() }
  }

  @Test(
    "渡す先は http か https だけで、鍵を含む住所は断る",
    arguments: [
      "ftp://a.example/", "https://user:pass@a.example/", "https:///x", "javascript:alert(1)", "",
      "https://a b/",
      "file:///etc/passwd",
    ])
  func addresses(text: String) { #expect(throws: PostProblem.badAddress) { try HTTPPost(text, body: nil) } }
}
