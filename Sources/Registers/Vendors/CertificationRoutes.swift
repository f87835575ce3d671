import Kernel
import Storage
import Web

extension Certifications {
  static func routes(_ routes: inout Routes) {
    routes.post("vendors/:id/contacts-check", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      try await contactsChecked(
        id, version: try request.form().version, request.language, in: scope)
      return .redirect(to: "\(Registry.path(of: id, in: "vendors"))?saved=1")
    }
    routes.get("vendors/:id/certifications/new", needs: .registersEdit) { request, scope in
      let vendor = try await vendor(try request.id(), scope)
      return .page(CertificationPage.page(request, vendor, CertificationPage.Draft()))
    }
    routes.get("vendors/:id/certifications/:certification", needs: .registersEdit) { request, scope in
      let vendor = try await vendor(try request.id(), scope)
      let id: Certification.ID = try request.id("certification")
      let found = try await scope.read { try $0.certifications(of: vendor.id).first { $0.id == id } }
      guard let found else { throw Certification.Refusal.notFound }
      return .page(CertificationPage.page(request, vendor, CertificationPage.Draft(found)))
    }
    routes.post("vendors/:id/certifications", needs: .registersEdit) { request, scope in
      try await take(request, nil, scope)
    }
    routes.post("vendors/:id/certifications/:certification", needs: .registersEdit) { request, scope in
      try await take(request, try request.id("certification"), scope)
    }
    routes.post("vendors/:id/certifications/:certification/removal", needs: .registersEdit) {
      request, scope in
      let vendor: Entry.ID = try request.id()
      try await remove(
        try request.id("certification"), of: vendor, revision: try request.form().version(in: "revision"),
        request.language, in: scope)
      return .redirect(to: "\(Registry.path(of: vendor, in: "vendors"))?saved=1")
    }
  }

  private static func vendor(_ id: Entry.ID, _ scope: Scope) async throws -> Entry {
    guard let found = try await scope.read({ try $0.entry(Vendors.register, id)?.entry }) else {
      throw Entry.Refusal.noSuchEntry
    }
    return found
  }

  private static func take(_ request: WebRequest, _ id: Certification.ID?, _ scope: Scope) async throws
    -> Reply
  {
    let vendor = try await vendor(try request.id(), scope)
    let draft = CertificationPage.Draft(try request.form(), id: id)
    do {
      let certification = try Certification(
        id: id ?? scope.newID(), vendor: vendor.id, kind: draft.kind, number: draft.number,
        scope: draft.scope, endsOn: draft.endsOn, note: draft.note, revision: draft.revision)
      try await save(certification, over: id, request.language, in: scope)
      return .redirect(to: "\(Registry.path(of: vendor.id, in: "vendors"))?saved=1")
    } catch let refusal as Certification.Refusal where refusal.kind == .invalid {
      return .page(CertificationPage.page(request, vendor, draft, refusal), status: 422)
    }
  }
}

/// The form of a certification.
enum CertificationPage {
  struct Draft: Sendable {
    var id: Certification.ID?
    var (kind, number, scope, endsOn, note) = ("", "", "", "", "")
    var revision = 1

    init() {}

    init(_ stored: Certification) {
      (id, revision) = (stored.id, stored.revision)
      (kind, number, scope) = (stored.kind.rawValue, stored.number, stored.scope)
      (endsOn, note) = (stored.endsOn?.description ?? "", stored.note)
    }

    init(_ form: FormValues, id: Certification.ID?) {
      (self.id, revision) = (id, max(1, form.version(in: "revision")))
      (kind, number, scope) = (form["kind"], form["number"], form["scope"])
      (endsOn, note) = (form["endsOn"], form["note"])
    }
  }

  static func page(
    _ request: WebRequest, _ vendor: Entry, _ draft: Draft, _ problem: Certification.Refusal? = nil
  ) -> Page {
    let t = request.texts(VendorText.self)
    let shared = request.texts(RegisterText.self)
    let path = Registry.path(of: vendor.id, in: "vendors")
    let problems: [any Problem] = problem.map { [$0] } ?? []
    let errors = FormErrors(request, problems)
    let kinds = [("", shared(.choose))] + Certification.Kind.allCases.map { ($0.rawValue, t($0.word)) }
    let title = draft.id == nil ? t(.certAdd) : t(.certChange)
    let action: HTML =
      draft.id.map { "/vendors/\(vendor.id)/certifications/\($0)" } ?? "/vendors/\(vendor.id)/certifications"
    let remove: HTML? = draft.id.map { id in
      """
      <form method="post" action="/vendors/\(vendor.id)/certifications/\(id)/removal">\(Components.formToken(request))<input type="hidden" name="revision" value="\(draft.revision)">
      <p><button class="button" data-kind="danger">\(t(.certRemove))</button> <span class="small soft">\(t(.certRemoveHint))</span></p></form>
      """
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/vendors">\(Vendors.register.name(request.language))</a></li><li><a href="\(path)">\(vendor.text("name"))</a></li></ol>
      <h1>\(title)</h1>\(FormErrors.summary(request, problems))
      <form class="panel stack" method="post" action="\(action)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="revision" value="\(draft.revision)">
      \(Components.select("kind", t(.certKind), options: kinds, chosen: draft.kind, error: errors["kind"]))
      \(Components.field("number", t(.certNumber), value: draft.number, hint: t(.certNumberHint), error: errors["number"]))
      \(Components.field("scope", t(.certScope), value: draft.scope, hint: t(.certScopeHint), error: errors["scope"]))
      \(Components.field("endsOn", t(.certEndsOn), type: draft.endsOn.isEmpty || Day(draft.endsOn) != nil ? "date" : "text", value: draft.endsOn, error: errors["endsOn"]))
      \(Components.textArea("note", t(.note), value: draft.note, hint: t(.noteHint), error: errors["note"]))
      <div class="cluster apart"><a href="\(path)">\(shared(.back))</a><button class="button" data-kind="primary">\(shared(.save))</button></div>
      </form>\(remove)
      """)
  }
}
