import Foundation
public import Kernel
import Publishing
import Registers
public import Storage
public import Web

/// The report to management and the sheet for an inspection.
public enum Reports {
  public enum Format: String, Sendable, CaseIterable { case pdf, xlsx, html, json }

  /// Everything that the report of one assessment says, in one consistent view.
  ///
  /// - Parameter sections: what slices of other modules add to the report of the running year; their figures are those of today.
  /// - Throws: `Answer.Refusal.noSuchAssessment`, `Facility.Refusal.notFound`, `PackProblem`.
  public static func management(
    _ id: Assessment.ID, library: PackLibrary, sections: ReportSections = .none, in scope: Scope
  ) async throws -> ManagementReport {
    let found = try await report(
      library: library, sections: sections, in: scope, choosing: { $0.first { $0.id == id } })
    guard let report = found else {
      throw Answer.Refusal.noSuchAssessment
    }
    return report
  }

  private struct Read: Sendable {
    let facility: Facility
    let assessment: Assessment
    let all: [Assessment]
    let answers: [Assessment.ID: [String: Answer]]
    let people: [Person]
    let proofs: [Proof]
    let rounds: [AnswerRound]
    let recent: [LedgerEntry]
    let sections: [ReportSection]
    var head: LedgerHead { recent.first.map { LedgerHead(sequence: $0.sequence, hash: $0.hash) } ?? .empty }
  }

  /// The report of the assessment that `choose` picks from all, newest year first; nil when it picks none.
  ///
  /// - Parameters:
  ///   - withRounds: whether the finished checks of each item are read too, for the inspection sheet.
  ///   - recent: how many of the ledger's newest entries are read too; the newest gives the fingerprint.
  static func report(
    library: PackLibrary, sections: ReportSections = .none, in scope: Scope, withRounds: Bool = false,
    recent: Int = 1,
    choosing choose: @escaping @Sendable ([Assessment]) -> Assessment?
  ) async throws -> ManagementReport? {
    let library = try await library.seen(by: scope)
    let found = try await scope.read { tx -> Read? in
      let (facility, all) = try tx.facilityWithAssessments()
      guard let assessment = choose(all) else { return nil }
      return Read(
        facility: facility, assessment: assessment, all: all, answers: try tx.answersOfAll(),
        people: try tx.people(),
        proofs: try tx.proofs(assessment.id), rounds: withRounds ? try tx.rounds(assessment.id) : [],
        recent: try tx.recentEntries(limit: recent),
        sections: assessment.fiscalYear == scope.now.day.fiscalYear ? try sections(tx, at: scope.now) : [])
    }
    guard let read = found else { return nil }
    let (facility, assessment) = (read.facility, read.assessment)
    let id = assessment.id
    let today = scope.now.day
    let form = try library.form(assessment.form, of: assessment.pack)
    let counted = Dictionary(grouping: read.proofs.filter { !$0.withdrawn }, by: \.item).mapValues(\.count)
    let standing = Standing(form: form, answers: read.answers[id] ?? [:], proofs: counted, today: today)
    var years: [ManagementReport.Year] = []
    for other in read.all where other.form == assessment.form && other.fiscalYear <= assessment.fiscalYear {
      let own = other.id == id
      let past =
        own
        ? standing
        : Standing(
          form: try library.form(other.form, of: other.pack), answers: read.answers[other.id] ?? [:],
          proofs: [:],
          today: today)
      years.append(.init(year: other.fiscalYear, marks: past.marks, items: past.groups.count, isCurrent: own))
    }
    let concepts = try library.concepts()
    let survey = try library.survey()
    let overview = Assessments.Overview(
      assessment: assessment, pack: try library.pack(assessment.pack), standing: standing,
      people: read.people,
      proofs: read.proofs, rounds: read.rounds, measures: [:])
    return ManagementReport(
      facility: facility, overview: overview, today: today, madeAt: scope.now, madeBy: scope.actor.name,
      head: read.head.hash, fingerprint: read.head.fingerprint, recent: read.recent,
      urgent: Array(Urgency.ranked(standing, concepts: concepts, today: today).prefix(10)),
      years: Array(years.sorted { $0.year < $1.year }.suffix(3)),
      national: ManagementReport.national(facility: facility, standing: standing, survey: survey),
      concepts: Dictionary(concepts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
      survey: survey, sections: read.sections)
  }

  /// The report as a file.
  ///
  /// - Throws: `PdfProblem`, `SheetProblem`.
  public static func file(
    _ report: ManagementReport, as format: Format, _ language: Language, environment: [String: String]
  ) async throws -> [UInt8] {
    let words = ReportWords(report, language)
    switch format {
    case .json: return try json(report, language)
    case .xlsx: return try Sheets.xlsx(words.workbook)
    case .html: return Array(ReportPage.standalone(words).text.utf8)
    case .pdf:
      let maker = try PdfMaker.find(environment: environment)
      return try await maker.make(template: "report", of: words.document, charts: words.charts)
    }
  }

  /// The filled checklist in the form of the original, for an inspection, as PDF; with its fiscal year.
  ///
  /// - Throws: as ``management(_:library:in:)``; `PdfProblem`.
  public static func inspectionSheet(
    of id: Assessment.ID, library: PackLibrary, in scope: Scope, _ language: Language,
    environment: [String: String]
  ) async throws -> (bytes: [UInt8], year: FiscalYear) {
    let found = try await report(library: library, in: scope, withRounds: true) { $0.first { $0.id == id } }
    guard let report = found else { throw Answer.Refusal.noSuchAssessment }
    let maker = try PdfMaker.find(environment: environment)
    let bytes = try await maker.make(
      template: "checklist", of: TableDocument.inspectionSheet(report, language))
    return (bytes, report.overview.assessment.fiscalYear)
  }

  /// Says which Typst makes the PDFs.
  ///
  /// - Throws: `PdfProblem` when Typst or its font is missing.
  public static func checkPdf(environment: [String: String]) async throws -> String {
    let maker = try PdfMaker.find(environment: environment)
    try await maker.checkFont()
    return "\(try await maker.version()), \(PdfMaker.font)"
  }

  static func json(_ report: ManagementReport, _ language: Language) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return [UInt8](try encoder.encode(ReportJSON(report, ReportWords(report, language))))
  }
}

