import Crypto
import Foundation
import Synchronization
import Web

/// A security key with the browser around it, in software: P-256 by swift-crypto, its CBOR by hand.
public final class Authenticator: Sendable {
  private let key = P256.Signing.PrivateKey()
  public let id: [UInt8]
  private let state: Mutex<(counter: UInt32, user: String)>

  /// What one answer says otherwise than it should.
  public struct Twist: Sendable {
    public var origin: String
    public var party: String
    public var flags: UInt8
    /// nil for the next one.
    public var counter: UInt32?
    public var kind: String?
    public var user: String?

    public init(
      origin: String = "http://localhost", party: String = "localhost", flags: UInt8 = 0x05,
      counter: UInt32? = nil, kind: String? = nil, user: String? = nil
    ) {
      (self.origin, self.party, self.flags) = (origin, party, flags)
      (self.counter, self.kind, self.user) = (counter, kind, user)
    }
  }

  public init() {
    var random = SystemRandomNumberGenerator()
    id = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    state = Mutex((0, ""))
  }

  public var counter: UInt32 {
    get { state.withLock { $0.counter } }
    set { state.withLock { $0.counter = newValue } }
  }

  /// What the server asks, as its script reads it.
  public struct Asked: Decodable, Sendable {
    public struct User: Decodable, Sendable {
      public let id, name, displayName: String
    }
    public let challenge: String
    public let rpId: String
    public let userVerification: String
    public let credentials: [String]
    public let user: User?
    public let algorithms: [Int]?

    public init(_ answer: TestApp.Answer) throws {
      self = try JSONDecoder().decode(Asked.self, from: Data(answer.bytes))
    }
  }

  /// The fields of a form with a new passkey.
  public func make(_ asked: Asked, _ twist: Twist = Twist()) -> [(String, String)] {
    if let user = asked.user { state.withLock { $0.user = user.id } }
    let point = Array(key.publicKey.rawRepresentation)
    // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    let cose: [UInt8] =
      [0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32] + point.prefix(32) + [0x22, 0x58, 32] + point.suffix(32)
    let attested = [UInt8](repeating: 0, count: 16) + [0, UInt8(id.count)] + id + cose
    let data = authenticatorData(twist, flags: twist.flags | 0x40, counter: 0) + attested
    return fields(client(twist, "webauthn.create", asked.challenge), data, [], user: "")
  }

  /// The fields of a form with a proof.
  public func show(_ asked: Asked, _ twist: Twist = Twist()) throws -> [(String, String)] {
    let (counter, user) = state.withLock { state in
      state.counter = twist.counter ?? (state.counter + 1)
      return (state.counter, state.user)
    }
    let data = authenticatorData(twist, flags: twist.flags, counter: counter)
    let client = client(twist, "webauthn.get", asked.challenge)
    let signature = try key.signature(for: data + Array(SHA256.hash(data: client)))
    return fields(client, data, Array(signature.derRepresentation), user: twist.user ?? user)
  }

  private func client(_ twist: Twist, _ kind: String, _ challenge: String) -> [UInt8] {
    Array(
      "{\"type\":\"\(twist.kind ?? kind)\",\"challenge\":\"\(challenge)\",\"origin\":\"\(twist.origin)\",\"crossOrigin\":false}"
        .utf8)
  }

  private func authenticatorData(_ twist: Twist, flags: UInt8, counter: UInt32) -> [UInt8] {
    Array(SHA256.hash(data: Array(twist.party.utf8))) + [flags]
      + withUnsafeBytes(of: counter.bigEndian) { Array($0) }
  }

  private func fields(_ client: [UInt8], _ data: [UInt8], _ signature: [UInt8], user: String) -> [(
    String, String
  )] {
    [
      ("credential", Base64URL.text(id)), ("client", Base64URL.text(client)),
      ("authenticator", Base64URL.text(data)), ("signature", Base64URL.text(signature)), ("user", user),
    ]
  }
}
