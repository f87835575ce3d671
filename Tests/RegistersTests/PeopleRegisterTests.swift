import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("人の台帳")
struct PeopleRegisterTests {
  private static func path(_ app: TestApp, _ name: String) async throws -> String {
    let found = try await app.scope.read { tx in try tx.people().first { $0.name == name }?.id.text }
    return "/registers/people/\(try #require(found))"
  }

  @Test("前からいる人も台帳に出て、番号を足しても、権限とサインインは変わらない", arguments: Engine.available)
  func keepsPermission(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await Self.path(app, "itStaff")
      let form = try await app.get(path + "/change")
      let saved = try await app.post(
        path,
        [
          ("name", "itStaff"), ("job", "係長"), ("phoneDay", "内線 2190"),
          ("version", try #require(form.hidden("version"))),
        ])
      #expect(saved.status == 303)
      let person = try await app.scope.read { tx in try tx.people().first { $0.name == "itStaff" } }
      #expect(person?.role == .itStaff && person?.account != nil && person?.department == "")
      // One history: what the accounts' page recorded stands there too.
      let record = try await app.get(path)
      #expect(record.body.contains("なし → 係長") && record.body.contains("人を加えました"))
    }
  }

  @Test("台帳で加えた人は、職員の権限で、サインインしない", arguments: Engine.available)
  func added(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await app.post("/registers/people", [("name", "渡辺")]).status == 303)
      let person = try await app.scope.read { tx in try tx.people().first { $0.name == "渡辺" } }
      #expect(person?.role == .staff && person?.account == nil)
      #expect(try await app.get("/people").body.contains("渡辺"))
    }
  }

  @Test("同じ名前の二人目は断り、部署で書き分ければ入る", arguments: Engine.available)
  func namesakes(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await People.add(name: "やまだ 花子", department: "", role: .staff, in: app.scope)
      let second = try await app.post("/registers/people", [("name", "ヤマダ　花子")])
      #expect(second.status == 422 && second.body.contains("部署を添えて"))
      let form = try await app.post(
        "/people", [("person", "ヤマダ花子"), ("department", "看護部"), ("role", "staff")])
      #expect(form.status == 422 && form.body.contains("部署を添えて"))
      #expect(try await app.post("/registers/people", [("name", "ヤマダ 花子(看護部)")]).status == 303)
    }
  }

  @Test("取り込みが入れた同じ名前の人がいても、台帳で直せる", arguments: Engine.available)
  func standingNamesakes(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for _ in 0..<2 {
        try await app.scope.write { tx in
          try tx.insert(
            Person(id: tx.scope.newID(), name: "同姓", department: "", role: .contributor, account: nil))
        }
      }
      let ids = try await app.scope.read { tx in try tx.people().filter { $0.name == "同姓" }.map(\.id) }
      #expect(ids.count == 2)
      for (index, id) in ids.enumerated() {
        let saved = try await app.post(
          "/registers/people/\(id)", [("name", "同姓"), ("job", "職\(index)"), ("version", "1")])
        #expect(saved.status == 303)
      }
      let file = Array("氏名,役職\n同姓,主任\n".utf8)
      let plan = try await RegisterExchange.plan(
        file, named: "p.csv", into: People.register, .ja, in: app.scope)
      #expect(plan.updated == 1)
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
    }
  }

  @Test("受け持ちのある人と、サインインする人は外せない", arguments: Engine.available)
  func removal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signsIn = try await Self.path(app, "auditor")
      let refused = try await app.post(signsIn + "/removal", [("version", "1")])
      #expect(refused.status == 409 && refused.body.contains("サインインする人"))

      let owner = try await People.add(name: "渡辺", department: "", role: .staff, in: app.scope)
      let role = try await Roles.register.add(["name": "訓練", "person": owner.id.text], .ja, in: app.scope)
      let named = try await app.post("/registers/people/\(owner.id)/removal", [("version", "1")])
      #expect(named.status == 409 && named.body.contains("外せません"))
      try await Roles.register.remove(role.id, version: 1, in: app.scope)
      #expect(try await app.post("/registers/people/\(owner.id)/removal", [("version", "1")]).status == 303)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("人の名前は、幅やかなが違っても担当として読める", arguments: Engine.available)
  func foldedNames(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let person = try await People.add(name: "さくら 一郎", department: "", role: .staff, in: app.scope)
      let entry = try await Systems.register.add(
        ["name": "電子カルテ", "owner": "サクラ　一郎"], .ja, in: app.scope)
      #expect(entry.values["owner"] == person.id.text)
    }
  }

  @Test("Excel から取り込むと、いる人には番号が足され、いない人は加わる", arguments: Engine.available)
  func exchange(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let file = Array("職員名,所属,内線,携帯\nitStaff,情報システム係,2190,080-0000-0100\n佐藤,情報システム係,2192,\n".utf8)
      let plan = try await RegisterExchange.plan(
        file, named: "p.csv", into: People.register, .ja, in: app.scope)
      #expect(plan.added == 1 && plan.updated == 1 && plan.refused == 0)
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
      let bytes = try await RegisterExchange.export(People.register, as: .csv, .ja, in: app.scope)
      let again = try await RegisterExchange.plan(
        bytes, named: "p.csv", into: People.register, .ja, in: app.scope)
      #expect(again.unchanged == again.read && again.read == 7)
    }
  }

  @Test("台帳になる前からいた人の鍵は、あとから書いたのと同じになる", arguments: Engine.available)
  func migration(engine: Engine) async throws {
    let names = [
      "やまだ 花子", "ﾔﾏﾀﾞ 太郎", "Ｓｍｉｔｈ　Ｊｏｈｎ", "神田", "山田", "山 田", "ヴァン", "ﾊﾟﾝ", "O'Brien", "髙橋𠮷",
    ]
    let all = Facilities.migrations + People.migrations
    let before = all.filter { $0.name < "20261121-c" }
    try await engine.withDatabase(before) { database in
      let facility = try await Facilities.create(
        name: "みなと総合病院", kind: .hospital, beds: 180, prefecture: nil, by: .system("test"), in: database,
        now: .test)
      let scope = Scope(database, actor: .system("test"), facility: facility.id, now: .test)
      try await scope.write { tx in
        for name in names {
          try tx.housekeeping.run(
            """
            INSERT INTO person (facility_id, id, name, department, role, account_id, version)
            VALUES (\(tx.facility), \(tx.scope.newID() as PersonID), \(name), \("ﾘﾊﾋﾞﾘ科"), \("staff"), \(String?.none), 1)
            """)
        }
      }
      try await database.migrate(all, now: .test)
      let keys = try await scope.read { tx in
        try tx.all(
          "SELECT name, key_text, search_text FROM person WHERE facility_id = \(tx.facility)"
        ) { (try $0.text(0), try $0.text(1), try $0.text(2)) }
      }
      #expect(keys.count == names.count)
      for (name, key, search) in keys {
        // Of two with one name, one key is longer by its id.
        #expect(key == name.searchable || key.hasPrefix("\(name.searchable)\n"), "\(name)")
        #expect(search == "\(name.searchable)\nリハビリ科", "\(name)")
      }
      #expect(keys.filter { $0.1.contains("\n") }.count == 1)
      #expect(Set(keys.map(\.1)).count == names.count)
    }
  }
}
