import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import Synchronization
import Web

/// What registers and operations say about requirements of any framework, through the concepts of our checklists.
///
/// They suggest; a person takes the suggestion as an answer, or does not.
enum RecordSignals {
  static func feature(_ library: PackLibrary, signals: Signals) -> Feature {
    var feature = Feature("record-signals")
    feature.migrations = migrations
    feature.catalogs = [RecordSignalText.catalog]
    feature.routes = { routes in
      suggestions(&routes, library, signals)
      concepts(&routes, library)
    }
    feature.due = [
      "signals.look": { row, scope in try await lookDaily(row, library, signals, in: scope) }
    ]
    return feature
  }

  /// The one subject of the due rows of a facility.
  static let subject = "records"

  // MARK: Looking

  /// Asks all records what they say now, and keeps it for the pages.
  @discardableResult
  static func look(_ library: PackLibrary, _ signals: Signals, in scope: Scope) async throws -> RecordLook {
    let concepts = try library.concepts().map(\.id)
    let look = try await scope.read { tx in
      RecordLook(
        at: scope.now,
        said: try concepts.flatMap { concept in
          try signals(concept, tx, on: scope.now.day).map { RecordSignal(concept, $0) }
        })
    }
    try await scope.write { try $0.housekeeping.keep(look, of: scope.facility) }
    return look
  }

  /// Each morning before work begins, while there is any audit.
  private static func lookDaily(
    _ row: DueRow, _ library: PackLibrary, _ signals: Signals, in scope: Scope
  ) async throws {
    let isNeeded = try await scope.read { try $0.hasAudits() }
    if isNeeded { try await look(library, signals, in: scope) }
    let next = scope.now.day.adding(days: 1).start.adding(minutes: 5 * 60)
    try await scope.write {
      try $0.housekeeping.setDue("signals.look", row.subject, at: isNeeded ? next : nil)
    }
  }

  // MARK: Taking

  /// What was taken, as the ledger keeps it.
  struct Accepted: Codable, Sendable, Equatable {
    let title: String
    let result: AuditResult
    /// What the person saw.
    let sentence: String
    let fingerprint: String
  }

  /// The last that was taken for a requirement, from the entries about it, newest first.
  static func accepted(in history: [LedgerEntry]) -> Accepted? {
    history.lazy.filter { $0.action == "audit.ground" }.compactMap { entry -> Accepted? in
      // Written by this program; an entry of another shape is no ground.
      entry.after.flatMap { try? JSONDecoder().decode(Accepted.self, from: Data($0.utf8)) }
    }.first
  }

