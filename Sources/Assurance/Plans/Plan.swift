import Kernel
import Registers
import Web

/// What a measure costs, and from when: what the plan by fiscal years is worked out from.
struct PlanCost: Sendable, Equatable {
  let measure: Measure.ID
  let state: Measure.State
  /// The day it begins; its due day where no beginning is written.
  let day: Day?
  /// In yen; nil for what is not known, which is never counted as nothing.
  let once: Int?
  let yearly: Int?

  var firstYear: FiscalYear? { day?.fiscalYear }

  /// Whether its first cost falls into the year.
  func begins(in year: FiscalYear) -> Bool { state != .stopped && firstYear == year }

  /// Whether it costs something every year, this one among them: from the year in which it begins. What is in place without
  /// a day costs in every year.
  func runs(in year: FiscalYear) -> Bool {
    guard state != .stopped else { return false }
    guard let firstYear else { return state == .inPlace }
    return firstYear <= year
  }

  /// Whether the year's plan has it at all.
  func counts(in year: FiscalYear) -> Bool { begins(in: year) || runs(in: year) }
}

extension Measure {
  var cost: PlanCost {
    PlanCost(
      measure: id, state: state, day: startOn ?? dueOn, once: costInitial, yearly: costYearly)
  }
}

/// What a year costs, with how many costs nobody knows.
struct PlanTotal: Sendable, Equatable {
  /// Measures that begin in the year.
  var begun = 0
  var once = 0
  var yearly = 0
  var unknownOnce = 0
  var unknownYearly = 0

  var all: Int { once + yearly }
  var isComplete: Bool { unknownOnce == 0 && unknownYearly == 0 }

  init(_ costs: some Sequence<PlanCost>, in year: FiscalYear) {
    for cost in costs {
      if cost.begins(in: year) {
        begun += 1
        if let amount = cost.once { once += amount } else { unknownOnce += 1 }
      }
      if cost.runs(in: year) {
        if let amount = cost.yearly { yearly += amount } else { unknownYearly += 1 }
      }
    }
  }
}

/// A measure as a line of a year's budget request.
struct BudgetLine: Sendable, Equatable, Codable {
  let year: FiscalYear
  let measure: Measure.ID
  private(set) var isChosen: Bool
  /// Why, beside what the links say.
  private(set) var why: String
  /// What happens if it is not done.
  private(set) var otherwise: String
  private(set) var version: Int

  init(
    year: FiscalYear, measure: Measure.ID, isChosen: Bool = false, why: String = "", otherwise: String = "",
    version: Int = 0
  ) {
    (self.year, self.measure, self.isChosen) = (year, measure, isChosen)
    (self.why, self.otherwise, self.version) = (why, otherwise, version)
  }

  /// - Throws: ``PlanRefusal/textTooLong``.
  func revised(isChosen: Bool, why: String, otherwise: String) throws(PlanRefusal) -> BudgetLine {
    guard let why = why.trimmed(to: 0...1000), let otherwise = otherwise.trimmed(to: 0...1000) else {
      throw .textTooLong
    }
    var next = self
    (next.isChosen, next.why, next.otherwise, next.version) = (isChosen, why, otherwise, version + 1)
    return next
  }
}

/// A line of a year's plan with what it rests on.
struct PlannedMeasure: Sendable {
  struct Treated: Sendable, Equatable {
    let id: Risk.ID
    let title: String
    let scale: String
    let severity: Int
    let now: RiskRating?
    let target: RiskRating?
  }

  let measure: Measure
  let owner: String?
  let line: BudgetLine
  /// Of the gravest open risk it treats; -1 for none.
  let severity: Int
  /// Titles with the audit's name, the first few.
  var requirements: [String] = []
  var requirementCount = 0
  var risks: [Treated] = []

  var cost: PlanCost { measure.cost }
}

enum PlanRefusal: Problem, Equatable {
  case textTooLong, badYear, nothingChosen, tooManyChosen, notInYear, rolloutNotInYear

  var code: String { "plans.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .badYear, .notInYear, .nothingChosen, .rolloutNotInYear: .notFound
    default: .invalid
    }
  }
}
