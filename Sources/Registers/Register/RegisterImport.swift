public import Kernel
import Publishing
public import Web

/// What taking a file into a register would do, row by row. Nothing has been written.
public struct RegisterImport: Sendable {
  /// A value that would change; stored forms, nil for none.
  public struct Difference: Sendable, Equatable {
    public let field: String
    public let before: String?
    public let after: String?
  }

  /// Why a row is not taken, and where: the heading of a column.
  public struct Fault: Sendable {
    public let column: String
    /// Counted from 0; nil when the sheet has no column for it.
    public let index: Int?
    public let problem: any Problem
  }

  public enum Fate: Sendable {
    /// The stored values of a new entry.
    case add([String: String])
    case update(Entry, to: [String: String], [Difference])
    case unchanged(Entry)
    case refuse([Fault])
  }

  public struct Row: Sendable {
    /// As the spreadsheet counts, from 1.
    public let number: Int
    /// What the key column says.
    public let key: String
    public let fate: Fate
  }

  public let source: ImportSource
  /// What a person looks at: the first rows of each fate and every refused one, in the order of the file.
  public let rows: [Row]
  /// Rows that hold anything.
  public let read: Int
  public let added: Int
  public let updated: Int
  public let unchanged: Int
  public let refused: Int
  /// A number for everything that the plan would do, to notice that it is no longer what a person has seen.
  let stamp: String
  let names: ReferenceNames

  public var register: Register { source.register }
  public var match: ColumnMatch { source.match }
  /// What should be known of the file, in words.
  public func remarks(_ language: Language) -> [String] {
    source.remarks.map { $0.text(Texts<RegisterText>(language)) }
  }
  /// Whether any row can be taken; without a column for the key none can.
  public var hasKeyColumn: Bool { source.hasKeyColumn }

  init(_ source: ImportSource, _ pass: ImportPass, _ names: ReferenceNames) {
    (self.source, self.names) = (source, names)
    rows = pass.kept.sorted { $0.number < $1.number }
    (read, added, updated) = (pass.read, pass.added, pass.updated)
    (unchanged, refused, stamp) = (pass.unchanged, pass.refused, pass.stamp)
  }
}

/// A sheet whose columns have been matched with the fields of a register.
public struct ImportSource: Sendable {
  public let register: Register
  public let file: String
  public let match: ColumnMatch
  let sheet: Sheet
  /// Whether an empty cell takes a value away; else it leaves it.
  let emptyClears: Bool
  let language: Language
  var remarks: [Remark] = []

  /// What a person should know of the file before deciding.
  enum Remark: Sendable, Equatable {
    case macros, externalLinks
    /// A network scan: hosts that answered, and how many of them the register has.
    case scan(hosts: Int, known: Int)
    /// Addresses that two devices have; those hosts are left out.
    case ambiguous([String])

    func text(_ t: Texts<RegisterText>) -> String {
      switch self {
      case .macros: t(.importMacros)
      case .externalLinks: t(.importLinks)
      case .scan(let hosts, let known):
        t(.importScan, t.language.number(hosts), t.language.number(known), t.language.number(hosts - known))
      case .ambiguous(let addresses):
        t(
          .importAmbiguous, t.language.number(addresses.count),
          addresses.prefix(10).joined(separator: t(.listComma)))
      }
    }
  }

  var hasKeyColumn: Bool { match.column(of: register.key.id) != nil }

  /// The rows below the headings.
  var body: Range<Int> {
    let first = match.headerRow + 1
    return first..<max(sheet.rows.count, first)
  }

  /// What a column holds in the first row, so that a person recognises it.
  func sample(_ column: ColumnMatch.Column) -> String {
    let row = sheet.rows[body].first { !$0.isEmpty } ?? []
    return column.index < row.count ? String(row[column.index].text.prefix(60)) : ""
  }

  /// The cells of a row by its number.
  func cells(_ number: Int) -> [Cell] {
    sheet.rows.indices.contains(number - 1) ? sheet.rows[number - 1] : []
  }
}

/// Goes once through the rows of a source, a few hundred at a time, and decides what becomes of each.
///
/// Seeing and doing are the same pass: a preview keeps some rows to look at, an import writes each row as it comes and keeps
/// none. Equal stamps mean that both decided the same. Neither ever holds the whole register.
struct ImportPass {
  /// So many rows are looked up together.
  static let batch = 500
  /// So many of each fate are kept for a preview.
  static let mostKept = 200

