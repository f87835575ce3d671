import Foundation
import Glibc
import NIOCore
import Synchronization

/// One thread for all checks of a library that brings its own sockets (net-snmp, libpq): it polls them together, so that
/// a slow target delays no other and the library is never called from two threads.
final class Lane: Sendable {
  private struct State {
    var waiting: [any LaneJob] = []
    /// The end of a pipe by which the thread is woken; -1 before it runs and after the end.
    var bell: CInt = -1
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Runs the work to its end.
  ///
  /// - Parameter make: Called on the lane's thread.
  /// - Throws: What the work throws; the session's `outOfTime` at the deadline: what ``LaneWork/delay`` last was, where it was something.
  func run<Work: LaneWork>(
    _ session: Session, _ make: @escaping @Sendable () throws -> Work
  ) async throws -> Work.Value {
    try await withCheckedThrowingContinuation { continuation in
      let answer = Once(continuation)
      // The lane ends its checks itself, unless the library reckons and does not return. The word is the same.
      let alarm = session.loop.scheduleTask(deadline: session.deadline + Lane.grace) {
        answer.give(.failure(session.outOfTime))
      }
      let job = Job(session, make) { result in
        alarm.cancel()
        answer.give(result)
      }
      let isTaken = state.withLock { state in
        guard !state.isClosed else { return false }
        if state.bell < 0 { guard start(&state) else { return false } }
        state.waiting.append(job)
        ring(state.bell)
        return true
      }
      if !isTaken { job.abandon() }
    }
  }

  /// What the lane is given to end a check of which the time is over.
  private static let grace = TimeAmount.milliseconds(200)

  func close() {
    state.withLock { state in
      state.isClosed = true
      ring(state.bell)
    }
  }

  private func start(_ state: inout State) -> Bool {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    let bell = ends[0]
    state.bell = ends[1]
    let thread = Thread { [self] in loop(bell) }
    thread.name = "mamorite.lane"
    thread.start()
    return true
  }

  private func ring(_ bell: CInt) {
    guard bell >= 0 else { return }
    var one: UInt8 = 1
    // A full pipe is rung already.
    _ = write(bell, &one, 1)
  }

  private func loop(_ bell: CInt) {
    var jobs: [any LaneJob] = []
    while true {
      let isClosed = state.withLock { state in
        jobs += state.waiting
        state.waiting = []
        if state.isClosed {
          _ = Glibc.close(state.bell)
          state.bell = -1
        }
        return state.isClosed
      }
      if isClosed { break }
      let now = NIODeadline.now()
      jobs = jobs.filter { !$0.advance(now) }
      var polled = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
      polled += jobs.flatMap { $0.descriptors }
      let wake = jobs.map(\.wake).min()
      let left = wake.map { ($0 - .now()).nanoseconds / 1_000_000 + 1 } ?? 60_000
      poll(&polled, nfds_t(polled.count), CInt(min(max(0, left), 60_000)))
      var rung = [UInt8](repeating: 0, count: 64)
      // Empty unless it was rung.
      _ = read(bell, &rung, 64)
    }
    for job in jobs { job.abandon() }
    _ = Glibc.close(bell)
  }
}

/// A continuation that is resumed by whoever comes first.
private final class Once<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

  func give(_ result: Result<Value, any Error>) {
    let waiting = continuation.withLock { kept in
      defer { kept = nil }
      return kept
    }
    waiting?.resume(with: result)
  }
}

/// Work on sockets of a library; lives on the lane's thread alone.
protocol LaneWork: AnyObject {
  associatedtype Value: Sendable
  /// What to wait for.
  var descriptors: [pollfd] { get }
  /// When to be called even though nothing came; nil for the deadline only.
  var wake: NIODeadline? { get }
  /// Goes on as far as it can without waiting.
  ///
  /// - Returns: The value at the end; nil to go on waiting.
  func advance() throws -> Value?
  /// A better word than "no answer" for a deadline that has passed; asked for after each step.
  var delay: Trouble? { get }
  func close()
}

private protocol LaneJob: Sendable {
  var descriptors: [pollfd] { get }
  var wake: NIODeadline { get }
  func advance(_ now: NIODeadline) -> Bool
  func abandon()
}

/// Made on any thread, used on the lane's alone: that is why it may call itself sendable.
private final class Job<Work: LaneWork>: LaneJob, @unchecked Sendable {
  private let session: Session
  private let make: @Sendable () throws -> Work
  private let finish: @Sendable (Result<Work.Value, any Error>) -> Void
  private var work: Work?

  init(
    _ session: Session, _ make: @escaping @Sendable () throws -> Work,
    finish: @escaping @Sendable (Result<Work.Value, any Error>) -> Void
  ) {
    (self.session, self.make, self.finish) = (session, make, finish)
  }

  var descriptors: [pollfd] { work?.descriptors ?? [] }
  var wake: NIODeadline { min(work?.wake ?? session.deadline, session.deadline) }

  func advance(_ now: NIODeadline) -> Bool {
    do {
      // Its turn came too late: whoever asked has left.
      if self.work == nil, now >= session.deadline { return end(.failure(session.outOfTime)) }
      let work = try self.work ?? make()
      self.work = work
      if let value = try work.advance() { return end(.success(value)) }
      session.expect(late: work.delay)
      if now >= session.deadline { return end(.failure(session.outOfTime)) }
      return false
    } catch {
      return end(.failure(error))
    }
  }

  func abandon() { _ = end(.failure(Trouble.failed("closed"))) }

  private func end(_ result: Result<Work.Value, any Error>) -> Bool {
    work?.close()
    work = nil
    finish(result)
    return true
  }
}
