import Frameworks
import Kernel
import Registers
import Storage

/// Moving to another version of the library, giving out work, keeping points and signing off.
extension Audits {
  // MARK: A newer version of the library

  /// What moving an audit to the newest version of its library would do.
  struct Move: Sendable {
    let audit: Audit
    let to: ShelvedLibrary
    let added: [String]
    /// Those whose words or questions differ; answers to them have to be looked at again.
    let changed: [String]
    let removed: [String]
    /// Titles of answered requirements among those that changed, and among those that are gone.
    let answeredChanged: [String]
    let answeredRemoved: [String]
    fileprivate let old: FrameworkTree
    fileprivate let new: FrameworkTree
  }

  /// - Throws: ``AuditRefusal/noNewerVersion``.
  static func move(of id: Audit.ID, in scope: Scope) async throws -> Move {
    let found = try await scope.read { tx in
      guard let (audit, _, newer) = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
      guard newer != nil, let here = try tx.libraries().first(where: { $0.sha256 == audit.sha256 }),
        let to = try tx.versions(of: here).first(where: { $0.version > here.version })
      else { throw AuditRefusal.noNewerVersion }
      return (audit, to, try tx.requirementAnswers(id))
    }
    let (audit, to, answers) = found
    let old = try await tree(of: audit, in: scope)
    let new = try await tree(sha256: to.sha256, framework: audit.framework, in: scope)
    let answered = Set(answers.map(\.node))
    var (added, changed, removed) = ([String](), [String](), [String]())
    var (answeredChanged, answeredRemoved) = ([String](), [String]())
    for place in new.assessable where old.place(of: new.keys[place]) == nil {
      added.append(new.title(place, nil))
    }
    for place in old.assessable {
      let title = old.title(place, nil)
      guard let there = new.place(of: old.keys[place]), new.node(there).isAssessable else {
        removed.append(title)
        if answered.contains(old.keys[place]) { answeredRemoved.append(title) }
        continue
      }
      guard !old.node(place).asksTheSame(as: new.node(there)) else { continue }
      changed.append(title)
      if answered.contains(old.keys[place]) { answeredChanged.append(title) }
    }
    return Move(
      audit: audit, to: to, added: added, changed: changed, removed: removed,
      answeredChanged: answeredChanged,
      answeredRemoved: answeredRemoved, old: old, new: new)
  }

  /// Moves the audit: answers stay, those to other words have to be looked at again, those to what is gone are marked.
  ///
  /// - Parameter sha256: of the version that the person saw.
  /// - Throws: `Stale`; ``AuditRefusal``.
  static func carryOut(_ id: Audit.ID, to sha256: String, version: Int, in scope: Scope) async throws {
    let move = try await move(of: id, in: scope)
    guard move.to.sha256 == sha256 else { throw Stale() }
    let (old, new) = (move.old, move.new)
    try await scope.write { tx in
      let before = try tx.changeable(id)
      guard before.version == version, before.sha256 == move.audit.sha256 else { throw Stale() }
      try tx.replace(before, with: before.moved(to: move.to.id, sha256: sha256), as: "audit.change-version")
      for answer in try tx.requirementAnswers(id) {
        var after = answer
        let was = old.place(of: answer.node)
        if let place = new.place(of: answer.node), new.node(place).isAssessable {
          after.goneTitle = nil
          if let was, !old.node(was).asksTheSame(as: new.node(place)) { after.isConfirmed = false }
        } else if answer.goneTitle == nil {
          after.goneTitle = was.map { old.title($0, nil) } ?? answer.node
        }
        guard after != answer else { continue }
        after.version += 1
        let title = after.goneTitle ?? new.place(of: answer.node).map { new.title($0, nil) } ?? answer.node
        try tx.replace(answer, with: after, in: id, title: title, as: "audit.mark")
      }
      let isNew = new.assessable.filter { place in
        guard let was = old.place(ofFolded: new.keys[place]) else { return true }
        return !old.node(was).asksTheSame(as: new.node(place))
      }
      try tx.reopenSubmissions(of: id, changed: isNew, in: new)
    }
  }

  // MARK: Work

  /// Gives a section or requirement to someone; nil for nobody.
  static func assign(_ node: String, to person: PersonID?, due: Day?, of id: Audit.ID, in scope: Scope)
    async throws
  {
    let opened = try await opened(id, in: scope)
    guard let place = opened.tree.place(of: node) else { throw AuditRefusal.noSuchRequirement }
    let key = opened.tree.keys[place]
    try await scope.write { tx in
      _ = try tx.changeable(id)
      let title = opened.tree.title(place, nil)
      if let person {
        guard let known = try tx.person(person) else { throw AuditRefusal.unknownPerson }
        try tx.assign(key, title: title, to: (person, known.name), due: due, in: id)
      } else if opened.work.given[place] != nil {
        try tx.assign(key, title: title, to: nil, due: nil, in: id)
      }
    }
  }

