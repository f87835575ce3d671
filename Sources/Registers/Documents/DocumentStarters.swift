import Foundation
import Kernel
public import Storage
public import Web

/// Texts of ours with which a clinic or a hospital begins. They are drafts: the facility makes them its own and approves them.
enum DocumentStarters {
  enum Set: String, Sendable, CaseIterable {
    case clinic, hospital
  }

  struct Starter: Sendable, Equatable {
    /// The file's name; also the document's number.
    let number: String
    let title: String
    /// A value of the register's field `kind`.
    let kind: String
    /// A value of the register's field `derivedFrom`; nil when it is made from no register.
    let derivedFrom: String?
    let body: String
  }

  /// A file that is not as it must be; a test reads them all.
  struct Damaged: Error { let name: String }

  /// The texts of a set, in the order of their numbers; those in English lie in a folder `en` beside the first language's.
  ///
  /// A file has its title, its kind, and `-` or a register's id in its first three lines; then a line, and the text.
  static func all(_ set: Set, _ language: Language = .ja) throws -> [Starter] {
    let place = language == .ja ? set.rawValue : "\(set.rawValue)/\(language.rawValue)"
    let folder = Bundle.module.bundleURL.appendingPathComponent("Documents.files/\(place)")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.map { file in
      let lines = try String(contentsOf: file, encoding: .utf8).split(
        separator: "\n", maxSplits: 4, omittingEmptySubsequences: false)
      guard lines.count == 5, lines[3].isEmpty else { throw Damaged(name: file.lastPathComponent) }
      return Starter(
        number: file.deletingPathExtension().lastPathComponent, title: String(lines[0]),
        kind: String(lines[1]), derivedFrom: lines[2] == "-" ? nil : String(lines[2]), body: lines[4].trimmed)
    }
  }

  /// Each text in all its languages, read once: they change with the program only.
  static let pairs = Result {
    try Set.allCases.flatMap { set in
      var found: [String: [Language: Starter]] = [:]
      for language in Language.allCases {
        for starter in try all(set, language) { found[starter.number, default: [:]][language] = starter }
      }
      return found.values.sorted { ($0[.ja]?.number ?? "") < ($1[.ja]?.number ?? "") }
    }
  }

  /// None when a file is damaged: what is stored is then shown as it is, the page of the texts says what is wrong, and a test
  /// reads them all.
  private static var readable: [[Language: Starter]] { (try? pairs.get()) ?? [] }

  /// The titles: one that nobody changed is shown in the reader's language.
  static let titles = OwnWords(readable.map { pair in pair.mapValues(\.title) })

  /// A text of ours that nobody has changed, in the reader's language; nil for any other, and for one in that language already.
  ///
  /// - Parameter name: the facility's, which stands in the text.
  static func unchanged(_ body: String, facility name: String, _ language: Language) -> String? {
    for pair in readable {
      let texts = pair.mapValues { $0.body.replacing("{施設}", with: name) }
      if let text = texts[language], text != body, texts.values.contains(body) { return text }
    }
    return nil
  }

  /// Takes texts into the register, each as a document with its first draft. What has the number already is left alone.
  ///
  /// - Returns: how many were taken.
  /// - Throws: `DocumentRefusal.nothingChosen`, `EntryRefused`.
  static func take(
    _ numbers: Swift.Set<String>, of set: Set, facility name: String, _ language: Language, in scope: Scope
  )
    async throws -> Int
  {
    let chosen = try all(set, language).filter { numbers.contains($0.number) }
    guard !chosen.isEmpty else { throw DocumentRefusal.nothingChosen }
    return try await scope.write { tx in
      var taken = 0
      for starter in chosen {
        guard try tx.entryID(Documents.register, key: starter.number.searchable) == nil else { continue }
        var values = [
          "number": starter.number, "title": starter.title, "kind": starter.kind, "status": "draft",
        ]
        values["derivedFrom"] = starter.derivedFrom
        let entry = try Documents.register.add(values, language, tx)
        try tx.insert(
          try DocumentVersion(
            id: scope.newID(), of: entry.id, number: 1,
            body: starter.body.replacing("{施設}", with: name), summary: "", by: scope.actor.name, at: scope.now
          ))
        taken += 1
      }
      return taken
    }
  }
}

extension Documents {
  /// Takes one of the texts for a clinic into the register, as a draft. One that is there already stays as it is.
  ///
  /// - Throws: `DocumentRefusal.nothingChosen` when there is no such text; `EntryRefused`.
  public static func takeClinicStarter(
    _ number: String, facility name: String, _ language: Language, in scope: Scope
  ) async throws {
    _ = try await DocumentStarters.take([number], of: .clinic, facility: name, language, in: scope)
  }

  /// The numbers of the texts for a clinic.
  public static func clinicStarters() throws -> [String] { try DocumentStarters.all(.clinic).map(\.number) }
}
