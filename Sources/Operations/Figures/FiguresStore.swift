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

extension ReadTx {
  /// With the orders of calling and the rotas, in one statement.
  func callFigures(since moment: Instant) throws -> CallFigures {
    var figures = CallFigures()
    let rows = try all(
      """
      SELECT c.hours, COUNT(DISTINCT c.letter_id), '' FROM page_call c
        JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
      WHERE c.facility_id = \(facility) AND c.at_ms >= \(moment) AND NOT p.is_quiet AND c.recipient <> 'nobody'
        AND c.recipient NOT LIKE 'channel:%'
      GROUP BY c.hours
      UNION ALL SELECT 'nobody', COUNT(*), '' FROM page_finding
        WHERE facility_id = \(facility) AND at_ms >= \(moment) AND kind = 'nobody'
      UNION ALL SELECT 'setting', 0, definition FROM page_setting WHERE facility_id = \(facility)
      UNION ALL SELECT 'policy', 0, definition FROM page_policy WHERE facility_id = \(facility)
      UNION ALL SELECT 'rota', 0, definition FROM oncall_rota WHERE facility_id = \(facility)
      """
    ) { (try $0.text(0), try $0.int(1), try $0.text(2)) }
    for (kind, count, text) in rows {
      switch kind {
      case "nobody": figures.nobody = count
      case "setting":
        let setting: PagingSetting = try PageJSON.read(text)
        figures.hours = setting.hours
      case "policy": figures.policies.append(try PageJSON.read(text))
      case "rota": figures.rotas.append(try OnCallJSON.read(Rota.self, text))
      default: if let hours = HourKind(rawValue: kind) { figures.calls[hours] = count }
      }
    }
    figures.rotas.sort { ($0.name.folded, $0.id) < ($1.name.folded, $1.id) }
    return figures
  }

  /// What was down since `moment` and called someone, the newest first.
  func countedAlerts(since moment: Instant) throws -> [CountedAlert] {
    try all(
      """
      SELECT a.monitor_id, a.name, a.opened_at_ms, a.acknowledged_at_ms, a.resolved_at_ms FROM monitor_alert a
        LEFT JOIN page p ON p.facility_id = a.facility_id AND p.alert_id = a.id
      WHERE a.facility_id = \(facility) AND a.opened_at_ms >= \(moment) AND a.grade = 'down'
        AND a.told_at_ms IS NOT NULL AND (p.is_quiet IS NULL OR NOT p.is_quiet)
      ORDER BY a.opened_at_ms DESC, a.id LIMIT 20000
      """
    ) { row in
      CountedAlert(
        monitor: try row.id(0), name: try row.text(1), openedAt: try row.instant(2),
        acknowledgedAt: try row.optionalInstant(3), resolvedAt: try row.optionalInstant(4))
    }
  }

  func goalSystems() throws -> [GoalSystem] {
    try all(
      """
      SELECT s.id, s.name, s.impact, s.owner_id, s.deputy_id, g.definition FROM system s
        LEFT JOIN service_goal g ON g.facility_id = s.facility_id AND g.system_id = s.id
      WHERE s.facility_id = \(facility) ORDER BY s.key_text
      """
    ) { row in
      GoalSystem(
        id: try row.text(0), name: try row.text(1), impact: try row.optionalText(2),
        hasKeeper: try row.optionalText(3) != nil || row.optionalText(4) != nil,
        goal: try row.optionalText(5).map { try PageJSON.read($0) })
    }
  }

  func serviceGoal(of system: String) throws -> ServiceGoal? {
    try first("SELECT definition FROM service_goal WHERE facility_id = \(facility) AND system_id = \(system)")
    {
      try PageJSON.read(try $0.text(0))
    }
  }

  /// The days of all monitors that speak for a system, by system and monitor.
  ///
  /// - Parameter give: is given each day in turn, that not all of them lie in memory at once.
  func eachSystemDay(
    since day: Day,
    _ give: (_ system: String, _ monitor: String, Day, _ hours: [UInt8], _ whole: [UInt8]) throws -> Void
  ) throws {
    let none: [UInt8] = []
    _ = try all(
      """
      SELECT m.system_id, d.monitor_id, d.day, COALESCE(d.hours, \(none)), d.whole FROM monitor_day d
        JOIN monitor m ON m.facility_id = d.facility_id AND m.id = d.monitor_id
      WHERE d.facility_id = \(facility) AND d.day >= \(day) AND m.system_id IS NOT NULL AND NOT m.is_backup
      """
    ) { row in
      guard let day = try row.optionalDay(2) else { throw Row.Corrupt("monitor_day.day") }
      try give(try row.text(0), try row.text(1), day, try row.blob(3), try row.blob(4))
    }
  }

  /// Calls of people since `moment` by the hours in which they came, over all facilities; what went to the inbox alone or to a
  /// chat's room is none.
  func callsByHours(since moment: Instant) throws -> [HourKind: Int] {
    let rows = try all(
      """
      SELECT c.hours, COUNT(DISTINCT c.letter_id) FROM page_call c
        JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
      WHERE c.at_ms >= \(moment) AND c.facility_id IS NOT NULL AND NOT p.is_quiet AND c.recipient <> 'nobody'
        AND c.recipient NOT LIKE 'channel:%'
      GROUP BY c.hours
      """
    ) { (HourKind(rawValue: try $0.text(0)), try $0.int(1)) }
    return Dictionary(rows.compactMap { pair in pair.0.map { ($0, pair.1) } }, uniquingKeysWith: +)
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
