public import Kernel
public import Storage
public import Web

/// A register (台帳) of a facility: which fields its entries have, and what in an entry asks for attention.
///
/// A slice declares one; list, search, record page, form, bulk edit, history, import and export follow from the
/// declaration. Tables are the slices' own, so that the database itself keeps keys, references and ranges.
public struct Register: Sendable {
  /// `devices`; stands in URLs, commands and the ledger.
  public let id: String
  /// The slice's table. Beside the fields' columns it has those of ``columns(_:)``.
  let table: SQL
  let name: Word
  /// What an entry is called in a sentence: 機器.
  let noun: Word
  /// 台, 件, 社: the counter after a number.
  let counted: @Sendable (Language, Int) -> String
  /// What stands on the page while the register is empty, and why it pays to fill it.
  let emptyText: Word
  /// In the order of the form. The first is the key: what people call an entry by, unique in the facility.
  ///
  /// What a facility has added stands behind them in the value that ``ReadTx/effective(_:)`` gives.
  public internal(set) var fields: [Field]
  /// The fields that stand in the program; their values have columns of their own in the table.
  let declared: [Field]
  /// Added columns that are no longer used, for the words of the history.
  var retired: [Field] = []
  let findings: [Finding]
  let rules: [Rule]
  /// Pages that belong to the list, for those who may change it: paths of this site.
  let links: [(path: String, name: Word)]
  /// How the table is shared with another slice; nil for a table of the register alone.
  let sharing: SharedTable?
  /// What an empty register offers to begin with.
  let starter: Starter?
  /// Ids of the columns that an inspector asks for; none for those of the list.
  let forInspection: [String]
  /// Ids of fields that name a proof: a file beside the entry can be given as what they ask for.
  let proofs: [String]
  /// What the program itself writes into entries, shown in the reader's language as long as nobody changes it.
  let ownWords: OwnWords?

  init(
    _ id: String, table: SQL, name: Word, noun: Word,
    counted: @escaping @Sendable (Language, Int) -> String, emptyText: Word, fields: [Field],
    findings: [Finding], rules: [Rule] = [], links: [(path: String, name: Word)] = [],
    forInspection: [String] = [], proofs: [String] = [], sharing: SharedTable? = nil, starter: Starter? = nil,
    ownWords: OwnWords? = nil
  ) {
    (self.id, self.table, self.name, self.noun) = (id, table, name, noun)
    (self.counted, self.emptyText, self.fields, self.findings) = (counted, emptyText, fields, findings)
    (self.rules, self.links, self.sharing, self.starter) = (rules, links, sharing, starter)
    (self.forInspection, self.proofs, declared) = (forInspection, proofs, fields)
    self.ownWords = ownWords
  }

  public var key: Field { fields[0] }
  /// What an entry is shown as: its title, else its key.
  var title: Field { fields.first { $0.isTitle } ?? key }
  /// The fields that people and files fill in.
  var entered: [Field] { fields.filter { !$0.isDerived } }
  public func field(_ id: String) -> Field? { fields.first { $0.id == id } }

  /// What asks for attention in `entry` on `today`, in the order of the declaration.
  public func findings(of entry: Entry, on today: Day) -> [Finding] {
    findings.filter { $0.holds(for: entry, on: today) }
  }

  /// The first day on which anything in `entry` asks for attention; nil when nothing ever will.
  func attention(of entry: Entry) -> Day? { findings.compactMap { $0.begins(entry) }.min() }
}

/// What a register must know of a table that another slice keeps too.
struct SharedTable: Sendable {
  /// How that slice names a row in the ledger, so that an entry has one history: `person`.
  let subject: String
  /// Columns beside the fields that a new row needs.
  let inserted: [(column: SQL, value: SQL)]
  /// Which rows cannot be taken out, as a condition on the table; and why.
  let kept: SQL
  let keptRefusal: Entry.Refusal
}

/// A form on the page of an empty register that fills it with first entries.
struct Starter: Sendable {
  let path: StaticString
  let word: Word
}

/// A text in the languages of the program, from a slice's catalog.
public struct Word: Sendable {
  private let text: @Sendable (Language) -> String

  public init<Key: TextKey>(_ key: Key) { text = { Texts<Key>($0)(key) } }
  /// A facility's own word, the same in every language.
  init(verbatim word: String) { text = { _ in word } }
  public func callAsFunction(_ language: Language) -> String { text(language) }
}

