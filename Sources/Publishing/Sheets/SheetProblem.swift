public import Kernel

/// Why a file was not taken as a workbook, or rows not written as one.
public enum SheetProblem: Problem, Equatable {
  /// Neither Excel (.xlsx) nor text: a picture, a PDF, a web page, another kind of ZIP.
  case notAWorkbook(file: String)
  /// The old binary .xls form.
  case legacyWorkbook(file: String)
  case passwordProtected(file: String)
  /// `part` is the piece inside the file that cannot be read.
  case damaged(file: String, part: String)
  /// A document type or entity declaration, which no spreadsheet program writes.
  case unsafe(file: String, part: String)
  case tooLarge(file: String, megabytes: Int)
  case unpacksTooLarge(file: String, megabytes: Int)
  case zipBomb(file: String)
  case tooManySheets(file: String, limit: Int)
  case tooManyRows(file: String, sheet: String, limit: Int)
  case tooManyColumns(file: String, sheet: String, limit: Int)
  case tooManyCells(file: String, limit: Int)
  case textTooLong(file: String, sheet: String, cell: String, limit: Int)
  /// Text that is neither UTF-8, UTF-16 with a byte order mark, nor Shift_JIS (CP932); `line` is where it fails.
  case unknownEncoding(file: String, line: Int)
  /// A quotation mark opens on `line` and never closes.
  case unclosedQuote(file: String, line: Int)
  /// No cell holds anything.
  case empty(file: String)
  /// The Excel file could not be put together: no room for temporary files, most likely.
  case notWritten(reason: String)

  public var code: String { "sheets.\(caseName)" }

  /// Every code, for the check that each has its words.
  public static let codes: [String] = examples.map(\.code)

  public var kind: ProblemKind {
    switch self {
    case .tooLarge, .unpacksTooLarge, .zipBomb, .tooManySheets, .tooManyRows, .tooManyColumns, .tooManyCells:
      .tooLarge
    case .notWritten: .unavailable
    default: .invalid
    }
  }

  public var arguments: [String] {
    switch self {
    case .notAWorkbook(let file), .legacyWorkbook(let file), .passwordProtected(let file), .zipBomb(let file),
      .empty(let file):
      [file]
    case .damaged(let file, let part), .unsafe(let file, let part): [file, part]
    case .tooLarge(let file, let limit), .unpacksTooLarge(let file, let limit),
      .tooManySheets(let file, let limit),
      .tooManyCells(let file, let limit):
      [file, "\(limit)"]
    case .tooManyRows(let file, let sheet, let limit), .tooManyColumns(let file, let sheet, let limit):
      [file, sheet, "\(limit)"]
    case .textTooLong(let file, let sheet, let cell, let limit): [file, sheet, cell, "\(limit)"]
    case .unknownEncoding(let file, let line), .unclosedQuote(let file, let line): [file, "\(line)"]
    case .notWritten(let reason): [reason]
    }
  }

  private static let examples: [SheetProblem] = [
    .notAWorkbook(file: ""), .legacyWorkbook(file: ""), .passwordProtected(file: ""),
    .damaged(file: "", part: ""),
    .unsafe(file: "", part: ""), .tooLarge(file: "", megabytes: 0), .unpacksTooLarge(file: "", megabytes: 0),
    .zipBomb(file: ""), .tooManySheets(file: "", limit: 0), .tooManyRows(file: "", sheet: "", limit: 0),
    .tooManyColumns(file: "", sheet: "", limit: 0), .tooManyCells(file: "", limit: 0),
    .textTooLong(file: "", sheet: "", cell: "", limit: 0), .unknownEncoding(file: "", line: 0),
    .unclosedQuote(file: "", line: 0), .empty(file: ""), .notWritten(reason: ""),
  ]
}
