import Kernel
import Storage

/// A monitor's place among those of all facilities.
struct MonitorKey: Sendable, Hashable {
  let facility: FacilityID
  let id: Monitor.ID
}

/// What a worker holds of one monitor when it takes it.
struct Taken: Sendable {
  let key: MonitorKey
  /// Nil when it cannot be read.
  let stored: StoredMonitor?
  let claim: Int
  let recent: [UInt8]
}

/// What becomes of a monitor's row after a result.
struct Update: Sendable {
  let key: MonitorKey
  let version: Int
  let claim: Int
  let watch: Watch
  let result: Reading
  let skipped: Int
  let problem: StoredMonitor.StoredProblem?
  /// The results that have been kept together until now and are put away with this one; nil while there is room.
  let folded: [UInt8]?
  /// Milliseconds for which a result says something (``Watch/freshMs(every:)``).
  let longest: Int64

  var hold: Hold { Hold(version: version, claim: claim) }
}

/// Reads and writes of a worker, which looks after monitors of all facilities. Rows of facilities are seen widely here.
extension HousekeepingTx {
  /// Says that this worker lives. Gives when each was last seen by its own clock (``WorkerRoll``).
  func beat(_ worker: String, at now: Instant) throws -> [String: Instant] {
    try run(
      """
      INSERT INTO monitor_worker (id, seen_at_ms) VALUES (\(worker), \(now))
      ON CONFLICT (id) DO UPDATE SET seen_at_ms = excluded.seen_at_ms
      """)
    try run("DELETE FROM monitor_worker WHERE seen_at_ms < \(now.adding(minutes: -60))")
    let seen = try all("SELECT id, seen_at_ms FROM monitor_worker") { (try $0.text(0), try $0.instant(1)) }
    return Dictionary(seen, uniquingKeysWith: { first, _ in first })
  }

  /// On SQLite one program serves a file: whoever is on its roll when it begins was ended without a good-bye.
  func buryOfFile(but worker: String) throws {
    try run("DELETE FROM monitor_worker WHERE id <> \(worker) AND \(sqlite: "1 = 1", postgres: "1 = 0")")
  }

  /// Takes a worker that is gone off the roll, and its monitors from it.
  func bury(_ worker: String) throws {
    try release(worker, most: 1_000_000)
    try run("DELETE FROM monitor_worker WHERE id = \(worker)")
  }

  /// How many monitors are to be asked in all, and what of them is this worker's.
  func share(of worker: String) throws -> (all: Int, own: Share) {
    try first(
      """
      SELECT COUNT(*), COALESCE(SUM(CASE WHEN worker = \(worker) THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN worker = \(worker) THEN version ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN worker = \(worker) THEN claim ELSE 0 END), 0)
      FROM monitor_watch WHERE is_asked
      """
    ) { (try $0.int(0), Share(count: try $0.int(1), versions: try $0.int(2), claims: try $0.int(3))) }
      ?? (0, Share(count: 0, versions: 0, claims: 0))
  }

  /// Takes monitors that nobody has, or whose worker is on no roll.
  ///
  /// They are chosen apart from the update, which PostgreSQL may else choose for several times over, beyond the limit.
  func claim(_ worker: String, most: Int) throws {
    try run(
      """
      WITH chosen AS MATERIALIZED (
        SELECT facility_id, monitor_id FROM monitor_watch
        WHERE is_asked AND (worker IS NULL
          OR worker NOT IN (SELECT id FROM monitor_worker))
        LIMIT \(most) \(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED"))
      UPDATE monitor_watch SET worker = \(worker), claim = claim + 1
      WHERE (facility_id, monitor_id) IN (SELECT facility_id, monitor_id FROM chosen)
      """)
  }

  /// Lets monitors go that are another worker's share, or all of them.
  func release(_ worker: String, most: Int) throws {
    try run(
      """
      WITH chosen AS MATERIALIZED (
        SELECT facility_id, monitor_id FROM monitor_watch WHERE worker = \(worker)
        ORDER BY monitor_id DESC LIMIT \(most) \(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED"))
      UPDATE monitor_watch SET worker = NULL
      WHERE (facility_id, monitor_id) IN (SELECT facility_id, monitor_id FROM chosen)
      """)
  }

