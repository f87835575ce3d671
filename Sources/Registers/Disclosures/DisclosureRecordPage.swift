import Kernel
import Web

/// One disclosure: what calls for something, what has changed, and every answer.
enum DisclosureRecordPage {
  struct Record: Sendable {
    let entry: NamedEntry
    let versions: [DisclosureVersion]
    /// Of the standing version.
    let questions: [Disclosure.Question]
    /// nil for the first version.
    let comparison: DisclosureComparison?
    let risks: [DisclosureRisk]
    let annex: DisclosureAnnex

    var kind: Disclosure.Kind { Disclosure.Kind(rawValue: entry.entry.text("kind")) ?? .mds }
    var risk: [String: DisclosureRisk] {
      Dictionary(
        risks.filter { $0.closedIn == nil }.map { ($0.question, $0) }, uniquingKeysWith: { first, _ in first }
      )
    }
    var asked: [(position: Int, question: Disclosure.Question)] {
      questions.enumerated().filter { annex.asksForRisk($0.element, of: kind) }.map {
        ($0.offset, $0.element)
      }
    }
    var tally: DisclosureTally { DisclosureTally(questions, of: kind, annex, recorded: Set(risk.keys)) }
  }

  /// Which answers are listed below.
  enum Shown: String, CaseIterable { case no, open, all }

