import Frameworks
import Kernel
import Storage
import Web

/// One requirement with its words, its questions and its answer.
enum RequirementAnswerPage {
  /// What the parts of the page share.
  private struct Context {
    let request: WebRequest
    let opened: Audits.Opened
    let place: Int
    let typed: FormValues?
    let problem: AuditRefusal?
    let t: Texts<AuditText>
    let language: String?

    var tree: FrameworkTree { opened.tree }
    var node: RequirementNode { opened.tree.node(place) }
    var answer: RequirementAnswer { opened.standing.answer(place) }
    var outcome: AuditStanding.Outcome? { opened.standing.outcomes[place] }
    var shownLanguage: String { language ?? tree.library.locale }
    var error: String? { problem.map { request.words.problem($0, request.language) } }
    var mayAnswer: Bool { opened.audit.frozenAt == nil && Audits.mayAnswer(request, opened, place) }
  }

  static func page(
    _ request: WebRequest, _ opened: Audits.Opened, _ place: Int, _ beside: Audits.Beside,
    _ concepts: [Concept], typed: FormValues?, problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(AuditText.self)
    let context = Context(
      request: request, opened: opened, place: place, typed: typed, problem: problem, t: t,
      language: opened.tree.language(for: request.language.rawValue))
    let title = opened.tree.title(place, context.language)
    return Page(
      title, menu: "assessments",
      """
      \(way(context))
      <h1 lang="\(context.shownLanguage)">\(heading(context))</h1>
      \(request.may(.assessmentsRead) ? nil : VisitPages.notice(request, beside.visit))\(notices(context))
      <div class="split"><div class="stack">\(words(context))\(context.mayAnswer ? form(context) : standing(context))</div>
      <div class="stack">\(RecordSignalPages.beside(request, opened, place, beside.history, concepts, mayAnswer: context.mayAnswer))\(MeasurePages.beside(request, opened, place, beside.files, mayAnswer: context.mayAnswer))\(VisitPages.beside(request, opened, place, beside))\(work(context))\(comments(context, beside.comments))\(history(request, beside.history, t))</div></div>
      \(neighbours(context))
      """)
  }

  /// What has no name is headed by its number; its text follows.
  private static func heading(_ context: Context) -> String {
    let title = context.tree.title(context.place, context.language)
    return context.node.text("name", in: context.language) == nil
      ? context.node.number(in: context.language) ?? title : title
  }

  private static func way(_ context: Context) -> HTML {
    let (tree, audit) = (context.tree, context.opened.audit)
    let steps = tree.way(to: context.place).dropLast().html { place in
      "<li><a href=\"/audits/\(audit.id)?section=\(place)\">\(tree.title(place, context.language))</a></li>"
    }
    return "<ol class=\"crumbs\"><li><a href=\"/audits/\(audit.id)\">\(audit.name)</a></li>\(steps)</ol>"
  }

  private static func notices(_ context: Context) -> HTML {
    let (t, answer) = (context.t, context.answer)
    var notices = HTML.empty
    if let error = context.error { notices += Components.notice(.bad, error) }
    if context.request.query("saved") != nil { notices += Components.notice(.good, t(.saved)) }
    if context.opened.audit.frozenAt != nil { notices += Components.notice(.info, t(.frozen)) }
    if !context.opened.standing.isInScope[context.place] {
      notices += Components.notice(.info, t(.outOfScope), "<p>\(t(.outOfScopeText))</p>")
    }
    if !answer.isConfirmed && !answer.isEmpty {
      let text: HTML =
        answer.origin.map { origin(context, $0) } ?? answer.said.map { said(context, $0) }
        ?? "<p>\(t(.changedText))</p>"
      notices += Components.notice(.warn, t(.toBeConfirmed), text)
    }
    return notices
  }

  private static func said(_ context: Context, _ said: RequirementAnswer.Said) -> HTML {
    "\(paragraphs(said.text))<p>\(context.t.language.timeTag(said.on, short: false)) \(context.t(.saidText))</p>"
  }

