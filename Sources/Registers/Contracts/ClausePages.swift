import Kernel
import Storage
import Web

/// Contracts by clauses, and the letter that asks for those that are missing.
enum ClausePages {
  struct Found: Sendable {
    let rows: [ClauseRow]
    let contracts: Int
    /// How many leave a clause open.
    let lacking: Int
    let vendors: [(id: Entry.ID, name: String)]
    let vendor: Entry.ID?
    /// Only the clauses of this theme; nil for all.
    let theme: Clause.Theme?
    let listing: Listing
  }

  static func matrix(_ request: WebRequest, _ found: Found) -> Page {
    let t = request.texts(ContractText.self)
    let content: HTML =
      found.rows.isEmpty
      ? Components.empty(
        t(.clausesEmpty), t(.clausesEmptyText),
        "<a class=\"button\" href=\"/registers/contracts\">\(Contracts.register.name(t.language))</a>")
      : table(request, found, t)
    let lacking: HTML? =
      found.lacking == 0
      ? nil : Components.finding(t(.clausesLacking, Contracts.register.counted(t.language, found.lacking)))
    return Page(
      t(.clausesTitle), menu: "registers",
      """
      <div class="page-head"><div><h1>\(t(.clausesTitle)) <span class="soft">\(Contracts.register.counted(t.language, found.contracts))</span></h1></div>\(letterLink(found, t))</div>
      \(RegisterTabs.tabs(request, current: "clauses"))
      <p>\(t(.clausesLead)) \(lacking)</p>
      \(filters(found, t))\(content)
      """)
  }

  private static func letterLink(_ found: Found, _ t: Texts<ContractText>) -> HTML? {
    found.vendor.map {
      "<a class=\"button\" data-kind=\"primary\" href=\"/clauses/letter?vendor=\($0)\">\(t(.letterMake))</a>"
    }
  }

  private static func filters(_ found: Found, _ t: Texts<ContractText>) -> HTML {
    let vendors = [("", t(.allVendors))] + found.vendors.map { ("\($0.id)", $0.name) }
    let themes = [("", t(.allThemes))] + Clause.Theme.allCases.map { ($0.rawValue, t($0.word)) }
    return """
      <form class="filters" action="/clauses" role="search" aria-label="\(t(.clausesTitle))">
      \(Components.select("vendor", t(.vendor), options: vendors, chosen: found.vendor?.text ?? ""))
      \(Components.select("theme", t(.theme), options: themes, chosen: found.theme?.rawValue ?? ""))
      <button class="button">\(t(.show))</button></form>
      """
  }

  private static func table(_ request: WebRequest, _ found: Found, _ t: Texts<ContractText>) -> HTML {
    let clauses = Clause.all.filter { found.theme == nil || $0.theme == found.theme }
    let heads = clauses.html { "<th scope=\"col\">\($0.word(t.language))</th>" }
    let rows = found.rows.html { row in
      let cells = clauses.html { cell($0, row.values[$0.id], t) }
      let missing = row.missing.count
      let count: HTML =
        missing == 0 ? Components.tag(t(.clausesAll), .good) : Components.finding(t(.points, missing))
      return """
        <tr><th scope="row"><ul class="plain stack" data-gap="s"><li><a href="\(RenewalPages.path(row.id))">\(row.title)</a></li><li><a class="small" href="/clauses?vendor=\(row.vendor)">\(row.vendorName)</a></li></ul></th>
        <td>\(count)</td>\(cells)</tr>
        """
    }
    let keeping = [("vendor", found.vendor?.text ?? ""), ("theme", found.theme?.rawValue ?? "")]
    let pager = Components.pager(
      found.listing, total: found.contracts, path: "/clauses", keeping: keeping,
      request.texts(WebText.self))
    let size: HTML? = found.theme == nil ? " data-size=\"l\"" : nil
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.clausesTitle))"><table class="matrix"\(size)>
      <caption class="visually-hidden">\(t(.clausesTitle))</caption>
      <thead><tr><th scope="col">\(Contracts.register.noun(t.language))</th><th scope="col">\(t(.clausesMissing))</th>\(heads)</tr></thead><tbody>\(rows)</tbody></table></div>\(Components.scrollHint(request.texts()))
      \(pager)
      """
  }

  private static func cell(_ clause: Clause, _ value: String?, _ t: Texts<ContractText>) -> HTML {
    guard clause.isSettled(by: value) else {
      let word = value.map { FieldView.plain(clause.field, $0, t.language) } ?? t(.notWritten)
      return "<td data-tone=\"bad\">\(Components.finding(word))</td>"
    }
    return "<td>\(shown(clause, value ?? "", t))</td>"
  }

  private static func shown(_ clause: Clause, _ value: String, _ t: Texts<ContractText>) -> String {
    switch clause.kind {
    case .hours: return t(.withinHours, Int(value) ?? 0)
    case .text, .lines:
      let line = value.replacing("\n", with: " ")
      return line.count > 24 ? "\(line.prefix(24))…" : line
    case .bearer, .duty: return FieldView.plain(clause.field, value, t.language)
    }
  }

  // MARK: The letter

  /// A letter that asks a vendor for what its contracts leave open. Printed, or saved as a file by the browser.
  static func letter(_ request: WebRequest, _ vendor: Entry, _ rows: [ClauseRow]) -> Page {
    let t = request.texts(ContractText.self)
    let name = vendor.text("name")
    let facility = request.visitor?.facilityName ?? ""
    let open = rows.filter { !$0.missing.isEmpty }
    let title = t(.letterTitle, name)
    let crumbs: HTML =
      "<ol class=\"crumbs\"><li><a href=\"/clauses?vendor=\(vendor.id)\">\(t(.clausesTitle))</a></li></ol>"
    guard !open.isEmpty else {
      return Page(
        title, menu: "registers",
        "\(crumbs)<h1>\(title)</h1>\(Components.empty(t(.letterNothing), t(.letterNothingText)))")
    }
    let person = vendor.text("contactPerson")
    let addressee: HTML = person.isEmpty ? "" : "<br>\(t(.letterPerson, person))"
    return Page(
      title, menu: "registers",
      """
      \(crumbs)
      <article class="sheet">
      <div class="sheet-head"><h1>\(t(.letterHeading))</h1><p>\(t.language.timeTag(request.now.day, short: false))</p></div>
      <p>\(t(.letterTo, name))\(addressee)</p>
      <p class="num">\(facility)<br>\(request.visitor?.name)</p>
      <p>\(t(.letterText))</p>
      \(open.html { questions($0, t) })
      <p>\(t(.letterReply, facility))</p>
      <p class="small">\(t(.letterPatients))</p>
      </article>
      """)
  }

  private static func questions(_ row: ClauseRow, _ t: Texts<ContractText>) -> HTML {
    let rows = row.missing.enumerated().html { index, clause in
      """
      <tr><th scope="row">\(index + 1). \(clause.word(t.language))</th><td>\(clause.question(t.language))</td><td class="nowrap">\(t(.letterBoxes))<br>\(t(.letterClause))</td></tr>
      """
    }
    return """
      <section><h2>\(t(.letterContract, row.title, row.number))</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.letterContract, row.title, row.number))"><table class="table"><caption class="visually-hidden">\(t(.letterContract, row.title, row.number))</caption>
      <thead><tr><th scope="col">\(t(.point))</th><th scope="col">\(t(.letterQuestion))</th><th scope="col">\(t(.letterAnswer))</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
      """
  }
}
