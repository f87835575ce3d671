import Glibc
import Kernel
import Synchronization
import Testing

@testable import Probes

@Suite("DNS の確認")
struct DNSTests {
  private static let id: UInt16 = 0x1234

  /// An answer to `name`, with the given records (their count is taken as said).
  private static func answer(
    _ name: String, _ type: DNSType, code: UInt8 = 0, flags: UInt8 = 0x80, count: Int = 1, _ records: [UInt8]
  ) throws -> [UInt8] {
    let query = try DNSMessage.query(id: id, name: name, type: type)
    return Array(query[0..<2]) + [flags, code, 0, 1, 0, UInt8(count), 0, 0, 0, 0] + query[12...] + records
  }

  private static func record(_ type: UInt16, _ data: [UInt8], name: [UInt8] = [0xC0, 12]) -> [UInt8] {
    name + [
      UInt8(type >> 8), UInt8(type & 0xFF), 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8),
      UInt8(data.count & 0xFF),
    ]
      + data
  }

  private static func read(_ bytes: [UInt8], _ name: String, _ type: DNSType) throws(Trouble) -> DNSMessage
    .Answer?
  {
    try DNSMessage.answer(bytes, id: id, name: name, type: type)
  }

  @Test("いろいろな記録を、いつもの書き方で読む")
  func records() throws {
    // `a.jp` stands at byte 12.
    let mail: [UInt8] = [0, 10, 4] + Array("MAIL".utf8) + [0xC0, 12]
    let soa: [UInt8] = [0xC0, 12, 1, 0x78, 0xC0, 12] + [0, 0, 0, 9] + [UInt8](repeating: 0, count: 16)
    let cases: [(DNSType, UInt16, [UInt8], String)] = [
      (.a, 1, [192, 0, 2, 5], "192.0.2.5"), (.mx, 15, mail, "10 mail.a.jp"),
      (.aaaa, 28, [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1], "2001:db8::1"),
      (.txt, 16, [2, 0x76, 0x3D, 1, 0x31], "v=1"), (.ns, 2, [1, 0x6E, 0xC0, 12], "n.a.jp"),
      (.srv, 33, [0, 1, 0, 2, 1, 0x85, 1, 0x64, 0xC0, 12], "1 2 389 d.a.jp"), (.soa, 6, soa, "a.jp x.a.jp 9"),
      (.cname, 5, [3, 0x61, 0x2E, 0x62, 0], "a\\046b"),
    ]
    for (type, number, data, text) in cases {
      let bytes = try Self.answer("a.jp", type, Self.record(number, data))
      #expect(try Self.read(bytes, "A.JP.", type)?.records == [text], "\(type)")
    }
    // What is asked for is picked out of a chain.
    let chain = Self.record(5, [1, 0x62, 0xC0, 12]) + Self.record(1, [192, 0, 2, 5])
    #expect(try Self.read(Self.answer("a.jp", .a, count: 2, chain), "a.jp", .a)?.records == ["192.0.2.5"])
  }

  @Test("指す先が輪になる名前や、長すぎる名前で止まらない")
  func loops() throws {
    // To itself, forward, in a circle by way of a label, and to a place that is not there.
    let pointers: [[UInt8]] = [
      [0xC0, 22], [0xC0, 40], [1, 0x61, 0xC0, 22], [0xFF, 0xFF], [0x80, 1], [63],
    ]
    for pointer in pointers {
      let bytes = try Self.answer("a.jp", .a, Self.record(1, [192, 0, 2, 5], name: pointer))
      do {
        _ = try Self.read(bytes, "a.jp", .a)
        Issue.record("taken: \(pointer)")
      } catch {
        #expect(error.code == "probes.brokenDNS", "\(pointer)")
      }
    }
    // Each pointer leads back, but the name they make is too long.
    var long: [UInt8] = [0]
    var start = 0
    for _ in 0..<6 {
      let here = long.count
      long += [60] + [UInt8](repeating: 0x61, count: 60) + [0xC0 | UInt8(start >> 8), UInt8(start & 0xFF)]
      start = here
    }
    var place = start
    #expect(throws: Trouble.brokenDNS("name > 255")) { try DNSMessage.readName(long, &place) }
  }

  @Test("途中で終わる答えを、どこで切れていても壊れていると言う")
  func cutAnywhere() throws {
    let whole = try Self.answer("a.jp", .mx, Self.record(15, [0, 10, 1, 0x6D, 0xC0, 12]))
    for length in 12..<whole.count {
      #expect(throws: Trouble.self, "\(length)") { try Self.read(Array(whole[..<length]), "a.jp", .mx) }
    }
    #expect(try Self.read(whole, "a.jp", .mx)?.records == ["10 m.a.jp"])
  }

  @Test("別の問いへの答えは、聞かなかったことにする")
  func others() throws {
    let right = try Self.answer("a.jp", .a, Self.record(1, [192, 0, 2, 5]))
    var otherID = right
    otherID[1] ^= 1
    #expect(try Self.read(otherID, "a.jp", .a) == nil)
    #expect(try Self.read(right, "b.jp", .a) == nil)
    #expect(try Self.read(right, "a.jp", .aaaa) == nil)
    #expect(try Self.read(DNSMessage.query(id: Self.id, name: "a.jp", type: .a), "a.jp", .a) == nil)
  }

  @Test("輪を返すサーバには、壊れていると言う")
  func evilServer() async throws {
    let peer = try await FakePeer.datagrams { query in
      Array(query[0..<2]) + [0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0] + query[12...] + [
        0xC0, UInt8(query.count), 0, 1,
      ]
    }
    let outcome = await look(
      try DNSCheck(name: "ehr.example.jp", type: .a, server: peer.target, limits: try patient()))
    try await peer.close()
    #expect(outcome.codes == ["brokenDNS"])
  }

  @Test("聞く名前と、さかさまの名前")
  func names() throws {
    let limits = try Limits()
    #expect(try DNSCheck(name: "192.0.2.5", type: .ptr, limits: limits).name == "5.2.0.192.in-addr.arpa")
    #expect(
      try DNSCheck(name: "2001:db8::1", type: .ptr, limits: limits).name
        == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    for name in ["a..b", String(repeating: "a", count: 64), String(repeating: "a.", count: 130)] {
      #expect(throws: Trouble.self) { try DNSCheck(name: name, type: .a, limits: limits) }
    }
  }
}

