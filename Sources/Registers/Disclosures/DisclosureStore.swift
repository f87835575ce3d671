import Kernel
import Storage

extension Disclosures {
  static let migrations = [
    Migration(
      "20261121-i1-disclosures",
      [
        """
        CREATE TABLE disclosure (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          number TEXT NOT NULL, product TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('mds', 'sds', 'mds2')),
          vendor_id TEXT, system_id TEXT, model TEXT, product_version TEXT, edition TEXT,
          made_on TEXT, received_on TEXT,
          received_how TEXT CHECK (received_how IN ('mail', 'paper', 'web', 'link', 'other')),
          next_check_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, system_id) REFERENCES system (facility_id, id),
          FOREIGN KEY (facility_id, vendor_id) REFERENCES vendor (facility_id, id)
        )
        """,
        "CREATE INDEX disclosure_by_attention ON disclosure (facility_id, attention_on)",
        "CREATE INDEX disclosure_by_text ON disclosure (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX disclosure_by_kind ON disclosure (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX disclosure_by_system ON disclosure (facility_id, system_id)",
        "CREATE INDEX disclosure_by_vendor ON disclosure (facility_id, vendor_id)",
        """
        CREATE TABLE disclosure_version (
          facility_id TEXT NOT NULL, disclosure_id TEXT NOT NULL, number BIGINT NOT NULL,
          edition TEXT NOT NULL, product_version TEXT NOT NULL, made_on TEXT,
          file_id TEXT NOT NULL, file_name TEXT NOT NULL, sha256 TEXT NOT NULL, sheet TEXT NOT NULL,
          taken_at_ms BIGINT NOT NULL, taken_by TEXT NOT NULL, standing BOOLEAN NOT NULL,
          PRIMARY KEY (facility_id, disclosure_id, number),
          FOREIGN KEY (facility_id, disclosure_id) REFERENCES disclosure (facility_id, id)
        )
        """,
        """
        CREATE TABLE disclosure_answer (
          facility_id TEXT NOT NULL, disclosure_id TEXT NOT NULL, version_number BIGINT NOT NULL,
          position BIGINT NOT NULL, question TEXT NOT NULL, section TEXT NOT NULL, question_text TEXT NOT NULL,
          answer TEXT NOT NULL CHECK (answer IN ('yes', 'no', 'na', 'blank', 'note', 'text', 'unreadable')),
          raw TEXT NOT NULL, remark TEXT NOT NULL,
          PRIMARY KEY (facility_id, disclosure_id, version_number, position),
          FOREIGN KEY (facility_id, disclosure_id, version_number)
            REFERENCES disclosure_version (facility_id, disclosure_id, number)
        )
        """,
        """
        CREATE UNIQUE INDEX disclosure_answer_by_question
          ON disclosure_answer (facility_id, disclosure_id, version_number, question)
        """,
        """
        CREATE TABLE disclosure_risk (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, disclosure_id TEXT NOT NULL, question TEXT NOT NULL,
          evaluation TEXT NOT NULL, treatment TEXT NOT NULL CHECK (treatment IN ('avoid', 'reduce', 'transfer', 'accept')),
          explanation TEXT NOT NULL, decided_by TEXT NOT NULL, decided_on TEXT NOT NULL, said_then TEXT NOT NULL,
          closed_in BIGINT, version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, disclosure_id) REFERENCES disclosure (facility_id, id)
        )
        """,
        "CREATE INDEX disclosure_risk_by_disclosure ON disclosure_risk (facility_id, disclosure_id, question)",
        """
        CREATE TABLE disclosure_annex (
          facility_id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('mds', 'sds')), question TEXT NOT NULL,
          PRIMARY KEY (facility_id, kind, question)
        )
        """,
      ] + Migration.confine("disclosure") + Migration.confine("disclosure_version")
        + Migration.confine("disclosure_answer") + Migration.confine("disclosure_risk")
        + Migration.confine("disclosure_annex"))
  ]
}

/// One reading of a disclosure. It is never changed.
struct DisclosureVersion: Sendable, Equatable {
  let number: Int
  let edition: String
  let productVersion: String
  let madeOn: Day?
  let file: StoredFile.ID
  let fileName: String
  let sha256: String
  let sheet: String
  let takenAt: Instant
  let takenBy: String
}

