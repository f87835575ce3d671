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

extension TestApp {
  func person(_ who: Who) async throws -> Person {
    let people = try await scope.read { try $0.people() }
    return try #require(people.first { $0.name == who.rawValue })
  }

  static let riskFields = [
    ("title", "VPNから入られる"), ("asset", "診療の記録"), ("confidentiality", "3"), ("integrity", "1"),
    ("availability", "2"), ("threat-level", "3"), ("weakness-inherent", "3"), ("weakness-current", "2"),
    ("weakness-target", "1"), ("version", "0"), ("scale", "ipa"),
  ]

  func addRisk(_ more: [(String, String)] = [], as who: Who = .itStaff) async throws -> Risk.ID {
    let fields = Self.riskFields.filter { one in !more.contains { $0.0 == one.0 } } + more
    let added = try await post("/risks", fields, as: who)
    let last = added.location?.split(separator: "/").last?.prefix { $0 != "?" }
    return try #require(last.flatMap { Risk.ID(String($0)) }, "\(added)")
  }
}

@Suite("リスクの台帳")
struct RiskTests {
  private static let matrix = """
    urn: urn:test:risk:library:m
    locale: en
    ref_id: m
    name: Matrix library
    version: 1
    objects:
      risk_matrix:
      - urn: urn:test:risk:matrix:m
        ref_id: m
        name: Two by three
        description: d
        probability:
        - {abbreviation: L, name: Rare, description: r}
        - {abbreviation: H, name: Often, description: o}
        impact:
        - {abbreviation: L, name: Light, description: l}
        - {abbreviation: M, name: Middle, description: m}
        - {abbreviation: H, name: Heavy, description: h}
        risk:
        - {abbreviation: L, name: Green, description: g, hexcolor: "#00FF00"}
        - {abbreviation: H, name: Red, description: r, hexcolor: "#FF0000"}
        grid:
        - [0, 0, 1]
        - [0, 1, 1]
    """

