import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("運用が点検の答えに言うこと")
struct SignalTests {
  private static let today = OnCallSample.day("2026-02-24")

  @Test(
    "呼ぶ順があり、当番に空きがなく、一年のうちに引き受けた呼び出しがあれば、満たす",
    arguments: [
      (1, 1, 0, "2026-02-01", .met, nil), (1, 0, 0, "2025-02-24", .met, nil),
      (1, 1, 0, "2025-02-23", .partly, "この365日に、呼び出しを引き受けた記録がありません"),
      (1, 1, 0, "", .partly, "この365日に"),
      (1, 1, 61, "2026-02-01", .partly, "これから14日のうち、呼ぶ当番がだれもいない時間が2時間あります"),
      (0, 2, 0, "2026-02-01", .partly, "当番表は2つありますが"),
    ] as [(Int, Int, Int, String, Signal.State, String?)])
  func contact(
    policies: Int, rotas: Int, nobody: Int, answer: String, state: Signal.State, concern: String?
  ) {
    let signal = ContactSignal.signal(
      policies: policies, rotas: rotas, nobodyMinutes: nobody, lastAnswer: Day(answer), on: Self.today)
    #expect(signal.state == state)
    #expect(signal.sentence(.ja) == "呼ぶ順が\(policies)つ、当番表が\(rotas)つあります。")
    #expect(signal.concern?(.ja).hasPrefix(concern ?? "?") ?? (concern == nil))
  }

  @Test("呼ぶ順と当番表があると連絡体制図に、ログの仕事があるとログの確認に、根拠が出る", arguments: Engine.available)
  func offered(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signals = Signals(app.site.features.filter { ["monitoring", "paging"].contains($0.name) })
      func said(_ concept: String) async throws -> [Signals.Said] {
        let day = app.now.day
        return try await app.scope.read { try signals(concept, $0, on: day) }
      }
      #expect(try await said("contact-chart").isEmpty)
      let (watched, recorded) = (try await said("log-monitoring"), try await said("access-log"))
      #expect(watched.isEmpty && recorded.isEmpty)
      _ = try await app.addRota("情報", members: "itStaff")
      let person = try await app.person("itStaff")
      _ = try await app.addPolicy("夜", [(0, "person:\(person)")])
      let first = try #require(try await said("contact-chart").first?.signal)
      #expect(first.state == .partly && first.ground == "policies=1 rotas=1 nobody=0 tried=0")
      let alert = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      #expect(try await app.post("/alerts/\(alert)/acknowledgement", []).status == 303)
      #expect(try await said("contact-chart").first?.signal.state == .met)
      // A job that forwards logs, of which nothing has been heard yet, and then something.
      let (_, path) = try await BeatTests.add(app, [("logs", "yes")])
      let silent = try #require(try await said("log-monitoring").first?.signal)
      #expect(silent.state == .partly && silent.ground == "jobs=1 concerns=1")
      _ = try await app.get(path, as: .nobody)
      let heard = try #require(try await said("log-monitoring").first?.signal)
      #expect(heard.ground == "jobs=1 concerns=0")
      #expect(heard.state == .partly && heard.concern?(.ja).contains("別に確かめてください") == true)
      // Whose access is recorded, such a job does not know.
      let kept = try #require(try await said("access-log").first?.signal)
      #expect(kept.state == .unknown && kept.ground == heard.ground)
      // The same job is a backup: that concept has heard of it too.
      #expect(try await said("backup-recovery").first?.signal.state == .met)
    }
  }
}
