import Kernel
import Storage
import Web

extension Accounts {
  /// One's own second factors.
  static func factorRoutes(_ routes: inout Routes, _ sealer: Sealer) {
    routes.get("account/factors/new", .signedIn) { request in
      .page(FactorPages.new(request, name: "", problem: nil))
    }
    routes.post("account/factors", .signedIn) { request in
      let form = try request.form()
      do {
        try await startFactor(
          named: form["name"], password: form.all("current").first ?? "", request, sealer)
        return .redirect(to: "/account/factors/waiting")
      } catch let problem as Refusal {
        let page = FactorPages.new(request, name: form["name"], problem: problem)
        return .page(page, status: problem.kind == .tooMany ? 429 : 422)
      }
    }
    routes.get("account/factors/waiting", .signedIn) { request in
      try await waitingPage(request, problem: nil, sealer) ?? .redirect(to: "/account/factors/new")
    }
    routes.post("account/factors/waiting", .signedIn) { request in
      do {
        let (codes, session) = try await confirmOwnFactor(
          .code(try request.form()["code"], sealer), request)
        guard !codes.isEmpty else {
          return Reply.redirect(to: "/account?done=factor").session(session, request)
        }
        let page = FactorPages.codes(request.signedIn(token: session.token), codes, nil)
        return Reply.page(page).session(session, request)
      } catch let problem as Refusal where problem == .wrongCode {
        return try await waitingPage(request, problem: problem, sealer)
          ?? .redirect(to: "/account/factors/new")
      }
    }
    removalRoutes(&routes)
    routes.get("account/recovery-codes", .signedIn) { request in
      .page(FactorPages.renewal(request, problem: nil))
    }
    routes.post("account/recovery-codes", .signedIn) { request in
      do {
        let password = try request.form().all("current").first ?? ""
        let codes = try await renewRecoveryCodes(password: password, request)
        return .page(FactorPages.codes(request, codes, nil))
      } catch let problem as Refusal {
        let status = problem.kind == .tooMany ? 429 : 422
        return .page(FactorPages.renewal(request, problem: problem), status: status)
      }
    }
  }

  private static func removalRoutes(_ routes: inout Routes) {
    routes.get("account/factors/:id/removal", .signedIn) { request in
      let (_, _, standing) = try await own(request)
      let factor = try factor(of: standing, request)
      return .page(FactorPages.removal(request, factor, standing, problem: nil))
    }
    routes.post("account/factors/:id/removal", .signedIn) { request in
      let (_, _, standing) = try await own(request)
      let factor = try factor(of: standing, request)
      do {
        let password = try request.form().all("current").first ?? ""
        let session = try await removeFactor(factor.id, password: password, request)
        return Reply.redirect(to: "/account?done=removal").session(session, request)
      } catch let problem as Refusal {
        let page = FactorPages.removal(request, factor, standing, problem: problem)
        return .page(page, status: Accounts.status(of: problem))
      }
    }
  }

  private static func factor(of standing: FactorStanding, _ request: WebRequest) throws -> Factor {
    let id = try request.id(of: FactorTag.self)
    guard let factor = standing.confirmed.first(where: { $0.id == id }) else { throw WebProblem.notFound }
    return factor
  }

  private static func waitingPage(_ request: WebRequest, problem: Refusal?, _ sealer: Sealer) async throws
    -> Reply?
  {
    let (_, _, standing) = try await own(request)
    guard let (_, code) = try waiting(standing, sealer, now: request.now) else { return nil }
    let page = FactorPages.setup(request, standing, code, then: nil, problem: problem)
    return .page(page, status: problem == nil ? 200 : 422)
  }

  // MARK: The board

  /// Who has a second factor, and what is asked of whom.
  static func boardRoutes(_ routes: inout Routes) {
    routes.get("people/factors", needs: .factorsRead) { request, scope in
      let listing = Listing(request)
      let lackingOnly = request.query("show") == "lacking"
      let (roles, rows) = try await scope.read { tx in
        (try tx.rolePolicies(), try tx.factorRows(listing, lackingOnly: lackingOnly))
      }
      return .page(FactorBoard.page(request, roles, rows, listing, lackingOnly: lackingOnly))
    }
    routes.get("people/factors/policies", needs: .factorsEdit, isPrivileged: true) { request, scope in
      let roles = try await scope.read { try $0.rolePolicies() }
      return .page(FactorBoard.policies(request, roles, problem: nil))
    }
    routes.post("people/factors/policies", needs: .factorsEdit, isPrivileged: true) { request, scope in
      let form = try request.form()
      do {
        try await decide(try wanted(form), in: scope)
        return .redirect(to: "/people/factors?done=policies")
      } catch Refusal.badPolicyDay {
        let roles = try await scope.read { try $0.rolePolicies() }
        let page = FactorBoard.policies(request, roles.map { typed($0, form) }, problem: .badPolicyDay)
        return .page(page, status: 422)
      }
    }
    routes.get("people/factors/:id/removal", needs: .factorsEdit, isPrivileged: true) { request, scope in
      let row = try await personOfBoard(request, scope)
      return .page(FactorBoard.removal(request, row, problem: nil))
    }
    routes.post("people/factors/:id/removal", needs: .factorsEdit, isPrivileged: true) { request, scope in
      let row = try await personOfBoard(request, scope)
      do {
        try await resetFactors(of: row.id, in: scope)
        return .redirect(to: "/people/factors?removed=\(urlEncoded(row.name))")
      } catch let problem as Refusal {
        return .page(FactorBoard.removal(request, row, problem: problem), status: 409)
      }
    }
  }

  /// Another person of this facility who signs in; one's own factors are one's own matter.
  private static func personOfBoard(_ request: WebRequest, _ scope: Scope) async throws -> Person {
    let id = try request.id(of: PersonTag.self)
    guard let person = try await scope.read({ try $0.person(id) }), person.account != nil,
      person.account != request.visitor?.account
    else { throw Person.Refusal.notFound }
    return person
  }

  /// - Throws: `Refusal.badPolicyDay` when a role is to be required without a day.
  private static func wanted(_ form: FormValues) throws(Refusal) -> [(
    role: Role, policy: FactorPolicy, version: Int
  )] {
    var wanted: [(role: Role, policy: FactorPolicy, version: Int)] = []
    for role in Role.allCases {
      guard let mode = FactorPolicy.Mode(rawValue: form["mode-\(role.rawValue)"]) else { continue }
      let day = Day(form["from-\(role.rawValue)"])
      if mode == .required && day == nil { throw .badPolicyDay }
      let policy = FactorPolicy(mode: mode, from: mode == .required ? day : nil)
      wanted.append((role, policy, form.version(in: "version-\(role.rawValue)")))
    }
    return wanted
  }

  /// A role as typed, for showing the form again.
  private static func typed(_ stored: RolePolicy, _ form: FormValues) -> RolePolicy {
    var role = stored
    let name = stored.role.rawValue
    if let mode = FactorPolicy.Mode(rawValue: form["mode-\(name)"]) {
      role.policy = FactorPolicy(mode: mode, from: Day(form["from-\(name)"]))
    }
    if form.has("version-\(name)") { role.version = form.version(in: "version-\(name)") }
    return role
  }
}
