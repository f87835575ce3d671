import Kernel
import Publishing

/// What a vendor's workbook was read as. Nothing has been written.
public struct DisclosureReading: Sendable {
  /// What became of a row.
  enum Fate: Sendable, Equatable {
    case question(Disclosure.Question, [Remark])
    /// A heading within the form, under which the next questions stand.
    case section(String)
    /// Above the headings, or the headings themselves.
    case head
    case refused(Refused)
  }

  /// What a person should know of a question that was taken.
  enum Remark: String, Sendable {
    case mendedNumber, unknownNumber, dateNumber, cutZero, unreadable, twoMarks, blank
  }
  enum Refused: String, Sendable { case noNumber, badNumber, duplicate }

  struct Row: Sendable, Equatable {
    /// As the spreadsheet counts, from 1.
    let number: Int
    /// The cells in a line, for a person to find the row.
    let shown: String
    let fate: Fate
  }

  public let file: String
  /// Of the sheets that were looked at, by their place in the workbook.
  let sheets: [String]
  let sheet: Int
  /// nil when the columns were not recognised: nothing can be taken until a person says which they are.
  let columns: DisclosureColumns?
  let rows: [Row]
  let facts: DisclosureFacts
  /// The first rows as they stand, and the width, for choosing columns.
  let sample: [[Cell]]

  public var questions: [Disclosure.Question] {
    rows.compactMap { if case .question(let question, _) = $0.fate { question } else { nil } }
  }
  var refused: Int { rows.count { if case .refused = $0.fate { true } else { false } } }
  func count(_ answer: Disclosure.Answer) -> Int { questions.count { $0.answer == answer } }
  func count(_ remark: Remark) -> Int {
    rows.count { if case .question(_, let remarks) = $0.fate { remarks.contains(remark) } else { false } }
  }

  /// The most questions that are taken from a file; the largest form known has 240.
  static let mostQuestions = 2000
}

extension DisclosureReading {
  /// What the command line answers.
  public struct Summary: Encodable, Sendable {
    public struct Refusal: Encodable, Sendable {
      public let row: Int
      public let reason: String
    }
    public let kind: String?
    public let edition: String?
    public let product: String?
    public let vendor: String?
    public let sheet: String
    public let recognised: Bool
    public let questions: [Disclosure.Question]
    public let refused: [Refusal]
    /// Numbers that needed a look, by why.
    public let remarks: [String: [String]]
  }

  public var summary: Summary {
    var refusals: [Summary.Refusal] = []
    var remarked: [String: [String]] = [:]
    for row in rows {
      switch row.fate {
      case .refused(let why): refusals.append(Summary.Refusal(row: row.number, reason: why.rawValue))
      case .question(let question, let remarks):
        for remark in remarks { remarked[remark.rawValue, default: []].append(question.number) }
      case .section, .head: continue
      }
    }
    return Summary(
      kind: facts.kind?.rawValue, edition: facts.edition, product: facts.product, vendor: facts.vendor,
      sheet: sheetName, recognised: columns != nil && !questions.isEmpty, questions: questions,
      refused: refusals,
      remarks: remarked)
  }

  /// Reads the sheet that holds the most questions, or the one that a person chose.
  ///
  /// - Parameters:
  ///   - sheet: its place in the workbook.
  ///   - columns: as a person corrected them; they hold for `sheet` only.
  init(_ workbook: Workbook, named file: String, sheet: Int? = nil, columns: DisclosureColumns? = nil) {
    let all = workbook.sheets
    var best = (index: sheet ?? 0, columns: columns, rows: [Row](), strength: -1)
    let candidates =
      sheet.map { [$0] } ?? all.indices.filter { !all[$0].hidden } + all.indices.filter { all[$0].hidden }
    for index in candidates where all.indices.contains(index) {
      let found = (sheet == nil ? nil : columns) ?? DisclosureColumns.find(in: all[index].rows)
      let rows = found.map { DisclosureRows.read(all[index].rows, $0) } ?? []
      let strength = rows.count { if case .question = $0.fate { true } else { false } }
      if strength > best.strength { best = (index, found, rows, strength) }
    }
    self.file = file
    sheets = all.map(\.name)
    self.sheet = best.index
    self.columns = best.strength > 0 ? best.columns : columns
    rows = best.rows
    sample = all.indices.contains(best.index) ? Array(all[best.index].rows.prefix(60)) : []
    facts = DisclosureFacts(
      all, of: best.index, headRows: best.columns?.firstRow ?? 60, named: file,
      best.rows.compactMap(\.question))
  }
}

extension DisclosureReading.Row {
  var question: Disclosure.Question? { if case .question(let question, _) = fate { question } else { nil } }
}

/// Reads the rows of a sheet once its columns are known.
enum DisclosureRows {
  static func read(_ rows: [[Cell]], _ columns: DisclosureColumns) -> [DisclosureReading.Row] {
    let isMds2 =
      rows.prefix(2000).count { row in
        if case .known = Mds2.number(row.cell(columns.number).text) { true } else { false }
      } >= 5
    var reader = RowByRow(columns: columns, isMds2: isMds2, parents: parents(rows, columns))
    return rows.enumerated().compactMap { index, cells in
      guard cells.contains(where: { !$0.text.trimmed.isEmpty }) else { return nil }
      let shown = cells.map { $0.text.trimmed }.filter { !$0.isEmpty }.joined(separator: " | ")
      let fate = index < columns.firstRow ? .head : reader.fate(of: cells)
      return fate.map {
        DisclosureReading.Row(number: index + 1, shown: String(shown.prefix(200)), fate: $0)
      }
    }
  }

