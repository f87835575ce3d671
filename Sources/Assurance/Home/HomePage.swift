import Kernel
import Publishing
import Registers
import Storage
import Web

enum HomePage {
  /// - Parameter others: what other slices ask for, the earliest first.
  static func page(_ request: WebRequest, _ report: ManagementReport?, _ others: [Duty]) -> Page {
    let t = request.texts(HomeText.self)
    guard let report else { return begin(request, others, t) }
    let words = ReportWords(report, request.language)
    let id = report.overview.assessment.id
    let first = report.urgent.first
    let primary: HTML? = first.map { urgency in
      let minutes = report.concept(of: urgency.item)?.minutes ?? 10
      return
        "<a class=\"button\" data-kind=\"primary\" href=\"/assessments/\(id)?item=\(urgency.item.id)#\(urgency.item.id)\">\(t(.next, minutes))</a>"
    }
    return Page(
      t(.title), menu: "home",
      """
      <div class="page-head"><div><p class="soft">\(dateLine(request, t))</p><h1>\(t(.title))</h1></div>\(primary)</div>
      <div class="split">
      <div class="stack">\(duties(request, report, words, others, t))\(changed(request, report, t))</div>
      <div class="stack">\(steps(report, words, t))\(standing(report, words, t))</div>
      </div>
      """)
  }

  private static func dateLine(_ request: WebRequest, _ t: Texts<HomeText>) -> HTML {
    let today = request.now.day
    let left = today.fiscalYear.last.days(since: today)
    return
      "<span class=\"nowrap\">\(request.language.dateWithWeekday(today))</span> ・ <span class=\"nowrap\">\(t(.daysLeft, request.language.fiscalYear(today.fiscalYear), "\(left)"))</span>"
  }

  /// Nothing has been started yet: the way on.
  private static func begin(_ request: WebRequest, _ others: [Duty], _ t: Texts<HomeText>) -> Page {
    let year = request.now.day.fiscalYear
    // A small clinic begins with a few questions a week, everybody else with the checklist.
    let isClinic = request.may(.clinicRead) && (request.visitor?.beds ?? 0) <= Clinic.mostBeds
    let c = request.texts(ClinicText.self)
    let weekly: HTML? =
      isClinic
      ? Components.empty(
        c(.title), c(.lead), "<a class=\"button\" data-kind=\"primary\" href=\"/clinic\">\(c(.begin))</a>")
      : nil
    let button: HTML? =
      request.may(.assessmentsEdit)
      ? "<a class=\"button\"\("data-kind", is: isClinic ? nil : "primary") href=\"/assessments/new?fiscal-year=\(year.year)\">\(t(.startButton))</a>"
      : nil
    return Page(
      t(.title), menu: "home",
      """
      <p class="soft">\(dateLine(request, t))</p><h1>\(t(.title))</h1>
      \(weekly)\(Components.empty(t(.start, request.language.fiscalYear(year)), t(.startText), button))
      \(others.isEmpty ? nil : "<section id=\"today\" aria-labelledby=\"h-today\"><h2 id=\"h-today\">\(t(.overdueHeading))</h2><ol class=\"duties\" role=\"list\">\(others.html { duty($0, request.now.day, t) })</ol></section>" as HTML)
      """)
  }

  // MARK: Duties

