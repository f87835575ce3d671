import Kernel
import Registers
import Storage

extension ReadTx {
  func rounds(_ id: Assessment.ID) throws -> [AnswerRound] {
    try all(
      """
      SELECT item, round, value, confirmed_on, target_on, by_name, at_ms FROM answer_round
      WHERE facility_id = \(facility) AND assessment_id = \(id) ORDER BY item, round
      """,
      AnswerRound.init(row:))
  }

  /// Proofs without the bytes of their files, withdrawn ones included.
  func proofs(_ id: Assessment.ID) throws -> [Proof] {
    try all(
      """
      SELECT id, item, kind, title, body, sha256, media_type, bytes, added_at_ms, added_by, withdrawn FROM proof
      WHERE facility_id = \(facility) AND assessment_id = \(id) ORDER BY id
      """,
      Proof.init(row:))
  }

  /// ``proofs(_:)`` and ``rounds(_:)`` in one statement, for pages that show both; with the states of the measures by concept, and
  /// the sections that people have been given.
  func proofsAndRounds(_ id: Assessment.ID) throws -> (
    proofs: [Proof], rounds: [AnswerRound], measures: [String: [Measure.State: Int]],
    sections: [SectionAssignment]
  ) {
    var (proofs, rounds): ([Proof], [AnswerRound]) = ([], [])
    var measures: [String: [Measure.State: Int]] = [:]
    var sections: [SectionAssignment] = []
    _ = try all(
      """
      SELECT id, item, kind, title, body, sha256, media_type, bytes, added_at_ms, added_by, withdrawn FROM proof
      WHERE facility_id = \(facility) AND assessment_id = \(id)
      UNION ALL
      SELECT NULL, item, value, confirmed_on, target_on, NULL, NULL, round, at_ms, by_name, NULL FROM answer_round
      WHERE facility_id = \(facility) AND assessment_id = \(id)
      UNION ALL
      SELECT NULL, c.concept, m.state, NULL, NULL, NULL, NULL, COUNT(*), NULL, NULL, NULL FROM measure_concept c
      JOIN measure m ON m.facility_id = c.facility_id AND m.id = c.measure_id
      WHERE c.facility_id = \(facility) GROUP BY c.concept, m.state
      UNION ALL
      SELECT NULL, g.node, g.title, g.due_on, g.person_id, p.name, u.state, 0, NULL, NULL, NULL
      FROM assessment_assignment g JOIN person p ON p.facility_id = g.facility_id AND p.id = g.person_id
      LEFT JOIN assessment_submission u
        ON u.facility_id = g.facility_id AND u.assessment_id = g.assessment_id AND u.node = g.node
      WHERE g.facility_id = \(facility) AND g.assessment_id = \(id)
      ORDER BY 1, 2, 8
      """
    ) { row in
      if try row.optionalText(0) != nil {
        proofs.append(try Proof(row: row))
      } else if try row.optionalText(9) != nil {
        rounds.append(try AnswerRound(besideProofs: row))
      } else if let name = try row.optionalText(5) {
        sections.append(
          SectionAssignment(
            node: try row.text(1), title: try row.text(2), person: try row.id(4), name: name,
            dueOn: try row.optionalDay(3),
            state: try row.optionalText(6).flatMap(Submission.State.init(rawValue:))))
      } else if let state = Measure.State(rawValue: try row.text(2)) {
        let (concept, number) = (try row.text(1), try row.int(7))
        measures[concept, default: [:]][state] = number
      }
    }
    return (proofs, rounds, measures, sections)
  }

  func proof(_ id: Proof.ID) throws -> Proof? {
    try first(
      """
      SELECT id, item, kind, title, body, sha256, media_type, bytes, added_at_ms, added_by, withdrawn FROM proof
      WHERE facility_id = \(facility) AND id = \(id)
      """,
      Proof.init(row:))
  }

  func assessment(ofProof id: Proof.ID) throws -> Assessment.ID? {
    try first("SELECT assessment_id FROM proof WHERE facility_id = \(facility) AND id = \(id)") {
      try $0.id(0)
    }
  }
}

extension WriteTx {
  /// Adds a proof; the bytes of a file are kept once per facility.
  func insert(_ proof: Proof, content: [UInt8]?, in assessment: Assessment.ID) throws {
    if let content, let sha256 = proof.sha256 {
      try keep(content, sha256: sha256)
    }
    try apply(
      """
      INSERT INTO proof (facility_id, id, assessment_id, item, kind, title, body, sha256, media_type, bytes, added_at_ms,
        added_by, withdrawn)
      VALUES (\(facility), \(proof.id), \(assessment), \(proof.item), \(proof.kind.rawValue), \(proof.title),
        \(proof.body), \(proof.sha256), \(proof.mediaType), \(proof.bytes), \(proof.addedAt), \(proof.addedBy), \(false))
      """,
      recording: Change("proof.add", of: "answer:\(assessment)/\(proof.item)", to: proof))
  }

  /// Takes a proof out of the count; it stays, with its history.
  func withdraw(_ proof: Proof, in assessment: Assessment.ID, because reason: String) throws {
    try apply(
      """
      UPDATE proof SET withdrawn = \(true) WHERE facility_id = \(facility) AND id = \(proof.id) AND NOT withdrawn
      """,
      recording: Change(
        "proof.withdraw", of: "answer:\(assessment)/\(proof.item)",
        to: ["proof": proof.id.text, "reason": reason]))
  }
}

extension AnswerRound {
  fileprivate init(row: Row) throws {
    self.init(
      item: try row.text(0), round: try row.int(1),
      value: try row.optionalText(2).flatMap(Answer.Value.init(rawValue:)),
      confirmedOn: try row.optionalDay(3), targetOn: try row.optionalDay(4), by: try row.text(5),
      at: try row.instant(6))
  }

  fileprivate init(besideProofs row: Row) throws {
    self.init(
      item: try row.text(1), round: try row.int(7),
      value: try row.optionalText(2).flatMap(Answer.Value.init(rawValue:)),
      confirmedOn: try row.optionalDay(3), targetOn: try row.optionalDay(4), by: try row.text(9),
      at: try row.instant(8))
  }
}

extension Proof {
  fileprivate init(row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(2)) else { throw Row.Corrupt("proof.kind") }
    self.init(
      id: try row.id(0), item: try row.text(1), kind: kind, title: try row.text(3), body: try row.text(4),
      sha256: try row.optionalText(5), mediaType: try row.optionalText(6), bytes: try row.int(7),
      addedAt: try row.instant(8), addedBy: try row.text(9), withdrawn: try row.bool(10))
  }
}
