import Kernel
import Registers
import Storage
import Web

/// A finding with the names that stand beside it.
struct ListedFinding: Sendable {
  let finding: AuditFinding
  let auditName: String?
  let measureTitle: String?
}

/// What of the findings is asked for.
struct FindingFilter: Sendable, Equatable {
  var phase: AuditFinding.Phase?
  var severity: AuditFinding.Severity?
  var audit: Audit.ID?
  /// Only those whose day has passed before this one.
  var lateOn: Day?
  var query = ""
}

extension ReadTx {
  private func condition(_ filter: FindingFilter) -> SQL {
    let found = SQL.contains("f.search_text", filter.query.folded)
    let phase: SQL = if let phase = filter.phase { "AND f.phase = \(phase.rawValue)" } else { "" }
    let severity: SQL = if let one = filter.severity { "AND f.severity = \(one.rawValue)" } else { "" }
    let audit: SQL = if let audit = filter.audit { "AND f.audit_id = \(audit)" } else { "" }
    let late: SQL =
      if let day = filter.lateOn { "AND f.phase <> 'closed' AND f.duty_on < \(day)" } else { "" }
    return "AND \(found) \(phase) \(severity) \(audit) \(late)"
  }

  /// One page of the findings: the open ones first, by their day; and how many there are.
  func findings(_ filter: FindingFilter, limit: Int, offset: Int) throws -> [ListedFinding] {
    try findings(
      """
      \(condition(filter)) ORDER BY CASE WHEN f.phase = 'closed' THEN 1 ELSE 0 END, f.duty_on NULLS LAST, f.id DESC
      LIMIT \(limit) OFFSET \(offset)
      """)
  }

  func findingCount(_ filter: FindingFilter) throws -> Int {
    try count(
      "SELECT COUNT(*) FROM finding f WHERE f.facility_id = \(facility) \(condition(filter))")
  }

  func finding(_ id: AuditFinding.ID) throws -> ListedFinding? {
    try findings("AND f.id = \(id)").first
  }

  private func findings(_ which: SQL) throws -> [ListedFinding] {
    try all(
      """
      SELECT f.id, f.audit_id, f.node, f.node_title, f.title, f.severity, f.seen, f.found_on, f.raiser_id,
        f.raiser_name, f.measure_id, f.phase, f.round, f.duty_on, f.closed_on, f.version, a.name, m.title
      FROM finding f LEFT JOIN audit a ON a.facility_id = f.facility_id AND a.id = f.audit_id
      LEFT JOIN measure m ON m.facility_id = f.facility_id AND m.id = f.measure_id
      WHERE f.facility_id = \(facility) \(which)
      """,
      ListedFinding.init(row:))
  }

  /// Of one finding, or of all; with the names of their owners, in the order in which they were written.
  func correctiveActions(of id: AuditFinding.ID?) throws -> [(action: CorrectiveAction, owner: String?)] {
    let some: SQL = if let id { "AND c.finding_id = \(id)" } else { "" }
    return try all(
      """
      SELECT c.id, c.finding_id, c.round, c.body, c.owner_id, c.due_on, c.state, c.done_on, c.doer_id, c.doer_name, c.note,
        c.version, p.name
      FROM finding_action c LEFT JOIN person p ON p.facility_id = c.facility_id AND p.id = c.owner_id
      WHERE c.facility_id = \(facility) \(some) ORDER BY c.finding_id, c.id
      """
    ) { (try CorrectiveAction(row: $0), try $0.optionalText(12)) }
  }

  func findingChecks(of id: AuditFinding.ID) throws -> [FindingCheck] {
    try all(
      """
      SELECT id, finding_id, round, at_ms, checker_id, checker_name, effective, note, alone FROM finding_check
      WHERE facility_id = \(facility) AND finding_id = \(id) ORDER BY id
      """
    ) { row in
      FindingCheck(
        id: try row.id(0), finding: try row.id(1), round: try row.int(2), at: try row.instant(3),
        checker: try row.optionalID(4), checkerName: try row.text(5), isEffective: try row.bool(6),
        note: try row.text(7), isAlone: try row.bool(8))
    }
  }

  /// The files beside a finding and beside its checks.
  func findingFiles(of id: AuditFinding.ID) throws -> [FindingFile] {
    try all(
      """
      SELECT s.id, s.subject, s.title FROM stored_file s WHERE s.facility_id = \(facility) AND NOT s.withdrawn
        AND (s.subject = \("finding:\(id)") OR s.subject IN (
          SELECT 'finding-check:' || k.id FROM finding_check k
          WHERE k.facility_id = s.facility_id AND k.finding_id = \(id)))
      ORDER BY s.id
      """
    ) { FindingFile(id: try $0.id(0), subject: try $0.text(1), title: try $0.text(2)) }
  }

