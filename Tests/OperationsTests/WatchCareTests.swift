import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("監視: 呼ぶべきときに呼び、呼ばなくてよいときに呼ばない")
struct WatchCareTests {
  @Test("止まり、遅いまま戻り、また止まると、二度とも知らせる", arguments: Engine.available)
  func downAgain(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      world.drags("pacs")
      try await watcher.pass(5, in: world)
      for _ in 0..<2 {
        world.breaks("pacs")
        try await watcher.pass(110, in: world)
        #expect(try await app.condition(of: id) == .down)
        world.mends("pacs")
        try await watcher.pass(110, in: world)
        #expect(try await app.condition(of: id) == .slow)
      }
      app.now = world.now
      let told = try await app.inbox(of: "itStaff")
      #expect(told.count { $0 == "monitoring.down 画像 L1" } == 2)
      #expect(told.count { $0 == "monitoring.back 画像 L1" } == 2)
    }
  }

  @Test("手前が戻ったとき、後ろは見直してから決める", arguments: Engine.available)
  func lateRecovery(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let parent = try await app.addMonitor("スイッチ", host: "switch", [("interval", "10")])
      let child = try await app.addMonitor("画像", host: "pacs", [("parent", parent.text)])
      let watcher = app.watcher(world)
      try await watcher.pass(5, in: world)
      for host in ["switch", "pacs"] { world.breaks(host) }
      try await watcher.pass(130, in: world)
      #expect(try await app.condition(of: child) == .down)
      // Its next look is a minute away; the switch is back long before.
      let looks = world.looks("pacs")
      while world.looks("pacs") == looks { try await watcher.pass(1, in: world) }
      for host in ["switch", "pacs"] { world.mends(host) }
      try await watcher.pass(30, in: world)
      #expect(try await app.condition(of: parent) == .up)
      #expect(world.looks("pacs") > looks + 1)
      try await watcher.pass(60, in: world)
      #expect(try await app.condition(of: child) == .up)
      app.now = world.now
      #expect(
        Set(try await app.inbox(of: "itStaff")) == ["monitoring.down スイッチ L1", "monitoring.back スイッチ L1"])
    }
  }

  @Test("計画した停止が終わったとき、戻っていれば知らせない")
  func endOfPlan() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let window = MaintenanceWindow(
        id: app.scope.newID(), monitor: id,
        window: Window(from: app.now, until: app.now.adding(minutes: 5)), reason: "入れ替え", madeBy: "test")
      try await Monitoring.add([window], in: app.scope)
      let list = try await app.get("/monitoring").body
      let saysWhich = list.contains("画像 入れ替え (test)")
      #expect(saysWhich)
      world.breaks("pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(180, in: world)
      let looks = world.looks("pacs")
      while world.looks("pacs") == looks { try await watcher.pass(1, in: world) }
      world.mends("pacs")
      // It ends at once, while the last result is still a bad one.
      app.now = world.now
      try await Monitoring.endWindow(window.id, in: app.scope)
      try await watcher.pass(60, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == [])
      #expect(try await app.condition(of: id) == .up)
    }
  }

  @Test("時計が戻っても、確かめ続ける", arguments: Engine.available)
  func clockBack(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(5, in: world)
      let looks = world.looks("pacs")
      world.now = world.now.adding(minutes: -60)
      let now = world.now
      #expect(try await app.scope.read { try $0.monitor(id)?.shown(at: now) } == .stale)
      world.breaks("pacs")
      try await watcher.pass(130, in: world)
      #expect(world.looks("pacs") > looks)
      #expect(try await app.condition(of: id) == .down)
    }
  }

  @Test("未来に見えたことになっている働き手の分も、引き継ぐ", arguments: Engine.available)
  func ghost(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      _ = try await app.addMonitor("画像", host: "pacs")
      let later = app.now.adding(minutes: 120)
      try await Installation(app.database).keep(now: app.now) { tx in
        _ = try tx.beat("ghost", at: later)
        try tx.claim("ghost", most: 10)
      }
      let watcher = app.watcher(world)
      try await watcher.pass(12, in: world)
      #expect(try await Installation(app.database).readQueues { try $0.held(by: "one").count } == 1)
      #expect(world.looks("pacs") > 0)
    }
  }

  @Test("鍵がなくて確かめられないものは、止まったとせず、管理する人に一度だけ知らせる", arguments: Engine.available)
  func missingKey(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let answer = try await app.post(
        "/monitoring",
        [
          ("kind", "http"), ("name", "入口"), ("target", "https://ehr.example.jp/"), ("user", "watch"),
          ("secret", "sakura-saku"), ("interval", "10"),
        ])
      let path = try #require(answer.location)
      let watcher = Watcher(
        app.database, sealer: .memory([UInt8](repeating: 8, count: 32)), address: nil, clock: { world.now },
        name: "one", eye: world.eye)
      try await watcher.pass(60, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.refused 入口 1"])
      let page = try await app.get(path)
      let (saysKey, saysNet) = (page.body.contains("mamorite.key"), page.body.contains("足元の網が切れている"))
      #expect(saysKey)
      #expect(!saysNet)
      #expect(try await app.scope.read { try $0.alerts(limit: 10) }.isEmpty)
    }
  }

  @Test("担当がサインインしない人なら、管理する人に知らせる", arguments: Engine.available)
  func unreachableOwner(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let owner = try await People.add(name: "渡辺", department: "", role: .staff, in: app.scope)
      let system = try await Systems.register.add(
        ["name": "電子カルテ", "owner": owner.id.text, "impact": "診療が止まる"], .ja, in: app.scope)
      let world = World(app.now)
      _ = try await app.addMonitor("入口", host: "ehr", [("system", system.id.text)])
      world.breaks("ehr")
      try await app.watcher(world).pass(60, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 入口 L4"])
    }
  }

  @Test("届く人だけに知らせ、いなければ管理する人、それもいなければ残す")
  func reach() {
    let ids = (0..<4).map { PersonID(at: Instant(milliseconds: Int64($0))) }
    let reach = Reach(inbox: [ids[0], ids[3]], mail: [ids[1]])
    #expect(reach.people([ids[0], ids[2]], else: [ids[3]], for: .down) == [ids[0]])
    #expect(reach.people([ids[1]], else: [ids[3]], for: .down) == [ids[1]])
    #expect(reach.people([ids[1]], else: [ids[3]], for: .slow) == [ids[3]])
    #expect(reach.people([ids[2]], else: [ids[3]], for: .down) == [ids[3]])
    #expect(reach.people([ids[2]], else: [ids[2]], for: .down) == [])
  }

  @Test("足元を見るものだけが止まったとき、ほかの失敗を隠し続けない")
  func deadSentinel() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let world = World(app.now)
      _ = try await app.addMonitor("足元", host: "gate", [("sentinel", "yes")])
      _ = try await app.addMonitor("検査", host: "lis", [("interval", "10")])
      let other = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(5, in: world)
      for host in ["gate", "pacs"] { world.breaks(host) }
      try await watcher.pass(200, in: world)
      #expect(try await app.condition(of: other) == .down)
    }
  }

  @Test("読めない一つの行は、ほかの監視を止めない", arguments: Engine.available)
  func unreadable(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let bad = try await app.addMonitor("壊れた行", host: "bad")
      let good = try await app.addMonitor("画像", host: "pacs")
      try await app.scope.write { tx in
        try tx.housekeeping.run(
          "UPDATE monitor SET definition = '{}' WHERE facility_id = \(tx.facility) AND id = \(bad)")
        try tx.housekeeping.run(
          "UPDATE monitor_watch SET bits = -1 WHERE facility_id = \(tx.facility) AND monitor_id = \(good)")
        try tx.housekeeping.run(
          "UPDATE monitor_watch SET condition = 'down' WHERE facility_id = \(tx.facility) AND monitor_id = \(bad)"
        )
      }
      world.breaks("pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(60, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 画像 L1"])
    }
  }
}

