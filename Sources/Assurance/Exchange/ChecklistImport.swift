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

  /// - Throws: `ImportProblem` when no sheet has a header row, or the numbers fit another edition better.
  public init(
    _ workbook: Workbook, file: String, form: Pack.Form, year: FiscalYear, today: Day
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

/// Goes through the rows below the header.
private struct RowReader {
  let sheet: Sheet
  let columns: Columns
  let form: Pack.Form
  let year: FiscalYear
  let today: Day
  private var section = ""
  /// The number of the row before that had one, as `2-9`.
  private var previous = ""
  private var seen: [String: Int] = [:]
  /// Rows of the form by their plain number, and items by their folded question: a sheet may ask 2,000 times.
  private let byNumber: [String: [Pack.Item]]
  private let byQuestion: [String: [Pack.Item]]

  init(sheet: Sheet, columns: Columns, form: Pack.Form, year: FiscalYear, today: Day) {
    self.sheet = sheet
    self.columns = columns
    self.form = form
    self.year = year
    self.today = today
    byNumber = Dictionary(grouping: form.rows) { RowReader.plainNumber($0.label) }
    var questions: [String: [Pack.Item]] = [:]
    for item in form.items {
      for text in Set([item.question.ja.folded, item.question.en.folded]) {
        questions[text, default: []].append(item)
      }
    }
    byQuestion = questions
  }

  mutating func read() -> [ChecklistImport.Line] {
    var lines: [ChecklistImport.Line] = []
    for index in (columns.row + 1)..<max(columns.row + 1, sheet.rows.count) {
      let cells = sheet.rows[index]
      let number = text(.number, cells)
      let question = text(.question, cells)
      let fate = fate(cells, row: index + 1, number: number, question: question)
      if case .skip(.notAnItem) = fate { if number.isEmpty && question.isEmpty { continue } }
      lines.append(.init(row: index + 1, label: number, text: question, fate: fate))
    }
    return lines
  }

  private mutating func fate(
    _ cells: [Cell], row: Int, number: String, question: String
  ) -> ChecklistImport.Fate {
    if cells.allSatisfy({ $0.text.isEmpty }) { return .skip(.notAnItem) }
    let candidates = items(number: number, question: question)
    if candidates.isEmpty {
      if isHeading(number, question, cells) { return .skip(.notAnItem) }
      return .skip(.unknownNumber(number.isEmpty ? String(question.prefix(20)) : number))
    }
    let fitting = narrowed(candidates, by: text(.target, cells) + number + question)
    guard fitting.count == 1 else { return .skip(.ambiguous(number)) }
    let item = fitting[0]
    if let first = seen[item.id] { return .skip(.duplicate(ofRow: first)) }
    let reading: ChecklistImport.Reading
    switch self.reading(cells, row: row) {
    case .success(let found): reading = found
    case .failure(let refusal): return .skip(refusal.reason)
    }
    if reading.isSilent { return .skip(.noAnswer) }
    seen[item.id] = row
    return .apply(item: item.id, reading)
  }

  // MARK: Which item

  /// Rows of the form that carry the number, or the question when there is no number.
  private mutating func items(number: String, question: String) -> [Pack.Item] {
    let plain = wholeNumber(RowReader.plainNumber(number), as: number)
    if plain == "-" || plain == "0-1" {
      return form.items.filter(\.isGate)
    }
    if !plain.isEmpty {
      var numbered = plain
      defer { previous = numbered }
      if plain.contains("-") { return rows(plain) }
      if !section.isEmpty {
        // "①" below the heading "2 管理・運用".
        let within = rows("\(section)-\(plain)")
        let isHeadingNumber = form.sections.contains { $0.number == plain && headingFits($0, question) }
        if !within.isEmpty && !isHeadingNumber {
          numbered = "\(section)-\(plain)"
          return within
        }
      }
      return []
    }
    guard question.count >= 6 else { return [] }
    let wanted = question.folded
    return byQuestion[wanted] ?? []
  }

  private func rows(_ plain: String) -> [Pack.Item] {
    byNumber[plain] ?? []
  }

  /// A number 2.10 loses its zero in a spreadsheet: `2.1` right below 2-9 is 2-10, where the form has one.
  private func wholeNumber(_ plain: String, as written: String) -> String {
    guard previous.hasSuffix("9"),
      let match = written.halfWidth.trimmed.wholeMatch(of: /([0-9]+)\.([1-9])/), let digit = Int(match.2)
    else { return plain }
    let tens = "\(match.1)-\(digit)0"
    return previous == "\(match.1)-\(digit * 10 - 1)" && !rows(tens).isEmpty ? tens : plain
  }

  private func headingFits(_ section: Pack.Section, _ question: String) -> Bool {
    let text = question.folded
    return text.isEmpty || section.title.ja.folded.contains(text) || text.contains(section.title.ja.folded)
      || section.title.en.folded == text || section.short.ja.folded == text
  }

  /// A row that only names a chapter; remembers the chapter.
  private mutating func isHeading(_ number: String, _ question: String, _ cells: [Cell]) -> Bool {
    let joined = (number + " " + question).trimmed.halfWidth
    let digits = joined.prefix { $0.isNumber && $0.isASCII }
    if !digits.isEmpty, form.sections.contains(where: { $0.number == String(digits) }),
      reading(cells, row: 0).value?.value == nil
    {
      let rest = joined.dropFirst(digits.count)
      if rest.first.map({ !"-(".contains($0) }) ?? true {
        section = String(digits)
        return true
      }
    }
    let filled = cells.count { !$0.text.trimmed.isEmpty }
    return RowReader.plainNumber(number).isEmpty && filled <= 2 && reading(cells, row: 0).value?.value == nil
  }

  /// Rows that fit the named device, when the number alone fits several.
  private func narrowed(_ items: [Pack.Item], by text: String) -> [Pack.Item] {
    guard items.count > 1 else { return items }
    let words: [(String, [String])] = [
      ("server", ["サーバ", "server"]), ("client_pc", ["端末", "pc", "パソコン", "クライアント"]),
      ("network_device", ["ネットワーク", "network", "nw"]),
    ]
    let folded = text.folded
    let named = words.filter { $0.1.contains { folded.contains($0.folded) } }.map(\.0)
    let fitting = items.filter { item in named.contains { item.appliesTo.contains($0) } }
    return fitting.count == 1 ? fitting : items
  }

  /// `２－⑩`, `2-(10)`, `2.10`, `2（10）`, `2-⑩(サーバ)` all become `2-10`.
  static func plainNumber(_ raw: String) -> String {
    var result = ""
    for character in raw.halfWidth.trimmed {
      if character.isASCII && character.isNumber {
        result.append(character)
      } else if "-.(_の".contains(character) {
        if !result.isEmpty && result.last != "-" { result.append("-") }
        if result.isEmpty && character == "-" { result.append("-") }
      } else if character == ")" || character == " " {
        continue
      } else {
        break
      }
    }
    if result.count > 1 && result.hasSuffix("-") { result.removeLast() }
    return result
  }

  // MARK: What it says

  private struct Refused: Error { let reason: ChecklistImport.Reason }

  private func reading(_ cells: [Cell], row: Int) -> Result<ChecklistImport.Reading, Refused> {
    var reading = ChecklistImport.Reading()
    do {
      let rounds = try columns.rounds.map { try round($0, cells, row: row) }
      let told = rounds.filter { says($0) }
      // A row that says nothing of any round may still name an owner, or a target day for all.
      reading.last = told.last ?? .init(targetOn: columns.sharesDue ? rounds.first?.targetOn : nil)
      reading.earlier = told.dropLast()
    } catch let refused as Refused { return .failure(refused) } catch {
      return .failure(Refused(reason: .notAnItem))
    }
    reading.owner = String(text(.owner, cells).prefix(40))
    reading.deputy = String(text(.deputy, cells).prefix(40))
    if reading.deputy == reading.owner { reading.deputy = "" }
    reading.note = String(text(.note, cells).prefix(4000))
    reading.proof = String(text(.proof, cells).prefix(4000))
    let state = text(.state, cells).folded
    if reading.value == .no,
      ["着手", "対応中", "実施中", "進行中", "済", "はい", "○", "yes", "true", "started"].contains(where: {
        state.contains($0.folded)
      }),
      !state.contains("未")
    {
      reading.last.started = true
    }
    return .success(reading)
  }

  /// Whether a round has an answer or a day of its own.
  private func says(_ round: ChecklistImport.Round) -> Bool {
    round.value != nil || round.confirmedOn != nil || round.targetOn != nil && !columns.sharesDue
  }

  private func round(_ place: Columns.Round, _ cells: [Cell], row: Int) throws -> ChecklistImport.Round {
    var round = ChecklistImport.Round(number: place.number)
    (round.value, round.started) = try answer(place, cells, row: row)
    round.confirmedOn = try day(place.places[.checked], cells, row: row)
    round.targetOn = try day(place.places[.due], cells, row: row)
    guard row > 0 else { return round }
    if let checked = round.confirmedOn {
      let name = RowReader.cellName(place.places[.checked] ?? 0, row)
      if !year.contains(checked) { throw Refused(reason: .dayOutsideYear(cell: name, checked)) }
      if checked > today { throw Refused(reason: .futureDay(cell: name, checked)) }
    }
    if let target = round.targetOn, !year.contains(target) {
      let name = RowReader.cellName(place.places[.due] ?? 0, row)
      throw Refused(reason: .dayOutsideYear(cell: name, target))
    }
    return round
  }

  /// The answer, and whether a △ says that work has begun.
  private func answer(_ place: Columns.Round, _ cells: [Cell], row: Int) throws -> (Answer.Value?, Bool) {
    if let column = place.places[.answer] {
      let raw = cell(column, cells).text.trimmed
      if raw.isEmpty {
        let name = RowReader.cellName(column, row)
        if sheet.uncalculated.contains(name) { throw Refused(reason: .formulaWithoutValue(cell: name)) }
        return (nil, false)
      }
      let word = raw.folded.replacing("〇", with: "○").replacing("◯", with: "○")
      // A later round that did not take place: a dash, or the words printed there to be circled by hand.
      let isLater = (place.number ?? 1) > 1
      if isLater && ["-", "はい・いいえ", "はい/いいえ"].contains(word) { return (nil, false) }
      switch word {
      case "はい", "○", "yes", "y", "true", "済", "実施", "◎", "1": return (.yes, false)
      case "いいえ", "×", "✕", "✗", "no", "n", "false", "未", "未実施", "x", "0": return (.no, false)
      case "△", "一部", "partly": return (.no, true)
      case "対象外", "n/a", "na", "notapplicable", "該当なし", "-": return (.na, false)
      case "未回答", "−", "—": return (nil, false)
      default:
        throw Refused(
          reason: .unreadableAnswer(cell: RowReader.cellName(column, row), String(raw.prefix(40))))
      }
    }
    func ticked(_ part: Columns.Part) -> Bool {
      guard let column = place.places[part] else { return false }
      let text = cell(column, cells).text.folded
      return !text.isEmpty && !["□", "☐", "false", "0", "-"].contains(text)
    }
    if ticked(.notApplicable) { return (.na, false) }
    if ticked(.yes) && ticked(.no) {
      let column = place.places[.yes] ?? 0
      throw Refused(
        reason: .unreadableAnswer(cell: RowReader.cellName(column, row), cell(column, cells).text))
    }
    if ticked(.yes) { return (.yes, false) }
    if ticked(.no) { return (.no, false) }
    return (nil, false)
  }

  private func day(_ column: Int?, _ cells: [Cell], row: Int) throws -> Day? {
    guard let column else { return nil }
    let found = cell(column, cells)
    switch found {
    case .day(let day): return day
    case .number(let serial):
      if let day = Day.excelSerial(serial) ?? Day.parse(found.text) { return day }
      throw Refused(reason: .unreadableDay(cell: RowReader.cellName(column, row), found.text))
    default:
      let text = found.text.trimmed
      if text.isEmpty || ["-", "−", "—", "なし", "未定"].contains(text) { return nil }
      // Printed to be filled in by hand: 「( / )」, 「令和 年 月 日」.
      if text.halfWidth.allSatisfy({ "()/ 令和年月日".contains($0) }) { return nil }
      guard let day = Day.parse(text) else {
        throw Refused(reason: .unreadableDay(cell: RowReader.cellName(column, row), String(text.prefix(40))))
      }
      return day
    }
  }

  private func text(_ role: Columns.Role, _ cells: [Cell]) -> String {
    columns.places[role].map { cell($0, cells).text.trimmed } ?? ""
  }

  private func cell(_ column: Int, _ cells: [Cell]) -> Cell { column < cells.count ? cells[column] : .empty }

  static func cellName(_ column: Int, _ row: Int) -> String {
    var name = ""
    var rest = column
    repeat {
      name = String(UnicodeScalar(UInt8(65 + rest % 26))) + name
      rest = rest / 26 - 1
    } while rest >= 0
    return "\(name)\(row)"
  }
}

extension ChecklistImport.Reading {
  /// Nothing to take: a day without an answer counts for nothing.
  fileprivate var isSilent: Bool {
    rounds.allSatisfy { $0.value == nil && $0.targetOn == nil } && note.isEmpty && owner.isEmpty
      && proof.isEmpty
  }
}

extension Result {
  fileprivate var value: Success? { if case .success(let value) = self { value } else { nil } }
}
