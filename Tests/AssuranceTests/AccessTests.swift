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

  private static func filled(_ part: String) -> String {
    switch part {
    case _ where !part.hasPrefix(":"): part
    case ":register": "systems"
    case ":number", ":seq", ":position": "1"
    default: "0192f000-0000-7000-8000-000000000000"
    }
  }

  // MARK: Another facility's

  /// What is the hospital's own, by the path up to its parameter.
  private static func own(_ app: TestApp) async throws -> [String: String] {
    func add(_ register: Register, _ raw: [String: String]) async throws -> String {
      try await register.add(raw, .ja, in: app.scope).id.text
    }
    let vendor = try await add(Vendors.register, ["name": "ひまわり情報システム"])
    let system = try await add(Systems.register, ["name": "電子カルテ", "vendor": "ひまわり情報システム"])
    let contract = try await add(
      Contracts.register, ["number": "K-1", "title": "保守", "vendor": "ひまわり情報システム"])
    let document = try await add(Documents.register, ["number": "規-1", "title": "決まり"])
    let draft = try await app.post("/documents/\(document)/versions", [("body", "守ります。"), ("summary", "")])
    let version = try #require(
      draft.location?.split(separator: "/").last.map { String($0.prefix { $0 != "?" }) })
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
    let request = try await app.ask(vendor: vendor).request.text
    let people = try await app.scope.read { try $0.people() }
    let kept = try await app.post(
      "/oncall",
      [
        ("name", "当番"), ("zone", "Asia/Tokyo"), ("yearEnd", "rest"), ("workFrom", "08:30"),
        ("workUntil", "17:15"),
        ("r0-layer", "primary"), ("r0-kind", "standby"), ("r0-days", "every"), ("r0-from", "08:30"),
        ("r0-until", "08:30"), ("r0-length", "7"), ("r0-counting", "calendar"), ("r0-first", "2026-02-23"),
        ("r0-members", "itStaff"),
      ])
    let rota = String(try #require(kept.location).dropFirst("/oncall/".count))
    let review = try await AccountReviews.begin("mamorite", file: nil, in: app.scope)
    let person = try #require(people.first { $0.name == "staff" }).id.text
    let audit = try await app.beginAudit().text
    let finding = try await Findings.raise(
      AuditFinding.Draft(title: "残っている", seen: "見た", foundOn: app.now.day), in: app.scope
    ).id.text
    let measure = try await Measures.add(Measure.Draft(title: "控え"), in: app.scope).id.text
    let risk = try await app.addRisk(as: .administrator).text
    return [
      "registers/:register/:id": system, "systems/:id": system, "responsibility/:system": system,
      "contracts/:id": contract, "documents/:id": document, "documents/versions/:id": version,
      "vendors/:id": vendor, "clinic/letters/:vendor": vendor, "assessments/:id": assessment.id.text,
      "reports/:id": assessment.id.text, "requests/:id": request, "people/factors/:id": person,
      "people/:id": person, "oncall/:id": rota, "audits/:id": audit, "measures/:id": measure,
      "findings/:id": finding,
      "risks/:id": risk,
      "account-reviews/:id": review.id, "account-reviews/subjects/:subject": system,
    ]
  }

  /// Ways that lead somewhere only after more has been done: an earlier year, a renewal, chosen cells.
  private static let nothingThere: Set = [
    "assessments/:id/carry-over", "contracts/:id/versions/:number", "contracts/:id/versions/:number/removal",
    "responsibility/:system/changes",
    // Without the requirement or the point that they ask for.
    "audits/:id/comparison", "audits/:id/measures", "audits/:id/requirements",
    "audits/:id/submissions/part",
    // For whoever wrote it alone.
    "findings/:id/form",
  ]

  /// A form that most ways accept, so that what is refused is refused for what it is about.
  private static let form = [
    ("text", "メモ"), ("reason", "間違い"), ("name", "会計"), ("field", "due"), ("day", "2026-12-01"),
    ("item", "r7-med-2-1:0"), ("version", "1"),
  ]

  /// Ways that refuse before they look for the facility's own.
  private static let refusedFirst: [String: Int] = [
    "assessments/:id/answers/:item/rounds": 409, "clinic/letters/:vendor/handover": 409,
    "responsibility/:system/changes": 422,
  ]

  @Test("別の施設の管理者には、どの道からも見えず、何も変わらない")
  func otherFacility() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let own = try await Self.own(app)
      _ = try await app.cookie(of: .administrator)
      _ = try await app.cookie(of: .stranger)
      let head = try await app.scope.read { try $0.ledgerHead() }
      var routes = Routes()
      for feature in app.site.features { feature.routes(&routes) }
      var looked: [String] = []
      for route in routes.all {
        guard case .needs = route.access,
          let prefix = own.keys.first(where: { ("\(route.path)/").hasPrefix("\($0)/") })
        else { continue }
        let rest = route.path.dropFirst(prefix.count).split(separator: "/").map { Self.filled(String($0)) }
        let start =
          prefix.split(separator: "/").dropLast().map { Self.filled(String($0)) } + [own[prefix] ?? ""]
        let path = "/" + (start + rest).joined(separator: "/")
        let isGet = route.method == "GET"
        let answer =
          isGet
          ? try await app.get(path, as: .stranger)
          : try await app.upload(
            path, field: "file", name: "a.txt", bytes: Array("a".utf8), fields: Self.form, as: .stranger)
        let expected = isGet ? 404 : Self.refusedFirst[route.path] ?? 404
        #expect(answer.status == expected, "\(route.method) \(route.path) answers \(answer.status)")
        // The same path is there for the hospital's own administrator.
        if isGet, rest.allSatisfy({ !$0.hasPrefix("0192f000") }), !Self.nothingThere.contains(route.path) {
          let mine = try await app.get(path, as: .administrator)
          #expect(mine.status != 404, "\(path) leads nowhere")
        }
        looked.append(route.path)
      }
      let after = try await app.scope.read { try $0.ledgerHead() }
      #expect(after == head)
      for prefix in own.keys {
        #expect(looked.contains { $0.hasPrefix(prefix) }, "no route begins with \(prefix)")
      }
    }
  }
}
