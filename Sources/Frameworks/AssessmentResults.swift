import Crypto
import Foundation

/// What was found in an audit, to be written as OSCAL assessment results.
public struct AssessmentResults: Sendable {
  public enum State: String, Sendable {
    case compliant
    case nonCompliant = "non_compliant"
    case partiallyCompliant = "partially_compliant"
    case notApplicable = "not_applicable"
    /// Answered with a score alone.
    case scored
  }

  /// One answered requirement.
  public struct Answer: Sendable {
    public let urn: String
    public let title: String
    public let text: String?
    public let state: State
    public let isConfirmed: Bool
    public let score: Int?
    public let remark: String
    /// With its offset: when a person confirmed it, else when the audit began.
    public let collected: String
    public let target: String?

    public init(
      urn: String, title: String, text: String?, state: State, isConfirmed: Bool, score: Int?, remark: String,
      collected: String, target: String?
    ) {
      (self.urn, self.title, self.text, self.state) = (urn, title, text, state)
      (self.isConfirmed, self.score, self.remark) = (isConfirmed, score, remark)
      (self.collected, self.target) = (collected, target)
    }
  }

  /// Of the audit; makes every UUID, so that one audit written twice is told to be the same.
  public let id: String
  public let title: String
  public let facility: String
  public let framework: String
  public let frameworkURN: String
  public let libraryVersion: Int
  public let sha256: String
  /// With their offsets.
  public let started: String
  public let ended: String?
  public let written: String
  /// URNs of everything that is to be answered.
  public let reviewed: [String]
  public let answers: [Answer]

  public init(
    id: String, title: String, facility: String, framework: String, frameworkURN: String, libraryVersion: Int,
    sha256: String, started: String, ended: String?, written: String, reviewed: [String], answers: [Answer]
  ) {
    (self.id, self.title, self.facility, self.framework) = (id, title, facility, framework)
    (self.frameworkURN, self.libraryVersion, self.sha256) = (frameworkURN, libraryVersion, sha256)
    (self.started, self.ended, self.written) = (started, ended, written)
    (self.reviewed, self.answers) = (reviewed, answers)
  }

