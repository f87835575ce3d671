import Frameworks
import Kernel
import Web

/// What carrying answers from one audit to another would do, line by line.
struct Carrying: Sendable {
  /// A requirement that a mapping reaches.
  struct Line: Sendable, Equatable {
    enum Fate: String, Sendable {
      case carried
      /// Something was answered there already; it stays.
      case answered
      /// Questions decide there.
      case questions
      /// What the answers say here says nothing about it there.
      case silent
    }

    let node: String
    let title: String
    let fate: Fate
    let result: AuditResult?
    let score: Int?
    /// The requirements it comes from, with their titles.
    let sources: [String]
    let link: MappingLink
  }

  /// In the order of the target's framework.
  let lines: [Line]
  /// Whether both sides are of one framework: answers then go along whole, with their choices and remarks.
  let isSame: Bool
  private let source: AuditStanding
  /// The mapping sets, in order.
  let sets: [String]

  var carried: [Line] { lines.filter { $0.fate == .carried } }

  /// What a person has seen, for telling whether it is still so.
  var fingerprint: String {
    sha256(
      Array(
        carried.map { "\($0.node) \($0.result?.rawValue ?? "") \($0.score ?? -1) \($0.link)" }
          .joined(separator: "\n").utf8))
  }

  /// - Parameters:
  ///   - source: only what is confirmed and in scope there is carried.
  ///   - target: only what is in scope there is looked at.
  init(from source: AuditStanding, to target: AuditStanding, over table: MappingTable, sets: [String]) {
    (self.sets, self.source) = (sets, source)
    let same = source.tree.framework.urn == target.tree.framework.urn
    isSame = same
    var reached: [String: [Arrival]] = [:]
    for (place, outcome) in source.outcomes {
      guard source.isInScope[place], outcome.isConfirmed, outcome.result != nil else { continue }
      for (node, link) in table.links[source.tree.keys[place]] ?? [:] {
        reached[node, default: []].append(Arrival(place: place, outcome: outcome, link: link))
      }
    }
    let sameScale = source.tree.scale != nil && source.tree.scale == target.tree.scale
    lines = target.tree.assessable.compactMap { place -> Line? in
      let node = target.tree.keys[place]
      guard target.isInScope[place], let arriving = reached[node] else { return nil }
      return Carrying.line(
        node, place, arriving.sorted { $0.place < $1.place }, source, target, scores: sameScale,
        isSame: same)
    }
  }

  /// An answer that a link brings to a requirement.
  private struct Arrival {
    let place: Int
    let outcome: AuditStanding.Outcome
    let link: MappingLink
  }

  private static func line(
    _ node: String, _ place: Int,
    _ arriving: [Arrival],
    _ source: AuditStanding, _ target: AuditStanding, scores: Bool,
    isSame: Bool
  ) -> Line {
    let telling = arriving.compactMap { one -> (arrival: Arrival, result: AuditResult)? in
      guard let result = one.outcome.result.flatMap(one.link.carried) else { return nil }
      return (one, result)
    }
    let title = target.tree.title(place, nil)
    func made(
      _ fate: Line.Fate, _ places: [Int], _ link: MappingLink, _ result: AuditResult? = nil,
      _ score: Int? = nil
    ) -> Line {
      Line(
        node: node, title: title, fate: fate, result: result, score: score,
        sources: places.map { source.tree.title($0, nil) }, link: link)
    }
    let strongest = telling.map(\.arrival.link).max(by: MappingLink.isWeaker)
    let all = arriving.map(\.place)
    guard let strongest else {
      return made(.silent, all, arriving.map(\.link).max(by: MappingLink.isWeaker) ?? arriving[0].link)
    }
    let chosen = telling.filter { $0.arrival.link == strongest }
    let places = chosen.map(\.arrival.place)
    if target.answers[node] != nil { return made(.answered, places, strongest) }
    let (decides, counts) = QuestionRules.what(target.tree.node(place).questions)
    if decides && !isSame { return made(.questions, places, strongest) }
    // Where several say something equally strongly, the worst counts.
    let order: [AuditResult] = [.nonCompliant, .partiallyCompliant, .compliant, .notApplicable]
    let result = order.first { one in chosen.contains { $0.result == one } }
    let known = chosen.compactMap(\.arrival.outcome.score)
    let keepsScore = scores && !counts && strongest.relationship == .equal && known.count == chosen.count
    return made(.carried, places, strongest, result, keepsScore ? known.min() : nil)
  }

  /// What is stored for a line: said by nobody here yet, and so not confirmed.
  func answer(_ line: Line, from audit: Audit) -> RequirementAnswer {
    var answer = RequirementAnswer(line.node)
    (answer.result, answer.score, answer.version) = (line.result, line.score, 1)
    if isSame, let old = source.answers[line.node] {
      (answer.result, answer.remark, answer.choices) = (old.result, old.remark, old.choices)
    }
    answer.origin = RequirementAnswer.Origin(
      audit: audit.id, auditName: audit.name, requirements: line.sources, sets: sets,
      relationship: line.link.relationship.rawValue, strength: line.link.strength)
    return answer
  }
}
