import Kernel
import Storage
import Web

/// Numbers of the documents in force, for the checklists.
struct DocumentFigures: Sendable, Equatable {
  /// Rules and procedures that are not abolished.
  var rules = 0
  var unapproved = 0
  /// The day of the next check has passed.
  var overdue = 0
  var oldestApproval: Day?
}

extension ReadTx {
  func documentFigures(on day: Day) throws -> DocumentFigures {
    func sum(_ condition: SQL) -> SQL { "COALESCE(SUM(CASE WHEN \(condition) THEN 1 ELSE 0 END), 0)" }
    return try first(
      """
      SELECT COUNT(*), \(sum("approved_on IS NULL")), \(sum("next_check_on < \(day)")), MIN(approved_on)
      FROM document WHERE facility_id = \(facility) AND (status IS NULL OR status <> 'abolished')
        AND kind IN ('policy', 'rule', 'procedure')
      """
    ) { row in
      DocumentFigures(
        rules: try row.int(0), unapproved: try row.int(1), overdue: try row.int(2),
        oldestApproval: try row.optionalDay(3))
    } ?? DocumentFigures()
  }

  /// The versions of a document, newest first, without their texts.
  func versions(of document: Entry.ID) throws -> [DocumentVersion] {
    try all(
      """
      SELECT id, document_id, number, '', summary, state, made_by, made_at_ms, decided_by, decided_role, decided_at_ms,
        remark, ledger, version
      FROM document_version WHERE facility_id = \(facility) AND document_id = \(document) ORDER BY number DESC
      """,
      DocumentVersion.init(row:))
  }

  func version(_ id: DocumentVersion.ID) throws -> DocumentVersion? {
    try first(
      """
      SELECT id, document_id, number, body, summary, state, made_by, made_at_ms, decided_by, decided_role, decided_at_ms,
        remark, ledger, version
      FROM document_version WHERE facility_id = \(facility) AND id = \(id)
      """,
      DocumentVersion.init(row:))
  }

  /// The newest version of a document with its text; before `number` when one is given.
  func newestVersion(of document: Entry.ID, before number: Int = .max) throws -> DocumentVersion? {
    try first(
      """
      SELECT id, document_id, number, body, summary, state, made_by, made_at_ms, decided_by, decided_role, decided_at_ms,
        remark, ledger, version
      FROM document_version WHERE facility_id = \(facility) AND document_id = \(document) AND number < \(number)
      ORDER BY number DESC LIMIT 1
      """,
      DocumentVersion.init(row:))
  }

  /// Who is to read a version, by department and name.
  func readings(of version: DocumentVersion.ID) throws -> [DocumentReading] {
    try all(
      """
      SELECT r.version_id, r.person_id, p.name, p.department, r.read_at_ms, r.way, r.recorded_by
      FROM document_reading r JOIN person p ON p.facility_id = r.facility_id AND p.id = r.person_id
      WHERE r.facility_id = \(facility) AND r.version_id = \(version) ORDER BY p.department, p.name, p.id
      """
    ) { row in
      DocumentReading(
        version: try row.id(0), person: try row.id(1), name: try row.text(2), department: try row.text(3),
        readAt: try row.optionalInstant(4), way: try row.optionalText(5).flatMap(DocumentReading.Way.init),
        recordedBy: try row.optionalText(6))
    }
  }

  /// How many are to read each version of a document, and how many have.
  func readingCounts(of document: Entry.ID) throws -> [DocumentVersion.ID: (asked: Int, read: Int)] {
    let rows = try all(
      """
      SELECT r.version_id, COUNT(*), COUNT(r.read_at_ms) FROM document_reading r
      JOIN document_version v ON v.facility_id = r.facility_id AND v.id = r.version_id
      WHERE r.facility_id = \(facility) AND v.document_id = \(document) GROUP BY r.version_id
      """
    ) { (try $0.id(0) as DocumentVersion.ID, (asked: try $0.int(1), read: try $0.int(2))) }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// What a person is to read: version, title of the document, number and when it was asked; what is unread first.
  func readingList(of person: PersonID, limit: Int) throws -> [DocumentToRead] {
    try all(
      """
      SELECT r.version_id, d.title, v.number, r.asked_at_ms, r.read_at_ms FROM document_reading r
      JOIN document_version v ON v.facility_id = r.facility_id AND v.id = r.version_id
      JOIN document d ON d.facility_id = v.facility_id AND d.id = v.document_id
      WHERE r.facility_id = \(facility) AND r.person_id = \(person)
      ORDER BY CASE WHEN r.read_at_ms IS NULL THEN 0 ELSE 1 END, r.asked_at_ms DESC LIMIT \(limit)
      """
    ) { row in
      DocumentToRead(
        version: try row.id(0), title: try row.text(1), number: try row.int(2), askedAt: try row.instant(3),
        readAt: try row.optionalInstant(4))
    }
  }

  /// Whether any entry of `register` has been added, changed or taken out after the ledger had `length` entries.
  func hasChanged(_ register: String, since length: Int) throws -> Bool {
    try first(
      """
      SELECT 1 FROM audit_entry WHERE facility_id = \(facility) AND seq > \(length)
        AND subject >= \(register + ":") AND subject < \(register + ";") LIMIT 1
      """
    ) { _ in true } ?? false
  }

  /// The people of the facility with their departments, at most `limit`.
  func readers(limit: Int) throws -> [(id: PersonID, name: String, department: String)] {
    try all(
      """
      SELECT id, name, department FROM person WHERE facility_id = \(facility)
      ORDER BY department, name, id LIMIT \(limit)
      """
    ) { (try $0.id(0), try $0.text(1), try $0.text(2)) }
  }

  func ledgerLength() throws -> Int {
    try count("SELECT COALESCE(MAX(seq), 0) FROM audit_entry WHERE facility_id = \(facility)")
  }
}

/// A line of the list of what a person is to read.
struct DocumentToRead: Sendable, Equatable {
  let version: DocumentVersion.ID
  let title: String
  let number: Int
  let askedAt: Instant
  let readAt: Instant?
}

extension WriteTx {
  /// - Throws: `Stale` when the document has this number already: someone else was faster.
  func insert(_ new: DocumentVersion) throws {
    try apply(
      """
      INSERT INTO document_version (facility_id, id, document_id, number, body, summary, state, made_by, made_at_ms, version)
      VALUES (\(facility), \(new.id), \(new.document), \(new.number), \(new.body), \(new.summary), \(new.state.rawValue),
        \(new.madeBy), \(new.madeAt), \(new.version))
      ON CONFLICT (facility_id, document_id, number) DO NOTHING
      """,
      recording: Change("document.draft", of: "documents:\(new.document)", to: new))
  }

