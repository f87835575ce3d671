import Foundation
import Kernel
import TestSupport
import Testing

@testable import Operations

@Suite("結果をまとめる")
struct TallyTests {
  @Test("十バイトに書いて、同じものを読む")
  func packing() {
    let results = [
      Reading(at: Instant(milliseconds: 1_771_897_200_120), sight: .up, milliseconds: 0.1, lateMs: 0),
      Reading(at: Instant(milliseconds: 1_771_897_260_120), sight: .slow, milliseconds: 1234.5, lateMs: 29),
      Reading(
        at: Instant(milliseconds: 4_102_444_800_000), sight: .down, milliseconds: 60_000, lateMs: 65_535),
      Reading(at: Instant(milliseconds: 0), sight: .unknown, milliseconds: 0, lateMs: 1),
    ]
    var bytes: [UInt8] = []
    for result in results { result.write(into: &bytes) }
    #expect(bytes.count == 40)
    #expect(Reading.read(bytes) == results)
    // What a crash has cut off is left out.
    #expect(Reading.read(Array(bytes.dropLast(3))) == Array(results.dropLast()))
  }

  @Test("しまった結果は、間隔が乱れても時計が戻っても、同じものを読む")
  func packingMany() {
    var at = Instant(milliseconds: 1_771_897_200_120)
    var results: [Reading] = []
    for number in 0..<64 {
      // Now and then a break of a day, and once the clock is put back by an hour.
      let pause: Int64 = number == 40 ? -3_600_000 : number % 13 == 12 ? 86_400_000 : 60_000
      at = at.adding(milliseconds: pause + Int64(number * 37 % 5) * 10)
      results.append(
        Reading(
          at: at, sight: Sight.allCases[number % 4], milliseconds: Double(number * number) / 10,
          lateMs: number))
    }
    results.append(
      Reading(at: at, sight: .unknown, milliseconds: 419_430.3, lateMs: 65_535))
    let bytes = Reading.packed(results)
    #expect(Reading.unpacked(bytes) == results)
    for length in 0..<bytes.count {
      let read = Reading.unpacked(Array(bytes.prefix(length)))
      #expect(read == Array(results.prefix(read.count)))
    }
    #expect(Reading.unpacked(Reading.packed([])) == [])
    #expect(Reading.unpacked([]) == [])
  }

  @Test("数えきれないほど多い数は、足すと終わるので読まない", arguments: [Int.max, Tally.most + 1, Tally.most])
  func tooMany(count: Int) {
    var counted: [UInt8] = [1]
    Varint.write(count, into: &counted)
    var seen: [UInt8] = [0, 1]
    Varint.write(count, into: &seen)
    var (first, second) = (ByteReader(counted + [0, 0]), ByteReader(seen))
    let (tally, times) = (Tally(&first), Histogram(&second))
    guard count == Tally.most else {
      #expect(tally == nil && times == nil)
      return
    }
    #expect(tally?.up == count && times?.total == count)
  }

  @Test("前の版がしまった結果も、読む")
  func unpackedBefore() {
    let results = [0, 60_000, 119_990].map { (offset: Int64) in
      Reading(
        at: Instant(milliseconds: 1_771_897_200_120 + offset), sight: .slow, milliseconds: 12.5, lateMs: 3)
    }
    var bytes: [UInt8] = []
    for result in results { result.write(into: &bytes) }
    #expect(Reading.unpacked(bytes) == results)
  }

  @Test(
    "でたらめなバイトは、読めるところまで読む",
    arguments: [
      [UInt8](repeating: 0xFF, count: 200), [UInt8]([0]) + [UInt8](repeating: 0xFF, count: 200),
      // Steps as large as they can be, again and again.
      [UInt8]([0]) + [UInt8](repeating: 0xFE, count: 6) + [
        0x01, 0x04, 0x01, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 4, 1,
      ],
    ] as [[UInt8]])
  func nonsense(bytes: [UInt8]) {
    #expect(Reading.unpacked(bytes).count <= bytes.count / 3)
  }

