import Kernel
import Publishing

/// Goes through the rows below the header.
struct RowReader {
  let sheet: Sheet
  let columns: Columns
  let form: Pack.Form
  /// Days must lie in it; nil takes any.
  let year: FiscalYear?
  let today: Day
  private var section = ""
  /// The number of the row before that had one, as `2-9`.
  private var previous = ""
  private var seen: [String: Int] = [:]
  /// Rows of the form by their plain number, and items by their folded question: a sheet may ask 2,000 times.
  private let byNumber: [String: [Pack.Item]]
  private let byQuestion: [String: [Pack.Item]]

  init(sheet: Sheet, columns: Columns, form: Pack.Form, year: FiscalYear?, today: Day) {
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
      if let year, !year.contains(checked) { throw Refused(reason: .dayOutsideYear(cell: name, checked)) }
      if checked > today { throw Refused(reason: .futureDay(cell: name, checked)) }
    }
    if let target = round.targetOn, let year, !year.contains(target) {
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
