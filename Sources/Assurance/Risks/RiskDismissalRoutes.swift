import Kernel
import Registers
import Storage
import Web

extension Risks {
  /// Says that a suggestion is no risk; it comes back when its ground changes.
  ///
  /// - Throws: ``RiskRefusal``; `Stale` when the ground has changed since it was read.
  static func dismiss(_ suggestion: RiskSuggestion, ground: Int, because raw: String, in scope: Scope)
    async throws
  {
    let reason = try RiskDismissal.reason(raw)
    guard suggestion.ground == ground else { throw Stale() }
    try await scope.write { tx in
      let settled = try tx.riskSettled()
      guard !settled.taken.contains(suggestion.reference) else { throw RiskRefusal.alreadyTaken }
      let before = settled.dismissed[suggestion.reference]
      guard before?.ground != ground else { throw Stale() }
      let after = RiskDismissal(
        id: before?.id ?? scope.newID(), reference: suggestion.reference, ground: ground,
        kind: suggestion.kind, title: suggestion.title, text: suggestion.text, path: suggestion.path,
        reason: reason, by: scope.actor.name, day: scope.now.day, version: (before?.version ?? 0) + 1)
      try tx.dismiss(after, over: before)
    }
  }

  /// - Throws: ``RiskRefusal/noSuchDismissal``; `Stale`.
  static func takeBack(_ id: RiskDismissal.ID, version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let one = try tx.riskDismissal(id) else { throw RiskRefusal.noSuchDismissal }
      guard one.version == version else { throw Stale() }
      try tx.remove(one)
    }
  }

  static func dismissals(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("risks/dismissals", needs: .risksRead) { request, scope in
      let listing = Listing(request)
      let found = try await scope.read { try $0.riskDismissals(listing) }
      return .page(RiskDismissalPages.list(request, found.page, total: found.total, listing))
    }
    routes.showSensitive { _ in "risk:register" }
    routes.get("risks/dismissals/new", needs: .risksEdit) { request, scope in
      let from = request.query("from") ?? ""
      guard let found = try await suggestion(from, library, request.language, in: scope) else {
        throw RiskRefusal.noSuchOrigin
      }
      return .page(RiskDismissalPages.form(request, found))
    }
    routes.showSensitive { _ in "risk:register" }
    routes.post("risks/dismissals", needs: .risksEdit) { request, scope in
      let form = try request.form()
      guard let found = try await suggestion(form["from"], library, request.language, in: scope) else {
        throw RiskRefusal.noSuchOrigin
      }
      do {
        try await dismiss(
          found, ground: Int32(form["ground"]).map(Int.init) ?? -1, because: form["reason"], in: scope)
        return .redirect(to: "/risks/suggestions?kind=\(found.kind.rawValue)&dismissed=1")
      } catch let problem as RiskRefusal where problem.kind == .invalid {
        return .page(RiskDismissalPages.form(request, found, typed: form, problem: problem), status: 422)
      } catch is Stale {
        return .page(RiskDismissalPages.form(request, found, typed: form, isStale: true), status: 409)
      }
    }
    routes.post("risks/dismissals/:id/removal", needs: .risksEdit) { request, scope in
      let id: RiskDismissal.ID = try request.id()
      try await takeBack(id, version: try request.form().version, in: scope)
      return .redirect(to: "/risks/dismissals?saved=1")
    }
  }
}
