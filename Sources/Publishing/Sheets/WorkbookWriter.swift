import CXlsxWriter
import Foundation
import Kernel

extension Sheets {
  /// Writes an Excel workbook.
  ///
  /// Text is always written as text: a cell that begins with `=`, `+`, `-` or `@` never becomes a formula, and a URL never
  /// becomes a link. Days are real dates shown as yyyy-mm-dd. Control characters are left out.
  ///
  /// - Throws: `.textTooLong`, `.tooManyRows`, `.tooManyColumns` beyond what Excel can hold; `.notWritten`.
  public static func xlsx(_ sheets: [OutputSheet]) throws(SheetProblem) -> [UInt8] {
    // Everything is checked first: libxlsxwriter frees its memory only when a workbook is closed.
    for sheet in sheets { try check(sheet) }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("mamorite-\(UUID().uuidString)", isDirectory: true)
    do {
      let ownerOnly: [FileAttributeKey: Int] = [.posixPermissions: 0o700]
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: ownerOnly)
    } catch {
      throw .notWritten(reason: "\(error)")
    }
    // A folder that cannot be removed is left to the system's cleaning of temporary files.
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("book.xlsx").path
    try write(sheets, to: path, in: folder.path)
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .notWritten(reason: "\(error)")
    }
  }

  private static func check(_ sheet: OutputSheet) throws(SheetProblem) {
    let headings = sheet.headings.isEmpty ? [] : [sheet.headings.map { Cell.text($0) }]
    let top = sheet.notes.map { [Cell.text($0)] } + headings
    guard top.count + sheet.rows.count <= 1_048_576 else {
      throw .tooManyRows(file: "", sheet: sheet.name, limit: 1_048_576)
    }
    for (index, row) in (top + sheet.rows).enumerated() {
      guard row.count <= 16_384 else { throw .tooManyColumns(file: "", sheet: sheet.name, limit: 16_384) }
      for (column, cell) in row.enumerated() where cell.text.utf16.count > 32_767 {
        let name = cellName(row: index + 1, column: column + 1)
        throw .textTooLong(file: "", sheet: sheet.name, cell: name, limit: 32_767)
      }
    }
  }

  private static func write(_ sheets: [OutputSheet], to path: String, in folder: String) throws(SheetProblem)
  {
    let opened = folder.withCString { folder in
      var options = lxw_workbook_options(
        constant_memory: 0, tmpdir: UnsafeMutablePointer(mutating: folder), use_zip64: 0)
      // The library copies both the name and the options.
      return workbook_new_opt(path, &options)
    }
    guard let workbook = opened else { throw .notWritten(reason: "workbook_new_opt") }
    let formats = Formats(workbook)
    for (sheet, name) in zip(sheets, sheetNames(sheets.map(\.name))) {
      guard let worksheet = workbook_add_worksheet(workbook, name) else { continue }
      fill(worksheet, with: sheet, formats)
    }
    let outcome = workbook_close(workbook)
    guard outcome == LXW_NO_ERROR else {
      throw .notWritten(reason: lxw_strerror(outcome).map { String(cString: $0) } ?? "\(outcome.rawValue)")
    }
  }

  private static func fill(
    _ worksheet: UnsafeMutablePointer<lxw_worksheet>, with sheet: OutputSheet, _ formats: Formats
  ) {
    let widest = max(sheet.headings.count, sheet.rows.map(\.count).max() ?? 0, 1)
    for column in 0..<widest {
      let width = column < sheet.columnWidths.count ? sheet.columnWidths[column] : 14
      worksheet_set_column(worksheet, lxw_col_t(column), lxw_col_t(column), min(max(width, 1), 255), nil)
    }
    var row: lxw_row_t = 0
    for (index, note) in sheet.notes.enumerated() {
      write(.text(note), worksheet, row, 0, text: index == 0 ? formats.title : formats.note, formats)
      row += 1
    }
    if !sheet.headings.isEmpty {
      for (column, heading) in sheet.headings.enumerated() {
        write(.text(heading), worksheet, row, lxw_col_t(column), text: formats.heading, formats)
      }
      worksheet_freeze_panes(worksheet, row + 1, 0)
      worksheet_repeat_rows(worksheet, row, row)
      row += 1
    }
    let firstRow = row
    let marked = Set(sheet.marks.map { [$0.row, $0.column] })
    for (index, cells) in sheet.rows.enumerated() {
      for (column, cell) in cells.enumerated() {
        if !marked.isEmpty && marked.contains([index, column]) {
          mark(cell, worksheet, row, lxw_col_t(column), formats)
        } else {
          write(cell, worksheet, row, lxw_col_t(column), text: formats.text, formats)
        }
      }
      row += 1
    }
    for one in sheet.marks.prefix(mostComments) {
      worksheet_write_comment(
        worksheet, firstRow + lxw_row_t(one.row), lxw_col_t(one.column), writable(one.comment))
    }
    setUpPage(worksheet)
  }

  /// Excel opens slowly with more; the colour is on every marked cell.
  private static let mostComments = 1_000

  /// A cell in the colour of marked ones, as text: what is wrong with it is often what kind of value it is.
  private static func mark(
    _ cell: Cell, _ worksheet: UnsafeMutablePointer<lxw_worksheet>, _ row: lxw_row_t, _ column: lxw_col_t,
    _ formats: Formats
  ) {
    if cell == .empty {
      worksheet_write_blank(worksheet, row, column, formats.marked)
    } else {
      worksheet_write_string(worksheet, row, column, writable(cell.text), formats.marked)
    }
  }

  private static func setUpPage(_ worksheet: UnsafeMutablePointer<lxw_worksheet>) {
    let a4: UInt8 = 9
    worksheet_set_landscape(worksheet)
    worksheet_set_paper(worksheet, a4)
    worksheet_fit_to_pages(worksheet, 1, 0)
    worksheet_set_margins(worksheet, 0.5, 0.5, 0.6, 0.6)
    worksheet_set_footer(worksheet, "&L&A&R&P / &N")
  }

  private static func write(
    _ cell: Cell, _ worksheet: UnsafeMutablePointer<lxw_worksheet>, _ row: lxw_row_t, _ column: lxw_col_t,
    text format: UnsafeMutablePointer<lxw_format>?, _ formats: Formats
  ) {
    switch cell {
    case .empty: break
    case .text(let text), .fault(let text):
      worksheet_write_string(worksheet, row, column, writable(text), format)
    case .number(let number) where number.isFinite:
      worksheet_write_number(worksheet, row, column, number, formats.number)
    case .number(let number): worksheet_write_string(worksheet, row, column, "\(number)", format)
    case .day(let day):
      // Serial 25,569 is 1970-01-01; before March 1900 Excel has no true dates.
      let serial = Double(day.daysSince1970 + 25_569)
      if serial > 60 {
        worksheet_write_number(worksheet, row, column, serial, formats.day)
      } else {
        worksheet_write_string(worksheet, row, column, day.description, format)
      }
    case .yes(let yes): worksheet_write_boolean(worksheet, row, column, yes ? 1 : 0, formats.number)
    }
  }

  /// The text without what XML 1.0 cannot hold; line breaks as LF.
  private static func writable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.withPlainLineBreaks.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A, 0x20...0x7E, 0x80...0xFFFD, 0x10000...: result.append(scalar)
      default: break
      }
    }
    return escaped(String(result))
  }

  /// A literal `_x0041_` would be read as an escaped character; its underscore is escaped instead.
  private static func escaped(_ text: String) -> String {
    text.contains("_x") ? text.replacing(/_(?=x[0-9A-Fa-f]{4}_)/, with: "_x005F_") : text
  }

  /// Names as Excel takes them: at most 31 UTF-16 units, none of `[]:*?/\`, no outer apostrophe, each only once.
  private static func sheetNames(_ wanted: [String]) -> [String] {
    var taken: Set<String> = []
    return wanted.map { raw in
      let wide: [Character: Character] = [
        "[": "［", "]": "］", ":": "：", "*": "＊", "?": "？", "/": "／", "\\": "＼", "'": "’",
      ]
      let allowed = writable(raw).filter { !$0.isNewline && $0 != "\t" }.map { wide[$0] ?? $0 }
      let base = allowed.isEmpty ? "Sheet" : String(allowed)
      var name = shortened(base, to: 31)
      var number = 2
      while !taken.insert(name.lowercased()).inserted {
        name = "\(shortened(base, to: 26)) (\(number))"
        number += 1
      }
      return name
    }
  }

  private static func shortened(_ text: String, to limit: Int) -> String {
    var text = text
    while text.utf16.count > limit { text.removeLast() }
    return text
  }
}

