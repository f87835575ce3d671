import Kernel
import Storage
import Web

/// Signing in: the password, then what the account and its facilities ask for, then the session.
extension Accounts {
  /// Where a right password leads.
  enum Entry: Sendable {
    case session(Session)
    /// To the second page; the token stands for the step, and is no session.
    case step(SignInStep.Kind, token: String)
  }

  /// Checks a password. An unknown name is counted, and costs time, like a known one.
  ///
  /// Too many who wait at once are turned away, so that a flood from one network keeps nobody else waiting.
  ///
  /// - Throws: ``Refusal``.
  static func signIn(
    login: String, password: String, _ caller: Caller, _ database: Database, _ settings: AccountSettings
  ) async throws -> Entry {
    let (sealer, turns) = (settings.sealer, settings.turns)
    let installation = Installation(database)
    let name = login.trimmed.lowercased()
    let account = try await installation.read { try $0.account(login: name, browser: caller.browser) }
    let counts = AttemptCount.ofPassword(name, caller, isKnown: account?.knowsBrowser ?? false)
    try await take(counts, database, caller.now)
    let isRight: Bool
    do {
      isRight = try await turns.inTurn(of: caller.network) {
        if let account { return await matches(password, account.hash) }
        _ = try await hashed(password, .standard)
        return false
      }
    } catch is FairTurns.Full {
      // Nobody has looked at the password.
      try await installation.keep(now: caller.now) { try $0.giveBack(counts) }
      throw Refusal.busy
    }
    guard isRight else { throw Refusal.wrong }
    guard let account else { throw Refusal.wrong }
    guard let place = try await firstPlace(of: account.id, at: caller.now, database) else {
      throw Refusal.noFacility
    }
    guard let standing = try await standing(of: account.id, database) else { throw Refusal.wrong }
    _ = try await arrival(of: account.id, place, caller, database)
    if standing.hasFactor {
      return try await begin(.code, account.id, counts, caller, database)
    }
    // A short password was allowed beside a factor that has since been taken away.
    let mustSetUp =
      standing.policies.demand(on: caller.now.day) || password.count < Person.NewPassword.aloneMinimum
    guard mustSetUp else {
      return .session(
        try await enter(account.id, at: place, by: .password, counted: counts, caller, database))
    }
    _ = try await prepareFactor(of: account.id, named: nil, caller.now, database, sealer)
    return try await begin(.setup, account.id, counts, caller, database)
  }

  /// Where someone arrives for whom the facility's provider has spoken.
  ///
  /// - Parameter hasFactor: whether the provider has seen two factors, and the setting takes its word for it. If not, what is
  ///   asked here is asked as after a password.
  static func arrive(
    _ account: AccountID, at place: Place, hasFactor: Bool, _ caller: Caller, _ database: Database,
    _ sealer: Sealer
  ) async throws -> Entry {
    guard let standing = try await standing(of: account, database) else { throw Refusal.wrong }
    if !hasFactor && standing.hasFactor { return try await begin(.code, account, [], caller, database) }
    if !hasFactor && standing.policies.demand(on: caller.now.day) {
      _ = try await prepareFactor(of: account, named: nil, caller.now, database, sealer)
      return try await begin(.setup, account, [], caller, database)
    }
    return .session(
      try await enter(
        account, at: place, by: hasFactor ? .providerFactor : .provider, counted: [], caller, database))
  }

  /// The password was right: its attempt counts no longer, but earlier ones do, until the second step has been taken too.
  private static func begin(
    _ kind: SignInStep.Kind, _ account: AccountID, _ counts: [AttemptCount], _ caller: Caller,
    _ database: Database
  ) async throws -> Entry {
    let token = Secret.token()
    try await Installation(database).keep(now: caller.now) { tx in
      try tx.giveBack(counts)
      try tx.beginStep(kind, token: token, account: account, now: caller.now)
    }
    return .step(kind, token: token)
  }

