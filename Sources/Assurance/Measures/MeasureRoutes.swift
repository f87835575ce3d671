import Kernel
import Publishing
import Registers
import Storage
import Web

extension Measures {
  static func pages(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("measures", needs: .assessmentsRead) { request, scope in
      let (listing, query) = (Listing(request), request.query("q") ?? "")
      let state = request.query("state").flatMap(Measure.State.init(rawValue:))
      let found = try await scope.read { try $0.measures(listing, state: state, query: query) }
      return .page(MeasurePages.list(request, found.page, total: found.total, listing, state, query))
    }
    routes.get("measures/new", needs: .assessmentsEdit) { request, scope in
      let people = try await scope.read { try $0.people() }
      let base = request.query("audit").map { ($0, request.query("node") ?? "") }
      return .page(MeasurePages.form(request, nil, people, under: base, typed: nil, problem: nil))
    }
    routes.post("measures", needs: .assessmentsEdit) { request, scope in
      let form = try request.form()
      do {
        let base = Audit.ID(form["audit"]).map { (audit: $0, node: form["node"]) }
        let measure = try await add(try draft(form), under: base, in: scope)
        guard let base else { return .redirect(to: "/measures/\(measure.id)") }
        return .redirect(to: Audits.path(base.audit, base.node) + "&saved=1")
      } catch let problem as MeasureRefusal where problem.kind == .invalid {
        let people = try await scope.read { try $0.people() }
        let base = form["audit"].isEmpty ? nil : (form["audit"], form["node"])
        return .page(
          MeasurePages.form(request, nil, people, under: base, typed: form, problem: problem), status: 422)
      }
    }
    routes.get("measures/:id", needs: .assessmentsRead) { request, scope in
      let id: Measure.ID = try request.id()
      let shown = try await scope.read { tx in
        guard let found = try tx.measure(id) else { throw MeasureRefusal.noSuchMeasure }
        return MeasurePages.Shown(
          measure: found.measure, owner: found.owner, deputy: found.deputy,
          rests: try tx.rests(on: id, limit: MeasurePages.mostRests + 1),
          files: try tx.files(of: "measure:\(id)"),
          concepts: try tx.concepts(of: id))
      }
      return .page(MeasurePages.one(request, shown, try library.concepts()))
    }
    routes.showSensitive { $0.parameters["id"].map { "measure:\($0)" } }
    routes.get("measures/:id/form", needs: .assessmentsEdit) { request, scope in
      let id: Measure.ID = try request.id()
      let (measure, people) = try await scope.read { (try $0.known(id), try $0.people()) }
      return .page(MeasurePages.form(request, measure, people, under: nil, typed: nil, problem: nil))
    }
    routes.post("measures/:id", needs: .assessmentsEdit) { request, scope in
      let id: Measure.ID = try request.id()
      let form = try request.form()
      _ = try await scope.read { try $0.known(id) }
      do {
        try await revise(id, version: form.version, in: scope, try draft(form))
        return .redirect(to: "/measures/\(id)?saved=1")
      } catch let problem as MeasureRefusal where problem.kind == .invalid {
        let (measure, people) = try await scope.read { (try $0.known(id), try $0.people()) }
        return .page(
          MeasurePages.form(request, measure, people, under: nil, typed: form, problem: problem), status: 422)
      }
    }
    routes.post("measures/:id/state", needs: .assessmentsContribute) { request, scope in
      let id: Measure.ID = try request.id()
      let form = try request.form()
      _ = try await scope.read { try $0.known(id) }
      guard let state = Measure.State(rawValue: form["state"]) else { throw MeasureRefusal.badState }
      try await move(
        id, to: state, version: form.version, by: request.person,
        mayAll: request.may(.assessmentsEdit), in: scope)
      return .redirect(to: "/measures/\(id)?saved=1")
    }
  }

