public import Kernel
public import Storage

/// Takes due rows, runs their slice's work, and delivers messages; once a second while there is nothing to do.
///
/// What somebody waits for has a lane of its own: a backup of a quarter of an hour holds up no call and no notice.
public struct DueWork: Sendable {
  private let database: Database
  private let handlers: [String: @Sendable (DueRow, Scope) async throws -> Void]
  private let prompt: Set<String>
  private let clock: @Sendable () -> Instant
  private let note: @Sendable (_ what: String, _ facts: [String: String]) -> Void

  /// - Parameter note: takes what went wrong, for the log.
  public init(
    _ database: Database, features: [Feature], clock: @escaping @Sendable () -> Instant,
    note: @escaping @Sendable (_ what: String, _ facts: [String: String]) -> Void
  ) {
    (self.database, self.clock, self.note) = (database, clock, note)
    handlers = features.reduce(into: [:]) { $0.merge($1.due) { first, _ in first } }
    prompt = features.reduce(into: []) { $0.formUnion($1.promptKinds) }
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        await work { try await Installation(database).deliver(now: clock()) + round(.only(prompt)) }
      }
      group.addTask { await work { try await round(.except(prompt)) } }
    }
  }

  /// Runs rounds, which give how much there was to do.
  private func work(_ round: @Sendable () async throws -> Int) async {
    while !Task.isCancelled {
      var worked = 0
      do { worked = try await round() } catch is CancellationError { return } catch {
        note("queue", ["error": "\(error)"])
      }
      if worked == 0 {
        // A cancelled sleep ends the loop at its next test.
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func round(_ kinds: Installation.DueKinds) async throws -> Int {
    let rows = try await Installation(database).takeDue(kinds, now: clock())
    for row in rows {
      guard let handler = handlers[row.kind] else {
        note("no handler for a due row", ["kind": row.kind])
        continue
      }
      do {
        // Each at its own time: those before it may have taken long.
        try await handler(
          row, Scope(database, actor: .system("worker"), facility: row.facility, now: clock()))
      } catch {
        // The lease runs out and the row is taken again.
        note("due row", ["kind": row.kind, "error": "\(error)"])
      }
    }
    return rows.count
  }
}
