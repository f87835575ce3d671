public import Kernel
public import Storage
public import Web

/// Signing in. Two factors, external sign-in and roles in depth come in their own issue.
public enum Accounts {
  /// How long a session lasts without use, and at most.
  static let idleMs: Int64 = 8 * 3_600_000
  static let absoluteMs: Int64 = 24 * 3_600_000

  public static var feature: Feature {
    var feature = Feature("accounts")
    feature.catalogs = [AccountText.catalog]
    feature.routes = routes
    return feature
  }

  public struct Session: Sendable {
    let token: String
  }

  public enum Refusal: Problem, Equatable {
    case wrong, noFacility, wrongCurrent, busy
    case locked(minutes: Int)

    public var code: String {
      switch self {
      case .wrong: "accounts.wrong"
      case .locked: "accounts.locked"
      case .noFacility: "accounts.noFacility"
      case .wrongCurrent: "accounts.wrongCurrent"
      case .busy: "accounts.busy"
      }
    }
    public var kind: ProblemKind {
      switch self {
      case .locked: .tooMany
      case .busy: .unavailable
      default: .invalid
      }
    }
    public var arguments: [String] {
      if case .locked(let minutes) = self { ["\(minutes)"] } else { [] }
    }
    public var field: String? {
      switch self {
      case .wrong: "password"
      case .wrongCurrent: "current"
      default: nil
      }
    }
  }

  /// Adds a person with a user name and a password.
  ///
  /// - Throws: `Person.Refusal`.
  public static func add(
    name: String, department: String = "", login: String, password: String, role: Role,
    cost: Password.Cost = .standard,
    in scope: Scope
  ) async throws -> Person {
    let login = try Person.Login(login)
    let password = try Person.NewPassword(password)
    let account = AccountID(at: scope.now)
    let person = try Person(
      id: scope.newID(), name: name, department: department, role: role, account: account)
    let hash = try await hashed(password.text, cost)
    try await scope.write { tx in
      guard try !tx.isNamesake(person.name) else { throw Person.Refusal.nameTaken }
      try tx.insertAccount(account, login: login.text, hash: hash)
      try tx.insert(person)
    }
    return person
  }

  /// Checks a password and begins a session with a new token.
  ///
  /// - Throws: `Refusal`; an unknown name costs as much time as a wrong password.
  static func signIn(login: String, password: String, database: Database, now: Instant) async throws
    -> Session
  {
    let installation = Installation(database)
    let name = login.trimmed.lowercased()
    guard let found = try await installation.read({ try $0.account(login: name) }) else {
      _ = try await hashed(password, .standard)
      throw Refusal.wrong
    }
    try await takeAttempt(of: found.id, database, now)
    guard await matches(password, found.hash) else { throw Refusal.wrong }
    let places = try await installation.read(account: found.id) { try $0.places(of: found.id) }
    guard let place = places.first else { throw Refusal.noFacility }
    let session = Session(token: Secret.token())
    let scope = Scope(
      database, actor: .person(place.person, name: place.name), facility: place.facility, now: now)
    try await scope.write { tx in
      try tx.housekeeping.beginSession(
        session, account: found.id, facility: place.facility, person: place.person, now: now)
      try tx.recordSignIn(place.person)
    }
    return session
  }

  /// The first facility and its administrator, in one transaction; signed in.
  static func setUp(_ setup: Setup, password: String, _ request: WebRequest) async throws -> Session {
    let form = setup.facility
    guard let kind = Facility.Kind(rawValue: form.kind) else { throw Facility.Refusal.badKind }
    let login = try Person.Login(setup.login)
    let new = try Person.NewPassword(password)
    let facility = try Facility(
      id: FacilityID(at: request.now), name: Facility.Name(form.name), kind: kind, beds: form.bedsNumber,
      prefecture: Prefecture(form.prefecture))
    let account = AccountID(at: request.now)
    let person = try Person(
      id: PersonID(at: request.now), name: setup.person, department: "", role: .administrator,
      account: account)
    let hash = try await hashed(new.text, .standard)
    let scope = Scope(request.database, actor: .system("setup"), facility: facility.id, now: request.now)
    try await scope.write { tx in
      guard try !tx.facilityExists() else { throw Facility.Refusal.alreadySetUp }
      try tx.insert(facility)
      try tx.insertAccount(account, login: login.text, hash: hash)
      try tx.insert(person)
    }
    return try await signIn(
      login: setup.login, password: password, database: request.database, now: request.now)
  }

