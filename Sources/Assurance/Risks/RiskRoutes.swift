import Foundation
import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import Web

extension Risks {
  static func lists(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("risks", needs: .risksRead) { request, scope in
      let filter = RiskFilter(
        show: request.query("show").flatMap(RiskFilter.Show.init(rawValue:)) ?? .open,
        query: request.query("q") ?? "")
      let stage = request.query("stage").flatMap(Risk.Stage.init(rawValue:)) ?? .current
      let listing = Listing(request)
      let shown = try await scope.read { tx in
        let found = try tx.risks(filter, (listing.size, listing.offset), on: scope.now.day)
        return RiskPages.Listed(
          risks: found.page, total: found.total, figures: try tx.riskFigures(on: scope.now.day),
          cells: try tx.riskCells(stage), scales: try tx.scales(), filter: filter, stage: stage,
          scale: request.query("scale") ?? "", listing: listing)
      }
      return .page(RiskPages.list(request, shown))
    }
    routes.showSensitive { _ in "risk:register" }
    routes.get("risks/suggestions", needs: .risksEdit) { request, scope in
      let asked = request.query("kind").flatMap(Risk.Origin.Kind.init(rawValue:))
      let kind = asked.map { suggesting.contains($0) ? $0 : .vendor } ?? .vendor
      let listing = Listing(request)
      let found = try await suggestions(kind, library, request.language, in: scope, page: listing)
      return .page(
        RiskSidePages.suggestions(request, kind, found.page, total: found.total, listing))
    }
    routes.showSensitive { _ in "risk:register" }
    routes.get("risks/register.xlsx", needs: .risksRead, isPrivileged: true) { request, scope in
      let document = try await document(request, scope, limit: mostExported)
      return .file(
        try Sheets.xlsx(document.sheets(request.language)),
        type: Sheets.xlsxType,
        name: "risks-\(scope.now.day).xlsx")
    }
    routes.showSensitive { _ in "risk:register" }
    routes.get("risks/register.pdf", needs: .risksRead) { request, scope in
      let document = try await document(request, scope, limit: mostPrinted)
      return .file(
        try await document.pdf(request.language), type: "application/pdf",
        name: "risks-\(scope.now.day).pdf", inline: true)
    }
    routes.showSensitive { _ in "risk:register" }
  }

  /// Rows of a workbook; Excel holds a million.
  private static let mostExported = 100_000

  private static func document(_ request: WebRequest, _ scope: Scope, limit: Int) async throws -> RiskDocument
  {
    let today = scope.now.day
    return try await scope.read { tx in
      let found = try tx.risks(RiskFilter(), (limit, 0), on: today)
      guard found.total > 0 else { throw RiskRefusal.nothingToDraw }
      return RiskDocument(
        risks: found.page, total: found.total, scales: try tx.scales(),
        cells: try Risk.Stage.allCases.reduce(into: [:]) { $0[$1] = try tx.riskCells($1) },
        facility: request.visitor?.facilityName ?? "", today: today, author: scope.actor.name,
        fingerprint: try tx.ledgerHead().fingerprint)
    }
  }

  // MARK: Writing

  /// What every form of a risk needs.
  private static func blank(_ scope: Scope) async throws -> RiskForm {
    try await scope.read { tx in
      RiskForm(
        scales: RiskPages.ordered(try tx.scales()), people: try tx.people(), systems: try tx.systemNames())
    }
  }

