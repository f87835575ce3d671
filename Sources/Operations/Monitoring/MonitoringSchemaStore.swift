import Storage

extension Monitoring {
  static let migrations = [
    Migration(
      "20261203-0-monitoring",
      [
        """
        CREATE TABLE monitoring_setting (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), networks TEXT NOT NULL, version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE monitor (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          name_key TEXT NOT NULL, kind TEXT NOT NULL, definition TEXT NOT NULL, secrets TEXT NOT NULL,
          target TEXT NOT NULL, level BIGINT, every_ms BIGINT NOT NULL, is_backup BOOLEAN NOT NULL,
          system_id TEXT, parent_id TEXT, is_sentinel BOOLEAN NOT NULL, is_paused BOOLEAN NOT NULL,
          token_hash TEXT UNIQUE, changed_at_ms BIGINT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, name_key),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id)
        )
        """,
        "CREATE INDEX monitor_by_system ON monitor (facility_id, system_id)",
        "CREATE INDEX monitor_sentinel ON monitor (facility_id) WHERE is_sentinel",
        """
        CREATE TABLE monitor_watch (
          facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, is_asked BOOLEAN NOT NULL, condition TEXT NOT NULL,
          since_ms BIGINT NOT NULL, bad BIGINT NOT NULL, good BIGINT NOT NULL, slow BIGINT NOT NULL,
          bits BIGINT NOT NULL, is_flapping BOOLEAN NOT NULL, last_at_ms BIGINT, last_sight BIGINT,
          last_tenths BIGINT NOT NULL DEFAULT 0, late_ms BIGINT NOT NULL DEFAULT 0, skipped BIGINT NOT NULL DEFAULT 0,
          problem TEXT, problem_json TEXT, success_at_ms BIGINT, started_at_ms BIGINT, failed_at_ms BIGINT,
          exit_code BIGINT, deadline_ms BIGINT, recent \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL,
          worker TEXT, alert_id TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, monitor_id)
        )
        """,
        "CREATE INDEX monitor_watch_worker ON monitor_watch (worker)",
        "CREATE INDEX monitor_watch_deadline ON monitor_watch (deadline_ms) WHERE deadline_ms IS NOT NULL",
        "CREATE INDEX monitor_watch_condition ON monitor_watch (condition, alert_id)",
        """
        CREATE TABLE monitor_raw (
          facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, until_ms BIGINT NOT NULL,
          data \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, PRIMARY KEY (facility_id, monitor_id, until_ms)
        )
        """,
        """
        CREATE TABLE monitor_day (
          facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, day TEXT NOT NULL,
          five \(sqlite: "BLOB", postgres: "BYTEA"), hours \(sqlite: "BLOB", postgres: "BYTEA"),
          whole \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, PRIMARY KEY (facility_id, monitor_id, day)
        )
        """,
        """
        CREATE TABLE monitor_beat (
          facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, at_ms BIGINT NOT NULL, signal TEXT NOT NULL,
          address TEXT NOT NULL, log TEXT NOT NULL, PRIMARY KEY (facility_id, monitor_id, at_ms)
        )
        """,
        """
        CREATE TABLE monitor_window (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, monitor_id TEXT, from_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL,
          reason TEXT NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX monitor_window_end ON monitor_window (facility_id, until_ms)",
        """
        CREATE TABLE monitor_alert (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, monitor_id TEXT NOT NULL, name TEXT NOT NULL, grade TEXT NOT NULL,
          level BIGINT NOT NULL, opened_at_ms BIGINT NOT NULL, problem TEXT, problem_json TEXT, told_at_ms BIGINT,
          told_grade TEXT, resolved_at_ms BIGINT, announced_at_ms BIGINT, acknowledged_at_ms BIGINT, acknowledged_by TEXT,
          PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE UNIQUE INDEX monitor_alert_open ON monitor_alert (facility_id, monitor_id) WHERE resolved_at_ms IS NULL",
        "CREATE INDEX monitor_alert_time ON monitor_alert (facility_id, opened_at_ms)",
        "CREATE INDEX monitor_alert_untold ON monitor_alert (facility_id) WHERE announced_at_ms IS NULL",
        """
        CREATE TABLE monitor_told (
          facility_id TEXT NOT NULL, alert_id TEXT NOT NULL, person_id TEXT NOT NULL,
          PRIMARY KEY (facility_id, alert_id, person_id)
        )
        """,
        "CREATE TABLE monitor_worker (id TEXT NOT NULL PRIMARY KEY, seen_at_ms BIGINT NOT NULL)",
      ] + Migration.confine("monitoring_setting", also: Migration.orWide)
        + Migration.confine("monitor", also: Migration.orWide)
        + Migration.confine("monitor_watch", also: Migration.orWide)
        + Migration.confine("monitor_raw", also: Migration.orWide)
        + Migration.confine("monitor_day", also: Migration.orWide)
        + Migration.confine("monitor_beat", also: Migration.orWide) + Migration.confine("monitor_window")
        + Migration.confine("monitor_alert", also: Migration.orWide) + Migration.confine("monitor_told")),
    Migration(
      "20261206-0-monitoring-care",
      [
        "ALTER TABLE monitor_watch ADD COLUMN known TEXT",
        "ALTER TABLE monitor_watch ADD COLUMN well_at_ms BIGINT",
        "ALTER TABLE monitor_watch ADD COLUMN wanted_at_ms BIGINT",
        "ALTER TABLE monitor_watch ADD COLUMN expected_since_ms BIGINT",
        "CREATE INDEX monitor_raw_end ON monitor_raw (until_ms)",
        "CREATE INDEX monitor_beat_time ON monitor_beat (at_ms)",
        "CREATE INDEX monitor_day_five ON monitor_day (day) WHERE five IS NOT NULL",
        "CREATE INDEX monitor_day_hours ON monitor_day (day) WHERE hours IS NOT NULL",
      ]),
    Migration(
      "20261207-0-monitoring-claims",
      [
        "ALTER TABLE monitor_watch ADD COLUMN claim BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE monitor_watch ADD COLUMN refused BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE monitor_watch ADD COLUMN refused_at_ms BIGINT",
        "CREATE INDEX monitor_watch_share ON monitor_watch (is_asked, worker, version, claim)",
        "CREATE INDEX monitor_watch_wanted ON monitor_watch (worker) WHERE wanted_at_ms IS NOT NULL",
        // What is planned is left out of the availability, which workers reckon.
        "\(sqlite: "SELECT 1", postgres: "DROP POLICY monitor_window_facility ON monitor_window")",
      ] + Migration.confine("monitor_window", also: Migration.orWide)),
    // Rows lie in the order of their key, and no index holds the key once more (ADR 0050). PostgreSQL has no such tables.
    Migration(
      "20261210-0-monitoring-clustered",
      clustered(
        "monitor_raw", before: "monitor_raw_before",
        """
        CREATE TABLE monitor_raw (
          facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, until_ms BIGINT NOT NULL,
          data BLOB NOT NULL, PRIMARY KEY (facility_id, monitor_id, until_ms)
        ) WITHOUT ROWID
        """,
        """
        INSERT INTO monitor_raw (facility_id, monitor_id, until_ms, data)
        SELECT facility_id, monitor_id, until_ms, data FROM monitor_raw_before
        ORDER BY facility_id, monitor_id, until_ms
        """)
        + clustered(
          "monitor_day", before: "monitor_day_before",
          // What may be long comes last: the rest is read without it.
          """
          CREATE TABLE monitor_day (
            facility_id TEXT NOT NULL, monitor_id TEXT NOT NULL, day TEXT NOT NULL,
            whole BLOB NOT NULL, hours BLOB, five BLOB, PRIMARY KEY (facility_id, monitor_id, day)
          ) WITHOUT ROWID
          """,
          """
          INSERT INTO monitor_day (facility_id, monitor_id, day, whole, hours, five)
          SELECT facility_id, monitor_id, day, whole, hours, five FROM monitor_day_before
          ORDER BY facility_id, monitor_id, day
          """)
        + [
          "\(sqlite: "SELECT 1", postgres: "DROP INDEX monitor_raw_end")",
          "\(sqlite: "SELECT 1", postgres: "DROP INDEX monitor_day_five")",
          "\(sqlite: "SELECT 1", postgres: "DROP INDEX monitor_day_hours")",
        ]),
  ]

  /// On SQLite, another table in the place of one, with its rows; its indexes go.
  private static func clustered(
    _ table: StaticString, before: StaticString, _ creating: SQL, _ filling: SQL
  ) -> [SQL] {
    let (table, before) = (SQL(stringLiteral: table), SQL(stringLiteral: before))
    return [
      "\(sqlite: "ALTER TABLE \(table) RENAME TO \(before)", postgres: "SELECT 1")",
      "\(sqlite: creating, postgres: "SELECT 1")",
      "\(sqlite: filling, postgres: "SELECT 1")",
      "\(sqlite: "DROP TABLE \(before)", postgres: "SELECT 1")",
    ]
  }
}
