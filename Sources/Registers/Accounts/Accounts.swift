import Dispatch
import Identity
public import Kernel
public import Storage
public import Web

/// Accounts: passwords, second factors, sessions. Passkeys, external sign-in and roles in depth come in their own issue.
public enum Accounts {
  /// How long a session lasts without use, and at most.
  static let idleMs: Int64 = 8 * 3_600_000
  static let absoluteMs: Int64 = 24 * 3_600_000
  /// How long a sign-in may wait for its second step.
  static let stepMs: Int64 = 30 * 60_000
  /// How long a browser is known again: browsers keep no cookie longer than 400 days.
  static let browserMs: Int64 = 400 * 86_400_000
  /// Passwords before the current one that may not come back.
  static let rememberedPasswords = 5

  /// - Parameters:
  ///   - sealer: how the secrets of second factors are kept.
  ///   - environment: `MAMORITE_PUBLIC_URL` is the address for which passkeys are made.
  public static func feature(_ sealer: Sealer = .absent, environment: [String: String] = [:]) -> Feature {
    let settings = AccountSettings(
      sealer: sealer, publicAddress: PublicAddress(environment),
      directory: LDAPDirectory(environment))
    var feature = Feature("accounts")
    feature.migrations = migrations
    feature.catalogs = [
      AccountText.catalog, FactorText.catalog, PasskeyText.catalog, ProofText.catalog,
    ]
    feature.grants = [
      .administrator: [.factorsRead, .factorsEdit], .safetyManager: [.factorsRead],
      .itStaff: [.factorsRead], .management: [.factorsRead], .auditor: [.factorsRead],
    ]
    feature.routes = { routes in
      signInRoutes(&routes, settings)
      ownRoutes(&routes, settings)
      factorRoutes(&routes, sealer)
      passkeyRoutes(&routes, settings)
      proofRoutes(&routes, settings)
      boardRoutes(&routes)
    }
    return feature
  }

  /// What the installation decides for all accounts.
  struct AccountSettings: Sendable {
    let sealer: Sealer
    let publicAddress: PublicAddress
    /// The way to facilities' directories.
    var directory: any Directory = LDAPDirectory([:])
    /// Who waits for a password to be looked at: no more than so many, taken in turn by network.
    var turns = FairTurns(mostOfOne: 20, mostOfAll: 100)

    func place(_ request: WebRequest) -> PasskeyPlace {
      PasskeyPlace(publicAddress: publicAddress.given, request)
    }
  }

  public struct Session: Sendable {
    let token: String
    /// The secret by which the browser is known again; nil when its cookie stays as it is.
    var browser: String?
    /// Where someone goes on who comes back to a locked screen; nil for everyone else.
    var goesOn: String?

    init(browser: String? = nil) {
      token = Secret.token()
      self.browser = browser
    }
  }

  public enum Refusal: Problem, Equatable {
    case wrong, noFacility, wrongCurrent, busy, wrongCode, stepOver, factorDemanded, shortWithoutFactor
    case elsewhere, passwordElsewhere, badPolicyDay, tooManyFactors, badFactorName
    case passkeyUnknown, passkeyWrong, passkeyStale, passkeyElsewhere, passkeyUnverified, passkeyCopied
    case passkeyKnown, passkeyNotHere, terminalElsewhere
    case locked(minutes: Int)
    /// Another facility asks for a second factor, and there is none, or this session was begun without.
    case factorForFacility(String)
    case proofForFacility(String)

    public var code: String { "accounts.\(caseName)" }
    public var kind: ProblemKind {
      switch self {
      case .locked: .tooMany
      case .busy: .tooMany
      case .factorDemanded, .elsewhere, .passwordElsewhere, .factorForFacility, .proofForFacility: .conflict
      default: .invalid
      }
    }
    public var arguments: [String] {
      switch self {
      case .locked(let minutes): ["\(minutes)"]
      case .factorForFacility(let name), .proofForFacility(let name): [name]
      default: []
      }
    }
    public var waitSeconds: Int? {
      switch self {
      case .locked(let minutes): minutes * 60
      case .busy: 2
      default: nil
      }
    }
    public var field: String? {
      switch self {
      case .wrong: "password"
      case .wrongCurrent, .shortWithoutFactor: "current"
      case .wrongCode: "code"
      case .badFactorName: "name"
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
    guard !role.needsGrant else { throw Person.Refusal.badRole }
    let login = try Person.Login(login)
    let facility = try await scope.read { try $0.thisFacility()?.name.text }
    let password = try Person.NewPassword(password, knowing: [login.text, name], at: [facility ?? ""])
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

  /// The first facility and its administrator, in one transaction; signed in.
  static func setUp(_ setup: Setup, password: String, _ request: WebRequest) async throws -> Session {
    let form = setup.facility
    guard let kind = Facility.Kind(rawValue: form.kind) else { throw Facility.Refusal.badKind }
    let login = try Person.Login(setup.login)
    let new = try Person.NewPassword(password, knowing: [login.text, setup.person], at: [form.name])
    let facility = try Facility(
      id: FacilityID(at: request.now), name: Facility.Name(form.name), kind: kind, beds: form.bedsNumber,
      prefecture: Prefecture(form.prefecture))
    let account = AccountID(at: request.now)
    let person = try Person(
      id: PersonID(at: request.now), name: setup.person, department: "", role: .administrator,
      account: account)
    let hash = try await hashed(new.text, .standard)
    let scope = Scope(request.database, actor: .system("setup"), facility: facility.id, now: request.now)
    try await begin(facility, person, account, login: login, hash: hash, in: scope)
    let place = Place(
      facility: facility.id, facilityName: facility.name.text, person: person.id, name: person.name)
    return try await enter(account, at: place, by: .password, counted: [], Caller(request), request.database)
  }

  /// The first facility and its administrator, in one transaction. Of several at once, one succeeds.
  ///
  /// - Throws: `Facility.Refusal.alreadySetUp`.
  static func begin(
    _ facility: Facility, _ person: Person, _ account: AccountID, login: Person.Login, hash: String,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      try tx.lockSetUp()
      guard try !tx.facilityExists() else { throw Facility.Refusal.alreadySetUp }
      try tx.insert(facility)
      try tx.insertAccount(account, login: login.text, hash: hash)
      try tx.insert(person)
    }
  }

  /// The hash of a password or of a link's number.
  ///
  /// - Throws: `Refusal.busy` when there is no memory for it.
  public static func hashed(_ password: String, _ cost: Password.Cost) async throws -> String {
    guard let hash = await PasswordWork.run({ Password.hash(password, cost: cost) }) else {
      throw Refusal.busy
    }
    return hash
  }

  public static func matches(_ password: String, _ hash: String) async -> Bool {
    await PasswordWork.run { Password.matches(password, hash: hash) }
  }
}

/// argon2id needs 64 MiB and a core for a while each time: one runs at a time, on a thread of its own, so that pages are served
/// meanwhile. Who asks without being signed in waits for a turn first: see ``Accounts/AccountSettings/turns``.
private enum PasswordWork {
  private static let thread = DispatchQueue(label: "mamorite.password")

