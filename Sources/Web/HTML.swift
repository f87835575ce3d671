public import Kernel

/// Markup, built only from literals. `\(text)` escapes, only `HTML` and `SVG` nest as markup, nil prints nothing.
///
/// Its literal segments are `StaticString`, so text known only at run time can never become markup.
public struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  public private(set) var text: String

  public init(stringLiteral value: StaticString) { text = value.description }
  public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
  public init(joining parts: some Sequence<HTML>) { text = parts.map(\.text).joined() }

  /// Escaped text.
  public init(_ text: String) { self.text = escapedMarkup(text) }

  /// The program's own style sheet, for the inside of a `style` element.
  init(styleSheet: String) {
    precondition(!styleSheet.contains("</"), "a style sheet that would end its element")
    text = styleSheet
  }

  public static let empty: HTML = ""
  public var isEmpty: Bool { text.isEmpty }

  public static func += (a: inout HTML, b: HTML) { a.text += b.text }

  public struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 24)
    }
    public mutating func appendLiteral(_ literal: StaticString) {
      literal.withUTF8Buffer { text += String(decoding: $0, as: UTF8.self) }
    }
    // Disfavoured, so that a literal behind `? :` inside a literal is markup like its surroundings, not text.
    @_disfavoredOverload
    public mutating func appendInterpolation(_ value: String) { text += escapedMarkup(value) }
    @_disfavoredOverload
    public mutating func appendInterpolation(_ value: String?) { text += value.map(escapedMarkup) ?? "" }
    public mutating func appendInterpolation(_ value: Int) { text += String(value) }
    public mutating func appendInterpolation<T>(_ value: ID<T>) { text += value.text }
    public mutating func appendInterpolation(_ value: Day) { text += value.description }
    public mutating func appendInterpolation(_ value: HTML) { text += value.text }
    public mutating func appendInterpolation(_ value: HTML?) { text += value?.text ?? "" }
    @_disfavoredOverload
    public mutating func appendInterpolation(_ value: SVG) { text += value.text }
    @_disfavoredOverload
    public mutating func appendInterpolation(_ value: SVG?) { text += value?.text ?? "" }
    public mutating func appendInterpolation(_ values: [HTML]) { for value in values { text += value.text } }
    /// A boolean attribute: ` checked` or nothing.
    public mutating func appendInterpolation(_ name: StaticString, if condition: Bool) {
      if condition { text += " \(name)" }
    }
    /// An attribute with a value, or nothing: ` due="…"`.
    public mutating func appendInterpolation(_ name: StaticString, is value: String?) {
      if let value { text += " \(name)=\"\(escapedMarkup(value))\"" }
    }
  }
}

extension Sequence {
  /// The markup of each element, one after the other.
  public func html(_ make: (Element) throws -> HTML) rethrows -> HTML { HTML(joining: try map(make)) }
}
