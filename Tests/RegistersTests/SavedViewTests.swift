import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private let servers = [SavedView.Part(name: "kind", value: "server"), SavedView.Part(name: "q", value: "病棟")]

@Suite("名前を付けた条件")
struct SavedViewTests {
  @Test("なくなった項目と選択肢、しぼり込めない項目は、古い条件になる")
  func stale() throws {
    let gone = [
      SavedView.Part(name: "ward", value: "3"), SavedView.Part(name: "kind", value: "fax"),
      SavedView.Part(name: "place", value: "地下"),
    ]
    let view = try SavedView(id: SavedView.ID(at: .test), name: "病棟", parts: servers + gone, owner: nil)
    #expect(view.stale(in: Devices.register) == gone)
    #expect(
      view.path(in: Devices.register, leaving: gone)
        == "/registers/devices?kind=server&q=%E7%97%85%E6%A3%9F")
    let whole = [
      SavedView.Part(name: "attention", value: "only"), SavedView.Part(name: "kind", value: "-"),
      SavedView.Part(name: "vendor", value: Entry.ID(at: .test).text),
    ]
    let fine = try SavedView(id: SavedView.ID(at: .test), name: "全部", parts: whole, owner: nil)
    #expect(fine.stale(in: Devices.register) == [])
  }

  private func keep(
    _ app: TestApp, _ name: String, for whom: String, as who: TestApp.Who = .itStaff
  ) async throws -> TestApp.Answer {
    try await app.post(
      "/registers/devices/views",
      [
        ("name", name), ("for", whom), ("part", "kind"), ("value", "server"), ("part", "nonsense"),
        ("value", "1"),
      ], as: who)
  }

  private func id(_ page: TestApp.Answer, _ name: String) throws -> String {
    let pattern = try Regex("views/([0-9a-f-]{36})\">\(name)")
    return String(try #require(page.body.firstMatch(of: pattern)?.output[1].substring))
  }

  @Test("自分の条件は自分にだけ、みんなの条件は施設の全員に出て、URLで開く", arguments: Engine.available)
  func owners(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/registers/devices", [("number", "SV-1"), ("name", "台"), ("kind", "server")])
      let kept = try await keep(app, "自分のサーバ", for: "me")
      #expect(kept.status == 303 && kept.location == "/registers/devices?kind=server")
      #expect(try await keep(app, "みんなのサーバ", for: "all").status == 303)
      let mine = try await app.get("/registers/devices")
      #expect(mine.body.contains("自分のサーバ") && mine.body.contains("みんなのサーバ"))
      let others = try await app.get("/registers/devices", as: .administrator)
      #expect(!others.body.contains("自分のサーバ") && others.body.contains("みんなのサーバ"))
      #expect(try await !app.get("/registers/devices", as: .stranger).body.contains("サーバ</a>"))
      #expect(try await !app.get("/registers/systems").body.contains("みんなのサーバ"))

      let manage = try await app.get("/registers/devices/views")
      let own = try id(manage, "自分のサーバ")
      let open = try await app.get("/registers/devices/views/\(own)")
      #expect(open.status == 303 && open.location == "/registers/devices?kind=server")
      for who in [TestApp.Who.administrator, .stranger] {
        #expect(try await app.get("/registers/devices/views/\(own)", as: who).status == 404)
        let removed = try await app.post("/registers/devices/views/\(own)/removal", [], as: who)
        #expect(removed.status == 404)
      }
      #expect(try await app.post("/registers/devices/views/\(own)/removal", []).status == 303)
      #expect(try await !app.get("/registers/devices").body.contains("自分のサーバ"))
    }
  }

  @Test("読むだけの人は自分の条件を残せるが、みんなの条件は変えられない", arguments: Engine.available)
  func readers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await keep(app, "監査の条件", for: "me", as: .auditor).status == 303)
      #expect(try await keep(app, "監査の条件", for: "all", as: .auditor).status == 403)
      #expect(try await keep(app, "だれかの条件", for: "me", as: .staff).status == 403)
      _ = try await keep(app, "みんなの条件", for: "all")
      let shared = try id(try await app.get("/registers/devices/views", as: .auditor), "みんなの条件")
      let removal = "/registers/devices/views/\(shared)/removal"
      #expect(try await app.post(removal, [], as: .auditor).status == 403)
      #expect(try await app.post(removal, [], as: .administrator).status == 303)
    }
  }

  @Test("古くなった条件は、開くとそう言い、残りで開ける", arguments: Engine.available)
  func staleOverHTTP(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/registers/devices", [("number", "SV-1"), ("name", "台"), ("kind", "server")])
      let parts = servers + [SavedView.Part(name: "ward", value: "3")]
      let view = try SavedView(id: app.scope.newID(), name: "旧", parts: parts, owner: nil)
      try await app.scope.write { try $0.insert(view, of: Devices.register) }
      let list = try await app.get("/registers/devices")
      #expect(list.body.contains("古い条件"))
      let page = try await app.get("/registers/devices/views/\(view.id)")
      #expect(page.status == 200 && page.body.contains("ward: 3"))
      #expect(page.body.contains("href=\"/registers/devices?kind=server&amp;q="))
    }
  }

  @Test("名前のない条件と、条件のない名前と、二十一番目は断る")
  func refused() async throws {
    try await TestApp.run(on: .sqlite) { app in
      #expect(try await keep(app, "", for: "me").status == 422)
      let nothing = try await app.post("/registers/devices/views", [("name", "空"), ("for", "me")])
      #expect(nothing.status == 422)
      for number in 1...20 { #expect(try await keep(app, "条件\(number)", for: "me").status == 303) }
      #expect(try await keep(app, "条件21", for: "me").status == 422)
      #expect(try await keep(app, "条件21", for: "all").status == 303)
    }
  }
}

