import Kernel
import Registers
import Storage
import Web

extension PeriodicReviews {
  static func routes(_ routes: inout Routes) {
    routes.get("periodic-reviews", needs: .assessmentsRead) { request, scope in
      let listing = Listing(request)
      let found = try await scope.read { try $0.reviewCycles(listing) }
      return .page(PeriodicReviewPages.list(request, found.page, total: found.total, listing))
    }
    for kind in ReviewedThing.Kind.allCases {
      let path: String = "\(kind.rawValue)/:id/review"
      routes.get(path, needs: .assessmentsRead) { request, scope in
        .page(try await page(request, kind, scope))
      }
      routes.post("\(path)/plan", needs: .assessmentsEdit) { request, scope in
        let form = try request.form()
        return try await answer(request, kind, form, scope) { thing in
          try await plan(
            thing, months: form["stop"] == "1" ? nil : form["months"],
            next: form["next"], owner: form["owner"], version: form.version, in: scope)
        }
      }
      routes.post("\(path)/records", needs: .assessmentsContribute) { request, scope in
        let form = try request.form()
        let mayAll = request.may(.assessmentsEdit)
        return try await answer(request, kind, form, scope) { thing in
          try await record(
            thing, done: form["done"], outcome: form["outcome"], note: form["note"], next: form["following"],
            version: form.version, mayAll: mayAll, in: scope)
        }
      }
    }
  }

  private static func thing(_ request: WebRequest, _ kind: ReviewedThing.Kind) throws -> ReviewedThing {
    ReviewedThing(kind, try request.id(of: ReviewedThing.self).text)
  }

  private static func page(
    _ request: WebRequest, _ kind: ReviewedThing.Kind, _ scope: Scope, typed: FormValues? = nil,
    problem: PeriodicReviewRefusal? = nil
  ) async throws -> Page {
    let shown = try await shown(try thing(request, kind), in: scope)
    let people = request.may(.assessmentsEdit) ? try await scope.read { try $0.people() } : []
    return PeriodicReviewPages.one(request, shown, people, typed: typed, problem: problem)
  }

  /// Does what was sent, or shows the page again with what was wrong and what was typed.
  private static func answer(
    _ request: WebRequest, _ kind: ReviewedThing.Kind, _ form: FormValues, _ scope: Scope,
    _ act: (ReviewedThing) async throws -> Void
  ) async throws -> Reply {
    let thing = try thing(request, kind)
    do {
      _ = try await shown(thing, in: scope)
      try await act(thing)
      return .redirect(to: "\(thing.path)/review?saved=1")
    } catch let problem as PeriodicReviewRefusal where problem.kind == .invalid {
      return .page(try await page(request, kind, scope, typed: form, problem: problem), status: 422)
    }
  }
}
