import Kernel
import Storage

extension ReadTx {
  /// Pages that are open, and those that ended since `moment`.
  func auditedPages(since moment: Instant) throws -> [AuditedPage] {
    var plans: [String: PagePlan] = [:]
    return try all(
      """
      SELECT p.alert_id, a.name, p.number, p.grade, p.system_id, p.plan, p.starts_at_ms, a.acknowledged_at_ms,
        a.resolved_at_ms
      FROM page p JOIN monitor_alert a ON a.facility_id = p.facility_id AND a.id = p.alert_id
      WHERE p.facility_id = \(facility) AND (p.ended IS NULL OR p.ended_at_ms > \(moment))
      ORDER BY p.number DESC LIMIT 5000
      """
    ) { row in
      guard let grade = Alert.Grade(rawValue: try row.text(3)) else { throw Row.Corrupt("page.grade") }
      let text = try row.text(5)
      let plan: PagePlan = try plans[text] ?? PageJSON.read(text)
      plans[text] = plan
      let stops = [try row.optionalInstant(7), try row.optionalInstant(8)].compactMap { $0 }
      return AuditedPage(
        alert: try row.id(0), name: try row.text(1), number: try row.int(2), grade: grade,
        system: try row.optionalText(4), plan: plan, startsAt: try row.instant(6), stoppedAt: stops.min())
    }
  }

  func calls(since moment: Instant) throws -> [PageCall] {
    try all(
      """
      SELECT alert_id, grade, turn, recipient, at_ms FROM page_call
      WHERE facility_id = \(facility) AND at_ms > \(moment) ORDER BY at_ms LIMIT 50000
      """, PageCall.init(row:))
  }

  /// Alerts of which nobody has decided whom to call.
  func unroutedAlerts(before moment: Instant) throws -> [Alert] {
    try all(
      """
      SELECT \(Alert.columns) FROM monitor_alert a
        LEFT JOIN page p ON p.facility_id = a.facility_id AND p.alert_id = a.id
      WHERE a.facility_id = \(facility) AND a.announced_at_ms IS NULL AND a.resolved_at_ms IS NULL
        AND a.told_at_ms IS NULL AND p.alert_id IS NULL AND a.opened_at_ms < \(moment)
      ORDER BY a.opened_at_ms LIMIT 1000
      """, Alert.init(row:))
  }

  /// Pages, also ended ones, of which a message was written before `moment` and still waits to leave: by mail, or over a
  /// channel. A plan that calls once has ended when its message is written.
  func pagesWithUnsent(before moment: Instant) throws -> [AuditedPage] {
    try all(
      """
      SELECT p.alert_id, a.name, p.number, p.grade, p.plan, p.starts_at_ms
      FROM page p JOIN monitor_alert a ON a.facility_id = p.facility_id AND a.id = p.alert_id
      WHERE p.facility_id = \(facility) AND 'alert:' || p.alert_id IN (
        SELECT about FROM page_post WHERE facility_id = \(facility) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
          AND written_at_ms < \(moment)
        UNION SELECT about FROM mail WHERE facility_id = \(facility) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
          AND written_at_ms < \(moment))
      ORDER BY p.number LIMIT 1000
      """
    ) { row in
      guard let grade = Alert.Grade(rawValue: try row.text(3)) else { throw Row.Corrupt("page.grade") }
      return AuditedPage(
        alert: try row.id(0), name: try row.text(1), number: try row.int(2), grade: grade, system: nil,
        plan: try PageJSON.read(try row.text(4)), startsAt: try row.instant(5), stoppedAt: nil)
    }
  }

  /// Facilities in which calls are under way or messages wait to leave, over all of them.
  func facilitiesToAudit() throws -> [FacilityID] {
    try all(
      """
      SELECT DISTINCT facility_id FROM page WHERE ended IS NULL
      UNION SELECT facility_id FROM monitor_alert WHERE announced_at_ms IS NULL
      UNION SELECT facility_id FROM due WHERE kind IN ('page.send', 'mail.send')
      """
    ) { try $0.id(0) }
  }

  /// What was amiss with calls since `moment`, over all facilities.
  func pageFaults(since moment: Instant) throws -> Int {
    try count("SELECT COUNT(*) FROM page_finding WHERE at_ms > \(moment) AND facility_id IS NOT NULL")
  }

  /// Calls that wait to leave the house, over all facilities.
  func waitingPosts() throws -> Int {
    try count(
      """
      SELECT COUNT(*) FROM page_post WHERE sent_at_ms IS NULL AND ended_at_ms IS NULL AND facility_id IS NOT NULL
      """)
  }

  func faults(limit: Int) throws -> [ShownFault] {
    try all(
      """
      SELECT alert_id, kind, detail, at_ms FROM page_finding WHERE facility_id = \(facility)
      ORDER BY at_ms DESC, id LIMIT \(limit)
      """
    ) { row in
      let detail: [String: String] = try PageJSON.read(try row.text(2))
      guard let fault = PageFault(rawValue: try row.text(1)) else { throw Row.Corrupt("page_finding.kind") }
      return ShownFault(alert: try row.id(0), fault: fault, detail: detail, at: try row.instant(3))
    }
  }
}

extension WriteTx {
  /// Puts the due row there when it is missing; one that is there stays.
  func rearmPages(at moment: Instant) throws {
    try housekeeping.run(
      """
      INSERT INTO due (facility_id, kind, subject, due_at_ms)
      VALUES (\(facility), 'page.turn', \(facility.text), \(moment))
      ON CONFLICT (facility_id, kind, subject) DO NOTHING
      """)
  }
}

/// Something that was amiss with calls.
struct ShownFault: Sendable {
  let alert: AlertID
  let fault: PageFault
  let detail: [String: String]
  let at: Instant
}
