import Kernel
import Publishing

/// Which columns of a sheet hold the number, the question, the answer and the remark. All are counted from 0.
struct DisclosureColumns: Sendable, Equatable, Codable {
  enum Answers: Sendable, Equatable, Codable {
    /// The answer as a word or sign in one column.
    case one(Int)
    /// A mark below はい, いいえ or 対象外.
    case marks(yes: Int, no: Int, na: Int?)

    var all: [Int] {
      switch self {
      case .one(let column): [column]
      case .marks(let yes, let no, let na): [yes, no] + [na].compactMap(\.self)
      }
    }
  }

  /// The last row of the headings; nil when the sheet has none and all rows are looked at.
  var header: Int?
  var number: Int
  var question: Int?
  var answers: Answers
  var remark: Int?

  /// The first row that may hold a question.
  var firstRow: Int { header.map { $0 + 1 } ?? 0 }
}

extension DisclosureColumns {
  /// What a heading stands for.
  private enum Role { case number, question, answer, yes, no, na, remark }

  private static let headings: [String: Role] = {
    let words: [(Role, [String])] = [
      (
        .number,
        [
          "項番", "番号", "no", "no.", "№", "項目番号", "設問番号", "質問番号", "設問no", "設問no.", "項目no", "項目no.", "id", "#",
          "questionid", "questionno", "questionno.", "number", "item",
        ]
      ),
      (
        .question,
        [
          "設問", "質問", "質問事項", "質問内容", "設問内容", "設問文", "確認項目", "確認事項", "項目", "内容", "チェック項目", "question",
          "questions",
        ]
      ),
      (
        .answer,
        ["回答", "回答欄", "答え", "答", "選択", "選択肢", "チェック", "チェック欄", "answer", "response", "yes,no,n/a,orseenote"]
      ),
      (.yes, ["はい", "yes"]), (.no, ["いいえ", "no"]), (.na, ["対象外", "n/a", "該当なし", "非該当"]),
      (
        .remark,
        [
          "備考", "備考欄", "注記", "コメント", "補足", "補足説明", "説明", "特記事項", "note", "notes", "seenote", "note#",
          "remark",
          "remarks", "comment", "comments",
        ]
      ),
    ]
    return words.reduce(into: [:]) { found, entry in
      // `no` heads both a column of numbers and one of answers; beside `yes` it is the latter.
      for word in entry.1 where found[word] == nil { found[word] = entry.0 }
    }
  }()

  /// Finds the columns by the headings of the first sixty rows, and what they leave open by what the cells hold; nil when
  /// no column of numbers or of answers is found.
  static func find(in rows: [[Cell]]) -> DisclosureColumns? {
    var best: (columns: DisclosureColumns, strength: Int)?
    for index in rows.indices.prefix(60) {
      var found = named(rows[index])
      var last = index
      if index + 1 < rows.count {
        let below = named(rows[index + 1])
        // 回答 spans three columns, and はい, いいえ, 対象外 stand in the row below.
        if found.marks == nil, let marks = below.marks, found.number ?? found.question != nil {
          (found.marks, found.answer, last) = (marks, nil, index + 1)
          found.remark = found.remark ?? below.remark
        }
      }
      guard found.strength > 0, let columns = found.completed(by: rows, below: last) else { continue }
      if best.map({ $0.strength < found.strength }) ?? true { best = (columns, found.strength) }
    }
    return best?.columns ?? Found().completed(by: rows, below: nil)
  }

  private struct Found {
    var number: Int?
    var question: Int?
    var answer: Int?
    var marks: Answers?
    var remark: Int?

    /// How many columns were named; one alone may be a word of a sentence.
    var strength: Int {
      let named = [number, question, answer ?? marks?.all.first, remark].count { $0 != nil }
      return named >= 2 ? named : 0
    }

    /// With the columns that had no heading found by their cells.
    func completed(by rows: [[Cell]], below header: Int?) -> DisclosureColumns? {
      let cells = ColumnCells(rows.dropFirst(header.map { $0 + 1 } ?? 0).prefix(500))
      let answers =
        marks ?? (answer ?? cells.answers(except: [number, question, remark])).map { Answers.one($0) }
      guard let answers, let number = number ?? cells.numbers(except: [question, remark] + answers.all) else {
        return nil
      }
      let question = question ?? cells.texts(except: [number, remark] + answers.all, from: 0)
      let right = (answers.all.max() ?? 0) + 1
      return DisclosureColumns(
        header: header, number: number, question: question, answers: answers,
        remark: remark ?? cells.texts(except: [number, question] + answers.all, from: right))
    }
  }

