import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("アカウントの棚卸し")
struct AccountReviewTests {
  /// Begins the review of Mamorite's own accounts; gives its path.
  private static func begin(_ app: TestApp) async throws -> String {
    let answer = try await app.post("/account-reviews/subjects/mamorite/reviews", [])
    #expect(answer.status == 303)
    return String(try #require(answer.location).prefix { $0 != "?" })
  }

  private static func system(_ app: TestApp) async throws -> String {
    try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope).id.text
  }

  private static func upload(_ csv: String, of system: String, _ app: TestApp) async throws -> TestApp.Answer
  {
    try await app.upload(
      "/account-reviews/subjects/\(system)/reviews", field: "file", name: "ehr.csv", bytes: Array(csv.utf8))
  }

  /// All accounts of the filter at once, as the two forms ask for it.
  private static func decideAll(_ decision: String, _ path: String, show: String = "", _ app: TestApp)
    async throws
    -> TestApp.Answer
  {
    let preview = try await app.post(
      "\(path)/changes/preview", [("decision", decision), ("all", "1"), ("in-show", show)])
    #expect(preview.status == 200)
    let revision = try #require(preview.hidden("revision"))
    return try await app.post(
      "\(path)/changes", [("decision", decision), ("all", "1"), ("in-show", show), ("revision", revision)])
  }

  private static func sign(_ path: String, as who: TestApp.Who = .administrator, _ app: TestApp) async throws
    -> TestApp.Answer
  {
    let page = try await app.get("\(path)/signature", as: who)
    return try await app.post("\(path)/signature", [("revision", page.hidden("revision") ?? "")], as: who)
  }

  @Test("守り手のアカウントを写し、一つずつ決め、署名すると記録になる", arguments: Engine.available)
  func whole(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for who in [TestApp.Who.administrator, .itStaff] { _ = try await app.cookie(of: who) }
      let path = try await Self.begin(app)
      let list = try await app.get(path)
      #expect(list.body.contains("強い権限なのに二つ目の要素がない") && list.body.contains("使われていない"))
      let early = try await Self.sign(path, app)
      #expect(early.status == 409 && early.body.contains("まだ決めていないアカウントが6件あります"))

      let row = try await app.get("\(path)/accounts/1")
      let decided = try await app.post(
        "\(path)/accounts/1/decision",
        [("decision", "keep"), ("remark", "管理者は二人まで"), ("version", try #require(row.hidden("version")))])
      #expect(decided.status == 303 && decided.location?.contains("/accounts/") == true)
      let again = try await app.post(
        "\(path)/accounts/1/decision", [("decision", "remove"), ("version", "1")])
      #expect(again.status == 409)
      let none = try await app.post("\(path)/accounts/2/decision", [("version", "1")])
      #expect(none.status == 422 && none.body.contains("決定が選ばれていません"))

      let rest = try await Self.decideAll("keep", path, show: "undecided", app)
      #expect(rest.location == "\(path)?changed=5")
      let byStaff = try await Self.sign(path, as: .itStaff, app)
      #expect(byStaff.status == 403)
      let signed = try await Self.sign(path, app)
      #expect(signed.location == "\(path)/print?signed=1")
      let sheet = try await app.get("\(path)/print")
      #expect(sheet.body.contains("この棚卸しの指紋") && sheet.body.contains("管理者は二人まで"))
      #expect(!sheet.body.contains("署名したときの内容と合いません"))
      let late = try await app.post(
        "\(path)/accounts/1/decision", [("decision", "remove"), ("version", "2")])
      #expect(late.status == 409)
      let subject = try await app.get("/account-reviews/subjects/mamorite")
      #expect(subject.body.contains(Language.ja.date(app.now.day.adding(months: 6))))
      let ledger = try await app.scope.read {
        try $0.history(of: "account-review:\(path.dropFirst("/account-reviews/".count))", limit: 10)
      }
      #expect(
        ledger.map(\.action) == ["accountReview.sign", "accountReview.decideMany", "accountReview.start"])
    }
  }

  @Test("署名したあとで書き換えられると、印刷の画面が言う", arguments: Engine.available)
  func altered(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await Self.begin(app)
      _ = try await Self.decideAll("keep", path, app)
      _ = try await Self.sign(path, app)
      _ = try await app.scope.write { tx in
        try tx.housekeeping.run(
          "UPDATE account_review_row SET decision = 'remove' WHERE facility_id = \(tx.facility) AND number = 2"
        )
      }
      let sheet = try await app.get("\(path)/print")
      #expect(sheet.body.contains("署名したときの内容と合いません"))
    }
  }

