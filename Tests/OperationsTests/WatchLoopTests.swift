import Foundation
import Kernel
import Probes
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Operations

/// Something that a test lets stand still for as long as it likes.
private actor Gate {
  private var entered = false
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var watching: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    entered = true
    for each in watching { each.resume() }
    watching = []
    if !isOpen { await withCheckedContinuation { waiting.append($0) } }
  }

  func someoneWaits() async {
    if !entered { await withCheckedContinuation { watching.append($0) } }
  }

  func open() {
    isOpen = true
    for each in waiting { each.resume() }
    waiting = []
  }
}

/// Targets that fail once and then never answer, beside others that do.
private final class StuckWorld: Sendable {
  private let seen = Mutex<[String: [Instant]]>([:])
  private let inside = Mutex(0)
  private let moment: Mutex<Instant>
  let gate = Gate()

  init(_ now: Instant) { moment = Mutex(now) }

  var now: Instant {
    get { moment.withLock { $0 } }
    set { moment.withLock { $0 = newValue } }
  }

  /// How many looks hang.
  var stuck: Int { inside.withLock { $0 } }
  func looks(_ host: String) -> [Instant] { seen.withLock { $0[host] ?? [] } }

  var eye: Watcher.Eye {
    { [self] check, _ in
      let host = (check as? PostgresCheck)?.target.host ?? ""
      let isFirst = seen.withLock { seen in
        seen[host, default: []].append(now)
        return seen[host]?.count == 1
      }
      guard host.hasPrefix("stuck") else {
        return Watcher.Look(state: .up, milliseconds: 1, problem: nil)
      }
      if !isFirst {
        inside.withLock { $0 += 1 }
        await gate.pass()
      }
      return Watcher.Look(
        state: .down, milliseconds: 1, problem: .init(code: "probes.refusedConnection", arguments: [host]))
    }
  }
}

