import Kernel
import Registers
import Storage

extension ReadTx {
  /// The sections that people have been given, with their names and where they stand.
  func sectionAssignments(_ id: Assessment.ID) throws -> [SectionAssignment] {
    try all(
      """
      SELECT g.node, g.title, g.person_id, p.name, g.due_on, s.state FROM assessment_assignment g
      JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      LEFT JOIN assessment_submission s
        ON s.facility_id = g.facility_id AND s.assessment_id = g.assessment_id AND s.node = g.node
      WHERE g.facility_id = \(facility) AND g.assessment_id = \(id) ORDER BY g.node
      """
    ) { row in
      SectionAssignment(
        node: try row.text(0), title: try row.text(1), person: try row.id(2), name: try row.text(3),
        dueOn: try row.optionalDay(4),
        state: try row.optionalText(5).flatMap(Submission.State.init(rawValue:)))
    }
  }
}

extension WriteTx {
  /// Gives a section to someone, or to nobody.
  func assign(
    _ piece: ChecklistPiece, to person: (id: PersonID, name: String)?, due: Day?, in assessment: Assessment.ID
  ) throws {
    struct Told: Encodable, Sendable {
      let title: String
      let owner: String?
      let targetOn: Day?
    }
    let (node, title) = (piece.node, piece.title.ja)
    let sql: SQL =
      if let person {
        """
        INSERT INTO assessment_assignment (facility_id, assessment_id, node, title, person_id, due_on)
        VALUES (\(facility), \(assessment), \(node), \(title), \(person.id), \(due))
        ON CONFLICT (facility_id, assessment_id, node) DO UPDATE SET title = excluded.title,
          person_id = excluded.person_id, due_on = excluded.due_on
        """
      } else {
        """
        DELETE FROM assessment_assignment
        WHERE facility_id = \(facility) AND assessment_id = \(assessment) AND node = \(node)
        """
      }
    try apply(
      sql,
      recording: Change(
        "assessment.assign", of: "checklist-submission:\(assessment)/\(node)",
        to: Told(title: title, owner: person?.name, targetOn: person == nil ? nil : due)))
    let reminder = person == nil ? nil : due.flatMap { Assessments.reminder(for: $0, after: scope.now) }
    try housekeeping.setDue("assessments.section", "\(assessment)/\(node)", at: reminder)
  }
}
