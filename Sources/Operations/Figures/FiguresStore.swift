import Kernel
import Storage

/// An alert as the figures see it.
struct CountedAlert: Sendable {
  let monitor: Monitor.ID
  let name: String
  let openedAt: Instant
  let acknowledgedAt: Instant?
  let resolvedAt: Instant?
}

extension ServiceGoal: Plausible {}

/// A system of the register with its goal.
struct GoalSystem: Sendable {
  let id: String
  let name: String
  let impact: String?
  let hasKeeper: Bool
  let goal: ServiceGoal?
}

/// What calls there were, by the hours in which they came.
struct CallFigures: Sendable {
  var calls: [HourKind: Int] = [:]
  /// Steps that had nobody.
  var nobody = 0
  var hours = BusinessHours()
  var policies: [EscalationPolicy] = []
  var rotas: [Rota] = []
}

/// Everything that the figures are made of.
struct FiguresFacts: Sendable {
  var calls = CallFigures()
  /// The newest first.
  var alerts: [CountedAlert] = []
  /// Of each monitor the system for which it speaks.
  var monitors: [String?] = []
  /// Systems that have a job which backs them up.
  var backed: Set<String> = []
  /// By their key.
  var systems: [GoalSystem] = []
  /// By system and monitor: what was counted of systems for which all hours count.
  var always: [String: [String: Tally]] = [:]
  /// The days of monitors of the others.
  var business: [BusinessDay] = []
  var overrides: [RotaOverride] = []
  var leaves: [Leave] = []
  /// The last day of those who leave or have left.
  var leaving: [PersonID: Day] = [:]

  struct BusinessDay: Sendable {
    let system: String
    let monitor: String
    let day: Day
    let hours: [UInt8]
    let whole: Tally
  }
}

extension ReadTx {
  /// In one statement, as a report has room for no more. Rows come in any order: each says what it is.
  ///
  /// - Parameters:
  ///   - moment: calls and alerts from then on.
  ///   - day: results from then on.
  ///   - span: what changes rotas within it.
  func figuresFacts(since moment: Instant, from day: Day, ahead span: Window) throws -> FiguresFacts {
    let none: [UInt8] = []
    var facts = FiguresFacts()
    var systems: [(rank: Int, system: GoalSystem)] = []
    _ = try all(
      """
      SELECT 'day' AS part, m.system_id, d.monitor_id, d.day, g.definition, '', 0, 0, 0, COALESCE(d.hours, \(none)), d.whole
        FROM monitor_day d JOIN monitor m ON m.facility_id = d.facility_id AND m.id = d.monitor_id
          LEFT JOIN service_goal g ON g.facility_id = m.facility_id AND g.system_id = m.system_id
        WHERE d.facility_id = \(facility) AND d.day >= \(day) AND m.system_id IS NOT NULL AND NOT m.is_backup
      UNION ALL SELECT 'call', c.hours, '', '', '', '', COUNT(DISTINCT c.letter_id), 0, 0, NULL, NULL FROM page_call c
          JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
        WHERE c.facility_id = \(facility) AND c.at_ms >= \(moment) AND NOT p.is_quiet AND \(Self.isOfPerson)
        GROUP BY c.hours
      UNION ALL SELECT 'nobody', '', '', '', '', '', COUNT(*), 0, 0, NULL, NULL FROM page_finding
        WHERE facility_id = \(facility) AND at_ms >= \(moment) AND kind = 'nobody'
      UNION ALL SELECT 'setting', definition, '', '', '', '', 0, 0, 0, NULL, NULL FROM page_setting
        WHERE facility_id = \(facility)
      UNION ALL SELECT 'policy', definition, '', '', '', '', 0, 0, 0, NULL, NULL FROM page_policy
        WHERE facility_id = \(facility)
      UNION ALL SELECT 'rota', definition, '', '', '', '', 0, 0, 0, NULL, NULL FROM oncall_rota
        WHERE facility_id = \(facility)
      UNION ALL SELECT 'alert', t.monitor_id, t.name, '', '', '', t.opened_at_ms, t.acknowledged_at_ms, t.resolved_at_ms,
          NULL, NULL
        FROM (SELECT a.monitor_id, a.name, a.opened_at_ms, a.acknowledged_at_ms, a.resolved_at_ms FROM monitor_alert a
            LEFT JOIN page p ON p.facility_id = a.facility_id AND p.alert_id = a.id
          WHERE a.facility_id = \(facility) AND a.opened_at_ms >= \(moment) AND a.grade = 'down'
            AND a.told_at_ms IS NOT NULL AND (p.is_quiet IS NULL OR NOT p.is_quiet)
          ORDER BY a.opened_at_ms DESC, a.id LIMIT 20000) t
      UNION ALL SELECT 'monitor', system_id, '', '', '', '', CASE WHEN is_backup THEN 1 ELSE 0 END, 0, 0, NULL, NULL
        FROM monitor WHERE facility_id = \(facility)
      UNION ALL SELECT 'system', s.id, s.name, s.impact, g.definition, '',
          CASE WHEN s.owner_id IS NOT NULL OR s.deputy_id IS NOT NULL THEN 1 ELSE 0 END,
          ROW_NUMBER() OVER (ORDER BY s.key_text, s.id), 0, NULL, NULL
        FROM system s LEFT JOIN service_goal g ON g.facility_id = s.facility_id AND g.system_id = s.id
        WHERE s.facility_id = \(facility)
      UNION ALL SELECT 'override', id, rota_id, layer, whom, by_member, from_ms, until_ms, 0, NULL, NULL
        FROM oncall_override WHERE facility_id = \(facility) AND until_ms > \(span.from) AND from_ms < \(span.until)
      UNION ALL SELECT 'leave', id, person_id, '', '', '', from_ms, until_ms, 0, NULL, NULL
        FROM oncall_leave WHERE facility_id = \(facility) AND until_ms > \(span.from) AND from_ms < \(span.until)
      UNION ALL SELECT 'leaving', id, left_on, '', '', '', 0, 0, 0, NULL, NULL
        FROM person WHERE facility_id = \(facility) AND left_on IS NOT NULL AND left_on < \(span.until.day)
      """
    ) { row in
      if try row.text(0) == "system" {
        systems.append((try row.int(7), try GoalSystem(row)))
      } else {
        try facts.take(row)
      }
    }
    facts.systems = systems.sorted { $0.rank < $1.rank }.map(\.system)
    facts.alerts.sort { $0.openedAt > $1.openedAt }
    facts.calls.rotas.sort { ($0.name.folded, $0.id) < ($1.name.folded, $1.id) }
    return facts
  }

