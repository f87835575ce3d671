import Kernel
import Storage
import Web

extension Maintenance {
  static func routes(_ routes: inout Routes) {
    routes.get("maintenance", needs: .registersRead) { request, scope in
      .page(try await page(request, scope))
    }
    routes.post("maintenance/decision", needs: .registersEdit) { request, scope in
      let form = try request.form()
      guard let noStaff = MaintenanceAnswer(rawValue: form["noStaff"]),
        let allListed = MaintenanceAnswer(rawValue: form["allListed"])
      else { return .page(try await page(request, scope, typed: form), status: 422) }
      let decision = try await decide(noStaff: noStaff, allListed: allListed, in: scope)
      return .redirect(to: "/maintenance/\(decision.id)?recorded=1")
    }
    routes.get("maintenance/:id", needs: .registersRead) { request, scope in
      let id: MaintenanceDecision.ID = try request.id()
      guard let decision = try await scope.read({ try $0.maintenanceDecision(id) }) else {
        throw Refusal.noSuchDecision
      }
      return .page(MaintenancePages.record(request, decision))
    }
  }

  private static func page(_ request: WebRequest, _ scope: Scope, typed: FormValues? = nil) async throws
    -> Page
  {
    let (registers, decisions) = try await scope.read { tx in
      (try tx.maintenance(on: scope.now.day), try tx.maintenanceDecisions(limit: 10))
    }
    return MaintenancePages.page(request, registers, decisions, typed: typed)
  }
}
