import Kernel
import Registers

/// How far a facility is on the path, out of its answers, its letters and its registers.
struct ClinicProgress: Sendable {
  enum State: Sendable, Equatable {
    case open
    /// The answer is yes, or the registers say so.
    case done(byRegister: Bool)
    case notYet(Day)
    /// A vendor is asked, or is to be; with no vendor nobody is chosen yet.
    case asking
    case notApplicable
  }

  let guide: ClinicGuide
  let answers: [String: ClinicAnswer]
  let inquiries: [ClinicInquiry]
  /// By question, in the order of its probes.
  let figures: [String: [EntryProbe.Figures]]
  let today: Day
  let states: [String: State]

  /// Minutes that a week asks for.
  static let weekly = 10

  /// - Parameter figures: of all probes of the guide, in their order.
  init(
    _ guide: ClinicGuide, answers: [ClinicAnswer], inquiries: [ClinicInquiry],
    figures: [EntryProbe.Figures], today: Day
  ) {
    var rest = figures[...]
    var byQuestion: [String: [EntryProbe.Figures]] = [:]
    for question in guide.questions {
      byQuestion[question.id] = Array(rest.prefix(question.evidence.count))
      rest = rest.dropFirst(question.evidence.count)
    }
    (self.guide, self.inquiries, self.figures, self.today) = (guide, inquiries, byQuestion, today)
    let answers = Dictionary(answers.map { ($0.question, $0) }, uniquingKeysWith: { first, _ in first })
    self.answers = answers
    states = Dictionary(
      uniqueKeysWithValues: guide.questions.map { question in
        let isMet = question.isMet(by: byQuestion[question.id] ?? [])
        return (question.id, Self.state(of: question, answers[question.id], isMet: isMet))
      })
  }

  static func state(of question: ClinicQuestion, _ answer: ClinicAnswer?, isMet: Bool) -> State {
    let isWhole = !question.confirm || answer?.value == .yes
    if isMet, isWhole { return .done(byRegister: true) }
    switch answer?.value {
    case .yes:
      // A list that has become empty again is no longer whole.
      if case .ask = question.form { return .done(byRegister: false) }
      return .open
    case .na: return .notApplicable
    case .notYet: return .notYet(answer?.targetOn ?? answer?.answeredOn ?? Finding.always)
    case .unknown: return .asking
    case .register, nil: return .open
    }
  }

  func state(_ question: ClinicQuestion) -> State { states[question.id] ?? .open }
  func isMet(_ question: ClinicQuestion) -> Bool { question.isMet(by: figures[question.id] ?? []) }
  func questions(of part: ClinicQuestion.Part) -> [ClinicQuestion] {
    guide.questions.filter { $0.part == part }
  }

  var open: [ClinicQuestion] { guide.questions.filter { state($0) == .open } }
  var settled: Int { guide.questions.count(where: { state($0).isSettled }) }
  func count(_ part: ClinicQuestion.Part) -> Int { questions(of: part).count(where: { state($0).isSettled }) }

  /// The question to go on with.
  var next: ClinicQuestion? { open.first }

  /// The first open question behind one, else the first open one at all; nil when it was the last.
  func next(after question: ClinicQuestion) -> ClinicQuestion? {
    let index = guide.questions.firstIndex { $0.id == question.id } ?? 0
    let later = guide.questions.dropFirst(index + 1).first { state($0) == .open }
    return later ?? open.first { $0.id != question.id }
  }

  func before(_ question: ClinicQuestion) -> ClinicQuestion? {
    guard let index = guide.questions.firstIndex(where: { $0.id == question.id }), index > 0 else {
      return nil
    }
    return guide.questions[index - 1]
  }

  // MARK: The week

  /// Monday of the week.
  var monday: Day { today.adding(days: -((today.weekday + 6) % 7)) }

  /// The questions that were answered this week.
  var answeredThisWeek: [ClinicQuestion] {
    guide.questions.filter { question in
      guard let answer = answers[question.id], state(question) != .open else { return false }
      return answer.answeredOn >= monday
    }
  }

  /// The next open questions that fit into what is left of the week's ten minutes; at least one while the week is young.
  var portion: [ClinicQuestion] {
    var left = Self.weekly - answeredThisWeek.reduce(0) { $0 + $1.minutes }
    var chosen: [ClinicQuestion] = []
    for question in open {
      guard left > 0, chosen.isEmpty || question.minutes <= left else { break }
      chosen.append(question)
      left -= question.minutes
    }
    return chosen
  }

  // MARK: Who may read the volume for facilities that leave upkeep to vendors

  /// The four questions of version 7.0 with whether each is answered by yes.
  var upkeepChecks: [(question: ClinicQuestion, isYes: Bool)] {
    guide.questions.filter { $0.covers.contains { $0.hasPrefix("v7q-") } }.map { question in
      if case .done = state(question) { return (question, true) }
      return (question, false)
    }
  }

  /// Whether the first three say yes: then that volume may be the one to read. The original decides.
  var mayLeaveUpkeep: Bool { upkeepChecks.prefix(3).allSatisfy(\.isYes) && !upkeepChecks.isEmpty }
}

extension ClinicProgress.State {
  /// Nothing more is to be done about it for now.
  var isSettled: Bool {
    switch self {
    case .done, .notApplicable: true
    case .open, .notYet, .asking: false
    }
  }
}

extension ClinicQuestion {
  /// Whether the registers say enough.
  func isMet(by figures: [EntryProbe.Figures]) -> Bool {
    guard !evidence.isEmpty, figures.count == evidence.count else { return false }
    let met = zip(evidence, figures).map { $0.isMet(by: $1) }
    return needsAllEvidence ? met.allSatisfy { $0 } : met.contains(true)
  }
}
