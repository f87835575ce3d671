import Foundation
import Kernel
import Mail
import Probes
import Registers
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Operations

/// Acts in the place of the server's list: remembers what it was asked to do.
final class FakeHand: Sendable {
  private let acted = Mutex<[String]>([])
  private let refusal: PostProblem?

  init(_ refusal: PostProblem? = nil) { self.refusal = refusal }

  var done: [String] { acted.withLock { $0 } }

  var hand: RecoveryHand {
    RecoveryHand(names: ["restart", "other"]) { run, _ throws(PostProblem) in
      self.acted.withLock { $0.append(run.action) }
      if let refusal = self.refusal { throw refusal }
      return "restarted"
    }
  }
}

extension TestApp {
  func recover(
    _ monitor: Monitor.ID, _ hand: RecoveryHand, cool: Int = 5, tries: Int = 3, window: Int = 60,
    most: Int = 3,
    version: Int = 0
  ) async throws {
    let draft = RecoveryDraft(
      values: [
        "action": "restart", "cool": "\(cool)", "tries": "\(tries)", "window": "\(window)", "most": "\(most)",
      ], version: version)
    try await Recovery.save(draft, of: monitor, hand, in: scope)
  }

  /// Works off what is due, as a worker would at a moment.
  func tryRecovery(_ hand: RecoveryHand, at moment: Instant) async throws {
    for row in try await Installation(database).takeDue(now: moment, limit: 200)
    where row.kind == "recovery.try" {
      guard let run = try await Recovery.begin(row, hand, in: at(moment)) else { continue }
      try await Recovery.finish(run, hand, in: at(moment))
    }
  }
}

@Suite("自動の対処: 決まり")
struct RecoveryRuleTests {
  private static let start = Instant(milliseconds: 1_800_000_000_000)

  /// Runs at minutes after the start, the newest first; those in `over` ended an alert.
  private static func runs(_ minutes: [Int64], over: Set<Int64> = [], sameAlert: Bool = false)
    -> [RecoveryRun]
  {
    minutes.sorted(by: >).map { minute in
      let began = start.adding(minutes: minute)
      return RecoveryRun(
        id: .init(at: began), monitor: .init(at: start), alert: .init(at: sameAlert ? start : began),
        action: "restart", beganAt: began, endedAt: began, said: "", problem: nil,
        resolvedAt: over.contains(minute) ? began.adding(minutes: 1) : nil)
    }
  }

  private static let plan = RecoveryPlan(
    action: "restart", coolMinutes: 10, tries: 2, windowMinutes: 60, most: 3, since: start, version: 1)

  @Test(
    "間を空け、期間の回数を守り、続けて効かなければ休む",
    arguments: [
      ([], [], 0, RecoveryPlan.Next.now),
      ([0], [], 9, .wait(start.adding(minutes: 10))),
      ([0], [], 10, .now),
      // Two within the hour: the third waits until the first is an hour old.
      ([0, 10], [], 30, .wait(start.adding(minutes: 60))),
      ([0, 10], [], 60, .now),
      ([0, 60, 120], [], 200, .rest),
      // One that helped begins the count anew.
      ([0, 60, 120], [60], 200, .now),
      ([0, 60, 120], [120], 200, .now),
      // The clock was put back: a run from the future holds it up for no longer than its cool-down.
      ([90], [], 0, .wait(start.adding(minutes: 10))),
    ] as [([Int64], Set<Int64>, Int64, RecoveryPlan.Next)])
  func next(runs: [Int64], over: Set<Int64>, minute: Int64, next: RecoveryPlan.Next) {
    let found = Self.plan.next(after: Self.runs(runs, over: over), at: Self.start.adding(minutes: minute))
    #expect(found == next)
  }

  @Test("一つの知らせに何回も試したら、戻したのは最後の一回だけ")
  func lastOfAlert() {
    let all = Self.runs([0, 60, 120], over: [0, 60, 120], sameAlert: true)
    #expect(all.vain(since: Self.start) == 0)
    #expect(Array(all.dropFirst()).vain(since: Self.start) == 0)
    // Before another alert that it did not help, the older tries of the first were in vain.
    let later = Self.runs([180])
    #expect((later + all).vain(since: Self.start) == 1)
    #expect(all.vain(since: Self.start.adding(minutes: 200)) == 0)
  }

