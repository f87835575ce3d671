import Kernel

extension Sheets {
  /// Reads text with commas, tabs or semicolons as one sheet named after the file.
  ///
  /// Every cell is ``Cell/text(_:)`` or ``Cell/empty``: a text file does not say what is a number or a day.
  /// Quotes as in RFC 4180; CRLF, LF and CR end a line; a line break inside quotes is kept as LF.
  public static func readCSV(
    _ bytes: [UInt8], named file: String, limits: SheetLimits = .standard
  ) throws(SheetProblem) -> Workbook {
    guard bytes.count <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    let text = try TextDecoding.utf8(bytes, file: file)
    try refuseOtherText(text, file)
    var parser = CSVParser(text, separator: separator(of: text), file: file, limits: limits)
    let sheet = Sheet(name: sheetName(of: file), rows: try parser.rows())
    guard !sheet.rows.isEmpty else { throw .empty(file: file) }
    return Workbook(sheets: [sheet])
  }

  /// Writes UTF-8 with a byte order mark, which Excel needs to read Japanese, and CRLF; a line break in a cell is LF.
  ///
  /// A text that a spreadsheet program would take for a formula gets an apostrophe in front, which ``readCSV(_:named:limits:)``
  /// takes away again: what is read back is what was written, and opening the file in Excel runs nothing.
  public static func csv(_ rows: [[Cell]]) -> [UInt8] {
    var result: [UInt8] = [0xEF, 0xBB, 0xBF]
    for row in rows {
      var first = true
      for cell in row {
        if !first { result.append(0x2C) }
        first = false
        let text = cell.text.withPlainLineBreaks
        if case .text = cell { append(text.asNoFormula, to: &result) } else { append(text, to: &result) }
      }
      result.append(contentsOf: [0x0D, 0x0A])
    }
    return result
  }

  private static func append(_ text: String, to result: inout [UInt8]) {
    let special = text.utf8.contains { [0x22, 0x2C, 0x3B, 0x09, 0x0A, 0x20].contains($0) }
    guard special else {
      result.append(contentsOf: text.utf8)
      return
    }
    result.append(0x22)
    for byte in text.utf8 {
      if byte == 0x22 { result.append(0x22) }
      result.append(byte)
    }
    result.append(0x22)
  }

  /// A web page or XML saved as `.xls` and the like are text, but no table.
  private static func refuseOtherText(_ text: [UInt8], _ file: String) throws(SheetProblem) {
    let head = String(decoding: text.prefix(200), as: UTF8.self).trimmed.lowercased()
    for start in ["<?xml", "<!doctype", "<html", "<table", "%pdf-", "{\\rtf"] where head.hasPrefix(start) {
      throw .notAWorkbook(file: file)
    }
  }

  /// The separator that splits most of the first records into the same number of fields, in doubt the tab.
  ///
  /// A comma when none splits any.
  private static func separator(of text: [UInt8]) -> UInt8 {
    let candidates: [UInt8] = [0x09, 0x2C, 0x3B]
    // For each candidate: how many of the records have how many of it.
    var records: [[Int: Int]] = [[:], [:], [:]]
    var counts = [0, 0, 0]
    var (quoted, fieldStarts) = (false, true)
    for byte in text.prefix(65_536) {
      if quoted || byte == 0x22 && fieldStarts {
        // Doubled quotes close and open again, which comes to the same.
        if byte == 0x22 { quoted.toggle() }
        fieldStarts = byte == 0x22 && !quoted
        continue
      }
      let candidate = candidates.firstIndex(of: byte)
      if let candidate { counts[candidate] += 1 }
      fieldStarts = candidate != nil || byte == 0x0A || byte == 0x0D
      guard byte == 0x0A || byte == 0x0D else { continue }
      for index in candidates.indices { records[index][counts[index], default: 0] += 1 }
      counts = [0, 0, 0]
    }
    for index in candidates.indices { records[index][counts[index], default: 0] += 1 }
    var best: (separator: UInt8, score: Int) = (0x2C, 0)
    for (separator, records) in zip(candidates, records) {
      let score = records.map { count, records in count * records }.max() ?? 0
      if score > best.score { best = (separator, score) }
    }
    return best.separator
  }

