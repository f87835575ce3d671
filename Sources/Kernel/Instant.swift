/// A moment in time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Moments further away than 140,000 years are clamped: no sum or difference of two overflows, whoever wrote the number down.
public struct Instant: Sendable, Hashable, Comparable, Codable {
  public let milliseconds: Int64

  private static let furthest: Int64 = 1 << 52

  public init(milliseconds: Int64) {
    self.milliseconds = min(max(milliseconds, -Instant.furthest), Instant.furthest)
  }

  public init(from decoder: any Decoder) throws {
    self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }

  public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

  /// The moment `milliseconds` later (earlier when negative).
  public func adding(milliseconds: Int64) -> Instant {
    let (sum, isTooFar) = self.milliseconds.addingReportingOverflow(milliseconds)
    return Instant(milliseconds: isTooFar ? (milliseconds < 0 ? .min : .max) : sum)
  }

  public func adding(minutes: Int64) -> Instant {
    let (length, isTooFar) = minutes.multipliedReportingOverflow(by: 60_000)
    return adding(milliseconds: isTooFar ? (minutes < 0 ? .min : .max) : length)
  }

  /// The calendar day in Asia/Tokyo (UTC+9, no daylight saving time since 1951).
  public var day: Day { Day(daysSince1970: Int(floorDivide(tokyoMilliseconds, 86_400_000))) }

  /// Hour and minute of the day in Asia/Tokyo.
  public var clock: (hour: Int, minute: Int) {
    let ofDay = tokyoMilliseconds - floorDivide(tokyoMilliseconds, 86_400_000) * 86_400_000
    return (Int(ofDay / 3_600_000), Int(ofDay / 60_000 % 60))
  }

  /// `2026-02-24T10:42:00+09:00`, the form for machines.
  public var iso: String {
    let (hour, minute) = clock
    let second = Int((tokyoMilliseconds - floorDivide(tokyoMilliseconds, 60_000) * 60_000) / 1000)
    return "\(day)T\(twoDigits(hour)):\(twoDigits(minute)):\(twoDigits(second))+09:00"
  }

  private var tokyoMilliseconds: Int64 { milliseconds + 9 * 3_600_000 }
}

func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((-a + b - 1) / b) }

func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
