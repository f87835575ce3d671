import Foundation
import Kernel
import Storage
import Web

/// One account of a review: why it needs a look, what is decided, and what is then to be done.
enum ReviewRowPage {
  static func page(
    _ request: WebRequest, _ review: AccountReview, _ row: ReviewRow, _ tally: ReviewTally,
    _ history: [LedgerEntry], _ typed: FormValues?, _ problem: ReviewRefusal?
  ) -> Page {
    let words = ReviewWords(request.language)
    let t = words.t
    let back: HTML = "/account-reviews/\(review.id)"
    let decided: HTML? =
      request.query("decided") == nil
      ? nil
      : Components.notice(.good, t(.decidedOne), "<p>\(t(.left, t.language.number(tally.undecided)))</p>")
    let decides = review.state == .open && request.may(.accountReviewsEdit)
    return Page(
      row.account, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/account-reviews">\(t(.title))</a></li><li><a href="\(back)">\(words.title(review))</a></li></ol>
      \(decided)<h1>\(row.account) <span class="soft">\(row.name)</span></h1>\(FormErrors.summary(request, [problem].compactMap { $0 }))
      \(reasons(row, words))
      \(decides ? form(request, review, row, typed, problem, words) : standing(request, review, row, typed, problem, words))
      \(Components.facts(facts(row, review, words)))
      \(self.history(history, words))
      """)
  }

  private static func reasons(_ row: ReviewRow, _ words: ReviewWords) -> HTML? {
    guard !row.findings.isEmpty else { return nil }
    let items = row.findings.html { finding -> HTML in
      "<li>\(words.isMild(finding) ? Components.tag(words.finding(finding), .info) : Components.finding(words.finding(finding)))<br>\(words.advice(finding))</li>"
    }
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-why"><h2 id="h-why">\(words.t(.reasonsTitle))</h2><ul class="plain">\(items)</ul></section>
      """
  }

  private static func facts(_ row: ReviewRow, _ review: AccountReview, _ words: ReviewWords) -> [(
    String, HTML
  )] {
    let t = words.t
    func day(_ day: Day?) -> HTML { day.map { t.language.timeTag($0, short: false) } ?? HTML(t(.unknown)) }
    let holder: HTML =
      row.holder.map { "<a href=\"/registers/people/\($0)\">\(row.name)</a>" } ?? HTML(row.name)
    return [
      (t(.holder), holder), (t(.department), HTML(row.department)),
      (t(.role), HTML(words.role(row, of: review))),
      (t(.kind), HTML(words.kind(row.kind))), (t(.enabled), HTML(words.enabled(row))),
      (t(.lastUsed), words.lastUse(row)), (t(.factor), HTML(words.factor(row))),
      (t(.added), day(row.addedOn)),
    ]
  }

  private static func form(
    _ request: WebRequest, _ review: AccountReview, _ row: ReviewRow, _ typed: FormValues?,
    _ problem: ReviewRefusal?, _ words: ReviewWords
  ) -> HTML {
    let t = words.t
    let errors = FormErrors(request, [problem].compactMap { $0 })
    let options = AccountDecision.allCases.map { (value: $0.rawValue, label: HTML(words.choice($0))) }
    return """
      <form class="panel stack" method="post" action="/account-reviews/\(review.id)/accounts/\(row.number)/decision" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(typed?["version"] ?? "\(row.version)")">
      \(Components.choices("decision", t(.decisionAsk), options: options, chosen: typed?["decision"] ?? row.decision?.rawValue, tall: true, error: errors["decision"]))
      \(Components.field("remark", t(.remark), value: typed?["remark"] ?? row.remark, hint: t(.remarkHint), error: errors["remark"]))
      <div class="cluster apart"><a href="/account-reviews/\(review.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.decideNext))</button></div></form>
      """
  }

  /// What was decided, and for a signed review what is still to be done.
  private static func standing(
    _ request: WebRequest, _ review: AccountReview, _ row: ReviewRow, _ typed: FormValues?,
    _ problem: ReviewRefusal?, _ words: ReviewWords
  ) -> HTML {
    let t = words.t
    let remark: HTML? = row.remark.isEmpty ? nil : "<p>\(t(.remark)): \(row.remark)</p>"
    let by: HTML? =
      row.decidedAt.map { "<p class=\"small soft\">\(t.language.timeTag($0)) \(row.decidedBy)</p>" }
    return """
      <section class="panel stack" data-gap="s" aria-labelledby="h-decision"><h2 id="h-decision">\(t(.decision))</h2>
      <p>\(words.decided(row, in: review))</p>\(remark)\(by)\(toDo(request, review, row, typed, problem, words))</section>
      """
  }

  private static func toDo(
    _ request: WebRequest, _ review: AccountReview, _ row: ReviewRow, _ typed: FormValues?,
    _ problem: ReviewRefusal?, _ words: ReviewWords
  ) -> HTML? {
    let t = words.t
    guard review.state == .signed, row.isOpenPoint else { return nil }
    let own = review.subject == .mamorite
    let link: HTML? =
      own ? row.holder.map { "<p><a href=\"/people/\($0)/access\">\(t(.toPerson, row.name))</a></p>" } : nil
    let text = own ? (row.decision == .remove ? t(.doOwnRemove) : t(.doOwnChange)) : t(.doOther)
    guard request.may(.accountReviewsEdit), !(own && row.decision == .remove) else {
      return "<p>\(text)</p>\(link)"
    }
    let errors = FormErrors(request, [problem].compactMap { $0 })
    let day = typed?["day"] ?? request.now.day.description
    return """
      <p>\(text)</p>\(link)
      <form class="stack" method="post" action="/account-reviews/\(review.id)/accounts/\(row.number)/completion" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(row.version)">
      \(Components.field("day", t(.doneDay), type: Day(day) == nil ? "text" : "date", value: day, error: errors["day"], required: true, max: request.now.day.description))
      <p><button class="button" data-kind="primary">\(t(.markDone))</button></p></form>
      """
  }

  private static func history(_ entries: [LedgerEntry], _ words: ReviewWords) -> HTML? {
    guard !entries.isEmpty else { return nil }
    let t = words.t
    let items = entries.html { entry -> HTML in
      let fields = entry.after.flatMap { text in
        // An entry of another shape shows only who and when.
        try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
      }
      let decision = fields?["decided"].flatMap(AccountDecision.init).map(words.decision) ?? ""
      let done = fields?["doneOn"].flatMap { Day($0) }.map { t(.doneOn, t.language.date($0)) } ?? ""
      return
        "<li>\(decision) \(done) \(fields?["remark"] ?? "")<br><span class=\"soft\">\(t.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return
      "<section class=\"stack\" data-gap=\"s\" aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.rowHistory))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }
}
