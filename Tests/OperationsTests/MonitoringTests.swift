import Foundation
import Kernel
import Probes
import Registers
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Operations

/// What a test lets the eyes of a worker see.
final class World: Sendable {
  private let down = Mutex<Set<String>>([])
  private let slow = Mutex<Set<String>>([])
  private let seen = Mutex<[String: Int]>([:])
  private let moment: Mutex<Instant>

  init(_ now: Instant) { moment = Mutex(now) }

  var now: Instant {
    get { moment.withLock { $0 } }
    set { moment.withLock { $0 = newValue } }
  }

  func breaks(_ host: String) { _ = down.withLock { $0.insert(host) } }
  /// From now on it answers slowly when it answers.
  func drags(_ host: String) { _ = slow.withLock { $0.insert(host) } }
  func mends(_ host: String) { _ = down.withLock { $0.remove(host) } }
  func looks(_ host: String) -> Int { seen.withLock { $0[host] ?? 0 } }

  var eye: Watcher.Eye {
    { [self] check, _ in
      let host = (check as? TCPCheck)?.target.host ?? ""
      seen.withLock { $0[host, default: 0] += 1 }
      let isDown = down.withLock { $0.contains(host) }
      let isSlow = slow.withLock { $0.contains(host) }
      return Watcher.Look(
        state: isDown ? .down : isSlow ? .slow : .up, milliseconds: 12.3,
        problem: isDown ? .init(code: "probes.refusedConnection", arguments: ["\(host):104"]) : nil)
    }
  }
}

extension TestApp {
  static let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))

  func watcher(_ world: World, name: String = "one") -> Watcher {
    Watcher(
      database, sealer: Self.sealer, address: "https://mamorite.example", clock: { world.now }, name: name,
      eye: world.eye)
  }

  /// A monitor of a TCP port, by the form.
  func addMonitor(_ name: String, host: String, _ further: [(String, String)] = []) async throws -> Monitor.ID
  {
    let answer = try await post(
      "/monitoring",
      further + [("kind", "tcp"), ("name", name), ("target", "\(host):104"), ("interval", "60")])
    let path = try #require(answer.location, "\(answer.body)")
    return try #require(Monitor.ID(String(path.dropFirst("/monitoring/".count))))
  }

  func condition(of id: Monitor.ID) async throws -> Condition? {
    try await scope.read { try $0.monitor(id)?.watch.condition }
  }

  /// What someone was told of monitors, the newest first.
  func inbox(of login: String) async throws -> [String] {
    let person = try await scope.read { try $0.people() }.first { $0.name == login }?.id
    let id = try #require(person)
    _ = try await Installation(database).deliver(now: now)
    let messages = try await scope.read { try $0.inbox(of: id) }
    return messages.filter { $0.key.hasPrefix("monitoring.") }.map {
      "\($0.key) \($0.arguments.joined(separator: " "))"
    }
  }
}

extension Watcher {
  /// Moves the world on by `seconds` a second at a time, and lets everything end that began.
  func pass(_ seconds: Int, in world: World) async throws {
    for _ in 0..<seconds {
      world.now = world.now.adding(milliseconds: 1000)
      try await step()
      while isBusy { await Task.yield() }
      try await step()
    }
  }
}