  /// The document, in JSON.
  public var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      return Array(try encoder.encode(Wire.Document(self)))
    }
  }

  /// Made of what it names (UUID version 5): OSCAL takes versions 4 and 5 only, ours are of version 7.
  func uuid(_ name: String) -> String {
    // The namespace of URLs, RFC 9562.
    let space: [UInt8] = [
      0x6B, 0xA7, 0xB8, 0x11, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
    ]
    var bytes = Array(
      Insecure.SHA1.hash(data: space + Array("urn:mamorite:audit:\(id)/\(name)".utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count < 2 ? "0\(text)" : text
    }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
  }

  /// The id of a control: as it was in a catalog of OSCAL, else the end of the URN in the letters that OSCAL allows.
  static func token(_ urn: String) -> String {
    let parts = urn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    let isOSCAL = parts.count == 6 && parts[1] == "oscal"
    let end = isOSCAL ? String(parts[5]) : parts.dropFirst(4).joined(separator: ".")
    var token = ""
    for scalar in (end.isEmpty ? urn : end).unicodeScalars {
      let fits =
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || "._-".unicodeScalars.contains(scalar)
      token.unicodeScalars.append(fits ? scalar : "_")
    }
    let first = token.unicodeScalars.first
    return first.map { $0.properties.isAlphabetic || $0 == "_" } == true ? token : "_\(token)"
  }
}

/// The document as OSCAL 1.1.2 lays it out. Lists must hold something, and so are left out when they would not.
private enum Wire {
  static let namespace = "https://mamorite.example/ns/oscal"

  struct Document: Encodable {
    let results: Root
    enum CodingKeys: String, CodingKey { case results = "assessment-results" }
  }

  struct Root: Encodable {
    let uuid: String
    let metadata: Metadata
    let plan: Href
    let results: [Result]
    let backMatter: BackMatter
    enum CodingKeys: String, CodingKey {
      case uuid, metadata, results
      case plan = "import-ap"
      case backMatter = "back-matter"
    }
  }

  struct Metadata: Encodable {
    let title: String
    let modified: String
    let version: String
    let oscalVersion: String
    let roles: [Role]
    let parties: [Party]
    let responsible: [Responsible]
    enum CodingKeys: String, CodingKey {
      case title, version, roles, parties
      case modified = "last-modified"
      case oscalVersion = "oscal-version"
      case responsible = "responsible-parties"
    }
  }

  struct Role: Encodable { let id, title: String }
  struct Party: Encodable { let uuid, type, name: String }
  struct Responsible: Encodable {
    let role: String
    let parties: [String]
    enum CodingKeys: String, CodingKey {
      case role = "role-id"
      case parties = "party-uuids"
    }
  }

  struct Href: Encodable { let href, remarks: String }

  struct Property: Encodable {
    let name: String
    let ns: String
    let value: String

    /// Nil for what says nothing: a value must.
    init?(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return nil }
      // One line, without blanks at its ends.
      let line = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard !line.isEmpty else { return nil }
      (self.name, ns, self.value) = (name, Wire.namespace, line)
    }
  }

  struct Result: Encodable {
    let uuid, title, description, start: String
    let end: String?
    let props: [Property]
    let reviewed: Reviewed
    let observations: [Observation]?
    let findings: [Finding]?
    enum CodingKeys: String, CodingKey {
      case uuid, title, description, start, end, props, observations, findings
      case reviewed = "reviewed-controls"
    }
  }

  struct Reviewed: Encodable {
    let selections: [Selection]
    enum CodingKeys: String, CodingKey { case selections = "control-selections" }
  }

  struct Selection: Encodable {
    let controls: [Control]?
    let all: Empty?
    enum CodingKeys: String, CodingKey {
      case controls = "include-controls"
      case all = "include-all"
    }
  }

  struct Empty: Encodable {}
  struct Control: Encodable {
    let id: String
    enum CodingKeys: String, CodingKey { case id = "control-id" }
  }

  struct Observation: Encodable {
    let uuid, title, description: String
    let props: [Property]
    let methods: [String]
    let collected: String
    let remarks: String?
  }

  struct Finding: Encodable {
    let uuid, title, description: String
    let props: [Property]
    let target: Target
    let related: [Related]
    let remarks: String?
    enum CodingKeys: String, CodingKey {
      case uuid, title, description, props, target, remarks
      case related = "related-observations"
    }
  }

  struct Related: Encodable {
    let uuid: String
    enum CodingKeys: String, CodingKey { case uuid = "observation-uuid" }
  }

  struct Target: Encodable {
    let type: String
    let id: String
    let status: Status
    let implementation: Implementation?
    enum CodingKeys: String, CodingKey {
      case type, status
      case id = "target-id"
      case implementation = "implementation-status"
    }
  }

  struct Status: Encodable { let state, reason: String }
  struct Implementation: Encodable { let state: String }

  struct BackMatter: Encodable { let resources: [Resource] }
  struct Resource: Encodable {
    let uuid, title, description: String
    let props: [Property]
  }
}

