import Frameworks
import Kernel
import Testing

@testable import Assurance

/// Libraries in the shape of the public ones, made up for tests.
enum AuditSamples {
  static let base = "urn:test:risk:req_node:scored"

  /// Requirements with questions, weights, groups and a scale from 0 to 5.
  static let scored = """
    urn: urn:test:risk:library:scored
    locale: en
    ref_id: scored
    name: Scored
    version: 1
    objects:
      framework:
        urn: urn:test:risk:framework:Scored
        ref_id: scored
        name: Scored framework
        min_score: 0
        max_score: 5
        scores_definition:
        - score: 0
          name: None
        - score: 5
          name: All
          description: Everything is done
        implementation_groups_definition:
        - ref_id: small
          name: Small
        - ref_id: large
          name: Large
        requirement_nodes:
        - urn: \(base):1
          assessable: false
          depth: 1
          ref_id: '1'
          name: First
        - urn: \(base):1.1
          assessable: true
          depth: 2
          parent_urn: \(base):1
          ref_id: '1.1'
          name: Plain
          weight: 3
          implementation_groups: [small, large]
        - urn: \(base):1.2
          assessable: true
          depth: 2
          parent_urn: \(base):1
          ref_id: '1.2'
          name: Large only
          implementation_groups: [large]
        - urn: \(base):1.3
          assessable: true
          depth: 2
          parent_urn: \(base):1
          ref_id: '1.3'
          name: Asked
          questions:
            \(base):1.3:question:1:
              type: unique_choice
              text: How often?
              choices:
              - urn: \(base):1.3:question:1:choice:1
                value: Never
                add_score: -2
                compute_result: non_compliant
              - urn: \(base):1.3:question:1:choice:2
                value: Yearly
                add_score: 4
                compute_result: compliant
              - urn: \(base):1.3:question:1:choice:3
                value: Not here
                add_score: 0
                compute_result: not_applicable
              - urn: \(base):1.3:question:1:choice:4
                value: Hard to say
            \(base):1.3:question:2:
              type: multiple_choice
              text: Where?
              depends_on:
                question: \(base):1.3:question:1
                answers: ['\(base):1.3:question:1:choice:2']
                condition: any
              choices:
              - urn: \(base):1.3:question:2:choice:1
                value: Ward
                add_score: 3
                compute_result: compliant
              - urn: \(base):1.3:question:2:choice:2
                value: Office
                add_score: 1
                compute_result: non_compliant
        - urn: \(base):2
          assessable: true
          depth: 1
          ref_id: '2'
          name: In no group
    """

  /// The answer to the first question chooses the groups.
  static let choosing = """
    urn: urn:test:risk:library:choosing
    locale: en
    ref_id: choosing
    name: Choosing
    version: 1
    objects:
      framework:
        urn: urn:test:risk:framework:choosing
        ref_id: choosing
        name: Choosing framework
        implementation_groups_definition:
        - ref_id: base
          name: Base
          default_selected: true
        - ref_id: clinic
          name: Clinic
        - ref_id: hospital
          name: Hospital
        requirement_nodes:
        - urn: urn:test:risk:req_node:choosing:0
          assessable: true
          depth: 1
          name: What are you?
          implementation_groups: [base]
          questions:
            urn:test:risk:req_node:choosing:0:question:1:
              type: unique_choice
              text: Kind
              choices:
              - urn: urn:test:risk:req_node:choosing:0:question:1:choice:1
                value: Clinic
                select_implementation_groups: [clinic]
              - urn: urn:test:risk:req_node:choosing:0:question:1:choice:2
                value: Hospital
                select_implementation_groups: [hospital]
        - urn: urn:test:risk:req_node:choosing:1
          assessable: true
          depth: 1
          name: For clinics
          implementation_groups: [clinic]
        - urn: urn:test:risk:req_node:choosing:2
          assessable: true
          depth: 1
          name: For hospitals
          implementation_groups: [hospital]
    """

  static func tree(_ text: String) throws -> FrameworkTree {
    FrameworkTree(try LibraryFile.read(Array(text.utf8), named: "test").library, number: 0)
  }

