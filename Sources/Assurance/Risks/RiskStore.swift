import Foundation
import Kernel
import Registers
import Storage
import Web

/// A matrix that the facility has taken over from a library; the library may go.
struct TakenScale: Sendable {
  typealias ID = Kernel.ID<TakenScale>

  let id: ID
  let urn: String
  let libraryVersion: Int
  let takenOn: Day
  let scale: RiskScale
}

/// A row of the list of risks.
struct ListedRisk: Sendable {
  let risk: Risk
  let owner: String?
  let system: String?
}

/// How many open risks stand in a cell of a matrix.
struct RiskCell: Sendable, Equatable {
  let scale: String
  let rating: RiskRating
  let count: Int
}

/// What the head of the list says, over all open risks.
struct RiskFigures: Sendable, Equatable {
  var open = 0
  var unrated = 0
  var untreated = 0
  var waiting = 0
  var expired = 0
}

/// Which risks are asked for.
struct RiskFilter: Sendable, Equatable {
  enum Show: String, Sendable, CaseIterable { case open, unrated, untreated, waiting, expired, closed }

  var show = Show.open
  var query = ""
}

extension ReadTx {
  private func condition(_ filter: RiskFilter, on today: Day) -> SQL {
    let found = SQL.contains("r.search_text", filter.query.folded)
    let show: SQL =
      switch filter.show {
      case .open: "r.closed_on IS NULL"
      case .unrated: "r.closed_on IS NULL AND r.severity < 0"
      case .untreated: "r.closed_on IS NULL AND r.treatment IS NULL"
      case .waiting: "r.closed_on IS NULL AND r.treatment = 'accept' AND r.approved_at_ms IS NULL"
      case .expired: "r.closed_on IS NULL AND r.treatment = 'accept' AND r.expires_on < \(today)"
      case .closed: "r.closed_on IS NOT NULL"
      }
    return "\(found) AND \(show)"
  }

  /// The risks, the gravest first, and how many there are in all.
  func risks(_ filter: RiskFilter, _ listing: (size: Int, offset: Int), on today: Day) throws -> (
    page: [ListedRisk], total: Int
  ) {
    let condition = condition(filter, on: today)
    let page = try all(
      """
      SELECT \(Risk.columns), p.name, s.name FROM risk r
      LEFT JOIN person p ON p.facility_id = r.facility_id AND p.id = r.owner_id
      LEFT JOIN system s ON s.facility_id = r.facility_id AND s.id = r.system_id
      WHERE r.facility_id = \(facility) AND \(condition) ORDER BY r.severity DESC, r.title, r.id LIMIT \(listing.size) OFFSET \(listing.offset)
      """
    ) {
      ListedRisk(
        risk: try Risk(row: $0), owner: try $0.optionalText(Risk.columnCount),
        system: try $0.optionalText(Risk.columnCount + 1))
    }
    return (
      page, try count("SELECT COUNT(*) FROM risk r WHERE r.facility_id = \(facility) AND \(condition)")
    )
  }

  func risk(_ id: Risk.ID) throws -> ListedRisk? {
    try first(
      """
      SELECT \(Risk.columns), p.name, s.name FROM risk r
      LEFT JOIN person p ON p.facility_id = r.facility_id AND p.id = r.owner_id
      LEFT JOIN system s ON s.facility_id = r.facility_id AND s.id = r.system_id
      WHERE r.facility_id = \(facility) AND r.id = \(id)
      """
    ) {
      ListedRisk(
        risk: try Risk(row: $0), owner: try $0.optionalText(Risk.columnCount),
        system: try $0.optionalText(Risk.columnCount + 1))
    }
  }

  /// - Throws: ``RiskRefusal/noSuchRisk``.
  func known(_ id: Risk.ID) throws -> Risk {
    guard let found = try risk(id) else { throw RiskRefusal.noSuchRisk }
    return found.risk
  }

