import Kernel

/// A part of an audit or a checklist that whoever had been given it has handed in, for another to look at.
struct Submission: Sendable, Equatable {
  /// What it is a part of.
  enum Subject: Sendable, Hashable {
    case audit(Audit.ID)
    case checklist(Assessment.ID)

    var id: String {
      switch self {
      case .audit(let id): id.text
      case .checklist(let id): id.text
      }
    }

    /// The page of it all.
    var path: String {
      switch self {
      case .audit(let id): "/audits/\(id)"
      case .checklist(let id): "/assessments/\(id)"
      }
    }

    /// As the ledger and the list of duties name a part.
    func name(_ node: String) -> String {
      switch self {
      case .audit(let id): "submission:\(id)/\(node)"
      case .checklist(let id): "checklist-submission:\(id)/\(node)"
      }
    }

    /// The part that ``name(_:)`` names; nil for anything else.
    static func part(named name: String) -> (subject: Subject, node: String)? {
      let kind = name.prefix { $0 != ":" }
      let parts = name.dropFirst(kind.count + 1).split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      switch kind {
      case "submission": return Audit.ID(parts[0]).map { (.audit($0), parts[1]) }
      case "checklist-submission": return Assessment.ID(parts[0]).map { (.checklist($0), parts[1]) }
      default: return nil
      }
    }
  }

  enum State: String, Sendable, Codable, CaseIterable {
    /// Taken up again after it had been handed in.
    case open
    case submitted, returned, accepted
  }

  let subject: Subject
  /// The folded URN of the section or requirement; of a checklist, the id of an item or `section:<number>`.
  let node: String
  /// Its title, as it was when it was handed in.
  private(set) var title: String
  private(set) var state: State
  private(set) var submitter: PersonID?
  private(set) var submitterName: String
  /// Who returned or accepted it last; empty while nobody has.
  private(set) var deciderName: String
  /// What was said with the last step.
  private(set) var remark: String
  /// Whether it was accepted by the one who had handed it in, because nobody else may.
  private(set) var isAlone: Bool
  private(set) var changedAt: Instant
  private(set) var version: Int
  /// The items of a checklist that are in it; an audit knows its own by the framework.
  private(set) var items: [String] = []
  /// What a checklist was called when it was handed in; an audit has a name.
  private(set) var name = ""

  /// Whether another may still have to do something with it.
  var isSettled: Bool { state == .submitted || state == .accepted }

  /// Who does something, and when.
  struct Step: Sendable {
    let person: PersonID?
    let name: String
    let at: Instant
    var remark = ""
  }

  /// - Throws: ``SubmissionRefusal``.
  static func submitted(
    _ node: String, of subject: Subject, title: String, over before: Submission?, _ step: Step,
    items: [String] = [], name: String = ""
  ) throws(SubmissionRefusal) -> Submission {
    guard before?.isSettled != true else { throw .alreadySubmitted }
    return Submission(
      subject: subject, node: node, title: title, state: .submitted, submitter: step.person,
      submitterName: step.name, deciderName: "", remark: try text(step.remark), isAlone: false,
      changedAt: step.at, version: (before?.version ?? 0) + 1, items: items, name: name)
  }

  /// Given back, with what is to be done about it.
  func returned(_ step: Step) throws(SubmissionRefusal) -> Submission {
    guard state == .submitted else { throw .notSubmitted }
    let remark = try Submission.text(step.remark)
    guard !remark.isEmpty else { throw .noRemark }
    return moved(to: .returned, step, remark)
  }

  /// - Parameter isAlone: whether nobody but its submitter may accept anything here.
  func accepted(_ step: Step, isAlone: Bool) throws(SubmissionRefusal) -> Submission {
    guard state == .submitted else { throw .notSubmitted }
    let isOwn = submitter == step.person
    guard !isOwn || isAlone else { throw .ownWork }
    var next = moved(to: .accepted, step, try Submission.text(step.remark))
    next.isAlone = isOwn
    return next
  }

  /// After an answer in it has changed.
  func reopened(at now: Instant) -> Submission {
    var next = self
    (next.state, next.remark, next.changedAt, next.version) = (.open, "", now, version + 1)
    return next
  }

  private func moved(to state: State, _ step: Step, _ remark: String) -> Submission {
    var next = self
    (next.state, next.deciderName, next.remark) = (state, step.name, remark)
    (next.changedAt, next.version) = (step.at, version + 1)
    return next
  }

  private static func text(_ text: String) throws(SubmissionRefusal) -> String {
    guard let text = text.trimmed(to: 0...1000) else { throw .remarkTooLong }
    return text
  }
}

enum SubmissionRefusal: Problem, Equatable {
  case alreadySubmitted, notSubmitted, noRemark, remarkTooLong, ownWork, notGiven, badStep
  /// So many requirements in it have no confirmed answer.
  case incomplete(Int)

  var code: String { if case .incomplete = self { "submissions.incomplete" } else { "submissions.\(self)" } }

  var kind: ProblemKind {
    switch self {
    case .alreadySubmitted, .notSubmitted, .notGiven: .conflict
    case .ownWork: .forbidden
    default: .invalid
    }
  }

  var arguments: [String] { if case .incomplete(let count) = self { ["\(count)"] } else { [] } }

  var field: String? { self == .noRemark || self == .remarkTooLong ? "remark" : nil }
}
