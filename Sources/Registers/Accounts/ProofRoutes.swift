import Kernel
import Web

extension Accounts {
  /// The page on which someone proves again who they are, and then goes on with what they were doing.
  static func proofRoutes(_ routes: inout Routes, _ settings: AccountSettings) {
    routes.get("account/proof", .signedIn) { request in
      let (_, _, standing) = try await own(request)
      let place = settings.place(request)
      return .page(ProofPages.page(request, standing, Continuation(request), place, problem: nil))
    }
    routes.post("account/proof/challenge", .signedIn) { request in
      try .json(try await askAgain(request, settings.place(request)))
    }
    routes.post("account/proof", .signedIn, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let session = try await prove(form, request, settings)
        return proved(session, then, request)
      } catch let problem as Refusal {
        let (_, _, standing) = try await own(request)
        let page = ProofPages.page(request, standing, then, settings.place(request), problem: problem)
        return .page(page, status: status(of: problem))
      }
    }
  }

  private static func proved(_ session: Session, _ then: Continuation, _ request: WebRequest) -> Reply {
    let next = request.signedIn(token: session.token)
    if !then.resume.isEmpty {
      let text = request.texts(ProofText.self)(.resume)
      let page = SignedOutPage.resumption(next, path: then.resume, fields: then.keptFields, text: text)
      return Reply.page(page).session(session, request)
    }
    // A browser that is sent to a file stays on the page it came from, as if nothing had happened.
    if ProofPages.isFile(then.next) {
      return Reply.page(ProofPages.ready(next, then)).session(session, request)
    }
    return Reply.redirect(to: then.next).session(session, request)
  }
}

extension Continuation {
  /// A form that was sent, and has to wait for a proof.
  init(interrupted request: WebRequest, _ form: FormValues) {
    next = "/"
    resume = localPath(request.path)
    kept = form.fields.filter { !$0.name.hasPrefix("_") }.map { ("kept.\($0.name)", $0.value) }
  }
}

enum ProofPages {
  static func page(
    _ request: WebRequest, _ standing: FactorStanding, _ then: Continuation, _ place: PasskeyPlace,
    problem: Accounts.Refusal?
  ) -> Page {
    let t = request.texts(ProofText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let hasPasskey = !standing.passkeys.isEmpty
    let isPasskeyFirst = hasPasskey && !standing.hasApp && place.party != nil
    let passkey: HTML? =
      hasPasskey
      ? PasskeyPages.form(
        request, place, .show, action: "/account/proof", .useNow, isPrimary: isPasskeyFirst,
        always: then.fields) : nil
    return Page(
      t(.title), narrow: true,
      """
      <h1>\(t(.title))</h1>
      <p>\(t(.lead))</p>\(then.resume.isEmpty ? nil : "<p>\(t(.kept))</p>" as HTML)
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(passkey)
      <form class="panel stack" action="/account/proof" method="post">
      \(Components.formToken(request))\(then.fields)
      \(field(request, standing, errors))
      <p><button class="button"\("data-kind", is: isPasskeyFirst ? nil : "primary")>\(t(.submit))</button></p>
      </form>
      """)
  }

  private static func field(_ request: WebRequest, _ standing: FactorStanding, _ errors: FormErrors) -> HTML {
    guard standing.hasFactor else { return FactorPages.password(request, errors) }
    let t = request.texts(AccountText.self)
    let p = request.texts(PasskeyText.self)
    let (label, hint) =
      standing.hasApp ? (t(.code), t(.codeHint)) : (p(.recoveryOnly), p(.recoveryHint))
    return Components.field(
      "code", label, hint: hint, error: errors["code"], required: true, autocomplete: "one-time-code")
  }

  /// Whether a path leads to a file to keep.
  static func isFile(_ path: String) -> Bool {
    path.prefix { $0 != "?" }.split(separator: "/").last?.contains(".") ?? false
  }

  static func ready(_ request: WebRequest, _ then: Continuation) -> Page {
    let t = request.texts(ProofText.self)
    return Page(
      t(.readyTitle), narrow: true,
      """
      <h1>\(t(.readyTitle))</h1>
      <p>\(t(.readyText))</p>
      <p><a class="button" data-kind="primary" href="\(then.next)">\(t(.take))</a></p>
      """)
  }
}

/// Words of proving again who one is.
enum ProofText: String, TextKey {
  case title, lead, kept, submit, resume, readyTitle, readyText, take

  static let catalog = Catalog(ProofText.self, in: .module, folder: "Proofs.files")
}
