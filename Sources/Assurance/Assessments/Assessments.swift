public import Kernel
public import Registers
public import Storage
import Web

/// Answering a framework's form, year by year.
public enum Assessments {
  public static let checklist = "mhlw-checklist"

  /// Everything that a page or report of one assessment needs, read in one view.
  public struct Overview: Sendable {
    public let assessment: Assessment
    public let pack: Pack
    public let standing: Standing
    public let people: [Person]
    public let proofs: [Proof]
    public let rounds: [AnswerRound]
    /// States of the measures that belong to each concept.
    let measures: [String: [Measure.State: Int]]
    /// The sections that people have been given.
    let sectionsGiven: [SectionAssignment]

    /// Whether this visitor may write the answer: any, or those that are theirs, with their section or alone.
    func mayWrite(_ request: WebRequest, _ item: String) -> Bool {
      request.mayWrite(standing.answers[item]) || request.mayWrite(item, in: sectionsGiven, of: form)
    }

    public var form: Pack.Form { standing.form }
    public func person(_ id: PersonID?) -> Person? { id.flatMap { id in people.first { $0.id == id } } }
    public func proofs(of item: String) -> [Proof] { proofs.filter { $0.item == item && !$0.withdrawn } }
    /// Whether the items are those of an earlier year.
    public var isBorrowed: Bool { pack.fiscalYear != assessment.fiscalYear }
  }

  /// Opens the form of a year and carries over what the newest earlier year knows.
  ///
  /// - Parameter pack: the edition; nil takes the year's own, or the newest known before it.
  /// - Throws: `Answer.Refusal.alreadyOpen`, `PackProblem`.
  public static func open(
    form: String, year: FiscalYear, pack: String?, library: PackLibrary, in scope: Scope,
    carryOver: Bool = true
  ) async throws -> Assessment {
    let opening = try await opening(
      form: form, year: year, pack: pack, library: library, in: scope, carryOver: carryOver)
    try await scope.write { tx in try insert(opening, tx, in: scope) }
    return opening.assessment
  }

  /// A checklist about to be started, and the one whose answers it takes over.
  struct Opening: Sendable {
    let assessment: Assessment
    let form: Pack.Form
    let earlier: (assessment: Assessment, form: Pack.Form)?
  }

  /// - Throws: `PackProblem`.
  static func opening(
    form: String, year: FiscalYear, pack: String?, library: PackLibrary, in scope: Scope, carryOver: Bool
  ) async throws -> Opening {
    let library = try await library.seen(by: scope)
    let edition =
      try pack.map { try library.pack($0) } ?? library.edition(of: checklist, for: year, form: form)
    let target = try library.answerableForm(form, of: edition)
    let earlier = carryOver ? try await earlierYear(than: year, form: form, in: scope) : nil
    let assessment = Assessment(
      id: scope.newID(), pack: edition.id, form: form, fiscalYear: year, openedAt: scope.now,
      carriedFrom: earlier?.fiscalYear)
    return Opening(
      assessment: assessment, form: target,
      earlier: try earlier.map { ($0, try library.form($0.form, of: $0.pack)) })
  }

  /// - Throws: `Answer.Refusal.alreadyOpen`.
  static func insert(_ opening: Opening, _ tx: WriteTx, in scope: Scope) throws {
    let assessment = opening.assessment
    guard try tx.assessment(form: assessment.form, year: assessment.fiscalYear) == nil else {
      throw Answer.Refusal.alreadyOpen
    }
    try tx.insert(assessment)
    guard let (earlier, oldForm) = opening.earlier else { return }
    let carry = Carryover(
      from: oldForm, id: earlier.pack, answers: try tx.answers(earlier.id), to: opening.form,
      year: assessment.fiscalYear)
    let proofs = try tx.proofs(earlier.id).filter { !$0.withdrawn }
    for line in carry.lines {
      if let answer = line.answer {
        try tx.replace(.blank(line.item.id), with: answer, in: assessment.id, as: "answer.carry-over")
      }
      let sources = Set(line.sources.map(\.id))
      for proof in proofs where sources.contains(proof.item) {
        try tx.insert(proof.copied(to: line.item.id, id: scope.newID()), content: nil, in: assessment.id)
      }
    }
  }

  private static func earlierYear(than year: FiscalYear, form: String, in scope: Scope) async throws
    -> Assessment?
  {
    try await scope.read { tx in
      try tx.assessments().filter { $0.form == form && $0.fiscalYear < year }.max {
        $0.fiscalYear < $1.fiscalYear
      }
    }
  }

  public static func all(in scope: Scope) async throws -> [Assessment] {
    try await scope.read { try $0.assessments() }
  }

