import Kernel
import Web

extension Accounts {
  /// Passkeys: what the script asks for, and where its answers go.
  static func passkeyRoutes(_ routes: inout Routes, _ settings: AccountSettings) {
    doorRoutes(&routes, settings)
    routes.get("account/passkeys/new", .signedIn) { request in
      .page(PasskeyPages.new(request, settings.place(request), name: "", problem: nil))
    }
    routes.post("account/passkeys/challenge", .signedIn) { request in
      let password = try request.form().all("current").first ?? ""
      return try .json(try await askForNew(password: password, request, settings.place(request)))
    }
    routes.post("account/passkeys", .signedIn) { request in
      let form = try request.form()
      do {
        let (codes, session) = try await confirmOwnFactor(
          try confirmation(form, request, settings), request)
        guard !codes.isEmpty else {
          return Reply.redirect(to: "/account?done=factor").session(session, request)
        }
        let page = FactorPages.codes(request.signedIn(token: session.token), codes, nil)
        return Reply.page(page).session(session, request)
      } catch let problem as Refusal {
        let place = settings.place(request)
        let page = PasskeyPages.new(request, place, name: form["name"], problem: problem)
        return .page(page, status: status(of: problem))
      }
    }
  }

  /// Open, because nobody is signed in yet.
  private static func doorRoutes(_ routes: inout Routes, _ settings: AccountSettings) {
    routes.post("sign-in/passkey/challenge", .open) { request in
      try .json(try await askAtDoor(request, try request.form(), settings.place(request)))
    }
    routes.post("sign-in/passkey", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let session = try await enter(form, request, settings.place(request))
        return arrival(session, then, request)
      } catch let problem as Refusal {
        let page =
          form.has(stepField)
          ? try await doorPage(request, then, problem: problem, settings)
          : try await signInPage(request, login: "", then, settings.place(request), problem: problem)
        return .page(page, status: status(of: problem))
      }
    }
    routes.post("sign-in/factor/passkey/challenge", .open) { request in
      try .json(try await askForDemanded(request, settings.place(request)))
    }
    routes.post("sign-in/factor/passkey", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      do {
        let (codes, session) = try await confirmDemandedFactor(
          try confirmation(form, request, settings), request)
        let page = FactorPages.codes(request.signedIn(token: session.token), codes, then)
        return Reply.page(page).session(session, request)
      } catch Refusal.stepOver {
        let place = settings.place(request)
        let page = try await signInPage(request, login: "", then, place, problem: Refusal.stepOver)
        return .page(page, status: 422)
      } catch let problem as Refusal {
        let page = try await demanded(request, then, problem: problem, settings)
        return .page(page, status: status(of: problem))
      }
    }
  }

  /// The page at which someone stands who is not in yet: the first, or the one after a right password.
  static func doorPage(
    _ request: WebRequest, _ then: Continuation, problem: Refusal?, _ settings: AccountSettings
  ) async throws -> Page {
    let place = settings.place(request)
    guard let step = try await doorStep(request),
      let standing = try await standing(of: step.account, request.database)
    else { return try await signInPage(request, login: "", then, place, problem: problem) }
    return SignInPage.code(request, standing, then, place, problem: problem)
  }

  private static func confirmation(_ form: FormValues, _ request: WebRequest, _ settings: AccountSettings)
    throws(Refusal) -> FactorConfirmation
  {
    guard let party = settings.place(request).party else { throw .passkeyNotHere }
    return .passkey(try PasskeyAnswer(form), name: form["name"], party, holder: request.token)
  }

  /// The status of a page that shows a refusal beside its form.
  static func status(of problem: Refusal) -> Int {
    switch problem.kind {
    case .tooMany: 429
    case .conflict: 409
    default: 422
    }
  }
}
