import Kernel
import Registers
import Storage
import Web

/// Where backups stand, the plan, the key for printing, and drills.
enum BackupPages {
  struct Shown: Sendable {
    let plan: BackupPlan?
    /// The newest that was made, however old.
    let last: BackupRun?
    let runs: [BackupRun]
    let drills: [RestoreDrill]
  }

  static func page(_ request: WebRequest, _ shown: Shown) -> Page {
    let t = request.texts(BackupText.self)
    return Page(
      t(.title), menu: "ledger",
      """
      <div class="page-head"><div>\(crumbs(request, t))<h1>\(t(.title))</h1></div>\(actions(request, shown, t))</div>
      <p>\(t(.lead))</p>\(done(request, t))\(findings(request, shown, t))
      \(standing(request, shown, t))
      <section class="stack" data-gap="s" aria-labelledby="h-runs"><h2 id="h-runs">\(t(.runs))</h2>\(runs(request, shown, t))</section>
      <section class="stack" data-gap="s" aria-labelledby="h-drills"><h2 id="h-drills">\(t(.drills))</h2><p class="small">\(t(.drillsText))</p>\(drills(request, shown.drills, t))</section>
      \(request.may(.facilityExport) ? "<p><a href=\"/facility/export\">\(t(.toExport))</a></p>" : nil)
      """)
  }

  private static func crumbs(_ request: WebRequest, _ t: Texts<BackupText>) -> HTML? {
    request.may(.ledgerRead)
      ? "<ol class=\"crumbs\"><li><a href=\"/ledger\">\(t(.toLedger))</a></li></ol>" : nil
  }

  private static func actions(_ request: WebRequest, _ shown: Shown, _ t: Texts<BackupText>) -> HTML? {
    guard request.may(.backupManage) else { return nil }
    guard let plan = shown.plan else {
      return "<a class=\"button\" data-kind=\"primary\" href=\"/backup/plan\">\(t(.makePlan))</a>"
    }
    let key: HTML? =
      plan.keyShownAt == nil && request.may(.backupKey)
      ? "<a class=\"button\" href=\"/backup/key\">\(t(.printKey))</a>" : nil
    return """
      <div class="cluster">\(key)<a class="button" href="/backup/plan">\(t(.changePlan))</a>
      <form method="post" action="/backup/runs">\(Components.formToken(request))<button class="button" data-kind="primary">\(t(.runNow))</button></form></div>
      """
  }

  private static func done(_ request: WebRequest, _ t: Texts<BackupText>) -> HTML? {
    switch (request.query("saved"), request.query("soon")) {
    case (.some("drill"), _): Components.notice(.good, t(.drillSaved))
    case (.some, _): Components.notice(.good, t(.planSaved))
    case (_, .some("drill")): Components.notice(.info, t(.drillSoon))
    case (_, .some): Components.notice(.info, t(.runSoon))
    default: nil
    }
  }

  /// What is wrong now, with the way out.
  private static func findings(_ request: WebRequest, _ shown: Shown, _ t: Texts<BackupText>) -> HTML? {
    guard let plan = shown.plan else {
      return shown.last == nil ? Components.notice(.warn, t(.noPlan), "<p>\(t(.noPlanText))</p>") : nil
    }
    if let newest = shown.runs.first, let problem = newest.problem {
      return Components.notice(
        .bad, t(.lastFailed, t.language.dateTime(newest.at)),
        "<p>\(request.words.problem(problem, t.language))</p>")
    }
    let age = shown.last.map { request.now.milliseconds - $0.at.milliseconds }
    if let age, age > 26 * 3_600_000 {
      return Components.notice(.warn, t(.old, Int(age / 3_600_000)), "<p>\(t(.oldText))</p>")
    }
    return plan.keyShownAt == nil
      ? Components.notice(.warn, t(.keyNotKept), "<p>\(t(.keyNotKeptText))</p>") : nil
  }

  private static func standing(_ request: WebRequest, _ shown: Shown, _ t: Texts<BackupText>) -> HTML {
    let none: HTML = "<span class=\"soft\">\(t(.never))</span>"
    var facts: [(String, HTML)] = [(t(.lastGood), shown.last.map { t.language.timeTag($0.at) } ?? none)]
    if let last = shown.last {
      facts.append((t(.size), HTML(size(last.bytes))))
      facts.append((t(.entries), HTML(t.language.number(last.entries))))
      facts.append((t(.file), "<span class=\"fixed small\">\(last.file)</span>"))
    }
    if let plan = shown.plan {
      facts.append((t(.place), "<span class=\"fixed small\">\(plan.place)</span>"))
      facts.append((t(.next), t.language.timeTag(plan.next(after: request.now))))
      facts.append(
        (t(.keeping), HTML(t(.keepingValue, "\(plan.daily)", "\(plan.weekly)", "\(plan.monthly)"))))
    }
    return "<section class=\"panel\" aria-label=\"\(t(.standing))\">\(Components.facts(facts))</section>"
  }

