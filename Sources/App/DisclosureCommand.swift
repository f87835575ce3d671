import ArgumentParser
import Foundation
import Kernel
import Registers
import Storage
import Web

struct DisclosureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disclosure", abstract: "開示書(MDS・SDS・MDS2)を読む。 Disclosures of vendors.",
    subcommands: [Read.self])

  struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "開示書のファイルが、どう読み取れるかを示します。 Shows what a disclosure is read as.",
      discussion: "何も書き込みません。 Writes nothing.")
    @Argument(help: "ファイル(.xlsx, CSV)。 File.") var file: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() throws {
      let reading = try Disclosures.reading(
        try contents(of: file), named: URL(fileURLWithPath: file).lastPathComponent)
      let summary = reading.summary
      if json { return try Terminal.json(summary) }
      Terminal.say(
        Terminal.line(
          "\(summary.kind ?? "?") \(summary.edition ?? "?") \(summary.product ?? ""): \(summary.questions.count)項目、読めない行\(summary.refused.count)",
          "\(summary.kind ?? "?") \(summary.edition ?? "?") \(summary.product ?? ""): \(summary.questions.count) questions, \(summary.refused.count) rows not read"
        ))
      for question in summary.questions {
        Terminal.say("\(question.number)  \(question.answer.rawValue)  \(question.remark)")
      }
    }
  }
}