/// Figures of another slice, as it wants them written.
private struct SectionJSON: Encodable {
  let figures: any Encodable & Sendable

  func encode(to encoder: any Encoder) throws { try figures.encode(to: encoder) }
}

/// The report for machines. Lists hold item ids.
private struct ReportJSON: Encodable {
  struct Place: Encodable {
    let id: String
    let name: String
    let kind: String
    @OrNull var beds: Int?
    @OrNull var prefecture: String?
  }
  struct Urgent: Encodable {
    let item: String
    let label: String
    let reason: String
    let score: Int
  }
  struct National: Encodable {
    let metric: String
    let item: String
    /// null when no figure could be confirmed.
    @OrNull var value: Double?
    let year: Int
    /// `all` when no figure for the facility's own size is known.
    let band: String
    let denominator: String
    let source: String
  }
  struct Year: Encodable {
    let fiscalYear: Int
    let items: Int
    let marks: MarkCounts
  }

  let facility: Place
  let edition: String
  let form: String
  let fiscalYear: Int
  let editionFiscalYear: Int
  let asOf: Day
  let rows: Standing.Rows
  let marks: MarkCounts
  let overdue: [String]
  let dueSoon: [String]
  let withoutProof: [String]
  let withoutOwner: [String]
  let notYetChecked: [String]
  let urgent: [Urgent]
  let national: [National]
  let years: [Year]
  let ledgerHead: String
  /// By the slice that says it.
  let sections: [String: SectionJSON]

  init(_ report: ManagementReport, _ words: ReportWords) {
    let standing = report.standing
    facility = Place(
      id: report.facility.id.text, name: report.facility.name.text, kind: report.facility.kind.rawValue,
      beds: report.facility.beds, prefecture: report.facility.prefecture?.japanese)
    edition = report.overview.assessment.pack
    form = report.overview.assessment.form
    fiscalYear = report.overview.assessment.fiscalYear.year
    editionFiscalYear = report.overview.pack.fiscalYear.year
    asOf = report.today
    rows = standing.rows
    marks = standing.marks
    overdue = standing.overdue
    dueSoon = standing.dueSoon
    withoutProof = standing.withoutProof
    withoutOwner = standing.withoutOwner
    notYetChecked = standing.notYetChecked
    urgent = report.urgent.map {
      Urgent(item: $0.item.id, label: $0.item.label, reason: words.reason($0), score: $0.score)
    }
    national = report.national.map { figure in
      National(
        metric: figure.metric.id, item: figure.item.id, value: figure.value, year: figure.year,
        band: figure.band ?? "all", denominator: figure.metric.denominator(words.language),
        source: report.survey.sources.first { $0.id == figure.metric.source }?.name ?? figure.metric.source)
    }
    years = report.years.map { Year(fiscalYear: $0.year.year, items: $0.items, marks: $0.marks) }
    ledgerHead = report.head
    sections = Dictionary(
      report.sections.map { ($0.id, SectionJSON(figures: $0.figures)) },
      uniquingKeysWith: { first, _ in first })
  }
}
