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

@Suite("年度の計画と予算の要求")
struct PlanTests {
  private static func cost(
    _ state: Measure.State, _ day: String?, once: Int?, yearly: Int?
  ) -> PlanCost {
    PlanCost(
      measure: ID(at: .test), state: state, day: day.flatMap { Day($0) }, once: once, yearly: yearly)
  }

  /// 状態, 日, 年度 → はじめ, 毎年, わからない.
  private static let cases: [(Measure.State, String?, Int, Int, Int, Int)] = [
    (.planned, "2027-04-01", 2027, 100, 10, 0), (.planned, "2028-03-31", 2027, 100, 10, 0),
    (.planned, "2027-03-31", 2027, 0, 10, 0), (.planned, "2028-04-01", 2027, 0, 0, 0),
    (.inPlace, "2020-04-01", 2027, 0, 10, 0), (.inPlace, nil, 2027, 0, 10, 0),
    (.planned, nil, 2027, 0, 0, 0), (.underWay, nil, 2027, 0, 0, 0), (.stopped, "2027-04-01", 2027, 0, 0, 0),
  ]

  @Test("費用は4月から3月の年度に入り、毎年の費用はその年度から続く", arguments: cases)
  func years(
    state: Measure.State, day: String?, year: Int, once: Int, yearly: Int, unknown: Int
  ) {
    let total = PlanTotal([Self.cost(state, day, once: 100, yearly: 10)], in: FiscalYear(year))
    #expect(total.once == once && total.yearly == yearly)
    #expect(total.unknownOnce + total.unknownYearly == unknown)
  }

  @Test("空いている費用は0円とみなさず、わからない件数になる。0円は0円")
  func unknown() {
    let costs = [
      Self.cost(.planned, "2027-05-01", once: nil, yearly: nil),
      Self.cost(.planned, "2027-05-01", once: 300, yearly: 0),
      Self.cost(.inPlace, "2026-05-01", once: nil, yearly: nil),
    ]
    let total = PlanTotal(costs, in: FiscalYear(2027))
    #expect(total.begun == 2 && total.once == 300 && total.yearly == 0)
    #expect(total.unknownOnce == 1 && total.unknownYearly == 2 && !total.isComplete)
    #expect(PlanTotal([costs[1]], in: FiscalYear(2027)).isComplete)
  }