  @Test("消すと決めた人は、サインインを止めるまで残り、止めると済む", arguments: Engine.available)
  func carriedOut(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.cookie(of: .contributor)
      let path = try await Self.begin(app)
      let person = try #require(
        try await app.scope.read { try $0.people() }.first { $0.name == "contributor" })
      let review = try #require(AccountReview.ID(String(path.suffix(36))))
      let rows = try await app.scope.read {
        try $0.reviewRows(review, ReviewFilter(search: "contrib"), limit: 1)
      }
      let row = try #require(rows.first)
      _ = try await app.post(
        "\(path)/accounts/\(row.number)/decision", [("decision", "remove"), ("version", "1")])
      _ = try await Self.decideAll("keep", path, show: "undecided", app)
      let page = try await app.get("\(path)/signature", as: .administrator)
      #expect(page.body.contains("1件は、署名のあとも"))
      _ = try await Self.sign(path, app)
      let byHand = try await app.post(
        "\(path)/accounts/\(row.number)/completion", [("day", app.now.day.description), ("version", "2")])
      #expect(byHand.status == 409)
      let figures = try await app.scope.read { try $0.reviewFigures(on: app.now.day) }
      #expect(figures.openRemovals == 1 && figures.openChanges == 0)
      let duty = try await app.scope.read {
        try $0.duties(
          [AccountReviews.duties], on: app.now.day, until: app.now.day.adding(days: 30), limit: 10)
      }
      #expect(duty.map(\.path) == ["\(path)?show=open"])

      // In fourteen days those who decide are reminded; nobody began the plan but the one who started.
      app.now = app.now.day.adding(days: 14).morning
      let due = try await Installation(app.database).takeDue(now: app.now)
      for row in due where row.kind == "accountReviews.points" {
        try await AccountReviews.tellPoints(row, in: app.scope)
      }
      _ = try await Installation(app.database).deliver(now: app.now)
      for who in [TestApp.Who.itStaff, .administrator, .contributor] { app.forgetCookie(of: who) }
      _ = try await app.cookie(of: .contributor)
      let inbox = try await app.get("/inbox")
      #expect(inbox.body.contains("決めた変更と削除が、1件済んでいません"))

      let access = try await app.get("/people/\(person.id)/access", as: .administrator)
      let stopped = try await app.post(
        "/people/\(person.id)/withdrawal", [("version", try #require(access.hidden("version")))],
        as: .administrator)
      #expect(stopped.status == 303)
      let after = try await app.scope.read { try $0.reviewFigures(on: app.now.day) }
      #expect(after.openRemovals == 0)
      let out = try await app.get("/", as: .contributor)
      #expect(out.status == 303)
    }
  }

  @Test("役割を変えると、変えると決めたことが済む。自分と管理者は守られる", arguments: Engine.available)
  func roles(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let people = try await app.scope.read { try $0.people() }
      func id(_ name: String) throws -> PersonID { try #require(people.first { $0.name == name }).id }
      let own = try await app.post(
        "/people/\(try id("itStaff"))/role", [("role", "staff"), ("version", "1")])
      #expect(own.status == 422)
      let administrator = try await app.post(
        "/people/\(try id("administrator"))/withdrawal", [("version", "1")])
      #expect(administrator.status == 403)
      let raise = try await app.post(
        "/people/\(try id("staff"))/role", [("role", "administrator"), ("version", "1")])
      #expect(raise.status == 403)
      let changed = try await app.post(
        "/people/\(try id("staff"))/role", [("role", "contributor"), ("version", "1")])
      #expect(changed.status == 303)
      let stale = try await app.post(
        "/people/\(try id("staff"))/role", [("role", "auditor"), ("version", "1")])
      #expect(stale.status == 409)
      let twice = try await app.post("/people/\(try id("staff"))/withdrawal", [("version", "2")])
      #expect(twice.status == 303)
      let nothing = try await app.post("/people/\(try id("staff"))/withdrawal", [("version", "3")])
      #expect(nothing.status == 422)
    }
  }

