import Kernel
import Web

/// The particulars of the facility, to be changed by an administrator.
enum FacilityPage {
  static func page(_ request: WebRequest, _ form: FacilityForm, errors: [any Problem], saved: String?) -> Page
  {
    let t = request.texts(FacilityText.self)
    return Page(
      t(.editTitle), menu: "registers", narrow: true,
      """
      <h1>\(t(.editTitle))</h1>
      \(saved.map { Components.notice(.good, t($0 == "reading" ? .readingSaved : .saved)) })
      \(FormErrors.summary(request, errors))
      <form method="post" action="/facility/particulars" class="panel stack" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(fields(request, form, errors, t))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p>
      </form>
      \(reading(request, t))
      """)
  }

  /// Recording who opens what is sensitive. The visitor knows it, so that no page has to ask.
  private static func reading(_ request: WebRequest, _ t: Texts<FacilityText>) -> HTML {
    let isOn = request.visitor?.recordsReading ?? false
    return """
      <form method="post" action="/facility/reading" class="panel stack" aria-labelledby="h-reading">\(Components.formToken(request))
      <h2 id="h-reading">\(t(.reading))</h2><p>\(t(.readingText))</p><p>\(Components.tag(t(isOn ? .readingOn : .readingOff), isOn ? .good : nil))</p>
      <input type="hidden" name="record" value="\(isOn ? "off" : "on")"><p><button class="button">\(t(isOn ? .readingEnd : .readingBegin))</button></p></form>
      """
  }

  private static func fields(
    _ request: WebRequest, _ form: FacilityForm, _ errors: [any Problem], _ t: Texts<FacilityText>
  ) -> HTML {
    let error = FormErrors(request, errors)
    let kinds = Facility.Kind.allCases.map { (value: $0.rawValue, label: HTML(t(FacilityText.kind($0)))) }
    return """
      \(Components.choices("kind", t(.kindLabel), options: kinds, chosen: form.kind, error: error["kind"]))
      \(FacilityFields.name(form, error, t))
      \(FacilityFields.prefecture(form, error, t, none: t(.prefectureNone)))
      \(Components.field("beds", t(.bedsLabel), value: form.beds, hint: t(.bedsHint), error: error["beds"], inputmode: "numeric"))
      """
  }
}

/// What the particulars and the set-up ask for in the same way.
enum FacilityFields {
  static func name(_ form: FacilityForm, _ error: FormErrors, _ t: Texts<FacilityText>) -> HTML {
    Components.field(
      "name", t(.nameLabel), value: form.name, hint: t(.nameHint), error: error["name"], required: true,
      autocomplete: "organization")
  }

  static func prefecture(
    _ form: FacilityForm, _ error: FormErrors, _ t: Texts<FacilityText>, none: String, hint: String? = nil
  ) -> HTML {
    let prefectures = (1...47).compactMap(Prefecture.init(code:)).map {
      (value: "\($0.code)", name: t.language == .ja ? $0.japanese : $0.english)
    }
    return Components.select(
      "prefecture", t(.prefectureLabel), options: [(value: "", name: none)] + prefectures,
      chosen: Prefecture(form.prefecture).map { "\($0.code)" } ?? "", hint: hint, error: error["prefecture"])
  }
}

/// Refusals of a form, by field.
struct FormErrors {
  private let words: [(field: String?, text: String)]

  init(_ request: WebRequest, _ problems: [any Problem]) {
    words = problems.map { ($0.field, request.words.problem($0, request.language)) }
  }

  subscript(_ field: String) -> String? { words.first { $0.field == field }?.text }

  static func summary(_ request: WebRequest, _ problems: [any Problem]) -> HTML? {
    guard !problems.isEmpty else { return nil }
    let t = request.texts(WebText.self)
    return Components.errorSummary(t(.errorCount, problems.count), FormErrors(request, problems).words)
  }
}