  /// Those whose day is reached.
  func findingDutyRows(until last: Day) -> SQL {
    """
    SELECT f.phase AS kind, f.id AS subject, f.title AS title, f.duty_on AS day FROM finding f
    WHERE f.facility_id = \(facility) AND f.phase <> 'closed' AND f.duty_on <= \(last)
    """
  }
}

extension WriteTx {
  func insert(_ new: AuditFinding) throws {
    try apply(
      """
      INSERT INTO finding (facility_id, id, audit_id, node, node_title, title, search_text, severity, seen, found_on,
        raiser_id, raiser_name, measure_id, phase, round, duty_on, closed_on, version)
      VALUES (\(facility), \(new.id), \(new.audit), \(new.node), \(new.nodeTitle), \(new.title), \(new.searchText),
        \(new.severity.rawValue), \(new.seen), \(new.foundOn), \(new.raiser), \(new.raiserName), \(new.measure),
        \(new.phase.rawValue), \(new.round), \(new.dutyOn), \(new.closedOn), \(new.version))
      """,
      recording: Change("finding.raise", of: "finding:\(new.id)", to: AuditFinding.Told(new)))
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: AuditFinding, with after: AuditFinding, as action: StaticString) throws {
    try apply(
      """
      UPDATE finding SET title = \(after.title), search_text = \(after.searchText), severity = \(after.severity.rawValue),
        seen = \(after.seen), found_on = \(after.foundOn), measure_id = \(after.measure), phase = \(after.phase.rawValue),
        round = \(after.round), duty_on = \(after.dutyOn), closed_on = \(after.closedOn), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        action, of: "finding:\(before.id)", from: AuditFinding.Told(before), to: AuditFinding.Told(after)))
  }

  func insert(_ new: CorrectiveAction, owner: String?) throws {
    try apply(
      """
      INSERT INTO finding_action (facility_id, id, finding_id, round, body, owner_id, due_on, state, done_on, doer_id,
        doer_name, note, version)
      VALUES (\(facility), \(new.id), \(new.finding), \(new.round), \(new.text), \(new.owner), \(new.dueOn),
        \(new.state.rawValue), \(new.doneOn), \(new.doer), \(new.doerName), \(new.note), \(new.version))
      """,
      recording: Change(
        "finding.action", of: "finding:\(new.finding)", to: CorrectiveAction.Told(new, owner: owner)))
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: CorrectiveAction, with after: CorrectiveAction, owner: String?) throws {
    try apply(
      """
      UPDATE finding_action SET state = \(after.state.rawValue), done_on = \(after.doneOn), doer_id = \(after.doer),
        doer_name = \(after.doerName), note = \(after.note), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        "finding.move", of: "finding:\(before.finding)", from: CorrectiveAction.Told(before, owner: owner),
        to: CorrectiveAction.Told(after, owner: owner)))
  }

  func insert(_ new: FindingCheck) throws {
    struct Told: Encodable, Sendable {
      let effective: Bool
      let checkNote: String
      let alone: Bool
    }
    try apply(
      """
      INSERT INTO finding_check (facility_id, id, finding_id, round, at_ms, checker_id, checker_name, effective, note, alone)
      VALUES (\(facility), \(new.id), \(new.finding), \(new.round), \(new.at), \(new.checker), \(new.checkerName),
        \(new.isEffective), \(new.note), \(new.isAlone))
      """,
      recording: Change(
        "finding.check", of: "finding:\(new.finding)",
        to: Told(effective: new.isEffective, checkNote: new.note, alone: new.isAlone)))
  }

  /// When the owners of open actions are told next: seven days before, and the day after.
  func remind(of finding: AuditFinding, _ actions: [CorrectiveAction]) throws {
    let moments = actions.filter { $0.round == finding.round && ($0.state == .planned || $0.state == .doing) }
      .compactMap { action in action.dueOn.flatMap { Assessments.reminder(for: $0, after: scope.now) } }
    let next = finding.phase == .closed ? nil : moments.min()
    try housekeeping.setDue("findings.target", finding.id.text, at: next)
  }
}

extension AuditFinding {
  /// What the ledger says of it.
  struct Told: Encodable, Sendable {
    let title: String
    let severity: Severity
    let seen: String
    let foundOn: Day
    let requirement: String
    let phase: Phase
    let round: Int

