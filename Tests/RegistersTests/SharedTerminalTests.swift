import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("共用の端末の決まり")
struct SharedTerminalRuleTests {
  @Test("鍵は、押したときと、決めた分だけ人がいないときにかかる")
  func locked() {
    func isLocked(_ minutes: Int64, lockedAt: Instant? = nil) -> Bool {
      SharedTerminal.isLocked(
        at: .test.adding(minutes: minutes), lastSeen: .test, lockMinutes: 3, lockedAt: lockedAt)
    }
    #expect(!isLocked(2) && isLocked(3) && isLocked(100))
    #expect(isLocked(0, lockedAt: .test))
  }

  @Test("端末には名前が要り、鍵は1分から15分", arguments: [("", "3"), ("端末", "0"), ("端末", "16"), ("端末", "x")])
  func refused(name: String, minutes: String) {
    #expect(throws: SharedTerminalRefusal.self) {
      _ = try SharedTerminal(
        id: SharedTerminalID(at: .test), facility: FacilityID(at: .test), name: name, minutes: minutes,
        createdAt: .test)
    }
  }

  @Test("預かる内容に、パスワードと印は入らない。同じ画面は一つだけ、多すぎる分は古いほうから外す")
  func kept() throws {
    let text = """
      {"path":"/x?y=1","posted":false,"drafts":{"draft /x":"z"},"forms":[{"action":"/x","fields":
      [["note","書きかけ"],["password","秘密"],["current","秘密"],["_token","印"],["directory-password","秘密"]]}]}
      """
    let page = try #require(KeptInput.Page(sent: text))
    #expect(page.forms.first?.fields == [["note", "書きかけ"]] && page.path == "/x?y=1")
    #expect(KeptInput.Page(sent: "{}") == nil)
    #expect(KeptInput.Page(sent: #"{"path":"//evil","posted":false,"forms":[]}"#)?.path == "/")
    let twice = KeptInput().adding(page).adding(page)
    #expect(twice.pages.count == 1 && KeptInput(text: twice.text) == twice)
    let many = (0..<20).reduce(KeptInput()) { all, number in
      all.adding(KeptInput.Page(path: "/\(number)", posted: false, forms: [], drafts: nil))
    }
    #expect(many.pages.count == KeptInput.mostPages && many.pages.first?.path == "/19")
    #expect(KeptInput(text: "broken").pages.isEmpty && KeptInput().text == nil)
  }
}

@Suite("共用の端末")
struct SharedTerminalTests {
  private static let name = "3階東 ナースステーション"

  /// A browser that an administrator has made a terminal, still signed in.
  private static func terminal(_ app: TestApp) async throws -> Browser {
    let browser = Browser(app)
    #expect(try await browser.signIn("administrator").status == 303)
    #expect(try await browser.get("/terminals").body.contains("共用の端末はありません"))
    #expect(try await browser.post("/terminals", [("name", ""), ("minutes", "3")]).status == 422)
    #expect(try await browser.post("/terminals", [("name", name), ("minutes", "3")]).status == 303)
    return browser
  }

