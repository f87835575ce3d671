import Kernel
import Storage
import Web

/// What a person may do and whether they sign in, and taking it away again.
extension People {
  static func accessRoutes(_ routes: inout Routes) {
    routes.get("people/:id/access", needs: .peopleEdit) { request, scope in
      let person = try await someone(request, scope)
      let grants = try await scope.read { try $0.grants(of: person.id, Listing(size: 200)).page }
      return .page(PersonAccessPage.page(request, person, grants, problem: nil))
    }
    routes.post("people/:id/role", needs: .peopleEdit, isPrivileged: true) { request, scope in
      let person = try await someone(request, scope)
      let form = try request.form()
      do {
        guard let role = Role(rawValue: form["role"]), !role.needsGrant else { throw Person.Refusal.badRole }
        if role == .administrator { try request.needsForGood(.facilityEdit) }
        try request.needsForGood(.peopleEdit)
        try await change(role, of: person, version: form.version, in: scope)
      } catch let problem as Person.Refusal {
        return .page(PersonAccessPage.page(request, person, problem: problem), status: 422)
      }
      return .redirect(to: "/people/\(person.id)/access?saved=role")
    }
    routes.post("people/:id/withdrawal", needs: .peopleEdit, isPrivileged: true) { request, scope in
      let person = try await someone(request, scope)
      let form = try request.form()
      do {
        try await withdrawAccess(of: person, version: form.version, in: scope)
      } catch let problem as Person.Refusal {
        return .page(PersonAccessPage.page(request, person, problem: problem), status: 422)
      }
      return .redirect(to: "/people/\(person.id)/access?saved=withdrawal")
    }
  }

  static func someone(_ request: WebRequest, _ scope: Scope) async throws -> Person {
    let id = try request.id(of: PersonTag.self)
    guard let person = try await scope.read({ try $0.person(id) }) else { throw Person.Refusal.notFound }
    return person
  }

  /// Gives a person another role; their sessions end, so that the next page is one of the new role.
  ///
  /// - Throws: `Person.Refusal.ownAccess`, `WebProblem.forbidden` where an administrator is concerned and the one who asks is
  ///   none, `Stale`.
  static func change(_ role: Role, of person: Person, version: Int, in scope: Scope) async throws {
    try mayTouch(person, scope)
    if role == .administrator && !scope.may(.facilityEdit) { throw WebProblem.forbidden }
    guard !person.role.needsGrant else { throw Person.Refusal.onlyForATime }
    guard role != person.role else { return }
    try await scope.write { tx in
      try mayTouch(person.id, scope, tx)
      try tx.setRole(role, of: person, version: version)
    }
  }

  /// Takes a person's sign-in away. The person stays in the register, as the owner of what they did.
  ///
  /// - Throws: as ``change(_:of:version:in:)``; `Person.Refusal.noAccess` when there is none.
  static func withdrawAccess(of person: Person, version: Int, in scope: Scope) async throws {
    try mayTouch(person, scope)
    guard person.account != nil else { throw Person.Refusal.noAccess }
    try await scope.write { tx in
      try mayTouch(person.id, scope, tx)
      try tx.withdrawAccess(of: person, version: version)
    }
  }

  /// One's own access is for another to change.
  static func mayTouch(_ person: Person, _ scope: Scope) throws {
    guard scope.person != person.id else { throw Person.Refusal.ownAccess }
    if person.role == .administrator && !scope.may(.facilityEdit) { throw WebProblem.forbidden }
  }

  /// The same for the person as they are now, with what they have been given for a time.
  ///
  /// - Parameter scope: of the one who asks.
  static func mayTouch(_ id: PersonID, _ scope: Scope, _ tx: WriteTx) throws {
    guard let person = try tx.person(id) else { throw Person.Refusal.notFound }
    try mayTouch(person, scope)
    guard !scope.may(.facilityEdit) else { return }
    let grants = try tx.liveGrants(at: scope.now)
    if grants.contains(where: { $0.person == id && $0.role == .administrator }) { throw WebProblem.forbidden }
  }
}

