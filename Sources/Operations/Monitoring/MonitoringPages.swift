import Kernel
import Storage
import Web

/// What the list shows.
struct MonitoringOverview: Sendable {
  var lines: [MonitorLine]
  let names: [Monitor.ID: String]
  let all: Int
  let counts: [Shown: Int]
  let alerts: [Alert]
  let windows: [MaintenanceWindow]
  let systems: [String: WatchedSystem]
  /// Systems that no monitor speaks for, and those without a job that tells of their backup.
  let unwatched: [WatchedSystem]
  let withoutBackup: [WatchedSystem]
  let devices: [ProposedDevice]
  let listing: Listing
  let filter: String
  let kind: String
  let search: String

  static func read(_ request: WebRequest, _ scope: Scope) async throws -> MonitoringOverview {
    let (lines, alerts, windows, systems, devices) = try await scope.read { tx in
      (
        try tx.monitorLines(at: scope.now), try tx.alerts(limit: 100), try tx.windows(endingAfter: scope.now),
        try tx.watchedSystems(), try tx.proposableDevices()
      )
    }
    // What rests is not watched.
    let working = lines.filter { $0.shown != .paused }
    let watched = Set(working.compactMap(\.system))
    let backed = Set(working.filter(\.isBackup).compactMap(\.system))
    let counts = Dictionary(grouping: lines, by: \.shown).mapValues(\.count)
    let (filter, kind) = (request.query("state") ?? "", request.query("kind") ?? "")
    let search = request.query("q") ?? ""
    let hosts = Set(working.map { Monitoring.host(in: $0.target).lowercased() })
    let chosen = lines.filter { line in
      (filter.isEmpty || line.shown.rawValue == filter || (filter == "bad" && line.shown < .slow))
        && (kind.isEmpty || line.kind.rawValue == kind)
        && (search.isEmpty || line.name.folded.contains(search.folded)
          || line.target.folded.contains(search.folded))
    }
    let sorted = chosen.enumerated().sorted { ($0.element.shown, $0.offset) < ($1.element.shown, $1.offset) }
    return MonitoringOverview(
      lines: sorted.map(\.element),
      names: Dictionary(lines.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }),
      all: lines.count, counts: counts,
      alerts: alerts.filter { $0.resolvedAt == nil }, windows: windows,
      systems: Dictionary(systems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
      unwatched: systems.filter { !watched.contains($0.id) }.gravestFirst,
      withoutBackup: systems.filter {
        ["stops", "delays"].contains($0.impact ?? "") && !backed.contains($0.id)
      }.gravestFirst,
      devices: devices.filter { !hosts.contains($0.address.lowercased()) },
      listing: Listing(request), filter: filter, kind: kind, search: search)
  }
}

enum MonitoringPages {
  typealias T = Texts<MonitoringText>

  // MARK: The list

  static func list(_ request: WebRequest, _ view: MonitoringOverview) -> Page {
    let t = request.texts(MonitoringText.self)
    // With nothing to watch yet, the way on stands in the middle of the page.
    let add: HTML? = request.may(.monitoringEdit) && view.all > 0 ? addButton(t) : nil
    let networks: HTML? =
      request.may(.monitoringNetworks) ? "<a href=\"/monitoring/networks\">\(t(.networks))</a>" : nil
    let board: HTML? =
      request.may(.pagingEdit)
      ? "<a href=\"/board\">\(request.texts(BoardText.self)(.settingTitle))</a>" : nil
    let calls: HTML = """
      <a href="/paging">\(request.texts(PagingText.self)(.title))</a><a href="/figures">\(request.texts(FiguresText.self)(.title))</a>\(board)
      """
    let head: HTML = """
      <div class="page-head"><div><h1>\(t(.title))</h1><p>\(t(.lead))</p></div><p class="cluster">\(add)\(calls)\(networks)</p></div>
      """
    guard view.all > 0 else {
      return Page(t(.title), menu: "monitoring", "\(head)\(empty(request, view, t))")
    }
    return Page(
      t(.title), menu: "monitoring",
      """
      \(head)\(figures(view, t))\(alerts(request, view, t))\(table(request, view, t))\(planned(request, view, t))\(UnwatchedLists.lists(request, view))
      """)
  }

  private static func addButton(_ t: T) -> HTML {
    "<a class=\"button\" data-kind=\"primary\" href=\"/monitoring/new\">\(t(.add))</a>"
  }

