import Kernel
import Storage

extension HousekeepingTx {
  /// Keeps what jobs reported, in the order in which it came. Gives for each whether its address is known.
  ///
  /// - Parameter definitions: what has been read before need not be read again.
  func keep(_ reports: [Beats.Report], _ definitions: BeatDefinitions = BeatDefinitions()) throws -> [Bool] {
    var found: [String: (key: MonitorKey, stored: StoredMonitor)] = [:]
    // Always in the same order, so that two writers do not wait for each other.
    for hash in Set(reports.map(\.tokenHash)).sorted() { found[hash] = try target(of: hash, definitions) }
    var isKnown: [Bool] = []
    for report in reports {
      guard var target = found[report.tokenHash] else {
        isKnown.append(false)
        continue
      }
      target.stored.heard = target.stored.heard.hearing(report.signal, at: report.at)
      try insert(report, target.key)
      if report.refusedBefore > 0 { try note(report, target.key) }
      found[report.tokenHash] = target
      isKnown.append(true)
    }
    let (counts, withLog) = (
      Dictionary(grouping: reports, by: \.tokenHash).mapValues(\.count),
      Set(reports.lazy.filter { !$0.log.isEmpty }.map(\.tokenHash))
    )
    for (hash, target) in found {
      try judge(target.stored, target.key, at: reports.last?.at)
      // Now and then is enough: a few more than ``Beats/mostKept`` harm nobody.
      if counts[hash, default: 0] > 1 || Beats.isTimeToForget(reports.last?.at) {
        try forget(target.key)
      }
      if withLog.contains(hash) { try forgetLogs(target.key) }
    }
    return isKnown
  }

  /// The row that is about to be written anew: nobody else writes it until this transaction ends.
  ///
  /// - Returns: nil also for a heartbeat that cannot be read: it must not keep the others from being heard.
  private func target(of hash: String, _ definitions: BeatDefinitions) throws -> (
    key: MonitorKey, stored: StoredMonitor
  )? {
    let found: (key: MonitorKey, stored: StoredMonitor?)? = try first(BeatSQL.target([.text(hash)])) { row in
      let key = MonitorKey(facility: try row.id(0), id: try row.id(1))
      // Nil says that it cannot be read.
      return (key, try? StoredMonitor(row: row, from: 2, reading: definitions.monitor))
    }
    guard let found, let stored = found.stored else { return nil }
    return (found.key, stored)
  }

  /// Keeps the newest reports.
  private func forget(_ key: MonitorKey) throws {
    try run(
      """
      DELETE FROM monitor_beat WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
        AND at_ms < \(newest(Beats.mostKept, key))
      """)
  }

  /// Keeps the logs of the newest reports.
  private func forgetLogs(_ key: MonitorKey) throws {
    try run(
      """
      UPDATE monitor_beat SET log = '' WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
        AND log <> '' AND at_ms < \(newest(Beats.mostLogsKept, key))
      """)
  }

  private func newest(_ count: Int, _ key: MonitorKey) -> SQL {
    """
    (SELECT at_ms FROM monitor_beat WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
      ORDER BY at_ms DESC LIMIT 1 OFFSET \(count - 1))
    """
  }

  private func insert(_ report: Beats.Report, _ key: MonitorKey) throws {
    try run(
      BeatSQL.inserting([
        SQLValue(key.facility), SQLValue(key.id), SQLValue(report.at), .text(report.signal.code),
        .text(report.address), .text(report.log),
      ]))
  }

  /// That the job's address was called far too often is seen on its page.
  private func note(_ report: Beats.Report, _ key: MonitorKey) throws {
    try run(
      """
      UPDATE monitor_watch SET refused = refused + \(report.refusedBefore), refused_at_ms = \(report.at)
      WHERE facility_id = \(key.facility) AND monitor_id = \(key.id)
      """)
  }

  private func judge(_ stored: StoredMonitor, _ key: MonitorKey, at now: Instant?) throws {
    guard let now, let heartbeat = stored.monitor.readableHeartbeat else { return }
    let row = try HeartbeatRow(stored, heartbeat, at: now)
    try run(row.update(key))
  }
}

private enum BeatSQL {
  static let target = SQL.Template(
    """
    SELECT m.facility_id, m.id, \(StoredMonitor.columns) FROM monitor m
      JOIN monitor_watch w ON w.facility_id = m.facility_id AND w.monitor_id = m.id
    WHERE token_hash = \("") \(sqlite: "", postgres: "FOR UPDATE OF w")
    """)

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
    let standing = heartbeat.standing(stored.heard, created: stored.expectedSince, at: now)
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
    let due = heartbeat.deadline(stored.heard, created: stored.expectedSince)
    // What is late or has failed stays so until something comes.
    deadline = stored.monitor.isPaused || standing == .late || standing == .failed ? nil : due
    let told = Beats.problem(of: standing, stored.heard) ?? (condition == .down ? stored.problem : nil)
    problem = told?.code
    arguments = try told.map { try MonitorText.json($0.arguments) }
  }

  /// - Parameter silentAt: nothing happens when something has come meanwhile, so that it is not due then.
  func update(_ key: MonitorKey, silentAt: Instant? = nil) -> SQL {
    let values: [SQLValue] = [
      .text(condition.rawValue), SQLValue(since), moment(deadline), moment(heard.successAt),
      moment(heard.startedAt), moment(heard.failedAt), SQLValue(heard.exitCode), SQLValue(problem),
      SQLValue(arguments), SQLValue(key.facility), SQLValue(key.id),
    ]
    return silentAt.map { HeartbeatRow.silencing(values + [SQLValue($0)]) } ?? HeartbeatRow.writing(values)
  }

  private func moment(_ instant: Instant?) -> SQLValue { instant.map { SQLValue($0) } ?? .null }

  private static let text: SQL = """
    UPDATE monitor_watch SET condition = \(""), since_ms = \(0), deadline_ms = \(0), success_at_ms = \(0),
      started_at_ms = \(0), failed_at_ms = \(0), exit_code = \(0), problem = \(""), problem_json = \("")
    WHERE facility_id = \("") AND monitor_id = \("")
    """
  private static let writing = SQL.Template(text)
  private static let silencing = SQL.Template("\(text) AND deadline_ms <= \(0)")
}
