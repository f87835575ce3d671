import Kernel
import Registers
import Storage
public import Web

extension Assessments {
  /// The feature, with the packs it works on.
  ///
  /// - Parameter signals: what other slices' records say about concepts of the checklists.
  public static func feature(_ library: PackLibrary, signals: Signals = Signals([])) -> Feature {
    var feature = Feature("assessments")
    feature.migrations = migrations + Exchange.migrations
    feature.catalogs = [AssessmentText.catalog]
    let edit: Set<Permission> = [.assessmentsRead, .assessmentsContribute, .assessmentsEdit]
    feature.grants = [
      .administrator: edit, .safetyManager: edit, .itStaff: edit,
      .contributor: [.assessmentsRead, .assessmentsContribute],
      .management: [.assessmentsRead], .auditor: [.assessmentsRead],
      .specialist: [.assessmentsRead, .assessmentsContribute],
    ]
    feature.menu = [
      MenuEntry("assessments", path: "/assessments", permission: .assessmentsRead, order: 20) {
        Texts<AssessmentText>($0)(.menu)
      }
    ]
    feature.prepare = { scope in _ = try await library.seen(by: scope) }
    feature.routes = { routes in
      lists(&routes, library, signals)
      answers(&routes, library)
      grounds(&routes, library, signals)
      proofs(&routes, library)
      Exchange.routes(&routes, library)
    }
    feature.due = [
      "assessments.target": { row, scope in try await remind(row, library: library, in: scope) },
      "assessments.ground": { row, scope in
        try await Grounds.look(row, library: library, signals: signals, in: scope)
      },
    ]
    feature.dutiesToday = DueCount { tx, day in
      tx.openAnswers(dueBy: day)
    } counts: { row in
      // As the home page lists them: items of the edition in use, confirmed against the original.
      let place = row[0].split(separator: " ").map(String.init)
      guard place.count == 2, let facility = FacilityID(place[0]) else { return false }
      let item = try library.known(to: facility).form(row[1], of: place[1]).item(row[2])
      return item.map { !$0.isUnconfirmed && !$0.isGate } ?? false
    }
    return feature
  }

  // MARK: List, opening, one assessment

  private static func lists(
    _ routes: inout Routes, _ library: PackLibrary, _ signals: Signals
  ) {
    routes.get("assessments", needs: .assessmentsRead) { request, scope in
      let library = try await library.seen(by: scope)
      let found = try await all(in: scope)
      if request.wantsJSON { return try .json(found.map(Listed.init)) }
      return .page(AssessmentPages.list(request, try found.map { ($0, try library.pack($0.pack)) }))
    }
    routes.openToTokens()
    routes.get("assessments/new", needs: .assessmentsEdit) { request, scope in
      let library = try await library.seen(by: scope)
      let form = try await Facilities.this(scope).kind.checklistForm
      return .page(try AssessmentPages.new(request, library, form: form, problem: nil))
    }
    routes.post("assessments", needs: .assessmentsEdit) { request, scope in
      let library = try await library.seen(by: scope)
      let values = try request.form()
      do {
        guard let year = FiscalYear(values["year"]) else { throw Answer.Refusal.badYear }
        let opened = try await open(form: values["form"], year: year, pack: nil, library: library, in: scope)
        return .redirect(to: "/assessments/\(opened.id)")
      } catch let problem as Answer.Refusal {
        return .page(
          try AssessmentPages.new(request, library, form: values["form"], problem: problem),
          status: problem.kind == .conflict ? 409 : 422)
      }
    }
    routes.get("assessments/:id", needs: .assessmentsRead) { request, scope in
      let library = try await library.seen(by: scope)
      let overview = try await overview(try request.id(), library: library, in: scope)
      return .page(try await assessmentPage(request, overview, library, signals, scope))
    }
    routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    routes.get("assessments/:id/carry-over", needs: .assessmentsRead) { request, scope in
      let library = try await library.seen(by: scope)
      let overview = try await overview(try request.id(), library: library, in: scope)
      guard let year = overview.assessment.carriedFrom else { throw Answer.Refusal.noSuchAssessment }
      let form = overview.assessment.form
      guard let old = try await scope.read({ try $0.assessment(form: form, year: year) }) else {
        throw Answer.Refusal.noSuchAssessment
      }
      let answers = try await scope.read { try $0.answers(old.id) }
      let carry = Carryover(
        from: try library.form(old.form, of: old.pack), id: old.pack, answers: answers, to: overview.form,
        year: overview.assessment.fiscalYear)
      return .page(AssessmentPages.carryover(request, overview, carry, from: year))
    }
    routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    routes.get("assessments/:id/edition", needs: .assessmentsEdit) { request, scope in
      let id: Assessment.ID = try request.id()
      let change = try await editionChange(of: id, to: nil, library: library, in: scope)
      return .page(AssessmentPages.editionChange(request, id, change))
    }
    routes.post("assessments/:id/edition", needs: .assessmentsEdit) { request, scope in
      let id: Assessment.ID = try request.id()
      let form = try request.form()
      try await changeEdition(of: id, to: form["to"], from: form["from"], library: library, in: scope)
      return .redirect(to: "/assessments/\(id)?edition=1")
    }
  }