/// The cell formats of one workbook, which owns them.
private struct Formats {
  let title, note, heading, text, number, day, marked: UnsafeMutablePointer<lxw_format>?

  init(_ workbook: UnsafeMutablePointer<lxw_workbook>) {
    func format(_ adjust: (UnsafeMutablePointer<lxw_format>?) -> Void) -> UnsafeMutablePointer<lxw_format>? {
      let format = workbook_add_format(workbook)
      format_set_font_name(format, "Yu Gothic")
      format_set_font_size(format, 10)
      format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_TOP.rawValue))
      adjust(format)
      return format
    }
    func ruled(_ format: UnsafeMutablePointer<lxw_format>?) {
      format_set_border(format, UInt8(LXW_BORDER_THIN.rawValue))
      format_set_border_color(format, 0xB0B7BF)
    }
    title = format {
      format_set_bold($0)
      format_set_font_size($0, 13)
    }
    note = format { _ in }
    heading = format {
      format_set_bold($0)
      format_set_text_wrap($0)
      format_set_bg_color($0, 0xE8ECF0)
      ruled($0)
    }
    text = format {
      format_set_text_wrap($0)
      ruled($0)
    }
    number = format(ruled)
    marked = format {
      format_set_text_wrap($0)
      format_set_bg_color($0, 0xFAD9D5)
      ruled($0)
    }
    day = format {
      format_set_num_format($0, "yyyy-mm-dd")
      ruled($0)
    }
  }
}
