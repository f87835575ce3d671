import Foundation
import Kernel
import Storage

/// Someone who may be called, with the numbers by which.
struct OnCallPerson: Sendable, Equatable {
  let member: RotaMember
  let name: String
  let department: String
  /// 職名 and what else stands there.
  var job = ""
  /// Of a person the one for nights first.
  let phones: [String]
  let mail: String?
  /// The last day, of someone who leaves or has left.
  var leftOn: Day?

  /// Nil for the desk of a vendor.
  var person: PersonID? { member.person }

  func hasLeft(on day: Day) -> Bool { leftOn.map { $0 < day } ?? false }

  /// 鈴木(情報システム係), to tell namesakes apart.
  var nameWithDepartment: String { department.isEmpty ? name : "\(name)(\(department))" }
}

/// What changes a rota within a span, and what was put right of it afterwards.
struct RotaChanges: Sendable {
  var overrides: [RotaOverride] = []
  var leaves: [Leave] = []
  var served: [ServedShift] = []
  var replaced: [ServedShift] = []
}

/// A rota as it lies in the database.
struct StoredRota: Sendable {
  let rota: Rota
  let settledUntil: Instant
}

extension ReadTx {
  func rotaNames() throws -> [(id: Rota.ID, name: String)] {
    try all("SELECT id, name FROM oncall_rota WHERE facility_id = \(facility) ORDER BY name_key, id") {
      (id: try $0.id(0), name: try $0.text(1))
    }
  }

  func rotas() throws -> [StoredRota] {
    try all(
      "SELECT definition, settled_until_ms FROM oncall_rota WHERE facility_id = \(facility) ORDER BY name_key, id"
    ) { try StoredRota(row: $0) }
  }

  func rota(_ id: Rota.ID) throws -> StoredRota? {
    try first(
      "SELECT definition, settled_until_ms FROM oncall_rota WHERE facility_id = \(facility) AND id = \(id)"
    ) { try StoredRota(row: $0) }
  }

  func rotaID(named key: String) throws -> Rota.ID? {
    try first("SELECT id FROM oncall_rota WHERE facility_id = \(facility) AND name_key = \(key)") {
      try $0.id(0)
    }
  }

  func rotaCount() throws -> Int {
    try count("SELECT COUNT(*) FROM oncall_rota WHERE facility_id = \(facility)")
  }

  /// What changes a rota within a span.
  func overrides(of rota: Rota.ID, in span: Window) throws -> [RotaOverride] {
    try all(
      """
      SELECT id, rota_id, layer, from_ms, until_ms, whom, by_member, reason, made_by, swap_id FROM oncall_override
      WHERE facility_id = \(facility) AND rota_id = \(rota) AND until_ms > \(span.from) AND from_ms < \(span.until)
      ORDER BY from_ms, id
      """, RotaOverride.init(row:))
  }

  func override(_ id: RotaOverride.ID) throws -> RotaOverride? {
    try first(
      """
      SELECT id, rota_id, layer, from_ms, until_ms, whom, by_member, reason, made_by, swap_id FROM oncall_override
      WHERE facility_id = \(facility) AND id = \(id)
      """, RotaOverride.init(row:))
  }

  /// The same with everyone's leave, and with who served in truth, in one statement.
  func changes(of rota: Rota.ID, in span: Window) throws -> RotaChanges {
    var changes = RotaChanges()
    _ = try all(
      """
      SELECT id, rota_id, layer, from_ms, until_ms, whom, by_member, reason, made_by, swap_id, 0 AS part,
        '' AS maker_id, 0 AS made_at_ms, '' AS answers, 0 AS version, 0 AS is_replaced
      FROM oncall_override WHERE facility_id = \(facility) AND rota_id = \(rota) AND until_ms > \(span.from)
        AND from_ms < \(span.until)
      UNION ALL
      SELECT id, person_id, '', from_ms, until_ms, NULL, NULL, note, '', NULL, 1, '', 0, '', 0, 0
      FROM oncall_leave WHERE facility_id = \(facility) AND until_ms > \(span.from) AND from_ms < \(span.until)
      UNION ALL
      SELECT s.id, s.rota_id, s.layer, s.from_ms, s.until_ms, s.instead, s.member, s.reason, s.made_by, s.corrects, 2,
        s.maker_id, s.made_at_ms, s.answers, s.version, CASE WHEN EXISTS (
          SELECT 1 FROM oncall_served n WHERE n.facility_id = s.facility_id AND n.corrects = s.id) THEN 1 ELSE 0 END
      FROM oncall_served s WHERE s.facility_id = \(facility) AND s.rota_id = \(rota) AND s.until_ms > \(span.from)
        AND s.from_ms < \(span.until)
      ORDER BY 4, 1
      """
    ) { row in
      switch try row.int(10) {
      case 0: changes.overrides.append(try RotaOverride(row: row))
      case 1:
        let window = Window(from: try row.instant(3), until: try row.instant(4))
        changes.leaves.append(
          Leave(id: try row.id(0), person: try row.id(1), window: window, note: try row.text(7)))
      default:
        let shift = try ServedShift(row: row)
        if try row.int(15) == 1 { changes.replaced.append(shift) } else { changes.served.append(shift) }
      }
    }
    return changes
  }

