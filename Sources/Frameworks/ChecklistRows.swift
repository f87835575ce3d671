import Kernel

/// Goes through the rows of one sheet, from the top, and knows what stood above.
struct ChecklistRows {
  let sheet: String
  private(set) var rows: [ChecklistSheet.Row] = []

  private typealias Why = ChecklistSheet.Why
  private typealias Text = (column: Int, text: String)

  private let isFixed: Bool
  /// Whether a cell stands below its heading; in pasted text only its place among the others is known.
  private let isAligned: Bool
  private var forms: Set<ChecklistSheet.Form>
  private var target = ChecklistSheet.Target.all
  /// Columns in which answers and days are written; what stands there is no text of the checklist.
  private var answerColumns: Set<Int> = []
  private var remarkColumns: Set<Int> = []
  private var vendorColumn: Int?
  /// What the columns left of the text said last: a merged cell comes again in each row that it covers.
  private var standing: [Int: String] = [:]
  private var hasBegun = false

  init(sheet: String, forms: Set<ChecklistSheet.Form>?, isAligned: Bool) {
    (self.sheet, self.isAligned) = (sheet, isAligned)
    isFixed = forms != nil
    self.forms = forms ?? ChecklistRows.forms(in: sheet) ?? [.med, .ph]
  }

  mutating func read(_ cells: [String], row: Int) {
    let all: [Text] = cells.enumerated().map {
      (column: $0, text: $1.trimmed.replacing("\n", with: " "))
    }.filter { !$0.text.isEmpty }
    guard !all.isEmpty else { return }
    if isHeading(all) { return heading(all, row) }
    let remark = all.filter { remarkColumns.contains($0.0) }.map(\.1).joined(separator: " ")
    let isAnswered = all.contains { ChecklistRows.isWholeAnswer($0.1) }
    let asksVendor = vendorColumn.map { column in
      all.contains { $0.0 == column && !["-", "ー", "×"].contains($0.1.folded) }
    }
    var texts: [Text] = all.filter {
      !answerColumns.contains($0.0) && !remarkColumns.contains($0.0) && $0.0 != vendorColumn
        && !ChecklistRows.isAnswerPlace($0.1)
    }
    var made = ChecklistSheet.Row(
      sheet: sheet, row: row, cells: all.map(\.1), kind: .other, text: "", remark: remark, forms: forms,
      target: target, why: Why(.unknown))
    if asksVendor == true { made.forms.insert(.vendor) }
    guard !texts.isEmpty else {
      (made.kind, made.text, made.why) = (.heading, remark, Why(.noText))
      return rows.append(made)
    }
    if sectionBeside(&texts, made) { made.target = target }
    // What said so already in the rows above is no news.
    while texts.count > 1, standing[texts[0].column] == texts[0].text { texts.removeFirst() }
    targetBeside(&texts)
    made.target = target
    made.text = texts.map(\.text).joined(separator: " ")
    classify(texts, &made, isAnswered: isAnswered)
    rows.append(made)
  }

  // MARK: Headings

  private static let headingWords: [(words: [String], isAnswer: Bool)] = [
    (["はい", "いいえ", "確認結果", "回答", "チェック結果", "チェック欄"], true),
    (["確認日", "日付", "点検日", "記入日", "実施日", "目標日", "期限", "予定日", "1回目", "2回目", "3回目"], true),
    (["番号", "項番", "no", "no.", "№", "項目", "内容", "確認内容", "対象", "区分", "分類", "事業者"], false),
    (["備考", "特記", "コメント"], false),
  ]

  private func isHeading(_ cells: [Text]) -> Bool {
    let hits = cells.count { ChecklistRows.isHeadingWord($0.text) }
    let speaks = cells.contains { ChecklistRows.isSentence($0.text) || ChecklistMark($0.text) != nil }
    return !speaks && hits >= 2
  }

  private static func isHeadingWord(_ text: String) -> Bool {
    let plain = text.folded
    guard plain.count <= 20 else { return false }
    return headingWords.contains { group in
      group.words.contains { plain == $0 || $0.count > 2 && plain.contains($0) }
    }
      || plain.hasSuffix("項目")
  }

  private mutating func heading(_ cells: [Text], _ row: Int) {
    for (column, text) in cells where isAligned {
      let plain = text.folded
      if ChecklistRows.headingWords.prefix(2).contains(where: { $0.words.contains { plain.contains($0) } }) {
        answerColumns.insert(column)
      } else if ["備考", "特記", "コメント"].contains(where: { plain.contains($0) }) {
        remarkColumns.insert(column)
      } else if plain == "事業者" {
        vendorColumn = column
      }
    }
    hasBegun = true
    let words = cells.filter { ChecklistRows.isHeadingWord($0.text) }.map(\.text).prefix(4)
    rows.append(
      ChecklistSheet.Row(
        sheet: sheet, row: row, cells: cells.map(\.text), kind: .heading,
        text: cells.map(\.text).joined(separator: " "), forms: forms,
        why: Why(.headings, words.joined(separator: "、"))))
  }

