import Kernel
import Web

private typealias TableWords = Responsibility.TableWords

/// The table of one system, and the matrix of all.
enum ResponsibilityPages {
  // MARK: One system

  static func system(_ request: WebRequest, _ table: Responsibility.Table) -> Page {
    let words = TableWords(table, request.language)
    let t = words.t
    let title = t(.titleOf, table.system.name)
    let subtitle = words.subtitle(request.language)
    let note: HTML? = subtitle.isEmpty ? nil : "<p class=\"soft small\">\(subtitle)</p>"
    let body: HTML =
      table.items.isEmpty
      ? noItems(request, t)
      : "\(standing(table, words))\(grid(request, table, words))\(foot(request, table, t))"
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/registers/systems">\(t(.registers))</a></li><li><a href="/responsibility">\(t(.title))</a></li></ol>
      <h1>\(title)</h1>\(note)</div>\(actions(request, table, t))</div>
      \(done(request, t))
      \(body)
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<ResponsibilityText>) -> HTML? {
    if let count = request.query("changed").flatMap(Int.init) {
      return Components.notice(.good, t(.changed, count))
    }
    return request.query("saved") == nil ? nil : Components.notice(.good, t(.saved))
  }

  private static func actions(
    _ request: WebRequest, _ table: Responsibility.Table, _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard !table.items.isEmpty else { return nil }
    let tally = table.tally
    let path: HTML = "/responsibility/\(table.system.id)"
    let main: HTML?
    if !table.isBegun && request.may(.registersEdit) {
      main = "<a class=\"button\" data-kind=\"primary\" href=\"\(path)/preset\">\(t(.presetLink))</a>"
    } else if tally.findings > 0 {
      let label = tally[.nobody] > 0 ? t(.askNobody, tally[.nobody]) : t(.askRest, tally.findings)
      main = "<a class=\"button\" data-kind=\"primary\" href=\"\(path)/questions\">\(label)</a>"
    } else {
      main = nil
    }
    return """
      <div class="cluster"><button class="button" type="button" data-print hidden>\(t(.print))</button><a class="button" href="\(path)/sheet.pdf">\(t(.pdf))</a>\(main)</div>
      """
  }

  private static func standing(_ table: Responsibility.Table, _ words: TableWords) -> HTML {
    let t = words.t
    let tally = table.tally
    let findings = words.findings(tally).html { Components.finding($0) }
    return """
      <div class="cluster apart"><p class="cluster">\(findings)<span class="soft small">\(t(.decidedOf, tally[.decided], tally.all))</span></p>
      <p class="cluster small"><span class="bearer">\(t(.facility))</span><span class="bearer" data-bearer="vendor">\(t(.byVendor))</span><span class="bearer" data-bearer="both">\(t(.both))</span></p></div>
      """
  }