@Suite("監視: 画面から知らせまで")
struct MonitoringTests {
  @Test("作った監視が確かめられ、止まると担当に知らせ、戻ると同じ人に知らせる", arguments: Engine.available)
  func wholePath(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs.example.jp")
      let watcher = app.watcher(world)
      try await watcher.pass(3, in: world)
      #expect(try await app.condition(of: id) == .up)
      app.now = world.now
      let page = try await app.get("/monitoring/\(id)")
      #expect(page.status == 200)
      #expect(page.body.contains("動いています"))
      #expect(page.body.contains("12.3"))
      world.breaks("pacs.example.jp")
      // A beat within a minute, and two more looks twenty seconds apart.
      try await watcher.pass(105, in: world)
      #expect(try await app.condition(of: id) == .down)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 画像 L1"])
      let list = try await app.get("/monitoring")
      let says = list.body.contains("pacs.example.jp:104 が接続を断りました")
      #expect(says)
      world.mends("pacs.example.jp")
      try await watcher.pass(100, in: world)
      #expect(try await app.condition(of: id) == .up)
      app.now = world.now
      let inbox = try await app.inbox(of: "itStaff")
      #expect(Set(inbox) == ["monitoring.down 画像 L1", "monitoring.back 画像 L1"])
      #expect(try await app.inbox(of: "staff") == [])
    }
  }

  @Test("システムの担当と副担当にだけ、システムの重さで知らせる")
  func owners() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let system = try await Systems.register.add(
        ["name": "電子カルテ", "owner": "contributor", "deputy": "management", "impact": "診療が止まる"], .ja,
        in: app.scope)
      let world = World(app.now)
      _ = try await app.addMonitor("入口", host: "ehr", [("system", system.id.text)])
      world.breaks("ehr")
      try await app.watcher(world).pass(60, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "contributor") == ["monitoring.down 入口 L4"])
      #expect(try await app.inbox(of: "management") == ["monitoring.down 入口 L4"])
      #expect(try await app.inbox(of: "itStaff") == [])
    }
  }

  @Test("手前のスイッチが止まっている間は、後ろのものを別に知らせないが、見続ける", arguments: Engine.available)
  func dependence(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let parent = try await app.addMonitor("スイッチ", host: "switch")
      let child = try await app.addMonitor("画像", host: "pacs", [("parent", parent.text)])
      let watcher = app.watcher(world)
      try await watcher.pass(5, in: world)
      world.breaks("switch")
      world.breaks("pacs")
      try await watcher.pass(150, in: world)
      #expect(try await app.condition(of: child) == .down)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down スイッチ L1"])
      let looks = world.looks("pacs")
      // The switch is back and the archive is not: now it has to be told.
      world.mends("switch")
      try await watcher.pass(150, in: world)
      #expect(world.looks("pacs") > looks)
      app.now = world.now
      #expect(
        Set(try await app.inbox(of: "itStaff")) == [
          "monitoring.down スイッチ L1", "monitoring.back スイッチ L1", "monitoring.down 画像 L1",
        ])
    }
  }

  @Test("足元の網が切れると、ほかは止まったとせず、分からないとする")
  func sentinel() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let world = World(app.now)
      _ = try await app.addMonitor("足元", host: "gate", [("sentinel", "yes")])
      let other = try await app.addMonitor("画像", host: "pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(5, in: world)
      for host in ["gate", "pacs"] { world.breaks(host) }
      try await watcher.pass(180, in: world)
      #expect(try await app.condition(of: other) == .unknown)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 足元 L1"])
    }
  }

  @Test("計画した停止の間は知らせず、過ぎても止まっていれば知らせる", arguments: Engine.available)
  func planned(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let answer = try await app.post(
        "/monitoring/\(id)/windows",
        [("from", "2026-02-24T10:40"), ("until", "2026-02-24T10:45"), ("reason", "入れ替え"), ("all", "no")])
      #expect(answer.status == 303)
      world.breaks("pacs")
      let watcher = app.watcher(world)
      try await watcher.pass(295, in: world)
      #expect(try await app.condition(of: id) == .down)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == [])
      try await watcher.pass(10, in: world)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 画像 L1"])
      let wrong = try await app.post(
        "/monitoring/\(id)/windows",
        [("from", "2026-02-24T10:40"), ("until", "2026-02-24T10:40"), ("reason", "x"), ("all", "no")])
      #expect(wrong.status == 422)
    }
  }

  @Test("一度にたくさん止まると、まとめて一通で知らせる")
  func many() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let world = World(app.now)
      try await app.scope.write { tx in
        for number in 0..<200 {
          let draft = MonitorDraft(
            kind: .tcp, values: ["name": "機器\(number)", "target": "host\(number):104", "interval": "60"])
          let monitor = try draft.monitor(id: tx.scope.newID(), over: nil)
          try tx.store(monitor, over: nil, secrets: [:], restarts: true, tokenHash: nil)
        }
      }
      for number in 0..<200 { world.breaks("host\(number)") }
      let watcher = app.watcher(world)
      try await watcher.pass(180, in: world)
      app.now = world.now
      let inbox = try await app.inbox(of: "itStaff")
      #expect((1...6).contains(inbox.count), "\(inbox)")
      let open = try await app.scope.read { try $0.alerts(limit: 1000) }
      #expect(open.count == 200)
      let rows = try await app.get("/monitoring")
      #expect(rows.status == 200)
    }
  }

  @Test("引き受けると、だれがいつかが残り、二度目は変えない", arguments: Engine.available)
  func acknowledgement(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      _ = try await app.addMonitor("画像", host: "pacs")
      world.breaks("pacs")
      try await app.watcher(world).pass(60, in: world)
      app.now = world.now
      let alert = try #require(try await app.scope.read { try $0.alerts(limit: 1) }.first)
      for who in [TestApp.Who.itStaff, .administrator] {
        let answer = try await app.post(
          "/monitoring/alerts/\(alert.id)/acknowledgement", [("back", "/monitoring")], as: who)
        #expect(answer.location == "/monitoring")
      }
      let taken = try await app.scope.read { try $0.alert(alert.id) }
      #expect(taken?.acknowledgedBy == "itStaff")
      let refused = try await app.post("/monitoring/alerts/\(alert.id)/acknowledgement", [], as: .stranger)
      #expect(refused.status == 404)
    }
  }

  @Test("働き手が消えると、残りが8秒から12秒で引き継ぎ、二つは分け合う", arguments: Engine.available)
  func workers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      for number in 0..<10 { _ = try await app.addMonitor("機器\(number)", host: "host\(number)") }
      let (one, two) = (app.watcher(world, name: "one"), app.watcher(world, name: "two"))
      for _ in 0..<4 {
        try await one.pass(1, in: world)
        try await two.pass(1, in: world)
      }
      func held(_ name: String) async throws -> Int {
        try await Installation(app.database).readQueues { try $0.held(by: name).count }
      }
      #expect(try await held("one") == 5)
      #expect(try await held("two") == 5)
      // One is killed: it says no good-bye. Whoever only lags is not taken for gone.
      try await two.pass(5, in: world)
      #expect(try await held("two") == 5)
      try await two.pass(7, in: world)
      #expect(try await held("two") == 10)
      let looks = (0..<10).map { world.looks("host\($0)") }
      try await two.pass(61, in: world)
      for number in 0..<10 { #expect(world.looks("host\(number)") > looks[number]) }
    }
  }

  @Test("結果は、生のまま残り、一日にまとまり、古いものは消える", arguments: Engine.available)
  func rollUp(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let world = World(app.now)
      let id = try await app.addMonitor("画像", host: "pacs")
      let stop = Window(from: app.now.adding(minutes: 10), until: app.now.adding(minutes: 20))
      let window = MaintenanceWindow(
        id: app.scope.newID(), monitor: id, window: stop, reason: "入れ替え", madeBy: "test")
      try await Monitoring.add([window], in: app.scope)
      let watcher = app.watcher(world)
      try await watcher.pass(2, in: world)
      // 70 looks: 64 are put away, the others wait in the row.
      for _ in 0..<69 {
        world.now = world.now.adding(minutes: 1)
        try await watcher.pass(1, in: world)
      }
      let day = try #require(Day(2026, 2, 24))
      let (all, days) = try await app.scope.read { tx in
        (try tx.readings(of: id, since: app.now), try tx.dayTallies(of: id, since: day))
      }
      let (kept, waiting) = (all.kept.count, all.unfolded.count)
      #expect(kept == 64)
      #expect(kept + waiting == world.looks("pacs"))
      #expect(days.map(\.tally.up) == [64])
      // What was seen holds until the next look, which is the first of those that wait.
      let (first, next) = (try #require(all.kept.first).at, try #require(all.unfolded.first).at)
      let seconds = Int(next.milliseconds / 1000 - first.milliseconds / 1000)
      #expect(days.map(\.tally.spans) == [Spans(good: seconds - 600, planned: 600)])
      world.now = world.now.adding(minutes: 5 * 24 * 60)
      try await watcher.pass(3, in: world)
      let old = try await app.scope.read { try $0.readings(of: id, since: app.now).kept.count }
      #expect(old == waiting)
      #expect(
        try await app.scope.read { try $0.dayTallies(of: id, since: day) }.first?.tally.up == 64 + waiting)
    }
  }

  @Test("読めないものは、わけを言って断り、入れたものは残る", arguments: Engine.available)
  func refusals(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let base = [("kind", "tcp"), ("name", "画像"), ("interval", "60")]
      let noTarget = try await app.post("/monitoring", base)
      #expect(noTarget.status == 422)
      let badTarget = try await app.post("/monitoring", base + [("target", "a b:1")])
      #expect(badTarget.status == 422)
      #expect(badTarget.body.contains("a b:1"))
      let badLimit = try await app.post("/monitoring", base + [("target", "a:1"), ("timeout", "5")])
      #expect(badLimit.status == 422)
      _ = try await app.addMonitor("画像", host: "pacs")
      let twice = try await app.post("/monitoring", base + [("target", "a:1")])
      #expect(twice.status == 409)
      let cron = try await app.post(
        "/monitoring",
        [
          ("kind", "heartbeat"), ("name", "夜間"), ("rhythm", "cron"), ("cron", "0 0 31 2 *"),
          ("zone", "Asia/Tokyo"),
          ("graceMinutes", "60"), ("interval", "60"),
        ])
      #expect(cron.status == 422)
      #expect(cron.body.contains("いつまで待っても来ません"))
      #expect(try await app.scope.read { try $0.monitorCount() } == 1)
    }
  }

  @Test(
    "認証局の欄に、ファイルの場所や読めない証明書は受け取らない",
    arguments: ["http", "tcp", "tls", "smtp", "dicom", "hl7", "fhir", "postgres"])
  func authorities(kind: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let target = ["http", "fhir"].contains(kind) ? "https://a.example/" : "a.example:1"
      let base = [
        ("kind", kind), ("name", "画像"), ("interval", "60"), ("target", target), ("secure", "yes"),
        ("calledAE", "PACS"), ("user", "watch"),
        ("security", kind == "postgres" ? "verified" : "none"), ("verify", "yes"),
      ]
      let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      for text in ["/etc/ssl/certs/ca-certificates.crt", "abc", broken] {
        let answer = try await app.post("/monitoring", base + [("ca", text)])
        #expect(answer.status == 422 && answer.body.contains("認証局の証明書を読めません"), "\(text) \(answer)")
      }
      // With nothing in it, the machine's own are believed.
      #expect(try await app.post("/monitoring", base + [("ca", " \n")]).status == 303)
    }
  }

  @Test("パスワードは暗号化して残り、画面にも記録にも出ず、相手を変えると入れ直す", arguments: Engine.available)
  func secrets(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let fields = [
        ("kind", "http"), ("name", "入口"), ("target", "https://ehr.example.jp/"), ("user", "watch"),
        ("secret", "sakura-saku"), ("interval", "60"),
      ]
      let answer = try await app.post("/monitoring", fields)
      let path = try #require(answer.location)
      let id = try #require(Monitor.ID(String(path.dropFirst("/monitoring/".count))))
      let stored = try #require(try await app.scope.read { try $0.monitor(id) })
      #expect(stored.secrets["secret"]?.contains("sakura") == false)
      #expect(try Monitoring.opened(stored, TestApp.sealer) == ["secret": "sakura-saku"])
      for page in ["", "/settings"] {
        let shown = try await app.get("\(path)\(page)")
        #expect(shown.status == 200)
        #expect(!shown.body.contains("sakura-saku"))
      }
      let entries = try await app.scope.read { try $0.history(of: "monitor:\(id)") }
      #expect(entries.count == 1)
      #expect(entries.allSatisfy { !($0.after ?? "").contains("sakura") })
      func change(_ target: String) async throws -> Int {
        try await app.post(
          "\(path)/settings",
          [
            ("kind", "http"), ("name", "入口"), ("target", target), ("user", "watch"), ("interval", "60"),
            ("version", "1"), ("verify", "yes"),
          ]
        ).status
      }
      #expect(try await change("https://evil.example.jp/") == 422)
      #expect(try await change("https://ehr.example.jp/") == 303)
    }
  }

  @Test("網の外には、試すこともできない")
  func networks() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let fields = [
        ("kind", "tcp"), ("name", "自分"), ("target", "127.0.0.1:9"), ("interval", "60"), ("act", "try"),
      ]
      let refused = try await app.post("/monitoring", fields)
      #expect(refused.status == 200)
      let isOutside = refused.body.contains("127.0.0.1 は、確かめてよい網の外です")
      #expect(isOutside)
      let bad = try await app.post(
        "/monitoring/networks", [("networks", "10.1.2.3/8"), ("version", "0")], as: .administrator)
      #expect(bad.status == 422)
      let good = try await app.post(
        "/monitoring/networks", [("networks", "127.0.0.0/8\n10.0.0.0/8"), ("version", "0")],
        as: .administrator)
      #expect(good.status == 303)
      let tried = try await app.post("/monitoring", fields)
      let isStillOutside = tried.body.contains("網の外")
      #expect(!isStillOutside)
    }
  }

  @Test("一覧は、いくつあっても同じ数の文で読む")
  func statements() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await app.get("/monitoring")
      func count() async throws -> Int {
        let before = app.database.statementCount
        _ = try await app.get("/monitoring")
        return app.database.statementCount - before
      }
      let empty = try await count()
      for number in 0..<30 { _ = try await app.addMonitor("機器\(number)", host: "host\(number)") }
      #expect(try await count() == empty)
      #expect(empty <= 8)
    }
  }
}
