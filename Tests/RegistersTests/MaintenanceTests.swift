import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("保守を任せている施設かの確かめ")
struct MaintenanceTests {
  private typealias Check = MaintenanceCheck
  private static let day = Day(daysSince1970: 20_000)

  private static func device(
    _ updatedBy: String?, vendor: String? = "v1", clause: String? = "K-1 第7条"
  ) -> MaintenanceCheck.Device {
    MaintenanceCheck.Device(
      id: "d", number: "SV-1", name: "サーバ", updatedBy: updatedBy, vendorID: vendor, vendor: vendor,
      clause: clause)
  }
  private static func contract(
    _ number: String = "K-1", vendor: String = "v1", ended: Bool = false, endsOn: Day? = nil,
    renews: Bool = false,
    patching: String? = "vendor", systems: String = ""
  ) -> MaintenanceCheck.Contract {
    MaintenanceCheck.Contract(
      number: number, vendorID: vendor, isEnded: ended, endsOn: endsOn, renews: renews, patching: patching,
      systems: systems)
  }

  @Test("更新の責任は、続いている契約の条に事業者のものと書かれているときだけ「書面あり」")
  func ties() {
    let past = Self.day.adding(days: -1)
    let cases: [(MaintenanceCheck.Device, [MaintenanceCheck.Contract], MaintenanceCheck.Lack?)] = [
      (Self.device("vendor"), [Self.contract()], nil),
      (Self.device("vendor", clause: "契約ｋ－１の第7条"), [Self.contract()], nil),
      (Self.device("vendor"), [Self.contract(patching: nil)], nil),
      (Self.device("vendor"), [Self.contract(endsOn: Self.day)], nil),
      (Self.device("vendor"), [Self.contract(endsOn: past, renews: true)], nil),
      (Self.device("vendor"), [Self.contract(ended: true), Self.contract()], nil),
      (Self.device("own"), [Self.contract()], .own),
      (Self.device("undecided"), [Self.contract()], .undecided),
      (Self.device(nil), [Self.contract()], .undecided),
      (Self.device("vendor", vendor: nil), [Self.contract()], .vendorMissing),
      (Self.device("vendor", clause: nil), [Self.contract()], .clauseMissing),
      (Self.device("vendor", clause: " "), [Self.contract()], .clauseMissing),
      (Self.device("vendor", clause: "約款"), [Self.contract()], .contractUnknown),
      (Self.device("vendor", clause: "K-14 第7条"), [Self.contract()], .contractUnknown),
      (Self.device("vendor"), [], .contractUnknown),
      (Self.device("vendor"), [Self.contract(vendor: "v2")], .contractOfOther),
      (Self.device("vendor"), [Self.contract(ended: true)], .contractEnded),
      (Self.device("vendor"), [Self.contract(endsOn: past)], .contractEnded),
      (Self.device("vendor"), [Self.contract(patching: "own")], .contractOtherwise),
      (Self.device("vendor"), [Self.contract(patching: "undecided")], .contractOtherwise),
    ]
    for (index, (device, contracts, lack)) in cases.enumerated() {
      #expect(MaintenanceCheck.tie(of: device, contracts, on: Self.day).lack == lack, "\(index)")
    }
  }

  @Test("クラウドは、そのシステムを名指して更新を事業者の担当とする契約が要る")
  func services() {
    let service = MaintenanceCheck.Service(id: "s", name: "電子カルテ", vendorID: "v1", vendor: "v1")
    let cases: [([MaintenanceCheck.Contract], MaintenanceCheck.Lack?)] = [
      ([Self.contract(systems: "電子カルテ、医事会計")], nil), ([Self.contract(systems: "医事会計")], .contractUnknown),
      ([Self.contract(patching: nil, systems: "電子カルテ")], .contractOtherwise),
      ([Self.contract(ended: true, systems: "電子カルテ")], .contractEnded),
      ([Self.contract(vendor: "v2", systems: "電子カルテ")], .contractUnknown),
    ]
    for (contracts, lack) in cases {
      #expect(MaintenanceCheck.tie(of: service, contracts, on: Self.day).lack == lack)
    }
  }

  @Test("どの組み合わせでも、決め手があれば当てはまらず、分からないことがあれば決めず、残りだけが当てはまる")
  func combinations() {
    let answers: [MaintenanceAnswer?] = MaintenanceAnswer.allCases + [nil]
    for noStaff in answers {
      for allListed in answers {
        for written in 0...2 {
          for lacking in 0...2 {
            for unmarked in 0...1 {
              let servers = (0..<written + lacking).map { index in
                MaintenanceCheck.Server(
                  id: "\(index)", kind: .device, number: "", name: "", vendor: "",
                  tie: index < written ? .written(contract: "K-1", clause: "第1条") : .lacking(.own))
              }
              let result = MaintenanceResult(
                noStaff: noStaff, allListed: allListed, MaintenanceCheck(servers: servers, unmarked: unmarked)
              )
              let isAgainst = noStaff == .no || lacking > 0
              let isSure = noStaff == .yes && allListed == .yes && written > 0 && unmarked == 0
              #expect(result.outcome == (isAgainst ? .doesNotApply : isSure ? .applies : .open))
              #expect(result.reasons.isEmpty == (result.outcome == .applies))
              #expect(result.reasons.contains(.servers(lacking)) == (lacking > 0))
            }
          }
        }
      }
    }
  }

