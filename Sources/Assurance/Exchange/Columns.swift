import Kernel
import Publishing

/// Which column holds what, told from the words of a header row and of the rows just above it.
public struct Columns: Sendable {
  public enum Role: Sendable, CaseIterable {
    case number, target, question, answer, checked, due, owner, deputy, note, proof, state
  }

  /// What a file may hold once for each round.
  enum Part: Hashable { case answer, yes, no, notApplicable, checked, due }

  /// The columns of one round of checks: one for the answer, or はい, いいえ and 対象外 apart, to be ticked.
  struct Round: Sendable, Equatable {
    /// Nil in a file that does not speak of rounds.
    var number: Int?
    var places: [Part: Int] = [:]

    /// Where the answer stands, if anywhere.
    var answer: Int? { places[.answer] ?? places[.yes] }
    /// A target day alone is no check.
    var isCheck: Bool { answer != nil || places[.checked] != nil }
  }

  var row = 0
  /// Columns that stand once, whatever the round.
  var places: [Role: Int] = [:]
  /// In the order of their numbers; one without a number unless the file speaks of rounds.
  var rounds: [Round] = []
  /// Whether a single column of target days serves several rounds.
  var sharesDue = false
  /// Whether answers or days of checks stand in several columns whose rounds cannot be told.
  var isUnclear = false
  private var hasAnswer = false

  var strength: Int {
    let parts = Set(rounds.flatMap(\.places.keys)).subtracting([.no, .notApplicable])
    return places.count + parts.count
  }

  func round(_ number: Int?) -> Round? { rounds.first { $0.number == number } }

  /// What the file speaks of in a round; nil stands for a row that says nothing of any round.
  func roles(in number: Int?) -> Set<Role> {
    var roles = Set(places.keys)
    guard let round = round(number) else { return sharesDue ? roles.union([.due]) : roles }
    if round.answer != nil { roles.insert(.answer) }
    if round.places[.checked] != nil { roles.insert(.checked) }
    if round.places[.due] != nil { roles.insert(.due) }
    return roles
  }

  // MARK: Finding the header row

  /// How freely a row is taken for the header row.
  private struct Reach {
    /// A column without a name of its own takes that of the cell above: a form saved as CSV loses its merged cells.
    var above = false
    /// A column named 「1回目」 and nothing else holds that round's answers.
    var bareRounds = false
  }

  /// The first row among the first sixty that names a number or question column and a place for the answer.
  static func find(in sheet: Sheet) -> Columns? {
    let rows = sheet.rows.prefix(60).map { $0.map { Heading($0.text) } }
    for reach in [Reach(), Reach(above: true), Reach(above: true, bareRounds: true)] {
      for index in rows.indices {
        let columns = Columns(headerAt: index, of: rows, reach)
        let hasItem = columns.places[.number] != nil || columns.places[.question] != nil
        if hasItem && columns.hasAnswer { return columns }
      }
    }
    return nil
  }

  private init(headerAt index: Int, of rows: [[Heading]], _ reach: Reach) {
    row = index
    // The nearest row first.
    let above = Array(rows[max(0, index - 3)..<index].reversed())
    var marks: [Mark] = []
    for (column, heading) in rows[index].enumerated() { take(heading, column, &marks) }
    if reach.bareRounds { takeBareRounds(of: rows[index], below: above, &marks) }
    if reach.above && Columns.isHeading(marks) { takeNames(from: above, besides: rows[index], &marks) }
    nameRounds(of: &marks, from: above)
    marks.removeAll { $0.round == nil && $0.name.hasPrefix(Heading.result) }
    hasAnswer = marks.contains { $0.part == .answer || $0.part == .yes }
    arrange(marks.sorted { $0.column < $1.column })
  }

  private mutating func take(_ heading: Heading, _ column: Int, _ marks: inout [Mark]) {
    let isNumber = heading.text == "no" && places[.number] == nil
    if !isNumber, let part = heading.part {
      marks.append(Mark(part: part, round: heading.round, name: heading.name, column: column))
    } else if let role = isNumber ? .number : heading.role, places[role] == nil {
      places[role] = column
    }
  }

  /// Whether names stand in a row: はい alone is an answer.
  private static func isHeading(_ marks: [Mark]) -> Bool {
    let parts = Set(marks.map(\.part))
    return !parts.isDisjoint(with: [.answer, .checked, .due]) || parts.isSuperset(of: [.yes, .no])
  }