  private static func grid(_ request: WebRequest, _ table: Responsibility.Table, _ words: TableWords) -> HTML
  {
    let t = words.t
    let mayEdit = request.may(.registersEdit)
    let phases = Responsibility.Phase.allCases
    let head = phases.html { "<th scope=\"col\">\(t($0.word))</th>" }
    let rows = table.items.html { item in
      let cells = phases.html { phase -> HTML in
        let cell = table.cell(item, phase)
        let tone: String? = cell.state.isFinding ? "bad" : nil
        let inside = words.html(cell)
        guard mayEdit, item.phases.contains(phase) else {
          return "<td\("data-tone", is: tone)>\(inside)</td>"
        }
        let path: HTML = "/responsibility/\(table.system.id)/cells/\(item.id)/\(phase.rawValue)"
        return "<td\("data-tone", is: tone)><a href=\"\(path)\">\(inside)</a></td>"
      }
      return
        "<tr id=\"item-\(item.id)\"><th scope=\"row\"\("title", is: item.note)>\(item.name)</th>\(cells)</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.tableName))"><table class="matrix">
      <caption class="visually-hidden">\(t(.tableCaption, table.system.name))</caption>
      <thead><tr><th scope="col">\(t(.item))</th>\(head)</tr></thead>
      <tbody>\(rows)</tbody></table></div>\(Components.scrollHint(Texts<WebText>(t.language)))
      """
  }

  private static func foot(
    _ request: WebRequest, _ table: Responsibility.Table, _ t: Texts<ResponsibilityText>
  ) -> HTML {
    let meaning: HTML = "<p class=\"small soft\">\(t(.meaning))</p>"
    guard request.may(.registersEdit) else { return meaning }
    let path: HTML = "/responsibility/\(table.system.id)"
    let phases = Responsibility.Phase.allCases.html { phase in
      "<a href=\"\(path)/changes?phase=\(phase.rawValue)\">\(t(.fillPhase, t(phase.word)))</a>"
    }
    return """
      \(meaning)
      <nav class="cluster small screen-only" aria-label="\(t(.fill))"><span class="soft">\(t(.fillLead))</span>\(phases)
      <a href="\(path)/preset">\(t(.presetLink))</a><a href="\(path)/copy">\(t(.copyLink))</a><a href="/responsibility/items">\(t(.itemsLink))</a><a href="/registers/systems/\(table.system.id)">\(t(.recordLink))</a></nav>
      """
  }

  /// What stands in the place of a table that has no lines yet.
  static func noItems(_ request: WebRequest, _ t: Texts<ResponsibilityText>) -> HTML {
    let start: HTML? =
      request.may(.registersEdit)
      ? """
      <form method="post" action="/responsibility/items/starters">\(Components.formToken(request))
      <button class="button" data-kind="primary">\(t(.startersButton, Responsibility.starters.count))</button></form>
      """ : nil
    return """
      <div class="empty"><p><strong>\(t(.emptyItems))</strong></p><p>\(t(.emptyText))</p>\(start)</div>
      """
  }

  // MARK: All systems

  /// Which part of the matrix is asked for. All of it stands in the URL.
  struct View: Sendable {
    let finding: Responsibility.State?
    let vendor: Entry.ID?
    let listing: Listing

    init(_ request: WebRequest) {
      finding = request.query("finding").flatMap { Responsibility.State(rawValue: $0) }.flatMap {
        $0.isFinding ? $0 : nil
      }
      vendor = request.query("vendor").flatMap { Entry.ID($0) }
      // A matrix is read as a whole: pages begin where no screen or sheet would hold it.
      listing = Listing(page: request.query("page").flatMap(Int.init) ?? 1, size: 200)
    }

    var isNarrowed: Bool { finding != nil || vendor != nil }
    var fields: [(name: String, value: String)] {
      [("finding", finding?.rawValue ?? ""), ("vendor", vendor?.text ?? "")]
    }
  }

  static func all(
    _ request: WebRequest, _ view: View, _ matrix: Responsibility.Matrix,
    _ vendors: [(id: Entry.ID, name: String)]
  ) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let shown = view.finding.map { matrix.with($0) } ?? matrix
    let content: HTML
    if matrix.items.isEmpty {
      content = noItems(request, t)
    } else if matrix.lines.isEmpty && !view.isNarrowed {
      let add: HTML = "<a class=\"button\" href=\"/registers/systems\">\(t(.toSystems))</a>"
      content = Components.empty(t(.noSystems), t(.noSystemsText), add)
    } else {
      content = "\(filters(view, vendors, t))\(overview(request, view, shown, t))"
    }
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title))</h1>\(files(request, matrix, t))</div>
      \(done(request, t))
      \(RegisterTabs.tabs(request, current: "responsibility"))
      <p class="soft small">\(t(.lead))</p>
      \(content)
      """)
  }

  private static func files(
    _ request: WebRequest, _ matrix: Responsibility.Matrix, _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard !matrix.items.isEmpty else { return nil }
    let edit: HTML? =
      request.may(.registersEdit)
      ? "<a class=\"button\" href=\"/responsibility/items\">\(t(.itemsLink))</a><a class=\"button\" href=\"/responsibility/import\">\(t(.importLink))</a>"
      : nil
    return """
      <div class="cluster">\(edit)<a class="button" href="/responsibility/export.xlsx">\(t(.exportLink))</a>
      <button class="button" type="button" data-print hidden>\(t(.print))</button><a class="button" data-kind="primary" href="/responsibility/matrix.pdf">\(t(.pdfMatrix))</a></div>
      """
  }

