import Crypto
import Foundation
public import Kernel

/// An OpenID Connect provider as it describes itself (OpenID Connect Discovery 1.0).
public struct OpenIDProvider: Sendable {
  public let issuer: String
  let authorization: ProviderAddress
  let token: ProviderAddress
  let keys: ProviderAddress
  /// How it wants the client to prove itself at the token endpoint.
  let usesPostedSecret: Bool
  /// Its clock less ours, in seconds; nil when it does not say.
  public let clockSeconds: Int?

  private struct Metadata: Decodable {
    let issuer: String?
    let authorization: String?
    let token: String?
    let keys: String?
    let algorithms: [String]?
    let clientMethods: [String]?

    enum CodingKeys: String, CodingKey {
      case issuer
      case authorization = "authorization_endpoint"
      case token = "token_endpoint"
      case keys = "jwks_uri"
      case algorithms = "id_token_signing_alg_values_supported"
      case clientMethods = "token_endpoint_auth_methods_supported"
    }
  }

  /// Asks a provider what it is.
  ///
  /// - Throws: ``IdentityProblem``.
  public static func discover(_ issuer: String, _ web: any ProviderWeb, now: Instant)
    async throws(IdentityProblem) -> OpenIDProvider
  {
    _ = try ProviderAddress(issuer, allowsLoopback: web.allowsLoopback)
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    let path = try ProviderAddress(
      "\(base)/.well-known/openid-configuration", allowsLoopback: web.allowsLoopback)
    let answer = try await web.get(path)
    guard answer.status == 200 else { throw .badAnswer(path.text, answer.status) }
    let metadata: Metadata
    do { metadata = try JSONDecoder().decode(Metadata.self, from: Data(answer.body)) } catch {
      throw .notJSON(path.text)
    }
    guard let named = metadata.issuer else { throw .missingMetadata("issuer") }
    // OpenID Connect Discovery 1.0, 4.3: exactly the same.
    guard named == issuer else { throw .otherIssuer(String(named.prefix(200))) }
    func address(_ text: String?, _ name: String) throws(IdentityProblem) -> ProviderAddress {
      guard let text else { throw .missingMetadata(name) }
      return try ProviderAddress(text, allowsLoopback: web.allowsLoopback)
    }
    if let known = metadata.algorithms,
      !known.contains(where: { IDToken.algorithms.contains($0) })
    {
      throw .noUsableAlgorithm
    }
    let methods = metadata.clientMethods ?? ["client_secret_basic"]
    return OpenIDProvider(
      issuer: issuer,
      authorization: try address(metadata.authorization, "authorization_endpoint"),
      token: try address(metadata.token, "token_endpoint"),
      keys: try address(metadata.keys, "jwks_uri"),
      usesPostedSecret: !methods.contains("client_secret_basic") && methods.contains("client_secret_post"),
      clockSeconds: answer.date.map { $0 - Int(now.milliseconds / 1000) })
  }

  /// Where a browser is sent to sign in: authorization code with PKCE (RFC 7636, S256).
  public func signInAddress(_ flow: OpenIDFlow, client: String, redirect: String) -> String {
    let fields = [
      ("response_type", "code"), ("scope", "openid profile"), ("client_id", client),
      ("redirect_uri", redirect), ("state", flow.state), ("nonce", flow.nonce),
      ("code_challenge", flow.challenge), ("code_challenge_method", "S256"),
    ]
    let query = fields.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&")
    return authorization.text + (authorization.text.contains("?") ? "&" : "?") + query
  }

  /// The keys by which it signs, as it publishes them.
  ///
  /// - Throws: ``IdentityProblem``.
  public func keySet(_ web: any ProviderWeb) async throws(IdentityProblem) -> SigningKeys {
    let answer = try await web.get(keys)
    guard answer.status == 200 else { throw .badAnswer(keys.text, answer.status) }
    let set: SigningKeys
    do { set = try JSONDecoder().decode(SigningKeys.self, from: Data(answer.body)) } catch {
      throw .notJSON(keys.text)
    }
    guard !set.usable.isEmpty else { throw .noKeys }
    return set
  }

