import Kernel
import TestSupport
import Testing

@testable import Operations

/// What tests of rotas are made of.
enum OnCallSample {
  static let rotaID = Rota.ID(at: Instant(milliseconds: 1))

  static let people: [RotaMember] = (0..<20).map { index in
    .person(PersonID(at: Instant(milliseconds: Int64(index + 1))))
  }

  static func day(_ text: String) -> Day { Day(text) ?? Day(daysSince1970: 0) }

  /// `2026-02-24 10:30` on the clocks of Tokyo.
  static func at(_ text: String) -> Instant {
    let parts = text.split(separator: " ")
    return day(String(parts[0])).start.adding(minutes: Int64(Hours.minutes(String(parts[1])) ?? 0))
  }

  static func window(_ from: String, _ until: String) -> Window { Window(from: at(from), until: at(until)) }

  static func rotation(
    _ members: [RotaMember?], layer: Rota.Layer = .primary, kind: Rotation.Kind = .standby,
    days: Rotation.Days = .every, hours: Hours = .wholeDay, length: Int = 1,
    counting: Rotation.Counting = .calendar, first: String = "2026-01-05", last: String? = nil
  ) -> Rotation {
    Rotation(
      layer: layer, kind: kind, days: days, hours: hours, length: length, counting: counting,
      first: day(first), last: last.map(day), members: members)
  }

  static func rota(
    _ rotations: [Rotation], zone: String = "Asia/Tokyo", yearEnd: Rota.YearEnd = .ordinary,
    permit: String = ""
  ) -> Rota {
    Rota(
      id: rotaID, name: "当番", zone: zone, rotations: rotations, yearEnd: yearEnd, workHours: .standardWork,
      permit: permit, version: 1)
  }

  static func change(
    _ window: Window, layer: Rota.Layer = .primary, whom: RotaMember? = nil, by: RotaMember?
  ) -> RotaOverride {
    RotaOverride(
      id: RotaOverride.ID(at: window.from), rota: rotaID, layer: layer, window: window, whom: whom, by: by,
      reason: "", madeBy: "")
  }

  static func leave(_ member: RotaMember, _ window: Window) -> Leave? {
    member.person.map { Leave(id: Leave.ID(at: window.from), person: $0, window: window, note: "") }
  }
}

@Suite("当番: いつ誰か")
struct RosterTests {
  typealias S = OnCallSample
  private static let (a, b, c) = (S.people[0], S.people[1], S.people[2])

  private static func who(_ roster: Roster, _ moment: String, _ layer: Rota.Layer = .primary) -> RotaMember? {
    roster.segment(of: layer, at: S.at(moment)).member
  }

  @Test(
    "週替わりは、初めの日の交代の時刻に替わる。始まりを含み、終わりを含まない",
    arguments: [
      ("2026-01-05 8:29", nil), ("2026-01-05 8:30", 0), ("2026-01-12 8:29", 0), ("2026-01-12 8:30", 1),
      ("2026-01-19 8:30", 2), ("2026-01-26 8:30", 0), ("2026-02-24 10:40", 1),
    ] as [(String, Int?)])
  func weekly(moment: String, index: Int?) {
    let roster = Roster(rota: S.rota([S.rotation([Self.a, Self.b, Self.c], length: 7)]))
    #expect(Self.who(roster, moment) == index.map { S.people[$0] })
  }

  @Test("決めた日数で替わり、最後の日で終わる")
  func custom() {
    let roster = Roster(
      rota: S.rota([S.rotation([Self.a, Self.b], length: 3, first: "2026-04-01", last: "2026-04-08")]))
    let days = (1...9).map { Self.who(roster, "2026-04-0\($0) 12:00") }
    #expect(days == [Self.a, Self.a, Self.a, Self.b, Self.b, Self.b, Self.a, Self.a, nil])
  }

