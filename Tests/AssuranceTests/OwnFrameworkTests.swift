import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("守り手の枠組み")
struct OwnFrameworkTests {
  private static var own: OwnFrameworks {
    get throws { OwnFrameworks(try PackLibrary.find(environment: ProcessInfo.processInfo.environment)) }
  }

  @Test("選ぶと施設の枠組みになり、二度選んでも増えず、ほかの施設には入らない", arguments: Engine.available)
  func choosing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.cookie(of: .auditor)
      let before = app.database.statementCount
      let list = try await app.get("/frameworks/own", as: .auditor)
      #expect(app.database.statementCount - before <= 8)
      #expect(list.status == 200 && list.body.contains("安全管理ガイドライン 第6.0版(言い換え)"))
      #expect(list.body.contains("まだ使っていません") && !list.body.contains("adoption"))
      for _ in 1...2 {
        let chosen = try await app.post("/frameworks/own/guideline-6.0/adoption", [])
        #expect(chosen.status == 303)
      }
      let shelved = try await app.scope.read { try $0.libraries() }
      #expect(shelved.map(\.urn) == ["urn:mamorite:risk:library:guideline-6.0"])
      #expect(shelved[0].facts.warnings == [:] && !shelved[0].isShared)
      let after = try await app.get("/frameworks/own", as: .itStaff)
      #expect(after.body.contains("使っています") && after.body.contains("/frameworks/\(shelved[0].id)"))
      let id = shelved[0].id
      for path in ["/frameworks/own", "/frameworks", "/frameworks/\(id)", "/frameworks/\(id)/requirements"] {
        let english = try await app.get(path, as: .auditor, in: .en)
        #expect(english.body.contains("Safety management guidelines, version 6.0"), "\(path)")
        #expect(!english.body.contains("安全管理ガイドライン"), "\(path)")
      }
      let sections = try await app.get("/frameworks/\(id)/requirements", as: .auditor, in: .en)
      #expect(sections.body.contains("Planning and control") && !sections.body.contains("企画管理編"))
      for name in ["nothing", "..%2Fconcepts%2Fconcepts", "SOURCES.md"] {
        let unknown = try await app.post("/frameworks/own/\(name)/adoption", [])
        #expect(unknown.status == 404, "\(name)")
      }
      let refused = try await app.post("/frameworks/own/bcp-checklist/adoption", [], as: .auditor)
      #expect(refused.status == 403)
    }
  }

  @Test("ガイドラインの点検は、台帳のシステムの参照パターンで、読む所を選んで始まる", arguments: Engine.available)
  func groupsFromRegister(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/frameworks/own/guideline-6.0/adoption", [])
      let library = try #require(try await app.scope.read { try $0.libraries() }.first)
      let way = "/audits/new?library=\(library.id)&framework=0"
      func checked(_ page: TestApp.Answer) -> [String] {
        ["I", "II", "III", "IV"].filter { page.body.contains("value=\"\($0)\" checked") }
      }
      let empty = try await app.get(way)
      #expect(checked(empty) == [] && empty.body.contains("参照パターンを入れると"))
      for (name, pattern) in [("電子カルテ", "II"), ("予約", "II"), ("検査", "III"), ("会計", "")] {
        _ = try await Systems.register.add(["name": name, "readerPattern": pattern], .ja, in: app.scope)
      }
      let chosen = try await app.get(way)
      #expect(checked(chosen) == ["II", "III"] && chosen.body.contains("クラウドサービス: 2件"))
    }
  }

  // What the facts hold: 202 items of which 29 are of low confidence, 160 with a number; 53 duties and four questions; 25 questions;
  // 26 items of which two are of low confidence; 18 categories; one item confirmed; none of version 7.0.
  private static let counts: [(String, Int)] = [
    ("guideline-6.0", 173), ("guideline-7.0", 0), ("small-clinic-guidance", 57), ("ipa-self-check-25", 25),
    ("bcp-checklist", 24), ("e-document-conditions", 18), ("role-split-table", 1),
  ]

  @Test("答える項目の数は、確かめられた事実と合う", arguments: counts)
  func facts(id: String, answerable: Int) throws {
    let summaries = try Self.own.summaries()
    #expect(summaries.first { $0.id == id }?.counts.assessable == answerable)
  }

  @Test("確からしさの低いもの、番号の無いものは、そう見える")
  func marks() throws {
    let nodes = try Self.own.file("guideline-6.0").library.frameworks[0].nodes
    let items = nodes.filter { $0.depth == 3 }
    #expect(items.count == 202)
    let low = items.filter { $0.annotation?.hasPrefix("確からしさ: 低") == true }
    #expect(low.count == 29)
    #expect(low.allSatisfy { !$0.isAssessable && $0.description?.hasPrefix("【原本で確認】") == true })
    #expect(items.count { $0.refID?.contains("番号未確認") == false } == 160)
  }

  @Test("IPA の自社診断は、25問すべて「実施している」で平均4、「わからない」だけなら平均 −1")
  func score() throws {
    let library = try Self.own.file("ipa-self-check-25").library
    let tree = FrameworkTree(library, number: 0)
    for (choice, mean) in [(1, 4.0), (2, 2.0), (3, 0.0), (4, -1.0)] {
      let answers = tree.assessable.map { place -> RequirementAnswer in
        var answer = RequirementAnswer(tree.keys[place])
        answer.choices = [
          "\(tree.keys[place]):question:1": ["\(tree.keys[place]):question:1:choice:\(choice)"]
        ]
        answer.isConfirmed = true
        return answer
      }
      let standing = AuditStanding(tree, groups: [], answers: answers)
      #expect(standing.score.mean == mean)
      // Not knowing is neither met nor unmet.
      #expect(standing.total.scoredOnly == (choice == 4 ? 25 : 0))
      #expect(standing.total.not == (choice == 3 ? 25 : 0))
    }
  }

  @Test("確かめは、訳の無いもの、訳の足りない根拠の例、知らない考え、乱れを見つける")
  func lint() throws {
    let text = """
      urn: urn:mamorite:risk:library:other
      locale: ja
      ref_id: x
      name: 名前
      version: 1
      objects:
        framework:
          urn: urn:mamorite:risk:framework:x
          ref_id: x
          name: 名前
          implementation_groups_definition:
          - ref_id: 甲
            name: 診療所
          requirement_nodes:
          - urn: urn:mamorite:risk:req_node:x:1
            assessable: true
            depth: 1
            ref_id: '1'
            description: 文
          - urn: urn:mamorite:risk:req_node:x:2
            assessable: true
            depth: 1
            ref_id: 編 2
            description: 文
            typical_evidence: "台帳\\n記録"
            translations:
              en:
                description: Text.
                typical_evidence: Register
        reference_controls:
        - urn: urn:mamorite:risk:reference_control:x:nothing
          name: なし
      """
    let file = try LibraryFile.read(Array(text.utf8), named: "x.yaml")
    let lint = OwnFrameworkLint(try Self.own, concepts: ["patch"])
    #expect(
      lint.faults(of: file, "x") == [
        "frameworks/x: urn is urn:mamorite:risk:library:other", "frameworks/x: no source is named",
        "frameworks/x: name has no English", "frameworks/x: description has no English",
        "frameworks/x: copyright has no English",
        "frameworks/x/urn:mamorite:risk:req_node:x:1: description has no English",
        "frameworks/x/urn:mamorite:risk:req_node:x:2: typical_evidence differs in length between the languages",
        "frameworks/x/urn:mamorite:risk:framework:x: name has no English",
        "frameworks/x/urn:mamorite:risk:framework:x/甲: name has no English",
        "frameworks/x/urn:mamorite:risk:req_node:x:2: ref_id has no English",
        "frameworks/x/urn:mamorite:risk:reference_control:x:nothing: name has no English",
        "frameworks/x: urn:mamorite:risk:reference_control:x:nothing is no concept",
      ])
  }

  @Test("枠組みの文は、番号の中の言葉、まとまり、問いと選択肢まで英語を持つ")
  func english() throws {
    let own = try Self.own
    for id in own.ids {
      let library = try own.file(id).library
      let shown = library.frameworks.flatMap { framework in
        [framework.name(in: "en")] + FrameworkTree(library, number: 0).groups.map { $0.name(in: "en") }
          + framework.nodes.map { $0.title(in: "en") }
      }
      for text in shown + library.mappingSets.compactMap({ $0.name(in: "en") }) {
        #expect(!text.hasJapanese, "\(id): \(text)")
      }
    }
    let node = try #require(
      try Self.own.file("guideline-6.0").library.frameworks[0].nodes.first { $0.refID == "概説編" })
    #expect(node.number(in: "en") == "Overview" && node.number(in: nil) == "概説編")
    #expect(node.number(in: "fr") == "概説編")
  }

  @Test("始める点検の名前と、点検の画面の枠組みとまとまりは、英語の画面で英語になる", arguments: Engine.available)
  func audits(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.post("/frameworks/own/guideline-6.0/adoption", [])
      let id = try #require(try await app.scope.read { try $0.libraries() }.first).id
      let form = try await app.get("/audits/new?library=\(id)&framework=0", in: .en)
      #expect(form.body.contains("Safety management guidelines, version 6.0"))
      #expect(form.body.contains("with a dedicated operator") && !form.body.contains("専任の担当者"))
      let begun = try await app.post(
        "/audits",
        [
          ("library", "\(id)"), ("framework", "0"), ("name", "Audit"), ("year", "2025"), ("owner", ""),
          ("group", "I"),
        ],
        in: .en)
      let path = try #require(begun.location)
      let page = try await app.get(path, in: .en)
      #expect(page.status == 200 && page.body.contains("dedicated operator, on premises"))
      #expect(!page.body.contains("安全管理ガイドライン") && !page.body.contains("経営管理編"))
    }
  }
}
