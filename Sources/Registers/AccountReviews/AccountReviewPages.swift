import Kernel
import Web

/// Which accounts are reviewed how often, and the reviews of one subject.
enum AccountReviewPages {
  static func overview(
    _ request: WebRequest, _ standings: [ReviewStanding], _ listing: Listing, total: Int
  ) -> Page {
    let t = request.texts(AccountReviewText.self)
    let first =
      standings.first { $0.plan.map { $0.nextDueOn <= request.now.day } ?? false }
      ?? standings.first { $0.open != nil } ?? standings.first
    let primary: HTML? =
      request.may(.accountReviewsEdit)
      ? first.map { standing in
        let word = standing.open == nil ? t(.startOf, name(standing, t)) : t(.continueOf, name(standing, t))
        return "<a class=\"button\" data-kind=\"primary\" href=\"\(path(standing))\">\(word)</a>"
      } : nil
    let rows = standings.html { row(request, $0, t) }
    let head = [
      AccountReviewText.subject, .interval, .responsible, .lastSigned, .nextDue, .state,
    ].html { "<th scope=\"col\">\(t($0))</th>" }
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title))</h1>\(primary)</div>
      \(RegisterTabs.tabs(request, current: "account-reviews"))
      <p>\(t(.lead))</p>
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.title))"><table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
      \(Components.pager(listing, total: total, path: "/account-reviews", request.texts(WebText.self)))
      \(total > 1 ? nil : Components.empty(t(.noSystems), t(.noSystemsText), "<a class=\"button\" href=\"/registers/systems\">\(t(.toSystems))</a>"))
      \(proposals(t))
      """)
  }

  static func name(_ standing: ReviewStanding, _ t: Texts<AccountReviewText>) -> String {
    AccountReviews.name(standing.name, t.language)
  }

  private static func path(_ standing: ReviewStanding) -> HTML {
    if let open = standing.open { return "/account-reviews/\(open)" }
    return "/account-reviews/subjects/\(standing.subject.text)"
  }

  private static func row(_ request: WebRequest, _ standing: ReviewStanding, _ t: Texts<AccountReviewText>)
    -> HTML
  {
    let none: HTML = "<span class=\"soft\">\(t(.none))</span>"
    let last = standing.last.flatMap { id in
      standing.lastSignedAt.map {
        "<a href=\"/account-reviews/\(id)\">\(t.language.timeTag($0.day))</a>" as HTML
      }
    }
    return """
      <tr><th scope="row" data-label="\(t(.subject))"><a href="/account-reviews/subjects/\(standing.subject.text)">\(name(standing, t))</a></th>
      <td data-label="\(t(.interval))">\(standing.plan.map { HTML(t(.months, "\($0.intervalMonths)")) } ?? none)</td>
      <td data-label="\(t(.responsible))">\(standing.responsibleName.map { HTML($0) } ?? none)</td>
      <td data-label="\(t(.lastSigned))">\(last ?? none)</td>
      <td data-label="\(t(.nextDue))"><span>\(due(standing.plan, on: request.now.day, t) ?? none)</span></td>
      <td data-label="\(t(.state))"><span>\(state(standing, t))</span></td></tr>
      """
  }

  /// The day with how late or near it is.
  static func due(_ plan: ReviewPlan?, on today: Day, _ t: Texts<AccountReviewText>) -> HTML? {
    guard let plan else { return nil }
    let day = t.language.timeTag(plan.nextDueOn, short: false)
    if let late = plan.daysLate(on: today) {
      return "\(day) \(Components.finding(t(.late, t.language.number(late))))"
    }
    let left = plan.nextDueOn.days(since: today)
    return left <= ReviewPlan.lead ? "\(day) \(Components.tag(t(.daysLeft, "\(left)"), .warn))" : day
  }

  private static func state(_ standing: ReviewStanding, _ t: Texts<AccountReviewText>) -> HTML {
    var parts: [HTML] = []
    if let open = standing.open {
      parts.append("<a href=\"/account-reviews/\(open)\">\(t(.underWay))</a>")
    }
    let points = standing.openChanges + standing.openRemovals
    if points > 0, let last = standing.last {
      let word = Components.finding(t(.openPoints, t.language.number(points)))
      parts.append("<a href=\"/account-reviews/\(last)?show=open\">\(word)</a>")
    }
    if parts.isEmpty {
      parts.append(
        standing.last == nil ? "<span class=\"soft\">\(t(.never))</span>" : Components.tag(t(.settled), .good)
      )
    }
    return HTML(joining: parts.enumerated().map { $0 == 0 ? $1 : "<br>\($1)" })
  }

  private static func proposals(_ t: Texts<AccountReviewText>) -> HTML {
    let lines: [AccountReviewText] = [
      .proposalPrivileged, .proposalVendor, .proposalGeneral, .proposalService, .proposalLeaver,
      .proposalEmergency,
    ]
    return """
      <details><summary>\(t(.proposalsTitle))</summary><p class="small">\(t(.proposalsText))</p>
      <ul class="plain small">\(lines.html { "<li>\(t($0))</li>" })</ul></details>
      """
  }

  // MARK: One subject

  static func subject(
    _ request: WebRequest, _ view: SubjectView, _ typed: FormValues?, _ problem: (any Problem)?
  ) -> Page {
    let t = request.texts(AccountReviewText.self)
    let standing = view.standing
    let title = t(.subjectTitle, name(standing, t))
    let done: AccountReviewText? =
      request.query("saved") != nil ? .planSaved : request.query("discarded") != nil ? .discarded : nil
    let mayEdit = request.may(.accountReviewsEdit)
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/account-reviews">\(t(.title))</a></li></ol><h1>\(title)</h1>
      \(done.map { Components.notice(.good, t($0)) })\(FormErrors.summary(request, [problem].compactMap { $0 }))
      \(Components.facts([
        (t(.nextDue), due(standing.plan, on: request.now.day, t) ?? HTML(t(.noPlan))),
        (t(.state), state(standing, t)),
      ]))
      \(mayEdit ? start(request, standing, problem, t) : nil)
      \(mayEdit ? plan(request, view, typed, problem, t) : nil)
      \(history(view.reviews, t))
      """)
  }

  private static func start(
    _ request: WebRequest, _ standing: ReviewStanding, _ problem: (any Problem)?,
    _ t: Texts<AccountReviewText>
  ) -> HTML {
    let heading: HTML = "<h2 id=\"h-start\">\(t(.startTitle))</h2>"
    if let open = standing.open {
      return """
        <section class="panel stack" data-gap="s" aria-labelledby="h-start">\(heading)<p>\(t(.openText))</p>
        <p><a class="button" data-kind="primary" href="/account-reviews/\(open)">\(t(.continueIt))</a></p></section>
        """
    }
    let action: HTML = "/account-reviews/subjects/\(standing.subject.text)/reviews"
    if standing.subject == .mamorite {
      return """
        <section class="panel stack" data-gap="s" aria-labelledby="h-start">\(heading)<p>\(t(.startOwnText))</p>
        <form method="post" action="\(action)">\(Components.formToken(request))<button class="button" data-kind="primary">\(t(.startOwn))</button></form></section>
        """
    }
    let error = problem?.field == "file" || problem?.field == nil ? problem : nil
    let message = error.map { request.words.problem($0, t.language) }
    let words: HTML? = message.map { "<p class=\"error\" id=\"file-error\">\($0)</p>" }
    return """
      <section class="panel stack" data-gap="s" aria-labelledby="h-start">\(heading)<p>\(t(.startFileText))</p>
      <form class="stack" method="post" enctype="multipart/form-data" action="\(action)">\(Components.formToken(request))
      <div class="field"\("data-state", is: message == nil ? nil : "error")><label for="file">\(t(.file))</label>\(words)<input id="file" name="file" type="file" accept=".xlsx,.xlsm,.csv,.txt,.tsv" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.fileHint))</p></div>
      <p><button class="button" data-kind="primary">\(t(.startFile))</button></p></form></section>
      """
  }

  private static func plan(
    _ request: WebRequest, _ view: SubjectView, _ typed: FormValues?, _ problem: (any Problem)?,
    _ t: Texts<AccountReviewText>
  ) -> HTML {
    let stored = view.standing.plan
    let errors = FormErrors(request, typed == nil ? [] : [problem].compactMap { $0 })
    let months = ReviewPlan.intervals.map { ("\($0)", t(.months, "\($0)")) }
    let first = request.now.day.adding(months: ReviewPlan.proposal)
    let day = typed?["due"] ?? (stored?.nextDueOn ?? first).description
    let people = [("", t(.nobody))] + view.reviewers.map { ($0.id.text, $0.name) }
    let version = typed?["version"] ?? "\(stored?.version ?? 0)"
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-plan"><h2 id="h-plan">\(t(.planTitle))</h2>
      <form class="panel stack" method="post" action="/account-reviews/subjects/\(view.standing.subject.text)/plan" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(version)">
      \(Components.select("interval", t(.interval), options: months, chosen: typed?["interval"] ?? "\(stored?.intervalMonths ?? ReviewPlan.proposal)", hint: t(.intervalHint), error: errors["interval"]))
      \(Components.field("due", t(.nextDue), type: Day(day) == nil ? "text" : "date", value: day, error: errors["due"], required: true))
      \(Components.select("responsible", t(.responsible), options: people, chosen: typed?["responsible"] ?? stored?.responsible?.text ?? "", hint: t(.responsibleHint), error: errors["responsible"]))
      <p><button class="button">\(t(.savePlan))</button></p></form></section>
      """
  }

  private static func history(_ reviews: [AccountReview], _ t: Texts<AccountReviewText>) -> HTML {
    let words = ReviewWords(t.language)
    let items = reviews.html { review in
      "<li><a href=\"/account-reviews/\(review.id)\">\(t(.startedOn, t.language.date(review.startedAt.day), review.startedBy))</a><br><span class=\"soft\">\(words.standing(review))</span></li>"
    }
    let list: HTML =
      reviews.isEmpty ? "<p>\(t(.noReviews))</p>" : "<ul class=\"history\" role=\"list\">\(items)</ul>"
    return
      "<section class=\"stack\" data-gap=\"s\" aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.history))</h2>\(list)</section>"
  }

  static func discard(_ request: WebRequest, _ review: AccountReview) -> Page {
    let t = request.texts(AccountReviewText.self)
    let title = t(.discardTitle, AccountReviews.name(review.subjectName, t.language))
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/account-reviews/\(review.id)">\(ReviewWords(t.language).title(review))</a></li></ol><h1>\(title)</h1>
      <p>\(t(.discardText))</p>
      <form class="panel stack" method="post" action="/account-reviews/\(review.id)/removal">\(Components.formToken(request))
      <div class="cluster apart"><a href="/account-reviews/\(review.id)">\(t(.back))</a><button class="button" data-kind="danger">\(t(.discardButton))</button></div></form>
      """)
  }
}
