import Foundation
import Kernel
import Storage
import TestSupport
import Testing

private func scope(
  _ database: Database, _ facility: FacilityID, at now: Instant = .test, by actor: Actor = .system("test")
) -> Scope { Scope(database, actor: actor, facility: facility, now: now) }

extension Scope {
  fileprivate func record(_ number: Int, of kind: String = "note") async throws {
    try await write { tx in
      try tx.apply([], recording: Change("note.add", of: "\(kind):\(number)", to: ["body": "\(number)"]))
    }
  }
}

@Suite("署名した区切り")
struct CheckpointTests {
  @Test("先頭に署名し、続きがなければ二度はしない", arguments: Engine.available)
  func signing(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = scope(database, FacilityID(at: .test))
      let nothing = try await here.signCheckpoint()
      #expect(nothing == nil)
      for number in 1...3 { try await here.record(number) }
      let head = try await here.read { try $0.ledgerHead() }
      let made = try #require(try await here.signCheckpoint())
      #expect(made.sequence == 3 && made.hash == head.hash && made.isSigned(for: here.facility))
      #expect(!made.isSigned(for: FacilityID(at: .test)))
      let again = try await here.signCheckpoint()
      #expect(again == nil)
      let newest = try await here.read { try $0.history(of: "ledger:3") }
      #expect(newest.map(\.action) == ["ledger.checkpoint"])
      try await here.record(5)
      let second = try await here.signCheckpoint()
      #expect(second?.sequence == 5)
      let verdict = try await here.verifyLedger()
      #expect(verdict.ok && verdict.checkpoints == 2 && verdict.byOtherKeys == 0 && verdict.entries == 6)
      let covering = try await here.read { tx in
        try [3, 4, 6].map { try tx.checkpoint(covering: $0)?.sequence }
      }
      #expect(covering == [3, 5, nil])
    }
  }

  @Test("区切りは直せず消せない", arguments: Engine.available)
  func appendOnly(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = scope(database, FacilityID(at: .test))
      try await here.record(1)
      try await here.signCheckpoint()
      let changes: [SQL] = [
        "UPDATE ledger_checkpoint SET hash = 'y' WHERE facility_id = \(here.facility)",
        "DELETE FROM ledger_checkpoint WHERE facility_id = \(here.facility)",
      ]
      // Even with the right to remove, which PostgreSQL's role has given up.
      if engine == .postgres {
        try await here.write { tx in
          _ = try tx.housekeeping.run("GRANT DELETE ON ledger_checkpoint TO CURRENT_USER")
        }
      }
      for change in changes {
        let refusal = await #expect(throws: (any Error).self) {
          try await here.write { tx in _ = try tx.housekeeping.run(change) }
        }
        #expect("\(try #require(refusal))".contains("append-only"))
      }
    }
  }

  @Test("鍵は一つだけでき、本人だけが読める。読めない鍵では署名しない")
  func key() async throws {
    try await withTemporaryFolder { folder in
      let none = try CheckpointKey.find(in: folder)
      #expect(none == nil)
      let keys = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try CheckpointKey.findOrMake(in: folder + "/new").publicKey } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(keys.count == 1 && keys.first?.count == 64)
      let path = folder + "/new/ledger-key"
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["ledger-key"])
      try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointProblem.badKey(path: path)) {
        try CheckpointKey.findOrMake(in: folder + "/new")
      }
    }
  }

  @Test("鎖をすべて作り直しても、区切りの場所で分かる")
  func madeAnew() async throws {
    try await Engine.sqlite.withDatabase([]) { database in
      let here = scope(database, FacilityID(at: .test))
      for number in 1...4 { try await here.record(number) }
      try await here.signCheckpoint()
      // The same entries in another facility have other hashes, and fit a chain of their own.
      let there = scope(database, here.facility, by: .system("other"))
      try await here.write { tx in
        for name in ["no_update", "no_delete"] as [StaticString] {
          _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_\(SQL(stringLiteral: name))")
        }
        _ = try tx.housekeeping.run("DELETE FROM audit_entry WHERE facility_id = \(here.facility)")
        _ = try tx.housekeeping.run("DELETE FROM audit_head WHERE facility_id = \(here.facility)")
      }
      for number in 1...6 { try await there.record(number) }
      let verdict = try await here.verifyLedger()
      #expect(verdict.brokenAt == 4 && verdict.isBrokenAtCheckpoint)
    }
  }
}

