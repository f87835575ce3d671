import Kernel
import Storage

/// An alert on its way from one person to the next.
struct RunningPage: Sendable {
  let alert: Alert
  /// By which people speak of it; the same in every message.
  let number: Int
  let plan: PagePlan
  let system: String?
  let startsAt: Instant
  /// Which turn comes next.
  let turn: Int
  let nextAt: Instant
  let waitMs: Int64
}

/// A call that has been made, or a turn that had nobody (``recipient`` is nil).
struct PageCall: Sendable, Equatable {
  let alert: AlertID
  let grade: Alert.Grade
  let turn: Int
  let recipient: CallRecipient?
  let at: Instant
}

/// A page as its alert's own page shows it.
struct ShownPage: Sendable {
  let number: Int
  let plan: PagePlan
  let startsAt: Instant
  let turn: Int
  let nextAt: Instant?
  let ended: String?
}

extension ReadTx {
  /// Alerts for which it has not been decided who is called, or that have become worse since.
  func alertsToRoute() throws -> [(alert: Alert, system: String?, number: Int?)] {
    try all(
      """
      SELECT \(Alert.columns), m.system_id, p.number FROM monitor_alert a
        LEFT JOIN monitor m ON m.facility_id = a.facility_id AND m.id = a.monitor_id
        LEFT JOIN page p ON p.facility_id = a.facility_id AND p.alert_id = a.id
      WHERE a.facility_id = \(facility) AND a.announced_at_ms IS NULL AND a.resolved_at_ms IS NULL
        AND ((p.alert_id IS NULL AND a.told_at_ms IS NULL) OR p.grade <> a.grade)
      ORDER BY a.level DESC, a.opened_at_ms, a.id
      """
    ) { (try Alert(row: $0), try $0.optionalText(14), try $0.optionalInt(15)) }
  }

  func lastPageNumber() throws -> Int {
    try count("SELECT COALESCE(MAX(number), 0) FROM page WHERE facility_id = \(facility)")
  }

  /// Pages whose next turn has come, and those that wait longer than they may because the clock was put back.
  func pagesToTurn(at now: Instant) throws -> [RunningPage] {
    var plans: [String: PagePlan] = [:]
    return try all(
      """
      SELECT \(Alert.columns), p.number, p.plan, p.system_id, p.starts_at_ms, p.turn, p.next_at_ms, p.wait_ms
      FROM page p JOIN monitor_alert a ON a.facility_id = p.facility_id AND a.id = p.alert_id
      WHERE p.facility_id = \(facility) AND p.ended IS NULL AND p.next_at_ms IS NOT NULL
        AND (p.next_at_ms <= \(now) OR p.next_at_ms > p.wait_ms + \(now))
      ORDER BY a.level DESC, p.number LIMIT 20000
      """
    ) { row in
      let text = try row.text(15)
      // Thousands that open at once have the same plan.
      let plan: PagePlan = try plans[text] ?? PageJSON.read(text)
      plans[text] = plan
      return RunningPage(
        alert: try Alert(row: row), number: try row.int(14), plan: plan, system: try row.optionalText(16),
        startsAt: try row.instant(17), turn: try row.int(18), nextAt: try row.instant(19),
        waitMs: Int64(try row.int(20)))
    }
  }

  func nextPageTurn() throws -> Instant? {
    try first("SELECT MIN(next_at_ms) FROM page WHERE facility_id = \(facility) AND ended IS NULL") {
      try $0.optionalInstant(0)
    } ?? nil
  }

  func shownPage(of id: AlertID) throws -> ShownPage? {
    try first(
      """
      SELECT number, plan, starts_at_ms, turn, next_at_ms, ended FROM page
      WHERE facility_id = \(facility) AND alert_id = \(id)
      """
    ) { row in
      ShownPage(
        number: try row.int(0), plan: try PageJSON.read(try row.text(1)), startsAt: try row.instant(2),
        turn: try row.int(3), nextAt: try row.optionalInstant(4), ended: try row.optionalText(5))
    }
  }

  func calls(of id: AlertID) throws -> [PageCall] {
    try all(
      """
      SELECT alert_id, grade, turn, recipient, at_ms FROM page_call
      WHERE facility_id = \(facility) AND alert_id = \(id) ORDER BY at_ms, turn, recipient LIMIT 500
      """, PageCall.init(row:))
  }

  func wasCalled(_ person: PersonID, to alert: AlertID) throws -> Bool {
    let recipient = CallRecipient.person(person).text
    return try count(
      """
      SELECT COUNT(*) FROM page_call
      WHERE facility_id = \(facility) AND alert_id = \(alert) AND recipient = \(recipient)
      """) > 0
  }

  /// The alerts of one letter, with their numbers, the worst first.
  func alerts(ofLetter id: LetterID) throws -> [(alert: Alert, number: Int)] {
    try all(
      """
      SELECT DISTINCT \(Alert.columns), p.number FROM page_call c
        JOIN monitor_alert a ON a.facility_id = c.facility_id AND a.id = c.alert_id
        JOIN page p ON p.facility_id = c.facility_id AND p.alert_id = c.alert_id
      WHERE c.facility_id = \(facility) AND c.letter_id = \(id) ORDER BY 5 DESC, 15
      """
    ) { (try Alert(row: $0), try $0.int(14)) }
  }

  func facilityName() throws -> String {
    try first("SELECT name FROM facility WHERE id = \(facility)") { try $0.text(0) } ?? ""
  }

