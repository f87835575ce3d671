/// TCP: connects, sends a text if one is given, and waits for a text in the answer if one is given.
public struct TCPCheck: Check {
  public let target: Target
  /// Nil sends nothing.
  public let send: String?
  /// Nil is content with the connection.
  public let expect: String?
  public let tls: TLSRules?
  public let limits: Limits
  public let secrets: [String]
  private let bytes: (send: [UInt8]?, expect: [UInt8]?)

  public init(
    target: Target, send: String? = nil, expect: String? = nil, tls: TLSRules? = nil, secrets: [String] = [],
    limits: Limits
  ) {
    (self.target, self.send, self.expect) = (target, send, expect)
    (self.tls, self.secrets, self.limits) = (tls, secrets, limits)
    bytes = (send.map { Array($0.utf8) }, expect.map { Array($0.utf8) })
  }

  /// For devices that speak in bytes which are no text.
  public init(
    target: Target, sending: [UInt8]?, expecting: [UInt8]?, tls: TLSRules? = nil, secrets: [String] = [],
    limits: Limits
  ) {
    (self.target, self.tls, self.secrets, self.limits) = (target, tls, secrets, limits)
    (send, expect) = (sending.map(readable), expecting.map(readable))
    bytes = (sending, expecting)
  }

  public func examine(in session: Session) async throws -> Sighting {
    let talk = SendExpect(send: bytes.send, expect: bytes.expect, shown: expect ?? "")
    var (count, sighting) = try await session.converse(talk, with: target, tls: tls)
    sighting.notes.insert(
      expect.map { Note(key: "probes.textFound", target.description, $0, "\(count)") }
        ?? Note(key: "probes.connected", target.description), at: 0)
    return sighting
  }
}

/// One text out, one text in. The result is the number of bytes that came until the text was found.
struct SendExpect: Conversation {
  let send: [UInt8]?
  private let expected: [UInt8]
  private let text: String
  private var buffer: [UInt8] = []
  private var searched = 0

  /// - Parameter shown: What is expected, for a person.
  init(send: [UInt8]?, expect: [UInt8]?, shown: String) {
    self.send = send
    text = shown
    expected = expect ?? []
  }

  mutating func begin() -> Turn<Int> {
    expected.isEmpty ? .done(0, saying: send ?? []) : .say(send ?? [])
  }

  mutating func hear(_ bytes: [UInt8]) -> Turn<Int> {
    buffer += bytes
    // Every place is looked at once, however the bytes are cut.
    while searched + expected.count <= buffer.count {
      if buffer[searched..<searched + expected.count].elementsEqual(expected) {
        return .done(searched + expected.count)
      }
      searched += 1
    }
    return .wait
  }

  mutating func closed() throws(Trouble) -> Int? { throw .textMissing(text, buffer.count) }
}
