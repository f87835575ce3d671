import Foundation
import Kernel
import Testing

@testable import Identity

@Suite("OpenID Connect")
struct OpenIDTests {
  private static let browser = String(repeating: "b", count: 64)

  private static func run(
    _ fake: FakeProvider, secret: String = FakeProvider.secret, back: OpenIDFlow? = nil
  ) async throws -> IDToken {
    let provider = try await OpenIDProvider.discover(FakeProvider.issuer, fake, now: FakeProvider.now)
    let flow = OpenIDFlow(state: "state-1", browser: browser)
    let code = try fake.signIn(
      at: provider.signInAddress(flow, client: FakeProvider.client, redirect: FakeProvider.redirect))
    let flowBack = back ?? flow
    let token = try await provider.exchange(
      code: code, flowBack, client: FakeProvider.client, secret: secret, redirect: FakeProvider.redirect, fake
    )
    return try await IDToken.verify(
      token, from: provider, keys: try await provider.keySet(fake), client: FakeProvider.client,
      flow: flowBack,
      now: FakeProvider.now)
  }

  @Test("正しい答えからは、だれかと、その人についての項目が読める")
  func good() async throws {
    let token = try await Self.run(FakeProvider())
    #expect(token.issuer == FakeProvider.issuer && token.subject == "u-1")
    #expect(token.claims["preferred_username"] == ["Tanaka"] && token.claims["groups"] == ["staff", "it"])
  }

  struct Bend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let problem: IdentityProblem
    let bend: @Sendable (inout FakeProvider.Bent) -> Void

