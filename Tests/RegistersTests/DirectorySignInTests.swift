import Kernel
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Identity
@testable import Registers

/// A directory with one person in it, which remembers what it was asked.
private final class FakeDirectory: Directory {
  let allowsLoopback = false
  private let state = Mutex<(groups: [String], problem: DirectoryProblem?, tried: [String])>(([], nil, []))

  var groups: [String] {
    get { state.withLock { $0.groups } }
    set { state.withLock { $0.groups = newValue } }
  }
  /// What it says to everything.
  var problem: DirectoryProblem? {
    get { state.withLock { $0.problem } }
    set { state.withLock { $0.problem = newValue } }
  }
  /// The names at which passwords were tried.
  var tried: [String] { state.withLock { $0.tried } }

  static let name = "uid=hanako,dc=hospital,dc=local"

  func check(_ server: DirectoryServer) async throws(DirectoryProblem) {
    if let problem { throw problem }
  }

  func find(_ login: String, on server: DirectoryServer) async throws(DirectoryProblem) -> DirectoryCandidate
  {
    if let problem { throw problem }
    // As a directory does that takes no notice of case and accents.
    guard ["hanako", "hanakó"].contains(login) else { throw .unknownUser }
    let entry = DirectoryEntry(name: Self.name, subject: "guid:1", login: "hanako", groups: groups)
    return DirectoryCandidate(name: Self.name, entry: entry)
  }

  func prove(_ candidate: DirectoryCandidate, password: String, on server: DirectoryServer)
    async throws(DirectoryProblem) -> DirectoryEntry
  {
    state.withLock { $0.tried.append(candidate.name) }
    if let problem { throw problem }
    guard password == "right", let entry = candidate.entry else { throw .wrongPassword }
    return entry
  }
}