  /// Has monitors looked at again soon, whichever worker has them.
  func want(_ keys: Set<MonitorKey>, at now: Instant) throws {
    for key in keys.sorted(by: { ($0.facility.text, $0.id.text) < ($1.facility.text, $1.id.text) }) {
      try run(
        """
        UPDATE monitor_watch SET wanted_at_ms = \(now) WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
          AND is_asked AND COALESCE(last_at_ms, 0) < \(now.adding(milliseconds: -4_000))
        """)
    }
  }

  /// Writes results. Gives those of monitors that are no longer this worker's, or have been changed or taken meanwhile.
  func write(_ updates: [Update], by worker: String) throws -> [Update] {
    var lost: [Update] = []
    for update in updates {
      var bytes: [UInt8] = []
      update.result.write(into: &bytes)
      let isOurs = try run(Self.updating(update.values(bytes, worker))) == 1
      guard isOurs else {
        lost.append(update)
        continue
      }
      if let folded = update.folded { try fold(folded, before: update, keeping: bytes) }
    }
    return lost
  }

  private static let updating = SQL.Template(
    """
    UPDATE monitor_watch SET condition = \(""), since_ms = \(0), bad = \(0), good = \(0), slow = \(0), bits = \(0),
      is_flapping = \(false), known = \(""), well_at_ms = \(0), last_at_ms = \(0), last_sight = \(0), last_tenths = \(0), late_ms = \(0),
      skipped = skipped + \(0), problem = \(""), problem_json = \(""),
      recent = \(sqlite: "CAST(recent || \([UInt8]()) AS BLOB)", postgres: "recent || \([UInt8]())")
    WHERE facility_id = \("") AND monitor_id = \("") AND worker = \("") AND version = \(0)
      AND claim = \(0)
    """)

  /// Puts results away: as they are for some days, and rolled up.
  private func fold(_ results: [UInt8], before update: Update, keeping bytes: [UInt8]) throws {
    let key = update.key
    try run(
      """
      UPDATE monitor_watch SET recent = \(bytes) WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
      """)
    let readings = Reading.read(results)
    guard let first = readings.first, let last = readings.last else { return }
    try run(
      """
      INSERT INTO monitor_raw (facility_id, monitor_id, until_ms, data)
      VALUES (\(key.facility), \(key.id), \(last.at), \(Reading.packed(readings))) ON CONFLICT DO NOTHING
      """)
    let next = update.result.at
    let pieces = Stretch.pieces(
      of: readings, until: next, longest: update.longest, planned: try windows(of: key, first.at, next))
    let results = Dictionary(grouping: readings, by: \.at.day)
    let stretches = Dictionary(grouping: pieces, by: \.start.day)
    for day in Set(results.keys).union(stretches.keys).sorted() {
      var tally = try dayTally(day, of: key)
      for reading in results[day] ?? [] { tally.add(reading) }
      for stretch in stretches[day] ?? [] { tally.add(stretch) }
      try store(tally, day, of: key)
    }
  }

  /// Stops that are planned for a monitor between two moments.
  private func windows(of key: MonitorKey, _ from: Instant, _ until: Instant) throws -> [Window] {
    try all(
      """
      SELECT from_ms, until_ms FROM monitor_window WHERE facility_id = \(key.facility)
        AND (monitor_id IS NULL OR monitor_id = \(key.id)) AND until_ms > \(from) AND from_ms < \(until)
      """
    ) { Window(from: try $0.instant(0), until: try $0.instant(1)) }
  }