  /// The orders of calling, the rotas, and when somebody last took on what they were called to, in one statement.
  func policiesAndRotas() throws -> (policies: [EscalationPolicy], rotas: [Rota], lastAnswer: Instant?) {
    var (policies, rotas): ([EscalationPolicy], [Rota]) = ([], [])
    var lastAnswer: Instant?
    _ = try all(
      """
      SELECT 0 AS part, definition, name_key, 0 FROM page_policy WHERE facility_id = \(facility)
      UNION ALL SELECT 1 AS part, definition, name_key, 0 FROM oncall_rota WHERE facility_id = \(facility)
      UNION ALL SELECT 2 AS part, '', '', MAX(a.acknowledged_at_ms) FROM monitor_alert a
        WHERE a.facility_id = \(facility) AND a.told_at_ms IS NOT NULL
      ORDER BY 1, 3
      """
    ) { row in
      switch try row.int(0) {
      case 0: policies.append(try PageJSON.read(try row.text(1)))
      case 1: rotas.append(try OnCallJSON.read(Rota.self, try row.text(1)))
      default: lastAnswer = try row.optionalInstant(3)
      }
    }
    return (policies, rotas, lastAnswer)
  }

  /// What changes any rota within a span: who takes over, who is away, and the last day of those who leave.
  func changesOfAll(in span: Window) throws -> (
    overrides: [RotaOverride], leaves: [Leave], leaving: [PersonID: Day]
  ) {
    var (overrides, leaves): ([RotaOverride], [Leave]) = ([], [])
    var leaving: [PersonID: Day] = [:]
    _ = try all(
      """
      SELECT id, rota_id, layer, from_ms, until_ms, whom, by_member, reason, made_by, swap_id, 0 AS part
      FROM oncall_override WHERE facility_id = \(facility) AND until_ms > \(span.from) AND from_ms < \(span.until)
      UNION ALL
      SELECT id, person_id, '', from_ms, until_ms, NULL, NULL, note, '', NULL, 1 AS part
      FROM oncall_leave WHERE facility_id = \(facility) AND until_ms > \(span.from) AND from_ms < \(span.until)
      UNION ALL
      SELECT id, left_on, '', 0, 0, NULL, NULL, '', '', NULL, 2 AS part
      FROM person WHERE facility_id = \(facility) AND left_on IS NOT NULL AND left_on < \(span.until.day)
      ORDER BY 4, 1
      """
    ) { row in
      switch try row.int(10) {
      case 0: overrides.append(try RotaOverride(row: row))
      case 1:
        let window = Window(from: try row.instant(3), until: try row.instant(4))
        leaves.append(Leave(id: try row.id(0), person: try row.id(1), window: window, note: try row.text(7)))
      default: leaving[try row.id(0)] = try row.optionalDay(1)
      }
    }
    return (overrides, leaves, leaving)
  }

  func leave(_ id: Leave.ID) throws -> Leave? {
    try first(
      """
      SELECT id, person_id, from_ms, until_ms, note FROM oncall_leave
      WHERE facility_id = \(facility) AND id = \(id)
      """, Leave.init(row:))
  }

  /// How it has been, of times that are settled.
  func settledSegments(of rota: Rota.ID, in span: Window) throws -> [Segment] {
    try all(
      """
      SELECT layer, from_ms, until_ms, planned, member, state, kind, day FROM oncall_shift
      WHERE facility_id = \(facility) AND rota_id = \(rota) AND until_ms > \(span.from) AND from_ms < \(span.until)
      ORDER BY from_ms
      """, Segment.init(row:))
  }

