import Kernel
import Testing

@testable import Operations

@Suite("当番: 労務の確かめ")
struct LabourTests {
  typealias S = OnCallSample
  private static let (a, b, c) = (S.people[0], S.people[1], S.people[2])
  /// A Tuesday; Monday was a holiday.
  private static let now = S.at("2026-02-24 10:40")

  private static func call(_ member: RotaMember, _ from: String, _ until: String) -> DutyCall {
    DutyCall(
      id: DutyCall.ID(at: S.at(from)), rota: S.rotaID, member: member, calledAt: S.at(from),
      work: S.window(from, until), travelMinutes: 0, what: "", madeBy: "")
  }

  private static func labour(_ rotations: [Rotation], calls: [DutyCall] = [], permit: String = "") -> Labour {
    let roster = Roster(rota: S.rota(rotations, permit: permit))
    let span = Window(from: now.adding(minutes: -95 * 1440), until: now.adding(minutes: 70 * 1440))
    let segments = Rota.Layer.allCases.flatMap { roster.segments(of: $0, in: span) }
    return Labour(rota: roster.rota, segments: segments, calls: calls, now: now)
  }

  private static func found(_ labour: Labour, _ rule: LabourFinding.Rule) -> [LabourFinding] {
    labour.findings(until: now.adding(minutes: 62 * 1440)).filter { $0.rule == rule }
  }

  @Test(
    "始業までの休息: 11時間未満は注意、9時間未満は強い注意。休日の前と日中は見ない",
    arguments: [
      ("2026-02-24 2:10", "2026-02-24 3:40", 290, LabourFinding.Level.strong),
      ("2026-02-23 22:00", "2026-02-23 23:30", 540, .warning),
      ("2026-02-23 22:00", "2026-02-23 23:31", 539, .strong),
      ("2026-02-23 20:00", "2026-02-23 21:31", 659, .warning),
      ("2026-02-23 20:00", "2026-02-23 21:30", nil, .note),
      ("2026-02-22 1:00", "2026-02-22 3:00", nil, .note), ("2026-02-22 23:00", "2026-02-23 3:00", nil, .note),
      ("2026-02-24 9:00", "2026-02-24 10:00", nil, .note),
    ] as [(String, String, Int?, LabourFinding.Level)])
  func rest(from: String, until: String, minutes: Int?, level: LabourFinding.Level) {
    let labour = Self.labour([S.rotation([Self.a])], calls: [Self.call(Self.a, from, until)])
    let found = Self.found(labour, .rest)
    #expect(found.map(\.value) == [minutes].compactMap { $0 })
    #expect(found.allSatisfy { $0.level == level })
  }

  @Test("事業者の窓口の休息は見ない")
  func deskRest() {
    let desk = RotaMember.desk(name: "窓口", phone: "03-0000-0000")
    let labour = Self.labour(
      [S.rotation([desk])], calls: [Self.call(desk, "2026-02-24 2:10", "2026-02-24 3:40")])
    #expect(Self.found(labour, .rest) == [])
  }

  @Test(
    "続けて勤める日: 平日と当番の日を数え、12日で注意、13日を超えると強い注意",
    arguments: [
      ("2026-02-28", "2026-03-01", nil), ("2026-03-07", "2026-03-08", 12), ("2026-03-07", "2026-03-15", 18),
    ] as [(String, String, Int?)])
  func consecutive(first: String, last: String, days: Int?) {
    let labour = Self.labour([S.rotation([Self.a], days: .rest, first: first, last: last)])
    let found = Self.found(labour, .consecutive)
    #expect(found.map(\.value) == [days].compactMap { $0 })
    #expect(found.allSatisfy { $0.level == ($0.value > 13 ? .strong : .warning) })
  }

  @Test(
    "月の時間外: 40時間で知らせ、45を超えると注意、80を超えると強い注意、100は別の上限",
    arguments: [
      (39 * 60, nil, 0), (40 * 60, .note, 45), (45 * 60, .note, 45), (45 * 60 + 1, .warning, 45),
      (80 * 60, .warning, 45), (80 * 60 + 1, .strong, 80), (100 * 60, .strong, 100),
    ] as [(Int, LabourFinding.Level?, Int)])
  func month(minutes: Int, level: LabourFinding.Level?, limit: Int) {
    // Hours of a Sunday, as often as needed; what they add up to is what counts.
    var calls: [DutyCall] = []
    var left = minutes
    while left > 0 {
      let from = S.at("2026-02-15 0:00")
      let window = Window(from: from, until: from.adding(minutes: Int64(min(left, 600))))
      calls.append(
        DutyCall(
          id: DutyCall.ID(at: from), rota: S.rotaID, member: Self.a, calledAt: from, work: window,
          travelMinutes: 0, what: "", madeBy: ""))
      left -= 600
    }
    let labour = Labour(rota: S.rota([S.rotation([Self.a])]), segments: [], calls: calls, now: Self.now)
    let found = labour.findings(until: Self.now).filter { $0.rule == .month }
    #expect(found.map(\.level) == [level].compactMap { $0 })
    #expect(found.map(\.limit) == (level == nil ? [] : [limit * 60]))
    #expect(found.allSatisfy { $0.value == minutes })
  }

