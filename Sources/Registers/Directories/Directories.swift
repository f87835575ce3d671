import Identity
import Kernel
import Storage
public import Web

/// Signing in with the hospital's directory (LDAP, Active Directory). Local accounts work beside it, also when it is down.
///
/// Who is who, and what their groups make of them, is decided as for a provider: see ``SignOns``.
public enum Directories {
  public static func feature(_ sealer: Sealer, environment: [String: String]) -> Feature {
    let settings = Accounts.AccountSettings(
      sealer: sealer, publicAddress: PublicAddress(environment),
      directory: LDAPDirectory(environment))
    var feature = Feature("directories")
    feature.migrations = migrations
    feature.catalogs = [DirectoryWords.catalog]
    feature.routes = { DirectoryRoutes(settings: settings).add(to: &$0) }
    return feature
  }

  // MARK: The directory

  /// - Throws: `DirectoryProblem`, `SignOnRefusal`, ``DirectoryRefusal``; `Stale` when someone else was faster.
  static func save(_ draft: DirectoryDraft, sealer: Sealer, allowsLoopback: Bool, in scope: Scope)
    async throws
  {
    let before = try await scope.read { try $0.directorySetting() }
    let setting = try draft.setting(
      over: before, sealer: sealer, facility: scope.facility, allowsLoopback: allowsLoopback)
    guard before?.version ?? 0 == draft.version else { throw Stale() }
    try await scope.write { try $0.replace(before, with: setting) }
  }

