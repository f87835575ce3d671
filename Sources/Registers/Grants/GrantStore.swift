public import Kernel
public import Storage
public import Web

extension Grants {
  static let migrations = [
    Migration(
      "20261122-u2-access-grant",
      [
        """
        CREATE TABLE access_grant (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, person_id TEXT NOT NULL,
          account_id TEXT NOT NULL REFERENCES account (id), role TEXT NOT NULL, reason TEXT NOT NULL,
          given_at_ms BIGINT NOT NULL, given_by TEXT NOT NULL, giver_id TEXT, until_ms BIGINT NOT NULL,
          ended_at_ms BIGINT, ended_by TEXT NOT NULL DEFAULT '', PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX access_grant_by_person ON access_grant (facility_id, person_id, until_ms)",
        "CREATE INDEX access_grant_by_account ON access_grant (account_id)",
      ]
        + Migration.confine(
          "access_grant",
          also: "OR account_id = current_setting('mamorite.account', true) \(Migration.orWide)"))
  ]
}

/// Who stands behind a user name, and who they are at their first facility.
struct KnownAccount: Sendable {
  let id: AccountID
  let name: String
}

extension ReadTx {
  /// The newest first: of one person, or of everyone.
  func grants(of person: PersonID?, _ listing: Listing) throws -> (page: [Grant], total: Int) {
    let some: SQL = if let person { "AND g.person_id = \(person)" } else { "" }
    let page = try all(
      """
      SELECT g.id, g.person_id, p.name, g.role, g.reason, g.given_at_ms, g.given_by, g.giver_id, g.until_ms,
        g.ended_at_ms, g.ended_by
      FROM access_grant g JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE g.facility_id = \(facility) \(some) ORDER BY g.id DESC LIMIT \(listing.size) OFFSET \(listing.offset)
      """, Grant.init(row:))
    return (page, try count("SELECT COUNT(*) FROM access_grant g WHERE g.facility_id = \(facility) \(some)"))
  }

  /// Those that have not ended, the first to end first.
  func liveGrants(at now: Instant) throws -> [Grant] {
    try all(
      """
      SELECT g.id, g.person_id, p.name, g.role, g.reason, g.given_at_ms, g.given_by, g.giver_id, g.until_ms,
        g.ended_at_ms, g.ended_by
      FROM access_grant g JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE g.facility_id = \(facility) AND g.ended_at_ms IS NULL AND g.until_ms > \(now)
      ORDER BY g.until_ms, g.id
      """, Grant.init(row:))
  }

  func grant(_ id: Grant.ID) throws -> Grant? {
    try first(
      """
      SELECT g.id, g.person_id, p.name, g.role, g.reason, g.given_at_ms, g.given_by, g.giver_id, g.until_ms,
        g.ended_at_ms, g.ended_by
      FROM access_grant g JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE g.facility_id = \(facility) AND g.id = \(id)
      """, Grant.init(row:))
  }

  /// Across facilities: the account of a user name with the name that its person has somewhere.
  func knownAccount(login: String) throws -> KnownAccount? {
    try first(
      """
      SELECT a.id, p.name FROM account a JOIN person p ON p.account_id = a.id
      WHERE a.login = \(login) ORDER BY p.facility_id LIMIT 1
      """
    ) { KnownAccount(id: try $0.id(0), name: try $0.text(1)) }
  }

  /// The person of this facility to whom an account is tied.
  func person(of account: AccountID) throws -> Person? {
    try first(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility) AND account_id = \(account)
      """, Person.init(row:))
  }

  /// The condition that `person p` signs in, has not left, and has one of these roles: their own, or one for a time.
  public func isInRole(_ roles: Set<Role>, at now: Instant) -> SQL {
    let named = SQL(joining: roles.map(\.rawValue).sorted().map { "\($0)" as SQL }, by: ", ")
    return """
      p.account_id IS NOT NULL AND (p.left_on IS NULL OR p.left_on >= \(now.day))
        AND (p.role IN (\(named)) OR EXISTS (
          SELECT 1 FROM access_grant g WHERE g.facility_id = \(facility) AND g.person_id = p.id
            AND g.role IN (\(named)) AND g.ended_at_ms IS NULL AND g.until_ms > \(now)))
      """
  }

  /// Everyone who could do now what these roles may.
  public func peopleInRole(_ roles: Set<Role>, at now: Instant) throws -> [PersonID] {
    try all(
      """
      SELECT p.id FROM person p WHERE p.facility_id = \(facility) AND \(isInRole(roles, at: now)) ORDER BY p.id
      """
    ) { try $0.id(0) }
  }

  /// People who sign in, for choosing one.
  func peopleWhoSignIn() throws -> [Person] {
    try all(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility) AND account_id IS NOT NULL ORDER BY name, id LIMIT 1000
      """, Person.init(row:))
  }
}

extension WriteTx {
  /// The grant; sessions of the person here end, so that what is asked of the role is asked at the next sign-in.
  func insert(_ draft: GrantDraft, _ id: Grant.ID, to person: Person, _ account: AccountID) throws {
    try apply(
      """
      INSERT INTO access_grant (facility_id, id, person_id, account_id, role, reason, given_at_ms, given_by, giver_id,
        until_ms)
      VALUES (\(facility), \(id), \(person.id), \(account), \(draft.role.rawValue), \(draft.reason),
        \(scope.now), \(scope.actor.name), \(scope.person), \(draft.until))
      """,
      recording: Change(
        "grant.give", of: "grant:\(id)",
        to: GrantFacts(name: person.name, role: draft.role, reason: draft.reason, untilAt: draft.until)))
    try housekeeping.run(
      "DELETE FROM session WHERE facility_id = \(facility) AND person_id = \(person.id)")
  }

  /// Ends a grant: by someone, or because its time has come.
  ///
  /// - Throws: `Stale` when it has ended already.
  func end(_ grant: Grant, by name: String?) throws {
    let facts = GrantFacts(
      name: grant.personName, role: grant.role, reason: grant.reason, untilAt: grant.until)
    let statement: SQL = """
      UPDATE access_grant SET ended_at_ms = \(name == nil ? grant.until : scope.now), ended_by = \(name ?? "")
      WHERE facility_id = \(facility) AND id = \(grant.id) AND ended_at_ms IS NULL
      """
    let change =
      name == nil
      ? Change("grant.expire", of: "grant:\(grant.id)", to: facts)
      : Change("grant.end", of: "grant:\(grant.id)", to: facts)
    try apply(statement, recording: change)
  }
}

/// As the ledger keeps a grant.
private struct GrantFacts: Encodable {
  let name: String
  let role: Role
  let reason: String
  let untilAt: Instant
}

extension Grant {
  fileprivate init(row: Row) throws {
    guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("access_grant.role") }
    self.init(
      id: try row.id(0), person: try row.id(1), personName: try row.text(2), role: role,
      reason: try row.text(4), givenAt: try row.instant(5), givenBy: try row.text(6),
      giver: try row.optionalID(7), until: try row.instant(8), endedAt: try row.optionalInstant(9),
      endedBy: try row.text(10))
  }
}
