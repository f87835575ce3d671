import Kernel
import Storage

extension Connections {
  static let migrations = [
    Migration(
      "20261121-9-connections",
      [
        """
        CREATE TABLE connection_point (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, name TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('vpn', 'router', 'modem', 'remote-software', 'other')),
          status TEXT CHECK (status IN ('in-use', 'suspended', 'removed')),
          device_id TEXT, vendor_id TEXT, purpose TEXT,
          owned TEXT CHECK (owned IN ('own', 'vendor', 'lease')),
          updated_by TEXT CHECK (updated_by IN ('own', 'vendor', 'undecided')),
          model TEXT, firmware TEXT, support_ends_on TEXT, allowed_from TEXT,
          two_factor TEXT CHECK (two_factor IN ('yes', 'no', 'unknown')),
          hours TEXT CHECK (hours IN ('always', 'working-hours', 'on-request')),
          checked_on TEXT, next_check_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, device_id) REFERENCES device (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX connection_point_by_attention ON connection_point (facility_id, attention_on)",
        "CREATE INDEX connection_point_by_text ON connection_point (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX connection_point_by_kind ON connection_point (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX connection_point_by_status ON connection_point (facility_id, status, key_text, attention_on)",
        "CREATE INDEX connection_point_by_updated_by ON connection_point (facility_id, updated_by, key_text, attention_on)",
        "CREATE INDEX connection_point_by_two_factor ON connection_point (facility_id, two_factor, key_text, attention_on)",
        "CREATE INDEX connection_point_by_device ON connection_point (facility_id, device_id)",
        "CREATE INDEX connection_point_by_vendor ON connection_point (facility_id, vendor_id)",
      ]
        + Migration.confine("connection_point")),
    Migration(
      "20261121-d2-connection-system",
      [
        "ALTER TABLE connection_point ADD COLUMN system_id TEXT",
        "CREATE INDEX connection_point_by_system ON connection_point (facility_id, system_id)",
      ] + Migration.refer("connection_point", "system_id", to: "system")),
  ]
}

/// Numbers of the connection points in use, for the checklists.
struct ConnectionFigures: Sendable, Equatable {
  var used = 0
  /// Nobody has written from where they may be reached.
  var withoutSources = 0
  var oldestCheck: Day?
}

extension ReadTx {
  func connectionFigures() throws -> ConnectionFigures {
    try first(
      """
      SELECT COUNT(*), COALESCE(SUM(CASE WHEN allowed_from IS NULL THEN 1 ELSE 0 END), 0), MIN(checked_on)
      FROM connection_point WHERE facility_id = \(facility) AND (status IS NULL OR status = 'in-use')
      """
    ) { row in
      ConnectionFigures(
        used: try row.int(0), withoutSources: try row.int(1), oldestCheck: try row.optionalDay(2))
    } ?? ConnectionFigures()
  }
}
