import Foundation
import Glibc
import Kernel

/// 32 secret bytes in a file that only its owner may read, as 64 hexadecimal digits.
public struct KeyFile: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public enum Fault: Error {
    /// There is a file, and no key in it. It stays as it is: what was made with it may still be read once it is mended.
    case damaged
    case notKept
  }

  /// The key; nil when there is no file.
  public func read() throws(Fault) -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path),
      let key = bytes(ofHexadecimal: String(decoding: data, as: UTF8.self).trimmed), key.count == 32
    else { throw .damaged }
    return key
  }

  /// The key, made by `new` at the first need. Of two processes that make one at once, both get the same.
  public func readOrMake(_ new: () -> [UInt8]) throws(Fault) -> [UInt8] {
    if let known = try read() { return known }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    // On PostgreSQL nothing else may have needed the folder yet. When it cannot be made, opening the file fails below.
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .notKept }
    let content = Array((hexadecimal(new()) + "\n").utf8)
    let isWritten = write(file, content, content.count) == content.count && fsync(file) == 0
    _ = close(file)
    // A link fails where a file is: the first one stays, whole.
    let isLinked = isWritten && (link(draft, path) == 0 || errno == EEXIST)
    unlink(draft)
    guard isLinked, let made = try read() else { throw .notKept }
    return made
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
