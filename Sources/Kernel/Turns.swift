import Synchronization

/// Lets so many pieces of work run at once; the others wait, first come first served, without holding a thread.
public final class Turns: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  public init(atOnce: Int) { state = Mutex(State(free: atOnce)) }

  /// How many wait.
  public var waiting: Int { state.withLock { $0.waiting.count } }

  /// Whether the next one would have to wait.
  public var isTaken: Bool { state.withLock { $0.free == 0 } }

  /// Runs `body` when its turn has come.
  public func inTurn<Value, Failure: Error>(
    _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await take()
    defer { give() }
    return try await body()
  }

  private func take() async {
    await withCheckedContinuation { (turn: CheckedContinuation<Void, Never>) in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(turn)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { turn.resume() }
    }
  }

  private func give() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
