import Kernel
import Web

/// The form of an entry: one column, in the order of the declaration.
enum EntryFormPage {
  /// More than so many names are not offered; their names are still understood when typed.
  static let mostSuggestions = 300

  static func page(
    _ request: WebRequest, _ register: Register, _ form: EntryForm,
    _ suggestions: [String: [(id: String, name: String)]]
  ) -> Page {
    let t = request.texts(RegisterText.self)
    let language = request.language
    let title = form.id == nil ? t(.addTitle, register.noun(language)) : t(.change)
    let action: HTML = form.id.map { "/registers/\(register.id)/\($0)" } ?? "/registers/\(register.id)"
    let back: HTML = form.id == nil ? "/registers/\(register.id)" : action
    let errors = FormErrors(request, form.refusals)
    let fields = register.entered.html { field in
      control(field, form.raw[field.id] ?? "", suggestions[field.id] ?? [], errors[field.id], t)
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(register.name(language))</a></li></ol>
      <h1>\(title)</h1>
      \(FormErrors.summary(request, form.refusals))\(conflict(register, form, t))
      <form class="panel stack" method="post" action="\(action)" data-keep novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(fields)
      <div class="cluster apart"><a href="\(back)">\(t(.back))</a><span class="saved" role="status" data-saved></span><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>
      """)
  }

  /// The control that suits a field.
  static func control(
    _ field: Field, _ value: String, _ suggestions: [(id: String, name: String)], _ error: String?,
    _ t: Texts<RegisterText>
  ) -> HTML {
    let language = t.language
    let label = field.label(language)
    let hint = field.hint?(language)
    switch field.kind {
    case .text:
      return Components.field(
        field.id, label, value: value, hint: hint, error: error, required: field.isRequired)
    case .lines: return Components.textArea(field.id, label, value: value, hint: hint, error: error)
    case .choice(let choices):
      let options = [("", t(.none))] + choices.map { ($0.value, $0.word(language)) }
      return Components.select(field.id, label, options: options, chosen: value, hint: hint, error: error)
    case .day:
      // A day typed in another calendar and refused stays as it was typed.
      return Components.field(
        field.id, label, type: value.isEmpty || Day(value) != nil ? "date" : "text", value: value, hint: hint,
        error: error)
    case .number:
      return Components.field(
        field.id, label, value: value, hint: hint, error: error, inputmode: "numeric")
    case .person:
      let options = [("", t(.none))] + suggestions.map { ($0.id, $0.name) }
      return Components.select(field.id, label, options: options, chosen: value, hint: hint, error: error)
    case .entry:
      let shown = suggestions.first { $0.id == value }?.name ?? value
      return Components.field(
        field.id, label, value: shown, hint: hint ?? t(.referenceHint), error: error,
        required: field.isRequired, autocomplete: "off", suggestions: suggestions.map(\.name))
    }
  }

  /// What someone else has saved in the meantime, where it differs from what stands in the form.
  private static func conflict(_ register: Register, _ form: EntryForm, _ t: Texts<RegisterText>) -> HTML? {
    guard let theirs = form.theirs else { return nil }
    let differing = register.entered.filter { field in
      let stored = [theirs.entry.text(field.id), theirs.names[field.id] ?? ""]
      return !stored.contains(form.raw[field.id] ?? "")
    }
    let facts = differing.map { ($0.label(t.language), FieldView.long($0, theirs, t)) }
    return Components.notice(.warn, t(.staleTitle), "<p>\(t(.staleText))</p>\(Components.facts(facts))")
  }
}