  @Test("ほかのシステムの一覧を読み、持ち主を台帳でさがし、二度目に前回とくらべる", arguments: Engine.available)
  func file(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.system(app)
      _ = try await People.register.add(["name": "佐藤", "leftOn": "2026-03-31"], .ja, in: app.scope)
      let csv = "ログインID,氏名,最終ログオン\nsato,佐 藤,\(app.now.day)\nghost,だれか,\(app.now.day)\n=cmd(),佐藤,きのう\n"
      let begun = try await Self.upload(csv, of: system, app)
      let path = String(try #require(begun.location).prefix { $0 != "?" })
      let list = try await app.get(path)
      #expect(list.body.contains("辞めた人") && list.body.contains("持ち主が人の台帳にいない"))
      #expect(list.body.contains("読めない行が1行ありました") && list.body.contains("日付を読み取れません"))
      let twice = try await Self.upload(csv, of: system, app)
      #expect(twice.status == 409)
      _ = try await Self.decideAll("remove", path, app)
      _ = try await Self.sign(path, app)

      let done = try await app.post(
        "\(path)/accounts/1/completion", [("day", app.now.day.adding(days: 1).description), ("version", "2")])
      #expect(done.status == 422 && done.body.contains("先の日になっています"))
      let noted = try await app.post(
        "\(path)/accounts/1/completion", [("day", app.now.day.description), ("version", "2")])
      #expect(noted.status == 303)
      let figures = try await app.scope.read { try $0.reviewFigures(on: app.now.day) }
      #expect(figures.openRemovals == 1)

      app.now = app.now.adding(minutes: 1)
      let second = try await Self.upload("ID,氏名\nGHOST,だれか\n\"=HYPERLINK(1)\",新しい\n", of: system, app)
      let next = String(try #require(second.location).prefix { $0 != "?" })
      let page = try await app.get(next)
      #expect(page.body.contains("前回「消す」と決めたのに残っている") && page.body.contains("前回はなかった"))
      let file = try await app.get("\(next)/export.csv")
      #expect(file.body.contains("'=HYPERLINK(1)"))
      let book = try await app.get("\(next)/export.xlsx")
      let read = try Sheets.read(book.bytes, named: "a.xlsx")
      #expect(read.sheets[0].rows.contains { $0.first == .text("=HYPERLINK(1)") })

      let removed = try await app.post("\(next)/removal", [])
      #expect(removed.status == 303)
      let gone = try await app.get(next)
      #expect(gone.status == 404)
    }
  }

  @Test("期限の14日前に、担当だけに一度知らせる", arguments: Engine.available)
  func notice(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.system(app)
      let people = try await app.scope.read { try $0.reviewers() }
      let person = try #require(people.first { $0.name == "itStaff" }).id
      let due = app.now.day.adding(days: 40)
      let saved = try await app.post(
        "/account-reviews/subjects/\(system)/plan",
        [("interval", "3"), ("due", due.description), ("responsible", person.text), ("version", "0")])
      #expect(saved.status == 303)
      let stale = try await app.post(
        "/account-reviews/subjects/\(system)/plan",
        [("interval", "6"), ("due", due.description), ("responsible", ""), ("version", "0")])
      #expect(stale.status == 409)
      app.now = due.adding(days: -15).morning
      let early = try await Installation(app.database).takeDue(now: app.now)
      #expect(!early.contains { $0.kind == "accountReviews.due" })
      app.now = due.adding(days: -14).morning
      let rows = try await Installation(app.database).takeDue(now: app.now).filter {
        $0.kind == "accountReviews.due"
      }
      #expect(rows.count == 1)
      for _ in 0..<2 { for row in rows { try await AccountReviews.tellDue(row, in: app.scope) } }
      _ = try await Installation(app.database).deliver(now: app.now)
      let told = try await app.scope.read { try $0.inbox(of: person) }
      #expect(told.count { $0.key == "accountReviews.due" } == 1)
      let others = try await app.scope.read { tx in
        try people.filter { $0.id != person }.flatMap { try tx.inbox(of: $0.id) }
      }
      #expect(!others.contains { $0.key == "accountReviews.due" })
      app.forgetCookie(of: .itStaff)
      let form = [("interval", "5"), ("due", ""), ("responsible", ""), ("version", "1")]
      let refused = try await app.post("/account-reviews/subjects/\(system)/plan", form)
      #expect(refused.status == 422 && refused.body.contains("1、3、6、12か月から選んでください"))
    }
  }

