import Foundation
import HTTPTypes
public import Hummingbird
public import Kernel
public import Logging
import NIOCore
public import Storage

/// Knows who stands behind a cookie; Registers provides it.
public protocol Gatekeeper: Sendable {
  /// Who stands behind a session's token. Moves the session's last use along, unless its screen is locked.
  func standing(token: String, now: Instant) async throws -> Standing
  /// The person whose token a program brings; costs no more than a session.
  ///
  /// - Throws: a `Problem` that says what is wrong with the token. Such attempts are counted by address.
  func visitor(bearer token: String, address: String, now: Instant) async throws -> Visitor
  /// Whether any facility exists; until then every page leads to the set-up.
  func isSetUp() async throws -> Bool
  /// The page on which a signed-in person proves again who they are, before what `request` asked for goes on.
  func proofPage(_ request: WebRequest) async throws -> Page
  /// The page on which people come back to a locked screen. What `request` sent is kept for its person first.
  func lockedPage(_ request: WebRequest) async throws -> Page
}

/// Who stands behind a cookie.
public enum Standing: Sendable {
  case nobody
  case visitor(Visitor)
  /// Someone at a shared terminal whose screen is locked: nothing of theirs is shown or done until they are back.
  case locked
}

public struct RequestContext: Hummingbird.RequestContext, RemoteAddressRequestContext {
  public var coreContext: CoreRequestContextStorage
  public let remoteAddress: SocketAddress?

  public init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    remoteAddress = source.channel.remoteAddress
  }
}

/// The web application: all features' routes behind one gate.
public struct Site: Sendable {
  public let features: [Feature]
  public let database: Database
  public let words: Words
  public let metrics = Metrics()
  let gatekeeper: any Gatekeeper
  let clock: @Sendable () -> Instant
  let logger: Logger
  let grants: [Role: Set<Permission>]
  let menu: [MenuEntry]
  /// Whether cookies are marked Secure: true when the program stands behind TLS.
  let secureCookies: Bool
  private let readings = Readings()
  private let sections: Sections
  /// Whether browsers are told never to come without TLS again.
  let isAlwaysEncrypted: Bool
  /// Who may come in at all.
  let entrance: Entrance

  public init(
    _ features: [Feature], database: Database, gatekeeper: any Gatekeeper, logger: Logger,
    secureCookies: Bool = false, isAlwaysEncrypted: Bool = false, entrance: Entrance = Entrance(),
    clock: @escaping @Sendable () -> Instant
  ) {
    self.features = features
    self.database = database
    self.gatekeeper = gatekeeper
    self.clock = clock
    self.logger = logger
    self.secureCookies = secureCookies
    self.isAlwaysEncrypted = isAlwaysEncrypted
    self.entrance = entrance
    words = Words([WebText.catalog] + features.flatMap(\.catalogs))
    grants = features.reduce(into: [:]) { all, feature in all.merge(feature.grants) { $0.union($1) } }
    menu = features.flatMap(\.menu).sorted { $0.order < $1.order }
    var routes = Routes()
    for feature in features { feature.routes(&routes) }
    sections = Sections(routes.all)
  }

  public var routes: [Route] {
    var routes = Routes()
    own(&routes)
    for feature in features { feature.routes(&routes) }
    return routes.all
  }

  public func permissions(of role: Role) -> Set<Permission> { grants[role] ?? [] }

  /// What someone may do now: a program never more than its person.
  private func permissions(of visitor: Visitor) -> Set<Permission> {
    let held = visitor.roles.reduce(into: Set<Permission>()) { $0.formUnion(permissions(of: $1)) }
    guard let token = visitor.token else { return held }
    return held.filter { token.scope.contains($0.name) }
  }

  /// The router for a server or a test.
  public func router() -> Router<RequestContext> {
    let router = Router(context: RequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: Edge(site: self))
    for route in routes {
      router.on(RouterPath("/" + route.path), method: .init(rawValue: route.method) ?? .get) {
        request, context in
        try await serve(route, request, context)
      }
    }
    return router
  }

  // MARK: One request

