import Kernel
import Registers
import Storage
import Web

/// A line with its system's name.
struct ListedLine: Sendable {
  let line: RolloutLine
  let system: String
}

extension ReadTx {
  func rolloutPhases() throws -> [RolloutPhase] {
    try all(
      """
      SELECT number, name, start_on, end_on, version FROM rollout_phase WHERE facility_id = \(facility) ORDER BY number
      """
    ) { row in
      RolloutPhase(
        number: try row.int(0), name: try row.text(1), startOn: try row.day(2), endOn: try row.day(3),
        version: try row.int(4))
    }
  }

  /// By phase and system.
  func rolloutLines() throws -> [ListedLine] {
    try all(
      """
      SELECT \(RolloutLine.columns), s.name FROM rollout_line l
      JOIN system s ON s.facility_id = l.facility_id AND s.id = l.system_id
      WHERE l.facility_id = \(facility) ORDER BY l.phase, s.key_text, l.user_group, l.id
      """
    ) { ListedLine(line: try RolloutLine(row: $0), system: try $0.text(12)) }
  }

  func rolloutLine(_ id: RolloutLine.ID) throws -> ListedLine? {
    try first(
      """
      SELECT \(RolloutLine.columns), s.name FROM rollout_line l
      JOIN system s ON s.facility_id = l.facility_id AND s.id = l.system_id
      WHERE l.facility_id = \(facility) AND l.id = \(id)
      """
    ) { ListedLine(line: try RolloutLine(row: $0), system: try $0.text(12)) }
  }

  /// Exceptions that run out, for the first page.
  func rolloutDutyRows(until last: Day) -> SQL {
    """
    SELECT 'exception' AS kind, id AS subject, user_group AS title, exception_until AS day FROM rollout_line
    WHERE facility_id = \(facility) AND done_on IS NULL AND exception_until <= \(last)
    """
  }
}

extension WriteTx {
  func insert(_ phases: [RolloutPhase]) throws {
    let rows = phases.map { phase -> SQL in
      """
      (\(facility), \(phase.number), \(phase.name), \(phase.startOn), \(phase.endOn), \(phase.version))
      """
    }
    try apply(
      """
      INSERT INTO rollout_phase (facility_id, number, name, start_on, end_on, version)
      VALUES \(SQL(joining: rows, by: ", "))
      """,
      recording: Change(
        "rollout.begin", of: "rollout:phases",
        to: [
          "startOn": phases.first?.startOn.description ?? "", "endOn": phases.last?.endOn.description ?? "",
        ]))
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: RolloutPhase, with after: RolloutPhase) throws {
    try apply(
      """
      UPDATE rollout_phase SET name = \(after.name), start_on = \(after.startOn), end_on = \(after.endOn),
        version = \(after.version)
      WHERE facility_id = \(facility) AND number = \(before.number) AND version = \(before.version)
      """,
      recording: Change("rollout.phase", of: "rollout:phase-\(before.number)", from: before, to: after))
  }

  func insert(_ new: RolloutLine, system: String) throws {
    try apply(
      """
      INSERT INTO rollout_line (facility_id, id, system_id, user_group, people, method, phase, done_on, cost_once,
        cost_yearly, exception_reason, exception_until, version)
      VALUES (\(facility), \(new.id), \(new.system), \(new.group), \(new.people), \(new.method.rawValue), \(new.phase),
        \(new.doneOn), \(new.costOnce), \(new.costYearly), \(new.exceptionReason), \(new.exceptionUntil),
        \(new.version))
      """,
      recording: Change("rollout.add", of: "rollout-line:\(new.id)", to: RolloutLine.Told(new, system)))
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(_ before: ListedLine, with after: RolloutLine, system: String) throws {
    try apply(
      """
      UPDATE rollout_line SET system_id = \(after.system), user_group = \(after.group), people = \(after.people),
        method = \(after.method.rawValue), phase = \(after.phase), done_on = \(after.doneOn),
        cost_once = \(after.costOnce), cost_yearly = \(after.costYearly),
        exception_reason = \(after.exceptionReason), exception_until = \(after.exceptionUntil),
        version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(after.id) AND version = \(before.line.version)
      """,
      recording: Change(
        "rollout.change", of: "rollout-line:\(after.id)", from: RolloutLine.Told(before.line, before.system),
        to: RolloutLine.Told(after, system)))
  }

  /// - Throws: `Stale` when it has moved on.
  func remove(_ line: ListedLine) throws {
    try apply(
      """
      DELETE FROM rollout_line
      WHERE facility_id = \(facility) AND id = \(line.line.id) AND version = \(line.line.version)
      """,
      recording: Change(
        "rollout.remove", of: "rollout-line:\(line.line.id)", from: RolloutLine.Told(line.line, line.system),
        to: String?.none))
  }
}

extension RolloutLine {
  fileprivate static let columns: SQL = """
    l.id, l.system_id, l.user_group, l.people, l.method, l.phase, l.done_on, l.cost_once, l.cost_yearly,
    l.exception_reason, l.exception_until, l.version
    """

  fileprivate init(row: Row) throws {
    self.init(id: try row.id(0))
    (system, group, people) = (try row.text(1), try row.text(2), try row.optionalInt(3))
    (method, phase) = (Method(rawValue: try row.text(4)) ?? .other, try row.int(5))
    (doneOn, costOnce, costYearly) = (
      try row.optionalDay(6), try row.optionalInt(7), try row.optionalInt(8)
    )
    (exceptionReason, exceptionUntil, version) = (
      try row.text(9), try row.optionalDay(10), try row.int(11)
    )
  }

  /// What the ledger says of it.
  struct Told: Encodable, Sendable {
    let title: String
    let system: String
    let method: Method
    let phase: Int
    let people, costInitial, costYearly: Int?
    let doneOn, exceptionUntil: Day?
    let exceptionReason: String

    init(_ line: RolloutLine, _ system: String) {
      title = "\(system) \(line.group)"
      (self.system, method, phase, people) = (line.system, line.method, line.phase, line.people)
      (costInitial, costYearly, doneOn) = (line.costOnce, line.costYearly, line.doneOn)
      (exceptionUntil, exceptionReason) = (line.exceptionUntil, line.exceptionReason)
    }
  }
}

extension Rollouts {
  static let migrations = [
    Migration(
      "20261130-3-rollout",
      [
        """
        CREATE TABLE rollout_phase (
          facility_id TEXT NOT NULL REFERENCES facility (id), number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 3),
          name TEXT NOT NULL, start_on TEXT NOT NULL, end_on TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, number)
        )
        """,
        """
        CREATE TABLE rollout_line (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, system_id TEXT NOT NULL, user_group TEXT NOT NULL, people BIGINT,
          method TEXT NOT NULL CHECK (method IN ('passkey', 'app', 'card', 'biometric', 'other')),
          phase BIGINT NOT NULL, done_on TEXT, cost_once BIGINT, cost_yearly BIGINT, exception_reason TEXT NOT NULL,
          exception_until TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          UNIQUE (facility_id, system_id, user_group),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, phase) REFERENCES rollout_phase (facility_id, number)
        )
        """,
        "CREATE INDEX rollout_line_by_phase ON rollout_line (facility_id, phase)",
      ] + Migration.confine("rollout_phase") + Migration.confine("rollout_line"))
  ]
}