  func serviceGoal(of system: String) throws -> ServiceGoal? {
    try first("SELECT definition FROM service_goal WHERE facility_id = \(facility) AND system_id = \(system)")
    {
      try PageJSON.read(try $0.text(0))
    }
  }

  /// Of `page_call c`: what went to the inbox alone or to a chat's room is no call of a person.
  private static var isOfPerson: SQL { "c.recipient <> 'nobody' AND c.recipient NOT LIKE 'channel:%'" }

  /// Calls of people since `moment` by the hours in which they came, over all facilities.
  func callsByHours(since moment: Instant) throws -> [HourKind: Int] {
    let rows = try all(
      """
      SELECT c.hours, COUNT(DISTINCT c.letter_id) FROM page_call c
        JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
      WHERE c.at_ms >= \(moment) AND c.facility_id IS NOT NULL AND NOT p.is_quiet AND \(Self.isOfPerson)
      GROUP BY c.hours
      """
    ) { (HourKind(rawValue: try $0.text(0)), try $0.int(1)) }
    return Dictionary(rows.compactMap { pair in pair.0.map { ($0, pair.1) } }, uniquingKeysWith: +)
  }

  /// How long it took until somebody took it on, and until it worked again, of what stopped since `moment` and of which people were
  /// told, over all facilities; of the last five thousand.
  func outageTimes(since moment: Instant) throws -> (toAcknowledge: [Int64], toRestore: [Int64]) {
    let rows = try all(
      """
      SELECT a.opened_at_ms, a.acknowledged_at_ms, a.resolved_at_ms FROM monitor_alert a
        LEFT JOIN page p ON p.facility_id = a.facility_id AND p.alert_id = a.id
      WHERE a.opened_at_ms >= \(moment) AND a.facility_id IS NOT NULL AND a.grade = 'down' AND a.told_at_ms IS NOT NULL
        AND (p.is_quiet IS NULL OR NOT p.is_quiet)
      ORDER BY a.opened_at_ms DESC LIMIT 5000
      """
    ) { (try $0.instant(0), try $0.optionalInstant(1), try $0.optionalInstant(2)) }
    func times(_ ends: [(Instant, Instant?)]) -> [Int64] {
      ends.compactMap { start, end in end.map { $0.milliseconds - start.milliseconds } }
    }
    return (times(rows.map { ($0.0, $0.1) }), times(rows.map { ($0.0, $0.2) }))
  }
}