  private func dayTally(_ day: Day, of key: MonitorKey) throws -> DayTally {
    try first(
      """
      SELECT five IS NULL, hours IS NULL, COALESCE(five, whole), COALESCE(hours, whole), whole FROM monitor_day
      WHERE facility_id = \(key.facility) AND monitor_id = \(key.id) AND day = \(day)
      """
    ) { row in
      var reader = ByteReader(try row.blob(4))
      guard let whole = Tally(&reader) else { throw Row.Corrupt("monitor_day.whole") }
      return DayTally(
        five: try row.bool(0) ? nil : DayTally.unpacked(try row.blob(2)),
        hours: try row.bool(1) ? nil : DayTally.unpacked(try row.blob(3)), whole: whole)
    } ?? DayTally()
  }

  private func store(_ tally: DayTally, _ day: Day, of key: MonitorKey) throws {
    var whole: [UInt8] = []
    tally.whole.write(into: &whole)
    // What is too old for the finer slots stays without them.
    let five: SQL = DayTally.packed(tally.five).map { "\($0)" } ?? "NULL"
    let hours: SQL = DayTally.packed(tally.hours).map { "\($0)" } ?? "NULL"
    try run(
      """
      INSERT INTO monitor_day (facility_id, monitor_id, day, five, hours, whole)
      VALUES (\(key.facility), \(key.id), \(day), \(five), \(hours), \(whole))
      ON CONFLICT (facility_id, monitor_id, day)
      DO UPDATE SET five = excluded.five, hours = excluded.hours, whole = excluded.whole
      """)
  }

  /// Rows of a kind that are thrown away in one transaction.
  static var portion: Int { 2_000 }

  /// Throws a portion of what is older than it is kept (``DayTally``) away. Alerts stay: they say what happened.
  ///
  /// Monitor by monitor, as results lie: an index by time alone would be larger than what it finds. Of slots in rows that stay,
  /// the month before is looked through.
  ///
  /// - Returns: whether nothing is left.
  func forgetOld(at now: Instant) throws -> Bool {
    let raw = now.day.adding(days: -DayTally.rawDays).start
    let five = now.day.adding(days: -DayTally.fiveDays)
    let hours = now.day.adding(days: -DayTally.hourDays)
    let beats = now.day.adding(days: -90).start
    let counts = [
      try run(
        """
        WITH old AS MATERIALIZED (SELECT r.facility_id, r.monitor_id, r.until_ms FROM monitor_watch w
          CROSS JOIN monitor_raw r WHERE r.facility_id = w.facility_id AND r.monitor_id = w.monitor_id
            AND r.until_ms < \(raw) LIMIT \(Self.portion) \(sqlite: "", postgres: "FOR UPDATE OF r SKIP LOCKED"))
        DELETE FROM monitor_raw WHERE (facility_id, monitor_id, until_ms) IN (SELECT * FROM old)
        """),
      try run(
        """
        WITH old AS MATERIALIZED (SELECT d.facility_id, d.monitor_id, d.day FROM monitor_watch w
          CROSS JOIN monitor_day d WHERE d.facility_id = w.facility_id AND d.monitor_id = w.monitor_id
            AND d.day < \(five) AND d.day >= \(five.adding(days: -31)) AND d.five IS NOT NULL
          LIMIT \(Self.portion) \(sqlite: "", postgres: "FOR UPDATE OF d SKIP LOCKED"))
        UPDATE monitor_day SET five = NULL WHERE (facility_id, monitor_id, day) IN (SELECT * FROM old)
        """),
      try run(
        """
        WITH old AS MATERIALIZED (SELECT d.facility_id, d.monitor_id, d.day FROM monitor_watch w
          CROSS JOIN monitor_day d WHERE d.facility_id = w.facility_id AND d.monitor_id = w.monitor_id
            AND d.day < \(hours) AND d.day >= \(hours.adding(days: -31)) AND d.hours IS NOT NULL
          LIMIT \(Self.portion) \(sqlite: "", postgres: "FOR UPDATE OF d SKIP LOCKED"))
        UPDATE monitor_day SET hours = NULL WHERE (facility_id, monitor_id, day) IN (SELECT * FROM old)
        """),
      try run(
        """
        WITH old AS MATERIALIZED (SELECT facility_id, monitor_id, at_ms FROM monitor_beat
          WHERE at_ms < \(beats) LIMIT \(Self.portion) \(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED"))
        DELETE FROM monitor_beat WHERE (facility_id, monitor_id, at_ms) IN (SELECT * FROM old)
        """),
    ]
    return counts.allSatisfy { $0 < Self.portion }
  }
}

