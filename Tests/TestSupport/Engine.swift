import Foundation
public import Kernel
public import Storage
import Subprocess
import Synchronization
import SystemPackage
public import Testing

/// A database that the suite runs on.
public enum Engine: String, Sendable, CaseIterable, CustomTestStringConvertible {
  case sqlite, postgres

  public var testDescription: String { rawValue }

  /// SQLite always; PostgreSQL when `tools/with-postgres.sh` has started a cluster.
  public static let available: [Engine] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]

  static let postgresURL = ProcessInfo.processInfo.environment["MAMORITE_TEST_POSTGRES"]

  /// An empty database with the schema of `migrations`, gone when `body` returns.
  public func withDatabase<T>(
    _ migrations: [Migration], _ body: (Database) async throws -> T
  ) async throws -> T {
    switch self {
    case .sqlite:
      return try await withTemporaryFolder { folder in
        try await Engine.use(try Database(.directory(folder)), migrations, body)
      }
    case .postgres:
      return try await Engine.turns.inTurn {
        try await withTemporaryFolder { folder in
          let database = try Database(
            .postgres(try await Engine.newPostgres()), connections: 3, keys: folder)
          return try await Engine.use(database, migrations, body)
        }
      }
    }
  }

  /// A copy of a database that is made once for all tests, gone when `body` returns.
  public func withDatabase<T, Content: Sendable>(
    copyOf prepared: PreparedDatabase<Content>, _ body: (Database, Content) async throws -> T
  ) async throws -> T {
    let (place, content) = try await prepared.made(on: self)
    let turns = self == .sqlite ? Engine.copies : Engine.turns
    return try await turns.inTurn {
      try await withTemporaryFolder { folder in
        switch self {
        case .sqlite:
          for name in try FileManager.default.contentsOfDirectory(atPath: place) {
            try FileManager.default.copyItem(atPath: "\(place)/\(name)", toPath: "\(folder)/\(name)")
          }
          return try await Engine.use(try Database(.directory(folder))) { try await body($0, content) }
        case .postgres:
          let database = try Database(
            .postgres(try await Engine.newPostgres(copyOf: place)), connections: 3, keys: folder)
          return try await Engine.use(database) { try await body($0, content) }
        }
      }
    }
  }

  /// So many at a time: their people's passwords are checked one after the other, and only so many may wait for that.
  private static let copies = Turns(atOnce: 20)

  /// So many PostgreSQL databases at a time: all tests begin at once, and a cluster has only so many connections.
  private static let turns = Turns(atOnce: 20)

  /// Migrates, runs `body`, and closes the database however that ends.
  fileprivate static func use<T>(
    _ database: Database, _ migrations: [Migration], _ body: (Database) async throws -> T
  ) async throws -> T {
    try await use(database) { database in
      try await database.migrate(migrations, now: .test)
      return try await body(database)
    }
  }

  private static func use<T>(_ database: Database, _ body: (Database) async throws -> T) async throws -> T {
    let result: Result<T, any Error>
    do { result = .success(try await body(database)) } catch { result = .failure(error) }
    await database.close()
    return try result.get()
  }

  /// The address of a new PostgreSQL database, empty or like the one at an address to which nobody is connected.
  public static func newPostgres(copyOf original: String? = nil) async throws -> String {
    guard let url = postgresURL else { throw NoPostgres() }
    let name = "t" + ID<Engine>(at: .test).text.replacing("-", with: "")
    let template = original?.firstMatch(of: #//(t[0-9a-f]+)\?/#).map { " TEMPLATE \($0.1)" } ?? ""
    let psql = try await Subprocess.run(
      .path("/usr/bin/psql"), arguments: ["-q", "-d", url, "-c", "CREATE DATABASE \(name)\(template)"],
      output: .discarded)
    guard psql.terminationStatus.isSuccess else { throw NoPostgres() }
    return url.replacing("/postgres?", with: "/\(name)?")
  }

  struct NoPostgres: Error {}
}

/// Folders for all tests, removed when the program of the tests ends.
private let leftAtTheEnd = Mutex<[String]>([])

/// A database with its schema and content, made once on each engine by whoever first needs it; tests get copies.
public actor PreparedDatabase<Content: Sendable> {
  private let migrations: @Sendable () -> [Migration]
  private let fill: @Sendable (Database) async throws -> Content
  private var makings: [Engine: Task<(place: String, content: Content), any Error>] = [:]

  public init(
    _ migrations: @escaping @Sendable () -> [Migration],
    fill: @escaping @Sendable (Database) async throws -> Content
  ) {
    (self.migrations, self.fill) = (migrations, fill)
  }

  /// Where it lies: a folder, or the address of a PostgreSQL database; and what was put into it.
  func made(on engine: Engine) async throws -> (place: String, content: Content) {
    let making =
      makings[engine]
      ?? Task { [migrations, fill] in
        let folder = FileManager.default.temporaryDirectory.path + "/mamorite-" + ID<Engine>(at: .test).text
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // A database of PostgreSQL goes with its cluster.
        if leftAtTheEnd.withLock({
          $0.append(folder)
          return $0.count
        }) == 1 {
          atexit {
            for folder in leftAtTheEnd.withLock({ $0 }) {
              try? FileManager.default.removeItem(atPath: folder)
            }
          }
        }
        let place = engine == .sqlite ? folder : try await Engine.newPostgres()
        let address: Database.Address = engine == .sqlite ? .directory(folder) : .postgres(place)
        let database = try Database(address, connections: 3, keys: folder)
        let content = try await Engine.use(database, migrations(), fill)
        return (place, content)
      }
    makings[engine] = making
    return try await making.value
  }
}

/// A folder that is gone when `body` returns.
public func withTemporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
  let folder = FileManager.default.temporaryDirectory.path + "/mamorite-" + ID<Engine>(at: .test).text
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nothing
  return try await body(folder)
}

extension Instant {
  /// 2026-02-24 10:40 in Tokyo: the day of the design's story.
  public static let test = Instant(milliseconds: 1_771_897_200_000)
}
