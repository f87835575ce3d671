public import Kernel
public import Storage
public import Web

/// One's own password and second factors, and what an administrator decides about those of others.
extension Accounts {
  /// So many devices may one account have: a lost one and its follower, and a spare.
  static let mostFactors = 10
  static let recoveryCodes = 10

  // MARK: The own password

  /// Gives the session under a new token; every other session of the account ends.
  ///
  /// - Throws: ``Refusal``, `Person.Refusal`.
  static func changePassword(current: String, new raw: String, _ request: WebRequest) async throws -> Session
  {
    let (visitor, scope, standing) = try await own(request)
    let new = try Person.NewPassword(
      raw, knowing: [standing.login, visitor.name], at: [visitor.facilityName],
      hasFactor: standing.hasFactor)
    let hash = try await confirm(current, of: visitor, standing, request)
    let past = try await scope.read { try $0.pastPasswords(of: visitor.account) }
    for known in [hash] + past {
      if await matches(new.text, known) { throw Person.Refusal.reusedPassword }
    }
    let replacement = try await hashed(new.text, .standard)
    let session = Session()
    let old = Secret.hash(request.token)
    // First: if the change fails now, a token too many has ended, and none too few.
    try await Tokens.endAll(of: visitor.account, but: scope.facility, by: scope)
    try await scope.write { tx in
      try Tokens.endAll(of: visitor.account, tx)
      try tx.replacePassword(of: visitor.account, person: visitor.person, hash: replacement)
      try tx.housekeeping.endSessions(of: visitor.account, but: old)
      try tx.housekeeping.endSteps(of: visitor.account)
      try tx.housekeeping.rotateSession(old, to: session)
    }
    return session
  }

  /// Who is signed in waits for a turn by account, so that one session cannot hold up everybody's sign-in.
  private static let ownTurns = FairTurns(mostOfOne: 2, mostOfAll: 50)

  /// The person asks for something that a found, open browser must not be enough for. Gives the hash of the password.
  ///
  /// - Throws: `Refusal.wrongCurrent`, `.locked`.
  @discardableResult
  static func confirm(
    _ password: String, of visitor: Visitor, _ standing: FactorStanding, _ request: WebRequest
  ) async throws -> String {
    let caller = Caller(request)
    let account = try await Installation(request.database).read {
      try $0.account(login: standing.login, browser: caller.browser)
    }
    guard let account else { throw WebProblem.signedOut }
    let counts = AttemptCount.ofPassword(standing.login, caller, isKnown: account.knowsBrowser)
    try await take(counts, request.database, request.now)
    let isRight: Bool
    do {
      // The same id in another installation of this process is another account.
      let key = "\(ObjectIdentifier(request.database)) \(account.id)"
      isRight = try await ownTurns.inTurn(of: key) { await matches(password, account.hash) }
    } catch is FairTurns.Full {
      try await Installation(request.database).keep(now: request.now) { try $0.giveBack(counts) }
      throw Refusal.busy
    }
    guard isRight else { throw Refusal.wrongCurrent }
    try await Installation(request.database).keep(now: request.now) { tx in
      try tx.giveBack(counts)
      try tx.forget(counts)
    }
    return account.hash
  }

  /// - Throws: `BreakGlassRefusal.notInEmergency` for someone who came in by a sealed code and has no account.
  static func own(_ request: WebRequest) async throws -> (Visitor, Scope, FactorStanding) {
    if request.visitor?.breakGlass != nil { throw BreakGlassRefusal.notInEmergency }
    guard let visitor = request.visitor,
      let standing = try await standing(of: visitor.account, request.database)
    else { throw WebProblem.signedOut }
    return (visitor, try request.scope(), standing)
  }

  // MARK: Own second factors

  /// The first step: a secret, which counts for nothing until a code of it has been typed.
  static func startFactor(named raw: String, password: String, _ request: WebRequest, _ sealer: Sealer)
    async throws
  {
    let (visitor, _, standing) = try await own(request)
    guard let name = raw.trimmed(to: 0...40) else { throw Refusal.badFactorName }
    guard standing.confirmed.count < mostFactors else { throw Refusal.tooManyFactors }
    try await confirm(password, of: visitor, standing, request)
    _ = try await prepareFactor(
      of: visitor.account, named: name.isEmpty ? nil : name, request.now, request.database, sealer)
  }

  static func prepareFactor(
    of account: AccountID, named name: String?, _ now: Instant, _ database: Database, _ sealer: Sealer
  ) async throws -> FactorID {
    let id = FactorID(at: now)
    let factor = Factor(
      id: id, kind: .totp, name: name ?? "",
      secret: try sealer.seal(TimeCode.random().secret, for: Factor.place(id)),
      counter: 0, createdAt: now, confirmedAt: nil, lastUsedAt: nil)
    try await Installation(database).keep(now: now) { try $0.insertUnconfirmed(factor, of: account) }
    return id
  }

