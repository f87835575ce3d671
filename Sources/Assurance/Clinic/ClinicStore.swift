import Kernel
import Registers
import Storage
import Web

extension ReadTx {
  /// Everything about the path: three statements, however much is in the registers.
  func clinicProgress(on day: Day) throws -> ClinicProgress {
    let guide = ClinicGuide.shared
    return ClinicProgress(
      guide, answers: try clinicAnswers(), inquiries: try clinicInquiries(),
      figures: try figures(of: guide.probes), today: day)
  }

  func clinicAnswers() throws -> [ClinicAnswer] {
    try all(
      """
      SELECT question, value, target_on, note, answered_on, answered_by, version FROM clinic_answer
      WHERE facility_id = \(facility)
      """, ClinicAnswer.init(row:))
  }

  func clinicAnswer(_ question: String) throws -> ClinicAnswer? {
    try first(
      """
      SELECT question, value, target_on, note, answered_on, answered_by, version FROM clinic_answer
      WHERE facility_id = \(facility) AND question = \(question)
      """, ClinicAnswer.init(row:))
  }

  /// Questions to vendors, by vendor and the time at which they were written down.
  func clinicInquiries() throws -> [ClinicInquiry] {
    try all(
      """
      SELECT q.question, q.vendor_id, v.name, q.prepared_on, q.asked_on, q.reply, q.reply_text, q.replied_on, q.version
      FROM clinic_inquiry q JOIN vendor v ON v.facility_id = q.facility_id AND v.id = q.vendor_id
      WHERE q.facility_id = \(facility) ORDER BY v.key_text, q.prepared_on, q.question
      """, ClinicInquiry.init(row:))
  }

  /// What the path asks for until `last`, as `DutyList` reads it: not-yets with their days, letters to send, answers to
  /// wait for.
  ///
  /// A not-yet whose question the registers answer by now asks for nothing, nor does a letter about a settled question.
  func clinicDutyRows(until last: Day) -> SQL {
    let answered = ClinicGuide.shared.questions.compactMap { question -> SQL? in
      guard !question.evidence.isEmpty, !question.confirm else { return nil }
      let met = question.evidence.map { isMet($0) }
      let all: SQL = question.needsAllEvidence ? " AND " : " OR "
      return "(a.question = \(question.id) AND (\(SQL(joining: met, by: all))))"
    }
    return """
      SELECT 'target' AS kind, a.question AS subject, '' AS title, a.target_on AS day FROM clinic_answer a
      WHERE a.facility_id = \(facility) AND a.value = 'not-yet' AND a.target_on <= \(last)
        AND NOT (\(SQL(joining: answered, by: " OR ")))
      UNION ALL
      SELECT CASE WHEN q.asked_on IS NULL THEN 'letter' ELSE 'reply' END, q.vendor_id, v.name, MIN(q.due_on)
      FROM clinic_inquiry q
      JOIN vendor v ON v.facility_id = q.facility_id AND v.id = q.vendor_id
      JOIN clinic_answer a ON a.facility_id = q.facility_id AND a.question = q.question AND a.value = 'unknown'
      WHERE q.facility_id = \(facility) AND q.reply IS NULL AND q.due_on <= \(last)
      GROUP BY CASE WHEN q.asked_on IS NULL THEN 'letter' ELSE 'reply' END, q.vendor_id, v.name
      """
  }
}

extension WriteTx {
  /// Stores an answer.
  ///
  /// - Throws: `Stale` when someone else has answered since.
  func store(_ after: ClinicAnswer, over before: ClinicAnswer?) throws {
    try apply(
      """
      INSERT INTO clinic_answer (facility_id, question, value, target_on, note, answered_on, answered_by, version)
      VALUES (\(facility), \(after.question), \(after.value.rawValue), \(after.targetOn), \(after.note),
        \(after.answeredOn), \(after.answeredBy), \(after.version))
      ON CONFLICT (facility_id, question) DO UPDATE SET value = excluded.value, target_on = excluded.target_on,
        note = excluded.note, answered_on = excluded.answered_on, answered_by = excluded.answered_by,
        version = excluded.version
      WHERE clinic_answer.version = \(before?.version ?? 0)
      """,
      recording: Change("clinic.answer", of: "clinic:\(after.question)", from: before, to: after))
  }

