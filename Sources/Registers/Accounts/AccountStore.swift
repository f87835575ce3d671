import Kernel
import Storage
import Web

struct StoredAccount: Sendable {
  let id: AccountID
  let hash: String
  /// Whether the browser that asks has been signed in to it before.
  let knowsBrowser: Bool
}

/// A session as its person sees it in the list.
struct ListedSession: Sendable {
  /// The hash of its token: enough to end it, not to use it.
  let hash: String
  let facilityName: String
  let begunAt: Instant
  let lastSeen: Instant
  let address: String
  let agent: String
}

struct StoredSession: Sendable {
  let visitor: Visitor
  let lastSeen: Instant
  let expiresAt: Instant
  /// When the screen of a shared terminal was locked.
  let lockedAt: Instant?
}

/// A facility at which an account has a person.
struct Place: Sendable {
  let facility: FacilityID
  let facilityName: String
  let person: PersonID
  let name: String
}

extension ReadTx {
  /// - Parameter browser: the secret of the browser that asks.
  func account(login: String, browser: String?) throws -> StoredAccount? {
    try first(
      """
      SELECT a.id, a.password_hash, (SELECT COUNT(*) FROM account_browser b
        WHERE b.account_id = a.id AND b.browser_hash = \(browser.map(Secret.hash)))
      FROM account a WHERE a.login = \(login)
      """
    ) { StoredAccount(id: try $0.id(0), hash: try $0.text(1), knowsBrowser: try $0.int(2) > 0) }
  }

  func login(of account: AccountID) throws -> String? {
    try first("SELECT login FROM account WHERE id = \(account)") { try $0.text(0) }
  }

  /// The hashes of the account's last passwords before the current one, newest first.
  func pastPasswords(of account: AccountID) throws -> [String] {
    try all(
      """
      SELECT password_hash FROM account_password WHERE account_id = \(account)
      ORDER BY replaced_at_ms DESC, password_hash LIMIT \(Accounts.rememberedPasswords)
      """
    ) { try $0.text(0) }
  }

  /// The sessions of an account that still stand, the one used last first.
  func sessions(of account: AccountID, now: Instant) throws -> [ListedSession] {
    try all(
      """
      SELECT s.token_hash, f.name, s.created_at_ms, s.last_seen_ms, s.address, s.agent
      FROM session s JOIN facility f ON f.id = s.facility_id
      WHERE s.account_id = \(account) AND s.expires_at_ms > \(now)
        AND s.last_seen_ms > \(now.adding(milliseconds: -Accounts.idleMs))
      ORDER BY s.last_seen_ms DESC, s.token_hash LIMIT 100
      """
    ) {
      ListedSession(
        hash: try $0.text(0), facilityName: try $0.text(1), begunAt: try $0.instant(2),
        lastSeen: try $0.instant(3), address: try $0.text(4), agent: try $0.text(5))
    }
  }

  /// Where an account can come in now, by the facility's name: where its person has a role for good, or has been given one.
  func openPlaces(of account: AccountID, at now: Instant) throws -> [Place] {
    try all(
      """
      SELECT f.id, f.name, p.id, p.name FROM person p JOIN facility f ON f.id = p.facility_id
      WHERE p.account_id = \(account) AND (p.role NOT IN ('specialist', 'regional-adviser', 'operator', 'visiting-auditor')
        OR EXISTS (
        SELECT 1 FROM access_grant g WHERE g.facility_id = p.facility_id AND g.person_id = p.id
          AND g.account_id = p.account_id AND g.ended_at_ms IS NULL AND g.until_ms > \(now)))
      ORDER BY f.name, f.id
      """
    ) {
      Place(facility: try $0.id(0), facilityName: try $0.text(1), person: try $0.id(2), name: try $0.text(3))
    }
  }

  /// Where an account belongs, by the facility's name; also where it cannot come in at the moment.
  func places(of account: AccountID) throws -> [Place] {
    try all(
      """
      SELECT f.id, f.name, p.id, p.name FROM person p JOIN facility f ON f.id = p.facility_id
      WHERE p.account_id = \(account) ORDER BY f.name, f.id
      """
    ) {
      Place(facility: try $0.id(0), facilityName: try $0.text(1), person: try $0.id(2), name: try $0.text(3))
    }
  }

