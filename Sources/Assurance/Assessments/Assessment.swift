public import Kernel

/// One facility's work on one form in one fiscal year.
public struct Assessment: Sendable, Equatable, Codable {
  public typealias ID = Kernel.ID<Assessment>

  public let id: ID
  /// The edition whose items are answered; not always the year's own.
  public let pack: String
  public let form: String
  public let fiscalYear: FiscalYear
  public let openedAt: Instant
  /// The year whose answers were carried over, if any.
  public let carriedFrom: FiscalYear?

  public init(
    id: ID, pack: String, form: String, fiscalYear: FiscalYear, openedAt: Instant, carriedFrom: FiscalYear?
  ) {
    self.id = id
    self.pack = pack
    self.form = form
    self.fiscalYear = fiscalYear
    self.openedAt = openedAt
    self.carriedFrom = carriedFrom
  }
}

/// How an item has been answered so far.
public struct Answer: Sendable, Equatable, Codable {
  public enum Value: String, Sendable, Codable, CaseIterable { case yes, no, na }

  public let item: String
  public internal(set) var value: Value?
  /// When the facility last looked; nil until this year's check.
  public internal(set) var confirmedOn: Day?
  /// By when a "no" becomes "yes"; lies in the fiscal year.
  public internal(set) var targetOn: Day?
  /// Whether a measure has been started.
  public internal(set) var started: Bool
  public internal(set) var owner: PersonID?
  public internal(set) var deputy: PersonID?
  public internal(set) var note: String
  /// 1 for the year's first check.
  public internal(set) var round: Int
  /// The edition and items from which the answer was carried over, as `mhlw-checklist-r6: r6-med-2-1`; nil once confirmed this year.
  public internal(set) var carriedFrom: String?
  public internal(set) var version: Int

  public static func blank(_ item: String) -> Answer {
    Answer(
      item: item, value: nil, confirmedOn: nil, targetOn: nil, started: false, owner: nil, deputy: nil,
      note: "",
      round: 1, carriedFrom: nil, version: 0)
  }

  /// What a person typed, checked on its own.
  public struct Draft: Sendable, Equatable {
    public var value: Value?
    public var confirmedOn: Day?
    public var targetOn: Day?
    public var started: Bool
    public var owner: PersonID?
    public var deputy: PersonID?
    public var note: String

    public init(
      value: Value? = nil, confirmedOn: Day? = nil, targetOn: Day? = nil, started: Bool = false,
      owner: PersonID? = nil,
      deputy: PersonID? = nil, note: String = ""
    ) {
      self.value = value
      self.confirmedOn = confirmedOn
      self.targetOn = targetOn
      self.started = started
      self.owner = owner
      self.deputy = deputy
      self.note = note
    }

    public init(_ answer: Answer) {
      self.init(
        value: answer.value, confirmedOn: answer.confirmedOn, targetOn: answer.targetOn,
        started: answer.started,
        owner: answer.owner, deputy: answer.deputy, note: answer.note)
    }
  }

  /// The answer with a person's input.
  ///
  /// - Parameters:
  ///   - year: target and check days must lie in it.
  ///   - today: a check cannot lie in the future.
  /// - Throws: `Refusal`.
  public func revised(_ draft: Draft, in year: FiscalYear, today: Day) throws(Refusal) -> Answer {
    if let target = draft.targetOn, !year.contains(target) { throw .targetOutsideYear(last: year.last) }
    if let checked = draft.confirmedOn {
      if checked > today { throw .checkedInFuture }
      if !year.contains(checked) { throw .checkedOutsideYear(first: year.first, last: year.last) }
    }
    if let owner = draft.owner, owner == draft.deputy { throw .deputyIsOwner }
    guard let note = draft.note.trimmed(to: 0...4000) else { throw .noteTooLong }
    var next = self
    next.value = draft.value
    next.confirmedOn = draft.confirmedOn
    next.targetOn = draft.targetOn
    next.started = draft.started
    next.owner = draft.owner
    next.deputy = draft.deputy
    next.note = note
    if draft.confirmedOn != nil { next.carriedFrom = nil }
    next.version += 1
    return next
  }