  @Test("空の台帳は始め方を言い、書くと、段階ごとの大きさと出し方と表が出る", arguments: Engine.available)
  func writing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/risks", as: .auditor)
      #expect(empty.status == 200 && empty.body.contains("リスクはまだありません"))
      #expect(try await app.get("/risks/register.pdf").status == 404)
      let id = try await app.addRisk()
      let page = try await app.get("/risks/\(id)", as: .auditor)
      #expect(page.body.contains("大 (9)") && page.body.contains("大 (6)") && page.body.contains("小 (3)"))
      #expect(page.body.contains("重要度は 3、1、2 の最大で 3。脅威3と脆弱性2から起こりやすさ2。3 × 2 = 6。"))
      #expect(page.body.contains("リスクを書きました"))
      let list = try await app.get("/risks", as: .auditor)
      #expect(list.body.contains("aria-label=\"いま: 大 1件、中 0件、小 0件\""))
      let target = try await app.get("/risks?stage=target", as: .auditor)
      #expect(target.body.contains("aria-label=\"目標: 大 0件、中 0件、小 1件\""))
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("リスク「VPNから入られる」"))
    }
  }

  @Test("入れ違いは欄で言い、入れたものは残る。ほかの人が先に保存したときも残る", arguments: Engine.available)
  func wrong(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let wrong = TestApp.riskFields + [("treatment", "accept"), ("reason", "次の入替えまで")]
      let refused = try await app.post("/risks", wrong)
      #expect(refused.status == 422 && refused.body.contains("受容するときは、いつまでかを決めてください"))
      #expect(refused.body.contains("value=\"VPNから入られる\"") && refused.body.contains("次の入替えまで"))
      let id = try await app.addRisk()
      let fields = TestApp.riskFields.filter { $0.0 != "version" && $0.0 != "title" }
      let first = [("title", "直した題"), ("version", "1")]
      #expect(try await app.post("/risks/\(id)", fields + first).status == 303)
      let second = try await app.post("/risks/\(id)", fields + [("title", "あとの題"), ("version", "1")])
      #expect(second.status == 409 && second.body.contains("ほかの人が先に保存しました"))
      #expect(second.body.contains("value=\"あとの題\"") && second.body.contains("直した題"))
      #expect(second.hidden("version") == "2")
      #expect(try await app.get("/risks/\(id)").body.contains("<h1>直した題</h1>"))
      let odd = fields + [("title", "題"), ("version", "2"), ("owner", "だれか")]
      #expect(try await app.post("/risks/\(id)", odd).status == 422)
    }
  }

  @Test("受容は別の人が承認し、期限が過ぎると今日の仕事と絞りこみに出る", arguments: Engine.available)
  func acceptance(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let until = app.now.day.adding(days: 40)
      let id = try await app.addRisk(
        [("treatment", "accept"), ("reason", "入替えまで"), ("expires", until.description)],
        as: .administrator)
      _ = try await Installation(app.database).deliver(now: app.now)
      let boss = try await app.person(.management)
      #expect(
        try await app.scope.read { try $0.inbox(of: boss.id) }.map(\.key).contains("risks.proposed"))
      let own = try await app.get("/risks/\(id)", as: .administrator)
      #expect(own.body.contains("あなたが決めた受容なので、別の人が承認します"))
      let fields = [("version", "1"), ("remark", "了承")]
      #expect(try await app.post("/risks/\(id)/approval", fields, as: .administrator).status == 403)
      #expect(try await app.post("/risks/\(id)/approval", fields, as: .itStaff).status == 403)
      #expect(try await app.post("/risks/\(id)/approval", fields, as: .management).status == 303)
      #expect(try await app.post("/risks/\(id)/approval", fields, as: .management).status == 409)
      let shown = try await app.get("/risks/\(id)", as: .auditor)
      #expect(shown.body.contains("management が承認") && shown.body.contains("リスクの受容を承認しました"))
      #expect(try await app.get("/risks?show=expired").body.contains("見つかりませんでした"))
      app.now = until.adding(days: 1).morning.adding(minutes: 1)
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      let expired = try await app.get("/risks?show=expired", as: .auditor)
      #expect(expired.body.contains("VPNから入られる") && expired.body.contains("受容の期限切れ"))
      let home = try await app.get("/")
      #expect(home.body.contains("受容の期限です。いまの大きさを見直し") && home.body.contains("/risks/\(id)"))
      let rows = try await Installation(app.database).takeDue(now: app.now).filter {
        $0.kind == "risks.expiry"
      }
      #expect(rows.count == 1)
      for row in rows { try await Risks.remind(row, in: app.scope) }
      _ = try await Installation(app.database).deliver(now: app.now)
      let proposer = try await app.person(.administrator)
      #expect(
        try await app.scope.read { try $0.inbox(of: proposer.id) }.map(\.key).contains("risks.expired"))
      // A new day makes it a new proposal.
      let again =
        TestApp.riskFields.filter { $0.0 != "version" } + [
          ("treatment", "accept"), ("reason", "入替えまで"), ("version", "2"),
          ("expires", app.now.day.adding(days: 30).description),
        ]
      #expect(try await app.post("/risks/\(id)", again).status == 303)
      #expect(try await app.get("/risks?show=waiting").body.contains("VPNから入られる"))
    }
  }

  @Test("点検の「いいえ」と枠組みの不適合は候補に出るだけで、引き受けると消え、二度は引き受けられない", arguments: Engine.available)
  func suggestions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let none = try await app.get("/risks/suggestions?kind=checklist")
      #expect(none.body.contains("候補はありません"))
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      var no = Answer.Draft(.blank("r7-med-2-6"))
      (no.value, no.confirmedOn, no.note) = (.no, app.now.day, "見積りを取る")
      try await Assessments.save(
        no, item: "r7-med-2-6", of: assessment.id, version: 0, library: app.library, in: app.scope)
      let audit = try await app.beginAudit()
      let node = "\(AuditSamples.base):1.1"
      _ = try await app.answer(audit, node, [("result", "non_compliant"), ("score", "0")])
      let checklist = try await app.get("/risks/suggestions?kind=checklist")
      #expect(checklist.body.contains("見積りを取る"))
      let unmet = try await app.get("/risks/suggestions?kind=audit")
      #expect(unmet.body.contains("1.1 Plain"))
      #expect(try await app.scope.read { try $0.riskFigures(on: app.now.day) }.open == 0)
      let reference = "answer:\(assessment.id)/r7-med-2-6"
      let form = try await app.get("/risks/new?from=\(urlEncoded(reference))")
      #expect(form.status == 200 && form.hidden("from") == reference)
      let id = try await app.addRisk([("from", reference)])
      #expect(try await app.get("/risks/\(id)").body.contains("点検の「いいえ」から"))
      #expect(try await app.get("/risks/suggestions?kind=checklist").body.contains("候補はありません"))
      #expect(try await app.get("/risks/new?from=\(urlEncoded(reference))").status == 404)
      // Typed before someone else took it over: what was typed is kept, and can be saved as a risk of its own.
      let late = TestApp.riskFields.filter { $0.0 != "title" } + [("from", reference), ("title", "あとから")]
      let refused = try await app.post("/risks", late)
      #expect(refused.status == 409 && refused.body.contains("value=\"あとから\""))
      #expect(refused.body.contains("ほかの人がもうリスクにしました") && refused.hidden("from") == nil)
      let origins = try await app.scope.read { try $0.riskSettled().taken }
      #expect(origins == [reference])
      #expect(try await app.get("/risks/new?from=nonsense").status == 404)
    }
  }

  @Test("閉じていない指摘は候補に出て、引き受けると消える", arguments: Engine.available)
  func findings(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let draft = AuditFinding.Draft(title: "控えの訓練をしていない", seen: "記録がない", foundOn: app.now.day)
      let finding = try await Findings.raise(draft, in: app.scope)
      let offered = try await app.get("/risks/suggestions?kind=finding")
      #expect(offered.body.contains("控えの訓練をしていない") && offered.body.contains("/findings/\(finding.id)"))
      let id = try await app.addRisk([("from", "finding:\(finding.id)")])
      #expect(try await app.get("/risks/\(id)").body.contains("指摘から"))
      #expect(try await app.get("/risks/suggestions?kind=finding").body.contains("候補はありません"))
    }
  }

  @Test("取り込んだライブラリの表を写して使え、ライブラリがなくなっても残る", arguments: Engine.available)
  func matrices(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let library = try await app.take(Self.matrix)
      let offered = try await app.get("/risks/matrices")
      #expect(offered.body.contains("Two by three") && offered.body.contains("未確認"))
      let take = [("library", library.id.text), ("urn", "urn:test:risk:matrix:m")]
      #expect(try await app.post("/risks/matrices", take).status == 303)
      #expect(try await app.post("/risks/matrices", take).status == 303)
      let taken = try await app.scope.read { try $0.takenScales() }
      #expect(taken.count == 1)
      let scale = try #require(taken.first?.id.text)
      try await app.scope.write { try $0.retire(library) }
      let form = try await app.get("/risks/new?scale=\(scale)")
      #expect(form.body.contains("Heavy") && !form.body.contains("name=\"confidentiality\""))
      let id = try await app.addRisk([
        ("scale", scale), ("probability-current", "2"), ("impact-current", "2"),
        ("probability-target", "1"), ("impact-target", "2"),
      ])
      let page = try await app.get("/risks/\(id)")
      #expect(page.body.contains("Red") && page.body.contains("Green") && page.body.contains("人が選びました"))
      let outside =
        TestApp.riskFields.filter { $0.0 != "scale" } + [
          ("scale", scale), ("probability-current", "3"),
        ]
      #expect(try await app.post("/risks", outside).status == 422)
      let unknown = TestApp.riskFields.filter { $0.0 != "scale" } + [("scale", "nowhere")]
      #expect(try await app.post("/risks", unknown).status == 422)
    }
  }

  @Test("写し取った表が壊れていても、台帳もリスクも開け、未評価と出る", arguments: Engine.available)
  func brokenMatrix(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let library = try await app.take(Self.matrix)
      try await Risks.take("urn:test:risk:matrix:m", of: library.id, in: app.scope)
      let scale = try #require(try await app.scope.read { try $0.takenScales() }.first?.id.text)
      let id = try await app.addRisk([
        ("scale", scale), ("probability-current", "2"), ("impact-current", "3"),
      ])
      for body in [
        #"{"grid":[[0]],"impact":[],"name":{"names":{}},"probability":[],"risk":[],"source":{"names":{}}}"#,
        "{",
      ] {
        _ = try await app.scope.write { tx in
          try tx.housekeeping.run(
            "UPDATE risk_matrix SET body_json = \(body) WHERE facility_id = \(tx.facility)")
        }
        #expect(try await app.get("/risks").status == 200)
        let page = try await app.get("/risks/\(id)")
        #expect(page.status == 200 && page.body.contains("未評価"))
      }
    }
  }

  @Test("期限を決めて任された人も、承認できる人に数える", arguments: Engine.available)
  func granted(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let here = try await app.person(.itStaff)
      let before = try await app.scope.read { try $0.riskApprovers(beside: nil, at: app.now) }
      #expect(!before.contains(here.id))
      #expect(try await GrantTests.give("safety-manager", to: "itStaff", app).status == 303)
      let after = try await app.scope.read { try $0.riskApprovers(beside: nil, at: app.now) }
      #expect(after.contains(here.id))
      let later = app.now.adding(minutes: 60 * 24 * 400)
      #expect(try await !app.scope.read { try $0.riskApprovers(beside: nil, at: later) }.contains(here.id))
    }
  }

  @Test("表のあるライブラリがいくつあっても、選んで見られる", arguments: Engine.available)
  func libraries(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for number in 0..<6 {
        let text = Self.matrix.replacing(":m\n", with: ":m\(number)\n").replacing(
          "Matrix library", with: "Library \(number)"
        ).replacing("Two by three", with: "Matrix \(number)")
        _ = try await app.take(text)
      }
      let shelf = try await app.scope.read { try $0.libraries() }
      #expect(shelf.count == 6)
      for library in shelf {
        let page = try await app.get("/risks/matrices?library=\(library.id)", as: .auditor)
        let number = library.facts.name.dropFirst("Library ".count)
        #expect(page.body.contains("Matrix \(number)") && page.body.contains("Library 5 (1)"))
      }
    }
  }

  @Test("対策を付け外しでき、閉じたリスクは変えられず、開き直せる", arguments: Engine.available)
  func measures(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRisk()
      let measure = try await Measures.add(Measure.Draft(title: "VPN装置を入れ替える"), in: app.scope)
      let choose = try await app.get("/risks/\(id)/measures?q=VPN")
      #expect(choose.body.contains("VPN装置を入れ替える") && choose.body.contains("data-narrow=\"cards\""))
      let none = try await app.get("/risks/\(id)/measures?q=控え")
      #expect(none.body.contains("見つかりませんでした。言葉を変えて") && !none.body.contains("<table"))
      let put = [("measure", measure.id.text)]
      #expect(try await app.post("/risks/\(id)/measures", put).status == 303)
      #expect(try await app.get("/risks/\(id)").body.contains("VPN装置を入れ替える"))
      #expect(try await app.post("/risks/\(id)/measures", put + [("off", "1")]).status == 303)
      #expect(try await app.scope.read { try $0.measures(of: id) }.isEmpty)
      #expect(try await app.post("/risks/\(id)/closure", [("version", "1"), ("because", "")]).status == 422)
      let close = [("version", "1"), ("because", "装置をやめた")]
      #expect(try await app.post("/risks/\(id)/closure", close).status == 303)
      #expect(try await app.post("/risks/\(id)/measures", put).status == 409)
      #expect(try await app.post("/risks/\(id)", TestApp.riskFields).status == 409)
      #expect(try await app.get("/risks?show=closed").body.contains("VPNから入られる"))
      #expect(try await app.post("/risks/\(id)/reopening", [("version", "2")]).status == 303)
    }
  }

  @Test("よその施設のリスクは見えない", arguments: Engine.available)
  func strangers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRisk()
      #expect(try await app.get("/risks/\(id)", as: .stranger).status == 404)
      #expect(try await app.get("/risks", as: .stranger).body.contains("リスクはまだありません"))
      let fields = TestApp.riskFields.filter { $0.0 != "version" } + [("version", "1")]
      #expect(try await app.post("/risks/\(id)", fields, as: .stranger).status == 404)
    }
  }

  @Test("300件あっても1ページ8文までで、重い順に並び、Excel には全部ある", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await app.scope.write { tx in
        for number in 0..<300 {
          var draft = Risk.Draft(title: "リスク \(number)")
          draft.inputs = Risk.Inputs(
            confidentiality: number % 3 + 1, integrity: 1, availability: 1, threat: 3, weakness: [.current: 2]
          )
          let risk = try Risk(id: app.scope.newID()).revised(
            draft, in: .own, by: app.scope.actor, at: app.now)
          try tx.insert(risk, in: .own)
        }
      }
      _ = try await app.cookie(of: .auditor)
      for (path, count) in [
        ("", 50), ("?page=2&size=200", 100), ("?q=リスク%20299", 1), ("?q=2%259", 0), ("?show=closed", 0),
      ] {
        let before = app.database.statementCount
        let page = try await app.get("/risks\(path)", as: .auditor)
        #expect(app.database.statementCount - before <= 8, "\(path)")
        #expect(page.body.matches(of: #/<th scope="row"/#).count == count, "\(path)")
      }
      let first = try await app.get("/risks", as: .auditor)
      #expect(
        first.body.contains("data-tone=\"bad\">大 (6)") && !first.body.contains("data-tone=\"warn\">中 (4)"))
      #expect(first.body.contains("aria-label=\"いま: 大 100件、中 100件、小 100件\""))
      let book = try await app.get("/risks/register.xlsx", as: .auditor)
      let sheets = try Sheets.read(book.bytes, named: "risks.xlsx").sheets
      #expect(sheets[0].rows.count == 303)
      #expect(sheets.count == 4)
    }
  }

  @Test("PDF に表と台帳が入る", .enabled(if: maker != nil, "typst がない"))
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await app.addRisk()
      let file = try await app.get("/risks/register.pdf", as: .auditor)
      #expect(file.status == 200)
      let text = try await Pdf.text(file.bytes)
      #expect(text.contains("リスクの台帳") && text.contains("大 (6)") && text.contains("診療の記録"))
    }
  }
}
