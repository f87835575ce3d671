import Kernel
import Registers
import Storage
import Web

/// Which requests are asked for.
struct RequestQuery: Sendable, Equatable {
  enum Standing: String, Sendable, CaseIterable {
    /// With the vendor, and not answered.
    case waiting
    /// With the vendor, past its day.
    case overdue
    /// With the hospital, to be looked at.
    case handedIn = "handed-in"
    case closed, revoked, draft
  }

  var standing: Standing?
  var vendor = ""
  var kind: SheetRequest.Kind?
  var isNarrowed: Bool { standing != nil || !vendor.isEmpty || kind != nil }
}

/// How many requests stand where.
struct RequestCounts: Sendable, Equatable {
  var all = 0
  var waiting = 0
  var overdue = 0
  var handedIn = 0
  var closed = 0
  /// How many fit the query.
  var matching = 0
}

/// A request in the overview.
struct RequestLine: Sendable, Equatable {
  let request: SheetRequest
  let answered: Int
  let browsers: Int
  let linkExpiresOn: Day?
}

extension ReadTx {
  func request(_ id: SheetRequest.ID) throws -> SheetRequest? {
    try first(
      """
      SELECT id, vendor_id, vendor_name, system_id, system_name, kind, pack, form, due_on, message, asked_by, state,
        handed_in_at_ms, handed_in_by, version
      FROM sheet_request WHERE facility_id = \(facility) AND id = \(id)
      """,
      SheetRequest.init(row:))
  }

  /// One page of requests: first what waits for the hospital, then what waits for vendors by day, then what is over.
  ///
  /// Answers are counted for the rows of the page alone, not for those before it.
  func requests(_ query: RequestQuery, on today: Day, _ listing: Listing) throws -> [RequestLine] {
    try all(
      """
      SELECT r.id, r.vendor_id, r.vendor_name, r.system_id, r.system_name, r.kind, r.pack, r.form, r.due_on, r.message,
        r.asked_by, r.state, r.handed_in_at_ms, r.handed_in_by, r.version,
        (SELECT COUNT(*) FROM sheet_answer a
         WHERE a.facility_id = r.facility_id AND a.request_id = r.id AND a.value IS NOT NULL),
        (SELECT COUNT(*) FROM sheet_browser b WHERE b.facility_id = r.facility_id AND b.request_id = r.id),
        (SELECT MAX(l.expires_on) FROM sheet_link l
         WHERE l.facility_id = r.facility_id AND l.request_id = r.id AND l.ending IS NULL)
      FROM (
        SELECT r.* FROM sheet_request r WHERE r.facility_id = \(facility) AND \(condition(query, today))
        ORDER BY \(RequestQuery.order) LIMIT \(listing.size) OFFSET \(listing.offset)
      ) r
      ORDER BY \(RequestQuery.order)
      """
    ) { row in
      RequestLine(
        request: try SheetRequest(row: row), answered: try row.int(15), browsers: try row.int(16),
        linkExpiresOn: try row.optionalDay(17))
    }
  }

  func requestCounts(_ query: RequestQuery, on today: Day) throws -> RequestCounts {
    try first(
      """
      SELECT COUNT(*),
        COALESCE(SUM(CASE WHEN \(RequestQuery.isWaiting) THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN \(RequestQuery.isWaiting) AND r.due_on < \(today) THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN r.state = 'handed-in' THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN r.state = 'closed' THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN \(condition(query, today)) THEN 1 ELSE 0 END), 0)
      FROM sheet_request r WHERE r.facility_id = \(facility)
      """
    ) { row in
      RequestCounts(
        all: try row.int(0), waiting: try row.int(1), overdue: try row.int(2), handedIn: try row.int(3),
        closed: try row.int(4), matching: try row.int(5))
    } ?? RequestCounts()
  }

  private func condition(_ query: RequestQuery, _ today: Day) -> SQL {
    var parts: [SQL] = ["1 = 1"]
    switch query.standing {
    case .waiting: parts.append(RequestQuery.isWaiting)
    case .overdue: parts.append("\(RequestQuery.isWaiting) AND r.due_on < \(today)")
    case .handedIn: parts.append("r.state = 'handed-in'")
    case .closed: parts.append("r.state = 'closed'")
    case .revoked: parts.append("r.state = 'revoked'")
    case .draft: parts.append("r.state = 'draft'")
    case nil: break
    }
    if !query.vendor.isEmpty { parts.append("r.vendor_id = \(query.vendor)") }
    if let kind = query.kind { parts.append("r.kind = \(kind.rawValue)") }
    return SQL(joining: parts, by: " AND ")
  }

