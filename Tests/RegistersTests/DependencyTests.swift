import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private func id(_ number: Int) -> Entry.ID {
  var random = Seeded(state: UInt64(number))
  return Entry.ID(at: .test, using: &random)
}

private func dependency(_ system: Int, _ needs: Int) -> Dependency {
  Dependency(system: id(system), needs: id(needs), why: nil)
}

/// A system with its path, added at the hospital.
private func system(_ name: String, _ app: TestApp) async throws -> Entry.ID {
  try await Systems.register.add(["name": name], .ja, in: app.scope).id
}

@Suite("システムのつながりの決まり")
struct DependencyGraphTests {
  @Test("輪が閉じるときだけ、その輪を言う")
  func ring() {
    let graph = DependencyGraph([dependency(1, 2), dependency(2, 3), dependency(1, 4), dependency(4, 3)])
    #expect(graph.ring(ifAdding: id(1), to: id(3)).map { $0.count } == 4)
    #expect(graph.ring(ifAdding: id(1), to: id(2)) == [id(2), id(1), id(2)])
    #expect(graph.ring(ifAdding: id(1), to: id(3))?.first == id(3))
    #expect(graph.ring(ifAdding: id(1), to: id(3))?.last == id(3))
    #expect(graph.ring(ifAdding: id(5), to: id(5)) == [id(5), id(5)])
    for (system, needs) in [(1, 3), (4, 2), (5, 1), (2, 4)] {
      #expect(graph.ring(ifAdding: id(needs), to: id(system)) == nil)
    }
  }

  @Test("止まるものは、間に入るものと一緒に、近い順に一度ずつ出る")
  func stopping() {
    // 2 and 3 need 1, 4 needs both, 5 needs 4; 6 stands apart.
    let graph = DependencyGraph([
      dependency(2, 1), dependency(3, 1), dependency(4, 2), dependency(4, 3), dependency(5, 4),
      dependency(7, 6),
    ])
    let stops = graph.stopping(with: id(1))
    #expect(stops.map(\.system) == [id(2), id(3), id(4), id(5)])
    #expect(stops.map(\.through) == [nil, nil, id(2), id(4)])
    #expect(graph.stopping(with: id(5)).isEmpty)
  }

  @Test("言葉の表に、足りないもの・余ったもの・食い違いがない")
  func catalogs() { #expect(Dependencies.catalog.faults + Diagrams.catalog.faults == []) }
}

@Suite("システムのつながり")
struct DependencyTests {
  @Test("加えたものが両方の記録に出て、経過に残り、外せる", arguments: Engine.available)
  func adding(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (network, records, billing) = (
        try await system("院内ネットワーク", app), try await system("電子カルテ", app), try await system("医事会計", app)
      )
      let form = try await app.get("/systems/\(records)/needs")
      #expect(form.status == 200 && form.body.contains("value=\"院内ネットワーク\""))
      #expect(!form.body.contains("<option value=\"電子カルテ\">"))
      let added = try await app.post(
        "/systems/\(records)/needs", [("needs", "院内ﾈｯﾄﾜｰｸ"), ("why", "端末とつなぐ")])
      #expect(added.status == 303 && added.location == "/registers/systems/\(records)?needs=added")
      #expect(try await app.post("/systems/\(billing)/needs", [("needs", "電子カルテ")]).status == 303)
      let record = try await app.get("/registers/systems/\(records)?needs=added")
      #expect(
        record.body.contains("端末とつなぐ") && record.body.contains("href=\"/registers/systems/\(network)\""))
      #expect(record.body.contains("必要とするシステムを加えました<br><span class=\"small\">院内ネットワーク"))
      let base = try await app.get("/registers/systems/\(network)")
      #expect(base.body.contains("一緒に止まるシステムが2件"))
      #expect(base.body.contains("href=\"/registers/systems/\(billing)\"") && base.body.contains("電子カルテを通じて"))

      let path = "/systems/\(records)/needs/\(network)/removal"
      for _ in 0..<2 { #expect(try await app.post(path, []).status == 303) }
      let after = try await app.get("/registers/systems/\(network)")
      #expect(!after.body.contains("一緒に止まるシステムが"))
      let actions = try await app.scope.read { try $0.history(of: "systems:\(records)").map(\.action) }
      #expect(actions == ["dependency.remove", "dependency.add", "register.add"])
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("断るわけを言い、打ったものを残す", arguments: Engine.available)
  func refusals(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ids = [
        try await system("甲", app), try await system("乙", app), try await system("丙", app),
      ]
      try await Dependencies.add("乙", to: ids[0], in: app.scope)
      try await Dependencies.add("丙", to: ids[1], in: app.scope)
      let ring = try await app.post("/systems/\(ids[2])/needs", [("needs", "甲"), ("why", "理由の文")])
      #expect(ring.status == 422 && ring.body.contains("丙 → 甲 → 乙 → 丙"))
      #expect(ring.body.contains("value=\"甲\"") && ring.body.contains("value=\"理由の文\""))
      for (needs, status, words) in [
        ("", 422, "名前を入れて"), ("ない物", 422, "「ない物」はシステムの台帳にありません"), ("丙", 422, "自分自身"),
      ] {
        let answer = try await app.post("/systems/\(ids[2])/needs", [("needs", needs)])
        #expect(answer.status == status && answer.body.contains(words), "\(needs)")
      }
      let again = try await app.post("/systems/\(ids[0])/needs", [("needs", "乙")])
      #expect(again.status == 409 && again.body.contains("もう加わっています"))
      let long = try await app.post(
        "/systems/\(ids[0])/needs", [("needs", "丙"), ("why", String(repeating: "あ", count: 201))])
      #expect(long.status == 422 && long.body.contains("200文字"))
      #expect(try await app.scope.read { try $0.dependencies().all.count } == 2)
    }
  }

