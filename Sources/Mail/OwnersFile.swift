import Foundation
import Glibc

/// A list that the administrator of the server keeps in a file.
enum OwnersFile {
  static let mostBytes = 64 << 10

  /// What stands in it; nil without one, and when anyone but its owner may write it.
  static func text(_ path: String?) -> String? {
    guard let path, !path.isEmpty else { return nil }
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_mode & (S_IWGRP | S_IWOTH) == 0,
      facts.st_uid == 0 || facts.st_uid == getuid(), facts.st_size <= mostBytes,
      let data = FileManager.default.contents(atPath: path)
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}
