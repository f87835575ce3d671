import Kernel
import Storage

extension Devices {
  static let migrations = [
    Migration(
      "20261121-8-devices",
      [
        """
        CREATE TABLE device (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, name TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('server', 'pc', 'network', 'medical', 'ups', 'storage', 'other')),
          status TEXT CHECK (status IN ('in-use', 'lent', 'stored', 'disposed')),
          system_id TEXT, place TEXT, department TEXT, used_by TEXT, maker TEXT, model TEXT, serial TEXT,
          os TEXT, os_version TEXT, software TEXT, ip_address TEXT, mac_address TEXT, support_ends_on TEXT,
          owned TEXT CHECK (owned IN ('own', 'vendor', 'lease')),
          updated_by TEXT CHECK (updated_by IN ('own', 'vendor', 'undecided')),
          vendor_id TEXT, update_clause TEXT,
          remote_maintenance TEXT CHECK (remote_maintenance IN ('yes', 'no', 'unknown')),
          checked_on TEXT, next_check_on TEXT, erased_on TEXT, erasure_proof TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX device_by_attention ON device (facility_id, attention_on)",
        "CREATE INDEX device_by_text ON device (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX device_by_kind ON device (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX device_by_status ON device (facility_id, status, key_text, attention_on)",
        "CREATE INDEX device_by_updated_by ON device (facility_id, updated_by, key_text, attention_on)",
        "CREATE INDEX device_by_remote_maintenance ON device (facility_id, remote_maintenance, key_text, attention_on)",
        "CREATE INDEX device_by_system ON device (facility_id, system_id)",
        "CREATE INDEX device_by_vendor ON device (facility_id, vendor_id)",
      ]
        + Migration.confine("device")),
    Migration(
      "20261121-i2-device-server",
      [
        "ALTER TABLE device ADD COLUMN acts_as_server TEXT CHECK (acts_as_server IN ('yes', 'no'))",
        "CREATE INDEX device_by_acts_as_server ON device (facility_id, acts_as_server, kind)",
      ]),
  ]
}

/// Numbers of the devices in use, for the checklists.
struct DeviceFigures: Sendable, Equatable {
  var used = 0
  /// Their next check has passed.
  var overdue = 0
  /// A vendor maintains them from outside.
  var remote = 0
  /// Of those, nobody is named who updates them.
  var remoteUndecided = 0
  /// Nobody has said whether they are maintained from outside.
  var remoteUnknown = 0
  var undecided = 0
  var supportEnded = 0
  /// The oldest day on which any of them was checked.
  var oldestCheck: Day?
}

extension ReadTx {
  func deviceFigures(on day: Day) throws -> DeviceFigures {
    func sum(_ condition: SQL) -> SQL { "COALESCE(SUM(CASE WHEN \(condition) THEN 1 ELSE 0 END), 0)" }
    let undecided: SQL = "(updated_by IS NULL OR updated_by = 'undecided')"
    return try first(
      """
      SELECT COUNT(*), \(sum("next_check_on < \(day)")), \(sum("remote_maintenance = 'yes'")),
        \(sum("remote_maintenance = 'yes' AND \(undecided)")),
        \(sum("remote_maintenance IS NULL OR remote_maintenance = 'unknown'")), \(sum(undecided)),
        \(sum("support_ends_on < \(day)")), MIN(checked_on)
      FROM device WHERE facility_id = \(facility) AND (status IS NULL OR status IN ('in-use', 'lent'))
      """
    ) { row in
      DeviceFigures(
        used: try row.int(0), overdue: try row.int(1), remote: try row.int(2),
        remoteUndecided: try row.int(3), remoteUnknown: try row.int(4), undecided: try row.int(5),
        supportEnded: try row.int(6), oldestCheck: try row.optionalDay(7))
    } ?? DeviceFigures()
  }
}

extension ReadTx {
  /// What a network scan may find again: the devices with an address.
  func devicesWithAddresses() throws -> [ScannedDevices.Known] {
    try all(
      """
      SELECT number, name, ip_address, mac_address, maker, os, software FROM device
      WHERE facility_id = \(facility) AND (ip_address IS NOT NULL OR mac_address IS NOT NULL)
        AND (status IS NULL OR status <> 'disposed')
      """
    ) { row in
      var values: [String: String] = [:]
      for (index, field) in ["name", "ipAddress", "macAddress", "maker", "os", "software"].enumerated() {
        values[field] = try row.optionalText(index + 1)
      }
      return ScannedDevices.Known(number: try row.text(0), values: values)
    }
  }
}
