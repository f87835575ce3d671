import Kernel
import Web

/// Named filters: links above the list, the form that names one, and the page on which they are taken away.
enum SavedViewPages {
  /// Links to the views, the current one marked; nil when there are none.
  static func links(_ request: WebRequest, _ register: Register, _ views: [SavedView], _ current: ListView)
    -> HTML?
  {
    guard !views.isEmpty else { return nil }
    let t = request.texts(SavedViewText.self)
    let links = views.html { view -> HTML in
      if !view.stale(in: register).isEmpty {
        return
          "<li><a href=\"/registers/\(register.id)/views/\(view.id)\">\(view.name)</a> \(Components.tag(t(.staleTag), .warn))</li>"
      }
      let isHere = view.parts == current.parts ? "true" : nil
      return "<li><a href=\"\(view.path(in: register))\"\("aria-current", is: isHere)>\(view.name)</a></li>"
    }
    return """
      <nav class="small cluster" aria-label="\(t(.title))"><span class="soft">\(t(.title))</span><ul class="cluster" role="list">\(links)</ul>
      <a href="/registers/\(register.id)/views">\(t(.manage))</a></nav>
      """
  }

  /// The form that keeps what is shown; nil while nothing is narrowed.
  static func form(_ request: WebRequest, _ register: Register, _ current: ListView) -> HTML? {
    guard current.isNarrowed else { return nil }
    let t = request.texts(SavedViewText.self)
    let parts = current.parts.html {
      "<input type=\"hidden\" name=\"part\" value=\"\($0.name)\"><input type=\"hidden\" name=\"value\" value=\"\($0.value)\">"
    }
    let mine: (value: String, label: HTML) = ("me", HTML(t(.forMe)))
    let options = request.may(.registersEdit) ? [mine, ("all", HTML(t(.forAll)))] : [mine]
    return """
      <details class="small"><summary>\(t(.keep))</summary><form class="panel stack" method="post" action="/registers/\(register.id)/views">
      \(Components.formToken(request))\(parts)\(Components.field("name", t(.name), required: true))
      \(Components.choices("for", t(.whose), options: options, chosen: "me"))
      <button class="button">\(t(.keepButton))</button></form></details>
      """
  }

  static func list(_ request: WebRequest, _ register: Register, _ views: [SavedView]) -> Page {
    let t = request.texts(SavedViewText.self)
    let title = t(.listTitle, register.name(t.language))
    let done: HTML? = request.query("removed") == nil ? nil : Components.notice(.good, t(.removed))
    let rows = views.html { view in
      """
      <tr><th scope="row" data-label="\(t(.name))"><a href="/registers/\(register.id)/views/\(view.id)">\(view.name)</a></th>
      <td data-label="\(t(.what))">\(words(view.parts, register, t))</td><td data-label="\(t(.whose))">\(view.owner == nil ? t(.forAll) : t(.forMe))</td>
      <td data-label="\(t(.remove))">\(removal(request, register, view, t))</td></tr>
      """
    }
    let back: HTML = "<a class=\"button\" href=\"/registers/\(register.id)\">\(t(.back))</a>"
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.what))</th><th scope="col">\(t(.whose))</th><th scope="col">\(t(.remove))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      title, menu: "registers",
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(register.name(t.language))</a></li></ol><h1>\(title)</h1>\(done)
      \(views.isEmpty ? Components.empty(t(.none), t(.noneText), back) : table)
      """)
  }

  private static func removal(
    _ request: WebRequest, _ register: Register, _ view: SavedView, _ t: Texts<SavedViewText>
  ) -> HTML? {
    guard view.owner != nil || request.may(.registersEdit) else { return nil }
    return """
      <form method="post" action="/registers/\(register.id)/views/\(view.id)/removal">\(Components.formToken(request))
      <button class="button" data-size="s" aria-label="\(t(.removeOf, view.name))">\(t(.remove))</button></form>
      """
  }

  static func stale(
    _ request: WebRequest, _ register: Register, _ view: SavedView, _ gone: [SavedView.Part]
  ) -> Page {
    let t = request.texts(SavedViewText.self)
    let items = gone.html { "<li>\(words([$0], register, t))</li>" }
    return Page(
      view.name, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(register.name(t.language))</a></li></ol><h1>\(view.name)</h1>
      \(Components.notice(.warn, t(.staleTitle), "<p>\(t(.staleText))</p><ul class=\"plain\">\(items)</ul>"))
      <div class="cluster"><a class="button" data-kind="primary" href="\(view.path(in: register, leaving: gone))">\(t(.openRest))</a>\(removal(request, register, view, t))</div>
      """)
  }

  /// What a view asks for, in words: `種類: サーバ ・ 言葉: 病棟`.
  static func words(_ parts: [SavedView.Part], _ register: Register, _ t: Texts<SavedViewText>) -> String {
    let texts = parts.map { part -> String in
      if part.name == "q" { return t(.partWords, part.value) }
      if part.name == "attention" { return t(.partAttention) }
      guard let field = register.field(part.name) else { return "\(part.name): \(part.value)" }
      let value =
        switch part.value {
        case EntryQuery.none: t(.partNone)
        default:
          if case .entry = field.kind { t(.partOne) } else { FieldView.plain(field, part.value, t.language) }
        }
      return "\(field.label(t.language)): \(value)"
    }
    return texts.joined(separator: " ・ ")
  }
}

/// Words of the named filters.
enum SavedViewText: String, TextKey {
  case title, manage, keep, name, whose, forMe, forAll, keepButton, listTitle, none, noneText, what, remove
  case removeOf, removed, back, staleTag, staleTitle, staleText, openRest, partWords, partAttention
  case partNone, partOne

  static let catalog = Catalog(SavedViewText.self, in: .module, folder: "SavedViews.files")
}