  private static func assessmentPage(
    _ request: WebRequest, _ overview: Overview, _ library: PackLibrary,
    _ signals: Signals, _ scope: Scope
  ) async throws -> Page {
    let view = AssessmentView(request, overview)
    var open: AnswerPage.Open?
    if let item = view.open {
      let subject = "answer:\(overview.assessment.id)/\(item.id)"
      let isThisYear = overview.assessment.fiscalYear.contains(scope.now.day)
      let (history, standing) = try await scope.read { tx in
        (
          try tx.history(of: subject, limit: 30, always: "answer.ground"),
          isThisYear ? try signals(item.concept, tx, on: scope.now.day, besides: Measures.name) : []
        )
      }
      let accepted = Grounds.accepted(in: history)
      open = AnswerPage.Open(
        item: item, concept: try library.concept(item.concept), history: history, draft: nil, problem: nil,
        grounds: (standing + (isThisYear ? Measures.said(of: overview.measures, concept: item.concept) : []))
          .map { Grounds.Ground(said: $0, accepted: accepted[$0.slice]) })
    }
    let newer = try newerEdition(for: overview.assessment, library: library)
    return AssessmentPages.one(request, overview, view, open, newer: newer)
  }

  // MARK: Answers

  private static func answers(_ routes: inout Routes, _ library: PackLibrary) {
    routes.post("assessments/:id/answers/:item", needs: .assessmentsContribute) { request, scope in
      let id: Assessment.ID = try request.id()
      let item = try request.parameter("item")
      try await admit(request, to: item, of: id, library, in: scope)
      let form = try request.form()
      do {
        let draft = try AnswerForm.draft(form)
        let saved = try await save(
          draft, item: item, of: id, version: form.version, library: library, in: scope)
        if request.wantsJSON { return try await savedReply(request, saved, id, library, scope) }
        return .redirect(to: try await next(after: item, form, id, library, scope))
      } catch let conflict as Conflict {
        let overview = try await overview(id, library: library, in: scope)
        if request.wantsJSON { throw Stale() }
        return .page(AnswerPage.conflict(request, overview, item, conflict), status: 409)
      } catch let problem as Answer.Refusal where problem.kind == .invalid && !request.wantsJSON {
        let overview = try await overview(id, library: library, in: scope)
        guard let row = overview.form.item(item) else { throw problem }
        let open = AnswerPage.Open(
          item: row, concept: try library.concept(row.concept), history: [], draft: form, problem: problem)
        return .page(
          AssessmentPages.one(request, overview, AssessmentView(request, overview, open: row), open),
          status: 422)
      }
    }
    routes.openToTokens()
    routes.post("assessments/:id/answers/:item/rounds", needs: .assessmentsContribute) { request, scope in
      let id: Assessment.ID = try request.id()
      let item = try request.parameter("item")
      try await admit(request, to: item, of: id, library, in: scope)
      try await beginRound(item: item, of: id, in: scope)
      return .redirect(to: "/assessments/\(id)?item=\(urlEncoded(item))#\(item)")
    }
    routes.get("assessments/:id/changes", needs: .assessmentsEdit) { request, scope in
      let overview = try await overview(try request.id(), library: library, in: scope)
      return .page(BulkPages.choose(request, overview, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    routes.post("assessments/:id/changes/preview", needs: .assessmentsEdit) { request, scope in
      let overview = try await overview(try request.id(), library: library, in: scope)
      let form = try request.form()
      do {
        let change = try bulkChange(form)
        return .page(try BulkPages.preview(request, overview, change, items: form.all("item")))
      } catch let problem as Answer.Refusal {
        return .page(BulkPages.choose(request, overview, problem: problem), status: 422)
      }
    }
    routes.post("assessments/:id/changes", needs: .assessmentsEdit) { request, scope in
      let id: Assessment.ID = try request.id()
      let form = try request.form()
      let versions = form.all("item").compactMap { entry -> (item: String, version: Int)? in
        let parts = entry.split(separator: ":")
        return parts.count == 2 ? Int(parts[1]).map { (String(parts[0]), $0) } : nil
      }
      try await saveAll(try bulkChange(form), items: versions, of: id, library: library, in: scope)
      return .redirect(to: "/assessments/\(id)?changed=\(versions.count)")
    }
  }

  private static func grounds(
    _ routes: inout Routes, _ library: PackLibrary, _ signals: Signals
  ) {
    routes.post("assessments/:id/answers/:item/ground", needs: .assessmentsContribute) { request, scope in
      let id: Assessment.ID = try request.id()
      let item = try request.parameter("item")
      try await admit(request, to: item, of: id, library, in: scope)
      let form = try request.form()
      try await Grounds.accept(
        (form["slice"], form["ground"]), item: item, of: id, version: form.version,
        library: library,
        signals: signals, request.language, in: scope)
      return .redirect(to: "/assessments/\(id)?item=\(urlEncoded(item))&saved=1#\(item)")
    }
  }

  private static func bulkChange(_ form: FormValues) throws(Answer.Refusal) -> BulkChange {
    guard let field = BulkChange.Field(rawValue: form["field"]) else { throw .badAnswer }
    let value =
      switch field {
      case .owner, .deputy: form["person"]
      case .due, .checked: form["day"]
      }
    return BulkChange(field: field, value: value)
  }

  /// A checklist in the list for programs.
  private struct Listed: Encodable {
    let id: String
    let fiscalYear: Int
    let form: String
    let pack: String

    enum CodingKeys: String, CodingKey {
      case id, form, pack
      case fiscalYear = "fiscal_year"
    }

    init(_ assessment: Assessment) {
      id = assessment.id.text
      fiscalYear = assessment.fiscalYear.year
      form = assessment.form
      pack = assessment.pack
    }
  }

  private struct Saved: Encodable {
    let version: Int
    let message: String
    let mark: Mark?
  }

  private static func savedReply(
    _ request: WebRequest, _ answer: Answer, _ id: Assessment.ID, _ library: PackLibrary, _ scope: Scope
  ) async throws -> Reply {
    let overview = try await overview(id, library: library, in: scope)
    let t = request.texts(AssessmentText.self)
    return try .json(
      Saved(
        version: answer.version, message: t(.saved, request.language.time(request.now)),
        mark: overview.standing.mark(ofItem: answer.item)))
  }

  /// Where the save button leads: the next item, or the same one.
  private static func next(
    after item: String, _ form: FormValues, _ id: Assessment.ID, _ library: PackLibrary, _ scope: Scope
  ) async throws -> String {
    let library = try await library.seen(by: scope)
    let assessment = try await scope.read { try $0.assessment(id) }
    guard let assessment else { throw Answer.Refusal.noSuchAssessment }
    let items = try library.form(assessment.form, of: assessment.pack).items
    let index = items.firstIndex { $0.id == item } ?? 0
    let target = form["then"] == "next" && index + 1 < items.count ? items[index + 1].id : item
    return "/assessments/\(id)?item=\(urlEncoded(target))&saved=1#\(target)"
  }

  // MARK: Proofs

  private static func proofs(_ routes: inout Routes, _ library: PackLibrary) {
    routes.post(
      "assessments/:id/answers/:item/proofs", needs: .assessmentsContribute,
      bodyLimit: StoredFile.mostBytes + (1 << 20)
    ) { request, scope in
      let id: Assessment.ID = try request.id()
      let item = try request.parameter("item")
      try await admit(request, to: item, of: id, library, in: scope)
      let form = try request.form()
      var contents: [Proofs.Content] = []
      if let file = form.files["file"], !file.name.isEmpty {
        contents.append(.file(name: file.name, bytes: file.bytes))
      }
      if !form["text"].isEmpty { contents.append(.text(form["text"])) }
      if !form["link"].isEmpty { contents.append(.link(form["link"])) }
      try await Proofs.add(contents, item: item, of: id, library: library, in: scope)
      return .redirect(to: "/assessments/\(id)?item=\(urlEncoded(item))#\(item)")
    }
    routes.get("proofs/:id", needs: .assessmentsRead) { request, scope in
      let (proof, bytes) = try await Proofs.file(try request.id(), in: scope)
      return .file(bytes, type: proof.mediaType ?? "application/octet-stream", name: proof.title)
    }
    routes.showSensitive { $0.parameters["id"].map { "proof:\($0)" } }
    routes.post("proofs/:id/withdrawal", needs: .assessmentsContribute) { request, scope in
      try await admit(request, to: try request.id() as Proof.ID, library, in: scope)
      let reason = try request.form()["reason"]
      let (assessment, item) = try await Proofs.withdraw(try request.id(), because: reason, in: scope)
      return .redirect(to: "/assessments/\(assessment)?item=\(urlEncoded(item))#\(item)")
    }
  }
}

/// The fields of an answer's form.
enum AnswerForm {
  /// - Throws: `Answer.Refusal`.
  static func draft(_ form: FormValues) throws(Answer.Refusal) -> Answer.Draft {
    let value: Answer.Value?
    switch form["answer"] {
    case "", "none": value = nil
    case let text:
      guard let known = Answer.Value(rawValue: text) else { throw .badAnswer }
      value = known
    }
    return Answer.Draft(
      value: value, confirmedOn: try day(form["on"]), targetOn: try day(form["due"]),
      started: form["started"] == "1", owner: try person(form["owner"]), deputy: try person(form["deputy"]),
      note: form["note"])
  }

  private static func day(_ text: String) throws(Answer.Refusal) -> Day? {
    if text.isEmpty { return nil }
    guard let day = Day.parse(text) else { throw .badDay }
    return day
  }

  private static func person(_ text: String) throws(Answer.Refusal) -> PersonID? {
    if text.isEmpty { return nil }
    guard let id = PersonID(text) else { throw .unknownPerson }
    return id
  }
}

/// What of an assessment is shown: section, filters, opened item. All of it stands in the URL.
struct AssessmentView {
  let section: Int
  let mark: String
  let owner: String
  let open: Pack.Item?
  let isFiltered: Bool

  init(_ request: WebRequest, _ overview: Assessments.Overview, open chosen: Pack.Item? = nil) {
    let form = overview.form
    open = chosen ?? request.query("item").flatMap { form.item($0) }
    mark = request.query("mark") ?? ""
    owner = request.query("owner") ?? ""
    isFiltered = !mark.isEmpty || !owner.isEmpty
    let ofItem = open.flatMap { item in form.sections.firstIndex { $0.items.contains { $0.id == item.id } } }
    let asked = request.query("section").flatMap { number in form.sections.firstIndex { $0.number == number }
    }
    let first = form.sections.firstIndex { $0.items.contains { !$0.isGate } } ?? 0
    section = asked ?? ofItem ?? first
  }

  /// The items to list, in order.
  func items(_ overview: Assessments.Overview) -> [Pack.Item] {
    let standing = overview.standing
    guard isFiltered else {
      return overview.form.sections.indices.contains(section) ? overview.form.sections[section].items : []
    }
    return overview.form.rows.filter { item in
      let answer = standing.answers[item.id] ?? .blank(item.id)
      let markFits =
        switch mark {
        case "": true
        case "due": standing.has(.overdue, item.id) || standing.has(.dueSoon, item.id)
        default:
          Standing.Concern(rawValue: mark).map { standing.has($0, item.id) }
            ?? (standing.mark(ofItem: item.id)?.rawValue == mark)
        }
      let ownerFits =
        owner.isEmpty
        || (owner == "nobody" ? answer.owner == nil && answer.isOpen : answer.owner?.text == owner)
      return markFits && ownerFits
    }
  }
}
