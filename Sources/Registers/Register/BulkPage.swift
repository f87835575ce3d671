import Kernel
import Web

/// The same value for several entries: asking for it, and showing every difference before it is written.
enum BulkPage {
  static func ask(
    _ request: WebRequest, _ register: Register, _ field: Field, _ choice: BulkChoice,
    _ entries: [NamedEntry],
    _ suggestions: [(id: String, name: String)]
  ) -> Page {
    let t = request.texts(RegisterText.self)
    let title = t(.bulkTitle, register.counted(t.language, entries.count), field.label(t.language))
    let ids: HTML =
      choice.view == nil
      ? entries.html { "<input type=\"hidden\" name=\"id\" value=\"\($0.entry.id)\">" } : hidden(choice)
    let list = entries.prefix(BulkChoice.mostShown).html { named -> HTML in
      let shown = named.shown(in: t.language, register)
      return "<li>\(register.shownTitle(shown.entry)): \(FieldView.short(field, shown, t))</li>"
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      <h1>\(title)</h1>
      <form class="panel stack" method="post" action="/registers/\(register.id)/changes/preview" novalidate>
      \(Components.formToken(request))<input type="hidden" name="field" value="\(field.id)"><input type="hidden" name="asked" value="1">\(ids)
      \(EntryFormPage.control(field, "", suggestions, nil, t))
      <div class="cluster apart"><a href="/registers/\(register.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.bulkPreview))</button></div>
      </form>
      <h2>\(t(.bulkBefore))</h2>\(more(register, entries.count, t))<ul class="plain small">\(list)</ul>
      """)
  }

  /// - Parameters:
  ///   - text: as typed, to be read again when it is applied.
  ///   - stored: what it will be stored as; nil takes the value away.
  ///   - shown: the same in words.
  static func page(
    _ request: WebRequest, _ register: Register, _ field: Field, _ text: String, _ choice: BulkChoice,
    stored: String?, shown: String?, _ entries: [NamedEntry]
  ) -> Page {
    let t = request.texts(RegisterText.self)
    let changed = entries.filter { $0.entry.values[field.id] != stored }
    let title = t(.bulkTitle, register.counted(t.language, changed.count), field.label(t.language))
    let after = shown ?? t(.none)
    let rows = changed.prefix(BulkChoice.mostShown).html { stored -> HTML in
      let named = stored.shown(in: t.language, register)
      return """
        <tr><th scope="row" data-label="\(register.noun(t.language))">\(register.shownTitle(named.entry))</th>
        <td data-label="\(t(.bulkBefore))">\(FieldView.short(field, named, t))</td><td data-label="\(t(.bulkAfter))"><strong>\(after)</strong></td></tr>
        """
    }
    let kept: HTML =
      choice.view == nil
      ? changed.html { "<input type=\"hidden\" name=\"entry\" value=\"\($0.entry.id)/\($0.entry.version)\">" }
      : "\(hidden(choice))<input type=\"hidden\" name=\"stamp\" value=\"\(BulkChoice.stamp(of: entries.map(\.entry)))\">"
    let form: HTML = """
      <form method="post" action="/registers/\(register.id)/changes">\(Components.formToken(request))
      <input type="hidden" name="field" value="\(field.id)"><input type="hidden" name="value" value="\(text)">\(kept)
      <p class="cluster"><button class="button" data-kind="primary">\(t(.bulkApply, register.counted(t.language, changed.count)))</button> <a href="/registers/\(register.id)">\(t(.back))</a></p></form>
      \(more(register, changed.count, t))
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr><th scope="col">\(register.noun(t.language))</th><th scope="col">\(t(.bulkBefore))</th><th scope="col">\(t(.bulkAfter))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let nothing = Components.empty(
      t(.bulkSame), "", "<a class=\"button\" href=\"/registers/\(register.id)\">\(t(.back))</a>")
    return Page(
      title, menu: "registers",
      "<h1>\(title)</h1><p>\(t(.bulkLead))</p>\(changed.isEmpty ? nothing : form)")
  }

  /// Below a list that ends before all are shown.
  private static func more(_ register: Register, _ count: Int, _ t: Texts<RegisterText>) -> HTML? {
    guard count > BulkChoice.mostShown else { return nil }
    let (all, shown) = (
      register.counted(t.language, count), register.counted(t.language, BulkChoice.mostShown)
    )
    return "<p class=\"small\">\(t(.bulkMore, all, shown))</p>"
  }

  /// The list's filters, carried on from page to page.
  static func hidden(_ choice: BulkChoice) -> HTML {
    "<input type=\"hidden\" name=\"all\" value=\"1\">\(filters(choice.view))"
  }

  static func filters(_ view: ListView?) -> HTML {
    (view?.fields ?? []).filter { !$0.value.isEmpty }.html { name, value in
      "<input type=\"hidden\" name=\"in-\(name)\" value=\"\(value)\">"
    }
  }
}
