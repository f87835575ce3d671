/// Something irregular that was taken in all the same, and where.
public struct Remark: Sendable, Equatable {
  public let kind: Kind
  /// A URN, a key or a cell; empty when the line says all.
  public let place: String
  /// In a YAML file, from 1; 0 when there is none.
  public let line: Int

  public init(_ kind: Kind, _ place: String = "", line: Int = 0) {
    (self.kind, self.place, self.line) = (kind, place, line)
  }

  /// Named as the command line prints them.
  public enum Kind: String, Sendable, CaseIterable {
    case moreDocuments = "more_documents"
    case tag, alias, crlf
    case repeatedKey = "repeated_key"
    case unknownKey = "unknown_key"
    case missingKey = "missing_key"
    case bothSpellings = "both_spellings"
    case quotedVersion = "quoted_version"
    case quotedDate = "quoted_date"
    case noDate = "no_date"
    case numberForText = "number_for_text"
    case listForText = "list_for_text"
    case wrongType = "wrong_type"
    case unknownValue = "unknown_value"
    case nullTranslation = "null_translation"
    case upperCaseURN = "upper_case_urn"
    case nonASCIIURN = "non_ascii_urn"
    case blankInURN = "blank_in_urn"
    case irregularURN = "irregular_urn"
    case urnType = "urn_type"
    case repeatedURN = "repeated_urn"
    case sharedURN = "shared_urn"
    case foreignPackager = "foreign_packager"
    case noDepth = "no_depth"
    case wrongDepth = "wrong_depth"
    case unknownParent = "unknown_parent"
    case parentAfterChild = "parent_after_child"
    case repeatedRefID = "repeated_ref_id"
    case nodeWithoutText = "node_without_text"
    case undefinedGroup = "undefined_group"
    case scoresWithoutBounds = "scores_without_bounds"
    case scoreOutOfRange = "score_out_of_range"
    case repeatedQuestion = "repeated_question"
    case unknownQuestion = "unknown_question"
    case oldComputeResult = "old_compute_result"
    case controlByCase = "control_by_case"
    case unknownControl = "unknown_control"
    case unknownThreat = "unknown_threat"
    case missingDependency = "missing_dependency"
    case unresolvedMapping = "unresolved_mapping"
    case repeatedMapping = "repeated_mapping"
    case matrixGrid = "matrix_grid"
    case textAtCellLimit = "text_at_cell_limit"
    case outerBlanks = "outer_blanks"
    case noBreakSpace = "no_break_space"
    case zeroWidth = "zero_width"
    case orphanSheet = "orphan_sheet"
    case unknownSheetType = "unknown_sheet_type"
    case undefinedBlock = "undefined_block"
    case colour
    case depthJump = "depth_jump"
    case longName = "long_name"
    case olderVersion = "older_version"
    case unknownControlID = "unknown_control_id"
    case patternWithoutControl = "pattern_without_control"
    case repeatedControl = "repeated_control"
    case unknownParameter = "unknown_parameter"
    case alterWithoutTarget = "alter_without_target"
    case missingResource = "missing_resource"
    case urnMode = "urn_mode"
    case restsOn = "rests_on"
    case oscalMissing = "oscal_missing"
    case oscalUnknown = "oscal_unknown"
    case oscalValue = "oscal_value"
  }
}

/// Remarks in the order found: all are counted, and of each kind the first ``kept`` keep their place.
public struct Remarks: Sendable, Equatable {
  public static let kept = 100
  public private(set) var counts: [Remark.Kind: Int] = [:]
  public private(set) var first: [Remark] = []

  public init() {}

  public mutating func add(_ remark: Remark) {
    let count = counts[remark.kind, default: 0] + 1
    counts[remark.kind] = count
    if count <= Remarks.kept { first.append(remark) }
  }

  mutating func add(_ kind: Remark.Kind, _ place: @autoclosure () -> String, line: Int) {
    let count = counts[kind, default: 0] + 1
    counts[kind] = count
    if count <= Remarks.kept { first.append(Remark(kind, place(), line: line)) }
  }

  public mutating func add(_ kind: Remark.Kind, times: Int) {
    guard times > 0 else { return }
    counts[kind, default: 0] += times
  }

  public var total: Int { counts.values.reduce(0, +) }
}
