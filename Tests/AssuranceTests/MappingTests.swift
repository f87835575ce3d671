import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("対応づけでの引き継ぎ")
struct MappingTests {
  private typealias Relation = MappingSet.Mapping.Relationship

  // Wider met: narrower met. Narrower or overlapping met: met in part. Narrower not met: the wider is not. The rest says nothing.
  private static let carried: [(MappingSet.Mapping.Relationship, AuditResult, AuditResult?)] = [
    (.equal, .compliant, .compliant), (.equal, .partiallyCompliant, .partiallyCompliant),
    (.equal, .nonCompliant, .nonCompliant), (.equal, .notApplicable, .notApplicable),
    (.superset, .compliant, .compliant), (.superset, .partiallyCompliant, .partiallyCompliant),
    (.superset, .nonCompliant, nil), (.superset, .notApplicable, nil),
    (.subset, .compliant, .partiallyCompliant), (.subset, .partiallyCompliant, .partiallyCompliant),
    (.subset, .nonCompliant, .nonCompliant), (.subset, .notApplicable, nil),
    (.intersect, .compliant, .partiallyCompliant), (.intersect, .partiallyCompliant, .partiallyCompliant),
    (.intersect, .nonCompliant, nil), (.intersect, .notApplicable, nil),
  ]

  @Test("つながりの種類ごとに、引き継げること", arguments: carried)
  func carries(relation: MappingSet.Mapping.Relationship, result: AuditResult, expected: AuditResult?) {
    #expect(MappingLink(relationship: relation, strength: nil).carried(result) == expected)
  }

  private static let chains:
    [(MappingSet.Mapping.Relationship, MappingSet.Mapping.Relationship, MappingSet.Mapping.Relationship)] = [
      (.equal, .equal, .equal), (.equal, .subset, .subset), (.superset, .equal, .superset),
      (.superset, .superset, .superset), (.subset, .subset, .subset), (.subset, .superset, .intersect),
      (.superset, .subset, .intersect), (.equal, .intersect, .intersect), (.superset, .intersect, .intersect),
    ]

  @Test("続けてたどると、いちばん弱いつながりになる", arguments: chains)
  func weakest(
    first: MappingSet.Mapping.Relationship, second: MappingSet.Mapping.Relationship,
    expected: MappingSet.Mapping.Relationship
  ) {
    let chain = MappingLink(relationship: first, strength: 90).then(
      MappingLink(relationship: second, strength: 50))
    #expect(chain.relationship == expected && chain.strength == 50)
  }

  @Test("強さは、たどったうちのいちばん低いもの。書いてないものは、いちばん低い")
  func strengths() {
    let values: [Int?] = [nil, 1, 2, 50, 90]
    for a in values {
      for b in values {
        for c in values {
          let links = [a, b, c].map { MappingLink(relationship: .equal, strength: $0) }
          let lowest = [a, b, c].contains(nil) ? nil : [a, b, c].compactMap { $0 }.min()
          #expect(links[0].then(links[1]).then(links[2]).strength == lowest)
          #expect(links[0].then(links[1].then(links[2])).strength == lowest)
        }
      }
    }
  }

  static func mapping(
    _ id: String, _ source: String, _ target: String, _ pairs: [(String, String, String, Int?)]
  ) -> String {
    let lines = pairs.map { from, to, relation, strength -> String in
      let more = strength.map { "\n        strength_of_relationship: \($0)" } ?? ""
      return """
              - source_requirement_urn: urn:test:risk:req_node:\(source):\(from)
                target_requirement_urn: urn:test:risk:req_node:\(target):\(to)
                relationship: \(relation)\(more)
        """
    }
    return """
      urn: urn:test:risk:library:\(id)
      locale: en
      ref_id: \(id)
      name: Map \(id)
      version: 1
      objects:
        requirement_mapping_sets:
        - urn: urn:test:risk:req_mapping_set:\(id)
          name: Set \(id)
          source_framework_urn: urn:test:risk:framework:\(source)
          target_framework_urn: urn:test:risk:framework:\(target)
          requirement_mappings:
      \(lines.joined(separator: "\n"))
      """
  }

