import Kernel
import Publishing
import Registers
import Web

/// A cell of a table in a PDF.
enum DocumentCell: Encodable {
  case text(String)
  case mark(String, Mark)
  case bad(String)

  private enum Key: String, CodingKey { case text, mark, bad }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .text(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .mark(let text, let mark):
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(text, forKey: .text)
      try container.encode(mark.rawValue, forKey: .mark)
    case .bad(let text):
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(text, forKey: .text)
      try container.encode(true, forKey: .bad)
    }
  }

  var cell: Cell {
    switch self {
    case .text(let text), .bad(let text): text.isEmpty ? .empty : .text(text)
    case .mark(let text, let mark): .text("\(mark.sign) \(text)")
    }
  }
}

/// A table with its heading, for PDF and workbook alike.
struct DocumentTable: Encodable {
  let title: String
  let intro: String?
  let head: [String]
  let widths: [Double]
  let rows: [[DocumentCell]]
}

extension DocumentTable {
  /// A table of another slice.
  init(_ table: ReportSection.Table) {
    self.init(
      title: table.title, intro: table.intro, head: table.head, widths: table.widths,
      rows: table.rows.map { row in
        row.map { cell -> DocumentCell in
          switch cell {
          case .text(let text): .text(text)
          case .bad(let text): .bad(text)
          }
        }
      })
  }
}

/// The data of `report.typ`.
struct ReportDocument: Encodable {
  struct Figure: Encodable {
    let value: Int
    let unit: String
    let label: String
    let mark: String
  }
  struct Urgent: Encodable {
    let rank: Int
    let item: String
    let reason: String
    let owner: String
    let ownerMissing: Bool
    let due: String
    let dueBad: Bool
  }

  let lang: String
  let title: String
  let subtitle: String
  let dateIso: String
  let author: String
  let leadStrong: String
  let leadRest: String
  let notice: String?
  let figures: [Figure]
  let sectionsTitle: String
  let sectionsChart: String
  let yearsTitle: String
  let yearsChart: String?
  let yearsNote: String
  let nationalTitle: String
  let nationalChart: String?
  let nationalNote: String
  let urgentTitle: String
  let urgentHead: [String]
  let urgent: [Urgent]
  let urgentMore: String?
  let asksTitle: String
  let asks: [String]
  let signature: String
  let fingerprintLabel: String
  let fingerprint: String
  let pageOf: String
  let details: [DocumentTable]
}

extension ReportWords {
  var charts: [String: SVG] {
    var charts = ["sections.svg": sectionChart]
    if let yearChart { charts["years.svg"] = yearChart }
    if let nationalChart { charts["national.svg"] = nationalChart }
    return charts
  }

  var document: ReportDocument {
    ReportDocument(
      lang: language.rawValue, title: title, subtitle: facilityLine, dateIso: report.today.description,
      author: report.madeBy, leadStrong: lead, leadRest: leadRest, notice: notice,
      figures: figures.map { .init(value: $0.value, unit: unit, label: $0.label, mark: $0.mark) },
      sectionsTitle: text(.sections), sectionsChart: "sections.svg", yearsTitle: text(.years),
      yearsChart: yearChart == nil ? nil : "years.svg", yearsNote: yearNote, nationalTitle: text(.national),
      nationalChart: nationalChart == nil ? nil : "national.svg", nationalNote: nationalNote,
      urgentTitle: text(.urgent),
      urgentHead: [text(.rank), text(.item), text(.reason), text(.owner), text(.due)],
      urgent: urgentRows.prefix(5).map { row in
        .init(
          rank: row.rank, item: row.item, reason: row.reason, owner: row.owner ?? text(.none),
          ownerMissing: row.owner == nil, due: row.due ?? text(.none), dueBad: row.due == nil || row.isOverdue
        )
      }, urgentMore: urgentRows.count > 5 ? text(.urgentMore) : nil, asksTitle: text(.asks), asks: asks,
      signature: signature, fingerprintLabel: text(.fingerprint), fingerprint: report.fingerprint,
      pageOf: text(.pageOf), details: details)
  }

  /// Everything behind the first page.
  var details: [DocumentTable] {
    var tables: [DocumentTable] = []
    if urgentRows.count > 0 {
      tables.append(
        DocumentTable(
          title: text(.detailUrgent), intro: text(.detailRule),
          head: [text(.rank), text(.item), text(.reason), text(.owner), text(.due)],
          widths: [0.6, 3, 6, 1.6, 1.8],
          rows: urgentRows.map { row in
            [
              .text("\(row.rank)"), .text(row.item), .text(row.reason),
              row.owner.map { .text($0) } ?? .bad(text(.none)),
              row.due.map { row.isOverdue ? .bad($0) : .text($0) } ?? .bad(text(.none)),
            ]
          }))
    }
    tables.append(itemTable)
    tables.append(listTable)
    if !report.national.isEmpty { tables.append(nationalTable) }
    return tables + report.sections.flatMap { $0.tables(language) }.map(DocumentTable.init)
  }

  private var itemTable: DocumentTable {
    DocumentTable(
      title: text(.detailItems), intro: nil,
      head: [text(.item), text(.question), text(.answer), text(.checked), text(.due), text(.owner)],
      widths: [1.1, 5, 2, 1.5, 1.7, 1.4],
      rows: report.standing.form.rows.map { item in
        let answer = report.standing.answers[item.id] ?? .blank(item.id)
        let due = answer.isOpen ? answer.targetOn : nil
        let late = due.map { $0 < report.today } ?? false
        return [
          .text(item.label), .text(item.question(language)), mark(item),
          .text(answer.confirmedOn.map(language.columnDate) ?? ""),
          due.map { late ? .bad(language.columnDate($0)) : .text(language.columnDate($0)) } ?? .text(""),
          .text(report.overview.person(answer.owner)?.name ?? ""),
        ]
      })
  }

