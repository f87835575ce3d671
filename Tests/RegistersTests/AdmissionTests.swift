import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// `user add`, above all where a facility has just been taken in: everybody is in the register, and nobody signs in.
@Suite("台帳の人にサインインを渡す")
struct AdmissionTests {
  private static func admit(
    _ app: TestApp, _ name: String, _ login: String, _ role: Role = .administrator, chosen: PersonID? = nil
  ) async throws -> Accounts.Admitted {
    try await Accounts.admit(
      name: name, department: "外来", login: login, password: TestApp.password, role: role, chosen: chosen,
      cost: .lowest, in: app.scope)
  }

  private static func known(_ app: TestApp, _ name: String, _ department: String = "") async throws -> Person
  {
    let person = try Person(
      id: app.scope.newID(), name: name, department: department, role: .staff, account: nil)
    try await app.scope.write { try $0.insert(person) }
    return person
  }

  @Test("台帳にいてサインインしない人に渡り、役割も決まる。人は増えず、その人として入れる", arguments: Engine.available)
  func namesake(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let person = try await Self.known(app, "山田 花子", "情報")
      let people = try await app.scope.read { try $0.people() }.count
      let made = try await Self.admit(app, "山田花子", "yamada")
      #expect(made.wasKnown && made.person.id == person.id)
      #expect(made.person.role == .administrator && made.person.department == "情報")
      #expect(try await app.scope.read { try $0.people() }.count == people)
      let browser = Browser(app)
      #expect(try await browser.signIn("yamada").status == 303)
      #expect(try await browser.get("/account").body.contains("山田 花子"))
      let actions = try await app.scope.read { try $0.recentEntries(limit: 4) }.map(\.action)
      #expect(actions.contains("person.sign-in") && actions.contains("person.role"))
      // Who signs in already gets no second sign-in.
      await #expect(throws: Person.Refusal.nameTaken) { try await Self.admit(app, "山田花子", "yamada2") }
      let new = try await Self.admit(app, "新しい人", "atarashii", .staff)
      #expect(!new.wasKnown && new.person.department == "外来")
    }
  }

  @Test("同じ名前の人が何人もいるときは、番号を出して断り、番号で選べる", arguments: Engine.available)
  func several(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let first = try await Self.known(app, "佐藤 一", "外来")
      let second = try await Self.known(app, "佐藤 一")
      let told = ["\(first.id) (外来)", "\(second.id)"].sorted()
      await #expect(throws: AdmissionRefusal.namesakes(told)) {
        try await Self.admit(app, "佐藤一", "sato")
      }
      let made = try await Self.admit(app, "佐藤一", "sato", .staff, chosen: second.id)
      #expect(made.wasKnown && made.person.id == second.id && made.person.role == .staff)
      await #expect(throws: Person.Refusal.hasAccess) {
        try await Self.admit(app, "佐藤一", "sato2", chosen: second.id)
      }
      // A number of someone with another name is a mistake.
      let other = try await Self.known(app, "鈴木 二")
      await #expect(throws: Person.Refusal.notFound) {
        try await Self.admit(app, "佐藤一", "sato2", chosen: other.id)
      }
      await #expect(throws: AdmissionRefusal.namesakes(["\(first.id) (外来)"])) {
        try await Self.admit(app, "佐藤一", "sato2")
      }
    }
  }
}
