import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// Every way in against everyone who may try it. What is right stands in `access.tsv`, which people review.
@Suite("だれがどの道を開けるか")
struct AccessTests {
  /// A row of the file: the letters of those who may.
  private static func expected() throws -> [String: String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "access.tsv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return try lines.filter { !$0.hasPrefix("#") }.reduce(into: [:]) { rows, line in
      let cells = line.split(separator: "\t")
      try #require(cells.count == 3, "\(line)")
      let key = "\(cells[0]) \(cells[1])"
      #expect(rows[key] == nil, "\(key) stands twice")
      rows[key] = String(cells[2])
    }
  }

  private static let letters: [(TestApp.Who, Character)] = [
    (.administrator, "A"), (.safetyManager, "S"), (.itStaff, "I"), (.management, "M"), (.contributor, "C"),
    (.auditor, "U"), (.staff, "E"), (.specialist, "P"), (.adviser, "R"), (.keeper, "O"), (.visitor, "V"),
  ]
  private static let everyone = "NASIMCUE"

  @Test("どの道も、表のとおりの人にだけ開く")
  func routes() async throws {
    try await TestApp.run(on: .sqlite) { app in
      var expected = try Self.expected()
      _ = try await Accounts.add(
        name: "safetyManager", login: "safetyManager", password: TestApp.password, role: .safetyManager,
        cost: .lowest, in: app.scope)
      for (who, role) in [
        (TestApp.Who.specialist, "specialist"), (.adviser, "regional-adviser"), (.keeper, "operator"),
      ] {
        try await GrantTests.outsider(who.rawValue, app)
        #expect(try await GrantTests.give(role, login: who.rawValue, app).status == 303)
      }
      try await GrantTests.outsider("visitor", app)
      #expect(try await VisitTests.give(try await app.beginAudit(), login: "visitor", app).status == 303)
      for (who, _) in Self.letters { _ = try await app.cookie(of: who) }
      let token = try await TokenTests.token(
        app, ["assessments.read", "registers.read", "reports.read", "summaries.read"], as: .auditor)
      var routes = Routes()
      for feature in app.site.features { feature.routes(&routes) }
      for route in routes.all {
        let name = "\(route.method) \(route.path.isEmpty ? "/" : route.path)"
        let row = expected.removeValue(forKey: name)
        if route.access == .open {
          #expect(row == Self.everyone, "\(name) is open")
          let isForPrograms = try await Self.opens(route.method, "/" + route.path, with: token, app)
          // A heartbeat, and whoever watches the program, ask for nobody: a token beside it is not read.
          let isUnread = ["beat/", "readyz/"].contains { route.path.hasPrefix($0) }
          #expect(!isForPrograms || isUnread, "\(name) lets a program in")
          continue
        }
        let path =
          "/" + route.path.split(separator: "/").map { Self.filled(String($0)) }.joined(separator: "/")
        var may = try await Self.opens(route.method, path, as: .nobody, app) ? "N" : ""
        for (who, letter) in Self.letters {
          if try await Self.opens(route.method, path, as: who, app) { may.append(letter) }
          if route.path == "sign-out" { app.forgetCookie(of: who) }
        }
        if try await Self.opens(route.method, path, with: token, app) { may.append("T") }
        #expect(row == may, "\(name): the file says \(row ?? "nothing"), the program \(may)")
      }
      #expect(expected.isEmpty, "rows without a route: \(expected.keys.sorted())")
    }
  }

  /// Whether the way is open; what lies behind it may still refuse an empty form or know no such thing.
  private static func opens(_ method: String, _ path: String, as who: TestApp.Who, _ app: TestApp)
    async throws
    -> Bool
  {
    let answer = method == "GET" ? try await app.get(path, as: who) : try await app.post(path, [], as: who)
    let isSentToSignIn = answer.status == 303 && answer.location?.hasPrefix("/sign-in?next=") == true
    return answer.status != 401 && answer.status != 403 && !isSentToSignIn
  }

  private static func opens(_ method: String, _ path: String, with token: String, _ app: TestApp) async throws
    -> Bool
  {
    let status = try await app.program(path, method: method, token: token).status
    return status != 401 && status != 403
  }

  /// A segment with something in the place of its parameter.
  static func filled(_ part: String) -> String {
    switch part {
    case _ where !part.hasPrefix(":"): part
    case ":register": "systems"
    case ":number", ":seq", ":position": "1"
    default: "0192f000-0000-7000-8000-000000000000"
    }
  }
}
