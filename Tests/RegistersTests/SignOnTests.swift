import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Identity
@testable import Registers

@Suite("外部の認証の決まり")
struct SignOnRuleTests {
  private static func draft(_ change: (inout SignOnDraft) -> Void = { _ in }) -> SignOnDraft {
    var draft = SignOnDraft()
    (draft.issuer, draft.client, draft.secret) = ("https://idp.example.jp", "mamorite", "合言葉")
    draft.label = "職員IDでサインイン"
    change(&draft)
    return draft
  }

  private static let sealer = Sealer.memory([UInt8](repeating: 3, count: 32))
  private static let facility = FacilityID(at: .test)

  private static func setting(_ draft: SignOnDraft, over before: SignOnSetting? = nil) throws -> SignOnSetting
  {
    try draft.setting(over: before, sealer: sealer, facility: facility, allowsLoopback: false)
  }

  @Test("メールアドレスで人を決めない。https でない発行元、項目のないグループは断る")
  func refused() {
    #expect(throws: SignOnRefusal.emailClaim) { _ = try Self.setting(Self.draft { $0.loginClaim = "Email" }) }
    #expect(throws: SignOnRefusal.groupClaimNeeded) {
      _ = try Self.setting(Self.draft { $0.groups = [.itStaff: "it"] })
    }
    #expect(throws: IdentityProblem.notSecure("http://idp.example.jp")) {
      _ = try Self.setting(Self.draft { $0.issuer = "http://idp.example.jp" })
    }
    #expect(throws: SignOnRefusal.secretNeeded) { _ = try Self.setting(Self.draft { $0.secret = "" }) }
  }

  @Test("合言葉は封をして残り、別の発行元やクライアントには渡らない")
  func secret() throws {
    let first = try Self.setting(Self.draft())
    #expect(!first.secret.contains("合言葉"))
    #expect(try first.secretText(Self.sealer, Self.facility) == "合言葉")
    let kept = try Self.setting(Self.draft { $0.secret = "" }, over: first)
    #expect(kept.secret == first.secret)
    #expect(throws: SignOnRefusal.secretNeeded) {
      _ = try Self.setting(
        Self.draft {
          $0.secret = ""
          $0.issuer = "https://evil.example"
        }, over: first)
    }
  }

  @Test("グループは役割を決めるが、管理者にはしない。どれにもなければ入れない")
  func groups() throws {
    let setting = try Self.setting(
      Self.draft {
        $0.groupClaim = "groups"
        $0.groups = [.itStaff: "it", .staff: "all"]
      })
    func token(_ groups: [String]?) -> IDToken {
      IDToken(issuer: "i", subject: "s", claims: groups.map { ["groups": $0] } ?? [:])
    }
    #expect(try setting.role(of: token(["all", "it"])) == .itStaff)
    #expect(try setting.role(of: token(["all"])) == .staff)
    #expect(throws: SignOnRefusal.noGroup) { _ = try setting.role(of: token(["administrator"])) }
    #expect(throws: SignOnRefusal.noGroup) { _ = try setting.role(of: token(nil)) }
    #expect(!SignOnSetting.mappable.contains(.administrator))
    #expect(try Self.setting(Self.draft()).role(of: token(["all"])) == nil)
  }

  @Test("認証基盤の二要素は、設定にある値のときだけ数える")
  func factors() throws {
    let token = IDToken(issuer: "i", subject: "s", claims: ["amr": ["pwd", "mfa"], "acr": ["high"]])
    #expect(try !Self.setting(Self.draft()).hasFactor(token))
    #expect(try Self.setting(Self.draft { $0.factorValues = "otp, mfa" }).hasFactor(token))
    #expect(try Self.setting(Self.draft { $0.factorValues = "high" }).hasFactor(token))
    #expect(try !Self.setting(Self.draft { $0.factorValues = "hwk" }).hasFactor(token))
  }

  @Test("認証基盤の言葉とトークンは、操作の前の確かめにはならない")
  func freshness() {
    for kind in Proof.Kind.allCases {
      let isNoPerson = kind == .provider || kind == .providerFactor || kind == .token
      #expect(Proof(kind, at: .test).isFresh(at: .test) == !isNoPerson, "\(kind)")
    }
  }
}

