import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("パスワードとサインイン")
struct SessionTests {
  @Test("ない利用者名も、ある利用者名と同じように数えて待たせる", arguments: Engine.available)
  func unknownNames(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for login in ["auditor", "no-such-person"] {
        let browser = Browser(app)
        var answers: [TestApp.Answer] = []
        for _ in 0..<7 { answers.append(try await browser.signIn(login, "wrong")) }
        #expect(answers.map(\.status) == [422, 422, 422, 422, 422, 429, 429], "\(login)")
        // The words do not tell either.
        #expect(answers[0].body.contains("利用者名かパスワードが違います"))
      }
    }
  }

  @Test("待つ人が多すぎて断られた試みは、失敗に数えない", arguments: Engine.available)
  func busy(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let full = Accounts.AccountSettings(
        sealer: .absent, publicAddress: PublicAddress([:]), turns: FairTurns(mostOfOne: 0, mostOfAll: 0))
      let caller = Caller(address: "192.0.2.1", browser: nil, agent: "", now: app.now)
      @Sendable func attempt() async throws {
        _ = try await Accounts.signIn(
          login: "administrator", password: TestApp.password, caller, app.database, full)
      }
      // Somebody else's password is being looked at all the while.
      try await full.turns.inTurn(of: "198.51.100.9") {
        for _ in 0..<8 { await #expect(throws: Accounts.Refusal.busy) { try await attempt() } }
      }
      try await attempt()
    }
  }

  @Test("ほかの住所や知らないブラウザからの失敗で、本人は待たされない", arguments: Engine.available)
  func nobodyLocksOthersOut(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func attempt(_ address: String, _ password: String, browser: String? = nil) async throws -> String? {
        let caller = Caller(address: address, browser: browser, agent: "", now: app.now)
        do {
          let entry = try await Accounts.signIn(
            login: "administrator", password: password, caller, app.database,
            Accounts.AccountSettings(sealer: .absent, publicAddress: PublicAddress([:])))
          guard case .session(let session) = entry else { return "step" }
          return session.browser
        } catch Accounts.Refusal.locked { return "locked" } catch Accounts.Refusal.wrong { return "wrong" }
      }
      let known = try await attempt("192.0.2.1", TestApp.password)
      for _ in 0..<5 { #expect(try await attempt("198.51.100.9", "guess") == "wrong") }
      #expect(try await attempt("198.51.100.9", TestApp.password) == "locked")
      #expect(try await attempt("192.0.2.1", TestApp.password)?.count == 64)
      // Behind one proxy all come from one address: the known browser is told apart all the same.
      #expect(try await attempt("198.51.100.9", TestApp.password, browser: known) == known)
      // A made-up cookie is no known browser.
      let invented = String(repeating: "b", count: 64)
      #expect(try await attempt("198.51.100.9", TestApp.password, browser: invented) == "locked")
    }
  }

  @Test("一つの住所から次々に名前を変えても待たせ、覚える行は増えない", arguments: Engine.available)
  func oneAddress(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func refused(_ index: Int, _ address: String) async throws -> Bool {
        let caller = Caller(address: address, browser: nil, agent: "", now: app.now)
        let counts = AttemptCount.ofPassword("name-\(index)", caller, isKnown: false)
        do { try await Accounts.take(counts, app.database, app.now) } catch Accounts.Refusal.locked {
          return true
        }
        return false
      }
      var passed = 0
      for index in 0..<200 {
        let isRefused = try await refused(index, "198.51.100.9")
        passed += isRefused ? 0 : 1
      }
      #expect(passed == 51)
      let rows = try await Installation(app.database).read {
        try $0.count("SELECT COUNT(*) FROM sign_in_attempt")
      }
      #expect(rows == 52)
      #expect(try await !refused(0, "198.51.100.10"))
      // After a day nothing is left of it.
      app.now = app.now.adding(minutes: 24 * 60 + 1)
      #expect(try await !refused(0, "198.51.100.9"))
      let left = try await Installation(app.database).read {
        try $0.count("SELECT COUNT(*) FROM sign_in_attempt")
      }
      #expect(left == 2)
    }
  }

  @Test("前の5つのパスワードは使えず、いまのパスワードを知らないと変えられない", arguments: Engine.available)
  func reuse(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("itStaff")
      func change(_ current: String, _ new: String) async throws -> Int {
        app.now = app.now.adding(minutes: 1)
        return try await browser.post("/account/password", [("current", current), ("password", new)]).status
      }
      #expect(try await change("wrong", "k7w2q9x4mvbz0") == 422)
      #expect(try await change(TestApp.password, TestApp.password) == 422)
      #expect(try await change(TestApp.password, "password-2026-password") == 422)
      #expect(try await change(TestApp.password, "k7w2q9x4") == 422)
      var current = TestApp.password
      for index in 1...5 {
        #expect(try await change(current, "k7w2q9x4mvbz\(index)") == 303)
        current = "k7w2q9x4mvbz\(index)"
        #expect(try await change(current, TestApp.password) == 422, "\(index)")
      }
      #expect(try await change(current, "k7w2q9x4mvbz1") == 422)
      #expect(try await change(current, "k7w2q9x4mvbz6") == 303)
      // Six changes ago is long enough ago.
      #expect(try await change("k7w2q9x4mvbz6", TestApp.password) == 303)
      let ledger = try await app.scope.read { try $0.recentEntries(limit: 50) }
      #expect(
        !ledger.contains { ($0.after ?? "").contains("argon2") || ($0.before ?? "").contains("argon2") })
    }
  }

  @Test("パスワードを変えると合い札が変わり、ほかのサインインは終わる", arguments: Engine.available)
  func rotation(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (browser, other) = (Browser(app), Browser(app))
      _ = try await browser.get("/sign-in")
      let first = browser.jar["mamorite"]
      _ = try await browser.signIn("itStaff")
      #expect(browser.jar["mamorite"] != first)
      _ = try await other.signIn("itStaff")
      let before = browser.jar
      _ = try await browser.post(
        "/account/password", [("current", TestApp.password), ("password", "k7w2q9x4mvbzj")])
      #expect(try await browser.get("/account").status == 200)
      #expect(try await Browser(app, cookies: before).get("/account").status == 303)
      #expect(try await other.get("/account").status == 303)
    }
  }

  @Test("どこでサインインしているかが並び、一つずつでも、ほかをまとめてでも終わらせられる", arguments: Engine.available)
  func list(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
      let (own, second, third) = (Browser(app), Browser(app, agent: agent), Browser(app))
      for browser in [own, second, third] { _ = try await browser.signIn("itStaff") }
      let page = try await own.get("/account")
      #expect(page.body.contains("Edge (Windows)") && page.body.contains("Firefox (Linux)"))
      #expect(page.body.components(separatedBy: "いま使っている").count == 2)
      let hash = Secret.hash(try #require(second.jar["mamorite"]))
      #expect(page.body.contains("value=\"\(hash)\""))
      // Someone else cannot end it.
      let stranger = Browser(app)
      _ = try await stranger.signIn("auditor")
      _ = try await stranger.post("/account/sessions/withdrawal", [("session", hash)])
      #expect(try await second.get("/account").status == 200)
      _ = try await own.post("/account/sessions/withdrawal", [("session", hash)])
      #expect(try await second.get("/account").status == 303)
      #expect(try await third.get("/account").status == 200)
      let ended = try await own.post("/account/sessions/withdrawal", [("session", "others")])
      #expect(ended.location == "/account?done=sessions&count=1#sessions")
      #expect(try await third.get("/account").status == 303)
      #expect(try await own.get("/account").status == 200)
    }
  }

  @Test("サインインは、8時間使わないか24時間たつと終わる", arguments: Engine.available)
  func limits(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let idle = Browser(app)
      _ = try await idle.signIn("itStaff")
      app.now = app.now.adding(minutes: 8 * 60)
      #expect(try await idle.get("/account").status == 303)
      let busy = Browser(app)
      _ = try await busy.signIn("itStaff")
      for _ in 0..<3 {
        app.now = app.now.adding(minutes: 7 * 60)
        #expect(try await busy.get("/account").status == 200)
      }
      app.now = app.now.adding(minutes: 3 * 60)
      #expect(try await busy.get("/account").status == 303)
    }
  }

  @Test("はじめてのブラウザからのサインインは、お知らせに届く。最初の一つと知っているブラウザでは届かない", arguments: Engine.available)
  func newBrowser(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func notices(_ browser: Browser) async throws -> Int {
        _ = try await Installation(app.database).deliver(now: app.now)
        return try await browser.get("/inbox").body.components(separatedBy: "はじめてのブラウザ").count - 1
      }
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      #expect(try await notices(own) == 0)
      _ = try await own.post("/sign-out")
      _ = try await own.signIn("itStaff")
      #expect(try await notices(own) == 0)
      let other = Browser(app, agent: "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36")
      _ = try await other.signIn("itStaff")
      #expect(try await notices(own) == 1)
      #expect(try await own.get("/inbox").body.contains("Chrome (Android)"))
      // The cookie alone is kept as a hash.
      let cookie = try #require(other.jar["mamorite-browser"])
      let stored = try await Installation(app.database).read {
        try $0.count("SELECT COUNT(*) FROM account_browser WHERE browser_hash = \(cookie)")
      }
      #expect(stored == 0)
    }
  }

  @Test("切れたあとに送った文は、数字を入れたあとも残る")
  func resumption() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let (phone, _) = try await own.setUpFactor(app)
      app.now = app.now.adding(minutes: 1)
      let late = Browser(app)
      _ = try await late.get("/sign-in")
      let page = try await late.post(
        "/sign-in",
        [
          ("login", "itStaff"), ("password", TestApp.password), ("_resume", "/people"),
          ("kept.person", "残る文"), ("next", "/"),
        ])
      #expect(page.status == 200 && page.body.contains("残る文") && page.hidden("_resume") == "/people")
      let back = try await late.post(
        "/sign-in/code",
        [("code", phone.digits(at: app.now)), ("_resume", "/people"), ("kept.person", "残る文"), ("next", "/")])
      #expect(back.status == 200 && back.hidden("person") == "残る文")
      #expect(back.body.contains("action=\"/people\""))
    }
  }

  @Test("切れたあとに送った文は持ち越すが、よそのページから送られたものは持ち越さない")
  func fromElsewhere() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      app.now = app.now.adding(minutes: 25 * 60)
      for site in [nil, "same-origin"] {
        let kept = try await own.post("/people", [("person", "残る文")], site: site)
        #expect(kept.status == 401 && kept.body.contains("残る文"), "\(site ?? "-")")
      }
      for site in ["cross-site", "same-site"] {
        let refused = try await own.post("/people", [("person", "よその文")], site: site)
        #expect(refused.status == 401 && !refused.body.contains("よその文"), "\(site)")
      }
      // A page elsewhere does not know the value of the form, and browsers keep the cookie back.
      let victim = Browser(app)
      let foreign = try await victim.post(
        "/people/factors/policies", [("_token", "x"), ("mode", "よその文")], site: "cross-site")
      #expect(foreign.status == 401 && !foreign.body.contains("よその文"))
      let stranger = Browser(app, cookies: ["mamorite": ""])
      let answer = try await stranger.post("/people", [("person", "よその文")], site: "cross-site")
      #expect(answer.status == 401 && answer.headers["set-cookie"] == nil)
    }
  }
}
