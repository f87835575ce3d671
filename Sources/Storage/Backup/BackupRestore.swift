import Foundation
import Glibc
public import Kernel

extension Backup {
  /// What a restore into a temporary place and a look at everything there found.
  public struct Verdict: Sendable {
    public let header: BackupHeader
    /// In the order of the facilities that the caller gave.
    public let ledgers: [(facility: FacilityID, verdict: LedgerVerdict)]
    /// Facilities and tables of which the copy holds something else than the header says; empty when all agree.
    public let differences: [String]
    public let elapsedMs: Int

    public var ok: Bool { differences.isEmpty && ledgers.allSatisfy(\.verdict.ok) }
    public var entries: Int { ledgers.reduce(0) { $0 + $1.verdict.entries } }
  }

  /// Restores a backup into a temporary place and checks there what can be checked: every part's authenticity, the database
  /// file's pages, each ledger with its checkpoints, and counts and heads against the header.
  ///
  /// - Parameters:
  ///   - work: a folder with room for everything.
  ///   - server: on which a temporary database may be made, for a backup of PostgreSQL.
  ///   - slices: the steps of the schema that this program knows.
  ///   - facilities: in which order the ledgers are told.
  /// - Throws: ``BackupProblem``; ``DatabaseProblem``.
  public static func verify(
    _ path: String, secret: BackupSecret, work: String, server: String?, slices: [Migration], now: Instant,
    facilities: (Database) async throws -> [FacilityID],
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> Verdict {
    try await verify(
      path, secret, work, server, Database.steps(slices), now, facilities: facilities, progress: progress)
  }

  /// The same for a backup of `database` itself: in its own folder, on its own server.
  public static func verify(
    _ path: String, secret: BackupSecret, beside database: Database, now: Instant
  ) async throws -> Verdict {
    try await verify(
      path, secret, database.keyFolder ?? FileManager.default.temporaryDirectory.path,
      (database.driver as? PostgresDriver)?.url, database.appliedMigrations(), now, facilities: { _ in [] },
      progress: { _ in })
  }

  private static func verify(
    _ path: String, _ secret: BackupSecret, _ work: String, _ server: String?, _ known: Set<String>,
    _ now: Instant, facilities: (Database) async throws -> [FacilityID],
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> Verdict {
    let clock = ContinuousClock()
    let start = clock.now
    let folder = try WorkFolder(in: work)
    let header = try extract(path, secret, into: folder.path, of: folder)
    func look(_ database: Database) async throws -> Verdict {
      try await database.refuseNewer(than: known)
      let content = try await database.content()
      let order = try await facilities(database)
      let heads = content.facilities.map(\.id)
      var ledgers: [(FacilityID, LedgerVerdict)] = []
      for id in order + heads.filter({ !order.contains($0) }) {
        let scope = Scope(database, actor: .system("verify"), facility: id, now: now)
        ledgers.append((id, try await scope.verifyLedger(progress: progress)))
      }
      let elapsed = clock.now - start
      return Verdict(
        header: header, ledgers: ledgers, differences: differences(header, content),
        elapsedMs: elapsed.milliseconds)
    }
    if header.engine == "sqlite" {
      return try await using(try Database(.directory(folder.path), examined: true), look)
    }
    guard let server else { throw BackupProblem.noScratch(reason: "--database") }
    return try await withScratch(server, folder.path) { url in
      try await using(try Database(.postgres(url), connections: 4, keys: folder.path), look)
    }
  }

  private static func using<T>(_ database: Database, _ body: (Database) async throws -> T) async throws -> T {
    let result: Result<T, any Error>
    do { result = .success(try await body(database)) } catch { result = .failure(error) }
    await database.close()
    return try result.get()
  }

  private static func differences(_ header: BackupHeader, _ content: BackupContent) -> [String] {
    var found: [String] = []
    if header.migration != content.migration { found.append("schema_step") }
    for name in Set(header.tables.keys).union(content.tables.keys).sorted()
    where header.tables[name] != content.tables[name] {
      found.append(name)
    }
    if header.facilities != content.facilities { found.append("audit_head") }
    return found
  }

  /// Decrypts everything into a folder. What lies there is genuine only when this returns.
  private static func extract(
    _ path: String, _ secret: BackupSecret, into folder: String, of work: WorkFolder
  ) throws -> BackupHeader {
    let reader = try SealedFileReader(path)
    let copy = reader.header.engine == "sqlite" ? Dialect.sqlite : .postgres
    let names = keyNames + [Database.copyName(copy)]
    let tar = TarReader(into: folder, of: work.parent) { names.contains($0) }
    try reader.readAll(secret) { try tar.add($0, of: path) }
    guard tar.members.contains(where: { $0.name == Database.copyName(copy) }) else {
      throw BackupProblem.damaged(path: path)
    }
    return reader.header
  }

  // MARK: Putting back

  /// What a restore did.
  public struct Restored: Sendable {
    public let header: BackupHeader
    /// Where what was there before now is: a folder, or a schema of PostgreSQL; nil when nothing was.
    public let kept: String?
    public let elapsedMs: Int
  }

  /// Puts a backup of SQLite into `target`, a folder that is not there or empty. All of it appears at once or nothing.
  ///
  /// - Parameter replacing: true to put aside, under a dated name, what is there.
  /// - Throws: ``BackupProblem``; ``DatabaseProblem``.
  public static func restore(
    _ path: String, secret: BackupSecret, toFolder target: String, replacing: Bool, slices: [Migration],
    now: Instant
  ) async throws -> Restored {
    let clock = ContinuousClock()
    let start = clock.now
    let target = URL(fileURLWithPath: target).resolvingSymlinksInPath().path
    let parent = URL(fileURLWithPath: target).deletingLastPathComponent().path
    let isFull = try examineTarget(target, replacing: replacing)
    try examine(parent, isDisk: false)
    let work = try WorkFolder(in: parent)
    let new = work.path + "/data"
    guard mkdir(new, 0o700) == 0 else { throw FileBytes.problem(errno, parent) }
    let header = try extract(path, secret, into: new, of: work)
    guard header.engine == "sqlite" else { throw BackupProblem.otherEngine(engine: header.engine) }
    try await using(try Database(.directory(new), examined: true)) {
      try await $0.refuseNewer(than: Database.steps(slices))
      try await $0.endEverySession()
    }
    for name in ["mamorite.sqlite-wal", "mamorite.sqlite-shm"] { unlink("\(new)/\(name)") }
    try DraftFile.keep(new)
    // Only a folder that nobody serves is moved; held until the end.
    let lock = isFull ? try held(target) : nil
    defer { if let lock { close(lock) } }
    let kept = isFull ? "\(target).\(dated(now))" : nil
    if let kept, rename(target, kept) != 0 { throw FileBytes.problem(errno, target) }
    guard rename(new, target) == 0 else {
      let failure = errno
      if let kept { _ = rename(kept, target) }
      throw FileBytes.problem(failure, target)
    }
    try DraftFile.keep(parent)
    return Restored(header: header, kept: kept, elapsedMs: (clock.now - start).milliseconds)
  }

  private static func dated(_ now: Instant) -> String {
    "before-" + now.iso.prefix(19).replacing("T", with: "-").replacing(":", with: "") + "-"
      + hexadecimal(BackupSecret.random(2))
  }

  /// Whether something is in the folder.
  private static func examineTarget(_ target: String, replacing: Bool) throws(BackupProblem) -> Bool {
    var facts = stat()
    guard stat(target, &facts) == 0 else { return false }
    guard facts.st_mode & S_IFMT == S_IFDIR else { throw .targetNotEmpty(path: target) }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: target) else {
      throw .placeNotWritable(path: target, reason: String(cString: strerror(EACCES)))
    }
    if names.isEmpty { return false }
    guard replacing else { throw .targetNotEmpty(path: target) }
    try held(target).map { close($0) } ?? ()
    return true
  }

  /// The lock of `serve` on a folder, so that none begins while it is moved; nil when it has never been served.
  private static func held(_ target: String) throws(BackupProblem) -> Int32? {
    let lock = open("\(target)/mamorite.sqlite.serving", O_RDWR | O_CLOEXEC)
    guard lock >= 0 else { return nil }
    // A program that has just ended leaves the lock for a blink to a child of somebody's that is being born.
    for _ in 1..<20 {
      if flock(lock, LOCK_EX | LOCK_NB) == 0 { return lock }
      usleep(50_000)
    }
    close(lock)
    throw .targetInUse(path: target)
  }

  /// Puts a backup of PostgreSQL into an empty database, and its keys into `folder`. The database changes in one transaction.
  ///
  /// - Parameter replacing: true to put aside what is there: the tables in a schema, the keys in files, of a dated name.
  /// - Throws: ``BackupProblem``; ``DatabaseProblem``.
  public static func restore(
    _ path: String, secret: BackupSecret, toServer url: String, keys folder: String, replacing: Bool,
    slices: [Migration], now: Instant
  ) async throws -> Restored {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch { throw FileBytes.problem(errno, folder) }
    let work = try WorkFolder(in: folder)
    let header = try extract(path, secret, into: work.path, of: work)
    guard header.engine == "postgres" else { throw BackupProblem.otherEngine(engine: header.engine) }
    guard header.migration.isEmpty || Database.steps(slices).contains(header.migration) else {
      throw DatabaseProblem.newerThanProgram(migration: header.migration)
    }
    let tables = try await using(try Database(.postgres(url), connections: 1)) { database in
      try await database.driver.read { connection in
        try connection.rows("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'", [])[0].int(0)
      }
    }
    let moved = try otherKeys(in: folder, than: work.path)
    guard replacing || (tables == 0 && moved.isEmpty) else {
      throw BackupProblem.targetNotEmpty(path: tables == 0 ? folder : "PostgreSQL")
    }
    let stamp = dated(now)
    let schema = Database.keptSchemaPrefix + stamp.dropFirst("before-".count).replacing("-", with: "_")
    try await load(
      work.path, PostgresTools(url: url), aside: tables > 0 ? schema : nil)
    try await using(try Database(.postgres(url), connections: 1)) {
      try await $0.endEverySession()
      try await $0.giveUpChanging()
    }
    for name in moved { rename("\(folder)/\(name)", "\(folder)/\(name).\(stamp)") }
    for name in keyNames { rename("\(work.path)/\(name)", "\(folder)/\(name)") }
    try DraftFile.keep(folder)
    return Restored(
      header: header, kept: tables > 0 ? schema : nil, elapsedMs: (clock.now - start).milliseconds)
  }

  /// Keys in `folder` that are not those beside the copy.
  private static func otherKeys(in folder: String, than copy: String) throws -> [String] {
    keyNames.filter { name in
      guard let here = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return false }
      return FileManager.default.contents(atPath: "\(copy)/\(name)") != here
    }
  }

