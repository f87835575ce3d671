import Kernel
import Registers
import Storage
import Web

extension ReadTx {
  /// The costs of everything that was not stopped, and whether the year's budget is asked for it.
  func planCosts(_ year: FiscalYear) throws -> [(cost: PlanCost, isChosen: Bool)] {
    try all(
      """
      SELECT m.id, m.state, COALESCE(m.start_on, m.due_on), m.cost_initial, m.cost_yearly,
        COALESCE(b.is_chosen, \(false))
      FROM measure m LEFT JOIN budget_line b ON b.facility_id = m.facility_id AND b.measure_id = m.id
        AND b.fiscal_year = \(year)
      WHERE m.facility_id = \(facility) AND m.state <> 'stopped'
      """
    ) { row in
      let cost = PlanCost(
        measure: try row.id(0), state: Measure.State(rawValue: try row.text(1)) ?? .planned,
        day: try row.optionalDay(2), once: try row.optionalInt(3), yearly: try row.optionalInt(4))
      return (cost, try row.bool(5))
    }
  }

  /// The measures chosen for the budget request of each year.
  func chosenLines() throws -> [FiscalYear: Set<Measure.ID>] {
    let rows: [(FiscalYear, Measure.ID)] = try all(
      "SELECT fiscal_year, measure_id FROM budget_line WHERE facility_id = \(facility) AND is_chosen"
    ) { (FiscalYear(try $0.int(0)), try $0.id(1)) }
    return rows.reduce(into: [:]) { $0[$1.0, default: []].insert($1.1) }
  }

