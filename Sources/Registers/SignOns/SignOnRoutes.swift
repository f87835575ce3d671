import Identity
import Kernel
import Storage
import Web

struct SignOnRoutes: Sendable {
  let settings: Accounts.AccountSettings
  let web: any ProviderWeb

  func add(to routes: inout Routes) {
    wayRoutes(&routes)
    ownRoutes(&routes)
    providerRoutes(&routes)
  }

  /// Where the provider sends browsers back to: it has to be registered there, letter by letter.
  func redirect(_ request: WebRequest) -> String {
    settings.publicAddress.seen(by: request) + "/sign-in/openid/callback"
  }

  // MARK: There and back

  private func wayRoutes(_ routes: inout Routes) {
    routes.get("sign-in/openid", .open) { request in
      do {
        guard let facility = request.query("facility").flatMap({ FacilityID($0) }) else {
          throw SignOnRefusal.noProvider
        }
        let caller = Caller(request)
        try await Accounts.take(AttemptCount.ofSignOn(caller), request.database, caller.now)
        let step = SignOnStep(
          facility: facility, purpose: .signIn, person: nil, next: localPath(request.query("next")))
        let address = try await SignOns.setOut(step, request, redirect: redirect(request), web)
        // The way back is open to this browser alone, known by its cookie.
        let reply = Reply.redirect(to: address)
        return request.visitor == nil
          ? reply.cookie("mamorite", request.token, maxAge: 86_400, secure: request.secureCookies) : reply
      } catch let problem as any Problem {
        return try await failed(problem, request)
      }
    }
    routes.get("sign-in/openid/callback", .open) { request in
      do {
        let step = try await SignOns.step(request)
        return try await arrive(step, request)
      } catch let problem as any Problem {
        return try await failed(problem, request)
      }
    }
  }

  private func failed(_ problem: any Problem, _ request: WebRequest) async throws -> Reply {
    let page = try await Accounts.signInPage(
      request, login: "", Continuation(request), settings.place(request), problem: problem)
    return .page(page, status: problem.kind == .tooMany ? 429 : 422)
  }

  private func arrive(_ step: SignOnStep, _ request: WebRequest) async throws -> Reply {
    switch step.purpose {
    case .trial:
      guard request.may(.signOnManage), request.visitor?.facility == step.facility else {
        throw SignOnRefusal.notYou
      }
      do {
        let arrival = try await comeBack(step, request)
        return .page(try await page(request, try request.scope(), .init(trial: arrival.token)))
      } catch let problem as any Problem {
        return .page(try await page(request, try request.scope(), .init(failure: problem)))
      }
    case .link:
      do {
        try await SignOns.bindOwn(try await comeBack(step, request), request)
        return .redirect(to: "/account/identity?done=1")
      } catch let problem as any Problem where request.visitor != nil {
        return .page(try await SignOnPages.own(request, nil, problem: problem), status: 422)
      }
    case .signIn:
      let arrival = try await comeBack(step, request)
      let scope = Scope(
        request.database, actor: .system("sign-on"), facility: step.facility, now: request.now)
      let (account, place) = try await SignOns.person(of: arrival.word, in: scope)
      // Who arrives has not filled the list of those under way: behind one address there may be a whole hospital.
      let counts = AttemptCount.ofSignOn(Caller(request))
      try await Installation(request.database).keep(now: request.now) { try $0.giveBack(counts) }
      let isEnough = arrival.setting.hasFactor(arrival.token)
      let entry = try await Accounts.arrive(
        account, at: place, hasFactor: isEnough, Caller(request), request.database, settings.sealer)
      switch entry {
      case .session(let session): return Accounts.arrival(session, Continuation(to: step.next), request)
      case .step(let kind, let token):
        return try await Accounts.secondPage(kind, token, Continuation(to: step.next), request, settings)
      }
    }
  }

  private func comeBack(_ step: SignOnStep, _ request: WebRequest) async throws -> SignOns.Arrival {
    try await SignOns.comeBack(step, request, redirect: redirect(request), settings.sealer, web)
  }

  // MARK: One's own