  @Test("平日の勤務の中の対応は、時間外に数えない")
  func ordinaryHours() {
    let calls = [Self.call(Self.a, "2026-02-20 16:15", "2026-02-20 18:15")]
    let labour = Labour(rota: S.rota([S.rotation([Self.a])]), segments: [], calls: calls, now: Self.now)
    #expect(labour.minutes(of: Self.a, in: S.window("2026-02-01 0:00", "2026-03-01 0:00")) == 60)
    #expect(labour.overtime(of: Self.a).last?.minutes == 60)
  }

  @Test("月の見込みは、残る当番に、これまでの当番あたりの時間を掛けて足す")
  func forecast() {
    // Always on call since 5 January: 50 days and 2:10 so far, 4 days and 13:20 to come in February.
    let calls = [Self.call(Self.a, "2026-02-14 0:00", "2026-02-14 10:00")]
    let labour = Self.labour([S.rotation([Self.a])], calls: calls)
    let (had, left) = (50 * 1440 + 130, 4 * 1440 + 800)
    #expect(labour.overtime(of: Self.a).last?.minutes == 600 + 600 * left / had)
  }

  @Test("宿直は週に一度、日直は月に一度。許可がなければ、それも言う")
  func hospitalDuties() {
    let rotations = [
      S.rotation(
        [Self.a, Self.a, Self.b], kind: .night, hours: .standardNight, first: "2026-03-02", last: "2026-03-08"
      ),
      S.rotation(
        [Self.c], kind: .day, days: .rest, hours: .standardWork, first: "2026-03-07", last: "2026-03-08"),
    ]
    let labour = Self.labour(rotations)
    // Monday to Sunday: a a b a a b a.
    let nights = Self.found(labour, .nights)
    #expect(nights.count == 2)
    #expect(Set(nights.map(\.value)) == [5, 2])
    #expect(Self.found(labour, .days).map(\.value) == [2])
    #expect(Self.found(labour, .permit).map(\.value) == [9])
    #expect(Self.found(Self.labour(rotations, permit: "第1号 令和8年1月5日"), .permit) == [])
  }

  @Test(
    "病院での当番のあとの休息: 許可のない宿直は次の平日の始業まで、勤務は次の勤務まで、許可と自宅待機は見ない",
    arguments: [
      (.night, "", "2026-02-25", 0), (.night, "", "2026-02-27", nil), (.night, "第1号", "2026-02-25", nil),
      (.standby, "", "2026-02-25", nil), (.work, "", "2026-02-25", nil),
    ] as [(Rotation.Kind, String, String, Int?)])
  func plannedRest(kind: Rotation.Kind, permit: String, day: String, minutes: Int?) {
    // Wednesday and Friday nights.
    let rotation = S.rotation([Self.a], kind: kind, hours: .standardNight, first: day, last: day)
    let found = Self.found(Self.labour([rotation], permit: permit), .rest)
    #expect(found.map(\.value) == [minutes].compactMap { $0 })
    #expect(found.allSatisfy { $0.level == .strong })
  }

  @Test("勤務が二つ続くと、その間の休息を見る")
  func shiftWork() {
    let labour = Self.labour([
      S.rotation([Self.a], kind: .work, hours: .standardWork, first: "2026-02-25", last: "2026-02-26"),
      S.rotation(
        [Self.a], kind: .work, hours: Hours(from: 1320, until: 1380) ?? .wholeDay, first: "2026-02-25",
        last: "2026-02-25"),
    ])
    // 17:15 to 22:00 on Wednesday, and from 23:00 to 8:30.
    #expect(Set(Self.found(labour, .rest).map(\.value)) == [285, 570])
  }

