import Web

/// Words of the vendor's pages, and of the parts that the hospital's pages share with them.
enum LinkText: String, TextKey {
  case entranceTitle, entranceLead, entranceNote, forVendor, whatAsked, aboutSystem, wholeVendor, dueLabel
  case opensUntil, nameLabel, nameHint, pinLabel, pinHint, enter
  case unknownTitle, unknownText, expiredTitle, expiredText, revokedTitle, revokedText
  case replacedTitle, replacedText, notOpenedTitle, notOpenedText, guessesTitle, guessesText, nothingLost
  case departedTitle, departedText, depart
  case fromTo, progress, dueText, isLate, filed, taken, takenText, handedTitle, handedText, closedTitle,
    closedText
  case returnedTitle, returnedText, remarkTitle, lastBy, evidence
  case answerLegend, yes, no, notApplicable, unanswered, checkedLabel, noteLabel, noteHint, byLabel, save
  case saved, you, sourceLink, sourceWorkbook, sourcePaper, sourceRelease
  case conflictTitle, conflictText, conflictMine, conflictTheirs, keepMine, keepTheirs
  case handLink, handNote, handTitle, handComplete, handMissing, handNoDay, handFiles, handText, handButton
  case backToSheet, waysTitle, howTitle, howText
  case workbookGive, workbookTake, workbookTitle, workbookLead, workbookFile, workbookRead, workbookPreview
  case workbookRow, workbookSkipped, workbookSame, workbookApply, workbookOther
  case columnNumber, columnQuestion, columnNow, columnThen, columnRemark, columnBy, differences
  case releaseLink, releaseTitle, releaseLead, releaseNone, releaseNoneText, releaseOther, releaseOtherHint
  case releaseOpen, releaseUnread, releaseHandedIn, releasePreview, releasePreviewText, releaseFiles
  case releaseButton

  static let catalog = Catalog(LinkText.self, in: .module, folder: "Links.files")

  static func value(_ value: Answer.Value) -> LinkText {
    switch value {
    case .yes: .yes
    case .no: .no
    case .na: .notApplicable
    }
  }

  static func source(_ source: SheetAnswer.Source) -> LinkText {
    switch source {
    case .link: .sourceLink
    case .workbook: .sourceWorkbook
    case .paper: .sourcePaper
    case .release: .sourceRelease
    }
  }
}