extension Wire.Document {
  fileprivate init(_ audit: AssessmentResults) {
    let party = audit.uuid("party")
    results = Wire.Root(
      uuid: audit.uuid("document/\(audit.written)"),
      metadata: Wire.Metadata(
        title: audit.title, modified: audit.written, version: audit.written, oscalVersion: "1.1.2",
        roles: [Wire.Role(id: "assessor", title: "Assessor")],
        parties: [Wire.Party(uuid: party, type: "organization", name: audit.facility)],
        responsible: [Wire.Responsible(role: "assessor", parties: [party])]),
      plan: Wire.Href(
        href: "#\(audit.uuid("plan"))",
        remarks: "The audit was planned in Mamorite; there is no OSCAL assessment plan."),
      results: [Wire.Result(audit)],
      backMatter: Wire.BackMatter(resources: [
        Wire.Resource(
          uuid: audit.uuid("plan"), title: audit.title,
          description: "The audit as it was planned in Mamorite.",
          props: [Wire.Property("audit-id", audit.id)].compactMap { $0 }),
        Wire.Resource(
          uuid: audit.uuid("framework"), title: audit.framework,
          description: "The framework that was answered.",
          props: [
            Wire.Property("framework-urn", audit.frameworkURN),
            Wire.Property("library-version", "\(audit.libraryVersion)"),
            Wire.Property("sha256", audit.sha256),
          ].compactMap { $0 }),
      ]))
  }
}

extension Wire.Result {
  fileprivate init(_ audit: AssessmentResults) {
    let controls = audit.reviewed.map { Wire.Control(id: AssessmentResults.token($0)) }
    let findings = audit.answers.compactMap { Wire.Finding($0, audit) }
    let observations = audit.answers.map { Wire.Observation($0, audit) }
    uuid = audit.uuid("result")
    (title, start, end) = (audit.title, audit.started, audit.ended)
    description =
      "\(audit.framework): \(audit.answers.count) of \(audit.reviewed.count) requirements answered."
    props = [
      Wire.Property("framework-urn", audit.frameworkURN),
      Wire.Property("unanswered", "\(audit.reviewed.count - audit.answers.count)"),
    ].compactMap { $0 }
    reviewed = Wire.Reviewed(selections: [
      controls.isEmpty
        ? Wire.Selection(controls: nil, all: Wire.Empty()) : Wire.Selection(controls: controls, all: nil)
    ])
    self.observations = observations.isEmpty ? nil : observations
    self.findings = findings.isEmpty ? nil : findings
  }
}

extension Wire.Observation {
  fileprivate init(_ answer: AssessmentResults.Answer, _ audit: AssessmentResults) {
    uuid = audit.uuid("observation/\(answer.urn)")
    title = answer.title
    description = answer.text ?? answer.title
    props = [
      Wire.Property("requirement-urn", answer.urn), Wire.Property("result", answer.state.rawValue),
      Wire.Property("confirmed", answer.isConfirmed ? "yes" : "no"),
      Wire.Property("score", answer.score.map { "\($0)" }),
    ].compactMap { $0 }
    (methods, collected) = (["EXAMINE"], answer.collected)
    remarks = answer.remark.isEmpty ? nil : answer.remark
  }
}

extension Wire.Finding {
  /// Nil for what nobody has confirmed, what does not apply and what has a score alone: none of them is a finding.
  fileprivate init?(_ answer: AssessmentResults.Answer, _ audit: AssessmentResults) {
    guard answer.isConfirmed else { return nil }
    let (state, reason, implementation): (String, String, String?)
    switch answer.state {
    case .compliant: (state, reason, implementation) = ("satisfied", "pass", "implemented")
    case .partiallyCompliant: (state, reason, implementation) = ("not-satisfied", "other", "partial")
    case .nonCompliant: (state, reason, implementation) = ("not-satisfied", "fail", nil)
    case .notApplicable, .scored: return nil
    }
    uuid = audit.uuid("finding/\(answer.urn)")
    title = answer.title
    description = answer.text ?? answer.title
    props = [
      Wire.Property("requirement-urn", answer.urn), Wire.Property("target-date", answer.target),
    ].compactMap { $0 }
    target = Wire.Target(
      type: "statement-id", id: "\(AssessmentResults.token(answer.urn))_smt",
      status: Wire.Status(state: state, reason: reason),
      implementation: implementation.map(Wire.Implementation.init(state:)))
    related = [Wire.Related(uuid: audit.uuid("observation/\(answer.urn)"))]
    remarks = answer.remark.isEmpty ? nil : answer.remark
  }
}