  private static func filters(
    _ view: View, _ vendors: [(id: Entry.ID, name: String)], _ t: Texts<ResponsibilityText>
  ) -> HTML {
    let findings = [("", t(.anyState))] + Responsibility.State.findings.map { ($0.rawValue, t($0.word)) }
    let names = [("", t(.anyVendor))] + vendors.map { ($0.id.text, $0.name) }
    return """
      <form class="filters" action="/responsibility" aria-label="\(t(.filterLabel))">
      \(Components.select("finding", t(.finding), options: findings, chosen: view.finding?.rawValue ?? ""))
      \(Components.select("vendor", t(.byVendor), options: names, chosen: view.vendor?.text ?? ""))
      <button class="button">\(t(.filter))</button></form>
      """
  }

  private static func overview(
    _ request: WebRequest, _ view: View, _ matrix: Responsibility.Matrix, _ t: Texts<ResponsibilityText>
  ) -> HTML {
    guard !matrix.lines.isEmpty else {
      let all: HTML = "<a class=\"button\" href=\"/responsibility\">\(t(.showAll))</a>"
      return Components.empty(t(.nothingFound), t(.nothingFoundText), all)
    }
    let tally = matrix.tally
    let findings = Responsibility.State.findings.filter { tally[$0] > 0 }.html {
      Components.finding("\(t($0.word)) \(t(.count, tally[$0]))")
    }
    let page = matrix.lines.dropFirst(view.listing.offset).prefix(view.listing.size)
    let head = matrix.items.html { "<th scope=\"col\"><span>\($0.name)</span></th>" }
    let marks = Marks(t)
    let rows = page.html { row($0, matrix.items, marks, t) }
    let pager =
      matrix.lines.count > view.listing.size
      ? Components.pager(
        view.listing, total: matrix.lines.count, path: "/responsibility", keeping: view.fields,
        request.texts(WebText.self)) : nil
    return """
      <p class="cluster"><strong>\(t(.systems, matrix.lines.count))</strong>\(findings)<span class="soft small">\(t(.decidedOf, tally[.decided], tally.all))</span></p>
      <div class="scroll wide" tabindex="0" role="region" aria-label="\(t(.title))"><table class="matrix">
      <caption class="visually-hidden">\(t(.matrixCaption))</caption>
      <thead><tr><th scope="col">\(t(.system))</th><th scope="col"><span>\(t(.finding))</span></th>\(head)</tr></thead>
      <tbody>\(rows)</tbody></table></div>\(Components.scrollHint(request.texts()))
      \(pager)<p class="small soft">\(t(.meaningMatrix))</p>
      """
  }

  /// The marks of the matrix, made once for its thousands of cells.
  private struct Marks {
    let decided: HTML
    let notApplicable: HTML
    let words: [Responsibility.State: String]

    init(_ t: Texts<ResponsibilityText>) {
      decided = "<td>\(t(.decidedShort))</td>"
      notApplicable =
        "<td class=\"soft\"><span aria-hidden=\"true\">−</span><span class=\"visually-hidden\">\(t(.notApplicable))</span></td>"
      words = Dictionary(uniqueKeysWithValues: Responsibility.State.findings.map { ($0, t($0.word)) })
    }
  }

  private static func row(
    _ line: Responsibility.Matrix.Line, _ items: [Responsibility.Item], _ marks: Marks,
    _ t: Texts<ResponsibilityText>
  ) -> HTML {
    var cells = HTML.empty
    for (index, item) in items.enumerated() {
      let worst = line.worst(index)
      switch worst.state {
      case .decided: cells += marks.decided
      case .notApplicable: cells += marks.notApplicable
      case .nobody, .overlap, .unwritten:
        cells +=
          "<td data-tone=\"bad\"><a href=\"/responsibility/\(line.system)#item-\(item.id)\">\(marks.words[worst.state])</a></td>"
      }
    }
    let count: HTML =
      line.tally.findings == 0
      ? "<td class=\"soft\">\(t(.none))</td>" : "<td>\(Components.finding("\(line.tally.findings)"))</td>"
    return
      "<tr><th scope=\"row\"><a href=\"/responsibility/\(line.system)\">\(line.name)</a></th>\(count)\(cells)</tr>"
  }
}
