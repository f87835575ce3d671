import Kernel
import Registers
import Web

/// The findings, and the paper of them. One of them: `FindingChainPages.swift`.
enum FindingPages {
  static func word(_ severity: AuditFinding.Severity, _ t: Texts<FindingText>) -> String {
    switch severity {
    case .major: t(.major)
    case .minor: t(.minor)
    case .observation: t(.observation)
    }
  }

  static func word(_ phase: AuditFinding.Phase, _ t: Texts<FindingText>) -> String {
    switch phase {
    case .toPlan: t(.toPlan)
    case .underWay: t(.underWay)
    case .toCheck: t(.toCheck)
    case .closed: t(.closed)
    }
  }

  static func word(_ state: CorrectiveAction.State, _ t: Texts<FindingText>) -> String {
    switch state {
    case .planned: t(.planned)
    case .doing: t(.doing)
    case .done: t(.done)
    case .dropped: t(.dropped)
    }
  }

  static func severity(_ severity: AuditFinding.Severity, _ t: Texts<FindingText>) -> HTML {
    let tone: Tone? =
      switch severity {
      case .major: .bad
      case .minor: .warn
      case .observation: nil
      }
    return Components.tag(word(severity, t), tone)
  }

  static func phase(_ phase: AuditFinding.Phase, _ t: Texts<FindingText>) -> HTML {
    let tone: Tone =
      switch phase {
      case .toPlan: .bad
      case .underWay: .warn
      case .toCheck: .info
      case .closed: .good
      }
    return Components.tag(word(phase, t), tone)
  }

  /// The day of what comes next, in red once it has passed.
  static func day(_ finding: AuditFinding, _ today: Day, _ t: Texts<FindingText>) -> HTML {
    guard let day = finding.dutyOn else {
      return finding.closedOn.map { t.language.timeTag($0, short: false) } ?? HTML(t(.none))
    }
    return finding.isLate(on: today)
      ? Components.finding(t.language.date(day)) : t.language.timeTag(day, short: false)
  }

  static func crumbs(_ request: WebRequest, _ visit: AuditVisit?) -> HTML {
    let t = request.texts(FindingText.self)
    if let visit {
      return """
        <ol class="crumbs"><li><a href="/audits/\(visit.audit)">\(visit.auditName)</a></li><li><a href="/findings?audit=\(visit.audit)">\(t(.list))</a></li></ol>
        """
    }
    return """
      <ol class="crumbs"><li><a href="/audits">\(request.texts(AuditText.self)(.title))</a></li><li><a href="/findings">\(t(.list))</a></li></ol>
      """
  }

  // MARK: The list

  private static func keeping(_ filter: FindingFilter) -> [(name: String, value: String)] {
    let phase = filter.lateOn == nil ? filter.phase?.rawValue ?? "" : "late"
    return [
      ("phase", phase), ("severity", filter.severity?.rawValue ?? ""), ("audit", filter.audit?.text ?? ""),
      ("q", filter.query),
    ]
  }

  private static func suffix(_ filter: FindingFilter) -> String {
    let kept = keeping(filter).filter { !$0.value.isEmpty }
    return kept.isEmpty ? "" : "?" + kept.map { "\($0.name)=\(urlEncoded($0.value))" }.joined(separator: "&")
  }

  static func list(
    _ request: WebRequest, _ page: [ListedFinding], total: Int, _ listing: Listing, _ filter: FindingFilter,
    _ visit: AuditVisit?
  ) -> Page {
    let t = request.texts(FindingText.self)
    let query = filter.audit.map { "?audit=\($0)" } ?? ""
    let add: HTML? =
      request.may(.findingsRaise)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/findings/new\(query)\">\(t(.add))</a>" : nil
    let isFiltered =
      filter.phase != nil || filter.severity != nil || filter.lateOn != nil || !filter.query.isEmpty
    let files: HTML? =
      visit == nil
      ? """
      <a class="button" href="/findings/print\(suffix(filter))">\(t(.print))</a><a class="button" href="/findings/export.xlsx\(suffix(filter))">\(t(.export))</a>
      """ : nil
    let isEmpty = total == 0 && !isFiltered
    let shown: HTML =
      total == 0
      ? (isFiltered ? "<p>\(t(.nothing))</p>" : Components.empty(t(.empty), t(.emptyText), add))
      : "<p>\(t(.count, total))</p>\(table(request, page, t))\(Components.pager(listing, total: total, path: "/findings", keeping: keeping(filter), request.texts()))"
    return Page(
      t(.list), menu: visit == nil ? "assessments" : "visits",
      """
      \(visit == nil ? "<ol class=\"crumbs\"><li><a href=\"/audits\">\(request.texts(AuditText.self)(.title))</a></li></ol>" as HTML : crumbs(request, visit))
      <div class="page-head"><h1>\(t(.list))</h1><div class="cluster">\(isEmpty ? nil : files)\(isEmpty ? nil : add)</div></div>
      \(VisitPages.notice(request, visit))<p>\(t(.lead))</p>
      \(isEmpty ? nil : filters(request, filter, t))
      \(shown)
      """)
  }