  func riskFigures(on today: Day) throws -> RiskFigures {
    func sum(_ condition: SQL) -> SQL { "COALESCE(SUM(CASE WHEN \(condition) THEN 1 ELSE 0 END), 0)" }
    return try first(
      """
      SELECT COUNT(*), \(sum("severity < 0")), \(sum("treatment IS NULL")),
        \(sum("treatment = 'accept' AND approved_at_ms IS NULL")),
        \(sum("treatment = 'accept' AND expires_on < \(today)"))
      FROM risk WHERE facility_id = \(facility) AND closed_on IS NULL
      """
    ) {
      RiskFigures(
        open: try $0.int(0), unrated: try $0.int(1), untreated: try $0.int(2), waiting: try $0.int(3),
        expired: try $0.int(4))
    } ?? RiskFigures()
  }

  /// Open risks by matrix and cell, at a stage.
  func riskCells(_ stage: Risk.Stage) throws -> [RiskCell] {
    let (p, i): (SQL, SQL) =
      switch stage {
      case .inherent: ("inherent_p", "inherent_i")
      case .current: ("current_p", "current_i")
      case .target: ("target_p", "target_i")
      }
    return try all(
      """
      SELECT scale, \(p), \(i), COUNT(*) FROM risk
      WHERE facility_id = \(facility) AND closed_on IS NULL AND \(p) IS NOT NULL AND \(i) IS NOT NULL
      GROUP BY scale, \(p), \(i) ORDER BY scale, \(p), \(i)
      """
    ) {
      RiskCell(
        scale: try $0.text(0), rating: RiskRating(probability: try $0.int(1), impact: try $0.int(2)),
        count: try $0.int(3))
    }
  }

  /// What does not fit together, as in a file that somebody has edited, is left out: its risks are then shown as not rated.
  func takenScales() throws -> [TakenScale] {
    try all(
      """
      SELECT id, urn, library_version, taken_on, body_json FROM risk_matrix
      WHERE facility_id = \(facility) ORDER BY urn, library_version, id
      """
    ) { row -> TakenScale? in
      let body = Data(try row.text(4).utf8)
      guard let scale = try? JSONDecoder().decode(RiskScale.self, from: body), scale.isWhole else {
        return nil
      }
      return TakenScale(
        id: try row.id(0), urn: try row.text(1), libraryVersion: try row.int(2),
        takenOn: try row.day(3), scale: scale)
    }.compactMap { $0 }
  }

  /// By id, with ours.
  func scales() throws -> [String: RiskScale] {
    try takenScales().reduce(into: [RiskScale.ownID: RiskScale.own]) { $0[$1.id.text] = $1.scale }
  }

  /// The measures that treat a risk.
  func measures(of risk: Risk.ID) throws -> [(id: Measure.ID, title: String, state: Measure.State)] {
    try all(
      """
      SELECT m.id, m.title, m.state FROM risk_measure l
      JOIN measure m ON m.facility_id = l.facility_id AND m.id = l.measure_id
      WHERE l.facility_id = \(facility) AND l.risk_id = \(risk) ORDER BY m.title, m.id
      """
    ) { (try $0.id(0), try $0.text(1), Measure.State(rawValue: try $0.text(2)) ?? .planned) }
  }

  /// People beside one who could approve an acceptance.
  func riskApprovers(beside person: PersonID?, at now: Instant) throws -> [PersonID] {
    try peopleInRole(Risks.approvers, at: now).filter { $0 != person }
  }

  func riskDutyRows(until last: Day) -> SQL {
    """
    SELECT 'expired' AS kind, id AS subject, title AS title, expires_on AS day FROM risk
    WHERE facility_id = \(facility) AND closed_on IS NULL AND treatment = 'accept' AND expires_on <= \(last)
    """
  }
}

