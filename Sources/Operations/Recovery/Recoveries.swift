import Kernel
import Mail
import Registers
import Storage
import Synchronization
import Web

/// Trying by itself to bring back what has stopped, before or beside calling people: an action from the list of the server, a few
/// times, never on medical devices, and every run in the ledger.
enum Recovery {
  static func feature(environment: [String: String] = [:], hand: RecoveryHand? = nil) -> Feature {
    let hand = hand ?? RecoveryHand(environment)
    var feature = Feature("recovery")
    feature.migrations = migrations
    feature.catalogs = [RecoveryText.catalog]
    feature.grants = [.administrator: [.recoveryEdit]]
    feature.routes = { RecoveryRoutes(hand: hand).add(to: &$0) }
    // People are told after it has been tried: a wait of five minutes must not become one of a backup.
    feature.promptKinds = ["recovery.try"]
    feature.due = [
      "recovery.try": { row, scope in
        guard let run = try await begin(row, hand, in: scope) else { return }
        // Nothing else that is due waits for it.
        Task { try await finish(run, hand, in: scope) }
      }
    ]
    return feature
  }

  // MARK: Deciding

  static func save(_ draft: RecoveryDraft, of id: Monitor.ID, _ hand: RecoveryHand, in scope: Scope)
    async throws
  {
    let plan = try draft.plan(hand.names(scope.facility), at: scope.now)
    try await scope.write { tx in
      guard let stored = try tx.monitor(id) else { throw WebProblem.notFound }
      try tx.recoveryTarget(stored.monitor).allow()
      try tx.store(plan, of: stored.monitor, over: try tx.recoveryPlan(of: id))
      // What is down already is tried too.
      if stored.alert != nil { try tx.armRecovery(of: id) }
    }
  }

