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
        "CREATE INDEX device_by_text ON device (facility_id, key_text, search_text)",
        "CREATE INDEX device_by_kind ON device (facility_id, kind, key_text)",
        "CREATE INDEX device_by_status ON device (facility_id, status, key_text)",
        "CREATE INDEX device_by_updated_by ON device (facility_id, updated_by, key_text)",
        "CREATE INDEX device_by_remote_maintenance ON device (facility_id, remote_maintenance, key_text)",
        "CREATE INDEX device_by_system ON device (facility_id, system_id)",
        "CREATE INDEX device_by_vendor ON device (facility_id, vendor_id)",
      ]
        + Migration.confine("device"))
  ]
}
