import Kernel
import Storage

extension Responsibility {
  static let migrations = [
    Migration(
      "20261121-e1-responsibility",
      [
        """
        CREATE TABLE responsibility_item (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          note TEXT NOT NULL, in_normal BOOLEAN NOT NULL, in_emergency BOOLEAN NOT NULL, at_end BOOLEAN NOT NULL,
          layer TEXT NOT NULL CHECK (layer IN ('facility', 'vendor', 'infrastructure', 'platform', 'application')),
          place BIGINT NOT NULL, is_retired BOOLEAN NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), CHECK (in_normal OR in_emergency OR at_end)
        )
        """,
        """
        CREATE TABLE responsibility (
          facility_id TEXT NOT NULL, system_id TEXT NOT NULL, item_id TEXT NOT NULL,
          phase TEXT NOT NULL CHECK (phase IN ('normal', 'emergency', 'end')),
          state TEXT NOT NULL CHECK (state IN ('nobody', 'overlap', 'unwritten', 'decided', 'not-applicable')),
          applies BOOLEAN NOT NULL, by_facility BOOLEAN NOT NULL, vendor_id TEXT, other_vendor_id TEXT,
          subcontractor TEXT, together TEXT CHECK (together IN ('shared', 'overlap')),
          contract_id TEXT, document TEXT, clause TEXT, remark TEXT, checked_on TEXT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, system_id, item_id, phase), CHECK (other_vendor_id <> vendor_id),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, item_id) REFERENCES responsibility_item (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id),
          FOREIGN KEY (facility_id, other_vendor_id) REFERENCES vendor (facility_id, id),
          FOREIGN KEY (facility_id, contract_id) REFERENCES contract (facility_id, id)
        )
        """,
        "CREATE INDEX responsibility_by_state ON responsibility (facility_id, system_id, item_id, phase, state)",
        "CREATE INDEX responsibility_by_vendor ON responsibility (facility_id, vendor_id, system_id)",
        "CREATE INDEX responsibility_by_other_vendor ON responsibility (facility_id, other_vendor_id, system_id)",
        "CREATE INDEX responsibility_by_contract ON responsibility (facility_id, contract_id)",
      ] + Migration.confine("responsibility_item") + Migration.confine("responsibility"))
  ]

  /// How the ledger names a cell.
  static func subject(_ system: Entry.ID, _ place: Place) -> String {
    "responsibility:\(system)/\(place.item)/\(place.phase.rawValue)"
  }

  /// A cell as it lies in a table of names.
  fileprivate struct Found {
    let place: Place
    let cell: Cell
    let vendors: [(id: Entry.ID, name: String)]
    let contract: (id: Entry.ID, contract: Table.Contract)?
  }
}

extension ReadTx {
  /// The lines of the table, in order; retired ones only when asked for.
  func responsibilityItems(withRetired: Bool = false) throws -> [Responsibility.Item] {
    let condition: SQL = withRetired ? "" : "AND NOT is_retired"
    return try all(
      """
      SELECT id, name, note, in_normal, in_emergency, at_end, layer, place, is_retired, version
      FROM responsibility_item WHERE facility_id = \(facility) \(condition) ORDER BY place, name, id
      """,
      Responsibility.Item.init(row:))
  }

  func responsibilityItem(_ id: Responsibility.Item.ID) throws -> Responsibility.Item? {
    try first(
      """
      SELECT id, name, note, in_normal, in_emergency, at_end, layer, place, is_retired, version
      FROM responsibility_item WHERE facility_id = \(facility) AND id = \(id)
      """,
      Responsibility.Item.init(row:))
  }

  /// The table of a system in three statements; nil when there is no such system.
  func responsibilities(of id: Entry.ID) throws -> Responsibility.Table? {
    guard let system = try responsibilitySystem(id) else { return nil }
    let found = try all(
      """
      \(Responsibility.selection) WHERE c.facility_id = \(facility) AND c.system_id = \(id)
      """,
      Responsibility.found)
    return Responsibility.table(system, items: try responsibilityItems(), found)
  }

  /// The table with one line and what stands in one of its cells; nil when there is no such system or item.
  func responsibilities(of id: Entry.ID, only place: Responsibility.Place) throws -> Responsibility.Table? {
    guard let system = try responsibilitySystem(id), let item = try responsibilityItem(place.item) else {
      return nil
    }
    let found = try all(
      """
      \(Responsibility.selection) WHERE c.facility_id = \(facility) AND c.system_id = \(id)
        AND c.item_id = \(place.item) AND c.phase = \(place.phase.rawValue)
      """,
      Responsibility.found)
    return Responsibility.table(system, items: [item], found)
  }

