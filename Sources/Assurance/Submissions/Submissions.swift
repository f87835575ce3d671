import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Handing in what one has been given of an audit; another returns it with a remark, or accepts it.
enum Submissions {
  /// Those who may accept.
  static let acceptors: Set<Role> = [.administrator, .safetyManager, .itStaff]

  static var feature: Feature {
    var feature = Feature("submissions")
    feature.migrations = migrations
    feature.catalogs = [SubmissionText.catalog]
    feature.routes = { routes(&$0) }
    feature.duties = DutyList(
      needs: .assessmentsContribute, rows: { tx, _, last in tx.submissionDutyRows(until: last) },
      duty: { row in
        let parts = row.subject.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let id = Audit.ID(parts[0]) else { return nil }
        let word: SubmissionText = row.kind == "submitted" ? .dutySubmitted : .dutyReturned
        return Duty(
          on: row.day, title: row.title, text: { Texts<SubmissionText>($0)(word) }, path: path(id, parts[1]))
      })
    return feature
  }

  static func path(_ id: Audit.ID, _ node: String) -> String {
    "/audits/\(id)/submissions/part?node=\(urlEncoded(node))"
  }

  /// What stands on the page of one part.
  struct Part: Sendable {
    let opened: Audits.Opened
    let place: Int
    let given: AuditAssignment?
    let submission: Submission?
    let comments: [AuditComment]
    let history: [LedgerEntry]
    /// Whether nobody but the visitor may accept anything.
    let isAlone: Bool
  }

  /// - Throws: ``AuditRefusal/noSuchRequirement``.
  static func part(_ node: String, of id: Audit.ID, in scope: Scope) async throws -> Part {
    let opened = try await Audits.opened(id, withMeasures: false, in: scope)
    guard let place = opened.tree.place(of: node) else { throw AuditRefusal.noSuchRequirement }
    let key = opened.tree.keys[place]
    return try await scope.read { tx in
      let found = try tx.submission(id, key, besides: scope.person, at: scope.now)
      return Part(
        opened: opened, place: place, given: opened.work.given[place], submission: found?.submission,
        comments: try tx.besideRequirement(id, key).comments,
        history: try tx.history(of: "submission:\(id)/\(key)", limit: 30), isAlone: found?.others == 0)
    }
  }

  /// Whether this visitor may hand the part in: whoever has it, and those who may answer everything.
  static func maySubmit(_ request: WebRequest, _ part: Part) -> Bool {
    guard part.given != nil else { return false }
    return Audits.mayAnswer(request, part.opened, part.place)
  }

  // MARK: Verbs

  /// Hands a part in; whoever leads the audit is told.
  ///
  /// - Parameter version: of the submission that the person saw; 0 when there was none.
  /// - Throws: ``SubmissionRefusal``, ``AuditRefusal``; `Stale`.
  static func submit(_ part: Part, remark: String, version: Int, in scope: Scope) async throws {
    let (tree, id) = (part.opened.tree, part.opened.audit.id)
    let node = tree.keys[part.place]
    guard let given = part.given else { throw SubmissionRefusal.notGiven }
    let title = tree.title(part.place, nil)
    let step = Submission.Step(
      person: scope.person, name: scope.actor.name, at: scope.now, remark: remark)
    try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard audit.sha256 == part.opened.audit.sha256 else { throw Stale() }
      // What stands is read here, so that nothing slips in between the look and the hand-in.
      let standing = AuditStanding(tree, groups: audit.groups, answers: try tx.requirementAnswers(id))
      let tally = standing.tallies[part.place]
      guard tally.confirmed == tally.inScope else {
        throw SubmissionRefusal.incomplete(tally.inScope - tally.confirmed)
      }
      let before = try tx.submission(id, node)
      let after = try Submission.submitted(node, of: id, title: title, over: before, step)
      guard (before?.version ?? 0) == version else { throw Stale() }
      try tx.replace(before, with: after, as: "submission.submit")
      let told = try audit.owner.map { [$0] } ?? tx.peopleInRole(Submissions.acceptors, at: scope.now)
      for person in told.prefix(10) where person != scope.person && person != given.person {
        try tx.housekeeping.post(
          message("submissions.submitted", after, to: person, [scope.actor.name, audit.name, title], step: 0))
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
      let acceptors = try tx.peopleInRole(Submissions.acceptors, at: tx.scope.now)
      let isAlone = acceptors.allSatisfy { $0 == step.person }
      return try before.accepted(step, isAlone: isAlone)
    }
  }

  private static func decide(
    _ part: Part, _ version: Int, _ action: StaticString, _ key: String, in scope: Scope,
    _ decision: @escaping @Sendable (Submission, Submission.Step, WriteTx) throws -> Submission
  ) async throws {
    let id = part.opened.audit.id
    let node = part.opened.tree.keys[part.place]
    let given = part.given?.person
    let step = Submission.Step(person: scope.person, name: scope.actor.name, at: scope.now)
    try await scope.write { tx in
      let audit = try tx.changeable(id)
      guard let before = try tx.submission(id, node) else { throw SubmissionRefusal.notSubmitted }
      let after = try decision(before, step, tx)
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: after, as: action)
      for person in Set([before.submitter, given].compactMap { $0 }) where person != scope.person {
        try tx.housekeeping.post(
          message(
            key, after, to: person, [scope.actor.name, audit.name, before.title, after.remark],
            step: after.state == .returned ? 1 : 2))
      }
    }
  }

  static func message(
    _ key: String, _ one: Submission, to person: PersonID, _ arguments: [String], step: Int
  ) -> Message {
    Message(
      cause: "submission:\(one.audit)/\(one.node):\(one.version)", recipient: person, step: step, key: key,
      arguments: arguments, link: path(one.audit, one.node))
  }
}
