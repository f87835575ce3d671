import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("緊急の入室の書きかけ")
struct EmergencyInputTests {
  private static let page = """
    {"path":"/registers/systems/new","posted":false,"forms":[{"action":"/registers/systems",\
    "fields":[["name","書きかけの名前"],["password","秘密"]]}]}
    """

  private static func come(_ browser: Browser, _ code: String, _ more: [(String, String)] = []) async throws
    -> TestApp.Answer
  {
    let entry = [("code", code), ("name", "夜勤 花子"), ("reason", "認証サーバが止まり、だれも入れないため")]
    return try await browser.post("/break-glass", entry + more)
  }

  /// What the server keeps of all accesses.
  private static func kept(_ app: TestApp) async throws -> [KeptInput] {
    try await app.scope.read { tx in
      try tx.breakGlassUses(limit: 9).map { try tx.emergencyInput(of: $0.id) }.filter { !$0.pages.isEmpty }
    }
  }

  @Test("共用の端末の鍵がかかっても、同じ封のコードで戻れば残っている。次の人と別の封には見えず、終わると消える", arguments: Engine.available)
  func comesBack(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let boss = Browser(app)
      _ = try await boss.signIn("administrator")
      #expect(try await boss.post("/terminals", [("name", "救急外来"), ("minutes", "3")]).status == 303)
      let codes = try await BreakGlass.makeCodes(2, in: app.scope)
      let device = boss.jar.filter { $0.key == "mamorite-terminal" }
      let here = Browser(app, cookies: device)
      #expect(try await Self.come(here, codes[0]).location == "/")
      let place = [("path", "/registers/systems/new")]
      #expect(try await here.post("/terminal/lock", [("page", Self.page)]).location == "/sign-in")

      // The next person, and someone with another code.
      let staff = Browser(app, cookies: device)
      #expect(try await !staff.get("/sign-in").body.contains("書きかけの名前"))
      #expect(try await staff.signIn("staff").status == 303)
      #expect(try await !staff.post("/terminal/kept", place).body.contains("書きかけの名前"))
      let other = Browser(app, cookies: device)
      #expect(try await Self.come(other, codes[1]).location == "/")
      #expect(try await !other.post("/terminal/kept", place).body.contains("書きかけの名前"))

      // The same code comes back to the same page, and finds it once.
      #expect(try await Self.come(here, codes[0]).location == "/registers/systems/new")
      #expect(try await here.get("/registers/systems/new").body.contains("data-kept"))
      let back = try await here.post("/terminal/kept", place)
      #expect(back.body.contains("書きかけの名前") && !back.body.contains("秘密"))
      #expect(try await !here.get("/registers/systems/new").body.contains("data-kept"))

      // What meets the lock waits to be sent again.
      app.now = app.now.adding(minutes: 4)
      let sent = try await here.post("/registers/systems", [("name", "送った名前")])
      #expect(sent.status == 423 && !sent.body.contains("送った名前"))
      #expect(try await Self.come(here, codes[0]).location == "/terminal/kept")
      #expect(try await here.get("/terminal/kept").body.contains("送った名前"))

      _ = try await here.post("/terminal/lock", [("page", Self.page)])
      #expect(try await Self.kept(app).count == 1)
      let uses = try await app.scope.read { try $0.breakGlassUses(limit: 9) }
      for use in uses { try await BreakGlass.end(use.id, in: app.scope) }
      #expect(try await Self.kept(app).isEmpty)
    }
  }

  @Test("時間で終わった入室の書きかけも、知らせの仕事が消す")
  func dropped() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let boss = Browser(app)
      _ = try await boss.signIn("administrator")
      _ = try await boss.post("/terminals", [("name", "救急外来"), ("minutes", "3")])
      let code = try await BreakGlass.makeCodes(1, in: app.scope)[0]
      let here = Browser(app, cookies: boss.jar.filter { $0.key == "mamorite-terminal" })
      _ = try await Self.come(here, code)
      _ = try await here.post("/terminal/lock", [("page", Self.page)])
      #expect(try await Self.kept(app).count == 1)
      app.now = app.now.adding(minutes: 60)
      let use = try #require(try await app.scope.read { try $0.breakGlassUses(limit: 9) }.first)
      let taken = try await Installation(app.database).takeDue(now: app.now)
      let row = try #require(taken.first { $0.kind == "breakGlass.review" && $0.subject == use.id.text })
      try await BreakGlass.remind(row, in: app.scope)
      #expect(try await Self.kept(app).isEmpty)
    }
  }

  @Test("入室が終わったあとに送った文は、新しい封で入ったあとも残る。コードを断っても失われない")
  func afterTheEnd() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let codes = try await BreakGlass.makeCodes(2, in: app.scope)
      let here = Browser(app)
      #expect(try await Self.come(here, codes[0]).location == "/")
      app.now = app.now.adding(minutes: 61)
      let over = try await here.post("/registers/systems", [("name", "送った名前")])
      #expect(over.status == 401 && over.body.contains("送った名前"))
      let door = try await here.post(
        "/sign-in/resumption", [("_path", "/registers/systems"), ("name", "送った名前")])
      #expect(door.body.contains("action=\"/break-glass\"") && door.hidden("kept.name") == "送った名前")
      let carried = [("next", "/"), ("_resume", "/registers/systems"), ("kept.name", "送った名前")]
      let asked = try await here.post("/break-glass", carried)
      #expect(asked.status == 200 && asked.hidden("kept.name") == "送った名前")
      #expect(!asked.body.contains("data-state=\"error\""))
      let refused = try await Self.come(here, codes[0], carried)
      #expect(refused.status == 422 && refused.hidden("kept.name") == "送った名前")
      let back = try await Self.come(here, codes[1], carried)
      #expect(back.status == 200 && back.hidden("name") == "送った名前")
      #expect(back.body.contains("action=\"/registers/systems\""))
    }
  }
}
