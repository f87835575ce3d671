public import Kernel
public import Publishing

/// Reading an answered checklist from a workbook. Pure: rows in, fates out.
public struct ChecklistImport: Sendable {
  /// What becomes of one row of the sheet.
  public struct Line: Sendable, Equatable {
    /// Row number as the spreadsheet shows it, 1-based.
    public let row: Int
    public let label: String
    public let text: String
    public let fate: Fate
  }

  public enum Fate: Sendable, Equatable {
    case apply(item: String, Reading)
    case skip(Reason)
  }

  /// What a row says of one round of checks.
  public struct Round: Sendable, Equatable, Codable {
    /// Nil when the file does not say: the round at which the record stands.
    public var number: Int?
    /// Whether it begins the round, rather than revising the one at which the record stands.
    public var begins = false
    public var value: Answer.Value?
    public var started = false
    public var confirmedOn: Day?
    public var targetOn: Day?
  }

  /// Values read from one row.
  public struct Reading: Sendable, Equatable, Codable {
    /// The newest round of which the row says something; the only one in most files.
    public var last = Round()
    /// Those before it, in order.
    public var earlier: [Round] = []
    /// The newest round of the file that is history in the record already, and stays as it is there.
    public var leftAlone: Int?
    public var owner = ""
    public var deputy = ""
    public var note = ""
    public var proof = ""

    public var rounds: [Round] { earlier + [last] }
    public var value: Answer.Value? { last.value }
    public var started: Bool { last.started }
    public var confirmedOn: Day? { last.confirmedOn }
    public var targetOn: Day? { last.targetOn }
  }

  /// Why a row is not taken.
  public enum Reason: Sendable, Equatable {
    case noAnswer
    case unknownNumber(String)
    /// The number fits several rows (server, PC) and the row does not say which.
    case ambiguous(String)
    case duplicate(ofRow: Int)
    case unreadableAnswer(cell: String, String)
    case unreadableDay(cell: String, String)
    case dayOutsideYear(cell: String, Day)
    case futureDay(cell: String, Day)
    case formulaWithoutValue(cell: String)
    /// The record has reached a later round; it is never taken back.
    case olderThanRecord(round: Int, record: Int)
    /// A round cannot begin before the one before it has an answer and a day, in the file or in the record.
    case roundNotFinished(cell: String, round: Int, next: Int)
    /// A heading, a blank or a note between the items.
    case notAnItem

    public var code: String {
      switch self {
      case .noAnswer: "noAnswer"
      case .unknownNumber: "unknownNumber"
      case .ambiguous: "ambiguous"
      case .duplicate: "duplicate"
      case .unreadableAnswer: "unreadableAnswer"
      case .unreadableDay: "unreadableDay"
      case .dayOutsideYear: "dayOutsideYear"
      case .futureDay: "futureDay"
      case .formulaWithoutValue: "formulaWithoutValue"
      case .olderThanRecord: "olderThanRecord"
      case .roundNotFinished: "roundNotFinished"
      case .notAnItem: "notAnItem"
      }
    }

    public var arguments: [String] {
      switch self {
      case .noAnswer, .notAnItem: []
      case .unknownNumber(let text), .ambiguous(let text), .formulaWithoutValue(let text): [text]
      case .duplicate(let row): ["\(row)"]
      case .unreadableAnswer(let cell, let text), .unreadableDay(let cell, let text): [cell, text]
      case .dayOutsideYear(let cell, let day), .futureDay(let cell, let day): [cell, day.description]
      case .olderThanRecord(let round, let record): ["\(round)", "\(record)"]
      case .roundNotFinished(let cell, let round, let next): [cell, "\(round)", "\(next)"]
      }
    }
  }

  public let sheet: String
  public let headerRow: Int
  public private(set) var lines: [Line]
  private let columns: Columns

  /// What the file speaks of in a round; what it has no column for stays as it is.
  public func speaks(of role: Columns.Role, in round: Int?) -> Bool {
    columns.roles(in: round).contains(role)
  }

  /// Lines about items; headings and blanks left out.
  public var itemLines: [Line] { lines.filter { $0.fate != .skip(.notAnItem) } }
  /// Whether most rows speak of days of another fiscal year: the wrong year's file, most likely.
  public var looksLikeAnotherYear: Bool {
    let outside = lines.count { if case .skip(.dayOutsideYear) = $0.fate { true } else { false } }
    return outside * 2 > itemLines.count
  }
  public var applied: Int { lines.count { if case .apply = $0.fate { true } else { false } } }

