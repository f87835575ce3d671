import Foundation
import Kernel
import Storage
import TestSupport
import Testing

/// Changes behind the program's back, and where each has to be found in a ledger of 25 entries signed at the 12th.
///
/// The 13th is that of the signature.
private enum Tampering: CaseIterable {
  case byte, removal, exchange, truncation, rewrittenEnd

  static let entries = 25
  static let signed = 12
  private static let texts: [StaticString] = [
    "actor", "actor_name", "action", "subject", "after_json", "hash",
  ]

  /// Does it, and says where the first entry is that no longer fits.
  func tamper(_ tx: HousekeepingTx, with random: inout Seeded) throws -> Int {
    let place = Int.random(in: 1...Self.entries, using: &random)
    switch self {
    case .byte:
      let column = SQL(stringLiteral: Self.texts[Int.random(in: 0..<Self.texts.count, using: &random)])
      let rows = try tx.all("SELECT \(column) FROM audit_entry WHERE seq = \(place)") { try $0.text(0) }
      var bytes = Array(try #require(rows.first).utf8)
      // One bit of one byte that stays text on both databases.
      let plain = bytes.indices.filter { bytes[$0] < 128 }
      let index = plain[Int.random(in: 0..<plain.count, using: &random)]
      bytes[index] ^= 1
      let changed = String(decoding: bytes, as: UTF8.self)
      #expect(try tx.run("UPDATE audit_entry SET \(column) = \(changed) WHERE seq = \(place)") == 1)
      return place
    case .removal:
      #expect(try tx.run("DELETE FROM audit_entry WHERE seq = \(place)") == 1)
      return place
    case .exchange:
      let other = place == Self.entries ? place - 1 : Int.random(in: place + 1...Self.entries, using: &random)
      for (from, to) in [(place, 1000), (other, place), (1000, other)] {
        #expect(try tx.run("UPDATE audit_entry SET seq = \(to) WHERE seq = \(from)") == 1)
      }
      return min(place, other)
    case .truncation:
      _ = try tx.run("DELETE FROM audit_entry WHERE seq >= \(place)")
      return place
    case .rewrittenEnd:
      // Whoever can write the head too is told by the signature, if the end lies before it.
      let end = Int.random(in: 1..<Self.signed, using: &random)
      let hash = try tx.all("SELECT hash FROM audit_entry WHERE seq = \(end)") { try $0.text(0) }
      _ = try tx.run("DELETE FROM audit_entry WHERE seq > \(end)")
      _ = try tx.run("UPDATE audit_head SET seq = \(end), hash = \(try #require(hash.first))")
      return Self.signed
    }
  }
}

@Suite("記録の書き換え")
struct TamperTests {
  @Test("どこをどう書き換えても、消しても、入れ替えても、切り取っても、見つかり、場所が分かる", arguments: Engine.available)
  func anywhere(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let here = Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
      for number in 1...Tampering.signed {
        try await here.write { tx in
          try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "本文 \(number)"]))
        }
      }
      try await here.signCheckpoint()
      try await here.write { tx in
        for number in Tampering.signed + 2...Tampering.entries {
          try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "本文 \(number)"]))
        }
      }
      try await here.write { tx in
        for table in ["entry", "head"] as [StaticString] {
          let name = SQL(stringLiteral: table)
          _ = try tx.housekeeping.run("CREATE TABLE kept_\(name) AS SELECT * FROM audit_\(name)")
        }
        if engine == .sqlite {
          _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
          _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_delete")
        } else {
          _ = try tx.housekeeping.run("ALTER TABLE audit_entry DISABLE TRIGGER USER")
          _ = try tx.housekeeping.run("GRANT UPDATE, DELETE ON audit_entry TO CURRENT_USER")
        }
      }
      let whole = try await here.verifyLedger()
      #expect(whole.ok && whole.entries == Tampering.entries && whole.checkpoints == 1)
      for seed in UInt64(1)...20 {
        for tampering in Tampering.allCases {
          let place = try await here.write { tx in
            var random = Seeded(state: seed)
            return try tampering.tamper(tx.housekeeping, with: &random)
          }
          for length in [5000, 4] {
            let verdict = try await here.verifyLedger(partsOf: length)
            #expect(verdict.brokenAt == place, "\(tampering), seed \(seed), parts of \(length)")
          }
          try await here.write { tx in
            let columns: SQL =
              "facility_id, seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash"
            _ = try tx.housekeeping.run("DELETE FROM audit_entry")
            _ = try tx.housekeeping.run(
              "INSERT INTO audit_entry (\(columns)) SELECT \(columns) FROM kept_entry")
            _ = try tx.housekeeping.run("DELETE FROM audit_head")
            _ = try tx.housekeeping.run("INSERT INTO audit_head SELECT * FROM kept_head")
          }
        }
      }
      #expect(try await here.verifyLedger() == whole)
    }
  }

  @Test("ほかの施設の記録の間にあっても、並びが変わっても、どの長さに分けても、同じ結果になる", arguments: Engine.available)
  func parts(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let scopes = (0..<2).map { _ in
        Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
      }
      for number in 1...8 {
        for (scope, count) in zip(scopes, [3, 1]) {
          try await scope.write { tx in
            for _ in 0..<count {
              try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "本文"]))
            }
          }
        }
      }
      func agree() async throws {
        for (scope, entries) in zip(scopes, [24, 8]) {
          for length in 1...25 {
            let verdict = try await scope.verifyLedger(partsOf: length)
            #expect(verdict.ok && verdict.entries == entries, "parts of \(length)")
          }
        }
      }
      try await agree()
      // The same entries written in another order, as a restored table may lie.
      try await scopes[0].write { tx in
        if engine == .sqlite {
          _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_delete")
        } else {
          _ = try tx.housekeeping.run("ALTER TABLE audit_entry DISABLE TRIGGER USER")
          _ = try tx.housekeeping.run("GRANT DELETE ON audit_entry TO CURRENT_USER")
        }
        let columns: SQL =
          "facility_id, seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash"
        _ = try tx.housekeeping.run("CREATE TABLE kept_entry AS SELECT * FROM audit_entry")
        _ = try tx.housekeeping.run("DELETE FROM audit_entry")
        _ = try tx.housekeeping.run(
          """
          INSERT INTO audit_entry (\(columns)) SELECT \(columns) FROM kept_entry
          ORDER BY (seq * 7) % 12, seq
          """)
      }
      try await agree()
    }
  }

  @Test("二つの記録の間の番号で書き足された記録も見つかり、離れて置き直された記録は止まらずに読む")
  func squeezedIn() async throws {
    try await Engine.sqlite.withDatabase([]) { database in
      let here = Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
      try await here.write { tx in
        for number in 1...12 {
          try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "本文"]))
        }
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_delete")
        for (number, place) in [(1, Int.min), (4, Int.max)] {
          _ = try tx.housekeeping.run("UPDATE audit_entry SET rowid = \(place) WHERE seq = \(number)")
        }
      }
      for length in [4, 5000] {
        let apart = try await here.verifyLedger(partsOf: length)
        #expect(apart.ok && apart.entries == 12, "parts of \(length)")
      }
      try await here.write { tx in
        let columns: SQL =
          "facility_id, at_ms, actor, actor_name, action, subject, before_json, after_json, hash"
        _ = try tx.housekeeping.run(
          """
          INSERT INTO audit_entry (rowid, seq, \(columns))
          SELECT 100, 6.5, \(columns) FROM audit_entry WHERE seq = 6
          """)
      }
      for length in [4, 5000] {
        let forged = try await here.verifyLedger(partsOf: length)
        #expect(forged.brokenAt == 7, "parts of \(length)")
      }
    }
  }

  @Test("はじめの記録より前の番号で書き足された記録も見つかる", arguments: Engine.available)
  func beforeTheFirst(engine: Engine) async throws {
    for number in [0, -3] {
      try await engine.withDatabase([]) { database in
        let here = Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
        try await here.write { tx in
          for number in 1...12 {
            try tx.apply([], recording: Change("note.add", of: "note:\(number)", to: ["body": "本文"]))
          }
        }
        #expect(try await here.verifyLedger(partsOf: 4).ok)
        try await here.write { tx in
          let columns: SQL =
            "facility_id, at_ms, actor, actor_name, action, subject, before_json, after_json, hash"
          _ = try tx.housekeeping.run(
            """
            INSERT INTO audit_entry (seq, \(columns)) SELECT \(number), \(columns) FROM audit_entry WHERE seq = 6
            """)
        }
        for length in [4, 5000] {
          let forged = try await here.verifyLedger(partsOf: length)
          #expect(forged.brokenAt == 1, "\(number), parts of \(length)")
        }
      }
    }
  }

  @Test("記録だけにある施設も、施設の一覧と比べられる", arguments: Engine.available)
  func facilities(engine: Engine) async throws {
    try await engine.withDatabase([]) { database in
      let none = try await database.facilitiesOfLedger()
      #expect(none == [])
      let ids = [FacilityID(at: .test), FacilityID(at: .test)]
      for id in ids {
        let scope = Scope(database, actor: .system("test"), facility: id, now: .test)
        try await scope.write {
          try $0.apply([], recording: Change("note.add", of: "note:1", to: ["body": "x"]))
        }
      }
      let found = try await database.facilitiesOfLedger()
      #expect(found == ids.map(\.text).sorted())
    }
  }
}
