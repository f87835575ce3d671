import Kernel
import Storage
import Web

extension Documents {
  static func routes(_ routes: inout Routes) {
    writing(&routes)
    deciding(&routes)
    reading(&routes)
    starters(&routes)
  }

  /// What the page of a version shows.
  struct Shown: Sendable {
    let entry: Entry
    let version: DocumentVersion
    /// The one before it; nil for the first.
    let before: DocumentVersion?
    let readings: [DocumentReading]
    let people: [(id: PersonID, name: String, department: String)]
  }

  private static func shown(_ id: DocumentVersion.ID, _ request: WebRequest, _ scope: Scope) async throws
    -> Shown
  {
    let mayEdit = request.may(.registersEdit)
    let found = try await scope.read { tx -> Shown? in
      guard let version = try tx.version(id), let entry = try tx.entry(register, version.document)?.entry
      else { return nil }
      return Shown(
        entry: entry, version: version,
        before: try tx.newestVersion(of: version.document, before: version.number),
        readings: try tx.readings(of: id),
        people: mayEdit && version.state == .approved ? try tx.readers(limit: mostReaders) : [])
    }
    guard let found else { throw DocumentRefusal.noSuchVersion }
    // A text that nobody has approved is for those who work on it.
    guard found.version.state == .approved || request.may(.registersRead) else {
      throw DocumentRefusal.noSuchVersion
    }
    return found
  }

