import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("操作の前にもう一度確かめる")
struct ProofTests {
  private static let person = [("person", "新しい人"), ("department", "外来"), ("role", "staff"), ("login", "")]

  @Test("十分を過ぎると、パスワードを確かめてから続き、送った内容は残り、記録に印が付く", arguments: Engine.available)
  func password(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("administrator")
      #expect(try await browser.get("/people/new").status == 200)
      app.now = app.now.adding(minutes: 10)
      // Everything else goes on.
      #expect(try await browser.get("/people").status == 200)
      #expect(try await browser.get("/people/new").location == "/account/proof?next=%2Fpeople%2Fnew")
      #expect(try await browser.get("/account/proof?next=%2Fpeople%2Fnew").hidden("next") == "/people/new")
      let waiting = try await browser.post("/people", Self.person)
      #expect(waiting.status == 403 && waiting.body.contains("送った内容は残っています"))
      #expect(waiting.hidden("_resume") == "/people" && waiting.hidden("kept.person") == "新しい人")
      #expect(try await app.scope.read { try $0.people() }.allSatisfy { $0.name != "新しい人" })
      let kept = [("_resume", "/people")] + Self.person.map { ("kept.\($0.0)", $0.1) }
      let wrong = try await browser.post("/account/proof", kept + [("current", "wrong")])
      #expect(wrong.status == 422 && wrong.hidden("kept.person") == "新しい人")
      #expect(try await browser.post("/people", Self.person).status == 403)
      let old = try #require(browser.jar["mamorite"])
      let proved = try await browser.post("/account/proof", kept + [("current", TestApp.password)])
      #expect(proved.status == 200 && proved.hidden("person") == "新しい人")
      #expect(proved.body.contains("action=\"/people\""))
      // The token changes with what the session may do.
      #expect(browser.jar["mamorite"] != old)
      #expect(try await Browser(app, cookies: ["mamorite": old]).get("/account").status == 303)
      #expect(try await browser.post("/people", Self.person).status == 303)
      let entry = try await app.scope.read { try $0.recentEntries(limit: 5) }.first {
        $0.action == "person.add"
      }
      #expect(entry?.after?.hasSuffix(",\"provedBy\":\"password\"}") == true)
      #expect(try await app.scope.verifyLedger().brokenAt == nil)
      #expect(try await browser.get("/ledger").body.contains("パスワードで確かめて"))
    }
  }

  @Test("二つ目の要素がある人は、パスワードではなく、数字かパスキーで確かめる", arguments: Engine.available)
  func factors(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("administrator")
      let (phone, codes) = try await browser.setUpFactor(app)
      let key = Authenticator()
      try await browser.add(key)
      let path = "/people/factors/policies"
      func isOpen() async throws -> Bool { try await browser.get(path).status == 200 }
      #expect(try await isOpen())

      app.now = app.now.adding(minutes: 11)
      #expect(try await !isOpen())
      let page = try await browser.get("/account/proof?next=%2Fpeople%2Ffactors%2Fpolicies")
      #expect(page.body.contains("data-passkey=\"get\"") && !page.body.contains("name=\"current\""))
      #expect(try await browser.post("/account/proof", [("current", TestApp.password)]).status == 422)
      #expect(try await browser.post("/account/proof", [("code", "000000")]).status == 422)
      #expect(try await !isOpen())
      let digits = try await browser.post(
        "/account/proof", [("code", phone.digits(at: app.now)), ("next", path)])
      #expect(digits.location == path)
      #expect(try await isOpen())

      app.now = app.now.adding(minutes: 11)
      let asked = try await browser.asked("/account/proof")
      #expect(asked.credentials == [Base64URL.text(key.id)])
      // A challenge of another page is none of this one.
      let crossed = try await browser.post("/account/proof", try key.show(asked, .init(flags: 1)))
      #expect(crossed.status == 422)
      let again = try await browser.asked("/account/proof")
      #expect(try await browser.post("/account/proof", try key.show(again)).status == 303)
      #expect(try await isOpen())
      let decided = [("mode-staff", "off"), ("from-staff", ""), ("version-staff", "0")]
      #expect(try await browser.post(path, decided).status == 303)
      let entry = try await app.scope.read { try $0.recentEntries(limit: 5) }.first {
        $0.action == "account.factor-policy"
      }
      #expect(entry?.after == "{\"mode\":\"off\",\"provedBy\":\"passkey\"}")

      app.now = app.now.adding(minutes: 11)
      #expect(try await browser.post("/account/proof", [("code", codes[0])]).status == 303)
      #expect(try await browser.post("/account/proof", [("code", codes[0])]).status == 422)
      _ = try await Installation(app.database).deliver(now: app.now)
      #expect(try await browser.get("/inbox").body.contains("あと9個です"))
    }
  }

  @Test("ファイルの受け取りは、確かめたあとの画面から続け、よその住所へは行かない", arguments: Engine.available)
  func downloads(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("administrator")
      app.now = app.now.adding(minutes: 30)
      let path = "/ledger/export.jsonl"
      #expect(try await browser.get(path).location == "/account/proof?next=%2Fledger%2Fexport.jsonl")
      let fields = [("current", TestApp.password), ("next", path)]
      let ready = try await browser.post("/account/proof", fields)
      #expect(ready.status == 200 && ready.body.contains("href=\"/ledger/export.jsonl\""))
      let file = try await browser.get(path)
      #expect(file.status == 200 && file.body.contains("\\\"provedBy\\\":\\\"password\\\""))
      let away = try await browser.post(
        "/account/proof", [("current", TestApp.password), ("next", "https://evil.test/")])
      #expect(away.location == "/")
      // Programs that ask for JSON are told.
      _ = try await app.cookie(of: .administrator)
      app.now = app.now.adding(minutes: 30)
      let told = try await app.post("/people", [], as: .administrator, accept: "application/json")
      #expect(told.status == 403 && told.body.contains("web.proofNeeded"))
    }
  }

  @Test("間違えた数は、サインインと同じように待たせる", arguments: Engine.available)
  func guessing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("administrator")
      _ = try await browser.setUpFactor(app)
      var statuses: [Int] = []
      for _ in 0..<6 {
        statuses.append(try await browser.post("/account/proof", [("code", "000001")]).status)
      }
      #expect(statuses == [422, 422, 422, 422, 422, 429])
    }
  }
}
