import Foundation
import Kernel

/// Turns a profile into the catalog that it describes: chosen controls, put together and altered.
///
/// Nothing is fetched: what a profile rests on is in its own back-matter, or among the documents that came with it.
struct OSCALResolution {
  let reading: Reading
  let file: String
  /// Documents by the stem of their file's name, in lower case.
  let beside: [String: OSCAL.Document]

  /// A profile may rest on a profile; ten deep is more than anybody has.
  private static let mostSteps = 16
  private static let mostImports = 100

  /// - Throws: `.tooManyValues` when the document asks for more than anybody's does.
  func spend(_ steps: Int, _ line: Int) throws(FrameworkProblem) {
    reading.steps -= steps
    guard !reading.isSpent else {
      throw .tooManyValues(file: file, line: line, limit: LibraryLimits.standard.values)
    }
  }

  /// - Throws: `FrameworkProblem.needsSource` when a document is not here, `.cyclicImports`, `.tooManyValues`, `.tooDeep`.
  func catalog(_ profile: OSCAL.Profile, way: [String] = []) throws(FrameworkProblem) -> OSCAL.Catalog {
    var pieces: [OSCAL.Catalog] = []
    let most = OSCALResolution.mostImports
    guard profile.imports.count <= most else {
      throw .tooManyValues(file: file, line: profile.imports[most].line, limit: most)
    }
    for one in profile.imports {
      let (name, document) = try source(one, profile)
      guard !way.contains(name), way.count < OSCALResolution.mostSteps else {
        throw .cyclicImports(file: file, name: name)
      }
      let catalog: OSCAL.Catalog
      switch document {
      case .catalog(let found): catalog = found
      case .profile(let found): catalog = try self.catalog(found, way: way + [name])
      }
      let all = catalog.all
      try spend(all.count + 1_000, one.line)
      let chosen = try selection(of: one.include, except: one.exclude, from: all)
      pieces.append(OSCALResolution.pruned(catalog, to: chosen))
    }
    var merged = try merge(pieces, profile)
    try modify(&merged, profile)
    return profile.combine == .keep ? OSCALResolution.numbered(merged) : merged
  }

  // MARK: Sources

  /// The name of a document, as the part of its address that is a file: `NIST_SP-800-53_rev5_catalog`.
  static func stem(of href: String) -> String {
    var path = href.prefix { $0 != "?" && $0 != "#" }
    if let slash = path.lastIndex(where: { $0 == "/" || $0 == "\\" }) {
      path = path[path.index(after: slash)...]
    }
    let name = String(path).removingPercentEncoding ?? String(path)
    let ends = [".json", ".yaml", ".yml", ".xml"]
    let lower = name.lowercased()
    for end in ends where lower.hasSuffix(end) { return String(lower.dropLast(end.count)) }
    return lower
  }

