import Frameworks
import Kernel
import Registers
import Storage
import Web

/// What could happen to the facility's information, how grave it is, and what is done about it.
public enum Risks {
  /// So many risks stand in a PDF, the gravest; the workbook has all.
  static let mostPrinted = 300

  /// Whose role may approve that a risk is accepted.
  static let approvers: Set<Role> = [.administrator, .safetyManager, .management]

  static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("risks")
    feature.migrations = migrations + dismissalMigrations
    feature.catalogs = [RiskText.catalog]
    let read: Set<Permission> = [.risksRead]
    let edit = read.union([.risksEdit])
    let approve: Set<Permission> = [.risksApprove]
    feature.grants = [
      .administrator: edit.union(approve), .safetyManager: edit.union(approve), .itStaff: edit,
      .management: read.union(approve), .auditor: read, .contributor: read,
    ]
    feature.records = { Texts<RiskText>($0)(.title) }
    feature.routes = { routes in
      lists(&routes, library)
      dismissals(&routes, library)
      writing(&routes, library)
      deciding(&routes)
      scaleRoutes(&routes)
    }
    feature.due = ["risks.expiry": { row, scope in try await remind(row, in: scope) }]
    feature.duties = duties
    return feature
  }

  /// Acceptances that have run out, or soon will.
  static let duties = DutyList(
    needs: .risksEdit, rows: { tx, _, last in tx.riskDutyRows(until: last) },
    duty: { row in
      Duty(
        on: row.day, title: row.title, text: { Texts<RiskText>($0)(.dutyExpired) },
        path: "/risks/\(row.subject)")
    })

  // MARK: Verbs

  /// - Parameter suggestion: what it is taken over from; nil for what a person thought of.
  /// - Throws: ``RiskRefusal``.
  @discardableResult
  static func add(_ draft: Risk.Draft, from suggestion: RiskSuggestion? = nil, in scope: Scope) async throws
    -> Risk
  {
    try await scope.write { tx in
      let scales = try tx.scales()
      let scale = try check(draft, scales, tx)
      var blank = Risk(id: scope.newID())
      if let suggestion {
        guard try !tx.riskSettled().taken.contains(suggestion.reference) else {
          throw RiskRefusal.alreadyTaken
        }
        blank.origin = Risk.Origin(
          kind: suggestion.kind, reference: suggestion.reference, text: suggestion.text)
      }
      let risk = try blank.revised(draft, in: scale, by: scope.actor, at: scope.now)
      try tx.insert(risk, in: scale)
      try tellApprovers(of: risk, before: blank, tx)
      return risk
    }
  }

  /// - Throws: ``RiskRefusal``; `Stale`.
  static func revise(_ id: Risk.ID, version: Int, _ draft: Risk.Draft, in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.known(id)
      guard before.version == version else { throw Stale() }
      let scales = try tx.scales()
      let after = try before.revised(
        draft, in: try check(draft, scales, tx), by: scope.actor, at: scope.now)
      try tx.replace(before, with: after, in: scales, as: "risk.change")
      try tellApprovers(of: after, before: before, tx)
    }
  }

  private static func check(_ draft: Risk.Draft, _ scales: [String: RiskScale], _ tx: ReadTx) throws
    -> RiskScale
  {
    guard let scale = scales[draft.scale] else { throw RiskRefusal.noSuchScale }
    if let owner = draft.owner, try tx.person(owner) == nil { throw RiskRefusal.unknownPerson }
    if let system = draft.system, try !tx.systemNames().contains(where: { $0.id == system }) {
      throw RiskRefusal.unknownSystem
    }
    return scale
  }

  private static func tellApprovers(of risk: Risk, before: Risk, _ tx: WriteTx) throws {
    guard risk.waitsForApproval, let acceptance = risk.acceptance, acceptance != before.acceptance else {
      return
    }
    for person in try tx.riskApprovers(beside: acceptance.proposer, at: tx.scope.now) {
      try tx.housekeeping.post(
        Message(
          cause: "risk:\(risk.id):\(risk.version)", recipient: person, step: 0, key: "risks.proposed",
          arguments: [risk.title, acceptance.proposedBy], link: "/risks/\(risk.id)"))
    }
  }

  /// - Throws: ``RiskRefusal``; `Stale`.
  static func approve(_ id: Risk.ID, version: Int, remark: String, in scope: Scope) async throws {
    try await change(id, version: version, as: "risk.approve", in: scope) { before, tx in
      let others = try tx.riskApprovers(beside: scope.person, at: scope.now).count
      return try before.approved(by: scope.actor, others: others, remark: remark, at: scope.now)
    }
  }

  static func close(_ id: Risk.ID, version: Int, because reason: String, in scope: Scope) async throws {
    try await change(id, version: version, as: "risk.close", in: scope) { before, _ in
      try before.closed(because: reason, on: scope.now.day)
    }
  }

  static func reopen(_ id: Risk.ID, version: Int, in scope: Scope) async throws {
    try await change(id, version: version, as: "risk.reopen", in: scope) { before, _ in
      try before.reopened()
    }
  }

  /// Puts a measure on a risk, or takes it off.
  ///
  /// - Throws: ``RiskRefusal/alreadyClosed``, ``RiskRefusal/noSuchRisk``, ``MeasureRefusal/noSuchMeasure``.
  static func set(_ measure: Measure.ID, of id: Risk.ID, to isOn: Bool, in scope: Scope) async throws {
    try await scope.write { tx in
      let risk = try tx.known(id)
      guard risk.isOpen else { throw RiskRefusal.alreadyClosed }
      try tx.setMeasure(try tx.known(measure), of: risk, to: isOn)
    }
  }

  private static func change(
    _ id: Risk.ID, version: Int, as action: StaticString, in scope: Scope,
    _ make: @escaping @Sendable (Risk, WriteTx) throws -> Risk
  ) async throws {
    try await scope.write { tx in
      let before = try tx.known(id)
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: try make(before, tx), in: try tx.scales(), as: action)
    }
  }

  /// Takes a matrix of a library over, so that risks can be rated by it whatever becomes of the library.
  ///
  /// - Throws: ``RiskRefusal/noSuchScale``, ``RiskRefusal/brokenScale``.
  static func take(_ urn: String, of library: ID<ShelvedLibrary>, in scope: Scope) async throws {
    guard let shelved = try await scope.read({ try $0.library(library) }) else {
      throw RiskRefusal.noSuchScale
    }
    let content = try await Libraries.opened(shelved, in: scope)
    guard let matrix = content.matrices.first(where: { URN.folded($0.urn) == URN.folded(urn) }) else {
      throw RiskRefusal.noSuchScale
    }
    guard let scale = RiskScale(matrix, library: shelved.facts.name) else { throw RiskRefusal.brokenScale }
    try await scope.write { tx in
      let folded = URN.folded(urn)
      let known = try tx.takenScales()
      guard !known.contains(where: { $0.urn == folded && $0.libraryVersion == shelved.version }) else {
        return
      }
      try tx.insert(
        TakenScale(
          id: scope.newID(), urn: folded, libraryVersion: shelved.version, takenOn: scope.now.day,
          scale: scale))
    }
  }

  /// Tells the owner of a risk whose acceptance ends, and those who may decide anew.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    guard let id = Risk.ID(row.subject) else { return }
    try await scope.write { tx in
      guard let risk = try tx.risk(id)?.risk, risk.isOpen, risk.treatment == .accept,
        let expiry = risk.expiresOn
      else { return try tx.housekeeping.setDue("risks.expiry", row.subject, at: nil) }
      let days = expiry.days(since: scope.now.day)
      let key = days >= 0 ? "risks.expiresSoon" : "risks.expired"
      let people = Set([risk.owner, risk.acceptance?.proposer].compactMap { $0 })
      for person in people.isEmpty ? Set(try tx.riskApprovers(beside: nil, at: scope.now)) : people {
        try tx.housekeeping.post(
          Message(
            cause: "risk:\(id):\(expiry)", recipient: person, step: days >= 0 ? 1 : 2, key: key,
            arguments: [risk.title, expiry.description, "\(abs(days))"], link: "/risks/\(id)"))
      }
      try tx.housekeeping.setDue(
        "risks.expiry", row.subject, at: Assessments.reminder(for: expiry, after: scope.now))
    }
  }
}

extension Permission {
  static let risksRead = Permission("risks.read")
  static let risksEdit = Permission("risks.edit")
  /// To approve that a risk is accepted.
  static let risksApprove = Permission("risks.approve")
}
