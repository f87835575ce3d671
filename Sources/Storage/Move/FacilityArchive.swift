import Crypto
import Foundation
import Glibc
public import Kernel

/// One facility taken away whole, as a tar archive of JSON Lines, files and a description of both, and taken in elsewhere.
///
/// The form is described in `docs/operate/moving.md`: another program can read it.
public enum FacilityArchive {
  /// What `schema.json` says.
  struct Manifest: Codable {
    let format: String
    let program: String
    let facility: String
    let name: String
    let exportedAtMs: Int64
    /// The steps of the schema that the rows are in.
    let migrations: [String]
    let tables: [FacilityDump.Written]
    /// Tables that stayed behind, each with the reason.
    let left: [String: MoveRules.Reason]
    /// SHA-256 of `ledger.jsonl`.
    let ledger: String
    let entries: Int
    let head: String

    static let current = "mamorite-facility-1"
  }

  private static let manifest = "schema.json"
  private static let readme = "README.txt"

  /// An archive that was written, or taken in.
  public struct Made: Sendable {
    public let path: String
    public let bytes: Int
    public let facility: FacilityID
    public let name: String
    public let rows: Int
    public let files: Int
    public let entries: Int
    public let head: String
    /// SHA-256 of `schema.json`, which holds those of all other parts but the files, whose names are theirs.
    public let fingerprint: String
    /// False for a ledger that did not verify and was taken in nevertheless.
    public var isLedgerSound = true
  }

  // MARK: Out

  /// Writes the facility of `scope` into a new file at `path`, which only its owner may read. Recorded in its ledger first.
  ///
  /// - Parameters:
  ///   - name: of the facility.
  ///   - readme: what a person finds in the archive.
  /// - Throws: ``BackupProblem`` when there is no room or no such folder, or when the file is there already.
  public static func write(
    _ scope: Scope, name: String, to path: String, rules: MoveRules, readme: String, program: String
  ) async throws -> Made {
    let target = URL(fileURLWithPath: path)
    let folder = target.deletingLastPathComponent().path
    try Backup.examine(folder, isDisk: false)
    guard !FileManager.default.fileExists(atPath: path) else {
      throw BackupProblem.targetNotEmpty(path: path)
    }
    let draft = try DraftFile(in: folder)
    let work = try WorkFolder(in: scope.database.keyFolder ?? FileManager.default.temporaryDirectory.path)
    try await scope.write { tx in
      try tx.apply(
        [],
        recording: Change("facility.export", of: "facility:\(tx.facility)", to: ["form": Manifest.current]))
    }
    let steps = try await scope.database.appliedMigrations().sorted()
    let dump = FacilityDump(folder: work.path)
    let now = scope.now
    let (tables, head) = try await scope.read { tx in
      try tx.allowLongStatements()
      return (try dump.write(tx, name: name, at: now, rules), try tx.ledgerHead())
    }
    let said = Manifest(
      format: Manifest.current, program: program, facility: scope.facility.text, name: name,
      exportedAtMs: now.milliseconds, migrations: steps, tables: tables, left: rules.left,
      ledger: try digest(of: "\(work.path)/\(FacilityDump.ledger)"), entries: head.sequence, head: head.hash)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let json = [UInt8](try encoder.encode(said))
    for (file, bytes) in [(manifest, json), (self.readme, Array(readme.utf8))] {
      let file = try NewFile("\(work.path)/\(file)")
      try file.add(bytes)
      try file.finish()
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: work.path + "/files").sorted()
    let parts =
      [self.readme, manifest, FacilityDump.ledger] + tables.map { FacilityDump.path(of: $0.table.name) }
      + files.map { "files/\($0)" }
    let bytes = try pack(parts, of: work.path, into: draft, at: now)
    return Made(
      path: try draft.publish(as: target.lastPathComponent), bytes: bytes, facility: scope.facility,
      name: name,
      rows: tables.reduce(0) { $0 + $1.rows }, files: files.count, entries: head.sequence, head: head.hash,
      fingerprint: hexadecimal(SHA256.hash(data: json)))
  }

  private static func pack(_ parts: [String], of folder: String, into draft: DraftFile, at now: Instant)
    throws
    -> Int
  {
    var total = 0
    func put(_ bytes: ArraySlice<UInt8>) throws {
      try FileBytes.write(bytes, to: draft.descriptor, path: draft.draft)
      total += bytes.count
    }
    for part in parts {
      let path = "\(folder)/\(part)"
      var facts = stat()
      guard stat(path, &facts) == 0 else { throw FileBytes.problem(errno, path) }
      let member = Tar.Member(name: part, size: Int(facts.st_size))
      try put(Tar.head(of: member, modified: now.milliseconds / 1000)[...])
      try eachPart(of: path) { try put($0[...]) }
      try put(ArraySlice(repeating: 0, count: Tar.padded(member.size) - member.size))
    }
    try put(ArraySlice(repeating: 0, count: 2 * Tar.block))
    return total
  }

