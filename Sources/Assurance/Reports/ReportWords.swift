import Kernel
import Publishing
import Registers
import Web

/// The report in one language: every sentence that page, PDF and workbook print.
struct ReportWords: Sendable {
  let report: ManagementReport
  let language: Language
  private let t: Texts<ReportText>
  private let web: Texts<WebText>
  private let checklist: Texts<AssessmentText>

  init(_ report: ManagementReport, _ language: Language) {
    self.report = report
    self.language = language
    t = Texts(language)
    web = Texts(language)
    checklist = Texts(language)
  }

  var title: String { t(.title) }
  func text(_ key: ReportText) -> String { t(key) }
  func markWord(_ mark: Mark) -> String { web(WebText.mark(mark)) }

  var year: String { language.fiscalYear(report.overview.assessment.fiscalYear) }

  var facilityLine: String {
    let name = report.facility.name.text
    let place = report.facility.beds.map { $0 > 0 ? t(.withBeds, name, "\($0)") : name } ?? name
    return t(.subtitle, place, year, language.date(report.today))
  }

  /// The page's main sentence.
  var lead: String {
    let marks = report.standing.marks
    let open = marks.partly + marks.undone + marks.unanswered
    if marks.total == 0 { return t(.leadNothing) }
    if open == 0 { return t(.leadAll, marks.total) }
    if report.overview.assessment.fiscalYear.last < report.today {
      return t(.leadEnded, marks.total, marks.done, open)
    }
    return t(.lead, marks.total, marks.done, open, report.daysLeft)
  }

  var leadRest: String {
    guard let first = report.urgent.first else { return "" }
    return t(.leadUrgent, first.item.label, short(first.item))
  }

  /// The sentence over borrowed items and over answers not looked at this year; nil when neither applies.
  var notice: String? {
    var parts: [String] = []
    if report.overview.isBorrowed {
      parts.append(t(.borrowed, year, language.fiscalYear(report.overview.pack.fiscalYear)))
    }
    let unchecked = report.standing.notYetChecked.count
    if unchecked > 0 { parts.append(t(.notChecked, unchecked)) }
    if report.standing.rows.unconfirmed > 0 {
      parts.append(t(.unconfirmed, report.standing.rows.unconfirmed))
    }
    return parts.isEmpty ? nil : parts.joined(separator: language == .ja ? "" : " ")
  }

  func short(_ item: Pack.Item) -> String {
    report.concept(of: item)?.short(language) ?? item.question(language)
  }

  func name(_ item: Pack.Item) -> String { "\(item.label) \(short(item))" }

  /// Why an item stands where it stands: its two strongest reasons in one sentence.
  func reason(_ urgency: Urgency) -> String {
    urgency.reasons.prefix(2).map { reason($0, of: urgency.item) }.joined(
      separator: language == .ja ? "" : " ")
  }

  private func reason(_ reason: Urgency.Reason, of item: Pack.Item) -> String {
    switch reason {
    case .overdue(let days): t(.reasonOverdue, days)
    case .incidentCause: report.concept(of: item)?.causeReason?(language) ?? t(.reasonInspected)
    case .noTargetDate: t(.reasonNoTarget)
    case .noOwner: t(.reasonNoOwner)
    case .notAnswered: t(.reasonUnanswered)
    case .dueSoon(let days): t(.reasonDueSoon, days)
    case .inspected: t(.reasonInspected)
    case .quick: t(.reasonQuick)
    }
  }

  // MARK: Figures

  var figures: [(mark: String, label: String, value: Int)] {
    let standing = report.standing
    return [
      ("done", "○ \(web(.done))", standing.marks.done),
      ("partly", "△ \(web(.partly))", standing.marks.partly),
      ("undone", "× \(web(.undone))", standing.marks.undone),
      ("unanswered", web(.unanswered), standing.marks.unanswered),
      (standing.overdue.isEmpty ? "plain" : "bad", t(.overdue), standing.overdue.count),
      ("plain", t(.withoutProof), standing.withoutProof.count),
    ]
  }

  var unit: String { t(.unit) }

  private func spoken(_ marks: MarkCounts) -> String {
    t(.chartRow, marks.done, marks.partly, marks.undone, marks.unanswered)
  }

  var sectionChart: SVG {
    let rows = report.standing.sections.map { section, marks in
      (name: "\(section.number) \(section.short(language))", counts: marks)
    }
    return Charts.rows(
      rows, nameWidth: Charts.nameWidth(rows.map(\.name)), id: "hatch-s",
      label: rows.map { "\($0.name): \(spoken($0.counts))" }.joined(separator: " "),
      unansweredWord: t(.unansweredShort))
  }

  /// nil while there is only one year.
  var yearChart: SVG? {
    guard report.years.count > 1 else { return nil }
    let rows = report.years.map { year in
      (name: year.isCurrent ? t(.now) : t(.yearEnd, language.fiscalYear(year.year)), counts: year.marks)
    }
    return Charts.rows(
      rows, nameWidth: Charts.nameWidth(rows.map(\.name)), id: "hatch-y",
      label: rows.map { "\($0.name): \(spoken($0.counts))" }.joined(separator: " "),
      unansweredWord: t(.unansweredShort))
  }

