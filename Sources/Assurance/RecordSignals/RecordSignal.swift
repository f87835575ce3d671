import Frameworks
import Kernel
import Web

/// What the records of a slice said about a concept when they were looked at, in the languages of the program.
struct RecordSignal: Sendable, Equatable, Codable {
  struct Words: Sendable, Equatable, Codable {
    /// What the records are called: 台帳.
    let records: String
    let sentence: String
    let concern: String?

    /// The sentence with what is amiss in it.
    var text: String { [sentence, concern].compactMap { $0 }.joined(separator: " ") }
  }

  let concept: String
  let slice: String
  let state: Signal.State
  /// The day of the oldest check among the records.
  let oldest: Day?
  /// Where the records are: a path of this site.
  let path: String
  /// The numbers alone, for telling whether the records have moved.
  let ground: String
  /// By the language.
  private let words: [String: Words]

  init(_ concept: String, _ said: Signals.Said) {
    let signal = said.signal
    (self.concept, slice, state) = (concept, said.slice, signal.state)
    (oldest, path, ground) = (signal.oldest, signal.path, signal.ground)
    words = Dictionary(
      [Language.ja, .en].map { language in
        (
          language.rawValue,
          Words(
            records: said.records(language), sentence: signal.sentence(language),
            concern: signal.concern?(language))
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  func words(_ language: Language) -> Words {
    words[language.rawValue] ?? Words(records: slice, sentence: ground, concern: nil)
  }
}

/// What all records said at one moment, kept so that a page of 1,800 requirements asks for it once.
struct RecordLook: Sendable, Equatable {
  let at: Instant
  let said: [RecordSignal]
}

/// What records say about one requirement.
struct RecordSuggestion: Sendable, Equatable {
  /// Nil where they cannot decide.
  let result: AuditResult?
  let signals: [RecordSignal]

  /// - Parameters:
  ///   - concepts: what the requirement asks about.
  ///   - said: by concept.
  /// - Returns: nil while no record says anything about it.
  init?(_ concepts: [String], _ said: [String: [RecordSignal]]) {
    signals = concepts.flatMap { said[$0] ?? [] }
    guard !signals.isEmpty else { return nil }
    result = RecordSuggestion.result(of: concepts.map { (said[$0] ?? []).map(\.state) })
  }

  /// For each concept the worst of what is said counts, and what nobody knows of may be anything.
  ///
  /// All met is met, all unmet is not met, some of each is partly; nil where what is not known could change it.
  static func result(of concepts: [[Signal.State]]) -> AuditResult? {
    let states = concepts.map { states -> Signal.State in
      let order: [Signal.State] = [.unmet, .partly, .unknown, .met]
      return order.first(where: states.contains) ?? .unknown
    }
    if states.contains(.partly) { return .partiallyCompliant }
    switch (states.contains(.met), states.contains(.unmet), states.contains(.unknown)) {
    case (true, true, _): return .partiallyCompliant
    case (true, false, false): return .compliant
    case (false, true, false): return .nonCompliant
    default: return nil
    }
  }

  /// What a person has seen, for telling whether it is still so.
  var fingerprint: String {
    sha256(
      Array(
        signals.map { "\($0.concept) \($0.slice) \($0.state.rawValue) \($0.ground)" }.joined(separator: "\n")
          .utf8))
  }

  /// One line for each record: 「台帳: 使っている外部接続点は2件です。」
  func text(_ language: Language) -> String {
    signals.map { signal in
      let words = signal.words(language)
      return "\(words.records): \(words.text)"
    }.joined(separator: "\n")
  }
}

/// What records say about the requirements of an audit.
struct RequirementSignals: Sendable {
  /// When the records were looked at last; nil while nobody has.
  let lookedAt: Instant?
  /// Whether the audit is of this fiscal year: what records say today is no answer of another.
  let isTimely: Bool
  private let tree: FrameworkTree
  private let own: [String: [String]]
  private let said: [String: [RecordSignal]]

  /// - Parameter linked: concepts that people of the facility have put on requirements, by the folded URN.
  init(_ tree: FrameworkTree, linked: [String: [String]], look: RecordLook?, isTimely: Bool) {
    (self.tree, own, self.isTimely, lookedAt) = (tree, linked, isTimely, look?.at)
    said = isTimely ? Dictionary(grouping: look?.said ?? [], by: \.concept) : [:]
  }

  /// Those that came with the framework.
  func given(at place: Int) -> [String] { tree.concepts[place] ?? [] }

  /// Those that people have put on it here.
  func linked(at place: Int) -> [String] {
    let given = given(at: place)
    return (own[tree.keys[place]] ?? []).filter { !given.contains($0) }
  }

  func concepts(at place: Int) -> [String] { given(at: place) + linked(at: place) }

  func suggestion(at place: Int) -> RecordSuggestion? {
    said.isEmpty ? nil : RecordSuggestion(concepts(at: place), said)
  }

  /// Whether anything is asked about that has a name in our checklists.
  var knowsConcepts: Bool { !tree.concepts.isEmpty || !own.isEmpty }
}

/// What taking all suggestions of an audit at once would do, line by line.
struct SignalPass: Sendable {
  struct Line: Sendable, Equatable {
    enum Fate: String, Sendable {
      case taken
      /// Something was answered there already; it stays.
      case answered
      /// Questions decide there.
      case questions
      /// What is known does not decide.
      case undecided
    }

    let place: Int
    let fate: Fate
    let suggestion: RecordSuggestion
  }

  /// In the order of the framework.
  let lines: [Line]

  init(_ standing: AuditStanding, _ signals: RequirementSignals) {
    let tree = standing.tree
    lines = tree.assessable.compactMap { place in
      guard standing.isInScope[place], let suggestion = signals.suggestion(at: place) else { return nil }
      let fate: Line.Fate
      if standing.answers[tree.keys[place]] != nil {
        fate = .answered
      } else if QuestionRules.what(tree.node(place).questions).decides {
        fate = .questions
      } else {
        fate = suggestion.result == nil ? .undecided : .taken
      }
      return Line(place: place, fate: fate, suggestion: suggestion)
    }
  }

  var taken: [Line] { lines.filter { $0.fate == .taken } }

  /// What a person has seen, for telling whether it is still so.
  var fingerprint: String {
    sha256(Array(taken.map { "\($0.place) \($0.suggestion.fingerprint)" }.joined(separator: "\n").utf8))
  }
}

/// Why a suggestion of records, or a concept for a requirement, was turned down.
enum RecordSignalRefusal: Problem, Equatable {
  case answered, undecided, otherYear, nothingToTake, noSuchConcept

  var code: String { "signals.\(self)" }
  var kind: ProblemKind { self == .noSuchConcept ? .notFound : .conflict }
}
