import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("三つの条件")
struct ConditionsTests {
  private static let today = Day(2026, 11, 22)!

  @Test(
    "証拠の古さで、よい・見る・足りないが決まる",
    arguments: [(nil, Tone.bad), (0, .good), (2, .good), (3, .warn), (14, .warn), (15, .bad)]
      as [(Int?, Tone)])
  func age(days: Int?, expected: Tone) {
    #expect(Conditions.tone(days: days, good: 2, warn: 14) == expected)
  }

  @Test("通した確かめは、まだなら見る、合わなければ足りない") func verification() {
    var facts = Conditions.Facts()
    #expect(facts.verification(on: Self.today) == .warn)
    let good = Conditions.Verification(entries: 9, checkpoints: 1, byOtherKeys: 0, brokenAt: nil)
    facts.verified = (Self.today.adding(days: -31).start, good)
    #expect(facts.verification(on: Self.today) == .good)
    let foreign = Conditions.Verification(entries: 9, checkpoints: 2, byOtherKeys: 1, brokenAt: nil)
    facts.verified = (Self.today.start, foreign)
    #expect(facts.verification(on: Self.today) == .warn)
    facts.verified = (Self.today.adding(days: -32).start, good)
    #expect(facts.verification(on: Self.today) == .warn)
    facts.verified = (
      Self.today.start, Conditions.Verification(entries: 2, checkpoints: 0, byOtherKeys: 0, brokenAt: 3)
    )
    #expect(facts.verification(on: Self.today) == .bad)
    #expect(facts.backups(on: Self.today) == .bad && facts.drills(on: Self.today) == .warn)
  }

  @Test("何もないときから、署名し、確かめるまで", arguments: Engine.available)
  func page(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/conditions", as: .auditor)
      #expect(empty.status == 200)
      for words in ["真正性", "見読性", "保存性", "まだ確かめていません", "まだありません"] {
        #expect(empty.body.contains(words), "\(words)")
      }
      _ = try await app.post("/ledger/checkpoints", [], as: .administrator)
      let verified = try await app.post("/conditions/verification", [], as: .auditor)
      #expect(verified.status == 303 && verified.location == "/conditions?verified=1#authenticity")
      // The signature is an entry of its own, behind what it signs.
      let head = try await app.scope.read { try $0.ledgerHead() }
      let page = try await app.get("/conditions?verified=1", as: .auditor)
      #expect(page.body.contains("\(head.sequence - 1)件の記録と1個の署名が合っていました"))
      let ledger = try await app.get("/ledger?action=ledger.verify", as: .auditor)
      #expect(ledger.body.contains("記録を初めから確かめました"))
    }
  }

  @Test("書き換えられた記録では、合わないことを言う")
  func broken() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await app.post("/ledger/checkpoints", [], as: .administrator)
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
        _ = try tx.housekeeping.run(
          "UPDATE audit_entry SET actor_name = 'x' WHERE facility_id = \(tx.facility) AND seq = 2")
      }
      _ = try await app.post("/conditions/verification", [], as: .auditor)
      let page = try await app.get("/conditions", as: .auditor)
      #expect(page.body.contains("2番の記録から合いません"))
    }
  }

  @Test("許された人だけが開け、どれだけあっても8文まで", arguments: Engine.available)
  func access(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for who in [TestApp.Who.contributor, .staff] {
        let answer = try await app.get("/conditions", as: who)
        #expect(answer.status == 403)
        let posted = try await app.post("/conditions/verification", [], as: who)
        #expect(posted.status == 403)
      }
      _ = try await app.post("/conditions/verification", [], as: .administrator)
      // What another facility has checked is not seen.
      let other = try await app.get("/conditions", as: .stranger)
      #expect(other.status == 200 && other.body.contains("まだ確かめていません"))
      _ = try await app.get("/conditions", as: .auditor)
      let before = app.database.statementCount
      _ = try await app.get("/conditions", as: .auditor)
      #expect(app.database.statementCount - before <= 8)
    }
  }
}
