import Kernel
import Testing

@testable import Probes

@Suite("SMTP の確認")
struct SMTPTests {
  @Test("あいさつして帰る")
  func greets() throws {
    let answers = "220 mx.example.jp ESMTP\r\n250-mx.example.jp\r\n250-SIZE 1000\r\n250 HELP\r\n221 bye\r\n"
    let (said, banner) = try told(Greetings(startsTLS: false), Array(answers.utf8))
    #expect(banner == "220 mx.example.jp ESMTP")
    #expect(String(decoding: said, as: UTF8.self) == "EHLO mamorite.invalid\r\nQUIT\r\n")
  }

  @Test("STARTTLS を知らないサーバと、断るサーバを分ける")
  func refused() {
    #expect(throws: Trouble.noStartTLS()) {
      try told(Greetings(startsTLS: true), Array("220 a\r\n250-b\r\n250 SIZE\r\n".utf8))
    }
    #expect(throws: Trouble.smtpRefused("554 no service")) {
      try told(Greetings(startsTLS: false), Array("554 no service\r\n".utf8))
    }
    #expect(throws: Trouble.brokenSMTP("SSH-2.0-x")) {
      try told(Greetings(startsTLS: false), Array("SSH-2.0-x\r\n".utf8))
    }
    let endless = String(repeating: "220-x\r\n", count: 101)
    #expect(throws: Trouble.brokenSMTP("> 100")) {
      try told(Greetings(startsTLS: false), Array(endless.utf8))
    }
  }

  @Test("暗号の前に紛れ込ませた言葉を、受け取らない")
  func injected() throws {
    var talk = Greetings(startsTLS: true)
    _ = talk.begin()
    _ = try talk.hear(Array("220 a\r\n".utf8))
    // The server lists its offers on further lines.
    #expect(
      String(decoding: try talk.hear(Array("250-a\r\n250 STARTTLS\r\n".utf8)).say, as: UTF8.self)
        == "STARTTLS\r\n")
    #expect(throws: Trouble.brokenSMTP("STARTTLS")) { try talk.hear(Array("220 go\r\n250 fake\r\n".utf8)) }
  }
}

@Suite("言葉のやりとり")
struct SendExpectTests {
  @Test("どこで切れて届いても見つける")
  func found() throws {
    let (said, bytes) = try told(
      SendExpect(send: Array("PING\r\n".utf8), expect: Array("PONG".utf8), shown: "PONG"),
      Array("+PPONG\r\n".utf8))
    #expect(said == Array("PING\r\n".utf8) && bytes == 6)
  }

  @Test("字でないバイトも、そのまま送って待つ")
  func bytes() async throws {
    let manner = FakePeer.Manner(answer: { $0 == [0xFF, 0x00] ? [0x80, 0xFE] : [0x3F] })
    let outcome = try await look(at: manner) {
      TCPCheck(target: $0, sending: [0xFF, 0x00], expecting: [0xFE], limits: try patient())
    }
    #expect(outcome.state == .up)
  }

  @Test("送りも待ちもしなければ、つながったところで終わる")
  func connected() throws {
    let (said, bytes) = try told(SendExpect(send: nil, expect: nil, shown: ""), [])
    #expect(said.isEmpty && bytes == 0)
  }

  @Test("見つからないまま切られたら、読んだ量を言う")
  func missing() throws {
    var talk = SendExpect(send: nil, expect: Array("PONG".utf8), shown: "PONG")
    _ = talk.begin()
    _ = talk.hear(Array("PON".utf8))
    #expect(throws: Trouble.textMissing("PONG", 3)) { try talk.closed() }
  }
}

@Suite("結果の重さ")
struct OutcomeTests {
  private func weighed(
    _ elapsedMs: Double, slowMs: Int? = nil, downMs: Int? = nil,
    _ doubts: [(level: ProbeState, trouble: Trouble)] = []
  ) throws -> Outcome {
    .weighed(
      Sighting(doubts: doubts), after: elapsedMs, limits: try Limits(slowMs: slowMs, downMs: downMs),
      trace: [])
  }

  @Test("かかった時間のめやすは、その値から効く")
  func time() throws {
    #expect(try weighed(99.9, slowMs: 100, downMs: 200).state == .up)
    #expect(try weighed(100, slowMs: 100, downMs: 200).troubles == [.late("100.0", "100")])
    #expect(try weighed(100, slowMs: 100, downMs: 200).state == .slow)
    #expect(try weighed(200, slowMs: 100, downMs: 200).state == .down)
    #expect(try weighed(5000).state == .up)
  }

  @Test("いちばん重いものが状態になり、先に言われる")
  func heaviest() throws {
    let outcome = try weighed(
      500, slowMs: 100, [(.slow, .pingsLost(1, 3)), (.down, .snmpNoSuch("1.3"))])
    #expect(outcome.state == .down && !outcome.isOK)
    #expect(outcome.troubles == [.snmpNoSuch("1.3"), .pingsLost(1, 3), .late("500.0", "100")])
  }

