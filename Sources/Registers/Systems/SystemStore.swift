public import Storage

extension Systems {
  static let migrations = [
    Migration(
      "20261121-6-systems",
      [
        """
        CREATE TABLE system (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL, purpose TEXT,
          impact TEXT CHECK (impact IN ('stops', 'delays', 'office', 'small')),
          owner_id TEXT, deputy_id TEXT, users TEXT, vendor_id TEXT,
          hosting TEXT CHECK (hosting IN ('on-premises', 'data-center', 'cloud', 'mixed')),
          recovery_priority BIGINT CHECK (recovery_priority BETWEEN 1 AND 3),
          recovery_hours BIGINT CHECK (recovery_hours BETWEEN 0 AND 8760),
          alternative TEXT, replacement_on TEXT, next_check_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text), CHECK (deputy_id <> owner_id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, deputy_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX system_by_attention ON system (facility_id, attention_on)",
        "CREATE INDEX system_by_text ON system (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX system_by_impact ON system (facility_id, impact, key_text, attention_on)",
        "CREATE INDEX system_by_hosting ON system (facility_id, hosting, key_text, attention_on)",
        "CREATE INDEX system_by_owner ON system (facility_id, owner_id)",
        "CREATE INDEX system_by_deputy ON system (facility_id, deputy_id)",
        "CREATE INDEX system_by_vendor ON system (facility_id, vendor_id)",
      ]
        + Migration.confine("system")),
    Migration(
      "20261121-d1-system-fields",
      [
        "ALTER TABLE system ADD COLUMN reader_pattern TEXT CHECK (reader_pattern IN ('I', 'II', 'III', 'IV'))",
        "ALTER TABLE system ADD COLUMN recovery_point_hours BIGINT CHECK (recovery_point_hours BETWEEN 0 AND 8760)",
        "ALTER TABLE system ADD COLUMN standards TEXT",
        "ALTER TABLE system ADD COLUMN other_vendor_id TEXT",
        "CREATE INDEX system_by_other_vendor ON system (facility_id, other_vendor_id)",
      ] + Migration.refer("system", "other_vendor_id", to: "vendor")),
    Migration(
      "20261210-0-system-factor",
      [
        "ALTER TABLE system ADD COLUMN two_factor TEXT CHECK (two_factor IN ('yes', 'partly', 'no'))",
        "ALTER TABLE system ADD COLUMN two_factor_on TEXT",
      ]),
  ]
}

/// A system by name, with its vendor, for choosing.
public struct SystemName: Sendable, Equatable {
  public let id: String
  public let name: String
  public let vendor: String?

  public init(id: String, name: String, vendor: String? = nil) {
    (self.id, self.name, self.vendor) = (id, name, vendor)
  }
}

extension ReadTx {
  /// Every system, in the order of the register.
  public func systemNames() throws -> [SystemName] {
    try all("SELECT id, name, vendor_id FROM system WHERE facility_id = \(facility) ORDER BY key_text") {
      SystemName(id: try $0.text(0), name: try $0.text(1), vendor: try $0.optionalText(2))
    }
  }

  /// How many systems there are of each reading pattern of the guideline, `I` to `IV`.
  public func readerPatterns() throws -> [String: Int] {
    let rows = try all(
      """
      SELECT reader_pattern, COUNT(*) FROM system WHERE facility_id = \(facility) AND reader_pattern IS NOT NULL
      GROUP BY reader_pattern
      """
    ) { (try $0.text(0), try $0.int(1)) }
    return Dictionary(uniqueKeysWithValues: rows)
  }
}