  /// The factor that waits for its first code; nil when there is none, or when it has waited too long: the password that
  /// began it is then no longer a proof of who finishes it.
  static func waiting(_ standing: FactorStanding, _ sealer: Sealer, now: Instant) throws -> (
    factor: Factor, code: TimeCode
  )? {
    guard let factor = standing.factors.first(where: { $0.confirmedAt == nil }),
      now <= factor.createdAt.adding(milliseconds: stepMs)
    else { return nil }
    return (factor, TimeCode(secret: try sealer.open(factor.secret, for: Factor.place(factor.id))))
  }

  /// The second step. Gives new recovery codes with the first factor, and none with a further one.
  ///
  /// - Parameter further: what else happens in the same transaction.
  /// - Throws: `Refusal.wrongCode`, `.stepOver`.
  static func confirmFactor(
    of account: AccountID, _ confirmation: FactorConfirmation, _ standing: FactorStanding, _ scope: Scope,
    person: PersonID, further: @escaping @Sendable (WriteTx) throws -> Void
  ) async throws -> [String] {
    let factor: Factor
    let step: Int64
    switch confirmation {
    case .code(let raw, let sealer):
      guard let (waiting, code) = try waiting(standing, sealer, now: scope.now) else {
        throw Refusal.stepOver
      }
      guard case .digits(let digits) = TypedCode(raw),
        let found = code.step(of: digits, at: scope.now, after: 0)
      else { throw Refusal.wrongCode }
      (factor, step) = (waiting, found)
    case .passkey(let answer, let name, let party, let holder):
      guard standing.confirmed.count < mostFactors else { throw Refusal.tooManyFactors }
      factor = try await newPasskey(
        answer, named: name, holder: holder, at: party, scope.now, scope.database)
      step = 0
    }
    let codes = standing.hasFactor ? [] : (0..<recoveryCodes).map { _ in Secret.paperCode() }
    try await scope.write { tx in
      if factor.kind == .passkey {
        try tx.insertPasskey(factor, of: account, person: person)
      } else {
        try tx.confirm(factor, of: account, person: person, step: Int(step))
      }
      if !codes.isEmpty { try tx.housekeeping.setRecoveryCodes(hashes(of: codes, account), of: account) }
      try tx.housekeeping.post(
        Message(
          cause: "account-factor:\(factor.id)", recipient: person, step: 0, key: "accounts.factorAdded",
          arguments: [], link: "/account"))
      try further(tx)
    }
    return codes
  }

  /// For someone who is signed in: other sessions, which began without it, end.
  static func confirmOwnFactor(_ confirmation: FactorConfirmation, _ request: WebRequest) async throws -> (
    codes: [String], session: Session
  ) {
    let (visitor, scope, standing) = try await own(request)
    let session = Session()
    let old = Secret.hash(request.token)
    let codes = try await confirmFactor(
      of: visitor.account, confirmation, standing, scope, person: visitor.person
    ) { tx in
      try tx.housekeeping.endSessions(of: visitor.account, but: old)
      try tx.housekeeping.endSteps(of: visitor.account)
      try tx.housekeeping.rotateSession(old, to: session)
      try tx.housekeeping.prove(session, by: confirmation.proof, now: request.now)
    }
    return (codes, session)
  }

  /// For someone who must have one before coming in.
  static func confirmDemandedFactor(_ confirmation: FactorConfirmation, _ request: WebRequest) async throws
    -> (
      codes: [String], session: Session
    )
  {
    let caller = Caller(request)
    let step = try await step(.setup, request.token, caller, request.database)
    let places = try await Installation(request.database).read(account: step.account) {
      try $0.openPlaces(of: step.account, at: caller.now)
    }
    guard let standing = try await standing(of: step.account, request.database), let place = places.first
    else {
      throw Refusal.stepOver
    }
    // Before anything is set up whose recovery codes nobody would see.
    _ = try await arrival(of: step.account, place, caller, request.database)
    let scope = Scope(
      request.database, actor: .person(place.person, name: place.name), facility: place.facility,
      now: request.now)
    let codes = try await confirmFactor(
      of: step.account, confirmation, standing, scope, person: place.person
    ) { tx in
      // Someone else with the password may have begun here too: only the first of them adds a factor.
      guard try tx.confirmedFactors(of: step.account) == 1 else { throw Refusal.stepOver }
      try tx.housekeeping.endSessions(of: step.account, but: nil)
      try tx.housekeeping.endSteps(of: step.account)
    }
    let counts = AttemptCount.ofPassword(standing.login, caller, isKnown: false)
    let session = try await enter(
      step.account, at: place, by: confirmation.proof, counted: counts.filter { !$0.isOfAddress },
      step: request.token,
      caller, request.database)
    return (codes, session)
  }

