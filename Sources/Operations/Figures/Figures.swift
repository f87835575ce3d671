import Kernel
import Storage
import Web

/// The board of operating figures: calls at night, how long it took, how much of the time systems worked, what nobody looks after.
enum Figures {
  static func feature() -> Feature {
    var feature = Feature("figures")
    feature.migrations = migrations
    feature.catalogs = [FiguresText.catalog]
    feature.routes = { routes in
      routes.get("figures", needs: .monitoringRead) { request, scope in
        .page(FiguresPages.board(request, try await FiguresView.read(scope, RotaDoor.live)))
      }
      routes.get("figures/goals/:id", needs: .monitoringEdit) { request, scope in
        let id = try request.id(of: WatchedSystem.self).text
        let (system, goal) = try await scope.read { tx in
          (try tx.watchedSystems().first { $0.id == id }, try tx.serviceGoal(of: id))
        }
        guard let system else { throw WebProblem.notFound }
        return .page(
          FiguresPages.goal(
            request, system, goal?.percent ?? "99.9", goal?.hours ?? .always, goal?.version ?? 0, nil))
      }
      routes.post("figures/goals/:id", needs: .monitoringEdit) { request, scope in
        try await save(request, scope)
      }
    }
    feature.reportSection = { try FiguresReport.section($0, at: $1) }
    feature.gauges = { tx, now in
      let since = now.day.adding(days: -90).start
      let (calls, times) = (try tx.callsByHours(since: since), try tx.outageTimes(since: since))
      return spread("acknowledge", "until somebody took it on", Spread(times.toAcknowledge))
        + spread("restore", "until it worked again", Spread(times.toRestore))
        + HourKind.allCases.map { kind in
          Gauge(
            "mamorite_calls_\(kind.rawValue)", "Calls of people in 90 days, \(kind.rawValue).",
            calls[kind] ?? 0
          )
        }
    }
    let facilities = FacilityFigures()
    feature.facilityGauges = { try await facilities.gauges(of: $0, at: $1) }
    return feature
  }

  /// -1 for none: nothing has stopped, or nothing was taken on.
  private static func spread(_ name: String, _ what: String, _ spread: Spread?) -> [Gauge] {
    func seconds(_ milliseconds: Int64?) -> Int { milliseconds.map { Int($0 / 1000) } ?? -1 }
    return [
      Gauge(
        "mamorite_\(name)_median_seconds", "Median \(what), of what stopped in 90 days; -1 for none.",
        seconds(spread?.medianMs)),
      Gauge(
        "mamorite_\(name)_p90_seconds", "90th percentile \(what), of what stopped in 90 days; -1 for none.",
        seconds(spread?.ninetiethMs)),
    ]
  }

  private static func save(_ request: WebRequest, _ scope: Scope) async throws -> Reply {
    let id = try request.id(of: WatchedSystem.self).text
    let form = try request.form()
    let (version, hours) = (form.version, ServiceGoal.Hours(rawValue: form["hours"]) ?? .always)
    guard let system = try await scope.read({ try $0.watchedSystems() }).first(where: { $0.id == id }) else {
      throw WebProblem.notFound
    }
    do {
      let goal = try ServiceGoal(system: id, percent: form["target"], hours: hours, version: version + 1)
      try await scope.write { try $0.store(goal, over: try $0.serviceGoal(of: id)) }
    } catch let refusal as FigureRefusal {
      return .page(FiguresPages.goal(request, system, form["target"], hours, version, refusal), status: 422)
    }
    return .redirect(to: "/figures")
  }
}

/// What the board shows.
struct FiguresView: Sendable {
  struct SystemLine: Sendable {
    let system: GoalSystem
    /// In the hours that count for it; nil when nothing was measured.
    let tally: Tally?
  }

  let since: Day
  let calls: CallFigures
  let toAcknowledge: Spread?
  let toRestore: Spread?
  let outages: Int
  let unanswered: Int
  let noisiest: [(monitor: Monitor.ID, name: String, count: Int)]
  let systems: [SystemLine]
  /// Systems in the register.
  let registered: Int
  let unwatched: [GoalSystem]
  let withoutBackup: [GoalSystem]
  let withoutKeeper: [GoalSystem]
  /// What nobody holds in the coming days, of the rotas that are called.
  let ahead: [CoverageAhead]
  /// Whether there is anything to be said at all.
  let isEmpty: Bool
  let monitors: Int

  /// Availability is told of so many days.
  static let days = 30

  static func read(_ scope: Scope, _ rota: RotaDoor) async throws -> FiguresView {
    try await scope.read { try read($0, at: scope.now, rota) }
  }

  static func read(_ tx: ReadTx, at now: Instant, _ rota: RotaDoor) throws -> FiguresView {
    let today = now.day
    let since = today.adding(months: -3)
    let span = CoverageAhead.span(at: now)
    let facts = try tx.figuresFacts(
      since: since.start, from: today.adding(days: 1 - days), ahead: span)
    let (calls, alerts, systems) = (facts.calls, facts.alerts, facts.systems)
    let tallies = availability(facts, rota)
    let watched = Set(facts.monitors.compactMap { $0 })
    let backed = facts.backed
    let loud = Dictionary(grouping: alerts, by: \.monitor).map { id, all in
      (monitor: id, name: all[0].name, count: all.count)
    }
    return FiguresView(
      since: since, calls: calls,
      toAcknowledge: Spread(
        alerts.compactMap { alert in
          alert.acknowledgedAt.map { $0.milliseconds - alert.openedAt.milliseconds }
        }),
      toRestore: Spread(
        alerts.compactMap { alert in
          alert.resolvedAt.map { $0.milliseconds - alert.openedAt.milliseconds }
        }),
      outages: alerts.count, unanswered: alerts.count { $0.acknowledgedAt == nil },
      noisiest: Array(
        loud.filter { $0.count > 1 }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(10)),
      systems: systems.filter { watched.contains($0.id) }.map {
        SystemLine(system: $0, tally: tallies[$0.id])
      },
      registered: systems.count, unwatched: systems.filter { !watched.contains($0.id) },
      withoutBackup: systems.filter {
        ["stops", "delays"].contains($0.impact ?? "") && !backed.contains($0.id)
      },
      withoutKeeper: systems.filter { !$0.hasKeeper },
      ahead: CoverageAhead.all(
        calls.policies, calls.rotas, in: span, facts.overrides, facts.leaves, leaving: facts.leaving),
      isEmpty: facts.monitors.isEmpty && alerts.isEmpty, monitors: facts.monitors.count)
  }

  private static func availability(_ facts: FiguresFacts, _ rota: RotaDoor) -> [String: Tally] {
    let clock = Availability.hours(of: facts.calls.hours)
    var working: [Day: Bool] = [:]
    var monitors = facts.always
    for each in facts.business {
      let works = working[each.day] ?? facts.calls.hours.isWorkingDay(each.day, rota.isHoliday)
      working[each.day] = works
      guard works else { continue }
      let counted = Availability.counted(
        DayTally.unpacked(each.hours).mapValues { $0.told(over: DayTally.hourSeconds) },
        each.whole.told(over: DayTally.seconds), only: clock)
      monitors[each.system, default: [:]][each.monitor, default: Tally()].merge(counted)
    }
    return monitors.compactMapValues { Availability.worst(Array($0.values)) }
  }
}
