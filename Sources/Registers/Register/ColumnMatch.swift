import Kernel
import Publishing
import Web

/// Which column of a sheet holds which field of a register.
public struct ColumnMatch: Sendable, Equatable {
  public struct Column: Sendable, Equatable {
    /// Counted from 0.
    public let index: Int
    public let heading: String
    /// The id of its field; nil for a column that is not read.
    public fileprivate(set) var field: String?
  }

  /// Counted from 0.
  public let headerRow: Int
  /// Columns that have a heading.
  public private(set) var columns: [Column]

  /// Columns of which nothing is read.
  public var unmatched: [Column] { columns.filter { $0.field == nil } }
  /// Fields for which the sheet has no column; they stay as they are.
  public func unmatchedFields(of register: Register) -> [Field] {
    register.entered.filter { column(of: $0.id) == nil }
  }

  public func column(of field: String) -> Column? { columns.first { $0.field == field } }

  /// Finds the header row among the first sixty and matches its columns.
  ///
  /// It is the first row that names key or title and one more field; in doubt the one that names most fields.
  ///
  /// - Parameter mapping: field ids by heading, chosen by a person; "" for a column that is not to be read.
  /// - Returns: nil for a sheet without any text.
  static func find(in rows: [[Cell]], of register: Register, mapping: [String: String] = [:]) -> ColumnMatch?
  {
    let known = FieldNames(register, mapping)
    var best: ColumnMatch?
    var most = -1
    for (index, row) in rows.prefix(60).enumerated() where row.contains(where: { !$0.text.trimmed.isEmpty }) {
      let match = ColumnMatch(headerRow: index, row, known)
      let count = match.columns.count { $0.field != nil }
      let isNamed = match.column(of: register.key.id) != nil || match.column(of: register.title.id) != nil
      if isNamed && count >= 2 { return match }
      if count > most { (best, most) = (match, count) }
    }
    return best
  }

  /// How well the sheet fits: fields that have a column.
  var strength: Int { columns.count { $0.field != nil } }

  private init(headerRow: Int, _ row: [Cell], _ known: FieldNames) {
    self.headerRow = headerRow
    columns = row.enumerated().compactMap { index, cell in
      let heading = cell.text.replacing("\n", with: " ").trimmed
      return heading.isEmpty ? nil : Column(index: index, heading: heading, field: nil)
    }
    // The surest claims first; of equal ones the column further left.
    var claims: [(rank: Int, position: Int, field: String)] = []
    for (position, column) in columns.enumerated() {
      claims += known.claims(on: column.heading).map { ($0.rank, position, $0.field) }
    }
    var taken: Set<String> = []
    for claim in claims.enumerated().sorted(by: {
      ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
    }) {
      let (_, position, field) = claim.element
      guard columns[position].field == nil, !taken.contains(field) else { continue }
      columns[position].field = field
      taken.insert(field)
    }
  }
}

/// Under which headings the fields of a register are known.
private struct FieldNames {
  private var claims: [String: [(rank: Int, field: String)]] = [:]
  private var chosen: [String: String] = [:]

  init(_ register: Register, _ mapping: [String: String]) {
    for field in register.entered {
      let own = [field.id] + Language.allCases.map { field.label($0) }
      for name in own { add(name, 1, field) }
      for (order, name) in field.headings.enumerated() { add(name, 2 + order, field) }
    }
    for (heading, field) in mapping { chosen[heading.asHeading] = field }
  }

  private mutating func add(_ name: String, _ rank: Int, _ field: Field) {
    claims[name.asHeading, default: []].append((rank, field.id))
  }

  /// What a heading may mean, and how sure that is; 0 is what a person has chosen.
  func claims(on heading: String) -> [(rank: Int, field: String)] {
    let name = heading.asHeading
    if let field = chosen[name] { return field.isEmpty ? [] : [(0, field)] }
    if let found = claims[name] { return found }
    // 「シリアル番号(必須)」 means what 「シリアル番号」 does, but less surely.
    guard let bracket = name.firstIndex(where: { "([【<".contains($0) }), bracket > name.startIndex else {
      return []
    }
    return (claims[String(name[..<bracket])] ?? []).map { ($0.rank + 1000, $0.field) }
  }
}

extension String {
  /// A heading for comparing: searchable, without the marks that tools and people put around it.
  var asHeading: String { searchable.filter { !"_-:.,*※・\"'".contains($0) } }
}
