import Kernel
import Testing

@testable import Operations

@Suite("監視の状態")
struct WatchTests {
  private static let start = Instant(milliseconds: 1_000_000)

  /// What is known after results a minute apart: u up, s slow, d down, ? cut off.
  private static func after(_ results: String, _ patience: Patience = .standard) -> Watch {
    var (watch, now) = (Watch(since: start), start)
    for letter in results {
      now = now.adding(minutes: 1)
      let sight: Sight = letter == "u" ? .up : letter == "s" ? .slow : letter == "d" ? .down : .unknown
      watch = watch.seeing(sight, at: now, patience)
    }
    return watch
  }

  @Test(
    "三回続けてだめなら止まった、二回続けてよければ戻った",
    arguments: [
      ("", Condition.waiting), ("u", .up), ("d", .waiting), ("dd", .waiting), ("ddd", .down), ("ud", .up),
      ("udd", .up), ("uddd", .down), ("uddudd", .up), ("udddu", .down), ("uddduu", .up), ("udddudu", .down),
      ("uddduss", .slow), ("s", .slow), ("us", .up), ("uss", .up), ("usss", .slow), ("usssu", .slow),
      ("usssuu", .up), ("usssusuu", .up), ("sddd", .down),
    ])
  func conditions(results: String, condition: Condition) {
    #expect(Self.after(results).condition == condition, "\(results)")
  }

  @Test("変わった時刻は、決まったときの結果の時刻")
  func since() {
    #expect(Self.after("uddd").since == Self.start.adding(minutes: 4))
    #expect(Self.after("udddd").since == Self.start.adding(minutes: 4))
    #expect(Self.after("uddduu").since == Self.start.adding(minutes: 6))
  }

  @Test("後ろのものを決めてよくなるのは、悪かったものがよくなった時刻から")
  func wellAt() {
    #expect(Self.after("uuu").wellAt == nil)
    #expect(Self.after("uddd").wellAt == nil)
    #expect(Self.after("udddu").wellAt == nil)
    #expect(Self.after("uddduuu").wellAt == Self.start.adding(minutes: 6))
    #expect(Self.after("uduu").wellAt == Self.start.adding(minutes: 3))
  }

  @Test("一度の失敗は、見直しているだけ")
  func doubt() {
    #expect(Self.after("ud").isDoubtful)
    #expect(!Self.after("udu").isDoubtful)
    #expect(!Self.after("uddd").isDoubtful)
  }

  @Test(
    "足元の網が切れている間は分からないとし、回数に入れない",
    arguments: [
      ("u?", Condition.unknown), ("u????", .unknown), ("u?u", .up), ("udd?", .unknown), ("udd?d", .down),
      ("uddd?", .unknown), ("u?dd", .unknown), ("u?ddd", .down), ("uddd?u", .down), ("uddd??u?u", .up),
      ("uddd?d", .down), ("usss?u", .slow), ("usss?uu", .up),
    ])
  func cutOff(results: String, condition: Condition) {
    #expect(Self.after(results).condition == condition, "\(results)")
  }

  @Test("行ったり来たりすると落ち着きがないとし、二十回ほど続けば解ける")
  func flapping() {
    #expect(!Self.after("udududu").isFlapping)  // six changes
    #expect(Self.after("udududud").isFlapping)  // seven
    #expect(Self.after("udududud" + String(repeating: "u", count: 12)).isFlapping)
    #expect(!Self.after("udududud" + String(repeating: "u", count: 20)).isFlapping)
    #expect(!Self.after("uuuuuddddduuuuuddddd").isFlapping)
  }

  @Test(
    "結果が来なくなったら、動いているとは言わない",
    arguments: [
      (0, Shown.up), (150_000, .up), (150_001, .stale), (10_000_000, .stale), (-30_000, .up),
      (-30_001, .stale),
    ] as [(Int64, Shown)])
  func stale(ms: Int64, shown: Shown) {
    let watch = Self.after("u")
    #expect(watch.shown(at: Self.start.adding(milliseconds: 60_000 + ms), every: 60_000) == shown)
  }

  @Test("まだ一度も見ていないものは、待ってから、結果が来ないとする")
  func neverSeen() {
    let watch = Watch(since: Self.start)
    #expect(watch.shown(at: Self.start, every: 60_000) == .waiting)
    #expect(watch.shown(at: Self.start.adding(minutes: 5), every: 60_000) == .stale)
  }

