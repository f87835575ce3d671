import Foundation
import Kernel
import Testing

@testable import Web

/// What an authenticator and a browser hand over, made once by Python: `cryptography` 50 for keys and signatures, `cbor2` 6 for the keys'
/// CBOR, `hashlib` and `struct` for the rest. The challenge is the bytes 0 to 31, the name `mamorite.example`, the counter 0 when
/// made and 7 when shown, the flags UP, UV (and AT when made).
private struct Vector: Sendable {
  let algorithm: WebAuthn.Algorithm
  let id: String
  /// The authenticator's data of a registration.
  let made: String
  /// Over `shown` and the hash of the client data.
  let signature: String

  static let challenge = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
  static let shown = "-WAcPzhjux7VPob8mzzwBxEzG954X7KSOXGKF4OyqdYFAAAABw"
  static let all = [es256, edDSA, rs256]

  static let es256 = Vector(
    algorithm: .es256, id: "GUDDt1dwVI7R37FdhYMyJg",
    made: "-WAcPzhjux7VPob8mzzwBxEzG954X7KSOXGKF4OyqdZFAAAAAAAAAAAAAAAAAAAAAAAAAAAAEBlAw7dXcFSO0d-xXYWDMial"
      + "AQIDJiABIVgg-evkZBR8wQLZIyTQmdknwaUOQtV6CKEW_-wKKYGdjGUiWCBwuvfRKIiQKmoMHWet0QMSPIWatpv46UMck4ST"
      + "DUt-7g",
    signature:
      "MEUCIFm79KINTJBydPfIdneEKtZBv69ZXHWIH9WvOSxmlCtkAiEAgd70QN6fDoTCT5aZb-EX4reAr882_WP8u9UES43QfgE")
  static let edDSA = Vector(
    algorithm: .edDSA, id: "vN6RjWkmKXEe4YL7_O70pQ",
    made: "-WAcPzhjux7VPob8mzzwBxEzG954X7KSOXGKF4OyqdZFAAAAAAAAAAAAAAAAAAAAAAAAAAAAELzekY1pJilxHuGC-_zu9KWk"
      + "AQEDJyAGIVggebVWLo_mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ",
    signature: "X0MT3aMYG4axaz5qfGhCj8p3TH5X_GjJ-4Zb8kBxTID8McPbDQAYgWOTAi-FkeJ5eKH0BWzV65FO2son5OJuAw")
  static let rs256 = Vector(
    algorithm: .rs256, id: "mRCcNV8hQeoi1kP5GmbbJg",
    made: "-WAcPzhjux7VPob8mzzwBxEzG954X7KSOXGKF4OyqdZFAAAAAAAAAAAAAAAAAAAAAAAAAAAAEJkQnDVfIUHqItZD-Rpm2yak"
      + "AQMDOQEAIFkBAL7eOm2023V140VERHUuSoPaIR2NWLsbfvXP3NR45vpcJ4syL9n2JZKp1se5qR1GTfeO5HUyNAu74s3a_pwQ"
      + "Z_RDIu9rZPayfuoVohjcleqaCK0C9Y2KI-nP0_Bf98zpVXO-a_AsTfujVhX5neKXePSNSzNEeYkQXH3h-EQRaGxK09CYfxdh"
      + "6A_OVO7Tx017jMI0TNaOqS7iZhUCkEyQCHLLo95BHN1MrdPiku9EI0wWnwKEQkCe7_TssYV5nnH3TPwrQ76E_vd6gBI-_vip"
      + "ke3E_paB0sTGeioYpZCKnyiwhUiCz4N-kL2tj_sVkqMS6qoA7N4DS03aNm2K9gPTV9khQwEAAQ",
    signature:
      "OimbO9r-VLLSWecfXc3rbHTwzGwjSYIo64qQLIZF6PaLr-Ye0ggBKp8gbgWD3rJ5jaymxsfW9lcnOIcb5Pt8hYuVG5qHYDlg"
      + "kr9EliBxp3EnKjHC5VAlF7Wz0vic4Bk0pLDnF5_fIP4KbAYsB7eHwpq8bxhnY0g6ll9kN9n1gcOc7faj-1O8M8csYiVqVrcY"
      + "dCt0ohZpNCoidGAEb36bo0a_X_zjYUeN12N6m-VNO7kpSV6B-Od7S6Dhg9fi1AtYXQNENhNJcW-Lavt6c8jvWipSWvb5tbGh"
      + "6F1FYkkTixO9MDgIGWmQvpvmFgiV9lyv1zWRbcoWGK-dB8TEPywUfg")