  private static func empty(_ request: WebRequest, _ view: MonitoringOverview, _ t: T) -> HTML {
    guard request.may(.monitoringEdit) else { return Components.empty(t(.emptyTitle), t(.emptyReader)) }
    guard let first = UnwatchedLists.first(of: view) else {
      return Components.empty(t(.emptyTitle), t(.emptyAlone), addButton(t))
    }
    let choose: HTML = "<a class=\"button\" href=\"#\(first)\">\(t(.emptyChoose))</a>"
    let empty = Components.empty(t(.emptyTitle), t(.emptyText), "\(addButton(t)) \(choose)")
    return "\(empty)\(UnwatchedLists.lists(request, view))"
  }

  private static func figures(_ view: MonitoringOverview, _ t: T) -> HTML {
    let shown: [Shown] = [.down, .stale, .unknown, .doubtful, .slow, .up]
    return Components.figures(
      shown.filter { view.counts[$0] != nil || $0 == .down || $0 == .up }.map { state in
        let count = view.counts[state] ?? 0
        return (
          mark: nil, name: HTML(t(.shown(state))),
          value: "<a href=\"/monitoring?state=\(state.rawValue)\">\(count)</a>"
        )
      })
  }

  /// Sign, word and colour of a state.
  static func state(_ shown: Shown, _ t: T) -> HTML {
    let (sign, tone): (String, Tone?) =
      switch shown {
      case .down: ("×", .bad)
      case .stale, .unknown: ("?", .warn)
      case .doubtful, .slow: ("△", .warn)
      case .up: ("○", .good)
      case .waiting, .paused: ("−", nil)
      }
    return
      "<span class=\"tag\"\("data-tone", is: tone?.rawValue)><b aria-hidden=\"true\">\(sign)</b> \(t(.shown(shown)))</span>"
  }

  private static func alerts(_ request: WebRequest, _ view: MonitoringOverview, _ t: T) -> HTML? {
    guard !view.alerts.isEmpty else { return nil }
    let items = view.alerts.html { alert in
      """
      <li><a href="/alerts/\(alert.id)">\(alert.name)</a> \(Components.tag("L\(alert.level.rawValue)", alert.level >= .l4 ? .bad : nil)) \
      \(t(.sinceTime, t.language.dateTime(alert.openedAt)))\(reason(alert.problem, request).map { "<br><span class=\"small\">\($0)</span>" as HTML })\
      \(untold(alert, at: request.now, t))\(acknowledgement(request, alert, back: "/monitoring", t))</li>
      """
    }
    return """
      <section class="panel" aria-labelledby="open-alerts"><h2 id="open-alerts">\(t(.openAlerts))</h2><ul class="plain">\(items)</ul></section>
      """
  }

  /// That nobody could be told, once the time for putting messages together is over.
  private static func untold(_ alert: Alert, at now: Instant, _ t: T) -> HTML? {
    let waits = alert.openedAt.adding(milliseconds: 2 * Grouping.spanMs)
    guard alert.toldAt == nil, now > waits else { return nil }
    return "<br><span class=\"small\" data-tone=\"bad\">\(t(.untold))</span>"
  }

  static func reason(_ problem: StoredMonitor.StoredProblem?, _ request: WebRequest) -> String? {
    problem.map { request.words.problem($0, request.language) }
  }

  /// Who has taken it on, or the button to do so.
  static func acknowledgement(_ request: WebRequest, _ alert: Alert, back: String, _ t: T) -> HTML {
    if let by = alert.acknowledgedBy, let at = alert.acknowledgedAt {
      return "<br><span class=\"small\">\(t(.takenBy, by, t.language.dateTime(at)))</span>"
    }
    guard request.may(.monitoringEdit), alert.resolvedAt == nil else { return "" }
    return """
      <form class="cluster" method="post" action="/monitoring/alerts/\(alert.id)/acknowledgement">\(Components.formToken(request))\
      <input type="hidden" name="back" value="\(back)"><button class="button" data-size="s">\(t(.take))</button></form>
      """
  }

