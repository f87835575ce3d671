extension Database {
  /// Takes from the program's role, on PostgreSQL, the rights to change and remove what is never changed: entries, signed
  /// checkpoints and time stamps.
  ///
  /// Who owns a table has every right to it at first, and again after a restore, so this runs at each start and at the end of a
  /// restore; harmless to run again. The triggers stay: they also hold for a role that takes its rights back by mistake.
  func giveUpChanging() async throws {
    guard dialect == .postgres else { return }
    // A stamp's reference locks its checkpoint, for which PostgreSQL asks for the right to update it.
    for (table, rights) in [
      ("audit_entry", "UPDATE, DELETE, TRUNCATE"), ("ledger_stamp", "UPDATE, DELETE, TRUNCATE"),
      ("ledger_checkpoint", "DELETE, TRUNCATE"),
    ] {
      try await driver.migrate { connection in
        _ = try connection.change(
          """
          DO $$ BEGIN
            IF to_regclass('\(table)') IS NOT NULL AND has_table_privilege('\(table)', '\(rights)') THEN
              REVOKE \(rights) ON \(table) FROM CURRENT_USER;
            END IF;
          END $$
          """, [])
      }
    }
  }

  /// Every facility that something in the database's ledger belongs to: an entry, a head, a checkpoint or a time stamp. Sorted.
  ///
  /// One that is not in the list of facilities tells that the list, or the ledger, is not what it was. The texts are as they
  /// stand there: somebody may have written what is no id.
  public func facilitiesOfLedger() async throws -> [String] {
    try await driver.read { connection in
      if connection.dialect == .postgres {
        _ = try connection.rows("SELECT set_config('mamorite.backup', 'on', true)", [])
      }
      var found: Set<String> = []
      for table in ["audit_entry", "audit_head", "ledger_checkpoint", "ledger_stamp"] {
        let isThere = try connection.rows(
          connection.dialect == .sqlite
            ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
            : "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1", [.text(table)]
        )
        if isThere.isEmpty { continue }
        // From each facility to the next along the key, however many entries they have.
        let rows = try connection.rows(
          """
          WITH RECURSIVE found (id) AS (
            SELECT MIN(facility_id) FROM \(table)
            UNION ALL
            SELECT (SELECT MIN(facility_id) FROM \(table) WHERE facility_id > found.id) FROM found WHERE id IS NOT NULL)
          SELECT id FROM found WHERE id IS NOT NULL
          """, [])
        for row in rows { found.insert(try row.text(0)) }
      }
      return found.sorted()
    }
  }
}
