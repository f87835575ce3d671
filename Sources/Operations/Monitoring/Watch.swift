import Kernel

/// How something that is watched stands, as people are told.
enum Condition: String, Sendable, Codable, CaseIterable {
  /// Nothing is known yet.
  case waiting
  case up, slow, down
  /// It cannot be told: this machine's own network is gone.
  case unknown
}

/// What one look saw.
enum Sight: Int, Sendable, CaseIterable {
  case up = 0
  case slow = 1
  case down = 2
  /// It did not answer, and neither did the sentinels of this machine's own network.
  case unknown = 3
}

/// How sure one wants to be.
struct Patience: Sendable, Equatable {
  /// So many bad results in a row make "down"; 1 to 10.
  let failures: Int
  /// So many good ones in a row end it; 1 to 10.
  let recoveries: Int

  static let standard = Patience(failures: 3, recoveries: 2)
}

/// What is known of one monitor: its condition, and the results in a row that may change it.
struct Watch: Sendable, Equatable {
  var condition = Condition.waiting
  /// Since when.
  var since: Instant
  /// Bad results in a row.
  var bad = 0
  /// Good ones in a row since it was last down or slow.
  var good = 0
  /// Slow ones in a row.
  var slow = 0
  /// The last results, a bit each, the newest lowest: 1 for a bad one.
  var recent: UInt32 = 0
  var isFlapping = false
  var lastAt: Instant?
  var lastSight: Sight?
  /// What it was before it could not be told.
  var known: Condition?
  /// When it was last seen to be well after it had been bad: what lies behind it can be judged from then on.
  var wellAt: Instant?

  init(since: Instant) { self.since = since }

  /// Bad, but not yet for long enough to say so.
  var isDoubtful: Bool { condition != .down && bad > 0 }
  /// Whether its last look may have taken all of its time.
  var isSick: Bool { lastSight == .down || lastSight == .unknown }
  /// Whether what lies behind it may be out of reach.
  var isBad: Bool { condition == .down || bad > 0 }

  /// What is known after one more result.
  ///
  /// A bad result while this machine is cut off says nothing about the target: it becomes ``Sight/unknown`` and moves no count.
  func seeing(_ sight: Sight, at moment: Instant, _ patience: Patience) -> Watch {
    var next = self
    (next.lastAt, next.lastSight) = (moment, sight)
    if sight == .unknown {
      if condition != .unknown { next.known = condition }
      next.become(.unknown, at: moment)
      return next
    }
    // What was bad before is so until it is well for as long as that takes.
    if condition == .unknown, let known, known == .down || known == .slow { next.become(known, at: moment) }
    next.known = nil
    next.note(isBad: sight == .down)
    switch sight {
    case .down:
      (next.bad, next.good, next.slow) = (bad + 1, 0, 0)
      if next.bad >= patience.failures { next.become(.down, at: moment) }
    case .slow, .up, .unknown:
      next.bad = 0
      next.good = good + 1
      next.slow = sight == .slow ? slow + 1 : 0
      next.improve(sight, at: moment, patience)
    }
    if isBad || known == .down, !next.isBad { next.wellAt = moment }
    return next
  }

  private mutating func improve(_ sight: Sight, at moment: Instant, _ patience: Patience) {
    switch condition {
    case .down: if good >= patience.recoveries { become(sight == .slow ? .slow : .up, at: moment) }
    case .waiting, .unknown: become(sight == .slow ? .slow : .up, at: moment)
    case .up: if slow >= patience.failures { become(.slow, at: moment) }
    case .slow:
      // Slow ones in between begin the count anew.
      if sight == .slow { good = 0 }
      if good >= patience.recoveries { become(.up, at: moment) }
    }
  }

  private mutating func become(_ condition: Condition, at moment: Instant) {
    guard condition != self.condition else { return }
    (self.condition, since) = (condition, moment)
    if condition == .slow { good = 0 }
  }

  /// Results that are remembered for flapping.
  static let remembered = 20
  /// So many changes among them begin it, so few end it.
  static let (restless, calm) = (7, 2)

  private mutating func note(isBad: Bool) {
    recent = (recent << 1 | (isBad ? 1 : 0)) & (1 << UInt32(Watch.remembered) - 1)
    let differing = (recent ^ recent >> 1) & (1 << UInt32(Watch.remembered - 1) - 1)
    let changes = differing.nonzeroBitCount
    if changes >= Watch.restless { isFlapping = true }
    if changes <= Watch.calm { isFlapping = false }
  }

  /// For so long a result says something about what is watched.
  static func freshMs(every: Int64) -> Int64 { 2 * every + 30_000 }

  /// What to show at `now`: results that have stopped coming say nothing.
  ///
  /// - Parameter every: The longest time that may lie between two results.
  func shown(at now: Instant, every: Int64) -> Shown {
    let age = now.milliseconds - (lastAt ?? since).milliseconds
    // A result from the future is none: a clock was put back.
    if age > Watch.freshMs(every: every) || age < -30_000 { return .stale }
    switch condition {
    case .waiting: return .waiting
    case .up: return isDoubtful ? .doubtful : .up
    case .slow: return isDoubtful ? .doubtful : .slow
    case .down: return .down
    case .unknown: return .unknown
    }
  }
}

/// How a monitor is shown, the worst first.
enum Shown: String, Sendable, CaseIterable, Comparable {
  case down, stale, unknown, doubtful, slow, waiting, up, paused

  static func < (a: Shown, b: Shown) -> Bool { a.rank < b.rank }
  private var rank: Int { Shown.allCases.firstIndex(of: self) ?? 0 }
}

/// What lies behind what: a monitor behind a switch cannot be reached while the switch is down.
struct Dependence: Sendable, Equatable {
  /// By monitor, the one that it stands behind.
  let parents: [String: String]

  /// The nearest one before `id` that is bad; nil when the way there is open.
  func blocker(of id: String, isBad: (String) -> Bool) -> String? {
    before(id).first(where: isBad)
  }

  /// Everything before `id`, the nearest first.
  func before(_ id: String) -> [String] {
    var (found, seen): ([String], Set<String>) = ([], [id])
    var next = parents[id]
    while let parent = next, seen.insert(parent).inserted {
      found.append(parent)
      next = parents[parent]
    }
    return found
  }

  /// Whether `id` would stand behind itself if it stood behind `parent`.
  func wouldCircle(_ id: String, behind parent: String) -> Bool {
    var seen: Set<String> = []
    var next: String? = parent
    while let each = next, seen.insert(each).inserted {
      if each == id { return true }
      next = parents[each]
    }
    return false
  }
}

/// A time in which a stop is planned: from its start until just before its end.
struct Window: Sendable, Equatable, Codable {
  let from: Instant
  let until: Instant

  func contains(_ moment: Instant) -> Bool { from <= moment && moment < until }
}
