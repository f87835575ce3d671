import Kernel
import Storage

typealias AlertID = ID<Alert>

/// Something that people have to know: from the moment it was seen until it is over. One monitor has one open at a time.
struct Alert: Sendable, Equatable, Codable {
  /// How bad it is: what is slow waits for someone to look at the list, what is down is also sent by mail.
  enum Grade: String, Sendable, Codable { case slow, down }

  let id: AlertID
  let monitor: Monitor.ID
  let name: String
  var grade: Grade
  let level: ImpactLevel
  let openedAt: Instant
  var problem: StoredMonitor.StoredProblem?
  /// When the first message went out; nil while it waits for others to go with it.
  var toldAt: Instant?
  var toldGrade: Grade?
  var resolvedAt: Instant?
  var announcedAt: Instant?
  var acknowledgedAt: Instant?
  var acknowledgedBy: String?
}

/// What is known when it is decided whether someone has to be told.
struct AlertCase: Sendable, Equatable {
  var condition: Condition
  var isFlapping = false
  /// The grade of the open alert; nil without one.
  var open: Alert.Grade?
  /// Whether something before it is bad, so that it could not be reached anyway.
  var isBlocked = false
  /// Whether a stop is planned now.
  var isPlanned = false

  enum Verdict: Sendable, Equatable {
    case open(Alert.Grade)
    case worsen, resolve, keep
  }

  /// Opening is silenced by a cause before it and by a planned stop; what is open stays so until it is well for sure.
  var verdict: Verdict {
    switch (condition, open) {
    case (.down, nil): isBlocked || isPlanned ? .keep : .open(.down)
    case (.slow, nil): isBlocked || isPlanned ? .keep : .open(.slow)
    case (.down, .slow?): isBlocked || isPlanned ? .keep : .worsen
    // What answers again is back, even if not well: whatever worries then opens an alert of its own.
    case (.up, _?), (.slow, .down?): isFlapping ? .keep : .resolve
    default: .keep
    }
  }
}

/// How messages are put together, so that a failure of everything does not send one for each.
enum Grouping {
  /// So many messages of one kind go out by themselves within ``spanMs``.
  static let mostAlone = 3
  static let spanMs: Int64 = 60_000

  /// Whether what waits is told now.
  ///
  /// - Parameters:
  ///   - passes: When messages went out before, within the span.
  ///   - oldest: Since when the first of those waits.
  static func isTime(passes: [Instant], oldest: Instant, now: Instant) -> Bool {
    let recent = passes.count { $0 > now.adding(milliseconds: -spanMs) && $0 <= now }
    return recent < mostAlone || now.milliseconds - oldest.milliseconds >= spanMs
  }
}