  @Test("二人が同時に逆向きに加えても、輪にならない", arguments: Engine.available)
  func twoAtOnce(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ids = [try await system("甲", app), try await system("乙", app)]
      let names = ["甲", "乙"]
      let refused = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<2 {
          group.addTask {
            do {
              try await Dependencies.add(names[1 - index], to: ids[index], in: app.scope)
              return false
            } catch { return error is Dependency.Refusal }
          }
        }
        return await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      #expect(refused.count { $0 } == 1)
      #expect(try await app.scope.read { try $0.dependencies().all.count } == 1)
    }
  }

  @Test("必要とされるものは外せず、必要とするだけのものは外せる", arguments: Engine.available)
  func removal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (base, user) = (try await system("土台", app), try await system("上", app))
      try await Dependencies.add("土台", to: user, in: app.scope)
      let refused = try await app.post("/registers/systems/\(base)/removal", [("version", "1")])
      #expect(refused.status == 409 && refused.body.contains("外せません"))
      #expect(try await app.post("/registers/systems/\(user)/removal", [("version", "1")]).status == 303)
      #expect(try await app.post("/registers/systems/\(base)/removal", [("version", "1")]).status == 303)
    }
  }

  @Test("届く先のシステムと二社目の事業者も、指されている間は外せない。表もそれを守る", arguments: Engine.available)
  func references(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await Vendors.register.add(["name": "港ネットワーク"], .ja, in: app.scope)
      let system = try await Systems.register.add(
        ["name": "電子カルテ", "otherVendor": "港ネットワーク"], .ja, in: app.scope)
      let point = try await Connections.register.add(
        ["number": "VPN-01", "name": "遠隔保守", "system": "電子カルテ"], .ja, in: app.scope)
      for entry in [
        (Vendors.register, vendor.id, Entry.Refusal.namedBy(noun: "システム", title: "電子カルテ")),
        (Systems.register, system.id, .namedBy(noun: "外部接続点", title: "遠隔保守")),
      ] {
        await #expect(throws: entry.2) {
          try await entry.0.remove(entry.1, version: 1, in: app.scope)
        }
      }
      // Behind the program's back, the database itself refuses both directions.
      await #expect(throws: (any Error).self) {
        try await app.scope.write { try $0.remove(system, from: Systems.register) }
      }
      var broken = point
      broken.values["system"] = vendor.id.text
      let changed = broken
      await #expect(throws: (any Error).self) {
        try await app.scope.write { tx in
          try tx.replace(point, with: changed, in: Connections.register, language: .ja)
        }
      }
      try await Connections.register.remove(point.id, version: 1, in: app.scope)
      try await Systems.register.remove(system.id, version: 1, in: app.scope)
      try await Vendors.register.remove(vendor.id, version: 1, in: app.scope)
    }
  }

  @Test("見るだけの人は直せず、他院の人には開かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (base, user) = (try await system("土台", app), try await system("上", app))
      try await Dependencies.add("土台", to: user, in: app.scope)
      let record = try await app.get("/registers/systems/\(user)", as: .auditor)
      #expect(record.status == 200 && record.body.contains("土台"))
      #expect(!record.body.contains("/systems/\(user)/needs"))
      let removal = "/systems/\(user)/needs/\(base)/removal"
      #expect(try await app.get("/systems/\(user)/needs", as: .auditor).status == 403)
      #expect(try await app.post("/systems/\(user)/needs", [("needs", "土台")], as: .auditor).status == 403)
      #expect(try await app.post(removal, [], as: .auditor).status == 403)
      #expect(try await app.get("/systems/\(user)/needs", as: .stranger).status == 404)
      #expect(try await app.post("/systems/\(user)/needs", [("needs", "土台")], as: .stranger).status == 404)
      #expect(try await app.post(removal, [], as: .stranger).status == 404)
      #expect(try await app.scope.read { try $0.dependencies().all.count } == 1)
    }
  }

  @Test("つながりがいくつあっても、記録は八つまでの問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let base = try await system("土台", app)
      var counts: [Int] = []
      _ = try await app.get("/")
      for round in 0..<3 {
        let before = app.database.statementCount
        #expect(try await app.get("/registers/systems/\(base)").status == 200)
        counts.append(app.database.statementCount - before)
        for index in 0..<20 {
          try await Dependencies.add("土台", to: try await system("上\(round)-\(index)", app), in: app.scope)
        }
      }
      #expect(Set(counts).count == 1 && counts[0] <= 8, "\(counts)")
    }
  }
}
