extension Reading {
  private static let controlKeys: [StaticString] = [
    "urn", "ref_id", "name", "description", "category", "csf_function", "annotation", "typical_evidence",
    "translations",
  ]
  private static let categories: Set = ["technical", "process", "policy", "procedure", "physical"]
  private static let functions: Set = ["protect", "detect", "govern", "identify", "respond", "recover"]

  func referenceControl(_ map: Value) -> ReferenceControl? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    expect(Reading.controlKeys, in: map)
    let (category, function) = (text(map, at: "category"), text(map, at: "csf_function"))
    if let category, !Reading.categories.contains(category) {
      remarks.add(.unknownValue, "category: \(category)", line: map.line)
    }
    if let function, !Reading.functions.contains(function) {
      remarks.add(.unknownValue, "csf_function: \(function)", line: map.line)
    }
    return ReferenceControl(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"),
      description: text(map, at: "description"), category: category, function: function,
      annotation: text(map, at: "annotation"), typicalEvidence: lines(map["typical_evidence"]),
      translations: translations(map))
  }

  /// A list of lines is what controls have; text is taken too.
  private func lines(_ value: Value?) -> String? {
    guard let value, value.isList else { return text(value, "typical_evidence") }
    return value.items.compactMap { text($0, "typical_evidence") }.joined(separator: "\n")
  }

  private func missing<T>(_ key: String, _ map: Value) -> T? {
    remarks.add(.missingKey, key, line: map.line)
    return nil
  }

  func threat(_ map: Value) -> Threat? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return Threat(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"),
      description: text(map, at: "description"), annotation: text(map, at: "annotation"),
      translations: translations(map))
  }

  func matrix(_ map: Value) -> RiskMatrix? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    let (probability, impact, risk) = (
      list(map, at: "probability").map(level), list(map, at: "impact").map(level),
      list(map, at: "risk").map(level)
    )
    let grid = list(map, at: "grid").map { row in row.items.map { Int($0.raw) ?? -1 } }
    let isSquare = grid.count == probability.count && grid.allSatisfy { $0.count == impact.count }
    if !isSquare || grid.contains(where: { $0.contains { !risk.indices.contains($0) } }) {
      remarks.add(.matrixGrid, urn, line: map["grid"]?.line ?? map.line)
    }
    return RiskMatrix(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name") ?? urn,
      description: text(map, at: "description"), probability: probability, impact: impact, risk: risk,
      grid: grid, translations: translations(map))
  }

  private func level(_ map: Value) -> RiskMatrix.Level {
    RiskMatrix.Level(
      id: int(map, at: "id"), abbreviation: text(map, at: "abbreviation"), name: text(map, at: "name") ?? "",
      description: text(map, at: "description"), color: text(map, at: "hexcolor"),
      translations: translations(map))
  }

  func mappingSet(_ map: Value) -> MappingSet? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return MappingSet(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"),
      description: text(map, at: "description"), sourceFramework: text(map, at: "source_framework_urn"),
      targetFramework: text(map, at: "target_framework_urn"),
      mappings: list(map, at: "requirement_mappings").compactMap(mapping), translations: translations(map))
  }

  private func mapping(_ map: Value) -> MappingSet.Mapping? {
    guard let source = text(map, at: "source_requirement_urn"),
      let target = text(map, at: "target_requirement_urn")
    else { return missing("source_requirement_urn", map) }
    let name = text(map, at: "relationship") ?? ""
    let relationship = MappingSet.Mapping.Relationship(rawValue: name)
    if relationship == nil { remarks.add(.unknownValue, "relationship: \(name)", line: map.line) }
    return MappingSet.Mapping(
      source: source, target: target, relationship: relationship ?? .intersect,
      rationale: text(map, at: "rationale"), strength: int(map, at: "strength_of_relationship"),
      annotation: text(map, at: "annotation"))
  }

  func metric(_ map: Value) -> MetricDefinition? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return MetricDefinition(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"),
      description: text(map, at: "description"), category: text(map, at: "category"),
      unit: text(map, at: "unit"), defaultTarget: map["default_target"].flatMap { Double($0.raw) },
      isHigherBetter: bool(map, at: "higher_is_better", otherwise: true),
      choices: list(map, at: "choices_definition").compactMap { $0.isMap ? text($0, at: "name") : text($0) })
  }

  func technique(_ map: Value) -> Technique? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return Technique(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"),
      description: text(map, at: "description"), catalog: text(map, at: "catalog_urn"),
      parent: text(map, at: "parent_urn"), tactics: texts(map, at: "tactics"),
      groups: texts(map, at: "groups"), referenceControls: texts(map, at: "reference_controls"))
  }

  func tactic(_ map: Value) -> Tactic? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return Tactic(urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name"))
  }

  func catalog(_ map: Value) -> TechniqueCatalog? {
    guard let urn = urn(map, at: "urn") else { return missing("urn", map) }
    return TechniqueCatalog(urn: urn, name: text(map, at: "name"))
  }

  func preset(_ map: Value) -> Preset? {
    var objects: [String: Int] = [:]
    for object in list(map, at: "scaffolded_objects") {
      objects[text(object, at: "type") ?? "", default: 0] += 1
    }
    let flags = map["feature_flags"]?.pairs ?? []
    let profile = map["profile"]?.pairs ?? []
    return Preset(
      urn: urn(map, at: "urn"), name: text(map, at: "name"), description: text(map, at: "description"),
      profile: Dictionary(
        profile.map { ($0.key.raw, text($0.value) ?? "") }, uniquingKeysWith: { _, last in last }),
      features: Dictionary(
        flags.map { ($0.key.raw, Reading.sort($0.value) == .yes) }, uniquingKeysWith: { _, last in last }),
      objects: objects,
      steps: (map["journey"].map { list($0, at: "steps") } ?? []).compactMap {
        text($0, at: "title") ?? text($0, at: "name") ?? text($0, at: "key")
      })
  }
}
