import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance
@testable import Registers

@Suite("期限付きの監査")
struct VisitTests {
  private static let base = AuditSamples.base

  /// What an administrator sends.
  @discardableResult
  static func give(
    _ audit: Audit.ID, to person: Person? = nil, login: String = "", until: String = "2026-03-10",
    as who: TestApp.Who = .administrator, _ app: TestApp
  ) async throws -> TestApp.Answer {
    try await app.post(
      "/audits/\(audit)/visits",
      [
        ("person", person?.id.text ?? ""), ("login", login), ("until", until), ("time", ""),
        ("reason", "隣の病院との相互監査のため"),
      ], as: who)
  }

  private static func here(_ login: String, _ app: TestApp) async throws -> Browser {
    let browser = Browser(app)
    _ = try await browser.signIn(login)
    _ = try await browser.post("/facility", [("facility", app.facility.id.text)])
    return browser
  }

  @Test("ほかの病院の人は、頼まれた点検だけを読み、意見と指摘だけを書け、期限で終わる", arguments: Engine.available)
  func mutual(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let audit = try await app.beginAudit()
      let second = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      _ = try await app.answer(audit, node, [("result", "compliant"), ("score", "5")])
      let measure = try await Measures.add(Measure.Draft(title: "台帳を作る"), in: app.scope)
      for one in [audit, second] {
        try await Measures.link(measure.id, to: node, of: one, isOn: true, in: app.scope)
      }
      _ = try await app.upload(
        "/measures/\(measure.id)/files", field: "file", name: "台帳.txt", bytes: Array("十台".utf8))
      try await GrantTests.outsider("hanako", app)
      #expect(try await Self.give(audit, login: "hanako", as: .itStaff, app).status == 403)
      let missing = try await Self.give(audit, login: "nobody-here", app)
      #expect(missing.status == 422)
      #expect(try await Self.give(audit, login: "hanako", app).status == 303)
      let twice = try await Self.give(audit, login: "hanako", app)
      #expect(twice.status == 422 && twice.body.contains("もう頼んであります"))
      let list = try await app.get("/audits/\(audit)/visits", as: .administrator)
      #expect(list.body.contains("hanako") && list.body.contains("隣の病院との相互監査のため"))

      let hanako = try await Self.here("hanako", app)
      let own = try await hanako.get("/visits")
      #expect(own.body.contains("/audits/\(audit)") && !own.body.contains("/audits/\(second)"))
      let page = try await hanako.get("/audits/\(audit)")
      #expect(page.status == 200 && page.body.contains("まで読めます") && page.body.contains("意見と指摘"))
      let requirement = try await hanako.get("/audits/\(audit)/requirements?node=\(node)")
      #expect(requirement.status == 200 && !requirement.body.contains("name=\"remark\""))
      let statements = app.database.statementCount
      _ = try await hanako.get("/audits/\(audit)/requirements?node=\(node)")
      #expect(app.database.statementCount - statements <= 8)
      let proof = try #require(
        requirement.body.firstMatch(of: #/href="(\/audits\/[^"]+\/proofs\/[^"]+)"/#)?.1)
      #expect(try await hanako.get(String(proof)).body == "十台")
      try await Self.seesNothingElse(hanako, String(proof), audit, second, measure.id)
      let opinion = [("node", node), ("result", "partially_compliant"), ("opinion", "台帳の日付が古い")]
      #expect(try await hanako.post("/audits/\(audit)/opinions", opinion).status == 303)
      #expect(try await hanako.post("/audits/\(second)/opinions", opinion).status == 404)
      try await Self.writesFindings(hanako, audit, second, node, app)
      // Answers stay as they were; the facility sees what was written.
      let seen = try await app.get("/audits/\(audit)/requirements?node=\(node)")
      #expect(seen.body.contains("台帳の日付が古い") && seen.body.contains("台帳が古い"))
      #expect(try await app.scope.read { try $0.requirementAnswer(audit, node) }?.result == .compliant)
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 300).entries }
      let readings = told.filter { $0.action == "reading.open" && $0.actorName == "hanako" }
      let subjects = readings.map(\.subject)
      let requirementRead = "audit-answer:\(audit)/\(node)"
      #expect(subjects.contains("audit:\(audit)"))
      #expect(subjects.contains(requirementRead))
      #expect(readings.allSatisfy { !$0.subject.contains(second.text) })