extension ReadTx {
  /// The readings of a disclosure, oldest first.
  func disclosureVersions(_ id: Entry.ID) throws -> [DisclosureVersion] {
    try all(
      """
      SELECT number, edition, product_version, made_on, file_id, file_name, sha256, sheet, taken_at_ms, taken_by
      FROM disclosure_version WHERE facility_id = \(facility) AND disclosure_id = \(id) ORDER BY number
      """
    ) { row in
      DisclosureVersion(
        number: try row.int(0), edition: try row.text(1), productVersion: try row.text(2),
        madeOn: try row.optionalDay(3), file: try row.id(4), fileName: try row.text(5),
        sha256: try row.text(6),
        sheet: try row.text(7), takenAt: try row.instant(8), takenBy: try row.text(9))
    }
  }

  /// The answers of two versions in one statement, in the order of the form.
  func disclosureAnswers(_ id: Entry.ID, versions: ClosedRange<Int>) throws -> [Int: [Disclosure.Question]] {
    let rows = try all(
      """
      SELECT version_number, question, section, question_text, answer, raw, remark FROM disclosure_answer
      WHERE facility_id = \(facility) AND disclosure_id = \(id)
        AND version_number BETWEEN \(versions.lowerBound) AND \(versions.upperBound)
      ORDER BY version_number, position
      """
    ) { row in (try row.int(0), try Disclosure.Question(row, from: 1)) }
    return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
  }

  /// Risk records, standing ones first, newest of the closed ones next.
  func disclosureRisks(_ id: Entry.ID) throws -> [DisclosureRisk] {
    try all(
      """
      SELECT id, question, evaluation, treatment, explanation, decided_by, decided_on, said_then, closed_in, version
      FROM disclosure_risk WHERE facility_id = \(facility) AND disclosure_id = \(id)
      ORDER BY CASE WHEN closed_in IS NULL THEN 0 ELSE 1 END, id DESC
      """
    ) { try DisclosureRisk($0, from: 0) }
  }

  func disclosureAnnex() throws -> DisclosureAnnex {
    let rows = try all("SELECT kind, question FROM disclosure_annex WHERE facility_id = \(facility)") {
      (try $0.text(0), try $0.text(1))
    }
    var numbers: [Disclosure.Kind: Set<String>] = [:]
    for (kind, number) in rows {
      numbers[Disclosure.Kind(rawValue: kind) ?? .mds, default: []].insert(number)
    }
    return DisclosureAnnex(numbers)
  }

  /// Every disclosure with the numbers of its standing version, by its number.
  func disclosureOverview(_ annex: DisclosureAnnex) throws -> [DisclosureOverview.Item] {
    let everyMds = annex.numbers(of: .mds) == nil
    let everySds = annex.numbers(of: .sds) == nil
    let counts: SQL = """
      (x.question IS NOT NULL OR (d.kind = 'mds' AND \(everyMds)) OR (d.kind = 'sds' AND \(everySds)))
      """
    func sum(_ condition: SQL) -> SQL { "COALESCE(SUM(CASE WHEN \(condition) THEN 1 ELSE 0 END), 0)" }
    return try all(
      """
      SELECT d.id, d.number, d.product, d.kind, d.system_id, d.received_on, v.number, v.made_on,
        \(sum(counts)), \(sum("\(counts) AND a.answer = 'no'")),
        \(sum("\(counts) AND a.answer IN ('blank', 'unreadable')")), \(sum("x.question IS NOT NULL")),
        \(sum("\(counts) AND a.answer = 'no' AND r.id IS NOT NULL"))
      FROM disclosure d
      LEFT JOIN disclosure_version v ON v.facility_id = d.facility_id AND v.disclosure_id = d.id AND v.standing
      LEFT JOIN disclosure_answer a ON a.facility_id = d.facility_id AND a.disclosure_id = d.id
        AND a.version_number = v.number
      LEFT JOIN disclosure_annex x ON x.facility_id = d.facility_id AND x.kind = d.kind AND x.question = a.question
      LEFT JOIN disclosure_risk r ON r.facility_id = d.facility_id AND r.disclosure_id = d.id
        AND r.question = a.question AND r.closed_in IS NULL
      WHERE d.facility_id = \(facility)
      GROUP BY d.id, d.number, d.product, d.kind, d.system_id, d.received_on, d.key_text, v.number, v.made_on
      ORDER BY d.key_text
      """
    ) { row in
      let kind = Disclosure.Kind(rawValue: try row.text(3)) ?? .mds
      let absent = max(0, (annex.numbers(of: kind)?.count ?? 0) - (try row.int(11)))
      let version = try row.optionalInt(6)
      let tally = DisclosureTally(
        all: try row.int(8) + absent, no: try row.int(9), open: try row.int(10) + absent,
        recorded: try row.int(12))
      return DisclosureOverview.Item(
        id: try row.id(0), number: try row.text(1), product: try row.text(2), kind: kind,
        system: try row.optionalText(4), receivedOn: try row.optionalDay(5), version: version,
        madeOn: try row.optionalDay(7), answers: version == nil ? nil : tally)
    }
  }

