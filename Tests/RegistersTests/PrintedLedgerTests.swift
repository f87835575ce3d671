import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("印刷する台帳")
struct PrintedLedgerTests {
  private static let path = "/registers/devices/print"

  private func prepare(_ app: TestApp) async throws {
    for (number, kind, place) in [("SV-1", "server", "サーバ室"), ("PC-1", "pc", "外来")] {
      _ = try await app.post(
        "/registers/devices",
        [
          ("number", number), ("name", "機器\(number)"), ("kind", kind), ("place", place),
          ("osVersion", "23H2"),
        ])
    }
  }

  @Test("検査で聞かれる列と気がかりが、決まった順に出る")
  func columns() throws {
    let columns = try PrintedLedger.columns([], of: Devices.register)
    #expect(
      columns.map(\.id) == [
        "number", "name", "place", "usedBy", "os", "osVersion", "supportEndsOn", "updatedBy",
        "remoteMaintenance", "checkedOn", "nextCheckOn",
      ])
    let chosen = try PrintedLedger.columns(["note", "number", "nothing"], of: Devices.register)
    #expect(chosen.map(\.id) == ["number", "note"])
    #expect(throws: PrintedLedger.Refusal.tooManyColumns(15)) {
      try PrintedLedger.columns(Devices.register.fields.prefix(15).map(\.id), of: Devices.register)
    }
  }

  /// Lists that are checked as a whole (``ListCheck``), not line by line.
  private static let checkedAsWhole: Set = ["people", "departments", "places"]

  @Test("台帳には次の確認日の列があり、刷ると出る", arguments: Registry.all.map(\.id))
  func nextCheck(id: String) throws {
    let register = try Registry.register(id)
    let printed = try PrintedLedger.columns([], of: register).map(\.id)
    #expect(printed.contains(register.key.id))
    let isChecked = !Self.checkedAsWhole.contains(id)
    #expect((register.field("nextCheckOn") != nil) == isChecked)
    #expect(printed.contains("nextCheckOn") == isChecked)
    #expect(register.forInspection.allSatisfy { register.field($0) != nil })
    #expect(register.proofs.allSatisfy { register.field($0) != nil })
    #expect(!register.fields.contains { ExtraColumn.isID($0.id) })
  }

  @Test("施設、いつ、だれ、条件、指紋が頭に出て、条件の行だけが並ぶ", arguments: Engine.available)
  func head(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app)
      _ = try await app.post("/registers/devices/check", [("day", "2026-02-20"), ("interval", "6")])
      let page = try await app.get(Self.path + "?kind=server", as: .auditor)
      #expect(page.status == 200)
      let fingerprint = try await app.scope.read { try $0.ledgerHead().fingerprint }
      for text in ["みなと総合病院", "令和8年2月24日", "auditor", "種類: サーバ", "1台", "R8.2.20", fingerprint, "23H2"] {
        #expect(page.body.contains(text), "\(text)")
      }
      #expect(page.body.contains("機器SV-1") && !page.body.contains("機器PC-1"))
      #expect(page.body.contains("class=\"finding\">"))
      let chosen = try await app.get(Self.path + "?column=number&column=place")
      let head = try #require(chosen.body.firstMatch(of: #/<thead>.*<\/thead>/#)).0
      #expect(head.matches(of: #/<th /#).count == 3)
      let before = app.database.statementCount
      _ = try await app.get(Self.path)
      #expect(app.database.statementCount - before <= 8)
    }
  }

  @Test("PDFになり、一万を超えるものは断る")
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      try await prepare(app)
      let pdf = try await app.get("/registers/devices/ledger.pdf?column=number&column=name")
      #expect(pdf.status == 200 && pdf.bytes.starts(with: Array("%PDF-".utf8)))
      #expect(pdf.headers["content-type"] == "application/pdf")
      let rows = (0..<10_000).map { "N-\($0),機器\($0)" }.joined(separator: "\n")
      let plan = try await RegisterExchange.plan(
        Array("管理番号,機器名\n\(rows)\n".utf8), named: "a.csv", into: Devices.register, .ja, in: app.scope)
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
      let tooMany = try await app.get("/registers/devices/ledger.pdf")
      #expect(tooMany.status == 422 && tooMany.body.contains("10002"))
      #expect(try await app.get(Self.path + "?kind=server").status == 200)
    }
  }

  @Test("権限のない人には開かず、ほかの施設の行は出ない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app)
      for path in [Self.path, "/registers/devices/ledger.pdf"] {
        #expect(try await app.get(path, as: .staff).status == 403)
        #expect(try await app.get(path, as: .nobody).status == 303)
      }
      let there = try await app.get(Self.path, as: .stranger)
      #expect(there.status == 200 && !there.body.contains("機器SV-1") && there.body.contains("別の病院"))
      #expect(try await app.get("/registers/nothing/print").status == 404)
    }
  }
}

