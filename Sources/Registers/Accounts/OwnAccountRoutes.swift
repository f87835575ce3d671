import Kernel
import Storage
import Web

extension Accounts {
  static func ownRoutes(_ routes: inout Routes, _ settings: AccountSettings) {
    routes.post("facility", .signedIn) { request in
      guard let visitor = request.visitor else { throw WebProblem.signedOut }
      // A terminal belongs to one facility, and so does everyone at it.
      guard request.visitor?.terminal == nil else { throw Refusal.terminalElsewhere }
      let wanted = try request.form()["facility"]
      let installation = Installation(request.database)
      let places = try await installation.read(account: visitor.account) {
        try $0.openPlaces(of: visitor.account, at: request.now)
      }
      guard let place = places.first(where: { $0.facility.text == wanted }) else { throw WebProblem.notFound }
      try await mayEnter(place, visitor, request)
      let hash = Secret.hash(request.token)
      let session = Session()
      // What one may do changes with the facility, and so does the token.
      try await installation.keep(now: request.now) { tx in
        try tx.moveSession(hash, to: place)
        try tx.rotateSession(hash, to: session)
      }
      return Reply.redirect(to: "/").session(session, request)
    }
    routes.get("account", .signedIn) { request in .page(try await ownPage(request, settings, problem: nil)) }
    routes.post("account/password", .signedIn) { request in
      let form = try request.form()
      do {
        let session = try await changePassword(
          current: form.all("current").first ?? "", new: form.all("password").first ?? "", request)
        return Reply.redirect(to: "/account?done=password").session(session, request)
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooMany {
        let status = problem.kind == .tooMany ? 429 : 422
        return .page(try await ownPage(request, settings, problem: problem), status: status)
      }
    }
    routes.post("account/sessions/withdrawal", .signedIn) { request in
      guard let visitor = request.visitor else { throw WebProblem.signedOut }
      let wanted = try request.form()["session"]
      let own = Secret.hash(request.token)
      let ended = try await request.scope().write { tx in
        let ended =
          wanted == "others"
          ? try tx.housekeeping.endSessions(of: visitor.account, but: own)
          : try tx.housekeeping.endSession(wanted, of: visitor.account)
        if ended > 0 { try tx.record("account.sessions-end", of: visitor.person, ["count": "\(ended)"]) }
        return ended
      }
      return .redirect(to: wanted == own ? "/sign-in" : "/account?done=sessions&count=\(ended)#sessions")
    }
  }

  /// Whoever goes over to another facility meets what it asks of them there and then, as someone who signs in does.
  ///
  /// - Throws: `Refusal.factorForFacility`, `.proofForFacility`.
  private static func mayEnter(_ place: Place, _ visitor: Visitor, _ request: WebRequest) async throws {
    // Wide: what is asked there, of the same account.
    let policies = try await Installation(request.database).readQueues {
      try $0.factorPolicies(of: visitor.account, at: place.facility)
    }
    guard policies.demand(on: request.now.day) else { return }
    guard let standing = try await standing(of: visitor.account, request.database), standing.hasFactor else {
      throw Refusal.factorForFacility(place.facilityName)
    }
    // A provider's word counts at the facility that has chosen it.
    let factors: [Proof.Kind] = [.totp, .recovery, .passkey]
    guard let proof = visitor.proof?.kind, factors.contains(proof) else {
      throw Refusal.proofForFacility(place.facilityName)
    }
  }

  private static func ownPage(
    _ request: WebRequest, _ settings: AccountSettings, problem: (any Problem)?
  ) async throws -> Page {
    let (visitor, _, standing) = try await own(request)
    let sessions = try await Installation(request.database).read {
      try $0.sessions(of: visitor.account, now: request.now)
    }
    return AccountPage.page(request, standing, sessions, settings.place(request), problem: problem)
  }
}

enum AccountPage {
  static func page(
    _ request: WebRequest, _ standing: FactorStanding, _ sessions: [ListedSession],
    _ place: PasskeyPlace, problem: (any Problem)?
  ) -> Page {
    let t = request.texts(AccountText.self)
    let facility: HTML? =
      request.may(.facilityEdit) ? "<p><a href=\"/facility\">\(t(.facilityLink))</a></p>" : nil
    return Page(
      t(.accountTitle), narrow: true,
      """
      <h1>\(t(.accountTitle))</h1>
      <p>\(t(.signedInAs, request.visitor?.name ?? "", request.visitor?.facilityName ?? ""))</p>
      \(done(request, t))
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(FactorPages.own(request, standing, place))
      \(password(request, standing, problem, t))
      \(list(request, sessions, t))
      <p><a href="/account/tokens">\(request.texts(TokenText.self)(.link))</a></p>
      <p><a href="/account/identity">\(request.texts(SignOnText.self)(.ownTitle))</a></p>
      \(facility)
      <form action="/sign-out" method="post">\(Components.formToken(request))<button class="button">\(t(.signOut))</button></form>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<AccountText>) -> HTML? {
    let f = request.texts(FactorText.self)
    switch request.query("done") {
    case "password": return Components.notice(.good, t(.changed))
    case "factor": return Components.notice(.good, f(.added))
    case "removal": return Components.notice(.good, f(.removed))
    case "sessions":
      let count = request.query("count").flatMap(Int.init) ?? 0
      return Components.notice(.good, count == 1 ? t(.sessionEnded) : t(.sessionsEnded, count))
    default: return nil
    }
  }

  private static func password(
    _ request: WebRequest, _ standing: FactorStanding, _ problem: (any Problem)?, _ t: Texts<AccountText>
  ) -> HTML {
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    // With no second factor yet, setting one up is what the page is for.
    let kind: String? = FactorPages.invites(standing) ? nil : "primary"
    return """
      <form class="panel stack" action="/account/password" method="post">
      <h2>\(t(.passwordTitle))</h2>
      \(Components.formToken(request))
      <p>\(t(.passwordEnds))</p>
      \(Components.field("current", t(.current), type: "password", error: errors["current"], required: true, autocomplete: "current-password"))
      \(Components.field("password", t(.new), type: "password", hint: t(standing.hasFactor ? .newHintFactor : .newHint), error: errors["password"], required: true, autocomplete: "new-password"))
      <p><button class="button"\("data-kind", is: kind)>\(t(.change))</button></p>
      </form>
      """
  }

  private static func list(_ request: WebRequest, _ sessions: [ListedSession], _ t: Texts<AccountText>)
    -> HTML
  {
    let own = Secret.hash(request.token)
    let rows = sessions.html { row(request, $0, isOwn: $0.hash == own, t) }
    let others: HTML? =
      sessions.contains { $0.hash != own }
      ? """
      <form method="post" action="/account/sessions/withdrawal">\(Components.formToken(request))
      <button class="button" name="session" value="others">\(t(.endOthers))</button></form>
      """ : nil
    return """
      <section class="stack" id="sessions" aria-labelledby="h-sessions"><h2 id="h-sessions">\(t(.sessions))</h2>
      <p>\(t(.sessionsLead))</p>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.sessions))</caption>
      <thead><tr><th scope="col">\(t(.browser))</th><th scope="col">\(t(.address))</th><th scope="col">\(t(.signedInOn))</th><th scope="col">\(t(.lastUsed))</th><th scope="col"><span class="visually-hidden">\(t(.endThis))</span></th></tr></thead>
      <tbody>\(rows)</tbody></table>
      \(others)</section>
      """
  }

  private static func row(
    _ request: WebRequest, _ session: ListedSession, isOwn: Bool, _ t: Texts<AccountText>
  ) -> HTML {
    let language = request.language
    let name = BrowserName(agent: session.agent).text ?? t(.unknownBrowser)
    let end: HTML = """
      <form method="post" action="/account/sessions/withdrawal">\(Components.formToken(request))
      <button class="button" data-kind="quiet" name="session" value="\(session.hash)" aria-label="\(t(.endThis)): \(name) \(language.dateTime(session.begunAt))">\(t(.endThis))</button></form>
      """
    return """
      <tr><th scope="row" data-label="\(t(.browser))">\(name)</th>
      <td data-label="\(t(.address))"><span class="nowrap">\(session.address.isEmpty ? t(.noAddress) : session.address)</span></td>
      <td data-label="\(t(.signedInOn))">\(language.timeTag(session.begunAt))</td>
      <td data-label="\(t(.lastUsed))">\(language.timeTag(session.lastSeen))</td>
      <td>\(isOwn ? Components.tag(t(.thisOne), .good) : end)</td></tr>
      """
  }
}