  @Test("SNMP のしきい値は、越えたときだけ効く")
  func bounds() {
    func levels(_ text: String, _ bounds: SNMPCheck.Bounds) -> [ProbeState] {
      bounds.doubts(about: SNMPValue(text: text, number: Double(text))).map(\.level)
    }
    let battery = SNMPCheck.Bounds(slowBelow: 50, downBelow: 20)
    #expect(
      levels("50", battery) == [] && levels("49", battery) == [.slow] && levels("19", battery) == [.down])
    let disk = SNMPCheck.Bounds(slowAbove: 80, downAbove: 95)
    #expect(levels("80", disk) == [] && levels("81", disk) == [.slow] && levels("96", disk) == [.down])
    #expect(
      levels("online", battery) == [.down] && levels("online", SNMPCheck.Bounds(equals: "online")) == [])
    #expect(levels("battery", SNMPCheck.Bounds(equals: "online")) == [.down])
  }

  @Test("とても大きいしきい値でも止まらず、数でないしきい値は受け取らず、数でない値を数と思わない")
  func oddNumbers() async throws {
    let huge = SNMPCheck.Bounds(downBelow: 1e19)
    #expect(huge.doubts(about: SNMPValue(text: "1", number: 1)).map(\.trouble) == [.beyond("1", "< 1e+19")])
    for text in ["nan", "inf", "-inf"] {
      let value = SNMPValue(text: text, number: Double(text))
      #expect(SNMPCheck.Bounds(downBelow: 5).doubts(about: value).map(\.trouble) == [.notANumber(text)])
      let check = SNMPCheck(
        target: try Target("127.0.0.1:9"), object: try ObjectIdentifier("1.3"), login: .v2c(community: "a"),
        bounds: SNMPCheck.Bounds(slowAbove: Double(text)), limits: try hasty())
      #expect(await look(check).refusal?.code == "probes.badValue")
    }
  }

  @Test("データベースの言葉と、そこへ行く道の言葉を分ける")
  func databaseWords() {
    func code(_ words: String) -> String { DatabaseWords.trouble(words, place: "db:5432").code }
    let head = "connection to server at \"db\" (192.0.2.1), port 5432 failed: "
    #expect(code(head + "FATAL:  password authentication failed") == "probes.databaseRefused")
    #expect(code(head + "Connection refused\n\tIs the server running") == "probes.refusedConnection")
    #expect(code(head + "No route to host") == "probes.noRoute")
    #expect(code(head + "server does not support SSL, but SSL was required") == "probes.noTLS")
    #expect(code(head + "SSL error: certificate verify failed") == "probes.noTLS")
    #expect(code("expected authentication request from server, but received H") == "probes.databaseLost")
  }

  @Test("OID を読む")
  func identifiers() throws {
    #expect(try ObjectIdentifier(".1.3.6.1.2.1.1.1.0").description == "1.3.6.1.2.1.1.1.0")
    let long = Array(repeating: "1", count: 129).joined(separator: ".")
    for text in ["", "1", "1.", "a.b", "3.1", "1.40", "1.3.-1", "1.3.4294967296", "1..3", long] {
      #expect(throws: Trouble.self, "\(text)") { try ObjectIdentifier(text) }
    }
  }

  @Test("記録は、秘密を隠し、長さに限りがある")
  func trace() {
    let trace = Trace(secrets: ["geheim", ""])
    trace.add(.sent, Array("PASS geheim\r\n".utf8))
    trace.add(.received, [0x00, 0x01, 0x41] + Array("geheim".utf8))
    trace.add(.note, text: "geheim geheim")
    #expect(
      trace.lines.map(\.text) == [
        "PASS ***␍\n", "00 01 41 2a 2a 2a" + String(repeating: " ", count: 33) + "..A***", "*** ***",
      ])
    for _ in 0..<10 { trace.add(.received, [UInt8](repeating: 0x41, count: 100_000)) }
    #expect(trace.lines.reduce(0) { $0 + $1.text.utf8.count } <= Trace.mostCharacters + 10)
    #expect(trace.lines.last?.text.hasSuffix("…") == true)
  }

  @Test("相手の言葉は、長さを切り、制御の字と向きを変える字を除いて示す。うまくいったときの言葉も、記録も")
  func words() {
    let steering = "a\u{1B}[2J\u{9B}31m\u{202E}b\u{85}"
    #expect(Note(key: "probes.smtp", steering).arguments == ["a[2J31mb"])
    #expect(Note(key: "probes.smtp", String(repeating: "長", count: 300)).arguments[0].count == 201)
    let trace = Trace(secrets: [])
    trace.add(.received, Array("ok \u{9B}31m".utf8))
    trace.add(.note, text: steering)
    #expect(trace.lines.allSatisfy { line in !line.text.unicodeScalars.contains { $0.steers && $0 != "\n" } })
    #expect(Trouble.smtpRefused("a\u{1B}[2Jb\r\n").arguments == ["a[2Jb"])
    #expect(Trouble.smtpRefused(String(repeating: "長", count: 300)).arguments[0].count == 201)
  }

  @Test("一つの道具で、たくさんを一度に確かめられる")
  func many() async throws {
    let peer = try await FakePeer.listening(FakePeer.Manner())
    let prober = Prober(networks: .all, clock: { Instant(milliseconds: 0) })
    let check = TCPCheck(target: peer.target, limits: try patient())
    let states = await withTaskGroup(of: ProbeState.self) { group in
      for _ in 0..<300 { group.addTask { await prober.probe(check).state } }
      return await group.reduce(into: [ProbeState]()) { $0.append($1) }
    }
    await prober.close()
    try await peer.close()
    #expect(states == [ProbeState](repeating: .up, count: 300))
  }
}
