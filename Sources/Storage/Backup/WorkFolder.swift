import Foundation
import Glibc
import Kernel

/// A folder for plain copies while a backup is made or looked at: only its owner may read it, and it goes when the work ends.
/// What a killed program left goes at the next piece of work beside it.
final class WorkFolder: Sendable {
  let path: String
  let parent: String
  private let lock: Int32
  private static let prefix = ".mamorite-work-"

  /// - Throws: ``BackupProblem``.
  init(in parent: String) throws(BackupProblem) {
    // One at a time looks for what is left, so that nobody takes a folder for left that is about to be locked.
    let turn = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard turn >= 0 else { throw FileBytes.problem(errno, parent) }
    defer { close(turn) }
    _ = flock(turn, LOCK_EX)  // some network disks know no locks
    WorkFolder.removeLeft(in: parent)
    let path = "\(parent)/\(WorkFolder.prefix)\(hexadecimal(BackupSecret.random(6)))"
    guard mkdir(path, 0o700) == 0 else { throw FileBytes.problem(errno, parent) }
    let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw FileBytes.problem(errno, path) }
    (self.path, self.parent, self.lock) = (path, parent, lock)
  }

  /// Removes what is in it. Plain copies that are read no more go before the disk is asked to keep what came of them, which
  /// would else write them too.
  func empty() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")  // or at the end
    }
  }

  deinit {
    // What stays is removed by the next one.
    try? FileManager.default.removeItem(atPath: path)
    close(lock)
  }

  /// Removes folders whose program has ended: their lock is free.
  private static func removeLeft(in parent: String) {
    // A folder that cannot be listed is refused when something is made in it.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    where name.hasPrefix(prefix) {
      let path = "\(parent)/\(name)"
      if isLeft(path) { try? FileManager.default.removeItem(atPath: path) }  // or the next time
    }
  }

  /// Whether nobody holds the lock of a file that is there.
  static func isLeft(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_EX | LOCK_NB) == 0
  }
}

/// A file that appears under its name only when it is whole and on the disk.
final class DraftFile {
  let draft: String
  let descriptor: Int32
  private let folder: String
  private static let suffix = ".part"

  /// - Throws: ``BackupProblem``.
  init(in folder: String) throws(BackupProblem) {
    self.folder = folder
    DraftFile.removeLeft(in: folder)
    draft = "\(folder)/.mamorite-\(hexadecimal(BackupSecret.random(6)))\(DraftFile.suffix)"
    descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileBytes.problem(errno, folder) }
    // Some network disks know no locks: then nothing of ours is taken for left.
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    close(descriptor)
    unlink(draft)  // gone already when it was published
  }

  private static func removeLeft(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(".mamorite-") && name.hasSuffix(suffix) {
      if WorkFolder.isLeft("\(folder)/\(name)") { unlink("\(folder)/\(name)") }
    }
  }

  /// - Throws: ``BackupProblem``.
  func publish(as name: String) throws(BackupProblem) -> String {
    let path = "\(folder)/\(name)"
    guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw FileBytes.problem(errno, folder) }
    try DraftFile.keep(folder)
    return path
  }

  /// Makes names in a folder survive a power cut.
  static func keep(_ folder: String) throws(BackupProblem) {
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw FileBytes.problem(errno, folder) }
    defer { close(directory) }
    // Some network disks cannot; the file itself is written.
    guard fsync(directory) == 0 || errno == EINVAL else { throw FileBytes.problem(errno, folder) }
  }
}
