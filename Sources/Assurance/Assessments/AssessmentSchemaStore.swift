import Storage

extension Assessments {
  static let migrations = [
    Migration(
      "20261121-3-assessment",
      [
        """
        CREATE TABLE assessment (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, pack TEXT NOT NULL, form TEXT NOT NULL,
          fiscal_year BIGINT NOT NULL, opened_at_ms BIGINT NOT NULL, carried_from BIGINT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, form, fiscal_year)
        )
        """,
        """
        CREATE TABLE answer (
          facility_id TEXT NOT NULL, assessment_id TEXT NOT NULL, item TEXT NOT NULL,
          value TEXT CHECK (value IN ('yes', 'no', 'na')), confirmed_on TEXT, target_on TEXT, started BOOLEAN NOT NULL,
          owner_id TEXT, deputy_id TEXT, note TEXT NOT NULL, round BIGINT NOT NULL, carried_from TEXT,
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, assessment_id, item),
          FOREIGN KEY (facility_id, assessment_id) REFERENCES assessment (facility_id, id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, deputy_id) REFERENCES person (facility_id, id),
          CHECK (deputy_id IS NULL OR deputy_id <> owner_id)
        )
        """,
        """
        CREATE TABLE answer_round (
          facility_id TEXT NOT NULL, assessment_id TEXT NOT NULL, item TEXT NOT NULL, round BIGINT NOT NULL, value TEXT,
          confirmed_on TEXT, target_on TEXT, by_name TEXT NOT NULL, at_ms BIGINT NOT NULL,
          PRIMARY KEY (facility_id, assessment_id, item, round),
          FOREIGN KEY (facility_id, assessment_id, item) REFERENCES answer (facility_id, assessment_id, item)
        )
        """,
        """
        CREATE TABLE evidence_file (
          facility_id TEXT NOT NULL, sha256 TEXT NOT NULL, content \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL,
          PRIMARY KEY (facility_id, sha256)
        )
        """,
        """
        CREATE TABLE proof (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, assessment_id TEXT NOT NULL, item TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('file', 'text', 'link')), title TEXT NOT NULL, body TEXT NOT NULL,
          sha256 TEXT, media_type TEXT, bytes BIGINT NOT NULL, added_at_ms BIGINT NOT NULL, added_by TEXT NOT NULL,
          withdrawn BOOLEAN NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, assessment_id) REFERENCES assessment (facility_id, id),
          FOREIGN KEY (facility_id, sha256) REFERENCES evidence_file (facility_id, sha256)
        )
        """,
        "CREATE INDEX proof_by_assessment ON proof (facility_id, assessment_id)",
      ] + Migration.confine("assessment") + Migration.confine("answer") + Migration.confine("answer_round")
        + Migration.confine("evidence_file") + Migration.confine("proof"))
  ]
}
