import Kernel
import Storage

/// A day off for work on a day off: given afterwards (代休), or exchanged beforehand (振替休日). They are never the same.
struct RestDay: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<RestDay>

  enum Kind: String, Sendable, Codable, CaseIterable {
    /// 代休: the premium for the day off stays due.
    case compensatory
    /// 振替休日: decided before the day on which is worked.
    case substitute
  }

  let id: ID
  let kind: Kind
  let person: PersonID
  let workedOn: Day
  /// Nil while a 代休 has not been taken.
  var restOn: Day?
  let decidedAt: Instant
  let madeBy: String
  var version: Int
}

/// An address from which a calendar is read.
struct CalendarFeed: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<CalendarFeed>
  let id: ID
  /// Nil for all rotas of a person.
  let rota: Rota.ID?
  /// Nil for a team.
  let person: PersonID?
  let madeBy: String
  let madeAt: Instant
}

extension ReadTx {
  func swaps(of rota: Rota.ID, limit: Int) throws -> [Swap] {
    try all(
      """
      SELECT definition FROM oncall_swap WHERE facility_id = \(facility) AND rota_id = \(rota)
      ORDER BY made_at_ms DESC, id LIMIT \(limit)
      """
    ) { try OnCallJSON.read(Swap.self, try $0.text(0)) }
  }

  func swap(_ id: Swap.ID) throws -> Swap? {
    try first("SELECT definition FROM oncall_swap WHERE facility_id = \(facility) AND id = \(id)") {
      try OnCallJSON.read(Swap.self, try $0.text(0))
    }
  }

  /// What counts: of a record that was put right, the one that stands in its place.
  func dutyCalls(of rota: Rota.ID, in span: Window) throws -> [DutyCall] {
    try all(
      """
      SELECT \(DutyCall.columns) FROM oncall_call c WHERE c.facility_id = \(facility) AND c.rota_id = \(rota)
        AND c.ended_at_ms > \(span.from) AND c.started_at_ms < \(span.until) AND NOT EXISTS (
          SELECT 1 FROM oncall_call n WHERE n.facility_id = c.facility_id AND n.corrects = c.id)
      ORDER BY c.started_at_ms, c.id
      """, DutyCall.init(row:))
  }

  /// A record with those that it has put right, the newest first; empty when there is none, or when it stands no more.
  func dutyCallHistory(_ id: DutyCall.ID, of rota: Rota.ID) throws -> [DutyCall] {
    let known = try all(
      """
      WITH RECURSIVE chain (id, depth) AS (
        SELECT id, 0 FROM oncall_call WHERE facility_id = \(facility) AND id = \(id) AND rota_id = \(rota)
        UNION ALL SELECT c.corrects, chain.depth + 1 FROM oncall_call c JOIN chain ON c.id = chain.id
          WHERE c.facility_id = \(facility) AND c.corrects IS NOT NULL AND chain.depth < 100
      )
      SELECT \(DutyCall.columns) FROM chain JOIN oncall_call c ON c.id = chain.id
      WHERE c.facility_id = \(facility) ORDER BY chain.depth
      """, DutyCall.init(row:))
    let isOld =
      try count(
        "SELECT COUNT(*) FROM oncall_call WHERE facility_id = \(facility) AND corrects = \(id)") > 0
    return isOld ? [] : known
  }

  func hasDutyCall(_ id: DutyCall.ID, of rota: Rota.ID) throws -> Bool {
    try count(
      "SELECT COUNT(*) FROM oncall_call WHERE facility_id = \(facility) AND rota_id = \(rota) AND id = \(id)")
      > 0
  }

  /// Calls, and records of who served: both are working time.
  func hasRecords(_ rota: Rota.ID) throws -> Bool {
    try count(
      """
      SELECT (SELECT COUNT(*) FROM oncall_call WHERE facility_id = \(facility) AND rota_id = \(rota))
        + (SELECT COUNT(*) FROM oncall_served WHERE facility_id = \(facility) AND rota_id = \(rota))
      """) > 0
  }

  func restDays(since day: Day) throws -> [RestDay] {
    try all(
      """
      SELECT id, kind, person_id, worked_on, rest_on, decided_at_ms, made_by, version FROM oncall_rest
      WHERE facility_id = \(facility) AND (worked_on >= \(day) OR rest_on IS NULL) ORDER BY worked_on DESC, id
      LIMIT 1000
      """, RestDay.init(row:))
  }

  func restDay(_ id: RestDay.ID) throws -> RestDay? {
    try first(
      """
      SELECT id, kind, person_id, worked_on, rest_on, decided_at_ms, made_by, version FROM oncall_rest
      WHERE facility_id = \(facility) AND id = \(id)
      """, RestDay.init(row:))
  }

  func restDays(of person: PersonID, workedOn day: Day) throws -> Int {
    try count(
      """
      SELECT COUNT(*) FROM oncall_rest
      WHERE facility_id = \(facility) AND person_id = \(person) AND worked_on = \(day)
      """)
  }

  /// The addresses in use: of one person, or of all.
  func calendarFeeds(of person: PersonID?) throws -> [CalendarFeed] {
    let which: SQL = person.map { "AND person_id = \($0)" } ?? ""
    return try all(
      """
      SELECT id, rota_id, person_id, made_by, made_at_ms FROM oncall_feed
      WHERE facility_id = \(facility) AND ended_at_ms IS NULL \(which) ORDER BY made_at_ms, id
      """, CalendarFeed.init(row:))
  }