  @Test("機器の住所は、書き方が違っても同じものと分かる")
  func addresses() {
    #expect(RecoveryTarget.names("10.1.2.3", IPAddress("10.1.2.3"), "10.1.2.3"))
    #expect(RecoveryTarget.names("10.1.2.9, 10.1.2.3", IPAddress("10.1.2.3"), "10.1.2.3"))
    #expect(!RecoveryTarget.names("10.1.2.33", IPAddress("10.1.2.3"), "10.1.2.3"))
    #expect(RecoveryTarget.names("FD00:0:0::1".lowercased(), IPAddress("fd00::1"), "fd00::1"))
    #expect(RecoveryTarget.names("::ffff:10.1.2.3", IPAddress("10.1.2.3"), "10.1.2.3"))
  }

  @Test(
    "医療機器には何もせず、台帳から見分けられないときもしない",
    arguments: [
      (RecoveryTarget(kind: .http), nil),
      (RecoveryTarget(kind: .http, isMedicalDevice: true, isServer: true), .medicalDevice),
      (RecoveryTarget(kind: .http, isServer: true, isMedicalSystem: true), .medicalSystem),
      (RecoveryTarget(kind: .http, hasMedicalDevices: true), .medicalInSystem),
      (RecoveryTarget(kind: .http, isServer: true, hasMedicalDevices: true), nil),
      (RecoveryTarget(kind: .http, isAmongMedical: true), .medicalUnknown),
      (RecoveryTarget(kind: .http, isServer: true, isAmongMedical: true), nil),
      (RecoveryTarget(kind: .dicom), .medicalProtocol), (RecoveryTarget(kind: .hl7), .medicalProtocol),
      (RecoveryTarget(kind: .dicom, isServer: true), nil),
      (RecoveryTarget(kind: .heartbeat, isAmongMedical: true), nil),
      (RecoveryTarget(kind: .heartbeat, hasMedicalDevices: true), .medicalInSystem),
    ] as [(RecoveryTarget, RecoveryRefusal?)])
  func medical(target: RecoveryTarget, refusal: RecoveryRefusal?) {
    var found: RecoveryRefusal?
    do throws(RecoveryRefusal) { try target.allow() } catch { found = error }
    #expect(found == refusal)
  }
}

@Suite("自動の対処: 止まってから戻るまで")
struct RecoveryTests {
  /// A monitor that is down, and the moment at which it was seen.
  private static func stopped(
    _ app: TestApp, _ world: World, _ watcher: Watcher, _ hand: RecoveryHand, most: Int = 3
  )
    async throws -> Monitor.ID
  {
    let id = try await app.addMonitor("閲覧", host: "viewer")
    try await app.recover(id, hand, most: most)
    try await watcher.pass(3, in: world)
    world.breaks("viewer")
    try await watcher.pass(110, in: world)
    return id
  }

