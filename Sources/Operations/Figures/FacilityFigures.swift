import Kernel
import Registers
import Storage
import Web

/// The board's figures of each facility for `/metrics`, by ids alone: that page asks nobody who they are.
///
/// They are read anew after five minutes, and of twenty facilities at a time, so that a scrape stays quick however many there are.
actor FacilityFigures {
  private static let goodFor = Int64(5 * 60_000)
  private static let mostAtOnce = 20

  private var known: [FacilityID: (at: Instant, gauges: [Gauge])] = [:]

  func gauges(of database: Database, at now: Instant) async throws -> [Gauge] {
    let ids = try await Facilities.all(in: database).map(\.id)
    let there = Set(ids)
    known = known.filter { there.contains($0.key) }
    func age(_ id: FacilityID) -> Int64 {
      known[id].map { now.milliseconds - $0.at.milliseconds } ?? Int64.max
    }
    let due = ids.filter { age($0) >= Self.goodFor }.sorted { age($0) > age($1) }
    for id in due.prefix(Self.mostAtOnce) {
      let scope = Scope(database, actor: .system("metrics"), facility: id, now: now)
      known[id] = (now, Self.gauges(id, try await FiguresView.read(scope, RotaDoor.live)))
    }
    return ids.flatMap { known[$0]?.gauges ?? [] }
  }

  static func gauges(_ id: FacilityID, _ view: FiguresView) -> [Gauge] {
    let facility = id.text
    let systems = view.systems.flatMap { line -> [Gauge] in
      let labels: KeyValuePairs = ["facility": facility, "system": line.system.id]
      let share = line.tally?.availability
      let spent = line.tally.flatMap { line.system.goal?.spent($0) }
      return [
        share.map {
          Gauge(
            "mamorite_availability_ratio",
            "Share of the hours that count in 30 days in which a system worked.",
            ratio: $0, of: labels)
        },
        line.system.goal.map {
          Gauge(
            "mamorite_availability_goal_ratio", "What is aimed at for a system (SLO).",
            ratio: Double($0.target) / 100_000, of: labels)
        },
        spent.map {
          Gauge(
            "mamorite_error_budget_spent_ratio", "How much of what may fail in 30 days has failed.",
            ratio: Double($0) / 100, of: labels)
        },
      ].compactMap { $0 }
    }
    let labels: KeyValuePairs = ["facility": facility]
    return systems + [
      Gauge(
        "mamorite_systems_unwatched", "Systems without a monitor.", count: view.unwatched.count, of: labels),
      Gauge(
        "mamorite_systems_without_backup_word", "Systems that stop or delay care, without word of a backup.",
        count: view.withoutBackup.count, of: labels),
      Gauge(
        "mamorite_systems_without_keeper", "Systems with neither owner nor deputy.",
        count: view.withoutKeeper.count, of: labels),
      Gauge(
        "mamorite_oncall_nobody_minutes", "Minutes of the coming 14 days in which nobody is on call.",
        count: view.ahead.reduce(0) { $0 + $1.nobodyMinutes }, of: labels),
    ]
  }
}