@Suite("台帳全体の確認")
struct ListCheckTests {
  @Test(
    "次の確認は、同じ日か、なければその月の末日",
    arguments: [
      ("2026-01-31", "1", "2026-02-28"), ("2023-11-30", "3", "2024-02-29"),
      ("2026-02-24", "12", "2027-02-24"),
      ("2025-08-31", "6", "2026-02-28"),
    ])
  func next(day: String, interval: String, expected: String) throws {
    let today = try #require(Day(2026, 2, 24))
    let check = try ListCheck(on: day, every: interval, by: "佐藤", entries: 3, today: today)
    #expect(check.nextCheckOn.description == expected)
    #expect(check.daysLate(on: check.nextCheckOn) == nil)
    #expect(check.daysLate(on: check.nextCheckOn.adding(days: 5)) == 5)
  }

  @Test("先の日、読めない日、決めていない間隔は断る")
  func refused() throws {
    let today = try #require(Day(2026, 2, 24))
    for (day, interval, refusal) in [
      ("2026-02-25", "12", ListCheck.Refusal.inFuture), ("いつか", "12", .badDay),
      ("2026-02-24", "2", .badInterval),
    ] {
      #expect(throws: refusal) {
        try ListCheck(on: day, every: interval, by: "佐藤", entries: 3, today: today)
      }
    }
  }

  @Test("確かめた日が一覧に出て、次の日を過ぎると気がかりになる", arguments: Engine.available)
  func overHTTP(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/registers/devices", [("number", "PC-1"), ("name", "端末")])
      let path = "/registers/devices/check"
      #expect(try await app.get("/registers/devices").body.contains("まだ記録していません"))
      let wrong = try await app.post(path, [("day", "2026-03-01"), ("interval", "1")])
      #expect(wrong.status == 422 && wrong.body.contains("value=\"2026-03-01\""))
      #expect(try await app.post(path, [("day", "令和8年2月20日"), ("interval", "1")]).status == 303)
      let page = try await app.get(path)
      #expect(page.body.contains("R8.2.20(itStaff)") && page.body.contains("1台"))
      let list = try await app.get("/registers/devices")
      #expect(list.body.contains("R8.3.20") && !list.body.contains("過ぎています"))
      #expect(
        try await app.post(path, [("day", "2026-02-24"), ("interval", "3")], as: .auditor).status == 403)
      #expect(try await app.get(path, as: .auditor).status == 200)
      #expect(try await app.get("/registers/devices", as: .stranger).body.contains("R8.2.20") == false)
      #expect(try await app.get(path, as: .stranger).body.contains("R8.2.20") == false)
      #expect(try await app.get("/registers/systems/check").body.contains("まだ記録していません"))

      app.now = try #require(Day(2026, 3, 22)).start
      app.forgetCookie(of: .itStaff)
      let late = try await app.get("/registers/devices")
      #expect(late.body.contains("class=\"finding\">次の確認を2日過ぎています"))
    }
  }
}
