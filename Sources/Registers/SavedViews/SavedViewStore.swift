import Kernel
import Storage

extension SavedView {
  static let migrations = [
    Migration(
      "20261121-b3-register-view",
      [
        """
        CREATE TABLE register_view (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, register TEXT NOT NULL,
          name TEXT NOT NULL, parts_json TEXT NOT NULL, person_id TEXT, created_at_ms BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX register_view_by_register ON register_view (facility_id, register, name)",
      ] + Migration.confine("register_view"))
  ]

  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), name: try row.text(1), stored: try ColumnJSON.read(try row.text(2)),
      owner: try row.optionalID(3))
  }
}

extension ReadTx {
  /// The views of a register that `person` sees: everyone's and the person's own, by name.
  func views(of register: Register, for person: PersonID?) throws -> [SavedView] {
    try all(
      """
      SELECT id, name, parts_json, person_id FROM register_view
      WHERE facility_id = \(facility) AND register = \(register.id)
        AND (person_id IS NULL OR person_id = \(person)) ORDER BY name, id
      """, SavedView.init(row:))
  }
}

extension WriteTx {
  func insert(_ view: SavedView, of register: Register) throws {
    let parts = try ColumnJSON.text(view.parts)
    try apply(
      """
      INSERT INTO register_view (facility_id, id, register, name, parts_json, person_id, created_at_ms)
      VALUES (\(facility), \(view.id), \(register.id), \(view.name), \(parts), \(view.owner), \(scope.now))
      """,
      recording: Change("register.view.add", of: "view:\(view.id)", to: ["name": view.name, "parts": parts]))
  }

  func remove(_ view: SavedView) throws {
    try apply(
      "DELETE FROM register_view WHERE facility_id = \(facility) AND id = \(view.id)",
      recording: Change(
        "register.view.remove", of: "view:\(view.id)", from: ["name": view.name], to: [String: String]?.none))
  }
}
