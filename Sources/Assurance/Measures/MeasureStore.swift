import Kernel
import Storage
import Web

/// A row of the list of measures.
struct ListedMeasure: Sendable {
  let measure: Measure
  let owner: String?
  let rests: Int
}

extension ReadTx {
  /// One page of the measures by title, and how many there are in all.
  func measures(_ listing: Listing, state: Measure.State?, query: String) throws -> (
    page: [ListedMeasure], total: Int
  ) {
    let found = SQL.contains("m.search_text", query.folded)
    let wanted = state?.rawValue
    let page = try all(
      """
      SELECT m.id, m.title, m.description, m.owner_id, m.deputy_id, m.state, m.cost_initial, m.cost_yearly, m.start_on,
        m.due_on, m.version, p.name, (
          SELECT COUNT(*) FROM measure_link l WHERE l.facility_id = m.facility_id AND l.measure_id = m.id)
      FROM measure m LEFT JOIN person p ON p.facility_id = m.facility_id AND p.id = m.owner_id
      WHERE m.facility_id = \(facility) AND \(found)
        AND (m.state = \(wanted) OR CAST(\(wanted) AS TEXT) IS NULL)
      ORDER BY m.title, m.id LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) { ListedMeasure(measure: try Measure(row: $0), owner: try $0.optionalText(11), rests: try $0.int(12)) }
    let total = try count(
      """
      SELECT COUNT(*) FROM measure m WHERE m.facility_id = \(facility) AND \(found)
        AND (m.state = \(wanted) OR CAST(\(wanted) AS TEXT) IS NULL)
      """)
    return (page, total)
  }

  func measure(_ id: Measure.ID) throws -> (measure: Measure, owner: String?, deputy: String?)? {
    try first(
      """
      SELECT m.id, m.title, m.description, m.owner_id, m.deputy_id, m.state, m.cost_initial, m.cost_yearly, m.start_on,
        m.due_on, m.version, p.name, d.name
      FROM measure m LEFT JOIN person p ON p.facility_id = m.facility_id AND p.id = m.owner_id
      LEFT JOIN person d ON d.facility_id = m.facility_id AND d.id = m.deputy_id
      WHERE m.facility_id = \(facility) AND m.id = \(id)
      """
    ) { (try Measure(row: $0), try $0.optionalText(11), try $0.optionalText(12)) }
  }

  /// The measures under the requirements of an audit.
  func measureLines(_ audit: Audit.ID) throws -> [MeasureLine] {
    try all(
      """
      SELECT m.id, l.node, m.title, m.state FROM measure_link l
      JOIN measure m ON m.facility_id = l.facility_id AND m.id = l.measure_id
      WHERE l.facility_id = \(facility) AND l.audit_id = \(audit) ORDER BY m.title, m.id
      """,
      MeasureLine.init(row:))
  }

  /// The requirements that rest on a measure, at most `limit`, and how many there are.
  func rests(on id: Measure.ID, limit: Int) throws -> [MeasureRest] {
    try all(
      """
      SELECT l.audit_id, a.name, l.node, l.title, r.result FROM measure_link l
      JOIN audit a ON a.facility_id = l.facility_id AND a.id = l.audit_id
      LEFT JOIN audit_answer r ON r.facility_id = l.facility_id AND r.audit_id = l.audit_id AND r.node = l.node
      WHERE l.facility_id = \(facility) AND l.measure_id = \(id) ORDER BY a.name, l.title, l.node LIMIT \(limit)
      """
    ) { row in
      MeasureRest(
        audit: try row.id(0), auditName: try row.text(1), node: try row.text(2), title: try row.text(3),
        result: try row.optionalText(4).flatMap(AuditResult.init(rawValue:)))
    }
  }

  func isLinked(_ id: Measure.ID, _ audit: Audit.ID, _ node: String) throws -> Bool {
    try count(
      """
      SELECT COUNT(*) FROM measure_link
      WHERE facility_id = \(facility) AND measure_id = \(id) AND audit_id = \(audit) AND node = \(node)
      """) > 0
  }

  func concepts(of id: Measure.ID) throws -> [String] {
    try all(
      "SELECT concept FROM measure_concept WHERE facility_id = \(facility) AND measure_id = \(id) ORDER BY concept"
    ) { try $0.text(0) }
  }

  /// States of the measures that belong to a concept of the checklists, with the number of each.
  func measureStates(ofConcept concept: String) throws -> [Measure.State: Int] {
    let rows = try all(
      """
      SELECT m.state, COUNT(*) FROM measure_concept c
      JOIN measure m ON m.facility_id = c.facility_id AND m.id = c.measure_id
      WHERE c.facility_id = \(facility) AND c.concept = \(concept) GROUP BY m.state
      """
    ) { (Measure.State(rawValue: try $0.text(0)), try $0.int(1)) }
    return rows.reduce(into: [:]) { counts, row in if let state = row.0 { counts[state] = row.1 } }
  }
}

extension WriteTx {
  func insert(_ new: Measure) throws {
    try apply(
      """
      INSERT INTO measure (facility_id, id, title, search_text, description, owner_id, deputy_id, state, cost_initial,
        cost_yearly, start_on, due_on, version)
      VALUES (\(facility), \(new.id), \(new.title), \(new.title.folded), \(new.description), \(new.owner), \(new.deputy),
        \(new.state.rawValue), \(new.costInitial), \(new.costYearly), \(new.startOn), \(new.dueOn), \(new.version))
      """,
      recording: Change("measure.add", of: "measure:\(new.id)", to: new))
    try remind(new)
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: Measure, with after: Measure) throws {
    try apply(
      """
      UPDATE measure SET title = \(after.title), search_text = \(after.title.folded), description = \(after.description),
        owner_id = \(after.owner), deputy_id = \(after.deputy), state = \(after.state.rawValue),
        cost_initial = \(after.costInitial), cost_yearly = \(after.costYearly), start_on = \(after.startOn),
        due_on = \(after.dueOn), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change("measure.change", of: "measure:\(before.id)", from: before, to: after))
    try remind(after)
  }

