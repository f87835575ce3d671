import Kernel
import Storage

/// Where a facility's installation puts its backups, when, and how many stay.
struct BackupPlan: Sendable, Equatable, Codable {
  /// An absolute path on the server.
  let place: String
  /// Minutes after midnight in Asia/Tokyo.
  let minute: Int
  /// Whether the place must be on a connected disk.
  let isDisk: Bool
  let daily: Int
  let weekly: Int
  let monthly: Int
  /// When the key was shown for printing; nil before.
  var keyShownAt: Instant?
  let version: Int

  static let minutes = Array(stride(from: 0, to: 24 * 60, by: 30))

  var retention: Retention { Retention(daily: daily, weekly: weekly, monthly: monthly) }

  /// - Throws: ``BackupRefusal``.
  init(
    place: String, minute: Int?, isDisk: Bool, daily: Int?, weekly: Int?, monthly: Int?,
    over before: BackupPlan?
  )
    throws(BackupRefusal)
  {
    guard let place = place.trimmed(to: 2...400), place.hasPrefix("/"), !place.contains("\n") else {
      throw .badPlace
    }
    guard let minute, BackupPlan.minutes.contains(minute) else { throw .badTime }
    guard let daily, let weekly, let monthly, (1...Retention.most).contains(daily),
      (0...Retention.most).contains(weekly), (0...Retention.most).contains(monthly)
    else { throw .badNumbers }
    self.init(
      place: place, minute: minute, isDisk: isDisk, daily: daily, weekly: weekly, monthly: monthly,
      keyShownAt: before?.keyShownAt, version: (before?.version ?? 0) + 1)
  }

  init(
    place: String, minute: Int, isDisk: Bool, daily: Int, weekly: Int, monthly: Int, keyShownAt: Instant?,
    version: Int
  ) {
    (self.place, self.minute, self.isDisk) = (place, minute, isDisk)
    (self.daily, self.weekly, self.monthly) = (daily, weekly, monthly)
    (self.keyShownAt, self.version) = (keyShownAt, version)
  }

  /// The next moment of the day's time after `now`.
  func next(after now: Instant) -> Instant {
    let today = now.day.start.adding(minutes: Int64(minute))
    return today > now ? today : now.day.adding(days: 1).start.adding(minutes: Int64(minute))
  }
}

/// One attempt to make a backup. Kept by the program, not by people.
struct BackupRun: Sendable, Equatable {
  typealias ID = Kernel.ID<BackupRun>
  enum Way: String, Sendable { case plan, page, shell }

  let id: ID
  let at: Instant
  let elapsedMs: Int
  let way: Way
  let place: String
  /// The path of the file; empty when there is none.
  let file: String
  let bytes: Int
  let entries: Int
  let head: String
  /// Code and arguments of what was wrong; nil when it was made.
  let problem: Told?

  /// A problem as it is kept: its words are chosen when it is read.
  struct Told: Problem, Equatable {
    let code: String
    let arguments: [String]
    var kind: ProblemKind { .unavailable }
  }
}

/// A backup was restored to see whether that works; by hand, or by the program into a temporary place.
struct RestoreDrill: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<RestoreDrill>
  enum Result: String, Sendable, Codable, CaseIterable { case good, partly, failed }

  let id: ID
  let on: Day
  let elapsedMs: Int
  let doneBy: String
  /// The system that was restored; empty for Mamorite itself.
  let system: String
  let result: Result
  let remark: String
  /// Whether the program restored and measured it.
  let isMeasured: Bool

  /// - Throws: ``BackupRefusal``.
  init(
    id: ID, on day: Day?, minutes: Int?, doneBy: String, system: String, result: String, remark: String,
    today: Day
  ) throws(BackupRefusal) {
    guard let day, day <= today, day >= today.adding(days: -3660) else { throw .badDay }
    guard let minutes, (1...100_000).contains(minutes) else { throw .badMinutes }
    guard let doneBy = doneBy.trimmed(to: 1...100) else { throw .badPerson }
    guard let result = Result(rawValue: result) else { throw .badResult }
    guard let system = system.trimmed(to: 0...100), let remark = remark.trimmed(to: 0...2000) else {
      throw .tooLong
    }
    (self.id, on, elapsedMs, self.doneBy) = (id, day, minutes * 60_000, doneBy)
    (self.system, self.result, self.remark, isMeasured) = (system, result, remark, false)
  }

  init(
    id: ID, on: Day, elapsedMs: Int, doneBy: String, system: String, result: Result, remark: String,
    isMeasured: Bool
  ) {
    (self.id, self.on, self.elapsedMs, self.doneBy) = (id, on, elapsedMs, doneBy)
    (self.system, self.result, self.remark, self.isMeasured) = (system, result, remark, isMeasured)
  }
}

/// What the first look at backups needs.
struct BackupFigures: Sendable, Equatable {
  /// Backups made in the last thirty days.
  var runs = 0
  /// Days since the newest; nil without any.
  var daysSince: Int?
  /// Drills in the last year, those of other systems, and those that went wrong.
  var drills = 0
  var otherDrills = 0
  var failedDrills = 0
  var oldest: Day?

  var isEmpty: Bool { daysSince == nil && drills == 0 }
  /// A daily backup may be late by one day.
  var isFresh: Bool { daysSince.map { $0 <= 2 } ?? false }
}

/// What keeps a plan or a drill from being saved.
enum BackupRefusal: Problem, Equatable {
  case badPlace, badTime, badNumbers, badDay, badMinutes, badPerson, badResult, tooLong
  case keyShown, keyGone, noPlan, noKeyFolder, noFile, plannedElsewhere

  var code: String { "backups.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .keyShown, .plannedElsewhere: .conflict
    case .noPlan, .noFile: .notFound
    case .noKeyFolder, .keyGone: .unavailable
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .badPlace: "place"
    case .badTime: "minute"
    case .badNumbers: "daily"
    case .badDay: "day"
    case .badMinutes: "minutes"
    case .badPerson: "doneBy"
    case .badResult: "result"
    case .tooLong: "remark"
    default: nil
    }
  }
}