  private func serve(_ route: Route, _ raw: Request, _ context: RequestContext) async throws -> Response {
    var request = try await parse(raw, context, route)
    request.isPrivileged = route.isPrivileged
    do {
      if route.access != .open || route.path == "sign-in" {
        guard try await gatekeeper.isSetUp() else { return response(.redirect(to: "/setup"), request) }
      }
      if let refusal = try check(route, request) {
        if request.isLocked, refusal as? WebProblem == .locked { return try await locked(request) }
        return try await response(to: refusal, request)
      }
      // A token was made for this after a fresh proof; see `openToTokens`.
      if route.isPrivileged, request.visitor?.token == nil,
        request.visitor?.proof?.isFresh(at: request.now) != true
      {
        return try await proofFirst(request)
      }
      try await prepare(request)
      let reply = try await route.handler(request)
      if reply.status == 200, let subject = route.sensitive?(request) {
        let isTaken = !reply.isPage
        try await readings.note(
          subject, request, asFile: isTaken, always: isTaken && route.isPrivileged)
      }
      return try await finish(reply, request)
    } catch let problem as any Problem {
      return try await response(to: problem, request)
    }
  }

  private func prepare(_ request: WebRequest) async throws {
    guard request.visitor != nil else { return }
    let scope = try request.scope()
    for feature in features { try await feature.prepare?(scope) }
  }

  /// What is privileged waits until its person has proved again who they are; a form that was sent rides along.
  private func proofFirst(_ request: WebRequest) async throws -> Response {
    if request.wantsJSON { return try await response(to: WebProblem.proofNeeded, request) }
    if request.method == "GET" {
      return response(.redirect(to: "/account/proof?next=\(urlEncoded(request.pathAndQuery))"), request)
    }
    return try await finish(.page(try await gatekeeper.proofPage(request), status: 403), request)
  }

  /// A form that was sent is kept for the person who comes back; a page waits under its address.
  private func locked(_ request: WebRequest) async throws -> Response {
    let isOurs = try request.method == "GET" || request.form()["_token"] == request.formToken
    guard isOurs else { return try await response(to: WebProblem.locked, request) }
    let page = try await gatekeeper.lockedPage(request)
    if request.wantsJSON { return try await response(to: WebProblem.locked, request) }
    if request.method == "GET" { return response(.redirect(to: "/sign-in"), request) }
    return try await finish(.page(page, status: 423), request)
  }

  /// The refusal of a request that may not come in, or nil.
  private func check(_ route: Route, _ request: WebRequest) throws -> (any Problem)? {
    let isProgram = request.visitor?.token != nil
    if isProgram && !route.isOpenToTokens { return WebProblem.notForTokens }
    switch route.access {
    case .open: break
    case .signedIn: if request.visitor == nil { return request.isLocked ? WebProblem.locked : .signedOut }
    case .needs(let permission):
      if request.visitor == nil { return request.isLocked ? WebProblem.locked : .signedOut }
      if !request.may(permission) { return WebProblem.forbidden }
    }
    // No other site can make a browser send a token, and with one no cookie is read.
    guard route.method != "GET", !isProgram, !route.isForMachines else { return nil }
    // A form from elsewhere does not know the value derived from our cookie.
    return try request.form()["_token"] == request.formToken ? nil : WebProblem.staleForm
  }