  @Test("夜をまたぐ当番は、始まった日のもの: 金曜の夜は平日、日曜の夜は休日")
  func overnight() {
    let roster = Roster(
      rota: S.rota([
        S.rotation([Self.a], days: .weekday, hours: .standardNight),
        S.rotation([Self.b], days: .rest, hours: .standardNight),
      ]))
    // 2026-01-09 is a Friday, Monday the 12th is a holiday.
    #expect(Self.who(roster, "2026-01-09 17:14") == nil)
    #expect(Self.who(roster, "2026-01-09 17:15") == Self.a)
    #expect(Self.who(roster, "2026-01-10 8:29") == Self.a)
    #expect(Self.who(roster, "2026-01-10 8:30") == nil)
    #expect(Self.who(roster, "2026-01-12 7:00") == Self.b)
    #expect(Self.who(roster, "2026-01-12 20:00") == Self.b)
    #expect(Self.who(roster, "2026-01-13 7:00") == Self.b)
    #expect(Self.who(roster, "2026-01-13 17:15") == Self.a)
    #expect(roster.segment(of: .primary, at: S.at("2026-01-13 7:00")).day == S.day("2026-01-12"))
  }

  @Test("自分の日だけを数える交代は、連休を一つ多く数える")
  func ownDays() {
    let roster = Roster(
      rota: S.rota([
        S.rotation([Self.a, Self.b, Self.c], days: .rest, counting: .own, first: "2026-01-10")
      ]))
    // Saturday, Sunday, the holiday on Monday, then Saturday and Sunday.
    let days = ["10", "11", "12", "17", "18", "24"].map { Self.who(roster, "2026-01-\($0) 12:00") }
    #expect(days == [Self.a, Self.b, Self.c, Self.a, Self.b, Self.c])
    #expect(Self.who(roster, "2026-01-14 12:00") == nil)
  }

  @Test(
    "年末年始は設定の通り: 暦の通り、休日、別の当番",
    arguments: [(.ordinary, 0, 1), (.rest, 1, 1), (.own, 2, 2)] as [(Rota.YearEnd, Int, Int)])
  func yearEnd(setting: Rota.YearEnd, december: Int, newYear: Int) {
    let roster = Roster(
      rota: S.rota(
        [
          S.rotation([Self.c], days: .yearEnd), S.rotation([Self.a], days: .weekday),
          S.rotation([Self.b], days: .rest),
        ], yearEnd: setting))
    // Tuesday 29 December, and 1 January.
    #expect(Self.who(roster, "2026-12-29 12:00") == S.people[december])
    #expect(Self.who(roster, "2027-01-01 12:00") == S.people[newYear])
    #expect(Self.who(roster, "2026-12-28 12:00") == Self.a)
    #expect(Self.who(roster, "2027-01-04 12:00") == Self.a)
  }

  @Test("空いた順番は「誰もいない当番」、計画のない時間とは別")
  func empty() {
    let roster = Roster(rota: S.rota([S.rotation([Self.a, nil], hours: .standardNight)]))
    #expect(roster.segment(of: .primary, at: S.at("2026-01-06 18:00")).state == .empty)
    #expect(roster.segment(of: .primary, at: S.at("2026-01-06 12:00")).state == .off)
    #expect(roster.segment(of: .secondary, at: S.at("2026-01-06 18:00")).state == .off)
  }

  @Test("上の交代が先: 同じ時に二つあっても、一人だけ")
  func precedence() {
    let roster = Roster(
      rota: S.rota([
        S.rotation([Self.b], days: .rest, hours: .standardWork), S.rotation([Self.a], hours: .wholeDay),
      ]))
    #expect(Self.who(roster, "2026-01-11 9:00") == Self.b)
    #expect(Self.who(roster, "2026-01-11 18:00") == Self.a)
    #expect(Self.who(roster, "2026-01-13 9:00") == Self.a)
  }

  @Test("代わりは決めた間だけ。相手を決めた代わりは、その人の当番だけを替える")
  func overrides() {
    var roster = Roster(rota: S.rota([S.rotation([Self.a, Self.b], hours: .standardNight)]))
    let span = S.window("2026-01-05 20:00", "2026-01-07 20:00")
    roster.overrides = [S.change(span, whom: Self.a, by: Self.c)]
    #expect(Self.who(roster, "2026-01-05 19:59") == Self.a)
    #expect(Self.who(roster, "2026-01-05 20:00") == Self.c)
    #expect(Self.who(roster, "2026-01-06 18:00") == Self.b)
    #expect(Self.who(roster, "2026-01-06 12:00") == nil)
    #expect(Self.who(roster, "2026-01-07 19:59") == Self.c)
    #expect(Self.who(roster, "2026-01-07 20:00") == Self.a)
    roster.overrides = [S.change(span, by: Self.c)]
    #expect(Self.who(roster, "2026-01-06 12:00") == Self.c)
    roster.overrides = [S.change(span, by: nil)]
    #expect(roster.segment(of: .primary, at: S.at("2026-01-06 18:00")).state == .empty)
  }

