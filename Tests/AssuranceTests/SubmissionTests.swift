import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance
@testable import Registers

@Suite("提出、戻し、受け入れ")
struct SubmissionTests {
  private static let base = AuditSamples.base
  private static let step = Submission.Step(person: PersonID(at: .test), name: "甲", at: .test)

  // MARK: Rules

  private static func submission(_ state: Submission.State) throws -> Submission {
    let audit = Submission.Subject.audit(Audit.ID(at: .test))
    let first = try Submission.submitted("n", of: audit, title: "題", over: nil, step)
    var other = Submission.Step(person: PersonID(at: .test), name: "乙", at: .test)
    other.remark = "直して"
    return switch state {
    case .submitted: first
    case .returned: try first.returned(other)
    case .accepted: try first.accepted(other, isAlone: false)
    case .open: try first.accepted(other, isAlone: false).reopened(at: .test)
    }
  }

  @Test(
    "出せるのは、まだ・出し直し・戻されたとき",
    arguments: [(Submission.State.open, true), (.returned, true), (.submitted, false), (.accepted, false)])
  func submitting(state: Submission.State, may: Bool) throws {
    let before = try Self.submission(state)
    func again() throws -> Submission {
      try Submission.submitted("n", of: before.subject, title: "題", over: before, Self.step)
    }
    if may {
      let after = try again()
      #expect(after.state == .submitted && after.version == before.version + 1 && after.deciderName.isEmpty)
    } else {
      #expect(throws: SubmissionRefusal.alreadySubmitted) { try again() }
    }
  }

  @Test("戻すにはわけが要り、出したものだけを戻し、受け入れられる", arguments: Submission.State.allCases)
  func deciding(state: Submission.State) throws {
    let before = try Self.submission(state)
    var other = Submission.Step(person: PersonID(at: Instant(milliseconds: 9)), name: "乙", at: .test)
    if state == .submitted {
      #expect(throws: SubmissionRefusal.noRemark) { try before.returned(other) }
      other.remark = String(repeating: "長", count: 1001)
      #expect(throws: SubmissionRefusal.remarkTooLong) { try before.returned(other) }
      other.remark = "2.1 の証拠がありません"
      #expect(try before.returned(other).remark == "2.1 の証拠がありません")
      #expect(try before.accepted(other, isAlone: false).state == .accepted)
    } else {
      other.remark = "わけ"
      #expect(throws: SubmissionRefusal.notSubmitted) { try before.returned(other) }
      #expect(throws: SubmissionRefusal.notSubmitted) { try before.accepted(other, isAlone: false) }
    }
  }

  @Test("自分で出したものは、ほかに受け入れられる人がいないときだけ受け入れられ、そう残る")
  func alone() throws {
    let before = try Self.submission(.submitted)
    let own = Submission.Step(person: before.submitter, name: "甲", at: .test)
    #expect(throws: SubmissionRefusal.ownWork) { try before.accepted(own, isAlone: false) }
    #expect(try before.accepted(own, isAlone: true).isAlone)
    let other = Submission.Step(person: PersonID(at: Instant(milliseconds: 9)), name: "乙", at: .test)
    #expect(try !before.accepted(other, isAlone: true).isAlone)
  }

  // MARK: Over HTTP

  private static func given(
    _ app: TestApp, _ node: String = "\(base):1", in text: String = AuditSamples.scored, groups: [String] = []
  ) async throws -> Audit.ID {
    let id = try await app.beginAudit(text, groups: groups)
    let people = try await app.scope.read { try $0.people() }
    let person = try #require(people.first { $0.name == "contributor" })
    let sent = try await app.post(
      "/audits/\(id)/assignments", [("node", node), ("owner", person.id.text), ("due", "2026-03-20")])
    #expect(sent.status == 303)
    return id
  }

  private static func answerAll(_ app: TestApp, _ id: Audit.ID) async throws {
    for node in ["1.1", "1.2"] {
      let fields = [("result", "compliant"), ("score", "3")]
      let saved = try await app.answer(id, "\(base):\(node)", fields, as: .contributor)
      #expect(saved.status == 303)
    }
    let asked = [("asked", "0"), ("q0", "\(base):1.3:question:1:choice:1")]
    #expect(try await app.answer(id, "\(base):1.3", asked, as: .contributor).status == 303)
  }

  private static func send(
    _ app: TestApp, _ id: Audit.ID, _ step: String, _ version: Int, remark: String = "",
    node: String = "\(base):1", as who: TestApp.Who
  ) async throws -> TestApp.Answer {
    try await app.post(
      "/audits/\(id)/submissions",
      [("node", node), ("step", step), ("version", "\(version)"), ("remark", remark)], as: who)
  }

