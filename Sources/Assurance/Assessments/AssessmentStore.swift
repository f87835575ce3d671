import Kernel
import Registers
import Storage

extension ReadTx {
  func assessments() throws -> [Assessment] {
    try all(
      """
      SELECT id, pack, form, fiscal_year, opened_at_ms, carried_from FROM assessment
      WHERE facility_id = \(facility) ORDER BY fiscal_year DESC, form
      """,
      { try Assessment(row: $0) })
  }

  /// The facility with its assessments, in one statement.
  ///
  /// - Throws: `Facility.Refusal.notFound`.
  func facilityWithAssessments() throws -> (Facility, [Assessment]) {
    let rows = try all(
      """
      SELECT f.id, f.name, f.kind, f.beds, f.prefecture, f.version,
        s.id, s.pack, s.form, s.fiscal_year, s.opened_at_ms, s.carried_from
      FROM facility f LEFT JOIN assessment s ON s.facility_id = f.id
      WHERE f.id = \(facility) ORDER BY s.fiscal_year DESC, s.form
      """
    ) { row in
      (try Facility(row: row), try row.optionalText(6) == nil ? nil : try Assessment(row: row, at: 6))
    }
    guard let first = rows.first else { throw Facility.Refusal.notFound }
    return (first.0, rows.compactMap(\.1))
  }

  func assessment(_ id: Assessment.ID) throws -> Assessment? {
    try first(
      """
      SELECT id, pack, form, fiscal_year, opened_at_ms, carried_from FROM assessment
      WHERE facility_id = \(facility) AND id = \(id)
      """,
      { try Assessment(row: $0) })
  }

  func assessment(form: String, year: FiscalYear) throws -> Assessment? {
    try first(
      """
      SELECT id, pack, form, fiscal_year, opened_at_ms, carried_from FROM assessment
      WHERE facility_id = \(facility) AND form = \(form) AND fiscal_year = \(year)
      """,
      { try Assessment(row: $0) })
  }