  private static func origin(_ context: Context, _ origin: RequirementAnswer.Origin) -> HTML {
    let t = context.t
    let relation = context.request.words.word(origin.relationship, in: "relationships", t.language)
    let strength: HTML? = origin.strength.map { "<li>\(t(.strength, "\($0)"))</li>" }
    return """
      <ul class="plain"><li><a href="/audits/\(origin.audit)">\(origin.auditName)</a>: \(origin.requirements.joined(separator: t(.comma)))</li>
      <li>\(t(.over)) \(origin.sets.joined(separator: " → ")) (\(relation ?? origin.relationship))</li>\(strength)</ul><p>\(t(.carriedText))</p>
      """
  }

  // MARK: The words

  private static func words(_ context: Context) -> HTML {
    let (t, node, language) = (context.t, context.node, context.language)
    let groups = Dictionary(
      context.tree.groups.map { ($0.refID, $0.name(in: language)) }, uniquingKeysWith: { first, _ in first })
    let facts: [(String, String?)] = [
      (t(.evidence), node.text("typical_evidence", in: language)),
      (t(.annotation), node.text("annotation", in: language)),
      (
        t(.groups),
        node.groups.isEmpty ? nil : node.groups.map { groups[$0] ?? $0 }.joined(separator: t(.comma))
      ),
      (t(.weight), node.weight.map { "\($0)" }),
      (t(.controls), node.referenceControls.isEmpty ? nil : controls(context).joined(separator: t(.comma))),
    ]
    let text = node.text("description", in: language)
    let shown = facts.compactMap { name, value in value.map { (name, HTML($0)) } }
    return """
      <section class="panel stack" lang="\(context.shownLanguage)">\(text.map { paragraphs($0) } ?? "<p>\(t(.noText))</p>")
      \(shown.isEmpty ? nil : Components.facts(shown))</section>
      """
  }

  private static func controls(_ context: Context) -> [String] {
    let known = Dictionary(
      context.tree.library.referenceControls.map { (URN.folded($0.urn), $0) },
      uniquingKeysWith: { first, _ in first })
    return context.node.referenceControls.map { urn in
      let control = known[URN.folded(urn)]
      return [control?.refID, control?.name(in: context.language)].compactMap { $0 }.joined(separator: " ")
        .nonEmpty ?? urn
    }
  }

