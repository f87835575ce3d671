import Kernel
import Registers
import Storage
import Web

/// Measures with their costs and days as a plan by fiscal years, and as a request for a year's budget.
public enum Plans {
  static var feature: Feature {
    var feature = Feature("plans")
    feature.migrations = migrations + rolloutMigrations
    feature.catalogs = [PlanText.catalog]
    feature.records = { Texts<PlanText>($0)(.title) }
    feature.routes = { routes in
      pages(&routes)
      files(&routes)
      rollout(&routes)
    }
    return feature
  }

  /// Years shown, from this one.
  static let shownYears = 5
  /// A request with more lines is none that anybody reads.
  static let mostRequested = 500

  static func years(from today: Day) -> [FiscalYear] {
    (0..<shownYears).map { FiscalYear(today.fiscalYear.year + $0) }
  }

  /// Writes what a line of a year's request says.
  ///
  /// - Parameter change: isChosen, why and otherwise, of what stands there.
  /// - Throws: ``PlanRefusal``, ``MeasureRefusal/noSuchMeasure``; `Stale`.
  static func write(
    _ year: FiscalYear, _ measure: Measure.ID, version: Int, in scope: Scope,
    _ change: @escaping @Sendable (BudgetLine) throws -> BudgetLine
  ) async throws {
    try await scope.write { tx in
      let known = try tx.known(measure)
      let before = try tx.budgetLine(year, measure) ?? BudgetLine(year: year, measure: measure)
      guard before.version == version else { throw Stale() }
      guard known.cost.counts(in: year) else { throw PlanRefusal.notInYear }
      let after = try change(before)
      let isSame =
        after.isChosen == before.isChosen && after.why == before.why && after.otherwise == before.otherwise
      if !isSame { try tx.replace(before, with: after, title: known.title) }
    }
  }
}
