import Foundation
import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

extension TestApp {
  func take(_ text: String, named name: String = "a") async throws -> ShelvedLibrary {
    let source = Libraries.Source(name: name, bytes: text.utf8.count) { Array(text.utf8) }
    let reports = try await Libraries.take([source], into: .facility(scope), isTrial: false)
    if let problem = reports[0].problem { throw problem }
    let urn = try LibraryFile.read(Array(text.utf8), named: name).library.urn.lowercased()
    return try #require(try await scope.read { try $0.libraries() }.first { $0.urn == urn })
  }

  /// An audit of the scored framework, begun by the pages.
  func beginAudit(_ text: String = AuditSamples.scored, groups: [String] = []) async throws -> Audit.ID {
    let library = try await take(text)
    let fields = [
      ("library", library.id.text), ("framework", "0"), ("name", "自己点検"), ("year", "2025"), ("owner", ""),
    ]
    let begun = try await post("/audits", fields + groups.map { ("group", $0) })
    return try #require(
      begun.location?.split(separator: "/").last.flatMap { Audit.ID(String($0)) }, "\(begun)")
  }

  func answer(
    _ id: Audit.ID, _ node: String, _ fields: [(String, String)], version: Int = 0, as who: Who = .itStaff
  ) async throws -> Answer {
    let sha256 = try await scope.read { try $0.audit(id)?.audit.sha256 } ?? ""
    let known = [
      ("node", node), ("version", "\(version)"), ("edition", sha256), ("remark", ""), ("due", ""),
      ("then", "stay"),
    ]
    return try await post(
      "/audits/\(id)/answers", fields + known.filter { one in !fields.contains { $0.0 == one.0 } }, as: who)
  }
}

@Suite("枠組みの点検")
struct AuditTests {
  private static let base = AuditSamples.base

