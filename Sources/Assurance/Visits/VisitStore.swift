import Kernel
import Registers
import Storage
import Web

extension ReadTx {
  /// Who may read an audit for a time, or could; the newest first.
  func visits(of id: Audit.ID) throws -> [AuditVisit] {
    try visits("v.audit_id = \(id) ORDER BY v.grant_id DESC LIMIT 500")
  }

  /// What a person may read so now, the first to end first.
  func liveVisits(of person: PersonID, at now: Instant) throws -> [AuditVisit] {
    try visits(
      """
      g.person_id = \(person) AND g.ended_at_ms IS NULL AND g.until_ms > \(now) ORDER BY g.until_ms, v.grant_id
      """)
  }

  private func visits(_ which: SQL) throws -> [AuditVisit] {
    try all(
      """
      SELECT v.grant_id, v.audit_id, a.name, g.person_id, p.name, g.reason, g.given_by, g.given_at_ms, g.until_ms, g.ended_at_ms
      FROM audit_visit v JOIN access_grant g ON g.facility_id = v.facility_id AND g.id = v.grant_id
      JOIN audit a ON a.facility_id = v.facility_id AND a.id = v.audit_id
      JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      WHERE v.facility_id = \(facility) AND \(which)
      """,
      AuditVisit.init(row:))
  }

  /// Whether a file is a proof of a measure on which a requirement of the audit rests; its subject then.
  func proofSubject(_ file: StoredFile.ID, in id: Audit.ID) throws -> String? {
    try first(
      """
      SELECT s.subject FROM stored_file s WHERE s.facility_id = \(facility) AND s.id = \(file) AND NOT s.withdrawn
        AND EXISTS (SELECT 1 FROM measure_link l WHERE l.facility_id = s.facility_id AND l.audit_id = \(id)
          AND s.subject = 'measure:' || l.measure_id)
      """
    ) { try $0.text(0) }
  }
}

extension WriteTx {
  func insertVisit(_ grant: String, of audit: Audit, to name: String) throws {
    try apply(
      """
      INSERT INTO audit_visit (facility_id, grant_id, audit_id) VALUES (\(facility), \(grant), \(audit.id))
      """,
      recording: Change(
        "visit.give", of: "audit:\(audit.id)", to: ["name": audit.name, "auditor": name]))
  }

  func insert(_ new: AuditOpinion, title: String, in audit: Audit.ID) throws {
    struct Told: Encodable, Sendable {
      let title: String
      let opinion: String
      let result: AuditResult?
    }
    try apply(
      """
      INSERT INTO audit_opinion (facility_id, id, audit_id, node, at_ms, by_name, result, body)
      VALUES (\(facility), \(new.id), \(audit), \(new.node), \(new.at), \(new.byName), \(new.result?.rawValue),
        \(new.body))
      """,
      recording: Change(
        "visit.opinion", of: "audit-answer:\(audit)/\(new.node)",
        to: Told(title: title, opinion: new.body, result: new.result)))
  }
}

extension AuditVisit {
  fileprivate init(row: Row) throws {
    self.init(
      grant: try row.text(0), audit: try row.id(1), auditName: try row.text(2), person: try row.id(3),
      personName: try row.text(4), reason: try row.text(5), givenBy: try row.text(6),
      givenAt: try row.instant(7), until: try row.instant(8), endedAt: try row.optionalInstant(9))
  }
}

extension Visits {
  static let migrations = [
    Migration(
      "20261201-w2-visits",
      [
        """
        CREATE TABLE audit_visit (
          facility_id TEXT NOT NULL, grant_id TEXT NOT NULL, audit_id TEXT NOT NULL, PRIMARY KEY (facility_id, grant_id),
          FOREIGN KEY (facility_id, grant_id) REFERENCES access_grant (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_visit_by_audit ON audit_visit (facility_id, audit_id)",
        """
        CREATE TABLE audit_opinion (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, at_ms BIGINT NOT NULL,
          by_name TEXT NOT NULL, result TEXT, body TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_opinion_by_node ON audit_opinion (facility_id, audit_id, node)",
      ] + Migration.confine("audit_visit") + Migration.confine("audit_opinion"))
  ]
}