  private static func duties(
    _ request: WebRequest, _ report: ManagementReport, _ words: ReportWords, _ others: [Duty],
    _ t: Texts<HomeText>
  ) -> HTML {
    let standing = report.standing
    let today = report.today
    func open(_ ids: [String]) -> [(Pack.Item, Answer, Day)] {
      ids.compactMap { id in
        guard let item = standing.form.item(id), let answer = standing.answers[id], let day = answer.targetOn
        else { return nil }
        return (item, answer, day)
      }.sorted { $0.2 < $1.2 }
    }
    let late =
      open(standing.overdue) + open(standing.dueSoon.filter { standing.answers[$0]?.targetOn == today })
    let soon = open(standing.dueSoon.filter { standing.answers[$0]?.targetOn != today })
    let (otherLate, otherSoon) = (others.filter { $0.day <= today }, others.filter { $0.day > today })
    if late.isEmpty && soon.isEmpty && others.isEmpty {
      return
        "<section id=\"today\" aria-labelledby=\"h-today\"><h2 id=\"h-today\">\(t(.overdueHeading))</h2>\(Components.empty(t(.nothingDue), t(.nothingDueText)))</section>"
    }
    func list(_ rows: [(Pack.Item, Answer, Day)], _ others: [Duty]) -> HTML {
      let entries =
        rows.map { item, answer, day in (day, duty(item, answer, day, report, words, t)) }
        + others.map { ($0.day, duty($0, today, t)) }
      let sorted = entries.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
      return "<ol class=\"duties\" role=\"list\">\(sorted.html { $0.element.1 })</ol>"
    }
    let lateList: HTML =
      late.isEmpty && otherLate.isEmpty
      ? Components.empty(t(.nothingDue), t(.nothingDueText)) : list(late, otherLate)
    let soonList: HTML? =
      soon.isEmpty && otherSoon.isEmpty
      ? nil
      : "<section aria-labelledby=\"h-soon\"><h2 id=\"h-soon\">\(t(.thisMonth)) <span class=\"soft\">\(t(.count, soon.count + otherSoon.count))</span></h2>\(list(soon, otherSoon))</section>"
    return
      "<section id=\"today\" aria-labelledby=\"h-today\"><h2 id=\"h-today\">\(t(.overdueHeading)) <span class=\"soft\">\(t(.count, late.count + otherLate.count))</span></h2>\(lateList)</section>\(soonList)"
  }

  private static func duty(
    _ item: Pack.Item, _ answer: Answer, _ day: Day, _ report: ManagementReport, _ words: ReportWords,
    _ t: Texts<HomeText>
  ) -> HTML {
    let checklist = Texts<AssessmentText>(t.language)
    let days = day.days(since: report.today)
    let tone: String? = days < 0 ? "bad" : days == 0 ? "warn" : nil
    let when =
      days < 0 ? checklist(.overdueDays, -days) : days == 0 ? checklist(.today) : checklist(.dueDays, days)
    let owner = report.overview.person(answer.owner)?.name
    let deputy = report.overview.person(answer.deputy)?.name
    let deputyLine: HTML? = deputy.map { "<br><span class=\"soft\">\(t(.deputy)) \($0)</span>" }
    let who: HTML = owner.map { "\($0)\(deputyLine)" } ?? Components.finding(checklist(.noOwner))
    let text = answer.note.isEmpty ? report.concept(of: item)?.nextStep(t.language) ?? "" : answer.note
    return """
      <li class="duty"\("data-tone", is: tone)><p class="when">\(when)<small>\(t.language.timeTag(day))</small></p>
      <div class="what"><a href="/assessments/\(report.overview.assessment.id)?item=\(item.id)#\(item.id)">\(words.name(item))</a><p>\(text)</p></div>
      <p class="who">\(who)</p></li>
      """
  }

  /// A duty of another slice's records; nobody in particular owns it.
  private static func duty(_ duty: Duty, _ today: Day, _ t: Texts<HomeText>) -> HTML {
    let checklist = Texts<AssessmentText>(t.language)
    let days = duty.day.days(since: today)
    let tone: String? = days < 0 ? "bad" : days == 0 ? "warn" : nil
    let when =
      days < 0 ? checklist(.overdueDays, -days) : days == 0 ? checklist(.today) : checklist(.dueDays, days)
    return """
      <li class="duty"\("data-tone", is: tone)><p class="when">\(when)<small>\(t.language.timeTag(duty.day))</small></p>
      <div class="what"><a href="\(duty.path)">\(duty.title(t.language))</a><p>\(duty.text(t.language))</p></div></li>
      """
  }

  // MARK: What changed