  /// Loads the dump in `folder` in one transaction.
  ///
  /// - Parameter aside: the schema that what is there is moved to first.
  private static func load(_ folder: String, _ tools: PostgresTools, aside: String?) async throws {
    var words = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1"]
    if let aside {
      words += ["-c", "ALTER SCHEMA public RENAME TO \(aside)", "-c", "CREATE SCHEMA public"]
    }
    try await tools.run(
      (
        "pg_restore",
        ["--no-owner", "--no-privileges", "-f", "-", "\(folder)/\(Database.copyName(.postgres))"]
      ), into: ("psql", words + ["-f", "-"]), notes: folder + "/notes")
  }

  /// A database of its own on `server`, with the dump in `folder` in it, gone afterwards.
  private static func withScratch<T>(
    _ server: String, _ folder: String, _ body: (String) async throws -> T
  ) async throws -> T {
    let tools = try PostgresTools(url: server)
    let name = "mamorite_verify_" + hexadecimal(BackupSecret.random(6))
    do {
      try await tools.run(
        "psql",
        [
          "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
          "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8'",
        ],
        notes: folder + "/notes")
    } catch BackupProblem.toolFailed(_, let reason) { throw BackupProblem.noScratch(reason: reason) }
    let result: Result<T, any Error>
    do {
      try await load(folder, tools.at(database: name), aside: nil)
      try await tools.at(database: name).run(
        "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", Database.allowBackup], notes: folder + "/notes")
      result = .success(try await body(PostgresTools.url(server, database: name)))
    } catch { result = .failure(error) }
    try await tools.run(
      "psql", ["-X", "-q", "-c", "DROP DATABASE IF EXISTS \(name) WITH (FORCE)"], notes: folder + "/notes")
    return try result.get()
  }
}

extension PostgresTools {
  /// The same address with another database: what stands last wins.
  static func url(_ url: String, database: String) throws -> String {
    guard var parts = URLComponents(string: url) else {
      throw DatabaseProblem.badAddress(String(url.prefix { $0 != ":" }))
    }
    parts.path = "/" + database
    parts.queryItems = parts.queryItems?.filter { $0.name != "dbname" }
    return parts.string ?? url
  }
}
