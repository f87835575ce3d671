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

  /// - Throws: `FrameworkProblem.needsSource` when a document is not here, `.cyclicImports`.
  func catalog(_ profile: OSCAL.Profile, way: [String] = []) throws(FrameworkProblem) -> OSCAL.Catalog {
    var pieces: [OSCAL.Catalog] = []
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
      let chosen = selection(of: one.include, except: one.exclude, from: catalog.all)
      pieces.append(OSCALResolution.pruned(catalog, to: chosen))
    }
    var merged = merge(pieces, profile)
    modify(&merged, profile)
    return merged
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
    if let text = resource.embedded, let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters),
      let document = try document([UInt8](data))
    {
      return (id, document)
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
  ) -> Set<String> {
    let byID = Dictionary(controls.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let ids = controls.map(\.id)
    var chosen = include.map { named(by: $0, ids, byID) } ?? Set(ids)
    chosen.subtract(named(by: exclude, ids, byID))
    return chosen
  }

  private func named(by choices: [OSCAL.Choice], _ ids: [String], _ byID: [String: OSCAL.Control]) -> Set<
    String
  > {
    var found: Set<String> = []
    for choice in choices {
      var here: [String] = []
      for (id, line) in choice.ids {
        if byID[id] == nil { reading.remarks.add(.unknownControlID, id, line: line) } else { here.append(id) }
      }
      for (pattern, line) in choice.patterns {
        let fitting = ids.filter { OSCAL.matches($0, pattern) }
        if fitting.isEmpty { reading.remarks.add(.patternWithoutControl, pattern, line: line) }
        here += fitting
      }
      found.formUnion(here)
      if choice.withChildren {
        for id in here { found.formUnion(byID[id]?.all.map(\.id) ?? []) }
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

  private static func pruned(_ catalog: OSCAL.Catalog, to chosen: Set<String>) -> OSCAL.Catalog {
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

  private func merge(_ pieces: [OSCAL.Catalog], _ profile: OSCAL.Profile) -> OSCAL.Catalog {
    var result = OSCAL.Catalog(head: profile.head)
    for piece in pieces {
      result.head.resources.merge(piece.head.resources) { mine, _ in mine }
      // Parameters of groups are kept: their texts may be inserted, and a flat list has no groups.
      result.parameters += piece.parameters + piece.groups.flatMap(OSCALResolution.parameters)
    }
    // One control chosen twice is one requirement: the first holds.
    var seen: Set<String> = []
    let unique = pieces.map { piece -> OSCAL.Catalog in
      var again: Set<String> = []
      for control in piece.all where !seen.insert(control.id).inserted {
        again.insert(control.id)
        reading.remarks.add(.repeatedControl, control.id, line: control.line)
      }
      guard !again.isEmpty else { return piece }
      return OSCALResolution.pruned(piece, to: Set(piece.all.map(\.id)).subtracting(again))
    }
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
      result.groups = groups.map { made($0, all) }
      result.controls = loose.flatMap { inserted($0, all) }
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

  private func made(_ group: OSCAL.CustomGroup, _ all: [OSCAL.Control]) -> OSCAL.Group {
    OSCAL.Group(
      id: group.id, title: group.title, parameters: [], properties: [], parts: [],
      groups: group.groups.map { made($0, all) }, controls: group.insertions.flatMap { inserted($0, all) },
      line: group.line)
  }

  private func inserted(_ insertion: OSCAL.Insertion, _ all: [OSCAL.Control]) -> [OSCAL.Control] {
    let chosen = selection(of: insertion.include, except: insertion.exclude, from: all.flatMap(\.all))
    let found = OSCALResolution.kept(all, chosen)
    switch insertion.order {
    case .keep: return found
    case .ascending: return found.sorted { $0.id < $1.id }
    case .descending: return found.sorted { $0.id > $1.id }
    }
  }

  // MARK: Altering

  private func modify(_ catalog: inout OSCAL.Catalog, _ profile: OSCAL.Profile) {
    for (setting, line) in profile.settings {
      var isFound = false
      OSCALResolution.change(&catalog, parameter: setting, &isFound)
      if !isFound { reading.remarks.add(.unknownParameter, setting.id, line: line) }
    }
    guard !profile.alters.isEmpty else { return }
    let alters = Dictionary(grouping: profile.alters, by: \.control)
    var done: Set<String> = []
    func altered(_ controls: [OSCAL.Control]) -> [OSCAL.Control] {
      controls.map { control in
        var one = control
        one.controls = altered(control.controls)
        for alter in alters[control.id] ?? [] {
          done.insert(control.id)
          for removal in alter.removals { remove(removal, from: &one) }
          for addition in alter.additions { add(addition, to: &one) }
        }
        return one
      }
    }
    func altered(_ groups: [OSCAL.Group]) -> [OSCAL.Group] {
      groups.map { group in
        var one = group
        one.groups = altered(group.groups)
        one.controls = altered(group.controls)
        return one
      }
    }
    catalog.controls = altered(catalog.controls)
    catalog.groups = altered(catalog.groups)
    for alter in profile.alters where !done.contains(alter.control) {
      reading.remarks.add(.unknownControlID, alter.control, line: alter.line)
    }
  }
}

extension OSCAL.Parameter {
  /// What a profile sets stands in the place of what the catalog says; a value needs no choice any more.
  fileprivate mutating func take(_ setting: OSCAL.Parameter) {
    if let label = setting.label { self.label = label }
    if !setting.choices.isEmpty { (choices, values) = (setting.choices, []) }
    if !setting.values.isEmpty { values = setting.values }
    if !setting.guidelines.isEmpty { guidelines = setting.guidelines }
    properties += setting.properties
  }
}

extension OSCALResolution {
  fileprivate static func change(
    _ catalog: inout OSCAL.Catalog, parameter setting: OSCAL.Parameter, _ isFound: inout Bool
  ) {
    func take(_ parameters: inout [OSCAL.Parameter]) {
      for place in parameters.indices where parameters[place].id == setting.id {
        parameters[place].take(setting)
        isFound = true
      }
    }
    func take(_ controls: inout [OSCAL.Control]) {
      for place in controls.indices {
        take(&controls[place].parameters)
        take(&controls[place].controls)
      }
    }
    func take(_ groups: inout [OSCAL.Group]) {
      for place in groups.indices {
        take(&groups[place].parameters)
        take(&groups[place].controls)
        take(&groups[place].groups)
      }
    }
    take(&catalog.parameters)
    take(&catalog.controls)
    take(&catalog.groups)
  }

  fileprivate func remove(_ removal: OSCAL.Removal, from control: inout OSCAL.Control) {
    var count = 0
    func fits(_ item: String, name: String?, kind: String?, id: String?, namespace: String?) -> Bool {
      guard removal.item == nil || removal.item == item else { return false }
      guard
        removal.name != nil || removal.kind != nil || removal.id != nil || removal.item != nil
          || removal.namespace != nil
      else { return false }
      let isIt =
        (removal.name == nil || removal.name == name) && (removal.kind == nil || removal.kind == kind)
        && (removal.id == nil || removal.id == id)
        && (removal.namespace == nil || removal.namespace == namespace)
      if isIt { count += 1 }
      return isIt
    }
    func clean(_ parts: inout [OSCAL.Part]) {
      parts.removeAll { fits("part", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace) }
      for place in parts.indices {
        parts[place].properties.removeAll {
          fits("prop", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace)
        }
        parts[place].links.removeAll { fits("link", name: $0.relation, kind: nil, id: nil, namespace: nil) }
        clean(&parts[place].parts)
      }
    }
    control.parameters.removeAll { fits("param", name: nil, kind: $0.kind, id: $0.id, namespace: nil) }
    control.properties.removeAll {
      fits("prop", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace)
    }
    control.links.removeAll { fits("link", name: $0.relation, kind: nil, id: nil, namespace: nil) }
    clean(&control.parts)
    if count == 0 {
      let named = [removal.name, removal.kind, removal.id, removal.item].compactMap { $0 }
      reading.remarks.add(
        .alterWithoutTarget, "\(control.id) \(named.joined(separator: " "))", line: removal.line)
    }
  }

  fileprivate func add(_ addition: OSCAL.Addition, to control: inout OSCAL.Control) {
    guard let target = addition.target, target != control.id else {
      if let title = addition.title { control.title = title }
      control.parameters += addition.parameters
      control.properties += addition.properties
      control.links += addition.links
      let isFirst = addition.position == .starting || addition.position == .before
      control.parts = isFirst ? addition.parts + control.parts : control.parts + addition.parts
      return
    }
    guard OSCALResolution.place(addition, at: target, in: &control.parts) else {
      reading.remarks.add(.alterWithoutTarget, "\(control.id) \(target)", line: addition.line)
      return
    }
    control.parameters += addition.parameters
  }

  /// False when no part has this id.
  private static func place(_ addition: OSCAL.Addition, at target: String, in parts: inout [OSCAL.Part])
    -> Bool
  {
    guard let place = parts.firstIndex(where: { $0.id == target }) else {
      for number in parts.indices where self.place(addition, at: target, in: &parts[number].parts) {
        return true
      }
      return false
    }
    switch addition.position {
    case .before: parts.insert(contentsOf: addition.parts, at: place)
    case .after: parts.insert(contentsOf: addition.parts, at: place + 1)
    case .starting, .ending:
      if let title = addition.title { parts[place].title = title }
      parts[place].properties += addition.properties
      parts[place].links += addition.links
      parts[place].parts =
        addition.position == .starting
        ? addition.parts + parts[place].parts : parts[place].parts + addition.parts
    }
    return true
  }
}
