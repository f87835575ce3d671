import Glibc
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One run of one check: its deadline, its trace, and the way to the target.
public final class Session: Sendable {
  let prober: Prober
  let limits: Limits
  let trace: Trace?
  let networks: Networks
  let loop: any EventLoop
  let deadline: NIODeadline
  private let state = Mutex(State())

  private struct State {
    /// The place that is talked to just now, for words.
    var place = ""
    var phase = Phase.connecting
    var received = 0
    /// Of it, from ``place``.
    var receivedHere = 0
    var notes: [Note] = []
    /// What to say when the time is over, where somebody knows better than the phase.
    var late: Trouble?
  }

  /// How far it has come, for the words when the time is over.
  enum Phase: Sendable { case connecting, securing, talking }

  init(_ prober: Prober, _ limits: Limits, _ networks: Networks, _ trace: Trace?) {
    (self.prober, self.limits, self.networks, self.trace) = (prober, limits, networks, trace)
    loop = prober.group.next()
    deadline = .now() + .milliseconds(Int64(limits.timeoutMs))
  }

  var now: Instant { prober.clock() }
  var place: String { state.withLock { $0.place } }
  /// What was seen before the target turned out to be down.
  var notes: [Note] { state.withLock { $0.notes } }

  func see(_ notes: [Note]) { state.withLock { $0.notes += notes } }

  /// Says what the word is to be when the time is over; nil for what the phase says.
  func expect(late: Trouble?) { state.withLock { $0.late = late } }

  func enter(_ phase: Phase) { state.withLock { $0.phase = phase } }

  /// Counts what came in.
  ///
  /// - Parameter room: Bytes beyond the limit for what is not the answer proper.
  /// - Throws: `Trouble.tooMuch` beyond the limit.
  func count(_ bytes: Int, room: Int = 0) throws(Trouble) {
    let (total, place) = state.withLock { state in
      state.received += bytes
      state.receivedHere += bytes
      return (state.received, state.place)
    }
    if total > limits.mostBytes + room { throw .tooMuch(place, limits.mostBytes) }
  }

  /// The time is over.
  var outOfTime: Trouble {
    let (state, time) = (state.withLock { $0 }, limits.timeoutMs)
    if let late = state.late { return late }
    guard state.receivedHere == 0 else { return .trickling(state.place, time, state.receivedHere) }
    return switch state.phase {
    case .connecting: .noAnswer(state.place, time)
    case .securing: .silentTLS(state.place, time)
    case .talking: .silent(state.place, time)
    }
  }

  var closedEarly: Trouble {
    let (received, place) = state.withLock { ($0.receivedHere, $0.place) }
    return .closedEarly(place, received)
  }

  /// The future's value; `late`, or ``outOfTime``, when the deadline comes first.
  func bounded<Value: Sendable>(
    _ future: EventLoopFuture<Value>, late: Trouble? = nil
  ) async throws -> Value {
    let promise = future.eventLoop.makePromise(of: Value.self)
    let alarm = future.eventLoop.scheduleTask(deadline: deadline) { promise.fail(late ?? self.outOfTime) }
    future.whenComplete { result in
      alarm.cancel()
      promise.completeWith(result)
    }
    return try await promise.futureResult.get()
  }

  /// The addresses of a host that this check may reach, at most four.
  func addresses(of target: Target) async throws -> [IPAddress] {
    state.withLock { ($0.place, $0.phase, $0.receivedHere) = (target.description, .connecting, 0) }
    let found: [IPAddress]
    if let address = IPAddress(target.host) {
      found = [address]
    } else {
      let lookup = prober.names.addresses(of: target.host, on: loop, until: deadline)
      found = try await bounded(lookup, late: .resolverSilent(target.host))
      trace?.add(.note, text: "\(target.host) = \(found.map(\.description).joined(separator: ", "))")
    }
    guard !found.isEmpty else { throw Trouble.unknownHost(target.host) }
    let wanted = found.filter { limits.family == .any || $0.isV6 == (limits.family == .v6) }
    guard !wanted.isEmpty else { throw Trouble.noSuchFamily(target.host, limits.family.rawValue) }
    let allowed = wanted.filter(networks.contains)
    guard !allowed.isEmpty else { throw Trouble.outsideNetworks(wanted[0].description) }
    return Array(allowed.prefix(4))
  }

  /// A connection to the first address that takes one.
  ///
  /// - Parameter prepare: Fills the pipeline; on the event loop, before the connection is made.
  func connect<Value: Sendable>(
    to target: Target, prepare: @escaping @Sendable (any Channel) throws -> Value
  ) async throws -> (channel: any Channel, value: Value) {
    let addresses = try await addresses(of: target)
    var failure: any Error = outOfTime
    for (index, address) in addresses.enumerated() {
      let left = deadline - .now()
      guard left > .nanoseconds(0) else { throw outOfTime }
      trace?.add(.note, text: "→ \(address) \(target.port)")
      let share = TimeAmount.nanoseconds(left.nanoseconds / Int64(addresses.count - index))
      enter(.connecting)
      do {
        return try await ClientBootstrap(group: loop)
          .connectTimeout(share)
          .channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .connect(to: try address.socketAddress(port: target.port)) { channel in
            channel.eventLoop.makeCompletedFuture { (channel, try prepare(channel)) }
          }
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// The reason in words a person can use.
  func trouble(of error: any Error) -> Trouble {
    switch error {
    case let trouble as Trouble: return trouble
    case is ChannelError where (error as? ChannelError) == .eof: return closedEarly
    case ChannelError.connectTimeout: return outOfTime
    case let error as IOError: return trouble(errno: error.errnoCode, error.localizedWords)
    case let error as NIOConnectionError:
      return error.connectionErrors.first.map { trouble(of: $0.error) } ?? .noRoute(place, "")
    case let error as NIOSSLError:
      if case .uncleanShutdown = error { return closedEarly }
      return .noTLS(place, tlsWords(error))
    case let error as BoringSSLError: return .noTLS(place, "\(error)")
    case let error as HTTPParserError: return .brokenHTTP("\(error)")
    default: return .failed("\(error)")
    }
  }

  private func trouble(errno code: CInt, _ words: String) -> Trouble {
    switch code {
    case ECONNREFUSED: .refusedConnection(place)
    case ECONNRESET, EPIPE: closedEarly
    case ETIMEDOUT: outOfTime
    case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EACCES, EPERM: .noRoute(place, words)
    default: .failed(words)
    }
  }

  private func tlsWords(_ error: NIOSSLError) -> String {
    if case .handshakeFailed(let reason) = error { return "\(reason)" }
    return "\(error)"
  }
}

extension IOError {
  var localizedWords: String { String(cString: strerror(errnoCode)) }
}
