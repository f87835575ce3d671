import Kernel
import Storage

extension Backups {
  static let migrations = [
    Migration(
      "20261124-0-backups",
      [
        """
        CREATE TABLE backup_plan (
          facility_id TEXT NOT NULL PRIMARY KEY, place TEXT NOT NULL, at_minute BIGINT NOT NULL, is_disk BOOLEAN NOT NULL,
          keep_daily BIGINT NOT NULL, keep_weekly BIGINT NOT NULL, keep_monthly BIGINT NOT NULL, key_shown_at_ms BIGINT,
          version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE backup_run (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, at_ms BIGINT NOT NULL, elapsed_ms BIGINT NOT NULL, way TEXT NOT NULL,
          place TEXT NOT NULL, file TEXT NOT NULL, bytes BIGINT NOT NULL, entries BIGINT NOT NULL, head TEXT NOT NULL,
          problem TEXT, arguments TEXT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX backup_run_time ON backup_run (facility_id, at_ms)",
        """
        CREATE TABLE restore_drill (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, day TEXT NOT NULL, elapsed_ms BIGINT NOT NULL, done_by TEXT NOT NULL,
          system TEXT NOT NULL, result TEXT NOT NULL, remark TEXT NOT NULL, is_measured BOOLEAN NOT NULL,
          PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX restore_drill_day ON restore_drill (facility_id, day)",
      ] + Migration.confine("backup_plan", also: Migration.orWide) + Migration.confine("backup_run")
        + Migration.confine("restore_drill"))
  ]
}

extension ReadTx {
  func backupPlan() throws -> BackupPlan? {
    try first(
      """
      SELECT place, at_minute, is_disk, keep_daily, keep_weekly, keep_monthly, key_shown_at_ms, version
      FROM backup_plan WHERE facility_id = \(facility)
      """
    ) {
      BackupPlan(
        place: try $0.text(0), minute: try $0.int(1), isDisk: try $0.bool(2), daily: try $0.int(3),
        weekly: try $0.int(4), monthly: try $0.int(5), keyShownAt: try $0.optionalInstant(6),
        version: try $0.int(7))
    }
  }

  /// The newest attempts, newest first.
  func backupRuns(limit: Int) throws -> [BackupRun] {
    try all(
      """
      SELECT id, at_ms, elapsed_ms, way, place, file, bytes, entries, head, problem, arguments FROM backup_run
      WHERE facility_id = \(facility) ORDER BY at_ms DESC, id DESC LIMIT \(limit)
      """,
      BackupRun.init)
  }

  /// The newest that was made.
  func lastGoodBackup() throws -> BackupRun? {
    try first(
      """
      SELECT id, at_ms, elapsed_ms, way, place, file, bytes, entries, head, problem, arguments FROM backup_run
      WHERE facility_id = \(facility) AND problem IS NULL ORDER BY at_ms DESC, id DESC LIMIT 1
      """,
      BackupRun.init)
  }

  func backupRun(_ id: BackupRun.ID) throws -> BackupRun? {
    try first(
      """
      SELECT id, at_ms, elapsed_ms, way, place, file, bytes, entries, head, problem, arguments FROM backup_run
      WHERE facility_id = \(facility) AND id = \(id)
      """,
      BackupRun.init)
  }

  func restoreDrills(limit: Int) throws -> [RestoreDrill] {
    try all(
      """
      SELECT id, day, elapsed_ms, done_by, system, result, remark, is_measured FROM restore_drill
      WHERE facility_id = \(facility) ORDER BY day DESC, id DESC LIMIT \(limit)
      """
    ) {
      guard let result = RestoreDrill.Result(rawValue: try $0.text(5)) else {
        throw Row.Corrupt("restore_drill")
      }
      return RestoreDrill(
        id: try $0.id(0), on: try $0.day(1), elapsedMs: try $0.int(2), doneBy: try $0.text(3),
        system: try $0.text(4),
        result: result, remark: try $0.text(6), isMeasured: try $0.bool(7))
    }
  }