  /// The systems that disclosures are about, with their vendors.
  func disclosureSystems() throws -> [DisclosureOverview.System] {
    try all(
      """
      SELECT s.id, s.name, s.hosting, s.vendor_id, w.name FROM system s
      LEFT JOIN vendor w ON w.facility_id = s.facility_id AND w.id = s.vendor_id
      WHERE s.facility_id = \(facility) ORDER BY s.key_text
      """
    ) { row in
      DisclosureOverview.System(
        id: try row.text(0), name: try row.text(1), hosting: try row.optionalText(2),
        vendorID: try row.optionalText(3), vendor: try row.optionalText(4))
    }
  }

  /// Every standing answer that may call for a risk record, with the record, in the order of disclosures and forms.
  func disclosureConcerns() throws -> [DisclosureConcern] {
    try all(
      """
      SELECT d.id, d.number, d.product, d.kind, s.name, w.name, v.number, v.edition, v.made_on, a.position,
        a.question, a.section, a.question_text, a.answer, a.raw, a.remark,
        r.id, r.question, r.evaluation, r.treatment, r.explanation, r.decided_by, r.decided_on, r.said_then, r.closed_in,
        r.version
      FROM disclosure d
      JOIN disclosure_version v ON v.facility_id = d.facility_id AND v.disclosure_id = d.id AND v.standing
      JOIN disclosure_answer a ON a.facility_id = d.facility_id AND a.disclosure_id = d.id
        AND a.version_number = v.number AND (a.answer = 'no' OR (d.kind = 'mds2' AND a.answer = 'yes'))
      LEFT JOIN disclosure_risk r ON r.facility_id = d.facility_id AND r.disclosure_id = d.id
        AND r.question = a.question AND r.closed_in IS NULL
      LEFT JOIN system s ON s.facility_id = d.facility_id AND s.id = d.system_id
      LEFT JOIN vendor w ON w.facility_id = d.facility_id AND w.id = d.vendor_id
      WHERE d.facility_id = \(facility) ORDER BY d.key_text, a.position
      """
    ) { row in
      DisclosureConcern(
        disclosure: try row.id(0), number: try row.text(1), product: try row.text(2),
        kind: Disclosure.Kind(rawValue: try row.text(3)) ?? .mds, system: try row.optionalText(4),
        vendor: try row.optionalText(5), version: try row.int(6), edition: try row.text(7),
        madeOn: try row.optionalDay(8), position: try row.int(9),
        question: try Disclosure.Question(row, from: 10),
        risk: try row.optionalText(16) == nil ? nil : DisclosureRisk(row, from: 16))
    }
  }
}

extension Disclosure.Question {
  /// From six columns: number, section, text, answer, raw, remark.
  fileprivate init(_ row: Row, from first: Int) throws {
    self.init(
      number: try row.text(first), section: try row.text(first + 1), text: try row.text(first + 2),
      answer: Disclosure.Answer(rawValue: try row.text(first + 3)) ?? .unreadable,
      raw: try row.text(first + 4),
      remark: try row.text(first + 5))
  }
}

extension DisclosureRisk {
  /// From ten columns, in the order of the statements above.
  fileprivate init(_ row: Row, from first: Int) throws {
    self.init(
      id: try row.id(first), question: try row.text(first + 1), evaluation: try row.text(first + 2),
      treatment: Treatment(rawValue: try row.text(first + 3)) ?? .accept,
      explanation: try row.text(first + 4),
      decidedBy: try row.text(first + 5),
      decidedOn: try row.optionalDay(first + 6) ?? Finding.always, saidThen: try row.text(first + 7),
      closedIn: try row.optionalInt(first + 8), version: try row.int(first + 9))
  }
}