  static func remove(version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.directorySetting(), before.version == version else { throw Stale() }
      try tx.remove(before)
    }
  }

  /// Asks the directory everything that can be asked without a person.
  ///
  /// - Throws: `DirectoryProblem`, ``DirectoryRefusal``.
  static func check(_ settings: Accounts.AccountSettings, in scope: Scope) async throws {
    guard let setting = try await scope.read({ try $0.directorySetting() }) else {
      throw DirectoryRefusal.noDirectory
    }
    try await settings.directory.check(try setting.server(settings, scope.facility))
  }

  // MARK: Someone's word

  /// What a directory said of someone whose password was right.
  struct Arrival: Sendable {
    let setting: DirectorySetting
    let entry: DirectoryEntry
    let word: ExternalWord
  }

  /// Checks a password with the directory.
  ///
  /// Attempts are counted as for a local password, and once more by person, so that our wait begins before the directory locks
  /// the person out of everything.
  ///
  /// - Parameter isTrial: also while the directory is not in use.
  /// - Throws: `DirectoryProblem`, ``DirectoryRefusal``, `Accounts.Refusal`.
  static func arrive(
    login raw: String, password: String, isTrial: Bool = false, _ caller: Caller,
    _ settings: Accounts.AccountSettings, in scope: Scope
  ) async throws -> Arrival {
    guard let setting = try await scope.read({ try $0.directorySetting() }), setting.isOn || isTrial else {
      throw DirectoryRefusal.noDirectory
    }
    guard !password.isEmpty else { throw DirectoryProblem.emptyPassword }
    guard let login = raw.trimmed(to: 1...100)?.lowercased() else { throw DirectoryProblem.badLogin }
    let server = try setting.server(settings, scope.facility)
    let isKnown = try await scope.read {
      try $0.knowsBrowser(caller.browser, as: login, issuer: server.issuer)
    }
    let attempt = Attempt(
      counts: AttemptCount.ofPassword("directory \(scope.facility) \(login)", caller, isKnown: isKnown),
      isKnown: isKnown, caller: caller, scope: scope)
    try await Accounts.take(attempt.counts, scope.database, scope.now)
    let entry = try await prove(login, password, setting, server, attempt, settings.directory)
    let word = ExternalWord(
      issuer: server.issuer, subject: entry.subject, name: login, nameClaim: server.loginAttribute,
      role: Result { () throws(SignOnRefusal) in try setting.role(of: entry.groups) })
    return Arrival(setting: setting, entry: entry, word: word)
  }

  private struct Attempt {
    let counts: [AttemptCount]
    let isKnown: Bool
    let caller: Caller
    let scope: Scope

    func giveBack(_ more: [AttemptCount], forgets: Bool = false) async throws {
      let all = counts + more
      try await Installation(scope.database).keep(now: scope.now) { tx in
        try tx.giveBack(all)
        if forgets { try tx.forget(all) }
      }
    }

    /// Takes back what was counted where the password was right, or nobody has looked at it.
    func giveBack(_ more: [AttemptCount], after problem: DirectoryProblem) async throws {
      let wasRight = problem == .mustChange || problem == .passwordExpired
      if wasRight || problem.kind != .invalid { try await giveBack(more) }
    }
  }

  private static func prove(
    _ login: String, _ password: String, _ setting: DirectorySetting, _ server: DirectoryServer,
    _ attempt: Attempt, _ directory: any Directory
  ) async throws -> DirectoryEntry {
    let candidate: DirectoryCandidate?
    do {
      candidate = try await find(login, server, directory)
    } catch let problem as DirectoryProblem {
      try await attempt.giveBack([], after: problem)
      throw problem
    }
    // An unknown name is counted in the same way, and so cannot be told from a known one.
    let budget = AttemptCount.ofDirectory(
      "\(attempt.scope.facility) \(candidate?.key ?? "nobody \(login)")", isKnown: attempt.isKnown,
      most: attempt.isKnown ? setting.budget.known : setting.budget.strangers,
      minutes: Int64(setting.parts.lockMinutes))
    try await Accounts.take([budget], attempt.scope.database, attempt.scope.now)
    do {
      let entry = try await ask(candidate, password, server, directory)
      try await attempt.giveBack([budget], forgets: true)
      return entry
    } catch let problem as DirectoryProblem {
      try await attempt.giveBack([budget], after: problem)
      throw problem
    }
  }

  /// nil when nobody has the name.
  private static func find(_ login: String, _ server: DirectoryServer, _ directory: any Directory)
    async throws -> DirectoryCandidate?
  {
    do {
      return try await directory.find(login, on: server)
    } catch {
      guard error == .unknownUser else { throw error }
      return nil
    }
  }

  private static func ask(
    _ candidate: DirectoryCandidate?, _ password: String, _ server: DirectoryServer,
    _ directory: any Directory
  ) async throws -> DirectoryEntry {
    if let candidate { return try await directory.prove(candidate, password: password, on: server) }
    // Takes as long as a wrong password, and tries nobody's.
    let nobody = DirectoryCandidate(name: "cn=\(Secret.token()),\(server.base)", entry: nil)
    do {
      return try await directory.prove(nobody, password: Secret.token(), on: server)
    } catch {
      throw error == .wrongPassword ? .unknownUser : error
    }
  }

  /// Signs someone in, or leads them to their second step.
  ///
  /// - Throws: what ``atDoor(_:)`` gives, `SignOnRefusal`, `Accounts.Refusal`.
  static func signIn(
    login: String, password: String, at facility: FacilityID, _ caller: Caller, _ database: Database,
    _ settings: Accounts.AccountSettings
  ) async throws -> Accounts.Entry {
    let scope = Scope(database, actor: .system("sign-on"), facility: facility, now: caller.now)
    let arrival: Arrival
    do {
      arrival = try await arrive(login: login, password: password, caller, settings, in: scope)
    } catch let problem as DirectoryProblem { throw atDoor(problem) }
    let (account, place) = try await SignOns.person(of: arrival.word, in: scope)
    return try await Accounts.arrive(
      account, at: place, hasFactor: false, caller, database, settings.sealer)
  }

  /// What someone at the door is told: no difference between an unknown name and a wrong password, and nothing of machines.
  static func atDoor(_ problem: DirectoryProblem) -> any Problem {
    switch problem {
    case .unknownUser, .wrongPassword, .badLogin, .emptyPassword: Accounts.Refusal.wrong
    case .mustChange, .passwordExpired, .locked, .disabled, .accountExpired, .notNow: problem
    case .busy: Accounts.Refusal.busy
    default: DirectoryRefusal.down
    }
  }
}

extension DirectorySetting {
  func server(_ settings: Accounts.AccountSettings, _ facility: FacilityID) throws -> DirectoryServer {
    try server(settings.sealer, facility, allowsLoopback: settings.directory.allowsLoopback)
  }
}
