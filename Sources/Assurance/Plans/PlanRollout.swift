import Kernel
import Registers
import Web

/// What a line of the two-factor roll-out costs, and from when.
struct RolloutCost: Sendable, Equatable {
  let line: RolloutLine.ID
  let system: String
  let group: String
  let phase: Int
  let day: Day
  let isDone: Bool
  /// In yen; nil for what is not known, which is never counted as nothing.
  let once: Int?
  let yearly: Int?
  /// A measure's costs stand for it: here it counts nothing, so that no cost is counted twice.
  let isOfMeasure: Bool

  /// The day from which a line costs: the first of its phase, or the one after its exception where that is later.
  static func day(phase start: Day, doneOn: Day?, exceptionUntil: Day?) -> Day {
    guard doneOn == nil, let exceptionUntil else { return start }
    return max(start, exceptionUntil.adding(days: 1))
  }

  func begins(in year: FiscalYear) -> Bool { !isOfMeasure && day.fiscalYear == year }
  func runs(in year: FiscalYear) -> Bool { !isOfMeasure && day.fiscalYear <= year }
  func isOfMeasure(in year: FiscalYear) -> Bool { isOfMeasure && day.fiscalYear <= year }
}

/// Whether the budget of a year is asked for the roll-out, and why.
struct RolloutBudget: Sendable, Equatable {
  let year: FiscalYear
  private(set) var isChosen = false
  private(set) var why = ""
  private(set) var otherwise = ""
  private(set) var version = 0

  init(year: FiscalYear) { self.year = year }

  init(year: FiscalYear, isChosen: Bool, why: String, otherwise: String, version: Int) {
    self.year = year
    (self.isChosen, self.why, self.otherwise, self.version) = (isChosen, why, otherwise, version)
  }

  /// - Throws: ``PlanRefusal/textTooLong``.
  func revised(isChosen: Bool, why: String, otherwise: String) throws(PlanRefusal) -> RolloutBudget {
    guard let why = why.trimmed(to: 0...1000), let otherwise = otherwise.trimmed(to: 0...1000) else {
      throw .textTooLong
    }
    return RolloutBudget(
      year: year, isChosen: isChosen, why: why, otherwise: otherwise, version: version + 1)
  }

  func isSame(as other: RolloutBudget) -> Bool {
    isChosen == other.isChosen && why == other.why && otherwise == other.otherwise
  }
}

/// The roll-out as a source of the plan's costs, beside the measures.
struct RolloutPlan: Sendable {
  struct Part: Sendable {
    let phase: RolloutPhase
    /// Lines that begin in the year, or cost something in it.
    let costs: [RolloutCost]
    let total: PlanTotal
    let begins: Bool
  }

  let phases: [RolloutPhase]
  let costs: [RolloutCost]
  var budget: RolloutBudget

  func counts(in year: FiscalYear) -> Bool { costs.contains { $0.runs(in: year) } }
  func isChosen(in year: FiscalYear) -> Bool { budget.year == year && budget.isChosen && counts(in: year) }

  /// One part for each phase that costs something in the year.
  func parts(in year: FiscalYear) -> [Part] {
    phases.compactMap { phase in
      let own = costs.filter { $0.phase == phase.number && $0.runs(in: year) }
      guard !own.isEmpty else { return nil }
      return Part(
        phase: phase, costs: own, total: PlanTotal(own, in: year),
        begins: own.contains { $0.begins(in: year) })
    }
  }

  /// Lines whose costs are those of a measure.
  func left(to year: FiscalYear) -> Int { costs.count { $0.isOfMeasure(in: year) } }
}

extension PlanTotal {
  /// Of the roll-out alone.
  init(_ costs: some Sequence<RolloutCost>, in year: FiscalYear) {
    self.init([PlanCost](), in: year)
    add(costs, in: year)
  }

  /// Beside the measures, whose number stays what it is.
  mutating func add(_ costs: some Sequence<RolloutCost>, in year: FiscalYear) {
    for cost in costs {
      if cost.begins(in: year) {
        if let amount = cost.once { once += amount } else { unknownOnce += 1 }
      }
      if cost.runs(in: year) {
        if let amount = cost.yearly { yearly += amount } else { unknownYearly += 1 }
      }
    }
  }

  func adding(_ costs: some Sequence<RolloutCost>, in year: FiscalYear) -> PlanTotal {
    var next = self
    next.add(costs, in: year)
    return next
  }
}