  // MARK: Sections and targets

  /// A section in a column of its own, beside its first item; true when one began here.
  private mutating func sectionBeside(_ texts: inout [Text], _ made: ChecklistSheet.Row) -> Bool {
    guard texts.count > 1, let (number, title) = ChecklistRows.section(texts[0].text) else { return false }
    let (column, text) = texts[0]
    if standing[column] == text { return false }
    // Alone with short words it is a section's row; beside a sentence or a number it is a section's column.
    let others = texts.dropFirst()
    guard others.contains(where: { ChecklistRows.isSentence($0.text) || ChecklistMark($0.text) != nil })
    else {
      return false
    }
    standing = [column: text]
    target = .all
    hasBegun = true
    var section = made
    section.kind = .section
    (section.number, section.text, section.remark) = (number, title, "")
    section.target = .all
    section.why = Why(.sectionColumn, number)
    rows.append(section)
    texts.removeFirst()
    return true
  }

  /// What a narrow column says of the machines, as a merged cell beside its items.
  private mutating func targetBeside(_ texts: inout [Text]) {
    guard texts.count > 1, let found = ChecklistRows.target(in: texts[0].text) else { return }
    standing[texts[0].column] = texts[0].text
    target = found
    texts.removeFirst()
  }

  /// `2 医療情報システムの管理・運用`; nil for sentences and for what counts something else.
  static func section(_ text: String) -> (number: String, title: String)? {
    guard ChecklistMark(text) == nil, !isSentence(text) else { return nil }
    let counters = ["回", "年", "月", "日", "か月", "つ", "件", "項目", "ページ", "台", "名", "人"]
    let plain = text.halfWidth
    var number: String?
    var title = ""
    if let match = plain.wholeMatch(of: /第?([0-9]{1,2})(?:章|節)?([\.\s:、]*)(.+)/) {
      (number, title) = (String(match.1), String(match.3).trimmed)
      if match.2.isEmpty, counters.contains(where: { title.hasPrefix($0) }) { return nil }
    } else if let first = text.unicodeScalars.first, (0x2160...0x2169).contains(first.value) {
      number = "\(first.value - 0x215F)"
      title = String(text.unicodeScalars.dropFirst()).trimmed
      while let mark = title.first, ".．、 ".contains(mark) { title.removeFirst() }
    }
    guard let number, !title.isEmpty, title.count <= 40,
      !["/", "%", "-", ")"].contains(where: { title.hasPrefix($0) })
    else { return nil }
    return (number, title)
  }

  static func target(in text: String) -> ChecklistSheet.Target? {
    let plain = text.folded
    guard plain.count <= 40, ChecklistMark(text) == nil,
      plain.contains("について") || plain.count <= 12, !plain.contains("か。")
    else { return nil }
    if plain.contains("全般") { return .all }
    let named: [ChecklistSheet.Target] = [
      plain.contains("サーバ") ? .server : nil, plain.contains("端末") ? .clientPC : nil,
      plain.contains("ネットワーク機器") ? .networkDevice : nil,
    ].compactMap { $0 }
    return named.count == 1 ? named[0] : named.isEmpty ? nil : .all
  }

  // MARK: One row

  private mutating func classify(_ texts: [Text], _ made: inout ChecklistSheet.Row, isAnswered: Bool) {
    let text = made.text
    if let mark = text.first,
      "※*＊".contains(mark) || text.hasPrefix("注") || text.hasPrefix("(注")
        || text.hasPrefix("(注") || text.hasPrefix("・")
    {
      (made.kind, made.why) = (.note, Why(.noteMark, String(mark)))
      return
    }
    if let named = ChecklistRows.forms(in: text), !ChecklistRows.isSentence(text), text.count <= 40 {
      if !isFixed { forms = named }
      made.forms = forms
      (made.kind, made.why) = (.title, Why(.aboveHeadings))
      return
    }
    if isGate(text) {
      hasBegun = true
      made.kind = .gate
      let heading = texts.first { $0.text.folded.hasSuffix("有無") }
      if texts.count > 1, let heading {
        made.text = texts.filter { $0.column != heading.column }.map(\.text).joined(separator: " ")
      }
      made.why = Why(.gateWords)
      return
    }
    if let mark = ChecklistMark(text), !mark.rest.isEmpty { return numbered(mark, texts, &made) }
    if ChecklistMark(text) != nil {
      (made.kind, made.why) = (.other, Why(.noText))
      return
    }
    if sectionRow(texts, &made) { return }
    if let found = ChecklistRows.target(in: text), hasBegun {
      target = found
      made.target = found
      (made.kind, made.why) = (.group, Why(.targetWords, found.rawValue))
      return
    }
    finish(text, &made, isAnswered: isAnswered)
  }

