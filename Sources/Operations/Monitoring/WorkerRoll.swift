import Kernel

/// Which workers live, as one of them sees it: whoever has not moved on in ``WorkerRoll/patience`` of its own turns is gone.
///
/// No two clocks are compared: neither a machine whose clock is wrong nor a clock that is put back makes a worker dead or keeps
/// it alive.
struct WorkerRoll: Sendable {
  /// Turns of two seconds.
  static let patience = 4

  private var seen: [String: (at: Instant, unchanged: Int)] = [:]

  /// Takes down what each says of itself, once a turn. Gives those that are gone.
  mutating func call(_ said: [String: Instant]) -> Set<String> {
    var next: [String: (at: Instant, unchanged: Int)] = [:]
    for (name, at) in said {
      let before = seen[name]
      next[name] = (at, before?.at == at ? (before?.unchanged ?? 0) + 1 : 0)
    }
    seen = next
    return Set(next.filter { $0.value.unchanged >= WorkerRoll.patience }.keys)
  }
}

/// Whether the watching itself goes on.
struct WatchCare: Sendable {
  /// Monitors that are to be asked, and jobs that are to be heard of.
  let asked: Int
  /// Those of them of which nothing comes.
  let stale: Int
  /// When a worker was seen last.
  let seenAt: Instant?

  /// False when there is something to watch and no worker has been seen for half a minute.
  func isWatched(at now: Instant) -> Bool {
    asked == 0 || seenAt.map { abs(now.milliseconds - $0.milliseconds) <= 30_000 } ?? false
  }
}
