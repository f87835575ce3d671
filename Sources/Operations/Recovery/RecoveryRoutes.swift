import Kernel
import Storage
import Web

/// The ways to what is tried by itself.
struct RecoveryRoutes: Sendable {
  let hand: RecoveryHand

  func add(to routes: inout Routes) {
    routes.get("monitoring/:id/recovery", needs: .monitoringRead) { request, scope in
      let view = try await RecoveryView.read(try request.id(of: Monitor.self), scope)
      return .page(page(request, view, RecoveryDraft(view.plan), nil, scope))
    }
    routes.post("monitoring/:id/recovery", needs: .recoveryEdit, isPrivileged: true) { request, scope in
      let id = try request.id(of: Monitor.self)
      let draft = RecoveryDraft(try request.form())
      do { try await Recovery.save(draft, of: id, hand, in: scope) } catch let refusal as RecoveryRefusal {
        let view = try await RecoveryView.read(id, scope)
        return .page(page(request, view, draft, refusal, scope), status: 422)
      }
      return .redirect(to: "/monitoring/\(id)/recovery")
    }
    routes.post("monitoring/:id/recovery/removal", needs: .recoveryEdit, isPrivileged: true) {
      request, scope in
      let id = try request.id(of: Monitor.self)
      try await Recovery.remove(of: id, in: scope)
      return .redirect(to: "/monitoring/\(id)/recovery")
    }
  }

  private func page(
    _ request: WebRequest, _ view: RecoveryView, _ draft: RecoveryDraft, _ refusal: RecoveryRefusal?,
    _ scope: Scope
  ) -> Page {
    RecoveryPages.page(request, view, draft, hand.names(scope.facility), refusal)
  }
}