  @Test("大きすぎる値は、入るところまで")
  func clamped() {
    var bytes: [UInt8] = []
    Reading(at: Instant(milliseconds: 10), sight: .down, milliseconds: 1e9, lateMs: 1_000_000).write(
      into: &bytes)
    #expect(
      Reading.read(bytes) == [
        Reading(at: Instant(milliseconds: 10), sight: .down, milliseconds: 419_430.3, lateMs: 65_535)
      ])
  }

  /// Numbers that look random and are always the same.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64 = 42
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state
    }
  }

  @Test("百分位は、まとめてもほんとうの値から12.3%の中", arguments: [0.01, 0.5, 0.9, 0.95, 0.99])
  func percentiles(share: Double) throws {
    var dice = Seeded()
    let times = (0..<5000).map { _ in exp(Double.random(in: 0...9, using: &dice)) }
    var parts = [Histogram](repeating: Histogram(), count: 7)
    for (index, time) in times.enumerated() { parts[index % 7].add(time) }
    let merged = parts.reduce(into: Histogram()) { $0.merge($1) }
    let exact = times.sorted()[max(0, Int((share * 5000).rounded(.up)) - 1)]
    let found = try #require(merged.percentile(share))
    #expect(abs(found - exact) / exact <= 0.1231)
    #expect(merged.total == 5000)
  }

  @Test("ヒストグラムは、どんな値でも58の桶に入る", arguments: [-1, 0, 0.25, 1, 119_999, 1e12, .infinity])
  func bounds(value: Double) {
    var histogram = Histogram()
    histogram.add(value)
    #expect(histogram.counts.count <= Histogram.buckets)
    #expect(histogram.total == 1)
  }

  @Test("書いて読んでも、まとめは同じ")
  func roundTrip() throws {
    var tally = Tally()
    for minute in 0..<500 {
      let sight = Sight(rawValue: minute % 17 == 0 ? 2 : minute % 5 == 0 ? 1 : 0) ?? .up
      tally.add(
        Reading(at: .init(milliseconds: 0), sight: sight, milliseconds: Double(minute * 3), lateMs: 0))
    }
    var bytes: [UInt8] = []
    tally.write(into: &bytes)
    var reader = ByteReader(bytes)
    #expect(Tally(&reader) == tally)
    for length in 0..<bytes.count {
      var cut = ByteReader(Array(bytes.prefix(length)))
      #expect(Tally(&cut) == nil)
    }
  }

  @Test("動いていた割合に、分からなかった回は入れない")
  func availability() {
    var tally = Tally()
    (tally.up, tally.slow, tally.down, tally.unknown) = (96, 3, 1, 100)
    #expect(tally.availability == 0.99)
    #expect(Tally().availability == nil)
  }

  @Test("一日は、五分と一時間と全体に分かれる")
  func day() throws {
    var day = DayTally()
    let noon = try #require(Day(2026, 2, 24)).start.adding(minutes: 12 * 60 + 7)
    for second in [0, 60, 120, 180] {
      day.add(
        Reading(at: noon.adding(milliseconds: Int64(second) * 1000), sight: .up, milliseconds: 5, lateMs: 0))
    }
    #expect(day.five?.mapValues(\.up) == [145: 3, 146: 1])
    #expect(day.hours?.mapValues(\.up) == [12: 4])
    #expect(day.whole.up == 4)
    let packed = try #require(DayTally.packed(day.five))
    #expect(DayTally.unpacked(packed) == day.five)
    #expect(DayTally.packed(nil) == nil)
  }

  @Test("一分ごとの一年が、一つの監視で0.2MBに収まる")
  func year() throws {
    var dice = Seeded()
    var (day, readings): (DayTally, [Reading]) = (DayTally(), [])
    let start = try #require(Day(2026, 2, 24)).start
    for minute in 0..<1440 {
      // Answers between 4 and 40 ms, some slow, a minute of failure in a hundred.
      let time = 4 * exp(Double.random(in: 0...2.3, using: &dice))
      let sight: Sight = minute % 97 == 0 ? .down : minute % 31 == 0 ? .slow : .up
      let at = start.adding(milliseconds: Int64(minute * 60_000 + minute * 37 % 50))
      let reading = Reading(at: at, sight: sight, milliseconds: time, lateMs: minute % 50)
      day.add(reading)
      readings.append(reading)
      let next = at.adding(minutes: 1)
      for piece in Stretch.pieces(of: [reading], until: next, longest: 150_000, planned: []) {
        day.add(piece)
      }
    }
    var whole: [UInt8] = []
    day.whole.write(into: &whole)
    let (five, hours) = (DayTally.packed(day.five)?.count ?? 0, DayTally.packed(day.hours)?.count ?? 0)
    // Two ids of 36 bytes, a day or a time, and the heads of a row.
    let row = 95
    let raw = DayTally.rawDays * (Reading.packed(readings).count + 23 * row)
    // What is longer than a quarter of a page gets pages of its own.
    let rolled = 365 * (whole.count + row) + DayTally.hourDays * hours + DayTally.fiveDays * max(five, 4096)
    // Pages are full to about four fifths.
    #expect(
      (raw + rolled) * 5 / 4 <= 200_000,
      "\(raw) + \(rolled); five \(five), hours \(hours), whole \(whole.count)")
  }
}
