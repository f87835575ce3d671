import Foundation
public import Kernel
import Programs

/// Why no PDF could be made.
public enum PdfProblem: Problem, Equatable {
  /// No `typst` command on this machine.
  case typstMissing
  /// Typst does not see the font "Noto Sans CJK JP".
  case fontMissing
  /// Typst, or the machine, refused; the text is for the log and for those who run the machine.
  case failed(String)
  /// Typst did not end within the time allowed.
  case timedOut
  /// The disk for temporary files is full.
  case noSpace

  public var code: String {
    switch self {
    case .typstMissing: "pdf.typstMissing"
    case .fontMissing: "pdf.fontMissing"
    case .failed: "pdf.failed"
    case .timedOut: "pdf.timedOut"
    case .noSpace: "pdf.noSpace"
    }
  }

  public var kind: ProblemKind { .unavailable }

  public var arguments: [String] {
    if case .failed(let detail) = self { [detail] } else { [] }
  }
}

/// Makes PDF/A-2b documents, tagged for screen readers, with the external program Typst (0.14 or later).
///
/// The same data gives the same bytes: the documents' dates come from the data.
public struct PdfMaker: Sendable {
  /// The command that is run.
  public let path: String
  private let arguments: [String]
  private let environment: [String: String]
  private let timeLimitSeconds: Double

  /// The only font of the templates; its monospaced sister comes in the same file.
  public static let font = "Noto Sans CJK JP"

  init(path: String, environment: [String: String], timeLimitSeconds: Double = 90) {
    self.path = path
    self.timeLimitSeconds = timeLimitSeconds
    arguments = PdfMaker.fontArguments
    // Nothing else of ours reaches the child: the environment may hold passwords.
    var passed = environment.filter { ["PATH", "HOME"].contains($0.key) }
    passed["LANG"] = "C.UTF-8"
    passed["PYTHONDONTWRITEBYTECODE"] = "1"
    self.environment = passed
  }

  /// Finds typst: `MAMORITE_TYPST`, then `PATH`, then `.venv/bin/typst` walking up from the executable and from the
  /// working directory.
  ///
  /// - Throws: `.typstMissing`, also when `MAMORITE_TYPST` names something that cannot be run.
  public static func find(
    environment: [String: String], timeLimitSeconds: Double = 90
  ) throws(PdfProblem) -> PdfMaker {
    let files = FileManager.default
    if let named = environment["MAMORITE_TYPST"], !named.isEmpty {
      guard Program.isProgram(named) else { throw .typstMissing }
      return PdfMaker(path: named, environment: environment, timeLimitSeconds: timeLimitSeconds)
    }
    var candidates = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/typst" }
    let executable = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().path
    for start in [executable, files.currentDirectoryPath].compactMap(\.self) {
      var folder = URL(fileURLWithPath: start).standardizedFileURL
      while folder.path != "/" {
        candidates.append(folder.appendingPathComponent(".venv/bin/typst").path)
        folder.deleteLastPathComponent()
      }
    }
    guard let path = candidates.first(where: Program.isProgram) else { throw .typstMissing }
    return PdfMaker(path: path, environment: environment, timeLimitSeconds: timeLimitSeconds)
  }

  /// The PDF's bytes.
  ///
  /// A character that the font lacks is printed as 〓, the printers' sign for it: PDF/A has no other way, and a report
  /// must not fail on one name.
  ///
  /// - Parameters:
  ///   - template: `report`, `checklist` or `register`, a file of `Publishing.files`; its head describes the data it takes.
  ///   - data: JSON for the template.
  ///   - charts: drawings by the file names under which `data` speaks of them.
  func make(
    template: String, data: [UInt8], charts: [String: SVG] = [:]
  ) async throws(PdfProblem) -> [UInt8] {
    try await PdfMaker.turns.inTurn { () throws(PdfProblem) in
      try await compile(template: template, data: data, charts: charts)
    }
  }

