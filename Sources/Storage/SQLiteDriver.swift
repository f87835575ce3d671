import Foundation
import GRDB
import GRDBSQLite
import Kernel

/// SQLite through GRDB's pool: one writer, several readers, WAL, full sync.
struct SQLiteDriver: Driver {
  let dialect = Dialect.sqlite
  private let pool: DatabasePool
  private let path: String
  /// Held by `serve` so that a second server on the same file refuses; released by the system when the process ends.
  private let lock: FileLock?

  /// - Throws: ``DatabaseProblem``.
  init(path: String, exclusive: Bool, examined: Bool) throws {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw DatabaseProblem.cannotOpen(path: folder, reason: error.localizedDescription)
    }
    guard access(folder, W_OK) == 0, !FileManager.default.fileExists(atPath: path) || access(path, W_OK) == 0
    else {
      throw DatabaseProblem.readOnly(path: path)
    }
    lock = exclusive ? try FileLock(path: path + ".serving", for: path) : nil
    try SQLiteDriver.inspect(path, wholly: examined)

    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      try db.execute(sql: "PRAGMA cache_size = -8000")
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // The writer alone gets room for the pages that a large import changes: those that do not fit are written to the log
      // and read back again and again. Nothing is taken before it is needed.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA cache_size = -49152") }
    } catch {
      throw SQLiteDriver.explained(error, path: path)
    }
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await explaining { try await pool.read { db in try body(SQLiteConnection(db: db)) } }
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await explaining { try await pool.write { db in try body(SQLiteConnection(db: db)) } }
  }

  func migrate<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await explaining {
      try await pool.barrierWriteWithoutTransaction { db in
        var result: T?
        try db.inTransaction(.immediate) {
          result = try body(SQLiteConnection(db: db))
          return .commit
        }
        guard let result else { throw Row.Corrupt("no result") }
        return result
      }
    }
  }

  /// A consistent copy of the whole database at `copy`, which a power cut may spoil: it is there to be read at once.
  func copy(to copy: String) async throws {
    try await explaining {
      var configuration = Configuration()
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
      let target = try DatabaseQueue(path: copy, configuration: configuration)
      try pool.backup(to: target)
      try target.close()
    }
  }

  func close() async {
    // GRDB closes its readers last, and those cannot move the log into the file: without this, a copy of
    // `mamorite.sqlite` alone lacks what was written. A failure leaves nothing lost: SQLite has written every commit.
    _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
    try? pool.close()
  }

  /// Reads an existing file before it is opened for writing, which itself writes to it.
  ///
  /// - Parameter wholly: every page instead of the schema and its steps alone.
  /// - Throws: ``DatabaseProblem/damaged(path:)``; what else is wrong shows when the file is opened.
  private static func inspect(_ path: String, wholly: Bool) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let verdict = try queue.read { db in
        let tables = try String.fetchSet(db, sql: "SELECT name FROM sqlite_master")
        if tables.contains("schema_step") { _ = try GRDB.Row.fetchAll(db, sql: "SELECT * FROM schema_step") }
        return wholly ? try String.fetchOne(db, sql: "PRAGMA quick_check(1)") : "ok"
      }
      try queue.close()
      guard verdict == "ok" else { throw DatabaseProblem.damaged(path: path) }
    } catch let error as GRDB.DatabaseError {
      guard case let problem as DatabaseProblem = explained(error, path: path),
        problem == .damaged(path: path)
      else { return }
      throw problem
    }
  }

  private func explaining<T>(_ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as GRDB.DatabaseError {
      throw SQLiteDriver.explained(error, path: path)
    }
  }

  private static func explained(_ error: any Error, path: String) -> any Error {
    guard let error = error as? GRDB.DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return DatabaseProblem.damaged(path: path)
    case .SQLITE_FULL: return DatabaseProblem.full
    // No room for the index of the log.
    case _ where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: return DatabaseProblem.full
    case .SQLITE_READONLY: return DatabaseProblem.readOnly(path: path)
    case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM:
      return DatabaseProblem.cannotOpen(path: path, reason: error.message ?? "\(error.resultCode)")
    default: return error
    }
  }
}

private struct SQLiteConnection: Connection {
  let db: GRDB.Database
  var dialect: Dialect { .sqlite }

  func rows(_ text: String, _ values: [SQLValue]) throws -> [Row] {
    let statement = try db.cachedStatement(sql: text)
    try bind(values, to: statement)
    let cursor = try GRDB.Row.fetchCursor(statement)
    let row = SQLiteRow(statement: statement.sqliteStatement)
    let columns = 0..<statement.columnCount
    var rows: [Row] = []
    while try cursor.next() != nil { rows.append(Row(values: columns.map(row.kept))) }
    return rows
  }

