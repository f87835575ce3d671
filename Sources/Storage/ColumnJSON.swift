import Foundation

/// Values that a column keeps as JSON: keys in order, so that equal values are equal texts.
public enum ColumnJSON {
  public static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// - Throws: ``Row/Corrupt`` for what ``text(_:)`` never wrote.
  public static func read<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value
  {
    do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
      throw Row.Corrupt("JSON of \(type): \(error)")
    }
  }
}
