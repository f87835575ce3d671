import Identity
import Kernel
import Storage
import Web

extension Accounts {
  static func signInRoutes(_ routes: inout Routes, _ settings: AccountSettings) {
    routes.get("sign-in", .open) { request in
      if request.visitor != nil { return .redirect(to: localPath(request.query("next"))) }
      let place = settings.place(request)
      return .page(try await signInPage(request, login: "", Continuation(request), place, problem: nil))
    }
    routes.post("sign-in", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let entry = try await entry(form, request, settings)
        switch entry {
        case .session(let session): return arrival(session, then, request)
        case .step(let kind, let token): return try await secondPage(kind, token, then, request, settings)
        }
      } catch let problem as any Problem where Accounts.isOfDoor(problem) {
        let page = try await signInPage(
          request, login: form["login"], then, settings.place(request), at: FacilityID(form["door"]),
          problem: problem)
        return .page(page, status: problem.kind == .tooMany ? 429 : 422)
      }
    }
    // Where a form goes whose sender was signed out: sign in here, and what was sent is kept in the page.
    routes.post("sign-in/resumption", .open, bodyLimit: 2 << 20) { request in
      let then = Continuation(sent: try request.form())
      return .page(try await signInPage(request, login: "", then, settings.place(request), problem: nil))
    }
    secondPages(&routes, settings)
    routes.post("sign-out", .signedIn) { request in
      if let use = request.visitor?.breakGlass.flatMap({ BreakGlassID($0.use) }) {
        try await BreakGlass.end(use, in: try request.scope())
      }
      let hash = Secret.hash(request.token)
      try await Installation(request.database).keep(now: request.now) { try $0.endSession(hash) }
      return Reply.redirect(to: "/sign-in").cookie("mamorite", "", maxAge: 0, secure: request.secureCookies)
    }
  }

  /// A name and a password, of an account here or of a facility's directory.
  private static func entry(_ form: FormValues, _ request: WebRequest, _ settings: AccountSettings)
    async throws -> Entry
  {
    let (login, password) = (form["login"], form.all("password").first ?? "")
    let caller = Caller(request)
    guard let facility = FacilityID(form["door"]) else {
      return try await signIn(login: login, password: password, caller, request.database, settings)
    }
    return try await Directories.signIn(
      login: login, password: password, at: facility, caller, request.database, settings)
  }

  /// What is said on the sign-in page itself.
  private static func isOfDoor(_ problem: any Problem) -> Bool {
    problem is Refusal || problem is SignOnRefusal || problem is DirectoryRefusal
      || problem is DirectoryProblem
  }

  /// The code of a second factor, or the set-up of one that is demanded: open, because nobody is signed in yet. What opens
  /// them is the token of a step, which a right password gave.
  private static func secondPages(_ routes: inout Routes, _ settings: AccountSettings) {
    routes.get("sign-in/code", .open) { request in
      do {
        _ = try await step(.code, request.token, Caller(request), request.database)
        return .page(try await doorPage(request, Continuation(request), problem: nil, settings))
      } catch Refusal.stepOver { return toSignIn(request) }
    }
    routes.post("sign-in/code", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let session = try await enter(
          code: form["code"], token: request.token, Caller(request), request.database, settings.sealer)
        return arrival(session, then, request)
      } catch Refusal.stepOver {
        let place = settings.place(request)
        let page = try await signInPage(request, login: "", then, place, problem: Refusal.stepOver)
        return .page(page, status: 422)
      } catch let problem as Refusal {
        let page = try await doorPage(request, then, problem: problem, settings)
        return .page(page, status: problem.kind == .tooMany ? 429 : 422)
      }
    }
    routes.get("sign-in/factor", .open) { request in
      do {
        return .page(try await demanded(request, Continuation(request), problem: nil, settings))
      } catch Refusal.stepOver { return toSignIn(request) }
    }
    routes.post("sign-in/factor", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let (codes, session) = try await confirmDemandedFactor(.code(form["code"], settings.sealer), request)
        let page = FactorPages.codes(request.signedIn(token: session.token), codes, then)
        return Reply.page(page).session(session, request)
      } catch Refusal.stepOver {
        let place = settings.place(request)
        let page = try await signInPage(request, login: "", then, place, problem: Refusal.stepOver)
        return .page(page, status: 422)
      } catch let problem as Refusal where problem == .wrongCode {
        return .page(try await demanded(request, then, problem: problem, settings), status: 422)
      }
    }
  }

  private static func toSignIn(_ request: WebRequest) -> Reply {
    .redirect(to: "/sign-in?next=\(urlEncoded(Continuation(request).next))")
  }

  static func demanded(
    _ request: WebRequest, _ then: Continuation, problem: Refusal?, _ settings: AccountSettings
  ) async throws -> Page {
    let step = try await step(.setup, request.token, Caller(request), request.database)
    guard let standing = try await standing(of: step.account, request.database),
      let (_, code) = try waiting(standing, settings.sealer, now: request.now)
    else { throw Refusal.stepOver }
    let t = request.texts(PasskeyText.self)
    let name = Components.field("name", t(.nameLabel), hint: t(.nameHint), autocomplete: "off")
    let passkey = PasskeyPages.form(
      request, settings.place(request), .make, action: "/sign-in/factor/passkey", .make, lead: .orMake,
      always: then.fields, inside: name)
    return FactorPages.setup(request, standing, code, then: then, beside: passkey, problem: problem)
  }

  /// Where someone comes to who has signed in: the page they wanted, or the form that they had sent.
  static func arrival(_ session: Session, _ then: Continuation, _ request: WebRequest) -> Reply {
    if let path = session.goesOn { return Reply.redirect(to: localPath(path)).session(session, request) }
    guard !then.resume.isEmpty else {
      return Reply.redirect(to: localPath(then.next)).session(session, request)
    }
    // The forms of the page were made for the old cookie; the new one is used to make the next form.
    let page = SignedOutPage.resumption(
      request.signedIn(token: session.token), path: then.resume, fields: then.keptFields)
    return Reply.page(page).session(session, request)
  }

  static func secondPage(
    _ kind: SignInStep.Kind, _ token: String, _ then: Continuation, _ request: WebRequest,
    _ settings: AccountSettings
  ) async throws -> Reply {
    let reply: Reply
    let next = urlEncoded(then.next)
    let request = request.signedIn(token: token)
    switch (kind, then.resume.isEmpty) {
    case (.code, true): reply = .redirect(to: "/sign-in/code?next=\(next)")
    case (.setup, true): reply = .redirect(to: "/sign-in/factor?next=\(next)")
    // What was sent before travels in the page, so it cannot be one to which a redirect leads.
    case (.code, false): reply = .page(try await doorPage(request, then, problem: nil, settings))
    case (.setup, false): reply = .page(try await demanded(request, then, problem: nil, settings))
    }
    return reply.cookie("mamorite", token, maxAge: Int(stepMs / 1000), secure: request.secureCookies)
  }
}

