import Kernel
import Storage
import Web

/// A column that a facility has added to one of its registers.
///
/// Its values stand in the JSON of the table's column `extra` under ``id``; what kind it is never changes, so that no
/// stored value can become wrong.
struct ExtraColumn: Sendable, Equatable, Codable {
  enum Kind: String, Sendable, Codable, CaseIterable {
    case text, lines, number, day, choice
    case yesNo = "yes-no"
  }

  /// One of the facility's own words.
  struct Choice: Sendable, Equatable, Codable {
    /// What is stored: the word as it was first written.
    let value: String
    var word: String
  }

  /// `extra1`, `extra2`…: never used again in the same register.
  let id: String
  var label: String
  let kind: Kind
  var choices: [Choice]
  /// Shown as a column of the list.
  var isListed: Bool
  /// Not shown any more; its values stay.
  var isRetired: Bool

  /// Whether `id` is that of an added column. No declared field begins so.
  static func isID(_ id: String) -> Bool { id.hasPrefix(prefix) }
  static let prefix = "extra"

  var number: Int { Int32(id.dropFirst(ExtraColumn.prefix.count)).map(Int.init) ?? 0 }

  /// What a person has written about a column.
  struct Draft: Sendable, Equatable {
    var label = ""
    var kind = "text"
    var isListed = false
    /// One word on each line, for new choices.
    var newChoices = ""
    /// Words of the choices that there are, by value; an empty one is taken away.
    var words: [String: String] = [:]
  }
}

/// The added columns of a register, in their order, retired ones among them.
struct ExtraColumns: Sendable, Equatable {
  var all: [ExtraColumn] = []
  /// 0 while nobody has added any.
  var version = 0

  static let most = 10
  static let mostChoices = 30

  var active: [ExtraColumn] { all.filter { !$0.isRetired } }
  var retired: [ExtraColumn] { all.filter(\.isRetired) }

  func column(_ id: String) throws(Refusal) -> ExtraColumn {
    guard let found = all.first(where: { $0.id == id }) else { throw .noSuchColumn }
    return found
  }

  /// - Parameter register: as it is declared, whose own words are taken.
  func adding(_ draft: ExtraColumn.Draft, to register: Register) throws(Refusal) -> ExtraColumns {
    guard active.count < ExtraColumns.most else { throw .tooMany }
    guard let kind = ExtraColumn.Kind(rawValue: draft.kind) else { throw .badKind }
    let label = try label(draft.label, for: nil, in: register)
    let choices = kind == .choice ? try choices(draft, of: []) : []
    let number = (all.map(\.number).max() ?? 0) + 1
    return changed {
      $0.append(
        ExtraColumn(
          id: "\(ExtraColumn.prefix)\(number)", label: label, kind: kind, choices: choices,
          isListed: draft.isListed, isRetired: false))
    }
  }

  func changing(_ id: String, to draft: ExtraColumn.Draft, in register: Register) throws(Refusal)
    -> ExtraColumns
  {
    var column = try column(id)
    column.label = try label(draft.label, for: id, in: register)
    if column.kind == .choice { column.choices = try choices(draft, of: column.choices) }
    column.isListed = draft.isListed
    return replacing(column)
  }

  /// One place up or down among those in use.
  func moving(_ id: String, up: Bool) throws(Refusal) -> ExtraColumns {
    let order = active
    _ = try column(id)
    guard let at = order.firstIndex(where: { $0.id == id }) else { throw .noSuchColumn }
    let other = up ? at - 1 : at + 1
    guard order.indices.contains(other) else { return self }
    var moved = order
    moved.swapAt(at, other)
    let behind = retired
    return changed { $0 = moved + behind }
  }

  func retiring(_ id: String) throws(Refusal) -> ExtraColumns {
    var column = try column(id)
    column.isRetired = true
    return replacing(column)
  }

  func restoring(_ id: String, in register: Register) throws(Refusal) -> ExtraColumns {
    guard active.count < ExtraColumns.most else { throw .tooMany }
    var column = try column(id)
    _ = try label(column.label, for: id, in: register)
    column.isRetired = false
    return replacing(column)
  }

  private func replacing(_ column: ExtraColumn) -> ExtraColumns {
    changed { all in
      for index in all.indices where all[index].id == column.id { all[index] = column }
    }
  }

  private func changed(_ body: (inout [ExtraColumn]) -> Void) -> ExtraColumns {
    var next = self
    body(&next.all)
    return next
  }