  var yearNote: String {
    guard report.years.count > 1 else { return t(.firstYear) }
    let before = report.years[report.years.count - 2]
    let now = report.years[report.years.count - 1]
    let change = now.marks.done - before.marks.done
    let sentence =
      change > 0 ? t(.moreDone, change) : change < 0 ? t(.fewerDone, -change) : t(.sameDone)
    return before.items == now.items
      ? sentence : sentence + (language == .ja ? "" : " ") + t(.itemsChanged, before.items, now.items)
  }

  /// Five rows at most stand on the first page.
  var nationalChart: SVG? {
    guard !report.national.isEmpty else { return nil }
    let rows = report.national.prefix(5).map { figure in
      NationalRow(
        name: figure.metric.valueLabel(language), own: own(figure.own), value: figure.value,
        valueText: figure.value.map { "\(Int($0.rounded()))%" } ?? t(.noFigure), bandText: band(figure))
    }
    return Charts.national(
      Array(rows), heads: (t(.nationalItem), t(.nationalOwn), t(.nationalAll)), id: "national",
      label: rows.map { "\($0.name): \($0.ownText), \($0.valueText) \($0.bandText)" }.joined(separator: " "))
  }

  func own(_ mark: Mark?) -> (text: String, mark: Charts.Mark) {
    guard let mark else { return (t(.notCompared), .unanswered) }
    let same: Charts.Mark =
      switch mark {
      case .done: .done
      case .partly: .partly
      case .undone: .undone
      case .unanswered: .unanswered
      }
    return (web(WebText.mark(mark)), same)
  }

  /// 「100〜199床・令和7年」: whose figure it is, and of which year.
  func band(_ figure: ManagementReport.NationalFigure) -> String {
    let size =
      figure.band.map { $0 == "500+" ? t(.band500) : t(.band, $0.replacing("-", with: "〜")) } ?? t(.bandAll)
    return "\(size) \(figure.year)"
  }

  var nationalNote: String {
    if report.facility.kind != .hospital { return t(.onlyHospitals) }
    if report.national.isEmpty { return t(.nothingToCompare) }
    return t(.nationalNote)
  }

  // MARK: Lists

  struct UrgentRow: Sendable {
    let rank: Int
    let urgency: Urgency
    let item: String
    let reason: String
    let owner: String?
    let due: String?
    let isOverdue: Bool
  }

  var urgentRows: [UrgentRow] {
    report.urgent.enumerated().map { index, urgency in
      let answer = report.standing.answers[urgency.item.id] ?? .blank(urgency.item.id)
      return UrgentRow(
        rank: index + 1, urgency: urgency, item: name(urgency.item), reason: reason(urgency),
        owner: report.overview.person(answer.owner)?.name, due: answer.targetOn.map(language.columnDate),
        isOverdue: answer.targetOn.map { $0 < report.today } ?? false)
    }
  }

  /// What is asked of management: from the most urgent items, each request once, three at most.
  var asks: [String] {
    var asks: [String] = []
    for urgency in report.urgent {
      guard let ask = report.concept(of: urgency.item)?.ask(language), !asks.contains(ask) else { continue }
      asks.append(ask)
      if asks.count == 3 { break }
    }
    let nobody = report.standing.withoutOwner.compactMap { report.standing.form.item($0)?.label }
    if !nobody.isEmpty {
      let labels = nobody.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      let list = labels.prefix(6).joined(separator: "、") + (labels.count > 6 ? t(.andMore) : "")
      asks = Array(asks.prefix(2)) + [t(.askOwner, list)]
    }
    return asks
  }

  var signature: String { t(.signature, report.madeBy, language.dateTime(report.madeAt)) }

  /// Item ids of a list as names.
  func items(_ ids: [String]) -> [Pack.Item] { ids.compactMap { report.standing.form.item($0) } }
}

enum ReportText: String, TextKey {
  case summaries, summariesLead, summariesNone, summaryYear
  case menu, title, subtitle, withBeds, lead, leadEnded, leadAll, leadNothing, leadUrgent, borrowed,
    notChecked,
    unconfirmed
  case overdue, withoutProof, withoutOwner, dueSoon, unit, sections, years, national, urgent, asks
  case reasonOverdue, reasonNoTarget, reasonNoOwner, reasonUnanswered, reasonDueSoon, reasonInspected,
    reasonQuick
  case chartRow, unansweredShort, now, yearEnd, firstYear, moreDone, fewerDone, sameDone, itemsChanged
  case noFigure, nationalItem, nationalOwn, nationalAll, notCompared, band, band500, bandAll, onlyHospitals
  case nothingToCompare, nationalNote, andMore, askOwner, noAsks, signature, fingerprint, pageOf
  case rank, item, reason, owner, due, none, detailItems, detailLists, detailNational, detailUrgent,
    detailRule
  case question, answer, checked, deputy, note, proofs, source, value, bandHead, denominator, list, nothing,
    facts
  case pdf, xlsx, json, print, listTitle, listEmpty, listEmptyText, screenNote, urgentMore, figure
  case scrollHint, factFacility, factYear, factEdition
  static let catalog = Catalog(ReportText.self, in: .module, folder: "Reports.files")
}
