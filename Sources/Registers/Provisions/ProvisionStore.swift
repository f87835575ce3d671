import Storage

extension Provisions {
  static let migrations = [
    Migration(
      "20261121-g2-provisions",
      [
        """
        CREATE TABLE provision (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, recipient TEXT NOT NULL, provided_on TEXT, purpose TEXT, items TEXT,
          people BIGINT CHECK (people >= 0),
          basis TEXT CHECK (basis IN ('consent', 'law', 'life', 'health', 'research', 'other', 'unknown')),
          consent_kept TEXT, method TEXT, next_check_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text)
        )
        """,
        "CREATE INDEX provision_by_attention ON provision (facility_id, attention_on)",
        "CREATE INDEX provision_by_text ON provision (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX provision_by_basis ON provision (facility_id, basis, key_text, attention_on)",
        """
        CREATE TABLE outsourcing (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, task TEXT NOT NULL, vendor_id TEXT, contract_id TEXT, items TEXT, started_on TEXT,
          ended_on TEXT, subcontracting TEXT CHECK (subcontracting IN ('none', 'known', 'unknown')),
          checked_on TEXT, checked_how TEXT, next_check_on TEXT, return_proof TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id),
          FOREIGN KEY (facility_id, contract_id) REFERENCES contract (facility_id, id)
        )
        """,
        "CREATE INDEX outsourcing_by_attention ON outsourcing (facility_id, attention_on)",
        "CREATE INDEX outsourcing_by_text ON outsourcing (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX outsourcing_by_subcontracting ON outsourcing (facility_id, subcontracting, key_text, attention_on)",
        "CREATE INDEX outsourcing_by_vendor ON outsourcing (facility_id, vendor_id)",
        "CREATE INDEX outsourcing_by_contract ON outsourcing (facility_id, contract_id)",
      ] + Migration.confine("provision") + Migration.confine("outsourcing"))
  ]
}
