import Foundation
import Kernel
import Storage
import Web

/// A monitor as it lies in the database, with what is known of it.
struct StoredMonitor: Sendable {
  let monitor: Monitor
  /// Sealed, by field.
  let secrets: [String: String]
  /// Since when a job is waited for: it was made, its rhythm was changed, or it is watched again.
  let expectedSince: Instant
  var watch: Watch
  var heard: Heartbeat.Heard
  /// Why the last result was bad or slow.
  var problem: StoredProblem?
  var lastMs: Double
  var lateMs: Int
  var skipped: Int
  var alert: AlertID?
  var watchVersion: Int
  /// Of a job that reports by itself: when its silence has to be judged; nil when it has been.
  var deadline: Instant?
  /// Reports of a job that were turned away because far too many came, and when that was last seen.
  var refused: Int
  var refusedAt: Instant?

  /// A problem as it is kept: its words are chosen when it is read.
  struct StoredProblem: Problem, Equatable, Codable {
    let code: String
    let arguments: [String]
    var kind: ProblemKind { .unavailable }
  }

  /// Whether reports of this job have been turned away within the last week.
  func wasFlooded(at now: Instant) -> Bool {
    refusedAt.map { now.milliseconds - $0.milliseconds < 7 * 86_400_000 } ?? false
  }

  func shown(at now: Instant) -> Shown {
    monitor.isPaused
      ? .paused : watch.shown(monitor.kind, at: now, every: monitor.everyMs, deadline: deadline)
  }
}

extension StoredMonitor {
  /// What ``init(row:from:)`` reads.
  static let columns: SQL = """
    m.definition, m.secrets, COALESCE(w.expected_since_ms, m.changed_at_ms), w.condition, w.since_ms, w.bad, w.good, w.slow, w.bits, w.is_flapping,
    w.last_at_ms, w.last_sight, w.last_tenths, w.late_ms, w.skipped, w.problem, w.problem_json, w.success_at_ms,
    w.started_at_ms, w.failed_at_ms, w.exit_code, w.alert_id, w.version, w.known, w.well_at_ms, w.deadline_ms,
    m.is_paused, w.refused, w.refused_at_ms
    """

  /// - Parameter reading: makes a monitor of its definition, and of whether it is at rest.
  init(
    row: Row, from first: Int = 0, reading: (String, Bool) throws -> Monitor = MonitorText.monitor
  ) throws {
    monitor = try reading(try row.text(first), try row.bool(first + 26))
    secrets = try MonitorText.map(try row.text(first + 1))
    expectedSince = try row.instant(first + 2)
    guard let condition = Condition(rawValue: try row.text(first + 3)) else { throw Row.Corrupt("condition") }
    watch = Watch(since: try row.instant(first + 4))
    watch.condition = condition
    (watch.bad, watch.good) = (try row.int(first + 5), try row.int(first + 6))
    (watch.slow, watch.recent) = (try row.int(first + 7), UInt32(truncatingIfNeeded: try row.int(first + 8)))
    watch.isFlapping = try row.bool(first + 9)
    watch.lastAt = try row.optionalInstant(first + 10)
    watch.lastSight = try row.optionalInt(first + 11).flatMap(Sight.init(rawValue:))
    lastMs = Double(try row.int(first + 12)) / 10
    (lateMs, skipped) = (try row.int(first + 13), try row.int(first + 14))
    problem = try MonitorText.problem(try row.optionalText(first + 15), try row.optionalText(first + 16))
    heard = Heartbeat.Heard(
      successAt: try row.optionalInstant(first + 17), startedAt: try row.optionalInstant(first + 18),
      failedAt: try row.optionalInstant(first + 19), exitCode: try row.optionalInt(first + 20))
    alert = try row.optionalID(first + 21)
    watchVersion = try row.int(first + 22)
    watch.known = try row.optionalText(first + 23).flatMap(Condition.init(rawValue:))
    watch.wellAt = try row.optionalInstant(first + 24)
    deadline = try row.optionalInstant(first + 25)
    (refused, refusedAt) = (try row.int(first + 27), try row.optionalInstant(first + 28))
  }
}

extension ReadTx {
  /// Every monitor of the facility, by name.
  func monitors() throws -> [StoredMonitor] {
    try all(
      """
      SELECT \(StoredMonitor.columns) FROM monitor m JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE m.facility_id = \(facility) ORDER BY m.name_key, m.id
      """
    ) { try StoredMonitor(row: $0) }
  }

