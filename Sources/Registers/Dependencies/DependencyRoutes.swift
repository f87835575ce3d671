import Kernel
import Storage
import Web

extension Dependencies {
  static func routes(_ routes: inout Routes) {
    routes.get("systems/:id/needs", needs: .registersEdit) { request, scope in
      .page(try await page(request, try request.id(), needs: "", why: "", scope))
    }
    routes.post("systems/:id/needs", needs: .registersEdit) { request, scope in
      let system: Entry.ID = try request.id()
      let form = try request.form()
      do {
        try await add(form["needs"], to: system, why: form["why"], in: scope)
        return .redirect(to: "/registers/systems/\(system)?needs=added")
      } catch let refusal as Dependency.Refusal {
        return .page(
          try await page(request, system, needs: form["needs"], why: form["why"], errors: [refusal], scope),
          status: refusal.kind == .conflict ? 409 : 422)
      }
    }
    routes.post("systems/:id/needs/:needed/removal", needs: .registersEdit) { request, scope in
      let system: Entry.ID = try request.id()
      try await remove(try request.id("needed"), from: system, in: scope)
      return .redirect(to: "/registers/systems/\(system)?needs=removed")
    }
  }

  private static func page(
    _ request: WebRequest, _ id: Entry.ID, needs: String, why: String, errors: [any Problem] = [],
    _ scope: Scope
  ) async throws -> Page {
    let (system, names) = try await scope.read { tx in
      guard let system = try tx.entry(Systems.register, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      let known = Set(try tx.needs(of: id) + [id])
      let all = try tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
      return (system, all.filter { one in !known.contains { $0.text == one.id } }.map(\.name))
    }
    return DependencyPages.form(
      request, system, needs: needs, why: why, suggestions: names, errors: errors)
  }
}
