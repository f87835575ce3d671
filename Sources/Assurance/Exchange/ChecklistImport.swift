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

  /// Values read from one row.
  public struct Reading: Sendable, Equatable, Codable {
    public var value: Answer.Value?
    public var started = false
    public var confirmedOn: Day?
    public var targetOn: Day?
    public var owner = ""
    public var deputy = ""
    public var note = ""
    public var proof = ""
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
      }
    }
  }

  public let sheet: String
  public let headerRow: Int
  /// What the file speaks of; what it has no column for stays as it is.
  public let columns: Set<Columns.Role>
  public let lines: [Line]

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
    if columns.isRepeated { throw .severalRounds(file: file, sheet: sheet.name) }
    headerRow = columns.row + 1
    self.columns = Set(columns.places.keys)
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

/// Which column holds what, told from the words of a header row.
public struct Columns: Sendable {
  public enum Role: Sendable, CaseIterable {
    case number, target, question, answer, checked, due, owner, deputy, note, proof, state
  }

  var row = 0
  /// Whether answers or dates of checks stand in several columns: several rounds side by side.
  var isRepeated = false
  var places: [Role: Int] = [:]
  /// Columns to be ticked: はい, いいえ and 対象外 apart.
  var yes: Int?
  var no: Int?
  var notApplicable: Int?

  var strength: Int { places.count + (yes != nil ? 1 : 0) }

  private static let names: [(Role, [String])] = [
    (.number, ["番号", "項番", "no", "no.", "項目番号", "number", "#"]),
    (.target, ["対象", "区分", "対象機器", "applies to", "target"]),
    (.checked, ["確認日", "確認した日", "回答日", "点検日", "checked", "checked on", "date checked"]),
    (.due, ["目標日", "対応目標日", "期限", "完了予定日", "対応予定日", "target date", "due"]),
    (.owner, ["担当", "担当者", "owner"]),
    (.deputy, ["副担当", "副担当者", "deputy"]),
    (.note, ["備考", "メモ", "コメント", "note", "notes", "remarks"]),
    (.proof, ["証拠", "根拠", "エビデンス", "proof", "evidence"]),
    (.state, ["状況", "着手", "進捗", "started"]),
    (.answer, ["はい/いいえ", "はい・いいえ", "○×", "○△×", "回答", "答え", "判定", "結果", "answer", "yes/no"]),
    (.question, ["項目", "確認項目", "チェック項目", "内容", "質問", "設問", "question", "item"]),
  ]

  /// The first row among the first sixty that names a number or question column and a place for the answer.
  static func find(in sheet: Sheet) -> Columns? {
    for (index, row) in sheet.rows.prefix(60).enumerated() {
      var columns = Columns()
      columns.row = index
      for (column, cell) in row.enumerated() {
        let text = cell.text.folded.replacing("〇", with: "○").replacing("◯", with: "○").replacing(
          "／", with: "/")
        guard !text.isEmpty, text.count <= 24 else { continue }
        if text == "はい" || text == "yes" {
          columns.yes = columns.yes ?? column
        } else if text == "いいえ" || text == "no" && columns.places[.number] != nil {
          columns.no = columns.no ?? column
        } else if text == "対象外" || text == "n/a" {
          columns.notApplicable = column
        } else if let role = role(of: text) {
          if columns.places[role] == nil {
            columns.places[role] = column
          } else if role == .answer || role == .checked {
            columns.isRepeated = true
          }
        }
      }
      let hasItem = columns.places[.number] != nil || columns.places[.question] != nil
      let hasAnswer = columns.places[.answer] != nil || columns.yes != nil
      if hasItem && hasAnswer { return columns }
    }
    return nil
  }

