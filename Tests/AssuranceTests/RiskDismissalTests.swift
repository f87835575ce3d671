import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("候補から外したリスク")
struct RiskDismissalTests {
  private static let references: [(String, String, String)] = [
    ("finding:0192", "0192", ""), ("answer:0192/r7-med-2-6", "0192", "r7-med-2-6"),
    ("audit:0192/urn:test:req:a/b:1.1", "0192", "urn:test:req:a/b:1.1"), ("nonsense", "", ""),
  ]

  @Test("候補の名前から、もとの記録と項目を分ける", arguments: references)
  func parts(reference: String, source: String, item: String) {
    let found = RiskDismissal.parts(of: reference)
    #expect(found.source == source && found.item == item)
  }

  private static func suggestion(_ ground: Int) -> RiskSuggestion {
    RiskSuggestion(
      kind: .finding, reference: "finding:1", title: "題", text: "本文", system: nil, path: "/", ground: ground)
  }

  @Test("外した候補は、もとが変わるまで出ない。引き受けたものは、変わっても出ない")
  func settled() {
    let dismissal = RiskDismissal(
      id: ID(at: .test), reference: "finding:1", ground: 2, kind: .finding, title: "題", text: "本文",
      path: "/", reason: "わけ", by: "佐藤", day: Instant.test.day, version: 1)
    var settled = RiskSettled()
    #expect(settled.open([Self.suggestion(2)]).first?.earlier == nil)
    settled.dismissed["finding:1"] = dismissal
    #expect(settled.open([Self.suggestion(2)]).isEmpty)
    #expect(settled.open([Self.suggestion(3)]).first?.earlier == dismissal)
    settled.taken = ["finding:1"]
    #expect(settled.open([Self.suggestion(3)]).isEmpty)
    #expect(dismissal.ground(now: 2) == .same && dismissal.ground(now: 3) == .changed)
    #expect(dismissal.ground(now: nil) == .gone)
  }

  @Test("わけは1字から400字", arguments: [("", false), (" ", false), ("わけ", true)])
  func reason(text: String, isFine: Bool) {
    #expect((try? RiskDismissal.reason(text)) == (isFine ? text : nil))
    #expect(throws: RiskRefusal.noDismissal) { try RiskDismissal.reason(String(repeating: "長", count: 401)) }
  }

  // MARK: Over HTTP

  private static func dismiss(
    _ reference: String, because reason: String = "使っていない", _ app: TestApp, as who: TestApp.Who = .itStaff
  ) async throws -> TestApp.Answer {
    let form = try await app.get("/risks/dismissals/new?from=\(urlEncoded(reference))", as: who)
    let ground = form.hidden("ground") ?? "0"
    return try await app.post(
      "/risks/dismissals", [("from", reference), ("ground", ground), ("reason", reason)], as: who)
  }

  /// An item of the ministry's checklist, answered anew each time.
  private static func answer(
    _ value: Answer.Value, version: Int, of assessment: Assessment.ID, _ app: TestApp
  ) async throws {
    var draft = Answer.Draft(.blank("r7-med-2-6"))
    (draft.value, draft.confirmedOn, draft.note) = (value, app.now.day, "見積りを取る")
    try await Assessments.save(
      draft, item: "r7-med-2-6", of: assessment, version: version, library: app.library, in: app.scope)
  }

  @Test("わけを書いて外すと消え、答えが変わるとまた出て、戻すこともできる", arguments: Engine.available)
  func checklist(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope
      ).id
      try await Self.answer(.no, version: 0, of: assessment, app)
      let reference = "answer:\(assessment)/r7-med-2-6"
      let place = "/risks/suggestions?kind=checklist"
      let offered = try await app.get(place)
      #expect(offered.body.contains("/risks/dismissals/new?from=\(urlEncoded(reference))"))
      let empty = try await Self.dismiss(reference, because: "", app)
      #expect(empty.status == 422 && empty.body.contains("リスクとみなさないわけを"))
      #expect(try await Self.dismiss(reference, app, as: .management).status == 403)
      #expect(try await Self.dismiss(reference, app, as: .stranger).status == 404)
      #expect(try await Self.dismiss(reference, app).status == 303)
      #expect(try await app.get(place).body.contains("候補はありません"))
      #expect(try await app.get("/risks/new?from=\(urlEncoded(reference))").status == 404)
      #expect(try await Self.dismiss(reference, app).status == 404)
      let list = try await app.get("/risks/dismissals", as: .auditor)
      #expect(list.body.contains("使っていない") && list.body.contains("外したまま"))
      #expect(list.body.contains("itStaff"))
      #expect(!list.body.contains("候補に戻す"))
      let theirs = try await app.get("/risks/dismissals", as: .stranger)
      #expect(theirs.body.contains("外した候補はありません"))

