import Kernel
import Web

/// The board of a facility's second factors.
enum FactorBoard {
  static func page(
    _ request: WebRequest, _ roles: [RolePolicy], _ rows: (page: [FactorRow], total: Int), _ listing: Listing,
    lackingOnly: Bool
  ) -> Page {
    let t = request.texts(FactorText.self)
    let decide: HTML? =
      request.may(.factorsEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/people/factors/policies\">\(t(.decide))</a>" : nil
    let keeping = lackingOnly ? [(name: "show", value: "lacking")] : []
    return Page(
      t(.boardTitle), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.boardTitle))</h1>\(decide)</div>
      \(RegisterTabs.tabs(request, current: "factors"))
      \(done(request, t))
      \(figures(roles, t))
      \(summary(request, roles, t))
      <section class="stack" aria-labelledby="h-people"><h2 id="h-people">\(t(.peopleTitle))</h2>
      \(filter(lackingOnly, t))
      \(rows.total == 0 ? Components.empty(t(lackingOnly ? .noneLacking : .nobody), t(lackingOnly ? .noneLackingText : .nobodyText)) : people(request, rows.page, roles, t))
      \(Components.pager(listing, total: rows.total, path: "/people/factors", keeping: keeping, request.texts(WebText.self)))
      </section>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<FactorText>) -> HTML? {
    if let name = request.query("removed") { return Components.notice(.good, t(.resetDone, name)) }
    return request.query("done") == "policies" ? Components.notice(.good, t(.decided)) : nil
  }

  private static func figures(_ roles: [RolePolicy], _ t: Texts<FactorText>) -> HTML {
    let people = roles.reduce(0) { $0 + $1.people }
    let lacking = roles.reduce(0) { $0 + $1.lacking }
    return Components.figures([
      (nil, HTML(t(.figurePeople)), HTML(t(.count, people))),
      ("done", HTML(t(.figureHave)), HTML(t(.count, people - lacking))),
      (lacking > 0 ? "undone" : "done", HTML(t(.figureLack)), HTML(t(.count, lacking))),
    ])
  }

  /// What is asked of each role that anyone has.
  private static func summary(
    _ request: WebRequest, _ roles: [RolePolicy], _ t: Texts<FactorText>
  ) -> HTML {
    let words = request.texts(PeopleText.self)
    let rows = roles.filter { $0.people > 0 }.html { role in
      """
      <tr><th scope="row" data-label="\(t(.role))">\(words(PeopleText.role(role.role)))</th>
      <td data-label="\(t(.policy))">\(policy(role.policy, request, t))</td>
      <td data-label="\(t(.figureHave))">\(t(.ofMany, role.people - role.lacking, role.people))</td></tr>
      """
    }
    return """
      <section class="stack" aria-labelledby="h-roles"><h2 id="h-roles">\(t(.rolesTitle))</h2>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.rolesTitle))</caption>
      <thead><tr><th scope="col">\(t(.role))</th><th scope="col">\(t(.policy))</th><th scope="col">\(t(.figureHave))</th></tr></thead>
      <tbody>\(rows)</tbody></table></section>
      """
  }

  private static func policy(_ policy: FactorPolicy, _ request: WebRequest, _ t: Texts<FactorText>) -> HTML {
    switch policy.mode {
    case .off: HTML(t(.modeOff))
    case .asked: HTML(t(.modeAsked))
    case .required: HTML(t(.neededFrom, policy.from.map(request.language.date) ?? ""))
    }
  }

  private static func filter(_ lackingOnly: Bool, _ t: Texts<FactorText>) -> HTML {
    func link(_ path: HTML, _ text: FactorText, _ isHere: Bool) -> HTML {
      "<li><a href=\"\(path)\"\("aria-current", is: isHere ? "page" : nil)>\(t(text))</a></li>"
    }
    return """
      <nav aria-label="\(t(.peopleTitle))"><ul class="tabs" data-level="2">\(link("/people/factors", .showAll, !lackingOnly))\(link("/people/factors?show=lacking", .showLacking, lackingOnly))</ul></nav>
      """
  }

