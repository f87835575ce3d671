import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("長い取り込み")
struct ImportRunTests {
  private static let path = "/registers/devices/import"
  /// More than is taken in while a person waits.
  private static let csv: [UInt8] = {
    let rows = (0..<4_000).map { "PC-\($0),端末 \($0),\($0 % 8)階病棟の受付の奥の部屋" }
    return Array("管理番号,機器名,場所\n\(rows.joined(separator: "\n"))\nPC-1,二度目,\n".utf8)
  }()

  /// Asks until the page no longer renews itself.
  private func ended(_ path: String, _ app: TestApp) async throws -> TestApp.Answer {
    while true {
      let page = try await app.get(path)
      guard page.headers["refresh"] != nil else { return page }
      #expect(page.status == 200 && page.body.contains("<progress"))
      await Task.yield()
    }
  }

  @Test("多い行は仕事として進み、終わると数が出る", arguments: Engine.available)
  func takesIn(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(Self.csv.count > RegisterExchange.quickBytes)
      let preview = try await app.upload(Self.path, field: "file", name: "資産.csv", bytes: Self.csv)
      let upload = try #require(preview.hidden("upload"))
      let fields = [("upload", upload), ("stamp", preview.hidden("stamp") ?? "")]
      let begun = try await app.post("\(Self.path)/apply", fields)
      #expect(begun.status == 303 && begun.location == "\(Self.path)/\(upload)")
      let page = try await ended("\(Self.path)/\(upload)", app)
      #expect(page.body.contains("4,000台を保存しました") && page.body.contains("資産.csv"))
      let count = try await app.scope.read { try $0.entryCounts([Devices.register]) }
      #expect(count == ["devices": 4_000])
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("見たものと変わっていれば、何も変えずに理由を示し、もう一度読める", arguments: Engine.available)
  func stale(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let preview = try await app.upload(Self.path, field: "file", name: "資産.csv", bytes: Self.csv)
      let upload = try #require(preview.hidden("upload"))
      try await Devices.register.add(["number": "PC-3999", "name": "先に加えた"], .ja, in: app.scope)
      let fields = [("upload", upload), ("stamp", preview.hidden("stamp") ?? "")]
      #expect(try await app.post("\(Self.path)/apply", fields).status == 303)
      let page = try await ended("\(Self.path)/\(upload)", app)
      #expect(page.body.contains("台帳は何も変わっていません"))
      let count = try await app.scope.read { try $0.entryCounts([Devices.register]) }
      #expect(count == ["devices": 1])
      let again = try await app.post("\(Self.path)/columns", [("upload", upload)])
      let next = [("upload", upload), ("stamp", again.hidden("stamp") ?? "")]
      #expect(try await app.post("\(Self.path)/apply", next).status == 303)
      #expect(try await ended("\(Self.path)/\(upload)", app).body.contains("4,000台を保存しました"))
    }
  }