  @Test("止まると試し、間を空けてまた試し、戻ると効いたと分かり、記録に残る", arguments: Engine.available)
  func wholePath(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let watcher = app.watcher(world)
      let id = try await Self.stopped(app, world, watcher, fake.hand)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == ["restart"])
      // Not again before its time, however often one asks.
      try await watcher.pass(240, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done.count == 1)
      try await watcher.pass(60, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done.count == 2)
      world.mends("viewer")
      try await watcher.pass(100, in: world)
      try await app.tryRecovery(fake.hand, at: world.now.adding(minutes: 30))
      #expect(fake.done.count == 2)
      app.now = world.now.adding(minutes: 31)
      let page = try await app.get("/monitoring/\(id)/recovery")
      #expect(page.status == 200)
      #expect(page.body.contains("restarted") && page.body.contains("に戻りました"))
      #expect(try await app.get("/monitoring/\(id)").body.contains("試した記録"))
      #expect(
        try await app.count(
          "SELECT COUNT(*) FROM audit_entry WHERE action IN ('recovery.begin', 'recovery.end')") == 4)
    }
  }

  @Test("働き手が試す途中で殺されても、間のうちに二度は試さず、分からなくなったと出る")
  func killed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let watcher = app.watcher(world)
      let id = try await Self.stopped(app, world, watcher, fake.hand)
      for row in try await Installation(app.database).takeDue(now: world.now) where row.kind == "recovery.try"
      {
        _ = try await Recovery.begin(row, fake.hand, in: app.at(world.now))
      }
      try await watcher.pass(240, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == [])
      app.now = world.now
      #expect(try await app.get("/monitoring/\(id)/recovery").body.contains("途中で分からなくなりました"))
      try await watcher.pass(60, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == ["restart"])
    }
  }

  @Test("続けて効かなければ休んで知らせ、人が保存し直すとまた試す")
  func rests() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand(.commandFailed("restart", 3, "no disk")))
      let watcher = app.watcher(world)
      let id = try await Self.stopped(app, world, watcher, fake.hand, most: 2)
      for _ in 0..<4 {
        try await app.tryRecovery(fake.hand, at: world.now)
        try await watcher.pass(301, in: world)
      }
      #expect(fake.done.count == 2)
      app.now = world.now
      let page = try await app.get("/monitoring/\(id)/recovery").body
      #expect(page.contains("続けて2回効かなかったので、休んでいます") && page.contains("no disk"))
      let person = try await app.person("itStaff")
      _ = try await Installation(app.database).deliver(now: app.now)
      let keys = try await app.scope.read { try $0.inbox(of: person) }.map(\.key)
      #expect(keys.count { $0 == "recovery.rests" } == 1)
      world.now = world.now.adding(minutes: 60)
      try await watcher.pass(61, in: world)
      app.now = world.now
      try await app.recover(id, fake.hand, most: 2, version: 1)
      try await app.tryRecovery(fake.hand, at: app.now)
      #expect(fake.done.count == 3)
    }
  }

  @Test("人が引き受けたあとと、計画した停止の間は試さない")
  func quiet() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let id = try await Self.stopped(app, world, app.watcher(world), fake.hand)
      app.now = world.now
      let alert = try #require(try await app.scope.read { try $0.monitor(id)?.alert })
      #expect(try await app.post("/alerts/\(alert)/acknowledgement", []).status == 303)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == [])
    }
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let watcher = app.watcher(world)
      let id = try await Self.stopped(app, world, watcher, fake.hand)
      let window = MaintenanceWindow(
        id: .init(at: world.now), monitor: id,
        window: Window(from: world.now, until: world.now.adding(minutes: 3)), reason: "入れ替え",
        madeBy: "itStaff")
      try await app.at(world.now).write { try $0.insert(window) }
      try await app.tryRecovery(fake.hand, at: world.now)
      try await watcher.pass(179, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == [])
      try await watcher.pass(1, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == ["restart"])
    }
  }

  @Test("答え始めたもの、手前が切れて見えないものは試さず、また止まっていれば試す", arguments: [false, true])
  func onlyWhatIsDown(isBehind: Bool) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let watcher = app.watcher(world)
      let parent = try await app.addMonitor("スイッチ", host: "switch")
      let id = try await app.addMonitor("閲覧", host: "viewer", isBehind ? [("parent", parent.text)] : [])
      try await app.recover(id, fake.hand)
      try await watcher.pass(3, in: world)
      world.breaks("viewer")
      try await watcher.pass(110, in: world)
      // One good look of the two that make it well; or the switch before it goes.
      if isBehind { world.breaks("switch") } else { world.mends("viewer") }
      let looks = world.looks(isBehind ? "switch" : "viewer")
      while world.looks(isBehind ? "switch" : "viewer") == looks { try await watcher.pass(1, in: world) }
      // A look that was begun at the end of a second is written down in the next.
      try await watcher.pass(1, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == [])
      world.mends("switch")
      world.breaks("viewer")
      try await watcher.pass(180, in: world)
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == ["restart"])
    }
  }

  @Test("対処を決められない人が相手を直すと、対処はやめになる")
  func retargeted() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let id = try await Self.stopped(app, world, app.watcher(world), fake.hand)
      func change(_ name: String, _ target: String, version: Int) async throws -> Int {
        try await app.post(
          "/monitoring/\(id)/settings",
          [
            ("kind", "tcp"), ("name", name), ("target", target), ("interval", "60"),
            ("version", "\(version)"),
          ]
        ).status
      }
      #expect(try await change("閲覧2", "viewer:104", version: 1) == 303)
      #expect(try await app.scope.read { try $0.recoveryPlan(of: id) } != nil)
      #expect(try await change("閲覧2", "other:104", version: 2) == 303)
      #expect(try await app.scope.read { try $0.recoveryPlan(of: id) } == nil)
    }
  }

  @Test("医療機器の相手には決められず、あとから台帳で医療機器になれば試さずに知らせる")
  func medical() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      try await Devices.register.add(
        ["number": "M-1", "name": "生体情報モニタ", "kind": "医療機器", "ipAddress": "10.1.2.3"], .ja, in: app.scope)
      let monitor = try await app.addMonitor("生体", host: "10.1.2.3")
      await #expect(throws: RecoveryRefusal.medicalDevice) { try await app.recover(monitor, fake.hand) }
      let page = try await app.get("/monitoring/\(monitor)/recovery").body
      #expect(page.contains("医療機器には、守り手は何もしません"))
      // Among medical devices only what is known to be none.
      let unknown = try await app.addMonitor("分からない", host: "10.1.2.4")
      await #expect(throws: RecoveryRefusal.medicalUnknown) { try await app.recover(unknown, fake.hand) }
      try await Devices.register.add(["number": "S-1", "name": "viewer", "kind": "サーバ"], .ja, in: app.scope)
      let id = try await Self.stopped(app, world, app.watcher(world), fake.hand)
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE device SET kind = 'medical' WHERE facility_id = \(tx.facility) AND name = 'viewer'")
      }
      try await app.tryRecovery(fake.hand, at: world.now)
      #expect(fake.done == [])
      let person = try await app.person("itStaff")
      _ = try await Installation(app.database).deliver(now: world.now)
      let keys = try await app.scope.read { try $0.inbox(of: person) }.map(\.key)
      #expect(keys.contains("recovery.refused"))
      #expect(try await app.get("/monitoring/\(id)/recovery").body.contains("この相手は、台帳で医療機器です"))
    }
  }

  @Test("一覧にないものは画面から決められず、ほかの役割と他院の人には変えられない")
  func closed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.addMonitor("閲覧", host: "viewer")
      let fields = [
        ("action", "rm"), ("cool", "10"), ("tries", "1"), ("window", "60"), ("most", "1"), ("version", "0"),
      ]
      let path = "/monitoring/\(id)/recovery"
      let answer = try await app.post(path, fields, as: .administrator)
      #expect(answer.status == 422)
      #expect(answer.body.contains("MAMORITE_ACTIONS"))
      let draft = RecoveryDraft(
        values: Dictionary(uniqueKeysWithValues: fields), version: 0)
      #expect(throws: RecoveryRefusal.badAction("rm")) { try draft.plan(["restart"], at: app.now) }
      #expect(try draft.plan(["restart", "rm"], at: app.now).action == "rm")
      for who in [TestApp.Who.itStaff, .management] {
        #expect(try await app.post(path, fields, as: who).status == 403)
      }
      #expect(try await app.get(path, as: .staff).status == 403)
      #expect(try await app.get(path, as: .stranger).status == 404)
    }
  }

  @Test("呼び出しのメールは、これから試すこと、試したこととその結果を言う")
  func letter() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand(.commandFailed("restart", 3, "no disk")))
      let id = try await Self.stopped(app, world, app.watcher(world), fake.hand)
      let alert = try #require(
        try await app.scope.read { tx in try tx.monitor(id)?.alert.flatMap { try tx.alert($0) } })
      func lines(_ moment: Instant) async throws -> String {
        try await app.at(moment).read { tx in
          AlertLetter(.ja, address: nil).tried(try RecoveryNews(tx, of: alert, at: moment), at: moment)
            .joined(
              separator: "\n")
        }
      }
      func short(_ moment: Instant) async throws -> String? {
        try await app.at(moment).read { try RecoveryNews($0, of: alert, at: moment).short(.ja, at: moment) }
      }
      #expect(try await lines(world.now) == "自動の対処「restart」を、これから試します。\n")
      #expect(try await short(world.now) == "自動の対処「restart」を、これから試します。")
      // Nothing is announced that may not be done.
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE recovery_plan SET definition = replace(definition, '\"most\":3', '\"most\":0') WHERE facility_id = \(tx.facility)"
        )
      }
      #expect(try await lines(world.now) == "")
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE recovery_plan SET definition = replace(definition, '\"most\":0', '\"most\":3') WHERE facility_id = \(tx.facility)"
        )
      }
      try await app.tryRecovery(fake.hand, at: world.now)
      let said = try await lines(world.now)
      #expect(said.hasPrefix("自動の対処\n・") && said.contains("終了コード 3 で終わりました。no disk"))
      #expect(try await short(world.now) == "自動の対処「restart」: できませんでした")
      #expect(try await app.get("/alerts/\(alert.id)").body.contains("試した記録"))
    }
  }

  @Test("監視の画面は、8文までで読む")
  func statements() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (world, fake) = (World(app.now), FakeHand())
      let id = try await Self.stopped(app, world, app.watcher(world), fake.hand)
      try await app.tryRecovery(fake.hand, at: world.now)
      for path in ["/monitoring/\(id)", "/monitoring/\(id)/recovery"] {
        _ = try await app.get(path)
        let before = app.database.statementCount
        _ = try await app.get(path)
        let used = app.database.statementCount - before
        #expect(used <= 8, "\(path) \(used)")
      }
    }
  }
}
