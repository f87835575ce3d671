import Glibc
import NIOCore
import NIOSSL
import NIOTLS

private let quickAcknowledgement = NIOBSDSocket.Option(rawValue: TCP_QUICKACK)

extension Session {
  /// Holds a conversation over TCP, or TLS where `tls` is given, and returns its result.
  ///
  /// - Parameter later: The rules when the conversation asks for encryption on the way (STARTTLS).
  func converse<Talk: Conversation>(
    _ talk: Talk, with target: Target, tls: TLSRules?, later: TLSRules? = nil
  ) async throws -> (result: Talk.Result, sighting: Sighting) {
    var watch: TLSWatch?
    if let rules = tls ?? later { watch = try await self.watch(rules, target) }
    let promise = loop.makePromise(of: Talk.Result.self)
    let channel: any Channel
    do {
      (channel, _) = try await connect(to: target) { [watch] channel in
        let line = LineHandler(talk, self, promise, waitsForTLS: tls != nil) { [watch] in try watch?.handler()
        }
        if tls != nil, let handler = try watch?.handler() {
          try channel.pipeline.syncOperations.addHandler(handler)
        }
        try channel.pipeline.syncOperations.addHandler(line)
      }
    } catch {
      promise.fail(error)
      throw error
    }
    do {
      let result = try await promise.futureResult.get()
      return (result, watch?.sighting ?? Sighting())
    } catch {
      channel.close(promise: nil)
      // What was wrong with its certificate says more than that the line broke.
      if let troubles = watch?.refusal { throw Troubles(all: troubles) }
      throw error
    }
  }
}

/// Drives one conversation on its event loop.
private final class LineHandler<Talk: Conversation>: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var talk: Talk
  private let session: Session
  private var promise: EventLoopPromise<Talk.Result>?
  private let waitsForTLS: Bool
  private let secure: () throws -> NIOSSLClientHandler?
  private var alarm: Scheduled<Void>?
  private var wasActive = false
  private var isBegun = false
  private var isEncrypting = false

  init(
    _ talk: Talk, _ session: Session, _ promise: EventLoopPromise<Talk.Result>, waitsForTLS: Bool,
    secure: @escaping () throws -> NIOSSLClientHandler?
  ) {
    (self.talk, self.session, self.promise) = (talk, session, promise)
    (self.waitsForTLS, self.secure) = (waitsForTLS, secure)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    alarm = context.eventLoop.scheduleTask(deadline: session.deadline) {
      let (handler, context) = bound.value
      guard let result = handler.talk.late() else { return handler.fail(handler.session.outOfTime, context) }
      handler.finish(result)
      context.close(promise: nil)
    }
    if context.channel.isActive { channelActive(context: context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    wasActive = true
    session.enter(waitsForTLS ? .securing : .talking)
    if !waitsForTLS { begin(context) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case TLSUserEvent.handshakeCompleted = event else {
      return context.fireUserInboundEventTriggered(event)
    }
    session.enter(.talking)
    if isEncrypting {
      isEncrypting = false
      take(context) { talk throws(Trouble) in try talk.encrypted() }
    } else {
      begin(context)
    }
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard !isBegun else { return }
    isBegun = true
    take(context) { talk throws(Trouble) in try talk.begin() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard promise != nil else { return }
    let bytes = Array(unwrapInboundIn(data).readableBytesView)
    session.trace?.add(.received, bytes)
    do { try session.count(bytes.count) } catch { return fail(error, context) }
    take(context) { talk throws(Trouble) in try talk.hear(bytes) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    guard promise != nil else { return }
    do {
      if let result = try talk.closed() { finish(result) } else { fail(session.closedEarly, context) }
    } catch {
      fail(error, context)
    }
  }

  /// Also when no connection came about: then the target's next address is tried, and the promise is still wanted.
  func handlerRemoved(context: ChannelHandlerContext) {
    alarm?.cancel()
    if wasActive { promise?.fail(session.closedEarly) }
    promise = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A peer that ends TLS by closing is like one that closes.
    if case NIOSSLError.uncleanShutdown = error { return }
    fail(error, context)
  }

  private func take(
    _ context: ChannelHandlerContext, _ step: (inout Talk) throws(Trouble) -> Turn<Talk.Result>
  ) {
    guard promise != nil else { return }
    let turn: Turn<Talk.Result>
    do { turn = try step(&talk) } catch { return fail(error, context) }
    if !turn.say.isEmpty {
      session.trace?.add(.sent, turn.say)
      context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: turn.say)), promise: nil)
    }
    if let result = turn.result {
      finish(result)
      context.close(promise: nil)
      return
    }
    acknowledgeAtOnce(context)
    if turn.encrypt {
      isEncrypting = true
      session.enter(.securing)
      do {
        guard let handler = try secure() else { throw Trouble.noStartTLS() }
        try context.pipeline.syncOperations.addHandler(handler, position: .first)
      } catch {
        fail(error, context)
      }
    }
  }

  /// A peer that writes its answer in two parts waits with the second until the first is acknowledged, which the kernel would
  /// put off for 40 ms. It forgets this whenever something is sent.
  private func acknowledgeAtOnce(_ context: ChannelHandlerContext) {
    do {
      try context.channel.syncOptions?.setOption(.tcpOption(quickAcknowledgement), value: 1)
    } catch {
      // The answer comes 40 ms later; a connection that has ended says so by itself.
      session.trace?.add(.note, text: "TCP_QUICKACK: \(error)")
    }
  }

  private func finish(_ result: Talk.Result) {
    alarm?.cancel()
    promise?.succeed(result)
    promise = nil
  }

  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    alarm?.cancel()
    promise?.fail(error)
    promise = nil
    context.close(promise: nil)
  }
}