  /// As Chromium writes it.
  static func client(
    _ kind: String, challenge: String = Vector.challenge, origin: String = "https://mamorite.example",
    further: String = "\"crossOrigin\":false"
  ) -> [UInt8] {
    Array("{\"type\":\"\(kind)\",\"challenge\":\"\(challenge)\",\"origin\":\"\(origin)\",\(further)}".utf8)
  }

  func key() throws -> WebAuthn.PublicKey {
    try WebAuthn.registration(
      client: Self.client("webauthn.create"), authenticator: try bytes(made), challenge: Self.challenge,
      at: party
    ).key
  }
}

private let party = RelyingParty(id: "mamorite.example", origin: "https://mamorite.example")

private func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.bytes(text)) }

@Suite("パスキーの検証")
struct WebAuthnTests {
  @Test("三つの種類の鍵を登録し、署名を確かめる", arguments: Vector.all)
  fileprivate func right(vector: Vector) throws {
    let made = try WebAuthn.registration(
      client: Vector.client("webauthn.create"), authenticator: try bytes(vector.made),
      challenge: Vector.challenge, at: party)
    #expect(Base64URL.text(made.id) == vector.id && made.counter == 0)
    #expect(made.key.algorithm == vector.algorithm)
    // As it is kept and read again.
    let key = try #require(WebAuthn.PublicKey(made.key.text))
    #expect(key == made.key)
    let counter = try WebAuthn.assertion(
      client: Vector.client("webauthn.get"), authenticator: try bytes(Vector.shown),
      signature: try bytes(vector.signature), of: key, challenge: Vector.challenge, at: party)
    #expect(counter == 7)
  }

  @Test("一つでも違う署名は通らない", arguments: Vector.all)
  fileprivate func forged(vector: Vector) throws {
    let key = try vector.key()
    let signature = try bytes(vector.signature)
    let shown = try bytes(Vector.shown)
    func fault(_ client: [UInt8], _ data: [UInt8], _ signature: [UInt8], _ key: WebAuthn.PublicKey)
      -> WebAuthn.Fault?
    {
      do throws(WebAuthn.Fault) {
        _ = try WebAuthn.assertion(
          client: client, authenticator: data, signature: signature, of: key, challenge: Vector.challenge,
          at: party)
        return nil
      } catch { return error }
    }
    let client = Vector.client("webauthn.get")
    #expect(fault(client, shown, signature, key) == nil)
    // The counter, at the end of the data, is signed too.
    var counted = shown
    counted[36] = 8
    #expect(fault(client, counted, signature, key) == .wrongSignature)
    // Another word in what the browser signed, which changes nothing that is looked at.
    let reworded = Vector.client("webauthn.get", further: "\"crossOrigin\":false,\"more\":1")
    #expect(fault(reworded, shown, signature, key) == .wrongSignature)
    var cut = signature
    cut[cut.count - 1] ^= 1
    #expect(fault(client, shown, cut, key) == .wrongSignature)
    #expect(fault(client, shown, [], key) == .malformed)
    #expect(fault(client, shown + [0], signature, key) == .wrongSignature)
    for other in Vector.all where other.algorithm != vector.algorithm {
      #expect(fault(client, shown, signature, try other.key()) == .wrongSignature)
    }
  }

