import Foundation
public import Kernel
import Synchronization

/// Where everything is kept: one SQLite file or one PostgreSQL database.
public final class Database: Sendable {
  let driver: any Driver
  private let statements = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  public let location: String
  /// Where the keys of the installation lie: beside an SQLite file; on PostgreSQL where ``init(_:exclusive:examined:connections:keys:)``
  /// was told, nil without.
  public let keyFolder: String?

  /// Which database to open.
  public enum Address: Sendable, Equatable {
    /// A directory; the file in it is `mamorite.sqlite`.
    case directory(String)
    /// `postgres://user:password@host:port/name` or `postgresql://…`.
    case postgres(String)

    public static func parse(url: String) throws(DatabaseProblem) -> Address {
      guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
        // Only the beginning: the rest may hold a password.
        throw .badAddress(String(url.prefix { $0 != ":" }))
      }
      return .postgres(url)
    }
  }

  /// Opens the database without changing it.
  ///
  /// - Parameters:
  ///   - exclusive: true for `serve` on SQLite; a second one refuses with `.alreadyServed`.
  ///   - examined: true to read every page of an SQLite file before opening it, as `exclusive` does.
  ///   - keys: the folder for the keys of the installation on PostgreSQL.
  /// - Throws: ``DatabaseProblem``.
  public init(
    _ address: Address, exclusive: Bool = false, examined: Bool = false, connections: Int = 6,
    keys: String? = nil
  ) throws {
    switch address {
    case .directory(let directory):
      location = directory + "/mamorite.sqlite"
      keyFolder = directory
      driver = try SQLiteDriver(path: location, exclusive: exclusive, examined: exclusive || examined)
    case .postgres(let url):
      location = "PostgreSQL"
      keyFolder = keys
      driver = try PostgresDriver(url: url, connections: connections)
    }
  }

  public var dialect: Dialect { driver.dialect }

  /// Statements run since the start, for the tests that hold pages to a constant number.
  public var statementCount: Int { statements.load(ordering: .relaxed) }

  /// Transactions under way, for `/metrics`.
  public var activeTransactions: Int { active.load(ordering: .relaxed) }

  func counted() { statements.add(1, ordering: .relaxed) }

  /// Reads in one consistent view.
  func read<T: Sendable>(
    facility: FacilityID?, account: AccountID?, wide: Bool = false,
    _ body: @escaping @Sendable (ReadTx) throws -> T
  ) async throws -> T {
    active.add(1, ordering: .relaxed)
    defer { active.subtract(1, ordering: .relaxed) }
    return try await driver.read { [self] connection in
      let tx = ReadTx(connection: connection, database: self, facilityID: facility)
      try tx.confine(to: facility, account: account, wide: wide)
      return try body(tx)
    }
  }

  func write<T: Sendable>(
    _ scope: Scope, account: AccountID?, wide: Bool = false, _ body: @escaping @Sendable (WriteTx) throws -> T
  ) async throws -> T {
    active.add(1, ordering: .relaxed)
    defer { active.subtract(1, ordering: .relaxed) }
    return try await driver.write { [self] connection in
      let tx = WriteTx(connection: connection, database: self, scope: scope)
      try tx.confine(to: scope.facility, account: account, wide: wide)
      if !wide { try tx.lockLedger() }
      let result = try body(tx)
      try tx.storeHead()
      return result
    }
  }

  public func close() async { await driver.close() }

  /// A consistent copy of an SQLite database; PostgreSQL has its own tools.
  public func copy(to path: String) async throws {
    guard let sqlite = driver as? SQLiteDriver else { return }
    try await sqlite.copy(to: path)
  }
}

/// Who acts, for which facility, when. Nothing is read or written without one.
public struct Scope: Sendable {
  public let database: Database
  public let actor: Actor
  public let facility: FacilityID
  public let now: Instant
  public let permissions: Set<Permission>
  /// By what the actor has just proved who they are; entries of privileged operations are marked with it.
  public let proof: String?
  /// How often the facility's own editions had changed when the request came in; nil where nobody has looked.
  public let editions: Int?

  public init(
    _ database: Database, actor: Actor, facility: FacilityID, now: Instant, permissions: Set<Permission> = [],
    proof: String? = nil, editions: Int? = nil
  ) {
    self.database = database
    self.actor = actor
    self.facility = facility
    self.now = now
    self.permissions = permissions
    self.proof = proof
    self.editions = editions
  }

  public func read<T: Sendable>(_ body: @escaping @Sendable (ReadTx) throws -> T) async throws -> T {
    try await database.read(facility: facility, account: nil, body)
  }

  public func write<T: Sendable>(_ body: @escaping @Sendable (WriteTx) throws -> T) async throws -> T {
    try await database.write(self, account: nil, body)
  }

  public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

  /// The person who acts; nil for the system, a shell or a vendor.
  public var person: PersonID? {
    if case .person(let id, _) = actor { id } else { nil }
  }

  public func newID<T>(of type: T.Type = T.self) -> ID<T> { ID(at: now) }
}

/// Reads that belong to no single facility: sign-in, the list of facilities, the worker.
///
/// Kept apart from ``Scope`` so that every such place can be found by its name.
public struct Installation: Sendable {
  public let database: Database
  public init(_ database: Database) { self.database = database }

