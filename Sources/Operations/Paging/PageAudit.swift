import Kernel
import Mail
import Registers
import Storage
import Web

/// Looks once a minute, apart from the one who calls, at who should have been called by now, and reports what differs.
enum PageAudit {
  /// So late a call may be: a minute of waiting for others, and what a worker needs that takes over from one that is gone.
  static let toleranceMs: Int64 = 180_000
  /// So long a call may wait to leave the house.
  static let unsentMs: Int64 = 600_000

  /// The first turn that should have been made by now and was not; nil when all is as it should be.
  ///
  /// - Parameters:
  ///   - start: when the plan begins.
  ///   - calls: when each turn was made, also those that had nobody.
  ///   - stop: when it was taken on, or over.
  static func missing(
    _ plan: PagePlan, start: Instant, calls: [Int: Instant], skipped: Set<Int>, stop: Instant?, now: Instant
  ) -> Int? {
    var from = start
    let end = min(stop ?? now, now)
    for turn in 0..<(plan.escalates ? plan.turns : 1) {
      // After a turn that had nobody the next does not wait.
      let wait = turn > 0 && skipped.contains(turn - 1) ? 0 : plan.waitMs(before: turn)
      let due = from.adding(milliseconds: wait)
      guard due.adding(milliseconds: toleranceMs) < end else { return nil }
      guard let at = calls[turn] else { return turn }
      from = at
    }
    return nil
  }

  /// One look at a facility.
  static func run(_ rota: RotaDoor, in scope: Scope) async throws {
    try await scope.write { tx in
      let now = scope.now
      var news: [PageFaults.News] = []
      func report(_ fault: PageFault, _ page: AuditedPage, turn: Int, _ further: [String: String] = [:])
        throws
      {
        let step = page.plan.steps.isEmpty ? 0 : turn % page.plan.steps.count + 1
        let facts = ["name": page.name, "number": "\(page.number)", "step": "\(step)"]
        if try tx.note(fault, alert: page.alert, turn: turn, facts.merging(further) { first, _ in first }) {
          news.append(
            PageFaults.News(fault: fault, alert: page.alert, name: page.name, number: page.number, step: step)
          )
        }
      }
      let pages = try tx.auditedPages(since: now.adding(minutes: -60))
      let calls = Dictionary(grouping: try tx.calls(since: now.adding(minutes: -26 * 60)), by: \.alert)
      // A pass calls all of its people at one moment, and each moment has its own rota.
      var resolvers: [Instant: CallResolver] = [:]
      for page in pages {
        let own = (calls[page.alert] ?? []).filter { $0.grade == page.grade }
        let times = Dictionary(own.map { ($0.turn, $0.at) }, uniquingKeysWith: { min($0, $1) })
        let skipped = Set(own.filter { $0.recipient == nil }.map(\.turn))
        if page.startsAt > now.adding(minutes: -25 * 60),
          let turn = missing(
            page.plan, start: page.startsAt, calls: times, skipped: skipped, stop: page.stoppedAt, now: now)
        {
          try report(.missing, page, turn: turn)
        }
        // Those just called, against the rota as it stands.
        for (turn, made) in Dictionary(grouping: own, by: \.turn) where turn < page.plan.turns {
          guard let at = made.first?.at, at > now.adding(milliseconds: -toleranceMs) else { continue }
          let called = Set(made.compactMap(\.recipient))
          var who = resolvers[at] ?? CallResolver(tx, rota)
          let expected = Set(
            try who.recipients(
              of: page.plan.step(turn), system: page.system, isQuiet: page.plan.isQuiet, at: at))
          resolvers[at] = who
          guard !expected.isSubset(of: called) else { continue }
          try report(.different, page, turn: turn)
        }
      }
      for alert in try tx.unroutedAlerts(before: now.adding(milliseconds: -toleranceMs)) {
        let page = AuditedPage(
          alert: alert.id, name: alert.name, number: 0, grade: alert.grade, system: nil,
          plan: .standing(isQuiet: false), startsAt: alert.openedAt, stoppedAt: nil)
        try report(.missing, page, turn: 0)
      }
      for page in try tx.pagesWithUnsent(before: now.adding(milliseconds: -unsentMs)) {
        try report(.unsent, page, turn: 0)
      }
      try PageFaults.tell(news, tx)
      // A lost due row would leave a page waiting for ever.
      if let next = try tx.nextPageTurn() { try tx.rearmPages(at: next) }
    }
  }
}

/// A page as the auditor sees it.
struct AuditedPage: Sendable {
  let alert: AlertID
  let name: String
  let number: Int
  let grade: Alert.Grade
  let system: String?
  let plan: PagePlan
  let startsAt: Instant
  /// When it was taken on, or over.
  let stoppedAt: Instant?
}