  /// - Parameter year: days outside it are not taken; nil takes any.
  /// - Throws: `ImportProblem` when no sheet has a header row, or the numbers fit another edition better.
  public init(
    _ workbook: Workbook, file: String, form: Pack.Form, year: FiscalYear?, today: Day
  ) throws(ImportProblem) {
    let found = workbook.sheets.lazy.compactMap { sheet in
      Columns.find(in: sheet).map { (sheet, $0) }
    }.max { $0.1.strength < $1.1.strength }
    guard let (sheet, columns) = found else {
      throw .noHeader(file: file, sheets: workbook.sheets.map(\.name).joined(separator: ", "))
    }
    self.sheet = sheet.name
    if columns.isUnclear { throw .severalRounds(file: file, sheet: sheet.name) }
    headerRow = columns.row + 1
    self.columns = columns
    var reader = RowReader(sheet: sheet, columns: columns, form: form, year: year, today: today)
    lines = reader.read()
    let numbered = lines.count { line in
      switch line.fate {
      case .skip(.notAnItem): false
      default: true
      }
    }
    let unknown = lines.count { if case .skip(.unknownNumber) = $0.fate { true } else { false } }
    if numbered == 0 { throw .noItems(file: file, sheet: sheet.name) }
    if unknown * 2 > numbered {
      throw .otherEdition(file: file, sheet: sheet.name, unknown: unknown, of: numbered)
    }
  }
}

extension ChecklistImport {
  /// The same plan with the rounds of each row fitted to where the record stands.
  ///
  /// Rounds that the record has finished are left alone, its present round is revised, and later ones begin.
  public func fitted(to answers: [String: Answer]) -> ChecklistImport {
    var plan = self
    plan.lines = lines.map { line in
      guard case .apply(let item, let reading) = line.fate else { return line }
      let fate = fate(of: reading, for: answers[item] ?? .blank(item), row: line.row)
      return Line(row: line.row, label: line.label, text: line.text, fate: fate)
    }
    return plan
  }

  private func fate(of reading: Reading, for record: Answer, row: Int) -> Fate {
    guard let last = reading.last.number else { return .apply(item: record.item, reading) }
    guard last >= record.round else { return .skip(.olderThanRecord(round: last, record: record.round)) }
    for number in record.round..<last {
      let said = reading.earlier.first { $0.number == number }
      guard let missing = missingPart(of: said, number, in: record) else { continue }
      let column = columns.round(number)?.places[missing] ?? columns.round(number)?.answer
      let cell = RowReader.cellName(column ?? columns.round(last)?.answer ?? 0, row)
      return .skip(.roundNotFinished(cell: cell, round: number, next: number + 1))
    }
    var fitted = reading
    fitted.earlier.removeAll { ($0.number ?? 0) < record.round }
    for index in fitted.earlier.indices { fitted.earlier[index].begin(after: record.round) }
    fitted.last.begin(after: record.round)
    fitted.leftAlone = reading.earlier.last { ($0.number ?? 0) < record.round }?.number
    return .apply(item: record.item, fitted)
  }

  /// What a round would still lack for the next one to begin.
  private func missingPart(of said: Round?, _ number: Int, in record: Answer) -> Columns.Part? {
    let isCurrent = number == record.round
    let part = columns.round(number)?.places[.answer] == nil ? Columns.Part.yes : .answer
    guard let said else {
      if isCurrent && record.value != nil && record.confirmedOn != nil { return nil }
      return isCurrent && record.value != nil ? .checked : part
    }
    // What stands in the record may fill in, but not for a later round: that would be an answer nobody gave.
    let value = said.value ?? (isCurrent ? record.givenValue : nil)
    let keepsDay = isCurrent && !speaks(of: .checked, in: number)
    let day = keepsDay ? record.confirmedOn : said.confirmedOn
    if value == nil { return part }
    return day == nil ? .checked : nil
  }
}

extension ChecklistImport.Round {
  fileprivate mutating func begin(after round: Int) { begins = (number ?? 0) > round }
}

extension Answer {
  /// The value, unless it was only carried over: that is nobody's answer of this year yet.
  var givenValue: Value? { carriedFrom == nil ? value : nil }
}

public enum ImportProblem: Problem, Equatable {
  case noHeader(file: String, sheets: String)
  case noItems(file: String, sheet: String)
  case severalRounds(file: String, sheet: String)
  case otherEdition(file: String, sheet: String, unknown: Int, of: Int)

  public var code: String {
    switch self {
    case .noHeader: "import.noHeader"
    case .noItems: "import.noItems"
    case .severalRounds: "import.severalRounds"
    case .otherEdition: "import.otherEdition"
    }
  }
  public var kind: ProblemKind { .invalid }
  public var arguments: [String] {
    switch self {
    case .noHeader(let file, let sheets): [file, sheets]
    case .noItems(let file, let sheet), .severalRounds(let file, let sheet): [file, sheet]
    case .otherEdition(let file, let sheet, let unknown, let all): [file, sheet, "\(unknown)", "\(all)"]
    }
  }
}
