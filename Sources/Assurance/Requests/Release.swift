import Kernel
import Registers
import Storage
import Web

/// One set of answers for several hospitals: the vendor takes what it has handed in to one over to another, sheet by sheet.
///
/// Both sheets must stand open in the vendor's own browser. Neither hospital learns of the other: what the target's
/// ledger says is that the vendor released answers of its own.
enum Release {
  /// A sheet whose answers may be taken over into `target`: handed in, and asking the same.
  static func isSource(_ source: OpenedSheet, for target: SheetRequest, at now: Instant) -> Bool {
    source.request.id != target.id && source.link.obstacle(at: now) == nil
      && (source.request.state == .handedIn || source.request.state == .closed)
      && source.request.kind == target.kind && source.request.form == target.form
      && source.request.pack == target.pack
  }

  /// The answers of `source` that say something else than those of `target`.
  static func drafts(from source: Requests.Sheet, to target: Requests.Sheet) -> [(
    item: String, draft: SheetAnswer.Draft
  )] {
    target.rows.compactMap { item in
      let draft = SheetAnswer.Draft(source.answer(item.id))
      return draft.isEmpty || draft == SheetAnswer.Draft(target.answer(item.id)) ? nil : (item.id, draft)
    }
  }

  /// Copies answers, and files if wanted, into the target: all of it or nothing.
  static func apply(
    from source: Requests.Sheet, in sourceScope: Scope, to target: Requests.Sheet, stamp: Int,
    withFiles: Bool,
    by name: String, in scope: Scope
  ) async throws {
    let drafts = drafts(from: source, to: target)
    var uploads: [StoredFile.Upload] = []
    if withFiles {
      let known = Set(target.standingFiles.map(\.sha256))
      for file in source.standingFiles where !known.contains(file.sha256) {
        guard let content = try await sourceScope.read({ try $0.content(file.sha256) }) else { continue }
        uploads.append(try StoredFile.Upload(name: file.title, content: content))
      }
    }
    let files = uploads
    try await scope.write { tx in
      _ = try Requests.saveAll(
        drafts, of: target.request.id, versions: stamp, by: name, from: .release, tx)
      for file in files { try Files.add(file, to: target.request.subject, tx) }
    }
  }
}

extension LinkRoutes {
  func release(_ routes: inout Routes) {
    routes.get("v/sheets/:id/release", .open) { request in
      try await guarded(request) {
        let (view, sources) = try await releaseView(request)
        return .page(ReleasePages.choose(request, view, sources))
      }
    }
    // Another link, typed or pasted: it is opened like any other, in this browser.
    routes.post("v/sheets/:id/release", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        let text = try request.form()["link"]
        guard let match = text.firstMatch(of: /[0-9a-f]{64}/) else {
          return .redirect(to: "/v/sheets/\(guest.request)/release?unread=1")
        }
        return .redirect(to: "/v/\(match.0)")
      }
    }
    routes.get("v/sheets/:id/release/:source", .open) { request in
      try await guarded(request) {
        let (view, sources) = try await releaseView(request)
        let (source, sheet) = try await source(request, sources)
        return .page(ReleasePages.preview(request, view, source, sheet))
      }
    }
    routes.post("v/sheets/:id/release/:source", .open) { request in
      try await guarded(request) {
        let (view, sources) = try await releaseView(request)
        let (source, sheet) = try await source(request, sources)
        let form = try request.form()
        try await Release.apply(
          from: sheet, in: source.guest.scope(request), to: view.sheet, stamp: Int(form["stamp"]) ?? -1,
          withFiles: form["files"] == "1", by: view.guest.name, in: view.guest.scope(request))
        return .redirect(to: "/v/sheets/\(view.guest.request)?done=taken")
      }
    }
  }

  /// The target, and what may be taken over into it.
  private func releaseView(_ request: WebRequest) async throws -> (LinkPages.View, [OpenedSheet]) {
    let guest = try await door.guest(request, at: try request.id())
    let view = try await view(request, guest)
    let opened = try await Installation(request.database).readQueues {
      try $0.openedSheets(ofBrowser: guest.browser)
    }
    return (view, opened.filter { Release.isSource($0, for: view.sheet.request, at: request.now) })
  }

  private func source(_ request: WebRequest, _ sources: [OpenedSheet]) async throws -> (
    OpenedSheet, Requests.Sheet
  ) {
    let wanted: SheetRequest.ID = try request.id("source")
    guard let source = sources.first(where: { $0.request.id == wanted }) else { throw LinkObstacle.notOpened }
    let scope = source.guest.scope(request)
    let library = try await library.seen(by: scope)
    let sheet = try await scope.read {
      try Requests.sheet(source.request.id, library: library, $0)
    }
    return (source, sheet)
  }
}

