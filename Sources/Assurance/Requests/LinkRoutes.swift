import Kernel
import Registers
import Storage
import Web

/// The vendor's side. Open to all: the link or this browser's cookie says who may see what.
struct LinkRoutes: Sendable {
  let library: PackLibrary
  let door: LinkDoor

  func add(to routes: inout Routes) {
    entrance(&routes)
    sheet(&routes)
    files(&routes)
    workbook(&routes)
    release(&routes)
  }

  /// Answers, or says in a page of its own why the link leads nowhere.
  func guarded(
    _ request: WebRequest, _ body: () async throws -> Reply
  ) async throws -> Reply {
    do { return try await body().discreet } catch let obstacle as LinkObstacle {
      if request.wantsJSON { throw LinkGone(obstacle) }
      return Reply.page(LinkPages.obstacle(request, obstacle), status: obstacle.status).discreet
    }
  }

  // MARK: Coming in

  private func entrance(_ routes: inout Routes) {
    // Looking changes nothing: mail filters open links too.
    routes.get("v/:token", .open) { request in
      try await guarded(request) {
        let (link, _) = try await door.link(try request.parameter("token"), request)
        if try await door.sheets(request).contains(where: {
          $0.guest.request == link.request && $0.link.obstacle(at: request.now) == nil
        }) {
          return .redirect(to: "/v/sheets/\(link.request)")
        }
        return .page(LinkPages.entrance(request, try await welcome(link, request), name: "", problem: nil))
      }
    }
    routes.post("v/:token", .open) { request in
      try await guarded(request) {
        let form = try request.form()
        let token = try request.parameter("token")
        do {
          let (cookie, link) = try await door.open(token, name: form["name"], pin: form["pin"], request)
          return Reply.redirect(to: "/v/sheets/\(link.request)").cookie(
            WebRequest.linkCookie, cookie, maxAge: 30 * 86_400, path: "/v", secure: request.secureCookies)
        } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooMany {
          let (link, _) = try await door.link(token, request)
          let page = LinkPages.entrance(
            request, try await welcome(link, request), name: form["name"], problem: problem)
          return .page(page, status: problem.kind == .tooMany ? 429 : 422)
        }
      }
    }
    routes.post("v/sheets/departure", .open) { request in
      Reply.page(LinkPages.departed(request)).cookie(
        WebRequest.linkCookie, "", maxAge: 0, path: "/v", secure: request.secureCookies
      ).discreet
    }
  }

  /// What the first page says; with a number set, no more than who asks.
  private func welcome(_ link: SheetLink, _ request: WebRequest) async throws -> LinkPages.Welcome {
    let scope = Scope(
      request.database, actor: .system("link"), facility: link.facility, now: request.now)
    guard let sheet = try await scope.read({ try $0.request(link.request) }) else {
      throw LinkObstacle.unknown
    }
    let library = try await library.seen(by: scope)
    let facility = try await Facilities.this(scope).name.text
    return LinkPages.Welcome(
      facility: facility, hasPin: link.pinHash != nil, expiresOn: link.expiresOn,
      request: link.pinHash == nil ? sheet : nil,
      title: SheetForm.title(of: sheet, library: library, request.language))
  }

  // MARK: The sheet

  func view(_ request: WebRequest, _ guest: Guest) async throws -> LinkPages.View {
    let scope = guest.scope(request)
    let library = try await library.seen(by: scope)
    let sheet = try await scope.read { try Requests.sheet(guest.request, library: library, $0) }
    let facility = try await Facilities.this(scope).name.text
    return LinkPages.View(
      sheet: sheet, guest: guest, facility: facility,
      title: SheetForm.title(of: sheet.request, library: library, request.language))
  }

