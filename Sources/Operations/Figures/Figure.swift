import Kernel

/// How long something took, over many times: the middle, and what nine of ten stayed below.
struct Spread: Sendable, Equatable {
  let count: Int
  let medianMs: Int64
  let ninetiethMs: Int64

  /// Nearest rank; nil without any.
  init?(_ times: [Int64]) {
    guard !times.isEmpty else { return nil }
    let sorted = times.map { max(0, $0) }.sorted()
    func rank(_ percent: Int) -> Int64 { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
    (count, medianMs, ninetiethMs) = (sorted.count, rank(50), rank(90))
  }
}

/// How much of the time a system is to work, and when that counts.
struct ServiceGoal: Sendable, Equatable, Codable {
  enum Hours: String, Sendable, Codable, CaseIterable { case always, business }

  let system: String
  /// Thousandths of a percent: 99,900 is 99.9 %.
  let target: Int
  let hours: Hours
  let version: Int

  /// - Parameter text: a percentage between 50 and 99.999, as in `99.9`.
  /// - Throws: `.badTarget`.
  init(system: String, percent text: String, hours: Hours, version: Int) throws(FigureRefusal) {
    let parts = text.halfWidth.replacing("%", with: "").trimmed.split(
      separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int(parts[0]), parts[0].count == 2 else {
      throw .badTarget
    }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard fraction.utf8.count <= 3, fraction.allSatisfy({ $0.isASCII && $0.isNumber }) else {
      throw .badTarget
    }
    let thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.utf8.count)) ?? 0
    let target = whole * 1000 + thousandths
    (self.system, self.target, self.hours, self.version) = (system, target, hours, version)
    guard isPlausible else { throw .badTarget }
  }

  /// Whether it can be reckoned with.
  var isPlausible: Bool { (50_000...99_999).contains(target) }

  var percent: String {
    let rest = target % 1000
    guard rest > 0 else { return "\(target / 1000)" }
    var digits = "\(1000 + rest)".dropFirst()
    while digits.last == "0" { digits = digits.dropLast() }
    return "\(target / 1000).\(digits)"
  }

  /// How much of what may fail has failed, in percent: 100 is all of it. Nil when nothing was measured.
  func spent(_ tally: Tally) -> Int? {
    guard let share = tally.availability else { return nil }
    let failed = (1 - share) * 100_000
    return Int((failed / Double(100_000 - target) * 100).rounded())
  }
}

/// Why a figure's setting cannot be saved.
enum FigureRefusal: Problem, Equatable {
  case badTarget

  var code: String { "figures.\(self)" }
  var kind: ProblemKind { .invalid }
  var field: String? { "target" }
}

/// The results of monitors, a system's worst one by the hours that count.
enum Availability {
  /// What counts of one day.
  ///
  /// - Parameter hours: nil for the whole day; else the hours of the clock, of which only those of working days are given.
  static func counted(_ hours: [Int: Tally]?, _ whole: Tally, only: ClosedRange<Int>?) -> Tally {
    guard let only else { return whole }
    return (hours ?? [:]).filter { only.contains($0.key) }.reduce(into: Tally()) { $0.merge($1.value) }
  }

  /// The worst of several monitors: a system works when all that is looked at works.
  static func worst(_ tallies: [Tally]) -> Tally? {
    tallies.filter { $0.availability != nil }.min { ($0.availability ?? 1) < ($1.availability ?? 1) }
  }

  /// The hours of the clock that business hours touch.
  static func hours(of business: BusinessHours) -> ClosedRange<Int> {
    business.opens / 60...max(business.opens / 60, (business.closes - 1) / 60)
  }
}
