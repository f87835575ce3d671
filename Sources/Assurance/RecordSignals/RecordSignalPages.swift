import Frameworks
import Kernel
import Storage
import Web

/// What records suggest: beside a requirement, in the list of an audit, and for all of it at once.
enum RecordSignalPages {
  private typealias T = Texts<RecordSignalText>

  static func names(_ concepts: [Concept], _ language: Language) -> [String: String] {
    Dictionary(concepts.map { ($0.id, $0.label(language)) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: Beside a requirement

  /// Nothing for an auditor from elsewhere: what the registers hold is the facility's own affair.
  static func beside(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, _ history: [LedgerEntry],
    _ concepts: [Concept], mayAnswer: Bool
  ) -> HTML? {
    guard request.may(.assessmentsRead) else { return nil }
    let t = request.texts(RecordSignalText.self)
    let names = names(concepts, t.language)
    let node = opened.tree.keys[place]
    let given = opened.signals.given(at: place).html { concept in
      "<li>\(names[concept] ?? concept) <span class=\"soft small\">\(t(.fromFramework))</span></li>"
    }
    let linked = opened.signals.linked(at: place).html { concept in
      "<li>\(names[concept] ?? concept) <span class=\"soft small\">\(t(.fromHere))</span></li>"
    }
    let hasConcepts = !opened.signals.concepts(at: place).isEmpty
    let list: HTML =
      hasConcepts
      ? "<p class=\"small\">\(t(.asksAbout))</p><ul class=\"plain small\">\(given)\(linked)</ul>"
      : "<p class=\"small soft\">\(t(.noConcept))</p>"
    let link: HTML? =
      request.may(.assessmentsEdit) && opened.audit.frozenAt == nil
      ? "<p><a class=\"small\" href=\"/audits/\(opened.audit.id)/concepts?node=\(urlEncoded(node))\">\(t(.link))</a></p>"
      : nil
    return """
      <section class="stack" data-gap="s" id="signals"><h2>\(t(.beside))</h2>
      \(hasConcepts ? said(request, opened, place, history, mayAnswer: mayAnswer, t) : nil)\(list)\(link)</section>
      """
  }

  private static func said(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, _ history: [LedgerEntry], mayAnswer: Bool,
    _ t: T
  ) -> HTML {
    guard opened.signals.isTimely else { return "<p class=\"small\">\(t(.notThisYear))</p>" }
    let node = opened.tree.keys[place]
    let when = look(request, opened, node: node, t)
    guard let suggestion = opened.signals.suggestion(at: place) else {
      return "<p class=\"small\">\(t(.state))</p>\(when)"
    }
    let lines = suggestion.signals.html { line($0, t) }
    let taken = RecordSignals.accepted(in: history)
    let moved: HTML? = taken.flatMap {
      $0.fingerprint == suggestion.fingerprint
        ? nil : "<p>\(Components.finding(t(.moved, $0.sentence)))</p>"
    }
    return """
      <div class="panel stack" data-gap="s"><p>\(heading(suggestion, request, t))</p><ul class="plain">\(lines)</ul>\(moved)
      \(take(request, opened, place, suggestion, mayAnswer: mayAnswer, t))\(when)</div>
      """
  }

  private static func heading(_ suggestion: RecordSuggestion, _ request: WebRequest, _ t: T) -> HTML {
    suggestion.result.map { "\(t(.suggests)) \(AuditPages.result($0, request.texts()))" }
      ?? HTML(t(.undecided))
  }

  /// One sentence, with what is amiss, the day of the oldest check, and the way to the records.
  private static func line(_ signal: RecordSignal, _ t: T) -> HTML {
    let words = signal.words(t.language)
    let concern = words.concern.map { Components.finding($0) }
    let oldest = signal.oldest.map { "\(t(.oldest)) \(t.language.timeTag($0, short: false)) ・ " as HTML }
    return """
      <li>\(words.sentence) \(concern)<br><span class="small">\(oldest)<a href="\(signal.path)">\(t(.open, words.records))</a></span></li>
      """
  }

  private static func take(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, _ suggestion: RecordSuggestion,
    mayAnswer: Bool, _ t: T
  ) -> HTML? {
    guard let result = suggestion.result else { return nil }
    let (answer, outcome) = (opened.standing.answer(place), opened.standing.outcomes[place])
    if outcome?.result == result, outcome?.isConfirmed == true {
      return "<p class=\"small soft\">\(t(.sameAsAnswer))</p>"
    }
    if QuestionRules.what(opened.tree.node(place).questions).decides {
      return "<p class=\"small\">\(t(.questions))</p>"
    }
    guard RecordSignals.mayTake(result, over: answer) else {
      return "<p>\(Components.finding(t(.differs)))</p>"
    }
    guard mayAnswer else { return nil }
    return """
      <form method="post" action="\(RecordSignals.path(opened.audit.id))/answer">\(Components.formToken(request))<input type="hidden" name="node" value="\(opened.tree.keys[place])"><input type="hidden" name="seen" value="\(suggestion.fingerprint)"><input type="hidden" name="version" value="\(answer.version)">
      <p class="cluster"><button class="button" data-size="s">\(t(.take))</button> <span class="small soft">\(t(.takeText))</span></p></form>
      """
  }

  /// When the records were looked at, and the button to do so now.
  private static func look(_ request: WebRequest, _ opened: Audits.Opened, node: String?, _ t: T) -> HTML {
    let when: HTML =
      opened.signals.lookedAt.map { "\(t(.lookedAt)) \(t.language.timeTag($0))" } ?? HTML(t(.never))
    guard request.may(.assessmentsContribute) else { return "<p class=\"small soft\">\(when)</p>" }
    let hidden: HTML? = node.map { "<input type=\"hidden\" name=\"node\" value=\"\($0)\">" }
    return """
      <form method="post" action="\(RecordSignals.path(opened.audit.id))/look" class="cluster">\(Components.formToken(request))\(hidden)<span class="small soft">\(when)</span><button class="button" data-size="s">\(t(.lookAgain))</button></form>
      """
  }

  // MARK: In the list of an audit

  /// How many requirements the records could answer.
  static func notice(_ request: WebRequest, _ opened: Audits.Opened) -> HTML? {
    guard request.may(.assessmentsRead), opened.audit.frozenAt == nil, opened.signals.isTimely else {
      return nil
    }
    let t = request.texts(RecordSignalText.self)
    let path = RecordSignals.path(opened.audit.id)
    let count = SignalPass(opened.standing, opened.signals).taken.count
    let concepts: HTML? =
      request.may(.assessmentsEdit)
      ? "<a class=\"button\" data-size=\"s\" href=\"/audits/\(opened.audit.id)/concepts\">\(t(.conceptTitle))</a>"
      : nil
    guard count > 0 else {
      return
        "<p class=\"cluster small\"><a class=\"button\" data-size=\"s\" href=\"\(path)\">\(t(.passTitle))</a>\(concepts)</p>"
    }
    return Components.notice(
      .info, t(.passNotice, count),
      "<p class=\"cluster\"><a class=\"button\" data-size=\"s\" href=\"\(path)\">\(t(.passOpen))</a>\(concepts)</p>"
    )
  }

  /// What the records suggest for a requirement in the list, where that is not its answer.
  static func inRow(_ request: WebRequest, _ opened: Audits.Opened, _ place: Int) -> HTML? {
    guard request.may(.assessmentsRead), let suggestion = opened.signals.suggestion(at: place),
      let result = suggestion.result
    else { return nil }
    let outcome = opened.standing.outcomes[place]
    guard outcome?.result != result || outcome?.isConfirmed != true else { return nil }
    let t = request.texts(RecordSignalText.self)
    let day: HTML? = suggestion.signals.compactMap(\.oldest).min().map { "(\(t.language.timeTag($0)))" }
    return """
      <br><span class="small">\(t(.rowSaid)) \(AuditPages.result(result, request.texts())) \(suggestion.text(t.language)) \(day)</span>
      """
  }

  // MARK: All at once

  static func pass(
    _ request: WebRequest, _ opened: Audits.Opened, _ pass: SignalPass, _ concepts: [Concept]
  ) -> Page {
    let t = request.texts(RecordSignalText.self)
    let id = opened.audit.id
    let listing = Listing(request)
    let taken = pass.taken.count
    func count(_ fate: SignalPass.Line.Fate) -> HTML { "\(pass.lines.count { $0.fate == fate })" }
    let figures = Components.figures([
      ("done", HTML(t(.taken)), "\(taken)"), (nil, HTML(t(.answered)), count(.answered)),
      (nil, HTML(t(.questions)), count(.questions)), (nil, HTML(t(.undecidedCount)), count(.undecided)),
    ])
    let names = names(concepts, t.language)
    let rows = pass.lines.dropFirst(listing.offset).prefix(listing.size).html {
      row(request, opened, $0, names, t)
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.lines))</caption><thead><tr><th scope="col">\(t(.requirement))</th><th scope="col">\(t(.concepts))</th><th scope="col">\(t(.becomes))</th><th scope="col">\(t(.records))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: pass.lines.count, path: RecordSignals.path(id), request.texts()))
      """
    let isOpen = opened.audit.frozenAt == nil && opened.signals.isTimely
    let button: HTML? =
      taken > 0 && isOpen && request.may(.assessmentsEdit)
      ? """
      <form method="post" action="\(RecordSignals.path(id))">\(Components.formToken(request))<input type="hidden" name="seen" value="\(pass.fingerprint)"><button class="button" data-kind="primary">\(t(.takeAll, taken))</button></form>
      """ : nil
    return Page(
      t(.passTitle), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, request.texts()))<h1>\(t(.passTitle))</h1>\(told(request, t))
      <p>\(t(.passLead))</p><p class="small">\(t(.rule))</p>
      \(opened.signals.isTimely ? nil : Components.notice(.info, t(.notThisYear)))\(look(request, opened, node: nil, t))
      \(pass.lines.isEmpty ? nothing(request, opened, t) : "\(figures)\(button)\(table)")
      """)
  }

  private static func told(_ request: WebRequest, _ t: T) -> HTML? {
    if let count = request.query("taken").flatMap(Int.init) {
      return Components.notice(.good, t(.tookAll, count))
    }
    return request.query("looked").map { _ in Components.notice(.good, t(.looked)) }
  }

  private static func nothing(_ request: WebRequest, _ opened: Audits.Opened, _ t: T) -> HTML {
    let link: HTML? =
      request.may(.assessmentsEdit) && opened.audit.frozenAt == nil
      ? "<a class=\"button\" href=\"/audits/\(opened.audit.id)/concepts\">\(t(.conceptTitle))</a>" : nil
    return Components.empty(t(.passNothing), t(.passNothingText), link)
  }

  private static func row(
    _ request: WebRequest, _ opened: Audits.Opened, _ line: SignalPass.Line, _ names: [String: String], _ t: T
  ) -> HTML {
    let tree = opened.tree
    let title = tree.title(line.place, tree.language(for: t.language.rawValue))
    let becomes: HTML =
      switch line.fate {
      case .taken: AuditPages.result(line.suggestion.result, request.texts())
      case .answered:
        "\(t(.answered)) \(AuditPages.tag(opened.standing.outcomes[line.place], request.texts()))"
      case .questions: HTML(t(.questions))
      case .undecided: HTML(t(.undecidedCount))
      }
    let concepts = opened.signals.concepts(at: line.place).html { "<div>\(names[$0] ?? $0)</div>" }
    return """
      <tr><td data-label="\(t(.requirement))"><a href="\(Audits.path(opened.audit.id, tree.keys[line.place]))">\(title)</a></td>
      <td data-label="\(t(.concepts))">\(concepts)</td><td data-label="\(t(.becomes))">\(becomes)</td>
      <td data-label="\(t(.records))"><ul class="plain">\(line.suggestion.signals.html { self.line($0, t) })</ul></td></tr>
      """
  }
}