  private static func paragraphs(_ text: String) -> HTML {
    text.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }
  }

  // MARK: The form

  private static func form(_ context: Context) -> HTML {
    let t = context.t
    let (decides, counts) = QuestionRules.what(context.node.questions)
    let due = context.typed?["due"] ?? context.answer.targetOn?.description ?? ""
    return """
      <form method="post" action="/audits/\(context.opened.audit.id)/answers" class="panel stack">\(Components.formToken(context.request))
      <input type="hidden" name="node" value="\(context.tree.keys[context.place])"><input type="hidden" name="version" value="\(context.answer.version)"><input type="hidden" name="edition" value="\(context.opened.audit.sha256)">
      \(context.opened.standing.asked(context.place).html { question($0, context) })
      \(decides || counts ? computed(context) : nil)
      \(decides ? nil : result(context))\(counts ? nil : score(context))
      \(Components.textArea("remark", t(.remark), value: context.typed?["remark"] ?? context.answer.remark, hint: t(.remarkHint)))
      \(Components.field("due", t(.due), type: "date", value: due, hint: t(.dueHint), error: context.problem?.field == "due" ? context.error : nil))
      <p class="cluster"><button class="button" data-kind="primary" name="then" value="next">\(t(.saveNext))</button><button class="button" name="then" value="stay">\(t(.save))</button></p></form>
      """
  }

  private static func result(_ context: Context) -> HTML {
    let t = context.t
    let options: [(value: String, label: HTML)] = [
      ("compliant", HTML(t(.compliant))), ("partially_compliant", HTML(t(.partly))),
      ("non_compliant", HTML(t(.not))), ("not_applicable", HTML(t(.notApplicable))),
      ("none", HTML(t(.unanswered))),
    ]
    let chosen = context.typed?["result"] ?? context.answer.result?.rawValue ?? "none"
    return Components.choices("result", t(.resultLabel), options: options, chosen: chosen)
  }

  /// So many levels are offered in a list; beyond it is a field for a number.
  private static let mostLevels = 30

  private static func score(_ context: Context) -> HTML? {
    guard let scale = context.tree.scale else { return nil }
    let t = context.t
    let chosen = context.typed?["score"] ?? context.answer.score.map { "\($0)" } ?? ""
    let error = context.problem?.field == "score" ? context.error : nil
    let levels = context.tree.framework.scores.sorted { $0.score < $1.score }
    func words(_ level: ScoreLevel) -> String? {
      context.language.flatMap { level.translations[$0]?["name"] } ?? level.name
    }
    let meanings = levels.compactMap { level -> HTML? in
      let text = context.language.flatMap { level.translations[$0]?["description"] } ?? level.description
      return text.map { "<dt>\(level.score) \(words(level))</dt><dd>\($0)</dd>" }
    }
    let help: HTML? =
      meanings.isEmpty
      ? nil : "<details><summary>\(t(.levels))</summary><dl class=\"facts\">\(meanings)</dl></details>"
    guard scale.count <= mostLevels else {
      let hint = t(.scoreHint, scale.lowerBound, scale.upperBound)
      return """
        \(Components.field("score", t(.scoreLabel), value: chosen, hint: hint, error: error, inputmode: "numeric"))\(help)
        """
    }
    let names = Dictionary(levels.map { ($0.score, words($0)) }, uniquingKeysWith: { first, _ in first })
    let options =
      [(value: "", name: t(.unanswered))]
      + scale.map { number in
        (
          value: "\(number)",
          name: [String(number), names[number] ?? nil].compactMap { $0 }.joined(separator: " ")
        )
      }
    return """
      \(Components.select("score", t(.scoreLabel), options: options, chosen: chosen, error: error))\(help)
      """
  }

  private static func computed(_ context: Context) -> HTML {
    let (t, outcome) = (context.t, context.outcome)
    let score: HTML? = outcome?.score.map { " \(t(.scoreLabel)) \($0)" }
    let state: HTML =
      outcome.map { $0.isAnswered ? AuditPages.tag($0, t) : HTML(t(.notYetComputed)) }
      ?? HTML(t(.notYetComputed))
    return "<p>\(t(.computed)) \(state)\(score)</p>"
  }

  private static func question(_ number: Int, _ context: Context) -> HTML {
    let (t, question) = (context.t, context.node.questions[number])
    let name = "q\(number)"
    let kept = context.answer.choices[URN.folded(question.urn)] ?? []
    let given = context.typed.map { $0.all(name) } ?? kept
    let text = context.language.flatMap { question.translations[$0]?["text"] } ?? question.text
    func words(_ choice: Question.Choice) -> String {
      context.language.flatMap { choice.translations[$0]?["value"] } ?? choice.value
    }
    let field: HTML
    switch question.kind {
    case .uniqueChoice:
      let options = question.choices.map { (value: URN.folded($0.urn), label: HTML(words($0))) }
      field = Components.choices(
        name, text, options: options + [("none", HTML(t(.unanswered)))], chosen: given.first ?? "none",
        tall: true)
    case .multipleChoice:
      let boxes = question.choices.html { choice in
        let urn = URN.folded(choice.urn)
        return
          "<label><input type=\"checkbox\" name=\"\(name)\" value=\"\(urn)\"\("checked", if: given.contains(urn))><span>\(words(choice))</span></label>"
      }
      field =
        "<fieldset class=\"field\"><legend>\(text)</legend><div class=\"choices\" data-kind=\"tall\">\(boxes)</div></fieldset>"
    case .boolean:
      field = Components.choices(
        name, text,
        options: [("true", HTML(t(.yesWord))), ("false", HTML(t(.noWord))), ("none", HTML(t(.unanswered)))],
        chosen: given.first ?? "none")
    case .date: field = Components.field(name, text, type: "date", value: given.first ?? "")
    case .number: field = Components.field(name, text, value: given.first ?? "", inputmode: "decimal")
    case .text, .other: field = Components.textArea(name, text, value: given.first ?? "")
    }
    return "<input type=\"hidden\" name=\"asked\" value=\"\(number)\">\(field)"
  }

  // MARK: For those who only read

  private static func standing(_ context: Context) -> HTML {
    let (t, answer) = (context.t, context.answer)
    let questions = context.opened.standing.asked(context.place).map { number -> (String, HTML) in
      let question = context.node.questions[number]
      return (question.text, HTML(RequirementAnswerPage.words(question, answer).joined(separator: t(.comma))))
    }
    return """
      <section class="panel stack">\(Components.facts([
        (t(.resultLabel), AuditPages.tag(context.outcome, t)),
        (t(.scoreLabel), HTML(context.outcome?.score.map { "\($0)" } ?? t(.nothingHere))),
        (t(.remark), HTML(answer.remark.nonEmpty ?? t(.nothingHere))),
        (t(.due), answer.targetOn.map { t.language.timeTag($0) } ?? HTML(t(.nothingHere))),
      ] + questions))</section>
      """
  }

  /// What was chosen or written, as people read it.
  static func words(_ question: Question, _ answer: RequirementAnswer) -> [String] {
    let given = answer.choices[URN.folded(question.urn)] ?? []
    guard !question.choices.isEmpty else { return given }
    return question.choices.filter { given.contains(URN.folded($0.urn)) }.map(\.value)
  }

  // MARK: Beside it

  /// Who has it is the facility's own affair: an auditor for a time is not told.
  private static func work(_ context: Context) -> HTML? {
    guard context.request.may(.assessmentsRead) else { return nil }
    let t = context.t
    let given = context.opened.work.assignment(at: context.place, in: context.tree)
    let node = urlEncoded(context.tree.keys[context.place])
    let change: HTML? =
      context.request.may(.assessmentsEdit) && context.opened.audit.frozenAt == nil
      ? "<p><a class=\"small\" href=\"/audits/\(context.opened.audit.id)/assignments?node=\(node)\">\(t(.assign))</a></p>"
      : nil
    let due: HTML? = given?.dueOn.map { "\(t(.until)) \(t.language.timeTag($0))" }
    let board: HTML? = given.map {
      "<p><a class=\"small\" href=\"\(Submissions.path(context.opened.audit.id, $0.node))\">\(t(.handIn))</a></p>"
    }
    return
      "<section><h2>\(t(.owner))</h2><p>\(given?.name ?? t(.nobody)) \(due)</p>\(board)\(change)</section>"
  }

  private static func comments(_ context: Context, _ comments: [AuditComment]) -> HTML {
    let t = context.t
    let list = comments.html { comment in
      "<li>\(comment.body)<br><span class=\"soft small\">\(t.language.timeTag(comment.at)) \(comment.by)</span></li>"
    }
    let add: HTML? =
      context.request.may(.assessmentsContribute)
      ? """
      <form method="post" action="/audits/\(context.opened.audit.id)/comments" class="stack" data-gap="s">\(Components.formToken(context.request))
      <input type="hidden" name="node" value="\(context.tree.keys[context.place])">
      \(Components.textArea("comment", t(.comment), value: "", most: 2000))<button class="button" data-size="s">\(t(.addComment))</button></form>
      """ : nil
    return """
      <section id="comments"><h2>\(t(.comments, comments.count))</h2><ul class="plain small">\(list)</ul>\(add)</section>
      """
  }

  private static func history(_ request: WebRequest, _ history: [LedgerEntry], _ t: Texts<AuditText>) -> HTML?
  {
    guard !history.isEmpty else { return nil }
    let entries = history.html { entry in
      "<li>\(request.words.action(entry.action, request.language))<br><span class=\"soft\">\(request.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return "<section><h2>\(t(.history))</h2><ul class=\"history\" role=\"list\">\(entries)</ul></section>"
  }

  private static func neighbours(_ context: Context) -> HTML {
    let (tree, t, id) = (context.tree, context.t, context.opened.audit.id)
    let all = tree.assessable
    let isIn = context.opened.standing.isInScope
    let before = all.last { $0 < context.place && isIn[$0] }
    let after = all.first { $0 > context.place && isIn[$0] }
    func link(_ place: Int, _ word: AuditText) -> HTML {
      "<a class=\"button\" href=\"\(Audits.path(id, tree.keys[place]))\">\(t(word))</a>"
    }
    return
      "<nav class=\"cluster\" aria-label=\"\(t(.requirements))\">\(before.map { link($0, .previous) })\(after.map { link($0, .following) })</nav>"
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
