import Kernel
import Publishing
import Registers
import Web

/// Pages of a checklist as a whole.
enum AssessmentPages {
  static func list(_ request: WebRequest, _ rows: [(Assessment, Pack)]) -> Page {
    let t = request.texts(AssessmentText.self)
    let language = request.language
    let mayEdit = request.may(.assessmentsEdit)
    let start: HTML? =
      mayEdit ? "<a class=\"button\" data-kind=\"primary\" href=\"/assessments/new\">\(t(.open))</a>" : nil
    let frameworks: HTML? =
      request.may(.frameworksRead) ? "<a class=\"button\" href=\"/frameworks\">\(t(.frameworks))</a>" : nil
    let editions: HTML? =
      request.may(.editionsTake)
      ? "<a class=\"button\" href=\"/editions\">\(request.texts(EditionText.self)(.title))</a>" : nil
    let body = rows.html { assessment, pack in
      let title = pack.form(assessment.form)?.title(language) ?? assessment.form
      let borrowed: HTML? =
        pack.fiscalYear == assessment.fiscalYear
        ? nil : Components.tag(t(.borrowed, language.fiscalYear(pack.fiscalYear)), .warn)
      return """
        <tr><th scope="row" data-label="\(t(.yearLabel))"><a href="/assessments/\(assessment.id)">\(language.fiscalYear(assessment.fiscalYear))</a></th>
        <td data-label="\(t(.formLabel))"><span>\(title) \(borrowed)</span></td>
        <td data-label="\(t(.opened, ""))">\(language.timeTag(assessment.openedAt.day, short: false))</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.listTitle))</caption>
      <thead><tr><th scope="col">\(t(.yearLabel))</th><th scope="col">\(t(.formLabel))</th><th scope="col">\(t(.opened, ""))</th></tr></thead>
      <tbody>\(body)</tbody></table>
      """
    return Page(
      t(.listTitle), menu: "assessments",
      """
      <div class="page-head"><h1>\(t(.listTitle))</h1><div class="cluster">\(editions)\(frameworks)\(rows.isEmpty ? nil : start)</div></div>
      \(rows.isEmpty ? Components.empty(t(.listEmpty), t(.listEmptyText), start) : table)
      """)
  }

  static func new(
    _ request: WebRequest, _ library: PackLibrary, form chosen: String, problem: Answer.Refusal?
  ) throws -> Page {
    let t = request.texts(AssessmentText.self)
    let language = request.language
    let current = request.now.day.fiscalYear
    let years = [current, current.previous, current.previous.previous, current.previous.previous.previous]
    let year = request.query("fiscal-year") ?? "\(current)"
    // A form that the newest edition does not have goes on as it was the year before.
    let forms = try library.edition(of: Assessments.checklist, for: current, form: "med").forms
    let others = SheetForm.vendorForms
    let further = [others.other, "ph", others.pharmacy].filter { id in !forms.contains { $0.id == id } }
      .compactMap { id in
        try? library.edition(of: Assessments.checklist, for: current, form: id).form(id)  // no edition has it
      }
    let words = problem.map { request.words.problem($0, language) }
    return Page(
      t(.openTitle), menu: "assessments", narrow: true,
      """
      <h1>\(t(.openTitle))</h1>
      <p>\(t(.openLead))</p>
      \(words.map { Components.notice(.bad, $0) })
      <form method="post" action="/assessments" class="panel stack">
      \(Components.formToken(request))
      \(Components.select("year", t(.yearLabel), options: years.map { ("\($0)", language.fiscalYear($0)) }, chosen: year))
      \(Components.select("form", t(.formLabel), options: (forms + further).map { ($0.id, $0.title(language)) }, chosen: chosen))
      <p><button class="button" data-kind="primary">\(t(.openButton))</button></p>
      </form>
      """)
  }

  static func one(
    _ request: WebRequest, _ overview: Assessments.Overview, _ view: AssessmentView, _ open: AnswerPage.Open?,
    newer: Pack? = nil
  ) -> Page {
    let t = request.texts(AssessmentText.self)
    let language = request.language
    let year = language.fiscalYear(overview.assessment.fiscalYear)
    let title = "\(year) \(overview.form.title(language))"
    return Page(
      open.map { "\($0.item.label) \(title)" } ?? title, menu: "assessments",
      """
      <div class="page-head">
      <div><ol class="crumbs"><li><a href="/assessments">\(t(.listTitle))</a></li><li>\(year)</li></ol><h1>\(title)</h1></div>
      \(actions(request, overview, t))
      </div>
      \(notices(request, overview, newer, t))
      \(summary(overview, t, language))
      <div class="split" data-side="start">
      <div class="stack">\(sections(overview, view, t, language))\(filters(overview, view, t))</div>
      <div class="stack">\(items(request, overview, view, open, t))</div>
      </div>
      """)
  }

  private static func actions(
    _ request: WebRequest, _ overview: Assessments.Overview, _ t: Texts<AssessmentText>
  ) -> HTML {
    let id = overview.assessment.id
    let edit: HTML? =
      request.may(.assessmentsEdit)
      ? """
      <a class="button" href="/assessments/\(id)/import">\(t(.importLink))</a>
      <a class="button" href="/assessments/\(id)/changes">\(t(.bulkLink))</a>
      """ : nil
    return """
      <div class="cluster">\(edit)<a class="button" href="/assessments/\(id)/submissions">\(request.texts(SubmissionText.self)(.board))</a>
      <a class="button" href="/assessments/\(id)/export.xlsx">\(t(.exportLink))</a>
      <a class="button" href="/assessments/\(id)/sheet.pdf">\(t(.printLink))</a>
      <a class="button" href="/reports/\(id)">\(t(.makeReport))</a></div>
      """
  }

  private static func notices(
    _ request: WebRequest, _ overview: Assessments.Overview, _ newer: Pack?, _ t: Texts<AssessmentText>
  ) -> HTML {
    let language = request.language
    var notices = HTML.empty
    if let count = request.query("changed").flatMap(Int.init) {
      notices += Components.notice(.good, t(.bulkDone, count))
    }
    if let count = request.query("imported").flatMap(Int.init) {
      notices += Components.notice(.good, t(.importDone, count))
    }
    if request.query("edition") != nil {
      notices += Components.notice(.good, t(.editionDone, language.fiscalYear(overview.pack.fiscalYear)))
    }
    if let newer {
      let link: HTML? =
        request.may(.assessmentsEdit)
        ? "<p><a href=\"/assessments/\(overview.assessment.id)/edition\">\(t(.editionLink))</a></p>" : nil
      notices += Components.notice(
        .info, t(.editionArrived, language.fiscalYear(newer.fiscalYear)), link ?? HTML.empty)
    } else if overview.isBorrowed {
      let year = language.fiscalYear(overview.assessment.fiscalYear)
      let items = language.fiscalYear(overview.pack.fiscalYear)
      let link: HTML? =
        request.may(.editionsTake)
        ? "<p><a href=\"/editions/new\">\(request.texts(EditionText.self)(.newTitle))</a></p>" : nil
      notices += Components.notice(
        .warn, t(.borrowed, items), "<p>\(t(.borrowedText, year, items))</p>\(link)")
    }
    return notices
  }

  private static func summary(
    _ overview: Assessments.Overview, _ t: Texts<AssessmentText>, _ language: Language
  ) -> HTML {
    let marks = overview.standing.marks
    let words = Texts<WebText>(language)
    func mark(_ mark: Mark, _ count: Int) -> HTML {
      Components.mark(mark, words(WebText.mark(mark)), count: count)
    }
    let carried: HTML? = overview.assessment.carriedFrom.map { year in
      "<p class=\"small\">\(t(.carried, language.fiscalYear(year))) <a href=\"/assessments/\(overview.assessment.id)/carry-over\">\(t(.carriedLink))</a></p>"
    }
    let others = overview.standing.groups.count - marks.total
    let notCounted: HTML? = others == 0 ? nil : " ・ \(t(.notCounted, others))"
    return """
      <div class="cluster" data-align="base">
      \(mark(.done, marks.done))\(mark(.partly, marks.partly))\(mark(.undone, marks.undone))\(mark(.unanswered, marks.unanswered))
      <span class="soft small">\(t(.summary, "\(marks.total)", language.date(overview.assessment.fiscalYear.last)))\(notCounted)</span>
      </div>\(carried)
      """
  }

  private static func sections(
    _ overview: Assessments.Overview, _ view: AssessmentView, _ t: Texts<AssessmentText>, _ language: Language
  ) -> HTML {
    let entries = overview.form.sections.enumerated().html { index, section in
      let groups = overview.standing.groups.filter { $0.section == index }
      let done = groups.count { $0.mark == .done }
      let isGate = groups.isEmpty
      let answered = section.items.allSatisfy { overview.standing.answers[$0.id]?.value != nil }
      let name = isGate ? t(.gateSection) : "\(section.number) \(section.short(language))"
      let count = isGate ? (answered ? t(.gateDone) : "") : "\(done) / \(groups.count)"
      let isCurrent = index == view.section && !view.isFiltered
      return """
        <li><a href="/assessments/\(overview.assessment.id)?section=\(section.number)"\("aria-current", is: isCurrent ? "true" : nil)>\(name) <span class="num">\(count)</span></a></li>
        """
    }
    return "<nav aria-label=\"\(t(.sectionNav))\"><ul class=\"sections\">\(entries)</ul></nav>"
  }

  private static func filters(
    _ overview: Assessments.Overview, _ view: AssessmentView, _ t: Texts<AssessmentText>
  ) -> HTML {
    let words = Texts<WebText>(t.language)
    let marks =
      [("", t(.allStates))] + Mark.allCases.map { ($0.rawValue, "\($0.sign) \(words(WebText.mark($0)))") }
      + [
        ("overdue", t(.overdueState)), ("due", t(.dueState)), ("no-proof", t(.noProofState)),
        ("unchecked", t(.needsCheck)),
      ]
    let owners = [("", t(.everyone)), ("nobody", t(.nobody))] + overview.people.map { ($0.id.text, $0.name) }
    return """
      <form class="filters" action="/assessments/\(overview.assessment.id)" aria-label="\(t(.filterLabel))">
      \(Components.select("filter-mark", named: "mark", t(.stateLabel), options: marks, chosen: view.mark))
      \(Components.select("filter-owner", named: "owner", t(.ownerLabel), options: owners, chosen: view.owner))
      <button class="button" data-size="s">\(t(.filter))</button>
      </form>
      """
  }

  private static func items(
    _ request: WebRequest, _ overview: Assessments.Overview, _ view: AssessmentView, _ open: AnswerPage.Open?,
    _ t: Texts<AssessmentText>
  ) -> HTML {
    let listed = view.items(overview)
    let heading: String
    var given: HTML?
    if view.isFiltered {
      heading = t(.rows, listed.count)
    } else if overview.form.sections.indices.contains(view.section) {
      let section = overview.form.sections[view.section]
      heading = "\(section.number == "0" ? "" : section.number + " ")\(section.title(request.language))"
      given = ChecklistWorkPages.besideSection(request, overview, section)
    } else {
      heading = ""
    }
    if listed.isEmpty {
      let all: HTML = "<a class=\"button\" href=\"/assessments/\(overview.assessment.id)\">\(t(.showAll))</a>"
      return Components.empty(t(.noItemsShown), "", all)
    }
    let rows = listed.html { item in
      if let open, open.item.id == item.id {
        AnswerPage.opened(request, overview, open)
      } else {
        row(request, overview, item, t)
      }
    }
    return
      "<section aria-labelledby=\"section\"><h2 id=\"section\">\(heading)</h2>\(given)<div class=\"items\">\(rows)</div></section>"
  }

  private static func row(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML {
    let words = Texts<WebText>(request.language)
    let mark: HTML
    if let known = overview.standing.mark(ofItem: item.id) {
      mark = Components.mark(known, words(WebText.mark(known)))
    } else {
      let answer = overview.standing.answers[item.id]?.value
      mark = "<span class=\"soft\">\(answer.map { t(AssessmentText.value($0)) } ?? words(.unanswered))</span>"
    }
    return """
      <article class="item" id="\(item.id)"><span class="number">\(item.label)</span>
      <h3><a href="/assessments/\(overview.assessment.id)?item=\(item.id)#\(item.id)">\(item.question(request.language))</a> \(tags(item, overview, t))</h3>
      \(mark)<span class="small">\(status(request, overview, item, t))</span></article>
      """
  }

  /// What the item applies to, and what is special about it.
  static func tags(_ item: Pack.Item, _ overview: Assessments.Overview, _ t: Texts<AssessmentText>) -> HTML {
    var tags: [HTML] = []
    let siblings = overview.form.rowCount(ofLabel: item.label)
    for target in item.appliesTo where siblings > 1 || !["all", "organization"].contains(target) {
      tags.append(Components.tag(t(AssessmentText.target(target))))
    }
    if item.isUnconfirmed { tags.append(Components.tag(t(.checkOriginal), .warn)) }
    if item.isReference { tags.append(Components.tag(t(.reference))) }
    if overview.standing.has(.notYetChecked, item.id) {
      tags.append(Components.tag(t(.needsCheck), .info))
    }
    return HTML(joining: tags.map { "\($0) " })
  }

  /// Findings, date and owner of an item.
  private static func status(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML {
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let language = request.language
    var parts: [HTML] = []
    if answer.isOpen, let target = answer.targetOn {
      parts.append(due(target, request.now.day, t))
      parts.append("\(t(.targetShort)) \(language.timeTag(target))")
    } else if answer.value == .no {
      parts.append(Components.finding(t(.noTarget)))
    }
    if overview.standing.has(.noProof, item.id) { parts.append(Components.finding(t(.noProof))) }
    if let checked = answer.confirmedOn, !answer.isOpen { parts.append(language.timeTag(checked)) }
    if let owner = overview.person(answer.owner) {
      parts.append(HTML(owner.name))
    } else if answer.isOpen && !item.isGate {
      parts.append(Components.finding(t(.noOwner)))
    }
    return HTML(joining: parts.enumerated().map { $0 == 0 ? $1 : "<br>\($1)" as HTML })
  }

  /// Overdue in red, near in brown, later plain; always beside the date.
  static func due(_ target: Day, _ today: Day, _ t: Texts<AssessmentText>) -> HTML {
    let days = target.days(since: today)
    if days < 0 { return Components.finding(t(.overdueDays, -days)) }
    if days <= 7 { return Components.tag(t(.dueDays, days), .warn) }
    return "<span class=\"soft\">\(t(.dueDays, days))</span>"
  }

  static func carryover(
    _ request: WebRequest, _ overview: Assessments.Overview, _ carry: Carryover, from year: FiscalYear
  ) -> Page {
    let t = request.texts(AssessmentText.self)
    let language = request.language
    let title = t(.carryTitle)
    return Page(
      title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments/\(overview.assessment.id)">\(t(.back))</a></li></ol>
      <h1>\(title)</h1>
      <p>\(t(.carryLead, language.fiscalYear(year), language.fiscalYear(overview.pack.fiscalYear)))</p>
      \(differences(carry, linkedIn: overview.assessment.id, t))
      """)
  }

  /// What moving to a newer edition would do, before it is done.
  static func editionChange(_ request: WebRequest, _ id: Assessment.ID, _ change: EditionChange) -> Page {
    let t = request.texts(AssessmentText.self)
    let year = request.language.fiscalYear(change.to.fiscalYear)
    let title = t(.editionTitle, year)
    return Page(
      title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments/\(id)">\(t(.back))</a></li></ol>
      <h1>\(title)</h1>
      <p>\(t(.editionLead, year))</p><p class="small">\(t(.editionGone))</p>
      <form method="post" action="/assessments/\(id)/edition">\(Components.formToken(request))
      <input type="hidden" name="from" value="\(change.from.id)"><input type="hidden" name="to" value="\(change.to.id)">
      <p class="cluster"><button class="button" data-kind="primary">\(t(.editionButton, year))</button> <a href="/assessments/\(id)">\(t(.importCancel))</a></p></form>
      \(differences(change.carryover, linkedIn: nil, t))
      """)
  }

  /// New, changed, gone and unchanged items; with links into `assessment` when they are its items already.
  private static func differences(
    _ carry: Carryover, linkedIn assessment: Assessment.ID?, _ t: Texts<AssessmentText>
  ) -> HTML {
    let language = t.language
    func block(_ heading: String, _ kind: Carryover.Kind) -> HTML {
      let lines = carry.lines.filter { $0.kind == kind && !$0.item.isGate }
      let list = lines.html { line in
        let before: HTML? =
          kind == .changed && !line.sources.isEmpty
          ? "<br><span class=\"small soft\">\(t(.carryFromItem)): \(line.sources.map { "\($0.label) \($0.question(language))" }.joined(separator: " / "))</span>"
          : nil
        let name: HTML = "\(line.item.label) \(line.item.question(language))"
        let linked = assessment.map {
          "<a href=\"/assessments/\($0)?item=\(line.item.id)\">\(name)</a>" as HTML
        }
        return "<li>\(linked ?? name)\(before)</li>"
      }
      return
        "<section class=\"panel\"><h2>\(heading) <span class=\"soft\">\(lines.count)</span></h2>\(lines.isEmpty ? "<p>\(t(.carryNone))</p>" : "<ul class=\"plain\">\(list)</ul>")</section>"
    }
    let gone = carry.gone.html { "<li>\($0.label) \($0.question(language))</li>" }
    return """
      <div class="stack">\(block(t(.carryNew), .new))\(block(t(.carryChanged), .changed))
      <section class="panel"><h2>\(t(.carryGone)) <span class="soft">\(carry.gone.count)</span></h2>\(carry.gone.isEmpty ? "<p>\(t(.carryNone))</p>" : "<ul class=\"plain\">\(gone)</ul>")</section>
      \(block(t(.carrySame), .same))</div>
      """
  }
}
