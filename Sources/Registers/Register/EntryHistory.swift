import Foundation
import Kernel
public import Storage
public import Web

/// What the ledger says of registers' entries, in words: for an entry's own page and for the pages of the ledger.
public struct EntryHistory: Sendable {
  /// One field that an entry of the ledger changed.
  public struct FieldChange: Sendable, Equatable {
    public let label: String
    public let before: String
    public let after: String

    public init(_ label: String, from before: String, to after: String) {
      (self.label, self.before, self.after) = (label, before, after)
    }
  }

  /// By what stands before the colon of a subject, each with the facility's own columns.
  private let registers: [String: Register]
  /// What ids mean.
  private let names: [String: String]

  // MARK: Reading

  /// Reads what the entries speak of, in two statements.
  public init(of entries: [LedgerEntry], _ tx: ReadTx) throws {
    let columns = try tx.allExtraColumns()
    let registers = Registry.all.map { ($0.subjectKind, columns[$0.id].map($0.with) ?? $0) }
    self.registers = Dictionary(registers, uniquingKeysWith: { first, _ in first })
    names = try tx.names(ofIDs: EntryHistory.ids(in: entries))
  }

  /// The register whose entries a subject's kind names.
  public func register(_ kind: String) -> Register? { registers[kind] }

  /// The title of an entry or the name of a person, by id.
  public func name(_ id: String) -> String? { names[id] }

  /// What an entry of a register is called.
  public func noun(_ kind: String, _ language: Language) -> String? { registers[kind]?.noun(language) }

  /// The label of a register's field.
  public func label(_ field: String, of kind: String, _ language: Language) -> String? {
    registers[kind].flatMap { ($0.fields + $0.retired).first { $0.id == field } }?.label(language)
  }

  /// A value of a register's field in words.
  public func shown(_ value: String, of field: String, in kind: String, _ language: Language) -> String? {
    guard let register = registers[kind],
      let field = (register.fields + register.retired).first(where: { $0.id == field })
    else { return nil }
    return names[value] ?? FieldView.plain(field, value, language)
  }

  /// The title that an entry of the ledger itself holds of a register's entry.
  public func title(in entry: LedgerEntry, of kind: String) -> String? {
    guard let register = registers[kind], entry.action.hasPrefix("register.") else { return nil }
    let values = EntryHistory.values(entry.after) ?? EntryHistory.values(entry.before)
    return values?[register.title.id] ?? values?[register.key.id]
  }

  /// The fields that an entry changed, added or took away; nil where it is no change of a register's entry.
  public func changes(in entry: LedgerEntry, of kind: String, _ language: Language) -> [FieldChange]? {
    guard let register = registers[kind], entry.action.hasPrefix("register.") else { return nil }
    return EntryHistory.changes(in: entry, of: register, names, language, isWhole: true)
  }

  // MARK: One entry

  /// The fields that differ between before and after, in the order of the register; nil when either is of another shape.
  ///
  /// - Parameter isWhole: true to take what is absent for empty, so that all values of a new entry are shown.
  static func changes(
    in entry: LedgerEntry, of register: Register, _ names: [String: String], _ language: Language,
    isWhole: Bool = false
  ) -> [FieldChange]? {
    let (old, new) = (values(entry.before), values(entry.after))
    guard let before = old ?? (isWhole && entry.before == nil ? [:] : nil),
      let after = new ?? (isWhole && entry.after == nil ? [:] : nil)
    else { return nil }
    let none = Texts<RegisterText>(language)(.none)
    return (register.fields + register.retired).filter { before[$0.id] != after[$0.id] }.map { field in
      func shown(_ value: String?) -> String {
        value.map { names[$0] ?? FieldView.plain(field, $0, language) } ?? none
      }
      return FieldChange(
        field.label(language), from: shown(before[field.id]), to: shown(after[field.id]))
    }
  }

  static func values(_ json: String?) -> [String: String]? {
    // An entry of another shape has no fields to show.
    json.flatMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
  }

  /// Every id that stands in the entries; at most so many as one statement takes.
  private static func ids(in entries: [LedgerEntry]) -> [String] {
    let pattern = #/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/#
    var ids: Set<String> = []
    for entry in entries {
      for text in [entry.subject, entry.before ?? "", entry.after ?? ""] {
        for match in text.matches(of: pattern) { ids.insert(String(match.0)) }
      }
      if ids.count > 2000 { break }
    }
    return ids.sorted()
  }
}

extension Register {
  /// How the ledger names its entries: what stands before the colon.
  var subjectKind: String { sharing?.subject ?? id }
}
