import Kernel
import Testing

@testable import Probes

/// Peers that stream for ever, trickle, lie about lengths or hang up: every kind ends, and says why.
@Suite("悪い相手")
struct EvilPeerTests {
  private static let text = Array("x".utf8)
  private static let title = "ANY"

  private static func url(_ target: Target, _ path: String = "/") throws -> HTTPAddress {
    try HTTPAddress("http://\(target)\(path)")
  }

  private static func http(_ target: Target, expect: String? = nil, limits: Limits) throws -> HTTPCheck {
    try HTTPCheck(address: try url(target), expect: expect, tls: try TLSRules(), limits: limits)
  }

  private static func dicom(_ target: Target, _ limits: Limits) throws -> DICOMCheck {
    DICOMCheck(target: target, called: try AETitle(title), calling: try AETitle("ME"), limits: limits)
  }

  private static func hl7(_ target: Target, _ limits: Limits) throws -> HL7Check {
    HL7Check(
      target: target, message: try HL7Message("MSH|^~\\&|A|B|C|D|{time}||ACK|{id}|P|2.5\r"), limits: limits)
  }

  private static func flood(_ bytes: [UInt8], before: String = "") -> FakePeer.Manner {
    let chunk = Array(repeating: bytes, count: 8192 / bytes.count).flatMap { $0 }
    return FakePeer.Manner(answer: { _ in Array(before.utf8) }, flood: chunk)
  }

  // MARK: without end

  @Test("終わりなく流す相手は、決めた量で読むのをやめる (TCP)")
  func floodTCP() async throws {
    let outcome = try await look(at: Self.flood(Self.text)) {
      TCPCheck(target: $0, send: "hello", expect: "never", limits: try patient(100_000))
    }
    #expect(outcome.state == .down)
    #expect(outcome.codes == ["tooMuch"])
  }

  @Test("終わりなく流す本文は、はじめだけを読む (HTTP)", arguments: [nil, "never"])
  func floodHTTP(expect: String?) async throws {
    let outcome = try await look(at: Self.flood(Self.text, before: "HTTP/1.1 200 OK\r\n\r\n")) {
      try Self.http($0, expect: expect, limits: try patient(50_000))
    }
    #expect(outcome.state == (expect == nil ? .up : .down))
    #expect(outcome.codes == (expect == nil ? [] : ["textMissing"]))
    if expect == nil { #expect(outcome.notes.contains(Note(key: "probes.bodyCut", "50000"))) }
  }

  @Test("1 GB と名乗る本文も、はじめだけを読む (HTTP)")
  func gigabyte() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
    let outcome = try await look(at: Self.flood(Self.text, before: head)) {
      try Self.http($0, limits: try patient(10_000))
    }
    #expect(outcome.state == .up)
    #expect(outcome.notes.contains(Note(key: "probes.bodyCut", "10000")))
  }

  @Test("終わらない頭は、読むのをやめる (HTTP)")
  func endlessHead() async throws {
    let outcome = try await look(at: Self.flood(Array("X-A: b\r\n".utf8), before: "HTTP/1.1 200 OK\r\n")) {
      try Self.http($0, limits: try patient(1000))
    }
    #expect(outcome.state == .down)
    #expect(["brokenHTTP", "tooMuch"].contains(outcome.codes.first))
  }

