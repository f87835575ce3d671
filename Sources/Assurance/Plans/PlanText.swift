import Kernel
import Web

/// Words of plans and budget requests.
enum PlanText: String, TextKey {
  case title, toMeasures, lead, empty, emptyText, writeMeasure, year, begun, once, yearly, all
  case chosenTotal, rule, undated, undatedText, undatedMore, yearTitle, yearLead, measure, why, cost
  case otherwise, choose, unchoose, chosen, edit, nothing, requirementsMore, requirements, risks, riskStays
  case riskStaysTo, requirementsStay, nothingSaid, unknownCost, notInThisYear, yen, yearlyYen, onceYen
  case lineTitle, lineLead, whyField, whyHint, otherwiseField, otherwiseHint, chosenField, save, saved
  case refused, request, requestTitle, requestSubtitle, requestNotice, pdf, xlsx, totalOnce, totalYearly
  case totalAll, totalUnknown, atLeast, atLeastText, owner, start, days, fingerprint, pageOf, signMaker
  case signApprover
  case noneChosen, running, notRated, stale, comma, rolloutTitle
  case rolloutRule, rolloutLeft, rolloutAsk, rolloutPart, rolloutWhy, rolloutOtherwise, rolloutFormLead
  case rolloutOtherwiseHint

  static let catalog = Catalog(PlanText.self, in: .module, folder: "Plans.files")
}

extension PlannedMeasure {
  /// 1,200,000円, or that it is not known, or nothing when none falls into the year.
  func once(in year: FiscalYear, _ t: Texts<PlanText>) -> String {
    guard cost.begins(in: year) else { return t(.notInThisYear) }
    return measure.costInitial.map { t(.yen, $0) } ?? t(.unknownCost)
  }

  func yearly(in year: FiscalYear, _ t: Texts<PlanText>) -> String {
    guard cost.runs(in: year) else { return t(.notInThisYear) }
    return measure.costYearly.map { t(.yen, $0) } ?? t(.unknownCost)
  }

  /// Why: in a person's words, then the requirements and the risks it is for.
  func grounds(_ scales: [String: RiskScale], _ t: Texts<PlanText>) -> [String] {
    var all = line.why.split(whereSeparator: \.isNewline).map(String.init)
    if requirementCount > 0 {
      let more =
        requirementCount > requirements.count
        ? t(.requirementsMore, requirementCount - requirements.count) : ""
      all.append(t(.requirements, requirements.joined(separator: t(.comma)) + more))
    }
    all += risks.map { t(.risks, $0.title, level($0, $0.now, scales, t)) }
    return all
  }

  /// What happens if not: in a person's words; else what the risks and requirements say by themselves.
  func consequence(_ scales: [String: RiskScale], _ t: Texts<PlanText>) -> [String] {
    if !line.otherwise.isEmpty { return line.otherwise.split(whereSeparator: \.isNewline).map(String.init) }
    let stays = risks.map { risk in
      let now = level(risk, risk.now, scales, t)
      guard let target = risk.target else { return t(.riskStays, risk.title, now) }
      return t(.riskStaysTo, risk.title, now, level(risk, target, scales, t))
    }
    if !stays.isEmpty { return stays }
    return requirementCount > 0 ? [t(.requirementsStay, requirementCount)] : [t(.nothingSaid)]
  }

  private func level(
    _ risk: Treated, _ rating: RiskRating?, _ scales: [String: RiskScale], _ t: Texts<PlanText>
  ) -> String {
    rating.flatMap { rating in scales[risk.scale]?.words(rating, t.language) } ?? t(.notRated)
  }
}
