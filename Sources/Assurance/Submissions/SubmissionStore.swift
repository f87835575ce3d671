import Kernel
import Registers
import Storage
import Web

/// A part that waits for someone, as the list over all audits shows it.
struct WaitingSubmission: Sendable {
  let submission: Submission
  let auditName: String
  /// Who has it now; nil when nobody has been given it any more.
  let owner: String?
  let dueOn: Day?
}

extension ReadTx {
  func submissions(of id: Audit.ID) throws -> [Submission] {
    try all(
      """
      SELECT \(Submission.columns) FROM audit_submission s WHERE s.facility_id = \(facility) AND s.audit_id = \(id) ORDER BY s.node
      """,
      Submission.init(row:))
  }

  func submission(_ id: Audit.ID, _ node: String) throws -> Submission? {
    try first(
      """
      SELECT \(Submission.columns) FROM audit_submission s WHERE s.facility_id = \(facility) AND s.audit_id = \(id) AND s.node = \(node)
      """,
      Submission.init(row:))
  }

  /// A submission with the number of people, besides one, who may accept it.
  func submission(_ id: Audit.ID, _ node: String, besides person: PersonID?, at now: Instant) throws
    -> (submission: Submission, others: Int)?
  {
    try first(
      """
      SELECT \(Submission.columns), (
          SELECT COUNT(*) FROM person p WHERE p.facility_id = s.facility_id AND p.id <> \(person?.text ?? "")
            AND \(isInRole(Submissions.acceptors, at: now)))
      FROM audit_submission s WHERE s.facility_id = \(facility) AND s.audit_id = \(id) AND s.node = \(node)
      """
    ) { (try Submission(row: $0), try $0.int(11)) }
  }

  /// What waits for someone in audits that are not signed off, the longest first; and how much there is.
  func waitingSubmissions(_ listing: Listing) throws -> (page: [WaitingSubmission], total: Int) {
    let page = try all(
      """
      SELECT \(Submission.columns), a.name, p.name, g.due_on
      FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
      LEFT JOIN audit_assignment g ON g.facility_id = s.facility_id AND g.audit_id = s.audit_id AND g.node = s.node
      LEFT JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
      ORDER BY s.state DESC, s.changed_at_ms, s.node LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      WaitingSubmission(
        submission: try Submission(row: row), auditName: try row.text(11), owner: try row.optionalText(12),
        dueOn: try row.optionalDay(13))
    }
    let total = try count(
      """
      SELECT COUNT(*) FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
      WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
      """)
    return (page, total)
  }

  /// The same, as duties.
  func submissionDutyRows(until last: Day) -> SQL {
    """
    SELECT s.state AS kind, s.audit_id || '/' || s.node AS subject, s.title AS title, s.changed_on AS day
    FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
    WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
      AND s.changed_on <= \(last)
    """
  }
}

extension WriteTx {
  /// Stores a step of what is handed in.
  ///
  /// - Throws: `Stale` when the row has moved on from `before`.
  func replace(_ before: Submission?, with after: Submission, as action: StaticString) throws {
    let sql: SQL =
      before == nil
      ? """
      INSERT INTO audit_submission (facility_id, audit_id, node, title, state, submitter_id, submitter_name, decider_name,
        remark, alone, changed_at_ms, changed_on, version)
      VALUES (\(facility), \(after.audit), \(after.node), \(after.title), \(after.state.rawValue), \(after.submitter),
        \(after.submitterName), \(after.deciderName), \(after.remark), \(after.isAlone), \(after.changedAt),
        \(after.changedAt.day), \(after.version))
      ON CONFLICT (facility_id, audit_id, node) DO NOTHING
      """
      : """
      UPDATE audit_submission SET title = \(after.title), state = \(after.state.rawValue),
        submitter_id = \(after.submitter), submitter_name = \(after.submitterName), decider_name = \(after.deciderName),
        remark = \(after.remark), alone = \(after.isAlone), changed_at_ms = \(after.changedAt),
        changed_on = \(after.changedAt.day), version = \(after.version)
      WHERE facility_id = \(facility) AND audit_id = \(after.audit) AND node = \(after.node)
        AND version = \(before?.version ?? 0)
      """
    try apply(
      sql,
      recording: Change(
        action, of: "submission:\(after.audit)/\(after.node)", from: before.map(Submission.Told.init),
        to: Submission.Told(after)))
  }

  /// Takes up again what had been handed in or accepted, when answers in it have changed.
  ///
  /// - Parameter changed: places of the requirements in `tree`.
  func reopenSubmissions(of id: Audit.ID, changed: [Int], in tree: FrameworkTree) throws {
    let settled = try submissions(of: id).filter(\.isSettled)
    guard !settled.isEmpty else { return }
    let touched = Set(changed.flatMap { tree.way(to: $0) })
    for before in settled {
      guard let place = tree.place(ofFolded: before.node), touched.contains(place) else { continue }
      try replace(before, with: before.reopened(at: scope.now), as: "submission.reopen")
      guard let person = before.submitter, person != scope.person else { continue }
      try housekeeping.post(
        Submissions.message(
          "submissions.reopened", before, to: person, [scope.actor.name, before.title], step: 3)
      )
    }
  }
}

extension Submission {
  /// What the ledger says of it.
  struct Told: Encodable, Sendable {
    let title: String
    let stage: State
    let submitter: String
    let decider: String
    let stepRemark: String
    let alone: Bool

    init(_ one: Submission) {
      (title, stage, submitter, decider) = (one.title, one.state, one.submitterName, one.deciderName)
      (stepRemark, alone) = (one.remark, one.isAlone)
    }
  }

  /// As ``init(row:)`` reads them: eleven.
  fileprivate static let columns: SQL = """
    s.audit_id, s.node, s.title, s.state, s.submitter_id, s.submitter_name, s.decider_name, s.remark, s.alone,
    s.changed_at_ms, s.version
    """

  fileprivate init(row: Row) throws {
    guard let state = State(rawValue: try row.text(3)) else { throw Row.Corrupt("audit_submission.state") }
    self.init(
      audit: try row.id(0), node: try row.text(1), title: try row.text(2), state: state,
      submitter: try row.optionalID(4), submitterName: try row.text(5), deciderName: try row.text(6),
      remark: try row.text(7), isAlone: try row.bool(8), changedAt: try row.instant(9),
      version: try row.int(10))
  }
}

extension Submissions {
  static let migrations = [
    Migration(
      "20261201-w0-submissions",
      [
        """
        CREATE TABLE audit_submission (
          facility_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, title TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('open', 'submitted', 'returned', 'accepted')), submitter_id TEXT,
          submitter_name TEXT NOT NULL, decider_name TEXT NOT NULL, remark TEXT NOT NULL, alone BOOLEAN NOT NULL,
          changed_at_ms BIGINT NOT NULL, changed_on TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, audit_id, node),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_submission_by_state ON audit_submission (facility_id, state, changed_on)",
      ] + Migration.confine("audit_submission"))
  ]
}
