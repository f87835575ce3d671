import Frameworks
public import Kernel
import Registers
public import Storage
import Web

/// Answering a framework that was taken in, as one audit a year or as often as one likes.
public enum Audits {
  /// - Parameter library: whose concepts have the names of what records speak about.
  static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("audits")
    feature.migrations = migrations
    feature.catalogs = [AuditText.catalog]
    feature.routes = { routes in
      lists(&routes)
      answering(&routes, library)
      work(&routes)
      points(&routes)
      AuditOSCAL.routes(&routes)
    }
    feature.due = ["audits.target": { row, scope in try await remind(row, in: scope) }]
    return feature
  }

  /// An audit with all that its pages need.
  struct Opened: Sendable {
    let audit: Audit
    let owner: String?
    /// The newest version of the library, where it is newer than the one in use.
    let newer: Int?
    let tree: FrameworkTree
    let standing: AuditStanding
    let work: AuditWork
    let measures: Measures.Suggestions
    let signals: RequirementSignals
  }

  // MARK: Opening

  /// The tree of a framework of a library that the facility sees.
  ///
  /// - Throws: `FrameworkProblem.noSuchLibrary`; ``AuditRefusal/noSuchFramework``.
  static func tree(_ library: ID<ShelvedLibrary>, framework number: Int, in scope: Scope) async throws
    -> (shelved: ShelvedLibrary, tree: FrameworkTree)
  {
    guard let shelved = try await scope.read({ try $0.library(library) }) else {
      throw FrameworkProblem.noSuchLibrary
    }
    let content = try await Libraries.opened(shelved, in: scope)
    guard let tree = FrameworkTrees.common.tree(content, sha256: shelved.sha256, framework: number) else {
      throw AuditRefusal.noSuchFramework
    }
    return (shelved, tree)
  }

  /// The tree that an audit stands on.
  ///
  /// - Throws: ``AuditRefusal/libraryMissing(sha256:)``, ``AuditRefusal/noSuchFramework``.
  static func tree(of audit: Audit, in scope: Scope) async throws -> FrameworkTree {
    try await tree(sha256: audit.sha256, framework: audit.framework, in: scope)
  }

  static func tree(sha256: String, framework: String, in scope: Scope) async throws -> FrameworkTree {
    guard let content = try await Libraries.content(sha256, in: scope) else {
      throw AuditRefusal.libraryMissing(sha256: String(sha256.prefix(16)))
    }
    guard let number = content.frameworks.firstIndex(where: { URN.folded($0.urn) == framework }),
      let tree = FrameworkTrees.common.tree(content, sha256: sha256, framework: number)
    else { throw AuditRefusal.noSuchFramework }
    return tree
  }

  /// Begins an audit; no requirement has a row yet.
  ///
  /// - Throws: ``AuditRefusal``, `FrameworkProblem`.
  @discardableResult
  static func begin(
    _ library: ID<ShelvedLibrary>, framework number: Int, in scope: Scope,
    _ draft: (FrameworkTree) throws(AuditRefusal) -> Audit.Draft
  ) async throws -> Audit {
    let (shelved, tree) = try await tree(library, framework: number, in: scope)
    let draft = try draft(tree)
    let audit = Audit(
      id: scope.newID(), library: shelved.id, sha256: shelved.sha256,
      framework: URN.folded(tree.framework.urn),
      name: draft.name, fiscalYear: draft.fiscalYear, owner: draft.owner, groups: draft.groups,
      openedAt: scope.now, frozenAt: nil, version: 1)
    try await scope.write { tx in
      try check(draft.owner, tx)
      try tx.insert(audit)
      try tx.housekeeping.setDue("signals.look", RecordSignals.subject, at: scope.now)
    }
    return audit
  }

  /// Begins an audit of everything in a framework, for programs that measure.
  ///
  /// - Throws: ``AuditRefusal``, `FrameworkProblem`.
  @discardableResult
  public static func begin(named name: String, library: String, in scope: Scope) async throws -> Audit {
    let all = try await scope.read { try $0.libraries() }
    guard let shelved = all.first(where: { $0.urn == URN.folded(library) }) else {
      throw FrameworkProblem.noSuchLibrary
    }
    return try await begin(shelved.id, framework: 0, in: scope) { tree throws(AuditRefusal) in
      try Audit.Draft(
        name: name, year: "\(scope.now.day.fiscalYear)", owner: "", groups: [],
        offered: tree.groups.map(\.refID))
    }
  }

  static func check(_ person: PersonID?, _ tx: ReadTx) throws {
    if let person, try tx.person(person) == nil { throw AuditRefusal.unknownPerson }
  }

  /// - Parameters:
  ///   - withMeasures: false where nobody asks what measures and records suggest.
  ///   - withWork: false where nobody asks who has what.
  /// - Throws: ``AuditRefusal``.
  static func opened(
    _ id: Audit.ID, withMeasures: Bool = true, withWork: Bool = true, in scope: Scope
  ) async throws -> Opened {
    let found = try await scope.read { tx in
      guard let found = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
      return (
        found, try tx.requirementAnswers(id), withWork ? try tx.auditAssignments(id) : [],
        withMeasures ? try tx.suggestionRows(id) : SuggestionRows()
      )
    }
    let ((audit, owner, newer), answers, assignments, rows) = found
    let tree = try await tree(of: audit, in: scope)
    return Opened(
      audit: audit, owner: owner, newer: newer, tree: tree,
      standing: AuditStanding(tree, groups: audit.groups, answers: answers),
      work: AuditWork(tree, assignments),
      measures: Measures.Suggestions(rows.measures),
      signals: RequirementSignals(
        tree, linked: rows.linked, look: rows.look,
        isTimely: audit.fiscalYear.contains(scope.now.day)))
  }

  /// Changes name, year, owner and groups. What was handed in or accepted is taken up again where more is to be answered.
  ///
  /// - Throws: ``AuditRefusal``; `Stale`.
  static func revise(_ id: Audit.ID, version: Int, in scope: Scope, _ draft: Audit.Draft) async throws {
    let tree = try await opened(id, withMeasures: false, withWork: false, in: scope).tree
    try await scope.write { tx in
      let before = try tx.changeable(id)
      // A tree of another version comes with another version of the audit.
      guard before.version == version else { throw Stale() }
      try check(draft.owner, tx)
      let after = before.revised(draft)
      try tx.replace(before, with: after, as: "audit.change")
      guard before.groups != after.groups else { return }
      let answers = try tx.requirementAnswers(id)
      let grown = AuditStanding(tree, groups: after.groups, answers: answers)
        .newlyInScope(since: AuditStanding(tree, groups: before.groups, answers: answers))
      try tx.reopenSubmissions(of: id, changed: grown, in: tree)
    }
  }

  // MARK: Answering

  /// Saves an answer.
  ///
  /// - Parameters:
  ///   - tree: in which the person saw the requirement.
  ///   - version: of the answer that the person saw; 0 when there was none.
  /// - Throws: ``AuditRefusal``; `Stale` when the answer or the library has moved on.
  @discardableResult
  static func save(
    _ draft: RequirementAnswer.Draft, at place: Int, of id: Audit.ID, tree: FrameworkTree, sha256: String,
    version: Int, in scope: Scope
  ) async throws -> RequirementAnswer {
    try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard audit.sha256 == sha256 else { throw Stale() }
      let node = tree.keys[place]
      let before = try tx.requirementAnswer(id, node) ?? RequirementAnswer(node)
      let after = try before.revised(draft, scale: tree.scale, today: scope.now.day)
      // Also when the reply to an earlier, identical request was lost on its way.
      if before.version > 0 && after.says(theSameAs: before) { return before }
      guard before.version == version else { throw Stale() }
      // An answer may choose groups, and with them requirements elsewhere.
      let choosesGroups = tree.answersChooseGroups && before.choices != after.choices
      let was = choosesGroups ? try tx.standing(of: audit, in: tree) : nil
      try tx.replace(before, with: after, in: id, title: tree.title(place, nil), as: "audit.answer")
      let grown = try was.map { try tx.standing(of: audit, in: tree).newlyInScope(since: $0) } ?? []
      try tx.reopenSubmissions(of: id, changed: [place] + grown, in: tree)
      return after
    }
  }

  /// Answers requirements by their URN, for programs that measure.
  public static func answer(_ nodes: [String], of id: Audit.ID, in scope: Scope) async throws {
    let opened = try await opened(id, in: scope)
    try await scope.write { tx in
      _ = try tx.changeable(id)
      for (number, urn) in nodes.enumerated() {
        guard let place = opened.tree.place(of: urn) else { throw AuditRefusal.noSuchRequirement }
        var draft = RequirementAnswer.Draft()
        draft.result = AuditResult.allCases[number % 4]
        draft.score = opened.tree.scale.map { $0.lowerBound + number % ($0.count) }
        draft.remark = "\(number)"
        let before = opened.standing.answer(place)
        let after = try before.revised(draft, scale: opened.tree.scale, today: scope.now.day)
        try tx.replace(
          before, with: after, in: id, title: opened.tree.title(place, nil), as: "audit.answer")
      }
    }
  }

  /// The mean score of an audit, for programs that measure; nil while nothing counts.
  public static func meanScore(of id: Audit.ID, in scope: Scope) async throws -> Double? {
    try await opened(id, in: scope).standing.score.mean
  }

  /// Whoever may only contribute answers what has been given to them.
  ///
  /// - Throws: ``AuditRefusal/notYours``.
  static func admit(_ request: WebRequest, _ opened: Opened, _ place: Int) throws {
    guard mayAnswer(request, opened, place) else { throw AuditRefusal.notYours }
  }

  static func mayAnswer(_ request: WebRequest, _ opened: Opened, _ place: Int) -> Bool {
    if request.may(.assessmentsEdit) { return true }
    guard request.may(.assessmentsContribute), let person = request.person else { return false }
    return opened.work.assignment(at: place, in: opened.tree)?.person == person
  }
}

extension ReadTx {
  /// - Throws: ``AuditRefusal/noSuchAudit``; ``AuditRefusal/frozen`` for one that is signed off.
  func changeable(_ id: Audit.ID) throws -> Audit {
    guard let (audit, _, _) = try audit(id) else { throw AuditRefusal.noSuchAudit }
    guard audit.frozenAt == nil else { throw AuditRefusal.frozen }
    return audit
  }
}

extension ReadTx {
  fileprivate func standing(of audit: Audit, in tree: FrameworkTree) throws -> AuditStanding {
    AuditStanding(tree, groups: audit.groups, answers: try requirementAnswers(audit.id))
  }
}
