import Kernel
import Web

/// The list of duties that every system's table has as its lines.
enum ResponsibilityItemPages {
  static func list(_ request: WebRequest, _ items: [Responsibility.Item]) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let add: HTML =
      "<a class=\"button\" data-kind=\"primary\" href=\"/responsibility/items/new\">\(t(.itemAdd))</a>"
    let rows = items.html { item -> HTML in
      let phases = item.phases.map { t($0.word) }.joined(separator: t(.comma))
      let retired: HTML? = item.isRetired ? " \(Components.tag(t(.retired)))" : nil
      return """
        <tr><th scope="row" data-label="\(t(.item))"><span><a href="/responsibility/items/\(item.id)">\(item.name)</a>\(retired)</span></th>
        <td data-label="\(t(.phase))">\(phases)</td><td data-label="\(t(.layer))">\(t(item.layer.word))</td><td class="num" data-label="\(t(.position))">\(item.position)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.itemsTitle))</caption>
      <thead><tr><th scope="col">\(t(.item))</th><th scope="col">\(t(.phase))</th><th scope="col">\(t(.layer))</th><th scope="col">\(t(.position))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let saved: HTML? = request.query("saved") == nil ? nil : Components.notice(.good, t(.saved))
    return Page(
      t(.itemsTitle), menu: "registers",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li></ol><h1>\(t(.itemsTitle))</h1></div>\(items.isEmpty ? nil : add)</div>
      \(saved)<p>\(t(.itemsLead))</p>
      \(items.isEmpty ? ResponsibilityPages.noItems(request, t) : table)
      """)
  }

  /// What stands in the form of an item.
  struct Form: Sendable {
    var id: Responsibility.Item.ID?
    var version = 0
    var name = ""
    var note = ""
    var phases: Set<Responsibility.Phase> = Set(Responsibility.Phase.allCases)
    var layer = Responsibility.Layer.application
    var position = 0
    var isRetired = false
    var problem: (any Problem)?
    /// Someone else saved in the meantime.
    var theirs: Responsibility.Item?
  }

  static func form(_ request: WebRequest, _ form: Form) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = form.id == nil ? t(.itemAdd) : t(.itemChange)
    let action: HTML = form.id.map { "/responsibility/items/\($0)" } ?? "/responsibility/items"
    let problems = form.problem.map { [$0] } ?? []
    let errors = FormErrors(request, problems)
    let layers = Responsibility.Layer.allCases.map { ($0.rawValue, t($0.word)) }
    let retired: HTML? =
      form.id == nil
      ? nil
      : "<div class=\"field\"><label><input type=\"checkbox\" name=\"retired\" value=\"yes\"\("checked", if: form.isRetired)> \(t(.retire))</label><p class=\"hint\">\(t(.retireHint))</p></div>"
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li><li><a href="/responsibility/items">\(t(.itemsTitle))</a></li></ol>
      <h1>\(title)</h1>\(FormErrors.summary(request, problems))\(conflict(request, form, t))
      <form class="panel stack" method="post" action="\(action)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(Components.field("name", t(.item), value: form.name, hint: t(.itemHint), error: errors["name"], required: true))
      \(Components.textArea("note", t(.itemNote), value: form.note, hint: t(.itemNoteHint), error: errors["note"]))
      \(phases(form, errors["normal"], t))
      \(Components.select("layer", t(.layer), options: layers, chosen: form.layer.rawValue, hint: t(.layerHint)))
      \(Components.field("position", t(.position), value: "\(form.position)", hint: t(.positionHint), inputmode: "numeric"))
      \(retired)
      <div class="cluster apart"><a href="/responsibility/items">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>
      """)
  }

  private static func phases(_ form: Form, _ error: String?, _ t: Texts<ResponsibilityText>) -> HTML {
    let boxes = Responsibility.Phase.allCases.html { phase in
      "<label><input type=\"checkbox\" id=\"\(phase.rawValue)\" name=\"phase\" value=\"\(phase.rawValue)\"\("checked", if: form.phases.contains(phase))><span>\(t(phase.word))</span></label>"
    }
    let message: HTML? = error.map { "<p class=\"error\">\($0)</p>" }
    return
      "<fieldset class=\"field\"\("data-state", is: error.map { _ in "error" })><legend>\(t(.itemPhases))</legend>\(message)<div class=\"choices\">\(boxes)</div></fieldset>"
  }

  private static func conflict(_ request: WebRequest, _ form: Form, _ t: Texts<ResponsibilityText>) -> HTML? {
    guard let theirs = form.theirs else { return nil }
    let facts: [(String, HTML)] = [
      (t(.item), HTML(theirs.name)), (t(.itemNote), HTML(theirs.note)),
      (t(.itemPhases), HTML(theirs.phases.map { t($0.word) }.joined(separator: t(.comma)))),
      (t(.layer), HTML(t(theirs.layer.word))), (t(.position), "\(theirs.position)"),
    ]
    return Components.notice(
      .warn, request.texts(RegisterText.self)(.staleTitle),
      "<p>\(t(.staleText))</p>\(Components.facts(facts))")
  }
}

extension Responsibility.Layer {
  var word: ResponsibilityText {
    switch self {
    case .facility: .layerFacility
    case .vendor: .layerVendor
    case .infrastructure: .layerInfrastructure
    case .platform: .layerPlatform
    case .application: .layerApplication
    }
  }
}