  /// Numbers below which others stand: `1` beside `1.1`. Without an answer such a row is a heading.
  private static func parents(_ rows: [[Cell]], _ columns: DisclosureColumns) -> Set<String> {
    let numbers = rows.dropFirst(columns.firstRow).compactMap {
      DisclosureNumber.read($0.cell(columns.number))
    }
    return numbers.reduce(into: []) { found, number in
      var stem = number[...]
      while let cut = stem.lastIndex(where: { "-.(".contains($0) }) {
        stem = stem[..<cut]
        if let last = stem.last, last.isNumber || last.isLetter || last == ")" { found.insert(String(stem)) }
      }
    }
  }
}

private struct RowByRow {
  let columns: DisclosureColumns
  let isMds2: Bool
  let parents: Set<String>
  private var section = ""
  private var seen: Set<String> = []
  private var last = ""

  init(columns: DisclosureColumns, isMds2: Bool, parents: Set<String>) {
    (self.columns, self.isMds2, self.parents) = (columns, isMds2, parents)
  }

  /// nil for a row that says nothing in the columns that are read.
  mutating func fate(of cells: [Cell]) -> DisclosureReading.Fate? {
    let numberCell = cells.cell(columns.number)
    let text = columns.question.map { cells.cell($0).text.trimmed } ?? ""
    let answer = read(cells)
    var remarks = answer.remarks
    guard let number = number(numberCell, &remarks) else {
      if answer.answer == .blank {
        let heading = [numberCell.text.trimmed, text].filter { !$0.isEmpty }.joined(separator: " ")
        guard !heading.isEmpty else { return nil }
        section = String(heading.prefix(200))
        return .section(section)
      }
      return .refused(numberCell.text.trimmed.isEmpty ? .noNumber : .badNumber)
    }
    if answer.answer == .blank, parents.contains(number) || isMds2 && Mds2.sections.contains(number) {
      section = String([number, text].filter { !$0.isEmpty }.joined(separator: " ").prefix(200))
      last = number
      return .section(section)
    }
    guard seen.insert(number).inserted else { return .refused(.duplicate) }
    last = number
    let remark = columns.remark.map { cells.cell($0).text.trimmed } ?? ""
    if answer.answer == .blank { remarks.append(.blank) }
    return .question(
      Disclosure.Question(
        number: number, section: section, text: String(text.prefix(2000)),
        answer: isMds2 && answer.answer == .unreadable && number.hasPrefix("DOC-") ? .text : answer.answer,
        raw: String(answer.rest.prefix(2000)), remark: String(remark.prefix(2000))),
      isMds2 && number.hasPrefix("DOC-") ? remarks.filter { $0 != .unreadable } : remarks)
  }

  private func number(_ cell: Cell, _ remarks: inout [DisclosureReading.Remark]) -> String? {
    if isMds2, let number = Mds2.number(cell.text) {
      switch number {
      case .known(let id): return id
      case .mended(let id):
        // Not when the right one stands in the form too: then the slip is another question.
        if seen.contains(id) { return unknown(cell, &remarks) }
        remarks.append(.mendedNumber)
        return id
      case .unknown: return unknown(cell, &remarks)
      }
    }
    guard let number = DisclosureNumber.read(cell) else { return nil }
    if case .day = cell { remarks.append(.dateNumber) }
    // A number cell drops the nought of 1.10; after 1.9 it cannot be 1.1 again.
    if case .number = cell, number.hasSuffix(".1"), seen.contains(number), last == "\(number.dropLast(1))9" {
      remarks.append(.cutZero)
      return "\(number)0"
    }
    if isMds2 { remarks.append(.unknownNumber) }
    return number
  }

  private func unknown(_ cell: Cell, _ remarks: inout [DisclosureReading.Remark]) -> String? {
    remarks.append(.unknownNumber)
    return cell.text.halfWidth.uppercased().filter { !$0.isWhitespace }
  }

  private func read(_ cells: [Cell]) -> (
    answer: Disclosure.Answer, rest: String, remarks: [DisclosureReading.Remark]
  ) {
    switch columns.answers {
    case .one(let column):
      let (answer, rest) = AnswerWords.read(cells.cell(column))
      return (answer, rest, answer == .unreadable ? [.unreadable] : [])
    case .marks(let yes, let no, let na):
      let places = [(Disclosure.Answer.yes, yes), (.no, no)] + (na.map { [(.na, $0)] } ?? [])
      let marked = places.filter { AnswerWords.isMarked(cells.cell($0.1)) == true }
      let odd = places.filter { AnswerWords.isMarked(cells.cell($0.1)) == nil }.map {
        cells.cell($0.1).text.trimmed
      }
      let rest = odd.joined(separator: " ")
      if marked.count > 1 { return (.unreadable, rest, [.twoMarks]) }
      if let only = marked.first { return (only.0, rest, []) }
      return odd.isEmpty ? (.blank, "", []) : (.unreadable, rest, [.unreadable])
    }
  }
}

extension [Cell] {
  /// The cell of a column, empty beyond the row's end.
  func cell(_ column: Int) -> Cell { indices.contains(column) ? self[column] : .empty }
}