    init(
      _ name: String, _ problem: IdentityProblem,
      _ bend: @escaping @Sendable (inout FakeProvider.Bent) -> Void
    ) {
      (testDescription, self.problem, self.bend) = (name, problem, bend)
    }
  }

  private static let second = Int(FakeProvider.now.milliseconds / 1000)

  private static let bends: [Bend] = [
    Bend("別の鍵の署名", .badSignature) { $0.isSignedByOther = true },
    Bend("署名なし", .forbiddenAlgorithm("none")) { $0.header = ["alg": "none"] },
    Bend("合言葉での署名", .forbiddenAlgorithm("HS256")) { $0.header = ["alg": "HS256", "kid": "one"] },
    Bend("合言葉の鍵を指す", .unknownKey) { $0.header = ["alg": "ES256", "kid": "shared"] },
    Bend("鍵と違う方式", .unknownKey) { $0.header = ["alg": "RS256", "kid": "one"] },
    Bend("知らない決まりを求める", .unknownKey) { $0.header = ["alg": "ES256", "kid": "two"] },
    Bend("別の発行元", .wrongIssuer("https://evil.example")) { $0.claims["iss"] = "https://evil.example" },
    Bend("別の相手", .wrongAudience) { $0.claims["aud"] = "other" },
    Bend("いくつかの相手で、だれ宛か言わない", .wrongAudience) { $0.claims["aud"] = ["mamorite", "other"] },
    Bend("別の人宛", .wrongAudience) { $0.claims["azp"] = "other" },
    Bend("期限が切れた(61秒前)", .expired) { $0.claims["exp"] = second - 61 },
    Bend("先の時刻に作られた(61秒後)", .fromFuture) { $0.claims["iat"] = second + 61 },
    Bend("まだ使えない", .fromFuture) { $0.claims["nbf"] = second + 61 },
    Bend("別の nonce", .wrongNonce) { $0.claims["nonce"] = "another" },
    Bend("nonce がない", .wrongNonce) { $0.dropped = ["nonce"] },
    Bend("sub がない", .missingClaim("sub")) { $0.dropped = ["sub"] },
    Bend("exp がない", .missingClaim("exp")) { $0.dropped = ["exp"] },
    Bend("発行元の名が違う", .otherIssuer("https://idp.example.jp/other")) {
      $0.issuer = "https://idp.example.jp/other"
    },
    Bend("使える方式がない", .noUsableAlgorithm) { $0.algorithms = ["HS256", "none"] },
    Bend("使える鍵がない", .noKeys) { $0.withKeys = false },
  ]

  @Test("曲がった答えは信じない。わけを言う", arguments: bends)
  func bad(_ bend: Bend) async throws {
    await #expect(throws: bend.problem) { _ = try await Self.run(FakeProvider(bend.bend)) }
  }

  @Test("時計は60秒まで違ってもよい", arguments: [("exp", -59), ("iat", 60), ("nbf", 60)])
  func skew(name: String, seconds: Int) async throws {
    let token = try await Self.run(FakeProvider { $0.claims[name] = Self.second + seconds })
    #expect(token.subject == "u-1")
  }

  @Test("相手の時計がどれだけ違うかが分かる")
  func clock() async throws {
    let late = FakeProvider { $0.date = Self.second - 400 }
    #expect(
      try await OpenIDProvider.discover(FakeProvider.issuer, late, now: FakeProvider.now).clockSeconds == -400
    )
  }

  @Test("別のブラウザに渡されたコードは、PKCE で止まる")
  func otherBrowser() async throws {
    let thief = OpenIDFlow(state: "state-1", browser: String(repeating: "c", count: 64))
    await #expect(throws: IdentityProblem.codeRefused) { _ = try await Self.run(FakeProvider(), back: thief) }
  }

  @Test("合言葉と戻り先の違いを、それぞれ言う")
  func client() async throws {
    let fake = FakeProvider()
    await #expect(throws: IdentityProblem.badClientSecret) { _ = try await Self.run(fake, secret: "wrong") }
    let provider = try await OpenIDProvider.discover(FakeProvider.issuer, fake, now: FakeProvider.now)
    let good: Void = try await provider.checkClient(
      client: FakeProvider.client, secret: FakeProvider.secret, redirect: FakeProvider.redirect, fake)
    #expect(good == ())
    await #expect(throws: IdentityProblem.badClientSecret) {
      try await provider.checkClient(
        client: FakeProvider.client, secret: "wrong", redirect: FakeProvider.redirect, fake)
    }
    let flow = OpenIDFlow(state: "s", browser: Self.browser)
    let code = try fake.signIn(
      at: provider.signInAddress(flow, client: FakeProvider.client, redirect: FakeProvider.redirect))
    let elsewhere = "https://mamorite.example.jp/other"
    await #expect(throws: IdentityProblem.wrongRedirect(elsewhere)) {
      _ = try await provider.exchange(
        code: code, flow, client: FakeProvider.client, secret: FakeProvider.secret, redirect: elsewhere, fake)
    }
  }

  @Test(
    "https だけ、中に名前や合言葉のない住所だけ",
    arguments: [
      "http://idp.example.jp", "ftp://idp.example.jp", "file:///etc/passwd", "https://user:pw@idp.example.jp",
      "https://", "idp.example.jp", "https://idp.example.jp/#x", "https://idp.example.jp/ a",
      "http://127.0.0.1:80",
    ])
  func addresses(text: String) {
    #expect(throws: IdentityProblem.self) { _ = try ProviderAddress(text, allowsLoopback: false) }
  }

  @Test("試験の設定があれば、この機械だけは http でもよい")
  func loopback() throws {
    #expect(
      try ProviderAddress("http://127.0.0.1:9000/x", allowsLoopback: true).text == "http://127.0.0.1:9000/x")
    #expect(throws: IdentityProblem.self) {
      _ = try ProviderAddress("http://10.0.0.1/", allowsLoopback: true)
    }
  }

  @Test("この機械、隣の機械、みな宛の番号にはつながない。院内の番号にはつなぐ")
  func guarded() {
    func allows(_ bytes: [UInt8]) -> Bool { AddressGuard.allows(bytes, loopback: false) }
    #expect(!allows([127, 0, 0, 1]) && !allows([169, 254, 169, 254]) && !allows([0, 0, 0, 0]))
    #expect(!allows([224, 0, 0, 1]) && !allows([255, 255, 255, 255]))
    #expect(allows([10, 0, 0, 1]) && allows([192, 168, 1, 1]) && allows([93, 184, 216, 34]))
    let zero = [UInt8](repeating: 0, count: 15)
    #expect(!allows(zero + [1]) && !allows(zero + [0]) && AddressGuard.allows(zero + [1], loopback: true))
    #expect(!allows([0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]))
    #expect(!allows([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1]))
    #expect(allows([0xFD, 0] + [UInt8](repeating: 0, count: 13) + [1]))
  }

  @Test("ソケットが受け取る形からも、同じ番号を読む")
  func guardedSockets() {
    // family, port, and the number: sockaddr_in; sockaddr_in6 has the flow before it and the scope behind.
    func four(_ number: [UInt8]) -> [UInt8] { [2, 0, 1, 187] + number + [UInt8](repeating: 0, count: 8) }
    func six(_ number: [UInt8]) -> [UInt8] { [10, 0, 1, 187, 127, 0, 0, 1] + number + [0, 0, 0, 0] }
    func allows(_ family: Int32, _ place: [UInt8]) -> Bool {
      place.withUnsafeBytes { bytes in
        bytes.baseAddress.map { AddressGuard.allows(family: family, $0, loopback: false) } ?? false
      }
    }
    #expect(allows(AF_INET, four([10, 0, 0, 1])) && !allows(AF_INET, four([127, 0, 0, 1])))
    let local = [UInt8](repeating: 0, count: 15) + [1]
    let house: [UInt8] = [0xFD, 0] + [UInt8](repeating: 0, count: 13) + [1]
    #expect(allows(AF_INET6, six(house)) && !allows(AF_INET6, six(local)))
    #expect(!allows(AF_UNIX, six(house)))
  }
}