  private static func changed(
    _ request: WebRequest, _ report: ManagementReport, _ t: Texts<HomeText>
  ) -> HTML {
    let changes = Changes(report.recent, today: report.today)
    let lines = changes.lines.html { line in
      "<li>\(request.language.timeTag(line.day)) <span class=\"soft\">\(line.actorName)</span><br>\(sentence(request, report, line, t))</li>"
    }
    let list: HTML =
      changes.lines.isEmpty
      ? "<p>\(t(.changedNone))</p>" : "<ul class=\"history\" role=\"list\">\(lines)</ul>"
    let all: HTML? =
      request.may(.ledgerRead) && !changes.lines.isEmpty
      ? "<p class=\"small\"><a href=\"/ledger\">\(t(.changedAll))</a></p>" : nil
    return
      "<section aria-labelledby=\"h-changed\"><h2 id=\"h-changed\">\(t(.changed, Changes.days))</h2>\(list)\(all)</section>"
  }

  /// One item by name with its answer before and after; several by their number and the first few names.
  private static func sentence(
    _ request: WebRequest, _ report: ManagementReport, _ line: Changes.Line, _ t: Texts<HomeText>
  ) -> HTML {
    let action = request.words.action(line.action, request.language)
    var items: [Pack.Item] = []
    for item in line.entries.reversed().compactMap({ item(of: $0, in: report) })
    where !items.contains(where: { $0.label == item.label }) { items.append(item) }
    let links = items.prefix(6).map { item -> HTML in
      "<a href=\"/assessments/\(report.overview.assessment.id)?item=\(item.id)#\(item.id)\">\(item.label)</a>"
    }
    if line.entries.count > 1 {
      let more: HTML? = items.count > links.count ? "…" : nil
      return "\(t(.changedMany, action, "\(line.entries.count)")) \(links.html { "\($0) " })\(more)"
    }
    guard let entry = line.entries.first, let link = links.first else { return HTML(action) }
    let checklist = Texts<AssessmentText>(t.language)
    func word(_ value: Answer.Value?) -> String {
      value.map { checklist(AssessmentText.value($0)) } ?? Texts<WebText>(t.language)(.unanswered)
    }
    let (before, after) = (LedgerValue.answer(entry.before), LedgerValue.answer(entry.after))
    if before == after || !entry.action.hasPrefix("answer.") { return "\(link) \(action)" }
    return "\(link) \(t(.changedFrom, word(before), word(after)))"
  }

  /// The item of the shown checklist that an entry is about.
  private static func item(of entry: LedgerEntry, in report: ManagementReport) -> Pack.Item? {
    let prefix = "answer:\(report.overview.assessment.id)/"
    guard entry.subject.hasPrefix(prefix) else { return nil }
    return report.standing.form.item(String(entry.subject.dropFirst(prefix.count)))
  }

  // MARK: Beside

  private static func steps(_ report: ManagementReport, _ words: ReportWords, _ t: Texts<HomeText>) -> HTML {
    let id = report.overview.assessment.id
    let steps = report.urgent.prefix(3).html { urgency in
      let concept = report.concept(of: urgency.item)
      return
        "<li><a href=\"/assessments/\(id)?item=\(urgency.item.id)#\(urgency.item.id)\">\(urgency.item.label) \(concept?.nextStep(t.language) ?? words.short(urgency.item))</a> <span class=\"soft small\">\(t(.minutes, concept?.minutes ?? 10))</span></li>"
    }
    let list: HTML = report.urgent.isEmpty ? "<p>\(t(.allDone))</p>" : "<ol class=\"steps\">\(steps)</ol>"
    return
      "<section class=\"panel\" aria-labelledby=\"h-next\"><h2 id=\"h-next\">\(t(.nextStep))</h2>\(list)</section>"
  }

