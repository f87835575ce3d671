import Web

/// Words of the register of contracts.
enum ContractText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, title, vendor, kind, status
  case startsOn, endsOn, autoRenewal, autoRenewalHint, noticeBy, noticeByHint, amountYen, systems
  case patching, patchingHint, vulnerabilityNotice, vulnerabilityNoticeHint, allHoursContact
  case backupClause, backupClauseHint, evidencePreservation, evidencePreservationHint
  case subcontractors, subcontractorsHint, dataLocation, dataLocationHint, endOfData, endOfDataHint
  case note, noteHint, maintenance, service, lease, purchase, outsourcing, other, active, ended, own
  case byVendor, undecided, yes, no, unknown, noticeNear, noticePassed, endPassed, patchingUndecided
  case noVulnerabilityNotice, noAllHoursContact, nextCheckOn, checkOverdue
  case systemsHint, unconfirmedSince, unconfirmed, noticeHours, noticeHoursHint, incidentCost,
    incidentCostHint, backupPlace, backupPlaceHint, restoreSteps, restoreStepsHint, applicableLaw,
    applicableLawHint, certificationDuty, certificationDutyHint, dataReturn, dataReturnHint,
    dataErasure, dataErasureHint, erasureProof, erasureProofHint
  case askPatching, askVulnerabilityNotice, askNoticeHours, askAllHoursContact,
    askEvidencePreservation, askIncidentCost, askBackupClause, askBackupPlace, askRestoreSteps,
    askSubcontractors, askDataLocation, askApplicableLaw, askCertificationDuty, askDataReturn,
    askDataErasure, askErasureProof, askEndOfData
  case theme, themeTerm, themeUpdates, themeIncidents, themeBackup, themeCompany, themeEnd
  case renew, renewTitle, renewLead, renewSave, renewStale, correct, correctTitle, correctLead,
    previousStart
  case versionsTitle, noVersions, versionCompare, versionRead, versionTitle, versionNumber,
    firstVersion, stateHolds, stateLater, stateEarlier, notYetBegun, lapsed, lapsedUntil, seamGap,
    seamOverlap
  case point, points, fate, fateAdded, fateDropped, fateChanged, changesTitle, nothingChanged,
    unchangedTitle, notWritten
  case lossTitle, lossText, lossDuty, lossVendor, lossSlower, lossNotice
  case confirmTitle, confirmLead, toldOn, toldBy, toldByHint, confirmNote, confirmNoteHint, confirm,
    confirmedTitle, confirmedBy, toldOnBy
  case withdraw, withdrawTitle, withdrawText
  case coversNothing, notInRegister, uncover, uncoverName, coverLabel, cover, coveredBy, coveredByNone
  case dutyNotice, dutyConfirmation, dutyContacts, dutyCertification
  case clausesTitle, clausesLead, clausesEmpty, clausesEmptyText, clausesLacking, clausesMissing,
    clausesAll, allVendors, allThemes, show, withinHours
  case letterMake, letterTitle, letterNothing, letterNothingText, letterHeading, letterTo,
    letterPerson, letterText, letterReply, letterPatients, letterContract, letterQuestion,
    letterAnswer, letterBoxes, letterClause

  static let catalog = Catalog(ContractText.self, in: .module, folder: "Contracts.files")
}
