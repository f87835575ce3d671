import Dispatch
import Glibc
import Kernel
import Synchronization

/// A connection to one of a directory's machines, made by ourselves: so each way in which it can fail has its own words, and no
/// name server can lead elsewhere between the look and the connection.
struct DirectorySocket {
  /// Given on to libldap, which closes it.
  let descriptor: Int32
  let host: String
  let watch: Watch

  static let (connectMs, wholeSeconds): (Int32, Double) = (4000, 12)

  /// - Throws: ``DirectoryProblem``: that of the first machine when none answers.
  static func open(_ hosts: [String], port: Int, allowsLoopback: Bool) throws(DirectoryProblem)
    -> DirectorySocket
  {
    var first: DirectoryProblem?
    for host in hosts {
      do throws(DirectoryProblem) {
        return try open(host, port, allowsLoopback: allowsLoopback)
      } catch { first = first ?? error }
    }
    throw first ?? .badHost("")
  }

  private static func open(_ host: String, _ port: Int, allowsLoopback: Bool) throws(DirectoryProblem)
    -> DirectorySocket
  {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let list else { throw .unknownHost(host) }
    defer { freeaddrinfo(list) }
    let place = "\(host):\(port)"
    var problem = DirectoryProblem.closed(place)
    var isForbidden = false
    for address in sequence(first: list, next: { $0.pointee.ai_next }) {
      guard allows(address.pointee, allowsLoopback) else {
        isForbidden = true
        continue
      }
      switch connected(address.pointee) {
      case .success(let descriptor):
        return DirectorySocket(descriptor: descriptor, host: host, watch: Watch(descriptor))
      case .failure(let fault): problem = fault.isSilence ? .silent(place) : .closed(place)
      }
    }
    throw isForbidden && problem == .closed(place) ? .forbiddenAddress(host) : problem
  }

  private static func allows(_ address: addrinfo, _ loopback: Bool) -> Bool {
    guard let place = UnsafeRawPointer(address.ai_addr) else { return false }
    return AddressGuard.allows(family: address.ai_family, place, loopback: loopback)
  }

  private struct Fault: Error { let isSilence: Bool }

  private static func connected(_ address: addrinfo) -> Result<Int32, Fault> {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, kind, 0)
    guard descriptor >= 0 else { return .failure(Fault(isSilence: false)) }
    func failed(_ isSilence: Bool) -> Result<Int32, Fault> {
      close(descriptor)
      return .failure(Fault(isSilence: isSilence))
    }
    if connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
      guard errno == EINPROGRESS else { return failed(errno != ECONNREFUSED) }
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&wait, 1, connectMs) == 1 else { return failed(true) }
      var fault: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &size) == 0, fault == 0 else {
        return failed(fault != ECONNREFUSED)
      }
    }
    // libldap waits in its calls, on this thread; ``Watch`` ends them.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    return .success(descriptor)
  }

  /// Ends a conversation that takes too long, however slowly its other side drips.
  final class Watch: Sendable {
    private struct State {
      /// Our own name for the connection, good for as long as we hold it.
      var copy: Int32
      var isOver = false
    }
    private let state: Mutex<State>
    private let end = DispatchTime.now() + DirectorySocket.wholeSeconds
    private static let queue = DispatchQueue(label: "mamorite.directory.watch")

    init(_ descriptor: Int32) {
      state = Mutex(State(copy: fcntl(descriptor, F_DUPFD_CLOEXEC, 0)))
      Watch.queue.asyncAfter(deadline: end) { [weak self] in self?.cut() }
    }

    deinit {
      let copy = state.withLock { $0.copy }
      if copy >= 0 { close(copy) }
    }

    /// Whether time was up.
    var isOver: Bool { state.withLock { $0.isOver } }

    var secondsLeft: Int {
      max(
        1,
        Int(end.uptimeNanoseconds / 1_000_000_000) - Int(DispatchTime.now().uptimeNanoseconds / 1_000_000_000)
      )
    }

    private func cut() {
      state.withLock { state in
        state.isOver = true
        if state.copy >= 0 { shutdown(state.copy, Int32(SHUT_RDWR)) }
      }
    }
  }
}
