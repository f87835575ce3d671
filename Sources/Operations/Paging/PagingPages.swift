import Kernel
import Storage
import Web

/// What the first page of paging shows.
struct PagingOverview: Sendable {
  let rules: [RoutingRule]
  let policies: [EscalationPolicy]
  let hours: BusinessHours
  let systems: [String: WatchedSystem]
  let faults: [ShownFault]

  static func read(_ scope: Scope) async throws -> PagingOverview {
    try await scope.read { tx in
      PagingOverview(
        rules: try tx.rules(), policies: try tx.policies(), hours: try tx.pagingSetting().setting.hours,
        systems: Dictionary(
          try tx.watchedSystems().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
        faults: try tx.faults(limit: 20))
    }
  }
}

enum PagingPages {
  typealias T = Texts<PagingText>

  static func head(_ title: String, _ t: T, to path: String = "/paging", _ up: String? = nil) -> HTML {
    """
    <div class="page-head"><div><ol class="crumbs"><li><a href="\(path)">\(up ?? t(.title))</a></li></ol><h1>\(title)</h1></div></div>
    """
  }

  /// The refusal above a form.
  static func refused(_ refusal: (any Problem)?, _ request: WebRequest, _ t: T) -> HTML? {
    refusal.map { Components.errorSummary(t(.notSaved), [($0.field, request.words.problem($0, t.language))]) }
  }

  static func error(_ field: String, _ refusal: (any Problem)?, _ request: WebRequest) -> String? {
    refusal.flatMap { $0.field == field ? request.words.problem($0, request.language) : nil }
  }

