import Crypto
import Foundation
import Glibc
public import Kernel

/// The key with which an installation signs the heads of its ledgers (Ed25519, RFC 8032).
///
/// It lies in a file of its own, outside the database: whoever can write the database alone cannot sign a chain of their own.
public struct CheckpointKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// The name of the file in the data folder.
  public static let fileName = "ledger-key"

  /// 64 hexadecimal digits.
  public var publicKey: String { hexadecimal(key.publicKey.rawRepresentation) }

  /// The first sixteen digits of the public key's SHA-256, by which a person tells keys apart.
  public var id: String { CheckpointKey.id(of: publicKey) }

  public static func id(of publicKey: String) -> String {
    String(hexadecimal(SHA256.hash(data: Array(publicKey.utf8))).prefix(16))
  }

  /// The key in `folder`; nil when none has been made.
  ///
  /// - Throws: ``CheckpointProblem``.
  public static func find(in folder: String) throws(CheckpointProblem) -> CheckpointKey? {
    let path = "\(folder)/\(fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path),
      let seed = bytes(ofHexadecimal: String(decoding: data, as: UTF8.self).trimmed), seed.count == 32,
      // Any 32 bytes are a seed.
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
    else { throw .badKey(path: path) }
    return CheckpointKey(key: key)
  }

  /// The key in `folder`, made at the first need. Of two processes that make one at once, both get the same.
  ///
  /// - Throws: ``CheckpointProblem``.
  public static func findOrMake(in folder: String) throws(CheckpointProblem) -> CheckpointKey {
    if let known = try find(in: folder) { return known }
    let path = "\(folder)/\(fileName)"
    do {
      // On PostgreSQL nothing else may have needed the folder yet.
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch { throw .noKey(path: path) }
    let key = Curve25519.Signing.PrivateKey()
    let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .noKey(path: path) }
    let content = Array((hexadecimal(key.rawRepresentation) + "\n").utf8)
    let isWritten = write(file, content, content.count) == content.count && fsync(file) == 0
    _ = close(file)
    // A link fails where a file is: the first one stays, whole.
    let isLinked = isWritten && (link(draft, path) == 0 || errno == EEXIST)
    unlink(draft)
    guard isLinked, let made = try find(in: folder) else { throw .noKey(path: path) }
    return made
  }

  func signature(of message: [UInt8]) throws -> String { hexadecimal(try key.signature(for: message)) }
}

/// What keeps a head from being signed.
public enum CheckpointProblem: Problem, Equatable {
  case badKey(path: String)
  case noKey(path: String)
  case noFolder

  public var code: String {
    switch self {
    case .badKey: "ledger.badKey"
    case .noKey: "ledger.noKey"
    case .noFolder: "ledger.noFolder"
    }
  }
  public var kind: ProblemKind { .unavailable }
  public var arguments: [String] {
    switch self {
    case .badKey(let path), .noKey(let path): [path]
    case .noFolder: []
    }
  }
}

/// The bytes of an even number of hexadecimal digits; nil for anything else.
func bytes(ofHexadecimal text: String) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 2)
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
      return nil
    }
    bytes.append(byte)
  }
  return bytes
}
