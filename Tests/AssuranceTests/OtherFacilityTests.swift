import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// Every way that names something of a facility, tried with the hospital's own things by another facility's administrator.
@Suite("別の施設からは、どの道も開かない")
struct OtherFacilityTests {
  /// Ways whose parameter names nothing of a facility, and why: the same word or number is everyone's.
  ///
  /// A new way with a parameter belongs among the things of the hospital; only one like these belongs here.
  private static let everyones: [String: String] = [
    "registers/:register": "a register is of the program; each facility sees its own entries in it",
    "clinic/parts/:part": "a part of the guide",
    "clinic/questions/:question": "a question of the guide",
    "clinic/questions/:question/roles/:kind": "a question and a role of the guide",
    "plans/:year": "a fiscal year",
    "frameworks/own/:name": "a framework that comes with the program",
    "ledger/entries/:seq": "a number in the ledger of whoever asks",
    "ledger/stamps/:seq": "a number in the ledger of whoever asks",
  ]

  /// Ways that lead somewhere only after more has been done: an earlier year, a renewal, chosen cells.
  private static let nothingThere: Set = [
    "assessments/:id/carry-over", "contracts/:id/versions/:number", "contracts/:id/versions/:number/removal",
    "responsibility/:system/changes", "disclosures/:id/answers/:position", "editions/:id/pack.yaml",
    // Without the requirement or the point that they ask for.
    "audits/:id/comparison", "audits/:id/measures", "audits/:id/requirements",
    "audits/:id/submissions/part", "assessments/:id/submissions/part",
    // For whoever wrote it alone.
    "findings/:id/form",
  ]

  /// A form that most ways accept, so that what is refused is refused for what it is about.
  private static let form = [
    ("text", "メモ"), ("reason", "間違い"), ("name", "会計"), ("field", "due"), ("day", "2026-12-01"),
    ("item", "r7-med-2-1:0"), ("version", "1"),
  ]

  /// Those that want another.
  private static let forms: [String: [(String, String)]] = [
    "monitoring/:id/windows": [
      ("from", "2026-02-25T09:00"), ("until", "2026-02-25T17:00"), ("reason", "更新"),
    ],
    "paging/policies/:id": [
      ("name", "朝"), ("repeats", "0"), ("gap", "10"), ("after1", "0"), ("first1", "administrators"),
      ("version", "1"),
    ],
    "paging/rules/:id": [
      ("criteria", "止まると診療が止まる"), ("lowest", "1"), ("highest", "5"), ("start", "now"), ("hold", "0"),
      ("policy", ""), ("position", "10"), ("version", "1"),
    ],
    "rollout/lines/:id/measures": [("off", "1")],
    "registers/:register/columns/:column": [("label", "保険"), ("kind", "text"), ("version", "0")],
    "responsibility/items/:item": [
      ("name", "印刷機"), ("phase", "normal"), ("layer", "facility"), ("position", "5"), ("version", "1"),
    ],
  ]

  /// Ways that refuse before they look for the facility's own, and one that is content when there is nothing to forget.
  private static let otherwise: [String: Int] = [
    "assessments/:id/answers/:item/rounds": 409, "clinic/letters/:vendor/handover": 409,
    "responsibility/:system/changes": 422, "editions/drafts/:id/removal": 303,
  ]

  /// A way of the program with the hospital's own in the place of its parameters.
  private struct Tried {
    let route: Route
    let path: String
    /// The longest of the hospital's things that the way is about.
    let about: String
    /// Whether a parameter further on is made up.
    let isFilled: Bool

    init?(_ route: Route, _ own: [String: String]) {
      let about = own.keys.filter { "\(route.path)/".hasPrefix("\($0)/") }.max { $0.count < $1.count }
      guard let about, let start = own[about] else { return nil }
      let rest = route.path.dropFirst(about.count).split(separator: "/").map {
        AccessTests.filled(String($0))
      }
      (self.route, self.about) = (route, about)
      path = "/" + ([start] + rest).joined(separator: "/")
      isFilled = rest.contains { $0.hasPrefix("0192f000") }
    }
  }

  private static func isEveryones(_ path: String) -> Bool {
    func parameters(_ path: String) -> Int { path.split(separator: "/").count { $0.hasPrefix(":") } }
    return everyones.keys.contains {
      "\(path)/".hasPrefix("\($0)/") && parameters(path) == parameters($0)
    }
  }

  @Test("別の施設の管理者には、どの道からも見えず、何も変わらない", arguments: Engine.available)
  func everyWay(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let own = try await app.ownThings()
      var routes = Routes()
      for feature in app.site.features { feature.routes(&routes) }
      var tried: [Tried] = []
      // Open ways are listed and tried for themselves: their parameter is a secret.
      for route in routes.all where route.access != .open && route.path.contains(":") {
        if let one = Tried(route, own) {
          tried.append(one)
        } else {
          let isKnown = Self.isEveryones(route.path)
          #expect(
            isKnown,
            "\(route.method) \(route.path): what it names is neither among the hospital's things nor everyone's"
          )
        }
      }
      let unused = Set(own.keys).subtracting(tried.map(\.about))
      #expect(unused.isEmpty, "no way leads to \(unused.sorted())")

      _ = try await app.cookie(of: .stranger)
      let head = try await app.scope.read { try $0.ledgerHead() }
      for one in tried {
        let (route, isGet) = (one.route, one.route.method == "GET")
        let answer =
          isGet
          ? try await app.get(one.path, as: .stranger)
          : try await app.upload(
            one.path, field: "file", name: "a.txt", bytes: Array("a".utf8),
            fields: Self.forms[route.path] ?? Self.form, as: .stranger)
        let expected = isGet ? 404 : Self.otherwise[route.path] ?? 404
        #expect(answer.status == expected, "\(route.method) \(route.path) answers \(answer.status)")
      }
      let after = try await app.scope.read { try $0.ledgerHead() }
      #expect(after == head)

      // The same paths are there for the hospital's own administrator, and still are. A PDF says no more than its page.
      for one in tried
      where one.route.method == "GET" && !one.isFilled && !one.path.hasSuffix(".pdf")
        && !Self.nothingThere.contains(one.route.path)
      {
        let mine = try await app.get(one.path, as: .administrator)
        let isThere = ![403, 404, 500].contains(mine.status) && mine.location?.hasPrefix("/sign-in") != true
        #expect(isThere, "\(one.path) answers \(mine.status)")
      }
      for path in Self.everyones.keys {
        let leads = routes.all.contains { "\($0.path)/".hasPrefix("\(path)/") }
        #expect(leads, "no way begins with \(path)")
      }
    }
  }
}
