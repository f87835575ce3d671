import Foundation
import Subprocess
import SystemPackage
import Testing

/// Looks into a PDF with Poppler's commands.
public enum Pdf {
  /// What `pdftotext` reads.
  public static func text(_ bytes: [UInt8]) async throws -> String {
    try await run(["pdftotext", "FILE", "-"], on: bytes)
  }

  /// What `pdfinfo` says.
  public static func info(_ bytes: [UInt8]) async throws -> String {
    try await run(["pdfinfo", "FILE"], on: bytes)
  }

  public static func pages(_ bytes: [UInt8]) async throws -> Int {
    let info = try await info(bytes)
    return try #require(info.firstMatch(of: /Pages: +([0-9]+)/).flatMap { Int($0.1) })
  }

  private static func run(_ command: [String], on bytes: [UInt8]) async throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pdf")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let arguments = command.map { $0 == "FILE" ? file.path : $0 }
    let result = try await Subprocess.run(
      .path("/usr/bin/env"), arguments: Arguments(arguments), output: .bytes(limit: 4 << 20))
    return String(decoding: result.standardOutput, as: UTF8.self)
  }
}
