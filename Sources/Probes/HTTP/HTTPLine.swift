import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOTLS

extension Session {
  /// Sends one request over a connection of its own and reads the answer.
  func fetch(_ request: HTTPRequest, tls: TLSRules, isPlain1: Bool) async throws -> HTTPAnswer {
    let target = request.address.target
    let protocols = isPlain1 ? ["http/1.1"] : ["h2", "http/1.1"]
    let watch = request.address.isSecure ? try await self.watch(tls, target, protocols: protocols) : nil
    let promise = loop.makePromise(of: HTTPAnswer.self)
    let channel: any Channel
    do {
      (channel, _) = try await connect(to: target) { channel in
        if let handler = try watch?.handler() { try channel.pipeline.syncOperations.addHandler(handler) }
        try channel.pipeline.syncOperations.addHandler(
          HTTPStart(request, self, promise, waitsForTLS: watch != nil))
      }
    } catch {
      promise.fail(error)
      throw error
    }
    do {
      var answer = try await promise.futureResult.get()
      answer.sighting = watch?.sighting ?? Sighting()
      return answer
    } catch {
      channel.close(promise: nil)
      if let troubles = watch?.refusal { throw Troubles(all: troubles) }
      throw error
    }
  }

  /// What heads and frames may take beside the body.
  static let roomForHeads = 256 << 10

  /// Counts what came in, with room for heads.
  fileprivate func countWithHeads(_ bytes: Int) throws(Trouble) {
    try count(bytes, room: Session.roomForHeads)
  }
}

/// Counts bytes, keeps the deadline, and fills the pipeline once it is known which HTTP is spoken.
private final class HTTPStart: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let request: HTTPRequest
  private let session: Session
  private let promise: EventLoopPromise<HTTPAnswer>
  private let waitsForTLS: Bool
  private var alarm: Scheduled<Void>?
  private var isStarted = false

  init(
    _ request: HTTPRequest, _ session: Session, _ promise: EventLoopPromise<HTTPAnswer>, waitsForTLS: Bool
  ) {
    (self.request, self.session, self.promise, self.waitsForTLS) = (request, session, promise, waitsForTLS)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    alarm = context.eventLoop.scheduleTask(deadline: session.deadline) {
      let (start, context) = bound.value
      start.promise.fail(start.session.outOfTime)
      context.close(promise: nil)
    }
  }

  /// Also when no connection came about.
  func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    session.enter(waitsForTLS ? .securing : .talking)
    if !waitsForTLS { start(context, isHTTP2: false) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    context.fireUserInboundEventTriggered(event)
    guard case TLSUserEvent.handshakeCompleted(let agreed) = event else { return }
    session.enter(.talking)
    start(context, isHTTP2: agreed == "h2")
  }

  private func start(_ context: ChannelHandlerContext, isHTTP2: Bool) {
    guard !isStarted else { return }
    isStarted = true
    let pipeline = context.pipeline.syncOperations
    let (request, session, promise) = (request, session, promise)
    do {
      guard isHTTP2 else {
        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
        return try pipeline.addHandler(HTTPTalk(request, session, promise, version: nil))
      }
      let streams = try pipeline.configureHTTP2Pipeline(
        mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
      ) { stream in stream.close() }
      try pipeline.addHandler(HTTPEnd(session, promise))
      streams.createStreamChannel(promise: nil) { stream in
        stream.eventLoop.makeCompletedFuture {
          try stream.pipeline.syncOperations.addHandlers(
            HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https),
            HTTPTalk(request, session, promise, version: "HTTP/2"))
        }
      }
    } catch {
      promise.fail(error)
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do {
      try session.countWithHeads(unwrapInboundIn(data).readableBytes)
      context.fireChannelRead(data)
    } catch {
      promise.fail(error)
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    alarm?.cancel()
    context.fireChannelInactive()
    if !isStarted { promise.fail(session.closedEarly) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isStarted { return context.fireErrorCaught(error) }
    promise.fail(error)
    context.close(promise: nil)
  }
}

/// The end of a connection of HTTP/2: its faults are the request's.
private final class HTTPEnd: ChannelInboundHandler {
  typealias InboundIn = Any

  private let session: Session
  private let promise: EventLoopPromise<HTTPAnswer>

  init(_ session: Session, _ promise: EventLoopPromise<HTTPAnswer>) {
    (self.session, self.promise) = (session, promise)
  }

  func channelInactive(context: ChannelHandlerContext) { promise.fail(session.closedEarly) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error is NIOSSLError ? error : Trouble.brokenHTTP("\(error)"))
    context.close(promise: nil)
  }
}

/// One request and its answer.
private final class HTTPTalk: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: HTTPRequest
  private let session: Session
  private let promise: EventLoopPromise<HTTPAnswer>
  private let version: String?
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var isSent = false
  private var isEnded = false

  init(
    _ request: HTTPRequest, _ session: Session, _ promise: EventLoopPromise<HTTPAnswer>, version: String?
  ) {
    (self.request, self.session, self.promise, self.version) = (request, session, promise, version)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { send(context) }
  }

  func channelActive(context: ChannelHandlerContext) { send(context) }

  private func send(_ context: ChannelHandlerContext) {
    guard !isSent else { return }
    isSent = true
    var headers: HTTPHeaders = [
      "Host": request.address.authority, "User-Agent": "mamorite-probe", "Accept": request.accept,
      "Accept-Encoding": "identity",
    ]
    if version == nil { headers.add(name: "Connection", value: "close") }
    if let authorization = request.authorization { headers.add(name: "Authorization", value: authorization) }
    let method: HTTPMethod = request.method == .get ? .GET : .HEAD
    let line = "\(request.method.rawValue) \(request.address.path) \(version ?? "HTTP/1.1")"
    session.trace?.add(.sent, text: HTTPTalk.shown(line, headers))
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: request.address.path, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  private static func shown(_ line: String, _ headers: HTTPHeaders) -> String {
    ([line] + headers.map { "\($0.name): \($0.value)" }).joined(separator: "\n")
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnded else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      let line = "\(version ?? "\(head.version)") \(head.status.code) \(head.status.reasonPhrase)"
      session.trace?.add(.received, text: HTTPTalk.shown(line, head.headers))
      let isRedirect = (300...399).contains(head.status.code) && head.headers.contains(name: "Location")
      if isRedirect && request.stopsAtRedirect { end(context, isCut: false) }
    case .body(let part):
      let room = session.limits.mostBytes - body.count
      let bytes = Array(part.readableBytesView.prefix(room))
      session.trace?.add(.received, bytes)
      body += bytes
      if part.readableBytes > room { end(context, isCut: true) }
    case .end: end(context, isCut: false)
    }
  }

  private func end(_ context: ChannelHandlerContext, isCut: Bool) {
    guard !isEnded, let head else { return }
    isEnded = true
    promise.succeed(
      HTTPAnswer(
        address: request.address, status: Int(head.status.code), version: version ?? "\(head.version)",
        location: head.headers.first(name: "Location"), body: body, isCut: isCut))
    // A stream's parent is the connection.
    (context.channel.parent ?? context.channel).close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !isEnded { promise.fail(session.closedEarly) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !isEnded {
      switch error {
      case is NIOSSLError, is HTTPParserError, is IOError, is Trouble: promise.fail(error)
      default: promise.fail(Trouble.brokenHTTP("\(error)"))
      }
    }
    (context.channel.parent ?? context.channel).close(promise: nil)
  }
}