  private static func eachPart(of path: String, _ take: ([UInt8]) throws -> Void) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileBytes.problem(errno, path) }
    defer { close(file) }
    while true {
      let part = try FileBytes.read(1 << 18, from: file, path: path)
      if part.isEmpty { return }
      try take(part)
    }
  }

  private static func digest(of path: String) throws -> String {
    var hash = SHA256()
    try eachPart(of: path) { hash.update(data: $0) }
    return hexadecimal(hash.finalize())
  }

  // MARK: In

  /// Takes a facility into `database`: all of it or nothing.
  ///
  /// The rows go into a database of their own first, in the form of the schema that they are in, and are brought to this
  /// program's there; the ledger is verified; then everything goes over in one transaction.
  ///
  /// - Parameters:
  ///   - slices: the steps of the schema that this program knows.
  ///   - acceptsBrokenLedger: true to take in what does not verify; the new ledger says so.
  /// - Throws: ``MoveProblem``, ``BackupProblem``, ``DatabaseProblem``.
  public static func take(
    _ path: String, into database: Database, slices: [Migration], rules: MoveRules, by actor: Actor,
    now: Instant,
    acceptsBrokenLedger: Bool = false
  ) async throws -> Made {
    let work = try WorkFolder(in: database.keyFolder ?? FileManager.default.temporaryDirectory.path)
    let raw = try extract(path, into: "\(work.path)/raw", of: work)
    let said = try read(raw, path)
    guard let facility = FacilityID(said.manifest.facility) else { throw damaged(path, manifest) }
    let known = Database.steps(slices)
    if let newer = said.manifest.migrations.sorted().first(where: { !known.contains($0) }) {
      throw DatabaseProblem.newerThanProgram(migration: newer)
    }
    let here = try await Installation(database).read { tx in
      try tx.first("SELECT name FROM facility WHERE id = \(facility)") { try $0.text(0) }
    }
    if let here { throw MoveProblem.alreadyHere(name: here) }
    let between = try Database(.directory(try folder("between", in: work)))
    let result: Result<(FacilityDump, [FacilityDump.Written], LedgerVerdict), any Error>
    do {
      result = .success(
        try await modernise(
          FacilityFill(folder: raw, facility: facility, source: path), said.manifest, in: between, slices,
          rules,
          into: try folder("now", in: work), now))
    } catch { result = .failure(error) }
    await between.close()
    let (dump, tables, verdict) = try result.get()
    if let broken = verdict.brokenAt, !acceptsBrokenLedger { throw MoveProblem.ledgerBroken(entry: broken) }
    let fill = FacilityFill(folder: dump.folder, facility: facility, source: path)
    let note = [
      "program": said.manifest.program, "fingerprint": said.fingerprint, "head": said.manifest.head,
      "ledger": verdict.ok ? "ok" : "broken",
    ]
    try await Scope(database, actor: actor, facility: facility, now: now).write { tx in
      try tx.allowLongStatements()
      try fill.insert(tables.map(\.table), into: tx.connection)
      try tx.apply([], recording: Change("facility.import", of: "facility:\(facility)", to: note))
      try tx.housekeeping.scheduleCheckpoint()
    }
    var made = Made(
      path: path, bytes: said.bytes, facility: facility, name: said.manifest.name,
      rows: tables.reduce(0) { $0 + $1.rows }, files: said.files, entries: verdict.entries,
      head: verdict.head,
      fingerprint: said.fingerprint)
    made.isLedgerSound = verdict.ok
    return made
  }

  private static func modernise(
    _ fill: FacilityFill, _ manifest: Manifest, in between: Database, _ slices: [Migration],
    _ rules: MoveRules,
    into folder: String, _ now: Instant
  ) async throws -> (FacilityDump, [FacilityDump.Written], LedgerVerdict) {
    try await between.migrate(slices, only: Set(manifest.migrations), now: now)
    try await between.driver.write { connection in
      let tables = try FacilityTable.all(of: connection)
      let names = Set(manifest.tables.map(\.table.name))
      guard names.isSubset(of: tables.map(\.name)) else {
        throw damaged(fill.source, FacilityArchive.manifest)
      }
      try fill.insert(tables.filter { names.contains($0.name) }, into: connection)
    }
    try await between.migrate(slices, now: now)
    let scope = Scope(between, actor: .system("move"), facility: fill.facility, now: now)
    let verdict = try await scope.verifyLedger()
    let dump = FacilityDump(folder: folder)
    let tables = try await scope.read { try dump.write($0, name: manifest.name, at: now, rules) }
    return (dump, tables, verdict)
  }

  private static func extract(_ path: String, into raw: String, of work: WorkFolder) throws -> String {
    for folder in ["", "/tables", "/files"] {
      guard mkdir(raw + folder, 0o700) == 0 else { throw FileBytes.problem(errno, work.parent) }
    }
    var isFolder = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw BackupProblem.fileMissing(path: path)
    }
    guard !isFolder.boolValue else { throw MoveProblem.isFolder(path: path) }
    let reader = TarReader(into: raw, of: work.parent) { name in
      [readme, manifest, FacilityDump.ledger].contains(name)
        || name.wholeMatch(of: #/(tables/[a-z_]{1,60}\.jsonl|files/[0-9a-f]{64})/#) != nil
    }
    do { try eachPart(of: path) { try reader.add($0[...], of: path) } } catch let problem as BackupProblem {
      switch problem {
      case .damaged, .otherFormat: throw MoveProblem.notAnExport(path: path)
      default: throw problem
      }
    }
    guard reader.isAtEnd, reader.members.contains(where: { $0.name == manifest }) else {
      throw reader.members.isEmpty ? MoveProblem.notAnExport(path: path) : damaged(path, manifest)
    }
    return raw
  }

  private struct Said {
    let manifest: Manifest
    let fingerprint: String
    let bytes: Int
    let files: Int
  }

  /// Reads the description and holds every part against it.
  private static func read(_ raw: String, _ path: String) throws -> Said {
    let json = FileManager.default.contents(atPath: "\(raw)/\(manifest)") ?? Data()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let said = try? decoder.decode(Manifest.self, from: json), said.format == Manifest.current else {
      throw MoveProblem.notAnExport(path: path)
    }
    let parts =
      said.tables.map { (FacilityDump.path(of: $0.table.name), $0.sha256) } + [
        (FacilityDump.ledger, said.ledger)
      ]
    for (part, sha256) in parts {
      let file = "\(raw)/\(part)"
      guard FileManager.default.fileExists(atPath: file), try digest(of: file) == sha256 else {
        throw damaged(path, part)
      }
    }
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw FileBytes.problem(errno, path) }
    let files = try FileManager.default.contentsOfDirectory(atPath: raw + "/files").count
    return Said(
      manifest: said, fingerprint: hexadecimal(SHA256.hash(data: json)), bytes: Int(facts.st_size),
      files: files)
  }

  private static func folder(_ name: String, in work: WorkFolder) throws -> String {
    let path = "\(work.path)/\(name)"
    guard mkdir(path, 0o700) == 0 else { throw FileBytes.problem(errno, work.parent) }
    return path
  }

  private static func damaged(_ path: String, _ part: String) -> MoveProblem {
    .damaged(path: path, part: part)
  }
}

