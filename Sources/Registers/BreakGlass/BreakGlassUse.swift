import Kernel
import Storage
import Web

enum BreakGlassTag {}
typealias BreakGlassID = ID<BreakGlassTag>

/// One use of a sealed code: who came in, why, and what was found when it was reviewed.
struct BreakGlassUse: Sendable, Equatable {
  let id: BreakGlassID
  /// As given by whoever came in; nobody has checked it.
  let name: String
  let reason: String
  /// The number on the paper.
  let code: Int
  let begunAt: Instant
  /// When it ends by itself.
  let expiresAt: Instant
  /// When it was ended before.
  let endedAt: Instant?
  let address: String
  let agent: String
  /// The first day on which the review is late.
  let reviewOn: Day
  let review: Review?
  let version: Int

  struct Review: Sendable, Equatable, Codable {
    let at: Instant
    let by: String
    let outcome: Outcome
    let remark: String
  }

  enum Outcome: String, Sendable, CaseIterable, Codable {
    case needed
    case followUp = "follow-up"
    case improper
  }

  func isOpen(at now: Instant) -> Bool { endedAt == nil && now < expiresAt }

  /// The review of this use by someone.
  ///
  /// - Parameters:
  ///   - hasOthers: whether anyone else may review: a house with one person only is not left with a reminder for ever.
  /// - Throws: ``BreakGlassRefusal``.
  func reviewed(
    _ outcome: String, _ remark: String, by name: String, hasOthers: Bool, at now: Instant
  ) throws(BreakGlassRefusal) -> Review {
    guard review == nil else { throw .alreadyReviewed }
    guard !isOpen(at: now) else { throw .stillOpen }
    guard name.searchable != self.name.searchable || !hasOthers else { throw .ownUse }
    guard let outcome = Outcome(rawValue: outcome) else { throw .noOutcome }
    guard let remark = remark.trimmed(to: 1...500) else { throw .noRemark }
    return Review(at: now, by: name, outcome: outcome, remark: remark)
  }
}

/// What someone says who comes in by a sealed code.
struct BreakGlassEntry: Sendable, Equatable {
  static let shortestReason = 10

  let code: String
  let name: String
  let reason: String

  /// - Throws: ``BreakGlassRefusal``; whether the code is right is not known yet.
  init(code raw: String, name: String, reason: String) throws(BreakGlassRefusal) {
    guard let name = name.trimmed(to: 1...60) else { throw .noName }
    guard let reason = reason.trimmed(to: BreakGlassEntry.shortestReason...500) else { throw .noReason }
    guard case .recovery(let code) = TypedCode(raw) else { throw .wrongCode }
    (self.code, self.name, self.reason) = (code, name, reason)
  }

  /// What the database keeps of a code; 79 random bits need no slow hash.
  static func hash(_ code: String) -> String { Secret.hash("break-glass:\(code.filter { $0 != "-" })") }
}

/// A code that was put under seal.
struct SealedCode: Sendable, Equatable {
  enum State: Sendable { case sealed, used, withdrawn }

  let number: Int
  let madeAt: Instant
  let madeBy: String
  let state: State
}

/// How long an emergency access lasts.
struct BreakGlassSetting: Sendable, Equatable, Codable {
  static let choices = [15, 30, 60, 120, 240]

  let minutes: Int
  /// 0 while nothing has been decided.
  let version: Int

  static let initial = BreakGlassSetting(minutes: 60, version: 0)

  func changed(to raw: String) throws(BreakGlassRefusal) -> BreakGlassSetting {
    guard let minutes = Int(raw), BreakGlassSetting.choices.contains(minutes) else { throw .badMinutes }
    return BreakGlassSetting(minutes: minutes, version: version + 1)
  }
}

enum BreakGlassRefusal: Problem, Equatable {
  case noName, noReason, wrongCode, badMinutes, badCount, alreadyReviewed, stillOpen, ownUse, noOutcome
  case noRemark, notInEmergency, terminalElsewhere
  case locked(minutes: Int)

  var code: String { "breakglass.\(caseName)" }
  var kind: ProblemKind {
    switch self {
    case .locked: .tooMany
    case .alreadyReviewed, .stillOpen, .ownUse: .conflict
    case .notInEmergency: .forbidden
    default: .invalid
    }
  }
  var arguments: [String] {
    if case .locked(let minutes) = self { ["\(minutes)"] } else { [] }
  }
  var field: String? {
    switch self {
    case .noName: "name"
    case .noReason: "reason"
    case .wrongCode: "code"
    case .badMinutes: "minutes"
    case .badCount: "count"
    case .noOutcome: "outcome"
    case .noRemark: "remark"
    default: nil
    }
  }
}
