import Kernel
import Storage
import Web

/// What orders of calling and rotas say about how people are reached: they are there, they hold, and they have been tried.
enum ContactSignal {
  /// A call that somebody took on within so many days shows that calling works.
  static let triedDays = 365

  static func read(_ tx: ReadTx, on day: Day) throws -> Signal? {
    let (policies, rotas, lastAnswer) = try tx.policiesAndRotas()
    guard !policies.isEmpty || !rotas.isEmpty else { return nil }
    let ahead = try tx.coverageAhead(policies, rotas, at: day.start)
    return signal(
      policies: policies.count, rotas: rotas.count, nobodyMinutes: ahead.map(\.nobodyMinutes).reduce(0, +),
      lastAnswer: lastAnswer?.day, on: day)
  }

  /// - Parameter lastAnswer: when somebody last took on what they were called to.
  static func signal(policies: Int, rotas: Int, nobodyMinutes: Int, lastAnswer: Day?, on day: Day) -> Signal {
    let isTried = lastAnswer.map { day.days(since: $0) <= triedDays } ?? false
    let concern: Sentence? =
      if policies == 0 { Sentence(PagingText.signalNoPolicy, rotas) } else if nobodyMinutes > 0 {
        Sentence(PagingText.signalNobody, CoverageAhead.days, (nobodyMinutes + 59) / 60)
      } else if !isTried { Sentence(PagingText.signalUntried, triedDays) } else { nil }
    return Signal(
      concern == nil ? .met : .partly, Sentence(PagingText.signalAll, policies, rotas), concern: concern,
      oldest: lastAnswer, path: "/paging",
      ground:
        "policies=\(policies) rotas=\(rotas) nobody=\(nobodyMinutes > 0 ? 1 : 0) tried=\(isTried ? 1 : 0)")
  }
}
