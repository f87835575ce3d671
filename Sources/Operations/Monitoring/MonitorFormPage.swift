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
  /// Where the machines of the chosen system are.
  let addresses: [String]

  static func read(_ parent: Monitor.ID?, system: String, _ scope: Scope) async throws -> MonitorChoices {
    try await scope.read { tx in
      let parents = try tx.possibleParents(most: mostOffered + 1)
      let isFew = parents.count <= mostOffered
      return MonitorChoices(
        systems: try tx.watchedSystems(), parents: isFew ? parents : nil,
        parentName: isFew ? "" : try parent.flatMap { try tx.monitor($0)?.monitor.name } ?? "",
        addresses: system.isEmpty ? [] : try tx.addresses(ofSystem: system))
    }
  }
}

/// The form of a monitor, with what a dry run saw. What has a good standard lies folded.
struct MonitorFormPage {
  let draft: MonitorDraft
  let choices: MonitorChoices
  var stored: StoredMonitor?
  var refusal: (any Problem)?
  var trial: Outcome?
  /// Sealed secrets that were typed, so that a dry run does not lose them.
  var kept: [String: String] = [:]

  init(draft: MonitorDraft, choices: MonitorChoices, stored: StoredMonitor? = nil) {
    (self.draft, self.choices, self.stored) = (draft.unsettled(among: choices.systems), choices, stored)
  }

  /// The field that was refused.
  var blamed: String? { refusal.flatMap { draft.kind.field(of: $0, in: draft) } }

  static func crumbs(_ t: Texts<MonitoringText>) -> HTML {
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
    let title = stored.map { t(.settingsOf, $0.monitor.name) } ?? t(.way(draft.kind))
    let action = stored.map { "/monitoring/\($0.monitor.id)/settings" } ?? "/monitoring"
    let words = refusal.map { request.words.problem($0, request.language) }
    let summary = words.map { Components.errorSummary(t(.notSaved), [(blamed, $0)]) }
    let fields = MonitorFields(form: self, t: t, error: blamed.flatMap { field in words.map { (field, $0) } })
    return Page(
      title, menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div>\(Self.crumbs(t))<h1>\(title)</h1><p>\(Components.tag(t(.kind(draft.kind)))) \(t(.about(draft.kind)))</p></div></div>\(summary)\(trialResult(request, t))
      <form class="panel stack" method="post" action="\(action)">\(Components.formToken(request))\(hidden)
      \(fields.essential)\(fields.folded)
      \(buttons(t))</form>
      """)
  }

  private var hidden: HTML {
    let thing: HTML? =
      draft["thing"].isEmpty ? nil : "<input type=\"hidden\" name=\"thing\" value=\"\(draft["thing"])\">"
    let secrets = kept.sorted { $0.key < $1.key }.html {
      "<input type=\"hidden\" name=\"kept-\($0.key)\" value=\"\($0.value)\">"
    }
    return """
      <input type="hidden" name="kind" value="\(draft.kind.rawValue)"><input type="hidden" name="version" value="\(stored?.monitor.version ?? 0)">\(thing)\(secrets)
      """
  }

  /// The first of them is what the return key presses.
  private func buttons(_ t: Texts<MonitoringText>) -> HTML {
    let tries: HTML? =
      draft.kind == .heartbeat
      ? nil : "<button class=\"button\" name=\"act\" value=\"try\">\(t(.tryIt))</button>"
    // What is still missing here may be asked in another way there.
    let kinds: HTML? =
      stored == nil
      ? """
      <button class="button" data-kind="quiet" name="act" value="kinds" formnovalidate>\(t(.otherKind))</button>
      """ : nil
    return """
      <p class="cluster"><button class="button" data-kind="primary" name="act" value="save">\(t(.save))</button>\(tries)\(kinds)</p>
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
