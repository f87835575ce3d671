import Kernel
import Web

@testable import Registers

/// Entries with values that are hard on spreadsheets.
enum Samples {
  /// What a register may name: two that share a title, and one whose title is the key of another.
  static func names(of register: Register) -> ReferenceNames {
    var fields: [String: ReferenceNames.Names] = [:]
    for field in register.fields {
      let hasKeys: Bool
      switch field.kind {
      case .entry: hasKeys = true
      case .person: hasKeys = false
      default: continue
      }
      let titles = ["みなと電算", "同じ名前", "同じ名前", "K-0", "=SUM(A1)"]
      fields[field.id] = ReferenceNames.Names(
        titles.enumerated().map { index, title in
          let id = "00000000-0000-7000-8000-00000000000\(index)"
          return ReferenceNames.Named(id: id, key: hasKeys ? "K-\(index)" : nil, title: title)
        })
    }
    return ReferenceNames(fields: fields)
  }

  static func entry(
    _ number: Int, of register: Register, _ names: ReferenceNames, _ random: inout some RandomNumberGenerator
  ) -> Entry {
    var values: [String: String] = [:]
    for field in register.entered {
      let isNeeded = field.isRequired || Bool.random(using: &random)
      if isNeeded { values[field.id] = value(of: field, names, &random) }
    }
    values[register.key.id] = "\(["=", "+", "-", "@", "０", "ｶ"][number % 6])\(number)"
    while let broken = register.rules.lazy.compactMap({ $0.refusal(of: values, in: register, .ja) }).first {
      values[broken.field ?? ""] = nil
    }
    return Entry(id: Entry.ID(at: Instant(milliseconds: 0), using: &random), values: values, version: 1)
  }

  private static func value(
    of field: Field, _ names: ReferenceNames, _ random: inout some RandomNumberGenerator
  ) -> String? {
    switch field.kind {
    case .text(let most): return text(most, "=+-@\"',;　漢ｶ髙①🏥0a \t", &random)
    case .lines(let most): return text(most, "=+-@\"',;漢ｶ🏥0a \n", &random)
    case .choice(let choices): return choices.randomElement(using: &random)?.value
    case .day: return Day(daysSince1970: Int.random(in: -10_000...40_000, using: &random)).description
    case .number(let range): return "\(Int.random(in: range, using: &random))"
    case .entry, .person: return names.fields[field.id]?.named.keys.sorted().randomElement(using: &random)
    }
  }

  /// A text as it is stored: trimmed, never empty.
  private static func text(
    _ most: Int, _ characters: String, _ random: inout some RandomNumberGenerator
  ) -> String {
    let count = Int.random(in: 0..<min(most, 12), using: &random)
    let inner = (0..<count).compactMap { _ in characters.randomElement(using: &random) }
    return "\(String(inner))あ".trimmed
  }
}