  private static func filters(
    _ request: WebRequest, _ filter: FindingFilter, _ t: Texts<FindingText>
  ) -> HTML {
    let phases =
      [(value: "", name: t(.all)), (value: "late", name: t(.late))]
      + AuditFinding.Phase.allCases.map { (value: $0.rawValue, name: word($0, t)) }
    let severities =
      [(value: "", name: t(.all))]
      + AuditFinding.Severity.allCases.map { (value: $0.rawValue, name: word($0, t)) }
    let audit: HTML? = filter.audit.map { "<input type=\"hidden\" name=\"audit\" value=\"\($0)\">" }
    let chosen = filter.lateOn == nil ? filter.phase?.rawValue ?? "" : "late"
    return """
      <form class="filters" action="/findings" role="search" aria-label="\(t(.list))">\(audit)\(Components.field("q", t(.search), value: filter.query))
      \(Components.select("phase", t(.phase), options: phases, chosen: chosen))\(Components.select("severity", t(.severity), options: severities, chosen: filter.severity?.rawValue ?? ""))<button class="button">\(t(.find))</button></form>
      """
  }

  private static func table(
    _ request: WebRequest, _ page: [ListedFinding], _ t: Texts<FindingText>
  ) -> HTML {
    let rows = page.html { listed -> HTML in
      let one = listed.finding
      return """
        <tr><th scope="row" data-label="\(t(.title))"><a href="/findings/\(one.id)">\(one.title)</a></th><td data-label="\(t(.severity))">\(severity(one.severity, t))</td>
        <td data-label="\(t(.phase))">\(phase(one.phase, t))</td><td data-label="\(t(.day))">\(day(one, request.now.day, t))</td>
        <td data-label="\(t(.audit))">\(listed.auditName ?? t(.free))<br><span class="small">\(one.nodeTitle)</span></td>
        <td data-label="\(t(.foundBy))">\(one.raiserName) \(t.language.timeTag(one.foundOn, short: false))</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.list))</caption><thead><tr><th scope="col">\(t(.title))</th><th scope="col">\(t(.severity))</th>
      <th scope="col">\(t(.phase))</th><th scope="col">\(t(.day))</th><th scope="col">\(t(.audit))</th><th scope="col">\(t(.foundBy))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  static func print(_ request: WebRequest, _ all: [ListedFinding], total: Int) -> Page {
    let t = request.texts(FindingText.self)
    let more: HTML? = total > all.count ? "<p>\(t(.more, total - all.count))</p>" : nil
    let today = t.language.date(request.now.day)
    return Page(
      t(.list), menu: "assessments",
      """
      <div class="screen-only">\(crumbs(request, nil))</div>
      <article class="sheet"><header class="sheet-head"><h1>\(t(.list))</h1><p>\(request.visitor?.facilityName ?? "") ・ \(today) ・ \(t(.count, total))</p></header>
      \(all.isEmpty ? "<p>\(t(.nothing))</p>" : table(request, all, t))\(more)
      <footer class="sheet-foot small"><span>\(today)</span><span class="fixed">\(request.visitor?.fingerprint ?? "")</span></footer></article>
      """)
  }

  // MARK: The form

  static func form(
    _ request: WebRequest, _ finding: AuditFinding?, _ about: Findings.About, typed: FormValues?,
    problem: FindingRefusal?
  ) -> Page {
    let t = request.texts(FindingText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func wrong(_ field: String) -> String? { problem?.field == field ? error : nil }
    let severities = AuditFinding.Severity.allCases.map { (value: $0.rawValue, name: word($0, t)) }
    let action: HTML = finding.map { "/findings/\($0.id)" } ?? "/findings"
    let node = about.place.flatMap { about.opened?.tree.keys[$0] }
    let requirement = about.place.flatMap { place in
      about.opened.map { $0.tree.title(place, $0.tree.language(for: request.language.rawValue)) }
    }
    let hidden: HTML? = about.opened.map { opened in
      "<input type=\"hidden\" name=\"audit\" value=\"\(opened.audit.id)\"><input type=\"hidden\" name=\"node\" value=\"\(node ?? "")\">"
    }
    let facts: HTML? = about.opened.map { opened in
      Components.facts(
        [(t(.audit), HTML(opened.audit.name))] + (requirement.map { [(t(.requirement), HTML($0))] } ?? []))
    }
    let title = t(finding == nil ? .add : .change)
    let found = typed?["found"] ?? (finding?.foundOn ?? request.now.day).description
    let chosen = typed?["severity"] ?? finding?.severity.rawValue ?? "minor"
    return Page(
      title, menu: about.visit == nil ? "assessments" : "visits", narrow: true,
      """
      \(crumbs(request, about.visit))<h1>\(title)</h1>\(error.map { Components.notice(.bad, $0) })\(facts)
      <form method="post" action="\(action)" class="panel stack">\(Components.formToken(request))\(hidden)<input type="hidden" name="version" value="\(finding?.version ?? 0)">
      \(Components.field("title", t(.title), value: typed?["title"] ?? finding?.title ?? "", hint: t(.titleHint), error: wrong("title"), required: true))
      \(Components.select("severity", t(.severity), options: severities, chosen: chosen, error: wrong("severity")))
      \(Components.textArea("seen", t(.seen), value: typed?["seen"] ?? finding?.seen ?? "", hint: t(.seenHint), error: wrong("seen")))
      \(Components.field("found", t(.found), type: "date", value: found, error: wrong("found"), required: true, max: request.now.day.description))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}