  private mutating func numbered(
    _ mark: ChecklistMark, _ texts: [Text], _ made: inout ChecklistSheet.Row
  ) {
    hasBegun = true
    made.kind = .item
    made.number = ChecklistMark.circled(mark.number)
    made.text = mark.rest
    // Number, machines and question in cells of their own.
    if texts.count > 2, ChecklistMark(texts[0].text)?.rest.isEmpty == true,
      let found = ChecklistRows.target(in: texts[1].text)
    {
      made.target = found
      made.text = texts.dropFirst(2).map(\.text).joined(separator: " ")
    }
    made.why = Why(.numbered, made.number)
  }

  private mutating func sectionRow(_ texts: [Text], _ made: inout ChecklistSheet.Row) -> Bool {
    let joined = made.text
    var found = ChecklistRows.section(joined)
    if found == nil, texts.count == 2, texts[0].text.halfWidth.wholeMatch(of: /[0-9]{1,2}\.?/) != nil,
      !ChecklistRows.isSentence(texts[1].text), texts[1].text.count <= 40
    {
      found = (texts[0].text.halfWidth.filter(\.isNumber), texts[1].text)
    }
    if found == nil, texts.count > 1, texts[0].text.halfWidth.wholeMatch(of: /[0-9]{1,2}\.?/) != nil,
      ChecklistRows.isSentence(joined), let number = Int(texts[0].text.halfWidth.filter(\.isNumber))
    {
      made.kind = .item
      made.number = ChecklistMark.circled(number)
      made.text = texts.dropFirst().map(\.text).joined(separator: " ")
      made.why = Why(.numbered, texts[0].text)
      hasBegun = true
      return true
    }
    guard let (number, title) = found, ChecklistMark.year(in: joined) == nil else { return false }
    standing = [:]
    target = .all
    hasBegun = true
    made.kind = .section
    (made.number, made.text, made.target) = (number, title, .all)
    made.why = Why(.sectionNumber, number)
    return true
  }

  private mutating func finish(_ text: String, _ made: inout ChecklistSheet.Row, isAnswered: Bool) {
    let last = rows.last { $0.kind != .other }
    let goesOn =
      [.item, .gate, .more].contains(last?.kind) && last?.text.hasSuffix("。") == false
      || [.item, .gate, .more].contains(last?.kind) && "(（「".contains(text.first ?? " ")
    if isAnswered && ChecklistRows.isSentence(text) {
      (made.kind, made.why) = (.item, Why(.asked))
    } else if goesOn, let last {
      (made.kind, made.why) = (.more, Why(.continues, "\(last.row)"))
      (made.forms, made.target) = (last.forms, last.target)
    } else if !hasBegun {
      (made.kind, made.why) = (.title, Why(.aboveHeadings))
    } else if ChecklistRows.isSentence(text),
      last?.kind == .item || last?.kind == .note || last?.kind == .more
    {
      (made.kind, made.why) = (.note, Why(.belowItems))
    }
  }

  private func isGate(_ text: String) -> Bool {
    guard !rows.contains(where: { $0.kind == .gate && $0.forms == forms }) else { return false }
    let plain = text.folded
    guard plain.contains("医療情報システム") else { return false }
    return plain.contains("医療情報システムの有無") || plain.contains("医療情報システムを導入")
  }

  // MARK: Words

  static func isSentence(_ text: String) -> Bool {
    let plain = text.trimmed
    return plain.hasSuffix("。") || plain.contains("ている") || plain.contains("ますか") || plain.contains("ですか")
      || plain.contains("すること")
  }

  /// A cell that is there to be filled in: はい・いいえ, □, ( / ), 年 月 日.
  static func isAnswerPlace(_ text: String) -> Bool {
    var plain = text.folded
    // A narrow column of a printed page breaks the words.
    if ["え", "いえ", "い", "はい・い", "はい・いい", "・いいえ", "いいえ)"].contains(plain) { return true }
    for word in ["はい", "いいえ", "対象外", "該当なし"] { plain = plain.replacing(word, with: "") }
    return plain.allSatisfy { "□☐☑○◯×〇()/・.-年月日[]、令和".contains($0) }
  }

  /// Where somebody is asked to choose, rather than to write a day.
  static func isWholeAnswer(_ text: String) -> Bool {
    isAnswerPlace(text) && ["はい", "いいえ", "□", "☐"].contains { text.contains($0) }
  }

  static func forms(in text: String) -> Set<ChecklistSheet.Form>? {
    let plain = text.folded
    guard plain.contains("確認用") || plain.hasSuffix("用"), !plain.contains("場合") else { return nil }
    var found: Set<ChecklistSheet.Form> = []
    if plain.contains("事業者") { found.insert(.vendor) }
    if plain.contains("薬局") { found.insert(.ph) }
    if plain.contains("医療機関") || plain.contains("病院") { found.insert(.med) }
    // 「事業者確認用(医療機関・薬局向け)」 is the vendor's.
    if plain.contains("事業者確認用") { return [.vendor] }
    return found.isEmpty ? nil : found
  }
}
