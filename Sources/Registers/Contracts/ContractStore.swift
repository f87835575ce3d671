import Storage

extension Contracts {
  static let migrations = [
    Migration(
      "20261121-7-contracts",
      [
        """
        CREATE TABLE contract (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, title TEXT NOT NULL, vendor_id TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('maintenance', 'service', 'lease', 'purchase', 'outsourcing', 'other')),
          status TEXT CHECK (status IN ('active', 'ended')),
          starts_on TEXT, ends_on TEXT, auto_renewal TEXT CHECK (auto_renewal IN ('yes', 'no')), notice_by TEXT,
          amount_yen BIGINT CHECK (amount_yen BETWEEN 0 AND 99999999999), systems TEXT,
          patching TEXT CHECK (patching IN ('own', 'vendor', 'undecided')),
          vulnerability_notice TEXT CHECK (vulnerability_notice IN ('yes', 'no', 'unknown')),
          all_hours_contact TEXT CHECK (all_hours_contact IN ('yes', 'no', 'unknown')), backup_clause TEXT,
          evidence_preservation TEXT CHECK (evidence_preservation IN ('yes', 'no', 'unknown')),
          subcontractors TEXT, data_location TEXT, end_of_data TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX contract_by_attention ON contract (facility_id, attention_on)",
        "CREATE INDEX contract_by_text ON contract (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX contract_by_kind ON contract (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX contract_by_status ON contract (facility_id, status, key_text, attention_on)",
        "CREATE INDEX contract_by_patching ON contract (facility_id, patching, key_text, attention_on)",
        "CREATE INDEX contract_by_vendor ON contract (facility_id, vendor_id)",
      ]
        + Migration.confine("contract"))
  ]
}
