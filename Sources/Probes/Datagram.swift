import NIOCore
import NIOPosix

extension Session {
  /// Sends one datagram and waits for the answer to it, sending again after 1, 2, 4… seconds as long as there is time.
  ///
  /// The socket is connected: what comes from elsewhere does not arrive.
  ///
  /// - Parameters:
  ///   - make: The datagram; called for each sending, at the moment of it.
  ///   - read: The answer's value; nil for a datagram that answers something else, which is let pass.
  func exchange<Value: Sendable>(
    with target: Target, make: @escaping @Sendable () -> [UInt8],
    read: @escaping @Sendable ([UInt8]) throws -> Value?
  ) async throws -> Value {
    guard let address = try await addresses(of: target).first else { throw Trouble.unknownHost(target.host) }
    let promise = loop.makePromise(of: Value.self)
    let channel: any Channel
    do {
      channel = try await DatagramBootstrap(group: loop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(DatagramHandler(make, self, promise, read))
          }
        }
        .connect(to: try address.socketAddress(port: target.port)).get()
    } catch {
      promise.fail(error)
      throw error
    }
    defer { channel.close(promise: nil) }
    return try await promise.futureResult.get()
  }
}

private final class DatagramHandler<Value: Sendable>: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let make: @Sendable () -> [UInt8]
  private let session: Session
  private let promise: EventLoopPromise<Value>
  private let read: @Sendable ([UInt8]) throws -> Value?
  private var alarms: [Scheduled<Void>] = []

  init(
    _ make: @escaping @Sendable () -> [UInt8], _ session: Session, _ promise: EventLoopPromise<Value>,
    _ read: @escaping @Sendable ([UInt8]) throws -> Value?
  ) {
    (self.make, self.session, self.promise, self.read) = (make, session, promise, read)
  }

  func channelActive(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    alarms.append(
      context.eventLoop.scheduleTask(deadline: session.deadline) {
        bound.value.0.promise.fail(bound.value.0.session.outOfTime)
      })
    send(context)
    // 1, 3, 7 … seconds after the first.
    for doublings in 1...6 {
      alarms.append(
        context.eventLoop.scheduleTask(in: .seconds(Int64(1 << doublings) - 1)) {
          bound.value.0.send(bound.value.1)
        })
    }
  }

  private func send(_ context: ChannelHandlerContext) {
    guard let remote = context.channel.remoteAddress else { return }
    let bytes = make()
    session.trace?.add(.sent, bytes)
    let buffer = context.channel.allocator.buffer(bytes: bytes)
    context.writeAndFlush(
      wrapOutboundOut(AddressedEnvelope(remoteAddress: remote, data: buffer)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
    session.trace?.add(.received, bytes)
    do {
      try session.count(bytes.count)
      if let value = try read(bytes) { promise.succeed(value) }
    } catch {
      promise.fail(error)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

  func channelInactive(context: ChannelHandlerContext) {
    for alarm in alarms { alarm.cancel() }
    promise.fail(session.closedEarly)
  }
}
