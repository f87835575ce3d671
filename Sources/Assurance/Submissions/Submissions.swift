import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Handing in what one has been given of an audit or a checklist; another returns it with a remark, or accepts it.
enum Submissions {
  /// Those who may accept.
  static let acceptors: Set<Role> = [.administrator, .safetyManager, .itStaff]

  static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("submissions")
    feature.migrations = migrations
    feature.catalogs = [SubmissionText.catalog]
    feature.routes = { routes in
      self.routes(&routes)
      ChecklistWork.routes(&routes, library)
    }
    feature.duties = DutyList(
      needs: .assessmentsContribute, rows: { tx, _, last in tx.submissionDutyRows(until: last) },
      duty: { row in
        guard let (subject, node) = Submission.Subject.part(named: row.subject) else { return nil }
        let word: SubmissionText =
          switch row.kind {
          case "submitted": .dutySubmitted
          case "returned": .dutyReturned
          default: .dutyGiven
          }
        return Duty(
          on: row.day, title: row.title, text: { Texts<SubmissionText>($0)(word) }, path: path(subject, node))
      })
    feature.due = [
      "assessments.section": { row, scope in try await ChecklistWork.remind(row, library, in: scope) }
    ]
    return feature
  }

  static func path(_ id: Audit.ID, _ node: String) -> String { path(.audit(id), node) }

  static func path(_ subject: Submission.Subject, _ node: String) -> String {
    "\(subject.path)/submissions/part?node=\(urlEncoded(node))"
  }

  /// Who has a part, and until when.
  struct Given: Sendable {
    /// Any of them may hand it in.
    let people: [PersonID]
    let name: String
    let dueOn: Day?
  }

  /// What stands on the page of one part, whatever it is a part of.
  struct Part: Sendable {
    let subject: Submission.Subject
    let node: String
    /// In the words of the framework or edition, as it is recorded.
    let title: String
    let name: String
    let shownTitle: @Sendable (Language) -> String
    let shownName: @Sendable (Language) -> String
    let given: Given?
    let total: Int
    let confirmed: Int
    /// The page on which it is answered.
    let answers: String
    let isFrozen: Bool
    let submission: Submission?
    /// Nil where nobody can write any.
    let comments: [AuditComment]?
    let history: [LedgerEntry]
    /// Whether nobody but the visitor may accept anything.
    let isAlone: Bool
    /// Reads who leads it, and throws when it is signed off.
    let leader: @Sendable (ReadTx) throws -> PersonID?
    /// Reads how many in it have no confirmed answer, and which items are in it.
    let missing: @Sendable (ReadTx) throws -> (count: Int, items: [String])
  }

  /// - Throws: ``AuditRefusal/noSuchRequirement``.
  static func part(_ node: String, of id: Audit.ID, in scope: Scope) async throws -> Part {
    let opened = try await Audits.opened(id, withMeasures: false, in: scope)
    guard let place = opened.tree.place(of: node) else { throw AuditRefusal.noSuchRequirement }
    let (tree, audit) = (opened.tree, opened.audit)
    let key = tree.keys[place]
    let given = opened.work.given[place].map { Given(people: [$0.person], name: $0.name, dueOn: $0.dueOn) }
    let tally = opened.standing.tallies[place]
    return try await scope.read { tx in
      let found = try tx.submission(.audit(id), key, besides: scope.person, at: scope.now)
      return Part(
        subject: .audit(id), node: key, title: tree.title(place, nil), name: audit.name,
        shownTitle: { tree.title(place, tree.language(for: $0.rawValue)) }, shownName: { _ in audit.name },
        given: given, total: tally.inScope, confirmed: tally.confirmed,
        answers: tree.node(place).isAssessable ? Audits.path(id, key) : "/audits/\(id)?section=\(place)",
        isFrozen: audit.frozenAt != nil, submission: found?.submission,
        comments: try tx.besideRequirement(id, key).comments,
        history: try tx.history(of: "submission:\(id)/\(key)", limit: 30), isAlone: found?.others == 0,
        leader: { try $0.changeable(id).owner },
        missing: { tx in
          let now = try tx.changeable(id)
          guard now.sha256 == audit.sha256 else { throw Stale() }
          let standing = AuditStanding(tree, groups: now.groups, answers: try tx.requirementAnswers(id))
          return (standing.tallies[place].inScope - standing.tallies[place].confirmed, [])
        })
    }
  }

  /// Whether this visitor may hand the part in: whoever has it, and those who may answer everything.
  static func maySubmit(_ request: WebRequest, _ part: Part) -> Bool {
    guard let given = part.given else { return false }
    if request.may(.assessmentsEdit) { return true }
    guard request.may(.assessmentsContribute), let person = request.person else { return false }
    return given.people.contains(person)
  }

  // MARK: Verbs

  /// Takes the step that a form names.
  ///
  /// - Throws: ``SubmissionRefusal``, ``AuditRefusal``; `Stale`.
  static func step(_ form: FormValues, _ part: Part, _ request: WebRequest, in scope: Scope) async throws {
    let (remark, version) = (form["remark"], form.version)
    switch form["step"] {
    case "submit":
      guard part.given != nil else { throw SubmissionRefusal.notGiven }
      guard maySubmit(request, part) else { throw AuditRefusal.notYours }
      try await submit(part, remark: remark, version: version, in: scope)
    case "return", "accept":
      guard request.may(.assessmentsEdit) else { throw WebProblem.forbidden }
      if form["step"] == "return" {
        try await giveBack(part, remark: remark, version: version, in: scope)
      } else {
        try await accept(part, remark: remark, version: version, in: scope)
      }
    default: throw SubmissionRefusal.badStep
    }
  }

  /// Hands a part in; whoever leads the audit is told.
  ///
  /// - Parameter version: of the submission that the person saw; 0 when there was none.
  /// - Throws: ``SubmissionRefusal``, ``AuditRefusal``; `Stale`.
  static func submit(_ part: Part, remark: String, version: Int, in scope: Scope) async throws {
    guard let given = part.given else { throw SubmissionRefusal.notGiven }
    let step = Submission.Step(
      person: scope.person, name: scope.actor.name, at: scope.now, remark: remark)
    try await scope.write { tx in
      let leader = try part.leader(tx)
      // What stands is read here, so that nothing slips in between the look and the hand-in.
      let (missing, items) = try part.missing(tx)
      guard missing == 0 else { throw SubmissionRefusal.incomplete(missing) }
      let before = try tx.submission(part.subject, part.node)
      let after = try Submission.submitted(
        part.node, of: part.subject, title: part.title, over: before, step, items: items, name: part.name)
      guard (before?.version ?? 0) == version else { throw Stale() }
      try tx.replace(before, with: after, as: "submission.submit")
      let told = try leader.map { [$0] } ?? tx.peopleInRole(Submissions.acceptors, at: scope.now)
      for person in told.prefix(10) where person != scope.person && !given.people.contains(person) {
        try tx.housekeeping.post(
          message(
            "submissions.submitted", after, to: person, [scope.actor.name, part.name, part.title], step: 0))
      }
    }
  }

  /// Returns what was handed in, with what is to be done; its submitter, and whoever has it, are told.
  static func giveBack(_ part: Part, remark: String, version: Int, in scope: Scope) async throws {
    try await decide(part, version, "submission.return", "submissions.returned", in: scope) {
      before, step, _ in
      var step = step
      step.remark = remark
      return try before.returned(step)
    }
  }

  /// Accepts it: another than who handed it in, unless nobody else may.
  static func accept(_ part: Part, remark: String, version: Int, in scope: Scope) async throws {
    try await decide(part, version, "submission.accept", "submissions.accepted", in: scope) {
      before, step, tx in
      var step = step
      step.remark = remark
      let isAlone = try tx.peopleInRole(Submissions.acceptors, at: tx.scope.now).allSatisfy {
        $0 == step.person
      }
      return try before.accepted(step, isAlone: isAlone)
    }
  }

  private static func decide(
    _ part: Part, _ version: Int, _ action: StaticString, _ key: String, in scope: Scope,
    _ decision: @escaping @Sendable (Submission, Submission.Step, WriteTx) throws -> Submission
  ) async throws {
    let step = Submission.Step(person: scope.person, name: scope.actor.name, at: scope.now)
    try await scope.write { tx in
      _ = try part.leader(tx)
      guard let before = try tx.submission(part.subject, part.node) else {
        throw SubmissionRefusal.notSubmitted
      }
      let after = try decision(before, step, tx)
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: after, as: action)
      let told = [before.submitter].compactMap { $0 } + (part.given?.people ?? [])
      for person in Set(told) where person != scope.person {
        try tx.housekeeping.post(
          message(
            key, after, to: person, [scope.actor.name, part.name, before.title, after.remark],
            step: after.state == .returned ? 1 : 2))
      }
    }
  }

  static func message(
    _ key: String, _ one: Submission, to person: PersonID, _ arguments: [String], step: Int
  ) -> Message {
    Message(
      cause: "submission:\(one.subject.id)/\(one.node):\(one.version)", recipient: person, step: step,
      key: key,
      arguments: arguments, link: path(one.subject, one.node))
  }
}