  private func ownRoutes(_ routes: inout Routes) {
    routes.get("account/identity", .signedIn) { request in
      .page(try await SignOnPages.own(request, nil, problem: nil))
    }
    routes.post("account/identity", .signedIn) { request in
      do {
        let (visitor, _, standing) = try await Accounts.own(request)
        try await Accounts.confirm(
          try request.form().all("current").first ?? "", of: visitor, standing, request)
        let step = SignOnStep(
          facility: visitor.facility, purpose: .link, person: visitor.person, next: "/account/identity")
        let address = try await SignOns.setOut(step, request, redirect: redirect(request), web)
        return .page(try await SignOnPages.own(request, address, problem: nil))
      } catch let problem as any Problem where !(problem is BreakGlassRefusal) {
        let status = problem.kind == .tooMany ? 429 : 422
        return .page(try await SignOnPages.own(request, nil, problem: problem), status: status)
      }
    }
  }

  // MARK: The provider

  private func providerRoutes(_ routes: inout Routes) {
    routes.get("sign-on", needs: .signOnManage) { request, scope in
      .page(try await page(request, scope, .init()))
    }
    routes.post("sign-on", needs: .signOnManage, isPrivileged: true) { request, scope in
      try request.needsForGood(.signOnManage)
      let draft = SignOnDraft(try request.form())
      do {
        try await SignOns.save(
          draft, sealer: settings.sealer, allowsLoopback: web.allowsLoopback, in: scope)
      } catch let problem as any Problem where problem.kind == .invalid {
        return .page(try await page(request, scope, .init(draft: draft, problem: problem)), status: 422)
      }
      return .redirect(to: "/sign-on?done=saved")
    }
    routes.post("sign-on/removal", needs: .signOnManage, isPrivileged: true) { request, scope in
      try await SignOns.remove(version: try request.form().version, in: scope)
      return .redirect(to: "/sign-on?done=removed")
    }
    routes.post("sign-on/test", needs: .signOnManage) { request, scope in
      do {
        guard let setting = try await scope.read({ try $0.signOnSetting() }) else {
          throw SignOnRefusal.noProvider
        }
        try await SignOns.check(setting, redirect: redirect(request), settings.sealer, web, in: scope)
        return .page(try await page(request, scope, .init(isChecked: true)))
      } catch let problem as any Problem {
        // The page itself is as it should be; what it says is the answer.
        return .page(try await page(request, scope, .init(failure: problem)))
      }
    }
    routes.get("sign-on/trial", needs: .signOnManage) { request, scope in
      let step = SignOnStep(facility: scope.facility, purpose: .trial, person: nil, next: "/sign-on")
      do {
        return .redirect(
          to: try await SignOns.setOut(step, request, redirect: redirect(request), web))
      } catch let problem as any Problem {
        return .page(try await page(request, scope, .init(failure: problem)))
      }
    }
    routes.post("sign-on/identities", needs: .signOnManage, isPrivileged: true) { request, scope in
      try request.needsForGood(.signOnManage)
      let form = try request.form()
      do {
        guard let setting = try await scope.read({ try $0.signOnSetting() }) else {
          throw SignOnRefusal.noProvider
        }
        try await SignOns.expect(
          form["name"], for: PersonID(form["person"]), issuer: setting.issuer, in: scope)
      } catch let problem as SignOnRefusal {
        return .page(
          try await page(request, scope, .init(problem: problem, name: form["name"])), status: 422)
      }
      return .redirect(to: "/sign-on?done=expected#people")
    }
    routes.post("sign-on/identities/:id/removal", needs: .signOnManage, isPrivileged: true) {
      request, scope in
      try await SignOns.unbind(try request.id(of: PersonTag.self), in: scope)
      let isDirectory = try request.form()["from"] == "directory"
      return .redirect(to: "/sign-on\(isDirectory ? "/directory" : "")?done=unbound#people")
    }
  }

  private func page(_ request: WebRequest, _ scope: Scope, _ state: SignOnPages.State) async throws -> Page {
    let (setting, identities, people) = try await scope.read { tx in
      (
        try tx.signOnSetting(), try tx.signOnIdentities(limit: 500), try tx.signOnPeople(limit: 2000)
      )
    }
    let shown = SignOnPages.Shown(
      setting: setting, identities: identities.filter { !$0.issuer.hasPrefix("ldap:") }, people: people)
    return SignOnPages.page(request, shown, state, redirect: redirect(request))
  }
}
