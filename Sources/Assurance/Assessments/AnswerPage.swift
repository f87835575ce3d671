import Kernel
import Registers
import Storage
import Web

/// One opened item: answer, help, proofs and history; and the page of a conflict.
enum AnswerPage {
  struct Open {
    let item: Pack.Item
    let concept: Concept?
    let history: [LedgerEntry]
    /// What was typed, when it has been refused.
    let draft: FormValues?
    let problem: Answer.Refusal?
    /// What the registers say about it.
    /// What each slice's records say about the item.
    var grounds: [Grounds.Ground] = []
  }

  static func opened(_ request: WebRequest, _ overview: Assessments.Overview, _ open: Open) -> HTML {
    let t = request.texts(AssessmentText.self)
    let item = open.item
    let words = Texts<WebText>(request.language)
    let mark = overview.standing.mark(ofItem: item.id).map { Components.mark($0, words(WebText.mark($0))) }
    let editable = overview.mayWrite(request, item.id)
    return """
      <article class="item-open" id="\(item.id)" aria-labelledby="h-open">
      <header class="stack" data-gap="s">
      <p class="cluster"><span class="number">\(item.label)</span>\(mark)\(AssessmentPages.tags(item, overview, t))</p>
      <h3 id="h-open">\(item.question(request.language))</h3>
      </header>
      <div class="split">
      <div class="stack">\(open.grounds.html { ground(request, overview, open.item, $0, t) })\(editable ? form(request, overview, open, t) : facts(request, overview, item, t))\(editable ? round(request, overview, item, t) : nil)</div>
      <div class="stack">\(help(open, t))\(proofs(request, overview, item, t))\(history(request, overview, open, t))</div>
      </div>
      </article>
      """
  }

  // MARK: What the registers say

  private static func ground(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ ground: Grounds.Ground,
    _ t: Texts<AssessmentText>
  ) -> HTML {
    let signal = ground.said.signal
    let language = t.language
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let suggestion = Grounds.suggestion(of: signal)
    let records = ground.said.records(language)
    let heading =
      suggestion.map { t(.groundHeading, records, t(AssessmentText.value($0))) } ?? t(.groundUnknown, records)
    let concern = signal.concern.map { Components.finding($0(language)) }
    let oldest = signal.oldest.map { "\(t(.groundOldest)) \(language.timeTag($0, short: false)) ・ " as HTML }
    let moved: HTML? =
      ground.hasMoved
      ? ground.accepted.map { "<p>\(Components.finding(t(.groundMoved, $0.sentence)))</p>" } : nil
    let differs: HTML? =
      suggestion == .no && answer.value == .yes && answer.note.isEmpty
      ? "<p>\(Components.finding(t(.groundDiffers)))</p>" : nil
    return """
      <section class="ground" aria-labelledby="h-ground-\(ground.said.slice)"><h4 id="h-ground-\(ground.said.slice)">\(heading)</h4>
      <p>\(signal.sentence(language)) \(concern)</p>\(moved)\(differs)
      <p class="small">\(oldest)<a href="\(signal.path)">\(t(.groundOpen, records))</a></p>
      \(accept(request, overview, ground, suggestion, answer, t))</section>
      """
  }

  private static func accept(
    _ request: WebRequest, _ overview: Assessments.Overview, _ ground: Grounds.Ground,
    _ suggestion: Answer.Value?, _ answer: Answer, _ t: Texts<AssessmentText>
  ) -> HTML? {
    guard let suggestion, overview.mayWrite(request, answer.item) else { return nil }
    let isAccepted = ground.accepted?.ground == ground.said.signal.ground && answer.value == suggestion
    if isAccepted { return "<p class=\"small soft\">\(t(.groundAccepted))</p>" }
    return """
      <form method="post" action="/assessments/\(overview.assessment.id)/answers/\(answer.item)/ground">\(Components.formToken(request))
      <input type="hidden" name="slice" value="\(ground.said.slice)"><input type="hidden" name="ground" value="\(ground.said.signal.ground)"><input type="hidden" name="version" value="\(answer.version)">
      <p class="cluster"><button class="button" data-size="s">\(t(.groundAccept, t(AssessmentText.value(suggestion))))</button> <span class="small soft">\(t(.groundOther))</span></p></form>
      """
  }

  // MARK: The answer

