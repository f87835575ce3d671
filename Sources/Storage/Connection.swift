public import Kernel

/// One open connection inside one transaction. Drivers implement it; stores never see it.
protocol Connection {
  var dialect: Dialect { get }
  /// Runs a statement that gives rows.
  func rows(_ text: String, _ values: [SQLValue]) throws -> [Row]
  /// Runs a statement and lends its rows one by one, for as long as `body` gives true.
  func scan(_ text: String, _ values: [SQLValue], _ body: (LentRow) throws -> Bool) throws
  /// Runs a statement that changes rows and gives their number.
  func change(_ text: String, _ values: [SQLValue]) throws -> Int
}

/// A row where the driver has it, without a copy; columns by position, 0-based.
///
/// A column of another type throws ``Row/Corrupt``.
public struct LentRow {
  enum Place {
    case sqlite(SQLiteRow)
    case postgres(PostgresRow)
  }
  let place: Place

  public func int(_ index: Int) throws -> Int {
    switch place {
    case .sqlite(let row): try row.int(index)
    case .postgres(let row): try row.int(index)
    }
  }

  /// The bytes of a text, nil for NULL; gone with the row.
  public func text(_ index: Int) throws -> UnsafeRawBufferPointer? {
    switch place {
    case .sqlite(let row): try row.text(index)
    case .postgres(let row): try row.text(index)
    }
  }
}

/// A database reached through one driver: a pool of readers and a way to write.
protocol Driver: Sendable {
  var dialect: Dialect { get }
  func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T
  func write<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T
  /// Runs schema changes alone, outside any other's sight; on PostgreSQL under an advisory lock.
  func migrate<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T
  func close() async
}

/// A row that another row names cannot go, or a row was to name one that is not there. The transaction is lost.
public struct BrokenReference: Error, Equatable {}

/// Faults of the database that a person at the machine can do something about.
public enum DatabaseProblem: Problem, Equatable {
  case alreadyServed(path: String)
  case cannotOpen(path: String, reason: String)
  case readOnly(path: String)
  case damaged(path: String)
  case newerThanProgram(migration: String)
  case migrationFailed(migration: String, reason: String, copy: String)
  case unfinishedMigration(migration: String)
  case unreachable(reason: String)
  case full
  case badAddress(String)
  case noDatabase(path: String)

  public var code: String {
    switch self {
    case .alreadyServed: "storage.alreadyServed"
    case .cannotOpen: "storage.cannotOpen"
    case .readOnly: "storage.readOnly"
    case .damaged: "storage.damaged"
    case .newerThanProgram: "storage.newerThanProgram"
    case .migrationFailed: "storage.migrationFailed"
    case .unfinishedMigration: "storage.unfinishedMigration"
    case .unreachable: "storage.unreachable"
    case .full: "storage.full"
    case .badAddress: "storage.badAddress"
    case .noDatabase: "storage.noDatabase"
    }
  }

  public var kind: ProblemKind { .unavailable }

  public var arguments: [String] {
    switch self {
    case .alreadyServed(let path), .readOnly(let path), .damaged(let path), .noDatabase(let path): [path]
    case .cannotOpen(let path, let reason): [path, reason]
    case .newerThanProgram(let migration), .unfinishedMigration(let migration): [migration]
    case .migrationFailed(let migration, let reason, let copy): [migration, reason, copy]
    case .badAddress(let reason): [reason]
    case .unreachable: []  // its reason is for those who run the server
    case .full: []
    }
  }
}
