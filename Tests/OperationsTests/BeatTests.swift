import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("仕事からの知らせを受ける")
struct BeatTests {
  /// A heartbeat by the form: its id, and the path of its address.
  static func add(_ app: TestApp, _ further: [(String, String)] = []) async throws -> (
    Monitor.ID, String
  ) {
    let answer = try await app.post(
      "/monitoring",
      [
        ("kind", "heartbeat"), ("name", "夜間の控え"), ("rhythm", "period"), ("periodMinutes", "60"),
        ("graceMinutes", "10"), ("interval", "60"), ("backup", "yes"),
      ] + further)
    #expect(answer.status == 200)
    let start = try #require(answer.body.range(of: "/beat/"))
    let token = String(answer.body[start.upperBound...].prefix(64))
    let id = try #require(try await app.scope.read { try $0.monitorLines(at: app.now) }.first?.id)
    return (id, "/beat/\(token)")
  }

  @Test("知らせが来なければ遅れ、来れば戻る", arguments: Engine.available)
  func silence(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await Self.add(app)
      let world = World(app.now)
      let watcher = app.watcher(world)
      let first = try await app.get(path, as: .nobody)
      #expect(first.status == 200)
      #expect(first.body == "OK\n")
      try await watcher.pass(3, in: world)
      #expect(try await app.condition(of: id) == .up)
      world.now = app.now.adding(minutes: 69)
      try await watcher.pass(3, in: world)
      #expect(try await app.condition(of: id) == .up)
      world.now = app.now.adding(minutes: 70)
      try await watcher.pass(3, in: world)
      #expect(try await app.condition(of: id) == .down)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff") == ["monitoring.down 夜間の控え L1"])
      _ = try await app.get(path, as: .nobody)
      try await watcher.pass(3, in: world)
      #expect(try await app.condition(of: id) == .up)
      app.now = world.now
      #expect(try await app.inbox(of: "itStaff").count == 2)
    }
  }

  @Test("終了コードと記録の終わりが残り、失敗はすぐに分かる", arguments: Engine.available)
  func failure(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await Self.add(app)
      let log = String(repeating: "x", count: 30_000) + "disk full\n"
      let answer = try await app.upload(
        "\(path)/7", field: "log", name: "a", bytes: Array(log.utf8), as: .nobody)
      #expect(answer.status == 200)
      #expect(try await app.condition(of: id) == .down)
      let page = try await app.get("/monitoring/\(id)")
      let (hasCode, hasLog) = (page.body.contains("終了コード 7"), page.body.contains("disk full"))
      #expect(hasCode && hasLog)
      let beats = try await app.scope.read { try $0.beats(of: id, limit: 5) }
      #expect(beats.map(\.signal) == [.exit(7)])
      #expect((beats.first?.log.count ?? 0) <= Beats.mostLog)
      // A new run does not mend the old one; its end does.
      app.now = app.now.adding(minutes: 1)
      _ = try await app.get("\(path)/start", as: .nobody)
      #expect(try await app.condition(of: id) == .down)
      app.now = app.now.adding(minutes: 1)
      _ = try await app.get("\(path)/0", as: .nobody)
      #expect(try await app.condition(of: id) == .up)
    }
  }

  @Test("知らない住所、知らない言葉、捨てた住所は断る")
  func unknown() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (id, path) = try await Self.add(app)
      for bad in ["/beat/abc", "/beat/\(String(repeating: "0", count: 64))", "\(path)/later", "\(path)/256"] {
        let answer = try await app.get(bad, as: .nobody)
        #expect(answer.status == 404, "\(bad)")
        #expect(answer.body.contains("新しい住所"))
      }
      let renewed = try await app.post("/monitoring/\(id)/address", [])
      #expect(renewed.status == 200)
      #expect(try await app.get(path, as: .nobody).status == 404)
    }
  }

  @Test("一度にたくさん来ても、みな残ってから答える", arguments: Engine.available)
  func crowd(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await Self.add(app)
      let hash = Secret.hash(String(path.dropFirst("/beat/".count)))
      let beats = Beats()
      let now = app.now
      let database = app.database
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<500 {
          group.addTask {
            try await beats.take(
              Beats.Report(
                tokenHash: number % 10 == 9 ? "none" : hash, signal: .success,
                at: now.adding(milliseconds: Int64(number)), address: "10.0.0.1", log: ""), database)
          }
        }
        var known = 0
        for try await isKnown in group where isKnown { known += 1 }
        #expect(known == 450)
      }
      // The oldest go now and then, not with each.
      let kept = try await app.scope.read { try $0.beats(of: id, limit: 1000) }.count
      #expect((Beats.mostKept...Beats.mostKept + 50).contains(kept))
    }
  }

  @Test("住所はハッシュでしか残らない")
  func hashed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (id, path) = try await Self.add(app)
      let token = String(path.dropFirst("/beat/".count))
      let page = try await app.get("/monitoring/\(id)")
      #expect(!page.body.contains(token))
      let entries = try await app.scope.read { try $0.history(of: "monitor:\(id)") }
      #expect(!entries.isEmpty && entries.allSatisfy { !($0.after ?? "").contains(token) })
    }
  }

  @Test("控えの知らせは、点検の根拠になる")
  func signal() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let feature = Monitoring.feature(TestApp.sealer)
      let source = try #require(feature.signals["backup-recovery"])
      let day = app.now.day
      #expect(try await app.scope.read { try source($0, day)?.state } == nil)
      let (_, path) = try await Self.add(app)
      #expect(try await app.scope.read { try source($0, day)?.state } == .partly)
      _ = try await app.get(path, as: .nobody)
      #expect(try await app.scope.read { try source($0, day)?.state } == .met)
      _ = try await app.get("\(path)/fail", as: .nobody)
      #expect(try await app.scope.read { try source($0, day)?.state } == .partly)
    }
  }
}
