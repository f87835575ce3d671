import Kernel
import Registers
import Storage
import Web

/// Who has been asked, and who has not answered.
enum OverviewPage {
  struct Found {
    /// With the number of items of each.
    let rows: [(line: RequestLine, items: Int)]
    let counts: RequestCounts
    let vendors: [(id: String, name: String)]
  }

  static func page(
    _ request: WebRequest, _ library: PackLibrary, _ query: RequestQuery, _ listing: Listing, _ found: Found
  ) -> Page {
    let t = request.texts(RequestText.self)
    let counts = found.counts
    let new: HTML? =
      request.may(.requestsEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/requests/new\">\(t(.new))</a>" : nil
    let content: HTML =
      counts.all == 0
      ? Components.empty(t(.emptyTitle), t(.emptyText), new)
      : "\(figures(counts, t))\(filters(request, query, found, t))\(table(request, library, query, listing, found, t))"
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title)) <span class="soft">\(t(.count, counts.all))</span></h1>\(counts.all == 0 ? nil : new)</div>
      \(request.query("again") == nil ? nil : Components.notice(.info, t(.sentBefore)))
      \(RegisterTabs.tabs(request, current: "requests"))
      \(content)
      """)
  }

  private static func figures(_ counts: RequestCounts, _ t: Texts<RequestText>) -> HTML {
    func link(_ state: RequestQuery.Standing, _ number: Int) -> HTML {
      "<a href=\"/requests?state=\(state.rawValue)\">\(t.language.number(number))</a>"
    }
    return Components.figures([
      (counts.overdue > 0 ? "undone" : nil, HTML(t(.stateOverdue)), link(.overdue, counts.overdue)),
      (nil, HTML(t(.stateWaiting)), link(.waiting, counts.waiting)),
      (counts.handedIn > 0 ? "partly" : nil, HTML(t(.stateHandedIn)), link(.handedIn, counts.handedIn)),
      (nil, HTML(t(.stateClosed)), link(.closed, counts.closed)),
    ])
  }

  private static func filters(
    _ request: WebRequest, _ query: RequestQuery, _ found: Found, _ t: Texts<RequestText>
  ) -> HTML {
    let states: [(value: String, name: String)] =
      [("", t(.all))]
      + RequestQuery.Standing.allCases.map { ($0.rawValue, t(RequestText.standing($0))) }
    let vendors: [(value: String, name: String)] = [("", t(.all))] + found.vendors.map { ($0.id, $0.name) }
    let kinds: [(value: String, name: String)] =
      [("", t(.all))]
      + SheetRequest.Kind.allCases.map { ($0.rawValue, Texts<SheetText>(t.language)(SheetText.title($0))) }
    let all: HTML? = query.isNarrowed ? " <a href=\"/requests\">\(t(.showAll))</a>" : nil
    return """
      <form class="filters" action="/requests" role="search" aria-label="\(t(.filterLabel))">
      \(Components.select("state", t(.state), options: states, chosen: query.standing?.rawValue ?? ""))
      \(Components.select("vendor", t(.vendor), options: vendors, chosen: query.vendor))
      \(Components.select("kind", t(.sheet), options: kinds, chosen: query.kind?.rawValue ?? ""))
      <button class="button">\(t(.filter))</button>\(all)</form>
      """
  }

  private static func table(
    _ request: WebRequest, _ library: PackLibrary, _ query: RequestQuery, _ listing: Listing, _ found: Found,
    _ t: Texts<RequestText>
  ) -> HTML {
    guard !found.rows.isEmpty else {
      return Components.empty(
        t(.nothingFound), t(.nothingFoundText), "<a class=\"button\" href=\"/requests\">\(t(.showAll))</a>")
    }
    let rows = found.rows.html { line, items in row(request, library, line, items, t) }
    let keeping = [
      ("state", query.standing?.rawValue ?? ""), ("vendor", query.vendor),
      ("kind", query.kind?.rawValue ?? ""),
    ]
    let pager = Components.pager(
      listing, total: found.counts.matching, path: "/requests",
      keeping: keeping.map { (name: $0.0, value: $0.1) },
      request.texts(WebText.self))
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.vendor))</th><th scope="col">\(t(.sheet))</th><th scope="col">\(t(.dueOn))</th><th scope="col">\(t(.state))</th><th scope="col" class="num">\(t(.answeredColumn))</th><th scope="col">\(t(.linkColumn))</th></tr></thead>
      <tbody>\(rows)</tbody></table>\(pager)
      """
  }

  private static func row(
    _ request: WebRequest, _ library: PackLibrary, _ line: RequestLine, _ items: Int, _ t: Texts<RequestText>
  ) -> HTML {
    let asked = line.request
    let language = t.language
    let today = request.now.day
    let link: HTML =
      line.linkExpiresOn.map { day in
        day < today ? Components.finding(t(.linkExpired)) : "\(t(.linkUntil, language.columnDate(day)))"
      } ?? HTML(t(.linkNone))
    let opened: HTML? =
      line.browsers == 0 ? nil : "<br><span class=\"small soft\">\(t(.browsers, line.browsers))</span>"
    return """
      <tr><th scope="row" data-label="\(t(.vendor))"><a href="/requests/\(asked.id)">\(asked.vendorName)</a> \(asked.systemName.map { "<span class=\"soft\">\($0)</span>" as HTML })</th>
      <td data-label="\(t(.sheet))">\(SheetForm.title(of: asked, library: library, language))</td>
      <td data-label="\(t(.dueOn))">\(due(asked, today, t))</td>
      <td data-label="\(t(.state))">\(Components.tag(t(RequestText.state(asked.state)), RequestText.tone(asked.state)))</td>
      <td class="num" data-label="\(t(.answeredColumn))">\(line.answered) / \(items)</td>
      <td data-label="\(t(.linkColumn))"><span>\(link)\(opened)</span></td></tr>
      """
  }

  /// The day with how far away it is, as long as it matters.
  static func due(_ asked: SheetRequest, _ today: Day, _ t: Texts<RequestText>) -> HTML {
    let day = t.language.timeTag(asked.dueOn)
    let days = asked.dueOn.days(since: today)
    guard asked.isWaiting else { return day }
    if days < 0 { return "<span>\(day) \(Components.finding(t(.daysLate, -days)))</span>" }
    guard days <= 7 else { return day }
    return "<span>\(day) \(Components.tag(days == 0 ? t(.dueToday) : t(.daysLeft, days), .warn))</span>"
  }
}
