import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// Roles for a time, seen from outside.
@Suite("期限のある権限")
struct GrantTests {
  private static let reason = "担当の休みの間、点検のまとめを代わるため"

  private static func person(_ name: String, _ app: TestApp) async throws -> Person {
    try #require(try await app.scope.read { try $0.people() }.first { $0.name == name })
  }

  /// What an administrator sends.
  @discardableResult
  static func give(
    _ role: String, to name: String? = nil, login: String = "", until: String = "2026-03-10",
    time: String = "", as who: TestApp.Who = .administrator, _ app: TestApp
  ) async throws -> TestApp.Answer {
    var id = ""
    if let name { id = try await person(name, app).id.text }
    let answer = try await app.post(
      "/people/grants",
      [
        ("person", id), ("login", login), ("role", role), ("until", until), ("time", time),
        ("reason", reason),
      ], as: who)
    for other in TestApp.Who.allCases where other.rawValue == name { app.forgetCookie(of: other) }
    return answer
  }

  /// Someone of the other facility.
  static func outsider(_ login: String, _ app: TestApp) async throws {
    let there = Scope(
      app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
    _ = try await Accounts.add(
      name: login, login: login, password: TestApp.password, role: .staff, cost: .lowest, in: there)
  }

  private static func endID(_ app: TestApp) async throws -> String {
    let page = try await app.get("/people/grants", as: .administrator)
    return try #require(page.body.firstMatch(of: #/grants/([0-9a-f-]{36})/end/#).map { String($0.1) })
  }

  @Test("任せた役割は、ほかの役割に加わり、画面にいつまで、なぜかが出て、時が来ると終わる", arguments: Engine.available)
  func life(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await app.get("/people", as: .contributor).status == 403)
      let given = try await Self.give("it-staff", to: "contributor", time: "18:00", app)
      #expect(given.location == "/people/grants?done=given")
      let page = try await app.get("/people", as: .contributor)
      #expect(page.status == 200)
      #expect(page.body.contains("期限のある権限") && page.body.contains("令和8年3月10日 18:00まで"))
      #expect(page.body.contains(Self.reason) && page.body.contains("みなと総合病院"))
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      let entry = try #require(entries.first { $0.action == "grant.give" })
      #expect(entry.after?.contains("\"provedBy\":\"password\"") == true)
      // Nothing runs at that moment but the clock.
      let end = try #require(Day("2026-03-10")).start.adding(minutes: 18 * 60)
      app.now = end.adding(milliseconds: -1)
      app.forgetCookie(of: .contributor)
      #expect(try await app.get("/people", as: .contributor).status == 200)
      app.now = end
      #expect(try await app.get("/people", as: .contributor).status == 403)
      let own = try await app.get("/assessments", as: .contributor)
      #expect(own.status == 200 && !own.body.contains(Self.reason))
    }
  }

  @Test("終わりは、記録と、任された人と任せた人のお知らせに出る", arguments: Engine.available)
  func announced(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("it-staff", to: "contributor", until: "2026-03-10", app)
      let end = try #require(Day("2026-03-11")).start
      let early = try await Installation(app.database).takeDue(now: end.adding(milliseconds: -1))
      #expect(!early.contains { $0.kind == "grants.end" })
      let row = try #require(
        try await Installation(app.database).takeDue(now: end).first { $0.kind == "grants.end" })
      let handler = try #require(app.site.features.compactMap { $0.due["grants.end"] }.first)
      app.now = end
      try await handler(row, app.scope)
      // A second worker finds nothing left to do.
      try await handler(row, app.scope)
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      #expect(entries.filter { $0.action == "grant.expire" }.count == 1)
      _ = try await Installation(app.database).deliver(now: app.now)
      for who in [TestApp.Who.contributor, .administrator] { app.forgetCookie(of: who) }
      #expect(try await app.get("/inbox", as: .contributor).body.contains("期限で終わりました"))
      #expect(try await app.get("/inbox", as: .administrator).body.contains("contributorさんに任せた"))
      #expect(try await app.get("/people/grants", as: .auditor).body.contains("期限で終わりました"))
    }
  }

  @Test("早く終わらせると、次の画面から使えない。二度終わらせても変わらない", arguments: Engine.available)
  func ended(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("it-staff", to: "contributor", app)
      #expect(try await app.get("/people", as: .contributor).status == 200)
      let id = try await Self.endID(app)
      #expect(try await app.post("/people/grants/\(id)/end", [], as: .stranger).status == 404)
      #expect(try await app.post("/people/grants/\(id)/end", [], as: .itStaff).status == 403)
      #expect(try await app.get("/people", as: .contributor).status == 200)
      for _ in 0..<2 {
        let ended = try await app.post("/people/grants/\(id)/end", [], as: .administrator)
        #expect(ended.status == 303)
      }
      #expect(try await app.get("/people", as: .contributor).status == 403)
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      #expect(entries.filter { $0.action == "grant.end" }.count == 1)
      let rows = try await Installation(app.database).takeDue(now: app.now.adding(minutes: 60 * 24 * 30))
      #expect(!rows.contains { $0.kind == "grants.end" })
      #expect(try await !app.get("/people/grants", as: .stranger).body.contains(Self.reason))
    }
  }

  @Test("自分には任せられず、同じものを二度は任せられず、管理者でない人は任せられない", arguments: Engine.available)
  func refused(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for who in [TestApp.Who.itStaff, .management, .auditor] {
        #expect(try await Self.give("it-staff", to: "contributor", as: who, app).status == 403)
      }
      let own = try await Self.give("auditor", to: "administrator", app)
      #expect(own.status == 422 && own.body.contains("自分に任せることはできません"))
      let same = try await Self.give("it-staff", to: "itStaff", app)
      #expect(same.status == 422 && same.body.contains("もう持っています"))
      try await Self.give("it-staff", to: "contributor", app)
      #expect(try await Self.give("it-staff", to: "contributor", app).status == 422)
      let here = try await Self.give("specialist", login: "contributor", app)
      #expect(here.status == 422 && here.body.contains("この施設の人です"))
      let nobody = try await Self.give("specialist", login: "no-such-person", app)
      #expect(nobody.status == 422 && nobody.body.contains("この守り手にいません"))
      // Ten minutes after signing in the administrator has to prove who they are.
      app.now = app.now.adding(minutes: 11)
      let late = try await Self.give("auditor", to: "contributor", app)
      #expect(late.status == 403 && late.body.contains("もう一度確かめます"))
      // Nobody has such a role for good.
      let person = try await Self.person("staff", app)
      app.forgetCookie(of: .administrator)
      let role = try await app.post(
        "/people/\(person.id)/role", [("role", "operator"), ("version", "1")], as: .administrator)
      #expect(role.status == 422)
    }
  }

  @Test("期限のある管理者は、自分の期限より長く任せられない", arguments: Engine.available)
  func handedOn(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("administrator", to: "itStaff", until: "2026-03-01", app)
      let longer = try await Self.give("auditor", to: "staff", until: "2026-03-02", as: .itStaff, app)
      #expect(longer.status == 422 && longer.body.contains("それより長くは任せられません"))
      let own = try await Self.give("auditor", to: "itStaff", until: "2026-03-01", as: .itStaff, app)
      #expect(own.status == 422 && own.body.contains("自分に任せることはできません"))
      #expect(
        try await Self.give("auditor", to: "staff", until: "2026-03-01", as: .itStaff, app).status == 303)
    }
  }

  @Test("期限のある管理者は、期限のあとに残るもの(アカウント、管理者、封をした合言葉、サインインの方法)を作れない", arguments: Engine.available)
  func leavesNothing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("administrator", to: "contributor", app)
      let staff = try await Self.person("staff", app)
      let before = try await app.scope.read { try $0.people() }.count
      let tries: [(String, [(String, String)])] = [
        ("/people", [("person", "裏口"), ("role", "administrator")]),
        (
          "/people",
          [
            ("person", "裏口"), ("role", "staff"), ("login", "uraguchi"),
            ("password", "five quiet green lamps"),
          ]
        ),
        ("/people/\(staff.id)/role", [("role", "administrator"), ("version", "\(staff.version)")]),
        ("/people/\(staff.id)/password", [("password", "five quiet green lamps")]),
        ("/break-glass/codes", [("count", "2")]),
        ("/sign-on", [("label", "裏口")]),
      ]
      for (path, fields) in tries {
        let answer = try await app.post(path, fields, as: .contributor)
        #expect(answer.status == 403 && answer.body.contains("この権限には終わりがある"), "\(path)")
      }
      #expect(try await app.scope.read { try $0.people() }.count == before)
      #expect(try await Self.person("staff", app).role == .staff)
      // What stays within the time is theirs to do.
      let name = try await app.post("/people", [("person", "台帳の人"), ("role", "staff")], as: .contributor)
      #expect(name.status == 303)
    }
  }

  @Test("期限のある管理者のパスワードは、管理者だけが作り直せる", arguments: Engine.available)
  func borrowed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("administrator", to: "contributor", app)
      let person = try await Self.person("contributor", app)
      let fields = [("password", "five quiet green lamps")]
      #expect(try await app.post("/people/\(person.id)/password", fields, as: .itStaff).status == 403)
      let role = [("role", "staff"), ("version", "\(person.version)")]
      #expect(try await app.post("/people/\(person.id)/role", role, as: .itStaff).status == 403)
      #expect(try await app.post("/people/\(person.id)/withdrawal", role, as: .itStaff).status == 403)
      let right = try await app.post("/people/\(person.id)/password", fields, as: .administrator)
      #expect(right.status == 303)
    }
  }

  @Test("期限を決めて任された人は、役割の変更では、期限のない人にならない", arguments: Engine.available)
  func staysForATime(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.outsider("hanako", app)
      _ = try await Self.give("specialist", login: "hanako", app)
      let person = try await Self.person("hanako", app)
      let page = try await app.get("/people/\(person.id)/access", as: .administrator)
      #expect(page.status == 200 && !page.body.contains("/people/\(person.id)/role"))
      let answer = try await app.post(
        "/people/\(person.id)/role", [("role", "it-staff"), ("version", "\(person.version)")],
        as: .administrator)
      #expect(answer.status == 422 && answer.body.contains("期限を決めて任された人"))
      #expect(try await Self.person("hanako", app).role == .specialist)
    }
  }

  @Test("任せた期限が終われば、その人の施設の管理者がパスワードと二つ目の要素を世話できる", arguments: Engine.available)
  func homeAgain(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.outsider("hanako", app)
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let home = try #require(try await there.read { try $0.people() }.first { $0.name == "hanako" })
      let fields = [("password", "five quiet green lamps")]
      _ = try await Self.give("specialist", login: "hanako", app)
      let refused = try await app.post("/people/\(home.id)/password", fields, as: .stranger)
      #expect(refused.status == 409 && refused.body.contains("mamorite account set-password"))
      app.now = try #require(Day("2026-03-11")).start
      app.forgetCookie(of: .stranger)
      #expect(try await app.post("/people/\(home.id)/password", fields, as: .stranger).status == 303)
    }
  }

  @Test("専門家は、任された間だけその施設に入れ、施設を切り替えて使い、自分の施設では何も変わらない", arguments: Engine.available)
  func specialist(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      try await Self.outsider("hanako", app)
      let before = Browser(app)
      _ = try await before.signIn("hanako")
      #expect(try await before.get("/account").body.contains("別の病院"))
      let hospital = app.facility.id.text
      #expect(try await before.post("/facility", [("facility", hospital)]).status == 404)
      #expect(try await Self.give("specialist", login: "hanako", app).status == 303)
      #expect(try await before.post("/facility", [("facility", hospital)]).status == 303)
      let list = try await before.get("/registers/systems")
      #expect(list.status == 200 && list.body.contains("電子カルテ") && list.body.contains(Self.reason))
      for path in ["/people", "/ledger", "/mail", "/backup", "/people/grants", "/registers/systems/new"] {
        #expect(try await before.get(path).status == 403, "\(path)")
      }
      // Back home the person is what they were, and the switch leads both ways.
      #expect(try await before.post("/facility", [("facility", app.otherFacility.id.text)]).status == 303)
      let home = try await before.get("/account")
      #expect(!home.body.contains(Self.reason) && home.body.contains("みなと総合病院"))
      _ = try await before.post("/facility", [("facility", hospital)])
      app.now = try #require(Day("2026-03-11")).start.adding(milliseconds: -1)
      let late = Browser(app)
      _ = try await late.signIn("hanako")
      _ = try await late.post("/facility", [("facility", hospital)])
      #expect(try await late.get("/registers/systems").status == 200)
      app.now = app.now.adding(milliseconds: 1)
      #expect(try await late.get("/registers/systems").location?.hasPrefix("/sign-in") == true)
      let after = Browser(app)
      _ = try await after.signIn("hanako")
      let page = try await after.get("/account")
      #expect(page.status == 200 && page.body.contains("別の病院") && !page.body.contains("みなと総合病院"))
      #expect(try await after.post("/facility", [("facility", hospital)]).status == 404)
      // Given again, it is the same person, and what they did is theirs.
      app.forgetCookie(of: .administrator)
      let again = try await Self.give("regional-adviser", login: "hanako", until: "2026-04-01", app)
      #expect(again.status == 303)
      let people = try await app.scope.read { try $0.people() }
      #expect(people.filter { $0.name == "hanako" }.count == 1)
    }
  }

  @Test("地域の助言者は数だけ、システムの運用は控えとメールだけを見る", arguments: Engine.available)
  func narrow(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      for (login, role) in [("adviser", "regional-adviser"), ("keeper", "operator")] {
        try await Self.outsider(login, app)
        #expect(try await Self.give(role, login: login, app).status == 303)
      }
      let hospital = app.facility.id.text
      let (adviser, keeper) = (Browser(app), Browser(app))
      for (browser, login) in [(adviser, "adviser"), (keeper, "keeper")] {
        _ = try await browser.signIn(login)
        _ = try await browser.post("/facility", [("facility", hospital)])
      }
      let statements = app.database.statementCount
      let numbers = try await adviser.get("/summaries")
      #expect(numbers.status == 200 && numbers.body.contains("令和7年度") && !numbers.body.contains("r7-med"))
      #expect(app.database.statementCount - statements <= 8)
      #expect(try await keeper.get("/backup").status == 200)
      #expect(try await keeper.get("/mail").status == 200)
      #expect(try await keeper.get("/backup/key").status == 403)
      let closed = [
        "/assessments", "/assessments/\(assessment.id)", "/reports/\(assessment.id)", "/registers/systems",
        "/people", "/ledger", "/emergency", "/requests",
      ]
      for path in closed {
        #expect(try await adviser.get(path).status == 403, "\(path)")
        #expect(try await keeper.get(path).status == 403, "\(path)")
      }
      #expect(try await keeper.get("/summaries").status == 403)
      let words = try await adviser.get("/people/roles")
      for name in ["専門家(外部)", "地域の助言者", "システムの運用"] { #expect(words.body.contains(name), "\(name)") }
      // Ten roles, and who audits for a time.
      let folded = words.body.components(separatedBy: "<details><summary>できること(").count - 1
      #expect(folded == 11)
      #expect(words.body.contains("<h3>点検と報告</h3>"))
    }
  }

  @Test("棚卸しと人の画面に、いつまでの役割かが並び、終わった専門家は棚卸しに出ない", arguments: Engine.available)
  func listed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for login in ["hanako", "jiro"] { try await Self.outsider(login, app) }
      try await Self.give("it-staff", to: "contributor", app)
      try await Self.give("specialist", login: "hanako", app)
      try await Self.give("specialist", login: "jiro", until: "2026-02-25", time: "10:00", app)
      let person = try await Self.person("contributor", app)
      let page = try await app.get("/people/\(person.id)/access", as: .administrator)
      #expect(page.body.contains(Self.reason) && page.body.contains("情報システム担当"))
      app.now = try #require(Day("2026-02-26")).start
      let review = try await AccountReviews.begin("mamorite", file: nil, in: app.scope)
      app.forgetCookie(of: .administrator)
      let list = try await app.get("/account-reviews/\(review.id)?show=all", as: .administrator)
      #expect(list.body.contains("担当者、情報システム担当(令和8年3月10日まで)"))
      #expect(list.body.contains("hanako") && !list.body.contains("jiro"))
    }
  }

  @Test("権限を確かめても、文は増えず、どの画面も8文まで", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func cost(_ path: String, _ who: TestApp.Who) async throws -> Int {
        _ = try await app.cookie(of: who)
        let before = app.database.statementCount
        _ = try await app.get(path, as: who)
        return app.database.statementCount - before
      }
      let plain = try await cost("/people/roles", .contributor)
      for role in ["it-staff", "management", "auditor"] { try await Self.give(role, to: "contributor", app) }
      let given = try await cost("/people/roles", .contributor)
      #expect(given == plain)
      for path in ["/people/grants", "/people/grants/new"] {
        let count = try await cost(path, .administrator)
        #expect(count <= 8, "\(path)")
      }
    }
  }

  @Test("札は、任された権限も、その期限までだけ使える", arguments: Engine.available)
  func token(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("it-staff", to: "contributor", app)
      let token = try await TokenTests.token(app, ["registers.read", "assessments.read"], as: .contributor)
      #expect(try await app.program("/registers", token: token).status == 200)
      app.now = try #require(Day("2026-03-11")).start
      #expect(try await app.program("/registers", token: token).status == 403)
      #expect(try await app.program("/assessments", token: token).status == 200)
    }
  }

  @Test("退職日の次の日からは、受け入れや承認を頼まれない。任された期限が残っていても", arguments: Engine.available)
  func left(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.give("safety-manager", to: "contributor", app)
      let people = [try await Self.person("itStaff", app).id, try await Self.person("contributor", app).id]
      func asked(_ roles: Set<Role>, on day: Day) async throws -> [PersonID] {
        let all = try await app.scope.read { try $0.peopleInRole(roles, at: day.start) }
        return people.filter(all.contains)
      }
      let (last, next) = (app.now.day, app.now.day.adding(days: 1))
      let before = (
        acceptors: try await asked(Submissions.acceptors, on: next),
        approvers: try await asked(Risks.approvers, on: next)
      )
      #expect(before.acceptors == people && before.approvers == [people[1]])
      try await app.scope.write { tx in
        for person in people {
          try tx.housekeeping.run(
            "UPDATE person SET left_on = \(last) WHERE facility_id = \(tx.facility) AND id = \(person)")
        }
      }
      let lastDay = try await asked(Submissions.acceptors, on: last)
      let acceptors = try await asked(Submissions.acceptors, on: next)
      let approvers = try await asked(Risks.approvers, on: next)
      #expect(lastDay == people && acceptors.isEmpty && approvers.isEmpty)
    }
  }
}
