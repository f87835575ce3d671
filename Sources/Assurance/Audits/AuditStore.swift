import Foundation
import Kernel
import Storage
import Web

extension ReadTx {
  /// Audits with the names of their owners, newest year first.
  func audits() throws -> [(audit: Audit, owner: String?)] {
    try all(
      """
      SELECT a.id, a.library_id, a.sha256, a.framework, a.name, a.fiscal_year, a.owner_id, a.groups_json, a.opened_at_ms,
        a.frozen_at_ms, a.version, p.name
      FROM audit a LEFT JOIN person p ON p.facility_id = a.facility_id AND p.id = a.owner_id
      WHERE a.facility_id = \(facility) ORDER BY a.fiscal_year DESC, a.name, a.id
      """
    ) { (try Audit(row: $0), try $0.optionalText(11)) }
  }

  /// An audit with the name of its owner, and the newest version of its library where that is newer than the one in use.
  func audit(_ id: Audit.ID) throws -> (audit: Audit, owner: String?, newer: Int?)? {
    try first(
      """
      SELECT a.id, a.library_id, a.sha256, a.framework, a.name, a.fiscal_year, a.owner_id, a.groups_json, a.opened_at_ms,
        a.frozen_at_ms, a.version, p.name, (
          SELECT MAX(n.version) FROM framework_library o
          JOIN framework_library n ON n.urn = o.urn AND n.locale = o.locale AND n.version > o.version
          WHERE o.sha256 = a.sha256 AND (o.facility_id = \(facility) OR o.facility_id = \(Libraries.shared))
            AND (n.facility_id = \(facility) OR n.facility_id = \(Libraries.shared)))
      FROM audit a LEFT JOIN person p ON p.facility_id = a.facility_id AND p.id = a.owner_id
      WHERE a.facility_id = \(facility) AND a.id = \(id)
      """
    ) { (try Audit(row: $0), try $0.optionalText(11), try $0.optionalInt(12)) }
  }

  func requirementAnswers(_ id: Audit.ID) throws -> [RequirementAnswer] {
    try all(
      """
      SELECT node, result, score, remark, target_on, choices_json, confirmed, confirmed_on, origin_json, gone_title, version,
        said_json
      FROM audit_answer WHERE facility_id = \(facility) AND audit_id = \(id)
      """,
      RequirementAnswer.init(row:))
  }

  func requirementAnswer(_ id: Audit.ID, _ node: String) throws -> RequirementAnswer? {
    try first(
      """
      SELECT node, result, score, remark, target_on, choices_json, confirmed, confirmed_on, origin_json, gone_title, version,
        said_json
      FROM audit_answer WHERE facility_id = \(facility) AND audit_id = \(id) AND node = \(node)
      """,
      RequirementAnswer.init(row:))
  }

  /// How many audits stand on a version of a library, by its file: whichever copy of it they were begun on.
  func auditCount(on library: ShelvedLibrary) throws -> Int {
    try count("SELECT COUNT(*) FROM audit WHERE facility_id = \(facility) AND sha256 = \(library.sha256)")
  }

  /// The sections and requirements that people have been given, with their names.
  func auditAssignments(_ id: Audit.ID) throws -> [AuditAssignment] {
    try all(
      """
      SELECT a.node, a.person_id, p.name, a.due_on FROM audit_assignment a
      JOIN person p ON p.facility_id = a.facility_id AND p.id = a.person_id
      WHERE a.facility_id = \(facility) AND a.audit_id = \(id) ORDER BY a.node
      """
    ) { row in
      AuditAssignment(
        node: try row.text(0), person: try row.id(1), name: try row.text(2), dueOn: try row.optionalDay(3))
    }
  }