  private static func sessions(_ app: TestApp) async throws -> Int {
    let person = try #require(
      try await app.scope.read { try $0.people() }.first { $0.role == .administrator })
    let account = try #require(person.account)
    return try await Installation(app.database).read { try $0.sessions(of: account, now: app.now) }.count
  }

  @Test("離れると鍵がかかり、送った内容は本人が戻るまで預かる。次の人には見えない", arguments: Engine.available)
  func handOver(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      #expect(try await browser.get("/").body.contains("/terminal/lock"))
      #expect(try await !app.get("/", as: .administrator).body.contains("/terminal/lock"))
      let sessions = try await Self.sessions(app)
      app.now = app.now.adding(minutes: 2)
      #expect(try await browser.get("/account").status == 200)
      app.now = app.now.adding(minutes: 2)
      #expect(try await browser.get("/account").status == 200)
      app.now = app.now.adding(minutes: 3)
      let turned = try await browser.get("/account")
      #expect(turned.status == 303 && turned.location == "/sign-in")
      let sent = try await browser.post(
        "/registers/systems", [("name", "書きかけの名前"), ("secret", "書きかけの秘密"), ("purpose", "x")])
      #expect(sent.status == 423 && !sent.body.contains("書きかけの名前"))
      #expect(sent.body.contains(Self.name) && sent.body.contains("administrator"))

      // The next person comes in, and finds nothing of the one before.
      #expect(try await browser.signIn("staff").location == "/account")
      let own = try await browser.get("/account")
      #expect(own.status == 200 && own.body.contains("<a href=\"/account\">staff</a>"))
      #expect(try await browser.get("/terminal/kept").location == "/")
      let kept = try await browser.post("/terminal/kept", [("path", "/sign-on")])
      #expect(kept.status == 200 && !kept.body.contains("書きかけ"))

      // Back: the same session, and what was sent waits to be sent again.
      #expect(try await browser.signIn("administrator").location == "/terminal/kept")
      let again = try await browser.get("/terminal/kept")
      #expect(again.body.contains("書きかけの名前") && !again.body.contains("書きかけの秘密"))
      #expect(try await Self.sessions(app) == sessions)
      #expect(try await browser.get("/terminal/kept").location == "/")
      let actions = try await app.scope.read { try $0.recentEntries(limit: 10) }.map(\.action)
      #expect(actions.contains("account.unlock") && actions.contains("terminal.add"))
    }
  }

  @Test("本人の確かめがいるものは預からない。鍵のかかった画面に置かれた役割の変更を、本人が送ることはない", arguments: Engine.available)
  func nothingPlanted(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let staff = try #require(try await app.scope.read { try $0.people() }.first { $0.role == .staff })
      app.now = app.now.adding(minutes: 4)
      let planted = try await browser.post(
        "/people/\(staff.id)/role", [("role", "administrator"), ("version", "\(staff.version)")])
      #expect(planted.status == 423)
      let back = try await browser.signIn("administrator")
      #expect(back.status == 303 && back.location != "/terminal/kept")
      #expect(try await browser.get("/terminal/kept").location == "/")
      #expect(try await app.scope.read { try $0.person(staff.id) }?.role == .staff)
    }
  }

  @Test("交代で鍵がかかり、画面の書きかけは本人の同じ画面にだけ戻る", arguments: Engine.available)
  func locking(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let page =
        #"{"path":"/sign-on","posted":false,"forms":[{"action":"/sign-on","fields":[["label","途中"]]}]}"#
      #expect(try await browser.post("/terminal/lock", [("page", page)]).location == "/sign-in")
      // The cookie of the one before opens nothing any more.
      #expect(try await browser.get("/sign-on").location == "/sign-in")
      #expect(try await browser.signIn("administrator", "wrong").status == 422)
      #expect(try await browser.get("/sign-on").location == "/sign-in")
      #expect(try await browser.signIn("administrator").location == "/sign-on")
      #expect(try await browser.get("/sign-on").body.contains("data-kept"))
      #expect(try await !browser.post("/terminal/kept", [("path", "/account")]).body.contains("途中"))
      #expect(try await browser.post("/terminal/kept", [("path", "/sign-on")]).body.contains("途中"))
      #expect(try await !browser.get("/sign-on").body.contains("data-kept"))
      // Elsewhere there is nothing to lock.
      #expect(try await app.post("/terminal/lock", [], as: .administrator).status == 404)
    }
  }

  @Test("戻れるのは8時間まで。それを過ぎると、はじめから", arguments: Engine.available)
  func ends(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let page =
        #"{"path":"/sign-on","posted":false,"forms":[{"action":"/sign-on","fields":[["label","途中"]]}]}"#
      _ = try await browser.post("/terminal/lock", [("page", page)])
      app.now = app.now.adding(minutes: 8 * 60)
      #expect(try await browser.signIn("administrator").location == "/account")
      #expect(try await !browser.post("/terminal/kept", [("path", "/sign-on")]).body.contains("途中"))
    }
  }

  @Test("端末にしたセッションも、始めて12時間で終わる", arguments: Engine.available)
  func twelveHours(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let begun = app.now
      let browser = try await Self.terminal(app)
      for hours: Int64 in [7, 11] {
        app.now = begun.adding(minutes: hours * 60 + 59)
        #expect(try await browser.signIn("administrator").location == "/")
      }
      #expect(try await browser.get("/account").status == 200)
      app.now = begun.adding(minutes: 12 * 60)
      // A minute after its last use it is not locked: it is over.
      #expect(try await browser.get("/account").location?.hasPrefix("/sign-in?next=") == true)
      #expect(try await browser.signIn("administrator").location == "/account")
    }
  }

  @Test("時間で鍵のかかった画面は、分を延ばしても開かない", arguments: Engine.available)
  func longerLimit(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let terminal = try #require(try await app.scope.read { try $0.sharedTerminals(limit: 2) }.first)
      func change(to minutes: String, version: String) async throws {
        let changed = [("name", Self.name), ("minutes", minutes), ("version", version)]
        let answer = try await app.post("/terminals/\(terminal.id)", changed, as: .administrator)
        #expect(answer.status == 303)
      }
      app.now = app.now.adding(minutes: 4)
      try await change(to: "15", version: "1")
      #expect(try await browser.get("/account").location == "/sign-in")
      // Who is at the screen goes on, with the new limit.
      #expect(try await browser.signIn("administrator").location == "/")
      app.now = app.now.adding(minutes: 5)
      try await change(to: "10", version: "2")
      app.now = app.now.adding(minutes: 4)
      #expect(try await browser.get("/account").status == 200)
    }
  }

  /// The browser of someone in the middle of a sign-in, at the terminal now.
  private static func moved(_ browser: Browser, to terminal: Browser, _ app: TestApp) throws -> Browser {
    let device = try #require(terminal.jar["mamorite-terminal"])
    return Browser(app, cookies: browser.jar.merging(["mamorite-terminal": device]) { $1 })
  }

  @Test("端末で入れない人の二つ目の要素とコードは、断っても使われない", arguments: Engine.available)
  func nothingSpent(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let terminal = try await Self.terminal(app)
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      try await Accounts.demandFactor(of: .administrator, from: app.now.day, in: there)
      let own = Browser(app)
      // The first page says so already.
      let visitor = Browser(app, cookies: terminal.jar.filter { $0.key == "mamorite-terminal" })
      #expect(try await visitor.signIn("stranger").status == 422)
      #expect(try await own.signIn("stranger").location?.hasPrefix("/sign-in/factor") == true)
      let phone = try App(try await own.get("/sign-in/factor"))
      let code = [("code", phone.digits(at: app.now))]
      #expect(try await Self.moved(own, to: terminal, app).post("/sign-in/factor", code).status == 422)
      let done = try await own.post("/sign-in/factor", code)
      let recovery = Browser.codes(done)
      #expect(done.status == 200 && recovery.count == 10)
      // The same with what is there: each code is good afterwards.
      app.now = app.now.adding(minutes: 1)
      for code in [phone.digits(at: app.now), recovery[0]] {
        let next = Browser(app)
        #expect(try await next.signIn("stranger").location?.hasPrefix("/sign-in/code") == true)
        let here = try Self.moved(next, to: terminal, app)
        #expect(try await here.post("/sign-in/code", [("code", code)]).status == 422)
        #expect(try await next.post("/sign-in/code", [("code", code)]).status == 303)
      }
    }
  }

  @Test("権限の期限が切れた人は端末に入れず、ほかの人の画面に鍵もかからない", arguments: Engine.available)
  func overGrant(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      _ = try await Accounts.add(
        name: "visitor", login: "visitor", password: TestApp.password, role: .staff, cost: .lowest, in: there)
      let given = try await app.post(
        "/people/grants",
        [
          ("person", ""), ("login", "visitor"), ("role", "specialist"), ("until", app.now.day.description),
          ("time", ""), ("reason", "更新の間、図面と機器の一覧を見てもらうため"),
        ], as: .administrator)
      #expect(given.location == "/people/grants?done=given", "\(given)")
      let terminal = try await Self.terminal(app)
      let device = terminal.jar.filter { $0.key == "mamorite-terminal" }
      #expect(try await Browser(app, cookies: device).signIn("visitor").status == 303)
      app.now = app.now.day.adding(days: 1).start.adding(minutes: 60)
      #expect(try await terminal.signIn("staff").status == 303)
      #expect(try await Browser(app, cookies: device).signIn("visitor").status == 422)
      #expect(try await terminal.get("/account").status == 200)
    }
  }

  @Test("緊急の入室にも端末の鍵がかかり、同じ封のコードでだけ、終わりの時刻まで戻れる", arguments: Engine.available)
  func emergency(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let boss = try await Self.terminal(app)
      let terminal = try #require(try await app.scope.read { try $0.sharedTerminals(limit: 2) }.first)
      let codes = try await BreakGlass.makeCodes(3, in: app.scope)
      let device = boss.jar.filter { $0.key == "mamorite-terminal" }
      let here = Browser(app, cookies: device)
      func come(_ browser: Browser, _ code: String) async throws -> TestApp.Answer {
        try await browser.post(
          "/break-glass", [("code", code), ("name", "夜勤 花子"), ("reason", "認証サーバが止まり、だれも入れないため")])
      }
      func isOpen(_ browser: Browser) async throws -> Bool {
        let answer = try await browser.get("/people")
        #expect(answer.status == 200 || answer.location == "/sign-in")
        return answer.status == 200
      }
      let begun = app.now
      #expect(try await come(here, codes[0]).location == "/")
      // Whoever was at the screen before is locked out, and the emergency has a button for the next one.
      #expect(try await boss.get("/account").location == "/sign-in")
      #expect(try await here.get("/people").body.contains("/terminal/lock"))
      for _ in 0..<2 {
        app.now = app.now.adding(minutes: 2)
        #expect(try await isOpen(here) == true)
      }
      app.now = app.now.adding(minutes: 3)
      #expect(try await isOpen(here) == false)
      // Longer minutes do not open it, another place neither, another code opens another access; the same code opens this one.
      let longer = [("name", Self.name), ("minutes", "15"), ("version", "1")]
      #expect(try await app.post("/terminals/\(terminal.id)", longer, as: .administrator).status == 303)
      #expect(try await isOpen(here) == false)
      #expect(try await come(Browser(app), codes[0]).status == 422)
      #expect(try await come(here, codes[0]).location == "/")
      #expect(try await isOpen(here) == true)
      #expect(try await here.post("/terminal/lock", [("page", "")]).location == "/sign-in")
      #expect(try await isOpen(here) == false)
      #expect(try await app.scope.read { try $0.breakGlassUses(limit: 9) }.count == 1)
      #expect(try await come(here, codes[0]).location == "/")
      // Someone else comes to the screen.
      #expect(try await Browser(app, cookies: device).signIn("staff").status == 303)
      #expect(try await isOpen(here) == false)
      app.now = begun.adding(minutes: 60)
      #expect(try await come(here, codes[0]).status == 422)
      // The end of the terminal is the end of what is open on it.
      #expect(try await come(here, codes[1]).location == "/")
      app.forgetCookie(of: .administrator)
      #expect(
        try await app.post("/terminals/\(terminal.id)/revocation", [], as: .administrator).status == 303)
      #expect(try await here.get("/people").location?.hasPrefix("/sign-in?next=") == true)
      let open = try await app.scope.read { try $0.breakGlassUses(limit: 9) }.filter {
        $0.isOpen(at: app.now)
      }
      #expect(open.isEmpty)
    }
  }

  @Test("ほかの施設の端末では、封のコードは断られ、使われない", arguments: Engine.available)
  func emergencyElsewhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let boss = try await Self.terminal(app)
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let code = try await BreakGlass.makeCodes(1, in: there)[0]
      let entry = [("code", code), ("name", "夜勤 花子"), ("reason", "認証サーバが止まり、だれも入れないため")]
      let here = Browser(app, cookies: boss.jar.filter { $0.key == "mamorite-terminal" })
      let refused = try await here.post("/break-glass", entry)
      #expect(refused.status == 422 && refused.body.contains("ほかの施設の共用の端末"))
      #expect(try await Browser(app).post("/break-glass", entry).location == "/")
    }
  }

  @Test("ほかの施設の人は入れず、共用をやめると開いたものも終わる。権限のない人は決められない", arguments: Engine.available)
  func limits(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let visitor = Browser(
        app, cookies: ["mamorite-terminal": try #require(browser.jar["mamorite-terminal"])])
      #expect(try await visitor.signIn("stranger").status == 422)
      #expect(try await visitor.get("/account").status == 303)
      #expect(try await visitor.signIn("itStaff").status == 303)
      #expect(try await visitor.post("/terminals", [("name", "x"), ("minutes", "3")]).status == 403)
      let terminal = try #require(try await app.scope.read { try $0.sharedTerminals(limit: 2) }.first)
      let path = "/terminals/\(terminal.id)"
      #expect(try await app.post("\(path)/revocation", [], as: .stranger).status == 404)
      let changed = [("name", Self.name), ("minutes", "1"), ("version", "1")]
      #expect(try await app.post(path, changed, as: .administrator).status == 303)
      #expect(try await app.post(path, changed, as: .administrator).status == 409)
      app.now = app.now.adding(minutes: 1)
      #expect(try await visitor.get("/account").location == "/sign-in")
      #expect(try await app.post("\(path)/revocation", [], as: .administrator).status == 303)
      #expect(try await visitor.get("/account").location?.hasPrefix("/sign-in?next=") == true)
      #expect(try await !visitor.get("/sign-in").body.contains(Self.name))
    }
  }

  @Test("端末でも、画面の問い合わせは増えない", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = try await Self.terminal(app)
      let other = Browser(app)
      _ = try await other.signIn("administrator")
      func cost(_ browser: Browser) async throws -> Int {
        let before = app.database.statementCount
        _ = try await browser.get("/people")
        return app.database.statementCount - before
      }
      let (here, elsewhere) = (try await cost(browser), try await cost(other))
      #expect(here == elsewhere)
    }
  }
}
