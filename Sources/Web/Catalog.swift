public import Foundation
public import Kernel

/// The words of one slice in every language: `ja.yaml` and `en.yaml` with the sections `texts`, `problems`, `actions` and `messages`.
public struct Catalog: Sendable {
  public let name: String
  let texts: [Language: [String: String]]
  /// Words outside `texts`, by section and key: problems by code, ledger actions, inbox messages, permissions.
  let shared: [Language: [String: String]]
  /// What is wrong with the files; empty when all is well.
  public let faults: [String]

  /// Reads the files of `folder` in `bundle` and compares them with `keys` and with each other.
  public init(_ name: String, in bundle: Bundle, folder: String, keys: [String]) {
    self.name = name
    var texts: [Language: [String: String]] = [:]
    var shared: [Language: [String: String]] = [:]
    var faults: [String] = []
    for language in Language.allCases {
      let url = bundle.bundleURL.appendingPathComponent("\(folder)/\(language.rawValue).yaml")
      do {
        for (section, words) in try WordFile.read([UInt8](Data(contentsOf: url))) {
          if words.isEmpty { faults.append("\(name) \(language.rawValue): section \(section) is empty") }
          if section == "texts" {
            texts[language] = words
          } else {
            for (key, text) in words { shared[language, default: [:]]["\(section).\(key)"] = text }
          }
        }
      } catch {
        faults.append("\(name) \(language.rawValue): \(error)")
      }
    }
    let known = Set(keys)
    for language in Language.allCases {
      let words = texts[language] ?? [:]
      for key in keys where words[key] == nil {
        faults.append("\(name) \(language.rawValue): \(key) is missing")
      }
      for key in words.keys where !known.contains(key) {
        faults.append("\(name) \(language.rawValue): \(key) is not used")
      }
    }
    let both = [(texts[.ja] ?? [:], texts[.en] ?? [:]), (shared[.ja] ?? [:], shared[.en] ?? [:])]
    for (ja, en) in both {
      for key in Set(ja.keys).symmetricDifference(en.keys) {
        faults.append("\(name): \(key) stands in one language only")
      }
      for (key, text) in ja where Catalog.placeholders(text) != Catalog.placeholders(en[key] ?? text) {
        faults.append("\(name): \(key) has different placeholders")
      }
    }
    self.texts = texts
    self.shared = shared
    self.faults = faults.sorted()
  }

  public init<Key: TextKey>(_ keys: Key.Type, in bundle: Bundle, folder: String) {
    self.init(String(describing: Key.self), in: bundle, folder: folder, keys: Key.allCases.map(\.rawValue))
  }

  /// The placeholders `{0}` to `{9}` that a text has, a bit for each.
  private static func placeholders(_ text: String) -> UInt16 {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress, memchr(start, 0x7B, bytes.count) != nil else { return 0 }
      var found: UInt16 = 0
      for place in bytes.indices.dropLast(2) where bytes[place] == 0x7B && bytes[place + 2] == 0x7D {
        let digit = bytes[place + 1]
        if 0x30...0x39 ~= digit { found |= 1 << UInt16(digit - 0x30) }
      }
      return found
    }
  }

  static func fill(_ template: String, _ arguments: [String]) -> String {
    var text = template
    for (index, argument) in arguments.enumerated() { text = text.replacing("{\(index)}", with: argument) }
    return text
  }
}

/// The keys of a slice's words: an enum whose cases stand in `texts` of its catalog.
public protocol TextKey: CaseIterable, RawRepresentable, Sendable where RawValue == String {
  static var catalog: Catalog { get }
}

/// Words of one slice in one language.
public struct Texts<Key: TextKey>: Sendable {
  public let language: Language
  private let words: [String: String]

  public init(_ language: Language) {
    self.language = language
    words = Key.catalog.texts[language] ?? [:]
  }

  public func callAsFunction(_ key: Key) -> String { words[key.rawValue] ?? key.rawValue }

  public func callAsFunction(_ key: Key, _ first: String, _ further: String...) -> String {
    Catalog.fill(self(key), [first] + further)
  }

  public func callAsFunction(_ key: Key, _ first: Int, _ further: Int...) -> String {
    Catalog.fill(self(key), ([first] + further).map(language.number))
  }
}

/// The words that are looked up by a name made at run time: problems, ledger actions, inbox messages.
public struct Words: Sendable {
  private let shared: [Language: [String: String]]

  public init(_ catalogs: [Catalog]) {
    var shared: [Language: [String: String]] = [:]
    for catalog in catalogs {
      for (language, words) in catalog.shared {
        shared[language, default: [:]].merge(words) { first, _ in first }
      }
    }
    self.shared = shared
  }

  public func problem(_ problem: any Problem, _ language: Language) -> String {
    let own = look("problems.\(problem.code)", problem.arguments, language) ?? problem.code
    let separator = language == .ja ? "" : " "
    return ([own] + problem.parts.map { self.problem($0, language) }).joined(separator: separator)
  }

  public func message(_ key: String, _ arguments: [String], _ language: Language) -> String {
    look("messages.\(key)", arguments, language) ?? key
  }

  /// What a permission lets someone do, in words.
  public func permission(_ name: String, _ language: Language) -> String {
    look("permissions.\(name)", [], language) ?? name
  }

  public func action(_ action: String, _ language: Language) -> String {
    look("actions.\(action)", [], language) ?? action
  }

  /// The word for `key` in a further section of a catalog; nil when none has it.
  public func word(_ key: String, in section: String, _ language: Language) -> String? {
    shared[language]?["\(section).\(key)"]
  }

  /// What `section` (`problems`, `actions`, `messages`, `permissions`) has words for; the same in every language.
  public func names(in section: String) -> Set<String> {
    Set(
      (shared[.ja] ?? [:]).keys.filter { $0.hasPrefix(section + ".") }.map {
        String($0.dropFirst(section.count + 1))
      })
  }

  private func look(_ key: String, _ arguments: [String], _ language: Language) -> String? {
    // Days come in their stored form and are written as the language writes them.
    let shown = arguments.map { argument in Day(argument).map(language.date) ?? argument }
    return (shared[language]?[key]).map { Catalog.fill($0, shown) }
  }
}