@Suite("NTP の確認")
struct NTPTests {
  private static let mark: UInt64 = 0x0102_0304_0506_0708
  /// 2026-11-21 01:42:00 UTC, in seconds since 1970 and since 1900.
  private static let now = 1_795_225_320.0
  private static let now1900 = UInt64(1_795_225_320 + 2_208_988_800)

  private static func answer(
    first: UInt8 = 0x24, stratum: UInt8 = 2, mark: UInt64 = mark, received: UInt64, transmitted: UInt64
  ) -> [UInt8] {
    func bytes(_ value: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
    var head: [UInt8] = [first, stratum] + [UInt8](repeating: 0, count: 22)
    if stratum == 0 { head.replaceSubrange(12..<16, with: Array("RATE".utf8)) }
    return head + bytes(mark) + bytes(received) + bytes(transmitted)
  }

  @Test("ずれと往復の時間を、二つの時刻から出す")
  func offset() throws {
    // The server is 2.5 s ahead; the way takes 0.25 s each, the server 0.5 s.
    let received = (Self.now1900 + 2) << 32 + 3 << 30
    let transmitted = (Self.now1900 + 3) << 32 + 1 << 30
    let reading = try #require(
      try NTPReading(Self.answer(received: received, transmitted: transmitted), mark: Self.mark))
    let (offset, delay) = reading.offset(sent: Self.now, came: Self.now + 1)
    #expect(abs(offset - 2.5) < 0.001 && abs(delay - 0.5) < 0.001)
  }

  @Test("2036年に一周する時刻を、近い方に読む")
  func era() throws {
    // 2040-01-01 in the second era.
    let ours = 2_208_988_800.0
    let theirs = UInt64(4_417_977_600 - 4_294_967_296) << 32
    let reading = try #require(
      try NTPReading(Self.answer(received: theirs, transmitted: theirs), mark: Self.mark))
    #expect(abs(reading.offset(sent: ours, came: ours).offset) < 0.001)
  }

  @Test("使えない答えを、わけに分ける")
  func refused() throws {
    let moment = Self.now1900 << 32
    func read(_ bytes: [UInt8]) throws(Trouble) -> NTPReading? { try NTPReading(bytes, mark: Self.mark) }
    func answer(_ first: UInt8, _ stratum: UInt8) -> [UInt8] {
      Self.answer(first: first, stratum: stratum, received: moment, transmitted: moment)
    }
    #expect(throws: Trouble.ntpRefused("RATE")) { try read(answer(0x24, 0)) }
    #expect(throws: Trouble.unsynchronised()) { try read(answer(0xE4, 2)) }
    #expect(throws: Trouble.unsynchronised()) { try read(answer(0x24, 16)) }
    #expect(throws: Trouble.brokenNTP("mode 3")) { try read(answer(0x23, 2)) }
    #expect(throws: Trouble.brokenNTP("47 bytes")) { try read(Array(answer(0x24, 2).dropLast())) }
    #expect(try read(Self.answer(mark: 1, received: moment, transmitted: moment)) == nil)
  }

  @Test(
    "しきい値は、進みにも遅れにも効く",
    arguments: [(999.0, ProbeState.up), (-1000, .slow), (59_999, .slow), (-60_000, .down)])
  func thresholds(offsetMs: Double, state: ProbeState) throws {
    let check = try NTPCheck(target: try Target("a:123"), limits: try Limits())
    do {
      let sighting = try check.judged(offsetMs: offsetMs, delayMs: 1, stratum: 2)
      #expect((sighting.doubts.map(\.level).max() ?? .up) == state)
    } catch {
      #expect(state == .down && error.code == "probes.clockOff")
    }
  }
}