  /// The second page of a sign-in.
  ///
  /// - Throws: ``Refusal``: `.stepOver` when the first has been too long ago.
  static func enter(
    code raw: String, token: String, _ caller: Caller, _ database: Database, _ sealer: Sealer
  ) async throws -> Session {
    let step = try await step(.code, token, caller, database)
    guard let standing = try await standing(of: step.account, database),
      let place = try await firstPlace(of: step.account, at: caller.now, database)
    else { throw Refusal.stepOver }
    // Before a code is used up that would open nothing here.
    _ = try await arrival(of: step.account, place, caller, database)
    let known = try await Installation(database).read {
      try $0.account(login: standing.login, browser: caller.browser)?.knowsBrowser ?? false
    }
    let counts = AttemptCount.ofCode(standing.login, caller, isKnown: known)
    try await take(counts, database, caller.now)
    let proof = try await use(raw, of: step.account, standing, caller.now, database, sealer)
    let left: Int? = proof == .recovery ? standing.recoveryLeft - 1 : nil
    return try await enter(
      step.account, at: place, by: proof, counted: counts, step: token, recoveryLeft: left, caller, database)
  }

  /// Uses a code up, of an app or from paper.
  ///
  /// - Throws: `Refusal.wrongCode`.
  static func use(
    _ raw: String, of account: AccountID, _ standing: FactorStanding, _ now: Instant, _ database: Database,
    _ sealer: Sealer
  ) async throws -> Proof.Kind {
    guard let code = TypedCode(raw) else { throw Refusal.wrongCode }
    switch code {
    case .digits(let digits):
      try await use(digits: digits, of: account, standing, now, database, sealer)
      return .totp
    case .recovery(let code):
      let hash = recoveryHash(code, account)
      let isRight = try await Installation(database).keep(now: now) {
        try $0.useRecoveryCode(hash, of: account, now: now)
      }
      guard isRight else { throw Refusal.wrongCode }
      return .recovery
    }
  }

  /// A code is good once.
  private static func use(
    digits: String, of account: AccountID, _ standing: FactorStanding, _ now: Instant,
    _ database: Database, _ sealer: Sealer
  ) async throws {
    for factor in standing.confirmed where factor.kind == .totp {
      let code = TimeCode(secret: try sealer.open(factor.secret, for: Factor.place(factor.id)))
      guard let step = code.step(of: digits, at: now, after: Int64(factor.counter)) else { continue }
      let isFirst = try await Installation(database).keep(now: now) {
        try $0.advance(factor.id, of: account, to: Int(step), now: now)
      }
      if isFirst { return }
    }
    throw Refusal.wrongCode
  }

  /// Begins a session with a new token, and tells the person of a browser that was never seen before.
  ///
  /// - Parameters:
  ///   - proof: the strongest that the person has shown.
  ///   - counts: the attempts that are now forgotten.
  ///   - token: the step that is now over.
  static func enter(
    _ account: AccountID, at home: Place, by proof: Proof.Kind, counted counts: [AttemptCount],
    step token: String? = nil, recoveryLeft: Int? = nil, _ caller: Caller, _ database: Database
  ) async throws -> Session {
    let browser = caller.browser ?? Secret.token()
    var session = Session(browser: browser)
    let (place, terminal) = try await arrival(of: account, home, caller, database)
    let scope = Scope(
      database, actor: .person(place.person, name: place.name), facility: place.facility, now: caller.now)
    let standing = try await standing(of: account, database)
    session.goesOn = try await scope.write { [session] tx -> String? in
      try tx.housekeeping.giveBack(counts)
      try tx.housekeeping.forget(counts)
      if let token { try tx.housekeeping.endStep(Secret.hash(token)) }
      let kept = try tx.begin(session, account, at: place, by: proof, on: terminal, caller)
      let cause = "sign-in:\(Secret.hash(session.token).prefix(32))"
      if try tx.housekeeping.isNewBrowser(browser, of: account, now: caller.now) {
        try tx.housekeeping.post(
          Message(
            cause: cause, recipient: place.person, step: 0, key: "accounts.newBrowser",
            arguments: [BrowserName(agent: caller.agent).text ?? "?", caller.address], link: "/account"))
      }
      if let recoveryLeft {
        try tx.housekeeping.post(
          Message(
            cause: cause, recipient: place.person, step: 1, key: "accounts.recoveryUsed",
            arguments: ["\(recoveryLeft)"], link: "/account"))
      }
      if let standing, !standing.hasFactor, let message = invitation(standing.policies, to: place.person) {
        try tx.housekeeping.post(message)
      }
      return kept
    }
    return session
  }

