import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("緊急の入室の決まり")
struct BreakGlassRuleTests {
  @Test("わけは10文字以上、氏名は空でない")
  func entry() throws {
    let code = Secret.paperCode()
    #expect(throws: BreakGlassRefusal.noReason) {
      _ = try BreakGlassEntry(code: code, name: "田中", reason: "123456789")
    }
    #expect(throws: BreakGlassRefusal.noName) {
      _ = try BreakGlassEntry(code: code, name: " ", reason: "1234567890")
    }
    #expect(throws: BreakGlassRefusal.wrongCode) {
      _ = try BreakGlassEntry(code: "123456", name: "田中", reason: "1234567890")
    }
    let typed = try BreakGlassEntry(
      code: " \(code.uppercased()) ", name: "田中", reason: "認証サーバが止まった")
    #expect(BreakGlassEntry.hash(typed.code) == BreakGlassEntry.hash(code))
  }

  @Test("終わる前と、二度目と、自分の使用は審査できない。ほかに審査する人がいなければ、自分でもできる")
  func review() throws {
    let begun = Instant.test
    let use = BreakGlassUse(
      id: BreakGlassID(at: begun), name: "田中 一郎", reason: "認証サーバが止まったため", code: 1, begunAt: begun,
      expiresAt: begun.adding(minutes: 60), endedAt: nil, address: "", agent: "", reviewOn: begun.day,
      review: nil, version: 1)
    let after = begun.adding(minutes: 60)
    #expect(throws: BreakGlassRefusal.stillOpen) {
      _ = try use.reviewed("needed", "確かめた", by: "鈴木", hasOthers: true, at: after.adding(milliseconds: -1))
    }
    #expect(throws: BreakGlassRefusal.ownUse) {
      _ = try use.reviewed("needed", "確かめた", by: "田中一郎", hasOthers: true, at: after)
    }
    #expect(try use.reviewed("needed", "確かめた", by: "田中一郎", hasOthers: false, at: after).by == "田中一郎")
    #expect(throws: BreakGlassRefusal.noOutcome) {
      _ = try use.reviewed("", "確かめた", by: "鈴木", hasOthers: true, at: after)
    }
    #expect(throws: BreakGlassRefusal.noRemark) {
      _ = try use.reviewed("improper", " ", by: "鈴木", hasOthers: true, at: after)
    }
    #expect(try use.reviewed("follow-up", "直す", by: "鈴木", hasOthers: true, at: after).outcome == .followUp)
  }
}

@Suite("緊急の入室")
struct BreakGlassTests {
  private static let reason = "認証サーバが止まり、だれも入れないため"

  private static func come(_ browser: Browser, _ code: String, name: String = "夜勤 花子") async throws
    -> TestApp.Answer
  {
    try await browser.post("/break-glass", [("code", code), ("name", name), ("reason", reason)])
  }

  private static func uses(_ app: TestApp) async throws -> [BreakGlassUse] {
    try await app.scope.read { try $0.breakGlassUses(limit: 10) }
  }

