import Kernel
import Registers
import Storage
import Web

/// The measure whose costs stand for a line's.
struct RolloutMeasure: Sendable, Equatable {
  let id: Measure.ID
  let title: String
}

extension ReadTx {
  func rolloutMeasure(of line: RolloutLine.ID) throws -> RolloutMeasure? {
    try first(
      """
      SELECT m.id, m.title FROM rollout_measure k
      JOIN measure m ON m.facility_id = k.facility_id AND m.id = k.measure_id
      WHERE k.facility_id = \(facility) AND k.line_id = \(line)
      """
    ) { RolloutMeasure(id: try $0.id(0), title: try $0.text(1)) }
  }
}

extension WriteTx {
  /// - Parameter measure: nil where the line's own costs count again.
  func setMeasure(_ measure: RolloutMeasure?, of line: ListedLine) throws {
    let before = try rolloutMeasure(of: line.line.id)
    guard before != measure else { return }
    let sql: SQL =
      measure.map { measure in
        """
        INSERT INTO rollout_measure (facility_id, line_id, measure_id)
        VALUES (\(facility), \(line.line.id), \(measure.id))
        ON CONFLICT (facility_id, line_id) DO UPDATE SET measure_id = excluded.measure_id
        """
      } ?? "DELETE FROM rollout_measure WHERE facility_id = \(facility) AND line_id = \(line.line.id)"
    func told(_ measure: RolloutMeasure?) -> [String: String]? {
      measure.map { ["title": "\(line.system) \(line.line.group)", "measure": $0.title] }
    }
    try apply(
      sql,
      recording: Change(
        "rollout.measure", of: "rollout-line:\(line.line.id)", from: told(before), to: told(measure)))
  }
}

extension Rollouts {
  static let measureMigrations = [
    Migration(
      "20261210-2-rollout-measure",
      [
        """
        CREATE TABLE rollout_measure (
          facility_id TEXT NOT NULL, line_id TEXT NOT NULL, measure_id TEXT NOT NULL,
          PRIMARY KEY (facility_id, line_id),
          FOREIGN KEY (facility_id, line_id) REFERENCES rollout_line (facility_id, id) ON DELETE CASCADE,
          FOREIGN KEY (facility_id, measure_id) REFERENCES measure (facility_id, id)
        )
        """,
        "CREATE INDEX rollout_measure_by_measure ON rollout_measure (facility_id, measure_id)",
      ] + Migration.confine("rollout_measure"))
  ]
}