extension Update {
  fileprivate func values(_ bytes: [UInt8], _ worker: String) -> [SQLValue] {
    let arguments = problem.flatMap { try? MonitorText.json($0.arguments) }  // strings always encode
    return [
      .text(watch.condition.rawValue), SQLValue(watch.since), SQLValue(watch.bad), SQLValue(watch.good),
      SQLValue(watch.slow), .int(Int64(watch.recent)), .bool(watch.isFlapping),
      SQLValue(watch.known?.rawValue),
      SQLValue(watch.wellAt.map { Int($0.milliseconds) }), SQLValue(result.at),
      SQLValue(watch.lastSight?.rawValue), .int(Int64((result.milliseconds * 10).rounded())),
      SQLValue(result.lateMs),
      SQLValue(skipped), SQLValue(problem?.code), SQLValue(arguments), .blob(bytes), SQLValue(key.facility),
      SQLValue(key.id), .text(worker), SQLValue(version), SQLValue(claim),
    ]
  }
}

extension ReadTx {
  /// The monitors that a worker has, and under which numbers.
  func held(by worker: String) throws -> [MonitorKey: Hold] {
    let rows = try all(
      "SELECT facility_id, monitor_id, version, claim FROM monitor_watch WHERE worker = \(worker) AND is_asked"
    ) {
      (
        MonitorKey(facility: try $0.id(0), id: try $0.id(1)),
        Hold(version: try $0.int(2), claim: try $0.int(3))
      )
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// Those of which someone wants a result that is newer than the last, and since when.
  func wanted(of worker: String) throws -> [MonitorKey: Instant] {
    let rows = try all(
      """
      SELECT facility_id, monitor_id, wanted_at_ms FROM monitor_watch
      WHERE worker = \(worker) AND is_asked AND wanted_at_ms > COALESCE(last_at_ms, 0)
      """
    ) { (MonitorKey(facility: try $0.id(0), id: try $0.id(1)), try $0.instant(2)) }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// Those of them in `facilities` as they lie there.
  func taken(by worker: String, in facilities: [FacilityID]) throws -> [Taken] {
    try facilities.flatMap { facility in
      try all(
        """
        SELECT w.recent, w.monitor_id, w.claim, \(StoredMonitor.columns) FROM monitor_watch w
          JOIN monitor m ON m.facility_id = w.facility_id AND m.id = w.monitor_id
        WHERE w.facility_id = \(facility) AND w.worker = \(worker) AND w.is_asked
        """
      ) { row in
        // What came from elsewhere and cannot be read must not stop the others.
        let stored = try? StoredMonitor(row: row, from: 3)
        return Taken(
          key: MonitorKey(facility: facility, id: try row.id(1)), stored: stored, claim: try row.int(2),
          recent: try row.blob(0))
      }
    }
  }

  /// The networks that monitors of each facility may reach, where they are not the standard ones.
  func networksByFacility() throws -> [FacilityID: String] {
    let rows = try all("SELECT facility_id, networks FROM monitoring_setting") {
      (try $0.id(0, of: FacilityTag.self), try $0.text(1))
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// What the sentinels of each facility saw last.
  func sentinels() throws -> [MonitorKey: (sight: Sight?, at: Instant?)] {
    let rows = try all(
      """
      SELECT m.facility_id, m.id, w.last_sight, w.last_at_ms FROM monitor m
        JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE m.is_sentinel AND w.is_asked
      """
    ) { row in
      (
        MonitorKey(facility: try row.id(0), id: try row.id(1)),
        (sight: try row.optionalInt(2).flatMap(Sight.init(rawValue:)), at: try row.optionalInstant(3))
      )
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// Facilities in which something is to be told, or may have to be.
  func facilitiesToSettle() throws -> [FacilityID] {
    try all(
      """
      SELECT facility_id FROM monitor_watch WHERE condition IN ('down', 'slow') AND alert_id IS NULL
      UNION SELECT facility_id FROM monitor_alert WHERE announced_at_ms IS NULL
      """
    ) { try $0.id(0) }
  }

  /// Heartbeats whose time has come, by facility.
  func silentBeats(at now: Instant) throws -> [FacilityID: [Monitor.ID]] {
    let rows = try all(
      """
      SELECT facility_id, monitor_id FROM monitor_watch WHERE deadline_ms <= \(now) ORDER BY deadline_ms LIMIT 2000
      """
    ) { (try $0.id(0, of: FacilityTag.self), try $0.id(1, of: Monitor.self)) }
    return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
  }

  /// Results of one monitor as they came, the oldest first: those put away since `start`, and those that are not yet.
  func readings(of id: Monitor.ID, since start: Instant) throws -> (kept: [Reading], unfolded: [Reading]) {
    let rows = try all(
      """
      SELECT 0 AS part, until_ms, data FROM monitor_raw
      WHERE facility_id = \(facility) AND monitor_id = \(id) AND until_ms >= \(start)
      UNION ALL SELECT 1, 0, recent FROM monitor_watch WHERE facility_id = \(facility) AND monitor_id = \(id)
      ORDER BY 1, 2
      """
    ) { row in
      let (isKept, bytes) = (try row.int(0) == 0, try row.blob(2))
      return (isKept: isKept, readings: isKept ? Reading.unpacked(bytes) : Reading.read(bytes))
    }
    return (rows.filter(\.isKept).flatMap(\.readings), rows.filter { !$0.isKept }.flatMap(\.readings))
  }

  /// Whole days of one monitor, the oldest first, without what has not been put away yet.
  func dayTallies(of id: Monitor.ID, since day: Day) throws -> [(day: Day, tally: Tally)] {
    try all(
      """
      SELECT day, whole FROM monitor_day WHERE facility_id = \(facility) AND monitor_id = \(id) AND day >= \(day)
      ORDER BY day
      """
    ) { row in
      var reader = ByteReader(try row.blob(1))
      guard let day = try row.optionalDay(0), let tally = Tally(&reader) else {
        throw Row.Corrupt("monitor_day")
      }
      return (day, tally.told(over: DayTally.seconds))
    }
  }

  /// Whether the watching itself goes on: monitors that are to be asked or heard of, those of them of which nothing comes, and
  /// when a worker was seen last.
  func watchCare(at now: Instant) throws -> WatchCare {
    let late = now.adding(milliseconds: -30_000)
    let asked = try count("SELECT COUNT(*) FROM monitor_watch WHERE is_asked OR deadline_ms IS NOT NULL")
    let stale = try count(
      """
      SELECT COUNT(*) FROM monitor_watch w JOIN monitor m ON m.facility_id = w.facility_id AND m.id = w.monitor_id
      WHERE w.deadline_ms < \(late)
        OR (w.is_asked AND COALESCE(w.last_at_ms, w.since_ms) + 2 * m.every_ms < \(late))
      """)
    let seen = try first("SELECT MAX(seen_at_ms) FROM monitor_worker") { try $0.optionalInstant(0) }
    return WatchCare(asked: asked, stale: stale, seenAt: seen ?? nil)
  }

  /// For `/metrics`: monitors by condition, the worst lateness of the last results, beats left out.
  func monitoringFigures() throws -> (conditions: [String: Int], lateMs: Int, skipped: Int, workers: Int) {
    let rows = try all(
      """
      SELECT condition, COUNT(*), MAX(late_ms), SUM(skipped), COUNT(DISTINCT worker) FROM monitor_watch GROUP BY condition
      """
    ) { (try $0.text(0), try $0.int(1), try $0.int(2), try $0.int(3), try $0.int(4)) }
    return (
      Dictionary(rows.map { ($0.0, $0.1) }, uniquingKeysWith: +), rows.map(\.2).max() ?? 0,
      rows.map(\.3).reduce(0, +), rows.map(\.4).max() ?? 0
    )
  }
}
