import Kernel
import Operations

/// Who is on call in a year: twenty people, two layers, with changes and leave.
enum OnCallBench {
  static func run() {
    _ = OnCallTrial.year(of: 2026)
    let start = ContinuousClock.now
    var stretches = 0
    for _ in 0..<10 { stretches = OnCallTrial.year(of: 2026) }
    Bench.report(
      "who is on call in a year, 20 people, 2 layers (\(stretches) stretches)", Bench.ms(since: start) / 10,
      "ms",
      budget: 20)
  }
}