  private func remind(_ measure: Measure) throws {
    let moment =
      measure.isOpen ? measure.dueOn.flatMap { Assessments.reminder(for: $0, after: scope.now) } : nil
    try housekeeping.setDue("measures.target", measure.id.text, at: moment)
  }

  /// Puts a requirement on a measure, if it does not rest on it yet.
  func link(_ measure: Measure, to node: String, title: String, in audit: Audit.ID) throws {
    guard try !isLinked(measure.id, audit, node) else { return }
    try apply(
      """
      INSERT INTO measure_link (facility_id, measure_id, audit_id, node, title)
      VALUES (\(facility), \(measure.id), \(audit), \(node), \(title))
      """,
      recording: Change(
        "measure.link", of: "audit-answer:\(audit)/\(node)", to: ["title": title, "measure": measure.title]))
  }

  func unlink(_ measure: Measure, from node: String, in audit: Audit.ID) throws {
    guard try isLinked(measure.id, audit, node) else { return }
    try apply(
      """
      DELETE FROM measure_link
      WHERE facility_id = \(facility) AND measure_id = \(measure.id) AND audit_id = \(audit) AND node = \(node)
      """,
      recording: Change(
        "measure.unlink", of: "audit-answer:\(audit)/\(node)", from: ["measure": measure.title],
        to: [String: String]()))
  }

  func setConcept(_ concept: String, of measure: Measure, to isLinked: Bool) throws {
    guard try concepts(of: measure.id).contains(concept) != isLinked else { return }
    let sql: SQL =
      isLinked
      ? """
      INSERT INTO measure_concept (facility_id, measure_id, concept) VALUES (\(facility), \(measure.id), \(concept))
      """
      : """
      DELETE FROM measure_concept WHERE facility_id = \(facility) AND measure_id = \(measure.id) AND concept = \(concept)
      """
    let told = ["concept": concept]
    try apply(
      sql,
      recording: Change(
        "measure.concept", of: "measure:\(measure.id)", from: isLinked ? nil : told, to: isLinked ? told : nil
      ))
  }
}

extension MeasureLine {
  fileprivate init(row: Row) throws {
    guard let state = Measure.State(rawValue: try row.text(3)) else { throw Row.Corrupt("measure.state") }
    self.init(measure: try row.id(0), node: try row.text(1), title: try row.text(2), state: state)
  }
}

extension Measure {
  /// From eleven columns, in the order of the statements above.
  init(row: Row) throws {
    guard let state = State(rawValue: try row.text(5)) else { throw Row.Corrupt("measure.state") }
    self.init(
      id: try row.id(0), title: try row.text(1), description: try row.text(2), owner: try row.optionalID(3),
      deputy: try row.optionalID(4), state: state, costInitial: try row.optionalInt(6),
      costYearly: try row.optionalInt(7), startOn: try row.optionalDay(8), dueOn: try row.optionalDay(9),
      version: try row.int(10))
  }
}

extension Measures {
  static let migrations = [
    Migration(
      "20261128-1-measures",
      [
        """
        CREATE TABLE measure (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, title TEXT NOT NULL,
          search_text TEXT NOT NULL, description TEXT NOT NULL, owner_id TEXT, deputy_id TEXT,
          state TEXT NOT NULL CHECK (state IN ('planned', 'under-way', 'in-place', 'stopped')), cost_initial BIGINT,
          cost_yearly BIGINT, start_on TEXT, due_on TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, owner_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, deputy_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX measure_by_title ON measure (facility_id, title, id)",
        """
        CREATE TABLE measure_link (
          facility_id TEXT NOT NULL, measure_id TEXT NOT NULL, audit_id TEXT NOT NULL, node TEXT NOT NULL,
          title TEXT NOT NULL, PRIMARY KEY (facility_id, measure_id, audit_id, node),
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id),
          FOREIGN KEY (facility_id, audit_id) REFERENCES audit (facility_id, id)
        )
        """,
        "CREATE INDEX measure_link_by_node ON measure_link (facility_id, audit_id, node)",
        """
        CREATE TABLE measure_concept (
          facility_id TEXT NOT NULL, measure_id TEXT NOT NULL, concept TEXT NOT NULL,
          PRIMARY KEY (facility_id, measure_id, concept),
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id)
        )
        """,
        "CREATE INDEX measure_concept_by_concept ON measure_concept (facility_id, concept)",
      ] + Migration.confine("measure") + Migration.confine("measure_link")
        + Migration.confine("measure_concept"))
  ]
}
