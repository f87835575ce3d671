import Foundation
import Kernel

/// A value of a record as the ledger keeps it, whatever its shape.
enum StoredValue: Decodable, Sendable, Equatable {
  case none
  case flag(Bool)
  case number(Int)
  case text(String)
  case list([StoredValue])
  case object([String: StoredValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .none
    } else if let flag = try? value.decode(Bool.self) {  // each attempt but one fails, by design
      self = .flag(flag)
    } else if let number = try? value.decode(Int.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([StoredValue].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: StoredValue].self))
    }
  }

  /// The fields of a record by name. What stands in a part of a record stands beside the others.
  static func fields(_ json: String?) -> [String: StoredValue] {
    // What is no record has no fields; the raw text stands on the entry's own page.
    guard let json, let value = try? JSONDecoder().decode(StoredValue.self, from: Data(json.utf8)),
      case .object(let fields) = value
    else { return [:] }
    return fields.reduce(into: [:]) { all, field in
      switch field.value {
      case .object(let part) where part.count == 1: all[field.key] = part.first?.value
      case .object(let part): all.merge(part) { first, _ in first }
      default: all[field.key] = field.value
      }
    }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
}