  /// Puts a question into the letter to a vendor; one that is there already stays.
  func prepare(_ question: String, for vendor: Entry.ID) throws {
    let known = try count(
      """
      SELECT COUNT(*) FROM clinic_inquiry
      WHERE facility_id = \(facility) AND question = \(question) AND vendor_id = \(vendor) AND reply IS NULL
      """)
    guard known == 0 else { return }
    let today = scope.now.day
    // A question that was answered once is asked anew: the ledger keeps the earlier answer.
    try apply(
      """
      INSERT INTO clinic_inquiry (facility_id, question, vendor_id, prepared_on, due_on, reply_text, version)
      VALUES (\(facility), \(question), \(vendor), \(today), \(today.adding(days: ClinicInquiry.daysToSend)), '', 1)
      ON CONFLICT (facility_id, question, vendor_id) DO UPDATE SET prepared_on = excluded.prepared_on,
        due_on = excluded.due_on, asked_on = NULL, reply = NULL, reply_text = '', replied_on = NULL,
        version = clinic_inquiry.version + 1
      """,
      recording: Change(
        "clinic.prepare", of: "clinic:\(question)", to: ["vendor": vendor.text, "on": today.description]))
  }

  /// Takes a question out of the letters that have not been handed over, but for those to `kept`.
  func withdraw(_ question: String, butFor kept: Set<Entry.ID>) throws {
    let unsent = try all(
      """
      SELECT vendor_id FROM clinic_inquiry
      WHERE facility_id = \(facility) AND question = \(question) AND asked_on IS NULL
      """
    ) { row -> Entry.ID in try row.id(0) }
    for vendor in unsent where !kept.contains(vendor) {
      try apply(
        """
        DELETE FROM clinic_inquiry
        WHERE facility_id = \(facility) AND question = \(question) AND vendor_id = \(vendor)
        """,
        recording: Change("clinic.withdraw", of: "clinic:\(question)", to: ["vendor": vendor.text]))
    }
  }

  /// Notes that the letter to a vendor has been handed over.
  func handOver(_ inquiries: [ClinicInquiry], to vendor: Entry.ID) throws {
    let today = scope.now.day
    try apply(
      """
      UPDATE clinic_inquiry SET asked_on = \(today), due_on = \(today.adding(days: ClinicInquiry.daysToReply)),
        version = version + 1
      WHERE facility_id = \(facility) AND vendor_id = \(vendor) AND asked_on IS NULL
      """,
      recording: Change(
        "clinic.hand-over", of: "vendors:\(vendor)",
        to: ["questions": inquiries.map(\.question).joined(separator: " "), "on": today.description]))
  }

  /// Writes down what a vendor answered.
  ///
  /// - Throws: `Stale` when someone else has since.
  func store(_ reply: ClinicInquiry.Reply, _ text: String, to inquiry: ClinicInquiry) throws {
    try apply(
      """
      UPDATE clinic_inquiry SET reply = \(reply.rawValue), reply_text = \(text), replied_on = \(scope.now.day),
        version = version + 1
      WHERE facility_id = \(facility) AND question = \(inquiry.question) AND vendor_id = \(inquiry.vendor)
        AND version = \(inquiry.version)
      """,
      recording: Change(
        "clinic.reply", of: "clinic:\(inquiry.question)",
        to: ["vendor": inquiry.vendor.text, "reply": reply.rawValue, "text": text]))
  }
}

extension ClinicAnswer {
  fileprivate init(row: Row) throws {
    guard let value = Value(rawValue: try row.text(1)) else { throw Row.Corrupt("clinic_answer.value") }
    self.init(
      question: try row.text(0), value: value, targetOn: try row.optionalDay(2), note: try row.text(3),
      answeredOn: try row.day(4), answeredBy: try row.text(5), version: try row.int(6))
  }
}

extension ClinicInquiry {
  fileprivate init(row: Row) throws {
    self.init(
      question: try row.text(0), vendor: try row.id(1), vendorName: try row.text(2),
      preparedOn: try row.day(3),
      askedOn: try row.optionalDay(4), reply: try row.optionalText(5).flatMap(Reply.init(rawValue:)),
      replyText: try row.text(6), repliedOn: try row.optionalDay(7), version: try row.int(8))
  }
}

extension Clinic {
  static let migrations = [
    Migration(
      "20261121-k-clinic",
      [
        """
        CREATE TABLE clinic_answer (
          facility_id TEXT NOT NULL REFERENCES facility (id), question TEXT NOT NULL,
          value TEXT NOT NULL CHECK (value IN ('yes', 'not-yet', 'unknown', 'na', 'register')), target_on TEXT,
          note TEXT NOT NULL, answered_on TEXT NOT NULL, answered_by TEXT NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, question), CHECK (value <> 'not-yet' OR target_on IS NOT NULL)
        )
        """,
        """
        CREATE TABLE clinic_inquiry (
          facility_id TEXT NOT NULL, question TEXT NOT NULL, vendor_id TEXT NOT NULL, prepared_on TEXT NOT NULL,
          asked_on TEXT, due_on TEXT NOT NULL, reply TEXT CHECK (reply IN ('yes', 'no', 'partly')),
          reply_text TEXT NOT NULL, replied_on TEXT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, question, vendor_id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX clinic_inquiry_by_vendor ON clinic_inquiry (facility_id, vendor_id)",
      ] + Migration.confine("clinic_answer") + Migration.confine("clinic_inquiry"))
  ]
}
