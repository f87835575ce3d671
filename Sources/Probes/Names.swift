import Glibc
import NIOCore
import NIOPosix

/// The system's name service: `getaddrinfo` blocks, so it has four threads of its own.
final class Names: Sendable {
  private let pool = NIOThreadPool(numberOfThreads: 4)
  private let look: @Sendable (String) throws -> [IPAddress]

  /// - Parameter look: The system's own, but for tests.
  init(look: @escaping @Sendable (String) throws -> [IPAddress] = Names.look) {
    self.look = look
    pool.start()
  }

  /// EAI_NODATA and EAI_ADDRFAMILY, which the headers hide: the name is there, its addresses are not.
  private static let (noData, noAddressOfFamily): (CInt, CInt) = (-5, -9)

  /// Waits for nobody: a name server that is silent holds its thread for half a minute.
  func close() {
    // It fails only when it is closed already.
    pool.shutdownGracefully { _ in }
  }

  /// All addresses of a name in the system's order; none when the name is not known.
  ///
  /// The future fails with `Trouble.resolverSilent` when nobody knows whether there is such a name.
  func addresses(
    of name: String, on loop: any EventLoop, until deadline: NIODeadline
  ) -> EventLoopFuture<[IPAddress]> {
    run(on: loop) { [look] in
      // Whoever asked has left: the thread is for those who wait.
      guard NIODeadline.now() < deadline else { throw Trouble.resolverSilent(name) }
      return try look(name)
    }
  }

  /// Work that blocks: files, for one, which may lie on a server that has gone.
  func run<Value: Sendable>(
    on loop: any EventLoop, _ work: @escaping @Sendable () throws -> Value
  ) -> EventLoopFuture<Value> {
    pool.runIfActive(eventLoop: loop, work)
  }

  static func look(_ name: String) throws -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    switch getaddrinfo(name, nil, &hints, &list) {
    case 0: break
    case EAI_NONAME, noData, noAddressOfFamily: return []
    default: throw Trouble.resolverSilent(name)
    }
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
