import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Findings with what is done about them and the look whether it helped, as one chain.
enum Findings {
  static var feature: Feature {
    var feature = Feature("findings")
    feature.migrations = migrations
    feature.catalogs = [FindingText.catalog]
    feature.routes = { routes in
      lists(&routes)
      one(&routes)
      steps(&routes)
    }
    feature.duties = DutyList(
      needs: .assessmentsRead, rows: { tx, _, last in tx.findingDutyRows(until: last) },
      duty: { row in
        let word: FindingText =
          switch AuditFinding.Phase(rawValue: row.kind) {
          case .toPlan: .dutyPlan
          case .toCheck: .dutyCheck
          default: .dutyAct
          }
        return Duty(
          on: row.day, title: row.title, text: { Texts<FindingText>($0)(word) },
          path: "/findings/\(row.subject)")
      })
    feature.due = ["findings.target": { row, scope in try await remind(row, in: scope) }]
    return feature
  }

  /// What stands on the page of one finding.
  struct Chain: Sendable {
    let listed: ListedFinding
    let actions: [(action: CorrectiveAction, owner: String?)]
    let checks: [FindingCheck]
    let files: [FindingFile]
    /// Whether nobody but the visitor may check.
    let isAlone: Bool

    var finding: AuditFinding { listed.finding }
  }

  /// - Throws: ``FindingRefusal/noSuchFinding``.
  static func chain(_ id: AuditFinding.ID, in scope: Scope) async throws -> Chain {
    try await scope.read { tx in
      guard let listed = try tx.finding(id) else { throw FindingRefusal.noSuchFinding }
      return Chain(
        listed: listed, actions: try tx.correctiveActions(of: id), checks: try tx.findingChecks(of: id),
        files: try tx.findingFiles(of: id),
        isAlone: try tx.peopleInRole(Submissions.acceptors, at: scope.now).allSatisfy { $0 == scope.person })
    }
  }

  // MARK: Verbs

  /// Writes a finding; whoever leads the audit is told.
  ///
  /// - Parameter place: of the requirement; nil for one that is about none.
  /// - Throws: ``FindingRefusal``, ``AuditRefusal``.
  @discardableResult
  static func raise(
    _ draft: AuditFinding.Draft, on opened: Audits.Opened? = nil, at place: Int? = nil, in scope: Scope
  ) async throws -> AuditFinding {
    let title = place.flatMap { opened?.tree.title($0, nil) } ?? ""
    let finding = try AuditFinding(
      draft, id: scope.newID(), audit: opened?.audit.id, node: place.flatMap { opened?.tree.keys[$0] },
      nodeTitle: title, raiser: scope.person, raiserName: scope.actor.name, today: scope.now.day)
    try await scope.write { tx in
      try tx.insert(finding)
      guard let owner = opened?.audit.owner, owner != scope.person else { return }
      try tx.housekeeping.post(
        message("findings.raised", finding, to: owner, [scope.actor.name, finding.title], step: 0))
    }
    return finding
  }