extension WriteTx {
  func insert(_ new: Risk, in scale: RiskScale) throws {
    try apply(
      """
      INSERT INTO risk (facility_id, id, title, search_text, asset, system_id, threat, vulnerability, scale, inputs_json,
        inherent_p, inherent_i, current_p, current_i, target_p, target_i, severity, treatment, reason, expires_on,
        proposer_id, proposed_by, proposed_at_ms, approved_by, approved_at_ms, approval_remark, approved_alone, owner_id,
        origin, origin_ref, origin_text, closed_on, closed_because, version)
      VALUES (\(facility), \(new.id), \(new.title), \(new.searched), \(new.asset), \(new.system), \(new.threat),
        \(new.vulnerability), \(new.scale), \(try ColumnJSON.text(new.inputs)), \(new.ratings[.inherent]?.probability),
        \(new.ratings[.inherent]?.impact), \(new.ratings[.current]?.probability), \(new.ratings[.current]?.impact),
        \(new.ratings[.target]?.probability), \(new.ratings[.target]?.impact), \(new.severity),
        \(new.treatment?.rawValue), \(new.reason), \(new.expiresOn), \(new.acceptance?.proposer),
        \(new.acceptance?.proposedBy), \(new.acceptance?.proposedAt), \(new.acceptance?.approvedBy),
        \(new.acceptance?.approvedAt), \(new.acceptance?.remark ?? ""), \(new.acceptance?.isAlone ?? false),
        \(new.owner), \(new.origin.kind.rawValue), \(new.origin.reference), \(new.origin.text), \(new.closedOn),
        \(new.closedBecause), \(new.version))
      """,
      recording: Change("risk.add", of: "risk:\(new.id)", to: Risk.Told(new, scale)))
    try remind(new)
  }

