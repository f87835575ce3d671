import Kernel
import Registers
import Web

/// The roll-out: its chart, its phases, and its lines.
enum RolloutPages {
  struct Shown: Sendable {
    let phases: [RolloutPhase]
    let lines: [ListedLine]
    let ground: RolloutGround
    let today: Day
    let listing: Listing

    var chart: RolloutChart { RolloutChart(phases: phases, lines: lines, today: today, ground: ground) }
    var summary: RolloutSummary { RolloutSummary(ground.systems, lines.map(\.line), on: today) }

    func progress(_ phase: RolloutPhase) -> RolloutProgress {
      RolloutProgress(lines.map(\.line), in: phase, on: today, known: ground.known)
    }

    func standing(_ line: RolloutLine) -> RolloutLine.Standing? {
      phases.first { $0.number == line.phase }.map {
        line.standing(in: $0, on: today, known: ground.known(line))
      }
    }
  }

  static func one(_ request: WebRequest, _ shown: Shown, typed: FormValues? = nil, problem: RolloutRefusal?)
    -> Page
  {
    let t = request.texts(RolloutText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    let edit: HTML? =
      request.may(.risksEdit) && !shown.phases.isEmpty
      ? "<a class=\"button\" href=\"/rollout/phases\">\(t(.editPhases))</a><a class=\"button\" data-kind=\"primary\" href=\"/rollout/lines/new\">\(t(.add))</a>"
      : nil
    let files: HTML? =
      shown.phases.isEmpty
      ? nil
      : "<a class=\"button\" href=\"/rollout/plan.pdf\">\(t(.pdf))</a><a class=\"button\" href=\"/rollout/chart.svg\">\(t(.svg))</a>"
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/plans">\(t(.toPlans))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1><div class="cluster">\(files)\(edit)</div></div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      \(error.map { Components.errorSummary(t(.refused), [(problem?.field, $0)]) })<p>\(t(.lead))</p>
      \(shown.phases.isEmpty ? begin(request, typed, t) : body(request, shown, t))
      """)
  }

  private static func begin(_ request: WebRequest, _ typed: FormValues?, _ t: Texts<RolloutText>) -> HTML {
    guard request.may(.risksEdit) else { return Components.empty(t(.empty), t(.emptyText)) }
    return """
      \(Components.empty(t(.empty), t(.emptyText)))
      <form method="post" action="/rollout" class="panel stack">\(Components.formToken(request))<h2>\(t(.beginTitle))</h2>
      \(Components.field("start", t(.startOn), type: "date", value: typed?["start"] ?? "", required: true))
      \(Components.field("end", t(.endOn), type: "date", value: typed?["end"] ?? "", hint: t(.beginHint), required: true))
      <p><button class="button" data-kind="primary">\(t(.begin))</button></p></form>
      """
  }

  private static func body(_ request: WebRequest, _ shown: Shown, _ t: Texts<RolloutText>) -> HTML {
    let chart: HTML = "\(shown.chart.svg(t))"
    let most: HTML? =
      shown.lines.count > RolloutChart.mostLines
      ? "<p class=\"small\">\(t(.chartMost, shown.lines.count, RolloutChart.mostLines))</p>" : nil
    return """
      <section class="stack" aria-labelledby="h-chart"><h2 id="h-chart">\(t(.chart))</h2>\(Components.wide(t(.chart), request.texts(), chart))\(most)<p class="small">\(t(.chartKey)) \(t(.milestoneText))</p></section>
      \(summary(request, shown, t))\(phases(shown, t))\(lines(request, shown, t))
      """
  }

  static func cost(_ progress: RolloutProgress, _ t: Texts<RolloutText>) -> String {
    [
      "\(t(.once)) \(t(.yen, progress.once))", "\(t(.yearly)) \(t(.yen, progress.yearly))",
      progress.unknown > 0 ? t(.unknownCosts, progress.unknown) : "",
    ].filter { !$0.isEmpty }.joined(separator: t(.comma))
  }

  /// 5 / 10(例外 2、期限切れ 1).
  static func words(_ progress: RolloutProgress, _ t: Texts<RolloutText>) -> String {
    guard progress.total > 0 else { return t(.linesNone) }
    let rest = RolloutLine.Standing.allCases.filter { $0 != .done && progress[$0] > 0 }.map {
      "\(t(RolloutText.standing($0))) \(progress[$0])"
    }
    let head =
      progress.asked > 0 ? t(.progressOf, progress[.done], progress.asked) : t(.nothingAsked)
    return ([head] + rest).joined(separator: t(.comma))
  }

  private static func phases(_ shown: Shown, _ t: Texts<RolloutText>) -> HTML {
    let rows = shown.phases.html { phase -> HTML in
      let progress = shown.progress(phase)
      return """
        <tr><th scope="row" data-label="\(t(.phase))">\(phase.number) \(phase.title(t))</th><td data-label="\(t(.days))"><span>\(t.language.timeTag(phase.startOn, short: false)) \(t.language == .ja ? "〜" : "–") \(t.language.timeTag(phase.endOn, short: false))</span></td>
        <td data-label="\(t(.progress))">\(words(progress, t))</td><td data-label="\(t(.costs))">\(cost(progress, t))</td></tr>
        """
    }
    return """
      <section class="stack" aria-labelledby="h-phases"><h2 id="h-phases">\(t(.phases))</h2>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.phases))</caption><thead><tr><th scope="col">\(t(.phase))</th><th scope="col">\(t(.days))</th><th scope="col">\(t(.progress))</th><th scope="col">\(t(.costs))</th></tr></thead><tbody>\(rows)</tbody></table></section>
      """
  }

  private static func tag(_ standing: RolloutLine.Standing, _ t: Texts<RolloutText>) -> HTML {
    let word = t(RolloutText.standing(standing))
    return switch standing {
    case .done: Components.tag(word, .good)
    case .exempt, .underWay: Components.tag(word, .warn)
    case .exceptionOver, .late: Components.finding(word)
    case .planned: Components.tag(word)
    }
  }

  private static func lines(_ request: WebRequest, _ shown: Shown, _ t: Texts<RolloutText>) -> HTML {
    guard !shown.lines.isEmpty else {
      return "<section class=\"stack\"><h2>\(t(.linesTitle))</h2><p>\(t(.linesNone))</p></section>"
    }
    let page = shown.lines.dropFirst(shown.listing.offset).prefix(shown.listing.size)
    let rows = page.html { one -> HTML in
      let line = one.line
      let standing = shown.standing(line).map { tag($0, t) }
      let exception: HTML? = line.exceptionUntil.map {
        "<p class=\"small\">\(t(.exceptionLine, line.exceptionReason, t.language.columnDate($0)))</p>"
      }
      let done: HTML? = line.doneOn.map { "<p class=\"small\">\(t.language.timeTag($0, short: false))</p>" }
      let name: HTML =
        request.may(.risksEdit)
        ? "<a href=\"/rollout/lines/\(line.id)\">\(one.system) <span class=\"soft\">\(line.group)</span></a>"
        : "\(one.system) <span class=\"soft\">\(line.group)</span>"
      let people: HTML = line.people.map { "\(t.language.number($0))" } ?? HTML(t(.notKnown))
      return """
        <tr><th scope="row" data-label="\(t(.system))">\(name)</th><td class="num" data-label="\(t(.people))">\(people)</td>
        <td data-label="\(t(.method))">\(t(RolloutText.method(line.method)))</td><td data-label="\(t(.phase))">\(line.phase)</td>
        <td data-label="\(t(.state))"><div>\(standing)\(done)\(exception)</div></td><td data-label="\(t(.registerSays))" class="small">\(known(request, line, shown.ground, t))</td></tr>
        """
    }
    return """
      <section class="stack" aria-labelledby="h-lines"><h2 id="h-lines">\(t(.linesTitle))</h2>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.linesTitle))</caption><thead><tr><th scope="col">\(t(.system))</th><th scope="col">\(t(.people))</th><th scope="col">\(t(.method))</th><th scope="col">\(t(.phase))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.registerSays))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(shown.listing, total: shown.lines.count, path: "/rollout", request.texts()))</section>
      """
  }

  // MARK: Phases

  static func phases(
    _ request: WebRequest, _ phases: [RolloutPhase], typed: FormValues?, problem: RolloutRefusal?,
    isStale: Bool = false
  ) -> Page {
    let t = request.texts(RolloutText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    let fields = phases.html { phase -> HTML in
      let (name, start, end) = ("name-\(phase.number)", "start-\(phase.number)", "end-\(phase.number)")
      return """
        <fieldset class="stack" data-gap="s"><legend>\(phase.number) \(phase.title(t))</legend><input type="hidden" name="version-\(phase.number)" value="\(phase.version)">
        \(Components.field(name, t(.phaseName), value: typed?[name] ?? phase.name, hint: t(.phaseNameHint)))
        \(Components.field(start, t(.startOn), type: "date", value: typed?[start] ?? phase.startOn.description, required: true))
        \(Components.field(end, t(.endOn), type: "date", value: typed?[end] ?? phase.endOn.description, required: true))</fieldset>
        """
    }
    return Page(
      t(.editPhases), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/rollout">\(t(.title))</a></li></ol><h1>\(t(.editPhases))</h1>
      \(isStale ? Components.notice(.bad, t(.stale)) : nil)\(error.map { Components.errorSummary(t(.refused), [(nil, $0)]) })<p>\(t(.phasesLead))</p>
      <form method="post" action="/rollout/phases" class="panel stack">\(Components.formToken(request))\(fields)
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  // MARK: A line

  struct LineForm: Sendable {
    let phases: [RolloutPhase]
    let systems: [SystemName]
    var line: RolloutLine?
    var measure: RolloutMeasure?
    var typed: FormValues?
    var problem: RolloutRefusal?
    var isStale = false
  }

  static func line(_ request: WebRequest, _ form: LineForm) -> Page {
    let t = request.texts(RolloutText.self)
    let error = form.problem.map { request.words.problem($0, request.language) }
    func wrong(_ field: String) -> String? { form.problem?.field == field ? error : nil }
    func value(_ field: String, _ stored: String?) -> String { form.typed?[field] ?? stored ?? "" }
    let line = form.line
    let title = line == nil ? t(.add) : t(.change)
    let action: HTML = line.map { "/rollout/lines/\($0.id)" } ?? "/rollout/lines"
    let systems = [(value: "", name: "")] + form.systems.map { (value: $0.id, name: $0.name) }
    let methods = RolloutLine.Method.allCases.map { (value: $0.rawValue, name: t(RolloutText.method($0))) }
    let phases = form.phases.map { (value: "\($0.number)", name: "\($0.number) \($0.title(t))") }
    let remove: HTML? = line.map { line in
      """
      <details><summary>\(t(.remove))</summary><form method="post" action="/rollout/lines/\(line.id)/removal" class="stack" data-gap="s">\(Components.formToken(request))<input type="hidden" name="version" value="\(line.version)"><p>\(t(.removeText))</p><p><button class="button">\(t(.remove))</button></p></form></details>
      """
    }
    return Page(
      title, menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/rollout">\(t(.title))</a></li></ol><h1>\(title)</h1>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))\(form.isStale ? Components.notice(.bad, t(.stale)) : nil)\(error.map { Components.errorSummary(t(.refused), [(form.problem?.field, $0)]) })
      \(form.systems.isEmpty ? Components.notice(.info, t(.systemsEmpty)) : nil)
      <form method="post" action="\(action)" class="panel stack">\(Components.formToken(request))<input type="hidden" name="version" value="\(line?.version ?? 0)">
      \(Components.select("system", t(.system), options: systems, chosen: value("system", line?.system), hint: t(.systemHint), error: wrong("system")))
      \(Components.field("group", t(.group), value: value("group", line?.group), hint: t(.groupHint), error: wrong("group"), required: true))
      \(Components.field("people", t(.people), value: value("people", line?.people.map(String.init)), hint: t(.peopleHint), error: wrong("people"), inputmode: "numeric"))
      \(Components.select("method", t(.method), options: methods, chosen: value("method", line?.method.rawValue ?? "passkey"), hint: t(.methodHint)))
      \(Components.select("phase", t(.phase), options: phases, chosen: value("phase", line.map { "\($0.phase)" } ?? "1")))
      \(Components.field("done", t(.done), type: "date", value: value("done", line?.doneOn?.description), hint: t(.doneHint), error: wrong("done")))
      \(Components.field("once", t(.once), value: value("once", line?.costOnce.map(String.init)), hint: t(.costHint), error: wrong("once"), inputmode: "numeric"))
      \(Components.field("yearly", t(.yearly), value: value("yearly", line?.costYearly.map(String.init)), inputmode: "numeric"))
      \(Components.textArea("exception", t(.exception), value: value("exception", line?.exceptionReason), hint: t(.exceptionHint), error: wrong("exception"), most: 400))
      \(Components.field("until", t(.until), type: "date", value: value("until", line?.exceptionUntil?.description), hint: t(.untilHint), error: wrong("until")))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>\(line.map { RolloutMeasurePages.section(request, $0, form.measure, t) })\(remove)
      """)
  }
}
