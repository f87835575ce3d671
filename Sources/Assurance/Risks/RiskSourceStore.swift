import Kernel
import Registers
import Storage

/// An いいえ of a checklist's newest year.
struct ChecklistNo: Sendable {
  let assessment: Assessment.ID
  let pack: String
  let form: String
  let year: FiscalYear
  let item: String
  let note: String
  let version: Int
}

/// An いいえ in a checklist that a vendor has handed in.
struct SheetNo: Sendable {
  let request: String
  let pack: String
  let form: String
  let vendor: String
  let system: SystemName?
  let item: String
  let note: String
  let version: Int
}

/// A finding that is not closed.
struct OpenFinding: Sendable {
  let id: String
  let title: String
  let seen: String
  /// How often it was opened.
  let round: Int
}

extension ReadTx {
  func openFindings(limit: Int) throws -> [OpenFinding] {
    try all(
      """
      SELECT id, title, seen, round FROM finding WHERE facility_id = \(facility) AND phase <> 'closed'
      ORDER BY found_on DESC, id LIMIT \(limit)
      """
    ) {
      OpenFinding(
        id: try $0.text(0), title: try $0.text(1), seen: try $0.text(2), round: try $0.int(3))
    }
  }

  func checklistNoes(limit: Int) throws -> [ChecklistNo] {
    try all(
      """
      SELECT s.id, s.pack, s.form, s.fiscal_year, a.item, a.note, a.version FROM answer a
      JOIN assessment s ON s.facility_id = a.facility_id AND s.id = a.assessment_id
      WHERE a.facility_id = \(facility) AND a.value = 'no' AND s.fiscal_year = (
        SELECT MAX(t.fiscal_year) FROM assessment t WHERE t.facility_id = s.facility_id AND t.form = s.form)
      ORDER BY s.form, a.item LIMIT \(limit)
      """
    ) { row in
      ChecklistNo(
        assessment: try row.id(0), pack: try row.text(1), form: try row.text(2),
        year: FiscalYear(try row.int(3)), item: try row.text(4), note: try row.text(5),
        version: try row.int(6))
    }
  }

  func sheetNoes(limit: Int) throws -> [SheetNo] {
    try all(
      """
      SELECT q.id, q.pack, q.form, q.vendor_name, s.id, s.name, a.item, a.note, a.version FROM sheet_answer a
      JOIN sheet_request q ON q.facility_id = a.facility_id AND q.id = a.request_id
      LEFT JOIN system s ON s.facility_id = q.facility_id AND s.id = q.system_id
      WHERE a.facility_id = \(facility) AND a.value = 'no' AND q.kind = 'vendor-checklist'
        AND q.state IN ('handed-in', 'closed') AND q.pack IS NOT NULL
      ORDER BY q.vendor_name, q.id, a.item LIMIT \(limit)
      """
    ) { row in
      let system = try row.optionalText(4).map { SystemName(id: $0, name: try row.text(5)) }
      return SheetNo(
        request: try row.text(0), pack: try row.text(1), form: try row.optionalText(2) ?? "vendor",
        vendor: try row.text(3), system: system, item: try row.text(6), note: try row.text(7),
        version: try row.int(8))
    }
  }

  /// Confirmed answers that say a requirement is not met, of the newest audits first.
  func unmetRequirements(limit: Int) throws -> [UnmetRequirement] {
    try all(
      """
      SELECT r.audit_id, a.name, a.sha256, a.framework, r.node, r.remark, r.version FROM audit_answer r
      JOIN audit a ON a.facility_id = r.facility_id AND a.id = r.audit_id
      WHERE r.facility_id = \(facility) AND r.result = 'non_compliant' AND r.confirmed AND r.gone_title IS NULL
      ORDER BY a.opened_at_ms DESC, r.audit_id, r.node LIMIT \(limit)
      """
    ) { row in
      UnmetRequirement(
        audit: try row.id(0), auditName: try row.text(1), sha256: try row.text(2),
        framework: try row.text(3), node: try row.text(4), remark: try row.text(5),
        version: try row.int(6))
    }
  }
}
