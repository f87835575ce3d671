import CSodium
import Foundation
import Glibc
import Kernel

/// Writes a backup's bytes: a readable header, then parts of equal length that libsodium's secretstream
/// (XChaCha20-Poly1305) encrypts, authenticates and chains. Described in `docs/operate/backup-format.md`.
///
/// Holds one part in memory, whatever the length.
final class SealedFileWriter {
  static let magic = Array("mamorite-backup\n".utf8)
  static let chunkBytes = 1 << 16

  private let file: Int32
  private let path: String
  private var state = crypto_secretstream_xchacha20poly1305_state()
  private var plain: [UInt8] = []
  private var sealed = [UInt8](
    repeating: 0, count: chunkBytes + Int(crypto_secretstream_xchacha20poly1305_abytes()))
  /// What the first part also authenticates; empty from the second on.
  private var beginning: [UInt8]
  /// Bytes written since the disk was last told to begin with them.
  private var waiting = 0

  /// - Throws: ``BackupProblem``.
  init(_ file: Int32, path: String, header: BackupHeader, key: [UInt8]) throws {
    guard sodium_init() >= 0 else { throw BackupProblem.noMemory(bytes: 0) }
    (self.file, self.path) = (file, path)
    let json = [UInt8](try BackupHeader.encoder.encode(header))
    beginning =
      SealedFileWriter.magic + withUnsafeBytes(of: UInt32(json.count).bigEndian) { Array($0) } + json
    plain.reserveCapacity(SealedFileWriter.chunkBytes)
    var start = [UInt8](
      repeating: 0, count: Int(crypto_secretstream_xchacha20poly1305_headerbytes()))
    crypto_secretstream_xchacha20poly1305_init_push(&state, &start, key)
    try FileBytes.write(beginning[...], to: file, path: path)
    try FileBytes.write(start[...], to: file, path: path)
  }

  func add(_ bytes: ArraySlice<UInt8>) throws(BackupProblem) {
    var rest = bytes
    while !rest.isEmpty {
      // Only when more follows is a full part not the last.
      if plain.count == SealedFileWriter.chunkBytes { try push(isLast: false) }
      let taken = rest.prefix(SealedFileWriter.chunkBytes - plain.count)
      plain += taken
      rest = rest.dropFirst(taken.count)
    }
  }

  func finish() throws(BackupProblem) { try push(isLast: true) }

  private func push(isLast: Bool) throws(BackupProblem) {
    let tag =
      isLast
      ? crypto_secretstream_xchacha20poly1305_tag_final()
      : crypto_secretstream_xchacha20poly1305_tag_message()
    var length: UInt64 = 0
    crypto_secretstream_xchacha20poly1305_push(
      &state, &sealed, &length, plain, UInt64(plain.count), beginning, UInt64(beginning.count), tag)
    plain.removeAll(keepingCapacity: true)
    beginning = []
    try FileBytes.write(sealed[..<Int(length)], to: file, path: path)
    waiting += Int(length)
    if waiting >= 1 << 23 {
      // Linux begins to write what is not wanted in memory any more: while the next parts are encrypted, so that there
      // is little left to wait for at the end. Advice fails without harm; a disk's own failure is told by `fsync`.
      _ = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
      waiting = 0
    }
  }
}

/// Reads what ``SealedFileWriter`` wrote. Hands on no byte that has not been authenticated.
final class SealedFileReader {
  let header: BackupHeader
  private let file: Int32
  private let path: String
  private let beginning: [UInt8]
  /// Bytes of the file behind the header.
  private let sealedBytes: Int

  deinit { close(file) }

