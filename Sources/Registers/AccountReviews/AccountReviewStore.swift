import Kernel
import Storage
import Web

/// A subject with where it stands, for the list.
struct ReviewStanding: Sendable, Equatable {
  let subject: ReviewSubject
  /// "" for Mamorite.
  let name: String
  let plan: ReviewPlan?
  let responsibleName: String?
  let open: AccountReview.ID?
  let last: AccountReview.ID?
  let lastSignedAt: Instant?
  let openChanges: Int
  let openRemovals: Int
}

extension ReadTx {
  /// Whether a row of a review still has to be carried out; its row is `r`, its review `v`.
  ///
  /// What was decided of an account of Mamorite is looked up in the people as they are now.
  var isOpenPoint: SQL {
    """
    (r.decision IN ('change', 'remove') AND r.done_on IS NULL AND (v.subject <> 'mamorite' OR EXISTS (
      SELECT 1 FROM person h WHERE h.facility_id = \(facility) AND h.id = r.holder_id
        AND h.account_id IS NOT NULL AND (r.decision = 'remove' OR h.role = r.role))))
    """
  }

  /// The last signed review of each subject: a later one takes the place of what an earlier one left open.
  private var lastSigned: SQL {
    """
    SELECT v.* FROM account_review v WHERE v.facility_id = \(facility) AND v.state = 'signed'
      AND NOT EXISTS (SELECT 1 FROM account_review n WHERE n.facility_id = \(facility)
        AND n.subject = v.subject AND n.state = 'signed' AND (n.signed_at_ms > v.signed_at_ms
          OR n.signed_at_ms = v.signed_at_ms AND n.id > v.id))
    """
  }

  /// Mamorite first, then the systems in the order of their register; with the number of all.
  ///
  /// - Parameter subject: that one alone.
  func reviewStandings(_ listing: Listing, only subject: ReviewSubject? = nil) throws
    -> (page: [ReviewStanding], total: Int)
  {
    let narrowed: SQL = subject.map { "WHERE s.id = \($0.text)" } ?? ""
    let page = try all(
      """
      SELECT s.id, s.name, p.interval_months, p.responsible_id, p.next_due_on, p.version, w.name, o.id, l.id,
        l.signed_at_ms,
        (SELECT COUNT(*) FROM account_review_row r JOIN account_review v
           ON v.facility_id = r.facility_id AND v.id = r.review_id
         WHERE r.facility_id = \(facility) AND r.review_id = l.id AND r.decision = 'change' AND \(isOpenPoint)),
        (SELECT COUNT(*) FROM account_review_row r JOIN account_review v
           ON v.facility_id = r.facility_id AND v.id = r.review_id
         WHERE r.facility_id = \(facility) AND r.review_id = l.id AND r.decision = 'remove' AND \(isOpenPoint))
      FROM (SELECT 'mamorite' AS id, '' AS name, 0 AS place, '' AS sorting
        UNION ALL SELECT id, name, 1, key_text FROM system WHERE facility_id = \(facility)) s
        LEFT JOIN account_review_plan p ON p.facility_id = \(facility) AND p.subject = s.id
        LEFT JOIN person w ON w.facility_id = \(facility) AND w.id = p.responsible_id
        LEFT JOIN account_review o ON o.facility_id = \(facility) AND o.subject = s.id AND o.state = 'open'
        LEFT JOIN (\(lastSigned)) l ON l.subject = s.id
      \(narrowed) ORDER BY s.place, s.sorting, s.id LIMIT \(listing.size) OFFSET \(listing.offset)
      """, ReviewStanding.init)
    let total =
      try subject == nil ? count("SELECT COUNT(*) FROM system WHERE facility_id = \(facility)") + 1 : 1
    return (page, total)
  }

  /// - Returns: nil for a system that the register does not have.
  func reviewStanding(_ subject: ReviewSubject) throws -> ReviewStanding? {
    try reviewStandings(Listing(), only: subject).page.first
  }

  func accountReview(_ id: AccountReview.ID) throws -> AccountReview? {
    try first(
      """
      SELECT id, subject, subject_name, started_at_ms, started_by, file, refused_json, state, signed_at_ms, signed_by,
        fingerprint, revision
      FROM account_review WHERE facility_id = \(facility) AND id = \(id)
      """, AccountReview.init)
  }

  /// The reviews of a subject, the newest first.
  func accountReviews(of subject: ReviewSubject, limit: Int = 30) throws -> [AccountReview] {
    try all(
      """
      SELECT id, subject, subject_name, started_at_ms, started_by, file, refused_json, state, signed_at_ms, signed_by,
        fingerprint, revision
      FROM account_review WHERE facility_id = \(facility) AND subject = \(subject.text)
      ORDER BY started_at_ms DESC, id DESC LIMIT \(limit)
      """, AccountReview.init)
  }