extension GoalSystem {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row.text(1), name: try row.text(2), impact: try row.optionalText(3),
      hasKeeper: try row.int(6) == 1,
      goal: try row.optionalText(4).map { try PageJSON.read($0) })
  }
}

extension FiguresFacts {
  fileprivate mutating func take(_ row: Row) throws {
    switch try row.text(0) {
    case "day": try takeDay(row)
    case "call": if let hours = HourKind(rawValue: try row.text(1)) { calls.calls[hours] = try row.int(6) }
    case "nobody": calls.nobody = try row.int(6)
    case "setting":
      let setting: PagingSetting = try PageJSON.read(try row.text(1))
      calls.hours = setting.hours
    case "policy": calls.policies.append(try PageJSON.read(try row.text(1)))
    case "rota": calls.rotas.append(try OnCallJSON.read(Rota.self, try row.text(1)))
    case "alert":
      alerts.append(
        CountedAlert(
          monitor: try row.id(1), name: try row.text(2), openedAt: try row.instant(6),
          acknowledgedAt: try row.optionalInstant(7), resolvedAt: try row.optionalInstant(8)))
    case "monitor":
      let system = try row.optionalText(1)
      monitors.append(system)
      if let system, try row.int(6) == 1 { backed.insert(system) }
    default: try takeChange(row)
    }
  }

  /// All hours are merged at once; those of business wait until it is known when that is.
  private mutating func takeDay(_ row: Row) throws {
    var reader = ByteReader(try row.blob(10))
    guard let day = try row.optionalDay(3), let whole = Tally(&reader) else {
      throw Row.Corrupt("monitor_day")
    }
    let (system, monitor) = (try row.text(1), try row.text(2))
    let goal: ServiceGoal? = try row.optionalText(4).map { try PageJSON.read($0) }
    guard goal?.hours == .business else {
      return always[system, default: [:]][monitor, default: Tally()].merge(
        whole.told(over: DayTally.seconds))
    }
    business.append(
      BusinessDay(system: system, monitor: monitor, day: day, hours: try row.blob(9), whole: whole))
  }

  private mutating func takeChange(_ row: Row) throws {
    let window = Window(from: try row.instant(6), until: try row.instant(7))
    switch try row.text(0) {
    case "override":
      guard let layer = Rota.Layer(rawValue: try row.text(3)) else {
        throw Row.Corrupt("oncall_override.layer")
      }
      overrides.append(
        RotaOverride(
          id: try row.id(1), rota: try row.id(2), layer: layer, window: window,
          whom: try OnCallJSON.member(try row.optionalText(4)),
          by: try OnCallJSON.member(try row.optionalText(5)), reason: "", madeBy: ""))
    case "leave": leaves.append(Leave(id: try row.id(1), person: try row.id(2), window: window, note: ""))
    default: leaving[try row.id(1)] = try row.optionalDay(2)
    }
  }
}

extension WriteTx {
  func store(_ goal: ServiceGoal, over before: ServiceGoal?) throws {
    guard before?.version ?? 0 == goal.version - 1 else { throw Stale() }
    try apply(
      """
      INSERT INTO service_goal (facility_id, system_id, definition, version)
      VALUES (\(facility), \(goal.system), \(try PageJSON.text(goal)), \(goal.version))
      ON CONFLICT (facility_id, system_id) DO UPDATE SET definition = excluded.definition, version = excluded.version
      """,
      recording: Change("service-goal.set", of: "service-goal:\(goal.system)", from: before, to: goal))
  }
}

extension Figures {
  static let migrations = [
    Migration(
      "20261205-1-service-goal",
      [
        """
        CREATE TABLE service_goal (
          facility_id TEXT NOT NULL, system_id TEXT NOT NULL, definition TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, system_id)
        )
        """
      ] + Migration.confine("service_goal"))
  ]
}
