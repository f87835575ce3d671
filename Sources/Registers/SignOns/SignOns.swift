import Identity
public import Kernel
import Storage
public import Web

/// Signing in with the hospital's own provider (OpenID Connect). Local accounts work beside it, also when it is down.
public enum SignOns {
  /// How long someone may be away at the provider.
  static let stepMs: Int64 = 10 * 60_000

  public static func feature(_ sealer: Sealer, environment: [String: String]) -> Feature {
    let settings = Accounts.AccountSettings(
      sealer: sealer, publicAddress: PublicAddress(environment),
      directory: LDAPDirectory(environment))
    let routes = SignOnRoutes(settings: settings, web: CurlWeb(environment))
    var feature = Feature("sign-ons")
    feature.migrations = migrations
    feature.catalogs = [SignOnText.catalog]
    feature.grants = [.administrator: [.signOnManage]]
    feature.routes = { routes.add(to: &$0) }
    return feature
  }

  // MARK: The provider

  /// - Throws: `IdentityProblem`, ``SignOnRefusal``; `Stale` when someone else was faster.
  static func save(_ draft: SignOnDraft, sealer: Sealer, allowsLoopback: Bool, in scope: Scope) async throws {
    let before = try await scope.read { try $0.signOnSetting() }
    let setting = try draft.setting(
      over: before, sealer: sealer, facility: scope.facility, allowsLoopback: allowsLoopback)
    guard before?.version ?? 0 == draft.version else { throw Stale() }
    try await scope.write { try $0.replace(before, with: setting) }
  }

