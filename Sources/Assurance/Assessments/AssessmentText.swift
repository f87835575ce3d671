public import Web

/// Words of the checklist's pages and files.
public enum AssessmentText: String, TextKey {
  case menu, frameworks, listTitle, listEmpty, listEmptyText, open, openTitle, openLead, openButton
  case yearLabel, formLabel, rows
  case borrowed, borrowedText, carried, carriedLink, makeReport, importLink, exportLink, printLink
  case summary, gateSection, gateDone, sectionNav, filterLabel, stateLabel, ownerLabel, allStates,
    noProofState
  case overdueState, nobody, everyone, filter, answerLegend, roundNumber, yes, no, notApplicable, clear,
    checkedLabel, dueLabel
  case dueHint, deputyLabel, noteLabel, noteHint, startedLabel, save, saveNext, saved, aboutItem, aboutWhy
  case proofKinds, paraphrase, proofs, proofAdd, proofFile, proofFileHint, proofText, proofLink,
    proofLinkHint, proofNone
  case proofWithdraw, proofReason, history, roundBegin, roundHint, checkOriginal, reference, needsCheck
  case carriedFrom, overdueDays, dueDays, noTarget, noOwner, noProof, targetShort
  case allTargets, server, pc, network, organization
  case columnNumber, columnTarget, columnQuestion, columnAnswer, columnStarted, columnChecked, columnDue,
    columnOwner
  case columnDeputy, columnNote, columnProof
  case conflictTitle, conflictText, conflictMine, conflictTheirs, keepMine, keepTheirs
  case bulkTitle, bulkChoose, bulkField, bulkOwner, bulkDeputy, bulkDue, bulkChecked, bulkPreview, bulkCount
  case bulkBefore, bulkAfter, bulkApply, bulkDone, bulkLink, selectRow, none
  case importTitle, importLead, importFile, importHint, importRead, importPreviewTitle, importApply,
    importFates, importRow
  case importFate, importReplace, importNewPeople, importDone, importSheet, importNothing, importCancel,
    importOtherYear, bulkChosen
  case importRoundBegin, importRoundRevise, importRoundsLeft, importAnswerStands
  case carryTitle, carryLead, carryNew, carryChanged, carrySame, carryGone, carryNone, carryFromItem,
    noItemsShown, showAll
  case editionArrived, editionLink, editionTitle, editionLead, editionGone, editionButton, editionDone
  case dueState, conflictDiffers, notCounted
  case groundHeading, groundUnknown, groundOldest, groundOpen, groundAccept, groundOther, groundAccepted
  case groundMoved, groundDiffers
  case back, opened, today, ownerNobody, checker, approver, answerColumn, signature

  public static let catalog = Catalog(AssessmentText.self, in: .module, folder: "Assessments.files")

  static func value(_ value: Answer.Value) -> AssessmentText {
    switch value {
    case .yes: .yes
    case .no: .no
    case .na: .notApplicable
    }
  }

  static func target(_ target: String) -> AssessmentText {
    switch target {
    case "server": .server
    case "client_pc": .pc
    case "network_device": .network
    case "organization": .organization
    default: .allTargets
    }
  }
}
