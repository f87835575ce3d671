import Frameworks
import Synchronization
import Web

/// A framework with what pages and scores ask of it again and again, worked out once.
final class FrameworkTree: Sendable {
  let library: Library
  let framework: Framework
  let number: Int
  /// By place, the folded URN.
  let keys: [String]
  let parents: [Int?]
  let children: [[Int]]
  /// Places without a parent.
  let roots: [Int]
  /// Places from the deepest to the uppermost: a child always before its parent.
  let fromBelow: [Int]
  /// Those to be answered, in the order of the framework.
  let assessable: [Int]
  /// The groups that can be chosen: the defined ones, then those that requirements name without a definition.
  let groups: [Group]
  /// Whether answers choose the groups; a person then does not.
  let answersChooseGroups: Bool
  /// Nil for a framework without scores.
  let scale: ClosedRange<Int>?
  /// By the folded URN of a question: the place of its requirement and its number there.
  let questions: [String: (place: Int, number: Int)]
  /// By place: whether questions are asked there, and its weight; nil where the framework says none. Beside the nodes, which are
  /// large to copy.
  let asks: [Bool]
  let weights: [Int?]
  /// By place, the concepts of our checklists that its reference controls stand for; only frameworks that come with the program
  /// have any.
  let concepts: [Int: [String]]
  private let places: [String: Int]

  init(_ library: Library, number: Int) {
    let framework = library.frameworks[number]
    (self.library, self.framework, self.number) = (library, framework, number)
    keys = framework.nodes.map { URN.folded($0.urn) }
    places = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let (places, nodes) = (self.places, framework.nodes)
    asks = nodes.map { !$0.questions.isEmpty }
    weights = nodes.map(\.weight)
    concepts = FrameworkTree.concepts(library, nodes)
    let parents = nodes.map { $0.parent.flatMap { places[URN.folded($0)] } }
    self.parents = parents
    var children = [[Int]](repeating: [], count: nodes.count)
    var roots: [Int] = []
    for place in nodes.indices {
      if let parent = parents[place] { children[parent].append(place) } else { roots.append(place) }
    }
    (self.children, self.roots) = (children, roots)
    fromBelow = FrameworkTree.downwards(roots, children).reversed()
    assessable = nodes.indices.filter { nodes[$0].isAssessable }
    groups = FrameworkTree.offered(framework)
    var questions: [String: (place: Int, number: Int)] = [:]
    var (choosing, scoring) = (false, false)
    for (place, node) in nodes.enumerated() where !node.questions.isEmpty {
      for (number, question) in node.questions.enumerated() {
        questions[URN.folded(question.urn)] = (place, number)
        choosing = choosing || question.choices.contains { !$0.selectGroups.isEmpty }
        scoring = scoring || question.choices.contains { $0.addScore != nil }
      }
    }
    self.questions = questions
    answersChooseGroups = choosing
    let isScored =
      framework.minScore != nil || framework.maxScore != nil || !framework.scores.isEmpty || scoring
    let range = framework.scoreRange
    scale = isScored ? range.clamped(to: -FrameworkTree.mostScore...FrameworkTree.mostScore) : nil
  }

  /// Beyond this a number in a file is no score, and sums of many could run over.
  static let mostScore = 1_000_000

  func place(of urn: String) -> Int? { places[URN.folded(urn)] }

  /// The same for a name that is folded already.
  func place(ofFolded urn: String) -> Int? { places[urn] }

  func node(_ place: Int) -> RequirementNode { framework.nodes[place] }

  /// From the uppermost section to the place itself.
  func way(to place: Int) -> [Int] {
    var way: [Int] = []
    var at: Int? = place
    while let here = at {
      way.append(here)
      at = parents[here]
    }
    return way.reversed()
  }

  func title(_ place: Int, _ language: String?) -> String { framework.nodes[place].title(in: language) }

  /// The language in which to show it to someone who reads `preferred`; nil for the library's own.
  func language(for preferred: String) -> String? {
    library.languages.contains(preferred) ? preferred : nil
  }

  /// The framework's name for someone who reads `reader`.
  func name(for reader: Language) -> String { framework.name(in: language(for: reader.rawValue)) }

  /// Sections with all that stands below them, parents first. Cycles are refused when a library is taken in.
  private static func downwards(_ roots: [Int], _ children: [[Int]]) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(children.count)
    var open = Array(roots.reversed())
    while let place = open.popLast() {
      order.append(place)
      open.append(contentsOf: children[place].reversed())
    }
    return order
  }

  private static func concepts(_ library: Library, _ nodes: [RequirementNode]) -> [Int: [String]] {
    let known = Dictionary(
      library.referenceControls.compactMap { control in
        control.concept.map { (URN.folded(control.urn), $0) }
      }, uniquingKeysWith: { first, _ in first })
    guard !known.isEmpty else { return [:] }
    var concepts: [Int: [String]] = [:]
    for (place, node) in nodes.enumerated() {
      let found = node.referenceControls.compactMap { known[URN.folded($0)] }
      if !found.isEmpty { concepts[place] = found }
    }
    return concepts
  }

  private static func offered(_ framework: Framework) -> [Group] {
    var known: Set<String> = []
    var offered: [Group] = []
    for group in framework.groups where known.insert(group.refID).inserted {
      offered.append(Group(refID: group.refID, definition: group))
    }
    for node in framework.nodes {
      for name in node.groups where known.insert(name).inserted {
        offered.append(Group(refID: name, definition: nil))
      }
    }
    return offered
  }

  /// Requirements that belong together, as the part for clinics.
  struct Group: Sendable {
    let refID: String
    /// Nil for one that requirements name and the framework does not define.
    let definition: ImplementationGroup?

    var isDefault: Bool { definition?.isDefault ?? false }

    func name(in language: String?) -> String {
      guard let definition else { return refID }
      return language.flatMap { definition.translations[$0]?["name"] } ?? definition.name
    }
  }
}

/// The trees that were used last, by the SHA-256 of the library's file and the number of the framework.
final class FrameworkTrees: Sendable {
  static let common = FrameworkTrees()
  private static let kept = 4

  private let entries = Mutex<[(key: String, tree: FrameworkTree)]>([])

  /// The tree of a framework of `library`; nil when it has no such framework.
  func tree(_ library: Library, sha256: String, framework number: Int) -> FrameworkTree? {
    guard library.frameworks.indices.contains(number) else { return nil }
    let key = "\(sha256)/\(number)"
    let known = entries.withLock { entries -> FrameworkTree? in
      guard let place = entries.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = entries.remove(at: place)
      entries.append(entry)
      return entry.tree
    }
    if let known { return known }
    let tree = FrameworkTree(library, number: number)
    entries.withLock { entries in
      entries.removeAll { $0.key == key }
      entries.append((key, tree))
      if entries.count > FrameworkTrees.kept { entries.removeFirst() }
    }
    return tree
  }
}
