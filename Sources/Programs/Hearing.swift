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
    let seconds = seconds
    let heard: Heard?
    do {
      heard = try await withThrowingTaskGroup(of: Heard?.self) { group in
        group.addTask { try await listen(words, folder) }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        // Whichever is first ends the other.
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch { throw .notRun("\(path): \(error)") }
    guard let heard else { throw .slow }
    return heard
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
    var code: Int?
    if case .exited(let given) = result.terminationStatus { code = Int(given) }
    return Heard(code: code, bytes: result.closureResult)
  }
}
