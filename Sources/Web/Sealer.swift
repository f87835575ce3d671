import Crypto
import Foundation
import Glibc
public import Kernel

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

  /// Tells keys apart without telling anything of them.
  private static func number(of key: [UInt8]) -> String {
    String(hexadecimal(SHA256.hash(data: Array("mamorite key number".utf8) + key)).prefix(8))
  }

  private func key(makingOne: Bool) throws(Refusal) -> [UInt8] {
    switch self {
    case .absent: throw .keyMissing
    case .memory(let key): return key
    case .file(let path):
      if let key = Sealer.read(path) { return key }
      guard makingOne, !FileManager.default.fileExists(atPath: path) else { throw .keyMissing }
      try Sealer.make(path)
      guard let key = Sealer.read(path) else { throw .keyNotKept }
      return key
    }
  }

  /// The key of a file with 64 hexadecimal digits; nil when there is none.
  private static func read(_ path: String) -> [UInt8]? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let digits = String(decoding: data, as: UTF8.self).trimmed
    guard digits.utf8.count == 64 else { return nil }
    let bytes = stride(from: 0, to: 64, by: 2).compactMap {
      UInt8(digits.dropFirst($0).prefix(2), radix: 16)
    }
    return bytes.count == 32 ? bytes : nil
  }

  /// Writes a new key whole, under another name, and gives it its name only when no other program was faster.
  private static func make(_ path: String) throws(Refusal) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    // With PostgreSQL the data folder may not be there yet; when it cannot be made, opening the file fails below.
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let draft = "\(path).\(Secret.token().prefix(12))"
    let file = Glibc.open(draft, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard file >= 0 else { throw .keyNotKept }
    defer { unlink(draft) }
    let line = Array((Secret.token() + "\n").utf8)
    let isWritten = write(file, line, line.count) == line.count && fsync(file) == 0
    close(file)
    guard isWritten, link(draft, path) == 0 || errno == EEXIST else { throw .keyNotKept }
  }
}