      try await Self.answer(.yes, version: 1, of: assessment, app)
      #expect(try await app.get(place).body.contains("候補はありません"))
      #expect(try await app.get("/risks/dismissals").body.contains("いまは候補になりません"))
      try await Self.answer(.no, version: 2, of: assessment, app)
      let again = try await app.get(place)
      #expect(again.body.contains("見積りを取る") && again.body.contains("(わけ: 使っていない)"))
      #expect(try await app.get("/risks/dismissals").body.contains("答えが変わり、また候補です"))
      // Read before the answer changed: what was typed is kept.
      let late = [("from", reference), ("ground", "1"), ("reason", "前のわけ")]
      let stale = try await app.post("/risks/dismissals", late)
      #expect(stale.status == 409 && stale.body.contains("前のわけ") && stale.hidden("ground") == "3")
      #expect(try await Self.dismiss(reference, because: "代わりがある", app).status == 303)
      let dismissed = try await app.scope.read { try $0.riskDismissals(Listing()) }
      #expect(dismissed.total == 1 && dismissed.page.first?.dismissal.version == 2)
      let id = try #require(dismissed.page.first?.dismissal.id)
      #expect(try await app.post("/risks/dismissals/\(id)/removal", [("version", "1")]).status == 409)
      let back = try await app.post("/risks/dismissals/\(id)/removal", [("version", "2")], as: .stranger)
      #expect(back.status == 404)
      #expect(try await app.post("/risks/dismissals/\(id)/removal", [("version", "2")]).status == 303)
      #expect(try await app.get(place).body.contains("見積りを取る"))
      #expect(try await app.post("/risks/dismissals/\(id)/removal", [("version", "2")]).status == 404)
      let ledger = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 50).entries }
      let actions = ledger.filter { $0.subject == "risk-dismissal:\(id)" }.map(\.action)
      #expect(Set(actions) == ["risk.dismiss", "risk.take-back"] && actions.count == 3)
    }
  }

  @Test("指摘は、もう一度開くとまた候補になる。枠組みの不適合も、答えが変わればまた出る", arguments: Engine.available)
  func findings(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let draft = AuditFinding.Draft(title: "控えの訓練をしていない", seen: "記録がない", foundOn: app.now.day)
      let finding = try await Findings.raise(draft, in: app.scope).id
      #expect(try await Self.dismiss("finding:\(finding)", app).status == 303)
      try await Findings.plan("訓練をする", owner: nil, due: nil, for: finding, in: app.scope)
      let place = "/risks/suggestions?kind=finding"
      #expect(try await app.get(place).body.contains("候補はありません"))
      let action = try #require(
        try await app.scope.read { try $0.correctiveActions(of: finding).first?.action.id })
      try await Findings.move(
        action, of: finding, to: .done, note: "した", version: 1, mayAll: true, in: app.scope)
      let version = try await app.scope.read { try $0.knownFinding(finding) }.version
      let check = [("effective", "no"), ("note", "見た"), ("version", "\(version)")]
      #expect(try await app.post("/findings/\(finding)/checks", check, as: .administrator).status == 303)
      #expect(try await app.get(place).body.contains("控えの訓練をしていない"))

      let audit = try await app.beginAudit()
      let node = "\(AuditSamples.base):1.1"
      _ = try await app.answer(audit, node, [("result", "non_compliant"), ("score", "0")])
      #expect(try await Self.dismiss("audit:\(audit)/\(node)", app).status == 303)
      #expect(try await app.get("/risks/suggestions?kind=audit").body.contains("候補はありません"))
      let list = try await app.get("/risks/dismissals")
      #expect(list.body.contains("外したまま") && list.body.contains("答えが変わり、また候補です"))
    }
  }

  @Test("外した候補が120件でも1ページ8文まで", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await app.scope.write { tx in
        for number in 0..<120 {
          let one = RiskDismissal(
            id: app.scope.newID(), reference: "answer:x/\(number)", ground: 1, kind: .checklist,
            title: "題 \(number)", text: "", path: "/", reason: "わけ", by: "佐藤", day: app.now.day, version: 1)
          try tx.dismiss(one, over: nil)
        }
      }
      _ = try await app.cookie(of: .auditor)
      let before = app.database.statementCount
      let page = try await app.get("/risks/dismissals?page=3", as: .auditor)
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.matches(of: #/<th scope="row"/#).count == 20)
    }
  }
}
