import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("運用の数字と病棟への掲示")
struct FigureTests {
  @Test(
    "中央値と90パーセンタイルは、近い順位の値",
    arguments: [
      ([5], 5, 5), ([1, 2], 1, 2), ([3, 1, 2], 2, 3), (Array(1...10), 5, 9), (Array(1...100), 50, 90),
    ] as [([Int64], Int64, Int64)])
  func spread(times: [Int64], median: Int64, ninetieth: Int64) throws {
    let spread = try #require(Spread(times))
    #expect(spread.medianMs == median && spread.ninetiethMs == ninetieth && spread.count == times.count)
    #expect(Spread([]) == nil)
  }

  @Test(
    "目標は百分率で入れ、範囲の外と読めないものは断る",
    arguments: [
      ("99.9", 99_900), ("99.95%", 99_950), ("50", 50_000), ("99.999", 99_999), ("99.5", 99_500),
    ])
  func goals(text: String, target: Int) throws {
    let goal = try ServiceGoal(system: "s", percent: text, hours: .always, version: 1)
    #expect(goal.target == target)
    #expect(goal.percent == text.replacing("%", with: ""))
  }

  @Test("読めない目標は断る", arguments: ["100", "49.9", "99.9999", "", "abc", "99,9", "-5", "9.9", "99.9.9"])
  func badGoals(text: String) {
    #expect(throws: FigureRefusal.badTarget) {
      try ServiceGoal(system: "s", percent: text, hours: .always, version: 1)
    }
  }

  @Test("止まってよい分のうち、どれだけ使ったか")
  func budget() throws {
    let goal = try ServiceGoal(system: "s", percent: "99", hours: .always, version: 1)
    func tally(_ up: Int, _ down: Int) -> Tally {
      var tally = Tally()
      (tally.up, tally.down) = (up, down)
      return tally
    }
    #expect(goal.spent(tally(1000, 0)) == 0)
    #expect(goal.spent(tally(995, 5)) == 50)
    #expect(goal.spent(tally(990, 10)) == 100)
    #expect(goal.spent(tally(980, 20)) == 200)
    #expect(goal.spent(Tally()) == nil)
    #expect(Availability.worst([tally(10, 0), tally(9, 1), Tally()]) == tally(9, 1))
    let hours = [8: tally(1, 1), 12: tally(2, 0), 20: tally(0, 9)]
    #expect(Availability.counted(hours, tally(3, 10), only: 8...17) == tally(3, 1))
    #expect(Availability.counted(hours, tally(3, 10), only: nil) == tally(3, 10))
    #expect(Availability.hours(of: BusinessHours()) == 8...17)
  }

  @Test("数字の画面は空でも開き、呼び出しと時間と割合が出て、数によらず同じ数の文で読む", arguments: Engine.available)
  func board(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let before = try await app.get("/metrics", as: .nobody).body
      #expect(before.contains("mamorite_acknowledge_median_seconds -1\n"))
      let empty = try await app.get("/figures")
      #expect(empty.status == 200 && empty.body.contains("まだ数字はありません"))
      let system = try await Systems.register.add(
        ["name": "電子カルテ", "owner": "contributor", "impact": "診療が止まる"], .ja, in: app.scope)
      let world = World(app.now)
      _ = try await app.addMonitor("入口", host: "ehr", [("system", system.id.text)])
      let watcher = app.watcher(world)
      // One look at once; in a second more the first beat of its own may come.
      try await watcher.pass(1, in: world)
      // A day with 64 results, one in four bad: they are put away when the 65th comes.
      for round in 0..<66 {
        if round % 4 == 0 { world.breaks("ehr") } else { world.mends("ehr") }
        world.now = world.now.adding(minutes: 1)
        try await watcher.pass(1, in: world)
      }
      func count() async throws -> Int {
        // Whoever was last here some time ago is noted as being here again, once.
        _ = try await app.get("/figures")
        let before = app.database.statementCount
        _ = try await app.get("/figures")
        return app.database.statementCount - before
      }
      app.now = world.now
      let one = try await count()
      for minutes in [5, 15, 25] {
        let start = app.now.adding(minutes: Int64(minutes) + 600)
        let id = try await app.openAlert("機器\(minutes)", at: start)
        try await app.turn(start)
        try await app.at(start.adding(minutes: Int64(minutes))).write { tx in
          if let alert = try tx.alert(id) { try tx.acknowledge(alert) }
        }
        try await app.close(id, at: start.adding(minutes: Int64(minutes) * 2))
        try await app.turn(start.adding(minutes: Int64(minutes) * 2))
      }
      app.now = app.now.adding(minutes: 24 * 60)
      // The session has ended meanwhile.
      for who in [TestApp.Who.itStaff, .staff, .stranger] { app.forgetCookie(of: who) }
      _ = try await app.get("/figures")
      let page = try await app.get("/figures")
      #expect(page.status == 200)
      // Half past eleven and later that night: three calls, to the two who keep the systems each.
      #expect(page.body.contains("15分") && page.body.contains("30分"))
      #expect(page.body.contains("電子カルテ"))
      // So do the figures for machines, in seconds.
      let metrics = try await app.get("/metrics", as: .nobody).body
      for figure in [
        "acknowledge_median_seconds 900", "acknowledge_p90_seconds 1500", "restore_median_seconds 1800",
        "restore_p90_seconds 3000", "calls_night 6",
      ] {
        #expect(metrics.contains("mamorite_\(figure)\n"), "\(figure)")
      }
      let facility = app.scope.facility.text
      #expect(metrics.contains("\nmamorite_systems_without_backup_word{facility=\"\(facility)\"} 1\n"))
      #expect(metrics.contains("\nmamorite_availability_ratio{facility=\"\(facility)\",system=\""))
      #expect(metrics.components(separatedBy: "# TYPE mamorite_systems_unwatched gauge").count == 2)
      // Names are nobody's business there.
      #expect(!metrics.contains("電子カルテ"))
      // The report to management says the same.
      let now = app.now
      let view = try await app.scope.read { try FiguresView.read($0, at: now, RotaDoor.live) }
      let tables = FiguresReport.tables(view, Texts(.ja))
      #expect(tables.map(\.title) == ["運用の数字", "システムが動いていた割合(この30日)", "見ていないもの"])
      #expect(
        tables[0].rows.suffix(2) == [
          [.text("引き受けるまで"), .text("中央値 15分、90パーセンタイル 25分(3件)")],
          [.text("戻るまで"), .text("中央値 30分、90パーセンタイル 50分(3件)")],
        ])
      #expect(tables[1].rows.map(\.first) == [.text("電子カルテ")])
      #expect(tables[2].rows.first == [.bad("控えの知らせがないシステム 1"), .text("電子カルテ")])
      // Ten at night: three calls, to the two who keep the systems each.
      for (name, count) in [("夜間の呼び出し", 6), ("休日の呼び出し", 0), ("診療時間の呼び出し", 0), ("止まった回数", 3)] {
        #expect(page.body.contains("<dt>\(name)</dt><dd>\(count)</dd>"), "\(name)")
      }
      // The middle of 5, 15 and 25 minutes, and of 10, 30 and 50.
      #expect(page.body.contains("<th scope=\"row\">引き受けるまで</th><td>15分</td><td>25分</td><td>3</td>"))
      #expect(page.body.contains("<th scope=\"row\">戻るまで</th><td>30分</td><td>50分</td><td>3</td>"))
      #expect(
        page.body.contains("<th scope=\"row\">電子カルテ</th><td data-label=\"動いていた割合\">75.00%</td>"))
      #expect(try await count() == one)
      #expect(one <= 8)
      let goal = try await app.get("/figures/goals/\(system.id)")
      #expect(goal.status == 200)
      let bad = try await app.post(
        "/figures/goals/\(system.id)", [("target", "101"), ("hours", "always"), ("version", "0")])
      #expect(bad.status == 422)
      let good = try await app.post(
        "/figures/goals/\(system.id)", [("target", "99.5"), ("hours", "always"), ("version", "0")])
      #expect(good.status == 303)
      #expect(try await app.get("/figures").body.contains("99.5%"))
      let stale = try await app.post(
        "/figures/goals/\(system.id)", [("target", "99"), ("hours", "always"), ("version", "0")])
      #expect(stale.status == 409)
      #expect(try await app.get("/figures", as: .staff).status == 403)
      #expect(try await app.get("/figures/goals/\(system.id)", as: .stranger).status == 404)
    }
  }

  // From which networks it really opens is tried over the wire in Tests/Process/test_entrance.py.
  @Test("病棟への掲示は、ほかの施設の人に開かず、住所とわけを出さず、開けると決めた網の住所だけを通す", arguments: Engine.available)
  func wards(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/status/\(app.facility.id)"
      #expect(try await app.get(path, as: .nobody).status == 404)
      #expect(try await app.get(path, as: .staff).status == 200)
      #expect(try await app.get(path, as: .stranger).status == 404)
      let system = try await Systems.register.add(
        ["name": "画像", "impact": "診療が止まる", "alternative": "撮影装置の画面で見てください"], .ja, in: app.scope)
      let world = World(app.now)
      _ = try await app.addMonitor("画像の入口", host: "10.9.8.7", [("system", system.id.text)])
      let watcher = app.watcher(world)
      try await watcher.pass(2, in: world)
      app.now = world.now
      #expect(try await app.get(path, as: .staff).body.contains("どれも使えます"))
      world.breaks("10.9.8.7")
      try await watcher.pass(110, in: world)
      app.now = world.now
      let page = try await app.get(path, as: .staff)
      #expect(page.body.contains("1つ使えません") && page.body.contains("撮影装置の画面で見てください"))
      #expect(page.body.contains("http-equiv=\"refresh\" content=\"60\""))
      // Neither addresses nor reasons are for everybody.
      #expect(!page.body.contains("10.9.8.7") && !page.body.contains("画像の入口"))
      let bad = try await app.post(
        "/board", [("open", "yes"), ("networks", "10.1.2.3/8"), ("note", ""), ("version", "0")])
      #expect(bad.status == 422)
      let good = try await app.post(
        "/board", [("open", "yes"), ("networks", "0.0.0.0/0 ::/0"), ("note", "内線 2190"), ("version", "0")])
      #expect(good.status == 303)
      let setting = try await app.scope.read { try $0.pagingSetting().setting.board }
      #expect(setting?.networks == "0.0.0.0/0 ::/0")
      #expect(Board.isOpen(setting, to: "10.1.1.1") && Board.isOpen(setting, to: "fd00::1"))
      let narrow = PagingSetting.Board(networks: "10.0.0.0/8", note: "")
      #expect(Board.isOpen(narrow, to: "10.1.1.1") && !Board.isOpen(narrow, to: "192.168.1.1"))
      #expect(!Board.isOpen(narrow, to: "") && !Board.isOpen(nil, to: "10.1.1.1"))
      #expect(try await app.post("/board", [("version", "1")], as: .staff).status == 403)
    }
  }
}
