import Foundation
import Kernel
import Storage
import TestSupport
import Testing

private let notes = [
  Migration(
    "29990101-note",
    [
      "CREATE TABLE note (facility_id TEXT NOT NULL, id TEXT NOT NULL, body TEXT, version BIGINT, PRIMARY KEY (facility_id, id))"
    ]
      + Migration.confine("note"))
]

private func scope(_ database: Database, _ facility: FacilityID = FacilityID(at: .test)) -> Scope {
  Scope(database, actor: .system("test"), facility: facility, now: .test)
}

extension WriteTx {
  fileprivate func insertNote(_ id: String, _ body: String) throws {
    try apply(
      "INSERT INTO note (facility_id, id, body, version) VALUES (\(facility), \(id), \(body), 1)",
      recording: Change("note.add", of: "note:\(id)", to: ["body": body]))
  }
  fileprivate func updateNote(_ id: String, _ body: String, version: Int) throws {
    try apply(
      """
      UPDATE note SET body = \(body), version = \(version + 1)
      WHERE facility_id = \(facility) AND id = \(id) AND version = \(version)
      """,
      recording: Change("note.change", of: "note:\(id)", to: ["body": body]))
  }
}

@Suite("記録と取引")
struct LedgerTests {
  @Test("鎖は合い、経過を引ける", arguments: Engine.available)
  func chain(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      for index in 0..<7 { try await here.write { try $0.insertNote("n\(index)", "本文<\(index)>") } }
      let verdict = try await here.verifyLedger()
      #expect(verdict.ok && verdict.entries == 7)
      #expect(verdict.head == (try await here.read { try $0.ledgerHead() }).hash)
      let history = try await here.read { try $0.history(of: "note:n3") }
      #expect(history.map(\.action) == ["note.add"])
      #expect(history.first?.after == #"{"body":"本文<3>"}"#)
    }
  }

  @Test("記録は直せず消せない", arguments: Engine.available)
  func appendOnly(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      try await here.write { try $0.insertNote("a", "x") }
      let changes: [SQL] = [
        "UPDATE audit_entry SET action = 'y' WHERE facility_id = \(here.facility)",
        "DELETE FROM audit_entry WHERE facility_id = \(here.facility)",
      ]
      func refusals() async -> [String] {
        var refusals: [String] = []
        for change in changes {
          let refusal = await #expect(throws: (any Error).self) {
            try await here.write { tx in _ = try tx.housekeeping.run(change) }
          }
          refusals.append("\(refusal as Any)")
        }
        return refusals
      }
      let first = await refusals()
      let reason = engine == .postgres ? "permission denied" : "append-only"
      #expect(first.allSatisfy { $0.contains(reason) }, "\(first)")
      if engine == .postgres {
        // The triggers hold a role that has taken its rights back, and the next start gives them up again.
        try await here.write { tx in
          _ = try tx.housekeeping.run("GRANT UPDATE, DELETE ON audit_entry TO CURRENT_USER")
        }
        let second = await refusals()
        #expect(second.allSatisfy { $0.contains("append-only") }, "\(second)")
        try await database.migrate(notes, now: .test)
        let third = await refusals()
        #expect(third.allSatisfy { $0.contains(reason) }, "\(third)")
      }
      #expect(try await here.verifyLedger().ok)
    }
  }

  /// Every column of an entry, each with another value in the third of five.
  private static let changes: [SQL] = [
    "UPDATE audit_entry SET at_ms = at_ms + 1 WHERE seq = 3",
    "UPDATE audit_entry SET actor = 'system:other' WHERE seq = 3",
    "UPDATE audit_entry SET actor_name = 'other' WHERE seq = 3",
    "UPDATE audit_entry SET action = 'note.change' WHERE seq = 3",
    "UPDATE audit_entry SET subject = 'note:x' WHERE seq = 3",
    "UPDATE audit_entry SET before_json = '{}' WHERE seq = 3",
    "UPDATE audit_entry SET after_json = NULL WHERE seq = 3",
    "UPDATE audit_entry SET after_json = '{}' WHERE seq = 3",
    "UPDATE audit_entry SET hash = '0' WHERE seq = 3",
  ]

  @Test("引き金を外してどの列を書き換えても、確かめると分かる", arguments: changes.indices)
  func tampering(index: Int) async throws {
    try await Engine.sqlite.withDatabase(notes) { database in
      let here = scope(database)
      for index in 0..<5 { try await here.write { try $0.insertNote("n\(index)", "\(index)") } }
      try await here.write { tx in
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
        #expect(try tx.housekeeping.run(Self.changes[index]) == 1)
      }
      #expect(try await here.verifyLedger().brokenAt == 3)
    }
  }

  @Test("docs/develop/ledger.md の例と同じハッシュになる", arguments: Engine.available)
  func workedExample(engine: Engine) async throws {
    struct Facility: Encodable { let beds = 180, name = "みなと総合病院" }
    let facility = try #require(FacilityID("019aa4c8-5c00-7000-8000-000000000001"))
    let person = try #require(PersonID("019aa4c9-4660-7000-8000-000000000002"))
    try await engine.withDatabase([]) { database in
      let setup = Scope(
        database, actor: .system("setup"), facility: facility, now: Instant(milliseconds: 1_763_704_800_000))
      try await setup.write { tx in
        try tx.apply(
          [], recording: Change("facility.create", of: "facility:\(facility)", to: Facility()))
      }
      let first = try await setup.read { try $0.ledgerHead() }
      #expect(first.hash == "3dda19a2fb6676cbc2577ea8227ca896299fb8a07786f9911e64d14dce242d25")
      let later = Scope(
        database, actor: .person(person, name: "田中 一郎"), facility: facility,
        now: Instant(milliseconds: 1_763_704_860_000))
      try await later.write { tx in
        try tx.apply(
          [],
          recording: Change(
            "answer.save", of: "answer:019aa4c9-0000-7000-8000-000000000003/r7-med-1-1",
            from: ["value": "no"], to: ["value": "yes"]))
      }
      let verdict = try await later.verifyLedger()
      #expect(
        verdict.head == "26a310236fa5aa4326ad34ec8fe1b2db48a9c4fc3975ed24be61fb99fdd9ed9d" && verdict.ok)
    }
  }

  /// In a chain that is checked in three parts: an entry on either side of each seam, and what is then found.
  private static let seams: [(change: SQL, brokenAt: Int)] = [
    ("UPDATE audit_entry SET action = 'x' WHERE seq = 5000", 5000),
    ("UPDATE audit_entry SET action = 'x' WHERE seq = 5001", 5001),
    ("UPDATE audit_entry SET hash = '0' WHERE seq = 5000", 5000),
    ("UPDATE audit_entry SET hash = '0' WHERE seq = 10000", 10_000),
    ("UPDATE audit_entry SET after_json = '' WHERE seq = 10000", 10_000),
    ("DELETE FROM audit_entry WHERE seq = 5000", 5000),
    ("DELETE FROM audit_entry WHERE seq BETWEEN 5001 AND 10000", 5001),
    ("DELETE FROM audit_entry WHERE seq > 9999", 10_000),
    ("DELETE FROM audit_entry", 1),
    ("UPDATE audit_head SET seq = 3", 10_002),
    ("UPDATE audit_head SET seq = 1000000000", 10_002),
    ("DELETE FROM audit_head", 10_002),
  ]

  @Test("分けて確かめる記録の、継ぎ目での書き換えも分かる")
  func tamperingAtSeams() async throws {
    try await Engine.sqlite.withDatabase(notes) { database in
      let here = scope(database)
      try await here.write { tx in
        for index in 1...10_001 {
          try tx.apply([], recording: Change("note.add", of: "note:\(index)", to: "\(index)"))
        }
      }
      // The head is stored at the end of a transaction.
      try await here.write { tx in
        for table in ["entry", "head"] as [StaticString] {
          let name = SQL(stringLiteral: table)
          _ = try tx.housekeeping.run("CREATE TABLE kept_\(name) AS SELECT * FROM audit_\(name)")
        }
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_delete")
      }
      #expect(try await here.verifyLedger().entries == 10_001)
      for seam in Self.seams {
        try await here.write { tx in _ = try tx.housekeeping.run(seam.change) }
        #expect(try await here.verifyLedger().brokenAt == seam.brokenAt, "\(seam.change)")
        try await here.write { tx in
          _ = try tx.housekeeping.run(
            """
            INSERT OR REPLACE INTO audit_entry SELECT facility_id, seq, at_ms, actor, actor_name, action, subject,
              before_json, after_json, hash FROM kept_entry
            """)
          _ = try tx.housekeeping.run("INSERT OR REPLACE INTO audit_head SELECT * FROM kept_head")
        }
      }
      #expect(try await here.verifyLedger().ok)
    }
  }

  @Test(
    "書き換えられて短くなった指紋も、あり得ない番号も、止まらずに見せる",
    arguments: [
      ("", ""), ("ab", "ab"), ("0123456789", "0123 4567 89"),
      (String(repeating: "f", count: 64), "ffff ffff ffff ffff"),
    ])
  func cutHeads(hash: String, shown: String) {
    #expect(LedgerHead(sequence: 1, hash: hash).fingerprint == shown)
    #expect(LedgerHead(sequence: .max, hash: hash).sequence + 1 > 1)
    #expect(LedgerHead(sequence: .min, hash: hash).sequence == 0)
  }

  @Test("番号も指紋も書き換えられた施設は、止まらずに合わないと分かる", arguments: Engine.available)
  func impossibleHead(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let scope = scope(database)
      try await scope.write { try $0.insertNote("1", "a") }
      _ = try await scope.write { tx in
        try tx.housekeeping.run(
          "UPDATE audit_head SET seq = \(Int.max), hash = '' WHERE facility_id = \(tx.facility)")
      }
      #expect(try await !scope.verifyLedger().ok)
      #expect(try await scope.read { try $0.ledgerHead().fingerprint }.isEmpty)
    }
  }

  @Test("最後の記録が切り取られても、見出しと合わないので分かる")
  func truncation() async throws {
    try await Engine.sqlite.withDatabase(notes) { database in
      let here = scope(database)
      for index in 0..<5 { try await here.write { try $0.insertNote("n\(index)", "\(index)") } }
      try await here.write { tx in
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_delete")
        _ = try tx.housekeeping.run("DELETE FROM audit_entry WHERE seq = 5")
      }
      #expect(try await here.verifyLedger().ok == false)
    }
  }

  @Test("先に保存された行は Stale になり、何も残らない", arguments: Engine.available)
  func stale(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      try await here.write { try $0.insertNote("a", "一") }
      try await here.write { try $0.updateNote("a", "二", version: 1) }
      await #expect(throws: Stale.self) { try await here.write { try $0.updateNote("a", "三", version: 1) } }
      #expect(try await here.verifyLedger().entries == 2)
      let body = try await here.read { tx in
        try tx.first("SELECT body FROM note WHERE facility_id = \(tx.facility)") { try $0.text(0) }
      }
      #expect(body == "二")
    }
  }

  @Test("途中で失敗した取引は、行も記録も残さない", arguments: Engine.available)
  func atomic(engine: Engine) async throws {
    struct Halt: Error {}
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      await #expect(throws: Halt.self) {
        try await here.write { tx in
          try tx.insertNote("a", "x")
          throw Halt()
        }
      }
      let entries = try await here.verifyLedger().entries
      let rows = try await here.read {
        try $0.count("SELECT COUNT(*) FROM note WHERE facility_id = \($0.facility)")
      }
      #expect(entries == 0 && rows == 0)
    }
  }

  @Test("同時に書いても番号は飛ばず、鎖は一本のまま", arguments: Engine.available)
  func concurrent(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 { group.addTask { try await here.write { try $0.insertNote("n\(index)", "x") } } }
        try await group.waitForAll()
      }
      let verdict = try await here.verifyLedger()
      #expect(verdict.ok && verdict.entries == 40)
    }
  }

  @Test("読み取りの取引では書けない", arguments: Engine.available)
  func readOnly(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      await #expect(throws: (any Error).self) {
        _ = try await here.read { tx in
          try tx.all("INSERT INTO note (facility_id, id) VALUES (\(tx.facility), 'x') RETURNING id") {
            try $0.text(0)
          }
        }
      }
    }
  }

  @Test("どの値も結び付けられ、文に混ざらない", arguments: Engine.available)
  func binding(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let here = scope(database)
      let nasty = "'); DROP TABLE note; --"
      try await here.write { try $0.insertNote(nasty, nasty) }
      let found = try await here.read { tx in
        try tx.first("SELECT body FROM note WHERE facility_id = \(tx.facility) AND id = \(nasty)") {
          try $0.text(0)
        }
      }
      #expect(found == nasty)
    }
  }

  @Test("PostgreSQLでは、条件を書き忘れても他の施設の行は見えない", .enabled(if: Engine.available.contains(.postgres)))
  func rowLevelSecurity() async throws {
    try await Engine.postgres.withDatabase(notes) { database in
      let mine = scope(database)
      let theirs = scope(database, FacilityID(at: .test))
      try await mine.write { try $0.insertNote("a", "私の") }
      let forgotten: SQL = "SELECT COUNT(*) FROM note"
      #expect(try await mine.read { try $0.count(forgotten) } == 1)
      #expect(try await theirs.read { try $0.count(forgotten) } == 0)
      #expect(try await Installation(database).read { try $0.count(forgotten) } == 0)
      let update: SQL = "UPDATE note SET body = 'x'"
      #expect(try await theirs.write { try $0.housekeeping.run(update) } == 0)
    }
  }
}

