import Kernel
import Web

/// A role that an administrator gives someone until a time, for a reason. It ends by itself.
struct Grant: Sendable, Equatable {
  typealias ID = Kernel.ID<Grant>

  enum State: Sendable, Equatable { case live, over, ended }

  let id: ID
  let person: PersonID
  let personName: String
  let role: Role
  let reason: String
  let givenAt: Instant
  let givenBy: String
  /// nil for someone who came in by a sealed code.
  let giver: PersonID?
  let until: Instant
  let endedAt: Instant?
  /// Who ended it before its time; empty when it ran out.
  let endedBy: String

  func state(at now: Instant) -> State {
    if endedAt != nil && !endedBy.isEmpty { return .ended }
    return until > now ? .live : .over
  }

  /// What people of the facility can be given.
  static let forOwn = Role.standing.filter { $0 != .staff } + [.operator]
  /// What someone can be given who has an account elsewhere on this installation.
  static let forOthers = Role.allCases.filter { $0.needsGrant && $0 != forOne }
  /// For one audit alone: given where that audit is.
  static let forOne = Role.visitingAuditor
}

/// A grant that someone wants to give.
struct GrantDraft: Sendable, Equatable {
  /// So many days one lasts at most.
  static let mostDays = 365

  enum Target: Sendable, Equatable {
    case person(PersonID)
    /// By the user name of an account.
    case login(String)
  }

  let target: Target
  let role: Role
  let until: Instant
  let reason: String

  /// - Parameters:
  ///   - person: an id, or empty.
  ///   - login: a user name, or empty; one of the two is given.
  ///   - day: the last day, as a form sends it.
  ///   - time: `HH:MM` on that day; empty for its end.
  ///   - limit: when what the giver has been given ends; nil for those who have it for good.
  ///   - isForOne: whether it is given for one thing alone, to anyone.
  init(
    person: String, login: String, role: String, day: String, time: String, reason: String, limit: Instant?,
    isForOne: Bool = false, at now: Instant
  ) throws(GrantRefusal) {
    switch (PersonID(person), login.trimmed.lowercased()) {
    case (let id?, ""): target = .person(id)
    case (nil, let name) where !name.isEmpty && person.isEmpty: target = .login(name)
    default: throw .badTarget
    }
    guard let role = Role(rawValue: role) else { throw .badRole }
    let general = if case .person = target { Grant.forOwn } else { Grant.forOthers }
    let allowed = isForOne ? [Grant.forOne] : general
    guard allowed.contains(role) else { throw .badRole }
    guard let until = Self.moment(day, time), until > now,
      until <= now.day.adding(days: Self.mostDays).start
    else { throw .badUntil }
    guard limit.map({ until <= $0 }) ?? true else { throw .longerThanOwn }
    guard let reason = reason.trimmed(to: 10...200) else { throw .badReason }
    (self.role, self.until, self.reason) = (role, until, reason)
  }

  private static func moment(_ day: String, _ time: String) -> Instant? {
    guard let day = Day(day.trimmed) else { return nil }
    if time.trimmed.isEmpty { return day.adding(days: 1).start }
    let parts = time.trimmed.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<24).contains(hour),
      (0..<60).contains(minute)
    else { return nil }
    return day.start.adding(minutes: Int64(hour * 60 + minute))
  }
}

/// What is refused about grants.
enum GrantRefusal: Problem, Equatable {
  case badTarget, unknownLogin, isHere, doesNotSignIn, badRole, hasRole, badUntil, longerThanOwn, badReason
  case ownGrant, noSuchGrant

  var code: String { "grants.\(self)" }

  var kind: ProblemKind { self == .noSuchGrant ? .notFound : .invalid }

  var field: String? {
    switch self {
    case .badTarget, .doesNotSignIn, .ownGrant: "person"
    case .unknownLogin, .isHere: "login"
    case .badRole, .hasRole: "role"
    case .badUntil, .longerThanOwn: "until"
    case .badReason: "reason"
    case .noSuchGrant: nil
    }
  }
}
