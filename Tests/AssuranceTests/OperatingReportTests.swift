import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("経営への報告の運用の数字")
struct OperatingReportTests {
  private func opened(_ app: TestApp) async throws -> Assessment {
    try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
  }

  private func figures(_ app: TestApp, _ path: String) async throws -> [String: Any] {
    let reply = try await app.get("\(path)/management.json", as: .management)
    let json = try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any]
    let sections = try #require(json?["sections"] as? [String: Any])
    return try #require(sections["operations"] as? [String: Any])
  }

  @Test("監視のない施設の報告は、画面、PDF、Excel、JSON で、ないことを一文で言う", arguments: Engine.available)
  func none(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/reports/\(try await opened(app).id)"
      let sentence = "監視をまだ使っていないので、運用の数字はありません。"
      let page = try await app.get(path, as: .management)
      #expect(page.status == 200 && page.body.components(separatedBy: sentence).count == 2)
      let found = try await figures(app, path)
      #expect(found["monitors"] as? Int == 0 && found["systems"] as? [String] == [])
      let book = try await app.get("\(path)/management.xlsx", as: .management)
      let sheets = try Sheets.read(book.bytes, named: "a.xlsx").sheets
      let sheet = try #require(sheets.first { $0.name == "運用の数字" })
      #expect("\(sheet)".contains(sentence))
      let pdf = try await app.get("\(path)/management.pdf", as: .management)
      #expect(pdf.status == 200 && pdf.bytes.starts(with: Array("%PDF".utf8)))
    }
  }

  @Test("監視があると、呼び出し、時間、割合、足りないものが出て、増えても同じ数の文で読む", arguments: Engine.available)
  func some(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/reports/\(try await opened(app).id)"
      _ = try await Systems.register.add(["name": "会計", "impact": "診療が遅れる"], .ja, in: app.scope)
      let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      func add(_ name: String) async throws {
        let answer = try await app.post(
          "/monitoring",
          [
            ("kind", "tcp"), ("name", name), ("target", "h:104"), ("interval", "60"),
            ("system", system.id.text),
          ])
        #expect(answer.status == 303)
      }
      try await add("入口")
      let page = try await app.get(path)
      for words in ["夜間の呼び出し", "監視のないシステム 1", "動いていた割合", "会計"] {
        #expect(page.body.contains(words), "\(words)")
      }
      let found = try await figures(app, path)
      #expect(found["monitors"] as? Int == 1)
      #expect(found["systems_without_monitor"] as? [String] == ["会計"])
      #expect(found["calls"] as? [String: Int] == ["business": 0, "night": 0, "holiday": 0])
      func count() async throws -> Int {
        let before = app.database.statementCount
        _ = try await app.get(path)
        return app.database.statementCount - before
      }
      _ = try await count()
      let one = try await count()
      for number in 0..<10 { try await add("機器\(number)") }
      #expect(try await count() == one)
      // A document of two halves: the checklist's, and eight at most for the figures.
      #expect(one <= 16, "\(one)")
    }
  }
}