  private static func standing(_ report: ManagementReport, _ words: ReportWords, _ t: Texts<HomeText>) -> HTML
  {
    let standing = report.standing
    let id = report.overview.assessment.id
    let marks = standing.marks
    let figures = words.figures.prefix(4).map {
      (mark: String?.some($0.mark), name: HTML($0.label), value: HTML("\($0.value)"))
    }
    let noProof: HTML? =
      standing.withoutProof.isEmpty
      ? nil
      : "<li><a href=\"/assessments/\(id)?mark=no-proof\">\(t(.noProof, standing.withoutProof.count))</a></li>"
    let unchecked: HTML? =
      standing.notYetChecked.isEmpty
      ? nil
      : "<li><a href=\"/assessments/\(id)?mark=unchecked\">\(t(.notChecked, standing.notYetChecked.count))</a></li>"
    let list: HTML? =
      noProof == nil && unchecked == nil ? nil : "<ul class=\"plain small\">\(noProof)\(unchecked)</ul>"
    let label = t(.chartLabel, marks.total, marks.done, marks.partly, marks.undone, marks.unanswered)
    return """
      <section class="panel" aria-labelledby="h-stand"><h2 id="h-stand">\(t(.standing))</h2>
      <p class="small soft"><a href="/assessments/\(id)">\(words.year) \(standing.form.title(t.language))</a></p>
      \(Components.figures(figures))
      \(Charts.bar(marks, id: "hatch", label: label))
      \(list)
      <p class="small">\(words.notice)</p>
      \(words.report.overview.form.rows.isEmpty ? nil : "<p><a href=\"/reports/\(id)\">\(t(.report))</a></p>")
      </section>
      """
  }

  // MARK: Inbox, staff

  /// Messages that call someone to work: a browser may sound for them.
  private static let calls: Set<String> = ["monitoring.down", "monitoring.slow", "monitoring.many"]

  static func inbox(_ request: WebRequest, _ messages: [InboxMessage]) -> Page {
    let t = request.texts(HomeText.self)
    let unread = messages.count { $0.readAt == nil }
    let list = messages.html { message in
      let new: HTML? = message.readAt == nil ? " \(Components.tag(t(.unread), .info))" : nil
      let call =
        message.readAt == nil && calls.contains(message.key) ? "\(message.cause) \(message.step)" : nil
      return
        "<li class=\"duty\"\("data-call", is: call)><p class=\"when\">\(request.language.timeTag(message.at.day))</p><div class=\"what\"><a href=\"\(localPath(message.link))\">\(request.words.message(message.key, message.arguments, request.language))</a>\(new)</div></li>"
    }
    let mark: HTML? =
      unread == 0
      ? nil
      : "<form method=\"post\" action=\"/inbox/reading\">\(Components.formToken(request))<button class=\"button\" data-kind=\"primary\">\(t(.markRead))</button></form>"
    return Page(
      t(.inboxTitle),
      """
      <div class="page-head"><h1>\(t(.inboxTitle))</h1>\(mark)</div>\(sound(request, t))
      <div data-messages>\(messages.isEmpty ? Components.empty(t(.inboxEmpty), t(.inboxEmptyText)) : "<ol class=\"duties\" role=\"list\">\(list)</ol>")</div>
      """
    )
  }

  /// Shown by its script only: off until someone switches it on in their browser.
  private static func sound(_ request: WebRequest, _ t: Texts<HomeText>) -> HTML {
    """
    <div class="cluster" data-sound hidden><label><input type="checkbox"> <span>\(t(.soundSwitch))</span></label>\
    <button class="button" data-size="s" type="button">\(t(.soundTry))</button>\
    <p class="small" role="status" data-on="\(t(.soundOn))" data-off="" data-blocked="\(t(.soundBlocked))" data-lost="\(t(.soundLost))"></p></div>
    <script type="module" src="/assets/sound.js"></script>
    """
  }

  static func staff(_ request: WebRequest) -> Page {
    let t = request.texts(HomeText.self)
    return Page(
      t(.title), menu: "home", "<h1>\(t(.title))</h1>\(Components.empty(t(.staffTitle), t(.staffText)))")
  }
}