  @Test("頼めそうな人: 少ない人が先。休み、ほかの役割、続いた勤めの人は除く")
  func candidates() {
    let (d, e) = (S.people[3], S.people[4])
    let rotations = [
      // a and b have had nights, b twice as many; c is the second on the Sunday, d is away, e has the weekends around it.
      S.rotation([Self.a, Self.b, Self.b], hours: .standardNight, first: "2026-01-05", last: "2026-02-03"),
      S.rotation([nil], first: "2026-03-08", last: "2026-03-08"),
      S.rotation([Self.c], layer: .secondary, first: "2026-03-08", last: "2026-03-08"),
      S.rotation([d], layer: .secondary, first: "2026-04-20", last: "2026-04-20"),
      S.rotation([e], layer: .secondary, days: .rest, first: "2026-02-28", last: "2026-03-07"),
    ]
    let labour = Self.labour(rotations)
    let window = S.window("2026-03-08 8:30", "2026-03-09 8:30")
    let leave = [S.leave(d, S.window("2026-03-01 0:00", "2026-03-09 0:00"))].compactMap { $0 }
    let found = labour.candidates(for: window, away: leave, labour.known)
    #expect(found.map(\.member) == [Self.a, Self.b])
    #expect(found.first.map { $0.load < 16 } == true)
  }

  @Test("誰もいない時間は、主なら強い注意、副なら注意。休みで欠けた人の名が残る")
  func gaps() {
    var roster = Roster(
      rota: S.rota([
        S.rotation([nil], days: .rest, first: "2026-02-28", last: "2026-02-28"),
        S.rotation([Self.b], layer: .secondary, first: "2026-02-28", last: "2026-02-28"),
      ]))
    roster.leaves = [S.leave(Self.b, S.window("2026-02-28 8:30", "2026-02-28 20:30"))].compactMap { $0 }
    let span = Window(from: Self.now, until: Self.now.adding(minutes: 30 * 1440))
    let labour = Labour(
      rota: roster.rota, segments: Rota.Layer.allCases.flatMap { roster.segments(of: $0, in: span) },
      calls: [],
      now: Self.now)
    let gap = Self.found(labour, .gap)
    #expect(gap.map(\.level) == [.strong])
    #expect(gap.map(\.value) == [1440])
    let leave = Self.found(labour, .leave)
    #expect(leave.map(\.level) == [.warning])
    #expect(leave.map(\.value) == [720])
    #expect(leave.map(\.member) == [Self.b])
  }

  @Test("退職した人が呼ばれる当番は、強い注意。先の当番のはじめの一つを言う")
  func gone() {
    var labour = Self.labour([S.rotation([Self.a, Self.b])])
    labour.gone = [Self.b]
    let found = Self.found(labour, .gone)
    #expect(found.map(\.member) == [Self.b])
    #expect(found.map(\.level) == [.strong])
    // Since 5 January b has had the odd days: the 25th is the 51st after it.
    #expect(found.map(\.window) == [S.window("2026-02-25 8:30", "2026-02-26 8:30")])
    let person = OnCallPerson(
      member: Self.b, name: "乙", department: "", phones: [], mail: nil, leftOn: S.day("2026-02-23"))
    #expect(person.hasLeft(on: S.day("2026-02-24")))
    #expect(!person.hasLeft(on: S.day("2026-02-23")))
  }

  @Test("夜間と休日の偏りは、ほかの人の平均より3回以上多い人だけ")
  func fairness() {
    // Fifty nights: a has two of three.
    let labour = Self.labour([S.rotation([Self.a, Self.a, Self.b], hours: .standardNight)])
    let found = Self.found(labour, .fairness)
    #expect(found.map(\.member) == [Self.a])
    #expect(found.map(\.level) == [.note])
    #expect(Self.found(Self.labour([S.rotation([Self.a, Self.b], hours: .standardNight)]), .fairness) == [])
  }

  @Test("一人の病院には、一度だけ静かに言う。事業者の窓口と二人なら言わない")
  func alone() {
    #expect(Self.found(Self.labour([S.rotation([Self.a])]), .alone).map(\.level) == [.note])
    let desk = RotaMember.desk(name: "窓口", phone: "03-0000-0000")
    #expect(Self.found(Self.labour([S.rotation([Self.a, desk])]), .alone) == [])
  }

  @Test("確かさの低い決まりはなく、法で決まったものだけが高い")
  func certainty() {
    let high = LabourFinding.Rule.allCases.filter { $0.certainty == .high }
    #expect(Set(high) == [.rest, .month, .average, .year, .months])
  }
}
