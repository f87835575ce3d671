import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import Web

extension Audits {
  static func lists(_ routes: inout Routes) {
    routes.get("audits", needs: .assessmentsRead) { request, scope in
      .page(AuditPages.list(request, try await scope.read { try $0.audits() }))
    }
    routes.get("audits/new", needs: .assessmentsEdit) { request, scope in
      guard let id = request.query("library").flatMap({ ID<ShelvedLibrary>($0) }) else {
        throw FrameworkProblem.noSuchLibrary
      }
      let number = request.query("framework").flatMap(Int.init) ?? 0
      let (shelved, tree) = try await tree(id, framework: number, in: scope)
      let (people, patterns) = try await scope.read { (try $0.people(), try $0.readerPatterns()) }
      let registered = RegisterGroups(tree, patterns: patterns)
      return .page(AuditFormPages.new(request, shelved, tree, people, registered, typed: nil, problem: nil))
    }
    routes.post("audits", needs: .assessmentsEdit) { request, scope in
      let form = try request.form()
      guard let id = ID<ShelvedLibrary>(form["library"]) else { throw FrameworkProblem.noSuchLibrary }
      let number = Int(form["framework"]) ?? 0
      do {
        let audit = try await begin(id, framework: number, in: scope) { tree throws(AuditRefusal) in
          try draft(form, tree)
        }
        return .redirect(to: "/audits/\(audit.id)")
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let (shelved, tree) = try await tree(id, framework: number, in: scope)
        let (people, patterns) = try await scope.read { (try $0.people(), try $0.readerPatterns()) }
        let registered = RegisterGroups(tree, patterns: patterns)
        return .page(
          AuditFormPages.new(request, shelved, tree, people, registered, typed: form, problem: problem),
          status: 422)
      }
    }
    routes.get("audits/:id", needs: .auditsLook) { request, scope in
      let id: Audit.ID = try request.id()
      let visit = try await Visits.admit(request, to: id, in: scope)
      let opened = try await opened(id, in: scope)
      guard let view = AuditView(request, opened) else { throw WebProblem.notFound }
      return .page(AuditPages.one(request, view, visit))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.get("audits/:id/export.xlsx", needs: .auditsLook, isPrivileged: true) { request, scope in
      let id: Audit.ID = try request.id()
      try await Visits.admit(request, to: id, in: scope)
      let opened = try await opened(id, in: scope)
      let bytes = try AuditWorkbook.bytes(opened, request.language)
      return .file(
        bytes, type: Sheets.xlsxType,
        name: "\(opened.audit.name).xlsx")
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    settings(&routes)
  }

  /// In a framework whose groups are chosen by answers, a person chooses none.
  private static func draft(_ form: FormValues, _ tree: FrameworkTree) throws(AuditRefusal) -> Audit.Draft {
    let defaults = tree.groups.filter(\.isDefault).map(\.refID)
    return try Audit.Draft(
      name: form["name"], year: form["year"], owner: form["owner"],
      groups: tree.answersChooseGroups ? defaults : form.all("group"), offered: tree.groups.map(\.refID))
  }

  private static func settings(_ routes: inout Routes) {
    routes.get("audits/:id/settings", needs: .assessmentsEdit) { request, scope in
      let opened = try await opened(try request.id(), in: scope)
      let people = try await scope.read { try $0.people() }
      return .page(AuditFormPages.settings(request, opened, people, typed: nil, problem: nil))
    }
    routes.post("audits/:id/settings", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      let opened = try await opened(id, in: scope)
      do {
        try await revise(id, version: form.version, in: scope, try draft(form, opened.tree))
        return .redirect(to: "/audits/\(id)?saved=1")
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let people = try await scope.read { try $0.people() }
        return .page(
          AuditFormPages.settings(request, opened, people, typed: form, problem: problem), status: 422)
      }
    }
    routes.get("audits/:id/library-version", needs: .assessmentsEdit) { request, scope in
      .page(AuditFormPages.move(request, try await move(of: try request.id(), in: scope)))
    }
    routes.post("audits/:id/library-version", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      try await carryOut(id, to: form["to"], version: form.version, in: scope)
      return .redirect(to: "/audits/\(id)?moved=1")
    }
  }

  static func answering(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("audits/:id/requirements", needs: .auditsLook) { request, scope in
      let visit = try await Visits.admit(request, to: try request.id(), in: scope)
      let (opened, place) = try await found(
        request, request.query("node") ?? "", withWork: visit == nil, in: scope)
      let beside = try await beside(opened, place, visit, request, in: scope)
      return .page(
        RequirementAnswerPage.page(
          request, opened, place, beside, try library.concepts(), typed: nil, problem: nil))
    }
    routes.showSensitive { request in
      // Who visits is recorded by requirement; who works here has opened the audit.
      guard let id = request.parameters["id"] else { return nil }
      guard Visits.isVisiting(request), let node = request.query("node") else { return "audit:\(id)" }
      return "audit-answer:\(id)/\(URN.folded(node))"
    }
    routes.post("audits/:id/answers", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      let (opened, place) = try await found(request, form["node"], in: scope)
      try admit(request, opened, place)
      let id = opened.audit.id
      do {
        let draft = try AuditForm.draft(form, opened, place)
        try await save(
          draft, at: place, of: id, tree: opened.tree, sha256: form["edition"],
          version: form.version, in: scope)
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let beside = try await beside(opened, place, nil, request, in: scope)
        return .page(
          RequirementAnswerPage.page(
            request, opened, place, beside, try library.concepts(), typed: form, problem: problem),
          status: 422)
      }
      let target =
        form["then"] == "next" ? try await next(after: place, of: id, in: scope) : opened.tree.keys[place]
      return .redirect(to: path(id, target) + "&saved=1")
    }
  }

  /// The audit of the request with the requirement that it names.
  ///
  /// - Throws: ``AuditRefusal/noSuchRequirement``.
  static func found(
    _ request: WebRequest, _ node: String, withWork: Bool = true, in scope: Scope
  ) async throws -> (opened: Opened, place: Int) {
    let opened = try await opened(try request.id(), withWork: withWork, in: scope)
    guard let place = opened.tree.place(of: node), opened.tree.node(place).isAssessable else {
      throw AuditRefusal.noSuchRequirement
    }
    return (opened, place)
  }

  static func path(_ id: Audit.ID, _ node: String) -> String {
    "/audits/\(id)/requirements?node=\(urlEncoded(node))"
  }

  /// What stands beside an answer.
  struct Beside: Sendable {
    let history: [LedgerEntry]
    let comments: [AuditComment]
    /// Proofs of the measures under it.
    let files: [MeasureFile]
    let opinions: [AuditOpinion]
    let findings: [FindingLine]
    /// Of someone who audits this for a time, whatever else they may see.
    let visit: AuditVisit?
  }

  /// - Parameter visit: of someone who sees nothing else; it is looked for where it is not known.
  static func beside(
    _ opened: Opened, _ place: Int, _ visit: AuditVisit?, _ request: WebRequest, in scope: Scope
  ) async throws -> Beside {
    let (id, node) = (opened.audit.id, opened.tree.keys[place])
    let isVisit = visit != nil
    var known = visit
    if known == nil { known = try await Visits.visit(request, of: id, in: scope) }
    let visit = known
    return try await scope.read { tx in
      let found = try tx.besideRequirement(id, node)
      // Whoever reads by a visit alone, and has a facility of their own, has had two statements more; a page has eight.
      let history =
        isVisit
        ? []
        : try tx.history(
          of: "audit-answer:\(id)/\(node)", limit: 30, always: "audit.ground")
      return Beside(
        history: history, comments: found.comments,
        files: found.files, opinions: found.opinions, findings: found.findings, visit: visit)
    }
  }

  /// The next requirement in scope; the same one while it has questions that are still open, and at the end.
  private static func next(after place: Int, of id: Audit.ID, in scope: Scope) async throws -> String {
    let opened = try await opened(id, in: scope)
    let (tree, standing) = (opened.tree, opened.standing)
    let answer = standing.answer(place)
    let isOpen = standing.asked(place).contains { number in
      answer.choices[URN.folded(tree.node(place).questions[number].urn)] == nil
    }
    if isOpen, !answer.choices.isEmpty { return tree.keys[place] }
    let following = tree.assessable.first { $0 > place && standing.isInScope[$0] }
    return tree.keys[following ?? place]
  }

  // MARK: Work and points

  static func work(_ routes: inout Routes) {
    routes.get("audits/:id/assignments", needs: .assessmentsEdit) { request, scope in
      let opened = try await opened(try request.id(), in: scope)
      let people = try await scope.read { try $0.people() }
      return .page(AuditFormPages.assignments(request, opened, people, problem: nil))
    }
    routes.post("audits/:id/assignments", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      do {
        try await assign(
          form["node"], to: try AuditForm.person(form["owner"]), due: try AuditForm.day(form["due"]), of: id,
          in: scope)
        return .redirect(to: "/audits/\(id)/assignments?saved=1")
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let opened = try await opened(id, in: scope)
        let people = try await scope.read { try $0.people() }
        return .page(AuditFormPages.assignments(request, opened, people, problem: problem), status: 422)
      }
    }
    routes.post("audits/:id/comments", needs: .assessmentsContribute) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      let isSection = try await comment(form["comment"], on: form["node"], of: id, in: scope)
      let page = isSection ? Submissions.path(id, form["node"]) : path(id, form["node"])
      return .redirect(to: page + "#comments")
    }
  }

  static func points(_ routes: inout Routes) {
    routes.get("audits/:id/points", needs: .assessmentsRead) { request, scope in
      let id: Audit.ID = try request.id()
      let opened = try await opened(id, in: scope)
      let points = try await scope.read { try $0.auditPoints(id) }
      return .page(AuditPointPages.list(request, opened, points, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.post("audits/:id/points", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      do {
        try await keep(
          form["title"], signs: form["signs"] == "1", of: id, version: form.version, in: scope)
        return .redirect(to: "/audits/\(id)/points?saved=1")
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let opened = try await opened(id, in: scope)
        let points = try await scope.read { try $0.auditPoints(id) }
        return .page(AuditPointPages.list(request, opened, points, problem: problem), status: 422)
      }
    }
    routes.post("audits/:id/taking-up", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      try await takeUp(id, because: try request.form()["reason"], in: scope)
      return .redirect(to: "/audits/\(id)/points?saved=1")
    }
    routes.get("audits/:id/comparison", needs: .assessmentsRead) { request, scope in
      let id: Audit.ID = try request.id()
      let opened = try await opened(id, in: scope)
      let names = (request.query("from") ?? "", request.query("to") ?? "")
      let (from, to) = try await scope.read { tx in
        (try point(names.0, of: id, tx), names.1.isEmpty ? nil : try point(names.1, of: id, tx))
      }
      let now = AuditPoint.Content(opened.standing)
      let comparison = AuditComparison(from: from.content, to: to?.content ?? now)
      return .page(AuditPointPages.comparison(request, opened, comparison, from: from, to: to))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
  }

  private static func point(_ text: String, of id: Audit.ID, _ tx: ReadTx) throws -> AuditPoint {
    guard let name = AuditPoint.ID(text), let point = try tx.auditPoint(id, name) else {
      throw AuditRefusal.noSuchPoint
    }
    return point
  }
}