  /// What begins in a year or runs on in it; those with the gravest risks first.
  func plan(_ year: FiscalYear, onlyChosen: Bool, _ listing: (size: Int, offset: Int)) throws
    -> [PlannedMeasure]
  {
    let chosen: SQL = onlyChosen ? "AND b.is_chosen" : ""
    let inYear: SQL = """
      m.facility_id = \(facility) AND m.state <> 'stopped' AND (COALESCE(m.start_on, m.due_on) <= \(year.last)
        OR (m.start_on IS NULL AND m.due_on IS NULL AND m.state = 'in-place')) \(chosen)
      """
    let from: SQL = """
      FROM measure m LEFT JOIN budget_line b ON b.facility_id = m.facility_id AND b.measure_id = m.id
        AND b.fiscal_year = \(year)
      """
    let begins: SQL = "CASE WHEN COALESCE(m.start_on, m.due_on) >= \(year.first) THEN 0 ELSE 1 END"
    let page = try all(
      """
      SELECT m.id, m.title, m.description, m.owner_id, m.deputy_id, m.state, m.cost_initial, m.cost_yearly, m.start_on,
        m.due_on, m.version, p.name, b.is_chosen, b.why, b.otherwise, b.version, COALESCE(x.severity, -1)
      \(from) LEFT JOIN person p ON p.facility_id = m.facility_id AND p.id = m.owner_id
      LEFT JOIN (
        SELECT l.measure_id, MAX(r.severity) AS severity FROM risk_measure l
        JOIN risk r ON r.facility_id = l.facility_id AND r.id = l.risk_id AND r.closed_on IS NULL
        WHERE l.facility_id = \(facility) GROUP BY l.measure_id) x ON x.measure_id = m.id
      WHERE \(inYear) ORDER BY \(begins), COALESCE(x.severity, -1) DESC, COALESCE(m.due_on, m.start_on), m.title, m.id
      LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { row in
      let measure = try Measure(row: row)
      var line = BudgetLine(year: year, measure: measure.id)
      if let version = try row.optionalInt(15) {
        line = BudgetLine(
          year: year, measure: measure.id, isChosen: try row.bool(12), why: try row.text(13),
          otherwise: try row.text(14), version: version)
      }
      return PlannedMeasure(
        measure: measure, owner: try row.optionalText(11), line: line, severity: try row.int(16))
    }
    return try withGrounds(page)
  }

  /// So many requirements of a measure are named.
  static var mostNamed: Int { 5 }

  private func withGrounds(_ page: [PlannedMeasure]) throws -> [PlannedMeasure] {
    if page.isEmpty { return [] }
    let ids = SQL(joining: page.map { "\($0.measure.id)" as SQL }, by: ", ")
    let links: [(Measure.ID, String)] = try all(
      """
      SELECT l.measure_id, a.name, l.title FROM measure_link l
      JOIN audit a ON a.facility_id = l.facility_id AND a.id = l.audit_id
      WHERE l.facility_id = \(facility) AND l.measure_id IN (\(ids)) ORDER BY l.measure_id, a.name, l.title, l.node
      """
    ) { (try $0.id(0), "\(try $0.text(1)): \(try $0.text(2))") }
    let risks: [(Measure.ID, PlannedMeasure.Treated)] = try all(
      """
      SELECT l.measure_id, r.id, r.title, r.scale, r.severity, r.current_p, r.current_i, r.inherent_p, r.inherent_i,
        r.target_p, r.target_i
      FROM risk_measure l JOIN risk r ON r.facility_id = l.facility_id AND r.id = l.risk_id AND r.closed_on IS NULL
      WHERE l.facility_id = \(facility) AND l.measure_id IN (\(ids))
      ORDER BY l.measure_id, r.severity DESC, r.title, r.id
      """
    ) { row in
      func rating(_ first: Int) throws -> RiskRating? {
        guard let p = try row.optionalInt(first), let i = try row.optionalInt(first + 1) else { return nil }
        return RiskRating(probability: p, impact: i)
      }
      return (
        try row.id(0),
        PlannedMeasure.Treated(
          id: try row.id(1), title: try row.text(2), scale: try row.text(3), severity: try row.int(4),
          now: try rating(5) ?? rating(7), target: try rating(9))
      )
    }
    let linked = Dictionary(grouping: links, by: \.0)
    let treated = Dictionary(grouping: risks, by: \.0)
    return page.map { one in
      var next = one
      let all = linked[one.measure.id] ?? []
      next.requirements = all.prefix(ReadTx.mostNamed).map(\.1)
      next.requirementCount = all.count
      next.risks = (treated[one.measure.id] ?? []).map(\.1)
      return next
    }
  }

  func budgetLine(_ year: FiscalYear, _ measure: Measure.ID) throws -> BudgetLine? {
    try first(
      """
      SELECT is_chosen, why, otherwise, version FROM budget_line
      WHERE facility_id = \(facility) AND fiscal_year = \(year) AND measure_id = \(measure)
      """
    ) {
      BudgetLine(
        year: year, measure: measure, isChosen: try $0.bool(0), why: try $0.text(1),
        otherwise: try $0.text(2),
        version: try $0.int(3))
    }
  }

  /// Measures still to be done of which nobody has said when, the first few, and how many.
  func undatedMeasures(limit: Int) throws -> (page: [(id: Measure.ID, title: String)], total: Int) {
    let page: [(id: Measure.ID, title: String)] = try all(
      """
      SELECT id, title FROM measure WHERE facility_id = \(facility) AND state IN ('planned', 'under-way')
        AND start_on IS NULL AND due_on IS NULL ORDER BY title, id LIMIT \(limit)
      """
    ) { (try $0.id(0), try $0.text(1)) }
    let total = try count(
      """
      SELECT COUNT(*) FROM measure WHERE facility_id = \(facility) AND state IN ('planned', 'under-way')
        AND start_on IS NULL AND due_on IS NULL
      """)
    return (page, total)
  }
}

extension WriteTx {
  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: BudgetLine, with after: BudgetLine, title: String) throws {
    struct Told: Encodable, Sendable {
      let title: String
      let fiscalYear: FiscalYear
      let isChosen: Bool
      let why: String
      let otherwise: String
    }
    func told(_ line: BudgetLine) -> Told {
      Told(
        title: title, fiscalYear: line.year, isChosen: line.isChosen, why: line.why, otherwise: line.otherwise
      )
    }
    let sql: SQL =
      before.version == 0
      ? """
      INSERT INTO budget_line (facility_id, fiscal_year, measure_id, is_chosen, why, otherwise, version)
      VALUES (\(facility), \(after.year), \(after.measure), \(after.isChosen), \(after.why), \(after.otherwise),
        \(after.version)) ON CONFLICT (facility_id, fiscal_year, measure_id) DO NOTHING
      """
      : """
      UPDATE budget_line SET is_chosen = \(after.isChosen), why = \(after.why), otherwise = \(after.otherwise),
        version = \(after.version)
      WHERE facility_id = \(facility) AND fiscal_year = \(after.year) AND measure_id = \(after.measure)
        AND version = \(before.version)
      """
    try apply(
      sql,
      recording: Change(
        "budget.line", of: "budget:\(after.year)/\(after.measure)",
        from: before.version == 0 ? nil : told(before), to: told(after)))
  }
}

extension Plans {
  static let migrations = [
    Migration(
      "20261130-2-plans",
      [
        """
        CREATE TABLE budget_line (
          facility_id TEXT NOT NULL, fiscal_year BIGINT NOT NULL, measure_id TEXT NOT NULL, is_chosen BOOLEAN NOT NULL,
          why TEXT NOT NULL, otherwise TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, fiscal_year, measure_id),
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id)
        )
        """
      ] + Migration.confine("budget_line"))
  ]
}
