import Kernel
import Synchronization
import Testing

@Suite("順番")
struct FairTurnsTests {
  /// What has run, in order.
  private final class Log: Sendable {
    private let all = Mutex<[String]>([])
    func add(_ text: String) { all.withLock { $0.append(text) } }
    var texts: [String] { all.withLock { $0 } }
  }

  /// Holds the turn until it is let go.
  private final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: CheckedContinuation<Void, Never>?)>((false, nil))
    func pass() async {
      await withCheckedContinuation { turn in
        let isOpen = state.withLock { state in
          if !state.isOpen { state.waiting = turn }
          return state.isOpen
        }
        if isOpen { turn.resume() }
      }
    }
    func open() {
      let waiting = state.withLock { state in
        state.isOpen = true
        return state.waiting.take()
      }
      waiting?.resume()
    }
  }

  @Test("一度に一つで、待つ人は交代で呼ばれる") func fair() async throws {
    let (turns, log, gate, entered) = (FairTurns(mostOfOne: 10, mostOfAll: 20), Log(), Gate(), Gate())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await turns.inTurn(of: "z") {
          entered.open()
          await gate.pass()
        }
      }
      await entered.pass()
      for (place, sender) in ["a", "a", "a", "b", "c"].enumerated() {
        group.addTask { try await turns.inTurn(of: sender) { log.add(sender) } }
        // Each must have taken its place before the next comes.
        while turns.waiting <= place { await Task.yield() }
      }
      gate.open()
      try await group.waitForAll()
    }
    #expect(log.texts == ["a", "b", "c", "a", "a"])
    #expect(turns.waiting == 0)
  }

  @Test("待つ人が多すぎれば、すぐに断る。ほかの人は入れる") func full() async throws {
    let (turns, gate, entered) = (FairTurns(mostOfOne: 2, mostOfAll: 3), Gate(), Gate())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await turns.inTurn(of: "a") {
          entered.open()
          await gate.pass()
        }
      }
      await entered.pass()
      for number in 1...2 {
        group.addTask { try await turns.inTurn(of: "a") {} }
        while turns.waiting < number { await Task.yield() }
      }
      await #expect(throws: FairTurns.Full.self) { try await turns.inTurn(of: "a") {} }
      group.addTask { try await turns.inTurn(of: "b") {} }
      while turns.waiting < 3 { await Task.yield() }
      await #expect(throws: FairTurns.Full.self) { try await turns.inTurn(of: "c") {} }
      gate.open()
      try await group.waitForAll()
    }
    let again = try await turns.inTurn(of: "a") { 1 }
    #expect(again == 1 && turns.waiting == 0)
  }

  @Test("いくつか同時に動いても、一人が全部は使えない") func several() async throws {
    let turns = FairTurns(mostOfOne: 5, mostOfAll: 10, atOnce: 3, mostAtOnceOfOne: 2)
    let (log, gates) = (Log(), [(Gate(), Gate()), (Gate(), Gate())])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (entered, gate) in gates {
        group.addTask {
          try await turns.inTurn(of: "slow") {
            entered.open()
            await gate.pass()
          }
        }
        await entered.pass()
      }
      group.addTask { try await turns.inTurn(of: "slow") { log.add("slow") } }
      while turns.waiting < 1 { await Task.yield() }
      // There is room for another, not for a third of the same.
      try await turns.inTurn(of: "quick") { log.add("quick") }
      #expect(log.texts == ["quick"])
      for (_, gate) in gates { gate.open() }
      try await group.waitForAll()
    }
    #expect(log.texts == ["quick", "slow"] && turns.waiting == 0)
  }
}