  func answers(_ id: Assessment.ID) throws -> [String: Answer] {
    let all = try all(
      """
      SELECT item, value, confirmed_on, target_on, started, owner_id, deputy_id, note, round, carried_from, version
      FROM answer WHERE facility_id = \(facility) AND assessment_id = \(id)
      """,
      Answer.init(row:))
    return Dictionary(all.map { ($0.item, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// An assessment with its answers by item, in one statement.
  func assessmentWithAnswers(_ id: Assessment.ID) throws -> (Assessment, [String: Answer])? {
    let rows = try all(
      """
      SELECT a.item, a.value, a.confirmed_on, a.target_on, a.started, a.owner_id, a.deputy_id, a.note, a.round,
        a.carried_from, a.version, s.id, s.pack, s.form, s.fiscal_year, s.opened_at_ms, s.carried_from
      FROM assessment s LEFT JOIN answer a ON a.facility_id = s.facility_id AND a.assessment_id = s.id
      WHERE s.facility_id = \(facility) AND s.id = \(id)
      """
    ) { row in
      (try Assessment(row: row, at: 11), try row.optionalText(0) == nil ? nil : try Answer(row: row))
    }
    guard let assessment = rows.first?.0 else { return nil }
    let answers = rows.compactMap(\.1).map { ($0.item, $0) }
    return (assessment, Dictionary(answers, uniquingKeysWith: { first, _ in first }))
  }

  /// Answers of several assessments in one statement, for the comparison of years.
  func answersOfAll() throws -> [Assessment.ID: [String: Answer]] {
    var result: [Assessment.ID: [String: Answer]] = [:]
    let rows = try all(
      """
      SELECT item, value, confirmed_on, target_on, started, owner_id, deputy_id, note, round, carried_from, version,
        assessment_id
      FROM answer WHERE facility_id = \(facility)
      """
    ) { (try $0.id(11, of: Assessment.self), try Answer(row: $0)) }
    for (id, answer) in rows { result[id, default: [:]][answer.item] = answer }
    return result
  }

  func answer(_ id: Assessment.ID, _ item: String) throws -> Answer? {
    try first(
      """
      SELECT item, value, confirmed_on, target_on, started, owner_id, deputy_id, note, round, carried_from, version
      FROM answer WHERE facility_id = \(facility) AND assessment_id = \(id) AND item = \(item)
      """,
      Answer.init(row:))
  }

  /// Open answers of the running year's own form whose target day is `day` or earlier, as `DueCount` reads them: one
  /// each, with edition, form and item.
  ///
  /// The form is the one that the home page shows; the vendors' forms are theirs to answer.
  func openAnswers(dueBy day: Day) -> SQL {
    """
    SELECT 1, s.facility_id || ' ' || s.pack, s.form, a.item
    FROM answer a JOIN assessment s ON s.facility_id = a.facility_id AND s.id = a.assessment_id
    WHERE a.facility_id = \(facility) AND s.fiscal_year = \(day.fiscalYear) AND a.target_on <= \(day)
      AND (a.value IS NULL OR a.value = 'no') AND s.form NOT LIKE '%vendor'
      AND NOT EXISTS (
        SELECT 1 FROM assessment o WHERE o.facility_id = s.facility_id AND o.fiscal_year = s.fiscal_year
          AND o.form NOT LIKE '%vendor' AND o.form < s.form)
    """
  }
}

extension WriteTx {
  func insert(_ new: Assessment) throws {
    try apply(
      """
      INSERT INTO assessment (facility_id, id, pack, form, fiscal_year, opened_at_ms, carried_from)
      VALUES (\(facility), \(new.id), \(new.pack), \(new.form), \(new.fiscalYear), \(scope.now), \(new.carriedFrom))
      """,
      recording: Change("assessment.open", of: "assessment:\(new.id)", to: new))
  }

  /// Moves an assessment to another edition.
  ///
  /// - Throws: `Stale` when it has moved on from `before.pack`.
  func move(_ before: Assessment, to pack: String) throws {
    let after = Assessment(
      id: before.id, pack: pack, form: before.form, fiscalYear: before.fiscalYear, openedAt: before.openedAt,
      carriedFrom: before.carriedFrom)
    try apply(
      """
      UPDATE assessment SET pack = \(pack)
      WHERE facility_id = \(facility) AND id = \(before.id) AND pack = \(before.pack)
      """,
      recording: Change("assessment.change-edition", of: "assessment:\(before.id)", from: before, to: after))
  }

  /// Takes back the reminder of an item that is no longer asked.
  func clearReminder(_ item: String, in assessment: Assessment.ID) throws {
    try housekeeping.setDue("assessments.target", "\(assessment)/\(item)", at: nil)
  }

  /// The finished checks of `old` as those of `new`, with the people and moments of then.
  func copyRounds(from old: String, to new: String, in assessment: Assessment.ID) throws {
    // A view of the ledger's entries about `old`: no entry of its own.
    try housekeeping.run(
      """
      INSERT INTO answer_round (facility_id, assessment_id, item, round, value, confirmed_on, target_on, by_name, at_ms)
      SELECT facility_id, assessment_id, \(new), round, value, confirmed_on, target_on, by_name, at_ms
      FROM answer_round
      WHERE facility_id = \(facility) AND assessment_id = \(assessment) AND item = \(old)
      ON CONFLICT (facility_id, assessment_id, item, round) DO UPDATE SET value = excluded.value,
        confirmed_on = excluded.confirmed_on, target_on = excluded.target_on, by_name = excluded.by_name,
        at_ms = excluded.at_ms
      """)
  }

  /// Stores `after` in the place of `before` with its ledger entry, its round and its reminder.
  ///
  /// - Throws: `Stale` when the row has moved on from `before.version`.
  func replace(_ before: Answer, with after: Answer, in assessment: Assessment.ID, as action: StaticString)
    throws
  {
    let sql: SQL =
      before.version == 0
      ? """
      INSERT INTO answer (facility_id, assessment_id, item, value, confirmed_on, target_on, started, owner_id, deputy_id,
        note, round, carried_from, version)
      VALUES (\(facility), \(assessment), \(after.item), \(after.value?.rawValue), \(after.confirmedOn), \(after.targetOn),
        \(after.started), \(after.owner), \(after.deputy), \(after.note), \(after.round), \(after.carriedFrom),
        \(after.version))
      ON CONFLICT (facility_id, assessment_id, item) DO NOTHING
      """
      : """
      UPDATE answer SET value = \(after.value?.rawValue), confirmed_on = \(after.confirmedOn),
        target_on = \(after.targetOn), started = \(after.started), owner_id = \(after.owner), deputy_id = \(after.deputy),
        note = \(after.note), round = \(after.round), carried_from = \(after.carriedFrom), version = \(after.version)
      WHERE facility_id = \(facility) AND assessment_id = \(assessment) AND item = \(after.item)
        AND version = \(before.version)
      """
    let subject = "answer:\(assessment)/\(after.item)"
    try apply(
      sql, recording: Change(action, of: subject, from: before.version == 0 ? nil : before, to: after))
    if after.confirmedOn != nil && after.value != nil { try keepRound(after, in: assessment) }
    // What was never answered is in nothing that has been handed in.
    if before.version > 0 && !after.saysTheSame(as: before) {
      try reopenSubmissions(of: assessment, changed: after.item)
    }
    // Seven days before the day, at eight in the morning; the worker sets the next one.
    let reminder = after.isOpen ? after.targetOn.map { Assessments.reminder(for: $0, after: scope.now) } : nil
    try housekeeping.setDue("assessments.target", "\(assessment)/\(after.item)", at: reminder ?? nil)
  }

  private func keepRound(_ answer: Answer, in assessment: Assessment.ID) throws {
    // A view of the answer, told again by the ledger: no entry of its own.
    try housekeeping.run(
      """
      INSERT INTO answer_round (facility_id, assessment_id, item, round, value, confirmed_on, target_on, by_name, at_ms)
      VALUES (\(facility), \(assessment), \(answer.item), \(answer.round), \(answer.value?.rawValue),
        \(answer.confirmedOn), \(answer.targetOn), \(scope.actor.name), \(scope.now))
      ON CONFLICT (facility_id, assessment_id, item, round) DO UPDATE SET value = excluded.value,
        confirmed_on = excluded.confirmed_on, target_on = excluded.target_on, by_name = excluded.by_name,
        at_ms = excluded.at_ms
      """)
  }
}

extension Assessment {
  fileprivate init(row: Row, at first: Int = 0) throws {
    self.init(
      id: try row.id(first), pack: try row.text(first + 1), form: try row.text(first + 2),
      fiscalYear: FiscalYear(try row.int(first + 3)), openedAt: try row.instant(first + 4),
      carriedFrom: try row.optionalInt(first + 5).map { FiscalYear($0) })
  }
}

extension Answer {
  /// More rounds than anyone checks in a year; pages and files have a column for each.
  private static let rounds = 1...1000

  fileprivate init(row: Row) throws {
    let round = try row.int(8)
    guard Answer.rounds.contains(round) else { throw Row.Corrupt("answer.round") }
    self.init(
      item: try row.text(0), value: try row.optionalText(1).flatMap(Value.init(rawValue:)),
      confirmedOn: try row.optionalDay(2), targetOn: try row.optionalDay(3), started: try row.bool(4),
      owner: try row.optionalID(5), deputy: try row.optionalID(6), note: try row.text(7),
      round: round,
      carriedFrom: try row.optionalText(9), version: try row.int(10))
  }
}