  /// The session of a token's hash with what the frame of a page shows: one statement, and one more for people with
  /// several facilities.
  ///
  /// What has been given to the person for a time comes with it, a row each; it ends by the clock, whatever runs or does not.
  func session(_ hash: String, at now: Instant) throws -> StoredSession? {
    struct Found {
      let stored: StoredSession
      let elsewhere: Int
      let grant: GrantVisit?
    }
    let rows = try all(
      """
      SELECT s.account_id, s.person_id, p.name, p.role, s.facility_id, f.name, f.beds, s.last_seen_ms, s.expires_at_ms,
        (SELECT COUNT(*) FROM inbox i
         WHERE i.facility_id = s.facility_id AND i.recipient_id = s.person_id AND i.read_at_ms IS NULL),
        (SELECT COUNT(*) FROM person o WHERE o.account_id = s.account_id AND o.facility_id <> s.facility_id),
        h.seq, h.hash, s.proved_at_ms, s.proof, f.records_reading, g.role, g.until_ms, g.reason,
        t.name, t.lock_minutes, s.locked_at_ms, CASE WHEN s.kept IS NULL THEN 0 ELSE 1 END,
        f.editions
      FROM session s JOIN facility f ON f.id = s.facility_id
        JOIN person p ON p.facility_id = s.facility_id AND p.id = s.person_id AND p.account_id = s.account_id
        LEFT JOIN audit_head h ON h.facility_id = s.facility_id
        LEFT JOIN shared_terminal t ON t.facility_id = s.facility_id AND t.id = s.terminal_id
        LEFT JOIN access_grant g ON g.facility_id = s.facility_id AND g.person_id = s.person_id
          AND g.account_id = s.account_id AND g.ended_at_ms IS NULL AND g.until_ms > \(now)
      WHERE s.token_hash = \(hash) ORDER BY g.until_ms, g.id
      """
    ) { row in
      guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("person.role") }
      let head = LedgerHead(
        sequence: try row.optionalInt(11) ?? 0, hash: try row.optionalText(12) ?? LedgerHead.empty.hash)
      let visitor = Visitor(
        account: try row.id(0), person: try row.id(1), name: try row.text(2), role: role,
        facility: try row.id(4),
        facilityName: try row.text(5), beds: try row.optionalInt(6), others: [], unread: try row.int(9),
        fingerprint: head.fingerprint,
        proof: try Proof(kind: try row.optionalText(14), at: try row.optionalInstant(13)),
        recordsReading: try row.bool(15),
        terminal: try row.optionalText(19).map {
          TerminalVisit(name: $0, lockMinutes: try row.int(20), hasKept: try row.int(22) == 1)
        },
        editions: try row.int(23))
      return Found(
        stored: StoredSession(
          visitor: visitor, lastSeen: try row.instant(7), expiresAt: try row.instant(8),
          lockedAt: try row.optionalInstant(21)),
        elsewhere: try row.int(10), grant: try GrantVisit(row, from: 16))
    }
    guard let found = rows.first else { return nil }
    var visitor = found.stored.visitor.with(grants: rows.compactMap(\.grant))
    if visitor.roles.isEmpty { return nil }
    if found.elsewhere > 0 {
      let others = try openPlaces(of: visitor.account, at: now).filter { $0.facility != visitor.facility }
      visitor = visitor.with(others: others.map { ($0.facility, $0.facilityName) })
    }
    return StoredSession(
      visitor: visitor, lastSeen: found.stored.lastSeen, expiresAt: found.stored.expiresAt,
      lockedAt: found.stored.lockedAt)
  }
}

extension Visitor {
  fileprivate func with(others: [(id: FacilityID, name: String)]) -> Visitor {
    Visitor(
      account: account, person: person, name: name, role: role, facility: facility,
      facilityName: facilityName,
      beds: beds, others: others, unread: unread, fingerprint: fingerprint, proof: proof,
      breakGlass: breakGlass, recordsReading: recordsReading, token: token, grants: grants,
      terminal: terminal, editions: editions)
  }