  /// What stands beside a requirement or a section, in one statement.
  func besideRequirement(_ id: Audit.ID, _ node: String) throws -> BesideRequirement {
    var beside = BesideRequirement()
    _ = try all(
      """
      SELECT id, 'comment', body, by_name, at_ms FROM audit_comment
      WHERE facility_id = \(facility) AND audit_id = \(id) AND node = \(node)
      UNION ALL
      SELECT f.id, 'file', f.title, l.measure_id, NULL FROM measure_link l
      JOIN stored_file f ON f.facility_id = l.facility_id AND f.subject = 'measure:' || l.measure_id
      WHERE l.facility_id = \(facility) AND l.audit_id = \(id) AND l.node = \(node) AND NOT f.withdrawn
      UNION ALL
      SELECT o.id, COALESCE(o.result, 'opinion'), o.body, o.by_name, o.at_ms FROM audit_opinion o
      WHERE o.facility_id = \(facility) AND o.audit_id = \(id) AND o.node = \(node)
      UNION ALL
      SELECT g.id, 'finding', g.title, g.phase, NULL FROM finding g
      WHERE g.facility_id = \(facility) AND g.audit_id = \(id) AND g.node = \(node)
      ORDER BY 1
      """
    ) { row in
      let (kind, text, more) = (try row.text(1), try row.text(2), try row.text(3))
      switch (kind, try row.optionalInstant(4)) {
      case ("comment", let at?):
        beside.comments.append(AuditComment(id: try row.id(0), node: node, at: at, by: more, body: text))
      case (_, let at?):
        beside.opinions.append(
          AuditOpinion(
            id: try row.id(0), node: node, at: at, byName: more, result: AuditResult(rawValue: kind),
            body: text))
      case ("file", nil):
        beside.files.append(MeasureFile(id: try row.id(0), measure: try row.id(3), title: text))
      default:
        guard let phase = AuditFinding.Phase(rawValue: more) else { throw Row.Corrupt("finding.phase") }
        beside.findings.append(FindingLine(id: try row.id(0), title: text, phase: phase))
      }
    }
    return beside
  }

  /// The points that were kept, newest first; without what stood in them.
  func auditPoints(_ id: Audit.ID) throws -> [AuditPoint] {
    try all(
      """
      SELECT id, at_ms, by_name, title, signed, ledger_seq, ledger_hash, NULL FROM audit_point
      WHERE facility_id = \(facility) AND audit_id = \(id) ORDER BY id DESC
      """,
      AuditPoint.init(row:))
  }

  func auditPoint(_ id: Audit.ID, _ point: AuditPoint.ID) throws -> AuditPoint? {
    try first(
      """
      SELECT id, at_ms, by_name, title, signed, ledger_seq, ledger_hash, content_json FROM audit_point
      WHERE facility_id = \(facility) AND audit_id = \(id) AND id = \(point)
      """,
      AuditPoint.init(row:))
  }
}

/// Comments, proofs of measures, opinions of auditors and findings on a requirement, each in the order in which they came.
struct BesideRequirement: Sendable {
  var comments: [AuditComment] = []
  var files: [MeasureFile] = []
  var opinions: [AuditOpinion] = []
  var findings: [FindingLine] = []
}

extension HousekeepingTx {
  /// How many audits of all facilities stand on a library that all share.
  func auditCountEverywhere(on library: ShelvedLibrary) throws -> Int {
    try first("SELECT COUNT(facility_id) FROM audit WHERE sha256 = \(library.sha256)") { try $0.int(0) } ?? 0
  }
}

