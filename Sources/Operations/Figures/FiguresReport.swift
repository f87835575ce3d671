import Kernel
import Storage
import Web

/// The operating figures in the report to management.
enum FiguresReport {
  /// For programs. What was not measured is null.
  struct Figures: Encodable, Sendable {
    struct Times: Encodable, Sendable {
      let count: Int
      @OrNull var medianSeconds: Int64?
      @OrNull var ninetiethSeconds: Int64?

      init(_ spread: Spread?) {
        count = spread?.count ?? 0
        medianSeconds = spread.map { $0.medianMs / 1000 }
        ninetiethSeconds = spread.map { $0.ninetiethMs / 1000 }
      }
    }
    struct System: Encodable, Sendable {
      let name: String
      /// Of the checks within the hours that count, in percent.
      @OrNull var availability: Double?
      @OrNull var target: Double?
      let hours: String
      /// How much of what may fail has failed, in percent.
      @OrNull var spent: Int?
    }
    struct Duty: Encodable, Sendable {
      let rota: String
      let layer: String
      let nobodyHours: Int
    }

    let since: Day
    let monitors: Int
    let calls: [String: Int]
    let outages: Int
    let unanswered: Int
    let toAcknowledge: Times
    let toRestore: Times
    let availabilityDays: Int
    let systems: [System]
    let systemsWithoutMonitor: [String]
    let systemsWithoutBackup: [String]
    let systemsWithoutKeeper: [String]
    let stepsWithoutAnyone: Int
    let coverageDays: Int
    let dutiesWithoutAnyone: [Duty]

    init(_ view: FiguresView) {
      since = view.since
      monitors = view.monitors
      calls = Dictionary(
        HourKind.allCases.map { ($0.rawValue, view.calls.calls[$0] ?? 0) }, uniquingKeysWith: { $1 })
      (outages, unanswered) = (view.outages, view.unanswered)
      (toAcknowledge, toRestore) = (Times(view.toAcknowledge), Times(view.toRestore))
      availabilityDays = FiguresView.days
      systems = view.systems.map { line in
        System(
          name: line.system.name, availability: line.tally?.availability.map { $0 * 100 },
          target: line.system.goal.map { Double($0.target) / 1000 },
          hours: (line.system.goal?.hours ?? .always).rawValue,
          spent: line.tally.flatMap { line.system.goal?.spent($0) })
      }
      systemsWithoutMonitor = view.unwatched.map(\.name)
      systemsWithoutBackup = view.withoutBackup.map(\.name)
      systemsWithoutKeeper = view.withoutKeeper.map(\.name)
      stepsWithoutAnyone = view.calls.nobody
      coverageDays = CoverageAhead.days
      dutiesWithoutAnyone = view.ahead.filter { $0.nobodyMinutes > 0 }.map {
        Duty(rota: $0.name, layer: $0.layer.rawValue, nobodyHours: $0.nobodyHours)
      }
    }
  }

  static func section(_ tx: ReadTx, at now: Instant) throws -> ReportSection {
    let view = try FiguresView.read(tx, at: now, RotaDoor.live)
    return ReportSection("operations", figures: Figures(view)) { tables(view, Texts<FiguresText>($0)) }
  }

  // MARK: Tables

  typealias T = Texts<FiguresText>
  typealias Table = ReportSection.Table

  static func tables(_ view: FiguresView, _ t: T) -> [Table] {
    guard view.monitors > 0 || !view.isEmpty else {
      return [Table(t(.title), intro: t(.reportNone), head: [], widths: [], rows: [])]
    }
    return [numbers(view, t), systems(view, t), coverage(view, t)].compactMap { $0 }
  }

  private static func numbers(_ view: FiguresView, _ t: T) -> Table {
    func time(_ spread: Spread?) -> String {
      spread.map { t(.reportTimes, t.span($0.medianMs), t.span($0.ninetiethMs), "\($0.count)") }
        ?? t(.reportNothing)
    }
    let calls = view.calls.calls
    let rows: [(String, String)] = [
      (t(.night), t.language.number(calls[.night] ?? 0)),
      (t(.holiday), t.language.number(calls[.holiday] ?? 0)),
      (t(.business), t.language.number(calls[.business] ?? 0)),
      (t(.outages), t.language.number(view.outages)),
      (t(.toAcknowledge), time(view.toAcknowledge)), (t(.toRestore), time(view.toRestore)),
    ]
    return Table(
      t(.title), intro: t(.reportIntro, t.language.date(view.since), "\(view.unanswered)"),
      head: [t(.reportWhat), t(.reportValue)], widths: [4, 8], rows: rows.map { [.text($0.0), .text($0.1)] })
  }

  private static func systems(_ view: FiguresView, _ t: T) -> Table? {
    guard !view.systems.isEmpty else { return nil }
    let rows = view.systems.map { line -> [ReportSection.Cell] in
      let spent = line.tally.flatMap { line.system.goal?.spent($0) }
      let budget: ReportSection.Cell =
        spent.map { $0 > 100 ? .bad(t(.overspent, $0)) : .text(t(.spent, $0)) } ?? .text("−")
      return [
        .text(line.system.name), .text(line.tally?.availability.map { MonitorPage.percent($0) } ?? "−"),
        .text(t(.hours(line.system.goal?.hours ?? .always))),
        .text(line.system.goal.map { t(.goalOf, $0.percent) } ?? t(.noGoal)), budget,
      ]
    }
    return Table(
      t(.availabilityOf, FiguresView.days), intro: t(.availabilityText),
      head: [t(.system), t(.availability), t(.hoursCount), t(.goal), t(.budget)], widths: [4, 2, 2, 2, 2.4],
      rows: rows)
  }

  private static func coverage(_ view: FiguresView, _ t: T) -> Table {
    func names(_ systems: [GoalSystem]) -> String {
      let most = 20
      let rest = systems.count > most ? " \(t(.andMore, systems.count - most))" : ""
      return systems.prefix(most).map(\.name).joined(separator: " / ") + rest
    }
    let lists: [(String, [GoalSystem])] = [
      (t(.unwatched), view.unwatched), (t(.noBackup), view.withoutBackup), (t(.noKeeper), view.withoutKeeper),
    ]
    var rows: [[ReportSection.Cell]] = lists.filter { !$0.1.isEmpty }.map {
      [.bad("\($0.0) \($0.1.count)"), .text(names($0.1))]
    }
    if view.calls.nobody > 0 { rows.append([.bad(t(.nobodyOnCall)), .text("\(view.calls.nobody)")]) }
    let open = view.ahead.filter { $0.nobodyMinutes > 0 }
    if !open.isEmpty {
      let said = open.map { each in
        "\(t(each.layer == .primary ? .primaryOf : .secondaryOf, each.name)) \(t(.hoursCountOf, each.nobodyHours))"
      }
      rows.append([.bad(t(.nobodyAhead, CoverageAhead.days)), .text(said.joined(separator: " / "))])
    }
    return Table(
      t(.coverage),
      intro: rows.isEmpty
        ? t(view.registered == 0 ? .noSystems : view.ahead.isEmpty ? .allCoveredAlone : .allCovered)
        : t(.reportCoverage),
      head: [t(.reportWhat), t(.reportValue)], widths: [4, 8], rows: rows)
  }
}
