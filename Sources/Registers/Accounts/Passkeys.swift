import Kernel
import Storage
import Web

/// Passkeys: asking the browser for one, and what its answer is worth.
extension Accounts {
  /// How long a challenge waits for its answer.
  static let challengeMs: Int64 = 5 * 60_000

  // MARK: Asking

  /// Asks for a passkey at the door: for any, or after a right password for one of that account.
  static func askAtDoor(_ request: WebRequest, _ form: FormValues, _ place: PasskeyPlace) async throws
    -> PasskeyRequest
  {
    let step = try await doorStep(request, form)
    let standing: FactorStanding? =
      if let step { try await standing(of: step.account, request.database) } else { nil }
    return try await ask(.signIn, standing?.passkeys ?? [], request, place)
  }

  /// Asks a signed-in person for one of their own.
  static func askAgain(_ request: WebRequest, _ place: PasskeyPlace) async throws -> PasskeyRequest {
    let (_, _, standing) = try await own(request)
    return try await ask(.proof, standing.passkeys, request, place)
  }

  /// Asks for a new one, after the password.
  ///
  /// - Throws: `Refusal.wrongCurrent`, `.tooManyFactors`, `.locked`.
  static func askForNew(password: String, _ request: WebRequest, _ place: PasskeyPlace) async throws
    -> PasskeyRequest
  {
    let (visitor, _, standing) = try await own(request)
    guard standing.confirmed.count < mostFactors else { throw Refusal.tooManyFactors }
    try await confirm(password, of: visitor, standing, request)
    return try await askForNew(of: visitor.account, visitor.name, standing, request, place)
  }

  /// The same for someone who must have a second factor before coming in, and has shown the password already.
  static func askForDemanded(_ request: WebRequest, _ place: PasskeyPlace) async throws -> PasskeyRequest {
    let step = try await step(.setup, request.token, Caller(request), request.database)
    guard let standing = try await standing(of: step.account, request.database),
      let home = try await firstPlace(of: step.account, at: request.now, request.database)
    else { throw Refusal.stepOver }
    return try await askForNew(of: step.account, home.name, standing, request, place)
  }

  private static func askForNew(
    of account: AccountID, _ name: String, _ standing: FactorStanding, _ request: WebRequest,
    _ place: PasskeyPlace
  ) async throws -> PasskeyRequest {
    var asked = try await ask(.add, standing.passkeys, request, place)
    asked.rpName = "Mamorite"
    asked.user = PasskeyRequest.User(id: userHandle(account), name: standing.login, displayName: name)
    asked.algorithms = WebAuthn.Algorithm.allCases.map(\.rawValue)
    return asked
  }

  private static func ask(
    _ purpose: PasskeyPurpose, _ passkeys: [Factor], _ request: WebRequest, _ place: PasskeyPlace
  ) async throws -> PasskeyRequest {
    guard let party = place.party else { throw Refusal.passkeyNotHere }
    let challenge = WebAuthn.challenge()
    try await Installation(request.database).keep(now: request.now) {
      try $0.keepChallenge(challenge, purpose, of: request.token, now: request.now)
    }
    let here = passkeys.compactMap(\.passkey).filter { $0.party == party.id }
    return PasskeyRequest(challenge: challenge, rpId: party.id, credentials: here.map(\.credential))
  }

  /// By what a passkey names its account; it says nothing to anyone else.
  static func userHandle(_ account: AccountID) -> String {
    Base64URL.text(Secret.hash("passkey:\(account)").prefix(32).utf8)
  }

  // MARK: Using one