  @Test("コードは一度だけ、短い間だけ管理者の権限になり、知らせと記録に残る", arguments: Engine.available)
  func once(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let codes = try await BreakGlass.makeCodes(2, in: app.scope)
      let browser = Browser(app)
      let page = try await browser.get("/sign-in")
      #expect(page.body.contains("href=\"/break-glass\""))
      #expect(try await Self.come(browser, codes[0]).location == "/")
      // Again, by someone else: spent.
      #expect(try await Self.come(Browser(app), codes[0]).status == 422)

      let home = try await browser.get("/")
      #expect(home.status == 200 && home.body.contains("封をしたコードで入っています"))
      #expect(try await browser.get("/people/new").status == 200)
      #expect(try await browser.get("/account").status == 403)
      let added = try await browser.post(
        "/people", [("person", "新しい人"), ("department", "外来"), ("role", "staff"), ("login", "")])
      #expect(added.status == 303)
      // Neither further codes nor a judgement on oneself.
      #expect(try await browser.post("/break-glass/codes", [("count", "1")]).status == 403)
      let use = try #require(try await Self.uses(app).first)
      let own = try await browser.post(
        "/break-glass/records/\(use.id)/review", [("outcome", "needed"), ("remark", "よし"), ("version", "1")])
      #expect(own.status == 403)

      // What is privileged ends with the freshness of the proof; nothing proves an emergency again.
      app.now = app.now.adding(minutes: 11)
      #expect(try await browser.get("/people/new").location?.hasPrefix("/account/proof") == true)
      #expect(try await browser.get("/account/proof?next=%2Fpeople%2Fnew").status == 403)
      #expect(try await browser.get("/people").status == 200)
      app.now = app.now.adding(minutes: 49)
      #expect(try await browser.get("/people").location?.hasPrefix("/sign-in") == true)

      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      let made = try #require(
        entries.first { $0.action == "person.add" && $0.actor.hasPrefix("break-glass:") })
      #expect(made.actor == "break-glass:\(use.id)" && made.actorName == "夜勤 花子")
      let entered = try #require(entries.first { $0.action == "break-glass.enter" })
      #expect(entered.after?.contains("\"provedBy\":\"sealed-code\"") == true)
      #expect(try await app.scope.verifyLedger().brokenAt == nil)
    }
  }

  @Test("管理者と安全管理責任者のみなに知らせ、審査するまで毎朝知らせる", arguments: Engine.available)
  func told(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Accounts.add(
        name: "safetyManager", login: "safetyManager", password: TestApp.password, role: .safetyManager,
        cost: .lowest, in: app.scope)
      let codes = try await BreakGlass.makeCodes(1, in: app.scope)
      let browser = Browser(app)
      #expect(try await Self.come(browser, codes[0]).status == 303)
      let use = try #require(try await Self.uses(app).first)
      _ = try await Installation(app.database).deliver(now: app.now)
      let people = try await app.scope.read { try $0.people() }
      for person in people {
        let keys = try await app.scope.read { try $0.inbox(of: person.id).map(\.key) }
        let isKeeper = [.administrator, .safetyManager].contains(person.role)
        #expect(keys.contains("breakGlass.used") == isKeeper, "\(person.name)")
      }
      #expect(try await app.get("/people", as: .administrator).status == 200)

      // Those in charge may end it at once.
      #expect(try await app.post("/break-glass/records/\(use.id)/end", [], as: .itStaff).status == 403)
      #expect(try await app.post("/break-glass/records/\(use.id)/end", [], as: .stranger).status == 404)
      let path = "/break-glass/records/\(use.id)/review"
      let fields = [("outcome", "needed"), ("remark", "記録を見て、わけのとおりと確かめた"), ("version", "1")]
      #expect(try await app.post(path, fields, as: .administrator).status == 409)
      #expect(try await app.post("/break-glass/records/\(use.id)/end", [], as: .safetyManager).status == 303)
      #expect(try await browser.get("/people").location?.hasPrefix("/sign-in") == true)

      // Reminded when it would have ended, and again the next morning.
      for moment in [use.expiresAt, use.expiresAt.day.adding(days: 1).morning] {
        app.now = moment
        let taken = try await Installation(app.database).takeDue(now: app.now)
        let row = try #require(taken.first { $0.kind == "breakGlass.review" && $0.subject == use.id.text })
        try await BreakGlass.remind(row, in: app.scope)
      }
      _ = try await Installation(app.database).deliver(now: app.now)
      let administrator = try #require(people.first { $0.role == .administrator })
      let reminders = try await app.scope.read { try $0.inbox(of: administrator.id) }
        .filter { $0.key == "breakGlass.review" }
      #expect(reminders.count == 2)
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      #expect(try await app.get("/", as: .administrator).body.contains("緊急の入室を審査します"))
      let page = try await app.get("/break-glass/records/\(use.id)", as: .administrator)
      #expect(page.body.contains("/ledger?actor=break-glass%3A\(use.id)"))
      let listed = try await app.get("/ledger?actor=break-glass%3A\(use.id)", as: .administrator)
      #expect(listed.body.contains("夜勤 花子(緊急の入室)"))

      let wrong = [("outcome", ""), ("remark", ""), ("version", "1")]
      #expect(try await app.post(path, wrong, as: .administrator).status == 422)
      #expect(try await app.post(path, fields, as: .itStaff).status == 403)
      #expect(try await app.post(path, fields, as: .stranger).status == 404)
      #expect(try await app.post(path, fields, as: .administrator).status == 303)
      #expect(try await app.post(path, fields, as: .safetyManager).status == 409)
      #expect(try await !app.get("/", as: .administrator).body.contains("緊急の入室を審査します"))
      let reviewed = try #require(try await Self.uses(app).first?.review)
      #expect(reviewed.by == "administrator" && reviewed.outcome == .needed)
    }
  }

  @Test("違うコードを重ねると待たされるが、サインインしたことのある端末と、ほかの接続元は待たない", arguments: Engine.available)
  func guessing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let codes = try await BreakGlass.makeCodes(1, in: app.scope)
      let known = Browser(app)
      _ = try await known.signIn("staff")
      _ = try await known.post("/sign-out")
      var statuses: [Int] = []
      for _ in 0..<12 { statuses.append(try await Self.come(Browser(app), Secret.paperCode()).status) }
      #expect(statuses == Array(repeating: 422, count: 10) + [429, 429])
      // The right code waits too, so that trying on is worth nothing.
      #expect(try await Self.come(Browser(app), codes[0]).status == 429)
      // Passwords of the same network do not wait.
      #expect(try await Browser(app).signIn("administrator").status == 303)
      #expect(try await Self.come(known, codes[0]).status == 303)
      #expect(
        AttemptCount.ofSealedCode(
          Caller(address: "10.0.0.1", browser: nil, agent: "", now: app.now), isKnown: false)
          != AttemptCount.ofSealedCode(
            Caller(address: "10.0.0.2", browser: nil, agent: "", now: app.now), isKnown: false))
    }
  }

  @Test("新しいコードを作ると、前のものは使えない。ハッシュだけが残る", arguments: Engine.available)
  func replaced(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let page = try await app.post("/break-glass/codes", [("count", "2")], as: .administrator)
      #expect(page.status == 200)
      let first = page.body.matches(of: #/[2-9a-z]{4}(?:-[2-9a-z]{4}){3}/#).map { String($0.0) }
      #expect(Set(first).count == 2)
      #expect(try await app.post("/break-glass/codes", [("count", "11")], as: .administrator).status == 422)
      let second = try await BreakGlass.makeCodes(1, in: app.scope)
      #expect(try await Self.come(Browser(app), first[0]).status == 422)
      let setting = [("minutes", "15"), ("version", "0")]
      #expect(
        try await app.post("/break-glass/setting", [("minutes", "1"), ("version", "0")], as: .administrator)
          .status == 422)
      #expect(try await app.post("/break-glass/setting", setting, as: .administrator).status == 303)
      #expect(try await app.post("/break-glass/setting", setting, as: .administrator).status == 409)
      #expect(try await Self.come(Browser(app), second[0]).status == 303)
      let use = try #require(try await Self.uses(app).first)
      #expect(use.expiresAt == use.begunAt.adding(minutes: 15))
      let list = try await app.get("/break-glass/records", as: .auditor)
      #expect(list.status == 200 && !list.body.contains(second[0]))
    }
  }

  @Test("メールのサーバがあれば、管理者にメールでも知らせる")
  func mailed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let fields = [
        ("host", "127.0.0.1"), ("port", "2525"), ("security", "none"), ("sender", "a@minato.example"),
        ("version", "0"),
      ]
      #expect(try await app.post("/mail", fields, as: .administrator).status == 303)
      let codes = try await BreakGlass.makeCodes(1, in: app.scope)
      _ = try await app.scope.write { tx in
        try tx.housekeeping.run(
          "UPDATE person SET mail = \("kanri@minato.example") WHERE facility_id = \(app.facility.id) AND role = 'administrator'"
        )
      }
      #expect(try await Self.come(Browser(app), codes[0]).status == 303)
      let use = try #require(try await Self.uses(app).first)
      let mails = try await app.scope.read { try $0.mails(about: "break-glass:\(use.id)") }
      #expect(mails.map(\.to) == ["kanri@minato.example"])
    }
  }
}
