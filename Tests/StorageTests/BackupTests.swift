import Foundation
import Kernel
import Storage
import TestSupport
import Testing

private let key = BackupSecret.key(Array(repeating: 7, count: 32))

extension Database {
  fileprivate func scope(_ facility: FacilityID) -> Scope {
    Scope(self, actor: .system("test"), facility: facility, now: .test)
  }

  /// Writes so many entries, each with a text of so many bytes.
  fileprivate func fill(_ facility: FacilityID, _ entries: Int, bytes: Int = 10) async throws {
    let text = String(repeating: "守", count: bytes / 3)
    try await scope(facility).write { tx in
      for number in 0..<entries {
        try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": text]))
      }
    }
  }

  fileprivate func backUp(to place: String, _ secret: BackupSecret = key) async throws -> Backup.Made {
    try await Backup.create(of: self, to: place, secret: secret, program: "0.1.0", now: .test)
  }
}

private func verified(
  _ path: String, _ secret: BackupSecret = key, in work: String, server: String? = nil
) async throws -> Backup.Verdict {
  try await Backup.verify(
    path, secret: secret, work: work, server: server, slices: [], now: .test, facilities: { _ in [] })
}

private func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

private func contents(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

private func store(_ bytes: some Sequence<UInt8>, _ path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// A database of SQLite with a few facilities, a place for backups and one for work, gone afterwards.
private func withHospital(
  _ body: (_ database: Database, _ facility: FacilityID, _ place: String, _ work: String) async throws -> Void
) async throws {
  try await withTemporaryFolder { folder in
    let (place, work) = (folder + "/place", folder + "/work")
    for path in [place, work] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let database = try Database(.directory(folder + "/data"))
    try await database.migrate([], now: .test)
    let facility = FacilityID(at: .test)
    try await database.fill(facility, 20)
    try await database.scope(facility).signCheckpoint()
    try await body(database, facility, place, work)
    await database.close()
  }
}

@Suite("控え")
struct BackupTests {
  @Test("取って、確かめて、戻すと、記録も鍵も同じになる")
  func there_and_back() async throws {
    try await withHospital { database, facility, place, work in
      let made = try await database.backUp(to: place)
      #expect(try names(in: place) == [URL(fileURLWithPath: made.path).lastPathComponent])
      let head = try await database.scope(facility).read { try $0.ledgerHead() }
      // The entry about the checkpoint is the last of 21.
      #expect(made.header.facilities.map(\.entries) == [21])
      #expect(made.header.facilities.map(\.head) == [head.hash])
      #expect(made.header.tables["audit_entry"] == 21 && made.header.tables["ledger_checkpoint"] == 1)
      let verdict = try await verified(made.path, in: work)
      #expect(verdict.ok && verdict.entries == 21 && verdict.ledgers[0].verdict.checkpoints == 1)
      #expect(verdict.ledgers[0].verdict.byOtherKeys == 0)
      #expect(try names(in: work) == [])

      let target = work + "/new"
      let restored = try await Backup.restore(
        made.path, secret: key, toFolder: target, replacing: false, slices: [], now: .test)
      #expect(restored.kept == nil)
      #expect(try names(in: work) == ["new"])
      #expect(try names(in: target) == ["ledger-key", "mamorite.sqlite"])
      #expect(try contents(target + "/ledger-key") == contents(database.keyFolder! + "/ledger-key"))
      let copy = try Database(.directory(target))
      let again = try await copy.scope(facility).verifyLedger()
      await copy.close()
      #expect(again.ok && again.head == head.hash && again.entries == 21)
    }
  }

  @Test("PostgreSQLでも、取って、確かめて、戻せる。中身があれば、断るか残す", .enabled(if: Engine.available.contains(.postgres)))
  func postgres() async throws {
    try await withTemporaryFolder { folder in
      let (place, work) = (folder + "/place", folder + "/work")
      for path in [place, work] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let url = try await Engine.newPostgres()
      let database = try Database(.postgres(url), connections: 2, keys: folder + "/keys")
      try await database.migrate([], now: .test)
      let facilities = [FacilityID(at: .test), FacilityID(at: .test)]
      for (index, facility) in facilities.enumerated() {
        try await database.fill(facility, 5 + index)
        try await database.scope(facility).signCheckpoint()
      }
      let made = try await database.backUp(to: place)
      #expect(made.header.engine == "postgres" && made.header.tables["audit_entry"] == 13)
      #expect(Set(made.header.facilities.map(\.entries)) == [6, 7])
      let verdict = try await verified(made.path, in: work, server: url)
      #expect(verdict.ok && verdict.entries == 13 && verdict.differences == [])
      #expect(try names(in: work) == [])
      await #expect(throws: BackupProblem.noScratch(reason: "--database")) {
        try await verified(made.path, in: work)
      }

      let target = try await Engine.newPostgres()
      func restore(replacing: Bool) async throws -> Backup.Restored {
        try await Backup.restore(
          made.path, secret: key, toServer: target, keys: folder + "/other", replacing: replacing, slices: [],
          now: .test)
      }
      let first = try await restore(replacing: false)
      #expect(first.kept == nil)
      let copy = try Database(.postgres(target), connections: 2, keys: folder + "/other")
      try await copy.fill(facilities[0], 1)
      await #expect(throws: BackupProblem.targetNotEmpty(path: "PostgreSQL")) {
        try await restore(replacing: false)
      }
      let second = try await restore(replacing: true)
      #expect(second.kept?.hasPrefix("mamorite_before_") == true)
      for facility in facilities {
        let ledger = try await copy.scope(facility).verifyLedger()
        #expect(ledger.ok && ledger.byOtherKeys == 0 && ledger.checkpoints == 1)
      }
      // What was put aside is not in the next backup.
      let next = try await copy.backUp(to: place)
      #expect(next.header.tables == made.header.tables)
      let nextVerdict = try await verified(next.path, in: work, server: url)
      #expect(nextVerdict.ok)
      await copy.close()
      await database.close()
    }
  }

  @Test("どの大きさの中身も、取ったときのままに戻る", arguments: 0..<12)
  func anySize(seed: UInt64) async throws {
    var random = Seeded(state: seed)
    // Below one part, about one, and several of them: the database alone has some ten pages of 4 kB.
    let entries = Int.random(in: 1...4, using: &random)
    let bytes = Int.random(in: 1...120_000, using: &random)
    try await withHospital { database, facility, place, work in
      try await database.fill(facility, entries, bytes: bytes)
      let made = try await database.backUp(to: place)
      let verdict = try await verified(made.path, in: work)
      #expect(verdict.ok, "seed \(seed): \(entries) entries of \(bytes) bytes")
      #expect(verdict.entries == 21 + entries)
    }
  }

  @Test("どの一ビットが変わっても断る")
  func everyFlip() async throws {
    try await withHospital { database, _, place, work in
      let made = try await database.backUp(to: place)
      let whole = try contents(made.path)
      var random = Seeded(state: 20_261_121)
      // All of the header and of the beginning, then places all over the file.
      let places = Array(0..<1200) + (0..<400).map { _ in Int.random(in: 1200..<whole.count, using: &random) }
      for index in places {
        var bytes = whole
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try store(bytes, work + "/flipped")
        let target = work + "/target"
        await #expect(throws: BackupProblem.self, "byte \(index)") {
          try await Backup.restore(
            work + "/flipped", secret: key, toFolder: target, replacing: false, slices: [], now: .test)
        }
        #expect(!FileManager.default.fileExists(atPath: target), "byte \(index)")
      }
      #expect(try names(in: work) == ["flipped"])
    }
  }

  @Test("どこで切れても、何を足しても断る")
  func cut() async throws {
    try await withHospital { database, facility, place, work in
      try await database.fill(facility, 2, bytes: 100_000)
      let made = try await database.backUp(to: place)
      let whole = try contents(made.path)
      var random = Seeded(state: 3)
      let part = 65_536 + 17
      let lengths =
        [
          0, 1, 15, 16, 19, 20, 300, whole.count - 1, whole.count - 17, whole.count - part,
          whole.count - 2 * part,
        ]
        + (0..<60).map { _ in Int.random(in: 0..<whole.count, using: &random) }
      for length in lengths where length >= 0 {
        try store(whole.prefix(length), work + "/cut")
        await #expect(throws: BackupProblem.self, "\(length) bytes") {
          try await verified(work + "/cut", in: work)
        }
      }
      try store(whole + [0], work + "/longer")
      await #expect(throws: BackupProblem.damaged(path: work + "/longer")) {
        try await verified(work + "/longer", in: work)
      }
      // The first two parts exchanged: each is genuine, their order is not.
      let text = String(decoding: whole, as: UTF8.self)
      let content = try #require(text.firstMatch(of: #/"content_bytes":(\d+)/#).flatMap { Int($0.1) })
      #expect(content > 2 * 65_536)
      let start = whole.count - content - 17 * ((content + 65_535) / 65_536)
      let (one, two) = (whole[start..<start + part], whole[(start + part)..<(start + 2 * part)])
      let exchanged = whole[..<start] + two + one + whole[(start + 2 * part)...]
      try store(exchanged, work + "/exchanged")
      await #expect(throws: BackupProblem.damaged(path: work + "/exchanged")) {
        try await verified(work + "/exchanged", in: work)
      }
    }
  }

  @Test("違う鍵、ない鍵、読めない鍵、ほかの形は、それぞれに断る")
  func keys() async throws {
    try await withHospital { database, _, place, work in
      let made = try await database.backUp(to: place)
      let path = made.path
      await #expect(throws: BackupProblem.keyWrong(path: path)) {
        try await verified(path, .key(Array(repeating: 8, count: 32)), in: work)
      }
      await #expect(throws: BackupProblem.needsKeyFile(path: path)) {
        try await verified(path, .passphrase(Array("いろはにほへと".utf8)), in: work)
      }
      await #expect(throws: BackupProblem.fileMissing(path: path + "x")) {
        try await verified(path + "x", in: work)
      }
      let file = work + "/key"
      #expect(throws: BackupProblem.keyMissing(path: file)) { try BackupSecret.key(inFile: file) }
      for text in ["", "hello", String(repeating: "g", count: 64), String(repeating: "a", count: 63)] {
        try store(text.utf8, file)
        #expect(throws: BackupProblem.keyUnreadable(path: file)) { try BackupSecret.key(inFile: file) }
      }
      for text in [String(repeating: "07", count: 32) + "\n", String(repeating: "\u{7}", count: 32)] {
        try store(text.utf8, file)
        #expect(try BackupSecret.key(inFile: file) == key)
      }
      try store("hello, this is no backup at all".utf8, work + "/no")
      await #expect(throws: BackupProblem.notABackup(path: work + "/no")) {
        try await verified(work + "/no", in: work)
      }
      var later = try contents(path)
      let place = try #require(later.firstRange(of: Array("mamorite-backup-1".utf8)))
      later[place.upperBound - 1] = UInt8(ascii: "2")
      try store(later, work + "/later")
      await #expect(throws: BackupProblem.otherFormat(path: work + "/later", format: "mamorite-backup-2")) {
        try await verified(work + "/later", in: work)
      }
    }
  }

  @Test("合言葉で取った控えは、その合言葉だけで開く")
  func passphrase() async throws {
    try await withHospital { database, _, place, work in
      let words = BackupSecret.passphrase(Array("いろはにほへと ちりぬるを".utf8))
      let made = try await database.backUp(to: place, words)
      #expect(made.header.needsPassphrase)
      let verdict = try await verified(made.path, words, in: work)
      #expect(verdict.ok)
      await #expect(throws: BackupProblem.keyWrong(path: made.path)) {
        try await verified(made.path, .passphrase(Array("いろはにほへと".utf8)), in: work)
      }
      await #expect(throws: BackupProblem.needsPassphrase(path: made.path)) {
        try await verified(made.path, in: work)
      }
    }
  }

  @Test("中身のある場所には戻さず、言われたときは前のものを残す")
  func replacing() async throws {
    try await withHospital { database, _, place, work in
      let made = try await database.backUp(to: place)
      let target = work + "/target"
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      func restore(_ replacing: Bool) async throws -> Backup.Restored {
        try await Backup.restore(
          made.path, secret: key, toFolder: target, replacing: replacing, slices: [], now: .test)
      }
      _ = try await restore(false)
      try store("前のもの".utf8, target + "/note")
      await #expect(throws: BackupProblem.targetNotEmpty(path: target)) { try await restore(false) }
      #expect(try names(in: target) == ["ledger-key", "mamorite.sqlite", "note"])
      let served = try Database(.directory(target), exclusive: true)
      await #expect(throws: BackupProblem.targetInUse(path: target)) { try await restore(true) }
      await served.close()
      _ = consume served
      let restored = try await restore(true)
      let kept = try #require(restored.kept)
      #expect(kept.hasPrefix(target + ".before-2026-02-24-"))
      #expect(try names(in: kept).contains("note"))
      #expect(try names(in: target) == ["ledger-key", "mamorite.sqlite"])
    }
  }

  @Test("新しい版の控えは戻さない")
  func newer() async throws {
    try await withTemporaryFolder { folder in
      let place = folder + "/place"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let database = try Database(.directory(folder + "/data"))
      let later = Migration("29990101-0-later", ["CREATE TABLE later (id TEXT PRIMARY KEY)"])
      try await database.migrate([later], now: .test)
      let made = try await database.backUp(to: place)
      await #expect(throws: DatabaseProblem.newerThanProgram(migration: later.name)) {
        try await Backup.restore(
          made.path, secret: key, toFolder: folder + "/new", replacing: false, slices: [], now: .test)
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
      // Known to the program: restored as it is, and the next start goes on from there.
      let restored = try await Backup.restore(
        made.path, secret: key, toFolder: folder + "/new", replacing: false, slices: [later], now: .test)
      #expect(restored.header.migration == later.name)
      await database.close()
    }
  }

  @Test("ない場所、つながっていないディスク、ファイルの名前は、控えの場所にならない")
  func places() async throws {
    try await withHospital { database, _, place, work in
      await #expect(throws: BackupProblem.placeAbsent(path: work + "/none")) {
        try await database.backUp(to: work + "/none")
      }
      #expect(throws: BackupProblem.placeAbsent(path: work + "/none")) { try Backup.list(work + "/none") }
      let made = try await database.backUp(to: place)
      await #expect(throws: BackupProblem.placeAbsent(path: made.path)) {
        try await database.backUp(to: made.path)
      }
      #expect(throws: BackupProblem.notADisk(path: "/")) { try Backup.examine("/", isDisk: true) }
      try store("x".utf8, place + "/other.mamorite")
      let listed = try Backup.list(place)
      #expect(listed.count == 2)
      #expect(listed[0].header == .failure(.notABackup(path: place + "/other.mamorite")))
      #expect(listed[1].header == .success(made.header) && listed[1].bytes == made.bytes)
    }
  }

  @Test("止められた仕事の残りは、次の控えのときに消える")
  func leftovers() async throws {
    try await withHospital { database, _, place, _ in
      let folder = try #require(database.keyFolder)
      try store("half".utf8, place + "/.mamorite-0a1b2c3d4e5f.part")
      try FileManager.default.createDirectory(
        atPath: folder + "/.mamorite-work-0a1b2c3d4e5f", withIntermediateDirectories: true)
      let before = try names(in: folder).filter { $0.hasPrefix(".mamorite-work") }
      #expect(before.count == 1)
      _ = try await database.backUp(to: place)
      #expect(try names(in: place).count == 1)
      #expect(try names(in: folder).filter { $0.hasPrefix(".mamorite-work") } == [])
    }
  }
}

