import Kernel
import Registers
import Storage
import Web

extension ReadTx {
  /// The roll-out's costs, and what a year's budget request says of it; nil while there is no line.
  func rolloutPlan(_ year: FiscalYear) throws -> RolloutPlan? {
    var phases: [RolloutPhase] = []
    var budget = RolloutBudget(year: year)
    let costs = try all(
      """
      SELECT l.id, s.name, l.user_group, l.phase, l.done_on, l.exception_until, l.cost_once, l.cost_yearly,
        p.name, p.start_on, p.end_on, p.version, m.id, b.is_chosen, b.why, b.otherwise, b.version
      FROM rollout_line l
      JOIN rollout_phase p ON p.facility_id = l.facility_id AND p.number = l.phase
      JOIN system s ON s.facility_id = l.facility_id AND s.id = l.system_id
      LEFT JOIN rollout_measure k ON k.facility_id = l.facility_id AND k.line_id = l.id
      LEFT JOIN measure m ON m.facility_id = k.facility_id AND m.id = k.measure_id AND m.state <> 'stopped'
      LEFT JOIN budget_rollout b ON b.facility_id = l.facility_id AND b.fiscal_year = \(year)
      WHERE l.facility_id = \(facility) ORDER BY l.phase, s.key_text, l.user_group, l.id
      """
    ) { row -> RolloutCost in
      guard let start = try row.optionalDay(9), let end = try row.optionalDay(10) else {
        throw Row.Corrupt("rollout_phase")
      }
      let number = try row.int(3)
      if phases.last?.number != number {
        phases.append(
          RolloutPhase(
            number: number, name: try row.text(8), startOn: start, endOn: end, version: try row.int(11)))
      }
      if let version = try row.optionalInt(16) {
        budget = RolloutBudget(
          year: year, isChosen: try row.bool(13), why: try row.text(14), otherwise: try row.text(15),
          version: version)
      }
      let done = try row.optionalDay(4)
      return RolloutCost(
        line: try row.id(0), system: try row.text(1), group: try row.text(2), phase: number,
        day: RolloutCost.day(phase: start, doneOn: done, exceptionUntil: try row.optionalDay(5)),
        isDone: done != nil, once: try row.optionalInt(6), yearly: try row.optionalInt(7),
        isOfMeasure: try row.optionalText(12) != nil)
    }
    return costs.isEmpty ? nil : RolloutPlan(phases: phases, costs: costs, budget: budget)
  }

  /// The years whose budget is asked for the roll-out.
  func rolloutYears() throws -> Set<FiscalYear> {
    Set(
      try all("SELECT fiscal_year FROM budget_rollout WHERE facility_id = \(facility) AND is_chosen") {
        FiscalYear(try $0.int(0))
      })
  }
}

extension WriteTx {
  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: RolloutBudget, with after: RolloutBudget) throws {
    struct Told: Encodable, Sendable {
      let fiscalYear: FiscalYear
      let isChosen: Bool
      let why: String
      let otherwise: String

      init(_ budget: RolloutBudget) {
        (fiscalYear, isChosen, why, otherwise) = (
          budget.year, budget.isChosen, budget.why, budget.otherwise
        )
      }
    }
    let sql: SQL =
      before.version == 0
      ? """
      INSERT INTO budget_rollout (facility_id, fiscal_year, is_chosen, why, otherwise, version)
      VALUES (\(facility), \(after.year), \(after.isChosen), \(after.why), \(after.otherwise), \(after.version))
      ON CONFLICT (facility_id, fiscal_year) DO NOTHING
      """
      : """
      UPDATE budget_rollout SET is_chosen = \(after.isChosen), why = \(after.why), otherwise = \(after.otherwise),
        version = \(after.version)
      WHERE facility_id = \(facility) AND fiscal_year = \(after.year) AND version = \(before.version)
      """
    try apply(
      sql,
      recording: Change(
        "budget.rollout", of: "budget:\(after.year)/rollout",
        from: before.version == 0 ? nil : Told(before), to: Told(after)))
  }
}

extension Plans {
  static let rolloutMigrations = [
    Migration(
      "20261210-1-budget-rollout",
      [
        """
        CREATE TABLE budget_rollout (
          facility_id TEXT NOT NULL REFERENCES facility (id), fiscal_year BIGINT NOT NULL,
          is_chosen BOOLEAN NOT NULL, why TEXT NOT NULL, otherwise TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, fiscal_year)
        )
        """
      ] + Migration.confine("budget_rollout"))
  ]
}