  func backupFigures(on today: Day) throws -> BackupFigures {
    let month = today.adding(days: -30).start
    let year = today.adding(days: -365)
    return try first(
      """
      SELECT
        (SELECT COUNT(*) FROM backup_run WHERE facility_id = \(facility) AND problem IS NULL AND at_ms >= \(month)),
        (SELECT MAX(at_ms) FROM backup_run WHERE facility_id = \(facility) AND problem IS NULL),
        COUNT(*), COALESCE(SUM(CASE WHEN system <> '' THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN result = 'failed' THEN 1 ELSE 0 END), 0), MIN(day)
      FROM restore_drill WHERE facility_id = \(facility) AND day >= \(year)
      """
    ) { row in
      BackupFigures(
        runs: try row.int(0), daysSince: try row.optionalInstant(1).map { today.days(since: $0.day) },
        drills: try row.int(2), otherDrills: try row.int(3), failedDrills: try row.int(4),
        oldest: try row.optionalDay(5))
    } ?? BackupFigures()
  }
}

extension WriteTx {
  func store(_ plan: BackupPlan, over before: BackupPlan?) throws {
    try apply(
      """
      INSERT INTO backup_plan
        (facility_id, place, at_minute, is_disk, keep_daily, keep_weekly, keep_monthly, key_shown_at_ms, version)
      VALUES (\(facility), \(plan.place), \(plan.minute), \(plan.isDisk), \(plan.daily), \(plan.weekly),
        \(plan.monthly), \(plan.keyShownAt), \(plan.version))
      ON CONFLICT (facility_id) DO UPDATE SET place = excluded.place, at_minute = excluded.at_minute,
        is_disk = excluded.is_disk, keep_daily = excluded.keep_daily, keep_weekly = excluded.keep_weekly,
        keep_monthly = excluded.keep_monthly, version = excluded.version
        WHERE backup_plan.version = \(before?.version ?? 0)
      """,
      recording: Change("backup.plan", of: "backup:plan", from: before, to: plan))
  }

  /// The key is a new one: it can be shown once.
  func forgetKeyShown() throws {
    try apply(
      "UPDATE backup_plan SET key_shown_at_ms = NULL WHERE facility_id = \(facility)",
      recording: Change("backup.key", of: "backup:key", to: ["made": scope.now]))
  }

  func markKeyShown() throws {
    try apply(
      """
      UPDATE backup_plan SET key_shown_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND key_shown_at_ms IS NULL
      """,
      recording: Change("backup.key", of: "backup:key", to: ["shownAt": scope.now]))
  }

  func insert(_ drill: RestoreDrill) throws {
    try apply(
      """
      INSERT INTO restore_drill (facility_id, id, day, elapsed_ms, done_by, system, result, remark, is_measured)
      VALUES (\(facility), \(drill.id), \(drill.on), \(drill.elapsedMs), \(drill.doneBy), \(drill.system),
        \(drill.result.rawValue), \(drill.remark), \(drill.isMeasured))
      """,
      recording: Change("backup.drill", of: "drill:\(drill.id)", to: drill))
  }

  /// What the program did, beside the ledger: a backup that changed the ledger would differ from what it holds.
  func insert(_ run: BackupRun) throws {
    let arguments = run.problem?.arguments.joined(separator: "\n") ?? ""
    try housekeeping.run(
      """
      INSERT INTO backup_run
        (facility_id, id, at_ms, elapsed_ms, way, place, file, bytes, entries, head, problem, arguments)
      VALUES (\(facility), \(run.id), \(run.at), \(run.elapsedMs), \(run.way.rawValue), \(run.place), \(run.file),
        \(run.bytes), \(run.entries), \(run.head), \(run.problem?.code), \(arguments))
      """)
  }
}

extension BackupRun {
  fileprivate init(_ row: Row) throws {
    guard let way = Way(rawValue: try row.text(3)) else { throw Row.Corrupt("backup_run.way") }
    let arguments = try row.text(10).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.init(
      id: try row.id(0), at: try row.instant(1), elapsedMs: try row.int(2), way: way, place: try row.text(4),
      file: try row.text(5), bytes: try row.int(6), entries: try row.int(7), head: try row.text(8),
      problem: try row.optionalText(9).map { Told(code: $0, arguments: arguments) })
  }
}

extension Installation {
  /// The facility that has a plan; one installation has one.
  func plannedFacility() async throws -> FacilityID? {
    try await readQueues { tx in try tx.first("SELECT facility_id FROM backup_plan LIMIT 1") { try $0.id(0) }
    }
  }
}
