import NIOCore

/// Ping: some echo requests, and how many come back (RFC 792, RFC 4443).
public struct ICMPCheck: Check {
  /// A name or an address.
  public let host: String
  /// Requests of one check, 1 to 10, a tenth of a second apart. Some lost is slow, all lost is down.
  public let count: Int
  public let limits: Limits

  /// - Throws: `Trouble.badTarget`, `Trouble.badLimit`.
  public init(host: String, count: Int = 3, limits: Limits) throws(Trouble) {
    let plain = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    guard Target.isHost(plain) else { throw .badTarget(host) }
    guard (1...10).contains(count) else { throw .badLimit("count", "1–10") }
    (self.host, self.count, self.limits) = (plain, count, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    guard let address = try await session.addresses(of: Target(host: host, port: 1)).first else {
      throw Trouble.unknownHost(host)
    }
    let sockets = session.prober.pings
    let socket = try await sockets.socket(isV6: address.isV6)
    var times: [Double] = []
    // One after the other starts a tenth of a second apart; each waits until the check's own end.
    try await withThrowingTaskGroup(of: Double?.self) { group in
      for number in 0..<count {
        group.addTask {
          try await socket.ping(address, after: .milliseconds(Int64(100 * number)), until: session.deadline)
        }
      }
      for try await time in group { if let time { times.append(time) } }
    }
    session.trace?.add(
      .note, text: "ICMP \(address): \(times.map(tenths).joined(separator: ", ")) ms, \(times.count)/\(count)"
    )
    return try judged(times, address)
  }

  func judged(_ times: [Double], _ address: IPAddress) throws(Trouble) -> Sighting {
    guard !times.isEmpty else { throw .noAnswer(address.description, limits.timeoutMs) }
    let mean = times.reduce(0, +) / Double(times.count)
    let note = Note(key: "probes.pinged", address.description, "\(times.count)", "\(count)", tenths(mean))
    let lost = count - times.count
    return Sighting([note], doubts: lost > 0 ? [(.slow, .pingsLost(lost, count))] : [], milliseconds: mean)
  }
}

/// Echo requests and replies on the wire.
struct EchoPacket: Equatable {
  let number: UInt16
  /// Random, so that an answer cannot be guessed or mixed up.
  let mark: UInt64

  static let identifier: UInt16 = 0x4D4D

  /// The request, with its checksum for IPv4; the kernel adds that of IPv6.
  func request(isV6: Bool) -> [UInt8] {
    var bytes: [UInt8] = [isV6 ? 128 : 8, 0, 0, 0]
    for value in [EchoPacket.identifier, number] { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }
    for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: mark >> UInt64(56 - 8 * place))) }
    guard !isV6 else { return bytes }
    let sum = EchoPacket.checksum(bytes)
    (bytes[2], bytes[3]) = (UInt8(sum >> 8), UInt8(sum & 0xFF))
    return bytes
  }

  /// The reply in a datagram; nil for anything else. A raw socket of IPv4 hands the IP header over, too.
  init?(reply bytes: [UInt8], isV6: Bool, hasHeader: Bool) {
    var start = 0
    if hasHeader {
      guard let first = bytes.first, first >> 4 == 4 else { return nil }
      start = Int(first & 15) * 4
    }
    guard bytes.count >= start + 16, bytes[start] == (isV6 ? 129 : 0), bytes[start + 1] == 0 else {
      return nil
    }
    number = UInt16(bytes[start + 6]) << 8 | UInt16(bytes[start + 7])
    mark = bytes[start + 8..<start + 16].reduce(0) { $0 << 8 | UInt64($1) }
  }

  init(number: UInt16, mark: UInt64) { (self.number, self.mark) = (number, mark) }

  /// The internet checksum (RFC 1071).
  static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (place, byte) in bytes.enumerated() { sum += UInt32(byte) << (place % 2 == 0 ? 8 : 0) }
    while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
    return ~UInt16(sum)
  }
}