  private static func role(of text: String) -> Role? {
    for (role, words) in names where words.contains(where: { $0.folded == text }) { return role }
    // "確認日(1回目)", "対応目標日※": a usual name with an addition.
    for (role, words) in names where words.contains(where: { $0.count >= 2 && text.hasPrefix($0.folded) }) {
      return role
    }
    return nil
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
  private var label = ""
  private var seen: [String: Int] = [:]

  init(sheet: Sheet, columns: Columns, form: Pack.Form, year: FiscalYear, today: Day) {
    self.sheet = sheet
    self.columns = columns
    self.form = form
    self.year = year
    self.today = today
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
    if reading == ChecklistImport.Reading()
      || reading.value == nil && reading.targetOn == nil && reading.note.isEmpty
        && reading.owner.isEmpty && reading.proof.isEmpty
    {
      return .skip(.noAnswer)
    }
    seen[item.id] = row
    return .apply(item: item.id, reading)
  }

  // MARK: Which item

  /// Rows of the form that carry the number, or the question when there is no number.
  private mutating func items(number: String, question: String) -> [Pack.Item] {
    let plain = RowReader.plainNumber(number)
    if plain == "-" || plain == "0-1" {
      return form.items.filter(\.isGate)
    }
    if !plain.isEmpty {
      if plain.contains("-") {
        let exact = form.rows.filter { RowReader.plainNumber($0.label) == plain }
        if !exact.isEmpty { label = plain }
        return exact
      }
      if !section.isEmpty {
        // "①" below the heading "2 管理・運用".
        let within = form.rows.filter { RowReader.plainNumber($0.label) == "\(section)-\(plain)" }
        let isHeadingNumber = form.sections.contains { $0.number == plain && headingFits($0, question) }
        if !within.isEmpty && !isHeadingNumber { return within }
      }
      return []
    }
    guard question.count >= 6 else { return [] }
    let wanted = question.folded
    return form.items.filter { $0.question.ja.folded == wanted || $0.question.en.folded == wanted }
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
      (reading.value, reading.started) = try answer(cells, row: row)
      reading.confirmedOn = try day(.checked, cells, row: row)
      reading.targetOn = try day(.due, cells, row: row)
    } catch let refused as Refused { return .failure(refused) } catch {
      return .failure(Refused(reason: .notAnItem))
    }
    if let checked = reading.confirmedOn, row > 0 {
      let name = cellName(columns.places[.checked] ?? 0, row)
      if !year.contains(checked) { return .failure(Refused(reason: .dayOutsideYear(cell: name, checked))) }
      if checked > today { return .failure(Refused(reason: .futureDay(cell: name, checked))) }
    }
    if let target = reading.targetOn, row > 0, !year.contains(target) {
      return .failure(
        Refused(reason: .dayOutsideYear(cell: cellName(columns.places[.due] ?? 0, row), target)))
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
      reading.started = true
    }
    return .success(reading)
  }

  /// The answer, and whether a △ says that work has begun.
  private func answer(_ cells: [Cell], row: Int) throws -> (Answer.Value?, Bool) {
    if let column = columns.places[.answer] {
      let raw = cell(column, cells).text.trimmed
      if raw.isEmpty {
        let name = cellName(column, row)
        if sheet.uncalculated.contains(name) { throw Refused(reason: .formulaWithoutValue(cell: name)) }
        return (nil, false)
      }
      switch raw.folded.replacing("〇", with: "○").replacing("◯", with: "○") {
      case "はい", "○", "yes", "y", "true", "済", "実施", "◎", "1": return (.yes, false)
      case "いいえ", "×", "✕", "✗", "no", "n", "false", "未", "未実施", "x", "0": return (.no, false)
      case "△", "一部", "partly": return (.no, true)
      case "対象外", "n/a", "na", "該当なし", "-": return (.na, false)
      case "未回答", "−", "—": return (nil, false)
      default: throw Refused(reason: .unreadableAnswer(cell: cellName(column, row), String(raw.prefix(40))))
      }
    }
    func ticked(_ column: Int?) -> Bool {
      guard let column else { return false }
      let text = cell(column, cells).text.folded
      return !text.isEmpty && !["□", "☐", "false", "0", "-"].contains(text)
    }
    if ticked(columns.notApplicable) { return (.na, false) }
    if ticked(columns.yes) && ticked(columns.no) {
      throw Refused(
        reason: .unreadableAnswer(cell: cellName(columns.yes ?? 0, row), cell(columns.yes ?? 0, cells).text))
    }
    if ticked(columns.yes) { return (.yes, false) }
    if ticked(columns.no) { return (.no, false) }
    return (nil, false)
  }

  private func day(_ role: Columns.Role, _ cells: [Cell], row: Int) throws -> Day? {
    guard let column = columns.places[role] else { return nil }
    let found = cell(column, cells)
    switch found {
    case .day(let day): return day
    case .number(let serial):
      if let day = Day.excelSerial(serial) ?? Day.parse(found.text) { return day }
      throw Refused(reason: .unreadableDay(cell: cellName(column, row), found.text))
    default:
      let text = found.text.trimmed
      if text.isEmpty || ["-", "−", "—", "なし", "未定"].contains(text) { return nil }
      guard let day = Day.parse(text) else {
        throw Refused(reason: .unreadableDay(cell: cellName(column, row), String(text.prefix(40))))
      }
      return day
    }
  }

  private func text(_ role: Columns.Role, _ cells: [Cell]) -> String {
    columns.places[role].map { cell($0, cells).text.trimmed } ?? ""
  }

  private func cell(_ column: Int, _ cells: [Cell]) -> Cell { column < cells.count ? cells[column] : .empty }

  private func cellName(_ column: Int, _ row: Int) -> String {
    var name = ""
    var rest = column
    repeat {
      name = String(UnicodeScalar(UInt8(65 + rest % 26))) + name
      rest = rest / 26 - 1
    } while rest >= 0
    return "\(name)\(row)"
  }
}

extension Result {
  fileprivate var value: Success? { if case .success(let value) = self { value } else { nil } }
}
