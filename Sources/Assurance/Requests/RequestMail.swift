import Kernel
import Mail
import Registers
import Storage
import Web

extension RequestRoutes {
  /// Letters by mail, in the words of the person who sends them.
  func poster(_ request: WebRequest) -> Requests.Post {
    let (text, language, person, mailer) = (text(request), request.language, request.person, mailer)
    return { letter, to, tx in
      let asked = letter.request
      let body = text.body(
        asked, link: text.link(letter.token), expiresOn: letter.expiresOn, hasPin: letter.pin != nil, language
      )
      try mailer.post(
        OutgoingMail(
          to: to, subject: text.subject(asked, language), body: body, about: asked.subject, postedBy: person),
        tx)
    }
  }

  /// Reminding a vendor by mail, on a page of its own.
  func mail(_ routes: inout Routes) {
    routes.get("requests/:id/mail", needs: .requestsEdit) { request, scope in
      .page(try await mailPage(request, scope, problem: nil))
    }
    routes.post("requests/:id/mail", needs: .requestsEdit) { request, scope in
      let id: SheetRequest.ID = try request.id()
      let (text, language, person, mailer) = (
        text(request), request.language, request.person, mailer
      )
      do {
        try await Requests.remind(id, in: scope) { asked, to, first, tx in
          try mailer.post(
            OutgoingMail(
              to: to, subject: text.subject(asked, language),
              body: text.reminder(asked, on: tx.scope.now.day, language), about: asked.subject,
              postedBy: person, repliesTo: first), tx)
        }
      } catch let problem as SheetRequest.Refusal where problem.kind == .invalid {
        return .page(try await mailPage(request, scope, problem: problem), status: 422)
      }
      return .redirect(to: "/requests/\(id)/mail?done=1")
    }
  }

  private func mailPage(
    _ request: WebRequest, _ scope: Scope, problem: SheetRequest.Refusal?
  ) async throws -> Page {
    let id: SheetRequest.ID = try request.id()
    let shown = try await scope.read { tx -> RequestMailPage.Shown in
      guard let asked = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      return RequestMailPage.Shown(
        asked: asked, hasServer: try tx.hasMailServer(),
        to: try tx.vendorNames().first { $0.id == asked.vendor }?.address,
        mails: try tx.mails(about: asked.subject))
    }
    return RequestMailPage.page(request, shown, text(request), problem: problem)
  }
}

extension Requests {
  /// Writes a reminder to the vendor of a request that waits for answers.
  ///
  /// - Parameter post: given the request, the address, and the first message about it, to which the reminder is a reply: the
  ///   link stands there alone.
  /// - Throws: `.nothingToRemind`, `.noMailServer`, `.noMailAddress`.
  static func remind(
    _ id: SheetRequest.ID, in scope: Scope,
    _ post: @escaping @Sendable (SheetRequest, MailAddress, Mails.MailID?, WriteTx) throws -> Void
  ) async throws {
    try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      guard request.isWaiting else { throw SheetRequest.Refusal.nothingToRemind }
      let to = try mailAddress(of: request, tx)
      let first = try tx.mails(about: request.subject).last { $0.state == .sent && $0.to == to.text }
      try post(request, to, first?.id, tx)
    }
  }
}

extension LetterText {
  /// What stands above a mail.
  func subject(_ request: SheetRequest, _ language: Language) -> String {
    Texts<RequestText>(language)(.mailSubject, facility, title(request, language))
  }
}

/// Reminding by mail, and what has been sent about a request.
enum RequestMailPage {
  struct Shown: Sendable {
    let asked: SheetRequest
    let hasServer: Bool
    let to: MailAddress?
    let mails: [ListedMail]
  }

  static func page(
    _ request: WebRequest, _ shown: Shown, _ text: LetterText, problem: SheetRequest.Refusal?
  ) -> Page {
    let t = request.texts(RequestText.self)
    let asked = shown.asked
    let trouble: HTML? = problem.map {
      Components.notice(.bad, request.words.problem($0, request.language))
    }
    let done: HTML? =
      request.query("done") == "1"
      ? Components.notice(.good, t(.mailDone), "<p>\(t(.mailDoneText))</p>") : nil
    return Page(
      t(.mailTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li><li><a href="/requests/\(asked.id)">\(asked.vendorName) \(text.title(asked, request.language))</a></li></ol>
      <h1>\(t(.mailTitle))</h1>\(trouble)\(done)\(form(request, shown, text, t))\(sent(request, shown.mails, t))
      """)
  }

  private static func form(
    _ request: WebRequest, _ shown: Shown, _ text: LetterText, _ t: Texts<RequestText>
  ) -> HTML {
    let asked = shown.asked
    guard asked.isWaiting else { return "<p>\(t(.mailNotWaiting))</p>" }
    guard shown.hasServer else {
      let go: HTML? =
        request.may(.mailEdit)
        ? "<a class=\"button\" data-kind=\"primary\" href=\"/mail\">\(t(.mailSetServer))</a>" : nil
      return Components.empty(t(.mailNoServer), t(.mailNoServerText), go)
    }
    guard let to = shown.to else {
      return Components.empty(
        t(.mailNoAddress), t(.mailNoAddressText),
        "<a class=\"button\" data-kind=\"primary\" href=\"/registers/vendors/\(asked.vendor)/change\">\(t(.mailAddAddress))</a>"
      )
    }
    let facts: [(String, HTML)] = [
      (t(.mailTo), HTML(to.text)), (t(.mailSubjectLabel), HTML(text.subject(asked, request.language))),
    ]
    return """
      <form class="panel stack" method="post" action="/requests/\(asked.id)/mail">\(Components.formToken(request))
      <p>\(t(.mailLead))</p>\(Components.facts(facts))
      <div class="letter-body"><div class="stack">\(WizardPages.paragraphs(text.reminder(asked, on: request.now.day, request.language)))</div></div>
      <p><button class="button" data-kind="primary">\(t(.mailSend))</button></p></form>
      """
  }

  private static func sent(_ request: WebRequest, _ mails: [ListedMail], _ t: Texts<RequestText>) -> HTML? {
    guard !mails.isEmpty else { return nil }
    let rows = mails.html { mail in
      "<li>\(mail.to) <span class=\"soft\">\(request.language.timeTag(mail.writtenAt))</span> \(MailPages.state(request, mail))</li>"
    }
    return
      "<section aria-labelledby=\"h-mails\"><h2 id=\"h-mails\">\(t(.mailHistory))</h2><ul class=\"plain\">\(rows)</ul></section>"
  }
}
