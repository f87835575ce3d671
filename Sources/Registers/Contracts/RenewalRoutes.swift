import Kernel
import Storage
import Web

extension Renewals {
  static func routes(_ routes: inout Routes) {
    forms(&routes)
    versions(&routes)
    systems(&routes)
  }

  private static func forms(_ routes: inout Routes) {
    routes.get("contracts/:id/renewal", needs: .registersEdit) { request, scope in
      .page(RenewalPages.form(request, try await draft(of: try request.id(), scope)))
    }
    routes.showSensitive { $0.parameters["id"].map { "contracts:\($0)" } }
    routes.post("contracts/:id/renewal", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let form = try request.form()
      let raw = Dictionary(
        uniqueKeysWithValues: terms.filter { form.has($0.id) }.map { ($0.id, form[$0.id]) })
      do {
        let number = try await record(
          raw, of: id, version: form.version, request.language, in: scope)
        return .redirect(to: "/contracts/\(id)/versions/\(number)")
      } catch let refused as Refused {
        var draft = try await draft(of: id, scope)
        (draft.raw, draft.problems) = (draft.raw.merging(raw) { _, typed in typed }, refused.problems)
        return .page(RenewalPages.form(request, draft), status: 422)
      } catch is Stale {
        var draft = try await draft(of: id, scope)
        (draft.raw, draft.isStale) = (draft.raw.merging(raw) { _, typed in typed }, true)
        return .page(RenewalPages.form(request, draft), status: 409)
      }
    }
  }

  /// The form begins with what holds, and the next term where this one ends.
  private static func draft(of id: Entry.ID, _ scope: Scope) async throws -> RenewalPages.Draft {
    let found = try await scope.read { tx in
      try tx.entry(Contracts.register, id).map { ($0, try tx.contractVersions(of: id)) }
    }
    guard let (entry, versions) = found else { throw Entry.Refusal.noSuchEntry }
    guard let last = versions.last else {
      return RenewalPages.Draft(
        entry: entry, raw: nextTerm(after: terms(of: entry.entry)), number: 2, isCorrection: false)
    }
    let isOpen = last.awaitsConfirmation
    return RenewalPages.Draft(
      entry: entry, raw: isOpen ? last.terms : nextTerm(after: last.terms),
      number: isOpen ? last.number : last.number + 1, isCorrection: isOpen)
  }

  private static func versions(_ routes: inout Routes) {
    routes.get("contracts/:id/versions/:number", needs: .registersRead) { request, scope in
      .page(RenewalPages.comparison(request, try await compared(request, scope)))
    }
    routes.showSensitive { $0.parameters["id"].map { "contracts:\($0)" } }
    routes.post("contracts/:id/versions/:number/confirmation", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let form = try request.form()
      do {
        try await confirm(
          Int(try request.parameter("number")) ?? 0, of: id, revision: form.version(in: "revision"),
          toldOn: form["toldOn"], by: form["toldBy"], note: form["note"], request.language, in: scope)
        return .redirect(to: "\(RenewalPages.path(id))?saved=1")
      } catch let refusal as Renewal.Refusal where refusal.kind == .invalid {
        var page = try await compared(request, scope)
        page.typed = ["toldOn": form["toldOn"], "toldBy": form["toldBy"], "note": form["note"]]
        page.problems = [refusal]
        return .page(RenewalPages.comparison(request, page), status: 422)
      }
    }
    routes.get("contracts/:id/versions/:number/removal", needs: .registersEdit) { request, scope in
      let found = try await compared(request, scope)
      guard found.isNewest, found.version.awaitsConfirmation else { throw Renewal.Refusal.alreadyConfirmed }
      return .page(RenewalPages.withdrawal(request, found.entry.entry, found.version))
    }
    routes.showSensitive { $0.parameters["id"].map { "contracts:\($0)" } }
    routes.post("contracts/:id/versions/:number/removal", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      try await withdraw(
        Int(try request.parameter("number")) ?? 0, of: id,
        revision: try request.form().version(in: "revision"), request.language, in: scope)
      return .redirect(to: "\(RenewalPages.path(id))?saved=1")
    }
  }

  private static func compared(_ request: WebRequest, _ scope: Scope) async throws -> RenewalPages.Compared {
    let id: Entry.ID = try request.id()
    let number = Int(try request.parameter("number")) ?? 0
    let found = try await scope.read { tx in
      try tx.entry(Contracts.register, id).map { ($0, ContractTimeline(try tx.contractVersions(of: id))) }
    }
    guard let (entry, timeline) = found,
      let version = timeline.versions.first(where: { $0.number == number })
    else { throw Renewal.Refusal.noSuchVersion }
    return RenewalPages.Compared(
      entry: entry, version: version, previous: timeline.previous(of: version),
      isNewest: version == timeline.versions.last)
  }

  // MARK: What a contract covers

  private static func systems(_ routes: inout Routes) {
    routes.post("contracts/:id/systems", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let form = try request.form()
      let name = form["name"].trimmed
      guard !name.isEmpty, !name.contains(where: CoveredSystems.separators.contains) else {
        throw Entry.Refusal.nothingChosen
      }
      try await edit(id, form, request, scope) { CoveredSystems.text($0, adding: name) }
      return .redirect(to: "\(RenewalPages.path(id))?saved=1")
    }
    routes.post("contracts/:id/systems/removal", needs: .registersEdit) { request, scope in
      let id: Entry.ID = try request.id()
      let form = try request.form()
      let name = form["name"]
      try await edit(id, form, request, scope) { CoveredSystems.text($0, replacing: name, by: nil) }
      return .redirect(to: "\(RenewalPages.path(id))?saved=1")
    }
  }

  private static func edit(
    _ id: Entry.ID, _ form: FormValues, _ request: WebRequest, _ scope: Scope,
    _ edit: @escaping @Sendable (String) -> String
  ) async throws {
    do {
      try await CoveredSystems.change(
        id, version: form.version, request.language, in: scope, edit)
    } catch let refused as EntryRefused { throw refused.refusals.first ?? Entry.Refusal.nothingChosen }
  }

  /// The terms with the next term in the place of the last: as long, from the day after its end.
  static func nextTerm(after terms: [String: String]) -> [String: String] {
    func day(_ field: String) -> Day? { terms[field].flatMap { Day($0) } }
    var next = terms
    guard let end = day("endsOn") else {
      next["startsOn"] = nil
      return next
    }
    let start = end.adding(days: 1)
    next["startsOn"] = start.description
    let years = day("startsOn").map { max(1, (end.days(since: $0) + 183) / 365) } ?? 1
    func later(_ day: Day) -> Day {
      Day(day.year + years, day.month, day.day) ?? day.adding(days: 365 * years)
    }
    next["endsOn"] = later(end).description
    next["noticeBy"] = day("noticeBy").map { later($0).description }
    return next
  }
}
