import Foundation
import Testing

/// Looks into a PDF with Poppler's commands.
public enum Pdf {
  /// What `pdftotext` reads.
  public static func text(_ bytes: [UInt8]) throws -> String {
    try run(["pdftotext", "FILE", "-"], on: bytes)
  }

  /// What `pdfinfo` says.
  public static func info(_ bytes: [UInt8]) throws -> String { try run(["pdfinfo", "FILE"], on: bytes) }

  public static func pages(_ bytes: [UInt8]) throws -> Int {
    let info = try info(bytes)
    return try #require(info.firstMatch(of: /Pages: +([0-9]+)/).flatMap { Int($0.1) })
  }

  private static func run(_ command: [String], on bytes: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pdf")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let child = Process()
    let output = Pipe()
    child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    child.arguments = command.map { $0 == "FILE" ? file.path : $0 }
    child.standardOutput = output
    child.standardError = FileHandle.nullDevice
    try child.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    child.waitUntilExit()
    return text
  }
}
