import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

extension Browser {
  /// Asks for a challenge at `path`.
  func asked(_ path: String, _ fields: [(String, String)] = []) async throws -> Authenticator.Asked {
    let answer = try await post("\(path)/challenge", fields)
    #expect(answer.status == 200, "\(answer)")
    return try Authenticator.Asked(answer)
  }

  /// Adds a passkey for someone who is signed in. Gives the recovery codes.
  @discardableResult
  func add(_ key: Authenticator, named name: String = "赤いキー") async throws -> [String] {
    let asked = try await asked("/account/passkeys", [("current", TestApp.password)])
    let done = try await post("/account/passkeys", key.make(asked) + [("name", name)])
    #expect(done.status == 200 || done.location == "/account?done=factor", "\(done)")
    return Browser.codes(done)
  }

  func enter(_ key: Authenticator, _ twist: Authenticator.Twist = .init()) async throws -> TestApp.Answer {
    if jar["mamorite"] == nil { _ = try await get("/sign-in") }
    let asked = try await asked("/sign-in/passkey")
    return try await post("/sign-in/passkey", try key.show(asked, twist) + [("next", "/account")])
  }
}

private func inbox(_ app: TestApp, _ browser: Browser) async throws -> String {
  _ = try await Installation(app.database).deliver(now: app.now)
  return try await browser.get("/inbox").body
}

