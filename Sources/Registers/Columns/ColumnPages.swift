import Kernel
import Storage
import Web

/// The columns that a facility has added to a register: what there is, and the form for one.
enum ColumnPages {
  static func list(
    _ request: WebRequest, _ register: Register, _ columns: ExtraColumns, _ form: ColumnForm,
    _ history: [LedgerEntry]
  ) -> Page {
    let t = request.texts(ColumnText.self)
    let title = t(.title, register.name(t.language))
    let done: HTML? = request.query("saved") == nil ? nil : Components.notice(.good, t(.saved))
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(register, t))<h1>\(title)</h1><p>\(t(.lead, "\(ExtraColumns.most)"))</p>
      \(done)\(FormErrors.summary(request, [form.refusal].compactMap { $0 }))
      \(inUse(request, register, columns, t))\(add(request, register, columns, form, t))
      \(retired(request, register, columns, t))\(self.history(request, history, t))
      """)
  }

  private static func crumbs(_ register: Register, _ t: Texts<ColumnText>) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/registers/\(register.id)\">\(register.name(t.language))</a></li></ol>"
  }

  private static func inUse(
    _ request: WebRequest, _ register: Register, _ columns: ExtraColumns, _ t: Texts<ColumnText>
  ) -> HTML {
    guard !columns.active.isEmpty else { return "<h2>\(t(.inUse))</h2><p class=\"soft\">\(t(.none))</p>" }
    let last = columns.active.count - 1
    let rows = columns.active.enumerated().map { index, column -> HTML in
      let words = column.choices.map(\.word).joined(separator: " / ")
      let kinds: HTML =
        words.isEmpty
        ? "\(t(.kind(column.kind)))" : "\(t(.kind(column.kind)))<br><span class=\"soft\">\(words)</span>"
      return """
        <tr><th scope="row" data-label="\(t(.label))"><a href="/registers/\(register.id)/columns/\(column.id)">\(column.label)</a></th>
        <td data-label="\(t(.kind))">\(kinds)</td><td data-label="\(t(.listed))">\(column.isListed ? t(.yes) : t(.no))</td>
        <td data-label="\(t(.order))">\(order(request, register, columns, column, index, last, t))</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption>\(t(.inUse))</caption>
      <thead><tr><th scope="col">\(t(.label))</th><th scope="col">\(t(.kind))</th><th scope="col">\(t(.listed))</th><th scope="col">\(t(.order))</th></tr></thead>
      <tbody>\(HTML(joining: rows))</tbody></table>
      """
  }

  private static func order(
    _ request: WebRequest, _ register: Register, _ columns: ExtraColumns, _ column: ExtraColumn, _ index: Int,
    _ last: Int, _ t: Texts<ColumnText>
  ) -> HTML {
    func move(_ to: HTML, _ word: String, _ label: String) -> HTML {
      "<button class=\"button\" data-size=\"s\" name=\"to\" value=\"\(to)\" aria-label=\"\(label)\">\(word)</button>"
    }
    let up = index == 0 ? nil : move("up", t(.up), t(.upOf, column.label))
    let down = index == last ? nil : move("down", t(.down), t(.downOf, column.label))
    return """
      <form class="cluster" method="post" action="/registers/\(register.id)/columns/order">\(hidden(request, columns.version, column.id))\(up)\(down)</form>
      """
  }

  private static func hidden(_ request: WebRequest, _ version: Int, _ column: String) -> HTML {
    "\(Components.formToken(request))<input type=\"hidden\" name=\"version\" value=\"\(version)\"><input type=\"hidden\" name=\"column\" value=\"\(column)\">"
  }

  private static func add(
    _ request: WebRequest, _ register: Register, _ columns: ExtraColumns, _ form: ColumnForm,
    _ t: Texts<ColumnText>
  ) -> HTML {
    guard columns.active.count < ExtraColumns.most else {
      return Components.notice(.info, t(.full, "\(ExtraColumns.most)"))
    }
    let errors = FormErrors(request, [form.refusal].compactMap { $0 })
    let kinds = ExtraColumn.Kind.allCases.map { ($0.rawValue, t(.kind($0))) }
    let draft = form.draft
    return """
      <section aria-labelledby="h-add"><h2 id="h-add">\(t(.addTitle))</h2>
      <form class="panel stack" method="post" action="/registers/\(register.id)/columns" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(Components.field("label", t(.label), value: draft.label, hint: t(.labelHint), error: errors["label"], required: true))
      \(Components.select("kind", t(.kind), options: kinds, chosen: draft.kind, hint: t(.kindHint), error: errors["kind"]))
      \(Components.textArea("choices", t(.newChoices), value: draft.newChoices, hint: t(.newChoicesHint), error: errors["choices"]))
      \(listed(draft.isListed, t))
      <div class="cluster"><button class="button" data-kind="primary">\(t(.add))</button></div></form></section>
      """
  }

  private static func listed(_ isListed: Bool, _ t: Texts<ColumnText>) -> HTML {
    Components.choices(
      "listed", t(.listedHint), options: [("yes", HTML(t(.yes))), ("no", HTML(t(.no)))],
      chosen: isListed ? "yes" : "no")
  }

  private static func retired(
    _ request: WebRequest, _ register: Register, _ columns: ExtraColumns, _ t: Texts<ColumnText>
  ) -> HTML? {
    guard !columns.retired.isEmpty else { return nil }
    let items = columns.retired.html { column in
      """
      <li><form class="cluster" method="post" action="/registers/\(register.id)/columns/return">\(hidden(request, columns.version, column.id))\(column.label) <span class="soft">\(t(.kind(column.kind)))</span>
      <button class="button" data-size="s" aria-label="\(t(.restoreOf, column.label))">\(t(.restore))</button></form></li>
      """
    }
    return
      "<section aria-labelledby=\"h-old\"><h2 id=\"h-old\">\(t(.retired))</h2><p class=\"soft\">\(t(.retiredText))</p><ul class=\"plain\">\(items)</ul></section>"
  }

  private static func history(_ request: WebRequest, _ history: [LedgerEntry], _ t: Texts<ColumnText>)
    -> HTML?
  {
    guard !history.isEmpty else { return nil }
    let items = history.html { entry in
      "<li>\(request.words.action(entry.action, t.language))<br><span class=\"soft\">\(t.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.history))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }

  // MARK: One column

  static func change(
    _ request: WebRequest, _ register: Register, _ column: ExtraColumn, _ form: ColumnForm
  ) -> Page {
    let t = request.texts(ColumnText.self)
    let title = t(.changeTitle, column.label)
    let errors = FormErrors(request, [form.refusal].compactMap { $0 })
    let draft = form.draft
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(register, t))<h1>\(title)</h1><p class="soft">\(t(.kind)): \(t(.kind(column.kind)))</p>
      \(FormErrors.summary(request, [form.refusal].compactMap { $0 }))
      <form class="panel stack" method="post" action="/registers/\(register.id)/columns/\(column.id)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(Components.field("label", t(.label), value: draft.label, hint: t(.labelHint), error: errors["label"], required: true))
      \(words(column, draft, errors["choices"], t))\(listed(draft.isListed, t))
      <div class="cluster apart"><a href="/registers/\(register.id)/columns">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div></form>
      \(retirement(request, register, column, form.version, t))
      """)
  }

  private static func words(
    _ column: ExtraColumn, _ draft: ExtraColumn.Draft, _ error: String?, _ t: Texts<ColumnText>
  ) -> HTML? {
    guard column.kind == .choice else { return nil }
    let inputs = column.choices.enumerated().map { index, choice -> HTML in
      let id = "word-\(index + 1)"
      return """
        <div class="field"><label for="\(id)">\(t(.choiceWord, "\(index + 1)"))</label><input id="\(id)" name="word" value="\(draft.words[choice.value] ?? choice.word)" maxlength="60"><input type="hidden" name="value" value="\(choice.value)"></div>
        """
    }
    return """
      <p class="soft">\(t(.choiceWordHint))</p>\(HTML(joining: inputs))
      \(Components.textArea("choices", t(.newChoices), value: draft.newChoices, hint: t(.newChoicesHint), error: error))
      """
  }

  private static func retirement(
    _ request: WebRequest, _ register: Register, _ column: ExtraColumn, _ version: Int, _ t: Texts<ColumnText>
  ) -> HTML? {
    guard !column.isRetired else { return nil }
    return """
      <form class="stack" method="post" action="/registers/\(register.id)/columns/retirement">\(hidden(request, version, column.id))
      <h2>\(t(.retire))</h2><p>\(t(.retireText))</p><p><button class="button" data-kind="danger">\(t(.retire))</button></p></form>
      """
  }
}