extension NTPTests {
  @Test("送り直したときは、答えられた方の問いから測る")
  func resent() async throws {
    let questions = Mutex<[[UInt8]]>([])
    // The first question is kept back and answered when the second comes, a second later.
    let server = try await FakePeer.datagrams { question in
      let all = questions.withLock { kept in
        kept.append(Array(question[40..<48]))
        return kept
      }
      guard all.count >= 2 else { return nil }
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      let now = UInt64(time.tv_sec + 2_208_988_800) << 32
      return Self.answer(mark: all[0].reduce(0) { $0 << 8 | UInt64($1) }, received: now, transmitted: now)
    }
    let outcome = await look(try NTPCheck(target: server.target, limits: try patient()))
    try await server.close()
    // A slow machine asks a third time before the answer has come through.
    #expect(Set(questions.withLock { $0 }).count >= 2)
    // From the first sending to the answer; the server's clock has whole seconds here.
    #expect(outcome.milliseconds >= 990 && outcome.troubles.allSatisfy { $0.code == "probes.clockOff" })
  }
}

@Suite("ping の確認")
struct ICMPTests {
  @Test("送れない相手が一つあっても、ほかの相手への ping は続く")
  func afterFailure() async throws {
    let prober = Prober(networks: .all, clock: { Instant(milliseconds: 0) })
    func ping(_ host: String) async throws -> Outcome {
      await prober.probe(try ICMPCheck(host: host, count: 1, limits: try patient()))
    }
    let first = try await ping("127.0.0.1")
    // Without the right to ping it must at least be a refusal, not a target that is down.
    if first.codes != ["noPingRight"] {
      #expect(first.state == .up)
      // Broadcasting takes a right of its own (EACCES); where there is no network at all, there is no way (ENETUNREACH).
      #expect(try await ping("255.255.255.255").codes == ["noRoute"])
      #expect(try await ping("127.0.0.1").state == .up)
    } else {
      #expect(first.refusal == .noPingRight())
    }
    await prober.close()
  }

  @Test("送る形と、返る形")
  func packets() {
    let packet = EchoPacket(number: 0x0102, mark: 0x0A0B_0C0D_0E0F_1011)
    let request = packet.request(isV6: false)
    // The checksum of a whole packet with its checksum in place is zero (RFC 1071).
    #expect(request[0] == 8 && EchoPacket.checksum(request) == 0)
    var reply = request
    reply[0] = 0
    #expect(EchoPacket(reply: reply, isV6: false, hasHeader: false) == packet)
    let header: [UInt8] = [0x46] + [UInt8](repeating: 0, count: 23)
    #expect(EchoPacket(reply: header + reply, isV6: false, hasHeader: true) == packet)
    #expect(EchoPacket(reply: request, isV6: false, hasHeader: false) == nil)
    for length in 0..<(24 + 16) {
      #expect(EchoPacket(reply: Array((header + reply)[..<length]), isV6: false, hasHeader: true) == nil)
    }
  }

  @Test("すべて返れば動いている、いくつか欠ければ遅い、一つも返らなければ止まっている")
  func judged() throws {
    let check = try ICMPCheck(host: "192.0.2.1", count: 3, limits: try Limits(timeoutMs: 2000))
    let address = try #require(IPAddress("192.0.2.1"))
    #expect(try check.judged([1, 2, 3], address).doubts.isEmpty)
    let some = try check.judged([2, 4], address)
    #expect(some.doubts.map(\.level) == [.slow] && some.doubts.map(\.trouble) == [.pingsLost(1, 3)])
    #expect(some.milliseconds == 3)
    #expect(throws: Trouble.noAnswer("192.0.2.1", 2000)) { try check.judged([], address) }
  }
}
