import Kernel
import Storage
import Web

/// Points that were kept, signing off, and what moved between two of them.
enum AuditPointPages {
  static func list(
    _ request: WebRequest, _ opened: Audits.Opened, _ points: [AuditPoint], problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(AuditText.self)
    let id = opened.audit.id
    let rows = points.html { point -> HTML in
      let signed: HTML? = point.isSigned ? Components.tag(t(.signed), .good) : nil
      return """
        <tr><th scope="row" data-label="\(t(.name))">\(point.title) \(signed)</th><td data-label="\(t(.keptAt))">\(t.language.timeTag(point.at)) \(point.by)</td>
        <td data-label="\(t(.ledgerHead))"><span class="fixed">\(point.head.fingerprint)</span> (\(point.head.sequence))</td>
        <td><a href="/audits/\(id)/comparison?from=\(point.id)">\(t(.compareNow))</a></td></tr>
        """
    }
    let table: HTML? =
      points.isEmpty
      ? nil
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.points))</caption><thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.keptAt))</th>
      <th scope="col">\(t(.ledgerHead))</th><th scope="col">\(t(.compare))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.points), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, t))<h1>\(t(.points))</h1><p>\(t(.pointsLead))</p>
      \(AuditFormPages.refusal(request, problem))
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      \(table ?? "<p>\(t(.pointsNone))</p>")
      \(points.count > 1 ? compare(id, points, t) : nil)
      \(request.may(.assessmentsEdit) ? change(request, opened, t) : nil)
      """)
  }

  private static func compare(_ id: Audit.ID, _ points: [AuditPoint], _ t: Texts<AuditText>) -> HTML {
    let options = points.map { (value: $0.id.text, name: "\($0.title) \(t.language.dateTime($0.at))") }
    return """
      <form class="filters" action="/audits/\(id)/comparison">\(Components.select("from", t(.from), options: options, chosen: points.last?.id.text ?? ""))
      \(Components.select("to", t(.to), options: options, chosen: points.first?.id.text ?? ""))<button class="button">\(t(.compare))</button></form>
      """
  }

  private static func change(_ request: WebRequest, _ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML {
    let audit = opened.audit
    if audit.frozenAt != nil {
      return """
        <details><summary>\(t(.takeUp))</summary><form method="post" action="/audits/\(audit.id)/taking-up" class="stack">\(Components.formToken(request))
        <p>\(t(.takeUpText))</p>\(Components.field("reason", t(.reason), required: true))<button class="button">\(t(.takeUp))</button></form></details>
        """
    }
    let total = opened.standing.total
    return """
      <form method="post" action="/audits/\(audit.id)/points" class="panel stack">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(audit.version)">
      \(Components.field("title", t(.pointTitle), hint: t(.pointHint), required: true))
      <p>\(t(.pointState, total.confirmed, total.inScope))</p>
      <p class="cluster"><button class="button">\(t(.keepPoint))</button><button class="button" data-kind="primary" name="signs" value="1">\(t(.sign))</button></p>
      <p class="small">\(t(.signText))</p></form>
      """
  }

  private static let mostLines = 200

  static func comparison(
    _ request: WebRequest, _ opened: Audits.Opened, _ comparison: AuditComparison, from: AuditPoint,
    to: AuditPoint?
  ) -> Page {
    let t = request.texts(AuditText.self)
    func cell(_ line: AuditPoint.Content.Line?) -> HTML {
      guard let line else { return Components.tag(t(.unanswered)) }
      let unconfirmed: HTML? = line.confirmed ? nil : Components.tag(t(.unconfirmed), .warn)
      return "\(AuditPages.result(line.result, t)) \(line.score.map { "\($0)" }) \(unconfirmed)"
    }
    let rows = comparison.lines.prefix(mostLines).html { line in
      "<tr><th scope=\"row\">\(line.title)</th><td>\(cell(line.before))</td><td>\(cell(line.after))</td></tr>"
    }
    func numbers(_ content: AuditPoint.Content) -> HTML {
      let mean: HTML? = content.mean.map { "・\(t(.meanScore)) \(AuditPages.decimal($0))" }
      let share: HTML? = content.share.map { "・\(t(.metShare)) \(AuditPages.decimal($0 * 100)) %" }
      return "\(content.confirmed) / \(content.inScope)\(mean)\(share)"
    }
    let later: HTML = to.map { "\($0.title) \(t.language.timeTag($0.at))" } ?? HTML(t(.now))
    let more: HTML? =
      comparison.lines.count > mostLines ? "<p>\(t(.more, comparison.lines.count - mostLines))</p>" : nil
    let table: HTML = """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.compare))"><table class="table"><caption class="visually-hidden">\(t(.compare))</caption><thead><tr><th scope="col">\(t(.requirements))</th><th scope="col">\(t(.before))</th><th scope="col">\(t(.after))</th></tr></thead><tbody>\(rows)</tbody></table></div>\(more)
      """
    return Page(
      t(.compare), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, t))<h1>\(t(.compare))</h1>
      \(Components.facts([
        (t(.before), "\(from.title) \(t.language.timeTag(from.at)): \(numbers(comparison.before))"),
        (t(.after), "\(later): \(numbers(comparison.after))"),
        (t(.movement), HTML(t(.movementText, comparison.better, comparison.worse))),
      ]))
      \(comparison.lines.isEmpty ? "<p>\(t(.noMovement))</p>" : table)
      """)
  }
}
