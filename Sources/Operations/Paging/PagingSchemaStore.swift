import Storage

extension Paging {
  static let migrations = [
    Migration(
      "20261205-0-paging",
      [
        """
        CREATE TABLE page_policy (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          name_key TEXT NOT NULL, definition TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, name_key)
        )
        """,
        """
        CREATE TABLE page_rule (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, position BIGINT NOT NULL,
          policy_id TEXT, definition TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        """
        CREATE TABLE page_channel (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          name_key TEXT NOT NULL, definition TEXT NOT NULL, secrets TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, name_key)
        )
        """,
        """
        CREATE TABLE page_setting (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), definition TEXT NOT NULL,
          signal_url TEXT, signalled_at_ms BIGINT, signal_problem TEXT, signal_problem_json TEXT,
          version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE page_preference (
          facility_id TEXT NOT NULL, person_id TEXT NOT NULL, definition TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, person_id)
        )
        """,
        """
        CREATE TABLE page (
          facility_id TEXT NOT NULL, alert_id TEXT NOT NULL, number BIGINT NOT NULL, system_id TEXT,
          grade TEXT NOT NULL, plan TEXT NOT NULL, is_quiet BOOLEAN NOT NULL, starts_at_ms BIGINT NOT NULL,
          turn BIGINT NOT NULL, next_at_ms BIGINT, wait_ms BIGINT NOT NULL, ended TEXT, ended_at_ms BIGINT,
          PRIMARY KEY (facility_id, alert_id)
        )
        """,
        "CREATE INDEX page_by_number ON page (facility_id, number)",
        "CREATE INDEX page_open ON page (facility_id) WHERE ended IS NULL",
        """
        CREATE TABLE page_call (
          facility_id TEXT NOT NULL, alert_id TEXT NOT NULL, grade TEXT NOT NULL, turn BIGINT NOT NULL,
          recipient TEXT NOT NULL, letter_id TEXT NOT NULL, at_ms BIGINT NOT NULL, hours TEXT NOT NULL,
          PRIMARY KEY (facility_id, alert_id, grade, turn, recipient)
        )
        """,
        "CREATE INDEX page_call_time ON page_call (facility_id, at_ms)",
        "CREATE INDEX page_call_letter ON page_call (facility_id, letter_id)",
        """
        CREATE TABLE page_post (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, channel_id TEXT NOT NULL, about TEXT NOT NULL, sealed TEXT,
          written_at_ms BIGINT NOT NULL, attempts BIGINT NOT NULL, next_try_ms BIGINT NOT NULL, sent_at_ms BIGINT,
          ended_at_ms BIGINT, problem TEXT, problem_json TEXT, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX page_post_channel ON page_post (facility_id, channel_id, written_at_ms)",
        "CREATE INDEX page_post_waiting ON page_post (facility_id) WHERE sent_at_ms IS NULL AND ended_at_ms IS NULL",
        """
        CREATE TABLE page_finding (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, alert_id TEXT NOT NULL, kind TEXT NOT NULL, turn BIGINT NOT NULL,
          detail TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          UNIQUE (facility_id, alert_id, kind, turn)
        )
        """,
        "CREATE INDEX page_finding_time ON page_finding (facility_id, at_ms)",
      ] + Migration.confine("page_policy") + Migration.confine("page_rule")
        + Migration.confine("page_channel") + Migration.confine("page_setting")
        + Migration.confine("page_preference") + Migration.confine("page", also: Migration.orWide)
        + Migration.confine("page_call", also: Migration.orWide)
        + Migration.confine("page_post", also: Migration.orWide)
        + Migration.confine("page_finding", also: Migration.orWide))
  ]
}
