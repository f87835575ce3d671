import Frameworks
import Kernel
import Web

/// What was read of a checklist, row by row, beside what stands in the sheet; one row open for correction.
struct DraftPage {
  let request: WebRequest
  let id: EditionDraft.ID
  let draft: EditionDraft
  let concepts: [Concept]
  let proposals: ConceptProposals
  /// The row that is open for correction.
  let open: Int?
  let problem: (any Problem)?

  private var t: Texts<EditionText> { request.texts(EditionText.self) }
  private var language: Language { request.language }

  var page: Page {
    let listing = Listing(request)
    let shown = draft.rows.indices.dropFirst(listing.offset).prefix(listing.size)
    let title = t(.draftTitle, language.fiscalYear(draft.year))
    return Page(
      title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/editions">\(t(.title))</a></li></ol>
      <div class="page-head"><h1>\(title)</h1><a class="button"\("data-kind", is: open == nil ? "primary" : nil) href="/editions/drafts/\(id)/preview">\(t(.preview))</a></div>
      <p>\(t(.draftLead)) \(draft.sources.map(\.name).joined(separator: "、"))</p>
      \(notices)
      \(figures)
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr><th scope="col">\(t(.columnRow))</th><th scope="col">\(t(.columnSheet))</th><th scope="col">\(t(.columnReading))</th><th scope="col">\(t(.columnConcept))</th><th scope="col"></th></tr></thead>
      <tbody>\(shown.html { row($0, listing) })</tbody></table>
      \(Components.pager(listing, total: draft.rows.count, path: "/editions/drafts/\(id)", request.texts()))
      \(open == nil ? further : nil)
      """)
  }

  private var notices: HTML {
    var notices = HTML.empty
    if let problem { notices += Components.notice(.bad, request.words.problem(problem, language)) }
    if request.query("saved") != nil { notices += Components.notice(.good, t(.saved)) }
    if let other = draft.otherYear {
      notices += Components.notice(
        .warn, t(.otherYear, language.fiscalYear(FiscalYear(other)), language.fiscalYear(draft.year)))
    }
    return notices
  }

  private var figures: HTML {
    let items = draft.rows.filter { $0.read.kind == .item }
    let numbers: [(EditionText, Int)] = [
      (.figureItems, items.count), (.figureSections, draft.sections.count),
      (.figureGates, draft.rows.count { $0.read.kind == .gate }),
      (.figureUnread, draft.rows.count { $0.read.kind == .other }),
      (.figureNoConcept, items.count(where: \.concept.isEmpty)),
    ]
    return Components.figures(
      numbers.map { (mark: String?.none, name: HTML(t($0.0)), value: HTML(language.number($0.1))) })
  }

  // MARK: A row

  private func row(_ index: Int, _ listing: Listing) -> HTML {
    let row = draft.rows[index]
    let read = row.read
    let tone: Tone? = read.kind == .other ? .warn : read.kind == .item || read.kind == .gate ? .good : nil
    let asked = read.kind == .item || read.kind == .gate
    let number = [draft.section(of: index), read.number].filter { !$0.isEmpty }.joined(separator: "-")
    let text: HTML? =
      asked || read.kind == .section || read.kind == .more
      ? "<p>\(asked ? number : read.number) \(read.text)</p>" : nil
    let forms: HTML? = asked ? "<p class=\"small\">\(formNames(read))</p>" : nil
    let edit: HTML =
      "<a href=\"/editions/drafts/\(id)?row=\(index)&amp;page=\(listing.page)&amp;size=\(listing.size)#row-\(index)\">\(t(.edit))<span class=\"visually-hidden\"> \(t(.columnRow)) \(read.row)</span></a>"
    return """
      <tr id="row-\(index)"><th scope="row" data-label="\(t(.columnRow))"><span class="small">\(read.sheet)</span> \(read.row)</th>
      <td data-label="\(t(.columnSheet))">\(cells(read))</td>
      <td data-label="\(t(.columnReading))">\(Components.tag(t(EditionText.kind(read.kind)), tone))\(text)\(forms)<p class="small">\(why(read))</p></td>
      <td data-label="\(t(.columnConcept))">\(asked ? concept(row) : nil)</td>
      <td>\(edit)</td></tr>
      \(open == index ? "<tr><td colspan=\"5\">\(form(index, listing))</td></tr>" as HTML : nil)
      """
  }

  /// So many letters of a cell are shown; the whole text stands in the reading.
  private static let mostShown = 160

  private func cells(_ read: ChecklistSheet.Row) -> HTML {
    let parts = read.cells.prefix(12).map { cell in
      cell.count > DraftPage.mostShown ? cell.prefix(DraftPage.mostShown) + "…" : cell
    }
    return "<ul class=\"plain small\">\(parts.html { "<li>\($0.harmless)</li>" })</ul>"
  }

  private func formNames(_ read: ChecklistSheet.Row) -> String {
    let names = read.forms.sorted().map { t(DraftPage.name(of: $0)) }
    let target = read.target == .all ? [] : [t(EditionText.target(read.target))]
    return (names + target).joined(separator: "・")
  }

  private static func name(of form: ChecklistSheet.Form) -> EditionText {
    switch form {
    case .med: .formMed
    case .ph: .formPh
    case .vendor: .formVendor
    }
  }

  private func why(_ read: ChecklistSheet.Row) -> String {
    let detail =
      read.why.reason == .targetWords
      ? t(EditionText.target(ChecklistSheet.Target(rawValue: read.why.detail) ?? .all)) : read.why.detail
    return t(EditionText.why(read.why.reason), detail)
  }

  private func concept(_ row: EditionDraft.Row) -> HTML {
    let found = proposals.proposals(for: row.read)
    guard !row.concept.isEmpty else {
      let near: HTML? =
        found.isEmpty
        ? nil : "<p class=\"small\">\(t(.others)) \(found.prefix(3).map(said).joined(separator: " / "))</p>"
      return "\(Components.finding(t(.noConcept)))<p class=\"small\">\(t(.noneAlike))</p>\(near)"
    }
    let chosen = found.first { $0.concept == row.concept }
    let others = found.filter { $0.concept != row.concept }.prefix(2)
    let more: HTML? =
      others.isEmpty
      ? nil : "<p class=\"small\">\(t(.others)) \(others.map(said).joined(separator: " / "))</p>"
    let reason = chosen.map { t(.alike, language.fiscalYear($0.year), $0.label, DraftPage.score($0)) }
    return
      "\(name(row.concept))<p class=\"small\">\(reason ?? t(.chosenByHand))</p>\(more)"
  }

  private func said(_ proposal: ConceptProposals.Proposal) -> String {
    "\(name(proposal.concept)) \(DraftPage.score(proposal))"
  }

  private func name(_ concept: String) -> String {
    concepts.first { $0.id == concept }?.label(language) ?? concept
  }

  /// 0.83, cut and not rounded up.
  static func score(_ proposal: ConceptProposals.Proposal) -> String {
    let hundredths = Int(proposal.score * 100 + 1e-9)
    return hundredths >= 100 ? "1.00" : "0.\(hundredths < 10 ? "0" : "")\(hundredths)"
  }

  // MARK: Correcting it

  private func form(_ index: Int, _ listing: Listing) -> HTML {
    let row = draft.rows[index]
    let read = row.read
    let kinds = ChecklistSheet.Kind.allCases.map { ($0.rawValue, t(EditionText.kind($0))) }
    let sections = [("", t(.sectionAbove))] + draft.sections.map { ($0.number, "\($0.number) \($0.title)") }
    let targets = ChecklistSheet.Target.allCases.map { ($0.rawValue, t(EditionText.target($0))) }
    let forms = ChecklistSheet.Form.allCases.html { form in
      "<label><input type=\"checkbox\" name=\"forms\" value=\"\(form.rawValue)\"\("checked", if: read.forms.contains(form))> <span>\(t(DraftPage.name(of: form)))</span></label>"
    }
    return """
      <form class="panel stack" method="post" action="/editions/drafts/\(id)/rows/\(index)" aria-label="\(t(.editTitle, read.row))">\(Components.formToken(request))
      <input type="hidden" name="seen" value="\(row.mark)"><input type="hidden" name="page" value="\(listing.page)">
      <h2>\(t(.editTitle, read.row))</h2>
      \(Components.select("kind", t(.kindLabel), options: kinds, chosen: read.kind.rawValue))
      \(Components.field("number", t(.numberLabel), value: read.number))
      \(Components.textArea("text", t(.textOf), value: read.text))
      \(Components.select("section", t(.sectionLabel), options: sections, chosen: row.section ?? ""))
      \(Components.select("concept", t(.conceptLabel), options: conceptOptions(row), chosen: row.concept))
      <fieldset class="field"><legend>\(t(.formsOf))</legend><div class="choices">\(forms)</div></fieldset>
      \(Components.select("target", t(.targetLabel), options: targets, chosen: read.target.rawValue))
      <div class="cluster apart"><a href="/editions/drafts/\(id)?page=\(listing.page)&amp;size=\(listing.size)#row-\(index)">\(t(.cancel))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>
      """
  }

  /// Those that are alike first, each with how much.
  private func conceptOptions(_ row: EditionDraft.Row) -> [(value: String, name: String)] {
    let near = proposals.proposals(for: row.read)
    let first = near.map { (value: $0.concept, name: said($0)) }
    let rest = concepts.filter { concept in !near.contains { $0.concept == concept.id } }.map {
      (value: $0.id, name: $0.label(language))
    }
    return [(value: "", name: t(.noConcept))] + first + rest
  }

  // MARK: Below

  private var further: HTML {
    """
    <section class="stack"><h2>\(t(.addFile))</h2><p>\(t(.addLead))</p>
    <form class="panel stack" method="post" enctype="multipart/form-data" action="/editions/drafts/\(id)/files">\(Components.formToken(request))
    \(EditionPages.fileFields(request, typed: nil))
    <p><button class="button">\(t(.read))</button></p></form></section>
    <details><summary>\(t(.throwAway))</summary><form class="stack" method="post" action="/editions/drafts/\(id)/removal">\(Components.formToken(request))<p>\(t(.throwAwayText))</p>
    <p><button class="button" data-size="s" data-kind="danger">\(t(.throwAway))</button></p></form></details>
    """
  }
}
