import Kernel
import Web

/// The accounts of one review, and the same decision for many of them.
enum ReviewListPages {
  static func page(_ request: WebRequest, _ view: ReviewView, _ problem: (any Problem)?) -> Page {
    let words = ReviewWords(request.language)
    let t = words.t
    let review = view.review
    let subject = AccountReviews.name(review.subjectName, t.language)
    return Page(
      words.title(review), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/account-reviews">\(t(.title))</a></li><li><a href="/account-reviews/subjects/\(review.subject.text)">\(subject)</a></li></ol>
      <div class="page-head"><h1>\(words.title(review))</h1>\(primary(request, view, t))</div>
      \(done(request, view, t))\(FormErrors.summary(request, [problem].compactMap { $0 }))
      <p>\(words.standing(review))\(review.file.isEmpty ? nil : " ・ \(t(.fromFile, review.file))" as HTML)</p>
      \(figures(view, t))
      \(refused(review, words))
      \(filters(view, words))
      \(table(request, view, words))
      \(foot(request, review, t))
      """)
  }

  private static func primary(_ request: WebRequest, _ view: ReviewView, _ t: Texts<AccountReviewText>)
    -> HTML?
  {
    let id = view.review.id
    if view.review.state == .signed {
      return
        "<a class=\"button\" data-kind=\"primary\" href=\"/account-reviews/\(id)/print\">\(t(.toPrint))</a>"
    }
    if let next = view.next, request.may(.accountReviewsEdit) {
      return
        "<a class=\"button\" data-kind=\"primary\" href=\"/account-reviews/\(id)/accounts/\(next)\">\(t(.decideOneByOne))</a>"
    }
    guard view.tally.isSignable, request.may(.accountReviewsSign) else { return nil }
    return
      "<a class=\"button\" data-kind=\"primary\" href=\"/account-reviews/\(id)/signature\">\(t(.toSignature))</a>"
  }

  private static func done(_ request: WebRequest, _ view: ReviewView, _ t: Texts<AccountReviewText>) -> HTML?
  {
    if request.query("started") != nil {
      return Components.notice(.good, t(.started, t.language.number(view.tally.all)))
    }
    if let count = request.query("changed").flatMap({ Int($0) }) {
      return Components.notice(.good, t(.changed, t.language.number(count)))
    }
    if request.query("decided") != nil, view.next == nil, view.review.state == .open {
      return Components.notice(.good, t(.allDecided), "<p>\(t(.allDecidedText))</p>")
    }
    return request.query("done") == nil ? nil : Components.notice(.good, t(.doneNoted))
  }

  private static func figures(_ view: ReviewView, _ t: Texts<AccountReviewText>) -> HTML {
    let tally = view.tally
    let id = view.review.id
    func value(_ number: Int, _ show: ReviewFilter.Show) -> HTML {
      "<a href=\"/account-reviews/\(id)?show=\(show.rawValue)\">\(t(.count, t.language.number(number)))</a>"
    }
    let open = tally.openChanges + tally.openRemovals
    var figures: [(mark: String?, name: HTML, value: HTML)] = [
      (nil, HTML(t(.showAll)), value(tally.all, .all)),
      (tally.attention > 0 ? "partly" : "done", HTML(t(.showAttention)), value(tally.attention, .attention)),
      (
        tally.undecided > 0 ? "unanswered" : "done", HTML(t(.showUndecided)),
        value(tally.undecided, .undecided)
      ),
      (nil, HTML(t(.keep)), value(tally.keep, .keep)), (nil, HTML(t(.change)), value(tally.change, .change)),
      (nil, HTML(t(.remove)), value(tally.remove, .remove)),
    ]
    if view.review.state == .signed {
      figures.append((open > 0 ? "undone" : "done", HTML(t(.showOpen)), value(open, .open)))
    }
    return Components.figures(figures)
  }

  private static func refused(_ review: AccountReview, _ words: ReviewWords) -> HTML? {
    guard !review.refused.isEmpty else { return nil }
    let t = words.t
    let lines = review.refused.prefix(50).html {
      "<li>\(t(.refusedLine, "\($0.row)", $0.text, words.refusal($0.reason)))</li>"
    }
    return Components.notice(
      .warn, t(.refusedTitle, t.language.number(review.refused.count)),
      "<p>\(t(.refusedText))</p><details><summary>\(t(.refusedShow))</summary><ul class=\"plain small\">\(lines)</ul></details>"
    )
  }

  private static func filters(_ view: ReviewView, _ words: ReviewWords) -> HTML {
    let t = words.t
    var shows = ReviewFilter.Show.allCases.map { ($0.rawValue, words.show($0)) }
    if view.review.state == .open { shows.removeAll { $0.0 == ReviewFilter.Show.open.rawValue } }
    let findings = [("", t(.anyFinding))] + AccountFinding.allCases.map { ($0.rawValue, words.finding($0)) }
    return """
      <form class="filters" action="/account-reviews/\(view.review.id)" role="search" aria-label="\(t(.searchLabel))">
      <div class="field grow"><label for="q">\(t(.search))</label><input id="q" type="search" name="q" value="\(view.filter.search)" data-search></div>
      \(Components.select("show", t(.show), options: shows, chosen: view.filter.show.rawValue))
      \(Components.select("finding", t(.finding), options: findings, chosen: view.filter.finding?.rawValue ?? ""))
      <button class="button">\(t(.find))</button></form>
      """
  }

  // MARK: The table

  private static func table(_ request: WebRequest, _ view: ReviewView, _ words: ReviewWords) -> HTML {
    let t = words.t
    let id = view.review.id
    if view.rows.isEmpty {
      return Components.empty(
        t(.nothingFound), t(.nothingFoundText),
        "<a class=\"button\" href=\"/account-reviews/\(id)\">\(t(.showAllLink))</a>")
    }
    let decides = view.review.state == .open && request.may(.accountReviewsEdit)
    let select: HTML? =
      decides
      ? "<th scope=\"col\"><input type=\"checkbox\" aria-label=\"\(t(.selectAll))\" hidden><span class=\"visually-hidden\">\(t(.choose))</span></th>"
      : nil
    let heads: [AccountReviewText] = [.account, .holder, .role, .lastUsed, .factor, .finding, .decision]
    let table: HTML = """
      <div class="scroll" tabindex="0" role="region" aria-label="\(words.title(view.review))"><table class="table" data-narrow="cards">
      <caption class="visually-hidden">\(words.title(view.review))</caption>
      <thead><tr>\(select)\(heads.html { "<th scope=\"col\">\(t($0))</th>" })</tr></thead>
      <tbody>\(view.rows.html { row($0, view.review, decides, words) })</tbody></table></div>
      """
    let pager = Components.pager(
      view.listing, total: view.total, path: "/account-reviews/\(id)", keeping: view.filter.parts,
      request.texts(WebText.self))
    guard decides else { return "\(table)\(pager)" }
    let options =
      [("", t(.chooseDecision))] + AccountDecision.allCases.map { ($0.rawValue, words.decision($0)) }
    let all: HTML? =
      view.total > view.rows.count
      ? "<label class=\"cluster\"><input type=\"checkbox\" name=\"all\" value=\"1\"> \(t(.bulkAll, t.language.number(view.total)))</label>"
      : nil
    let kept = view.filter.parts.html {
      "<input type=\"hidden\" name=\"in-\($0.name)\" value=\"\($0.value)\">"
    }
    return """
      <form data-bulk action="/account-reviews/\(id)/changes/preview" method="post" class="stack">
      \(Components.formToken(request))\(kept)\(table)
      <div class="bulk"><strong><span data-count role="status">0</span> \(t(.chosen))</strong> \(Components.select("bulk-decision", named: "decision", t(.bulkDecision), options: options, chosen: ""))
      <div class="field"><label for="bulk-remark">\(t(.remark))</label><input id="bulk-remark" name="remark" maxlength="500"></div>
      \(all)<button class="button">\(t(.bulkPreview))</button></div></form>
      \(pager)
      """
  }

  private static func row(
    _ row: ReviewRow, _ review: AccountReview, _ decides: Bool, _ words: ReviewWords
  ) -> HTML {
    let t = words.t
    let check: HTML? =
      decides
      ? "<td><input type=\"checkbox\" name=\"number\" value=\"\(row.number)\" aria-label=\"\(t(.select, row.account))\"></td>"
      : nil
    let holder = [row.name, row.department].filter { !$0.isEmpty }.joined(separator: " ・ ")
    return """
      <tr>\(check)<th scope="row" data-label="\(t(.account))"><span><a href="/account-reviews/\(review.id)/accounts/\(row.number)">\(row.account)</a>\(words.tags(row))</span></th>
      <td data-label="\(t(.holder))">\(holder)</td><td data-label="\(t(.role))">\(words.role(row, of: review))</td>
      <td data-label="\(t(.lastUsed))">\(words.lastUse(row))</td><td data-label="\(t(.factor))">\(words.factor(row))</td>
      <td data-label="\(t(.finding))">\(findings(row, words))</td><td data-label="\(t(.decision))"><span>\(words.decided(row, in: review))</span></td></tr>
      """
  }

  static func findings(_ row: ReviewRow, _ words: ReviewWords) -> HTML {
    if row.findings.isEmpty { return "<span class=\"soft\">\(words.t(.none))</span>" }
    let parts = row.findings.enumerated().map { index, finding -> HTML in
      let word =
        words.isMild(finding)
        ? Components.tag(words.finding(finding), .info) : Components.finding(words.finding(finding))
      return index == 0 ? word : "<br>\(word)"
    }
    return "<span>\(HTML(joining: parts))</span>"
  }

  private static func foot(_ request: WebRequest, _ review: AccountReview, _ t: Texts<AccountReviewText>)
    -> HTML
  {
    let discard: HTML? =
      review.state == .open && request.may(.accountReviewsEdit)
      ? "<a href=\"/account-reviews/\(review.id)/removal\">\(t(.discardLink))</a>" : nil
    return """
      <p class="cluster small"><a href="/account-reviews/\(review.id)/export.xlsx">\(t(.excel))</a> <a href="/account-reviews/\(review.id)/export.csv">\(t(.csv))</a> \(discard)</p>
      """
  }

  // MARK: Many at once

  static func preview(_ request: WebRequest, _ review: AccountReview, _ wish: BulkDecision, _ shown: BulkRows)
    -> Page
  {
    let words = ReviewWords(request.language)
    let t = words.t
    let number = t.language.number(shown.all)
    let decision = AccountDecision(rawValue: wish.decision).map(words.decision) ?? ""
    let title = t(.bulkTitle, number, decision)
    let kept: HTML
    switch wish.chosen {
    case .numbers(let numbers):
      kept = numbers.html { "<input type=\"hidden\" name=\"number\" value=\"\($0)\">" }
    case .filter(let filter):
      kept =
        "<input type=\"hidden\" name=\"all\" value=\"1\">\(filter.parts.html { "<input type=\"hidden\" name=\"in-\($0.name)\" value=\"\($0.value)\">" })"
    }
    let again: HTML? =
      shown.decided == 0
      ? nil : "<p>\(Components.finding(t(.bulkAgain, t.language.number(shown.decided))))</p>"
    let remark: HTML? = wish.remark.isEmpty ? nil : "<p>\(t(.remark)): \(wish.remark)</p>"
    let more: HTML? =
      shown.all > shown.rows.count
      ? "<p class=\"small\">\(t(.bulkMore, number, "\(shown.rows.count)"))</p>" : nil
    let rows = shown.rows.html { row in
      """
      <tr><th scope="row" data-label="\(t(.account))">\(row.account)</th><td data-label="\(t(.holder))">\(row.name)</td>
      <td data-label="\(t(.finding))">\(findings(row, words))</td><td data-label="\(t(.before))">\(words.decided(row, in: review))</td><td data-label="\(t(.after))"><strong>\(decision)</strong></td></tr>
      """
    }
    let heads: [AccountReviewText] = [.account, .holder, .finding, .before, .after]
    return Page(
      title, menu: "registers",
      """
      <h1>\(title)</h1><p>\(t(.bulkLead))</p>\(remark)\(again)
      <form method="post" action="/account-reviews/\(review.id)/changes">\(Components.formToken(request))
      <input type="hidden" name="revision" value="\(review.revision)"><input type="hidden" name="decision" value="\(wish.decision)"><input type="hidden" name="remark" value="\(wish.remark)">\(kept)
      <p class="cluster"><button class="button" data-kind="primary">\(t(.bulkApply, number, decision))</button> <a href="/account-reviews/\(review.id)">\(t(.back))</a></p></form>
      \(more)<table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr>\(heads.html { "<th scope=\"col\">\(t($0))</th>" })</tr></thead><tbody>\(rows)</tbody></table>
      """)
  }
}
