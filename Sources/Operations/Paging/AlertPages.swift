import Kernel
import Web

/// One alert: what is so, what to do meanwhile, who was called and who has it.
enum AlertPages {
  typealias T = Texts<PagingText>

  static func page(_ request: WebRequest, _ view: AlertView) -> Page {
    let t = request.texts(PagingText.self)
    let print: HTML = "<a href=\"/alerts/\(view.alert.id)/print\">\(t(.printed))</a>"
    let up: HTML? =
      request.may(.monitoringRead)
      ? "<ol class=\"crumbs\"><li><a href=\"/monitoring\">\(t(.monitoring))</a></li></ol>" : nil
    return Page(
      title(view, t), menu: "monitoring",
      """
      <div class="page-head"><div>\(up)<h1>\(title(view, t))</h1></div><p class="cluster">\(print)</p></div>\
      \(facts(request, view, t))\(answer(request, view, t))\(tries(request, view))\(calls(request, view, t))
      """)
  }

  /// For paper: all of it on one sheet.
  static func printed(_ request: WebRequest, _ view: AlertView) -> Page {
    let t = request.texts(PagingText.self)
    return Page(
      title(view, t), menu: "monitoring", bare: true,
      """
      <article class="sheet"><h1>\(title(view, t))</h1>\(facts(request, view, t))\(tries(request, view))\(calls(request, view, t))<p class="small">\(t(.printedAt, t.language.dateTime(request.now)))</p></article>
      """)
  }

  private static func title(_ view: AlertView, _ t: T) -> String {
    view.page.map { "\($0.number) \(view.alert.name)" } ?? view.alert.name
  }

  private static func facts(_ request: WebRequest, _ view: AlertView, _ t: T) -> HTML {
    let m = request.texts(MonitoringText.self)
    let alert = view.alert
    let state =
      alert.resolvedAt.map { t(.overSince, t.language.dateTime($0)) }
      ?? (alert.grade == .down ? m(.shownDown) : m(.shownSlow))
    var facts: [(String, HTML)] = [
      (m(.state), HTML(state)), (m(.since), t.language.timeTag(alert.openedAt)),
      (m(.level), HTML(m(.level(alert.level)))),
    ]
    if let why = MonitoringPages.reason(alert.problem, request) { facts.append((m(.why), HTML(why))) }
    if let system = view.system { facts.append((m(.system), HTML(system.name))) }
    if let monitor = view.monitor {
      facts.append(
        (
          m(.name),
          request.may(.monitoringRead)
            ? "<a href=\"/monitoring/\(monitor.id)\">\(monitor.name)</a>" : HTML(monitor.name)
        ))
      if !monitor.advice.isEmpty { facts.append((m(.advice), HTML(monitor.advice))) }
    }
    if let by = alert.acknowledgedBy, let at = alert.acknowledgedAt {
      facts.append((t(.taken), HTML(m(.takenBy, by, t.language.dateTime(at)))))
    }
    if let page = view.page {
      if !page.plan.criteria.isEmpty { facts.append((t(.criteria), HTML(page.plan.criteria))) }
      facts.append((t(.policy), HTML(page.plan.policy.isEmpty ? t(.standing) : page.plan.policy)))
      if let next = page.nextAt { facts.append((t(.nextCall), t.language.timeTag(next))) }
    }
    return "<section class=\"panel\">\(Components.facts(facts))</section>"
  }

  private static func tries(_ request: WebRequest, _ view: AlertView) -> HTML? {
    guard !view.tries.isEmpty else { return nil }
    return RecoveryPages.runs(request, view.tries, request.texts(RecoveryText.self))
  }

  private static func answer(_ request: WebRequest, _ view: AlertView, _ t: T) -> HTML? {
    guard view.alert.acknowledgedAt == nil, view.alert.resolvedAt == nil else { return nil }
    let isCalled = request.person.map { own in view.calls.contains { $0.recipient == .person(own) } } ?? false
    guard isCalled || request.may(.monitoringEdit) else { return nil }
    return """
      <form class="stack" method="post" action="/alerts/\(view.alert.id)/acknowledgement">\(Components.formToken(request))<p>\(t(.takeText))</p>\
      <p><button class="button" data-kind="primary">\(t(.take))</button></p></form>
      """
  }

