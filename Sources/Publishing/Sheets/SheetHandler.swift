import Kernel

/// xl/worksheets/sheetN.xml: the cells of one sheet.
final class SheetHandler: PartHandler {
  private(set) var rows: [[Cell]] = []
  private(set) var uncalculated: [String] = []
  /// Cells taken so far from the whole workbook, gaps included.
  private(set) var cells: Int

  private let file: String
  private let sheet: String
  private let part: String
  private let limits: SheetLimits
  private let strings: [String]
  private let dateStyles: [Bool]
  private let since1904: Bool

  private var merges: [(first: (row: Int, column: Int), lastRow: Int)] = []
  private var inData = false
  private var row = 0
  private var column = 0
  private var inCell = false
  private var inValue = false
  private var type = ""
  private var showsDate = false
  private var hasFormula = false
  private var value = ""
  private var run = TextRun()

  init(
    file: String, sheet: String, part: String, limits: SheetLimits, strings: [String], dateStyles: [Bool],
    since1904: Bool, cellsBefore: Int
  ) {
    self.file = file
    self.sheet = sheet
    self.part = part
    self.limits = limits
    self.strings = strings
    self.dateStyles = dateStyles
    self.since1904 = since1904
    cells = cellsBefore
  }

  private var damaged: SheetProblem { .damaged(file: file, part: part) }

  func start(_ name: String, _ attributes: Attributes) throws(SheetProblem) {
    switch name {
    case "c" where inData: try startCell(attributes)
    case "row" where inData: try startRow(attributes)
    case "v": inValue = inCell
    case "f": if inCell { hasFormula = true }
    case "t", "rPh": if inCell { run.start(name) }
    case "sheetData": inData = true
    case "mergeCell": try merge(attributes["ref"] ?? "")
    default: break
    }
  }

  func text(_ text: String) throws(SheetProblem) {
    if inValue {
      value += text
      guard value.utf8.count <= limits.textLength * 7 else { throw tooLong }
    } else if inCell {
      guard run.append(text, limit: limits.textLength) else { throw tooLong }
    }
  }

  func end(_ name: String) throws(SheetProblem) {
    switch name {
    case "v": inValue = false
    case "t", "rPh": if inCell { run.end(name) }
    case "c":
      guard inCell else { return }
      inCell = false
      try put(cell())
    case "sheetData": inData = false
    default: break
    }
  }

  private func startRow(_ attributes: Attributes) throws(SheetProblem) {
    column = 0
    if let number = attributes["r"] {
      guard let next = Int(number), (1...1_048_576).contains(next) else { throw damaged }
      row = next
    } else {
      row += 1
    }
  }

  private func startCell(_ attributes: Attributes) throws(SheetProblem) {
    guard row > 0 else { throw damaged }
    column += 1
    if let name = attributes["r"] {
      guard let position = cellPosition(name), position.row == row else { throw damaged }
      column = position.column
    }
    inCell = true
    inValue = false
    hasFormula = false
    value = ""
    run = TextRun()
    type = attributes["t"] ?? "n"
    let style = attributes["s"].flatMap { Int($0) } ?? 0
    showsDate = dateStyles.indices.contains(style) && dateStyles[style]
  }

  private func cell() throws(SheetProblem) -> Cell {
    if hasFormula && value.isEmpty && type != "str" {
      try check(row, column)
      uncalculated.append(cellName(row: row, column: column))
      return .empty
    }
    switch type {
    case "s":
      guard !value.isEmpty else { return .empty }
      guard let index = Int(value.trimmed), strings.indices.contains(index) else { throw damaged }
      return try text(of: strings[index])
    case "inlineStr": return try text(of: run.result)
    case "str": return try text(of: unescaped(value))
    case "b": return value.isEmpty ? .empty : .yes(["1", "true"].contains(value.trimmed))
    case "e": return value.isEmpty ? .empty : .fault(value)
    case "d":
      if let day = Day(String(value.trimmed.prefix(10))) { return .day(day) }
      return try text(of: value)
    default: return try number(value.trimmed)
    }
  }

  private func text(of text: String) throws(SheetProblem) -> Cell {
    guard text.utf8.count <= limits.textLength || text.utf16.count <= limits.textLength else { throw tooLong }
    return text.isEmpty ? .empty : .text(text)
  }

  private func number(_ text: String) throws(SheetProblem) -> Cell {
    guard !text.isEmpty else { return .empty }
    let decimal = text.utf8.allSatisfy { "+-.0123456789Ee".utf8.contains($0) }
    guard decimal, let number = Double(text), number.isFinite else { return try self.text(of: text) }
    if showsDate, let day = Day.excelSerial(number, since1904: since1904) { return .day(day) }
    return .number(number)
  }

  private var tooLong: SheetProblem {
    let name = cellName(row: row, column: column)
    return .textTooLong(file: file, sheet: sheet, cell: name, limit: limits.textLength)
  }

  private func check(_ row: Int, _ column: Int) throws(SheetProblem) {
    guard row <= limits.rows else { throw .tooManyRows(file: file, sheet: sheet, limit: limits.rows) }
    guard column <= limits.columns else {
      throw .tooManyColumns(file: file, sheet: sheet, limit: limits.columns)
    }
  }

  private func put(_ cell: Cell) throws(SheetProblem) {
    guard cell != .empty else { return }
    try check(row, column)
    while rows.count < row { rows.append([]) }
    let missing = column - rows[row - 1].count
    if missing > 0 {
      cells += missing
      guard cells <= limits.cells else { throw .tooManyCells(file: file, limit: limits.cells) }
      for _ in 0..<missing { rows[row - 1].append(.empty) }
    }
    rows[row - 1][column - 1] = cell
  }

  private func merge(_ range: String) throws(SheetProblem) {
    let ends = range.split(separator: ":")
    guard ends.count == 2, let first = cellPosition(ends[0]), let last = cellPosition(ends[1]) else {
      throw damaged
    }
    guard first.column == last.column, last.row > first.row else { return }
    guard merges.count < limits.cells else { throw .tooManyCells(file: file, limit: limits.cells) }
    merges.append((first, last.row))
  }

  /// Repeats the value of a cell merged over several rows in each of them, as a reader of the table understands it.
  ///
  /// Rows that hold nothing else stay empty: a merged note at the end of a sheet is one note, not five.
  func copyMergedCellsDown() throws(SheetProblem) {
    let filled = rows.map { !$0.isEmpty }
    var steps = 0
    for (first, lastRow) in merges where first.row <= rows.count && rows[first.row - 1].count >= first.column
    {
      let cell = rows[first.row - 1][first.column - 1]
      guard cell != .empty, first.row < min(lastRow, rows.count) else { continue }
      steps += min(lastRow, rows.count) - first.row
      guard steps <= limits.cells else { throw .tooManyCells(file: file, limit: limits.cells) }
      for below in (first.row + 1)...min(lastRow, rows.count) where filled[below - 1] {
        let held = rows[below - 1].count >= first.column ? rows[below - 1][first.column - 1] : .empty
        guard held == .empty else { continue }
        (row, column) = (below, first.column)
        try put(cell)
      }
    }
  }
}
