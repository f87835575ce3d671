import Foundation
import HTTPTypes
import Hummingbird
import Kernel
import NIOCore
import Synchronization

/// Who may come in before anything is looked up: under which names this server answers, how many requests an address may send,
/// and how long one may take to arrive.
public struct Entrance: Sendable {
  private let names: HostNames
  private let limit: RequestLimit?
  private let isBehindProxy: Bool

  /// - Parameters:
  ///   - names: nil answers to every name.
  ///   - perSecond: requests of one address, on average; twenty seconds' worth of them may come at once. nil: any number.
  ///   - isBehindProxy: whether a proxy on this machine says from where a request comes.
  public init(names: HostNames? = nil, perSecond: Int? = nil, isBehindProxy: Bool = false) {
    self.names = names ?? .any
    limit = perSecond.map { RequestLimit(perSecond: $0, atOnce: $0 * 20) }
    self.isBehindProxy = isBehindProxy
  }

  /// - Throws: ``WebProblem``.
  func admit(_ request: Request, _ context: RequestContext, at now: Instant) throws(WebProblem) {
    let path = request.uri.path
    // Those who watch over the program ask by whatever name they know, and see nothing worth taking.
    let isWatched = ["/healthz", "/readyz", "/readyz/monitoring"].contains(path)
    guard isWatched || names.allow(request.head.authority ?? "") else { throw .elsewhere }
    guard limit?.admits(Sender.network(of: address(of: request, context)), at: now) ?? true else {
      throw .tooManyRequests
    }
  }

  func address(of request: Request, _ context: RequestContext) -> String {
    Sender.address(
      peer: context.remoteAddress?.ipAddress ?? "", forwarded: request.headers[.forwardedFor],
      isBehindProxy: isBehindProxy)
  }

  /// A body of at most `limit` bytes. It may take 20 s, and a second more for every 32 KiB that it says it has.
  ///
  /// - Throws: ``WebProblem``: `.tooLarge`, `.tooSlow`.
  func body(of request: Request, upTo limit: Int) async throws -> [UInt8] {
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? limit
    guard announced <= limit || request.headers[.contentLength] == nil else { throw WebProblem.tooLarge }
    let seconds = 20 + min(announced, limit) / 32_768
    return try await withThrowingTaskGroup(of: [UInt8].self) { group in
      group.addTask {
        do {
          return [UInt8](buffer: try await request.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
          throw WebProblem.tooLarge
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        throw WebProblem.tooSlow
      }
      defer { group.cancelAll() }
      return try await group.next() ?? []
    }
  }
}

extension Entrance {
  /// The end of a body of any length: a program's log. It may take 20 s; what has come by then, or 64 MiB, is enough.
  func tail(of request: Request, keeping most: Int) async throws -> [UInt8] {
    let tail = Tail(most)
    let body = request.body
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // A connection that breaks has said what it had to say.
        try? await tail.read(body)
      }
      group.addTask {
        // Cancelled when the body has ended.
        try? await Task.sleep(for: .seconds(20))
      }
      await group.next()
      group.cancelAll()
    }
    return tail.bytes
  }

  private final class Tail: Sendable {
    private let most: Int
    private let kept = Mutex<(bytes: [UInt8], read: Int)>(([], 0))

    init(_ most: Int) { self.most = most }

    var bytes: [UInt8] { kept.withLock { Array($0.bytes.suffix(most)) } }

    func read(_ body: RequestBody) async throws {
      for try await buffer in body {
        let total = kept.withLock { kept in
          kept.bytes += buffer.readableBytesView.suffix(most)
          if kept.bytes.count > 2 * most { kept.bytes = Array(kept.bytes.suffix(most)) }
          kept.read += buffer.readableBytes
          return kept.read
        }
        if total > 64 << 20 { return }
      }
    }
  }
}

/// The names under which browsers may ask for this server's pages.
///
/// A page elsewhere can make a browser believe that a name of its own leads here (DNS rebinding); the browser then sends that
/// name. Numbers cannot be made to lead elsewhere, so they are always right.
public struct HostNames: Sendable, Equatable {
  /// In lower case; nil for every name.
  private let names: Set<String>?

  public static let any = HostNames(names: nil)

  private init(names: Set<String>?) { self.names = names }

  /// - Parameters:
  ///   - given: what the operator says; `*` is every name.
  ///   - publicAddress: `MAMORITE_PUBLIC_URL`.
  ///   - machine: what the machine calls itself.
  public init(_ given: [String], publicAddress: String?, machine: String) {
    let known = publicAddress.flatMap { RelyingParty($0)?.id }
    let all = given + [known, machine].compactMap(\.self)
    names = given.contains("*") ? nil : Set(all.map { $0.lowercased() }.filter { !$0.isEmpty })
  }

  /// - Parameter host: the header `Host`, with or without a port. Nothing at all comes from no browser.
  public func allow(_ host: String) -> Bool {
    guard let names, !host.isEmpty else { return true }
    var name = host.lowercased()
    if name.hasPrefix("[") { return name.contains("]") && name.dropFirst().allSatisfy(HostNames.isOfNumber) }
    if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
    if name.hasSuffix(".") { name.removeLast() }
    return names.contains(name) || name == "localhost" || name.hasSuffix(".localhost")
      || HostNames.isIPv4(name)
  }

  private static func isIPv4(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  /// What an IPv6 address in brackets, and a port behind it, are written with.
  private static func isOfNumber(_ letter: Character) -> Bool { letter.isHexDigit || ":.]%".contains(letter) }
}

/// So many requests of one network in a time, on average; a hoard of them may be spent at once.
final class RequestLimit: Sendable {
  private struct Hoard {
    var left: Double
    var at: Instant
  }

  private let perMs: Double
  private let atOnce: Double
  /// More networks than this are counted as one.
  private let most = 10_000
  private let hoards = Mutex<[String: Hoard]>([:])

  init(perSecond: Int, atOnce: Int) {
    perMs = Double(perSecond) / 1000
    self.atOnce = Double(atOnce)
  }

  func admits(_ network: String, at now: Instant) -> Bool {
    hoards.withLock { hoards in
      var key = network
      if hoards[key] == nil, hoards.count >= most {
        // Whoever has a full hoard again is as good as new.
        hoards = hoards.filter { refilled($0.value, at: now).left < atOnce }
        if hoards.count >= most { key = "" }
      }
      var hoard = refilled(hoards[key] ?? Hoard(left: atOnce, at: now), at: now)
      defer { hoards[key] = hoard }
      guard hoard.left >= 1 else { return false }
      hoard.left -= 1
      return true
    }
  }

  private func refilled(_ hoard: Hoard, at now: Instant) -> Hoard {
    // A clock that goes back gives nothing and takes nothing.
    let passed = max(0, Double(now.milliseconds - hoard.at.milliseconds))
    return Hoard(left: min(atOnce, hoard.left + passed * perMs), at: now)
  }
}
