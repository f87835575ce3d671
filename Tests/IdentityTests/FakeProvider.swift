import Crypto
import Foundation
import JWTKit
import Kernel
import Synchronization

@testable import Identity

/// An OpenID provider inside the test, with keys of its own. What it says can be bent in one place at a time.
final class FakeProvider: ProviderWeb {
  static let issuer = "https://idp.example.jp/realm"
  static let client = "mamorite"
  static let secret = "合言葉 & more"
  static let redirect = "https://mamorite.example.jp/sign-in/openid/callback"
  static let now = Instant(milliseconds: 1_800_000_000_000)

  struct Bent: Sendable {
    var issuer = FakeProvider.issuer
    var date: Int? = 1_800_000_000
    var claims: [String: any Sendable] = [:]
    var dropped: Set<String> = []
    var header: [String: String] = ["alg": "ES256", "kid": "one", "typ": "JWT"]
    var isSignedByOther = false
    var withKeys = true
    var algorithms = ["ES256", "RS256"]
  }

  let allowsLoopback = false
  let bent: Bent
  private let key = P256.Signing.PrivateKey()
  private let other = P256.Signing.PrivateKey()
  private let challenges = Mutex<[String: (challenge: String, nonce: String)]>([:])

  init(_ bend: (inout Bent) -> Void = { _ in }) {
    var bent = Bent()
    bend(&bent)
    self.bent = bent
  }

  static func text(_ data: some Sequence<UInt8>) -> String {
    Data(data).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }

  private func json(_ value: Any) throws -> [UInt8] {
    [UInt8](try JSONSerialization.data(withJSONObject: value))
  }

  private func answer(_ value: Any, _ status: Int = 200) -> ProviderAnswer {
    // What the tests write is always JSON.
    ProviderAnswer(status: status, body: (try? json(value)) ?? [], date: bent.date)
  }

  func get(_ address: ProviderAddress) async throws(IdentityProblem) -> ProviderAnswer {
    switch address.text {
    case "\(Self.issuer)/.well-known/openid-configuration":
      return answer([
        "issuer": bent.issuer, "authorization_endpoint": "\(Self.issuer)/auth",
        "token_endpoint": "\(Self.issuer)/token", "jwks_uri": "\(Self.issuer)/keys",
        "id_token_signing_alg_values_supported": bent.algorithms,
      ])
    case "\(Self.issuer)/keys":
      let point = key.publicKey.rawRepresentation
      let own = [
        "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": Self.text(point.prefix(32)),
        "y": Self.text(point.suffix(32)),
      ]
      let shared = ["kty": "oct", "kid": "shared", "k": Self.text(Array("secret".utf8))]
      return answer(["keys": bent.withKeys ? [shared, own] : [shared]])
    default: return ProviderAnswer(status: 404, body: [])
    }
  }

  /// What a browser does at the page to which it was sent; gives the code.
  func signIn(at address: String) throws -> String {
    let items = URLComponents(string: address)?.queryItems ?? []
    func value(_ name: String) -> String { items.first { $0.name == name }?.value ?? "" }
    guard value("code_challenge_method") == "S256", value("response_type") == "code",
      value("client_id") == Self.client, value("redirect_uri") == Self.redirect
    else { throw IdentityProblem.badAddress(address) }
    challenges.withLock { $0["code-1"] = (value("code_challenge"), value("nonce")) }
    return "code-1"
  }

  func post(_ address: ProviderAddress, form: String, login: (String, String)?) async throws(IdentityProblem)
    -> ProviderAnswer
  {
    let fields = Dictionary(
      (URLComponents(string: "?\(form)")?.queryItems ?? []).map { ($0.name, $0.value ?? "") },
      uniquingKeysWith: { first, _ in first })
    guard login?.0 == Self.client, login?.1.removingPercentEncoding == Self.secret else {
      return answer(["error": "invalid_client"], 401)
    }
    guard let known = challenges.withLock({ $0.removeValue(forKey: fields["code"] ?? "") }) else {
      return answer(["error": "invalid_grant"], 400)
    }
    guard fields["redirect_uri"] == Self.redirect else {
      return answer(["error": "invalid_grant", "error_description": "redirect_uri differs"], 400)
    }
    let hash = Self.text(SHA256.hash(data: Array((fields["code_verifier"] ?? "").utf8)))
    guard hash == known.challenge else { return answer(["error": "invalid_grant"], 400) }
    return answer(["id_token": (try? token(nonce: known.nonce)) ?? "", "token_type": "Bearer"])
  }

  func token(nonce: String) throws -> String {
    let second = Int(Self.now.milliseconds / 1000)
    var claims: [String: Any] = [
      "iss": Self.issuer, "aud": Self.client, "sub": "u-1", "exp": second + 300, "iat": second,
      "nonce": nonce, "preferred_username": "Tanaka", "groups": ["staff", "it"], "email_verified": true,
    ]
    for (name, value) in bent.claims { claims[name] = value }
    for name in bent.dropped { claims[name] = nil }
    let head = Self.text(try json(bent.header))
    let body = Self.text(try json(claims))
    let signed = Array("\(head).\(body)".utf8)
    let signature: [UInt8] =
      switch bent.header["alg"] {
      case "none": []
      case "HS256":
        // The old trick: the public key as the shared secret.
        Array(
          HMAC<SHA256>.authenticationCode(
            for: signed, using: SymmetricKey(data: key.publicKey.rawRepresentation)))
      default: Array(try (bent.isSignedByOther ? other : key).signature(for: signed).rawRepresentation)
      }
    return "\(head).\(body).\(Self.text(signature))"
  }
}
