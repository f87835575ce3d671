import Kernel
import Storage
import Web

/// A section or requirement that someone has been given; what stands below a section goes with it.
struct AuditAssignment: Sendable, Equatable {
  let node: String
  let person: PersonID
  let name: String
  let dueOn: Day?
}

/// Who has what in an audit.
struct AuditWork: Sendable {
  /// By place; those to places that the version in use no longer has are left out.
  let given: [Int: AuditAssignment]

  init(_ tree: FrameworkTree, _ all: [AuditAssignment]) {
    given = Dictionary(
      all.compactMap { one in tree.place(of: one.node).map { ($0, one) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The nearest: the requirement's own, else that of the section it stands in.
  func assignment(at place: Int, in tree: FrameworkTree) -> AuditAssignment? {
    guard !given.isEmpty else { return nil }
    var at: Int? = place
    while let here = at {
      if let found = given[here] { return found }
      at = tree.parents[here]
    }
    return nil
  }
}

/// What someone says about a requirement, beside its answer.
struct AuditComment: Sendable, Equatable {
  typealias ID = Kernel.ID<AuditComment>

  let id: ID
  let node: String
  let at: Instant
  let by: String
  let body: String
}

/// How an audit stood at one moment, kept for comparing and for signing off.
struct AuditPoint: Sendable, Equatable {
  typealias ID = Kernel.ID<AuditPoint>

  let id: ID
  let at: Instant
  let by: String
  let title: String
  /// Whether the audit was signed off with it.
  let isSigned: Bool
  /// Of the facility's ledger at that moment.
  let head: LedgerHead
  let content: Content

  struct Content: Sendable, Equatable, Codable {
    struct Line: Sendable, Equatable, Codable {
      let title: String
      let result: AuditResult?
      let score: Int?
      let confirmed: Bool
    }

    /// By the folded URN of the requirement.
    var lines: [String: Line] = [:]
    var inScope = 0
    var confirmed = 0
    var mean: Double?
    var share: Double?

    init() {}

    init(_ standing: AuditStanding) {
      let tree = standing.tree
      for (place, outcome) in standing.outcomes where standing.isInScope[place] && outcome.isAnswered {
        lines[tree.keys[place]] = Line(
          title: tree.title(place, nil), result: outcome.result, score: outcome.score,
          confirmed: outcome.isConfirmed)
      }
      (inScope, confirmed) = (standing.total.inScope, standing.total.confirmed)
      (mean, share) = (standing.score.mean, standing.score.share)
    }

    /// One line a requirement, in the order of their names: what the fingerprint is made of.
    fileprivate var text: String {
      lines.sorted { $0.key < $1.key }.map { key, line in
        "\(key)\t\(line.result?.rawValue ?? "")\t\(line.score.map(String.init) ?? "")\t\(line.confirmed)"
      }.joined(separator: "\n")
    }
  }

  /// SHA-256 of what stood in it.
  var fingerprint: String { sha256(Array(content.text.utf8)) }
}

/// What moved between two points.
struct AuditComparison: Sendable {
  struct Line: Sendable, Equatable {
    let title: String
    let before: AuditPoint.Content.Line?
    let after: AuditPoint.Content.Line?
  }

  /// In the order of their titles.
  let lines: [Line]
  let better: Int
  let worse: Int
  let before: AuditPoint.Content
  let after: AuditPoint.Content

  init(from before: AuditPoint.Content, to after: AuditPoint.Content) {
    (self.before, self.after) = (before, after)
    let keys = Set(before.lines.keys).union(after.lines.keys)
    lines = keys.compactMap { key -> (String, Line)? in
      let (old, new) = (before.lines[key], after.lines[key])
      guard old?.result != new?.result || old?.score != new?.score || old?.confirmed != new?.confirmed else {
        return nil
      }
      return (key, Line(title: new?.title ?? old?.title ?? key, before: old, after: new))
    }.sorted { ($0.1.title, $0.0) < ($1.1.title, $1.0) }.map(\.1)
    func rank(_ line: AuditPoint.Content.Line?) -> Int? {
      switch line?.result {
      case .compliant: 2
      case .partiallyCompliant: 1
      case .nonCompliant: 0
      case .notApplicable, nil: nil
      }
    }
    /// By the result; where that is the same, by the score.
    func movement(_ line: Line) -> Int {
      if let old = rank(line.before), let new = rank(line.after), old != new { return new - old }
      guard let old = line.before?.score, let new = line.after?.score else { return 0 }
      return new - old
    }
    (better, worse) = (lines.count { movement($0) > 0 }, lines.count { movement($0) < 0 })
  }
}
