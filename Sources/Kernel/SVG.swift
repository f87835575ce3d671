/// A drawing as SVG text, built only from literals and escaped values, so that it may stand in a page unescaped.
public struct SVG: Sendable, Equatable, ExpressibleByStringInterpolation {
  public private(set) var text: String

  public init(stringLiteral value: StaticString) { text = value.description }

  public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  public init(joining parts: some Sequence<SVG>) { text = parts.map(\.text).joined() }

  public static func += (a: inout SVG, b: SVG) { a.text += b.text }

  public struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }
    public mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
    public mutating func appendInterpolation(_ value: String) { text += escapedMarkup(value) }
    public mutating func appendInterpolation(_ value: Int) { text += String(value) }
    /// A coordinate, to one decimal; 0 for what no drawing is wide enough for.
    public mutating func appendInterpolation(_ value: Double) {
      let tenths = abs(value) < 1e12 ? Int((value * 10).rounded()) : 0
      text +=
        tenths % 10 == 0
        ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
    public mutating func appendInterpolation(_ value: SVG) { text += value.text }
    public mutating func appendInterpolation(_ value: SVG?) { text += value?.text ?? "" }
  }
}

/// `text` with the five characters that mean something in HTML and XML replaced; safe in content and in quoted attributes.
public func escapedMarkup(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 == 38 || $0 == 60 || $0 == 62 || $0 == 34 || $0 == 39 }) else {
    return text
  }
  var result = ""
  result.reserveCapacity(text.utf8.count + 16)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