  /// - Throws: `Stale` when it has moved on from `before.version`.
  func replace(
    _ before: Risk, with after: Risk, in scales: [String: RiskScale], as action: StaticString
  ) throws {
    try apply(
      """
      UPDATE risk SET title = \(after.title), search_text = \(after.searched), asset = \(after.asset),
        system_id = \(after.system), threat = \(after.threat), vulnerability = \(after.vulnerability),
        scale = \(after.scale), inputs_json = \(try ColumnJSON.text(after.inputs)),
        inherent_p = \(after.ratings[.inherent]?.probability), inherent_i = \(after.ratings[.inherent]?.impact),
        current_p = \(after.ratings[.current]?.probability), current_i = \(after.ratings[.current]?.impact),
        target_p = \(after.ratings[.target]?.probability), target_i = \(after.ratings[.target]?.impact),
        severity = \(after.severity), treatment = \(after.treatment?.rawValue), reason = \(after.reason),
        expires_on = \(after.expiresOn), proposer_id = \(after.acceptance?.proposer),
        proposed_by = \(after.acceptance?.proposedBy), proposed_at_ms = \(after.acceptance?.proposedAt),
        approved_by = \(after.acceptance?.approvedBy), approved_at_ms = \(after.acceptance?.approvedAt),
        approval_remark = \(after.acceptance?.remark ?? ""), approved_alone = \(after.acceptance?.isAlone ?? false),
        owner_id = \(after.owner), origin_text = \(after.origin.text), closed_on = \(after.closedOn),
        closed_because = \(after.closedBecause), version = \(after.version)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change(
        action, of: "risk:\(before.id)", from: Risk.Told(before, scales[before.scale]),
        to: Risk.Told(after, scales[after.scale])))
    try remind(after)
  }

  private func remind(_ risk: Risk) throws {
    let isLimited = risk.isOpen && risk.treatment == .accept
    let moment = isLimited ? risk.expiresOn.flatMap { Assessments.reminder(for: $0, after: scope.now) } : nil
    try housekeeping.setDue("risks.expiry", risk.id.text, at: moment)
  }

  func setMeasure(_ measure: Measure, of risk: Risk, to isOn: Bool) throws {
    guard try measures(of: risk.id).contains(where: { $0.id == measure.id }) != isOn else { return }
    let sql: SQL =
      isOn
      ? "INSERT INTO risk_measure (facility_id, risk_id, measure_id) VALUES (\(facility), \(risk.id), \(measure.id))"
      : """
      DELETE FROM risk_measure
      WHERE facility_id = \(facility) AND risk_id = \(risk.id) AND measure_id = \(measure.id)
      """
    let told = ["measure": measure.title]
    try apply(
      sql,
      recording: Change("risk.measure", of: "risk:\(risk.id)", from: isOn ? nil : told, to: isOn ? told : nil)
    )
  }

  func insert(_ taken: TakenScale) throws {
    let body = try ColumnJSON.text(taken.scale)
    try apply(
      """
      INSERT INTO risk_matrix (facility_id, id, urn, library_version, taken_on, body_json)
      VALUES (\(facility), \(taken.id), \(taken.urn), \(taken.libraryVersion), \(taken.takenOn), \(body))
      """,
      recording: Change(
        "risk.matrix", of: "risk-matrix:\(taken.id)",
        to: ["name": taken.scale.name(.ja), "urn": taken.urn, "libraryVersion": "\(taken.libraryVersion)"]))
  }
}

extension Risk {
  fileprivate static let columns: SQL = """
    r.id, r.title, r.asset, r.system_id, r.threat, r.vulnerability, r.scale, r.inputs_json, r.inherent_p, r.inherent_i,
    r.current_p, r.current_i, r.target_p, r.target_i, r.severity, r.treatment, r.reason, r.expires_on, r.proposer_id,
    r.proposed_by, r.proposed_at_ms, r.approved_by, r.approved_at_ms, r.approval_remark, r.approved_alone, r.owner_id,
    r.origin, r.origin_ref, r.origin_text, r.closed_on, r.closed_because, r.version
    """
  fileprivate static let columnCount = 32

  fileprivate var searched: String { "\(title) \(asset)".folded }

  fileprivate init(row: Row) throws {
    self.init(id: try row.id(0))
    (title, asset, system) = (try row.text(1), try row.text(2), try row.optionalText(3))
    (threat, vulnerability, scale) = (try row.text(4), try row.text(5), try row.text(6))
    inputs = try ColumnJSON.read(try row.text(7))
    for (place, stage) in Stage.allCases.enumerated() {
      if let p = try row.optionalInt(8 + place * 2), let i = try row.optionalInt(9 + place * 2) {
        ratings[stage] = RiskRating(probability: p, impact: i)
      }
    }
    severity = try row.int(14)
    treatment = try row.optionalText(15).flatMap(Treatment.init(rawValue:))
    (reason, expiresOn) = (try row.text(16), try row.optionalDay(17))
    if let by = try row.optionalText(19), let at = try row.optionalInstant(20) {
      acceptance = Acceptance(
        proposer: try row.optionalID(18), proposedBy: by, proposedAt: at,
        approvedBy: try row.optionalText(21),
        approvedAt: try row.optionalInstant(22), remark: try row.text(23), isAlone: try row.bool(24))
    }
    owner = try row.optionalID(25)
    origin = Origin(
      kind: Origin.Kind(rawValue: try row.text(26)) ?? .free, reference: try row.optionalText(27),
      text: try row.text(28))
    (closedOn, closedBecause, version) = (try row.optionalDay(29), try row.text(30), try row.int(31))
  }

  /// What the ledger says of it.
  fileprivate struct Told: Encodable, Sendable {
    let title, asset, threat, vulnerability: String
    let system: String?
    let scale: String
    let confidentiality, integrity, availability, threatLevel: Int?
    let inherent, current, target: String?
    let treatment: Treatment?
    let reason: String
    let expiresOn: Day?
    let proposedBy, approvedBy: String?
    let owner: PersonID?
    let origin: Origin.Kind
    let originText: String
    let closedOn: Day?
    let closedBecause: String

    init(_ risk: Risk, _ scale: RiskScale?) {
      (title, asset, threat, vulnerability) = (risk.title, risk.asset, risk.threat, risk.vulnerability)
      (system, self.scale) = (risk.system, scale?.name(.ja) ?? risk.scale)
      (confidentiality, integrity) = (risk.inputs.confidentiality, risk.inputs.integrity)
      (availability, threatLevel) = (risk.inputs.availability, risk.inputs.threat)
      func words(_ stage: Stage) -> String? {
        risk.ratings[stage].flatMap { rating in
          scale.map {
            "\(rating.probability + 1)×\(rating.impact + 1) \($0.words(rating, .ja))"
          }
        }
      }
      (inherent, current, target) = (words(.inherent), words(.current), words(.target))
      (treatment, reason, expiresOn) = (risk.treatment, risk.reason, risk.expiresOn)
      (proposedBy, approvedBy) = (risk.acceptance?.proposedBy, risk.acceptance?.approvedBy)
      (owner, origin, originText) = (risk.owner, risk.origin.kind, risk.origin.text)
      (closedOn, closedBecause) = (risk.closedOn, risk.closedBecause)
    }
  }
}
