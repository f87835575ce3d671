import Kernel
import Probes
import Storage
import Web

/// The ways to the pages of monitoring, and the address at which jobs report.
struct MonitoringRoutes: Sendable {
  let sealer: Sealer
  /// Where browsers find this program; nil takes the name by which it was asked.
  let address: PublicAddress
  let ceiling: NetworkCeiling
  private let beats = Beats()

  init(sealer: Sealer, address: PublicAddress, ceiling: NetworkCeiling) {
    (self.sealer, self.address, self.ceiling) = (sealer, address, ceiling)
  }

  func add(to routes: inout Routes) {
    routes.get("monitoring", needs: .monitoringRead) { request, scope in
      .page(MonitoringPages.list(request, try await MonitoringOverview.read(request, scope)))
    }
    addForms(&routes)
    addOne(&routes)
    addNetworks(&routes)
    routes.getByAnyone("readyz/monitoring") { request in
      let care = try await Installation(request.database).readQueues { try $0.watchCare(at: request.now) }
      return care.isWatched(at: request.now)
        ? .text("watching\n") : .text("no worker\n", status: 503)
    }
    for path in ["beat/:token", "beat/:token/:signal"] {
      routes.receive(path, keeping: Beats.mostLog) { try await take($0) }
    }
  }

  private func addForms(_ routes: inout Routes) {
    routes.get("monitoring/new", needs: .monitoringEdit) { request, scope in
      let values = MonitorKindsPage.known.reduce(into: [:]) { $0[$1] = request.query($1) }
      let choices = try await MonitorChoices.read(nil, system: values["system"] ?? "", scope)
      guard let kind = request.query("kind").flatMap(MonitorKind.init(rawValue:)) else {
        return .page(kinds(MonitorDraft(kind: .http, values: values), choices).page(request))
      }
      // A system with one machine is where that machine is; of more, the form offers each.
      let address = values["target"] ?? (choices.addresses.count == 1 ? choices.addresses.first : nil)
      let register = address.map { kind.filled(from: $0) } ?? [:]
      let filled = values.filter { $0.key != "target" }.merging(register) { known, _ in known }
      return .page(
        MonitorFormPage(draft: MonitorDraft(kind: kind, values: filled), choices: choices).page(request))
    }
    routes.post("monitoring", needs: .monitoringEdit) { request, scope in
      try await submit(request, over: nil, scope)
    }
    routes.get("monitoring/:id/settings", needs: .monitoringEdit) { request, scope in
      guard
        let stored = try await scope.read({ [id = try request.id(of: Monitor.self)] in try $0.monitor(id) })
      else {
        throw WebProblem.notFound
      }
      let choices = try await MonitorChoices.read(
        stored.monitor.parent, system: stored.monitor.system ?? "", scope)
      return .page(
        MonitorFormPage(draft: MonitorDraft(stored), choices: choices, stored: stored).page(request))
    }
    routes.post("monitoring/:id/settings", needs: .monitoringEdit) { request, scope in
      try await submit(request, over: try request.id(of: Monitor.self), scope)
    }
  }

  /// The question how to look, for what a draft says of the thing.
  private func kinds(_ draft: MonitorDraft, _ choices: MonitorChoices) -> MonitorKindsPage {
    let system = choices.systems.first { $0.id == draft["system"] }?.name ?? ""
    return MonitorKindsPage(
      values: draft.values, thing: WatchedThing(name: "\(draft["name"]) \(system)", device: draft["thing"]))
  }

  /// Another way of looking is asked for, or has been chosen, while the form was being filled in. Nothing is saved.
  private func turn(_ draft: MonitorDraft, _ choices: MonitorChoices, _ request: WebRequest) throws -> Page? {
    switch draft["act"] {
    case "kinds":
      var page = kinds(draft, choices)
      (page.before, page.kept) = (draft.kind, try draft.carried(sealer))
      return page.page(request)
    case "form":
      let turned = draft.turned(from: MonitorKind(rawValue: draft["was"]) ?? draft.kind)
      var page = MonitorFormPage(draft: turned, choices: choices)
      page.kept = turned.kept
      return page.page(request)
    default: return nil
    }
  }

  /// A form is tried or saved; what is refused comes back with its reason.
  private func submit(_ request: WebRequest, over id: Monitor.ID?, _ scope: Scope) async throws -> Reply {
    let form = try request.form()
    let stored = try await scope.read { tx in try id.flatMap { try tx.monitor($0) } }
    if id != nil, stored == nil { throw WebProblem.notFound }
    var draft = try MonitorDraft(form)
    let choices = try await MonitorChoices.read(stored?.monitor.parent, system: draft["system"], scope)
    if id == nil, let page = try turn(draft, choices, request) { return .page(page) }
    var page = MonitorFormPage(draft: draft, choices: choices, stored: stored)
    page.kept = try draft.carried(sealer)
    do {
      draft = try await draft.findingParent(in: scope).settled(among: choices.systems)
      if form["act"] == "try" {
        let monitor = try draft.monitor(id: id ?? scope.newID(), over: stored)
        let sealed = try draft.secrets(for: monitor, over: stored, sealer)
        let open = try draft.open(sealed, for: monitor, sealer)
        page.trial = try await trial(monitor, open, scope)
        return .page(page.page(request))
      }
      let saved = try await Monitoring.save(draft, over: id, sealer, in: scope)
      guard let token = saved.token else { return .redirect(to: "/monitoring/\(saved.id)") }
      return .page(MonitorFormPage.address(request, saved.id, draft["name"], url(request, token)))
    } catch let refusal as any Problem
      where [.invalid, .conflict].contains(refusal.kind) && !(refusal is Stale)
    {
      page.refusal = refusal
      return .page(page.page(request), status: refusal.kind == .invalid ? 422 : 409)
    }
  }

