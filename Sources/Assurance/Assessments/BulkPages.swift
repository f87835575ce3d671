import Kernel
import Registers
import Web

/// Changing several answers at once: choose, see every difference, then decide.
enum BulkPages {
  static func choose(_ request: WebRequest, _ overview: Assessments.Overview, problem: Answer.Refusal?)
    -> Page
  {
    let t = request.texts(AssessmentText.self)
    let id = overview.assessment.id
    let words = Texts<WebText>(request.language)
    let rows = overview.form.rows.html { item in
      let answer = overview.standing.answers[item.id] ?? .blank(item.id)
      let mark = overview.standing.mark(ofItem: item.id).map { Components.mark($0, words(WebText.mark($0))) }
      return """
        <tr><td><input type="checkbox" name="item" value="\(item.id):\(answer.version)" aria-label="\(t(.selectRow, item.label))"></td>
        <td data-label="\(t(.columnNumber))" class="nowrap">\(item.label)</td><th scope="row" data-label="\(t(.columnQuestion))">\(item.question(request.language))</th>
        <td data-label="\(t(.stateLabel))">\(mark)</td><td data-label="\(t(.columnOwner))" class="nowrap">\(overview.person(answer.owner)?.name)</td>
        <td data-label="\(t(.columnDue))" class="nowrap">\(answer.targetOn.map { request.language.timeTag($0) })</td></tr>
        """
    }
    let fields = [
      ("owner", t(.bulkOwner)), ("deputy", t(.bulkDeputy)), ("due", t(.bulkDue)),
      ("checked", t(.bulkChecked)),
    ]
    let people = [("", t(.none))] + overview.people.map { ($0.id.text, $0.name) }
    let year = overview.assessment.fiscalYear
    return Page(
      t(.bulkTitle), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments/\(id)">\(t(.back))</a></li></ol>
      <h1>\(t(.bulkTitle))</h1>
      \(problem.map { Components.notice(.bad, request.words.problem($0, request.language)) })
      <form data-bulk action="/assessments/\(id)/changes/preview" method="post" class="stack">
      \(Components.formToken(request))
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.bulkChoose))</caption>
      <thead><tr><th scope="col"><input type="checkbox" aria-label="\(t(.showAll))" hidden><span class="visually-hidden">\(t(.bulkChoose))</span></th><th scope="col">\(t(.columnNumber))</th><th scope="col">\(t(.columnQuestion))</th><th scope="col">\(t(.stateLabel))</th><th scope="col">\(t(.columnOwner))</th><th scope="col">\(t(.columnDue))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      <div class="bulk"><strong><span data-count role="status">0</span> \(t(.bulkChosen))</strong>
      \(Components.select("field", t(.bulkField), options: fields, chosen: "owner"))
      \(Components.select("person", "\(t(.bulkOwner)) / \(t(.bulkDeputy))", options: people, chosen: ""))
      \(Components.field("day", "\(t(.bulkDue)) / \(t(.bulkChecked))", type: "date", max: "\(year.last)", min: "\(year.first)"))
      <button class="button" data-kind="primary">\(t(.bulkPreview))</button></div>
      </form>
      """)
  }

  /// - Throws: `Answer.Refusal` when the new value fits one of the items not.
  static func preview(
    _ request: WebRequest, _ overview: Assessments.Overview, _ change: Assessments.BulkChange,
    items chosen: [String]
  ) throws -> Page {
    let t = request.texts(AssessmentText.self)
    let id = overview.assessment.id
    let ids = chosen.map { String($0.prefix { $0 != ":" }) }
    let items = overview.form.rows.filter { ids.contains($0.id) }
    guard !items.isEmpty else { throw Answer.Refusal.nothingChosen }
    let rows = try items.html { item in
      let before = overview.standing.answers[item.id] ?? .blank(item.id)
      let draft = try change.applied(to: before)
      let after = try before.revised(draft, in: overview.assessment.fiscalYear, today: request.now.day)
      return """
        <tr><td class="nowrap" data-label="\(t(.columnNumber))">\(item.label)<input type="hidden" name="item" value="\(item.id):\(before.version)"></td>
        <th scope="row" data-label="\(t(.columnQuestion))">\(item.question(request.language))</th>
        <td data-label="\(t(.bulkBefore))">\(shown(change.field, before, overview, t))</td><td data-label="\(t(.bulkAfter))"><strong>\(shown(change.field, after, overview, t))</strong></td></tr>
        """
    }
    return Page(
      t(.bulkTitle), menu: "assessments",
      """
      <h1>\(t(.bulkCount, items.count))</h1>
      <form action="/assessments/\(id)/changes" method="post" class="stack">
      \(Components.formToken(request))<input type="hidden" name="field" value="\(change.field.rawValue)">
      <input type="hidden" name="person" value="\(change.value)"><input type="hidden" name="day" value="\(change.value)">
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.bulkTitle))</caption><thead><tr><th scope="col">\(t(.columnNumber))</th><th scope="col">\(t(.columnQuestion))</th><th scope="col">\(t(.bulkBefore))</th><th scope="col">\(t(.bulkAfter))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      <div class="cluster"><button class="button" data-kind="primary">\(t(.bulkApply, items.count))</button><a href="/assessments/\(id)/changes">\(t(.importCancel))</a></div>
      </form>
      """)
  }

  private static func shown(
    _ field: Assessments.BulkChange.Field, _ answer: Answer, _ overview: Assessments.Overview,
    _ t: Texts<AssessmentText>
  ) -> String {
    let text =
      switch field {
      case .owner: overview.person(answer.owner)?.name
      case .deputy: overview.person(answer.deputy)?.name
      case .due: answer.targetOn.map(t.language.date)
      case .checked: answer.confirmedOn.map(t.language.date)
      }
    return text ?? t(.none)
  }
}