  @Test("10,000件でも、どの画面も8文まで", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.system(app)
      let lines = (1...10_000).map {
        "user\($0),氏名\($0),\($0.isMultiple(of: 2) ? "2025-01-01" : "2026-11-01")"
      }
      let begun = try await Self.upload("ID,氏名,最終ログオン\n\(lines.joined(separator: "\n"))\n", of: system, app)
      let path = String(try #require(begun.location).prefix { $0 != "?" })
      for page in [
        path, "\(path)?show=attention&finding=unused&q=99&page=3&size=200", "\(path)/accounts/9999",
        "\(path)/print", "/account-reviews", "/account-reviews/subjects/\(system)", "\(path)/export.csv",
      ] {
        let before = app.database.statementCount
        let answer = try await app.get(page)
        #expect(answer.status == 200, "\(page)")
        // A file that is taken away leaves an entry.
        let most = page.hasSuffix(".csv") ? 14 : 8
        let used = app.database.statementCount - before
        #expect(used <= most, "\(page) \(used)")
      }
      let list = try await app.get("\(path)?finding=unused")
      #expect(list.body.contains("5000"))
      let done = try await Self.decideAll("keep", path, app)
      #expect(done.location == "\(path)?changed=10000")
      _ = try await app.cookie(of: .administrator)
      let before = app.database.statementCount
      let signed = try await Self.sign(path, app)
      #expect(signed.status == 303 && app.database.statementCount - before < 40)
    }
  }

  @Test("まとめて決める前にほかの人が決めると、何も変えない", arguments: Engine.available)
  func stale(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await Self.begin(app)
      let preview = try await app.post("\(path)/changes/preview", [("decision", "remove"), ("number", "1")])
      let revision = try #require(preview.hidden("revision"))
      _ = try await app.post("\(path)/accounts/2/decision", [("decision", "keep"), ("version", "1")])
      let late = try await app.post(
        "\(path)/changes", [("decision", "remove"), ("number", "1"), ("revision", revision)])
      #expect(late.status == 409)
      let empty = try await app.post("\(path)/changes/preview", [("decision", "remove")])
      #expect(empty.status == 422 && empty.body.contains("アカウントが選ばれていません"))
    }
  }

  @Test("許された人だけが見て、決める。別の施設からは見えない", arguments: Engine.available)
  func access(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await Self.begin(app)
      for (who, status) in [(TestApp.Who.management, 200), (.auditor, 200), (.staff, 403), (.stranger, 404)] {
        let answer = try await app.get(path, as: who)
        #expect(answer.status == status, "\(who)")
      }
      for (who, status) in [(TestApp.Who.management, 403), (.auditor, 403), (.stranger, 404)] {
        let answer = try await app.post(
          "\(path)/accounts/1/decision", [("decision", "keep"), ("version", "1")], as: who)
        #expect(answer.status == status, "\(who)")
      }
      let own = try await app.get("/account-reviews", as: .stranger)
      #expect(own.status == 200 && !own.body.contains(path))
    }
  }

  @Test("ない番号や同じ番号を送られても、あるものだけを決める")
  func strangeNumbers() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let path = try await Self.begin(app)
      let preview = try await app.post("\(path)/changes/preview", [("decision", "keep"), ("number", "1")])
      let least = "\(Int.min)"
      let answer = try await app.post(
        "\(path)/changes",
        [
          ("decision", "keep"), ("number", least), ("number", least), ("number", "1"), ("number", "1"),
          ("revision", try #require(preview.hidden("revision"))),
        ])
      #expect(answer.status == 303)
      let decided = try await app.scope.read {
        try $0.all("SELECT number FROM account_review_row WHERE decision IS NOT NULL") { try $0.int(0) }
      }
      #expect(decided == [1])
    }
  }
}
