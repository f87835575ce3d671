/// How much a library holds.
public struct LibraryCounts: Sendable, Equatable, Codable {
  public var frameworks = 0
  public var requirements = 0
  public var assessable = 0
  public var questions = 0
  public var choices = 0
  public var groups = 0
  public var mappings = 0
  public var referenceControls = 0
  public var threats = 0
  public var riskMatrices = 0

  public init() {}

  public init(_ library: Library) {
    frameworks = library.frameworks.count
    for framework in library.frameworks {
      requirements += framework.nodes.count
      groups += framework.groups.count
      for node in framework.nodes {
        if node.isAssessable { assessable += 1 }
        questions += node.questions.count
        for question in node.questions { choices += question.choices.count }
      }
    }
    mappings = library.mappingSets.reduce(0) { $0 + $1.mappings.count }
    referenceControls = library.referenceControls.count
    threats = library.threats.count
    riskMatrices = library.matrices.count
  }
}

/// What a newer version changes in the nodes of the version before, by URN.
public struct LibraryDifference: Sendable, Equatable {
  public struct Node: Sendable, Equatable {
    public let urn: String
    /// Its number and name, or the beginning of its text.
    public let title: String
    public let isAssessable: Bool
  }

  public private(set) var added: [Node] = []
  public private(set) var changed: [Node] = []
  /// What has been answered keeps its answer, in the older version.
  public private(set) var removed: [Node] = []
  public private(set) var same = 0

  public init(from old: Library, to new: Library) {
    var before: [String: RequirementNode] = [:]
    for node in old.frameworks.flatMap(\.nodes) { before[URN.folded(node.urn)] = node }
    for node in new.frameworks.flatMap(\.nodes) {
      switch before.removeValue(forKey: URN.folded(node.urn)) {
      case nil: added.append(LibraryDifference.shown(node))
      case .some(let earlier) where earlier == node: same += 1
      default: changed.append(LibraryDifference.shown(node))
      }
    }
    for node in old.frameworks.flatMap(\.nodes) where before[URN.folded(node.urn)] != nil {
      removed.append(LibraryDifference.shown(node))
    }
  }

  private static func shown(_ node: RequirementNode) -> Node {
    Node(urn: node.urn, title: node.title(in: nil), isAssessable: node.isAssessable)
  }
}

extension RequirementNode {
  /// Its number and name; without a name the beginning of its text, without any its URN.
  public func title(in language: String?) -> String {
    let words = text("name", in: language) ?? text("description", in: language).map { shortened($0) }
    let parts = [number(in: language), words].compactMap { $0 }.filter { !$0.isEmpty }
    return parts.isEmpty ? urn : parts.joined(separator: " ")
  }

  private func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.count > 120 ? line.prefix(120) + "…" : line
  }
}
