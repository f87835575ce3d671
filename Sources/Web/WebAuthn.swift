import CFido2
import Crypto
import Foundation

/// Web Authentication level 2: what a browser hands over for a passkey, checked. Signatures and their data are read and verified
/// by libfido2; the browser's own words (`clientDataJSON`) are checked here.
public enum WebAuthn {
  /// Why something is no proof.
  public enum Fault: Error, Equatable, Sendable {
    /// Cannot be read, or is longer than any browser's.
    case malformed
    /// A registration in place of a sign-in, or the other way round; or from inside another site's page.
    case wrongKind
    case wrongChallenge
    /// Made for another address.
    case wrongOrigin
    /// Made for another name.
    case wrongParty
    /// Nobody touched the authenticator.
    case notPresent
    /// The authenticator did not ask for PIN, finger or face.
    case notVerified
    /// A key of a kind that is not taken.
    case unknownKey
    case wrongSignature
  }

  /// The kinds of signatures taken, by their COSE numbers, the one best liked first.
  public enum Algorithm: Int, Sendable, CaseIterable {
    case es256 = -7
    case edDSA = -8
    case rs256 = -257
  }

  /// A public key as libfido2 gives and takes it.
  public struct PublicKey: Sendable, Equatable {
    let algorithm: Algorithm
    let bytes: [UInt8]

    init(_ algorithm: Algorithm, _ bytes: [UInt8]) { (self.algorithm, self.bytes) = (algorithm, bytes) }

    /// `<COSE number>:<base64>`.
    public init?(_ text: String) {
      let parts = text.split(separator: ":")
      guard parts.count == 2, let number = Int(parts[0]), let algorithm = Algorithm(rawValue: number),
        let data = Data(base64Encoded: String(parts[1]))
      else { return nil }
      self.init(algorithm, [UInt8](data))
    }

    public var text: String { "\(algorithm.rawValue):\(Data(bytes).base64EncodedString())" }
  }

  /// A new passkey.
  public struct Credential: Sendable, Equatable {
    public let id: [UInt8]
    public let key: PublicKey
    public let counter: UInt32
  }

