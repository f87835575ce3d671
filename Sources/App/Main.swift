import ArgumentParser
import Foundation
import Kernel
import Storage
import Web

@main
struct Mamorite: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mamorite",
    abstract: "守り手: 医療情報システムの安全管理を支えるプログラム。Keeps medical information systems safe, and proves it.",
    discussion: """
      終了コード / exit codes: 0 できました done, 1 故障 fault, 2 入力が受け取れません refused input, 3 見つかりません not found, \
      4 食い違い conflict, 5 使えるものが足りません something needed is missing, 6 記録が合いません ledger does not verify, 64 使い方の誤り usage.
      """,
    version: Release.version,
    subcommands: [
      Serve.self, Worker.self, FacilityCommand.self, UserCommand.self, AccountCommand.self, PackCommand.self,
      AssessCommand.self,
      RegisterCommand.self, DisclosureCommand.self, ReportCommand.self, ReviewCommand.self, AuditCommand.self,
      BackupCommand.self, ProbeCommand.self, OnCallCommand.self, FrameworkCommand.self,
      Demo.self,
      Doctor.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      Terminal.leave(0)
    } catch let problem as any Problem {
      Terminal.error(Terminal.words.problem(problem, Terminal.language))
      // For whoever runs the server; visitors of a page are not told where the database is.
      if case DatabaseProblem.unreachable(let reason) = problem { Terminal.error("  (\(reason))") }
      Terminal.leave(Terminal.code(of: problem))
    } catch {
      let words = fullMessage(for: error)
      let code = exitCode(for: error)
      // What was asked for, as help is, goes where answers go.
      if !words.isEmpty { code.isSuccess ? Terminal.mention(words) : Terminal.error(words) }
      Terminal.leave(code.rawValue)
    }
  }
}
