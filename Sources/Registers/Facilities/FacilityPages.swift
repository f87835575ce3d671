import Kernel
import Web

/// The first pages of a new installation.
enum SetupPages {
  static func facility(_ request: WebRequest, _ form: FacilityForm, errors: [any Problem]) -> Page {
    let t = request.texts(FacilityText.self)
    let year = form.year.isEmpty ? "\(request.now.day.fiscalYear)" : form.year
    return Page(
      t(.setupTitle), narrow: true, bare: true,
      """
      <p class="soft">\(t(.step1))</p>
      <progress value="1" max="2" aria-label="\(t(.step1))"></progress>
      <h1>\(t(.setupTitle))</h1>
      <p>\(t(.setupLead))</p>
      \(FormErrors.summary(request, errors))
      <form method="post" action="/setup" class="stack" novalidate>
      \(Components.formToken(request))
      \(FacilityPage.fields(request, form, errors, t))
      \(Components.select("year", t(.yearLabel), options: years(request), chosen: year, hint: t(.yearHint)))
      <p><button class="button" data-kind="primary">\(t(.next))</button></p>
      </form>
      """)
  }

  static func administrator(
    _ request: WebRequest, _ facility: FacilityForm, _ form: AdministratorForm, errors: [any Problem]
  ) -> Page {
    let t = request.texts(FacilityText.self)
    let error = FormErrors(request, errors)
    let kept = [
      ("kind", facility.kind), ("name", facility.name), ("prefecture", facility.prefecture),
      ("beds", facility.beds),
      ("year", facility.year),
    ]
    return Page(
      t(.adminTitle), narrow: true, bare: true,
      """
      <p class="soft">\(t(.step2))</p>
      <progress value="2" max="2" aria-label="\(t(.step2))"></progress>
      <h1>\(t(.adminTitle))</h1>
      <p>\(t(.adminLead))</p>
      \(FormErrors.summary(request, errors))
      <form method="post" action="/setup/administrator" class="stack" novalidate>
      \(Components.formToken(request))
      \(kept.html { "<input type=\"hidden\" name=\"\($0.0)\" value=\"\($0.1)\">" })
      \(Components.field("person", t(.personLabel), value: form.person, error: error["person"], required: true, autocomplete: "name"))
      \(Components.field("login", t(.loginLabel), value: form.login, hint: t(.loginHint), error: error["login"], required: true, autocomplete: "username"))
      \(Components.field("password", t(.passwordLabel), type: "password", hint: t(.passwordHint), error: error["password"], required: true, autocomplete: "new-password"))
      <div class="cluster apart"><a href="/setup">\(t(.back))</a><button class="button" data-kind="primary">\(t(.finish))</button></div>
      </form>
      """)
  }

  private static func years(_ request: WebRequest) -> [(value: String, name: String)] {
    let current = request.now.day.fiscalYear
    return [current, current.previous].map { ("\($0)", request.language.fiscalYear($0)) }
  }
}

/// The particulars of the facility, to be changed by an administrator.
enum FacilityPage {
  static func page(_ request: WebRequest, _ form: FacilityForm, errors: [any Problem], saved: Bool) -> Page {
    let t = request.texts(FacilityText.self)
    return Page(
      t(.editTitle), menu: "people", narrow: true,
      """
      <h1>\(t(.editTitle))</h1>
      \(saved ? Components.notice(.good, t(.saved)) : nil)
      \(FormErrors.summary(request, errors))
      <form method="post" action="/facility/particulars" class="panel stack" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(fields(request, form, errors, t))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p>
      </form>
      """)
  }

  static func fields(
    _ request: WebRequest, _ form: FacilityForm, _ errors: [any Problem], _ t: Texts<FacilityText>
  ) -> HTML {
    let error = FormErrors(request, errors)
    let kinds = Facility.Kind.allCases.map { (value: $0.rawValue, label: HTML(t(FacilityText.kind($0)))) }
    let prefectures =
      [(value: "", name: t(.prefectureNone))]
      + (1...47).compactMap { code in
        Prefecture(code: code).map { ("\(code)", request.language == .ja ? $0.japanese : $0.english) }
      }
    let chosen = Prefecture(form.prefecture).map { "\($0.code)" } ?? ""
    return """
      \(Components.choices("kind", t(.kindQuestion), options: kinds, chosen: form.kind, error: error["kind"]))
      \(Components.field("name", t(.nameLabel), value: form.name, hint: t(.nameHint), error: error["name"], required: true, autocomplete: "organization"))
      \(Components.select("prefecture", t(.prefectureLabel), options: prefectures, chosen: chosen, error: error["prefecture"]))
      \(Components.field("beds", t(.bedsLabel), value: form.beds, hint: t(.bedsHint), error: error["beds"], inputmode: "numeric"))
      """
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
