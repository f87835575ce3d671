import Kernel
import Registers
import Web

/// A part of bringing in two-factor sign-in, with its days.
struct RolloutPhase: Sendable, Equatable, Codable {
  let number: Int
  /// "" where the preset name stands.
  private(set) var name: String
  private(set) var startOn: Day
  private(set) var endOn: Day
  private(set) var version: Int

  init(number: Int, name: String, startOn: Day, endOn: Day, version: Int) {
    (self.number, self.name, self.version) = (number, name, version)
    (self.startOn, self.endOn) = (startOn, endOn)
  }

  /// Administrators of key systems; general users; everything.
  static let count = 3

  /// Three phases of about the same length, one after the other.
  ///
  /// - Throws: ``RolloutRefusal/badDays`` unless there is room for them.
  static func preset(from start: Day, to end: Day) throws(RolloutRefusal) -> [RolloutPhase] {
    let length = end.days(since: start) + 1
    guard length >= count, length <= 3_660 else { throw .badDays }
    return (0..<count).map { place in
      RolloutPhase(
        number: place + 1, name: "", startOn: start.adding(days: length * place / count),
        endOn: start.adding(days: length * (place + 1) / count - 1), version: 1)
    }
  }

  /// - Throws: ``RolloutRefusal``.
  func revised(name raw: String, startOn: Day, endOn: Day) throws(RolloutRefusal) -> RolloutPhase {
    guard let name = raw.trimmed(to: 0...60), !name.contains("\n") else { throw .badName }
    guard startOn <= endOn, endOn.days(since: startOn) <= 3_660 else { throw .badDays }
    return RolloutPhase(number: number, name: name, startOn: startOn, endOn: endOn, version: version + 1)
  }

  /// Phases may overlap, but none begins before the one before it.
  static func check(_ phases: [RolloutPhase]) throws(RolloutRefusal) {
    for (first, second) in zip(phases, phases.dropFirst()) where second.startOn < first.startOn {
      throw .badOrder
    }
  }
}

/// A group of people at a system, by what they will prove who they are, and how far it is.
struct RolloutLine: Sendable, Equatable {
  typealias ID = Kernel.ID<RolloutLine>

  enum Method: String, Sendable, Codable, CaseIterable { case passkey, app, card, biometric, other }

  /// Where a line stands on a day.
  enum Standing: String, Sendable, CaseIterable {
    case done, exempt
    /// The exception has run out: it is to be looked at again.
    case exceptionOver = "exception-over"
    case late
    case underWay = "under-way"
    case planned
  }

  let id: ID
  var system = ""
  var group = ""
  var people: Int?
  var method = Method.passkey
  var phase = 1
  var doneOn: Day?
  /// In yen, once and every year; nil for what is not known.
  var costOnce: Int?
  var costYearly: Int?
  var exceptionReason = ""
  var exceptionUntil: Day?
  var version = 0

  init(id: ID) { self.id = id }

  /// What a person typed.
  struct Draft: Sendable, Equatable {
    var system = ""
    var group = ""
    var people: Int?
    var method = Method.passkey
    var phase = 1
    var doneOn: Day?
    var costOnce: Int?
    var costYearly: Int?
    var exceptionReason = ""
    var exceptionUntil: Day?
  }

  /// - Throws: ``RolloutRefusal``.
  func revised(_ draft: Draft, today: Day) throws(RolloutRefusal) -> RolloutLine {
    guard let group = draft.group.trimmed(to: 1...60), !group.contains("\n") else { throw .badGroup }
    guard !draft.system.isEmpty else { throw .noSystem }
    guard (1...RolloutPhase.count).contains(draft.phase) else { throw .badPhase }
    guard let reason = draft.exceptionReason.trimmed(to: 0...400) else { throw .reasonTooLong }
    guard reason.isEmpty == (draft.exceptionUntil == nil) else { throw .halfException }
    if let done = draft.doneOn, done > today { throw .doneLater }
    if let until = draft.exceptionUntil, until != exceptionUntil, until <= today { throw .exceptionPast }
    guard draft.people.map({ (0...1_000_000).contains($0) }) ?? true else { throw .badPeople }
    var next = self
    (next.system, next.group, next.people) = (draft.system, group, draft.people)
    (next.method, next.phase, next.doneOn) = (draft.method, draft.phase, draft.doneOn)
    (next.costOnce, next.costYearly) = (draft.costOnce, draft.costYearly)
    (next.exceptionReason, next.exceptionUntil) = (reason, draft.exceptionUntil)
    next.version = version + 1
    return next
  }

  /// - Parameter known: what the registers say of it; where that is nothing, the day that a person entered counts.
  func standing(in phase: RolloutPhase, on today: Day, known: RolloutKnown = .nothing) -> Standing {
    if isDone(known) { return .done }
    if let exceptionUntil { return exceptionUntil >= today ? .exempt : .exceptionOver }
    if phase.endOn < today { return .late }
    return phase.startOn <= today ? .underWay : .planned
  }
}

/// How far a phase is: what is excepted counts neither as done nor as to be done.
struct RolloutProgress: Sendable, Equatable {
  private(set) var counts: [RolloutLine.Standing: Int] = [:]
  private(set) var once = 0
  private(set) var yearly = 0
  private(set) var unknown = 0

  init(
    _ lines: some Sequence<RolloutLine>, in phase: RolloutPhase, on today: Day,
    known: (RolloutLine) -> RolloutKnown = { _ in .nothing }
  ) {
    for line in lines where line.phase == phase.number {
      counts[line.standing(in: phase, on: today, known: known(line)), default: 0] += 1
      once += line.costOnce ?? 0
      yearly += line.costYearly ?? 0
      unknown += (line.costOnce == nil ? 1 : 0) + (line.costYearly == nil ? 1 : 0)
    }
  }

  subscript(_ standing: RolloutLine.Standing) -> Int { counts[standing] ?? 0 }
  var total: Int { counts.values.reduce(0, +) }
  /// Of which something is asked.
  var asked: Int { total - self[.exempt] }
  /// 0 to 1; nil while nothing is asked.
  var share: Double? { asked > 0 ? Double(self[.done]) / Double(asked) : nil }
}

enum RolloutRefusal: Problem, Equatable {
  case badDays, badOrder, badName, badGroup, noSystem, unknownSystem, badPhase, badMethod, badDay, badPeople
  case reasonTooLong, halfException, exceptionPast, doneLater, badCost, alreadyBegun, notBegun, noSuchLine
  case sameLine

  var code: String { "rollout.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .noSuchLine, .notBegun: .notFound
    case .alreadyBegun: .conflict
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .badGroup, .sameLine: "group"
    case .noSystem, .unknownSystem: "system"
    case .badPeople: "people"
    case .halfException, .reasonTooLong: "exception"
    case .exceptionPast: "until"
    case .doneLater: "done"
    case .badCost: "once"
    case .badDays: "start"
    default: nil
    }
  }
}