extension WriteTx {
  /// Puts a reading behind the others of a disclosure; it becomes the standing one.
  func insert(
    _ version: DisclosureVersion, _ questions: [Disclosure.Question], of id: Entry.ID,
    recording change: Change
  ) throws {
    let head: SQL = """
      INSERT INTO disclosure_version (facility_id, disclosure_id, number, edition, product_version, made_on, file_id,
        file_name, sha256, sheet, taken_at_ms, taken_by, standing)
      VALUES (\(facility), \(id), \(version.number), \(version.edition), \(version.productVersion),
        \(version.madeOn), \(version.file), \(version.fileName), \(version.sha256), \(version.sheet),
        \(version.takenAt), \(version.takenBy), \(true))
      """
    let before: SQL = """
      UPDATE disclosure_version SET standing = \(false)
      WHERE facility_id = \(facility) AND disclosure_id = \(id) AND number < \(version.number) AND standing
      """
    var statements = [head, before]
    for start in stride(from: 0, to: questions.count, by: 100) {
      let rows = questions[start..<min(start + 100, questions.count)].enumerated().map {
        index, question -> SQL in
        """
        (\(facility), \(id), \(version.number), \(start + index), \(question.number), \(question.section),
          \(question.text), \(question.answer.rawValue), \(question.raw), \(question.remark))
        """
      }
      statements.append(
        """
        INSERT INTO disclosure_answer (facility_id, disclosure_id, version_number, position, question, section,
          question_text, answer, raw, remark) VALUES \(SQL(joining: rows, by: ", "))
        """)
    }
    try apply(statements, recording: change)
  }

  func insert(_ risk: DisclosureRisk, of id: Entry.ID) throws {
    try apply(
      """
      INSERT INTO disclosure_risk (facility_id, id, disclosure_id, question, evaluation, treatment, explanation,
        decided_by, decided_on, said_then, closed_in, version)
      VALUES (\(facility), \(risk.id), \(id), \(risk.question), \(risk.evaluation), \(risk.treatment.rawValue),
        \(risk.explanation), \(risk.decidedBy), \(risk.decidedOn), \(risk.saidThen), \(risk.closedIn), \(risk.version))
      """,
      recording: Change("disclosure.risk", of: Disclosures.register.subject(id), to: risk))
  }

  /// Stores `after` in the place of `before`.
  ///
  /// - Throws: `Stale` when the record has moved on.
  func replace(_ before: DisclosureRisk, with after: DisclosureRisk, of id: Entry.ID) throws {
    try apply(
      """
      UPDATE disclosure_risk SET question = \(after.question), evaluation = \(after.evaluation),
        treatment = \(after.treatment.rawValue), explanation = \(after.explanation), decided_by = \(after.decidedBy),
        decided_on = \(after.decidedOn), said_then = \(after.saidThen), closed_in = \(after.closedIn),
        version = \(before.version + 1)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change("disclosure.risk", of: Disclosures.register.subject(id), from: before, to: after))
  }

  /// Replaces the numbers that count for a kind of form; none of them means that all count.
  func replaceAnnex(of kind: Disclosure.Kind, _ before: Set<String>, with after: Set<String>) throws {
    let clear: SQL =
      "DELETE FROM disclosure_annex WHERE facility_id = \(facility) AND kind = \(kind.rawValue)"
    let rows = after.sorted().map { "(\(facility), \(kind.rawValue), \($0))" as SQL }
    let fill: SQL =
      "INSERT INTO disclosure_annex (facility_id, kind, question) VALUES \(SQL(joining: rows, by: ", "))"
    // The first statement must change something, and only of what stands there is there anything to clear.
    let statements = (before.isEmpty ? [] : [clear]) + (after.isEmpty ? [] : [fill])
    guard !statements.isEmpty else { return }
    try apply(
      statements,
      recording: Change(
        "disclosure.annex", of: "disclosure-annex:\(kind.rawValue)", from: before.sorted(), to: after.sorted()
      ))
  }
}
