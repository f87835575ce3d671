import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("台帳のやりとり")
struct RegisterExchangeTests {
  private static let text = "資産管理番号\tホスト名\t設置場所\r\n\"PC-1\"\t\"外来\"\"1\"\t外来\r\nPC-2\t髙橋の端末\t\r\n"

  /// The same file as the tools of Japanese hospitals write it.
  private static let files: [(String, [UInt8])] = [
    ("UTF-8", Array(text.utf8)),
    ("UTF-16LE", [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
  ]

  private func plan(_ bytes: [UInt8], _ app: TestApp) async throws -> RegisterImport {
    try await RegisterExchange.plan(bytes, named: "機器.txt", into: Devices.register, .ja, in: app.scope)
  }

  @Test("ツールの書き出しを取り込み、書き出し、二度目は何も変わらない", arguments: Engine.available, files.map(\.0))
  func takesIn(engine: Engine, encoding: String) async throws {
    let bytes = try #require(Self.files.first { $0.0 == encoding }).1
    try await TestApp.run(on: engine) { app in
      let first = try await plan(bytes, app)
      #expect(first.counts == [2, 2, 0, 0, 0])
      try await RegisterExchange.apply(first, .ja, in: app.scope)
      let again = try await plan(bytes, app)
      #expect(again.unchanged == 2)
      let found = try await RegisterExchange.list(Devices.register, matching: "髙橋", in: app.scope)
      #expect(found.map(\.key) == ["PC-2"])
      for format in [Register.Format.xlsx, .csv] {
        let out = try await RegisterExchange.export(Devices.register, as: format, .ja, in: app.scope)
        #expect(try await plan(out, app).unchanged == 2)
      }
    }
  }

  @Test("Shift_JIS (CP932) のCSVを取り込む")
  func cp932() async throws {
    // 管理番号,機器名 / PC-①,髙橋
    let bytes: [UInt8] = [
      0x8A, 0xC7, 0x97, 0x9D, 0x94, 0xD4, 0x8D, 0x86, 0x2C, 0x8B, 0x40, 0x8A, 0xED, 0x96, 0xBC, 0x0D, 0x0A,
      0x50, 0x43, 0x2D, 0x87, 0x40, 0x2C, 0xFB, 0xFC, 0x8B, 0xB4, 0x0D, 0x0A,
    ]
    try await TestApp.run(on: .sqlite) { app in
      let plan = try await plan(bytes, app)
      guard case .add(let values) = plan.rows[0].fate else {
        Issue.record("not an addition")
        return
      }
      #expect(values == ["number": "PC-①", "name": "髙橋"])
    }
  }

  @Test("同時に二つ取り込むと、あとのほうは見直しになる", arguments: Engine.available)
  func twoAtOnce(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let bytes = Self.files[0].1
      let (one, two) = (try await plan(bytes, app), try await plan(bytes, app))
      try await RegisterExchange.apply(one, .ja, in: app.scope)
      await #expect(throws: Stale.self) { try await RegisterExchange.apply(two, .ja, in: app.scope) }
      let changing = Array("管理番号,機器名\nPC-1,受付\n".utf8)
      let (three, four) = (try await plan(changing, app), try await plan(changing, app))
      try await RegisterExchange.apply(three, .ja, in: app.scope)
      await #expect(throws: Stale.self) { try await RegisterExchange.apply(four, .ja, in: app.scope) }
    }
  }

  @Test("名指したものが外されていれば、見直しになる", arguments: Engine.available)
  func referenceGone(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await Vendors.register.add(["name": "みなと電算"], .ja, in: app.scope)
      let plan = try await plan(Array("管理番号,機器名,業者名\nPC-1,受付,みなと電算\n".utf8), app)
      #expect(plan.added == 1)
      try await Vendors.register.remove(vendor.id, version: 1, in: app.scope)
      await #expect(throws: Stale.self) { try await RegisterExchange.apply(plan, .ja, in: app.scope) }
    }
  }

