import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

extension PackCommand {
  struct Take: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "厚生労働省のチェックリストの表を、この施設の版として取り込みます。 Takes in the ministry's checklist.",
      discussion:
        """
        Excel、CSV、PDF、文(.txt)、またはほかの施設の版のファイル(.yaml)を読みます。行ごとに直すときは、画面から取り込みます。 \
        Reads Excel, CSV, PDF, text (.txt), or an edition of another facility (.yaml). To correct rows, use the page.
        """)
    @Argument(help: "表のファイル。 File of the sheet.") var file: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "年度(西暦)。無ければ今年度。 Fiscal year by its first calendar year; this one without.")
    var fiscalYear: Int?
    @Flag(help: "書き込まずに、どうなるかだけを示します。 Shows what would happen and writes nothing.") var dryRun = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Shown: Encodable {
      struct Form: Encodable {
        let id: String
        let items: Int
        let gates: Int
      }

      let pack: String
      let revision: Int
      let forms: [Form]
      let withoutConcept: Int
      let removed: Int
      let unread: Int
      let dryRun: Bool
    }

    func run() async throws {
      let library = try DataOptions.library()
      let bytes = try contents(of: file)
      let url = URL(fileURLWithPath: file)
      let database = try await place.open(library)
      let year = fiscalYear.map { FiscalYear($0) }
      let result = try await Editions.take(
        bytes, named: url.lastPathComponent, isText: url.pathExtension.lowercased() == "txt", year: year,
        library: library, isTrial: dryRun, in: try await at.scope(database))
      await database.close()
      let shown = Shown(
        pack: result.pack.id, revision: result.revision,
        forms: result.pack.forms.map {
          Shown.Form(id: $0.id, items: $0.rows.count, gates: $0.items.count - $0.rows.count)
        },
        withoutConcept: result.withoutConcept, removed: result.removed, unread: result.unread, dryRun: dryRun)
      if json { return try Terminal.json(shown) }
      Terminal.say(
        Terminal.line(
          "\(shown.pack) 読み取り\(shown.revision)回目\(dryRun ? "(書き込んでいません)" : "")",
          "\(shown.pack), reading \(shown.revision)\(dryRun ? " (nothing written)" : "")"))
      for form in shown.forms {
        Terminal.say(
          Terminal.line(
            "  \(form.id): 項目\(form.items)、入口の質問\(form.gates)",
            "  \(form.id): \(form.items) items, \(form.gates) opening questions"))
      }
      Terminal.say(
        Terminal.line(
          "  どの考えにも当たらない項目\(shown.withoutConcept)、見分けられない行\(shown.unread)、答えがあるので残した項目\(shown.removed)",
          "  \(shown.withoutConcept) items of no known concept, \(shown.unread) rows not told apart, "
            + "\(shown.removed) items kept for their answers"))
    }
  }

  struct Give: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "取り込んだ版を、ほかの施設へ渡すファイルにします。 Writes an edition for another facility.")
    @Argument(help: "mhlw-checklist-r8 など。 Id of the edition.") var pack: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "書き出す先。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let bytes = try await Editions.file(pack, in: try await at.scope(database))
      await database.close()
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
    }
  }
}
