import Kernel
import NIOCore
import NIOPosix

@testable import Probes

/// A peer on loopback that answers as the test says, however badly.
final class FakePeer: Sendable {
  /// What it does with one connection or with each datagram.
  struct Manner: Sendable {
    /// Sent as soon as someone connects.
    var greeting: [UInt8] = []
    /// The answer to what came; nil says nothing.
    var answer: @Sendable ([UInt8]) -> [UInt8]? = { _ in nil }
    /// Repeated without end, as fast as it is taken, once something came (or at once with `greets`).
    var flood: [UInt8] = []
    /// Sent one byte a time without end.
    var drips = false
    var closesAfterAnswer = false
  }

  let channel: any Channel
  var port: Int { channel.localAddress?.port ?? 0 }
  var target: Target { Target(host: "127.0.0.1", port: port) }

  private init(_ channel: any Channel) { self.channel = channel }

  static func listening(_ manner: Manner) async throws -> FakePeer {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(StreamHandler(manner))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakePeer(channel)
  }

  static func datagrams(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) async throws -> FakePeer {
    let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AnsweringHandler(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakePeer(channel)
  }

  func close() async throws { try await channel.close() }
}

private final class StreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let manner: FakePeer.Manner
  private var isFlooding = false

  init(_ manner: FakePeer.Manner) { self.manner = manner }

  func channelActive(context: ChannelHandlerContext) {
    say(manner.greeting, context)
    if manner.drips { drip(context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let answer = manner.answer(Array(unwrapInboundIn(data).readableBytesView))
    say(answer ?? [], context)
    if answer != nil, manner.closesAfterAnswer { return context.close(promise: nil) }
    if !manner.flood.isEmpty, !isFlooding {
      isFlooding = true
      flood(context)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if isFlooding { flood(context) }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func say(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    guard !bytes.isEmpty else { return }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
  }

  private func flood(_ context: ChannelHandlerContext) {
    while context.channel.isWritable && context.channel.isActive { say(manner.flood, context) }
  }

  private func drip(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
      let (handler, context) = bound.value
      guard context.channel.isActive else { return task.cancel() }
      handler.say(handler.manner.flood.isEmpty ? [0x20] : Array(handler.manner.flood.prefix(1)), context)
    }
  }
}

private final class AnsweringHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let answer: @Sendable ([UInt8]) -> [UInt8]?

  init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let came = unwrapInboundIn(data)
    guard let bytes = answer(Array(came.data.readableBytesView)) else { return }
    let buffer = context.channel.allocator.buffer(bytes: bytes)
    context.writeAndFlush(
      wrapOutboundOut(AddressedEnvelope(remoteAddress: came.remoteAddress, data: buffer)), promise: nil)
  }
}

/// Looks once, through a prober of its own.
func look(_ check: any Check, networks: Networks = .all, traced: Bool = false) async -> Outcome {
  let prober = Prober(networks: networks, clock: { Instant(milliseconds: 1_795_225_320_000) })
  let outcome = await prober.probe(check, traced: traced)
  await prober.close()
  return outcome
}

/// A check against a fake, which is closed afterwards.
func look(
  at manner: FakePeer.Manner, _ check: @Sendable (Target) throws -> any Check
) async throws -> Outcome {
  let peer = try await FakePeer.listening(manner)
  let outcome = await look(try check(peer.target))
  try await peer.close()
  return outcome
}

extension Outcome {
  var codes: [String] { troubles.map { String($0.code.dropFirst("probes.".count)) } }
}

/// Longer than any machine needs for what should end by itself.
func patient(_ mostBytes: Int = 1 << 20) throws -> Limits {
  try Limits(timeoutMs: 60_000, mostBytes: mostBytes)
}
/// For what ends only because its time is over, after something came.
func unhurried() throws -> Limits { try Limits(timeoutMs: 4000) }
/// For what ends only because its time is over, and nothing came.
func hasty() throws -> Limits { try Limits(timeoutMs: 700) }

/// Feeds a conversation by hand, one byte at a time, until it ends or has no more.
func told<Talk: Conversation>(_ talk: Talk, _ bytes: [UInt8]) throws(Trouble) -> (
  said: [UInt8], result: Talk.Result?
) {
  var talk = talk
  var said: [UInt8] = []
  let first = try talk.begin()
  said += first.say
  if let result = first.result { return (said, result) }
  for byte in bytes {
    let turn = try talk.hear([byte])
    said += turn.say
    if let result = turn.result { return (said, result) }
  }
  return (said, nil)
}
