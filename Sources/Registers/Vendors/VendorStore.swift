import Kernel
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
        "CREATE INDEX vendor_by_text ON vendor (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX vendor_by_kind ON vendor (facility_id, kind, key_text, attention_on)",
      ]
        + Migration.confine("vendor"))
  ]
}

/// Numbers of the vendors, for the checklists.
struct VendorFigures: Sendable, Equatable {
  var all = 0
  /// With neither a night nor an emergency contact.
  var unreachable = 0
  /// Whose contacts nobody has checked within a year.
  var unchecked = 0
  var oldestCheck: Day?
}

extension ReadTx {
  func vendorFigures(on day: Day) throws -> VendorFigures {
    try first(
      """
      SELECT COUNT(*),
        COALESCE(SUM(CASE WHEN night_phone IS NULL AND emergency_contact IS NULL THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN contacts_checked_on IS NULL OR contacts_checked_on <= \(day.adding(days: -366))
          THEN 1 ELSE 0 END), 0),
        MIN(contacts_checked_on)
      FROM vendor WHERE facility_id = \(facility)
      """
    ) { row in
      VendorFigures(
        all: try row.int(0), unreachable: try row.int(1), unchecked: try row.int(2),
        oldestCheck: try row.optionalDay(3))
    } ?? VendorFigures()
  }
}