  static func answer(
    _ node: String, _ result: AuditResult? = nil, score: Int? = nil, choices: [String: [String]] = [:],
    confirmed: Bool = true
  ) -> RequirementAnswer {
    var answer = RequirementAnswer(node)
    (answer.result, answer.score, answer.choices, answer.isConfirmed) = (result, score, choices, confirmed)
    return answer
  }
}

@Suite("枠組みの点検の決まり")
struct AuditRuleTests {
  private typealias Computed = Question.ComputedResult
  private static let base = AuditSamples.base

  // By the format: neutral dropped, all not applicable is not applicable, mixed or any partial is partial, else the worst.
  private static let combinations: [([Question.ComputedResult], AuditResult?)] = [
    ([], nil), ([.notApplicable, .notApplicable], .notApplicable), ([.compliant], .compliant),
    ([.compliant, .notApplicable], .compliant), ([.nonCompliant, .notApplicable], .nonCompliant),
    ([.compliant, .nonCompliant], .partiallyCompliant),
    ([.partiallyCompliant, .notApplicable], .partiallyCompliant),
    ([.partiallyCompliant, .nonCompliant], .partiallyCompliant),
    ([.nonCompliant, .nonCompliant], .nonCompliant),
  ]

  @Test("選んだ答えの結果の合わせ方", arguments: combinations)
  func combined(results: [Question.ComputedResult], expected: AuditResult?) {
    #expect(QuestionRules.combined(results) == expected)
    #expect(QuestionRules.combined(results.reversed()) == expected)
  }

  private static func question(_ number: Int) -> String { "\(base):1.3:question:\(number)" }
  private static func choice(_ question: Int, _ number: Int) -> String {
    "\(Self.question(question)):choice:\(number)"
  }

  // First question, second question (nil: not answered), result, score. The sum is clipped to 0…5.
  private static let answers: [(Int, [Int]?, AuditResult?, Int?)] = [
    (1, nil, .nonCompliant, 0),  // -2 is below the scale; the second question is not asked
    (2, nil, nil, nil),  // the second question is asked and open
    (2, [1], .compliant, 5),  // 4 + 3 is above the scale
    (2, [2], .partiallyCompliant, 5),  // 4 + 1; met and unmet beside each other
    (2, [1, 2], .partiallyCompliant, 5), (3, nil, .notApplicable, nil),
    (4, nil, nil, 0),  // neutral: no result, and nothing added
    (1, [1], .nonCompliant, 0),  // what was answered while it was asked does not count
  ]