  private static func draft(_ form: FormValues) throws(MeasureRefusal) -> Measure.Draft {
    func day(_ text: String) throws(MeasureRefusal) -> Day? {
      if text.isEmpty { return nil }
      guard let day = Day.parse(text) else { throw .badDay }
      return day
    }
    func person(_ text: String) throws(MeasureRefusal) -> PersonID? {
      if text.isEmpty { return nil }
      guard let id = PersonID(text) else { throw .unknownPerson }
      return id
    }
    guard let state = Measure.State(rawValue: form["state"]) else { throw .badState }
    return Measure.Draft(
      title: form["title"], description: form["description"], owner: try person(form["owner"]),
      deputy: try person(form["deputy"]), state: state, costInitial: try Measure.yen(form["initial"]),
      costYearly: try Measure.yen(form["yearly"]), startOn: try day(form["start"]),
      dueOn: try day(form["due"]))
  }

  // MARK: What rests on a measure

  static func links(_ routes: inout Routes, _ library: PackLibrary) {
    // To choose a measure for a requirement.
    routes.get("audits/:id/measures", needs: .assessmentsEdit) { request, scope in
      let (opened, place) = try await Audits.found(request, request.query("node") ?? "", in: scope)
      let (listing, query) = (Listing(request), request.query("q") ?? "")
      let found = try await scope.read { try $0.measures(listing, state: nil, query: query) }
      return .page(
        MeasurePages.choose(request, opened, place, found, listing, query))
    }
    routes.post("audits/:id/measures", needs: .assessmentsEdit) { request, scope in
      let audit: Audit.ID = try request.id()
      let form = try request.form()
      guard let id = Measure.ID(form["measure"]) else { throw MeasureRefusal.noSuchMeasure }
      let isOn = form["off"] != "1"
      try await link(id, to: form["node"], of: audit, isOn: isOn, in: scope)
      if form["from"] == "measure" { return .redirect(to: "/measures/\(id)?saved=1") }
      return .redirect(to: Audits.path(audit, form["node"]) + "&saved=1")
    }
    routes.post("audits/:id/suggestions", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      let (opened, place) = try await Audits.found(request, form["node"], in: scope)
      try Audits.admit(request, opened, place)
      try await accept(
        try AuditForm.result(form["result"]), at: place, of: opened, version: form.version,
        in: scope)
      return .redirect(to: Audits.path(opened.audit.id, opened.tree.keys[place]) + "&saved=1")
    }
    routes.post("measures/:id/concepts", needs: .assessmentsEdit) { request, scope in
      let id: Measure.ID = try request.id()
      let form = try request.form()
      let concept = form["concept"]
      let isOn = form["off"] != "1"
      let known = try library.concepts().contains { $0.id == concept }
      try await set(concept, isKnown: known, of: id, to: isOn, in: scope)
      return .redirect(to: "/measures/\(id)?saved=1")
    }
  }

  // MARK: Proofs

  static func files(_ routes: inout Routes) {
    routes.get("measures/:id/files/:file", needs: .assessmentsRead) { request, scope in
      let id: Measure.ID = try request.id()
      return try await Files.download(try request.id("file"), of: "measure:\(id)", in: scope)
    }
    routes.showSensitive { $0.parameters["id"].map { "measure:\($0)" } }
    routes.post("measures/:id/files", needs: .assessmentsEdit, bodyLimit: StoredFile.mostBytes + (1 << 20)) {
      request, scope in
      let id: Measure.ID = try request.id()
      _ = try await scope.read { try $0.known(id) }
      guard let file = try request.form().files["file"] else { throw StoredFile.Refusal.empty }
      let upload = try StoredFile.Upload(name: file.name, content: file.bytes)
      try await attach(upload, to: id, in: scope)
      return .redirect(to: "/measures/\(id)?saved=1")
    }
    routes.post("measures/:id/files/:file/withdrawal", needs: .assessmentsEdit) { request, scope in
      let id: Measure.ID = try request.id()
      let reason = try request.form()["reason"]
      try await Files.withdraw(try request.id("file"), of: "measure:\(id)", because: reason, in: scope)
      return .redirect(to: "/measures/\(id)?saved=1")
    }
  }
}
