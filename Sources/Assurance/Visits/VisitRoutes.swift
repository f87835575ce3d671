import Kernel
import Registers
import Storage
import Web

extension Visits {
  static func routes(_ routes: inout Routes) {
    routes.get("visits", needs: .auditsLook) { request, scope in
      guard let person = request.person else { return .page(VisitPages.own(request, [])) }
      let visits = try await scope.read { try $0.liveVisits(of: person, at: scope.now) }
      return .page(VisitPages.own(request, visits))
    }
    routes.get("audits/:id/visits", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let (audit, visits) = try await scope.read { tx in
        guard let (audit, _, _) = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
        return (audit, try tx.visits(of: id))
      }
      return .page(VisitPages.list(request, audit, visits))
    }
    routes.get("audits/:id/visits/new", needs: .grantsManage, isPrivileged: true) { request, scope in
      .page(try await form(request, scope, typed: nil, problem: nil))
    }
    routes.post("audits/:id/visits", needs: .grantsManage, isPrivileged: true) { request, scope in
      let id: Audit.ID = try request.id()
      let typed = try request.form()
      do { try await give(id, typed, request) } catch let problem as any Problem
        where problem.kind == .invalid
      {
        return .page(try await form(request, scope, typed: typed, problem: problem), status: 422)
      }
      return .redirect(to: "/audits/\(id)/visits?given=1")
    }
    routes.post("audits/:id/opinions", needs: .findingsRaise) { request, scope in
      let typed = try request.form()
      let (opened, place) = try await Audits.found(request, typed["node"], in: scope)
      guard try await visit(request, of: opened.audit.id, in: scope) != nil else {
        throw request.may(.assessmentsRead) ? VisitRefusal.notVisiting : WebProblem.notFound as any Problem
      }
      let result = try AuditForm.result(typed["result"])
      try await say(typed["opinion"], result: result, at: place, of: opened, in: scope)
      return .redirect(to: Audits.path(opened.audit.id, opened.tree.keys[place]) + "#opinions")
    }
    // Proofs of the audit's measures, for those who read nothing else.
    routes.get("audits/:id/proofs/:file", needs: .auditsLook) { request, scope in
      let id: Audit.ID = try request.id()
      let file: StoredFile.ID = try request.id("file")
      try await admit(request, to: id, in: scope)
      guard let subject = try await scope.read({ try $0.proofSubject(file, in: id) }) else {
        throw WebProblem.notFound
      }
      return try await Files.download(file, of: subject, in: scope)
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
  }

  /// Whether this person reads here by a visit; what they open is recorded, whatever the facility has decided.
  static func isVisiting(_ request: WebRequest) -> Bool {
    request.visitor?.roles.contains(.visitingAuditor) == true
  }

  private static func form(
    _ request: WebRequest, _ scope: Scope, typed: FormValues?, problem: (any Problem)?
  ) async throws -> Page {
    let id: Audit.ID = try request.id()
    let (audit, people) = try await scope.read { tx in
      guard let (audit, _, _) = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
      return (audit, try tx.people())
    }
    return VisitPages.new(request, audit, people, typed: typed, problem: problem)
  }
}
