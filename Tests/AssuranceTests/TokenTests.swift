import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// Programs that come with a token in a person's name.
@Suite("APIトークン")
struct TokenTests {
  private static let item = "r7-med-2-1"
  private static let export = "/registers/systems/export.json"

  private static func form(_ scope: [String], until: String = "2026-05-01") -> [(String, String)] {
    [("name", "台帳の夜間書き出し"), ("until", until)] + scope.map { ("scope", $0) }
  }

  /// A token that someone makes on the page.
  static func token(
    _ app: TestApp, _ scope: [String], as who: TestApp.Who = .itStaff, until: String = "2026-05-01"
  ) async throws -> String {
    let page = try await app.post("/account/tokens", form(scope, until: until), as: who)
    return try #require(secret(in: page), "\(page.status) \(page.body.prefix(300))")
  }

  private static func secret(in page: TestApp.Answer) -> String? {
    page.body.firstMatch(of: #/value="(mmt_[0-9a-f]{64})"/#).map { String($0.1) }
  }

  private static func code(_ answer: TestApp.Answer) throws -> String {
    struct Refused: Decodable { let code: String, title: String, status: Int }
    #expect(answer.headers["content-type"] == "application/problem+json")
    let refused = try JSONDecoder().decode(Refused.self, from: Data(answer.bytes))
    #expect(refused.status == answer.status && refused.title.contains("。"))
    return refused.code
  }

  private static func id(_ page: TestApp.Answer) throws -> String {
    try #require(page.body.firstMatch(of: #/tokens/([0-9a-f-]{36})/revocation/#).map { String($0.1) })
  }

  @Test("作った札は一度だけ見え、保存されるのはハッシュで、印の付いた記録と知らせが残る", arguments: Engine.available)
  func making(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let secret = try await Self.token(app, ["registers.read"])
      let list = try await app.get("/account/tokens")
      #expect(list.body.contains("台帳の夜間書き出し") && list.body.contains("使っていない"))
      #expect(!list.body.contains("mmt_"))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      let made = try #require(entries.first { $0.action == "token.add" })
      #expect(made.actorName == "itStaff" && made.after?.contains("\"provedBy\":\"password\"") == true)
      #expect(made.after?.contains("registers.read") == true)
      #expect(!entries.contains { ($0.after ?? "").contains(secret.suffix(64)) })
      _ = try await Installation(app.database).deliver(now: app.now)
      #expect(try await app.get("/inbox").body.contains("APIトークン「台帳の夜間書き出し」を作りました"))
      let stored = try await app.scope.read { tx in
        try tx.first("SELECT token_hash FROM api_token WHERE facility_id = \(tx.facility)") { try $0.text(0) }
      }
      #expect(stored == Secret.hash(secret))
      let told = try await app.get("/ledger/entries/\(made.sequence)", as: .auditor)
      #expect(told.body.contains("責任分界を見る") && told.body.contains("パスワードで確かめて"))
    }
  }

