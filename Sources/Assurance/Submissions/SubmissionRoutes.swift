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
      let all = try await scope.read { try $0.submissions(of: id) }
      return .page(SubmissionPages.board(request, opened, all))
    }
    routes.get("audits/:id/submissions/part", needs: .assessmentsRead) { request, scope in
      let part = try await part(request.query("node") ?? "", of: try request.id(), in: scope)
      return .page(SubmissionPages.part(request, part, typed: nil, problem: nil))
    }
    routes.post("audits/:id/submissions", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      let part = try await part(form["node"], of: try request.id(), in: scope)
      let (remark, version) = (form["remark"], form.version)
      do {
        switch form["step"] {
        case "submit":
          guard part.given != nil else { throw SubmissionRefusal.notGiven }
          guard maySubmit(request, part) else { throw AuditRefusal.notYours }
          try await submit(part, remark: remark, version: version, in: scope)
        case "return", "accept":
          guard request.may(.assessmentsEdit) else { throw WebProblem.forbidden }
          if form["step"] == "return" {
            try await giveBack(part, remark: remark, version: version, in: scope)
          } else {
            try await accept(part, remark: remark, version: version, in: scope)
          }
        default: throw SubmissionRefusal.badStep
        }
      } catch let problem as SubmissionRefusal where problem.kind == .invalid {
        return .page(SubmissionPages.part(request, part, typed: form, problem: problem), status: 422)
      }
      return .redirect(to: path(part.opened.audit.id, part.opened.tree.keys[part.place]) + "&saved=1")
    }
  }
}
