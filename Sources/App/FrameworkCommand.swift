import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

/// Frameworks that were taken in, and the audits that answer them. Answers are given in the browser.
struct FrameworkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "framework", abstract: "取り込んだ枠組みとその点検を見る・書き出す。 Frameworks and their audits.",
    subcommands: [List.self, AuditList.self, Show.self, Export.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "この施設に見える枠組みを一覧にします。 Lists the frameworks that the facility sees.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let frameworks = try await Audits.frameworks(in: try await at.scope(database))
      await database.close()
      if json { return try Terminal.json(frameworks) }
      for one in frameworks {
        Terminal.say("\(one.urn.harmless) (\(one.version)) \(one.name.harmless) \(one.assessable)")
      }
    }
  }

  struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "audits", abstract: "枠組みの点検を、進みとともに一覧にします。 Lists the audits with how far they are.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let audits = try await Audits.summaries(in: try await at.scope(database))
      await database.close()
      if json { return try Terminal.json(audits) }
      for audit in audits { FrameworkCommand.say(audit) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "一つの点検の数を見ます。 Shows an audit in numbers.")
    @Argument(help: "点検の番号。 Id of the audit, as listed by `framework audits`.") var audit: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let shown = try await Audits.summary(of: audit, in: try await at.scope(database))
      await database.close()
      if json { return try Terminal.json(shown) }
      FrameworkCommand.say(shown)
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "点検を OSCAL の結果か Excel に書き出します。 Writes an audit as OSCAL assessment results or Excel.")
    @Argument(help: "点検の番号。 Id of the audit.") var audit: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "oscal, xlsx") var format = "oscal"
    @Option(help: "書き出す先。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      guard let format = Audits.ExportFormat(rawValue: format) else {
        throw ValidationError("--format: oscal, xlsx")
      }
      let database = try await place.open(try DataOptions.library())
      let bytes = try await Audits.file(
        audit, as: format, Terminal.language, in: try await at.scope(database))
      await database.close()
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
    }
  }

  private static func say(_ audit: AuditSummary) {
    let answered = audit.requirements - audit.unanswered
    Terminal.say("\(audit.id) \(audit.fiscalYear) \(audit.name.harmless) \(answered)/\(audit.requirements)")
    Terminal.say(
      Terminal.line(
        "  適合\(audit.compliant)、一部適合\(audit.partiallyCompliant)、不適合\(audit.nonCompliant)、"
          + "対象外\(audit.notApplicable)、点だけ\(audit.scoredOnly)、未確認\(audit.unconfirmed)、未回答\(audit.unanswered)",
        "  \(audit.compliant) met, \(audit.partiallyCompliant) in part, \(audit.nonCompliant) not, "
          + "\(audit.notApplicable) not applicable, \(audit.scoredOnly) with a score alone, "
          + "\(audit.unconfirmed) not confirmed, \(audit.unanswered) unanswered"))
  }
}