  func scan(_ text: String, _ values: [SQLValue], _ body: (LentRow) throws -> Bool) throws {
    let statement = try db.cachedStatement(sql: text)
    try bind(values, to: statement)
    let target = statement.sqliteStatement
    // Stepped without GRDB's cursor, which takes as long again as the step does.
    defer { sqlite3_reset(target) }
    let row = LentRow(place: .sqlite(SQLiteRow(statement: target)))
    while true {
      switch sqlite3_step(target) {
      case SQLITE_ROW: guard try body(row) else { return }
      case SQLITE_DONE: return
      case let code:
        throw GRDB.DatabaseError(
          resultCode: ResultCode(rawValue: code),
          message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
      }
    }
  }

  func change(_ text: String, _ values: [SQLValue]) throws -> Int {
    let statement = try db.cachedStatement(sql: text)
    try bind(values, to: statement)
    do { try statement.execute() } catch let error as GRDB.DatabaseError
      where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY
    {
      throw BrokenReference()
    }
    return db.changesCount
  }
}

extension SQLiteConnection {
  /// Gives a statement its values. GRDB's own arguments wrap each of them several times, which takes longer than SQLite does.
  ///
  /// The number of values is that of the places: both come from one `SQL`.
  private func bind(_ values: [SQLValue], to statement: Statement) throws {
    statement.setUncheckedArguments(StatementArguments())
    let target = statement.sqliteStatement
    for (index, value) in zip(Int32(1)..., values) {
      let code =
        switch value {
        case .null: SQLITE_OK  // what is not bound is null
        case .int(let number): sqlite3_bind_int64(target, index, number)
        case .bool(let flag): sqlite3_bind_int64(target, index, flag ? 1 : 0)
        case .double(let number): sqlite3_bind_double(target, index, number)
        case .text(var text):
          text.withUTF8 { bytes in
            // Without an address SQLite would take an empty text for null.
            bytes.withMemoryRebound(to: CChar.self) { chars in
              guard let start = chars.baseAddress else {
                return sqlite3_bind_text(target, index, "", 0, copied)
              }
              return sqlite3_bind_text(target, index, start, Int32(chars.count), copied)
            }
          }
        case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(target, index, 0)
        case .blob(let bytes): sqlite3_bind_blob(target, index, bytes, Int32(bytes.count), copied)
        }
      guard code == SQLITE_OK else { throw GRDB.DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
  }
}

/// SQLite's sign that it has to copy what it is given.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

/// The row at which a statement stands.
struct SQLiteRow {
  let statement: SQLiteStatement

  func int(_ index: Int) throws -> Int {
    let value = value(index)
    guard sqlite3_value_type(value) == SQLITE_INTEGER else {
      throw Row.Corrupt("column \(index) holds no integer")
    }
    return Int(sqlite3_value_int64(value))
  }

  func text(_ index: Int) throws -> UnsafeRawBufferPointer? {
    let value = value(index)
    switch sqlite3_value_type(value) {
    case SQLITE_NULL: return nil
    case SQLITE_TEXT:
      let start = sqlite3_value_text(value)
      return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
    default: throw Row.Corrupt("column \(index) holds no text")
    }
  }

  /// A value that outlives the row.
  func kept(_ index: Int) -> SQLValue {
    let value = value(index)
    switch sqlite3_value_type(value) {
    case SQLITE_INTEGER: return .int(sqlite3_value_int64(value))
    case SQLITE_FLOAT: return .double(sqlite3_value_double(value))
    case SQLITE_TEXT:
      let start = sqlite3_value_text(value)
      let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
      return .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let start = sqlite3_value_blob(value)
      return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))))
    default: return .null
    }
  }

  /// Cheaper to ask three times than the column, and without SQLite's lock: GRDB lets one thread at a time at a connection.
  private func value(_ index: Int) -> OpaquePointer? { sqlite3_column_value(statement, Int32(index)) }
}

/// An advisory lock on a file, held for as long as this value's process lives.
private final class FileLock: Sendable {
  private let descriptor: Int32

  init(path: String, for database: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw DatabaseProblem.cannotOpen(path: path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw DatabaseProblem.alreadyServed(path: database)
    }
  }

  deinit { close(descriptor) }
}

/// Whether either database refused a row for what is in it: a value that its table forbids, a key twice, a row that is not there.
func isRefusedRow(_ error: any Error) -> Bool {
  switch error {
  case is BrokenReference: true
  case let error as GRDB.DatabaseError: [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode)
  // Classes 22 (data) and 23 (integrity) of SQLSTATE.
  case let error as PostgresError: error.state.hasPrefix("22") || error.state.hasPrefix("23")
  default: false
  }
}