  static func remove(of id: Monitor.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let plan = try tx.recoveryPlan(of: id) else { throw WebProblem.notFound }
      try tx.removeRecovery(of: id, plan)
    }
  }

  // MARK: Trying

  /// So many run at once in one program; the others wait for a quarter of a minute.
  private static let turns = Turns(atOnce: 8)
  /// Those of this program that have not ended, however long they take.
  private static let running = Mutex<Set<RecoveryRun.ID>>([])

  /// Decides whether it is tried now, and writes that down; nil when not.
  static func begin(_ row: DueRow, _ hand: RecoveryHand, in scope: Scope) async throws -> RecoveryRun? {
    guard let id = Monitor.ID(row.subject) else { return nil }
    let isBusy = turns.isTaken
    return try await scope.write { tx in
      func wait(until moment: Instant?) throws -> RecoveryRun? {
        try tx.housekeeping.setDue("recovery.try", row.subject, at: moment)
        return nil
      }
      guard let plan = try tx.recoveryPlan(of: id), let stored = try tx.monitor(id),
        !stored.monitor.isPaused, let alert = try stored.alert.flatMap({ try tx.alert($0) }),
        alert.grade == .down, alert.resolvedAt == nil,
        // Whoever has taken it on is at work there.
        alert.acknowledgedAt == nil
      else { return try wait(until: nil) }
      if let window = try tx.windows(endingAfter: scope.now).first(where: { $0.silences(id, at: scope.now) })
      {
        return try wait(until: window.window.until)
      }
      // What answers again, cannot be seen, or lies behind something that is bad is let alone until it is seen to be down.
      guard try isSeenDown(stored, tx) else { return try wait(until: scope.now.adding(minutes: 1)) }
      if isBusy { return try wait(until: scope.now.adding(milliseconds: 15_000)) }
      let since = min(plan.since, scope.now.adding(minutes: -Int64(plan.windowMinutes)))
      let runs = try tx.recoveryRuns(of: id, since: since)
      if let last = runs.first, running.withLock({ $0.contains(last.id) }) {
        return try wait(until: scope.now.adding(minutes: 1))
      }
      switch plan.next(after: runs, at: scope.now) {
      case .wait(let moment): return try wait(until: moment)
      case .rest:
        try tellKeepers(false, stored.monitor, plan, alert, tx)
        return try wait(until: nil)
      case .now: break
      }
      let run = RecoveryRun(
        id: scope.newID(), monitor: id, alert: alert.id, action: plan.action, beganAt: scope.now,
        endedAt: nil, said: "", problem: nil, resolvedAt: nil)
      try tx.begin(run, name: stored.monitor.name)
      let target = try tx.recoveryTarget(stored.monitor)
      do throws(RecoveryRefusal) { try target.allow() } catch {
        // The registers have come to say so since it was decided.
        try tx.end(run, said: "", error, at: scope.now)
        try tellKeepers(true, stored.monitor, plan, alert, tx)
        return try wait(until: nil)
      }
      _ = try wait(until: scope.now.adding(minutes: Int64(plan.coolMinutes)))
      return run
    }
  }

  /// Whether the last look saw it down, and nothing before it is the cause.
  private static func isSeenDown(_ stored: StoredMonitor, _ tx: WriteTx) throws -> Bool {
    guard stored.shown(at: tx.scope.now) == .down,
      stored.watch.lastSight == nil || stored.watch.lastSight == .down
    else { return false }
    guard stored.monitor.parent != nil else { return true }
    let bad = try tx.badMonitors()
    return try tx.monitorParents().blocker(of: stored.monitor.id.text, isBad: bad.contains) == nil
  }

  /// Does it, and writes down what came of it. What it helped, the next looks say.
  static func finish(_ run: RecoveryRun, _ hand: RecoveryHand, in scope: Scope) async throws {
    let began = ContinuousClock.now
    _ = running.withLock { $0.insert(run.id) }
    defer { _ = running.withLock { $0.remove(run.id) } }
    var (said, problem): (String, (any Problem)?) = ("", nil)
    let outcome: Result<String, PostProblem> = await turns.inTurn {
      do throws(PostProblem) { return .success(try await hand.act(run, scope.facility)) } catch {
        return .failure(error)
      }
    }
    switch outcome {
    case .success(let words): said = words
    case .failure(let trouble): problem = trouble
    }
    let (words, trouble) = (said, problem)
    // A look that is newer than the end shows what it helped.
    let tookMs = (ContinuousClock.now - began).components.seconds * 1000
    let end = Scope(
      scope.database, actor: scope.actor, facility: scope.facility,
      now: scope.now.adding(milliseconds: tookMs))
    try await end.write { tx in
      try tx.end(run, said: words, trouble, at: end.now)
      try tx.want(run.monitor)
    }
  }

  private static func tellKeepers(
    _ isRefused: Bool, _ monitor: Monitor, _ plan: RecoveryPlan, _ alert: Alert, _ tx: WriteTx
  ) throws {
    for keeper in try tx.alertKeepers(on: tx.scope.now.day) {
      try tx.housekeeping.post(
        Message(
          cause: "recovery:\(alert.id)", recipient: keeper, step: isRefused ? 2 : 1,
          key: isRefused ? "recovery.refused" : "recovery.rests",
          arguments: [monitor.name, plan.action], link: "/monitoring/\(monitor.id)/recovery"))
    }
  }
}

/// What acts: the list of the server and the ways out; tests put their own in its place.
struct RecoveryHand: Sendable {
  let names: @Sendable (FacilityID) -> [String]
  let act: @Sendable (RecoveryRun, FacilityID) async throws(PostProblem) -> String

  /// - Parameter environment: `MAMORITE_ACTIONS`, and `MAMORITE_WEBHOOK_LOOPBACK=1` for calls to this machine.
  init(_ environment: [String: String]) {
    let isLoopbackOpen = environment["MAMORITE_WEBHOOK_LOOPBACK"] == "1"
    let path = environment.filter { $0.key == "MAMORITE_ACTIONS" }
    // Read anew each time: a change of the list needs no restart, and what was taken out of it is done no more.
    names = { ActionList.read(path).names(for: $0) }
    act = { run, facility throws(PostProblem) in
      try await ActionList.read(path).run(
        run.action, for: facility, body: "{\"monitor\":\"\(run.monitor)\",\"run\":\"\(run.id)\"}",
        loopback: isLoopbackOpen)
    }
  }

  init(
    names: [String], act: @escaping @Sendable (RecoveryRun, FacilityID) async throws(PostProblem) -> String
  ) {
    self.names = { _ in names }
    self.act = act
  }
}

extension Permission {
  /// What is tried by itself when something stops.
  static let recoveryEdit = Permission("recovery.edit")
}
