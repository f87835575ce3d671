import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// A token ends with the password of its person, whoever has changed it.
@Suite("パスワードとトークン")
struct TokenEndTests {
  private static let new = "seven quite other words"
  private static let path = "/registers/systems/export.json"

  private static func personPath(_ app: TestApp) async throws -> (path: String, version: String) {
    let person = try #require(try await app.scope.read { try $0.people() }.first { $0.name == "itStaff" })
    let page = try await app.get("/people/\(person.id)/access", as: .administrator)
    return ("/people/\(person.id)", try #require(page.hidden("version")))
  }

  private static func told(_ app: TestApp) async throws -> [InboxMessage] {
    _ = try await Installation(app.database).deliver(now: app.now)
    let person = try #require(try await app.scope.read { try $0.people() }.first { $0.name == "itStaff" })
    let all = try await app.scope.read { try $0.inbox(of: person.id) }
    return all.filter { $0.key == "tokens.endedWithPassword" }
  }

  @Test("自分でパスワードを変えると、トークンはすべて終わり、どれが終わったかを知らせる", arguments: Engine.available)
  func own(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let tokens = [
        try await TokenTests.token(app, ["registers.read"]),
        try await TokenTests.token(app, ["registers.read"]),
      ]
      let others = try await TokenTests.token(app, ["registers.read"], as: .auditor)
      #expect(try await app.get("/account").body.contains("すべてのAPIトークンが終わります"))
      let changed = try await app.post(
        "/account/password", [("current", TestApp.password), ("password", Self.new)])
      #expect(changed.status == 303, "\(changed)")
      for token in tokens { #expect(try await app.program(Self.path, token: token).status == 401) }
      #expect(try await app.program(Self.path, token: others).status == 200)
      let messages = try await Self.told(app)
      #expect(messages.map(\.arguments) == [["台帳の夜間書き出し, 台帳の夜間書き出し"]])
      let ended = try await app.scope.read { try $0.recentEntries(limit: 10) }
      #expect(ended.count { $0.action == "token.revoke" } == 2)
      let list = try await app.get("/account/tokens")
      #expect(!list.body.contains("/revocation"))
    }
  }

  @Test("管理者が決めたパスワードでも、止めたサインインでも終わる", arguments: ["password", "withdrawal"])
  func byAdministrator(way: String) async throws {
    for engine in Engine.available {
      try await TestApp.run(on: engine) { app in
        let token = try await TokenTests.token(app, ["registers.read"])
        let (path, version) = try await Self.personPath(app)
        let done = try await app.post(
          "\(path)/\(way)", [("password", Self.new), ("version", version)], as: .administrator)
        #expect(done.status == 303, "\(done)")
        #expect(try await app.program(Self.path, token: token).status == 401)
        #expect(try await Self.told(app).count == 1)
        let board = try await app.get("/people/tokens", as: .administrator)
        #expect(!board.body.contains("/revocation"))
      }
    }
  }

  @Test("ほかの施設で作ったトークンも終わる", arguments: Engine.available)
  func elsewhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let people = try await app.scope.read { try $0.people() }
      let here = try #require(people.first { $0.name == "itStaff" })
      let there = Scope(app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let abroad = try Person(
        id: there.newID(), name: "出向", department: "", role: .itStaff, account: here.account)
      try await there.write { try $0.insert(abroad) }
      _ = try await app.get("/account")
      #expect(try await app.post("/facility", [("facility", app.otherFacility.id.text)]).status == 303)
      let token = try await TokenTests.token(app, ["registers.read"])
      #expect(try await app.program(Self.path, token: token).status == 200)
      #expect(try await app.post("/facility", [("facility", app.facility.id.text)]).status == 303)
      let changed = try await app.post(
        "/account/password", [("current", TestApp.password), ("password", Self.new)])
      #expect(changed.status == 303)
      #expect(try await app.program(Self.path, token: token).status == 401)
    }
  }
}
