import Web

/// Words of the division of responsibility, and of the roles within the facility.
enum ResponsibilityText: String, TextKey {
  case title, titleOf, registers, cell, count, countOne, comma, none, back, save, saved, changed
  case print, pdf, pdfMatrix, lead, system, systems, item, phase, normal, emergency, end, nobody
  case overlap, unwritten, decided, decidedShort, notApplicable, decidedOf, contracts, nextCheck
  case facility, byVendor, both, bothWith, meaning, meaningMatrix, tableName, tableCaption
  case matrixCaption, matrixPart, askNobody, askRest, fill, fillLead, fillPhase, fillItem, presetLink
  case copyLink, itemsLink, recordLink, exportLink, importLink, emptyItems, emptyText, startersButton
  case noSystems, noSystemsText, toSystems, finding, anyState, anyVendor, filter, filterLabel, showAll
  case nothingFound, nothingFoundText, cellTitle, vendor, vendorHint, otherVendor, otherVendorHint
  case subcontractor, together, togetherHint, shared, overlapping, contract, contractHint, document
  case documentHint, clause, clauseHint, remark, remarkHint, checkedOn, applies, bears, nothingToDo
  case staleText, bearer, source, before, after, look, previewTitle, previewLead, previewKept
  case previewApply, previewNothing, previewNothingText, bulkTitle, bulkLead, presetTitle, presetLead
  case model, presetVendor, onPremises, onPremisesText, iaas, iaasText, paas, paasText, saas, saasText
  case copyTitle, copyLead, copyFrom, copyNone, copyNoneText, itemsTitle, itemsLead, itemAdd
  case itemChange, itemHint, itemNote, itemNoteHint, itemPhases, layer, layerHint, layerFacility
  case layerVendor, layerInfrastructure, layerPlatform, layerApplication, position, positionHint
  case retire, retireHint, retired, letterTitle, letterOthers, letterTo, letterPrint, letterAddress
  case letterContact, letterContactNone, letterSubject, letterLead, letterQuestions, letterNumber
  case letterQuestion, letterBearer, letterSource, letterEnd, letterMail, letterMailLabel
  case letterNothing, letterNothingText, letterNoVendor, letterNoVendorText, letterNameVendor, askWho
  case askOverlap, askUnwritten, askRemark, importTitle, importLead, importFile, importHint
  case importRead, importRow, importRefused, importChanges, standing, fingerprint, pageOf, panelGood
  case panelLink, itemUpdates, noteUpdates, itemWeakness, noteWeakness, itemVpn, noteVpn, itemContact
  case noteContact, itemBackup, noteBackup, itemRestore, noteRestore, itemLogs, noteLogs, itemEvidence
  case noteEvidence, itemSubcontractors, noteSubcontractors, itemData, noteData, itemAccounts
  case noteAccounts, itemMalware, noteMalware, itemClock, noteClock, itemNetwork, noteNetwork
  case itemRemote, noteRemote, itemHardware, noteHardware, itemWatch, noteWatch, itemIsolation
  case noteIsolation, itemCause, noteCause, itemExplanation, noteExplanation, raciTitle, raciLead
  case raciMeaning, raciLetters, raciGood, raciEmpty, raciEmptyText, raciStarters, activity
  case activityAdd, activityChange, activityHint, activityRemove, responsible, accountable
  case decidesAndActs, consulted, informed, noDecider, severalDeciders, nobodyActs, party, partyPerson
  case partyHint, partyPersonHint, partiesTitle, partiesLead, partiesLink, partyAdd, partyChange
  case partyRemove, partyDirector, partySafety, partyPlanning, partyOperations, partyCare, raciStop
  case raciCut, raciPaper, raciReport, raciChange, raciRights, raciRestore, raciContract, raciTraining

  static let catalog = Catalog(ResponsibilityText.self, in: .module, folder: "Responsibility.files")
}
