import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("台帳や運用の記録から、枠組みの答えを提案する")
struct RecordSignalTests {
  private static let base = AuditSamples.base

  // MARK: Rules

  private static let combinations: [([[Signal.State]], AuditResult?)] = [
    // Of one concept the worst of what is said counts.
    ([[.met]], .compliant), ([[.met, .met]], .compliant), ([[.met, .partly]], .partiallyCompliant),
    ([[.met, .unmet]], .nonCompliant), ([[.unmet]], .nonCompliant), ([[.unknown]], nil),
    ([[.met, .unknown]], nil), ([[.unmet, .unknown]], .nonCompliant),
    // Of several, some of each is partly; what nobody knows of may be anything.
    ([[.met], [.met]], .compliant), ([[.met], [.unmet]], .partiallyCompliant),
    ([[.unmet], [.unmet]], .nonCompliant), ([[.met], []], nil), ([[.unmet], []], nil),
    ([[.partly], []], .partiallyCompliant), ([[.met], [.unmet], []], .partiallyCompliant),
  ]

  @Test("記録の言うことからの提案", arguments: combinations)
  func result(concepts: [[Signal.State]], expected: AuditResult?) {
    #expect(RecordSuggestion.result(of: concepts) == expected)
    #expect(RecordSuggestion.result(of: concepts.reversed().map { $0.reversed() }) == expected)
  }

  private static var library: PackLibrary {
    get throws { try PackLibrary.find(environment: ProcessInfo.processInfo.environment) }
  }

  private static let alike = [
    ("アクセスログを管理し、定期的に確認していますか。", "access-log"),
    ("二要素認証を採用している。", "mfa"),
    ("Backup copies of information and systems are kept and recovery is tested.", "backup-recovery"),
    ("Two-factor authentication is used when people log in.", "mfa"),
  ]

  @Test("似た言葉から、日本語でも英語でも項目の候補が出る", arguments: alike)
  func proposals(text: String, concept: String) throws {
    let proposals = try RecordSignals.likeness(try Self.library).proposals(for: text)
    #expect(proposals.first?.concept == concept, "\(proposals)")
    #expect(proposals.count <= 3)
  }

  @Test("似ていない言葉からは、候補が出ない", arguments: ["", "駐車場の白線", "zzzz qqqq"])
  func noProposal(text: String) throws {
    #expect(try RecordSignals.likeness(try Self.library).proposals(for: text).isEmpty)
  }

  @Test("守り手の枠組みでは、ログを見ることを聞く要求だけが「ログの確認」に結びつく")
  func own() throws {
    let own = OwnFrameworks(try Self.library)
    var found: [String] = []
    for id in own.ids {
      let library = try own.file(id).library
      for number in library.frameworks.indices {
        let tree = FrameworkTree(library, number: number)
        found += tree.concepts.filter { $0.value.contains("log-monitoring") }.map {
          tree.node($0.key).refID ?? ""
        }
      }
    }
    #expect(found.sorted() == ["1-2-2", "システム運用編 17 ①"])
  }

  // MARK: Over HTTP

  private static func connect(_ app: TestApp, _ number: String, from sources: String) async throws {
    try await Connections.register.add(
      ["number": number, "name": number, "status": "in-use", "allowedFrom": sources], .ja, in: app.scope)
  }

  private static func link(_ app: TestApp, _ id: Audit.ID, _ nodes: [String]) async throws -> Int {
    let fields = nodes.map { ("add \($0)", "source-restriction") }
    return try await app.post("/audits/\(id)/concepts", fields).status
  }

  private static func look(_ app: TestApp, _ id: Audit.ID) async throws {
    #expect(try await app.post("/audits/\(id)/signals/look", []).status == 303)
  }

  /// Presses the button on the requirement's page.
  private static func take(
    _ app: TestApp, _ id: Audit.ID, _ node: String, seen: String? = nil, version: Int = 0,
    as who: TestApp.Who = .itStaff
  ) async throws -> Int {
    let page = try await app.get("/audits/\(id)/requirements?node=\(node)")
    let fingerprint = seen ?? page.hidden("seen") ?? ""
    return try await app.post(
      "/audits/\(id)/signals/answer", [("node", node), ("seen", fingerprint), ("version", "\(version)")],
      as: who
    ).status
  }

