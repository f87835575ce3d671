import Web

/// Words that all registers share.
enum RegisterText: String, TextKey {
  case records
  case menu, tabs, search, searchLabel, all, attention, attentionAll, attentionOnly, find, matching
  case matchingAttention, nothingFound, nothingFoundText, showAll, add, addTitle, change, save, saved
  case added, removed, remove, removeTitle, removeText, removeButton, findings, noFindings, facts
  case history, none, choose, bulkField, bulkPreview, bulkTitle, bulkLead, bulkBefore, bulkAfter
  case bulkApply, bulkDone, bulkSame, select, selectAll, back, referenceHint, exportLink, importLink
  case groupThings, groupVendors, groupPeople, groupDocuments, reading, accounts, clauses
  case further, furtherSharing, furtherEntrance, furtherLinks
  case requests, disclosures, maintenance
  case groupDrawings, connectionDiagram, systemDiagram, diagramLink
  case changedField, staleTitle, staleText
  case listCaption, noValue, chosen, fileProves
  case importTitle, importLead, importKeyHint, importFile, importHint, importClears, importRead
  case importPlace, importNothing, importApply, importOther, importRefusedLink, importRefusedSheet
  case importReason, importColumns, importColumnsCaption, importHeading, importSample, importField
  case importFieldOf, importIgnore, importReread, importAbsent, listComma, importRows, importRow
  case importMacros, importLinks, importScan, importScanHint, importAmbiguous
  case exportMatching, bulkAll, bulkMore, bulkTooMany
  case runTitle, runDone, runFailed, runFile, runProgress, runReading, runSafe, runToList, runNothing,
    runAgain
  case importFate, importDetail, importMore, fateAdd, fateUpdate, fateUnchanged, fateRefused

  static let catalog = Catalog(RegisterText.self, in: .module, folder: "Register.files")
}