enum PersonAccessPage {
  /// - Parameters:
  ///   - grants: what the person has had for a time, where it is known.
  ///   - login: what was typed for a new sign-in, when it was refused.
  static func page(
    _ request: WebRequest, _ person: Person, _ grants: [Grant] = [], login: String = "",
    problem: (any Problem)?
  ) -> Page {
    let t = request.texts(PeopleText.self)
    let title = t(.accessTitle, person.name)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let roles = Role.standing.filter { $0 != .administrator || request.may(.facilityEdit) }.map {
      (value: $0.rawValue, name: t(PeopleText.role($0)))
    }
    let done: PeopleText? =
      switch request.query("saved") {
      case "role": .roleChanged
      case "withdrawal": .accessWithdrawn
      case "given": .accessGiven
      case "password": .passwordWasSet
      default: nil
      }
    let isOwn = request.person == person.id
    let version: HTML = "<input type=\"hidden\" name=\"version\" value=\"\(person.version)\">"
    let withdraw: HTML = """
      <section class="stack" data-gap="s" aria-labelledby="h-withdraw"><h2 id="h-withdraw">\(t(.withdrawTitle))</h2>
      <form class="panel stack" method="post" action="/people/\(person.id)/withdrawal">\(Components.formToken(request))\(version)
      <p>\(t(.withdrawText))</p><p><button class="button" data-kind="danger">\(t(.withdrawButton, person.name))</button></p></form></section>
      """
    // Who works here for a time has no role that could be changed, and none of these is theirs.
    let role: HTML? =
      person.role.needsGrant
      ? nil
      : """
      <form class="panel stack" method="post" action="/people/\(person.id)/role" novalidate>\(Components.formToken(request))\(version)
      \(Components.select("role", t(.role), options: roles, chosen: person.role.rawValue, hint: t(.roleHint), error: errors["role"]))
      <p><button class="button" data-kind="primary">\(t(.roleSave))</button></p></form>
      """
    let forms: HTML = """
      \(role)
      \(person.account == nil ? give(request, person, login, errors) : password(request, person, errors))
      \(person.account == nil ? nil : withdraw)
      """
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/people">\(t(.title))</a></li></ol><h1>\(title)</h1>
      \(done.map { Components.notice(.good, t($0)) })\(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(Components.facts([
        (t(.department), HTML(person.department)), (t(.role), HTML(t(PeopleText.role(person.role)))),
        (t(.signsIn), HTML(t(person.account == nil ? .noAccess : .yes))),
      ]))
      \(given(request, person, grants))
      \(isOwn ? Components.notice(.info, t(.ownAccess)) : forms)
      <p class="cluster"><a href="/registers/people/\(person.id)">\(t(.toRecord))</a> <a href="/people/roles">\(t(.rolesLink))</a></p>
      """)
  }

  private static func give(_ request: WebRequest, _ person: Person, _ login: String, _ errors: FormErrors)
    -> HTML
  {
    let t = request.texts(PeopleText.self)
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-give"><h2 id="h-give">\(t(.giveTitle))</h2>
      <form class="panel stack" method="post" action="/people/\(person.id)/sign-in" autocomplete="off" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(person.version)">
      \(Components.field("login", t(.login), value: login, hint: t(.giveHint), error: errors["login"], required: true, autocomplete: "off"))
      \(Components.field("password", t(.password), type: "password", hint: t(.passwordHint), error: errors["password"], required: true, autocomplete: "new-password"))
      <p><button class="button">\(t(.giveButton, person.name))</button></p></form></section>
      """
  }

  private static func password(_ request: WebRequest, _ person: Person, _ errors: FormErrors) -> HTML {
    let t = request.texts(PeopleText.self)
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-password"><h2 id="h-password">\(t(.forgotTitle))</h2>
      <form class="panel stack" method="post" action="/people/\(person.id)/password" autocomplete="off" novalidate>\(Components.formToken(request))
      <p>\(t(.forgotText))</p>
      \(Components.field("password", t(.newPassword), type: "password", hint: t(.passwordHint), error: errors["password"], required: true, autocomplete: "new-password"))
      <p><button class="button">\(t(.forgotButton))</button></p></form></section>
      """
  }

  /// What the person has, and has had, for a time.
  private static func given(_ request: WebRequest, _ person: Person, _ grants: [Grant]) -> HTML? {
    let t = request.texts(GrantText.self)
    let mayGive =
      request.may(.grantsManage) && person.account != nil && request.person != person.id
      && !person.role.needsGrant
    guard !grants.isEmpty || mayGive else { return nil }
    let list: HTML? = grants.isEmpty ? nil : GrantPages.table(request, grants, t(.ofPerson), t)
    let give: HTML? =
      mayGive
      ? "<p><a class=\"button\" href=\"/people/grants/new?person=\(person.id)\">\(t(.give))</a></p>" : nil
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-grants"><h2 id="h-grants">\(t(.ofPerson))</h2>\(list)\(give)</section>
      """
  }
}
