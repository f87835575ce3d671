import Foundation
public import Kernel

/// One step of the schema, owned by a slice. Steps only add; a shipped one is never changed.
public struct Migration: Sendable {
  public let name: String
  let statements: [SQL]

  /// - Parameter name: date and slice, as in `20261121-assessment`; steps run in the order of their names.
  public init(_ name: StaticString, _ statements: [SQL]) {
    self.name = name.description
    self.statements = statements
  }

  /// Confines a table with a `facility_id` on PostgreSQL to the facility of the transaction, even for the table's owner.
  ///
  /// - Parameter also: a further condition under which a row is seen.
  public static func confine(_ table: StaticString, also: SQL = "") -> [SQL] {
    let table = SQL(stringLiteral: table)
    return [
      "\(sqlite: "SELECT 1", postgres: "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY")",
      "\(sqlite: "SELECT 1", postgres: "ALTER TABLE \(table) FORCE ROW LEVEL SECURITY")",
      """
      \(sqlite: "SELECT 1", postgres: """
      CREATE POLICY \(table)_facility ON \(table)
        USING (facility_id = current_setting('mamorite.facility', true) \(also))
      """)
      """,
    ]
  }

  /// Whether the worker, which serves all facilities, sees a row too.
  public static let orWide: SQL = "OR current_setting('mamorite.wide', true) = 'on'"
}

extension Database {
  /// Brings the schema to what this program knows. Harmless when it is there already.
  ///
  /// On SQLite the file is copied beside itself first, if it has any schema yet; on PostgreSQL the whole run is one transaction
  /// under a lock. A step that fails leaves the database as it was, and the program does not start.
  ///
  /// - Throws: ``DatabaseProblem``.
  public func migrate(_ slices: [Migration], now: Instant, note: @Sendable (String) -> Void = { _ in })
    async throws
  {
    try await migrate(slices, only: nil, now: now, note: note)
  }

  /// - Parameter only: the names of the steps to take; nil for all.
  func migrate(
    _ slices: [Migration], only: Set<String>?, now: Instant, note: @Sendable (String) -> Void = { _ in }
  ) async throws {
    let steps = (Database.core + slices).sorted { $0.name < $1.name }.filter {
      only?.contains($0.name) ?? true
    }
    let done = try await appliedMigrations()
    if let unknown = done.first(where: { name in !steps.contains { $0.name == name } }) {
      throw DatabaseProblem.newerThanProgram(migration: unknown)
    }
    let open = steps.filter { !done.contains($0.name) }
    guard !open.isEmpty else { return try await giveUpChanging() }
    var copy = ""
    if dialect == .sqlite && !done.isEmpty {
      copy = "\(location).before-\(open[0].name)-\(now.milliseconds)"
      note(copy)
      try await self.copy(to: copy)
    }
    let kept = copy
    try await driver.migrate { connection in
      func run(_ sql: SQL) throws {
        let (text, values) = sql.rendered(for: connection.dialect)
        if text.hasPrefix("SELECT") {
          _ = try connection.rows(text, values)
        } else {
          _ = try connection.change(text, values)
        }
      }
      try run("CREATE TABLE IF NOT EXISTS schema_step (name TEXT PRIMARY KEY, applied_at_ms BIGINT NOT NULL)")
      for step in open {
        let known: SQL = "SELECT 1 FROM schema_step WHERE name = \(step.name)"
        let (text, values) = known.rendered(for: connection.dialect)
        guard try connection.rows(text, values).isEmpty else { continue }
        do {
          for statement in step.statements { try run(statement) }
          try run("INSERT INTO schema_step (name, applied_at_ms) VALUES (\(step.name), \(now))")
        } catch let problem as DatabaseProblem {
          throw problem
        } catch {
          throw DatabaseProblem.migrationFailed(migration: step.name, reason: "\(error)", copy: kept)
        }
      }
      if connection.dialect == .postgres { _ = try connection.change(Database.allowBackup, []) }
    }
    try await giveUpChanging()
  }

  /// Whether the schema is what this program knows. Changes nothing.
  public func isCurrent(_ slices: [Migration]) async throws -> Bool {
    try await appliedMigrations() == Set((Database.core + slices).map(\.name))
  }

  func appliedMigrations() async throws -> Set<String> {
    try await driver.read { connection in
      let question: SQL = """
        \(sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_step'",
          postgres: "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_step'")
        """
      let (text, values) = question.rendered(for: connection.dialect)
      guard try !connection.rows(text, values).isEmpty else { return [] }
      return Set(try connection.rows("SELECT name FROM schema_step", []).map { try $0.text(0) })
    }
  }

  /// Tables of Storage itself: ledger, due queue, outbox, inbox.
  static var core: [Migration] {
    [
      Migration(
        "20261121-0-core",
        [
          """
          CREATE TABLE audit_entry (
            facility_id TEXT NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, actor TEXT NOT NULL,
            actor_name TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, before_json TEXT, after_json TEXT,
            hash TEXT NOT NULL, PRIMARY KEY (facility_id, seq)
          )
          """,
          "CREATE INDEX audit_entry_subject ON audit_entry (facility_id, subject, seq)",
          """
          CREATE TABLE audit_head (facility_id TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, hash TEXT NOT NULL)
          """,
          """
          \(sqlite: "SELECT 1", postgres: """
          CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
          """)
          """,
          """
          \(sqlite: """
          CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
          """, postgres: """
          CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
          FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()
          """)
          """,
          """
          \(sqlite: """
          CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
          """, postgres: """
          CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
          FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()
          """)
          """,
          """
          CREATE TABLE due (
            facility_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, due_at_ms BIGINT NOT NULL,
            lease_until_ms BIGINT NOT NULL DEFAULT 0, attempts BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (facility_id, kind, subject)
          )
          """,
          "CREATE INDEX due_by_time ON due (due_at_ms)",
          """
          CREATE TABLE outbox (
            facility_id TEXT NOT NULL, cause TEXT NOT NULL, recipient_id TEXT NOT NULL, channel TEXT NOT NULL,
            step BIGINT NOT NULL, key TEXT NOT NULL, arguments_json TEXT NOT NULL, link TEXT NOT NULL,
            written_at_ms BIGINT NOT NULL, next_try_ms BIGINT NOT NULL, attempts BIGINT NOT NULL DEFAULT 0,
            sent_at_ms BIGINT, PRIMARY KEY (facility_id, cause, recipient_id, channel, step)
          )
          """,
          "CREATE INDEX outbox_waiting ON outbox (next_try_ms) WHERE sent_at_ms IS NULL",
          """
          CREATE TABLE inbox (
            facility_id TEXT NOT NULL, recipient_id TEXT NOT NULL, cause TEXT NOT NULL, step BIGINT NOT NULL,
            key TEXT NOT NULL, arguments_json TEXT NOT NULL, link TEXT NOT NULL, at_ms BIGINT NOT NULL, read_at_ms BIGINT,
            PRIMARY KEY (facility_id, recipient_id, cause, step)
          )
          """,
        ] + Migration.confine("audit_entry") + Migration.confine("audit_head", also: Migration.orWide)
          + Migration.confine("due", also: Migration.orWide)
          + Migration.confine("outbox", also: Migration.orWide)
          + Migration.confine("inbox", also: Migration.orWide))
    ] + Checkpoint.migrations + TimeStamp.migrations + LedgerOrder.migrations
  }
}