  /// 「1回目」 below 「確認日」 is that round's day; below nothing it is that round's answer.
  private func takeBareRounds(of row: [Heading], below above: [[Heading]], _ marks: inout [Mark]) {
    let groups = above.map { Columns.spread($0, over: row.count) { heading, _ in heading.part } }
    for (column, heading) in row.enumerated() {
      guard heading.isBare, let round = heading.round else { continue }
      let part = groups.lazy.compactMap { $0[column] }.first ?? .answer
      marks.append(Mark(part: part, round: round, name: "", column: column))
    }
  }

  /// Names from the cells straight above, for what the row itself does not name.
  private mutating func takeNames(
    from above: [[Heading]], besides own: [Heading], _ marks: inout [Mark]
  ) {
    let known = Set(marks.map(\.part))
    for column in 0..<(above.map(\.count).max() ?? 0) where column >= own.count || own[column].isEmpty {
      let headings = above.lazy.compactMap { column < $0.count ? $0[column] : nil }
      guard let heading = headings.first(where: { !$0.isEmpty }) else { continue }
      if let part = heading.part, known.contains(part) { continue }
      take(heading, column, &marks)
    }
  }

  /// Gives columns without a round of their own that of the group above them.
  private func nameRounds(of marks: inout [Mark], from above: [[Heading]]) {
    // A group begins above a column of its round; a title such as 「点検表(2回目)」 does not.
    let starts = Set(marks.map(\.column))
    let width = (starts.max() ?? 0) + 1
    let groups = above.map { row in
      // ① over the first round; ③ over the third column of a form that numbers its columns says nothing.
      let first = starts.contains { $0 < row.count && row[$0].round == 1 }
      return Columns.spread(row, over: width) { heading, column in
        let isGroup = heading.isCircled ? heading.isBare && first : heading.name.count <= 10
        return starts.contains(column) && isGroup ? heading.round : nil
      }
    }
    for index in marks.indices where marks[index].round == nil {
      let column = marks[index].column
      marks[index].round = groups.lazy.compactMap { $0[column] }.first
    }
  }

  /// What each cell of a row says, reaching over the empty cells to its right as a merged cell does.
  private static func spread<Value>(
    _ row: [Heading], over width: Int, _ read: (Heading, Int) -> Value?
  ) -> [Value?] {
    var said: Value?
    return (0..<width).map { column in
      if column < row.count, !row[column].isEmpty { said = read(row[column], column) }
      return said
    }
  }

  // MARK: Telling the rounds apart

  private struct Mark {
    let part: Part
    var round: Int?
    let name: String
    let column: Int

    /// Two columns named 「回答1」 and 「回答2」 are of one kind; 「回答」 and 「回答者」 are not.
    var kind: String { name.filter(\.isLetter) }
  }

  private mutating func arrange(_ marks: [Mark]) {
    let numbers = Set(marks.compactMap(\.round))
    if Set(marks.map(\.part)).count == marks.count && numbers.count <= 1 {
      // Nothing occurs twice: one round, even where only one of its columns says which.
      rounds = [Round(number: numbers.first)]
      for mark in marks { rounds[0].places[mark.part] = mark.column }
    } else if numbers.isEmpty {
      arrangeByOrder(marks)
    } else {
      arrangeByName(marks)
    }
    if rounds.count > 1 && rounds.contains(where: { $0.answer == nil }) { isUnclear = true }
  }

  /// No names: what occurs again begins the next round.
  private mutating func arrangeByOrder(_ marks: [Mark]) {
    let dues = marks.filter { $0.part == .due }
    var kinds: [Part: String] = [:]
    var found = [Round()]
    for mark in marks where mark.part != .due || dues.count > 1 {
      if kinds[mark.part, default: mark.kind] != mark.kind {
        if mark.part == .answer || mark.part == .checked { isUnclear = true }
        continue
      }
      kinds[mark.part] = mark.kind
      if found[found.count - 1].places[mark.part] != nil { found.append(Round()) }
      found[found.count - 1].places[mark.part] = mark.column
    }
    rounds = found.filter(\.isCheck)
    if rounds.count > 1 { for index in rounds.indices { rounds[index].number = index + 1 } }
    if dues.count == 1 { share(due: dues[0].column) }
  }

