import Identity
import Kernel
import Web

/// The directory of a facility, and trying it.
enum DirectoryPages {
  struct Shown {
    let setting: DirectorySetting?
    let identities: [SignOnIdentity]
    let people: [(id: PersonID, name: String)]
  }

  /// What has just been tried.
  struct State {
    /// What was typed and refused, and why.
    var draft: DirectoryDraft?
    var problem: (any Problem)?
    var name = ""
    /// Every question was answered well.
    var isChecked = false
    /// What a sign-in on trial brought.
    var trial: Directories.Arrival?
    /// Why a test failed.
    var failure: (any Problem)?
    var login = ""
  }

  static func page(_ request: WebRequest, _ shown: Shown, _ state: State) -> Page {
    let t = request.texts(DirectoryWords.self)
    let s = request.texts(SignOnText.self)
    let people = SignOnPages.Shown(setting: nil, identities: shown.identities, people: shown.people)
    var asked = SignOnPages.State()
    (asked.problem, asked.name) = (state.draft == nil ? state.problem : nil, state.name)
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>\(RegisterTabs.tabs(request, current: "sign-on"))
      \(outcome(request, state, t))
      <p>\(t(.lead))</p><p><a href="/sign-on">\(t(.toProvider))</a></p>
      <div class="columns">\(form(request, shown.setting, state, t))
      \(shown.setting == nil ? nil : test(request, state, t))</div>
      \(shown.setting == nil ? nil : SignOnPages.people(request, people, asked, s, at: "/sign-on/directory"))
      """)
  }

  private static func outcome(_ request: WebRequest, _ state: State, _ t: Texts<DirectoryWords>) -> HTML? {
    let s = request.texts(SignOnText.self)
    if let failure = state.failure {
      return Components.notice(
        .bad, s(.testFailed), "<p>\(request.words.problem(failure, request.language))</p>")
    }
    if let problem = state.problem { return FormErrors.summary(request, [problem]) }
    if state.isChecked { return Components.notice(.good, t(.checked), "<p>\(t(.checkedText))</p>") }
    if let trial = state.trial { return outcome(of: trial, request, t) }
    switch request.query("done") {
    case "saved": return Components.notice(.good, t(.saved), "<p>\(s(.savedText))</p>")
    case "removed": return Components.notice(.good, t(.removed))
    case "expected": return Components.notice(.good, s(.expected))
    case "unbound": return Components.notice(.good, s(.unbound))
    default: return nil
    }
  }

  /// What the directory said, and what would become of it.
  private static func outcome(
    of trial: Directories.Arrival, _ request: WebRequest, _ t: Texts<DirectoryWords>
  ) -> HTML {
    let entry = trial.entry
    let role: HTML
    switch trial.word.role {
    case .success(nil): role = HTML(t(.roleStays))
    case .success(.some(let given)): role = HTML(request.texts(PeopleText.self)(PeopleText.role(given)))
    case .failure(let refusal): role = Components.finding(request.words.problem(refusal, request.language))
    }
    let groups: HTML =
      entry.groups.isEmpty
      ? Components.finding(t(.noGroups))
      : "<ul class=\"plain\">\(entry.groups.prefix(50).html { "<li class=\"fixed\">\($0)</li>" })</ul>"
    let isWhole = if case .success = trial.word.role { true } else { false }
    return Components.notice(
      isWhole ? .good : .warn, t(.trialGood),
      Components.facts([
        (t(.entry), HTML(entry.name)), (t(.number), HTML(entry.subject)),
        (trial.word.nameClaim, HTML(entry.login ?? trial.word.name ?? "")), (t(.entryGroups), groups),
        (t(.roleGiven), role),
      ]))
  }

  private static func form(
    _ request: WebRequest, _ setting: DirectorySetting?, _ state: State, _ t: Texts<DirectoryWords>
  ) -> HTML {
    let s = request.texts(SignOnText.self)
    let draft = state.draft ?? setting.map(DirectoryDraft.init) ?? DirectoryDraft()
    let errors = FormErrors(request, state.draft == nil ? [] : [state.problem].compactMap(\.self))
    let removal: HTML? = setting.map { setting in
      """
      <form method="post" action="/sign-on/directory/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(setting.version)">
      <p class="small">\(t(.removeText)) <button class="button" data-size="s">\(t(.remove))</button></p></form>
      """
    }
    return """
      <section class="panel stack" aria-labelledby="h-directory"><h2 id="h-directory">\(t(.directory))</h2>
      <form class="stack" method="post" action="/sign-on/directory" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(draft.version)">
      \(way(draft, errors, t))
      \(lookup(draft, setting, errors, t))
      \(roles(request, draft, errors, t))
      \(Components.field("label", t(.label), value: draft.label, hint: t(.labelHint), error: errors["label"], required: true, autocomplete: "off"))
      \(Components.select("on", s(.state), options: [("yes", s(.on)), ("no", s(.off))], chosen: draft.isOn ? "yes" : "no", hint: s(.stateHint)))
      <p><button class="button"\("data-kind", is: setting == nil || state.draft != nil ? "primary" : nil)>\(t(.save))</button></p></form>\(removal)</section>
      """
  }

  /// The machine, and how it is known to be the right one.
  private static func way(_ draft: DirectoryDraft, _ errors: FormErrors, _ t: Texts<DirectoryWords>) -> HTML {
    let kinds: [(String, String)] = [
      ("ldaps", t(.ldaps)), ("starttls", t(.startTLS)), ("none", t(.notEncrypted)),
    ]
    return """
      \(Components.field("hosts", t(.hosts), value: draft.parts.hosts, hint: t(.hostsHint), error: errors["hosts"], required: true, autocomplete: "off"))
      \(Components.select("security", t(.security), options: kinds, chosen: draft.parts.security.rawValue, hint: t(.securityHint), error: errors["security"]))
      \(Components.field("port", t(.port), value: draft.port, hint: t(.portHint), error: errors["port"], autocomplete: "off", inputmode: "numeric"))
      \(Components.textArea("authorities", t(.authorities), value: draft.parts.authorities, hint: t(.authoritiesHint), error: errors["authorities"], most: 65_536))
      """
  }

  /// How a typed name becomes an entry.
  private static func lookup(
    _ draft: DirectoryDraft, _ setting: DirectorySetting?, _ errors: FormErrors, _ t: Texts<DirectoryWords>
  ) -> HTML {
    let parts = draft.parts
    let ways: [(String, String)] = [("search", t(.bySearch)), ("template", t(.byTemplate))]
    let kept = !(setting?.secret.isEmpty ?? true)
    let isOpen = errors["template"] != nil || parts.way == .template
    return """
      \(Components.field("base", t(.base), value: parts.base, hint: t(.baseHint), error: errors["base"], required: true, autocomplete: "off"))
      \(Components.field("login-attribute", t(.loginAttribute), value: parts.loginAttribute, hint: t(.loginAttributeHint), error: errors["login-attribute"], required: true, autocomplete: "off"))
      \(Components.field("filter", t(.filter), value: parts.filter, hint: t(.filterHint), error: errors["filter"], autocomplete: "off"))
      \(Components.select("way", t(.way), options: ways, chosen: parts.way.rawValue, hint: t(.wayHint)))
      \(Components.field("account", t(.account), value: parts.account, hint: t(.accountHint), error: errors["account"], autocomplete: "off"))
      \(Components.field("secret", t(.secret), type: "password", hint: t(kept ? .secretKept : .secretHint), error: errors["secret"], autocomplete: "new-password"))
      <details\("open", if: isOpen)><summary>\(t(.byTemplate))</summary>
      \(Components.field("template", t(.template), value: parts.template, hint: t(.templateHint), error: errors["template"], autocomplete: "off"))</details>
      """
  }

  private static func roles(
    _ request: WebRequest, _ draft: DirectoryDraft, _ errors: FormErrors, _ t: Texts<DirectoryWords>
  ) -> HTML {
    let s = request.texts(SignOnText.self)
    let words = request.texts(PeopleText.self)
    let parts = draft.parts
    let ways: [(String, String)] = [
      ("attribute", t(.groupsInEntry)), ("members", t(.groupsOfMembers)), ("nested", t(.groupsNested)),
      ("unasked", t(.groupsUnasked)),
    ]
    let groups = SignOnSetting.mappable.html { role in
      let id = "group-\(role.rawValue)"
      return Components.field(
        id, words(PeopleText.role(role)), value: parts.groups[role.rawValue] ?? "", error: errors[id],
        autocomplete: "off")
    }
    let isOpen =
      ["group-attribute", "group-base"].contains { errors[$0] != nil }
      || SignOnSetting.mappable.contains { errors["group-\($0.rawValue)"] != nil }
    return """
      <details\("open", if: isOpen)><summary>\(s(.groups))</summary><div class="stack"><p>\(t(.groupsHint))</p>
      \(Components.select("group-way", t(.groupWay), options: ways, chosen: parts.groupWay.rawValue))
      \(Components.field("group-attribute", t(.groupAttribute), value: parts.groupAttribute, error: errors["group-attribute"], autocomplete: "off"))
      \(Components.field("group-base", t(.groupBase), value: parts.groupBase, hint: t(.groupBaseHint), error: errors["group-base"], autocomplete: "off"))\(groups)</div></details>
      <div class="row">\(Components.field("lock-after", t(.lockAfter), value: draft.lockAfter, error: errors["lock-after"], autocomplete: "off", inputmode: "numeric"))
      \(Components.field("lock-minutes", t(.lockMinutes), value: draft.lockMinutes, error: errors["lock-minutes"], autocomplete: "off", inputmode: "numeric"))</div>
      <p class="hint">\(t(.lockHint))</p>
      """
  }

  private static func test(_ request: WebRequest, _ state: State, _ t: Texts<DirectoryWords>) -> HTML {
    let s = request.texts(SignOnText.self)
    return """
      <section class="panel stack" aria-labelledby="h-test"><h2 id="h-test">\(s(.test))</h2><p>\(t(.testLead))</p>
      <form method="post" action="/sign-on/directory/test">\(Components.formToken(request))
      <p><button class="button" data-kind="primary">\(s(.testNow))</button></p></form>
      <form class="stack" method="post" action="/sign-on/directory/trial">\(Components.formToken(request))
      <p>\(t(.trialLead))</p>
      \(Components.field("trial-login", t(.login), value: state.login, required: true, autocomplete: "off"))
      \(Components.field("trial-password", t(.password), type: "password", required: true, autocomplete: "off"))
      <p><button class="button">\(t(.trial))</button></p></form></section>
      """
  }

  /// Where a signed-in person binds themselves.
  static func own(_ request: WebRequest, _ errors: FormErrors) -> HTML {
    let t = request.texts(DirectoryWords.self)
    let a = request.texts(AccountText.self)
    return """
      <form class="panel stack" action="/account/identity/directory" method="post">\(Components.formToken(request))
      <h2>\(t(.ownTitle))</h2><p>\(t(.ownLead))</p>
      \(Components.field("own-current", a(.current), type: "password", required: true, autocomplete: "current-password"))
      \(Components.field("directory-login", t(.login), required: true, autocomplete: "off"))
      \(Components.field("directory-password", t(.password), type: "password", error: errors["password"], required: true, autocomplete: "off"))
      <p><button class="button" data-kind="primary">\(t(.bindOwn))</button></p></form>
      """
  }
}

/// Words of signing in with a directory.
enum DirectoryWords: String, TextKey {
  case title, lead, toProvider, toDirectory, directory, hosts, hostsHint, security, securityHint, ldaps,
    startTLS
  case notEncrypted, port, portHint, authorities, authoritiesHint, base, baseHint, loginAttribute
  case loginAttributeHint, filter, filterHint, way, wayHint, bySearch, byTemplate, account, accountHint,
    secret
  case secretHint, secretKept, template, templateHint, groupsHint, groupWay, groupsInEntry, groupsOfMembers
  case groupsNested, groupsUnasked, groupAttribute, groupBase, groupBaseHint, lockAfter, lockMinutes, lockHint
  case label, labelHint, save, saved, remove, removeText, removed, checked, checkedText, testLead, trialLead
  case trial, trialGood, entry, number, entryGroups, noGroups, roleGiven, roleStays, login, password
  case ownTitle, ownLead, bindOwn, door, doorHere

  static let catalog = Catalog(DirectoryWords.self, in: .module, folder: "Directories.files")
}
