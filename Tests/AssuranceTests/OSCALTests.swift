import Foundation
import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("OSCAL の取り込みと書き出し")
struct OSCALExchangeTests {
  private static let catalog = """
    {"catalog": {"uuid": "11111111-1111-4111-8111-111111111111",
      "metadata": {"title": "Test Catalog", "last-modified": "2024-02-04T00:00:00Z", "version": "1", "oscal-version": "1.1.2"},
      "groups": [{"id": "ac", "title": "Access", "controls": [
        {"id": "ac-1", "title": "Policy", "parts": [{"name": "statement", "prose": "Have a policy."}]},
        {"id": "ac-2", "title": "Accounts"}, {"id": "ac-3", "title": "Others"}]}]}}
    """
  private static let profile = """
    {"profile": {"uuid": "22222222-2222-4222-8222-222222222222",
      "metadata": {"title": "Small Profile", "last-modified": "2024-03-01T00:00:00Z", "version": "1", "oscal-version": "1.1.2"},
      "imports": [{"href": "#33333333-3333-4333-8333-333333333333",
        "include-controls": [{"with-ids": ["ac-1", "ac-9"]}]}], "merge": {"as-is": true},
      "back-matter": {"resources": [{"uuid": "33333333-3333-4333-8333-333333333333",
        "rlinks": [{"href": "https://example.org/test_catalog.json"}]}]}}}
    """

  private static func upload(_ text: String, named name: String, _ app: TestApp) async throws
    -> TestApp.Answer
  {
    try await app.upload(
      "/frameworks/import", field: "file", name: name, bytes: Array(text.utf8), as: .itStaff)
  }

  private static func apply(_ page: TestApp.Answer, _ app: TestApp) async throws -> TestApp.Answer {
    let id = try #require(page.body.firstMatch(of: #/name="upload" value="([^"]+)"/#)?.1)
    return try await app.post("/frameworks/import/apply", [("upload", String(id))])
  }

  @Test("プロファイルは、もとのカタログのあとに取り込める。もとが無ければ名前を言って断る", arguments: Engine.available)
  func pages(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let early = try await Self.upload(Self.profile, named: "small.json", app)
      #expect(early.status == 422 && early.body.contains("test_catalog"))
      let catalog = try await Self.upload(Self.catalog, named: "Test_Catalog.json", app)
      #expect(catalog.status == 200)
      #expect(try await Self.apply(catalog, app).status == 303)
      let profile = try await Self.upload(Self.profile, named: "small.json", app)
      #expect(profile.status == 200 && profile.body.contains("名指した管理策が無い") && profile.body.contains("ac-9"))
      #expect(try await Self.apply(profile, app).status == 303)
      let shelved = try await app.scope.read { try $0.libraries() }
      #expect(shelved.map(\.facts.name).sorted() == ["Small Profile", "Test Catalog"])
      let again = try await Self.upload(Self.profile, named: "small.json", app)
      #expect(again.status == 200 && again.body.contains("同じものが取り込んであります"))
      let plan = #"{"assessment-plan": {"metadata": {"title": "x"}}}"#
      let other = try await Self.upload(plan, named: "plan.json", app)
      #expect(other.status == 422 && other.body.contains("assessment-plan"))
    }
  }

  @Test("同じ回のファイルから、もとをさがす。順は問わない", arguments: Engine.available)
  func together(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let files = [("small.json", Self.profile), ("x/test_catalog.json", Self.catalog)].map { name, text in
        Libraries.Source(name: name, bytes: text.utf8.count) { Array(text.utf8) }
      }
      let reports = try await Libraries.take(files, into: .facility(app.scope), isTrial: true)
      #expect(reports.map(\.counts.assessable) == [1, 3] && reports.allSatisfy(\.isOK))
      #expect(reports[0].warnings == ["unknown_control_id": 1, "rests_on": 1])
      let alone = try await Libraries.take([files[0]], into: nil, isTrial: true)
      #expect(alone[0].problem as? FrameworkProblem == .needsSource(file: "small.json", name: "test_catalog"))
    }
  }

  @Test("同じ名前のファイルから来たカタログがいくつもあれば、選ばずに断り、名前を挙げる", arguments: Engine.available)
  func ambiguous(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let other = Self.catalog.replacing("Test Catalog", with: "Another Catalog")
      for text in [Self.catalog, other] {
        let page = try await Self.upload(text, named: "test_catalog.json", app)
        #expect(try await Self.apply(page, app).status == 303)
      }
      let refused = try await Self.upload(Self.profile, named: "small.json", app)
      #expect(refused.status == 422)
      #expect(refused.body.contains("Another Catalog") && refused.body.contains("Test Catalog"))
    }
  }

  @Test("点検を OSCAL の結果に書き出す", arguments: Engine.available)
  func export(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit(Self.catalog)
      let node = "urn:oscal:risk:req_node:test-catalog:ac-1"
      let saved = try await app.answer(id, node, [("result", "non_compliant"), ("remark", "まだ")])
      #expect(saved.status == 303)
      let path = "/audits/\(id)/assessment-results.json"
      _ = try await app.cookie(of: .auditor)
      let before = app.database.statementCount
      let file = try await app.get(path, as: .auditor)
      #expect(file.status == 200 && app.database.statementCount - before <= 14)
      let all = try #require(
        try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [String: [String: Any]])
      let result = try #require((all["assessment-results"]?["results"] as? [[String: Any]])?.first)
      let finding = try #require((result["findings"] as? [[String: Any]])?.first)
      let target = try #require(finding["target"] as? [String: Any])
      #expect(target["target-id"] as? String == "ac-1_smt" && finding["remarks"] as? String == "まだ")
      #expect((target["status"] as? [String: String])?["state"] == "not-satisfied")
      #expect(try await app.get(path, as: .stranger).status == 404)
    }
  }

  @Test("Excel の番号は、取り込んである版に合わせて付ける", arguments: Engine.available)
  func workbookModes(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func book(_ version: String) throws -> [UInt8] {
        func sheet(_ name: String, _ rows: [[String]]) -> OutputSheet {
          OutputSheet(name: name, rows: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } })
        }
        return try Sheets.xlsx([
          sheet(
            "library_meta",
            [
              ["urn", "urn:test:risk:library:x"], ["version", version], ["locale", "en"], ["ref_id", "x"],
              ["name", "X"], ["packager", "test"],
            ]),
          sheet(
            "fw_meta",
            [
              ["type", "framework"], ["base_urn", "urn:test:risk:req_node:x"],
              ["urn", "urn:test:risk:framework:x"], ["ref_id", "x"], ["name", "Framework"],
            ]),
          sheet(
            "fw_content",
            [
              ["assessable", "depth", "name"], ["", "1", "Part"], ["x", "2", "first"], ["x", "2", "second"],
            ]),
        ])
      }
      func take(_ version: String, _ urns: URNMode?) async throws -> LibraryReport {
        let bytes = try book(version)
        let source = Libraries.Source(name: "x.xlsx", bytes: bytes.count) { bytes }
        return try await Libraries.take([source], into: .facility(app.scope), isTrial: false, urns: urns)[0]
      }
      let first = try await take("1", .counted)
      #expect(first.outcome == .new && first.warnings == [:])
      let second = try await take("2", nil)
      #expect(second.outcome == .update && second.warnings == ["urn_mode": 1])
      #expect(second.difference?.removed == [] && second.difference?.added == [])
      #expect(second.remarks.first.map(\.place) == ["1"])
    }
  }
}
