import Kernel
import Storage
import Web

/// The list of a register.
enum ListPage {
  struct Found: Sendable {
    let rows: [NamedEntry]
    let total: Int
    /// How many of them ask for attention.
    let attention: Int
    let counts: [String: Int]
    /// The last check of the whole register.
    let check: ListCheck?
    let views: [SavedView]
  }

  static func page(_ request: WebRequest, _ register: Register, _ view: ListView, _ found: Found) -> Page {
    let t = request.texts(RegisterText.self)
    let language = request.language
    let name = register.name(language)
    let mayEdit = request.may(.registersEdit)
    let add: HTML? =
      mayEdit
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/registers/\(register.id)/new\">\(t(.add, register.noun(language)))</a>"
      : nil
    let isEmpty = found.total == 0 && !view.isNarrowed
    let content: HTML =
      isEmpty
      ? Components.empty(t(.nothingFound), register.emptyText(language), start(request, register, add))
      : "\(filters(request, register, view, t))\(summary(request, register, view, found, t))\(rows(request, register, view, found, t))"
    return Page(
      name, menu: "registers",
      """
      <div class="page-head"><h1>\(name) <span class="soft">\(register.counted(language, found.counts[register.id] ?? 0))</span></h1>
      <div class="cluster">\(actions(register, view, found.total, isEmpty: isEmpty, mayEdit: mayEdit, t))\(isEmpty ? nil : add)</div></div>
      \(done(request, register, t))
      \(RegisterTabs.tabs(request, current: register.id, counts: found.counts))
      \(isEmpty ? nil : standing(request, register, view, found))
      \(content)
      """)
  }

  /// The ways to begin: adding one, and what the register offers to begin with.
  private static func start(_ request: WebRequest, _ register: Register, _ add: HTML?) -> HTML? {
    guard let add, let starter = register.starter else { return add }
    let path = "\(starter.path)"
    return """
      <form method="post" action="\(path)" class="cluster">\(Components.formToken(request))\(add)
      <button class="button">\(starter.word(request.language))</button></form>
      """
  }

  private static func actions(
    _ register: Register, _ view: ListView, _ total: Int, isEmpty: Bool, mayEdit: Bool,
    _ t: Texts<RegisterText>
  ) -> HTML {
    let query = view.fields.filter { !$0.value.isEmpty }
      .map { "\(urlEncoded($0.name))=\(urlEncoded($0.value))" }.joined(separator: "&")
    let paper: HTML? =
      isEmpty
      ? nil
      : "<a class=\"button\" href=\"/registers/\(register.id)/print?\(query)\">\(Texts<PrintText>(t.language)(.link))</a>"
    let columns: HTML? =
      mayEdit
      ? "<a href=\"/registers/\(register.id)/columns\">\(Texts<ColumnText>(t.language)(.link))</a>" : nil
    let take: HTML? =
      mayEdit ? "<a class=\"button\" href=\"/registers/\(register.id)/import\">\(t(.importLink))</a>" : nil
    // What is written out is what the list shows, and the button says so.
    let label =
      view.isNarrowed ? t(.exportMatching, register.counted(t.language, total)) : t(.exportLink)
    let give: HTML? =
      isEmpty || total == 0
      ? nil
      : "<a class=\"button\" href=\"/registers/\(register.id)/export.xlsx\(query.isEmpty ? "" : "?\(query)")\">\(label)</a>"
    let further: HTML? =
      mayEdit
      ? register.links.html { "<a class=\"button\" href=\"\($0.path)\">\($0.name(t.language))</a>" } : nil
    let drawing: HTML? = Diagrams.Kind.of(register).flatMap { kind in
      isEmpty ? nil : "<a class=\"button\" href=\"/diagrams/\(kind.rawValue)\">\(t(.diagramLink))</a>"
    }
    return "\(columns)\(drawing)\(further)\(take)\(give)\(paper)"
  }

  /// The check of the whole register, and the named filters.
  private static func standing(
    _ request: WebRequest, _ register: Register, _ view: ListView, _ found: Found
  ) -> HTML {
    let t = request.texts(ListCheckText.self)
    let check = ListCheckPage.standing(found.check, on: request.now.day, t)
    return """
      <p class="small">\(check) ・ <a href="/registers/\(register.id)/check">\(t(.link))</a></p>
      \(SavedViewPages.links(request, register, found.views, view))
      """
  }

  private static func done(_ request: WebRequest, _ register: Register, _ t: Texts<RegisterText>) -> HTML? {
    if request.query("removed") != nil { return Components.notice(.good, t(.removed)) }
    return request.query("changed").flatMap(Int.init).map {
      Components.notice(.good, t(.bulkDone, register.counted(t.language, $0)))
    }
  }

