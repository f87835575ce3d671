import Frameworks
import Kernel
import Web

/// The editions of a facility, choosing a file, and seeing what taking it in would do.
enum EditionPages {
  static func list(_ request: WebRequest, _ editions: [LocalEdition], _ drafts: [ListedDraft]) -> Page {
    let t = request.texts(EditionText.self)
    let start: HTML = "<a class=\"button\" data-kind=\"primary\" href=\"/editions/new\">\(t(.start))</a>"
    let isEmpty = editions.isEmpty && drafts.isEmpty
    var notices = HTML.empty
    if let pack = request.query("taken") {
      notices += Components.notice(
        .good, t(.taken, pack.harmless), "<p><a href=\"/assessments\">\(t(.answer))</a></p>")
    }
    if request.query("removed") != nil { notices += Components.notice(.good, t(.removedDraft)) }
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments">\(t(.toAssessments))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1>\(isEmpty ? nil : start)</div>
      <p>\(t(.lead))</p>\(notices)
      \(isEmpty ? Components.empty(t(.empty), t(.emptyText), start) : nil)
      \(drafts.isEmpty ? nil : draftList(drafts, t))
      \(editions.isEmpty ? nil : editionTable(editions, t))
      """)
  }

  private static func draftList(_ drafts: [ListedDraft], _ t: Texts<EditionText>) -> HTML {
    let items = drafts.html { one in
      """
      <li><a href="/editions/drafts/\(one.id)">\(t(.draftTitle, t.language.fiscalYear(one.draft.year)))</a>
      \(t(.draftRows, one.draft.rows.count)) \(one.draft.sources.map(\.name).joined(separator: "、")) \(t.language.timeTag(one.at)) \(one.by)</li>
      """
    }
    return
      "<section class=\"stack\"><h2>\(t(.drafts))</h2><p>\(t(.resume))</p><ul class=\"plain\">\(items)</ul></section>"
  }

  private static func editionTable(_ editions: [LocalEdition], _ t: Texts<EditionText>) -> HTML {
    var seen: Set<String> = []
    let rows = editions.html { one -> HTML in
      let isNewest = seen.insert(one.pack).inserted
      let last: HTML =
        isNewest
        ? "<a href=\"/editions/\(one.pack)/pack.yaml\">\(t(.export))<span class=\"visually-hidden\"> \(one.pack)</span></a>"
        : "\(Components.tag(t(.older)))"
      return """
        <tr><th scope="row" data-label="\(t(.edition))">\(one.pack)</th><td class="num" data-label="\(t(.revision))">\(one.revision)</td>
        <td class="num" data-label="\(t(.items))">\(one.items)</td><td data-label="\(t(.source))">\(one.source)</td>
        <td data-label="\(t(.takenAt))">\(t.language.timeTag(one.takenAt.day)) \(one.takenBy)</td><td>\(last)</td></tr>
        """
    }
    return """
      <section class="stack"><h2>\(t(.editions))</h2>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.editions))</caption>
      <thead><tr><th scope="col">\(t(.edition))</th><th scope="col">\(t(.revision))</th><th scope="col">\(t(.items))</th><th scope="col">\(t(.source))</th><th scope="col">\(t(.takenAt))</th><th scope="col"></th></tr></thead>
      <tbody>\(rows)</tbody></table></section>
      """
  }

  // MARK: Choosing a file

  static func new(
    _ request: WebRequest, _ years: [FiscalYear], typed: FormValues?, _ problem: (any Problem)?
  ) -> Page {
    let t = request.texts(EditionText.self)
    let refusal = problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    let current = request.now.day.fiscalYear
    let chosen = typed?["year"] ?? "\(years.contains(current) ? current : years.last ?? current)"
    return Page(
      t(.newTitle), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/editions">\(t(.title))</a></li></ol>
      <h1>\(t(.newTitle))</h1><p>\(t(.newLead))</p>\(refusal)
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/editions/drafts">\(Components.formToken(request))
      \(Components.select("year", t(.yearLabel), options: years.map { ("\($0)", t.language.fiscalYear($0)) }, chosen: chosen, hint: t(.yearHint)))
      \(fileFields(request, typed: typed))
      <div class="cluster apart"><a href="/editions">\(t(.back))</a><button class="button" data-kind="primary">\(t(.read))</button></div>
      </form>
      <details><summary>\(t(.packTitleOf))</summary>
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/editions/packs">\(Components.formToken(request))
      <div class="field"><label for="pack">\(t(.packLabel))</label><input id="pack" name="pack" type="file" accept=".yaml,.yml,.json" required aria-describedby="pack-hint"><p class="hint" id="pack-hint">\(t(.packHint))</p></div>
      <p><button class="button">\(t(.packTake))</button></p></form></details>
      """)
  }

  /// A file or a text, and who answers it.
  static func fileFields(_ request: WebRequest, typed: FormValues?) -> HTML {
    let t = request.texts(EditionText.self)
    let forms = [
      ("", t(.formsAuto)), ("org", t(.formsOrg)), ("med", t(.formsMed)), ("ph", t(.formsPh)),
      ("vendor", t(.formsVendor)),
    ]
    return """
      <div class="field"><label for="file">\(t(.fileLabel))</label><input id="file" name="file" type="file" accept=".xlsx,.csv,.tsv,.pdf" aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.fileHint))</p></div>
      \(Components.textArea("text", t(.textLabel), value: typed?["text"] ?? "", hint: t(.textHint), most: 100_000))
      \(Components.select("forms", t(.formsLabel), options: forms, chosen: typed?["forms"] ?? ""))
      """
  }

  // MARK: What it would become

  static func preview(
    _ request: WebRequest, _ id: EditionDraft.ID, _ draft: EditionDraft, _ preview: Editions.Preview
  ) -> Page {
    let t = request.texts(EditionText.self)
    let pack = preview.pack
    let title = t(.previewTitle, pack.title(t.language))
    let unread = draft.rows.filter { $0.read.kind == .other }
    return Page(
      title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/editions">\(t(.title))</a></li><li><a href="/editions/drafts/\(id)">\(t(.draftTitle, t.language.fiscalYear(draft.year)))</a></li></ol>
      <h1>\(title)</h1><p>\(t(.previewLead))</p>
      <form class="cluster" method="post" action="/editions/drafts/\(id)/edition">\(Components.formToken(request))<input type="hidden" name="version" value="\(draft.version)">
      <button class="button" data-kind="primary">\(t(.take))</button> <a href="/editions/drafts/\(id)">\(t(.backToDraft))</a></form>
      \(pack.revision > 1 ? Components.notice(.info, t(.revisionNote, pack.revision)) : nil)
      \(unread.isEmpty ? nil : Components.notice(.warn, t(.unreadRows, unread.count), "<p>\(t(.unreadText))</p>"))
      \(list(preview.withoutConcept, .withoutConcept, .withoutConceptText, t))
      \(list(preview.merge.reworded, .rewordedItems, .rewordedText, t))
      \(list(preview.merge.removed, .removedItems, .removedText, t))
      \(pack.forms.html { form($0, preview, t) })
      """)
  }

  private static func list(
    _ items: [Pack.Item], _ title: EditionText, _ text: EditionText, _ t: Texts<EditionText>
  ) -> HTML? {
    guard !items.isEmpty else { return nil }
    return """
      <section class="stack"><h2>\(t(title, items.count))</h2><p>\(t(text))</p>
      <ul class="plain">\(items.html { "<li>\($0.label) \($0.question(t.language))</li>" })</ul></section>
      """
  }

  private static func form(_ form: Pack.Form, _ preview: Editions.Preview, _ t: Texts<EditionText>) -> HTML {
    let rows = form.rows.count { !$0.isRemoved }
    let count = t(.formLine, "\(rows)", "\(form.items.count(where: \.isGate))", "\(form.sections.count)")
    guard !preview.merge.kept.contains(form.id) else {
      return "<section class=\"stack\"><h2>\(form.title(t.language))</h2><p>\(t(.keptForms))</p></section>"
    }
    guard let (_, earlier, carry) = preview.carries.first(where: { $0.form == form.id }) else {
      return
        "<section class=\"stack\"><h2>\(form.title(t.language))</h2><p>\(count)</p><p>\(t(.noneOf))</p></section>"
    }
    let year = t.language.fiscalYear(earlier.fiscalYear)
    let new = carry.lines.filter { $0.kind == .new && !$0.item.isRemoved }.map(\.item)
    let going = carry.lines.filter { $0.kind != .new }
    let lines = going.html { line in
      let sources = line.sources.map(\.label).joined(separator: "、")
      return
        "<li>\(line.item.label) \(line.item.question(t.language)) <span class=\"small\">← \(year) \(sources)</span></li>"
    }
    func part(_ title: EditionText, _ items: [Pack.Item]) -> HTML? {
      guard !items.isEmpty else { return nil }
      return
        "<h3>\(t(title, year, "\(items.count)"))</h3><ul class=\"plain\">\(items.html { "<li>\($0.label) \($0.question(t.language))</li>" })</ul>"
    }
    return """
      <section class="stack"><h2>\(form.title(t.language))</h2><p>\(count)</p>
      \(part(.newItems, new))
      \(going.isEmpty ? nil : "<h3>\(t(.changedItems, year, "\(going.count)"))</h3><ul class=\"plain\">\(lines)</ul>" as HTML)
      \(part(.goneItems, carry.gone))</section>
      """
  }
}
