import Kernel
import Storage
import Web

extension ExtraColumns {
  static let migrations = [
    Migration(
      "20261121-b1-register-columns",
      [
        """
        CREATE TABLE register_columns (
          facility_id TEXT NOT NULL REFERENCES facility (id), register TEXT NOT NULL,
          definitions_json TEXT NOT NULL, version BIGINT NOT NULL CHECK (version > 0),
          PRIMARY KEY (facility_id, register)
        )
        """
      ] + Migration.confine("register_columns"))
  ]

  init(_ json: String, version: Int) throws {
    let all: [ExtraColumn] = try ColumnJSON.read(json)
    // They become keys.
    let names = [all.map(\.id)] + all.map { $0.choices.map(\.value) }
    guard names.allSatisfy({ Set($0).count == $0.count }) else { throw Row.Corrupt("a column twice") }
    self.init(all: all, version: version)
  }

  fileprivate var json: String {
    get throws { try ColumnJSON.text(all) }
  }
}

extension ReadTx {
  /// The columns that the facility has added to a register.
  func extraColumns(of register: Register) throws -> ExtraColumns {
    try first(
      """
      SELECT definitions_json, version FROM register_columns
      WHERE facility_id = \(facility) AND register = \(register.id)
      """
    ) { try ExtraColumns($0.text(0), version: $0.int(1)) } ?? ExtraColumns()
  }

  /// The columns that the facility has added, by register.
  func allExtraColumns() throws -> [String: ExtraColumns] {
    let found = try all(
      "SELECT register, definitions_json, version FROM register_columns WHERE facility_id = \(facility)"
    ) { (try $0.text(0), try ExtraColumns($0.text(1), version: $0.int(2))) }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// The register with the facility's own columns.
  func effective(_ register: Register) throws -> Register { register.with(try extraColumns(of: register)) }

  /// The register with the facility's own columns, and one entry of it, in one statement.
  func record(_ register: Register, _ id: Entry.ID) throws -> (register: Register, entry: NamedEntry)? {
    let columns: SQL = """
      (SELECT definitions_json FROM register_columns
       WHERE facility_id = \(facility) AND register = \(register.id))
      """
    return try entry(register, id, and: columns) { row, entry in
      let json = try row.optionalText(row.count - 1)
      let columns = try json.map { try ExtraColumns($0, version: 0) } ?? ExtraColumns()
      return (register.with(columns), entry)
    }
  }

  /// How many entries have `value` in an added column.
  func entryCount(_ register: Register, having value: String, in column: ExtraColumn) throws -> Int {
    try count(
      """
      SELECT COUNT(*) FROM \(register.table) e
      WHERE e.facility_id = \(facility) AND e.extra <> '{}' AND \(Field(column).stored) = \(value)
      """)
  }
}

extension Field {
  /// The value of the row `e` as a condition or a selection takes it: of a column of the table, or of an added one.
  var stored: SQL {
    guard ExtraColumn.isID(id) else { return "e.\(column)" }
    return "\(sqlite: "json_extract(e.extra, '$.' || \(id))", postgres: "(e.extra::json ->> \(id))")"
  }
}

extension WriteTx {
  /// Stores `after` in the place of `before`.
  ///
  /// - Throws: `Stale` when someone else was faster.
  func replace(_ before: ExtraColumns, with after: ExtraColumns, of register: Register) throws {
    let json = try after.json
    let change = Change("register.columns", of: "columns:\(register.id)", from: before.all, to: after.all)
    if before.version == 0 {
      try apply(
        """
        INSERT INTO register_columns (facility_id, register, definitions_json, version)
        VALUES (\(facility), \(register.id), \(json), \(1)) ON CONFLICT (facility_id, register) DO NOTHING
        """, recording: change)
    } else {
      try apply(
        """
        UPDATE register_columns SET definitions_json = \(json), version = \(before.version + 1)
        WHERE facility_id = \(facility) AND register = \(register.id) AND version = \(before.version)
        """, recording: change)
    }
  }
}

extension Entry {
  /// What the table's column `extra` holds: the values of added columns, retired ones too, whoever writes the entry.
  var extraJSON: String {
    let extra = values.filter { ExtraColumn.isID($0.key) }
    guard !extra.isEmpty else { return "{}" }
    // A dictionary of texts always has a form in JSON.
    return (try? ColumnJSON.text(extra)) ?? "{}"
  }

  /// The values in the JSON of ``extraJSON``.
  static func extra(_ json: String) throws -> [String: String] {
    json == "{}" ? [:] : try ColumnJSON.read(json)
  }
}