  private static func writing(_ routes: inout Routes) {
    routes.get("documents/:id/versions/new", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let (entry, newest) = try await scope.read { tx in
        (try tx.entry(register, id)?.entry, try tx.newestVersion(of: id))
      }
      guard let entry else { throw Entry.Refusal.noSuchEntry }
      if let newest, newest.isOpen { return .redirect(to: "/documents/versions/\(newest.id)/change") }
      let form = DocumentForm(body: newest?.body ?? "", summary: "", version: 0)
      return .page(DocumentPages.form(request, entry, nil, form))
    }
    routes.post("documents/:id/versions", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let form = DocumentForm(try request.form())
      do {
        let new = try await draft(id, body: form.body, summary: form.summary, in: scope)
        return .redirect(to: "/documents/versions/\(new.id)")
      } catch let refusal as DocumentRefusal where refusal.kind == .invalid {
        guard let entry = try await scope.read({ try $0.entry(register, id)?.entry }) else {
          throw Entry.Refusal.noSuchEntry
        }
        return .page(DocumentPages.form(request, entry, nil, form, problem: refusal), status: 422)
      }
    }
    routes.get("documents/versions/:id/change", needs: .registersEdit) { request, scope in
      let shown = try await shown(try request.id(), request, scope)
      guard shown.version.isOpen else { throw DocumentRefusal.alreadyApproved }
      return .page(DocumentPages.form(request, shown.entry, shown.version, DocumentForm(shown.version)))
    }
    routes.post("documents/versions/:id", needs: .registersEdit) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      let form = DocumentForm(try request.form())
      do {
        try await revise(id, body: form.body, summary: form.summary, seen: form.version, in: scope)
        return .redirect(to: "/documents/versions/\(id)?done=1")
      } catch let refusal as DocumentRefusal where refusal.kind == .invalid {
        let shown = try await shown(id, request, scope)
        return .page(
          DocumentPages.form(request, shown.entry, shown.version, form, problem: refusal), status: 422)
      } catch is Stale {
        let shown = try await shown(id, request, scope)
        return .page(
          DocumentPages.form(request, shown.entry, shown.version, form, isStale: true), status: 409)
      }
    }
  }

  private static func deciding(_ routes: inout Routes) {
    routes.post("documents/versions/:id/request", needs: .registersEdit) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      try await askForApproval(id, seen: try request.form().version, in: scope)
      return .redirect(to: "/documents/versions/\(id)?done=1")
    }
    routes.post("documents/versions/:id/approval", needs: .documentsApprove) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      let form = try request.form()
      try await approve(
        id, seen: form.version, remark: form["remark"],
        months: Int(form["months"]).flatMap { DocumentPages.months.contains($0) ? $0 : nil },
        role: request.visitor?.role ?? .staff, request.language, in: scope)
      return .redirect(to: "/documents/versions/\(id)?done=1")
    }
    routes.post("documents/versions/:id/return", needs: .documentsApprove) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      let form = try request.form()
      do {
        try await giveBack(
          id, seen: form.version, remark: form["remark"], role: request.visitor?.role ?? .staff,
          in: scope)
        return .redirect(to: "/documents/versions/\(id)?done=1")
      } catch let refusal as DocumentRefusal where refusal == .noRemark {
        let shown = try await shown(id, request, scope)
        return .page(DocumentPages.version(request, shown, problem: refusal), status: 422)
      }
    }
  }

  private static func reading(_ routes: inout Routes) {
    routes.get("documents/versions/:id", needs: .documentsRead) { request, scope in
      .page(DocumentPages.version(request, try await shown(try request.id(), request, scope)))
    }
    routes.get("documents/reading", needs: .documentsRead) { request, scope in
      guard let person = request.person else { throw DocumentRefusal.notForYou }
      let list = try await scope.read { try $0.readingList(of: person, limit: 200) }
      return .page(DocumentPages.mine(request, list))
    }
    routes.post("documents/versions/:id/readers", needs: .registersEdit) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      let form = try request.form()
      let (shown, departments) = (try await shown(id, request, scope), Set(form.all("department")))
      let chosen = shown.people.filter { form.has("everybody") || departments.contains($0.department) }
      do {
        try await handOut(
          id, to: Set(chosen.map(\.id) + form.all("person").compactMap { PersonID($0) }), in: scope)
      } catch let refusal as DocumentRefusal where refusal == .nobodyChosen {
        return .page(DocumentPages.version(request, shown, problem: refusal), status: 422)
      }
      return .redirect(to: "/documents/versions/\(id)?done=1")
    }
    routes.post("documents/versions/:id/reading", needs: .documentsRead) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      guard let person = request.person else { throw DocumentRefusal.notForYou }
      try await confirm(id, by: [person], .screen, in: scope)
      return .redirect(to: "/documents/versions/\(id)?done=1")
    }
    routes.post("documents/versions/:id/readings", needs: .registersEdit) { request, scope in
      let id: DocumentVersion.ID = try request.id()
      let people = Set(try request.form().all("person").compactMap { PersonID($0) })
      do { try await confirm(id, by: people, .paper, in: scope) } catch let refusal as DocumentRefusal
        where refusal == .nobodyChosen
      {
        let shown = try await shown(id, request, scope)
        return .page(DocumentPages.version(request, shown, problem: refusal), status: 422)
      }
      return .redirect(to: "/documents/versions/\(id)?done=1")
    }
  }

  private static func starters(_ routes: inout Routes) {
    routes.get("documents/starters", needs: .registersEdit) { request, scope in
      let set = DocumentStarters.Set(rawValue: request.query("set") ?? "") ?? .hospital
      return .page(try await startersPage(request, set, scope))
    }
    routes.post("documents/starters", needs: .registersEdit) { request, scope in
      let form = try request.form()
      let set = DocumentStarters.Set(rawValue: form["set"]) ?? .hospital
      do {
        let taken = try await DocumentStarters.take(
          Set(form.all("number")), of: set, facility: request.visitor?.facilityName ?? "", request.language,
          in: scope)
        return .redirect(to: "/documents/starters?set=\(set.rawValue)&taken=\(taken)")
      } catch let refusal as DocumentRefusal where refusal == .nothingChosen {
        return .page(try await startersPage(request, set, scope, problem: refusal), status: 422)
      }
    }
  }

  private static func startersPage(
    _ request: WebRequest, _ set: DocumentStarters.Set, _ scope: Scope, problem: DocumentRefusal? = nil
  ) async throws -> Page {
    let known = try await scope.read { tx in
      try tx.entries(register).map { $0.entry.text(register.key.id).searchable }
    }
    return DocumentPages.starters(
      request, set, try DocumentStarters.all(set, request.language), known: Set(known), problem: problem)
  }
}

/// What the form of a version sent.
struct DocumentForm: Sendable {
  var body: String
  var summary: String
  var version: Int

  init(body: String, summary: String, version: Int) {
    (self.body, self.summary, self.version) = (body, summary, version)
  }
  init(_ form: FormValues) {
    self.init(body: form["body"], summary: form["summary"], version: form.version)
  }
  init(_ version: DocumentVersion) {
    self.init(body: version.body, summary: version.summary, version: version.version)
  }
}