  /// - Throws: `Answer.Refusal.noSuchAssessment`.
  public static func overview(_ id: Assessment.ID, library: PackLibrary, in scope: Scope) async throws
    -> Overview
  {
    let library = try await library.seen(by: scope)
    let (assessment, answers, people, proofs, rounds, measures, sections) = try await scope.read { tx in
      guard let (assessment, answers) = try tx.assessmentWithAnswers(id) else {
        throw Answer.Refusal.noSuchAssessment
      }
      let (proofs, rounds, measures, sections) = try tx.proofsAndRounds(id)
      return (assessment, answers, try tx.people(), proofs, rounds, measures, sections)
    }
    let pack = try library.pack(assessment.pack)
    let form = try library.form(assessment.form, of: assessment.pack)
    let counted = Dictionary(grouping: proofs.filter { !$0.withdrawn }, by: \.item).mapValues(\.count)
    return Overview(
      assessment: assessment, pack: pack,
      standing: Standing(form: form, answers: answers, proofs: counted, today: scope.now.day), people: people,
      proofs: proofs, rounds: rounds, measures: measures, sectionsGiven: sections)
  }

  /// Someone else saved first: what was sent, and what stands now.
  public struct Conflict: Error, Sendable {
    public let mine: Answer.Draft
    public let theirs: Answer
    public let by: LedgerEntry?
  }

  /// Saves an answer; the page, autosave, bulk edit, import and command line all come through here.
  ///
  /// - Parameter version: the version on which the draft is based; 0 when there was no answer yet.
  /// - Throws: `Answer.Refusal`; `Conflict` when the answer has moved on.
  @discardableResult
  public static func save(
    _ draft: Answer.Draft, item: String, of id: Assessment.ID, version: Int, library: PackLibrary,
    in scope: Scope
  ) async throws -> Answer {
    let library = try await library.seen(by: scope)
    let stored = try await scope.read { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      return assessment
    }
    guard try library.form(stored.form, of: stored.pack).item(item) != nil else {
      throw Answer.Refusal.noSuchItem
    }
    return try await scope.write { tx in
      let before = try tx.answer(id, item) ?? .blank(item)
      for person in [draft.owner, draft.deputy].compactMap({ $0 }) where try tx.person(person) == nil {
        throw Answer.Refusal.unknownPerson
      }
      let after = try before.revised(draft, in: stored.fiscalYear, today: scope.now.day)
      // Also when the answer to an earlier, identical request was lost on its way.
      if before.version > 0 && after.says(theSameAs: before) { return before }
      guard before.version == version else {
        throw Conflict(
          mine: draft, theirs: before, by: try tx.history(of: "answer:\(id)/\(item)", limit: 1).first)
      }
      do { try tx.replace(before, with: after, in: id, as: "answer.save") } catch is Stale {
        // On PostgreSQL a second writer may pass the check above and meet the first one's row here.
        throw Conflict(mine: draft, theirs: try tx.answer(id, item) ?? .blank(item), by: nil)
      }
      return after
    }
  }

  /// Whoever may only contribute writes the items of which they are owner or deputy, and those of the sections they were given.
  ///
  /// - Throws: `Answer.Refusal.notYours`; `.noSuchAssessment`.
  static func admit(
    _ request: WebRequest, to item: String, of id: Assessment.ID, _ library: PackLibrary, in scope: Scope
  )
    async throws
  {
    guard !request.may(.assessmentsEdit) else { return }
    let library = try await library.seen(by: scope)
    let isTheirs = try await scope.read { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      if request.mayWrite(try tx.answer(id, item)) { return true }
      let given = try tx.sectionAssignments(id)
      return request.mayWrite(item, in: given, of: try library.form(assessment.form, of: assessment.pack))
    }
    guard isTheirs else { throw Answer.Refusal.notYours }
  }

  /// The same for the item that a proof belongs to.
  static func admit(_ request: WebRequest, to proof: Proof.ID, _ library: PackLibrary, in scope: Scope)
    async throws
  {
    guard !request.may(.assessmentsEdit) else { return }
    let known = try await scope.read { tx in (try tx.proof(proof)?.item, try tx.assessment(ofProof: proof)) }
    guard let item = known.0, let assessment = known.1 else { throw Answer.Refusal.proofNotFound }
    try await admit(request, to: item, of: assessment, library, in: scope)
  }

