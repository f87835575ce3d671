import Kernel
import Storage

/// What a running contract says about every clause.
struct ClauseRow: Sendable {
  let id: Entry.ID
  let number: String
  let title: String
  let vendor: Entry.ID
  let vendorName: String
  /// By clause id.
  let values: [String: String]

  /// The clauses that do not settle their point, in the order of the list.
  var missing: [Clause] { Clause.all.filter { !$0.isSettled(by: values[$0.id]) } }
}

extension ReadTx {
  /// Contracts that have not ended, by vendor and number; `limit` of them after the first `offset`.
  func clauseRows(vendor: Entry.ID?, limit: Int, offset: Int) throws -> [ClauseRow] {
    let columns = Clause.all.map { "e.\($0.column)" as SQL }
    return try all(
      """
      SELECT e.id, e.number, e.title, e.vendor_id, v.name, \(SQL(joining: columns, by: ", "))
      FROM contract e JOIN vendor v ON v.facility_id = e.facility_id AND v.id = e.vendor_id
      WHERE e.facility_id = \(facility) AND COALESCE(e.status, 'active') <> 'ended' \(narrowed(vendor))
      ORDER BY v.key_text, e.key_text LIMIT \(limit) OFFSET \(offset)
      """
    ) { row in
      var values: [String: String] = [:]
      for (index, clause) in Clause.all.enumerated() {
        values[clause.id] =
          clause.kind == .hours
          ? try row.optionalInt(index + 5).map { "\($0)" } : try row.optionalText(index + 5)
      }
      return ClauseRow(
        id: try row.id(0), number: try row.text(1), title: try row.text(2), vendor: try row.id(3),
        vendorName: try row.text(4), values: values)
    }
  }

  /// How many contracts run, and how many of them leave a clause open.
  func clauseFigures(vendor: Entry.ID?) throws -> (contracts: Int, lacking: Int) {
    let settled = Clause.all.map { clause -> SQL in
      switch clause.kind {
      case .bearer: "COALESCE(e.\(clause.column), '') IN ('own', 'vendor')"
      case .duty: "COALESCE(e.\(clause.column), '') = 'yes'"
      case .hours, .text, .lines: "e.\(clause.column) IS NOT NULL"
      }
    }
    return try first(
      """
      SELECT COUNT(*), COALESCE(SUM(CASE WHEN \(SQL(joining: settled, by: " AND ")) THEN 0 ELSE 1 END), 0)
      FROM contract e
      WHERE e.facility_id = \(facility) AND COALESCE(e.status, 'active') <> 'ended' \(narrowed(vendor))
      """
    ) { (try $0.int(0), try $0.int(1)) } ?? (0, 0)
  }

  private func narrowed(_ vendor: Entry.ID?) -> SQL { vendor.map { "AND e.vendor_id = \($0)" } ?? "" }

  /// Vendors for the filter, by name; at most 300.
  func vendorNames() throws -> [(id: Entry.ID, name: String)] {
    try all("SELECT id, name FROM vendor WHERE facility_id = \(facility) ORDER BY key_text LIMIT 300") {
      (try $0.id(0), try $0.text(1))
    }
  }
}
