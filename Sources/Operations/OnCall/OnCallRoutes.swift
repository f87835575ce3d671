import Kernel
import Storage
import Web

/// The ways to the roster and to the form of a rota.
struct OnCallRoutes: Sendable {
  func add(to routes: inout Routes) {
    routes.get("oncall", needs: .onCallOwn) { request, scope in
      guard let view = try await OnCallView.read(nil, month: request.query("month"), scope) else {
        return .page(OnCallPages.empty(request))
      }
      return .page(OnCallPages.month(request, view))
    }
    addForms(&routes)
    routes.get("oncall/:id", needs: .onCallOwn) { request, scope in
      .page(OnCallPages.month(request, try await view(request, scope)))
    }
    routes.get("oncall/:id/checks", needs: .onCallOwn) { request, scope in
      .page(OnCallPages.checks(request, try await view(request, scope)))
    }
    routes.get("oncall/:id/print", needs: .onCallOwn) { request, scope in
      .page(OnCallPages.print(request, try await view(request, scope)))
    }
    routes.post("oncall/:id/removal", needs: .onCallEdit) { request, scope in
      let id = try request.id(of: Rota.self)
      do { try await OnCall.remove(id, in: scope) } catch RotaRefusal.hasRecords {
        return try await form(request, id, nil, RotaRefusal.hasRecords, scope)
      }
      return .redirect(to: "/oncall")
    }
  }

  private func view(_ request: WebRequest, _ scope: Scope) async throws -> OnCallView {
    let id = try request.id(of: Rota.self)
    guard let view = try await OnCallView.read(id, month: request.query("month"), scope), view.rota.id == id
    else {
      throw WebProblem.notFound
    }
    return view
  }

  private func addForms(_ routes: inout Routes) {
    routes.get("oncall/new", needs: .onCallEdit) { request, scope in
      guard let pattern = request.query("pattern").flatMap(RotaDraft.Pattern.init(rawValue:)) else {
        return .page(RotaFormPage.patterns(request))
      }
      let name = request.texts(OnCallText.self)(.standardName)
      return try await form(request, nil, RotaDraft(pattern, name: name, on: scope.now.day), nil, scope)
    }
    routes.post("oncall", needs: .onCallEdit) { request, scope in try await submit(request, nil, scope) }
    routes.get("oncall/:id/settings", needs: .onCallEdit) { request, scope in
      try await form(request, try request.id(of: Rota.self), nil, nil, scope)
    }
    routes.post("oncall/:id/settings", needs: .onCallEdit) { request, scope in
      try await submit(request, try request.id(of: Rota.self), scope)
    }
  }

  private func form(
    _ request: WebRequest, _ id: Rota.ID?, _ draft: RotaDraft?, _ refusal: (any Problem)?, _ scope: Scope
  ) async throws -> Reply {
    let (stored, people) = try await scope.read { tx in
      (try id.flatMap { try tx.rota($0) }, try tx.onCallPeople(nil))
    }
    if id != nil, stored == nil { throw WebProblem.notFound }
    guard let draft = draft ?? stored.map({ RotaDraft($0.rota, people) }) else { throw WebProblem.notFound }
    let here = people.filter { !$0.hasLeft(on: scope.now.day) }
    let page = RotaFormPage(draft: draft, people: here, stored: stored?.rota, refusal: refusal)
    return .page(page.page(request), status: refusal.map { $0.kind == .conflict ? 409 : 422 } ?? 200)
  }

  private func submit(_ request: WebRequest, _ id: Rota.ID?, _ scope: Scope) async throws -> Reply {
    let draft = RotaDraft(try request.form())
    do {
      return .redirect(to: "/oncall/\(try await OnCall.save(draft, over: id, in: scope))")
    } catch let refusal as RotaRefusal {
      return try await form(request, id, draft, refusal, scope)
    }
  }
}

