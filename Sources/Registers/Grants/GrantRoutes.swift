import Kernel
import Storage
import Web

extension Grants {
  static func routes(_ routes: inout Routes) {
    routes.get("people/grants", needs: .grantsRead) { request, scope in
      let listing = Listing(request)
      let (live, all) = try await scope.read { tx in
        (try tx.liveGrants(at: scope.now), try tx.grants(of: nil, listing))
      }
      return .page(GrantPages.list(request, live, all, listing))
    }
    routes.get("people/grants/new", needs: .grantsManage, isPrivileged: true) { request, scope in
      let people = try await scope.read { try $0.peopleWhoSignIn() }
      return .page(GrantPages.new(request, people, typed: nil, problem: nil))
    }
    routes.post("people/grants", needs: .grantsManage, isPrivileged: true) { request, scope in
      let form = try request.form()
      do {
        let draft = try GrantDraft(
          person: form["person"], login: form["login"], role: form["role"], day: form["until"],
          time: form["time"], reason: form["reason"], limit: limit(of: request.visitor), at: scope.now)
        try await give(draft, request)
      } catch let problem as GrantRefusal {
        let people = try await scope.read { try $0.peopleWhoSignIn() }
        return .page(GrantPages.new(request, people, typed: form, problem: problem), status: 422)
      }
      return .redirect(to: "/people/grants?done=given")
    }
    routes.post("people/grants/:id/end", needs: .grantsManage) { request, scope in
      try await end(try request.id(), in: scope)
      return .redirect(to: "/people/grants?done=ended")
    }
  }

  /// What someone has for a time cannot be handed on for longer.
  static func limit(of visitor: Visitor?) -> Instant? {
    guard let visitor else { return nil }
    if let visit = visitor.breakGlass { return visit.endsAt }
    if visitor.role == .administrator { return nil }
    return visitor.grants.filter { $0.role == .administrator }.map(\.until).max()
  }
}
