public import Web

/// Words of emergency access.
public enum BreakGlassText: String, TextKey {
  case title, lead, link, duty
  case doorTitle, doorLead, loud, loudText, code, codeHint, name, nameHint, reason, reasonHint, enter, back
  case again, againText
  case codes, noCodes, number, madeBy, stateSealed, stateUsed, stateWithdrawn, count, countHint, make
  case setting, lasts, lastsHint, minutes, saveSetting, settingSaved
  case uses, noUses, noUsesText, when, until, review, goingOn, goingOnText, notReviewed, notReviewedText
  case endNow
  case useTitle, usedCode, address, browser, entries, entryCount
  case reviewLead, outcome, outcomeNeeded, outcomeFollowUp, outcomeImproper, remark, remarkHint, saveReview,
    reviewSaved, reviewedBy, reviewedAt
  case codesTitle, once, onceText, sheetTitle, sheetUse, sealedDone, print
  case mailSubject, mailBody

  public static let catalog = Catalog(BreakGlassText.self, in: .module, folder: "BreakGlass.files")

  static func outcome(_ outcome: BreakGlassUse.Outcome) -> BreakGlassText {
    switch outcome {
    case .needed: .outcomeNeeded
    case .followUp: .outcomeFollowUp
    case .improper: .outcomeImproper
    }
  }
}
