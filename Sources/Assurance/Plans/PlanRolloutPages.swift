import Kernel
import Registers
import Web

/// The two-factor roll-out in a year's plan and in its budget request.
extension RolloutPlan {
  /// A part as a line of the request.
  struct Line: Sendable {
    let title: String
    let why: [String]
    let once: String
    let yearly: String
    let otherwise: [String]
    let part: Part
  }

  /// So many lines of a phase are named.
  static let mostNamed = 6

  func lines(in year: FiscalYear, _ t: Texts<PlanText>) -> [Line] {
    let words = Texts<RolloutText>(t.language)
    func amount(_ yen: Int, _ unknown: Int, isInYear: Bool) -> String {
      guard isInYear else { return t(.notInThisYear) }
      return unknown == 0 ? t(.yen, yen) : [t(.yen, yen), t(.totalUnknown, unknown)].joined(separator: " ")
    }
    return parts(in: year).map { part in
      let names = part.costs.prefix(Self.mostNamed).map { "\($0.system) \($0.group)" }
      let rest = part.costs.count - names.count
      let list = names.joined(separator: t(.comma)) + (rest > 0 ? t(.requirementsMore, rest) : "")
      let own = budget.why.split(whereSeparator: \.isNewline).map(String.init)
      let open = part.costs.count { !$0.isDone }
      let otherwise = budget.otherwise.split(whereSeparator: \.isNewline).map(String.init)
      return Line(
        title: t(.rolloutPart, words(.title), "\(part.phase.number) \(part.phase.title(words))"),
        why: own + [t(.rolloutWhy, list)],
        once: amount(part.total.once, part.total.unknownOnce, isInYear: part.begins),
        yearly: amount(part.total.yearly, part.total.unknownYearly, isInYear: true),
        otherwise: otherwise.isEmpty
          ? [open > 0 ? t(.rolloutOtherwise, open) : t(.nothingSaid)] : otherwise,
        part: part)
    }
  }
}

extension PlanPages {
  /// The part of a year's page that is the roll-out's.
  static func rollout(
    _ request: WebRequest, _ plan: RolloutPlan?, _ year: FiscalYear, _ t: Texts<PlanText>
  ) -> HTML? {
    guard let plan, plan.counts(in: year) || plan.left(to: year) > 0 else { return nil }
    let rows = plan.lines(in: year, t).html { line -> HTML in
      let running: HTML? = line.part.begins ? nil : Components.tag(t(.running))
      return """
        <tr><th scope="row" data-label="\(t(.measure))"><span><a href="/rollout">\(line.title)</a> \(running)</span></th>
        <td data-label="\(t(.why))"><div>\(line.why.html { "<p>\($0)</p>" })</div></td>
        <td data-label="\(t(.cost))"><div><p>\(t(.onceYen, line.once))</p><p>\(t(.yearlyYen, line.yearly))</p></div></td>
        <td data-label="\(t(.otherwise))"><div>\(line.otherwise.html { "<p>\($0)</p>" })</div></td></tr>
        """
    }
    let table: HTML? =
      plan.counts(in: year)
      ? """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.rolloutTitle))</caption>
      <thead><tr><th scope="col">\(t(.measure))</th><th scope="col">\(t(.why))</th><th scope="col">\(t(.cost))</th><th scope="col">\(t(.otherwise))</th></tr></thead><tbody>\(rows)</tbody></table>
      """ : nil
    let left = plan.left(to: year)
    let edit: HTML? =
      request.may(.risksEdit) && plan.counts(in: year)
      ? "<p><a class=\"button\" href=\"/plans/\(year.description)/rollout\">\(t(.rolloutAsk))</a></p>" : nil
    let tag: HTML? = plan.isChosen(in: year) ? Components.tag(t(.chosen), .good) : nil
    return """
      <section class="stack" aria-labelledby="h-rollout"><h2 id="h-rollout">\(t(.rolloutTitle)) \(tag)</h2><p class="small">\(t(.rolloutRule))</p>\(table)\(left > 0 ? "<p class=\"small\">\(t(.rolloutLeft, left))</p>" : nil)\(edit)</section>
      """
  }

  static func rolloutForm(
    _ request: WebRequest, _ plan: RolloutPlan, typed: FormValues?, problem: PlanRefusal?,
    isStale: Bool = false
  ) -> Page {
    let t = request.texts(PlanText.self)
    let budget = plan.budget
    let error = problem.map { request.words.problem($0, request.language) }
    func value(_ field: String, _ stored: String) -> String { typed?[field] ?? stored }
    let isChosen = typed.map { $0["chosen"] == "1" } ?? budget.isChosen
    let name = t.language.fiscalYear(budget.year)
    let total = PlanTotal(plan.costs, in: budget.year)
    return Page(
      t(.rolloutTitle), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/plans">\(t(.title))</a></li><li><a href="/plans/\(budget.year.description)">\(t(.yearTitle, name))</a></li></ol>
      <h1>\(t(.lineTitle, name))</h1><p><a href="/rollout">\(t(.rolloutTitle))</a> \(sum(total.all, unknown: total.unknownOnce + total.unknownYearly, t))</p>
      \(isStale ? Components.notice(.bad, t(.stale)) : nil)\(error.map { Components.errorSummary(t(.refused), [(nil, $0)]) })<p>\(t(.rolloutFormLead))</p>
      <form method="post" action="/plans/\(budget.year.description)/rollout" class="panel stack">\(Components.formToken(request))<input type="hidden" name="version" value="\(budget.version)">
      <label><input type="checkbox" name="chosen" value="1"\("checked", if: isChosen)> \(t(.chosenField))</label>
      \(Components.textArea("why", t(.whyField), value: value("why", budget.why), hint: t(.whyHint), most: 1000))
      \(Components.textArea("otherwise", t(.otherwiseField), value: value("otherwise", budget.otherwise), hint: t(.rolloutOtherwiseHint), most: 1000))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}