  /// Every monitor as a line of the list; narrow, as there may be thousands.
  func monitorLines(at now: Instant) throws -> [MonitorLine] {
    try all(
      """
      SELECT m.id, m.name, m.kind, m.target, m.level, m.every_ms, m.is_backup, m.system_id, m.is_paused,
        w.condition, w.since_ms, w.bad, w.last_at_ms, w.last_tenths, w.problem, w.problem_json, w.success_at_ms,
        w.deadline_ms
      FROM monitor m JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE m.facility_id = \(facility) ORDER BY m.name_key, m.id
      """
    ) { try MonitorLine(row: $0, at: now) }
  }

  func monitor(_ id: Monitor.ID) throws -> StoredMonitor? {
    try first(
      """
      SELECT \(StoredMonitor.columns) FROM monitor m JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE m.facility_id = \(facility) AND m.id = \(id)
      """
    ) { try StoredMonitor(row: $0) }
  }

  /// Jobs that report by themselves and are not at rest.
  func heartbeats() throws -> [StoredMonitor] {
    try all(
      """
      SELECT \(StoredMonitor.columns) FROM monitor m JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE m.facility_id = \(facility) AND m.kind = 'heartbeat' AND NOT m.is_paused ORDER BY m.id
      """
    ) { try StoredMonitor(row: $0) }
  }