  @Test("ほかの施設には、何も見えない", arguments: Engine.available)
  func otherFacility(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Vendors.register.add(["name": "みなと電算"], .ja, in: app.scope)
      try await RegisterExchange.apply(try await plan(Self.files[0].1, app), .ja, in: app.scope)
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      #expect(try await RegisterExchange.list(Devices.register, in: there).isEmpty)
      let bytes = Array("管理番号,機器名,業者名\nPC-1,受付,\nPC-9,病棟,みなと電算\n".utf8)
      let plan = try await RegisterExchange.plan(bytes, named: "a", into: Devices.register, .ja, in: there)
      #expect(plan.counts == [2, 1, 0, 0, 1])
      let upload = try await app.upload(
        "/registers/devices/import", field: "file", name: "a.csv", bytes: Self.files[0].1)
      let id = try #require(upload.hidden("upload"))
      let fields = [("upload", id), ("stamp", upload.hidden("stamp") ?? "")]
      #expect(try await app.post("/registers/devices/import/apply", fields, as: .stranger).status == 404)
    }
  }

  @Test("画面で読み、列を直し、取り込む", arguments: Engine.available)
  func overHTTP(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/registers/devices/import"
      #expect(try await app.get(path).status == 200)
      let bytes = Array("固定資産,機器名\nA-1,外来1\nA-1,外来2\n".utf8)
      let first = try await app.upload(path, field: "file", name: "資産.csv", bytes: bytes)
      #expect(first.status == 200 && first.hidden("stamp") == nil)
      let upload = try #require(first.hidden("upload"))
      let fields = [
        ("upload", upload), ("heading", "固定資産"), ("field", "number"), ("heading", "機器名"), ("field", "name"),
      ]
      let second = try await app.post("\(path)/columns", fields)
      let stamp = try #require(second.hidden("stamp"))
      let refused = try await app.get("\(path)/refused.xlsx?upload=\(upload)")
      #expect(try Sheets.read(refused.bytes, named: "a").sheets[0].rows.count == 2)
      let wrong = [("upload", upload), ("stamp", "0")]
      #expect(try await app.post("\(path)/apply", wrong).status == 409)
      let apply = [("upload", upload), ("stamp", stamp)]
      let done = try await app.post("\(path)/apply", apply)
      #expect(done.status == 303 && done.location == "\(path)/\(upload)")
      let run = try await app.get("\(path)/\(upload)")
      #expect(run.status == 200 && run.headers["refresh"] == nil && run.body.contains("1台を保存しました"))
      #expect(run.body.contains("refused.xlsx?upload=\(upload)"))
      // Pressed twice, the second shows what the first has done.
      #expect(try await app.post("\(path)/apply", apply).location == done.location)
      #expect(try await app.get("\(path)/\(upload)", as: .stranger).status == 404)
      #expect(try await app.get("\(path)/\(upload)", as: .auditor).status == 403)
      // The correction is remembered.
      let third = try await app.upload(path, field: "file", name: "資産.csv", bytes: bytes)
      #expect(third.hidden("stamp") != nil)
      let json = try await app.get("/registers/devices/export.json", as: .auditor)
      #expect(json.status == 200 && json.body.contains("\"number\":\"A-1\""))
    }
  }

  @Test("読めないファイルと権限のない人は断る")
  func closed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let path = "/registers/devices/import"
      let page = Array("<html><table></table></html>".utf8)
      let bytes = Self.files[0].1
      let empty = try await app.upload(path, field: "file", name: "a.csv", bytes: [])
      let html = try await app.upload(path, field: "file", name: "a.xls", bytes: page)
      #expect(empty.status == 422 && html.status == 422)
      let reader = try await app.upload(path, field: "file", name: "a", bytes: bytes, as: .management)
      let outsider = try await app.get("/registers/devices/export.csv", as: .contributor)
      let nowhere = try await app.get("/registers/nothing/export.csv")
      #expect(reader.status == 403 && outsider.status == 403 && nowhere.status == 404)
    }
  }
}
