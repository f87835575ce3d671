import ArgumentParser
import Assurance
import Foundation
import Kernel
import Storage
import Web

extension FacilityCommand {
  struct Moved: Encodable {
    let file: String
    let bytes: Int
    let facility: String
    let name: String
    let rows: Int
    let files: Int
    let entries: Int
    let head: String
    let fingerprint: String
    let ledgerOk: Bool

    init(_ made: FacilityArchive.Made) {
      (file, bytes, facility, name) = (made.path, made.bytes, made.facility.text, made.name)
      (rows, files, entries, head) = (made.rows, made.files, made.entries, made.head)
      (fingerprint, ledgerOk) = (made.fingerprint, made.isLedgerSound)
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "一つの施設を丸ごと、一つのファイルに持ち出します。 Takes one facility away whole, as a tar file.",
      discussion: "暗号化されません。守り手は動いたままでかまいません。 The file is not encrypted; the server may run.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "作るファイル(.tar)。すでにあるときは断ります。 New file.") var to: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let made = try await Moves.export(try await at.scope(database), to: to)
      await database.close()
      if json { return try Terminal.json(Moved(made)) }
      Terminal.say(
        Terminal.line(
          "\(made.name)を持ち出しました: \(made.path)(\(made.rows)行、ファイル\(made.files)個、記録\(made.entries)件)",
          "\(made.name) was taken away: \(made.path) (\(made.rows) rows, \(made.files) files, \(made.entries) entries)"
        ))
      Terminal.say(
        Terminal.line(
          "指紋: \(made.fingerprint)。暗号化されていません。渡し終えたら消してください。",
          "Fingerprint: \(made.fingerprint). It is not encrypted: delete it once it has been handed over."))
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "持ち出した施設を受け入れます。すべて入るか、何も入らないかです。 Takes a facility in, all of it or nothing.",
      discussion: "サインインは移りません。入れたあと user add で、台帳の管理者に渡します。 Nobody can sign in until user add."
    )
    @Argument(help: "facility export のファイル。 File of facility export.") var file: String
    @OptionGroup var place: DataOptions
    @Flag(help: "記録が合わなくても入れます。記録に、そう残ります。 Even when the ledger does not verify.")
    var acceptBrokenLedger = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      let made = try await Moves.take(
        file, into: database, slices: Slices.all(library).flatMap(\.migrations), by: .shell(name),
        now: Clock.now,
        acceptsBrokenLedger: acceptBrokenLedger)
      await database.close()
      if json { return try Terminal.json(Moved(made)) }
      Terminal.say(
        Terminal.line(
          "\(made.name)を受け入れました: \(made.facility)(\(made.rows)行、ファイル\(made.files)個、記録\(made.entries)件)",
          "\(made.name) was taken in: \(made.facility) (\(made.rows) rows, \(made.files) files, \(made.entries) entries)"
        ))
      Terminal.say(
        Terminal.line(
          "指紋: \(made.fingerprint)。持ち出したときの指紋と比べてください。まだだれもサインインできません。user add --name に、台帳にいる管理者の名前を書いて、その人に渡してください。",
          "Fingerprint: \(made.fingerprint). Compare it with the one at the export. Nobody can sign in yet: use user add with the name of an administrator of the register."
        ))
    }
  }
}
