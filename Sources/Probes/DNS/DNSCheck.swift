import Foundation
import Kernel

/// DNS: asks one name server one question, over UDP and, where the answer is too long for it, over TCP.
public struct DNSCheck: Check {
  public let name: String
  public let type: DNSType
  /// The name server; the first of the machine's own when nil.
  public let server: Target?
  /// Records that must be among the answers, none is content with any. Addresses, names, MX and SRV are compared whatever their
  /// spelling; a TXT is its text without quotation marks, an SOA the line that the answer shows.
  public let expected: [String]
  public let limits: Limits

  /// - Throws: `Trouble.badTarget` for what is no name.
  public init(
    name: String, type: DNSType, server: Target? = nil, expected: [String] = [], limits: Limits
  ) throws(Trouble) {
    // An address stands for its name in the tree of addresses.
    self.name = type == .ptr ? IPAddress(name).map(DNSCheck.reverseName) ?? name : name
    (self.type, self.server, self.limits) = (type, server, limits)
    self.expected = expected.map { DNSCheck.comparable($0, type) }
    _ = try DNSMessage.query(id: 0, name: self.name, type: type)
  }

  static func reverseName(of address: IPAddress) -> String {
    guard address.isV6 else {
      return address.bytes.reversed().map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa"
    }
    let nibbles = address.bytes.reversed().flatMap { [$0 & 15, $0 >> 4] }
    return nibbles.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
  }

  /// A record as `DNSMessage` writes it: names in lower case without the last dot, addresses in their shortest form.
  private static func comparable(_ record: String, _ type: DNSType) -> String {
    switch type {
    case .txt: return record
    case .a, .aaaa: return IPAddress(record)?.description ?? record
    default:
      let words = record.lowercased().split(separator: " ")
      return words.map { $0.count > 1 && $0.hasSuffix(".") ? $0.dropLast() : $0 }.joined(separator: " ")
    }
  }

  public func examine(in session: Session) async throws -> Sighting {
    let server = try server ?? DNSCheck.ownServer()
    let id = UInt16.random(in: .min ... .max)
    let query = try DNSMessage.query(id: id, name: name, type: type)
    let read: @Sendable ([UInt8]) throws -> DNSMessage.Answer? = { [name, type] bytes in
      try DNSMessage.answer(bytes, id: id, name: name, type: type)
    }
    var answer = try await session.exchange(with: server, make: { query }, read: read)
    if answer.isCut {
      let talk = DNSOverTCP(query: query, read: read)
      answer = try await session.converse(talk, with: server, tls: nil).result
    }
    return try judged(answer, server)
  }

  private func judged(_ answer: DNSMessage.Answer, _ server: Target) throws(Trouble) -> Sighting {
    switch answer.code {
    case 0: break
    case 3: throw .noSuchName(name)
    case 1: throw .dnsRefused("FORMERR", name)
    case 2: throw .dnsRefused("SERVFAIL", name)
    case 4: throw .dnsRefused("NOTIMP", name)
    case 5: throw .dnsRefused("REFUSED", name)
    default: throw .dnsRefused("\(answer.code)", name)
    }
    guard !answer.records.isEmpty else { throw .noRecords(type.rawValue, name) }
    let got = answer.records.joined(separator: ", ")
    let missing = expected.filter { !answer.records.contains($0) }
    guard missing.isEmpty else { throw .otherRecords(missing.joined(separator: ", "), got) }
    return Sighting([Note(key: "probes.dns", server.description, name, type.rawValue, got)])
  }

  /// The first name server in `/etc/resolv.conf`.
  private static func ownServer() throws(Trouble) -> Target {
    let path = "/etc/resolv.conf"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw .unreadableFile(path) }
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count >= 2, words[0] == "nameserver", let address = IPAddress(words[1]) {
        return Target(host: address.description, port: 53)
      }
    }
    throw .badValue("nameserver", path)
  }
}

/// A question over TCP: two bytes of length before each message (RFC 1035 §4.2.2).
struct DNSOverTCP: Conversation {
  let query: [UInt8]
  let read: @Sendable ([UInt8]) throws -> DNSMessage.Answer?
  private var buffer: [UInt8] = []

  init(query: [UInt8], read: @escaping @Sendable ([UInt8]) throws -> DNSMessage.Answer?) {
    (self.query, self.read) = (query, read)
  }

  mutating func begin() -> Turn<DNSMessage.Answer> {
    .say([UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
  }

  mutating func hear(_ bytes: [UInt8]) throws(Trouble) -> Turn<DNSMessage.Answer> {
    buffer += bytes
    guard buffer.count >= 2 else { return .wait }
    let length = Int(buffer[0]) << 8 | Int(buffer[1])
    guard buffer.count >= 2 + length else { return .wait }
    let message = Array(buffer[2..<2 + length])
    do {
      // Over TCP nobody else can answer, and nothing need be cut.
      guard let answer = try read(message), !answer.isCut else { throw Trouble.brokenDNS("TCP") }
      return .done(answer)
    } catch {
      throw error as? Trouble ?? .brokenDNS("TCP")
    }
  }
}