  func calendarFeed(_ id: CalendarFeed.ID) throws -> CalendarFeed? {
    try first(
      """
      SELECT id, rota_id, person_id, made_by, made_at_ms FROM oncall_feed
      WHERE facility_id = \(facility) AND id = \(id) AND ended_at_ms IS NULL
      """, CalendarFeed.init(row:))
  }

  /// Whose calendar an address is, of any facility. Only its hash is known here.
  func calendarFeed(hash: String) throws -> (facility: FacilityID, feed: CalendarFeed)? {
    try first(
      """
      SELECT id, rota_id, person_id, made_by, made_at_ms, facility_id FROM oncall_feed
      WHERE token_hash = \(hash) AND ended_at_ms IS NULL
      """
    ) { (facility: try $0.id(5), feed: try CalendarFeed(row: $0)) }
  }
}

extension DutyCall {
  fileprivate static let columns: SQL = """
    c.id, c.rota_id, c.member, c.called_at_ms, c.started_at_ms, c.ended_at_ms, c.travel_minutes, c.what, c.made_by,
    c.corrects, c.why
    """

  fileprivate init(row: Row) throws {
    guard let member = RotaMember(try row.text(2)) else { throw Row.Corrupt("oncall_call.member") }
    self.init(
      id: try row.id(0), rota: try row.id(1), member: member, calledAt: try row.instant(3),
      work: Window(from: try row.instant(4), until: try row.instant(5)), travelMinutes: try row.int(6),
      what: try row.text(7), madeBy: try row.text(8), corrects: try row.optionalID(9),
      why: try row.optionalText(10))
  }
}

extension RestDay {
  fileprivate init(row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(1)) else { throw Row.Corrupt("oncall_rest.kind") }
    self.init(
      id: try row.id(0), kind: kind, person: try row.id(2), workedOn: try row.day(3),
      restOn: try row.optionalDay(4),
      decidedAt: try row.instant(5), madeBy: try row.text(6), version: try row.int(7))
  }
}

extension CalendarFeed {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), rota: try row.optionalID(1), person: try row.optionalID(2), madeBy: try row.text(3),
      madeAt: try row.instant(4))
  }
}

extension WriteTx {
  func insert(_ swap: Swap) throws {
    try apply(
      """
      INSERT INTO oncall_swap (facility_id, id, rota_id, state, definition, made_at_ms, version)
      VALUES (\(facility), \(swap.id), \(swap.rota), \(swap.state.rawValue), \(try OnCallJSON.text(swap)),
        \(swap.madeAt), \(swap.version))
      """, recording: Change("oncall.swap", of: "oncall-rota:\(swap.rota)", to: swap))
  }

  func replace(_ before: Swap, with after: Swap) throws {
    try apply(
      """
      UPDATE oncall_swap SET state = \(after.state.rawValue), definition = \(try OnCallJSON.text(after)),
        version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change("oncall.swap-change", of: "oncall-rota:\(after.rota)", from: before, to: after))
  }

  /// - Parameter before: what it puts right, which stays as it is.
  func insert(_ call: DutyCall, over before: DutyCall? = nil) throws {
    try apply(
      """
      INSERT INTO oncall_call (facility_id, id, rota_id, member, called_at_ms, started_at_ms, ended_at_ms,
        travel_minutes, what, made_by, corrects, why)
      VALUES (\(facility), \(call.id), \(call.rota), \(call.member.text), \(call.calledAt), \(call.work.from),
        \(call.work.until), \(call.travelMinutes), \(call.what), \(call.madeBy), \(call.corrects), \(call.why))
      """,
      recording: Change(
        before == nil ? "oncall.call" : "oncall.call-correct", of: "oncall-rota:\(call.rota)", from: before,
        to: call))
  }

  func insert(_ rest: RestDay) throws {
    try apply(
      """
      INSERT INTO oncall_rest (facility_id, id, kind, person_id, worked_on, rest_on, decided_at_ms, made_by, version)
      VALUES (\(facility), \(rest.id), \(rest.kind.rawValue), \(rest.person), \(rest.workedOn), \(rest.restOn),
        \(rest.decidedAt), \(rest.madeBy), \(rest.version))
      """, recording: Change("oncall.rest", of: "oncall-rest:\(rest.id)", to: rest))
  }

  func replace(_ before: RestDay, with after: RestDay) throws {
    try apply(
      """
      UPDATE oncall_rest SET rest_on = \(after.restOn), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """, recording: Change("oncall.rest-taken", of: "oncall-rest:\(after.id)", from: before, to: after))
  }

  func insert(_ feed: CalendarFeed, tokenHash: String) throws {
    try apply(
      """
      INSERT INTO oncall_feed (facility_id, id, token_hash, rota_id, person_id, made_by, made_at_ms)
      VALUES (\(facility), \(feed.id), \(tokenHash), \(feed.rota), \(feed.person), \(feed.madeBy), \(feed.madeAt))
      """, recording: Change("oncall.feed", of: "oncall-feed:\(feed.id)", to: feed))
  }

  /// Nobody reads it from now on; its hash goes.
  func end(_ feed: CalendarFeed) throws {
    try apply(
      """
      UPDATE oncall_feed SET ended_at_ms = \(scope.now), token_hash = NULL
      WHERE facility_id = \(facility) AND id = \(feed.id) AND ended_at_ms IS NULL
      """,
      recording: Change("oncall.feed-end", of: "oncall-feed:\(feed.id)", from: feed, to: CalendarFeed?.none))
  }
}