  func with(grants: [GrantVisit]) -> Visitor {
    Visitor(
      account: account, person: person, name: name, role: role, facility: facility,
      facilityName: facilityName,
      beds: beds, others: others, unread: unread, fingerprint: fingerprint, proof: proof,
      breakGlass: breakGlass, recordsReading: recordsReading, token: token, grants: grants,
      terminal: terminal, editions: editions)
  }
}

extension GrantVisit {
  /// From three columns; nil when the row has none.
  init?(_ row: Row, from column: Int) throws {
    guard let name = try row.optionalText(column), let until = try row.optionalInstant(column + 1) else {
      return nil
    }
    guard let role = Role(rawValue: name) else { throw Row.Corrupt("access_grant.role") }
    self.init(role: role, until: until, reason: try row.text(column + 2))
  }
}

extension Proof {
  /// nil for sessions that are older than the record of proofs.
  fileprivate init?(kind: String?, at: Instant?) throws {
    guard let kind, let at else { return nil }
    guard let known = Kind(rawValue: kind) else { throw Row.Corrupt("session.proof") }
    self.init(known, at: at)
  }
}

extension WriteTx {
  /// - Throws: `Person.Refusal.loginTaken`, also when another transaction has taken the name in the meantime.
  func insertAccount(_ id: AccountID, login: String, hash: String) throws {
    let added = try housekeeping.run(
      """
      INSERT INTO account (id, login, password_hash, created_at_ms)
      VALUES (\(id), \(login), \(hash), \(scope.now)) ON CONFLICT (login) DO NOTHING
      """)
    guard added == 1 else { throw Person.Refusal.loginTaken }
  }

  /// A fact about an account beside its rows, in the ledger of this facility.
  func record(_ action: StaticString, of person: PersonID, _ facts: [String: String] = [:]) throws {
    try apply([], recording: Change(action, of: "person:\(person)", to: facts))
  }

  /// Sets a new password, and remembers the one before. The hashes stay out of the ledger.
  func replacePassword(of account: AccountID, person: PersonID, hash: String) throws {
    try housekeeping.run(
      """
      INSERT INTO account_password (account_id, replaced_at_ms, password_hash)
      SELECT id, \(scope.now), password_hash FROM account WHERE id = \(account)
      ON CONFLICT (account_id, replaced_at_ms) DO NOTHING
      """)
    try housekeeping.run(
      """
      DELETE FROM account_password WHERE account_id = \(account) AND replaced_at_ms NOT IN (
        SELECT replaced_at_ms FROM account_password WHERE account_id = \(account)
        ORDER BY replaced_at_ms DESC LIMIT \(Accounts.rememberedPasswords))
      """)
    try apply(
      "UPDATE account SET password_hash = \(hash) WHERE id = \(account)",
      recording: Change("account.password", of: "person:\(person)", to: [String: String]()))
  }
}

extension HousekeepingTx {
  /// Counts an attempt before the secret is looked at, so that many at once cannot pass together.
  ///
  /// Gives the end of the wait when one of `counts` is waiting, and then counts nothing further.
  func take(_ counts: [AttemptCount], now: Instant) throws -> Instant? {
    try run("DELETE FROM sign_in_attempt WHERE last_ms < \(now.adding(milliseconds: -86_400_000))")
    for count in counts {
      try run(
        """
        INSERT INTO sign_in_attempt (key, failures, locked_until_ms, last_ms) VALUES (\(count.key), 0, 0, \(now))
        ON CONFLICT (key) DO NOTHING
        """)
      let found = try first(
        """
        SELECT failures, locked_until_ms, last_ms FROM sign_in_attempt
        WHERE key = \(count.key) \(sqlite: "", postgres: "FOR UPDATE")
        """
      ) { (try $0.int(0), try $0.instant(1), try $0.instant(2)) }
      guard let (failures, until, last) = found else { continue }
      if until > now { return until }
      let counted = last.adding(milliseconds: count.forgottenAfterMs) > now ? failures : 0
      let end = now.adding(milliseconds: count.waitSeconds(after: counted) * 1000)
      try run(
        """
        UPDATE sign_in_attempt SET failures = \(counted + 1), locked_until_ms = \(end), last_ms = \(now)
        WHERE key = \(count.key)
        """)
    }
    return nil
  }

