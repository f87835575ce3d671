import Kernel
import Probes

/// What a worker has in mind of a monitor that it looks after.
struct HeldMonitor {
  var stored: StoredMonitor
  /// The number under which it was taken (``Hold``).
  let claim: Int
  var recent: [UInt8]
  /// Nil when the settings cannot be used (a key is gone).
  let check: (any Check)?
  let fault: StoredMonitor.StoredProblem?
  let load: Lanes.Load
  var planned: Instant
  /// Tells the entry of the wheel that counts from those before it.
  var turn: Int
  var isRunning = false
  /// Times in a row that it could not be asked.
  var refusals = 0

  var hold: Hold { Hold(version: stored.watchVersion, claim: claim) }
}

/// An entry of the wheel.
struct DueLook: Sendable {
  let key: MonitorKey
  let turn: Int
}

/// What one of those that tell of this machine's own network saw.
struct SentinelSight: Sendable {
  var sight: Sight?
  /// Since when it has been down without a break.
  var downSince: Instant?

  init(_ sight: Sight?, _ at: Instant?, after before: SentinelSight?) {
    self.sight = sight
    downSince = sight == .down ? before?.downSince ?? at : nil
  }
}

/// Under which numbers a worker holds a monitor: the version of its settings, and how often it has been taken by anyone.
///
/// What is written under other numbers is thrown away: a worker that stood still while another looked on would else put its old
/// results over the newer ones, also when it has taken the monitor back meanwhile.
struct Hold: Sendable, Equatable {
  let version: Int
  let claim: Int
}

/// How many monitors a worker has, and the sums of their numbers, by which it sees that something has changed.
struct Share: Sendable, Equatable {
  let count: Int
  let versions: Int
  let claims: Int
}