/// One field of a register.
public struct Field: Sendable {
  public enum Kind: Sendable {
    /// One line of up to so many characters.
    case text(Int)
    /// Several lines.
    case lines(Int)
    case choice([Choice])
    case day
    /// A whole number in a range; the unit stands in the label.
    case number(ClosedRange<Int>)
    /// An entry of another register, by its id.
    case entry(of: String, table: SQL, title: SQL)
    /// A person of the facility.
    case person
  }

  /// One of a few values.
  public struct Choice: Sendable {
    let value: String
    let word: Word
    let tone: Tone?

    public init(_ value: String, _ word: Word, _ tone: Tone? = nil) {
      (self.value, self.word, self.tone) = (value, word, tone)
    }
  }

  /// Name of form field, JSON key and, in snake case, of the column.
  public let id: String
  let column: SQL
  public let kind: Kind
  let label: Word
  let hint: Word?
  /// Other headings under which spreadsheets and asset tools write it. Compared folded.
  let headings: [String]
  let isRequired: Bool
  let isTitle: Bool
  /// Shown as a column of the list.
  let isListed: Bool
  /// Offered as a filter of the list (choices), and for changing many entries at once.
  let isFilter: Bool
  let isBulk: Bool
  /// Found by the search.
  let isSearched: Bool
  /// Kept by a slice from what it stores beside the entry; stands in no form and no file.
  let isDerived: Bool
  /// The column takes no NULL: an empty value is stored as ''.
  let isNeverNull: Bool

  public init(
    _ id: String, _ column: SQL, _ kind: Kind, _ label: Word, hint: Word? = nil, headings: [String] = [],
    required: Bool = false, title: Bool = false, listed: Bool = false, filter: Bool = false,
    bulk: Bool = false, searched: Bool = false, derived: Bool = false, neverNull: Bool = false
  ) {
    isNeverNull = neverNull
    (self.id, self.column, self.kind, self.label, self.hint) = (id, column, kind, label, hint)
    (self.headings, isRequired, isTitle, isListed) = (headings, required, title, listed)
    (isFilter, isBulk, isSearched, isDerived) = (filter, bulk, searched, derived)
  }
}

/// Something in an entry that a person should look at.
public struct Finding: Sendable {
  public let id: String
  let word: Word
  /// The first day on which it holds: ``always`` for what lacks now; nil when it does not hold and never will by itself.
  let begins: @Sendable (Entry) -> Day?
  /// The first day on which another finding has taken its place; nil when it stays.
  let ends: @Sendable (Entry) -> Day?

  public init(
    _ id: String, _ word: Word, begins: @escaping @Sendable (Entry) -> Day?,
    ends: @escaping @Sendable (Entry) -> Day? = { _ in nil }
  ) {
    (self.id, self.word, self.begins, self.ends) = (id, word, begins, ends)
  }

  func holds(for entry: Entry, on day: Day) -> Bool {
    guard let first = begins(entry), first <= day else { return false }
    return ends(entry).map { day < $0 } ?? true
  }

  /// Holds on every day.
  public static let always = Day(daysSince1970: -36_000)
}

/// What holds between two fields of an entry.
public enum Rule: Sendable {
  /// Two people, or two entries, are not the same.
  case differ(String, String)
  /// A day is not before another one.
  case order(first: String, then: String)

  /// The refusal of values that break it; nil when they keep it or a value is missing.
  func refusal(of values: [String: String], in register: Register, _ language: Language) -> Entry.Refusal? {
    func label(_ field: String) -> String { register.field(field)?.label(language) ?? field }
    switch self {
    case .differ(let first, let second):
      guard let one = values[first], one == values[second] else { return nil }
      return .same(field: second, label: label(second), other: label(first))
    case .order(let first, let then):
      guard let start = values[first], let end = values[then], end < start else { return nil }
      return .before(field: then, label: label(then), other: label(first))
    }
  }
}

/// One line of a register: the values of its fields.
public struct Entry: Sendable, Equatable {
  public typealias ID = Kernel.ID<Entry>

  public let id: ID
  /// By field id; an empty field has none. Days are `YYYY-MM-DD`, numbers in digits, references ids.
  public internal(set) var values: [String: String]
  public internal(set) var version: Int

  public init(id: ID, values: [String: String], version: Int) {
    (self.id, self.values, self.version) = (id, values, version)
  }

