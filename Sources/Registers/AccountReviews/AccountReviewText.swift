import Web

/// Words of the account reviews.
enum AccountReviewText: String, TextKey {
  case title, records, mamorite, lead, subject, interval, intervalHint, responsible, responsibleHint
  case nobody, lastSigned, nextDue, state, none, months, late, daysLeft, underWay, openPoints, never
  case settled, startOf, continueOf, noSystems, noSystemsText, toSystems, proposalsTitle, proposalsText
  case proposalPrivileged, proposalVendor, proposalGeneral, proposalService, proposalLeaver
  case proposalEmergency, subjectTitle, noPlan, planTitle, savePlan, planSaved, startTitle, openText
  case continueIt, startOwnText, startOwn, startFileText, file, fileHint, startFile, history, noReviews
  case startedOn, discarded, discardTitle, discardText, discardButton, discardLink, back, reviewTitle
  case signedBy, fromFile, toPrint, decideOneByOne, toSignature, started, changed, allDecided
  case allDecidedText, doneNoted, count, showAll, showAttention, showUndecided, showOpen, keep, change
  case remove, refusedTitle, refusedText, refusedShow, refusedLine, refusedNoAccount, refusedLongAccount
  case refusedTwice, refusedBadDay, searchLabel, search, show, finding, anyFinding, find, nothingFound
  case nothingFoundText, showAllLink, selectAll, choose, select, account, holder, department, role, kind
  case enabled, lastUsed, factor, added, decision, remark, remarkHint, decidedBy, carriedOutOn
  case chooseDecision, chosen, bulkDecision, bulkAll, bulkPreview, bulkTitle, bulkLead, bulkAgain
  case bulkMore, bulkApply, before, after, undecided, decidedOne, left, reasonsTitle, decisionAsk
  case chooseKeep, chooseChange, chooseRemove, decideNext, toPerson, doOwnRemove, doOwnChange, doOther
  case doneDay, markDone, doneOn, carriedOut, notCarriedOut, rowHistory, unknown, neverUsedShort
  case enabledYes, enabledNo, factorYes, factorNo, kindPersonal, kindShared, kindService, kindVendor
  case kindEmergency, kindPrivileged, findLeaver, findRemovedLastTime, findUnused, findNeverUsed
  case findNoFactor, findUnknownHolder, findShared, findPrivileged, findNew, adviseLeaver
  case adviseRemovedLastTime, adviseUnused, adviseNoFactor, adviseUnknownHolder, adviseShared
  case advisePrivileged, adviseNew, signTitle, signText, notSignable, notSignableText, showUndecidedLink
  case openTitle, nothingOpen, openAtSigning, signButton, signedNow, signedNowText, printHint
  case sheetCounts, ownPrint, ledgerPrint, print, draftTitle, draftText, brokenTitle, brokenText
  case sheetName, excel, csv, dutyReview, dutyPoints, signalSigned, signalOverdue, signalOpen
  case signalUnsigned
  case roleUntil

  static let catalog = Catalog(AccountReviewText.self, in: .module, folder: "AccountReviews.files")
}
