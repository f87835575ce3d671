import Kernel
import Registers

/// Something that an audit, or anyone who looked, found wanting (指摘). It is closed only by a re-check of what was done about it.
struct AuditFinding: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<AuditFinding>

  enum Severity: String, Sendable, Codable, CaseIterable { case major, minor, observation }

  /// Whose turn it is.
  enum Phase: String, Sendable, Codable, CaseIterable {
    /// Nobody has said yet what is to be done.
    case toPlan = "to-plan"
    case underWay = "under-way"
    /// All is done; another looks whether it helped.
    case toCheck = "to-check"
    case closed
  }

  let id: ID
  /// The audit and its requirement, by the folded URN; nil for one that was found elsewhere.
  let audit: Audit.ID?
  let node: String?
  /// As it was when it was written.
  let nodeTitle: String
  private(set) var title: String
  private(set) var severity: Severity
  private(set) var seen: String
  private(set) var foundOn: Day
  let raiser: PersonID?
  let raiserName: String
  private(set) var measure: Measure.ID?
  private(set) var phase: Phase
  /// Raised by each re-check that fails: what is done then belongs to the next round.
  private(set) var round: Int
  /// When someone should have done the next thing; nil when no day was set.
  private(set) var dutyOn: Day?
  private(set) var closedOn: Day?
  private(set) var version: Int

  /// What a person typed.
  struct Draft: Sendable, Equatable {
    var title = ""
    var severity = Severity.minor
    var seen = ""
    var foundOn: Day
  }

  /// - Throws: ``FindingRefusal``.
  init(
    _ draft: Draft, id: ID, audit: Audit.ID?, node: String?, nodeTitle: String, raiser: PersonID?,
    raiserName: String, today: Day
  ) throws(FindingRefusal) {
    self.init(
      id: id, audit: audit, node: node, nodeTitle: nodeTitle, title: "", severity: draft.severity, seen: "",
      foundOn: draft.foundOn, raiser: raiser, raiserName: raiserName, measure: nil, phase: .toPlan, round: 1,
      dutyOn: draft.foundOn, closedOn: nil, version: 0)
    self = try revised(draft, today: today)
  }

  init(
    id: ID, audit: Audit.ID?, node: String?, nodeTitle: String, title: String, severity: Severity,
    seen: String, foundOn: Day, raiser: PersonID?, raiserName: String, measure: Measure.ID?, phase: Phase,
    round: Int, dutyOn: Day?, closedOn: Day?, version: Int
  ) {
    (self.id, self.audit, self.node, self.nodeTitle) = (id, audit, node, nodeTitle)
    (self.title, self.severity, self.seen, self.foundOn) = (title, severity, seen, foundOn)
    (self.raiser, self.raiserName, self.measure, self.phase) = (raiser, raiserName, measure, phase)
    (self.round, self.dutyOn, self.closedOn, self.version) = (round, dutyOn, closedOn, version)
  }

  /// With other words; only whoever wrote it changes them (``Findings``).
  func revised(_ draft: Draft, today: Day) throws(FindingRefusal) -> AuditFinding {
    guard phase != .closed else { throw .closed }
    guard let title = draft.title.trimmed(to: 1...120), !title.contains("\n") else { throw .badTitle }
    guard let seen = draft.seen.trimmed(to: 1...4000) else { throw .badSeen }
    guard draft.foundOn <= today else { throw .foundLater }
    var next = self
    (next.title, next.severity, next.seen, next.foundOn) = (title, draft.severity, seen, draft.foundOn)
    if phase == .toPlan && round == 1 { next.dutyOn = draft.foundOn }
    next.version += 1
    return next
  }

  func resting(on measure: Measure.ID?) -> AuditFinding {
    var next = self
    (next.measure, next.version) = (measure, version + 1)
    return next
  }

  /// The finding as it stands with these actions, of all rounds.
  func standing(with actions: [CorrectiveAction], today: Day) -> AuditFinding {
    var next = self
    next.version += 1
    guard phase != .closed else { return next }
    let live = actions.filter { $0.round == round && $0.state != .dropped }
    if live.isEmpty {
      (next.phase, next.dutyOn) = (.toPlan, phase == .toPlan ? dutyOn : today)
    } else if live.allSatisfy({ $0.state == .done }) {
      (next.phase, next.dutyOn) = (.toCheck, phase == .toCheck ? dutyOn : today)
    } else {
      next.phase = .underWay
      next.dutyOn = live.filter { $0.state != .done }.compactMap(\.dueOn).min()
    }
    return next
  }

  /// The finding after someone has looked again whether it helped.
  ///
  /// What is closed may be looked at again later; it opens when it no longer holds.
  /// - Throws: ``FindingRefusal/notDone``.
  func checked(isEffective: Bool, today: Day) throws(FindingRefusal) -> AuditFinding {
    guard phase == .toCheck || phase == .closed else { throw .notDone }
    var next = self
    next.version += 1
    if isEffective {
      (next.phase, next.dutyOn, next.closedOn) = (.closed, nil, closedOn ?? today)
    } else {
      (next.phase, next.dutyOn, next.closedOn, next.round) = (.toPlan, today, nil, round + 1)
    }
    return next
  }

  func isLate(on day: Day) -> Bool { phase != .closed && dutyOn.map { $0 < day } == true }
}

