import Glibc

/// An IPv4 or IPv6 address; one of IPv4 that is written in IPv6 (`::ffff:192.0.2.1`) is the IPv4 one.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// Four or sixteen bytes, the most significant first.
  public let bytes: [UInt8]

  public var isV6: Bool { bytes.count == 16 }

  init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let isMapped =
      bytes.count == 16 && bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    self.bytes = isMapped ? Array(bytes[12...]) : bytes
  }

  /// Reads `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`; nil for anything else, names among it.
  public init?(_ text: some StringProtocol) {
    var text = String(text)
    if text.hasPrefix("[") && text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(bytes: withUnsafeBytes(of: &four) { Array($0) })
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
    } else {
      return nil
    }
  }

  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let isWritten = bytes.withUnsafeBytes { raw in
      inet_ntop(isV6 ? AF_INET6 : AF_INET, raw.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) != nil
    }
    return isWritten
      ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
  }
}

/// The networks that checks may reach, so that a form cannot be used to look around elsewhere.
///
/// The address is asked, never the name: it is compared after the name has been resolved, and the connection goes to
/// that very address, so that a name which changes its address in between (DNS rebinding) gains nothing.
public struct Networks: Sendable, Equatable {
  private struct Network: Sendable, Equatable {
    let base: IPAddress
    let bits: Int

    func contains(_ address: IPAddress) -> Bool {
      guard address.bytes.count == base.bytes.count else { return false }
      let whole = bits / 8
      guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
      let rest = bits % 8
      return rest == 0 || (address.bytes[whole] ^ base.bytes[whole]) >> (8 - rest) == 0
    }
  }

  /// Nil for everything.
  private let networks: [Network]?
  /// What is never reached, whatever ``networks`` says, is all beyond these; nil for no such limit.
  private var ceiling: [Network]?

  private init(_ networks: [Network]?) { self.networks = networks }

  /// No limit; for the command line, whose user can reach everything anyway.
  public static let all = Networks(nil)

  /// Reads `10.0.0.0/8, 192.168.1.5 fd00::/8`; nil when a part is no network or none is given.
  ///
  /// Bits right of the prefix are refused (`10.1.2.3/8` is a slip), a prefix beyond the address too.
  public init?(_ text: some StringProtocol) {
    let parts = text.split { $0 == "," || $0.isWhitespace }
    guard !parts.isEmpty else { return nil }
    var networks: [Network] = []
    for part in parts {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      guard pieces.count <= 2, let base = IPAddress(pieces[0]) else { return nil }
      // An IPv4 network written in IPv6 would need its prefix moved: say it plainly instead.
      guard base.isV6 == pieces[0].contains(":") else { return nil }
      let most = base.bytes.count * 8
      guard let bits = pieces.count == 2 ? Int(pieces[1]) : most, (0...most).contains(bits) else {
        return nil
      }
      let isClean = (bits..<most).allSatisfy { base.bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }
      guard isClean else { return nil }
      networks.append(Network(base: base, bits: bits))
    }
    self.init(networks)
  }

  /// Nothing at all.
  public static let none = Networks([])

  public func contains(_ address: IPAddress) -> Bool {
    (networks.map { $0.contains { $0.contains(address) } } ?? true)
      && (ceiling.map { $0.contains { $0.contains(address) } } ?? true)
  }

  /// Of these what lies in `ceiling` too.
  public func within(_ ceiling: Networks?) -> Networks {
    guard let ceiling else { return self }
    var next = self
    next.ceiling = ceiling.networks
    return next
  }

  /// Whether every one of these lies within one of `ceiling`.
  public func lie(in ceiling: Networks?) -> Bool {
    guard let wide = ceiling?.networks else { return true }
    guard let networks else { return false }
    return networks.allSatisfy { each in wide.contains { $0.bits <= each.bits && $0.contains(each.base) } }
  }
}
