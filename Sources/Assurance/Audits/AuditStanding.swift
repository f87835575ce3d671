import Frameworks
import Kernel

/// Where an audit stands: what each answer comes to, and the sums of the sections. Worked out from the answered rows alone.
struct AuditStanding: Sendable {
  let tree: FrameworkTree
  let answers: [String: RequirementAnswer]
  /// The groups that count: those chosen at the start, and those that answers chose. Empty for everything.
  let groups: Set<String>
  /// By place: whether it is to be answered in this audit.
  let isInScope: [Bool]
  /// By place, of what has been answered.
  let outcomes: [Int: Outcome]
  /// By place: of everything at and below it.
  let tallies: [Tally]
  let total: Tally
  let score: AuditScore
  /// Answers to requirements that the version in use no longer has.
  let gone: [RequirementAnswer]
  /// What was chosen or written, by the folded URN of the question, over all requirements.
  private let chosen: [String: [String]]

  /// What an answer comes to.
  struct Outcome: Sendable, Equatable {
    let result: AuditResult?
    /// Nil for what does not apply.
    let score: Int?
    /// Whether the questions decided, and not a person.
    let isComputed: Bool
    let isConfirmed: Bool

    /// Whether it says enough to count as answered.
    var isAnswered: Bool { result != nil || score != nil }
  }

  struct Tally: Sendable, Equatable {
    var inScope = 0
    var compliant = 0
    var partly = 0
    var not = 0
    var notApplicable = 0
    /// Answered with a score alone.
    var scoredOnly = 0
    /// Carried over or answered to other words, and not looked at since.
    var unconfirmed = 0

    var confirmed: Int { compliant + partly + not + notApplicable + scoredOnly }
    var open: Int { inScope - confirmed - unconfirmed }

    mutating func add(_ other: Tally) {
      inScope += other.inScope
      compliant += other.compliant
      partly += other.partly
      not += other.not
      notApplicable += other.notApplicable
      scoredOnly += other.scoredOnly
      unconfirmed += other.unconfirmed
    }

    fileprivate init() {}

    fileprivate init(_ outcome: Outcome?) {
      inScope = 1
      guard let outcome, outcome.isAnswered else { return }
      guard outcome.isConfirmed else {
        unconfirmed = 1
        return
      }
      switch outcome.result {
      case .compliant: compliant = 1
      case .partiallyCompliant: partly = 1
      case .nonCompliant: not = 1
      case .notApplicable: notApplicable = 1
      case nil: scoredOnly = 1
      }
    }
  }

  /// - Parameter answers: in any order; it makes no difference.
  init(_ tree: FrameworkTree, groups initial: [String], answers all: [RequirementAnswer]) {
    self.tree = tree
    let answers = Dictionary(all.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    self.answers = answers
    var chosen: [String: [String]] = [:]
    var gone: [RequirementAnswer] = []
    var placed: [(place: Int, answer: RequirementAnswer)] = []
    placed.reserveCapacity(answers.count)
    for answer in answers.values {
      guard let place = tree.place(ofFolded: answer.node), tree.framework.nodes[place].isAssessable else {
        gone.append(answer)
        continue
      }
      placed.append((place, answer))
      guard tree.asks[place], !answer.choices.isEmpty else { continue }
      let known = Set(tree.node(place).questions.map { URN.folded($0.urn) })
      for (question, values) in answer.choices where known.contains(question) && !values.isEmpty {
        chosen[question] = values
      }
    }
    self.chosen = chosen
    self.gone = gone.sorted { ($0.goneTitle ?? "", $0.node) < ($1.goneTitle ?? "", $1.node) }
    let rules = QuestionRules(tree, chosen)
    let groups = Set(initial).union(tree.answersChooseGroups ? rules.chosenGroups(answers) : [])
    self.groups = groups
    let nodes = tree.framework.nodes
    isInScope = nodes.map { node in
      node.isAssessable
        && (groups.isEmpty || node.groups.isEmpty || node.groups.contains(where: groups.contains))
    }
    var outcomes: [Int: Outcome] = [:]
    outcomes.reserveCapacity(placed.count)
    for (place, answer) in placed { outcomes[place] = rules.outcome(of: answer, at: place) }
    self.outcomes = outcomes
    var tallies = [Tally](repeating: Tally(), count: nodes.count)
    var total = Tally()
    for place in tree.fromBelow {
      if isInScope[place] { tallies[place].add(Tally(outcomes[place])) }
      if let parent = tree.parents[place] {
        tallies[parent].add(tallies[place])
      } else {
        total.add(tallies[place])
      }
    }
    (self.tallies, self.total) = (tallies, total)
    score = AuditScore(tree, isInScope, outcomes)
  }

  /// Places that are to be answered now and were not before.
  func newlyInScope(since before: AuditStanding) -> [Int] {
    zip(before.isInScope, isInScope).enumerated().filter { !$1.0 && $1.1 }.map(\.offset)
  }

  func answer(_ place: Int) -> RequirementAnswer {
    answers[tree.keys[place]] ?? RequirementAnswer(tree.keys[place])
  }

  /// The questions of a requirement that are asked now: those that depend on no other, or whose condition is met.
  func asked(_ place: Int) -> [Int] {
    let rules = QuestionRules(tree, chosen)
    let questions = tree.node(place).questions
    return questions.indices.filter { rules.isAsked(questions[$0]) }
  }
}

/// What answers to questions come to, as the format says it.
struct QuestionRules {
  private let tree: FrameworkTree
  private let chosen: [String: [String]]

