import Foundation
import Kernel
import Subprocess
import SystemPackage

/// Commands of the server by which calls may leave, as its administrator has listed them in a file: one a line,
/// `name = /path/to/program word {number} {text}`. No shell reads them; what stands in braces becomes part of one word.
public struct GatewayCommands: Sendable, Equatable {
  struct Command: Sendable, Equatable {
    let path: String
    let words: [String]
  }

  private let commands: [String: Command]

  /// What can be chosen, by name.
  public var names: [String] { commands.keys.sorted() }

  /// - Parameter text: lines that are no command (comments, relative paths) count for nothing.
  public init(_ text: String) {
    var commands: [String: Command] = [:]
    for line in text.split(separator: "\n") where !line.trimmed.hasPrefix("#") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let name = parts[0].trimmed(to: 1...40), name.utf8.allSatisfy({ $0 > 0x20 })
      else {
        continue
      }
      let words = parts[1].split { $0.isWhitespace }.map(String.init)
      guard let path = words.first, path.hasPrefix("/"), !path.contains("{") else { continue }
      commands[name] = Command(path: path, words: Array(words.dropFirst()))
    }
    self.commands = commands
  }

  /// Reads the file that the environment names in `MAMORITE_COMMANDS`; empty without one, and when anyone but its owner
  /// may write it.
  public static func read(_ environment: [String: String]) -> GatewayCommands {
    GatewayCommands(OwnersFile.text(environment["MAMORITE_COMMANDS"]) ?? "")
  }

  /// The words that a command is given.
  func words(_ name: String, number: String, text: String) -> [String]? {
    commands[name]?.words.map { word in
      // In one pass, so that a text with braces in it is not looked at again.
      word.components(separatedBy: "{number}").map { $0.replacing("{text}", with: text) }.joined(
        separator: number)
    }
  }

  /// Runs it to its end; an exit code of 0 means that the call has left.
  public func run(_ name: String, number: String, text: String, seconds: Int = 30) async throws(PostProblem) {
    guard let command = commands[name], let words = words(name, number: number, text: text) else {
      throw .noCommand(name)
    }
    let clean =
      text.unicodeScalars.contains { $0.value == 0 } || number.unicodeScalars.contains { $0.value == 0 }
    guard !clean else { throw .notRun(name) }
    let outcome: Result<(Int, String), PostProblem>
    do {
      outcome = try await withThrowingTaskGroup(of: Result<(Int, String), PostProblem>?.self) { group in
        group.addTask {
          // Nothing of ours reaches the child: the environment may hold passwords.
          let result = try await Subprocess.run(
            .path(FilePath(command.path)), arguments: Arguments(words),
            environment: .custom(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]), output: .discarded,
            error: .bytes(limit: 64 << 10))
          let said = String(
            String(decoding: result.standardError.prefix(400), as: UTF8.self).harmless.prefix(160))
          switch result.terminationStatus {
          case .exited(let code): return .success((Int(code), said))
          default: return .success((-1, said))
          }
        }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next().flatMap { $0 } ?? .failure(.commandSlow(name, seconds))
      }
    } catch { throw .notRun(name) }
    let (code, said) = try outcome.get()
    guard code == 0 else { throw .commandFailed(name, code, said) }
  }
}
