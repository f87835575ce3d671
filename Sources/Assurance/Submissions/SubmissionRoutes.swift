import Kernel
import Storage
import Web

extension Submissions {
  static func routes(_ routes: inout Routes) {
    routes.get("submissions", needs: .assessmentsRead) { request, scope in
      let listing = Listing(request)
      let found = try await scope.read { try $0.waitingSubmissions(listing) }
      return .page(SubmissionPages.waiting(request, found.page, total: found.total, listing))
    }
    routes.get("audits/:id/submissions", needs: .assessmentsRead) { request, scope in
      let id: Audit.ID = try request.id()
      let opened = try await Audits.opened(id, withMeasures: false, in: scope)
      let all = try await scope.read { try $0.submissions(of: .audit(id)) }
      return .page(SubmissionPages.board(request, opened, all))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.get("audits/:id/submissions/part", needs: .assessmentsRead) { request, scope in
      let part = try await part(request.query("node") ?? "", of: try request.id(), in: scope)
      return .page(SubmissionPages.part(request, part, typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.post("audits/:id/submissions", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      return try await answer(
        form, try await part(form["node"], of: try request.id(), in: scope), request, scope)
    }
  }

  /// Takes the step of a form, or shows it again with what is wrong.
  static func answer(_ form: FormValues, _ part: Part, _ request: WebRequest, _ scope: Scope) async throws
    -> Reply
  {
    do {
      try await step(form, part, request, in: scope)
    } catch let problem as SubmissionRefusal where problem.kind == .invalid {
      return .page(SubmissionPages.part(request, part, typed: form, problem: problem), status: 422)
    }
    return .redirect(to: path(part.subject, part.node) + "&saved=1")
  }
}