  /// The attempt was no failure: what it counted is taken back.
  func giveBack(_ counts: [AttemptCount]) throws {
    for count in counts {
      try run(
        """
        UPDATE sign_in_attempt SET failures = failures - 1, locked_until_ms = 0
        WHERE key = \(count.key) AND failures > 0
        """)
    }
  }

  /// Someone has proved who they are: the counts of the account are over. That of the address is not: it is also others'.
  func forget(_ counts: [AttemptCount]) throws {
    for count in counts where !count.isOfAddress {
      try run("DELETE FROM sign_in_attempt WHERE key = \(count.key)")
    }
  }

  func beginSession(
    _ session: Accounts.Session, account: AccountID, at place: Place, by proof: Proof.Kind,
    on terminal: SharedTerminal?, _ caller: Caller
  ) throws {
    let now = caller.now
    let expires = now.adding(
      milliseconds: terminal == nil ? Accounts.absoluteMs : SharedTerminal.absoluteMs)
    try run("DELETE FROM session WHERE expires_at_ms < \(now)")
    try run(
      """
      INSERT INTO session (token_hash, account_id, facility_id, person_id, created_at_ms, last_seen_ms, expires_at_ms,
        address, agent, proved_at_ms, proof, terminal_id)
      VALUES (\(Secret.hash(session.token)), \(account), \(place.facility), \(place.person), \(now), \(now),
        \(expires), \(caller.address), \(caller.agent), \(now), \(proof.rawValue), \(terminal?.id))
      """)
  }

  /// Notes the browser of a sign-in. True when the account has known others before, and not this one.
  func isNewBrowser(_ browser: String, of account: AccountID, now: Instant) throws -> Bool {
    let hash = Secret.hash(browser)
    let known = try all("SELECT browser_hash FROM account_browser WHERE account_id = \(account)") {
      try $0.text(0)
    }
    try run(
      """
      INSERT INTO account_browser (account_id, browser_hash, first_seen_ms, last_seen_ms)
      VALUES (\(account), \(hash), \(now), \(now))
      ON CONFLICT (account_id, browser_hash) DO UPDATE SET last_seen_ms = excluded.last_seen_ms
      """)
    // The cookie lasts as long.
    try run(
      """
      DELETE FROM account_browser WHERE account_id = \(account)
        AND last_seen_ms < \(now.adding(milliseconds: -Accounts.browserMs))
      """)
    return !known.isEmpty && !known.contains(hash)
  }

  func touchSession(_ hash: String, now: Instant) throws {
    try run("UPDATE session SET last_seen_ms = \(now) WHERE token_hash = \(hash)")
  }

  func endSession(_ hash: String) throws { try run("DELETE FROM session WHERE token_hash = \(hash)") }

  /// Gives the number of sessions ended.
  @discardableResult
  func endSession(_ hash: String, of account: AccountID) throws -> Int {
    try run("DELETE FROM session WHERE token_hash = \(hash) AND account_id = \(account)")
  }

  @discardableResult
  func endSessions(of account: AccountID, but hash: String?) throws -> Int {
    try run("DELETE FROM session WHERE account_id = \(account) AND token_hash <> \(hash ?? "")")
  }

  /// Ends what a right password has begun elsewhere and nobody has finished: its second page, its set-up of a factor.
  func endSteps(of account: AccountID) throws {
    try run("DELETE FROM sign_in_step WHERE account_id = \(account)")
  }

  /// The same session under another token: what was read of the old one is worth nothing.
  func rotateSession(_ hash: String, to session: Accounts.Session) throws {
    try run("UPDATE session SET token_hash = \(Secret.hash(session.token)) WHERE token_hash = \(hash)")
  }

  /// Notes that the person of a session has proved again who they are.
  func prove(_ session: Accounts.Session, by proof: Proof.Kind, now: Instant) throws {
    try run(
      """
      UPDATE session SET proved_at_ms = \(now), proof = \(proof.rawValue)
      WHERE token_hash = \(Secret.hash(session.token))
      """)
  }

  func moveSession(_ hash: String, to place: Place) throws {
    try run(
      "UPDATE session SET facility_id = \(place.facility), person_id = \(place.person) WHERE token_hash = \(hash)"
    )
  }
}
