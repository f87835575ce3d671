import Kernel
import Storage
import Web

/// What a letter about one alert says of what was tried.
struct RecoveryNews: Sendable {
  /// What will be tried, when nothing has been yet.
  let coming: String?
  let runs: [RecoveryRun]

  init(_ tx: ReadTx, of alert: Alert) throws {
    runs = try tx.recoveryRuns(of: alert.id)
    coming = try runs.isEmpty && alert.grade == .down ? tx.recoveryPlan(of: alert.monitor)?.action : nil
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