  private mutating func arrangeByName(_ marks: [Mark]) {
    var found: [Int: Round] = [:]
    func put(_ mark: Mark, in number: Int) {
      if found[number, default: Round(number: number)].places[mark.part] == nil {
        found[number, default: Round(number: number)].places[mark.part] = mark.column
      } else if mark.part == .answer || mark.part == .checked {
        isUnclear = true
      }
    }
    for mark in marks { if let number = mark.round { put(mark, in: number) } }
    let named = Set(marks.filter { $0.round != nil }.map(\.part))
    let unnamed = Dictionary(grouping: marks.filter { $0.round == nil }, by: \.part)
    // 「確認日、はい・いいえ、2回目の確認日、2回目のはい・いいえ」: the first ones are of the first round.
    for (part, marks) in unnamed where named.contains(part) { for mark in marks { put(mark, in: 1) } }
    let numbers = found.values.filter(\.isCheck).compactMap(\.number).sorted()
    var shared: Int?
    for (part, marks) in unnamed where !named.contains(part) {
      if part == .due && marks.count == 1 {
        shared = marks[0].column
      } else if marks.count == numbers.count {
        for (mark, number) in zip(marks, numbers) { put(mark, in: number) }
      } else if part != .due {
        isUnclear = true
      }
    }
    rounds = numbers.compactMap { found[$0] }
    if let shared { share(due: shared) }
  }

  private mutating func share(due column: Int) {
    for index in rounds.indices { rounds[index].places[.due] = column }
    sharesDue = rounds.count > 1
  }
}

// MARK: - The words of a header

/// A cell of a header: 「２回目　確認日」 is the name 「確認日」 in round 2.
private struct Heading {
  let isEmpty: Bool
  /// Folded; nothing when the cell holds more than a heading would.
  let text: String
  let round: Int?
  /// The text without its round.
  let name: String
  /// Whether the round is a circled digit, which may number anything.
  let isCircled: Bool
  /// What the name stands for: of a round, or once for all.
  let part: Columns.Part?
  let role: Columns.Role?

  var isBare: Bool { round != nil && name.isEmpty }

  init(_ raw: String) {
    let trimmed = raw.trimmed
    let spelled = Heading.spelledOut(trimmed)
    isEmpty = trimmed.isEmpty
    isCircled = spelled != trimmed
    let folded = spelled.folded.replacing("〇", with: "○").replacing("◯", with: "○")
    text = folded.count <= 24 ? folded : ""
    (round, name) = Heading.parts(of: text)
    role = Heading.role(of: name)
    part = Heading.part(of: name, role)
  }

  /// A circled digit at either end as 「1回目」.
  private static func spelledOut(_ text: String) -> String {
    func number(_ character: Character?) -> String? {
      let circled = Array("①②③④⑤⑥⑦⑧⑨")
      return character.flatMap { circled.firstIndex(of: $0) }.map { "\($0 + 1)回目" }
    }
    if let first = number(text.first) { return first + text.dropFirst() }
    if let last = number(text.last) { return text.dropLast() + last }
    return text
  }

  private static func parts(of text: String) -> (round: Int?, name: String) {
    guard text.contains("回") || text.contains(where: { $0.isASCII && $0.isNumber }) else {
      return (nil, text)
    }
    let patterns = [
      /第([1-9一二三])回目?/, /([1-9一二三])回目/, /([1-9])(?:st|nd|rd|th)(?:check|round)?/,
      /(?:check|round)([1-9])/,
    ]
    for pattern in patterns {
      guard let match = text.firstMatch(of: pattern) else { continue }
      let digit = String(match.1)
      let kanji = ["一": 1, "二": 2, "三": 3]
      let rest = text[..<match.range.lowerBound] + text[match.range.upperBound...]
      return (Int(digit) ?? kanji[digit], bared(String(rest)))
    }
    return (nil, text)
  }

  /// The text without brackets and signs at its ends, and without the の of 「1回目の確認日」.
  private static func bared(_ text: String) -> String {
    let signs = "()[]【】「」『』<>〈〉《》_-:・,、.。※*|~～の"
    let start = text.drop { signs.contains($0) }
    return String(start.reversed().drop { signs.contains($0) }.reversed())
  }
}

extension Heading {
  /// How the ministry's form heads its answers; too plain to be one without a round.
  static let result = "確認結果"

  private static let names: [(Columns.Role, [String])] = [
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
  ].map { ($0, $1.map(\.folded)) }

  private static func part(of text: String, _ role: Columns.Role?) -> Columns.Part? {
    switch text {
    case "はい", "yes": return .yes
    case "いいえ", "no": return .no
    case "対象外", "n/a": return .notApplicable
    case let text where text.hasPrefix(result): return .answer
    default: break
    }
    switch role {
    case .answer: return .answer
    case .checked: return .checked
    case .due: return .due
    default: return nil
    }
  }

  private static func role(of text: String) -> Columns.Role? {
    guard !text.isEmpty else { return nil }
    for (role, words) in names where words.contains(text) { return role }
    // "確認日(1回目)", "対応目標日※": a usual name with an addition.
    for (role, words) in names where words.contains(where: { $0.count >= 2 && text.hasPrefix($0) }) {
      return role
    }
    return nil
  }
}
