import Kernel
import Storage
import Web

extension Accounts {
  static func routes(_ routes: inout Routes) {
    routes.get("sign-in", .open) { request in
      if request.visitor != nil { return .redirect(to: localPath(request.query("next"))) }
      return .page(SignInPage.page(request, login: "", next: request.query("next") ?? "/", problem: nil))
    }
    routes.post("sign-in", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let next = form["next"]
      do {
        let session = try await signIn(
          login: form["login"], password: form.all("password").first ?? "", database: request.database,
          now: request.now)
        if form.has("_resume") {
          // The forms of the page were made for the old cookie; the new one is used to make the next form.
          let page = SignedOutPage.resumption(
            request.signedIn(token: session.token), path: form["_resume"],
            fields: form.fields.filter { $0.name.hasPrefix("kept.") }.map {
              (String($0.name.dropFirst(5)), $0.value)
            })
          return Reply.page(page).session(session, request)
        }
        return Reply.redirect(to: localPath(next)).session(session, request)
      } catch let problem as Refusal {
        let page = SignInPage.page(
          request, login: form["login"], next: next, problem: problem, kept: form.fields,
          resume: form["_resume"])
        return .page(page, status: problem.kind == .tooMany ? 429 : 422)
      }
    }
    // Where a form goes whose sender was signed out: sign in here, and what was sent is kept in the page.
    routes.post("sign-in/resumption", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let kept = form.fields.filter { !$0.name.hasPrefix("_") }.map { ("kept.\($0.name)", $0.value) }
      return .page(
        SignInPage.page(
          request, login: "", next: "/", problem: nil, kept: kept, resume: localPath(form["_path"])))
    }
    routes.post("sign-out", .signedIn) { request in
      let hash = Secret.hash(request.token)
      try await Installation(request.database).keep(now: request.now) { try $0.endSession(hash) }
      return Reply.redirect(to: "/sign-in").cookie("mamorite", "", maxAge: 0, secure: false)
    }
    routes.post("facility", .signedIn) { request in
      guard let visitor = request.visitor else { throw WebProblem.signedOut }
      let wanted = try request.form()["facility"]
      let installation = Installation(request.database)
      let places = try await installation.read(account: visitor.account) {
        try $0.places(of: visitor.account)
      }
      guard let place = places.first(where: { $0.facility.text == wanted }) else { throw WebProblem.notFound }
      let hash = Secret.hash(request.token)
      try await installation.keep(now: request.now) { try $0.moveSession(hash, to: place) }
      return .redirect(to: "/")
    }
    routes.get("account", .signedIn) { request in
      .page(AccountPage.page(request, problem: nil, changed: request.query("changed") != nil))
    }
    routes.post("account/password", .signedIn) { request in
      guard let visitor = request.visitor else { throw WebProblem.signedOut }
      let form = try request.form()
      do {
        try await changePassword(
          of: visitor, current: form.all("current").first ?? "", new: form.all("password").first ?? "",
          in: try request.scope(), token: request.token)
      } catch let problem as any Problem where problem.kind == .invalid {
        return .page(AccountPage.page(request, problem: problem, changed: false), status: 422)
      }
      return .redirect(to: "/account?changed=1")
    }
  }
}

extension Reply {
  /// The cookie of a new session.
  func session(_ session: Accounts.Session, _ request: WebRequest) -> Reply {
    cookie("mamorite", session.token, maxAge: Int(Accounts.absoluteMs / 1000), secure: request.secureCookies)
  }
}

enum SignInPage {
  static func page(
    _ request: WebRequest, login: String, next: String, problem: Accounts.Refusal?,
    kept: [(name: String, value: String)] = [], resume: String = ""
  ) -> Page {
    let t = request.texts(AccountText.self)
    let words = problem.map { request.words.problem($0, request.language) }
    let resumption: HTML? =
      resume.isEmpty
      ? nil
      : "<input type=\"hidden\" name=\"_resume\" value=\"\(resume)\">\(SignedOutPage.kept(kept.filter { $0.name.hasPrefix("kept.") }))"
    return Page(
      t(.title), narrow: true, bare: true,
      """
      <h1>\(t(.title))</h1>
      <p class="soft">\(t(.lead))</p>
      \(words.map { Components.notice(.bad, t(.failed), "<p>\($0)</p>") })
      <form class="panel stack" action="/sign-in" method="post">
      \(Components.formToken(request))
      <input type="hidden" name="next" value="\(next)">\(resumption)
      \(Components.field("login", t(.login), value: login, required: true, autocomplete: "username"))
      \(Components.field("password", t(.password), type: "password", required: true, autocomplete: "current-password"))
      <p><button class="button" data-kind="primary">\(t(.submit))</button></p>
      </form>
      <p class="small">\(t(.forgotten))</p>
      """)
  }
}

enum AccountPage {
  static func page(_ request: WebRequest, problem: (any Problem)?, changed: Bool) -> Page {
    let t = request.texts(AccountText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let facility: HTML? =
      request.may(.facilityEdit) ? "<p><a href=\"/facility\">\(t(.facilityLink))</a></p>" : nil
    return Page(
      t(.accountTitle), narrow: true,
      """
      <h1>\(t(.accountTitle))</h1>
      <p>\(t(.signedInAs, request.visitor?.name ?? "", request.visitor?.facilityName ?? ""))</p>
      \(changed ? Components.notice(.good, t(.changed)) : nil)
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" action="/account/password" method="post">
      <h2>\(t(.passwordTitle))</h2>
      \(Components.formToken(request))
      \(Components.field("current", t(.current), type: "password", error: errors["current"], required: true, autocomplete: "current-password"))
      \(Components.field("password", t(.new), type: "password", hint: t(.newHint), error: errors["password"], required: true, autocomplete: "new-password"))
      <p><button class="button" data-kind="primary">\(t(.change))</button></p>
      </form>
      \(facility)
      <form action="/sign-out" method="post">\(Components.formToken(request))<button class="button">\(t(.signOut))</button></form>
      """)
  }
}