  /// - Throws: `Refusal.factorDemanded` for the last one while one must be there; `.shortWithoutFactor`.
  static func removeFactor(_ id: FactorID, password: String, _ request: WebRequest) async throws -> Session {
    let (visitor, scope, standing) = try await own(request)
    guard let factor = standing.confirmed.first(where: { $0.id == id }) else { throw WebProblem.notFound }
    let isLast = standing.confirmed.count == 1
    if isLast && standing.policies.demand(on: request.now.day) { throw Refusal.factorDemanded }
    try await confirm(password, of: visitor, standing, request)
    if isLast && password.count < Person.NewPassword.aloneMinimum { throw Refusal.shortWithoutFactor }
    let session = Session()
    let old = Secret.hash(request.token)
    try await scope.write { tx in
      try tx.remove(factor, of: visitor.account, person: visitor.person)
      if isLast { try tx.housekeeping.setRecoveryCodes([], of: visitor.account) }
      try tx.housekeeping.rotateSession(old, to: session)
    }
    return session
  }

  /// New recovery codes; the old ones are worth nothing from now on.
  static func renewRecoveryCodes(password: String, _ request: WebRequest) async throws -> [String] {
    let (visitor, scope, standing) = try await own(request)
    guard standing.hasFactor else { throw WebProblem.notFound }
    try await confirm(password, of: visitor, standing, request)
    let codes = (0..<recoveryCodes).map { _ in Secret.paperCode() }
    try await scope.write { tx in
      try tx.housekeeping.setRecoveryCodes(hashes(of: codes, visitor.account), of: visitor.account)
      try tx.record("account.recovery-renew", of: visitor.person)
    }
    return codes
  }

  static func hashes(of codes: [String], _ account: AccountID) -> [String] {
    codes.map { recoveryHash($0.filter { $0 != "-" }, account) }
  }

  // MARK: Others'

  /// What an administrator does for someone whose device is lost. Sessions of the account end, and the person is told.
  ///
  /// - Throws: `Refusal.elsewhere` when the account also belongs to people of other facilities: that is for the shell.
  static func resetFactors(of person: PersonID, in scope: Scope) async throws {
    guard let account = try await scope.read({ try $0.person(person) })?.account,
      let standing = try await standing(of: account, scope.database)
    else { throw Person.Refusal.notFound }
    let places = try await Installation(scope.database).read(account: account) {
      try $0.openPlaces(of: account, at: scope.now)
    }
    guard places.allSatisfy({ $0.facility == scope.facility }) else { throw Refusal.elsewhere }
    try await scope.write { tx in try tx.reset(account, person, standing) }
  }

  /// The same from the shell, in the ledger of every facility of the account. Gives the number of factors removed.
  ///
  /// - Throws: `Person.Refusal.notFound` for an unknown user name.
  public static func resetFactors(login: String, by actor: Actor, in database: Database, now: Instant)
    async throws -> Int
  {
    let (account, standing) = try await found(login, database)
    let places = try await Installation(database).read(account: account) { try $0.places(of: account) }
    for place in places {
      let scope = Scope(database, actor: actor, facility: place.facility, now: now)
      try await scope.write { tx in try tx.reset(account, place.person, standing) }
    }
    return standing.confirmed.count
  }

  /// For the shell: second factors and recovery codes of a user name.
  public static func factorCounts(login: String, in database: Database) async throws -> (
    factors: Int, recoveryCodes: Int
  ) {
    let (_, standing) = try await found(login, database)
    return (standing.confirmed.count, standing.recoveryLeft)
  }

  static func found(_ login: String, _ database: Database) async throws -> (
    AccountID, FactorStanding
  ) {
    let name = login.trimmed.lowercased()
    let account = try await Installation(database).read { try $0.account(login: name, browser: nil) }
    guard let account, let standing = try await standing(of: account.id, database) else {
      throw Person.Refusal.notFound
    }
    return (account.id, standing)
  }

  /// Asks the people of a role for a second factor: without one, none of them comes in from `day` on.
  public static func demandFactor(of role: Role, from day: Day, in scope: Scope) async throws {
    let stored = try await scope.read { try $0.rolePolicies() }.first { $0.role == role }
    try await decide(
      [(role, FactorPolicy(mode: .required, from: day), stored?.version ?? 0)], in: scope)
  }

  /// Decides for roles what is asked of them; roles that stay as they are leave no entry.
  ///
  /// - Throws: `Stale` when one of them has been decided by someone else in the meantime.
  static func decide(_ wanted: [(role: Role, policy: FactorPolicy, version: Int)], in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      let stored = try tx.rolePolicies()
      for (role, policy, version) in wanted {
        guard let before = stored.first(where: { $0.role == role }), before.policy != policy else { continue }
        guard before.version == version else { throw Stale() }
        try tx.replace(before, with: policy)
      }
    }
  }
}

extension WriteTx {
  fileprivate func reset(_ account: AccountID, _ person: PersonID, _ standing: FactorStanding) throws {
    try housekeeping.endSteps(of: account)
    try removeFactors(of: account, person: person, standing.confirmed)
    try housekeeping.post(
      Message(
        cause: "account-reset:\(scope.now.milliseconds)", recipient: person, step: 0,
        key: "accounts.factorsReset", arguments: [scope.actor.name], link: "/account"))
  }
}
