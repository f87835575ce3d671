import Frameworks
import Kernel
import Registers
import Web

/// Measures: the list, one of them with what rests on it, and choosing one for a requirement.
enum MeasurePages {
  struct Shown: Sendable {
    let measure: Measure
    let owner: String?
    let deputy: String?
    let rests: [MeasureRest]
    let files: [StoredFile]
    let concepts: [String]
  }

  static func state(_ state: Measure.State, _ t: Texts<MeasureText>) -> HTML {
    switch state {
    case .planned: Components.tag(t(.planned))
    case .underWay: Components.tag(t(.underWay), .warn)
    case .inPlace: Components.tag(t(.inPlace), .good)
    case .stopped: Components.tag(t(.stopped))
    }
  }

  private static func options(_ t: Texts<MeasureText>) -> [(value: String, name: String)] {
    [
      (value: "planned", name: t(.planned)), (value: "under-way", name: t(.underWay)),
      (value: "in-place", name: t(.inPlace)), (value: "stopped", name: t(.stopped)),
    ]
  }

  // MARK: The list

  static func list(
    _ request: WebRequest, _ measures: [ListedMeasure], total: Int, _ listing: Listing,
    _ state: Measure.State?,
    _ query: String
  ) -> Page {
    let t = request.texts(MeasureText.self)
    let add: HTML? =
      request.may(.assessmentsEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/measures/new\">\(t(.add))</a>" : nil
    let plans: HTML? =
      request.may(.risksRead)
      ? "<a class=\"button\" href=\"/risks\">\(request.texts(RiskText.self)(.title))</a><a class=\"button\" href=\"/plans\">\(request.texts(PlanText.self)(.title))</a>"
      : nil
    let isFiltered = state != nil || !query.isEmpty
    let rows = measures.html { one -> HTML in
      let measure = one.measure
      return """
        <tr><th scope="row" data-label="\(t(.title))"><a href="/measures/\(measure.id)">\(measure.title)</a></th>
        <td data-label="\(t(.state))">\(Self.state(measure.state, t))</td><td data-label="\(t(.owner))">\(one.owner ?? t(.nobody))</td>
        <td data-label="\(t(.due))">\(measure.dueOn.map { t.language.timeTag($0, short: false) })</td>
        <td class="num" data-label="\(t(.costs))">\(costs(measure, t))</td><td class="num" data-label="\(t(.requirements))">\(one.rests)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.list))</caption>
      <thead><tr><th scope="col">\(t(.title))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.owner))</th><th scope="col">\(t(.due))</th><th scope="col">\(t(.costs))</th><th scope="col">\(t(.requirements))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: total, path: "/measures", keeping: [("q", query), ("state", state?.rawValue ?? "")], request.texts()))
      """
    let filters: HTML = """
      <form class="filters" action="/measures" role="search" aria-label="\(t(.list))">\(Components.field("q", t(.title), value: query))
      \(Components.select("state", t(.state), options: [(value: "", name: t(.all))] + options(t), chosen: state?.rawValue ?? ""))<button class="button">\(t(.find))</button></form>
      """
    let empty = isFiltered ? "<p>\(t(.nothing))</p>" : Components.empty(t(.empty), t(.emptyText), add)
    return Page(
      t(.list), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/audits">\(t(.toAudits))</a></li></ol>
      <div class="page-head"><h1>\(t(.list))</h1><div class="cluster">\(plans)\(total == 0 && !isFiltered ? nil : add)</div></div><p>\(t(.lead))</p>
      \(total == 0 && !isFiltered ? nil : filters)
      \(total == 0 ? empty : table)
      """)
  }

  private static func costs(_ measure: Measure, _ t: Texts<MeasureText>) -> String {
    let parts = [
      measure.costInitial.map { t(.yenOnce, $0) }, measure.costYearly.map { t(.yenYearly, $0) },
    ]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  // MARK: One

  /// So many requirements are shown under a measure.
  static let mostRests = 500

  static func one(_ request: WebRequest, _ shown: Shown, _ concepts: [Concept]) -> Page {
    let t = request.texts(MeasureText.self)
    let measure = shown.measure
    let may = request.may(.assessmentsEdit)
    let edit: HTML? =
      may ? "<a class=\"button\" href=\"/measures/\(measure.id)/form\">\(t(.change))</a>" : nil
    func day(_ day: Day?) -> HTML { day.map { t.language.timeTag($0, short: false) } ?? HTML(t(.none)) }
    return Page(
      measure.title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/measures">\(t(.list))</a></li></ol>
      <div class="page-head"><h1>\(measure.title)</h1><div class="cluster"><a class="button" href="/measures/\(measure.id)/review">\(t(.review))</a>\(edit)</div></div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      <div class="split"><div class="stack">\(Components.facts([
        (t(.state), state(measure.state, t)), (t(.owner), HTML(shown.owner ?? t(.nobody))),
        (t(.deputy), HTML(shown.deputy ?? t(.nobody))), (t(.start), day(measure.startOn)), (t(.due), day(measure.dueOn)),
        (t(.costs), HTML(costs(measure, t))),
        (t(.description), measure.description.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }),
      ]))
      \(request.may(.assessmentsContribute) ? move(request, measure, t) : nil)\(rests(request, shown, t))</div>
      <div class="stack">\(Files.section(request, shown.files, path: "/measures/\(measure.id)/files", mayEdit: may))\(checklist(request, shown, concepts, t))</div></div>
      """)
  }

  private static func move(_ request: WebRequest, _ measure: Measure, _ t: Texts<MeasureText>) -> HTML {
    """
    <form method="post" action="/measures/\(measure.id)/state" class="filters">\(Components.formToken(request))
    <input type="hidden" name="version" value="\(measure.version)">\(Components.select("state", t(.state), options: options(t), chosen: measure.state.rawValue, hint: t(.stateHint)))<button class="button">\(t(.moveState))</button></form>
    """
  }

  private static func rests(_ request: WebRequest, _ shown: Shown, _ t: Texts<MeasureText>) -> HTML {
    let words = request.texts(AuditText.self)
    guard !shown.rests.isEmpty else {
      return "<section class=\"stack\"><h2>\(t(.requirements))</h2><p>\(t(.restsNone))</p></section>"
    }
    let rows = shown.rests.prefix(mostRests).html { rest -> HTML in
      let result: HTML =
        rest.result.map { AuditPages.result($0, words) } ?? Components.tag(words(.unanswered))
      let off: HTML? =
        request.may(.assessmentsEdit)
        ? """
        <form method="post" action="/audits/\(rest.audit)/measures">\(Components.formToken(request))<input type="hidden" name="measure" value="\(shown.measure.id)"><input type="hidden" name="node" value="\(rest.node)"><input type="hidden" name="off" value="1"><input type="hidden" name="from" value="measure"><button class="button" data-size="s">\(t(.unlink))<span class="visually-hidden"> \(rest.title)</span></button></form>
        """ : nil
      return """
        <tr><td data-label="\(t(.audit))">\(rest.auditName)</td><td data-label="\(t(.requirements))"><a href="\(Audits.path(rest.audit, rest.node))">\(rest.title)</a></td>
        <td data-label="\(t(.answered))">\(result)</td><td>\(off)</td></tr>
        """
    }
    let more: HTML? = shown.rests.count > mostRests ? "<p>\(t(.restsMore, mostRests))</p>" : nil
    return """
      <section class="stack"><h2>\(t(.requirements))</h2><p>\(t(.restsLead))</p><table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.requirements))</caption>
      <thead><tr><th scope="col">\(t(.audit))</th><th scope="col">\(t(.requirements))</th><th scope="col">\(t(.answered))</th><th scope="col">\(t(.unlink))</th></tr></thead><tbody>\(rows)</tbody></table>\(more)</section>
      """
  }

  private static func checklist(
    _ request: WebRequest, _ shown: Shown, _ concepts: [Concept], _ t: Texts<MeasureText>
  ) -> HTML {
    let names = Dictionary(
      concepts.map { ($0.id, $0.label(t.language)) }, uniquingKeysWith: { first, _ in first })
    let may = request.may(.assessmentsEdit)
    let list = shown.concepts.html { concept -> HTML in
      let off: HTML? =
        may
        ? """
        <form method="post" action="/measures/\(shown.measure.id)/concepts">\(Components.formToken(request))<input type="hidden" name="concept" value="\(concept)"><input type="hidden" name="off" value="1"><button class="button" data-size="s">\(t(.unlink))<span class="visually-hidden"> \(names[concept] ?? concept)</span></button></form>
        """ : nil
      return "<li>\(names[concept] ?? concept) \(off)</li>"
    }
    let known = Set(shown.concepts)
    let options = concepts.filter { !known.contains($0.id) }.map {
      (value: $0.id, name: $0.label(t.language))
    }
    let add: HTML? =
      may && !options.isEmpty
      ? """
      <form method="post" action="/measures/\(shown.measure.id)/concepts" class="stack" data-gap="s">\(Components.formToken(request))\(Components.select("concept", t(.concept), options: options, chosen: ""))<button class="button" data-size="s">\(t(.link))</button></form>
      """ : nil
    return """
      <section class="stack"><h2>\(t(.checklist))</h2><p class="small">\(t(.checklistLead))</p><ul class="plain">\(list)</ul>\(add)</section>
      """
  }

  // MARK: The form

  static func form(
    _ request: WebRequest, _ measure: Measure?, _ people: [Person],
    under base: (audit: String, node: String)?,
    typed: FormValues?, problem: MeasureRefusal?
  ) -> Page {
    let t = request.texts(MeasureText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func wrong(_ field: String) -> String? { problem?.field == field ? error : nil }
    func value(_ field: String, _ stored: String?) -> String { typed?[field] ?? stored ?? "" }
    let names = [(value: "", name: t(.nobody))] + people.map { (value: $0.id.text, name: $0.name) }
    let action: HTML = measure.map { "/measures/\($0.id)" } ?? "/measures"
    let title = measure == nil ? t(.add) : t(.change)
    let hidden: HTML? = base.map {
      "<input type=\"hidden\" name=\"audit\" value=\"\($0.audit)\"><input type=\"hidden\" name=\"node\" value=\"\($0.node)\">"
    }
    return Page(
      title, menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/measures">\(t(.list))</a></li></ol><h1>\(title)</h1>
      \(error.map { Components.notice(.bad, $0) })
      <form method="post" action="\(action)" class="panel stack">\(Components.formToken(request))\(hidden)
      <input type="hidden" name="version" value="\(measure?.version ?? 0)">
      \(Components.field("title", t(.title), value: value("title", measure?.title), hint: t(.titleHint), error: wrong("title"), required: true))
      \(Components.textArea("description", t(.description), value: value("description", measure?.description), hint: t(.descriptionHint), error: wrong("description")))
      \(Components.select("state", t(.state), options: options(t), chosen: value("state", measure?.state.rawValue ?? "planned")))
      \(Components.select("owner", t(.owner), options: names, chosen: value("owner", measure?.owner?.text)))
      \(Components.select("deputy", t(.deputy), options: names, chosen: value("deputy", measure?.deputy?.text), error: wrong("deputy")))
      \(Components.field("start", t(.start), type: "date", value: value("start", measure?.startOn?.description)))
      \(Components.field("due", t(.due), type: "date", value: value("due", measure?.dueOn?.description), error: wrong("due")))
      \(Components.field("initial", t(.costInitial), value: value("initial", measure?.costInitial.map(String.init)), hint: t(.costHint), error: wrong("initial"), inputmode: "numeric"))
      \(Components.field("yearly", t(.costYearly), value: value("yearly", measure?.costYearly.map(String.init)), inputmode: "numeric"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  // MARK: Beside a requirement

  static func choose(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int,
    _ found: (page: [ListedMeasure], total: Int), _ listing: Listing, _ query: String
  ) -> Page {
    let t = request.texts(MeasureText.self)
    let (tree, id) = (opened.tree, opened.audit.id)
    let node = tree.keys[place]
    let known = Set((opened.measures.lines[node] ?? []).map(\.measure))
    let path = "/audits/\(id)/measures"
    let picker = MeasurePicker(
      path: path, keeping: [("node", node)], found: found, listing: listing, query: query, act: t(.link))
    let list = picker.html(request) { measure in
      known.contains(measure.id)
        ? HTML(t(.linked))
        : MeasurePicker.button(
          request, t(.link), for: measure, to: path, [("measure", measure.id.text), ("node", node)])
    }
    let title = tree.title(place, tree.language(for: request.language.rawValue))
    return Page(
      t(.chooseTitle), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, request.texts()))<h1>\(t(.chooseTitle))</h1><p><a href="\(Audits.path(id, node))">\(title)</a></p>
      <p><a class="button" href="/measures/new?audit=\(id)&node=\(urlEncoded(node))">\(t(.addHere))</a></p>\(list)
      """)
  }

  /// The measures under a requirement with their proofs, and what they suggest beside what was answered.
  static func beside(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int,
    _ files: [MeasureFile],
    mayAnswer: Bool
  ) -> HTML {
    let t = request.texts(MeasureText.self)
    let (tree, id) = (opened.tree, opened.audit.id)
    let node = tree.keys[place]
    let lines = opened.measures.lines[node] ?? []
    let list = lines.html { line -> HTML in
      let proofs = files.filter { $0.measure == line.measure }.html { file in
        request.may(.assessmentsRead)
          ? "<li><a href=\"/measures/\(line.measure)/files/\(file.id)\">\(file.title)</a></li>"
          : "<li><a href=\"/audits/\(id)/proofs/\(file.id)\">\(file.title)</a></li>"
      }
      let title: HTML =
        request.may(.assessmentsRead)
        ? "<a href=\"/measures/\(line.measure)\">\(line.title)</a>" : HTML(line.title)
      return """
        <li>\(title) \(state(line.state, t))\(proofs.isEmpty ? nil : "<ul class=\"plain small\">\(proofs)</ul>" as HTML)</li>
        """
    }
    let choose: HTML? =
      request.may(.assessmentsEdit) && opened.audit.frozenAt == nil
      ? "<p><a class=\"button\" data-size=\"s\" href=\"/audits/\(id)/measures?node=\(urlEncoded(node))\">\(t(.put))</a></p>"
      : nil
    return """
      <section class="stack" data-gap="s"><h2>\(t(.list))</h2>\(lines.isEmpty ? "<p class=\"small soft\">\(t(.noneHere))</p>" : "<ul class=\"plain\">\(list)</ul>")
      \(suggestion(request, opened, place, mayAnswer: mayAnswer, t))\(choose)</section>
      """
  }

  private static func suggestion(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, mayAnswer: Bool, _ t: Texts<MeasureText>
  ) -> HTML? {
    let node = opened.tree.keys[place]
    guard let result = opened.measures.result(node) else { return nil }
    let shown = AuditPages.result(result, request.texts())
    let outcome = opened.standing.outcomes[place]
    if outcome?.result == result, outcome?.isConfirmed == true {
      return "<p>\(t(.suggests)) \(shown) \(t(.sameAsAnswer))</p>"
    }
    let isComputed = QuestionRules.what(opened.tree.node(place).questions).decides
    let accept: HTML? =
      mayAnswer && !isComputed
      ? """
      <form method="post" action="/audits/\(opened.audit.id)/suggestions">\(Components.formToken(request))<input type="hidden" name="node" value="\(node)"><input type="hidden" name="result" value="\(result.rawValue)"><input type="hidden" name="version" value="\(opened.standing.answer(place).version)"><button class="button">\(t(.accept))</button></form>
      """ : nil
    return
      "<div class=\"panel stack\" data-gap=\"s\"><p>\(t(.suggests)) \(shown)</p><p class=\"small\">\(t(.suggestsText))</p>\(accept)</div>"
  }
}
