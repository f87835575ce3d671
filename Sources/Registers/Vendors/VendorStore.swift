import Storage

extension Vendors {
  static let migrations = [
    Migration(
      "20261121-5-vendors",
      [
        """
        CREATE TABLE vendor (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('ehr', 'departmental', 'medical-device', 'network', 'cloud', 'other')),
          contact_person TEXT, phone TEXT, night_phone TEXT, email TEXT, emergency_contact TEXT,
          contacts_checked_on TEXT, next_check_on TEXT, certifications TEXT, certification_ends_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text)
        )
        """,
        "CREATE INDEX vendor_by_attention ON vendor (facility_id, attention_on)",
        "CREATE INDEX vendor_by_text ON vendor (facility_id, key_text, search_text)",
        "CREATE INDEX vendor_by_kind ON vendor (facility_id, kind, key_text)",
      ]
        + Migration.confine("vendor"))
  ]
}
