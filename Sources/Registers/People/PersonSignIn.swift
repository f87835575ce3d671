public import Kernel
public import Storage
import Web

/// Giving a person of the register a sign-in, and a new password to who has forgotten theirs.
extension People {
  static func signInRoutes(_ routes: inout Routes) {
    routes.post("people/:id/sign-in", needs: .peopleEdit, isPrivileged: true) { request, scope in
      try await changed(request, scope, saved: "given") { person, form in
        try await giveSignIn(
          to: person, login: form["login"], password: form["password"], version: form.version,
          in: scope)
      }
    }
    routes.post("people/:id/password", needs: .peopleEdit, isPrivileged: true) { request, scope in
      try await changed(request, scope, saved: "password") { person, form in
        try await setPassword(form["password"], of: person, in: scope)
      }
    }
  }

  private static func changed(
    _ request: WebRequest, _ scope: Scope, saved: StaticString,
    _ change: (Person, FormValues) async throws -> Void
  ) async throws -> Reply {
    // Whoever came in by a sealed code leaves no key behind.
    if request.visitor?.breakGlass != nil { throw BreakGlassRefusal.notInEmergency }
    try request.needsForGood(.peopleEdit)
    let person = try await someone(request, scope)
    let form = try request.form()
    do { try await change(person, form) } catch let problem as any Problem where problem.kind != .forbidden {
      let page = PersonAccessPage.page(request, person, login: form["login"], problem: problem)
      return .page(page, status: problem.kind == .conflict ? 409 : 422)
    }
    return .redirect(to: "/people/\(person.id)/access?saved=\(saved)")
  }

  /// Lets a person of the register sign in.
  ///
  /// - Throws: `Person.Refusal`: `.hasAccess` for who does already, `.loginTaken`, `.badPassword` …; `Stale`.
  static func giveSignIn(to person: Person, login: String, password: String, version: Int, in scope: Scope)
    async throws
  {
    try mayTouch(person, scope)
    guard person.account == nil else { throw Person.Refusal.hasAccess }
    let login = try Person.Login(login)
    let facility = try await scope.read { try $0.thisFacility()?.name.text }
    let new = try Person.NewPassword(password, knowing: [login.text, person.name], at: [facility ?? ""])
    let hash = try await Accounts.hashed(new.text, .standard)
    let account = AccountID(at: scope.now)
    try await scope.write { tx in
      try mayTouch(person.id, scope, tx)
      try tx.insertAccount(account, login: login.text, hash: hash)
      try tx.give(account, login: login.text, to: person, version: version)
    }
  }

  /// A new password for who has forgotten theirs. Their sessions end, their second factors stay, and they are told.
  ///
  /// - Throws: `Person.Refusal`; `Accounts.Refusal.passwordElsewhere` when the account also belongs to people of other facilities.
  static func setPassword(_ raw: String, of person: Person, in scope: Scope) async throws {
    try mayTouch(person, scope)
    guard let account = person.account,
      let standing = try await Accounts.standing(of: account, scope.database)
    else { throw Person.Refusal.noAccess }
    let places = try await Installation(scope.database).read(account: account) {
      try $0.openPlaces(of: account, at: scope.now)
    }
    guard places.allSatisfy({ $0.facility == scope.facility }) else {
      throw Accounts.Refusal.passwordElsewhere
    }
    let place = Place(
      facility: scope.facility, facilityName: places.first?.facilityName ?? "", person: person.id,
      name: person.name)
    try await Accounts.setPassword(raw, of: account, standing, at: [place], scope) { tx in
      // The hash took a while, in which the person may have become an administrator.
      try mayTouch(person.id, scope, tx)
    }
  }
}

extension Accounts {
  /// The same from the shell, told in every facility of the account.
  ///
  /// - Throws: `Person.Refusal`.
  public static func setPassword(
    _ raw: String, login: String, by actor: Actor, in database: Database, now: Instant
  )
    async throws
  {
    let (account, standing) = try await found(login, database)
    let places = try await Installation(database).read(account: account) { try $0.places(of: account) }
    guard let first = places.first else { throw Refusal.noFacility }
    try await setPassword(
      raw, of: account, standing, at: places,
      Scope(database, actor: actor, facility: first.facility, now: now))
  }

  static func setPassword(
    _ raw: String, of account: AccountID, _ standing: FactorStanding, at places: [Place], _ scope: Scope,
    refusing refuse: @escaping @Sendable (WriteTx) throws -> Void = { _ in }
  ) async throws {
    let new = try Person.NewPassword(
      raw, knowing: [standing.login] + places.map(\.name), at: places.map(\.facilityName),
      hasFactor: standing.hasFactor)
    let hash = try await hashed(new.text, .standard)
    for (index, place) in places.enumerated() {
      let scope = Scope(
        scope.database, actor: scope.actor, facility: place.facility, now: scope.now, proof: scope.proof)
      try await scope.write { tx in
        try refuse(tx)
        if index == 0 {
          try tx.replacePassword(of: account, person: place.person, hash: hash)
        } else {
          try tx.record("account.password", of: place.person)
        }
        try Tokens.endAll(of: account, tx)
        try tx.housekeeping.endSessions(of: account, but: nil)
        try tx.housekeeping.endSteps(of: account)
        try tx.housekeeping.post(
          Message(
            cause: "account-password:\(scope.now.milliseconds)", recipient: place.person, step: 0,
            key: "accounts.passwordSet", arguments: [scope.actor.name], link: "/account"))
      }
    }
  }
}
