/// Words in further languages: language, then field, then text.
public typealias Translations = [String: [String: String]]

/// A library in the format of CISO Assistant: frameworks, mappings and what else one file brings.
public struct Library: Sendable, Equatable {
  public let urn: String
  public let locale: String
  public let refID: String?
  public let name: String
  public let description: String?
  public let copyright: String?
  public let version: Int
  /// `2026-06-29`, as written.
  public let published: String?
  public let provider: String?
  public let packager: String?
  public let dependencies: [String]
  public let labels: [String]
  public let annotation: String?
  public let translations: Translations
  public internal(set) var frameworks: [Framework] = []
  public internal(set) var mappingSets: [MappingSet] = []
  public internal(set) var referenceControls: [ReferenceControl] = []
  public internal(set) var threats: [Threat] = []
  public internal(set) var matrices: [RiskMatrix] = []
  public internal(set) var metrics: [MetricDefinition] = []
  public internal(set) var catalogs: [TechniqueCatalog] = []
  public internal(set) var tactics: [Tactic] = []
  public internal(set) var techniques: [Technique] = []
  public internal(set) var presets: [Preset] = []

  /// What makes two files the same library: the URN folded, and the locale.
  public struct Identity: Sendable, Hashable {
    public let urn: String
    public let locale: String
    public init(urn: String, locale: String) { (self.urn, self.locale) = (URN.folded(urn), locale) }
  }

  public var identity: Identity { Identity(urn: urn, locale: locale) }

  public static func == (one: Library, other: Library) -> Bool {
    one.identity == other.identity && one.version == other.version && one.name == other.name
      && one.description == other.description && one.copyright == other.copyright
      && one.frameworks == other.frameworks && one.mappingSets == other.mappingSets
      && one.referenceControls == other.referenceControls && one.threats == other.threats
      && one.matrices == other.matrices
  }

  /// The languages something of the library is translated into, beside its own.
  public var languages: [String] {
    var found = Set(translations.keys)
    for framework in frameworks {
      found.formUnion(framework.translations.keys)
      for node in framework.nodes where !node.translations.isEmpty { found.formUnion(node.translations.keys) }
    }
    for control in referenceControls { found.formUnion(control.translations.keys) }
    return found.subtracting([locale]).sorted()
  }
}

public struct Framework: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String
  public let description: String?
  public let minScore: Int?
  public let maxScore: Int?
  public let scores: [ScoreLevel]
  public let groups: [ImplementationGroup]
  public let translations: Translations
  /// In the order of the file.
  public internal(set) var nodes: [RequirementNode]

  /// 0 to 100 where a framework says nothing.
  public var scoreRange: ClosedRange<Int> {
    let (low, high) = (minScore ?? 0, maxScore ?? 100)
    return low <= high ? low...high : high...low
  }
}

public struct RequirementNode: Sendable, Equatable {
  public let urn: String
  public let parent: String?
  public let refID: String?
  public let name: String?
  public let description: String?
  public let annotation: String?
  public let typicalEvidence: String?
  public let isAssessable: Bool
  /// From 1; worked out from the parents where the file does not say or says wrong.
  public internal(set) var depth: Int
  public let groups: [String]
  public let referenceControls: [String]
  public let threats: [String]
  public let questions: [Question]
  public let weight: Int?
  public let importance: String?
  public let displayMode: String?
  public let translations: Translations
  /// In the file; 0 when it came from the database.
  public let line: Int

  public static func == (one: RequirementNode, other: RequirementNode) -> Bool {
    one.urn == other.urn && one.parent == other.parent && one.refID == other.refID && one.name == other.name
      && one.description == other.description && one.annotation == other.annotation
      && one.typicalEvidence == other.typicalEvidence && one.isAssessable == other.isAssessable
      && one.depth == other.depth && one.groups == other.groups
      && one.referenceControls == other.referenceControls && one.threats == other.threats
      && one.questions == other.questions && one.weight == other.weight
      && one.importance == other.importance && one.displayMode == other.displayMode
      && one.translations == other.translations
  }

  /// Its number, with whatever words stand in it in `language`.
  public func number(in language: String?) -> String? {
    translations.text("ref_id", in: language) ?? refID
  }

  /// Its words in `language`, else in the library's own.
  public func text(_ field: String, in language: String?) -> String? {
    if let language, let text = translations[language]?[field], !text.isEmpty { return text }
    switch field {
    case "name": return name
    case "description": return description
    case "annotation": return annotation
    case "typical_evidence": return typicalEvidence
    default: return nil
    }
  }
}

public struct Question: Sendable, Equatable {
  /// ``Kind/other`` for what this program does not know; the answer is then text.
  public enum Kind: String, Sendable {
    case uniqueChoice = "unique_choice"
    case multipleChoice = "multiple_choice"
    case text, date, number, boolean, other
  }

