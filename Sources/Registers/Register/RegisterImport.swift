public import Kernel
import Publishing
import Web

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

  public let register: Register
  public let file: String
  public let sheet: String
  public let match: ColumnMatch
  public let rows: [Row]
  /// The cells of refused rows by number, as they stand in the file.
  let refusedCells: [Int: [Cell]]
  /// The first row below the headings.
  private let sampleRow: [Cell]
  let names: ReferenceNames

  /// Rows that hold anything.
  public var read: Int { rows.count }
  public var added: Int { rows.count { if case .add = $0.fate { true } else { false } } }
  public var updated: Int { rows.count { if case .update = $0.fate { true } else { false } } }
  public var unchanged: Int { rows.count { if case .unchanged = $0.fate { true } else { false } } }
  public var refused: Int { rows.count { if case .refuse = $0.fate { true } else { false } } }

  /// Whether any row can be taken; without a column for the key none can.
  public var hasKeyColumn: Bool { match.column(of: register.key.id) != nil }

  /// - Parameters:
  ///   - standing: the register's entries by folded key.
  ///   - emptyClears: whether an empty cell takes a value away; else it leaves it.
  init(
    _ sheet: Sheet, named file: String, match: ColumnMatch, register: Register, standing: [String: Entry],
    names: ReferenceNames, emptyClears: Bool, language: Language
  ) {
    (self.register, self.file, self.match, self.names) = (register, file, match, names)
    self.sheet = sheet.name
    var refusedCells: [Int: [Cell]] = [:]
    var rows: [Row] = []
    if match.column(of: register.key.id) != nil {
      var planner = RowPlanner(register, match, standing, names, emptyClears, language)
      rows.reserveCapacity(max(sheet.rows.count - match.headerRow, 0))
      for index in (match.headerRow + 1)..<max(sheet.rows.count, match.headerRow + 1) {
        guard let row = planner.plan(sheet.rows[index], number: index + 1) else { continue }
        if case .refuse = row.fate { refusedCells[row.number] = sheet.rows[index] }
        rows.append(row)
      }
    }
    self.rows = rows
    self.refusedCells = refusedCells
    sampleRow = sheet.rows.dropFirst(match.headerRow + 1).first { !$0.isEmpty } ?? []
  }

  /// What a column holds in the first row, so that a person recognises it.
  func sample(_ column: ColumnMatch.Column) -> String {
    column.index < sampleRow.count ? String(sampleRow[column.index].text.prefix(60)) : ""
  }

  /// A number for everything that the plan would do, to notice that it is no longer what a person has seen. FNV-1a.
  var stamp: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func take(_ text: String?) {
      for byte in (text ?? "\u{1}").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    for row in rows {
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
    return String(hash, radix: 16)
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

  public var code: String {
    switch self {
    case .noFile: "registers.noFile"
    case .noKeyColumn: "registers.noKeyColumn"
    case .duplicateKey: "registers.duplicateKey"
    case .cellFault: "registers.cellFault"
    case .nothingToImport: "registers.nothingToImport"
    case .noSuchField: "registers.noSuchField"
    case .uploadGone: "registers.uploadGone"
    }
  }
  public var kind: ProblemKind { self == .uploadGone ? .notFound : .invalid }
  public var arguments: [String] {
    switch self {
    case .noKeyColumn(let label): [label]
    case .duplicateKey(let label, let text, let row): [label, text, "\(row)"]
    case .cellFault(let label, let text): [label, text]
    case .noSuchField(let heading, let field): [heading, field]
    case .noFile, .nothingToImport, .uploadGone: []
    }
  }
}
