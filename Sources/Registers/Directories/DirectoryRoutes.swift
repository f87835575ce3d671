import Identity
import Kernel
import Storage
import Web

struct DirectoryRoutes: Sendable {
  let settings: Accounts.AccountSettings

  func add(to routes: inout Routes) {
    settingRoutes(&routes)
    trialRoutes(&routes)
    routes.post("account/identity/directory", .signedIn) { request in
      do {
        let (visitor, scope, standing) = try await Accounts.own(request)
        let form = try request.form()
        try await Accounts.confirm(form.all("own-current").first ?? "", of: visitor, standing, request)
        let arrival = try await Directories.arrive(
          login: form["directory-login"], password: form.all("directory-password").first ?? "",
          Caller(request), settings, in: scope)
        try await SignOns.bindOwn(arrival.word, of: visitor, in: scope)
        return .redirect(to: "/account/identity?done=1")
      } catch let problem as any Problem where !(problem is BreakGlassRefusal) {
        let shown = (problem as? DirectoryProblem).map(Directories.atDoor) ?? problem
        return .page(
          try await SignOnPages.own(request, nil, problem: shown),
          status: problem.kind == .tooMany ? 429 : 422)
      }
    }
  }

  private func settingRoutes(_ routes: inout Routes) {
    routes.get("sign-on/directory", needs: .signOnManage) { request, scope in
      .page(try await page(request, scope, .init()))
    }
    routes.post("sign-on/directory", needs: .signOnManage, isPrivileged: true) { request, scope in
      try request.needsForGood(.signOnManage)
      let draft = DirectoryDraft(try request.form())
      do {
        try await Directories.save(
          draft, sealer: settings.sealer, allowsLoopback: settings.directory.allowsLoopback, in: scope)
      } catch let problem as any Problem where problem.kind == .invalid {
        return .page(try await page(request, scope, .init(draft: draft, problem: problem)), status: 422)
      }
      return .redirect(to: "/sign-on/directory?done=saved")
    }
    routes.post("sign-on/directory/removal", needs: .signOnManage, isPrivileged: true) { request, scope in
      try await Directories.remove(version: try request.form().version, in: scope)
      return .redirect(to: "/sign-on/directory?done=removed")
    }
    routes.post("sign-on/directory/identities", needs: .signOnManage, isPrivileged: true) { request, scope in
      try request.needsForGood(.signOnManage)
      let form = try request.form()
      do {
        guard let setting = try await scope.read({ try $0.directorySetting() }) else {
          throw DirectoryRefusal.noDirectory
        }
        let issuer = try setting.server(settings, scope.facility).issuer
        try await SignOns.expect(form["name"], for: PersonID(form["person"]), issuer: issuer, in: scope)
      } catch let problem as SignOnRefusal {
        return .page(
          try await page(request, scope, .init(problem: problem, name: form["name"])), status: 422)
      }
      return .redirect(to: "/sign-on/directory?done=expected#people")
    }
  }

  private func trialRoutes(_ routes: inout Routes) {
    routes.post("sign-on/directory/test", needs: .signOnManage) { request, scope in
      do {
        try await Directories.check(settings, in: scope)
        return .page(try await page(request, scope, .init(isChecked: true)))
      } catch let problem as any Problem {
        // The page itself is as it should be; what it says is the answer.
        return .page(try await page(request, scope, .init(failure: problem)))
      }
    }
    routes.post("sign-on/directory/trial", needs: .signOnManage) { request, scope in
      let form = try request.form()
      do {
        let arrival = try await Directories.arrive(
          login: form["trial-login"], password: form.all("trial-password").first ?? "", isTrial: true,
          Caller(request), settings, in: scope)
        return .page(try await page(request, scope, .init(trial: arrival)))
      } catch let problem as any Problem {
        return .page(try await page(request, scope, .init(failure: problem, login: form["trial-login"])))
      }
    }
  }

  private func page(_ request: WebRequest, _ scope: Scope, _ state: DirectoryPages.State) async throws -> Page
  {
    let (setting, identities, people) = try await scope.read { tx in
      (
        try tx.directorySetting(), try tx.signOnIdentities(limit: 500), try tx.signOnPeople(limit: 2000)
      )
    }
    // What cannot be opened any more is said when it is tried.
    let issuer = setting.flatMap { try? $0.server(settings, scope.facility) }?.issuer
    let shown = DirectoryPages.Shown(
      setting: setting, identities: identities.filter { $0.issuer == issuer }, people: people)
    return DirectoryPages.page(request, shown, state)
  }
}
