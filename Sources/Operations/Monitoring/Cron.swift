import Kernel

/// A cron expression of five fields: minute, hour, day of the month, month, day of the week.
///
/// As in Vixie cron: lists, ranges, steps, English names, and when both days are restricted either of them suffices. `@hourly`,
/// `@daily`, `@weekly` and `@monthly` stand for their fields.
struct Cron: Sendable, Equatable {
  /// As it was written, with single spaces.
  let text: String
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  /// 0 is Sunday.
  private let weekdays: Set<Int>
  private let eitherDay: Bool

  /// Why an expression cannot be taken.
  enum Refusal: Error, Equatable {
    case fieldCount(Int)
    /// 1 to 5, and what stands there.
    case field(Int, String)
    /// There is no such day, as in `0 0 31 2 *`.
    case neverFires
  }

  private static let shorthands = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
  ]
  private static let monthNames = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  /// - Throws: ``Refusal``.
  init(_ raw: String) throws(Refusal) {
    let lower = raw.halfWidth.lowercased()
    let fields = (Cron.shorthands[lower.trimmed] ?? lower).split { $0.isWhitespace }.map(String.init)
    guard fields.count == 5 else { throw .fieldCount(fields.count) }
    text = fields.joined(separator: " ")
    minutes = try Cron.values(fields, 0, 0...59)
    hours = try Cron.values(fields, 1, 0...23)
    days = try Cron.values(fields, 2, 1...31)
    months = try Cron.values(fields, 3, 1...12, names: Cron.monthNames, first: 1)
    let week = try Cron.values(fields, 4, 0...7, names: Cron.dayNames, first: 0)
    weekdays = Set(week.map { $0 % 7 })
    // Vixie cron: a field that begins with a star restricts nothing, `*/2` included.
    eitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
    guard next(after: Instant(milliseconds: 0), in: .tokyo) != nil else { throw .neverFires }
  }

  private static func values(
    _ fields: [String], _ index: Int, _ range: ClosedRange<Int>, names: [String] = [], first: Int = 0
  ) throws(Refusal) -> Set<Int> {
    let field = fields[index]
    var found: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      guard pieces.count <= 2, let ends = bounds(pieces[0], range, names, first) else {
        throw .field(index + 1, field)
      }
      let step = pieces.count == 2 ? Int(pieces[1]) ?? 0 : 1
      guard step >= 1 else { throw .field(index + 1, field) }
      // `5/15` is from 5 to the end.
      let last = pieces.count == 2 && ends.isSingle ? range.upperBound : ends.last
      found.formUnion(stride(from: ends.first, through: last, by: step))
    }
    return found
  }

  private static func bounds(
    _ text: Substring, _ range: ClosedRange<Int>, _ names: [String], _ offset: Int
  ) -> (first: Int, last: Int, isSingle: Bool)? {
    if text == "*" { return (range.lowerBound, range.upperBound, false) }
    func value(_ text: Substring) -> Int? {
      if let index = names.firstIndex(of: String(text)) { return index + offset }
      guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = ends.first.flatMap(value) else { return nil }
    if ends.count == 1 { return (first, first, true) }
    guard ends.count == 2, let last = value(ends[1]), first <= last else { return nil }
    return (first, last, false)
  }

  private func has(_ day: Day) -> Bool {
    guard months.contains(day.month) else { return false }
    let (ofMonth, ofWeek) = (days.contains(day.day), weekdays.contains(day.weekday))
    return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek
  }

  /// 29 February comes again after eight years at the latest (1896 to 1904, 2096 to 2104).
  private static let mostDays = 9 * 366

  /// The first time after `moment`; nil when there is none.
  ///
  /// A time in a skipped hour is at the first moment that exists, one in an hour that comes twice is at the first of the two.
  func next(after moment: Instant, in zone: Zone) -> Instant? {
    let wall = zone.wall(at: moment)
    // A day earlier: of a repeated hour the wall shows what has been.
    let start = Int((Double(wall) / 86_400_000).rounded(.down)) - 1
    let (hours, minutes) = (hours.sorted(), minutes.sorted())
    for number in start..<start + Cron.mostDays {
      let day = Day(daysSince1970: number)
      guard has(day) else { continue }
      for hour in hours {
        for minute in minutes {
          let shown = Int64(number) * 86_400_000 + Int64(hour * 60 + minute) * 60_000
          // No clock is put further than three hours.
          guard shown > wall - 3 * 3_600_000 else { continue }
          let instant = zone.instant(wall: shown)
          if instant > moment { return instant }
        }
      }
    }
    return nil
  }
}