  @Test(
    "重なる代わりは分かる",
    arguments: [
      ("2026-01-05 10:00", "2026-01-05 12:00", true), ("2026-01-05 12:00", "2026-01-05 14:00", false),
      ("2026-01-05 8:00", "2026-01-05 10:00", false), ("2026-01-05 11:59", "2026-01-06 0:00", true),
    ])
  func collisions(from: String, until: String, collides: Bool) {
    let first = S.change(S.window("2026-01-05 10:00", "2026-01-05 12:00"), by: Self.a)
    #expect(first.collides(with: S.change(S.window(from, until), by: Self.b)) == collides)
    #expect(!first.collides(with: S.change(S.window(from, until), layer: .secondary, by: Self.b)))
    let ofA = S.change(first.window, whom: Self.a, by: Self.c)
    #expect(!ofA.collides(with: S.change(first.window, whom: Self.b, by: Self.c)))
    #expect(ofA.collides(with: first))
  }

  @Test("休みの人は呼ばれず、その間は欠けとして残る。代わりに入った人が休みでも同じ")
  func leaves() {
    var roster = Roster(rota: S.rota([S.rotation([Self.a])]))
    roster.leaves = [S.leave(Self.a, S.window("2026-01-06 0:00", "2026-01-07 0:00"))].compactMap { $0 }
    let segment = roster.segment(of: .primary, at: S.at("2026-01-06 12:00"))
    #expect(segment.state == .leave)
    #expect(segment.member == nil)
    #expect(segment.planned == Self.a)
    #expect(Self.who(roster, "2026-01-07 0:00") == Self.a)
    roster.overrides = [S.change(S.window("2026-01-06 0:00", "2026-01-07 0:00"), by: Self.b)]
    #expect(Self.who(roster, "2026-01-06 12:00") == Self.b)
    roster.leaves += [S.leave(Self.b, S.window("2026-01-06 6:00", "2026-01-06 7:00"))].compactMap { $0 }
    #expect(Self.who(roster, "2026-01-06 6:30") == nil)
  }

  @Test("二人が認めた入れ替えは、二つの当番を交換する")
  func swap() throws {
    var roster = Roster(rota: S.rota([S.rotation([Self.a, Self.b])]))
    let sides = try [
      Swap.Side(
        person: #require(Self.a.person), layer: .primary,
        window: S.window("2026-01-05 8:30", "2026-01-06 8:30")),
      Swap.Side(
        person: #require(Self.b.person), layer: .primary,
        window: S.window("2026-01-06 8:30", "2026-01-07 8:30")),
    ]
    let swap = Swap(
      id: Swap.ID(at: .init(milliseconds: 5)), rota: S.rotaID, sides: sides, state: .agreed, reason: "",
      madeBy: "", madeAt: .init(milliseconds: 5), version: 1)
    roster.overrides = swap.overrides(ids: [
      .init(at: .init(milliseconds: 6)), .init(at: .init(milliseconds: 7)),
    ])
    #expect(Self.who(roster, "2026-01-05 12:00") == Self.b)
    #expect(Self.who(roster, "2026-01-06 12:00") == Self.a)
    #expect(Self.who(roster, "2026-01-07 12:00") == Self.a)
  }