  private static func filters(
    _ request: WebRequest, _ register: Register, _ view: ListView, _ t: Texts<RegisterText>
  ) -> HTML {
    let selects = register.fields.filter(\.isFilter).html { field -> HTML in
      guard case .choice(let choices) = field.kind else { return HTML.empty }
      let options =
        [("", t(.all))] + choices.map { ($0.value, $0.word(t.language)) } + [(EntryQuery.none, t(.noValue))]
      return Components.select(
        "f-\(field.id)", named: field.id, field.label(t.language), options: options,
        chosen: view.query.filters[field.id] ?? "")
    }
    let attention = [("", t(.attentionAll)), ("only", t(.attentionOnly))]
    return """
      <form class="filters" action="/registers/\(register.id)" role="search" aria-label="\(t(.searchLabel, register.noun(t.language)))">
      <div class="field grow"><label for="q">\(t(.search))</label><input id="q" type="search" name="q" value="\(view.query.search)" data-search></div>
      \(selects)\(Components.select("attention", t(.attention), options: attention, chosen: view.query.attentionOn == nil ? "" : "only"))
      <button class="button">\(t(.find))</button></form>
      """
  }

  private static func summary(
    _ request: WebRequest, _ register: Register, _ view: ListView, _ found: Found, _ t: Texts<RegisterText>
  ) -> HTML {
    let language = t.language
    let all: HTML? =
      view.isNarrowed ? " ・ <a href=\"/registers/\(register.id)\">\(t(.showAll))</a>" : nil
    let matching: HTML? =
      view.isNarrowed ? "<strong>\(t(.matching, register.counted(language, found.total)))</strong> " : nil
    let attention: HTML? =
      found.attention == 0
      ? nil : Components.finding(t(.matchingAttention, register.counted(language, found.attention)))
    return
      "<p class=\"small\">\(matching)\(attention)\(all)</p>\(SavedViewPages.form(request, register, view))"
  }

  private static func rows(
    _ request: WebRequest, _ register: Register, _ view: ListView, _ found: Found, _ t: Texts<RegisterText>
  ) -> HTML {
    if found.rows.isEmpty {
      let all: HTML = "<a class=\"button\" href=\"/registers/\(register.id)\">\(t(.showAll))</a>"
      return Components.empty(t(.nothingFound), t(.nothingFoundText), all)
    }
    let mayEdit = request.may(.registersEdit)
    let columns = register.fields.filter { $0.isListed && $0.id != register.title.id }
    let head = columns.html { "<th scope=\"col\">\($0.label(t.language))</th>" }
    let select: HTML? = mayEdit ? "<th scope=\"col\">\(selectAll(t))</th>" : nil
    let body = found.rows.html { row(request, register, $0, columns, mayEdit, t) }
    let table: HTML = """
      <div class="scroll" tabindex="0" role="region" aria-label="\(register.name(t.language))"><table class="table" data-narrow="cards">
      <caption class="visually-hidden">\(t(.listCaption, register.name(t.language)))</caption>
      <thead><tr>\(select)<th scope="col">\(register.noun(t.language))</th>\(head)<th scope="col">\(t(.attention))</th></tr></thead>
      <tbody>\(body)</tbody></table></div>
      """
    let pager = Components.pager(
      view.listing, total: found.total, path: "/registers/\(register.id)", keeping: view.fields,
      request.texts(WebText.self))
    guard mayEdit else { return "\(table)\(pager)" }
    let fields = register.fields.filter(\.isBulk).map { ($0.id, $0.label(t.language)) }
    return """
      <form data-bulk action="/registers/\(register.id)/changes/preview" method="post" class="stack">
      \(Components.formToken(request))\(table)
      <div class="bulk"><strong><span data-count role="status">0</span> \(t(.chosen))</strong> \(Components.select("bulk-field", named: "field", t(.bulkField), options: fields, chosen: ""))
      \(all(register, view, found, t))<button class="button">\(t(.bulkPreview))</button></div></form>
      \(pager)
      """
  }

  /// The choice of everything that the list shows on all its pages; nil when this page shows it all.
  private static func all(
    _ register: Register, _ view: ListView, _ found: Found, _ t: Texts<RegisterText>
  ) -> HTML? {
    guard found.total > found.rows.count else { return nil }
    let count = register.counted(t.language, found.total)
    guard found.total <= BulkChoice.most else {
      return
        "<span class=\"small\">\(t(.bulkTooMany, count, register.counted(t.language, BulkChoice.most)))</span>"
    }
    return """
      <label class="cluster"><input type="checkbox" name="all" value="1"> \(t(.bulkAll, count))</label>\(BulkPage.filters(view))
      """
  }

