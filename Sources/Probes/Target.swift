/// A host and a port: `pacs.example.jp:11112`, `192.0.2.5:104`, `[2001:db8::5]:104`.
public struct Target: Sendable, Equatable, CustomStringConvertible {
  /// A name or an address, without brackets.
  public let host: String
  public let port: Int

  /// - Parameter standard: The port when none is written.
  /// - Throws: `Trouble.badTarget`.
  public init(_ text: some StringProtocol, standard: Int? = nil) throws(Trouble) {
    let (host, rest) = try Target.split(String(text))
    let written = rest.map { Int($0) ?? 0 }
    guard let port = written ?? standard, (1...65535).contains(port), Target.isHost(host) else {
      throw .badTarget(String(text))
    }
    (self.host, self.port) = (host, port)
  }

  init(host: String, port: Int) { (self.host, self.port) = (host, port) }

  private static func split(_ text: String) throws(Trouble) -> (String, String?) {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { throw .badTarget(text) }
      let host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { throw .badTarget(text) }
      return (host, rest.isEmpty ? nil : String(rest.dropFirst()))
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    // More than one colon without brackets is an IPv6 address and no port.
    if parts.count > 2 { return (text, nil) }
    return (String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
  }

  /// Names of DNS and addresses; nothing that could mean something else further down.
  static func isHost(_ host: String) -> Bool {
    if host.contains(":") { return IPAddress(host) != nil }
    return !host.isEmpty && host.utf8.count <= 253
      && host.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == 0x2D || byte == 0x2E || byte == 0x5F
      }
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
