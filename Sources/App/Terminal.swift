import Assurance
import Foundation
import Glibc
import Kernel
import Probes
import Synchronization
import Web

/// What the command line says and in which language.
enum Terminal {
  /// Japanese unless the locale says otherwise.
  static let language: Language = {
    let environment = ProcessInfo.processInfo.environment
    let locale = environment["LC_ALL"] ?? environment["LC_MESSAGES"] ?? environment["LANG"] ?? ""
    return locale.hasPrefix("en") ? .en : .ja
  }()

  private static let probes = Catalog("Probes", in: ProbeWords.bundle, folder: ProbeWords.folder, keys: [])
  static let words = Words(
    [WebText.catalog, probes] + Slices.all(PackLibrary(folder: "")).flatMap(\.catalogs))

  /// One line on standard output, at once also when that is a file or a pipe. Ends the program when it takes nothing.
  static func say(_ text: String) {
    do { try write(text, to: .standardOutput) } catch {
      let problem = OutputProblem(path: line("標準出力", "Standard output"), reason: error.localizedDescription)
      Terminal.error(words.problem(problem, language))
      leave(code(of: problem))
    }
  }

  /// Ends the program at once, without what libraries registered for its end: OpenSSL frees its locks there, while threads
  /// of libraries that have not quite ended still take them, and the program would die of it after its work is done.
  static func leave(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }

  /// A line that nothing depends on.
  static func mention(_ text: String) { try? write(text, to: .standardOutput) }

  static func error(_ text: String) {
    // There is nowhere else to say it.
    try? write(text, to: .standardError)
  }

  private static func write(_ text: String, to handle: FileHandle) throws {
    try handle.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Says how far a long piece of work has come: at most once a second, on a terminal only.
  static func progress(_ text: @escaping @Sendable (Int) -> String) -> @Sendable (Int) -> Void {
    guard isatty(STDERR_FILENO) == 1 else { return { _ in } }
    let last = Mutex(ContinuousClock.now)
    return { count in
      let isDue = last.withLock { moment in
        guard ContinuousClock.now - moment >= .seconds(1) else { return false }
        moment = .now
        return true
      }
      if isDue { error(text(count)) }
    }
  }

  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    say(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The exit codes that `--help` lists.
  static func code(of problem: any Problem) -> Int32 {
    switch problem.kind {
    case .invalid, .tooLarge, .tooMany, .tooSlow, .elsewhere: 2
    case .notFound: 3
    case .conflict: 4
    case .unavailable: 5
    case .forbidden, .locked, .signedOut: 2
    }
  }

  /// Japanese or English, where a line belongs to the command line alone.
  static func line(_ ja: String, _ en: String) -> String { language == .ja ? ja : en }
}