  /// Names of vendors by id.
  func vendorNames(_ ids: Set<Entry.ID>) throws -> [Entry.ID: String] {
    guard !ids.isEmpty else { return [:] }
    let list = SQL(joining: ids.sorted().map { "\($0)" as SQL }, by: ", ")
    let found = try all("SELECT id, name FROM vendor WHERE facility_id = \(facility) AND id IN (\(list))") {
      (try $0.id(0, of: Entry.self), try $0.text(1))
    }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  func contractNumbers(_ ids: Set<Entry.ID>) throws -> [Entry.ID: Responsibility.Table.Contract] {
    guard !ids.isEmpty else { return [:] }
    let list = SQL(joining: ids.sorted().map { "\($0)" as SQL }, by: ", ")
    let found = try all(
      """
      SELECT k.id, k.number, k.vendor_id, v.name FROM contract k
        LEFT JOIN vendor v ON v.facility_id = k.facility_id AND v.id = k.vendor_id
      WHERE k.facility_id = \(facility) AND k.id IN (\(list))
      """
    ) { row in
      (
        try row.id(0, of: Entry.self),
        Responsibility.Table.Contract(
          number: try row.text(1), vendor: try row.optionalText(3), vendorID: try row.optionalID(2))
      )
    }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  func responsibilitySystem(_ id: Entry.ID) throws -> Responsibility.Table.System? {
    try first(
      "\(Responsibility.systems) WHERE s.facility_id = \(facility) AND s.id = \(id)",
      Responsibility.Table.System.init(row:))
  }

  func responsibility(_ place: Responsibility.Place, of system: Entry.ID) throws -> Responsibility.Cell? {
    try first(
      """
      \(Responsibility.selection) WHERE c.facility_id = \(facility) AND c.system_id = \(system)
        AND c.item_id = \(place.item) AND c.phase = \(place.phase.rawValue)
      """
    ) { try Responsibility.found($0).cell }
  }

  /// Every table of the facility, by the name of the system: for files.
  func allResponsibilities() throws -> [Responsibility.Table] {
    let items = try responsibilityItems()
    let systems = try all(
      "\(Responsibility.systems) WHERE s.facility_id = \(facility) ORDER BY s.key_text, s.id",
      Responsibility.Table.System.init(row:))
    var bySystem: [Entry.ID: [Responsibility.Found]] = [:]
    for (system, found) in try all(
      "\(Responsibility.selection) WHERE c.facility_id = \(facility)",
      { row in (try row.id(18, of: Entry.self), try Responsibility.found(row)) })
    {
      bySystem[system, default: []].append(found)
    }
    return systems.map { Responsibility.table($0, items: items, bySystem[$0.id] ?? []) }
  }
}

// MARK: Rows

extension Responsibility.Table.System {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), name: try row.text(1), hosting: try row.optionalText(2),
      vendor: try row.optionalID(3), vendorName: try row.optionalText(4),
      nextCheckOn: try row.optionalDay(5))
  }
}

extension Responsibility {
  fileprivate static let systems: SQL = """
    SELECT s.id, s.name, s.hosting, s.vendor_id, v.name, s.next_check_on
    FROM system s LEFT JOIN vendor v ON v.facility_id = s.facility_id AND v.id = s.vendor_id
    """

  fileprivate static let selection: SQL = """
    SELECT c.item_id, c.phase, c.applies, c.by_facility, c.vendor_id, c.other_vendor_id, c.subcontractor,
      c.together, c.contract_id, c.document, c.clause, c.remark, c.checked_on, c.version,
      v.name, w.name, k.number, kv.name, c.system_id, k.vendor_id
    FROM responsibility c
      LEFT JOIN vendor v ON v.facility_id = c.facility_id AND v.id = c.vendor_id
      LEFT JOIN vendor w ON w.facility_id = c.facility_id AND w.id = c.other_vendor_id
      LEFT JOIN contract k ON k.facility_id = c.facility_id AND k.id = c.contract_id
      LEFT JOIN vendor kv ON kv.facility_id = k.facility_id AND kv.id = k.vendor_id
    """

  fileprivate static func found(_ row: Row) throws -> Found {
    guard let phase = Phase(rawValue: try row.text(1)) else { throw Row.Corrupt("responsibility.phase") }
    var cell = Cell()
    (cell.applies, cell.byFacility) = (try row.bool(2), try row.bool(3))
    var vendors: [(id: Entry.ID, name: String)] = []
    for (id, name) in [(4, 14), (5, 15)] {
      guard let id = try row.optionalID(id, of: Entry.self) else { continue }
      cell.vendors.append(id)
      vendors.append((id, try row.optionalText(name) ?? ""))
    }
    cell.subcontractor = try row.optionalText(6)
    cell.together = try row.optionalText(7).flatMap { Together(rawValue: $0) }
    cell.contract = try row.optionalID(8)
    (cell.document, cell.clause) = (try row.optionalText(9), try row.optionalText(10))
    (cell.remark, cell.checkedOn) = (try row.optionalText(11), try row.optionalDay(12))
    cell.version = try row.int(13)
    let (number, vendor) = (try row.optionalText(16) ?? "", try row.optionalText(17))
    let vendorID = try row.optionalID(19, of: Entry.self)
    return Found(
      place: Place(item: try row.id(0), phase: phase), cell: cell, vendors: vendors,
      contract: cell.contract.map { ($0, Table.Contract(number: number, vendor: vendor, vendorID: vendorID)) }
    )
  }

  fileprivate static func table(_ system: Table.System, items: [Item], _ found: [Found]) -> Table {
    var (cells, vendors) = ([Place: Cell](), [Entry.ID: String]())
    var contracts: [Entry.ID: Table.Contract] = [:]
    if let vendor = system.vendor { vendors[vendor] = system.vendorName }
    for each in found {
      cells[each.place] = each.cell
      for vendor in each.vendors { vendors[vendor.id] = vendor.name }
      if let (id, contract) = each.contract {
        contracts[id] = contract
        if let vendor = contract.vendorID { vendors[vendor] = contract.vendor }
      }
    }
    return Table(system: system, items: items, cells: cells, vendors: vendors, contracts: contracts)
  }
}

extension Responsibility.Item {
  init(row: Row) throws {
    guard let layer = Responsibility.Layer(rawValue: try row.text(6)) else {
      throw Row.Corrupt("responsibility_item.layer")
    }
    let phases = try zip(Responsibility.Phase.allCases, 3...5).filter { try row.bool($0.1) }.map(\.0)
    self.init(
      stored: try row.id(0), name: try row.text(1), note: try row.text(2), phases: phases, layer: layer,
      position: try row.int(7), isRetired: try row.bool(8), version: try row.int(9))
  }
}
