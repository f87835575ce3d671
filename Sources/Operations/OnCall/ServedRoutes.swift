import Kernel
import Storage
import Web

/// The ways to who served.
struct ServedRoutes: Sendable {
  func add(to routes: inout Routes) {
    routes.get("oncall/:id/served", needs: .onCallOwn) { request, scope in
      var page = ServedMonthPage(ledger: try await ledger(request, scope))
      for name in ["layer", "from", "until"] { page.fields[name] = request.query(name) }
      return .page(page.page(request))
    }
    routes.post("oncall/:id/served", needs: .onCallEdit) { request, scope in
      let form = try request.form()
      let id = try request.id(of: Rota.self)
      guard let stored = try await scope.read({ try $0.rota(id) }) else { throw WebProblem.notFound }
      let zone = Zone(stored.rota.zone) ?? .tokyo
      do {
        let draft = try draft(form, Rota.Layer(rawValue: form["layer"]), zone, scope.now)
        let shift = try await OnCall.recordServed(id, draft, in: scope)
        return .redirect(to: "/oncall/\(id)/served/\(shift)")
      } catch let refusal as RotaRefusal where refusal.kind != .forbidden {
        var page = ServedMonthPage(ledger: try await ledger(request, scope), refusal: refusal)
        for name in ["layer", "from", "until", "who", "reason"] { page.fields[name] = form[name] }
        return .page(page.page(request), status: refusal.kind == .conflict ? 409 : 422)
      }
    }
    routes.get("oncall/:id/served/:served", needs: .onCallOwn) { request, scope in
      let (view, isNewer) = try await read(request, scope)
      // Whoever comes by an older message sees what stands now, with the older one below it.
      guard !isNewer else { return .redirect(to: "/oncall/\(view.rota.id)/served/\(view.history[0].id)") }
      return .page(ServedShiftPage(view: view).page(request))
    }
    routes.post("oncall/:id/served/:served", needs: .onCallEdit) { request, scope in
      let form = try request.form()
      return try await change(request, form, scope) { view, id in
        let (zone, now) = (view.zone, scope.now)
        return try await OnCall.correctServed(id, of: view.rota.id, in: scope) {
          before throws(RotaRefusal) in try draft(form, before.layer, zone, now)
        }
      }
    }
    routes.post("oncall/:id/served/:served/answer", needs: .onCallOwn) { request, scope in
      let form = try request.form()
      return try await change(request, form, scope) { view, id in
        try await OnCall.answerServed(
          id, of: view.rota.id, isRight: form["right"] == "yes", note: form["wrong"], in: scope)
        return id
      }
    }
  }

  private func draft(_ form: FormValues, _ layer: Rota.Layer?, _ zone: Zone, _ now: Instant)
    throws(RotaRefusal) -> ServedDraft
  {
    try ServedDraft(
      layer: layer, from: zone.moment(form["from"]), until: zone.moment(form["until"]), member: form["who"],
      reason: form["reason"], now: now)
  }

  private func ledger(_ request: WebRequest, _ scope: Scope) async throws -> DutyLedger {
    try await DutyLedger.read(try request.id(of: Rota.self), month: request.query("month"), scope)
  }

  private func read(_ request: WebRequest, _ scope: Scope) async throws -> (
    view: ServedShiftView, isNewer: Bool
  ) {
    try await ServedShiftView.read(
      try request.id("served", of: ServedShift.self), of: try request.id(of: Rota.self), scope)
  }

  /// What is refused comes back with its reason and with what was typed, beside what stands now.
  private func change(
    _ request: WebRequest, _ form: FormValues, _ scope: Scope,
    _ body: (ServedShiftView, ServedShift.ID) async throws -> ServedShift.ID
  ) async throws -> Reply {
    let view = try await read(request, scope).view
    do {
      let id = try await body(view, try request.id("served", of: ServedShift.self))
      return .redirect(to: "/oncall/\(view.rota.id)/served/\(id)")
    } catch let refusal as RotaRefusal where refusal.kind != .forbidden {
      let page = ServedShiftPage(view: view, refusal: refusal, typed: form)
      return .page(page.page(request), status: refusal.kind == .conflict ? 409 : 422)
    }
  }
}