@Suite("監視の働き手")
struct WatchLoopTests {
  @Test("答えない相手が種類の枠より多く居座っても、答える相手は毎分、時刻どおりに確かめる", arguments: Engine.available)
  func stuckTargets(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = StuckWorld(app.now)
      // More than may run at once of their kind, each on a host of its own.
      let count = MonitorKind.postgres.mostAtOnce + 2
      let hosts = (0..<count).map { "stuck\($0)" } + ["well0", "well1", "well2"]
      for host in hosts {
        let answer = try await app.post(
          "/monitoring",
          [
            ("kind", "postgres"), ("name", host), ("target", "\(host):5432"), ("interval", "60"),
            ("user", "watch"), ("database", "postgres"), ("security", "none"),
          ])
        try #require(answer.status == 303, "\(host) \(answer)")
      }
      let watcher = Watcher(
        app.database, sealer: TestApp.sealer, address: nil, clock: { world.now }, name: "one", eye: world.eye)
      func pass(_ seconds: Int) async throws {
        for _ in 0..<seconds {
          world.now = world.now.adding(milliseconds: 1_000)
          try await watcher.step()
          // What can end has ended.
          while await watcher.running > world.stuck { await Task.yield() }
        }
      }
      // Within a minute everything has been asked, and what failed was asked again and hangs.
      try await pass(60)
      #expect(world.stuck == MonitorKind.postgres.mostAtOnce / 2)
      let before = ["well0", "well1", "well2"].map { world.looks($0).count }
      try await pass(180)
      for (host, had) in zip(["well0", "well1", "well2"], before) {
        let looks = world.looks(host)
        #expect(looks.count == had + 3, "\(host)")
        // The look before these may be the first of all, which is no beat.
        let gaps = zip(looks.suffix(3), looks.suffix(2)).map { $1.milliseconds - $0.milliseconds }
        #expect(gaps == [60_000, 60_000], "\(host)")
      }
      #expect(world.stuck == MonitorKind.postgres.mostAtOnce / 2)
      await world.gate.open()
      while await watcher.isBusy { await Task.yield() }
    }
  }

  @Test("知らせに時間がかかっても、確かめることと残すことは続く", arguments: Engine.available)
  func slowTelling(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (world, gate) = (World(app.now), Gate())
      let id = try await app.addMonitor("画像", host: "pacs", [("interval", "10"), ("failures", "1")])
      world.breaks("pacs")
      let watcher = Watcher(
        app.database, sealer: TestApp.sealer, address: nil, clock: { world.now }, name: "one", eye: world.eye,
        settling: { _ in await gate.pass() })
      try await watcher.keep()
      await watcher.look()
      while await watcher.isBusy { await Task.yield() }
      try await watcher.keep()
      let telling = Task { try await watcher.tell() }
      await gate.someoneWaits()
      let looks = world.looks("pacs")
      world.now = world.now.adding(milliseconds: 11_000)
      await watcher.look()
      while await watcher.isBusy { await Task.yield() }
      try await watcher.keep()
      #expect(world.looks("pacs") == looks + 1)
      let now = world.now
      #expect(try await app.scope.read { try $0.monitor(id)?.watch.lastAt } == now)
      await gate.open()
      try await telling.value
    }
  }

  @Test("答えない相手がいくつあっても、答える相手は自分の時刻に確かめ続ける")
  func hanging() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, gate) = (World(app.now), Gate())
      let id = try await app.addMonitor("画像", host: "pacs", [("interval", "10")])
      for number in 0..<8 {
        _ = try await app.addMonitor("黙る\(number)", host: "mute\(number)", [("interval", "10")])
      }
      let watcher = Watcher(
        app.database, sealer: TestApp.sealer, address: nil, clock: { world.now }, name: "one",
        eye: { check, networks in
          if (check as? TCPCheck)?.target.host.hasPrefix("mute") == true { await gate.pass() }
          return await world.eye(check, networks)
        })
      try await watcher.keep()
      for _ in 0..<3 {
        let now = world.now
        await watcher.look()
        var last: Instant?
        for _ in 0..<10_000 where last != now {
          await Task.yield()
          try await watcher.keep()
          last = try await app.scope.read { try $0.monitor(id)?.watch.lastAt }
        }
        #expect(last == now)
        world.now = now.adding(milliseconds: 11_000)
      }
      #expect(world.looks("mute0") == 0)
      await gate.open()
      while await watcher.isBusy { await Task.yield() }
      #expect(world.looks("mute0") == 1)
    }
  }

  @Test("止まっていた働き手は、引き継がれたあとで受け持ち直しても、古い結果を書かない", arguments: Engine.available)
  func stalled(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      try await watcher.keep()
      // It looks, and stands still before it writes.
      world.breaks("pacs")
      await watcher.look()
      while await watcher.isBusy { await Task.yield() }
      world.mends("pacs")
      let now = world.now
      try await Installation(app.database).keep(now: now) { tx in
        try tx.bury("one")
        _ = try tx.beat("two", at: now)
        try tx.claim("two", most: 10)
        try tx.bury("two")
        _ = try tx.beat("one", at: now)
        try tx.claim("one", most: 10)
      }
      try await watcher.keep()
      #expect(try await app.scope.read { try $0.monitor(id)?.watch.lastAt } == nil)
      // It begins anew with what lies there.
      try await watcher.pass(62, in: world)
      #expect(try await app.condition(of: id) == .up)
      #expect(try await app.scope.read { try $0.monitor(id)?.watch.recent } == 0)
    }
  }

  @Test("確かめたあとで設定を直しても、直した監視をすぐに確かめる", arguments: Engine.available)
  func editedMeanwhile(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      try await watcher.keep()
      await watcher.look()
      while await watcher.isBusy { await Task.yield() }
      // It is changed before the result is written, and taken anew before that.
      let changed = try await app.post(
        "/monitoring/\(id)/settings",
        [("kind", "tcp"), ("name", "画像"), ("target", "other:104"), ("interval", "60"), ("version", "1")])
      #expect(changed.status == 303)
      world.now = world.now.adding(milliseconds: 2_000)
      try await watcher.keep()
      await watcher.look()
      while await watcher.isBusy { await Task.yield() }
      #expect(world.looks("other") == 1)
    }
  }

  @Test("読めない行があっても、受け持ちの全部を毎回は読まない", arguments: Engine.available)
  func unreadableRow(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      _ = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      func turn() async throws -> Int {
        world.now = world.now.adding(milliseconds: 2_000)
        let before = app.database.statementCount
        try await watcher.keep()
        return app.database.statementCount - before
      }
      _ = try await turn()
      let quiet = try await turn()
      let bad = try await app.addMonitor("壊れた行", host: "bad")
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE monitor SET definition = '{}' WHERE facility_id = \(tx.facility) AND id = \(bad)")
      }
      #expect(try await turn() > quiet)
      #expect(try await turn() == quiet)
    }
  }

  @Test("古い結果は、少しずつ消える", arguments: Engine.available)
  func portions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addMonitor("画像", host: "pacs")
      let (now, count) = (app.now, HousekeepingTx.portion + 500)
      try await app.scope.write { tx in
        for number in 0...count {
          // The last one is new.
          let at = number == count ? now : now.adding(minutes: Int64(-100_000 + number))
          try tx.housekeeping.run(
            """
            INSERT INTO monitor_raw (facility_id, monitor_id, until_ms, data)
            VALUES (\(tx.facility), \(id), \(at), \([UInt8](repeating: 0, count: 10)))
            """)
        }
      }
      func left() async throws -> Int {
        try await app.scope.read { tx in
          try tx.count("SELECT COUNT(*) FROM monitor_raw WHERE facility_id = \(tx.facility)")
        }
      }
      let installation = Installation(app.database)
      #expect(try await installation.keep(now: now) { try $0.forgetOld(at: now) } == false)
      #expect(try await left() == 501)
      #expect(try await installation.keep(now: now) { try $0.forgetOld(at: now) } == true)
      #expect(try await left() == 1)
    }
  }

  @Test("監視をやめると、結果も消え、後ろに何かあるものはやめられない", arguments: Engine.available)
  func removal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let parent = try await app.addMonitor("スイッチ", host: "switch")
      let child = try await app.addMonitor("画像", host: "pacs", [("parent", parent.text)])
      try await app.watcher(world).pass(3, in: world)
      #expect(try await app.post("/monitoring/\(parent)/removal", []).status == 409)
      let changed = try await app.post(
        "/monitoring/\(child)/settings",
        [("kind", "tcp"), ("name", "画像の入口"), ("target", "pacs:105"), ("interval", "60"), ("version", "1")])
      #expect(changed.status == 303)
      #expect(try await app.scope.read { try $0.monitor(child)?.monitor.target } == "pacs:105")
      #expect(try await app.condition(of: child) == .waiting)
      for id in [child, parent] {
        #expect(try await app.post("/monitoring/\(id)/removal", []).status == 303)
        #expect(try await app.get("/monitoring/\(id)").status == 404)
      }
      let rows = try await app.scope.read { tx in
        try tx.count("SELECT COUNT(*) FROM monitor_watch WHERE facility_id = \(tx.facility)")
      }
      #expect(rows == 0)
      let entries = try await app.scope.read { try $0.history(of: "monitor:\(child)") }
      #expect(entries.map(\.action).contains("monitor.remove"))
    }
  }

  @Test("監視が多いと、手前にあるものは名前で入れる", arguments: Engine.available)
  func manyParents(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let few = try await app.get("/monitoring/new?kind=tcp").body
      let (offers, asks) = (few.contains("name=\"parent\""), few.contains("name=\"parentName\""))
      #expect(offers && !asks)
      try await app.scope.write { tx in
        for number in 0...MonitorChoices.mostOffered {
          let draft = MonitorDraft(
            kind: .tcp, values: ["name": "機器\(number)", "target": "host\(number):104", "interval": "60"])
          let monitor = try draft.monitor(id: tx.scope.newID(), over: nil)
          try tx.store(monitor, over: nil, secrets: [:], restarts: true, tokenHash: nil)
        }
      }
      let many = try await app.get("/monitoring/new?kind=tcp").body
      let (stillOffers, nowAsks) = (many.contains("name=\"parent\""), many.contains("name=\"parentName\""))
      #expect(!stillOffers && nowAsks)
      let fields = [("kind", "tcp"), ("name", "画像"), ("target", "pacs:104"), ("interval", "60")]
      // A per cent sign is a letter like others.
      for name in ["機器20x", "20%"] {
        let refused = try await app.post("/monitoring", fields + [("parentName", name)])
        #expect(refused.status == 422)
        let says = refused.body.contains("「\(name)」という名前の監視はありません。名前をそのまま入れるか、空にしてください。")
        #expect(says)
      }
      let near = try await app.post("/monitoring", fields + [("parentName", "器17")])
      let saysNear = near.body.contains("近いもの: 機器17, 機器170")
      #expect(near.status == 422 && saysNear)
      let saved = try await app.post("/monitoring", fields + [("parentName", "機器17")])
      #expect(saved.status == 303)
      let path = try #require(saved.location)
      let id = try #require(Monitor.ID(String(path.dropFirst("/monitoring/".count))))
      let parent = try await app.scope.read { tx in try tx.monitor(id)?.monitor.parent }
      #expect(
        try await app.scope.read { tx in try parent.flatMap { try tx.monitor($0)?.monitor.name } } == "機器17")
      let form = try await app.get("/monitoring/\(id)/settings").body
      let isKept = form.contains("value=\"機器17\"")
      #expect(isKept)
    }
  }

  @Test("サーバの設定より広い網は、どの施設にも届かない", arguments: Engine.available)
  func ceiling(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ceiling = NetworkCeiling([NetworkCeiling.variable: "10.0.0.0/8 192.168.4.0/22"])
      await #expect(throws: MonitorRefusal.beyondCeiling) {
        try await Monitoring.setNetworks("10.1.0.0/16 127.0.0.0/8", over: 0, ceiling, in: app.scope)
      }
      try await Monitoring.setNetworks("10.1.0.0/16 192.168.5.0/24", over: 0, ceiling, in: app.scope)
      // What was opened before, or came from elsewhere, is not reached either.
      let networks = Monitoring.networks("127.0.0.0/8 10.1.0.0/16", within: ceiling)
      let (own, inside) = (try #require(IPAddress("127.0.0.1")), try #require(IPAddress("10.1.2.3")))
      #expect(!networks.contains(own))
      #expect(networks.contains(inside))
      #expect(!NetworkCeiling([:]).isUnreadable)
      let broken = NetworkCeiling([NetworkCeiling.variable: "10.1.2.3/8"])
      #expect(broken.isUnreadable)
      #expect(!Monitoring.networks(nil, within: broken).contains(inside))
    }
  }
}