  /// - Returns: whether it stands beside a section, and not beside a requirement.
  static func comment(_ text: String, on node: String, of id: Audit.ID, in scope: Scope) async throws -> Bool
  {
    let opened = try await opened(id, in: scope)
    guard let body = text.trimmed(to: 1...2000) else { throw AuditRefusal.noComment }
    guard let place = opened.tree.place(of: node) else { throw AuditRefusal.noSuchRequirement }
    let comment = AuditComment(
      id: scope.newID(), node: opened.tree.keys[place], at: scope.now, by: scope.actor.name, body: body)
    let title = opened.tree.title(place, nil)
    try await scope.write { try $0.insert(comment, title: title, in: id) }
    return !opened.tree.node(place).isAssessable
  }

  /// Tells whoever has something that is still open: seven days before, and the day after.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    let parts = row.subject.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let id = Audit.ID(parts[0]) else { return }
    let opened: Opened
    do { opened = try await self.opened(id, in: scope) } catch is AuditRefusal {
      // Gone, or its library is not here: there is nothing to be told about.
      return try await scope.write { try $0.housekeeping.setDue("audits.target", row.subject, at: nil) }
    }
    try await scope.write { tx in
      // Taking it up again sets the reminders anew.
      guard opened.audit.frozenAt == nil, let place = opened.tree.place(of: parts[1]),
        let given = opened.work.given[place], let due = given.dueOn
      else { return try tx.housekeeping.setDue("audits.target", row.subject, at: nil) }
      let tally = opened.standing.tallies[place]
      let days = due.days(since: scope.now.day)
      if tally.confirmed < tally.inScope {
        try tx.housekeeping.post(
          Message(
            cause: "audit:\(row.subject):\(due)", recipient: given.person, step: days >= 0 ? 1 : 2,
            key: days >= 0 ? "audits.dueSoon" : "audits.overdue",
            arguments: [opened.audit.name, opened.tree.title(place, nil), due.description, "\(abs(days))"],
            link: "/audits/\(id)?show=mine"))
      }
      // Also of what is done: a newer version may ask for it again.
      try tx.housekeeping.setDue(
        "audits.target", row.subject, at: Assessments.reminder(for: due, after: scope.now))
    }
  }

  // MARK: Points and signing off

  /// Keeps how the audit stands now.
  ///
  /// - Parameter signs: whether it is signed off with it: nothing is changed then until it is taken up again.
  static func keep(_ title: String, signs: Bool, of id: Audit.ID, version: Int, in scope: Scope) async throws
  {
    let tree = try await opened(id, in: scope).tree
    guard let title = title.trimmed(to: 1...120), !title.contains("\n") else { throw AuditRefusal.badName }
    try await scope.write { tx in
      let head = try tx.ledgerHead()
      let audit = try tx.changeable(id)
      guard audit.version == version else { throw Stale() }
      // What stands is read here, so that nothing slips in between the look and the signature.
      let standing = AuditStanding(tree, groups: audit.groups, answers: try tx.requirementAnswers(id))
      let point = AuditPoint(
        id: scope.newID(), at: scope.now, by: scope.actor.name, title: title, isSigned: signs, head: head,
        content: AuditPoint.Content(standing))
      try tx.insert(point, in: id)
      guard signs else { return }
      var after = audit
      (after.frozenAt, after.version) = (scope.now, audit.version + 1)
      try tx.replace(audit, with: after, as: "audit.freeze")
    }
  }

  /// Takes a signed audit up again; the signed point stays.
  static func takeUp(_ id: Audit.ID, because reason: String, in scope: Scope) async throws {
    guard let reason = reason.trimmed(to: 1...400) else { throw AuditRefusal.noReason }
    try await scope.write { tx in
      guard let (audit, _, _) = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
      guard audit.frozenAt != nil else { throw AuditRefusal.notFrozen }
      var after = audit
      (after.frozenAt, after.version) = (nil, audit.version + 1)
      try tx.replace(audit, with: after, as: "audit.take-up")
      try tx.apply([], recording: Change("audit.reason", of: "audit:\(id)", to: ["reason": reason]))
      // What fell due meanwhile is told now; what had been told before is not told twice.
      for given in try tx.auditAssignments(id) {
        let moment = given.dueOn.map { max(scope.now, $0.adding(days: -7).morning) }
        try tx.housekeeping.setDue("audits.target", "\(id)/\(given.node)", at: moment)
      }
    }
  }
}

extension RequirementNode {
  /// Whether an answer to the one answers the other too: the same words and the same questions.
  fileprivate func asksTheSame(as other: RequirementNode) -> Bool {
    name == other.name && description == other.description && questions == other.questions
  }
}