  static func page(_ request: WebRequest, _ record: Record) -> Page {
    let t = request.texts(DisclosureText.self)
    let entry = record.entry.entry
    let path: HTML = "/disclosures/\(entry.id)"
    let title = "\(t(DisclosureText.kind(record.kind))) \(entry.text("product"))"
    let shown = Shown(rawValue: request.query("show") ?? "") ?? .all
    let content: HTML =
      record.versions.isEmpty
      ? Components.empty(t(.noVersion), t(.noVersionText), readAction(request, entry, isPrimary: true, t))
      : """
      \(changes(record, t))\(concerns(request, record, t))\(answers(record, shown, path, t))
      """
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li></ol><h1>\(title) <span class="soft">\(entry.text("number"))</span></h1></div>
      <div class="cluster"><a class="button" href="/registers/disclosures/\(entry.id)">\(t(.toEntry))</a>\(record.versions.isEmpty ? nil : action(request, record, t))</div></div>
      \(done(request, record, t))\(oldForm(record, t))
      \(facts(record, t))\(content)
      """)
  }

  /// The next いいえ without a record, else a newer form.
  private static func action(_ request: WebRequest, _ record: Record, _ t: Texts<DisclosureText>) -> HTML? {
    guard request.may(.registersEdit) else { return nil }
    let entry = record.entry.entry
    guard let next = record.asked.first(where: { record.risk[$0.question.number] == nil }) else {
      return readAction(request, entry, isPrimary: true, t)
    }
    return """
      \(readAction(request, entry, isPrimary: false, t))<a class="button" data-kind="primary" href="/disclosures/\(entry.id)/answers/\(next.position)">\(t(.nextRisk))</a>
      """
  }

  private static func readAction(
    _ request: WebRequest, _ entry: Entry, isPrimary: Bool, _ t: Texts<DisclosureText>
  ) -> HTML? {
    guard request.may(.registersEdit) else { return nil }
    return
      "<a class=\"button\"\("data-kind", is: isPrimary ? "primary" : nil) href=\"/disclosures/import?into=\(entry.id)\">\(t(.readNewer))</a>"
  }

  private static func done(_ request: WebRequest, _ record: Record, _ t: Texts<DisclosureText>) -> HTML? {
    if request.query("recorded") != nil { return Components.notice(.good, t(.riskSaved)) }
    guard request.query("read") != nil, let last = record.versions.last else { return nil }
    return Components.notice(.good, t(.readDone, last.number, record.questions.count))
  }

  private static func oldForm(_ record: Record, _ t: Texts<DisclosureText>) -> HTML? {
    guard record.versions.last?.edition == DisclosureEdition.mds2Old else { return nil }
    return Components.notice(.warn, t(.oldFormTitle), "<p>\(t(.oldFormText))</p>")
  }

  private static func facts(_ record: Record, _ t: Texts<DisclosureText>) -> HTML {
    let entry = record.entry
    func value(_ id: String) -> HTML {
      Disclosures.register.field(id).map { FieldView.long($0, entry, request(t)) } ?? ""
    }
    var facts: [(String, HTML)] = [
      "vendor", "system", "model", "productVersion", "edition", "madeOn", "receivedOn",
    ].compactMap { id in
      Disclosures.register.field(id).map { ($0.label(t.language), value(id)) }
    }
    if record.kind.isJudged {
      let tallies = record.versions.isEmpty ? [:] : [record.kind: record.tally]
      facts.append(
        (
          t(.judgementHead),
          "\(DisclosurePages.tag(DisclosureJudgement(tallies[record.kind]), t)) \(Components.tag(t(.checkOriginal)))"
        ))
    }
    let versions = record.versions.reversed().html { version in
      """
      <li><a href="/disclosures/\(entry.entry.id)/files/\(version.file)">\(version.fileName)</a> <span class="soft">\(t(.versionLine, "\(version.number)", version.takenBy)) \(t.language.timeTag(version.takenAt.day, short: false))</span></li>
      """
    }
    if !record.versions.isEmpty { facts.append((t(.versions), "<ul class=\"plain small\">\(versions)</ul>")) }
    return "<section class=\"panel\">\(Components.facts(facts))</section>"
  }

  /// The register's words for showing a field.
  private static func request(_ t: Texts<DisclosureText>) -> Texts<RegisterText> { Texts(t.language) }

  // MARK: Changes

  private static func changes(_ record: Record, _ t: Texts<DisclosureText>) -> HTML? {
    guard let comparison = record.comparison else { return nil }
    guard !comparison.isEmpty else { return "<p>\(t(.noChanges))</p>" }
    let changed = comparison.changed.html { pair in
      """
      <li>\(name(pair.after)): \(answer(pair.before, t)) → <strong>\(answer(pair.after, t))</strong>\(pair.after.answer == .no ? " \(Components.finding(t(.becameNo)))" as HTML : nil)</li>
      """
    }
    func group(_ title: DisclosureText, _ items: [HTML]) -> HTML? {
      items.isEmpty
        ? nil
        : "<h3>\(t(title, items.count))</h3><ul class=\"plain small\">\(items.html { "<li>\($0)</li>" })</ul>"
    }
    return """
      <section class="panel" aria-labelledby="h-changes"><h2 id="h-changes">\(t(.changesTitle))</h2>
      \(comparison.changed.isEmpty ? nil : "<h3>\(t(.changedAnswers, comparison.changed.count))</h3><ul class=\"plain\">\(changed)</ul>" as HTML?)
      \(group(.vanished, comparison.vanished.map { "\(name($0)): \(answer($0, t))" }))
      \(group(.addedQuestions, comparison.added.map { "\(name($0)): \(answer($0, t))" }))
      \(group(.reworded, comparison.reworded.map { "\(name($0.after)): \($0.before.said) → \($0.after.said)" }))</section>
      """
  }

  private static func name(_ question: Disclosure.Question) -> HTML {
    "<b class=\"nowrap\">\(question.number)</b> \(question.text)"
  }

  static func answer(_ question: Disclosure.Question, _ t: Texts<DisclosureText>) -> HTML {
    if question.answer == .text { return HTML(question.raw) }
    let word = t(DisclosureText.answer(question.answer))
    switch question.answer {
    case .no: return Components.tag(word, .warn)
    case .unreadable: return "\(Components.tag(word, .bad)) \(question.raw)"
    case .blank: return Components.tag(word, .info)
    default: return HTML(word)
    }
  }

  // MARK: Concerns

  private static func concerns(_ request: WebRequest, _ record: Record, _ t: Texts<DisclosureText>) -> HTML {
    let asked = record.asked
    let title = record.kind == .mds2 ? t(.lookAtTitle, asked.count) : t(.noTitle, asked.count)
    guard !asked.isEmpty else {
      return "<section aria-labelledby=\"h-no\"><h2 id=\"h-no\">\(title)</h2><p>\(t(.noNo))</p></section>"
    }
    let rows = asked.html { position, question -> HTML in
      let link: HTML = "/disclosures/\(record.entry.entry.id)/answers/\(position)"
      let risk = record.risk[question.number]
      let state: HTML =
        risk.map { risk -> HTML in
          let moved: HTML? =
            risk.saidThen == question.said ? nil : "<br>\(Components.finding(t(.remarkChanged)))"
          return "\(t(DisclosureText.treatment(risk.treatment))): \(risk.explanation)\(moved)"
        } ?? Components.finding(t(.noRisk))
      let mayEdit = request.may(.registersEdit)
      return """
        <tr><th scope="row" class="nowrap" data-label="\(t(.numberHead))">\(mayEdit ? "<a href=\"\(link)\">\(question.number)</a>" as HTML : HTML(question.number))</th>
        <td data-label="\(t(.questionHead))"><span>\(question.text)\(twoFactor(question, t))</span></td>
        <td data-label="\(t(.vendorSays))"><span>\(answer(question, t)) \(lines(question.said))</span></td>
        <td data-label="\(t(.ourRecord))"><span>\(state)</span></td></tr>
        """
    }
    let note: HTML? = record.kind == .mds2 ? "<p class=\"small\">\(t(.lookAtText))</p>" : nil
    return """
      <section aria-labelledby="h-no" class="stack" data-gap="s"><h2 id="h-no">\(title)</h2>\(note)
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption><thead><tr><th scope="col">\(t(.numberHead))</th><th scope="col">\(t(.questionHead))</th><th scope="col">\(t(.vendorSays))</th><th scope="col">\(t(.ourRecord))</th></tr></thead><tbody>\(rows)</tbody></table></section>
      """
  }

  /// Where the question is about two factors, the rule that a plan is enough.
  static func twoFactor(_ question: Disclosure.Question, _ t: Texts<DisclosureText>) -> HTML? {
    let text = question.text.folded
    guard ["二要素", "2要素", "多要素", "multi-factor", "twofactor"].contains(where: text.contains) else {
      return nil
    }
    return "<br><span class=\"small\">\(t(.twoFactorNote))</span>"
  }

  static func lines(_ text: String) -> HTML {
    guard text.contains("\n") else { return HTML(text) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { HTML(String($0)) }
    // One element, so that the lines stay below each other in a cell of a card.
    return "<span>\(lines[0])\(lines.dropFirst().html { "<br>\($0)" })</span>"
  }

  // MARK: All answers

  private static func answers(_ record: Record, _ shown: Shown, _ path: HTML, _ t: Texts<DisclosureText>)
    -> HTML
  {
    func fits(_ question: Disclosure.Question, _ shown: Shown) -> Bool {
      switch shown {
      case .no: question.answer == .no
      case .open: question.answer.isOpen || question.answer == .note
      case .all: true
      }
    }
    let tabs = Shown.allCases.html { each in
      let count = record.questions.count { fits($0, each) }
      return """
        <li><a href="\(path)?show=\(each.rawValue)"\("aria-current", is: each == shown ? "true" : nil)>\(t(DisclosureText.shown(each))) \(count)</a></li>
        """
    }
    let rows = record.questions.enumerated().filter { fits($0.element, shown) }.html { position, question in
      let number: HTML =
        question.mayHaveRisk
        ? "<a href=\"\(path)/answers/\(position)\">\(question.number)</a>" : HTML(question.number)
      return """
        <tr><th scope="row" class="nowrap" data-label="\(t(.numberHead))">\(number)</th><td data-label="\(t(.questionHead))">\(question.text)</td>
        <td data-label="\(t(.answerHead))">\(answer(question, t))</td><td data-label="\(t(.remarkHead))">\(lines(question.said))</td></tr>
        """
    }
    let table: HTML =
      rows.isEmpty
      ? "<p>\(t(.nothingShown))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.answersTitle))</caption><thead><tr><th scope="col">\(t(.numberHead))</th><th scope="col">\(t(.questionHead))</th><th scope="col">\(t(.answerHead))</th><th scope="col">\(t(.remarkHead))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return """
      <section aria-labelledby="h-answers" class="stack" data-gap="s"><h2 id="h-answers">\(t(.answersTitle))</h2>
      <nav aria-label="\(t(.answersTitle))"><ul class="tabs" data-level="2">\(tabs)</ul></nav>\(table)</section>
      """
  }
}
