import CSodium
import Crypto
import Foundation
import Kernel

/// Passwords, hashed by libsodium's argon2id (RFC 9106).
public enum Password {
  /// What one hash costs. Figures of this machine: `make bench`.
  public struct Cost: Sendable {
    let operations: UInt64
    let memoryBytes: Int
    /// Eight passes over 64 MiB, a quarter of a second on a server of today: what RFC 9106 §4 asks at this memory, and more.
    public static let standard = Cost(operations: 8, memoryBytes: 64 << 20)
    /// For tests only.
    public static let lowest = Cost(operations: 1, memoryBytes: 8192)
  }

  /// The hash as libsodium's self-describing text; nil when there is no memory for it.
  public static func hash(_ password: String, cost: Cost) -> String? {
    guard sodium_init() >= 0 else { return nil }
    var out = [CChar](repeating: 0, count: 128)
    let length = UInt64(password.utf8.count)
    guard crypto_pwhash_str(&out, password, length, cost.operations, cost.memoryBytes) == 0 else {
      return nil
    }
    return String(decoding: out.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Compares in constant time.
  public static func matches(_ password: String, hash: String) -> Bool {
    guard sodium_init() >= 0 else { return false }
    return crypto_pwhash_str_verify(hash, password, UInt64(password.utf8.count)) == 0
  }
}

/// Random secrets for cookies and what is derived from them.
public enum Secret {
  /// 32 random bytes in hexadecimal.
  public static func token() -> String {
    // Eight bytes at a time: each word is a call of the system.
    var random = SystemRandomNumberGenerator()
    let words = [random.next(), random.next(), random.next(), random.next()] as [UInt64]
    return words.withUnsafeBytes { hexadecimal($0) }
  }

  /// A code for paper: sixteen letters and digits in groups of four, none of which looks like another (79 bits).
  public static func paperCode() -> String {
    let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz")
    var random = SystemRandomNumberGenerator()
    let letters = (0..<16).compactMap { _ in alphabet.randomElement(using: &random) }
    return stride(from: 0, to: 16, by: 4).map { String(letters[$0..<$0 + 4]) }.joined(separator: "-")
  }

  /// Compares without telling by the time taken where two texts differ.
  public static func areSame(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// What the database keeps of a token.
  public static func hash(_ token: String) -> String { hexadecimal(SHA256.hash(data: Array(token.utf8))) }
}

/// The value that a form must carry: derived from the cookie's secret, which other sites cannot read.
enum FormToken {
  static func value(for token: String) -> String {
    String(hexadecimal(SHA256.hash(data: Array("form:\(token)".utf8))).prefix(40))
  }
}

/// SHA-256 in lower-case hexadecimal.
public func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
