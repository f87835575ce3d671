import Kernel
import Registers

/// Something the hospital actually does, on which requirements of many frameworks rest.
struct Measure: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Measure>

  enum State: String, Sendable, Codable, CaseIterable {
    case planned
    case underWay = "under-way"
    case inPlace = "in-place"
    /// No longer done, or never begun: nothing rests on it.
    case stopped
  }

  let id: ID
  private(set) var title: String
  private(set) var description: String
  private(set) var owner: PersonID?
  private(set) var deputy: PersonID?
  private(set) var state: State
  /// In yen, once and every year; nil for what is not known.
  private(set) var costInitial: Int?
  private(set) var costYearly: Int?
  private(set) var startOn: Day?
  private(set) var dueOn: Day?
  private(set) var version: Int

  init(
    id: ID, title: String, description: String, owner: PersonID?, deputy: PersonID?, state: State,
    costInitial: Int?, costYearly: Int?, startOn: Day?, dueOn: Day?, version: Int
  ) {
    (self.id, self.title, self.description) = (id, title, description)
    (self.owner, self.deputy, self.state) = (owner, deputy, state)
    (self.costInitial, self.costYearly) = (costInitial, costYearly)
    (self.startOn, self.dueOn, self.version) = (startOn, dueOn, version)
  }

  /// What a person typed.
  struct Draft: Sendable, Equatable {
    var title = ""
    var description = ""
    var owner: PersonID?
    var deputy: PersonID?
    var state = State.planned
    var costInitial: Int?
    var costYearly: Int?
    var startOn: Day?
    var dueOn: Day?
  }

  /// - Throws: ``MeasureRefusal``.
  init(_ draft: Draft, id: ID) throws(MeasureRefusal) {
    self.init(
      id: id, title: "", description: "", owner: nil, deputy: nil, state: .planned, costInitial: nil,
      costYearly: nil, startOn: nil, dueOn: nil, version: 0)
    self = try revised(draft)
  }

  func revised(_ draft: Draft) throws(MeasureRefusal) -> Measure {
    guard let title = draft.title.trimmed(to: 1...120), !title.contains("\n") else { throw .badTitle }
    guard let description = draft.description.trimmed(to: 0...4000) else { throw .descriptionTooLong }
    if let owner = draft.owner, owner == draft.deputy { throw .deputyIsOwner }
    if let start = draft.startOn, let due = draft.dueOn, due < start { throw .dueBeforeStart }
    return Measure(
      id: id, title: title, description: description, owner: draft.owner, deputy: draft.deputy,
      state: draft.state,
      costInitial: draft.costInitial, costYearly: draft.costYearly, startOn: draft.startOn,
      dueOn: draft.dueOn,
      version: version + 1)
  }

  func moved(to state: State) -> Measure {
    var next = self
    (next.state, next.version) = (state, version + 1)
    return next
  }

  /// Whether it is still to be done.
  var isOpen: Bool { state == .planned || state == .underWay }

  /// What the measures under a requirement come to: all in place is met, any in place or under way is partly met, all planned is
  /// not met. Those that were stopped say nothing; nil when none says anything.
  static func suggestion(of states: [State]) -> AuditResult? {
    let counted = states.filter { $0 != .stopped }
    if counted.isEmpty { return nil }
    if counted.allSatisfy({ $0 == .inPlace }) { return .compliant }
    return counted.contains { $0 != .planned } ? .partiallyCompliant : .nonCompliant
  }

  /// Yen as people type them: 1,200,000, １２０００００円.
  ///
  /// - Throws: ``MeasureRefusal/badCost``.
  static func yen(_ text: String) throws(MeasureRefusal) -> Int? {
    let digits = text.halfWidth.filter {
      !$0.isWhitespace && $0 != "," && $0 != "円" && $0 != "¥" && $0 != "、"
    }
    if digits.isEmpty { return nil }
    guard let yen = Int(digits), (0...999_999_999_999).contains(yen) else { throw .badCost }
    return yen
  }
}

/// A measure under a requirement, as pages of audits show it.
struct MeasureLine: Sendable, Equatable {
  let measure: Measure.ID
  let node: String
  let title: String
  let state: Measure.State
}

/// A file beside a measure: a proof of every requirement on it.
struct MeasureFile: Sendable, Equatable {
  let id: StoredFile.ID
  let measure: Measure.ID
  let title: String
}

/// A requirement that rests on a measure, with what was answered to it.
struct MeasureRest: Sendable, Equatable {
  let audit: Audit.ID
  let auditName: String
  let node: String
  /// As it was when it was linked.
  let title: String
  let result: AuditResult?
}

enum MeasureRefusal: Problem, Equatable {
  case badTitle, descriptionTooLong, deputyIsOwner, dueBeforeStart, badCost, badDay, badState, unknownPerson
  case noSuchMeasure, noSuchConcept, notYours

  var code: String { "measures.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .noSuchMeasure, .noSuchConcept: .notFound
    case .notYours: .forbidden
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .badTitle: "title"
    case .descriptionTooLong: "description"
    case .deputyIsOwner, .unknownPerson: "deputy"
    case .dueBeforeStart, .badDay: "due"
    case .badCost: "initial"
    default: nil
    }
  }
}
