import Kernel
import Storage

extension RegisterExchange {
  /// A file between preview and decision; kept for a day.
  enum Upload {}

  static let migrations = [
    Migration(
      "20261121-6-register-upload",
      [
        """
        CREATE TABLE register_upload (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, register TEXT NOT NULL, name TEXT NOT NULL,
          content \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, created_at_ms BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id)
        )
        """,
        """
        CREATE TABLE register_mapping (
          facility_id TEXT NOT NULL, register TEXT NOT NULL, heading TEXT NOT NULL, field TEXT NOT NULL,
          PRIMARY KEY (facility_id, register, heading)
        )
        """,
      ] + Migration.confine("register_upload") + Migration.confine("register_mapping"))
  ]
}

extension ReadTx {
  /// The names of everything that the register's fields may name: one statement for each table.
  func referenceNames(of register: Register) throws -> ReferenceNames {
    var tables: [String: ReferenceNames.Names] = [:]
    var fields: [String: ReferenceNames.Names] = [:]
    for field in register.fields {
      switch field.kind {
      case .entry(let other, let table, let title):
        let key = try Registry.register(other).key.column
        let names =
          try tables[other]
          ?? names("SELECT id, \(key), \(title) FROM \(table) WHERE facility_id = \(facility)")
        (tables[other], fields[field.id]) = (names, names)
      case .person:
        let names =
          try tables["people"] ?? names("SELECT id, NULL, name FROM person WHERE facility_id = \(facility)")
        (tables["people"], fields[field.id]) = (names, names)
      default: continue
      }
    }
    return ReferenceNames(fields: fields)
  }

  private func names(_ sql: SQL) throws -> ReferenceNames.Names {
    ReferenceNames.Names(
      try all(sql) {
        ReferenceNames.Named(id: try $0.text(0), key: try $0.optionalText(1), title: try $0.text(2))
      })
  }

  /// The entries that have one of `keys`, by folded key.
  func entries(_ register: Register, keys: [String]) throws -> [String: Entry] {
    guard !keys.isEmpty else { return [:] }
    let columns = SQL(joining: register.declared.map { "e.\($0.column)" as SQL } + ["e.extra"], by: ", ")
    let list = SQL(joining: keys.map { "\($0)" as SQL }, by: ", ")
    let found = try all(
      """
      SELECT e.key_text, e.id, e.version, \(columns) FROM \(register.table) e
      WHERE e.facility_id = \(facility) AND e.key_text IN (\(list))
      """
    ) { row in
      (
        try row.text(0),
        Entry(
          id: try row.id(1), values: try register.values(row, from: 3, extra: 3 + register.declared.count),
          version: try row.int(2))
      )
    }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// Corrected columns of earlier imports: fields by heading, "" for a column that is not read.
  func columnMapping(_ register: Register) throws -> [String: String] {
    let all = try all(
      "SELECT heading, field FROM register_mapping WHERE facility_id = \(facility) AND register = \(register.id)"
    ) { (try $0.text(0), try $0.text(1)) }
    return Dictionary(all, uniquingKeysWith: { first, _ in first })
  }

  func upload(_ id: ID<RegisterExchange.Upload>, into register: Register) throws -> (
    name: String, bytes: [UInt8]
  )? {
    try first(
      """
      SELECT name, content FROM register_upload
      WHERE facility_id = \(facility) AND id = \(id) AND register = \(register.id)
      """
    ) { (try $0.text(0), try $0.blob(1)) }
  }
}

extension WriteTx {
  func keepUpload(_ id: ID<RegisterExchange.Upload>, into register: Register, name: String, bytes: [UInt8])
    throws
  {
    let dayAgo = scope.now.adding(minutes: -24 * 60)
    try housekeeping.run(
      "DELETE FROM register_upload WHERE facility_id = \(facility) AND created_at_ms < \(dayAgo)")
    // The four newest beside the new one: who tries again and again must not fill the disk.
    try housekeeping.run(
      """
      DELETE FROM register_upload WHERE facility_id = \(facility) AND id NOT IN (
        SELECT id FROM register_upload WHERE facility_id = \(facility) ORDER BY created_at_ms DESC, id DESC LIMIT 4)
      """)
    try housekeeping.run(
      """
      INSERT INTO register_upload (facility_id, id, register, name, content, created_at_ms)
      VALUES (\(facility), \(id), \(register.id), \(name), \(bytes), \(scope.now))
      """)
  }

  func dropUpload(_ id: ID<RegisterExchange.Upload>) throws {
    try housekeeping.run("DELETE FROM register_upload WHERE facility_id = \(facility) AND id = \(id)")
  }

  /// Remembers corrected columns, and forgets those of `headings` that need no correction any more.
  ///
  /// Headings are kept as they are compared; one of more than 200 letters is no heading and is not remembered.
  func keepMapping(_ mapping: [String: String], for headings: [String], of register: Register) throws {
    for heading in Set(headings.map(\.asHeading)) {
      try housekeeping.run(
        """
        DELETE FROM register_mapping
        WHERE facility_id = \(facility) AND register = \(register.id) AND heading = \(heading)
        """)
    }
    let kept = mapping.map { ($0.key.asHeading.filter { !$0.isASCII || $0 >= " " }, $0.value) }
      .filter { (1...200).contains($0.0.unicodeScalars.count) }
    for (heading, field) in Dictionary(kept, uniquingKeysWith: { first, _ in first }) {
      try housekeeping.run(
        """
        INSERT INTO register_mapping (facility_id, register, heading, field)
        VALUES (\(facility), \(register.id), \(heading), \(field))
        """)
    }
  }
}