  @Test("時計が進む日と戻る日: 飛ばされた時刻は最初にある時、二度ある時刻は初めの一度")
  func summerTime() {
    // In Berlin 2:00 became 3:00 on 2026-03-29 at 01:00 UTC, and 3:00 becomes 2:00 on 2026-10-25 at 01:00 UTC.
    let spring = Instant(milliseconds: 1_774_746_000_000)
    let autumn = Instant(milliseconds: 1_792_890_000_000)
    let roster = Roster(
      rota: S.rota(
        [
          S.rotation([Self.a, Self.b], hours: Hours(from: 150, until: 150) ?? .wholeDay, first: "2026-03-28")
        ],
        zone: "Europe/Berlin"))
    func member(_ moment: Instant) -> RotaMember? { roster.segment(of: .primary, at: moment).member }
    // 2:30 does not exist: the turn of the 29th begins at the first moment after the gap.
    #expect(member(spring.adding(milliseconds: -1)) == Self.a)
    #expect(member(spring) == Self.b)
    // 2:30 comes twice, first at 00:30 UTC. 25 October is 211 days after the first: the second has it.
    #expect(member(autumn.adding(minutes: -31)) == Self.a)
    #expect(member(autumn.adding(minutes: -30)) == Self.b)
    #expect(member(autumn.adding(minutes: 29)) == Self.b)
    #expect(member(autumn.adding(minutes: 31)) == Self.b)
  }

  @Test("決まった過去は、後で交代を変えても変わらない")
  func settled() {
    var roster = Roster(rota: S.rota([S.rotation([Self.b])]))
    let past = S.window("2026-01-06 8:30", "2026-01-07 8:30")
    roster.settled = [Segment(layer: .primary, window: past, member: Self.a, state: .covered)]
    roster.settledUntil = S.at("2026-01-08 0:00")
    #expect(Self.who(roster, "2026-01-06 12:00") == Self.a)
    #expect(Self.who(roster, "2026-01-07 12:00") == nil)
    #expect(Self.who(roster, "2026-01-08 0:00") == Self.b)
    let all = roster.segments(of: .primary, in: S.window("2026-01-06 0:00", "2026-01-09 0:00"))
    #expect(all.map(\.state) == [.off, .covered, .off, .covered, .covered])
  }

  @Test("事業者の窓口は、名前と番号のまま往復する", arguments: ["ひまわり: 窓口", "A:B"])
  func desks(name: String) {
    let desk = RotaMember.desk(name: name, phone: "03-0000-0000")
    #expect(RotaMember(desk.text) == desk)
    #expect(RotaMember("desk:") == nil)
    #expect(RotaMember("person:x") == nil)
  }
}

@Suite("当番: いつでも成り立つこと")
struct RosterPropertyTests {
  typealias S = OnCallSample

  /// A rota that nobody would make, with overrides and leave.
  private static func roster(_ dice: inout Seeded) -> Roster {
    let zones = ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
    func pick<T>(_ all: [T], _ dice: inout Seeded) -> T { all[Int.random(in: 0..<all.count, using: &dice)] }
    var rotations: [Rotation] = []
    for _ in 0..<Int.random(in: 1...4, using: &dice) {
      let members: [RotaMember?] = (0..<Int.random(in: 1...5, using: &dice)).map { _ in
        Int.random(in: 0...5, using: &dice) == 0 ? nil : pick(S.people, &dice)
      }
      rotations.append(
        S.rotation(
          members, layer: pick(Rota.Layer.allCases, &dice), days: pick(Rotation.Days.allCases, &dice),
          hours: Hours(
            from: Int.random(in: 0..<1440, using: &dice), until: Int.random(in: 0..<1440, using: &dice))
            ?? .wholeDay,
          length: Int.random(in: 1...9, using: &dice), counting: pick(Rotation.Counting.allCases, &dice),
          first: "2026-0\(Int.random(in: 1...9, using: &dice))-11"))
    }
    var roster = Roster(
      rota: S.rota(rotations, zone: pick(zones, &dice), yearEnd: pick(Rota.YearEnd.allCases, &dice)))
    for _ in 0..<Int.random(in: 0...6, using: &dice) {
      let from = S.at("2026-03-01 0:00").adding(minutes: Int64.random(in: 0...300_000, using: &dice))
      let window = Window(from: from, until: from.adding(minutes: Int64.random(in: 1...20_000, using: &dice)))
      if Bool.random(using: &dice) {
        roster.leaves += [S.leave(pick(S.people, &dice), window)].compactMap { $0 }
      } else {
        let change = S.change(
          window, layer: pick(Rota.Layer.allCases, &dice),
          whom: Bool.random(using: &dice) ? pick(S.people, &dice) : nil, by: pick(S.people, &dice))
        if !roster.overrides.contains(where: { $0.collides(with: change) }) {
          roster.overrides.append(change)
        }
      }
    }
    return roster
  }