  static func writing(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("risks/new", needs: .risksEdit) { request, scope in
      var form = try await blank(scope)
      form.scale = request.query("scale") ?? RiskScale.ownID
      if let from = request.query("from") {
        form.suggestion = try await suggestion(from, library, request.language, in: scope)
        guard form.suggestion != nil else { throw RiskRefusal.noSuchOrigin }
      }
      return .page(form.page(request))
    }
    routes.post("risks", needs: .risksEdit) { request, scope in
      let typed = try request.form()
      let from = typed["from"]
      let suggestion =
        from.isEmpty ? nil : try await suggestion(from, library, request.language, in: scope)
      do {
        if !from.isEmpty && suggestion == nil {
          let isTaken = try await scope.read { try $0.riskSettled().taken.contains(from) }
          throw isTaken ? RiskRefusal.alreadyTaken : .noSuchOrigin
        }
        let risk = try await add(try RiskForm.draft(typed), from: suggestion, in: scope)
        return .redirect(to: "/risks/\(risk.id)?saved=1")
      } catch let problem as RiskRefusal
        where problem.kind == .invalid || problem == .alreadyTaken || problem == .noSuchOrigin
      {
        var form = try await blank(scope)
        (form.scale, form.typed, form.problem, form.suggestion) = (typed["scale"], typed, problem, suggestion)
        return .page(form.page(request), status: problem.kind == .invalid ? 422 : 409)
      }
    }
    routes.get("risks/:id/form", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      let risk = try await scope.read { try $0.known(id) }
      guard risk.isOpen else { throw RiskRefusal.alreadyClosed }
      var form = try await blank(scope)
      (form.risk, form.scale) = (risk, request.query("scale") ?? risk.scale)
      return .page(form.page(request))
    }
    routes.showSensitive { $0.parameters["id"].map { "risk:\($0)" } }
    routes.post("risks/:id", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      let typed = try request.form()
      let risk = try await scope.read { try $0.known(id) }
      func again(_ problem: RiskRefusal?, isStale: Bool) async throws -> Page {
        var form = try await blank(scope)
        (form.risk, form.scale, form.typed) = (risk, typed["scale"], typed)
        (form.problem, form.isStale) = (problem, isStale)
        return form.page(request)
      }
      do {
        try await revise(id, version: typed.version, try RiskForm.draft(typed), in: scope)
        return .redirect(to: "/risks/\(id)?saved=1")
      } catch let problem as RiskRefusal where problem.kind == .invalid || problem == .alreadyClosed {
        return .page(
          try await again(problem, isStale: false), status: problem.kind == .invalid ? 422 : 409)
      } catch is Stale {
        return .page(try await again(nil, isStale: true), status: 409)
      }
    }
    routes.get("risks/:id", needs: .risksRead) { request, scope in
      let id: Risk.ID = try request.id()
      let shown = try await scope.read { tx in
        guard let one = try tx.risk(id) else { throw RiskRefusal.noSuchRisk }
        return RiskPages.Shown(
          one: one, scale: try tx.scales()[one.risk.scale], measures: try tx.measures(of: id),
          history: try tx.history(of: "risk:\(id)", limit: 30),
          others: one.risk.waitsForApproval
            ? try tx.riskApprovers(beside: request.person, at: scope.now).count : 0)
      }
      return .page(RiskPages.one(request, shown))
    }
    routes.showSensitive { $0.parameters["id"].map { "risk:\($0)" } }
  }

  // MARK: Deciding

  static func deciding(_ routes: inout Routes) {
    routes.post("risks/:id/approval", needs: .risksApprove) { request, scope in
      let id: Risk.ID = try request.id()
      let form = try request.form()
      try await approve(id, version: form.version, remark: form["remark"], in: scope)
      return .redirect(to: "/risks/\(id)?saved=1")
    }
    routes.post("risks/:id/closure", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      let form = try request.form()
      try await close(id, version: form.version, because: form["because"], in: scope)
      return .redirect(to: "/risks/\(id)?saved=1")
    }
    routes.post("risks/:id/reopening", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      try await reopen(id, version: try request.form().version, in: scope)
      return .redirect(to: "/risks/\(id)?saved=1")
    }
    routes.get("risks/:id/measures", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      let (listing, query) = (Listing(request), request.query("q") ?? "")
      let (risk, known, found) = try await scope.read { tx in
        (
          try tx.known(id), Set(try tx.measures(of: id).map(\.id)),
          try tx.measures(listing, state: nil, query: query)
        )
      }
      return .page(
        RiskSidePages.measures(request, risk, known, found, listing, query))
    }
    routes.post("risks/:id/measures", needs: .risksEdit) { request, scope in
      let id: Risk.ID = try request.id()
      let form = try request.form()
      guard let measure = Measure.ID(form["measure"]) else { throw MeasureRefusal.noSuchMeasure }
      try await set(measure, of: id, to: form["off"] != "1", in: scope)
      return .redirect(to: "/risks/\(id)?saved=1")
    }
  }

  // MARK: Matrices

  static func scaleRoutes(_ routes: inout Routes) {
    routes.get("risks/matrices", needs: .risksRead) { request, scope in
      let (scales, taken, shelf) = try await scope.read {
        (try $0.scales(), try $0.takenScales(), try $0.libraries())
      }
      let known = Set(taken.map { "\($0.urn) \($0.libraryVersion)" })
      let libraries = shelf.filter { $0.facts.counts.riskMatrices > 0 }
      let chosen = libraries.first { $0.id.text == request.query("library") } ?? libraries.first
      var offers: [RiskSidePages.Offer] = []
      if let chosen {
        offers = try await Libraries.opened(chosen, in: scope).matrices.map { matrix in
          let name = "\(URN.folded(matrix.urn)) \(chosen.version)"
          return RiskSidePages.Offer(library: chosen, matrix: matrix, isTaken: known.contains(name))
        }
      }
      return .page(
        RiskSidePages.scales(
          request, RiskPages.ordered(scales), offers, libraries, chosen: chosen?.id.text ?? ""))
    }
    routes.post("risks/matrices", needs: .risksEdit) { request, scope in
      let form = try request.form()
      guard let library = ID<ShelvedLibrary>(form["library"]) else { throw RiskRefusal.noSuchScale }
      try await take(form["urn"], of: library, in: scope)
      return .redirect(to: "/risks/matrices?saved=1")
    }
  }
}