  @Test("枠組みから始め、答えると、進みと点に出る。答えた要求だけが行になる", arguments: Engine.available)
  func answering(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/audits", as: .auditor)
      #expect(empty.status == 200 && empty.body.contains("まだありません"))
      let library = try await app.take(AuditSamples.scored)
      let form = try await app.get("/audits/new?library=\(library.id)&framework=0")
      #expect(form.body.contains("4件") && form.body.contains("Large"))
      let id = try await app.beginAudit()
      #expect(try await app.scope.read { try $0.requirementAnswers(id) }.isEmpty)
      let page = try await app.get("/audits/\(id)", as: .auditor)
      #expect(page.status == 200 && page.body.contains("0 / 4"))
      let saved = try await app.answer(id, "\(Self.base):1.1", [("result", "compliant"), ("score", "4")])
      #expect(saved.status == 303)
      let rows = try await app.scope.read { try $0.requirementAnswers(id) }
      #expect(rows.count == 1 && rows[0].score == 4 && rows[0].isConfirmed)
      let after = try await app.get("/audits/\(id)", as: .auditor)
      #expect(after.body.contains("1 / 4") && after.body.contains("点×重みの合計12 ÷ 重みの合計3 = 4"))
      let shown = try await app.get("/audits/\(id)/requirements?node=\(Self.base):1.1")
      #expect(shown.body.contains("5 All") && shown.body.contains("要求に答えました"))
      let again = try await app.answer(
        id, "\(Self.base):1.1", [("result", "compliant"), ("score", "4")], version: 0)
      #expect(again.status == 303)
      let stale = try await app.answer(id, "\(Self.base):1.1", [("result", "non_compliant"), ("score", "0")])
      #expect(stale.status == 409)
      let outside = try await app.answer(
        id, "\(Self.base):1.1", [("result", "compliant"), ("score", "6"), ("remark", "ここは残る")], version: 1)
      #expect(outside.status == 422 && outside.body.contains("0から5まで") && outside.body.contains("ここは残る"))
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(told.contains { $0.action == "audit.answer" && $0.after?.contains("1.1 Plain") == true })
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("枠組みの要求") && ledger.body.contains("/audits/\(id)/requirements?node="))
    }
  }

  @Test("質問は条件が満ちたときだけ聞き、聞かなかった質問の答えは残る", arguments: Engine.available)
  func questions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.3"
      let question = "\(node):question:"
      let first = try await app.get("/audits/\(id)/requirements?node=\(node)")
      #expect(first.body.contains("How often?") && !first.body.contains("Where?"))
      _ = try await app.answer(id, node, [("asked", "0"), ("q0", "\(question)1:choice:2")])
      let second = try await app.get("/audits/\(id)/requirements?node=\(node)")
      #expect(second.body.contains("Where?") && second.body.contains("まだ決まりません"))
      let both = [
        ("asked", "0"), ("q0", "\(question)1:choice:2"), ("asked", "1"), ("q1", "\(question)2:choice:1"),
        ("q1", "\(question)2:choice:2"),
      ]
      _ = try await app.answer(id, node, both, version: 1)
      let third = try await app.get("/audits/\(id)/requirements?node=\(node)")
      #expect(third.body.contains("質問の答えから:") && third.body.contains("一部適合"))
      _ = try await app.answer(id, node, [("asked", "0"), ("q0", "\(question)1:choice:1")], version: 2)
      let row = try #require(try await app.scope.read { try $0.requirementAnswer(id, node) })
      #expect(row.choices["\(question)2"] == ["\(question)2:choice:1", "\(question)2:choice:2"])
      let strange = try await app.answer(id, node, [("asked", "0"), ("q0", "\(question)9")], version: 3)
      #expect(strange.status == 422)
    }
  }

  @Test("担当でない人は答えられず、節を任せられれば答えられる。ほかの施設には見えない", arguments: Engine.available)
  func roles(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      #expect(try await app.answer(id, node, [("result", "compliant")], as: .contributor).status == 403)
      #expect(try await app.answer(id, node, [("result", "compliant")], as: .auditor).status == 403)
      let person = try #require(
        try await app.scope.read { try $0.people() }.first { $0.name == "contributor" })
      let given = try await app.post(
        "/audits/\(id)/assignments",
        [("node", "\(Self.base):1"), ("owner", person.id.text), ("due", "2026-03-20")])
      #expect(given.status == 303)
      #expect(try await app.answer(id, node, [("result", "compliant")], as: .contributor).status == 303)
      #expect(
        try await app.answer(id, "\(Self.base):2", [("result", "compliant")], as: .contributor).status == 403)
      let mine = try await app.get("/audits/\(id)?show=mine", as: .contributor)
      #expect(mine.body.contains("1.2 Large only") && !mine.body.contains("In no group"))
      let said = try await app.post(
        "/audits/\(id)/comments", [("node", node), ("comment", "<b>見ました</b>")], as: .contributor)
      #expect(said.status == 303)
      let page = try await app.get("/audits/\(id)/requirements?node=\(node)", as: .auditor)
      #expect(page.body.contains("&lt;b&gt;見ました") && !page.body.contains("name=\"result\""))
      for path in ["", "/requirements?node=\(node)", "/export.xlsx", "/points", "/settings"] {
        #expect(try await app.get("/audits/\(id)\(path)", as: .stranger).status == 404, "\(path)")
      }
      #expect(try await app.answer(id, node, [("result", "compliant")], as: .stranger).status == 404)
    }
  }

  @Test("新しい版に移ると、答えは残り、文章の変わったものは確かめ直し、無くなったものには印が付く", arguments: Engine.available)
  func versions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      for node in ["1.1", "1.2", "2"] {
        _ = try await app.answer(id, "\(Self.base):\(node)", [("result", "compliant"), ("score", "3")])
      }
      #expect(try await app.get("/audits/\(id)/library-version").status == 409)
      let newer = AuditSamples.scored.replacing("version: 1\n", with: "version: 2\n")
        .replacing("name: Plain", with: "name: Plain but new").replacing(
          "\(Self.base):2\n", with: "\(Self.base):3\n")
      let library = try await app.take(newer)
      let notice = try await app.get("/audits/\(id)")
      #expect(notice.body.contains("第2版が取り込まれています"))
      let preview = try await app.get("/audits/\(id)/library-version")
      #expect(preview.body.contains("増えた要求 1件") && preview.body.contains("確かめ直す答え 1件"))
      #expect(preview.body.contains("要求が無くなる答え 1件"))
      let fields = [("to", library.sha256), ("version", "1")]
      #expect(try await app.post("/audits/\(id)/library-version", fields).status == 303)
      #expect(try await app.post("/audits/\(id)/library-version", fields).status == 409)
      let rows = try await app.scope.read { try $0.requirementAnswers(id) }
      let byNode = Dictionary(uniqueKeysWithValues: rows.map { ($0.node, $0) })
      #expect(rows.count == 3 && rows.allSatisfy { $0.result == .compliant })
      #expect(
        byNode["\(Self.base):1.1"]?.isConfirmed == false && byNode["\(Self.base):1.2"]?.isConfirmed == true)
      #expect(byNode["\(Self.base):2"]?.goneTitle == "2 In no group")
      let page = try await app.get("/audits/\(id)")
      #expect(page.body.contains("この版から無くなった要求への答え 1件") && page.body.contains("1 / 4"))
      let changed = try await app.get("/audits/\(id)/requirements?node=\(Self.base):1.1")
      #expect(changed.body.contains("まだ確かめていません"))
    }
  }

  @Test("点検が使っている版の取り込みは、取り消せない", arguments: Engine.available)
  func inUse(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.beginAudit()
      let own = try #require(try await app.scope.read { try $0.libraries() }.first)
      let refused = try await app.post("/frameworks/\(own.id)/retirement", [])
      #expect(refused.status == 409 && refused.body.contains("1件の点検"))
      // One that all share is refused for an audit of any facility.
      let text = AuditSamples.choosing
      let source = Libraries.Source(name: "s", bytes: text.utf8.count) { Array(text.utf8) }
      _ = try await Libraries.take(
        [source], into: .installation(app.database, by: .shell("root"), now: app.now), isTrial: false)
      let shared = try #require(try await app.scope.read { try $0.libraries() }.first(where: \.isShared))
      let fields = [("library", shared.id.text), ("framework", "0"), ("name", "x"), ("year", "2025")]
      #expect(try await app.post("/audits", fields).status == 303)
      await #expect(throws: LibraryRefusal.inUse(1)) {
        try await Libraries.retireShared(
          urn: shared.urn, version: 1, in: app.database, by: .shell("root"), now: app.now)
      }
    }
  }

  @Test("署名すると固まり、わけを書けば開き直せる。署名した時点と比べられる", arguments: Engine.available)
  func signing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      _ = try await app.answer(id, node, [("result", "non_compliant"), ("score", "1")])
      let head = try await app.scope.read { try $0.ledgerHead() }
      let signed = try await app.post(
        "/audits/\(id)/points", [("title", "上期"), ("signs", "1"), ("version", "1")])
      #expect(signed.status == 303)
      let point = try #require(try await app.scope.read { try $0.auditPoints(id) }.first)
      #expect(point.isSigned && point.head == head)
      #expect(try await app.answer(id, node, [("result", "compliant")], version: 1).status == 409)
      #expect(try await app.post("/audits/\(id)/taking-up", [("reason", "")]).status == 422)
      #expect(try await app.post("/audits/\(id)/taking-up", [("reason", "写し間違い")]).status == 303)
      let saved = try await app.answer(id, node, [("result", "compliant"), ("score", "5")], version: 1)
      #expect(saved.status == 303)
      let page = try await app.get("/audits/\(id)/comparison?from=\(point.id)", as: .auditor)
      #expect(page.body.contains("よくなった1件、悪くなった0件") && page.body.contains("1.1 Plain"))
      let list = try await app.get("/audits/\(id)/points", as: .auditor)
      #expect(list.body.contains(point.head.fingerprint))
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(told.contains { $0.action == "audit.sign" && $0.after?.contains(head.hash) == true })
      #expect(told.contains { $0.action == "audit.reason" && $0.after?.contains("写し間違い") == true })
    }
  }

  @Test("Excel には、どの要求も出て、答えと質問が読める", arguments: Engine.available)
  func workbook(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit(groups: ["small"])
      _ = try await app.answer(
        id, "\(Self.base):1.1", [("result", "compliant"), ("score", "4"), ("remark", "=1+1")])
      let question = "\(Self.base):1.3:question:1"
      _ = try await app.answer(id, "\(Self.base):1.3", [("asked", "0"), ("q0", "\(question):choice:1")])
      let file = try await app.get("/audits/\(id)/export.xlsx", as: .auditor)
      let sheets = try Sheets.read(file.bytes, named: "a.xlsx").sheets
      let rows = sheets[1].rows.map { $0.map(\.text) }
      let plain = try #require(rows.first { $0.first == "1.1" })
      #expect(plain[3] == "適合" && plain[4] == "4" && plain[7] == "=1+1")
      let asked = try #require(rows.first { $0.first == "1.3" })
      #expect(asked[3] == "不適合" && asked[4] == "0" && asked[11] == "How often?: Never")
      let large = try #require(rows.first { $0.first == "1.2" })
      #expect(large[3] == "選んだグループの外")
      #expect(sheets[0].rows.contains { $0.map(\.text) == ["適合", "1"] })
    }
  }

  @Test("1,800の要求に答えても、1ページは8文まで", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit(AuditSamples.large(1_800))
      let nodes = (1..<1_800).filter { $0 % 60 != 0 }.map { "urn:test:risk:req_node:large:\($0)" }
      try await Audits.answer(nodes, of: id, in: app.scope)
      _ = try await app.cookie(of: .auditor)
      let paths = [
        "", "?show=not", "?q=text", "/requirements?node=\(nodes[0])", "/points", "/export.xlsx",
      ]
      for path in paths {
        let before = app.database.statementCount
        let page = try await app.get("/audits/\(id)\(path)", as: .auditor)
        let used = app.database.statementCount - before
        // A file that is taken away leaves an entry.
        #expect(page.status == 200 && used <= (path == "/export.xlsx" ? 14 : 8), "\(path): \(used)")
        #expect(page.body.matches(of: #/<tr>/#).count <= 60)
      }
    }
  }

  @Test("全施設への取り込みが記録の前に止まっても、あとで一度だけ記録に残る", arguments: Engine.available)
  func owed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let telling = Libraries.Telling(.share, ["Library a (1)"], at: app.now)
      // As after a crash between the batch and the ledgers.
      try await Installation(app.database).keep(now: app.now) { try $0.oweTelling(telling, now: app.now) }
      func told() async throws -> Int {
        try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }.count {
          $0.action == "framework.share" && $0.after?.contains("Library a (1)") == true
        }
      }
      #expect(try await told() == 0)
      let rows = try await Installation(app.database).takeDue(now: app.now).filter {
        $0.kind == "frameworks.tell"
      }
      #expect(rows.count == 2)
      let work = try #require(Libraries.feature.due["frameworks.tell"])
      for _ in 0..<2 {
        for row in rows where row.facility == app.facility.id { try await work(row, app.scope) }
      }
      #expect(try await told() == 1)
      #expect(Libraries.Telling(subject: telling.subject) == telling)
    }
  }
}

extension AuditSamples {
  /// Sections of 60 nodes each, all but the first of each to be answered.
  static func large(_ count: Int) -> String {
    let nodes = (0..<count).map { number -> String in
      let section = number - number % 60
      let parent = number == section ? "" : "\n      parent_urn: urn:test:risk:req_node:large:\(section)"
      return """
            - urn: urn:test:risk:req_node:large:\(number)
              assessable: \(number != section)
              depth: \(number == section ? 1 : 2)\(parent)
              ref_id: '\(number)'
              name: Text \(number)
        """
    }
    return """
      urn: urn:test:risk:library:large
      locale: en
      ref_id: large
      name: Large
      version: 1
      objects:
        framework:
          urn: urn:test:risk:framework:large
          ref_id: large
          name: Large framework
          min_score: 1
          max_score: 5
          requirement_nodes:
      \(nodes.joined(separator: "\n"))
      """
  }
}