  private static func form(
    _ request: WebRequest, _ overview: Assessments.Overview, _ open: Open, _ t: Texts<AssessmentText>
  ) -> HTML {
    let item = open.item
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let values = Values(answer, open.draft)
    let year = overview.assessment.fiscalYear
    let error = open.problem.map { request.words.problem($0, request.language) }
    let field = open.problem?.field
    func message(_ name: String) -> String? { field == name ? error : nil }
    let summary: HTML? = error.map {
      Components.errorSummary(Texts<WebText>(request.language)(.errorCount, 1), [(field, $0)])
    }
    let people =
      [("", t(.ownerNobody))]
      + overview.people.map { ($0.id.text, $0.department.isEmpty ? $0.name : "\($0.name)(\($0.department))") }
    let items = overview.form.items
    let following = items.firstIndex { $0.id == item.id }.flatMap {
      $0 + 1 < items.count ? items[$0 + 1] : nil
    }
    let saveNext: HTML? = following.map {
      "<button class=\"button\" data-kind=\"primary\" name=\"then\" value=\"next\">\(t(.saveNext, $0.label))</button>"
    }
    let saveStay: HTML =
      following == nil
      ? "<button class=\"button\" data-kind=\"primary\">\(t(.save))</button>"
      : "<button class=\"button\">\(t(.save))</button>"
    let saved: String = request.query("saved") == nil ? "" : t(.saved, request.language.time(request.now))
    let choices =
      Answer.Value.allCases.map { (value: $0.rawValue, label: HTML(t(AssessmentText.value($0)))) }
      + [(value: "none", label: HTML(t(.clear)))]
    return """
      <form class="stack" action="/assessments/\(overview.assessment.id)/answers/\(item.id)" method="post" data-autosave novalidate>
      \(summary)
      \(Components.formToken(request))<input type="hidden" name="version" value="\(answer.version)">
      \(Components.choices("answer", t(.answerLegend, answer.round), options: choices, chosen: values.answer, error: message("answer")))
      <div class="columns" data-min="s">
      \(Components.field("on", t(.checkedLabel), type: "date", value: values.on, error: message("on"), max: "\(min(request.now.day, year.last))", min: "\(year.first)"))
      \(Components.field("due", t(.dueLabel), type: "date", value: values.due, hint: t(.dueHint, request.language.shortDate(year.last)), error: message("due"), max: "\(year.last)", min: "\(year.first)"))
      \(Components.select("owner", t(.ownerLabel), options: people, chosen: values.owner))
      \(Components.select("deputy", t(.deputyLabel), options: people, chosen: values.deputy, error: message("deputy")))
      </div>
      <p><label class="cluster"><input type="checkbox" name="started" value="1"\("checked", if: values.started)>\(t(.startedLabel))</label></p>
      \(Components.textArea("note", t(.noteLabel), value: values.note, hint: t(.noteHint), error: message("note")))
      <div class="cluster apart"><span class="saved" role="status" data-saved>\(saved)</span><span class="cluster">\(saveStay)\(saveNext)</span></div>
      </form>
      """
  }

  /// What stands in the fields: the stored answer, or what was typed when it was refused.
  private struct Values {
    let answer, on, due, owner, deputy, note: String
    let started: Bool

    init(_ stored: Answer, _ typed: FormValues?) {
      answer = typed?["answer"] ?? stored.value?.rawValue ?? "none"
      on = typed?["on"] ?? stored.confirmedOn?.description ?? ""
      due = typed?["due"] ?? stored.targetOn?.description ?? ""
      owner = typed?["owner"] ?? stored.owner?.text ?? ""
      deputy = typed?["deputy"] ?? stored.deputy?.text ?? ""
      note = typed?["note"] ?? stored.note
      started = typed.map { $0["started"] == "1" } ?? stored.started
    }
  }