  @Test("終わりなく流す相手は、形の外れたところでやめる (SMTP, DICOM, HL7)")
  func floodOthers() async throws {
    // A line without an end that begins well.
    let smtp = FakePeer.Manner(greeting: [UInt8](repeating: 0x32, count: 3000))
    let mail = try await look(at: smtp) {
      SMTPCheck(target: $0, security: .none, tls: try TLSRules(), limits: try patient())
    }
    #expect(mail.codes == ["brokenSMTP"])
    #expect(
      try await look(at: Self.flood(Self.text)) { try Self.dicom($0, patient()) }.codes == ["brokenDICOM"])
    let lines = Self.flood(Self.text, before: "\u{0B}MSH|")
    #expect(try await look(at: lines) { try Self.hl7($0, patient()) }.codes == ["noEndBlock"])
  }

  // MARK: one byte at a time

  private enum Dripping: CaseIterable { case tcp, http, hl7, dicom, smtp }

  @Test("少しずつ返す相手は、全体の時間で打ち切る", arguments: Dripping.allCases)
  private func drips(kind: Dripping) async throws {
    let limits = try unhurried()
    let outcome =
      switch kind {
      case .tcp:
        try await look(at: FakePeer.Manner(drips: true)) {
          TCPCheck(target: $0, expect: "never", limits: limits)
        }
      case .http:
        try await look(at: FakePeer.Manner(greeting: Array("HTTP/1.1 200 OK\r\n\r\n".utf8), drips: true)) {
          try Self.http($0, limits: limits)
        }
      case .hl7:
        try await look(at: FakePeer.Manner(greeting: [0x0B], drips: true)) { try Self.hl7($0, limits) }
      case .dicom:
        try await look(at: FakePeer.Manner(greeting: [2, 0, 0, 0, 0x40, 0], drips: true)) {
          try Self.dicom($0, limits)
        }
      case .smtp:
        try await look(at: FakePeer.Manner(flood: [0x32], drips: true)) {
          SMTPCheck(target: $0, security: .none, tls: try TLSRules(), limits: limits)
        }
      }
    #expect(outcome.codes == ["trickling"])
  }

  private enum Quiet: CaseIterable { case tcp, http, dicom, tls, database, secureDatabase, time }

  @Test("つながるのに黙ったままの相手は、電源や防火壁ではなく、黙っていると言う。TLS の前か後かも分ける", arguments: Quiet.allCases)
  private func silence(kind: Quiet) async throws {
    let (quiet, limits) = (FakePeer.Manner(), try unhurried())
    @Sendable func database(_ target: Target, _ security: PostgresCheck.Security) -> PostgresCheck {
      PostgresCheck(target: target, database: "a", user: "b", security: security, limits: limits)
    }
    let (outcome, code) =
      switch kind {
      case .tcp: (try await look(at: quiet) { TCPCheck(target: $0, expect: "x", limits: limits) }, "silent")
      case .http: (try await look(at: quiet) { try Self.http($0, limits: limits) }, "silent")
      case .dicom: (try await look(at: quiet) { try Self.dicom($0, limits) }, "silent")
      case .tls:
        (
          try await look(at: quiet) { TLSCheck(target: $0, rules: try TLSRules(), limits: limits) },
          "silentTLS"
        )
      case .database: (try await look(at: quiet) { database($0, .none) }, "silent")
      case .secureDatabase: (try await look(at: quiet) { database($0, .encrypted) }, "silentTLS")
      case .time: (try await quietDatagrams(limits), "noAnswer")
      }
    #expect(outcome.codes == [code])
  }

  private func quietDatagrams(_ limits: Limits) async throws -> Outcome {
    let peer = try await FakePeer.datagrams { _ in nil }
    let outcome = await look(try NTPCheck(target: peer.target, limits: limits))
    try await peer.close()
    return outcome
  }

  // MARK: broken

  @Test("TLS でないポートと TLS で話すと、そう言う")
  func notTLS() async throws {
    let manner = FakePeer.Manner(answer: { _ in Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) })
    let outcome = try await look(at: manner) {
      TLSCheck(target: $0, rules: try TLSRules(), limits: try patient())
    }
    #expect(outcome.codes == ["noTLS"])
  }

  @Test("答えの途中で切る相手は、切ったと言う")
  func cut() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    let manner = FakePeer.Manner(answer: { _ in Array(head.utf8) }, closesAfterAnswer: true)
    let outcome = try await look(at: manner) { try Self.http($0, limits: try patient()) }
    #expect(outcome.state == .down)
    #expect(["closedEarly", "brokenHTTP"].contains(outcome.codes.first))
    let half = FakePeer.Manner(answer: { _ in [2, 0, 0, 0] }, closesAfterAnswer: true)
    #expect(try await look(at: half) { try Self.dicom($0, patient()) }.codes == ["closedEarly"])
    let block = FakePeer.Manner(
      answer: { _ in Array("\u{0B}MSH|^~\\&|A\rMSA|AA|1".utf8) }, closesAfterAnswer: true)
    #expect(try await look(at: block) { try Self.hl7($0, patient()) }.codes == ["noEndBlock"])
  }

  @Test("断られた接続は、断られたと言う")
  func refused() async throws {
    let peer = try await FakePeer.listening(FakePeer.Manner())
    let target = peer.target
    try await peer.close()
    for check: any Check in [
      TCPCheck(target: target, limits: try patient()), try Self.http(target, limits: try patient()),
      try Self.dicom(target, patient()),
      TLSCheck(target: target, rules: try TLSRules(), limits: try patient()),
      PostgresCheck(target: target, database: "a", user: "b", limits: try patient()),
    ] {
      let outcome = await look(check)
      #expect(outcome.codes == ["refusedConnection"], "\(check)")
      #expect(!outcome.isOK)
    }
  }

  @Test("形の壊れた SNMP の答えは、数えて知らせる")
  func brokenSNMP() async throws {
    let peer = try await FakePeer.datagrams { _ in [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 2, 1] }
    let outcome = await look(
      SNMPCheck(
        target: peer.target, object: try ObjectIdentifier("1.3.6.1.2.1.1.1.0"),
        login: .v2c(community: "public"),
        limits: try unhurried()))
    try await peer.close()
    #expect(outcome.codes == ["snmpError"])
  }

  @Test("終わりなく流す PostgreSQL は、決めた量でやめる")
  func floodPostgres() async throws {
    // Signed in, and then one row of a gigabyte.
    let ready: [UInt8] =
      [0x52, 0, 0, 0, 8, 0, 0, 0, 0] + [0x5A, 0, 0, 0, 5, 0x49] + [0x54, 0, 0, 0, 6, 0, 0] + [
        0x44, 0x40, 0, 0, 0,
      ]
    let manner = FakePeer.Manner(answer: { _ in ready }, flood: [UInt8](repeating: 0x41, count: 8192))
    let outcome = try await look(at: manner) {
      PostgresCheck(target: $0, database: "a", user: "b", security: .none, limits: try patient(200_000))
    }
    #expect(outcome.state == .down)
    #expect(["tooMuch", "databaseRefused"].contains(outcome.codes.first))
  }
}
