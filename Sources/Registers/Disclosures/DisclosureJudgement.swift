import Kernel

/// Where a facility stands with the disclosures of a system (guideline 7.0, 保守委託機関編 chapter 10 and annex; known from
/// commentaries only, so pages say 原本で確認).
enum DisclosureJudgement: String, Sendable, CaseIterable, Comparable {
  /// 未入手, 要リスク評価, 要確認, 基準を満たす: in this order the first that holds is said.
  case missing, needsRisk, toCheck, meets

  static func < (a: Self, b: Self) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }

  /// The judgement of one kind of form for a system.
  ///
  /// - Parameter tally: over all disclosures of that kind; nil when there is none.
  init(_ tally: DisclosureTally?) {
    guard let tally else {
      self = .missing
      return
    }
    self = tally.no > 0 ? .needsRisk : tally.open > 0 ? .toCheck : .meets
  }

  /// Of a system: the worst of the kinds that it needs and of those that it has beside them.
  init(needing needs: Need, _ tallies: [Disclosure.Kind: DisclosureTally]) {
    let judged = tallies.filter { $0.key.isJudged }
    var each = judged.values.map { DisclosureJudgement($0) }
    switch needs {
    case .both: each += [.mds, .sds].map { DisclosureJudgement(judged[$0]) }
    case .only(let kind): each.append(DisclosureJudgement(judged[kind]))
    case .either: if judged.isEmpty { each.append(.missing) }
    }
    self = each.min() ?? .missing
  }

  /// Which forms the way of providing a system asks for.
  enum Need: Sendable, Equatable {
    case only(Disclosure.Kind)
    case both
    /// It is not written how it is provided: either will do.
    case either

    init(hosting: String?) {
      switch hosting {
      case "on-premises": self = .only(.mds)
      case "cloud": self = .only(.sds)
      case "mixed": self = .both
      default: self = .either
      }
    }
  }
}

/// Which questions count: the numbers that the facility has marked as those of the annex, by kind of form.
struct DisclosureAnnex: Sendable, Equatable {
  private let numbers: [Disclosure.Kind: Set<String>]

  init(_ numbers: [Disclosure.Kind: Set<String>] = [:]) {
    self.numbers = numbers.filter { !$0.value.isEmpty }
  }

  /// nil while every question counts.
  func numbers(of kind: Disclosure.Kind) -> Set<String>? { numbers[kind] }
  func holds(_ number: String, of kind: Disclosure.Kind) -> Bool { numbers[kind]?.contains(number) ?? true }

  /// Whether the vendor's answer calls for a risk record: いいえ where the question counts. Of MDS2, where "No" is often
  /// neutral, only the answers to look at first do.
  func asksForRisk(_ question: Disclosure.Question, of kind: Disclosure.Kind) -> Bool {
    switch (kind, question.answer) {
    case (.mds2, .no): Mds2.lookIfNo.contains(question.number)
    case (.mds2, .yes): Mds2.lookIfYes.contains(question.number)
    case (_, .no): holds(question.number, of: kind)
    default: false
    }
  }

  /// How many numbers the annex of our commentaries' sources has; for telling a list that is too short.
  static let expected: [Disclosure.Kind: Int] = [.mds: 41, .sds: 58]
}

/// Numbers of the answers that count.
struct DisclosureTally: Sendable, Equatable {
  /// Questions that count.
  var all = 0
  var no = 0
  /// Blank, unreadable, or not in the form at all.
  var open = 0
  /// Of ``no``, those with a risk record.
  var recorded = 0

  init(all: Int = 0, no: Int = 0, open: Int = 0, recorded: Int = 0) {
    (self.all, self.no, self.open, self.recorded) = (all, no, open, recorded)
  }

  /// - Parameter recorded: numbers of questions that have a risk record.
  init(
    _ questions: [Disclosure.Question], of kind: Disclosure.Kind, _ annex: DisclosureAnnex,
    recorded: Set<String>
  ) {
    let counted = questions.filter { kind == .mds2 || annex.holds($0.number, of: kind) }
    let asked = counted.filter { annex.asksForRisk($0, of: kind) }
    let absent = (annex.numbers(of: kind) ?? []).subtracting(questions.map(\.number))
    all = counted.count + absent.count
    no = asked.count
    open = counted.count { $0.answer.isOpen } + absent.count
    self.recorded = asked.count { recorded.contains($0.number) }
    // A form whose answers nobody has read yet says nothing.
    if questions.isEmpty { open = max(open, 1) }
  }

  static func + (a: Self, b: Self) -> Self {
    Self(all: a.all + b.all, no: a.no + b.no, open: a.open + b.open, recorded: a.recorded + b.recorded)
  }

  var lacking: Int { no - recorded }
}

/// How a facility deals with an いいえ: what could happen, what it does about it, and what it tells an inspector.
struct DisclosureRisk: Sendable, Equatable, Codable {
  enum Treatment: String, Sendable, Codable, CaseIterable { case avoid, reduce, transfer, accept }

  let id: ID<DisclosureRisk>
  /// The number of the question in the current version.
  var question: String
  var evaluation: String
  var treatment: Treatment
  var explanation: String
  var decidedBy: String
  var decidedOn: Day
  /// What the vendor said when it was decided; another wording asks to look again.
  var saidThen: String
  /// The version in which the answer was no いいえ any more; nil while the record stands.
  var closedIn: Int?
  var version: Int

  /// What becomes of a standing record when a new version is taken in: it goes along with an answer that still calls for
  /// it, under the question's new number, else it is closed.
  func carried(over pairs: [DisclosureComparison.Pair], into number: Int) -> DisclosureRisk {
    var next = self
    // Whether the question counts is the facility's own choice and may change; here only the vendor's answer does.
    if let pair = pairs.first(where: { $0.before.number == question }),
      pair.after.answer == pair.before.answer
    {
      next.question = pair.after.number
    } else {
      next.closedIn = number
    }
    return next
  }
}
