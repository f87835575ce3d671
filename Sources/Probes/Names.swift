import Glibc
import NIOCore
import NIOPosix

/// The system's name service: `getaddrinfo` blocks, so it has four threads of its own.
final class Names: Sendable {
  private let pool = NIOThreadPool(numberOfThreads: 4)

  init() { pool.start() }

  func close() async {
    // It fails only when it is closed already.
    try? await pool.shutdownGracefully()
  }

  /// All addresses of a name in the system's order; none when the name is not known.
  func addresses(of name: String, on loop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
    pool.runIfActive(eventLoop: loop) { Names.look(name) }
  }

  private static func look(_ name: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr.flatMap(IPAddress.init(raw:)), !found.contains(address) {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    return found
  }
}

extension IPAddress {
  fileprivate init?(raw: UnsafeMutablePointer<sockaddr>) {
    switch Int32(raw.pointee.sa_family) {
    case AF_INET:
      let bytes = raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
        withUnsafeBytes(of: four.pointee.sin_addr) { Array($0) }
      }
      self.init(bytes: bytes)
    case AF_INET6:
      let bytes = raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
        withUnsafeBytes(of: six.pointee.sin6_addr) { Array($0) }
      }
      self.init(bytes: bytes)
    default: return nil
    }
  }

  /// The address with a port, as NIO takes it.
  func socketAddress(port: Int) throws -> SocketAddress {
    try SocketAddress(ipAddress: description, port: port)
  }

  init?(_ address: SocketAddress?) {
    guard let text = address?.ipAddress else { return nil }
    self.init(text)
  }
}