  @Test("質問の答えから、結果と点が決まる", arguments: answers)
  func computed(first: Int, second: [Int]?, result: AuditResult?, score: Int?) throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    var choices = [Self.question(1): [Self.choice(1, first)]]
    if let second { choices[Self.question(2)] = second.map { Self.choice(2, $0) } }
    let standing = AuditStanding(
      tree, groups: [], answers: [AuditSamples.answer("\(Self.base):1.3", choices: choices)])
    let place = try #require(tree.place(of: "\(Self.base):1.3"))
    let outcome = try #require(standing.outcomes[place])
    #expect(outcome.result == result && outcome.score == score && outcome.isComputed)
    #expect(standing.asked(place) == (first == 2 ? [0, 1] : [0]))
  }

  @Test("点の平均は重みを付け、未回答・未確認・対象外は分母に入れない")
  func score() throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    let standing = AuditStanding(
      tree, groups: [],
      answers: [
        AuditSamples.answer("\(Self.base):1.1", .compliant, score: 4),
        AuditSamples.answer("\(Self.base):1.2", .nonCompliant, score: 0),
        AuditSamples.answer("\(Self.base):2", .compliant, score: 5, confirmed: false),
        AuditSamples.answer("\(Self.base):1.3", choices: [Self.question(1): [Self.choice(1, 3)]]),
      ])
    // 1.1 has weight 3, the others 1: (3 × 4 + 1 × 0) ÷ (3 + 1) = 3; met: 3 ÷ 4.
    #expect(standing.score.mean == 3 && standing.score.share == 0.75)
    #expect(standing.score.scored == 2 && standing.score.scoreWeight == 4 && standing.score.scoreSum == 12)
    let total = standing.total
    #expect(total.inScope == 4 && total.confirmed == 3 && total.notApplicable == 1)
    #expect(total.unconfirmed == 1 && total.open == 0)
    let first = try #require(tree.place(of: "\(Self.base):1"))
    #expect(standing.tallies[first].inScope == 3 && standing.tallies[first].unconfirmed == 0)
  }

  @Test("選んだグループと、グループの無い要求だけが入る", arguments: [([], 4), (["small"], 3), (["large"], 4)])
  func groups(chosen: [String], inScope: Int) throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    #expect(AuditStanding(tree, groups: chosen, answers: []).total.inScope == inScope)
  }

  @Test("答えが選んだグループは、はじめのものに足される", arguments: [(nil, 1), (1, 2), (2, 2)])
  func chosenByAnswers(choice: Int?, inScope: Int) throws {
    let tree = try AuditSamples.tree(AuditSamples.choosing)
    let question = "urn:test:risk:req_node:choosing:0:question:1"
    let answers = choice.map {
      [
        AuditSamples.answer(
          "urn:test:risk:req_node:choosing:0", choices: [question: ["\(question):choice:\($0)"]])
      ]
    }
    let standing = AuditStanding(tree, groups: ["base"], answers: answers ?? [])
    #expect(tree.answersChooseGroups && standing.total.inScope == inScope)
    #expect(standing.groups == Set(["base"] + (choice.map { [$0 == 1 ? "clinic" : "hospital"] } ?? [])))
  }

  @Test("点はいつも範囲の中で、答えの順は結果を変えない")
  func properties() throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    var random = Steps(state: 7)
    for _ in 0..<200 {
      let answers = ["1.1", "1.2", "1.3", "2"].compactMap { name -> RequirementAnswer? in
        guard random.next() % 4 > 0 else { return nil }
        let first = Self.choice(1, Int(random.next() % 4) + 1)
        let second = (1...2).filter { _ in random.next() % 2 == 0 }.map { Self.choice(2, $0) }
        return AuditSamples.answer(
          "\(Self.base):\(name)", AuditResult.allCases[Int(random.next() % 4)], score: Int(random.next() % 6),
          choices: name == "1.3" ? [Self.question(1): [first], Self.question(2): second] : [:],
          confirmed: random.next() % 4 > 0)
      }
      let standing = AuditStanding(tree, groups: [], answers: answers)
      if let mean = standing.score.mean { #expect((0...5).contains(mean)) }
      if let share = standing.score.share { #expect((0...1).contains(share)) }
      for outcome in standing.outcomes.values { #expect(outcome.score.map { (0...5).contains($0) } ?? true) }
      let other = AuditStanding(tree, groups: [], answers: answers.reversed())
      #expect(other.score == standing.score && other.tallies == standing.tallies)
      let total = standing.total
      #expect(total.confirmed + total.unconfirmed + total.open == total.inScope)
    }
  }

  private struct Steps: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }

  @Test("範囲の外の点と、長すぎる備考は断る")
  func refused() throws {
    let blank = RequirementAnswer("x")
    let today = try #require(Day(2026, 11, 22))
    #expect(throws: AuditRefusal.scoreOutside(low: 0, high: 5)) {
      try blank.revised(.init(score: 6), scale: 0...5, today: today)
    }
    #expect(throws: AuditRefusal.scoreOutside(low: 0, high: 0)) {
      try blank.revised(.init(score: 1), scale: nil, today: today)
    }
    #expect(throws: AuditRefusal.remarkTooLong) {
      try blank.revised(.init(remark: String(repeating: "あ", count: 4001)), scale: nil, today: today)
    }
    let said = try blank.revised(.init(result: .compliant, score: 5), scale: 0...5, today: today)
    #expect(said.isConfirmed && said.confirmedOn == today && said.version == 1)
    let emptied = try said.revised(.init(), scale: 0...5, today: today)
    #expect(!emptied.isConfirmed && emptied.confirmedOn == nil)
  }

  @Test("たがいに前提になる質問も聞き、知らない質問を前提にするものも聞く")
  func rings() throws {
    let ring = AuditSamples.scored.replacing(
      "text: How often?",
      with:
        "text: How often?\n          depends_on: {question: '\(Self.question(2))', answers: [x], condition: all}"
    )
    let tree = try AuditSamples.tree(ring)
    let place = try #require(tree.place(of: "\(Self.base):1.3"))
    #expect(!AuditStanding(tree, groups: [], answers: []).asked(place).isEmpty)
    let unknown = AuditSamples.scored.replacing(
      "question: \(Self.question(1))\n", with: "question: \(Self.base):9:question:1\n")
    let other = try AuditSamples.tree(unknown)
    #expect(AuditStanding(other, groups: [], answers: []).asked(place) == [0, 1])
  }

  @Test("一万の質問が次々に前の質問を前提にしていても、聞くかどうかを答える")
  func longWay() throws {
    let base = "urn:test:chain"
    let questions = (1...10_000).map { number in
      let way = "depends_on: {question: '\(base):q\(number - 1)', answers: [done], condition: any}"
      return "            \(base):q\(number): {type: unique_choice, text: q, \(way), choices: []}"
    }
    let tree = try AuditSamples.tree(
      """
      urn: \(base)
      locale: en
      ref_id: chain
      name: Chain
      version: 1
      objects:
        framework:
          urn: \(base):framework
          ref_id: chain
          name: Chain
          requirement_nodes:
          - urn: \(base):1
            assessable: true
            depth: 1
            ref_id: '1'
            name: One
            questions:
      \(questions.joined(separator: "\n"))
      """)
    let all = try #require(tree.framework.nodes.first).questions
    let last = try #require(all.last)
    let yes = Dictionary(uniqueKeysWithValues: all.map { (URN.folded($0.urn), ["done"]) })
    #expect(all.count == 10_000 && QuestionRules(tree, yes).isAsked(last))
    let open = yes.filter { $0.key != URN.folded(all[all.count - 3].urn) }
    #expect(!QuestionRules(tree, open).isAsked(last))
  }

  @Test("さがす言葉は八つまで、一つは120バイトまでを見る")
  func search() throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    func found(_ query: String) -> [String] {
      tree.framework.nodes.filter { RequirementSearch(query, nil)($0) }.compactMap(\.refID)
    }
    #expect(found("PLAIN") == ["1.1"] && found("large only") == ["1.2"] && found("nowhere").isEmpty)
    #expect(found("in no group a b c d e f g h i j").isEmpty)
    #expect(found(Array(repeating: "plain", count: 8).joined(separator: " ") + " nowhere") == ["1.1"])
  }

  @Test("二つの時点の違いと、よくなった数、悪くなった数")
  func comparison() throws {
    let tree = try AuditSamples.tree(AuditSamples.scored)
    func content(_ answers: [RequirementAnswer]) -> AuditPoint.Content {
      AuditPoint.Content(AuditStanding(tree, groups: [], answers: answers))
    }
    let before = content([
      AuditSamples.answer("\(Self.base):1.1", .nonCompliant, score: 1),
      AuditSamples.answer("\(Self.base):1.2", .compliant, score: 4),
      AuditSamples.answer("\(Self.base):2", .compliant),
    ])
    let after = content([
      AuditSamples.answer("\(Self.base):1.1", .compliant, score: 1),
      AuditSamples.answer("\(Self.base):1.2", .compliant, score: 3),
      AuditSamples.answer("\(Self.base):2", .compliant),
    ])
    let comparison = AuditComparison(from: before, to: after)
    #expect(comparison.lines.map(\.title) == ["1.1 Plain", "1.2 Large only"])
    #expect(comparison.better == 1 && comparison.worse == 1)
    #expect(AuditComparison(from: after, to: after).lines.isEmpty)
  }
}
