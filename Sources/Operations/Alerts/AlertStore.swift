import Kernel
import Storage

private let columns = Alert.columns

extension Alert {
  /// What ``init(row:)`` reads, of a table called `a`.
  static let columns: SQL = """
    a.id, a.monitor_id, a.name, a.grade, a.level, a.opened_at_ms, a.problem, a.problem_json, a.told_at_ms,
    a.told_grade, a.resolved_at_ms, a.announced_at_ms, a.acknowledged_at_ms, a.acknowledged_by
    """

  init(row: Row) throws {
    guard let grade = Grade(rawValue: try row.text(3)), let level = ImpactLevel(rawValue: try row.int(4))
    else {
      throw Row.Corrupt("monitor_alert")
    }
    self.init(
      id: try row.id(0), monitor: try row.id(1), name: try row.text(2), grade: grade, level: level,
      openedAt: try row.instant(5),
      problem: try MonitorText.problem(try row.optionalText(6), try row.optionalText(7)),
      toldAt: try row.optionalInstant(8), toldGrade: try row.optionalText(9).flatMap(Grade.init(rawValue:)),
      resolvedAt: try row.optionalInstant(10), announcedAt: try row.optionalInstant(11),
      acknowledgedAt: try row.optionalInstant(12), acknowledgedBy: try row.optionalText(13))
  }
}

/// A monitor that may have to be told of.
struct Candidate: Sendable {
  let id: Monitor.ID
  let monitor: Monitor
  var facts: AlertCase
  let alert: AlertID?
  let since: Instant
  let problem: StoredMonitor.StoredProblem?
  /// Of the last look; nil for a job that reports by itself.
  let lastAt: Instant?
  let wantedAt: Instant?
  let lastSight: Sight?
}

extension ReadTx {
  /// Monitors that are bad without an alert, or have one.
  func alertCandidates() throws -> [Candidate] {
    try all(
      """
      SELECT m.definition, w.condition, w.is_flapping, w.alert_id, w.since_ms, w.problem, w.problem_json,
        (SELECT a.grade FROM monitor_alert a WHERE a.facility_id = w.facility_id AND a.id = w.alert_id),
        w.last_at_ms, w.wanted_at_ms, w.last_sight
      FROM monitor_watch w JOIN monitor m ON m.facility_id = w.facility_id AND m.id = w.monitor_id
      WHERE w.facility_id = \(facility) AND NOT m.is_paused
        AND (w.alert_id IS NOT NULL OR w.condition IN ('down', 'slow'))
      ORDER BY w.since_ms, w.monitor_id
      """
    ) { row -> Candidate? in
      guard let condition = Condition(rawValue: try row.text(1)) else { throw Row.Corrupt("condition") }
      // Nothing that cannot be read is looked at.
      guard let monitor = try? MonitorText.monitor(try row.text(0), isPaused: false) else { return nil }
      return Candidate(
        id: monitor.id, monitor: monitor,
        facts: AlertCase(
          condition: condition, isFlapping: try row.bool(2),
          open: try row.optionalText(7).flatMap(Alert.Grade.init(rawValue:))),
        alert: try row.optionalID(3), since: try row.instant(4),
        problem: try MonitorText.problem(try row.optionalText(5), try row.optionalText(6)),
        lastAt: try row.optionalInstant(8), wantedAt: try row.optionalInstant(9),
        lastSight: try row.optionalInt(10).flatMap(Sight.init(rawValue:)))
    }.compactMap { $0 }
  }

  /// Monitors that did not answer when they were last asked.
  func badMonitors() throws -> Set<String> {
    Set(
      try all(
        """
        SELECT monitor_id FROM monitor_watch WHERE facility_id = \(facility) AND (condition = 'down' OR bad > 0)
        """
      ) { try $0.text(0) })
  }

  func alert(_ id: AlertID) throws -> Alert? {
    try first(
      "SELECT \(columns) FROM monitor_alert a WHERE a.facility_id = \(facility) AND id = \(id)",
      Alert.init(row:))
  }

  /// Those that are open, the worst first, then the newest of the others.
  func alerts(limit: Int) throws -> [Alert] {
    try all(
      """
      SELECT \(columns) FROM monitor_alert a WHERE a.facility_id = \(facility)
      ORDER BY CASE WHEN resolved_at_ms IS NULL THEN 0 ELSE 1 END,
        CASE WHEN resolved_at_ms IS NULL THEN -level ELSE 0 END, opened_at_ms DESC, id LIMIT \(limit)
      """, Alert.init(row:))
  }

  func alerts(of monitor: Monitor.ID, limit: Int) throws -> [Alert] {
    try all(
      """
      SELECT \(columns) FROM monitor_alert a WHERE a.facility_id = \(facility) AND monitor_id = \(monitor)
      ORDER BY opened_at_ms DESC, id LIMIT \(limit)
      """, Alert.init(row:))
  }

  /// Alerts that are over, of which whoever was told has to be told that too.
  func alertsToAnnounce() throws -> [Alert] {
    try all(
      """
      SELECT \(columns) FROM monitor_alert a WHERE a.facility_id = \(facility) AND announced_at_ms IS NULL
        AND resolved_at_ms IS NOT NULL
      ORDER BY level DESC, opened_at_ms, id
      """, Alert.init(row:))
  }

  /// When messages went out since `moment`.
  func tellingPasses(since moment: Instant) throws -> [Instant] {
    try all(
      """
      SELECT DISTINCT at_ms FROM page_call WHERE facility_id = \(facility) AND at_ms > \(moment)
      UNION SELECT DISTINCT announced_at_ms FROM monitor_alert
        WHERE facility_id = \(facility) AND announced_at_ms > \(moment) AND told_at_ms IS NOT NULL
      """
    ) { try $0.instant(0) }
  }