  /// Checks an answer. Gives whose passkey it is, and what the attempt counted.
  ///
  /// - Parameter account: whose it must be; nil where the passkey itself says who comes.
  /// - Throws: ``Refusal``.
  static func use(
    _ answer: PasskeyAnswer, _ purpose: PasskeyPurpose, of account: AccountID?, _ request: WebRequest,
    _ place: PasskeyPlace
  ) async throws -> (passkey: StoredPasskey, counts: [AttemptCount]) {
    let installation = Installation(request.database)
    let caller = Caller(request)
    guard let party = place.party else { throw Refusal.passkeyNotHere }
    let found = try await installation.read { try $0.passkey(answer.credential, browser: caller.browser) }
    let counts = AttemptCount.ofPasskey(caller, isKnown: found?.knowsBrowser ?? false)
    try await take(counts, request.database, request.now)
    // Whatever follows, the challenge has been used.
    let challenge = try await installation.keep(now: request.now) {
      try $0.takeChallenge(purpose, of: request.token, now: request.now)
    }
    guard let challenge else { throw Refusal.passkeyStale }
    guard let found, account == nil || account == found.account,
      answer.user.isEmpty ? account != nil : answer.user == userHandle(found.account)
    else { throw Refusal.passkeyUnknown }
    guard let key = WebAuthn.PublicKey(found.factor.secret) else {
      throw Row.Corrupt("account_factor.secret of a passkey")
    }
    let counter: UInt32
    do throws(WebAuthn.Fault) {
      counter = try WebAuthn.assertion(
        client: answer.client, authenticator: answer.authenticator, signature: answer.signature, of: key,
        challenge: challenge, at: party)
    } catch { throw Refusal(error) }
    try await advance(found, to: Int(counter), request)
    return (found, counts)
  }

  /// - Throws: `Refusal.passkeyCopied` when the counter went back, now or earlier.
  private static func advance(_ passkey: StoredPasskey, to counter: Int, _ request: WebRequest) async throws {
    guard passkey.factor.passkey?.copiedAt == nil else { throw Refusal.passkeyCopied }
    let isForward = try await Installation(request.database).keep(now: request.now) {
      try $0.advancePasskey(passkey, to: counter, now: request.now)
    }
    if isForward { return }
    let places = try await Installation(request.database).read(account: passkey.account) {
      try $0.places(of: passkey.account)
    }
    for place in places {
      let scope = Scope(
        request.database, actor: .system("sign-in"), facility: place.facility, now: request.now)
      try await scope.write { try $0.markCopied(passkey, place, counter: counter) }
    }
    throw Refusal.passkeyCopied
  }

  /// Signs in with a passkey: alone, or after the password.
  static func enter(_ form: FormValues, _ request: WebRequest, _ place: PasskeyPlace) async throws
    -> Session
  {
    let step = try await doorStep(request, form)
    let (passkey, counts) = try await use(
      try PasskeyAnswer(form), .signIn, of: step?.account, request, place)
    guard let home = try await firstPlace(of: passkey.account, at: request.now, request.database) else {
      throw Refusal.noFacility
    }
    return try await enter(
      passkey.account, at: home, by: .passkey, counted: counts, step: step.map { _ in request.token },
      Caller(request), request.database)
  }

  /// The field of a form that goes on after a right password. Without it, as on the first page, anyone may come with a
  /// passkey, also where someone else has typed a password before.
  static let stepField = "step"

  private static func doorStep(_ request: WebRequest, _ form: FormValues) async throws -> SignInStep? {
    form.has(stepField) ? try await doorStep(request) : nil
  }

  /// The step after a right password in which this browser is; nil when it is in none.
  static func doorStep(_ request: WebRequest) async throws -> SignInStep? {
    let hash = Secret.hash(request.token)
    let step = try await Installation(request.database).read { try $0.signInStep(hash, now: request.now) }
    return step?.kind == .code ? step : nil
  }

  // MARK: Making one

  /// A passkey that a browser has just made, ready to be kept.
  static func newPasskey(
    _ answer: PasskeyAnswer, named raw: String, holder: String, at party: RelyingParty, _ now: Instant,
    _ database: Database
  ) async throws -> Factor {
    guard let name = raw.trimmed(to: 0...40) else { throw Refusal.badFactorName }
    let challenge = try await Installation(database).keep(now: now) {
      try $0.takeChallenge(.add, of: holder, now: now)
    }
    guard let challenge else { throw Refusal.passkeyStale }
    do throws(WebAuthn.Fault) {
      let made = try WebAuthn.registration(
        client: answer.client, authenticator: answer.authenticator, challenge: challenge, at: party)
      var factor = Factor(
        id: FactorID(at: now), kind: .passkey, name: name, secret: made.key.text, counter: Int(made.counter),
        createdAt: now, confirmedAt: now, lastUsedAt: nil)
      factor.passkey = Factor.Passkey(
        credential: Base64URL.text(made.id), party: party.id, copiedAt: nil)
      return factor
    } catch { throw Refusal(error) }
  }
}
