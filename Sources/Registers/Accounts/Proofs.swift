import Kernel
import Storage
import Web

/// Proving again who one is, before what is privileged.
extension Accounts {
  /// Gives the session under a new token, with the proof noted in it.
  ///
  /// Whoever has a second factor shows it; whoever has none gives the password again.
  ///
  /// - Throws: ``Refusal``.
  static func prove(_ form: FormValues, _ request: WebRequest, _ settings: AccountSettings) async throws
    -> Session
  {
    let (visitor, _, standing) = try await own(request)
    let kind: Proof.Kind
    if PasskeyAnswer.isIn(form) {
      let (_, counts) = try await use(
        try PasskeyAnswer(form), .proof, of: visitor.account, request, settings.place(request))
      try await Installation(request.database).keep(now: request.now) { try $0.giveBack(counts) }
      kind = .passkey
    } else if standing.hasFactor {
      kind = try await prove(code: form["code"], of: visitor.account, standing, request, settings.sealer)
    } else {
      try await confirm(form.all("current").first ?? "", of: visitor, standing, request)
      kind = .password
    }
    let session = Session()
    let old = Secret.hash(request.token)
    let left: Int? = kind == .recovery ? standing.recoveryLeft - 1 : nil
    try await Installation(request.database).keep(now: request.now) { tx in
      try tx.rotateSession(old, to: session)
      try tx.prove(session, by: kind, now: request.now)
    }
    if let left { try await tellOfRecovery(left, visitor, session, in: try request.scope()) }
    return session
  }

  private static func prove(
    code raw: String, of account: AccountID, _ standing: FactorStanding, _ request: WebRequest,
    _ sealer: Sealer
  ) async throws -> Proof.Kind {
    let caller = Caller(request)
    let isKnown = try await Installation(request.database).read {
      try $0.account(login: standing.login, browser: caller.browser)?.knowsBrowser ?? false
    }
    let counts = AttemptCount.ofCode(standing.login, caller, isKnown: isKnown)
    try await take(counts, request.database, request.now)
    let kind = try await use(raw, of: account, standing, request.now, request.database, sealer)
    try await Installation(request.database).keep(now: request.now) { tx in
      try tx.giveBack(counts)
      try tx.forget(counts)
    }
    return kind
  }

  private static func tellOfRecovery(_ left: Int, _ visitor: Visitor, _ session: Session, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      try tx.housekeeping.post(
        Message(
          cause: "proof:\(Secret.hash(session.token).prefix(32))", recipient: visitor.person, step: 0,
          key: "accounts.recoveryUsed", arguments: ["\(left)"], link: "/account"))
    }
  }
}
