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
    let words = query.split(whereSeparator: \.isWhitespace).map { $0.utf8.map(folded) }
    return framework.nodes.indices.filter { place in
      let node = framework.nodes[place]
      let translated = language.flatMap { node.translations[$0] } ?? [:]
      let texts = [node.refID, node.name, node.description].compactMap { $0 } + translated.values
      return words.allSatisfy { word in texts.contains { holds($0, word) } }
    }
  }

  /// Letters from A to Z count the same in both cases. By bytes: `String.contains` takes half a second for 5,880 requirements.
  private static func holds(_ text: String, _ word: [UInt8]) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count >= word.count else { return false }
      return (0...(bytes.count - word.count)).contains { start in
        for offset in word.indices where folded(bytes[start + offset]) != word[offset] { return false }
        return true
      }
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
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
