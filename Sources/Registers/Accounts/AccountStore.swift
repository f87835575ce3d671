import Kernel
import Storage
import Web

struct StoredAccount: Sendable {
  let id: AccountID
  let hash: String
}

struct StoredSession: Sendable {
  let visitor: Visitor
  let lastSeen: Instant
  let expiresAt: Instant
}

/// A facility at which an account has a person.
struct Place: Sendable {
  let facility: FacilityID
  let facilityName: String
  let person: PersonID
  let name: String
}

extension ReadTx {
  func account(login: String) throws -> StoredAccount? {
    try first("SELECT id, password_hash FROM account WHERE login = \(login)") {
      StoredAccount(id: try $0.id(0), hash: try $0.text(1))
    }
  }

  func passwordHash(of account: AccountID) throws -> String? {
    try first("SELECT password_hash FROM account WHERE id = \(account)") { try $0.text(0) }
  }

  /// Where an account belongs, by the facility's name.
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
  func session(_ hash: String) throws -> StoredSession? {
    struct Found {
      let stored: StoredSession
      let elsewhere: Int
    }
    let found = try first(
      """
      SELECT s.account_id, s.person_id, p.name, p.role, s.facility_id, f.name, f.beds, s.last_seen_ms, s.expires_at_ms,
        (SELECT COUNT(*) FROM inbox i
         WHERE i.facility_id = s.facility_id AND i.recipient_id = s.person_id AND i.read_at_ms IS NULL),
        (SELECT COUNT(*) FROM person o WHERE o.account_id = s.account_id AND o.facility_id <> s.facility_id),
        h.seq, h.hash
      FROM session s JOIN facility f ON f.id = s.facility_id
        JOIN person p ON p.facility_id = s.facility_id AND p.id = s.person_id AND p.account_id = s.account_id
        LEFT JOIN audit_head h ON h.facility_id = s.facility_id
      WHERE s.token_hash = \(hash)
      """
    ) { row in
      guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("person.role") }
      let head = LedgerHead(
        sequence: try row.optionalInt(11) ?? 0, hash: try row.optionalText(12) ?? LedgerHead.empty.hash)
      let visitor = Visitor(
        account: try row.id(0), person: try row.id(1), name: try row.text(2), role: role,
        facility: try row.id(4),
        facilityName: try row.text(5), beds: try row.optionalInt(6), others: [], unread: try row.int(9),
        fingerprint: head.fingerprint)
      return Found(
        stored: StoredSession(visitor: visitor, lastSeen: try row.instant(7), expiresAt: try row.instant(8)),
        elsewhere: try row.int(10))
    }
    guard let found, found.elsewhere > 0 else { return found?.stored }
    let visitor = found.stored.visitor
    let others = try places(of: visitor.account).filter { $0.facility != visitor.facility }
    return StoredSession(
      visitor: visitor.with(others: others.map { ($0.facility, $0.facilityName) }),
      lastSeen: found.stored.lastSeen,
      expiresAt: found.stored.expiresAt)
  }
}

extension Visitor {
  fileprivate func with(others: [(id: FacilityID, name: String)]) -> Visitor {
    Visitor(
      account: account, person: person, name: name, role: role, facility: facility,
      facilityName: facilityName,
      beds: beds, others: others, unread: unread, fingerprint: fingerprint)
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

  func recordSignIn(_ person: PersonID) throws {
    try apply([], recording: Change("account.sign-in", of: "person:\(person)", to: [String: String]()))
  }

  /// Sets a new password and ends every other session of the account. The hash stays out of the ledger.
  func replacePassword(of visitor: Visitor, hash: String, keeping session: String) throws {
    try apply(
      "UPDATE account SET password_hash = \(hash) WHERE id = \(visitor.account)",
      recording: Change("account.password", of: "person:\(visitor.person)", to: [String: String]()))
    try housekeeping.forgetAttempts(of: visitor.account)
    try housekeeping.run(
      "DELETE FROM session WHERE account_id = \(visitor.account) AND token_hash <> \(session)")
  }
}

extension HousekeepingTx {
  /// Counts an attempt before the password is looked at, so that many at once cannot pass together.
  ///
  /// The fifth and each further one without success makes the next wait: 30 s, 1 min … 15 min. Gives the end of the
  /// wait when there is one, and then counts nothing.
  func takeAttempt(of account: AccountID, now: Instant) throws -> Instant? {
    let found = try first(
      """
      SELECT failures, locked_until_ms FROM account WHERE id = \(account) \(sqlite: "", postgres: "FOR UPDATE")
      """
    ) { (try $0.int(0), try $0.instant(1)) }
    guard let (failures, until) = found else { return nil }
    if until > now { return until }
    let seconds: Int64 = failures < 4 ? 0 : min(900, 30 << Int64(min(failures - 4, 5)))
    let wait = now.adding(milliseconds: seconds * 1000)
    try run("UPDATE account SET failures = failures + 1, locked_until_ms = \(wait) WHERE id = \(account)")
    return nil
  }

  func forgetAttempts(of account: AccountID) throws {
    try run("UPDATE account SET failures = 0, locked_until_ms = 0 WHERE id = \(account)")
  }

  func beginSession(
    _ session: Accounts.Session, account: AccountID, facility: FacilityID, person: PersonID, now: Instant
  ) throws {
    let expires = now.adding(milliseconds: Accounts.absoluteMs)
    try run("DELETE FROM session WHERE expires_at_ms < \(now)")
    try forgetAttempts(of: account)
    try run(
      """
      INSERT INTO session (token_hash, account_id, facility_id, person_id, created_at_ms, last_seen_ms, expires_at_ms)
      VALUES (\(Secret.hash(session.token)), \(account), \(facility), \(person), \(now), \(now), \(expires))
      """)
  }

  func touchSession(_ hash: String, now: Instant) throws {
    try run("UPDATE session SET last_seen_ms = \(now) WHERE token_hash = \(hash)")
  }

  func endSession(_ hash: String) throws { try run("DELETE FROM session WHERE token_hash = \(hash)") }

  func moveSession(_ hash: String, to place: Place) throws {
    try run(
      "UPDATE session SET facility_id = \(place.facility), person_id = \(place.person) WHERE token_hash = \(hash)"
    )
  }
}
