import Kernel
import Storage

extension AlertDesk {
  /// What was silent for a cause is looked at once more when the cause is gone, before anyone is called: its result is older
  /// than the end of the cause, and says nothing about now.
  func silenceOldResults(_ candidates: inout [Candidate], _ parents: Dependence, _ tx: WriteTx) throws {
    guard !candidates.isEmpty else { return }
    let ends = try CauseEnds(tx, parents)
    for index in candidates.indices {
      let each = candidates[index]
      guard each.facts.tells, let lastAt = each.lastAt else { continue }
      // It has begun to be well again: the next looks, which are on their way, decide.
      if each.lastSight == .up || (each.lastSight == .slow && each.facts.condition == .down) {
        candidates[index].facts.isBlocked = true
        continue
      }
      guard let end = ends.last(for: each.id, at: tx.scope.now), lastAt <= end else { continue }
      candidates[index].facts.isBlocked = true
      if each.wantedAt.map({ $0 <= end }) ?? true { try tx.want(each.id) }
    }
  }
}

extension AlertCase {
  /// Whether someone would be told of it now.
  fileprivate var tells: Bool {
    switch verdict {
    case .open, .worsen: true
    case .resolve, .keep: false
    }
  }
}

/// When what silenced a monitor came to its end.
private struct CauseEnds {
  private let parents: Dependence
  private let wellAt: [String: Instant]
  private let windows: [(monitor: Monitor.ID?, until: Instant)]

  init(_ tx: ReadTx, _ parents: Dependence) throws {
    self.parents = parents
    wellAt = try parents.parents.isEmpty ? [:] : tx.recoveries()
    windows = try tx.endedWindows()
  }

  /// The latest of them; nil without any. What lies in the future is the doing of a clock that was put back.
  func last(for id: Monitor.ID, at now: Instant) -> Instant? {
    let ends = parents.before(id.text).compactMap { wellAt[$0] }
    let planned = windows.filter { $0.monitor == nil || $0.monitor == id }.map(\.until)
    return (ends + planned).filter { $0 <= now }.max()
  }
}
