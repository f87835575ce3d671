import Kernel
import Mail
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("メールの列")
struct MailQueueTests {
  private static let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))

  /// Takes what it is told to take, and fails as it is told to fail.
  private final class Carrier: Sendable {
    struct State {
      var carried: [MailMessage] = []
      var asked = 0
      var problem: MailProblem?
    }
    let state = Mutex(State())
    func set(_ problem: MailProblem?) { state.withLock { $0.problem = problem } }
    var carried: [MailMessage] { state.withLock { $0.carried } }
    var asked: Int { state.withLock { $0.asked } }

    func carry(_ message: MailMessage, _: MailServer) throws(MailProblem) {
      let problem = state.withLock { state -> MailProblem? in
        state.asked += 1
        if state.problem == nil { state.carried.append(message) }
        return state.problem
      }
      if let problem { throw problem }
    }
  }

  private func server(_ app: TestApp, host: String = "mail.example.jp") async throws {
    var draft = ServerDraft()
    (draft.host, draft.port, draft.sender, draft.senderName) = (host, "587", "joho@example.jp", "みなと総合病院")
    draft.version = try await app.scope.read { try $0.mailServer()?.version ?? 0 }
    try await Mails.save(draft, sealer: Self.sealer, in: app.scope)
  }

  @discardableResult
  private func post(_ app: TestApp, to: String = "a@example.jp", body: String = "秘密のリンク") async throws
    -> Mails.MailID
  {
    let to = try #require(MailAddress(to))
    return try await app.scope.write { tx in
      try Mailer(Self.sealer).post(
        OutgoingMail(to: to, subject: "お願い", body: body, about: "request:1", postedBy: nil), tx)
    }
  }

  /// What the worker does once.
  private func work(_ app: TestApp, _ carrier: Carrier) async throws {
    for row in try await Installation(app.database).takeDue(now: app.now) where row.kind == "mail.send" {
      try await Mails.work(
        row, Self.sealer, { message, server throws(MailProblem) in try carrier.carry(message, server) },
        in: app.scope)
    }
  }

  private func listed(_ app: TestApp) async throws -> [ListedMail] {
    try await app.scope.read { try $0.mails() }
  }

  @Test("書いたメールは一度だけ送られ、送ると文は残らない", arguments: Engine.available)
  func once(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let carrier = Carrier()
      try await server(app)
      let id = try await post(app)
      #expect(try await app.scope.read { try $0.waitingMail(id)?.sealed.contains("秘密") } == false)
      try await work(app, carrier)
      app.now = app.now.adding(minutes: 60 * 30)
      try await work(app, carrier)
      #expect(carrier.carried.map(\.body) == ["秘密のリンク"] && carrier.carried.first?.id == id.text)
      let mails = try await listed(app)
      #expect(mails.map(\.state) == [.sent])
      let left = try await app.scope.read { tx in
        try tx.count("SELECT COUNT(*) FROM mail WHERE facility_id = \(tx.facility) AND sealed IS NOT NULL")
      }
      #expect(left == 0)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("サーバが止まっている間は、一通だけ試して間をあけ、動けば全部を送る", arguments: Engine.available)
  func down(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let carrier = Carrier()
      try await server(app)
      for index in 0..<5 { try await post(app, body: "\(index)") }
      carrier.set(.noConnection("mail.example.jp", 587))
      try await work(app, carrier)
      #expect(carrier.asked == 1)
      #expect(try await listed(app).allSatisfy { $0.state == .waiting })
      #expect(try await listed(app).contains { $0.problem?.code == "mail.noConnection" })
      try await work(app, carrier)
      #expect(carrier.asked == 1)
      carrier.set(nil)
      app.now = app.now.adding(minutes: 2)
      try await work(app, carrier)
      #expect(Set(carrier.carried.map(\.body)) == ["0", "1", "2", "3", "4"])
    }
  }

  @Test("一日たっても送れなければあきらめて、人に知らせる", arguments: Engine.available)
  func givesUp(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let carrier = Carrier()
      try await server(app)
      try await post(app)
      carrier.set(.tooSlow("mail.example.jp"))
      let written = app.now
      while app.now < written.adding(minutes: 60 * 25) {
        try await work(app, carrier)
        app.now = app.now.adding(minutes: 10)
      }
      // 1, 2, 5, 15 and 30 minutes, then each hour: looked at every ten minutes here.
      #expect((20...30).contains(carrier.asked))
      #expect(try await listed(app).map(\.state) == [.failed])
      _ = try await Installation(app.database).deliver(now: app.now)
      let page = try await app.get("/inbox", as: .administrator)
      #expect(page.body.contains("a@example.jp へのメール「お願い」を送れませんでした"))
    }
  }

  @Test("きっぱり断られたものと、届いたか分からないものは、送り直さない", arguments: [MailProblem.refused(550, "no such user"), .unclear])
  func final(problem: MailProblem) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let carrier = Carrier()
      try await server(app)
      try await post(app, to: "first@example.jp")
      try await post(app, to: "second@example.jp")
      carrier.set(problem)
      try await work(app, carrier)
      // One refusal says nothing of the other.
      #expect(carrier.asked == 2)
      app.now = app.now.adding(minutes: 60)
      try await work(app, carrier)
      #expect(carrier.asked == 2)
      #expect(try await listed(app).map(\.state) == [.failed, .failed])
      _ = try await Installation(app.database).deliver(now: app.now)
      let page = try await app.get("/inbox", as: .administrator)
      #expect(page.body.contains(problem == .unclear ? "届いたか分かりません" : "送れませんでした"))
    }
  }

  @Test("二つの仕事が同じメールを取っても、送るのは一度", arguments: Engine.available)
  func twoWorkers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let carrier = Carrier()
      try await server(app)
      let id = try await post(app)
      let rows = try await Installation(app.database).takeDue(now: app.now)
      let row = try #require(rows.first { $0.kind == "mail.send" && $0.subject == id.text })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await Mails.work(
              row, Self.sealer, { message, server throws(MailProblem) in try carrier.carry(message, server) },
              in: app.scope)
          }
        }
        try await group.waitForAll()
      }
      #expect(carrier.asked == 1)
    }
  }

  @Test("パスワードは暗号にしてしまい、サーバを変えるときは入れ直す", arguments: Engine.available)
  func password(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let fields = [
        ("host", "mail.example.jp"), ("port", "５８７"), ("security", "starttls"), ("login", "joho"),
        ("sender", "joho@example.jp"), ("sender-name", "みなと総合病院"),
      ]
      let none = try await app.post("/mail", fields + [("password", ""), ("version", "0")])
      #expect(none.status == 422 && none.body.contains("もう一度入れてください"))
      #expect(try await app.post("/mail", fields + [("password", "合言葉です"), ("version", "0")]).status == 303)
      let setting = try #require(try await app.scope.read { try $0.mailServer() })
      #expect(setting.secret?.contains("合言葉") == false && setting.port == 587)
      #expect(try setting.server(Self.sealer, facility: app.facility.id).password == "合言葉です")
      // Kept when nothing is typed, for the same server only.
      #expect(try await app.post("/mail", fields + [("password", ""), ("version", "1")]).status == 303)
      let kept = try #require(try await app.scope.read { try $0.mailServer() })
      #expect(try kept.server(Self.sealer, facility: app.facility.id).password == "合言葉です")
      let other = fields.map { $0.0 == "host" ? ("host", "evil.example") : $0 }
      #expect(try await app.post("/mail", other + [("password", ""), ("version", "2")]).status == 422)
      #expect(try await app.post("/mail", fields + [("password", "x"), ("version", "1")]).status == 409)
      let page = try await app.get("/mail")
      #expect(!page.body.contains("合言葉") && page.body.contains("いまのパスワードをそのまま使います"))
      #expect(try await app.get("/mail", as: .stranger).body.contains("value=\"mail.example.jp\"") == false)
      #expect(try await app.post("/mail/removal", [("version", "2")]).status == 303)
      #expect(try await app.scope.read { try $0.mailServer() } == nil)
    }
  }
}