  /// Answers a requirement by what the records say. What has been answered by a person is never changed.
  ///
  /// - Parameters:
  ///   - seen: the fingerprint of the suggestion that the person saw.
  ///   - version: of the answer that the person saw.
  /// - Throws: `Stale` when records, answer or framework have moved on; ``RecordSignalRefusal``, ``AuditRefusal``.
  static func answer(
    by seen: String, at place: Int, of opened: Audits.Opened, version: Int, _ library: PackLibrary,
    _ signals: Signals, _ language: Language, in scope: Scope
  ) async throws {
    let (tree, id) = (opened.tree, opened.audit.id)
    guard !QuestionRules.what(tree.node(place).questions).decides else { throw AuditRefusal.badAnswer }
    // What is shown after a refusal is what the records say now.
    let look = try await look(library, signals, in: scope)
    try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard audit.sha256 == opened.audit.sha256 else { throw Stale() }
      guard audit.fiscalYear.contains(scope.now.day) else { throw RecordSignalRefusal.otherYear }
      let node = tree.keys[place]
      let linked = try tx.linkedConcepts(audit.framework, node)
      let standing = RequirementSignals(tree, linked: [node: linked], look: look, isTimely: true)
      guard let suggestion = standing.suggestion(at: place), suggestion.fingerprint == seen else {
        throw Stale()
      }
      guard let result = suggestion.result else { throw RecordSignalRefusal.undecided }
      let before = try tx.requirementAnswer(id, node) ?? RequirementAnswer(node)
      guard before.version == version else { throw Stale() }
      guard mayTake(result, over: before) else { throw RecordSignalRefusal.answered }
      let draft = RequirementAnswer.Draft(
        result: result, score: before.score, remark: remark(before.remark, suggestion, look, language),
        targetOn: before.targetOn, choices: before.choices)
      let after = try before.revised(draft, scale: tree.scale, today: scope.now.day)
      let title = tree.title(place, nil)
      try tx.replace(before, with: after, in: id, title: title, as: "audit.answer")
      try tx.reopenSubmissions(of: id, changed: [place], in: tree)
      try tx.apply(
        [],
        recording: Change(
          "audit.ground", of: "audit-answer:\(id)/\(node)",
          to: Accepted(
            title: title, result: result, sentence: suggestion.text(language),
            fingerprint: suggestion.fingerprint)))
    }
  }

  /// Where nothing is answered yet, and where the same was taken over but not confirmed.
  static func mayTake(_ result: AuditResult, over before: RequirementAnswer) -> Bool {
    before.result == nil || (!before.isConfirmed && before.result == result)
  }

  private static func remark(
    _ before: String, _ suggestion: RecordSuggestion, _ look: RecordLook, _ language: Language
  ) -> String {
    guard before.isEmpty else { return before }
    let text = Texts<RecordSignalText>(language)(
      .remarkLine, look.at.day.description, suggestion.text(language))
    return String(text.prefix(4000))
  }

  /// What all suggestions would do; nothing is stored.
  static func pass(_ id: Audit.ID, in scope: Scope) async throws -> (opened: Audits.Opened, pass: SignalPass)
  {
    let opened = try await Audits.opened(id, in: scope)
    return (opened, SignalPass(opened.standing, opened.signals))
  }

  /// Takes what the preview shows, to be confirmed one by one. What has been answered meanwhile stays as it is.
  ///
  /// - Parameter seen: the fingerprint of what the person saw.
  /// - Returns: how many were taken.
  /// - Throws: `Stale` when the records say something else now; ``RecordSignalRefusal``, ``AuditRefusal``.
  static func takeAll(
    _ seen: String, of id: Audit.ID, _ library: PackLibrary, _ signals: Signals, _ language: Language,
    in scope: Scope
  ) async throws -> Int {
    let look = try await look(library, signals, in: scope)
    let (opened, pass) = try await pass(id, in: scope)
    guard opened.signals.isTimely else { throw RecordSignalRefusal.otherYear }
    guard pass.fingerprint == seen else { throw Stale() }
    let lines = pass.taken
    guard !lines.isEmpty else { throw RecordSignalRefusal.nothingToTake }
    let tree = opened.tree
    return try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard audit.sha256 == opened.audit.sha256 else { throw Stale() }
      let answered = Set(try tx.requirementAnswers(id).map(\.node))
      var count = 0
      for line in lines where !answered.contains(tree.keys[line.place]) {
        var answer = RequirementAnswer(tree.keys[line.place])
        (answer.result, answer.version) = (line.suggestion.result, 1)
        answer.remark = remark("", line.suggestion, look, language)
        answer.said = RequirementAnswer.Said(
          text: line.suggestion.text(language), on: look.at.day, fingerprint: line.suggestion.fingerprint)
        try tx.replace(
          RequirementAnswer(answer.node), with: answer, in: id, title: tree.title(line.place, nil),
          as: "audit.suggest")
        count += 1
      }
      return count
    }
  }

  // MARK: Concepts of requirements

  /// Puts concepts on requirements of the audit's framework, and takes others off.
  ///
  /// - Throws: ``RecordSignalRefusal/noSuchConcept``; ``AuditRefusal/noSuchRequirement``.
  static func link(
    _ changes: [(node: String, concept: String, isOn: Bool)], of opened: Audits.Opened,
    _ library: PackLibrary, in scope: Scope
  ) async throws {
    let known = Set(try library.concepts().map(\.id))
    let tree = opened.tree
    let placed = try changes.map { change in
      guard known.contains(change.concept) || !change.isOn else { throw RecordSignalRefusal.noSuchConcept }
      guard let place = tree.place(of: change.node), tree.node(place).isAssessable else {
        throw AuditRefusal.noSuchRequirement
      }
      return (place: place, concept: change.concept, isOn: change.isOn)
    }
    try await scope.write { tx in
      let audit = try tx.changeable(opened.audit.id)
      for change in placed {
        if change.isOn, tree.concepts[change.place]?.contains(change.concept) == true { continue }
        try tx.setConcept(
          change.concept, on: tree.keys[change.place], title: tree.title(change.place, nil), of: audit,
          to: change.isOn)
      }
    }
  }

  /// The words that requirements are compared with; those of the program alone, and so the same for everyone.
  static func likeness(_ library: PackLibrary) throws -> ConceptLikeness {
    let folder = library.folder
    if let known = known.withLock({ $0[folder] }) { return known }
    let made = ConceptLikeness(try library.shipped.packs(), try library.concepts())
    known.withLock { $0[folder] = made }
    return made
  }

  private static let known = Mutex<[String: ConceptLikeness]>([:])
}
