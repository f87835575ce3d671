import Kernel
import Registers
import Web

/// One question of the path.
struct ClinicQuestionPage {
  let request: WebRequest
  let view: ClinicQuestionView
  let t: Texts<ClinicText>

  static func page(_ request: WebRequest, _ view: ClinicQuestionView) -> Page {
    ClinicQuestionPage(request: request, view: view, t: request.texts()).page
  }

  var question: ClinicQuestion { view.question }
  var words: ClinicQuestion.Words { question.words(t.language) }
  var mayEdit: Bool { request.may(.clinicEdit) }
  /// Beyond the week's portion, because the person wants to go on.
  var isBeyond: Bool { request.query("on") != nil }
  var path: HTML { "/clinic/questions/\(question.id)" }
  var beyondField: HTML? { isBeyond ? "<input type=\"hidden\" name=\"on\" value=\"1\">" : nil }

  private var page: Page {
    Page(
      words.name, menu: "clinic", narrow: true,
      """
      <ol class="crumbs"><li><a href="/clinic">\(t(.title))</a></li><li><a href="/clinic/parts/\(question.part.rawValue)">\(t(ClinicText.part(question.part)))</a></li></ol>
      \(step)\(stale)\(EntryControls.summary(request, view.refusals))\(body)\(said)
      <div class="cluster apart">\(backLink)<a href="/clinic">\(t(.toStart))</a></div>
      \(covered)
      """)
  }

  /// Where in the week's portion the question stands.
  private var step: HTML? {
    let progress = view.progress
    let week = progress.answeredThisWeek + progress.portion
    let (settled, all) = (progress.settled, progress.guide.questions.count)
    let place: HTML? = week.firstIndex { $0.id == question.id }.map {
      "<span>\(t(.weekHeading)) <strong>\(t(.questionOf, $0 + 1, week.count))</strong></span>"
    }
    return """
      <div class="stack" data-gap="s"><p class="cluster apart">\(place) \(ClinicPages.state(view.state, t))</p>
      <progress value="\(settled)" max="\(all)" aria-label="\(t(.progressLabel, settled, all))">\(settled) / \(all)</progress></div>
      """
  }

  private var stale: HTML? {
    view.isStale ? Components.notice(.warn, t(.staleTitle), "<p>\(t(.staleText))</p>") : nil
  }

  private var body: HTML {
    guard mayEdit else { return "<h1>\(words.ask)</h1><p>\(words.why)</p>\(reading)" }
    if case .ask = question.form { return ClinicAnswerForm(page: self).whole }
    return """
      <h1>\(words.ask)</h1><p>\(words.why)</p><p>\(words.next)</p>
      \(ClinicEntryForms(page: self).body)\(ClinicAnswerForm(page: self).aside)
      """
  }

  /// The answer as read by someone who may not change it.
  private var reading: HTML {
    let answer = view.answer
    return Components.facts([
      (t(.answerColumn), ClinicPages.state(view.state, t)),
      (t(.note), HTML(answer.map { $0.note.isEmpty ? "−" : $0.note } ?? "−")),
    ])
  }

  /// What vendors were asked and said.
  private var said: HTML? {
    guard !view.inquiries.isEmpty else { return nil }
    let rows = view.inquiries.html { inquiry in
      let state: HTML =
        if let reply = inquiry.reply, let day = inquiry.repliedOn {
          "\(t(.vendorSaid, inquiry.vendorName, t(ClinicText.reply(reply)))) \(t.language.timeTag(day))<br>\(inquiry.replyText)"
        } else if let day = inquiry.askedOn {
          "\(t(.sentTo, inquiry.vendorName)) \(t.language.timeTag(day))"
        } else {
          "\(t(.preparedFor, inquiry.vendorName))"
        }
      return "<li>\(state) <a href=\"/clinic/letters/\(inquiry.vendor)\">\(t(.openLetter))</a></li>"
    }
    return
      "<section aria-labelledby=\"h-said\"><h2 id=\"h-said\">\(t(.letters))</h2><ul class=\"plain small stack\" data-gap=\"s\">\(rows)</ul></section>"
  }

  private var backLink: HTML? {
    view.progress.before(question).map { "<a href=\"\(ClinicPages.path($0))\">\(t(.back))</a>" }
      ?? "<span></span>"
  }

  /// The duties behind the question; none stand behind one that only prepares for others.
  private var covered: HTML? {
    let duties = view.progress.guide.duties(of: question)
    guard !duties.isEmpty else { return nil }
    let list = duties.html { duty in
      "<li>\(duty(t.language)) <span class=\"soft\">\(t(.section, duty.section))</span> \(duty.sure ? nil : Components.tag(t(.unsure)))</li>"
    }
    return """
      <details class="panel"><summary>\(t(.covers))</summary><ul class="plain small">\(list)</ul>
      <p class="small soft">\(t(.paraphrase))</p></details>
      """
  }

