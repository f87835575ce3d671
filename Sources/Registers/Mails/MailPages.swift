import Kernel
import Mail
public import Web

/// The page of the mail server, and what was sent by it.
public enum MailPages {
  struct Shown {
    let setting: MailSetting?
    let mails: [ListedMail]
    /// What was typed and refused.
    let draft: ServerDraft?
    let problem: (any Problem)?
    let tested: String?
  }

  static func page(_ request: WebRequest, _ shown: Shown) -> Page {
    let t = request.texts(MailText.self)
    let mayEdit = request.may(.mailEdit)
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>\(RegisterTabs.tabs(request, current: "mail"))
      \(outcome(request, shown, t))
      <p>\(t(.lead))</p>
      <div class="columns">\(mayEdit ? form(request, shown, t) : facts(shown.setting, t))
      \(mayEdit && shown.setting != nil ? test(request, shown, t) : nil)</div>
      <section class="stack" aria-labelledby="h-sent"><h2 id="h-sent">\(t(.sentTitle))</h2>
      \(shown.mails.isEmpty ? Components.empty(t(.nothingSent), t(.nothingSentText)) : list(request, shown.mails, t))</section>
      """)
  }

  private static func outcome(_ request: WebRequest, _ shown: Shown, _ t: Texts<MailText>) -> HTML? {
    if let problem = shown.problem {
      if shown.tested != nil && problem.kind != .invalid {
        return Components.notice(
          .bad, t(.testFailed), "<p>\(request.words.problem(problem, request.language))</p>")
      }
      return FormErrors.summary(request, [problem])
    }
    if let tested = shown.tested {
      return Components.notice(.good, t(.testSent, tested), "<p>\(t(.testSentText))</p>")
    }
    return switch request.query("done") {
    case "saved": Components.notice(.good, t(.saved), "<p>\(t(.savedText))</p>")
    case "removed": Components.notice(.good, t(.removed))
    default: nil
    }
  }

  private static func facts(_ setting: MailSetting?, _ t: Texts<MailText>) -> HTML {
    guard let setting else { return "<p>\(t(.noneSet))</p>" }
    return Components.facts([
      (t(.host), "\(setting.host):\(setting.port)"),
      (t(.security), HTML(t(MailText.security(setting.security)))),
      (t(.sender), "\(setting.senderName) \(setting.sender.text)"),
    ])
  }

  private static func form(_ request: WebRequest, _ shown: Shown, _ t: Texts<MailText>) -> HTML {
    let draft = shown.draft ?? shown.setting.map(ServerDraft.init) ?? ServerDraft()
    let errors = FormErrors(request, shown.draft == nil ? [] : [shown.problem].compactMap(\.self))
    let options = MailServer.Security.allCases.map { ($0.rawValue, t(MailText.security($0))) }
    let kept: MailText = shown.setting?.secret == nil ? .passwordHint : .passwordKept
    let removal: HTML? = shown.setting.map { setting in
      """
      <form method="post" action="/mail/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(setting.version)">
      <p class="small">\(t(.removeText)) <button class="button" data-size="s">\(t(.remove))</button></p></form>
      """
    }
    return """
      <section class="panel stack" aria-labelledby="h-server"><h2 id="h-server">\(t(.serverTitle))</h2>
      <form class="stack" method="post" action="/mail" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(draft.version)">
      \(Components.field("host", t(.host), value: draft.host, hint: t(.hostHint), error: errors["host"], required: true, autocomplete: "off"))
      \(Components.select("security", t(.security), options: options, chosen: draft.security, hint: t(.securityHint), error: errors["security"]))
      \(Components.field("port", t(.port), value: draft.port, hint: t(.portHint), error: errors["port"], required: true, autocomplete: "off", inputmode: "numeric"))
      \(Components.field("login", t(.login), value: draft.login, hint: t(.loginHint), autocomplete: "off"))
      \(Components.field("password", t(.password), type: "password", hint: t(kept), error: errors["password"], autocomplete: "new-password"))
      \(Components.field("sender", t(.sender), type: "email", value: draft.sender, hint: t(.senderHint), error: errors["sender"], required: true, autocomplete: "off"))
      \(Components.field("sender-name", t(.senderName), value: draft.senderName.isEmpty && shown.setting == nil ? request.visitor?.facilityName ?? "" : draft.senderName, autocomplete: "off"))
      <p><button class="button"\("data-kind", is: shown.setting == nil || shown.draft != nil ? "primary" : nil)>\(t(.save))</button></p></form>\(removal)</section>
      """
  }

  private static func test(_ request: WebRequest, _ shown: Shown, _ t: Texts<MailText>) -> HTML {
    let error = shown.tested == nil ? nil : FormErrors(request, [shown.problem].compactMap(\.self))["to"]
    return """
      <section class="panel stack" aria-labelledby="h-test"><h2 id="h-test">\(t(.testTitle))</h2><p>\(t(.testLead))</p>
      <form class="stack" method="post" action="/mail/test" novalidate>\(Components.formToken(request))
      \(Components.field("to", t(.testTo), type: "email", value: shown.tested ?? "", error: error, required: true, autocomplete: "email"))
      <p><button class="button"\("data-kind", is: shown.draft == nil ? "primary" : nil)>\(t(.testSend))</button></p></form></section>
      """
  }

  // MARK: What was sent

  private static func list(_ request: WebRequest, _ mails: [ListedMail], _ t: Texts<MailText>) -> HTML {
    let rows = mails.html { mail in
      """
      <tr><th scope="row" data-label="\(t(.to))">\(mail.to)</th><td data-label="\(t(.subject))">\(about(request, mail))</td>
      <td data-label="\(t(.written))">\(request.language.timeTag(mail.writtenAt))</td>
      <td data-label="\(t(.state))">\(state(request, mail))</td></tr>
      """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.sentTitle))</caption>
      <thead><tr><th scope="col">\(t(.to))</th><th scope="col">\(t(.subject))</th><th scope="col">\(t(.written))</th><th scope="col">\(t(.state))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  /// The subject, leading to the request that it is about.
  private static func about(_ request: WebRequest, _ mail: ListedMail) -> HTML {
    guard mail.about.hasPrefix("request:"), request.may(.requestsRead) else { return HTML(mail.subject) }
    return "<a href=\"/requests/\(String(mail.about.dropFirst("request:".count)))\">\(mail.subject)</a>"
  }

  /// What became of a message, for the pages of those who sent it.
  public static func state(_ request: WebRequest, _ mail: ListedMail) -> HTML {
    let t = request.texts(MailText.self)
    let why: HTML? = mail.problem.map {
      "<br><span class=\"small soft\">\(request.words.problem($0, request.language))</span>"
    }
    switch mail.state {
    case .sent:
      return "\(Components.mark(.done, t(.stateSent))) \(mail.sentAt.map { request.language.timeTag($0) })"
    case .waiting: return "\(Components.tag(t(.stateWaiting)))\(why)"
    case .failed: return "\(Components.finding(t(.stateFailed)))\(why)"
    }
  }
}
