import Kernel
import Probes
import Storage
import Web

/// What a form offers to choose from.
struct MonitorChoices: Sendable {
  /// More monitors than this are not offered one by one: the name of one is typed.
  static let mostOffered = 200

  let systems: [WatchedSystem]
  /// What a monitor may stand behind; nil when there are too many.
  let parents: [(id: Monitor.ID, name: String)]?
  /// What it stands behind now.
  let parentName: String

  static func read(_ parent: Monitor.ID?, _ scope: Scope) async throws -> MonitorChoices {
    try await scope.read { tx in
      let parents = try tx.possibleParents(most: mostOffered + 1)
      let isFew = parents.count <= mostOffered
      return MonitorChoices(
        systems: try tx.watchedSystems(), parents: isFew ? parents : nil,
        parentName: isFew ? "" : try parent.flatMap { try tx.monitor($0)?.monitor.name } ?? "")
    }
  }
}

/// The form of a monitor, with what a dry run saw.
struct MonitorFormPage {
  let draft: MonitorDraft
  let choices: MonitorChoices
  var stored: StoredMonitor?
  var refusal: (any Problem)?
  var trial: Outcome?
  /// Sealed secrets that were typed, so that a dry run does not lose them.
  var kept: [String: String] = [:]

  // MARK: The kinds

