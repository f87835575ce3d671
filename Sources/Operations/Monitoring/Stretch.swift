import Kernel

/// How long a monitor stood how, in whole seconds.
struct Spans: Sendable, Equatable {
  var good = 0
  var down = 0
  /// Nothing was known: this machine's own network was gone, it could not be asked, or results stopped coming.
  var unknown = 0
  /// Within a stop that was planned, whatever was seen.
  var planned = 0

  var isEmpty: Bool { good + down + unknown + planned == 0 }

  mutating func add(_ stretch: Stretch) {
    let seconds = Int(stretch.until - stretch.from)
    switch stretch.kind {
    case .good: good += seconds
    case .down: down += seconds
    case .unknown: unknown += seconds
    case .planned: planned += seconds
    }
  }

  mutating func merge(_ other: Spans) {
    good += other.good
    down += other.down
    unknown += other.unknown
    planned += other.planned
  }
}

/// A piece of time in which a monitor stood one way; within one hour of the clock.
struct Stretch: Sendable, Equatable {
  enum Kind: Sendable { case good, down, unknown, planned }

  /// Seconds since 1970: whole ones, so that pieces that follow each other leave nothing out.
  let from: Int64
  let until: Int64
  let kind: Kind

  var start: Instant { Instant(milliseconds: from * 1000) }

  /// Of the time after a result in which none follows, so much is counted as unknown; of more there is no record at all.
  static let mostSilent: Int64 = 24 * 3600

  /// The time from the first of these results until `end`: what a result saw holds until the next one.
  ///
  /// - Parameters:
  ///   - longest: milliseconds for which a result says something; what lies beyond it is unknown.
  ///   - windows: stops that are planned.
  static func pieces(
    of readings: [Reading], until end: Instant, longest: Int64, planned windows: [Window]
  ) -> [Stretch] {
    var pieces: [Stretch] = []
    for (index, reading) in readings.enumerated() {
      let next = index + 1 < readings.count ? readings[index + 1].at : end
      let (from, until) = (reading.at.milliseconds / 1000, next.milliseconds / 1000)
      let told = min(until, from + longest / 1000)
      pieces += cut(from, told, kind(reading.sight), windows)
      pieces += cut(told, min(until, told + mostSilent), .unknown, windows)
    }
    return pieces
  }

  private static func kind(_ sight: Sight) -> Kind {
    switch sight {
    case .up, .slow: .good
    case .down: .down
    case .unknown: .unknown
    }
  }

  /// Cuts at the ends of planned stops and at whole hours.
  private static func cut(_ from: Int64, _ until: Int64, _ kind: Kind, _ windows: [Window]) -> [Stretch] {
    guard from < until else { return [] }
    let ends = windows.flatMap { [$0.from.milliseconds / 1000, $0.until.milliseconds / 1000] }
    let hours = Array(stride(from: (from / 3600 + 1) * 3600, to: until, by: 3600))
    let bounds = Set(ends.filter { from < $0 && $0 < until } + hours + [from, until]).sorted()
    return zip(bounds, bounds.dropFirst()).map { start, end in
      let isPlanned = windows.contains {
        $0.from.milliseconds / 1000 <= start && start < $0.until.milliseconds / 1000
      }
      return Stretch(from: start, until: end, kind: isPlanned ? .planned : kind)
    }
  }
}