  /// Facilities and accounts; on PostgreSQL only rows of `account` are seen in tables of facilities.
  public func read<T: Sendable>(
    account: AccountID? = nil, _ body: @escaping @Sendable (ReadTx) throws -> T
  ) async throws -> T {
    try await database.read(facility: nil, account: account, body)
  }

  /// The due queue and the outbox of every facility, for the worker and for `/metrics`.
  public func readQueues<T: Sendable>(_ body: @escaping @Sendable (ReadTx) throws -> T) async throws -> T {
    try await database.read(facility: nil, account: nil, wide: true, body)
  }

  /// Sessions, sign-in attempts and leases: rows that are no records of a facility.
  public func keep<T: Sendable>(
    now: Instant, _ body: @escaping @Sendable (HousekeepingTx) throws -> T
  ) async throws -> T {
    let scope = Scope(database, actor: .system("installation"), facility: Installation.none, now: now)
    return try await database.write(scope, account: nil, wide: true) { try body(HousekeepingTx(tx: $0)) }
  }

  /// An id that no facility has.
  private static let none =
    FacilityID("00000000-0000-7000-8000-000000000000") ?? FacilityID(at: Instant(milliseconds: 0))
}

/// A read-only transaction; the engine refuses writes in it.
public class ReadTx {
  let connection: any Connection
  let database: Database
  private let facilityID: FacilityID?

  init(connection: any Connection, database: Database, facilityID: FacilityID?) {
    self.connection = connection
    self.database = database
    self.facilityID = facilityID
  }

  /// The facility of this transaction; every statement on a facility's table names it.
  public var facility: FacilityID {
    guard let facilityID else { preconditionFailure("an installation-wide read has no facility") }
    return facilityID
  }

  public var dialect: Dialect { connection.dialect }

  public func all<T>(_ sql: SQL, _ make: (Row) throws -> T) throws -> [T] {
    try rows(sql).map(make)
  }

  public func first<T>(_ sql: SQL, _ make: (Row) throws -> T) throws -> T? {
    try rows(sql).first.map(make)
  }

  /// The number in the first column of the first row, 0 when there is none.
  public func count(_ sql: SQL) throws -> Int {
    try rows(sql).first.map { try $0.int(0) } ?? 0
  }

  private func rows(_ sql: SQL) throws -> [Row] {
    let (text, values) = sql.rendered(for: connection.dialect)
    database.counted()
    return try connection.rows(text, values)
  }

  /// Lends the rows one by one, for as long as `body` gives true.
  public func scan(_ sql: SQL, _ body: (LentRow) throws -> Bool) throws {
    let (text, values) = sql.rendered(for: connection.dialect)
    database.counted()
    try connection.scan(text, values, body)
  }

  /// Tells PostgreSQL's row-level security which rows this transaction may see; SQLite has none and needs no statement.
  func confine(to facility: FacilityID?, account: AccountID?, wide: Bool) throws {
    guard connection.dialect == .postgres else { return }
    let sql: SQL = """
      SELECT set_config('mamorite.facility', \(facility?.text ?? ""), true),
        set_config('mamorite.account', \(account?.text ?? ""), true),
        set_config('mamorite.wide', \(wide ? "on" : ""), true)
      """
    let (text, values) = sql.rendered(for: .postgres)
    _ = try connection.rows(text, values)
  }

  func change(_ sql: SQL) throws -> Int {
    let (text, values) = sql.rendered(for: connection.dialect)
    database.counted()
    return try connection.change(text, values)
  }
}

/// A transaction that may write. Either all of it happens or nothing.
public final class WriteTx: ReadTx {
  public let scope: Scope
  /// The head after this transaction's own entries; nil before the first.
  var ledgerHead: LedgerHead?

  init(connection: any Connection, database: Database, scope: Scope) {
    self.scope = scope
    super.init(connection: connection, database: database, facilityID: scope.facility)
  }

  /// Changes rows and records the change, in this transaction. The only way to change a record.
  ///
  /// - Throws: ``Stale`` when the first statement finds no row: someone else was faster.
  public func apply(_ sql: SQL, _ further: SQL..., recording entry: Change) throws {
    try apply([sql] + further, recording: entry)
  }

  public func apply(_ statements: [SQL], recording entry: Change) throws {
    for (index, statement) in statements.enumerated() {
      let changed = try change(statement)
      if index == 0 && changed == 0 { throw Stale() }
    }
    try append(scope.proof.map(entry.marked) ?? entry)
  }
}

/// Changes rows that are no records: sessions, leases, delivery attempts, stored bytes.
public struct HousekeepingTx {
  let tx: WriteTx

  /// Gives the number of rows changed.
  @discardableResult
  public func run(_ sql: SQL) throws -> Int { try tx.change(sql) }

  public func all<T>(_ sql: SQL, _ make: (Row) throws -> T) throws -> [T] { try tx.all(sql, make) }
  public func first<T>(_ sql: SQL, _ make: (Row) throws -> T) throws -> T? { try tx.first(sql, make) }
}

extension WriteTx {
  /// For rows beside a record in the same transaction (bytes of a file, due rows, outbox rows).
  public var housekeeping: HousekeepingTx { HousekeepingTx(tx: self) }
}
