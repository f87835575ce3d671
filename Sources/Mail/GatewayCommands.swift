import Foundation
import Kernel
import Programs

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
    for line in text.split(whereSeparator: \.isNewline) where !line.trimmed.hasPrefix("#") {
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
    // Nothing of ours reaches the child: the environment may hold passwords.
    let program = Program(
      command.path, environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], seconds: Double(seconds),
      mostOutput: 64 << 10)
    let heard: Program.Heard
    do throws(Program.Failure) { heard = try await program.hear(words) } catch {
      switch error {
      case .slow: throw .commandSlow(name, seconds)
      case .notRun: throw .notRun(name)
      }
    }
    guard heard.code == 0 else {
      let said = String(decoding: heard.bytes.prefix(400), as: UTF8.self).harmless.prefix(160)
      throw .commandFailed(name, heard.code ?? -1, String(said))
    }
  }
}
