import Kernel
import Testing

@testable import Operations

@Suite("動いていた割合は、時間で数える")
struct StretchTests {
  /// 12:00 in Tokyo.
  private static let noon = (Day(2026, 2, 24) ?? Day(daysSince1970: 0)).start.adding(minutes: 12 * 60)
  /// Two minutes and a half, as for a monitor of a minute without a time-out.
  private static let longest: Int64 = 150_000

  private static func at(_ seconds: Int64) -> Instant { noon.adding(milliseconds: seconds * 1000) }

  private static func reading(_ seconds: Int64, _ sight: Sight) -> Reading {
    Reading(at: at(seconds), sight: sight, milliseconds: 1, lateMs: 0)
  }

  private static func spans(_ readings: [Reading], until end: Int64, _ windows: [Window] = []) -> Spans {
    Stretch.pieces(of: readings, until: at(end), longest: longest, planned: windows).reduce(into: Spans()) {
      $0.add($1)
    }
  }

  @Test("だめなときに間隔を詰めて見直しても、止まっていた時間だけを数える")
  func byTime() throws {
    // A minute well, then down with a look every twenty seconds, then well again: six looks, three of them bad.
    let readings = [
      Self.reading(0, .up), Self.reading(60, .down), Self.reading(80, .down), Self.reading(100, .down),
      Self.reading(120, .slow), Self.reading(180, .up),
    ]
    let spans = Self.spans(readings, until: 240)
    #expect(spans == Spans(good: 180, down: 60))
    var tally = Tally()
    for reading in readings { tally.add(reading) }
    #expect(tally.availability == 0.5)
    tally.spans = spans
    #expect(tally.availability == 0.75)
  }

  @Test("分からない時間と、結果の来なかった時間は、別に数える")
  func unknown() {
    #expect(
      Self.spans([Self.reading(0, .up), Self.reading(60, .unknown)], until: 120)
        == Spans(good: 60, unknown: 60))
    // Results stop for ten minutes: the last one speaks for two and a half.
    #expect(
      Self.spans([Self.reading(0, .up), Self.reading(600, .up)], until: 660) == Spans(good: 210, unknown: 450)
    )
    // Nothing for a week is no record at all, beyond a day.
    #expect(
      Self.spans([Self.reading(0, .down)], until: 7 * 86_400) == Spans(down: 150, unknown: 86_400))
    var tally = Tally()
    tally.spans = Spans(unknown: 60, planned: 30)
    #expect(tally.availability == nil)
  }

  @Test("計画した停止の間は、何が見えても、割合に入れない")
  func planned() {
    let window = Window(from: Self.at(30), until: Self.at(90))
    let readings = [Self.reading(0, .up), Self.reading(60, .down), Self.reading(120, .up)]
    #expect(Self.spans(readings, until: 180, [window]) == Spans(good: 90, down: 30, planned: 60))
    let all = Window(from: Self.at(-60), until: Self.at(600))
    #expect(Self.spans(readings, until: 180, [all]) == Spans(planned: 180))
  }

  @Test("時間と日の境で切り、足すともとの長さになる")
  func bounds() throws {
    // From 23:59:30 to 00:00:30 of the next day.
    let night = (Day(2026, 2, 25) ?? Day(daysSince1970: 0)).start
    let reading = Reading(at: night.adding(milliseconds: -30_500), sight: .up, milliseconds: 1, lateMs: 0)
    let pieces = Stretch.pieces(
      of: [reading], until: night.adding(milliseconds: 30_900), longest: Self.longest, planned: [])
    #expect(pieces.map(\.start.day) == [Day(2026, 2, 24), Day(2026, 2, 25)])
    #expect(pieces.map { $0.until - $0.from } == [31, 30])
    var day = DayTally()
    for piece in pieces { day.add(piece) }
    #expect(day.hours?.mapValues(\.spans.good) == [23: 31, 0: 30])
    #expect(day.whole.spans == Spans(good: 61))
    // A clock that was put back gives no time.
    #expect(Self.spans([Self.reading(60, .up), Self.reading(0, .up)], until: 30) == Spans(good: 30))
  }

  @Test("時間を数える前の日も、回数の割合で時間に直して合わせる")
  func mixed() {
    var (old, new) = (Tally(), Tally())
    (old.up, old.slow, old.down, old.unknown) = (60, 10, 20, 10)
    #expect(old.told(over: 86_400).spans == Spans(good: 60_480, down: 17_280, unknown: 8_640))
    new.spans = Spans(good: 86_400)
    #expect(new.told(over: 86_400) == new)
    #expect(Tally().told(over: 86_400) == Tally())
    // One bad day before, one good day after: neither is lost.
    (old.up, old.slow, old.down, old.unknown) = (50, 0, 50, 0)
    var both = old.told(over: 86_400)
    both.merge(new)
    #expect(both.availability == 0.75)
  }

  @Test("書いて読んでも同じで、時間のない前の書き方も読む")
  func packing() throws {
    var tally = Tally()
    tally.add(Self.reading(0, .up))
    var old: [UInt8] = []
    tally.write(into: &old)
    #expect(old.first == 1)
    tally.spans = Spans(good: 86_000, down: 400, unknown: 1, planned: 7_200)
    var bytes: [UInt8] = []
    tally.write(into: &bytes)
    var reader = ByteReader(bytes)
    #expect(Tally(&reader) == tally)
    var before = ByteReader(old)
    #expect(Tally(&before)?.spans == Spans())
  }
}
