import ArgumentParser
import Assurance
import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import Web

extension PackCommand {
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "CISO Assistant のライブラリ(YAML、Excel)と OSCAL(JSON)を取り込みます。 Takes in libraries of CISO Assistant, and OSCAL.",
      discussion:
        """
        --facility が無ければ、すべての施設で見えるように取り込みます。--dry-run は何も書き込まず、データベースが無くても動きます。\
        断ったファイルがあると、ほかを取り込んだうえで、終了コードは2です。 \
        Without --facility they are taken in for all facilities. --dry-run writes nothing and needs no database. When a file is \
        refused the others are taken in all the same, and the exit code is 2.
        """)
    @Argument(help: "ファイルかフォルダ、または守り手の枠組みの名前(guideline-6.0 など)。 Files, folders or own frameworks.")
    var files: [String]
    @OptionGroup var place: DataOptions
    @Option(help: "この施設だけに取り込みます。 Takes them in for this facility alone.") var facility: String?
    @Option(help: "Excel の番号の作り方、0〜3。無ければ取り込んである版に合わせます。 How rows of workbooks are named.")
    var urnMode: Int?
    @Flag(help: "書き込まずに、どうなるかだけを示します。 Shows what would happen and writes nothing.") var dryRun = false
    @Flag(help: "1ファイルに1行のJSONで答えます。 One JSON object per file and line.") var json = false

    func run() async throws {
      let urns = try urnMode.map { number in
        guard let mode = URNMode(rawValue: number) else { throw ValidationError("--urn-mode: 0, 1, 2, 3") }
        return mode
      }
      let sources = try files.flatMap(PackCommand.libraryFiles)
      let (database, target) = try await target()
      let reports = try await Libraries.take(sources, into: target, isTrial: dryRun, urns: urns)
      await database?.close()
      for report in reports {
        let error = report.problem.map { Terminal.words.problem($0, Terminal.language) }
        if json { try PackCommand.printLine(report.line(error: error)) } else { say(report, error) }
      }
      if reports.contains(where: { !$0.isOK }) { throw ExitCode(2) }
    }

    /// Where to store; for a trial an existing database is only looked at, and none is needed.
    private func target() async throws -> (Database?, Libraries.Place?) {
      if dryRun, facility == nil, case .directory(let folder) = try place.address(),
        !FileManager.default.fileExists(atPath: folder + "/mamorite.sqlite")
      {
        return (nil, nil)
      }
      let library = try DataOptions.library()
      let database = dryRun ? try place.openExisting(examined: false) : try await place.open(library)
      // A database that this program would have to change first has nothing on its shelf that could be looked at.
      if dryRun, try await !database.isCurrent(Slices.all(library).flatMap(\.migrations)) {
        await database.close()
        return (nil, nil)
      }
      guard let facility else {
        let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
        return (database, .installation(database, by: .shell(name), now: Clock.now))
      }
      guard let id = FacilityID(facility) else {
        throw ValidationError("--facility: \(facility) is not an id / 施設の番号ではありません")
      }
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      let scope = Scope(database, actor: .shell(name), facility: id, now: Clock.now)
      _ = try await Facilities.this(scope)
      return (database, .facility(scope))
    }

    private func say(_ report: LibraryReport, _ error: String?) {
      // Names and titles are a stranger's words.
      if let error { return Terminal.say("× \(report.file.harmless)\n  \(error.harmless)") }
      let counts = report.counts
      Terminal.say(
        Terminal.line(
          "○ \(report.file.harmless): \(report.name.harmless) 第\(report.version)版 \(outcome(report)) "
            + "要求\(counts.requirements)(答える項目\(counts.assessable))、対応づけ\(counts.mappings)、注意\(report.remarks.total)",
          "○ \(report.file.harmless): \(report.name.harmless), version \(report.version), \(outcome(report)); "
            + "\(counts.requirements) requirements (\(counts.assessable) to answer), \(counts.mappings) mappings, "
            + "\(report.remarks.total) remarks"))
      for (kind, count) in report.warnings.sorted(by: { $0.key < $1.key }) {
        let word = Terminal.words.word(kind, in: "remarks", Terminal.language) ?? kind
        Terminal.say("    \(count) × \(word)")
      }
      guard let difference = report.difference else { return }
      for (sign, nodes) in [("+", difference.added), ("*", difference.changed), ("-", difference.removed)] {
        for node in nodes { Terminal.say("    \(sign) \(node.title.harmless)") }
      }
    }

    private func outcome(_ report: LibraryReport) -> String {
      let other = report.otherVersion.map { "\($0)" } ?? ""
      return switch report.outcome {
      case .new: Terminal.line("新しい", "new")
      case .same: Terminal.line("取り込み済み", "there already")
      case .update: Terminal.line("第\(other)版の更新", "an update of version \(other)")
      case .older: Terminal.line("第\(other)版より古い版", "older than version \(other)")
      case .refused: Terminal.line("断り", "refused")
      }
    }
  }

  struct Retire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "全施設に取り込んだ枠組みの版を取り消します。 Takes a library off for all facilities.",
      discussion:
        """
        施設が画面から取り込んだものは、その施設の画面で取り消します。それぞれの施設の記録に残ります。 \
        What a facility took in by a page is taken off by its page. Each facility's ledger says so.
        """)
    @Argument(help: "ライブラリの URN。画面の「この枠組みについて」にあります。 URN of the library.") var urn: String
    @Option(help: "取り消す版。 Version to take off.") var version: Int
    @OptionGroup var place: DataOptions

    func run() async throws {
      let database = try place.openExisting(examined: false)
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      try await Libraries.retireShared(
        urn: urn, version: version, in: database, by: .shell(name), now: Clock.now)
      await database.close()
      Terminal.say(Terminal.line("取り消しました。", "Taken off."))
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "版を CISO Assistant の YAML に書き出します。 Writes an edition as a library of CISO Assistant.")
    @Argument(help: "mhlw-checklist-r7、guideline-6.0 など。 Id of the edition.") var pack: String
    @Option(help: "ciso-assistant") var format = "ciso-assistant"
    @Option(help: "書き出す先。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      guard format == "ciso-assistant" else { throw ValidationError("--format: ciso-assistant") }
      let library = try DataOptions.library()
      // Our frameworks are kept in that form.
      let bytes =
        try OwnFrameworks(library).source(pack)?.read()
        ?? Array(PackExport.yaml(try library.pack(pack), concepts: try library.concepts()).utf8)
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
    }
  }

  /// The file itself, or the libraries below a folder in the order of their names.
  private static func libraryFiles(_ path: String) throws -> [Libraries.Source] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      if !path.contains("/"), let own = OwnFrameworks(try DataOptions.library()).source(path) { return [own] }
      return [source(path)]
    }
    guard isFolder.boolValue else { return [source(path)] }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    let wanted: Set = ["yaml", "yml", "xlsx", "json"]
    let libraries = names.filter { wanted.contains(URL(fileURLWithPath: $0).pathExtension.lowercased()) }
    guard !libraries.isEmpty else { throw FrameworkProblem.noFiles(folder: path) }
    return libraries.sorted().map { source("\(path)/\($0)") }
  }

  private static func source(_ path: String) -> Libraries.Source {
    // What is not there has no size; reading it says so.
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return Libraries.Source(name: path, bytes: size) {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw FrameworkProblem.unreadable(file: path)
      }
      return [UInt8](data)
    }
  }

  private static func printLine(_ line: LibraryReport.Line) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Terminal.say(String(decoding: try encoder.encode(line), as: UTF8.self))
  }
}