  private static func table(_ request: WebRequest, _ view: MonitoringOverview, _ t: T) -> HTML {
    let page = view.lines.dropFirst(view.listing.offset).prefix(view.listing.size)
    let rows = page.html { line in
      let system = line.system.flatMap { view.systems[$0] }
      let level = line.level ?? ImpactLevel(impact: system?.impact)
      let why = line.shown == .up || line.shown == .paused ? nil : reason(line.problem, request)
      let last = line.lastAt.map { t.language.dateTime($0) } ?? t(.notYet)
      let time = line.kind == .heartbeat || line.lastAt == nil ? "−" : t(.milliseconds, tenths(line.lastMs))
      return """
        <tr><td data-label="\(t(.state))">\(state(line.shown, t))</td><th scope="row"><a href="/monitoring/\(line.id)">\(line.name)</a>\
        <br><span class="small">\(t(.kind(line.kind))) \(line.target)</span>\(why.map { "<br><span class=\"small\">\($0)</span>" as HTML })</th>\
        <td data-label="\(t(.system))">\(system?.name ?? "−")</td><td data-label="\(t(.level))">L\(level.rawValue)</td>\
        <td data-label="\(t(.lastResult))">\(last)</td><td data-label="\(t(.responseTime))">\(time)</td></tr>
        """ as HTML
    }
    let pager = Components.pager(
      view.listing, total: view.lines.count, path: "/monitoring",
      keeping: [("state", view.filter), ("kind", view.kind), ("q", view.search)], request.texts(WebText.self))
    let none: HTML? = view.lines.isEmpty ? "<p>\(t(.noneMatch))</p>" : nil
    return """
      <section class="stack" aria-labelledby="all-monitors"><h2 id="all-monitors">\(t(.monitors))</h2>\(filters(view, t))\(none)
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.monitors))</caption><thead><tr><th scope="col">\(t(.state))</th>\
      <th scope="col">\(t(.name))</th><th scope="col">\(t(.system))</th><th scope="col">\(t(.level))</th><th scope="col">\(t(.lastResult))</th>\
      <th scope="col">\(t(.responseTime))</th></tr></thead><tbody>\(rows)</tbody></table>\(pager)</section>
      """
  }

  private static func filters(_ view: MonitoringOverview, _ t: T) -> HTML {
    let states: [(value: String, name: String)] =
      [("", t(.everyState)), ("bad", t(.onlyBad))] + Shown.allCases.map { ($0.rawValue, t(.shown($0))) }
    let kinds: [(value: String, name: String)] =
      [("", t(.everyKind))] + MonitorKind.allCases.map { ($0.rawValue, t(.kind($0))) }
    return """
      <form class="filters cluster" method="get" action="/monitoring">\(Components.field("q", t(.search), type: "search", value: view.search))\
      \(Components.select("state", t(.state), options: states, chosen: view.filter))\
      \(Components.select("kind", t(.kindOfCheck), options: kinds, chosen: view.kind))<button class="button">\(t(.narrow))</button></form>
      """
  }

  private static func planned(_ request: WebRequest, _ view: MonitoringOverview, _ t: T) -> HTML? {
    guard !view.windows.isEmpty else { return nil }
    return """
      <section class="stack" aria-labelledby="planned"><h2 id="planned">\(t(.windows))</h2>\(windows(request, view.windows, view.names, t))</section>
      """
  }

  /// - Parameter names: of the monitors, where it is not clear which one is meant.
  static func windows(
    _ request: WebRequest, _ windows: [MaintenanceWindow], _ names: [Monitor.ID: String], _ t: T
  ) -> HTML {
    let items = windows.html { window in
      let end: HTML? =
        request.may(.monitoringEdit)
        ? """
        <form class="cluster" method="post" action="/monitoring/windows/\(window.id)/end">\(Components.formToken(request))<button class="button" data-size="s">\(t(.endWindow))</button></form>
        """ : nil
      return """
        <li>\(t.language.dateTime(window.window.from)) − \(t.language.dateTime(window.window.until)) \(window.monitor.map { names[$0] ?? "" } ?? t(.allMonitors)) \(window.reason) (\(window.madeBy)) \(end)</li>
        """ as HTML
    }
    return "<ul class=\"plain\">\(items)</ul>"
  }

  // MARK: Networks

  static func networks(
    _ request: WebRequest, _ text: String, _ version: Int, _ ceiling: NetworkCeiling,
    _ refusal: MonitorRefusal?
  ) -> Page {
    let t = request.texts(MonitoringText.self)
    let error = refusal.map { request.words.problem($0, t.language) }
    let most: HTML? = ceiling.text.map { "<p>\(t(.ceiling, $0))</p>" }
    return Page(
      t(.networks), menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(t(.title))</a></li></ol><h1>\(t(.networks))</h1></div></div>
      <p>\(t(.networksLead))</p>\(most)\(error.map { Components.errorSummary(t(.notSaved), [("networks", $0)]) })
      <form class="panel stack" method="post" action="/monitoring/networks">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
      \(Components.textArea("networks", t(.networksField), value: text, hint: t(.networksHint), error: error))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  /// 12.3, for people.
  static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
