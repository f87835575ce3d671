import Foundation
import Testing

@testable import Frameworks

@Suite("枠組みのファイルを読む")
struct ReadingTests {
  @Test("数、真偽、日付、引用、複数行、訳を、意味どおりに読む")
  func plain() throws {
    let text = Samples.framework(
      """
          - urn: urn:test:risk:req_node:a:1
            assessable: false
            depth: 1
            ref_id: '1'
            name: "\\u5B89\\x41 \\
              line"
            translations:
              ja:
                name: 安全
                description: null
          - urn: urn:test:risk:req_node:a:1.1
            assessable: true
            depth: 2
            parent_urn: urn:test:risk:req_node:a:1
            ref_id: '1.1'
            description: |
              first
              second
            implementation_groups: [basic, other]
            weight: 3
            typical_evidence: paper
      """,
      more: """
            min_score: 1
            max_score: 5
            scores_definition:
            - score: 1
              name: low
              description: null
            implementation_groups_definition:
            - ref_id: basic
              name: 2
            - ref_id: other
              name: Other
              default_selected: true

        """)
    let file = try Samples.read(text)
    let library = file.library
    let framework = try #require(library.frameworks.first)
    #expect(library.version == 1 && library.published == "2026-04-01" && library.languages == ["ja"])
    #expect(framework.scoreRange == 1...5 && framework.scores.map(\.score) == [1])
    #expect(
      framework.groups.map(\.name) == ["2", "Other"] && framework.groups.map(\.isDefault) == [false, true])
    #expect(framework.nodes.map(\.name) == ["安A line", nil])
    #expect(framework.nodes[0].text("name", in: "ja") == "安全")
    #expect(framework.nodes[1].description == "first\nsecond\n" && framework.nodes[1].weight == 3)
    #expect(framework.nodes[1].groups == ["basic", "other"] && framework.nodes.map(\.depth) == [1, 2])
    #expect(file.remarks.counts == [.nullTranslation: 1, .numberForText: 1, .outerBlanks: 1])
    #expect(file.remarks.first.first { $0.kind == .nullTranslation }?.line == 37)
  }

  /// Each irregularity alone: what is written, and what is remarked.
  @Test(
    "決まりから外れたノードも、種類を言って取り込む",
    arguments: [
      ("urn: urn:test:risk:req_node:a:Ab", "", Remark.Kind.upperCaseURN),
      ("urn: urn:test:risk:req_node:a:é", "", .nonASCIIURN),
      ("urn: \"urn:test:risk:req_node:a:1\\u00A02\"", "", .blankInURN),
      ("urn: urn:test:risk:req_node:a:§1", "", .nonASCIIURN),
      ("urn: urn:test:risk:req_node:a:1+2", "", .irregularURN),
      ("urn: urn:test:risk:library:a:1", "", .urnType),
      ("urn: urn:test:risk:req_node:a:9", "parent_urn: urn:test:risk:req_node:a:none", .unknownParent),
      ("urn: urn:test:risk:req_node:a:9", "ref_id: '1'", .repeatedRefID),
      ("urn: urn:test:risk:req_node:a:9", "name: 9", .numberForText),
      ("urn: urn:test:risk:req_node:a:9", "annotation: [a, b]", .listForText),
      ("urn: urn:test:risk:req_node:a:9", "implementation_groups: [none]", .undefinedGroup),
      ("urn: urn:test:risk:req_node:a:9", "weight: heavy", .wrongType),
      ("urn: urn:test:risk:req_node:a:9", "colour: red", .unknownKey),
      ("urn: urn:test:risk:req_node:a:9", "annotation: \"a\\u00A0b\"", .noBreakSpace),
      ("urn: urn:test:risk:req_node:a:9", "annotation: \"a\\u200Bb\"", .zeroWidth),
      ("urn: urn:test:risk:req_node:a:9", "annotation: 'a '", .outerBlanks),
      ("urn: urn:test:risk:req_node:a:9", "annotation: a\n      annotation: b", .repeatedKey),
      ("urn: urn:test:risk:req_node:a:9", "annotation: !note a", .tag),
    ] as [(String, String, Remark.Kind)])
  func irregularNodes(urn: String, line: String, kind: Remark.Kind) throws {
    let node = """
          - \(urn)
            assessable: true
            depth: 1
            description: text
            \(line)
      """
    let file = try Samples.read(Samples.framework(Samples.plainNode + "\n" + node))
    #expect(file.library.frameworks[0].nodes.count == 2)
    #expect(file.remarks.counts[kind] == 1)
    let plain = try Samples.read(Samples.framework(Samples.plainNode))
    #expect(plain.remarks.counts == [:])
  }

  @Test("深さが無い、合わない、名前も文章も無いものは、親から数えて取り込む")
  func depths() throws {
    let file = try Samples.read(
      Samples.framework(
        """
            - urn: urn:test:risk:req_node:a:1
              assessable: true
            - urn: urn:test:risk:req_node:a:2
              assessable: true
              depth: 4
              name: two
              parent_urn: URN:test:risk:req_node:a:1
        """))
    #expect(file.library.frameworks[0].nodes.map(\.depth) == [1, 2])
    #expect(file.remarks.counts == [.noDepth: 1, .nodeWithoutText: 1, .wrongDepth: 1])
  }

  @Test("親が後にあっても木になり、輪になっていれば断る")
  func parents() throws {
    func nodes(_ first: String, _ second: String) -> String {
      """
          - urn: urn:test:risk:req_node:a:1
            assessable: true
            depth: 2
            name: one
            parent_urn: urn:test:risk:req_node:a:\(first)
          - urn: urn:test:risk:req_node:a:2
            assessable: true
            depth: 1
            name: two
      \(second)
      """
    }
    let late = try Samples.read(Samples.framework(nodes("2", "")))
    #expect(late.library.frameworks[0].nodes.map(\.depth) == [2, 1])
    #expect(late.remarks.counts == [.parentAfterChild: 1])
    #expect(throws: FrameworkProblem.cyclicParents(file: "a.yaml", urn: "urn:test:risk:req_node:a:1")) {
      try Samples.read(
        Samples.framework(nodes("2", "      parent_urn: urn:test:risk:req_node:a:1")))
    }
    #expect(throws: FrameworkProblem.cyclicParents(file: "a.yaml", urn: "urn:test:risk:req_node:a:1")) {
      try Samples.read(Samples.framework(nodes("1", "")))
    }
  }

  @Test("大文字小文字だけ違う URN は同じもの。二度あれば断る")
  func duplicates() throws {
    let twice = Samples.plainNode + "\n" + Samples.plainNode.replacing("a:1", with: "A:1")
    #expect(
      throws: FrameworkProblem.duplicateURN(file: "a.yaml", urn: "urn:test:risk:req_node:A:1", line: 21)
    ) {
      try Samples.read(Samples.framework(twice))
    }
  }

  @Test(
    "版は数でも引用した数でもよく、それ以外と無いものは断る",
    arguments: [("3", 3), ("'2'", 2), ("x", nil), ("-1", nil), ("1.5", nil), ("", nil)] as [(String, Int?)])
  func versions(text: String, expected: Int?) {
    let library = Samples.library(version: text, objects: "  threats: []")
    let read = try? Samples.read(library)
    #expect(read?.library.version == expected)
    if text == "'2'" { #expect(read?.remarks.counts == [.quotedVersion: 1]) }
  }

  @Test("日付は引用でも空でもよい")
  func dates() throws {
    let quoted = Samples.library(objects: "  threats: []").replacing("2026-04-01", with: "'2026-04-01'")
    #expect(try Samples.read(quoted).remarks.counts == [.quotedDate: 1])
    let empty = Samples.library(objects: "  threats: []").replacing("2026-04-01", with: "null")
    let read = try Samples.read(empty)
    #expect(read.library.published == nil && read.remarks.counts == [.noDate: 1])
  }

  @Test("CRLF、BOM、---、? の書き方、二つ目の文書")
  func forms() throws {
    let text = Samples.framework(Samples.plainNode)
    let windows = try Samples.read("\u{FEFF}---\n" + text.replacing("\n", with: "\r\n"))
    #expect(try windows.library == Samples.read(text).library)
    #expect(windows.remarks.counts == [.crlf: 1])
    let explicit = try Samples.read(text.replacing("locale: en", with: "? locale\n: en"))
    #expect(explicit.library.locale == "en" && explicit.remarks.counts == [:])
    let two = try Samples.read(text + "\n---\nurn: other\n")
    #expect(two.library.urn == "urn:test:risk:library:a" && two.remarks.counts == [.moreDocuments: 1])
  }

  @Test("32,767文字は受け取り、切れているかもしれないと言う")
  func longText() throws {
    let long = String(repeating: "あ", count: 32_767)
    let file = try Samples.read(
      Samples.framework(Samples.plainNode + "\n      description: \(long)"))
    #expect(file.library.frameworks[0].nodes[0].description == long)
    #expect(file.remarks.counts == [.textAtCellLimit: 1])
  }
}
