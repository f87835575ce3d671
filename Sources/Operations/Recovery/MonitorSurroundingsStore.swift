import Kernel
import Storage
import Web

/// What the page of a monitor shows besides the monitor: its system, what it stands behind, and what was tried by itself.
struct MonitorSurroundings: Sendable {
  var system: WatchedSystem?
  var parent: String?
  var tries: [RecoveryRun] = []
}

extension ReadTx {
  /// In one statement.
  func surroundings(of monitor: Monitor) throws -> MonitorSurroundings {
    var found = MonitorSurroundings()
    let (system, parent) = (monitor.system ?? "", monitor.parent?.text ?? "")
    _ = try all(
      """
      SELECT 0 AS part, s.id, s.name, s.impact, s.owner_id, s.deputy_id, NULL, 0 AS began_at_ms, 0, 0 FROM system s
        WHERE s.facility_id = \(facility) AND s.id = \(system)
      UNION ALL SELECT 1, p.id, p.name, NULL, NULL, NULL, NULL, 0, 0, 0 FROM monitor p
        WHERE p.facility_id = \(facility) AND p.id = \(parent)
      UNION ALL SELECT 2, r.id, r.action, r.said, r.alert_id, r.problem, r.problem_json, r.began_at_ms, r.ended_at_ms,
          a.resolved_at_ms
        FROM recovery_run r LEFT JOIN monitor_alert a ON a.facility_id = r.facility_id AND a.id = r.alert_id
        WHERE r.facility_id = \(facility) AND r.monitor_id = \(monitor.id)
      ORDER BY 1, 8 DESC, 2 LIMIT \(2 + Recovery.shownRuns)
      """
    ) { row in
      switch try row.int(0) {
      case 0:
        found.system = WatchedSystem(
          id: try row.text(1), name: try row.text(2), impact: try row.optionalText(3),
          people: try [row.optionalID(4), row.optionalID(5)].compactMap { $0 })
      case 1: found.parent = try row.text(2)
      default:
        found.tries.append(
          RecoveryRun(
            id: try row.id(1), monitor: monitor.id, alert: try row.id(4), action: try row.text(2),
            beganAt: try row.instant(7), endedAt: try row.optionalInstant(8), said: try row.text(3),
            problem: try MonitorText.problem(try row.optionalText(5), try row.optionalText(6)),
            resolvedAt: try row.optionalInstant(9)))
      }
    }
    return found
  }
}
