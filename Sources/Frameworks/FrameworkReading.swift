extension Reading {
  private static let frameworkKeys: [StaticString] = [
    "urn", "ref_id", "name", "description", "requirement_nodes", "implementation_groups_definition",
    "min_score",
    "max_score", "scores_definition", "translations", "field_visibility", "outcomes_definition", "annotation",
    "typical_evidence",
  ]
  private static let nodeKeys: [StaticString] = [
    "urn", "assessable", "depth", "parent_urn", "ref_id", "description", "name", "implementation_groups",
    "annotation", "translations", "typical_evidence", "questions", "reference_controls", "threats", "weight",
    "display_mode", "importance", "min_score", "max_score", "scores_definition_ref",
  ]
  private static let questionKeys: [StaticString] = [
    "urn", "type", "text", "choices", "depends_on", "translations", "weight", "ref_id", "annotation",
    "config",
  ]
  private static let choiceKeys: [StaticString] = [
    "urn", "value", "color", "add_score", "compute_result", "select_implementation_groups", "description",
    "translations", "ref_id", "annotation",
  ]

  func framework(_ map: Value) -> Framework? {
    guard let urn = urn(map, at: "urn") else {
      remarks.add(.missingKey, "urn", line: map.line)
      return nil
    }
    expect(Reading.frameworkKeys, in: map)
    let scores = scores(map)
    let (low, high) = (int(map, at: "min_score"), int(map, at: "max_score"))
    if !scores.isEmpty, low == nil || high == nil {
      remarks.add(.scoresWithoutBounds, urn, line: map.line)
    }
    let range = (low ?? 0)...max(low ?? 0, high ?? 100)
    for level in scores where !range.contains(level.score) {
      remarks.add(.scoreOutOfRange, "\(level.score)", line: map.line)
    }
    return Framework(
      urn: urn, refID: text(map, at: "ref_id"), name: text(map, at: "name") ?? urn,
      description: text(map, at: "description"), minScore: low, maxScore: high, scores: scores,
      groups: list(map, at: "implementation_groups_definition").compactMap(group),
      translations: translations(map), nodes: list(map, at: "requirement_nodes").compactMap(node))
  }

  private func group(_ map: Value) -> ImplementationGroup? {
    guard let refID = text(map, at: "ref_id") else {
      remarks.add(.missingKey, "ref_id", line: map.line)
      return nil
    }
    return ImplementationGroup(
      refID: refID, name: text(map, at: "name") ?? refID, description: text(map, at: "description"),
      isDefault: bool(map, at: "default_selected"), translations: translations(map))
  }

  /// A list of levels, or a map with levels under `scale`.
  private func scores(_ map: Value) -> [ScoreLevel] {
    guard let value = map["scores_definition"] else { return [] }
    let levels = value.isMap ? list(value, at: "scale") : value.items
    return levels.compactMap { level in
      guard let score = int(level, at: "score") else {
        remarks.add(.missingKey, "score", line: level.line)
        return nil
      }
      return ScoreLevel(
        score: score, name: text(level, at: "name"), description: text(level, at: "description"),
        documentation: text(level, at: "description_doc"), translations: translations(level))
    }
  }

  private func node(_ map: Value) -> RequirementNode? {
    guard let urn = urn(map, at: "urn") else {
      remarks.add(.missingKey, "urn", line: map.line)
      return nil
    }
    expect(Reading.nodeKeys, in: map)
    if URN.type(urn) != "req_node" { remarks.add(.urnType, urn, line: map.line) }
    if map["depth"] == nil { remarks.add(.noDepth, urn, line: map.line) }
    if map["assessable"] == nil { remarks.add(.missingKey, "assessable", line: map.line) }
    let (name, description) = (text(map, at: "name"), text(map, at: "description"))
    if name == nil && description == nil { remarks.add(.nodeWithoutText, urn, line: map.line) }
    return RequirementNode(
      urn: urn, parent: text(map, at: "parent_urn"), refID: text(map, at: "ref_id"), name: name,
      description: description, annotation: text(map, at: "annotation"),
      typicalEvidence: text(map, at: "typical_evidence"), isAssessable: bool(map, at: "assessable"),
      depth: int(map, at: "depth") ?? 0, groups: texts(map, at: "implementation_groups"),
      referenceControls: texts(map, at: "reference_controls"), threats: texts(map, at: "threats"),
      questions: questions(map), weight: int(map, at: "weight"), importance: text(map, at: "importance"),
      displayMode: text(map, at: "display_mode"), translations: translations(map), line: map.line)
  }

  /// A map by URN; a list of questions that name theirs is taken too.
  private func questions(_ map: Value) -> [Question] {
    guard let value = map["questions"] else { return [] }
    let named = value.isMap ? value.pairs.map { ($0.key.raw, $0.value) } : value.items.map { ("", $0) }
    return named.compactMap { key, body in
      guard body.isMap else {
        remarks.add(.wrongType, "questions", line: value.line)
        return nil
      }
      let urn = key.isEmpty ? text(body, at: "urn") ?? "" : key
      expect(Reading.questionKeys, in: body)
      let type = text(body, at: "type") ?? ""
      let kind = Question.Kind(rawValue: type)
      if kind == nil { remarks.add(.unknownValue, "type: \(type)", line: body.line) }
      return Question(
        urn: urn, kind: kind ?? .other, text: text(body, at: "text") ?? "",
        choices: list(body, at: "choices").map(choice), dependsOn: dependence(body),
        weight: int(body, at: "weight"), translations: translations(body))
    }
  }

  private func choice(_ map: Value) -> Question.Choice {
    expect(Reading.choiceKeys, in: map)
    return Question.Choice(
      urn: text(map, at: "urn") ?? "", value: text(map, at: "value") ?? "",
      description: text(map, at: "description"), color: text(map, at: "color"),
      addScore: int(map, at: "add_score"), result: result(map),
      selectGroups: texts(map, at: "select_implementation_groups"), translations: translations(map))
  }

  /// Older libraries say yes or no.
  private func result(_ map: Value) -> Question.ComputedResult? {
    guard let value = map["compute_result"], !isNull(value) else { return nil }
    switch Reading.sort(value) {
    case .yes, .no:
      remarks.add(.oldComputeResult, value.raw, line: value.line)
      return Reading.sort(value) == .yes ? .compliant : .nonCompliant
    default:
      if value.isQuoted, ["true", "false"].contains(value.raw.lowercased()) {
        remarks.add(.oldComputeResult, value.raw, line: value.line)
        return value.raw.lowercased() == "true" ? .compliant : .nonCompliant
      }
      let result = Question.ComputedResult(rawValue: value.raw)
      if result == nil { remarks.add(.unknownValue, "compute_result: \(value.raw)", line: value.line) }
      return result
    }
  }

  private func dependence(_ map: Value) -> Question.Dependence? {
    guard let value = map["depends_on"], value.isMap, let question = text(value, at: "question") else {
      return nil
    }
    let condition = text(value, at: "condition") ?? "any"
    if condition != "any" && condition != "all" {
      remarks.add(.unknownValue, "condition: \(condition)", line: value.line)
    }
    return Question.Dependence(
      question: question, answers: texts(value, at: "answers"), needsAll: condition == "all")
  }
}