  static func kinds(_ request: WebRequest) -> Page {
    let t = request.texts(MonitoringText.self)
    let items = MonitorKind.allCases.html { kind in
      "<li><a href=\"/monitoring/new?kind=\(kind.rawValue)\">\(t(.kind(kind)))</a><br><span class=\"small\">\(t(.about(kind)))</span></li>"
    }
    return Page(
      t(.add), menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div>\(crumbs(t))<h1>\(t(.add))</h1></div></div><p>\(t(.chooseKind))</p><div class="panel"><ul class="plain">\(items)</ul></div>
      """)
  }

  private static func crumbs(_ t: Texts<MonitoringText>) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/monitoring\">\(t(.title))</a></li></ol>"
  }

  /// Shown once: afterwards only its hash is there.
  static func address(_ request: WebRequest, _ id: Monitor.ID, _ name: String?, _ url: String) -> Page {
    let t = request.texts(MonitoringText.self)
    return Page(
      t(.addressTitle), menu: "monitoring",
      """
      <div class="page-head"><div>\(crumbs(t))<h1>\(t(.addressTitle))</h1></div></div>\(Components.notice(.info, t(.addressOnce), "<p>\(t(.addressText))</p>"))
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.addressTitle))"><p class="fixed"><b>\(url)</b></p></div><h2>\(t(.addressUse))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(t(.addressUse))"><pre class="fixed">\(t(.addressExample, url))</pre></div><p class="small">\(t(.addressEnds))</p>
      <p><a class="button" href="/monitoring/\(id)">\(t(.toMonitor, name ?? ""))</a></p>
      """)
  }

  // MARK: The form

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(MonitoringText.self)
    let title = stored.map { t(.settingsOf, $0.monitor.name) } ?? t(.kind(draft.kind))
    let action = stored.map { "/monitoring/\($0.monitor.id)/settings" } ?? "/monitoring"
    let words = refusal.map { said($0, request) }
    let summary = refusal.map { refusal in
      Components.errorSummary(t(.notSaved), [(refusal.field, words ?? "")])
    }
    let tries: HTML? =
      draft.kind == .heartbeat
      ? nil : "<button class=\"button\" name=\"act\" value=\"try\">\(t(.tryIt))</button>"
    let hidden = kept.sorted { $0.key < $1.key }.html {
      "<input type=\"hidden\" name=\"kept-\($0.key)\" value=\"\($0.value)\">"
    }
    return Page(
      title, menu: "monitoring",
      """
      <div class="page-head"><div>\(MonitorFormPage.crumbs(t))<h1>\(title)</h1><p>\(t(.about(draft.kind)))</p></div></div>\(summary)\(trialResult(request, t))
      <form class="panel stack" method="post" action="\(action)">\(Components.formToken(request))<input type="hidden" name="kind" value="\(draft.kind.rawValue)">\
      <input type="hidden" name="version" value="\(stored?.monitor.version ?? 0)">\(hidden)
      \(input("name", t(.name), words, hint: t(.nameHint), required: true))\(draft.kind == .heartbeat ? rhythm(words, t) : kindFields(words, t))
      \(belonging(words, t))\(draft.kind == .heartbeat ? nil : patience(words, t))\(Components.textArea("advice", t(.advice), value: draft["advice"], hint: t(.adviceHint)))
      <p class="cluster"><button class="button" data-kind="primary" name="act" value="save">\(t(.save))</button>\(tries)</p></form>
      """)
  }

  private func said(_ problem: any Problem, _ request: WebRequest) -> String {
    request.words.problem(problem, request.language)
  }

  private func error(_ field: String, _ words: String?) -> String? { refusal?.field == field ? words : nil }

  private func input(
    _ id: String, _ label: String, _ words: String?, type: String = "text", standard: String = "",
    hint: String? = nil,
    required: Bool = false
  ) -> HTML {
    Components.field(
      id, label, type: type, value: draft.values[id] ?? standard, hint: hint, error: error(id, words),
      required: required, autocomplete: type == "password" ? "off" : nil)
  }

  private func choice(
    _ id: String, _ label: String, _ options: [(String, String)], _ standard: String, hint: String? = nil
  )
    -> HTML
  {
    Components.select(
      id, label, options: options.map { (value: $0.0, name: $0.1) }, chosen: draft.values[id] ?? standard,
      hint: hint)
  }

  private func flag(_ id: String, _ label: String, _ t: Texts<MonitoringText>, standard: String) -> HTML {
    Components.choices(
      id, label, options: [("yes", HTML(t(.isYes))), ("no", HTML(t(.isNo)))],
      chosen: draft.values[id] ?? standard)
  }

  private func kindFields(_ words: String?, _ t: Texts<MonitoringText>) -> HTML {
    draft.kind.fields.html { field in
      let label = t(field.label)
      switch field.control {
      case .text, .number:
        return input(
          field.id, label, words, standard: field.standard,
          hint: field.example.map { t(.example, $0) } ?? t.hint(of: field.id), required: field.isRequired)
      case .area:
        return Components.textArea(
          field.id, label, value: draft[field.id], hint: t.hint(of: field.id), error: error(field.id, words))
      case .secret:
        let isKept = kept[field.id] != nil || stored?.secrets[field.id] != nil
        return Components.field(
          field.id, label, type: "password", hint: isKept ? t(.secretKept) : t(.secretHint),
          error: error(field.id, words),
          autocomplete: "off")
      case .flag: return flag(field.id, label, t, standard: field.standard)
      case .choice(let values):
        return choice(field.id, label, values.map { ($0, $0.isEmpty ? t(.none) : $0) }, field.standard)
      }
    }
  }

  private func rhythm(_ words: String?, _ t: Texts<MonitoringText>) -> HTML {
    """
    \(Components.choices("rhythm", t(.rhythm), options: [("period", HTML(t(.rhythmPeriod))), ("cron", HTML(t(.rhythmCron)))], chosen: draft.values["rhythm"] ?? "period"))
    \(input("periodMinutes", t(.periodMinutes), words, standard: "1440", hint: t(.periodHint)))
    \(input("cron", t(.cron), words, standard: "", hint: t(.cronHint)))\(input("zone", t(.zone), words, standard: "Asia/Tokyo"))
    \(input("graceMinutes", t(.graceMinutes), words, standard: "60", hint: t(.graceHint), required: true))
    \(flag("backup", t(.isBackup), t, standard: "no"))\(flag("logs", t(.keepsLogs), t, standard: "no"))
    """
  }

  private func belonging(_ words: String?, _ t: Texts<MonitoringText>) -> HTML {
    let systems = [("", t(.noSystem))] + choices.systems.map { ($0.id, $0.name) }
    let levels =
      [("", t(.levelOfSystem))] + ImpactLevel.allCases.reversed().map { ("\($0.rawValue)", t(.level($0))) }
    let parent = draft.kind == .heartbeat ? nil : parentField(words, t)
    return """
      \(choice("system", t(.system), systems, "", hint: t(.systemHint)))\(choice("level", t(.level), levels, ""))\(parent)
      """
  }

  private func parentField(_ words: String?, _ t: Texts<MonitoringText>) -> HTML {
    guard let parents = choices.parents else {
      return input("parentName", t(.parent), words, standard: choices.parentName, hint: t(.parentNamed))
    }
    let options =
      [("", t(.noParent))] + parents.filter { $0.id != stored?.monitor.id }.map { ($0.id.text, $0.name) }
    return Components.select(
      "parent", t(.parent), options: options.map { (value: $0.0, name: $0.1) }, chosen: draft["parent"],
      hint: t(.parentHint), error: error("parent", words))
  }

  private func patience(_ words: String?, _ t: Texts<MonitoringText>) -> HTML {
    let level = ImpactLevel(impact: choices.systems.first { $0.id == draft["system"] }?.impact)
    let intervals = MonitorDraft.intervals.map { ("\($0)", t.interval($0)) }
    let families = [("any", t(.familyAny)), ("4", "IPv4"), ("6", "IPv6")]
    return """
      \(choice("interval", t(.interval), intervals, "\(level.standardSeconds)", hint: t(.intervalHint)))
      <details><summary>\(t(.more))</summary><div class="stack">
      \(input("timeout", t(.timeout), words, type: "number", standard: "10000"))\(input("slow", t(.slowAfter), words, type: "number", hint: t(.slowHint)))\
      \(input("down", t(.downAfter), words, type: "number"))\(input("failures", t(.failures), words, type: "number", standard: "3", hint: t(.failuresHint)))\
      \(input("recoveries", t(.recoveries), words, type: "number", standard: "2"))\(choice("family", t(.family), families, "any"))\
      \(flag("sentinel", t(.sentinel), t, standard: "no"))<p class="small">\(t(.sentinelHint))</p></div></details>
      """
  }

  // MARK: The dry run

  private func trialResult(_ request: WebRequest, _ t: Texts<MonitoringText>) -> HTML? {
    guard let trial else { return nil }
    let words = request.words
    let sentences =
      trial.troubles.map { words.problem($0, t.language) }
      + trial.notes.map { words.message($0.key, $0.arguments, t.language) }
    let (tone, heading): (Tone, MonitoringText) =
      switch trial.state {
      case .up: (.good, .trialUp)
      case .slow: (.warn, .trialSlow)
      case .down: (.bad, .trialDown)
      }
    let lines = trial.trace.map { line in
      let sign = line.way == .sent ? ">" : line.way == .received ? "<" : "#"
      return line.text.split(separator: "\n", omittingEmptySubsequences: false).map { "\(sign) \($0)" }
        .joined(separator: "\n")
    }
    return """
      \(Components.notice(tone, t(heading, MonitoringPages.tenths(trial.milliseconds)), "\(sentences.html { "<p>\($0)</p>" })<p>\(t(.trialNotSaved))</p>"))
      <details open><summary>\(t(.trace))</summary><p class="small">\(t(.traceHint))</p><div class="scroll" tabindex="0" role="region" aria-label="\(t(.trace))"><pre class="fixed">\(lines.joined(separator: "\n"))</pre></div></details>
      """
  }
}

extension Texts<MonitoringText> {
  /// 60 秒ごと, 5 分ごと, 1 時間ごと.
  func interval(_ seconds: Int) -> String {
    seconds < 60
      ? self(.everySeconds, seconds)
      : seconds < 3600 ? self(.everyMinutes, seconds / 60) : self(.everyHours, seconds / 3600)
  }

  /// What helps to fill a field of a kind in; nil for what explains itself.
  func hint(of field: String) -> String? {
    switch field {
    case "send", "expect": self(.escapesHint)
    case "ca": self(.authorityHint)
    case "message": self(.hl7Hint)
    case "server": self(.dnsServerHint)
    case "expected": self(.dnsExpectedHint)
    case "user": self(.userHint)
    default: nil
    }
  }
}
