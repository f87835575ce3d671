import Kernel

/// HL7 v2 over MLLP: sends one agreed message and reads the acknowledgement (HL7 MLLP release 1).
public struct HL7Check: Check {
  public let target: Target
  /// Nil only connects: nothing may be sent to a system in use without its owner's agreement.
  public let message: HL7Message?
  public let tls: TLSRules?
  public let limits: Limits

  public init(target: Target, message: HL7Message?, tls: TLSRules? = nil, limits: Limits) {
    (self.target, self.message, self.tls, self.limits) = (target, message, tls, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    guard let message else {
      return try await TCPCheck(target: target, tls: tls, limits: limits).examine(in: session)
    }
    let (bytes, sent) = message.filled(id: HL7Check.number(at: session.now), at: session.now)
    var (code, sighting) = try await session.converse(Exchange(bytes, id: sent), with: target, tls: tls)
    sighting.notes.insert(Note(key: "probes.acknowledged", target.description, code), at: 0)
    return sighting
  }
}

extension HL7Check {
  /// A number for MSH-10 that comes only once, so that no receiver takes a message for one it had before: the time and ten
  /// random signs, 20 in all (HL7 v2.5.1 allows no more).
  static func number(at now: Instant) -> String {
    let random = (0..<10).map { _ in String(Int.random(in: 0..<36), radix: 36) }.joined()
    let time = String(UInt64(max(0, now.milliseconds)), radix: 36).suffix(8)
    return "MM\(time)\(random)".uppercased()
  }
}

/// One message out, one acknowledgement in; the result is its code.
struct Exchange: Conversation {
  private static let (start, end, carriageReturn): (UInt8, UInt8, UInt8) = (0x0B, 0x1C, 0x0D)
  /// An acknowledgement has some hundred bytes.
  static let mostBytes = 256 << 10

  private let message: [UInt8]
  private let id: String
  private var buffer: [UInt8] = []
  private var searched = 1

  init(_ message: [UInt8], id: String) { (self.message, self.id) = (message, id) }

  mutating func begin() -> Turn<String> {
    .say([Exchange.start] + message + [Exchange.end, Exchange.carriageReturn])
  }

  mutating func hear(_ bytes: [UInt8]) throws(Trouble) -> Turn<String> {
    buffer += bytes
    guard buffer.isEmpty || buffer[0] == Exchange.start else { throw .brokenAcknowledgement("0B") }
    guard buffer.count <= Exchange.mostBytes else { throw .noEndBlock(buffer.count) }
    while searched + 1 < buffer.count {
      if buffer[searched] == Exchange.end && buffer[searched + 1] == Exchange.carriageReturn {
        return .done(try judged(Array(buffer[1..<searched])))
      }
      searched += 1
    }
    return .wait
  }

  private func judged(_ bytes: [UInt8]) throws(Trouble) -> String {
    let answer = try HL7Acknowledgement(bytes)
    guard ["AA", "CA"].contains(answer.code) else { throw .messageRefused(answer.code, answer.words) }
    guard answer.id == id else { throw .otherMessage(id, answer.id) }
    return answer.code
  }

  mutating func closed() throws(Trouble) -> String? {
    if buffer.isEmpty { return nil }
    throw .noEndBlock(buffer.count)
  }
}
