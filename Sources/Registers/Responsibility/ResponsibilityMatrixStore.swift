import Kernel
import Storage

// What is read over all systems, and what is written.

extension ReadTx {
  // MARK: All systems

  /// The worst states of all systems, or of those in which a vendor has a part.
  func responsibilityMatrix(vendor: Entry.ID?) throws -> Responsibility.Matrix {
    let items = try responsibilityItems()
    var condition: SQL = ""
    if let vendor {
      condition = """
        AND (s.vendor_id = \(vendor) OR s.id IN (
          SELECT system_id FROM responsibility WHERE facility_id = \(facility)
            AND (vendor_id = \(vendor) OR other_vendor_id = \(vendor))))
        """
    }
    let systems = try all(
      """
      SELECT s.id, s.name FROM system s WHERE s.facility_id = \(facility) \(condition)
      ORDER BY s.recovery_priority NULLS LAST, s.key_text, s.id
      """
    ) { row in (id: try row.id(0, of: Entry.self), name: try row.text(1)) }
    // One number says the states of a duty's three phases, as `Matrix.Stored` reads it: there are thousands of duties, and
    // at most one row a phase.
    let stored = try all(
      """
      SELECT system_id, item_id, SUM(
        CASE phase WHEN 'normal' THEN 1 WHEN 'emergency' THEN 8 ELSE 64 END
        * CASE state WHEN 'nobody' THEN 1 WHEN 'overlap' THEN 2 WHEN 'unwritten' THEN 3 WHEN 'decided' THEN 4 ELSE 5 END)
      FROM responsibility WHERE facility_id = \(facility) GROUP BY system_id, item_id
      """
    ) { row in
      Responsibility.Matrix.Stored(
        system: try row.id(0, of: Entry.self), item: try row.id(1, of: Responsibility.Item.self),
        states: try row.int(2))
    }
    return Responsibility.Matrix(items: items, systems: systems, stored: stored)
  }

  /// The findings of one system, for its record.
  func responsibilityTallyRows(of system: Entry.ID) -> SQL {
    let phases: [(SQL, Responsibility.Phase)] = [
      ("in_normal", .normal), ("in_emergency", .emergency), ("at_end", .end),
    ]
    let parts = phases.map { column, phase -> SQL in
      """
      SELECT COALESCE(c.state, 'nobody') AS state FROM responsibility_item i
        LEFT JOIN responsibility c ON c.facility_id = i.facility_id AND c.item_id = i.id
          AND c.system_id = \(system) AND c.phase = \(phase.rawValue)
        WHERE i.facility_id = \(facility) AND NOT i.is_retired AND i.\(column)
      """
    }
    return """
      SELECT state, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT),
        COUNT(*), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
      FROM (\(SQL(joining: parts, by: " UNION ALL "))) AS cells GROUP BY state
      """
  }

  /// Names of vendors that a filter or a form offers, at most so many.
  func responsibilityVendors(limit: Int) throws -> [(id: Entry.ID, name: String)] {
    try all(
      """
      SELECT id, name FROM vendor WHERE facility_id = \(facility) ORDER BY key_text, id LIMIT \(limit)
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  /// To whom a letter to a vendor is addressed.
  func vendorAddressee(_ id: Entry.ID) throws -> (name: String, contact: String?)? {
    try first(
      "SELECT name, contact_person FROM vendor WHERE facility_id = \(facility) AND id = \(id)"
    ) { (try $0.text(0), try $0.optionalText(1)) }
  }

  /// Other systems of which anything is written, by name.
  func systemsWithResponsibilities(besides id: Entry.ID) throws -> [(id: Entry.ID, name: String)] {
    try all(
      """
      SELECT id, name FROM system WHERE facility_id = \(facility) AND id <> \(id)
        AND id IN (SELECT system_id FROM responsibility WHERE facility_id = \(facility))
      ORDER BY key_text, id
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  /// Whether the table names an entry of a register, so that it cannot be taken out.
  func isNamedByResponsibility(_ id: Entry.ID, of register: String) throws -> Bool {
    let condition: SQL
    switch register {
    case "systems": condition = "system_id = \(id)"
    case "vendors": condition = "(vendor_id = \(id) OR other_vendor_id = \(id))"
    case "contracts": condition = "contract_id = \(id)"
    default: return false
    }
    return try first(
      "SELECT 1 FROM responsibility WHERE facility_id = \(facility) AND \(condition) LIMIT 1"
    ) { _ in true } ?? false
  }
}

extension WriteTx {
  /// Stores a cell on top of `before`.
  ///
  /// - Throws: `Stale` when someone else has written it since.
  func store(
    _ cell: Responsibility.Cell, over before: Responsibility.Cell, at place: Responsibility.Place,
    of system: Entry.ID
  ) throws {
    let recording = Change(
      "responsibility.save", of: Responsibility.subject(system, place), from: before.values, to: cell.values)
    let (first, second) = (cell.vendors.first, cell.vendors.dropFirst().first)
    if before.version == 0 {
      return try apply(
        """
        INSERT INTO responsibility (facility_id, system_id, item_id, phase, state, applies, by_facility, vendor_id,
          other_vendor_id, subcontractor, together, contract_id, document, clause, remark, checked_on, version)
        VALUES (\(facility), \(system), \(place.item), \(place.phase.rawValue), \(cell.state.rawValue),
          \(cell.applies), \(cell.byFacility), \(first), \(second), \(cell.subcontractor),
          \(cell.together?.rawValue), \(cell.contract), \(cell.document), \(cell.clause), \(cell.remark),
          \(cell.checkedOn), 1)
        ON CONFLICT (facility_id, system_id, item_id, phase) DO NOTHING
        """,
        recording: recording)
    }
    try apply(
      """
      UPDATE responsibility SET state = \(cell.state.rawValue), applies = \(cell.applies),
        by_facility = \(cell.byFacility), vendor_id = \(first), other_vendor_id = \(second),
        subcontractor = \(cell.subcontractor), together = \(cell.together?.rawValue),
        contract_id = \(cell.contract), document = \(cell.document), clause = \(cell.clause),
        remark = \(cell.remark), checked_on = \(cell.checkedOn), version = \(before.version + 1)
      WHERE facility_id = \(facility) AND system_id = \(system) AND item_id = \(place.item)
        AND phase = \(place.phase.rawValue) AND version = \(before.version)
      """,
      recording: recording)
  }

  func insert(_ item: Responsibility.Item) throws {
    try apply(
      """
      INSERT INTO responsibility_item (facility_id, id, name, note, in_normal, in_emergency, at_end, layer, place,
        is_retired, version)
      VALUES (\(facility), \(item.id), \(item.name), \(item.note), \(item.phases.contains(.normal)),
        \(item.phases.contains(.emergency)), \(item.phases.contains(.end)), \(item.layer.rawValue),
        \(item.position), \(item.isRetired), 1)
      """,
      recording: Change("responsibility.addItem", of: "responsibility-item:\(item.id)", to: item))
  }

  /// - Throws: `Stale`.
  func replace(_ before: Responsibility.Item, with after: Responsibility.Item) throws {
    try apply(
      """
      UPDATE responsibility_item SET name = \(after.name), note = \(after.note),
        in_normal = \(after.phases.contains(.normal)), in_emergency = \(after.phases.contains(.emergency)),
        at_end = \(after.phases.contains(.end)), layer = \(after.layer.rawValue), place = \(after.position),
        is_retired = \(after.isRetired), version = \(before.version + 1)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        "responsibility.changeItem", of: "responsibility-item:\(before.id)", from: before, to: after))
  }
}