  /// 32 random bytes, as they travel.
  public static func challenge() -> String {
    var random = SystemRandomNumberGenerator()
    return Base64URL.text((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  /// A passkey that a browser has just made. Its maker's attestation is not asked for: any that keeps a key and knows its
  /// person will do.
  ///
  /// - Parameters:
  ///   - client: `clientDataJSON`.
  ///   - authenticator: the authenticator's data, with the key in it.
  public static func registration(
    client: [UInt8], authenticator: [UInt8], challenge: String, at party: RelyingParty
  ) throws(Fault) -> Credential {
    try check(client, is: "webauthn.create", challenge, party)
    try check(authenticator, party)
    for algorithm in Algorithm.allCases {
      if let found = credential(in: authenticator, algorithm) { return found }
    }
    throw .unknownKey
  }

  /// Gives the counter that the authenticator has signed.
  public static func assertion(
    client: [UInt8], authenticator: [UInt8], signature: [UInt8], of key: PublicKey, challenge: String,
    at party: RelyingParty
  ) throws(Fault) -> UInt32 {
    try check(client, is: "webauthn.get", challenge, party)
    try check(authenticator, party)
    guard (1...1024).contains(signature.count) else { throw .malformed }
    guard let counter = verified(client, authenticator, signature, key, party) else { throw .wrongSignature }
    return counter
  }

  // MARK: What the browser says

  private struct ClientData: Decodable {
    let type: String
    let challenge: String
    let origin: String
    let crossOrigin: Bool?
  }

  private static func check(
    _ client: [UInt8], is kind: String, _ challenge: String, _ party: RelyingParty
  ) throws(Fault) {
    guard client.count <= 4096 else { throw .malformed }
    let data: ClientData
    do { data = try JSONDecoder().decode(ClientData.self, from: Data(client)) } catch { throw .malformed }
    guard data.type == kind, data.crossOrigin != true else { throw .wrongKind }
    guard Secret.areSame(data.challenge, challenge) else { throw .wrongChallenge }
    guard data.origin == party.origin else { throw .wrongOrigin }
  }

  // MARK: What the authenticator says

  /// Name and flags; they lie at fixed places before everything else (Web Authentication 6.1).
  private static func check(_ authenticator: [UInt8], _ party: RelyingParty) throws(Fault) {
    guard (37...4096).contains(authenticator.count) else { throw .malformed }
    guard Array(authenticator.prefix(32)) == Array(SHA256.hash(data: Array(party.id.utf8))) else {
      throw .wrongParty
    }
    let flags = authenticator[32]
    guard flags & 1 != 0 else { throw .notPresent }
    guard flags & 4 != 0 else { throw .notVerified }
  }

  private static func credential(in data: [UInt8], _ algorithm: Algorithm) -> Credential? {
    // Once for every thread, and free after the first time.
    fido_init(0)
    var read = fido_cred_new()
    defer { fido_cred_free(&read) }
    guard let read, fido_cred_set_type(read, Int32(algorithm.rawValue)) == FIDO_OK,
      fido_cred_set_authdata_raw(read, data, data.count) == FIDO_OK, let id = fido_cred_id_ptr(read),
      let key = fido_cred_pubkey_ptr(read)
    else { return nil }
    let bytes = Array(UnsafeBufferPointer(start: id, count: fido_cred_id_len(read)))
    // Web Authentication 5.8.3: at most 1023 bytes.
    guard (1...1023).contains(bytes.count) else { return nil }
    return Credential(
      id: bytes,
      key: PublicKey(algorithm, Array(UnsafeBufferPointer(start: key, count: fido_cred_pubkey_len(read)))),
      counter: fido_cred_sigcount(read))
  }

  private static func verified(
    _ client: [UInt8], _ authenticator: [UInt8], _ signature: [UInt8], _ key: PublicKey,
    _ party: RelyingParty
  ) -> UInt32? {
    fido_init(0)
    var read = fido_assert_new()
    defer { fido_assert_free(&read) }
    let hash = Array(SHA256.hash(data: client))
    guard let read, fido_assert_set_clientdata_hash(read, hash, hash.count) == FIDO_OK,
      fido_assert_set_rp(read, party.id) == FIDO_OK, fido_assert_set_count(read, 1) == FIDO_OK,
      fido_assert_set_authdata_raw(read, 0, authenticator, authenticator.count) == FIDO_OK,
      fido_assert_set_sig(read, 0, signature, signature.count) == FIDO_OK,
      fido_assert_set_up(read, FIDO_OPT_TRUE) == FIDO_OK, fido_assert_set_uv(read, FIDO_OPT_TRUE) == FIDO_OK,
      key.isMet(by: { fido_assert_verify(read, 0, Int32(key.algorithm.rawValue), $0) == FIDO_OK })
    else { return nil }
    return fido_assert_sigcount(read, 0)
  }
}

extension WebAuthn.PublicKey {
  /// Lends the key in the library's own form; false when it has none.
  fileprivate func isMet(by body: (UnsafeRawPointer) -> Bool) -> Bool {
    switch algorithm {
    case .es256:
      var key = es256_pk_new()
      defer { es256_pk_free(&key) }
      guard let key, es256_pk_from_ptr(key, bytes, bytes.count) == FIDO_OK else { return false }
      return body(UnsafeRawPointer(key))
    case .rs256:
      var key = rs256_pk_new()
      defer { rs256_pk_free(&key) }
      guard let key, rs256_pk_from_ptr(key, bytes, bytes.count) == FIDO_OK else { return false }
      return body(UnsafeRawPointer(key))
    case .edDSA:
      var key = eddsa_pk_new()
      defer { eddsa_pk_free(&key) }
      guard let key, eddsa_pk_from_ptr(key, bytes, bytes.count) == FIDO_OK else { return false }
      return body(UnsafeRawPointer(key))
    }
  }
}

/// Base64 for addresses and JSON, without padding (RFC 4648, 5).
public enum Base64URL {
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
  }

  /// nil when `text` is none.
  public static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2F && $0 != 0x3D }) else { return nil }
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    return Data(base64Encoded: plain + padding).map { [UInt8]($0) }
  }
}