  static func overview(_ request: WebRequest, _ view: PagingOverview) -> Page {
    let t = request.texts(PagingText.self)
    let channels: HTML? =
      request.may(.pagingChannels) ? "<a href=\"/paging/channels\">\(t(.channels))</a>" : nil
    return Page(
      t(.title), menu: "monitoring",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(t(.monitoring))</a></li></ol><h1>\(t(.title))</h1><p>\(t(.lead))</p></div>\
      <p class="cluster"><a href="/paging/preferences">\(t(.preferences))</a>\(channels)</p></div>
      \(faults(view, t))\(rules(request, view, t))\(policies(request, view, t))\(hours(request, view, t))
      """)
  }

  private static func faults(_ view: PagingOverview, _ t: T) -> HTML? {
    guard !view.faults.isEmpty else { return nil }
    let items = view.faults.html { fault in
      """
      <li>\(t.language.timeTag(fault.at)) \(Components.finding(t(.fault(fault.fault)))) <a href="/alerts/\(fault.alert)">\(fault.detail["number"] ?? "") \(fault.detail["name"] ?? "")</a></li>
      """
    }
    return
      "<section class=\"panel\" aria-labelledby=\"faults\"><h2 id=\"faults\">\(t(.faults))</h2><p>\(t(.faultsText))</p><ul class=\"plain\">\(items)</ul></section>"
  }

  private static func rules(_ request: WebRequest, _ view: PagingOverview, _ t: T) -> HTML {
    let names = Dictionary(view.policies.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    let rows = view.rules.html { rule in
      let hours = rule.hours.isEmpty ? t(.always) : rule.hours.map { t(.hours($0)) }.joined(separator: "、")
      let system = rule.system.map { view.systems[$0]?.name ?? "−" } ?? t(.everySystem)
      let levels =
        rule.lowest == rule.highest
        ? "L\(rule.lowest.rawValue)" : "L\(rule.lowest.rawValue)–L\(rule.highest.rawValue)"
      let who = rule.start == .inbox ? "−" : rule.policy.flatMap { names[$0] } ?? t(.standing)
      let change: HTML? =
        request.may(.pagingEdit)
        ? "<a href=\"/paging/rules/\(rule.id)\">\(t(.change))<span class=\"visually-hidden\"> \(rule.criteria)</span></a>"
        : nil
      return """
        <tr><th scope="row" data-label="\(t(.criteria))">\(rule.criteria)</th><td data-label="\(t(.system))">\(system)</td><td data-label="\(t(.levels))">\(levels)</td>\
        <td data-label="\(t(.whenHours))">\(hours)</td><td data-label="\(t(.start))">\(t(.start(rule.start)))\(rule.holdMinutes > 0 ? " \(t(.heldFor, rule.holdMinutes))" : "")</td>\
        <td data-label="\(t(.policy))">\(who)</td><td>\(change)</td></tr>
        """ as HTML
    }
    // Without anyone to call in turn, that is the first thing to decide.
    let main = view.policies.isEmpty ? nil : "primary"
    let add: HTML? =
      request.may(.pagingEdit)
      ? "<a class=\"button\"\("data-kind", is: main) href=\"/paging/rules/new\">\(t(.addRule))</a>" : nil
    guard !view.rules.isEmpty else {
      let empty = Components.empty(t(.noRules), add == nil ? t(.noRulesReader) : t(.noRulesText), add)
      return
        "<section class=\"stack\" aria-labelledby=\"rules\"><h2 id=\"rules\">\(t(.rules))</h2><p>\(t(.rulesText))</p>\(empty)</section>"
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.rules))</caption><thead><tr><th scope="col">\(t(.criteria))</th><th scope="col">\(t(.system))</th>\
      <th scope="col">\(t(.levels))</th><th scope="col">\(t(.whenHours))</th><th scope="col">\(t(.start))</th><th scope="col">\(t(.policy))</th><th scope="col"><span class="visually-hidden">\(t(.change))</span></th></tr></thead><tbody>\(rows)</tbody></table><p class="small">\(t(.elseStanding))</p>
      """
    return """
      <section class="stack" aria-labelledby="rules"><h2 id="rules">\(t(.rules))</h2><p>\(t(.rulesText))</p>\(table)\(add.map { "<p>\($0)</p>" as HTML })</section>
      """
  }

  private static func policies(_ request: WebRequest, _ view: PagingOverview, _ t: T) -> HTML {
    let items = view.policies.html { policy in
      let name: HTML =
        request.may(.pagingEdit)
        ? "<a href=\"/paging/policies/\(policy.id)\">\(policy.name)</a>" : HTML(policy.name)
      let times = policy.steps.map { t(.afterMinutes, $0.afterMinutes) }.joined(separator: " → ")
      return
        "<li>\(name) <span class=\"small\">\(times)\(policy.repeats > 0 ? " \(t(.repeated, policy.repeats))" : "")</span></li>"
        as HTML
    }
    let isEmpty = view.policies.isEmpty
    let add: HTML? =
      request.may(.pagingEdit)
      ? """
      <a class="button"\("data-kind", is: isEmpty ? "primary" : nil) href="/paging/policies/new">\(t(.addPolicy))</a>
      """ : nil
    let list: HTML =
      isEmpty
      ? Components.empty(t(.noPolicies), add == nil ? t(.noPoliciesReader) : t(.noPoliciesText), add)
      : "<ul class=\"plain\">\(items)</ul>\(add.map { "<p>\($0)</p>" as HTML })"
    return
      "<section class=\"stack\" aria-labelledby=\"policies\"><h2 id=\"policies\">\(t(.policies))</h2>\(list)</section>"
  }

  private static func hours(_ request: WebRequest, _ view: PagingOverview, _ t: T) -> HTML {
    let days = view.hours.weekdays.sorted().map { t(.weekday($0)) }.joined(separator: "・")
    let change: HTML? = request.may(.pagingEdit) ? "<a href=\"/paging/hours\">\(t(.change))</a>" : nil
    return """
      <section class="stack" aria-labelledby="hours"><h2 id="hours">\(t(.hoursTitle))</h2><p>\(days) \(HoursDraft.clock(view.hours.opens))–\(HoursDraft.clock(view.hours.closes)) \
      \(view.hours.closesAtYearEnd ? t(.yearEndOff) : "") \(change)</p><p class="small">\(t(.hoursText))</p></section>
      """
  }

  static func hours(_ request: WebRequest, _ draft: HoursDraft, _ version: Int, _ refusal: PagingRefusal?)
    -> Page
  {
    let t = request.texts(PagingText.self)
    let days = (0...6).html { day in
      "<label><input type=\"checkbox\" name=\"weekdays\" value=\"\(day)\"\("checked", if: draft.weekdays.contains(day))><span>\(t(.weekday(day)))</span></label>"
    }
    return Page(
      t(.hoursTitle), menu: "monitoring", narrow: true,
      """
      \(head(t(.hoursTitle), t))<p>\(t(.hoursText))</p>\(refused(refusal, request, t))
      <form class="panel stack" method="post" action="/paging/hours">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
      <fieldset class="field"><legend>\(t(.workingDays))</legend><div class="choices">\(days)</div></fieldset>
      \(Components.field("opens", t(.opens), type: "time", value: draft.opens, error: error("opens", refusal, request), required: true))
      \(Components.field("closes", t(.closes), type: "time", value: draft.closes, required: true))
      \(Components.choices("yearend", t(.yearEnd), options: [("yes", HTML(t(.isYes))), ("no", HTML(t(.isNo)))], chosen: draft.closesAtYearEnd ? "yes" : "no"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  static func preferences(
    _ request: WebRequest, _ callee: Callee, _ wish: PagePreference, _ version: Int, _ phones: [Channel],
    isSaved: Bool
  ) -> Page {
    let t = request.texts(PagingText.self)
    let saved: HTML? = isSaved ? Components.notice(.good, t(.saved)) : nil
    let ways: [(value: String, name: String)] = [("", t(.noPhone))] + phones.map { ($0.id.text, $0.name) }
    let phone: HTML =
      phones.isEmpty
      ? "<p class=\"small\">\(t(.noPhones))</p>"
      : """
      \(Components.select("phone", t(.phoneWay), options: ways, chosen: wish.phone?.text ?? "", hint: t(.phoneWayHint)))\
      \(Components.choices("number", t(.phoneNumber), options: [("night", HTML(t(.nightNumber, callee.phoneNight ?? "−"))), ("day", HTML(t(.dayNumber, callee.phoneDay ?? "−")))], chosen: wish.number.rawValue))
      """
    return Page(
      t(.preferences), menu: "monitoring", narrow: true,
      """
      \(head(t(.preferences), t, to: request.may(.monitoringRead) ? "/paging" : "/", request.may(.monitoringRead) ? nil : t(.home)))\(saved)<p>\(t(.preferencesText))</p>
      <form class="panel stack" method="post" action="/paging/preferences">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
      \(Components.choices("mail", t(.byMail, callee.mail ?? t(.noMail)), options: [("yes", HTML(t(.isYes))), ("no", HTML(t(.isNo)))], chosen: wish.usesMail ? "yes" : "no"))
      \(phone)
      \(Components.choices("language", t(.language), options: [("ja", "日本語"), ("en", "English")], chosen: wish.language))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}

enum PolicyFormPage {
  static func page(
    _ request: WebRequest, _ draft: PolicyDraft, _ choices: TargetChoices, _ id: EscalationPolicy.ID?,
    _ refusal: PagingRefusal?
  ) -> Page {
    let t = request.texts(PagingText.self)
    let title = id == nil ? t(.addPolicy) : draft["name"]
    let targets = options(choices, t)
    let steps = (1...EscalationPolicy.mostSteps).html { number in
      let fields = zip(PolicyDraft.places, [t(.whom), t(.alsoWhom), t(.alsoWhom)]).html { place, label in
        Components.select(
          "\(place)\(number)", label, options: targets, chosen: draft["\(place)\(number)"],
          error: PagingPages.error("\(place)\(number)", refusal, request))
      }
      return """
        <fieldset class="field"><legend>\(t(.step, number))</legend><div class="cluster">\
        \(Components.field("after\(number)", t(.after), value: draft["after\(number)"], error: PagingPages.error("after\(number)", refusal, request), inputmode: "numeric"))\(fields)</div></fieldset>
        """ as HTML
    }
    let removal: HTML? = id.map { id in
      """
      <details><summary>\(t(.removePolicy))</summary><form class="cluster" method="post" action="/paging/policies/\(id)/removal">\(Components.formToken(request))\
      <p>\(t(.removePolicyText))</p><button class="button" data-kind="danger">\(t(.removePolicy))</button></form></details>
      """
    }
    return Page(
      title, menu: "monitoring",
      """
      \(PagingPages.head(title, t))\(PagingPages.refused(refusal, request, t))<p>\(t(.policyText))</p>
      <form class="panel stack" method="post" action="/paging/policies\(id.map { "/\($0)" } ?? "")">\(Components.formToken(request))<input type="hidden" name="version" value="\(draft.version)">
      \(Components.field("name", t(.name), value: draft["name"], hint: t(.policyNameHint), error: PagingPages.error("name", refusal, request), required: true))
      \(steps)
      \(Components.field("repeats", t(.repeats), value: draft["repeats"], error: PagingPages.error("repeats", refusal, request), inputmode: "numeric"))
      \(Components.field("gap", t(.gap), value: draft["gap"], inputmode: "numeric"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>\(removal)
      """)
  }

  private static func options(_ choices: TargetChoices, _ t: Texts<PagingText>) -> [(
    value: String, name: String
  )] {
    var options: [(value: String, name: String)] = [
      ("", t(.nobodyChosen)), ("owner", t(.owner)), ("deputy", t(.deputy)), ("standing", t(.standing)),
      ("administrators", t(.administrators)),
    ]
    for rota in choices.rotas {
      options.append(("rota:\(rota.id):primary", t(.rotaPrimary, rota.name)))
      options.append(("rota:\(rota.id):secondary", t(.rotaSecondary, rota.name)))
    }
    options += choices.channels.map { ("channel:\($0.id)", t(.room, $0.name)) }
    return options + choices.people.map { ("person:\($0.id)", $0.name) }
  }
}

enum RuleFormPage {
  static func page(
    _ request: WebRequest, _ draft: RuleDraft, _ choices: RuleChoices, _ id: RoutingRule.ID?,
    _ refusal: (any Problem)?
  ) -> Page {
    let t = request.texts(PagingText.self)
    let m = request.texts(MonitoringText.self)
    let title = id == nil ? t(.addRule) : t(.changeRule)
    let levels: [(value: String, name: String)] = ImpactLevel.allCases.map {
      ("\($0.rawValue)", m(.level($0)))
    }
    let systems: [(value: String, name: String)] =
      [("", t(.everySystem))] + choices.systems.map { ($0.id, $0.name) }
    let policies: [(value: String, name: String)] =
      [("", t(.standing))] + choices.policies.map { ($0.id.text, $0.name) }
    let starts: [(value: String, label: HTML)] = RoutingRule.Start.allCases.map {
      ($0.rawValue, HTML(t(.start($0))))
    }
    let hours = HourKind.allCases.html { kind in
      "<label><input type=\"checkbox\" name=\"hours\" value=\"\(kind.rawValue)\"\("checked", if: draft.hours.contains(kind.rawValue))><span>\(t(.hours(kind)))</span></label>"
    }
    let removal: HTML? = id.map { id in
      """
      <details><summary>\(t(.removeRule))</summary><form class="cluster" method="post" action="/paging/rules/\(id)/removal">\(Components.formToken(request))\
      <p>\(t(.removeRuleText))</p><button class="button" data-kind="danger">\(t(.removeRule))</button></form></details>
      """
    }
    return Page(
      title, menu: "monitoring", narrow: true,
      """
      \(PagingPages.head(title, t))\(PagingPages.refused(refusal, request, t))
      <form class="panel stack" method="post" action="/paging/rules\(id.map { "/\($0)" } ?? "")">\(Components.formToken(request))<input type="hidden" name="version" value="\(draft.version)">
      \(Components.textArea("criteria", t(.criteria), value: draft["criteria"], hint: t(.criteriaHint), error: PagingPages.error("criteria", refusal, request), most: 300))
      \(Components.select("system", t(.system), options: systems, chosen: draft["system"]))
      \(Components.select("lowest", t(.lowest), options: levels, chosen: draft["lowest"], error: PagingPages.error("lowest", refusal, request)))
      \(Components.select("highest", t(.highest), options: levels, chosen: draft["highest"]))
      <fieldset class="field"><legend>\(t(.whenHours))</legend><div class="choices">\(hours)</div><p class="hint">\(t(.whenHoursHint))</p></fieldset>
      \(Components.choices("slow", t(.takesSlow), options: [("no", HTML(t(.isNo))), ("yes", HTML(t(.isYes)))], chosen: draft["slow"].isEmpty ? "no" : draft["slow"]))
      \(Components.choices("start", t(.start), options: starts, chosen: draft["start"].isEmpty ? "now" : draft["start"], tall: true))
      \(Components.field("hold", t(.hold), value: draft["hold"], hint: t(.holdHint), error: PagingPages.error("hold", refusal, request), inputmode: "numeric"))
      \(Components.select("policy", t(.policy), options: policies, chosen: draft["policy"], error: PagingPages.error("policy", refusal, request)))
      \(Components.field("position", t(.position), value: draft["position"], hint: t(.positionHint), inputmode: "numeric"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>\(removal)
      """)
  }
}
