import Kernel
import Registers

/// What is looked at again and again: an audit, or a measure (定期の見直し).
struct ReviewedThing: Sendable, Hashable {
  enum Kind: String, Sendable, Codable, CaseIterable { case audits, measures }

  let kind: Kind
  let id: String

  /// As due rows and the ledger name it.
  var text: String { "\(kind.rawValue)/\(id)" }
  var path: String { "/\(kind.rawValue)/\(id)" }

  init(_ kind: Kind, _ id: String) { (self.kind, self.id) = (kind, id) }

  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else { return nil }
    self.init(kind, parts[1])
  }
}

/// How often something is looked at, by whom, and when next.
struct ReviewCycle: Sendable, Equatable, Codable {
  static let months = 1...60

  let months: Int
  let nextOn: Day
  let owner: PersonID?
  let version: Int

  init(months: Int, nextOn: Day, owner: PersonID?, version: Int) {
    (self.months, self.nextOn, self.owner, self.version) = (months, nextOn, owner, version)
  }

  /// - Throws: ``PeriodicReviewRefusal``.
  init(_ months: String, next: String, owner: String, over before: ReviewCycle?) throws(PeriodicReviewRefusal)
  {
    guard let count = Int(months.halfWidth.trimmed), ReviewCycle.months.contains(count) else {
      throw .badMonths
    }
    guard let day = Day.parse(next) else { throw .badNext }
    var person: PersonID?
    if !owner.isEmpty {
      person = PersonID(owner)
      guard person != nil else { throw .unknownPerson }
    }
    self.init(months: count, nextOn: day, owner: person, version: (before?.version ?? 0) + 1)
  }

  /// When the next one falls after one on `day`.
  func next(after day: Day) -> Day { day.adding(months: months) }

  func due(on day: Day) -> ReviewCycle {
    ReviewCycle(months: months, nextOn: day, owner: owner, version: version + 1)
  }

  func isLate(on day: Day) -> Bool { nextOn < day }
}

/// One look that was taken.
struct PeriodicReview: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<PeriodicReview>

  enum Outcome: String, Sendable, Codable, CaseIterable { case fine, changed, problem }

  let id: ID
  let at: Instant
  let byName: String
  let doneOn: Day
  let outcome: Outcome
  let note: String
  let nextOn: Day

  init(id: ID, at: Instant, byName: String, doneOn: Day, outcome: Outcome, note: String, nextOn: Day) {
    (self.id, self.at, self.byName, self.doneOn) = (id, at, byName, doneOn)
    (self.outcome, self.note, self.nextOn) = (outcome, note, nextOn)
  }

  /// - Parameters:
  ///   - done: the day on which it was done, as typed.
  ///   - next: when it is done next, as typed; empty for the day that the cycle gives.
  /// - Throws: ``PeriodicReviewRefusal``.
  init(
    done: String, outcome: String, note: String, next: String, in cycle: ReviewCycle, id: ID,
    by name: String, at now: Instant
  ) throws(PeriodicReviewRefusal) {
    guard let day = Day.parse(done), day <= now.day else { throw .badDone }
    guard let outcome = Outcome(rawValue: outcome) else { throw .badOutcome }
    guard let note = note.trimmed(to: 0...2000) else { throw .noteTooLong }
    guard outcome == .fine || !note.isEmpty else { throw .noNote }
    var following = cycle.next(after: day)
    if !next.isEmpty {
      guard let chosen = Day.parse(next) else { throw .badNext }
      following = chosen
    }
    guard following > day else { throw .nextBeforeDone }
    self.init(id: id, at: now, byName: name, doneOn: day, outcome: outcome, note: note, nextOn: following)
  }
}

enum PeriodicReviewRefusal: Problem, Equatable {
  case badMonths, badNext, badDone, badOutcome, noteTooLong, noNote, nextBeforeDone, unknownPerson
  case noSuchThing, noCycle, notYours

  var code: String { "cycles.\(self)" }

  var kind: ProblemKind {
    switch self {
    case .noSuchThing: .notFound
    case .noCycle: .conflict
    case .notYours: .forbidden
    default: .invalid
    }
  }

  var field: String? {
    switch self {
    case .badMonths: "months"
    case .badNext, .nextBeforeDone: "next"
    case .badDone: "done"
    case .noteTooLong, .noNote: "note"
    case .unknownPerson: "owner"
    default: nil
    }
  }
}
