import Foundation
public import Kernel
import Subprocess
import SystemPackage

/// What may be done by itself to bring a system back, as the administrator of the server has listed it in a file: one a line,
/// `name = /path/to/program word word` or `name = POST https://host/path Header: value`. No shell reads them, and nothing that
/// anyone types in a browser becomes part of them. `name@facility` is for that facility alone.
public struct ActionList: Sendable, Equatable {
  enum Deed: Sendable, Equatable {
    case command(path: String, words: [String])
    case call(url: String, header: String?)
  }

  struct Entry: Sendable, Equatable {
    let name: String
    /// Nil for every facility of this server.
    let facility: String?
    let deed: Deed
  }

  let entries: [Entry]

  /// - Parameter text: lines that are no action (comments, relative paths, addresses that cannot be called) count for nothing.
  public init(_ text: String) {
    var entries: [Entry] = []
    for line in text.split(separator: "\n") where !line.trimmed.hasPrefix("#") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let whole = parts[0].trimmed(to: 1...100) else { continue }
      let names = whole.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let name = names[0].trimmed(to: 1...40), names.allSatisfy({ !$0.isEmpty }),
        whole.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let deed = ActionList.deed(parts[1].trimmed)
      else { continue }
      entries.append(Entry(name: name, facility: names.count == 2 ? names[1] : nil, deed: deed))
    }
    self.entries = entries
  }

  private static func deed(_ text: String) -> Deed? {
    let words = text.split { $0.isWhitespace }.map(String.init)
    guard let first = words.first else { return nil }
    if first.hasPrefix("/") { return .command(path: first, words: Array(words.dropFirst())) }
    guard first == "POST", words.count >= 2 else { return nil }
    let header = words.count > 2 ? words.dropFirst(2).joined(separator: " ") : nil
    if let header, !header.contains(": ") { return nil }
    do throws(PostProblem) {
      _ = try HTTPPost(words[1], body: "", headers: [header].compactMap { $0 })
      return .call(url: words[1], header: header)
    } catch { return nil }
  }

  /// Reads the file that the environment names in `MAMORITE_ACTIONS`; empty without one, and when anyone but its owner may
  /// write it.
  public static func read(_ environment: [String: String]) -> ActionList {
    ActionList(OwnersFile.text(environment["MAMORITE_ACTIONS"]) ?? "")
  }

  /// What a facility may choose from, by name.
  public func names(for facility: FacilityID) -> [String] {
    Set(entries.filter { $0.facility == nil || $0.facility == facility.text }.map(\.name)).sorted()
  }

  /// The one that counts: the facility's own before that of all, the last of several.
  func entry(_ name: String, for facility: FacilityID) -> Entry? {
    entries.last { $0.name == name && $0.facility == facility.text }
      ?? entries.last { $0.name == name && $0.facility == nil }
  }

  /// How long a command may take, and how much of what it says is kept.
  public static let (commandSeconds, mostBytes, mostSaid) = (120, 64 << 10, 400)

  /// Does it, and gives the beginning of what a command said; an exit code of 0, or a status from 200 to 299, when this returns.
  ///
  /// - Parameters:
  ///   - body: the JSON that an HTTP call carries.
  ///   - loopback: whether an HTTP call may go to this machine itself.
  public func run(
    _ name: String, for facility: FacilityID, body: String, loopback: Bool,
    seconds: Int = ActionList.commandSeconds
  ) async throws(PostProblem) -> String {
    switch entry(name, for: facility)?.deed {
    case nil: throw .noCommand(name)
    case .command(let path, let words): return try await command(name, path, words, seconds)
    case .call(let url, let header):
      let headers = ["Content-Type: application/json"] + [header].compactMap { $0 }
      try await HTTPPost(url, body: body, headers: headers).send(loopback: loopback)
      return ""
    }
  }

  private struct Ending: Sendable {
    let code: Int
    let heard: [UInt8]
  }

  private func command(_ name: String, _ path: String, _ words: [String], _ seconds: Int)
    async throws(PostProblem) -> String
  {
    let ending: Ending?
    do {
      ending = try await withThrowingTaskGroup(of: Ending?.self) { group in
        group.addTask { try await ActionList.run(path, words) }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        // Whichever is first; the other is ended, and with a command its whole process group.
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch { throw .notRun(name) }
    guard let ending else { throw .commandSlow(name, seconds) }
    let said = ActionList.firstLines(ending.heard)
    guard ending.code == 0 else { throw .commandFailed(name, ending.code, said) }
    return said
  }

  private static func run(_ path: String, _ words: [String]) async throws -> Ending {
    var platform = PlatformOptions()
    // A group of its own: what it starts ends with it when its time is over.
    platform.processGroupID = 0
    platform.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    // Nothing of ours reaches the child: the environment may hold passwords.
    let result = try await Subprocess.run(
      .path(FilePath(path)), arguments: Arguments(words),
      environment: .custom(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]),
      workingDirectory: "/", platformOptions: platform, input: .none, output: .sequence,
      error: .combinedWithOutput
    ) { execution in
      var heard: [UInt8] = []
      do {
        for try await part in execution.standardOutput where heard.count < mostBytes {
          heard += part.withUnsafeBytes { Array($0.prefix(mostBytes - heard.count)) }
        }
      } catch {
        // It has ended while something that it started keeps its output open: what was heard is what counts.
      }
      return heard
    }
    switch result.terminationStatus {
    case .exited(let code): return Ending(code: Int(code), heard: result.closureResult)
    default: return Ending(code: -1, heard: result.closureResult)
    }
  }

  static func firstLines(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(4 * mostSaid), as: UTF8.self)
    let lines = text.split(separator: "\n").prefix(8).map { $0.harmless.trimmed }.filter { !$0.isEmpty }
    return String(lines.joined(separator: " / ").prefix(mostSaid))
  }
}