/// What is done about a finding (是正).
struct CorrectiveAction: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<CorrectiveAction>

  enum State: String, Sendable, Codable, CaseIterable { case planned, doing, done, dropped }

  let id: ID
  let finding: AuditFinding.ID
  let round: Int
  let text: String
  let owner: PersonID?
  let dueOn: Day?
  private(set) var state: State
  private(set) var doneOn: Day?
  /// Who said that it is done.
  private(set) var doer: PersonID?
  private(set) var doerName: String
  private(set) var note: String
  private(set) var version: Int

  init(
    id: ID, finding: AuditFinding.ID, round: Int, text: String, owner: PersonID?, dueOn: Day?, state: State,
    doneOn: Day?, doer: PersonID?, doerName: String, note: String, version: Int
  ) {
    (self.id, self.finding, self.round, self.text) = (id, finding, round, text)
    (self.owner, self.dueOn, self.state, self.doneOn) = (owner, dueOn, state, doneOn)
    (self.doer, self.doerName, self.note, self.version) = (doer, doerName, note, version)
  }

  /// - Throws: ``FindingRefusal``.
  init(_ text: String, id: ID, of finding: AuditFinding, owner: PersonID?, dueOn: Day?) throws(FindingRefusal)
  {
    guard finding.phase != .closed else { throw .closed }
    guard let text = text.trimmed(to: 1...2000) else { throw .badAction }
    self.init(
      id: id, finding: finding.id, round: finding.round, text: text, owner: owner, dueOn: dueOn,
      state: .planned, doneOn: nil, doer: nil, doerName: "", note: "", version: 1)
  }

  /// - Throws: ``FindingRefusal``.
  func moved(
    to state: State, note: String, by person: PersonID?, named name: String, of finding: AuditFinding,
    today: Day
  ) throws(FindingRefusal) -> CorrectiveAction {
    guard finding.phase != .closed, round == finding.round else { throw .closed }
    guard let note = note.trimmed(to: 0...2000) else { throw .noteTooLong }
    guard state != .dropped || !note.isEmpty else { throw .noDropReason }
    var next = self
    (next.state, next.note, next.version) = (state, note, version + 1)
    (next.doneOn, next.doer) = (state == .done ? today : nil, state == .done ? person : nil)
    next.doerName = state == .done ? name : ""
    return next
  }
}

/// Someone's look whether what was done has helped (確認).
struct FindingCheck: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<FindingCheck>

  let id: ID
  let finding: AuditFinding.ID
  let round: Int
  let at: Instant
  let checker: PersonID?
  let checkerName: String
  let isEffective: Bool
  let note: String
  /// Whether it was checked by one who had done it, because nobody else may.
  let isAlone: Bool

  /// - Parameters:
  ///   - actions: of all rounds.
  ///   - isAlone: whether nobody else may check.
  /// - Throws: ``FindingRefusal``.
  init(
    of finding: AuditFinding, _ actions: [CorrectiveAction], isEffective: Bool, note: String, id: ID,
    by checker: PersonID?, named name: String, isAlone: Bool, at now: Instant
  ) throws(FindingRefusal) {
    guard finding.phase == .toCheck || finding.phase == .closed else { throw .notDone }
    guard let note = note.trimmed(to: 1...2000) else { throw .noCheckNote }
    let isOwn = actions.contains { action in
      action.round == finding.round && action.state == .done
        && (action.owner == checker || action.doer == checker)
    }
    guard !isOwn || isAlone else { throw .ownWork }
    (self.id, self.finding, round, at) = (id, finding.id, finding.round, now)
    (self.checker, checkerName, self.isEffective) = (checker, name, isEffective)
    (self.note, self.isAlone) = (note, isOwn)
  }

  init(
    id: ID, finding: AuditFinding.ID, round: Int, at: Instant, checker: PersonID?, checkerName: String,
    isEffective: Bool, note: String, isAlone: Bool
  ) {
    (self.id, self.finding, self.round, self.at) = (id, finding, round, at)
    (self.checker, self.checkerName, self.isEffective) = (checker, checkerName, isEffective)
    (self.note, self.isAlone) = (note, isAlone)
  }
}

/// A file beside a finding or one of its checks.
struct FindingFile: Sendable, Equatable {
  let id: StoredFile.ID
  /// `finding:` or `finding-check:` with an id.
  let subject: String
  let title: String
}

enum FindingRefusal: Problem, Equatable {
  case badTitle, badSeen, badSeverity, badDay, foundLater, badAction, noteTooLong, noDropReason, badState
  case noCheckNote, badResult, unknownPerson, noSuchFinding, noSuchAction, notYours, notWriter, ownWork
  case closed, notDone

  var code: String { "findings.\(self)" }

  var kind: ProblemKind {
    switch self {
    case .noSuchFinding, .noSuchAction: .notFound
    case .notYours, .notWriter, .ownWork: .forbidden
    case .closed, .notDone: .conflict
    default: .invalid
    }
  }

  var field: String? {
    switch self {
    case .badTitle: "title"
    case .badSeen: "seen"
    case .badSeverity: "severity"
    case .badDay, .foundLater: "found"
    default: nil
    }
  }
}
