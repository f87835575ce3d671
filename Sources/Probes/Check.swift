import Kernel

/// How a thing that is watched stands.
public enum ProbeState: String, Sendable, Codable, Comparable, CaseIterable {
  case up, slow, down

  public static func < (a: ProbeState, b: ProbeState) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .up: 0
    case .slow: 1
    case .down: 2
    }
  }
}

/// What bounds one check, whatever its kind.
public struct Limits: Sendable, Equatable {
  /// Milliseconds for all of it: name, connection, encryption, talk. 1 to 120,000.
  public let timeoutMs: Int
  /// An answer after this many milliseconds is slow; nil when time does not matter.
  public let slowMs: Int?
  /// An answer after this many milliseconds counts as none.
  public let downMs: Int?
  /// Bytes that are read from the target at most; then it is left alone. 1 to 64 MiB.
  public let mostBytes: Int
  public let family: Family

  /// Which addresses of a name are tried.
  public enum Family: String, Sendable, CaseIterable {
    case any
    case v4 = "4"
    case v6 = "6"
  }

  /// - Throws: `Trouble.badLimit` with the name of what lies outside its range.
  public init(
    timeoutMs: Int = 10_000, slowMs: Int? = nil, downMs: Int? = nil, mostBytes: Int = 1 << 20,
    family: Family = .any
  ) throws(Trouble) {
    guard (1...120_000).contains(timeoutMs) else { throw .badLimit("timeout", "1–120000") }
    guard (1...(64 << 20)).contains(mostBytes) else { throw .badLimit("bytes", "1–67108864") }
    for (name, value) in [("slow", slowMs), ("down", downMs)] {
      if let value, !(1...120_000).contains(value) { throw .badLimit(name, "1–120000") }
    }
    (self.timeoutMs, self.slowMs, self.downMs) = (timeoutMs, slowMs, downMs)
    (self.mostBytes, self.family) = (mostBytes, family)
  }
}

/// One thing to look at and how: the value that a form or a command line is parsed into.
///
/// A check holds no connection and no clock; ``Prober`` runs it as often as wanted, on shared event loops.
public protocol Check: Sendable {
  var limits: Limits { get }
  /// What no trace may show.
  var secrets: [String] { get }

  /// Whether it works long on what it is answered, so that it must not be done on the thread of its connection, where others wait.
  var isWeighty: Bool { get }

  /// Looks once.
  ///
  /// - Throws: `Trouble` or `Troubles` when the target is down.
  func examine(in session: Session) async throws -> Sighting
}

extension Check {
  public var secrets: [String] { [] }
  public var isWeighty: Bool { false }
}

/// Something seen that a person may want to know, in words of the catalog's section `messages`.
public struct Note: Sendable, Equatable {
  public let key: String
  public let arguments: [String]

  init(key: String, _ arguments: String...) {
    (self.key, self.arguments) = (key, arguments.map(Trouble.bounded))
  }
}

/// What a check saw when the target answered.
public struct Sighting: Sendable {
  var notes: [Note]
  /// What is worrying though the target answered; `.slow` or `.down`.
  var doubts: [(level: ProbeState, trouble: Trouble)]
  /// Milliseconds that the target took, where that differs from the time of the whole check (ICMP, NTP).
  var milliseconds: Double?

  init(
    _ notes: [Note] = [], doubts: [(level: ProbeState, trouble: Trouble)] = [], milliseconds: Double? = nil
  ) {
    (self.notes, self.doubts, self.milliseconds) = (notes, doubts, milliseconds)
  }
}

/// Several reasons at once, as a certificate may have them.
struct Troubles: Error {
  let all: [Trouble]
}

/// The result of one check.
public struct Outcome: Sendable {
  public let state: ProbeState
  /// How long the target took, to its answer or until it was given up.
  public let milliseconds: Double
  /// Why it is not up; the heaviest first.
  public let troubles: [Trouble]
  public let notes: [Note]
  /// What was sent and what came back, when that was asked for.
  public let trace: [TraceLine]

  public var isOK: Bool { state != .down }
  /// Why the check could not be made as asked for; nothing is then known of the target. Nil when it was made.
  public var refusal: Trouble? { troubles.first.flatMap { $0.kind == .invalid ? $0 : nil } }

  /// Weighs what was seen against the limits of time.
  static func weighed(
    _ sighting: Sighting, after elapsedMs: Double, limits: Limits, trace: [TraceLine]
  ) -> Outcome {
    let took = sighting.milliseconds ?? elapsedMs
    var doubts = sighting.doubts
    if let most = limits.downMs, took >= Double(most) {
      doubts.append((.down, .late(tenths(took), "\(most)")))
    } else if let most = limits.slowMs, took >= Double(most) {
      doubts.append((.slow, .late(tenths(took), "\(most)")))
    }
    let heaviest = doubts.map(\.level).max() ?? .up
    let ordered = doubts.filter { $0.level == .down } + doubts.filter { $0.level != .down }
    return Outcome(
      state: heaviest, milliseconds: took, troubles: ordered.map(\.trouble), notes: sighting.notes,
      trace: trace)
  }
}

/// 12.34 as `12.3`, for people.
func tenths(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let rounded = (value.magnitude * 10).rounded()
  let whole = Int(rounded / 10)
  let rest = Int(rounded) - whole * 10
  return "\(value < 0 && rounded > 0 ? "-" : "")\(whole).\(rest)"
}
