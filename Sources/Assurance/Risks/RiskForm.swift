import Kernel
import Registers
import Web

/// Writing a risk down, by the matrix that was chosen.
struct RiskForm: Sendable {
  /// The names of the form's fields, for a draft of what was typed.
  static func draft(_ form: FormValues) throws(RiskRefusal) -> Risk.Draft {
    func number(_ name: String) throws(RiskRefusal) -> Int? {
      if form[name].isEmpty { return nil }
      guard let number = Int(form[name]) else { throw .badRating }
      return number
    }
    func stages(_ name: String) throws(RiskRefusal) -> [Risk.Stage: Int] {
      var found: [Risk.Stage: Int] = [:]
      for stage in Risk.Stage.allCases { found[stage] = try number("\(name)-\(stage.rawValue)") }
      return found
    }
    var draft = Risk.Draft(title: form["title"], asset: form["asset"])
    (draft.threat, draft.vulnerability) = (form["threat"], form["vulnerability"])
    draft.system = form["system"].isEmpty ? nil : form["system"]
    draft.scale = form["scale"].isEmpty ? RiskScale.ownID : form["scale"]
    draft.inputs = Risk.Inputs(
      confidentiality: try number("confidentiality"), integrity: try number("integrity"),
      availability: try number("availability"), threat: try number("threat-level"),
      weakness: try stages("weakness"), probability: try stages("probability"), impact: try stages("impact"))
    if !form["treatment"].isEmpty {
      guard let treatment = Risk.Treatment(rawValue: form["treatment"]) else { throw .badTreatment }
      draft.treatment = treatment
    }
    draft.reason = form["reason"]
    if !form["expires"].isEmpty && draft.treatment == .accept {
      guard let day = Day.parse(form["expires"]) else { throw .badDay }
      draft.expiresOn = day
    }
    if !form["owner"].isEmpty {
      guard let owner = PersonID(form["owner"]) else { throw .unknownPerson }
      draft.owner = owner
    }
    draft.originText = form["origin"]
    return draft
  }

  let scales: [(id: String, scale: RiskScale)]
  let people: [Person]
  let systems: [SystemName]
  /// The one that is changed; nil for a new one.
  var risk: Risk?
  var suggestion: RiskSuggestion?
  /// The id of the matrix that was chosen.
  var scale = RiskScale.ownID
  var typed: FormValues?
  var problem: RiskRefusal?
  var isStale = false

  /// Ours where the one that was chosen is none, or is broken.
  private var chosenID: String { scales.contains { $0.id == scale } ? scale : RiskScale.ownID }

