public import Kernel
public import Storage
public import Web

/// Roles for a time: for specialists in an engagement, advisers, helpers during a holiday. Who, what, until when, and why.
public enum Grants {
  public static var feature: Feature {
    var feature = Feature("grants")
    feature.migrations = migrations
    feature.catalogs = [GrantText.catalog]
    let read: Set<Permission> = [.grantsRead]
    feature.grants = [
      .administrator: read.union([.grantsManage]), .safetyManager: read, .itStaff: read, .management: read,
      .auditor: read,
    ]
    feature.routes = { routes(&$0) }
    feature.due = ["grants.end": announceEnd]
    return feature
  }

  /// Gives someone of here or of elsewhere a role for one thing alone.
  ///
  /// - Parameters:
  ///   - form: `person` or `login`, `until`, `time` and `reason`.
  ///   - link: where it leads whoever is given it.
  ///   - tie: ties the grant, by its id, to that thing, in the same transaction.
  /// - Throws: problems that say what is wrong with the form; what `tie` throws.
  public static func give(
    _ role: Role, _ form: FormValues, _ request: WebRequest, link: String,
    tie: @escaping @Sendable (WriteTx, _ grant: String, Person) throws -> Void
  ) async throws {
    let draft = try GrantDraft(
      person: form["person"], login: form["login"], role: role.rawValue, day: form["until"],
      time: form["time"], reason: form["reason"], limit: limit(of: request.visitor), isForOne: true,
      at: request.now)
    try await give(draft, request, link: link, tie)
  }

  /// - Throws: ``GrantRefusal``.
  static func give(
    _ draft: GrantDraft, _ request: WebRequest, link: String = "/people/roles",
    _ tie: (@Sendable (WriteTx, String, Person) throws -> Void)? = nil
  ) async throws {
    let scope = try request.scope()
    let own = request.visitor?.account
    var known: KnownAccount?
    if case .login(let login) = draft.target {
      // Wide: the account belongs to people of other facilities. Only the name is taken from there.
      known = try await Installation(scope.database).readQueues { try $0.knownAccount(login: login) }
      guard known != nil else { throw GrantRefusal.unknownLogin }
    }
    let account = known
    let id: Grant.ID = scope.newID()
    try await scope.write { tx in
      let (person, holder) = try target(draft, account, tx)
      guard person.id != scope.person, holder != own else { throw GrantRefusal.ownGrant }
      // Who has it for good, or has been given it already.
      let given = try tx.liveGrants(at: scope.now).contains {
        $0.person == person.id && $0.role == draft.role
      }
      let isTheirs = !person.role.needsGrant && person.role == draft.role
      guard tie != nil || (!given && !isTheirs) else { throw GrantRefusal.hasRole }
      try give(draft, id, to: person, holder, link, tx)
      try tie?(tx, id.text, person)
    }
  }

  private static func give(
    _ draft: GrantDraft, _ id: Grant.ID, to person: Person, _ account: AccountID, _ link: String,
    _ tx: WriteTx
  ) throws {
    try tx.insert(draft, id, to: person, account)
    try tx.housekeeping.setDue("grants.end", id.text, at: draft.until)
    try tx.housekeeping.post(
      Message(
        cause: "grant:\(id)", recipient: person.id, step: 0, key: "grants.given",
        arguments: [tx.scope.actor.name, draft.until.adding(milliseconds: -1).day.description, draft.reason],
        link: link))
  }

  /// The person who is meant. Someone from elsewhere becomes a person here who may do nothing without a grant.
  private static func target(_ draft: GrantDraft, _ known: KnownAccount?, _ tx: WriteTx) throws -> (
    Person, AccountID
  ) {
    guard let known else {
      guard case .person(let id) = draft.target, let person = try tx.person(id), !person.role.needsGrant
      else {
        throw GrantRefusal.badTarget
      }
      guard let account = person.account else { throw GrantRefusal.doesNotSignIn }
      return (person, account)
    }
    if let person = try tx.person(of: known.id) {
      guard person.role.needsGrant else { throw GrantRefusal.isHere }
      return (person, known.id)
    }
    let person = try Person(
      id: tx.scope.newID(), name: known.name, department: "", role: draft.role, account: known.id)
    try tx.insert(person)
    return (person, known.id)
  }

  /// Ends a grant before its time. One that has ended already stays so.
  ///
  /// - Throws: `GrantRefusal.noSuchGrant`.
  static func end(_ id: Grant.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let grant = try tx.grant(id) else { throw GrantRefusal.noSuchGrant }
      guard grant.state(at: scope.now) == .live, grant.endedAt == nil else { return }
      try tx.end(grant, by: scope.actor.name)
      try tx.housekeeping.setDue("grants.end", id.text, at: nil)
      try tx.housekeeping.post(
        Message(
          cause: "grant:\(id)", recipient: grant.person, step: 2, key: "grants.ended",
          arguments: [scope.actor.name, grant.reason], link: "/people/roles"))
    }
  }

  /// It has ended by the clock already; this says so, to those concerned and in the ledger.
  private static func announceEnd(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      try tx.housekeeping.setDue("grants.end", row.subject, at: nil)
      guard let id = Grant.ID(row.subject), let grant = try tx.grant(id), grant.endedAt == nil else { return }
      try tx.end(grant, by: nil)
      try tx.housekeeping.post(
        Message(
          cause: "grant:\(id)", recipient: grant.person, step: 1, key: "grants.over",
          arguments: [grant.reason], link: "/people/roles"))
      guard let giver = grant.giver, giver != grant.person else { return }
      try tx.housekeeping.post(
        Message(
          cause: "grant:\(id)", recipient: giver, step: 1, key: "grants.overOf",
          arguments: [grant.personName, grant.reason], link: "/people/grants"))
    }
  }
}

extension Permission {
  static let grantsRead = Permission("grants.read")
  public static let grantsManage = Permission("grants.manage")
}