  init(_ tree: FrameworkTree, _ chosen: [String: [String]]) { (self.tree, self.chosen) = (tree, chosen) }

  /// Whether its condition is met. One that depends on a question that is not there is asked: nothing is to be lost.
  ///
  /// Questions that depend on each other in a ring are asked too.
  func isAsked(_ question: Question) -> Bool {
    var at = question
    let entrance = ring(from: question)
    // Walked, not called again and again: a file may hang thousands of questions on each other.
    for _ in 0..<QuestionRules.mostSteps {
      guard let condition = at.dependsOn, URN.folded(at.urn) != entrance else { return true }
      let other = URN.folded(condition.question)
      guard let asked = self.question(other) else { return true }
      guard isMet(condition, asked, chosen[other] ?? []) else { return false }
      at = asked
    }
    return true
  }

  /// A way longer than anyone writes is not followed to its end.
  private static let mostSteps = 200

  private func isMet(_ condition: Question.Dependence, _ asked: Question, _ choices: [String]) -> Bool {
    let given = Set(choices)
    // By its URN or by its words: files do both.
    let names = given.union(
      asked.choices.filter { given.contains(URN.folded($0.urn)) }.map { URN.folded($0.value) })
    let wanted = condition.answers.map(URN.folded)
    return condition.needsAll ? wanted.allSatisfy(names.contains) : wanted.contains(where: names.contains)
  }

  private func question(_ urn: String) -> Question? {
    tree.questions[urn].map { tree.node($0.place).questions[$0.number] }
  }

  /// The first question on the way up that depends on itself; nil when the way ends.
  private func ring(from question: Question) -> String? {
    var seen: Set<String> = []
    var (here, before) = (URN.folded(question.urn), question.dependsOn)
    while let condition = before, seen.count < QuestionRules.mostSteps {
      guard seen.insert(here).inserted else { return here }
      here = URN.folded(condition.question)
      before = self.question(here)?.dependsOn
    }
    return nil
  }

  private func selected(_ question: Question) -> [Question.Choice] {
    guard let given = chosen[URN.folded(question.urn)] else { return [] }
    return question.choices.filter { given.contains(URN.folded($0.urn)) }
  }

  private func isAnswered(_ question: Question) -> Bool { !(chosen[URN.folded(question.urn)] ?? []).isEmpty }

  /// The groups of all choices made in questions that are asked.
  func chosenGroups(_ answers: [String: RequirementAnswer]) -> Set<String> {
    var groups: Set<String> = []
    for urn in answers.keys {
      guard let place = tree.place(of: urn) else { continue }
      for question in tree.node(place).questions where isAsked(question) {
        for choice in selected(question) { groups.formUnion(choice.selectGroups) }
      }
    }
    return groups
  }