  static func remove(version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.signOnSetting(), before.version == version else { throw Stale() }
      try tx.remove(before)
    }
  }

  /// Asks the provider everything that can be asked without a person.
  ///
  /// - Throws: `IdentityProblem`.
  static func check(
    _ setting: SignOnSetting, redirect: String, _ sealer: Sealer, _ web: any ProviderWeb, in scope: Scope
  ) async throws {
    let provider = try await OpenIDProvider.discover(setting.issuer, web, now: scope.now)
    if let seconds = provider.clockSeconds, abs(seconds) > Int(IDToken.skewSeconds) {
      throw IdentityProblem.clockOff(seconds)
    }
    _ = try await provider.keySet(web)
    let secret = try setting.secretText(sealer, scope.facility)
    try await provider.checkClient(client: setting.client, secret: secret, redirect: redirect, web)
  }

  // MARK: There and back

  /// Notes that a browser sets out, and gives the address to which it goes.
  ///
  /// - Throws: `SignOnRefusal.noProvider`, `IdentityProblem`.
  static func setOut(
    _ step: SignOnStep, _ request: WebRequest, redirect: String, _ web: any ProviderWeb
  ) async throws -> String {
    let scope = Scope(
      request.database, actor: .system("sign-on"), facility: step.facility, now: request.now)
    guard let setting = try await scope.read({ try $0.signOnSetting() }),
      setting.isOn || step.purpose == .trial
    else { throw SignOnRefusal.noProvider }
    let provider = try await OpenIDProvider.discover(setting.issuer, web, now: request.now)
    let flow = OpenIDFlow(state: Secret.token(), browser: request.token)
    let browser = Secret.hash(request.token)
    try await scope.write {
      try $0.housekeeping.begin(step, state: Secret.hash(flow.state), browser: browser, now: scope.now)
    }
    return provider.signInAddress(flow, client: setting.client, redirect: redirect)
  }

  /// What came back.
  struct Arrival: Sendable {
    let step: SignOnStep
    let setting: SignOnSetting
    let token: IDToken

    var word: ExternalWord {
      let name = token.claims[setting.loginClaim]?.first.flatMap { $0.trimmed(to: 1...200) }?.lowercased()
      return ExternalWord(
        issuer: token.issuer, subject: token.subject, name: name, nameClaim: setting.loginClaim,
        role: Result { () throws(SignOnRefusal) in try setting.role(of: token) })
    }
  }

  /// A browser is back: its state is used up, and the code that it brought exchanged and checked.
  ///
  /// - Throws: ``SignOnRefusal``, `IdentityProblem`.
  static func comeBack(
    _ step: SignOnStep, _ request: WebRequest, redirect: String, _ sealer: Sealer, _ web: any ProviderWeb
  ) async throws -> Arrival {
    if let error = request.query("error") {
      if error == "access_denied" { throw SignOnRefusal.cancelled }
      throw IdentityProblem.refused(
        String(error.prefix(100)), String((request.query("error_description") ?? "").prefix(200)))
    }
    guard let code = request.query("code"), let state = request.query("state"), code.utf8.count <= 4000
    else { throw SignOnRefusal.stepOver }
    let scope = Scope(
      request.database, actor: .system("sign-on"), facility: step.facility, now: request.now)
    guard let setting = try await scope.read({ try $0.signOnSetting() }) else {
      throw SignOnRefusal.noProvider
    }
    let provider = try await OpenIDProvider.discover(setting.issuer, web, now: request.now)
    let flow = OpenIDFlow(state: state, browser: request.token)
    let secret = try setting.secretText(sealer, step.facility)
    let token = try await provider.exchange(
      code: code, flow, client: setting.client, secret: secret, redirect: redirect, web)
    let checked = try await IDToken.verify(
      token, from: provider, keys: try await provider.keySet(web), client: setting.client, flow: flow,
      now: request.now)
    return Arrival(step: step, setting: setting, token: checked)
  }

  /// The step of a state, used up. One of another browser, an old one and a used one are all the same: over.
  static func step(_ request: WebRequest) async throws -> SignOnStep {
    let (state, browser) = (Secret.hash(request.query("state") ?? ""), Secret.hash(request.token))
    let step = try await Installation(request.database).keep(now: request.now) {
      try $0.takeStep(state: state, browser: browser, now: request.now)
    }
    guard let step else { throw SignOnRefusal.stepOver }
    return step
  }

  // MARK: Who it is

  /// The person whom a word is about, with the role that their groups give; bound at the first time.
  ///
  /// Only a person whom an administrator expects under that name is bound here; everyone else binds themselves, signed in.
  /// Whoever is in no group any more does not come in, and keeps no role that a group may have given.
  ///
  /// - Throws: ``SignOnRefusal``, `IdentityProblem.missingClaim`.
  static func person(of word: ExternalWord, in scope: Scope) async throws -> (AccountID, Place) {
    // First of all, before anything is bound or changed for somebody who does not come in.
    let expected = try await scope.read { tx -> Person? in
      let identities = try tx.signOnIdentities(issuer: word.issuer, subject: word.subject, name: word.name)
      let identity =
        identities.first { $0.subject == word.subject }
        ?? identities.first { $0.subject == nil && $0.name == word.name }
      return try identity.flatMap { try tx.person($0.person) }
    }
    if let account = expected?.account { _ = try await onlyPlace(of: account, in: scope) }
    let found = try await scope.write { tx -> Result<Person, SignOnRefusal> in
      let identities = try tx.signOnIdentities(issuer: word.issuer, subject: word.subject, name: word.name)
      var id = identities.first { $0.subject == word.subject }?.person
      if id == nil {
        _ = try word.role.get()
        guard let name = word.name else { throw IdentityProblem.missingClaim(word.nameClaim) }
        guard let expected = identities.first(where: { $0.subject == nil && $0.name == name }) else {
          throw SignOnRefusal.unknownPerson(name)
        }
        try tx.bind(expected.person, to: word, over: expected)
        id = expected.person
      }
      guard let id, let person = try tx.person(id), person.account != nil else {
        throw SignOnRefusal.noAccount
      }
      let given: Role? =
        switch word.role {
        case .success(let role): role
        case .failure: .staff
        }
      if let given, person.role != .administrator, !person.role.needsGrant, person.role != given {
        try tx.setRole(given, of: person, version: person.version)
      }
      return word.role.map { _ in person }
    }
    guard let account = try found.get().account else { throw SignOnRefusal.noAccount }
    return (account, try await onlyPlace(of: account, in: scope))
  }

  /// An account that belongs to several facilities must not be opened by what one of them has set up.
  private static func onlyPlace(of account: AccountID, in scope: Scope) async throws -> Place {
    let places = try await Installation(scope.database).read(account: account) {
      try $0.openPlaces(of: account, at: scope.now)
    }
    guard let place = places.first, places.count == 1 else { throw SignOnRefusal.elsewhere }
    return place
  }

  /// Someone who is signed in binds themselves.
  ///
  /// - Throws: ``SignOnRefusal``.
  static func bindOwn(_ arrival: Arrival, _ request: WebRequest) async throws {
    let (visitor, scope, _) = try await Accounts.own(request)
    guard visitor.person == arrival.step.person, visitor.facility == arrival.step.facility else {
      throw SignOnRefusal.notYou
    }
    try await bindOwn(arrival.word, of: visitor, in: scope)
  }

  /// - Throws: ``SignOnRefusal``.
  static func bindOwn(_ word: ExternalWord, of visitor: Visitor, in scope: Scope) async throws {
    _ = try await onlyPlace(of: visitor.account, in: scope)
    try await scope.write { tx in
      let known = try tx.signOnIdentities(issuer: word.issuer, subject: word.subject, name: nil)
      guard known.allSatisfy({ $0.person == visitor.person || $0.subject != word.subject }) else {
        throw SignOnRefusal.alreadyBound
      }
      try tx.bind(visitor.person, to: word, over: try tx.signOnIdentity(of: visitor.person))
    }
  }

  /// An administrator says under which name the provider knows a person.
  ///
  /// - Throws: ``SignOnRefusal``.
  static func expect(_ raw: String, for id: PersonID?, issuer: String, in scope: Scope) async throws {
    guard let name = raw.trimmed(to: 1...200)?.lowercased() else { throw SignOnRefusal.badName }
    try await scope.write { tx in
      guard let id, let person = try tx.person(id), person.account != nil else {
        throw SignOnRefusal.noAccount
      }
      let known = try tx.signOnIdentities(issuer: issuer, subject: nil, name: name)
      guard known.allSatisfy({ $0.person == id }) else { throw SignOnRefusal.nameTaken }
      try tx.expect(id, issuer: issuer, name: name, over: try tx.signOnIdentity(of: id))
    }
  }

  static func unbind(_ id: PersonID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.signOnIdentity(of: id) else { throw WebProblem.notFound }
      try tx.unbind(before)
    }
  }
}

extension Permission {
  /// The provider by which people may sign in, and whom its word is about.
  public static let signOnManage = Permission("sign-on.manage")
}
