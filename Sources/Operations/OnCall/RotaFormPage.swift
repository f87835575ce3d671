import Kernel
import Storage
import Web

/// The form of a rota: everything without script, one block for each rotation and an empty one at the end.
struct RotaFormPage {
  let draft: RotaDraft
  let people: [OnCallPerson]
  var stored: Rota?
  var refusal: (any Problem)?

  // MARK: How to begin

  static func patterns(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let items = RotaDraft.Pattern.allCases.html { pattern in
      "<li><a href=\"/oncall/new?pattern=\(pattern.rawValue)\">\(t(.pattern(pattern)))</a><br><span class=\"small\">\(t(.about(pattern)))</span></li>"
    }
    return Page(
      t(.add), menu: "oncall", narrow: true,
      """
      <div class="page-head"><div>\(crumbs(t))<h1>\(t(.add))</h1></div></div><p>\(t(.choosePattern))</p><div class="panel"><ul class="plain">\(items)</ul></div>
      """)
  }

  static func crumbs(_ t: Texts<OnCallText>) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/oncall\">\(t(.title))</a></li></ol>"
  }

  // MARK: The form

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let title = stored.map { t(.settingsOf, $0.name) } ?? t(.add)
    let action = stored.map { "/oncall/\($0.id)/settings" } ?? "/oncall"
    let words = refusal.map { request.words.problem($0, t.language) }
    let summary = refusal.map { Components.errorSummary(t(.notSaved), [($0.field, words ?? "")]) }
    let blocks = (0..<min(draft.count + 1, Rota.mostRotations)).html { block($0, words, t) }
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div>\(RotaFormPage.crumbs(t))<h1>\(title)</h1></div></div>\(summary)
      <form class="stack" method="post" action="\(action)">\(Components.formToken(request))<input type="hidden" name="version" value="\(draft.version)">
      <div class="panel stack">\(field("name", t(.name), words, hint: t(.nameHint), required: true))</div>
      <p>\(t(.orderHint))</p>\(blocks)
      <details\("open", if: stored == nil || isDetail(refusal))><summary>\(t(.details))</summary><div class="panel stack">\(details(words, t))</div></details>
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      \(register(t))\(removal(request, t))
      """)
  }

  private func isDetail(_ refusal: (any Problem)?) -> Bool {
    ["zone", "yearEnd", "permit", "workFrom"].contains(refusal?.field ?? "")
  }

  private func error(_ id: String, _ words: String?) -> String? { refusal?.field == id ? words : nil }

  private func field(
    _ id: String, _ label: String, _ words: String?, type: String = "text", standard: String = "",
    hint: String? = nil, required: Bool = false
  ) -> HTML {
    Components.field(
      id, label, type: type, value: draft.values[id] ?? standard, hint: hint, error: error(id, words),
      required: required)
  }

  private func choice(
    _ id: String, _ label: String, _ options: [(String, String)], _ words: String?, hint: String? = nil
  ) -> HTML {
    Components.select(
      id, label, options: options.map { (value: $0.0, name: $0.1) }, chosen: draft[id], hint: hint,
      error: error(id, words))
  }

  private func details(_ words: String?, _ t: Texts<OnCallText>) -> HTML {
    let yearEnds = Rota.YearEnd.allCases.map { ($0.rawValue, t(.yearEnd($0))) }
    return """
      \(field("workFrom", t(.workFrom), words, type: "time", standard: "08:30"))\(field("workUntil", t(.workUntil), words, type: "time", standard: "17:15", hint: t(.workHint)))
      \(choice("yearEnd", t(.yearEndIs), yearEnds, words))\(field("zone", t(.zone), words, standard: "Asia/Tokyo", hint: t(.zoneHint)))\(field("permit", t(.permit), words, hint: t(.permitHint)))
      """
  }

  private func block(_ index: Int, _ words: String?, _ t: Texts<OnCallText>) -> HTML {
    func id(_ name: String) -> String { "r\(index)-\(name)" }
    let layers = Rota.Layer.allCases.map { ($0.rawValue, t(.layer($0))) }
    let days = Rotation.Days.allCases.map { ($0.rawValue, t(.days($0))) }
    let kinds = Rotation.Kind.allCases.map { ($0.rawValue, t(.kind($0))) }
    let countings = Rotation.Counting.allCases.map { ($0.rawValue, t(.counting($0))) }
    let isNew = index >= draft.count
    let title = isNew ? t(.furtherRotation) : t(.rotationNumber, index + 1)
    return """
      <fieldset class="panel stack"><legend>\(title)</legend>
      <div class="columns" data-min="xs">\(choice(id("layer"), t(.layerField), layers, words))\(choice(id("days"), t(.daysField), days, words))
      \(field(id("from"), t(.hoursFrom), words, type: "time", standard: "08:30"))\(field(id("until"), t(.hoursUntil), words, type: "time", standard: "08:30", hint: t(.hoursHint)))
      \(field(id("length"), t(.length), words, type: "number", standard: "7", hint: t(.lengthHint)))\(field(id("first"), t(.first), words, type: "date", hint: t(.firstHint)))</div>
      \(Components.textArea(id("members"), t(.members), value: draft[id("members")], hint: t(.membersHint), error: error(id("members"), words)))
      <details><summary>\(t(.more))</summary><div class="columns" data-min="xs">\(choice(id("kind"), t(.kindField), kinds, words, hint: t(.kindHint)))\(choice(id("counting"), t(.countingField), countings, words))\
      \(field(id("last"), t(.last), words, type: "date", hint: t(.lastHint)))\(field(id("requires"), t(.requires), words, hint: t(.requiresHint)))</div></details></fieldset>
      """
  }

  /// The names as they have to be written.
  private func register(_ t: Texts<OnCallText>) -> HTML {
    let names = people.prefix(200).html { "<li>\(RotaDraft.line($0.member, people))</li>" }
    return """
      <details><summary>\(t(.namesOfRegister))</summary><ul class="plain columns" data-min="xs">\(names)</ul></details>
      """
  }

  private func removal(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML? {
    guard let stored else { return nil }
    return """
      <details><summary>\(t(.remove))</summary><form class="panel stack" method="post" action="/oncall/\(stored.id)/removal">\(Components.formToken(request))
      <p>\(t(.removeText))</p><p><button class="button">\(t(.removeNow))</button></p></form></details>
      """
  }
}
