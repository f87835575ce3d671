import Kernel
public import Storage
public import Web

extension Roles {
  /// Who holds a role, and who stands in.
  public struct Holder: Sendable {
    public let role: Entry
    public let person: String
    public let deputy: String
  }

  /// The first role of a kind; nil while there is none.
  public static func holder(_ kind: String, _ tx: ReadTx) throws -> Holder? {
    try tx.entries(register, EntryQuery(filters: ["kind": kind])).first.map {
      Holder(role: $0.entry, person: $0.names["person"] ?? "", deputy: $0.names["deputy"] ?? "")
    }
  }

  /// Gives the role of a kind to people by their names; whoever is not in the register of people yet is added to it.
  ///
  /// - Parameters:
  ///   - name: what the role is called while there is none of its kind.
  ///   - raw: `person` and `deputy` by name, and other fields of the role.
  ///   - version: of the role that the person saw; 0 when there was none.
  /// - Throws: `EntryRefused`; `Stale` when someone else was faster.
  public static func appoint(
    _ kind: String, named name: String, _ raw: [String: String], version: Int, _ language: Language,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let field = register.field("person"), raw["person"]?.trimmed.isEmpty == false else {
        let label = register.field("person")?.label(language) ?? ""
        throw EntryRefused(refusals: [.missing(field: "person", label: label)])
      }
      for person in ["person", "deputy"].compactMap({ raw[$0]?.trimmed }) where !person.isEmpty {
        if try tx.candidates(of: field, named: person).isEmpty {
          _ = try People.register.add(["name": person], language, tx)
        }
      }
      guard let held = try holder(kind, tx) else {
        let values = raw.merging(["kind": kind, "name": name]) { _, new in new }
        _ = try register.add(values, language, tx)
        return
      }
      _ = try register.change(held.role, raw, version: version, language, tx)
    }
  }
}