  private static func runs(_ request: WebRequest, _ shown: Shown, _ t: Texts<BackupText>) -> HTML {
    guard !shown.runs.isEmpty else { return Components.empty(t(.noRuns), t(.noRunsText)) }
    let rows = shown.runs.html { run -> HTML in
      let result: HTML =
        run.problem.map {
          "<div>\(Components.finding(t(.failed)))<br><span class=\"small\">\(request.words.problem($0, t.language))</span></div>"
        } ?? Components.tag(t(.made), .good)
      let check: HTML? =
        run.problem == nil && request.may(.backupDrill)
        ? "<form method=\"post\" action=\"/backup/runs/\(run.id)/verification\">\(Components.formToken(request))<button class=\"button\" data-kind=\"quiet\">\(t(.checkIt))</button></form>"
        : nil
      return """
        <tr><th scope="row" data-label="\(t(.when))">\(t.language.timeTag(run.at))</th><td data-label="\(t(.way))">\(t(BackupText.way(run.way)))</td>
        <td data-label="\(t(.result))">\(result)</td><td data-label="\(t(.size))" class="num">\(run.problem == nil ? size(run.bytes) : "")</td><td data-label="\(t(.drill))">\(check)</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.runs))</caption><thead><tr><th scope="col">\(t(.when))</th><th scope="col">\(t(.way))</th><th scope="col">\(t(.result))</th><th scope="col">\(t(.size))</th><th scope="col">\(t(.drill))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  private static func drills(_ request: WebRequest, _ drills: [RestoreDrill], _ t: Texts<BackupText>) -> HTML
  {
    let add: HTML? =
      request.may(.backupDrill) ? "<a class=\"button\" href=\"/backup/drills/new\">\(t(.addDrill))</a>" : nil
    guard !drills.isEmpty else { return Components.empty(t(.noDrills), t(.noDrillsText), add) }
    let rows = drills.html { drill -> HTML in
      let result: HTML =
        drill.result == .good
        ? Components.tag(t(.good), .good)
        : Components.finding(t(BackupText.result(drill.result)))
      let lasted =
        drill.elapsedMs < 60_000
        ? t(.seconds, (drill.elapsedMs + 999) / 1000) : t(.minutes, (drill.elapsedMs + 59_999) / 60_000)
      return """
        <tr><th scope="row" data-label="\(t(.day))">\(t.language.timeTag(drill.on))</th><td data-label="\(t(.system))">\(drill.system.isEmpty ? t(.ourselves) : drill.system)</td>
        <td data-label="\(t(.result))">\(result)</td><td data-label="\(t(.lasted))">\(lasted)</td><td data-label="\(t(.doneBy))">\(drill.doneBy)</td><td data-label="\(t(.remark))"><span class="small">\(drill.remark)</span></td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.drills))</caption><thead><tr><th scope="col">\(t(.day))</th><th scope="col">\(t(.system))</th><th scope="col">\(t(.result))</th><th scope="col">\(t(.lasted))</th><th scope="col">\(t(.doneBy))</th><th scope="col">\(t(.remark))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(add.map { "<p>\($0)</p>" as HTML })
      """
  }

  /// 12.3 MB, for people.
  static func size(_ bytes: Int) -> String {
    let tenths = bytes / 100_000
    return tenths < 10 ? "\((bytes + 999) / 1000) kB" : "\(tenths / 10).\(tenths % 10) MB"
  }

  private static func crumbs(_ t: Texts<BackupText>) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/backup\">\(t(.title))</a></li></ol>"
  }

  private static func refused(_ request: WebRequest, _ refusal: (any Problem)?, _ t: Texts<BackupText>)
    -> HTML?
  {
    refusal.map {
      Components.errorSummary(t(.notSaved), [($0.field, request.words.problem($0, t.language))])
    }
  }

  // MARK: The plan

  static func planForm(
    _ request: WebRequest, _ plan: BackupPlan?, typed: FormValues?, refusal: (any Problem)?
  ) -> Page {
    let t = request.texts(BackupText.self)
    func value(_ name: String, _ known: String?) -> String { typed.map { $0[name] } ?? known ?? "" }
    func error(_ name: String) -> String? {
      refusal?.field == name ? refusal.map { request.words.problem($0, t.language) } : nil
    }
    func number(_ name: String, _ label: BackupText, _ known: Int) -> HTML {
      Components.field(
        name, t(label), type: "number", value: value(name, "\(known)"), error: error(name), required: true,
        max: "\(Retention.most)", min: name == "daily" ? "1" : "0")
    }
    let times = BackupPlan.minutes.map { minute in
      (value: "\(minute)", name: t.language.time(request.now.day.start.adding(minutes: Int64(minute))))
    }
    return Page(
      t(.planTitle), menu: "ledger",
      """
      <div class="page-head"><div>\(crumbs(t))<h1>\(t(.planTitle))</h1></div></div><p>\(t(.planLead))</p>\(refused(request, refusal, t))
      <form class="panel stack" method="post" action="/backup/plan">\(Components.formToken(request))<input type="hidden" name="version" value="\(plan?.version ?? 0)">
      \(Components.field("place", t(.place), value: value("place", plan?.place), hint: t(.placeHint), error: error("place"), required: true, autocomplete: "off"))
      \(Components.choices("disk", t(.disk), options: [("yes", HTML(t(.diskYes))), ("no", HTML(t(.diskNo)))], chosen: typed.map { $0["disk"] } ?? (plan?.isDisk == true ? "yes" : "no")))
      \(Components.select("minute", t(.time), options: times, chosen: value("minute", "\(plan?.minute ?? 120)"), error: error("minute")))
      \(number("daily", .daily, plan?.daily ?? Retention.standard.daily))\(number("weekly", .weekly, plan?.weekly ?? Retention.standard.weekly))\(number("monthly", .monthly, plan?.monthly ?? Retention.standard.monthly))
      <p class="small">\(t(.keepHint))</p><p><button class="button" data-kind="primary">\(t(.savePlan))</button></p></form>
      """)
  }

  // MARK: The key

  /// - Parameter key: nil for the page that asks first.
  static func key(_ request: WebRequest, _ key: String?, wasShown: Bool) -> Page {
    let t = request.texts(BackupText.self)
    let body: HTML
    if let key {
      let groups = stride(from: 0, to: key.count, by: 8).map { String(key.dropFirst($0).prefix(8)) }
      let lines = stride(from: 0, to: groups.count, by: 4).map {
        groups[$0..<min($0 + 4, groups.count)].joined(separator: " ")
      }
      body = """
        <article class="sheet"><h1>\(t(.keySheet))</h1><p>\(request.visitor?.facilityName ?? "") ・ \(t.language.dateTime(request.now))</p>
        \(lines.html { "<p class=\"fixed\"><b>\($0)</b></p>" })<p>\(t(.keySheetText))</p><p>\(t(.keySheetUse))</p></article>
        <p><a href="/backup">\(t(.keyKept))</a></p>
        """
    } else if wasShown {
      body =
        "<h1>\(t(.keyTitle))</h1>\(Components.notice(.info, t(.keyWasShown), "<p>\(t(.keyWasShownText))</p>"))"
    } else {
      body = """
        <h1>\(t(.keyTitle))</h1><p>\(t(.keyText))</p><p>\(t(.keyOnce))</p>
        <form method="post" action="/backup/key">\(Components.formToken(request))<button class="button" data-kind="primary">\(t(.showKey))</button></form>
        """
    }
    return Page(t(.keyTitle), menu: "ledger", "<div class=\"page-head\"><div>\(crumbs(t))</div></div>\(body)")
  }

  // MARK: A drill by hand

  static func drillForm(_ request: WebRequest, typed: FormValues?, refusal: (any Problem)?) -> Page {
    let t = request.texts(BackupText.self)
    func value(_ name: String, _ known: String = "") -> String { typed.map { $0[name] } ?? known }
    func error(_ name: String) -> String? {
      refusal?.field == name ? refusal.map { request.words.problem($0, t.language) } : nil
    }
    let results = RestoreDrill.Result.allCases.map {
      (value: $0.rawValue, label: HTML(t(BackupText.result($0))))
    }
    return Page(
      t(.addDrill), menu: "ledger",
      """
      <div class="page-head"><div>\(crumbs(t))<h1>\(t(.addDrill))</h1></div></div><p>\(t(.drillLead))</p>\(refused(request, refusal, t))
      <form class="panel stack" method="post" action="/backup/drills">\(Components.formToken(request))
      \(Components.field("day", t(.day), type: "date", value: value("day", request.now.day.description), error: error("day"), required: true))
      \(Components.field("system", t(.system), value: value("system"), hint: t(.systemHint)))
      \(Components.choices("result", t(.result), options: results, chosen: value("result"), error: error("result")))
      \(Components.field("minutes", t(.minutesTaken), type: "number", value: value("minutes"), error: error("minutes"), required: true, min: "1"))
      \(Components.field("doneBy", t(.doneBy), value: value("doneBy", request.visitor?.name ?? ""), error: error("doneBy"), required: true))
      \(Components.textArea("remark", t(.remark), value: value("remark"), hint: t(.remarkHint), error: error("remark")))
      <p><button class="button" data-kind="primary">\(t(.saveDrill))</button></p></form>
      """)
  }
}
