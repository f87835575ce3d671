import Storage

extension Risks {
  static let migrations = [
    Migration(
      "20261130-1-risks",
      [
        """
        CREATE TABLE risk (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, title TEXT NOT NULL,
          search_text TEXT NOT NULL, asset TEXT NOT NULL, system_id TEXT, threat TEXT NOT NULL,
          vulnerability TEXT NOT NULL, scale TEXT NOT NULL, inputs_json TEXT NOT NULL, inherent_p BIGINT, inherent_i BIGINT,
          current_p BIGINT, current_i BIGINT, target_p BIGINT, target_i BIGINT, severity BIGINT NOT NULL,
          treatment TEXT CHECK (treatment IN ('avoid', 'reduce', 'transfer', 'accept')), reason TEXT NOT NULL,
          expires_on TEXT, proposer_id TEXT, proposed_by TEXT, proposed_at_ms BIGINT, approved_by TEXT,
          approved_at_ms BIGINT, approval_remark TEXT NOT NULL, approved_alone BOOLEAN NOT NULL, owner_id TEXT,
          origin TEXT NOT NULL CHECK (origin IN ('free', 'finding', 'vendor', 'checklist', 'audit')), origin_ref TEXT,
          origin_text TEXT NOT NULL, closed_on TEXT, closed_because TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), CHECK (treatment <> 'accept' OR expires_on IS NOT NULL),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, proposer_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX risk_by_severity ON risk (facility_id, severity DESC, title, id)",
        "CREATE INDEX risk_by_expiry ON risk (facility_id, treatment, expires_on)",
        "CREATE INDEX risk_by_system ON risk (facility_id, system_id)",
        "CREATE UNIQUE INDEX risk_by_origin ON risk (facility_id, origin_ref) WHERE origin_ref IS NOT NULL",
        """
        CREATE TABLE risk_measure (
          facility_id TEXT NOT NULL, risk_id TEXT NOT NULL, measure_id TEXT NOT NULL,
          PRIMARY KEY (facility_id, risk_id, measure_id),
          FOREIGN KEY (facility_id, risk_id) REFERENCES risk (facility_id, id),
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id)
        )
        """,
        "CREATE INDEX risk_measure_by_measure ON risk_measure (facility_id, measure_id)",
        """
        CREATE TABLE risk_matrix (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, urn TEXT NOT NULL,
          library_version BIGINT NOT NULL, taken_on TEXT NOT NULL, body_json TEXT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE UNIQUE INDEX risk_matrix_once ON risk_matrix (facility_id, urn, library_version)",
      ] + Migration.confine("risk") + Migration.confine("risk_measure") + Migration.confine("risk_matrix"))
  ]
}