  /// A rota with all that is needed to know who is on call within a span.
  func roster(_ stored: StoredRota, in span: Window) throws -> Roster {
    let id = stored.rota.id
    let settled = span.from < stored.settledUntil ? try settledSegments(of: id, in: span) : []
    let changes = try changes(of: id, in: span)
    return Roster(
      rota: stored.rota, overrides: changes.overrides, leaves: changes.leaves, settled: settled,
      settledUntil: stored.settledUntil, served: changes.served, replaced: changes.replaced)
  }

  /// People of the register with their numbers.
  ///
  /// - Parameter only: nil for everyone, those who have left too.
  func onCallPeople(_ only: PersonID?) throws -> [OnCallPerson] {
    let which: SQL = only.map { "AND id = \($0)" } ?? ""
    return try all(
      """
      SELECT id, name, phone_night, phone_day, mail, department, left_on, job FROM person
      WHERE facility_id = \(facility) \(which) ORDER BY name, id
      """
    ) { row in
      OnCallPerson(
        member: .person(try row.id(0)), name: try row.text(1), department: try row.text(5),
        job: try row.optionalText(7) ?? "",
        phones: [try row.optionalText(2), try row.optionalText(3)].compactMap { $0 }.filter { !$0.isEmpty },
        mail: try row.optionalText(4), leftOn: try row.optionalDay(6))
    }
  }
}

extension StoredRota {
  fileprivate init(row: Row) throws {
    rota = try OnCallJSON.read(Rota.self, try row.text(0))
    settledUntil = try row.instant(1)
  }
}

extension RotaOverride {
  fileprivate init(row: Row) throws {
    guard let layer = Rota.Layer(rawValue: try row.text(2)) else {
      throw Row.Corrupt("oncall_override.layer")
    }
    self.init(
      id: try row.id(0), rota: try row.id(1), layer: layer,
      window: Window(from: try row.instant(3), until: try row.instant(4)),
      whom: try OnCallJSON.member(try row.optionalText(5)),
      by: try OnCallJSON.member(try row.optionalText(6)),
      reason: try row.text(7), madeBy: try row.text(8), swap: try row.optionalID(9))
  }
}

extension Leave {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), person: try row.id(1),
      window: Window(from: try row.instant(2), until: try row.instant(3)), note: try row.text(4))
  }
}

extension Segment {
  fileprivate init(row: Row) throws {
    guard let layer = Rota.Layer(rawValue: try row.text(0)), let state = State(rawValue: try row.text(5))
    else {
      throw Row.Corrupt("oncall_shift")
    }
    self.init(
      layer: layer, window: Window(from: try row.instant(1), until: try row.instant(2)),
      planned: try OnCallJSON.member(try row.optionalText(3)),
      member: try OnCallJSON.member(try row.optionalText(4)),
      state: state, kind: try row.optionalText(6).flatMap(Rotation.Kind.init(rawValue:)),
      day: try row.optionalDay(7))
  }
}

extension Rota: Plausible {}

/// How values of on-call lie in columns of text.
enum OnCallJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func read<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try ColumnJSON.read(json)
  }

  static func member(_ text: String?) throws -> RotaMember? {
    guard let text else { return nil }
    guard let member = RotaMember(text) else { throw Row.Corrupt("member") }
    return member
  }
}

extension WriteTx {
  /// Writes down how a rota has been until now, so that what is changed next does not change the past.
  func settle(_ stored: StoredRota) throws {
    guard stored.settledUntil < scope.now else { return }
    let span = Window(from: stored.settledUntil, until: scope.now)
    let roster = try roster(stored, in: span)
    let id = stored.rota.id
    for layer in Rota.Layer.allCases {
      for each in roster.segments(of: layer, in: span) where each.state != .off {
        try housekeeping.run(
          """
          INSERT INTO oncall_shift (facility_id, rota_id, layer, from_ms, until_ms, planned, member, state, kind, day)
          VALUES (\(facility), \(id), \(layer.rawValue), \(each.window.from), \(each.window.until),
            \(each.planned?.text), \(each.member?.text), \(each.state.rawValue), \(each.kind?.rawValue), \(each.day))
          ON CONFLICT (facility_id, rota_id, layer, from_ms) DO NOTHING
          """)
      }
    }
    try housekeeping.run(
      """
      UPDATE oncall_rota SET settled_until_ms = \(scope.now)
      WHERE facility_id = \(facility) AND id = \(id) AND settled_until_ms < \(scope.now)
      """)
  }