  private static func prepare(_ scope: Scope) async throws {
    try await Vendors.register.add(["name": "みどり"], .ja, in: scope)
    try await Contracts.register.add(
      ["number": "K-1", "title": "保守", "vendor": "みどり", "patching": "vendor", "status": "active"], .ja,
      in: scope)
    try await Devices.register.add(
      [
        "number": "SV-1", "name": "カルテサーバ", "kind": "server", "updatedBy": "vendor", "vendor": "みどり",
        "updateClause": "K-1 第7条",
      ], .ja, in: scope)
    try await Devices.register.add(["number": "NW-1", "name": "スイッチ", "kind": "network"], .ja, in: scope)
  }

  @Test("結果は決め手とともに残り、機器が加わるとまた聞く", arguments: Engine.available)
  func overHTTP(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.prepare(app.scope)
      let first = try await app.get("/maintenance")
      #expect(first.status == 200 && first.body.contains("カルテサーバ") && first.body.contains("K-1 第7条"))
      #expect(first.body.contains("まだ確かめていません") && !first.body.contains("スイッチ"))
      let refused = try await app.post("/maintenance/decision", [("noStaff", "yes")])
      #expect(refused.status == 422 && refused.body.contains("allListed-error"))
      let made = try await app.post("/maintenance/decision", [("noStaff", "yes"), ("allListed", "yes")])
      #expect(made.status == 303)
      let path = String(try #require(made.location).prefix { $0 != "?" })
      let record = try await app.get(path)
      #expect(record.body.contains("当てはまります。") && record.body.contains("K-1 第7条"))

      for index in 0..<3 {
        try await Devices.register.add(
          ["number": "PC-\(index)", "name": "端末\(index)", "kind": "pc", "actsAsServer": "yes"], .ja,
          in: app.scope)
      }
      let again = try await app.get("/maintenance")
      #expect(again.body.contains("3台(件)加わりました") && again.body.contains("もう一度確かめて"))
      let second = try await app.post("/maintenance/decision", [("noStaff", "yes"), ("allListed", "yes")])
      let next = try await app.get(try #require(second.location))
      #expect(next.body.contains("当てはまりません。") && next.body.contains("端末2"))
      // What was recorded then says still what it said.
      #expect(try await app.get(path).body.contains("当てはまります。"))
      let ledger = try await app.scope.read { try $0.history(of: "maintenance").map(\.action) }
      #expect(ledger == ["maintenance.decide", "maintenance.decide"])

      #expect(try await app.get(path, as: .stranger).status == 404)
      #expect(try await app.get(path, as: .staff).status == 403)
      #expect(try await app.get(path, as: .auditor).status == 200)
      #expect(try await app.post("/maintenance/decision", [], as: .auditor).status == 403)
      #expect(try await !app.get("/maintenance", as: .stranger).body.contains("カルテサーバ"))
    }
  }

  @Test("使っていない機器と、働きのないサーバは数えず、印のないPCは分からないままにする", arguments: Engine.available)
  func devices(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.prepare(app.scope)
      for (number, fields) in [
        ("SV-2", ["kind": "server", "status": "disposed"]),
        ("SV-3", ["kind": "server", "actsAsServer": "no"]),
        ("NAS-1", ["kind": "storage"]), ("PC-1", ["kind": "pc"]),
        ("PC-2", ["kind": "pc", "actsAsServer": "no"]),
        ("PC-3", ["kind": "pc", "status": "stored"]),
      ] {
        try await Devices.register.add(
          fields.merging(["number": number, "name": number]) { first, _ in first }, .ja, in: app.scope)
      }
      let check = try await app.scope.read { try $0.maintenance(on: app.now.day).check }
      #expect(check.servers.map(\.number) == ["NAS-1", "SV-1"])
      #expect(check.unmarked == 1)
    }
  }

  @Test("何台あっても決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.prepare(app.scope)
      _ = try await app.get("/maintenance")
      func count() async throws -> Int {
        let before = app.database.statementCount
        _ = try await app.get("/maintenance")
        return app.database.statementCount - before
      }
      let few = try await count()
      for index in 0..<60 {
        try await Devices.register.add(
          ["number": "X-\(index)", "name": "サーバ\(index)", "kind": "server"], .ja, in: app.scope)
      }
      let many = try await count()
      #expect(few == many && many <= 8)
    }
  }
}