  private func sheet(_ routes: inout Routes) {
    routes.get("v/sheets/:id", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        return .page(LinkPages.sheet(request, try await view(request, guest), refused: nil))
      }
    }
    routes.post("v/sheets/:id/answers/:item", .open) { request in
      try await guarded(request) { try await save(request) }
    }
    routes.get("v/sheets/:id/handover", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        return .page(LinkPages.handover(request, try await view(request, guest), problem: nil))
      }
    }
    routes.post("v/sheets/:id/handover", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        do {
          try await Requests.handIn(
            guest.request, by: guest.name, needsScan: false, library: library, in: guest.scope(request))
        } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
          return .page(
            LinkPages.handover(request, try await view(request, guest), problem: problem), status: 422)
        }
        return .redirect(to: "/v/sheets/\(guest.request)?handed=1")
      }
    }
  }

  private func save(_ request: WebRequest) async throws -> Reply {
    let guest = try await door.guest(request, at: try request.id())
    let item = try request.parameter("item")
    let form = try request.form()
    let scope = guest.scope(request)
    do {
      let saved = try await Requests.save(
        try ItemForm.draft(form), item: item, of: guest.request, version: form.version,
        by: guest.name, from: .link, library: library, in: scope)
      try await scope.write { try $0.touch(guest) }
      if request.wantsJSON { return try ItemForm.saved(request, saved) }
      return .redirect(to: "/v/sheets/\(guest.request)?saved=\(urlEncoded(item))#\(item)")
    } catch let conflict as Requests.Conflict {
      if request.wantsJSON { throw Stale() }
      let view = try await view(request, guest)
      let path: HTML = "/v/sheets/\(guest.request)"
      return .page(ItemForm.conflict(request, view.sheet, conflict, path: path, bare: true), status: 409)
    } catch let problem as SheetRequest.Refusal where problem.kind == .invalid && !request.wantsJSON {
      let refused = ItemForm.Refused(item: item, typed: form, problem: problem)
      return .page(LinkPages.sheet(request, try await view(request, guest), refused: refused), status: 422)
    }
  }

  // MARK: Files

  private func files(_ routes: inout Routes) {
    routes.post(
      "v/sheets/:id/files", bodyLimit: StoredFile.mostBytes + (1 << 20), admitting: door.admits
    ) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        do {
          guard let file = try request.form().files["file"], !file.name.isEmpty else {
            throw StoredFile.Refusal.empty
          }
          let upload = try StoredFile.Upload(name: file.name, content: file.bytes)
          try await Requests.attach(upload, to: guest.request, in: guest.scope(request))
        } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
          let refused = ItemForm.Refused(item: "", typed: nil, problem: problem)
          return .page(
            LinkPages.sheet(request, try await view(request, guest), refused: refused), status: 422)
        }
        return .redirect(to: "/v/sheets/\(guest.request)?done=filed#h-files")
      }
    }
    routes.get("v/sheets/:id/files/:file", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        return try await Files.download(
          try request.id("file"), of: "request:\(guest.request)", in: guest.scope(request))
      }
    }
    routes.post("v/sheets/:id/files/:file/withdrawal", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        let scope = guest.scope(request)
        guard try await scope.read({ try $0.request(guest.request) })?.isWritable == true else {
          throw SheetRequest.Refusal.notWritable
        }
        try await Files.withdraw(
          try request.id("file"), of: "request:\(guest.request)", because: try request.form()["reason"],
          in: scope)
        return .redirect(to: "/v/sheets/\(guest.request)#h-files")
      }
    }
  }
}

extension Reply {
  /// Pages of a link leave no trace elsewhere: no referrer, no copy, no search engine.
  var discreet: Reply {
    with("Referrer-Policy", "no-referrer").with("Cache-Control", "no-store").with(
      "X-Robots-Tag", "noindex, nofollow")
  }
}

extension LinkObstacle {
  var status: Int {
    switch self {
    case .unknown, .notOpened: 404
    case .expired, .revoked, .replaced: 410
    case .tooManyGuesses: 429
    }
  }
}

/// An obstacle, to a script.
struct LinkGone: Problem {
  private let obstacle: LinkObstacle

  init(_ obstacle: LinkObstacle) { self.obstacle = obstacle }

  var code: String { "requests.linkGone" }
  var kind: ProblemKind { obstacle == .tooManyGuesses ? .tooMany : .notFound }
}
