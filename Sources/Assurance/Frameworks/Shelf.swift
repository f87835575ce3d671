import Frameworks
import Kernel
import Storage
import Web

/// A library as it stands on the shelf of a facility or of the whole installation.
struct ShelvedLibrary: Sendable {
  let id: ID<ShelvedLibrary>
  /// Taken in for all facilities of the installation.
  let isShared: Bool
  let urn: String
  let locale: String
  let version: Int
  let sha256: String
  let facts: Facts
  let takenAt: Instant
  let takenBy: String

  /// What lists and heads of pages show; stored as JSON.
  struct Facts: Sendable, Codable, Equatable {
    var name: String
    var provider: String?
    var copyright: String?
    var published: String?
    var counts: LibraryCounts
    var languages: [String]
    /// Its name by language, beside its own; nil for none.
    var names: [String: String]?
    var dependencies: [String]
    /// Folded URNs of its frameworks, mapping sets, matrices and the like.
    var objects: [String]
    /// How often each irregularity was found, by ``Remark/Kind``.
    var warnings: [String: Int]
    var unresolvedMappings: Int
    /// The libraries it names that are not there; nil for none.
    var missing: [String]?
    /// By which OSCAL profiles find it: the name of its file without the ending. Nil for everything else.
    var source: String?
  }

  /// Its name for someone who reads `language`.
  func name(in language: Language) -> String { facts.names?[language.rawValue] ?? facts.name }
  /// The language of ``name(in:)``.
  func locale(in language: Language) -> String {
    facts.names?[language.rawValue] == nil ? locale : language.rawValue
  }

  var identity: Library.Identity { Library.Identity(urn: urn, locale: locale) }
}

/// What is known before a file is taken in: versions by identity, and which library each object belongs to.
struct Shelf: Sendable {
  private var versions: [Library.Identity: [Int: String]] = [:]
  private var owners: [String: String] = [:]

  init(_ libraries: [ShelvedLibrary] = []) {
    for one in libraries {
      versions[one.identity, default: [:]][one.version] = one.sha256
      for object in one.facts.objects { owners[object] = one.identity.urn }
    }
  }

  /// What taking a file in means.
  enum Verdict: Sendable, Equatable {
    case new
    /// The same bytes are there.
    case same
    case update(from: Int)
    /// A newer version is there; this one is kept beside it.
    case older(than: Int)
  }

  /// - Throws: `FrameworkProblem.sameVersion`, `.foreignIdentity`.
  func verdict(on file: LibraryFile) throws(FrameworkProblem) -> Verdict {
    let library = file.library
    for framework in library.frameworks {
      if let owner = owners[URN.folded(framework.urn)], owner != library.identity.urn {
        throw .foreignIdentity(file: file.name, urn: framework.urn, library: owner)
      }
    }
    guard let known = versions[library.identity], let newest = known.keys.max() else { return .new }
    if let there = known[library.version] {
      guard there == file.sha256 else { throw .sameVersion(file: file.name, version: library.version) }
      return .same
    }
    return newest < library.version ? .update(from: newest) : .older(than: newest)
  }

  /// Mapping sets and the like that another library has too: nothing is answered by them, so both may stay.
  func shared(_ library: Library) -> [String] {
    library.otherURNs.filter { urn in
      owners[URN.folded(urn)].map { $0 != library.identity.urn } ?? false
    }
  }

  mutating func add(_ file: LibraryFile) {
    versions[file.library.identity, default: [:]][file.library.version] = file.sha256
    for object in file.library.objectURNs { owners[URN.folded(object)] = file.library.identity.urn }
  }

  func knows(_ urn: String) -> Bool { versions.keys.contains { $0.urn == urn } }
}

/// Mappings and dependencies that wait for the other files of the same run.
struct Resolution: Sendable {
  private struct Pair: Sendable {
    let file: Int
    let source: String
    let target: String
  }

  private var nodes: Set<String> = []
  private var pairs: [Pair] = []
  private(set) var frameworks: Set<String> = []
  private var libraries: Set<String> = []
  private var dependencies: [(file: Int, urn: String)] = []

  mutating func add(_ library: Library, number: Int) {
    libraries.insert(library.identity.urn)
    for framework in library.frameworks { add(framework) }
    for set in library.mappingSets {
      for one in set.mappings {
        pairs.append(Pair(file: number, source: URN.folded(one.source), target: URN.folded(one.target)))
      }
    }
    dependencies += library.dependencies.map { (number, URN.folded($0)) }
  }

  /// Nodes of a framework that was there before.
  mutating func add(_ framework: Framework) {
    frameworks.insert(URN.folded(framework.urn))
    for node in framework.nodes { nodes.insert(URN.folded(node.urn)) }
  }

  /// By file, how many mappings point to a node that is nowhere.
  var unresolved: [Int: Int] {
    pairs.reduce(into: [:]) { counts, pair in
      if !nodes.contains(pair.source) || !nodes.contains(pair.target) { counts[pair.file, default: 0] += 1 }
    }
  }

  /// The libraries that files name and that are neither among them nor on the shelf.
  func missing(besides shelf: Shelf) -> [(file: Int, urn: String)] {
    dependencies.filter { !libraries.contains($0.urn) && !shelf.knows($0.urn) }
  }

  var hasMappings: Bool { !pairs.isEmpty }
}