  /// Changes the words of a finding: only whoever wrote it, so that nobody softens what another has found.
  static func revise(_ id: AuditFinding.ID, version: Int, _ draft: AuditFinding.Draft, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      let before = try tx.knownFinding(id)
      guard before.raiser == scope.person else { throw FindingRefusal.notWriter }
      let after = try before.revised(draft, today: scope.now.day)
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: after, as: "finding.change")
    }
  }

  /// Lays a file beside a finding that is not closed.
  static func attach(_ file: StoredFile.Upload, to id: AuditFinding.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      let finding = try tx.knownFinding(id)
      guard finding.phase != .closed else { throw FindingRefusal.closed }
      try Files.add(file, to: "finding:\(finding.id)", tx)
    }
  }

  static func rest(_ id: AuditFinding.ID, on measure: Measure.ID?, in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.knownFinding(id)
      if let measure { _ = try tx.known(measure) }
      if before.measure != measure {
        try tx.replace(before, with: before.resting(on: measure), as: "finding.measure")
      }
    }
  }

  /// Adds what is to be done; its owner is told.
  static func plan(
    _ text: String, owner: PersonID?, due: Day?, for id: AuditFinding.ID, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let before = try tx.knownFinding(id)
      let name = try owner.map { person in
        guard let known = try tx.person(person) else { throw FindingRefusal.unknownPerson }
        return known.name
      }
      let action = try CorrectiveAction(text, id: scope.newID(), of: before, owner: owner, dueOn: due)
      try tx.insert(action, owner: name)
      try settle(before, tx)
      guard let owner, owner != scope.person else { return }
      let day = due?.description ?? ""
      try tx.housekeeping.post(
        Message(
          cause: "finding-action:\(action.id)", recipient: owner, step: 0, key: "findings.given",
          arguments: [scope.actor.name, before.title, day], link: "/findings/\(id)"))
    }
  }

  /// Moves what is done to another state.
  ///
  /// - Parameter mayAll: false for those who may change only their own.
  static func move(
    _ action: CorrectiveAction.ID, of id: AuditFinding.ID, to state: CorrectiveAction.State, note: String,
    version: Int, mayAll: Bool, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let finding = try tx.knownFinding(id)
      guard let (before, owner) = try tx.correctiveActions(of: id).first(where: { $0.action.id == action })
      else { throw FindingRefusal.noSuchAction }
      guard mayAll || (scope.person != nil && before.owner == scope.person) else {
        throw FindingRefusal.notYours
      }
      let after = try before.moved(
        to: state, note: note, by: scope.person, named: scope.actor.name, of: finding, today: scope.now.day)
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: after, owner: owner)
      let standing = try settle(finding, tx)
      // Whoever found it may want to look again.
      guard standing.phase == .toCheck, finding.phase != .toCheck, let raiser = finding.raiser,
        raiser != scope.person
      else { return }
      try tx.housekeeping.post(
        message("findings.toCheck", standing, to: raiser, [standing.title], step: standing.round * 10 + 1))
    }
  }

  /// Looks whether what was done has helped: closes the finding, or opens it again.
  ///
  /// - Parameter proof: a file that shows it.
  static func check(
    _ id: AuditFinding.ID, isEffective: Bool, note: String, proof: StoredFile.Upload?, version: Int,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let before = try tx.knownFinding(id)
      let actions = try tx.correctiveActions(of: id).map(\.action)
      let acceptors = try tx.peopleInRole(Submissions.acceptors, at: scope.now)
      let isAlone = acceptors.allSatisfy { $0 == scope.person }
      let check = try FindingCheck(
        of: before, actions, isEffective: isEffective, note: note, id: scope.newID(), by: scope.person,
        named: scope.actor.name, isAlone: isAlone, at: scope.now)
      let after = try before.checked(isEffective: isEffective, today: scope.now.day)
      guard before.version == version else { throw Stale() }
      try tx.insert(check)
      if let proof { try Files.add(proof, to: "finding-check:\(check.id)", tx) }
      try tx.replace(before, with: after, as: isEffective ? "finding.close" : "finding.reopen")
      try tx.remind(of: after, actions)
      let owners = actions.filter { $0.round == before.round }.compactMap(\.owner)
      for person in Set(owners) where person != scope.person {
        try tx.housekeeping.post(
          message(
            isEffective ? "findings.closed" : "findings.reopened", after, to: person,
            [scope.actor.name, after.title, check.note], step: before.round * 10 + (isEffective ? 2 : 3)))
      }
    }
  }

  @discardableResult
  private static func settle(_ before: AuditFinding, _ tx: WriteTx) throws -> AuditFinding {
    let actions = try tx.correctiveActions(of: before.id).map(\.action)
    let after = before.standing(with: actions, today: tx.scope.now.day)
    try tx.replace(before, with: after, as: "finding.stand")
    try tx.remind(of: after, actions)
    return after
  }

  /// Tells the owners of what is open, seven days before its day and the day after.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    guard let id = AuditFinding.ID(row.subject) else { return }
    try await scope.write { tx in
      guard let finding = try tx.finding(id)?.finding, finding.phase != .closed else {
        return try tx.housekeeping.setDue("findings.target", row.subject, at: nil)
      }
      let actions = try tx.correctiveActions(of: id).map(\.action)
      for action in actions
      where action.round == finding.round && (action.state == .planned || action.state == .doing) {
        guard let owner = action.owner, let due = action.dueOn else { continue }
        let days = due.days(since: scope.now.day)
        guard days <= 7 else { continue }
        try tx.housekeeping.post(
          Message(
            cause: "finding-action:\(action.id):\(due)", recipient: owner, step: days >= 0 ? 1 : 2,
            key: days >= 0 ? "findings.dueSoon" : "findings.overdue",
            arguments: [finding.title, due.description, "\(abs(days))"], link: "/findings/\(id)"))
      }
      try tx.remind(of: finding, actions)
    }
  }

  private static func message(
    _ key: String, _ finding: AuditFinding, to person: PersonID, _ arguments: [String], step: Int
  ) -> Message {
    Message(
      cause: "finding:\(finding.id)", recipient: person, step: step, key: key, arguments: arguments,
      link: "/findings/\(finding.id)")
  }
}

extension ReadTx {
  /// - Throws: ``FindingRefusal/noSuchFinding``.
  func knownFinding(_ id: AuditFinding.ID) throws -> AuditFinding {
    guard let listed = try finding(id) else { throw FindingRefusal.noSuchFinding }
    return listed.finding
  }
}
