import ArgumentParser
import Foundation
import Kernel
import Registers
import Storage
import Web

/// What is left when an administrator has locked themselves out: whoever is at the shell of the machine may do it.
struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "サインインの資格を見る・直す。 Accounts.",
    subcommands: [Show.self, SetPassword.self, RemoveFactors.self, BreakGlassCodes.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "二つ目の要素と回復コードの数を見ます。 Shows how many second factors and recovery codes there are.")
    @OptionGroup var place: DataOptions
    @Option(help: "利用者名。 User name.") var login: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let (factors, codes) = try await Accounts.factorCounts(login: login, in: database)
      if json {
        try Terminal.json(["factors": factors, "recovery_codes": codes])
      } else {
        Terminal.say(
          Terminal.line(
            "二つ目の要素 \(factors)個、回復コード あと\(codes)個", "\(factors) second factors, \(codes) recovery codes left")
        )
      }
      await database.close()
    }
  }

  struct SetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "パスワードを作り直します。新しいものは標準入力から読みます。 Sets a password, read from standard input.",
      discussion: "サインインはみな終わり、本人にお知らせが届き、記録に残ります。 Sessions end; the person is told; the ledger keeps it.")
    @OptionGroup var place: DataOptions
    @Option(help: "利用者名。 User name.") var login: String

    func run() async throws {
      guard let password = readLine(strippingNewline: true) else {
        throw Person.Refusal.badPassword([.tooShort])
      }
      let database = try await place.open(try DataOptions.library())
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      try await Accounts.setPassword(password, login: login, by: .shell(name), in: database, now: Clock.now)
      Terminal.say(Terminal.line("パスワードを作り直しました。", "The password has been set."))
      await database.close()
    }
  }

  struct BreakGlassCodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "break-glass",
      abstract: "封をする緊急用のコードを作ります。だれも入れないときに。 Makes sealed codes when nobody can sign in.",
      discussion: "前のコードは使えなくなり、管理者に知らせが届き、記録に残ります。 Earlier codes stop working; the ledger keeps it.")
    @OptionGroup var place: DataOptions
    @OptionGroup var facility: FacilityOption
    @Option(help: "作る数(1から10)。 How many.") var count = 1
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let codes = try await BreakGlass.makeCodes(count, in: try await facility.scope(database))
      if json { try Terminal.json(["codes": codes]) } else { for code in codes { Terminal.say(code) } }
      await database.close()
    }
  }

  struct RemoveFactors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "二つ目の要素と回復コードをすべて外し、サインインを終わらせます。 Removes all second factors, ends all sessions.",
      discussion: "本人にお知らせが届き、記録に残ります。 The person is told, and the ledger keeps it.")
    @OptionGroup var place: DataOptions
    @Option(help: "利用者名。 User name.") var login: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      let removed = try await Accounts.resetFactors(
        login: login, by: .shell(name), in: database, now: Clock.now)
      if json {
        try Terminal.json(["removed": removed])
      } else {
        Terminal.say(
          Terminal.line(
            "二つ目の要素を\(removed)個外しました。サインインは、みな終わりました。",
            "Removed \(removed) second factors; all sessions have ended."))
      }
      await database.close()
    }
  }
}