    init(_ one: AuditFinding) {
      (title, severity, seen, foundOn) = (one.title, one.severity, one.seen, one.foundOn)
      (requirement, phase, round) = (one.nodeTitle, one.phase, one.round)
    }
  }

  fileprivate var searchText: String { "\(title) \(nodeTitle) \(seen)".folded }

  fileprivate init(row: Row) throws {
    guard let severity = Severity(rawValue: try row.text(5)), let phase = Phase(rawValue: try row.text(11))
    else { throw Row.Corrupt("finding.phase") }
    self.init(
      id: try row.id(0), audit: try row.optionalID(1), node: try row.optionalText(2),
      nodeTitle: try row.text(3), title: try row.text(4), severity: severity, seen: try row.text(6),
      foundOn: try row.day(7), raiser: try row.optionalID(8), raiserName: try row.text(9),
      measure: try row.optionalID(10), phase: phase, round: try row.int(12), dutyOn: try row.optionalDay(13),
      closedOn: try row.optionalDay(14), version: try row.int(15))
  }
}

extension ListedFinding {
  fileprivate init(row: Row) throws {
    self.init(
      finding: try AuditFinding(row: row), auditName: try row.optionalText(16),
      measureTitle: try row.optionalText(17))
  }
}

extension CorrectiveAction {
  struct Told: Encodable, Sendable {
    let actionText: String
    let owner: String?
    let targetOn: Day?
    let actionState: State
    let actionNote: String

    init(_ one: CorrectiveAction, owner: String?) {
      (actionText, self.owner, targetOn) = (one.text, owner, one.dueOn)
      (actionState, actionNote) = (one.state, one.note)
    }
  }

  fileprivate init(row: Row) throws {
    guard let state = State(rawValue: try row.text(6)) else { throw Row.Corrupt("finding_action.state") }
    self.init(
      id: try row.id(0), finding: try row.id(1), round: try row.int(2), text: try row.text(3),
      owner: try row.optionalID(4), dueOn: try row.optionalDay(5), state: state,
      doneOn: try row.optionalDay(7), doer: try row.optionalID(8), doerName: try row.text(9),
      note: try row.text(10), version: try row.int(11))
  }
}

extension Findings {
  static let migrations = [
    Migration(
      "20261201-w1-findings",
      [
        """
        CREATE TABLE finding (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, audit_id TEXT, node TEXT,
          node_title TEXT NOT NULL, title TEXT NOT NULL, search_text TEXT NOT NULL,
          severity TEXT NOT NULL CHECK (severity IN ('major', 'minor', 'observation')), seen TEXT NOT NULL,
          found_on TEXT NOT NULL, raiser_id TEXT, raiser_name TEXT NOT NULL, measure_id TEXT,
          phase TEXT NOT NULL CHECK (phase IN ('to-plan', 'under-way', 'to-check', 'closed')), round BIGINT NOT NULL,
          duty_on TEXT, closed_on TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id),
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id)
        )
        """,
        "CREATE INDEX finding_by_phase ON finding (facility_id, phase, duty_on)",
        "CREATE INDEX finding_by_audit ON finding (facility_id, audit_id, node)",
        """
        CREATE TABLE finding_action (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, finding_id TEXT NOT NULL, round BIGINT NOT NULL, body TEXT NOT NULL,
          owner_id TEXT, due_on TEXT, state TEXT NOT NULL CHECK (state IN ('planned', 'doing', 'done', 'dropped')),
          done_on TEXT, doer_id TEXT, doer_name TEXT NOT NULL, note TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), FOREIGN KEY (facility_id, finding_id) REFERENCES finding (facility_id, id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX finding_action_by_finding ON finding_action (facility_id, finding_id, id)",
        """
        CREATE TABLE finding_check (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, finding_id TEXT NOT NULL, round BIGINT NOT NULL, at_ms BIGINT NOT NULL,
          checker_id TEXT, checker_name TEXT NOT NULL, effective BOOLEAN NOT NULL, note TEXT NOT NULL, alone BOOLEAN NOT NULL,
          PRIMARY KEY (facility_id, id), FOREIGN KEY (facility_id, finding_id) REFERENCES finding (facility_id, id)
        )
        """,
        "CREATE INDEX finding_check_by_finding ON finding_check (facility_id, finding_id, id)",
      ] + Migration.confine("finding") + Migration.confine("finding_action")
        + Migration.confine("finding_check"))
  ]
}
