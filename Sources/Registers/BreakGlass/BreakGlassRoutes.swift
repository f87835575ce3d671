import Kernel
import Storage
import Web

extension BreakGlass {
  /// Open: whoever comes here cannot sign in. What opens is the code.
  static func openRoutes(_ routes: inout Routes, _ mailer: Mailer) {
    routes.get("break-glass", .open) { request in
      .page(BreakGlassPages.door(request, nil, Continuation(to: "/"), problem: nil))
    }
    routes.post("break-glass", .open, bodyLimit: 2 << 20) { request in
      let form = try request.form()
      let then = Continuation(form)
      // From the sign-in page, with what someone had sent after their session or access was over.
      guard form.has("code") else {
        return .page(BreakGlassPages.door(request, form, then, problem: nil))
      }
      do {
        let entry = try BreakGlassEntry(code: form["code"], name: form["name"], reason: form["reason"])
        return arrival(try await enter(entry, request, mailer), then, request)
      } catch let problem as BreakGlassRefusal {
        let page = BreakGlassPages.door(request, form, then, problem: problem)
        return .page(page, status: problem.kind == .tooMany ? 429 : 422)
      }
    }
  }

  /// Where someone goes on: at what was typed before the lock, or with the form that they had sent.
  private static func arrival(_ entered: Entered, _ then: Continuation, _ request: WebRequest) -> Reply {
    let reply: Reply
    if entered.goesOn == nil && !then.resume.isEmpty {
      reply = .page(
        SignedOutPage.resumption(
          request.signedIn(token: entered.token), path: then.resume, fields: then.keptFields))
    } else {
      reply = .redirect(to: localPath(entered.goesOn ?? "/"))
    }
    return reply.cookie(
      "mamorite", entered.token, maxAge: entered.seconds, secure: request.secureCookies)
  }

  static func recordRoutes(_ routes: inout Routes) {
    routes.get("break-glass/records", needs: .breakGlassRead) { request, scope in
      .page(try await list(request, scope, problem: nil))
    }
    routes.post("break-glass/codes", needs: .breakGlassManage, isPrivileged: true) { request, scope in
      try refuseInside(request)
      try request.needsForGood(.breakGlassManage)
      do {
        let codes = try await makeCodes(Int(try request.form()["count"]) ?? 0, in: scope)
        return Reply.page(BreakGlassPages.codes(request, codes)).with("Cache-Control", "no-store")
      } catch BreakGlassRefusal.badCount {
        return .page(try await list(request, scope, problem: .badCount), status: 422)
      }
    }
    routes.post("break-glass/setting", needs: .breakGlassManage, isPrivileged: true) { request, scope in
      try refuseInside(request)
      try request.needsForGood(.breakGlassManage)
      let form = try request.form()
      do {
        try await decide(minutes: form["minutes"], version: form.version, in: scope)
      } catch BreakGlassRefusal.badMinutes {
        return .page(try await list(request, scope, problem: .badMinutes), status: 422)
      }
      return .redirect(to: "/break-glass/records?done=setting")
    }
    useRoutes(&routes)
  }

  private static func useRoutes(_ routes: inout Routes) {
    routes.get("break-glass/records/:id", needs: .breakGlassRead) { request, scope in
      .page(try await one(request, scope, typed: nil, problem: nil))
    }
    routes.post("break-glass/records/:id/end", needs: .breakGlassReview) { request, scope in
      let id: BreakGlassID = try request.id()
      try await end(id, in: scope)
      return .redirect(to: "/break-glass/records/\(id)")
    }
    routes.post("break-glass/records/:id/review", needs: .breakGlassReview, isPrivileged: true) {
      request, scope in
      try refuseInside(request)
      let (id, form): (BreakGlassID, FormValues) = (try request.id(), try request.form())
      do {
        try await review(
          id, form["outcome"], form["remark"], version: form.version, in: scope)
      } catch let problem as BreakGlassRefusal where problem.field != nil {
        return .page(try await one(request, scope, typed: form, problem: problem), status: 422)
      }
      return .redirect(to: "/break-glass/records/\(id)?done=review")
    }
  }

  /// Nobody who came in by a code makes further ones, or judges about it.
  private static func refuseInside(_ request: WebRequest) throws(BreakGlassRefusal) {
    guard request.visitor?.breakGlass == nil else { throw .notInEmergency }
  }

  private static func list(_ request: WebRequest, _ scope: Scope, problem: BreakGlassRefusal?) async throws
    -> Page
  {
    let shown = try await scope.read { tx in
      BreakGlassPages.Shown(
        codes: try tx.sealedCodes(), setting: try tx.breakGlassSetting(),
        uses: try tx.breakGlassUses(limit: 200))
    }
    return BreakGlassPages.list(request, shown, problem: problem)
  }

  private static func one(
    _ request: WebRequest, _ scope: Scope, typed: FormValues?, problem: BreakGlassRefusal?
  ) async throws -> Page {
    let id: BreakGlassID = try request.id()
    let found = try await scope.read { tx in (try tx.breakGlassUse(id), try tx.entryCount(of: id)) }
    guard let use = found.0 else { throw WebProblem.notFound }
    return BreakGlassPages.use(request, use, entries: found.1, typed: typed, problem: problem)
  }
}
