public import Kernel

/// What a cell of a sheet holds, after number formats have been applied.
public enum Cell: Sendable, Equatable {
  case empty
  /// Text as the person sees it; a line break inside the cell is a single line feed. Never the empty string when read.
  case text(String)
  case number(Double)
  /// A serial number whose format shows a date; the time of day is left out.
  case day(Day)
  /// A boolean cell.
  case yes(Bool)
  /// An error value such as `#REF!`.
  case fault(String)

  /// The cell in plain words: nothing for ``empty``, whole numbers without `.0`, days as `YYYY-MM-DD`, `TRUE` or `FALSE`.
  public var text: String {
    switch self {
    case .empty: ""
    case .text(let text), .fault(let text): text
    case .number(let number): plain(number)
    case .day(let day): day.description
    case .yes(let yes): yes ? "TRUE" : "FALSE"
    }
  }
}

/// One sheet as a grid; index 0 is row 1 of the sheet.
public struct Sheet: Sendable, Equatable {
  public let name: String
  /// Rows of differing length: empty cells at the end of a row and empty rows at the end of the sheet are cut.
  public let rows: [[Cell]]
  public let hidden: Bool
  /// Names (`C7`) of cells whose formula was saved without a result; they read as ``Cell/empty``.
  public let uncalculated: [String]

  public init(name: String, rows: [[Cell]], hidden: Bool = false, uncalculated: [String] = []) {
    self.name = name
    self.hidden = hidden
    self.uncalculated = uncalculated
    var grid = rows.map { row in
      let used = row.lastIndex { $0 != .empty && $0 != .text("") }.map { $0 + 1 } ?? 0
      return Array(row.prefix(used))
    }
    while grid.last?.isEmpty == true { grid.removeLast() }
    self.rows = grid
  }
}

public struct Workbook: Sendable, Equatable {
  /// What a workbook has beside cells, and what a person should know was left alone.
  public enum Baggage: Sendable, Equatable {
    /// A program (VBA or the old macro sheets). It is never run.
    case macros
    /// Links to other files. They are not followed; a cell has the value that was saved with it.
    case externalLinks
  }

  public let sheets: [Sheet]
  public let baggage: [Baggage]

  public init(sheets: [Sheet], baggage: [Baggage] = []) { (self.sheets, self.baggage) = (sheets, baggage) }
}

/// A sheet to be written as Excel; printed on A4 landscape, fitted to the width of the page.
public struct OutputSheet: Sendable, Equatable {
  /// Characters that Excel forbids become full-width, at most 31 characters stay, and equal names are numbered.
  public let name: String
  /// Lines above the headings, one row each; the first is the title.
  public let notes: [String]
  /// Bold, frozen on the screen and repeated on each printed page; empty for a sheet without headings.
  public let headings: [String]
  public let rows: [[Cell]]
  /// In characters of the default font, from the first column on; further columns are 14 wide.
  public let columnWidths: [Double]
  /// Cells that stand out in colour, each with a comment; by place in ``rows``, counted from 0.
  public let marks: [Mark]

  public struct Mark: Sendable, Equatable {
    public let row: Int
    public let column: Int
    public let comment: String

    public init(row: Int, column: Int, comment: String) {
      (self.row, self.column, self.comment) = (row, column, comment)
    }
  }

  public init(
    name: String, notes: [String] = [], headings: [String] = [], rows: [[Cell]], columnWidths: [Double] = [],
    marks: [Mark] = []
  ) {
    self.marks = marks
    self.name = name
    self.notes = notes
    self.headings = headings
    self.rows = rows
    self.columnWidths = columnWidths
  }
}

/// The name of a cell as Excel shows it; both numbers start at 1.
func cellName(row: Int, column: Int) -> String { "\(columnName(column))\(row)" }

/// `1` is `A`, `27` is `AA`.
func columnName(_ column: Int) -> String {
  var rest = column
  var name = ""
  while rest > 0 {
    let letter = Character(Unicode.Scalar(UInt8(0x41 + (rest - 1) % 26)))
    name.insert(letter, at: name.startIndex)
    rest = (rest - 1) / 26
  }
  return name
}

/// Reads `AB12` or `$AB$12` as row and column, both starting at 1; nil outside Excel's 1,048,576 × 16,384 cells.
func cellPosition(_ name: some StringProtocol) -> (row: Int, column: Int)? {
  var (row, column) = (0, 0)
  for byte in name.utf8 {
    switch byte {
    case 0x24: continue
    case 0x41...0x5A where row == 0: column = column * 26 + Int(byte) - 0x40
    case 0x61...0x7A where row == 0: column = column * 26 + Int(byte) - 0x60
    case 0x30...0x39 where column > 0: row = row * 10 + Int(byte) - 0x30
    default: return nil
    }
    guard row <= 1_048_576, column <= 16_384 else { return nil }
  }
  return row > 0 && column > 0 ? (row, column) : nil
}
