import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("同時のはじめの設定")
struct SetUpAtOnceTests {
  @Test("同時に送られても、施設と管理者は一つだけできる", arguments: Engine.available)
  func once(engine: Engine) async throws {
    try await engine.withDatabase(TestApp.migrations) { database in
      // Different facilities and names: nothing else keeps them apart.
      let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<6 {
          let facility = try Facility(
            id: FacilityID(at: .test), name: Facility.Name("病院 \(number)"), kind: .hospital, beds: 100,
            prefecture: nil)
          let account = AccountID(at: .test)
          let person = try Person(
            id: PersonID(at: .test), name: "田中", department: "", role: .administrator, account: account)
          let login = try Person.Login("tanaka\(number)")
          group.addTask {
            let scope = Scope(database, actor: .system("setup"), facility: facility.id, now: .test)
            do {
              try await Accounts.begin(facility, person, account, login: login, hash: "-", in: scope)
              return true
            } catch Facility.Refusal.alreadySetUp { return false }
          }
        }
        return try await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      #expect(outcomes.count { $0 } == 1 && outcomes.count == 6)
      let facilities = try await Facilities.all(in: database)
      let accounts = try await Installation(database).read { try $0.count("SELECT COUNT(*) FROM account") }
      #expect(facilities.count == 1 && accounts == 1)
    }
  }
}

@Suite("施設の切り替え")
struct FacilitySwitchTests {
  /// `itStaff`, who is also at the other facility, as its safety manager.
  private static func abroad(_ app: TestApp) async throws -> Scope {
    let people = try await app.scope.read { try $0.people() }
    let here = try #require(people.first { $0.name == "itStaff" })
    let there = Scope(app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
    let person = try Person(
      id: there.newID(), name: "出向", department: "", role: .safetyManager, account: here.account)
    try await there.write { try $0.insert(person) }
    return there
  }

  @Test("移る先が二つ目の要素を求めるようになったら、加えるまで移れない", arguments: Engine.available)
  func demanded(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let there = try await Self.abroad(app)
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/account")
      // Decided after the sign-in, which it would have met.
      try await Accounts.decide(
        [(.safetyManager, FactorPolicy(mode: .required, from: app.now.day), 0)], in: there)
      let to = [("facility", app.otherFacility.id.text)]
      let refused = try await browser.post("/facility", to)
      #expect(refused.status == 409 && refused.body.contains("別の病院では、二つ目の要素が要ります"))
      #expect(try await browser.get("/account").body.contains("みなと総合病院"))
      // The way out that the page names.
      _ = try await browser.post("/account/factors", [("name", ""), ("current", TestApp.password)])
      let phone = try App(try await browser.get("/account/factors/waiting"))
      _ = try await browser.post("/account/factors/waiting", [("code", phone.digits(at: app.now))])
      #expect(try await browser.post("/facility", to).status == 303)
      #expect(try await browser.get("/account").body.contains("別の病院"))
    }
  }

  @Test("決まりの始まる日の前なら移れ、その日からは移れない")
  func day() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let there = try await Self.abroad(app)
      let first = app.now.day.adding(days: 1)
      app.now = first.start.adding(minutes: -30)
      try await Accounts.decide([(.safetyManager, FactorPolicy(mode: .required, from: first), 0)], in: there)
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/account")
      #expect(try await browser.post("/facility", [("facility", app.otherFacility.id.text)]).status == 303)
      #expect(try await browser.post("/facility", [("facility", app.facility.id.text)]).status == 303)
      app.now = first.start
      #expect(try await browser.post("/facility", [("facility", app.otherFacility.id.text)]).status == 409)
    }
  }

  @Test("二つ目の要素があっても、それで確かめていないサインインのままでは移れない", arguments: Engine.available)
  func unproved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let there = try await Self.abroad(app)
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/account")
      _ = try await browser.post("/account/factors", [("name", ""), ("current", TestApp.password)])
      let phone = try App(try await browser.get("/account/factors/waiting"))
      _ = try await browser.post("/account/factors/waiting", [("code", phone.digits(at: app.now))])
      try await Accounts.decide(
        [(.safetyManager, FactorPolicy(mode: .required, from: app.now.day), 0)], in: there)
      // As a provider's word would have left it.
      let hash = Secret.hash(browser.jar["mamorite"] ?? "")
      try await Installation(app.database).keep(now: app.now) { tx in
        _ = try tx.run("UPDATE session SET proof = 'provider' WHERE token_hash = \(hash)")
      }
      let refused = try await browser.post("/facility", [("facility", app.otherFacility.id.text)])
      #expect(refused.status == 409 && refused.body.contains("二つ目の要素で確かめたサインインが要ります"))
    }
  }
}

@Suite("サーバの証明書の知らせ")
struct ServerNoticeTests {
  private static func notice(_ mark: String, daysLeft days: Int64, isOwn: Bool = true) -> ServerNotice {
    ServerNotice(
      certificate: mark, endsAt: Instant.test.adding(minutes: days * 24 * 60), isOwn: isOwn)
  }

  @Test(
    "30日、7日、1日の前になると、その段になる",
    arguments: [(31, nil), (30, 0), (8, 0), (7, 1), (2, 1), (1, 2), (0, 2), (-3, 2)] as [(Int64, Int?)])
  func steps(days: Int64, step: Int?) {
    #expect(Self.notice("AA", daysLeft: days).step(at: .test) == step)
  }

  @Test("管理者にだけ、証明書と段ごとに一度だけ知らせる", arguments: Engine.available)
  func told(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func told(_ who: TestApp.Who) async throws -> Int {
        _ = try await Installation(app.database).deliver(now: app.now)
        return try await app.get("/inbox", as: who).body.components(separatedBy: "サーバの証明書が").count - 1
      }
      func announce(_ notice: ServerNotice) async throws {
        try await Facilities.announce(notice, in: app.database, now: .test)
      }
      try await announce(Self.notice("AA:01", daysLeft: 31))
      #expect(try await told(.administrator) == 0)
      for _ in 0..<3 { try await announce(Self.notice("AA:01", daysLeft: 20)) }
      #expect(try await told(.administrator) == 1)
      #expect(try await told(.stranger) == 1)
      #expect(try await told(.itStaff) == 0)
      try await announce(Self.notice("AA:01", daysLeft: 5))
      #expect(try await told(.administrator) == 2)
      // A new one that ends soon too is another matter.
      try await announce(Self.notice("BB:02", daysLeft: 5, isOwn: false))
      #expect(try await told(.administrator) == 3)
      #expect(try await app.get("/inbox", as: .administrator).body.contains("起動し直すと、新しい証明書を作ります"))
    }
  }
}
