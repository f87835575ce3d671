import Kernel
import Publishing
import Registers
import Storage
import Web

extension Findings {
  /// So many are printed and exported.
  static let mostListed = 20_000
  static let mostPrinted = 2_000

  private static func filter(_ request: WebRequest) -> FindingFilter {
    FindingFilter(
      phase: request.query("phase").flatMap(AuditFinding.Phase.init(rawValue:)),
      severity: request.query("severity").flatMap(AuditFinding.Severity.init(rawValue:)),
      audit: request.query("audit").flatMap { Audit.ID($0) },
      lateOn: request.query("phase") == "late" ? request.now.day : nil, query: request.query("q") ?? "")
  }

  static func lists(_ routes: inout Routes) {
    routes.get("findings", needs: .auditsLook) { request, scope in
      let (listing, filter) = (Listing(request), filter(request))
      let visit = try await Visits.admit(request, to: filter.audit, in: scope)
      let (page, total) = try await scope.read { tx in
        (
          try tx.findings(filter, limit: listing.size, offset: listing.offset), try tx.findingCount(filter)
        )
      }
      return .page(FindingPages.list(request, page, total: total, listing, filter, visit))
    }
    routes.showSensitive { _ in "finding:register" }
    routes.get("findings/print", needs: .assessmentsRead) { request, scope in
      let filter = filter(request)
      let (all, total) = try await scope.read { tx in
        (try tx.findings(filter, limit: mostPrinted, offset: 0), try tx.findingCount(filter))
      }
      return .page(FindingPages.print(request, all, total: total))
    }
    routes.showSensitive { _ in "finding:register" }
    routes.get("findings/export.xlsx", needs: .assessmentsRead, isPrivileged: true) { request, scope in
      let filter = filter(request)
      let (all, actions) = try await scope.read { tx in
        (try tx.findings(filter, limit: mostListed, offset: 0), try tx.correctiveActions(of: nil))
      }
      let bytes = try FindingWorkbook.bytes(all, actions, request.language)
      return .file(
        bytes, type: Sheets.xlsxType,
        name: "\(request.texts(FindingText.self)(.list)) \(request.now.day).xlsx")
    }
    routes.showSensitive { _ in "finding:register" }
    routes.get("findings/new", needs: .findingsRaise) { request, scope in
      let about = try await about(request, request.query("audit"), request.query("node"), scope)
      return .page(FindingPages.form(request, nil, about, typed: nil, problem: nil))
    }
    routes.post("findings", needs: .findingsRaise) { request, scope in
      let form = try request.form()
      let about = try await about(request, form["audit"], form["node"], scope)
      do {
        let finding = try await raise(try draft(form), on: about.opened, at: about.place, in: scope)
        return .redirect(to: "/findings/\(finding.id)?saved=1")
      } catch let problem as FindingRefusal where problem.kind == .invalid {
        return .page(FindingPages.form(request, nil, about, typed: form, problem: problem), status: 422)
      }
    }
  }

  /// What a finding is about: an audit and its requirement, where one is named.
  struct About: Sendable {
    var opened: Audits.Opened?
    var place: Int?
    var visit: AuditVisit?
  }

  private static func about(_ request: WebRequest, _ audit: String?, _ node: String?, _ scope: Scope)
    async throws -> About
  {
    let id = audit.flatMap { Audit.ID($0) }
    let visit = try await Visits.admit(request, to: id, in: scope)
    guard let id else { return About() }
    let opened = try await Audits.opened(id, withMeasures: false, in: scope)
    guard let node, !node.isEmpty else { return About(opened: opened, visit: visit) }
    guard let place = opened.tree.place(of: node) else { throw AuditRefusal.noSuchRequirement }
    return About(opened: opened, place: place, visit: visit)
  }

  private static func draft(_ form: FormValues) throws(FindingRefusal) -> AuditFinding.Draft {
    guard let severity = AuditFinding.Severity(rawValue: form["severity"]) else { throw .badSeverity }
    guard let day = Day.parse(form["found"]) else { throw .badDay }
    return AuditFinding.Draft(title: form["title"], severity: severity, seen: form["seen"], foundOn: day)
  }

  /// The chain, for those who may see it.
  private static func seen(_ request: WebRequest, _ scope: Scope) async throws -> (Chain, AuditVisit?) {
    let chain = try await chain(try request.id(), in: scope)
    return (chain, try await Visits.admit(request, to: chain.finding.audit, in: scope))
  }

