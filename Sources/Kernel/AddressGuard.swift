/// Which addresses of machines the program connects to for someone who typed a name.
///
/// A hospital's mail server or provider often stands on a private address, so those are open. What is closed can only be this machine, a
/// neighbour that answers without being asked who one is (169.254.0.0/16), or nobody in particular.
public enum AddressGuard {
  /// - Parameter bytes: 4 of IPv4 or 16 of IPv6, in the order of the network.
  public static func allows(_ bytes: [UInt8], loopback: Bool) -> Bool {
    if bytes.count == 16 {
      if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
        return allows(Array(bytes.suffix(4)), loopback: loopback)
      }
      if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes[15] == 1 && loopback }
      // Link-local fe80::/10 and multicast ff00::/8.
      return !(bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) && bytes[0] != 0xFF
    }
    guard bytes.count == 4 else { return false }
    if bytes[0] == 127 { return loopback }
    return bytes[0] != 0 && !(bytes[0] == 169 && bytes[1] == 254) && bytes[0] < 224
  }

  /// Linux's numbers for the families.
  private static let (ipv4, ipv6): (Int32, Int32) = (2, 10)

  /// The same for an address as a socket takes it. Other families than IPv4 and IPv6 are closed.
  ///
  /// - Parameter address: whole: 16 bytes of IPv4, 28 of IPv6.
  public static func allows(family: Int32, _ address: UnsafeRawPointer, loopback: Bool) -> Bool {
    // The number stands behind family and port, of IPv6 also behind the flow.
    let number: Range<Int>
    switch family {
    case ipv4: number = 4..<8
    case ipv6: number = 8..<24
    default: return false
    }
    let bytes = UnsafeRawBufferPointer(start: address, count: number.upperBound)
    return allows(Array(bytes[number]), loopback: loopback)
  }
}
