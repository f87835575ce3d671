extension Reading {
  /// Looks at what belongs together inside one library, and works out depths that are missing or wrong.
  ///
  /// - Throws: `FrameworkProblem.duplicateURN`, `.cyclicParents`: answers could not be told apart, or no tree be drawn.
  func check(_ library: inout Library, _ file: String) throws(FrameworkProblem) {
    try checkNames(of: library, file)
    var seen: Set<String> = []
    let known = KnownReferences(library)
    for number in library.frameworks.indices {
      try checkNodes(&library.frameworks[number].nodes, &seen, file)
      checkReferences(of: library.frameworks[number], known)
      checkQuestions(of: library.frameworks[number])
    }
    for set in library.mappingSets { checkRepeats(in: set) }
    try checkObjects(of: library, file)
  }

  /// A database may cut a name at a control character, and two names would be one.
  private func checkNames(of library: Library, _ file: String) throws(FrameworkProblem) {
    let nodes = library.frameworks.flatMap { $0.nodes.map(\.urn) }
    for name in [library.urn, library.locale] + library.objectURNs + nodes
    where name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw .controlCharacter(file: file, name: name)
    }
  }

  private func checkNodes(_ nodes: inout [RequirementNode], _ seen: inout Set<String>, _ file: String)
    throws(FrameworkProblem)
  {
    var places: [String: Int] = [:]
    places.reserveCapacity(nodes.count)
    var labels: Set<String> = []
    for (place, node) in nodes.enumerated() {
      let urn = URN.folded(node.urn)
      guard seen.insert(urn).inserted else {
        throw .duplicateURN(file: file, urn: node.urn, line: node.line)
      }
      places[urn] = place
      if let label = node.refID, !labels.insert(label).inserted {
        remarks.add(.repeatedRefID, "\(label) (\(node.urn))", line: node.line)
      }
    }
    let parents = nodes.enumerated().map { place, node -> Int? in
      guard let parent = node.parent else { return nil }
      guard let found = places[URN.folded(parent)] else {
        remarks.add(.unknownParent, parent, line: node.line)
        return nil
      }
      if found > place { remarks.add(.parentAfterChild, node.urn, line: node.line) }
      return found
    }
    try workOutDepths(&nodes, parents, file)
  }

  private func workOutDepths(_ nodes: inout [RequirementNode], _ parents: [Int?], _ file: String)
    throws(FrameworkProblem)
  {
    var depths = [Int](repeating: 0, count: nodes.count)
    for place in nodes.indices {
      var way: [Int] = []
      var at: Int? = place
      while let here = at, depths[here] == 0 {
        guard way.count <= nodes.count else {
          throw .cyclicParents(file: file, urn: nodes[place].urn)
        }
        way.append(here)
        at = parents[here]
      }
      var depth = at.map { depths[$0] } ?? 0
      for here in way.reversed() {
        depth += 1
        guard depth <= LibraryLimits.standard.depth else {
          throw .tooDeep(file: file, line: nodes[here].line, limit: LibraryLimits.standard.depth)
        }
        depths[here] = depth
      }
    }
    for place in nodes.indices where nodes[place].depth != depths[place] {
      if nodes[place].depth != 0 {
        remarks.add(.wrongDepth, nodes[place].urn, line: nodes[place].line)
      }
      nodes[place].depth = depths[place]
    }
  }

  private func checkReferences(of framework: Framework, _ known: KnownReferences) {
    let groups = Set(framework.groups.map(\.refID))
    for node in framework.nodes {
      for group in node.groups where !groups.contains(group) {
        remarks.add(.undefinedGroup, "\(group) (\(node.urn))", line: node.line)
      }
      for urn in node.referenceControls where !known.controls.contains(urn) {
        if known.foldedControls.contains(URN.folded(urn)) {
          remarks.add(.controlByCase, urn, line: node.line)
        } else if known.controlStem == URN.stem(urn) {
          remarks.add(.unknownControl, urn, line: node.line)
        }
      }
      for urn in node.threats
      where !known.threats.contains(URN.folded(urn)) && known.threatStems.contains(URN.stem(urn)) {
        remarks.add(.unknownThreat, urn, line: node.line)
      }
    }
  }

  private func checkQuestions(of framework: Framework) {
    let groups = Set(framework.groups.map(\.refID))
    for node in framework.nodes where !node.questions.isEmpty {
      var known: [String: Set<String>] = [:]
      for question in node.questions {
        let choices = Set(question.choices.map { URN.folded($0.urn) })
        if known.updateValue(choices, forKey: URN.folded(question.urn)) != nil
          || choices.count < question.choices.count
        {
          remarks.add(.repeatedQuestion, question.urn, line: node.line)
        }
        for group in question.choices.flatMap(\.selectGroups) where !groups.contains(group) {
          remarks.add(.undefinedGroup, "\(group) (\(question.urn))", line: node.line)
        }
      }
      for question in node.questions {
        guard let other = question.dependsOn else { continue }
        let choices = known[URN.folded(other.question)]
        if choices == nil || !other.answers.allSatisfy({ choices?.contains(URN.folded($0)) == true }) {
          remarks.add(.unknownQuestion, other.question, line: node.line)
        }
      }
    }
  }

  private func checkRepeats(in set: MappingSet) {
    struct Pair: Hashable {
      let source: String
      let target: String
    }
    var seen: Set<Pair> = []
    seen.reserveCapacity(set.mappings.count)
    for one in set.mappings
    where !seen.insert(Pair(source: URN.folded(one.source), target: URN.folded(one.target))).inserted {
      remarks.add(.repeatedMapping, "\(one.source) → \(one.target)", line: 0)
    }
  }

  /// Frameworks must differ; of other things twice the first holds.
  private func checkObjects(of library: Library, _ file: String) throws(FrameworkProblem) {
    var seen: Set<String> = []
    for framework in library.frameworks where !seen.insert(URN.folded(framework.urn)).inserted {
      throw .duplicateURN(file: file, urn: framework.urn, line: 0)
    }
    for urn in library.otherURNs + library.referenceControls.map(\.urn) + library.threats.map(\.urn)
    where !seen.insert(URN.folded(urn)).inserted {
      remarks.add(.repeatedURN, urn, line: 0)
    }
  }
}

/// The controls and threats of a library. References to those of other libraries are looked up when the libraries come together.
private struct KnownReferences {
  let controls: Set<String>
  let foldedControls: Set<String>
  let controlStem: String?
  let threats: Set<String>
  let threatStems: Set<String>

  init(_ library: Library) {
    controls = Set(library.referenceControls.map(\.urn))
    foldedControls = Set(controls.map(URN.folded))
    controlStem = library.referenceControls.first.map { URN.stem($0.urn) }
    threats = Set(library.threats.map { URN.folded($0.urn) })
    threatStems = Set(library.threats.map { URN.stem($0.urn) })
  }
}

extension URN {
  /// All but the last part: what the entries of one catalogue share.
  static func stem(_ urn: String) -> String {
    let folded = folded(urn)
    guard let end = folded.utf8.lastIndex(of: 0x3A) else { return folded }
    return String(folded[..<end])
  }
}

extension Library {
  /// Mapping sets, matrices and the like, which two libraries may share.
  public var otherURNs: [String] {
    mappingSets.map(\.urn) + matrices.map(\.urn) + metrics.map(\.urn) + catalogs.map(\.urn)
      + presets.compactMap(\.urn).filter { URN.folded($0) != URN.folded(urn) }
  }

  /// What it is known by beside itself.
  public var objectURNs: [String] { frameworks.map(\.urn) + otherURNs }
}
