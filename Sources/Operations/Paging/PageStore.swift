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

  static let nobody = "nobody"
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

/// Who served a layer of a rota in truth, where it was put right afterwards.
struct ServedThen: Sendable, Equatable {
  let rota: String
  let layer: Rota.Layer
  /// Nil for nobody.
  let member: RotaMember?
  let window: Window
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
        startsAt: try row.instant(17), turn: max(0, try row.int(18)), nextAt: try row.instant(19),
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

  /// The same with who served at those moments, where that was put right afterwards, in one statement. Whom to call was and is a
  /// matter of the plan.
  func callsAndServed(of id: AlertID) throws -> (calls: [PageCall], served: [ServedThen]) {
    var (calls, served): ([PageCall], [ServedThen]) = ([], [])
    _ = try all(
      """
      SELECT alert_id, grade, turn, recipient, at_ms, 0 AS until_ms, 0 AS part FROM page_call
      WHERE facility_id = \(facility) AND alert_id = \(id)
      UNION ALL
      SELECT s.rota_id, s.layer, 0, s.member, s.from_ms, s.until_ms, 1 FROM oncall_served s
      WHERE s.facility_id = \(facility) AND NOT EXISTS (
          SELECT 1 FROM oncall_served n WHERE n.facility_id = s.facility_id AND n.corrects = s.id)
        AND EXISTS (SELECT 1 FROM page_call c WHERE c.facility_id = s.facility_id AND c.alert_id = \(id)
          AND c.at_ms >= s.from_ms AND c.at_ms < s.until_ms)
      ORDER BY 7, 5, 3, 4 LIMIT 700
      """
    ) { row in
      guard try row.int(6) == 1 else { return calls.append(try PageCall(row: row)) }
      guard let layer = Rota.Layer(rawValue: try row.text(1)) else {
        throw Row.Corrupt("oncall_served.layer")
      }
      served.append(
        ServedThen(
          rota: try row.text(0), layer: layer, member: try OnCallJSON.member(try row.optionalText(3)),
          window: Window(from: try row.instant(4), until: try row.instant(5))))
    }
    return (calls, served)
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
  /// Begins pages, or begins them anew for alerts that have become worse; their numbers stay. Many in one statement.
  func begin(_ pages: [BegunPage]) throws {
    var texts: [PagePlan: String] = [:]
    for start in stride(from: 0, to: pages.count, by: 100) {
      let rows = try pages[start..<min(start + 100, pages.count)].map { page -> SQL in
        let text = try texts[page.plan] ?? PageJSON.text(page.plan)
        texts[page.plan] = text
        // Whoever has taken it on is at it already.
        let isTaken = page.alert.acknowledgedAt != nil
        let next: Instant? = isTaken ? nil : page.start.adding(milliseconds: page.plan.waitMs(before: 0))
        let wait = max(0, (next ?? page.start).milliseconds - scope.now.milliseconds)
        let ended: Instant? = isTaken ? scope.now : nil
        return """
          (\(facility), \(page.alert.id), \(page.number), \(page.system), \(page.alert.grade.rawValue), \(text),
            \(page.plan.isQuiet), \(page.start), 0, \(next), \(wait), \(isTaken ? PageEnd.acknowledged.rawValue : nil),
            \(ended))
          """
      }
      try housekeeping.run(
        """
        INSERT INTO page (facility_id, alert_id, number, system_id, grade, plan, is_quiet, starts_at_ms, turn,
          next_at_ms, wait_ms, ended, ended_at_ms)
        VALUES \(SQL(joining: rows, by: ", "))
        ON CONFLICT (facility_id, alert_id) DO UPDATE SET grade = excluded.grade, plan = excluded.plan,
          is_quiet = excluded.is_quiet, starts_at_ms = excluded.starts_at_ms, turn = 0,
          next_at_ms = excluded.next_at_ms, wait_ms = excluded.wait_ms, ended = excluded.ended,
          ended_at_ms = excluded.ended_at_ms
        """)
    }
  }

  func advance(_ alerts: [AlertID], _ move: PageMove) throws {
    let wait = max(0, (move.next ?? scope.now).milliseconds - scope.now.milliseconds)
    let ended: Instant? = move.ended == nil ? nil : scope.now
    for start in stride(from: 0, to: alerts.count, by: 400) {
      let ids = SQL(joining: alerts[start..<min(start + 400, alerts.count)].map { "\($0)" as SQL }, by: ", ")
      try housekeeping.run(
        """
        UPDATE page SET turn = \(move.turn), next_at_ms = \(move.next), wait_ms = \(wait),
          ended = \(move.ended?.rawValue), ended_at_ms = \(ended)
        WHERE facility_id = \(facility) AND alert_id IN (\(ids))
        """)
    }
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

  /// Writes down the calls of one pass, many in one statement.
  func note(_ calls: [MadeCall], _ hours: HourKind) throws {
    for start in stride(from: 0, to: calls.count, by: 100) {
      let rows = calls[start..<min(start + 100, calls.count)].map { call -> SQL in
        """
        (\(facility), \(call.page.alert.id), \(call.page.alert.grade.rawValue), \(call.turn),
          \(call.recipient?.text ?? PageCall.nobody), \(call.letter), \(scope.now), \(hours.rawValue))
        """
      }
      try housekeeping.run(
        """
        INSERT INTO page_call (facility_id, alert_id, grade, turn, recipient, letter_id, at_ms, hours)
        VALUES \(SQL(joining: rows, by: ", ")) ON CONFLICT DO NOTHING
        """)
    }
  }

  /// Named one by one: without statistics PostgreSQL would compare each with each.
  func markTold(_ alerts: [AlertID]) throws {
    for start in stride(from: 0, to: alerts.count, by: 400) {
      let ids = SQL(joining: alerts[start..<min(start + 400, alerts.count)].map { "\($0)" as SQL }, by: ", ")
      try housekeeping.run(
        """
        UPDATE monitor_alert SET told_at_ms = COALESCE(told_at_ms, \(scope.now)), told_grade = grade
        WHERE facility_id = \(facility) AND id IN (\(ids))
        """)
    }
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

/// A page that begins.
struct BegunPage: Sendable {
  let alert: Alert
  let number: Int
  let system: String?
  let plan: PagePlan
  let start: Instant
}

/// A call as it is made; nil for a turn that has nobody.
struct MadeCall: Sendable {
  let page: RunningPage
  let turn: Int
  let recipient: CallRecipient?
  let letter: LetterID
}

/// Where a page goes from here; of many alerts that open at once it is the same.
struct PageMove: Sendable, Hashable {
  let turn: Int
  /// Nil when nobody is called any more.
  let next: Instant?
  let ended: PageEnd?
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
