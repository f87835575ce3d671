import Kernel
import Storage

extension ReadTx {
  /// A record with those that it has put right, the newest first; empty when there is none.
  func servedHistory(_ id: ServedShift.ID, of rota: Rota.ID) throws -> [ServedShift] {
    try all(
      """
      WITH RECURSIVE chain (id, depth) AS (
        SELECT id, 0 FROM oncall_served WHERE facility_id = \(facility) AND id = \(id) AND rota_id = \(rota)
        UNION ALL SELECT s.corrects, chain.depth + 1 FROM oncall_served s JOIN chain ON s.id = chain.id
          WHERE s.facility_id = \(facility) AND s.corrects IS NOT NULL AND chain.depth < 100
      )
      SELECT \(ServedShift.columns) FROM chain JOIN oncall_served s ON s.id = chain.id
      WHERE s.facility_id = \(facility) ORDER BY chain.depth
      """, ServedShift.init(row:))
  }

  /// What stands now in the place of a record; itself when it stands, nil when there is none.
  func standing(for id: ServedShift.ID) throws -> ServedShift.ID? {
    try first(
      """
      WITH RECURSIVE chain (id, depth) AS (
        SELECT id, 0 FROM oncall_served WHERE facility_id = \(facility) AND id = \(id)
        UNION ALL SELECT s.id, chain.depth + 1 FROM oncall_served s JOIN chain ON s.corrects = chain.id
          WHERE s.facility_id = \(facility) AND chain.depth < 1000
      )
      SELECT id FROM chain ORDER BY depth DESC LIMIT 1
      """
    ) { try $0.id(0) }
  }
}

extension ServedShift {
  fileprivate static let columns: SQL = """
    s.id, s.rota_id, s.layer, s.from_ms, s.until_ms, s.instead, s.member, s.reason, s.made_by, s.corrects, 0 AS part,
    s.maker_id, s.made_at_ms, s.answers, s.version
    """

  /// In the order in which what changes a rota is read too (`ReadTx.changes(of:in:)`).
  init(row: Row) throws {
    guard let layer = Rota.Layer(rawValue: try row.text(2)) else { throw Row.Corrupt("oncall_served.layer") }
    self.init(
      id: try row.id(0), rota: try row.id(1), layer: layer,
      window: Window(from: try row.instant(3), until: try row.instant(4)),
      member: try OnCallJSON.member(try row.optionalText(6)),
      instead: try OnCallJSON.member(try row.optionalText(5)), reason: try row.text(7),
      madeBy: try row.text(8), maker: try row.optionalID(11), madeAt: try row.instant(12),
      corrects: try row.optionalID(9), answers: try OnCallJSON.read([Answer].self, try row.text(13)),
      version: try row.int(14))
  }
}

extension WriteTx {
  /// - Parameter before: what it puts right, which stays as it is; nil for the plan.
  func insert(_ shift: ServedShift, over before: ServedShift?) throws {
    try name(Set([shift.member].compactMap { $0 }), in: shift.rota)
    let plan = ServedShift.entry(shift.layer, shift.window, shift.instead, nil)
    try apply(
      """
      INSERT INTO oncall_served (facility_id, id, rota_id, layer, from_ms, until_ms, member, instead, reason, made_by,
        maker_id, made_at_ms, corrects, answers, version)
      VALUES (\(facility), \(shift.id), \(shift.rota), \(shift.layer.rawValue), \(shift.window.from),
        \(shift.window.until), \(shift.member?.text), \(shift.instead?.text), \(shift.reason), \(shift.madeBy),
        \(shift.maker), \(shift.madeAt), \(shift.corrects), \(try OnCallJSON.text(shift.answers)), \(shift.version))
      """,
      recording: Change(
        before == nil ? "oncall.served" : "oncall.served-correct", of: "oncall-rota:\(shift.rota)",
        from: before?.entry ?? plan, to: shift.entry))
  }

  func replace(_ before: ServedShift, answered answer: ServedShift.Answer) throws {
    let after = before.answered(answer)
    try apply(
      """
      UPDATE oncall_served SET answers = \(try OnCallJSON.text(after.answers)), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        "oncall.served-answer", of: "oncall-rota:\(after.rota)",
        from: before.answers.first { $0.person == answer.person }, to: answer))
  }
}