  /// What was decided of each account in the last signed review; nil when there is none.
  func earlierDecisions(of subject: ReviewSubject) throws -> AccountFinding.Earlier? {
    let rows = try all(
      """
      SELECT r.account_key, r.decision FROM account_review_row r JOIN (\(lastSigned)) l ON l.id = r.review_id
      WHERE r.facility_id = \(facility) AND l.subject = \(subject.text)
      """
    ) { (try $0.text(0), AccountDecision(rawValue: try $0.optionalText(1) ?? "")) }
    if rows.isEmpty { return nil }
    return rows.reduce(into: [:]) { all, row in all[row.0] = row.1 ?? .keep }
  }

  /// People who can be given the care of a review: those who sign in and may decide.
  func reviewers() throws -> [(id: PersonID, name: String)] {
    try all(
      """
      SELECT id, name FROM person WHERE facility_id = \(facility) AND account_id IS NOT NULL
        AND role IN ('administrator', 'safety-manager', 'it-staff') ORDER BY name, id LIMIT 300
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  // MARK: Duties

  /// Reviews that are to be signed, and what signed ones left open, until `last`.
  func reviewDutyRows(until last: Day) -> SQL {
    """
    SELECT 'review' AS kind, p.subject AS subject, COALESCE(s.name, '') AS title, p.next_due_on AS day
    FROM account_review_plan p LEFT JOIN system s ON s.facility_id = \(facility) AND s.id = p.subject
    WHERE p.facility_id = \(facility) AND p.next_due_on <= \(last)
      AND (p.subject = 'mamorite' OR s.id IS NOT NULL)
    UNION ALL
    SELECT 'points', v.id, v.subject_name, v.carry_out_by FROM (\(lastSigned)) v
    WHERE v.carry_out_by <= \(last) AND EXISTS (SELECT 1 FROM account_review_row r
      WHERE r.facility_id = \(facility) AND r.review_id = v.id AND \(isOpenPoint))
    """
  }

  /// Every subject that has a plan or a review, for the signals, in one statement.
  func reviewFigures(on day: Day) throws -> ReviewFigures {
    let rows = try all(
      """
      SELECT s.id, p.next_due_on, l.signed_at_ms,
        (SELECT COUNT(*) FROM account_review o
         WHERE o.facility_id = \(facility) AND o.subject = s.id AND o.state = 'open'),
        (SELECT COUNT(*) FROM account_review_row r JOIN account_review v
           ON v.facility_id = r.facility_id AND v.id = r.review_id
         WHERE r.facility_id = \(facility) AND r.review_id = l.id AND r.decision = 'change' AND \(isOpenPoint)),
        (SELECT COUNT(*) FROM account_review_row r JOIN account_review v
           ON v.facility_id = r.facility_id AND v.id = r.review_id
         WHERE r.facility_id = \(facility) AND r.review_id = l.id AND r.decision = 'remove' AND \(isOpenPoint))
      FROM (SELECT 'mamorite' AS id UNION ALL SELECT id FROM system WHERE facility_id = \(facility)) s
        JOIN account_review_plan p ON p.facility_id = \(facility) AND p.subject = s.id
        LEFT JOIN (\(lastSigned)) l ON l.subject = s.id
      """
    ) { row in
      ReviewFigures.Subject(
        dueOn: try row.optionalDay(1), signedOn: try row.optionalInstant(2)?.day, isOpen: try row.int(3) > 0,
        openChanges: try row.int(4), openRemovals: try row.int(5))
    }
    return ReviewFigures(rows, on: day)
  }
}

extension WriteTx {
  func store(_ plan: ReviewPlan, over before: ReviewPlan?, of subject: ReviewSubject) throws {
    let statement: SQL
    if let before {
      statement = """
        UPDATE account_review_plan SET interval_months = \(plan.intervalMonths),
          responsible_id = \(plan.responsible), next_due_on = \(plan.nextDueOn), version = \(before.version + 1)
        WHERE facility_id = \(facility) AND subject = \(subject.text) AND version = \(before.version)
        """
    } else {
      statement = """
        INSERT INTO account_review_plan (facility_id, subject, interval_months, responsible_id, next_due_on, version)
        VALUES (\(facility), \(subject.text), \(plan.intervalMonths), \(plan.responsible), \(plan.nextDueOn), 1)
        ON CONFLICT DO NOTHING
        """
    }
    try apply(
      statement, recording: Change("accountReview.plan", of: subject.ledger, from: before, to: plan))
    try housekeeping.setDue("accountReviews.due", subject.ledger, at: plan.noticeAt(scope.now))
  }

  /// The review with its accounts; the ledger has the numbers, and the fingerprint that sign-off gives them.
  func begin(_ review: AccountReview, _ accounts: [(ReviewedAccount, [AccountFinding])]) throws {
    struct Started: Encodable {
      let name: String
      let file: String
      let entries: Int
      let refused: Int
    }
    let opened: SQL = """
      INSERT INTO account_review (facility_id, id, subject, subject_name, started_at_ms, started_by, file, refused_json,
        state, revision)
      VALUES (\(facility), \(review.id), \(review.subject.text), \(review.subjectName), \(review.startedAt),
        \(review.startedBy), \(review.file), \(try ColumnJSON.text(review.refused)), 'open', 1)
      ON CONFLICT DO NOTHING
      """
    let insert = SQL.Template(
      """
      INSERT INTO account_review_row (facility_id, review_id, number, account, account_key, name, department, role, kind,
        enabled, last_used_on, tells_use, factor, added_on, holder_id, findings, attention, search_text, version)
      VALUES (\(facility), \(review.id), \(0), \(""), \(""), \(""), \(""), \(""), \(""), \(true), \(""), \(true), \(""),
        \(""), \(""), \(""), \(0), \(""), 1)
      """)
    let rows = accounts.enumerated().map { index, pair -> SQL in
      let (account, findings) = pair
      let search = [account.account, account.name, account.department, account.role].map(\.searchable)
      return insert([
        SQLValue(facility), SQLValue(review.id), .int(Int64(index + 1)), .text(account.account),
        .text(account.key), .text(account.name), .text(account.department), .text(account.role),
        .text(account.kind.rawValue), .bool(account.isEnabled), SQLValue(account.lastUsedOn),
        .bool(account.tellsUse), SQLValue(account.hasFactor.map { $0 ? "yes" : "no" }),
        SQLValue(account.addedOn), SQLValue(account.holder?.text),
        .text(findings.isEmpty ? "" : ",\(findings.map(\.rawValue).joined(separator: ",")),"),
        .int(Int64(findings.map(\.rank).min() ?? AccountFinding.nothingRank)),
        .text(search.joined(separator: "\n")),
      ])
    }
    let started = Started(
      name: review.subjectName, file: review.file, entries: accounts.count, refused: review.refused.count)
    try apply(
      [opened] + rows, recording: Change("accountReview.start", of: review.ledger, to: started))
  }

  /// Takes an open review away; what was decided in it stands in the ledger.
  func discard(_ review: AccountReview, entries: Int) throws {
    try apply(
      [
        """
        UPDATE account_review SET revision = revision + 1
        WHERE facility_id = \(facility) AND id = \(review.id) AND state = 'open'
        """,
        "DELETE FROM account_review_row WHERE facility_id = \(facility) AND review_id = \(review.id)",
        "DELETE FROM account_review WHERE facility_id = \(facility) AND id = \(review.id) AND state = 'open'",
      ],
      recording: Change(
        "accountReview.discard", of: review.ledger,
        from: ["name": review.subjectName, "entries": "\(entries)"],
        to: nil as [String: String]?))
  }

  func sign(_ review: AccountReview, _ tally: ReviewTally, fingerprint: String, carryOutBy day: Day) throws {
    struct Signed: Encodable {
      let name: String
      let entries: Int
      let keep: Int
      let change: Int
      let remove: Int
      let sha256: String
    }
    let signed = Signed(
      name: review.subjectName, entries: tally.all, keep: tally.keep, change: tally.change,
      remove: tally.remove, sha256: fingerprint)
    try apply(
      """
      UPDATE account_review SET state = 'signed', signed_at_ms = \(scope.now), signed_by = \(scope.actor.name),
        fingerprint = \(fingerprint), carry_out_by = \(day), revision = revision + 1
      WHERE facility_id = \(facility) AND id = \(review.id) AND state = 'open' AND revision = \(review.revision)
      """,
      recording: Change("accountReview.sign", of: review.ledger, to: signed))
  }
}

extension ReviewSubject {
  /// As the ledger names it.
  var ledger: String { "account-plan:\(text)" }
}

extension AccountReview {
  var ledger: String { "account-review:\(id)" }

  fileprivate init(_ row: Row) throws {
    guard let subject = ReviewSubject(try row.text(1)), let state = State(rawValue: try row.text(7)) else {
      throw Row.Corrupt("account_review")
    }
    let refused: [RefusedLine] = try ColumnJSON.read(try row.text(6))
    self.init(
      id: try row.id(0), subject: subject, subjectName: try row.text(2), startedAt: try row.instant(3),
      startedBy: try row.text(4), file: try row.text(5), refused: refused, state: state,
      signedAt: try row.optionalInstant(8), signedBy: try row.text(9), fingerprint: try row.text(10),
      revision: try row.int(11))
  }
}

extension ReviewStanding {
  fileprivate init(_ row: Row) throws {
    guard let subject = ReviewSubject(try row.text(0)) else { throw Row.Corrupt("a subject of reviews") }
    var plan: ReviewPlan?
    if let due = try row.optionalDay(4) {
      plan = ReviewPlan(
        intervalMonths: try row.int(2), responsible: try row.optionalID(3), nextDueOn: due,
        version: try row.int(5))
    }
    self.init(
      subject: subject, name: try row.text(1), plan: plan, responsibleName: try row.optionalText(6),
      open: try row.optionalID(7), last: try row.optionalID(8), lastSignedAt: try row.optionalInstant(9),
      openChanges: try row.int(10), openRemovals: try row.int(11))
  }
}
