import Synchronization

/// One piece of costly work at a time, taken in turn from everyone who waits: whoever asks for much waits behind their own work,
/// not in front of others.
public final class FairTurns: Sendable {
  /// So many wait already, of one sender or of all.
  public struct Full: Error {}

  private struct State {
    var isTaken = false
    var waiting: [String: [CheckedContinuation<Void, any Error>]] = [:]
    /// Who has something waiting, the next first.
    var order: [String] = []
    var count = 0
  }

  private let mostOfOne: Int
  private let mostOfAll: Int
  private let state = Mutex(State())

  public init(mostOfOne: Int, mostOfAll: Int) { (self.mostOfOne, self.mostOfAll) = (mostOfOne, mostOfAll) }

  /// How many wait.
  public var waiting: Int { state.withLock { $0.count } }

  /// Runs `body` when the turn of `sender` has come.
  ///
  /// - Throws: ``Full``, at once.
  public func inTurn<Value>(of sender: String, _ body: () async throws -> Value) async throws -> Value {
    try await take(sender)
    defer { give() }
    return try await body()
  }

  private func take(_ sender: String) async throws {
    try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
      let answer = state.withLock { state -> Result<Void, any Error>? in
        guard state.isTaken else {
          state.isTaken = true
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

  private func give() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state.order.isEmpty else {
        state.isTaken = false
        return nil
      }
      let sender = state.order.removeFirst()
      var theirs = state.waiting[sender] ?? []
      let turn = theirs.removeFirst()
      state.count -= 1
      state.waiting[sender] = theirs.isEmpty ? nil : theirs
      if !theirs.isEmpty { state.order.append(sender) }
      return turn
    }
    next?.resume()
  }
}
