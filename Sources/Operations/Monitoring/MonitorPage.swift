import Kernel
import Storage
import Web

/// What the page of one monitor shows.
struct MonitorView: Sendable {
  let stored: StoredMonitor
  let system: WatchedSystem?
  let parent: String?
  let readings: [Reading]
  /// Those of them that lie in the monitor's row and are in no day yet.
  let unfolded: [Reading]
  let days: [(day: Day, tally: Tally)]
  let beats: [Beat]
  let alerts: [Alert]
  let windows: [MaintenanceWindow]
  /// Those that ended since yesterday too.
  let recentWindows: [Window]
  let tries: [RecoveryRun]

  static let shownDays = 90

  static func read(_ id: Monitor.ID, _ scope: Scope) async throws -> MonitorView {
    try await scope.read { tx in
      guard let stored = try tx.monitor(id) else { throw WebProblem.notFound }
      let isBeat = stored.monitor.kind == .heartbeat
      let today = scope.now.day
      let (kept, unfolded) =
        isBeat ? ([], []) : try tx.readings(of: id, since: scope.now.adding(minutes: -24 * 60))
      let days = isBeat ? [] : try tx.dayTallies(of: id, since: today.adding(days: 1 - shownDays))
      let dayAgo = scope.now.adding(minutes: -24 * 60)
      let windows = try tx.windows(endingAfter: dayAgo).filter { $0.monitor == nil || $0.monitor == id }
      let around = try tx.surroundings(of: stored.monitor)
      return MonitorView(
        stored: stored, system: around.system, parent: around.parent,
        readings: (kept + unfolded).filter { $0.at > scope.now.adding(minutes: -24 * 60) },
        unfolded: unfolded, days: days, beats: isBeat ? try tx.beats(of: id, limit: 30) : [],
        alerts: try tx.alerts(of: id, limit: 20),
        windows: windows.filter { $0.window.until > scope.now }, recentWindows: windows.map(\.window),
        tries: around.tries, now: scope.now)
    }
  }

  /// When it was read.
  let now: Instant

  /// The last 24 hours.
  var lastDay: Tally {
    var tally = Tally()
    for reading in readings { tally.add(reading) }
    for stretch in pieces(of: readings) { tally.spans.add(stretch) }
    return tally
  }

  private func pieces(of readings: [Reading]) -> [Stretch] {
    Stretch.pieces(
      of: readings, until: now, longest: Watch.freshMs(every: stored.monitor.everyMs),
      planned: recentWindows)
  }

