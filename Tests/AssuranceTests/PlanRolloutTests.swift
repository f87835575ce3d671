import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private let maker = try? PdfMaker.find(environment: ProcessInfo.processInfo.environment)

@Suite("年度の計画に入る二要素認証の導入")
struct PlanRolloutTests {
  private static func day(_ text: String) -> Day { Day(text) ?? Day(daysSince1970: 0) }

  private static let days: [(String, String?, String?, String)] = [
    ("2027-04-01", nil, nil, "2027-04-01"), ("2027-04-01", nil, "2028-03-31", "2028-04-01"),
    ("2027-04-01", nil, "2026-12-31", "2027-04-01"), ("2027-04-01", "2027-05-01", "2028-03-31", "2027-04-01"),
  ]

  @Test("費用は段階の始まる日から。例外にしたものは、期限の翌日から", arguments: days)
  func begins(start: String, done: String?, until: String?, expected: String) {
    let day = RolloutCost.day(
      phase: Self.day(start), doneOn: done.map(Self.day), exceptionUntil: until.map(Self.day))
    #expect(day == Self.day(expected))
  }

  private static func cost(_ day: String, once: Int?, yearly: Int?, isOfMeasure: Bool = false) -> RolloutCost
  {
    RolloutCost(
      line: ID(at: .test), system: "電子カルテ", group: "医師", phase: 1, day: Self.day(day), isDone: false,
      once: once, yearly: yearly, isOfMeasure: isOfMeasure)
  }

  @Test("対策の合計に足し、対策につないだ行は数えず、空いている費用は件数になる")
  func totals() {
    let measure = PlanCost(
      measure: ID(at: .test), state: .planned, day: Self.day("2027-06-01"), once: 1_000, yearly: 10)
    let costs = [
      Self.cost("2027-04-01", once: 200, yearly: 3), Self.cost("2026-04-01", once: 40_000, yearly: 5),
      Self.cost("2027-04-01", once: nil, yearly: nil), Self.cost("2028-04-01", once: 7, yearly: 7),
      Self.cost("2027-04-01", once: 900_000, yearly: 900_000, isOfMeasure: true),
    ]
    let total = PlanTotal([measure], in: FiscalYear(2027)).adding(costs, in: FiscalYear(2027))
    #expect(total.begun == 1 && total.once == 1_200 && total.yearly == 18)
    #expect(total.unknownOnce == 1 && total.unknownYearly == 1)
  }

