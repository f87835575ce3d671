import Kernel
import Storage

extension Maintenance {
  static let migrations = [
    Migration(
      "20261121-i3-maintenance",
      [
        """
        CREATE TABLE maintenance_decision (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, decided_at_ms BIGINT NOT NULL,
          outcome TEXT NOT NULL CHECK (outcome IN ('applies', 'doesNotApply', 'open')), record_json TEXT NOT NULL,
          PRIMARY KEY (facility_id, id)
        )
        """
      ] + Migration.confine("maintenance_decision"))
  ]
}

/// What the registers say that matters for the question.
struct MaintenanceRegisters: Sendable {
  let check: MaintenanceCheck
  /// Whether every system's disclosure is in order: all はい or 対象外, or each いいえ dealt with.
  let disclosures: Bool
}

extension ReadTx {
  /// What keeps or processes medical information, tied to contracts.
  func maintenance(on day: Day) throws -> MaintenanceRegisters {
    let (devices, unmarked) = try maintenanceDevices()
    let systems = try disclosureSystems()
    let services = systems.filter { $0.hosting == "cloud" || $0.hosting == "mixed" }.map {
      MaintenanceCheck.Service(id: $0.id, name: $0.name, vendorID: $0.vendorID, vendor: $0.vendor)
    }
    let check = MaintenanceCheck(
      devices, services, try maintenanceContracts(), unmarked: unmarked, on: day)
    let annex = try disclosureAnnex()
    let overview = DisclosureOverview(annex, systems, try disclosureOverview(annex))
    return MaintenanceRegisters(check: check, disclosures: overview.isInOrder)
  }

  /// Servers, storage, and what is marked to act as one; with the number of PCs that nobody has marked.
  ///
  /// One statement: a row of unmarked PCs stands in for all of them.
  private func maintenanceDevices() throws -> ([MaintenanceCheck.Device], unmarked: Int) {
    let used: SQL = "(d.status IS NULL OR d.status IN ('in-use', 'lent'))"
    let rows = try all(
      """
      SELECT d.id, d.number, d.name, d.updated_by, d.vendor_id, w.name, d.update_clause, 0, d.key_text
      FROM device d LEFT JOIN vendor w ON w.facility_id = d.facility_id AND w.id = d.vendor_id
      WHERE d.facility_id = \(facility) AND \(used)
        AND (d.acts_as_server = 'yes' OR (d.acts_as_server IS NULL AND d.kind IN ('server', 'storage')))
      UNION ALL
      SELECT '', '', '', NULL, NULL, NULL, NULL, COUNT(*), ''
      FROM device d WHERE d.facility_id = \(facility) AND \(used) AND d.acts_as_server IS NULL AND d.kind = 'pc'
      ORDER BY 9
      """
    ) { row in
      (
        MaintenanceCheck.Device(
          id: try row.text(0), number: try row.text(1), name: try row.text(2),
          updatedBy: try row.optionalText(3),
          vendorID: try row.optionalText(4), vendor: try row.optionalText(5), clause: try row.optionalText(6)),
        try row.int(7)
      )
    }
    return (rows.map(\.0).filter { !$0.id.isEmpty }, rows.reduce(0) { $0 + $1.1 })
  }

  private func maintenanceContracts() throws -> [MaintenanceCheck.Contract] {
    try all(
      """
      SELECT number, vendor_id, status, ends_on, auto_renewal, patching, systems FROM contract
      WHERE facility_id = \(facility) ORDER BY key_text
      """
    ) { row in
      MaintenanceCheck.Contract(
        number: try row.text(0), vendorID: try row.text(1), isEnded: try row.optionalText(2) == "ended",
        endsOn: try row.optionalDay(3), renews: try row.optionalText(4) == "yes",
        patching: try row.optionalText(5),
        systems: try row.optionalText(6) ?? "")
    }
  }

  /// The newest decisions, newest first.
  func maintenanceDecisions(limit: Int) throws -> [MaintenanceDecision] {
    try all(
      """
      SELECT record_json FROM maintenance_decision WHERE facility_id = \(facility)
      ORDER BY decided_at_ms DESC, id DESC LIMIT \(limit)
      """
    ) { try ColumnJSON.read(try $0.text(0), as: MaintenanceDecision.self) }
  }

  func maintenanceDecision(_ id: MaintenanceDecision.ID) throws -> MaintenanceDecision? {
    try first(
      "SELECT record_json FROM maintenance_decision WHERE facility_id = \(facility) AND id = \(id)"
    ) { try ColumnJSON.read(try $0.text(0), as: MaintenanceDecision.self) }
  }
}

extension WriteTx {
  func insert(_ decision: MaintenanceDecision) throws {
    try apply(
      """
      INSERT INTO maintenance_decision (facility_id, id, decided_at_ms, outcome, record_json)
      VALUES (\(facility), \(decision.id), \(decision.decidedAt), \(decision.outcome.rawValue), \(try ColumnJSON.text(decision)))
      """,
      recording: Change("maintenance.decide", of: "maintenance", to: decision))
  }
}
