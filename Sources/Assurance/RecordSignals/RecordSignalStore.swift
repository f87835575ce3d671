import Foundation
import Kernel
import Storage

/// What suggests answers in an audit.
struct SuggestionRows: Sendable {
  var measures: [MeasureLine] = []
  /// Concepts that people have put on requirements, by the folded URN.
  var linked: [String: [String]] = [:]
  var look: RecordLook?
}

extension ReadTx {
  /// Measures under the requirements, concepts that were put on them here, and the last look at the records: in one statement.
  func suggestionRows(_ audit: Audit.ID) throws -> SuggestionRows {
    var rows = SuggestionRows()
    _ = try all(
      """
      SELECT 'look', '' AS node, s.content_json AS title, '' AS state, '' AS id, s.at_ms FROM record_look s
      WHERE s.facility_id = \(facility)
      UNION ALL
      SELECT 'concept', c.node, c.concept, '', '', NULL FROM requirement_concept c
      JOIN audit a ON a.facility_id = c.facility_id AND a.framework = c.framework
      WHERE c.facility_id = \(facility) AND a.id = \(audit)
      UNION ALL
      SELECT 'measure', l.node, m.title, m.state, m.id, NULL FROM measure_link l
      JOIN measure m ON m.facility_id = l.facility_id AND m.id = l.measure_id
      WHERE l.facility_id = \(facility) AND l.audit_id = \(audit)
      ORDER BY 3, 5
      """
    ) { row in
      let (kind, node, text) = (try row.text(0), try row.text(1), try row.text(2))
      switch kind {
      case "look":
        let said = try JSONDecoder().decode([RecordSignal].self, from: Data(text.utf8))
        rows.look = RecordLook(at: try row.instant(5), said: said)
      case "concept": rows.linked[node, default: []].append(text)
      default:
        guard let state = Measure.State(rawValue: try row.text(3)) else {
          throw Row.Corrupt("measure.state")
        }
        rows.measures.append(
          MeasureLine(measure: try row.id(4), node: node, title: text, state: state))
      }
    }
    return rows
  }

  /// The concepts that people have put on a requirement.
  func linkedConcepts(_ framework: String, _ node: String) throws -> [String] {
    try all(
      """
      SELECT concept FROM requirement_concept
      WHERE facility_id = \(facility) AND framework = \(framework) AND node = \(node) ORDER BY concept
      """
    ) { try $0.text(0) }
  }

  /// Whether there is any audit for which the records are to be looked at.
  func hasAudits() throws -> Bool {
    try count("SELECT COUNT(*) FROM audit WHERE facility_id = \(facility)") > 0
  }
}

extension WriteTx {
  /// Puts a concept on a requirement of a framework, for all its audits, or takes it off.
  ///
  /// - Parameter audit: from which it was done; its history of the requirement tells of it.
  func setConcept(
    _ concept: String, on node: String, title: String, of audit: Audit, to isLinked: Bool
  ) throws {
    guard try linkedConcepts(audit.framework, node).contains(concept) != isLinked else { return }
    let sql: SQL =
      isLinked
      ? """
      INSERT INTO requirement_concept (facility_id, framework, node, concept)
      VALUES (\(facility), \(audit.framework), \(node), \(concept))
      """
      : """
      DELETE FROM requirement_concept
      WHERE facility_id = \(facility) AND framework = \(audit.framework) AND node = \(node) AND concept = \(concept)
      """
    let told = ["title": title, "concept": concept]
    try apply(
      sql,
      recording: Change(
        "audit.concept", of: "audit-answer:\(audit.id)/\(node)", from: isLinked ? nil : told,
        to: isLinked ? told : nil))
  }
}

extension HousekeepingTx {
  /// Keeps what the records said in the place of what they said before.
  func keep(_ look: RecordLook, of facility: FacilityID) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(look.said), as: UTF8.self)
    try run(
      """
      INSERT INTO record_look (facility_id, at_ms, content_json) VALUES (\(facility), \(look.at), \(json))
      ON CONFLICT (facility_id) DO UPDATE SET at_ms = excluded.at_ms, content_json = excluded.content_json
      """)
  }
}

extension RecordSignals {
  static let migrations = [
    Migration(
      "20261212-0-record-signals",
      [
        "ALTER TABLE audit_answer ADD COLUMN said_json TEXT",
        """
        CREATE TABLE requirement_concept (
          facility_id TEXT NOT NULL REFERENCES facility (id), framework TEXT NOT NULL, node TEXT NOT NULL,
          concept TEXT NOT NULL, PRIMARY KEY (facility_id, framework, node, concept)
        )
        """,
        """
        CREATE TABLE record_look (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), at_ms BIGINT NOT NULL,
          content_json TEXT NOT NULL
        )
        """,
        // Facilities that have audits already are looked at for the first time soon after the upgrade.
        "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'on', true)")",
        """
        INSERT INTO due (facility_id, kind, subject, due_at_ms)
        SELECT DISTINCT facility_id, 'signals.look', 'records', 0 FROM audit WHERE TRUE
        ON CONFLICT (facility_id, kind, subject) DO NOTHING
        """,
        "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'off', true)")",
      ] + Migration.confine("requirement_concept") + Migration.confine("record_look"))
  ]
}
