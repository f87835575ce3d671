import Kernel
import Web

/// Dependencies on the record of a system, and the form that adds one.
enum DependencyPages {
  static func section(_ request: WebRequest, _ entry: Entry, _ table: DependencyTable) -> HTML {
    let t = request.texts(DependencyText.self)
    return """
      \(done(request, t))\(needs(request, entry, table, t))\(stops(entry, table, t))
      """
  }

  private static func done(_ request: WebRequest, _ t: Texts<DependencyText>) -> HTML? {
    switch request.query("needs") {
    case "added": Components.notice(.good, t(.saved))
    case "removed": Components.notice(.good, t(.removed))
    default: nil
    }
  }

  private static func needs(
    _ request: WebRequest, _ entry: Entry, _ table: DependencyTable, _ t: Texts<DependencyText>
  ) -> HTML {
    let mine = table.all.filter { $0.system == entry.id }
    let mayEdit = request.may(.registersEdit)
    let items = mine.html { dependency in
      let name = table.systems[dependency.needs]?.name ?? ""
      let form: HTML? =
        mayEdit
        ? """
        <form method="post" action="/systems/\(entry.id)/needs/\(dependency.needs)/removal">\(Components.formToken(request))
        <button class="button" data-kind="quiet" aria-label="\(t(.removeOf, name))">\(t(.remove))</button></form>
        """ : nil
      let why: HTML? = dependency.why.map { "<br><span class=\"small soft\">\($0)</span>" }
      return
        "<li class=\"cluster apart\"><span>\(link(dependency.needs, table, t))\(why)</span>\(form)</li>"
    }
    let add: HTML? =
      mayEdit ? "<p class=\"small\"><a href=\"/systems/\(entry.id)/needs\">\(t(.add))</a></p>" : nil
    let list: HTML =
      mine.isEmpty ? "<p class=\"soft\">\(t(.none))</p>" : "<ul class=\"plain stack\">\(items)</ul>"
    return """
      <section class="panel" aria-labelledby="h-needs"><h2 id="h-needs">\(t(.heading))</h2>\(list)\(add)</section>
      """
  }

  private static func stops(_ entry: Entry, _ table: DependencyTable, _ t: Texts<DependencyText>) -> HTML {
    let stops = DependencyGraph(table.all).stopping(with: entry.id)
    let items = stops.html { stop in
      let through: HTML? = stop.through.flatMap { table.systems[$0]?.name }.map {
        " <span class=\"small soft\">\(t(.through, $0))</span>"
      }
      return "<li>\(link(stop.system, table, t))\(through)</li>"
    }
    let body: HTML =
      stops.isEmpty
      ? "<p class=\"soft\">\(t(.stopsNone))</p>"
      : "<p><strong>\(t(.stopsCount, stops.count))</strong></p><ul class=\"plain\">\(items)</ul>"
    return """
      <section class="panel" aria-labelledby="h-stops"><h2 id="h-stops">\(t(.stops))</h2>\(body)
      <p class="small"><a href="/diagrams/systems">\(t(.map))</a></p></section>
      """
  }

  /// The name of a system as a link, and what happens when it stops.
  private static func link(_ id: Entry.ID, _ table: DependencyTable, _ t: Texts<DependencyText>) -> HTML {
    guard let system = table.systems[id] else { return HTML.empty }
    let values = system.impact.map { ["impact": $0] } ?? [:]
    let tag: HTML? = Systems.register.field("impact").flatMap { field in
      guard !values.isEmpty else { return nil }
      let named = NamedEntry(entry: Entry(id: id, values: values, version: 1), names: [:])
      return " \(FieldView.short(field, named, Texts<RegisterText>(t.language)))"
    }
    return "<a href=\"/registers/systems/\(id)\">\(system.name)</a>\(tag)"
  }

  /// The form that adds one.
  static func form(
    _ request: WebRequest, _ system: Entry, needs: String, why: String, suggestions: [String],
    errors: [any Problem] = []
  ) -> Page {
    let t = request.texts(DependencyText.self)
    let name = Systems.register.shownTitle(system)
    let title = t(.addTitle, name)
    let shown = FormErrors(request, errors)
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/systems">\(Systems.register.name(t.language))</a></li><li><a href="/registers/systems/\(system.id)">\(name)</a></li></ol>
      <h1>\(title)</h1>\(FormErrors.summary(request, errors))
      <form class="panel stack" method="post" action="/systems/\(system.id)/needs" novalidate>\(Components.formToken(request))
      \(Components.field("needs", t(.needs), value: needs, hint: t(.needsHint), error: shown["needs"], required: true, autocomplete: "off", suggestions: suggestions))
      \(Components.field("why", t(.why), value: why, hint: t(.whyHint), error: shown["why"]))
      <div class="cluster apart"><a href="/registers/systems/\(system.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>
      """)
  }
}
