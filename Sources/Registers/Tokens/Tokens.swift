public import Kernel
import Storage
public import Web

/// Tokens with which programs come in a person's name: to fetch what they would otherwise download by hand, to fill in what
/// another system knows.
public enum Tokens {
  /// The last use is kept to the hour, so that a program that asks every minute costs no writing.
  static let touchedAfterMs: Int64 = 60 * 60_000
  /// So many days before the end its person is told.
  static let toldDays = 14

  /// - Parameter others: every other slice; what their ways for programs need can be chosen for a token.
  public static func feature(beside others: [Feature]) -> Feature {
    var feature = Feature("tokens")
    feature.migrations = migrations
    feature.catalogs = [TokenText.catalog]
    let make: Set<Permission> = [.tokensMake]
    feature.grants = [
      .administrator: make.union([.tokensManage]), .safetyManager: make, .itStaff: make, .management: make,
      .contributor: make, .auditor: make,
    ]
    let offered = offered(by: others)
    feature.routes = { routes in
      ownRoutes(&routes, offered)
      boardRoutes(&routes)
    }
    feature.due = ["tokens.ending": announceEnd]
    return feature
  }

  /// The permissions that ways for programs ask for, in the order of the slices.
  private static func offered(by features: [Feature]) -> [String] {
    var routes = Routes()
    for feature in features { feature.routes(&routes) }
    return routes.all.filter(\.isOpenToTokens).reduce(into: []) { names, route in
      guard case .needs(let permission) = route.access, !names.contains(permission.name) else { return }
      names.append(permission.name)
    }
  }

  /// Makes a token for the person who asks. Gives its secret, which nobody sees again.
  ///
  /// - Throws: ``TokenRefusal``.
  static func make(_ draft: TokenDraft, _ request: WebRequest) async throws -> String {
    guard let visitor = request.visitor, let person = request.person else {
      throw TokenRefusal.notInEmergency
    }
    let scope = try request.scope()
    let secret = APIToken.secret()
    let id: APIToken.ID = scope.newID()
    try await scope.write { tx in
      guard try tx.liveTokenCount(of: person, at: scope.now) < TokenDraft.mostOfOne else {
        throw TokenRefusal.tooMany
      }
      try tx.insert(draft, id, secret: secret, of: person, visitor.account)
      try tx.housekeeping.post(
        Message(
          cause: "token:\(id)", recipient: person, step: 0, key: "tokens.made",
          arguments: [draft.name, draft.until.description], link: "/account/tokens"))
      try tx.housekeeping.setDue(
        "tokens.ending", id.text, at: draft.until.adding(days: -toldDays).morning)
    }
    return secret
  }

  /// Ends a token. One that has ended already stays so.
  ///
  /// - Parameter owner: whose it must be; nil for anyone's at the facility.
  /// - Throws: `TokenRefusal.noSuchToken`.
  static func revoke(_ id: APIToken.ID, of owner: PersonID?, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let token = try tx.apiToken(id), owner == nil || token.person == owner else {
        throw TokenRefusal.noSuchToken
      }
      guard token.revokedAt == nil else { return }
      try tx.revoke(token)
      try tx.housekeeping.setDue("tokens.ending", id.text, at: nil)
      guard token.person != scope.person else { return }
      try tx.housekeeping.post(
        Message(
          cause: "token:\(id)", recipient: token.person, step: 2, key: "tokens.revoked",
          arguments: [token.name, scope.actor.name], link: "/account/tokens"))
    }
  }

  /// Ends what an account has made at this facility, with its password or its sign-in: whoever knew the one may have made the other.
  static func endAll(of account: AccountID, _ tx: WriteTx) throws {
    let tokens = try tx.liveTokens(of: account, at: tx.scope.now)
    guard let first = tokens.first else { return }
    for token in tokens {
      try tx.revoke(token)
      try tx.housekeeping.setDue("tokens.ending", token.id.text, at: nil)
    }
    try tx.housekeeping.post(
      Message(
        cause: "tokens-ended:\(tx.scope.now.milliseconds)", recipient: first.person, step: 0,
        key: "tokens.endedWithPassword", arguments: [tokens.map(\.name).joined(separator: ", ")],
        link: "/account/tokens"))
  }

  /// The same at every facility of the account but the one where its person is at work.
  static func endAll(of account: AccountID, but here: FacilityID, by scope: Scope) async throws {
    let places = try await Installation(scope.database).read(account: account) { try $0.places(of: account) }
    for place in places where place.facility != here {
      let there = Scope(
        scope.database, actor: .person(place.person, name: place.name), facility: place.facility,
        now: scope.now)
      try await there.write { try endAll(of: account, $0) }
    }
  }

  private static func announceEnd(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      try tx.housekeeping.setDue("tokens.ending", row.subject, at: nil)
      guard let id = APIToken.ID(row.subject), let token = try tx.apiToken(id),
        token.state(at: scope.now) == .live
      else { return }
      try tx.housekeeping.post(
        Message(
          cause: "token:\(id)", recipient: token.person, step: 1, key: "tokens.ending",
          arguments: [token.name, token.until.description], link: "/account/tokens"))
    }
  }

  // MARK: Coming in with one

  /// Who stands behind a token.
  ///
  /// It is looked up before anything is counted: 256 bits cannot be guessed, and a right one must work from an address from which
  /// a wrong one comes all day.
  ///
  /// - Throws: ``TokenRefusal``.
  static func visitor(_ secret: String, from address: String, now: Instant, _ database: Database) async throws
    -> Visitor
  {
    let installation = Installation(database)
    let found =
      APIToken.isSecret(secret)
      ? try await installation.readQueues { try $0.tokenBearer(Secret.hash(secret), at: now) } : nil
    guard let found, !found.isRevoked, found.expiresAt > now, let visitor = found.visitor else {
      try await count(from: address, now: now, database)
      throw refusal(of: found, at: now)
    }
    if found.lastUsedAt.map({ $0.adding(milliseconds: touchedAfterMs) <= now }) ?? true {
      // On a full disk nothing can be saved, but everything can be read.
      do {
        try await installation.keep(now: now) { try $0.touchToken(found, from: address, now: now) }
      } catch DatabaseProblem.full {}
    }
    return visitor
  }

  private static func refusal(of found: TokenBearer?, at now: Instant) -> TokenRefusal {
    guard let found else { return .wrong }
    // Of who has left, all have been ended: what helps is to know that another person has to make one.
    if found.visitor == nil { return .ownerGone }
    if found.isRevoked { return .revoked }
    return .expired
  }

  private static func count(from address: String, now: Instant, _ database: Database) async throws {
    let caller = Caller(address: address, browser: nil, agent: "", now: now)
    do {
      try await Accounts.take(AttemptCount.ofToken(caller), database, now)
    } catch Accounts.Refusal.locked(let minutes) { throw TokenRefusal.locked(minutes: minutes) }
  }
}

extension SessionGate {
  public func visitor(bearer token: String, address: String, now: Instant) async throws -> Visitor {
    try await Tokens.visitor(token, from: address, now: now, database)
  }
}

extension Permission {
  /// Making tokens for oneself.
  static let tokensMake = Permission("tokens.make")
  /// Seeing everyone's tokens, and ending them.
  static let tokensManage = Permission("tokens.manage")
}