@Suite("あとでする仕事と知らせ")
struct QueueTests {
  @Test("同じ仕事を二人が同時に取ることはなく、放っておかれた仕事は戻る", arguments: Engine.available)
  func lease(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = scope(database)
      try await here.write { tx in
        for index in 0..<30 { try tx.housekeeping.setDue("test", "s\(index)", at: .test) }
        try tx.housekeeping.setDue("test", "later", at: Instant.test.adding(minutes: 10))
      }
      let installation = Installation(database)
      let taken = try await withThrowingTaskGroup(of: [DueRow].self) { group in
        for _ in 0..<4 { group.addTask { try await installation.takeDue(now: .test, limit: 10) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(taken.map(\.subject)).count == taken.count && taken.count == 30)
      #expect(!taken.contains { $0.subject == "later" })
      #expect(try await installation.takeDue(now: .test).isEmpty)
      #expect(try await installation.takeDue(now: Instant.test.adding(minutes: 2), limit: 99).count == 30)
    }
  }

  @Test("急ぐ仕事とほかの仕事は、別々に取れる", arguments: Engine.available)
  func lanes(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      try await scope(database).write { tx in
        try tx.housekeeping.setDue("page.send", "a", at: .test)
        try tx.housekeeping.setDue("backups.run", "b", at: .test)
      }
      let installation = Installation(database)
      #expect(try await installation.takeDue(.only([]), now: .test).isEmpty)
      let prompt = try await installation.takeDue(.only(["page.send", "mail.send"]), now: .test)
      #expect(prompt.map(\.subject) == ["a"])
      let others = try await installation.takeDue(.except(["page.send", "mail.send"]), now: .test)
      #expect(others.map(\.subject) == ["b"])
    }
  }