@Suite("パスキー")
struct PasskeyTests {
  @Test("加えると、それだけで入れ、記録に残り、二つ目の要素として数えられる", arguments: Engine.available)
  func alone(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let refused = try await own.post("/account/passkeys/challenge", [("current", "wrong")])
      #expect(refused.status == 422)
      let key = Authenticator()
      let codes = try await own.add(key)
      #expect(codes.count == 10)
      let page = try await own.get("/account").body
      #expect(page.contains("パスキー (赤いキー)") && page.contains("まだ使っていない"))
      let board = try await app.get("/people/factors?show=lacking", as: .administrator).body
      #expect(!board.contains("data-label=\"氏名\">itStaff</th>"))

      app.now = app.now.adding(minutes: 1)
      let other = Browser(app)
      let asked = try await other.asked("/sign-in/passkey")
      // Whoever is not in learns of no passkey of anyone.
      #expect(asked.credentials.isEmpty && asked.rpId == "localhost" && asked.userVerification == "required")
      let entered = try await other.enter(key)
      #expect(entered.status == 303 && entered.location == "/account", "\(entered)")
      #expect(!(try await other.get("/account").body.contains("まだ使っていない")))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      #expect(entries.first { $0.action == "account.sign-in" }?.after == "{\"proof\":\"passkey\"}")
      #expect(
        entries.first { $0.action == "account.factor-add" }?.after
          == "{\"kind\":\"passkey\",\"name\":\"赤いキー\"}")
      #expect(try await app.scope.verifyLedger().brokenAt == nil)
    }
  }

  @Test("パスワードのあとの二つ目としても使え、ほかの人のパスキーでは進めない", arguments: Engine.available)
  func second(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (mine, theirs) = (Authenticator(), Authenticator())
      for (who, key) in [("itStaff", mine), ("auditor", theirs)] {
        let own = Browser(app)
        _ = try await own.signIn(who)
        try await own.add(key)
      }
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/sign-in/code?next=%2Faccount")
      let page = try await browser.get("/sign-in/code?next=%2Faccount")
      #expect(page.body.contains("data-passkey=\"get\"") && page.body.contains("紙の回復コード"))
      #expect(page.hidden("step") == "code")
      let step = [("step", "code")]
      let asked = try await browser.asked("/sign-in/passkey", step)
      #expect(asked.credentials == [Base64URL.text(mine.id)])
      let other = try await browser.post("/sign-in/passkey", try theirs.show(asked) + step)
      #expect(other.status == 422 && other.body.contains("ここに加えられていません"))
      #expect(other.body.contains("action=\"/sign-in/code\""))
      let next = try await browser.asked("/sign-in/passkey", step)
      let entered = try await browser.post(
        "/sign-in/passkey", try mine.show(next) + step + [("next", "/account")])
      #expect(entered.location == "/account")
      #expect(try await browser.get("/account").status == 200)
      // A terminal on which someone has typed a password, and someone else comes with a passkey.
      let shared = Browser(app)
      _ = try await shared.signIn("itStaff")
      #expect(try await shared.enter(theirs).location == "/account")
      #expect(try await shared.get("/account").body.contains("auditorさんとして"))
    }
  }

  @Test("問いは一度だけ、五分だけ、聞いた画面でだけ使える", arguments: Engine.available)
  func challenges(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      try await own.add(key)
      let browser = Browser(app)
      _ = try await browser.get("/sign-in")
      let stale = "時間が過ぎたか"
      // Never asked.
      let made = try Authenticator.Asked(try await own.post("/account/proof/challenge"))
      let unasked = try await browser.post("/sign-in/passkey", try key.show(made))
      #expect(unasked.status == 422 && unasked.body.contains(stale))
      // Too late.
      let late = try await browser.asked("/sign-in/passkey")
      app.now = app.now.adding(minutes: 5)
      #expect(try await browser.post("/sign-in/passkey", try key.show(late)).body.contains(stale))
      // In another browser.
      let here = try await browser.asked("/sign-in/passkey")
      let answer = try key.show(here)
      let elsewhere = Browser(app)
      _ = try await elsewhere.asked("/sign-in/passkey")
      #expect(try await elsewhere.post("/sign-in/passkey", answer).body.contains(stale))
      // Sent twice: also after another cookie has been given.
      let cookies = browser.jar
      #expect(try await browser.post("/sign-in/passkey", answer).status == 303)
      let again = Browser(app, cookies: cookies)
      let replayed = try await again.post("/sign-in/passkey", answer)
      #expect(replayed.status == 422 && replayed.body.contains(stale))
      // Used up also by a wrong answer.
      let other = Browser(app)
      let wasted = try await other.asked("/sign-in/passkey")
      #expect(try await other.post("/sign-in/passkey", try key.show(wasted, .init(flags: 1))).status == 422)
      #expect(try await other.post("/sign-in/passkey", try key.show(wasted)).body.contains(stale))
    }
  }

  @Test("別の住所、別の名前、本人を確かめていない答え、知らない鍵は、わけを言って断る", arguments: Engine.available)
  func refused(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      try await own.add(key)
      let browser = Browser(app)
      for (twist, words) in [
        (Authenticator.Twist(origin: "http://localhost:9"), "別の住所で作られた"),
        (.init(party: "evil.test"), "別の住所で作られた"), (.init(flags: 0x01), "本人を確かめていません"),
        (.init(flags: 0x04), "本人を確かめていません"), (.init(kind: "webauthn.create"), "答えを確かめられません"),
        (.init(user: "AAAA"), "ここに加えられていません"), (.init(user: ""), "ここに加えられていません"),
      ] {
        let answer = try await browser.enter(key, twist)
        #expect(answer.status == 422 && answer.body.contains(words), "\(twist)")
        #expect(try await browser.get("/account").status == 303)
      }
      let unknown = try await browser.enter(Authenticator())
      #expect(unknown.status == 422 && unknown.body.contains("ここに加えられていません"))
      let asked = try await browser.asked("/sign-in/passkey")
      var forged = try key.show(asked)
      forged[3].1 = Base64URL.text([0x30, 0x06, 2, 1, 1, 2, 1, 1])
      #expect(try await browser.post("/sign-in/passkey", forged).body.contains("答えを確かめられません"))
      #expect(try await browser.post("/sign-in/passkey", [("credential", "%%")]).status == 422)
      // The passkey itself is as good as before.
      #expect(try await browser.enter(key).status == 303)
    }
  }

  @Test("回数が前に戻ったら断り、本人と管理者に知らせ、そのあとも使えない", arguments: Engine.available)
  func copied(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      let codes = try await own.add(key)
      #expect(try await Browser(app).enter(key, .init(counter: 41)).status == 303)
      let thief = Browser(app)
      let refused = try await thief.enter(key, .init(counter: 41))
      #expect(refused.status == 422 && refused.body.contains("写しが作られたおそれ"))
      #expect(try await thief.enter(key, .init(counter: 90)).status == 422)
      #expect(try await inbox(app, own).contains("パスキー「赤いキー」の回数が前に戻りました"))
      let keeper = Browser(app)
      _ = try await keeper.signIn("administrator")
      #expect(try await inbox(app, keeper).contains("itStaffさんのパスキーの回数"))
      #expect(try await own.get("/account").body.contains("写しがあるおそれのため"))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      let marks = entries.filter { $0.action == "account.passkey-copied" }
      #expect(
        marks.map(\.after) == ["{\"counterAfter\":\"41\",\"counterBefore\":\"41\",\"name\":\"赤いキー\"}"])
      // It still counts as a factor: a copy is no way around it.
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/sign-in/code?next=%2Faccount")
      #expect(try await browser.post("/sign-in/code", [("code", codes[0])]).status == 303)
    }
  }

  @Test("数えない鍵は0のまま使え、0に戻った鍵は断る", arguments: Engine.available)
  func uncounted(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      try await own.add(key)
      for _ in 0..<3 { #expect(try await Browser(app).enter(key, .init(counter: 0)).status == 303) }
      #expect(try await Browser(app).enter(key, .init(counter: .max)).status == 303)
      #expect(try await Browser(app).enter(key, .init(counter: 0)).status == 422)
    }
  }

  @Test("いくつ違っても、だれのパスワードも、本人のブラウザのパスキーも待たされない", arguments: Engine.available)
  func noLocking(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      try await own.add(key)
      let thief = Browser(app)
      _ = try await thief.get("/sign-in")
      var statuses: [Int] = []
      for _ in 0..<203 {
        let asked = try await thief.asked("/sign-in/passkey")
        let answer = try key.show(asked, .init(flags: 1, counter: 1))
        statuses.append(try await thief.post("/sign-in/passkey", answer).status)
      }
      #expect(statuses.prefix(201).allSatisfy { $0 == 422 } && statuses.last == 429)
      // Counted is the network, and only for passkeys of browsers that are not known.
      #expect(try await Browser(app).signIn("itStaff").status == 303)
      #expect(try await Browser(app).signIn("auditor").status == 303)
      _ = try await own.post("/sign-out")
      #expect(try await own.enter(key).status == 303)
    }
  }

  @Test("加えられるのは十個まで、同じ鍵は一度だけ、外すとそれでは入れない", arguments: Engine.available)
  func several(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = Browser(app)
      _ = try await own.signIn("itStaff")
      let key = Authenticator()
      try await own.add(key)
      let asked = try await own.asked("/account/passkeys", [("current", TestApp.password)])
      #expect(asked.credentials == [Base64URL.text(key.id)] && asked.algorithms == [-7, -8, -257])
      #expect(asked.user?.name == "itstaff" && asked.user?.displayName == "itStaff")
      let twice = try await own.post("/account/passkeys", key.make(asked) + [("name", "青いキー")])
      #expect(twice.status == 422 && twice.body.contains("もう加えてあります") && twice.body.contains("青いキー"))
      let long = try await own.asked("/account/passkeys", [("current", TestApp.password)])
      let name = String(repeating: "長", count: 41)
      let refused = try await own.post("/account/passkeys", Authenticator().make(long) + [("name", name)])
      #expect(refused.status == 422 && refused.body.contains("40文字まで"))
      for number in 2...10 { try await own.add(Authenticator(), named: "\(number)番") }
      let full = try await own.post("/account/passkeys/challenge", [("current", TestApp.password)])
      #expect(full.status == 422)
      #expect(!(try await own.get("/account").body.contains("/account/passkeys/new")))

      let row = try #require(
        try await own.get("/account").body.split(separator: "<tr>").first { $0.contains("赤いキー") })
      let factor = try #require(row.firstMatch(of: /factors\/([0-9a-f-]{36})\/removal/)?.1)
      let removal = "/account/factors/\(factor)/removal"
      #expect(try await own.get(removal).body.contains("パスキー (赤いキー)"))
      #expect(try await own.post(removal, [("current", TestApp.password)]).status == 303)
      #expect(try await Browser(app).enter(key).body.contains("ここに加えられていません"))
    }
  }

  @Test("必ず求められたとき、パスキーでも決められる", arguments: Engine.available)
  func demanded(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Accounts.decide(
        [(.itStaff, FactorPolicy(mode: .required, from: app.now.day), 0)], in: app.scope)
      let browser = Browser(app)
      #expect(try await browser.signIn("itStaff").location == "/sign-in/factor?next=%2Faccount")
      let page = try await browser.get("/sign-in/factor?next=%2Faccount")
      #expect(page.body.contains("data-passkey=\"create\""))
      let key = Authenticator()
      let asked = try await browser.asked("/sign-in/factor/passkey")
      let wrong = try await browser.post("/sign-in/factor/passkey", key.make(asked, .init(flags: 1)))
      #expect(wrong.status == 422 && wrong.body.contains("class=\"qr\""))
      let next = try await browser.asked("/sign-in/factor/passkey")
      let done = try await browser.post("/sign-in/factor/passkey", key.make(next) + [("next", "/account")])
      #expect(done.status == 200 && Browser.codes(done).count == 10)
      #expect(try await browser.get("/account").status == 200)
      #expect(try await Browser(app).enter(key).location == "/account")
      // Nobody else can ask there.
      let other = Browser(app)
      _ = try await other.get("/sign-in")
      #expect(try await other.post("/sign-in/factor/passkey/challenge").status == 422)
    }
  }
}
