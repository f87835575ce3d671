import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// The names of the systems that a contract covers.
private func covered(_ app: TestApp, _ contract: Entry.ID) async throws -> [String] {
  try await app.scope.read { try $0.systems(coveredBy: contract).filter(\.isCovered).map(\.name) }
}

@Suite("契約の対象のシステム")
struct CoverageTests {
  @Test("台帳にある名前は参照になり、ない名前は文のまま残って、あとで台帳に加わればつながる", arguments: Engine.available)
  func matching(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      let signed = try await Signed(app, systems: "電子ｶﾙﾃ、画像(PACS)")
      #expect(try await covered(app, signed.contract.id) == ["電子カルテ"])
      // Signs in, which is not counted.
      _ = try await app.get("/")
      let before = app.database.statementCount
      let record = try await app.get(signed.record)
      #expect(app.database.statementCount - before <= 8)
      #expect(record.body.contains("台帳にない名前") && record.body.contains("画像(PACS)"))
      let pacs = try await Systems.register.add(["name": "画像（ＰＡＣＳ）"], .ja, in: app.scope)
      #expect(try await covered(app, signed.contract.id) == ["画像（ＰＡＣＳ）", "電子カルテ"])
      // The new name goes into the text too, so that files keep saying what is covered.
      try await Systems.register.change(
        pacs.id, ["name": "新しい画像"], version: 1, .ja, in: app.scope)
      #expect(try await signed.now(app).text("systems") == "電子ｶﾙﾃ、新しい画像")
      #expect(try await covered(app, signed.contract.id) == ["新しい画像", "電子カルテ"])
      let system = try await app.get("/registers/systems/\(pacs.id)")
      #expect(system.body.contains("このシステムの契約") && system.body.contains("画像保守"))
      let removal = try await app.post("/registers/systems/\(pacs.id)/removal", [("version", "2")])
      #expect(removal.status == 409 && removal.body.contains("契約「画像保守」がこれを指しているので"))
    }
  }

  @Test("画面で加えて外せる。先に直した人がいれば断る", arguments: Engine.available)
  func editing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let meals = try await Systems.register.add(["name": "給食"], .ja, in: app.scope)
      let signed = try await Signed(app, systems: "")
      let bare = try await app.get(signed.record)
      #expect(bare.body.contains("どのシステムの契約か書かれていません"))
      let added = try await app.post("\(signed.path)/systems", [("version", "1"), ("name", "給食")])
      #expect(added.status == 303)
      #expect(try await covered(app, signed.contract.id) == ["給食"])
      let late = try await app.post("\(signed.path)/systems/removal", [("version", "1"), ("name", "給食")])
      #expect(late.status == 409)
      for name in ["", "給食、電子カルテ"] {
        let refused = try await app.post("\(signed.path)/systems", [("version", "2"), ("name", name)])
        #expect(refused.status == 422)
      }
      let gone = try await app.post("\(signed.path)/systems/removal", [("version", "2"), ("name", "給食")])
      #expect(gone.status == 303)
      #expect(try await covered(app, signed.contract.id).isEmpty)
      let removed = try await app.post("/registers/systems/\(meals.id)/removal", [("version", "1")])
      #expect(removed.status == 303)
    }
  }

  @Test("書き出して読み戻しても同じで、取り込んだ名前もつながる", arguments: Engine.available)
  func exchange(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      let signed = try await Signed(app, systems: "電子カルテ、昔の機械")
      _ = try await signed.renewal(app, [:])
      let register = Contracts.register
      let file = try await RegisterExchange.export(register, as: .csv, .ja, in: app.scope)
      #expect(!String(decoding: file, as: UTF8.self).contains("説明の確認を待ち始めた日"))
      let plan = try await RegisterExchange.plan(file, named: "a.csv", into: register, .ja, in: app.scope)
      #expect(plan.read == 1 && plan.unchanged == 1)
      let text = "契約番号,契約名,事業者,対象のシステム\nK-9,検査保守,あおぞら画像,\"検査、電子カルテ\"\n"
      let more = try await RegisterExchange.plan(
        Array(text.utf8), named: "b.csv", into: register, .ja, in: app.scope)
      try await RegisterExchange.apply(more, .ja, in: app.scope)
      let id = try #require(try await app.scope.read { try $0.entryID(register, key: "k-9") })
      #expect(try await covered(app, id) == ["電子カルテ"])
    }
  }
}
