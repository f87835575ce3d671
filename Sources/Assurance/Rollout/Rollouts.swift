import Kernel
import Registers
import Storage
import Web

/// Bringing in two-factor sign-in: systems by groups of people, in three phases.
public enum Rollouts {
  static var feature: Feature {
    var feature = Feature("rollout")
    feature.migrations = migrations + measureMigrations
    feature.catalogs = [RolloutText.catalog]
    feature.records = { Texts<RolloutText>($0)(.title) }
    feature.routes = { routes in
      plan(&routes)
      lines(&routes)
      measures(&routes)
    }
    feature.duties = duties
    return feature
  }

  static let duties = DutyList(
    needs: .risksEdit, rows: { tx, _, last in tx.rolloutDutyRows(until: last) },
    duty: { row in
      Duty(
        on: row.day, title: row.title, text: { Texts<RolloutText>($0)(.dutyException) },
        path: "/rollout/lines/\(row.subject)")
    })

  /// Edition 7.0 of the guideline names this day for clients and servers; where it is hard, the next replacement.
  static let milestone = Day(2027, 4, 1)

  // MARK: Verbs

  /// - Throws: ``RolloutRefusal``.
  static func begin(from start: Day, to end: Day, in scope: Scope) async throws {
    let phases = try RolloutPhase.preset(from: start, to: end)
    try await scope.write { tx in
      guard try tx.rolloutPhases().isEmpty else { throw RolloutRefusal.alreadyBegun }
      try tx.insert(phases)
    }
  }

  /// What a person typed of a phase.
  struct PhaseDraft: Sendable {
    let name: String
    let startOn: Day
    let endOn: Day
    let version: Int
  }

  /// - Throws: ``RolloutRefusal``; `Stale`.
  static func revise(_ drafts: [PhaseDraft], in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.rolloutPhases()
      guard !before.isEmpty else { throw RolloutRefusal.notBegun }
      guard before.map(\.version) == drafts.map(\.version) else { throw Stale() }
      let after = try zip(before, drafts).map { phase, draft in
        try phase.revised(name: draft.name, startOn: draft.startOn, endOn: draft.endOn)
      }
      try RolloutPhase.check(after)
      for (old, new) in zip(before, after)
      where old.name != new.name || old.startOn != new.startOn || old.endOn != new.endOn {
        try tx.replace(old, with: new)
      }
    }
  }

  /// - Throws: ``RolloutRefusal``.
  @discardableResult
  static func add(_ draft: RolloutLine.Draft, in scope: Scope) async throws -> RolloutLine {
    let line = try RolloutLine(id: scope.newID()).revised(draft, today: scope.now.day)
    try await scope.write { tx in
      guard try !tx.rolloutPhases().isEmpty else { throw RolloutRefusal.notBegun }
      try tx.insert(line, system: try check(line, tx))
    }
    return line
  }

  /// - Throws: ``RolloutRefusal``; `Stale`.
  static func revise(_ id: RolloutLine.ID, version: Int, _ draft: RolloutLine.Draft, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      guard let before = try tx.rolloutLine(id) else { throw RolloutRefusal.noSuchLine }
      guard before.line.version == version else { throw Stale() }
      let after = try before.line.revised(draft, today: scope.now.day)
      try tx.replace(before, with: after, system: try check(after, tx))
    }
  }

  static func remove(_ id: RolloutLine.ID, version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let line = try tx.rolloutLine(id) else { throw RolloutRefusal.noSuchLine }
      guard line.line.version == version else { throw Stale() }
      try tx.remove(line)
    }
  }

  /// The name of the line's system, which must be in the register and not have the same group already.
  private static func check(_ line: RolloutLine, _ tx: ReadTx) throws -> String {
    guard let system = try tx.systemNames().first(where: { $0.id == line.system }) else {
      throw RolloutRefusal.unknownSystem
    }
    let isThere = try tx.rolloutLines().contains {
      $0.line.id != line.id && $0.line.system == line.system && $0.line.group == line.group
    }
    guard !isThere else { throw RolloutRefusal.sameLine }
    return system.name
  }
}
