import Kernel
import Storage
import Web

/// What a letter about one alert says of what was tried.
struct RecoveryNews: Sendable {
  /// What will be tried, when nothing has been yet.
  let coming: String?
  let runs: [RecoveryRun]

  /// Nothing is announced that may not be done, or not soon.
  static let soonMinutes: Int64 = 5

  init(_ tx: ReadTx, of alert: Alert, at now: Instant) throws {
    runs = try tx.recoveryRuns(of: alert.id)
    coming = try runs.isEmpty && alert.grade == .down ? RecoveryNews.coming(tx, alert, now) : nil
  }

  private static func coming(_ tx: ReadTx, _ alert: Alert, _ now: Instant) throws -> String? {
    guard let plan = try tx.recoveryPlan(of: alert.monitor),
      let monitor = try tx.monitor(alert.monitor)?.monitor
    else { return nil }
    let target = try tx.recoveryTarget(monitor)
    do throws(RecoveryRefusal) { try target.allow() } catch { return nil }
    let since = min(plan.since, now.adding(minutes: -Int64(plan.windowMinutes)))
    switch plan.next(after: try tx.recoveryRuns(of: monitor.id, since: since), at: now) {
    case .now: return plan.action
    case .wait(let moment): return moment <= now.adding(minutes: soonMinutes) ? plan.action : nil
    case .rest: return nil
    }
  }

  /// For a telephone or a room; nil when there is nothing to say.
  func short(_ language: Language, at now: Instant) -> String? {
    let t = Texts<RecoveryText>(language)
    if let coming { return t(.letterWill, coming) }
    return runs.first.map { t(.letterShort, $0.action, t(RecoveryText.state($0.state(at: now)))) }
  }

  /// - Parameter words: of problems.
  func lines(_ language: Language, _ words: Words, at now: Instant) -> [String] {
    let t = Texts<RecoveryText>(language)
    if let coming { return [t(.letterWill, coming), ""] }
    guard !runs.isEmpty else { return [] }
    // As it happened, the latest five.
    let tried = runs.prefix(5).reversed().map { run in
      let outcome =
        run.problem.map { words.problem($0, language) } ?? t(RecoveryText.state(run.state(at: now)))
      return t(.letterRun, language.time(run.beganAt), run.action, outcome)
    }
    return [t(.letterHead)] + tried + [""]
  }
}
