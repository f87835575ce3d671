import Kernel
import Registers
import Storage
import Web

extension Plans {
  /// Writes what a year's request says of the roll-out.
  ///
  /// - Throws: ``PlanRefusal``; `Stale`.
  static func writeRollout(
    _ year: FiscalYear, version: Int, isChosen: Bool, why: String, otherwise: String, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let before = try known(year, tx).budget
      guard before.version == version else { throw Stale() }
      let after = try before.revised(isChosen: isChosen, why: why, otherwise: otherwise)
      if !after.isSame(as: before) { try tx.replace(before, with: after) }
    }
  }

  /// - Throws: ``PlanRefusal/rolloutNotInYear``.
  private static func known(_ year: FiscalYear, _ tx: ReadTx) throws -> RolloutPlan {
    guard let plan = try tx.rolloutPlan(year), plan.counts(in: year) else {
      throw PlanRefusal.rolloutNotInYear
    }
    return plan
  }

  static func rollout(_ routes: inout Routes) {
    routes.get("plans/:year/rollout", needs: .risksEdit) { request, scope in
      let year = try year(request)
      let plan = try await scope.read { try known(year, $0) }
      return .page(PlanPages.rolloutForm(request, plan, typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["year"].map { "budget:\($0)" } }
    routes.post("plans/:year/rollout", needs: .risksEdit) { request, scope in
      let year = try year(request)
      let form = try request.form()
      func again(_ problem: PlanRefusal?) async throws -> Page {
        let plan = try await scope.read { try known(year, $0) }
        return PlanPages.rolloutForm(request, plan, typed: form, problem: problem, isStale: problem == nil)
      }
      do {
        try await writeRollout(
          year, version: form.version, isChosen: form["chosen"] == "1", why: form["why"],
          otherwise: form["otherwise"], in: scope)
        return .redirect(to: "/plans/\(year)?saved=1")
      } catch let problem as PlanRefusal where problem.kind == .invalid {
        return .page(try await again(problem), status: 422)
      } catch is Stale {
        return .page(try await again(nil), status: 409)
      }
    }
  }
}
