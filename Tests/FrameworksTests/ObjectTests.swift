import Testing

@testable import Frameworks

@Suite("質問、対策、脅威、表、対応づけ")
struct ObjectTests {
  private static let questions = """
        - urn: urn:test:risk:req_node:a:1
          assessable: true
          depth: 1
          name: One
          questions:
            urn:test:risk:req_node:a:1:question:1:
              type: unique_choice
              text: Do you?
              choices:
              - urn: urn:test:risk:req_node:a:1:question:1:choice:1
                value: "Yes"
                add_score: 10
                compute_result: compliant
                select_implementation_groups: [none]
                color: '#00FF00'
              - urn: urn:test:risk:req_node:a:1:question:1:choice:2
                value: No
                compute_result: false
            urn:test:risk:req_node:a:1:question:2:
              type: number
              text: How many?
              depends_on:
                question: urn:test:risk:req_node:a:1:question:1
                answers: [urn:test:risk:req_node:a:1:question:1:choice:1]
                condition: all
            urn:test:risk:req_node:a:1:question:3:
              type: drawing
              text: Draw it
              depends_on:
                question: urn:test:risk:req_node:a:1:question:9
                answers: []
    """

  @Test("質問、選択肢、点、結果、条件を読み、外れたところを言う")
  func questions() throws {
    let file = try Samples.read(Samples.framework(Self.questions))
    let all = file.library.frameworks[0].nodes[0].questions
    #expect(all.map(\.kind) == [.uniqueChoice, .number, .other])
    #expect(all[0].choices.map(\.value) == ["Yes", "No"])
    #expect(all[0].choices.map(\.addScore) == [10, nil])
    #expect(all[0].choices.map(\.result) == [.compliant, .nonCompliant])
    #expect(all[1].dependsOn?.needsAll == true)
    #expect(
      file.remarks.counts == [
        .undefinedGroup: 1, .numberForText: 1, .oldComputeResult: 1, .unknownValue: 1, .unknownQuestion: 1,
      ])
  }

  @Test("参考の対策は大文字小文字を区別せずに見つかり、証拠の一覧はそのまま読む")
  func controls() throws {
    let file = try Samples.read(
      Samples.framework(
        Samples.plainNode + """

                reference_controls:
                - urn:test:risk:function:a:Lock
                - urn:test:risk:function:a:none
                - urn:other:risk:function:b:1
                threats: [urn:test:risk:threat:a:fire, urn:test:risk:threat:a:none]
          """) + """

            reference_controls:
            - urn: urn:test:risk:function:a:lock
              ref_id: lock
              category: technical
              csf_function: protect
              typical_evidence: [a photo, a bill]
            threats:
            - urn: urn:test:risk:threat:a:fire
              ref_id: fire
              name: Fire
          """)
    #expect(file.library.referenceControls.map(\.typicalEvidence) == ["a photo\na bill"])
    #expect(file.library.threats.map(\.name) == ["Fire"])
    #expect(file.remarks.counts == [.controlByCase: 1, .unknownControl: 1, .unknownThreat: 1])
  }

  @Test("リスクの表: 略号が数でもよく、ますが合わなければ言う", arguments: [(1, 0), (3, 1)])
  func matrix(cell: Int, remarks: Int) throws {
    let level =
      "\n      - abbreviation: 1\n        name: low\n        hexcolor: '#00FF00'\n      - abbreviation: H\n        name: high"
    let file = try Samples.read(
      Samples.library(
        objects: """
            risk_matrix:
            - urn: urn:test:risk:matrix:a
              ref_id: a
              name: M
              probability:\(level)
              impact:\(level)
              risk:\(level)
              grid:
              - [0, 1]
              - [0, \(cell)]
          """))
    let matrix = try #require(file.library.matrices.first)
    #expect(matrix.grid == [[0, 1], [0, cell]] && matrix.risk.map(\.abbreviation) == ["1", "H"])
    #expect(file.remarks.counts[.matrixGrid, default: 0] == remarks)
    #expect(file.remarks.counts[.numberForText] == 3)
  }

  @Test("対応づけは、一つだけの書き方も、両方の書き方も読む")
  func mappings() throws {
    func set(_ id: String, _ first: String) -> String {
      """
        \(first) urn: urn:test:risk:req_mapping_set:\(id)
          source_framework_urn: urn:test:risk:framework:a
          target_framework_urn: urn:test:risk:framework:b
          requirement_mappings:
          - source_requirement_urn: urn:test:risk:req_node:a:1
            target_requirement_urn: urn:test:risk:req_node:b:1
            relationship: subset
            rationale: null
            strength_of_relationship: 90
          - source_requirement_urn: urn:test:risk:req_node:A:1
            target_requirement_urn: urn:test:risk:req_node:b:1
            relationship: near

      """
    }
    let one = try Samples.read(Samples.library(objects: "  requirement_mapping_set:\n" + set("x", " ")))
    #expect(one.library.mappingSets[0].mappings.map(\.relationship) == [.subset, .intersect])
    #expect(one.library.mappingSets[0].mappings.map(\.strength) == [90, nil])
    #expect(one.remarks.counts == [.repeatedMapping: 1, .unknownValue: 1])
    let both = try Samples.read(
      Samples.library(
        objects: "  requirement_mapping_set:\n" + set("x", " ") + "  requirement_mapping_sets:\n"
          + set("y", "-")))
    #expect(
      both.library.mappingSets.map(\.urn)
        == ["urn:test:risk:req_mapping_set:x", "urn:test:risk:req_mapping_set:y"])
    #expect(both.remarks.counts[.bothSpellings] == 1)
  }

  @Test("同じ URN の対策は注意になり、同じ URN の枠組みは断る")
  func repeated() throws {
    let control = "  - urn: urn:test:risk:function:a:1\n    ref_id: '1'\n"
    let file = try Samples.read(Samples.library(objects: "  reference_controls:\n" + control + control))
    #expect(file.remarks.counts == [.repeatedURN: 1])
    let framework = "  - urn: urn:test:risk:framework:a\n    name: A\n    requirement_nodes: []\n"
    #expect(throws: FrameworkProblem.duplicateURN(file: "a.yaml", urn: "urn:test:risk:framework:a", line: 0))
    {
      try Samples.read(Samples.library(objects: "  frameworks:\n" + framework + framework))
    }
  }

  @Test("そのほかの種類: 指標、手口、始め方の見本")
  func others() throws {
    let file = try Samples.read(
      Samples.library(
        objects: """
            metric_definitions:
            - urn: urn:test:risk:metric:1
              ref_id: m
              name: Days
              category: quantitative
              unit: day
              default_target: 1.5
              higher_is_better: false
            ttp_catalogs:
            - urn: urn:test:risk:ttp_catalog:1
              name: C
            tactics:
            - urn: urn:test:risk:tactic:1
              ref_id: t
              name: T
            techniques:
            - urn: urn:test:risk:technique:1
              ref_id: q
              name: Q
              catalog_urn: urn:test:risk:ttp_catalog:1
              tactics: [urn:test:risk:tactic:1]
            preset:
              name: Clinic
              profile: {company_size: small}
              feature_flags:
                bia: true
              scaffolded_objects:
              - type: asset
              - type: asset
              - type: entity
              journey:
                steps:
                - key: one
                  title: Begin
          """))
    let library = file.library
    #expect(library.metrics.map(\.defaultTarget) == [1.5] && library.metrics.map(\.isHigherBetter) == [false])
    #expect(library.techniques.map(\.tactics) == [["urn:test:risk:tactic:1"]])
    #expect(library.presets.map(\.objects) == [["asset": 2, "entity": 1]])
    #expect(library.presets.map(\.steps) == [["Begin"]])
    #expect(file.remarks.counts == [:])
  }
}