  private static func sheetName(of file: String) -> String {
    let name = file.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return String(name) }
    return String(name[..<dot])
  }
}

extension String {
  /// With an apostrophe in front where a spreadsheet program would take the text for a formula (CWE-1236). A lone sign is none.
  ///
  /// A text that looks like one already guarded is guarded too, so that taking the guard away always gives back the text.
  fileprivate var asNoFormula: String { isTakenForFormula ? "'\(self)" : self }

  fileprivate var withoutFormulaGuard: String {
    utf8.first == UInt8(ascii: "'") && isTakenForFormula ? String(dropFirst()) : self
  }

  /// Whether it begins, behind any apostrophes, with a sign that starts a formula; full-width ones do in Japanese Excel.
  private var isTakenForFormula: Bool {
    var rest = unicodeScalars.drop { $0 == "'" }
    guard let first = rest.popFirst(), !rest.isEmpty else { return false }
    switch first {
    case "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠": return true
    default: return false
    }
  }
}

private struct CSVParser {
  private let text: [UInt8]
  private let separator: UInt8
  private let file: String
  private let limits: SheetLimits
  private var position = 0
  private var line = 1

  init(_ text: [UInt8], separator: UInt8, file: String, limits: SheetLimits) {
    self.text = text
    self.separator = separator
    self.file = file
    self.limits = limits
  }

  mutating func rows() throws(SheetProblem) -> [[Cell]] {
    let sheet = file
    var rows: [[Cell]] = []
    var cells = 0
    while let record = try record() {
      var row = record.map { $0.isEmpty ? Cell.empty : .text($0.withoutFormulaGuard) }
      while row.last == .empty { row.removeLast() }
      rows.append(row)
      if row.isEmpty { continue }
      guard rows.count <= limits.rows else {
        throw .tooManyRows(file: file, sheet: sheet, limit: limits.rows)
      }
      guard row.count <= limits.columns else {
        throw .tooManyColumns(file: file, sheet: sheet, limit: limits.columns)
      }
      cells += row.count
      guard cells <= limits.cells else { throw .tooManyCells(file: file, limit: limits.cells) }
      if let long = row.firstIndex(where: {
        $0.text.utf8.count > limits.textLength && $0.text.utf16.count > limits.textLength
      }) {
        let name = cellName(row: rows.count, column: long + 1)
        throw .textTooLong(file: file, sheet: sheet, cell: name, limit: limits.textLength)
      }
    }
    return rows
  }

  /// The fields of the next record, or nil at the end.
  mutating func record() throws(SheetProblem) -> [String]? {
    guard position < text.count else { return nil }
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < text.count else { return fields }
      let byte = text[position]
      position += 1
      if byte == separator {
        if position == text.count { return fields + [""] }
        continue
      }
      if byte == 0x0D, position < text.count, text[position] == 0x0A { position += 1 }
      line += 1
      return fields
    }
  }

  /// Reads up to a separator, a line end or the end, and stays in front of it.
  private mutating func field() throws(SheetProblem) -> String {
    var bytes: [UInt8] = []
    if text[position] == 0x22 { try quoted(into: &bytes) }
    // Text after a closing quote is kept as it stands; such files are written by hand.
    let start = position
    while position < text.count, text[position] != separator, text[position] != 0x0A, text[position] != 0x0D {
      position += 1
    }
    bytes.append(contentsOf: text[start..<position])
    return String(decoding: bytes, as: UTF8.self).withPlainLineBreaks
  }

  private mutating func quoted(into bytes: inout [UInt8]) throws(SheetProblem) {
    let opened = line
    position += 1
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte == 0x22 {
        guard position < text.count, text[position] == 0x22 else { return }
        position += 1
      } else if byte == 0x0A || byte == 0x0D && !(position < text.count && text[position] == 0x0A) {
        line += 1
      }
      bytes.append(byte)
    }
    throw .unclosedQuote(file: file, line: opened)
  }
}
