import Kernel
import TestSupport
import Testing

@testable import Storage

/// What the database does with time stamps; what OpenSSL says of real ones is tried in Tests/Process/test_stamps.py.
@Suite("時刻の刻印の保管")
struct StampStoreTests {
  private static func scope(_ database: Database) -> Scope {
    Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
  }

  private static func record(_ number: Int, _ scope: Scope) async throws {
    try await scope.write { tx in
      try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "\(number)"]))
    }
  }

  private static func stamp(_ point: Checkpoint, hash: String? = nil) -> TimeStamp {
    TimeStamp(
      sequence: point.sequence, hash: hash ?? point.hash, at: .test, authority: "http://tsa.example/",
      certificate: "pem", answer: [0x30, 0xFF, 0x00])
  }

  @Test("一つの区切りに一つだけ残り、刻印と区切りの記録だけでは、次の署名をしない", arguments: Engine.available)
  func keeping(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = Self.scope(database)
      try await Self.record(1, here)
      let none = try await here.read { try $0.unstampedCheckpoint() }
      #expect(none == nil)
      let point = try #require(try await here.signCheckpoint())
      let open = try await here.read { try $0.unstampedCheckpoint() }
      #expect(open == point)
      let stamp = Self.stamp(point)
      try await here.write { try $0.insert(stamp) }
      try await here.write { try $0.insert(stamp) }
      let kept = try await here.read { (try $0.timeStamps(limit: 9), try $0.unstampedCheckpoint()) }
      #expect(kept.0 == [stamp] && kept.1 == nil)
      // Entries: the note, the signature, the stamp.
      let head = try await here.read { try $0.ledgerHead() }
      #expect(head.sequence == 3)
      let again = try await here.signCheckpoint()
      #expect(again == nil)
      try await Self.record(2, here)
      let next = try await here.signCheckpoint()
      #expect(next?.sequence == 4)
      #expect(try await here.verifyLedger().ok)
    }
  }

  @Test("刻印は直せず消せない", arguments: Engine.available)
  func appendOnly(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = Self.scope(database)
      try await Self.record(1, here)
      let point = try #require(try await here.signCheckpoint())
      try await here.write { try $0.insert(Self.stamp(point)) }
      let changes: [SQL] = [
        "UPDATE ledger_stamp SET answer = '' WHERE facility_id = \(here.facility)",
        "DELETE FROM ledger_stamp WHERE facility_id = \(here.facility)",
      ]
      // Even with the rights that PostgreSQL's role has given up.
      if engine == .postgres {
        try await here.write { tx in
          _ = try tx.housekeeping.run("GRANT UPDATE, DELETE ON ledger_stamp TO CURRENT_USER")
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

  @Test("刻印の指紋が記録と合わなければ、確かめたときに場所が分かる", arguments: Engine.available)
  func broken(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = Self.scope(database)
      for number in 1...3 { try await Self.record(number, here) }
      let point = try #require(try await here.signCheckpoint())
      let other = Self.stamp(point, hash: String(repeating: "a", count: 64))
      try await here.write { try $0.insert(other) }
      let verdict = try await here.verifyLedger()
      #expect(verdict.brokenAt == 3 && verdict.isBrokenAtCheckpoint)
      let stamps = try await here.verifyStamps()
      #expect(stamps.count == 1 && stamps.broken == (stamps.isChecked ? [3] : []))
    }
  }

  @Test(
    "OpenSSL の言う時刻を読む",
    arguments: [
      ("Nov 22 09:49:05 2026 GMT", 1_795_340_945_000), ("Jan  1 00:00:00 1970 GMT", 0),
      ("Feb 29 23:59:59.5 2024 GMT", 1_709_251_199_500), ("Nov 22 09:49:05.1234 2026 GMT", 1_795_340_945_123),
    ] as [(String, Int64)])
  func moments(text: String, milliseconds: Int64) {
    #expect(StampTool.moment(text) == Instant(milliseconds: milliseconds))
  }

  @Test("時刻でないものは読まない", arguments: ["", "Nov 31 09:49:05 2026 GMT", "2026-11-22", "Nov 22 09:49:05 2026"])
  func noMoments(text: String) { #expect(StampTool.moment(text) == nil) }
}