/// Where a sign-in leads, carried through its pages in hidden fields.
struct Continuation: Sendable {
  let next: String
  /// The path of a form that was sent after the session had ended; empty without one.
  let resume: String
  /// Its fields, each name behind `kept.`.
  let kept: [(name: String, value: String)]

  init(_ request: WebRequest) {
    (next, resume, kept) = (localPath(request.query("next")), "", [])
  }

  init(to path: String) { (next, resume, kept) = (localPath(path), "", []) }

  init(_ form: FormValues) {
    next = localPath(form["next"])
    resume = form.has("_resume") ? localPath(form["_resume"]) : ""
    kept = form.fields.filter { $0.name.hasPrefix("kept.") }
  }

  /// From the form itself, before anyone has signed in again.
  init(sent form: FormValues) {
    next = "/"
    resume = localPath(form["_path"])
    kept = form.fields.filter { !$0.name.hasPrefix("_") }.map { ("kept.\($0.name)", $0.value) }
  }

  var keptFields: [(name: String, value: String)] { kept.map { (String($0.name.dropFirst(5)), $0.value) } }

  var fields: HTML {
    let resumption: HTML? =
      resume.isEmpty
      ? nil : "<input type=\"hidden\" name=\"_resume\" value=\"\(resume)\">\(SignedOutPage.kept(kept))"
    return "<input type=\"hidden\" name=\"next\" value=\"\(next)\">\(resumption)"
  }
}

extension Reply {
  /// The cookies of a new session, and of a browser that is to be known again.
  func session(_ session: Accounts.Session, _ request: WebRequest) -> Reply {
    let secure = request.secureCookies
    let reply = cookie("mamorite", session.token, maxAge: Int(Accounts.absoluteMs / 1000), secure: secure)
    guard let browser = session.browser else { return reply }
    return reply.cookie(
      WebRequest.browserCookie, browser, maxAge: Int(Accounts.browserMs / 1000), secure: secure)
  }
}

extension Accounts {
  /// The sign-in page with the providers and directories by which people may come in too.
  ///
  /// - Parameter facility: of the directory whose name was typed; nil for a name of ours.
  static func signInPage(
    _ request: WebRequest, login: String, _ then: Continuation, _ place: PasskeyPlace,
    at facility: FacilityID? = nil, problem: (any Problem)?
  ) async throws -> Page {
    let doors = try await Installation(request.database).readQueues { try $0.signOnDoors() }
    let terminal = try await SharedTerminals.here(request)
    return SignInPage.page(
      request, login: login, then, place, doors, at: facility, terminal: terminal, problem: problem)
  }
}