@Suite("記録をさがす")
struct LedgerSearchTests {
  @Test("人、対象、したこと、日でしぼり、番号で次のページに進む", arguments: Engine.available)
  func filters(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let facility = FacilityID(at: .test)
      let person = PersonID(at: .test)
      let days = (0..<4).map { Instant.test.adding(minutes: Int64($0) * 24 * 60) }
      for (index, day) in days.enumerated() {
        let tanaka = scope(database, facility, at: day, by: .person(person, name: "田中 \(index)"))
        for number in 1...3 { try await tanaka.record(number, of: "a") }
        try await scope(database, facility, at: day).record(index, of: "b")
      }
      // A clock that was set back: the newest number on the first day.
      try await scope(database, facility, at: days[0]).record(9, of: "b")
      let here = scope(database, facility)
      func numbers(_ limit: Int = 50, _ make: (inout LedgerSearch) -> Void) async throws -> [Int] {
        var search = LedgerSearch()
        make(&search)
        let wanted = search
        return try await here.read { try $0.entries(wanted, limit: limit) }.entries.map(\.sequence)
      }
      let all = try await numbers { _ in }
      #expect(all == Array((1...17).reversed()))
      let kind = try await numbers { $0.kind = "b" }
      #expect(kind == [17, 16, 12, 8, 4])
      let actor = try await numbers { ($0.actor, $0.until) = ("person:\(person)", days[0].day) }
      #expect(actor == [3, 2, 1])
      let first = try await numbers { ($0.from, $0.until) = (days[0].day, days[0].day) }
      #expect(first == [17, 4, 3, 2, 1])
      let later = try await numbers { ($0.kind, $0.action, $0.from) = ("a", "note.add", days[3].day) }
      #expect(later == [15, 14, 13])
      let subject = try await numbers { $0.subject = "a:2" }
      #expect(subject == [14, 10, 6, 2])
      let nothing = try await numbers { $0.from = days[3].day.adding(days: 9) }
      #expect(nothing == [])
      var search = LedgerSearch()
      search.kind = "b"
      var pages: [[Int]] = []
      repeat {
        let wanted = search
        let page = try await here.read { try $0.entries(wanted, limit: 2) }
        pages.append(page.entries.map(\.sequence))
        search.before = page.older
      } while search.before != nil
      #expect(pages == [[17, 16], [12, 8], [4]])
    }
  }

  @Test("条件に使えるものと先頭を、一つの文で集める", arguments: Engine.available)
  func options(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let facility = FacilityID(at: .test)
      let person = PersonID(at: .test)
      try await scope(database, FacilityID(at: .test)).record(1, of: "elsewhere")
      for name in ["田中", "中田(旧姓田中)"] {
        try await scope(database, facility, by: .person(person, name: name)).record(1, of: "a")
      }
      try await scope(database, facility).record(2, of: "b")
      let here = scope(database, facility)
      let before = database.statementCount
      let options = try await here.read { try $0.ledgerOptions() }
      #expect(database.statementCount == before + 1)
      #expect(options.kinds == ["a", "b"] && options.actions == ["note.add"])
      #expect(options.actors.map(\.name).sorted() == ["test", "中田(旧姓田中)"])
      #expect(options.head.sequence == 3)
    }
  }

  @Test("当てはまるもののない長い記録は、二万件ごとに区切ってさがす")
  func window() async throws {
    try await Engine.sqlite.withDatabase([]) { database in
      let here = scope(database, FacilityID(at: .test))
      try await here.write { tx in
        try tx.apply([], recording: Change("note.rare", of: "b:1", to: ["body": "x"]))
        for number in 1...20_005 {
          try tx.apply([], recording: Change("note.add", of: "a:\(number)", to: ["body": "x"]))
        }
      }
      var search = LedgerSearch()
      (search.actor, search.action) = ("system:test", "note.rare")
      let first = search
      let page = try await here.read { try $0.entries(first, limit: 50) }
      #expect(page.entries.isEmpty && page.isPaused && page.older == 7)
      search.before = page.older
      let second = search
      let rest = try await here.read { try $0.entries(second, limit: 50) }
      #expect(rest.entries.map(\.sequence) == [1] && !rest.isPaused && rest.older == nil)
    }
  }
}
