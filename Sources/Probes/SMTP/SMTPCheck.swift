/// SMTP: the greeting, EHLO, STARTTLS if wanted, and good-bye (RFC 5321, RFC 3207). No message is sent.
public struct SMTPCheck: Check {
  public let target: Target
  public let security: Security
  public let tls: TLSRules
  public let limits: Limits

  /// How the line is protected.
  public enum Security: String, Sendable, CaseIterable {
    case none, starttls, tls
  }

  public init(target: Target, security: Security, tls: TLSRules, limits: Limits) {
    (self.target, self.security, self.tls, self.limits) = (target, security, tls, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    var (banner, sighting) = try await session.converse(
      Greetings(startsTLS: security == .starttls), with: target, tls: security == .tls ? tls : nil,
      later: security == .starttls ? tls : nil)
    sighting.notes.insert(Note(key: "probes.smtp", target.description, banner), at: 0)
    return sighting
  }
}

/// Greets and leaves; the result is the server's first line.
struct Greetings: Conversation {
  private enum Phase { case banner, hello, startingTLS, secondHello, leaving }

  let startsTLS: Bool
  private var phase = Phase.banner
  private var buffer: [UInt8] = []
  private var lines: [String] = []
  private var banner = ""

  init(startsTLS: Bool) { self.startsTLS = startsTLS }

  private static let hello = Array("EHLO mamorite.invalid\r\n".utf8)
  private static let leave = Array("QUIT\r\n".utf8)

  mutating func begin() -> Turn<String> { .wait }

  mutating func hear(_ bytes: [UInt8]) throws(Trouble) -> Turn<String> {
    buffer += bytes
    var say: [UInt8] = []
    while let end = buffer.firstIndex(of: 0x0A) {
      let raw = buffer[..<end].last == 0x0D ? buffer[..<(end - 1)] : buffer[..<end]
      let line = String(decoding: raw, as: UTF8.self)
      buffer.removeSubrange(...end)
      guard let isLast = Greetings.isLast(line) else { throw .brokenSMTP(line) }
      lines.append(line)
      guard lines.count <= 100 else { throw .brokenSMTP("> 100") }
      guard isLast else { continue }
      let turn = try answer(lines)
      lines = []
      say += turn.say
      if let result = turn.result { return .done(result, saying: say) }
      if turn.encrypt { return turn }
    }
    guard buffer.count <= 2000 else { throw .brokenSMTP("> 2000") }
    return .say(say)
  }

  /// Whether a line ends a reply; nil when it is none.
  private static func isLast(_ line: String) -> Bool? {
    let bytes = Array(line.utf8)
    guard bytes.count >= 3, bytes[..<3].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return bytes.count == 3 || bytes[3] == 0x20 ? true : bytes[3] == 0x2D ? false : nil
  }

  private mutating func answer(_ lines: [String]) throws(Trouble) -> Turn<String> {
    let first = lines[0]
    let isWell = first.hasPrefix("2")
    switch phase {
    case .banner:
      guard isWell else { throw .smtpRefused(first) }
      (banner, phase) = (first, .hello)
      return .say(Greetings.hello)
    case .hello:
      guard isWell else { throw .smtpRefused(first) }
      guard startsTLS else {
        phase = .leaving
        return .say(Greetings.leave)
      }
      let offers = lines.dropFirst().map { $0.dropFirst(4).uppercased() }
      guard offers.contains(where: { $0 == "STARTTLS" }) else { throw .noStartTLS() }
      phase = .startingTLS
      return .say(Array("STARTTLS\r\n".utf8))
    case .startingTLS:
      guard isWell else { throw .smtpRefused(first) }
      // What came before the line is encrypted was not said by the one the certificate names.
      guard buffer.isEmpty else { throw .brokenSMTP("STARTTLS") }
      phase = .secondHello
      return Turn(encrypt: true)
    case .secondHello:
      guard isWell else { throw .smtpRefused(first) }
      phase = .leaving
      return .say(Greetings.leave)
    case .leaving: return .done(banner)
    }
  }

  mutating func encrypted() -> Turn<String> { .say(Greetings.hello) }

  mutating func closed() -> String? { phase == .leaving ? banner : nil }
}