  static func changePassword(
    of visitor: Visitor, current: String, new: String, in scope: Scope, token: String
  ) async throws {
    let new = try Person.NewPassword(new)
    try await takeAttempt(of: visitor.account, scope.database, scope.now)
    guard let hash = try await scope.read({ try $0.passwordHash(of: visitor.account) }),
      await matches(current, hash)
    else { throw Refusal.wrongCurrent }
    let replacement = try await hashed(new.text, .standard)
    let keep = Secret.hash(token)
    try await scope.write { tx in try tx.replacePassword(of: visitor, hash: replacement, keeping: keep) }
  }

  /// - Throws: `Refusal.locked` while attempts on the account must wait.
  private static func takeAttempt(of account: AccountID, _ database: Database, _ now: Instant) async throws {
    guard
      let until = try await Installation(database).keep(
        now: now, { try $0.takeAttempt(of: account, now: now) })
    else { return }
    throw Refusal.locked(minutes: Int((until.milliseconds - now.milliseconds + 59_999) / 60_000))
  }

  /// argon2id needs 32 MiB each time, so only one runs at a time; others wait their turn.
  private static let turn = AsyncTurn()

  /// The hash of a password or of a link's number, when its turn has come.
  ///
  /// - Throws: `Refusal.busy`.
  public static func hashed(_ password: String, _ cost: Password.Cost) async throws -> String {
    guard let hash = await turn.run({ Password.hash(password, cost: cost) }) else { throw Refusal.busy }
    return hash
  }

  public static func matches(_ password: String, _ hash: String) async -> Bool {
    await turn.run { Password.matches(password, hash: hash) }
  }
}

/// Runs one piece of costly work at a time, off the callers' threads.
private actor AsyncTurn {
  func run<T: Sendable>(_ work: @Sendable () -> T) -> T { work() }
}

/// Who stands behind a cookie.
public struct SessionGate: Gatekeeper {
  private let database: Database
  private let setUp = SetUpFlag()

  public init(_ database: Database) { self.database = database }

  public func visitor(token: String, now: Instant) async throws -> Visitor? {
    let hash = Secret.hash(token)
    let installation = Installation(database)
    guard let session = try await installation.readQueues({ try $0.session(hash) }) else { return nil }
    guard session.expiresAt > now, session.lastSeen.adding(milliseconds: Accounts.idleMs) > now else {
      return nil
    }
    if session.lastSeen.adding(minutes: 5) < now { try await touch(hash, now) }
    return session.visitor
  }

  private func touch(_ hash: String, _ now: Instant) async throws {
    // On a full disk nothing can be saved, but everything can be read.
    do {
      try await Installation(database).keep(now: now) { try $0.touchSession(hash, now: now) }
    } catch DatabaseProblem.full {}
  }

  public func isSetUp() async throws -> Bool {
    if await setUp.done { return true }
    let exists = try await Installation(database).read { try $0.facilityExists() }
    if exists { await setUp.remember() }
    return exists
  }

  private actor SetUpFlag {
    var done = false
    func remember() { done = true }
  }
}

public enum AccountText: String, TextKey {
  case title, lead, login, password, submit, failed, forgotten, accountTitle, signOut, passwordTitle, current,
    new, newHint
  case change, changed, signedInAs, facilityLink
  public static let catalog = Catalog(AccountText.self, in: .module, folder: "Accounts.files")
}
