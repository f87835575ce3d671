extension StringProtocol {
  /// The text without white space (ideographic space included) at either end.
  public var trimmed: String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return String(self[start..<end])
  }

  /// The trimmed text when its length in characters lies in `range`, else nil.
  ///
  /// Control characters other than line feed and tab are dropped; CRLF becomes LF.
  public func trimmed(to range: ClosedRange<Int>) -> String? {
    var clean = String.UnicodeScalarView()
    var lastWasReturn = false
    for scalar in unicodeScalars {
      if scalar == "\r" {
        clean.append("\n")
      } else if scalar == "\n" && lastWasReturn {
        // The return before it has become the line feed.
      } else if scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\n" || scalar == "\t" {
        clean.append(scalar)
      }
      lastWasReturn = scalar == "\r"
    }
    let text = String(clean).trimmed
    return range.contains(text.count) ? text : nil
  }

  /// Full-width ASCII, circled and parenthesised numbers in plain form: `２-⑩` becomes `2-10`.
  ///
  /// Meant for comparing and reading, not for showing.
  public var halfWidth: String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      case 0x3000, 0xA0: result.append(" ")
      case 0x2460...0x2473: result.append(contentsOf: "\(scalar.value - 0x245F)".unicodeScalars)
      case 0x2474...0x2487: result.append(contentsOf: "(\(scalar.value - 0x2473))".unicodeScalars)
      case 0x3251...0x325F: result.append(contentsOf: "\(scalar.value - 0x3251 + 21)".unicodeScalars)
      case 0x2010...0x2015, 0x2212, 0xFF70: result.append("-")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// The text for comparing: half-width, lower case, without any white space.
  public var folded: String { halfWidth.lowercased().filter { !$0.isWhitespace } }
}
