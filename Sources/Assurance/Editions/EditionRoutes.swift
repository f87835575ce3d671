import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import Web

extension Editions {
  static func routes(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("editions", needs: .editionsTake) { request, scope in
      let (editions, drafts) = try await scope.read { (try $0.localEditions(), try $0.editionDrafts()) }
      return .page(EditionPages.list(request, editions, drafts))
    }
    reading(&routes, library)
    draft(&routes, library)
    decision(&routes, library)
  }

  // MARK: A file comes in

  private static func reading(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("editions/new", needs: .editionsTake) { request, scope in
      .page(EditionPages.new(request, try years(library, today: scope.now.day), typed: nil, nil))
    }
    routes.post("editions/drafts", needs: .editionsTake, bodyLimit: fileBytes + 1 << 20) { request, scope in
      let form = try request.form()
      let years = try years(library, today: scope.now.day)
      do {
        guard let year = FiscalYear(form["year"]), years.contains(year) else { throw EditionProblem.badYear }
        let seen = try await library.seen(by: scope)
        let draft = try await desk.inTurn {
          try read(
            try await withText(try given(form, request)), into: EditionDraft(year: year),
            proposals: try proposals(for: year, library: seen))
        }
        let id: EditionDraft.ID = scope.newID()
        try await scope.write { try $0.keep(draft, as: id) }
        return .redirect(to: "/editions/drafts/\(id)")
      } catch let problem as any Problem where problem.isAboutTheFile {
        return .page(EditionPages.new(request, years, typed: form, problem), status: 422)
      }
    }
    routes.post("editions/packs", needs: .editionsTake, bodyLimit: PackDocument.mostBytes + 1 << 20) {
      request, scope in
      do {
        guard let file = try request.form().files["pack"], !file.bytes.isEmpty else {
          throw EditionProblem.nothingGiven
        }
        let document = try await desk.inTurn {
          try PackFileCheck.checked(file.bytes, named: file.name, library: library)
        }
        let taken = try await take(document, named: file.name, library: library, in: scope)
        return .redirect(to: "/editions?taken=\(urlEncoded(taken.id))")
      } catch let problem as any Problem where problem.isAboutTheFile {
        let years = try years(library, today: scope.now.day)
        return .page(EditionPages.new(request, years, typed: nil, problem), status: 422)
      }
    }
    routes.post("editions/drafts/:id/files", needs: .editionsTake, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      let id: EditionDraft.ID = try request.id()
      let form = try request.form()
      let before = try await opened(id, in: scope)
      do {
        let seen = try await library.seen(by: scope)
        let draft = try await desk.inTurn {
          try read(
            try await withText(try given(form, request)), into: before,
            proposals: try proposals(for: before.year, library: seen))
        }
        try await scope.write { try $0.replace(id, at: before.version, with: draft) }
        return .redirect(to: "/editions/drafts/\(id)")
      } catch let problem as any Problem where problem.isAboutTheFile {
        return .page(try await page(request, id, before, problem, library, scope), status: 422)
      }
    }
  }

  /// One file is unpacked at a time: the largest takes much memory while it is.
  private static let desk = Turns(atOnce: 1)

  private static func given(_ form: FormValues, _ request: WebRequest) throws -> Given {
    let forms: Set<ChecklistSheet.Form>? =
      switch form["forms"] {
      case "org": [.med, .ph]
      case "med": [.med]
      case "ph": [.ph]
      case "vendor": [.vendor]
      default: nil
      }
    if let file = form.files["file"], !file.bytes.isEmpty {
      return Given(name: file.name, bytes: file.bytes, forms: forms)
    }
    let text = form["text"]
    guard !text.isEmpty else { throw EditionProblem.nothingGiven }
    return Given(
      name: Texts<EditionText>(request.language)(.pasted), bytes: Array(text.utf8), isText: true, forms: forms
    )
  }

  // MARK: The draft

  private static func opened(_ id: EditionDraft.ID, in scope: Scope) async throws -> EditionDraft {
    guard let draft = try await scope.read({ try $0.editionDraft(id) }) else {
      throw EditionProblem.noSuchDraft
    }
    return draft
  }

