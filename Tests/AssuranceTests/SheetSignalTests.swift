import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("事業者の回答を根拠に答える")
struct SheetSignalTests {
  private static let item = "r7-med-2-7"

  @Test(
    "「いいえ」はすぐに数え、「はい」はすべての票がそろってから決める",
    arguments: [
      (SheetFigures(yes: 2), Signal.State.met), (SheetFigures(yes: 2, waiting: 1), .unknown),
      (SheetFigures(yes: 2, no: 1), .partly), (SheetFigures(yes: 2, no: 1, waiting: 3), .partly),
      (SheetFigures(no: 1), .unmet), (SheetFigures(no: 2, waiting: 1), .unmet),
    ])
  func states(figures: SheetFigures, state: Signal.State) {
    #expect(Requests.signal(of: figures)?.state == state)
  }

  @Test("答えがまだ一つもなければ、何も言わない")
  func silent() {
    #expect(Requests.signal(of: SheetFigures()) == nil)
    #expect(Requests.signal(of: SheetFigures(waiting: 2)) == nil)
  }

  @Test("渡された票が答えの画面に根拠として出て、受け入れられる", arguments: Engine.available)
  func shown(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let path = "/assessments/\(assessment.id)?item=\(Self.item)"
      let first = try await app.ask(vendor: try await app.vendor("ひまわり情報システム"))
      let second = try await app.ask(vendor: try await app.vendor("すみれ電子"))
      let none = try await app.get(path)
      #expect(!none.body.contains("class=\"ground\""))

      try await Self.answer(first, "yes", app)
      let early = try await app.get(path)
      #expect(early.body.contains("事業者の回答からは決められません"))
      #expect(early.body.contains("答え1件のうち1件が「はい」です。"))
      #expect(early.body.contains("まだ出ていない票が1枚あります。"))

      try await Self.answer(second, "no", app)
      let before = app.database.statementCount
      let page = try await app.get(path)
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.contains("事業者の回答から見ると「いいえ」です"))
      #expect(page.body.contains("答え2件のうち1件が「はい」です。") && page.body.contains("1件は「いいえ」です。"))
      let done = try await app.post(
        "/assessments/\(assessment.id)/answers/\(Self.item)/ground",
        [
          ("slice", try #require(page.hidden("slice"))), ("ground", try #require(page.hidden("ground"))),
          ("version", "0"),
        ])
      #expect(done.status == 303)
      let stored = try await app.scope.read { try $0.answer(assessment.id, Self.item) }
      #expect(stored?.value == .no && stored?.confirmedOn == app.now.day)

      // The same vendor's later sheet takes the place of its earlier one.
      app.now = app.now.adding(minutes: 60)
      let again = try await app.ask(vendor: try await app.request(second.request).vendor)
      try await Self.answer(again, "yes", app)
      let after = try await app.get(path)
      #expect(after.body.contains("答え2件のうち2件が「はい」です。"))
      #expect(after.body.contains("答えたあとで記録が変わりました"))
    }
  }

  private static func answer(_ asked: AskedVendor, _ value: String, _ app: TestApp) async throws {
    let cookie = try await app.open(asked)
    try await app.answerAll(asked, cookie, value: value)
    try await app.handIn(asked, cookie)
  }
}
