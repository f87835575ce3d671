import Glibc
import Synchronization

/// NTP: how far this machine's clock is from the server's (RFC 5905, SNTP client).
public struct NTPCheck: Check {
  public let target: Target
  /// Slow, and down, from this offset on, in milliseconds.
  public let slowOffsetMs: Int
  public let downOffsetMs: Int
  public let limits: Limits

  public static let standardPort = 123

  /// - Parameter downOffsetMs: A minute by default; tickets of a domain fail at five.
  /// - Throws: `Trouble.badLimit` unless 0 < slow ≤ down.
  public init(target: Target, slowOffsetMs: Int = 1000, downOffsetMs: Int = 60_000, limits: Limits)
    throws(Trouble)
  {
    guard slowOffsetMs > 0, slowOffsetMs <= downOffsetMs else { throw .badLimit("offset", "0 < slow ≤ down") }
    (self.target, self.slowOffsetMs, self.downOffsetMs) = (target, slowOffsetMs, downOffsetMs)
    self.limits = limits
  }

  public func examine(in session: Session) async throws -> Sighting {
    let questions = NTPQuestions()
    let (reading, sent, came) = try await session.exchange(with: target, make: questions.next) { bytes in
      let came = NTPCheck.machineTime()
      return try questions.answered(by: bytes).map { ($0.reading, $0.sent, came) }
    }
    let (offset, delay) = reading.offset(sent: sent, came: came)
    return try judged(offsetMs: offset * 1000, delayMs: delay * 1000, stratum: reading.stratum)
  }

  func judged(offsetMs: Double, delayMs: Double, stratum: UInt8) throws(Trouble) -> Sighting {
    let note = Note(key: "probes.ntp", target.description, tenths(offsetMs), "\(stratum)")
    let distance = offsetMs.magnitude
    if distance >= Double(downOffsetMs) { throw .clockOff(tenths(offsetMs), "\(downOffsetMs)") }
    let isOff = distance >= Double(slowOffsetMs)
    return Sighting(
      [note], doubts: isOff ? [(.slow, .clockOff(tenths(offsetMs), "\(slowOffsetMs)"))] : [],
      milliseconds: max(0, delayMs))
  }

  /// Seconds since 1970 by the machine's clock: that clock is what is measured, so it is not passed in.
  fileprivate static func machineTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The questions of one check: an answer is measured from the sending that it answers, not from the first one.
final class NTPQuestions: Sendable {
  private let sent = Mutex<[(mark: UInt64, at: Double)]>([])

  /// Carries a random mark instead of our time: it proves that the answer is to this question and tells nothing (RFC 5905
  /// errata, draft data-minimization).
  @Sendable func next() -> [UInt8] {
    let mark = UInt64.random(in: 1 ... .max)
    sent.withLock { $0.append((mark, NTPCheck.machineTime())) }
    return NTPReading.question(mark: mark)
  }

  /// Nil for what answers none of them.
  func answered(by bytes: [UInt8]) throws(Trouble) -> (reading: NTPReading, sent: Double)? {
    for (mark, at) in sent.withLock({ $0 }) {
      if let reading = try NTPReading(bytes, mark: mark) { return (reading, at) }
    }
    return nil
  }
}

/// A server's answer of 48 bytes (RFC 5905 §7.3).
struct NTPReading: Sendable, Equatable {
  let stratum: UInt8
  /// When the question arrived and the answer left there: seconds since 1900 within an era of 2³² seconds.
  let received: Double
  let transmitted: Double

  /// Version 4, mode client.
  static func question(mark: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [0x23] + [UInt8](repeating: 0, count: 47)
    for place in 0..<8 { bytes[40 + place] = UInt8(truncatingIfNeeded: mark >> UInt64(56 - 8 * place)) }
    return bytes
  }

  /// Nil for what does not answer this question.
  ///
  /// - Throws: `Trouble.ntpRefused` (kiss of death), `.unsynchronised`, `.brokenNTP`.
  init?(_ bytes: [UInt8], mark: UInt64) throws(Trouble) {
    guard bytes.count >= 48 else { throw .brokenNTP("\(bytes.count) bytes") }
    func number(_ place: Int) -> UInt64 { bytes[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    guard number(24) == mark else { return nil }
    guard bytes[0] & 7 == 4 else { throw .brokenNTP("mode \(bytes[0] & 7)") }
    guard bytes[1] != 0 else { throw .ntpRefused(String(decoding: bytes[12..<16], as: UTF8.self)) }
    guard bytes[0] >> 6 != 3, bytes[1] < 16, number(40) != 0 else { throw .unsynchronised() }
    stratum = bytes[1]
    received = Double(number(32)) / 4_294_967_296
    transmitted = Double(number(40)) / 4_294_967_296
  }

  /// Seconds that the server's clock is ahead of ours, and that the way there and back took.
  ///
  /// - Parameters: Seconds since 1970 by our clock. The server's era is the one nearest to it (the first ends in 2036).
  func offset(sent: Double, came: Double) -> (offset: Double, delay: Double) {
    let (received, transmitted) = (near(received, sent), near(transmitted, came))
    return ((received - sent + transmitted - came) / 2, came - sent - (transmitted - received))
  }

  private func near(_ moment: Double, _ ours: Double) -> Double {
    let era = 4_294_967_296.0
    let since1970 = moment - 2_208_988_800
    return since1970 + ((ours - since1970) / era).rounded() * era
  }
}
