import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// An authenticator app that has read the QR code of a page.
struct App: Sendable {
  let code: TimeCode

  /// Reads the letters that stand below the QR code.
  init(_ page: TestApp.Answer) throws {
    let typed = try #require(page.body.firstMatch(of: /<p class="fixed">([A-Z2-7 ]+)<\/p>/)?.1)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    let bits = try typed.filter { $0 != " " }.map { letter in
      let value = try #require(alphabet.firstIndex(of: letter))
      return String(repeating: "0", count: 5 - String(value, radix: 2).count) + String(value, radix: 2)
    }.joined()
    code = TimeCode(
      secret: stride(from: 0, to: bits.count - 7, by: 8).compactMap {
        UInt8(bits.dropFirst($0).prefix(8), radix: 2)
      })
  }

  func digits(at moment: Instant) -> String { code.digits(at: TimeCode.step(at: moment)) }
}

extension Browser {
  /// Sets up a second factor for someone who is signed in. Gives the app and the recovery codes.
  func setUpFactor(_ app: TestApp, password: String = TestApp.password) async throws -> (App, [String]) {
    let started = try await post("/account/factors", [("name", "予備"), ("current", password)])
    #expect(started.status == 303 && started.location == "/account/factors/waiting", "\(started)")
    let phone = try App(try await get("/account/factors/waiting"))
    let done = try await post("/account/factors/waiting", [("code", phone.digits(at: app.now))])
    #expect(done.status == 200, "\(done)")
    return (phone, Self.codes(done))
  }

  static func codes(_ page: TestApp.Answer) -> [String] {
    page.body.matches(of: /<strong class="fixed">([a-z0-9-]+)<\/strong>/).map { String($0.1) }
  }
}

private func inbox(_ app: TestApp, _ browser: Browser) async throws -> String {
  _ = try await Installation(app.database).deliver(now: app.now)
  return try await browser.get("/inbox").body
}