  /// Exchanges the code that a browser brought for the ID token, as it came.
  ///
  /// - Throws: ``IdentityProblem``.
  public func exchange(
    code: String, _ flow: OpenIDFlow, client: String, secret: String?, redirect: String,
    _ web: any ProviderWeb
  ) async throws(IdentityProblem) -> String {
    struct Tokens: Decodable {
      let identity: String?
      enum CodingKeys: String, CodingKey { case identity = "id_token" }
    }
    let body = try await ask(
      code: code, verifier: flow.verifier, client: client, secret: secret, redirect: redirect, web)
    // What is no JSON holds no token either.
    guard let token = (try? JSONDecoder().decode(Tokens.self, from: Data(body)))?.identity else {
      throw .noIDToken
    }
    return token
  }

  /// Whether the provider knows the client and its secret: a code that it cannot know is refused for being wrong, not for who
  /// brings it.
  ///
  /// - Throws: ``IdentityProblem``.
  public func checkClient(client: String, secret: String?, redirect: String, _ web: any ProviderWeb)
    async throws(IdentityProblem)
  {
    let flow = OpenIDFlow(state: "check", browser: "check")
    do {
      _ = try await ask(
        code: "mamorite-check", verifier: flow.verifier, client: client, secret: secret, redirect: redirect,
        web)
    } catch {
      if error == .codeRefused { return }
      throw error
    }
  }

  private func ask(
    code: String, verifier: String, client: String, secret: String?, redirect: String, _ web: any ProviderWeb
  ) async throws(IdentityProblem) -> [UInt8] {
    struct Refusal: Decodable {
      let error: String?
      let words: String?
      enum CodingKeys: String, CodingKey {
        case error
        case words = "error_description"
      }
    }
    var fields = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
      ("code_verifier", verifier),
    ]
    let isBasic = secret != nil && !usesPostedSecret
    if !isBasic { fields.append(("client_id", client)) }
    if let secret, !isBasic { fields.append(("client_secret", secret)) }
    let form = fields.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&")
    // RFC 6749, 2.3.1: name and secret are encoded before they go into the header.
    let login = isBasic ? (encoded(client), encoded(secret ?? "")) : nil
    let answer = try await web.post(token, form: form, login: login)
    if answer.status == 200 { return answer.body }
    // What is no JSON has no words of its own.
    let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
    let error = String((refusal?.error ?? "").prefix(100))
    let words = String((refusal?.words ?? "").prefix(200))
    switch error {
    case "invalid_client", "unauthorized_client": throw .badClientSecret
    case "invalid_grant" where words.lowercased().contains("redirect"): throw .wrongRedirect(redirect)
    case "invalid_grant": throw .codeRefused
    case "": throw answer.status == 401 ? .badClientSecret : .badAnswer(token.text, answer.status)
    default: throw words.lowercased().contains("redirect") ? .wrongRedirect(redirect) : .refused(error, words)
    }
  }

  private func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(Unicode.Scalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }
}

/// One way to the provider and back. Everything secret in it comes from the browser's cookie, of which the database has only a
/// hash; nothing is stored that could finish it elsewhere.
public struct OpenIDFlow: Sendable {
  public let state: String
  let nonce: String
  let verifier: String

  /// - Parameter browser: the secret of the browser's cookie.
  public init(state: String, browser: String) {
    self.state = state
    nonce = OpenIDFlow.derived("nonce", state, browser)
    verifier = OpenIDFlow.derived("verifier", state, browser)
  }

  private static func derived(_ purpose: String, _ state: String, _ browser: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array("mamorite openid \(purpose):\(state)".utf8), using: SymmetricKey(data: Array(browser.utf8)))
    return base64URL(Array(code))
  }

  var challenge: String { OpenIDFlow.base64URL(Array(SHA256.hash(data: Array(verifier.utf8)))) }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
