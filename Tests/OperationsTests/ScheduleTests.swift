import Kernel
import Testing

@testable import Operations

@Suite("確かめる時刻")
struct ScheduleTests {
  private static func at(_ ms: Int64) -> Instant { Instant(milliseconds: ms) }

  @Test(
    "最初の拍は、決めた位相の上で、その時刻か後",
    arguments: [
      (0, 7_000), (7_000, 7_000), (7_001, 67_000), (-1, 7_000), (-53_000, -53_000), (-53_001, -53_000),
    ]
      as [(Int64, Int64)])
  func first(moment: Int64, beat: Int64) {
    let schedule = Schedule(intervalMs: 60_000, phaseMs: 7_000)
    #expect(schedule.first(notBefore: Self.at(moment)) == Self.at(beat))
  }

  @Test("千回たっても、ずれない")
  func drift() {
    let schedule = Schedule(intervalMs: 60_000, phaseMs: 12_345)
    var planned = schedule.first(notBefore: Self.at(1_000_000_000))
    let start = planned
    for turn in 0..<1000 {
      // Each check ends late by another bit.
      let next = schedule.next(after: planned, now: planned.adding(milliseconds: Int64(turn * 7 % 59_000)))
      #expect(next.skipped == 0)
      planned = next.planned
    }
    #expect(planned == start.adding(milliseconds: 60_000_000))
  }

  @Test(
    "間に合わなかった拍は数えるだけで、繰り返さない",
    arguments: [(59_999, 60_000, 0), (60_000, 120_000, 1), (61_000, 120_000, 1), (185_000, 240_000, 3)]
      as [(Int64, Int64, Int)])
  func skipped(now: Int64, next: Int64, skipped: Int) {
    let schedule = Schedule(intervalMs: 60_000, phaseMs: 0)
    let found = schedule.next(after: Self.at(0), now: Self.at(now))
    #expect(found.planned == Self.at(next))
    #expect(found.skipped == skipped)
  }

  @Test("時計が戻ったら、そこから始め直す")
  func backwards() {
    let schedule = Schedule(intervalMs: 60_000, phaseMs: 0)
    let found = schedule.next(after: Self.at(7_200_000), now: Self.at(3_610_000))
    #expect(found.planned == Self.at(3_660_000))
    #expect(found.skipped == 0)
  }

  @Test(
    "だめなときは間隔の三分の一で見直すが、次の拍より後にはしない",
    arguments: [
      (60_000, 60_000, 20_000), (10_000, 60_000, 5_000), (900_000, 900_000, 60_000), (60_000, 9_000, 9_000),
    ]
      as [(Int64, Int64, Int64)])
  func retry(interval: Int64, next: Int64, retry: Int64) {
    let schedule = Schedule(intervalMs: interval, phaseMs: 0)
    #expect(schedule.retry(before: Self.at(next), now: Self.at(0)) == Self.at(retry))
  }

  @Test("千の監視は、間隔の中にならされる")
  func spread() {
    let phases = (0..<1000).map {
      Schedule(intervalMs: 60_000, id: "0192f000-0000-7000-8000-00000000\(1000 + $0)").phaseMs
    }
    let bySecond = Dictionary(grouping: phases) { $0 / 6_000 }.mapValues(\.count)
    // A tenth of the interval should hold about a hundred of them.
    #expect(bySecond.count == 10)
    #expect(bySecond.values.allSatisfy { (60...140).contains($0) })
    #expect(phases.allSatisfy { (0..<60_000).contains($0) })
    #expect(Schedule(intervalMs: 60_000, id: "a") == Schedule(intervalMs: 60_000, id: "a"))
  }

  @Test("車輪は、早いものから渡す")
  func wheel() {
    var wheel = Wheel<Int>()
    for value in [5, 3, 9, 1, 7, 3, 8, 2] { wheel.add(value, at: Int64(value)) }
    var taken: [Int] = []
    while let item = wheel.take(until: 8) { taken.append(item) }
    #expect(taken == [1, 2, 3, 3, 5, 7, 8])
    #expect(wheel.first == 9)
  }

  @Test("どの種類でも、答えるもののために半分は空けておく", arguments: [MonitorKind.icmp, .snmp, .postgres])
  func laneOfOneKind(kind: MonitorKind) {
    var lanes = Lanes()
    func take(_ number: Int, isSick: Bool) -> Bool {
      lanes.take(Lanes.Load(kind: kind, host: "\(isSick)\(number)", isSick: isSick))
    }
    let half = kind.mostAtOnce / 2
    let sick = (0..<kind.mostAtOnce).map { take($0, isSick: true) }
    #expect(sick.count(where: { $0 }) == half)
    let healthy = (0..<kind.mostAtOnce).map { take($0, isSick: false) }
    #expect(healthy.count(where: { $0 }) == half)
    lanes.give(Lanes.Load(kind: kind, host: "true0", isSick: true))
    let again = take(500, isSick: true)
    #expect(again)
  }

  @Test("一つの機械には四つまで、前にだめだったものは別の列")
  func lanes() {
    var lanes = Lanes()
    func take(_ kind: MonitorKind, _ host: String, isSick: Bool) -> Bool {
      lanes.take(Lanes.Load(kind: kind, host: host, isSick: isSick))
    }
    let four = (0..<5).map { _ in take(.tcp, "a", isSick: false) }
    #expect(four == [true, true, true, true, false])
    lanes.give(Lanes.Load(kind: .tcp, host: "a", isSick: false))
    let again = take(.tcp, "a", isSick: false)
    #expect(again)
    let sick = (0..<Lanes.mostSick).map { take(MonitorKind.allCases[$0 % 2], "sick\($0)", isSick: true) }
    #expect(sick.allSatisfy { $0 })
    // Two hundred that take all their time leave the others their room.
    let (more, healthy) = (take(.icmp, "b", isSick: true), take(.icmp, "b", isSick: false))
    #expect(!more)
    #expect(healthy)
  }
}
