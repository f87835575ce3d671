import Kernel
import NIOPosix
import Synchronization
import Testing

@testable import Probes

@Suite("SNMP v3 の相手")
struct AgentTests {
  private static func sequence(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let body = parts.flatMap { $0 }
    return [tag, 0x82, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
  }

  /// The report by which an agent tells its number (RFC 3414 §4) to whoever asked in `question`.
  private static func report(to question: [UInt8], engine: [UInt8]) -> [UInt8]? {
    // Version 3, then the header with its first number, that of the message.
    guard let place = question.indices.first(where: { question[$0...].starts(with: [2, 1, 3, 0x30]) }),
      place + 12 < question.count
    else { return nil }
    // A length is one byte, or its first byte says in how many more it stands.
    let long = question[place + 4] > 0x80 ? Int(question[place + 4] & 0x7F) : 0
    let start = place + 5 + long
    let number = Array(question[start..<start + 2 + Int(question[start + 1])])
    let small: [UInt8] = [2, 1, 0]
    let unknownEngine: [UInt8] = [6, 10, 0x2B, 6, 1, 6, 3, 15, 1, 1, 4, 0]
    let security = sequence(
      0x30, [4, UInt8(engine.count)] + engine, [2, 1, 1], [2, 1, 1], [4, 0], [4, 0], [4, 0])
    let report = sequence(
      0xA8, [2, 1, 1], small, small, sequence(0x30, sequence(0x30, unknownEngine, [0x41, 1, 1])))
    return sequence(
      0x30, [2, 1, 3], sequence(0x30, number, [2, 2, 0x7F, 0x7F], [4, 1, 0], [2, 1, 3]),
      sequence(4, security),
      sequence(0x30, [4, UInt8(engine.count)] + engine, [4, 0], report))
  }

  /// Tells its number to the first question and is silent from then on.
  private final class Agent: Sendable {
    let came = Mutex(0)
    let named = Mutex(0)
    let engine: [UInt8]

    init(engine: [UInt8]) { self.engine = engine }

    func peer() async throws -> FakePeer {
      try await FakePeer.datagrams { [self] question in
        let count = came.withLock { count in
          count += 1
          return count
        }
        // Who asks for an engine's name says no user's.
        if question.firstRange(of: Array("watcher".utf8)) != nil { named.withLock { $0 += 1 } }
        return count == 1 ? AgentTests.report(to: question, engine: engine) : nil
      }
    }
  }

  @Test("同じ相手を二つの住所で確かめても、利用者の鍵は順番に使う")
  func turns() async throws {
    let engine: [UInt8] = [0x80, 0, 0x1F, 0x88, 4] + Array("mamorite".utf8)
    let (one, other) = (Agent(engine: engine), Agent(engine: engine))
    let (first, second) = (try await one.peer(), try await other.peer())
    let prober = Prober(networks: .all, clock: { Instant(milliseconds: 0) })
    func check(_ target: Target, _ limits: Limits) throws -> SNMPCheck {
      SNMPCheck(
        target: target, object: try ObjectIdentifier("1.3.6.1.2.1.1.1.0"),
        login: .v3(user: "watcher", authentication: nil, privacy: nil), limits: limits)
    }
    let long = try check(first.target, unhurried())
    let running = Task { await prober.probe(long, traced: true) }
    // The first has its turn once it asks for the value itself.
    while one.named.withLock({ $0 }) < 1 { await Task.yield() }
    let outcome = await prober.probe(try check(second.target, hasty()), traced: true)
    #expect(outcome.trace.contains { $0.way == .received })
    #expect(other.named.withLock { $0 } == 0)
    let all = await running.value
    #expect(all.trace.map(\.way) == [.sent, .received, .sent])
    await prober.close()
    try await first.close()
    try await second.close()
  }
}