  private func trial(_ monitor: Monitor, _ secrets: [String: String], _ scope: Scope) async throws -> Outcome?
  {
    guard let check = try monitor.check(secrets: secrets) else { return nil }
    let text = try await scope.read { try $0.monitoringNetworks().text }
    let networks = Monitoring.networks(text, within: ceiling)
    let prober = Prober(networks: networks, clock: { scope.now })
    let outcome = await prober.probe(check, traced: true)
    await prober.close()
    return outcome
  }

  private func addOne(_ routes: inout Routes) {
    routes.get("monitoring/:id", needs: .monitoringRead) { request, scope in
      .page(MonitorPage.page(request, try await MonitorView.read(try request.id(of: Monitor.self), scope)))
    }
    routes.post("monitoring/:id/pause", needs: .monitoringEdit) { request, scope in
      let (id, form) = (try request.id(of: Monitor.self), try request.form())
      try await Monitoring.pause(id, form["paused"] == "yes", version: form.version, in: scope)
      return .redirect(to: "/monitoring/\(id)")
    }
    routes.post("monitoring/:id/removal", needs: .monitoringEdit) { request, scope in
      try await Monitoring.remove(try request.id(of: Monitor.self), in: scope)
      return .redirect(to: "/monitoring")
    }
    routes.post("monitoring/:id/address", needs: .monitoringEdit) { request, scope in
      let id = try request.id(of: Monitor.self)
      let token = try await Monitoring.newAddress(id, in: scope)
      return .page(MonitorFormPage.address(request, id, nil, url(request, token)))
    }
    routes.post("monitoring/:id/windows", needs: .monitoringEdit) { request, scope in
      let (id, form) = (try request.id(of: Monitor.self), try request.form())
      guard let from = moment(form["from"]), let until = moment(form["until"]),
        let reason = form["reason"].trimmed(to: 1...200)
      else { throw MonitorRefusal.badWindow }
      let series = WindowSeries(rawValue: form["repeat"]) ?? .once
      let (first, last) = (Window(from: from, until: until), Day(form["last"]))
      guard series.fits(first), series == .once || last != nil else { throw MonitorRefusal.badWindow }
      let windows = series.windows(first, until: last ?? from.day).map { window in
        MaintenanceWindow(
          id: scope.newID(), monitor: form["all"] == "yes" ? nil : id, window: window, reason: reason,
          madeBy: scope.actor.name)
      }
      try await Monitoring.add(windows, in: scope)
      return .redirect(to: "/monitoring/\(id)")
    }
    routes.post("monitoring/windows/:id/end", needs: .monitoringEdit) { request, scope in
      try await Monitoring.endWindow(try request.id(of: MaintenanceWindow.self), in: scope)
      return .redirect(to: "/monitoring")
    }
    routes.post("monitoring/alerts/:id/acknowledgement", needs: .monitoringEdit) { request, scope in
      try await Paging.acknowledge(
        [try request.id(of: Alert.self)], by: request.person, mayAlways: true, in: scope)
      return .redirect(to: localPath(try request.form()["back"]))
    }
  }

  private func addNetworks(_ routes: inout Routes) {
    routes.get("monitoring/networks", needs: .monitoringNetworks) { request, scope in
      let setting = try await scope.read { try $0.monitoringNetworks() }
      return .page(MonitoringPages.networks(request, setting.text, setting.version, ceiling, nil))
    }
    routes.post("monitoring/networks", needs: .monitoringNetworks) { request, scope in
      let form = try request.form()
      let version = form.version
      do { try await Monitoring.setNetworks(form["networks"], over: version, ceiling, in: scope) } catch let
        refusal
        as MonitorRefusal
      {
        return .page(
          MonitoringPages.networks(request, form["networks"], version, ceiling, refusal), status: 422)
      }
      return .redirect(to: "/monitoring")
    }
  }

  // MARK: Reports of jobs

  private func take(_ request: WebRequest) async throws -> Reply {
    let token = try request.parameter("token")
    guard let signal = BeatSignal(request.parameters["signal"]), token.utf8.count == 64 else {
      return .text(request.words.problem(MonitorRefusal.badBeat, request.language) + "\n", status: 404)
    }
    let log = String(decoding: request.body, as: UTF8.self).trimmed(to: 0...Beats.mostLog) ?? ""
    let hash = Secret.hash(token)
    guard let refused = beats.admit(hash, at: request.now) else {
      return .text(request.words.problem(MonitorRefusal.beatFlood, request.language) + "\n", status: 429)
        .with("Retry-After", "2")
    }
    let isKnown = try await beats.take(
      Beats.Report(
        tokenHash: hash, signal: signal, at: request.now, address: request.address, log: log,
        refusedBefore: refused), request.database)
    return isKnown
      ? .text("OK\n")
      : .text(request.words.problem(MonitorRefusal.badBeat, request.language) + "\n", status: 404)
  }

  private func url(_ request: WebRequest, _ token: String) -> String {
    "\(address.seen(by: request))/beat/\(token)"
  }

  /// `2026-12-01T18:30` on the clocks of Tokyo, as a field of a page gives it.
  private func moment(_ text: String) -> Instant? {
    let parts = text.split(separator: "T")
    guard parts.count == 2, let day = Day(String(parts[0])) else { return nil }
    let time = parts[1].split(separator: ":").map { Int($0) ?? -1 }
    guard time.count >= 2, (0...23).contains(time[0]), (0...59).contains(time[1]) else { return nil }
    return day.start.adding(minutes: Int64(time[0] * 60 + time[1]))
  }
}