  public func text(_ field: String) -> String { values[field] ?? "" }
  public func day(_ field: String) -> Day? { values[field].flatMap { Day($0) } }
  public func has(_ field: String) -> Bool { values[field] != nil }
  public func `is`(_ field: String, _ value: String) -> Bool { values[field] == value }

  /// Refusals of an entry. The field's label completes the sentence.
  public enum Refusal: Problem, Equatable {
    case missing(field: String, label: String)
    case tooLong(field: String, label: String, most: Int)
    case notAChoice(field: String, label: String, text: String)
    case notADay(field: String, label: String, text: String)
    case notANumber(field: String, label: String, text: String, least: Int, most: Int)
    case notFound(field: String, label: String, text: String)
    case ambiguous(field: String, label: String, text: String)
    case taken(field: String, label: String, text: String)
    /// Someone else has the name already; people are told apart by what stands behind it.
    case namesake(field: String, label: String, text: String)
    /// Something else names the entry, so it cannot be taken out.
    case namedBy(noun: String, title: String)
    /// An answer rests on what the register says with it.
    case reliedOn(answer: String)
    case inUse
    /// The person signs in, so they cannot be taken out.
    case signsIn
    case noSuchEntry, noSuchRegister, nothingChosen
    /// More are to be changed at once than is done.
    case tooManyChosen(Int)
    /// Two fields that must differ do not.
    case same(field: String, label: String, other: String)
    /// A day lies before the one it follows.
    case before(field: String, label: String, other: String)

    public var code: String {
      switch self {
      case .missing: "registers.missing"
      case .tooLong: "registers.tooLong"
      case .notAChoice: "registers.notAChoice"
      case .notADay: "registers.notADay"
      case .notANumber: "registers.notANumber"
      case .notFound: "registers.notFound"
      case .ambiguous: "registers.ambiguous"
      case .taken: "registers.taken"
      case .namedBy: "registers.namedBy"
      case .reliedOn: "registers.reliedOn"
      case .namesake: "registers.namesake"
      case .inUse: "registers.inUse"
      case .signsIn: "registers.signsIn"
      case .noSuchEntry: "registers.noSuchEntry"
      case .noSuchRegister: "registers.noSuchRegister"
      case .nothingChosen: "registers.nothingChosen"
      case .tooManyChosen: "registers.tooManyChosen"
      case .same: "registers.same"
      case .before: "registers.before"
      }
    }
    public var kind: ProblemKind {
      switch self {
      case .noSuchEntry, .noSuchRegister: .notFound
      case .namedBy, .reliedOn, .inUse, .signsIn: .conflict
      default: .invalid
      }
    }
    public var arguments: [String] {
      switch self {
      case .missing(_, let label): [label]
      case .tooLong(_, let label, let most): [label, "\(most)"]
      case .notAChoice(_, let label, let text), .notADay(_, let label, let text): [label, shortened(text)]
      case .notFound(_, let label, let text), .ambiguous(_, let label, let text): [label, shortened(text)]
      case .taken(_, let label, let text), .namesake(_, let label, let text): [label, shortened(text)]
      case .same(_, let label, let other), .before(_, let label, let other): [label, other]
      case .notANumber(_, let label, let text, let least, let most):
        [label, shortened(text), "\(least)", "\(most)"]
      case .tooManyChosen(let most): ["\(most)"]
      case .namedBy(let noun, let title): [noun, title]
      case .reliedOn(let answer): [answer]
      case .noSuchRegister: [Registry.all.map(\.id).joined(separator: ", ")]
      case .inUse, .signsIn, .noSuchEntry, .nothingChosen: []
      }
    }
    /// What was typed, as it is quoted in a sentence: its first 40 characters.
    private func shortened(_ text: String) -> String { text.count > 40 ? "\(text.prefix(40))…" : text }

    public var field: String? {
      switch self {
      case .missing(let field, _), .tooLong(let field, _, _), .notAChoice(let field, _, _): field
      case .notADay(let field, _, _), .notANumber(let field, _, _, _, _), .notFound(let field, _, _): field
      case .ambiguous(let field, _, _), .taken(let field, _, _), .namesake(let field, _, _): field
      case .same(let field, _, _), .before(let field, _, _): field
      case .namedBy, .reliedOn, .inUse, .signsIn, .noSuchEntry, .noSuchRegister, .nothingChosen,
        .tooManyChosen:
        nil
      }
    }
  }
}