  /// A roll-out whose first phase begins with the fiscal year after the test's, with one line that costs something.
  private static func arrange(_ app: TestApp) async throws -> (RolloutLine, FiscalYear) {
    let year = app.now.day.fiscalYear.next
    try await Rollouts.begin(from: year.first, to: year.next.next.last, in: app.scope)
    let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope).id.text
    var draft = RolloutLine.Draft(system: system, group: "管理者")
    draft.costOnce = 120_000
    let line = try await Rollouts.add(draft, in: app.scope)
    return (line, year)
  }

  @Test("導入の費用が年度の計画に並び、予算に求めると要求書に載る", arguments: Engine.available)
  func request(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (_, year) = try await Self.arrange(app)
      let years = try await app.get("/plans", as: .management)
      #expect(years.body.contains("120,000円") && years.body.contains("120,000円以上"))
      let page = try await app.get("/plans/\(year)", as: .management)
      #expect(page.body.contains("二要素認証の導入 1 大事なシステムの管理者"))
      #expect(page.body.contains("二要素認証にするもの: 電子カルテ 管理者") && page.body.contains("はじめ 120,000円"))
      #expect(page.body.contains("まだ済んでいない1行が、二要素でないまま残ります。"))
      #expect(!page.body.contains("/plans/\(year)/rollout\"") && !page.body.contains("request.pdf"))
      #expect(try await app.get("/plans/\(year)/request.xlsx").status == 404)
      let path = "/plans/\(year)/rollout"
      let fields = [("chosen", "1"), ("why", "第一段階"), ("otherwise", ""), ("version", "0")]
      #expect(try await app.post(path, fields, as: .management).status == 403)
      #expect(try await app.post(path, fields, as: .stranger).status == 404)
      #expect(try await app.get("/plans/\(year.previous)/rollout").status == 404)
      #expect(try await app.post(path, fields).status == 303)
      let stale = try await app.post(path, fields.filter { $0.0 != "why" } + [("why", "別のわけ")])
      #expect(stale.status == 409 && stale.body.contains("別のわけ") && stale.hidden("version") == "1")
      let text = String(repeating: "長", count: 1_001)
      let long = try await app.post(
        path, [("chosen", "1"), ("why", text), ("otherwise", ""), ("version", "1")])
      #expect(long.status == 422 && long.body.contains("1,000字まで"))
      let book = try await app.get("/plans/\(year)/request.xlsx", as: .management)
      let rows = try Sheets.read(book.bytes, named: "budget.xlsx").sheets[0].rows
      let cells = try #require(rows.first { $0.first?.text.hasPrefix("二要素認証の導入 1") == true })
      #expect(cells.contains { $0.text == "120000" } && cells.contains { $0.text.contains("第一段階") })
      #expect(rows.flatMap { $0.map(\.text) }.contains { $0.contains("わからない費用が1件") })
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("二要素認証の導入を予算に求めるかどうかを変えました"))
      #expect(try await app.get("/plans/\(year)", as: .stranger).body.contains("電子カルテ") == false)
    }
  }

  @Test("対策につなぐと対策だけを数え、対策をやめると行に戻る", arguments: Engine.available)
  func linked(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (line, year) = try await Self.arrange(app)
      var draft = Measure.Draft(title: "認証の仕組みを買う", costInitial: 120_000, costYearly: 0)
      draft.startOn = year.first
      let measure = try await Measures.add(draft, in: app.scope)
      func total() async throws -> Int {
        try await app.scope.read { tx in
          let costs = try tx.planCosts(year).map(\.cost)
          return PlanTotal(costs, in: year).adding(try tx.rolloutPlan(year)?.costs ?? [], in: year).once
        }
      }
      let before = try await total()
      #expect(before == 240_000)
      let path = "/rollout/lines/\(line.id)/measures"
      #expect(try await app.get(path).body.contains("認証の仕組みを買う"))
      #expect(try await app.post(path, [("measure", measure.id.text)], as: .auditor).status == 403)
      #expect(try await app.post(path, [("measure", line.id.text)]).status == 404)
      #expect(try await app.post(path, [("measure", measure.id.text)]).status == 303)
      let after = try await total()
      #expect(after == 120_000)
      let form = try await app.get("/rollout/lines/\(line.id)")
      #expect(form.body.contains("href=\"/measures/\(measure.id)\"") && form.body.contains("つながりを外す"))
      let page = try await app.get("/plans/\(year)")
      #expect(page.body.contains("対策につないだ1行の費用は、対策のほうで数えます。"))
      #expect(try await app.get("/plans/\(year)/rollout").status == 404)
      draft.state = .stopped
      try await Measures.revise(measure.id, version: 1, in: app.scope, draft)
      let stopped = try await total()
      #expect(stopped == 120_000)
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("導入の行の費用を数える対策を変えました"))
      #expect(try await app.post(path, [("off", "1")]).status == 303)
      #expect(try await app.post(path, [("measure", measure.id.text)]).status == 303)
      // A line that leaves takes its link along.
      #expect(try await app.post("/rollout/lines/\(line.id)/removal", [("version", "1")]).status == 303)
      let left = try await app.scope.read { try $0.rolloutPlan(year)?.costs.count ?? 0 }
      #expect(left == 0)
    }
  }

  @Test("120行の導入があっても、年度の計画は1ページ8文まで", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (line, year) = try await Self.arrange(app)
      try await app.scope.write { tx in
        for number in 0..<120 {
          var draft = RolloutLine.Draft(system: line.system, group: "まとまり \(number)")
          draft.costOnce = 10
          let next = try RolloutLine(id: app.scope.newID()).revised(draft, today: app.now.day)
          try tx.insert(next, system: "電子カルテ")
        }
        var draft = Measure.Draft(title: "対策", costInitial: 10, costYearly: 1)
        draft.startOn = year.first
        try tx.insert(try Measure(draft, id: app.scope.newID()))
      }
      _ = try await app.cookie(of: .auditor)
      for path in ["/plans", "/plans/\(year)", "/rollout"] {
        let before = app.database.statementCount
        let page = try await app.get(path, as: .auditor)
        #expect(page.status == 200 && app.database.statementCount - before <= 8, "\(path)")
      }
      let page = try await app.get("/plans/\(year)", as: .auditor)
      #expect(page.body.contains("ほか115件") && page.body.contains("121,211円"))
    }
  }

  @Test("要求書の PDF に、導入の段階と費用が出る", .enabled(if: maker != nil, "typst がない"))
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (_, year) = try await Self.arrange(app)
      try await Plans.writeRollout(
        year, version: 0, isChosen: true, why: "", otherwise: "", in: app.scope)
      let text = try await Pdf.text(try await app.get("/plans/\(year)/request.pdf", as: .management).bytes)
      #expect(text.contains("120,000円") && text.contains("二要素認証の導入"))
    }
  }
}
