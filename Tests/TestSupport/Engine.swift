import Foundation
public import Kernel
public import Storage
import Subprocess
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

  /// So many PostgreSQL databases at a time: all tests begin at once, and a cluster has only so many connections.
  private static let turns = Turns(atOnce: 60)

  /// Migrates, runs `body`, and closes the database however that ends.
  private static func use<T>(
    _ database: Database, _ migrations: [Migration], _ body: (Database) async throws -> T
  ) async throws -> T {
    let result: Result<T, any Error>
    do {
      try await database.migrate(migrations, now: .test)
      result = .success(try await body(database))
    } catch { result = .failure(error) }
    await database.close()
    return try result.get()
  }

  /// The address of a new, empty PostgreSQL database.
  public static func newPostgres() async throws -> String {
    guard let url = postgresURL else { throw NoPostgres() }
    let name = "t" + ID<Engine>(at: .test).text.replacing("-", with: "")
    let psql = try await Subprocess.run(
      .path("/usr/bin/psql"), arguments: ["-q", "-d", url, "-c", "CREATE DATABASE \(name)"],
      output: .discarded)
    guard psql.terminationStatus.isSuccess else { throw NoPostgres() }
    return url.replacing("/postgres?", with: "/\(name)?")
  }

  struct NoPostgres: Error {}
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