  /// The rules again, slowly: every rotation is asked about every day for one moment.
  private static func slow(_ roster: Roster, _ layer: Rota.Layer, _ moment: Instant) -> RotaMember? {
    let zone = Zone(roster.rota.zone) ?? .tokyo
    var planned: RotaMember?
    search: for rotation in roster.rota.rotations where rotation.layer == layer {
      let today = Int(zone.wall(at: moment) / 86_400_000)
      for number in stride(from: today + 1, through: today - 2, by: -1) {
        let day = Day(daysSince1970: number)
        guard day >= rotation.first, has(rotation.days, day, roster.rota.yearEnd) else { continue }
        let start = zone.instant(wall: Int64(number) * 86_400_000 + Int64(rotation.hours.from) * 60_000)
        let length = rotation.hours.until > rotation.hours.from ? 0 : 1
        let end = zone.instant(
          wall: Int64(number + length) * 86_400_000 + Int64(rotation.hours.until) * 60_000)
        guard start <= moment, moment < end else { continue }
        let count =
          rotation.counting == .calendar
          ? day.days(since: rotation.first)
          : (0..<day.days(since: rotation.first)).count {
            has(rotation.days, rotation.first.adding(days: $0), roster.rota.yearEnd)
          }
        planned = rotation.members[count / rotation.length % rotation.members.count]
        break search
      }
    }
    let change = roster.overrides.first {
      $0.layer == layer && $0.window.contains(moment) && ($0.whom == nil || $0.whom == planned)
    }
    let member = change.map { $0.by } ?? planned
    let isAway = roster.leaves.contains { $0.person == member?.person && $0.window.contains(moment) }
    return isAway ? nil : member
  }

  private static func has(_ days: Rotation.Days, _ day: Day, _ yearEnd: Rota.YearEnd) -> Bool {
    let isEnd = (day.month == 12 && day.day >= 29) || (day.month == 1 && day.day <= 3)
    let isHoliday = Holiday.of(day.year).contains { $0.day == day }
    let isRest = day.weekday == 0 || day.weekday == 6 || isHoliday || (isEnd && yearEnd != .ordinary)
    switch days {
    case .every: return true
    case .weekday: return !isRest
    case .rest: return isRest
    case .yearEnd: return isEnd && yearEnd == .own
    }
  }

  @Test("当番の並びは期間を隙間なく重なりなく分け、どの瞬間も、ゆっくり数えた人と同じ一人", arguments: 0..<24)
  func partition(seed: Int) {
    var dice = Seeded(state: UInt64(seed))
    let roster = Self.roster(&dice)
    let from = S.at("2026-02-01 0:00").adding(minutes: Int64.random(in: 0...50_000, using: &dice))
    let span = Window(from: from, until: from.adding(minutes: Int64.random(in: 1...400_000, using: &dice)))
    for layer in Rota.Layer.allCases {
      let all = roster.segments(of: layer, in: span)
      #expect(all.first?.window.from == span.from)
      #expect(all.last?.window.until == span.until)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.window.until == $1.window.from })
      #expect(
        all.allSatisfy { $0.window.from < $0.window.until && ($0.state == .covered) == ($0.member != nil) })
      // The union of the shifts is what is covered.
      let covered = all.filter { $0.state == .covered }.reduce(Int64(0)) {
        $0 + $1.window.until.milliseconds - $1.window.from.milliseconds
      }
      let ofShifts = all.shifts.filter { $0.state == .covered }.reduce(Int64(0)) {
        $0 + $1.window.until.milliseconds - $1.window.from.milliseconds
      }
      #expect(covered == ofShifts)
      for _ in 0..<12 {
        let moment = Instant(
          milliseconds: Int64.random(in: span.from.milliseconds..<span.until.milliseconds, using: &dice))
        let member = Self.slow(roster, layer, moment)
        #expect(all.first { $0.window.contains(moment) }?.member == member)
        #expect(roster.segment(of: layer, at: moment).member == member)
      }
    }
  }
}
