import Kernel
import Registers
import Web

/// The plan by fiscal years, one year of it, and a line of a year's budget request.
enum PlanPages {
  struct Years: Sendable {
    let costs: [PlanCost]
    let chosen: [FiscalYear: Set<Measure.ID>]
    let undated: (page: [(id: Measure.ID, title: String)], total: Int)
    let years: [FiscalYear]
    let rollout: RolloutPlan?
    let rolloutYears: Set<FiscalYear>
  }

  /// A sum; where nobody knows some of its costs, the least that it comes to.
  static func sum(_ amount: Int, unknown: Int, _ t: Texts<PlanText>) -> HTML {
    // Words may go on in the next line of a phone, a number may not.
    guard unknown == 0 else { return HTML(amount == 0 ? t(.unknownCost) : t(.atLeast, amount)) }
    return "<span class=\"nowrap\">\(t(.yen, amount))</span>"
  }

  static func years(_ request: WebRequest, _ shown: Years) -> Page {
    let t = request.texts(PlanText.self)
    let rows = shown.years.html { year -> HTML in
      let rollout = shown.rollout?.costs ?? []
      let total = PlanTotal(shown.costs, in: year).adding(rollout, in: year)
      let wanted = shown.chosen[year] ?? []
      // One that has moved to another year since is asked for there or nowhere.
      let asked = shown.costs.filter { wanted.contains($0.measure) && $0.counts(in: year) }
      let hasRollout = shown.rolloutYears.contains(year) && shown.rollout?.counts(in: year) == true
      let chosen = PlanTotal(asked, in: year).adding(hasRollout ? rollout : [], in: year)
      let request: HTML =
        asked.isEmpty && !hasRollout
        ? "<span class=\"soft\">\(t(.noneChosen))</span>"
        : sum(chosen.all, unknown: chosen.unknownOnce + chosen.unknownYearly, t)
      return """
        <tr><th scope="row" data-label="\(t(.year))"><a href="/plans/\(year.description)">\(t.language.fiscalYear(year))</a></th>
        <td class="num" data-label="\(t(.begun))">\(total.begun)</td><td class="num" data-label="\(t(.once))">\(sum(total.once, unknown: total.unknownOnce, t))</td>
        <td class="num" data-label="\(t(.yearly))">\(sum(total.yearly, unknown: total.unknownYearly, t))</td>
        <td class="num" data-label="\(t(.all))">\(sum(total.all, unknown: total.unknownOnce + total.unknownYearly, t))</td>
        <td class="num" data-label="\(t(.chosenTotal))">\(request)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.year))</th><th scope="col" class="num">\(t(.begun))</th><th scope="col" class="num">\(t(.once))</th><th scope="col" class="num">\(t(.yearly))</th><th scope="col" class="num">\(t(.all))</th><th scope="col" class="num">\(t(.chosenTotal))</th></tr></thead><tbody>\(rows)</tbody></table>
      <p class="small">\(t(.rule))</p>\(undated(shown, t))
      """
    let write: HTML? =
      request.may(.assessmentsEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/measures/new\">\(t(.writeMeasure))</a>" : nil
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/measures">\(t(.toMeasures))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1><a class="button" href="/rollout">\(request.texts(RolloutText.self)(.title))</a></div><p>\(t(.lead))</p>
      \(isComplete(shown) ? nil : "<p>\(t(.atLeastText)) <a href=\"/measures\">\(t(.toMeasures))</a></p>" as HTML)
      \(shown.costs.isEmpty && shown.rollout == nil ? Components.empty(t(.empty), t(.emptyText), write) : table)
      """)
  }

  /// Whether every cost in every year is known.
  private static func isComplete(_ shown: Years) -> Bool {
    shown.years.allSatisfy { year in
      PlanTotal(shown.costs, in: year).adding(shown.rollout?.costs ?? [], in: year).isComplete
    }
  }

  private static func undated(_ shown: Years, _ t: Texts<PlanText>) -> HTML? {
    guard shown.undated.total > 0 else { return nil }
    let list = shown.undated.page.html { "<li><a href=\"/measures/\($0.id)\">\($0.title)</a></li>" }
    let more = shown.undated.total - shown.undated.page.count
    return """
      <section class="stack" data-gap="s"><h2>\(t(.undated))</h2><p>\(t(.undatedText))</p><ul class="plain">\(list)</ul>\(more > 0 ? "<p class=\"small\">\(t(.undatedMore, more))</p>" : nil)</section>
      """
  }

  // MARK: A year

  struct Year: Sendable {
    let year: FiscalYear
    let page: [PlannedMeasure]
    let total: Int
    let all: PlanTotal
    let chosen: PlanTotal
    let chosenCount: Int
    let scales: [String: RiskScale]
    let listing: Listing
    let rollout: RolloutPlan?
  }

  static func year(_ request: WebRequest, _ shown: Year) -> Page {
    let t = request.texts(PlanText.self)
    let name = t.language.fiscalYear(shown.year)
    let rows = shown.page.html { one -> HTML in row(request, one, shown, t) }
    let files: HTML? =
      shown.chosenCount == 0
      ? nil
      : """
      <div class="cluster"><a class="button" data-kind="primary" href="/plans/\(shown.year.description)/request.pdf">\(t(.pdf))</a><a class="button" href="/plans/\(shown.year.description)/request.xlsx">\(t(.xlsx))</a></div>
      """
    let figures = Components.figures([
      (nil, HTML(t(.all)), sum(shown.all.all, unknown: shown.all.unknownOnce + shown.all.unknownYearly, t)),
      (
        nil, HTML(t(.chosenTotal)),
        shown.chosenCount == 0
          ? HTML(t(.noneChosen))
          : sum(shown.chosen.all, unknown: shown.chosen.unknownOnce + shown.chosen.unknownYearly, t)
      ),
    ])
    let unknown = shown.all.unknownOnce + shown.all.unknownYearly
    let lack: HTML? = unknown == 0 ? nil : "<p>\(t(.requestNotice, unknown))</p>"
    let table: HTML =
      shown.page.isEmpty
      ? "<p>\(t(.nothing))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.yearTitle, name))</caption>
      <thead><tr><th scope="col">\(t(.measure))</th><th scope="col">\(t(.why))</th><th scope="col">\(t(.cost))</th><th scope="col">\(t(.otherwise))</th><th scope="col">\(t(.request))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(shown.listing, total: shown.total, path: "/plans/\(shown.year.description)", request.texts()))
      """
    return Page(
      t(.yearTitle, name), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/plans">\(t(.title))</a></li></ol>
      <div class="page-head"><h1>\(t(.yearTitle, name))</h1>\(files)</div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))<p>\(t(.yearLead))</p>\(figures)\(lack)\(table)\(rollout(request, shown.rollout, shown.year, t))
      """)
  }

  private static func row(
    _ request: WebRequest, _ one: PlannedMeasure, _ shown: Year, _ t: Texts<PlanText>
  ) -> HTML {
    let measure = one.measure
    let why = one.grounds(shown.scales, t).html { "<p>\($0)</p>" }
    let otherwise = one.consequence(shown.scales, t).html { "<p>\($0)</p>" }
    let path: HTML = "/plans/\(shown.year.description)/lines/\(measure.id)"
    let choice: HTML? =
      request.may(.risksEdit)
      ? """
      <form method="post" action="\(path)/choice">\(Components.formToken(request))<input type="hidden" name="version" value="\(one.line.version)"><input type="hidden" name="chosen" value="\(one.line.isChosen ? "0" : "1")"><button class="button" data-size="s">\(one.line.isChosen ? t(.unchoose) : t(.choose))<span class="visually-hidden"> \(measure.title)</span></button></form>
      <p><a class="button" data-size="s" href="\(path)">\(t(.edit))<span class="visually-hidden"> \(measure.title)</span></a></p>
      """ : nil
    let running: HTML? = one.cost.begins(in: shown.year) ? nil : Components.tag(t(.running))
    return """
      <tr><th scope="row" data-label="\(t(.measure))"><span><a href="/measures/\(measure.id)">\(measure.title)</a> \(MeasurePages.state(measure.state, request.texts())) \(running)</span></th>
      <td data-label="\(t(.why))"><div>\(why)</div></td>
      <td data-label="\(t(.cost))"><div><p>\(t(.onceYen, one.once(in: shown.year, t)))</p><p>\(t(.yearlyYen, one.yearly(in: shown.year, t)))</p></div></td>
      <td data-label="\(t(.otherwise))"><div>\(otherwise)</div></td>
      <td data-label="\(t(.request))"><div>\(one.line.isChosen ? Components.tag(t(.chosen), .good) : nil)\(choice)</div></td></tr>
      """
  }

  // MARK: A line

  static func line(
    _ request: WebRequest, _ line: BudgetLine, _ measure: Measure, typed: FormValues?, problem: PlanRefusal?,
    isStale: Bool = false
  ) -> Page {
    let t = request.texts(PlanText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func value(_ field: String, _ stored: String) -> String { typed?[field] ?? stored }
    let isChosen = typed.map { $0["chosen"] == "1" } ?? line.isChosen
    let name = t.language.fiscalYear(line.year)
    return Page(
      t(.lineTitle, name), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/plans">\(t(.title))</a></li><li><a href="/plans/\(line.year.description)">\(t(.yearTitle, name))</a></li></ol>
      <h1>\(t(.lineTitle, name))</h1><p><a href="/measures/\(measure.id)">\(measure.title)</a></p>
      \(isStale ? Components.notice(.bad, t(.stale)) : nil)\(error.map { Components.errorSummary(t(.refused), [(nil, $0)]) })<p>\(t(.lineLead))</p>
      <form method="post" action="/plans/\(line.year.description)/lines/\(measure.id)" class="panel stack">\(Components.formToken(request))<input type="hidden" name="version" value="\(line.version)">
      <label><input type="checkbox" name="chosen" value="1"\("checked", if: isChosen)> \(t(.chosenField))</label>
      \(Components.textArea("why", t(.whyField), value: value("why", line.why), hint: t(.whyHint), most: 1000))
      \(Components.textArea("otherwise", t(.otherwiseField), value: value("otherwise", line.otherwise), hint: t(.otherwiseHint), most: 1000))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}