@Suite("院内のディレクトリでのサインイン")
struct DirectorySignInTests {
  private static let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))
  private static let fields = [
    ("hosts", "dc7.minato.example"), ("security", "ldaps"), ("base", "DC=hospital,DC=local"),
    ("way", "search"), ("account", "mamorite@hospital.local"), ("secret", "読むだけの合言葉"),
    ("login-attribute", "sAMAccountName"), ("group-way", "attribute"), ("group-attribute", "memberOf"),
    ("group-auditor", "CN=Audit, OU=Groups, DC=hospital, DC=local"), ("lock-after", "5"),
    ("lock-minutes", "30"), ("label", "院内の職員ID"), ("on", "yes"),
  ]
  private static let audit = "cn=audit,ou=groups,dc=hospital,dc=local"

  private static func save(_ app: TestApp, version: Int = 0, _ changed: [(String, String)] = []) async throws
    -> TestApp.Answer
  {
    let kept = fields.filter { field in !changed.contains { $0.0 == field.0 } }
    return try await app.post(
      "/sign-on/directory", kept + changed + [("version", "\(version)")], as: .administrator)
  }

  private static func person(_ role: Role, in app: TestApp) async throws -> Person {
    try #require(try await app.scope.read { try $0.people() }.first { $0.role == role })
  }

  private static func expect(_ person: Person, in app: TestApp) async throws {
    let named = [("person", person.id.text), ("name", "Hanako")]
    #expect(try await app.post("/sign-on/directory/identities", named, as: .administrator).status == 303)
  }

  private static func signIn(
    _ login: String, _ password: String, from address: String = "10.0.0.1", browser: String? = nil,
    _ fake: FakeDirectory, in app: TestApp
  ) async throws -> Accounts.Entry {
    let settings = Accounts.AccountSettings(
      sealer: sealer, publicAddress: PublicAddress([:]), directory: fake)
    let caller = Caller(address: address, browser: browser, agent: "", now: app.now)
    return try await Directories.signIn(
      login: login, password: password, at: app.facility.id, caller, app.database, settings)
  }

  @Test("管理者が決めるとサインインの画面に出て、合言葉はどこにも出ない", arguments: Engine.available)
  func saved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await !Browser(app).get("/sign-in").body.contains("院内の職員ID"))
      #expect(try await Self.save(app).status == 303)
      #expect(try await Self.save(app).status == 409)
      let page = try await app.get("/sign-on/directory", as: .administrator)
      #expect(page.status == 200 && !page.body.contains("読むだけの合言葉"))
      #expect(try await Browser(app).get("/sign-in").body.contains("院内の職員ID"))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      let entry = try #require(entries.first { $0.action == "directory.set" })
      #expect(entry.after?.contains("読むだけ") == false)
      #expect(entry.after?.contains("\"provedBy\":\"password\"") == true)
      #expect(try await app.get("/sign-on/directory", as: .itStaff).status == 403)
      #expect(try await !app.get("/sign-on/directory", as: .stranger).body.contains("dc7.minato.example"))
      // The password goes to no other machine, and is believed by no other certificate.
      for change in [("hosts", "evil.example"), ("security", "starttls"), ("account", "cn=x,dc=y")] {
        let moved = try await Self.save(app, version: 1, [change, ("secret", "")])
        #expect(moved.status == 422 && moved.body.contains("もう一度入れてください"), "\(change)")
      }
      #expect(try await Self.save(app, version: 1, [("label", "職員番号"), ("secret", "")]).status == 303)
      let setting = try #require(try await app.scope.read { try $0.directorySetting() })
      let server = try setting.server(Self.sealer, app.facility.id, allowsLoopback: false)
      #expect(server.way == .search(account: "mamorite@hospital.local", password: "読むだけの合言葉"))
      #expect(throws: Sealer.Refusal.keyWrong) {
        _ = try setting.server(Self.sealer, app.otherFacility.id, allowsLoopback: false)
      }
      let removal = "/sign-on/directory/removal"
      #expect(try await app.post(removal, [("version", "2")], as: .administrator).status == 303)
      #expect(try await !Browser(app).get("/sign-in").body.contains("職員番号"))
    }
  }

  @Test("グループで役割が決まり、外れると役割も開いたセッションも終わる。管理者は変わらない", arguments: Engine.available)
  func groups(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app).status == 303)
      let fake = FakeDirectory()
      fake.groups = ["CN=AUDIT,OU=Groups,DC=hospital,DC=local"]
      let person = try await Self.person(.itStaff, in: app)
      // Right, but nobody has said who it is.
      await #expect(throws: SignOnRefusal.unknownPerson("hanako")) {
        _ = try await Self.signIn("hanako", "right", fake, in: app)
      }
      try await Self.expect(person, in: app)
      guard case .session(let session) = try await Self.signIn("Hanako", "right", fake, in: app) else {
        Issue.record("a second step was asked for")
        return
      }
      let bound = try #require(try await app.scope.read { try $0.signOnIdentity(of: person.id) })
      #expect(bound.subject == "guid:1" && bound.issuer == "ldap:dc=hospital,dc=local")
      func role() async throws -> Role? { try await app.scope.read { try $0.person(person.id) }?.role }
      #expect(try await role() == .auditor)
      let browser = Browser(app, cookies: ["mamorite": session.token])
      #expect(try await browser.get("/ledger").status == 200)
      fake.groups = ["cn=other,dc=hospital,dc=local"]
      await #expect(throws: SignOnRefusal.noGroup) {
        _ = try await Self.signIn("hanako", "right", fake, in: app)
      }
      #expect(try await role() == .staff)
      #expect(try await browser.get("/ledger").status == 303)
      // An administrator stays one, whatever the groups say.
      fake.groups = [Self.audit]
      let boss = try await Self.person(.administrator, in: app)
      let unbind = "/sign-on/identities/\(person.id)/removal"
      #expect(try await app.post(unbind, [("from", "directory")], as: .administrator).status == 303)
      try await Self.expect(boss, in: app)
      _ = try await Self.signIn("hanako", "right", fake, in: app)
      #expect(try await app.scope.read { try $0.person(boss.id) }?.role == .administrator)
    }
  }

  @Test("役割の決まりがあれば、守り手の二つ目の要素を求める", arguments: Engine.available)
  func factors(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app, [("group-way", "unasked")]).status == 303)
      try await Self.expect(try await Self.person(.contributor, in: app), in: app)
      try await Accounts.demandFactor(of: .contributor, from: app.now.day, in: app.scope)
      guard case .step(.setup, _) = try await Self.signIn("hanako", "right", FakeDirectory(), in: app) else {
        Issue.record("came in without the second factor that is demanded")
        return
      }
    }
  }

  @Test("間違いが続くと、ディレクトリが止める前に守り手が断る。名前の書き方を変えても同じ", arguments: Engine.available)
  func budget(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app, [("group-way", "unasked")]).status == 303)
      try await Self.expect(try await Self.person(.staff, in: app), in: app)
      let fake = FakeDirectory()
      guard case .session(let session) = try await Self.signIn("hanako", "right", fake, in: app) else {
        return
      }
      let known = try #require(session.browser)
      // Of the four that the directory bears, two are for strangers, from wherever they come.
      for number in 1...2 {
        await #expect(throws: Accounts.Refusal.wrong) {
          _ = try await Self.signIn("hanako", "wrong", from: "10.0.1.\(number)", fake, in: app)
        }
      }
      for (number, name) in ["hanako", "HANAKO", "hanakó"].enumerated() {
        await #expect(throws: Accounts.Refusal.locked(minutes: 30)) {
          _ = try await Self.signIn(name, "right", from: "10.0.2.\(number)", fake, in: app)
        }
      }
      #expect(fake.tried.count == 3)
      // Its person comes in all the same, in a browser in which they have been before.
      guard case .session = try await Self.signIn("hanako", "right", browser: known, fake, in: app) else {
        Issue.record("the known browser has to wait")
        return
      }
      for _ in 1...2 {
        await #expect(throws: Accounts.Refusal.wrong) {
          _ = try await Self.signIn("hanako", "wrong", browser: known, fake, in: app)
        }
      }
      await #expect(throws: Accounts.Refusal.locked(minutes: 30)) {
        _ = try await Self.signIn("hanako", "right", browser: known, fake, in: app)
      }
      app.now = app.now.adding(minutes: 30)
      guard case .session = try await Self.signIn("hanako", "right", from: "10.0.3.1", fake, in: app) else {
        Issue.record("still waiting")
        return
      }
    }
  }

  @Test("いない人も、違うパスワードと同じに答え、だれのパスワードも試さない", arguments: Engine.available)
  func unknown(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let saved = try await Self.save(app).status
      #expect(saved == 303)
      let fake = FakeDirectory()
      for login in ["nobody", "nobody"] {
        await #expect(throws: Accounts.Refusal.wrong) {
          _ = try await Self.signIn(login, "x", fake, in: app)
        }
      }
      await #expect(throws: Accounts.Refusal.locked(minutes: 30)) {
        _ = try await Self.signIn("nobody", "x", fake, in: app)
      }
      #expect(fake.tried.count == 2 && fake.tried.allSatisfy { $0 != FakeDirectory.name })
      await #expect(throws: Accounts.Refusal.wrong) { _ = try await Self.signIn("hanako", "", fake, in: app) }
      #expect(fake.tried.count == 2)
      let settings = Accounts.AccountSettings(
        sealer: Self.sealer, publicAddress: PublicAddress([:]), directory: fake)
      let caller = Caller(address: "10.0.0.1", browser: nil, agent: "", now: app.now)
      let elsewhere = app.otherFacility.id
      await #expect(throws: DirectoryRefusal.noDirectory) {
        _ = try await Directories.signIn(
          login: "hanako", password: "right", at: elsewhere, caller, app.database, settings)
      }
    }
  }

  @Test("止まっている間は、何も数えず、外の人には機械の名前を言わない", arguments: Engine.available)
  func down(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app, [("group-way", "unasked")]).status == 303)
      try await Self.expect(try await Self.person(.staff, in: app), in: app)
      let fake = FakeDirectory()
      fake.problem = .silent("dc1.hospital.local:636")
      for _ in 1...12 {
        await #expect(throws: DirectoryRefusal.down) {
          _ = try await Self.signIn("hanako", "right", fake, in: app)
        }
      }
      #expect(try await Browser(app).signIn("staff").status == 303)
      fake.problem = nil
      guard case .session = try await Self.signIn("hanako", "right", fake, in: app) else {
        Issue.record("failures were counted that nobody has looked at")
        return
      }
      let before = app.database.statementCount
      _ = try await app.get("/sign-on/directory", as: .administrator)
      #expect(app.database.statementCount - before <= 8)
    }
  }
}