  @Test("同じ台帳への二つ目の取り込みは、始めさせない", arguments: Engine.available)
  func twoAtOnce(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let run = ImportRun(
        id: app.scope.newID(), file: "先.csv", emptyClears: false, state: .running, startedBy: "佐藤",
        startedAt: app.now)
      try await app.scope.write { try $0.begin(run, into: Devices.register) }
      let second = ImportRun(
        id: app.scope.newID(), file: "後.csv", emptyClears: false, state: .running, startedBy: "田中",
        startedAt: app.now)
      await #expect(throws: Stale.self) {
        try await app.scope.write { try $0.begin(second, into: Devices.register) }
      }
      // Another register is free, and so is this one once the first has ended.
      try await app.scope.write { try $0.begin(second, into: Vendors.register) }
      let desk = ImportDesk()
      #expect(RegisterExchange.isAlive(run, desk, in: app.scope) == (engine == .postgres))
      desk.begin(run.id)
      #expect(RegisterExchange.isAlive(run, desk, in: app.scope))
    }
  }

  @Test("プログラムが途中で止まった取り込みは、止まったと示し、次を妨げない")
  func interrupted() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let run = ImportRun(
        id: app.scope.newID(), file: "先.csv", emptyClears: false, state: .running, startedBy: "佐藤",
        startedAt: app.now)
      try await app.scope.write { try $0.begin(run, into: Devices.register) }
      let page = try await app.get("\(Self.path)/\(run.id)")
      #expect(page.status == 200 && page.body.contains("途中でプログラムが止まりました"))
      let bytes = Array("管理番号,機器名\nA-1,外来1\n".utf8)
      let preview = try await app.upload(Self.path, field: "file", name: "a.csv", bytes: bytes)
      let upload = try #require(preview.hidden("upload"))
      let fields = [("upload", upload), ("stamp", preview.hidden("stamp") ?? "")]
      #expect(try await app.post("\(Self.path)/apply", fields).status == 303)
      #expect(try await app.get("\(Self.path)/\(upload)").body.contains("1台を保存しました"))
    }
  }

  @Test("順番を待つ人が多すぎれば、あとで来てもらう")
  func queue() async throws {
    let desk = ImportDesk(atOnce: 1, mostWaiting: 0)
    let refused = try await desk.inTurn { () async throws -> Bool in
      do { return try await desk.inTurn { false } } catch ImportRefusal.tooMany(0) { return true }
    }
    #expect(refused)
    let next = try await desk.inTurn { 1 }
    #expect(next == 1)
  }

  @Test("待っている人は、前の人が終わると順に進む")
  func turns() async throws {
    let desk = ImportDesk(atOnce: 1, mostWaiting: 10)
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 1...5 {
        group.addTask {
          try await desk.inTurn {
            await Task.yield()
            return number
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 15)
  }
}

@Suite("しぼり込んだものの書き出しと、まとめて直すこと")
struct NarrowedTests {
  private func fill(_ app: TestApp) async throws {
    let rows = (0..<120).map { "PC-\($0),端末 \($0),\($0 < 70 ? "病棟" : "外来")" }
    let csv = Array("管理番号,機器名,場所\n\(rows.joined(separator: "\n"))\n".utf8)
    let plan = try await RegisterExchange.plan(csv, named: "a", into: Devices.register, .ja, in: app.scope)
    try await RegisterExchange.apply(plan, .ja, in: app.scope)
  }

  @Test("書き出すのは一覧に当てはまるもので、ボタンがそう言う", arguments: Engine.available)
  func export(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let query = "?q=\(urlEncoded("病棟"))"
      let list = try await app.get("/registers/devices\(query)")
      #expect(list.body.contains("当てはまる70台を書き出す"))
      #expect(list.body.contains("/registers/devices/export.xlsx\(query)"))
      let file = try await app.get("/registers/devices/export.csv\(query)")
      #expect(try Sheets.read(file.bytes, named: "a").sheets[0].rows.count == 71)
      let other = try await app.get("/registers/devices/export.csv?attention=only&kind=pc")
      #expect(try Sheets.read(other.bytes, named: "a").sheets[0].rows.count == 1)
    }
  }

  @Test("当てはまるものすべてを、見てから直せる", arguments: Engine.available)
  func all(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let list = try await app.get("/registers/devices?q=\(urlEncoded("病棟"))")
      #expect(list.body.contains("当てはまる70台すべてを選ぶ"))
      let path = "/registers/devices/changes"
      let choice = [("all", "1"), ("in-q", "病棟"), ("field", "place")]
      #expect(try await app.post("\(path)/preview", choice).body.contains("70台"))
      let preview = try await app.post("\(path)/preview", choice + [("asked", "1"), ("place", "旧病棟")])
      #expect(preview.status == 200 && preview.body.contains("70台の変更を保存する"))
      let apply = choice + [("value", "旧病棟"), ("stamp", preview.hidden("stamp") ?? "")]
      let before = try await app.scope.read { try $0.entries(Devices.register).map(\.entry) }
      try await Devices.register.change(before[0].id, ["note": "窓側"], version: 1, .ja, in: app.scope)
      // One of them has changed since the person looked.
      #expect(try await app.post(path, apply).status == 409)
      let second = try await app.post("\(path)/preview", choice + [("asked", "1"), ("place", "旧病棟")])
      let next = choice + [("value", "旧病棟"), ("stamp", second.hidden("stamp") ?? "")]
      #expect(try await app.post(path, next, as: .auditor).status == 403)
      #expect(try await app.post(path, next).location == "/registers/devices?changed=70")
      let found = try await RegisterExchange.list(Devices.register, matching: "旧病棟", in: app.scope)
      #expect(found.count == 70)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("一度に直せないほど多く選べば、黙って切らずに断る")
  func tooMany() async throws {
    try await TestApp.run(on: .sqlite) { app in
      try await fill(app)
      let ids = (0..<1_001).map { _ in ("id", app.scope.newID(of: Entry.self).text) }
      let answer = try await app.post("/registers/devices/changes/preview", ids + [("field", "place")])
      #expect(answer.status == 422 && answer.body.contains("1000件まで"))
    }
  }
}

@Suite("ネットワーク調査を機器の台帳に取り込む")
struct ScanImportTests {
  private static func host(_ ip: String, mac: String? = nil, name: String? = nil, more: String = "") -> String
  {
    let hardware = mac.map { "<address addr=\"\($0)\" addrtype=\"mac\" vendor=\"例示製作所\"/>" } ?? ""
    let names = name.map { "<hostnames><hostname name=\"\($0)\" type=\"PTR\"/></hostnames>" } ?? ""
    return
      "<host><status state=\"up\"/><address addr=\"\(ip)\" addrtype=\"ipv4\"/>\(hardware)\(names)\(more)</host>"
  }

  private static let scan = Array(
    """
    <?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun scanner="nmap">
    \(host("192.0.2.1", mac: "00:00:5e:00:53:01", name: "moved", more: "<os><osmatch name=\"Linux\" accuracy=\"90\"/></os>"))
    \(host("192.0.2.2", name: "byaddress"))
    \(host("192.0.2.3", mac: "00:00:5E:00:53:03"))
    \(host("192.0.2.4", name: "twice"))
    </nmaprun>
    """.utf8)

  private func fill(_ app: TestApp) async throws {
    for raw in [
      [
        "number": "SV-1", "name": "部門サーバ", "macAddress": "00-00-5E-00-53-01", "ipAddress": "192.0.2.99",
        "os": "RHEL 8",
      ],
      ["number": "NW-2", "name": "ルータ", "ipAddress": "192.0.2.2/24、198.51.100.2"],
      ["number": "PC-4", "name": "受付1", "ipAddress": "192.0.2.4"],
      ["number": "PC-5", "name": "受付2", "ipAddress": "192.0.2.4"],
      ["number": "OLD-3", "name": "廃棄済み", "ipAddress": "192.0.2.3", "status": "disposed"],
    ] { try await Devices.register.add(raw, .ja, in: app.scope) }
  }

  @Test("MAC、次にIPで照らし、なければ住所から番号を作り、書かれたものは上書きしない", arguments: Engine.available)
  func matches(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let plan = try await RegisterExchange.plan(
        Self.scan, named: "調査.xml", into: Devices.register, emptyClears: true, .ja, in: app.scope)
      #expect(plan.counts == [3, 1, 1, 1, 0])
      #expect(
        plan.source.remarks == [.scan(hosts: 4, known: 2), .ambiguous(["192.0.2.4"])])
      guard case .update(_, _, let differences) = plan.rows[0].fate, case .unchanged = plan.rows[1].fate,
        case .add(let added) = plan.rows[2].fate
      else {
        Issue.record("\(plan.rows.map(\.key))")
        return
      }
      #expect(
        differences == [
          .init(field: "maker", before: nil, after: "例示製作所"),
          .init(field: "ipAddress", before: "192.0.2.99", after: "192.0.2.1"),
        ])
      #expect(
        added == [
          "number": "MAC-00005E005303", "name": "192.0.2.3", "ipAddress": "192.0.2.3",
          "macAddress": "00:00:5E:00:53:03", "maker": "例示製作所",
        ])
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
      let again = try await RegisterExchange.plan(
        Self.scan, named: "調査.xml", into: Devices.register, .ja, in: app.scope)
      #expect(again.counts == [3, 0, 0, 3, 0])
    }
  }

  @Test("画面でも読め、どう照らしたかを告げる。ほかの台帳では読まない")
  func overHTTP() async throws {
    try await TestApp.run(on: .sqlite) { app in
      try await fill(app)
      let page = try await app.upload(
        "/registers/devices/import", field: "file", name: "調査.xml", bytes: Self.scan)
      #expect(page.status == 200 && page.body.contains("応答のあった4台のうち2台") && page.body.contains("192.0.2.4"))
      let other = try await app.upload(
        "/registers/vendors/import", field: "file", name: "調査.xml", bytes: Self.scan)
      #expect(other.status == 422)
    }
  }
}
