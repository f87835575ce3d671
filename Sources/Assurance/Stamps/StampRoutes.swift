import Kernel
import Storage
import Web

/// The authority, asking it at once, and its answers to take away.
struct StampRoutes: Sendable {
  let carry: Stamps.Carry

  func add(to routes: inout Routes) {
    routes.get("ledger/stamps", needs: .ledgerRead) { request, scope in
      .page(try await page(request, scope, form: nil, problem: nil))
    }
    routes.post("ledger/stamps", needs: .ledgerSign, isPrivileged: true) { request, scope in
      do {
        try await scope.signCheckpoint()
        let made = try await Stamps.take(carry, in: scope)
        return .redirect(to: "/ledger/stamps?stamped=\(made.map { "\($0.sequence)" } ?? "none")")
      } catch let problem as StampProblem {
        if problem == .notSet { throw problem }
        try await scope.write { try Stamps.fail(problem, $0) }
        // The page itself is as it should be; what it says is the answer.
        return .page(try await page(request, scope, form: nil, problem: problem))
      }
    }
    routes.post("ledger/stamps/authority", needs: .stampsEdit, isPrivileged: true) { request, scope in
      let form = try request.form()
      do {
        try await Stamps.save(
          url: form["url"], certificate: form["certificate"], version: form.version, in: scope)
      } catch let problem as StampProblem {
        return .page(
          try await page(request, scope, form: form, problem: problem),
          status: problem.kind == .invalid ? 422 : 503)
      }
      return .redirect(to: "/ledger/stamps?done=saved")
    }
    routes.post("ledger/stamps/authority/removal", needs: .stampsEdit, isPrivileged: true) { request, scope in
      try await Stamps.removeAuthority(version: try request.form().version, in: scope)
      return .redirect(to: "/ledger/stamps?done=removed")
    }
    routes.get("ledger/stamps/:seq/stamp.tsr", needs: .ledgerRead) { request, scope in
      let stamp = try await stamp(request, scope)
      return .file(stamp.answer, type: "application/timestamp-reply", name: "\(stamp.sequence).tsr")
    }
    routes.get("ledger/stamps/:seq/authority.pem", needs: .ledgerRead) { request, scope in
      let stamp = try await stamp(request, scope)
      return .file(
        Array(stamp.certificate.utf8), type: "application/x-pem-file", name: "\(stamp.sequence).pem")
    }
  }

  private func stamp(_ request: WebRequest, _ scope: Scope) async throws -> TimeStamp {
    guard let sequence = Int(try request.parameter("seq")),
      let stamp = try await scope.read({ try $0.timeStamp(of: sequence) })
    else { throw WebProblem.notFound }
    return stamp
  }

  private func page(_ request: WebRequest, _ scope: Scope, form: FormValues?, problem: StampProblem?)
    async throws -> Page
  {
    let before = request.query("before").flatMap(Int.init)
    let (authority, stamps) = try await scope.read { tx in
      (try tx.stampAuthority(), try tx.timeStamps(before: before, limit: Stamps.shown + 1))
    }
    return StampPage.page(
      request, StampPage.Shown(authority: authority, stamps: stamps, form: form, problem: problem))
  }
}
