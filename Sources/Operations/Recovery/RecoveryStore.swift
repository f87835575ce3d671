import Kernel
import Probes
import Registers
import Storage
import Web

extension Recovery {
  static let migrations = [
    Migration(
      "20261209-0-recovery",
      [
        """
        CREATE TABLE recovery_plan (
          facility_id TEXT NOT NULL REFERENCES facility (id), monitor_id TEXT NOT NULL, definition TEXT NOT NULL,
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, monitor_id)
        )
        """,
        """
        CREATE TABLE recovery_run (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, monitor_id TEXT NOT NULL,
          alert_id TEXT NOT NULL, action TEXT NOT NULL, began_at_ms BIGINT NOT NULL, ended_at_ms BIGINT,
          said TEXT NOT NULL, problem TEXT, problem_json TEXT, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX recovery_run_monitor ON recovery_run (facility_id, monitor_id, began_at_ms)",
        "CREATE INDEX recovery_run_alert ON recovery_run (facility_id, alert_id)",
      ] + Migration.confine("recovery_plan") + Migration.confine("recovery_run"))
  ]

  /// Pages of a monitor and letters show so many.
  static let shownRuns = 20
}

extension RecoveryPlan: Plausible {}

extension ReadTx {
  func recoveryPlan(of monitor: Monitor.ID) throws -> RecoveryPlan? {
    try first(
      "SELECT definition FROM recovery_plan WHERE facility_id = \(facility) AND monitor_id = \(monitor)"
    ) { try PageJSON.read(try $0.text(0)) }
  }

  /// Monitors for which something is tried.
  func recoverableMonitors() throws -> Set<String> {
    Set(
      try all("SELECT monitor_id FROM recovery_plan WHERE facility_id = \(facility)") { try $0.text(0) })
  }

  /// The newest runs of a monitor first: those from `moment` on, and the last ones.
  func recoveryRuns(of monitor: Monitor.ID, since moment: Instant?) throws -> [RecoveryRun] {
    let start = moment ?? Instant(milliseconds: 0)
    return try recoveryRuns(
      "r.monitor_id = \(monitor) AND r.began_at_ms >= \(start)",
      limit: moment == nil ? Recovery.shownRuns : 400)
  }

  func recoveryRuns(of alert: AlertID) throws -> [RecoveryRun] {
    try recoveryRuns("r.alert_id = \(alert)", limit: Recovery.shownRuns)
  }

  private func recoveryRuns(_ condition: SQL, limit: Int) throws -> [RecoveryRun] {
    try all(
      """
      SELECT r.id, r.monitor_id, r.alert_id, r.action, r.began_at_ms, r.ended_at_ms, r.said, r.problem, r.problem_json,
        a.resolved_at_ms
      FROM recovery_run r LEFT JOIN monitor_alert a ON a.facility_id = r.facility_id AND a.id = r.alert_id
      WHERE r.facility_id = \(facility) AND \(condition) ORDER BY r.began_at_ms DESC, r.id LIMIT \(limit)
      """
    ) { row in
      RecoveryRun(
        id: try row.id(0), monitor: try row.id(1), alert: try row.id(2), action: try row.text(3),
        beganAt: try row.instant(4), endedAt: try row.optionalInstant(5), said: try row.text(6),
        problem: try MonitorText.problem(try row.optionalText(7), try row.optionalText(8)),
        resolvedAt: try row.optionalInstant(9))
    }
  }

  /// What the registers know of what a monitor looks at. Devices that are gone count for nothing.
  func recoveryTarget(_ monitor: Monitor) throws -> RecoveryTarget {
    let host = monitor.kind == .heartbeat ? "" : Monitoring.host(of: monitor).lowercased()
    let (address, system) = (IPAddress(host), monitor.system ?? "")
    var target = RecoveryTarget(kind: monitor.kind)
    // Numbers of IPv6 can be written in many ways.
    let named = SQL.contains("lower(ip_address)", address?.isV6 == true ? ":" : host)
    let devices = try all(
      """
      SELECT kind, lower(COALESCE(ip_address, '')), lower(name), CASE WHEN system_id = \(system) THEN 1 ELSE 0 END
      FROM device WHERE facility_id = \(facility) AND (status IS NULL OR status <> 'disposed')
        AND ((kind = 'medical' AND system_id = \(system))
          OR (\(host) <> '' AND (lower(name) = \(host) OR \(named))))
      """
    ) { (try $0.optionalText(0), try $0.text(1), try $0.text(2), try $0.int(3)) }
    for (kind, addresses, name, belongs) in devices {
      let isThis = !host.isEmpty && (name == host || RecoveryTarget.names(addresses, address, host))
      if kind == "medical", isThis { target.isMedicalDevice = true }
      if kind == "medical", belongs == 1 { target.hasMedicalDevices = true }
      if isThis, ["server", "network", "storage", "ups"].contains(kind ?? "") { target.isServer = true }
    }
    let counts = try first(
      """
      SELECT
        (SELECT COUNT(*) FROM system s JOIN vendor v ON v.facility_id = s.facility_id AND v.id = s.vendor_id
          WHERE s.facility_id = \(facility) AND s.id = \(system) AND v.kind = 'medical-device'),
        (SELECT COUNT(*) FROM device d WHERE d.facility_id = \(facility) AND d.kind = 'medical'
          AND (d.status IS NULL OR d.status <> 'disposed'))
      """
    ) { (try $0.int(0), try $0.int(1)) }
    (target.isMedicalSystem, target.isAmongMedical) = ((counts?.0 ?? 0) > 0, (counts?.1 ?? 0) > 0)
    return target
  }
}

extension RecoveryTarget {
  /// Whether a field of addresses, in which several may stand, names a host.
  static func names(_ addresses: String, _ address: IPAddress?, _ host: String) -> Bool {
    addresses.split { $0.isWhitespace || ",;/、，；".contains($0) }.contains { text in
      if let address, let other = IPAddress(text) { return other == address }
      return text == host
    }
  }
}

extension WriteTx {
  /// Has it tried soon, when there is something to try.
  func armRecovery(of monitor: Monitor.ID) throws {
    try housekeeping.setDue("recovery.try", monitor.text, at: scope.now)
  }

  func store(_ plan: RecoveryPlan, of monitor: Monitor, over before: RecoveryPlan?) throws {
    guard before?.version ?? 0 == plan.version - 1 else { throw Stale() }
    try apply(
      """
      INSERT INTO recovery_plan (facility_id, monitor_id, definition, version)
      VALUES (\(facility), \(monitor.id), \(try PageJSON.text(plan)), \(plan.version))
      ON CONFLICT (facility_id, monitor_id) DO UPDATE SET definition = excluded.definition, version = excluded.version
      """,
      recording: Change("recovery.plan", of: "monitor:\(monitor.id)", from: before, to: plan))
  }

  func removeRecovery(of monitor: Monitor.ID, _ before: RecoveryPlan) throws {
    try apply(
      """
      DELETE FROM recovery_plan WHERE facility_id = \(facility) AND monitor_id = \(monitor)
        AND version = \(before.version)
      """,
      recording: Change(
        "recovery.remove", of: "monitor:\(monitor)", from: before, to: RecoveryPlan?.none))
    try housekeeping.setDue("recovery.try", monitor.text, at: nil)
  }

  /// Written before anything is done: whoever is killed afterwards has tried once.
  func begin(_ run: RecoveryRun, name: String) throws {
    try apply(
      """
      INSERT INTO recovery_run (facility_id, id, monitor_id, alert_id, action, began_at_ms, said)
      VALUES (\(facility), \(run.id), \(run.monitor), \(run.alert), \(run.action), \(run.beganAt), '')
      """,
      recording: Change(
        "recovery.begin", of: "monitor:\(run.monitor)", to: ["name": name, "action": run.action]))
  }

  func end(_ run: RecoveryRun, said: String, _ problem: (any Problem)?, at moment: Instant) throws {
    let json = try problem.map { try MonitorText.json($0.arguments) }
    try apply(
      """
      UPDATE recovery_run SET ended_at_ms = \(moment), said = \(said), problem = \(problem?.code), problem_json = \(json)
      WHERE facility_id = \(facility) AND id = \(run.id) AND ended_at_ms IS NULL
      """,
      recording: Change(
        "recovery.end", of: "monitor:\(run.monitor)",
        to: ["action": run.action, "result": problem?.code ?? "ok"]))
  }
}
