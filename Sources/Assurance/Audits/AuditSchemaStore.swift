import Storage

extension Audits {
  static let migrations = [
    Migration(
      "20261128-0-audits",
      [
        """
        CREATE TABLE audit (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, library_id TEXT NOT NULL,
          sha256 TEXT NOT NULL, framework TEXT NOT NULL, name TEXT NOT NULL, fiscal_year BIGINT NOT NULL, owner_id TEXT,
          groups_json TEXT NOT NULL, opened_at_ms BIGINT NOT NULL, frozen_at_ms BIGINT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX audit_by_library ON audit (sha256)",
        """
        CREATE TABLE audit_answer (
          facility_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL,
          result TEXT CHECK (result IN ('compliant', 'partially_compliant', 'non_compliant', 'not_applicable')),
          score BIGINT, remark TEXT NOT NULL, target_on TEXT, choices_json TEXT NOT NULL, confirmed BOOLEAN NOT NULL,
          confirmed_on TEXT, origin_json TEXT, gone_title TEXT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, audit_id, node),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        """
        CREATE TABLE audit_assignment (
          facility_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, person_id TEXT NOT NULL, due_on TEXT,
          PRIMARY KEY (facility_id, audit_id, node),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        """
        CREATE TABLE audit_comment (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL, at_ms BIGINT NOT NULL,
          by_name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_comment_by_node ON audit_comment (facility_id, audit_id, node)",
        """
        CREATE TABLE audit_point (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, audit_id TEXT NOT NULL, at_ms BIGINT NOT NULL, by_name TEXT NOT NULL,
          title TEXT NOT NULL, signed BOOLEAN NOT NULL, ledger_seq BIGINT NOT NULL, ledger_hash TEXT NOT NULL,
          content_json TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX audit_point_by_audit ON audit_point (facility_id, audit_id)",
      ]
        + Migration.confine("audit", also: Migration.orWide) + Migration.confine("audit_answer")
        + Migration.confine("audit_assignment") + Migration.confine("audit_comment")
        + Migration.confine("audit_point"))
  ]
}