@Suite("監視そのものが動いているか")
struct WatchedTests {
  @Test("働き手がいないと、外から分かり、過ぎた知らせを動いているとは言わない", arguments: Engine.available)
  func nobodyWatches(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let none = try await app.get("/readyz/monitoring", as: .nobody)
      #expect(none.status == 200)
      let (id, path) = try await BeatTests.add(app)
      _ = try await app.get(path, as: .nobody)
      #expect(try await app.get("/readyz/monitoring", as: .nobody).status == 503)
      let world = World(app.now)
      let watcher = app.watcher(world)
      try await watcher.pass(3, in: world)
      app.now = world.now
      #expect(try await app.get("/readyz/monitoring", as: .nobody).status == 200)
      // An hour, ten minutes of grace, and then nobody who judges.
      app.now = app.now.adding(minutes: 72)
      #expect(try await app.get("/readyz/monitoring", as: .nobody).status == 503)
      let now = app.now
      #expect(try await app.scope.read { try $0.monitor(id)?.shown(at: now) } == .stale)
      let metrics = try await app.get("/metrics", as: .nobody).body
      let hasStale = metrics.contains("mamorite_monitors_stale 1\n")
      let hasAge = metrics.contains("mamorite_monitor_worker_age_seconds 432")
      #expect(hasStale && hasAge)
      let source = try #require(Monitoring.feature(TestApp.sealer).signals["backup-recovery"])
      let tomorrow = app.now.day.adding(days: 1)
      #expect(try await app.scope.read { try source($0, tomorrow)?.state } == .partly)
    }
  }

  @Test("名前を直しても、知らせを待つ時刻は動かず、間隔を直すと動く", arguments: Engine.available)
  func editedHeartbeat(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, _) = try await BeatTests.add(app)
      let deadline = app.now.adding(minutes: 70)
      func change(_ name: String, _ minutes: String, _ version: Int) async throws -> Instant? {
        let answer = try await app.post(
          "/monitoring/\(id)/settings",
          [
            ("kind", "heartbeat"), ("name", name), ("rhythm", "period"), ("periodMinutes", minutes),
            ("graceMinutes", "10"), ("interval", "60"), ("backup", "yes"), ("version", "\(version)"),
          ])
        #expect(answer.status == 303)
        return try await app.scope.read { try $0.monitor(id)?.deadline }
      }
      app.now = app.now.adding(minutes: 30)
      #expect(try await change("夜の控え", "60", 1) == deadline)
      app.now = app.now.adding(minutes: 10)
      #expect(try await change("夜の控え", "120", 2) == app.now.adding(minutes: 130))
    }
  }

  @Test("遅れと決める間に届いた知らせは、失われない", arguments: Engine.available)
  func twoWriters(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await BeatTests.add(app)
      app.now = app.now.adding(minutes: 71)
      let before = try #require(try await app.scope.read { try $0.monitor(id) })
      let heartbeat = try #require(try before.monitor.heartbeat())
      _ = try await app.get(path, as: .nobody)
      let now = app.now
      let changed = try await app.scope.write { tx in
        let late = try HeartbeatRow(before, heartbeat, at: now)
        return try tx.housekeeping.run(
          late.update(MonitorKey(facility: tx.facility, id: id), silentAt: now))
      }
      #expect(changed == 0)
      #expect(try await app.condition(of: id) == .up)
    }
  }

  @Test("届いた知らせは200回分、記録は30回分だけ残る", arguments: Engine.available)
  func bounded(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await BeatTests.add(app)
      let hash = Secret.hash(String(path.dropFirst("/beat/".count)))
      let now = app.now
      try await Installation(app.database).keep(now: now) { tx in
        _ = try tx.keep(
          (0..<205).map {
            Beats.Report(
              tokenHash: hash, signal: .success, at: now.adding(milliseconds: Int64($0)), address: "10.0.0.1",
              log: "written \($0)")
          })
      }
      let beats = try await app.scope.read { try $0.beats(of: id, limit: 1000) }
      #expect(beats.count == 200)
      #expect(beats.first?.log == "written 204")
      #expect(beats.count { !$0.log.isEmpty } == 30)
    }
  }

  @Test("働き手は、自分の回を四つ数える間に進まないものを、いないとする")
  func roll() {
    var roll = WorkerRoll()
    let at = Instant(milliseconds: 1_000)
    for turn in 0..<4 {
      let gone = roll.call(["gone": at, "alive": Instant(milliseconds: Int64(turn))])
      #expect(gone == [])
    }
    let gone = roll.call(["gone": at, "alive": at])
    #expect(gone == ["gone"])
    // It comes back, by a clock that was put back.
    let back = roll.call(["gone": Instant(milliseconds: 500), "alive": at])
    #expect(back == [])
  }
}