  /// The way on when nothing is left to save here.
  var nextLink: HTML {
    let progress = view.progress
    let isDone = !isBeyond && progress.portion.allSatisfy { $0.id == question.id }
    guard let next = progress.next(after: question), !isDone else {
      return "<a class=\"button\" data-kind=\"primary\" href=\"/clinic\">\(t(.finish))</a>"
    }
    return
      "<a class=\"button\" data-kind=\"primary\" href=\"\(ClinicPages.path(next, beyond: isBeyond))\">\(t(.next))</a>"
  }
}

/// Yes, not yet, not known: whole for a plain question, and beside the form of a register for what it cannot hold.
struct ClinicAnswerForm {
  let page: ClinicQuestionPage

  private var view: ClinicQuestionView { page.view }
  private var t: Texts<ClinicText> { page.t }
  private var question: ClinicQuestion { page.question }

  private func message(_ field: String) -> String? {
    guard let problem = view.problem, problem.field == field else { return nil }
    return page.request.words.problem(problem, page.request.language)
  }

  var whole: HTML {
    let saved = page.request.query("saved") == nil ? "" : t(.saved)
    return """
      <form class="stack" method="post" action="\(page.path)/answer" data-autosave novalidate>
      \(summary)\(hidden)
      <fieldset class="stack"\(view.problem?.field == "value" ? " id=\"value\"" : nil)><legend><h1>\(page.words.ask)</h1></legend><p>\(page.words.why)</p>
      \(message("value").map { "<p class=\"error\">\($0)</p>" as HTML })
      <div class="choices" data-kind="tall">\(choices(question.answers))</div></fieldset>
      \(details)
      <div class="cluster apart"><span class="saved" role="status" data-saved>\(saved)</span><button class="button" data-kind="primary">\(t(.saveNext))</button></div>
      </form>
      """
  }

  /// What to say when the register cannot be written now.
  var aside: HTML? {
    let values = question.answers.filter { $0 != .yes }
    guard !values.isEmpty else { return nil }
    let isOpen = view.problem != nil || [.notYet, .unknown, .na].contains(view.answer?.value)
    return """
      <details class="panel"\("open", if: isOpen)><summary>\(t(.cannotNow))</summary>
      <form class="stack" method="post" action="\(page.path)/answer" novalidate>\(summary)\(hidden)
      <fieldset class="stack"\(view.problem?.field == "value" ? " id=\"value\"" : nil)><legend>\(t(.legend))</legend>
      \(message("value").map { "<p class=\"error\">\($0)</p>" as HTML })
      <div class="choices" data-kind="tall">\(choices(values))</div></fieldset>\(details)
      <p><button class="button">\(t(.saveOther))</button></p></form></details>
      """
  }

  private var hidden: HTML {
    """
    \(Components.formToken(page.request))<input type="hidden" name="version" value="\(view.answer?.version ?? 0)">\(page.beyondField)
    """
  }

  private var summary: HTML? {
    view.problem.map {
      Components.errorSummary(
        page.request.texts(WebText.self)(.errorCount, 1),
        [($0.field, page.request.words.problem($0, page.request.language))])
    }
  }

  private func choices(_ values: [ClinicAnswer.Value]) -> HTML {
    let chosen = view.draft.map(\.value) ?? view.answer?.value
    return values.html { value in
      let words = ClinicText.value(value)
      let hint = value == .notYet ? page.words.next : t(words.hint)
      return
        "<label><input type=\"radio\" name=\"value\" value=\"\(value.rawValue)\"\("checked", if: value == chosen)><span>\(t(words.word))<br><span class=\"small soft\">\(hint)</span></span></label>"
    }
  }

  private var details: HTML {
    let today = view.progress.today
    let target =
      view.draft?.targetOn ?? (view.answer?.targetOn ?? today.adding(days: ClinicAnswer.days)).description
    let day: HTML? =
      question.answers.contains(.notYet)
      ? Components.field(
        "target", t(.target), type: "date", value: target, hint: t(.targetHint), error: message("target"))
      : nil
    return """
      <div class="columns">\(day)\(vendors)</div>
      \(Components.textArea("note", t(.note), value: view.draft?.note ?? view.answer?.note ?? "", hint: t(.noteHint), error: message("note")))
      """
  }

  private var vendors: HTML? {
    guard question.canAskVendor else { return nil }
    guard !view.vendors.isEmpty else {
      return
        "<p class=\"small\">\(t(.vendorNone)) <a href=\"/clinic/questions/vendors\">\(t(.vendorNoneLink))</a></p>"
    }
    let every = view.vendors.count > 1 ? [("all", t(.everyVendor))] : []
    let options = view.vendors.map { ($0.id.text, $0.name) } + every
    return Components.select(
      "vendor", t(.vendor), options: options, chosen: view.proposed, hint: t(.vendorHint),
      error: message("vendor"))
  }
}
