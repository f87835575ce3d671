import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("事業者の認証・連絡先・知らせ")
struct VendorCareTests {
  @Test("認証を加えると期限が気がかりになり、直し、外せる", arguments: Engine.available)
  func certifications(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      let path = "/vendors/\(signed.vendor.id)/certifications"
      let record = "/registers/vendors/\(signed.vendor.id)"
      let refused = try await app.post(path, [("kind", ""), ("number", "A-1"), ("endsOn", "2026-03-31")])
      #expect(refused.status == 422 && refused.body.contains("value=\"A-1\""))
      let badDay = try await app.post(path, [("kind", "isms"), ("endsOn", "来年")])
      #expect(badDay.status == 422 && badDay.body.contains("期限を日付として読み取れません"))
      for (kind, end) in [("isms", "令和8年3月31日"), ("ismap", "2028-03-31")] {
        let answer = try await app.post(
          path, [("kind", kind), ("number", "IS 1"), ("scope", "保守"), ("endsOn", end)])
        #expect(answer.status == 303)
      }
      // Signs in, which is not counted.
      _ = try await app.get("/")
      let before = app.database.statementCount
      let page = try await app.get(record)
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.contains("認証の期限まで60日を切った") && page.body.contains("あと35日"))
      let vendor = signed.vendor.id
      let stored = try #require(try await app.scope.read { try $0.certifications(of: vendor) }.first)
      let changed = try await app.post(
        "\(path)/\(stored.id)", [("kind", "isms"), ("endsOn", "2029-03-31"), ("revision", "1")])
      #expect(changed.status == 303)
      let late = try await app.post(
        "\(path)/\(stored.id)", [("kind", "isms"), ("endsOn", "2030-03-31"), ("revision", "1")])
      #expect(late.status == 409)
      // A number that no record's can be is refused like any other, and the program goes on.
      for number in ["\(Int.max)", "-1", "2147483648"] {
        let odd = try await app.post(
          "\(path)/\(stored.id)", [("kind", "isms"), ("endsOn", "2030-03-31"), ("revision", number)])
        #expect(odd.status == 409, "\(number)")
      }
      let calm = try await app.get(record)
      #expect(!calm.body.contains("認証の期限まで60日を切った"))
      let gone = try await app.post("\(path)/\(stored.id)/removal", [("revision", "2")])
      #expect(gone.status == 303)
      #expect(try await app.scope.read { try $0.certifications(of: vendor) }.map(\.kind) == [.ismap])
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("連絡先を確かめた日を一度押すだけで記録する", arguments: Engine.available)
  func contacts(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await Vendors.register.add(["name": "みどり検査", "nightPhone": "045"], .ja, in: app.scope)
      let page = try await app.get("/registers/vendors/\(vendor.id)")
      #expect(page.body.contains("連絡先を確かめた記録がありません"))
      let done = try await app.post("/vendors/\(vendor.id)/contacts-check", [("version", "1")])
      #expect(done.status == 303)
      let entry = try await app.scope.read { try $0.entry(Vendors.register, vendor.id)?.entry }
      #expect(entry?.text("contactsCheckedOn") == "2026-02-24" && entry?.text("nextCheckOn") == "2027-02-24")
    }
  }

  @Test("見るだけの人と他院の人は、認証も連絡先も直せない", arguments: Engine.available)
  func closed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      let path = "/vendors/\(signed.vendor.id)"
      for (who, status) in [(TestApp.Who.auditor, 403), (.stranger, 404)] {
        #expect(try await app.get("\(path)/certifications/new", as: who).status == status)
        let added = try await app.post("\(path)/certifications", [("kind", "isms")], as: who)
        #expect(added.status == status)
        let checked = try await app.post("\(path)/contacts-check", [("version", "1")], as: who)
        #expect(checked.status == status)
        let letter = try await app.get("/clauses/letter?vendor=\(signed.vendor.id)", as: who)
        #expect(letter.status == (who == .auditor ? 200 : 404))
      }
    }
  }

  /// Takes what is due and runs it twice, as after a crash.
  private static func work(_ app: TestApp) async throws -> [String] {
    let installation = Installation(app.database)
    let rows = try await installation.takeDue(now: app.now).filter { $0.kind != "ledger.checkpoint" }
    for _ in 0..<2 {
      for row in rows { try await Notices.due[row.kind]?(row, app.scope) }
    }
    _ = try await installation.deliver(now: app.now)
    return rows.map(\.kind).sorted()
  }

  @Test("申出、連絡先、認証の日は、担当のお知らせに一度だけ届く", arguments: Engine.available)
  func notices(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let terms = Signed.terms.merging(["noticeBy": "2026-03-10", "endsOn": "2026-06-30"]) { _, new in new }
      let signed = try await Signed(app, terms: terms)
      try await Vendors.register.change(
        signed.vendor.id, ["nextCheckOn": "2026-03-10", "certificationEndsOn": "2026-07-01"], version: 1, .ja,
        in: app.scope)
      #expect(try await Self.work(app) == ["contracts.notice"])
      // A change of something else tells nothing again.
      try await Contracts.register.change(signed.contract.id, ["note": "x"], version: 1, .ja, in: app.scope)
      app.now = try #require(Day(2026, 3, 10)).start.adding(minutes: 9 * 60)
      #expect(try await Self.work(app) == ["contracts.notice", "vendors.check"])
      app.forgetCookie(of: .itStaff)
      let inbox = try await app.get("/inbox")
      #expect(inbox.body.components(separatedBy: "契約「画像保守」の申出の期限は").count == 2)
      #expect(inbox.body.components(separatedBy: "事業者「あおぞら画像」の連絡先を確かめる日").count == 2)
      let staff = try await app.get("/inbox", as: .staff)
      #expect(!staff.body.contains("画像保守"))
      // Both are due today: the number in the frame and the list on the first page say the same.
      let home = try await app.get("/")
      #expect(home.body.contains(">2</span>") && home.body.contains("この日までに申し出ます"))
      #expect(home.body.contains("つながるかを確かめます"))
      // Other roles that may not open the register are not sent to it.
      let contributor = try await app.get("/", as: .contributor)
      #expect(!contributor.body.contains("画像保守"))
    }
  }

  @Test("すべての契約の定めは、足りないところを赤く示し、手紙に正しい名前と問いが入る", arguments: Engine.available)
  func clauses(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      _ = try await Contracts.register.add(
        ["number": "K-0", "title": "終わった契約", "vendor": "あおぞら画像", "status": "ended"], .ja, in: app.scope)
      // Signs in, which is not counted.
      _ = try await app.get("/")
      let before = app.database.statementCount
      let page = try await app.get("/clauses")
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.contains("24時間以内") && page.body.contains("<td data-tone=\"bad\">"))
      #expect(page.body.contains("1件に足りない定めがあります") && !page.body.contains("終わった契約"))
      // Four of seventeen are settled.
      #expect(page.body.contains("13項目"))
      let end = try await app.get("/clauses?vendor=\(signed.vendor.id)&theme=end")
      #expect(end.body.contains("消した証明") && !end.body.contains("<th scope=\"col\">再委託先</th>"))
      let letter = try await app.get("/clauses/letter?vendor=\(signed.vendor.id)")
      #expect(letter.body.contains("あおぞら画像 御中") && letter.body.contains("西 様"))
      #expect(letter.body.contains("みなと総合病院") && letter.body.contains("画像保守(契約番号 K-007)"))
      #expect(letter.body.contains("書面で証明していただけますか"))
      #expect(!letter.body.contains("夜間や休日にも連絡できる窓口"))
      #expect(try await app.get("/clauses/letter?vendor=x").status == 404)
      #expect(try await app.get("/clauses", as: .contributor).status == 403)
      let elsewhere = try await app.get("/clauses", as: .stranger)
      #expect(elsewhere.status == 200 && !elsewhere.body.contains("画像保守"))
    }
  }
}