      app.now = try #require(Day("2026-03-11")).start.adding(milliseconds: -1)
      let late = try await Self.here("hanako", app)
      #expect(try await late.get("/audits/\(audit)").status == 200)
      app.now = app.now.adding(milliseconds: 1)
      #expect(try await late.get("/audits/\(audit)").location?.hasPrefix("/sign-in") == true)
      _ = try await late.post("/audits/\(audit)/opinions", opinion)
      let beside = try await app.scope.read { try $0.besideRequirement(audit, node) }
      #expect(beside.opinions.count == 1)
    }
  }

  /// The same file by the other audit, and everything else, is not there.
  private static func seesNothingElse(
    _ hanako: Browser, _ proof: String, _ audit: Audit.ID, _ second: Audit.ID, _ measure: Measure.ID
  ) async throws {
    let node = "\(base):1.1"
    let missing: [String] = [
      proof.replacingOccurrences(of: audit.text, with: second.text), "/audits/\(second)",
      "/audits/\(second)/requirements?node=\(node)", "/audits/\(second)/export.xlsx", "/findings",
      "/findings?audit=\(second)", "/findings/new", "/findings/new?audit=\(second)",
    ]
    for path in missing {
      let status = try await hanako.get(path).status
      #expect(status == 404, "\(path)")
    }
    let closed: [String] = [
      "/audits", "/measures", "/measures/\(measure)", "/assessments", "/people", "/ledger", "/registers",
      "/audits/\(audit)/points", "/audits/\(audit)/submissions", "/audits/\(audit)/visits", "/submissions",
      "/findings/print", "/findings/export.xlsx", "/audits/\(audit)/review",
    ]
    for path in closed {
      let status = try await hanako.get(path).status
      #expect(status == 403, "\(path)")
    }
    let fields: [(String, String)] = [("node", node), ("result", "non_compliant"), ("comment", "だめ")]
    for path in ["answers", "comments", "suggestions", "submissions"] {
      let status = try await hanako.post("/audits/\(audit)/\(path)", fields).status
      #expect(status == 403, "\(path)")
    }
  }

  /// In the audit that was given, and in no other; what belongs to none is not seen.
  private static func writesFindings(
    _ hanako: Browser, _ audit: Audit.ID, _ second: Audit.ID, _ node: String, _ app: TestApp
  ) async throws {
    let finding: [(String, String)] = [
      ("title", "台帳が古い"), ("severity", "minor"), ("seen", "三年前の日付"), ("found", "2026-02-20"),
      ("node", node),
    ]
    #expect(try await hanako.post("/findings", finding + [("audit", second.text)]).status == 404)
    #expect(try await hanako.post("/findings", finding).status == 404)
    let written = try await hanako.post("/findings", finding + [("audit", audit.text)])
    let path = try #require(written.location?.split(separator: "?").first.map(String.init))
    #expect(try await hanako.get(path).status == 200)
    #expect(try await hanako.get("/findings?audit=\(audit)").body.contains("台帳が古い"))
    let strange: [(String, String)] = [
      ("title", "ほかの話"), ("severity", "minor"), ("seen", "見た"), ("found", "2026-02-20"),
    ]
    let free = try await app.post("/findings", strange)
    let other = try #require(free.location?.split(separator: "?").first.map(String.init))
    #expect(try await hanako.get(other).status == 404)
  }

  @Test("自分の施設の人も監査でき、終わらせると次の画面から見えない", arguments: Engine.available)
  func own(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let audit = try await app.beginAudit()
      let people = try await app.scope.read { try $0.people() }
      let staff = try #require(people.first { $0.name == "staff" })
      #expect(try await app.get("/audits/\(audit)", as: .staff).status == 403)
      let form = try await app.get("/audits/\(audit)/visits/new", as: .administrator)
      #expect(form.status == 200 && form.body.contains(staff.id.text))
      #expect(try await Self.give(audit, to: staff, app).status == 303)
      app.forgetCookie(of: .staff)
      #expect(try await app.get("/audits/\(audit)", as: .staff).status == 200)
      #expect(try await app.get("/visits", as: .staff).body.contains("隣の病院との相互監査"))
      let visit = try #require(try await app.scope.read { try $0.visits(of: audit) }.first)
      #expect(try await app.post("/people/grants/\(visit.grant)/end", [], as: .administrator).status == 303)
      #expect(try await app.get("/audits/\(audit)", as: .staff).status == 403)
      #expect(try await app.get("/audits/\(audit)/visits").body.contains("終わりました"))
    }
  }

  @Test("この役割は、ふつうの「期限のある権限」からは渡せない", arguments: Engine.available)
  func onlyHere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await GrantTests.outsider("hanako", app)
      let form = try await app.get("/people/grants/new", as: .administrator)
      #expect(!form.body.contains("visiting-auditor"))
      #expect(try await GrantTests.give("visiting-auditor", login: "hanako", app).status == 422)
      #expect(try await GrantTests.give("visiting-auditor", to: "staff", app).status == 422)
    }
  }

  @Test("監査を頼まれていない人の意見は断り、長い文も断る", arguments: Engine.available)
  func refused(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let audit = try await app.beginAudit()
      let fields = [("node", "\(Self.base):1.1"), ("opinion", "よい")]
      let refused = try await app.post("/audits/\(audit)/opinions", fields)
      #expect(refused.status == 403 && refused.body.contains("コメントに書いて"))
      #expect(try await app.get("/audits/\(audit)/visits", as: .stranger).status == 404)
      let empty = try await app.get("/visits", as: .auditor)
      #expect(empty.status == 200 && empty.body.contains("いま読める点検はありません"))
    }
  }
}
