import Foundation
import Glibc

/// Something to look at on this machine: a process of its own, so that what it uses is not counted.
///
/// It listens on a hundred addresses, as a worker asks one host no more than a few things at once.
struct Loopback {
  static let hosts = (1...100).map { "127.0.7.\($0)" }

  /// Takes connections; answers what speaks HTTP; may go away.
  let (tcp, http, mortal): (Int, Int, Int)
  private let process: Process
  private let orders: Pipe

  init() throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["loopback"]
    let said = Pipe()
    orders = Pipe()
    (process.standardOutput, process.standardInput) = (said, orders)
    try process.run()
    let line = String(decoding: said.fileHandleForReading.availableData, as: UTF8.self)
    let ports = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ports.count == 3 else { throw Bench.Unreadable(what: "loopback: \(line)") }
    (tcp, http, mortal) = (ports[0], ports[1], ports[2])
  }

  /// From now on nobody listens on ``mortal``.
  func die() { orders.fileHandleForWriting.write(Data("x".utf8)) }

  func stop() {
    // It ends with its input.
    try? orders.fileHandleForWriting.close()
    Bench.end(process)
  }

  // MARK: The process itself

  static func serve() {
    guard let base = (1..<40).lazy.map({ 21_000 + $0 * 100 + Int(getpid()) % 50 }).first(where: isFree)
    else { return }
    let listeners = (0..<3).map { port in hosts.map { listener($0, base + port) } }
    print("\(base) \(base + 1) \(base + 2)")
    fflush(nil)
    var polled = (listeners[0] + listeners[1] + listeners[2] + [STDIN_FILENO]).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nOK\n".utf8)
    var room = [UInt8](repeating: 0, count: 4096)
    while poll(&polled, nfds_t(polled.count), -1) >= 0 {
      for (index, entry) in polled.enumerated() where entry.revents != 0 {
        guard index < 300 else {
          guard read(STDIN_FILENO, &room, 1) == 1 else { return }
          for mortal in 200..<300 {
            close(polled[mortal].fd)
            polled[mortal].fd = -1
          }
          continue
        }
        let line = accept(entry.fd, nil, nil)
        guard line >= 0 else { continue }
        if (100..<200).contains(index), recv(line, &room, room.count, 0) > 0 {
          _ = send(line, answer, answer.count, Int32(MSG_NOSIGNAL))
        }
        close(line)
      }
    }
  }

  private static func isFree(_ base: Int) -> Bool {
    (0..<3).allSatisfy { port in
      let socket = listener(hosts[0], base + port)
      if socket >= 0 { close(socket) }
      return socket >= 0
    }
  }

  private static func listener(_ host: String, _ port: Int) -> Int32 {
    let line = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var one: Int32 = 1
    setsockopt(line, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(line, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound, listen(line, 512) == 0 else {
      close(line)
      return -1
    }
    return line
  }
}
