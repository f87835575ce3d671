import Foundation
import Kernel

extension Database {
  /// What the copy of a database is called inside a backup.
  static func copyName(_ dialect: Dialect) -> String {
    switch dialect {
    case .sqlite: "mamorite.sqlite"
    case .postgres: "mamorite.dump"
    }
  }

  /// A copy of the whole database at one moment, made while others read and write, and what it holds.
  func copyWhole(to folder: String) async throws -> BackupContent {
    switch driver {
    case let sqlite as SQLiteDriver:
      try await sqlite.copy(to: "\(folder)/\(Database.copyName(.sqlite))")
      let copy = try Database(.directory(folder))
      let content = try await copy.content()
      await copy.close()
      return content
    case let postgres as PostgresDriver:
      let tools = try PostgresTools(url: postgres.url).setting("mamorite.backup", "on")
      return try await driver.read { connection in
        let content = try BackupContent(of: connection)
        let snapshot = try connection.rows("SELECT pg_export_snapshot()", [])[0].text(0)
        try tools.runHere(
          "pg_dump",
          [
            "--format=custom", "--compress=1", "--enable-row-security", "--no-owner", "--no-privileges",
            "--exclude-schema=\(Database.keptSchemaPrefix)*", "--snapshot=\(snapshot)",
          ], output: "\(folder)/\(Database.copyName(.postgres))", notes: folder + "/notes")
        return content
      }
    default: preconditionFailure("a driver without backups")
    }
  }

  /// What the database holds at this moment.
  func content() async throws -> BackupContent { try await driver.read { try BackupContent(of: $0) } }

  /// - Throws: ``DatabaseProblem/newerThanProgram(migration:)`` when the database has a step that is not among these.
  func refuseNewer(than known: Set<String>) async throws {
    if let unknown = try await appliedMigrations().sorted().first(where: { !known.contains($0) }) {
      throw DatabaseProblem.newerThanProgram(migration: unknown)
    }
  }

  /// Ends what was under way when a backup was made: a session that has been ended since must not live again.
  func endEverySession() async throws {
    try await driver.write { connection in
      let isSQLite = connection.dialect == .sqlite
      for table in ["session", "sign_in_step", "passkey_challenge"] {
        let isThere = try connection.rows(
          isSQLite
            ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
            : "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1", [.text(table)]
        )
        if isThere.isEmpty { continue }
        _ = try connection.change(isSQLite ? "DELETE FROM \(table)" : "TRUNCATE \(table)", [])
      }
    }
  }

  /// The names of all steps of a program with these slices.
  static func steps(_ slices: [Migration]) -> Set<String> { Set((core + slices).map(\.name)) }

  /// A schema with this beginning holds what a restore put aside.
  static let keptSchemaPrefix = "mamorite_before_"

  /// Lets a session that says `mamorite.backup = on` read all rows of every confined table. It cannot write them.
  ///
  /// Run after every migration, so that no new table is left out; harmless to run again.
  static let allowBackup = """
    DO $$ DECLARE t text; BEGIN
      FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
        AND c.relrowsecurity AND NOT EXISTS (
          SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup_reads')
      LOOP
        EXECUTE format('CREATE POLICY backup_reads ON %I FOR SELECT
          USING (current_setting(''mamorite.backup'', true) = ''on'')', t);
      END LOOP;
    END $$
    """
}

extension BackupContent {
  /// Counts what is there, in the transaction of `connection`.
  ///
  /// - Throws: ``BackupProblem/unreadableRows`` when PostgreSQL would hide rows.
  init(of connection: any Connection) throws {
    let isSQLite = connection.dialect == .sqlite
    if !isSQLite {
      // Counting a large table takes longer than a page may.
      _ = try connection.rows(
        "SELECT set_config('mamorite.backup', 'on', true), set_config('statement_timeout', '0', true)", [])
      let hidden = try connection.rows(
        """
        SELECT COUNT(*) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
          AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup_reads')
          AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
        """, [])
      guard try hidden[0].int(0) == 0 else { throw BackupProblem.unreadableRows }
    }
    let names = try connection.rows(
      isSQLite
        ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        : "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename", []
    ).map { try $0.text(0) }
    engine = isSQLite ? "sqlite" : "postgres"
    var tables: [String: Int] = [:]
    for name in names {
      // A name from the catalog of this very database.
      tables[name] = try connection.rows("SELECT COUNT(*) FROM \"\(name)\"", [])[0].int(0)
    }
    self.tables = tables
    migration =
      try names.contains("schema_step")
      ? connection.rows("SELECT name FROM schema_step ORDER BY name DESC LIMIT 1", []).first?.text(0) ?? ""
      : ""
    facilities =
      try names.contains("audit_head")
      ? connection.rows("SELECT facility_id, seq, hash FROM audit_head ORDER BY facility_id", []).map {
        BackupHeader.FacilityHead(id: try $0.id(0), entries: try $0.int(1), head: try $0.text(2))
      } : []
  }
}