@Suite("二つ目の要素")
struct FactorTests {
  @Test("決めると、次からは数字を入れるまで入れず、同じ数字は二度使えない", arguments: Engine.available)
  func signingIn(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      #expect(try await own.signIn("itStaff").location == "/account")
      let (phone, codes) = try await own.setUpFactor(app)
      #expect(codes.count == 10)
      app.now = app.now.adding(minutes: 1)

      let second = Browser(app)
      let half = try await second.signIn("itStaff")
      #expect(half.status == 303 && half.location == "/sign-in/code?next=%2Faccount")
      // Half signed in is not signed in.
      #expect(try await second.get("/account").location?.hasPrefix("/sign-in?") == true)
      let step = try #require(second.jar["mamorite"])
      #expect(try await second.get("/sign-in/code").status == 200)
      #expect(try await second.post("/sign-in/code", [("code", "000000")]).status == 422)
      let digits = phone.digits(at: app.now)
      let entered = try await second.post("/sign-in/code", [("code", digits), ("next", "/account")])
      #expect(entered.status == 303 && entered.location == "/account")
      #expect(second.jar["mamorite"] != step)
      #expect(try await second.get("/account").status == 200)
      // The step is over with its token.
      let stale = Browser(app, cookies: ["mamorite": step])
      #expect(try await stale.get("/sign-in/code").location?.hasPrefix("/sign-in?") == true)

      let third = Browser(app)
      _ = try await third.signIn("itStaff")
      #expect(try await third.post("/sign-in/code", [("code", digits)]).status == 422)
      app.now = app.now.adding(minutes: 1)
      #expect(try await third.post("/sign-in/code", [("code", phone.digits(at: app.now))]).status == 303)
      let actions = try await app.scope.read { try $0.recentEntries(limit: 20) }.map(\.action)
      #expect(actions.count { $0 == "account.factor-add" } == 1)
      #expect(try await app.scope.verifyLedger().brokenAt == nil)
    }
  }

  @Test("回復コードは一度だけ使え、使うと知らせが届く", arguments: Engine.available)
  func recovery(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let (_, codes) = try await own.setUpFactor(app)
      let second = Browser(app)
      _ = try await second.signIn("itStaff")
      #expect(try await second.post("/sign-in/code", [("code", codes[3].uppercased())]).status == 303)
      #expect(try await inbox(app, second).contains("あと9個です"))
      let third = Browser(app)
      _ = try await third.signIn("itStaff")
      #expect(try await third.post("/sign-in/code", [("code", codes[3])]).status == 422)
      // New ones take the place of all earlier ones, and ask for the password.
      #expect(try await second.post("/account/recovery-codes", [("current", "wrong")]).status == 422)
      let renewed = try await second.post("/account/recovery-codes", [("current", TestApp.password)])
      let fresh = Browser.codes(renewed)
      #expect(fresh.count == 10 && Set(fresh).isDisjoint(with: codes))
      #expect(try await third.post("/sign-in/code", [("code", codes[4])]).status == 422)
      #expect(try await third.post("/sign-in/code", [("code", fresh[4])]).status == 303)
    }
  }

  @Test("違う数字は、パスワードと同じように少しずつ長く待たせる", arguments: Engine.available)
  func guessing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let (phone, _) = try await own.setUpFactor(app)
      app.now = app.now.adding(minutes: 1)
      let guesser = Browser(app)
      for _ in 0..<5 {
        // The right password in between does not clear the count.
        _ = try await guesser.signIn("itStaff")
        #expect(try await guesser.post("/sign-in/code", [("code", "999999")]).status == 422)
      }
      #expect(try await guesser.post("/sign-in/code", [("code", phone.digits(at: app.now))]).status == 429)
      #expect(try await guesser.signIn("itStaff").status == 429)
      // The person's own browser is not kept waiting.
      _ = try await own.post("/sign-out")
      #expect(try await own.signIn("itStaff").status == 303)
      #expect(try await own.post("/sign-in/code", [("code", phone.digits(at: app.now))]).status == 303)
      app.now = app.now.adding(minutes: 2)
      #expect(try await guesser.signIn("itStaff").status == 303)
      #expect(try await guesser.post("/sign-in/code", [("code", phone.digits(at: app.now))]).status == 303)
    }
  }

  @Test("必ず求める日が来たら、決めるまで何も開かず、決めるとそのまま入れる", arguments: Engine.available)
  func demanded(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let day = app.now.day.adding(days: 7)
      try await Accounts.decide(
        [(.itStaff, FactorPolicy(mode: .required, from: day), 0)], in: app.scope)
      let early = Browser(app)
      #expect(try await early.signIn("itStaff").location == "/account")
      #expect(try await inbox(app, early).contains("令和8年3月3日"))
      app.now = app.now.adding(minutes: 7 * 24 * 60)
      let late = Browser(app)
      #expect(try await late.signIn("itStaff").location == "/sign-in/factor?next=%2Faccount")
      #expect(try await late.get("/").location?.hasPrefix("/sign-in") == true)
      let page = try await late.get("/sign-in/factor?next=%2Faccount")
      #expect(page.status == 200 && page.body.contains("class=\"qr\"") && page.body.contains("先に") == false)
      #expect(page.hidden("next") == "/account")
      #expect(try await late.post("/sign-in/factor", [("code", "000000")]).status == 422)
      let phone = try App(page)
      let done = try await late.post(
        "/sign-in/factor", [("code", phone.digits(at: app.now)), ("next", "/account")])
      #expect(
        done.status == 200 && Browser.codes(done).count == 10 && done.body.contains("href=\"/account\""))
      #expect(try await late.get("/account").status == 200)
      // Others are not asked, and the last factor of this role cannot be taken away.
      #expect(try await Browser(app).signIn("management").location == "/account")
      let factor = try #require(
        try await late.get("/account").body.firstMatch(of: /factors\/([0-9a-f-]{36})\/removal/)?.1)
      let refused = try await late.post("/account/factors/\(factor)/removal", [("current", TestApp.password)])
      #expect(refused.status == 409)
    }
  }

  @Test("外すにはパスワードが要り、短いパスワードのままでは外せない", arguments: Engine.available)
  func removing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      _ = try await own.setUpFactor(app)
      let short = [("current", TestApp.password), ("password", "k7w2q9x4")]
      #expect(try await own.post("/account/password", short).location == "/account?done=password")
      let page = try await own.get("/account").body
      let factor = try #require(page.firstMatch(of: /factors\/([0-9a-f-]{36})\/removal/)?.1)
      let path = "/account/factors/\(factor)/removal"
      #expect(try await own.get(path).status == 200)
      #expect(try await own.post(path, [("current", "wrong")]).status == 422)
      #expect(try await own.post(path, [("current", "k7w2q9x4")]).status == 422)
      // Someone else's factor is none.
      let other = Browser(app)
      _ = try await other.signIn("auditor")
      #expect(try await other.post(path, [("current", TestApp.password)]).status == 404)
      let long = [("current", "k7w2q9x4"), ("password", "k7w2q9x4mvbzj")]
      #expect(try await own.post("/account/password", long).status == 303)
      #expect(try await own.post(path, [("current", "k7w2q9x4mvbzj")]).status == 303)
      let again = Browser(app)
      #expect(try await again.signIn("itStaff", "k7w2q9x4mvbzj").location == "/account")
    }
  }

  @Test("管理者が外すと、サインインが終わり、本人に届き、短いパスワードの人は決め直してから入る", arguments: Engine.available)
  func reset(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      _ = try await own.setUpFactor(app)
      _ = try await own.post(
        "/account/password", [("current", TestApp.password), ("password", "k7w2q9x4")])
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "itStaff" })
      let path = "/people/factors/\(person.id)/removal"
      #expect(try await app.get(path, as: .administrator).status == 200)
      #expect(try await app.post(path, [], as: .administrator).status == 303)
      #expect(try await own.get("/account").status == 303)
      let late = Browser(app)
      #expect(try await late.signIn("itStaff", "k7w2q9x4").location == "/sign-in/factor?next=%2Faccount")
      let phone = try App(try await late.get("/sign-in/factor"))
      _ = try await late.post("/sign-in/factor", [("code", phone.digits(at: app.now))])
      #expect(try await inbox(app, late).contains("administratorが、あなたの二つ目の要素を外しました"))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      #expect(entries.filter { $0.action == "account.factors-reset" }.map(\.actorName) == ["administrator"])
      // One's own, someone without an account, someone of another facility.
      let administrator = try #require(people.first { $0.name == "administrator" })
      #expect(
        try await app.post("/people/factors/\(administrator.id)/removal", [], as: .administrator).status
          == 404)
      #expect(try await app.post(path, [], as: .stranger).status == 404)
      #expect(try await app.post(path, [], as: .management).status == 403)
    }
  }

  @Test("最後の管理者は、サーバの命令で外せる", arguments: Engine.available)
  func fromShell(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("administrator")
      _ = try await own.setUpFactor(app)
      #expect(try await Accounts.factorCounts(login: "administrator", in: app.database) == (1, 10))
      let removed = try await Accounts.resetFactors(
        login: "Administrator", by: .shell("root"), in: app.database, now: app.now)
      #expect(removed == 1)
      #expect(try await Accounts.factorCounts(login: "administrator", in: app.database) == (0, 0))
      #expect(try await own.get("/account").status == 303)
      #expect(try await Browser(app).signIn("administrator").location == "/account")
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      #expect(entries.contains { $0.action == "account.factors-reset" && $0.actor == "shell:root" })
      await #expect(throws: Person.Refusal.notFound) {
        _ = try await Accounts.resetFactors(
          login: "nobody-here", by: .shell("root"), in: app.database, now: app.now)
      }
    }
  }

  @Test("鍵がなくなっても、回復コードで入れる")
  func lostKey() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let (phone, codes) = try await own.setUpFactor(app)
      app.now = app.now.adding(minutes: 1)
      let caller = Caller(address: "192.0.2.7", browser: nil, agent: "", now: app.now)
      func token() async throws -> String {
        let entry = try await Accounts.signIn(
          login: "itStaff", password: TestApp.password, caller, app.database,
          Accounts.AccountSettings(sealer: .absent, publicAddress: PublicAddress([:])))
        guard case .step(.code, let token) = entry else { throw Accounts.Refusal.wrong }
        return token
      }
      let first = try await token()
      let digits = phone.digits(at: app.now)
      await #expect(throws: Sealer.Refusal.keyMissing) {
        _ = try await Accounts.enter(code: digits, token: first, caller, app.database, .absent)
      }
      _ = try await Accounts.enter(code: codes[0], token: try await token(), caller, app.database, .absent)
    }
  }

  @Test("二つの施設の人は、厳しい方に従い、片方の管理者だけでは外せない", arguments: Engine.available)
  func twoFacilities(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let people = try await app.scope.read { try $0.people() }
      let here = try #require(people.first { $0.name == "itStaff" })
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let abroad = try Person(
        id: there.newID(), name: "出向", department: "", role: .safetyManager, account: here.account)
      try await there.write { try $0.insert(abroad) }
      try await Accounts.decide(
        [(.safetyManager, FactorPolicy(mode: .required, from: app.now.day), 0)], in: there)
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/sign-in/factor?next=%2Faccount")
      let phone = try App(try await browser.get("/sign-in/factor"))
      _ = try await browser.post("/sign-in/factor", [("code", phone.digits(at: app.now))])
      // Another facility, other rights: another token.
      let before = browser.jar
      #expect(try await browser.post("/facility", [("facility", app.otherFacility.id.text)]).status == 303)
      #expect(browser.jar["mamorite"] != before["mamorite"])
      #expect(try await Browser(app, cookies: before).get("/account").status == 303)
      #expect(try await browser.get("/account").body.contains("別の病院"))
      let path = "/people/factors/\(here.id)/removal"
      #expect(try await app.post(path, [], as: .administrator).status == 409)
      #expect(try await Accounts.factorCounts(login: "itStaff", in: app.database).factors == 1)
    }
  }
}

