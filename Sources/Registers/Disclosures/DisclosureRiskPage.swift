import Kernel
import Web

/// The form of a risk record: what the vendor answered above, what the facility does about it below.
enum DisclosureRiskPage {
  struct Asked: Sendable {
    let entry: NamedEntry
    let question: Disclosure.Question
    let position: Int
    let risk: DisclosureRisk?
    /// The newest record of this question that was closed, to write from.
    let earlier: DisclosureRisk?
    let people: [String]
  }

  static func page(
    _ request: WebRequest, _ asked: Asked, typed: FormValues? = nil, refusals: [Disclosure.Refusal] = [],
    isStale: Bool = false
  ) -> Page {
    let t = request.texts(DisclosureText.self)
    let entry = asked.entry.entry
    let title = t(.riskTitle, asked.question.number)
    let path: HTML = "/disclosures/\(entry.id)"
    let mayEdit = request.may(.registersEdit)
    let button: HTML? =
      mayEdit ? "<button class=\"button\" data-kind=\"primary\">\(t(.riskSave))</button>" : nil
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li><li><a href="\(path)">\(entry.text("product"))</a></li></ol>
      <h1>\(title)</h1>\(summary(request, refusals))
      <section class="panel">\(Components.facts(said(asked, t)))\(DisclosureRecordPage.twoFactor(asked.question, t))</section>
      \(isStale ? stale(asked, t) : nil)\(moved(asked, t))\(earlier(asked, t))
      <form class="panel stack" method="post" action="\(path)/answers/\(asked.position)" novalidate>\(Components.formToken(request))
      <input type="hidden" name="question" value="\(asked.question.number)"><input type="hidden" name="version" value="\(asked.risk?.version ?? 0)">
      \(fields(request, asked, typed, refusals, t))
      <div class="cluster apart"><a href="\(path)">\(t(.back))</a>\(button)</div></form>
      """)
  }

  private static func summary(_ request: WebRequest, _ refusals: [Disclosure.Refusal]) -> HTML? {
    guard !refusals.isEmpty else { return nil }
    let t = request.texts(DisclosureText.self)
    return Components.errorSummary(
      t(.riskRefused), refusals.map { ($0.field, request.words.problem($0, request.language)) })
  }

  private static func said(_ asked: Asked, _ t: Texts<DisclosureText>) -> [(String, HTML)] {
    let question = asked.question
    return [
      (t(.questionHead), HTML(question.text.isEmpty ? question.number : question.text)),
      (t(.vendorSays), DisclosureRecordPage.answer(question, t)),
      (t(.remarkHead), question.said.isEmpty ? HTML(t(.none)) : DisclosureRecordPage.lines(question.said)),
    ]
  }

  private static func moved(_ asked: Asked, _ t: Texts<DisclosureText>) -> HTML? {
    guard let risk = asked.risk, risk.saidThen != asked.question.said else { return nil }
    let then = risk.saidThen.isEmpty ? t(.none) : risk.saidThen
    return Components.notice(.warn, t(.remarkChanged), "<p>\(t(.saidThen, then))</p>")
  }

  /// What the other person recorded; what was typed stands in the form below.
  private static func stale(_ asked: Asked, _ t: Texts<DisclosureText>) -> HTML? {
    let words = Texts<RegisterText>(t.language)
    return Components.notice(
      .warn, words(.staleTitle),
      "<p>\(words(.staleText))</p>\(asked.risk.map { Components.facts(facts($0, t)) })")
  }

  private static func facts(_ risk: DisclosureRisk, _ t: Texts<DisclosureText>) -> [(String, HTML)] {
    [
      (t(.evaluation), DisclosureRecordPage.lines(risk.evaluation)),
      (t(.treatment), HTML(t(DisclosureText.treatment(risk.treatment)))),
      (t(.explanation), DisclosureRecordPage.lines(risk.explanation)),
      (t(.decidedBy), HTML(risk.decidedBy)),
      (t(.decidedOn), t.language.timeTag(risk.decidedOn, short: false)),
    ]
  }

  private static func earlier(_ asked: Asked, _ t: Texts<DisclosureText>) -> HTML? {
    guard asked.risk == nil, let earlier = asked.earlier else { return nil }
    return """
      <details><summary>\(t(.earlierRisk))</summary><div class="panel">\(Components.facts(facts(earlier, t)))</div></details>
      """
  }

  private static func fields(
    _ request: WebRequest, _ asked: Asked, _ typed: FormValues?, _ refusals: [Disclosure.Refusal],
    _ t: Texts<DisclosureText>
  ) -> HTML {
    func error(_ field: String) -> String? {
      refusals.first { $0.field == field }.map { request.words.problem($0, t.language) }
    }
    func value(_ field: String, _ stored: String?) -> String { typed?[field] ?? stored ?? "" }
    let choices = DisclosureRisk.Treatment.allCases.map { treatment in
      (
        value: treatment.rawValue,
        label:
          "<b>\(t(DisclosureText.treatment(treatment)))</b> <span class=\"soft\">\(t(DisclosureText.meaning(treatment)))</span>"
          as HTML
      )
    }
    let chosen = value("treatment", asked.risk?.treatment.rawValue)
    return """
      \(Components.textArea("evaluation", t(.evaluation), value: value("evaluation", asked.risk?.evaluation), hint: t(.evaluationHint), error: error("evaluation")))
      \(Components.choices("treatment", t(.treatment), options: choices, chosen: chosen, tall: true, error: error("treatment")))
      \(Components.textArea("explanation", t(.explanation), value: value("explanation", asked.risk?.explanation), hint: t(.explanationHint), error: error("explanation")))
      \(Components.field("decidedBy", t(.decidedBy), value: value("decidedBy", asked.risk?.decidedBy), error: error("decidedBy"), autocomplete: "off", suggestions: asked.people))
      \(Components.field("decidedOn", t(.decidedOn), type: "date", value: value("decidedOn", (asked.risk?.decidedOn ?? request.now.day).description), error: error("decidedOn")))
      """
  }
}