  /// Begins the next check of an item within the year.
  public static func beginRound(item: String, of id: Assessment.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.answer(id, item) else { throw Answer.Refusal.roundNotFinished }
      try tx.replace(before, with: try before.nextRound(), in: id, as: "answer.round")
    }
  }

  /// The same change to several items.
  public struct BulkChange: Sendable, Equatable {
    public enum Field: String, Sendable, CaseIterable { case owner, deputy, due, checked }
    public let field: Field
    public let value: String

    /// - Parameter value: the id of a person, or a day as people write it; empty takes the value away.
    public init(field: Field, value: String) {
      self.field = field
      self.value = value
    }

    func applied(to answer: Answer) throws(Answer.Refusal) -> Answer.Draft {
      var draft = Answer.Draft(answer)
      switch field {
      case .owner: draft.owner = try person()
      case .deputy: draft.deputy = try person()
      case .due: draft.targetOn = try day()
      case .checked:
        // A day of check without an answer would say that something had been confirmed.
        guard draft.value != nil else { throw .checkWithoutAnswer }
        draft.confirmedOn = try day()
      }
      return draft
    }

    private func person() throws(Answer.Refusal) -> PersonID? {
      if value.isEmpty { return nil }
      guard let id = PersonID(value) else { throw .unknownPerson }
      return id
    }

    private func day() throws(Answer.Refusal) -> Day? {
      if value.isEmpty { return nil }
      guard let day = Day.parse(value) else { throw .badDay }
      return day
    }
  }

  /// Changes several items at once, or none.
  ///
  /// - Parameter versions: item ids with the versions that the person saw.
  public static func saveAll(
    _ change: BulkChange, items versions: [(item: String, version: Int)], of id: Assessment.ID,
    library: PackLibrary, in scope: Scope
  ) async throws {
    guard !versions.isEmpty else { throw Answer.Refusal.nothingChosen }
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      let form = try library.form(assessment.form, of: assessment.pack)
      let answers = try tx.answers(id)
      for (item, version) in versions {
        guard form.item(item) != nil else { throw Answer.Refusal.noSuchItem }
        let before = answers[item] ?? .blank(item)
        guard before.version == version else { throw Stale() }
        let draft = try change.applied(to: before)
        for person in [draft.owner, draft.deputy].compactMap({ $0 }) where try tx.person(person) == nil {
          throw Answer.Refusal.unknownPerson
        }
        let after = try before.revised(draft, in: assessment.fiscalYear, today: scope.now.day)
        try tx.replace(before, with: after, in: id, as: "answer.save")
      }
    }
  }

  // MARK: Reminders

  /// When the next reminder for a target day falls: seven days before, then the day after; at 8:00.
  static func reminder(for target: Day, after now: Instant) -> Instant? {
    for day in [target.adding(days: -7), target.adding(days: 1)] {
      let moment = day.morning
      if moment > now { return moment }
    }
    return nil
  }

  /// Tells owner and deputy of a target day that is near or past, and sets the next reminder.
  static func remind(_ row: DueRow, library: PackLibrary, in scope: Scope) async throws {
    guard let (id, item) = answer(in: row.subject) else { return }
    let library = try await library.seen(by: scope)
    let label = try await itemLabel(id, item, library: library, in: scope)
    try await scope.write { tx in
      guard let answer = try tx.answer(id, item), answer.isOpen, let target = answer.targetOn else {
        return try tx.housekeeping.setDue("assessments.target", row.subject, at: nil)
      }
      let days = target.days(since: scope.now.day)
      let key = days >= 0 ? "assessments.dueSoon" : "assessments.overdue"
      for person in [answer.owner, answer.deputy].compactMap({ $0 }) {
        try tx.housekeeping.post(
          Message(
            cause: "answer:\(row.subject):\(target)", recipient: person, step: days >= 0 ? 1 : 2, key: key,
            arguments: [label, target.description, "\(abs(days))"],
            link: "/assessments/\(id)?item=\(item)"))
      }
      try tx.housekeeping.setDue(
        "assessments.target", row.subject, at: reminder(for: target, after: scope.now))
    }
  }

  /// The answer that `<assessment>/<item>` names.
  static func answer(in subject: String) -> (id: Assessment.ID, item: String)? {
    let parts = subject.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let id = Assessment.ID(parts[0]) else { return nil }
    return (id, parts[1])
  }

  private static func itemLabel(
    _ id: Assessment.ID, _ item: String, library: PackLibrary, in scope: Scope
  ) async throws -> String {
    guard let assessment = try await scope.read({ try $0.assessment(id) }) else { return item }
    return try library.form(assessment.form, of: assessment.pack).item(item)?.label ?? item
  }
}

extension Proof {
  /// The same proof for another item, as of the day it was first added.
  func copied(to item: String, id: Proof.ID) -> Proof {
    Proof(
      id: id, item: item, kind: kind, title: title, body: body, sha256: sha256, mediaType: mediaType,
      bytes: bytes,
      addedAt: addedAt, addedBy: addedBy, withdrawn: false)
  }
}

extension Permission {
  public static let assessmentsRead = Permission("assessments.read")
  public static let assessmentsEdit = Permission("assessments.edit")
  /// To answer the items of which one is owner or deputy, and to add proofs to them.
  public static let assessmentsContribute = Permission("assessments.contribute")
}

extension WebRequest {
  /// Whether its person may write this answer: any, or those that are theirs.
  func mayWrite(_ answer: Answer?) -> Bool {
    if may(.assessmentsEdit) { return true }
    guard may(.assessmentsContribute), let person = visitor?.person, let answer else { return false }
    return answer.owner == person || answer.deputy == person
  }

  /// The same for an item whose section someone has been given.
  func mayWrite(_ item: String, in given: [SectionAssignment], of form: Pack.Form) -> Bool {
    guard may(.assessmentsContribute), let person = visitor?.person else { return false }
    return given.contains { one in
      one.person == person
        && form.sections.contains { section in
          ChecklistPiece.node(of: section) == one.node && section.items.contains { $0.id == item }
        }
    }
  }
}
