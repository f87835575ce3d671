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
    do { return try await future.get() } catch {
      // The right may be given while the program runs: the next check tries again.
      opened.withLock { if isV6 { $0.six = nil } else { $0.four = nil } }
      if let error = error as? IOError, [EACCES, EPERM].contains(error.errnoCode) {
        throw Trouble.noPingRight()
      }
      throw error
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
    return DatagramBootstrap(group: loop)
      .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
      .withBoundSocket(descriptor)
      .flatMap { channel in
        channel.eventLoop.submit {
          // A raw socket of IPv4 hands over the IP header, too.
          let handler = PingHandler(isV6: isV6, hasHeader: isRaw && !isV6)
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

private final class PingHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private struct Waiting {
    let packet: EchoPacket
    let sent: NIODeadline
    let promise: EventLoopPromise<Double?>
    var alarm: Scheduled<Void>?
  }

  private let isV6: Bool
  private let hasHeader: Bool
  private var context: ChannelHandlerContext?
  private var waiting: [UInt16: Waiting] = [:]
  private var number: UInt16 = 0

  init(isV6: Bool, hasHeader: Bool) { (self.isV6, self.hasHeader) = (isV6, hasHeader) }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    for (_, one) in waiting {
      one.alarm?.cancel()
      one.promise.succeed(nil)
    }
    waiting = [:]
  }

  func send(to goal: SocketAddress, until deadline: NIODeadline, _ promise: EventLoopPromise<Double?>) {
    guard let context, waiting.count < 60_000 else { return promise.succeed(nil) }
    repeat { number &+= 1 } while waiting[number] != nil
    let number = number
    let packet = EchoPacket(number: number, mark: .random(in: .min ... .max))
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let alarm = context.eventLoop.scheduleTask(deadline: deadline) {
      if let one = bound.value.waiting.removeValue(forKey: number) { one.promise.succeed(nil) }
    }
    waiting[number] = Waiting(packet: packet, sent: .now(), promise: promise, alarm: alarm)
    let buffer = context.channel.allocator.buffer(bytes: packet.request(isV6: isV6))
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenFailure { error in
      // No way there, for one: said at once, not when the time is over.
      guard let one = bound.value.waiting.removeValue(forKey: number) else { return }
      one.alarm?.cancel()
      one.promise.fail(error)
    }
    context.writeAndFlush(
      wrapOutboundOut(AddressedEnvelope(remoteAddress: goal, data: buffer)), promise: written)
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
