import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance
@testable import Registers

@Suite("チェックリストの提出、戻し、受け入れ")
struct ChecklistSubmissionTests {
  private static func form(_ app: TestApp) throws -> Pack.Form {
    try app.library.form("med", of: "mhlw-checklist-r7")
  }

  /// The section with three items.
  private static func piece(_ app: TestApp) throws -> ChecklistPiece {
    let form = try form(app)
    return try #require(ChecklistPiece("section:3", in: form))
  }

  private static func opened(_ app: TestApp) async throws -> Assessment.ID {
    try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope
    ).id
  }

  private static func person(_ app: TestApp, _ name: String) async throws -> PersonID {
    let people = try await app.scope.read { try $0.people() }
    return try #require(people.first { $0.name == name }).id
  }

  /// Gives a section to the contributor.
  private static func give(
    _ app: TestApp, _ id: Assessment.ID, _ node: String, due: String = "2026-03-20",
    as who: TestApp.Who = .itStaff
  ) async throws -> Int {
    let owner = try await person(app, "contributor").text
    return try await app.post(
      "/assessments/\(id)/assignments", [("node", node), ("owner", owner), ("due", due)], as: who
    ).status
  }

  private static func answer(
    _ app: TestApp, _ id: Assessment.ID, _ item: String, _ value: String = "yes", version: Int = 0,
    owner: String = "", as who: TestApp.Who = .contributor
  ) async throws -> Int {
    try await app.post(
      "/assessments/\(id)/answers/\(item)",
      [
        ("answer", value), ("on", "2026-02-24"), ("due", ""), ("owner", owner), ("deputy", ""), ("note", ""),
        ("version", "\(version)"),
      ], as: who
    ).status
  }

  private static func send(
    _ app: TestApp, _ id: Assessment.ID, _ node: String, _ step: String, _ version: Int,
    remark: String = "", as who: TestApp.Who
  ) async throws -> TestApp.Answer {
    try await app.post(
      "/assessments/\(id)/submissions",
      [("node", node), ("step", step), ("version", "\(version)"), ("remark", remark)], as: who)
  }

  private static func state(_ app: TestApp, _ id: Assessment.ID, _ node: String) async throws
    -> Submission.State?
  {
    try await app.scope.read { try $0.submission(.checklist(id), node)?.state }
  }

  // MARK: Rules

  @Test("節には、入口の質問と「原本で確認」のほかの項目が入る。項目は一つだけ")
  func pieces() throws {
    let library = try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
    let form = try library.form("med", of: "mhlw-checklist-r7")
    let sections = ChecklistPiece.sections(of: form)
    let counted = form.rows.filter { !$0.isUnconfirmed }.map(\.id)
    #expect(sections.flatMap(\.items) == counted && !counted.isEmpty)
    let one = try #require(ChecklistPiece(counted[0], in: form))
    #expect(one.items == [counted[0]])
    let gate = try #require(form.items.first { $0.isGate }).id
    for node in ["section:99", "section:", "nothing", "", gate] {
      #expect(ChecklistPiece(node, in: form) == nil, "\(node)")
    }
  }

  @Test("確かめた答えは、答えと確かめた日のあるもの。担当が変わっても、答えは同じ")
  func confirmed() throws {
    let library = try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
    let form = try library.form("med", of: "mhlw-checklist-r7")
    let piece = try #require(ChecklistPiece.sections(of: form).first)
    var answer = Answer.blank(piece.items[0])
    #expect(piece.confirmed([answer.item: answer]) == 0)
    answer.value = .no
    #expect(piece.confirmed([answer.item: answer]) == 0)
    answer.confirmedOn = Day("2026-02-24")
    #expect(piece.confirmed([answer.item: answer]) == 1)
    var other = answer
    other.owner = PersonID(at: .test)
    #expect(other.saysTheSame(as: answer))
    other.note = "変えた"
    #expect(!other.saysTheSame(as: answer))
  }

  // MARK: Over HTTP

  @Test("節を任せ、答え、出し、戻され、出し直し、受け入れられ、答えが変わると出し直しになる", arguments: Engine.available)
  func life(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.opened(app)
      let piece = try Self.piece(app)
      let node = piece.node
      // Not theirs before it is given.
      #expect(try await Self.answer(app, id, piece.items[0]) == 403)
      #expect(try await Self.give(app, id, node) == 303)
      let board = try await app.get("/assessments/\(id)/submissions", as: .management)
      #expect(board.body.contains(piece.title.ja) && board.body.contains("0 / \(piece.items.count)"))
      let early = try await Self.send(app, id, node, "submit", 0, as: .contributor)
      #expect(early.status == 422 && early.body.contains("\(piece.items.count)件"))
      for item in piece.items { #expect(try await Self.answer(app, id, item) == 303, "\(item)") }
      #expect(try await Self.send(app, id, node, "submit", 0, as: .auditor).status == 403)
      #expect(try await Self.send(app, id, node, "submit", 0, as: .contributor).status == 303)
      // Sent again because the reply was lost.
      #expect(try await Self.send(app, id, node, "submit", 0, as: .contributor).status == 409)
      let waiting = try await app.get("/submissions", as: .management)
      #expect(waiting.body.contains(piece.title.ja) && waiting.body.contains("令和7年度"))
      let today = try await app.get("/", as: .itStaff)
      #expect(today.body.contains("出されたものを確かめ"))
      #expect(try await Self.send(app, id, node, "accept", 1, as: .contributor).status == 403)
      let bare = try await Self.send(app, id, node, "return", 1, as: .itStaff)
      #expect(bare.status == 422 && bare.body.contains("わけと、してほしいこと"))
      #expect(try await Self.send(app, id, node, "return", 1, remark: "証拠を足して", as: .itStaff).status == 303)
      _ = try await Installation(app.database).deliver(now: app.now)
      let told = try await app.get("/inbox", as: .contributor)
      #expect(told.body.contains("戻しました") && told.body.contains("証拠を足して"))
      #expect(try await Self.send(app, id, node, "submit", 2, as: .contributor).status == 303)
      #expect(try await Self.send(app, id, node, "accept", 2, as: .itStaff).status == 409)
      #expect(try await Self.send(app, id, node, "accept", 3, as: .itStaff).status == 303)
      let number = node.dropFirst("section:".count)
      let page = try await app.get("/assessments/\(id)?section=\(number)", as: .auditor)
      #expect(page.body.contains("受け入れ済み") && page.body.contains("contributor"))

      // Whose it is does not matter; what it says does.
      let owner = try await Self.person(app, "itStaff").text
      let given = try await Self.answer(app, id, piece.items[0], version: 1, owner: owner, as: .itStaff)
      #expect(given == 303)
      #expect(try await Self.state(app, id, node) == .accepted)
      let changed = try await Self.answer(
        app, id, piece.items[0], "no", version: 2, owner: owner, as: .itStaff)
      #expect(changed == 303)
      #expect(try await Self.state(app, id, node) == .open)
      _ = try await Installation(app.database).deliver(now: app.now)
      let again = try await app.get("/inbox", as: .contributor)
      #expect(again.body.contains("出し直しになりました"))
      let ledger = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      let steps = ledger.filter { $0.action.hasPrefix("submission.") }.map(\.action)
      let expected: Set = [
        "submission.submit", "submission.return", "submission.accept", "submission.reopen",
      ]
      #expect(Set(steps) == expected && steps.count == 5)
      #expect(ledger.contains { $0.action == "assessment.assign" })
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("担当のある項目も一つで出せる。自分が出したものは、自分では受け入れられない", arguments: Engine.available)
  func item(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.opened(app)
      let item = try Self.piece(app).items[0]
      #expect(try await Self.send(app, id, item, "submit", 0, as: .itStaff).status == 409)
      let owner = try await Self.person(app, "contributor").text
      #expect(try await Self.answer(app, id, item, owner: owner, as: .itStaff) == 303)
      #expect(try await Self.send(app, id, item, "submit", 0, as: .itStaff).status == 303)
      let own = try await Self.send(app, id, item, "accept", 1, as: .itStaff)
      #expect(own.status == 403 && own.body.contains("ほかの人に頼んで"))
      #expect(try await Self.send(app, id, item, "accept", 1, as: .administrator).status == 303)
      let board = try await app.get("/assessments/\(id)/submissions", as: .auditor)
      #expect(board.body.contains("node=\(item)") && board.body.contains("1 / 1"))
      // The newer edition's way: everything is taken up again.
      try await app.scope.write { try $0.reopenSubmissions(of: id, changed: nil) }
      #expect(try await Self.state(app, id, item) == .open)
    }
  }

  @Test("任された節は期限の前と翌日に知らせ、「今日」に出て、確かめ終われば知らせない", arguments: Engine.available)
  func reminders(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.opened(app)
      let piece = try Self.piece(app)
      #expect(try await Self.give(app, id, piece.node) == 303)
      let person = try await Self.person(app, "contributor")
      let due = try #require(Day("2026-03-20"))
      let feature = try #require(app.site.features.first { $0.name == "submissions" })
      let remind = try #require(feature.due["assessments.section"])
      for day in [due.adding(days: -7), due.adding(days: 1)] {
        app.now = day.morning.adding(minutes: 1)
        let rows = try await Installation(app.database).takeDue(now: app.now).filter {
          $0.kind == "assessments.section"
        }
        #expect(rows.count == 1)
        for row in rows { try await remind(row, app.scope) }
      }
      _ = try await Installation(app.database).deliver(now: app.now)
      let keys = try await app.scope.read { try $0.inbox(of: person) }.map(\.key)
      #expect(keys.filter { $0.hasPrefix("audits.") }.sorted() == ["audits.dueSoon", "audits.overdue"])
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      let home = try await app.get("/", as: .contributor)
      #expect(home.body.contains("任された節に答えて、出します。"))
      // Given back to nobody: nothing is asked for any more.
      let nobody = [("node", piece.node), ("owner", ""), ("due", "")]
      #expect(try await app.post("/assessments/\(id)/assignments", nobody).status == 303)
      let after = try await app.get("/", as: .contributor)
      #expect(!after.body.contains("任された節に答えて"))
    }
  }

  @Test("任せられない役割、ほかの施設、無い節、読めない日付。画面は8文まで", arguments: Engine.available)
  func wrong(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.opened(app)
      let piece = try Self.piece(app)
      #expect(try await Self.give(app, id, piece.node, as: .contributor) == 403)
      #expect(try await Self.give(app, id, piece.node, as: .stranger) == 404)
      #expect(try await Self.give(app, id, "section:99") == 404)
      let refused = try await app.post(
        "/assessments/\(id)/assignments", [("node", piece.node), ("owner", ""), ("due", "あした")])
      #expect(refused.status == 422 && refused.body.contains("日付が読めません"))
      #expect(try await app.scope.read { try $0.sectionAssignments(id) }.isEmpty)
      #expect(try await Self.give(app, id, piece.node) == 303)
      let bake = try await Self.send(app, id, piece.node, "bake", 0, as: .itStaff)
      #expect(bake.status == 422)
      #expect(try await Self.send(app, id, "section:99", "submit", 0, as: .itStaff).status == 404)
      #expect(try await Self.send(app, id, piece.node, "submit", 0, as: .stranger).status == 404)
      let part = "/assessments/\(id)/submissions/part?node=\(piece.node)"
      for path in [part, "/assessments/\(id)/submissions"] {
        #expect(try await app.get(path, as: .stranger).status == 404, "\(path)")
      }
      // Another's section stays closed.
      let all = ChecklistPiece.sections(of: try Self.form(app))
      let other = try #require(all.first { $0.node != piece.node })
      #expect(try await Self.answer(app, id, other.items[0]) == 403)
      _ = try await app.cookie(of: .auditor)
      let number = piece.node.dropFirst("section:".count)
      for path in [
        part, "/assessments/\(id)/submissions", "/submissions", "/assessments/\(id)?section=\(number)",
        "/assessments/\(id)?item=\(piece.items[0])",
      ] {
        let before = app.database.statementCount
        let page = try await app.get(path, as: .auditor)
        #expect(page.status == 200 && app.database.statementCount - before <= 8, "\(path)")
      }
    }
  }
}
