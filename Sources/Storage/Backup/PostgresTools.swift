import CPostgres
import Dispatch
import Foundation
import Kernel

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
  /// - Throws: ``BackupProblem``: it is not installed, or what it said when it failed.
  func run(_ name: String, _ words: [String], input: String? = nil, output: String? = nil, notes: String)
    throws
  {
    let ended = try start(
      name, words, input: try input.map { try handle($0, O_RDONLY) },
      output: try output.map { try handle($0, O_WRONLY | O_CREAT | O_TRUNC) }, notes: notes)
    try ended()
  }

  /// Runs a program and hands what it writes to a second one.
  func run(
    _ first: (name: String, words: [String]), into second: (name: String, words: [String]), notes: String
  ) throws {
    let pipe = Pipe()
    let reader = try start(
      second.name, second.words, input: pipe.fileHandleForReading, output: nil, notes: notes + "-2")
    let writer = try start(
      first.name, first.words, input: nil, output: pipe.fileHandleForWriting, notes: notes + "-1")
    try pipe.fileHandleForReading.close()
    try pipe.fileHandleForWriting.close()
    let outcomes = [Result { try reader() }, Result { try writer() }]
    // Both have ended; the reader's reason is the nearer one.
    for outcome in outcomes { try outcome.get() }
  }

  private func handle(_ path: String, _ mode: Int32) throws -> FileHandle {
    let file = open(path, mode | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileBytes.problem(errno, path) }
    return FileHandle(fileDescriptor: file, closeOnDealloc: true)
  }

  /// - Parameter notes: a file for what the program says.
  /// - Returns: waits for its end.
  private func start(
    _ name: String, _ words: [String], input: FileHandle?, output: FileHandle?, notes: String
  ) throws -> () throws -> Void {
    guard let program = PostgresTools.find(name, environment) else {
      throw BackupProblem.toolMissing(name: name)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = words
    process.environment = environment
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = try handle(notes, O_WRONLY | O_CREAT | O_TRUNC)
    let end = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in end.signal() }
    try process.run()
    return {
      end.wait()
      guard process.terminationReason == .exit, process.terminationStatus == 0 else {
        // Without its words the failure is still one.
        let said = (try? String(contentsOfFile: notes, encoding: .utf8)) ?? ""
        throw PostgresTools.problem(name, String(said.prefix(600)))
      }
    }
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
