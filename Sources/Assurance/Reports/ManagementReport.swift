public import Kernel
import Publishing
public import Registers
import Storage
public import Web

/// What the report to management says, as values: page, PDF, workbook and JSON are made from it.
public struct ManagementReport: Sendable {
  public let facility: Facility
  public let overview: Assessments.Overview
  public let today: Day
  public let madeAt: Instant
  public let madeBy: String
  public let head: String
  public let fingerprint: String
  /// The newest entries of the ledger, newest first: as many as the reader asked for.
  let recent: [LedgerEntry]
  public let urgent: [Urgency]
  public let years: [Year]
  public let national: [NationalFigure]
  let concepts: [String: Concept]
  let survey: Survey
  /// What slices of other modules add.
  let sections: [ReportSection]

  /// The standing at the end of an earlier year, or now.
  public struct Year: Sendable {
    public let year: FiscalYear
    let marks: MarkCounts
    public let items: Int
    public let isCurrent: Bool
  }

  /// One metric of the national survey beside the facility's own answer.
  public struct NationalFigure: Sendable {
    public let metric: SurveyMetric
    public let year: Int
    /// Percent; nil when no figure could be confirmed for this size and overall.
    public let value: Double?
    /// The bed band, or nil for all hospitals.
    public let band: String?
    public let own: Mark?
    public let item: Pack.Item
  }

  public var standing: Standing { overview.standing }

  func concept(of item: Pack.Item) -> Concept? { concepts[item.concept] }

  /// Days until the fiscal year ends, 0 when it has ended.
  public var daysLeft: Int { max(0, overview.assessment.fiscalYear.last.days(since: today)) }
}

extension ManagementReport {
  /// For each item that the survey also asked about: the newest year's figure for the same size, else for all hospitals.
  ///
  /// Figures of low confidence are never used. A facility that is no hospital is compared with nothing, since only hospitals were asked.
  static func national(
    facility: Facility, standing: Standing, survey: Survey
  ) -> [NationalFigure] {
    guard facility.kind == .hospital else { return [] }
    let band = survey.band(of: facility.beds)
    var found: [NationalFigure] = []
    for item in standing.form.rows {
      if found.contains(where: { $0.item.concept == item.concept }) { continue }
      guard let metricID = comparable[item.concept] else { continue }
      let newest = survey.years.sorted { $0.year > $1.year }.lazy.compactMap { year in
        year.metrics.first { $0.id == metricID && $0.confidence != .low }.map { (year.year, $0) }
      }.first
      guard let (year, metric) = newest else { continue }
      let ofBand = band.flatMap { metric.byBeds[$0] ?? nil }
      found.append(
        NationalFigure(
          metric: metric, year: year, value: ofBand ?? metric.overall, band: ofBand == nil ? nil : band,
          own: standing.mark(ofItem: item.id), item: item))
    }
    return found
  }

  /// Which survey question asks the same as a concept's item. Questions that only touch the subject are left out.
  static let comparable: [String: String] = [
    "safety-manager": "safety-manager", "patch": "patch-server-pc", "media-control": "media-control",
    "mfa": "mfa",
    "cyber-bcp": "cyber-bcp",
  ]
}
