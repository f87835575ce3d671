import Kernel
import Storage
import Web

extension Tokens {
  static let migrations = [
    Migration(
      "20261122-u1-api-token",
      [
        """
        CREATE TABLE api_token (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, person_id TEXT NOT NULL,
          account_id TEXT NOT NULL REFERENCES account (id), name TEXT NOT NULL, token_hash TEXT NOT NULL,
          scope TEXT NOT NULL, created_at_ms BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL, last_used_ms BIGINT,
          last_address TEXT NOT NULL DEFAULT '', revoked_at_ms BIGINT, revoked_by TEXT NOT NULL DEFAULT '',
          PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX api_token_by_hash ON api_token (token_hash)",
        "CREATE INDEX api_token_by_person ON api_token (facility_id, person_id, id)",
      ] + Migration.confine("api_token", also: Migration.orWide))
  ]
}

/// A token that a program has brought, with the person behind it.
struct TokenBearer: Sendable {
  let id: APIToken.ID
  let facility: FacilityID
  let expiresAt: Instant
  let lastUsedAt: Instant?
  let isRevoked: Bool
  /// nil when the person no longer signs in there with that account.
  var visitor: Visitor?
  /// One of those that the person has for a time.
  let grant: GrantVisit?
}

extension ReadTx {
  /// The token of a hash with what a request needs to know of its person: one statement, as for a session.
  func tokenBearer(_ hash: String, at now: Instant) throws -> TokenBearer? {
    let rows = try all(
      """
      SELECT t.id, t.facility_id, t.expires_at_ms, t.last_used_ms, t.revoked_at_ms, t.name, t.scope,
        t.account_id, p.id, p.name, p.role, f.name, f.beds, f.records_reading, h.seq, h.hash, g.role,
        g.until_ms, g.reason, f.editions
      FROM api_token t JOIN facility f ON f.id = t.facility_id
        LEFT JOIN person p ON p.facility_id = t.facility_id AND p.id = t.person_id AND p.account_id = t.account_id
        LEFT JOIN audit_head h ON h.facility_id = t.facility_id
        LEFT JOIN access_grant g ON g.facility_id = p.facility_id AND g.person_id = p.id
          AND g.account_id = p.account_id AND g.ended_at_ms IS NULL AND g.until_ms > \(now)
      WHERE t.token_hash = \(hash) ORDER BY g.until_ms, g.id
      """
    ) { row in
      let id: APIToken.ID = try row.id(0)
      let expiresAt = try row.instant(2)
      let token = TokenVisit(
        id: id.text, name: try row.text(5),
        scope: Set(try row.text(6).split(separator: " ").map(String.init)),
        expiresAt: expiresAt)
      return TokenBearer(
        id: id, facility: try row.id(1), expiresAt: expiresAt, lastUsedAt: try row.optionalInstant(3),
        isRevoked: try row.optionalInstant(4) != nil, visitor: try Visitor(bearer: row, token),
        grant: try GrantVisit(row, from: 16))
    }
    guard var found = rows.first else { return nil }
    // Someone from elsewhere whose grant has ended is nobody here.
    let visitor = found.visitor?.with(grants: rows.compactMap(\.grant))
    found.visitor = visitor.flatMap { $0.roles.isEmpty ? nil : $0 }
    return found
  }

  /// The newest first: of one person, or of everyone at the facility.
  func apiTokens(of person: PersonID?, limit: Int = 200) throws -> [APIToken] {
    let some: SQL = if let person { "AND t.person_id = \(person)" } else { "" }
    return try all(
      """
      SELECT t.id, t.person_id, p.name, t.name, t.scope, t.created_at_ms, t.expires_at_ms, t.last_used_ms,
        t.last_address, t.revoked_at_ms, t.revoked_by
      FROM api_token t JOIN person p ON p.facility_id = t.facility_id AND p.id = t.person_id
      WHERE t.facility_id = \(facility) \(some) ORDER BY t.id DESC LIMIT \(limit)
      """, APIToken.init(row:))
  }

  func apiToken(_ id: APIToken.ID) throws -> APIToken? {
    try first(
      """
      SELECT t.id, t.person_id, p.name, t.name, t.scope, t.created_at_ms, t.expires_at_ms, t.last_used_ms,
        t.last_address, t.revoked_at_ms, t.revoked_by
      FROM api_token t JOIN person p ON p.facility_id = t.facility_id AND p.id = t.person_id
      WHERE t.facility_id = \(facility) AND t.id = \(id)
      """, APIToken.init(row:))
  }

  func liveTokenCount(of person: PersonID, at now: Instant) throws -> Int {
    try count(
      """
      SELECT COUNT(*) FROM api_token WHERE facility_id = \(facility) AND person_id = \(person)
        AND revoked_at_ms IS NULL AND expires_at_ms > \(now)
      """)
  }
}

extension WriteTx {
  /// The secret itself goes nowhere but to the person's screen.
  func insert(
    _ draft: TokenDraft, _ id: APIToken.ID, secret: String, of person: PersonID, _ account: AccountID
  )
    throws
  {
    struct Made: Encodable {
      let name: String
      let permissions: [String]
      let until: Day
    }
    try apply(
      """
      INSERT INTO api_token (facility_id, id, person_id, account_id, name, token_hash, scope, created_at_ms,
        expires_at_ms)
      VALUES (\(facility), \(id), \(person), \(account), \(draft.name), \(Secret.hash(secret)),
        \(draft.scope.joined(separator: " ")), \(scope.now), \(draft.expiresAt))
      """,
      recording: Change(
        "token.add", of: "token:\(id)",
        to: Made(name: draft.name, permissions: draft.scope, until: draft.until)))
  }

  /// - Throws: `Stale` when it is revoked already.
  func revoke(_ token: APIToken) throws {
    try apply(
      """
      UPDATE api_token SET revoked_at_ms = \(scope.now), revoked_by = \(scope.actor.name)
      WHERE facility_id = \(facility) AND id = \(token.id) AND revoked_at_ms IS NULL
      """,
      recording: Change("token.revoke", of: "token:\(token.id)", to: ["name": token.name]))
  }
}

extension HousekeepingTx {
  func touchToken(_ bearer: TokenBearer, from address: String, now: Instant) throws {
    try run(
      """
      UPDATE api_token SET last_used_ms = \(now), last_address = \(address)
      WHERE facility_id = \(bearer.facility) AND id = \(bearer.id)
      """)
  }
}

extension APIToken {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), person: try row.id(1), personName: try row.text(2), name: try row.text(3),
      scope: try row.text(4).split(separator: " ").map(String.init), createdAt: try row.instant(5),
      expiresAt: try row.instant(6), lastUsedAt: try row.optionalInstant(7), lastAddress: try row.text(8),
      revokedAt: try row.optionalInstant(9), revokedBy: try row.text(10))
  }
}

extension Visitor {
  fileprivate init?(bearer row: Row, _ token: TokenVisit) throws {
    guard let name = try row.optionalText(10) else { return nil }
    guard let role = Role(rawValue: name) else { throw Row.Corrupt("person.role") }
    let head = LedgerHead(
      sequence: try row.optionalInt(14) ?? 0, hash: try row.optionalText(15) ?? LedgerHead.empty.hash)
    self.init(
      account: try row.id(7), person: try row.id(8), name: try row.text(9), role: role,
      facility: try row.id(1), facilityName: try row.text(11), beds: try row.optionalInt(12), others: [],
      unread: 0, fingerprint: head.fingerprint, recordsReading: try row.bool(13), token: token,
      editions: try row.int(19))
  }
}
