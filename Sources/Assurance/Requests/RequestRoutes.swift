import Kernel
public import Registers
import Storage
public import Web

extension Requests {
  /// - Parameter environment: `MAMORITE_PUBLIC_URL` is the address at which vendors reach the program; without it, the
  ///   one by which the person who makes the letters reached it.
  /// - Parameter mailer: by which letters go when a mail server is set.
  public static func feature(
    _ library: PackLibrary, environment: [String: String] = [:], mailer: Mailer
  ) -> Feature {
    var feature = Feature("requests")
    feature.migrations = migrations
    feature.catalogs = [RequestText.catalog, LinkText.catalog, SheetText.catalog]
    let edit: Set<Permission> = [.requestsRead, .requestsEdit]
    feature.grants = [
      .administrator: edit, .safetyManager: edit, .itStaff: edit, .management: [.requestsRead],
      .auditor: [.requestsRead], .specialist: [.requestsRead],
    ]
    feature.due = ["requests.due": { row, scope in try await remind(row, in: scope) }]
    feature.records = { Texts<RequestText>($0)(.records) }
    feature.signalOfConcept = { concept, tx, day in try signal(concept, library: library, tx, on: day) }
    let site = PublicAddress(environment)
    feature.routes = { routes in
      RequestRoutes(library: library, site: site, mailer: mailer).add(to: &routes)
      LinkRoutes(library: library, door: LinkDoor()).add(to: &routes)
    }
    return feature
  }
}

/// The hospital's side.
struct RequestRoutes: Sendable {
  let library: PackLibrary
  let site: PublicAddress
  let mailer: Mailer

  func add(to routes: inout Routes) {
    overview(&routes)
    wizard(&routes)
    one(&routes)
    decisions(&routes)
    paper(&routes)
    workbook(&routes)
    takeover(&routes)
    mail(&routes)
  }

  // MARK: Overview

  private func overview(_ routes: inout Routes) {
    routes.get("requests", needs: .requestsRead) { request, scope in
      var query = RequestQuery()
      query.standing = request.query("state").flatMap(RequestQuery.Standing.init(rawValue:))
      query.vendor = request.query("vendor") ?? ""
      query.kind = request.query("kind").flatMap(SheetRequest.Kind.init(rawValue:))
      let asked = query
      let listing = Listing(request)
      let today = scope.now.day
      let (lines, counts, vendors) = try await scope.read { tx in
        (
          try tx.requests(asked, on: today, listing), try tx.requestCounts(asked, on: today),
          try tx.askedVendors()
        )
      }
      let library = try await library.seen(by: scope)
      let rows = try lines.map { ($0, try SheetForm.form(of: $0.request, library: library).items.count) }
      let found = OverviewPage.Found(rows: rows, counts: counts, vendors: vendors)
      return .page(OverviewPage.page(request, library, query, listing, found))
    }
  }

  // MARK: Asking

  private func wizard(_ routes: inout Routes) {
    routes.get("requests/new", needs: .requestsEdit) { request, scope in
      .page(try await choices(request, scope, typed: nil, problem: nil))
    }
    routes.post("requests/preview", needs: .requestsEdit) { request, scope in
      let form = try request.form()
      do {
        let batch = SheetRequest.ID(at: scope.now).text
        let sending = try await sending(form, batch: batch, scope)
        let text = LetterText(
          site: site.seen(by: request), facility: request.visitor?.facilityName ?? "",
          library: request.visitor.map { library.known(to: $0.facility) } ?? library)
        return .page(WizardPages.preview(request, sending, form, text))
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
        return .page(try await choices(request, scope, typed: form, problem: problem), status: 422)
      }
    }
    routes.post("requests", needs: .requestsEdit) { request, scope in
      let form = try request.form()
      do {
        let sending = try await sending(form, batch: form["batch"], scope)
        let letters = try await Requests.send(
          sending, by: request.person, post: poster(request), in: scope)
        // Sent before: its links cannot be shown again.
        if letters.isEmpty { return .redirect(to: "/requests?again=1") }
        return .page(LetterPages.letters(request, letters, text(request)))
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
        return .page(try await choices(request, scope, typed: form, problem: problem), status: 422)
      }
    }
  }

  private func choices(
    _ request: WebRequest, _ scope: Scope, typed: FormValues?, problem: SheetRequest.Refusal?
  ) async throws -> Page {
    let (vendors, systems, hasMail) = try await scope.read {
      (try $0.vendorNames(), try $0.systemNames(), try $0.hasMailServer())
    }
    let library = try await library.seen(by: scope)
    let checklist = SheetForm.checklist(
      library: library, year: scope.now.day.fiscalYear, for: try await Facilities.this(scope).kind)
    return WizardPages.choose(
      request,
      WizardPages.Choices(vendors: vendors, systems: systems, checklist: checklist, hasMail: hasMail),
      typed: typed, problem: problem)
  }

