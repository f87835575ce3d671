public import Kernel
public import Web

/// Words in both languages.
public struct Bilingual: Sendable, Equatable, Codable {
  public let ja: String
  public let en: String

  public func callAsFunction(_ language: Language) -> String { language == .ja ? ja : en }
}

public struct BilingualList: Sendable, Equatable, Codable {
  public let ja: [String]
  public let en: [String]

  public func callAsFunction(_ language: Language) -> [String] { language == .ja ? ja : en }
}

/// How sure we are of a fact. What is `low` is shown as 「原本で確認」 and never counted in a score.
public enum Confidence: String, Sendable, Codable { case high, medium, low }

/// One edition of a framework: immutable content with its sources.
public struct Pack: Sendable, Equatable {
  public let id: String
  public let family: String
  public let edition: String
  public let fiscalYear: FiscalYear
  /// Counted up whenever the content of this edition changes; 1 to 99.
  public let revision: Int
  public let title: Bilingual
  public let notice: Bilingual
  /// What to do when the items are not known yet; nil when they are.
  public let unknown: Bilingual?
  public let changes: [Bilingual]
  public let forms: [Form]
  public let sources: [Source]

  public func form(_ id: String) -> Form? { forms.first { $0.id == id } }

  /// One sheet of an edition, with its items in order.
  public struct Form: Sendable, Equatable {
    public let id: String
    public let title: Bilingual
    public let confidence: Confidence
    public let note: Bilingual?
    public let counts: Counts
    public let sections: [Section]
    /// Items in order, the opening question included.
    public let items: [Item]
    /// Items that are answered and counted: without the opening question.
    public let rows: [Item]
    private let places: [String: Int]
    private let rowsOfLabel: [String: Int]

    public init(
      id: String, title: Bilingual, confidence: Confidence, note: Bilingual?, counts: Counts,
      sections: [Section]
    ) {
      (self.id, self.title, self.confidence, self.note) = (id, title, confidence, note)
      (self.counts, self.sections) = (counts, sections)
      items = sections.flatMap(\.items)
      rows = items.filter { !$0.isGate }
      places = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
      rowsOfLabel = Dictionary(rows.map { ($0.label, 1) }, uniquingKeysWith: +)
    }

    public func item(_ id: String) -> Item? { places[id].map { items[$0] } }
    /// How many rows carry the label: more than one when it is asked for server and PC apart.
    func rowCount(ofLabel label: String) -> Int { rowsOfLabel[label] ?? 0 }
  }

  public struct Counts: Sendable, Equatable, Codable {
    public let items: Int?
    public let rows: Int?
    public let gates: Int?
  }

  public struct Section: Sendable, Equatable, Codable {
    public let number: String
    public let title: Bilingual
    public let short: Bilingual
    public let items: [Item]
  }

  public struct Source: Sendable, Equatable, Codable {
    public let id: String
    public let name: String
    public let url: String?
    public let date: String?
  }

  /// One row to be answered. Rows with the same label (server, PC) are one item of the edition.
  public struct Item: Sendable, Equatable, Codable {
    public let id: String
    /// As shown: `2-①`, `2-(4)`.
    public let label: String
    public let gate: Bool?
    public let concept: String
    public let appliesTo: [String]
    public let group: Bilingual?
    public let requirement: String
    public let question: Bilingual
    public let evidence: BilingualList
    public let since: String
    public let confidence: Confidence
    public let note: Bilingual?

    public var isGate: Bool { gate ?? false }
    /// Not confirmed against the original: shown so, and left out of every count of what is done.
    public var isUnconfirmed: Bool { confidence == .low }
    /// Asked for the year after; kept apart in words, answered like the others.
    public var isReference: Bool { requirement == "reference" }
    /// Of no concept that is known: it has no meaning but its words, and no other item carries over to it.
    public var isWithoutConcept: Bool { concept.hasPrefix(Item.noConcept) }

    /// With the item's own id behind it, so that two such items are never taken for the same.
    static let noConcept = "none:"

    enum CodingKeys: String, CodingKey {
      case id, label, gate, concept, group, requirement, question, evidence, since, confidence, note
      case appliesTo = "applies_to"
    }
  }
}

/// What one concept is about, across editions. Written by us.
public struct Concept: Sendable, Equatable, Codable {
  public let id: String
  public let label: Bilingual
  public let short: Bilingual
  public let meaning: Bilingual
  public let why: Bilingual
  public let proofs: BilingualList
  public let effort: Effort
  public let minutes: Int
  public let incidentCause: String?
  public let causeReason: Bilingual?
  public let nextStep: Bilingual
  public let ask: Bilingual

  public enum Effort: String, Sendable, Codable { case small, medium, large }

  enum CodingKeys: String, CodingKey {
    case id, label, short, meaning, why, proofs, effort, minutes, ask
    case incidentCause = "incident_cause"
    case causeReason = "cause_reason"
    case nextStep = "next_step"
  }
}

/// National figures of one survey metric.
public struct SurveyMetric: Sendable, Equatable, Codable {
  public let id: String
  public let label: Bilingual
  public let valueLabel: Bilingual
  public let overall: Double?
  public let byBeds: [String: Double?]
  public let denominator: Bilingual
  public let concepts: [String]
  public let source: String
  public let confidence: Confidence
  public let note: Bilingual?

  enum CodingKeys: String, CodingKey {
    case id, label, overall, denominator, concepts, source, confidence, note
    case valueLabel = "value_label"
    case byBeds = "by_beds"
  }
}

public struct SurveyYear: Sendable, Equatable, Codable {
  public let year: Int
  public let metrics: [SurveyMetric]
}

public struct Survey: Sendable, Equatable, Codable {
  public let title: Bilingual
  public let notice: Bilingual
  public let bedBands: [String]
  public let years: [SurveyYear]
  public let sources: [Pack.Source]

  enum CodingKeys: String, CodingKey {
    case title, notice, years, sources
    case bedBands = "bed_bands"
  }

  /// The band of a hospital with `beds`; nil under 20, where the survey has no one.
  public func band(of beds: Int?) -> String? {
    guard let beds, beds >= 20 else { return nil }
    return switch beds {
    case ..<100: "20-99"
    case ..<200: "100-199"
    case ..<300: "200-299"
    case ..<400: "300-399"
    case ..<500: "400-499"
    default: "500+"
    }
  }
}

/// Refusals about packs.
public enum PackProblem: Problem, Equatable {
  case folderMissing(String)
  case unknownPack(String)
  case unknownForm(pack: String, form: String)
  case itemsUnknown(pack: String)
  case broken(file: String, reason: String)

  public var code: String {
    switch self {
    case .folderMissing: "packs.folderMissing"
    case .unknownPack: "packs.unknownPack"
    case .unknownForm: "packs.unknownForm"
    case .itemsUnknown: "packs.itemsUnknown"
    case .broken: "packs.broken"
    }
  }
  public var kind: ProblemKind {
    switch self {
    case .folderMissing, .broken: .unavailable
    case .unknownPack, .unknownForm: .notFound
    case .itemsUnknown: .conflict
    }
  }
  public var arguments: [String] {
    switch self {
    case .folderMissing(let text), .unknownPack(let text), .itemsUnknown(let text): [text]
    case .unknownForm(let pack, let form): [pack, form]
    case .broken(let file, let reason): [file, reason]
    }
  }
}
