import Kernel
import Storage
import Web

/// What a sign-in waits for between the password and the session.
struct SignInStep: Sendable {
  enum Kind: String, Sendable {
    /// The code of a second factor.
    case code
    /// Setting up the second factor that is demanded.
    case setup
  }

  let account: AccountID
  let kind: Kind
}

/// A person who signs in, as the board lists them.
struct FactorRow: Sendable {
  let person: PersonID
  let name: String
  let department: String
  let role: Role
  /// When the first of the confirmed factors was set up; nil without one.
  let since: Instant?
  let recoveryLeft: Int
}

/// A role on the board: what is asked of it, how many sign in, and how many of them lack a second factor.
struct RolePolicy: Sendable {
  let role: Role
  var policy = FactorPolicy.initial
  /// 0 while nothing has been decided.
  var version = 0
  var people = 0
  var lacking = 0
}

extension ReadTx {
  func factorStanding(of account: AccountID) throws -> FactorStanding? {
    guard let login = try login(of: account) else { return nil }
    return FactorStanding(
      login: login, factors: try factors(of: account), recoveryLeft: try recoveryLeft(of: account),
      policies: try factorPolicies(of: account))
  }

  private func factors(of account: AccountID) throws -> [Factor] {
    try all(
      """
      SELECT id, kind, name, secret, counter, created_at_ms, confirmed_at_ms, last_used_ms, credential_id,
        party_id, copied_at_ms
      FROM account_factor WHERE account_id = \(account) ORDER BY created_at_ms, id
      """
    ) { try Factor($0) }
  }

  private func recoveryLeft(of account: AccountID) throws -> Int {
    try count(
      "SELECT COUNT(*) FROM account_recovery WHERE account_id = \(account) AND used_at_ms IS NULL")
  }

  /// What the facilities ask of the account's people, one for each, and for each role that they have for a time.
  private func factorPolicies(of account: AccountID) throws -> [FactorPolicy] {
    try all(
      """
      SELECT q.mode, q.from_day FROM person p
        LEFT JOIN factor_policy q ON q.facility_id = p.facility_id AND q.role = p.role
      WHERE p.account_id = \(account)
      UNION ALL
      SELECT q.mode, q.from_day FROM access_grant g
        JOIN factor_policy q ON q.facility_id = g.facility_id AND q.role = g.role
      WHERE g.account_id = \(account) AND g.ended_at_ms IS NULL
      """
    ) { try FactorPolicy(mode: try $0.optionalText(0), from: try $0.optionalDay(1)) }
  }

  /// The same of one facility, whichever the transaction is at.
  func factorPolicies(of account: AccountID, at place: FacilityID) throws -> [FactorPolicy] {
    try all(
      """
      SELECT q.mode, q.from_day FROM person p
        LEFT JOIN factor_policy q ON q.facility_id = p.facility_id AND q.role = p.role
      WHERE p.facility_id = \(place) AND p.account_id = \(account)
      UNION ALL
      SELECT q.mode, q.from_day FROM access_grant g
        JOIN factor_policy q ON q.facility_id = g.facility_id AND q.role = g.role
      WHERE g.facility_id = \(place) AND g.account_id = \(account) AND g.ended_at_ms IS NULL
      """
    ) { try FactorPolicy(mode: try $0.optionalText(0), from: try $0.optionalDay(1)) }
  }

  func confirmedFactors(of account: AccountID) throws -> Int {
    try count(
      "SELECT COUNT(*) FROM account_factor WHERE account_id = \(account) AND confirmed_at_ms IS NOT NULL")
  }

  func signInStep(_ hash: String, now: Instant) throws -> SignInStep? {
    try first(
      "SELECT account_id, kind FROM sign_in_step WHERE token_hash = \(hash) AND expires_at_ms > \(now)"
    ) { row in
      guard let kind = SignInStep.Kind(rawValue: try row.text(1)) else {
        throw Row.Corrupt("sign_in_step.kind")
      }
      return SignInStep(account: try row.id(0), kind: kind)
    }
  }

