import Kernel
import Mail
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("依頼をメールで送る")
struct RequestMailTests {
  private static let server = [
    ("host", "mail.example.jp"), ("port", "25"), ("security", "none"), ("sender", "joho@example.jp"),
    ("sender-name", "みなと総合病院"), ("version", "0"),
  ]

  /// A vendor with an address, one without, and the sending that asks both.
  private func prepared(_ app: TestApp) async throws -> [(String, String)] {
    let aoba = try await Vendors.register.add(
      ["name": "あおば電算", "email": "moshi@aoba.example"], .ja, in: app.scope)
    let without = try await Vendors.register.add(["name": "紙だけの会社"], .ja, in: app.scope)
    return [
      ("form", "service-disclosure"), ("recipient", aoba.id.text), ("recipient", without.id.text),
      ("due", app.now.day.adding(days: 20).description),
      ("expires", app.now.day.adding(days: 40).description),
      ("message", ""), ("mail", "1"),
    ]
  }

  @Test("アドレスのある事業者にだけ送り、確かめの画面でそう言う", arguments: Engine.available)
  func sending(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let fields = try await prepared(app)
      #expect(try await app.get("/requests/new").body.contains("メールでは送りません"))
      // Without a server nothing is made at all.
      let refused = try await app.post("/requests", fields + [("batch", "b1")])
      #expect(refused.status == 422 && refused.body.contains("メールのサーバが決まっていません"))
      #expect(try await app.scope.read { try $0.hasBatch("b1") } == false)

      #expect(try await app.post("/mail", Self.server).status == 303)
      let preview = try await app.post("/requests/preview", fields)
      #expect(preview.body.contains("moshi@aoba.exampleへメールで送ります"))
      #expect(preview.body.contains("メールアドレスがありません"))
      let letters = try await app.post("/requests", fields + [("batch", "b2")])
      #expect(letters.status == 200)
      let mails = try await app.scope.read { try $0.mails() }
      #expect(
        mails.map(\.to) == ["moshi@aoba.example"] && mails.first?.subject.hasPrefix("みなと総合病院からのお願い: ") == true
      )
      // The same sending again makes neither letters nor mail.
      #expect(try await app.post("/requests", fields + [("batch", "b2")]).status == 303)
      #expect(try await app.scope.read { try $0.mails().count } == 1)
    }
  }

  @Test("催促は答えを待っている依頼にだけ、はじめのメールの返事として出る", arguments: Engine.available)
  func reminder(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let fields = try await prepared(app)
      #expect(try await app.post("/mail", Self.server).status == 303)
      #expect(try await app.post("/requests", fields + [("batch", "b1")]).status == 200)
      let about = try #require(try await app.scope.read { try $0.mails().first?.about })
      let id = String(about.dropFirst("request:".count))
      let page = try await app.get("/requests/\(id)/mail")
      #expect(page.body.contains("moshi@aoba.example") && page.body.contains("待っている"))
      let before = app.database.statementCount
      _ = try await app.get("/requests/\(id)/mail")
      #expect(app.database.statementCount - before <= 8)
      #expect(try await app.post("/requests/\(id)/mail", []).status == 303)
      #expect(try await app.scope.read { try $0.mails(about: about).count } == 2)
      #expect(try await app.post("/requests/\(id)/mail", [], as: .stranger).status == 404)
      #expect(try await app.post("/requests/\(id)/mail", [], as: .management).status == 403)
      #expect(try await app.post("/requests/\(id)/revocation", []).status == 303)
      #expect(try await app.post("/requests/\(id)/mail", []).status == 409)
      #expect(try await app.scope.read { try $0.mails(about: about).count } == 2)
    }
  }

  @Test("新しいリンクも、事業者のアドレスへ送れる")
  func newLink() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let fields = try await prepared(app)
      #expect(try await app.post("/mail", Self.server).status == 303)
      #expect(
        try await app.post("/requests", fields.filter { $0.0 != "mail" } + [("batch", "b1")]).status == 200)
      #expect(try await app.scope.read { try $0.mails() }.isEmpty)
      let vendors = try await app.scope.read { try $0.requests(RequestQuery(), on: app.now.day, Listing()) }
      for line in vendors {
        let link = [("expires", app.now.day.adding(days: 40).description), ("mail", "1")]
        let answer = try await app.post("/requests/\(line.request.id)/link", link)
        let hasAddress = line.request.vendorName == "あおば電算"
        #expect(answer.status == (hasAddress ? 200 : 422))
        #expect(answer.body.contains(hasAddress ? "moshi@aoba.exampleへメールで送ります" : "送れるメールアドレスがありません"))
      }
      #expect(try await app.scope.read { try $0.mails().map(\.to) } == ["moshi@aoba.example"])
    }
  }
}