  /// The same answer to the item that takes this one's place in another edition.
  func moved(to item: String) -> Answer {
    Answer(
      item: item, value: value, confirmedOn: confirmedOn, targetOn: targetOn, started: started, owner: owner,
      deputy: deputy, note: note, round: round, carriedFrom: carriedFrom, version: 1)
  }

  /// Whether nothing but the version differs.
  func says(theSameAs other: Answer) -> Bool {
    var same = self
    same.version = other.version
    return same == other
  }

  /// The answer at the beginning of its next round: the value stands until it is checked again.
  ///
  /// - Throws: `.roundNotFinished` while this round has no answer or no date.
  public func nextRound() throws(Refusal) -> Answer {
    guard value != nil, confirmedOn != nil else { throw .roundNotFinished }
    var next = self
    next.round += 1
    next.confirmedOn = nil
    next.version += 1
    return next
  }

  public enum Refusal: Problem, Equatable {
    case targetOutsideYear(last: Day)
    case checkedOutsideYear(first: Day, last: Day)
    case checkedInFuture, deputyIsOwner, noteTooLong, roundNotFinished, badDay, badAnswer, unknownPerson,
      noSuchItem
    case nothingChosen, checkWithoutAnswer, proofTooLarge, proofEmpty, badLink, proofNotFound, alreadyOpen,
      noSuchAssessment,
      badYear
    /// Somebody else's item.
    case notYours
    case editionDoesNotFit(pack: String, form: String)
    /// No edition of this year is newer than the one in use.
    case noNewerEdition(pack: String)

    public var code: String {
      switch self {
      case .targetOutsideYear: "assessments.targetOutsideYear"
      case .checkedOutsideYear: "assessments.checkedOutsideYear"
      case .editionDoesNotFit: "assessments.editionDoesNotFit"
      case .noNewerEdition: "assessments.noNewerEdition"
      default: "assessments.\(self)"
      }
    }
    public var kind: ProblemKind {
      switch self {
      case .noSuchItem, .noSuchAssessment, .proofNotFound: .notFound
      case .alreadyOpen, .roundNotFinished, .noNewerEdition: .conflict
      case .proofTooLarge: .tooLarge
      case .notYours: .forbidden
      default: .invalid
      }
    }
    public var arguments: [String] {
      switch self {
      case .targetOutsideYear(let last): [last.description]
      case .checkedOutsideYear(let first, let last): [first.description, last.description]
      case .editionDoesNotFit(let pack, let form): [pack, form]
      case .noNewerEdition(let pack): [pack]
      default: []
      }
    }
    public var field: String? {
      switch self {
      case .targetOutsideYear: "due"
      case .checkedOutsideYear, .checkedInFuture: "on"
      case .deputyIsOwner, .unknownPerson: "deputy"
      case .noteTooLong: "note"
      case .badAnswer: "answer"
      default: nil
      }
    }
  }
}

/// Something that shows an answer to be true.
public struct Proof: Sendable, Equatable, Codable {
  public typealias ID = Kernel.ID<Proof>
  public enum Kind: String, Sendable, Codable { case file, text, link }

  public let id: ID
  public let item: String
  public let kind: Kind
  /// File name, or the first words of a text, or the address.
  public let title: String
  public let body: String
  /// SHA-256 of a file's bytes; nil for text and links.
  public let sha256: String?
  public let mediaType: String?
  public let bytes: Int
  public let addedAt: Instant
  public let addedBy: String
  public let withdrawn: Bool
}

/// A finished check of one item within the year.
public struct AnswerRound: Sendable, Equatable, Codable {
  public let item: String
  public let round: Int
  public let value: Answer.Value?
  public let confirmedOn: Day?
  public let targetOn: Day?
  public let by: String
  public let at: Instant
}
