import Kernel
import Publishing
import Registers
import Storage
import Web

extension Plans {
  /// - Throws: ``PlanRefusal/badYear``.
  static func year(_ request: WebRequest) throws -> FiscalYear {
    guard let year = FiscalYear(try request.parameter("year")) else { throw PlanRefusal.badYear }
    return year
  }

  static func pages(_ routes: inout Routes) {
    routes.get("plans", needs: .risksRead) { request, scope in
      let shown = try await scope.read { tx in
        PlanPages.Years(
          costs: try tx.planCosts(scope.now.day.fiscalYear).map(\.cost), chosen: try tx.chosenLines(),
          undated: try tx.undatedMeasures(limit: 20),
          years: years(from: scope.now.day), rollout: try tx.rolloutPlan(scope.now.day.fiscalYear),
          rolloutYears: try tx.rolloutYears())
      }
      return .page(PlanPages.years(request, shown))
    }
    routes.showSensitive { _ in "budget:register" }
    routes.get("plans/:year", needs: .risksRead) { request, scope in
      let year = try year(request)
      let listing = Listing(request)
      let shown = try await scope.read { tx in
        let costs = try tx.planCosts(year)
        let chosen = costs.filter(\.isChosen).map(\.cost).filter { $0.counts(in: year) }
        let rollout = try tx.rolloutPlan(year)
        let (all, asked) = (rollout?.costs ?? [], rollout.flatMap { $0.isChosen(in: year) ? $0.costs : nil })
        return PlanPages.Year(
          year: year, page: try tx.plan(year, onlyChosen: false, (listing.size, listing.offset)),
          total: costs.count { $0.cost.counts(in: year) },
          all: PlanTotal(costs.map(\.cost), in: year).adding(all, in: year),
          chosen: PlanTotal(chosen, in: year).adding(asked ?? [], in: year),
          chosenCount: chosen.count + (asked == nil ? 0 : 1), scales: try tx.scales(),
          listing: listing, rollout: rollout)
      }
      return .page(PlanPages.year(request, shown))
    }
    routes.showSensitive { $0.parameters["year"].map { "budget:\($0)" } }
    routes.get("plans/:year/lines/:measure", needs: .risksEdit) { request, scope in
      let (year, id) = (try year(request), try request.id("measure", of: Measure.self))
      let (measure, line) = try await scope.read { tx in
        (try tx.known(id), try tx.budgetLine(year, id) ?? BudgetLine(year: year, measure: id))
      }
      return .page(PlanPages.line(request, line, measure, typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["year"].map { "budget:\($0)" } }
    routes.post("plans/:year/lines/:measure", needs: .risksEdit) { request, scope in
      let (year, id) = (try year(request), try request.id("measure", of: Measure.self))
      let form = try request.form()
      func again(_ problem: PlanRefusal?) async throws -> Page {
        let (measure, line) = try await scope.read { tx in
          (try tx.known(id), try tx.budgetLine(year, id) ?? BudgetLine(year: year, measure: id))
        }
        return PlanPages.line(
          request, line, measure, typed: form, problem: problem, isStale: problem == nil)
      }
      do {
        try await write(year, id, version: form.version, in: scope) { before in
          try before.revised(
            isChosen: form["chosen"] == "1", why: form["why"], otherwise: form["otherwise"])
        }
        return .redirect(to: "/plans/\(year)?saved=1")
      } catch let problem as PlanRefusal where problem.kind == .invalid {
        return .page(try await again(problem), status: 422)
      } catch is Stale {
        return .page(try await again(nil), status: 409)
      }
    }
    routes.post("plans/:year/lines/:measure/choice", needs: .risksEdit) { request, scope in
      let (year, id) = (try year(request), try request.id("measure", of: Measure.self))
      let form = try request.form()
      try await write(year, id, version: form.version, in: scope) { before in
        try before.revised(isChosen: form["chosen"] == "1", why: before.why, otherwise: before.otherwise)
      }
      return .redirect(to: "/plans/\(year)?saved=1")
    }
  }

  // MARK: The request

  static func files(_ routes: inout Routes) {
    routes.get("plans/:year/request.pdf", needs: .risksRead) { request, scope in
      let document = try await document(request, scope)
      return .file(
        try await document.pdf(request.language), type: "application/pdf",
        name: "budget-\(document.year).pdf", inline: true)
    }
    routes.showSensitive { $0.parameters["year"].map { "budget:\($0)" } }
    routes.get("plans/:year/request.xlsx", needs: .risksRead) { request, scope in
      let document = try await document(request, scope)
      return .file(
        try Sheets.xlsx(document.sheets(request.language)),
        type: Sheets.xlsxType,
        name: "budget-\(document.year).xlsx")
    }
    routes.showSensitive { $0.parameters["year"].map { "budget:\($0)" } }
  }

  private static func document(_ request: WebRequest, _ scope: Scope) async throws -> BudgetRequest {
    let year = try year(request)
    return try await scope.read { tx in
      let lines = try tx.plan(year, onlyChosen: true, (mostRequested + 1, 0))
      let rollout = try tx.rolloutPlan(year).flatMap { $0.isChosen(in: year) ? $0 : nil }
      guard !lines.isEmpty || rollout != nil else { throw PlanRefusal.nothingChosen }
      guard lines.count <= mostRequested else { throw PlanRefusal.tooManyChosen }
      return BudgetRequest(
        year: year, lines: lines, scales: try tx.scales(),
        facility: request.visitor?.facilityName ?? "", today: scope.now.day, author: scope.actor.name,
        fingerprint: try tx.ledgerHead().fingerprint, rollout: rollout)
    }
  }
}