  /// - Parameter settledUntil: of a new one, from when on it is asked who would have been on call; now without.
  func store(_ rota: Rota, over before: StoredRota?, settledUntil: Instant? = nil) throws {
    let change = Change(
      before == nil ? "oncall.rota-add" : "oncall.rota-change", of: "oncall-rota:\(rota.id)",
      from: before?.rota, to: rota)
    guard before != nil else {
      try apply(
        """
        INSERT INTO oncall_rota (facility_id, id, name, name_key, definition, settled_until_ms, changed_at_ms, version)
        VALUES (\(facility), \(rota.id), \(rota.name), \(rota.name.folded), \(try OnCallJSON.text(rota)),
          \(settledUntil ?? scope.now), \(scope.now), \(rota.version))
        """, recording: change)
      return try name(rota.members, in: rota.id)
    }
    try apply(
      """
      UPDATE oncall_rota SET name = \(rota.name), name_key = \(rota.name.folded),
        definition = \(try OnCallJSON.text(rota)), changed_at_ms = \(scope.now), version = \(rota.version)
      WHERE facility_id = \(facility) AND id = \(rota.id) AND version = \(rota.version - 1)
      """, recording: change)
    try name(rota.members, in: rota.id)
  }

  /// Who has ever been in a rota stays in the register: their duties are working time.
  func name(_ members: Set<RotaMember>, in rota: Rota.ID) throws {
    for person in members.compactMap(\.person) {
      try housekeeping.run(
        """
        INSERT INTO oncall_member (facility_id, rota_id, person_id) VALUES (\(facility), \(rota), \(person))
        ON CONFLICT (facility_id, rota_id, person_id) DO NOTHING
        """)
    }
  }

  /// Takes a rota away, with its plans. How it has been stays in the ledger only.
  func remove(_ rota: Rota) throws {
    try apply(
      [
        "UPDATE oncall_rota SET version = version + 1 WHERE facility_id = \(facility) AND id = \(rota.id) AND version = \(rota.version)",
        "DELETE FROM oncall_member WHERE facility_id = \(facility) AND rota_id = \(rota.id)",
        "DELETE FROM oncall_override WHERE facility_id = \(facility) AND rota_id = \(rota.id)",
        "DELETE FROM oncall_swap WHERE facility_id = \(facility) AND rota_id = \(rota.id)",
        "DELETE FROM oncall_shift WHERE facility_id = \(facility) AND rota_id = \(rota.id)",
        "DELETE FROM oncall_feed WHERE facility_id = \(facility) AND rota_id = \(rota.id)",
        "DELETE FROM oncall_rota WHERE facility_id = \(facility) AND id = \(rota.id)",
      ], recording: Change("oncall.rota-remove", of: "oncall-rota:\(rota.id)", from: rota, to: Rota?.none))
  }

  func insert(_ override: RotaOverride) throws {
    try name(Set([override.by].compactMap { $0 }), in: override.rota)
    try apply(
      """
      INSERT INTO oncall_override (facility_id, id, rota_id, layer, from_ms, until_ms, whom, by_member, reason,
        made_by, swap_id)
      VALUES (\(facility), \(override.id), \(override.rota), \(override.layer.rawValue), \(override.window.from),
        \(override.window.until), \(override.whom?.text), \(override.by?.text), \(override.reason),
        \(override.madeBy), \(override.swap))
      """, recording: Change("oncall.override", of: "oncall-rota:\(override.rota)", to: override))
  }

  /// Ends an override now, or takes one away that has not begun.
  func end(_ override: RotaOverride) throws {
    let change = Change(
      "oncall.override-end", of: "oncall-rota:\(override.rota)", from: override, to: RotaOverride?.none)
    guard override.window.from < scope.now else {
      return try apply(
        "DELETE FROM oncall_override WHERE facility_id = \(facility) AND id = \(override.id)",
        recording: change)
    }
    try apply(
      "UPDATE oncall_override SET until_ms = \(scope.now) WHERE facility_id = \(facility) AND id = \(override.id)",
      recording: change)
  }

  func insert(_ leave: Leave) throws {
    try apply(
      """
      INSERT INTO oncall_leave (facility_id, id, person_id, from_ms, until_ms, note)
      VALUES (\(facility), \(leave.id), \(leave.person), \(leave.window.from), \(leave.window.until), \(leave.note))
      """, recording: Change("oncall.leave", of: "oncall-leave:\(leave.id)", to: leave))
  }

  func remove(_ leave: Leave) throws {
    try apply(
      "DELETE FROM oncall_leave WHERE facility_id = \(facility) AND id = \(leave.id)",
      recording: Change("oncall.leave-end", of: "oncall-leave:\(leave.id)", from: leave, to: Leave?.none))
  }
}
