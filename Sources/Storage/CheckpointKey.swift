import Crypto
import Foundation
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
    try key(in: folder) { file throws(KeyFile.Fault) in try file.read() }
  }

  /// The key in `folder`, made at the first need. Of two processes that make one at once, both get the same.
  ///
  /// - Throws: ``CheckpointProblem``.
  public static func findOrMake(in folder: String) throws(CheckpointProblem) -> CheckpointKey {
    let made = try key(in: folder) { file throws(KeyFile.Fault) in
      try file.readOrMake { [UInt8](Curve25519.Signing.PrivateKey().rawRepresentation) }
    }
    guard let made else { throw .noKey(path: "\(folder)/\(fileName)") }
    return made
  }

  private static func key(
    in folder: String, _ read: (KeyFile) throws(KeyFile.Fault) -> [UInt8]?
  ) throws(CheckpointProblem) -> CheckpointKey? {
    let file = KeyFile("\(folder)/\(fileName)")
    let seed: [UInt8]?
    do throws(KeyFile.Fault) { seed = try read(file) } catch {
      switch error {
      case .damaged: throw .badKey(path: file.path)
      case .notKept: throw .noKey(path: file.path)
      }
    }
    guard let seed else { return nil }
    // Any 32 bytes are a seed.
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
      throw .badKey(path: file.path)
    }
    return CheckpointKey(key: key)
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
