import Kernel
import Storage
import Web

extension SharedTerminals {
  static let migrations = [
    Migration(
      "20261122-n2-terminal",
      [
        """
        CREATE TABLE shared_terminal (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          device_hash TEXT NOT NULL, lock_minutes BIGINT NOT NULL, created_at_ms BIGINT NOT NULL,
          revoked_at_ms BIGINT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX shared_terminal_by_device ON shared_terminal (device_hash)",
        "ALTER TABLE session ADD COLUMN terminal_id TEXT",
        "ALTER TABLE session ADD COLUMN locked_at_ms BIGINT",
        "ALTER TABLE session ADD COLUMN kept TEXT",
        "CREATE INDEX session_by_terminal ON session (terminal_id)",
      ] + Migration.confine("shared_terminal", also: Migration.orWide))
  ]
}

extension ReadTx {
  /// The terminal that a browser is; nil for every other.
  func sharedTerminal(device: String) throws -> SharedTerminal? {
    try first(
      """
      SELECT facility_id, id, name, lock_minutes, created_at_ms, version FROM shared_terminal
      WHERE device_hash = \(Secret.hash(device)) AND revoked_at_ms IS NULL
      """, SharedTerminal.init(row:))
  }

  func sharedTerminals(limit: Int) throws -> [SharedTerminal] {
    try all(
      """
      SELECT facility_id, id, name, lock_minutes, created_at_ms, version FROM shared_terminal
      WHERE facility_id = \(facility) AND revoked_at_ms IS NULL ORDER BY name, id LIMIT \(limit)
      """, SharedTerminal.init(row:))
  }

  func sharedTerminal(_ id: SharedTerminalID) throws -> SharedTerminal? {
    try first(
      """
      SELECT facility_id, id, name, lock_minutes, created_at_ms, version FROM shared_terminal
      WHERE facility_id = \(facility) AND id = \(id) AND revoked_at_ms IS NULL
      """, SharedTerminal.init(row:))
  }

  /// Whose sessions wait on a terminal, the one used last first.
  func waiting(on terminal: SharedTerminal, now: Instant) throws -> [String] {
    try all(
      """
      SELECT p.name FROM session s JOIN person p ON p.facility_id = s.facility_id AND p.id = s.person_id
      WHERE s.terminal_id = \(terminal.id) AND s.facility_id = \(terminal.facility) AND s.expires_at_ms > \(now)
        AND s.last_seen_ms > \(now.adding(milliseconds: -Accounts.idleMs))
      ORDER BY s.last_seen_ms DESC, p.name LIMIT 10
      """
    ) { try $0.text(0) }
  }

  func keptInput(_ hash: String) throws -> KeptInput {
    KeptInput(
      text: try first("SELECT kept FROM session WHERE token_hash = \(hash)") { try $0.optionalText(0) } ?? nil
    )
  }
}

extension SharedTerminal {
  init(row: Row) throws {
    self.init(
      id: try row.id(1), facility: try row.id(0), name: try row.text(2), lockMinutes: try row.int(3),
      createdAt: try row.instant(4), version: try row.int(5))
  }
}

extension HousekeepingTx {
  func lockSession(_ hash: String, now: Instant) throws {
    try run(
      """
      UPDATE session SET locked_at_ms = \(now)
      WHERE token_hash = \(hash) AND terminal_id IS NOT NULL AND locked_at_ms IS NULL
      """)
  }

  /// Whoever comes to a terminal finds nobody else's screen open.
  func lockSessions(on terminal: SharedTerminal, now: Instant) throws {
    try run(
      """
      UPDATE session SET locked_at_ms = \(now)
      WHERE terminal_id = \(terminal.id) AND facility_id = \(terminal.facility) AND locked_at_ms IS NULL
      """)
    try lockBreakGlass(on: terminal, idle: false, now: now)
  }

  /// Stores the lock of sessions at which nobody has been for longer than the terminal allows.
  func lockIdleSessions(on terminal: SharedTerminal, now: Instant) throws {
    try run(
      """
      UPDATE session SET locked_at_ms = \(now)
      WHERE terminal_id = \(terminal.id) AND facility_id = \(terminal.facility) AND locked_at_ms IS NULL
        AND last_seen_ms <= \(now.adding(minutes: Int64(-terminal.lockMinutes)))
      """)
    try lockBreakGlass(on: terminal, idle: true, now: now)
  }

  func keep(_ input: KeptInput, in hash: String) throws {
    try run("UPDATE session SET kept = \(input.text) WHERE token_hash = \(hash) AND terminal_id IS NOT NULL")
  }

  /// The session that someone has left locked on a terminal, under a new token; nil when there is none.
  func resumeSession(
    of account: AccountID, on terminal: SharedTerminal, as session: Accounts.Session, by proof: Proof.Kind,
    now: Instant
  ) throws -> KeptInput? {
    let found = try all(
      """
      UPDATE session SET token_hash = \(Secret.hash(session.token)), locked_at_ms = NULL, last_seen_ms = \(now),
        proved_at_ms = \(now), proof = \(proof.rawValue)
      WHERE token_hash = (
        SELECT token_hash FROM session WHERE terminal_id = \(terminal.id) AND account_id = \(account)
          AND facility_id = \(terminal.facility) AND expires_at_ms > \(now)
          AND last_seen_ms > \(now.adding(milliseconds: -Accounts.idleMs))
        ORDER BY last_seen_ms DESC, token_hash LIMIT 1)
      RETURNING kept
      """
    ) { KeptInput(text: try $0.optionalText(0)) }
    return found.first
  }

  /// The session of whoever makes the terminal lasts no longer than any other on it.
  func placeSession(_ hash: String, on terminal: SharedTerminal, now: Instant) throws {
    try run(
      """
      UPDATE session SET terminal_id = \(terminal.id), last_seen_ms = \(now),
        expires_at_ms = CASE WHEN expires_at_ms - created_at_ms > \(Int(SharedTerminal.absoluteMs))
          THEN created_at_ms + \(Int(SharedTerminal.absoluteMs)) ELSE expires_at_ms END
      WHERE token_hash = \(hash) AND facility_id = \(terminal.facility)
      """)
  }

  func endSessions(on terminal: SharedTerminal) throws {
    try run(
      "DELETE FROM session WHERE terminal_id = \(terminal.id) AND facility_id = \(terminal.facility)")
  }
}

extension WriteTx {
  func insert(_ terminal: SharedTerminal, device: String) throws {
    try apply(
      """
      INSERT INTO shared_terminal (facility_id, id, name, device_hash, lock_minutes, created_at_ms, version)
      VALUES (\(facility), \(terminal.id), \(terminal.name), \(Secret.hash(device)), \(terminal.lockMinutes),
        \(terminal.createdAt), \(terminal.version))
      """,
      recording: Change("terminal.add", of: "terminal:\(terminal.id)", to: terminal.facts))
  }

  /// What time has locked by now stays locked, whatever the new limit is.
  func replace(_ before: SharedTerminal, with after: SharedTerminal) throws {
    try housekeeping.lockIdleSessions(on: before, now: scope.now)
    try apply(
      """
      UPDATE shared_terminal SET name = \(after.name), lock_minutes = \(after.lockMinutes), version = version + 1
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
        AND revoked_at_ms IS NULL
      """,
      recording: Change("terminal.set", of: "terminal:\(before.id)", from: before.facts, to: after.facts))
  }

  func revoke(_ terminal: SharedTerminal) throws {
    try apply(
      """
      UPDATE shared_terminal SET revoked_at_ms = \(scope.now), version = version + 1
      WHERE facility_id = \(facility) AND id = \(terminal.id) AND version = \(terminal.version)
        AND revoked_at_ms IS NULL
      """,
      recording: Change(
        "terminal.revoke", of: "terminal:\(terminal.id)", from: terminal.facts, to: [String: String]?.none))
    try housekeeping.endSessions(on: terminal)
  }
}

extension SharedTerminal {
  fileprivate var facts: [String: String] { ["name": name, "lockMinutes": "\(lockMinutes)"] }
}
