import Kernel
import Storage
import Web

extension Tokens {
  /// One's own tokens.
  ///
  /// - Parameter offered: names of permissions for which there are ways for programs.
  static func ownRoutes(_ routes: inout Routes, _ offered: [String]) {
    routes.get("account/tokens", .signedIn) { request in
      guard let person = request.person else { throw TokenRefusal.notInEmergency }
      let tokens = try await request.scope().read { try $0.apiTokens(of: person) }
      return .page(TokenPages.own(request, tokens))
    }
    routes.get("account/tokens/new", needs: .tokensMake, isPrivileged: true) { request, _ in
      .page(TokenPages.new(request, choices(request, offered), typed: nil, problem: nil))
    }
    routes.post("account/tokens", needs: .tokensMake, isPrivileged: true) { request, _ in
      let form = try request.form()
      let choices = choices(request, offered)
      do {
        let draft = try TokenDraft(
          name: form["name"], until: form["until"], chosen: form.all("scope"), mayHave: Set(choices),
          on: request.now.day)
        let secret = try await make(draft, request)
        return .page(TokenPages.made(request, draft, secret))
      } catch let problem as TokenRefusal where problem.field != nil || problem == .tooMany {
        let page = TokenPages.new(request, choices, typed: form, problem: problem)
        return .page(page, status: problem == .tooMany ? 409 : 422)
      }
    }
    routes.post("account/tokens/:id/revocation", .signedIn) { request in
      guard let person = request.person else { throw TokenRefusal.notInEmergency }
      try await revoke(try request.id(), of: person, in: try request.scope())
      return .redirect(to: "/account/tokens?done=revocation")
    }
    // What a program is here, for trying a token out.
    routes.get("account/tokens/self", .signedIn) { request in
      guard let visitor = request.visitor, let token = visitor.token else { throw WebProblem.notFound }
      return try .json(
        Standing(
          token: token.name, person: visitor.name, facility: visitor.facility.text,
          facilityName: visitor.facilityName, permissions: request.permissionNames.sorted(),
          expiresAt: token.expiresAt.iso))
    }
    routes.openToTokens()
  }

  private struct Standing: Encodable {
    let token: String
    let person: String
    let facility: String
    let facilityName: String
    let permissions: [String]
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
      case token, person, facility, permissions
      case facilityName = "facility_name"
      case expiresAt = "expires_at"
    }
  }

  private static func choices(_ request: WebRequest, _ offered: [String]) -> [String] {
    offered.filter(request.permissionNames.contains)
  }

  /// Everyone's.
  static func boardRoutes(_ routes: inout Routes) {
    routes.get("people/tokens", needs: .tokensManage) { request, scope in
      let tokens = try await scope.read { try $0.apiTokens(of: nil) }
      return .page(TokenPages.board(request, tokens))
    }
    routes.post("people/tokens/:id/revocation", needs: .tokensManage) { request, scope in
      try await revoke(try request.id(), of: nil, in: scope)
      return .redirect(to: "/people/tokens?done=revocation")
    }
  }
}
