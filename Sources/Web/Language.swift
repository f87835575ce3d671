public import Kernel

/// A language of the interface.
public enum Language: String, Sendable, CaseIterable, Codable {
  case ja, en

  public var other: Language { self == .ja ? .en : .ja }

  /// 令和8年2月24日 / 24 February 2026
  public func date(_ day: Day) -> String {
    switch self {
    case .ja: day.inJapanese
    case .en: "\(day.day) \(Language.months[day.month - 1]) \(day.year)"
    }
  }

  /// 令和8年2月24日(火) / Tuesday 24 February 2026
  public func dateWithWeekday(_ day: Day) -> String {
    switch self {
    case .ja: "\(day.inJapanese)(\(day.weekdayJapanese))"
    case .en: "\(Language.weekdays[day.weekday]) \(date(day))"
    }
  }

  /// 2月24日 / 24 Feb, for days within the year on the page.
  public func shortDate(_ day: Day) -> String {
    switch self {
    case .ja: "\(day.month)月\(day.day)日"
    case .en: "\(day.day) \(Language.months[day.month - 1].prefix(3))"
    }
  }

  /// R8.3.31 / 2026-03-31, for columns.
  public func columnDate(_ day: Day) -> String { self == .ja ? day.shortJapanese : day.description }

  /// R8.4.1 〜 R8.5.31 / 2026-04-01 – 2026-05-31, for columns; one of them alone where the other is not known.
  public func columnDates(from first: Day?, to last: Day?) -> String {
    [first, last].compactMap { $0.map(columnDate) }.joined(separator: self == .ja ? " 〜 " : " – ")
  }

  /// 10:42
  public func time(_ moment: Instant) -> String {
    let (hour, minute) = moment.clock
    return "\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  public func dateTime(_ moment: Instant) -> String { "\(date(moment.day)) \(time(moment))" }

  /// 令和7年度 / FY2025
  public func fiscalYear(_ year: FiscalYear) -> String {
    switch self {
    case .ja:
      Era.of(year.first.adding(days: 60)).map { "\($0.era.kanji)\($0.year == 1 ? "元" : "\($0.year)")年度" }
        ?? "\(year)年度"
    case .en: "FY\(year)"
    }
  }

  /// 1,280,000
  public func number(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  /// A day as markup that never breaks.
  public func timeTag(_ day: Day, short: Bool = true) -> HTML {
    "<time class=\"nowrap\" datetime=\"\(day)\">\(short ? shortDate(day) : date(day))</time>"
  }

  public func timeTag(_ moment: Instant) -> HTML {
    "<time class=\"nowrap\" datetime=\"\(moment.iso)\">\(dateTime(moment))</time>"
  }
}
