import Kernel
import Registers
import Web

/// What is looked at when, and one thing with its looks.
enum PeriodicReviewPages {
  private static func day(_ cycle: ReviewCycle, _ today: Day, _ t: Texts<PeriodicReviewText>) -> HTML {
    cycle.isLate(on: today)
      ? Components.finding(t.language.date(cycle.nextOn)) : t.language.timeTag(cycle.nextOn, short: false)
  }

  static func list(
    _ request: WebRequest, _ page: [ListedCycle], total: Int, _ listing: Listing
  ) -> Page {
    let t = request.texts(PeriodicReviewText.self)
    let rows = page.html { one -> HTML in
      let kind = t(one.thing.kind == .audits ? .kindAudit : .kindMeasure)
      let last: HTML = one.lastOn.map { t.language.timeTag($0, short: false) } ?? HTML(t(.never))
      return """
        <tr><th scope="row" data-label="\(t(.thing))"><a href="\(one.thing.path)/review">\(one.title)</a><br><span class="small">\(kind)</span></th>
        <td data-label="\(t(.next))">\(day(one.cycle, request.now.day, t))</td><td data-label="\(t(.months))">\(t(.every, one.cycle.months))</td>
        <td data-label="\(t(.owner))">\(one.owner ?? t(.nobody))</td><td data-label="\(t(.last))">\(last)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.list))</caption><thead><tr><th scope="col">\(t(.thing))</th><th scope="col">\(t(.next))</th>
      <th scope="col">\(t(.months))</th><th scope="col">\(t(.owner))</th><th scope="col">\(t(.last))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: total, path: "/periodic-reviews", request.texts()))
      """
    let next: HTML = """
      <a class="button" href="/audits">\(request.texts(AuditText.self)(.title))</a> <a class="button" href="/measures">\(request.texts(MeasureText.self)(.list))</a>
      """
    return Page(
      t(.list), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/audits">\(request.texts(AuditText.self)(.title))</a></li></ol>
      <h1>\(t(.list))</h1><p>\(t(.lead))</p>
      \(total == 0 ? Components.empty(t(.empty), t(.emptyText), next) : table)
      """)
  }

  static func one(
    _ request: WebRequest, _ shown: PeriodicReviews.Shown, _ people: [Person], typed: FormValues?,
    problem: PeriodicReviewRefusal?
  ) -> Page {
    let t = request.texts(PeriodicReviewText.self)
    let error = problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
    let standing: HTML =
      shown.cycle.map { cycle in
        Components.facts([
          (t(.next), day(cycle, request.now.day, t)), (t(.months), HTML(t(.every, cycle.months))),
          (t(.owner), HTML(shown.owner ?? t(.nobody))),
        ])
      } ?? "<p>\(t(.notPlanned))</p>"
    let may = request.may(.assessmentsEdit)
    let isOwn = request.person != nil && shown.cycle?.owner == request.person
    let record =
      may || (request.may(.assessmentsContribute) && isOwn) ? record(request, shown, typed, t) : nil
    return Page(
      t(.title, shown.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="\(shown.thing.path)">\(shown.title)</a></li><li><a href="/periodic-reviews">\(t(.list))</a></li></ol>
      <h1>\(t(.title, shown.title))</h1>\(error)
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      <div class="split"><div class="stack">\(standing)\(record)\(history(shown, t))</div>
      <div class="stack">\(may ? plan(request, shown, people, typed, problem, t) : nil)</div></div>
      """)
  }

  private static func plan(
    _ request: WebRequest, _ shown: PeriodicReviews.Shown, _ people: [Person], _ typed: FormValues?,
    _ problem: PeriodicReviewRefusal?, _ t: Texts<PeriodicReviewText>
  ) -> HTML {
    let cycle = shown.cycle
    let names = [(value: "", name: t(.nobody))] + people.map { (value: $0.id.text, name: $0.name) }
    let months = typed?["months"] ?? "\(cycle?.months ?? 12)"
    let next = typed?["next"] ?? (cycle?.nextOn ?? request.now.day.adding(months: 12)).description
    let error = problem.map { request.words.problem($0, request.language) }
    let hidden: HTML =
      "\(Components.formToken(request))<input type=\"hidden\" name=\"version\" value=\"\(cycle?.version ?? 0)\">"
    let action: HTML = "\(shown.thing.path)/review/plan"
    let stop: HTML? =
      cycle == nil
      ? nil
      : """
      <details><summary>\(t(.stop))</summary><form method="post" action="\(action)" class="stack">\(hidden)<input type="hidden" name="stop" value="1"><p>\(t(.stopText))</p><button class="button" data-kind="danger">\(t(.stop))</button></form></details>
      """
    return """
      <section class="stack"><h2>\(t(.plan))</h2><p class="small">\(t(.planLead))</p>
      <form method="post" action="\(action)" class="panel stack">\(hidden)
      \(Components.field("months", t(.months), value: months, hint: t(.monthsHint), error: problem?.field == "months" ? error : nil, required: true, inputmode: "numeric"))
      \(Components.field("next", t(.next), type: "date", value: next, error: problem?.field == "next" ? error : nil, required: true))
      \(Components.select("owner", t(.owner), options: names, chosen: typed?["owner"] ?? cycle?.owner?.text ?? ""))
      <p><button class="button"\("data-kind", is: cycle == nil ? "primary" : nil)>\(t(.save))</button></p></form>\(stop)</section>
      """
  }

  private static func record(
    _ request: WebRequest, _ shown: PeriodicReviews.Shown, _ typed: FormValues?,
    _ t: Texts<PeriodicReviewText>
  ) -> HTML? {
    guard let cycle = shown.cycle else { return nil }
    let options: [(value: String, label: HTML)] = PeriodicReview.Outcome.allCases.map {
      ($0.rawValue, HTML(word($0, t)))
    }
    let finding: HTML? =
      request.may(.findingsRaise)
      ? "<p class=\"small\"><a href=\"/findings/new\(shown.thing.kind == .audits ? "?audit=\(shown.thing.id)" : "")\">\(t(.writeFinding))</a></p>"
      : nil
    return """
      <section class="stack"><h2>\(t(.record))</h2><form method="post" action="\(shown.thing.path)/review/records" class="panel stack">\(Components.formToken(request))<input type="hidden" name="version" value="\(cycle.version)">
      <p>\(t(.recordLead))</p>\(Components.choices("outcome", t(.outcome), options: options, chosen: typed?["outcome"], tall: true))
      \(Components.textArea("note", t(.note), value: typed?["note"] ?? "", hint: t(.noteHint), most: 2000))
      \(Components.field("done", t(.done), type: "date", value: typed?["done"] ?? request.now.day.description, required: true, max: request.now.day.description))
      \(Components.field("following", t(.next), type: "date", value: typed?["following"] ?? "", hint: t(.nextHint, cycle.months)))
      <p><button class="button" data-kind="primary">\(t(.keep))</button></p>\(finding)</form></section>
      """
  }

  private static func word(_ outcome: PeriodicReview.Outcome, _ t: Texts<PeriodicReviewText>) -> String {
    switch outcome {
    case .fine: t(.fine)
    case .changed: t(.changed)
    case .problem: t(.problem)
    }
  }

  private static func history(_ shown: PeriodicReviews.Shown, _ t: Texts<PeriodicReviewText>) -> HTML {
    guard !shown.reviews.isEmpty else {
      return "<section><h2>\(t(.history))</h2><p>\(t(.noHistory))</p></section>"
    }
    let rows = shown.reviews.html { one -> HTML in
      let tone: Tone =
        switch one.outcome {
        case .fine: .good
        case .changed: .info
        case .problem: .bad
        }
      return """
        <tr><th scope="row" data-label="\(t(.done))">\(t.language.timeTag(one.doneOn, short: false))</th><td data-label="\(t(.outcome))">\(Components.tag(word(one.outcome, t), tone))</td>
        <td data-label="\(t(.note))">\(one.note)</td><td data-label="\(t(.by))">\(one.byName)</td><td data-label="\(t(.next))">\(t.language.timeTag(one.nextOn, short: false))</td></tr>
        """
    }
    return """
      <section class="stack"><h2>\(t(.history))</h2><table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.history))</caption><thead><tr><th scope="col">\(t(.done))</th><th scope="col">\(t(.outcome))</th>
      <th scope="col">\(t(.note))</th><th scope="col">\(t(.by))</th><th scope="col">\(t(.next))</th></tr></thead><tbody>\(rows)</tbody></table></section>
      """
  }
}
