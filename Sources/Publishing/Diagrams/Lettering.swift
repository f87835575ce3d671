import Kernel

/// How much room letters take, without asking a font: never less than the fonts of the style sheet and of the PDF need.
///
/// A browser and Typst draw the same picture with different fonts, so a label is measured with the widest of them.
enum Lettering {
  /// The width of `text` in px at `size` px.
  static func width(of text: some StringProtocol, size: Double, bold: Bool = false) -> Double {
    var sum = 0.0
    for scalar in text.unicodeScalars { sum += width(of: scalar) }
    return sum * size * (bold ? 1.06 : 1)
  }

  /// The width of one letter in em, rounded up from Noto Sans CJK JP, BIZ UDPGothic, Meiryo and Segoe UI.
  private static func width(of scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F, 0x3099, 0x309A, 0xE0100...0xE01EF: 0
    case 0x20...0x7E: latin[Int(scalar.value) - 0x20]
    case 0xFF61...0xFF9F: 0.62
    case 0xA0...0x36F: 0.95
    case 0x1F000...0x1FAFF, 0x2600...0x27BF: 1.4
    default: 1
    }
  }

  /// Space to tilde.
  private static let latin: [Double] = {
    (0x20...0x7E).map { code in
      switch Character(Unicode.Scalar(UInt8(code))) {
      case "i", "j", "l", "I", "'", ".", ",", ":", ";", "!", "|", " ", "`": 0.36
      case "f", "t", "r", "(", ")", "[", "]", "{", "}", "-", "/", "\\", "\"", "*", "J": 0.48
      case "m", "w", "M", "W", "@", "%": 1
      case "A"..."Z", "&", "+", "<", "=", ">", "~", "#", "^": 0.8
      default: 0.64
      }
    }
  }()

  /// `text` in lines of at most `limit` px. Nothing is left out: a word that is too long breaks where it must.
  ///
  /// Lines break behind a space or between Japanese letters, never before a closing mark or a small kana.
  static func wrapped(_ text: String, to limit: Double, size: Double, bold: Bool = false) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n") {
      var rest = paragraph[...]
      while !rest.isEmpty {
        let end = lineEnd(in: rest, limit: limit, size: size, bold: bold)
        let line = rest[..<end].trimmed
        if !line.isEmpty { lines.append(line) }
        rest = rest[end...]
      }
    }
    return lines
  }

  private static func lineEnd(in text: Substring, limit: Double, size: Double, bold: Bool)
    -> Substring.Index
  {
    var used = 0.0
    var index = text.startIndex
    var lastBreak: Substring.Index?
    while index < text.endIndex {
      let character = text[index]
      used += width(of: String(character), size: size, bold: bold)
      if used > limit, !character.isWhitespace, index > text.startIndex { return lastBreak ?? index }
      let next = text.index(after: index)
      if next < text.endIndex, mayBreak(between: character, and: text[next]) { lastBreak = next }
      index = next
    }
    return text.endIndex
  }

  private static func mayBreak(between a: Character, and b: Character) -> Bool {
    if opening.contains(a) || closing.contains(b) { return false }
    if a.isWhitespace { return true }
    if b.isWhitespace { return false }
    return !a.isASCII || !b.isASCII
  }

  private static let closing = Set("、。，．・：；？！)」』】〉》〕］｝）ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々…,.;:!?]}%")
  private static let opening = Set("(「『【〈《〔［｛（[{")
}