  @Test("短い道から選び、逆向きは、その向きの対応づけが無いときだけ")
  func ways() {
    func set(_ urn: String, _ source: String, _ target: String) -> ShelvedMapping {
      ShelvedMapping(sha256: urn, urn: urn, name: urn, source: source, target: target)
    }
    func names(_ from: String, _ to: String, _ sets: [ShelvedMapping]) -> [String] {
      MappingWay.all(from: from, to: to, over: sets).map(\.name)
    }
    let sets = [
      set("ab", "a", "b"), set("bc", "b", "c"), set("cb", "c", "b"), set("cd", "c", "d"), set("de", "d", "e"),
    ]
    #expect(names("a", "b", sets) == ["ab"] && names("b", "a", sets) == ["-ab"])
    #expect(names("c", "b", sets) == ["cb"] && names("a", "c", sets) == ["ab bc"])
    #expect(names("a", "d", sets) == ["ab bc cd"] && names("a", "e", sets).isEmpty)
    #expect(names("a", "a", sets) == [""])
  }

  @Test("引き継ぎは、いまの答えを変えず、来た道を残し、二度しても一度と同じ", arguments: Engine.available)
  func carrying(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let source = try await app.beginAudit(AuditSamples.large(6).replacing(":large:", with: ":large:"))
      let target = try await app.beginAudit()
      let none = try await app.get("/audits/\(target)/carrying")
      #expect(none.status == 200 && none.body.contains("引き継げる点検がありません"))
      let base = AuditSamples.base
      _ = try await app.take(
        Self.mapping(
          "m", "large", "scored",
          [
            ("1", "1.1", "equal", 90), ("2", "1.2", "subset", nil), ("3", "2", "intersect", 1),
            ("4", "1.3", "equal", nil), ("5", "2", "intersect", 1),
          ]), named: "m")
      for (node, result) in [
        ("1", "compliant"), ("2", "compliant"), ("3", "non_compliant"), ("4", "compliant"),
        ("5", "compliant"),
      ] {
        let score = [("result", result), ("score", "3")]
        #expect(try await app.answer(source, "urn:test:risk:req_node:large:\(node)", score).status == 303)
      }
      _ = try await app.answer(target, "\(base):1.1", [("result", "non_compliant"), ("score", "1")])
      let list = try await app.get("/audits/\(target)/carrying")
      #expect(list.body.contains("carrying?from=\(source)") && list.body.contains("Set m"))
      let path = "/audits/\(target)/carrying?from=\(source)"
      _ = try await app.cookie(of: .itStaff)
      let before = app.database.statementCount
      let preview = try await app.get(path)
      #expect(app.database.statementCount - before <= 8)
      // 1.1 is answered, 1.3 is decided by its questions, 1.2 and 2 are carried.
      #expect(
        preview.body.contains("2件を引き継ぐ") && preview.body.contains("もう答えがある")
          && preview.body.contains("質問で決まる"))
      let seen = try #require(preview.hidden("seen"))
      let fields = [("from", source.text), ("way", "urn:test:risk:req_mapping_set:m"), ("seen", seen)]
      let wrong = fields.filter { $0.0 != "seen" } + [("seen", "0")]
      #expect(try await app.post("/audits/\(target)/carrying", wrong).status == 409)
      #expect(try await app.post("/audits/\(target)/carrying", fields).status == 303)
      let first = try await app.scope.read { try $0.requirementAnswers(target) }
      let byNode = Dictionary(uniqueKeysWithValues: first.map { ($0.node, $0) })
      #expect(first.count == 3 && byNode["\(base):1.1"]?.result == .nonCompliant)
      let narrower = try #require(byNode["\(base):1.2"])
      #expect(narrower.result == .partiallyCompliant && !narrower.isConfirmed && narrower.score == nil)
      #expect(narrower.origin?.relationship == "subset" && narrower.origin?.strength == nil)
      #expect(narrower.origin?.requirements == ["2 Text 2"] && narrower.origin?.sets == ["Set m"])
      // Of the two that overlap, one says nothing and the other says in part.
      #expect(
        byNode["\(base):2"]?.result == .partiallyCompliant && byNode["\(base):2"]?.origin?.strength == 1)
      let page = try await app.get("/audits/\(target)")
      #expect(page.body.contains("1 / 4"))
      let shown = try await app.get("/audits/\(target)/requirements?node=\(base):1.2", as: .auditor)
      #expect(shown.body.contains("Set m") && shown.body.contains("相手より狭い"))
      #expect(try await app.post("/audits/\(target)/carrying", fields).status == 409)
      let again = try await app.scope.read { try $0.requirementAnswers(target) }
      #expect(Set(again.map(\.node)) == Set(first.map(\.node)) && again.allSatisfy { byNode[$0.node] == $0 })
    }
  }

  @Test("二つの対応づけを続けてたどり、来た道と、いちばん低い強さを残す", arguments: Engine.available)
  func chained(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let source = try await app.beginAudit(AuditSamples.large(6))
      let target = try await app.beginAudit()
      _ = try await app.take(AuditSamples.choosing)
      _ = try await app.take(
        Self.mapping("one", "large", "choosing", [("1", "1", "equal", 90)]), named: "one")
      // Read backwards: from the side of the middle, it is wider.
      _ = try await app.take(
        Self.mapping("two", "scored", "choosing", [("1.1", "1", "subset", 50)]), named: "two")
      _ = try await app.answer(
        source, "urn:test:risk:req_node:large:1", [("result", "compliant"), ("score", "3")])
      let preview = try await Mappings.preview(from: source, to: target, way: nil, in: app.scope)
      #expect(preview.way.name == "urn:test:risk:req_mapping_set:one -urn:test:risk:req_mapping_set:two")
      #expect(try await Mappings.carry(from: source, to: target, in: app.scope) == 1)
      let row = try #require(
        try await app.scope.read { try $0.requirementAnswer(target, "\(AuditSamples.base):1.1") })
      #expect(
        row.result == .compliant && row.origin?.relationship == "superset" && row.origin?.strength == 50)
      #expect(row.origin?.sets == ["Set one", "Set two"])
    }
  }

  @Test("同じ枠組みの次の点検へは、質問の答えも備考も移る", arguments: Engine.available)
  func sameFramework(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.beginAudit(), try await app.beginAudit())
      let node = "\(AuditSamples.base):1.3"
      let fields = [("asked", "0"), ("q0", "\(node):question:1:choice:1"), ("remark", "去年のまま")]
      #expect(try await app.answer(first, node, fields).status == 303)
      #expect(try await Mappings.carry(from: first, to: second, in: app.scope) == 1)
      let row = try #require(try await app.scope.read { try $0.requirementAnswer(second, node) })
      #expect(row.choices == ["\(node):question:1": ["\(node):question:1:choice:1"]] && row.remark == "去年のまま")
      #expect(!row.isConfirmed)
      await #expect(throws: AuditRefusal.carryToItself) {
        try await Mappings.carry(from: first, to: first, in: app.scope)
      }
    }
  }

  @Test("ほかの施設の点検からは引き継げず、見えもしない", arguments: Engine.available)
  func strangers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.beginAudit(), try await app.beginAudit())
      #expect(try await app.get("/audits/\(second)/carrying?from=\(first)", as: .stranger).status == 404)
      #expect(try await app.get("/audits/\(second)/carrying", as: .auditor).status == 403)
      // Into an audit of their own, of the same framework.
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let text = AuditSamples.scored
      let source = Libraries.Source(name: "a", bytes: text.utf8.count) { Array(text.utf8) }
      _ = try await Libraries.take([source], into: .facility(there), isTrial: false)
      let library = try #require(try await there.read { try $0.libraries() }.first)
      func begin() async throws -> Audit.ID? {
        let begun = try await app.post(
          "/audits",
          [
            ("library", library.id.text), ("framework", "0"), ("name", "別の点検"), ("year", "2025"),
            ("owner", ""),
          ], as: .stranger)
        return begun.location?.split(separator: "/").last.flatMap { Audit.ID(String($0)) }
      }
      let own = try #require(try await begin())
      let theirs = try #require(try await begin())
      let node = "\(AuditSamples.base):1.1"
      #expect(try await app.answer(first, node, [("result", "compliant"), ("score", "3")]).status == 303)
      let list = try await app.get("/audits/\(theirs)/carrying", as: .stranger)
      #expect(list.body.contains("from=\(own)") && !list.body.contains(first.text))
      let looked = try await app.get("/audits/\(theirs)/carrying?from=\(first)", as: .stranger)
      #expect(looked.status == 404 && !looked.body.contains("自己点検"))
      // What whoever may see both would have sent.
      let seen = try await Mappings.preview(from: first, to: second, way: nil, in: app.scope)
      let fields = [("from", first.text), ("way", ""), ("seen", seen.carrying.fingerprint)]
      #expect(seen.carrying.carried.count == 1)
      #expect(try await app.post("/audits/\(theirs)/carrying", fields, as: .stranger).status == 404)
      #expect(try await there.read { try $0.requirementAnswers(theirs) }.isEmpty)
      #expect(try await app.post("/audits/\(second)/carrying", fields).status == 303)
    }
  }
}
