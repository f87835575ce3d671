import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("対策")
struct MeasureTests {
  private static let base = AuditSamples.base

  private static let combinations: [([Measure.State], AuditResult?)] = [
    ([], nil), ([.stopped], nil), ([.inPlace], .compliant), ([.inPlace, .stopped], .compliant),
    ([.inPlace, .planned], .partiallyCompliant), ([.underWay], .partiallyCompliant),
    ([.underWay, .planned], .partiallyCompliant), ([.planned], .nonCompliant),
    ([.planned, .stopped], .nonCompliant),
  ]

  @Test("対策の状態からの提案", arguments: combinations)
  func suggestion(states: [Measure.State], expected: AuditResult?) {
    #expect(Measure.suggestion(of: states) == expected)
    #expect(Measure.suggestion(of: states.reversed()) == expected)
  }

  @Test("費用の読み方", arguments: [("", nil), ("1,200,000", 1_200_000), ("１２０円", 120), ("¥0", 0)])
  func yen(text: String, expected: Int?) throws { #expect(try Measure.yen(text) == expected) }

  @Test("読めない費用は断る", arguments: ["-1", "1.5", "百万", "9999999999999"])
  func badCost(text: String) { #expect(throws: MeasureRefusal.badCost) { try Measure.yen(text) } }

  private static func fields(_ more: [(String, String)] = []) -> [(String, String)] {
    let all = [
      ("title", "控えを切り離す"), ("state", "planned"), ("initial", "1,200,000"), ("yearly", ""), ("version", "0"),
    ]
    return all.filter { one in !more.contains { $0.0 == one.0 } } + more
  }

  @Test("対策に乗せた要求には提案が出て、状態を変えると動き、受けるまで答えは変わらない", arguments: Engine.available)
  func moving(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let first = try await app.beginAudit()
      let second = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      let added = try await app.post("/measures", Self.fields([("audit", first.text), ("node", node)]))
      #expect(added.status == 303)
      let measure = try #require(try await app.scope.read { try $0.measureLines(first) }.first?.measure)
      let put = try await app.post("/audits/\(second)/measures", [("measure", measure.text), ("node", node)])
      #expect(put.status == 303)
      func page(_ id: Audit.ID) async throws -> String {
        try await app.get("/audits/\(id)/requirements?node=\(node)").body
      }
      for id in [first, second] {
        let body = try await page(id)
        #expect(body.contains("控えを切り離す") && body.contains("name=\"result\" value=\"non_compliant\"><input"))
      }
      #expect(
        try await app.post("/measures/\(measure)/state", [("state", "in-place"), ("version", "1")]).status
          == 303)
      let rows = try await app.scope.read { try $0.requirementAnswers(first) }
      #expect(rows.isEmpty)
      for id in [first, second] {
        #expect(try await page(id).contains("name=\"result\" value=\"compliant\"><input"))
        let list = try await app.get("/audits/\(id)?show=suggested")
        #expect(list.body.contains("1.1 Plain"))
      }
      let old = [("node", node), ("result", "non_compliant"), ("version", "0")]
      #expect(try await app.post("/audits/\(first)/suggestions", old).status == 409)
      let seen = [("node", node), ("result", "compliant"), ("version", "0")]
      #expect(try await app.post("/audits/\(first)/suggestions", seen).status == 303)
      let answer = try #require(try await app.scope.read { try $0.requirementAnswer(first, node) })
      #expect(answer.result == .compliant && answer.isConfirmed)
      #expect(try await page(first).contains("(答えと同じです)"))
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(told.contains { $0.action == "audit.accept" && $0.after?.contains("控えを切り離す") == true })
      let shown = try await app.get("/measures/\(measure)", as: .auditor)
      #expect(shown.body.contains("1.1 Plain") && shown.body.contains("1,200,000円"))
      _ = try await app.post(
        "/audits/\(second)/measures",
        [("measure", measure.text), ("node", node), ("off", "1"), ("from", "measure")])
      #expect(try await app.scope.read { try $0.measureLines(second) }.isEmpty)
    }
  }

