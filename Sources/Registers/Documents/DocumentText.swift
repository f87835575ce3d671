import Web

/// Words of the documents.
enum DocumentText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, title, kind, status, owner, deputy
  case edition, editionHint, approvedOn, approvedBy, nextCheckOn, nextCheckOnHint, derivedFrom
  case derivedFromHint, audience, audienceHint, place, placeHint, note, noteHint, policy, rule, procedure
  case chart, plan, record, other, draft, inForce, abolished, fromSystems, fromDevices, fromConnections
  case fromVendors, fromContracts, ownerMissing, notApproved, reviewMissing, reviewOverdue, dutyReview
  case signalRules, signalOverdue, signalUnapproved
  case versions, versionsNone, versionNumber, newVersion, newVersionTitle, changeVersionTitle, body, bodyHint
  case summary, summaryHint, saveDraft, stateDraft, stateAsked, stateApproved, stateReturned, madeBy
  case decidedApproved, decidedReturned, ask, approve, approveTitle, remark, remarkHint, months, monthsNone
  case monthsOption, giveBack, giveBackTitle, changeText, changesSince, changesAdded, changesRemoved
  case changesNone, outdated, outdatedText, upToDate, readTitle, readNone, readCount, readOn
  case readPaper, readNot, department, person, handOut, handOutLead, handOutDepartment, handOutEverybody
  case confirm, confirmed, recordPaper, recordPaperHint, mine, mineEmpty, mineEmptyText, staleTitle, staleText
  case staleTheirs, done, starters, startersLead, startersClinic, startersHospital, startersTake
  case startersHas, startersTaken, startersLanguage, startersShow, ownText, storedText

  static let catalog = Catalog(DocumentText.self, in: .module, folder: "Documents.files")
}