  /// What the wizard's form says.
  private func sending(_ form: FormValues, batch: String, _ scope: Scope) async throws -> Requests.Sending {
    let (vendors, systems) = try await scope.read { (try $0.vendorNames(), try $0.systemNames()) }
    let asked = form.all("form").compactMap { text -> Requests.Asked? in
      let parts = text.split(separator: ":").map(String.init)
      guard let kind = parts.first.flatMap(SheetRequest.Kind.init(rawValue:)) else { return nil }
      return Requests.Asked(
        kind: kind, pack: parts.count == 3 ? parts[1] : nil, form: parts.count == 3 ? parts[2] : nil)
    }
    let library = try await library.seen(by: scope)
    for one in asked where one.kind == .vendorChecklist {
      _ = try library.form(one.form ?? "", of: one.pack ?? "")
    }
    let recipients = form.all("recipient").compactMap { text -> Requests.Recipient? in
      let parts = text.split(separator: ":").map(String.init)
      guard let vendor = vendors.first(where: { $0.id == parts.first }) else { return nil }
      guard parts.count == 2 else { return Requests.Recipient(vendor: vendor, system: nil) }
      return systems.first { $0.id == parts[1] }.map { Requests.Recipient(vendor: vendor, system: $0) }
    }
    guard let due = try ItemForm.day(form["due"]) else { throw SheetRequest.Refusal.badDay }
    guard let expires = Day.parse(form["expires"]) else { throw SheetRequest.Refusal.expiryOutOfRange }
    return try Requests.Sending(
      batch: batch, asked: asked, recipients: recipients, dueOn: due, expiresOn: expires,
      hasPin: form["pin"] == "1", message: form["message"], byMail: form["mail"] == "1",
      today: scope.now.day)
  }

  func text(_ request: WebRequest) -> LetterText {
    LetterText(
      site: site.seen(by: request), facility: request.visitor?.facilityName ?? "",
      library: request.visitor.map { library.known(to: $0.facility) } ?? library)
  }

  // MARK: One request

  func opened(_ id: SheetRequest.ID, _ scope: Scope) async throws -> RequestPage.Opened {
    let library = try await library.seen(by: scope)
    return try await scope.read { tx in
      let sheet = try Requests.sheet(id, library: library, tx)
      return RequestPage.Opened(
        sheet: sheet, link: try tx.standingLink(of: id), browsers: try tx.browsers(of: id),
        history: try tx.history(of: sheet.request.subject, limit: 40))
    }
  }

  private func page(_ request: WebRequest, _ opened: RequestPage.Opened, problem: (any Problem)? = nil)
    -> Page
  {
    RequestPage.page(request, opened, text(request), problem: problem)
  }

  private func one(_ routes: inout Routes) {
    routes.get("requests/:id", needs: .requestsRead) { request, scope in
      .page(page(request, try await opened(try request.id(), scope)))
    }
    routes.showSensitive { $0.parameters["id"].map { "request:\($0)" } }
    routes.get("requests/:id/files/:file", needs: .requestsRead) { request, scope in
      let id: SheetRequest.ID = try request.id()
      return try await Files.download(try request.id("file"), of: "request:\(id)", in: scope)
    }
    routes.showSensitive { $0.parameters["id"].map { "request:\($0)" } }
    routes.post("requests/:id/files", needs: .requestsEdit, bodyLimit: StoredFile.mostBytes + (1 << 20)) {
      request, scope in
      let id: SheetRequest.ID = try request.id()
      do {
        guard let file = try request.form().files["file"], !file.name.isEmpty else {
          throw StoredFile.Refusal.empty
        }
        try await Requests.attach(StoredFile.Upload(name: file.name, content: file.bytes), to: id, in: scope)
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
        return .page(page(request, try await opened(id, scope), problem: problem), status: 422)
      }
      return .redirect(to: "/requests/\(id)/paper#h-files")
    }
    routes.post("requests/:id/files/:file/withdrawal", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      try await Files.withdraw(
        try request.id("file"), of: "request:\(id)", because: try request.form()["reason"], in: scope)
      return .redirect(to: "/requests/\(id)#h-files")
    }
  }

