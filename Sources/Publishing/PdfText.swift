import Foundation
import Glibc
public import Kernel
import Subprocess
import SystemPackage

/// Why the text of a PDF could not be taken out.
public enum PdfTextProblem: Problem, Equatable {
  /// No `pdftotext` on this machine.
  case missing
  case tooLarge(megabytes: Int)
  case timedOut
  case protected
  /// Pictures of pages: there is no text in it.
  case noText
  case unreadable

  public var code: String { "pdftext.\(caseName)" }
  public var kind: ProblemKind { if case .tooLarge = self { .tooLarge } else { .invalid } }
  public var arguments: [String] { if case .tooLarge(let limit) = self { ["\(limit)"] } else { [] } }

  private var caseName: String {
    switch self {
    case .missing: "missing"
    case .tooLarge: "tooLarge"
    case .timedOut: "timedOut"
    case .protected: "protected"
    case .noText: "noText"
    case .unreadable: "unreadable"
    }
  }
}

/// The text of a PDF, line by line as it stands on the page: `pdftotext` of poppler as a child, without a shell.
///
/// A PDF comes from outside and its reader is a large program: it gets a folder of its own, no environment, and limits of time,
/// memory and output.
public enum PdfText {
  private static let mostBytes = 20 << 20
  private static let mostText = 4 << 20
  private static let seconds = 20
  private static let mostMemory = 1 << 30

  public static func isPDF(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("%PDF-".utf8)) }

  /// - Parameter program: nil for the one that `MAMORITE_PDFTOTEXT` names, else that of Debian.
  public static func text(of bytes: [UInt8], program: String? = nil) async throws(PdfTextProblem) -> String {
    guard bytes.count <= mostBytes else { throw .tooLarge(megabytes: mostBytes >> 20) }
    let named = ProcessInfo.processInfo.environment["MAMORITE_PDFTOTEXT"]
    let program = program ?? named ?? "/usr/bin/pdftotext"
    guard FileManager.default.isExecutableFile(atPath: program) else { throw .missing }
    let pattern = FileManager.default.temporaryDirectory.appendingPathComponent("mamorite-text-XXXXXX").path
    var name = Array(pattern.utf8CString)
    guard mkdtemp(&name) != nil else { throw .unreadable }
    let folder = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    // A folder that cannot be removed is left to the system's own clean-up.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = "\(folder)/in.pdf"
    do { try Data(bytes).write(to: URL(fileURLWithPath: file)) } catch { throw .unreadable }
    let (code, output, errors) = try await run(program, file)
    guard code == 0 else {
      throw errors.lowercased().contains("password") || errors.contains("Encrypted")
        ? .protected : .unreadable
    }
    let text = String(decoding: output, as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace && $0 != "\u{0C}" }) else { throw .noText }
    return text.replacing("\u{0C}", with: "\n")
  }

  private static func run(_ program: String, _ file: String) async throws(PdfTextProblem) -> (
    Int32, [UInt8], String
  ) {
    let words = [program, "-layout", "-enc", "UTF-8", "-l", "200", file, "-"]
    // Limits of the system hold even for a program that has been taken over.
    let limits = "/usr/bin/prlimit"
    let isLimited = FileManager.default.isExecutableFile(atPath: limits)
    let call =
      isLimited
      ? [limits, "--as=\(mostMemory)", "--cpu=\(seconds)", "--fsize=0", "--core=0", "--"] + words : words
    let outcome: (Int32, [UInt8], String)?
    do {
      outcome = try await withThrowingTaskGroup(of: (Int32, [UInt8], String)?.self) { group in
        group.addTask {
          let result = try await Subprocess.run(
            .path(FilePath(call[0])), arguments: Arguments(Array(call.dropFirst())),
            environment: .custom(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]),
            output: .bytes(limit: mostText), error: .bytes(limit: 64 << 10))
          let said = String(decoding: result.standardError, as: UTF8.self)
          guard case .exited(let code) = result.terminationStatus else { return (-1, [], said) }
          return (Int32(code), Array(result.standardOutput), said)
        }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch { throw .unreadable }
    guard let outcome else { throw .timedOut }
    return outcome
  }
}