  public let urn: String
  public let kind: Kind
  public let text: String
  public let choices: [Choice]
  public let dependsOn: Dependence?
  public let weight: Int?
  public let translations: Translations

  public struct Choice: Sendable, Equatable {
    public let urn: String
    public let value: String
    public let description: String?
    public let color: String?
    public let addScore: Int?
    public let result: ComputedResult?
    public let selectGroups: [String]
    public let translations: Translations
  }

  /// The question is asked only when another has been answered so.
  public struct Dependence: Sendable, Equatable {
    public let question: String
    public let answers: [String]
    /// All of ``answers``; otherwise any of them.
    public let needsAll: Bool
  }

  public enum ComputedResult: String, Sendable {
    case compliant
    case partiallyCompliant = "partially_compliant"
    case nonCompliant = "non_compliant"
    case notApplicable = "not_applicable"
  }
}

public struct ImplementationGroup: Sendable, Equatable {
  public let refID: String
  public let name: String
  public let description: String?
  public let isDefault: Bool
  public let translations: Translations
}

public struct ScoreLevel: Sendable, Equatable {
  public let score: Int
  public let name: String?
  public let description: String?
  /// How the level is to be documented.
  public let documentation: String?
  public let translations: Translations
}

public struct ReferenceControl: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
  public let description: String?
  public let category: String?
  public let function: String?
  public let annotation: String?
  public let typicalEvidence: String?
  public let translations: Translations
}

public struct Threat: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
  public let description: String?
  public let annotation: String?
  public let translations: Translations
}

public struct RiskMatrix: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String
  public let description: String?
  public let probability: [Level]
  public let impact: [Level]
  public let risk: [Level]
  /// By probability, then impact: the place in ``risk``.
  public let grid: [[Int]]
  public let translations: Translations

  public struct Level: Sendable, Equatable {
    public let id: Int?
    public let abbreviation: String?
    public let name: String
    public let description: String?
    /// `#RRGGBB`.
    public let color: String?
    public let translations: Translations
  }
}

public struct MappingSet: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
  public let description: String?
  public let sourceFramework: String?
  public let targetFramework: String?
  public let mappings: [Mapping]
  public let translations: Translations

  public struct Mapping: Sendable, Equatable {
    public enum Relationship: String, Sendable { case equal, subset, superset, intersect }

    public let source: String
    public let target: String
    /// `intersect`, the weakest, where the file says something unknown.
    public let relationship: Relationship
    public let rationale: String?
    public let strength: Int?
    public let annotation: String?
  }
}

public struct MetricDefinition: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
  public let description: String?
  public let category: String?
  public let unit: String?
  public let defaultTarget: Double?
  public let isHigherBetter: Bool
  public let choices: [String]
}

public struct TechniqueCatalog: Sendable, Equatable {
  public let urn: String
  public let name: String?
}

public struct Tactic: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
}

public struct Technique: Sendable, Equatable {
  public let urn: String
  public let refID: String?
  public let name: String?
  public let description: String?
  public let catalog: String?
  public let parent: String?
  public let tactics: [String]
  public let groups: [String]
  public let referenceControls: [String]
}

/// A starting point for an organisation: what it would keep, and the steps to get there.
public struct Preset: Sendable, Equatable {
  public let urn: String?
  public let name: String?
  public let description: String?
  public let profile: [String: String]
  public let features: [String: Bool]
  /// What would be made, by kind.
  public let objects: [String: Int]
  public let steps: [String]
}

extension Translations {
  /// A field in `language`; nil where there is none, or it is empty.
  public func text(_ field: String, in language: String?) -> String? {
    language.flatMap { self[$0]?[field]?.nonEmptyText }
  }

  /// A field by language, where it is not empty.
  public func texts(_ field: String) -> [String: String] { compactMapValues { $0[field]?.nonEmptyText } }
}

extension String {
  fileprivate var nonEmptyText: String? { isEmpty ? nil : self }
}

extension Library {
  public func name(in language: String?) -> String { translations.text("name", in: language) ?? name }
  public func description(in language: String?) -> String? {
    translations.text("description", in: language) ?? description
  }

  public func copyright(in language: String?) -> String? {
    translations.text("copyright", in: language) ?? copyright
  }
}

extension Framework {
  public func name(in language: String?) -> String { translations.text("name", in: language) ?? name }
}

extension ReferenceControl {
  public func name(in language: String?) -> String? { translations.text("name", in: language) ?? name }
}

extension MappingSet {
  public func name(in language: String?) -> String? { translations.text("name", in: language) ?? name }
}
