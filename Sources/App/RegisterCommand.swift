import ArgumentParser
import Foundation
import Kernel
import Registers
import Storage
import Synchronization
import Web
import Yams

struct RegisterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "台帳を取り込む・一覧にする・書き出す。 Registers.",
    subcommands: [Import.self, List.self, Export.self, Draw.self])

  /// The register that a command is about.
  struct Kind: ParsableArguments {
    @Argument(help: "\(Registry.all.map(\.id).joined(separator: ", "))")
    var kind: String

    var register: Register { get throws { try Registry.register(kind) } }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "表(.xlsx, CSV, タブ区切り)や nmap のXMLを台帳に取り込みます。 Takes a spreadsheet, or nmap's XML, into a register.",
      discussion:
        """
        番号や名前が同じものは直し、ないものは加え、ファイルにないものはそのままにします。断る行は除き、残りをすべて取り込むか、何も取り込まないかのどちらかです。 \
        取り込める行がなければ何も変えず、終了コードは2です。 \
        Changes what has the same key, adds what is new, leaves the rest alone. Refused rows are left out; of the others all or none \
        are taken in. When no row can be taken in, nothing changes and the exit code is 2.
        """)
    @OptionGroup var kind: Kind
    @Argument(help: "ファイル。 File.") var file: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(
      help: "見出しと項目の対応を書いたYAMLかJSON。空の項目は読みません。 YAML or JSON of heading: field; an empty field is not read.")
    var map: String?
    @Flag(help: "空のセルは、台帳の内容も空にします。 An empty cell empties the register's value too.") var emptyClears = false
    @Flag(help: "書き込まずに、どうなるかだけを示します。 Shows what would happen and writes nothing.") var dryRun = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let register = try kind.register
      let bytes = try contents(of: file)
      let mapping = try map.map(RegisterCommand.mapping) ?? [:]
      let database = try await place.open(try DataOptions.library())
      let scope = try await at.scope(database)
      let plan = try await RegisterExchange.plan(
        bytes, named: URL(fileURLWithPath: file).lastPathComponent, into: register, mapping: mapping,
        emptyClears: emptyClears, Terminal.language, in: scope,
        progress: progress("見ています", "Looking at rows"))
      guard plan.hasKeyColumn else {
        throw ImportRefusal.noKeyColumn(label: register.keyLabel(Terminal.language))
      }
      for remark in plan.remarks(Terminal.language) where !json { Terminal.say(remark) }
      if !dryRun {
        try await RegisterExchange.apply(
          plan, Terminal.language, in: scope, progress: progress("取り込んでいます", "Importing rows"))
      }
      await database.close()
      try report(plan.result(Terminal.words, Terminal.language))
      guard plan.read == plan.refused else { return }
      Terminal.error(Terminal.words.problem(ImportRefusal.nothingToImport, Terminal.language))
      throw ExitCode(2)
    }

    /// A line a second on a terminal: how many rows of how many.
    private func progress(_ ja: String, _ en: String) -> @Sendable (Int, Int) -> Void {
      let all = Mutex(0)
      let say = Terminal.progress { behind in
        let count = all.withLock { $0 }
        return Terminal.line("\(ja): \(count)行のうち\(behind)行", "\(en): \(behind) of \(count)")
      }
      return { behind, count in
        all.withLock { $0 = count }
        say(behind)
      }
    }

    private func report(_ result: RegisterImport.Result) throws {
      if json { return try Terminal.json(result) }
      let (added, updated, unchanged) = (result.added, result.updated, result.unchanged)
      Terminal.say(
        Terminal.line(
          "\(result.read)行を読みました。加える\(added)、直す\(updated)、同じ\(unchanged)。\(dryRun ? "まだ何も変えていません。" : "台帳に取り込みました。")",
          "\(result.read) rows read: \(added) to add, \(updated) to change, \(unchanged) the same. \(dryRun ? "Nothing has been changed." : "Imported.")"
        ))
      for error in result.errors {
        Terminal.say(
          Terminal.line(
            "  \(error.row)行目 \(error.column): \(error.message)",
            "  row \(error.row) \(error.column): \(error.message)"))
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "台帳を一覧にします。 Lists a register.")
    @OptionGroup var kind: Kind
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "さがす言葉。 Words to look for.") var search = ""
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let register = try kind.register
      let database = try await place.open(try DataOptions.library())
      let scope = try await at.scope(database)
      if json {
        let bytes = try await RegisterExchange.export(
          register, matching: search, as: .json, Terminal.language, in: scope)
        Terminal.say(String(decoding: bytes, as: UTF8.self).trimmed)
      } else {
        for one in try await RegisterExchange.list(register, matching: search, in: scope) {
          Terminal.say(one.key == one.title ? one.key : "\(one.key)  \(one.title)")
        }
      }
      await database.close()
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "台帳を書き出します。 Gives a register out.")
    @OptionGroup var kind: Kind
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "xlsx, csv, json") var format = "xlsx"
    @Option(help: "さがす言葉。 Words to look for.") var search = ""
    @Option(help: "書き出す先。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      guard let format = Register.Format(rawValue: format) else {
        throw ValidationError("--format: xlsx, csv, json")
      }
      let register = try kind.register
      let database = try await place.open(try DataOptions.library())
      let bytes = try await RegisterExchange.export(
        register, matching: search, as: format, Terminal.language, in: try await at.scope(database))
      await database.close()
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
    }
  }

  struct Draw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "diagram", abstract: "台帳から図を描きます。 Draws a diagram from the registers.",
      discussion:
        "図の種類は、書き出す先の名前の終わり(.svg か .pdf)で決まります。 The file's ending, .svg or .pdf, decides the format.")
    @Argument(help: "connections, contacts, systems") var kind: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "書き出す先(.svg, .pdf)。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let drawn = Diagrams.Kind(rawValue: kind)
      guard drawn != nil || kind == "contacts" else {
        throw ValidationError("KIND: connections, contacts, systems")
      }
      let ending = URL(fileURLWithPath: out).pathExtension.lowercased()
      guard let format = Diagrams.Format(rawValue: ending) else { throw ValidationError("--out: .svg, .pdf") }
      let database = try await place.open(try DataOptions.library())
      let scope = try await at.scope(database)
      let (language, environment) = (Terminal.language, ProcessInfo.processInfo.environment)
      let bytes =
        if let drawn {
          try await Diagrams.file(drawn, as: format, language, environment: environment, in: scope)
        } else {
          // The contact chart's paper is the emergency sheet, with what to do and the numbers beside the chart.
          try await Emergency.sheet(in: scope).file(as: format, language, environment: environment)
        }
      await database.close()
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
    }
  }

  /// Reads `heading: field`; JSON is YAML too. A field that is left empty is not read.
  private static func mapping(_ path: String) throws -> [String: String] {
    let text = String(decoding: try contents(of: path), as: UTF8.self)
    let loaded: Any?
    do { loaded = try Yams.load(yaml: text) } catch { throw unreadable(path) }
    guard let pairs = loaded as? [String: Any] else { throw unreadable(path) }
    return try pairs.mapValues { value in
      if value is NSNull { return "" }
      guard let field = value as? String else { throw unreadable(path) }
      return field
    }
  }

  private static func unreadable(_ path: String) -> ValidationError {
    ValidationError(
      "\(path): 「見出し: 項目」の形で書いてください / write it as lines of heading: field")
  }
}