/// The ways by which a rota is changed for a time.
struct OnCallChangeRoutes: Sendable {
  func add(to routes: inout Routes) {
    routes.get("oncall/:id/changes", needs: .onCallOwn) { request, scope in
      var page = try await ChangePages.read(try request.id(of: Rota.self), scope)
      for name in ["layer", "from", "until", "by"] { page.chosen[name] = request.query(name) }
      return .page(page.page(request))
    }
    routes.post("oncall/:id/overrides", needs: .onCallEdit) { request, scope in
      let form = try request.form()
      return try await change(request, form, scope) { rota, zone in
        guard let layer = Rota.Layer(rawValue: form["layer"]) else { throw RotaRefusal.badMember }
        let (whom, by) = (RotaMember(form["whom"]), RotaMember(form["by"]))
        guard whom != nil || form["whom"].isEmpty, by != nil || form["by"] == "-" else {
          throw RotaRefusal.badMember
        }
        let window = try window(form["from"], form["until"], zone)
        try await OnCall.override(
          rota, layer, window, whom: whom, by: by, reason: form["reason"], in: scope)
      }
    }
    routes.post("oncall/:id/swaps", needs: .onCallOwn) { request, scope in
      let form = try request.form()
      return try await change(request, form, scope) { rota, _ in
        guard !form["give"].isEmpty, !form["take"].isEmpty else { throw RotaRefusal.dutyMissing }
        guard let give = ChangePages.side(form["give"]), let take = ChangePages.side(form["take"]) else {
          throw RotaRefusal.badDuty
        }
        try await OnCall.ask(rota, give: give, take: take, reason: form["swapReason"], in: scope)
      }
    }
    routes.post("oncall/:id/leaves", needs: .onCallOwn) { request, scope in
      let form = try request.form()
      return try await change(request, form, scope) { _, zone in
        guard let person = PersonID(form["person"]) else { throw RotaRefusal.badMember }
        let window = try window(form["leaveFrom"], form["leaveUntil"], zone)
        try await OnCall.addLeave(person, window, note: form["note"], in: scope)
      }
    }
    addEnds(&routes)
  }

  private func addEnds(_ routes: inout Routes) {
    routes.post("oncall/overrides/:id/end", needs: .onCallEdit) { request, scope in
      let id = try request.id(of: RotaOverride.self)
      let rota = try await scope.read { try $0.override(id)?.rota }
      try await OnCall.endOverride(id, in: scope)
      return .redirect(to: rota.map { "/oncall/\($0)/changes" } ?? "/oncall")
    }
    routes.post("oncall/leaves/:id/end", needs: .onCallOwn) { request, scope in
      try await OnCall.endLeave(try request.id(of: Leave.self), in: scope)
      let rota = try request.form()["rota"]
      return .redirect(to: Rota.ID(rota).map { "/oncall/\($0)/changes" } ?? "/oncall")
    }
    routes.post("oncall/swaps/:id/agreement", needs: .onCallOwn) { request, scope in
      try await answer(request, scope) { try await OnCall.agree($0, in: scope) }
    }
    routes.post("oncall/swaps/:id/refusal", needs: .onCallOwn) { request, scope in
      try await answer(request, scope) { try await OnCall.decline($0, in: scope) }
    }
  }

  private func answer(
    _ request: WebRequest, _ scope: Scope, _ body: (Swap.ID) async throws -> Rota.ID
  ) async throws -> Reply {
    let id = try request.id(of: Swap.self)
    do { return .redirect(to: "/oncall/\(try await body(id))/changes") } catch let refusal as RotaRefusal
      where refusal.kind != .forbidden
    {
      guard let rota = try await scope.read({ try $0.swap(id)?.rota }) else { throw WebProblem.notFound }
      return try await refused(request, rota, nil, refusal, scope)
    }
  }

  private func window(_ from: String, _ until: String, _ zone: Zone) throws(RotaRefusal) -> Window {
    guard let from = zone.moment(from), let until = zone.moment(until) else { throw .badWindow }
    return Window(from: from, until: until)
  }

  /// What is refused comes back with its reason and with what was typed.
  private func change(
    _ request: WebRequest, _ form: FormValues, _ scope: Scope, _ body: (Rota.ID, Zone) async throws -> Void
  ) async throws -> Reply {
    let id = try request.id(of: Rota.self)
    guard let stored = try await scope.read({ try $0.rota(id) }), OnCallView.sees(stored.rota, scope) else {
      throw WebProblem.notFound
    }
    do {
      try await body(id, Zone(stored.rota.zone) ?? .tokyo)
    } catch let refusal as RotaRefusal where refusal.kind != .forbidden {
      return try await refused(request, id, form, refusal, scope)
    }
    return .redirect(to: "/oncall/\(id)/changes")
  }

  private func refused(
    _ request: WebRequest, _ rota: Rota.ID, _ form: FormValues?, _ refusal: RotaRefusal, _ scope: Scope
  ) async throws -> Reply {
    var page = try await ChangePages.read(rota, scope)
    (page.refusal, page.typed) = (refusal, form)
    return .page(page.page(request), status: refusal.kind == .conflict ? 409 : 422)
  }
}