  @Test("節を出し、戻され、出し直し、受け入れられ、答えが変わると出し直しになる", arguments: Engine.available)
  func life(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.given(app)
      let early = try await Self.send(app, id, "submit", 0, as: .contributor)
      #expect(early.status == 422 && early.body.contains("3件"))
      try await Self.answerAll(app, id)
      #expect(try await Self.send(app, id, "submit", 0, as: .auditor).status == 403)
      #expect(try await Self.send(app, id, "submit", 0, as: .contributor).status == 303)
      // Sent again because the reply was lost.
      #expect(try await Self.send(app, id, "submit", 0, as: .contributor).status == 409)
      let board = try await app.get("/audits/\(id)/submissions", as: .management)
      #expect(board.body.contains("確認待ち") && board.body.contains("contributor"))
      #expect(try await app.get("/submissions", as: .management).body.contains("1 First"))
      #expect(try await app.get("/", as: .itStaff).body.contains("出されたものを確かめ"))
      #expect(try await Self.send(app, id, "accept", 1, as: .contributor).status == 403)
      let bare = try await Self.send(app, id, "return", 1, as: .itStaff)
      #expect(bare.status == 422 && bare.body.contains("わけと、してほしいこと"))
      #expect(try await Self.send(app, id, "return", 1, remark: "1.2 の証拠を", as: .itStaff).status == 303)
      _ = try await Installation(app.database).deliver(now: app.now)
      let told = try await app.get("/inbox", as: .contributor)
      #expect(told.body.contains("戻しました") && told.body.contains("1.2 の証拠を"))
      #expect(try await Self.send(app, id, "submit", 2, remark: "足しました", as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "accept", 2, as: .itStaff).status == 409)
      #expect(try await Self.send(app, id, "accept", 3, as: .itStaff).status == 303)
      let path = "/audits/\(id)/submissions/part?node=\(Self.base):1"
      #expect(try await app.get(path, as: .auditor).body.contains("受け入れ済み"))
      let changed = [("result", "non_compliant"), ("score", "0")]
      #expect(try await app.answer(id, "\(Self.base):1.1", changed, version: 1).status == 303)
      let after = try await app.get(path, as: .auditor)
      #expect(after.body.contains("出し直し") && after.body.contains("itStaff"))
      _ = try await Installation(app.database).deliver(now: app.now)
      #expect(try await app.get("/inbox", as: .contributor).body.contains("出し直しになりました"))
      let ledger = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      let steps = ledger.filter { $0.action.hasPrefix("submission.") }.map(\.action)
      let expected: Set = [
        "submission.submit", "submission.return", "submission.accept", "submission.reopen",
      ]
      #expect(Set(steps) == expected && steps.count == 5)
    }
  }

  @Test("一つの要求も出せる。ほかの要求の答えが変わっても、受け入れたままになる", arguments: Engine.available)
  func item(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let node = "\(Self.base):1.1"
      let id = try await Self.given(app, node)
      let fields = [("result", "compliant"), ("score", "3")]
      #expect(try await app.answer(id, node, fields, as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "submit", 0, node: node, as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "accept", 1, node: node, as: .administrator).status == 303)
      #expect(try await app.answer(id, "\(Self.base):1.2", fields).status == 303)
      let one = try #require(try await app.scope.read { try $0.submission(.audit(id), node) })
      #expect(one.state == .accepted && !one.isAlone)
      // Saving the same again changes nothing.
      #expect(try await app.answer(id, node, fields, version: 1).status == 303)
      #expect(try await app.scope.read { try $0.submission(.audit(id), node) }?.state == .accepted)
    }
  }

  @Test("選んだまとまりが増えて答えるものが加わった節は、受け入れたままにならない", arguments: Engine.available)
  func groups(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      // 1.2 is of the large alone.
      let id = try await Self.given(app, groups: ["small"])
      let fields = [("result", "compliant"), ("score", "3")]
      #expect(try await app.answer(id, "\(Self.base):1.1", fields, as: .contributor).status == 303)
      let asked = [("asked", "0"), ("q0", "\(Self.base):1.3:question:1:choice:1")]
      #expect(try await app.answer(id, "\(Self.base):1.3", asked, as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "submit", 0, as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "accept", 1, as: .administrator).status == 303)
      func revised(_ groups: [String]) async throws -> Submission.State? {
        let version = try await app.scope.read { try $0.audit(id)?.audit.version } ?? 0
        let kept = [("name", "自己点検"), ("year", "2025"), ("owner", ""), ("version", "\(version)")]
        let sent = try await app.post("/audits/\(id)/settings", kept + groups.map { ("group", $0) })
        #expect(sent.status == 303)
        return try await app.scope.read { try $0.submission(.audit(id), "\(Self.base):1") }?.state
      }
      let same = try await revised(["small"])
      #expect(same == .accepted)
      let grown = try await revised(["small", "large"])
      #expect(grown == .open)
    }
  }

  @Test("答えが選ぶまとまりで加わったものも、受け入れたままにならない", arguments: Engine.available)
  func chosenGroups(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let base = "urn:test:risk:req_node:choosing"
      let id = try await Self.given(app, "\(base):1", in: AuditSamples.choosing)
      func choose(_ kind: Int, version: Int) async throws {
        let fields = [("asked", "0"), ("q0", "\(base):0:question:1:choice:\(kind)"), ("result", "compliant")]
        #expect(try await app.answer(id, "\(base):0", fields, version: version).status == 303)
      }
      func state() async throws -> Submission.State? {
        try await app.scope.read { try $0.submission(.audit(id), "\(base):1") }?.state
      }
      try await choose(1, version: 0)
      #expect(
        try await app.answer(id, "\(base):1", [("result", "compliant")], as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "submit", 0, node: "\(base):1", as: .contributor).status == 303)
      #expect(try await Self.send(app, id, "accept", 1, node: "\(base):1", as: .administrator).status == 303)
      try await choose(2, version: 1)
      let away = try await state()
      #expect(away == .accepted)
      try await choose(1, version: 2)
      let back = try await state()
      #expect(back == .open)
    }
  }

  @Test("自分が出したものは、ほかに人がいれば自分では受け入れられない", arguments: Engine.available)
  func own(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let node = "\(Self.base):1.1"
      let id = try await Self.given(app, node)
      let answer = [("result", "compliant"), ("score", "3")]
      _ = try await app.answer(id, node, answer, as: .administrator)
      let own = TestApp.Who.administrator
      #expect(try await Self.send(app, id, "submit", 0, node: node, as: own).status == 303)
      let refused = try await Self.send(app, id, "accept", 1, node: node, as: own)
      #expect(refused.status == 403 && refused.body.contains("ほかの人に頼んで"))
      let people = try await app.scope.read { try $0.people() }
      let other = try #require(people.first { $0.name == "itStaff" })
      try await app.scope.write { try $0.withdrawAccess(of: other, version: other.version) }
      let page = try await app.get("/audits/\(id)/submissions/part?node=\(node)", as: own)
      #expect(page.body.contains("受け入れられる人がほかにいない"))
      #expect(try await Self.send(app, id, "accept", 1, node: node, as: own).status == 303)
      #expect(try await app.scope.read { try $0.submission(.audit(id), node) }?.isAlone == true)
    }
  }

  @Test("任されていない節は出せず、ほかの施設には見えず、署名すると待つものから消える", arguments: Engine.available)
  func wrong(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.given(app)
      let empty = try await app.get("/submissions", as: .auditor)
      #expect(empty.body.contains("待っているものはありません"))
      #expect(empty.body.contains("class=\"button\" href=\"/audits\""))
      let other = "\(Self.base):2"
      #expect(try await Self.send(app, id, "submit", 0, node: other, as: .itStaff).status == 409)
      #expect(try await Self.send(app, id, "bake", 0, as: .itStaff).status == 422)
      #expect(try await Self.send(app, id, "submit", 0, as: .stranger).status == 404)
      #expect(try await app.get("/audits/\(id)/submissions", as: .stranger).status == 404)
      try await Self.answerAll(app, id)
      #expect(try await Self.send(app, id, "submit", 0, as: .contributor).status == 303)
      let said = [("node", "\(Self.base):1"), ("comment", "節へのコメント")]
      let comment = try await app.post("/audits/\(id)/comments", said)
      let place = try #require(comment.location?.split(separator: "#").first.map(String.init))
      #expect(try await app.get(place).body.contains("節へのコメント"))
      let signed = [("title", "上期"), ("signs", "1"), ("version", "1")]
      #expect(try await app.post("/audits/\(id)/points", signed).status == 303)
      #expect(try await Self.send(app, id, "accept", 1, as: .itStaff).status == 409)
      #expect(try await app.get("/submissions", as: .auditor).body.contains("待っているものはありません"))
      _ = try await app.cookie(of: .auditor)
      for path in [
        "/submissions", "/audits/\(id)/submissions", "/audits/\(id)/submissions/part?node=\(other)",
      ] {
        let before = app.database.statementCount
        _ = try await app.get(path, as: .auditor)
        #expect(app.database.statementCount - before <= 8, "\(path)")
      }
    }
  }
}
