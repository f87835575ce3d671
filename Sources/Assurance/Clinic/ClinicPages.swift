import Kernel
import Registers
import Web

/// The start of the path, and its parts.
enum ClinicPages {
  static func overview(_ request: WebRequest, _ progress: ClinicProgress) -> Page {
    let t = request.texts(ClinicText.self)
    let (settled, all) = (progress.settled, progress.guide.questions.count)
    return Page(
      t(.title), menu: "clinic",
      """
      <div class="page-head"><div><h1>\(t(.title))</h1></div>\(primary(request, progress, t))</div>
      <p>\(t(.lead))</p>
      <p class="cluster apart"><span>\(t(.progressOf, settled, all))</span></p>
      <progress value="\(settled)" max="\(all)" aria-label="\(t(.progressLabel, settled, all))">\(settled) / \(all)</progress>
      <div class="split"><div class="stack">\(week(request, progress, t))\(parts(progress, t))</div>
      <div class="stack">\(upkeep(progress, t))\(letters(progress, t))</div></div>
      """)
  }

  private static func primary(_ request: WebRequest, _ progress: ClinicProgress, _ t: Texts<ClinicText>)
    -> HTML?
  {
    guard request.may(.clinicEdit), let next = progress.portion.first ?? progress.next else { return nil }
    let isBeyond = progress.portion.isEmpty
    let word: ClinicText = isBeyond ? .goOnBeyond : progress.answers.isEmpty ? .begin : .goOn
    return
      "<a class=\"button\" data-kind=\"primary\" href=\"\(path(next, beyond: isBeyond))\">\(t(word))</a>"
  }

  static func path(_ question: ClinicQuestion, beyond: Bool = false) -> HTML {
    "/clinic/questions/\(question.id)\(beyond ? "?on=1" : "")"
  }

  private static func week(_ request: WebRequest, _ progress: ClinicProgress, _ t: Texts<ClinicText>) -> HTML
  {
    let portion = progress.portion
    let done = progress.answeredThisWeek
    let rows = (done + portion).html { row($0, progress, t) }
    let state: HTML? =
      progress.open.isEmpty
      ? Components.notice(.good, t(.allDone), "<p>\(t(.allDoneText))</p>")
      : portion.isEmpty ? Components.notice(.good, t(.weekDone), "<p>\(t(.weekDoneText))</p>") : nil
    let minutes = portion.reduce(0) { $0 + $1.minutes }
    let left: HTML? = minutes > 0 ? "<span class=\"soft\">\(t(.weekMinutes, minutes))</span>" : nil
    return """
      <section aria-labelledby="h-week"><h2 id="h-week">\(t(.weekHeading)) \(left)</h2>
      \(state)\(rows.isEmpty ? nil : "<ul class=\"plain stack\" data-gap=\"s\">\(rows)</ul>")</section>
      """
  }

  private static func row(_ question: ClinicQuestion, _ progress: ClinicProgress, _ t: Texts<ClinicText>)
    -> HTML
  {
    """
    <li><a href="\(path(question))">\(question.words(t.language).name)</a> \(state(progress.state(question), t))
    <span class="small soft">\(t(.minutes, question.minutes))</span></li>
    """
  }

  private static func parts(_ progress: ClinicProgress, _ t: Texts<ClinicText>) -> HTML {
    let rows = ClinicQuestion.Part.allCases.html { part in
      let (settled, all) = (progress.count(part), progress.questions(of: part).count)
      let name = t(ClinicText.part(part))
      return
        "<li><a href=\"/clinic/parts/\(part.rawValue)\"><span>\(name)</span><span class=\"num\">\(t(.partCount, settled, all))</span></a></li>"
    }
    return
      "<section aria-labelledby=\"h-parts\"><h2 id=\"h-parts\">\(t(.parts))</h2><ul class=\"sections\" role=\"list\">\(rows)</ul></section>"
  }

  /// By version 7.0 a facility first asks whether the volume for those who leave upkeep to vendors is its own.
  private static func upkeep(_ progress: ClinicProgress, _ t: Texts<ClinicText>) -> HTML {
    let rows = progress.upkeepChecks.html { question, isYes in
      let mark: Mark = isYes ? .done : .unanswered
      return
        "<li><a href=\"\(path(question))\">\(question.words(t.language).name)</a> \(Components.mark(mark, t(isYes ? .upkeepYes : .upkeepOpen)))</li>"
    }
    return """
      <section class="panel" aria-labelledby="h-upkeep"><h2 id="h-upkeep">\(t(.upkeepTitle))</h2>
      <p class="small">\(t(.upkeepText))</p><ul class="plain stack" data-gap="s">\(rows)</ul>
      <p class="small">\(t(progress.mayLeaveUpkeep ? .upkeepMay : .upkeepMayNot))</p></section>
      """
  }

  private static func letters(_ progress: ClinicProgress, _ t: Texts<ClinicText>) -> HTML {
    let waiting = progress.inquiries.count(where: { $0.reply == nil })
    return """
      <section class="panel" aria-labelledby="h-letters"><h2 id="h-letters">\(t(.letters))</h2>
      <p><a href="/clinic/letters">\(t(.lettersWaiting, waiting))</a></p></section>
      """
  }

  /// The state of a question by sign and word.
  static func state(_ state: ClinicProgress.State, _ t: Texts<ClinicText>) -> HTML {
    switch state {
    case .open: Components.mark(.unanswered, t(.open))
    case .done(let byRegister): Components.mark(.done, t(byRegister ? .byRegister : .done))
    case .notYet(let day): Components.mark(.undone, t(.notYetUntil, t.language.shortDate(day)))
    case .asking: Components.mark(.partly, t(.asking))
    case .notApplicable: Components.tag(t(.notApplicable))
    }
  }

  // MARK: A part

  static func part(_ request: WebRequest, _ part: ClinicQuestion.Part, _ progress: ClinicProgress) -> Page {
    let t = request.texts(ClinicText.self)
    let rows = progress.questions(of: part).html { question in
      let duties = progress.guide.duties(of: question).html {
        "<li>\($0(t.language)) \($0.sure ? nil : Components.tag(t(.unsure)))</li>"
      }
      let list: HTML? = duties.isEmpty ? nil : "<ul class=\"plain small soft\">\(duties)</ul>"
      return """
        <tr><th scope="row" data-label="\(t(.questionColumn))"><span><a href="\(path(question))">\(question.words(t.language).name)</a>\(list)</span></th>
        <td data-label="\(t(.answerColumn))">\(state(progress.state(question), t))</td></tr>
        """
    }
    let name = t(ClinicText.part(part))
    return Page(
      name, menu: "clinic", narrow: true,
      """
      <ol class="crumbs"><li><a href="/clinic">\(t(.title))</a></li></ol>
      <h1>\(name) <span class="soft">\(t(.partCount, progress.count(part), progress.questions(of: part).count))</span></h1>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(name)</caption>
      <thead><tr><th scope="col">\(t(.questionColumn))</th><th scope="col">\(t(.answerColumn))</th></tr></thead><tbody>\(rows)</tbody></table>
      <p class="small soft">\(t(.paraphrase))</p>
      """)
  }
}
