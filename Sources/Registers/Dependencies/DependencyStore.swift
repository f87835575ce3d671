import Kernel
import Storage

extension Dependencies {
  static let migrations = [
    Migration(
      "20261121-d3-system-dependency",
      [
        """
        CREATE TABLE system_dependency (
          facility_id TEXT NOT NULL REFERENCES facility (id), system_id TEXT NOT NULL, needs_id TEXT NOT NULL,
          why TEXT, PRIMARY KEY (facility_id, system_id, needs_id), CHECK (system_id <> needs_id),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, needs_id) REFERENCES system (facility_id, id)
        )
        """,
        "CREATE INDEX system_dependency_by_needs ON system_dependency (facility_id, needs_id)",
      ]
        + Migration.confine("system_dependency"))
  ]
}

/// A system as it is named beside others.
struct NamedSystem: Sendable, Equatable {
  let name: String
  /// The value of the field `impact`.
  let impact: String?
}

/// All dependencies of a facility, with the names of the systems in them.
struct DependencyTable: Sendable {
  var all: [Dependency] = []
  var systems: [Entry.ID: NamedSystem] = [:]
}

extension ReadTx {
  /// All dependencies, in the order of the systems' names: of 500 systems a few thousand at most.
  func dependencies() throws -> DependencyTable {
    var table = DependencyTable()
    _ = try all(
      """
      SELECT d.system_id, d.needs_id, d.why, s.name, s.impact, n.name, n.impact FROM system_dependency d
      JOIN system s ON s.facility_id = d.facility_id AND s.id = d.system_id
      JOIN system n ON n.facility_id = d.facility_id AND n.id = d.needs_id
      WHERE d.facility_id = \(facility) ORDER BY s.key_text, n.key_text
      """
    ) { row in
      let one = Dependency(system: try row.id(0), needs: try row.id(1), why: try row.optionalText(2))
      table.all.append(one)
      table.systems[one.system] = NamedSystem(name: try row.text(3), impact: try row.optionalText(4))
      table.systems[one.needs] = NamedSystem(name: try row.text(5), impact: try row.optionalText(6))
    }
    return table
  }

  func needs(of system: Entry.ID) throws -> [Entry.ID] {
    try all(
      """
      SELECT needs_id FROM system_dependency WHERE facility_id = \(facility) AND system_id = \(system)
      ORDER BY needs_id
      """
    ) { try $0.id(0) }
  }
}

extension WriteTx {
  func insert(_ new: Dependency, named name: String) throws {
    try apply(
      """
      INSERT INTO system_dependency (facility_id, system_id, needs_id, why)
      VALUES (\(facility), \(new.system), \(new.needs), \(new.why))
      """,
      recording: Change(
        "dependency.add", of: Systems.register.subject(new.system), to: new.recorded(named: name)))
  }

  /// - Throws: `Stale` when it is gone already.
  func remove(_ old: Dependency, named name: String) throws {
    try apply(
      """
      DELETE FROM system_dependency
      WHERE facility_id = \(facility) AND system_id = \(old.system) AND needs_id = \(old.needs)
      """,
      recording: Change(
        "dependency.remove", of: Systems.register.subject(old.system), from: old.recorded(named: name),
        to: [String: String]?.none))
  }
}

extension Dependency {
  /// What the ledger keeps; `shown` is what a record's history prints.
  fileprivate func recorded(named name: String) -> [String: String] {
    var values = ["needs": needs.text, "shown": name]
    values["why"] = why
    return values
  }
}
