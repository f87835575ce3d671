import Kernel
import Storage
import Web

/// Opens and closes alerts by what is known of the monitors, and has people called.
struct AlertDesk: Sendable {
  let pager: Pager

  init(sealer: Sealer, address: String?) { pager = Pager(sealer: sealer, address: address) }

  /// Brings the alerts of a facility up to date. Harmless when nothing is to be done, and when two workers do it.
  func settle(in scope: Scope) async throws {
    try await scope.write { tx in
      try decide(tx)
      try pager.turn(tx)
      try pager.announce(tx)
    }
  }

  // MARK: Deciding

  private func decide(_ tx: WriteTx) throws {
    var candidates = try tx.alertCandidates()
    guard !candidates.isEmpty else { return }
    let now = tx.scope.now
    let (parents, bad) = (try tx.monitorParents(), try tx.badMonitors())
    let windows = try tx.windows(endingAfter: now)
    let systems = Dictionary(
      try tx.watchedSystems().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for index in candidates.indices {
      let id = candidates[index].id
      candidates[index].facts.isBlocked = parents.blocker(of: id.text, isBad: bad.contains) != nil
      candidates[index].facts.isPlanned = windows.contains { $0.silences(id, at: now) }
    }
    try silenceOldResults(&candidates, parents, tx)
    let recoverable = try tx.recoverableMonitors()
    for each in candidates {
      switch each.facts.verdict {
      case .keep: break
      case .open(let grade):
        let level =
          each.monitor.level ?? ImpactLevel(impact: each.monitor.system.flatMap { systems[$0]?.impact })
        try tx.open(
          Alert(
            id: tx.scope.newID(), monitor: each.id, name: each.monitor.name, grade: grade, level: level,
            openedAt: now, problem: each.problem))
        if grade == .down, recoverable.contains(each.id.text) { try tx.armRecovery(of: each.id) }
      case .worsen:
        if recoverable.contains(each.id.text) { try tx.armRecovery(of: each.id) }
        if let alert = each.alert { try tx.worsen(alert, each.problem) }
      case .resolve: if let alert = each.alert { try tx.resolve(alert, of: each.id) }
      }
    }
  }
}
