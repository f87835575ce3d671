import ArgumentParser
import Foundation
import Kernel
import Registers
import Storage
import Web

/// Reviews of accounts (棚卸し). What becomes of each account is decided and signed in the browser.
struct ReviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "見直しを行う。 Reviews.", subcommands: [AccountsOf.self])

  struct AccountsOf: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "accounts", abstract: "アカウントの棚卸し。 Account reviews.",
      subcommands: [List.self, Start.self, Show.self])
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "対象ごとに、予定と前回の署名を一覧にします。 Lists the subjects with their plan and last sign-off.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let lines = try await AccountReviews.list(in: try await at.scope(database))
      if json {
        try Terminal.json(lines)
      } else {
        for line in lines {
          let due = line.nextDueOn ?? Terminal.line("予定なし", "no plan")
          Terminal.say("\(line.subject) \(line.name) \(due)")
        }
      }
      await database.close()
    }
  }

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "棚卸しを始めます。 Starts a review.",
      discussion: "守り手のアカウントか、システムから書き出した一覧で始めます。 With Mamorite's own accounts, or a system's list.")
    @Argument(help: "mamorite か、システムの名前か番号。 mamorite, or the name or id of a system.") var subject: String
    @Argument(help: "システムの一覧のファイル(CSV, .xlsx)。 The system's list.") var file: String?
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let given = try file.map {
        (name: URL(fileURLWithPath: $0).lastPathComponent, bytes: try contents(of: $0))
      }
      let database = try await place.open(try DataOptions.library())
      let begun = try await AccountReviews.begin(subject, file: given, in: try await at.scope(database))
      if json {
        try Terminal.json(begun)
      } else {
        Terminal.say(
          Terminal.line(
            "\(begun.id) アカウント\(begun.accounts)件、確かめるもの\(begun.attention)件、読めない行\(begun.refused.count)行",
            "\(begun.id) \(begun.accounts) accounts, \(begun.attention) to look at, \(begun.refused.count) rows unread"
          ))
      }
      await database.close()
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "一つの棚卸しの進みを見ます。 Shows how far a review has come.")
    @Argument(help: "棚卸しの番号。 Id of the review.") var id: String
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let shown = try await AccountReviews.show(id, in: try await at.scope(database))
      if json {
        try Terminal.json(shown)
      } else {
        Terminal.say(
          Terminal.line(
            "\(shown.name) \(shown.startedOn) \(shown.state): \(shown.accounts)件 (残す\(shown.keep)、変える\(shown.change)、消す\(shown.remove)、まだ\(shown.undecided))",
            "\(shown.name) \(shown.startedOn) \(shown.state): \(shown.accounts) accounts (keep \(shown.keep), change \(shown.change), remove \(shown.remove), undecided \(shown.undecided))"
          ))
      }
      await database.close()
    }
  }
}
