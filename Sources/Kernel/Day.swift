/// A calendar day in Asia/Tokyo, years 1868 to 2999.
public struct Day: Sendable, Hashable, Comparable, Codable, CustomStringConvertible, LosslessStringConvertible
{
  public let year: Int
  public let month: Int
  public let day: Int

  /// The day, or nil when the calendar has no such day.
  public init?(_ year: Int, _ month: Int, _ day: Int) {
    guard (1868...2999).contains(year), (1...12).contains(month), day >= 1,
      day <= Day.daysIn(month: month, of: year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Reads `YYYY-MM-DD`, the stored form.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year, month, day)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let day = Day(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a day: \(text)")
    }
    self = day
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String { "\(year)-\(twoDigits(month))-\(twoDigits(day))" }

  public static func < (a: Day, b: Day) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }

  /// Whole days from `other` to this day; negative when this day is earlier.
  public func days(since other: Day) -> Int { daysSince1970 - other.daysSince1970 }

  /// The day so many days later (earlier when negative), clamped to the supported years.
  public func adding(days: Int) -> Day {
    // All supported years together have fewer days than a million.
    Day(daysSince1970: daysSince1970 + min(max(days, -1_000_000), 1_000_000))
  }

  /// The same day of a later month (an earlier one when negative), or the last day of that month when it has no such day.
  public func adding(months: Int) -> Day {
    // All supported years together have fewer months than this.
    let count = year * 12 + month - 1 + min(max(months, -100_000), 100_000)
    let (newYear, newMonth) = (count.quotientAndRemainder(dividingBy: 12).quotient, count % 12 + 1)
    let last = Day.daysIn(month: newMonth, of: newYear)
    // Outside the supported years the day stays what it was.
    return Day(newYear, newMonth, min(day, last)) ?? self
  }

  /// 0 is Sunday, 6 is Saturday.
  public var weekday: Int { ((daysSince1970 + 4) % 7 + 7) % 7 }

  /// 8:00 in Asia/Tokyo, when people are told of what is due.
  public var morning: Instant { start.adding(minutes: 8 * 60) }

  /// Midnight at the start of this day in Asia/Tokyo.
  public var start: Instant { Instant(milliseconds: Int64(daysSince1970) * 86_400_000 - 9 * 3_600_000) }

  public var fiscalYear: FiscalYear { FiscalYear(month >= 4 ? year : year - 1) }

  /// Proleptic Gregorian day number (Howard Hinnant, "chrono-compatible low-level date algorithms").
  public var daysSince1970: Int {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The inverse of ``daysSince1970``; days outside the supported years are clamped to them.
  public init(daysSince1970 days: Int) {
    let z = min(max(days, -37_255), 376_199) + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  private static func daysIn(month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// A Japanese fiscal year, named by the calendar year in which it begins: 1 April to 31 March.
public struct FiscalYear: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public let year: Int

  public init(_ year: Int) { self.year = min(max(year, 1989), 2998) }

  /// Reads a year between 2000 and 2100 as a person types it.
  public init?(_ text: String) {
    guard let year = Int(text), (2000...2100).contains(year) else { return nil }
    self.year = year
  }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(Int.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(year)
  }

  public var first: Day { Day(daysSince1970: Day(year, 4, 1)?.daysSince1970 ?? 0) }
  public var last: Day { Day(daysSince1970: Day(year + 1, 3, 31)?.daysSince1970 ?? 0) }
  public var previous: FiscalYear { FiscalYear(year - 1) }
  public var next: FiscalYear { FiscalYear(year + 1) }
  public var description: String { "\(year)" }

  public func contains(_ day: Day) -> Bool { day.fiscalYear == self }

  public static func < (a: FiscalYear, b: FiscalYear) -> Bool { a.year < b.year }
}
