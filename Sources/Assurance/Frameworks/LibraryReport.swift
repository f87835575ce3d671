public import Frameworks
public import Kernel

/// What became of one file.
public struct LibraryReport: Sendable {
  public enum Outcome: String, Sendable { case new, same, update, older, refused }

  public let file: String
  public internal(set) var outcome: Outcome
  public internal(set) var problem: (any Problem)?
  public internal(set) var name = ""
  public internal(set) var version = 0
  public internal(set) var counts = LibraryCounts()
  public internal(set) var unresolvedMappings = 0
  public internal(set) var remarks = Remarks()
  /// Against the newest version that is there.
  public internal(set) var difference: LibraryDifference?
  /// The version it replaces or stands behind.
  public internal(set) var otherVersion: Int?

  public var isOK: Bool { problem == nil }
  public var warnings: [String: Int] {
    Dictionary(
      remarks.counts.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// The object that the command line prints.
  public struct Line: Encodable {
    let report: LibraryReport
    let error: String?

    enum Key: String, CodingKey {
      case file, ok, error, outcome, frameworks, requirements, assessable, questions, choices, groups,
        mappings
      case threats, warnings, difference
      case unresolvedMappings = "unresolved_mappings"
      case referenceControls = "reference_controls"
      case riskMatrices = "risk_matrices"
    }

    private enum DifferenceKey: String, CodingKey { case added, changed, removed }

    public func encode(to encoder: any Encoder) throws {
      var line = encoder.container(keyedBy: Key.self)
      try line.encode(report.file, forKey: .file)
      try line.encode(report.isOK, forKey: .ok)
      try line.encode(error, forKey: .error)
      try line.encode(report.outcome.rawValue, forKey: .outcome)
      let counts = report.counts
      let numbers: [(Key, Int)] = [
        (.frameworks, counts.frameworks), (.requirements, counts.requirements),
        (.assessable, counts.assessable), (.questions, counts.questions), (.choices, counts.choices),
        (.groups, counts.groups), (.mappings, counts.mappings),
        (.unresolvedMappings, report.unresolvedMappings), (.referenceControls, counts.referenceControls),
        (.threats, counts.threats), (.riskMatrices, counts.riskMatrices),
      ]
      for (key, number) in numbers { try line.encode(number, forKey: key) }
      try line.encode(report.warnings, forKey: .warnings)
      guard let difference = report.difference else { return }
      var nested = line.nestedContainer(keyedBy: DifferenceKey.self, forKey: .difference)
      try nested.encode(difference.added.map(\.urn), forKey: .added)
      try nested.encode(difference.changed.map(\.urn), forKey: .changed)
      try nested.encode(difference.removed.map(\.urn), forKey: .removed)
    }
  }

  /// - Parameter error: the problem in words.
  public func line(error: String?) -> Line { Line(report: self, error: error) }
}
