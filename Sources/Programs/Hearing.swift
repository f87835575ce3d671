import Subprocess
import SystemPackage

extension Program {
  /// What was heard of a run, however much was said.
  public struct Heard: Sendable {
    /// What the program gave at its end; nil when a signal ended it.
    public let code: Int?
    /// The beginning of both its outputs, as they came; no more than ``Program/mostOutput``.
    public let bytes: [UInt8]
  }

  /// Runs it as ``run(_:in:)`` does, in a process group of its own, which ends with it when its time is over. Of what it writes the
  /// beginning is kept. What it leaves behind at its own end goes on, and is not waited for.
  ///
  /// - Throws: ``Failure``.
  public func hear(_ words: [String], in folder: String = "/") async throws(Failure) -> Heard {
    try await inTime { try await listen(words, folder) }
  }

  private func listen(_ words: [String], _ folder: String) async throws -> Heard {
    var platform = PlatformOptions()
    platform.processGroupID = 0
    platform.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    let most = mostOutput
    let result = try await Subprocess.run(
      .path(FilePath(path)), arguments: Arguments(words),
      environment: .custom(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
      workingDirectory: FilePath(folder), platformOptions: platform, input: .none, output: .sequence,
      error: .combinedWithOutput
    ) { execution in
      var bytes: [UInt8] = []
      do {
        for try await part in execution.standardOutput where bytes.count < most {
          bytes += part.withUnsafeBytes { Array($0.prefix(most - bytes.count)) }
        }
      } catch {
        // It has ended while something that it started keeps its output open: what was heard is what counts.
      }
      return bytes
    }
    return Heard(code: Self.code(result.terminationStatus), bytes: result.closureResult)
  }
}
