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
        + Migration.confine("contract")),
    Migration(
      "20261121-f1-contract-versions",
      [
        """
        ALTER TABLE contract ADD COLUMN notice_hours BIGINT CHECK (notice_hours BETWEEN 1 AND 8760)
        """,
        "ALTER TABLE contract ADD COLUMN incident_cost TEXT",
        "ALTER TABLE contract ADD COLUMN backup_place TEXT",
        "ALTER TABLE contract ADD COLUMN restore_steps TEXT",
        "ALTER TABLE contract ADD COLUMN applicable_law TEXT",
        """
        ALTER TABLE contract ADD COLUMN certification_duty TEXT
          CHECK (certification_duty IN ('yes', 'no', 'unknown'))
        """,
        "ALTER TABLE contract ADD COLUMN data_return TEXT CHECK (data_return IN ('yes', 'no', 'unknown'))",
        "ALTER TABLE contract ADD COLUMN data_erasure TEXT CHECK (data_erasure IN ('yes', 'no', 'unknown'))",
        "ALTER TABLE contract ADD COLUMN erasure_proof TEXT CHECK (erasure_proof IN ('yes', 'no', 'unknown'))",
        "ALTER TABLE contract ADD COLUMN unconfirmed_since TEXT",
        "CREATE INDEX contract_by_notice ON contract (facility_id, notice_by)",
        "CREATE INDEX contract_by_unconfirmed ON contract (facility_id, unconfirmed_since)",
        // Its first version stands for what held before the first renewal that was recorded here.
        """
        CREATE TABLE contract_version (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, contract_id TEXT NOT NULL,
          number BIGINT NOT NULL CHECK (number >= 1), terms TEXT NOT NULL, recorded_on TEXT NOT NULL,
          told_on TEXT, told_by TEXT, confirmed_by TEXT, confirmed_at_ms BIGINT, note TEXT NOT NULL,
          revision BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, contract_id, number),
          FOREIGN KEY (facility_id, contract_id) REFERENCES contract (facility_id, id)
        )
        """,
        """
        CREATE TABLE contract_system (
          facility_id TEXT NOT NULL, contract_id TEXT NOT NULL, system_id TEXT NOT NULL,
          PRIMARY KEY (facility_id, contract_id, system_id),
          FOREIGN KEY (facility_id, contract_id) REFERENCES contract (facility_id, id),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id)
        )
        """,
        "CREATE INDEX contract_system_by_system ON contract_system (facility_id, system_id)",
      ] + Migration.confine("contract_version") + Migration.confine("contract_system")),
    Migration(
      "20261121-b4-contract-check", ["ALTER TABLE contract ADD COLUMN next_check_on TEXT"]),
  ]
}
