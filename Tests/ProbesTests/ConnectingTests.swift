import Dispatch
import Glibc
import Kernel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Probes

@Suite("名前からつながるまで")
struct ConnectingTests {
  /// A prober for which every name has these addresses.
  private static func prober(_ look: @escaping @Sendable (String) throws -> [IPAddress]) -> Prober {
    Prober(
      networks: .all, group: MultiThreadedEventLoopGroup.singleton, clock: { Instant(milliseconds: 0) },
      names: Names(look: look))
  }

  /// Says on which thread it looks.
  private struct Place: Check {
    let isWeighty: Bool
    let limits: Limits

    func examine(in session: Session) async throws -> Sighting {
      Sighting([Note(key: "probes.connected", session.loop.inEventLoop ? "loop" : "elsewhere")])
    }
  }

  @Test("確かめることは接続のスレッドの上で行い、重いものだけは、ほかを待たせない所で行う", arguments: [false, true])
  func thread(isWeighty: Bool) async throws {
    let prober = Self.prober { _ in [] }
    let outcome = await prober.probe(Place(isWeighty: isWeighty, limits: try patient()))
    await prober.close()
    #expect(outcome.notes.map(\.arguments) == [[isWeighty ? "elsewhere" : "loop"]])
    let address = try HTTPAddress("https://fhir.example.jp/r4")
    let fhir = try FHIRCheck(base: address, tls: try TLSRules(), limits: try patient())
    #expect(fhir.isWeighty)
  }

  private enum Kind: CaseIterable { case tcp, smtp, dicom, http }

  @Test("住所が二つある相手は、はじめの住所が断っても、次の住所で動いている", arguments: Kind.allCases)
  private func secondAddress(kind: Kind) async throws {
    let addresses = ["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) }
    let manner =
      switch kind {
      case .tcp: FakePeer.Manner(greeting: Array("hello".utf8))
      case .smtp: FakePeer.Manner(greeting: Array("220 a\r\n".utf8), answer: { _ in Array("250 b\r\n".utf8) })
      // A refusal of the association is an answer, too.
      case .dicom: FakePeer.Manner(answer: { _ in [3, 0, 0, 0, 0, 4, 0, 2, 3, 2] })
      case .http:
        FakePeer.Manner(answer: { _ in Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8) })
      }
    // Nobody listens at 127.0.0.2.
    let peer = try await FakePeer.listening(manner)
    let target = Target(host: "two.example.jp", port: peer.port)
    let check: any Check =
      switch kind {
      case .tcp: TCPCheck(target: target, expect: "hello", limits: try patient())
      case .smtp: SMTPCheck(target: target, security: .none, tls: try TLSRules(), limits: try patient())
      case .dicom:
        DICOMCheck(target: target, called: try AETitle("A"), calling: try AETitle("B"), limits: try patient())
      case .http:
        try HTTPCheck(
          address: try HTTPAddress("http://\(target)/"), tls: try TLSRules(), limits: try patient())
      }
    let prober = Self.prober { _ in addresses }
    let outcome = await prober.probe(check, traced: true)
    await prober.close()
    try await peer.close()
    #expect(outcome.codes == (kind == .dicom ? ["associationBusy"] : []))
    #expect(outcome.trace.filter { $0.text.hasPrefix("→") }.count == 2)
  }

  @Test("どの住所も断れば、断られたと言う")
  func allRefuse() async throws {
    let peer = try await FakePeer.listening(FakePeer.Manner())
    let target = Target(host: "two.example.jp", port: peer.port)
    try await peer.close()
    let prober = Self.prober { _ in ["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) } }
    let outcome = await prober.probe(TCPCheck(target: target, limits: try patient()))
    await prober.close()
    #expect(outcome.codes == ["refusedConnection"])
  }

  @Test("名前のサーバが答えないことと、名前がないことを分ける")
  func resolver() async throws {
    let check = TCPCheck(target: try Target("ehr.example.jp:1"), limits: try patient())
    let silent = Self.prober { throw Trouble.resolverSilent($0) }
    #expect(await silent.probe(check).troubles == [.resolverSilent("ehr.example.jp")])
    await silent.close()
    let unknown = Self.prober { _ in [] }
    #expect(await unknown.probe(check).troubles == [.unknownHost("ehr.example.jp")])
    await unknown.close()
  }

  @Test("名前が引けずに時間が過ぎた確認は終わり、片付けも待たせない。あとの人の番に、去った人の名前は引かない")
  func hangingNames() async throws {
    let asked = Mutex<[String]>([])
    let gate = DispatchSemaphore(value: 0)
    let limits = try hasty()
    let prober = Self.prober { name in
      asked.withLock { $0.append(name) }
      gate.wait()
      gate.signal()
      return []
    }
    let outcomes = await withTaskGroup(of: Outcome.self) { group in
      for number in 0..<6 {
        group.addTask {
          await prober.probe(
            TCPCheck(target: Target(host: "h\(number).example.jp", port: 1), limits: limits))
        }
      }
      return await group.reduce(into: [Outcome]()) { $0.append($1) }
    }
    #expect(outcomes.allSatisfy { $0.codes == ["resolverSilent"] })
    // Returns though four threads still hang.
    await prober.close()
    gate.signal()
    #expect(asked.withLock { $0.count } == 4)
  }

  @Test("返事のない libpq や net-snmp があっても、時間は守る")
  func stuckLane() async throws {
    /// As when libpq reckons for minutes.
    final class Stuck: LaneWork {
      let gate: DispatchSemaphore
      init(_ gate: DispatchSemaphore) { self.gate = gate }
      var descriptors: [pollfd] { [] }
      var wake: NIODeadline? { nil }
      var delay: Trouble? { nil }
      func advance() throws -> Int? {
        gate.wait()
        gate.signal()
        return 1
      }
      func close() {}
    }
    let gate = DispatchSemaphore(value: 0)
    let prober = Self.prober { _ in [] }
    let session = Session(prober, try hasty(), .all, nil)
    await #expect(throws: session.outOfTime) { try await prober.databases.run(session) { Stuck(gate) } }
    gate.signal()
    await prober.close()
  }

  @Test("管のファイルを証明書として渡しても、待ち続けずに断る")
  func pipe() async throws {
    let path = "/tmp/mamorite-fifo-\(UInt64.random(in: 0 ... .max))"
    #expect(mkfifo(path, 0o600) == 0)
    let limits = try patient()
    let file = await look(CertificateCheck(path: path, rules: try TLSRules(), limits: limits))
    #expect(file.refusal == .unreadableFile(path))
    let peer = try await FakePeer.listening(FakePeer.Manner())
    let tls = await look(
      TLSCheck(target: peer.target, rules: try TLSRules(authorities: path), limits: limits))
    #expect(tls.refusal == .unreadableFile(path))
    try await peer.close()
    unlink(path)
  }
}
