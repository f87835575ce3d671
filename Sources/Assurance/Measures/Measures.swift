import Frameworks
import Kernel
import Registers
import Storage
import Web

/// What the hospital does about requirements: once written down, seen from every framework that asks for it.
public enum Measures {
  static let name = "measures"

  /// What they say about a concept, from states that the page has read.
  static func said(of states: [String: [Measure.State: Int]], concept: String) -> [Signals.Said] {
    guard let known = states[concept], let signal = signal(of: known, concept: concept) else { return [] }
    return [Signals.Said(slice: name, records: { Texts<MeasureText>($0)(.records) }, signal: signal)]
  }

  static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature(name)
    feature.migrations = migrations
    feature.catalogs = [MeasureText.catalog]
    feature.records = { Texts<MeasureText>($0)(.records) }
    feature.routes = { routes in
      pages(&routes, library)
      links(&routes, library)
      files(&routes)
    }
    feature.signalOfConcept = { concept, tx, _ in
      signal(of: try tx.measureStates(ofConcept: concept), concept: concept)
    }
    feature.due = ["measures.target": { row, scope in try await remind(row, in: scope) }]
    return feature
  }

  /// The same rule as for requirements of frameworks.
  static func signal(of states: [Measure.State: Int], concept: String) -> Signal? {
    let all = states.flatMap { Array(repeating: $0.key, count: $0.value) }
    guard let result = Measure.suggestion(of: all) else { return nil }
    let inPlace = states[.inPlace] ?? 0
    let counted = all.count { $0 != .stopped }
    let state: Signal.State =
      switch result {
      case .compliant: .met
      case .partiallyCompliant: .partly
      case .nonCompliant, .notApplicable: .unmet
      }
    return Signal(
      state, Sentence(MeasureText.signal, counted, inPlace), path: "/measures",
      ground: "measures=\(counted) in-place=\(inPlace) under-way=\(states[.underWay] ?? 0)")
  }

  /// What measures suggest for requirements of an audit; kept apart from what was answered.
  struct Suggestions: Sendable {
    /// By the folded URN of the requirement.
    let lines: [String: [MeasureLine]]

    init(_ all: [MeasureLine]) { lines = Dictionary(grouping: all, by: \.node) }

    func result(_ node: String) -> AuditResult? { Measure.suggestion(of: (lines[node] ?? []).map(\.state)) }
  }

  // MARK: Verbs

  /// - Parameter base: a requirement that is put on it at once; without it, nothing is written down.
  /// - Throws: ``MeasureRefusal``; ``AuditRefusal``.
  @discardableResult
  static func add(
    _ draft: Measure.Draft, under base: (audit: Audit.ID, node: String)? = nil, in scope: Scope
  ) async throws -> Measure {
    let measure = try Measure(draft, id: scope.newID())
    let opened: Audits.Opened? =
      if let base { try await Audits.opened(base.audit, in: scope) } else { nil }
    try await scope.write { tx in
      try check(draft, tx)
      try tx.insert(measure)
      if let base, let opened { try put(base.node, of: opened, on: measure, tx) }
    }
    return measure
  }

  /// - Throws: ``MeasureRefusal``; `Stale`.
  static func revise(_ id: Measure.ID, version: Int, in scope: Scope, _ draft: Measure.Draft) async throws {
    try await scope.write { tx in
      let before = try tx.known(id)
      guard before.version == version else { throw Stale() }
      try check(draft, tx)
      try tx.replace(before, with: try before.revised(draft))
    }
  }

  private static func check(_ draft: Measure.Draft, _ tx: ReadTx) throws {
    for person in [draft.owner, draft.deputy].compactMap({ $0 }) where try tx.person(person) == nil {
      throw MeasureRefusal.unknownPerson
    }
  }

  /// Moves a measure to another state; every requirement that rests on it then has another suggestion.
  ///
  /// - Parameter mayAll: false for those who may change only their own.
  static func move(
    _ id: Measure.ID, to state: Measure.State, version: Int, by person: PersonID?, mayAll: Bool,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let before = try tx.known(id)
      guard mayAll || (person != nil && [before.owner, before.deputy].contains(person)) else {
        throw MeasureRefusal.notYours
      }
      guard before.version == version else { throw Stale() }
      if before.state != state { try tx.replace(before, with: before.moved(to: state)) }
    }
  }

  /// Puts a requirement on a measure or takes it off.
  static func link(_ id: Measure.ID, to node: String, of audit: Audit.ID, isOn: Bool, in scope: Scope)
    async throws
  {
    let opened = try await Audits.opened(audit, in: scope)
    try await scope.write { tx in
      let measure = try tx.known(id)
      guard isOn else {
        _ = try tx.changeable(audit)
        return try tx.unlink(measure, from: URN.folded(node), in: audit)
      }
      try put(node, of: opened, on: measure, tx)
    }
  }

  private static func put(_ node: String, of opened: Audits.Opened, on measure: Measure, _ tx: WriteTx) throws
  {
    _ = try tx.changeable(opened.audit.id)
    guard let place = opened.tree.place(of: node), opened.tree.node(place).isAssessable else {
      throw AuditRefusal.noSuchRequirement
    }
    try tx.link(
      measure, to: opened.tree.keys[place], title: opened.tree.title(place, nil), in: opened.audit.id)
  }

  /// Says that a measure is about a concept, or no longer.
  ///
  /// - Parameter isKnown: whether there is such a concept; one that is gone can still be taken off.
  static func set(
    _ concept: String, isKnown: Bool, of id: Measure.ID, to isOn: Bool, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let measure = try tx.known(id)
      guard isKnown || !isOn else { throw MeasureRefusal.noSuchConcept }
      try tx.setConcept(concept, of: measure, to: isOn)
    }
  }

  /// Lays a file beside a measure, as its proof.
  static func attach(_ file: StoredFile.Upload, to id: Measure.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      _ = try tx.known(id)
      try Files.add(file, to: "measure:\(id)", tx)
    }
  }

  /// Answers a requirement by what its measures suggest.
  ///
  /// - Parameter seen: the suggestion that the person saw.
  /// - Throws: `Stale` when the measures or the answer have moved on.
  static func accept(
    _ seen: AuditResult?, at place: Int, of opened: Audits.Opened, version: Int, in scope: Scope
  ) async throws {
    let (tree, id) = (opened.tree, opened.audit.id)
    let node = tree.keys[place]
    // Where questions decide, their answers are changed and not what they come to.
    guard !QuestionRules.what(tree.node(place).questions).decides else { throw AuditRefusal.badAnswer }
    try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard audit.sha256 == opened.audit.sha256 else { throw Stale() }
      let lines = try tx.measureLines(id).filter { $0.node == node }
      guard let result = Measure.suggestion(of: lines.map(\.state)), result == seen else { throw Stale() }
      let before = try tx.requirementAnswer(id, node) ?? RequirementAnswer(node)
      guard before.version == version else { throw Stale() }
      let draft = RequirementAnswer.Draft(
        result: result, score: before.score, remark: before.remark, targetOn: before.targetOn,
        choices: before.choices)
      let after = try before.revised(draft, scale: tree.scale, today: scope.now.day)
      let title = tree.title(place, nil)
      try tx.replace(before, with: after, in: id, title: title, as: "audit.answer")
      try tx.reopenSubmissions(of: id, changed: [place], in: tree)
      let from = lines.filter { $0.state != .stopped }.map(\.title).joined(separator: ", ")
      try tx.apply(
        [],
        recording: Change(
          "audit.accept", of: "audit-answer:\(id)/\(node)",
          to: ["title": title, "result": result.rawValue, "measure": from]))
    }
  }

  /// Tells owner and deputy of a measure whose day is near or past.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    guard let id = Measure.ID(row.subject) else { return }
    try await scope.write { tx in
      guard let (measure, _, _) = try tx.measure(id), measure.isOpen, let due = measure.dueOn else {
        return try tx.housekeeping.setDue("measures.target", row.subject, at: nil)
      }
      let days = due.days(since: scope.now.day)
      let key = days >= 0 ? "measures.dueSoon" : "measures.overdue"
      for person in [measure.owner, measure.deputy].compactMap({ $0 }) {
        try tx.housekeeping.post(
          Message(
            cause: "measure:\(id):\(due)", recipient: person, step: days >= 0 ? 1 : 2, key: key,
            arguments: [measure.title, due.description, "\(abs(days))"], link: "/measures/\(id)"))
      }
      try tx.housekeeping.setDue(
        "measures.target", row.subject, at: Assessments.reminder(for: due, after: scope.now))
    }
  }
}

extension ReadTx {
  /// - Throws: ``MeasureRefusal/noSuchMeasure``.
  func known(_ id: Measure.ID) throws -> Measure {
    guard let (measure, _, _) = try measure(id) else { throw MeasureRefusal.noSuchMeasure }
    return measure
  }
}
