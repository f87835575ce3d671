import Storage

extension AccountReviews {
  static let migrations = [
    Migration(
      "20261121-i3-account-review",
      [
        """
        CREATE TABLE account_review_plan (
          facility_id TEXT NOT NULL REFERENCES facility (id), subject TEXT NOT NULL,
          interval_months BIGINT NOT NULL CHECK (interval_months BETWEEN 1 AND 60), responsible_id TEXT,
          next_due_on TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, subject)
        )
        """,
        """
        CREATE TABLE account_review (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, subject TEXT NOT NULL,
          subject_name TEXT NOT NULL, started_at_ms BIGINT NOT NULL, started_by TEXT NOT NULL, file TEXT NOT NULL,
          refused_json TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'signed')),
          signed_at_ms BIGINT, signed_by TEXT NOT NULL DEFAULT '', fingerprint TEXT NOT NULL DEFAULT '',
          carry_out_by TEXT,
          revision BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          CHECK ((state = 'signed') = (signed_at_ms IS NOT NULL))
        )
        """,
        // Two at once of one subject is what the database itself refuses.
        """
        CREATE UNIQUE INDEX account_review_open ON account_review (facility_id, subject) WHERE state = 'open'
        """,
        "CREATE INDEX account_review_signed ON account_review (facility_id, subject, signed_at_ms)",
        """
        CREATE TABLE account_review_row (
          facility_id TEXT NOT NULL, review_id TEXT NOT NULL, number BIGINT NOT NULL, account TEXT NOT NULL,
          account_key TEXT NOT NULL, name TEXT NOT NULL, department TEXT NOT NULL, role TEXT NOT NULL,
          kind TEXT NOT NULL, enabled BOOLEAN NOT NULL, last_used_on TEXT, tells_use BOOLEAN NOT NULL,
          factor TEXT, added_on TEXT, holder_id TEXT, findings TEXT NOT NULL, attention BIGINT NOT NULL,
          search_text TEXT NOT NULL, decision TEXT CHECK (decision IN ('keep', 'change', 'remove')),
          remark TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '', decided_at_ms BIGINT,
          done_on TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, review_id, number),
          FOREIGN KEY (facility_id, review_id) REFERENCES account_review (facility_id, id)
        )
        """,
        "CREATE INDEX account_review_row_by_rank ON account_review_row (facility_id, review_id, attention, number)",
      ] + Migration.confine("account_review_plan") + Migration.confine("account_review")
        + Migration.confine("account_review_row"))
  ]
}
