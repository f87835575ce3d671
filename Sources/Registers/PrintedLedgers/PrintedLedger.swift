import Kernel
import Publishing
import Storage
import Web

/// A register on paper, as an inspector asks for it: what was asked for, as it stood at one moment.
struct PrintedLedger: Sendable {
  let register: Register
  let columns: [Field]
  let rows: [NamedEntry]
  /// What the list was narrowed to; empty for all of it.
  let narrowing: [SavedView.Part]
  let facility: String
  let madeAt: Instant
  let madeBy: String
  let check: ListCheck?
  /// Of the facility's ledger as it stood.
  let fingerprint: String

  /// Entries that one ledger takes; Typst needs about 140 kB of memory for each.
  static let mostRows = 10_000
  /// Columns that an A4 page takes lying down, beside that of the findings.
  static let mostColumns = 14

  var today: Day { madeAt.day }

  /// The chosen fields in the order of the register; what the register names itself when none is chosen.
  ///
  /// - Throws: ``Refusal/tooManyColumns``.
  static func columns(_ chosen: [String], of register: Register) throws(Refusal) -> [Field] {
    let found = register.fields.filter { chosen.contains($0.id) }
    guard found.count <= mostColumns else { throw .tooManyColumns(found.count) }
    return found.isEmpty ? Array(register.printed.prefix(mostColumns)) : found
  }

  enum Refusal: Problem, Equatable {
    case tooManyRows(Int)
    case tooManyColumns(Int)

    var code: String {
      switch self {
      case .tooManyRows: "registers.printTooManyRows"
      case .tooManyColumns: "registers.printTooManyColumns"
      }
    }
    var kind: ProblemKind { .invalid }
    var arguments: [String] {
      switch self {
      case .tooManyRows(let count): ["\(count)", "\(PrintedLedger.mostRows)"]
      case .tooManyColumns(let count): ["\(count)", "\(PrintedLedger.mostColumns)"]
      }
    }
  }
}

extension Register {
  /// The columns of a printed ledger when nobody chooses others: those that the declaration names for inspectors, else
  /// those of the list with the days of checks; added columns that are in the list come behind.
  var printed: [Field] {
    let days = ["checkedOn", "contactsCheckedOn", "nextCheckOn"]
    let wanted = forInspection.isEmpty ? declared.filter(\.isListed).map(\.id) + days : forInspection
    return fields.filter { field in
      ExtraColumn.isID(field.id) ? field.isListed : wanted.contains(field.id)
    }
  }
}

/// The words of a ledger, the same on the page and in the PDF.
struct LedgerWords: Sendable {
  let ledger: PrintedLedger
  let t: Texts<PrintText>
  let common: Texts<RegisterText>

  init(_ ledger: PrintedLedger, _ language: Language) {
    self.ledger = ledger
    (t, common) = (Texts(language), Texts(language))
  }

  var language: Language { t.language }
  var title: String { ledger.register.name(language) }

  /// Name and value pairs of the head.
  var facts: [(label: String, value: String)] {
    let count = ledger.register.counted(language, ledger.rows.count)
    let concerned = ledger.rows.count { !findings(of: $0).isEmpty }
    let condition =
      ledger.narrowing.isEmpty
      ? t(.all) : SavedViewPages.words(ledger.narrowing, ledger.register, Texts(language))
    return [
      (t(.facility), ledger.facility), (t(.asOf), language.dateTime(ledger.madeAt)),
      (t(.condition), condition), (t(.madeBy), ledger.madeBy), (t(.count), count), (t(.check), check),
      (t(.concerned), concerned == 0 ? common(.none) : ledger.register.counted(language, concerned)),
    ]
  }

  private var check: String {
    let t = Texts<ListCheckText>(language)
    guard let check = ledger.check else { return t(.never) }
    let parts = [
      t(.last, language.columnDate(check.checkedOn), check.checkedBy),
      t(.next, language.columnDate(check.nextCheckOn)),
      check.daysLate(on: ledger.today).map { t(.late, language.number($0)) },
    ]
    return parts.compactMap { $0 }.joined(separator: " ・ ")
  }

  var headings: [String] { ledger.columns.map { $0.label(language) } + [common(.attention)] }

  func cells(of named: NamedEntry) -> [String] {
    ledger.columns.map { field in
      guard let value = named.entry.values[field.id] else { return "" }
      switch field.kind {
      case .entry, .person: return named.names[field.id] ?? value
      case .day: return Day(value).map(language.columnDate) ?? value
      default: return FieldView.plain(field, value, language)
      }
    }
  }

  func findings(of named: NamedEntry) -> String {
    ledger.register.findings(of: named.entry, on: ledger.today).map { $0.word(language) }
      .joined(separator: language == .ja ? "、" : ", ")
  }
}

/// The data of `register.typ`.
struct LedgerDocument: Encodable {
  struct Fact: Encodable {
    let label: String
    let value: String
  }

  let lang: String
  let title: String
  let subtitle: String
  let dateIso: String
  let author: String
  let facts: [Fact]
  let head: [String]
  let widths: [Double]
  /// The last cell of a row holds its findings.
  let rows: [[String]]
  let fingerprintLabel: String
  let fingerprint: String
  let pageOf: String

  init(_ words: LedgerWords) {
    let ledger = words.ledger
    lang = words.language.rawValue
    title = words.title
    subtitle = "\(ledger.facility)  \(words.language.date(ledger.today))"
    dateIso = ledger.today.description
    author = ledger.madeBy
    facts = words.facts.map { Fact(label: $0.label, value: $0.value) }
    head = words.headings
    widths = ledger.columns.map(\.printedWidth) + [2.4]
    rows = ledger.rows.map { words.cells(of: $0) + [words.findings(of: $0)] }
    fingerprintLabel = words.t(.fingerprint)
    fingerprint = ledger.fingerprint
    pageOf = words.t(.pageOf)
  }
}

extension Field {
  /// Room on paper, relative to the other columns.
  fileprivate var printedWidth: Double {
    switch kind {
    case .day: 1.2
    case .number: 1
    case .choice: 1.1
    case .entry, .person: 1.6
    case .text(let most): most > 60 ? 2.2 : 1.6
    case .lines: 2.6
    }
  }
}
