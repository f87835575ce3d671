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

  /// So many may wait; a further one is asked to come back.
  private let mostWaiting: Int
  private let turns: Turns
  private let running = Mutex<[ID<RegisterExchange.Upload>: Progress]>([:])

  /// - Parameter atOnce: each takes up to 300 MB for the largest file.
  init(atOnce: Int = 1, mostWaiting: Int = 6) {
    self.mostWaiting = mostWaiting
    turns = Turns(atOnce: atOnce)
  }

  /// Runs `body` when its turn has come.
  ///
  /// - Throws: `ImportRefusal.tooMany` when too many wait already.
  func inTurn<T>(_ body: () async throws -> T) async throws -> T {
    guard !turns.isTaken || turns.waiting < mostWaiting else { throw ImportRefusal.tooMany(mostWaiting) }
    return try await turns.inTurn(body)
  }

  func begin(_ id: ID<RegisterExchange.Upload>) { running.withLock { $0[id] = Progress() } }

  func note(_ id: ID<RegisterExchange.Upload>, _ behind: Int, of all: Int) {
    running.withLock { $0[id] = Progress(behind: behind, all: all) }
  }

  func end(_ id: ID<RegisterExchange.Upload>) { running.withLock { $0[id] = nil } }

  /// nil for an import that this process does not run.
  func progress(_ id: ID<RegisterExchange.Upload>) -> Progress? { running.withLock { $0[id] } }
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
