public import Mail
public import Storage

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
        + Migration.confine("vendor")),
    Migration(
      "20261121-f0-vendor-certifications",
      [
        "ALTER TABLE vendor ADD COLUMN status TEXT CHECK (status IN ('active', 'former'))",
        "ALTER TABLE vendor ADD COLUMN subcontractors TEXT",
        "ALTER TABLE vendor ADD COLUMN certificate_ends_on TEXT",
        "CREATE INDEX vendor_by_status ON vendor (facility_id, status, key_text, attention_on)",
        "CREATE INDEX vendor_by_check ON vendor (facility_id, next_check_on)",
        """
        CREATE TABLE vendor_certification (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, vendor_id TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN
            ('isms', 'isms-cloud', 'privacy-mark', 'ismap', 'cs-mark', 'soc2', 'audit', 'other')),
          number TEXT NOT NULL, scope TEXT NOT NULL, ends_on TEXT, note TEXT NOT NULL, revision BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX vendor_certification_by_vendor ON vendor_certification (facility_id, vendor_id, ends_on)",
      ] + Migration.confine("vendor_certification")),
  ]
}

/// A vendor by name, for choosing.
public struct VendorName: Sendable, Equatable {
  public let id: String
  public let name: String
  public let email: String?

  /// nil for a vendor without an address to which mail can be sent.
  public var address: MailAddress? { email.flatMap { MailAddress($0) } }
}

extension ReadTx {
  /// Every vendor, in the order of the register.
  public func vendorNames() throws -> [VendorName] {
    try all("SELECT id, name, email FROM vendor WHERE facility_id = \(facility) ORDER BY key_text") {
      VendorName(id: try $0.text(0), name: try $0.text(1), email: try $0.optionalText(2))
    }
  }
}