enum SignInPage {
  static func page(
    _ request: WebRequest, login: String, _ then: Continuation, _ place: PasskeyPlace,
    _ doors: [SignOnDoor], at facility: FacilityID?, terminal: TerminalDoor?, problem: (any Problem)?
  ) -> Page {
    let isPasskeyFirst = terminal != nil && place.party != nil
    let passkey = PasskeyPages.form(
      request, place, .show, action: "/sign-in/passkey", .signIn, isPrimary: isPasskeyFirst,
      always: then.fields)
    let t = request.texts(AccountText.self)
    let words = problem.map { request.words.problem($0, request.language) }
    return Page(
      t(.title), narrow: true, bare: true,
      """
      <h1>\(t(.title))</h1>
      <p class="soft">\(t(.lead))</p>
      \(words.map { Components.notice(.bad, t(.failed), "<p>\($0)</p>") })
      \(terminal.map { TerminalPages.door(request, $0) })\(isPasskeyFirst ? passkey : nil)
      <form class="panel stack" action="/sign-in" method="post">
      \(Components.formToken(request))\(then.fields)\(choice(request, doors, login: login, at: facility))
      \(Components.field("login", t(.login), value: login, required: true, autocomplete: "username"))
      \(Components.field("password", t(.password), type: "password", required: true, autocomplete: "current-password"))
      <p><button class="button"\("data-kind", is: isPasskeyFirst ? nil : "primary")>\(t(.submit))</button></p>
      </form>
      \(isPasskeyFirst ? nil : passkey)
      \(doors.filter { !$0.isDirectory }.html { door in "<p><a class=\"button\" href=\"/sign-in/openid?facility=\(door.facility)&amp;next=\(urlEncoded(then.next))\">\(door.label)</a></p>" })
      \(emergency(request, then, t))
      """)
  }

  /// The way in that is always there; what had been sent goes along.
  private static func emergency(_ request: WebRequest, _ then: Continuation, _ t: Texts<AccountText>) -> HTML
  {
    let word = request.texts(BreakGlassText.self)(.link)
    guard !then.resume.isEmpty else {
      return "<p class=\"small\">\(t(.forgotten)) <a href=\"/break-glass\">\(word)</a></p>"
    }
    return """
      <form class="small" method="post" action="/break-glass">\(Components.formToken(request))\(then.fields)\(t(.forgotten)) <button class="button" data-kind="quiet">\(word)</button></form>
      """
  }

  /// Whose name and password are typed, where a facility has a directory: then it is most people's.
  private static func choice(
    _ request: WebRequest, _ doors: [SignOnDoor], login: String, at facility: FacilityID?
  ) -> HTML? {
    let directories = doors.filter(\.isDirectory)
    guard let first = directories.first else { return nil }
    let t = request.texts(DirectoryWords.self)
    let here = [(value: "", label: HTML(t(.doorHere)))]
    let options = directories.map { (value: $0.facility.text, label: HTML($0.label)) } + here
    let chosen = facility ?? (login.isEmpty && directories.count == 1 ? first.facility : nil)
    return Components.choices("door", t(.door), options: options, chosen: chosen?.text ?? "", tall: true)
  }

  /// The second page: a passkey, the code of an app, or one from paper.
  static func code(
    _ request: WebRequest, _ standing: FactorStanding, _ then: Continuation, _ place: PasskeyPlace,
    problem: Accounts.Refusal?
  ) -> Page {
    let t = request.texts(AccountText.self)
    let p = request.texts(PasskeyText.self)
    let hasPasskey = !standing.passkeys.isEmpty
    let isPasskeyFirst = hasPasskey && !standing.hasApp && place.party != nil
    let passkey: HTML? =
      hasPasskey
      ? PasskeyPages.form(
        request, place, .show, action: "/sign-in/passkey", .useNow, isPrimary: isPasskeyFirst,
        always: "\(then.fields)<input type=\"hidden\" name=\"\(Accounts.stepField)\" value=\"code\">") : nil
    let lead = !hasPasskey ? t(.codeLead) : p(standing.hasApp ? .codeLead : .codeLeadAlone)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let (label, hint) =
      standing.hasApp ? (t(.code), t(.codeHint)) : (p(.recoveryOnly), p(.recoveryHint))
    return Page(
      t(.codeTitle), narrow: true, bare: true,
      """
      <h1>\(t(.codeTitle))</h1>
      <p class="soft">\(lead)</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(passkey)
      <form class="panel stack" action="/sign-in/code" method="post">
      \(Components.formToken(request))\(then.fields)
      \(Components.field("code", label, hint: hint, error: errors["code"], required: true, autocomplete: "one-time-code"))
      <p><button class="button"\("data-kind", is: isPasskeyFirst ? nil : "primary")>\(t(.codeSubmit))</button></p>
      </form>
      <p class="small">\(t(.codeLost))</p>
      <p class="small"><a href="/sign-in">\(t(.again))</a></p>
      """)
  }
}