extension WriteTx {
  func insert(_ new: Audit) throws {
    try apply(
      """
      INSERT INTO audit (facility_id, id, library_id, sha256, framework, name, fiscal_year, owner_id, groups_json,
        opened_at_ms, frozen_at_ms, version)
      VALUES (\(facility), \(new.id), \(new.library), \(new.sha256), \(new.framework), \(new.name), \(new.fiscalYear),
        \(new.owner), \(try json(new.groups)), \(new.openedAt), \(new.frozenAt), \(new.version))
      """,
      recording: Change("audit.open", of: "audit:\(new.id)", to: Audit.Told(new)))
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: Audit, with after: Audit, as action: StaticString) throws {
    try apply(
      """
      UPDATE audit SET library_id = \(after.library), sha256 = \(after.sha256), name = \(after.name),
        fiscal_year = \(after.fiscalYear), owner_id = \(after.owner), groups_json = \(try json(after.groups)),
        frozen_at_ms = \(after.frozenAt), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        action, of: "audit:\(before.id)", from: Audit.Told(before), to: Audit.Told(after)))
  }

  /// Stores an answer in the place of the one before.
  ///
  /// - Parameter title: of the requirement, for the ledger.
  /// - Throws: `Stale` when the row has moved on from `before.version`.
  func replace(
    _ before: RequirementAnswer, with after: RequirementAnswer, in audit: Audit.ID, title: String,
    as action: StaticString
  ) throws {
    let choices = try json(after.choices)
    let origin = try after.origin.map { try json($0) }
    let said = try after.said.map { try json($0) }
    let sql: SQL =
      before.version == 0
      ? """
      INSERT INTO audit_answer (facility_id, audit_id, node, result, score, remark, target_on, choices_json, confirmed,
        confirmed_on, origin_json, gone_title, version, said_json)
      VALUES (\(facility), \(audit), \(after.node), \(after.result?.rawValue), \(after.score), \(after.remark),
        \(after.targetOn), \(choices), \(after.isConfirmed), \(after.confirmedOn), \(origin), \(after.goneTitle),
        \(after.version), \(said))
      ON CONFLICT (facility_id, audit_id, node) DO NOTHING
      """
      : """
      UPDATE audit_answer SET result = \(after.result?.rawValue), score = \(after.score), remark = \(after.remark),
        target_on = \(after.targetOn), choices_json = \(choices), confirmed = \(after.isConfirmed),
        confirmed_on = \(after.confirmedOn), origin_json = \(origin), gone_title = \(after.goneTitle),
        version = \(after.version), said_json = \(said)
      WHERE facility_id = \(facility) AND audit_id = \(audit) AND node = \(after.node) AND version = \(before.version)
      """
    let told = RequirementAnswer.Told(after, title)
    try apply(
      sql,
      recording: Change(
        action, of: "audit-answer:\(audit)/\(after.node)",
        from: before.version == 0 ? nil : RequirementAnswer.Told(before, title), to: told))
  }

  /// Gives a section or requirement to someone, or to nobody.
  func assign(
    _ node: String, title: String, to person: (id: PersonID, name: String)?, due: Day?, in audit: Audit.ID
  )
    throws
  {
    struct Told: Encodable, Sendable {
      let title: String
      let owner: String?
      let targetOn: Day?
    }
    let sql: SQL =
      if let person {
        """
        INSERT INTO audit_assignment (facility_id, audit_id, node, person_id, due_on)
        VALUES (\(facility), \(audit), \(node), \(person.id), \(due))
        ON CONFLICT (facility_id, audit_id, node) DO UPDATE SET person_id = excluded.person_id, due_on = excluded.due_on
        """
      } else {
        """
        DELETE FROM audit_assignment WHERE facility_id = \(facility) AND audit_id = \(audit) AND node = \(node)
        """
      }
    try apply(
      sql,
      recording: Change(
        "audit.assign", of: "audit-answer:\(audit)/\(node)",
        to: Told(title: title, owner: person?.name, targetOn: person == nil ? nil : due)))
    let reminder = person == nil ? nil : due.flatMap { Assessments.reminder(for: $0, after: scope.now) }
    try housekeeping.setDue("audits.target", "\(audit)/\(node)", at: reminder)
  }

  func insert(_ comment: AuditComment, title: String, in audit: Audit.ID) throws {
    try apply(
      """
      INSERT INTO audit_comment (facility_id, id, audit_id, node, at_ms, by_name, body)
      VALUES (\(facility), \(comment.id), \(audit), \(comment.node), \(comment.at), \(comment.by), \(comment.body))
      """,
      recording: Change(
        "audit.comment", of: "audit-answer:\(audit)/\(comment.node)",
        to: ["title": title, "remark": comment.body]))
  }

  func insert(_ point: AuditPoint, in audit: Audit.ID) throws {
    try apply(
      """
      INSERT INTO audit_point (facility_id, id, audit_id, at_ms, by_name, title, signed, ledger_seq, ledger_hash,
        content_json)
      VALUES (\(facility), \(point.id), \(audit), \(point.at), \(point.by), \(point.title), \(point.isSigned),
        \(point.head.sequence), \(point.head.hash), \(try json(point.content)))
      """,
      recording: Change(
        point.isSigned ? "audit.sign" : "audit.keep", of: "audit:\(audit)",
        to: [
          "title": point.title, "fingerprint": point.fingerprint, "ledgerHead": point.head.hash,
        ]))
  }
}

private func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func value<T: Decodable>(_ type: T.Type, _ json: String) throws -> T {
  // Most answers have no choices; their object is not worth a decoder.
  if json == "{}", let empty = [String: [String]]() as? T { return empty }
  return try JSONDecoder().decode(type, from: Data(json.utf8))
}

extension Audit {
  /// What the ledger says of it.
  struct Told: Encodable, Sendable {
    let name: String
    let fiscalYear: FiscalYear
    let owner: PersonID?
    let groups: [String]
    let framework: String
    let library: String
    let signed: Bool

    init(_ audit: Audit) {
      (name, fiscalYear, owner, groups) = (audit.name, audit.fiscalYear, audit.owner, audit.groups)
      (framework, library, signed) = (audit.framework, audit.library.text, audit.frozenAt != nil)
    }
  }

  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), library: try row.id(1), sha256: try row.text(2), framework: try row.text(3),
      name: try row.text(4), fiscalYear: FiscalYear(try row.int(5)), owner: try row.optionalID(6),
      groups: try value([String].self, try row.text(7)), openedAt: try row.instant(8),
      frozenAt: try row.optionalInstant(9), version: try row.int(10))
  }
}

extension RequirementAnswer {
  /// What the ledger says of it: with the title, which a later version of the library may not have.
  struct Told: Encodable, Sendable {
    let title: String
    let result: AuditResult?
    let score: Int?
    let remark: String
    let targetOn: Day?
    let choices: [String: [String]]
    let isConfirmed: Bool
    let confirmedOn: Day?
    let carriedFrom: String?

    init(_ answer: RequirementAnswer, _ title: String) {
      self.title = title
      (result, score, remark, targetOn) = (answer.result, answer.score, answer.remark, answer.targetOn)
      (choices, isConfirmed, confirmedOn) = (answer.choices, answer.isConfirmed, answer.confirmedOn)
      carriedFrom =
        answer.origin.map { "\($0.auditName): \($0.requirements.joined(separator: ", "))" }
        ?? answer.said?.text
    }
  }

  fileprivate init(row: Row) throws {
    self.init(try row.text(0))
    result = try row.optionalText(1).flatMap(AuditResult.init(rawValue:))
    score = try row.optionalInt(2)
    remark = try row.text(3)
    targetOn = try row.optionalDay(4)
    choices = try value([String: [String]].self, try row.text(5))
    isConfirmed = try row.bool(6)
    confirmedOn = try row.optionalDay(7)
    origin = try row.optionalText(8).map { try value(Origin.self, $0) }
    goneTitle = try row.optionalText(9)
    version = try row.int(10)
    said = try row.optionalText(11).map { try value(Said.self, $0) }
  }
}

extension AuditPoint {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), at: try row.instant(1), by: try row.text(2), title: try row.text(3),
      isSigned: try row.bool(4), head: LedgerHead(sequence: try row.int(5), hash: try row.text(6)),
      content: try row.optionalText(7).map { try value(Content.self, $0) } ?? Content())
  }
}

extension Audits {
  static let migrations = [
    Migration(
      "20261128-0-audits",
      [
        """
        CREATE TABLE audit (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, library_id TEXT NOT NULL,
          sha256 TEXT NOT NULL, framework TEXT NOT NULL, name TEXT NOT NULL, fiscal_year BIGINT NOT NULL, owner_id TEXT,
          groups_json TEXT NOT NULL, opened_at_ms BIGINT NOT NULL, frozen_at_ms BIGINT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX audit_by_library ON audit (sha256)",
        """
        CREATE TABLE audit_answer (
          facility_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL,
          result TEXT CHECK (result IN ('compliant', 'partially_compliant', 'non_compliant', 'not_applicable')),
          score BIGINT, remark TEXT NOT NULL, target_on TEXT, choices_json TEXT NOT NULL, confirmed BOOLEAN NOT NULL,
          confirmed_on TEXT, origin_json TEXT, gone_title TEXT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, audit_id, node),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        """
        CREATE TABLE audit_assignment (
          facility_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, person_id TEXT NOT NULL, due_on TEXT,
          PRIMARY KEY (facility_id, audit_id, node),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        """
        CREATE TABLE audit_comment (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, at_ms BIGINT NOT NULL,
          by_name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_comment_by_node ON audit_comment (facility_id, audit_id, node)",
        """
        CREATE TABLE audit_point (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, audit_id TEXT NOT NULL, at_ms BIGINT NOT NULL, by_name TEXT NOT NULL,
          title TEXT NOT NULL, signed BOOLEAN NOT NULL, ledger_seq BIGINT NOT NULL, ledger_hash TEXT NOT NULL,
          content_json TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_point_by_audit ON audit_point (facility_id, audit_id)",
      ]
        + Migration.confine("audit", also: Migration.orWide) + Migration.confine("audit_answer")
        + Migration.confine("audit_assignment") + Migration.confine("audit_comment")
        + Migration.confine("audit_point"))
  ]
}
