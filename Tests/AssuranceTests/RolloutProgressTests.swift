import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private let maker = try? PdfMaker.find(environment: ProcessInfo.processInfo.environment)

@Suite("二要素認証の導入の進み")
struct RolloutProgressTests {
  private static let today = Day(2026, 11, 22) ?? Day(daysSince1970: 0)

  /// 役割, 部署, あり, なし, 不明.
  private static func accounts(_ all: [(String, String, Int, Int, Int)]) -> [RolloutFacts.Accounts] {
    all.map { role, department, with, without, untold in
      var one = RolloutFacts.Accounts(role: role, department: department)
      (one.with, one.without, one.untold) = (with, without, untold)
      return one
    }
  }

  private static func facts(
    _ word: RolloutFacts.Word? = nil, _ all: [(String, String, Int, Int, Int)] = []
  ) -> RolloutFacts {
    var facts = RolloutFacts(system: "s", name: "電子カルテ")
    facts.word = word
    if !all.isEmpty { facts.review = RolloutFacts.Review(id: "r", day: today.adding(days: -3)) }
    facts.accounts = accounts(all)
    return facts
  }

  private static func line(_ group: String = "管理者", done: Bool = false, until: Int? = nil) -> RolloutLine {
    var line = RolloutLine(id: ID(at: .test))
    (line.system, line.group, line.doneOn) = ("s", group, done ? today : nil)
    line.exceptionUntil = until.map { today.adding(days: $0) }
    return line
  }

  private static let tallies: [(String, [(String, String, Int, Int, Int)], Int, Int, Int, Bool)] = [
    // まとまりの名前が役割か部署と同じなら、そのアカウントだけを数える。
    ("管理者", [("管理者", "情報", 2, 1, 0), ("医師", "内科", 0, 9, 1)], 2, 3, 0, true),
    ("内 科", [("管理者", "情報", 2, 1, 0), ("医師", "内科", 4, 5, 1)], 4, 10, 1, true),
    // 同じ名前がなければ、システム全体。
    ("看護師", [("管理者", "情報", 2, 1, 0), ("医師", "内科", 0, 9, 1)], 2, 13, 1, false),
    // 同じ名前でも、一人もわからなければ全体に戻る。
    ("管理者", [("管理者", "情報", 0, 0, 3), ("医師", "内科", 1, 1, 0)], 1, 5, 3, false),
    // 役割の空いたアカウントは、名前のない全体には数えるが、まとまりとは合わない。
    ("管理者", [("", "", 1, 0, 0)], 1, 1, 0, false),
  ]

  @Test("アカウントの棚卸しから、まとまりか全体を数える", arguments: tallies)
  func tally(
    group: String, all: [(String, String, Int, Int, Int)], with: Int, total: Int, untold: Int, isOfGroup: Bool
  ) throws {
    guard case .accounts(let tally) = Self.facts(.no, all).progress(of: group) else {
      Issue.record("no accounts")
      return
    }
    #expect(tally.with == with && tally.all == total && tally.untold == untold)
    #expect(tally.isOfGroup == isOfGroup && tally.day == Self.today.adding(days: -3))
  }

  @Test("棚卸しで何もわからなければシステムの台帳に、それもなければ「わからない」になる")
  func fallback() {
    #expect(Self.facts(.yes, [("管理者", "", 0, 0, 4)]).progress(of: "管理者") == .word(.yes, since: nil))
    #expect(Self.facts(.partly).progress(of: "管理者").share == nil)
    #expect(Self.facts(.no).progress(of: "管理者").share == 0)
    #expect(Self.facts().progress(of: "管理者") == .nothing)
    let half = Self.facts(nil, [("", "", 1, 0, 1)]).progress()
    #expect(half.share == 0.5 && half.isComplete == false)
  }

  @Test("済んだ日は、台帳が何も言わないときだけ進みになる")
  func byHand() {
    let open = Self.facts(nil, [("管理者", "", 1, 1, 0)]).progress(of: "管理者")
    #expect(Self.line(done: true).share(.nothing) == 1 && Self.line().share(.nothing) == 0)
    #expect(Self.line(done: true).isContradicted(by: open) && !Self.line().isContradicted(by: open))
    #expect(!Self.line(done: true).isDone(open) && Self.line().isDone(.word(.yes, since: nil)))
    let phase = RolloutPhase(
      number: 1, name: "", startOn: Self.today.adding(days: -9), endOn: Self.today.adding(days: 9), version: 1
    )
    #expect(Self.line(done: true).standing(in: phase, on: Self.today, known: open) == .underWay)
    #expect(Self.line().standing(in: phase, on: Self.today, known: .word(.yes, since: nil)) == .done)
  }

  private static let standings: [(RolloutFacts, [RolloutLine], RolloutSummary.Standing)] = [
    (facts(), [], .unknown), (facts(.no), [], .unplanned), (facts(.partly), [], .unplanned),
    (facts(.yes), [], .done), (facts(.yes), [line(until: 9)], .done), (facts(), [line()], .planned),
    (facts(), [line(done: true)], .done), (facts(.no), [line(done: true)], .planned),
    (facts(), [line(until: 9)], .excepted), (facts(), [line(until: -1)], .planned),
    (facts(), [line(done: true), line("医師", until: 9)], .done),
    (facts(), [line(done: true), line("医師")], .planned),
    (facts(nil, [("管理者", "", 3, 0, 0), ("医師", "", 1, 1, 0)]), [line()], .done),
    (facts(nil, [("管理者", "", 3, 0, 0), ("医師", "", 1, 1, 0)]), [line(), line("医師")], .planned),
  ]

