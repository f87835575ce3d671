import Foundation
import Glibc
public import Kernel
import Subprocess
import SystemPackage

/// Taking everything away in one encrypted file, and getting it back.
public enum Backup {
  /// The end of a backup's name.
  public static let suffix = ".mamorite"

  /// Files beside the database that are needed after a restore: without the first no second factor can be checked, without
  /// the second signatures look like another installation's. They may lie in the backup because it is encrypted itself.
  static let keyNames = ["mamorite.key", CheckpointKey.fileName]

  /// A backup that was made.
  public struct Made: Sendable {
    public let path: String
    public let bytes: Int
    public let header: BackupHeader
    /// From the start to the moment when it was safe on its disk.
    public let elapsedMs: Int
  }

  /// Copies the database as it is at one moment, while others use it, and writes it with its keys into a new file in `place`.
  ///
  /// - Parameters:
  ///   - program: the version that the header names.
  ///   - isDisk: true when `place` must lie on another disk than the machine's own.
  /// - Throws: ``BackupProblem``, ``DatabaseProblem``.
  public static func create(
    of database: Database, to place: String, secret: BackupSecret, program: String, now: Instant,
    isDisk: Bool = false
  ) async throws -> Made {
    try examine(place, isDisk: isDisk, apartFrom: database.keyFolder)
    let clock = ContinuousClock()
    let start = clock.now
    // Before the long part: a place that takes nothing is known at once.
    let draft = try DraftFile(in: place)
    let work = try WorkFolder(in: database.keyFolder ?? FileManager.default.temporaryDirectory.path)
    let header = try await write(database, secret, program, now, work, to: draft, in: place)
    let stamp = now.iso.prefix(19).replacing("T", with: "-").replacing(":", with: "")
    let name = "mamorite-\(stamp)-\(hexadecimal(BackupSecret.random(3)))\(suffix)"
    let bytes = Int(lseek(draft.descriptor, 0, SEEK_CUR))
    let path = try draft.publish(as: name)
    let elapsed = clock.now - start
    return Made(path: path, bytes: bytes, header: header, elapsedMs: elapsed.milliseconds)
  }

  /// The same, handed to a command of the shell on its standard input.
  ///
  /// - Throws: ``BackupProblem/toolFailed(name:reason:)`` when the command does not end well.
  public static func create(
    of database: Database, into command: String, secret: BackupSecret, program: String, now: Instant
  ) async throws -> Made {
    let folder = database.keyFolder ?? FileManager.default.temporaryDirectory.path
    let work = try WorkFolder(in: folder)
    let made = try await create(of: database, to: work.path, secret: secret, program: program, now: now)
    let input = try FileDescriptor.open(FilePath(made.path), .readOnly, options: [.closeOnExec])
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", command],
      input: .fileDescriptor(input, closeAfterSpawningProcess: true),
      // Standard output is the answer's own.
      output: .fileDescriptor(.standardError, closeAfterSpawningProcess: false),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard result.terminationStatus.isSuccess else {
      let reason: String =
        switch result.terminationStatus {
        case .exited(let code): "\(code)"
        case .signaled(let signal): "signal \(signal)"
        }
      throw BackupProblem.toolFailed(name: command, reason: reason)
    }
    return Made(path: command, bytes: made.bytes, header: made.header, elapsedMs: made.elapsedMs)
  }

  /// Refuses a place that is not there, takes nothing or is not the disk it should be.
  ///
  /// - Parameters:
  ///   - isDisk: true when it must lie on another disk than the machine's own.
  ///   - data: the folder of the data, whose disk is the machine's own too.
  /// - Throws: ``BackupProblem``.
  public static func examine(_ place: String, isDisk: Bool, apartFrom data: String? = nil)
    throws(BackupProblem)
  {
    var facts = stat()
    guard stat(place, &facts) == 0 else { throw FileBytes.problem(errno, place) }
    guard facts.st_mode & S_IFMT == S_IFDIR else { throw .placeAbsent(path: place) }
    if isDisk {
      var root = stat()
      guard stat("/", &root) == 0, root.st_dev != facts.st_dev else { throw .notADisk(path: place) }
      var own = stat()
      if let data, stat(data, &own) == 0, own.st_dev == facts.st_dev { throw .notADisk(path: place) }
    }
    guard access(place, W_OK | X_OK) == 0 else {
      throw .placeNotWritable(path: place, reason: String(cString: strerror(errno)))
    }
  }

  private static func write(
    _ database: Database, _ secret: BackupSecret, _ program: String, _ now: Instant, _ work: WorkFolder,
    to draft: DraftFile, in place: String
  ) async throws -> BackupHeader {
    let kdf: KeyDerivation = if case .key = secret { .keyFile } else { .passphrase() }
    let key = try kdf.key(from: secret, path: place)
    let content: BackupContent
    do { content = try await database.copyWhole(to: work.path) } catch DatabaseProblem.full {
      throw BackupProblem.placeFull(path: work.parent)
    }
    var files = ["\(work.path)/\(Database.copyName(database.dialect))"]
    for name in keyNames {
      if let folder = database.keyFolder, FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
        files.append("\(folder)/\(name)")
      }
    }
    let members = try files.map { path throws(BackupProblem) in
      Tar.Member(name: URL(fileURLWithPath: path).lastPathComponent, size: try size(of: path))
    }
    let header = BackupHeader(
      format: BackupHeader.currentFormat, kdf: kdf, keyCheck: KeyDerivation.check(of: key),
      chunkBytes: SealedFileWriter.chunkBytes, contentBytes: Tar.size(of: members),
      createdAtMs: now.milliseconds, program: program, engine: content.engine, migration: content.migration,
      facilities: content.facilities, tables: content.tables)
    let writer = try SealedFileWriter(draft.descriptor, path: place, header: header, key: key)
    for (path, member) in zip(files, members) {
      try writer.add(Tar.head(of: member, modified: now.milliseconds / 1000)[...])
      try add(path, member.size, to: writer)
    }
    try writer.add(ArraySlice(repeating: 0, count: 2 * Tar.block))
    try writer.finish()
    work.empty()
    return header
  }

  private static func add(_ path: String, _ size: Int, to writer: SealedFileWriter) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileBytes.problem(errno, path) }
    defer { close(file) }
    var left = size
    while left > 0 {
      let part = try FileBytes.read(min(left, 1 << 18), from: file, path: path)
      guard !part.isEmpty else { throw FileBytes.problem(EIO, path) }
      try writer.add(part[...])
      left -= part.count
    }
    try writer.add(ArraySlice(repeating: 0, count: Tar.padded(size) - size))
  }

  private static func size(of path: String) throws(BackupProblem) -> Int {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw FileBytes.problem(errno, path) }
    return Int(facts.st_size)
  }

  // MARK: Looking

  /// A file in a folder of backups.
  public struct Listed: Sendable {
    public let path: String
    public let bytes: Int
    /// What it says of itself, unproven; or what is wrong with it.
    public let header: Result<BackupHeader, BackupProblem>
  }

  /// The backups in a folder, newest first by their names.
  ///
  /// - Throws: ``BackupProblem``.
  public static func list(_ place: String) throws(BackupProblem) -> [Listed] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: place) } catch {
      throw .placeAbsent(path: place)
    }
    return try names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted(by: >).map {
      name throws(BackupProblem) in
      let path = "\(place)/\(name)"
      return Listed(path: path, bytes: try size(of: path), header: header(of: path))
    }
  }

  private static func header(of path: String) -> Result<BackupHeader, BackupProblem> {
    do throws(BackupProblem) { return .success(try SealedFileReader(path).header) } catch {
      return .failure(error)
    }
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
