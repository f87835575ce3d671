import Kernel
import Synchronization

/// What this process is reading and taking in at the moment.
///
/// A file is unpacked, matched and planned in memory, so only a few at a time are; the rest waits its turn.
final class ImportDesk: Sendable {
  /// How far an import has come, in rows of the file.
  struct Progress: Sendable, Equatable {
    var behind = 0
    var all = 0
  }

  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
    var running: [ID<RegisterExchange.Upload>: Progress] = [:]
  }

  /// So many may wait; a further one is asked to come back.
  private let mostWaiting: Int
  private let state: Mutex<State>

  /// - Parameter atOnce: each takes up to 300 MB for the largest file.
  init(atOnce: Int = 1, mostWaiting: Int = 6) {
    self.mostWaiting = mostWaiting
    state = Mutex(State(free: atOnce))
  }

  /// Runs `body` when its turn has come.
  ///
  /// - Throws: `ImportRefusal.tooMany` when too many wait already.
  func inTurn<T>(_ body: () async throws -> T) async throws -> T {
    let isFull = state.withLock { $0.free == 0 && $0.waiting.count >= mostWaiting }
    guard !isFull else { throw ImportRefusal.tooMany(mostWaiting) }
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
    defer {
      let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard !state.waiting.isEmpty else {
          state.free += 1
          return nil
        }
        return state.waiting.removeFirst()
      }
      next?.resume()
    }
    return try await body()
  }

  func begin(_ id: ID<RegisterExchange.Upload>) { state.withLock { $0.running[id] = Progress() } }

  func note(_ id: ID<RegisterExchange.Upload>, _ behind: Int, of all: Int) {
    state.withLock { $0.running[id] = Progress(behind: behind, all: all) }
  }

  func end(_ id: ID<RegisterExchange.Upload>) { state.withLock { $0.running[id] = nil } }

  /// nil for an import that this process does not run.
  func progress(_ id: ID<RegisterExchange.Upload>) -> Progress? { state.withLock { $0.running[id] } }
}

/// An import that was begun, as it is stored.
struct ImportRun: Sendable, Equatable {
  enum State: String, Sendable { case running, done, failed }

  let id: ID<RegisterExchange.Upload>
  let file: String
  let emptyClears: Bool
  var state: State
  let startedBy: String
  let startedAt: Instant
  /// Rows; 0 until it is done.
  var read = 0
  var added = 0
  var updated = 0
  var unchanged = 0
  var refused = 0
  /// Why it failed.
  var problem: Failure?

  /// A problem as it is stored: its code and what completes its sentence.
  struct Failure: Problem, Equatable {
    let code: String
    let arguments: [String]
    var kind: ProblemKind { .conflict }

    init(_ error: any Error) {
      if let problem = error as? any Problem {
        (code, arguments) = (problem.code, problem.arguments)
      } else {
        (code, arguments) = (ImportRefusal.interrupted.code, [])
      }
    }

    /// The stored form: the code and the arguments, a line each.
    init(stored: String) {
      let lines = stored.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      (code, arguments) = (lines[0], Array(lines.dropFirst()))
    }

    var stored: String {
      ([code] + arguments.map { $0.replacing("\n", with: " ") }).joined(separator: "\n")
    }
  }
}
