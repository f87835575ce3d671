import Kernel
import Web

enum FiguresPages {
  typealias T = Texts<FiguresText>

  static func board(_ request: WebRequest, _ view: FiguresView) -> Page {
    let t = request.texts(FiguresText.self)
    let head: HTML = """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(request.texts(PagingText.self)(.monitoring))</a></li></ol>\
      <h1>\(t(.title))</h1><p>\(t(.since, t.language.date(view.since)))</p></div></div>
      """
    guard !view.isEmpty else {
      return Page(
        t(.title), menu: "monitoring",
        "\(head)\(Components.empty(t(.emptyTitle), t(.emptyText)))\(coverage(view, t))")
    }
    return Page(
      t(.title), menu: "monitoring",
      "\(head)\(numbers(view, t))\(systems(request, view, t))\(noisy(view, t))\(coverage(view, t))")
  }

  private static func numbers(_ view: FiguresView, _ t: T) -> HTML {
    func time(_ ms: Int64?) -> HTML { HTML(ms.map { t.span($0) } ?? "−") }
    let counts: [(FiguresText, Int)] = [
      (.night, view.calls.calls[.night] ?? 0), (.holiday, view.calls.calls[.holiday] ?? 0),
      (.business, view.calls.calls[.business] ?? 0), (.outages, view.outages),
    ]
    let figures = Components.figures(
      counts.map { (mark: nil, name: HTML(t($0.0)), value: HTML(t.language.number($0.1))) })
    return """
      <section class="stack" aria-labelledby="numbers"><h2 id="numbers">\(t(.calls))</h2>\(figures)
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.times))"><table class="table"><caption class="visually-hidden">\(t(.times))</caption><thead><tr><th scope="col">\(t(.times))</th><th scope="col">\(t(.median))</th><th scope="col">\(t(.ninetieth))</th><th scope="col">\(t(.count))</th></tr></thead>
      <tbody><tr><th scope="row">\(t(.toAcknowledge))</th><td>\(time(view.toAcknowledge?.medianMs))</td><td>\(time(view.toAcknowledge?.ninetiethMs))</td><td>\(view.toAcknowledge?.count ?? 0)</td></tr>
      <tr><th scope="row">\(t(.toRestore))</th><td>\(time(view.toRestore?.medianMs))</td><td>\(time(view.toRestore?.ninetiethMs))</td><td>\(view.toRestore?.count ?? 0)</td></tr></tbody></table></div>
      <p class="small">\(t(.timesText, view.unanswered))</p></section>
      """
  }

  private static func systems(_ request: WebRequest, _ view: FiguresView, _ t: T) -> HTML {
    guard !view.systems.isEmpty else { return "" }
    let rows = view.systems.html { line in
      let share = line.tally?.availability.map { MonitorPage.percent($0) } ?? "−"
      let spent = line.tally.flatMap { line.system.goal?.spent($0) }
      let budget: HTML =
        spent.map { $0 > 100 ? Components.finding(t(.overspent, $0)) : HTML(t(.spent, $0)) } ?? "−"
      let goal = line.system.goal.map { t(.goalOf, $0.percent) } ?? t(.noGoal)
      let change: HTML =
        request.may(.monitoringEdit)
        ? "<a href=\"/figures/goals/\(line.system.id)\">\(goal)<span class=\"visually-hidden\"> \(line.system.name)</span></a>"
        : HTML(goal)
      return """
        <tr><th scope="row">\(line.system.name)</th><td data-label="\(t(.availability))">\(share)</td><td data-label="\(t(.hoursCount))">\(t(.hours(line.system.goal?.hours ?? .always)))</td>\
        <td data-label="\(t(.goal))">\(change)</td><td data-label="\(t(.budget))">\(budget)</td></tr>
        """ as HTML
    }
    return """
      <section class="stack" aria-labelledby="systems"><h2 id="systems">\(t(.availabilityOf, FiguresView.days))</h2><p class="small">\(t(.availabilityText))</p>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.availability))</caption><thead><tr><th scope="col">\(t(.system))</th><th scope="col">\(t(.availability))</th><th scope="col">\(t(.hoursCount))</th>\
      <th scope="col">\(t(.goal))</th><th scope="col">\(t(.budget))</th></tr></thead><tbody>\(rows)</tbody></table></section>
      """
  }

  private static func noisy(_ view: FiguresView, _ t: T) -> HTML? {
    guard !view.noisiest.isEmpty else { return nil }
    let items = view.noisiest.html { each in
      "<li><a href=\"/monitoring/\(each.monitor)\">\(each.name)</a> \(t.times(each.count))</li>"
    }
    return
      "<section class=\"stack\" aria-labelledby=\"noisy\"><h2 id=\"noisy\">\(t(.noisiest))</h2><p>\(t(.noisiestText))</p><ol>\(items)</ol></section>"
  }