  @Test("同じ知らせは一度だけ届く", arguments: Engine.available)
  func once(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = scope(database)
      let person = PersonID(at: .test)
      let message = Message(
        cause: "c", recipient: person, step: 1, key: "k", arguments: ["あ", "い\"う"], link: "/")
      for _ in 0..<2 { try await here.write { try $0.housekeeping.post(message) } }
      #expect(try await Installation(database).deliver(now: .test) == 1)
      #expect(try await Installation(database).deliver(now: .test) == 0)
      let inbox = try await here.read { try $0.inbox(of: person) }
      #expect(inbox.count == 1 && inbox[0].arguments == ["あ", "い\"う"])
    }
  }
}

@Suite("データベースの更新")
struct MigrationTests {
  @Test("二度目は何もせず、更新の前にSQLiteの控えを作る")
  func copies() async throws {
    try await withTemporaryFolder { folder in
      let database = try Database(.directory(folder))
      try await database.migrate([], now: .test)
      try await database.migrate([], now: .test)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".before-") }.isEmpty
      )
      try await database.migrate(notes, now: .test)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".before-") }.count
          == 1)
      await database.close()
    }
  }

  @Test("失敗した更新は元のままにして断り、新しい版のデータベースには触れない", arguments: Engine.available)
  func refusals(engine: Engine) async throws {
    try await engine.withDatabase(notes) { database in
      let broken = Migration(
        "29990102-broken", ["CREATE TABLE half (id TEXT)", "CREATE TABLE half (id TEXT)"])
      await #expect {
        try await database.migrate(notes + [broken], now: .test)
      } throws: { error in
        if case DatabaseProblem.migrationFailed(let name, _, _) = error {
          name == "29990102-broken"
        } else {
          false
        }
      }
      // Nothing of the failed step is left: the same step without its fault goes through.
      try await database.migrate(
        notes + [Migration("29990102-broken", ["CREATE TABLE half (id TEXT)"])], now: .test)
      await #expect(throws: DatabaseProblem.newerThanProgram(migration: "29990102-broken")) {
        try await database.migrate(notes, now: .test)
      }
    }
  }

  @Test("二つ目の起動は断る")
  func secondServer() async throws {
    try await withTemporaryFolder { folder in
      let first = try Database(.directory(folder), exclusive: true)
      #expect(throws: DatabaseProblem.alreadyServed(path: folder + "/mamorite.sqlite")) {
        _ = try Database(.directory(folder), exclusive: true)
      }
      await first.close()
    }
  }

  @Test("壊れたファイルと、つながらないPostgreSQLは、わけを言って断る")
  func unusable() async throws {
    try await withTemporaryFolder { folder in
      try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: folder + "/mamorite.sqlite"))
      await #expect(throws: DatabaseProblem.damaged(path: folder + "/mamorite.sqlite")) {
        let database = try Database(.directory(folder))
        try await database.migrate([], now: .test)
      }
    }
    #expect {
      _ = try Database(.postgres("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"))
    } throws: { error in
      if case DatabaseProblem.unreachable = error { true } else { false }
    }
    #expect(throws: DatabaseProblem.badAddress("mysql")) { try Database.Address.parse(url: "mysql://x") }
  }
}