  /// 1 to 30 characters that mean no other column of the register, so that a file's heading means one column only.
  private func label(_ raw: String, for id: String?, in register: Register) throws(Refusal) -> String {
    guard let text = raw.trimmed(to: 1...30)?.replacing("\n", with: " "), !text.asHeading.isEmpty else {
      throw .badLabel
    }
    let wanted = text.asHeading
    let declared = register.declared.first { field in
      let names = [field.id] + Language.allCases.map { field.label($0) } + field.headings
      return names.contains { $0.asHeading == wanted }
    }
    guard declared == nil else { throw .labelTaken(text) }
    let others = active.filter { $0.id != id }
    guard !others.contains(where: { $0.label.asHeading == wanted }), !ExtraColumn.isID(wanted) else {
      throw .labelTaken(text)
    }
    return text
  }

  /// The choices that remain, with their words, and the new ones behind them.
  private func choices(_ draft: ExtraColumn.Draft, of before: [ExtraColumn.Choice]) throws(Refusal)
    -> [ExtraColumn.Choice]
  {
    var result: [ExtraColumn.Choice] = []
    for var choice in before {
      let word = draft.words[choice.value]?.trimmed ?? choice.word
      if word.isEmpty { continue }
      choice.word = word
      result.append(choice)
    }
    for line in draft.newChoices.split(whereSeparator: \.isNewline).map(\.trimmed) where !line.isEmpty {
      // A word that stood here before comes back as what it was.
      result.append(ExtraColumn.Choice(value: line, word: line))
    }
    guard (2...ExtraColumns.mostChoices).contains(result.count) else { throw .badChoiceCount }
    var seen: Set<String> = []
    for choice in result {
      guard let word = choice.word.trimmed(to: 1...40), word == choice.word, word != EntryQuery.none else {
        throw .badChoice(String(choice.word.prefix(60)))
      }
      for text in Set([choice.value.searchable, word.searchable]) where !seen.insert(text).inserted {
        throw .sameChoice(word)
      }
    }
    return result
  }

  /// Why columns are not changed as asked.
  enum Refusal: Problem, Equatable {
    case badLabel
    case labelTaken(String)
    case tooMany, badKind, badChoiceCount
    case badChoice(String)
    case sameChoice(String)
    /// Entries hold a choice that would go.
    case choiceInUse(String, count: Int)
    case noSuchColumn

    var code: String {
      switch self {
      case .badLabel: "registers.columnBadLabel"
      case .labelTaken: "registers.columnLabelTaken"
      case .tooMany: "registers.columnTooMany"
      case .badKind: "registers.columnBadKind"
      case .badChoiceCount: "registers.columnBadChoiceCount"
      case .badChoice: "registers.columnBadChoice"
      case .sameChoice: "registers.columnSameChoice"
      case .choiceInUse: "registers.columnChoiceInUse"
      case .noSuchColumn: "registers.columnNotFound"
      }
    }
    var kind: ProblemKind { self == .noSuchColumn ? .notFound : .invalid }
    var arguments: [String] {
      switch self {
      case .labelTaken(let text), .badChoice(let text), .sameChoice(let text): [text]
      case .choiceInUse(let word, let count): [word, "\(count)"]
      case .tooMany: ["\(ExtraColumns.most)"]
      case .badChoiceCount: ["\(ExtraColumns.mostChoices)"]
      case .badLabel, .badKind, .noSuchColumn: []
      }
    }
    var field: String? {
      switch self {
      case .badLabel, .labelTaken: "label"
      case .badKind: "kind"
      case .badChoiceCount, .badChoice, .sameChoice, .choiceInUse: "choices"
      case .tooMany, .noSuchColumn: nil
      }
    }
  }
}

extension Register {
  /// The register as a facility has it: its own columns behind the declared fields.
  func with(_ columns: ExtraColumns) -> Register {
    var register = self
    register.fields = declared + columns.active.map(Field.init)
    register.retired = columns.retired.map(Field.init)
    return register
  }
}

extension Field {
  /// A field for an added column. Its label is the facility's own word in either language.
  init(_ column: ExtraColumn) {
    self.init(
      column.id, "extra", Field.Kind(column), Word(verbatim: column.label),
      hint: [.text, .lines].contains(column.kind) ? Word(ColumnText.noPatients) : nil,
      listed: column.isListed && !column.isRetired, filter: [.choice, .yesNo].contains(column.kind),
      bulk: true, searched: true)
  }
}

extension Field.Kind {
  fileprivate init(_ column: ExtraColumn) {
    switch column.kind {
    case .text: self = .text(100)
    case .lines: self = .lines(1000)
    case .number: self = .number(-999_999_999_999...999_999_999_999)
    case .day: self = .day
    case .choice: self = .choice(column.choices.map { Field.Choice($0.value, Word(verbatim: $0.word)) })
    case .yesNo:
      self = .choice([
        Field.Choice("yes", Word(ColumnText.yes)), Field.Choice("no", Word(ColumnText.no)),
      ])
    }
  }
}
