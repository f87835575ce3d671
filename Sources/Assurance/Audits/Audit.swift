public import Kernel

/// One facility's work on a framework that was taken in: ISO 27001, a group's own standard, an insurer's questionnaire.
public struct Audit: Sendable, Equatable {
  public typealias ID = Kernel.ID<Audit>

  public let id: ID
  /// The version of the library whose framework is answered, and the SHA-256 of its file.
  let library: Kernel.ID<ShelvedLibrary>
  let sha256: String
  /// The folded URN.
  public let framework: String
  public internal(set) var name: String
  public internal(set) var fiscalYear: FiscalYear
  public internal(set) var owner: PersonID?
  /// The groups that were chosen, by their names in the framework; none for everything.
  public internal(set) var groups: [String]
  public let openedAt: Instant
  /// When it was signed off; nothing is changed after that until it is taken up again.
  public internal(set) var frozenAt: Instant?
  public internal(set) var version: Int

  /// What a person chose at the start or later.
  struct Draft: Sendable, Equatable {
    let name: String
    let fiscalYear: FiscalYear
    let owner: PersonID?
    let groups: [String]

    /// - Parameter offered: the groups that the framework knows; others are passed over.
    /// - Throws: ``AuditRefusal``.
    init(name: String, year: String, owner: String, groups: [String], offered: [String])
      throws(AuditRefusal)
    {
      guard let name = name.trimmed(to: 1...120), !name.contains("\n") else { throw .badName }
      guard let year = FiscalYear(year) else { throw .badYear }
      if owner.isEmpty {
        self.owner = nil
      } else {
        guard let id = PersonID(owner) else { throw .unknownPerson }
        self.owner = id
      }
      (self.name, fiscalYear) = (name, year)
      let chosen = Set(groups)
      self.groups = offered.filter(chosen.contains)
    }
  }

  func revised(_ draft: Draft) -> Audit {
    var next = self
    (next.name, next.fiscalYear) = (draft.name, draft.fiscalYear)
    (next.owner, next.groups, next.version) = (draft.owner, draft.groups, version + 1)
    return next
  }

  /// The same audit on another version of the library.
  func moved(to library: Kernel.ID<ShelvedLibrary>, sha256: String) -> Audit {
    Audit(
      id: id, library: library, sha256: sha256, framework: framework, name: name, fiscalYear: fiscalYear,
      owner: owner, groups: groups, openedAt: openedAt, frozenAt: frozenAt, version: version + 1)
  }
}

/// How a requirement is met. The words are those of the libraries.
public enum AuditResult: String, Sendable, Codable, CaseIterable {
  case compliant
  case partiallyCompliant = "partially_compliant"
  case nonCompliant = "non_compliant"
  case notApplicable = "not_applicable"
}

/// What a facility has answered to one requirement. Requirements without an answer have no row.
public struct RequirementAnswer: Sendable, Equatable, Codable {
  /// The folded URN of the requirement.
  public let node: String
  /// As a person chose it; where questions decide, theirs counts (``AuditStanding``).
  public internal(set) var result: AuditResult?
  public internal(set) var score: Int?
  public internal(set) var remark = ""
  public internal(set) var targetOn: Day?
  /// By the folded URN of the question: folded URNs of choices, or one text, number or day as written.
  public internal(set) var choices: [String: [String]] = [:]
  /// False for what was carried over, and for what was answered to other words than those of now: a person has not looked yet.
  public internal(set) var isConfirmed = false
  public internal(set) var confirmedOn: Day?
  /// From where it was carried over; nil for what a person answered here.
  public internal(set) var origin: Origin?
  /// What records said when it was taken from them; nil for what a person answered.
  public internal(set) var said: Said?
  /// The requirement's title, once it is no longer in the version of the library in use.
  public internal(set) var goneTitle: String?
  public internal(set) var version = 0

  init(_ node: String) { self.node = node }

  /// Whether it says anything that counts.
  var isEmpty: Bool { result == nil && score == nil && choices.isEmpty }

  /// What was carried over, and by which way.
  public struct Origin: Sendable, Equatable, Codable {
    /// The audit it came from.
    let audit: Audit.ID
    let auditName: String
    /// Titles of the requirements there.
    let requirements: [String]
    /// The mapping sets, in order.
    let sets: [String]
    /// The weakest of the links: `equal`, `superset`, `subset`, `intersect`.
    let relationship: String
    /// The lowest strength of the links; nil when one of them states none.
    let strength: Int?
  }

  /// What registers and operations said, and when.
  public struct Said: Sendable, Equatable, Codable {
    let text: String
    let on: Day
    /// Of the ``RecordSuggestion``.
    let fingerprint: String
  }

  /// What a person typed, checked on its own.
  struct Draft: Sendable, Equatable {
    var result: AuditResult?
    var score: Int?
    var remark = ""
    var targetOn: Day?
    var choices: [String: [String]] = [:]
  }

  /// The answer with a person's input; it is then confirmed, if it says anything.
  ///
  /// - Parameter scale: nil for a framework without scores.
  /// - Throws: ``AuditRefusal``.
  func revised(_ draft: Draft, scale: ClosedRange<Int>?, today: Day) throws(AuditRefusal) -> RequirementAnswer
  {
    guard let remark = draft.remark.trimmed(to: 0...4000) else { throw .remarkTooLong }
    if let score = draft.score {
      guard let scale, scale.contains(score) else {
        throw .scoreOutside(low: scale?.lowerBound ?? 0, high: scale?.upperBound ?? 0)
      }
    }
    var next = self
    (next.result, next.score, next.remark) = (draft.result, draft.score, remark)
    (next.targetOn, next.choices) = (draft.targetOn, draft.choices)
    next.isConfirmed = !next.isEmpty
    next.confirmedOn = next.isEmpty ? nil : today
    (next.origin, next.said) = (nil, nil)
    next.version += 1
    return next
  }

  /// Whether nothing but the version differs.
  func says(theSameAs other: RequirementAnswer) -> Bool {
    var same = self
    same.version = other.version
    return same == other
  }
}

/// Why something about an audit was turned down.
enum AuditRefusal: Problem, Equatable {
  case badName, badYear, badDay, badAnswer, badNumber, remarkTooLong, textTooLong, unknownPerson, noComment
  case noSuchAudit, noSuchRequirement, noSuchFramework, noSuchPoint
  case scoreOutside(low: Int, high: Int)
  case notYours, frozen, notFrozen, noReason
  case noNewerVersion
  /// The file of the framework is not here: the facility has moved, and its new home has not taken it in.
  case libraryMissing(sha256: String)
  case carryToItself, noWay, nothingToCarry

  var code: String { "audits.\(caseName)" }

  var kind: ProblemKind {
    switch self {
    case .noSuchAudit, .noSuchRequirement, .noSuchFramework, .noSuchPoint: .notFound
    case .notYours: .forbidden
    case .frozen, .notFrozen, .noNewerVersion, .noWay, .nothingToCarry, .libraryMissing: .conflict
    default: .invalid
    }
  }

  var arguments: [String] {
    switch self {
    case .scoreOutside(let low, let high): ["\(low)", "\(high)"]
    case .libraryMissing(let sha256): [sha256]
    default: []
    }
  }

  var field: String? {
    switch self {
    case .badName: "name"
    case .badYear: "year"
    case .badDay: "due"
    case .remarkTooLong: "remark"
    case .scoreOutside: "score"
    case .unknownPerson: "owner"
    default: nil
    }
  }
}