  /// Reads the header, which nothing vouches for yet.
  ///
  /// - Throws: ``BackupProblem``.
  init(_ path: String) throws(BackupProblem) {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .fileMissing(path: path) }
      throw .placeNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { throw .notABackup(path: path) }
    let start = try FileBytes.read(SealedFileWriter.magic.count + 4, from: file, path: path)
    guard start.prefix(SealedFileWriter.magic.count) == SealedFileWriter.magic[...] else {
      throw .notABackup(path: path)
    }
    guard start.count == SealedFileWriter.magic.count + 4 else { throw .cutShort(path: path) }
    let length = start.suffix(4).reduce(0) { $0 << 8 | Int($1) }
    // A header has some bytes for each table and facility; 16 MB hold a hundred thousand facilities.
    guard (2...(16 << 20)).contains(length) else { throw .damaged(path: path) }
    let json = try FileBytes.read(length, from: file, path: path)
    guard json.count == length else { throw .cutShort(path: path) }
    header = try BackupHeader.read(json, path: path)
    beginning = start + json
    sealedBytes = Int(facts.st_size) - beginning.count
    guard sealedBytes >= expectedBytes else { throw .cutShort(path: path) }
    guard sealedBytes == expectedBytes else { throw .damaged(path: path) }
  }

  private var expectedBytes: Int {
    let parts = max(1, (header.contentBytes + header.chunkBytes - 1) / header.chunkBytes)
    return Int(crypto_secretstream_xchacha20poly1305_headerbytes()) + header.contentBytes
      + parts * Int(crypto_secretstream_xchacha20poly1305_abytes())
  }

  /// Whether the first part opens, which also shows that the header is what it was.
  ///
  /// - Throws: ``BackupProblem``.
  func isGenuine(_ secret: BackupSecret) throws -> Bool {
    struct Enough: Error {}
    do { try readAll(secret) { _ in throw Enough() } } catch is Enough {
      return true
    } catch BackupProblem.keyWrong, BackupProblem.damaged, BackupProblem.needsKeyFile,
      BackupProblem.needsPassphrase
    {
      return false
    }
    return true
  }

  /// Hands on the content, part by part.
  ///
  /// - Throws: ``BackupProblem``, also after parts have been handed on: only its return says that all is genuine and whole.
  func readAll(_ secret: BackupSecret, _ take: (ArraySlice<UInt8>) throws -> Void) throws {
    guard sodium_init() >= 0 else { throw BackupProblem.noMemory(bytes: 0) }
    let key = try header.kdf.key(from: secret, path: path)
    guard KeyDerivation.check(of: key) == header.keyCheck else { throw BackupProblem.keyWrong(path: path) }
    let start = try FileBytes.read(
      Int(crypto_secretstream_xchacha20poly1305_headerbytes()), from: file, path: path)
    var state = crypto_secretstream_xchacha20poly1305_state()
    guard crypto_secretstream_xchacha20poly1305_init_pull(&state, start, key) == 0 else {
      throw BackupProblem.damaged(path: path)
    }
    var plain = [UInt8](repeating: 0, count: header.chunkBytes)
    var authenticated = beginning
    let length = header.chunkBytes + Int(crypto_secretstream_xchacha20poly1305_abytes())
    while true {
      let sealed = try FileBytes.read(length, from: file, path: path)
      guard !sealed.isEmpty else { throw BackupProblem.cutShort(path: path) }
      var (count, tag): (UInt64, UInt8) = (0, 0)
      guard sealed.count >= Int(crypto_secretstream_xchacha20poly1305_abytes()),
        crypto_secretstream_xchacha20poly1305_pull(
          &state, &plain, &count, &tag, sealed, UInt64(sealed.count), authenticated,
          UInt64(authenticated.count)) == 0
      else { throw BackupProblem.damaged(path: path) }
      authenticated = []
      try take(plain[..<Int(count)])
      if tag == crypto_secretstream_xchacha20poly1305_tag_final() { break }
    }
    guard try FileBytes.read(1, from: file, path: path).isEmpty else {
      throw BackupProblem.damaged(path: path)
    }
  }
}

/// Whole reads and writes on descriptors.
enum FileBytes {
  static func write(_ bytes: ArraySlice<UInt8>, to file: Int32, path: String) throws(BackupProblem) {
    let failure = bytes.withUnsafeBytes { bytes -> Int32 in
      var done = 0
      while done < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return errno }
        done += count
      }
      return 0
    }
    if failure != 0 { throw problem(failure, path) }
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  static func read(_ count: Int, from file: Int32, path: String) throws(BackupProblem) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      done = 0
      while done < count {
        let got = Glibc.read(file, buffer.baseAddress?.advanced(by: done), count - done)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        done += got
      }
    }
    if failure != 0 { throw problem(failure, path) }
    return bytes
  }

  /// What a failed call means to the person who gave the place.
  static func problem(_ failure: Int32, _ path: String) -> BackupProblem {
    switch failure {
    case ENOSPC, EDQUOT: .placeFull(path: path)
    case ENOENT, ENOTDIR: .placeAbsent(path: path)
    default: .placeNotWritable(path: path, reason: String(cString: strerror(failure)))
    }
  }
}