  @Test("止まっているスイッチの後ろは、いちばん近いものがわけになる")
  func dependence() {
    let dependence = Dependence(parents: ["pacs": "switch", "switch": "core", "a": "b", "b": "a"])
    #expect(dependence.blocker(of: "pacs") { $0 == "core" } == "core")
    #expect(dependence.blocker(of: "pacs") { ["core", "switch"].contains($0) } == "switch")
    #expect(dependence.blocker(of: "pacs") { $0 == "pacs" } == nil)
    #expect(dependence.blocker(of: "core") { _ in true } == nil)
    // A ring, which cannot be saved, must not hang either.
    #expect(dependence.blocker(of: "a") { $0 == "c" } == nil)
    #expect(dependence.wouldCircle("core", behind: "pacs"))
    #expect(dependence.wouldCircle("core", behind: "core"))
    #expect(!dependence.wouldCircle("pacs", behind: "core"))
  }

  @Test("計画した停止は、始まりを含み、終わりを含まない")
  func window() {
    let window = Window(from: Self.start, until: Self.start.adding(minutes: 1))
    #expect(!window.contains(Self.start.adding(milliseconds: -1)))
    #expect(window.contains(Self.start))
    #expect(window.contains(Self.start.adding(milliseconds: 59_999)))
    #expect(!window.contains(Self.start.adding(minutes: 1)))
  }

  @Test("くり返す停止は、決めた日まで、同じ時刻に並ぶ")
  func series() throws {
    // Sunday 22 February 2026, the fourth of the month, from eleven at night for three hours.
    let from = try #require(Day(2026, 2, 22)).start.adding(minutes: 23 * 60)
    let first = Window(from: from, until: from.adding(minutes: 180))
    func days(_ series: WindowSeries, _ last: Day?) throws -> [String] {
      let windows = series.windows(first, until: try #require(last))
      #expect(windows.allSatisfy { $0.from.clock.hour == 23 && $0.until.clock.hour == 2 })
      return windows.map { $0.from.day.description }
    }
    #expect(try days(.once, Day(2027, 1, 1)) == ["2026-02-22"])
    #expect(try days(.daily, Day(2026, 2, 24)) == ["2026-02-22", "2026-02-23", "2026-02-24"])
    #expect(try days(.weekly, Day(2026, 3, 14)) == ["2026-02-22", "2026-03-01", "2026-03-08"])
    #expect(
      try days(.monthly, Day(2026, 5, 31)) == ["2026-02-22", "2026-03-22", "2026-04-26", "2026-05-24"])
    #expect(try days(.daily, Day(2030, 1, 1)).count == WindowSeries.most)
    #expect(
      WindowSeries.weekly.fits(first)
        && !WindowSeries.daily.fits(Window(from: from, until: from.adding(minutes: 1441))))
  }

  @Test(
    "知らせを開くか、閉じるか",
    arguments: [
      (AlertCase(condition: .down), AlertCase.Verdict.open(.down)),
      (AlertCase(condition: .slow), .open(.slow)),
      (AlertCase(condition: .up), .keep), (AlertCase(condition: .unknown), .keep),
      (AlertCase(condition: .down, isBlocked: true), .keep),
      (AlertCase(condition: .down, isPlanned: true), .keep),
      (AlertCase(condition: .down, open: .slow), .worsen), (AlertCase(condition: .down, open: .down), .keep),
      (AlertCase(condition: .up, open: .down), .resolve),
      (AlertCase(condition: .unknown, open: .down), .keep),
      (AlertCase(condition: .up, isFlapping: true, open: .down), .keep),
      (AlertCase(condition: .slow, open: .down), .resolve),
      (AlertCase(condition: .slow, isFlapping: true, open: .down), .keep),
      (AlertCase(condition: .slow, open: .slow), .keep),
      (AlertCase(condition: .up, open: .slow, isPlanned: true), .resolve),
    ])
  func verdict(facts: AlertCase, verdict: AlertCase.Verdict) { #expect(facts.verdict == verdict) }

  @Test("はじめの三回はすぐに、そのあとは一分まとめて知らせる")
  func grouping() {
    let now = Self.start
    func passes(_ ages: [Int64]) -> [Instant] { ages.map { now.adding(milliseconds: -$0) } }
    #expect(Grouping.isTime(passes: passes([]), oldest: now, now: now))
    #expect(Grouping.isTime(passes: passes([1_000, 2_000]), oldest: now, now: now))
    #expect(!Grouping.isTime(passes: passes([1_000, 2_000, 3_000]), oldest: now, now: now))
    #expect(Grouping.isTime(passes: passes([1_000, 2_000, 60_000]), oldest: now, now: now))
    #expect(
      Grouping.isTime(passes: passes([1_000, 2_000, 3_000]), oldest: now.adding(minutes: -1), now: now))
  }
}
