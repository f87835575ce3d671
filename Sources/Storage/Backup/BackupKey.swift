import CSodium
import Foundation
import Kernel

/// What opens a backup: 32 bytes from a file, or a passphrase that argon2id turns into 32 bytes.
public enum BackupSecret: Sendable, Equatable {
  case key([UInt8])
  case passphrase([UInt8])

  /// The key in a file: 64 hexadecimal digits, 32 bytes in base64, or the 32 bytes themselves.
  ///
  /// - Throws: ``BackupProblem``.
  public static func key(inFile path: String) throws(BackupProblem) -> BackupSecret {
    let content = try bytes(of: path)
    let text = String(decoding: content, as: UTF8.self).trimmed
    if let key = Storage.bytes(ofHexadecimal: text), key.count == 32 { return .key(key) }
    if content.count == 32 { return .key(content) }
    if let key = Data(base64Encoded: text), key.count == 32 { return .key([UInt8](key)) }
    throw .keyUnreadable(path: path)
  }

  /// The key in a file, made there when there is none.
  ///
  /// - Returns: the key, and whether it is new.
  /// - Throws: ``BackupProblem``.
  public static func findOrMakeKey(inFile path: String) throws(BackupProblem) -> (BackupSecret, isNew: Bool) {
    if FileManager.default.fileExists(atPath: path) { return (try key(inFile: path), false) }
    do throws(KeyFile.Fault) { return (.key(try KeyFile(path).readOrMake { random(32) }), true) } catch {
      throw .placeNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// The first line of a file.
  ///
  /// - Throws: ``BackupProblem``.
  public static func passphrase(inFile path: String) throws(BackupProblem) -> BackupSecret {
    let line = try bytes(of: path).prefix { $0 != 0x0A && $0 != 0x0D }
    guard !line.isEmpty else { throw .keyUnreadable(path: path) }
    return .passphrase(Array(line))
  }

  private static func bytes(of path: String) throws(BackupProblem) -> [UInt8] {
    guard FileManager.default.fileExists(atPath: path) else { throw .keyMissing(path: path) }
    guard let data = FileManager.default.contents(atPath: path), data.count <= 4096 else {
      throw .keyUnreadable(path: path)
    }
    return [UInt8](data)
  }

  static func random(_ count: Int) -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}

/// How the 32 bytes that encrypt come from what a person keeps.
struct KeyDerivation: Sendable, Equatable, Codable {
  /// `none`: they are the key file's own. `argon2id13`: of a passphrase (RFC 9106, version 1.3, one lane).
  let name: String
  var operations: Int?
  var memoryBytes: Int?
  /// 32 hexadecimal digits.
  var salt: String?

  static let keyFile = KeyDerivation(name: "none")

  /// Three passes over 256 MiB: about a second, once per backup.
  static func passphrase(operations: Int = 3, memoryBytes: Int = 256 << 20) -> KeyDerivation {
    KeyDerivation(
      name: "argon2id13", operations: operations, memoryBytes: memoryBytes,
      salt: hexadecimal(BackupSecret.random(16)))
  }

  /// A header is only known to be genuine once its key is known: until then it must not cost more than this.
  private static let mostOperations = 20
  private static let mostMemoryBytes = 1 << 30

  /// The 32 bytes.
  ///
  /// - Throws: ``BackupProblem``; `path` is the backup's, for its words.
  func key(from secret: BackupSecret, path: String) throws(BackupProblem) -> [UInt8] {
    switch (name, secret) {
    case ("none", .key(let key)): return key
    case ("none", .passphrase): throw .needsKeyFile(path: path)
    case ("argon2id13", .key): throw .needsPassphrase(path: path)
    case ("argon2id13", .passphrase(let words)):
      guard let operations, let memoryBytes, let salt = salt.flatMap(bytes(ofHexadecimal:)),
        salt.count == Int(crypto_pwhash_saltbytes()), (1...KeyDerivation.mostOperations).contains(operations),
        (8192...KeyDerivation.mostMemoryBytes).contains(memoryBytes), sodium_init() >= 0
      else { throw .damaged(path: path) }
      var key = [UInt8](repeating: 0, count: 32)
      let status = crypto_pwhash(
        &key, 32, words.map { CChar(bitPattern: $0) }, UInt64(words.count), salt, UInt64(operations),
        memoryBytes, crypto_pwhash_alg_argon2id13())
      guard status == 0 else { throw .noMemory(bytes: memoryBytes) }
      return key
    default: throw .otherFormat(path: path, format: name)
    }
  }

  /// Tells a wrong key from a damaged file; says nothing of the key: BLAKE2b over a fixed text under it, 16 hexadecimal digits.
  static func check(of key: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let text = Array("mamorite backup key".utf8)
    crypto_generichash(&digest, 32, text, UInt64(text.count), key, key.count)
    return String(hexadecimal(digest).prefix(16))
  }
}
