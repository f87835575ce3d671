import Kernel
import Storage
import Web

extension BreakGlass {
  static let migrations = [
    Migration(
      "20261122-g1-break-glass",
      [
        """
        CREATE TABLE break_glass_code (
          facility_id TEXT NOT NULL REFERENCES facility (id), batch TEXT NOT NULL, number BIGINT NOT NULL,
          code_hash TEXT NOT NULL, made_at_ms BIGINT NOT NULL, made_by TEXT NOT NULL, used_at_ms BIGINT,
          withdrawn_at_ms BIGINT, PRIMARY KEY (facility_id, batch, number)
        )
        """,
        "CREATE INDEX break_glass_code_by_hash ON break_glass_code (code_hash)",
        """
        CREATE TABLE break_glass_use (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          reason TEXT NOT NULL, code BIGINT NOT NULL, token_hash TEXT NOT NULL, begun_at_ms BIGINT NOT NULL,
          expires_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, address TEXT NOT NULL, agent TEXT NOT NULL,
          review_on TEXT NOT NULL, reviewed_at_ms BIGINT, reviewed_by TEXT, outcome TEXT, remark TEXT,
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX break_glass_use_by_token ON break_glass_use (token_hash)",
        """
        CREATE TABLE break_glass_setting (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), minutes BIGINT NOT NULL,
          version BIGINT NOT NULL
        )
        """,
        "CREATE INDEX account_browser_by_hash ON account_browser (browser_hash)",
      ] + Migration.confine("break_glass_code", also: Migration.orWide)
        + Migration.confine("break_glass_use", also: Migration.orWide)
        + Migration.confine("break_glass_setting", also: Migration.orWide)),
    Migration(
      "20261122-tm1-break-glass-terminal",
      [
        "ALTER TABLE break_glass_use ADD COLUMN terminal_id TEXT",
        "ALTER TABLE break_glass_use ADD COLUMN last_seen_ms BIGINT",
        "ALTER TABLE break_glass_use ADD COLUMN locked_at_ms BIGINT",
      ]),
    Migration("20261211-k1-emergency-kept", ["ALTER TABLE break_glass_use ADD COLUMN kept TEXT"]),
  ]
}

/// A code that someone has typed and that is right.
struct FoundSealedCode: Sendable {
  let facility: FacilityID
  let number: Int
  /// How long an access lasts there.
  let minutes: Int
}

extension ReadTx {
  func sealedCode(_ hash: String) throws -> FoundSealedCode? {
    try first(
      """
      SELECT c.facility_id, c.number, s.minutes FROM break_glass_code c
        LEFT JOIN break_glass_setting s ON s.facility_id = c.facility_id
      WHERE c.code_hash = \(hash) AND c.used_at_ms IS NULL AND c.withdrawn_at_ms IS NULL
      """
    ) {
      FoundSealedCode(
        facility: try $0.id(0), number: try $0.int(1),
        minutes: try $0.optionalInt(2) ?? BreakGlassSetting.initial.minutes)
    }
  }

  /// The access that a spent code has opened on this terminal and that has not ended: the same code opens its screen again.
  func breakGlassUse(by hash: String, on terminal: SharedTerminal, now: Instant) throws -> BreakGlassUse? {
    try first(
      """
      SELECT u.id, u.name, u.reason, u.code, u.begun_at_ms, u.expires_at_ms, u.ended_at_ms, u.address, u.agent,
        u.review_on, u.reviewed_at_ms, u.reviewed_by, u.outcome, u.remark, u.version
      FROM break_glass_use u JOIN break_glass_code c ON c.facility_id = u.facility_id AND c.number = u.code
        AND c.used_at_ms = u.begun_at_ms
      WHERE u.facility_id = \(terminal.facility) AND u.terminal_id = \(terminal.id) AND c.code_hash = \(hash)
        AND u.ended_at_ms IS NULL AND u.expires_at_ms > \(now)
      """, BreakGlassUse.init(row:))
  }

  /// The accesses on a terminal that have not ended.
  func breakGlassUses(on terminal: SharedTerminal, now: Instant) throws -> [BreakGlassUse] {
    try all(
      """
      SELECT id, name, reason, code, begun_at_ms, expires_at_ms, ended_at_ms, address, agent, review_on,
        reviewed_at_ms, reviewed_by, outcome, remark, version
      FROM break_glass_use WHERE facility_id = \(facility) AND terminal_id = \(terminal.id)
        AND ended_at_ms IS NULL AND expires_at_ms > \(now) ORDER BY id LIMIT 100
      """, BreakGlassUse.init(row:))
  }

  /// Whether anyone has been signed in in this browser.
  func isKnownBrowser(_ browser: String?) throws -> Bool {
    guard let browser else { return false }
    return try count("SELECT COUNT(*) FROM account_browser WHERE browser_hash = \(Secret.hash(browser))") > 0
  }

  /// Who stands behind the token of an emergency's cookie: one statement.
  func breakGlassSession(_ hash: String, now: Instant) throws -> StoredSession? {
    try first(
      """
      SELECT u.facility_id, u.id, u.name, u.expires_at_ms, u.begun_at_ms, f.name, f.beds, h.seq, h.hash, f.records_reading,
        u.last_seen_ms, u.locked_at_ms, t.name, t.lock_minutes, f.editions,
        CASE WHEN u.kept IS NULL THEN 0 ELSE 1 END
      FROM break_glass_use u JOIN facility f ON f.id = u.facility_id
        LEFT JOIN audit_head h ON h.facility_id = u.facility_id
        LEFT JOIN shared_terminal t ON t.facility_id = u.facility_id AND t.id = u.terminal_id
      WHERE u.token_hash = \(hash) AND u.ended_at_ms IS NULL AND u.expires_at_ms > \(now)
      """
    ) { row in
      let id: BreakGlassID = try row.id(1)
      guard let account = AccountID(id.text), let person = PersonID(id.text) else {
        throw Row.Corrupt("break_glass_use.id")
      }
      let head = LedgerHead(
        sequence: try row.optionalInt(7) ?? 0, hash: try row.optionalText(8) ?? LedgerHead.empty.hash)
      let (begun, end) = (try row.instant(4), try row.instant(3))
      let visitor = Visitor(
        account: account, person: person, name: try row.text(2), role: .administrator,
        facility: try row.id(0), facilityName: try row.text(5), beds: try row.optionalInt(6), others: [],
        unread: 0, fingerprint: head.fingerprint, proof: Proof(.sealedCode, at: begun),
        breakGlass: BreakGlassVisit(use: id.text, endsAt: end), recordsReading: try row.bool(9),
        terminal: try row.optionalText(12).map {
          TerminalVisit(name: $0, lockMinutes: try row.int(13), hasKept: try row.int(15) == 1)
        }, editions: try row.int(14))
      return StoredSession(
        visitor: visitor, lastSeen: try row.optionalInstant(10) ?? begun, expiresAt: end,
        lockedAt: try row.optionalInstant(11))
    }
  }

  /// What was typed in an access, by its token.
  func emergencyInput(_ hash: String) throws -> KeptInput {
    let found = try first("SELECT kept FROM break_glass_use WHERE token_hash = \(hash)") {
      try $0.optionalText(0)
    }
    return KeptInput(text: found ?? nil)
  }

  func emergencyInput(of use: BreakGlassID) throws -> KeptInput {
    let found = try first(
      "SELECT kept FROM break_glass_use WHERE facility_id = \(facility) AND id = \(use)"
    ) { try $0.optionalText(0) }
    return KeptInput(text: found ?? nil)
  }

  func breakGlassSetting() throws -> BreakGlassSetting {
    try first("SELECT minutes, version FROM break_glass_setting WHERE facility_id = \(facility)") {
      BreakGlassSetting(minutes: try $0.int(0), version: try $0.int(1))
    } ?? .initial
  }

  /// The codes made last, by number.
  func sealedCodes() throws -> [SealedCode] {
    try all(
      """
      SELECT number, made_at_ms, made_by, used_at_ms, withdrawn_at_ms FROM break_glass_code
      WHERE facility_id = \(facility) AND batch = (
        SELECT MAX(batch) FROM break_glass_code WHERE facility_id = \(facility))
      ORDER BY number
      """
    ) { row in
      let state: SealedCode.State =
        try row.optionalInstant(3) != nil
        ? .used : try row.optionalInstant(4) != nil ? .withdrawn : .sealed
      return SealedCode(
        number: try row.int(0), madeAt: try row.instant(1), madeBy: try row.text(2), state: state)
    }
  }

  /// Those who have to be told: the people in charge who sign in.
  func breakGlassKeepers() throws -> [(id: PersonID, mail: String?)] {
    try all(
      """
      SELECT id, mail FROM person WHERE facility_id = \(facility) AND account_id IS NOT NULL
        AND role IN ('administrator', 'safety-manager') ORDER BY id LIMIT 300
      """
    ) { (id: try $0.id(0), mail: try $0.optionalText(1)) }
  }

  /// The newest uses, those not reviewed first.
  func breakGlassUses(limit: Int) throws -> [BreakGlassUse] {
    try all(
      """
      SELECT id, name, reason, code, begun_at_ms, expires_at_ms, ended_at_ms, address, agent, review_on,
        reviewed_at_ms, reviewed_by, outcome, remark, version
      FROM break_glass_use WHERE facility_id = \(facility)
      ORDER BY CASE WHEN reviewed_at_ms IS NULL THEN 0 ELSE 1 END, begun_at_ms DESC, id LIMIT \(limit)
      """, BreakGlassUse.init(row:))
  }

  func breakGlassUse(_ id: BreakGlassID) throws -> BreakGlassUse? {
    try first(
      """
      SELECT id, name, reason, code, begun_at_ms, expires_at_ms, ended_at_ms, address, agent, review_on,
        reviewed_at_ms, reviewed_by, outcome, remark, version
      FROM break_glass_use WHERE facility_id = \(facility) AND id = \(id)
      """, BreakGlassUse.init(row:))
  }

  /// How many entries of the ledger were made in it.
  func entryCount(of use: BreakGlassID) throws -> Int {
    try count(
      """
      SELECT COUNT(*) FROM audit_entry
      WHERE facility_id = \(facility) AND actor = \("break-glass:\(use)")
      """)
  }

  func breakGlassDutyRows(until last: Day) -> SQL {
    """
    SELECT 'review' AS kind, id AS subject, name AS title, review_on AS day FROM break_glass_use
    WHERE facility_id = \(facility) AND reviewed_at_ms IS NULL AND review_on <= \(last)
    """
  }
}

extension BreakGlassUse {
  /// From fifteen columns.
  init(row: Row) throws {
    var review: Review?
    if let at = try row.optionalInstant(10) {
      guard let outcome = Outcome(rawValue: try row.text(12)) else { throw Row.Corrupt("break_glass_use") }
      review = Review(at: at, by: try row.text(11), outcome: outcome, remark: try row.text(13))
    }
    self.init(
      id: try row.id(0), name: try row.text(1), reason: try row.text(2), code: try row.int(3),
      begunAt: try row.instant(4), expiresAt: try row.instant(5), endedAt: try row.optionalInstant(6),
      address: try row.text(7), agent: try row.text(8), reviewOn: try row.day(9), review: review,
      version: try row.int(14))
  }
}

extension HousekeepingTx {
  /// Someone is at the screen; elsewhere than on a terminal nobody asks.
  func touchBreakGlass(_ hash: String, now: Instant) throws {
    try run(
      "UPDATE break_glass_use SET last_seen_ms = \(now) WHERE token_hash = \(hash) AND terminal_id IS NOT NULL"
    )
  }

  func lockBreakGlass(_ hash: String, now: Instant) throws {
    try run(
      """
      UPDATE break_glass_use SET locked_at_ms = \(now)
      WHERE token_hash = \(hash) AND terminal_id IS NOT NULL AND locked_at_ms IS NULL
      """)
  }

  func keepEmergency(_ input: KeptInput, in hash: String) throws {
    try run(
      """
      UPDATE break_glass_use SET kept = \(input.text)
      WHERE token_hash = \(hash) AND terminal_id IS NOT NULL AND ended_at_ms IS NULL
      """)
  }

  /// Once an access is over nobody comes back to what was typed in it.
  func dropEmergencyInput(of use: BreakGlassID, at facility: FacilityID) throws {
    try run("UPDATE break_glass_use SET kept = NULL WHERE facility_id = \(facility) AND id = \(use)")
  }

  func placeBreakGlass(_ hash: String, on terminal: SharedTerminal, now: Instant) throws {
    try run(
      """
      UPDATE break_glass_use SET terminal_id = \(terminal.id), last_seen_ms = \(now)
      WHERE facility_id = \(terminal.facility) AND token_hash = \(hash)
      """)
  }

  /// - Parameter idle: only those at which nobody has been for longer than the terminal allows.
  func lockBreakGlass(on terminal: SharedTerminal, idle: Bool, now: Instant) throws {
    let last = idle ? now.adding(minutes: Int64(-terminal.lockMinutes)) : now
    try run(
      """
      UPDATE break_glass_use SET locked_at_ms = \(now)
      WHERE facility_id = \(terminal.facility) AND terminal_id = \(terminal.id) AND locked_at_ms IS NULL
        AND last_seen_ms <= \(last)
      """)
  }
}

extension WriteTx {
  /// Opens the screen of an access again, under a new token.
  func resume(_ use: BreakGlassUse, token: String) throws {
    try apply(
      """
      UPDATE break_glass_use SET token_hash = \(token), locked_at_ms = NULL, last_seen_ms = \(scope.now)
      WHERE facility_id = \(facility) AND id = \(use.id) AND ended_at_ms IS NULL
      """, recording: Change("break-glass.unlock", of: "break-glass:\(use.id)", to: ["name": use.name]))
  }

  /// - Parameter batch: which codes belong together; all others that have not been used are worth nothing from now on.
  func insertCodes(_ hashes: [String], batch: BreakGlassID) throws {
    var statements: [SQL] = hashes.enumerated().map { index, hash in
      """
      INSERT INTO break_glass_code (facility_id, batch, number, code_hash, made_at_ms, made_by)
      VALUES (\(facility), \(batch), \(index + 1), \(hash), \(scope.now), \(scope.actor.name))
      """
    }
    statements.append(
      """
      UPDATE break_glass_code SET withdrawn_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND batch <> \(batch) AND used_at_ms IS NULL AND withdrawn_at_ms IS NULL
      """)
    try apply(
      statements,
      recording: Change("break-glass.codes", of: "break-glass-codes:\(batch)", to: ["codes": hashes.count]))
  }

  func replace(_ before: BreakGlassSetting, with after: BreakGlassSetting) throws {
    let statement: SQL =
      before.version == 0
      ? """
      INSERT INTO break_glass_setting (facility_id, minutes, version)
      VALUES (\(facility), \(after.minutes), \(after.version)) ON CONFLICT (facility_id) DO NOTHING
      """
      : """
      UPDATE break_glass_setting SET minutes = \(after.minutes), version = \(after.version)
      WHERE facility_id = \(facility) AND version = \(before.version)
      """
    try apply(
      statement,
      recording: Change(
        "break-glass.setting", of: "break-glass-setting:\(facility)", from: before, to: after))
  }

  /// Spends a code and opens an access by it.
  ///
  /// - Throws: `Stale` when the code has been spent in the meantime.
  func begin(_ use: BreakGlassUse, spending hash: String, token: String, on terminal: SharedTerminal?) throws
  {
    let facts = [
      "name": use.name, "reason": use.reason, "address": use.address, "number": "\(use.code)",
    ]
    try apply(
      """
      UPDATE break_glass_code SET used_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND code_hash = \(hash) AND used_at_ms IS NULL AND withdrawn_at_ms IS NULL
      """,
      """
      INSERT INTO break_glass_use (facility_id, id, name, reason, code, token_hash, begun_at_ms, expires_at_ms,
        address, agent, review_on, version, terminal_id, last_seen_ms)
      VALUES (\(facility), \(use.id), \(use.name), \(use.reason), \(use.code), \(token), \(use.begunAt),
        \(use.expiresAt), \(use.address), \(use.agent), \(use.reviewOn), 1, \(terminal?.id),
        \(scope.now))
      """, recording: Change("break-glass.enter", of: "break-glass:\(use.id)", to: facts))
  }

  func end(_ use: BreakGlassUse) throws {
    try apply(
      """
      UPDATE break_glass_use SET ended_at_ms = \(scope.now), kept = NULL
      WHERE facility_id = \(facility) AND id = \(use.id) AND ended_at_ms IS NULL
      """, recording: Change("break-glass.end", of: "break-glass:\(use.id)", to: ["name": use.name]))
  }

  func store(_ review: BreakGlassUse.Review, of use: BreakGlassUse) throws {
    let facts = ["name": use.name, "outcome": review.outcome.rawValue, "remark": review.remark]
    try apply(
      """
      UPDATE break_glass_use SET reviewed_at_ms = \(review.at), reviewed_by = \(review.by),
        outcome = \(review.outcome.rawValue), remark = \(review.remark), version = version + 1
      WHERE facility_id = \(facility) AND id = \(use.id) AND version = \(use.version)
      """, recording: Change("break-glass.review", of: "break-glass:\(use.id)", to: facts))
  }
}
