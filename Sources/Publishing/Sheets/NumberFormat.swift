import Foundation

/// Whether an Excel number format shows a date.
enum NumberFormat {
  /// The formats that Excel knows by number alone; 27 to 36 and 50 to 58 are the East Asian dates (`[$-411]ge.m.d`).
  static func isDate(builtIn id: Int) -> Bool {
    switch id {
    case 14...22, 27...36, 45...47, 50...58: true
    default: false
    }
  }

  /// Looks for year, month, day, era or weekday letters outside quotes, brackets and escapes.
  static func isDate(_ code: String) -> Bool {
    if code.range(of: "General", options: .caseInsensitive) != nil || code.contains("G/") { return false }
    var rest = Array(code.lowercased().unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": rest = rest.drop { $0 != "\"" }.dropFirst()
      case "\\", "_", "*", "!": rest = rest.dropFirst()
      case "[":
        let inside = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(inside.count + 1)
        // [h]:mm is a length of time, not a date.
        if let first = inside.first, "hms".unicodeScalars.contains(first), inside.allSatisfy({ $0 == first })
        {
          return false
        }
      case "e":
        // 0.00E+00 is scientific notation; e alone is the year of an era.
        if rest.first != "+" && rest.first != "-" { return true }
      case "y", "m", "d", "g": return true
      case "a": if rest.starts(with: "aa".unicodeScalars) { return true }
      default: break
      }
    }
    return false
  }
}

/// A number as Excel shows it in a cell without a format: 15 significant digits, no trailing `.0`.
func plain(_ number: Double) -> String {
  if number == number.rounded(), abs(number) < 1e15 { return "\(Int(number))" }
  return String(format: "%.15g", number)
}
