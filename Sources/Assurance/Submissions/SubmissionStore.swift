import Kernel
import Registers
import Storage
import Web

/// A part that waits for someone, as the list over all audits and checklists shows it.
struct WaitingSubmission: Sendable {
  let submission: Submission
  /// Of the audit or checklist.
  let name: String
  /// Who has it now; nil when nobody has been given it any more.
  let owner: String?
  let dueOn: Day?
}

extension Submission.Subject {
  fileprivate var table: SQL {
    switch self {
    case .audit: "audit_submission"
    case .checklist: "assessment_submission"
    }
  }

  /// The column that names it.
  fileprivate var key: SQL {
    switch self {
    case .audit: "audit_id"
    case .checklist: "assessment_id"
    }
  }

  fileprivate var columns: SQL {
    let common: SQL = """
      s.node, s.title, s.state, s.submitter_id, s.submitter_name, s.decider_name, s.remark, s.alone, s.changed_at_ms,
        s.version
      """
    return switch self {
    case .audit: "\(common), '' AS items_json, '' AS name"
    case .checklist: "\(common), s.items_json, s.name"
    }
  }
}

extension ReadTx {
  func submissions(of subject: Submission.Subject) throws -> [Submission] {
    try all(
      """
      SELECT \(subject.columns) FROM \(subject.table) s
      WHERE s.facility_id = \(facility) AND s.\(subject.key) = \(subject.id) ORDER BY s.node
      """
    ) { try Submission(row: $0, of: subject) }
  }

  func submission(_ subject: Submission.Subject, _ node: String) throws -> Submission? {
    try first(
      """
      SELECT \(subject.columns) FROM \(subject.table) s
      WHERE s.facility_id = \(facility) AND s.\(subject.key) = \(subject.id) AND s.node = \(node)
      """
    ) { try Submission(row: $0, of: subject) }
  }

  /// A submission with the number of people, besides one, who may accept it.
  func submission(_ subject: Submission.Subject, _ node: String, besides person: PersonID?, at now: Instant)
    throws
    -> (submission: Submission, others: Int)?
  {
    try first(
      """
      SELECT \(subject.columns), (
          SELECT COUNT(*) FROM person p WHERE p.facility_id = s.facility_id AND p.id <> \(person?.text ?? "")
            AND \(isInRole(Submissions.acceptors, at: now)))
      FROM \(subject.table) s
      WHERE s.facility_id = \(facility) AND s.\(subject.key) = \(subject.id) AND s.node = \(node)
      """
    ) { (try Submission(row: $0, of: subject), try $0.int(12)) }
  }

