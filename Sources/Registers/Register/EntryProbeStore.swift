public import Kernel
public import Storage

extension ReadTx {
  /// The figures of all probes, in their order: one statement.
  public func figures(of probes: [EntryProbe]) throws -> [EntryProbe.Figures] {
    guard !probes.isEmpty else { return [] }
    let counts = probes.flatMap { probe -> [SQL] in
      [probe.count(fitting: false, facility), probe.count(fitting: true, facility)]
    }
    return try first("SELECT \(SQL(joining: counts, by: ", "))") { row in
      try probes.indices.map { index in
        EntryProbe.Figures(all: try row.int(2 * index), fitting: try row.int(2 * index + 1))
      }
    } ?? []
  }

  /// A condition that holds while the register says enough, for a statement of another slice.
  public func isMet(_ probe: EntryProbe) -> SQL {
    let fitting = probe.count(fitting: true, facility)
    guard probe.isForEvery else { return "\(fitting) > 0" }
    return "(\(fitting) > 0 AND \(fitting) = \(probe.count(fitting: false, facility)))"
  }

  /// The first entries that count, by key: those that fit, or those that do not.
  public func names(_ probe: EntryProbe, fitting: Bool, limit: Int) throws -> [(id: Entry.ID, title: String)]
  {
    let register = probe.register
    let kept: SQL = fitting ? "\(probe.needs)" : "NOT \(probe.needs)"
    return try all(
      """
      SELECT e.id, COALESCE(e.\(register.title.column), e.\(register.key.column)) FROM \(register.table) e
      WHERE e.facility_id = \(facility) AND \(probe.counting) AND \(kept) ORDER BY e.key_text LIMIT \(limit)
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  /// One entry; nil when the facility has none of that id.
  public func glance(_ register: Register, _ id: Entry.ID) throws -> EntryGlance? {
    try entry(register, id).map {
      EntryGlance(id: $0.entry.id, title: register.shownTitle($0.entry), entry: $0.entry)
    }
  }

  /// Vendors that a facility works with, by name; at most 300.
  public func workingVendors() throws -> [(id: Entry.ID, name: String, kind: String)] {
    try all(
      """
      SELECT id, name, COALESCE(kind, '') FROM vendor
      WHERE facility_id = \(facility) AND COALESCE(status, 'active') <> 'former' ORDER BY key_text LIMIT 300
      """
    ) { (try $0.id(0), try $0.text(1), try $0.text(2)) }
  }
}

extension EntryProbe {
  fileprivate func count(fitting: Bool, _ facility: FacilityID) -> SQL {
    let more: SQL = fitting ? " AND \(needs)" : ""
    return """
      (SELECT COUNT(*) FROM \(register.table) e WHERE e.facility_id = \(facility) AND \(counting)\(more))
      """
  }

  /// Which entries count. Values go with columns of text only.
  fileprivate var counting: SQL {
    var parts: [SQL] = ["1 = 1"]
    for (id, value) in within.sorted(by: { $0.key < $1.key }) {
      if let field = register.field(id) { parts.append("e.\(field.column) = \(value)") }
    }
    for (id, value) in without.sorted(by: { $0.key < $1.key }) {
      if let field = register.field(id) { parts.append("COALESCE(e.\(field.column), '') <> \(value)") }
    }
    return SQL(joining: parts, by: " AND ")
  }

  fileprivate var needs: SQL {
    var parts: [SQL] = ["1 = 1"]
    for field in has.compactMap(register.field) { parts.append("e.\(field.column) IS NOT NULL") }
    for (id, values) in among.sorted(by: { $0.key < $1.key }) {
      guard let field = register.field(id) else { continue }
      let list = SQL(joining: values.map { "\($0)" as SQL }, by: ", ")
      parts.append("COALESCE(e.\(field.column), '') IN (\(list))")
    }
    return "(\(SQL(joining: parts, by: " AND ")))"
  }
}
