import Kernel
import Storage

extension HousekeepingTx {
  /// Keeps what jobs reported, in the order in which it came. Gives for each whether its address is known.
  func keep(_ reports: [Beats.Report]) throws -> [Bool] {
    var found: [String: (key: MonitorKey, stored: StoredMonitor)?] = [:]
    var isKnown: [Bool] = []
    for report in reports {
      if found[report.tokenHash] == nil { found[report.tokenHash] = .some(try target(of: report.tokenHash)) }
      guard case .some(.some(var target)) = found[report.tokenHash] else {
        isKnown.append(false)
        continue
      }
      target.stored.heard = target.stored.heard.hearing(report.signal, at: report.at)
      try insert(report, target.key)
      found[report.tokenHash] = .some(target)
      isKnown.append(true)
    }
    for case .some(let target) in found.values { try judge(target.stored, target.key, at: reports.last?.at) }
    return isKnown
  }

  private func target(of hash: String) throws -> (key: MonitorKey, stored: StoredMonitor)? {
    try first(
      """
      SELECT m.facility_id, \(StoredMonitor.columns) FROM monitor m
        JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
      WHERE token_hash = \(hash)
      """
    ) { row in
      let stored = try StoredMonitor(row: row, from: 1)
      return (MonitorKey(facility: try row.id(0), id: stored.monitor.id), stored)
    }
  }

  private func insert(_ report: Beats.Report, _ key: MonitorKey) throws {
    try run(
      BeatSQL.inserting([
        SQLValue(key.facility), SQLValue(key.id), SQLValue(report.at), .text(report.signal.code),
        .text(report.address), .text(report.log),
      ]))
  }

  private func judge(_ stored: StoredMonitor, _ key: MonitorKey, at now: Instant?) throws {
    guard let now, let heartbeat = try stored.monitor.heartbeat() else { return }
    let row = try HeartbeatRow(stored, heartbeat, at: now)
    try run(row.update(key))
  }
}

private enum BeatSQL {
  /// Of two reports in the same millisecond the later one is shown.
  static let inserting = SQL.Template(
    """
    INSERT INTO monitor_beat (facility_id, monitor_id, at_ms, signal, address, log)
    VALUES (\(""), \(""), \(0), \(""), \(""), \(""))
    ON CONFLICT (facility_id, monitor_id, at_ms) DO UPDATE SET signal = excluded.signal, log = excluded.log
    """)
}

/// A heartbeat's row as it follows from what was heard.
struct HeartbeatRow {
  private let heard: Heartbeat.Heard
  private let condition: Condition
  private let since: Instant
  private let deadline: Instant?
  private let problem: String?
  private let arguments: String?

  init(_ stored: StoredMonitor, _ heartbeat: Heartbeat, at now: Instant) throws {
    let standing = heartbeat.standing(stored.heard, created: stored.changedAt, at: now)
    condition =
      switch standing {
      case .waiting: .waiting
      case .well: .up
      // A new run does not mend the one that failed.
      case .running: stored.watch.condition == .down ? .down : .up
      case .failed, .late: .down
      }
    heard = stored.heard
    since = condition == stored.watch.condition ? stored.watch.since : now
    let due = heartbeat.deadline(stored.heard, created: stored.changedAt)
    // What is late or has failed stays so until something comes.
    deadline = stored.monitor.isPaused || standing == .late || standing == .failed ? nil : due
    let told = Beats.problem(of: standing, stored.heard) ?? (condition == .down ? stored.problem : nil)
    problem = told?.code
    arguments = try told.map { try MonitorText.json($0.arguments) }
  }

  func update(_ key: MonitorKey) -> SQL {
    """
    UPDATE monitor_watch SET condition = \(condition.rawValue), since_ms = \(since), deadline_ms = \(deadline),
      success_at_ms = \(heard.successAt), started_at_ms = \(heard.startedAt), failed_at_ms = \(heard.failedAt),
      exit_code = \(heard.exitCode), problem = \(problem), problem_json = \(arguments)
    WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
    """
  }
}
