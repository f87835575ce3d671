import Synchronization

/// Costly work, so many pieces at once, taken in turn from everyone who waits: whoever asks for much waits behind their own work,
/// not in front of others.
public final class FairTurns: Sendable {
  /// So many wait already, of one sender or of all.
  public struct Full: Error {}

  private struct State {
    var running = 0
    var runningOf: [String: Int] = [:]
    var waiting: [String: [CheckedContinuation<Void, any Error>]] = [:]
    /// Who has something waiting, the next first.
    var order: [String] = []
    var count = 0
  }

  private let mostOfOne: Int
  private let mostOfAll: Int
  private let atOnce: Int
  private let mostAtOnceOfOne: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - mostOfOne: how many of one sender may wait.
  ///   - mostOfAll: how many may wait.
  ///   - atOnce: how many run.
  ///   - mostAtOnceOfOne: how many of one sender run.
  public init(mostOfOne: Int, mostOfAll: Int, atOnce: Int = 1, mostAtOnceOfOne: Int = .max) {
    (self.mostOfOne, self.mostOfAll) = (mostOfOne, mostOfAll)
    (self.atOnce, self.mostAtOnceOfOne) = (atOnce, mostAtOnceOfOne)
  }

  /// How many wait.
  public var waiting: Int { state.withLock { $0.count } }

  /// Runs `body` when the turn of `sender` has come.
  ///
  /// - Throws: ``Full``, at once.
  public func inTurn<Value>(of sender: String, _ body: () async throws -> Value) async throws -> Value {
    try await take(sender)
    defer { give(sender) }
    return try await body()
  }

  private func take(_ sender: String) async throws {
    try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
      let answer = state.withLock { state -> Result<Void, any Error>? in
        // Whoever waits while there is room waits for their own work.
        if state.running < atOnce, state.runningOf[sender, default: 0] < mostAtOnceOfOne {
          state.running += 1
          state.runningOf[sender, default: 0] += 1
          return .success(())
        }
        let theirs = state.waiting[sender] ?? []
        guard state.count < mostOfAll, theirs.count < mostOfOne else { return .failure(Full()) }
        if theirs.isEmpty { state.order.append(sender) }
        state.waiting[sender] = theirs + [turn]
        state.count += 1
        return nil
      }
      if let answer { turn.resume(with: answer) }
    }
  }

  private func give(_ sender: String) {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      state.running -= 1
      let left = state.runningOf[sender, default: 1] - 1
      state.runningOf[sender] = left == 0 ? nil : left
      let mostAtOnce = mostAtOnceOfOne
      guard let place = state.order.firstIndex(where: { state.runningOf[$0, default: 0] < mostAtOnce }) else {
        return nil
      }
      let sender = state.order.remove(at: place)
      var theirs = state.waiting[sender] ?? []
      let turn = theirs.removeFirst()
      state.count -= 1
      state.waiting[sender] = theirs.isEmpty ? nil : theirs
      if !theirs.isEmpty { state.order.append(sender) }
      state.running += 1
      state.runningOf[sender, default: 0] += 1
      return turn
    }
    next?.resume()
  }
}
