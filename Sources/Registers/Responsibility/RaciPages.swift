import Kernel
import Web

/// The table of who decides, does, is asked and is told within the facility.
enum RaciPages {
  static func table(_ request: WebRequest, _ table: Raci.Table) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let isEmpty = table.parties.isEmpty && table.activities.isEmpty
    return Page(
      t(.raciTitle), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.raciTitle))</h1>\(isEmpty ? nil : actions(request, t))</div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      \(RegisterTabs.tabs(request, current: "raci"))
      <p class="soft small">\(t(.raciLead))</p>
      \(isEmpty ? empty(request, t) : "\(standing(table, t))\(grid(request, table, t))\(foot(request, t))")
      """)
  }

  private static func actions(_ request: WebRequest, _ t: Texts<ResponsibilityText>) -> HTML {
    let edit: HTML? =
      request.may(.registersEdit)
      ? "<a class=\"button\" href=\"/responsibility/raci/parties\">\(t(.partiesLink))</a><a class=\"button\" data-kind=\"primary\" href=\"/responsibility/raci/new\">\(t(.activityAdd))</a>"
      : nil
    return """
      <div class="cluster"><button class="button" type="button" data-print hidden>\(t(.print))</button><a class="button" href="/responsibility/raci/sheet.pdf">\(t(.pdf))</a>\(edit)</div>
      """
  }

  private static func empty(_ request: WebRequest, _ t: Texts<ResponsibilityText>) -> HTML {
    let start: HTML? =
      request.may(.registersEdit)
      ? """
      <form method="post" action="/responsibility/raci/starters">\(Components.formToken(request))
      <button class="button" data-kind="primary">\(t(.raciStarters))</button></form>
      """ : nil
    return
      "<div class=\"empty\"><p><strong>\(t(.raciEmpty))</strong></p><p>\(t(.raciEmptyText))</p>\(start)</div>"
  }

  private static func standing(_ table: Raci.Table, _ t: Texts<ResponsibilityText>) -> HTML {
    let all = table.activities.flatMap { $0.findings(table.parties) }
    let findings = Raci.Finding.allCases.html { finding -> HTML in
      let count = all.count { $0 == finding }
      return count == 0 ? "" : Components.finding("\(t(finding.word)) \(t(.count, count))")
    }
    let good: HTML? = all.isEmpty ? "<span class=\"soft\">\(t(.raciGood))</span>" : nil
    return "<p class=\"cluster\">\(findings)\(good)</p>"
  }

  private static func grid(_ request: WebRequest, _ table: Raci.Table, _ t: Texts<ResponsibilityText>) -> HTML
  {
    let mayEdit = request.may(.registersEdit)
    let head = table.parties.html { party -> HTML in
      let person = party.person.flatMap { table.people[$0] }
      return
        "<th scope=\"col\">\(party.name)\(person.map { "<br><span class=\"small soft\">\($0)</span>" as HTML })</th>"
    }
    let rows = table.activities.html { activity -> HTML in
      let cells = table.parties.html { party -> HTML in
        guard let part = activity.part(of: party) else {
          return "<td class=\"soft\">\(t(.none))</td>"
        }
        return "<td><strong>\(part.rawValue)</strong><span class=\"small soft\">\(t(part.word))</span></td>"
      }
      let name: HTML =
        mayEdit
        ? "<a href=\"/responsibility/raci/\(activity.id)\">\(activity.name)</a>" : HTML(activity.name)
      let findings = activity.findings(table.parties).html { Components.finding(t($0.word)) }
      let tone: String? = findings.isEmpty ? nil : "bad"
      let concern: HTML = findings.isEmpty ? "<span class=\"soft\">\(t(.none))</span>" : findings
      return
        "<tr><th scope=\"row\">\(name)</th>\(cells)<td\("data-tone", is: tone)>\(concern)</td></tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.raciTitle))"><table class="matrix">
      <caption class="visually-hidden">\(t(.raciTitle))</caption>
      <thead><tr><th scope="col">\(t(.activity))</th>\(head)<th scope="col">\(t(.finding))</th></tr></thead><tbody>\(rows)</tbody></table></div>\(Components.scrollHint(Texts<WebText>(t.language)))
      """
  }

  private static func foot(_ request: WebRequest, _ t: Texts<ResponsibilityText>) -> HTML {
    "<p class=\"small soft\">\(t(.raciMeaning))</p>"
  }

  // MARK: One activity

  struct ActivityForm: Sendable {
    var activity: Raci.Activity
    var isNew: Bool
    var problem: (any Problem)?
    /// Someone else saved in the meantime.
    var theirs: Raci.Activity?
  }

  static func activity(_ request: WebRequest, _ form: ActivityForm, _ parties: [Raci.Party]) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = form.isNew ? t(.activityAdd) : t(.activityChange)
    let action: HTML = form.isNew ? "/responsibility/raci" : "/responsibility/raci/\(form.activity.id)"
    let problems = form.problem.map { [$0] } ?? []
    let options = [("", t(.none))] + Raci.Part.allCases.map { ($0.rawValue, "\($0.rawValue) \(t($0.word))") }
    let selects = parties.html { party in
      Components.select(
        "party-\(party.id)", party.name, options: options,
        chosen: form.activity.part(of: party)?.rawValue ?? "")
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/responsibility/raci">\(t(.raciTitle))</a></li></ol><h1>\(title)</h1>
      \(FormErrors.summary(request, problems))\(conflict(request, form, parties, t))
      <form class="panel stack" method="post" action="\(action)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.activity.version)">
      \(Components.field("name", t(.activity), value: form.activity.name, hint: t(.activityHint), error: FormErrors(request, problems)["name"], required: true))
      \(selects)
      \(Components.field("position", t(.position), value: "\(form.activity.position)", hint: t(.positionHint), inputmode: "numeric"))
      <p class="small soft">\(t(.raciMeaning))</p>
      <div class="cluster apart"><a href="/responsibility/raci">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>\(form.isNew ? nil : removal(request, action, form.activity.version, t(.activityRemove)))
      """)
  }

  private static func conflict(
    _ request: WebRequest, _ form: ActivityForm, _ parties: [Raci.Party], _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard let theirs = form.theirs else { return nil }
    let parts = parties.map { party -> (String, HTML) in
      (party.name, HTML(theirs.part(of: party).map { "\($0.rawValue) \(t($0.word))" } ?? t(.none)))
    }
    return Components.notice(
      .warn, request.texts(RegisterText.self)(.staleTitle),
      "<p>\(t(.staleText))</p>\(Components.facts([(t(.activity), HTML(theirs.name))] + parts))")
  }

  private static func removal(_ request: WebRequest, _ action: HTML, _ version: Int, _ label: String) -> HTML
  {
    """
    <form method="post" action="\(action)/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
    <p><button class="button" data-kind="danger">\(label)</button></p></form>
    """
  }

  // MARK: Parties

  static func parties(_ request: WebRequest, _ table: Raci.Table) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let rows = table.parties.html { party in
      """
      <tr><th scope="row" data-label="\(t(.party))"><a href="/responsibility/raci/parties/\(party.id)">\(party.name)</a></th>
      <td data-label="\(t(.partyPerson))">\(party.person.flatMap { table.people[$0] } ?? t(.none))</td></tr>
      """
    }
    return Page(
      t(.partiesTitle), menu: "registers", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/responsibility/raci">\(t(.raciTitle))</a></li></ol><h1>\(t(.partiesTitle))</h1></div>
      <a class="button" data-kind="primary" href="/responsibility/raci/parties/new">\(t(.partyAdd))</a></div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      <p>\(t(.partiesLead))</p>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.partiesTitle))</caption>
      <thead><tr><th scope="col">\(t(.party))</th><th scope="col">\(t(.partyPerson))</th></tr></thead><tbody>\(rows)</tbody></table>
      """)
  }

  static func party(
    _ request: WebRequest, _ party: Raci.Party, isNew: Bool, people: [(id: String, name: String)],
    problem: (any Problem)?, isStale: Bool = false
  ) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = isNew ? t(.partyAdd) : t(.partyChange)
    let action: HTML =
      isNew ? "/responsibility/raci/parties" : "/responsibility/raci/parties/\(party.id)"
    let problems = problem.map { [$0] } ?? []
    let options = [("", t(.none))] + people.map { ($0.id, $0.name) }
    let stale: HTML? =
      isStale
      ? Components.notice(
        .warn, request.texts(RegisterText.self)(.staleTitle), "<p>\(t(.staleText))</p>") : nil
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/responsibility/raci">\(t(.raciTitle))</a></li><li><a href="/responsibility/raci/parties">\(t(.partiesTitle))</a></li></ol><h1>\(title)</h1>
      \(FormErrors.summary(request, problems))\(stale)
      <form class="panel stack" method="post" action="\(action)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(party.version)">
      \(Components.field("name", t(.party), value: party.name, hint: t(.partyHint), error: FormErrors(request, problems)["name"], required: true))
      \(Components.select("person", t(.partyPerson), options: options, chosen: party.person?.text ?? "", hint: t(.partyPersonHint)))
      \(Components.field("position", t(.position), value: "\(party.position)", hint: t(.positionHint), inputmode: "numeric"))
      <div class="cluster apart"><a href="/responsibility/raci/parties">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>\(isNew ? nil : removal(request, action, party.version, t(.partyRemove)))
      """)
  }
}

extension Raci.Part {
  var word: ResponsibilityText {
    switch self {
    case .responsible: .responsible
    case .accountable: .accountable
    case .both: .decidesAndActs
    case .consulted: .consulted
    case .informed: .informed
    }
  }
}

extension Raci.Finding {
  var word: ResponsibilityText {
    switch self {
    case .noDecider: .noDecider
    case .severalDeciders: .severalDeciders
    case .nobodyActs: .nobodyActs
    }
  }
}
