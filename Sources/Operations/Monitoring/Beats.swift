import Kernel
import Storage
import Synchronization
import Web

/// Takes what jobs report, many at a time: everything that comes while a transaction is under way goes with the next, and
/// whoever reports is answered when it lies in the database.
final class Beats: Sendable {
  /// One report.
  struct Report: Sendable {
    let tokenHash: String
    let signal: BeatSignal
    let at: Instant
    let address: String
    let log: String
    /// How many of this job were turned away since the last one that was let in.
    var refusedBefore = 0
  }

  private struct Queue {
    var waiting: [(report: Report, answer: CheckedContinuation<Bool, any Error>)] = []
    var bytes = 0
    var isWriting = false
  }

  /// More than this wait for nobody: the caller is told to come again.
  static let mostWaiting = 20_000
  /// Bytes of logs that wait at most.
  static let mostBytesWaiting = 32 << 20
  /// Of each job so many reports are kept, and the logs of so many.
  static let (mostKept, mostLogsKept) = (200, 30)
  /// Whether the oldest reports of a job are thrown away with one that comes at `moment`: about every tenth time.
  static func isTimeToForget(_ moment: Instant?) -> Bool {
    moment.map { ($0.milliseconds / 7) % 10 == 0 } ?? false
  }
  /// Of a log so much is kept.
  static let mostLog = 10_000

  private let queue = Mutex(Queue())
  private let limit = Mutex(BeatLimit())
  private let definitions = BeatDefinitions()

  /// Whether one more call of an address is let in (``BeatLimit/take(_:at:)``).
  func admit(_ tokenHash: String, at now: Instant) -> Int? { limit.withLock { $0.take(tokenHash, at: now) } }

  /// Keeps a report. Gives false when its address is not known.
  ///
  /// - Throws: `WebProblem.tooManyRequests` when far more come than can be written.
  func take(_ report: Report, _ database: Database) async throws -> Bool {
    try await withCheckedThrowingContinuation { answer in
      let (begins, isFull) = queue.withLock { queue in
        let bytes = queue.bytes + report.log.utf8.count
        guard queue.waiting.count < Beats.mostWaiting, bytes <= Beats.mostBytesWaiting else {
          return (false, true)
        }
        queue.waiting.append((report, answer))
        queue.bytes = bytes
        defer { queue.isWriting = true }
        return (!queue.isWriting, false)
      }
      if isFull { return answer.resume(throwing: WebProblem.tooManyRequests) }
      if begins { Task { await self.writeAll(database) } }
    }
  }

  private func writeAll(_ database: Database) async {
    while true {
      let batch = queue.withLock { queue in
        defer { (queue.waiting, queue.bytes) = ([], 0) }
        if queue.waiting.isEmpty { queue.isWriting = false }
        return queue.waiting
      }
      guard let last = batch.last else { return }
      let (reports, definitions) = (batch.map(\.report), definitions)
      do {
        let known = try await Installation(database).keep(now: last.report.at) {
          try $0.keep(reports, definitions)
        }
        for (each, isKnown) in zip(batch, known) { each.answer.resume(returning: isKnown) }
      } catch {
        for each in batch { each.answer.resume(throwing: error) }
      }
    }
  }

  /// Why a job's condition is what it is, in words of the catalog.
  static func problem(of standing: Heartbeat.Standing, _ heard: Heartbeat.Heard) -> StoredMonitor
    .StoredProblem?
  {
    switch standing {
    case .waiting, .well, .running: nil
    case .failed:
      heard.exitCode.map { .init(code: BeatTrouble.exited($0).code, arguments: ["\($0)"]) }
        ?? .init(code: BeatTrouble.reported.code, arguments: [])
    case .late:
      if heard.startedAt != nil {
        .init(code: BeatTrouble.unfinished.code, arguments: [])
      } else if heard.successAt == nil {
        .init(code: BeatTrouble.never.code, arguments: [])
      } else {
        .init(code: BeatTrouble.silent.code, arguments: [])
      }
    }
  }
}

/// Definitions of jobs that have been read, by their text: reading one takes longer than keeping a report.
final class BeatDefinitions: Sendable {
  /// More are not remembered; those that are go all at once.
  static let most = 5_000

  private let read = Mutex<[String: Monitor]>([:])

  /// The monitor of a definition, ``MonitorText/monitor(_:isPaused:)``.
  func monitor(_ json: String, isPaused: Bool) throws -> Monitor {
    if var known = read.withLock({ $0[json] }) {
      known.isPaused = isPaused
      return known
    }
    let monitor = try MonitorText.monitor(json, isPaused: isPaused)
    read.withLock { read in
      if read.count >= BeatDefinitions.most { read = [:] }
      read[json] = monitor
    }
    return monitor
  }
}

/// What is wrong with a job that reports by itself.
enum BeatTrouble: Problem, Equatable {
  case exited(Int)
  case reported, unfinished, never, silent

  var code: String { "beats.\(caseName)" }
  var kind: ProblemKind { .unavailable }
}
