import Kernel
import Web

/// One's own tokens, making one, and those of everyone at a facility.
enum TokenPages {
  static func own(_ request: WebRequest, _ tokens: [APIToken]) -> Page {
    let t = request.texts(TokenText.self)
    let add: HTML? =
      request.may(.tokensMake)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/account/tokens/new\">\(t(.make))</a>" : nil
    let list: HTML =
      tokens.isEmpty
      ? Components.empty(t(.none), t(request.may(.tokensMake) ? .noneText : .nothingToOffer))
      : table(request, tokens, action: "/account/tokens", withPeople: false, t)
    return Page(
      t(.title),
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1>\(add)</div>
      \(done(request, t))<p>\(t(.lead))</p>
      \(list)
      """)
  }

  static func board(_ request: WebRequest, _ tokens: [APIToken]) -> Page {
    let t = request.texts(TokenText.self)
    let list: HTML =
      tokens.isEmpty
      ? Components.empty(t(.boardNone), t(.boardNoneText))
      : table(request, tokens, action: "/people/tokens", withPeople: true, t)
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>
      \(RegisterTabs.tabs(request, current: "tokens"))
      \(done(request, t))<p>\(t(.boardLead))</p>
      \(list)
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<TokenText>) -> HTML? {
    request.query("done") == "revocation" ? Components.notice(.good, t(.revokedNow)) : nil
  }

  private static func table(
    _ request: WebRequest, _ tokens: [APIToken], action: String, withPeople: Bool, _ t: Texts<TokenText>
  ) -> HTML {
    let rows = tokens.html { row(request, $0, action: action, withPeople: withPeople, t) }
    let person: HTML? = withPeople ? "<th scope=\"col\">\(t(.person))</th>" : nil
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th>\(person)<th scope="col">\(t(.scope))</th><th scope="col">\(t(.until))</th><th scope="col">\(t(.lastUsed))</th><th scope="col">\(t(.state))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  private static func row(
    _ request: WebRequest, _ token: APIToken, action: String, withPeople: Bool, _ t: Texts<TokenText>
  ) -> HTML {
    let person: HTML? = withPeople ? "<td data-label=\"\(t(.person))\">\(token.personName)</td>" : nil
    let used: HTML =
      token.lastUsedAt.map {
        "\(request.language.timeTag($0)) <span class=\"nowrap\">\(token.lastAddress)</span>"
      }
      ?? HTML(t(.notUsed))
    return """
      <tr><th scope="row" data-label="\(t(.name))">\(token.name)</th>\(person)
      <td data-label="\(t(.scope))"><ul class="plain small">\(permissions(request, token.scope))</ul></td>
      <td data-label="\(t(.until))">\(request.language.timeTag(token.until, short: false))</td>
      <td data-label="\(t(.lastUsed))">\(used)</td>
      <td data-label="\(t(.state))">\(state(request, token, action: action, t))</td></tr>
      """
  }

  private static func permissions(_ request: WebRequest, _ names: [String]) -> HTML {
    names.html { "<li>\(request.words.permission($0, request.language))</li>" }
  }

  private static func state(
    _ request: WebRequest, _ token: APIToken, action: String, _ t: Texts<TokenText>
  ) -> HTML {
    switch token.state(at: request.now) {
    case .expired: return HTML(t(.expired))
    case .revoked:
      let day = token.revokedAt.map { request.language.date($0.day) } ?? ""
      return HTML(t(.revokedBy, day, token.revokedBy))
    case .live:
      return """
        <form method="post" action="\(action)/\(token.id)/revocation">\(Components.formToken(request))
        <button class="button" data-size="s" aria-label="\(t(.revoke)): \(token.name)">\(t(.revoke))</button></form>
        """
    }
  }

  // MARK: Making one

  static func new(
    _ request: WebRequest, _ choices: [String], typed: FormValues?, problem: TokenRefusal?
  ) -> Page {
    let t = request.texts(TokenText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let today = request.now.day
    let until = typed?["until"] ?? today.adding(days: TokenDraft.usualDays - 1).description
    return Page(
      t(.newTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account/tokens">\(t(.title))</a></li></ol>
      <h1>\(t(.newTitle))</h1>
      <p>\(t(.newLead))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" method="post" action="/account/tokens" novalidate>\(Components.formToken(request))
      \(Components.field("name", t(.name), value: typed?["name"] ?? "", hint: t(.nameHint), error: errors["name"], required: true, autocomplete: "off"))
      \(scopes(request, choices, chosen: typed?.all("scope"), error: errors["scope"], t))
      \(Components.field("until", t(.until), type: "date", value: until, hint: t(.untilHint), error: errors["until"], required: true, max: today.adding(days: TokenDraft.mostDays - 1).description, min: today.description))
      <p><button class="button" data-kind="primary">\(t(.make))</button></p>
      </form>
      """)
  }

  /// What only lets look is chosen at first, and nothing else.
  private static func scopes(
    _ request: WebRequest, _ choices: [String], chosen: [String]?, error: String?, _ t: Texts<TokenText>
  ) -> HTML {
    let items = choices.html { name in
      let isChosen = chosen?.contains(name) ?? APIToken.isReading(name)
      let words = request.words.permission(name, request.language)
      return
        "<label><input type=\"checkbox\" name=\"scope\" value=\"\(name)\"\("checked", if: isChosen)><span>\(words)</span></label>"
    }
    let message: HTML? = error.map { "<p class=\"error\" id=\"scope-error\">\($0)</p>" }
    return """
      <fieldset class="field" id="scope"\("data-state", is: error == nil ? nil : "error")\("aria-describedby", is: error == nil ? nil : "scope-error")>
      <legend>\(t(.scope))</legend>\(message)<div class="choices" data-kind="tall">\(items)</div><p class="hint">\(t(.scopeHint))</p></fieldset>
      """
  }

  /// The one time that the secret is seen.
  static func made(_ request: WebRequest, _ draft: TokenDraft, _ secret: String) -> Page {
    let t = request.texts(TokenText.self)
    return Page(
      t(.madeTitle), narrow: true,
      """
      <h1>\(t(.madeTitle))</h1>
      \(Components.notice(.warn, t(.once), "<p>\(t(.onceText))</p>"))
      <div class="panel stack"><div class="field"><label for="token">\(t(.secret, draft.name))</label>
      <input id="token" class="fixed" type="text" readonly value="\(secret)"></div>
      <p>\(t(.use))</p><p class="hint">\(t(.useText))</p></div>
      <p><a class="button" data-kind="primary" href="/account/tokens">\(t(.kept))</a></p>
      """)
  }
}