  private static func named(_ row: [Cell]) -> Found {
    var found = Found()
    let roles = row.enumerated().compactMap { index, cell -> (index: Int, role: Role)? in
      let name = cell.text.folded
      return (headings[name] ?? headings[String(name.prefix { $0 != "(" })]).map { (index, $0) }
    }
    let yes = roles.first { $0.role == .yes }?.index
    // Where いいえ stands it is meant; else the `No` to the right of `Yes`. One to the left heads the numbers.
    let no =
      roles.first { $0.role == .no }?.index
      ?? yes.flatMap { yes in roles.first { $0.index > yes && row[$0.index].text.folded == "no" }?.index }
    if let yes, let no {
      found.marks = .marks(yes: yes, no: no, na: roles.first { $0.role == .na }?.index)
    }
    for (index, role) in roles where !(found.marks?.all.contains(index) ?? false) {
      switch role {
      case .number: found.number = found.number ?? index
      case .question: found.question = found.question ?? index
      case .answer where found.marks == nil: found.answer = found.answer ?? index
      case .remark: found.remark = found.remark ?? index
      default: continue
      }
    }
    return found
  }
}

/// Columns told by what their cells hold.
private struct ColumnCells {
  private let columns: [[Cell]]

  init(_ rows: some Sequence<[Cell]>) {
    let rows = Array(rows)
    let width = min(rows.map(\.count).max() ?? 0, 60)
    columns = (0..<width).map { column in
      rows.compactMap { row in
        column < row.count && row[column] != .empty ? row[column] : nil
      }
    }
  }

  private func best(except taken: [Int?], _ fits: (Cell) -> Bool) -> Int? {
    let counts = columns.indices.filter { !taken.contains($0) }.map { column in
      (column: column, count: columns[column].count(where: fits), all: columns[column].count)
    }
    // At least three, and more than other things stand there.
    return counts.filter { $0.count >= 3 && 2 * $0.count > $0.all }.max {
      ($0.count, $1.column) < ($1.count, $0.column)
    }?
    .column
  }

  func numbers(except taken: [Int?]) -> Int? { best(except: taken) { DisclosureNumber.read($0) != nil } }

  /// A column with three answers in words, whatever else stands there: facts as in `DOC-1` of MDS2 are answers too.
  func answers(except taken: [Int?]) -> Int? {
    let counts = columns.indices.filter { !taken.contains($0) }.map { column in
      (column, columns[column].count { [.yes, .no, .na].contains(AnswerWords.read($0).answer) })
    }
    return counts.filter { $0.1 >= 3 }.max { ($0.1, $1.0) < ($1.1, $0.0) }?.0
  }

  /// The column with the longest texts, of those from `first` on.
  func texts(except taken: [Int?], from first: Int) -> Int? {
    let lengths = columns.indices.filter { $0 >= first && !taken.contains($0) }.map { column in
      (column, columns[column].reduce(0) { $0 + $1.text.count })
    }
    return lengths.filter { $0.1 > 0 }.max { ($0.1, $1.0) < ($1.1, $0.0) }?.0
  }
}

/// The number of a question.
enum DisclosureNumber {
  /// Half-width, upper case, without white space; nil for what has not the shape of a number.
  static func read(_ cell: Cell) -> String? {
    // Excel makes a date of 1-1, and writes it with the year of the day on which it was typed.
    if case .day(let day) = cell { return "\(day.month)-\(day.day)" }
    var text = cell.text.halfWidth.uppercased().filter { !$0.isWhitespace }
    for lead in ["NO.", "NO", "№", "設問", "問", "項番", "Q"] where text.hasPrefix(lead) {
      text.removeFirst(lead.count)
      break
    }
    while text.hasSuffix(".") || text.hasSuffix(":") { text.removeLast() }
    text = text.replacing("_", with: "-").replacing("・", with: ".").replacing("ー", with: "-")
    guard text.count <= 30,
      text.wholeMatch(of: #/(?:[A-Z]{1,5}[-.]?)?\(?[0-9]{1,4}\)?(?:[-.]?\(?[0-9A-Z]{1,3}\)?){0,5}/#) != nil
    else { return nil }
    return text
  }
}
