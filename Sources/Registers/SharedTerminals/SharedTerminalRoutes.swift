import Kernel
import Storage
import Web

extension SharedTerminals {
  static func addRoutes(_ routes: inout Routes) {
    routes.get("terminals", needs: .terminalsManage) { request, scope in
      .page(try await page(request, scope))
    }
    routes.post("terminals", needs: .terminalsManage, isPrivileged: true) { request, scope in
      let form = try request.form()
      do {
        let device = try await add(form, session: request.token, in: scope)
        // As long as a browser keeps any cookie.
        return Reply.redirect(to: "/terminals?done=added").cookie(
          WebRequest.terminalCookie, device, maxAge: Int(Accounts.browserMs / 1000),
          secure: request.secureCookies)
      } catch let problem as SharedTerminalRefusal {
        return .page(try await page(request, scope, form, problem), status: 422)
      }
    }
    routes.post("terminals/:id", needs: .terminalsManage, isPrivileged: true) { request, scope in
      do {
        try await change(try request.id(of: SharedTerminalTag.self), try request.form(), in: scope)
      } catch let problem as SharedTerminalRefusal where problem.kind == .invalid {
        return .page(try await page(request, scope, nil, problem), status: 422)
      }
      return .redirect(to: "/terminals?done=saved")
    }
    routes.post("terminals/:id/revocation", needs: .terminalsManage, isPrivileged: true) { request, scope in
      try await revoke(try request.id(of: SharedTerminalTag.self), in: scope)
      return .redirect(to: "/terminals?done=revoked")
    }
    screenRoutes(&routes)
  }

  /// What the screen itself asks for; nothing happens elsewhere than on a terminal.
  private static func screenRoutes(_ routes: inout Routes) {
    routes.post("terminal/lock", .signedIn, bodyLimit: 2 << 20) { request in
      guard request.visitor?.terminal != nil else { throw WebProblem.notFound }
      try await lock(KeptInput.Page(sent: try request.form()["page"]), request)
      return .redirect(to: "/sign-in")
    }
    // Someone is at the screen, also while nothing is loaded: the gate has noted it already.
    routes.post("terminal/presence", .signedIn) { _ in .text("", status: 204) }
    routes.post("terminal/kept", .signedIn) { request in
      let path = localPath(try request.form()["path"])
      let page = try await take(where: { !$0.posted && $0.path == path }, request)
      return try .json(page ?? KeptInput.Page(path: path, posted: false, forms: [], drafts: nil))
    }
    routes.get("terminal/kept", .signedIn) { request in
      guard let page = try await take(where: \.posted, request), let form = page.forms.first else {
        return .redirect(to: "/")
      }
      let text = request.texts(TerminalWords.self)(.resume)
      let fields = form.fields.map { (name: $0[0], value: $0[1]) }
      return .page(SignedOutPage.resumption(request, path: page.path, fields: fields, text: text))
    }
  }

  private static func page(
    _ request: WebRequest, _ scope: Scope, _ form: FormValues? = nil, _ problem: SharedTerminalRefusal? = nil
  ) async throws -> Page {
    let terminals = try await scope.read { try $0.sharedTerminals(limit: 500) }
    return TerminalPages.page(request, terminals, form, problem)
  }
}
