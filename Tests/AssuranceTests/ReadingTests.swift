import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("開いたことの記録")
struct ReadingTests {
  private static func readings(_ app: TestApp) async throws -> [LedgerEntry] {
    try await app.scope.read { try $0.recentEntries(limit: 500) }.filter { $0.action.hasPrefix("reading.") }
  }

  private static func contract(_ app: TestApp) async throws -> Entry {
    try await Vendors.register.add(["name": "ひまわり情報システム"], .ja, in: app.scope)
    return try await Contracts.register.add(
      ["number": "K-1", "title": "保守", "vendor": "ひまわり情報システム"], .ja, in: app.scope)
  }

  private static func turn(_ state: String, _ app: TestApp) async throws {
    let turned = try await app.post("/facility/reading", [("record", state)], as: .administrator)
    #expect(turned.status == 303 && turned.location == "/facility?saved=reading")
  }

  @Test("ふだんは残さず、始めると、だれが何をいつ開いたかが残る", arguments: Engine.available)
  func recorded(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let contract = try await Self.contract(app)
      let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      let path = "/registers/contracts/\(contract.id)"
      _ = try await app.get(path, as: .auditor)
      let before = try await Self.readings(app)
      #expect(before.isEmpty)

      try await Self.turn("on", app)
      for path in [
        path, "/reports/\(assessment.id)", "/registers/systems/\(system.id)", "/registers/contracts", "/",
      ] {
        let page = try await app.get(path, as: .auditor)
        #expect(page.status == 200, "\(path)")
      }
      let after = try await Self.readings(app)
      #expect(
        Set(after.map(\.subject)) == [
          "contracts:\(contract.id)", "contracts:register", "report:\(assessment.id)",
        ])
      #expect(after.allSatisfy { $0.actorName == "auditor" && $0.at == app.now })
      let shown = try await app.get("/ledger?action=reading.open", as: .auditor)
      #expect(shown.body.contains("開きました"))

      try await Self.turn("off", app)
      app.now = app.now.adding(minutes: 60)
      _ = try await app.get(path, as: .auditor)
      let last = try await Self.readings(app)
      #expect(last.count == after.count)
    }
  }

  @Test("同じ人が同じものを続けて開いても、30分に一度だけ残る")
  func once() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let contract = try await Self.contract(app)
      let path = "/registers/contracts/\(contract.id)"
      try await Self.turn("on", app)
      for (minutes, who, count) in [
        (0, TestApp.Who.auditor, 1), (29, .auditor, 1), (0, .itStaff, 2), (2, .auditor, 3),
      ] {
        app.now = app.now.adding(minutes: Int64(minutes))
        _ = try await app.get(path, as: who)
        let all = try await Self.readings(app)
        #expect(all.count == count, "\(minutes) \(who)")
      }
    }
  }

  @Test("一覧、印刷、図、取り出しも残り、見たあとに取り出すと、それも残る", arguments: Engine.available)
  func whole(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.contract(app)
      _ = try await Connections.register.add(
        ["number": "N-1", "name": "保守回線", "status": "in-use"], .ja, in: app.scope)
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      try await Self.turn("on", app)
      for (path, subject) in [
        ("/registers/connections", "connections:register"),
        ("/registers/connections/export.csv", "connections:register"),
        ("/registers/contracts/print", "contracts:register"), ("/risks", "risk:register"),
        ("/findings", "finding:register"), ("/plans", "budget:register"), ("/plans/2025", "budget:2025"),
        ("/assessments/\(assessment.id)", "assessment:\(assessment.id)"),
        ("/reports/\(assessment.id)", "report:\(assessment.id)"),
        ("/reports/\(assessment.id)/management.xlsx", "report:\(assessment.id)"),
        ("/assessments/\(assessment.id)/export.csv", "assessment:\(assessment.id)"),
      ] {
        let before = try await Self.readings(app).count
        let page = try await app.get(path, as: .administrator)
        #expect(page.status == 200, "\(path)")
        let new = try await Self.readings(app)
        #expect(new.count == before + 1 && new.contains { $0.subject == subject }, "\(path)")
        let told = try #require(new.max { $0.sequence < $1.sequence })
        #expect(told.after?.contains(path) == true, "\(path)")
      }
      // The drawing shows the same as the list does, and another format of a file the same as the first.
      let before = try await Self.readings(app).count
      for path in ["/diagrams/connections", "/registers/connections/export.xlsx"] {
        _ = try await app.get(path, as: .administrator)
      }
      let same = try await Self.readings(app)
      #expect(same.count == before)
      _ = try await app.get("/diagrams/connections", as: .auditor)
      let other = try await Self.readings(app)
      #expect(other.count == before + 1)
      let told = try await app.get("/ledger?action=reading.open", as: .administrator)
      for link in ["/registers/connections", "/findings", "/plans", "/reports/\(assessment.id)"] {
        #expect(told.body.contains("href=\"\(link)\""), "\(link)")
      }
    }
  }

  @Test("台帳のまるごとの取り出しは、十分を過ぎると本人を確かめてから続き、いつも記録に残る", arguments: Engine.available)
  func taken(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Connections.register.add(
        ["number": "N-1", "name": "保守回線", "status": "in-use"], .ja, in: app.scope)
      let browser = Browser(app)
      _ = try await browser.signIn("auditor")
      app.now = app.now.adding(minutes: 11)
      for path in [
        "/registers/connections/export.xlsx?q=a", "/findings/export.xlsx", "/risks/register.xlsx",
      ] {
        let asked = try await browser.get(path)
        let next = try #require(asked.location)
        #expect(asked.status == 303 && next.hasPrefix("/account/proof?next="), "\(path)")
      }
      // The same on a page and on paper is read without.
      #expect(try await browser.get("/registers/connections").status == 200)
      #expect(try await browser.get("/registers/connections/print").status == 200)
      let none = try await Self.readings(app)
      #expect(none.isEmpty)
      let path = "/registers/connections/export.csv"
      let fields = [("current", TestApp.password), ("next", path)]
      let ready = try await browser.post("/account/proof", fields)
      #expect(ready.body.contains("href=\"\(path)\""))
      #expect(try await browser.get(path).body.contains("保守回線"))
      let all = try await Self.readings(app)
      #expect(all.map(\.action) == ["reading.take"] && all.map(\.subject) == ["connections:register"])
      #expect(all.first?.after?.contains("\"provedBy\":\"password\"") == true)
    }
  }

  @Test("開けなかったものと、別の施設の人のことは残らない")
  func refused() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let contract = try await Self.contract(app)
      try await Self.turn("on", app)
      for who in [TestApp.Who.staff, .stranger, .nobody] {
        let page = try await app.get("/registers/contracts/\(contract.id)", as: who)
        #expect(page.status != 200)
      }
      let all = try await Self.readings(app)
      #expect(all.isEmpty)
      let page = try await app.get("/facility", as: .administrator)
      #expect(page.body.contains("いまは残しています"))
    }
  }
}