  @Test("質問で決まる要求には、提案を受けるボタンがなく、送っても断る", arguments: Engine.available)
  func computed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.3"
      _ = try await app.post(
        "/measures", Self.fields([("audit", id.text), ("node", node), ("state", "in-place")]))
      let page = try await app.get("/audits/\(id)/requirements?node=\(node)")
      #expect(page.body.contains("対策からの提案") && !page.body.contains("/suggestions"))
      let sent = [("node", node), ("result", "compliant"), ("version", "0")]
      #expect(try await app.post("/audits/\(id)/suggestions", sent).status == 422)
    }
  }

  @Test("固まった点検や、ない要求に乗せようとすると、対策も残らず、送り直しても一つ", arguments: Engine.available)
  func allOrNothing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      let fields = Self.fields([("audit", id.text), ("node", node)])
      func measures() async throws -> Int {
        try await app.scope.read {
          try $0.count("SELECT COUNT(*) FROM measure WHERE facility_id = \($0.facility)")
        }
      }
      try await Audits.keep("上期", signs: true, of: id, version: 1, in: app.scope)
      #expect(try await app.post("/measures", fields).status == 409)
      #expect(try await measures() == 0)
      try await Audits.takeUp(id, because: "写し間違い", in: app.scope)
      // A section is no requirement.
      for wrong in ["\(Self.base):1", "\(Self.base):none"] {
        let sent = Self.fields([("audit", id.text), ("node", wrong)])
        #expect(try await app.post("/measures", sent).status == 404)
      }
      #expect(try await measures() == 0)
      #expect(try await app.post("/measures", fields).status == 303)
      let lines = try await app.scope.read { try $0.measureLines(id) }
      #expect(try await measures() == 1)
      #expect(lines.map(\.node) == [node])
    }
  }

  @Test("証拠は対策に付き、乗っている要求のどれにも出る", arguments: Engine.available)
  func proofs(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let nodes = ["1.1", "1.2"].map { "\(Self.base):\($0)" }
      let added = try await app.post("/measures", Self.fields([("audit", id.text), ("node", nodes[0])]))
      #expect(added.status == 303)
      let measure = try #require(try await app.scope.read { try $0.measureLines(id) }.first?.measure)
      _ = try await app.post("/audits/\(id)/measures", [("measure", measure.text), ("node", nodes[1])])
      let sent = try await app.upload(
        "/measures/\(measure)/files", field: "file", name: "復元の記録.txt", bytes: Array("よし".utf8))
      #expect(sent.status == 303)
      for node in nodes {
        let page = try await app.get("/audits/\(id)/requirements?node=\(node)", as: .auditor)
        #expect(page.body.contains("復元の記録.txt"))
        let link = try #require(page.body.firstMatch(of: #/href="(\/measures\/[^"]+\/files\/[^"]+)"/#)?.1)
        #expect(try await app.get(String(link), as: .auditor).body == "よし")
        #expect(try await app.get(String(link), as: .stranger).status == 404)
      }
    }
  }

  @Test("担当でない人は状態を変えられず、担当は変えられる。期限の前に知らせる", arguments: Engine.available)
  func owners(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "contributor" })
      let due = app.now.day.adding(days: 20)
      var draft = Measure.Draft(title: "復元の訓練", owner: person.id)
      draft.dueOn = due
      let mine = try await Measures.add(draft, in: app.scope)
      let other = try await Measures.add(Measure.Draft(title: "ほか"), in: app.scope)
      let fields = [("state", "under-way"), ("version", "1")]
      #expect(try await app.post("/measures/\(other.id)/state", fields, as: .contributor).status == 403)
      #expect(try await app.post("/measures/\(mine.id)/state", fields, as: .contributor).status == 303)
      #expect(try await app.post("/measures/\(mine.id)/state", fields, as: .contributor).status == 409)
      #expect(try await app.post("/measures/\(mine.id)/state", fields, as: .auditor).status == 403)
      app.now = due.adding(days: -7).morning.adding(minutes: 1)
      let rows = try await Installation(app.database).takeDue(now: app.now).filter {
        $0.kind == "measures.target"
      }
      #expect(rows.count == 1)
      for row in rows { try await Measures.remind(row, in: app.scope) }
      _ = try await Installation(app.database).deliver(now: app.now)
      #expect(
        try await app.scope.read { try $0.inbox(of: person.id) }.map(\.key).filter {
          $0.hasPrefix("measures.")
        } == ["measures.dueSoon"])
    }
  }

  @Test("厚労省の点検の項目に付けると、答えの根拠に出る", arguments: Engine.available)
  func concepts(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let item = try #require(try app.library.form("med", of: assessment.pack).rows.first)
      let measure = try await Measures.add(Measure.Draft(title: "台帳を見直す", state: .inPlace), in: app.scope)
      _ = try await app.post("/measures/\(measure.id)/concepts", [("concept", item.concept)])
      #expect(try await app.post("/measures/\(measure.id)/concepts", [("concept", "no-such")]).status == 404)
      let page = try await app.get("/assessments/\(assessment.id)?item=\(item.id)")
      #expect(page.body.contains("この項目に関わる対策は1件、うち続けているもの1件です。"))
      _ = try await app.post("/measures/\(measure.id)/concepts", [("concept", item.concept), ("off", "1")])
      let after = try await app.get("/assessments/\(assessment.id)?item=\(item.id)")
      #expect(!after.body.contains("この項目に関わる対策は"))
    }
  }

  @Test("さがす字は字のとおり。% と _ も、ほかの字の代わりにならない", arguments: Engine.available)
  func letters(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let titles = ["控えは100%", "控えは100件", "a_b を替える", "AxB を替える"]
      for title in titles { _ = try await Measures.add(Measure.Draft(title: title), in: app.scope) }
      let found = [
        "100%": [0], "１００％": [0], "a_b": [2], "A_B": [2], "axb": [3], "%": [0], "_": [2], "": [0, 1, 2, 3],
        "a%b": [], "\\": [],
      ]
      for (query, expected) in found {
        let page = try await app.get("/measures?q=\(urlEncoded(query))", as: .auditor)
        let shown = titles.indices.filter { page.body.contains("\(titles[$0])</a>") }
        #expect(shown == expected, "\(query)")
      }
    }
  }

  @Test("さがすと、絞りこみと、長い一覧は1ページ8文まで", arguments: Engine.available)
  func list(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await app.scope.write { tx in
        for number in 0..<120 {
          try tx.insert(
            try Measure(
              Measure.Draft(title: "対策 \(number)", state: number % 2 == 0 ? .inPlace : .planned),
              id: app.scope.newID()))
        }
      }
      _ = try await app.cookie(of: .auditor)
      for (path, count) in [("", 50), ("?page=3", 20), ("?state=in-place&size=200", 60), ("?q=対策%20119", 1)] {
        let before = app.database.statementCount
        let page = try await app.get("/measures\(path)", as: .auditor)
        #expect(app.database.statementCount - before <= 8)
        #expect(page.body.matches(of: #/<th scope="row"/#).count == count, "\(path)")
      }
    }
  }
}
