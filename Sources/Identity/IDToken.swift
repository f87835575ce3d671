import Foundation
import JWTKit
public import Kernel

/// The keys by which a provider signs (RFC 7517), reduced to those that are signed with and that we know.
public struct SigningKeys: Sendable, Decodable {
  struct Key: Sendable, Decodable {
    let kty: String
    let kid: String?
    let use: String?
    let alg: String?
    let crv: String?
    let n: String?
    let e: String?
    let x: String?
    let y: String?

    /// The one algorithm for which it is taken; the token does not choose.
    var algorithm: String? {
      let own: String? =
        switch (kty, crv) {
        case ("RSA", _): "RS256"
        case ("EC", "P-256"): "ES256"
        case ("OKP", "Ed25519"): "EdDSA"
        default: nil
        }
      return alg == nil || alg == own ? own : nil
    }
  }

  let keys: [Key]

  var usable: [Key] { keys.filter { $0.algorithm != nil && ($0.use ?? "sig") == "sig" } }
}

/// What a provider says of someone, after everything about it has been checked (OpenID Connect Core 1.0, 3.1.3.7).
public struct IDToken: Sendable, Equatable {
  public let issuer: String
  public let subject: String
  /// Claims of one text or of several.
  public let claims: [String: [String]]

  /// What is accepted: signatures with a key of the provider. Never `none`, never one with a shared secret.
  public static let algorithms: Set<String> = ["RS256", "ES256", "EdDSA"]
  /// By so much may the clocks differ.
  public static let skewSeconds: Int64 = 60
  static let mostBytes = 64 << 10

  /// Reads and checks an ID token.
  ///
  /// - Throws: ``IdentityProblem``.
  public static func verify(
    _ token: String, from provider: OpenIDProvider, keys: SigningKeys, client: String, flow: OpenIDFlow,
    now: Instant
  ) async throws(IdentityProblem) -> IDToken {
    struct Header: Decodable {
      let alg: String
      let kid: String?
      let crit: [String]?
    }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard token.utf8.count <= mostBytes, parts.count == 3, let head = Data(base64URL: parts[0]),
      // What is no header makes the token no token.
      let header = try? JSONDecoder().decode(Header.self, from: head), header.crit == nil
    else { throw .malformedToken }
    guard algorithms.contains(header.alg) else { throw .forbiddenAlgorithm(String(header.alg.prefix(20))) }
    let candidates = keys.usable.filter {
      $0.algorithm == header.alg && (header.kid == nil || $0.kid == header.kid)
    }
    guard !candidates.isEmpty else { throw .unknownKey }
    var payload: Payload?
    for key in candidates where payload == nil {
      payload = try await verified(token, by: key, named: header.kid)
    }
    guard let payload else { throw .badSignature }
    return try payload.checked(issuer: provider.issuer, client: client, nonce: flow.nonce, now: now)
  }

  /// nil when the signature is not this key's.
  private static func verified(_ token: String, by key: SigningKeys.Key, named name: String?)
    async throws(IdentityProblem) -> Payload?
  {
    let keys = JWTKeyCollection()
    let kid = name.map { JWKIdentifier(string: $0) }
    do {
      switch key.algorithm {
      case "RS256":
        await keys.add(
          rsa: try Insecure.RSA.PublicKey(modulus: key.n ?? "", exponent: key.e ?? ""),
          digestAlgorithm: .sha256, kid: kid)
      case "ES256":
        await keys.add(
          ecdsa: try ES256PublicKey(parameters: ECDSAParameters(x: key.x ?? "", y: key.y ?? "")), kid: kid)
      default: await keys.add(eddsa: try EdDSA.PublicKey(x: key.x ?? "", curve: .ed25519), kid: kid)
      }
    } catch { return nil }
    do {
      // The collection holds this key alone.
      return try await keys.verify(Array(token.utf8), as: Payload.self)
    } catch let error as JWTError where error.errorType == .malformedToken {
      throw .malformedToken
    } catch { return nil }
  }
}

/// The claims as they come, whatever else stands beside them.
private struct Payload: JWTPayload {
  var values: [String: ClaimValue]

  init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([String: ClaimValue].self)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([String: String]())
  }

  /// Times and names are compared in ``checked(issuer:client:nonce:now:)``, where the clock is an argument.
  func verify(using algorithm: some JWTAlgorithm) async throws {}

  func checked(issuer: String, client: String, nonce: String, now: Instant) throws(IdentityProblem) -> IDToken
  {
    let texts = values.compactMapValues(\.texts)
    guard let named = texts["iss"]?.first else { throw .missingClaim("iss") }
    guard named == issuer else { throw .wrongIssuer(String(named.prefix(200))) }
    guard let audiences = texts["aud"] else { throw .missingClaim("aud") }
    let party = texts["azp"]?.first
    guard audiences.contains(client), party == nil || party == client,
      audiences.count == 1 || party == client
    else { throw .wrongAudience }
    let second = now.milliseconds / 1000
    guard let end = values["exp"]?.second else { throw .missingClaim("exp") }
    guard end > second - IDToken.skewSeconds else { throw .expired }
    guard let made = values["iat"]?.second else { throw .missingClaim("iat") }
    guard made <= second + IDToken.skewSeconds else { throw .fromFuture }
    if let from = values["nbf"]?.second, from > second + IDToken.skewSeconds { throw .fromFuture }
    guard texts["nonce"] == [nonce] else { throw .wrongNonce }
    guard let subject = texts["sub"]?.first, !subject.isEmpty, subject.utf8.count <= 255 else {
      throw .missingClaim("sub")
    }
    return IDToken(issuer: issuer, subject: subject, claims: texts)
  }
}

/// A claim: a text, a list of texts, a number, or something that nobody asks for.
private enum ClaimValue: Codable, Sendable {
  case list([String])
  case number(Double)
  case other

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    // Each attempt but one fails, by design.
    if let text = try? value.decode(String.self) {
      self = .list([text])
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let list = try? value.decode([String].self) {
      self = .list(list)
    } else {
      self = .other
    }
  }

  func encode(to encoder: any Encoder) throws {}

  var texts: [String]? { if case .list(let texts) = self { texts } else { nil } }

  /// NumericDate (RFC 7519): seconds since 1970.
  var second: Int64? {
    guard case .number(let number) = self, number.isFinite, abs(number) < 1e12 else { return nil }
    return Int64(number)
  }
}

extension Data {
  fileprivate init?(base64URL text: some StringProtocol) {
    let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
  }
}