  private static let mostNamed = 20

  private static func coverage(_ view: FiguresView, _ t: T) -> HTML {
    func part(_ title: String, _ systems: [GoalSystem]) -> HTML? {
      guard !systems.isEmpty else { return nil }
      let items = systems.prefix(mostNamed).html {
        "<li><a href=\"/registers/systems/\($0.id)\">\($0.name)</a></li>"
      }
      let more: HTML? =
        systems.count > mostNamed ? "<p class=\"small\">\(t(.andMore, systems.count - mostNamed))</p>" : nil
      return
        "<div class=\"panel\"><h3>\(Components.finding(title)) \(systems.count)</h3><ul class=\"plain\">\(items)</ul>\(more)</div>"
    }
    let nobody: HTML? =
      view.calls.nobody > 0
      ? "<div class=\"panel\"><h3>\(Components.finding(t(.nobodyOnCall))) \(view.calls.nobody)</h3><p><a href=\"/paging\">\(t(.nobodyText))</a></p></div>"
      : nil
    let parts = [
      part(t(.unwatched), view.unwatched), part(t(.noBackup), view.withoutBackup),
      part(t(.noKeeper), view.withoutKeeper), nobody, ahead(view, t),
    ].compactMap { $0 }
    let covered = t(view.ahead.isEmpty ? .allCoveredAlone : .allCovered)
    let noSystem: HTML =
      "<p>\(t(.noSystems)) <a href=\"/registers/systems\">\(t(.toSystems))</a></p>"
    let body: HTML =
      parts.isEmpty
      ? view.registered == 0 ? noSystem : "<p>\(covered)</p>"
      : "<div class=\"columns\">\(parts)</div>"
    return
      "<section class=\"stack\" aria-labelledby=\"coverage\"><h2 id=\"coverage\">\(t(.coverage))</h2>\(body)</section>"
  }

  /// Hours of the coming days that nobody holds, of the rotas that are called; and those for which no duty is planned.
  private static func ahead(_ view: FiguresView, _ t: T) -> HTML? {
    func name(_ each: CoverageAhead) -> HTML {
      let name = t(each.layer == .primary ? .primaryOf : .secondaryOf, each.name)
      return "<a href=\"/oncall/\(each.rota)\">\(name)</a>"
    }
    let open = view.ahead.filter { $0.nobodyMinutes > 0 }
    let off = view.ahead.filter { $0.offMinutes > 0 }
    guard !open.isEmpty || !off.isEmpty else { return nil }
    let items = open.html { each in
      let first = each.first.map { t(.firstGap, t.language.dateTime($0)) } ?? ""
      return
        "<li>\(name(each)) \(t(.hoursCountOf, each.nobodyHours)) <span class=\"small\">\(first)</span></li>"
        as HTML
    }
    let rest = off.html { "<li class=\"small\">\(name($0)) \(t(.offHours, $0.offHours))</li>" }
    let title: HTML =
      open.isEmpty
      ? HTML(t(.offAhead, CoverageAhead.days)) : Components.finding(t(.nobodyAhead, CoverageAhead.days))
    return "<div class=\"panel\"><h3>\(title)</h3><ul class=\"plain\">\(items)\(rest)</ul></div>"
  }

  static func goal(
    _ request: WebRequest, _ system: WatchedSystem, _ percent: String, _ hours: ServiceGoal.Hours,
    _ version: Int,
    _ refusal: FigureRefusal?
  ) -> Page {
    let t = request.texts(FiguresText.self)
    let title = t(.goalTitle, system.name)
    let error = refusal.map { request.words.problem($0, t.language) }
    let options: [(value: String, label: HTML)] = ServiceGoal.Hours.allCases.map {
      ($0.rawValue, HTML(t(.hours($0))))
    }
    return Page(
      title, menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/figures">\(t(.title))</a></li></ol><h1>\(title)</h1></div></div>
      \(error.map { Components.errorSummary(t(.notSaved), [("target", $0)]) })
      <form class="panel stack" method="post" action="/figures/goals/\(system.id)">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
      \(Components.field("target", t(.target), value: percent, hint: t(.targetHint), error: error, inputmode: "decimal"))
      \(Components.choices("hours", t(.hoursCount), options: options, chosen: hours.rawValue, tall: true))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}

extension Texts<FiguresText> {
  /// 3分, 2時間10分.
  func span(_ ms: Int64) -> String {
    let minutes = Int((ms + 59_999) / 60_000)
    return minutes < 60 ? self(.minutes, minutes) : self(.hoursMinutes, minutes / 60, minutes % 60)
  }

  func times(_ count: Int) -> String { self(.timesCount, count) }
}
