import Kernel
import Web

/// What has been given for a time: the list with its history, and giving.
enum GrantPages {
  static func list(
    _ request: WebRequest, _ live: [Grant], _ all: (page: [Grant], total: Int), _ listing: Listing
  ) -> Page {
    let t = request.texts(GrantText.self)
    let give: HTML? =
      request.may(.grantsManage)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/people/grants/new\">\(t(.give))</a>" : nil
    let past = all.page.filter { $0.state(at: request.now) != .live }
    let now: HTML =
      live.isEmpty ? Components.empty(t(.none), t(.noneText), give) : table(request, live, t(.live), t)
    let history: HTML = past.isEmpty ? "<p>\(t(.noHistory))</p>" : table(request, past, t(.history), t)
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title))</h1>\(live.isEmpty ? nil : give)</div>
      \(RegisterTabs.tabs(request, current: "grants"))
      \(done(request, t))<p>\(t(.lead)) <a href="/people/roles">\(request.texts(PeopleText.self)(.rolesLink))</a></p>
      <section class="stack" aria-labelledby="h-live"><h2 id="h-live">\(t(.live))</h2>\(now)</section>
      <section class="stack" aria-labelledby="h-history"><h2 id="h-history">\(t(.history))</h2>\(history)
      \(Components.pager(listing, total: all.total, path: "/people/grants", request.texts(WebText.self)))</section>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<GrantText>) -> HTML? {
    switch request.query("done") {
    case "given": Components.notice(.good, t(.givenNow))
    case "ended": Components.notice(.good, t(.endedNow))
    default: nil
    }
  }

  /// Also on the page of one person.
  static func table(
    _ request: WebRequest, _ grants: [Grant], _ caption: String, _ t: Texts<GrantText>
  ) -> HTML {
    let roles = request.texts(PeopleText.self)
    let rows = grants.html { grant in
      """
      <tr><th scope="row" data-label="\(t(.person))">\(grant.personName)</th>
      <td data-label="\(t(.role))">\(roles(PeopleText.role(grant.role)))</td>
      <td data-label="\(t(.until))">\(request.language.timeTag(grant.until))</td>
      <td data-label="\(t(.reason))">\(grant.reason)</td>
      <td data-label="\(t(.giver))">\(grant.givenBy) \(request.language.timeTag(grant.givenAt.day))</td>
      <td data-label="\(t(.state))">\(state(request, grant, t))</td></tr>
      """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(caption)</caption>
      <thead><tr><th scope="col">\(t(.person))</th><th scope="col">\(t(.role))</th><th scope="col">\(t(.until))</th><th scope="col">\(t(.reason))</th><th scope="col">\(t(.giver))</th><th scope="col">\(t(.state))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  private static func state(_ request: WebRequest, _ grant: Grant, _ t: Texts<GrantText>) -> HTML {
    switch grant.state(at: request.now) {
    case .over: return HTML(t(.over))
    case .ended:
      return HTML(t(.endedBy, request.language.date((grant.endedAt ?? grant.until).day), grant.endedBy))
    case .live:
      guard request.may(.grantsManage) else { return Components.tag(t(.isLive), .warn) }
      return """
        <form method="post" action="/people/grants/\(grant.id)/end">\(Components.formToken(request))
        <button class="button" data-size="s" aria-label="\(t(.end)): \(grant.personName)">\(t(.end))</button></form>
        """
    }
  }

  // MARK: Giving

  static func new(
    _ request: WebRequest, _ people: [Person], typed: FormValues?, problem: GrantRefusal?
  ) -> Page {
    let t = request.texts(GrantText.self)
    let roles = request.texts(PeopleText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let others = people.filter { $0.id != request.person && !$0.role.needsGrant }
    var choices: [(value: String, name: String)] = [(value: "", name: t(.someoneElse))]
    for person in others {
      let role = roles(PeopleText.role(person.role))
      choices.append((value: person.id.text, name: t(.personWithRole, person.name, role)))
    }
    let offered: [Role] = Grant.forOwn.filter { !$0.needsGrant } + Grant.forOthers
    let roleChoices: [(value: String, name: String)] = offered.map { role in
      (value: role.rawValue, name: roles(PeopleText.role(role)))
    }
    let latest = today(request).adding(days: GrantDraft.mostDays - 1).description
    let chosen = typed?["person"] ?? request.query("person") ?? ""
    return Page(
      t(.newTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/people/grants">\(t(.title))</a></li></ol>
      <h1>\(t(.newTitle))</h1>
      <p>\(t(.newLead)) <a href="/people/roles">\(roles(.rolesLink))</a></p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" method="post" action="/people/grants" novalidate>\(Components.formToken(request))
      \(Components.select("person", t(.person), options: choices, chosen: chosen, error: errors["person"]))
      \(Components.field("login", t(.login), value: typed?["login"] ?? "", hint: t(.loginHint), error: errors["login"], autocomplete: "off"))
      \(Components.select("role", t(.role), options: roleChoices, chosen: typed?["role"] ?? "", hint: t(.roleHint), error: errors["role"]))
      \(Components.field("until", t(.untilDay), type: "date", value: typed?["until"] ?? "", hint: t(.untilHint), error: errors["until"], required: true, max: latest, min: today(request).description))
      \(Components.field("time", t(.time), type: "time", value: typed?["time"] ?? "", hint: t(.timeHint)))
      \(Components.field("reason", t(.reason), value: typed?["reason"] ?? "", hint: t(.reasonHint), error: errors["reason"], required: true, autocomplete: "off"))
      <p><button class="button" data-kind="primary">\(t(.giveNow))</button></p>
      </form>
      """)
  }

  private static func today(_ request: WebRequest) -> Day { request.now.day }
}