  @Test("要求を項目に結びつけると、記録の文、日付、出どころと提案が出て、受けるまで答えは変わらない", arguments: Engine.available)
  func shown(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      let path = "/audits/\(id)/requirements?node=\(node)"
      let plain = try await app.get(path)
      #expect(plain.body.contains("チェックリストの項目に結びついていません"))
      let form = try await app.get("/audits/\(id)/concepts?node=\(node)")
      #expect(form.status == 200 && form.body.contains("name=\"add \(node)\""))
      #expect(try await Self.link(app, id, [node]) == 303)
      #expect(try await Self.link(app, id, [node]) == 303)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      let before = try await app.get(path)
      #expect(before.body.contains("記録をまだ見ていません") && !before.body.contains("name=\"seen\""))

      try await Self.look(app, id)
      let statements = app.database.statementCount
      let page = try await app.get(path)
      #expect(app.database.statementCount - statements <= 8)
      #expect(page.body.contains("使っている外部接続点は1件です。"))
      #expect(page.body.contains("href=\"/registers/connections\">台帳を開く"))
      #expect(page.body.contains("(ここで結びつけた)") && page.body.contains("提案のとおりに答える"))
      #expect(try await app.scope.read { try $0.requirementAnswers(id) }.isEmpty)

      // The list says it too, and a filter finds it.
      for query in ["?section=0", "?show=suggested"] {
        let list = app.database.statementCount
        let body = try await app.get("/audits/\(id)\(query)").body
        #expect(app.database.statementCount - list <= 8)
        #expect(body.contains("1件の要求に、台帳や運用の記録からの提案があります"))
        #expect(body.contains("台帳: 使っている外部接続点は1件です。"), "\(query)")
      }
      #expect(try await Self.take(app, id, node) == 303)
      let stored = try #require(try await app.scope.read { try $0.requirementAnswer(id, node) })
      #expect(stored.result == .compliant && stored.isConfirmed && stored.said == nil)
      #expect(stored.remark == "2026-02-24 の記録から。台帳: 使っている外部接続点は1件です。")
      let history = try await app.scope.read { try $0.history(of: "audit-answer:\(id)/\(node)") }
      #expect(history.map(\.action) == ["audit.ground", "audit.answer", "audit.concept"])
      #expect(history[0].after?.contains("使っている外部接続点は1件です。") == true)
      let after = try await app.get(path)
      #expect(after.body.contains("いまの答えと同じです") && !after.body.contains("name=\"seen\""))
    }
  }

  @Test("記録が動けば見直してから断り、人の答えは書きかえず、答えたあとの動きは見える", arguments: Engine.available)
  func moved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      _ = try await Self.link(app, id, [node])
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await Self.look(app, id)
      let path = "/audits/\(id)/requirements?node=\(node)"
      let seen = try #require(try await app.get(path).hidden("seen"))
      try await Self.connect(app, "VPN-2", from: "")
      #expect(try await Self.take(app, id, node, seen: seen) == 409)
      #expect(try await app.scope.read { try $0.requirementAnswers(id) }.isEmpty)
      // The refusal has looked: what is shown now can be taken.
      let shown = try await app.get(path)
      #expect(shown.body.contains("1件は許可する接続元が書かれていません。"))
      #expect(try await Self.take(app, id, node) == 303)
      let partly = try await app.scope.read { try $0.requirementAnswer(id, node) }
      #expect(partly?.result == .partiallyCompliant)

      // What a person has answered stays, whatever the records say.
      let fields = [("result", "non_compliant"), ("score", "1")]
      #expect(try await app.answer(id, node, fields, version: 1).status == 303)
      let differs = try await app.get(path)
      #expect(differs.body.contains("いまの答えと違います") && !differs.body.contains("name=\"seen\""))
      let now = try await Audits.opened(id, in: app.scope)
      let place = try #require(now.tree.place(of: node))
      let fingerprint = try #require(now.signals.suggestion(at: place)).fingerprint
      #expect(try await Self.take(app, id, node, seen: fingerprint, version: 2) == 409)
      try await Self.connect(app, "VPN-3", from: "")
      try await Self.look(app, id)
      let later = try await app.get(path)
      #expect(later.body.contains("答えたあとで記録が変わりました。答えたとき: 台帳: 使っている外部接続点は2件です。"))
      let kept = try await app.scope.read { try $0.requirementAnswer(id, node) }
      #expect(kept?.result == .nonCompliant && kept?.version == 2)
    }
  }

  @Test("まとめて入れると、一件ずつの見込みのとおりに、答えの無い要求だけが未確認で入る", arguments: Engine.available)
  func pass(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let empty = try await app.get("/audits/\(id)/signals")
      #expect(empty.status == 200 && empty.body.contains("提案はまだありません"))
      // 1.3 is decided by its questions.
      let nodes = ["1.1", "1.2", "1.3", "2"].map { "\(Self.base):\($0)" }
      #expect(try await Self.link(app, id, nodes) == 303)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      _ = try await app.answer(id, nodes[0], [("result", "non_compliant"), ("score", "1")])
      try await Self.look(app, id)
      let statements = app.database.statementCount
      let preview = try await app.get("/audits/\(id)/signals")
      #expect(app.database.statementCount - statements <= 8)
      #expect(preview.body.contains("2件の答えを入れる") && preview.body.contains("もう答えがある"))
      #expect(preview.body.contains("質問で決まります") && preview.body.contains("href=\"/registers/connections\""))
      let seen = try #require(preview.hidden("seen"))
      #expect(try await app.post("/audits/\(id)/signals", [("seen", "0")]).status == 409)
      #expect(try await app.post("/audits/\(id)/signals", [("seen", seen)]).status == 303)
      let rows = try await app.scope.read { try $0.requirementAnswers(id) }
      let byNode = Dictionary(uniqueKeysWithValues: rows.map { ($0.node, $0) })
      #expect(Set(byNode.keys) == [nodes[0], nodes[1], nodes[3]])
      #expect(byNode[nodes[0]]?.result == .nonCompliant && byNode[nodes[0]]?.isConfirmed == true)
      let taken = try #require(byNode[nodes[1]])
      #expect(taken.result == .compliant && !taken.isConfirmed && taken.origin == nil)
      #expect(taken.said?.text == "台帳: 使っている外部接続点は1件です。" && taken.said?.on == app.now.day)
      let page = try await app.get("/audits/\(id)/requirements?node=\(nodes[1])", as: .auditor)
      #expect(page.body.contains("の台帳や運用の記録からです"))
      // Not counted until a person has looked; and what is there is never taken again.
      let tally = try await app.get("/audits/\(id)")
      #expect(tally.body.contains("1 / 4"))
      let after = try await app.get("/audits/\(id)/signals")
      #expect(after.hidden("seen") == nil)
      #expect(try await app.post("/audits/\(id)/signals", [("seen", seen)]).status == 409)
      #expect(try await Self.take(app, id, nodes[1], version: 1) == 303)
      let confirmed = try await app.scope.read { try $0.requirementAnswer(id, nodes[1]) }
      #expect(confirmed?.isConfirmed == true && confirmed?.said == nil)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("ほかの年度の点検には、ことしの記録は何も言わない", arguments: Engine.available)
  func otherYear(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      _ = try await Self.link(app, id, [node])
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await Self.look(app, id)
      let seen = try #require(
        try await app.get("/audits/\(id)/requirements?node=\(node)").hidden("seen"))
      let settings = [("name", "去年"), ("year", "2024"), ("owner", ""), ("version", "1")]
      #expect(try await app.post("/audits/\(id)/settings", settings).status == 303)
      let page = try await app.get("/audits/\(id)/requirements?node=\(node)")
      #expect(page.body.contains("ほかの年度の点検の答えにはなりません"))
      #expect(!page.body.contains("使っている外部接続点"))
      #expect(try await Self.take(app, id, node, seen: seen) == 409)
      #expect(try await app.post("/audits/\(id)/signals", [("seen", seen)]).status == 409)
    }
  }

  @Test("任されていない人、変えられない役割、ほかの施設、期限付きの監査の人", arguments: Engine.available)
  func closed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      _ = try await Self.link(app, id, [node])
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await Self.look(app, id)
      let seen = try #require(
        try await app.get("/audits/\(id)/requirements?node=\(node)").hidden("seen"))
      #expect(try await Self.take(app, id, node, seen: seen, as: .contributor) == 403)
      #expect(try await Self.take(app, id, node, seen: seen, as: .auditor) == 403)
      #expect(try await Self.take(app, id, node, seen: seen, as: .stranger) == 404)
      #expect(try await app.post("/audits/\(id)/signals", [("seen", seen)], as: .contributor).status == 403)
      #expect(try await app.post("/audits/\(id)/signals", [("seen", seen)], as: .stranger).status == 404)
      #expect(try await app.post("/audits/\(id)/signals/look", [], as: .stranger).status == 404)
      #expect(try await app.get("/audits/\(id)/signals", as: .stranger).status == 404)
      #expect(try await app.get("/audits/\(id)/concepts", as: .contributor).status == 403)
      let foreign = [("add \(node)", "mfa")]
      #expect(try await app.post("/audits/\(id)/concepts", foreign, as: .stranger).status == 404)
      for wrong in [[("add \(node)", "no-such")], [("add urn:none", "mfa")]] {
        #expect(try await app.post("/audits/\(id)/concepts", wrong).status == 404)
      }
      let linked = try await app.scope.read { try $0.suggestionRows(id).linked }
      #expect(linked == [node: ["source-restriction"]])
      try await GrantTests.outsider("visitor", app)
      #expect(try await VisitTests.give(id, login: "visitor", app).status == 303)
      let visited = try await app.get("/audits/\(id)/requirements?node=\(node)", as: .visitor)
      #expect(visited.status == 200 && !visited.body.contains("外部接続点"))
      let list = try await app.get("/audits/\(id)?section=0", as: .visitor)
      #expect(list.status == 200 && !list.body.contains("外部接続点"))
      #expect(try await app.get("/audits/\(id)/signals", as: .visitor).status == 403)
    }
  }

  @Test("結びつけは同じ枠組みのどの点検でも効き、外すと提案も無くなる", arguments: Engine.available)
  func shared(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.beginAudit(), try await app.beginAudit())
      let node = "\(Self.base):1.1"
      _ = try await Self.link(app, first, [node])
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await Self.look(app, first)
      let path = "/audits/\(second)/requirements?node=\(node)"
      let with = try await app.get(path)
      #expect(with.body.contains("提案のとおりに答える"))
      let list = try await app.get("/audits/\(second)/concepts?show=all")
      #expect(list.body.contains("name=\"off\" value=\"source-restriction \(node)\""))
      let off = try await app.post(
        "/audits/\(second)/concepts", [("off", "source-restriction \(node)"), ("back", "all")])
      #expect(off.location == "/audits/\(second)/concepts?show=all&saved=1")
      let without = try await app.get(path)
      #expect(!without.body.contains("提案のとおりに答える"))
      #expect(try await app.scope.read { try $0.suggestionRows(first).linked }.isEmpty)
    }
  }

  @Test("点検を始めると記録を見る番が来て、朝ごとに見る", arguments: Engine.available)
  func daily(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let feature = try #require(app.site.features.first { $0.name == "record-signals" })
      let handler = try #require(feature.due["signals.look"])
      let installation = Installation(app.database)
      func due() async throws -> DueRow? {
        try await installation.takeDue(now: app.now).first { $0.kind == "signals.look" }
      }
      let none = try await due()
      #expect(none == nil)
      let id = try await app.beginAudit()
      let row = try #require(try await due())
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await handler(row, app.scope)
      let look = try #require(try await app.scope.read { try $0.suggestionRows(id).look })
      #expect(look.at == app.now && look.said.contains { $0.concept == "source-restriction" })
      app.now = app.now.adding(minutes: 24 * 60)
      let next = try await due()
      #expect(next != nil)
    }
  }
}
