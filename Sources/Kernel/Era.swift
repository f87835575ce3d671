/// A Japanese era, with the Gregorian day on which it begins.
public enum Era: String, Sendable, CaseIterable {
  case reiwa, heisei, showa

  public var first: Day {
    switch self {
    case .reiwa: Day(daysSince1970: 18_017)  // 2019-05-01
    case .heisei: Day(daysSince1970: 6_947)  // 1989-01-08
    case .showa: Day(daysSince1970: -15_713)  // 1926-12-25
    }
  }

  public var kanji: String {
    switch self {
    case .reiwa: "令和"
    case .heisei: "平成"
    case .showa: "昭和"
    }
  }

  /// The letter used in short dates such as R8.3.31.
  public var letter: String {
    switch self {
    case .reiwa: "R"
    case .heisei: "H"
    case .showa: "S"
    }
  }

  /// The Gregorian year of this era's first year.
  public var firstYear: Int { first.year }

  /// The era of `day` and the year within it; days before Showa give nil.
  public static func of(_ day: Day) -> (era: Era, year: Int)? {
    guard let era = allCases.first(where: { $0.first <= day }) else { return nil }
    return (era, day.year - era.firstYear + 1)
  }
}

extension Day {
  /// 令和8年2月24日
  public var inJapanese: String {
    guard let (era, year) = Era.of(self) else { return "\(year)年\(month)月\(day)日" }
    return "\(era.kanji)\(year == 1 ? "元" : "\(year)")年\(month)月\(day)日"
  }

  /// R8.3.31
  public var shortJapanese: String {
    guard let (era, year) = Era.of(self) else { return description }
    return "\(era.letter)\(year).\(month).\(day)"
  }

  public var weekdayJapanese: String { ["日", "月", "火", "水", "木", "金", "土"][weekday] }

  /// Reads a day as people and workbooks write it.
  ///
  /// Accepts `2026-03-31`, `2026/3/31`, `2026.3.31`, `2026年3月31日`, `令和8年3月31日`, `R8.3.31`, `R8/3/31`, `20260331`,
  /// full-width forms, an outer weekday in brackets and a time of day after a space or `T`. Two-digit years are refused as unclear.
  public static func parse(_ raw: String) -> Day? {
    var text = raw.halfWidth.filter { !$0.isWhitespace || $0 == " " }.trimmed
    if let bracket = text.firstIndex(of: "(") { text = String(text[..<bracket]).trimmed }
    if let time = text.firstIndex(where: { $0 == "T" || $0 == " " }),
      text[text.index(after: time)...].contains(":")
    {
      text = String(text[..<time])
    }
    text.removeAll { $0 == " " }
    if text.utf8.count == 8, text.allSatisfy(\.isASCIIDigit), let number = Int(text) {
      return Day(number / 10_000, number / 100 % 100, number % 100)
    }
    for era in Era.allCases {
      for prefix in [era.kanji, era.letter, era.letter.lowercased()] where text.hasPrefix(prefix) {
        let rest = text.dropFirst(prefix.count).replacing("元", with: "1")
        guard let (year, month, day) = threeNumbers(rest), (1...99).contains(year),
          let found = Day(era.firstYear + year - 1, month, day), found >= era.first
        else { return nil }
        return found
      }
    }
    guard let (year, month, day) = threeNumbers(text), year >= 1900 else { return nil }
    return Day(year, month, day)
  }

  /// The day of an Excel serial number in the 1900 date system (its false 29 February 1900 included), 1954 to 2119.
  public static func excelSerial(_ serial: Double, since1904: Bool = false) -> Day? {
    let serial = since1904 ? serial + 1462 : serial
    guard serial.isFinite, serial >= 20_000, serial < 80_500 else { return nil }
    return Day(daysSince1970: Int(serial.rounded(.down)) - 25_569)
  }

  private static func threeNumbers(_ text: some StringProtocol) -> (Int, Int, Int)? {
    var text = String(text)
    if text.hasSuffix("日") { text.removeLast() }
    let parts = text.split(omittingEmptySubsequences: false) { "-/.年月".contains($0) }
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }),
      let a = Int(parts[0]), let b = Int(parts[1]), let c = Int(parts[2])
    else { return nil }
    return (a, b, c)
  }
}

extension Character {
  var isASCIIDigit: Bool { isASCII && isNumber }
}
