import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("記録の画面")
struct LedgerPagesTests {
  /// A device that is added and then changed by a person.
  private static func changedDevice(_ app: TestApp) async throws -> Entry.ID {
    let devices = try Registry.register("devices")
    let entry = try await devices.add(
      ["number": "CT-01", "name": "CT 1号機", "kind": "medical", "status": "in-use"], .ja, in: app.scope)
    let answer = try await app.post(
      "/registers/devices/\(entry.id)",
      [
        ("version", "1"), ("number", "CT-01"), ("name", "CT 1号機<新>"), ("kind", "medical"),
        ("status", "in-use"), ("place", "本館 1階"),
      ])
    #expect(answer.status == 303, "\(answer)")
    return entry.id
  }

  @Test(
    "読み取れない日は、捨てずにわけを言い、頼んでいない一覧を出さない",
    arguments: [
      ("from=abc", ["from"]), ("until=2026-13-01", ["until"]),
      ("from=1&until=2&kind=person", ["from", "until"]),
    ])
  func unreadableDays(query: String, fields: [String]) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let page = try await app.get("/ledger?\(query)", as: .auditor)
      #expect(page.status == 422 && page.body.contains("2026-11-22 のように"))
      for field in ["from", "until"] {
        #expect(page.body.contains("id=\"\(field)-error\"") == fields.contains(field), "\(field)")
      }
      #expect(!page.body.contains("href=\"/ledger/entries/"))
      for good in ["from=", "from=2026-03-01", "from=%20"] {
        #expect(try await app.get("/ledger?\(good)", as: .auditor).status == 200, "\(good)")
      }
    }
  }

  @Test("だれが何を何から何に変えたかが、言葉で出る", arguments: Engine.available)
  func sentences(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.changedDevice(app)
      let page = try await app.get("/ledger?kind=devices", as: .auditor)
      #expect(page.status == 200)
      #expect(page.body.contains("<a href=\"/registers/devices/\(id)\">機器「CT 1号機&lt;新&gt;」</a>"))
      #expect(page.body.contains("機器名: CT 1号機 → CT 1号機&lt;新&gt;"))
      #expect(page.body.contains("itStaff") && page.body.contains("台帳を直しました"))
      #expect(!page.body.contains("<br>サインインしました"))
      let person = try await app.get("/ledger?action=account.sign-in", as: .auditor)
      #expect(person.body.contains("人「auditor」") && !person.body.contains("CT 1号機"))
    }
  }

  @Test("一件の画面に、値、前の指紋、この指紋がそろう", arguments: Engine.available)
  func entry(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.changedDevice(app)
      let history = try await app.scope.read { try $0.history(of: "devices:\(id)") }
      let newest = try #require(history.first)
      let before = try await app.scope.read { try $0.ledgerEntry(newest.sequence - 1) }
      let page = try await app.get("/ledger/entries/\(newest.sequence)", as: .management)
      #expect(page.status == 200)
      for text in [newest.hash, before?.hash ?? "?", newest.actor, "devices:\(id)", "register.change"] {
        #expect(page.body.contains(text), "\(text)")
      }
      let first = try await app.get("/ledger/entries/1", as: .management)
      #expect(first.body.contains(LedgerHead.empty.hash))
      for path in ["0", "-1", "x", "999999"] {
        let none = try await app.get("/ledger/entries/\(path)", as: .management)
        #expect(none.status == 404, "\(path)")
      }
    }
  }

  @Test("許された人だけが読み、書き出し、署名する", arguments: Engine.available)
  func roles(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let pages = ["/ledger", "/ledger/entries/1", "/ledger/proof"]
      let readers: Set<TestApp.Who> = [.administrator, .itStaff, .management, .auditor]
      for who in [TestApp.Who.administrator, .itStaff, .management, .auditor, .contributor, .staff] {
        for page in pages {
          let answer = try await app.get(page, as: who)
          #expect(answer.status == (readers.contains(who) ? 200 : 403), "\(who) \(page)")
        }
        let export = try await app.get("/ledger/export.jsonl", as: who)
        #expect(export.status == (readers.subtracting([.itStaff]).contains(who) ? 200 : 403), "\(who)")
        let signed = try await app.post("/ledger/checkpoints", [], as: who)
        #expect(signed.status == (who == .administrator ? 303 : 403), "\(who)")
      }
      let nobody = try await app.get("/ledger", as: .nobody)
      #expect(nobody.status == 303 && nobody.location?.hasPrefix("/sign-in") == true)
    }
  }

  @Test("別の施設の記録は、番号でも指紋でも書き出しでも見えない", arguments: Engine.available)
  func otherFacility(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.changedDevice(app)
      let head = try await app.scope.read { try $0.ledgerHead() }
      let entry = try await app.get("/ledger/entries/\(head.sequence)", as: .stranger)
      #expect(entry.status == 404)
      let list = try await app.get("/ledger", as: .stranger)
      #expect(list.status == 200 && !list.body.contains("CT 1号機") && list.body.contains("stranger"))
      let known = try await app.get("/ledger/proof?fingerprint=\(head.hash)", as: .stranger)
      #expect(known.status == 200 && known.body.contains("この指紋の記録はありません"))
      let export = try await app.get("/ledger/export.jsonl", as: .stranger)
      #expect(!export.body.contains("CT 1号機") && !export.body.contains(app.facility.id.text))
    }
  }

  @Test("書き出しは見出しとすべての記録で、それも記録に残る", arguments: Engine.available)
  func export(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.changedDevice(app)
      let answer = try await app.get("/ledger/export.jsonl", as: .auditor)
      #expect(answer.headers["content-disposition"]?.contains("ledger-2026-02-24.jsonl") == true)
      let lines = answer.body.split(separator: "\n")
      let head = try await app.scope.read { try $0.ledgerHead() }
      #expect(lines.count == head.sequence + 1)
      #expect(lines[0].contains("\"format\":\"mamorite-ledger-1\"") && lines[0].contains(head.hash))
      #expect(lines.last?.contains("ledger.export") == true && lines.last?.contains(head.hash) == true)
      let newest = try await app.scope.read { try $0.recentEntries(limit: 1) }
      #expect(newest.map(\.actorName) == ["auditor"])
    }
  }

  @Test("印刷した指紋から、いつの何番かと、そこまでが合うことが分かる", arguments: Engine.available)
  func fingerprint(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.changedDevice(app)
      let head = try await app.scope.read { try $0.ledgerHead() }
      let printed = head.fingerprint
      for typed in [printed, printed.uppercased(), head.hash, printed.replacing(" ", with: " ")] {
        let page = try await app.get("/ledger/proof?fingerprint=\(urlEncoded(typed))", as: .auditor)
        #expect(page.body.contains("令和8年2月24日の、\(head.sequence)番の記録の指紋です"), "\(typed)")
      }
      let unknown = try await app.get("/ledger/proof?fingerprint=0000000000000000", as: .auditor)
      #expect(unknown.body.contains("この指紋の記録はありません"))
      for wrong in ["123", "zzzz zzzz zzzz zzzz", "%", String(repeating: "a", count: 65)] {
        let page = try await app.get("/ledger/proof?fingerprint=\(urlEncoded(wrong))", as: .auditor)
        #expect(page.status == 200 && page.body.contains("指紋として読めません"), "\(wrong)")
      }
    }
  }

  @Test("書き換えられた記録の指紋には、合わないことを言う")
  func brokenChain() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await Self.changedDevice(app)
      let head = try await app.scope.read { try $0.ledgerHead() }
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run("DROP TRIGGER audit_entry_no_update")
        _ = try tx.housekeeping.run(
          "UPDATE audit_entry SET actor_name = 'x' WHERE facility_id = \(tx.facility) AND seq = 3")
      }
      let page = try await app.get("/ledger/proof?fingerprint=\(head.hash)", as: .auditor)
      #expect(page.body.contains("3番の記録から、指紋が合いません"))
    }
  }

  @Test("署名は押したときと毎日で、続きがなければ増えない", arguments: Engine.available)
  func signing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await app.post("/ledger/checkpoints", [], as: .administrator)
      #expect(signed.location?.hasPrefix("/ledger/proof?signed=") == true)
      let again = try await app.post("/ledger/checkpoints", [], as: .administrator)
      #expect(again.location == "/ledger/proof?signed=none")
      let page = try await app.get("/ledger/proof", as: .auditor)
      #expect(page.body.contains("合っています") && page.body.contains("公開鍵"))
      // The next night.
      let night = app.now.day.adding(days: 1).start.adding(minutes: 5)
      _ = try await app.get("/ledger/export.jsonl", as: .auditor)
      let rows = try await Installation(app.database).takeDue(now: night)
      let row = try #require(rows.first { $0.kind == "ledger.checkpoint" && $0.facility == app.facility.id })
      let handler = try #require(
        TestApp.features(app.library).compactMap { $0.due["ledger.checkpoint"] }.first)
      let worker = Scope(app.database, actor: .system("worker"), facility: app.facility.id, now: night)
      try await handler(row, worker)
      try await handler(row, worker)
      let points = try await app.scope.read { try $0.checkpoints(limit: 9) }
      #expect(points.map(\.day) == [night.day, app.now.day])
      let verdict = try await app.scope.verifyLedger()
      #expect(verdict.ok && verdict.checkpoints == 2)
      let following = try await Installation(app.database).takeDue(
        now: night.adding(minutes: 24 * 60), limit: 99)
      #expect(following.contains { $0.kind == "ledger.checkpoint" && $0.facility == app.facility.id })
    }
  }

  @Test("どの画面も、記録がいくつあっても8文まで", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.changedDevice(app)
      try await app.scope.write { tx in
        for number in 1...300 {
          try tx.apply([], recording: Change("note.add", of: "devices:\(id)", to: ["body": "\(number)"]))
        }
      }
      _ = try await app.post("/ledger/checkpoints", [], as: .administrator)
      let head = try await app.scope.read { try $0.ledgerHead() }
      for path in [
        "/ledger",
        "/ledger?kind=devices&action=register.change&actor=system:test&from=2026-01-01&until=2026-12-31",
        "/ledger/entries/\(head.sequence)", "/ledger/proof?fingerprint=\(head.hash)",
      ] {
        _ = try await app.get(path, as: .auditor)
        let before = app.database.statementCount
        let page = try await app.get(path, as: .auditor)
        #expect(page.status == 200)
        #expect(app.database.statementCount - before <= 8, "\(path) \(app.database.statementCount - before)")
      }
    }
  }

  @Test("指紋は、すき間や全角や大文字でも読む")
  func digits() {
    #expect(Ledger.digits(" 26A3 1023 6fa5 aa43 ") == "26a310236fa5aa43")
    #expect(Ledger.digits("26a310236fa5aa4") == nil)
    #expect(Ledger.digits("26a310236fa5aa4g") == nil)
    #expect(Ledger.digits("") == nil)
  }
}