  private func mark(_ item: Pack.Item) -> DocumentCell {
    if item.isUnconfirmed { return .text(Texts<AssessmentText>(language)(.checkOriginal)) }
    // The row's own state: its sibling (server, PC) has a row of its own.
    guard let mark = Standing.mark(of: [item], answers: report.standing.answers) else {
      return .text(Texts<AssessmentText>(language)(.notApplicable))
    }
    return .mark(markWord(mark), mark)
  }

  private var listTable: DocumentTable {
    let standing = report.standing
    let lists: [(String, [String])] = [
      (text(.overdue), standing.overdue), (text(.dueSoon), standing.dueSoon),
      (text(.withoutOwner), standing.withoutOwner), (text(.withoutProof), standing.withoutProof),
    ]
    return DocumentTable(
      title: text(.detailLists), intro: nil, head: [text(.list), text(.item)], widths: [2.4, 9],
      rows: lists.map { name, ids in
        [
          .text(name),
          .text(ids.isEmpty ? text(.nothing) : items(ids).map { self.name($0) }.joined(separator: " / ")),
        ]
      })
  }

  private var nationalTable: DocumentTable {
    DocumentTable(
      title: text(.detailNational), intro: report.survey.notice(language),
      head: [
        text(.nationalItem), text(.nationalOwn), text(.value), text(.bandHead), text(.denominator),
        text(.source),
      ],
      widths: [3, 1.8, 1.2, 1.9, 2.4, 3.4],
      rows: report.national.map { figure in
        [
          .text(figure.metric.label(language)),
          figure.own.map { .mark(markWord($0), $0) } ?? .text(text(.notCompared)),
          .text(figure.value.map { "\(Int($0.rounded()))%" } ?? text(.noFigure)), .text(band(figure)),
          .text(figure.metric.denominator(language)),
          .text(report.survey.sources.first { $0.id == figure.metric.source }?.name ?? figure.metric.source),
        ]
      })
  }

  var workbook: [OutputSheet] {
    let notes =
      [facilityLine, lead + leadRest] + [notice].compactMap { $0 } + [
        "\(text(.fingerprint)) \(report.fingerprint)"
      ]
    let summary = OutputSheet(
      name: title, notes: notes, headings: [text(.figure), text(.value)],
      rows: figures.map { [.text($0.label), .number(Double($0.value))] }, columnWidths: [28, 12])
    return [summary]
      + details.map { table in
        OutputSheet(
          name: table.title, notes: [table.intro].compactMap { $0 }, headings: table.head,
          rows: table.rows.map { $0.map(\.cell) }, columnWidths: table.widths.map { max(8, $0 * 9) })
      }
  }
}

extension TableDocument {
  /// The filled checklist in the form of the original, for an inspection.
  static func inspectionSheet(_ report: ManagementReport, _ language: Language) -> TableDocument {
    let words = ReportWords(report, language)
    let t = Texts<AssessmentText>(language)
    let overview = report.overview
    let tables = overview.form.sections.filter { !$0.items.isEmpty }.map { section in
      Table(
        "\(section.number) \(section.title(language))",
        head: [
          t(.columnNumber), t(.columnQuestion), t(.columnTarget), t(.columnAnswer), t(.columnDue),
          t(.columnOwner), t(.columnNote), t(.columnProof),
        ], widths: [0.9, 4.2, 1.3, 2, 1.4, 1.4, 2.6, 2.2],
        rows: section.items.map { inspectionRow($0, overview, language, t) })
    }
    return TableDocument(
      overview.form.title(language),
      Frame(
        language: language.rawValue, subtitle: words.facilityLine, day: report.today.description,
        author: report.madeBy, fingerprint: (words.text(.fingerprint), report.fingerprint),
        pageOf: words.text(.pageOf)),
      notice: overview.pack.notice(language) + (words.notice.map { " " + $0 } ?? ""),
      facts: [
        Fact(words.text(.factFacility), report.facility.name.text), Fact(words.text(.factYear), words.year),
        Fact(words.text(.factEdition), overview.pack.title(language)),
      ], tables: tables, signatures: [t(.checker), t(.approver)])
  }

  private static func inspectionRow(
    _ item: Pack.Item, _ overview: Assessments.Overview, _ language: Language, _ t: Texts<AssessmentText>
  ) -> [TableDocument.Cell] {
    let answer = overview.standing.answers[item.id] ?? .blank(item.id)
    let rounds = overview.rounds.filter { $0.item == item.id }
    let given =
      rounds.isEmpty
      ? [answer.value.map { t(AssessmentText.value($0)) } ?? ""]
      : rounds.map { round in
        "\(t(.roundNumber, round.round)) \(round.value.map { t(AssessmentText.value($0)) } ?? "") \(round.confirmedOn.map(language.columnDate) ?? "")"
      }
    let people = [overview.person(answer.owner)?.name, overview.person(answer.deputy).map { "(\($0.name))" }]
    return [
      .text(item.label),
      .text(item.question(language) + (item.isUnconfirmed ? " [\(t(.checkOriginal))]" : "")),
      .text(item.appliesTo.map { t(AssessmentText.target($0)) }.joined(separator: "、")),
      .text(given.joined(separator: "\n")),
      .text(answer.isOpen ? answer.targetOn.map(language.columnDate) ?? "" : ""),
      .text(people.compactMap { $0 }.joined(separator: "\n")), .text(answer.note),
      .text(overview.proofs(of: item.id).map(\.title).joined(separator: "\n")),
    ]
  }
}