  /// Every role with its policy and its numbers, in two statements.
  func rolePolicies() throws -> [RolePolicy] {
    var roles = Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0, RolePolicy(role: $0)) })
    let stored = try all(
      "SELECT role, mode, from_day, version FROM factor_policy WHERE facility_id = \(facility)"
    ) { (try $0.text(0), try FactorPolicy(mode: try $0.text(1), from: try $0.optionalDay(2)), try $0.int(3)) }
    for (name, policy, version) in stored {
      guard let role = Role(rawValue: name) else { throw Row.Corrupt("factor_policy.role") }
      roles[role]?.policy = policy
      roles[role]?.version = version
    }
    let numbers = try all(
      """
      SELECT role, COUNT(*), COUNT(CASE WHEN \(lacks) THEN 1 END) FROM person p
      WHERE p.facility_id = \(facility) AND p.account_id IS NOT NULL GROUP BY role
      """
    ) { (try $0.text(0), try $0.int(1), try $0.int(2)) }
    for (name, people, lacking) in numbers {
      guard let role = Role(rawValue: name) else { throw Row.Corrupt("person.role") }
      roles[role]?.people = people
      roles[role]?.lacking = lacking
    }
    return Role.allCases.compactMap { roles[$0] }
  }

  /// People who sign in, those without a second factor first; and how many there are.
  func factorRows(_ listing: Listing, lackingOnly: Bool) throws -> (page: [FactorRow], total: Int) {
    let further: SQL = lackingOnly ? "AND \(lacks)" : ""
    let page = try all(
      """
      SELECT p.id, p.name, p.department, p.role,
        (SELECT MIN(f.confirmed_at_ms) FROM account_factor f WHERE f.account_id = p.account_id),
        (SELECT COUNT(*) FROM account_recovery r WHERE r.account_id = p.account_id AND r.used_at_ms IS NULL)
      FROM person p WHERE p.facility_id = \(facility) AND p.account_id IS NOT NULL \(further)
      ORDER BY CASE WHEN \(lacks) THEN 0 ELSE 1 END, p.name, p.id
      LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("person.role") }
      return FactorRow(
        person: try row.id(0), name: try row.text(1), department: try row.text(2), role: role,
        since: try row.optionalInstant(4), recoveryLeft: try row.int(5))
    }
    let total = try count(
      """
      SELECT COUNT(*) FROM person p WHERE p.facility_id = \(facility) AND p.account_id IS NOT NULL \(further)
      """)
    return (page, total)
  }

  private var lacks: SQL {
    """
    NOT EXISTS (SELECT 1 FROM account_factor f
      WHERE f.account_id = p.account_id AND f.confirmed_at_ms IS NOT NULL)
    """
  }
}

extension Factor {
  /// From eleven columns.
  init(_ row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(1)) else { throw Row.Corrupt("account_factor.kind") }
    self.init(
      id: try row.id(0), kind: kind, name: try row.text(2), secret: try row.text(3), counter: try row.int(4),
      createdAt: try row.instant(5), confirmedAt: try row.optionalInstant(6),
      lastUsedAt: try row.optionalInstant(7))
    if let credential = try row.optionalText(8) {
      passkey = Passkey(
        credential: credential, party: try row.optionalText(9) ?? "",
        copiedAt: try row.optionalInstant(10))
    }
  }
}

extension FactorPolicy {
  /// - Parameter mode: nil where nothing has been decided.
  init(mode: String?, from: Day?) throws {
    guard let mode else {
      self = .initial
      return
    }
    guard let known = Mode(rawValue: mode) else { throw Row.Corrupt("factor_policy.mode") }
    self.init(mode: known, from: from)
  }
}

extension HousekeepingTx {
  func beginStep(_ kind: SignInStep.Kind, token: String, account: AccountID, now: Instant) throws {
    try run("DELETE FROM sign_in_step WHERE expires_at_ms <= \(now)")
    try run(
      """
      INSERT INTO sign_in_step (token_hash, account_id, kind, expires_at_ms) VALUES (\(Secret.hash(token)),
        \(account), \(kind.rawValue), \(now.adding(milliseconds: Accounts.stepMs)))
      """)
  }

  func endStep(_ hash: String) throws { try run("DELETE FROM sign_in_step WHERE token_hash = \(hash)") }

  /// Adds a factor that counts for nothing yet, in place of an earlier one of that sort.
  func insertUnconfirmed(_ factor: Factor, of account: AccountID) throws {
    try run("DELETE FROM account_factor WHERE account_id = \(account) AND confirmed_at_ms IS NULL")
    try run(
      """
      INSERT INTO account_factor (account_id, id, kind, name, secret, counter, created_at_ms)
      VALUES (\(account), \(factor.id), \(factor.kind.rawValue), \(factor.name), \(factor.secret), 0,
        \(factor.createdAt))
      """)
  }

  /// Moves a factor's counter up. False when it stands there already: the code has been used, perhaps just now.
  func advance(_ factor: FactorID, of account: AccountID, to counter: Int, now: Instant) throws -> Bool {
    try run(
      """
      UPDATE account_factor SET counter = \(counter), last_used_ms = \(now)
      WHERE account_id = \(account) AND id = \(factor) AND counter < \(counter)
      """) == 1
  }

  /// False when the code is none of the account's, or has been used.
  func useRecoveryCode(_ hash: String, of account: AccountID, now: Instant) throws -> Bool {
    try run(
      """
      UPDATE account_recovery SET used_at_ms = \(now)
      WHERE account_id = \(account) AND code_hash = \(hash) AND used_at_ms IS NULL
      """) == 1
  }

  /// In place of all earlier ones.
  func setRecoveryCodes(_ hashes: [String], of account: AccountID) throws {
    try run("DELETE FROM account_recovery WHERE account_id = \(account)")
    for hash in hashes {
      try run("INSERT INTO account_recovery (account_id, code_hash) VALUES (\(account), \(hash))")
    }
  }
}

extension WriteTx {
  /// - Throws: `Stale` when it has been confirmed or replaced in the meantime.
  func confirm(_ factor: Factor, of account: AccountID, person: PersonID, step: Int) throws {
    try apply(
      """
      UPDATE account_factor SET confirmed_at_ms = \(scope.now), counter = \(step)
      WHERE account_id = \(account) AND id = \(factor.id) AND confirmed_at_ms IS NULL
      """,
      recording: Change(
        "account.factor-add", of: "person:\(person)", to: ["kind": factor.kind.rawValue, "name": factor.name])
    )
  }

  func remove(_ factor: Factor, of account: AccountID, person: PersonID) throws {
    try apply(
      "DELETE FROM account_factor WHERE account_id = \(account) AND id = \(factor.id)",
      recording: Change(
        "account.factor-remove", of: "person:\(person)",
        from: ["kind": factor.kind.rawValue, "name": factor.name], to: [String: String]?.none))
  }

  /// All factors, recovery codes and sessions of an account. The entry stands in this facility's ledger.
  func removeFactors(of account: AccountID, person: PersonID, _ removed: [Factor]) throws {
    try housekeeping.setRecoveryCodes([], of: account)
    try housekeeping.endSessions(of: account, but: nil)
    try housekeeping.run("DELETE FROM account_factor WHERE account_id = \(account)")
    try apply(
      [],
      recording: Change(
        "account.factors-reset", of: "person:\(person)",
        from: ["factors": removed.map(\.kind.rawValue).joined(separator: " ")], to: [String: String]?.none))
  }

  /// - Throws: `Stale` when someone else was faster.
  func replace(_ before: RolePolicy, with after: FactorPolicy) throws {
    let statement: SQL =
      before.version == 0
      ? """
      INSERT INTO factor_policy (facility_id, role, mode, from_day, version)
      VALUES (\(facility), \(before.role.rawValue), \(after.mode.rawValue), \(after.from), 1)
      ON CONFLICT (facility_id, role) DO NOTHING
      """
      : """
      UPDATE factor_policy SET mode = \(after.mode.rawValue), from_day = \(after.from), version = version + 1
      WHERE facility_id = \(facility) AND role = \(before.role.rawValue) AND version = \(before.version)
      """
    try apply(
      statement,
      recording: Change(
        "account.factor-policy", of: "factor-policy:\(before.role.rawValue)", from: before.policy.facts,
        to: after.facts))
  }
}

extension FactorPolicy {
  /// As the ledger keeps it.
  fileprivate var facts: [String: String] {
    var facts = ["mode": mode.rawValue]
    if let from { facts["from"] = from.description }
    return facts
  }
}
