import Kernel
import Storage

extension RegisterExchange {
  /// Imports that were begun from a page. What they changed stands in the ledger, entry by entry.
  static let runMigrations = [
    Migration(
      "20261121-a-register-import",
      [
        """
        CREATE TABLE register_import (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, register TEXT NOT NULL, file TEXT NOT NULL,
          empty_clears BOOLEAN NOT NULL, state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
          started_by TEXT NOT NULL, started_at_ms BIGINT NOT NULL, rows_read BIGINT NOT NULL,
          rows_added BIGINT NOT NULL, rows_updated BIGINT NOT NULL, rows_unchanged BIGINT NOT NULL,
          rows_refused BIGINT NOT NULL, problem TEXT, PRIMARY KEY (facility_id, id)
        )
        """,
        // Two at once on one register is what the database itself refuses.
        """
        CREATE UNIQUE INDEX register_import_running ON register_import (facility_id, register)
        WHERE state = 'running'
        """,
        // The list of a large register is worked out in memory (ADR 0014); what served it only slows the imports down.
        "DROP INDEX device_by_text",
        "DROP INDEX device_by_kind",
        "DROP INDEX device_by_status",
        "DROP INDEX device_by_updated_by",
        "DROP INDEX device_by_remote_maintenance",
      ] + Migration.confine("register_import"))
  ]
}

extension ReadTx {
  func importRun(_ id: ID<RegisterExchange.Upload>, into register: Register) throws -> ImportRun? {
    try first(
      """
      SELECT id, file, empty_clears, state, started_by, started_at_ms, rows_read, rows_added, rows_updated,
        rows_unchanged, rows_refused, problem
      FROM register_import WHERE facility_id = \(facility) AND id = \(id) AND register = \(register.id)
      """, ImportRun.init)
  }

  func runningImport(into register: Register) throws -> ImportRun? {
    try first(
      """
      SELECT id, file, empty_clears, state, started_by, started_at_ms, rows_read, rows_added, rows_updated,
        rows_unchanged, rows_refused, problem
      FROM register_import WHERE facility_id = \(facility) AND register = \(register.id) AND state = 'running'
      """, ImportRun.init)
  }
}

extension WriteTx {
  /// - Throws: `Stale` when another import of the register runs; the caller has looked before.
  func begin(_ run: ImportRun, into register: Register) throws {
    try housekeeping.run(
      "DELETE FROM register_import WHERE facility_id = \(facility) AND id = \(run.id) AND state = 'failed'")
    let added = try housekeeping.run(
      """
      INSERT INTO register_import (facility_id, id, register, file, empty_clears, state, started_by, started_at_ms,
        rows_read, rows_added, rows_updated, rows_unchanged, rows_refused)
      VALUES (\(facility), \(run.id), \(register.id), \(run.file), \(run.emptyClears), \(run.state.rawValue),
        \(run.startedBy), \(run.startedAt), 0, 0, 0, 0, 0)
      ON CONFLICT DO NOTHING
      """)
    guard added == 1 else { throw Stale() }
  }

  func end(_ run: ImportRun) throws {
    try housekeeping.run(
      """
      UPDATE register_import SET state = \(run.state.rawValue), rows_read = \(run.read), rows_added = \(run.added),
        rows_updated = \(run.updated), rows_unchanged = \(run.unchanged), rows_refused = \(run.refused),
        problem = \(run.problem?.stored)
      WHERE facility_id = \(facility) AND id = \(run.id) AND state = 'running'
      """)
  }

  /// Imports older than 30 days are only of interest to the ledger.
  func forgetOldImports() throws {
    let monthAgo = scope.now.adding(minutes: -30 * 24 * 60)
    try housekeeping.run(
      """
      DELETE FROM register_import
      WHERE facility_id = \(facility) AND started_at_ms < \(monthAgo) AND state <> 'running'
      """)
  }
}

extension ImportRun {
  fileprivate init(_ row: Row) throws {
    guard let state = State(rawValue: try row.text(3)) else { throw Row.Corrupt("state of an import") }
    self.init(
      id: try row.id(0), file: try row.text(1), emptyClears: try row.bool(2), state: state,
      startedBy: try row.text(4), startedAt: try row.instant(5), read: try row.int(6), added: try row.int(7),
      updated: try row.int(8), unchanged: try row.int(9), refused: try row.int(10),
      problem: try row.optionalText(11).map { Failure(stored: $0) })
  }
}
