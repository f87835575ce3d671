import Kernel

/// When a monitor looks: every so often, at a phase of its own, without drift.
///
/// All beats lie on one grid, whatever happened before: a worker that takes a monitor over looks at the same moments as the one
/// that had it.
struct Schedule: Sendable, Equatable {
  let intervalMs: Int64
  /// 0 to `intervalMs` - 1; spreads the monitors over the interval.
  let phaseMs: Int64

  /// - Parameter id: The monitor's; the phase follows from it alone.
  init(intervalMs: Int64, id: String) {
    self.init(intervalMs: intervalMs, phaseMs: Int64(Schedule.mixed(id) % UInt64(max(1, intervalMs))))
  }

  init(intervalMs: Int64, phaseMs: Int64) {
    self.intervalMs = max(1, intervalMs)
    self.phaseMs = phaseMs
  }

  /// The first beat at `moment` or after it.
  func first(notBefore moment: Instant) -> Instant {
    let past = moment.milliseconds - phaseMs
    let beats = past >= 0 ? (past + intervalMs - 1) / intervalMs : -(-past / intervalMs)
    return Instant(milliseconds: beats * intervalMs + phaseMs)
  }

  /// The beat after the one at `planned`, as seen at `now` when its check is over.
  ///
  /// Beats that have passed meanwhile are counted and not made up for. A clock that was put back starts over from there.
  func next(after planned: Instant, now: Instant) -> (planned: Instant, skipped: Int) {
    if now.milliseconds < planned.milliseconds - intervalMs { return (first(notBefore: now), 0) }
    let following = first(notBefore: planned.adding(milliseconds: 1))
    guard following <= now else { return (following, 0) }
    let next = first(notBefore: now.adding(milliseconds: 1))
    return (next, Int((next.milliseconds - following.milliseconds) / intervalMs))
  }

  /// When to look again after a bad result that may pass: a third of the interval, between 5 s and 60 s, and never after the beat.
  func retry(before next: Instant, now: Instant) -> Instant {
    min(next, now.adding(milliseconds: min(max(intervalMs / 3, 5_000), 60_000)))
  }

  /// FNV-1a, then the end of MurmurHash3, so that ids that differ in one digit lie far apart.
  private static func mixed(_ text: String) -> UInt64 {
    var hash = text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ hash >> 33
  }
}
