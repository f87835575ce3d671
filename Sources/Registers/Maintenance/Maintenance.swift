import Kernel
import Storage
public import Web

/// Whether the facility leaves the updates of all its servers to vendors (保守委託機関): asked, decided, and asked again when
/// the registers have changed.
public enum Maintenance {
  public static var catalog: Catalog { MaintenanceText.catalog }

  /// Records the result that the registers and two answers give now.
  static func decide(
    noStaff: MaintenanceAnswer, allListed: MaintenanceAnswer, in scope: Scope
  ) async throws -> MaintenanceDecision {
    try await scope.write { tx in
      let registers = try tx.maintenance(on: scope.now.day)
      let result = MaintenanceResult(noStaff: noStaff, allListed: allListed, registers.check)
      let decision = MaintenanceDecision(
        id: scope.newID(), decidedAt: scope.now, decidedBy: scope.actor.name, noStaff: noStaff,
        allListed: allListed, disclosures: registers.disclosures, outcome: result.outcome,
        servers: registers.check.servers, unmarked: registers.check.unmarked)
      try tx.insert(decision)
      return decision
    }
  }

  enum Refusal: Problem {
    case noAnswer, noSuchDecision

    var code: String { "maintenance.\(self)" }
    var kind: ProblemKind {
      switch self {
      case .noAnswer: .invalid
      case .noSuchDecision: .notFound
      }
    }
  }
}

extension DisclosureOverview {
  /// Every system is answered in order, or each いいえ that counts is dealt with.
  var isInOrder: Bool {
    !lines.isEmpty
      && lines.allSatisfy { line in
        switch line.judgement {
        case .meets: true
        case .needsRisk: line.tally.lacking == 0 && line.tally.open == 0
        case .missing, .toCheck: false
        }
      }
  }
}
