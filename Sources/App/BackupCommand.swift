import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "控えを取る・確かめる・戻す・並べる。 Backups.",
    subcommands: [Create.self, Verify.self, Restore.self, List.self])

  /// What opens a backup.
  struct SecretOptions: ParsableArguments {
    @Option(help: "鍵のファイル (64けたの16進数)。 Key file: 64 hexadecimal digits.") var keyFile: String?
    @Option(help: "合言葉の一行が入ったファイル。 File with a passphrase in its first line.")
    var passphraseFile: String?

    func validate() throws {
      guard (keyFile == nil) != (passphraseFile == nil) else {
        throw ValidationError("--key-file か --passphrase-file のどちらか一つが要ります / give one of the two")
      }
    }

    func secret() throws -> BackupSecret {
      if let passphraseFile { return try .passphrase(inFile: passphraseFile) }
      return try .key(inFile: keyFile ?? "")
    }

    /// The same for a new backup: a key file that is not there is made.
    func newSecret() throws -> BackupSecret {
      guard let keyFile else { return try secret() }
      let (secret, isNew) = try BackupSecret.findOrMakeKey(inFile: keyFile)
      if isNew {
        Terminal.error(
          Terminal.line(
            "鍵を新しく作りました: \(keyFile)。この鍵がないと、控えは開きません。印刷するか写して、控えともサーバとも別の所に置いてください。",
            "A new key was made: \(keyFile). Without it no backup opens: print or copy it, and keep it away from backups and server."
          ))
      }
      return secret
    }
  }

  /// What every answer in JSON says of a backup.
  struct Said: Encodable {
    let file: String
    let bytes: Int?
    let createdAt: String?
    let program: String?
    let engine: String?
    let migration: String?
    let entries: Int?
    let facilities: Int?
    let problem: String?

    init(_ path: String, _ bytes: Int?, _ header: Result<BackupHeader, BackupProblem>) {
      let known = try? header.get()  // the reason is told below
      (file, self.bytes) = (path, bytes)
      (createdAt, program, engine) = (known?.createdAt.iso, known?.program, known?.engine)
      (migration, entries, facilities) = (known?.migration, known?.entries, known?.facilities.count)
      problem =
        if case .failure(let problem) = header { Terminal.words.problem(problem, Terminal.language) } else {
          nil
        }
    }
  }

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "控えを取ります。守り手は動いたままでかまいません。 Makes a backup; the server may run.",
      discussion: """
        データベース、証拠のファイル、鍵が、暗号化した一つのファイルになります。鍵のファイルがなければ作ります。 \
        Database, evidence files and keys become one encrypted file. A key file that is not there is made.
        """)
    @OptionGroup var place: DataOptions
    @OptionGroup var secret: SecretOptions
    @Option(help: "控えを置く場所。 Folder for the backup.") var to: String?
    @Option(help: "控えを標準入力で受け取る命令。--to の代わり。 Command that takes the backup on standard input.")
    var command: String?
    @Flag(help: "別のディスクがつながっているときだけ取ります。 Only when the folder is on another disk.")
    var removable = false
    @Option(help: "日ごとに残す数。付けると、ほかの古い控えを消します。 Daily backups to keep; others are removed.")
    var keepDaily: Int?
    @Option(help: "週ごとに残す数。 Weekly backups to keep.") var keepWeekly: Int?
    @Option(help: "月ごとに残す数。 Monthly backups to keep.") var keepMonthly: Int?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func validate() throws {
      guard (to == nil) != (command == nil) else {
        throw ValidationError("--to か --command のどちらか一つが要ります / give one of the two")
      }
      let numbers = [keepDaily, keepWeekly, keepMonthly].compactMap { $0 }
      guard numbers.allSatisfy({ (0...Retention.most).contains($0) }), command == nil || numbers.isEmpty
      else {
        throw ValidationError("--keep-… は0から400で、--to と使います / 0 to 400, with --to")
      }
    }

    func run() async throws {
      if let to { try Backup.examine(to, isDisk: removable, apartFrom: place.data) }
      let database = try place.openExisting(examined: false)
      let secret = try secret.newSecret()
      var gone: [String] = []
      let made: Backup.Made
      if let to {
        made = try await Backup.create(
          of: database, to: to, secret: secret, program: Release.version, now: Clock.now, isDisk: removable)
        if keepDaily != nil || keepWeekly != nil || keepMonthly != nil {
          gone = try Backup.prune(
            beside: made, secret,
            Retention(daily: keepDaily ?? 0, weekly: keepWeekly ?? 0, monthly: keepMonthly ?? 0))
        }
      } else {
        made = try await Backup.create(
          of: database, into: command ?? "", secret: secret, program: Release.version, now: Clock.now)
      }
      try await Backups.record(made, in: database, now: Clock.now)
      await database.close()
      if json { return try Terminal.json(Said(made.path, made.bytes, .success(made.header))) }
      Terminal.say(
        Terminal.line(
          "控えを取りました: \(made.path)(\(made.bytes)バイト、記録 \(made.header.entries)件)",
          "Backup made: \(made.path) (\(made.bytes) bytes, \(made.header.entries) entries)"))
      for path in gone { Terminal.say(Terminal.line("古い控えを消しました: \(path)", "Removed: \(path)")) }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "控えを一時の場所に戻して確かめます。 Restores a backup into a temporary place and checks it.",
      discussion: """
        記録の鎖、署名した区切り、表ごとの行数と最後の指紋を、控えの見出しと比べます。PostgreSQL の控えには --database が要ります(一時のデータベースを作り、終わると消します)。 \
        Compares ledgers, checkpoints, rows and heads with the header. A backup of PostgreSQL needs --database, where a temporary database is made.
        """)
    @Argument(help: "控えのファイル。 The backup.") var file: String
    @OptionGroup var secret: SecretOptions
    @Option(help: "一時の場所。省くと一時フォルダ。 Folder for the temporary copy.") var work: String?
    @Option(help: "PostgreSQL の住所。環境変数 MAMORITE_DATABASE でも。 PostgreSQL for the temporary database.")
    var database: String?
    @Flag(help: "戻す訓練として --data の守り手に記録します。 Records it as a restore drill in --data.")
    var drill = false
    @Option(help: "訓練を記録する守り手のデータ。 Data folder in which the drill is recorded.") var data = "var/data"
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Result: Encodable {
      let ok: Bool
      let file: String
      let entries: Int
      let head: String
      let facilities: Int
      let checkpoints: Int
      let createdAt: String
      let migration: String
      let engine: String
      let tables: Int
      let rows: Int
      let broken: [Broken]
      let differences: [String]
      let elapsedMs: Int
    }

    private struct Broken: Encodable {
      let facility: String
      let sequence: Int
    }

    private struct Refused: Encodable {
      let ok = false
      let file: String
      let code: String
      let problem: String
    }

    func run() async throws {
      do {
        let verdict = try await Backup.verify(
          file, secret: try secret.secret(), work: work ?? FileManager.default.temporaryDirectory.path,
          server: database ?? ProcessInfo.processInfo.environment["MAMORITE_DATABASE"],
          slices: Slices.all(try DataOptions.library()).flatMap(\.migrations), now: Clock.now,
          facilities: { try await Facilities.all(in: $0).map(\.id) },
          progress: Terminal.progress { count in
            Terminal.line("\(count)件まで確かめました…", "\(count) entries checked…")
          })
        let result = result(verdict)
        if drill { try await record(verdict) }
        if json { try Terminal.json(result) } else { say(result) }
        if !verdict.ok { throw ExitCode(6) }
      } catch let problem as any Problem {
        // A script reads one object whatever happens; the sentence and the exit code follow as for every command.
        if json {
          try Terminal.json(
            Refused(
              file: file, code: problem.code, problem: Terminal.words.problem(problem, Terminal.language)))
        }
        throw problem
      }
    }

    private func record(_ verdict: Backup.Verdict) async throws {
      var place = try DataOptions.parse(["--data", data])
      place.database = database
      let here = try await place.open(try DataOptions.library())
      let name = ProcessInfo.processInfo.environment["USER"] ?? "root"
      try await Backups.record(verdict, of: file, by: name, in: here, now: Clock.now)
      await here.close()
    }

    private func result(_ verdict: Backup.Verdict) -> Result {
      let heads = verdict.ledgers.map(\.verdict.head)
      let head = heads.count == 1 ? heads[0] : sha256(Array(heads.joined(separator: "\n").utf8))
      return Result(
        ok: verdict.ok, file: file, entries: verdict.entries, head: head, facilities: heads.count,
        checkpoints: verdict.ledgers.reduce(0) { $0 + $1.verdict.checkpoints },
        createdAt: verdict.header.createdAt.iso, migration: verdict.header.migration,
        engine: verdict.header.engine, tables: verdict.header.tables.count,
        rows: verdict.header.tables.values.reduce(0, +),
        broken: verdict.ledgers.compactMap { facility, verdict in
          verdict.brokenAt.map { Broken(facility: facility.text, sequence: $0) }
        }, differences: verdict.differences, elapsedMs: verdict.elapsedMs)
    }

    private func say(_ result: Result) {
      if result.ok {
        Terminal.say(
          Terminal.line(
            "この控えは戻せます。\(result.createdAt) の控え、\(result.facilities)施設、記録 \(result.entries)件、\(result.tables)表 \(result.rows)行が、みな合っています。最後の指紋 \(result.head)",
            "This backup can be restored. Made \(result.createdAt); \(result.facilities) facilities, \(result.entries) entries, \(result.rows) rows in \(result.tables) tables all agree. Head \(result.head)"
          ))
      }
      for place in result.broken {
        Terminal.say(
          Terminal.line(
            "施設 \(place.facility) の \(place.sequence) 件目から記録が合いません。",
            "Facility \(place.facility): the ledger breaks at entry \(place.sequence)."))
      }
      for name in result.differences {
        Terminal.say(
          Terminal.line("表 \(name) が、控えの見出しと合いません。", "Table \(name) is not what the header says."))
      }
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "控えを新しい場所に戻します。 Restores a backup into a new place.",
      discussion: """
        SQLite の控えは --data の場所に、PostgreSQL の控えは --database の空のデータベースに戻し、鍵を --data に置きます。中身のある場所には、--replace を付けたときだけ戻し、前のものは日付の付いた名前で残します。 \
        What is there is kept under a dated name, and only with --replace.
        """)
    @Argument(help: "控えのファイル。 The backup.") var file: String
    @OptionGroup var secret: SecretOptions
    @Option(help: "戻す先。 Folder to restore into.") var data: String
    @Option(help: "PostgreSQL の控えを戻す先。 PostgreSQL to restore into; also MAMORITE_DATABASE.")
    var database: String?
    @Flag(help: "中身のある場所に戻します。前のものは残します。 Replaces what is there, and keeps it.")
    var replace = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Result: Encodable {
      let data: String
      let entries: Int
      let createdAt: String
      let kept: String?
      let elapsedMs: Int
    }

    func run() async throws {
      let slices = Slices.all(try DataOptions.library()).flatMap(\.migrations)
      let secret = try secret.secret()
      let restored: Backup.Restored
      if let url = database ?? ProcessInfo.processInfo.environment["MAMORITE_DATABASE"] {
        _ = try Database.Address.parse(url: url)
        restored = try await Backup.restore(
          file, secret: secret, toServer: url, keys: data, replacing: replace, slices: slices, now: Clock.now)
      } else {
        restored = try await Backup.restore(
          file, secret: secret, toFolder: data, replacing: replace, slices: slices, now: Clock.now)
      }
      if json {
        return try Terminal.json(
          Result(
            data: data, entries: restored.header.entries, createdAt: restored.header.createdAt.iso,
            kept: restored.kept, elapsedMs: restored.elapsedMs))
      }
      if let kept = restored.kept {
        Terminal.say(Terminal.line("前のものは残してあります: \(kept)", "What was there is kept: \(kept)"))
      }
      Terminal.say(
        Terminal.line(
          "\(restored.header.createdAt.iso) の控えを \(data) に戻しました(記録 \(restored.header.entries)件)。",
          "The backup of \(restored.header.createdAt.iso) is in \(data) (\(restored.header.entries) entries)."
        ))
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "控えを新しい順に並べます。鍵は要りません。 Lists the backups in a folder; needs no key.",
      discussion: "見出しを読むだけです。戻せるかどうかは verify で確かめます。 Reads headers only; `verify` proves them.")
    @Argument(help: "控えのある場所。 Folder with backups.") var folder: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let said = try Backup.list(folder).map { Said($0.path, $0.bytes, $0.header) }
      if json { return try Terminal.json(said) }
      if said.isEmpty {
        Terminal.say(Terminal.line("\(folder) に控えはありません。", "There are no backups in \(folder)."))
      }
      for each in said {
        Terminal.say(
          each.problem
            ?? Terminal.line(
              "\(each.file)  \(each.createdAt ?? "")  \(each.bytes ?? 0)バイト  記録 \(each.entries ?? 0)件",
              "\(each.file)  \(each.createdAt ?? "")  \(each.bytes ?? 0) bytes  \(each.entries ?? 0) entries")
        )
      }
    }
  }
}