  /// - Throws: `Stale` when the version has moved on.
  func replace(_ before: DocumentVersion, with after: DocumentVersion, as action: StaticString) throws {
    try apply(
      """
      UPDATE document_version SET body = \(after.body), summary = \(after.summary), state = \(after.state.rawValue),
        made_by = \(after.madeBy), made_at_ms = \(after.madeAt), decided_by = \(after.decision?.by),
        decided_role = \(after.decision?.role), decided_at_ms = \(after.decision?.at), remark = \(after.decision?.remark),
        ledger = \(after.decision?.ledger), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(action, of: "documents:\(before.document)", from: before, to: after))
  }

  /// Asks a person to read a version; who has been asked already stays as they are.
  func ask(_ person: PersonID, toRead version: DocumentVersion) throws {
    try housekeeping.run(
      """
      INSERT INTO document_reading (facility_id, version_id, person_id, asked_at_ms)
      VALUES (\(facility), \(version.id), \(person), \(scope.now)) ON CONFLICT DO NOTHING
      """)
  }

  /// - Throws: `Stale` when the person was not asked, or has read it already.
  func confirm(_ person: PersonID, read version: DocumentVersion, _ way: DocumentReading.Way) throws {
    try apply(
      """
      UPDATE document_reading SET read_at_ms = \(scope.now), way = \(way.rawValue), recorded_by = \(scope.actor.name)
      WHERE facility_id = \(facility) AND version_id = \(version.id) AND person_id = \(person) AND read_at_ms IS NULL
      """,
      recording: Change(
        "document.read", of: "documents:\(version.document)",
        to: ["person": person.text, "version": "\(version.number)", "way": way.rawValue]))
  }
}

extension DocumentVersion {
  init(row: Row) throws {
    guard let state = State(rawValue: try row.text(5)) else { throw Row.Corrupt("document_version.state") }
    var decision: Decision?
    if let by = try row.optionalText(8), let at = try row.optionalInstant(10) {
      decision = Decision(
        by: by, role: try row.optionalText(9) ?? "", at: at, remark: try row.optionalText(11) ?? "",
        ledger: try row.optionalInt(12) ?? 0)
    }
    self.init(
      stored: try row.id(0), document: try row.id(1), number: try row.int(2), body: try row.text(3),
      summary: try row.text(4), state: state, madeBy: try row.text(6), madeAt: try row.instant(7),
      decision: decision, version: try row.int(13))
  }
}

extension Documents {
  static let migrations = [
    Migration(
      "20261121-g1-documents",
      [
        """
        CREATE TABLE document (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, title TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('policy', 'rule', 'procedure', 'chart', 'plan', 'record', 'other')),
          status TEXT CHECK (status IN ('draft', 'in-force', 'abolished')),
          edition TEXT, owner_id TEXT, deputy_id TEXT, approved_on TEXT, approved_by TEXT, next_check_on TEXT,
          derived_from TEXT CHECK (derived_from IN ('systems', 'devices', 'connections', 'vendors', 'contracts')),
          audience TEXT, place TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text), CHECK (deputy_id <> owner_id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, deputy_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX document_by_attention ON document (facility_id, attention_on)",
        "CREATE INDEX document_by_text ON document (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX document_by_kind ON document (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX document_by_status ON document (facility_id, status, key_text, attention_on)",
        "CREATE INDEX document_by_owner ON document (facility_id, owner_id)",
        "CREATE INDEX document_by_deputy ON document (facility_id, deputy_id)",
        """
        CREATE TABLE document_version (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL, number BIGINT NOT NULL,
          body TEXT NOT NULL, summary TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('draft', 'asked', 'approved', 'returned')),
          made_by TEXT NOT NULL, made_at_ms BIGINT NOT NULL, decided_by TEXT, decided_role TEXT, decided_at_ms BIGINT,
          remark TEXT, ledger BIGINT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, document_id, number),
          FOREIGN KEY (facility_id, document_id) REFERENCES document (facility_id, id)
        )
        """,
        """
        CREATE TABLE document_reading (
          facility_id TEXT NOT NULL, version_id TEXT NOT NULL, person_id TEXT NOT NULL, asked_at_ms BIGINT NOT NULL,
          read_at_ms BIGINT, way TEXT CHECK (way IN ('screen', 'paper')), recorded_by TEXT,
          PRIMARY KEY (facility_id, version_id, person_id),
          FOREIGN KEY (facility_id, version_id) REFERENCES document_version (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX document_reading_by_person ON document_reading (facility_id, person_id, asked_at_ms)",
      ] + Migration.confine("document") + Migration.confine("document_version")
        + Migration.confine("document_reading"))
  ]
}
