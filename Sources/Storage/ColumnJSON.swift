import Foundation

/// A value that a column keeps as JSON and that is reckoned with: a database may have come from elsewhere.
public protocol Plausible {
  /// Whether its numbers are ones that its makers can have given it.
  var isPlausible: Bool { get }
}

/// Values that a column keeps as JSON: keys in order, so that equal values are equal texts.
public enum ColumnJSON {
  public static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// - Throws: ``Row/Corrupt`` for what ``text(_:)`` never wrote, and for what is not ``Plausible``.
  public static func read<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value
  {
    guard !hasHugeNumber(text) else { throw Row.Corrupt("JSON of \(type): a number of too many digits") }
    let value: Value
    do { value = try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
      throw Row.Corrupt("JSON of \(type): \(error)")
    }
    if let known = value as? any Plausible, !known.isPlausible {
      throw Row.Corrupt("JSON of \(type): not plausible")
    }
    return value
  }

  /// Whether a number stands in it that has more than 15 digits before the point: one more, or a thousand times as much, could
  /// run over.
  static func hasHugeNumber(_ json: String) -> Bool {
    var (isText, isEscaped, isFraction, isPower) = (false, false, false, false)
    var digits = 0
    for byte in json.utf8 {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else {
          isText = byte != 0x22
        }
        continue
      }
      // Behind the e of a number only a minus makes it small.
      if isPower && byte != 0x2D { return true }
      isPower = false
      switch byte {
      case 0x30...0x39:
        if !isFraction { digits += 1 }
        if digits > 15 { return true }
      case 0x2E: isFraction = true
      case 0x45, 0x65: (isPower, isFraction) = (digits > 0, true)
      case 0x2D: break
      default: (isText, isFraction, digits) = (byte == 0x22, false, 0)
      }
    }
    return false
  }
}