  func outcome(of answer: RequirementAnswer, at place: Int) -> AuditStanding.Outcome {
    let questions = tree.asks[place] ? tree.node(place).questions : []
    let (decides, counts) = QuestionRules.what(questions)
    let result = decides ? computedResult(questions) : answer.result
    let score = counts ? computedScore(questions) : answer.score
    return AuditStanding.Outcome(
      result: result, score: result == .notApplicable ? nil : score.map(inScale),
      isComputed: decides || counts,
      isConfirmed: answer.isConfirmed)
  }

  /// Whether its questions decide the result, and whether they add to the score.
  static func what(_ questions: [Question]) -> (decides: Bool, counts: Bool) {
    (
      questions.contains { $0.choices.contains { $0.result != nil } },
      questions.contains { $0.choices.contains { $0.addScore != nil } }
    )
  }

  /// Nil until every question that is asked and could decide has been answered, and while all answers are neutral.
  private func computedResult(_ questions: [Question]) -> AuditResult? {
    let deciding = questions.filter { $0.choices.contains { $0.result != nil } && isAsked($0) }
    guard deciding.allSatisfy(isAnswered) else { return nil }
    return QuestionRules.combined(deciding.flatMap(selected).compactMap(\.result))
  }

  /// Neutral choices are dropped before. All not applicable: so is the requirement. Any partial, or met and unmet beside each
  /// other: partial. Else the worst, of which not applicable is none.
  static func combined(_ results: [Question.ComputedResult]) -> AuditResult? {
    let kinds = Set(results)
    if kinds.isEmpty { return nil }
    if kinds == [.notApplicable] { return .notApplicable }
    if kinds.contains(.partiallyCompliant) || kinds.isSuperset(of: [.compliant, .nonCompliant]) {
      return .partiallyCompliant
    }
    return kinds.contains(.nonCompliant) ? .nonCompliant : .compliant
  }

  /// The sum of what the choices add, within the scale; nil until every question that adds and is asked has been answered.
  private func computedScore(_ questions: [Question]) -> Int? {
    let adding = questions.filter { $0.choices.contains { $0.addScore != nil } && isAsked($0) }
    guard !adding.isEmpty, adding.allSatisfy(isAnswered) else { return nil }
    let most = FrameworkTree.mostScore
    return adding.flatMap(selected).reduce(0) { $0 + min(max($1.addScore ?? 0, -most), most) }
  }

  private func inScale(_ score: Int) -> Int {
    guard let scale = tree.scale else { return score }
    return min(max(score, scale.lowerBound), scale.upperBound)
  }
}

/// How far an audit has come, in one number, with what it was made of.
struct AuditScore: Sendable, Equatable {
  /// Of the framework's scores; nil for one without.
  let scale: ClosedRange<Int>?
  /// Requirements whose score counts, the sum of their weights, and of weight × score.
  private(set) var scored = 0
  private(set) var scoreWeight = 0
  private(set) var scoreSum = 0
  /// Requirements whose result counts, the sum of their weights, and of those that are met.
  private(set) var judged = 0
  private(set) var judgedWeight = 0
  private(set) var metWeight = 0
  private(set) var hasWeights = false

  /// Only what is in scope, confirmed and applicable counts; everything else stays out of both sums.
  init(_ tree: FrameworkTree, _ isInScope: [Bool], _ outcomes: [Int: AuditStanding.Outcome]) {
    scale = tree.scale
    for (place, outcome) in outcomes where isInScope[place] && outcome.isConfirmed {
      guard outcome.result != .notApplicable else { continue }
      let given = tree.weights[place]
      let weight = min(max(given ?? 1, 0), 10_000)
      if given != nil, weight != 1 { hasWeights = true }
      if let score = outcome.score, scale != nil {
        scored += 1
        scoreWeight += weight
        scoreSum += weight * score
      }
      if let result = outcome.result {
        judged += 1
        judgedWeight += weight
        if result == .compliant { metWeight += weight }
      }
    }
  }

  /// The weighted mean; nil while nothing counts.
  var mean: Double? { scoreWeight > 0 ? Double(scoreSum) / Double(scoreWeight) : nil }
  /// The part that is met, 0 to 1; nil while nothing counts.
  var share: Double? { judgedWeight > 0 ? Double(metWeight) / Double(judgedWeight) : nil }
}