  private func decisions(_ routes: inout Routes) {
    routes.post("requests/:id/link", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      let form = try request.form()
      do {
        guard let expires = Day.parse(form["expires"]) else { throw SheetRequest.Refusal.expiryOutOfRange }
        let letter = try await Requests.renewLink(
          of: id, expiresOn: expires, hasPin: form["pin"] == "1",
          post: form["mail"] == "1" ? poster(request) : nil, in: scope)
        return .page(LetterPages.letters(request, [letter], text(request)))
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
        return .page(page(request, try await opened(id, scope), problem: problem), status: 422)
      }
    }
    routes.post("requests/:id/return", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      let form = try request.form()
      var remarks = ["": form["remark"]]
      for field in form.fields where field.name.hasPrefix("remark-") {
        remarks[String(field.name.dropFirst(7))] = field.value
      }
      do { try await Requests.giveBack(id, remarks: remarks, library: library, in: scope) } catch let problem
        as SheetRequest.Refusal where problem.kind == .invalid
      {
        return .page(page(request, try await opened(id, scope), problem: problem), status: 422)
      }
      return .redirect(to: "/requests/\(id)?done=returned")
    }
    routes.post("requests/:id/closure", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      try await Requests.close(id, in: scope)
      return .redirect(to: "/requests/\(id)?done=closed")
    }
    routes.get("requests/:id/revocation", needs: .requestsEdit) { request, scope in
      .page(RequestPage.revocation(request, try await opened(try request.id(), scope), text(request)))
    }
    routes.post("requests/:id/revocation", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      try await Requests.revoke(id, in: scope)
      return .redirect(to: "/requests/\(id)?done=revoked")
    }
  }

  // MARK: Typed in from paper

  private func paper(_ routes: inout Routes) {
    routes.get("requests/:id/paper", needs: .requestsEdit) { request, scope in
      .page(PaperPage.page(request, try await opened(try request.id(), scope), text(request), refused: nil))
    }
    routes.post("requests/:id/paper/answers/:item", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      let item = try request.parameter("item")
      let form = try request.form()
      do {
        guard let by = form["by"].trimmed(to: 1...80) else { throw SheetRequest.Refusal.badName }
        let saved = try await Requests.save(
          try ItemForm.draft(form), item: item, of: id, version: form.version, by: by,
          from: .paper,
          library: library, in: scope)
        if request.wantsJSON { return try ItemForm.saved(request, saved) }
        return .redirect(to: "/requests/\(id)/paper?saved=\(urlEncoded(item))#\(item)")
      } catch let conflict as Requests.Conflict {
        if request.wantsJSON { throw Stale() }
        let opened = try await opened(id, scope)
        return .page(
          ItemForm.conflict(request, opened.sheet, conflict, path: "/requests/\(id)/paper", bare: false),
          status: 409)
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid && !request.wantsJSON {
        let refused = ItemForm.Refused(item: item, typed: form, problem: problem)
        return .page(
          PaperPage.page(request, try await opened(id, scope), text(request), refused: refused), status: 422)
      }
    }
    routes.post("requests/:id/paper", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      let form = try request.form()
      do {
        guard let by = form["by"].trimmed(to: 1...80) else { throw SheetRequest.Refusal.badName }
        try await Requests.handIn(id, by: by, needsScan: true, library: library, in: scope)
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
        let refused = ItemForm.Refused(item: "", typed: nil, problem: problem)
        return .page(
          PaperPage.page(request, try await opened(id, scope), text(request), refused: refused), status: 422)
      }
      return .redirect(to: "/requests/\(id)")
    }
  }

  // MARK: Workbooks

  private func pages(_ opened: RequestPage.Opened, _ request: WebRequest) -> WorkbookPages {
    let asked = opened.sheet.request
    return WorkbookPages(
      path: "/requests/\(asked.id)", title: text(request).title(asked, request.language), isBare: false)
  }

  private func workbook(_ routes: inout Routes) {
    routes.get("requests/:id/workbook.xlsx", needs: .requestsRead) { request, scope in
      let opened = try await opened(try request.id(), scope)
      let title = text(request).title(opened.sheet.request, request.language)
      return .file(
        try SheetExchange.workbook(opened.sheet, title: title, request.language),
        type: Exchange.Format.xlsx.mediaType,
        name: "\(opened.sheet.request.vendorName) \(title).xlsx")
    }
    routes.showSensitive { $0.parameters["id"].map { "request:\($0)" } }
    routes.get("requests/:id/workbook", needs: .requestsEdit) { request, scope in
      .page(pages(try await opened(try request.id(), scope), request).choose(request, problem: nil))
    }
    routes.post("requests/:id/workbook", needs: .requestsEdit, bodyLimit: 21 << 20) { request, scope in
      let opened = try await opened(try request.id(), scope)
      return try await SheetExchange.previewReply(request, opened.sheet, pages(opened, request), in: scope)
    }
    routes.post("requests/:id/workbook/answers", needs: .requestsEdit) { request, scope in
      let opened = try await opened(try request.id(), scope)
      let by = "\(opened.sheet.request.vendorName)"
      try await SheetExchange.apply(request, opened.sheet, by: by, from: .workbook, in: scope)
      return .redirect(to: "/requests/\(opened.sheet.request.id)")
    }
  }
}