  private static func selectAll(_ t: Texts<RegisterText>) -> HTML {
    "<input type=\"checkbox\" aria-label=\"\(t(.selectAll))\" hidden><span class=\"visually-hidden\">\(t(.choose))</span>"
  }

  private static func row(
    _ request: WebRequest, _ register: Register, _ named: NamedEntry, _ columns: [Field], _ mayEdit: Bool,
    _ t: Texts<RegisterText>
  ) -> HTML {
    let named = named.shown(in: t.language, register)
    let entry = named.entry
    let title = register.shownTitle(entry)
    let check: HTML? =
      mayEdit
      ? "<td><input type=\"checkbox\" name=\"id\" value=\"\(entry.id)\" aria-label=\"\(t(.select, title))\"></td>"
      : nil
    let cells = columns.html { field in
      "<td data-label=\"\(field.label(t.language))\">\(FieldView.short(field, named, t))</td>"
    }
    let findings = register.findings(of: entry, on: request.now.day)
    let concerns: HTML =
      findings.isEmpty
      ? "<span class=\"soft\">\(t(.none))</span>"
      : "<span>\(HTML(joining: findings.enumerated().map { index, finding in index == 0 ? Components.finding(finding.word(t.language)) : "<br>\(Components.finding(finding.word(t.language)))" }))</span>"
    return """
      <tr>\(check)<th scope="row" data-label="\(register.noun(t.language))"><a href="/registers/\(register.id)/\(entry.id)">\(title)</a></th>
      \(cells)<td data-label="\(t(.attention))">\(concerns)</td></tr>
      """
  }
}

extension NamedEntry {
  /// With the program's own words in the reader's language.
  func shown(in language: Language, _ register: Register) -> NamedEntry {
    guard let words = register.ownWords else { return self }
    let values = entry.values.mapValues { words($0, language) }
    return NamedEntry(entry: Entry(id: entry.id, values: values, version: entry.version), names: names)
  }
}

extension Register {
  /// The title of an entry, or its key when it has none.
  func shownTitle(_ entry: Entry) -> String {
    let title = entry.text(title.id)
    return title.isEmpty ? entry.text(key.id) : title
  }
}

/// How the value of a field is shown.
enum FieldView {
  /// In a column: dates short, states as tags.
  static func short(_ field: Field, _ named: NamedEntry, _ t: Texts<RegisterText>) -> HTML {
    guard let value = named.entry.values[field.id] else { return "<span class=\"soft\">\(t(.none))</span>" }
    switch field.kind {
    case .choice(let choices):
      guard let choice = choices.first(where: { $0.value == value }) else { return HTML(value) }
      let word = choice.word(t.language)
      return choice.tone.map { Components.tag(word, $0) } ?? HTML(word)
    case .day:
      guard let day = Day(value) else { return HTML(value) }
      return "<time class=\"nowrap\" datetime=\"\(day)\">\(t.language.columnDate(day))</time>"
    case .number: return "<span class=\"num\">\(Int(value).map(t.language.number) ?? value)</span>"
    case .entry, .person: return HTML(named.names[field.id] ?? value)
    case .text, .lines: return HTML(value)
    }
  }

  /// Among the facts of a record: dates in full, other entries as links.
  static func long(_ field: Field, _ named: NamedEntry, _ t: Texts<RegisterText>) -> HTML {
    guard let value = named.entry.values[field.id] else { return short(field, named, t) }
    switch field.kind {
    case .day: return Day(value).map { t.language.timeTag($0, short: false) } ?? HTML(value)
    case .entry(let register, _, _):
      return "<a href=\"/registers/\(register)/\(value)\">\(named.names[field.id] ?? value)</a>"
    case .person:
      return "<a href=\"/registers/\(People.register.id)/\(value)\">\(named.names[field.id] ?? value)</a>"
    case .lines:
      return HTML(
        joining: value.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
          $0 == 0 ? HTML(String($1)) : "<br>\(String($1))"
        })
    default: return short(field, named, t)
    }
  }

  /// As plain text, for ledger values and files.
  static func plain(_ field: Field, _ value: String, _ language: Language) -> String {
    switch field.kind {
    case .choice(let choices): choices.first { $0.value == value }?.word(language) ?? value
    case .day: Day(value).map(language.date) ?? value
    case .number: Int(value).map(language.number) ?? value
    default: value
    }
  }
}