  @Test("別の住所、別の名前、古い問い、触れていない、本人を確かめていない答えは、それと分かる")
  func refused() throws {
    let vector = Vector.es256
    let made = try bytes(vector.made)
    func fault(_ client: [UInt8], _ data: [UInt8], at party: RelyingParty = party) -> WebAuthn.Fault? {
      do throws(WebAuthn.Fault) {
        _ = try WebAuthn.registration(
          client: client, authenticator: data, challenge: Vector.challenge, at: party)
        return nil
      } catch { return error }
    }
    let client = Vector.client("webauthn.create")
    #expect(fault(client, made) == nil)
    #expect(fault(Vector.client("webauthn.get"), made) == .wrongKind)
    #expect(fault(Vector.client("webauthn.create", further: "\"crossOrigin\":true"), made) == .wrongKind)
    #expect(
      fault(Vector.client("webauthn.create", challenge: "AAAAAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), made)
        == .wrongChallenge)
    for origin in [
      "http://mamorite.example", "https://mamorite.example:8443", "https://mamorite.example.evil.test",
      "https://evil.test",
    ] {
      #expect(fault(Vector.client("webauthn.create", origin: origin), made) == .wrongOrigin)
    }
    let elsewhere = RelyingParty(id: "other.example", origin: "https://mamorite.example")
    #expect(fault(client, made, at: elsewhere) == .wrongParty)
    var data = made
    data[32] = 0x44
    #expect(fault(client, data) == .notPresent)
    data[32] = 0x41
    #expect(fault(client, data) == .notVerified)
    // Without the mark that a key follows, and with a key that is cut off.
    data[32] = 0x05
    #expect(fault(client, data) == .unknownKey)
    #expect(fault(client, made.dropLast()) == .unknownKey)
    #expect(fault(client, Array(made.prefix(36))) == .malformed)
    #expect(fault(Array("{}".utf8), made) == .malformed)
    #expect(fault(Array("[".utf8), made) == .malformed)
    #expect(fault(client + [UInt8](repeating: 0x20, count: 5000), made) == .malformed)
  }

  @Test("どこを削っても変えても、読みそこなって落ちない", arguments: Vector.all)
  fileprivate func damaged(vector: Vector) throws {
    let made = try bytes(vector.made)
    for place in made.indices.dropFirst(33) {
      for data in [Array(made.prefix(place)), made.replacing(place, with: made[place] ^ 0xFF)] {
        // Some bytes say nothing that is looked at; none of them may end the program.
        _ = try? WebAuthn.registration(
          client: Vector.client("webauthn.create"), authenticator: data, challenge: Vector.challenge,
          at: party)
      }
    }
    let cut = Array(made.prefix(made.count - 2))
    #expect(throws: WebAuthn.Fault.unknownKey) {
      try WebAuthn.registration(
        client: Vector.client("webauthn.create"), authenticator: cut, challenge: Vector.challenge, at: party)
    }
  }

  @Test("住所の読み方: 名前だけが使え、番号とTLSなしは使えない")
  func places() throws {
    func place(_ host: String, secure: Bool = true, named: String? = nil) -> PasskeyPlace {
      PasskeyPlace(publicAddress: named, host: host, isSecure: secure)
    }
    #expect(
      place("Mamorite.example")
        == .usable(RelyingParty(id: "mamorite.example", origin: "https://mamorite.example")))
    #expect(place("mamorite.example:443").party?.origin == "https://mamorite.example")
    #expect(place("mamorite.example:8443").party?.origin == "https://mamorite.example:8443")
    #expect(place("localhost:8080", secure: false).party?.origin == "http://localhost:8080")
    #expect(place("a.localhost:8080", secure: false).party?.id == "a.localhost")
    #expect(place("mamorite.example", secure: false) == .plain)
    for host in ["192.168.1.10", "192.168.1.10:8080", "[::1]:8080", "[fe80::1]", "127.0.0.1", "", "a b"] {
      #expect(place(host) == .number && place(host, secure: false) == .number, "\(host)")
    }
    // What the operator says counts more than what the browser says.
    let named = "https://mamorite.example/"
    #expect(place("mamorite.example", named: named).party?.origin == "https://mamorite.example")
    // Behind a proxy that passes its own port on.
    #expect(place("mamorite.example:8080", secure: false, named: named).party?.id == "mamorite.example")
    #expect(place("10.0.0.5", named: named) == .elsewhere("https://mamorite.example"))
    #expect(place("evil.test", named: named) == .elsewhere("https://mamorite.example"))
    #expect(place("mamorite.example", named: "http://mamorite.example") == .plain)
    #expect(place("mamorite.example", named: "https://10.0.0.5") == .number)
    #expect(place("mamorite.example", named: "mamorite") == .number)
  }

  @Test("Base64URL は往復し、詰め物やほかの文字は受け取らない")
  func base64() throws {
    for count in 0..<5 {
      let all = (0..<count).map { UInt8(250 + $0) }
      #expect(Base64URL.bytes(Base64URL.text(all)) == all)
    }
    // RFC 4648, 10, and the two letters that differ.
    #expect(Base64URL.text(Array("foob".utf8)) == "Zm9vYg")
    #expect(Base64URL.text([0xFB, 0xFF]) == "-_8")
    for wrong in ["Zm9vYg==", "+/8", "a", "あ", "Zm 9"] { #expect(Base64URL.bytes(wrong) == nil, "\(wrong)") }
  }

  @Test("確かめは十分のあいだ新しい")
  func proof() {
    let start = Instant(milliseconds: 1_795_225_320_000)
    let proof = Proof(.totp, at: start)
    #expect(proof.isFresh(at: start.adding(milliseconds: 599_999)))
    #expect(!proof.isFresh(at: start.adding(milliseconds: 600_000)))
  }
}

extension Array {
  fileprivate func replacing(_ index: Int, with element: Element) -> [Element] {
    var all = self
    all[index] = element
    return all
  }
}
