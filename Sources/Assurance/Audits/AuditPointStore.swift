import Kernel
import Storage

extension ReadTx {
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

extension WriteTx {
  func insert(_ point: AuditPoint, in audit: Audit.ID) throws {
    try apply(
      """
      INSERT INTO audit_point (facility_id, id, audit_id, at_ms, by_name, title, signed, ledger_seq, ledger_hash,
        content_json)
      VALUES (\(facility), \(point.id), \(audit), \(point.at), \(point.by), \(point.title), \(point.isSigned),
        \(point.head.sequence), \(point.head.hash), \(try ColumnJSON.text(point.content)))
      """,
      recording: Change(
        point.isSigned ? "audit.sign" : "audit.keep", of: "audit:\(audit)",
        to: [
          "title": point.title, "fingerprint": point.fingerprint, "ledgerHead": point.head.hash,
        ]))
  }
}

extension AuditPoint {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), at: try row.instant(1), by: try row.text(2), title: try row.text(3),
      isSigned: try row.bool(4), head: LedgerHead(sequence: try row.int(5), hash: try row.text(6)),
      content: try row.optionalText(7).map { try ColumnJSON.read($0, as: Content.self) } ?? Content())
  }
}