  private func value(_ field: String, _ stored: String?) -> String { typed?[field] ?? stored ?? "" }

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(RiskText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func wrong(_ field: String) -> String? { problem?.field == field ? error : nil }
    let chosen = scales.first { $0.id == chosenID }?.scale ?? .own
    let title = risk == nil ? t(.add) : t(.change)
    let action: HTML = risk.map { "/risks/\($0.id)" } ?? "/risks"
    let from: HTML? = suggestion.map {
      "<input type=\"hidden\" name=\"from\" value=\"\($0.reference)\">"
    }
    let stale: HTML? =
      isStale
      ? Components.notice(
        .bad, t(.stale),
        "<p>\(t(.staleText)) <a href=\"/risks/\(HTML(risk?.id.text ?? ""))\">\(risk?.title ?? "")</a></p>")
      : nil
    let names = [(value: "", name: t(.nobody))] + people.map { (value: $0.id.text, name: $0.name) }
    let places = [(value: "", name: t(.none))] + systems.map { (value: $0.id, name: $0.name) }
    return Page(
      title, menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li></ol><h1>\(title)</h1>
      \(stale)\(error.map { Components.errorSummary(t(.refused), [(problem?.field, $0)]) })\(others(t))
      <form method="post" action="\(action)" class="panel stack">\(Components.formToken(request))\(from)
      <input type="hidden" name="version" value="\(risk?.version ?? 0)"><input type="hidden" name="scale" value="\(chosenID)">
      \(Components.field("title", t(.name), value: value("title", risk?.title ?? suggestion?.title), hint: t(.nameHint), error: wrong("title"), required: true))
      \(Components.field("asset", t(.asset), value: value("asset", risk?.asset), hint: t(.assetHint)))
      \(Components.select("system", t(.system), options: places, chosen: value("system", risk?.system ?? suggestion?.system?.id), hint: t(.systemHint), error: wrong("system")))
      \(Components.textArea("threat", t(.threat), value: value("threat", risk?.threat), hint: t(.threatHint), most: 2000))
      \(Components.textArea("vulnerability", t(.weaknessText), value: value("vulnerability", risk?.vulnerability), hint: t(.weaknessHint), most: 2000))
      <h2>\(chosen.name(t.language))</h2><p class="small">\(t(.unratedHint)) <a href="/risks/matrices">\(t(.method))</a></p>
      \(chosen.analysis.map { analysis($0, t) } ?? choices(chosen, t))
      <h2>\(t(.treatment))</h2>
      \(Components.choices("treatment", t(.treatment), options: [(value: "", label: HTML(t(.treatmentNone)))] + Risk.Treatment.allCases.map { one in (value: one.rawValue, label: "\(t(RiskText.treatment(one))) <span class=\"small\">\(t(RiskText.meaning(one)))</span>" as HTML) }, chosen: value("treatment", risk?.treatment?.rawValue), tall: true, error: wrong("treatment")))
      \(Components.textArea("reason", t(.reason), value: value("reason", risk?.reason), hint: t(.reasonHint), error: wrong("reason"), most: 2000))
      \(Components.field("expires", t(.expires), type: "date", value: value("expires", risk?.expiresOn?.description), hint: t(.expiresHint), error: wrong("expires")))
      \(Components.select("owner", t(.owner), options: names, chosen: value("owner", risk?.owner?.text), error: wrong("owner")))
      \(origin(t))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  /// The other matrices, when there are any; what was typed of this one would not fit them.
  private func others(_ t: Texts<RiskText>) -> HTML? {
    guard scales.count > 1, typed == nil else { return nil }
    let action: HTML = risk.map { "/risks/\($0.id)/form" } ?? "/risks/new"
    let from: HTML? = suggestion.map { "<input type=\"hidden\" name=\"from\" value=\"\($0.reference)\">" }
    let options = scales.map { (value: $0.id, name: $0.scale.name(t.language)) }
    return """
      <form class="filters" action="\(action)">\(from)\(Components.select("other-scale", named: "scale", t(.otherScale), options: options, chosen: chosenID))<button class="button">\(t(.use))</button></form>
      """
  }

  private func origin(_ t: Texts<RiskText>) -> HTML {
    if let text = suggestion?.text ?? (risk?.origin.reference == nil ? nil : risk?.origin.text) {
      let lines = text.split(whereSeparator: \.isNewline).html { "<p class=\"small\">\(String($0))</p>" }
      return "<div><p><strong>\(t(.origin))</strong></p>\(lines)</div>"
    }
    return Components.textArea(
      "origin", t(.origin), value: value("origin", risk?.origin.text), hint: t(.originHint), most: 2000)
  }

  private func options(_ levels: [RiskScale.Level], _ t: Texts<RiskText>) -> [(value: String, name: String)] {
    [(value: "", name: t(.notRated))]
      + levels.enumerated().map { (value: "\($0.offset + 1)", name: $0.element(t.language)) }
  }

  private func number(_ number: Int?) -> String? { number.map(String.init) }

  private func analysis(_ analysis: RiskScale.Analysis, _ t: Texts<RiskText>) -> HTML {
    let inputs = risk?.inputs
    let worth: [(String, RiskText, Int?)] = [
      ("confidentiality", .confidentiality, inputs?.confidentiality),
      ("integrity", .integrity, inputs?.integrity), ("availability", .availability, inputs?.availability),
    ]
    let levels = worth.html { id, name, stored in
      Components.select(
        id, t(name), options: options(analysis.worth, t), chosen: value(id, number(stored)))
    }
    let stages = Risk.Stage.allCases.html { stage in
      let id = "weakness-\(stage.rawValue)"
      return Components.select(
        id, t(.weaknessStage, t(RiskText.stage(stage))), options: options(analysis.weakness, t),
        chosen: value(id, number(inputs?.weakness[stage])), hint: t(RiskText.hint(stage)))
    }
    return """
      <p class="small">\(t(.worthHint))</p>\(levels)
      \(Components.select("threat-level", t(.threatLevel), options: options(analysis.threat, t), chosen: value("threat-level", number(inputs?.threat))))
      \(stages)
      """
  }

  private func choices(_ scale: RiskScale, _ t: Texts<RiskText>) -> HTML {
    Risk.Stage.allCases.html { stage -> HTML in
      let (p, i) = ("probability-\(stage.rawValue)", "impact-\(stage.rawValue)")
      return """
        <h3>\(t(RiskText.stage(stage)))</h3><p class="small">\(t(RiskText.hint(stage)))</p>
        \(Components.select(p, t(.probability), options: options(scale.probability, t), chosen: value(p, number(risk?.inputs.probability[stage]))))
        \(Components.select(i, t(.impact), options: options(scale.impact, t), chosen: value(i, number(risk?.inputs.impact[stage]))))
        """
    }
  }
}