  private(set) var read = 0
  private(set) var added = 0
  private(set) var updated = 0
  private(set) var unchanged = 0
  private(set) var refused = 0
  private(set) var kept: [RegisterImport.Row] = []
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private let register: Register

  var stamp: String { String(hash, radix: 16) }

  /// - Parameters:
  ///   - standing: the register's entries for some folded keys, by key.
  ///   - each: is given each row with its fate, and how many rows of the sheet are behind it.
  init(
    _ source: ImportSource, _ names: ReferenceNames, keeps: Bool,
    standing: ([String]) throws -> [String: Entry],
    each: (RegisterImport.Row, _ behind: Int) throws -> Void = { _, _ in }
  ) throws {
    register = source.register
    guard source.hasKeyColumn else { return }
    var planner = RowPlanner(source, names)
    var next = source.body.lowerBound
    while next < source.body.upperBound {
      let part = next..<min(next + ImportPass.batch, source.body.upperBound)
      let keys = part.map { planner.keyText(source.sheet.rows[$0]) }
      let known = try standing(keys.filter { !$0.isEmpty })
      for index in part {
        let cells = source.sheet.rows[index]
        let keyText = keys[index - part.lowerBound]
        guard let row = planner.plan(cells, number: index + 1, keyText: keyText, standing: known[keyText])
        else { continue }
        count(row, keeps: keeps)
        try each(row, index + 1 - source.body.lowerBound)
      }
      next = part.upperBound
    }
  }

  private mutating func count(_ row: RegisterImport.Row, keeps: Bool) {
    read += 1
    let before: Int
    switch row.fate {
    case .add: (before, added) = (added, added + 1)
    case .update: (before, updated) = (updated, updated + 1)
    case .unchanged: (before, unchanged) = (unchanged, unchanged + 1)
    case .refuse: (before, refused) = (0, refused + 1)
    }
    if keeps && before < ImportPass.mostKept { kept.append(row) }
    take("\(row.number)")
    switch row.fate {
    case .add(let values):
      take("+")
      for field in register.fields { take(values[field.id]) }
    case .update(let before, _, let differences):
      take("\(before.id)/\(before.version)")
      for one in differences {
        take(one.field)
        take(one.after)
      }
    case .unchanged(let entry): take("\(entry.id)=\(entry.version)")
    case .refuse: take("-")
    }
  }

  /// FNV-1a.
  private mutating func take(_ text: String?) {
    var hash = hash
    for byte in (text ?? "\u{1}").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self.hash = (hash ^ 0xFF) &* 0x100_0000_01B3
  }
}

/// Why a file, a row or a cell is not taken into a register, beside what any entry may be refused for.
public enum ImportRefusal: Problem, Equatable {
  /// No file, or an empty one.
  case noFile
  /// No column of the file is the register's key.
  case noKeyColumn(label: String)
  /// The key stands in an earlier row of the file too.
  case duplicateKey(label: String, text: String, row: Int)
  /// The spreadsheet program could not work out a cell.
  case cellFault(label: String, text: String)
  /// No row can be taken in.
  case nothingToImport
  /// A mapping names a field that the register lacks.
  case noSuchField(heading: String, field: String)
  /// The file between preview and decision is gone: taken in already, or older than a day.
  case uploadGone
  /// Another import of the register is under way.
  case running(by: String, at: String)
  /// So many files wait to be read already.
  case tooMany(Int)
  /// The program ended, or failed, in the middle of it.
  case interrupted

  public var code: String {
    switch self {
    case .noFile: "registers.noFile"
    case .noKeyColumn: "registers.noKeyColumn"
    case .duplicateKey: "registers.duplicateKey"
    case .cellFault: "registers.cellFault"
    case .nothingToImport: "registers.nothingToImport"
    case .noSuchField: "registers.noSuchField"
    case .uploadGone: "registers.uploadGone"
    case .running: "registers.importRunning"
    case .tooMany: "registers.importTooMany"
    case .interrupted: "registers.importInterrupted"
    }
  }
  public var kind: ProblemKind {
    switch self {
    case .uploadGone: .notFound
    case .running, .interrupted: .conflict
    case .tooMany: .tooMany
    default: .invalid
    }
  }
  public var arguments: [String] {
    switch self {
    case .noKeyColumn(let label): [label]
    case .duplicateKey(let label, let text, let row): [label, text, "\(row)"]
    case .cellFault(let label, let text): [label, text]
    case .noSuchField(let heading, let field): [heading, field]
    case .running(let by, let at): [by, at]
    case .tooMany(let number): ["\(number)"]
    case .noFile, .nothingToImport, .uploadGone, .interrupted: []
    }
  }
}
