import Frameworks
import Kernel

/// A checklist that is being taken in: what was read of its files, with the corrections so far.
struct EditionDraft: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<EditionDraft>

  struct Source: Sendable, Equatable, Codable {
    let name: String
    let sha256: String
  }

  struct Row: Sendable, Equatable, Codable {
    var read: ChecklistSheet.Row
    /// Which of the files it comes from.
    let source: Int
    /// The section that a person chose; nil for the one that stands above.
    var section: String?
    /// Of an item; empty when it fits none that is known.
    var concept: String
  }

  let year: FiscalYear
  private(set) var sources: [Source]
  private(set) var rows: [Row]
  private(set) var version: Int
  /// The year that the title of a file names, where it is another.
  private(set) var otherYear: Int?

  /// Rows of all files together.
  static let mostRows = 1_500

  init(year: FiscalYear) { (self.year, sources, rows, version) = (year, [], [], 0) }

  /// Reads another file into the draft.
  ///
  /// - Throws: `.notAChecklist` when no sheet has an item; `.tooManyRows`; `.sameFile`.
  mutating func add(
    _ sheet: ChecklistSheet, named name: String, sha256: String, proposals: ConceptProposals
  ) throws(EditionProblem) {
    guard sheet.items > 0 else { throw .notAChecklist(file: name) }
    guard !sources.contains(where: { $0.sha256 == sha256 }) else { throw .sameFile(file: name) }
    guard rows.count + sheet.rows.count <= EditionDraft.mostRows else {
      throw .tooManyRows(file: name, limit: EditionDraft.mostRows)
    }
    let source = sources.count
    sources.append(Source(name: name, sha256: sha256))
    for row in sheet.rows {
      let isAsked = row.kind == .item || row.kind == .gate
      let proposal = isAsked ? proposals.best(for: row) : nil
      rows.append(Row(read: row, source: source, section: nil, concept: proposal?.concept ?? ""))
    }
    if let named = sheet.year, named != year.year { otherYear = named }
    version += 1
  }

  /// What a person says of one row.
  struct Correction: Sendable, Equatable {
    var kind: ChecklistSheet.Kind
    var number: String
    var text: String
    var section: String?
    var concept: String
    var forms: Set<ChecklistSheet.Form>
    var target: ChecklistSheet.Target
  }

  /// - Throws: `.noSuchRow`, `.noText`, `.noForms`, `.badNumber`.
  mutating func correct(_ index: Int, _ correction: Correction) throws(EditionProblem) {
    guard rows.indices.contains(index) else { throw .noSuchRow }
    var row = rows[index]
    let isAsked = correction.kind == .item || correction.kind == .gate
    guard let text = correction.text.trimmed(to: 0...4000) else { throw .textTooLong }
    let needsText = isAsked || correction.kind == .section || correction.kind == .more
    guard !text.isEmpty || !needsText else { throw .noText }
    guard !correction.forms.isEmpty || !isAsked else { throw .noForms }
    guard let number = EditionDraft.number(correction.number, of: correction.kind) else { throw .badNumber }
    row.read.kind = correction.kind
    (row.read.number, row.read.text) = (number, text)
    (row.read.forms, row.read.target) = (correction.forms, correction.target)
    row.section = isAsked ? correction.section : nil
    row.concept = isAsked ? correction.concept : ""
    if row != rows[index] { row.read.why = ChecklistSheet.Why(.byHand) }
    rows[index] = row
    version += 1
  }

  /// `①`, `(1)` or `1` as ① for an item, and as 1 for a section; nil for what is no number up to 99.
  private static func number(_ text: String, of kind: ChecklistSheet.Kind) -> String? {
    guard [.item, .gate, .section].contains(kind) else { return "" }
    let plain = text.folded.filter { !"()".contains($0) }
    if plain.isEmpty || plain == "-" { return kind == .section ? nil : "" }
    guard let number = Int(plain), (0...99).contains(number) else { return nil }
    return kind == .section ? "\(number)" : ChecklistMark.circled(number)
  }

  /// The sections that its rows open, in order, each once.
  var sections: [(number: String, title: String)] {
    var seen: Set<String> = []
    return rows.filter { $0.read.kind == .section && seen.insert($0.read.number).inserted }.map {
      ($0.read.number, $0.read.text)
    }
  }

  /// The section in which a row stands.
  func section(of index: Int) -> String {
    if let chosen = rows[index].section { return chosen }
    let row = rows[index]
    let above = rows[..<index].last {
      $0.read.kind == .section && $0.source == row.source && $0.read.sheet == row.read.sheet
    }
    return above?.read.number ?? ""
  }
}

/// Why a checklist was not taken in.
enum EditionProblem: Problem, Equatable {
  case notAChecklist(file: String)
  case nothingGiven
  case sameFile(file: String)
  case tooManyRows(file: String, limit: Int)
  case textTooLong
  case noSuchRow
  case noSuchDraft
  case noSuchEdition
  case noText
  case noForms
  case badNumber
  case badYear
  case noItems
  case sameNumber(label: String)
  /// The edition has come with the program meanwhile.
  case shipped(pack: String)
  case notAPack(file: String, reason: String)

  var code: String { "editions.\(caseName)" }

  var kind: ProblemKind {
    switch self {
    case .noSuchDraft, .noSuchEdition, .noSuchRow: .notFound
    case .shipped: .conflict
    case .tooManyRows: .tooLarge
    default: .invalid
    }
  }

  var arguments: [String] {
    switch self {
    case .notAChecklist(let file), .sameFile(let file): [file]
    case .tooManyRows(let file, let limit): [file, "\(limit)"]
    case .sameNumber(let label): [label]
    case .shipped(let pack): [pack]
    case .notAPack(let file, let reason): [file, reason]
    default: []
    }
  }

}