  private func parse(_ raw: Request, _ context: RequestContext, _ route: Route) async throws -> WebRequest {
    let now = clock()
    let bearer = route.looksForVisitor ? Bearer.token(of: raw) : nil
    // Whoever brings a token is nobody else: no cookie is looked at.
    let cookies = bearer == nil ? raw.cookies : Cookies(from: [String]())
    let known = cookies["mamorite"].map(\.value).flatMap { $0.utf8.count == 64 ? $0 : nil }
    let standing: Standing =
      if let bearer {
        .visitor(
          try await gatekeeper.visitor(bearer: bearer, address: entrance.address(of: raw, context), now: now))
      } else if let known, route.looksForVisitor {
        try await gatekeeper.standing(token: known, now: now)
      } else { .nobody }
    let visitor: Visitor? = if case .visitor(let found) = standing { found } else { nil }
    let isLocked = if case .locked = standing { true } else { false }
    let language = Site.language(of: raw, cookies)
    var parameters: [String: String] = [:]
    for (name, value) in context.parameters {
      let plain = String(value)
      parameters[String(name)] = plain.utf8.contains(0x25) ? plain.removingPercentEncoding ?? plain : plain
    }
    var request = WebRequest(
      method: raw.method.rawValue, path: raw.uri.path, query: urlDecodedPairs(raw.uri.query ?? ""),
      parameters: parameters, now: now, language: language, visitor: visitor, isLocked: isLocked,
      // A program keeps no cookie and fills in no form.
      token: known ?? (route.isForMachines ? "" : Secret.token()),
      tokenIsNew: known == nil && bearer == nil && !route.isForMachines, database: database,
      wantsJSON: bearer != nil || (raw.headers[.accept] ?? "").contains("json"),
      address: entrance.address(of: raw, context), host: raw.head.authority ?? "",
      linkToken: cookies[WebRequest.linkCookie]?.value,
      browserToken: cookies[WebRequest.browserCookie].map(\.value).flatMap { $0.utf8.count == 64 ? $0 : nil },
      terminalToken: cookies[WebRequest.terminalCookie].map(\.value).flatMap {
        $0.utf8.count == 64 ? $0 : nil
      },
      userAgent: String(decoding: (raw.headers[.userAgent] ?? "").utf8.prefix(200), as: UTF8.self),
      contentType: raw.headers[.contentType] ?? "", body: [],
      permissions: visitor.map { permissions(of: $0) } ?? [], words: words, secureCookies: secureCookies)
    if let visitor, visitor.breakGlass == nil, !visitor.role.needsGrant {
      request.lasting = permissions(of: visitor.role)
    }
    if route.isForMachines {
      if route.bodyLimit > 0 { request.body = try await entrance.tail(of: raw, keeping: route.bodyLimit) }
      return request
    }
    let limit = try await bodyLimit(route, request)
    request.sender = FormSender(raw)
    if limit > 0 {
      request.body = try await entrance.body(of: raw, upTo: limit)
    }
    return request
  }

  /// As chosen on a page, else as the browser or the program asks.
  private static func language(of raw: Request, _ cookies: Cookies) -> Language {
    let asked: Language = (raw.headers[.acceptLanguage] ?? "").hasPrefix("en") ? .en : .ja
    return cookies["language"].flatMap { Language(rawValue: $0.value) } ?? asked
  }

  /// Whoever is not signed in sends text only: what the page after signing in can keep. A route may know better.
  private func bodyLimit(_ route: Route, _ request: WebRequest) async throws -> Int {
    let forAnyone = min(route.bodyLimit, 2 << 20)
    guard request.visitor == nil, route.bodyLimit > forAnyone else { return route.bodyLimit }
    guard let admits = route.admits, try await admits(request) else { return forAnyone }
    return route.bodyLimit
  }

  private func finish(_ reply: Reply, _ request: WebRequest) async throws -> Response {
    guard case .page(let page) = reply.body else { return response(reply, request) }
    var reply = reply
    if request.tokenIsNew && request.sender != .elsewhere
      && !reply.headers.contains(where: { $0.0 == "Set-Cookie" })
    {
      // Forms of visitors who have not signed in need a secret too.
      reply = reply.cookie("mamorite", request.token, maxAge: 86_400, secure: secureCookies)
    }
    let markup = Layout.render(page, for: request, chrome: try await chrome(request))
    reply.body = .bytes(Array(markup.text.utf8), type: "text/html; charset=utf-8")
    return response(reply, request)
  }

  private func chrome(_ request: WebRequest) async throws -> Chrome? {
    guard let visitor = request.visitor else { return nil }
    let lists = features.compactMap(\.duties).filter { request.may($0.permission) }
    let counters = features.compactMap(\.dutiesToday) + lists.map(\.count)
    let today = request.now.day
    let scope = Scope(database, actor: .system("frame"), facility: visitor.facility, now: request.now)
    let duties = try await scope.read { tx in try tx.dueCount(counters, on: today) }
    return Chrome(menu: menu, dutiesToday: duties, fingerprint: visitor.fingerprint)
  }