@Suite("残す控え")
struct RetentionTests {
  private static func days(_ count: Int) -> [Instant] {
    (0..<count).map { Instant.test.adding(minutes: Int64(-$0) * 24 * 60) }
  }

  @Test("日、週、月ごとに、いちばん新しいものが残る")
  func generations() {
    // 24 February 2026 is a Tuesday.
    let kept = Retention(daily: 3, weekly: 2, monthly: 3).kept(of: Self.days(100)).map(\.day).sorted(by: >)
    #expect(
      kept.map(\.description) == ["2026-02-24", "2026-02-23", "2026-02-22", "2026-01-31", "2025-12-31"])
  }

  @Test("どんな数でも、いちばん新しい一つは残り、同じ日のものは新しい方が残る", arguments: 0..<20)
  func newest(seed: UInt64) {
    var random = Seeded(state: seed)
    let moments = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      Instant.test.adding(minutes: -Int64.random(in: 0...200_000, using: &random))
    }
    let retention = Retention(
      daily: Int.random(in: 0...5, using: &random), weekly: Int.random(in: 0...5, using: &random),
      monthly: Int.random(in: 0...5, using: &random))
    let kept = retention.kept(of: moments)
    #expect(moments.max().map(kept.contains) == true)
    #expect(kept.count <= max(1, retention.daily + retention.weekly + retention.monthly))
    for moment in kept { #expect(!moments.contains { $0.day == moment.day && $0 > moment }) }
    #expect(retention.kept(of: Array(kept)) == kept)
  }

  @Test("ほかの守り手の控えと、控えでないものは消さない")
  func others() async throws {
    try await withHospital { one, _, place, _ in
      try await withHospital { two, _, _, _ in
        let theirs = try await two.backUp(to: place)
        try store("x".utf8, place + "/mamorite-note.mamorite")
        let old = try await Backup.create(
          of: one, to: place, secret: key, program: "0", now: Instant.test.adding(minutes: -3 * 24 * 60))
        let new = try await one.backUp(to: place)
        let gone = try Backup.prune(beside: new, key, Retention(daily: 1, weekly: 0, monthly: 0))
        #expect(gone == [old.path])
        #expect(
          try names(in: place)
            == [new.path, theirs.path, place + "/mamorite-note.mamorite"].map {
              URL(fileURLWithPath: $0).lastPathComponent
            }.sorted())
      }
    }
  }

  @Test("見出しの数がどんなに大きくても断り、偽の控えのために本物を消さない")
  func forged() async throws {
    try await withHospital { database, _, place, work in
      let made = try await Backup.create(
        of: database, to: place, secret: key, program: "0", now: Instant.test.adding(minutes: -24 * 60))
      let genuine = try contents(made.path)
      let magic = Array("mamorite-backup\n".utf8).count
      let length = genuine[magic..<magic + 4].reduce(0) { $0 << 8 | Int($1) }
      let head = String(decoding: genuine[(magic + 4)..<(magic + 4 + length)], as: UTF8.self)
      func file(_ pattern: Regex<Substring>, _ value: String) -> [UInt8] {
        let json = Array(head.replacing(pattern, with: value, maxReplacements: 1).utf8)
        let size = withUnsafeBytes(of: UInt32(json.count).bigEndian) { Array($0) }
        return genuine[..<magic] + size + json + genuine[(magic + 4 + length)...]
      }
      for (pattern, value) in [
        (#/"content_bytes":[0-9]+/#, "\"content_bytes\":\(Int.max)"),
        (#/"created_at_ms":[0-9]+/#, "\"created_at_ms\":\(Int.max)"),
        (#/"entries":[0-9]+/#, "\"entries\":\(Int.max)"),
      ] {
        try store(file(pattern, value), work + "/forged.mamorite")
        let listed = try #require(try Backup.list(work).first)
        #expect(listed.header == .failure(.damaged(path: work + "/forged.mamorite")))
      }
      // Newer by its own word, and readable without the key: nobody has to know it to write this.
      let later = Instant.test.milliseconds + 86_400_000
      try store(file(#/"created_at_ms":[0-9]+/#, "\"created_at_ms\":\(later)"), place + "/z.mamorite")
      let second = try await database.backUp(to: place)
      let gone = try Backup.prune(beside: second, key, Retention(daily: 2, weekly: 0, monthly: 0))
      // Counted, it would be the newest of two days, and the genuine one of yesterday too many.
      #expect(gone == [])
    }
  }

  @Test("命令は、控えの全部を標準入力で受け取る。失敗すれば、控えは取れていない")
  func command() async throws {
    try await withHospital { database, _, place, work in
      let made = try await Backup.create(
        of: database, into: "cat > \(place)/taken.mamorite", secret: key, program: "0", now: .test)
      #expect(try contents(place + "/taken.mamorite").count == made.bytes)
      let verdict = try await verified(place + "/taken.mamorite", in: work)
      #expect(verdict.ok)
      await #expect(throws: BackupProblem.toolFailed(name: "exit 3", reason: "3")) {
        try await Backup.create(of: database, into: "exit 3", secret: key, program: "0", now: .test)
      }
    }
  }
}