/// Choosing whose answers to take over, and seeing what that does.
enum ReleasePages {
  static func choose(_ request: WebRequest, _ view: LinkPages.View, _ sources: [OpenedSheet]) -> Page {
    let t = request.texts(LinkText.self)
    let list = sources.html { source in
      let day = source.request.handedInAt.map { request.language.date($0.day) } ?? ""
      return
        "<li><a href=\"\(view.path)/release/\(source.request.id)\">\(source.facility) \(source.request.systemName)</a> <span class=\"soft\">\(t(.releaseHandedIn, day))</span></li>"
    }
    let found: HTML =
      sources.isEmpty
      ? Components.empty(t(.releaseNone), t(.releaseNoneText)) : "<ul class=\"plain\">\(list)</ul>"
    let unread: HTML? = request.query("unread").map { _ in Components.notice(.bad, t(.releaseUnread)) }
    return Page(
      t(.releaseTitle), narrow: true, bare: true,
      """
      <ol class="crumbs"><li><a href="\(view.path)">\(view.title) \(view.facility)</a></li></ol><h1>\(t(.releaseTitle))</h1>
      <p>\(t(.releaseLead, view.facility))</p>\(unread)\(found)
      <form class="panel stack" method="post" action="\(view.path)/release">\(Components.formToken(request))
      \(Components.field("link", t(.releaseOther), hint: t(.releaseOtherHint), autocomplete: "off"))
      <p><button class="button" data-kind="primary">\(t(.releaseOpen))</button></p></form>
      """)
  }

  static func preview(
    _ request: WebRequest, _ view: LinkPages.View, _ source: OpenedSheet, _ from: Requests.Sheet
  ) -> Page {
    let t = request.texts(LinkText.self)
    let drafts = Release.drafts(from: from, to: view.sheet)
    let files: HTML? =
      from.standingFiles.isEmpty
      ? nil
      : "<p><label class=\"cluster\"><input type=\"checkbox\" name=\"files\" value=\"1\">\(t(.releaseFiles, from.standingFiles.count))</label></p>"
    let decide: HTML =
      drafts.isEmpty && from.standingFiles.isEmpty
      ? Components.notice(.info, t(.workbookSame))
      : """
      <form method="post" action="\(view.path)/release/\(source.request.id)" class="stack">\(Components.formToken(request))<input type="hidden" name="stamp" value="\(view.sheet.answers.stamp)">
      \(files)<p class="cluster"><button class="button" data-kind="primary">\(t(.releaseButton, view.facility))</button> <a href="\(view.path)/release">\(t(.workbookOther))</a></p></form>
      """
    return Page(
      t(.releasePreview, view.facility), bare: true,
      """
      <ol class="crumbs"><li><a href="\(view.path)">\(view.title) \(view.facility)</a></li></ol><h1>\(t(.releasePreview, view.facility))</h1>
      <p>\(t(.releasePreviewText, source.facility, view.facility))</p>
      \(decide)\(ItemForm.differences(request, view.sheet, drafts))
      """)
  }
}