  private static func page(
    _ request: WebRequest, _ id: EditionDraft.ID, _ draft: EditionDraft, _ problem: (any Problem)?,
    _ library: PackLibrary, _ scope: Scope, row: Int? = nil
  ) async throws -> Page {
    let seen = try await library.seen(by: scope)
    return DraftPage(
      request: request, id: id, draft: draft, concepts: try seen.concepts(),
      proposals: try proposals(for: draft.year, library: seen),
      open: row ?? request.query("row").flatMap { Int($0) }, problem: problem
    ).page
  }

  private static func draft(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("editions/drafts/:id", needs: .editionsTake) { request, scope in
      let id: EditionDraft.ID = try request.id()
      return .page(try await page(request, id, try await opened(id, in: scope), nil, library, scope))
    }
    routes.post("editions/drafts/:id/rows/:row", needs: .editionsTake) { request, scope in
      let id: EditionDraft.ID = try request.id()
      let form = try request.form()
      guard let row = Int(try request.parameter("row")) else { throw EditionProblem.noSuchRow }
      let before = try await opened(id, in: scope)
      // One corrects row by row; what another person does to another row meanwhile is no conflict of theirs.
      guard before.rows.indices.contains(row) else { throw EditionProblem.noSuchRow }
      guard form["seen"] == before.rows[row].mark else { throw Stale() }
      var draft = before
      do {
        let known = Set(try library.concepts().map(\.id))
        try draft.correct(row, correction(form, known: known))
      } catch let problem as EditionProblem where problem.kind == .invalid {
        return .page(
          try await page(request, id, before, problem, library, scope, row: row), status: 422)
      }
      try await scope.write { [draft] in try $0.replace(id, at: before.version, with: draft) }
      let listing = form["page"].isEmpty ? "" : "&page=\(urlEncoded(form["page"]))"
      return .redirect(to: "/editions/drafts/\(id)?saved=\(row)\(listing)#row-\(row)")
    }
    routes.post("editions/drafts/:id/removal", needs: .editionsTake) { request, scope in
      let id: EditionDraft.ID = try request.id()
      try await scope.write { try $0.forget(id) }
      return .redirect(to: "/editions?removed=1")
    }
  }

  private static func correction(_ form: FormValues, known: Set<String>) -> EditionDraft.Correction {
    let concept = form["concept"]
    return EditionDraft.Correction(
      kind: ChecklistSheet.Kind(rawValue: form["kind"]) ?? .other, number: form["number"], text: form["text"],
      section: form["section"].isEmpty ? nil : form["section"],
      concept: known.contains(concept) ? concept : "",
      forms: Set(form.all("forms").compactMap(ChecklistSheet.Form.init(rawValue:))),
      target: ChecklistSheet.Target(rawValue: form["target"]) ?? .all)
  }

  // MARK: Deciding

  private static func decision(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("editions/drafts/:id/preview", needs: .editionsTake) { request, scope in
      let id: EditionDraft.ID = try request.id()
      let draft = try await opened(id, in: scope)
      let seen = try await library.seen(by: scope)
      do {
        let preview = try await scope.read { try outcome(draft, library: seen, $0) }
        return .page(EditionPages.preview(request, id, draft, preview))
      } catch let problem as EditionProblem where problem.kind == .invalid {
        return .page(try await page(request, id, draft, problem, library, scope), status: 422)
      }
    }
    routes.post("editions/drafts/:id/edition", needs: .editionsTake) { request, scope in
      let version = try request.form().version
      let taken = try await take(try request.id(), version: version, library: library, in: scope)
      return .redirect(to: "/editions?taken=\(urlEncoded(taken.id))")
    }
    routes.get("editions/:id/pack.yaml", needs: .editionsTake) { request, scope in
      let pack = try request.parameter("id")
      return .file(
        try await file(pack, in: scope), type: "application/yaml; charset=utf-8", name: "\(pack).yaml")
    }
  }
}

extension EditionDraft.Row {
  /// Says what the person saw of a row: another person's correction shows in it.
  var mark: String {
    let forms = read.forms.sorted().map(\.rawValue).joined(separator: "+")
    return [read.kind.rawValue, read.number, forms, read.target.rawValue, section ?? "", concept, read.text]
      .joined(separator: "|")
  }
}

extension Problem {
  /// What choosing another file mends; told beside the form.
  fileprivate var isAboutTheFile: Bool { kind == .invalid || kind == .tooLarge || kind == .conflict }
}
