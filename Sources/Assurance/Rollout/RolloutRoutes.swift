import Foundation
import Kernel
import Publishing
import Registers
import Storage
import Web

extension Rollouts {
  private static func shown(_ request: WebRequest, _ scope: Scope) async throws -> RolloutPages.Shown {
    let (phases, lines, ground) = try await scope.read {
      (try $0.rolloutPhases(), try $0.rolloutLines(), try $0.rolloutGround())
    }
    return RolloutPages.Shown(
      phases: phases, lines: lines, ground: ground, today: scope.now.day, listing: Listing(request))
  }

  /// - Throws: ``RolloutRefusal/badDay``.
  private static func day(_ text: String) throws(RolloutRefusal) -> Day {
    guard let day = Day.parse(text) else { throw .badDay }
    return day
  }

  static func plan(_ routes: inout Routes) {
    routes.get("rollout", needs: .risksRead) { request, scope in
      .page(RolloutPages.one(request, try await shown(request, scope), problem: nil))
    }
    routes.showSensitive { _ in "rollout:register" }
    routes.post("rollout", needs: .risksEdit) { request, scope in
      let form = try request.form()
      do {
        try await begin(from: try day(form["start"]), to: try day(form["end"]), in: scope)
        return .redirect(to: "/rollout?saved=1")
      } catch let problem as RolloutRefusal where problem.kind == .invalid {
        let page = RolloutPages.one(
          request, try await shown(request, scope), typed: form, problem: problem)
        return .page(page, status: 422)
      }
    }
    routes.get("rollout/phases", needs: .risksEdit) { request, scope in
      let phases = try await scope.read { try $0.rolloutPhases() }
      guard !phases.isEmpty else { throw RolloutRefusal.notBegun }
      return .page(RolloutPages.phases(request, phases, typed: nil, problem: nil))
    }
    routes.post("rollout/phases", needs: .risksEdit) { request, scope in
      let form = try request.form()
      let phases = try await scope.read { try $0.rolloutPhases() }
      guard !phases.isEmpty else { throw RolloutRefusal.notBegun }
      do {
        let drafts = try (1...RolloutPhase.count).map { number in
          PhaseDraft(
            name: form["name-\(number)"], startOn: try day(form["start-\(number)"]),
            endOn: try day(form["end-\(number)"]), version: form.version(in: "version-\(number)"))
        }
        try await revise(drafts, in: scope)
        return .redirect(to: "/rollout?saved=1")
      } catch let problem as RolloutRefusal where problem.kind == .invalid {
        return .page(RolloutPages.phases(request, phases, typed: form, problem: problem), status: 422)
      } catch is Stale {
        return .page(
          RolloutPages.phases(request, phases, typed: form, problem: nil, isStale: true), status: 409)
      }
    }
    routes.get("rollout/chart.svg", needs: .risksRead) { request, scope in
      let shown = try await shown(request, scope)
      guard !shown.phases.isEmpty else { throw RolloutRefusal.notBegun }
      let drawing = shown.chart.svg(Texts(request.language)).standalone
      return .file(
        Array(drawing.utf8), type: "image/svg+xml; charset=utf-8", name: "two-factor-\(scope.now.day).svg")
    }
    routes.showSensitive { _ in "rollout:register" }
    routes.get("rollout/plan.pdf", needs: .risksRead) { request, scope in
      let shown = try await shown(request, scope)
      guard !shown.phases.isEmpty else { throw RolloutRefusal.notBegun }
      let document = RolloutDocument(
        shown: shown, facility: request.visitor?.facilityName ?? "", author: scope.actor.name,
        fingerprint: request.visitor?.fingerprint ?? "")
      return .file(
        try await document.pdf(request.language), type: "application/pdf",
        name: "two-factor-\(scope.now.day).pdf", inline: true)
    }
    routes.showSensitive { _ in "rollout:register" }
  }

  // MARK: Lines

  private static func blank(_ scope: Scope) async throws -> RolloutPages.LineForm {
    let form = try await scope.read {
      RolloutPages.LineForm(phases: try $0.rolloutPhases(), systems: try $0.systemNames())
    }
    guard !form.phases.isEmpty else { throw RolloutRefusal.notBegun }
    return form
  }

  private static func draft(_ form: FormValues) throws(RolloutRefusal) -> RolloutLine.Draft {
    func yen(_ text: String) throws(RolloutRefusal) -> Int? {
      do { return try Measure.yen(text) } catch { throw .badCost }
    }
    var draft = RolloutLine.Draft(system: form["system"], group: form["group"])
    if !form["people"].isEmpty {
      guard let people = Int(form["people"].halfWidth.filter { $0 != "," }) else { throw .badPeople }
      draft.people = people
    }
    guard let method = RolloutLine.Method(rawValue: form["method"]) else { throw .badMethod }
    guard let phase = Int(form["phase"]) else { throw .badPhase }
    (draft.method, draft.phase) = (method, phase)
    if !form["done"].isEmpty { draft.doneOn = try day(form["done"]) }
    (draft.costOnce, draft.costYearly) = (try yen(form["once"]), try yen(form["yearly"]))
    draft.exceptionReason = form["exception"]
    if !form["until"].isEmpty { draft.exceptionUntil = try day(form["until"]) }
    return draft
  }

  static func lines(_ routes: inout Routes) {
    routes.get("rollout/lines/new", needs: .risksEdit) { request, scope in
      .page(RolloutPages.line(request, try await blank(scope)))
    }
    routes.post("rollout/lines", needs: .risksEdit) { request, scope in
      let typed = try request.form()
      do {
        try await add(try draft(typed), in: scope)
        return .redirect(to: "/rollout?saved=1")
      } catch let problem as RolloutRefusal where problem.kind == .invalid {
        var form = try await blank(scope)
        (form.typed, form.problem) = (typed, problem)
        return .page(RolloutPages.line(request, form), status: 422)
      }
    }
    routes.get("rollout/lines/:id", needs: .risksEdit) { request, scope in
      let id: RolloutLine.ID = try request.id()
      guard let line = try await scope.read({ try $0.rolloutLine(id) }) else {
        throw RolloutRefusal.noSuchLine
      }
      var form = try await blank(scope)
      form.line = line.line
      form.measure = try await scope.read { try $0.rolloutMeasure(of: id) }
      return .page(RolloutPages.line(request, form))
    }
    routes.showSensitive { _ in "rollout:register" }
    routes.post("rollout/lines/:id", needs: .risksEdit) { request, scope in
      let id: RolloutLine.ID = try request.id()
      let typed = try request.form()
      guard let line = try await scope.read({ try $0.rolloutLine(id) }) else {
        throw RolloutRefusal.noSuchLine
      }
      func again(_ problem: RolloutRefusal?) async throws -> Page {
        var form = try await blank(scope)
        (form.line, form.typed, form.problem, form.isStale) = (line.line, typed, problem, problem == nil)
        form.measure = try await scope.read { try $0.rolloutMeasure(of: id) }
        return RolloutPages.line(request, form)
      }
      do {
        try await revise(id, version: typed.version, try draft(typed), in: scope)
        return .redirect(to: "/rollout?saved=1")
      } catch let problem as RolloutRefusal where problem.kind == .invalid {
        return .page(try await again(problem), status: 422)
      } catch is Stale {
        return .page(try await again(nil), status: 409)
      }
    }
    routes.post("rollout/lines/:id/removal", needs: .risksEdit) { request, scope in
      let id: RolloutLine.ID = try request.id()
      try await remove(id, version: try request.form().version, in: scope)
      return .redirect(to: "/rollout?saved=1")
    }
  }
}
