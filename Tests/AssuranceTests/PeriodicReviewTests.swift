import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("定期の見直し")
struct PeriodicReviewTests {
  private static func day(_ text: String) throws -> Day { try #require(Day(text)) }

  // MARK: Rules

  @Test("何か月ごとかは1から60まで", arguments: [("1", true), ("６０", true), ("0", false), ("61", false), ("年", false)])
  func months(text: String, isGood: Bool) throws {
    if isGood {
      #expect(try ReviewCycle(text, next: "2026-04-01", owner: "", over: nil).version == 1)
    } else {
      #expect(throws: PeriodicReviewRefusal.badMonths) {
        try ReviewCycle(text, next: "2026-04-01", owner: "", over: nil)
      }
    }
  }

  private static let nexts: [(done: String, months: Int, typed: String, next: String)] = [
    ("2026-02-20", 12, "", "2027-02-20"), ("2026-01-31", 1, "", "2026-02-28"),
    ("2026-02-20", 6, "2026-05-01", "2026-05-01"),
  ]

  @Test("次の日は、見直した日から何か月かあと。人が選べばその日", arguments: nexts)
  func next(done: String, months: Int, typed: String, next: String) throws {
    let cycle = ReviewCycle(months: months, nextOn: try Self.day("2026-02-01"), owner: nil, version: 1)
    let review = try PeriodicReview(
      done: done, outcome: "fine", note: "", next: typed, in: cycle, id: .init(at: .test), by: "甲", at: .test)
    #expect(review.nextOn.description == next)
  }

  private static let refused: [([String], PeriodicReviewRefusal)] = [
    (["2026-02-25", "fine", "", ""], .badDone), (["いつか", "fine", "", ""], .badDone),
    (["2026-02-20", "good", "", ""], .badOutcome), (["2026-02-20", "changed", " ", ""], .noNote),
    (["2026-02-20", "problem", "", ""], .noNote),
    (["2026-02-20", "fine", "", "2026-02-20"], .nextBeforeDone),
    (["2026-02-20", "fine", "", "あした"], .badNext),
  ]

  @Test("先の日、わけの無い直し、前に戻る次の日は断る", arguments: refused)
  func refusals(typed: [String], problem: PeriodicReviewRefusal) throws {
    let cycle = ReviewCycle(months: 12, nextOn: try Self.day("2026-02-01"), owner: nil, version: 1)
    #expect(throws: problem) {
      try PeriodicReview(
        done: typed[0], outcome: typed[1], note: typed[2], next: typed[3], in: cycle, id: .init(at: .test),
        by: "甲", at: .test)
    }
  }

  // MARK: Over HTTP

  @Test("対策と点検に予定を決め、義務と知らせが出て、見直すと次の日になり、履歴が残る", arguments: Engine.available)
  func life(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let measure = try await Measures.add(Measure.Draft(title: "控えを切り離す"), in: app.scope).id
      let audit = try await app.beginAudit()
      let people = try await app.scope.read { try $0.people() }
      let owner = try #require(people.first { $0.name == "contributor" })
      let none = try await app.get("/periodic-reviews", as: .auditor)
      #expect(none.body.contains("まだありません") && none.body.contains("class=\"button\" href=\"/measures\""))
      let next = app.now.day.adding(days: 20)
      let plan = [("months", "6"), ("next", next.description), ("owner", owner.id.text), ("version", "0")]
      for path in ["/measures/\(measure)", "/audits/\(audit)"] {
        #expect(try await app.get("\(path)/review", as: .auditor).body.contains("決まっていません"))
        #expect(try await app.post("\(path)/review/plan", plan).status == 303)
        #expect(try await app.post("\(path)/review/plan", plan).status == 409)
        #expect(try await app.get("\(path)/review", as: .stranger).status == 404)
        #expect(try await app.get(path).body.contains("\(path)/review"))
      }
      let list = try await app.get("/periodic-reviews", as: .management)
      #expect(list.body.contains("控えを切り離す") && list.body.contains("6か月ごと"))
      for day in [next.adding(days: -7), next.adding(days: 1)] {
        app.now = day.morning.adding(minutes: 1)
        let rows = try await Installation(app.database).takeDue(now: app.now)
        let mine = rows.filter { $0.kind == "periodicReviews.next" }
        #expect(mine.count == 2)
        for row in mine { try await PeriodicReviews.remind(row, in: app.scope) }
      }
      _ = try await Installation(app.database).deliver(now: app.now)
      let keys = try await app.scope.read { try $0.inbox(of: owner.id) }.map(\.key)
      #expect(keys.filter { $0 == "periodicReviews.dueSoon" }.count == 2)
      #expect(keys.filter { $0 == "periodicReviews.overdue" }.count == 2)
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      #expect(try await app.get("/", as: .itStaff).body.contains("定期の見直しをします"))
      let path = "/measures/\(measure)/review"
      let done = [
        ("done", app.now.day.description), ("outcome", "changed"), ("note", "金庫を替えた"), ("following", ""),
        ("version", "1"),
      ]
      #expect(try await app.post("\(path)/records", done, as: .auditor).status == 403)
      #expect(try await app.post("\(path)/records", done, as: .contributor).status == 303)
      #expect(try await app.post("\(path)/records", done, as: .contributor).status == 409)
      let page = try await app.get(path, as: .auditor)
      #expect(page.body.contains("金庫を替えた") && page.body.contains("contributor"))
      let thing = ReviewedThing(.measures, measure.text)
      let cycle = try await app.scope.read { try $0.reviewCycle(of: thing) }?.cycle
      #expect(cycle?.nextOn == app.now.day.adding(months: 6))
      let ledger = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(ledger.contains { $0.action == "review.done" && $0.after?.contains("金庫を替えた") == true })
      let stop = [("stop", "1"), ("version", "2")]
      #expect(try await app.post("\(path)/plan", stop).status == 303)
      let after = try await app.get(path)
      #expect(after.body.contains("決まっていません") && after.body.contains("金庫を替えた"))
      #expect(try await app.post("\(path)/records", done).status == 409)
    }
  }

  @Test("担当でない人は見直しを残せず、間違いには何を直すかが出る。文は8まで", arguments: Engine.available)
  func wrong(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let measure = try await Measures.add(Measure.Draft(title: "鍵"), in: app.scope).id
      let path = "/measures/\(measure)/review"
      let bad = try await app.post(
        "\(path)/plan", [("months", "99"), ("next", "2026-04-01"), ("version", "0")])
      #expect(bad.status == 422 && bad.body.contains("1から60まで") && bad.body.contains("value=\"99\""))
      let empty = try await app.post(
        "\(path)/plan", [("months", ""), ("next", "2026-04-01"), ("version", "0")])
      #expect(empty.status == 422)
      let plan = [("months", "6"), ("next", "2026-04-01"), ("owner", ""), ("version", "0")]
      #expect(try await app.post("\(path)/plan", plan).status == 303)
      let done = [("done", "2026-02-20"), ("outcome", "problem"), ("note", ""), ("version", "1")]
      #expect(try await app.post("\(path)/records", done, as: .contributor).status == 403)
      let missing = try await app.post("\(path)/records", done)
      #expect(missing.status == 422 && missing.body.contains("見つかった問題を書いて"))
      for path in ["/periodic-reviews", path] {
        let before = app.database.statementCount
        _ = try await app.get(path)
        #expect(app.database.statementCount - before <= 8, "\(path)")
      }
    }
  }
}
