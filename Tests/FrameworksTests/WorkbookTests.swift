import Publishing
import Testing

@testable import Frameworks

@Suite("Excel の第2形式を読む")
struct WorkbookTests {
  private static func sheet(_ name: String, _ rows: [[String]]) -> OutputSheet {
    OutputSheet(name: name, rows: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } })
  }

  private static let library = sheet(
    "library_meta",
    [
      ["type", "library"], ["URN ", "urn:test:risk:library:x"], ["version", "3"], ["locale", "en"],
      ["ref_id", "x"], ["name", "X"], ["name[ja]", "エックス"], ["packager", "test"],
    ])

  private static func read(_ sheets: [OutputSheet]) throws -> LibraryFile {
    try LibraryFile.read(try Sheets.xlsx([library] + sheets), named: "x.xlsx")
  }

  @Test("節と要求、親、URNの作り方、訳、グループ、点、質問")
  func framework() throws {
    let file = try Self.read([
      Self.sheet(
        "fw_meta",
        [
          ["type", "framework"], ["base_urn", "urn:test:risk:req_node:x"],
          ["urn", "urn:test:risk:framework:x"],
          ["ref_id", "x"], ["name", "Framework"], ["min_score", "1"], ["max_score", "2"],
          ["scores_definition", "levels"], ["implementation_groups_definition", "groups"],
          ["answers_definition", "answers"],
        ]),
      Self.sheet(
        "fw_content",
        [
          [
            "assessable", "Depth", "ref_id", " Name", "description", "annotation ", "name[fr]", "# Note",
            "implementation_groups", "questions", "answer", "depends_on", "condition", "threats",
          ],
          ["", "1", "A.1 (é)", "Part", "", "", "Partie", "x", "", "", "", "", "", ""],
          [
            "x", "2", "", "", "text", "note", "", "", "one, two", "Do you?\n|Really?\nHow?", "yn\nfree",
            "/\n1:1", "/\nall", "t:Fire",
          ],
          ["x", "2", "", "", "second", "", "", "", "", "", "", "", "", ""],
          ["", "", "", "", "", "", "", "", "", "", "", "", "", ""],
          ["x", "4", "B/2", "jump", "", "", "", "", "none", "", "", "", "", ""],
        ]),
      Self.sheet("levels_meta", [["type", "scores"]]),
      Self.sheet("levels_content", [["score", "name"], ["1", "low"], ["2", "high"]]),
      Self.sheet("g_meta", [["type", "implementation_groups"], ["name", "Groups"]]),
      Self.sheet("g_content", [["ref_id", "name"], ["one", "One"], ["two", "2"]]),
      Self.sheet("answers_meta", [["type", "answers"]]),
      Self.sheet(
        "answers_content",
        [
          ["id", "question_type", "question_choices", "add_score", "compute_result"],
          ["yn", "unique_choice", "Yes\nNo", "5\n0", "compliant\nnon_compliant"],
          ["free", "text", "", "", ""],
        ]),
      Self.sheet("p_meta", [["type", "urn_prefix"]]),
      Self.sheet("p_content", [["prefix_id", "prefix_value"], ["t", "urn:test:risk:threat:x"]]),
    ])
    let library = file.library
    let nodes = try #require(library.frameworks.first).nodes
    #expect(library.version == 3 && library.translations == ["ja": ["name": "エックス"]])
    let base = "urn:test:risk:req_node:x"
    #expect(nodes.map(\.urn) == ["\(base):a.1-(e)", "\(base):a.1-(e):1", "\(base):a.1-(e):2", "\(base):b_2"])
    #expect(nodes.map(\.depth) == [1, 2, 2, 3] && nodes.map(\.isAssessable) == [false, true, true, true])
    #expect(nodes[3].parent == "\(base):a.1-(e):2")
    #expect(nodes[0].name == "Part" && nodes[0].text("name", in: "fr") == "Partie")
    #expect(nodes[1].annotation == "note" && nodes[1].groups == ["one", "two"])
    #expect(nodes[1].threats == ["urn:test:risk:threat:x:fire"])
    #expect(nodes[1].questions.map(\.text) == ["Do you?\nReally?", "How?"])
    #expect(nodes[1].questions[0].choices.map(\.addScore) == [5, 0])
    #expect(nodes[1].questions[0].choices.map(\.result) == [.compliant, .nonCompliant])
    let other = try #require(nodes[1].questions[1].dependsOn)
    #expect(
      other.question.hasSuffix(":question:1") && other.answers.map { $0.hasSuffix(":choice:1") } == [true])
    #expect(other.needsAll && nodes[1].questions[1].kind == .text)
    #expect(library.frameworks[0].scores.map(\.score) == [1, 2] && library.frameworks[0].scoreRange == 1...2)
    #expect(file.remarks.counts == [.depthJump: 1, .undefinedGroup: 1])
  }

  @Test("対応づけは両方向になり、表の色は読まないと言い、組でないシートと知らない種類は飛ばす")
  func others() throws {
    let file = try Self.read([
      Self.sheet(
        "m_meta",
        [
          ["type", "requirement_mapping_set"], ["urn", "urn:test:risk:req_mapping_set:m"],
          ["source_framework_urn", "urn:a"], ["source_node_base_urn", "urn:test:risk:req_node:a"],
          ["target_framework_urn", "urn:b"], ["target_node_base_urn", "urn:test:risk:req_node:b"],
        ]),
      Self.sheet(
        "m_content",
        [
          ["source_node_id", "target_node_id", "relationship", "strength_of_relationship"],
          ["A 1", "B1", "subset", "3"],
        ]),
      Self.sheet(
        "matrix_meta", [["type", "risk_matrix"], ["urn", "urn:test:risk:matrix:x"], ["name", "M"]]),
      Self.sheet(
        "matrix_content",
        [
          ["type", "id", "abbreviation", "name", "description", "grid", "grid"],
          ["probability", "0", "L", "low", "", "0", "1"], ["probability", "1", "H", "high", "", "1", "1"],
          ["impact", "0", "L", "low", ""], ["impact", "1", "H", "high", ""], ["risk", "0", "1", "low", ""],
          ["risk", "1", "2", "high", ""],
        ]),
      Self.sheet("threats_meta", [["type", "threats"], ["base_urn", "urn:test:risk:threat:x"]]),
      Self.sheet("threats_content", [["ref_id", "name"], ["Fire", "Fire"]]),
      Self.sheet("alone_meta", [["type", "threats"]]), Self.sheet("guidelines", [["anything"]]),
      Self.sheet("odd_meta", [["type", "song"]]), Self.sheet("odd_content", [["a"], ["b"]]),
      Self.sheet("lost_content", [["a"], ["b"]]),
    ])
    let sets = file.library.mappingSets
    #expect(sets.map(\.urn) == ["urn:test:risk:req_mapping_set:m", "urn:test:risk:req_mapping_set:m-revert"])
    #expect(sets.map { $0.mappings[0].relationship } == [.subset, .superset])
    #expect(sets[0].mappings[0].source == "urn:test:risk:req_node:a:a-1" && sets[0].mappings[0].strength == 3)
    #expect(sets[1].mappings[0].source == "urn:test:risk:req_node:b:b1")
    #expect(file.library.matrices.map(\.grid) == [[[0, 1], [1, 1]]])
    #expect(file.library.threats.map(\.urn) == ["urn:test:risk:threat:x:fire"])
    #expect(file.remarks.counts == [.colour: 1, .orphanSheet: 2, .unknownSheetType: 1])
  }

  @Test("番号から作った URN が重なれば、分けて、そう言う")
  func sameNumbers() throws {
    let file = try Self.read([
      Self.sheet(
        "f_meta",
        [
          ["type", "framework"], ["base_urn", "urn:test:risk:req_node:x"],
          ["urn", "urn:test:risk:framework:x"],
        ]),
      Self.sheet(
        "f_content",
        [["depth", "ref_id", "name"], ["1", "A/1", "one"], ["1", "A+1", "two"], ["2", "", "below"]]),
    ])
    let nodes = try #require(file.library.frameworks.first).nodes
    #expect(nodes.map(\.urn).map { $0.dropFirst(25) } == ["a_1", "a_1-2", "a_1-2:1"])
    #expect(nodes.map(\.depth) == [1, 1, 2] && file.remarks.counts == [.repeatedURN: 1])
  }

  @Test("三つ目からも重ならず、分けた名前とはじめからある名前も取り違えない")
  func manySameNumbers() throws {
    let numbers = ["A/1", "A+1-2", "A+1", "A*1", "A+1"]
    let file = try Self.read([
      Self.sheet(
        "f_meta",
        [
          ["type", "framework"], ["base_urn", "urn:test:risk:req_node:x"],
          ["urn", "urn:test:risk:framework:x"],
        ]),
      Self.sheet("f_content", [["depth", "ref_id", "name"]] + numbers.map { ["1", $0, "n"] }),
    ])
    let nodes = try #require(file.library.frameworks.first).nodes
    #expect(nodes.map(\.urn).map { $0.dropFirst(25) } == ["a_1", "a_1-2", "a_1-3", "a_1-4", "a_1-5"])
  }

  @Test("ほかの Excel は、ライブラリでないと言って断る")
  func notALibrary() throws {
    let bytes = try Sheets.xlsx([Self.sheet("台帳", [["a", "b"]])])
    #expect(throws: FrameworkProblem.notALibrary(file: "x.xlsx")) {
      try LibraryFile.read(bytes, named: "x.xlsx")
    }
  }
}
