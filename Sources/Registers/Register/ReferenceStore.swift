import Storage

extension Migration {
  /// Makes a column that was added to a table name rows of `target` of the same facility, and keeps those rows while it does.
  ///
  /// SQLite takes no foreign key of two columns after the table is made; triggers do the same there.
  static func refer(_ table: StaticString, _ column: StaticString, to target: StaticString) -> [SQL] {
    let (name, named) = (SQL(stringLiteral: target), SQL(stringLiteral: column))
    let table = SQL(stringLiteral: table)
    let isUnknown: SQL = """
      NEW.\(named) IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM \(name) WHERE facility_id = NEW.facility_id AND id = NEW.\(named))
      """
    let refusal: SQL = "BEGIN SELECT RAISE(ABORT, 'the reference points to nothing, or is in use'); END"
    return [
      """
      \(sqlite: """
      CREATE TRIGGER \(table)_\(named)_insert BEFORE INSERT ON \(table) WHEN \(isUnknown) \(refusal)
      """, postgres: """
      ALTER TABLE \(table) ADD CONSTRAINT \(table)_\(named) FOREIGN KEY (facility_id, \(named))
        REFERENCES \(name) (facility_id, id)
      """)
      """,
      """
      \(sqlite: """
      CREATE TRIGGER \(table)_\(named)_update BEFORE UPDATE OF \(named) ON \(table) WHEN \(isUnknown) \(refusal)
      """, postgres: "SELECT 1")
      """,
      """
      \(sqlite: """
      CREATE TRIGGER \(table)_\(named)_kept BEFORE DELETE ON \(name) WHEN EXISTS (
        SELECT 1 FROM \(table) WHERE facility_id = OLD.facility_id AND \(named) = OLD.id) \(refusal)
      """, postgres: "SELECT 1")
      """,
    ]
  }
}