@Suite("外部の認証")
struct SignOnTests {
  private static let fields = [
    ("issuer", "https://idp.example.jp"), ("client", "mamorite"), ("secret", "十分に長い合言葉"),
    ("label", "職員IDでサインイン"), ("login-claim", "preferred_username"), ("on", "yes"),
  ]

  private static func save(_ app: TestApp, version: Int = 0) async throws -> TestApp.Answer {
    try await app.post("/sign-on", fields + [("version", "\(version)")], as: .administrator)
  }

  @Test("管理者が決めるとサインインの画面に出て、合言葉はどこにも出ない", arguments: Engine.available)
  func saved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await !Browser(app).get("/sign-in").body.contains("/sign-in/openid"))
      #expect(try await Self.save(app).status == 303)
      #expect(try await Self.save(app).status == 409)
      let page = try await app.get("/sign-on", as: .administrator)
      #expect(page.status == 200 && !page.body.contains("十分に長い合言葉"))
      let door = try await Browser(app).get("/sign-in")
      #expect(door.body.contains("職員IDでサインイン") && door.body.contains("/sign-in/openid?facility="))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      let entry = try #require(entries.first { $0.action == "sign-on.provider" })
      #expect(entry.after?.contains("十分に長い") == false)
      #expect(entry.after?.contains("\"provedBy\":\"password\"") == true)
      #expect(try await app.get("/sign-on", as: .itStaff).status == 403)
      #expect(try await app.post("/sign-on/removal", [("version", "1")], as: .administrator).status == 303)
      #expect(try await !Browser(app).get("/sign-in").body.contains("/sign-in/openid"))
    }
  }

  @Test("知らない状態、使った状態、別のブラウザの状態で戻っても入れない", arguments: Engine.available)
  func states(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app).status == 303)
      let browser = Browser(app)
      _ = try await browser.get("/sign-in")
      let token = try #require(browser.jar["mamorite"])
      let state = Secret.token()
      let step = SignOnStep(facility: app.facility.id, purpose: .signIn, person: nil, next: "/")
      try await app.scope.write {
        try $0.housekeeping.begin(step, state: Secret.hash(state), browser: Secret.hash(token), now: app.now)
      }
      let back = "/sign-in/openid/callback?error=access_denied&state=\(state)"
      #expect(try await Browser(app).get(back).body.contains("もう一度はじめから"))
      #expect(try await browser.get("/sign-in/openid/callback?code=x&state=\(Secret.token())").status == 422)
      #expect(try await browser.get(back).body.contains("取りやめられました"))
      // Used up, also by a refusal.
      #expect(try await browser.get(back).body.contains("もう一度はじめから"))

      try await app.scope.write {
        try $0.housekeeping.begin(step, state: Secret.hash(state), browser: Secret.hash(token), now: app.now)
      }
      app.now = app.now.adding(minutes: 10)
      #expect(try await browser.get(back).body.contains("もう一度はじめから"))
    }
  }

  @Test("入れておいた名前の人だけが、初めて来たときに一つの番号と結びつく", arguments: Engine.available)
  func binding(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Self.save(app).status == 303)
      let people = try await app.scope.read { try $0.people() }
      let staff = try #require(people.first { $0.role == .staff })
      let other = try #require(people.first { $0.role == .contributor })
      let path = "/sign-on/identities"
      let named = [("person", staff.id.text), ("name", "Sato.H")]
      #expect(try await app.post(path, named, as: .administrator).status == 303)
      let again = [("person", other.id.text), ("name", "sato.h")]
      #expect(try await app.post(path, again, as: .administrator).status == 422)
      let issuer = "https://idp.example.jp"
      let word = ExternalWord(
        issuer: issuer, subject: "u-9", name: "sato.h", nameClaim: "preferred_username", role: .success(nil))
      let found = try await app.scope.read {
        try $0.signOnIdentities(issuer: issuer, subject: "u-9", name: "sato.h")
      }
      #expect(found.map(\.person) == [staff.id])
      try await app.scope.write { try $0.bind(staff.id, to: word, over: found.first) }
      // From now on the number counts; the name leads nobody else there.
      let thief = try await app.scope.read {
        try $0.signOnIdentities(issuer: issuer, subject: "u-10", name: "sato.h")
      }
      #expect(thief.isEmpty)
      let elsewhere = try await app.scope.read {
        try $0.signOnIdentities(issuer: "https://evil.example", subject: "u-9", name: "sato.h")
      }
      #expect(elsewhere.isEmpty)
      let removal = "\(path)/\(staff.id)/removal"
      #expect(try await app.post(removal, [], as: .stranger).status == 404)
      #expect(try await app.post(removal, [], as: .administrator).status == 303)
      #expect(try await app.scope.read { try $0.signOnIdentity(of: staff.id) } == nil)
    }
  }

  @Test("認証基盤の二要素を数えないときは、守り手の二つ目の要素を求める", arguments: Engine.available)
  func factors(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let browser = Browser(app)
      _ = try await browser.signIn("staff")
      _ = try await browser.setUpFactor(app)
      let staff = try #require(try await app.scope.read { try $0.people() }.first { $0.role == .staff })
      let account = try #require(staff.account)
      let place = try #require(try await Accounts.firstPlace(of: account, at: app.now, app.database))
      let caller = Caller(address: "10.0.0.1", browser: nil, agent: "", now: app.now)
      let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))
      func arrive(_ hasFactor: Bool) async throws -> Accounts.Entry {
        try await Accounts.arrive(account, at: place, hasFactor: hasFactor, caller, app.database, sealer)
      }
      guard case .step(.code, _) = try await arrive(false) else {
        Issue.record("came in without the second factor")
        return
      }
      guard case .session = try await arrive(true) else {
        Issue.record("the provider's second factor does not count")
        return
      }
      // Whoever must have one sets it up first, unless the provider's counts.
      let contributor = try #require(
        try await app.scope.read { try $0.people() }.first { $0.role == .contributor })
      let other = try #require(contributor.account)
      let there = try #require(try await Accounts.firstPlace(of: other, at: app.now, app.database))
      try await Accounts.demandFactor(of: .contributor, from: app.now.day, in: app.scope)
      let entry = try await Accounts.arrive(other, at: there, hasFactor: false, caller, app.database, sealer)
      guard case .step(.setup, _) = entry else {
        Issue.record("came in without the second factor that is demanded")
        return
      }
    }
  }

  /// Describes itself with a clock that is 400 seconds late.
  private struct LateWeb: ProviderWeb {
    let allowsLoopback = false
    let now: Instant

    func get(_ address: ProviderAddress) async throws(IdentityProblem) -> ProviderAnswer {
      let issuer = "https://idp.example.jp"
      let body = """
        {"issuer": "\(issuer)", "authorization_endpoint": "\(issuer)/a", "token_endpoint": "\(issuer)/t",
         "jwks_uri": "\(issuer)/k"}
        """
      return ProviderAnswer(status: 200, body: Array(body.utf8), date: Int(now.milliseconds / 1000) - 400)
    }

    func post(_ address: ProviderAddress, form: String, login: (String, String)?)
      async throws(IdentityProblem) -> ProviderAnswer
    { ProviderAnswer(status: 404, body: []) }
  }

  @Test("試すと、時計の違いを秒で言う。画面は決まった数の問い合わせで出る")
  func clock() async throws {
    try await TestApp.run(on: .sqlite) { app in
      #expect(try await Self.save(app).status == 303)
      let setting = try #require(try await app.scope.read { try $0.signOnSetting() })
      await #expect(throws: IdentityProblem.clockOff(-400)) {
        try await SignOns.check(
          setting, redirect: "https://m.example/sign-in/openid/callback",
          Sealer.memory([UInt8](repeating: 7, count: 32)), LateWeb(now: app.now), in: app.scope)
      }
      _ = try await BreakGlass.makeCodes(10, in: app.scope)
      for path in ["/sign-on", "/break-glass/records", "/sign-in", "/account/identity"] {
        let before = app.database.statementCount
        _ = try await app.get(path, as: .administrator)
        #expect(app.database.statementCount - before <= 8, "\(path)")
      }
    }
  }
}
