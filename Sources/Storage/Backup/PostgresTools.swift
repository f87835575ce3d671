import CPostgres
import Dispatch
import Foundation
import Kernel
import Subprocess
import Synchronization
import SystemPackage

/// PostgreSQL's own programs (`pg_dump`, `pg_restore`, `psql`) on the database of an address.
///
/// The address goes to them by the environment: the list of arguments, which every user of the machine can read, holds no password.
struct PostgresTools: Sendable {
  private let environment: [String: String]

  init(url: String) throws {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      PQfreemem(message)
      throw DatabaseProblem.badAddress(String(url.prefix { $0 != ":" }))
    }
    defer { PQconninfoFree(options) }
    var environment = ProcessInfo.processInfo.environment
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        if let name = option.pointee.envvar { environment[String(cString: name)] = String(cString: value) }
        // The one that matters and has no variable of its own in every version.
        if String(cString: keyword) == "options" { environment["PGOPTIONS"] = String(cString: value) }
      }
      option += 1
    }
    environment["PGCONNECT_TIMEOUT"] = environment["PGCONNECT_TIMEOUT"] ?? "5"
    environment["PGAPPNAME"] = "mamorite"
    environment["LC_ALL"] = "C"
    self.environment = environment
  }

  private init(_ environment: [String: String]) { self.environment = environment }

  /// The same server, another database.
  func at(database: String) -> PostgresTools {
    PostgresTools(environment.merging(["PGDATABASE": database]) { $1 })
  }

  /// The same with a setting of the session.
  func setting(_ name: String, _ value: String) -> PostgresTools {
    let options = [environment["PGOPTIONS"], "-c \(name)=\(value)"].compactMap { $0 }.joined(separator: " ")
    return PostgresTools(environment.merging(["PGOPTIONS": options]) { $1 })
  }

  /// Runs one of the programs to its end.
  ///
  /// - Parameters:
  ///   - output: a file for what it writes.
  ///   - notes: a file for what it says.
  /// - Throws: ``BackupProblem``: it is not installed, or what it said when it failed.
  func run(_ name: String, _ words: [String], output: String? = nil, notes: String) async throws {
    let program = try program(name)
    let input = try PostgresTools.file("/dev/null", .readOnly)
    try await run(program, words, input, try PostgresTools.file(output ?? "/dev/null", .writeOnly), notes)
  }

  /// The same for a caller that holds a thread of its own, such as a transaction; no other may wait like this.
  func runHere(_ name: String, _ words: [String], output: String, notes: String) throws {
    let outcome = Mutex<Result<Void, any Error>?>(nil)
    let end = DispatchSemaphore(value: 0)
    Task {
      let result: Result<Void, any Error>
      do { result = .success(try await run(name, words, output: output, notes: notes)) } catch {
        result = .failure(error)
      }
      outcome.withLock { $0 = result }
      end.signal()
    }
    end.wait()
    try outcome.withLock { $0 }?.get()
  }

  /// Runs a program and hands what it writes to a second one.
  func run(
    _ first: (name: String, words: [String]), into second: (name: String, words: [String]), notes: String
  ) async throws {
    let (writer, reader) = (try program(first.name), try program(second.name))
    let pipe = try FileDescriptor.pipe()
    async let written = outcome(
      writer, first.words, try PostgresTools.file("/dev/null", .readOnly), pipe.writeEnd, notes + "-1")
    async let read = outcome(
      reader, second.words, pipe.readEnd, try PostgresTools.file("/dev/null", .writeOnly), notes + "-2")
    // Both have ended; the reader's reason is the nearer one.
    for outcome in try await [read, written] { try outcome.get() }
  }

  private func outcome(
    _ program: String, _ words: [String], _ input: FileDescriptor, _ output: FileDescriptor, _ notes: String
  ) async -> Result<Void, any Error> {
    do { return .success(try await run(program, words, input, output, notes)) } catch {
      return .failure(error)
    }
  }

  private static func file(_ path: String, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        FilePath(path), mode,
        options: mode == .readOnly ? [.closeOnExec] : [.closeOnExec, .create, .truncate],
        permissions: mode == .readOnly ? nil : [.ownerReadWrite])
    } catch let problem as Errno { throw FileBytes.problem(problem.rawValue, path) }
  }

  /// The files are the program's from now on, and closed here.
  private func run(
    _ program: String, _ words: [String], _ input: FileDescriptor, _ output: FileDescriptor, _ notes: String
  ) async throws {
    let names = environment.map { (Environment.Key(stringLiteral: $0), $1) }
    let result = try await Subprocess.run(
      .path(FilePath(program)), arguments: Arguments(words),
      environment: .custom(Dictionary(uniqueKeysWithValues: names)),
      input: .fileDescriptor(input, closeAfterSpawningProcess: true),
      output: .fileDescriptor(output, closeAfterSpawningProcess: true),
      error: .fileDescriptor(try PostgresTools.file(notes, .writeOnly), closeAfterSpawningProcess: true))
    guard result.terminationStatus.isSuccess else {
      // Without its words the failure is still one.
      let said = (try? String(contentsOfFile: notes, encoding: .utf8)) ?? ""
      throw PostgresTools.problem(URL(fileURLWithPath: program).lastPathComponent, String(said.prefix(600)))
    }
  }

  private func program(_ name: String) throws(BackupProblem) -> String {
    guard let program = PostgresTools.find(name, environment) else {
      throw .toolMissing(name: name)
    }
    return program
  }

  private static func problem(_ name: String, _ said: String) -> any Error {
    if said.contains("No space left on device") || said.contains("could not write to output file") {
      return DatabaseProblem.full
    }
    if said.contains("connection to server") { return DatabaseProblem.unreachable(reason: said.trimmed) }
    let line = said.split(separator: "\n").first { $0.contains("error") || $0.contains("ERROR") }
    return BackupProblem.toolFailed(name: name, reason: String(line ?? said.prefix(200)).trimmed)
  }

  private static func find(_ name: String, _ environment: [String: String]) -> String? {
    (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
      .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
