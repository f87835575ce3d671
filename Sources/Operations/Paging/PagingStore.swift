import Kernel
import Storage

extension ReadTx {
  func policies() throws -> [EscalationPolicy] {
    try all("SELECT definition FROM page_policy WHERE facility_id = \(facility) ORDER BY name_key, id") {
      try PageJSON.read($0.text(0))
    }
  }

  func policy(_ id: EscalationPolicy.ID) throws -> EscalationPolicy? {
    try first("SELECT definition FROM page_policy WHERE facility_id = \(facility) AND id = \(id)") {
      try PageJSON.read($0.text(0))
    }
  }

  func policyID(named key: String) throws -> EscalationPolicy.ID? {
    try first("SELECT id FROM page_policy WHERE facility_id = \(facility) AND name_key = \(key)") {
      try $0.id(0)
    }
  }

  /// In the order in which they are asked.
  func rules() throws -> [RoutingRule] {
    try all("SELECT definition FROM page_rule WHERE facility_id = \(facility) ORDER BY position, id") {
      try PageJSON.read($0.text(0))
    }
  }

  /// What can be read of ``rules()`` and ``policies()``, for calling alone: whatever has happened to one definition, everybody
  /// else's calls go out, and its own go the standing way. The pages refuse it, so that somebody sees.
  func usableRouting() throws -> (rules: [RoutingRule], policies: [EscalationPolicy]) {
    let rules = try all(
      "SELECT definition FROM page_rule WHERE facility_id = \(facility) ORDER BY position, id"
    ) {
      try? PageJSON.read($0.text(0)) as RoutingRule
    }
    let policies = try all("SELECT definition FROM page_policy WHERE facility_id = \(facility)") {
      try? PageJSON.read($0.text(0)) as EscalationPolicy
    }
    return (rules.compactMap { $0 }, policies.compactMap { $0 })
  }

  func rulesUse(_ id: EscalationPolicy.ID) throws -> Bool {
    try count("SELECT COUNT(*) FROM page_rule WHERE facility_id = \(facility) AND policy_id = \(id)") > 0
  }

  func channels() throws -> [StoredChannel] {
    try all(
      "SELECT definition, secrets FROM page_channel WHERE facility_id = \(facility) ORDER BY name_key, id"
    ) { StoredChannel(channel: try PageJSON.read($0.text(0)), secrets: try PageJSON.read($0.text(1))) }
  }

  func channel(_ id: Channel.ID) throws -> StoredChannel? {
    try first("SELECT definition, secrets FROM page_channel WHERE facility_id = \(facility) AND id = \(id)") {
      StoredChannel(channel: try PageJSON.read($0.text(0)), secrets: try PageJSON.read($0.text(1)))
    }
  }

  func channelID(named key: String) throws -> Channel.ID? {
    try first("SELECT id FROM page_channel WHERE facility_id = \(facility) AND name_key = \(key)") {
      try $0.id(0)
    }
  }

  func pagingSetting() throws -> (setting: PagingSetting, version: Int) {
    try first("SELECT definition, version FROM page_setting WHERE facility_id = \(facility)") {
      (try PageJSON.read($0.text(0)), try $0.int(1))
    } ?? (PagingSetting(), 0)
  }

  /// The sign of life to a second place: its sealed address, when it was sent, and what was amiss then.
  func lifeSign() throws -> LifeSign? {
    try first(
      """
      SELECT signal_url, signalled_at_ms, signal_problem, signal_problem_json FROM page_setting
      WHERE facility_id = \(facility)
      """
    ) { row in
      LifeSign(
        url: try row.optionalText(0), at: try row.optionalInstant(1),
        problem: try MonitorText.problem(try row.optionalText(2), try row.optionalText(3)))
    }
  }

  func preference(of person: PersonID) throws -> (preference: PagePreference, version: Int) {
    try first(
      "SELECT definition, version FROM page_preference WHERE facility_id = \(facility) AND person_id = \(person)"
    ) { (try PageJSON.read($0.text(0)), try $0.int(1)) } ?? (PagePreference(), 0)
  }