@Suite("台帳の記録のファイル")
struct EntryFileTests {
  private static let pdf = Array("%PDF-1.7 消去証明".utf8)

  private func device(_ app: TestApp) async throws -> String {
    let added = try await app.post(
      "/registers/devices", [("number", "PC-9"), ("name", "廃棄した端末"), ("status", "disposed")])
    return String(try #require(added.location).prefix { $0 != "?" })
  }

  private func file(_ page: TestApp.Answer) throws -> String {
    String(try #require(page.body.firstMatch(of: #/href="([^"]+\/files\/[0-9a-f-]{36})"/#)).1)
  }

  @Test("加えたファイルは記録に出て、添付としてだけ受け取れる", arguments: Engine.available)
  func adding(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await device(app)
      #expect(try await app.get(path).body.contains("患者さんの情報"))
      let added = try await app.upload(
        path + "/files", field: "file", name: "写真.html", bytes: Array("<b>".utf8))
      #expect(added.status == 303)
      let record = try await app.get(path, as: .auditor)
      #expect(record.body.contains("ファイル 1件") && record.body.contains("写真.html"))
      #expect(record.body.contains("ファイルを加えました") && !record.body.contains("enctype"))
      let download = try await app.get(try file(record), as: .auditor)
      #expect(download.status == 200 && download.bytes == Array("<b>".utf8))
      #expect(download.headers["content-type"] == "application/octet-stream")
      #expect(download.headers["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(download.headers["x-content-type-options"] == "nosniff")
    }
  }

  @Test("証明としたファイルで気がかりが消え、取り下げると戻る。経過は残る", arguments: Engine.available)
  func proof(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await device(app)
      #expect(try await app.get(path).body.contains("class=\"finding\""))
      let added = try await app.upload(
        path + "/files", field: "file", name: "消去証明.pdf", bytes: Self.pdf, fields: [("proof", "erasureProof")]
      )
      #expect(added.status == 303)
      let proven = try await app.get(path)
      #expect(!proven.body.contains("class=\"finding\""))
      let file = try file(proven)
      #expect(try await app.post(file + "/withdrawal", [("reason", "")]).status == 422)
      #expect(try await app.post(file + "/withdrawal", [("reason", "別の機器のもの")]).status == 303)
      let after = try await app.get(path)
      #expect(after.body.contains("class=\"finding\"") && after.body.contains("ファイル 0件"))
      #expect(after.body.contains("ファイルを取り下げました"))
      #expect(try await app.post(file + "/withdrawal", [("reason", "もう一度")]).status == 404)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("見るだけの人は加えられず、ほかの施設、ほかの記録からは開かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await device(app)
      func upload(_ to: String, as who: TestApp.Who) async throws -> Int {
        try await app.upload(to + "/files", field: "file", name: "a.pdf", bytes: Self.pdf, as: who).status
      }
      #expect(try await upload(path, as: .itStaff) == 303)
      #expect(try await upload(path, as: .auditor) == 403)
      #expect(try await upload(path, as: .stranger) == 404)
      #expect(try await app.upload(path + "/files", field: "file", name: "a", bytes: []).status == 422)
      let file = try file(try await app.get(path))
      #expect(try await app.get(file, as: .staff).status == 403)
      #expect(try await app.get(file, as: .stranger).status == 404)
      #expect(try await app.post(file + "/withdrawal", [("reason", "x")], as: .stranger).status == 404)
      #expect(try await app.post(file + "/withdrawal", [("reason", "x")], as: .auditor).status == 403)
      let other = try await app.post("/registers/devices", [("number", "PC-8"), ("name", "別の端末")])
      let otherPath = String(try #require(other.location).prefix { $0 != "?" })
      let id = try #require(file.split(separator: "/").last)
      #expect(try await app.get("\(otherPath)/files/\(id)").status == 404)
    }
  }
}