  /// What waits for someone in checklists and in audits that are not signed off, the longest first; and how much there is.
  func waitingSubmissions(_ listing: Listing) throws -> (page: [WaitingSubmission], total: Int) {
    let page = try all(
      """
      SELECT s.node, s.title, s.state, s.submitter_id, s.submitter_name, s.decider_name, s.remark, s.alone,
        s.changed_at_ms, s.version, '' AS items_json, a.name, s.audit_id, 'audit', p.name, g.due_on
      FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
      LEFT JOIN audit_assignment g ON g.facility_id = s.facility_id AND g.audit_id = s.audit_id AND g.node = s.node
      LEFT JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
      UNION ALL
      SELECT s.node, s.title, s.state, s.submitter_id, s.submitter_name, s.decider_name, s.remark, s.alone,
        s.changed_at_ms, s.version, s.items_json, s.name, s.assessment_id, 'checklist', COALESCE(p.name, o.name),
        COALESCE(g.due_on, w.target_on)
      FROM assessment_submission s
      LEFT JOIN assessment_assignment g
        ON g.facility_id = s.facility_id AND g.assessment_id = s.assessment_id AND g.node = s.node
      LEFT JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      LEFT JOIN answer w ON w.facility_id = s.facility_id AND w.assessment_id = s.assessment_id AND w.item = s.node
      LEFT JOIN person o ON o.facility_id = w.facility_id AND o.id = w.owner_id
      WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned')
      ORDER BY 3 DESC, 9, 1 LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      let subject: Submission.Subject =
        try row.text(13) == "audit" ? .audit(try row.id(12)) : .checklist(try row.id(12))
      return WaitingSubmission(
        submission: try Submission(row: row, of: subject), name: try row.text(11),
        owner: try row.optionalText(14), dueOn: try row.optionalDay(15))
    }
    let total = try count(
      """
      SELECT COUNT(*) FROM (
        SELECT s.node FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
        WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
        UNION ALL
        SELECT s.node FROM assessment_submission s
        WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned')) w
      """)
    return (page, total)
  }

  /// The same, as duties; with the sections of checklists that people have been given and not handed in.
  func submissionDutyRows(until last: Day) -> SQL {
    """
    SELECT s.state AS kind, 'submission:' || s.audit_id || '/' || s.node AS subject, s.title AS title, s.changed_on AS day
    FROM audit_submission s JOIN audit a ON a.facility_id = s.facility_id AND a.id = s.audit_id
    WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND a.frozen_at_ms IS NULL
      AND s.changed_on <= \(last)
    UNION ALL
    SELECT s.state, 'checklist-submission:' || s.assessment_id || '/' || s.node, s.title, s.changed_on
    FROM assessment_submission s
    WHERE s.facility_id = \(facility) AND s.state IN ('submitted', 'returned') AND s.changed_on <= \(last)
    UNION ALL
    SELECT 'given', 'checklist-submission:' || g.assessment_id || '/' || g.node, g.title || ' (' || p.name || ')', g.due_on
    FROM assessment_assignment g JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
    WHERE g.facility_id = \(facility) AND g.due_on <= \(last) AND NOT EXISTS (
      SELECT 1 FROM assessment_submission s WHERE s.facility_id = g.facility_id AND s.assessment_id = g.assessment_id
        AND s.node = g.node AND s.state <> 'open')
    """
  }
}

extension WriteTx {
  /// Stores a step of what is handed in.
  ///
  /// - Throws: `Stale` when the row has moved on from `before`.
  func replace(_ before: Submission?, with after: Submission, as action: StaticString) throws {
    let subject = after.subject
    let items = try ColumnJSON.text(after.items)
    let sql: SQL =
      switch (before, subject) {
      case (nil, .audit):
        """
        INSERT INTO audit_submission (facility_id, audit_id, node, title, state, submitter_id, submitter_name,
          decider_name, remark, alone, changed_at_ms, changed_on, version)
        VALUES (\(facility), \(subject.id), \(after.node), \(after.title), \(after.state.rawValue), \(after.submitter),
          \(after.submitterName), \(after.deciderName), \(after.remark), \(after.isAlone), \(after.changedAt),
          \(after.changedAt.day), \(after.version))
        ON CONFLICT (facility_id, audit_id, node) DO NOTHING
        """
      case (nil, .checklist):
        """
        INSERT INTO assessment_submission (facility_id, assessment_id, node, title, state, submitter_id, submitter_name,
          decider_name, remark, alone, changed_at_ms, changed_on, version, items_json, name)
        VALUES (\(facility), \(subject.id), \(after.node), \(after.title), \(after.state.rawValue), \(after.submitter),
          \(after.submitterName), \(after.deciderName), \(after.remark), \(after.isAlone), \(after.changedAt),
          \(after.changedAt.day), \(after.version), \(items), \(after.name))
        ON CONFLICT (facility_id, assessment_id, node) DO NOTHING
        """
      case (let before?, _):
        """
        UPDATE \(subject.table) SET title = \(after.title), state = \(after.state.rawValue),
          submitter_id = \(after.submitter), submitter_name = \(after.submitterName), decider_name = \(after.deciderName),
          remark = \(after.remark), alone = \(after.isAlone), changed_at_ms = \(after.changedAt),
          changed_on = \(after.changedAt.day), version = \(after.version) \(subject.further(items, after.name))
        WHERE facility_id = \(facility) AND \(subject.key) = \(subject.id) AND node = \(after.node)
          AND version = \(before.version)
        """
      }
    let told = before.map(Submission.Told.init)
    switch subject {
    case .audit(let id):
      try apply(
        sql,
        recording: Change(
          action, of: "submission:\(id)/\(after.node)", from: told, to: Submission.Told(after)))
    case .checklist(let id):
      try apply(
        sql,
        recording: Change(
          action, of: "checklist-submission:\(id)/\(after.node)", from: told, to: Submission.Told(after)))
    }
  }

  /// Takes up again what had been handed in or accepted, when answers in it have changed.
  ///
  /// - Parameter changed: places of the requirements in `tree`.
  func reopenSubmissions(of id: Audit.ID, changed: [Int], in tree: FrameworkTree) throws {
    let settled = try submissions(of: .audit(id)).filter(\.isSettled)
    guard !settled.isEmpty else { return }
    let touched = Set(changed.flatMap { tree.way(to: $0) })
    for before in settled {
      guard let place = tree.place(ofFolded: before.node), touched.contains(place) else { continue }
      try reopen(before)
    }
  }

  /// The same for a checklist.
  ///
  /// - Parameter item: whose answer has changed; nil for all of them.
  func reopenSubmissions(of id: Assessment.ID, changed item: String?) throws {
    for before in try submissions(of: .checklist(id)) where before.isSettled {
      if let item, !before.items.contains(item) { continue }
      try reopen(before)
    }
  }

  private func reopen(_ before: Submission) throws {
    try replace(before, with: before.reopened(at: scope.now), as: "submission.reopen")
    guard let person = before.submitter, person != scope.person else { return }
    try housekeeping.post(
      Submissions.message(
        "submissions.reopened", before, to: person, [scope.actor.name, before.title], step: 3))
  }
}

extension Submission.Subject {
  /// What only the row of a checklist has.
  fileprivate func further(_ items: String, _ name: String) -> SQL {
    switch self {
    case .audit: ""
    case .checklist: ", items_json = \(items), name = \(name)"
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

  /// From twelve columns, in the order of ``Subject/columns``.
  fileprivate init(row: Row, of subject: Subject) throws {
    guard let state = State(rawValue: try row.text(2)) else { throw Row.Corrupt("submission.state") }
    let items = try row.text(10)
    self.init(
      subject: subject, node: try row.text(0), title: try row.text(1), state: state,
      submitter: try row.optionalID(3), submitterName: try row.text(4), deciderName: try row.text(5),
      remark: try row.text(6), isAlone: try row.bool(7), changedAt: try row.instant(8),
      version: try row.int(9),
      items: items.isEmpty ? [] : try ColumnJSON.read(items),
      name: try row.text(11))
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
      ] + Migration.confine("audit_submission")),
    Migration(
      "20261212-1-checklist-submissions",
      [
        """
        CREATE TABLE assessment_assignment (
          facility_id TEXT NOT NULL, assessment_id TEXT NOT NULL, node TEXT NOT NULL, title TEXT NOT NULL,
          person_id TEXT NOT NULL, due_on TEXT, PRIMARY KEY (facility_id, assessment_id, node),
          FOREIGN KEY (facility_id, assessment_id) REFERENCES assessment (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX assessment_assignment_by_due ON assessment_assignment (facility_id, due_on)",
        """
        CREATE TABLE assessment_submission (
          facility_id TEXT NOT NULL, assessment_id TEXT NOT NULL, node TEXT NOT NULL, title TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('open', 'submitted', 'returned', 'accepted')), submitter_id TEXT,
          submitter_name TEXT NOT NULL, decider_name TEXT NOT NULL, remark TEXT NOT NULL, alone BOOLEAN NOT NULL,
          changed_at_ms BIGINT NOT NULL, changed_on TEXT NOT NULL, version BIGINT NOT NULL, items_json TEXT NOT NULL,
          name TEXT NOT NULL, PRIMARY KEY (facility_id, assessment_id, node),
          FOREIGN KEY (facility_id, assessment_id) REFERENCES assessment (facility_id, id)
        )
        """,
        "CREATE INDEX assessment_submission_by_state ON assessment_submission (facility_id, state, changed_on)",
      ] + Migration.confine("assessment_assignment") + Migration.confine("assessment_submission")),
  ]
}