  /// Someone who still works here, on their last day too; nil for who has left.
  func callee(_ id: PersonID, on day: Day) throws -> Callee? {
    try first(
      """
      SELECT p.name, p.mail, p.phone_day, p.phone_night, q.definition FROM person p
        LEFT JOIN page_preference q ON q.facility_id = p.facility_id AND q.person_id = p.id
      WHERE p.facility_id = \(facility) AND p.id = \(id) AND (p.left_on IS NULL OR p.left_on >= \(day))
      """
    ) { row in
      Callee(
        id: id, name: try row.text(0), mail: try row.optionalText(1), phoneDay: try row.optionalText(2),
        phoneNight: try row.optionalText(3),
        preference: try row.optionalText(4).map { try PageJSON.read($0) } ?? PagePreference())
    }
  }

  /// People whom a step can name: those who sign in, and those who can be reached.
  func callablePeople(on day: Day) throws -> [(id: PersonID, name: String)] {
    try all(
      """
      SELECT id, name FROM person WHERE facility_id = \(facility) AND (left_on IS NULL OR left_on >= \(day))
        AND (account_id IS NOT NULL OR mail IS NOT NULL OR phone_day IS NOT NULL OR phone_night IS NOT NULL)
      ORDER BY name, id LIMIT 500
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  /// Who is told of what is amiss with calls.
  func pageAdministrators(on day: Day) throws -> [PersonID] {
    try all(
      """
      SELECT id FROM person WHERE facility_id = \(facility) AND account_id IS NOT NULL AND role = 'administrator'
        AND (left_on IS NULL OR left_on >= \(day)) ORDER BY id LIMIT 50
      """
    ) { try $0.id(0) }
  }

  /// Owner and deputy of each system.
  func systemKeepers() throws -> [String: (owner: PersonID?, deputy: PersonID?)] {
    let rows = try all(
      """
      SELECT id, owner_id, deputy_id FROM system
      WHERE facility_id = \(facility) AND (owner_id IS NOT NULL OR deputy_id IS NOT NULL)
      """
    ) {
      (
        try $0.text(0),
        (owner: try $0.optionalID(1, of: PersonTag.self), deputy: try $0.optionalID(2, of: PersonTag.self))
      )
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }
}

extension WriteTx {
  func store(_ policy: EscalationPolicy, over before: EscalationPolicy?) throws {
    let change = Change(
      before == nil ? "page.policy-add" : "page.policy-change", of: "page-policy:\(policy.id)", from: before,
      to: policy)
    guard before != nil else {
      return try apply(
        """
        INSERT INTO page_policy (facility_id, id, name, name_key, definition, version)
        VALUES (\(facility), \(policy.id), \(policy.name), \(policy.name.folded), \(try PageJSON.text(policy)),
          \(policy.version))
        """, recording: change)
    }
    try apply(
      """
      UPDATE page_policy SET name = \(policy.name), name_key = \(policy.name.folded),
        definition = \(try PageJSON.text(policy)), version = \(policy.version)
      WHERE facility_id = \(facility) AND id = \(policy.id) AND version = \(policy.version - 1)
      """, recording: change)
  }

  func remove(_ policy: EscalationPolicy) throws {
    try apply(
      "DELETE FROM page_policy WHERE facility_id = \(facility) AND id = \(policy.id)",
      recording: Change(
        "page.policy-remove", of: "page-policy:\(policy.id)", from: policy, to: EscalationPolicy?.none))
  }

  func store(_ rule: RoutingRule, over before: RoutingRule?) throws {
    let change = Change(
      before == nil ? "page.rule-add" : "page.rule-change", of: "page-rule:\(rule.id)", from: before, to: rule
    )
    guard before != nil else {
      return try apply(
        """
        INSERT INTO page_rule (facility_id, id, position, policy_id, definition, version)
        VALUES (\(facility), \(rule.id), \(rule.position), \(rule.policy), \(try PageJSON.text(rule)),
          \(rule.version))
        """, recording: change)
    }
    try apply(
      """
      UPDATE page_rule SET position = \(rule.position), policy_id = \(rule.policy),
        definition = \(try PageJSON.text(rule)), version = \(rule.version)
      WHERE facility_id = \(facility) AND id = \(rule.id) AND version = \(rule.version - 1)
      """, recording: change)
  }

  func remove(_ rule: RoutingRule) throws {
    try apply(
      "DELETE FROM page_rule WHERE facility_id = \(facility) AND id = \(rule.id)",
      recording: Change("page.rule-remove", of: "page-rule:\(rule.id)", from: rule, to: RoutingRule?.none))
  }

  /// The ledger sees what a channel is, never where it leads: such an address is a secret.
  func store(_ channel: Channel, secrets: [String: String], over before: Channel?) throws {
    let change = Change(
      before == nil ? "page.channel-add" : "page.channel-change", of: "page-channel:\(channel.id)",
      from: before, to: channel)
    guard before != nil else {
      return try apply(
        """
        INSERT INTO page_channel (facility_id, id, name, name_key, definition, secrets, version)
        VALUES (\(facility), \(channel.id), \(channel.name), \(channel.name.folded),
          \(try PageJSON.text(channel)), \(try PageJSON.text(secrets)), \(channel.version))
        """, recording: change)
    }
    try apply(
      """
      UPDATE page_channel SET name = \(channel.name), name_key = \(channel.name.folded),
        definition = \(try PageJSON.text(channel)), secrets = \(try PageJSON.text(secrets)),
        version = \(channel.version)
      WHERE facility_id = \(facility) AND id = \(channel.id) AND version = \(channel.version - 1)
      """, recording: change)
  }

  func remove(_ channel: Channel) throws {
    try apply(
      "DELETE FROM page_channel WHERE facility_id = \(facility) AND id = \(channel.id)",
      recording: Change(
        "page.channel-remove", of: "page-channel:\(channel.id)", from: channel, to: Channel?.none))
  }

  /// - Parameter url: the sealed address of a sign of life; nil takes it away.
  func store(_ setting: PagingSetting, url: String?, over before: PagingSetting, version: Int) throws {
    guard try pagingSetting().version == version else { throw Stale() }
    try apply(
      """
      INSERT INTO page_setting (facility_id, definition, signal_url, version)
      VALUES (\(facility), \(try PageJSON.text(setting)), \(url), \(version + 1))
      ON CONFLICT (facility_id) DO UPDATE SET definition = excluded.definition, signal_url = excluded.signal_url,
        version = excluded.version
      """,
      recording: Change("page.setting", of: "page-setting:\(facility)", from: before, to: setting))
  }

  func noteLifeSign(_ problem: (any Problem)?) throws {
    try housekeeping.run(
      """
      UPDATE page_setting SET signalled_at_ms = \(scope.now), signal_problem = \(problem?.code),
        signal_problem_json = \(try problem.map { try MonitorText.json($0.arguments) })
      WHERE facility_id = \(facility)
      """)
  }

  func store(_ preference: PagePreference, of person: PersonID, over before: PagePreference, version: Int)
    throws
  {
    guard try self.preference(of: person).version == version else { throw Stale() }
    try apply(
      """
      INSERT INTO page_preference (facility_id, person_id, definition, version)
      VALUES (\(facility), \(person), \(try PageJSON.text(preference)), \(version + 1))
      ON CONFLICT (facility_id, person_id) DO UPDATE SET definition = excluded.definition, version = excluded.version
      """,
      recording: Change("page.preference", of: "person:\(person)", from: before, to: preference))
  }
}

/// What is known of the last sign of life.
struct LifeSign: Sendable {
  let url: String?
  let at: Instant?
  let problem: StoredMonitor.StoredProblem?
}

extension EscalationPolicy: Plausible {}
extension PagePlan: Plausible {}
extension PagingSetting: Plausible {}
extension RoutingRule: Plausible {}

/// Values as they lie in columns, and as they are sent to rooms.
enum PageJSON {
  static func text(_ value: some Encodable) throws -> String { try ColumnJSON.text(value) }
  static func read<Value: Decodable>(_ text: String) throws -> Value { try ColumnJSON.read(text) }
}
