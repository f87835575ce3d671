import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("急ぐ仕事の列")
struct DueWorkTests {
  @Test("長い仕事の途中でも、急ぐ仕事は始まって終わる", .timeLimit(.minutes(1)), arguments: Engine.available)
  func besideALongOne(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      // The long one is taken first and ends only after the prompt one: one after the other, neither would ever end.
      let (released, release) = AsyncStream.makeStream(of: Void.self)
      let (ended, end) = AsyncStream.makeStream(of: String.self)
      var slow = Feature("slow")
      slow.due = [
        "a.long": { _, _ in
          for await _ in released { break }
          end.yield(Task.isCancelled ? "long was given up" : "long")
        }
      ]
      var prompt = Feature("prompt")
      prompt.promptKinds = ["b.prompt"]
      prompt.due = [
        "b.prompt": { _, _ in
          end.yield("prompt")
          release.yield()
        }
      ]
      try await app.scope.write { tx in
        try tx.housekeeping.setDue("a.long", "a", at: .test)
        try tx.housekeeping.setDue("b.prompt", "b", at: Instant.test.adding(minutes: 1))
      }
      let now = app.now.adding(minutes: 2)
      let work = DueWork(app.database, features: [slow, prompt], clock: { now }, note: { _, _ in })
      let seen = await withTaskGroup(of: Void.self) { group in
        group.addTask { await work.run() }
        var seen: [String] = []
        for await each in ended {
          seen.append(each)
          if seen.count == 2 { break }
        }
        group.cancelAll()
        return seen
      }
      #expect(seen == ["prompt", "long"])
    }
  }

  @Test("呼び出しとメールは急ぐ列に、控えは別の列に並ぶ")
  func kinds() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let prompt = app.site.features.reduce(into: Set<String>()) { $0.formUnion($1.promptKinds) }
      let known = app.site.features.reduce(into: Set<String>()) { $0.formUnion($1.due.keys) }
      #expect(prompt.isSuperset(of: ["page.turn", "page.send", "page.life", "mail.send"]))
      #expect(prompt.isSubset(of: known))
      let slow = known.filter { $0.hasPrefix("backups.") }
      #expect(!slow.isEmpty && prompt.isDisjoint(with: slow))
    }
  }
}