  /// Names of people, for showing who was called.
  func names(of people: Set<PersonID>) throws -> [PersonID: String] {
    guard !people.isEmpty else { return [:] }
    let ids = SQL(joining: people.sorted().prefix(500).map { "\($0)" as SQL }, by: ", ")
    let rows = try all("SELECT id, name FROM person WHERE facility_id = \(facility) AND id IN (\(ids))") {
      (try $0.id(0, of: PersonTag.self), try $0.text(1))
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }
}

extension PageCall {
  init(row: Row) throws {
    guard let grade = Alert.Grade(rawValue: try row.text(1)) else { throw Row.Corrupt("page_call.grade") }
    self.init(
      alert: try row.id(0), grade: grade, turn: try row.int(2), recipient: CallRecipient(try row.text(3)),
      at: try row.instant(4))
  }
}

extension WriteTx {
  /// Begins a page, or begins it anew for an alert that has become worse; its number stays.
  func begin(_ alert: Alert, number: Int, system: String?, _ plan: PagePlan, at start: Instant) throws {
    let wait = plan.waitMs(before: 0)
    // Whoever has taken it on is at it already.
    let isTaken = alert.acknowledgedAt != nil
    let next: Instant? = isTaken ? nil : start.adding(milliseconds: wait)
    try housekeeping.run(
      """
      INSERT INTO page (facility_id, alert_id, number, system_id, grade, plan, is_quiet, starts_at_ms, turn, next_at_ms,
        wait_ms, ended, ended_at_ms)
      VALUES (\(facility), \(alert.id), \(number), \(system), \(alert.grade.rawValue), \(try PageJSON.text(plan)),
        \(plan.isQuiet), \(start), 0, \(next), \(max(0, (next ?? start).milliseconds - scope.now.milliseconds)),
        \(isTaken ? "acknowledged" : nil), \(isTaken ? scope.now : nil))
      ON CONFLICT (facility_id, alert_id) DO UPDATE SET grade = excluded.grade, plan = excluded.plan,
        is_quiet = excluded.is_quiet, starts_at_ms = excluded.starts_at_ms, turn = 0, next_at_ms = excluded.next_at_ms,
        wait_ms = excluded.wait_ms, ended = excluded.ended, ended_at_ms = excluded.ended_at_ms
      """)
  }

  /// - Parameter next: nil when nobody is called any more.
  func advance(_ page: RunningPage, to turn: Int, next: Instant?, ended: PageEnd?) throws {
    try housekeeping.run(
      """
      UPDATE page SET turn = \(turn), next_at_ms = \(next),
        wait_ms = \(max(0, (next ?? scope.now).milliseconds - scope.now.milliseconds)), ended = \(ended?.rawValue),
        ended_at_ms = \(ended == nil ? nil : scope.now)
      WHERE facility_id = \(facility) AND alert_id = \(page.alert.id)
      """)
  }

  /// What is over needs nobody any more.
  func endPagesOver() throws {
    try housekeeping.run(
      """
      UPDATE page SET next_at_ms = NULL, ended = 'resolved', ended_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND ended IS NULL AND EXISTS (
        SELECT 1 FROM monitor_alert a WHERE a.facility_id = page.facility_id AND a.id = page.alert_id
          AND a.resolved_at_ms IS NOT NULL)
      """)
  }

  func endPage(of alert: AlertID, _ end: PageEnd) throws {
    try housekeeping.run(
      """
      UPDATE page SET next_at_ms = NULL, ended = \(end.rawValue), ended_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND alert_id = \(alert) AND ended IS NULL
      """)
  }

  /// - Parameter recipient: nil for a turn that had nobody.
  func noteCall(
    _ page: RunningPage, turn: Int, _ recipient: CallRecipient?, letter: LetterID, _ hours: HourKind
  )
    throws
  {
    try housekeeping.run(
      """
      INSERT INTO page_call (facility_id, alert_id, grade, turn, recipient, letter_id, at_ms, hours)
      VALUES (\(facility), \(page.alert.id), \(page.alert.grade.rawValue), \(turn), \(recipient?.text ?? "nobody"),
        \(letter), \(scope.now), \(hours.rawValue)) ON CONFLICT DO NOTHING
      """)
  }

  /// The one due row of the facility's pages; without a lease, as it may just have been taken for the turn before.
  func armPages(at moment: Instant?) throws {
    try housekeeping.setDue("page.turn", facility.text, at: moment)
    try housekeeping.run(
      "UPDATE due SET lease_until_ms = 0 WHERE facility_id = \(facility) AND kind = 'page.turn'")
  }

  func armLifeSign(at moment: Instant) throws {
    try housekeeping.setDue("page.life", facility.text, at: moment)
    try housekeeping.run(
      "UPDATE due SET lease_until_ms = 0 WHERE facility_id = \(facility) AND kind = 'page.life'")
  }

  /// Writes down what is amiss, once. False when it stood there already.
  func note(_ fault: PageFault, alert: AlertID, turn: Int, _ detail: [String: String]) throws -> Bool {
    let isNew =
      try count(
        """
        SELECT COUNT(*) FROM page_finding WHERE facility_id = \(facility) AND alert_id = \(alert)
          AND kind = \(fault.rawValue) AND turn = \(turn)
        """) == 0
    guard isNew else { return false }
    let id: LetterID = scope.newID()
    try apply(
      """
      INSERT INTO page_finding (facility_id, id, alert_id, kind, turn, detail, at_ms)
      VALUES (\(facility), \(id), \(alert), \(fault.rawValue), \(turn), \(try PageJSON.text(detail)), \(scope.now))
      """,
      recording: Change(
        "page.finding", of: "alert:\(alert)",
        to: detail.merging(["fault": fault.rawValue]) { first, _ in first }))
    return true
  }
}

/// Why a page calls nobody any more.
enum PageEnd: String, Sendable {
  case acknowledged, resolved
  /// Everybody has been called.
  case exhausted
  /// It was only to be told.
  case told
}

/// One message to one recipient, however many alerts stand in it.
enum LetterTag {}
typealias LetterID = ID<LetterTag>