  /// All days, with what of today has not been put away yet.
  var allDays: [(day: Day, tally: Tally)] {
    var byDay = Dictionary(days.map { ($0.day, $0.tally) }, uniquingKeysWith: { first, _ in first })
    for reading in unfolded { byDay[reading.at.day, default: Tally()].add(reading) }
    for stretch in pieces(of: unfolded) { byDay[stretch.start.day, default: Tally()].spans.add(stretch) }
    return byDay.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

enum MonitorPage {
  typealias T = Texts<MonitoringText>

  static func page(_ request: WebRequest, _ view: MonitorView) -> Page {
    let t = request.texts(MonitoringText.self)
    let monitor = view.stored.monitor
    let edit: HTML? =
      request.may(.monitoringEdit)
      ? "<a class=\"button\" href=\"/monitoring/\(monitor.id)/settings\">\(t(.change))</a>" : nil
    return Page(
      monitor.name, menu: "monitoring",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(t(.title))</a></li></ol><h1>\(monitor.name)</h1>
      <p>\(t(.kind(monitor.kind))) \(monitor.target)</p></div><p class="cluster">\(edit)</p></div>
      \(standing(request, view, t))\(monitor.kind == .heartbeat ? beats(view, t) : charts(request, view, t))
      \(alerts(request, view, t))\(RecoveryPages.panel(request, monitor, view.tries))\(maintenance(request, view, t))\(upkeep(request, view, t))
      """)
  }

  // MARK: How it stands

  private static func standing(_ request: WebRequest, _ view: MonitorView, _ t: T) -> HTML {
    let (stored, monitor) = (view.stored, view.stored.monitor)
    let shown = stored.shown(at: request.now)
    let planned = view.windows.contains { $0.silences(monitor.id, at: request.now) }
    var facts: [(String, HTML)] = [
      (t(.state), "\(MonitoringPages.state(shown, t))\(planned ? " \(t(.inWindow))" : "")"),
      (t(.since), HTML(t.language.dateTime(stored.watch.since))),
    ]
    if let why = MonitoringPages.reason(stored.problem, request), shown != .up {
      facts.append((t(.why), HTML(why)))
    }
    if shown == .stale { facts.append((t(.why), HTML(t(.staleWhy)))) }
    // What was asked in vain while this machine is cut off has no reason of its own; what could not be asked has.
    if shown == .unknown, stored.problem == nil { facts.append((t(.why), HTML(t(.unknownWhy)))) }
    if stored.watch.isFlapping { facts.append((t(.flapping), HTML(t(.flappingText)))) }
    if stored.watch.isDoubtful {
      facts.append((t(.doubt), HTML(t(.doubtText, stored.watch.bad, monitor.failures))))
    }
    let level = monitor.level ?? ImpactLevel(impact: view.system?.impact)
    facts.append((t(.level), HTML(t(.level(level)))))
    if let system = view.system {
      facts.append((t(.system), "<a href=\"/registers/systems/\(system.id)\">\(system.name)</a>"))
    }
    if let parent = view.parent { facts.append((t(.parent), HTML(parent))) }
    facts += monitor.kind == .heartbeat ? rhythm(stored, t) : asked(stored, t)
    if !monitor.advice.isEmpty { facts.append((t(.advice), HTML(monitor.advice))) }
    return
      "<section class=\"panel\" aria-labelledby=\"standing\"><h2 id=\"standing\">\(t(.standing))</h2>\(Components.facts(facts))</section>"
  }

  private static func asked(_ stored: StoredMonitor, _ t: T) -> [(String, HTML)] {
    let last = stored.watch.lastAt.map { t.language.dateTime($0) } ?? t(.notYet)
    return [
      (t(.lastResult), HTML(last)),
      (t(.responseTime), HTML(t(.milliseconds, MonitoringPages.tenths(stored.lastMs)))),
      (t(.interval), HTML(t.interval(stored.monitor.intervalSeconds))),
      (t(.lateness), HTML(t(.latenessValue, stored.lateMs, stored.skipped))),
    ]
  }

  private static func rhythm(_ stored: StoredMonitor, _ t: T) -> [(String, HTML)] {
    // It was saved, so it can be read.
    guard let heartbeat = try? stored.monitor.heartbeat() else { return [] }
    let deadline = heartbeat.deadline(stored.heard, created: stored.expectedSince)
    let last = stored.heard.successAt.map { t.language.dateTime($0) } ?? t(.notYet)
    let rhythm: String =
      switch heartbeat.rhythm {
      case .every(let ms): t(.everyMinutes, Int(ms / 60_000))
      case .cron(let cron, let zone): "\(cron.text) (\(zone.name))"
      }
    return [
      (t(.lastSuccess), HTML(last)), (t(.rhythm), HTML(rhythm)),
      (t(.expectedBy), HTML(t.language.dateTime(deadline))),
    ]
  }

  // MARK: What was seen

  private static func charts(_ request: WebRequest, _ view: MonitorView, _ t: T) -> HTML {
    guard !view.readings.isEmpty || !view.days.isEmpty else { return "" }
    let (day, days) = (view.lastDay, view.allDays)
    let all = days.reduce(into: Tally()) { $0.merge($1.tally) }
    let dayText = sentence(day, t, .dayFigures)
    let allText = sentence(all, t, .daysFigures)
    return """
      <section class="stack" aria-labelledby="times"><h2 id="times">\(t(.timesTitle))</h2><p>\(dayText)</p>\(apart(day, t))\
      \(scrolled(MonitorCharts.times(view.readings, until: request.now, label: dayText), t(.timesTitle), t.language))</section>
      <section class="stack" aria-labelledby="days"><h2 id="days">\(t(.daysTitle, MonitorView.shownDays))</h2><p>\(allText)</p>\(apart(all, t))\
      \(scrolled(MonitorCharts.days(days, until: request.now.day, count: MonitorView.shownDays, label: allText), t(.daysTitle, MonitorView.shownDays), t.language))</section>
      \(results(view, t))
      """
  }

  /// A drawing that a narrow page moves sideways.
  private static func scrolled(_ drawing: SVG, _ label: String, _ language: Language) -> HTML {
    Components.wide(label, Texts(language), "\(drawing)")
  }

  private static func sentence(_ tally: Tally, _ t: T, _ key: MonitoringText) -> String {
    let share = tally.availability.map { percent($0) } ?? "−"
    let (half, most) = (tally.times.percentile(0.5), tally.times.percentile(0.95))
    return t(
      key, share, half.map(MonitoringPages.tenths) ?? "−", most.map(MonitoringPages.tenths) ?? "−",
      "\(tally.down)")
  }

  /// What is no part of the share.
  private static func apart(_ tally: Tally, _ t: T) -> HTML? {
    let (unknown, planned) = (tally.spans.unknown, tally.spans.planned)
    guard unknown + planned >= 60 else { return nil }
    return "<p class=\"small\">\(t(.timeApart, "\(unknown / 60)", "\(planned / 60)"))</p>"
  }

  /// 99.95 %; never rounded up to 100.
  static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded(.down))
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
  }

  private static func results(_ view: MonitorView, _ t: T) -> HTML {
    let rows = view.readings.suffix(20).reversed().html { reading in
      let (clock, seconds) = (t.language.dateTime(reading.at), reading.at.milliseconds / 1000 % 60)
      return
        "<tr><td>\(clock):\(seconds < 10 ? "0" : "")\(Int(seconds))</td><td>\(t(.sight(reading.sight)))</td><td>\(MonitoringPages.tenths(reading.milliseconds))</td><td>\(reading.lateMs)</td></tr>"
    }
    return """
      <details><summary>\(t(.lastResults))</summary><div class="scroll" tabindex="0" role="region" aria-label="\(t(.lastResults))"><table class="table"><caption class="visually-hidden">\(t(.lastResults))</caption><thead><tr><th scope="col">\(t(.when))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.inMs))</th><th scope="col">\(t(.lateMs))</th></tr></thead><tbody>\(rows)</tbody></table></div></details>
      """
  }

  private static func beats(_ view: MonitorView, _ t: T) -> HTML {
    guard !view.beats.isEmpty else {
      return Components.empty(t(.noBeats), t(.noBeatsText))
    }
    let flood = view.stored.refusedAt.flatMap { moment in
      !view.stored.wasFlooded(at: view.now)
        ? nil
        : Components.notice(.warn, t(.beatsRefused, "\(view.stored.refused)", t.language.dateTime(moment)))
    }
    let rows = view.beats.html { beat in
      let log: HTML? =
        beat.log.isEmpty
        ? nil
        : "<details><summary>\(t(.log))</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(t(.log))\"><pre class=\"fixed\">\(beat.log)</pre></div></details>"
      return
        "<tr><td>\(t.language.timeTag(beat.at))</td><td>\(said(beat.signal, t))</td><td>\(beat.address)</td><td>\(log)</td></tr>"
    }
    return """
      <section class="stack" aria-labelledby="beats"><h2 id="beats">\(t(.beats))</h2>\(flood)<div class="scroll" tabindex="0" role="region" aria-label="\(t(.beats))"><table class="table"><caption class="visually-hidden">\(t(.beats))</caption><thead><tr><th scope="col">\(t(.when))</th><th scope="col">\(t(.said))</th><th scope="col">\(t(.fromAddress))</th><th scope="col">\(t(.log))</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  private static func said(_ signal: BeatSignal, _ t: T) -> String {
    switch signal {
    case .success: t(.beatSuccess)
    case .start: t(.beatStart)
    case .fail: t(.beatFail)
    case .exit(let code): t(.beatExit, code)
    }
  }

  private static func alerts(_ request: WebRequest, _ view: MonitorView, _ t: T) -> HTML {
    guard !view.alerts.isEmpty else { return "" }
    let items = view.alerts.html { alert in
      let end = alert.resolvedAt.map { t.language.dateTime($0) } ?? t(.stillOpen)
      let why = MonitoringPages.reason(alert.problem, request)
      return """
        <li>\(t.language.dateTime(alert.openedAt)) − \(end) \(alert.grade == .slow ? t(.shown(.slow)) : t(.shown(.down)))\
        \(why.map { "<br><span class=\"small\">\($0)</span>" as HTML })\(MonitoringPages.acknowledgement(request, alert, back: "/monitoring/\(alert.monitor)", t))</li>
        """ as HTML
    }
    return
      "<section class=\"stack\" aria-labelledby=\"alerts\"><h2 id=\"alerts\">\(t(.alerts))</h2><ul class=\"plain\">\(items)</ul></section>"
  }

  // MARK: What can be done

  private static func maintenance(_ request: WebRequest, _ view: MonitorView, _ t: T) -> HTML? {
    let list: HTML? = view.windows.isEmpty ? nil : MonitoringPages.windows(request, view.windows, [:], t)
    guard request.may(.monitoringEdit) else {
      return list.map { "<section class=\"stack\"><h2>\(t(.windows))</h2>\($0)</section>" }
    }
    let series: [(value: String, name: String)] = [
      ("once", t(.repeatOnce)), ("daily", t(.repeatDaily)), ("weekly", t(.repeatWeekly)),
      ("monthly", t(.repeatMonthly)),
    ]
    return """
      <section class="stack" aria-labelledby="windows"><h2 id="windows">\(t(.windows))</h2>\(list)<details><summary>\(t(.addWindow))</summary>
      <form class="panel stack" method="post" action="/monitoring/\(view.stored.monitor.id)/windows">\(Components.formToken(request))<p>\(t(.windowText))</p>
      \(Components.field("from", t(.from), type: "datetime-local", required: true))\(Components.field("until", t(.until), type: "datetime-local", required: true))
      \(Components.select("repeat", t(.repeatTitle), options: series, chosen: "once"))\(Components.field("last", t(.repeatUntil), type: "date", hint: t(.repeatHint)))
      \(Components.field("reason", t(.reason), hint: t(.reasonHint), required: true))
      \(Components.choices("all", t(.windowFor), options: [("no", HTML(t(.onlyThis))), ("yes", HTML(t(.allMonitors)))], chosen: "no"))
      <p><button class="button">\(t(.save))</button></p></form></details></section>
      """
  }

  private static func upkeep(_ request: WebRequest, _ view: MonitorView, _ t: T) -> HTML? {
    guard request.may(.monitoringEdit) else { return nil }
    let monitor = view.stored.monitor
    let token = Components.formToken(request)
    let address: HTML? =
      monitor.kind == .heartbeat
      ? """
      <form class="cluster" method="post" action="/monitoring/\(monitor.id)/address">\(token)<button class="button">\(t(.newAddress))</button></form>
      """ : nil
    return """
      <section class="cluster" aria-label="\(t(.upkeep))">\(address)<form class="cluster" method="post" action="/monitoring/\(monitor.id)/pause">\(token)<input type="hidden" name="version" value="\(monitor.version)"><input type="hidden" name="paused" value="\(monitor.isPaused ? "no" : "yes")"><button class="button">\(t(monitor.isPaused ? .resume : .pause))</button></form>
      <details><summary>\(t(.remove))</summary><form class="cluster" method="post" action="/monitoring/\(monitor.id)/removal">\(token)<p>\(t(.removeText))</p><button class="button" data-kind="danger">\(t(.remove))</button></form></details></section>
      """
  }
}
