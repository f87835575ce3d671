import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// Every way for vendors, with a link that is good no more. A new way is tried by itself.
@Suite("使えないリンクの道")
struct LinkAccessTests {
  /// Leaving is always possible, and shows nothing.
  private static let free: Set = ["v/sheets/departure"]

  enum Link: String, CaseIterable, Sendable { case expired, revoked, replaced, absent, ofAnother }

  @Test("期限切れ、取りやめ、出し直し、なし、ほかの依頼のリンクでは、どの道も開かず、何も変わらない", arguments: Link.allCases)
  func closed(link: Link) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask(due: "2026-03-20", expires: "2026-03-25")
      let item = try #require(try await app.items(of: asked).first)
      var cookie: String? = try await app.open(asked)
      switch link {
      case .expired: app.now = try #require(Day("2026-03-26")).start
      case .revoked: _ = try await app.post("\(asked.own)/revocation", [])
      case .replaced: _ = try await app.post("\(asked.own)/link", [("expires", "2026-05-01")])
      case .absent: cookie = nil
      case .ofAnother:
        let vendor = try await app.vendor("別の会社")
        cookie = try await app.open(try await app.ask(vendor: vendor))
      }
      let head = try await app.scope.read { try $0.ledgerHead() }
      var routes = Routes()
      for feature in app.site.features { feature.routes(&routes) }
      let ways = routes.all.filter { $0.path.hasPrefix("v/") && !Self.free.contains($0.path) }
      #expect(ways.count > 10)
      for route in ways {
        // A link itself is good until it ends, whoever holds which cookie.
        let isEntrance = route.path == "v/:token"
        if isEntrance && (link == .absent || link == .ofAnother) { continue }
        let path =
          "/"
          + route.path.split(separator: "/").map { part -> String in
            switch part {
            case ":token": asked.token
            case ":id": asked.request.text
            case ":item": item
            case _ where part.hasPrefix(":"): "0192f000-0000-7000-8000-000000000000"
            default: String(part)
            }
          }.joined(separator: "/")
        let fields = [("version", "0"), ("answer", "yes"), ("name", "森"), ("body", "はい")]
        let answer =
          route.method == "GET"
          ? try await app.get(path, as: .nobody, link: cookie)
          : try await app.post(path, fields, as: .nobody, link: cookie)
        let expected = link == .absent || link == .ofAnother ? 404 : 410
        #expect(answer.status == expected, "\(link) \(route.method) \(route.path) answers \(answer.status)")
        #expect(!answer.body.contains("name=\"answer\""), "\(route.path)")
      }
      let after = try await app.scope.read { try $0.ledgerHead() }
      #expect(after == head)
    }
  }
}