@Suite("二つ目の要素の進み具合")
struct FactorBoardTests {
  @Test("見られる役割と、決められる役割が分かれる")
  func roles() async throws {
    try await TestApp.run(on: .sqlite) { app in
      for (who, seen, decided) in [
        (TestApp.Who.administrator, 200, 303), (.itStaff, 200, 403), (.management, 200, 403),
        (.auditor, 200, 403), (.contributor, 403, 403), (.staff, 403, 403), (.nobody, 303, 401),
      ] {
        let board = try await app.get("/people/factors", as: who)
        #expect(board.status == seen, "\(who)")
        let posted = try await app.post("/people/factors/policies", [], as: who)
        #expect(posted.status == decided, "\(who)")
      }
      let board = try await app.get("/people/factors", as: .itStaff)
      #expect(!board.body.contains("/people/factors/policies"))
    }
  }

  @Test("だれがまだかを数え、ほかの施設の人は出ない", arguments: Engine.available)
  func board(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      _ = try await own.setUpFactor(app)
      let page = try await app.get("/people/factors", as: .administrator).body
      #expect(page.contains("1人のうち1人") && page.contains("1人のうち0人") && !page.contains("stranger"))
      let lacking = try await app.get("/people/factors?show=lacking", as: .administrator).body
      #expect(lacking.contains("<th scope=\"row\" data-label=\"氏名\">auditor</th>"))
      #expect(!lacking.contains("<th scope=\"row\" data-label=\"氏名\">itStaff</th>"))
    }
  }

  @Test("決まりには日付が要り、二人が同時に決めたら後の人に知らせ、記録が残る", arguments: Engine.available)
  func policies(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/people/factors/policies"
      let missing = try await app.post(
        path, [("mode-staff", "required"), ("from-staff", ""), ("version-staff", "0")], as: .administrator)
      #expect(missing.status == 422 && missing.body.contains("aria-invalid=\"true\""))
      let form = [
        ("mode-staff", "required"), ("from-staff", "2027-04-01"), ("version-staff", "0"),
        ("mode-auditor", "asked"), ("from-auditor", ""), ("version-auditor", "0"),
      ]
      #expect(try await app.post(path, form, as: .administrator).status == 303)
      #expect(try await app.get("/people/factors", as: .administrator).body.contains("令和9年4月1日から必要"))
      let late = [("mode-staff", "off"), ("from-staff", ""), ("version-staff", "0")]
      #expect(try await app.post(path, late, as: .administrator).status == 409)
      #expect(
        try await app.post(path, late.dropLast() + [("version-staff", "1")], as: .administrator).status == 303
      )
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      // A role that stays as it is leaves no entry; the others bear the mark of the proof before them.
      #expect(
        entries.filter { $0.action == "account.factor-policy" }.map(\.after) == [
          "{\"mode\":\"off\",\"provedBy\":\"password\"}",
          "{\"from\":\"2027-04-01\",\"mode\":\"required\",\"provedBy\":\"password\"}",
        ])
      let elsewhere = try await app.get("/people/factors", as: .stranger).body
      #expect(!elsewhere.contains("令和9年4月1日から必要"))
    }
  }

  @Test("人が多くても決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let paths = ["/people/factors", "/people/factors?show=lacking", "/people/factors/policies", "/account"]
      _ = try await app.cookie(of: .administrator)
      func counted() async throws -> [Int] {
        var counts: [Int] = []
        for path in paths {
          let before = app.database.statementCount
          #expect(try await app.get(path, as: .administrator).status == 200)
          counts.append(app.database.statementCount - before)
        }
        return counts
      }
      let few = try await counted()
      #expect(few.allSatisfy { $0 <= 8 }, "\(few)")
      for index in 0..<120 {
        _ = try await Accounts.add(
          name: "人\(index)", login: "person-\(index)", password: TestApp.password, role: .staff,
          cost: .lowest,
          in: app.scope)
      }
      #expect(try await counted() == few)
    }
  }

  @Test("決めかけたまま時が過ぎたものは、あとから来た人が使えない", arguments: Engine.available)
  func abandoned(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      _ = try await own.post("/account/factors", [("name", ""), ("current", TestApp.password)])
      let phone = try App(try await own.get("/account/factors/waiting"))
      app.now = app.now.adding(minutes: 31)
      #expect(try await own.get("/account/factors/waiting").status != 200)
      let late = try await own.post("/account/factors/waiting", [("code", phone.digits(at: app.now))])
      #expect(late.status != 200)
      let standing = try await app.scope.read {
        try $0.count("SELECT COUNT(*) FROM account_factor WHERE confirmed_at_ms IS NOT NULL")
      }
      #expect(standing == 0)
    }
  }

  @Test("決めさせる画面を別の人が開いていても、本人が決めたあとは使えない", arguments: Engine.available)
  func twoSetUps(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Accounts.demandFactor(of: .itStaff, from: app.now.day, in: app.scope)
      let (thief, own) = (Browser(app), Browser(app))
      #expect(try await thief.signIn("itStaff").location?.hasPrefix("/sign-in/factor") == true)
      #expect(try await own.signIn("itStaff").location?.hasPrefix("/sign-in/factor") == true)
      let phone = try App(try await own.get("/sign-in/factor"))
      let done = try await own.post("/sign-in/factor", [("code", phone.digits(at: app.now))])
      #expect(done.status == 200)
      #expect(try await thief.get("/sign-in/factor").status != 200)
      let late = try await thief.post("/sign-in/factor", [("code", phone.digits(at: app.now))])
      #expect(late.status == 422)
    }
  }
}
