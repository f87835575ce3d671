import Glibc
import Kernel

/// From where a request comes.
public enum Sender {
  /// The address of whoever sent it.
  ///
  /// - Parameters:
  ///   - peer: the other end of the connection.
  ///   - forwarded: the header `X-Forwarded-For`. Anyone can write one, so it counts only from a proxy on this machine, and
  ///     only its last address, which that proxy has written.
  ///   - isBehindProxy: whether the operator says that there is one.
  static func address(peer: String, forwarded: String?, isBehindProxy: Bool) -> String {
    guard isBehindProxy, peer.hasPrefix("127.") || peer == "::1", let forwarded else { return peer }
    let last = (forwarded.split(separator: ",", omittingEmptySubsequences: false).last ?? "").trimmed
    var bytes = [UInt8](repeating: 0, count: 16)
    let isAddress = inet_pton(AF_INET, last, &bytes) == 1 || inet_pton(AF_INET6, last, &bytes) == 1
    return isAddress ? last : peer
  }

  /// The network of an address: IPv4 as it is; IPv6 without its last 64 bits, of which one subscriber has all.
  public static func network(of address: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    return hexadecimal(isMapped ? bytes : Array(bytes.prefix(8)))
  }
}