  /// The PDF of a document whose properties are the template's data, in snake case.
  public func make(
    template: String, of document: some Encodable, charts: [String: SVG] = [:]
  ) async throws(PdfProblem) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do { data = try encoder.encode(document) } catch { throw .failed("\(template): \(error)") }
    return try await make(template: template, data: [UInt8](data), charts: charts)
  }

  /// What the command says of itself, as in `typst 0.15.0`.
  public func version() async throws(PdfProblem) -> String {
    try await inFolder { folder throws(PdfProblem) in
      try succeeded(await run(["--version"], in: folder)).text.trimmed
    }
  }

  /// Looks whether Typst sees the font.
  ///
  /// - Throws: `.fontMissing` when it does not.
  public func checkFont() async throws(PdfProblem) {
    try await inFolder { folder throws(PdfProblem) in
      let families = try succeeded(await run(["fonts"] + arguments, in: folder)).text
      guard families.split(separator: "\n").contains(where: { $0.trimmed == PdfMaker.font }) else {
        throw .fontMissing
      }
    }
  }

  // MARK: - Compiling

  private func compile(
    template: String, data: [UInt8], charts: [String: SVG]
  ) async throws(PdfProblem) -> [UInt8] {
    try await inFolder { folder throws(PdfProblem) in
      for name in ["common", template] {
        let source = Bundle.module.url(
          forResource: name, withExtension: "typ", subdirectory: "Publishing.files")
        guard let source else { throw .failed("no template \(name)") }
        try PdfMaker.files {
          try Data(contentsOf: source).write(to: folder.appendingPathComponent("\(name).typ"))
        }
      }
      try PdfMaker.files { try Data(data).write(to: folder.appendingPathComponent("data.json")) }

      var missing = Glyphs()
      for _ in 1...4 {
        try PdfMaker.files {
          try Data(missing.json.utf8).write(to: folder.appendingPathComponent("glyphs.json"))
        }
        for (name, chart) in charts {
          guard PdfMaker.isChartName(name) else { throw .failed("not a name for a chart: \(name)") }
          let text = missing.replaced(in: PdfMaker.standalone(chart))
          try PdfMaker.files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        }
        let output = folder.appendingPathComponent("out.pdf")
        var call = ["compile", "--root", folder.path]
        call += arguments
        call += ["--pdf-standard", "a-2b", "--format", "pdf"]
        call += [folder.appendingPathComponent("\(template).typ").path, output.path]
        let result = try await run(call, in: folder)
        if result.said.lowercased().contains("unknown font family: \(PdfMaker.font.lowercased())") {
          throw .fontMissing
        }
        if !result.isGood, missing.add(from: result.said) { continue }
        _ = try succeeded(result)
        return try PdfMaker.files { Array(try Data(contentsOf: output)) }
      }
      throw .failed("the font lacks too many characters")
    }
  }

  /// The drawing as a file of its own: with the namespace and the font that a page would give it.
  private static func standalone(_ chart: SVG) -> String {
    guard !chart.text.contains("xmlns=") else { return chart.text }
    let root = "<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"\(font)\""
    return chart.text.replacing("<svg", with: root, maxReplacements: 1)
  }

  private static func isChartName(_ name: String) -> Bool {
    name.hasSuffix(".svg") && name.count <= 60
      && name.dropLast(4).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }

  // MARK: - The child process

  /// Bytes that the command may say on each of its outputs.
  private static let mostOutput = 4 << 20

  private func succeeded(_ outcome: Program.Outcome) throws(PdfProblem) -> Program.Outcome {
    if outcome.isGood { return outcome }
    if outcome.said.contains("No space left on device") { throw .noSpace }
    throw .failed(String(outcome.said.trimmed.prefix(2000)))
  }

  /// Runs the command to its end, or kills it when its time is over or nobody waits for it any more.
  private func run(_ arguments: [String], in folder: URL) async throws(PdfProblem) -> Program.Outcome {
    let typst = Program(
      path, environment: environment.merging(["TMPDIR": folder.path]) { $1 }, seconds: timeLimitSeconds,
      mostOutput: PdfMaker.mostOutput)
    do { return try await typst.run(arguments, in: folder.path) } catch {
      switch error {
      case .slow: throw .timedOut
      case .notRun(let reason): throw .failed(reason)
      }
    }
  }

  private func inFolder<Value>(
    _ body: (URL) async throws(PdfProblem) -> Value
  ) async throws(PdfProblem) -> Value {
    try await inPrivateFolder(
      "mamorite-pdf",
      orThrow: { $1 == ENOSPC ? .noSpace : .failed("\($0): \(String(cString: strerror($1)))") }, body)
  }

  /// Two documents at a time, the rest waits: each takes a core for a moment.
  private static let turns = Turns(atOnce: 2)

  /// Runs `body`, which reads and writes files, and says what a failure means.
  private static func files<Value>(_ body: () throws -> Value) throws(PdfProblem) -> Value {
    do {
      return try body()
    } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
      throw .noSpace
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Debian's folder alone when the font is there: looking through all fonts of a machine takes longer than the PDF.
  private static let fontArguments: [String] = {
    let folder = "/usr/share/fonts/opentype/noto"
    guard FileManager.default.fileExists(atPath: "\(folder)/NotoSansCJK-Regular.ttc") else { return [] }
    return ["--ignore-system-fonts", "--font-path", folder]
  }()
}

/// Characters that the font lacks, as Typst's messages name them.
struct Glyphs {
  /// To be printed as 〓.
  private(set) var unseen: Set<Unicode.Scalar> = []
  /// Control and joining characters, which print nothing.
  private(set) var invisible: Set<Unicode.Scalar> = []

  /// Takes the characters from messages such as ``the text `"😀"` could not be displayed with font …``; false when
  /// there are no new ones.
  mutating func add(from messages: String) -> Bool {
    let before = unseen.count + invisible.count
    for message in messages.matches(of: /the text `"(.*?)"` could not be displayed/.dotMatchesNewlines()) {
      for scalar in Glyphs.unescaped(String(message.1)).unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .nonspacingMark: invisible.insert(scalar)
        default: unseen.insert(scalar)
        }
      }
    }
    return unseen.count + invisible.count > before
  }

  /// For the templates, which replace the characters as they print.
  var json: String {
    func list(_ set: Set<Unicode.Scalar>) -> String {
      set.sorted().map { "\"\\\\u{\(String($0.value, radix: 16))}\"" }.joined(separator: ",")
    }
    return "{\"unseen\":[\(list(unseen))],\"invisible\":[\(list(invisible))]}"
  }

  func replaced(in text: String) -> String {
    guard !unseen.isEmpty || !invisible.isEmpty else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !invisible.contains(scalar) {
      result.append(unseen.contains(scalar) ? "〓" : scalar)
    }
    return String(result)
  }

  /// Typst quotes as Rust does: `\u{1}`, `\n`, `\"`.
  private static func unescaped(_ text: String) -> String {
    let hexadecimal = text.replacing(/\\u\{([0-9a-f]{1,6})\}/) { match in
      UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map(String.init) ?? ""
    }
    return hexadecimal.replacing(/\\([tnr0'"\\])/) { match in
      ["t": "\t", "n": "\n", "r": "\r", "0": "\0"][String(match.1)] ?? String(match.1)
    }
  }
}
