import Frameworks
import Web

/// How a requirement stands to one of another framework.
struct MappingLink: Sendable, Equatable {
  /// From the side of the source: `superset` when it asks for more than the target.
  let relationship: MappingSet.Mapping.Relationship
  /// 0 to 100 as a rule; nil where the set states none, which counts as the lowest.
  let strength: Int?

  /// The same link seen from the other side.
  var inverted: MappingLink {
    switch relationship {
    case .subset: MappingLink(relationship: .superset, strength: strength)
    case .superset: MappingLink(relationship: .subset, strength: strength)
    case .equal, .intersect: self
    }
  }

  /// One after the other: the weaker relation and the lower strength. Wider and then narrower again, or the other way round, only
  /// overlaps.
  func then(_ next: MappingLink) -> MappingLink {
    let lowest = min(strength ?? Int.min, next.strength ?? Int.min)
    let relation: MappingSet.Mapping.Relationship =
      switch (relationship, next.relationship) {
      case (.equal, let other): other
      case (let one, .equal): one
      case (.superset, .superset): .superset
      case (.subset, .subset): .subset
      default: .intersect
      }
    return MappingLink(relationship: relation, strength: lowest == Int.min ? nil : lowest)
  }

  /// Equal above wider above narrower above overlapping; then by strength.
  static func isWeaker(_ one: MappingLink, _ other: MappingLink) -> Bool {
    if one.rank != other.rank { return one.rank < other.rank }
    return (one.strength ?? Int.min) < (other.strength ?? Int.min)
  }

  private var rank: Int {
    switch relationship {
    case .equal: 3
    case .superset: 2
    case .subset: 1
    case .intersect: 0
    }
  }

  /// What a result here says about the requirement there; nil for nothing.
  ///
  /// What is met in a wider requirement is met in a narrower one; what is met in a narrower or overlapping one is met there in part.
  /// What is not met in a narrower one is not met in the wider. That something does not apply carries over only where both are the same.
  func carried(_ result: AuditResult) -> AuditResult? {
    switch (relationship, result) {
    case (.equal, _): result
    case (_, .notApplicable): nil
    case (.superset, .compliant): .compliant
    case (.superset, .partiallyCompliant): .partiallyCompliant
    case (.superset, .nonCompliant): nil
    case (.subset, .nonCompliant): .nonCompliant
    case (.subset, _): .partiallyCompliant
    case (.intersect, .nonCompliant): nil
    case (.intersect, _): .partiallyCompliant
    }
  }
}

/// The links of a mapping set, or of several one after the other, by folded URNs.
struct MappingTable: Sendable {
  private(set) var links: [String: [String: MappingLink]] = [:]

  init(_ set: MappingSet, isInverted: Bool) {
    links.reserveCapacity(set.mappings.count)
    for mapping in set.mappings {
      let link = MappingLink(relationship: mapping.relationship, strength: mapping.strength)
      let (source, target) = (URN.folded(mapping.source), URN.folded(mapping.target))
      if isInverted {
        add(target, source, link.inverted, keepingWeaker: true)
      } else {
        add(source, target, link, keepingWeaker: true)
      }
    }
  }

  private init() {}

  /// Every requirement of a framework to itself: from one year's audit to the next.
  init(same tree: FrameworkTree) {
    for key in tree.keys { links[key] = [key: MappingLink(relationship: .equal, strength: nil)] }
  }

  /// This set and then `next`. Of several ways between two requirements the strongest counts; each way is as strong as its weakest link.
  func then(_ next: MappingTable) -> MappingTable {
    var table = MappingTable()
    for (source, firsts) in links {
      for (middle, first) in firsts {
        for (target, second) in next.links[middle] ?? [:] {
          table.add(source, target, first.then(second), keepingWeaker: false)
        }
      }
    }
    return table
  }

  /// A set that names a pair twice means the weaker.
  private mutating func add(_ source: String, _ target: String, _ link: MappingLink, keepingWeaker: Bool) {
    guard let known = links[source]?[target] else {
      links[source, default: [:]][target] = link
      return
    }
    if MappingLink.isWeaker(link, known) == keepingWeaker { links[source]?[target] = link }
  }
}

/// One mapping set on the shelf.
struct ShelvedMapping: Sendable, Equatable {
  let sha256: String
  let urn: String
  let name: String
  /// Its name by language, beside its own.
  var names: [String: String] = [:]
  let source: String
  let target: String

  func name(in language: Language) -> String { names[language.rawValue] ?? name }
}

/// A way from one framework to another: sets one after the other, some of them read backwards; none within one framework.
struct MappingWay: Sendable, Equatable {
  struct Step: Sendable, Equatable {
    let set: ShelvedMapping
    let isInverted: Bool

    var from: String { isInverted ? set.target : set.source }
    var to: String { isInverted ? set.source : set.target }
  }

  let steps: [Step]

  /// As it stands in the URL.
  var name: String { steps.map { ($0.isInverted ? "-" : "") + $0.set.urn }.joined(separator: " ") }

  static let mostSteps = 3
  static let mostWays = 20

  /// The shortest ways, up to three sets. A set is read backwards only where the publisher has not written the other direction.
  static func all(from source: String, to target: String, over sets: [ShelvedMapping]) -> [MappingWay] {
    if source == target { return [MappingWay(steps: [])] }
    let written = Set(sets.map { [$0.source, $0.target] })
    let steps = sets.flatMap { set -> [Step] in
      let forward = Step(set: set, isInverted: false)
      return written.contains([set.target, set.source])
        ? [forward] : [forward, Step(set: set, isInverted: true)]
    }
    let byStart = Dictionary(grouping: steps, by: \.from)
    var open: [(at: String, steps: [Step])] = [(source, [])]
    for _ in 0..<mostSteps {
      var further: [(at: String, steps: [Step])] = []
      for (at, taken) in open {
        let visited = Set(taken.map(\.from))
        for step in byStart[at] ?? [] where !visited.contains(step.to) && step.to != source {
          further.append((step.to, taken + [step]))
        }
      }
      let found = further.filter { $0.at == target }.map { MappingWay(steps: $0.steps) }
      if !found.isEmpty { return Array(found.sorted { $0.name < $1.name }.prefix(mostWays)) }
      // Frameworks that many sets join would give more ways than anyone reads.
      open = Array(further.prefix(5_000))
    }
    return []
  }
}
