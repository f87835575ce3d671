import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "報告を作る。 Reports.", subcommands: [Management.self, Inspection.self])

  struct Management: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "経営への報告を作ります。 Makes the report to management.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: AssessCommand.Target
    @Option(help: "pdf, xlsx, html, json") var format = "pdf"
    @Option(help: "書き出す先。省くと標準出力(html, json)。 File to write; left out, standard output for html and json.")
    var out: String?
    @Option(help: "ja, en") var language: String?
    @Flag(help: "JSONで答えます(--format json と同じ)。 The same as --format json.") var json = false

    func run() async throws {
      guard let format = Reports.Format(rawValue: json && out == nil ? "json" : format) else {
        throw ValidationError("--format: pdf, xlsx, html, json")
      }
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let scope = try await at.scope(database)
      let assessment = try await target.find(in: scope)
      let report = try await Reports.management(
        assessment.id, library: library, sections: ReportSections(Slices.all(library)), in: scope)
      let bytes = try await Reports.file(
        report, as: format, language.flatMap(Language.init(rawValue:)) ?? Terminal.language,
        environment: ProcessInfo.processInfo.environment)
      if let out {
        try write(bytes, to: out)
        if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
      } else if format == .html || format == .json {
        Terminal.say(String(decoding: bytes, as: UTF8.self))
      } else {
        throw ValidationError("--out FILE が要ります / --out FILE is needed for \(format.rawValue)")
      }
      await database.close()
    }
  }

  struct Inspection: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "立入検査用のチェックリストを印刷用に作ります。 The filled checklist for an inspection.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: AssessCommand.Target
    @Option(help: "書き出す先(PDF)。 File to write.") var out: String

    func run() async throws {
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let scope = try await at.scope(database)
      let assessment = try await target.find(in: scope)
      let sheet = try await Reports.inspectionSheet(
        of: assessment.id, library: library, in: scope, Terminal.language,
        environment: ProcessInfo.processInfo.environment)
      try write(sheet.bytes, to: out)
      Terminal.say(out)
      await database.close()
    }
  }
}
