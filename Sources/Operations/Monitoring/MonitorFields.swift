import Kernel
import Web

/// The fields of a monitor's form: those that everyone fills in, and those that have a good standard.
struct MonitorFields {
  let form: MonitorFormPage
  let t: Texts<MonitoringText>
  /// The field that was refused, with the words.
  let error: (field: String, words: String)?

  private var draft: MonitorDraft { form.draft }

  private func error(_ field: String) -> String? { error?.field == field ? error?.words : nil }

  // MARK: The two parts

  var essential: HTML {
    let systems = [("", t(.noSystem))] + form.choices.systems.map { ($0.id, $0.name) }
    let own: HTML =
      draft.kind == .heartbeat
      ? """
      \(input("periodMinutes", t(.periodMinutes), standard: "1440", hint: t(.periodHint)))\(flag("backup", t(.isBackup), standard: "no"))
      """ : kindFields { $0 }
    return """
      \(input("name", t(.name), hint: t(.nameHint), required: true))\(own)\(choice("system", t(.system), systems, "", hint: t(.systemHint)))
      \(Components.textArea("advice", t(.advice), value: draft["advice"], hint: t(.adviceHint), error: error("advice")))
      """
  }

  /// No field in it is required: what lies folded cannot be pointed at by a browser.
  var folded: HTML {
    let secrets = Set(form.kept.keys).union(form.stored?.secrets.keys.map { $0 } ?? [])
    let isOpen = draft.opensFolded(blaming: error?.field, secrets: secrets)
    let own = draft.kind == .heartbeat ? rhythm : "\(pace)\(kindFields { !$0 })"
    return """
      <details\("open", if: isOpen)><summary>\(t(.more))</summary><div class="stack"><p class="small">\(t(.moreHint))</p>\(own)\(level)\
      \(draft.kind == .heartbeat ? nil : "\(parent)\(patience)" as HTML)</div></details>
      """
  }

  // MARK: Controls

  private func input(
    _ id: String, _ label: String, type: String = "text", standard: String = "", hint: String? = nil,
    required: Bool = false, inputmode: String? = nil, suggestions: [String] = []
  ) -> HTML {
    Components.field(
      id, label, type: type, value: draft.values[id] ?? standard, hint: hint, error: error(id),
      required: required, autocomplete: type == "password" ? "off" : nil, inputmode: inputmode,
      suggestions: suggestions)
  }

  /// A number as text: digits of full width are read as well.
  private func number(_ id: String, _ label: String, standard: String = "", hint: String? = nil) -> HTML {
    input(id, label, standard: standard, hint: hint, inputmode: "numeric")
  }

  private func choice(
    _ id: String, _ label: String, _ options: [(String, String)], _ standard: String, hint: String? = nil
  ) -> HTML {
    Components.select(
      id, label, options: options.map { (value: $0.0, name: $0.1) }, chosen: draft.values[id] ?? standard,
      hint: hint, error: error(id))
  }

  private func flag(_ id: String, _ label: String, standard: String) -> HTML {
    Components.choices(
      id, label, options: [("yes", HTML(t(.isYes))), ("no", HTML(t(.isNo)))],
      chosen: draft.values[id] ?? standard)
  }

  // MARK: What only this kind asks

  /// - Parameter chosen: by whether a field is asked at once.
  private func kindFields(_ chosen: (Bool) -> Bool) -> HTML {
    let atOnce = draft.kind.askedAtOnce
    return draft.kind.fields.filter { chosen(atOnce.contains($0.id)) }.html { field(of: $0) }
  }

  private func field(of field: KindField) -> HTML {
    let label = t(field.label)
    switch field.control {
    case .text:
      return input(
        field.id, label, standard: field.standard,
        hint: field.example.map { t(.example, $0) } ?? t.hint(of: field.id), required: field.isRequired,
        suggestions: form.choices.addresses.compactMap { draft.kind.filled(from: $0)[field.id] })
    case .number: return number(field.id, label, standard: field.standard)
    case .area:
      return Components.textArea(
        field.id, label, value: draft[field.id], hint: t.hint(of: field.id), error: error(field.id))
    case .secret:
      let isKept = form.kept[field.id] != nil || form.stored?.secrets[field.id] != nil
      return Components.field(
        field.id, label, type: "password", hint: isKept ? t(.secretKept) : t(.secretHint),
        error: error(field.id), autocomplete: "off")
    case .flag: return flag(field.id, label, standard: field.standard)
    case .choice(let values):
      return choice(field.id, label, values.map { ($0, $0.isEmpty ? t(.none) : $0) }, field.standard)
    }
  }

  private var rhythm: HTML {
    """
    \(Components.choices("rhythm", t(.rhythm), options: [("period", HTML(t(.rhythmPeriod))), ("cron", HTML(t(.rhythmCron)))], chosen: draft.values["rhythm"] ?? "period"))
    \(input("cron", t(.cron), hint: t(.cronHint)))\(input("zone", t(.zone), standard: "Asia/Tokyo"))
    \(number("graceMinutes", t(.graceMinutes), standard: "60", hint: t(.graceHint)))\(flag("logs", t(.keepsLogs), standard: "no"))
    """
  }

  // MARK: What nearly every monitor has

  private var level: HTML {
    let levels =
      [("", t(.levelOfSystem))] + ImpactLevel.allCases.reversed().map { ("\($0.rawValue)", t(.level($0))) }
    return choice("level", t(.level), levels, "")
  }

  private var parent: HTML {
    guard let parents = form.choices.parents else {
      return input("parentName", t(.parent), standard: form.choices.parentName, hint: t(.parentNamed))
    }
    let options =
      [("", t(.noParent))]
      + parents.filter { $0.id != form.stored?.monitor.id }.map { ($0.id.text, $0.name) }
    return choice("parent", t(.parent), options, "", hint: t(.parentHint))
  }

  private var pace: HTML {
    let standard = t.interval(draft.level(among: form.choices.systems).standardSeconds)
    let intervals =
      [("", t(.intervalOfLevel, standard))] + MonitorDraft.intervals.map { ("\($0)", t.interval($0)) }
    return choice("interval", t(.interval), intervals, "", hint: t(.intervalHint))
  }

  private var patience: HTML {
    let families = [("any", t(.familyAny)), ("4", "IPv4"), ("6", "IPv6")]
    return """
      \(number("timeout", t(.timeout), standard: "10000"))\(number("slow", t(.slowAfter), hint: t(.slowHint)))\(number("down", t(.downAfter)))\
      \(number("failures", t(.failures), standard: "3", hint: t(.failuresHint)))\(number("recoveries", t(.recoveries), standard: "2"))\
      \(choice("family", t(.family), families, "any"))\(flag("sentinel", t(.sentinel), standard: "no"))<p class="small">\(t(.sentinelHint))</p>
      """
  }
}