  /// What the newest checklist of each vendor and system, handed in since `start`, says of any of `items`.
  func sheetFigures(of items: [String], since start: Instant) throws -> SheetFigures {
    let list = SQL(joining: items.map { "\($0)" as SQL }, by: ", ")
    let rows = try all(
      """
      SELECT r.id, r.vendor_id, r.system_id, a.value, a.checked_on,
        (SELECT COUNT(*) FROM sheet_request r WHERE r.facility_id = \(facility) AND r.kind = 'vendor-checklist'
          AND \(RequestQuery.isWaiting))
      FROM sheet_request r
      JOIN sheet_answer a ON a.facility_id = r.facility_id AND a.request_id = r.id AND a.item IN (\(list))
      WHERE r.facility_id = \(facility) AND r.kind = 'vendor-checklist' AND r.state IN ('handed-in', 'closed')
        AND r.handed_in_at_ms >= \(start)
      ORDER BY r.handed_in_at_ms DESC, r.id
      """
    ) { row in
      (
        request: try row.text(0), about: [try row.text(1), try row.optionalText(2)],
        value: try row.optionalText(3),
        checkedOn: try row.optionalDay(4), waiting: try row.int(5)
      )
    }
    var newest: [[String?]: String] = [:]
    var figures = SheetFigures()
    for row in rows {
      guard newest[row.about, default: row.request] == row.request else { continue }
      newest[row.about] = row.request
      figures.waiting = row.waiting
      switch row.value.flatMap(Answer.Value.init(rawValue:)) {
      case .yes: figures.yes += 1
      case .no: figures.no += 1
      case .na, nil: continue
      }
      figures.oldest = [figures.oldest, row.checkedOn].compactMap { $0 }.min()
    }
    return figures
  }

  /// Vendors that have been asked, for the filter.
  func askedVendors() throws -> [(id: String, name: String)] {
    try all(
      """
      SELECT vendor_id, MAX(vendor_name) FROM sheet_request WHERE facility_id = \(facility)
      GROUP BY vendor_id ORDER BY 2
      """
    ) { (try $0.text(0), try $0.text(1)) }
  }

  /// Whether the wizard's sending has been carried out already.
  func hasBatch(_ batch: String) throws -> Bool {
    try count("SELECT COUNT(*) FROM sheet_request WHERE facility_id = \(facility) AND batch = \(batch)") > 0
  }

  func sheetAnswers(_ id: SheetRequest.ID) throws -> [String: SheetAnswer] { try answersAndRemarks(id).0 }

  /// The vendor's answers and the hospital's remarks by item, in one statement; the remark on the whole sheet under "".
  func answersAndRemarks(_ id: SheetRequest.ID) throws -> ([String: SheetAnswer], [String: SheetRemark]) {
    var answers: [String: SheetAnswer] = [:]
    var remarks: [String: SheetRemark] = [:]
    let rows = try all(
      """
      SELECT item, value, checked_on, target_on, note, by_name, at_ms, source, version, NULL
      FROM sheet_answer WHERE facility_id = \(facility) AND request_id = \(id)
      UNION ALL
      SELECT item, NULL, NULL, NULL, '', by_name, at_ms, '', 0, text
      FROM sheet_remark WHERE facility_id = \(facility) AND request_id = \(id)
      """
    ) { row -> (SheetAnswer?, SheetRemark?) in
      guard let text = try row.optionalText(9) else { return (try SheetAnswer(row: row), nil) }
      return (
        nil, SheetRemark(item: try row.text(0), text: text, by: try row.text(5), at: try row.instant(6))
      )
    }
    for (answer, remark) in rows {
      if let answer { answers[answer.item] = answer }
      if let remark { remarks[remark.item] = remark }
    }
    return (answers, remarks)
  }

  func sheetAnswer(_ id: SheetRequest.ID, _ item: String) throws -> SheetAnswer? {
    try first(
      """
      SELECT item, value, checked_on, target_on, note, by_name, at_ms, source, version
      FROM sheet_answer WHERE facility_id = \(facility) AND request_id = \(id) AND item = \(item)
      """,
      SheetAnswer.init(row:))
  }
}

extension WriteTx {
  func insert(_ new: SheetRequest, batch: String) throws {
    try apply(
      """
      INSERT INTO sheet_request (facility_id, id, batch, vendor_id, vendor_name, system_id, system_name, kind, pack, form,
        due_on, message, asked_by, state, version)
      VALUES (\(facility), \(new.id), \(batch), \(new.vendor), \(new.vendorName), \(new.system), \(new.systemName),
        \(new.kind.rawValue), \(new.pack), \(new.form), \(new.dueOn), \(new.message), \(new.askedBy),
        \(new.state.rawValue), \(new.version))
      """,
      recording: Change("request.make", of: new.subject, to: new))
  }

