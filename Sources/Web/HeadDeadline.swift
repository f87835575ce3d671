public import NIOCore
public import NIOHTTPTypes

/// Closes a connection whose next request does not begin in time.
///
/// The server's idle limit starts anew with each byte, so a client that sends one byte at a time would keep a connection for ever.
/// The limit is above the idle limit: a connection that merely waits is closed by that.
public final class HeadDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  public typealias InboundIn = HTTPRequestPart
  public typealias OutboundIn = HTTPResponsePart
  public typealias OutboundOut = HTTPResponsePart

  private let limit: TimeAmount
  private var timer: Scheduled<Void>?

  public init(_ limit: TimeAmount) { self.limit = limit }

  public func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { wait(context) }
  }

  public func channelActive(context: ChannelHandlerContext) {
    wait(context)
    context.fireChannelActive()
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head = unwrapInboundIn(data) { stop() }
    context.fireChannelRead(data)
  }

  public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // Answering may take as long as it likes.
    if case .end = unwrapOutboundIn(data) { wait(context) }
    context.write(data, promise: promise)
  }

  public func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  public func handlerRemoved(context: ChannelHandlerContext) { stop() }

  private func wait(_ context: ChannelHandlerContext) {
    stop()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: limit) { bound.value.close(promise: nil) }
  }

  private func stop() {
    timer?.cancel()
    timer = nil
  }
}
