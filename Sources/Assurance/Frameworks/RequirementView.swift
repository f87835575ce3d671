import Frameworks
import Kernel
import Web

/// Which part of a framework is looked at: one section with what stands directly below it, or what a search found.
struct RequirementView: Sendable {
  let library: Library
  let framework: Framework
  let frameworkNumber: Int
  /// Where the section stands in the framework; nil for the top.
  let section: Int?
  let query: String
  let language: String?
  let listing: Listing
  /// Places of what is listed on this page, and how many there are on all.
  let listed: [Int]
  let total: Int
  /// By place: how many requirements to be answered stand below it.
  let below: [Int: Int]
  /// From the uppermost section to the one looked at.
  let way: [Int]

  /// Nil when the address names a framework or section that is not there.
  init?(_ request: WebRequest, _ library: Library) {
    let number = request.query("framework").flatMap(Int.init) ?? 0
    guard library.frameworks.indices.contains(number) else { return nil }
    let framework = library.frameworks[number]
    let section = request.query("section").flatMap(Int.init)
    if let section, !framework.nodes.indices.contains(section) { return nil }
    (self.library, self.framework, frameworkNumber, self.section) = (library, framework, number, section)
    query = request.query("q") ?? ""
    let asked = request.query("lang")
    let preferred = asked ?? request.language.rawValue
    language = library.languages.contains(preferred) ? preferred : nil
    listing = Listing(request)
    let parents = framework.parents
    let found =
      query.isEmpty
      ? framework.nodes.indices.filter { parents[$0] == section }
      : RequirementView.search(framework, query, language)
    total = found.count
    listed = Array(found.dropFirst(listing.offset).prefix(listing.size))
    let counts = framework.answerableBelow(parents)
    below = Dictionary(uniqueKeysWithValues: listed.map { ($0, counts[$0]) })
    var way: [Int] = []
    var at = section
    while let here = at {
      way.insert(here, at: 0)
      at = parents[here]
    }
    self.way = way
  }

  /// In which the requirements are shown.
  var shownLanguage: String { language ?? library.locale }

  private static func search(_ framework: Framework, _ query: String, _ language: String?) -> [Int] {
    let fits = RequirementSearch(query, language)
    return framework.nodes.indices.filter { fits(framework.nodes[$0]) }
  }
}

extension Framework {
  /// By place, the place of the parent.
  var parents: [Int?] {
    var places: [String: Int] = [:]
    places.reserveCapacity(nodes.count)
    for (place, node) in nodes.enumerated() { places[URN.folded(node.urn)] = place }
    return nodes.map { $0.parent.flatMap { places[URN.folded($0)] } }
  }

  /// By place, how many requirements to be answered stand below it, at any depth.
  func answerableBelow(_ parents: [Int?]) -> [Int] {
    var counts = [Int](repeating: 0, count: nodes.count)
    // The deepest first, so that what is added to a parent is complete.
    var levels: [[Int]] = []
    for (place, node) in nodes.enumerated() {
      while levels.count <= node.depth { levels.append([]) }
      levels[node.depth].append(place)
    }
    for place in levels.reversed().joined() {
      guard let parent = parents[place] else { continue }
      counts[parent] += counts[place] + (nodes[place].isAssessable ? 1 : 0)
    }
    return counts
  }
}
