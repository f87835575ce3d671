import Kernel
import Storage
import Web

/// What the page of a monitor's own attempts shows.
struct RecoveryView: Sendable {
  let monitor: Monitor
  let plan: RecoveryPlan?
  let runs: [RecoveryRun]
  /// Why nothing may be tried here; nil when it may.
  let refusal: RecoveryRefusal?

  static func read(_ id: Monitor.ID, _ scope: Scope) async throws -> RecoveryView {
    try await scope.read { tx in
      guard let monitor = try tx.monitor(id)?.monitor else { throw WebProblem.notFound }
      let target = try tx.recoveryTarget(monitor)
      var refusal: RecoveryRefusal?
      do throws(RecoveryRefusal) { try target.allow() } catch { refusal = error }
      return RecoveryView(
        monitor: monitor, plan: try tx.recoveryPlan(of: id),
        runs: try tx.recoveryRuns(of: id, since: nil), refusal: refusal)
    }
  }
}

enum RecoveryPages {
  typealias T = Texts<RecoveryText>

  static func page(
    _ request: WebRequest, _ view: RecoveryView, _ draft: RecoveryDraft, _ names: [String],
    _ refusal: RecoveryRefusal?
  ) -> Page {
    let t = request.texts(RecoveryText.self)
    let monitor = view.monitor
    return Page(
      t(.title), menu: "monitoring",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(request.texts(MonitoringText.self)(.title))</a></li>\
      <li><a href="/monitoring/\(monitor.id)">\(monitor.name)</a></li></ol><h1>\(t(.title))</h1><p>\(t(.lead))</p></div></div>
      \(PagingPages.refused(refusal, request, request.texts(PagingText.self)))\(standing(request, view, t))\
      \(form(request, view, draft, names, refusal, t))\(runs(request, view.runs, t))
      """)
  }

  private static func standing(_ request: WebRequest, _ view: RecoveryView, _ t: T) -> HTML {
    if let refusal = view.refusal {
      let words = request.words.problem(refusal, t.language)
      return Components.notice(.warn, t(.refusedNow), "<p>\(words)</p>")
    }
    guard let plan = view.plan else { return Components.empty(t(.none), t(.noneText)) }
    let rests: HTML? =
      plan.next(after: view.runs, at: request.now) == .rest
      ? Components.notice(.bad, t(.restsNow, plan.most)) : nil
    return """
      \(rests)<section class="panel"><p>\(t(.planText, plan.action, t.length(plan.coolMinutes), t.length(plan.windowMinutes), "\(plan.tries)", "\(plan.most)"))</p></section>
      """
  }

  private static func form(
    _ request: WebRequest, _ view: RecoveryView, _ draft: RecoveryDraft, _ names: [String],
    _ refusal: RecoveryRefusal?, _ t: T
  ) -> HTML? {
    guard request.may(.recoveryEdit), view.refusal == nil || refusal != nil else {
      return removal(request, view, t)
    }
    guard !names.isEmpty else {
      return
        "\(Components.notice(.info, t(.noActions), "<p>\(t(.noActionsText))</p>"))\(removal(request, view, t))"
    }
    func lengths(_ all: [Int]) -> [(value: String, name: String)] {
      all.map { (value: "\($0)", name: t.length($0)) }
    }
    func error(_ field: String) -> String? { PagingPages.error(field, refusal, request) }
    // One that has gone from the list stays to be seen.
    let known = names.contains(draft["action"]) || draft["action"].isEmpty ? names : [draft["action"]] + names
    let token = Components.formToken(request)
    return """
      <details\("open", if: refusal != nil || view.plan == nil)><summary>\(t(view.plan == nil ? .setUp : .change))</summary>
      <form class="panel stack" method="post" action="/monitoring/\(view.monitor.id)/recovery">\(token)<input type="hidden" name="version" value="\(draft.version)">
      \(Components.select("action", t(.action), options: known.map { (value: $0, name: $0) }, chosen: draft["action"], hint: t(.actionHint), error: error("action")))
      \(Components.select("cool", t(.cool), options: lengths(RecoveryPlan.cools), chosen: draft["cool"], hint: t(.coolHint)))
      \(Components.select("window", t(.window), options: lengths(RecoveryPlan.windows), chosen: draft["window"], hint: t(.windowHint)))
      \(Components.field("tries", t(.tries), type: "number", value: draft["tries"], error: error("tries"), required: true, max: "20", min: "1"))
      \(Components.field("most", t(.most), type: "number", value: draft["most"], hint: t(.mostHint), required: true, max: "20", min: "1"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form></details>\(removal(request, view, t))
      """
  }

  private static func removal(_ request: WebRequest, _ view: RecoveryView, _ t: T) -> HTML? {
    guard request.may(.recoveryEdit), view.plan != nil else { return nil }
    return """
      <details><summary>\(t(.remove))</summary><form class="cluster" method="post" action="/monitoring/\(view.monitor.id)/recovery/removal">\(Components.formToken(request))<p>\(t(.removeText))</p><button class="button" data-kind="danger">\(t(.remove))</button></form></details>
      """
  }

  /// The runs, the newest first.
  static func runs(_ request: WebRequest, _ runs: [RecoveryRun], _ t: T) -> HTML {
    guard !runs.isEmpty else { return Components.empty(t(.noRuns), t(.noRunsText)) }
    let mayHelp = runs.lastForEachAlert
    let rows = runs.prefix(Recovery.shownRuns).html { run in
      "<tr><td>\(t.language.timeTag(run.beganAt))</td><td>\(run.action)</td><td>\(outcome(run, mayHelp, request, t))</td></tr>"
        as HTML
    }
    return """
      <section class="stack" aria-labelledby="runs"><h2 id="runs">\(t(.runs))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(t(.runs))"><table class="table"><caption class="visually-hidden">\(t(.runs))</caption>\
      <thead><tr><th scope="col">\(t(.began))</th><th scope="col">\(t(.action))</th><th scope="col">\(t(.outcome))</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  private static func outcome(
    _ run: RecoveryRun, _ mayHelp: Set<RecoveryRun.ID>, _ request: WebRequest, _ t: T
  ) -> HTML {
    let state = run.state(at: request.now)
    let word: HTML =
      state == .failed || state == .lost
      ? Components.finding(t(RecoveryText.state(state))) : HTML(t(RecoveryText.state(state)))
    let why = run.problem.map { request.words.problem($0, t.language) } ?? run.said
    let help: String? =
      mayHelp.contains(run.id) && state != .running
      ? run.resolvedAt.map { t(.helped, t.language.dateTime($0)) } ?? t(.notYet) : nil
    return
      "\(word)\(help.map { " \($0)" })\(why.isEmpty ? nil : "<br><span class=\"small\">\(why)</span>" as HTML)"
  }

  /// On the page of a monitor: what is tried, and what came of it last.
  static func panel(_ request: WebRequest, _ monitor: Monitor, _ runs: [RecoveryRun]) -> HTML? {
    let t = request.texts(RecoveryText.self)
    guard !runs.isEmpty || request.may(.recoveryEdit) else { return nil }
    let list: HTML? = runs.isEmpty ? nil : self.runs(request, Array(runs.prefix(5)), t)
    return "\(list)<p><a href=\"/monitoring/\(monitor.id)/recovery\">\(t(.all))</a></p>"
  }
}
