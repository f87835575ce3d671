import Kernel
import Web

/// The first pages of a new installation, one question on each.
enum SetupPages {
  static func page(_ request: WebRequest, _ setup: Setup, _ step: Setup.Step, errors: [any Problem]) -> Page {
    let t = request.texts(FacilityText.self)
    let answered = setup.steps(before: step)
    let place = t(.stepOf, answered.count + 1, setup.steps.count)
    let (heading, lead) = words(step, t)
    let isLast = step == .administrator
    let action: HTML = isLast ? "/setup/administrator" : "/setup"
    let kept = setup.fields.filter { !step.fields.contains($0.name) }
    // Back stands behind the main button, because the Enter key presses the first button of a form.
    let back: HTML? = answered.last.map {
      "<button class=\"button\" data-kind=\"quiet\" name=\"to\" value=\"\($0.rawValue)\"\("formaction", is: isLast ? "/setup" : nil)>\(t(.back))</button>"
    }
    return Page(
      "\(place) \(heading)", narrow: true, bare: true,
      """
      <div class="stack" data-gap="s">
      <p class="soft">\(place)</p>
      <progress value="\(answered.count)" max="\(setup.steps.count)" aria-label="\(t(.stepsDone, answered.count, setup.steps.count))"></progress>
      </div>
      <h1>\(heading)</h1>
      \(lead.map { "<p>\($0)</p>" as HTML })
      \(FormErrors.summary(request, errors))
      <form method="post" action="\(action)" class="stack" novalidate>
      \(Components.formToken(request))<input type="hidden" name="step" value="\(step.rawValue)">
      \(kept.html { "<input type=\"hidden\" name=\"\($0.name)\" value=\"\($0.value)\">" })
      \(question(step, request, setup, FormErrors(request, errors), t))
      <div class="cluster"><button class="button" data-kind="primary">\(t(isLast ? .finish : .next))</button>\(back)</div>
      </form>
      <p class="small soft">\(whereToGoOn(request, answered.isEmpty, t))</p>
      """)
  }

  /// Nothing is kept before the last answer, because nobody has proved yet who they are: what one browser has answered another
  /// must neither see nor take over. So it says where the answers are.
  private static func whereToGoOn(_ request: WebRequest, _ isFirst: Bool, _ t: Texts<FacilityText>) -> String
  {
    isFirst ? t(.setupElsewhere) : t(.setupHere, "\(request.host)/setup")
  }

  private static func words(_ step: Setup.Step, _ t: Texts<FacilityText>) -> (heading: String, lead: String?)
  {
    switch step {
    case .kind: (t(.kindAsk), t(.setupLead))
    case .name: (t(.nameAsk), nil)
    case .prefecture: (t(.prefectureAsk), nil)
    case .beds: (t(.bedsAsk), nil)
    case .year: (t(.yearAsk), t(.yearLead))
    case .administrator: (t(.adminTitle), t(.adminLead))
    }
  }

  private static func question(
    _ step: Setup.Step, _ request: WebRequest, _ setup: Setup, _ error: FormErrors, _ t: Texts<FacilityText>
  ) -> HTML {
    let form = setup.facility
    return switch step {
    case .kind:
      Components.choices(
        "kind", t(.kindLabel), options: kinds(t), chosen: form.kind, tall: true, error: error["kind"])
    case .name: FacilityFields.name(form, error, t)
    case .prefecture:
      FacilityFields.prefecture(
        form, error, t, none: t(.prefectureLater), hint: t(.prefectureHint))
    case .beds: beds(form, error, t)
    case .year:
      Components.choices(
        "year", t(.yearLabel), options: years(request, t),
        chosen: setup.year.isEmpty ? "\(request.now.day.fiscalYear)" : setup.year, tall: true,
        error: error["year"])
    case .administrator: administrator(setup, error, t)
    }
  }

  private static func kinds(_ t: Texts<FacilityText>) -> [(value: String, label: HTML)] {
    Facility.Kind.allCases.map { kind in
      let note: FacilityText? =
        switch kind {
        case .hospital: .hospitalNote
        case .clinic: .clinicNote
        case .dental, .pharmacy, .homeNursing: nil
        }
      return (kind.rawValue, choice(t(FacilityText.kind(kind)), note.map { t($0) }))
    }
  }

  /// A hospital types its number; a clinic has so few beds that it chooses, and having none is the first choice.
  private static func beds(_ form: FacilityForm, _ error: FormErrors, _ t: Texts<FacilityText>) -> HTML {
    if Facility.Kind(rawValue: form.kind) == .hospital {
      return Components.field(
        "beds", t(.bedsLabel), value: form.beds, hint: t(.bedsHospitalHint), error: error["beds"],
        required: true, inputmode: "numeric")
    }
    let numbers = (1...19).map { (value: "\($0)", name: t(.bedCount, $0)) }
    return Components.select(
      "beds", t(.bedsLabel), options: [(value: "", name: t(.bedsNone))] + numbers, chosen: form.beds,
      hint: t(.bedsClinicHint), error: error["beds"])
  }

  private static func years(_ request: WebRequest, _ t: Texts<FacilityText>) -> [(value: String, label: HTML)]
  {
    let today = request.now.day
    return Setup.years(on: today).map { year in
      let note = t(year == today.fiscalYear ? .yearThis : .yearPrevious)
      return ("\(year)", choice(request.language.fiscalYear(year), note))
    }
  }

  private static func choice(_ name: String, _ note: String?) -> HTML {
    "\(name)\(note.map { "<br><span class=\"small soft\">\($0)</span>" as HTML })"
  }

  private static func administrator(_ setup: Setup, _ error: FormErrors, _ t: Texts<FacilityText>) -> HTML {
    """
    \(Components.field("person", t(.personLabel), value: setup.person, error: error["person"], required: true, autocomplete: "name"))
    \(Components.field("login", t(.loginLabel), value: setup.login, hint: t(.loginHint), error: error["login"], required: true, autocomplete: "username"))
    \(Components.field("password", t(.passwordLabel), type: "password", hint: t(.passwordHint), error: error["password"], required: true, autocomplete: "new-password"))
    """
  }
}