  private func source(_ one: OSCAL.Import, _ profile: OSCAL.Profile) throws(FrameworkProblem) -> (
    String, OSCAL.Document
  ) {
    guard one.href.hasPrefix("#") else {
      let stem = OSCALResolution.stem(of: one.href)
      guard let found = beside[stem] else { throw .needsSource(file: file, name: stem) }
      return (stem, found)
    }
    let id = one.href.dropFirst().lowercased()
    guard let resource = profile.head.resources[id] else {
      reading.remarks.add(.missingResource, one.href, line: one.line)
      throw .noResource(file: file, name: one.href, line: one.line)
    }
    if let text = resource.embedded {
      try spend(text.utf8.count / 8, one.line)
      if let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters),
        let document = try document([UInt8](data))
      {
        return (id, document)
      }
    }
    // The form that can be read comes first.
    let links = resource.links.sorted {
      OSCALResolution.rank($0.href, $0.mediaType) < OSCALResolution.rank($1.href, $1.mediaType)
    }
    for link in links {
      let stem = OSCALResolution.stem(of: link.href)
      if let found = beside[stem] { return (stem, found) }
    }
    guard let first = links.first else { throw .noResource(file: file, name: one.href, line: one.line) }
    throw .needsSource(file: file, name: OSCALResolution.stem(of: first.href))
  }

  private static func rank(_ href: String, _ type: String?) -> Int {
    if type?.contains("json") == true || href.lowercased().hasSuffix(".json") { return 0 }
    return type?.contains("yaml") == true ? 1 : 2
  }

  private func document(_ bytes: [UInt8]) throws(FrameworkProblem) -> OSCAL.Document? {
    guard JSONReader.isJSON(bytes) else { return nil }
    let file = file
    let read = Result { try bytes.withUnsafeBufferPointer { try JSONReader.read($0, named: file) } }
    switch read {
    case .success(let found): return try reading.oscal(found.tree, named: file)
    case .failure(let problem): throw problem as? FrameworkProblem ?? .unreadable(file: file)
    }
  }

  // MARK: Choosing

  /// The ids that are chosen. What names nothing is remarked on with its place.
  private func selection(
    of include: [OSCAL.Choice]?, except exclude: [OSCAL.Choice], from controls: [OSCAL.Control]
  ) throws(FrameworkProblem) -> Set<String> {
    let byID = Dictionary(controls.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let ids = controls.map(\.id)
    guard let include else { return Set(ids).subtracting(try named(by: exclude, ids, byID)) }
    return try named(by: include, ids, byID).subtracting(try named(by: exclude, ids, byID))
  }

  private func named(
    by choices: [OSCAL.Choice], _ ids: [String], _ byID: [String: OSCAL.Control]
  ) throws(FrameworkProblem) -> Set<String> {
    var found: Set<String> = []
    for choice in choices {
      var here: [String] = []
      for (id, line) in choice.ids {
        if byID[id] == nil { reading.remarks.add(.unknownControlID, id, line: line) } else { here.append(id) }
      }
      for (pattern, line) in choice.patterns {
        try spend(ids.count * (1 + pattern.utf8.count / 16), line)
        let fitting = ids.filter { OSCAL.matches($0, pattern) }
        if fitting.isEmpty { reading.remarks.add(.patternWithoutControl, pattern, line: line) }
        here += fitting
      }
      found.formUnion(here)
      if choice.withChildren {
        for id in here {
          let below = byID[id]?.all ?? []
          try spend(below.count, choice.ids.first?.line ?? 0)
          found.formUnion(below.map(\.id))
        }
      }
    }
    return found
  }

  /// A control whose parent is not chosen takes its parent's place.
  private static func kept(_ controls: [OSCAL.Control], _ chosen: Set<String>) -> [OSCAL.Control] {
    controls.flatMap { control -> [OSCAL.Control] in
      let below = kept(control.controls, chosen)
      guard chosen.contains(control.id) else { return below }
      var one = control
      one.controls = below
      return [one]
    }
  }

  static func pruned(_ catalog: OSCAL.Catalog, to chosen: Set<String>) -> OSCAL.Catalog {
    func pruned(_ group: OSCAL.Group) -> OSCAL.Group {
      var one = group
      one.groups = group.groups.map(pruned).filter { !$0.isEmpty }
      one.controls = kept(group.controls, chosen)
      return one
    }
    var result = catalog
    result.groups = catalog.groups.map(pruned).filter { !$0.isEmpty }
    result.controls = kept(catalog.controls, chosen)
    return result
  }

  // MARK: Putting together

  private func merge(
    _ pieces: [OSCAL.Catalog], _ profile: OSCAL.Profile
  ) throws(FrameworkProblem) -> OSCAL.Catalog {
    var result = OSCAL.Catalog(head: profile.head)
    for piece in pieces {
      result.head.resources.merge(piece.head.resources) { mine, _ in mine }
      // Parameters of groups are kept: their texts may be inserted, and a flat list has no groups.
      result.parameters += piece.parameters + piece.groups.flatMap(OSCALResolution.parameters)
    }
    let unique = combined(pieces, profile.combine)
    switch profile.structure {
    case .asIs:
      for piece in unique {
        for group in piece.groups { OSCALResolution.add(group, to: &result.groups) }
        result.controls += piece.controls
      }
    case .flat:
      result.controls = unique.flatMap { OSCALResolution.uppermost($0) }
    case .custom(let groups, let loose):
      let all = unique.flatMap { OSCALResolution.uppermost($0) }
      for group in groups { result.groups.append(try made(group, all)) }
      for insertion in loose { result.controls += try inserted(insertion, all, 0) }
    }
    return result
  }

  private static func parameters(_ group: OSCAL.Group) -> [OSCAL.Parameter] {
    group.parameters + group.groups.flatMap(parameters)
  }

  private static func uppermost(_ catalog: OSCAL.Catalog) -> [OSCAL.Control] {
    func of(_ group: OSCAL.Group) -> [OSCAL.Control] { group.groups.flatMap(of) + group.controls }
    return catalog.groups.flatMap(of) + catalog.controls
  }

  /// Groups of the same id become one.
  private static func add(_ group: OSCAL.Group, to groups: inout [OSCAL.Group]) {
    guard let id = group.id, let place = groups.firstIndex(where: { $0.id == id }) else {
      return groups.append(group)
    }
    groups[place].controls += group.controls
    for inner in group.groups { add(inner, to: &groups[place].groups) }
  }

  private func made(
    _ group: OSCAL.CustomGroup, _ all: [OSCAL.Control]
  ) throws(FrameworkProblem) -> OSCAL.Group {
    var result = OSCAL.Group(
      id: group.id, title: group.title, parameters: [], properties: [], parts: [], groups: [], controls: [],
      line: group.line)
    for inner in group.groups { result.groups.append(try made(inner, all)) }
    for insertion in group.insertions { result.controls += try inserted(insertion, all, group.line) }
    return result
  }

  private func inserted(
    _ insertion: OSCAL.Insertion, _ all: [OSCAL.Control], _ line: Int
  ) throws(FrameworkProblem) -> [OSCAL.Control] {
    let flat = all.flatMap(\.all)
    try spend(flat.count + 1_000, line)
    let chosen = try selection(of: insertion.include, except: insertion.exclude, from: flat)
    let found = OSCALResolution.kept(all, chosen)
    switch insertion.order {
    case .keep: return found
    case .ascending: return found.sorted { $0.id < $1.id }
    case .descending: return found.sorted { $0.id > $1.id }
    }
  }
}
