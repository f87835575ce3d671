import Kernel
import Registers
import Storage
import Web

/// A cycle with what it is about.
struct ListedCycle: Sendable {
  let thing: ReviewedThing
  let title: String
  let cycle: ReviewCycle
  let owner: String?
  let lastOn: Day?
}

extension ReadTx {
  private var titles: SQL {
    """
    SELECT 'audits' AS kind, a.id AS id, a.name AS title FROM audit a WHERE a.facility_id = \(facility)
    UNION ALL SELECT 'measures', m.id, m.title FROM measure m WHERE m.facility_id = \(facility)
    """
  }

  /// What is looked at again and again, the first to be due first; and how much there is.
  func reviewCycles(_ listing: Listing) throws -> (page: [ListedCycle], total: Int) {
    let page = try all(
      """
      SELECT c.kind, c.thing_id, t.title, c.months, c.next_on, c.owner_id, c.version, p.name, (
        SELECT MAX(r.done_on) FROM review_record r
        WHERE r.facility_id = c.facility_id AND r.kind = c.kind AND r.thing_id = c.thing_id)
      FROM review_cycle c JOIN (\(titles)) t ON t.kind = c.kind AND t.id = c.thing_id
      LEFT JOIN person p ON p.facility_id = c.facility_id AND p.id = c.owner_id
      WHERE c.facility_id = \(facility) ORDER BY c.next_on, t.title, c.thing_id
      LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      guard let kind = ReviewedThing.Kind(rawValue: try row.text(0)) else {
        throw Row.Corrupt("review_cycle.kind")
      }
      return ListedCycle(
        thing: ReviewedThing(kind, try row.text(1)), title: try row.text(2),
        cycle: try ReviewCycle(row: row, from: 3), owner: try row.optionalText(7),
        lastOn: try row.optionalDay(8))
    }
    return (page, try count("SELECT COUNT(*) FROM review_cycle c WHERE c.facility_id = \(facility)"))
  }

  /// What a thing is called; nil when there is no such thing here.
  func title(of thing: ReviewedThing) throws -> String? {
    try first(
      "SELECT t.title FROM (\(titles)) t WHERE t.kind = \(thing.kind.rawValue) AND t.id = \(thing.id)"
    ) { try $0.text(0) }
  }

  func reviewCycle(of thing: ReviewedThing) throws -> (cycle: ReviewCycle, owner: String?)? {
    try first(
      """
      SELECT c.months, c.next_on, c.owner_id, c.version, p.name FROM review_cycle c
      LEFT JOIN person p ON p.facility_id = c.facility_id AND p.id = c.owner_id
      WHERE c.facility_id = \(facility) AND c.kind = \(thing.kind.rawValue) AND c.thing_id = \(thing.id)
      """
    ) { (try ReviewCycle(row: $0, from: 0), try $0.optionalText(4)) }
  }

  /// The looks that were taken, newest first.
  func periodicReviews(of thing: ReviewedThing, limit: Int) throws -> [PeriodicReview] {
    try all(
      """
      SELECT id, at_ms, by_name, done_on, outcome, note, next_on FROM review_record
      WHERE facility_id = \(facility) AND kind = \(thing.kind.rawValue) AND thing_id = \(thing.id)
      ORDER BY id DESC LIMIT \(limit)
      """
    ) { row in
      guard let outcome = PeriodicReview.Outcome(rawValue: try row.text(4)),
        let done = try row.optionalDay(3),
        let next = try row.optionalDay(6)
      else { throw Row.Corrupt("review_record.outcome") }
      return PeriodicReview(
        id: try row.id(0), at: try row.instant(1), byName: try row.text(2), doneOn: done, outcome: outcome,
        note: try row.text(5), nextOn: next)
    }
  }

  func periodicReviewDutyRows(until last: Day) -> SQL {
    """
    SELECT c.kind AS kind, c.thing_id AS subject, t.title AS title, c.next_on AS day
    FROM review_cycle c JOIN (\(titles)) t ON t.kind = c.kind AND t.id = c.thing_id
    WHERE c.facility_id = \(facility) AND c.next_on <= \(last)
    """
  }
}

extension WriteTx {
  /// Sets how often a thing is looked at; nil for no longer.
  ///
  /// - Throws: `Stale` when the cycle has moved on from `before`.
  func set(_ after: ReviewCycle?, over before: ReviewCycle?, of thing: ReviewedThing, title: String) throws {
    let (kind, version) = (thing.kind.rawValue, before?.version ?? 0)
    let sql: SQL =
      if let after, before == nil {
        """
        INSERT INTO review_cycle (facility_id, kind, thing_id, months, next_on, owner_id, version)
        VALUES (\(facility), \(kind), \(thing.id), \(after.months), \(after.nextOn), \(after.owner), \(after.version))
        ON CONFLICT (facility_id, kind, thing_id) DO NOTHING
        """
      } else if let after {
        """
        UPDATE review_cycle SET months = \(after.months), next_on = \(after.nextOn), owner_id = \(after.owner),
          version = \(after.version)
        WHERE facility_id = \(facility) AND kind = \(kind) AND thing_id = \(thing.id) AND version = \(version)
        """
      } else {
        """
        DELETE FROM review_cycle
        WHERE facility_id = \(facility) AND kind = \(kind) AND thing_id = \(thing.id) AND version = \(version)
        """
      }
    try apply(
      sql,
      recording: Change(
        "review.plan", of: "review:\(thing.text)", from: before.map { Told($0, title) },
        to: after.map { Told($0, title) }))
    try housekeeping.setDue(
      "periodicReviews.next", thing.text,
      at: after.flatMap { Assessments.reminder(for: $0.nextOn, after: scope.now) })
  }

  func insert(_ new: PeriodicReview, of thing: ReviewedThing, title: String) throws {
    struct Done: Encodable, Sendable {
      let name: String
      let doneOn: Day
      let outcome: PeriodicReview.Outcome
      let reviewNote: String
      let nextDueOn: Day
    }
    try apply(
      """
      INSERT INTO review_record (facility_id, id, kind, thing_id, at_ms, by_name, done_on, outcome, note, next_on)
      VALUES (\(facility), \(new.id), \(thing.kind.rawValue), \(thing.id), \(new.at), \(new.byName), \(new.doneOn),
        \(new.outcome.rawValue), \(new.note), \(new.nextOn))
      """,
      recording: Change(
        "review.done", of: "review:\(thing.text)",
        to: Done(
          name: title, doneOn: new.doneOn, outcome: new.outcome, reviewNote: new.note, nextDueOn: new.nextOn))
    )
  }
}

/// What the ledger says of a cycle.
private struct Told: Encodable, Sendable {
  let name: String
  let everyMonths: Int
  let nextDueOn: Day
  let owner: PersonID?

  init(_ cycle: ReviewCycle, _ title: String) {
    (name, everyMonths, nextDueOn, owner) = (title, cycle.months, cycle.nextOn, cycle.owner)
  }
}

extension ReviewCycle {
  fileprivate init(row: Row, from first: Int) throws {
    self.init(
      months: try row.int(first), nextOn: try row.day(first + 1), owner: try row.optionalID(first + 2),
      version: try row.int(first + 3))
  }
}

extension PeriodicReviews {
  static let migrations = [
    Migration(
      "20261201-w3-periodic-reviews",
      [
        """
        CREATE TABLE review_cycle (
          facility_id TEXT NOT NULL REFERENCES facility (id), kind TEXT NOT NULL CHECK (kind IN ('audits', 'measures')),
          thing_id TEXT NOT NULL, months BIGINT NOT NULL, next_on TEXT NOT NULL, owner_id TEXT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, kind, thing_id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX review_cycle_by_day ON review_cycle (facility_id, next_on)",
        """
        CREATE TABLE review_record (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, kind TEXT NOT NULL, thing_id TEXT NOT NULL,
          at_ms BIGINT NOT NULL, by_name TEXT NOT NULL, done_on TEXT NOT NULL,
          outcome TEXT NOT NULL CHECK (outcome IN ('fine', 'changed', 'problem')), note TEXT NOT NULL,
          next_on TEXT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX review_record_by_thing ON review_record (facility_id, kind, thing_id, id)",
      ] + Migration.confine("review_cycle") + Migration.confine("review_record"))
  ]
}