  private static func people(
    _ request: WebRequest, _ rows: [FactorRow], _ roles: [RolePolicy], _ t: Texts<FactorText>
  ) -> HTML {
    let words = request.texts(PeopleText.self)
    let mayEdit = request.may(.factorsEdit)
    let lines = rows.html { row in
      let policy = roles.first { $0.role == row.role }?.policy ?? .initial
      let isOther = row.person != request.visitor?.person
      let remove: HTML? =
        mayEdit && row.since != nil && isOther
        ? "<a href=\"/people/factors/\(row.person)/removal\" aria-label=\"\(t(.remove)): \(row.name)\">\(t(.remove))</a>"
        : nil
      return """
        <tr><th scope="row" data-label="\(t(.person))">\(row.name)</th><td data-label="\(t(.department))">\(row.department)</td>
        <td data-label="\(t(.role))">\(words(PeopleText.role(row.role)))</td>
        <td data-label="\(t(.state))">\(state(row, policy, request, t))</td>
        <td data-label="\(t(.recovery))">\(row.since == nil ? nil : HTML(t(.codeCount, row.recoveryLeft)))</td>
        \(mayEdit ? "<td>\(remove)</td>" as HTML : nil)</tr>
        """
    }
    let last: HTML? =
      mayEdit ? "<th scope=\"col\"><span class=\"visually-hidden\">\(t(.remove))</span></th>" : nil
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.peopleTitle))</caption>
      <thead><tr><th scope="col">\(t(.person))</th><th scope="col">\(t(.department))</th><th scope="col">\(t(.role))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.recovery))</th>\(last)</tr></thead>
      <tbody>\(lines)</tbody></table>
      """
  }

  private static func state(
    _ row: FactorRow, _ policy: FactorPolicy, _ request: WebRequest, _ t: Texts<FactorText>
  ) -> HTML {
    if let since = row.since {
      return "\(Components.mark(.done, t(.has))) \(request.language.timeTag(since.day, short: false))"
    }
    if policy.demands(on: request.now.day) { return Components.finding(t(.lackingNow)) }
    return policy.mode == .off ? HTML(t(.lacking)) : Components.tag(t(.lacking), .warn)
  }

  // MARK: What is asked

  static func policies(_ request: WebRequest, _ roles: [RolePolicy], problem: Accounts.Refusal?) -> Page {
    let t = request.texts(FactorText.self)
    let words = request.texts(PeopleText.self)
    let rows = roles.html { role in
      let name = words(PeopleText.role(role.role))
      let key = role.role.rawValue
      let isAmiss = problem != nil && role.policy.mode == .required && role.policy.from == nil
      let modes = FactorPolicy.Mode.allCases.html { mode in
        "<option value=\"\(mode.rawValue)\"\("selected", if: mode == role.policy.mode)>\(t(FactorText.mode(mode)))</option>"
      }
      return """
        <tr><th scope="row">\(name)<input type="hidden" name="version-\(key)" value="\(role.version)"></th>
        <td data-label="\(t(.policy))"><select name="mode-\(key)" aria-label="\(name): \(t(.policy))">\(modes)</select></td>
        <td data-label="\(t(.from))"><input type="date" name="from-\(key)" value="\(role.policy.from?.description ?? "")" aria-label="\(name): \(t(.from))"\("aria-invalid", is: isAmiss ? "true" : nil)></td>
        <td data-label="\(t(.figureHave))">\(t(.ofMany, role.people - role.lacking, role.people))</td></tr>
        """
    }
    return Page(
      t(.decide), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/people/factors">\(t(.boardTitle))</a></li></ol>
      <h1>\(t(.decide))</h1>
      <p>\(t(.decideLead))</p><p>\(t(.guideline))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="stack" action="/people/factors/policies" method="post">\(Components.formToken(request))
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.decide))</caption>
      <thead><tr><th scope="col">\(t(.role))</th><th scope="col">\(t(.policy))</th><th scope="col">\(t(.from))</th><th scope="col">\(t(.figureHave))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      <p><button class="button" data-kind="primary">\(t(.decideSave))</button></p></form>
      """)
  }

  static func removal(_ request: WebRequest, _ person: Person, problem: Accounts.Refusal?) -> Page {
    let t = request.texts(FactorText.self)
    return Page(
      t(.resetTitle, person.name), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/people/factors">\(t(.boardTitle))</a></li></ol>
      <h1>\(t(.resetTitle, person.name))</h1>
      <p>\(t(.resetText))</p><p>\(t(.resetCheck))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" action="/people/factors/\(person.id)/removal" method="post">\(Components.formToken(request))
      <p><button class="button" data-kind="danger">\(t(.resetButton))</button></p></form>
      """)
  }
}
