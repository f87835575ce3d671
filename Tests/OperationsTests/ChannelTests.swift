import Foundation
import Kernel
import Mail
import Registers
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Operations

/// What a test hands calls over to: answers with the next of its refusals, or takes it.
final class FakeGateway: Sendable {
  private let state = Mutex<(taken: [PageParcel], refusals: [PostProblem])>(([], []))

  init(_ refusals: [PostProblem] = []) { state.withLock { $0.refusals = refusals } }

  var taken: [PageParcel] { state.withLock { $0.taken } }

  var carrier: PageCarrier {
    PageCarrier(commands: GatewayCommands("sms = /usr/bin/true {number} {text}")) {
      parcel throws(PostProblem) in
      let refusal = self.state.withLock { state -> PostProblem? in
        if let refusal = state.refusals.first {
          state.refusals.removeFirst()
          return refusal
        }
        state.taken.append(parcel)
        return nil
      }
      if let refusal { throw refusal }
    }
  }
}

extension TestApp {
  /// Works off what waits to leave the house, as a worker would at a moment.
  func sendPosts(_ gateway: FakeGateway, at moment: Instant) async throws {
    let rows = try await Installation(database).takeDue(now: moment, limit: 200)
    for row in rows where row.kind == "page.send" {
      try await PagePosts.work(row, Self.sealer, gateway.carrier, in: at(moment))
    }
  }
}

@Suite("呼び出しの道")
struct ChannelTests {
  private static func text(_ parcel: PageParcel?) -> String {
    switch parcel {
    case .http(let post): post.body ?? ""
    case .command(_, let number, let text): "\(number) \(text)"
    case nil: ""
    }
  }

