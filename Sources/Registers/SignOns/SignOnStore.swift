import Identity
import Kernel
import Storage
import Web

extension SignOns {
  static let migrations = [
    Migration(
      "20261122-g2-sign-on",
      [
        """
        CREATE TABLE open_id_provider (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), issuer TEXT NOT NULL,
          client TEXT NOT NULL, secret TEXT NOT NULL, label TEXT NOT NULL, login_claim TEXT NOT NULL,
          group_claim TEXT, groups_json TEXT NOT NULL, factor_values TEXT NOT NULL, is_on BOOLEAN NOT NULL,
          version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE open_id_identity (
          facility_id TEXT NOT NULL REFERENCES facility (id), person_id TEXT NOT NULL, issuer TEXT NOT NULL,
          subject TEXT, name TEXT, bound_at_ms BIGINT, PRIMARY KEY (facility_id, person_id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        """
        CREATE UNIQUE INDEX open_id_identity_by_subject ON open_id_identity (facility_id, issuer, subject)
        """,
        """
        CREATE TABLE open_id_step (
          facility_id TEXT NOT NULL REFERENCES facility (id), state_hash TEXT NOT NULL,
          token_hash TEXT NOT NULL, purpose TEXT NOT NULL, person_id TEXT, next TEXT NOT NULL,
          expires_at_ms BIGINT NOT NULL, PRIMARY KEY (facility_id, state_hash)
        )
        """,
        "CREATE INDEX open_id_step_by_state ON open_id_step (state_hash)",
        "CREATE INDEX open_id_step_by_end ON open_id_step (expires_at_ms)",
      ] + Migration.confine("open_id_provider", also: Migration.orWide)
        + Migration.confine("open_id_identity") + Migration.confine("open_id_step", also: Migration.orWide))
  ]
}

/// A provider or a directory on the sign-in page.
struct SignOnDoor: Sendable {
  let facility: FacilityID
  let label: String
  /// Whether a password is typed here that the facility's directory knows.
  let isDirectory: Bool
}

extension ReadTx {
  func signOnSetting() throws -> SignOnSetting? {
    try first(
      """
      SELECT issuer, client, secret, label, login_claim, group_claim, groups_json, factor_values, is_on, version
      FROM open_id_provider WHERE facility_id = \(facility)
      """
    ) { row in
      let stored: [String: String] = try ColumnJSON.read(try row.text(6))
      let groups = stored.reduce(into: [Role: String]()) { all, pair in
        if let role = Role(rawValue: pair.key) { all[role] = pair.value }
      }
      return SignOnSetting(
        issuer: try row.text(0), client: try row.text(1), secret: try row.text(2), label: try row.text(3),
        loginClaim: try row.text(4), groupClaim: try row.optionalText(5), groups: groups,
        factorValues: try row.text(7).split(separator: " ").map(String.init), isOn: try row.bool(8),
        version: try row.int(9))
    }
  }

  /// Every provider and directory that is on, for the sign-in page, which belongs to no facility.
  func signOnDoors() throws -> [SignOnDoor] {
    try all(
      """
      SELECT facility_id, label, 0 AS is_directory FROM open_id_provider WHERE is_on
      UNION ALL SELECT facility_id, label, 1 FROM directory_server WHERE is_on
      ORDER BY label, facility_id LIMIT 20
      """
    ) { SignOnDoor(facility: try $0.id(0), label: try $0.text(1), isDirectory: try $0.int(2) == 1) }
  }

  /// What is on at this facility: false for its provider, true for its directory.
  func ownSignOnDoors() throws -> [Bool] {
    try all(
      """
      SELECT 0 AS is_directory FROM open_id_provider WHERE facility_id = \(facility) AND is_on
      UNION ALL SELECT 1 FROM directory_server WHERE facility_id = \(facility) AND is_on
      """
    ) { try $0.int(0) == 1 }
  }

  /// Those that a token could be about: bound to its subject, or expected under its name.
  func signOnIdentities(issuer: String, subject: String?, name: String?) throws -> [SignOnIdentity] {
    try all(
      """
      SELECT i.person_id, p.name, i.issuer, i.subject, i.name, i.bound_at_ms FROM open_id_identity i
        JOIN person p ON p.facility_id = i.facility_id AND p.id = i.person_id
      WHERE i.facility_id = \(facility) AND i.issuer = \(issuer)
        AND (i.subject = \(subject ?? "") OR (i.subject IS NULL AND i.name = \(name ?? "")))
      ORDER BY i.person_id
      """, SignOnIdentity.init(row:))
  }

  func signOnIdentity(of person: PersonID) throws -> SignOnIdentity? {
    try first(
      """
      SELECT i.person_id, p.name, i.issuer, i.subject, i.name, i.bound_at_ms FROM open_id_identity i
        JOIN person p ON p.facility_id = i.facility_id AND p.id = i.person_id
      WHERE i.facility_id = \(facility) AND i.person_id = \(person)
      """, SignOnIdentity.init(row:))
  }

  func signOnIdentities(limit: Int) throws -> [SignOnIdentity] {
    try all(
      """
      SELECT i.person_id, p.name, i.issuer, i.subject, i.name, i.bound_at_ms FROM open_id_identity i
        JOIN person p ON p.facility_id = i.facility_id AND p.id = i.person_id
      WHERE i.facility_id = \(facility) ORDER BY p.name, p.id LIMIT \(limit)
      """, SignOnIdentity.init(row:))
  }

  /// People who sign in, for choosing one by name.
  func signOnPeople(limit: Int) throws -> [(id: PersonID, name: String)] {
    try all(
      """
      SELECT id, name FROM person WHERE facility_id = \(facility) AND account_id IS NOT NULL
      ORDER BY name, id LIMIT \(limit)
      """
    ) { (id: try $0.id(0), name: try $0.text(1)) }
  }
}

extension SignOnIdentity {
  init(row: Row) throws {
    self.init(
      person: try row.id(0), personName: try row.text(1), issuer: try row.text(2),
      subject: try row.optionalText(3), name: try row.optionalText(4), boundAt: try row.optionalInstant(5))
  }
}

extension HousekeepingTx {
  func begin(_ step: SignOnStep, state: String, browser: String, now: Instant) throws {
    try run("DELETE FROM open_id_step WHERE facility_id = \(step.facility) AND expires_at_ms <= \(now)")
    try run(
      """
      INSERT INTO open_id_step (facility_id, state_hash, token_hash, purpose, person_id, next, expires_at_ms)
      VALUES (\(step.facility), \(state), \(browser), \(step.purpose.rawValue), \(step.person), \(step.next),
        \(now.adding(milliseconds: SignOns.stepMs)))
      """)
  }

  /// The step of a state, which is used up by it; nil for another browser's, an old one, and one that was used.
  func takeStep(state: String, browser: String, now: Instant) throws -> SignOnStep? {
    let steps = try all(
      """
      DELETE FROM open_id_step
      WHERE state_hash = \(state) AND token_hash = \(browser) AND expires_at_ms > \(now)
      RETURNING facility_id, purpose, person_id, next
      """
    ) { row in
      guard let purpose = SignOnStep.Purpose(rawValue: try row.text(1)) else {
        throw Row.Corrupt("open_id_step.purpose")
      }
      return SignOnStep(
        facility: try row.id(0), purpose: purpose, person: try row.optionalID(2), next: try row.text(3))
    }
    return steps.first
  }
}

extension WriteTx {
  func replace(_ before: SignOnSetting?, with after: SignOnSetting) throws {
    let named = after.groups.map { ($0.key.rawValue, $0.value) }
    let groups = try ColumnJSON.text(Dictionary(uniqueKeysWithValues: named))
    let factors = after.factorValues.joined(separator: " ")
    let change = Change(
      "sign-on.provider", of: "open-id-provider:\(facility)", from: before?.facts, to: after.facts)
    guard let before else {
      return try apply(
        """
        INSERT INTO open_id_provider (facility_id, issuer, client, secret, label, login_claim, group_claim,
          groups_json, factor_values, is_on, version)
        VALUES (\(facility), \(after.issuer), \(after.client), \(after.secret), \(after.label),
          \(after.loginClaim), \(after.groupClaim), \(groups), \(factors), \(after.isOn), \(after.version))
        ON CONFLICT (facility_id) DO NOTHING
        """, recording: change)
    }
    try apply(
      """
      UPDATE open_id_provider SET issuer = \(after.issuer), client = \(after.client), secret = \(after.secret),
        label = \(after.label), login_claim = \(after.loginClaim), group_claim = \(after.groupClaim),
        groups_json = \(groups), factor_values = \(factors), is_on = \(after.isOn), version = \(after.version)
      WHERE facility_id = \(facility) AND version = \(before.version)
      """, recording: change)
  }

  func remove(_ before: SignOnSetting) throws {
    try apply(
      "DELETE FROM open_id_provider WHERE facility_id = \(facility) AND version = \(before.version)",
      recording: Change(
        "sign-on.provider-remove", of: "open-id-provider:\(facility)", from: before.facts,
        to: [String: String]?.none))
  }

  /// In the place of what stood there for the person.
  private func put(
    _ person: PersonID, issuer: String, subject: String?, name: String?, over before: SignOnIdentity?,
    _ action: StaticString
  ) throws {
    var facts = ["issuer": issuer]
    facts["subjectID"] = subject
    facts["externalName"] = name
    let bound: Instant? = subject == nil ? nil : scope.now
    try apply(
      """
      INSERT INTO open_id_identity (facility_id, person_id, issuer, subject, name, bound_at_ms)
      VALUES (\(facility), \(person), \(issuer), \(subject), \(name), \(bound))
      ON CONFLICT (facility_id, person_id) DO UPDATE SET issuer = excluded.issuer,
        subject = excluded.subject, name = excluded.name, bound_at_ms = excluded.bound_at_ms
      """, recording: Change(action, of: "person:\(person)", from: before?.facts, to: facts))
  }

  func bind(_ person: PersonID, to word: ExternalWord, over before: SignOnIdentity?) throws {
    try put(
      person, issuer: word.issuer, subject: word.subject, name: word.name, over: before, "sign-on.bind")
    try housekeeping.post(
      Message(
        cause: "sign-on-bind:\(scope.now.milliseconds)", recipient: person, step: 0, key: "signon.bound",
        arguments: [word.issuer], link: "/account/identity"))
  }

  func expect(_ person: PersonID, issuer: String, name: String, over before: SignOnIdentity?) throws {
    try put(person, issuer: issuer, subject: nil, name: name, over: before, "sign-on.expect")
  }

  func unbind(_ before: SignOnIdentity) throws {
    try apply(
      "DELETE FROM open_id_identity WHERE facility_id = \(facility) AND person_id = \(before.person)",
      recording: Change(
        "sign-on.unbind", of: "person:\(before.person)", from: before.facts, to: [String: String]?.none))
  }
}

extension SignOnSetting {
  /// As the ledger keeps it: without the secret.
  fileprivate var facts: [String: String] {
    var facts = [
      "issuer": issuer, "client": client, "name": label, "loginClaim": loginClaim,
      "isOn": isOn ? "yes" : "no",
      "factorValues": factorValues.joined(separator: " "),
    ]
    facts["groupClaim"] = groupClaim
    for (role, group) in groups { facts["group.\(role.rawValue)"] = group }
    return facts
  }
}

extension SignOnIdentity {
  fileprivate var facts: [String: String] {
    var facts = ["issuer": issuer]
    facts["subjectID"] = subject
    facts["externalName"] = name
    return facts
  }
}