  static func one(_ routes: inout Routes) {
    routes.get("findings/:id", needs: .auditsLook) { request, scope in
      let (chain, visit) = try await seen(request, scope)
      let people = request.may(.assessmentsEdit) ? try await scope.read { try $0.people() } : []
      return .page(FindingPages.one(request, chain, people, visit, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "finding:\($0)" } }
    routes.get("findings/:id/form", needs: .findingsRaise) { request, scope in
      let (chain, visit) = try await seen(request, scope)
      guard chain.finding.raiser == request.person else { throw FindingRefusal.notWriter }
      return .page(FindingPages.form(request, chain.finding, About(visit: visit), typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "finding:\($0)" } }
    routes.post("findings/:id", needs: .findingsRaise) { request, scope in
      let form = try request.form()
      let (chain, visit) = try await seen(request, scope)
      let finding = chain.finding
      do {
        try await revise(finding.id, version: form.version, try draft(form), in: scope)
        return .redirect(to: "/findings/\(finding.id)?saved=1")
      } catch let problem as FindingRefusal where problem.kind == .invalid {
        let about = About(visit: visit)
        return .page(FindingPages.form(request, finding, about, typed: form, problem: problem), status: 422)
      }
    }
    routes.get("findings/:id/files/:file", needs: .auditsLook) { request, scope in
      let (chain, _) = try await seen(request, scope)
      let id: StoredFile.ID = try request.id("file")
      guard let file = chain.files.first(where: { $0.id == id }) else { throw StoredFile.Refusal.noSuchFile }
      return try await Files.download(id, of: file.subject, in: scope)
    }
    routes.showSensitive { $0.parameters["id"].map { "finding:\($0)" } }
    routes.post("findings/:id/files", needs: .findingsRaise, bodyLimit: StoredFile.mostBytes + (1 << 20)) {
      request, scope in
      let (chain, _) = try await seen(request, scope)
      guard let file = try request.form().files["file"] else { throw StoredFile.Refusal.empty }
      let upload = try StoredFile.Upload(name: file.name, content: file.bytes)
      try await attach(upload, to: chain.finding.id, in: scope)
      return .redirect(to: "/findings/\(chain.finding.id)?saved=1")
    }
  }

  static func steps(_ routes: inout Routes) {
    routes.get("findings/:id/measures", needs: .assessmentsEdit) { request, scope in
      let id: AuditFinding.ID = try request.id()
      let (listing, query) = (Listing(request), request.query("q") ?? "")
      let (listed, found) = try await scope.read { tx in
        guard let listed = try tx.finding(id) else { throw FindingRefusal.noSuchFinding }
        return (listed, try tx.measures(listing, state: nil, query: query))
      }
      return .page(FindingPages.measures(request, listed, found, listing, query))
    }
    routes.post("findings/:id/measure", needs: .assessmentsEdit) { request, scope in
      let id: AuditFinding.ID = try request.id()
      let text = try request.form()["measure"]
      try await rest(id, on: Measure.ID(text), in: scope)
      return .redirect(to: "/findings/\(id)?saved=1")
    }
    routes.post("findings/:id/actions", needs: .assessmentsEdit) { request, scope in
      try await step(request, scope) { id, form in
        let due = form["due"].isEmpty ? nil : Day.parse(form["due"])
        guard form["due"].isEmpty || due != nil else { throw FindingRefusal.badDay }
        let owner = form["owner"].isEmpty ? nil : PersonID(form["owner"])
        guard form["owner"].isEmpty || owner != nil else { throw FindingRefusal.unknownPerson }
        try await plan(form["text"], owner: owner, due: due, for: id, in: scope)
      }
    }
    routes.post("findings/:id/actions/:action", needs: .assessmentsContribute) { request, scope in
      let action: CorrectiveAction.ID = try request.id("action")
      let mayAll = request.may(.assessmentsEdit)
      return try await step(request, scope) { id, form in
        _ = try await scope.read { try $0.knownFinding(id) }
        guard let state = CorrectiveAction.State(rawValue: form["state"]) else {
          throw FindingRefusal.badState
        }
        try await move(
          action, of: id, to: state, note: form["note"], version: form.version, mayAll: mayAll,
          in: scope)
      }
    }
    routes.post("findings/:id/checks", needs: .findingsRaise, bodyLimit: StoredFile.mostBytes + (1 << 20)) {
      request, scope in
      _ = try await seen(request, scope)
      return try await step(request, scope) { id, form in
        guard ["yes", "no"].contains(form["effective"]) else { throw FindingRefusal.badResult }
        let file = form.files["file"].flatMap { $0.bytes.isEmpty ? nil : $0 }
        let proof = try file.map { try StoredFile.Upload(name: $0.name, content: $0.bytes) }
        try await check(
          id, isEffective: form["effective"] == "yes", note: form["note"], proof: proof,
          version: form.version, in: scope)
      }
    }
  }

  /// Takes a step from the chain's page, and shows that page again with what was wrong.
  private static func step(
    _ request: WebRequest, _ scope: Scope, _ take: (AuditFinding.ID, FormValues) async throws -> Void
  ) async throws -> Reply {
    let id: AuditFinding.ID = try request.id()
    let form = try request.form()
    do {
      try await take(id, form)
      return .redirect(to: "/findings/\(id)?saved=1")
    } catch let problem as FindingRefusal where problem.kind == .invalid {
      let (chain, visit) = try await seen(request, scope)
      let people = request.may(.assessmentsEdit) ? try await scope.read { try $0.people() } : []
      let page = FindingPages.one(request, chain, people, visit, typed: form, problem: problem)
      return .page(page, status: 422)
    }
  }
}