  /// Stores `after` in the place of `before`, and when the vendor is to be reminded.
  ///
  /// - Throws: `Stale` when the row has moved on from `before.version`.
  func replace(_ before: SheetRequest, with after: SheetRequest, as action: StaticString) throws {
    try apply(
      """
      UPDATE sheet_request SET state = \(after.state.rawValue), handed_in_at_ms = \(after.handedInAt),
        handed_in_by = \(after.handedInBy), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(action, of: before.subject, from: before, to: after))
    try housekeeping.setDue("requests.due", "\(after.id)", at: after.nextReminder(after: scope.now))
  }

  /// - Throws: `Stale` when the row has moved on from `before.version`.
  func replace(
    _ before: SheetAnswer, with after: SheetAnswer, in request: SheetRequest.ID, as action: StaticString
  ) throws {
    let sql: SQL =
      before.version == 0
      ? """
      INSERT INTO sheet_answer (facility_id, request_id, item, value, checked_on, target_on, note, by_name, at_ms, source,
        version)
      VALUES (\(facility), \(request), \(after.item), \(after.value?.rawValue), \(after.checkedOn), \(after.targetOn),
        \(after.note), \(after.by), \(after.at), \(after.source.rawValue), \(after.version))
      ON CONFLICT (facility_id, request_id, item) DO NOTHING
      """
      : """
      UPDATE sheet_answer SET value = \(after.value?.rawValue), checked_on = \(after.checkedOn),
        target_on = \(after.targetOn), note = \(after.note), by_name = \(after.by), at_ms = \(after.at),
        source = \(after.source.rawValue), version = \(after.version)
      WHERE facility_id = \(facility) AND request_id = \(request) AND item = \(after.item) AND version = \(before.version)
      """
    try apply(
      sql,
      recording: Change(
        action, of: "request:\(request)/\(after.item)", from: before.version == 0 ? nil : before, to: after))
  }

  /// Sets the hospital's remark on an item; an empty text takes it away.
  func remark(_ remark: SheetRemark, in request: SheetRequest.ID) throws {
    if remark.text.isEmpty {
      try housekeeping.run(
        """
        DELETE FROM sheet_remark
        WHERE facility_id = \(facility) AND request_id = \(request) AND item = \(remark.item)
        """)
      return
    }
    try apply(
      """
      INSERT INTO sheet_remark (facility_id, request_id, item, text, by_name, at_ms)
      VALUES (\(facility), \(request), \(remark.item), \(remark.text), \(remark.by), \(remark.at))
      ON CONFLICT (facility_id, request_id, item) DO UPDATE SET text = excluded.text, by_name = excluded.by_name,
        at_ms = excluded.at_ms
      """,
      recording: Change("request.remark", of: "request:\(request)", to: remark))
  }
}

extension RequestQuery {
  fileprivate static let order: SQL = """
    CASE r.state WHEN 'handed-in' THEN 0 WHEN 'closed' THEN 2 WHEN 'revoked' THEN 3 ELSE 1 END, r.due_on,
      r.vendor_name, r.id
    """
  fileprivate static let isWaiting: SQL = "r.state IN ('sent', 'opened', 'answering', 'returned')"
}

extension SheetRequest {
  /// What the ledger and the files beside it call it.
  var subject: String { "request:\(id)" }

  init(row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(5)), let state = State(rawValue: try row.text(11)),
      let due = try row.optionalDay(8)
    else { throw Row.Corrupt("sheet_request") }
    self.init(
      id: try row.id(0), vendor: try row.text(1), vendorName: try row.text(2),
      system: try row.optionalText(3),
      systemName: try row.optionalText(4), kind: kind, pack: try row.optionalText(6),
      form: try row.optionalText(7), dueOn: due, message: try row.text(9), askedBy: try row.optionalID(10),
      state: state, handedInAt: try row.optionalInstant(12), handedInBy: try row.optionalText(13),
      version: try row.int(14))
  }
}

extension SheetAnswer {
  fileprivate init(row: Row) throws {
    guard let source = Source(rawValue: try row.text(7)) else { throw Row.Corrupt("sheet_answer.source") }
    self.init(
      item: try row.text(0), value: try row.optionalText(1).flatMap(Answer.Value.init(rawValue:)),
      checkedOn: try row.optionalDay(2), targetOn: try row.optionalDay(3), note: try row.text(4),
      by: try row.text(5), at: try row.instant(6), source: source, version: try row.int(8))
  }
}
