import Foundation
public import Kernel
import Programs

/// Why the text of a PDF could not be taken out.
public enum PdfTextProblem: Problem, Equatable {
  /// No `pdftotext` on this machine.
  case missing
  case tooLarge(megabytes: Int)
  case timedOut
  /// More pages or more text than are read.
  case tooMuch(pages: Int)
  case protected
  /// Pictures of pages: there is no text in it.
  case noText
  case unreadable

  public var code: String { "pdftext.\(caseName)" }
  public var kind: ProblemKind {
    switch self {
    case .tooLarge, .tooMuch: .tooLarge
    default: .invalid
    }
  }
  public var arguments: [String] {
    switch self {
    case .tooLarge(let limit), .tooMuch(let limit): ["\(limit)"]
    default: []
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
  private static let mostPages = 200
  private static let seconds = 20
  private static let mostMemory = 1 << 30

  public static func isPDF(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("%PDF-".utf8)) }

  /// - Parameter program: nil for the one that `MAMORITE_PDFTOTEXT` names, else that of Debian.
  public static func text(of bytes: [UInt8], program: String? = nil) async throws(PdfTextProblem) -> String {
    guard bytes.count <= mostBytes else { throw .tooLarge(megabytes: mostBytes >> 20) }
    let named = ProcessInfo.processInfo.environment["MAMORITE_PDFTOTEXT"]
    let program = program ?? named ?? "/usr/bin/pdftotext"
    guard Program.isProgram(program) else { throw .missing }
    func noFolder(_ path: String, _ number: Int32) -> PdfTextProblem { .unreadable }
    let outcome = try await inPrivateFolder("mamorite-text", orThrow: noFolder) {
      folder throws(PdfTextProblem) in
      let file = folder.appendingPathComponent("in.pdf")
      do { try Data(bytes).write(to: file) } catch { throw .unreadable }
      return try await run(program, file.path)
    }
    guard outcome.isGood else {
      let said = outcome.said
      throw said.lowercased().contains("password") || said.contains("Encrypted") ? .protected : .unreadable
    }
    let text = outcome.text
    guard text.contains(where: { !$0.isWhitespace && $0 != "\u{0C}" }) else { throw .noText }
    // Each page ends with a form feed. A checklist that is read only in part would look whole.
    guard text.count(where: { $0 == "\u{0C}" }) <= mostPages else { throw .tooMuch(pages: mostPages) }
    return text.replacing("\u{0C}", with: "\n")
  }

  private static func run(_ program: String, _ file: String) async throws(PdfTextProblem) -> Program.Outcome {
    let words = ["-layout", "-enc", "UTF-8", "-l", "\(mostPages + 1)", file, "-"]
    // Limits of the system hold even for a program that has been taken over.
    let limits = ["--as=\(mostMemory)", "--cpu=\(seconds)", "--fsize=0", "--core=0", "--", program]
    let prlimit = "/usr/bin/prlimit"
    let isLimited = Program.isProgram(prlimit)
    let call = Program(
      isLimited ? prlimit : program, environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"],
      seconds: Double(seconds), mostOutput: mostText)
    do { return try await call.run(isLimited ? limits + words : words) } catch {
      switch error {
      case .slow: throw .timedOut
      // The program is there, so what fails is the limit of what it may say.
      case .notRun: throw .tooMuch(pages: mostPages)
      }
    }
  }
}
