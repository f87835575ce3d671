import Frameworks
import Kernel
import Registers
import Web

/// What an auditor may see, who has been given an audit, and giving it.
enum VisitPages {
  /// For the auditor: what they may see, and until when.
  static func own(_ request: WebRequest, _ visits: [AuditVisit]) -> Page {
    let t = request.texts(VisitText.self)
    let rows = visits.html { visit in
      """
      <tr><th scope="row" data-label="\(t(.audit))"><a href="/audits/\(visit.audit)">\(visit.auditName)</a></th>
      <td data-label="\(t(.until))">\(t.language.timeTag(visit.until))</td><td data-label="\(t(.reason))">\(visit.reason)</td>
      <td data-label="\(t(.givenBy))">\(visit.givenBy)</td><td><a href="/findings?audit=\(visit.audit)">\(t(.findings))</a></td></tr>
      """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption><thead><tr><th scope="col">\(t(.audit))</th><th scope="col">\(t(.until))</th>
      <th scope="col">\(t(.reason))</th><th scope="col">\(t(.givenBy))</th><th scope="col">\(t(.findings))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.title), menu: "visits",
      """
      <h1>\(t(.title))</h1><p>\(t(.lead))</p>
      \(visits.isEmpty ? Components.empty(t(.empty), t(.emptyText)) : "\(table)<p>\(t(.mayText))</p>")
      """)
  }

  /// On every page that someone sees by a visit.
  static func notice(_ request: WebRequest, _ visit: AuditVisit?) -> HTML? {
    guard let visit else { return nil }
    let t = request.texts(VisitText.self)
    return Components.notice(
      .info, t(.mayHeading, visit.auditName, t.language.dateTime(visit.until)), "<p>\(t(.mayText))</p>")
  }

  // MARK: For the facility

  static func list(_ request: WebRequest, _ audit: Audit, _ visits: [AuditVisit]) -> Page {
    let t = request.texts(VisitText.self)
    let give: HTML? =
      request.may(.grantsManage)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/audits/\(audit.id)/visits/new\">\(t(.give))</a>"
      : nil
    let rows = visits.html { visit -> HTML in
      let isLive = visit.isLive(at: request.now)
      let end: HTML =
        isLive && request.may(.grantsManage)
        ? """
        <form method="post" action="/people/grants/\(visit.grant)/end">\(Components.formToken(request))<button class="button" data-size="s" aria-label="\(t(.end)): \(visit.personName)">\(t(.end))</button></form>
        """ : ""
      return """
        <tr><th scope="row" data-label="\(t(.who))">\(visit.personName)</th><td data-label="\(t(.until))">\(t.language.timeTag(visit.until))</td>
        <td data-label="\(t(.reason))">\(visit.reason)</td><td data-label="\(t(.givenBy))">\(visit.givenBy) \(t.language.timeTag(visit.givenAt.day))</td>
        <td data-label="\(t(.state))">\(Components.tag(t(isLive ? .live : .over), isLive ? .warn : nil)) \(end)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.listTitle))</caption><thead><tr><th scope="col">\(t(.who))</th><th scope="col">\(t(.until))</th>
      <th scope="col">\(t(.reason))</th><th scope="col">\(t(.givenBy))</th><th scope="col">\(t(.state))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.listTitle), menu: "assessments",
      """
      \(crumbs(audit, request))<div class="page-head"><h1>\(t(.listTitle))</h1>\(visits.isEmpty ? nil : give)</div><p>\(t(.listLead))</p>
      \(request.query("given") == nil ? nil : Components.notice(.good, t(.given)))
      \(visits.isEmpty ? Components.empty(t(.none), t(.giveLead), give) : table)
      """)
  }

  private static func crumbs(_ audit: Audit, _ request: WebRequest) -> HTML {
    """
    <ol class="crumbs"><li><a href="/audits">\(request.texts(AuditText.self)(.title))</a></li><li><a href="/audits/\(audit.id)">\(audit.name)</a></li></ol>
    """
  }

  static func new(
    _ request: WebRequest, _ audit: Audit, _ people: [Person], typed: FormValues?, problem: (any Problem)?
  ) -> Page {
    let t = request.texts(VisitText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func wrong(_ field: String) -> String? { problem?.field == field ? error : nil }
    let own = people.filter { $0.account != nil && $0.id != request.person && !$0.role.needsGrant }
    let options = [(value: "", name: t(.someoneElse))] + own.map { (value: $0.id.text, name: $0.name) }
    return Page(
      t(.give), menu: "assessments", narrow: true,
      """
      \(crumbs(audit, request))<h1>\(t(.give))</h1><p>\(t(.giveLead))</p>\(error.map { Components.notice(.bad, $0) })
      <form class="panel stack" method="post" action="/audits/\(audit.id)/visits" novalidate>\(Components.formToken(request))
      \(Components.select("person", t(.person), options: options, chosen: typed?["person"] ?? "", error: wrong("person")))
      \(Components.field("login", t(.login), value: typed?["login"] ?? "", hint: t(.loginHint), error: wrong("login"), autocomplete: "off"))
      \(Components.field("until", t(.untilDay), type: "date", value: typed?["until"] ?? "", hint: t(.untilHint), error: wrong("until"), required: true, min: request.now.day.description))
      \(Components.field("time", t(.time), type: "time", value: typed?["time"] ?? "", hint: t(.timeHint)))
      \(Components.field("reason", t(.reason), value: typed?["reason"] ?? "", hint: t(.reasonHint), error: wrong("reason"), required: true, autocomplete: "off"))
      <p><button class="button" data-kind="primary">\(t(.giveNow))</button></p></form>
      """)
  }

  // MARK: Beside a requirement

  /// Opinions and findings on a requirement, with the way to write one.
  static func beside(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, _ beside: Audits.Beside
  ) -> HTML {
    let t = request.texts(VisitText.self)
    let words = request.texts(AuditText.self)
    let (node, id) = (opened.tree.keys[place], opened.audit.id)
    let opinions = beside.opinions.html { one -> HTML in
      let result: HTML? = one.result.map { AuditPages.result($0, words) }
      return
        "<li>\(result) \(one.body)<br><span class=\"soft small\">\(t.language.timeTag(one.at)) \(one.byName)</span></li>"
    }
    let findings = beside.findings.html { one in
      "<li><a href=\"/findings/\(one.id)\">\(one.title)</a> \(FindingPages.phase(one.phase, request.texts()))</li>"
    }
    let isOpen = opened.audit.frozenAt == nil
    let add: HTML? =
      request.may(.findingsRaise) && isOpen
      ? "<p><a class=\"button\" data-size=\"s\" href=\"/findings/new?audit=\(id)&node=\(urlEncoded(node))\">\(t(.addFinding))</a></p>"
      : nil
    let noFindings: HTML = "<p class=\"small soft\">\(t(.noFindings))</p>"
    let noOpinions: HTML = "<p class=\"small soft\">\(t(.noOpinions))</p>"
    return """
      <section class="stack" data-gap="s"><h2>\(t(.findings))</h2>\(beside.findings.isEmpty ? noFindings : "<ul class=\"plain\">\(findings)</ul>")\(add)</section>
      <section class="stack" data-gap="s" id="opinions"><h2>\(t(.opinions))</h2>\(beside.opinions.isEmpty ? noOpinions : "<ul class=\"plain small\">\(opinions)</ul>")
      \(beside.visit != nil && isOpen ? form(request, id, node, t) : nil)</section>
      """
  }

  private static func form(
    _ request: WebRequest, _ id: Audit.ID, _ node: String, _ t: Texts<VisitText>
  ) -> HTML {
    let words = request.texts(AuditText.self)
    let options: [(value: String, name: String)] =
      [("", t(.noJudgement))] + AuditResult.allCases.map { ($0.rawValue, AuditWorkbook.word($0, words)) }
    return """
      <form method="post" action="/audits/\(id)/opinions" class="stack panel" data-gap="s">\(Components.formToken(request))<input type="hidden" name="node" value="\(node)">
      \(Components.select("judgement", named: "result", t(.judgement), options: options, chosen: ""))
      \(Components.textArea("opinion", t(.opinion), value: "", hint: t(.opinionHint), most: 2000))<button class="button">\(t(.addOpinion))</button></form>
      """
  }
}