extension ReadTx {
  /// Lets statements take longer than a page may; until the transaction ends.
  func allowLongStatements() throws {
    guard connection.dialect == .postgres else { return }
    _ = try connection.rows("SELECT set_config('statement_timeout', '0', true)", [])
  }
}

extension FacilityArchive {
  /// An archive made in a folder of its own, to be sent to a browser; gone when nobody holds it any more.
  public final class Parcel: Sendable {
    public let made: Made
    private let work: WorkFolder

    /// - Throws: as ``FacilityArchive/write(_:name:to:rules:readme:program:)``.
    public init(_ scope: Scope, name: String, rules: MoveRules, readme: String, program: String) async throws
    {
      work = try WorkFolder(in: scope.database.keyFolder ?? FileManager.default.temporaryDirectory.path)
      made = try await FacilityArchive.write(
        scope, name: name, to: "\(work.path)/facility.tar", rules: rules, readme: readme, program: program)
    }

    public func send(_ take: ([UInt8]) async throws -> Void) async throws {
      let file = open(made.path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw FileBytes.problem(errno, made.path) }
      defer { close(file) }
      while true {
        let part = try FileBytes.read(1 << 18, from: file, path: made.path)
        if part.isEmpty { return }
        try await take(part)
      }
    }
  }
}
