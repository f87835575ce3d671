import Kernel
import Web

/// Signing a review, and the sheet of paper that it becomes.
enum ReviewSheetPages {
  /// So many open points are listed at sign-off; all of them stand in the review.
  static let mostOpen = 200

  static func signature(
    _ request: WebRequest, _ review: AccountReview, _ tally: ReviewTally, _ open: [ReviewRow]
  ) -> Page {
    let words = ReviewWords(request.language)
    let t = words.t
    let number = t.language.number
    let title = t(.signTitle, AccountReviews.name(review.subjectName, t.language))
    let back: HTML = "/account-reviews/\(review.id)"
    let refused: HTML? =
      review.refused.isEmpty
      ? nil
      : Components.notice(.warn, t(.refusedTitle, number(review.refused.count)), "<p>\(t(.refusedText))</p>")
    guard tally.isSignable else {
      return Page(
        title, menu: "registers", narrow: true,
        """
        <ol class="crumbs"><li><a href="\(back)">\(words.title(review))</a></li></ol><h1>\(title)</h1>
        \(Components.notice(.bad, t(.notSignable, number(tally.undecided)), "<p>\(t(.notSignableText))</p>"))
        <p><a class="button" data-kind="primary" href="\(back)?show=undecided">\(t(.showUndecidedLink))</a></p>
        """)
    }
    let points: HTML =
      open.isEmpty
      ? "<p>\(t(.nothingOpen))</p>"
      : """
      <p>\(t(.openAtSigning, number(tally.openChanges + tally.openRemovals)))</p>
      <ul class="plain">\(open.html { "<li>\(words.decided($0, in: review)) \($0.account) <span class=\"soft\">\($0.name)</span></li>" })</ul>
      """
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="\(back)">\(words.title(review))</a></li></ol><h1>\(title)</h1>
      <p>\(t(.signText))</p>\(refused)
      \(Components.facts([
        (t(.showAll), HTML(t(.count, number(tally.all)))), (t(.keep), HTML(t(.count, number(tally.keep)))),
        (t(.change), HTML(t(.count, number(tally.change)))), (t(.remove), HTML(t(.count, number(tally.remove)))),
      ]))
      <section class="stack" data-gap="s" aria-labelledby="h-open"><h2 id="h-open">\(t(.openTitle))</h2>\(points)</section>
      <form class="panel stack" method="post" action="/account-reviews/\(review.id)/signature">\(Components.formToken(request))
      <input type="hidden" name="revision" value="\(review.revision)">
      <div class="cluster apart"><a href="\(back)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.signButton))</button></div></form>
      """)
  }

  /// The whole review on paper. A signed one is compared with its fingerprint each time.
  static func print(_ request: WebRequest, _ review: AccountReview, _ rows: [ReviewRow]) -> Page {
    let words = ReviewWords(request.language)
    let t = words.t
    let number = t.language.number
    let done: HTML? =
      request.query("signed") == nil
      ? nil : Components.notice(.good, t(.signedNow), "<p>\(t(.signedNowText))</p>")
    var counts: [AccountDecision: Int] = [:]
    for row in rows { if let decision = row.decision { counts[decision, default: 0] += 1 } }
    let open = rows.count(where: \.isOpenPoint)
    return Page(
      words.title(review), menu: "registers",
      """
      <ol class="crumbs screen-only"><li><a href="/account-reviews/\(review.id)">\(words.title(review))</a></li></ol>\(done)\(seal(review, rows, t))
      <p class="cluster small screen-only"><a href="/account-reviews/\(review.id)/export.xlsx">\(t(.excel))</a> <a href="/account-reviews/\(review.id)/export.csv">\(t(.csv))</a> <span class="soft">\(t(.printHint))</span></p>
      <article class="sheet"><header class="sheet-head"><h1>\(words.title(review))</h1><p>\(request.visitor?.facilityName ?? "") ・ \(words.standing(review))</p></header>
      \(Components.facts([
        (t(.showAll), HTML(t(.count, number(rows.count)))),
        (t(.decision), HTML(t(.sheetCounts, number(counts[.keep] ?? 0), number(counts[.change] ?? 0), number(counts[.remove] ?? 0)))),
        (t(.showOpen), HTML(t(.count, number(open)))),
      ] + (review.file.isEmpty ? [] : [(t(.file), HTML(review.file))])))
      \(table(review, rows, words))
      <footer class="sheet-foot small"><span>\(words.standing(review))</span>\(foot(review, request, t))</footer></article>
      """)
  }

  private static func foot(_ review: AccountReview, _ request: WebRequest, _ t: Texts<AccountReviewText>)
    -> HTML
  {
    let ledger = request.visitor?.fingerprint ?? ""
    let own: HTML? =
      review.state == .signed
      ? "<span>\(t(.ownPrint)) <span class=\"fixed\">\(String(review.fingerprint.prefix(16)))</span></span>"
      : nil
    return "\(own)<span>\(t(.ledgerPrint)) <span class=\"fixed\">\(ledger)</span></span>"
  }

  /// A warning when what is stored is not what was signed.
  private static func seal(_ review: AccountReview, _ rows: [ReviewRow], _ t: Texts<AccountReviewText>)
    -> HTML?
  {
    guard let signedAt = review.signedAt else {
      return Components.notice(.info, t(.draftTitle), "<p>\(t(.draftText))</p>")
    }
    var print = ReviewFingerprint(
      subject: review.subject.text, startedAt: review.startedAt, signedAt: signedAt, signedBy: review.signedBy
    )
    for row in rows { print.add(row) }
    return print.text == review.fingerprint
      ? nil : Components.notice(.bad, t(.brokenTitle), "<p>\(t(.brokenText))</p>")
  }

  private static func table(_ review: AccountReview, _ rows: [ReviewRow], _ words: ReviewWords) -> HTML {
    let t = words.t
    let heads: [AccountReviewText] = [.account, .holder, .role, .lastUsed, .finding, .decision, .remark]
    let body = rows.html { row -> HTML in
      let holder = [row.name, row.department].filter { !$0.isEmpty }.joined(separator: " ・ ")
      let findings = row.findings.map(words.finding).joined(separator: t.language == .ja ? "、" : ", ")
      return """
        <tr><th scope="row" data-label="\(t(.account))">\(row.account)\(words.tags(row))</th><td data-label="\(t(.holder))">\(holder)</td><td data-label="\(t(.role))">\(words.role(row, of: review))</td><td data-label="\(t(.lastUsed))">\(words.lastUse(row))</td><td data-label="\(t(.finding))">\(findings)</td><td data-label="\(t(.decision))"><span>\(words.decided(row, in: review))</span></td><td data-label="\(t(.remark))">\(row.remark)</td></tr>

        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(words.title(review))</caption>
      <thead><tr>\(heads.html { "<th scope=\"col\">\(t($0))</th>" })</tr></thead><tbody>\(body)</tbody></table>
      """
  }
}
