import Glibc

/// The inside of a backup: a tar archive (POSIX ustar; sizes of 8 GiB and more in base 256) of a few plain files.
enum Tar {
  static let block = 512

  struct Member: Equatable {
    let name: String
    let size: Int
  }

  /// Bytes of an archive of `members`, its end included.
  static func size(of members: [Member]) -> Int {
    members.reduce(2 * block) { $0 + block + padded($1.size) }
  }

  static func padded(_ size: Int) -> Int { (size + block - 1) / block * block }

  static func head(of member: Member, modified seconds: Int64) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: block)
    func put(_ text: String, at place: Int) {
      for (index, byte) in text.utf8.enumerated() { head[place + index] = byte }
    }
    func octal(_ number: Int64, digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    put(member.name, at: 0)
    put("0000600", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    if member.size < 1 << 33 {
      put(octal(Int64(member.size), digits: 11), at: 124)
    } else {
      for index in 0..<8 {
        head[124 + 4 + index] = UInt8(truncatingIfNeeded: member.size >> (8 * (7 - index)))
      }
      head[124] = 0x80
    }
    put(octal(max(0, seconds), digits: 11), at: 136)
    put("0", at: 156)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    put(octal(Int64(head.reduce(0) { $0 + Int($1) }), digits: 6) + "\u{0} ", at: 148)
    return head
  }

  /// Name and size; nil for a block that is no head of a plain file.
  static func member(in head: ArraySlice<UInt8>) -> Member? {
    let head = Array(head)
    let name = String(decoding: head.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
    guard head[156] == UInt8(ascii: "0"), !name.isEmpty else { return nil }
    if head[124] == 0x80 {
      let size = head[128..<136].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return size <= largest ? Member(name: name, size: Int(size)) : nil
    }
    let digits = String(decoding: head[124..<135], as: UTF8.self)
    return UInt64(digits, radix: 8).map { Member(name: name, size: Int($0)) }
  }

  /// 1 PiB: a head that says more is none of ours, and no sum of lengths overflows.
  private static let largest: UInt64 = 1 << 50
}

/// Takes an archive in pieces and writes its files into a folder.
final class TarReader {
  private let folder: String
  private let allows: (String) -> Bool
  /// The folder that the person gave, for the words of a refusal.
  private let place: String
  private var head: [UInt8] = []
  private var file: Int32 = -1
  /// Bytes still to come of the file, and of what fills its last block.
  private var (left, filling) = (0, 0)
  private(set) var members: [Tar.Member] = []

  /// - Parameter allows: which names may be written below the folder.
  init(into folder: String, of place: String, allowing allows: @escaping (String) -> Bool) {
    (self.folder, self.allows, self.place) = (folder, allows, place)
  }

  /// Whether the last file has come whole.
  var isAtEnd: Bool { left == 0 && filling == 0 && head.isEmpty }

  deinit { if file >= 0 { close(file) } }

  /// - Throws: ``BackupProblem``: no room, or a name that this program does not know.
  func add(_ bytes: ArraySlice<UInt8>, of backup: String) throws(BackupProblem) {
    var rest = bytes
    while !rest.isEmpty {
      if left > 0 {
        let part = rest.prefix(left)
        try FileBytes.write(part, to: file, path: place)
        left -= part.count
        rest = rest.dropFirst(part.count)
        if left == 0 { try finishFile() }
      } else if filling > 0 {
        let part = rest.prefix(filling)
        filling -= part.count
        rest = rest.dropFirst(part.count)
      } else {
        let part = rest.prefix(Tar.block - head.count)
        head += part
        rest = rest.dropFirst(part.count)
        if head.count == Tar.block { try begin(of: backup) }
      }
    }
  }

  private func begin(of backup: String) throws(BackupProblem) {
    defer { head = [] }
    if head.allSatisfy({ $0 == 0 }) { return }
    guard let member = Tar.member(in: head[...]) else { throw .damaged(path: backup) }
    guard allows(member.name) else { throw .otherFormat(path: backup, format: member.name) }
    file = open("\(folder)/\(member.name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileBytes.problem(errno, place) }
    members.append(member)
    left = member.size
    filling = Tar.padded(member.size) - member.size
    if left == 0 { try finishFile() }
  }

  private func finishFile() throws(BackupProblem) {
    let failure = fsync(file) == 0 ? 0 : errno
    close(file)
    file = -1
    if failure != 0 { throw FileBytes.problem(failure, place) }
  }
}
