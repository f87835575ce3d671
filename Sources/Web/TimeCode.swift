import Crypto
import Foundation
public import Kernel

/// Time-based one-time codes (TOTP, RFC 6238): HMAC-SHA-1, six digits, thirty seconds, as authenticator apps expect.
public struct TimeCode: Sendable {
  /// Seconds that one code is good for.
  public static let period: Int64 = 30
  /// Codes of so many steps before and after the current one are taken: clocks of phones go wrong.
  static let window: Int64 = 1
  /// Bytes of a new secret: as long as the hash, as RFC 4226 recommends.
  static let secretBytes = 20

  public let secret: [UInt8]

  public init(secret: [UInt8]) { self.secret = secret }

  /// A code with a new random secret.
  public static func random() -> TimeCode {
    var random = SystemRandomNumberGenerator()
    return TimeCode(secret: (0..<secretBytes).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  /// The step in which `moment` lies, counted from 1970.
  public static func step(at moment: Instant) -> Int64 { moment.milliseconds / 1000 / period }

  /// The six digits of a step.
  public func digits(at step: Int64) -> String { digits(at: step, count: 6) }

  /// - Parameter count: 6 everywhere but in the vectors of RFC 6238, which have 8.
  func digits(at step: Int64, count: Int) -> String {
    let message = withUnsafeBytes(of: UInt64(bitPattern: step).bigEndian) { Array($0) }
    let mac = Array(
      HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
    let offset = Int(mac[19] & 15)
    let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let digits = String(Int(number) % (0..<count).reduce(1) { power, _ in power * 10 })
    return String(repeating: "0", count: count - digits.count) + digits
  }

  /// The step whose code `typed` is, at `moment`; nil when it is none, or one of a step that has been used.
  ///
  /// - Parameter used: the last step that was accepted; it and all before it are never accepted again.
  public func step(of typed: String, at moment: Instant, after used: Int64) -> Int64? {
    let now = TimeCode.step(at: moment)
    var found: Int64?
    // Every step is compared, so that the time taken does not tell which one it was.
    for step in now - TimeCode.window...now + TimeCode.window
    where Secret.areSame(digits(at: step), typed) && step > used && found == nil {
      found = step
    }
    return found
  }

  /// The secret as people type it into an app: base32 (RFC 4648) in groups of four.
  public var typed: String {
    let text = base32
    return stride(from: 0, to: text.count, by: 4).map { String(text.dropFirst($0).prefix(4)) }
      .joined(separator: " ")
  }

  /// What the QR code says: the address that authenticator apps read.
  public func address(issuer: String, account: String) -> String {
    "otpauth://totp/\(urlEncoded(issuer)):\(urlEncoded(account))?secret=\(base32)&issuer=\(urlEncoded(issuer))"
      + "&algorithm=SHA1&digits=6&period=\(TimeCode.period)"
  }

  private var base32: String { Base32.text(secret) }
}

/// Base32 without padding (RFC 4648).
enum Base32 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

  static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(alphabet[Int(bits >> UInt32(count) & 31)])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count) & 31)]) }
    return text
  }
}
