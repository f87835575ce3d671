import Identity
import Kernel
import Storage
import Web

/// The provider of a facility, whom its word is about, and one's own binding.
enum SignOnPages {
  struct Shown {
    let setting: SignOnSetting?
    let identities: [SignOnIdentity]
    let people: [(id: PersonID, name: String)]
  }

  /// What has just been tried.
  struct State {
    /// What was typed and refused, and why.
    var draft: SignOnDraft?
    var problem: (any Problem)?
    var name = ""
    /// Every question was answered well.
    var isChecked = false
    /// What a sign-in on trial brought.
    var trial: IDToken?
    /// Why a test failed.
    var failure: (any Problem)?
  }

  static func page(_ request: WebRequest, _ shown: Shown, _ state: State, redirect: String) -> Page {
    let t = request.texts(SignOnText.self)
    let hasSetting = shown.setting != nil
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>\(RegisterTabs.tabs(request, current: "sign-on"))
      \(outcome(request, state, shown.setting, t))
      <p>\(t(.lead))</p><p><a href="/sign-on/directory">\(request.texts(DirectoryWords.self)(.toDirectory))</a></p>
      <div class="columns">\(form(request, shown.setting, state, redirect, t))
      \(hasSetting ? test(request, t) : nil)</div>
      \(hasSetting ? people(request, shown, state, t, at: "/sign-on") : nil)
      """)
  }

  private static func outcome(
    _ request: WebRequest, _ state: State, _ setting: SignOnSetting?, _ t: Texts<SignOnText>
  ) -> HTML? {
    if let failure = state.failure {
      return Components.notice(
        .bad, t(.testFailed), "<p>\(request.words.problem(failure, request.language))</p>")
    }
    if let problem = state.problem { return FormErrors.summary(request, [problem]) }
    if state.isChecked { return Components.notice(.good, t(.checked), "<p>\(t(.checkedText))</p>") }
    if let token = state.trial, let setting { return trial(token, setting, t) }
    switch request.query("done") {
    case "saved": return Components.notice(.good, t(.saved), "<p>\(t(.savedText))</p>")
    case "removed": return Components.notice(.good, t(.removed))
    case "expected": return Components.notice(.good, t(.expected))
    case "unbound": return Components.notice(.good, t(.unbound))
    default: return nil
    }
  }

  /// What the provider said, and what of it is missing.
  private static func trial(_ token: IDToken, _ setting: SignOnSetting, _ t: Texts<SignOnText>) -> HTML {
    func said(_ claim: String) -> HTML {
      token.claims[claim].map { HTML($0.joined(separator: ", ")) } ?? Components.finding(t(.notSaid))
    }
    var facts = [("sub", HTML(token.subject)), (setting.loginClaim, said(setting.loginClaim))]
    if let group = setting.groupClaim { facts.append((group, said(group))) }
    facts += ["amr", "acr"].map { ($0, said($0)) }
    let isWhole = token.claims[setting.loginClaim] != nil
    return Components.notice(
      isWhole ? .good : .warn, isWhole ? t(.trialGood) : t(.trialLacks), Components.facts(facts))
  }

  private static func form(
    _ request: WebRequest, _ setting: SignOnSetting?, _ state: State, _ redirect: String,
    _ t: Texts<SignOnText>
  ) -> HTML {
    let draft = state.draft ?? setting.map(SignOnDraft.init) ?? SignOnDraft()
    let errors = FormErrors(request, state.draft == nil ? [] : [state.problem].compactMap(\.self))
    let words = request.texts(PeopleText.self)
    let groups = SignOnSetting.mappable.html { role in
      Components.field(
        "group-\(role.rawValue)", words(PeopleText.role(role)), value: draft.groups[role] ?? "",
        autocomplete: "off")
    }
    let removal: HTML? = setting.map { setting in
      """
      <form method="post" action="/sign-on/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(setting.version)">
      <p class="small">\(t(.removeText)) <button class="button" data-size="s">\(t(.remove))</button></p></form>
      """
    }
    return """
      <section class="panel stack" aria-labelledby="h-provider"><h2 id="h-provider">\(t(.provider))</h2>
      <p>\(t(.redirect))<br><span class="fixed">\(redirect)</span></p>
      <form class="stack" method="post" action="/sign-on" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(draft.version)">
      \(Components.field("issuer", t(.issuer), type: "url", value: draft.issuer, hint: t(.issuerHint), error: errors["issuer"], required: true, autocomplete: "off"))
      \(Components.field("client", t(.client), value: draft.client, error: errors["client"], required: true, autocomplete: "off"))
      \(Components.field("secret", t(.secret), type: "password", hint: t(setting == nil ? .secretHint : .secretKept), error: errors["secret"], autocomplete: "new-password"))
      \(Components.field("label", t(.label), value: draft.label, hint: t(.labelHint), error: errors["label"], required: true, autocomplete: "off"))
      \(Components.field("login-claim", t(.loginClaim), value: draft.loginClaim, hint: t(.loginClaimHint), error: errors["login-claim"], required: true, autocomplete: "off"))
      \(Components.field("factors", t(.factors), value: draft.factorValues, hint: t(.factorsHint), autocomplete: "off"))
      \(Components.select("on", t(.state), options: [("yes", t(.on)), ("no", t(.off))], chosen: draft.isOn ? "yes" : "no", hint: t(.stateHint)))
      <details\("open", if: errors["group-claim"] != nil)><summary>\(t(.groups))</summary><div class="stack"><p>\(t(.groupsHint))</p>
      \(Components.field("group-claim", t(.groupClaim), value: draft.groupClaim, error: errors["group-claim"], autocomplete: "off"))\(groups)</div></details>
      <p><button class="button"\("data-kind", is: setting == nil || state.draft != nil ? "primary" : nil)>\(t(.save))</button></p></form>\(removal)</section>
      """
  }

  private static func test(_ request: WebRequest, _ t: Texts<SignOnText>) -> HTML {
    """
    <section class="panel stack" aria-labelledby="h-test"><h2 id="h-test">\(t(.test))</h2><p>\(t(.testLead))</p>
    <form method="post" action="/sign-on/test">\(Components.formToken(request))
    <p><button class="button" data-kind="primary">\(t(.testNow))</button></p></form>
    <p>\(t(.trialLead))</p><p><a class="button" href="/sign-on/trial">\(t(.trial))</a></p></section>
    """
  }

  /// - Parameter path: of the page: the provider's, or the directory's.
  static func people(
    _ request: WebRequest, _ shown: Shown, _ state: State, _ t: Texts<SignOnText>, at path: String
  ) -> HTML {
    let from: HTML? =
      path == "/sign-on" ? nil : "<input type=\"hidden\" name=\"from\" value=\"directory\">"
    let errors = FormErrors(request, state.draft == nil ? [state.problem].compactMap(\.self) : [])
    let rows = shown.identities.html { identity in
      """
      <tr><th scope="row" data-label="\(t(.person))">\(identity.personName)</th>
      <td data-label="\(t(.name))">\(identity.name ?? "")</td>
      <td data-label="\(t(.state))">\(identity.subject == nil ? Components.tag(t(.waiting)) : Components.mark(.done, t(.bound)))</td>
      <td><form method="post" action="/sign-on/identities/\(identity.person)/removal">\(Components.formToken(request))\(from)
      <button class="button" data-kind="quiet" aria-label="\(t(.unbind)): \(identity.personName)">\(t(.unbind))</button></form></td></tr>
      """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.people))</caption>
      <thead><tr><th scope="col">\(t(.person))</th><th scope="col">\(t(.name))</th><th scope="col">\(t(.state))</th><th scope="col"><span class="visually-hidden">\(t(.unbind))</span></th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
    let options = shown.people.map { ($0.id.text, $0.name) }
    return """
      <section class="stack" id="people" aria-labelledby="h-people"><h2 id="h-people">\(t(.people))</h2><p>\(t(.peopleLead))</p>
      \(shown.identities.isEmpty ? Components.empty(t(.nobody), t(.nobodyText)) : table)
      <form class="panel stack" method="post" action="\(path)/identities" novalidate>\(Components.formToken(request))
      \(Components.select("person", t(.person), options: options, chosen: ""))
      \(Components.field("name", t(.name), value: state.name, hint: t(.nameHint), error: errors["name"], required: true, autocomplete: "off"))
      <p><button class="button">\(t(.expect))</button></p></form></section>
      """
  }

  // MARK: One's own

  static func own(_ request: WebRequest, _ address: String?, problem: (any Problem)?) async throws -> Page {
    let (visitor, scope, _) = try await Accounts.own(request)
    let (identity, doors) = try await scope.read { tx in
      (try tx.signOnIdentity(of: visitor.person), try tx.ownSignOnDoors())
    }
    return own(
      request, identity, hasProvider: doors.contains(false), hasDirectory: doors.contains(true),
      address: address, problem: problem)
  }

  /// - Parameter address: where the provider waits; nil until the password has been given.
  private static func own(
    _ request: WebRequest, _ identity: SignOnIdentity?, hasProvider: Bool, hasDirectory: Bool,
    address: String?, problem: (any Problem)?
  ) -> Page {
    let t = request.texts(SignOnText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let next: HTML?
    if let address {
      next =
        "<section class=\"panel stack\"><p>\(t(.onwardText))</p><p><a class=\"button\" data-kind=\"primary\" href=\"\(address)\">\(t(.onward))</a></p></section>"
    } else if hasProvider {
      next = """
        <form class="panel stack" action="/account/identity" method="post">\(Components.formToken(request))
        \(FactorPages.password(request, errors))
        <p><button class="button" data-kind="primary">\(t(.bindOwn))</button></p></form>
        """
    } else {
      next = hasDirectory ? nil : Components.empty(t(.noProvider), t(.noProviderText))
    }
    let directory: HTML? = hasDirectory && address == nil ? DirectoryPages.own(request, errors) : nil
    let state: HTML =
      identity?.subject == nil
      ? "<p>\(t(.ownNone))</p>" : "<p>\(t(.ownBound, identity?.name ?? "-"))</p>"
    return Page(
      t(.ownTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <h1>\(t(.ownTitle))</h1>
      \(request.query("done") == nil ? nil : Components.notice(.good, t(.bound)))
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))\(state)\(next)\(directory)
      """)
  }
}