  private func response(_ reply: Reply, _ request: WebRequest) -> Response {
    var headers = HTTPFields()
    for (name, value) in reply.headers {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
    let status = HTTPResponse.Status(code: reply.status)
    switch reply.body {
    case .bytes(let bytes, let type):
      headers[.contentType] = type
      return Response(
        status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    case .stream(let type, let make):
      headers[.contentType] = type
      let body = ResponseBody { writer in
        try await make { try await writer.write(ByteBuffer(bytes: $0)) }
        try await writer.finish(nil)
      }
      return Response(status: status, headers: headers, body: body)
    case .page, .none:
      return Response(status: status, headers: headers)
    }
  }

  // MARK: Refusals and faults

  func response(to problem: any Problem, _ request: WebRequest) async throws -> Response {
    var response = try await refusal(of: problem, request)
    if let seconds = problem.waitSeconds { response.headers[.retryAfter] = "\(seconds)" }
    return response
  }

  private func refusal(of problem: any Problem, _ request: WebRequest) async throws -> Response {
    let status = Site.status(of: problem)
    if problem.kind == .unavailable {
      logger.error("\(problem)", metadata: ["path": "\(loggedPath(request.path))"])
    }
    if request.wantsJSON {
      let body = ProblemBody(
        type: "about:blank", title: words.problem(problem, request.language), status: status,
        code: problem.code,
        field: problem.field)
      return response(try .json(body, status: status, type: "application/problem+json"), request)
    }
    if problem.kind == .signedOut {
      if request.method == "GET" {
        return response(.redirect(to: "/sign-in?next=\(urlEncoded(request.pathAndQuery))"), request)
      }
      // A page elsewhere must not have its fields carried through someone's sign-in, nor take their session's cookie away.
      let isOwn = try request.sender == .own || request.form()["_token"] == request.formToken
      guard isOwn && request.sender != .elsewhere else {
        return try await finish(.page(ProblemPage.page(problem, request), status: status), request)
      }
      return try await finish(.page(SignedOutPage.page(request), status: 401), request)
    }
    let list = problem.kind == .notFound ? back(from: request) : nil
    return try await finish(.page(ProblemPage.page(problem, request, list: list), status: status), request)
  }

  /// The list to go back to, with its name where the menu has one.
  private func back(from request: WebRequest) -> (path: String, name: String?)? {
    guard let path = sections.above(request) else { return nil }
    return (path, menu.first { $0.path == path }?.title(request.language))
  }

  static func status(of problem: any Problem) -> Int {
    switch problem.kind {
    case .invalid: 422
    case .conflict: 409
    case .notFound: 404
    case .forbidden: 403
    case .signedOut: 401
    case .locked: 423
    case .tooLarge: 413
    case .tooMany: 429
    case .tooSlow: 408
    case .elsewhere: 421
    case .unavailable: 503
    }
  }

  func fault(_ error: any Error, _ raw: Request, number: String) -> Response {
    logger.error(
      "fault", metadata: ["error": "\(error)", "path": "\(loggedPath(raw.uri.path))", "request": "\(number)"])
    let request = bareRequest(raw)
    let t = request.texts(WebText.self)
    if request.wantsJSON {
      let body = ProblemBody(
        type: "about:blank", title: t(.faultText, number), status: 500, code: Site.faultCode, field: nil)
      // A body of plain strings always encodes.
      if let reply = try? Reply.json(body, status: 500, type: "application/problem+json") {
        return response(reply, request)
      }
    }
    let page = Page(
      t(.faultHeading), narrow: true, bare: true,
      Components.notice(.bad, t(.faultHeading), "<p>\(t(.faultText, number))</p>"))
    return response(
      Reply(
        status: 500,
        body: .bytes(
          Array(Layout.render(page, for: request, chrome: nil).text.utf8), type: "text/html; charset=utf-8")),
      request)
  }

  private static let faultCode = "fault"

  /// What is known of a request before anyone has asked the database about it.
  func bareRequest(_ raw: Request) -> WebRequest {
    WebRequest(
      method: "GET", path: raw.uri.path, query: [], parameters: [:], now: clock(),
      language: Site.language(of: raw, raw.cookies), visitor: nil,
      isLocked: false, token: "", tokenIsNew: false, database: database,
      wantsJSON: Bearer.token(of: raw) != nil || (raw.headers[.accept] ?? "").contains("json"),
      address: "", host: "", linkToken: nil,
      browserToken: nil, terminalToken: nil, userAgent: "",
      contentType: "", body: [],
      permissions: [], words: words, secureCookies: secureCookies)
  }

  // MARK: Routes of the frame

  private func own(_ routes: inout Routes) {
    routes.getByAnyone("healthz") { _ in .text("ok\n") }
    routes.getByAnyone("readyz") { [self] request in
      _ = try await Installation(database).readQueues { try $0.queueFigures(now: request.now) }
      return .text("ready\n")
    }
    routes.getByAnyone("metrics") { [self] request in
      let further = features.compactMap(\.gauges)
      let (figures, more) = try await Installation(database).readQueues { tx in
        (try tx.queueFigures(now: request.now), try further.flatMap { try $0(tx, request.now) })
      }
      var each: [Gauge] = []
      for gauges in features.compactMap(\.facilityGauges) { each += try await gauges(database, request.now) }
      let own = [
        Gauge("mamorite_due_waiting", "Due rows whose time has come.", figures.due),
        Gauge("mamorite_outbox_oldest_ms", "Age of the oldest unsent message.", figures.oldestMessageMs),
        Gauge("mamorite_database_transactions", "Transactions under way.", database.activeTransactions),
        Gauge("mamorite_database_statements", "Statements since the start.", database.statementCount),
      ]
      return .text(metrics.text(gauges: own + more + each), type: "text/plain; version=0.0.4; charset=utf-8")
    }
    for asset in Asset.all {
      routes.getByAnyone("assets/\(asset.name)") { _ in
        Reply(status: 200, body: .bytes(asset.bytes, type: asset.type)).with("Cache-Control", "max-age=3600")
      }
    }
    routes.getByAnyone("language/:language") { [secureCookies] request in
      guard let language = Language(rawValue: try request.parameter("language")) else {
        throw WebProblem.notFound
      }
      return Reply.redirect(to: localPath(request.query("back")))
        .cookie("language", language.rawValue, maxAge: 31_536_000, secure: secureCookies)
    }
  }
}

/// A path as it may stand in a log: what follows `/v/`, `/p/` and `/beat/` can be a secret.
private func loggedPath(_ path: String) -> String {
  ["/v/", "/p/", "/beat/", "/calendar/"].first { path.hasPrefix($0) }.map { "\($0)…" } ?? path
}

/// `path` when it leads to a page of ours, else the home page.
public func localPath(_ path: String?) -> String {
  // By bytes: a mark that joins the second slash would hide it from a comparison by characters.
  guard let path, path.utf8.first == 0x2F, path.utf8.dropFirst().first != 0x2F,
    path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C })
  else { return "/" }
  return path
}

private struct ProblemBody: Encodable {
  let type: String
  let title: String
  let status: Int
  let code: String
  let field: String?
}

extension WebRequest {
  func with(token: String) -> WebRequest {
    WebRequest(
      method: method, path: path, query: query, parameters: parameters, now: now, language: language,
      visitor: visitor,
      isLocked: isLocked, token: token, tokenIsNew: false, database: database, wantsJSON: wantsJSON,
      address: address,
      host: host, linkToken: linkToken, browserToken: browserToken, terminalToken: terminalToken,
      userAgent: userAgent,
      contentType: contentType, body: body,
      permissions: permissions, words: words, secureCookies: secureCookies)
  }
}

extension HTTPField.Name {
  static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
}