  /// Where someone comes in from here: at a facility's terminal people are at that facility, as far as they may come in there.
  ///
  /// - Throws: `Refusal.terminalElsewhere`.
  static func arrival(of account: AccountID, _ home: Place, _ caller: Caller, _ database: Database)
    async throws -> (place: Place, terminal: SharedTerminal?)
  {
    guard let terminal = try await SharedTerminals.terminal(of: caller, database) else { return (home, nil) }
    let places = try await Installation(database).read(account: account) {
      try $0.openPlaces(of: account, at: caller.now)
    }
    guard let here = places.first(where: { $0.facility == terminal.facility }) else {
      throw Refusal.terminalElsewhere
    }
    return (here, terminal)
  }

  /// Asks for a second factor: once, and once more when a day has been set.
  private static func invitation(_ policies: [FactorPolicy], to person: PersonID) -> Message? {
    if let day = policies.firstDay {
      return Message(
        cause: "account-factor:\(day)", recipient: person, step: 0, key: "accounts.factorFrom",
        arguments: [day.description], link: "/account")
    }
    guard policies.ask else { return nil }
    return Message(
      cause: "account-factor", recipient: person, step: 0, key: "accounts.factorAsked", arguments: [],
      link: "/account")
  }

  // MARK: What both steps need

  /// - Throws: `Refusal.locked` while one of the counts must wait.
  static func take(_ counts: [AttemptCount], _ database: Database, _ now: Instant) async throws {
    guard let until = try await Installation(database).keep(now: now, { try $0.take(counts, now: now) })
    else { return }
    throw Refusal.locked(minutes: Int((until.milliseconds - now.milliseconds + 59_999) / 60_000))
  }

  /// - Throws: `Refusal.stepOver`.
  static func step(_ kind: SignInStep.Kind, _ token: String, _ caller: Caller, _ database: Database)
    async throws -> SignInStep
  {
    let hash = Secret.hash(token)
    let found = try await Installation(database).read { try $0.signInStep(hash, now: caller.now) }
    guard let found, found.kind == kind else { throw Refusal.stepOver }
    return found
  }

  static func standing(of account: AccountID, _ database: Database) async throws -> FactorStanding? {
    // Wide: an account's people and what is asked of them may be at several facilities.
    try await Installation(database).readQueues { try $0.factorStanding(of: account) }
  }

  static func firstPlace(of account: AccountID, at now: Instant, _ database: Database) async throws -> Place?
  {
    try await Installation(database).read(account: account) { try $0.openPlaces(of: account, at: now) }.first
  }

  /// What is kept of a recovery code; 79 random bits need no slow hash.
  static func recoveryHash(_ code: String, _ account: AccountID) -> String {
    Secret.hash("recovery:\(account):\(code)")
  }
}

extension WriteTx {
  /// A new session, or the one that its person has left locked on this terminal. Gives where the latter goes on.
  fileprivate func begin(
    _ session: Accounts.Session, _ account: AccountID, at place: Place, by proof: Proof.Kind,
    on terminal: SharedTerminal?, _ caller: Caller
  ) throws -> String? {
    if let terminal {
      try housekeeping.lockSessions(on: terminal, now: caller.now)
      let kept = try housekeeping.resumeSession(
        of: account, on: terminal, as: session, by: proof, now: caller.now)
      if let kept {
        try record("account.unlock", of: place.person, ["proof": proof.rawValue])
        return kept.path
      }
    }
    try housekeeping.beginSession(session, account: account, at: place, by: proof, on: terminal, caller)
    try record("account.sign-in", of: place.person, ["proof": proof.rawValue])
    return nil
  }
}
