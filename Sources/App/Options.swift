import ArgumentParser
import Assurance
import Foundation
import Glibc
import Kernel
import Registers
import Storage
import Web

/// Where the data is; every command that touches it takes these.
struct DataOptions: ParsableArguments {
  @Option(help: "データの置き場所 (SQLite と署名の鍵)。 Directory of the SQLite database and of the signing key.")
  var data = "var/data"

  @Option(
    help: "postgres://利用者:パスワード@サーバ:5432/名前。 PostgreSQL instead of SQLite; also read from MAMORITE_DATABASE.")
  var database: String?

  func address() throws -> Database.Address {
    if let url = database ?? ProcessInfo.processInfo.environment["MAMORITE_DATABASE"] {
      return try Database.Address.parse(url: url)
    }
    return .directory(data)
  }

  /// Opens the database and brings its schema to this program's.
  func open(_ library: PackLibrary, exclusive: Bool = false) async throws -> Database {
    let database = try Database(try address(), exclusive: exclusive, keys: data)
    try await database.migrate(Slices.all(library).flatMap(\.migrations), now: Clock.now) { copy in
      Terminal.error(
        Terminal.line("データベースを更新します。更新の前の控え: \(copy)", "Updating the database. Copy made before: \(copy)"))
    }
    return database
  }

  /// Opens a database that must be there already, and changes nothing in it.
  ///
  /// - Parameter examined: true to read every page of an SQLite file first.
  func openExisting(examined: Bool = true) throws -> Database {
    let address = try address()
    if case .directory(let folder) = address {
      let path = folder + "/mamorite.sqlite"
      guard FileManager.default.fileExists(atPath: path) else { throw DatabaseProblem.noDatabase(path: path) }
    }
    return try Database(address, examined: examined, keys: data)
  }

  static func library() throws -> PackLibrary {
    try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
  }
}

/// The edge at which time enters.
enum Clock {
  /// Now, or the moment in `MAMORITE_NOW` (milliseconds since 1970) for tests and demonstrations.
  static var now: Instant {
    if let fixed { return fixed }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Read once: Foundation copies the whole environment each time, and every request asks what time it is.
  private static let fixed = ProcessInfo.processInfo.environment["MAMORITE_NOW"].flatMap(Int64.init).map {
    Instant(milliseconds: $0)
  }
}

struct FacilityOption: ParsableArguments {
  @Option(help: "施設の番号。 Id of the facility, as listed by `facility list`.")
  var facility: String

  func scope(_ database: Database) async throws -> Scope {
    guard let id = FacilityID(facility) else {
      throw ValidationError("--facility: \(facility) is not an id / 施設の番号ではありません")
    }
    let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
    let scope = Scope(database, actor: .shell(name), facility: id, now: Clock.now)
    _ = try await Facilities.this(scope)
    return scope
  }
}

/// Reads a whole file.
func contents(of path: String) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw ValidationError(
      "\(path): ファイルを読めません。名前と権限を確かめてください / the file cannot be read; check its name and permissions")
  }
  return [UInt8](data)
}

/// Writes a file whole or not at all.
func write(_ bytes: [UInt8], to path: String) throws {
  do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
    throw OutputProblem(path: path, reason: error.localizedDescription)
  }
}

/// The sample workbooks are not where they are looked for.
struct SamplesMissing: Problem {
  let folder: String
  var code: String { "demo.noSamples" }
  var kind: ProblemKind { .notFound }
  var arguments: [String] { [folder] }
}

/// A file, or what stands for standard output, takes nothing: no such folder, no permission, no room.
struct OutputProblem: Problem {
  let path: String
  let reason: String
  var code: String { "output.notWritten" }
  var kind: ProblemKind { .unavailable }
  var arguments: [String] { [path, reason] }
}