  /// Who served, where a call went to a rota and someone else did than was planned.
  private static func served(_ request: WebRequest, _ view: AlertView, _ call: PageCall, _ t: T) -> HTML? {
    guard let plan = view.page?.plan, !plan.steps.isEmpty else { return nil }
    let targets = plan.step(call.turn).targets
    let there = view.served.filter {
      $0.window.contains(call.at) && targets.contains(.rota($0.rota, $0.layer))
    }
    return there.html { each in
      let name: String =
        switch each.member {
        case .person(let id): view.names[id] ?? "−"
        case .desk(let name, _): name
        case nil: t(.servedNobody)
        }
      let layer = request.texts(OnCallText.self)(.layer(each.layer))
      return "<br><span class=\"small\">\(t(.servedThen, layer, name))</span>" as HTML
    }
  }

  private static func calls(_ request: WebRequest, _ view: AlertView, _ t: T) -> HTML {
    guard !view.calls.isEmpty else { return Components.empty(t(.noCalls), t(.noCallsText)) }
    let count = max(1, view.page?.plan.steps.count ?? 1)
    let rows = view.calls.html { call in
      let who: HTML =
        switch call.recipient {
        case .person(let id): HTML(view.names[id] ?? "−")
        case .desk(let name, let phone): "\(name) <span class=\"nowrap\">\(phone)</span>"
        case .channel(let id): HTML(view.channels[id] ?? "−")
        case nil: Components.finding(t(.nobodyThere))
        }
      return
        "<tr><td>\(t.language.timeTag(call.at))</td><td>\(call.turn % count + 1)</td><td>\(who)\(served(request, view, call, t))</td></tr>"
        as HTML
    }
    return """
      <section class="stack" aria-labelledby="calls"><h2 id="calls">\(t(.calls))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(t(.calls))"><table class="table"><caption class="visually-hidden">\(t(.calls))</caption>\
      <thead><tr><th scope="col">\(t(.called))</th><th scope="col">\(t(.stepNumber))</th><th scope="col">\(t(.whoCalled))</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  // MARK: Without signing in

  static func answer(_ request: WebRequest, _ view: LetterView, token: String) -> Page {
    let t = request.texts(PagingText.self)
    let m = request.texts(MonitoringText.self)
    let items = view.alerts.prefix(AlertLetter.mostNamed).html { alert, number in
      let state =
        alert.resolvedAt.map { t(.overSince, t.language.dateTime($0)) }
        ?? alert.acknowledgedBy.map {
          m(.takenBy, $0, alert.acknowledgedAt.map { t.language.dateTime($0) } ?? "")
        }
        ?? m(.sinceTime, t.language.dateTime(alert.openedAt))
      return "<li><strong>\(number) \(alert.name)</strong> L\(alert.level.rawValue)<br>\(state)</li>" as HTML
    }
    let more: HTML? =
      view.alerts.count > AlertLetter.mostNamed
      ? "<p>\(m(.andMore, view.alerts.count - AlertLetter.mostNamed))</p>" : nil
    let button: HTML =
      view.open.isEmpty || view.name == nil
      ? Components.notice(.good, t(.nothingOpen), "<p>\(t(.nothingOpenText))</p>")
      : """
      <form method="post" action="/p/\(token)">\(Components.formToken(request))<p>\(t(.takeText))</p>\
      <p><button class="button" data-kind="primary">\(t(.takeAs, view.name ?? ""))</button></p></form>
      """
    return Page(
      t(.answerTitle), narrow: true, bare: true,
      "<h1>\(t(.answerTitle))</h1><p>\(view.facility)</p><ul class=\"plain\">\(items)</ul>\(more)\(button)")
  }
}