  @Test("はじめは読むことだけが選んであり、役割にないことは出ない", arguments: Engine.available)
  func defaults(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let page = try await app.get("/account/tokens/new", as: .itStaff)
      for (name, isChosen) in [
        ("registers.read", true), ("assessments.read", true), ("reports.read", true),
        ("assessments.contribute", false),
      ] {
        #expect(page.body.contains("value=\"\(name)\" checked>") == isChosen, "\(name)")
        #expect(page.body.contains("value=\"\(name)\""), "\(name)")
      }
      // IT staff may not take the ledger; nothing that sets up accounts is offered to anyone.
      for name in ["ledger.export", "people.edit", "people.read", "registers.edit"] {
        #expect(!page.body.contains("value=\"\(name)\""), "\(name)")
      }
      #expect(try await app.get("/account/tokens/new", as: .administrator).body.contains("ledger.export"))
      #expect(try await app.get("/account/tokens/new", as: .staff).status == 403)
      // What the form does not show is refused too.
      let tooMuch = try await app.post("/account/tokens", Self.form(["ledger.export"]), as: .itStaff)
      #expect(tooMuch.status == 422 && tooMuch.body.contains("あなたの役割にないこと"))
      // Ten minutes after signing in the person has to prove who they are.
      app.now = app.now.adding(minutes: 11)
      let late = try await app.post("/account/tokens", Self.form(["registers.read"]), as: .itStaff)
      #expect(late.status == 403 && late.body.contains("もう一度確かめます"))
    }
  }

  @Test("台帳、点検、報告を読め、クッキーは出ない", arguments: Engine.available)
  func reading(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let token = try await Self.token(app, ["registers.read", "assessments.read", "reports.read"])
      for (path, expected) in [
        ("/registers", "\"export\":\"/registers/devices/export.json\""), (Self.export, "電子カルテ"),
        ("/registers/systems/export.csv", "電子カルテ"), ("/registers/systems/export.xlsx", "PK"),
        ("/assessments", "\"id\":\"\(assessment.id)\""),
        ("/assessments/\(assessment.id)/export.json", Self.item),
        ("/reports/\(assessment.id)/management.json", "ledger_head"),
        ("/account/tokens/self", "\"facility_name\":\"みなと総合病院\""),
      ] {
        let answer = try await app.program(path, token: token)
        #expect(answer.status == 200 && answer.body.contains(expected), "\(path) \(answer.status)")
        #expect(answer.headers["set-cookie"] == nil, "\(path)")
        #expect(answer.headers["content-type"]?.hasPrefix("text/html") == false, "\(path)")
      }
      #expect(try await app.get("/account/tokens").body.contains("使っていない") == false)
      // Looking costs no statement more than a session does.
      let before = app.database.statementCount
      _ = try await app.program("/account/tokens/self", token: token)
      #expect(app.database.statementCount - before == 1)
    }
  }

  @Test("画面、アカウント、そのほかの道は開かず、はっきり断る", arguments: Engine.available)
  func elsewhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let all = [
        "registers.read", "assessments.read", "reports.read", "assessments.contribute", "ledger.export",
      ]
      let token = try await Self.token(app, all, as: .administrator)
      for path in [
        "/", "/account", "/account/tokens", "/people", "/people/new", "/registers/systems", "/sign-in",
        "/setup",
      ] {
        let answer = try await app.program(path, token: token)
        #expect(answer.status == 403, "\(path) \(answer.status)")
        #expect(try Self.code(answer) == "web.notForTokens", "\(path)")
      }
      for path in [
        "/people", "/account/tokens", "/account/password", "/people/factors/policies", "/sign-out",
      ] {
        let answer = try await app.program(path, method: "POST", token: token)
        #expect(try answer.status == 403 && Self.code(answer) == "web.notForTokens", "\(path)")
      }
      // A page that is not there is told apart from one that is not for programs.
      #expect(try await app.program("/nowhere", token: token).status == 404)
    }
  }

  @Test("記録の書き出しは、それを選んで作った札だけで、記録には札の印が付く", arguments: Engine.available)
  func ledger(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let reading = try await Self.token(app, ["registers.read"], as: .auditor)
      let refused = try await app.program("/ledger/export.jsonl", token: reading)
      #expect(try refused.status == 403 && Self.code(refused) == "web.forbidden")
      let taking = try await Self.token(app, ["ledger.export"], as: .auditor)
      // Long after the person has proved who they are: making the token was the privileged operation.
      app.now = app.now.adding(minutes: 60)
      let answer = try await app.program("/ledger/export.jsonl", token: taking)
      #expect(answer.status == 200 && answer.body.contains("\"format\":\"mamorite-ledger-1\""))
      let newest = try await app.scope.read { try $0.recentEntries(limit: 1) }
      #expect(newest.first?.action == "ledger.export" && newest.first?.actorName == "auditor")
      #expect(newest.first?.after?.contains("\"provedBy\":\"token\"") == true)
    }
  }

  @Test("書くには許しが要り、画面の合い札は要らず、記録に札の印が付く", arguments: Engine.available)
  func writing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let path = "/assessments/\(assessment.id)/answers/\(Self.item)"
      _ = try await app.cookie(of: .itStaff)
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "itStaff" }).id
      try await Assessments.save(
        Answer.Draft(value: .no, owner: person), item: Self.item, of: assessment.id, version: 0,
        library: app.library, in: app.scope)
      let fields = [("answer", "yes"), ("on", "2026-02-24"), ("owner", person.text), ("version", "1")]
      let reading = try await Self.token(app, ["assessments.read"])
      let refused = try await app.program(path, method: "POST", token: reading, fields: fields)
      #expect(try refused.status == 403 && Self.code(refused) == "web.forbidden")
      let writing = try await Self.token(app, ["assessments.read", "assessments.contribute"])
      let saved = try await app.program(path, method: "POST", token: writing, fields: fields)
      #expect(saved.status == 200 && saved.body.contains("\"version\":2"))
      let stale = try await app.program(
        path, method: "POST", token: writing,
        fields: [("answer", "no"), ("owner", person.text), ("version", "1")])
      #expect(stale.status == 409)
      // IT staff may write every item; the token was made for those that are its person's.
      let others = "/assessments/\(assessment.id)/answers/r7-med-2-2"
      let other = try await app.program(
        others, method: "POST", token: writing, fields: [("answer", "yes"), ("version", "0")])
      #expect(other.status == 403)
      let newest = try await app.scope.read { try $0.recentEntries(limit: 1) }
      #expect(newest.first?.action == "answer.save" && newest.first?.actorName == "itStaff")
      #expect(newest.first?.after?.contains("\"provedBy\":\"token\"") == true)
    }
  }

  @Test("札があるとクッキーは見ない。札が違えば、サインインしていても断る", arguments: Engine.available)
  func cookies(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let cookie = "mamorite=\(try await app.cookie(of: .administrator))"
      let wrong = try await app.program(
        Self.export, token: "mmt_" + String(repeating: "0", count: 64), cookie: cookie)
      #expect(try wrong.status == 401 && Self.code(wrong) == "tokens.wrong")
      #expect(wrong.headers["www-authenticate"] == "Bearer error=\"invalid_token\"")
      // Who acts is the token's person, not the cookie's.
      let token = try await Self.token(app, ["registers.read"], as: .auditor)
      let own = try await app.program("/account/tokens/self", token: token, cookie: cookie)
      #expect(own.body.contains("\"person\":\"auditor\""))
    }
  }

  @Test("違う札、期限切れ、取り消し、サインインを止めた人の札は401で、わけを言う", arguments: Engine.available)
  func refusals(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func code(_ token: String) async throws -> String {
        let answer = try await app.program(Self.export, token: token)
        #expect(answer.status == 401)
        return try Self.code(answer)
      }
      for wrong in ["", "abc", "mmt_" + String(repeating: "f", count: 64)] {
        #expect(try await code(wrong) == "tokens.wrong", "\(wrong)")
      }
      let old = try await Self.token(app, ["registers.read"], until: "2026-02-25")
      let revoked = try await Self.token(app, ["registers.read"], as: .auditor)
      let leaver = try await Self.token(app, ["registers.read"], as: .management)
      let page = try await app.get("/account/tokens", as: .auditor)
      let ended = try await app.post("/account/tokens/\(Self.id(page))/revocation", [], as: .auditor)
      #expect(ended.status == 303)
      #expect(try await code(revoked) == "tokens.revoked")
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "management" })
      _ = try await app.post("/people/\(person.id)/withdrawal", [("version", "1")], as: .administrator)
      #expect(try await code(leaver) == "tokens.ownerGone")
      // The last moment of its last day in Japan, and the next.
      app.now = try #require(Day("2026-02-26")).start.adding(milliseconds: -1)
      #expect(try await app.program(Self.export, token: old).status == 200)
      app.now = app.now.adding(milliseconds: 1)
      #expect(try await code(old) == "tokens.expired")
    }
  }

  @Test("断る言葉は、プログラムの選んだ言語で出る", arguments: Engine.available)
  func language(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let wrong = "mmt_" + String(repeating: "0", count: 64)
      func isJapanese(_ token: String, _ language: String?) async throws -> Bool {
        let answer = try await app.program(Self.export, token: token, language: language)
        #expect(answer.status >= 400 && answer.headers["retry-after"] == nil)
        return answer.body.contains("トークン")
      }
      var japanese: [Bool] = []
      for language in [nil, "ja,en;q=0.8", "en"] { japanese.append(try await isJapanese(wrong, language)) }
      #expect(japanese == [true, true, false])
    }
  }

  @Test("使えない札が続くと待たせ、使える札は待たない", arguments: Engine.available)
  func floods(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let token = try await Self.token(app, ["registers.read"])
      var answers: [Int] = []
      for number in 0..<23 {
        let wrong = "mmt_" + String(repeating: "0", count: 62) + "\(number + 10)"
        answers.append(try await app.program(Self.export, token: wrong).status)
      }
      #expect(answers == Array(repeating: 401, count: 21) + [429, 429])
      // After the twenty-first it is 30 seconds, rounded up to the minute that the words say.
      let waiting = try await app.program(Self.export, token: "mmt_" + String(repeating: "f", count: 64))
      #expect(waiting.status == 429 && waiting.headers["retry-after"] == "60")
      #expect(try await app.program(Self.export, token: token).status == 200)
      // Nor does anybody who signs in by a password.
      #expect(try await Browser(app).signIn("management").status == 303)
    }
  }

  @Test("役割が変わると、札でできることも減る", arguments: Engine.available)
  func lesserRole(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let token = try await Self.token(app, ["registers.read", "assessments.read"])
      #expect(try await app.program(Self.export, token: token).status == 200)
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "itStaff" })
      _ = try await app.post(
        "/people/\(person.id)/role", [("role", "contributor"), ("version", "1")], as: .administrator)
      #expect(try await app.program(Self.export, token: token).status == 403)
      #expect(try await app.program("/assessments", token: token).status == 200)
      let own = try await app.program("/account/tokens/self", token: token)
      #expect(own.body.contains("\"permissions\":[\"assessments.read\"]"))
    }
  }

  @Test("ほかの人と別の施設の人は取り消せず、管理者は見て取り消せる。本人に知らせが届く", arguments: Engine.available)
  func board(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let token = try await Self.token(app, ["registers.read"], as: .auditor)
      let page = try await app.get("/people/tokens", as: .administrator)
      #expect(page.body.contains("台帳の夜間書き出し") && page.body.contains("auditor"))
      let id = try Self.id(page)
      #expect(try await app.post("/account/tokens/\(id)/revocation", [], as: .itStaff).status == 404)
      #expect(try await app.post("/people/tokens/\(id)/revocation", [], as: .itStaff).status == 403)
      #expect(try await app.post("/people/tokens/\(id)/revocation", [], as: .stranger).status == 404)
      #expect(try await !app.get("/people/tokens", as: .stranger).body.contains("台帳の夜間書き出し"))
      #expect(try await app.program(Self.export, token: token).status == 200)
      #expect(try await app.post("/people/tokens/\(id)/revocation", [], as: .administrator).status == 303)
      #expect(try await app.program(Self.export, token: token).status == 401)
      _ = try await Installation(app.database).deliver(now: app.now)
      let inbox = try await app.get("/inbox", as: .auditor)
      #expect(inbox.body.contains("administratorさんが取り消しました"))
      // What belongs to another facility cannot be reached with it.
      let stranger = try await Self.token(app, ["registers.read"], as: .stranger)
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      #expect(try await !app.program(Self.export, token: stranger).body.contains("電子カルテ"))
    }
  }

  @Test("期限の14日前に知らせ、一人が持てるのは20個まで", arguments: Engine.available)
  func ending(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.token(app, ["registers.read"], until: "2026-03-20")
      let morning = try #require(Day("2026-03-06")).morning
      let early = try await Installation(app.database).takeDue(now: morning.adding(milliseconds: -1))
      #expect(!early.contains { $0.kind == "tokens.ending" })
      let row = try #require(
        try await Installation(app.database).takeDue(now: morning).first { $0.kind == "tokens.ending" })
      let handler = try #require(app.site.features.compactMap { $0.due["tokens.ending"] }.first)
      app.now = morning
      try await handler(row, app.scope)
      _ = try await Installation(app.database).deliver(now: app.now)
      app.forgetCookie(of: .itStaff)
      #expect(try await app.get("/inbox").body.contains("令和8年3月20日で使えなくなります"))
      for _ in 1..<20 { _ = try await Self.token(app, ["registers.read"], until: "2026-03-20") }
      let over = try await app.post("/account/tokens", Self.form(["registers.read"]), as: .itStaff)
      #expect(over.status == 409 && Self.secret(in: over) == nil && over.body.contains("20個まで"))
    }
  }
}
