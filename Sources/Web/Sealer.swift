import Crypto
import Foundation
public import Kernel
import Storage

/// Encrypts what must be read again but not from the database alone: ChaCha20-Poly1305 (RFC 8439) with a key that lies
/// beside the database, never in it.
public enum Sealer: Sendable {
  /// A key in a file that only its owner may read; made when the first secret is sealed.
  case file(String)
  /// For tests.
  case memory([UInt8])
  /// For commands that neither seal nor open anything.
  case absent

  /// A path under `folder`, for want of another.
  public static func inFolder(_ folder: String) -> Sealer { .file(folder + "/mamorite.key") }

  public enum Refusal: Problem, Equatable {
    /// Nothing can be opened without the key; or it is not the one with which this was sealed; or it cannot be kept.
    case keyMissing, keyWrong, keyNotKept

    public var code: String { "sealing.\(self)" }
    public var kind: ProblemKind { .unavailable }
  }

  /// `1.<number of the key>.<nonce, ciphertext and tag in base64>`.
  ///
  /// - Parameter place: where the text will lie, as in `account_factor:<id>`; it opens nowhere else.
  public func seal(_ bytes: [UInt8], for place: String) throws -> String {
    let key = try key(makingOne: true)
    let box = try ChaChaPoly.seal(
      bytes, using: SymmetricKey(data: key), authenticating: Array(place.utf8))
    return "1.\(Sealer.number(of: key)).\(box.combined.base64EncodedString())"
  }

  /// - Throws: ``Refusal``.
  public func open(_ text: String, for place: String) throws -> [UInt8] {
    let key = try key(makingOne: false)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "1", parts[1] == Sealer.number(of: key),
      let data = Data(base64Encoded: String(parts[2]))
    else { throw Refusal.keyWrong }
    do {
      let box = try ChaChaPoly.SealedBox(combined: data)
      return [UInt8](
        try ChaChaPoly.open(box, using: SymmetricKey(data: key), authenticating: Array(place.utf8)))
    } catch { throw Refusal.keyWrong }
  }

  /// A mark that only this installation can make, for what leaves it and comes back: 16 bytes of HMAC-SHA-256 (RFC 2104).
  ///
  /// - Parameter place: what is marked, as in `page-answer`; the mark counts nowhere else.
  /// - Throws: ``Refusal``.
  public func mark(of bytes: [UInt8], for place: String) throws -> [UInt8] {
    let secret = SymmetricKey(data: try key(makingOne: true))
    let marked = Array(place.utf8) + [0] + bytes
    return Array(HMAC<SHA256>.authenticationCode(for: marked, using: secret)).prefix(16).map { $0 }
  }

  /// Tells keys apart without telling anything of them.
  private static func number(of key: [UInt8]) -> String {
    String(hexadecimal(SHA256.hash(data: Array("mamorite key number".utf8) + key)).prefix(8))
  }

  private func key(makingOne: Bool) throws(Refusal) -> [UInt8] {
    switch self {
    case .absent: throw .keyMissing
    case .memory(let key): return key
    case .file(let path):
      let file = KeyFile(path)
      do throws(KeyFile.Fault) {
        if makingOne {
          return try file.readOrMake { SymmetricKey(size: .bits256).withUnsafeBytes(Array.init) }
        }
        if let key = try file.read() { return key }
      } catch {
        if case .notKept = error { throw .keyNotKept }
      }
      throw .keyMissing
    }
  }
}
