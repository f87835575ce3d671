public import Kernel
public import Storage
import Web

/// What the bench sets up and reads of monitoring from outside its slice.
public enum WatchTrial {
  /// Makes monitors, and lets them reach this machine itself.
  ///
  /// - Parameters:
  ///   - kind: of `MonitorKind`.
  ///   - interval: in seconds, one of those of the form.
  ///   - failures: bad results in a row that make "down".
  ///   - targets: what each looks at.
  /// - Returns: the ids, in the order of `targets`.
  public static func add(
    _ targets: [String], kind: String, interval: Int, failures: Int = 3, in scope: Scope
  ) async throws -> [String] {
    try await scope.write { tx in
      if try tx.monitoringNetworks().version == 0 { try tx.setNetworks("127.0.0.0/8", over: 0) }
      let first = try tx.monitorCount()
      return try targets.enumerated().map { number, target in
        guard let kind = MonitorKind(rawValue: kind) else { throw MonitorRefusal.badKind }
        let draft = MonitorDraft(
          kind: kind,
          values: [
            "name": "監視\(first + number)", "target": target, "interval": "\(interval)", "timeout": "5000",
            "failures": "\(failures)",
          ])
        let monitor = try draft.monitor(id: scope.newID(), over: nil)
        try tx.store(monitor, over: nil, secrets: [:], restarts: true, tokenHash: nil)
        return monitor.id.text
      }
    }
  }

  /// Makes jobs that report by themselves. Gives the secrets of their addresses.
  public static func jobs(_ count: Int, in scope: Scope) async throws -> [String] {
    try await scope.write { tx in
      try (0..<count).map { number in
        let draft = MonitorDraft(
          kind: .heartbeat,
          values: [
            "name": "仕事\(number)", "rhythm": "period", "periodMinutes": "1440", "graceMinutes": "60",
          ])
        let monitor = try draft.monitor(id: scope.newID(), over: nil)
        let token = Secret.token()
        try tx.store(monitor, over: nil, secrets: [:], restarts: true, tokenHash: Secret.hash(token))
        return token
      }
    }
  }

  /// Reports of jobs that lie in the database.
  public static func reports(in scope: Scope) async throws -> Int {
    try await scope.read { tx in
      try tx.count("SELECT COUNT(*) FROM monitor_beat WHERE facility_id = \(tx.facility)")
    }
  }

  /// The results of each monitor that are not put away yet, without its first, for which somebody waits: when each began, and
  /// how late.
  public static func results(in scope: Scope) async throws -> [(at: Instant, lateMs: Int)] {
    try await scope.read { tx in
      let rows = try tx.all("SELECT recent FROM monitor_watch WHERE facility_id = \(tx.facility)") {
        Reading.read(try $0.blob(0))
      }
      return rows.flatMap { $0.dropFirst().map { ($0.at, $0.lateMs) } }
    }
  }

  /// Monitors of which nothing has been seen yet, over all facilities.
  public static func unseen(in database: Database) async throws -> Int {
    try await Installation(database).readQueues { tx in
      try tx.count("SELECT COUNT(*) FROM monitor_watch WHERE is_asked AND last_at_ms IS NULL")
    }
  }

  /// Monitors of which people have been told since `moment`.
  public static func told(since moment: Instant, in database: Database) async throws -> Set<String> {
    try await Installation(database).readQueues { tx in
      Set(try tx.all("SELECT monitor_id FROM monitor_alert WHERE told_at_ms >= \(moment)") { try $0.text(0) })
    }
  }

  /// When the look began by which each monitor that is down now was found to be so.
  public static func foundDown(in scope: Scope) async throws -> [String: Instant] {
    try await scope.read { tx in
      let rows = try tx.all(
        "SELECT monitor_id, since_ms FROM monitor_watch WHERE facility_id = \(tx.facility) AND condition = 'down'"
      ) { (try $0.text(0), try $0.instant(1)) }
      return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Writes a year of results a minute of these monitors, as workers would have left it: day by day.
  public static func fillYear(of monitors: [String], in scope: Scope) async throws {
    let today = scope.now.day
    let (tally, results) = trialDay(today.start)
    var whole: [UInt8] = []
    tally.whole.write(into: &whole)
    let (five, hours, kept) = (DayTally.packed(tally.five), DayTally.packed(tally.hours), whole)
    for first in stride(from: 364, through: 0, by: -14) {
      try await scope.write { tx in
        for age in stride(from: first, to: max(-1, first - 14), by: -1) {
          let day = today.adding(days: -age)
          for monitor in monitors {
            try tx.housekeeping.run(
              dayRow([
                SQLValue(tx.facility), .text(monitor), SQLValue(day),
                age < DayTally.fiveDays ? five.map(SQLValue.blob) ?? .null : .null,
                age < DayTally.hourDays ? hours.map(SQLValue.blob) ?? .null : .null, .blob(kept),
              ]))
          }
          guard age < DayTally.rawDays else { continue }
          for (number, bytes) in results.enumerated() {
            let until = day.start.adding(minutes: Int64(number * 64 + 63))
            for monitor in monitors {
              try tx.housekeeping.run(
                rawRow([SQLValue(tx.facility), .text(monitor), SQLValue(until), .blob(bytes)]))
            }
          }
        }
      }
    }
  }

  /// A day of answers, some slow, a minute of failure in a hundred; the results in portions of 64.
  private static func trialDay(_ start: Instant) -> (DayTally, [[UInt8]]) {
    var (tally, portions): (DayTally, [[Reading]]) = (DayTally(), [[]])
    for minute in 0..<1440 {
      let at = start.adding(minutes: Int64(minute)).adding(milliseconds: Int64(minute * 37 % 50))
      let reading = Reading(
        at: at, sight: minute % 97 == 0 ? .down : minute % 31 == 0 ? .slow : .up,
        milliseconds: 4 + Double(minute * 37 % 360) / 10, lateMs: minute * 37 % 50)
      tally.add(reading)
      for piece in Stretch.pieces(
        of: [reading], until: at.adding(minutes: 1), longest: Watch.freshMs(every: 60_000), planned: [])
      where piece.start.day == start.day { tally.add(piece) }
      if portions[portions.count - 1].count == 64 { portions.append([]) }
      portions[portions.count - 1].append(reading)
    }
    return (tally, portions.map { Reading.packed($0) })
  }

  private static let dayRow = SQL.Template(
    """
    INSERT INTO monitor_day (facility_id, monitor_id, day, five, hours, whole)
    VALUES (\(""), \(""), \(""), \([UInt8]()), \([UInt8]()), \([UInt8]()))
    """)
  private static let rawRow = SQL.Template(
    """
    INSERT INTO monitor_raw (facility_id, monitor_id, until_ms, data) VALUES (\(""), \(""), \(0), \([UInt8]()))
    """)

  /// Reads and draws a year of one monitor by day, and its last day by five minutes. Gives the days that were found.
  public static func chart(of monitor: String, in scope: Scope) async throws -> Int {
    guard let id = Monitor.ID(monitor) else { throw WebProblem.notFound }
    let today = scope.now.day
    let (results, days) = try await scope.read { tx in
      let (kept, unfolded) = try tx.readings(of: id, since: scope.now.adding(minutes: -24 * 60))
      return (kept + unfolded, try tx.dayTallies(of: id, since: today.adding(days: -364)))
    }
    _ = MonitorCharts.times(results, until: scope.now, label: "")
    _ = MonitorCharts.days(days, until: today, count: 365, label: "")
    return days.count
  }
}