  /// Who is told when a system has nobody: those who keep the systems and sign in.
  func alertKeepers(on day: Day) throws -> [PersonID] {
    try all(
      """
      SELECT id FROM person WHERE facility_id = \(facility) AND account_id IS NOT NULL
        AND role IN ('administrator', 'it-staff') AND (left_on IS NULL OR left_on >= \(day))
      ORDER BY id LIMIT 50
      """
    ) { try $0.id(0) }
  }

  /// Who has been told of alerts that are over and not announced.
  func told() throws -> [AlertID: [Told]] {
    let rows = try all(
      """
      SELECT c.alert_id, c.recipient, p.is_quiet, p.number FROM page_call c
        JOIN monitor_alert a ON a.facility_id = c.facility_id AND a.id = c.alert_id
        JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
      WHERE c.facility_id = \(facility) AND a.announced_at_ms IS NULL AND a.resolved_at_ms IS NOT NULL
      UNION SELECT t.alert_id, 'person:' || t.person_id, 1 = 0, 0 FROM monitor_told t
        JOIN monitor_alert a ON a.facility_id = t.facility_id AND a.id = t.alert_id
      WHERE t.facility_id = \(facility) AND a.announced_at_ms IS NULL AND a.resolved_at_ms IS NOT NULL
      """
    ) { (try $0.id(0, of: Alert.self), try $0.text(1), try $0.bool(2), try $0.int(3)) }
    return Dictionary(grouping: rows, by: \.0).mapValues { rows in
      Set(rows.map(\.1)).sorted().compactMap { text in
        // A step that had nobody leaves a mark for nobody.
        CallRecipient(text).map {
          Told(recipient: $0, number: rows.map(\.3).max() ?? 0, isQuiet: rows.allSatisfy(\.2))
        }
      }
    }
  }
}

/// Who has been told of an alert.
struct Told: Sendable {
  let recipient: CallRecipient
  /// By which people speak of the alert.
  let number: Int
  /// By the inbox alone.
  let isQuiet: Bool
}

extension WriteTx {
  /// Nothing happens when another worker was faster.
  func open(_ alert: Alert) throws {
    let added = try housekeeping.run(
      """
      INSERT INTO monitor_alert (facility_id, id, monitor_id, name, grade, level, opened_at_ms, problem, problem_json)
      VALUES (\(facility), \(alert.id), \(alert.monitor), \(alert.name), \(alert.grade.rawValue),
        \(alert.level.rawValue), \(alert.openedAt), \(alert.problem?.code),
        \(try alert.problem.map { try MonitorText.json($0.arguments) }))
      ON CONFLICT DO NOTHING
      """)
    guard added == 1 else { return }
    try housekeeping.run(
      """
      UPDATE monitor_watch SET alert_id = \(alert.id) WHERE facility_id = \(facility) AND monitor_id = \(alert.monitor)
      """)
  }

  func worsen(_ id: AlertID, _ problem: StoredMonitor.StoredProblem?) throws {
    try housekeeping.run(
      """
      UPDATE monitor_alert SET grade = 'down', problem = \(problem?.code),
        problem_json = \(try problem.map { try MonitorText.json($0.arguments) })
      WHERE facility_id = \(facility) AND id = \(id) AND resolved_at_ms IS NULL
      """)
  }

  func resolve(_ id: AlertID, of monitor: Monitor.ID) throws {
    try housekeeping.run(
      """
      UPDATE monitor_alert SET resolved_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND id = \(id) AND resolved_at_ms IS NULL
      """)
    try housekeeping.run(
      "UPDATE monitor_watch SET alert_id = NULL WHERE facility_id = \(facility) AND monitor_id = \(monitor)")
  }

  /// Ends an alert without telling anyone: nobody looks at its monitor any more.
  func drop(_ id: AlertID, of monitor: Monitor.ID) throws {
    try resolve(id, of: monitor)
    try housekeeping.run(
      "UPDATE monitor_alert SET announced_at_ms = \(scope.now) WHERE facility_id = \(facility) AND id = \(id)"
    )
  }

  /// The end was told too, or there was nobody to tell it to.
  func markAnnounced(_ alert: Alert) throws {
    try housekeeping.run(
      """
      UPDATE monitor_alert SET announced_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND id = \(alert.id)
      """)
  }

  func acknowledge(_ alert: Alert) throws {
    try apply(
      """
      UPDATE monitor_alert SET acknowledged_at_ms = \(scope.now), acknowledged_by = \(scope.actor.name)
      WHERE facility_id = \(facility) AND id = \(alert.id) AND acknowledged_at_ms IS NULL
      """,
      recording: Change("alert.acknowledge", of: "alert:\(alert.id)", to: ["name": alert.name]))
  }

  /// Looks at jobs from which nothing has come in time.
  func judgeSilence(of ids: [Monitor.ID]) throws {
    for id in ids.sorted() {
      let key = MonitorKey(facility: facility, id: id)
      guard let stored = try? monitor(id), let heartbeat = stored.monitor.readableHeartbeat else {
        // Whatever cannot be read is not asked for again and again.
        try housekeeping.run(
          "UPDATE monitor_watch SET deadline_ms = NULL WHERE facility_id = \(facility) AND monitor_id = \(id)"
        )
        continue
      }
      let row = try HeartbeatRow(stored, heartbeat, at: scope.now)
      try housekeeping.run(row.update(key, silentAt: scope.now))
    }
  }
}
