import ArgumentParser
import Assurance
import Foundation
import Glibc
import Kernel
import Registers
import Storage
import Web

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "記録を確かめる・書き出す・署名する。 The ledger.",
    subcommands: [Verify.self, Export.self, Sign.self, Key.self])

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "記録の鎖を初めから、署名した区切りとともに確かめます。 Checks the hash chain from its beginning, and its signed checkpoints.")
    @OptionGroup var place: DataOptions
    @Option(help: "一つの施設だけ。 One facility only.") var facility: String?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Broken: Encodable {
      let facility: String
      let sequence: Int
      /// Whether the chain fits itself and only the signed checkpoint there tells.
      let checkpoint: Bool
    }

    private struct Result: Encodable {
      let facilities: Int
      let entries: Int
      let ok: Bool
      /// The head of the only facility, or of all heads one after the other.
      let head: String
      let broken: [Broken]
      /// Facilities that have entries but do not stand in the list of facilities, as they are written.
      let unlisted: [String]
      let checkpoints: Int
      /// Checkpoints signed by another key than the one in this data folder.
      let otherKeys: Int
      let stamps: Int
      let brokenStamps: [BrokenStamp]
      /// Whether OpenSSL was there to look at the time stamps.
      let stampsChecked: Bool
    }

    private struct BrokenStamp: Encodable {
      let facility: String
      let sequence: Int
    }

    func run() async throws {
      let database = try place.openExisting()
      let listed = try await Facilities.all(in: database).map(\.id)
      let result: Result
      if let facility {
        guard let id = FacilityID(facility), listed.contains(id) else { throw Facility.Refusal.notFound }
        result = try await verdict(on: [id], unlisted: [], in: database)
      } else {
        let known = Set(listed.map(\.text))
        let unlisted = try await database.facilitiesOfLedger().filter { !known.contains($0) }
        result = try await verdict(on: listed, unlisted: unlisted, in: database)
      }
      if json { try Terminal.json(result) } else { say(result) }
      await database.close()
      if !result.ok { throw ExitCode(6) }
    }

    private func verdict(on listed: [FacilityID], unlisted: [String], in database: Database) async throws
      -> Result
    {
      let ids = listed + unlisted.compactMap { FacilityID($0) }
      var (entries, checkpoints, otherKeys) = (0, 0, 0)
      var heads: [String] = []
      var stamps = 0
      var brokenStamps: [BrokenStamp] = []
      var stampsChecked = true
      var broken: [Broken] = []
      let progress = Terminal.progress { count in
        Terminal.line("\(count)件まで確かめました…", "\(count) entries checked…")
      }
      for id in ids {
        let scope = Scope(database, actor: .system("verify"), facility: id, now: Clock.now)
        let verdict = try await scope.verifyLedger(progress: progress)
        let stamped = try await scope.verifyStamps()
        stamps += stamped.count
        stampsChecked = stampsChecked && stamped.isChecked
        brokenStamps += stamped.broken.map { BrokenStamp(facility: id.text, sequence: $0) }
        entries += verdict.entries
        checkpoints += verdict.checkpoints
        otherKeys += verdict.byOtherKeys
        heads.append(verdict.head)
        // A facility's ledger begins when the facility does: one without any entry has lost them.
        if let place = verdict.brokenAt ?? (verdict.entries == 0 ? 1 : nil) {
          broken.append(
            Broken(facility: id.text, sequence: place, checkpoint: verdict.isBrokenAtCheckpoint))
        }
      }
      let head = heads.count == 1 ? heads[0] : sha256(Array(heads.joined(separator: "\n").utf8))
      return Result(
        facilities: ids.count, entries: entries,
        ok: broken.isEmpty && brokenStamps.isEmpty && unlisted.isEmpty, head: head,
        broken: broken, unlisted: unlisted, checkpoints: checkpoints, otherKeys: otherKeys, stamps: stamps,
        brokenStamps: brokenStamps, stampsChecked: stampsChecked)
    }

    private func say(_ result: Result) {
      if result.ok {
        Terminal.say(
          Terminal.line(
            "\(result.facilities)施設 \(result.entries)件の記録は、すべて合っています。最後の指紋 \(result.head)",
            "\(result.entries) entries of \(result.facilities) facilities verify. Head \(result.head)"))
        Terminal.say(
          Terminal.line(
            "署名した区切り\(result.checkpoints)件も合っています。",
            "\(result.checkpoints) signed checkpoints verify too."))
      }
      for place in result.broken {
        Terminal.say(
          place.checkpoint
            ? Terminal.line(
              "施設 \(place.facility) の \(place.sequence) 件目が、署名した区切りと合いません。",
              "Facility \(place.facility): entry \(place.sequence) is not the one that was signed.")
            : Terminal.line(
              "施設 \(place.facility) の \(place.sequence) 件目から記録が合いません。",
              "Facility \(place.facility): the ledger breaks at entry \(place.sequence)."))
      }
      for id in result.unlisted {
        Terminal.say(
          Terminal.line(
            "記録に施設 \(id) がありますが、施設の一覧にありません。施設の番号か記録が書き換えられています。",
            "The ledger has facility \(id), which is not in the list of facilities: its id or the ledger was changed."
          ))
      }
      sayStamps(result)
      if result.otherKeys > 0 {
        Terminal.say(
          Terminal.line(
            "\(result.otherKeys)件は、ここにあるものとは別の鍵の署名です。鍵を替えた覚えがなければ、控えた公開鍵と比べてください。",
            "\(result.otherKeys) checkpoints are signed by another key than the one here. Unless the key was replaced, compare them with the public key you keep."
          ))
      }
    }

    private func sayStamps(_ result: Result) {
      for place in result.brokenStamps {
        Terminal.say(
          Terminal.line(
            "施設 \(place.facility) の \(place.sequence) 件目の時刻の刻印が、記録か局の証明書と合いません。",
            "Facility \(place.facility): the time stamp of entry \(place.sequence) does not hold."))
      }
      if result.stamps > 0, !result.stampsChecked {
        Terminal.say(
          Terminal.line(
            "openssl がないので、時刻の刻印\(result.stamps)件は確かめていません。入れてから、もう一度実行してください。",
            "\(result.stamps) time stamps were not checked: openssl is missing."))
      } else if result.stamps > 0, result.brokenStamps.isEmpty {
        Terminal.say(
          Terminal.line(
            "時刻の刻印\(result.stamps)件も合っています。", "\(result.stamps) time stamps verify too."))
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "一つの施設の記録をすべて JSON Lines に書き出します。 Writes a facility's whole ledger as JSON Lines.",
      discussion: "書き出したことも記録に残ります。 Exporting is recorded too.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "書き出すファイル。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let scope = try await at.scope(database)
      let name = try await Facilities.this(scope).name.text
      // Whole or not at all, and never all of it in memory.
      let draft = "\(out).\(getpid()).part"
      guard FileManager.default.createFile(atPath: draft, contents: nil),
        let file = FileHandle(forWritingAtPath: draft)
      else { throw OutputProblem(path: out, reason: String(cString: strerror(errno))) }
      defer { unlink(draft) }
      let export = try await LedgerExport.begin(of: scope, name: name)
      try await export.write { bytes in
        do { try file.write(contentsOf: Data(bytes)) } catch {
          throw OutputProblem(path: out, reason: error.localizedDescription)
        }
      }
      try file.close()
      guard rename(draft, out) == 0 else {
        throw OutputProblem(path: out, reason: String(cString: strerror(errno)))
      }
      let head = try await scope.read { try $0.ledgerHead() }
      if json {
        try Terminal.json(["file": out, "head": head.hash])
      } else {
        Terminal.say(Terminal.line("記録を書き出しました: \(out)", "Ledger written: \(out)"))
      }
      await database.close()
    }
  }

  struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "checkpoint", abstract: "最後の記録の指紋に署名します。 Signs the head of each facility's ledger.")
    @OptionGroup var place: DataOptions
    @Option(help: "一つの施設だけ。 One facility only.") var facility: String?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Signed: Encodable {
      let facility: String
      let sequence: Int
      let hash: String
      let key: String
    }

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      var ids = try await Facilities.all(in: database).map(\.id)
      if let facility {
        guard let id = FacilityID(facility), ids.contains(id) else { throw Facility.Refusal.notFound }
        ids = [id]
      }
      let actor = Actor.shell(ProcessInfo.processInfo.environment["USER"] ?? "root")
      var signed: [Signed] = []
      for id in ids {
        let scope = Scope(database, actor: actor, facility: id, now: Clock.now)
        guard let made = try await Stamps.sign(in: scope) else { continue }
        signed.append(Signed(facility: id.text, sequence: made.sequence, hash: made.hash, key: made.key))
      }
      await database.close()
      if json { return try Terminal.json(["signed": signed]) }
      for each in signed {
        Terminal.say(
          Terminal.line(
            "施設 \(each.facility): \(each.sequence)件目までに署名しました。指紋 \(each.hash)",
            "Facility \(each.facility): signed up to entry \(each.sequence). Hash \(each.hash)"))
      }
      if signed.isEmpty {
        Terminal.say(
          Terminal.line("前の署名のあと、新しい記録はありません。", "Nothing has been recorded since the last signature."))
      }
    }
  }

  struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "署名の公開鍵を出します。なければ鍵を作ります。 Shows the public key, making the key at first.")
    @OptionGroup var place: DataOptions
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      // The key belongs to a database: none is made beside nothing.
      let database = try place.openExisting()
      guard let folder = database.keyFolder else { throw CheckpointProblem.noFolder }
      let key = try CheckpointKey.findOrMake(in: folder)
      await database.close()
      if json { return try Terminal.json(["key": key.id, "public_key": key.publicKey]) }
      Terminal.say(key.publicKey)
    }
  }
}
