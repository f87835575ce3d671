import Kernel
import Registers
import Storage
import Web

extension ReadTx {
  /// In one statement, for every list of suggestions.
  func riskSettled() throws -> RiskSettled {
    var settled = RiskSettled()
    let dismissed = try all(
      """
      SELECT origin_ref, id, ground, kind, title, text, path, reason, dismissed_by, dismissed_at_ms, version
      FROM risk_dismissal WHERE facility_id = \(facility)
      UNION ALL
      SELECT origin_ref, NULL, 0, origin, '', '', '', '', '', 0, 0 FROM risk
      WHERE facility_id = \(facility) AND origin_ref IS NOT NULL
      """
    ) { row -> RiskDismissal? in
      guard try row.optionalText(1) != nil else {
        settled.taken.insert(try row.text(0))
        return nil
      }
      return try RiskDismissal(row)
    }
    for one in dismissed.compactMap({ $0 }) { settled.dismissed[one.reference] = one }
    return settled
  }

  func riskDismissal(_ id: RiskDismissal.ID) throws -> RiskDismissal? {
    try first(
      """
      SELECT origin_ref, id, ground, kind, title, text, path, reason, dismissed_by, dismissed_at_ms, version
      FROM risk_dismissal WHERE facility_id = \(facility) AND id = \(id)
      """
    ) { try RiskDismissal($0) }
  }

  /// The newest first, each with what its ground is now, and how many there are.
  func riskDismissals(_ listing: Listing) throws -> (
    page: [(dismissal: RiskDismissal, ground: RiskDismissal.Ground)], total: Int
  ) {
    let page = try all(
      """
      SELECT d.origin_ref, d.id, d.ground, d.kind, d.title, d.text, d.path, d.reason, d.dismissed_by,
        d.dismissed_at_ms, d.version, COALESCE(
          (SELECT f.round FROM finding f
            WHERE f.facility_id = d.facility_id AND f.id = d.source_id AND f.phase <> 'closed'),
          (SELECT a.version FROM answer a WHERE a.facility_id = d.facility_id AND a.assessment_id = d.source_id
            AND a.item = d.item AND a.value = 'no'),
          (SELECT r.version FROM audit_answer r WHERE r.facility_id = d.facility_id AND r.audit_id = d.source_id
            AND r.node = d.item AND r.result = 'non_compliant' AND r.confirmed AND r.gone_title IS NULL),
          (SELECT s.version FROM sheet_answer s WHERE s.facility_id = d.facility_id AND s.request_id = d.source_id
            AND s.item = d.item AND s.value = 'no'),
          (SELECT MAX(v.number) FROM disclosure_version v JOIN disclosure_answer q ON q.facility_id = v.facility_id
            AND q.disclosure_id = v.disclosure_id AND q.version_number = v.number
            WHERE v.facility_id = d.facility_id AND v.disclosure_id = d.source_id AND v.standing
            AND q.question = d.item AND q.answer = 'no'))
      FROM risk_dismissal d WHERE d.facility_id = \(facility)
      ORDER BY d.dismissed_at_ms DESC, d.id LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      let one = try RiskDismissal(row)
      return (dismissal: one, ground: one.ground(now: try row.optionalInt(11)))
    }
    let total = try count("SELECT COUNT(*) FROM risk_dismissal WHERE facility_id = \(facility)")
    return (page, total)
  }
}

extension WriteTx {
  /// In place of an earlier one of the same suggestion, whose ground has changed.
  ///
  /// - Throws: `Stale` when someone else was faster.
  func dismiss(_ after: RiskDismissal, over before: RiskDismissal?) throws {
    let (source, item) = RiskDismissal.parts(of: after.reference)
    let sql: SQL =
      before.map { before in
        """
        UPDATE risk_dismissal SET ground = \(after.ground), kind = \(after.kind.rawValue), title = \(after.title),
          text = \(after.text), path = \(after.path), reason = \(after.reason), dismissed_by = \(after.by),
          dismissed_at_ms = \(scope.now), version = \(after.version)
        WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
        """
      } ?? """
        INSERT INTO risk_dismissal (facility_id, id, origin_ref, source_id, item, ground, kind, title, text, path,
          reason, dismissed_by, dismissed_at_ms, version)
        VALUES (\(facility), \(after.id), \(after.reference), \(source), \(item), \(after.ground),
          \(after.kind.rawValue), \(after.title), \(after.text), \(after.path), \(after.reason), \(after.by),
          \(scope.now), \(after.version)) ON CONFLICT (facility_id, origin_ref) DO NOTHING
        """
    try apply(
      sql,
      recording: Change(
        "risk.dismiss", of: "risk-dismissal:\(after.id)", from: before.map(RiskDismissal.Told.init),
        to: RiskDismissal.Told(after)))
  }

  /// - Throws: `Stale` when it has moved on.
  func remove(_ dismissal: RiskDismissal) throws {
    try apply(
      """
      DELETE FROM risk_dismissal
      WHERE facility_id = \(facility) AND id = \(dismissal.id) AND version = \(dismissal.version)
      """,
      recording: Change(
        "risk.take-back", of: "risk-dismissal:\(dismissal.id)", from: RiskDismissal.Told(dismissal),
        to: String?.none))
  }
}

extension RiskDismissal {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row.id(1), reference: try row.text(0), ground: try row.int(2),
      kind: Risk.Origin.Kind(rawValue: try row.text(3)) ?? .free, title: try row.text(4),
      text: try row.text(5), path: try row.text(6), reason: try row.text(7), by: try row.text(8),
      day: try row.instant(9).day, version: try row.int(10))
  }

  /// What the ledger says of it.
  struct Told: Encodable, Sendable {
    let title: String
    let origin: Risk.Origin.Kind
    let originText: String
    let reason: String

    init(_ one: RiskDismissal) {
      (title, origin, originText, reason) = (one.title, one.kind, one.text, one.reason)
    }
  }
}

extension Risks {
  static let dismissalMigrations = [
    Migration(
      "20261210-3-risk-dismissal",
      [
        """
        CREATE TABLE risk_dismissal (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, origin_ref TEXT NOT NULL,
          source_id TEXT NOT NULL, item TEXT NOT NULL, ground BIGINT NOT NULL, kind TEXT NOT NULL
            CHECK (kind IN ('finding', 'vendor', 'checklist', 'audit')),
          title TEXT NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL, reason TEXT NOT NULL,
          dismissed_by TEXT NOT NULL, dismissed_at_ms BIGINT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, origin_ref)
        )
        """,
        "CREATE INDEX risk_dismissal_newest ON risk_dismissal (facility_id, dismissed_at_ms DESC, id)",
      ] + Migration.confine("risk_dismissal"))
  ]
}
