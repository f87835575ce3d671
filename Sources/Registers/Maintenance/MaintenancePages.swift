import Kernel
import Web

/// The question whether the facility leaves all updates to vendors, in words for someone who is no specialist.
enum MaintenancePages {
  static func page(
    _ request: WebRequest, _ registers: MaintenanceRegisters, _ decisions: [MaintenanceDecision],
    typed: FormValues?
  ) -> Page {
    let t = request.texts(MaintenanceText.self)
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title))</h1></div>\(RegisterTabs.tabs(request, current: "maintenance"))
      <p>\(t(.lead))</p><p class="small">\(Components.tag(t(.checkOriginal))) \(t(.basis))</p>
      \(standing(decisions.first, registers.check, t))
      \(servers(registers.check, t))
      \(form(request, registers, decisions.first, typed, t))
      \(history(decisions, t))
      """)
  }

  // MARK: Where it stands

  private static func standing(
    _ decision: MaintenanceDecision?, _ check: MaintenanceCheck, _ t: Texts<MaintenanceText>
  ) -> HTML {
    guard let decision else { return Components.notice(.info, t(.notYet), "<p>\(t(.notYetText))</p>") }
    let changes = decision.changes(to: check)
    let day = t.language.timeTag(decision.decidedAt.day, short: false)
    let result: HTML =
      "\(tag(decision.outcome, t)) <span class=\"soft\">\(day) \(decision.decidedBy)</span> <a href=\"/maintenance/\(decision.id)\">\(t(.toRecord))</a>"
    guard !changes.isEmpty else { return "<section class=\"panel\"><p>\(result)</p></section>" }
    let list = sentences(changes, t).html { "<li>\($0)</li>" }
    return Components.notice(
      .warn, t(.changedSince), "<p>\(result)</p><ul class=\"plain\">\(list)</ul><p>\(t(.askAgain))</p>")
  }

  private static func sentences(_ changes: MaintenanceDecision.Changes, _ t: Texts<MaintenanceText>)
    -> [String]
  {
    let all: [(MaintenanceText, Int)] = [
      (.changeAdded, changes.added), (.changeRemoved, changes.removed), (.changeTie, changes.changed),
      (.changeUnmarked, changes.unmarked),
    ]
    return all.filter { $0.1 > 0 }.map { t($0.0, $0.1) }
  }

  static func tag(_ outcome: MaintenanceResult.Outcome, _ t: Texts<MaintenanceText>) -> HTML {
    switch outcome {
    case .applies: Components.tag(t(.applies), .good)
    case .doesNotApply: Components.tag(t(.doesNotApply), .warn)
    case .open: Components.tag(t(.open), .info)
    }
  }

  // MARK: Servers

  /// More are not shown; those that lack something come first.
  private static let mostServers = 300

  private static func servers(_ check: MaintenanceCheck, _ t: Texts<MaintenanceText>) -> HTML {
    let unmarked: HTML? =
      check.unmarked == 0
      ? nil
      : "<p>\(Components.finding(t(.unmarked, check.unmarked))) <a href=\"/registers/devices?kind=pc\">\(t(.markThem))</a></p>"
    guard !check.servers.isEmpty else {
      return """
        <section aria-labelledby="h-servers" class="stack" data-gap="s"><h2 id="h-servers">\(t(.serversTitle, 0))</h2>\(unmarked)
        \(Components.empty(t(.noServers), t(.noServersText), "<a class=\"button\" href=\"/registers/devices/new?kind=server\">\(t(.addServer))</a>"))</section>
        """
    }
    let lacking = check.lacking.count
    let state: HTML =
      lacking == 0 ? "<p>\(t(.allWritten))</p>" : "<p>\(Components.finding(t(.lackingServers, lacking)))</p>"
    let more: HTML? =
      check.servers.count > mostServers
      ? "<p class=\"small\">\(t(.moreServers, check.servers.count, mostServers))</p>" : nil
    return """
      <section aria-labelledby="h-servers" class="stack" data-gap="s"><h2 id="h-servers">\(t(.serversTitle, check.servers.count))</h2>
      <p class="small">\(t(.serversText))</p>\(state)\(unmarked)\(more)\(table(check.servers.prefix(mostServers), linked: true, t))</section>
      """
  }

  static func table(
    _ servers: some Collection<MaintenanceCheck.Server>, linked: Bool, _ t: Texts<MaintenanceText>
  ) -> HTML {
    let rows = servers.html { server -> HTML in
      let path: HTML =
        server.kind == .device ? "/registers/devices/\(server.id)" : "/registers/systems/\(server.id)"
      let name = server.number.isEmpty ? server.name : "\(server.name) (\(server.number))"
      let title: HTML = linked ? "<a href=\"\(path)\">\(name)</a>" : HTML(name)
      let kind: HTML? = server.kind == .cloud ? " \(Components.tag(t(.cloud)))" : nil
      let tie: HTML =
        switch server.tie {
        case .written(_, let clause): "<span>\(Components.tag(t(.written), .good)) \(clause)</span>"
        case .lacking(let lack): Components.finding(t(MaintenanceText.lack(lack)))
        }
      return """
        <tr><th scope="row" data-label="\(t(.server))"><span>\(title)\(kind)</span></th><td data-label="\(t(.vendor))">\(server.vendor)</td><td data-label="\(t(.duty))">\(tie)</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.serversCaption))</caption>
      <thead><tr><th scope="col">\(t(.server))</th><th scope="col">\(t(.vendor))</th><th scope="col">\(t(.duty))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  // MARK: The questions

  private static func form(
    _ request: WebRequest, _ registers: MaintenanceRegisters, _ last: MaintenanceDecision?,
    _ typed: FormValues?,
    _ t: Texts<MaintenanceText>
  ) -> HTML {
    func choices(
      _ name: String, _ legend: MaintenanceText, _ last: MaintenanceAnswer?, _ words: [MaintenanceText]
    )
      -> HTML
    {
      let options = zip(MaintenanceAnswer.allCases, words).map { (value: $0.rawValue, label: HTML(t($1))) }
      let chosen = typed?[name] ?? last?.rawValue
      let error =
        typed.map { MaintenanceAnswer(rawValue: $0[name]) == nil } == true
        ? request.words.problem(Maintenance.Refusal.noAnswer, t.language) : nil
      return Components.choices(name, t(legend), options: options, chosen: chosen, error: error)
    }
    let written: HTML =
      registers.check.servers.isEmpty || !registers.check.lacking.isEmpty
      ? Components.finding(t(.no)) : Components.tag(t(.yes), .good)
    let disclosures: HTML =
      registers.disclosures ? Components.tag(t(.yes), .good) : Components.finding(t(.no))
    let button: HTML? =
      request.may(.registersEdit)
      ? "<p><button class=\"button\" data-kind=\"primary\">\(t(.record))</button></p>" : nil
    return """
      <section aria-labelledby="h-questions" class="stack" data-gap="s"><h2 id="h-questions">\(t(.questionsTitle))</h2>
      <form class="panel stack" method="post" action="/maintenance/decision">\(Components.formToken(request))
      \(choices("noStaff", .askStaff, last?.noStaff, [.staffNobody, .staffSomeone, .dontKnow]))
      \(choices("allListed", .askListed, last?.allListed, [.yes, .listedMore, .dontKnow]))
      <p><b>\(t(.askWritten))</b><br>\(written)</p>
      <p><b>\(t(.askDisclosures))</b><br>\(disclosures) <a href="/disclosures">\(t(.toDisclosures))</a></p>
      <p class="small">\(t(.disclosuresDoNotDecide))</p>\(button)</form></section>
      """
  }

  private static func history(_ decisions: [MaintenanceDecision], _ t: Texts<MaintenanceText>) -> HTML? {
    guard decisions.count > 1 else { return nil }
    let items = decisions.dropFirst().html { decision in
      """
      <li>\(tag(decision.outcome, t)) <a href="/maintenance/\(decision.id)">\(t.language.date(decision.decidedAt.day))</a> <span class="soft">\(decision.decidedBy)</span></li>
      """
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.earlier))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }

  // MARK: The record

  /// One result with what decided it, for printing.
  static func record(_ request: WebRequest, _ decision: MaintenanceDecision) -> Page {
    let t = request.texts(MaintenanceText.self)
    let day = t.language.timeTag(decision.decidedAt.day, short: false)
    let reasons = decision.result.reasons.map { reason($0, t) }
    let why: HTML? =
      reasons.isEmpty ? nil : "<ul class=\"plain\">\(reasons.html { "<li>\($0)</li>" })</ul>"
    let deciding =
      switch decision.outcome {
      case .applies: decision.servers
      case .doesNotApply: decision.check.lacking
      case .open: [MaintenanceCheck.Server]()
      }
    let decided: HTML? =
      deciding.isEmpty
      ? nil
      : "<section aria-labelledby=\"h-deciding\"><h2 id=\"h-deciding\">\(t(.decidingTitle, deciding.count))</h2>\(table(deciding, linked: false, t))</section>"
    let others = decision.servers.filter { server in !deciding.contains(server) }
    let rest: HTML? =
      others.isEmpty
      ? nil
      : "<section aria-labelledby=\"h-servers\"><h2 id=\"h-servers\">\(t(deciding.isEmpty ? .serversTitle : .otherServers, others.count))</h2>\(table(others, linked: false, t))</section>"
    let saved: HTML? = request.query("recorded") == nil ? nil : Components.notice(.good, t(.recorded))
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><ol class="crumbs"><li><a href="/maintenance">\(t(.title))</a></li></ol></div>\(saved)
      <article class="sheet"><header class="sheet-head"><h1>\(t(.recordTitle))</h1><p>\(request.visitor?.facilityName ?? "") ・ \(day)</p></header>
      <p class="lead"><strong>\(t(MaintenanceText.sentence(decision.outcome)))</strong></p>\(why)
      \(Components.facts([
        (t(.askStaff), HTML(t(MaintenanceText.staff(decision.noStaff)))),
        (t(.askListed), HTML(t(MaintenanceText.listed(decision.allListed)))),
        (t(.askWritten), HTML(t(decision.servers.isEmpty || !decision.check.lacking.isEmpty ? .no : .yes))),
        (t(.askDisclosures), HTML(t(decision.disclosures ? .yes : .no))),
      ]))
      \(decided)\(rest)<p class="small">\(t(.basis))</p>
      <footer class="sheet-foot small"><span>\(t(.decidedBy, decision.decidedBy))</span><span>\(t(.checkOriginal))</span></footer></article>
      """)
  }

  private static func reason(_ reason: MaintenanceResult.Reason, _ t: Texts<MaintenanceText>) -> String {
    switch reason {
    case .ownStaff: t(.reasonStaff)
    case .servers(let count): t(.reasonServers, count)
    case .staffUnknown: t(.reasonStaffUnknown)
    case .listUnfinished: t(.reasonList)
    case .noServers: t(.reasonNoServers)
    case .unmarked(let count): t(.unmarked, count)
    }
  }
}
