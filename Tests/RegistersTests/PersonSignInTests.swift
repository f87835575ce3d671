import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

extension TestApp {
  fileprivate func person(_ name: String) async throws -> Person {
    try #require(try await scope.read { try $0.people() }.first { $0.name == name })
  }
}

@Suite("サインインを渡す")
struct PersonSignInTests {
  private static let new = "seven quiet green lamps"

  @Test("台帳の人がサインインできるようになる。名前が使われていれば断り、何も変えない", arguments: Engine.available)
  func given(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/people", [("person", "新人"), ("role", "it-staff")], as: .administrator)
      let person = try await app.person("新人")
      let path = "/people/\(person.id)/sign-in"
      func give(_ login: String, _ password: String) async throws -> TestApp.Answer {
        try await app.post(
          path, [("login", login), ("password", password), ("version", "\(person.version)")],
          as: .administrator)
      }
      #expect(try await give("itStaff", Self.new).status == 422)
      #expect(try await give("shinjin", "short").status == 422)
      #expect(try await app.person("新人").account == nil)
      #expect(try await give("shinjin", Self.new).status == 303)
      #expect(try await Browser(app).signIn("shinjin", Self.new).location == "/account")
      #expect(try await give("another", Self.new).status == 422)
      let page = try await app.get("/people/\(person.id)/access", as: .administrator)
      #expect(!page.body.contains(path))
    }
  }

  @Test("忘れた人に新しいパスワードを渡すと、前のものでは入れず、本人に届く", arguments: Engine.available)
  func forgotten(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let open = Browser(app)
      _ = try await open.signIn("itStaff")
      let person = try await app.person("itStaff")
      let path = "/people/\(person.id)/password"
      // A person's own password is changed under the own account, with the old one.
      let own = try await app.post(path, [("password", Self.new)])
      #expect(own.status == 422)
      #expect(try await app.post(path, [("password", "itStaff2026")], as: .administrator).status == 422)
      #expect(try await app.post(path, [("password", Self.new)], as: .management).status == 403)
      #expect(try await app.post(path, [("password", Self.new)], as: .administrator).status == 303)
      #expect(try await open.get("/account").status == 303)
      #expect(try await Browser(app).signIn("itStaff").status == 422)
      let again = Browser(app)
      #expect(try await again.signIn("itStaff", Self.new).location == "/account")
      _ = try await Installation(app.database).deliver(now: app.now)
      #expect(try await again.get("/inbox").body.contains("パスワードを作り直しました"))
      let entries = try await app.scope.read { try $0.history(of: "person:\(person.id)") }
      #expect(entries.contains { $0.action == "account.password" && $0.after?.contains(Self.new) != true })
    }
  }

  @Test("管理者のパスワードは、管理者だけが作り直せる")
  func administrators() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let person = try await app.person("administrator")
      let answer = try await app.post("/people/\(person.id)/password", [("password", Self.new)])
      #expect(answer.status == 403)
      #expect(try await Browser(app).signIn("administrator").status == 303)
    }
  }

  @Test("サインインできる最後の管理者は、だれにも外せない", arguments: Engine.available)
  func lastAdministrator(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let only = try await app.person("administrator")
      // As somebody who came in by a sealed code, who is nobody in the register.
      let scope = Scope(
        app.database, actor: .system("emergency"), facility: app.facility.id, now: app.now,
        permissions: [.facilityEdit])
      await #expect(throws: Person.Refusal.lastAdministrator) {
        try await People.change(.itStaff, of: only, version: only.version, in: scope)
      }
      await #expect(throws: Person.Refusal.lastAdministrator) {
        try await People.withdrawAccess(of: only, version: only.version, in: scope)
      }
      let other = try await app.person("itStaff")
      try await People.change(.administrator, of: other, version: other.version, in: scope)
      try await People.change(.itStaff, of: only, version: only.version, in: scope)
      #expect(try await app.person("administrator").role == .itStaff)
    }
  }

  @Test("サーバの命令でも作り直せる", arguments: Engine.available)
  func fromShell(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Accounts.setPassword(
        Self.new, login: "administrator", by: .shell("root"), in: app.database, now: app.now)
      #expect(try await Browser(app).signIn("administrator", Self.new).location == "/account")
      await #expect(throws: Person.Refusal.notFound) {
        try await Accounts.setPassword(
          Self.new, login: "nobody-here", by: .shell("root"), in: app.database, now: app.now)
      }
    }
  }
}