  @Test("わけは1,000字まで")
  func long() {
    let line = BudgetLine(year: FiscalYear(2027), measure: ID(at: .test))
    #expect(throws: PlanRefusal.textTooLong) {
      try line.revised(isChosen: true, why: String(repeating: "長", count: 1001), otherwise: "")
    }
  }

  /// A measure that begins in the fiscal year after the test's, with a risk and a requirement.
  private static func arrange(_ app: TestApp) async throws -> (Measure, FiscalYear) {
    let year = app.now.day.fiscalYear.next
    var draft = Measure.Draft(title: "VPN装置を入れ替える", costInitial: 1_200_000)
    (draft.startOn, draft.dueOn) = (year.first, year.first.adding(days: 100))
    let measure = try await Measures.add(draft, in: app.scope)
    let audit = try await app.beginAudit()
    _ = try await app.post(
      "/audits/\(audit)/measures", [("measure", measure.id.text), ("node", "\(AuditSamples.base):1.1")])
    let risk = try await app.addRisk()
    _ = try await app.post("/risks/\(risk)/measures", [("measure", measure.id.text)])
    return (measure, year)
  }

  @Test("計画は、何を、なぜ、いくら、しなければどうなるかを言い、選んだものが要求書になる", arguments: Engine.available)
  func request(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/plans", as: .management)
      #expect(empty.status == 200 && empty.body.contains("対策がまだありません"))
      let (measure, year) = try await Self.arrange(app)
      _ = try await Measures.add(Measure.Draft(title: "日のない対策"), in: app.scope)
      let plan = try await app.get("/plans", as: .management)
      #expect(plan.body.contains("日のない対策"))
      // Its yearly cost is not known: the one-time cost is, and the total is at least that. Why is said once.
      #expect(plan.body.contains(">1,200,000円<") && plan.body.contains(">1,200,000円以上<"))
      #expect(plan.body.contains(">わからない<") && !plan.body.contains("class=\"tag\""))
      #expect(plan.body.matches(of: #/費用の書いてないもの/#).count == 1)
      let shown = try await app.get("/plans/\(year)", as: .management)
      #expect(shown.body.contains("1.1 Plain") && shown.body.contains("リスク: VPNから入られる(いま 大 (6))"))
      #expect(shown.body.contains("いまの大きさ(大 (6))のまま残ります。すれば 小 (3) になる見込みです。"))
      #expect(shown.body.contains("毎年 わからない") && shown.body.contains("費用のわからないものが1件あり"))
      #expect(try await app.get("/plans/\(year)/request.xlsx").status == 404)
      let path = "/plans/\(year)/lines/\(measure.id)"
      let fields = [("chosen", "1"), ("why", "保守が終わる"), ("otherwise", ""), ("version", "0")]
      #expect(try await app.post(path, fields, as: .management).status == 403)
      #expect(try await app.post(path, fields).status == 303)
      let stale = try await app.post(path, fields.filter { $0.0 != "why" } + [("why", "別のわけ")])
      #expect(stale.status == 409 && stale.body.contains("別のわけ") && stale.hidden("version") == "1")
      let long =
        fields.filter { $0.0 != "why" && $0.0 != "version" } + [
          ("why", String(repeating: "長", count: 1001)), ("version", "1"),
        ]
      #expect(try await app.post(path, long).status == 422)
      let book = try await app.get("/plans/\(year)/request.xlsx", as: .management)
      let rows = try Sheets.read(book.bytes, named: "budget.xlsx").sheets[0].rows
      let words = rows.flatMap { $0.map(\.text) }
      let heads = try #require(rows.first { $0.first?.text == "何を" }).map(\.text)
      let cells = try #require(rows.first { $0.first?.text == "VPN装置を入れ替える" })
      for (head, day) in [("始める日", measure.startOn), ("期限", measure.dueOn)] {
        let place = try #require(heads.firstIndex(of: head))
        #expect(day.map { cells[place] == .day($0) } == true, "\(head)")
      }
      #expect(words.contains("VPN装置を入れ替える") && words.contains("1200000") && words.contains("わからない"))
      #expect(words.contains { $0.contains("保守が終わる") })
      #expect(words.contains { $0.contains("わからない費用が1件") })
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("予算に求めるものを変えました"))
      let off = [("chosen", "0"), ("version", "1")]
      #expect(try await app.post("\(path)/choice", off).status == 303)
      #expect(try await app.get("/plans/\(year)/request.pdf").status == 404)
      #expect(try await app.scope.read { try $0.budgetLine(year, measure.id) }?.why == "保守が終わる")
    }
  }

  @Test("入っていない年度、ない年度、ない対策は断る", arguments: Engine.available)
  func wrong(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (measure, year) = try await Self.arrange(app)
      let fields = [("chosen", "1"), ("version", "0")]
      let before = "/plans/\(year.previous)/lines/\(measure.id)/choice"
      #expect(try await app.post(before, fields).status == 404)
      #expect(try await app.get("/plans/1999").status == 404)
      #expect(try await app.get("/plans/year").status == 404)
      let unknown = "/plans/\(year)/lines/0192f000-0000-7000-8000-000000000000/choice"
      #expect(try await app.post(unknown, fields).status == 404)
      let stranger = try await app.post("/plans/\(year)/lines/\(measure.id)/choice", fields, as: .stranger)
      #expect(stranger.status == 404)
    }
  }

  @Test("選んだあとで日が動いた対策は、もとの年度で選ばれたことにならない", arguments: Engine.available)
  func moved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (measure, year) = try await Self.arrange(app)
      _ = try await app.post(
        "/plans/\(year)/lines/\(measure.id)/choice", [("chosen", "1"), ("version", "0")])
      var draft = Measure.Draft(title: measure.title, costInitial: 1_200_000)
      (draft.startOn, draft.dueOn) = (year.next.first, year.next.last)
      try await Measures.revise(measure.id, version: 1, in: app.scope, draft)
      let page = try await app.get("/plans/\(year)")
      #expect(page.body.contains("選んでいません") && !page.body.contains("request.pdf"))
      let years = try await app.get("/plans")
      #expect(years.body.matches(of: #/選んでいません/#).count == Plans.shownYears)
    }
  }

  @Test("重いリスクの順に並び、120件でも1ページ8文まで", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (measure, year) = try await Self.arrange(app)
      try await app.scope.write { tx in
        for number in 0..<120 {
          var draft = Measure.Draft(title: "A対策 \(number)", costInitial: 10, costYearly: 1)
          draft.startOn = year.first
          try tx.insert(try Measure(draft, id: app.scope.newID()))
        }
      }
      _ = try await app.cookie(of: .auditor)
      for (path, count) in [("/plans", 5), ("/plans/\(year)", 50), ("/plans/\(year)?page=3", 21)] {
        let before = app.database.statementCount
        let page = try await app.get(path, as: .auditor)
        #expect(app.database.statementCount - before <= 8, "\(path)")
        #expect(page.body.matches(of: #/<th scope="row"/#).count == count, "\(path)")
      }
      let first = try await app.scope.read { try $0.plan(year, onlyChosen: false, (3, 0)) }
      #expect(first.map(\.measure.id).first == measure.id)
      #expect(first[1].severity == -1)
    }
  }

  @Test("要求書の PDF に、合計とわからない費用が出る", .enabled(if: maker != nil, "typst がない"))
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (measure, year) = try await Self.arrange(app)
      _ = try await app.post(
        "/plans/\(year)/lines/\(measure.id)/choice", [("chosen", "1"), ("version", "0")])
      let file = try await app.get("/plans/\(year)/request.pdf", as: .management)
      #expect(file.status == 200)
      let text = try await Pdf.text(file.bytes)
      #expect(text.contains("1,200,000円") && text.contains("費用のわからないものが1件"))
      #expect(text.contains("しなければ") && text.contains("VPN装置を入れ替える"))
    }
  }
}
