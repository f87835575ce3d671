import Storage

extension OnCall {
  static let migrations = [
    Migration(
      "20261204-0-oncall",
      [
        """
        CREATE TABLE oncall_rota (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          name_key TEXT NOT NULL, definition TEXT NOT NULL, settled_until_ms BIGINT NOT NULL,
          changed_at_ms BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          UNIQUE (facility_id, name_key)
        )
        """,
        """
        CREATE TABLE oncall_member (
          facility_id TEXT NOT NULL, rota_id TEXT NOT NULL, person_id TEXT NOT NULL,
          PRIMARY KEY (facility_id, rota_id, person_id),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        """
        CREATE TABLE oncall_override (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, rota_id TEXT NOT NULL, layer TEXT NOT NULL,
          from_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL, whom TEXT, by_member TEXT, reason TEXT NOT NULL,
          made_by TEXT NOT NULL, swap_id TEXT, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id)
        )
        """,
        "CREATE INDEX oncall_override_time ON oncall_override (facility_id, rota_id, until_ms)",
        """
        CREATE TABLE oncall_leave (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, from_ms BIGINT NOT NULL,
          until_ms BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX oncall_leave_time ON oncall_leave (facility_id, until_ms)",
        """
        CREATE TABLE oncall_swap (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, rota_id TEXT NOT NULL, state TEXT NOT NULL,
          definition TEXT NOT NULL, made_at_ms BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id)
        )
        """,
        """
        CREATE TABLE oncall_shift (
          facility_id TEXT NOT NULL, rota_id TEXT NOT NULL, layer TEXT NOT NULL, from_ms BIGINT NOT NULL,
          until_ms BIGINT NOT NULL, planned TEXT, member TEXT, state TEXT NOT NULL, kind TEXT, day TEXT,
          PRIMARY KEY (facility_id, rota_id, layer, from_ms),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id)
        )
        """,
        """
        CREATE TABLE oncall_feed (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, token_hash TEXT UNIQUE, rota_id TEXT, person_id TEXT,
          made_by TEXT NOT NULL, made_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, PRIMARY KEY (facility_id, id)
        )
        """,
        """
        CREATE TABLE oncall_call (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, rota_id TEXT NOT NULL, member TEXT NOT NULL,
          called_at_ms BIGINT NOT NULL, started_at_ms BIGINT NOT NULL, ended_at_ms BIGINT NOT NULL,
          travel_minutes BIGINT NOT NULL, what TEXT NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id)
        )
        """,
        "CREATE INDEX oncall_call_time ON oncall_call (facility_id, started_at_ms)",
        """
        CREATE TABLE oncall_rest (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, person_id TEXT NOT NULL,
          worked_on TEXT NOT NULL, rest_on TEXT, decided_at_ms BIGINT NOT NULL, made_by TEXT NOT NULL,
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX oncall_rest_day ON oncall_rest (facility_id, worked_on)",
      ] + Migration.confine("oncall_rota", also: Migration.orWide)
        + Migration.confine("oncall_member") + Migration.confine("oncall_override", also: Migration.orWide)
        + Migration.confine("oncall_leave", also: Migration.orWide) + Migration.confine("oncall_swap")
        + Migration.confine("oncall_shift", also: Migration.orWide)
        + Migration.confine("oncall_feed", also: Migration.orWide) + Migration.confine("oncall_call")
        + Migration.confine("oncall_rest")),
    Migration(
      "20261209-1-oncall-corrections",
      [
        "ALTER TABLE oncall_call ADD COLUMN corrects TEXT", "ALTER TABLE oncall_call ADD COLUMN why TEXT",
        // What stands can be put right once; then the one in its place.
        "CREATE UNIQUE INDEX oncall_call_corrects ON oncall_call (facility_id, corrects) WHERE corrects IS NOT NULL",
      ]),
    Migration(
      "20261211-0-oncall-served",
      [
        """
        CREATE TABLE oncall_served (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, rota_id TEXT NOT NULL, layer TEXT NOT NULL,
          from_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL, member TEXT, instead TEXT, reason TEXT NOT NULL,
          made_by TEXT NOT NULL, maker_id TEXT, made_at_ms BIGINT NOT NULL, corrects TEXT, answers TEXT NOT NULL,
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, rota_id) REFERENCES oncall_rota (facility_id, id)
        )
        """,
        "CREATE INDEX oncall_served_time ON oncall_served (facility_id, rota_id, until_ms)",
        "CREATE UNIQUE INDEX oncall_served_corrects ON oncall_served (facility_id, corrects) WHERE corrects IS NOT NULL",
      ] + Migration.confine("oncall_served", also: Migration.orWide)),
  ]
}
