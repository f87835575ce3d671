import Foundation
import Subprocess
import SystemPackage

/// Another program of this machine, run without a shell and never longer than it may.
public struct Program: Sendable {
  /// How a run ended.
  public struct Outcome: Sendable {
    /// What the program gave at its end; nil when a signal ended it.
    public let code: Int?
    public let output: [UInt8]
    /// What it wrote as errors.
    public let said: String

    public var isGood: Bool { code == 0 }
    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Why there is no outcome.
  public enum Failure: Error {
    /// Its time was over; it has been killed.
    case slow
    /// It could not be begun, or it wrote more than it may.
    case notRun(String)
  }

  /// Of the program's file.
  public let path: String
  /// All that the child sees of it: ours may hold passwords.
  public let environment: [String: String]
  public let seconds: Double
  /// Bytes that it may write on each of its outputs.
  public let mostOutput: Int

  public init(_ path: String, environment: [String: String], seconds: Double, mostOutput: Int) {
    (self.path, self.environment, self.seconds, self.mostOutput) = (path, environment, seconds, mostOutput)
  }

  /// The first file of this name in the folders of a `PATH` that can be run; nil when there is none.
  public static func find(_ name: String, in path: String) -> String? {
    path.split(separator: ":").map { "\($0)/\(name)" }.first(where: isProgram)
  }

  public static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    let files = FileManager.default
    return files.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && files.isExecutableFile(atPath: path)
  }

  /// Runs it to its end, or kills it when its time is over or nobody waits for it any more.
  ///
  /// - Parameters:
  ///   - words: its arguments, each one as it is.
  ///   - folder: where it works; nil for where this program works.
  /// - Throws: ``Failure``.
  public func run(_ words: [String], in folder: String? = nil) async throws(Failure) -> Outcome {
    let call = Configuration(
      executable: .path(FilePath(path)), arguments: Arguments(words),
      environment: .custom(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
      workingDirectory: folder.map { FilePath($0) })
    let most = mostOutput
    return try await inTime {
      let result = try await Subprocess.run(call, output: .bytes(limit: most), error: .bytes(limit: most))
      return Outcome(
        code: Self.code(result.terminationStatus), output: result.standardOutput,
        said: String(decoding: result.standardError, as: UTF8.self))
    }
  }

  /// What a run gave at its end; nil when a signal ended it.
  static func code(_ status: TerminationStatus) -> Int? {
    if case .exited(let given) = status { Int(given) } else { nil }
  }

  /// What `work` comes to within the program's time; whichever of both is first ends the other.
  func inTime<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws(Failure)
    -> Result
  {
    let seconds = seconds
    let result: Result?
    do {
      result = try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await work() }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch { throw .notRun("\(path): \(error)") }
    guard let result else { throw .slow }
    return result
  }
}
