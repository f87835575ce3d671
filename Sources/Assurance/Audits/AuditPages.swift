import Frameworks
import Kernel
import Web

/// The audits, and one of them section by section.
enum AuditPages {
  static func list(_ request: WebRequest, _ audits: [(audit: Audit, owner: String?)]) -> Page {
    let t = request.texts(AuditText.self)
    let start: HTML? =
      request.may(.assessmentsEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/frameworks\">\(t(.chooseFramework))</a>" : nil
    let risks: HTML? =
      request.may(.risksRead)
      ? "<a class=\"button\" href=\"/risks\">\(request.texts(RiskText.self)(.title))</a>" : nil
    let listing = Listing(request)
    let rows = audits.dropFirst(listing.offset).prefix(listing.size).html { audit, owner -> HTML in
      let frozen: HTML? = audit.frozenAt == nil ? nil : Components.tag(t(.frozen), .info)
      return """
        <tr><th scope="row" data-label="\(t(.name))"><a href="/audits/\(audit.id)">\(audit.name)</a> \(frozen)</th>
        <td data-label="\(t(.year))">\(t.language.fiscalYear(audit.fiscalYear))</td>
        <td data-label="\(t(.owner))">\(owner ?? t(.nobody))</td>
        <td data-label="\(t(.openedAt))">\(t.language.timeTag(audit.openedAt.day, short: false))</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.year))</th><th scope="col">\(t(.owner))</th><th scope="col">\(t(.openedAt))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: audits.count, path: "/audits", request.texts()))
      """
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments">\(t(.toAssessments))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1><div class="cluster"><a class="button" href="/measures">\(t(.measures))</a>\(risks)<a class="button" href="/findings">\(t(.findings))</a><a class="button" href="/submissions">\(t(.handIn))</a><a class="button" href="/periodic-reviews">\(t(.reviews))</a>\(audits.isEmpty ? nil : start)</div></div>
      <p>\(t(.lead))</p>
      \(audits.isEmpty ? Components.empty(t(.empty), t(.emptyText), start) : table)
      """)
  }

  /// - Parameter visit: of someone who sees nothing but this audit.
  static func one(_ request: WebRequest, _ view: AuditView, _ visit: AuditVisit?) -> Page {
    let t = request.texts(AuditText.self)
    let opened = view.opened
    let audit = opened.audit
    let actions = AuditActions(opened: opened, request: request)
    return Page(
      audit.name, menu: visit == nil ? "assessments" : "visits",
      """
      \(visit == nil ? "<ol class=\"crumbs\"><li><a href=\"/audits\">\(t(.title))</a></li></ol>" as HTML : nil)
      <div class="page-head"><h1>\(audit.name)</h1>\(actions.head)</div>
      \(VisitPages.notice(request, visit))\(notices(request, opened, t))\(RecordSignalPages.notice(request, opened))
      \(summary(opened, t))
      \(actions.further)\(filters(view, t))
      \(way(view, t))
      \(entries(request, view, t))
      \(Components.pager(view.listing, total: view.total, path: "/audits/\(audit.id)", keeping: keeping(view), request.texts()))
      \(view.isFiltered || view.section != nil ? nil : gone(opened, t))
      """)
  }

  private static func keeping(_ view: AuditView) -> [(name: String, value: String)] {
    [
      ("section", view.section.map { "\($0)" } ?? ""), ("show", view.show?.rawValue ?? ""),
      ("q", view.query),
    ]
  }

  private static func notices(_ request: WebRequest, _ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML {
    var notices = HTML.empty
    if request.query("saved") != nil { notices += Components.notice(.good, t(.saved)) }
    if let count = request.query("carried").flatMap(Int.init) {
      notices += Components.notice(.good, t(.carried, count))
    }
    if request.query("moved") != nil { notices += Components.notice(.good, t(.moved)) }
    if let frozen = opened.audit.frozenAt {
      notices += Components.notice(
        .info, t(.frozen), "<p>\(t.language.timeTag(frozen)) \(t(.frozenText))</p>")
    } else if let newer = opened.newer {
      let link: HTML? =
        request.may(.assessmentsEdit)
        ? "<p><a href=\"/audits/\(opened.audit.id)/library-version\">\(t(.newerLink))</a></p>" : nil
      notices += Components.notice(.info, t(.newer, "\(newer)"), link ?? "")
    }
    return notices
  }

  // MARK: The number, and how it came about

  private static func summary(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML {
    let total = opened.standing.total
    var figures: [(mark: String?, name: HTML, value: HTML)] = [
      (nil, HTML(t(.confirmedOf)), "\(total.confirmed) / \(total.inScope)")
    ]
    if let mean = opened.standing.score.mean, let scale = opened.standing.score.scale {
      figures.append((nil, HTML(t(.meanScore)), "\(decimal(mean)) / \(scale.upperBound)"))
    }
    if let share = opened.standing.score.share {
      figures.append((nil, HTML(t(.metShare)), "\(decimal(share * 100)) %"))
    }
    figures.append(("done", HTML(t(.compliant)), "\(total.compliant)"))
    figures.append(("partly", HTML(t(.partly)), "\(total.partly)"))
    figures.append(("undone", HTML(t(.not)), "\(total.not)"))
    figures.append(("unanswered", HTML(t(.openCount)), "\(total.open)"))
    let language = opened.tree.language(for: t.language.rawValue)
    let groups = opened.tree.groups.filter { opened.standing.groups.contains($0.refID) }
      .map { $0.name(in: language) }
    let facts: [(String, HTML)] = [
      (t(.framework), HTML(opened.tree.name(for: t.language))),
      (t(.libraryVersion), "\(opened.tree.library.version)"),
      (t(.year), HTML(t.language.fiscalYear(opened.audit.fiscalYear))),
      (t(.owner), HTML(opened.owner ?? t(.nobody))),
      (t(.groups), HTML(groups.isEmpty ? t(.allGroups) : groups.joined(separator: t(.comma)))),
    ]
    return """
      \(Components.figures(figures))
      <details><summary>\(t(.howCounted))</summary>\(explanation(opened, t))</details>
      \(Components.facts(facts))
      """
  }

  /// 2.5, 66.7, 3: one place after the point, and none for whole numbers.
  static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    return "\(tenths < 0 ? "-" : "")\(whole)\(rest == 0 ? "" : ".\(rest)")"
  }

  static func explanation(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML {
    let (score, total) = (opened.standing.score, opened.standing.total)
    var lines = [
      t(.countedLine, total.inScope, total.confirmed, total.notApplicable),
      t(.leftOutLine, total.open, total.unconfirmed),
    ]
    if let scale = score.scale {
      if let mean = score.mean {
        lines.append(
          t(
            .meanLine, "\(score.scored)", "\(score.scoreSum)", "\(score.scoreWeight)", decimal(mean),
            "\(scale.lowerBound)", "\(scale.upperBound)"))
      } else {
        lines.append(t(.noScoreYet))
      }
    }
    if let share = score.share {
      lines.append(
        t(
          .shareLine, "\(score.judged)", "\(score.metWeight)", "\(score.judgedWeight)",
          decimal(share * 100)))
      lines.append(t(.partlyLine, total.partly))
    }
    lines.append(score.hasWeights ? t(.weighted) : t(.unweighted))
    if opened.tree.answersChooseGroups { lines.append(t(.groupsByAnswers)) }
    return "<ul class=\"plain\">\(lines.html { "<li>\($0)</li>" })</ul>"
  }

  // MARK: Sections and requirements

  private static func filters(_ view: AuditView, _ t: Texts<AuditText>) -> HTML {
    let words: [(AuditView.Show, AuditText)] = [
      (.open, .showOpen), (.unconfirmed, .showUnconfirmed), (.not, .showNot), (.due, .showDue),
      (.mine, .showMine), (.suggested, .showSuggested),
    ]
    let options = [(value: "", name: t(.showAll))] + words.map { (value: $0.0.rawValue, name: t($0.1)) }
    return """
      <form class="filters" action="/audits/\(view.opened.audit.id)" role="search" aria-label="\(t(.search))">
      \(Components.field("q", t(.search), value: view.query))\(Components.select("show", t(.show), options: options, chosen: view.show?.rawValue ?? ""))<button class="button">\(t(.find))</button></form>
      """
  }

  private static func way(_ view: AuditView, _ t: Texts<AuditText>) -> HTML? {
    guard let section = view.section, !view.isFiltered else {
      return view.isFiltered ? "<p>\(t(.found, view.total))</p>" : nil
    }
    let (tree, id) = (view.opened.tree, view.opened.audit.id)
    let steps = tree.way(to: section).dropLast().html { place in
      "<li><a href=\"/audits/\(id)?section=\(place)\">\(tree.title(place, view.language))</a></li>"
    }
    return """
      <ol class="crumbs"><li><a href="/audits/\(id)">\(t(.top))</a></li>\(steps)</ol>
      <h2 lang="\(view.shownLanguage)">\(tree.title(section, view.language))</h2>
      """
  }

  private static func entries(_ request: WebRequest, _ view: AuditView, _ t: Texts<AuditText>) -> HTML {
    let opened = view.opened
    guard view.total > 0 else {
      let back: HTML = "<a class=\"button\" href=\"/audits/\(opened.audit.id)\">\(t(.top))</a>"
      return view.isFiltered
        ? Components.empty(t(.nothing), t(.nothingText), back)
        : Components.empty(t(.noRequirements), t(.noRequirementsText), back)
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.requirements))</caption>
      <thead><tr><th scope="col">\(t(.requirements))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.scoreLabel))</th><th scope="col">\(t(.owner))</th></tr></thead>
      <tbody>\(view.listed.html { row(request, $0, view, t) })</tbody></table>
      """
  }

  private static func row(
    _ request: WebRequest, _ place: Int, _ view: AuditView, _ t: Texts<AuditText>
  ) -> HTML {
    let (opened, tree) = (view.opened, view.opened.tree)
    let node = tree.node(place)
    let answerable = opened.standing.isInScope[place]
    let hasBelow = !tree.children[place].isEmpty && !view.isFiltered
    let id = opened.audit.id
    let section: HTML = "/audits/\(id)?section=\(place)"
    let answer = HTML(Audits.path(id, tree.keys[place]))
    let title = tree.title(place, view.language)
    let link: HTML =
      "<a lang=\"\(view.shownLanguage)\" href=\"\(answerable ? answer : section)\">\(title)</a>"
    let below: HTML? =
      hasBelow && answerable ? " <a class=\"small\" href=\"\(section)\">\(t(.below))</a>" : nil
    let text = node.text("name", in: view.language) == nil ? nil : node.text("description", in: view.language)
    let given = opened.work.assignment(at: place, in: tree)
    let outcome = opened.standing.outcomes[place]
    let tally = opened.standing.tallies[place]
    let state: HTML = hasBelow ? "\(tally.confirmed) / \(tally.inScope)" : tag(outcome, t)
    let score = hasBelow ? nil : outcome?.score
    return """
      <tr><td data-label="\(t(.requirements))">\(link)\(below)\(text.map { "<br><span class=\"small\" lang=\"\(view.shownLanguage)\">\(shortened($0))</span>" as HTML })</td>
      <td data-label="\(t(.state))">\(state)\(hasBelow ? nil : RecordSignalPages.inRow(request, opened, place))</td>
      <td class="num" data-label="\(t(.scoreLabel))">\(score.map { "\($0)" } ?? "")</td>
      <td data-label="\(t(.owner))">\(given?.name) \(given?.dueOn.map { t.language.timeTag($0) })</td></tr>
      """
  }

  static func tag(_ outcome: AuditStanding.Outcome?, _ t: Texts<AuditText>) -> HTML {
    guard let outcome, outcome.isAnswered else { return Components.tag(t(.unanswered)) }
    let unconfirmed: HTML? = outcome.isConfirmed ? nil : " \(Components.tag(t(.unconfirmed), .warn))"
    return "\(result(outcome.result, t))\(unconfirmed)"
  }

  static func result(_ result: AuditResult?, _ t: Texts<AuditText>) -> HTML {
    switch result {
    case .compliant: Components.tag(t(.compliant), .good)
    case .partiallyCompliant: Components.tag(t(.partly), .warn)
    case .nonCompliant: Components.tag(t(.not), .bad)
    case .notApplicable: Components.tag(t(.notApplicable))
    case nil: Components.tag(t(.scoredOnly))
    }
  }

  private static func shortened(_ text: String) -> String {
    text.count > 160 ? text.prefix(160) + "…" : text
  }

  /// So many are shown; the workbook has them all.
  private static let mostGone = 50

  private static func gone(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML? {
    let gone = opened.standing.gone
    guard !gone.isEmpty else { return nil }
    let rows = gone.prefix(mostGone).html { answer in
      "<li>\(answer.goneTitle ?? answer.node) \(result(answer.result, t)) \(answer.score.map { "\($0)" }) <span class=\"small\">\(answer.remark)</span></li>"
    }
    let more: HTML? =
      gone.count > mostGone ? "<p class=\"small\">\(t(.moreGone, gone.count - mostGone))</p>" : nil
    return """
      <section class="stack"><h2>\(t(.gone, gone.count))</h2><p>\(t(.goneText))</p><ul class="plain">\(rows)</ul>\(more)</section>
      """
  }
}
