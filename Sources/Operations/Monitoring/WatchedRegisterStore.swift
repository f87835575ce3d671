import Kernel
import Storage

/// A system of the register, as monitoring sees it.
struct WatchedSystem: Sendable, Equatable {
  let id: String
  let name: String
  let impact: String?
  /// Owner and deputy.
  let people: [PersonID]
}

/// A device of the register with an address, as monitoring sees it.
struct ProposedDevice: Sendable, Equatable {
  let name: String
  let address: String
  let kind: String
  let system: String?
}

extension ReadTx {
  /// The systems of the register: what a form offers, and what a list needs to know of each.
  func watchedSystems() throws -> [WatchedSystem] {
    try all(
      "SELECT id, name, impact, owner_id, deputy_id FROM system WHERE facility_id = \(facility) ORDER BY key_text"
    ) { row in
      WatchedSystem(
        id: try row.text(0), name: try row.text(1), impact: try row.optionalText(2),
        people: try [row.optionalID(3), row.optionalID(4)].compactMap { $0 })
    }
  }

  /// Servers and network devices with an address that no monitor looks at yet.
  func proposableDevices() throws -> [ProposedDevice] {
    try all(
      """
      SELECT name, ip_address, kind, system_id FROM device
      WHERE facility_id = \(facility) AND ip_address IS NOT NULL AND kind IN ('server', 'network', 'storage', 'ups')
        AND (status IS NULL OR status = 'in-use') ORDER BY kind DESC, key_text LIMIT 2000
      """
    ) { row in
      ProposedDevice(
        name: try row.text(0), address: try row.text(1), kind: try row.text(2),
        system: try row.optionalText(3))
    }
  }

  /// Where the machines of a system are, servers first, as the register of devices says.
  func addresses(ofSystem id: String) throws -> [String] {
    try all(
      """
      SELECT ip_address FROM device
      WHERE facility_id = \(facility) AND system_id = \(id) AND ip_address IS NOT NULL
        AND kind IN ('server', 'network', 'storage', 'ups') AND (status IS NULL OR status = 'in-use')
      ORDER BY CASE kind WHEN 'server' THEN 0 ELSE 1 END, key_text LIMIT 20
      """
    ) { try $0.text(0) }
  }
}