  /// Behind what each monitor stands.
  func monitorParents() throws -> Dependence {
    let pairs = try all(
      "SELECT id, parent_id FROM monitor WHERE facility_id = \(facility) AND parent_id IS NOT NULL"
    ) { (try $0.text(0), try $0.text(1)) }
    return Dependence(parents: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
  }

  func monitorID(named key: String) throws -> Monitor.ID? {
    try first("SELECT id FROM monitor WHERE facility_id = \(facility) AND name_key = \(key)") { try $0.id(0) }
  }

  /// What others may stand behind, by name.
  func possibleParents(most: Int) throws -> [(id: Monitor.ID, name: String)] {
    try all(
      """
      SELECT id, name FROM monitor WHERE facility_id = \(facility) AND kind <> 'heartbeat'
      ORDER BY name_key, id LIMIT \(most)
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }

  /// Some monitors with these letters in their names.
  func monitorNames(like key: String) throws -> [String] {
    try all(
      """
      SELECT name FROM monitor WHERE facility_id = \(facility) AND kind <> 'heartbeat'
        AND \(SQL.contains("name_key", key)) ORDER BY name_key, id LIMIT 5
      """
    ) { try $0.text(0) }
  }

  func isParent(_ id: Monitor.ID) throws -> Bool {
    try count("SELECT COUNT(*) FROM monitor WHERE facility_id = \(facility) AND parent_id = \(id)") > 0
  }

  func monitorCount() throws -> Int {
    try count("SELECT COUNT(*) FROM monitor WHERE facility_id = \(facility)")
  }

  func monitoringNetworks() throws -> (text: String, version: Int) {
    try first("SELECT networks, version FROM monitoring_setting WHERE facility_id = \(facility)") {
      (try $0.text(0), try $0.int(1))
    } ?? (Monitoring.standardNetworks, 0)
  }

  func windows(endingAfter moment: Instant) throws -> [MaintenanceWindow] {
    try all(
      """
      SELECT id, monitor_id, from_ms, until_ms, reason, made_by FROM monitor_window
      WHERE facility_id = \(facility) AND until_ms > \(moment) ORDER BY from_ms, id LIMIT 500
      """
    ) { row in
      MaintenanceWindow(
        id: try row.id(0), monitor: try row.optionalID(1),
        window: Window(from: try row.instant(2), until: try row.instant(3)), reason: try row.text(4),
        madeBy: try row.text(5))
    }
  }

  func beats(of id: Monitor.ID, limit: Int) throws -> [Beat] {
    try all(
      """
      SELECT at_ms, signal, address, log FROM monitor_beat WHERE facility_id = \(facility) AND monitor_id = \(id)
      ORDER BY at_ms DESC LIMIT \(limit)
      """
    ) { row in
      guard let signal = BeatSignal(code: try row.text(1)) else { throw Row.Corrupt("monitor_beat.signal") }
      return Beat(at: try row.instant(0), signal: signal, address: try row.text(2), log: try row.text(3))
    }
  }
}

extension WriteTx {
  /// - Parameters:
  ///   - restarts: what is known so far says nothing about what is watched now.
  ///   - tokenHash: of a heartbeat's new address; nil keeps the one that stands.
  func store(
    _ monitor: Monitor, over before: StoredMonitor?, secrets: [String: String], restarts: Bool,
    tokenHash: String?
  ) throws {
    let (definition, sealed) = (try MonitorText.json(monitor), try MonitorText.json(secrets))
    let heard = restarts ? .init() : before?.heard ?? .init()
    let expectedSince = restarts ? scope.now : before?.expectedSince ?? scope.now
    let deadline = try monitor.isPaused ? nil : monitor.heartbeat()?.deadline(heard, created: expectedSince)
    let change = Change(
      before == nil ? "monitor.add" : "monitor.change", of: "monitor:\(monitor.id)", from: before?.monitor,
      to: monitor)
    guard before != nil else {
      return try apply(
        """
        INSERT INTO monitor (facility_id, id, name, name_key, kind, definition, secrets, target, level, every_ms,
          is_backup, system_id, parent_id, is_sentinel, is_paused, token_hash, changed_at_ms, version)
        VALUES (\(facility), \(monitor.id), \(monitor.name), \(monitor.name.folded), \(monitor.kind.rawValue),
          \(definition), \(sealed), \(monitor.target), \(monitor.level?.rawValue), \(monitor.everyMs),
          \(monitor.isBackup), \(monitor.system), \(monitor.parent), \(monitor.isSentinel), \(monitor.isPaused),
          \(tokenHash), \(scope.now), \(monitor.version))
        """,
        """
        INSERT INTO monitor_watch (facility_id, monitor_id, is_asked, condition, since_ms, bad, good, slow, bits,
          is_flapping, deadline_ms, expected_since_ms, recent, version)
        VALUES (\(facility), \(monitor.id), \(monitor.isAsked), 'waiting', \(scope.now), 0, 0, 0, 0,
          \(false), \(deadline), \(expectedSince), \([UInt8]()), \(monitor.version))
        """, recording: change)
    }
    try apply(
      """
      UPDATE monitor SET name = \(monitor.name), name_key = \(monitor.name.folded), definition = \(definition),
        secrets = \(sealed), target = \(monitor.target), level = \(monitor.level?.rawValue),
        every_ms = \(monitor.everyMs), is_backup = \(monitor.isBackup), system_id = \(monitor.system), parent_id = \(monitor.parent),
        is_sentinel = \(monitor.isSentinel), is_paused = \(monitor.isPaused),
        token_hash = COALESCE(\(tokenHash), token_hash), changed_at_ms = \(scope.now), version = \(monitor.version)
      WHERE facility_id = \(facility) AND id = \(monitor.id) AND version = \(monitor.version - 1)
      """,
      """
      UPDATE monitor_watch SET version = version + 1, is_asked = \(monitor.isAsked),
        worker = CASE WHEN \(monitor.isAsked) THEN worker END, deadline_ms = \(deadline),
        expected_since_ms = \(expectedSince)
      WHERE facility_id = \(facility) AND monitor_id = \(monitor.id)
      """,
      recording: change)
    if restarts {
      try housekeeping.run(
        """
        UPDATE monitor_watch SET condition = 'waiting', since_ms = \(scope.now), bad = 0, good = 0, slow = 0, bits = 0,
          is_flapping = \(false), known = NULL, well_at_ms = NULL, last_at_ms = NULL, last_sight = NULL, problem = NULL, problem_json = NULL,
          success_at_ms = NULL, started_at_ms = NULL, failed_at_ms = NULL, exit_code = NULL, deadline_ms = \(deadline),
          refused = 0, refused_at_ms = NULL
        WHERE facility_id = \(facility) AND monitor_id = \(monitor.id)
        """)
    }
  }

  func remove(_ stored: StoredMonitor) throws {
    let id = stored.monitor.id
    try apply(
      "DELETE FROM monitor WHERE facility_id = \(facility) AND id = \(id) AND version = \(stored.monitor.version)",
      "DELETE FROM monitor_watch WHERE facility_id = \(facility) AND monitor_id = \(id)",
      "DELETE FROM monitor_raw WHERE facility_id = \(facility) AND monitor_id = \(id)",
      "DELETE FROM monitor_day WHERE facility_id = \(facility) AND monitor_id = \(id)",
      "DELETE FROM monitor_beat WHERE facility_id = \(facility) AND monitor_id = \(id)",
      "DELETE FROM monitor_window WHERE facility_id = \(facility) AND monitor_id = \(id)",
      "DELETE FROM recovery_plan WHERE facility_id = \(facility) AND monitor_id = \(id)",
      """
      UPDATE monitor_alert SET resolved_at_ms = \(scope.now), announced_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND monitor_id = \(id) AND announced_at_ms IS NULL
      """,
      recording: Change("monitor.remove", of: "monitor:\(id)", from: stored.monitor, to: Monitor?.none))
  }

  func setNetworks(_ text: String, over version: Int) throws {
    let before = try monitoringNetworks()
    guard before.version == version else { throw Stale() }
    try apply(
      """
      INSERT INTO monitoring_setting (facility_id, networks, version) VALUES (\(facility), \(text), \(version + 1))
      ON CONFLICT (facility_id) DO UPDATE SET networks = excluded.networks, version = excluded.version
      """,
      recording: Change(
        "monitoring.networks", of: "monitoring:\(facility)", from: ["networks": before.text],
        to: ["networks": text]))
  }

  func insert(_ window: MaintenanceWindow) throws {
    let old = scope.now.adding(minutes: -90 * 24 * 60)
    try housekeeping.run("DELETE FROM monitor_window WHERE facility_id = \(facility) AND until_ms < \(old)")
    try apply(
      """
      INSERT INTO monitor_window (facility_id, id, monitor_id, from_ms, until_ms, reason, made_by)
      VALUES (\(facility), \(window.id), \(window.monitor), \(window.window.from), \(window.window.until),
        \(window.reason), \(window.madeBy))
      """,
      recording: Change("monitor.window", of: "monitor-window:\(window.id)", to: window))
  }

  /// Ends a window before its time, or takes one away that has not begun.
  func end(_ window: MaintenanceWindow) throws {
    try apply(
      "UPDATE monitor_window SET until_ms = \(scope.now) WHERE facility_id = \(facility) AND id = \(window.id)",
      recording: Change(
        "monitor.window-end", of: "monitor-window:\(window.id)", from: window, to: MaintenanceWindow?.none))
  }
}

/// A monitor in the list.
struct MonitorLine: Sendable {
  let id: Monitor.ID
  let name: String
  let kind: MonitorKind
  let target: String
  let level: ImpactLevel?
  let isBackup: Bool
  let system: String?
  let shown: Shown
  let since: Instant
  /// Of a heartbeat the last success.
  let lastAt: Instant?
  let lastMs: Double
  let problem: StoredMonitor.StoredProblem?

  fileprivate init(row: Row, at now: Instant) throws {
    (id, name, target) = (try row.id(0), try row.text(1), try row.text(3))
    guard let kind = MonitorKind(rawValue: try row.text(2)),
      let condition = Condition(rawValue: try row.text(9))
    else { throw Row.Corrupt("monitor") }
    (self.kind, level) = (kind, try row.optionalInt(4).flatMap(ImpactLevel.init(rawValue:)))
    (isBackup, system) = (try row.bool(6), try row.optionalText(7))
    since = try row.instant(10)
    lastMs = Double(try row.int(13)) / 10
    problem = try MonitorText.problem(try row.optionalText(14), try row.optionalText(15))
    lastAt = try kind == .heartbeat ? row.optionalInstant(16) : row.optionalInstant(12)
    var watch = Watch(since: since)
    (watch.condition, watch.bad, watch.lastAt) = (condition, try row.int(11), try row.optionalInstant(12))
    let (every, deadline) = (min(Int64(try row.int(5)), 1 << 40), try row.optionalInstant(17))
    shown = try row.bool(8) ? .paused : watch.shown(kind, at: now, every: every, deadline: deadline)
  }
}

extension Watch {
  /// What to show; a job that reports by itself grows stale only when nobody judges its silence.
  func shown(_ kind: MonitorKind, at now: Instant, every: Int64, deadline: Instant?) -> Shown {
    guard kind == .heartbeat else { return shown(at: now, every: every) }
    if let deadline, deadline < now.adding(milliseconds: -30_000), condition != .down { return .stale }
    return condition == .down ? .down : condition == .waiting ? .waiting : .up
  }
}

/// A time in which stops of a monitor, or of all, are planned.
struct MaintenanceWindow: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<MaintenanceWindow>
  let id: ID
  /// Nil for every monitor of the facility.
  let monitor: Monitor.ID?
  let window: Window
  let reason: String
  let madeBy: String

  func silences(_ id: Monitor.ID, at now: Instant) -> Bool {
    (monitor == nil || monitor == id) && window.contains(now)
  }
}

/// Something that a job said.
struct Beat: Sendable, Equatable {
  let at: Instant
  let signal: BeatSignal
  let address: String
  let log: String
}

extension Monitor: Plausible {}

/// How monitors and problems lie in columns of text.
enum MonitorText {
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// - Parameter isPaused: as its row says, which may have come from elsewhere.
  static func monitor(_ json: String, isPaused: Bool) throws -> Monitor {
    var monitor = try ColumnJSON.read(json, as: Monitor.self)
    monitor.isPaused = isPaused
    return monitor
  }

  static func map(_ json: String) throws -> [String: String] {
    // Most monitors have none.
    if json == "{}" { return [:] }
    do { return try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) } catch {
      throw Row.Corrupt("monitor.secrets")
    }
  }

  static func problem(_ code: String?, _ json: String?) throws -> StoredMonitor.StoredProblem? {
    guard let code else { return nil }
    guard let arguments = try? JSONDecoder().decode([String].self, from: Data((json ?? "[]").utf8)) else {
      throw Row.Corrupt("problem_json")
    }
    return StoredMonitor.StoredProblem(code: code, arguments: arguments)
  }
}
