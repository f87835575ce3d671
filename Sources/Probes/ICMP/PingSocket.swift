import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The sockets of all pings, one for each family, opened when first needed.
final class PingSockets: Sendable {
  private struct Opened {
    var four: EventLoopFuture<PingSocket>?
    var six: EventLoopFuture<PingSocket>?
  }

  private let group: any EventLoopGroup
  private let opened = Mutex(Opened())

  init(group: any EventLoopGroup) { self.group = group }

  /// - Throws: `Trouble.noPingRight` when the system lets this process neither ping nor use raw sockets.
  func socket(isV6: Bool) async throws -> PingSocket {
    let future = opened.withLock { opened in
      if let future = isV6 ? opened.six : opened.four { return future }
      let future = PingSocket.open(isV6: isV6, on: group.next())
      if isV6 { opened.six = future } else { opened.four = future }
      return future
    }
    do {
      let socket = try await future.get()
      // A socket that the system has closed is of no more use: this check opens another.
      guard socket.channel.isActive else {
        forget(future)
        return try await self.socket(isV6: isV6)
      }
      return socket
    } catch {
      // The right may be given while the program runs: the next check tries again.
      forget(future)
      if let error = error as? IOError, [EACCES, EPERM].contains(error.errnoCode) {
        throw Trouble.noPingRight()
      }
      throw error
    }
  }

  private func forget(_ future: EventLoopFuture<PingSocket>) {
    opened.withLock { opened in
      if opened.four === future { opened.four = nil }
      if opened.six === future { opened.six = nil }
    }
  }

  func close() async {
    let futures = opened.withLock { [$0.four, $0.six] }
    for future in futures.compactMap({ $0 }) {
      // One that could not be opened needs no closing.
      if let socket = try? await future.get() { try? await socket.channel.close() }
    }
  }
}

/// One socket through which all pings of a family go.
final class PingSocket: Sendable {
  let channel: any Channel
  private let handler: NIOLoopBound<PingHandler>

  private init(_ channel: any Channel, _ handler: NIOLoopBound<PingHandler>) {
    (self.channel, self.handler) = (channel, handler)
  }

  /// The kernel's ping socket where `net.ipv4.ping_group_range` allows it, a raw one where CAP_NET_RAW does.
  ///
  /// NIO's own bootstrap for raw sockets cannot make one of IPv6: it sets IPV6_V6ONLY, which the kernel refuses there.
  static func open(isV6: Bool, on loop: any EventLoop) -> EventLoopFuture<PingSocket> {
    let (family, kind) = isV6 ? (AF_INET6, IPPROTO_ICMPV6) : (AF_INET, IPPROTO_ICMP)
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    var descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | flags, Int32(kind))
    let isRaw = descriptor < 0
    if isRaw { descriptor = socket(family, Int32(SOCK_RAW.rawValue) | flags, Int32(kind)) }
    guard descriptor >= 0 else {
      return loop.makeFailedFuture(IOError(errnoCode: errno, reason: "socket"))
    }
    let opened = descriptor
    return DatagramBootstrap(group: loop)
      .channelOption(.socketOption(.so_sndbuf), value: 1 << 20)
      .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
      .withBoundSocket(descriptor)
      .flatMap { channel in
        channel.eventLoop.submit {
          // A raw socket of IPv4 hands over the IP header, too.
          let handler = PingHandler(opened, isV6: isV6, hasHeader: isRaw && !isV6)
          try channel.pipeline.syncOperations.addHandler(handler)
          return PingSocket(channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
        }
      }
  }

  /// Milliseconds until the answer; nil when none came in time.
  func ping(_ address: IPAddress, after delay: TimeAmount, until deadline: NIODeadline) async throws
    -> Double?
  {
    let goal = try address.socketAddress(port: 0)
    let loop = channel.eventLoop
    let promise = loop.makePromise(of: Double?.self)
    loop.scheduleTask(in: delay) { [handler] in
      handler.value.send(to: goal, until: deadline, promise)
    }
    return try await promise.futureResult.get()
  }
}

/// Sends by the socket itself, not by its channel: NIO closes a channel for most faults of a single send, and with it the
/// pings to all other targets.
private final class PingHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private struct Waiting {
    let packet: EchoPacket
    let sent: NIODeadline
    let promise: EventLoopPromise<Double?>
    var alarm: Scheduled<Void>?
  }

  /// Open as long as this handler has a context.
  private let descriptor: CInt
  private let isV6: Bool
  private let hasHeader: Bool
  private var context: ChannelHandlerContext?
  private var waiting: [UInt16: Waiting] = [:]
  private var number: UInt16 = 0

  init(_ descriptor: CInt, isV6: Bool, hasHeader: Bool) {
    (self.descriptor, self.isV6, self.hasHeader) = (descriptor, isV6, hasHeader)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelInactive(context: ChannelHandlerContext) { end() }
  func handlerRemoved(context: ChannelHandlerContext) { end() }

  /// That the socket is gone says nothing about a target.
  private func end() {
    context = nil
    for (_, one) in waiting {
      one.alarm?.cancel()
      one.promise.fail(Trouble.failed("ping"))
    }
    waiting = [:]
  }

  func send(to goal: SocketAddress, until deadline: NIODeadline, _ promise: EventLoopPromise<Double?>) {
    guard let context, waiting.count < 60_000 else { return promise.fail(Trouble.failed("ping")) }
    repeat { number &+= 1 } while waiting[number] != nil
    let number = number
    let packet = EchoPacket(number: number, mark: .random(in: .min ... .max))
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let alarm = context.eventLoop.scheduleTask(deadline: deadline) {
      if let one = bound.value.waiting.removeValue(forKey: number) { one.promise.succeed(nil) }
    }
    waiting[number] = Waiting(packet: packet, sent: .now(), promise: promise, alarm: alarm)
    let bytes = packet.request(isV6: isV6)
    let fault = goal.withSockAddr { address, size in
      sendto(descriptor, bytes, bytes.count, CInt(MSG_DONTWAIT), address, socklen_t(size)) < 0 ? errno : 0
    }
    // A full buffer is a lost ping; no way there, for one, is said at once and not when the time is over.
    guard ![0, EAGAIN, ENOBUFS].contains(fault) else { return }
    waiting[number] = nil
    alarm.cancel()
    promise.fail(IOError(errnoCode: fault, reason: "sendto"))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
    guard let reply = EchoPacket(reply: bytes, isV6: isV6, hasHeader: hasHeader),
      let one = waiting[reply.number],
      one.packet.mark == reply.mark
    else { return }
    waiting[reply.number] = nil
    one.alarm?.cancel()
    one.promise.succeed(Double((NIODeadline.now() - one.sent).nanoseconds) / 1e6)
  }

  // A target's error message is no fault of the socket.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