  private static func round(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML? {
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let rounds = overview.rounds.filter { $0.item == item.id }
    guard !rounds.isEmpty else { return nil }
    let list = rounds.html { round in
      "<li>\(t(.roundNumber, round.round)) \(round.value.map { t(AssessmentText.value($0)) }) <span class=\"soft\">\(round.confirmedOn.map { request.language.timeTag($0) }) \(round.by)</span></li>"
    }
    let begin: HTML? =
      answer.confirmedOn == nil
      ? nil
      : """
      <form method="post" action="/assessments/\(overview.assessment.id)/answers/\(item.id)/rounds">\(Components.formToken(request))
      <button class="button" data-size="s">\(t(.roundBegin))</button> <span class="small soft">\(t(.roundHint))</span></form>
      """
    return "<ul class=\"plain small\">\(list)</ul>\(begin)"
  }

  /// The answer as read by someone who may not change it.
  private static func facts(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML {
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let language = request.language
    return Components.facts([
      (
        t(.answerColumn),
        HTML(answer.value.map { t(AssessmentText.value($0)) } ?? Texts<WebText>(language)(.unanswered))
      ),
      (t(.checkedLabel), answer.confirmedOn.map { language.timeTag($0) } ?? HTML(t(.none))),
      (t(.dueLabel), answer.targetOn.map { language.timeTag($0) } ?? HTML(t(.none))),
      (t(.ownerLabel), HTML(overview.person(answer.owner)?.name ?? t(.none))),
      (t(.deputyLabel), HTML(overview.person(answer.deputy)?.name ?? t(.none))),
      (t(.noteLabel), HTML(answer.note.isEmpty ? t(.none) : answer.note)),
    ])
  }

  // MARK: Beside it

  private static func help(_ open: Open, _ t: Texts<AssessmentText>) -> HTML {
    let language = t.language
    let proofs = open.concept?.proofs(language) ?? open.item.evidence(language)
    return """
      <section aria-labelledby="h-help"><h4 id="h-help">\(t(.aboutItem))</h4>
      <p class="small">\(open.concept?.meaning(language))</p>
      \(open.concept.map { "<h4>\(t(.aboutWhy))</h4><p class=\"small\">\($0.why(language))</p>" as HTML })
      <h4>\(t(.proofKinds))</h4><ul class="plain small">\(proofs.html { "<li>\($0)</li>" })</ul>
      \(open.item.note.map { "<p class=\"small\">\($0(language))</p>" as HTML })
      <p class="small soft">\(t(.paraphrase))</p></section>
      """
  }

  private static func proofs(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML {
    let proofs = overview.proofs(of: item.id)
    let list = proofs.html { proof in
      let name: HTML =
        switch proof.kind {
        case .file: "<a href=\"/proofs/\(proof.id)\">\(proof.title)</a>"
        case .text: HTML(proof.body)
        case .link:
          proof.body.lowercased().hasPrefix("http")
            ? "<a href=\"\(proof.body)\" rel=\"noreferrer\">\(proof.title)</a>" : HTML(proof.body)
        }
      return
        "<li>\(name)<br><span class=\"soft\">\(request.language.timeTag(proof.addedAt.day, short: false)) \(proof.addedBy)</span>\(overview.mayWrite(request, item.id) ? withdrawal(request, proof, t) : nil)</li>"
    }
    return """
      <section aria-labelledby="h-proof"><h4 id="h-proof">\(t(.proofs, proofs.count))</h4>
      \(proofs.isEmpty ? "<p class=\"small soft\">\(t(.proofNone))</p>" : "<ul class=\"plain small\">\(list)</ul>")
      \(overview.mayWrite(request, item.id) ? addProof(request, overview, item, t) : nil)</section>
      """
  }

  private static func withdrawal(_ request: WebRequest, _ proof: Proof, _ t: Texts<AssessmentText>) -> HTML {
    """
    <details><summary>\(t(.proofWithdraw))</summary><form method="post" action="/proofs/\(proof.id)/withdrawal" class="stack" data-gap="s">
    \(Components.formToken(request))<div class="field"><label for="r-\(proof.id)">\(t(.proofReason))</label><input id="r-\(proof.id)" name="reason" required maxlength="400"></div>
    <button class="button" data-size="s" data-kind="danger">\(t(.proofWithdraw))</button></form></details>
    """
  }

  private static func addProof(
    _ request: WebRequest, _ overview: Assessments.Overview, _ item: Pack.Item, _ t: Texts<AssessmentText>
  ) -> HTML {
    """
    <details\("open", if: request.query("proof") != nil)><summary class="button" data-size="s">\(t(.proofAdd))</summary>
    <form class="stack panel" method="post" enctype="multipart/form-data" action="/assessments/\(overview.assessment.id)/answers/\(item.id)/proofs">
    \(Components.formToken(request))
    <div class="field"><label for="file">\(t(.proofFile))</label><input id="file" name="file" type="file" aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.proofFileHint))</p></div>
    <div class="field"><label for="text">\(t(.proofText))</label><input id="text" name="text" maxlength="4000" aria-describedby="text-hint"><p class="hint" id="text-hint">\(t(.noteHint))</p></div>
    <div class="field"><label for="link">\(t(.proofLink))</label><input id="link" name="link" maxlength="1000" aria-describedby="link-hint"><p class="hint" id="link-hint">\(t(.proofLinkHint))</p></div>
    <button class="button">\(t(.proofAdd))</button></form></details>
    """
  }

  private static func history(
    _ request: WebRequest, _ overview: Assessments.Overview, _ open: Open, _ t: Texts<AssessmentText>
  ) -> HTML? {
    guard !open.history.isEmpty else { return nil }
    let entries = open.history.html { entry in
      let value = LedgerValue.answer(entry.after).map { t(AssessmentText.value($0)) }
      let due = LedgerValue.target(entry.after).map { "\(t(.targetShort)) \(request.language.date($0))" }
      return """
        <li>\(request.words.action(entry.action, request.language)) \(value.map { "「\($0)」" }) \(due)<br>
        <span class="soft">\(request.language.timeTag(entry.at)) \(entry.actorName)</span></li>
        """
    }
    return
      "<section aria-labelledby=\"h-hist\"><h4 id=\"h-hist\">\(t(.history))</h4><ul class=\"history\" role=\"list\">\(entries)</ul></section>"
  }

  // MARK: Two people at once

  static func conflict(
    _ request: WebRequest, _ overview: Assessments.Overview, _ itemID: String,
    _ conflict: Assessments.Conflict
  ) -> Page {
    let t = request.texts(AssessmentText.self)
    let who = conflict.by?.actorName ?? t(.nobody)
    let when = conflict.by.map { request.language.time($0.at) } ?? ""
    let item = overview.form.item(itemID)
    let action: HTML = "/assessments/\(overview.assessment.id)/answers/\(itemID)"
    return Page(
      t(.conflictTitle, who), menu: "assessments",
      """
      <h1>\(item?.label) \(item?.question(request.language))</h1>
      \(Components.notice(.warn, t(.conflictTitle, who), "<p>\(t(.conflictText))</p>"))
      <div class="columns">
      <form class="panel" action="\(action)" method="post"><h2>\(t(.conflictMine))</h2>\(values(conflict.mine, Answer.Draft(conflict.theirs), overview, t))
      \(Components.formToken(request))\(hidden(conflict.mine, version: conflict.theirs.version))
      <p><button class="button" data-kind="primary">\(t(.keepMine))</button></p></form>
      <div class="panel"><h2>\(t(.conflictTheirs, who, when))</h2>\(values(Answer.Draft(conflict.theirs), conflict.mine, overview, t))
      <p><a class="button" href="/assessments/\(overview.assessment.id)?item=\(itemID)#\(itemID)">\(t(.keepTheirs))</a></p></div>
      </div>
      """)
  }

  /// One of the two versions; what is not the same in the `other` one is marked.
  private static func values(
    _ draft: Answer.Draft, _ other: Answer.Draft, _ overview: Assessments.Overview, _ t: Texts<AssessmentText>
  ) -> HTML {
    let language = t.language
    func value<T: Equatable>(_ field: KeyPath<Answer.Draft, T>, _ shown: String?) -> HTML {
      let text = shown ?? t(.none)
      let isSame = draft[keyPath: field] == other[keyPath: field]
      return isSame
        ? HTML(text) : "<mark>\(text)</mark> <span class=\"small soft\">\(t(.conflictDiffers))</span>"
    }
    return Components.facts([
      (t(.answerColumn), value(\.value, draft.value.map { t(AssessmentText.value($0)) } ?? t(.clear))),
      (t(.checkedLabel), value(\.confirmedOn, draft.confirmedOn.map(language.date))),
      (t(.dueLabel), value(\.targetOn, draft.targetOn.map(language.date))),
      (t(.ownerLabel), value(\.owner, overview.person(draft.owner)?.name)),
      (t(.deputyLabel), value(\.deputy, overview.person(draft.deputy)?.name)),
      (t(.columnStarted), value(\.started, draft.started ? t(.yes) : t(.no))),
      (t(.noteLabel), value(\.note, draft.note.isEmpty ? nil : draft.note)),
    ])
  }

  private static func hidden(_ draft: Answer.Draft, version: Int) -> HTML {
    let fields = [
      ("version", "\(version)"), ("answer", draft.value?.rawValue ?? "none"),
      ("on", draft.confirmedOn?.description ?? ""),
      ("due", draft.targetOn?.description ?? ""), ("owner", draft.owner?.text ?? ""),
      ("deputy", draft.deputy?.text ?? ""), ("note", draft.note), ("started", draft.started ? "1" : ""),
    ]
    return fields.html { "<input type=\"hidden\" name=\"\($0.0)\" value=\"\($0.1)\">" }
  }
}