  @Test("渡せないときは間を置いて同じ番号でまた渡し、待っていた分も一緒に待つ", arguments: Engine.available)
  func retry(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let hook = try await PagingTests.addHook(app)
      try await app.addRule(try await app.addPolicy("夜", [(0, "channel:\(hook)")]))
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      // Silence: it may have arrived or not, and goes again.
      let gateway = FakeGateway([.tooSlow("chat.example"), .refused(503, "")])
      try await app.sendPosts(gateway, at: app.now)
      #expect(gateway.taken.isEmpty)
      try await app.sendPosts(gateway, at: app.now.adding(milliseconds: 9_000))
      try await app.sendPosts(gateway, at: app.now.adding(milliseconds: 11_000))
      #expect(gateway.taken.isEmpty)
      try await app.sendPosts(gateway, at: app.now.adding(milliseconds: 40_000))
      #expect(gateway.taken.count == 1)
      #expect(Self.text(gateway.taken.first).contains("守り手 1 止まっています: 電子カルテ(L4)"))
      try await app.sendPosts(gateway, at: app.now.adding(minutes: 60))
      #expect(gateway.taken.count == 1)
      // Its text has gone with it: a link could stand in it.
      #expect(try await app.count("SELECT COUNT(*) FROM page_post WHERE sealed IS NOT NULL") == 0)
    }
  }

  @Test("相手がはっきり断ったら、あきらめて管理者に知らせる")
  func refusal() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let hook = try await PagingTests.addHook(app)
      try await app.addRule(try await app.addPolicy("夜", [(0, "channel:\(hook)")]))
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      let gateway = FakeGateway([.redirected("chat.example", 302)])
      try await app.sendPosts(gateway, at: app.now)
      #expect(try await app.calls(of: "administrator") == ["paging.postFailed 当番の部屋"])
      let page = try await app.get("/paging/channels", as: .administrator)
      #expect(page.body.contains("転送は追いません"))
    }
  }

  @Test("電話を選んだ人は、台帳の番号に、選んだ言葉で呼ばれる")
  func phone() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let person = try await app.person("itStaff")
      let gateway = try await app.post(
        "/paging/channels",
        [
          ("kind", "gateway"), ("name", "SMS"), ("url", "https://sms.example/send"), ("form", "json"),
          ("body", "{\"to\": \"{number}\", \"text\": \"{text}\"}"), ("header", "Authorization"),
          ("value", "Bearer k"),
        ], as: .administrator)
      let path = try #require(gateway.location, "\(gateway.body)")
      let id = String(path.dropFirst("/paging/channels/".count))
      // Nobody can be dialled without a number.
      let wish = [("mail", "yes"), ("phone", id), ("number", "night"), ("language", "en"), ("version", "0")]
      #expect(try await app.post("/paging/preferences", wish).status == 422)
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE person SET phone_night = '090-1234-5678' WHERE facility_id = \(tx.facility) AND id = \(person)"
        )
      }
      #expect(try await app.post("/paging/preferences", wish).status == 303)
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(person)")]))
      let alert = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      try await app.close(alert, at: app.now.adding(minutes: 1))
      try await app.turn(app.now.adding(minutes: 1))
      let fake = FakeGateway()
      try await app.sendPosts(fake, at: app.now.adding(minutes: 1))
      #expect(fake.taken.count == 2)
      guard case .http(let post) = fake.taken.first else {
        Issue.record("nothing was handed over")
        return
      }
      #expect(post.headers.contains("Authorization: Bearer k"))
      let object = try JSONSerialization.jsonObject(with: Data((post.body ?? "").utf8)) as? [String: String]
      #expect(object?["to"] == "09012345678")
      #expect(object?["text"]?.hasPrefix("Mamorite 1 down: 電子カルテ (L4)") == true)
      #expect(object?["text"]?.contains("https://mamorite.example/p/") == true)
      #expect(Self.text(fake.taken.last).contains("Mamorite 1 up again"))
    }
  }

  @Test("渡す先の住所と鍵は、画面にも記録にも出ず、渡す先を変えると鍵を入れ直す")
  func secrets() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let answer = try await app.post(
        "/paging/channels",
        [
          ("kind", "chatwork"), ("name", "部屋"), ("url", "https://api.chat.example/rooms/1/messages"),
          ("value", "sakura-saku"),
        ],
        as: .administrator)
      let path = try #require(answer.location, "\(answer.body)")
      for page in [path, "/paging/channels"] {
        let shown = try await app.get(page, as: .administrator)
        #expect(shown.status == 200 && !shown.body.contains("sakura-saku") && !shown.body.contains("rooms/1"))
      }
      let id = String(path.dropFirst("/paging/channels/".count))
      let entries = try await app.scope.read { try $0.history(of: "page-channel:\(id)") }
      #expect(entries.count == 1)
      #expect(
        entries.allSatisfy { !($0.after ?? "").contains("sakura") && !($0.after ?? "").contains("rooms/1") })
      func change(_ url: String) async throws -> Int {
        try await app.post(
          path, [("kind", "chatwork"), ("name", "部屋"), ("url", url), ("version", "1")], as: .administrator
        ).status
      }
      #expect(try await change("https://evil.example/rooms/1/messages") == 422)
      #expect(try await change("https://api.chat.example/rooms/2/messages") == 303)
      #expect(try await app.get("/paging/channels", as: .itStaff).status == 403)
    }
  }

  @Test("試しに送ると、断られたわけが言葉で出る")
  func trial() async throws {
    try await TestApp.run(on: .sqlite) { app in
      // This machine itself: the guard refuses at the moment of the connection.
      let hook = try await PagingTests.addHook(app, kind: "json", url: "http://127.0.0.1:9/hook")
      let answer = try await app.post("/paging/channels/\(hook)/test", [], as: .administrator)
      #expect(answer.status == 422)
      #expect(answer.body.contains("渡してはいけない住所です"))
      let bad = try await app.post(
        "/paging/channels", [("kind", "command"), ("name", "x"), ("command", "rm")], as: .administrator)
      #expect(bad.status == 422)
      let template = try await app.post(
        "/paging/channels",
        [
          ("kind", "gateway"), ("name", "x"), ("url", "https://a.example/"), ("body", "{\"to\": {number}"),
          ("form", "json"),
        ],
        as: .administrator)
      #expect(template.status == 422 && template.body.contains("{number} と {text}"))
    }
  }

  @Test("無事の知らせを決めた間隔で送り、届かないときはわけが画面に出る")
  func lifeSign() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let bad = try await app.post(
        "/paging/life", [("every", "5"), ("url", ""), ("mail", ""), ("version", "0")], as: .administrator)
      #expect(bad.status == 422)
      let saved = try await app.post(
        "/paging/life",
        [("every", "5"), ("url", "https://watch.example/ping/1"), ("mail", ""), ("version", "0")],
        as: .administrator)
      #expect(saved.status == 303, "\(saved.body)")
      let gateway = FakeGateway([.noConnection("watch.example")])
      func live(_ minutes: Int64) async throws {
        let now = app.now.adding(minutes: minutes)
        for row in try await Installation(app.database).takeDue(now: now) where row.kind == "page.life" {
          try await LifeSigns.work(TestApp.sealer, gateway.carrier, in: app.at(now))
        }
      }
      try await live(0)
      #expect(
        try await app.get("/paging/channels", as: .administrator).body.contains("watch.example につながりません"))
      try await live(4)
      #expect(gateway.taken.isEmpty)
      try await live(5)
      #expect(gateway.taken == [.http(try HTTPPost("https://watch.example/ping/1", body: nil))])
      let page = try await app.get("/paging/channels", as: .administrator)
      #expect(page.body.contains("届きました") && !page.body.contains("ping/1"))
    }
  }

  @Test("決まりと道の画面は、いくつあっても同じ数の文で読む", arguments: ["/paging", "/paging/channels", "/paging/policies/new"])
  func statements(path: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await app.get(path, as: .administrator)
      func count() async throws -> Int {
        let before = app.database.statementCount
        _ = try await app.get(path, as: .administrator)
        return app.database.statementCount - before
      }
      let empty = try await count()
      let policy = try await app.addPolicy("夜", [(0, "owner"), (5, "deputy")])
      for _ in 0..<10 { try await app.addRule(policy) }
      _ = try await PagingTests.addHook(app)
      for number in 0..<10 {
        _ = try await app.openAlert("機器\(number)", at: app.now.adding(milliseconds: Int64(number)))
      }
      try await app.turn(app.now.adding(minutes: 1))
      #expect(try await count() == empty)
      #expect(empty <= 8)
    }
  }
}
