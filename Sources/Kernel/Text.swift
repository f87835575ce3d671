extension StringProtocol {
  /// The text without white space (ideographic space included) at either end.
  public var trimmed: String {
    if withBytes(hasPlainEnds) { return String(self) }
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return String(self[start..<end])
  }

  /// The trimmed text when its length in characters lies in `range`, else nil.
  ///
  /// Control characters other than line feed and tab are dropped; CRLF becomes LF.
  public func trimmed(to range: ClosedRange<Int>) -> String? {
    // No text has more characters than bytes: most need not be counted.
    let isClean = withBytes { bytes in
      !bytes.isEmpty && hasPlainEnds(bytes) && range.lowerBound <= 1 && bytes.count <= range.upperBound
        && !bytes.contains { $0 < 0x20 || $0 == 0x7F }
    }
    if isClean { return String(self) }
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

  /// The text without what steers a terminal or turns the direction of writing: words of strangers, shown in a line.
  public var harmless: String {
    let isHarmless = withBytes { bytes in bytes.allSatisfy { (0x20..<0x7F).contains($0) } }
    if isHarmless { return String(self) }
    return String(String.UnicodeScalarView(unicodeScalars.filter { !$0.steers }))
  }

  /// Its bytes behind one pointer: looked at one by one through the protocol they would cost many times as much.
  private func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
    utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
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

extension Unicode.Scalar {
  /// Whether it is no sign but steers how others are shown: C0, C1, separators of lines, marks of direction.
  public var steers: Bool {
    switch value {
    case ..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}

/// True when neither the first nor the last character can be white space; false when that takes a closer look.
///
/// White space is ASCII, U+0085, U+00A0, U+1680, U+2000 to U+2029, U+202F, U+205F and U+3000; a mark that joins the letter
/// before it (U+3099, U+309A, and what UTF-8 begins with CC, CD or EF) may hide one.
private func hasPlainEnds(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let first = bytes.first, let last = bytes.last else { return true }
  switch first {
  case 0x21...0x7E, 0xE4...0xE9: break
  case 0xE3: if bytes.count < 2 || bytes[1] == 0x80 { return false }
  default: return false
  }
  if (0x21...0x7E).contains(last) { return true }
  guard bytes.count >= 3 else { return false }
  let (second, third) = (bytes[bytes.count - 2], bytes[bytes.count - 3])
  switch third {
  case 0xE4...0xE9: return true
  case 0xE3: return second != 0x80 && !(second == 0x82 && (last == 0x99 || last == 0x9A))
  default: return false
  }
}
