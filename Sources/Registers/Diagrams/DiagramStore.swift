import Storage
import Web

extension ReadTx {
  /// The connection points that are there, the first `limit` by number, and where they lead to.
  func connectionFacts(limit: Int) throws -> ConnectionFacts {
    let status = Connections.register.field("status").map { ($0, "removed") }
    let points = try firstEntries(Connections.register, limit: limit + 1, leavingOut: status)
    let devices = try all(
      """
      SELECT id, system_id FROM device WHERE facility_id = \(facility) AND id IN (
        SELECT device_id FROM connection_point WHERE facility_id = \(facility))
      """
    ) { (try $0.text(0), try $0.optionalText(1)) }
    let systems = try firstEntries(Systems.register, limit: Diagrams.mostSystems)
    return ConnectionFacts(
      points: Array(points.prefix(limit)),
      systems: Dictionary(systems.map { ($0.entry.id, $0) }, uniquingKeysWith: { first, _ in first }),
      systemOfDevice: Dictionary(devices, uniquingKeysWith: { first, _ in first }),
      isPart: points.count > limit)
  }

  /// The systems, the first `limit` by name, and what needs what.
  func systemFacts(limit: Int) throws -> SystemFacts {
    let systems = try firstEntries(Systems.register, limit: limit + 1)
    return SystemFacts(
      systems: Array(systems.prefix(limit)), dependencies: try dependencies().all,
      isPart: systems.count > limit)
  }
}
