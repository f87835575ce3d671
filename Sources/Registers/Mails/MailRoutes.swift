import Kernel
import Mail
import Storage
import Web

/// The mail server, a test of it, and what has been sent.
struct MailRoutes: Sendable {
  let sealer: Sealer
  let carry: @Sendable (MailMessage, MailServer) async throws(MailProblem) -> Void

  func add(to routes: inout Routes) {
    routes.get("mail", needs: .mailRead) { request, scope in
      .page(try await page(request, scope, draft: nil, problem: nil))
    }
    routes.post("mail", needs: .mailEdit) { request, scope in
      let draft = ServerDraft(try request.form())
      do { try await Mails.save(draft, sealer: sealer, in: scope) } catch let problem as any Problem
        where problem.kind == .invalid
      {
        return .page(try await page(request, scope, draft: draft, problem: problem), status: 422)
      }
      return .redirect(to: "/mail?done=saved")
    }
    routes.post("mail/removal", needs: .mailEdit) { request, scope in
      try await Mails.removeServer(version: try request.form().version, in: scope)
      return .redirect(to: "/mail?done=removed")
    }
    routes.post("mail/test", needs: .mailEdit) { request, scope in
      let typed = try request.form()["to"]
      do {
        guard let setting = try await scope.read({ try $0.mailServer() }) else {
          throw Mails.Refusal.noServer
        }
        guard let to = MailAddress(typed) else { throw Mails.Refusal.badRecipient }
        let t = request.texts(MailText.self)
        let message = MailMessage(
          id: (scope.newID() as Mails.MailID).text, from: setting.sender, fromName: setting.senderName,
          to: to,
          subject: t(.testSubject), body: t(.testBody, request.visitor?.facilityName ?? ""), at: scope.now)
        try await carry(message, try setting.server(sealer, facility: scope.facility))
        return .page(try await page(request, scope, draft: nil, problem: nil, tested: to.text))
      } catch let problem as any Problem {
        // The page itself is as it should be; what it says is the answer.
        return .page(
          try await page(request, scope, draft: nil, problem: problem, tested: typed),
          status: problem.kind == .invalid ? 422 : 200)
      }
    }
  }

  /// - Parameter tested: the address to which a test went, or was to go.
  private func page(
    _ request: WebRequest, _ scope: Scope, draft: ServerDraft?, problem: (any Problem)?, tested: String? = nil
  ) async throws -> Page {
    let (setting, mails) = try await scope.read { (try $0.mailServer(), try $0.mails()) }
    let shown = MailPages.Shown(
      setting: setting, mails: mails, draft: draft, problem: problem, tested: tested)
    return MailPages.page(request, shown)
  }
}