  static func run<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { done in thread.async { done.resume(returning: work()) } }
  }
}

/// Who stands behind a cookie.
public struct SessionGate: Gatekeeper {
  let database: Database
  private let publicAddress: String?
  private let setUp = SetUpFlag()

  /// - Parameter environment: as for the slice's ``Accounts/feature(_:environment:)``.
  public init(_ database: Database, environment: [String: String] = [:]) {
    self.database = database
    publicAddress = PublicAddress(environment).given
  }

  public func proofPage(_ request: WebRequest) async throws -> Page {
    let (_, _, standing) = try await Accounts.own(request)
    let place = PasskeyPlace(publicAddress: publicAddress, request)
    return ProofPages.page(
      request, standing, Continuation(interrupted: request, try request.form()), place, problem: nil)
  }

  public func standing(token: String, now: Instant) async throws -> Standing {
    let hash = Secret.hash(token)
    let installation = Installation(database)
    let isEmergency = BreakGlassToken.isOne(token)
    let found = try await installation.readQueues {
      try isEmergency ? $0.breakGlassSession(hash, now: now) : $0.session(hash, at: now)
    }
    guard let session = found else { return .nobody }
    guard session.expiresAt > now, session.lastSeen.adding(milliseconds: Accounts.idleMs) > now else {
      return .nobody
    }
    if let terminal = session.visitor.terminal,
      SharedTerminal.isLocked(
        at: now, lastSeen: session.lastSeen, lockMinutes: terminal.lockMinutes, lockedAt: session.lockedAt)
    {
      return .locked
    }
    // Where the screen locks soon, it must be known soon that someone is there.
    let touchMs: Int64 = session.visitor.terminal == nil ? 5 * 60_000 : 10_000
    if isEmergency && session.visitor.terminal == nil { return .visitor(session.visitor) }
    if session.lastSeen.adding(milliseconds: touchMs) < now { try await touch(hash, isEmergency, now) }
    return .visitor(session.visitor)
  }

  public func lockedPage(_ request: WebRequest) async throws -> Page {
    let page: KeptInput.Page?
    if request.method == "GET" {
      page = nil
    } else if request.path == "/terminal/lock" {
      page = KeptInput.Page(sent: try request.form()["page"])
    } else {
      // What the script sends by itself, it sends again, or keeps with its page. What needs a fresh proof is asked for anew:
      // whoever stands at a locked screen could lay a form there that its person, just proved, would send.
      page =
        request.wantsJSON || request.isPrivileged
        ? nil : KeptInput.Page(posted: request.path, try request.form())
    }
    try await SharedTerminals.lock(page, request)
    let place = PasskeyPlace(publicAddress: publicAddress, request)
    return try await Accounts.signInPage(
      request, login: "", Continuation(to: "/"), place, problem: WebProblem.locked)
  }

  private func touch(_ hash: String, _ isEmergency: Bool, _ now: Instant) async throws {
    // On a full disk nothing can be saved, but everything can be read.
    do {
      try await Installation(database).keep(now: now) { tx in
        try tx.touchSession(hash, now: now)
        if isEmergency { try tx.touchBreakGlass(hash, now: now) }
      }
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

extension Permission {
  /// Who has a second factor and who does not, and what is asked of each role.
  public static let factorsRead = Permission("factors.read")
  public static let factorsEdit = Permission("factors.edit")
}

public enum AccountText: String, TextKey {
  case title, lead, login, password, submit, failed, forgotten, accountTitle, signOut, passwordTitle, current,
    new, newHint, newHintFactor
  case passwordEnds, change, changed, signedInAs, facilityLink
  case codeTitle, codeLead, code, codeHint, codeSubmit, codeLost, again
  case sessions, sessionsLead, thisOne, signedInOn, lastUsed, address, browser, unknownBrowser
  case endThis, endOthers, sessionEnded, sessionsEnded, noAddress
  public static let catalog = Catalog(AccountText.self, in: .module, folder: "Accounts.files")
}