  @Test("システムは、全員が二要素、計画あり、例外、計画なし、わからない、のどれか一つ", arguments: standings)
  func standing(facts: RolloutFacts, lines: [RolloutLine], expected: RolloutSummary.Standing) {
    #expect(RolloutSummary.standing(facts, lines, on: Self.today) == expected)
    let summary = RolloutSummary([facts], lines, on: Self.today)
    #expect(summary.total == 1 && summary[expected] == 1)
    #expect(summary.open.count == (expected == .unknown || expected == .unplanned ? 1 : 0))
  }

  // MARK: Over HTTP

  private static func begin(_ app: TestApp) async throws -> String {
    let (start, end) = (app.now.day.adding(days: -10), app.now.day.adding(days: 289))
    _ = try await app.post("/rollout", [("start", start.description), ("end", end.description)])
    let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope).id.text
    let fields = [
      ("system", system), ("group", "管理者"), ("people", "4"), ("method", "passkey"), ("phase", "1"),
      ("done", ""), ("once", ""), ("yearly", ""), ("exception", ""), ("until", ""), ("version", "0"),
    ]
    #expect(try await app.post("/rollout/lines", fields).status == 303)
    return system
  }

  private static func review(_ csv: String, of system: String, _ app: TestApp) async throws {
    let answer = try await app.upload(
      "/account-reviews/subjects/\(system)/reviews", field: "file", name: "ehr.csv", bytes: Array(csv.utf8))
    #expect(answer.status == 303)
  }

  @Test("何もわからなければ道を示し、棚卸しと台帳に書けば数になる", arguments: Engine.available)
  func known(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.begin(app)
      let page = try await app.get("/rollout")
      #expect(page.body.contains("二要素かどうかが、台帳からはまだわかりません。"))
      #expect(page.body.contains("href=\"/account-reviews/subjects/\(system)\""))
      #expect(page.body.contains("href=\"/registers/systems/\(system)/change\""))
      #expect(page.body.contains("1件のうち0件が済み") && page.body.contains("守り手に入る人"))
      _ = try await Systems.register.add(["name": "給食", "twoFactor": "なし"], .ja, in: app.scope)
      _ = try await Systems.register.add(
        ["name": "人事", "twoFactor": "全員", "twoFactorOn": "2026-01-15"], .ja, in: app.scope)
      try await Self.review(
        """
        ID,氏名,権限,二要素
        a1,佐藤,管理者,あり
        a2,鈴木,管理者,なし
        d1,高橋,医師,なし
        d2,田中,医師,
        """, of: system, app)
      let counted = try await app.get("/rollout")
      #expect(counted.body.contains("このまとまりのアカウント2件のうち、二要素は1件です"))
      #expect(counted.body.contains("<progress max=\"2\" value=\"1\""))
      #expect(counted.body.contains("給食") && !counted.body.contains("人事"))
      let ground = try await app.scope.read { try $0.rolloutGround() }
      let whole = try #require(ground.facts(of: system))
      #expect(whole.accounts.map(\.role) == ["医師", "管理者"] || whole.accounts.map(\.role) == ["管理者", "医師"])
      guard case .accounts(let tally) = whole.progress() else {
        Issue.record("no accounts")
        return
      }
      #expect(tally.with == 1 && tally.without == 2 && tally.untold == 1)
      #expect(ground.systems.first { $0.name == "人事" }?.since == Day(2026, 1, 15))
      let svg = try await app.get("/rollout/chart.svg")
      #expect(svg.body.matches(of: #/height="5" fill="#17683e"/#).count == 1)
      // A newer review is what counts.
      let path = try await app.get("/account-reviews/subjects/\(system)").body
      let old = try #require(path.firstMatch(of: #/account-reviews/([0-9a-f-]{36})/#)?.1)
      _ = try await app.post("/account-reviews/\(old)/removal", [])
      app.now = app.now.adding(milliseconds: 1_000)
      try await Self.review("ID,権限,二要素\na1,管理者,あり\na2,管理者,あり\n", of: system, app)
      let complete = try await app.get("/rollout")
      #expect(complete.body.contains("このまとまりのアカウント2件のうち、二要素は2件です"))
      #expect(complete.body.contains("1件のうち1件が済み"))
    }
  }

  @Test("よその施設の台帳は数に入らない", arguments: Engine.available)
  func elsewhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.begin(app)
      _ = try await app.get("/rollout", as: .stranger)
      let theirs = try await app.get("/rollout", as: .stranger)
      #expect(!theirs.body.contains("電子カルテ"))
      let line = try #require(try await app.scope.read { try $0.rolloutLines() }.first?.line)
      #expect(try await app.get("/rollout/lines/\(line.id)/measures", as: .stranger).status == 404)
      let off = try await app.post("/rollout/lines/\(line.id)/measures", [("off", "1")], as: .stranger)
      #expect(off.status == 404)
      #expect(try await app.get("/rollout/lines/\(line.id)/measures", as: .auditor).status == 403)
    }
  }

  @Test("PDF に、システムの数と台帳の進みが入る", .enabled(if: maker != nil, "typst がない"))
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let system = try await Self.begin(app)
      try await Self.review("ID,権限,二要素\na1,管理者,あり\na2,管理者,なし\n", of: system, app)
      let text = try await Pdf.text(try await app.get("/rollout/plan.pdf", as: .auditor).bytes)
      #expect(text.contains("システムの数") && text.contains("2件のうち"))
    }
  }
}
