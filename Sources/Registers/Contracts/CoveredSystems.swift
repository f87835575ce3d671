import Kernel
import Storage
import Web

/// Which systems a contract covers: names in its text that stand in the register of systems become references.
///
/// The text stays what people and files write; the references follow it, so that forms, imports and exports need nothing new.
enum CoveredSystems {
  /// A system that the register knows.
  struct Known: Sendable, Equatable {
    let id: Entry.ID
    let name: String
    let isCovered: Bool
  }

  static let separators: Set<Character> = ["、", "，", ",", ";", "；", "\n"]

  /// The names in a text, each once.
  static func names(in text: String) -> [String] {
    var seen: Set<String> = []
    return text.split { separators.contains($0) }.map { String($0).trimmed }
      .filter { !$0.isEmpty && seen.insert($0.searchable).inserted }
  }

  /// The text with a name more; as it is when the name stands there already.
  static func text(_ text: String, adding name: String) -> String {
    let names = names(in: text)
    if names.contains(where: { $0.searchable == name.searchable }) { return text }
    return (names + [name]).joined(separator: "、")
  }

  /// The text without a name, or with another in its place.
  static func text(_ text: String, replacing name: String, by other: String?) -> String {
    names(in: text).compactMap { $0.searchable == name.searchable ? other : $0 }.joined(separator: "、")
  }

  /// Changes the text of a contract and with it what it covers.
  ///
  /// - Throws: `EntryRefused`, `Entry.Refusal.noSuchEntry`, `Stale`.
  static func change(
    _ id: Entry.ID, version: Int, _ language: Language, in scope: Scope,
    _ edit: @escaping @Sendable (String) -> String
  ) async throws {
    try await scope.write { tx in
      guard let entry = try tx.entry(Contracts.register, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      _ = try Contracts.register.change(
        entry, ["systems": edit(entry.text("systems"))], version: version, language, tx)
    }
  }

  static let contracts = EntryKeeper(keep: { before, after, tx in
    guard let after else {
      if let before { try tx.coverSystems(named: [], by: before.id) }
      return
    }
    guard before?.values["systems"] != after.values["systems"] else { return }
    try tx.coverSystems(named: names(in: after.text("systems")), by: after.id)
  })

  /// A system that is added or renamed may be one that contracts name already; one that they cover cannot be taken out.
  static let systems = EntryKeeper(
    refuseRemoval: { system, language, tx in
      if let contract = try tx.contractsCovering(system.id, limit: 1).first {
        throw Entry.Refusal.namedBy(noun: Contracts.register.noun(language), title: contract.title)
      }
    },
    keep: { before, after, tx in
      guard let after else { return }
      let name = after.text("name")
      guard before?.text("name") != name else { return }
      if let before {
        for contract in try tx.contractsCovering(before.id, limit: nil) {
          try rename(before.text("name"), to: name, in: contract.id, tx)
        }
      }
      for (contract, text) in try tx.contracts(thatMention: name) {
        let names = names(in: text)
        guard names.contains(where: { $0.searchable == name.searchable }) else { continue }
        try tx.coverSystems(named: names, by: contract)
      }
    })

  private static func rename(_ name: String, to other: String, in contract: Entry.ID, _ tx: WriteTx) throws {
    guard let entry = try tx.entry(Contracts.register, contract)?.entry else { return }
    let text = text(entry.text("systems"), replacing: name, by: other)
    _ = try Contracts.register.change(entry, ["systems": text], version: entry.version, .ja, tx)
  }
}

/// What of a contract's text stands in the register, and what does not.
struct Coverage: Sendable {
  let covered: [CoveredSystems.Known]
  let unknown: [String]
  let others: [CoveredSystems.Known]

  init(_ text: String, _ known: [CoveredSystems.Known]) {
    covered = known.filter(\.isCovered)
    others = known.filter { !$0.isCovered }
    let names = Set(covered.map { $0.name.searchable })
    unknown = CoveredSystems.names(in: text).filter { !names.contains($0.searchable) }
  }
}
