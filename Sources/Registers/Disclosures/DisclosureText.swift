import Web

/// Words of the disclosures.
enum DisclosureText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, product, kind, kindHint, vendor
  case system, model, productVersion, edition, editionHint, editionUnknown, madeOn, receivedOn
  case receivedOnHint, receivedHow, nextCheckOn, nextCheckOnHint, note, noteHint, mds, sds, mds2, byMail
  case onPaper, fromWeb, byLink, otherWay, notReceived, systemMissing, checkOverdue, lead, overviewEmpty
  case readAction, toRegister, toSheet, basisTitle, basisText, annexChosen, annexAll, annexLink
  case annexTitle, annexLead, annexTwoFactor, annexField, annexHint, annexSave, annexSaved
  case judgementHead, missing, needsRisk, toCheck, meets, noHead, openHead, recordedOf, systemsCaption
  case noVendor, none, looseTitle, looseText, back, toEntry, noVersion, noVersionText, readNewer
  case nextRisk, riskSaved, readDone, oldFormTitle, oldFormText, checkOriginal, versions, versionLine
  case noChanges, changesTitle, changedAnswers, becameNo, vanished, addedQuestions, reworded, noTitle
  case lookAtTitle, lookAtText, noNo, numberHead, questionHead, vendorSays, ourRecord, answerHead
  case remarkHead, noRisk, remarkChanged, saidThen, twoFactorNote, answersTitle, showNo, showOpen
  case showAll, nothingShown, yes, no, na, blank, seeNote, fact, unreadable, riskTitle, riskSave
  case riskRefused, evaluation, evaluationHint, treatment, avoid, reduce, transfer, accept, meanAvoid
  case meanReduce, meanTransfer, meanAccept, explanation, explanationHint, decidedBy, decidedOn
  case earlierRisk, importTitle, importLead, importFile, importHint, importRead, importPlace
  case importOther, rowsRefused, takeTitle, takeLead, takeRefused, take, into, intoHint, intoNew
  case columnsTitle, columnsLead, sheet, sheetHint, headerRow, headerHint, yesColumn, noColumnHead
  case naColumn, noColumn, reread, sample, rowHead, rowsTitle, fateHead, rowContent, moreRows
  case fateHeadRow, fateSection, fateRefused, refusedNoNumber, refusedBadNumber, refusedDuplicate
  case remarkMended, remarkUnknown, remarkDate, remarkCutZero, remarkUnreadable, remarkTwoMarks
  case remarkBlank, sheetTitle, sheetLead, sheetEmpty, sheetLacking, sheetLackingText, sheetPdf
  case madeLine, versionNumber, signMaker, signApprover, fingerprint, pageOf, panelTitle, panelLink
  case signalSystems, signalMissing, signalLacking

  static let catalog = Catalog(DisclosureText.self, in: .module, folder: "Disclosures.files")
}

extension DisclosureText {
  static func kind(_ kind: Disclosure.Kind) -> Self {
    switch kind {
    case .mds: .mds
    case .sds: .sds
    case .mds2: .mds2
    }
  }

  static func judgement(_ judgement: DisclosureJudgement) -> Self {
    switch judgement {
    case .missing: .missing
    case .needsRisk: .needsRisk
    case .toCheck: .toCheck
    case .meets: .meets
    }
  }

  static func answer(_ answer: Disclosure.Answer) -> Self {
    switch answer {
    case .yes: .yes
    case .no: .no
    case .na: .na
    case .blank: .blank
    case .note: .seeNote
    case .text: .fact
    case .unreadable: .unreadable
    }
  }

  static func treatment(_ treatment: DisclosureRisk.Treatment) -> Self {
    switch treatment {
    case .avoid: .avoid
    case .reduce: .reduce
    case .transfer: .transfer
    case .accept: .accept
    }
  }

  static func meaning(_ treatment: DisclosureRisk.Treatment) -> Self {
    switch treatment {
    case .avoid: .meanAvoid
    case .reduce: .meanReduce
    case .transfer: .meanTransfer
    case .accept: .meanAccept
    }
  }

  static func shown(_ shown: DisclosureRecordPage.Shown) -> Self {
    switch shown {
    case .no: .showNo
    case .open: .showOpen
    case .all: .showAll
    }
  }

  static func refused(_ why: DisclosureReading.Refused) -> Self {
    switch why {
    case .noNumber: .refusedNoNumber
    case .badNumber: .refusedBadNumber
    case .duplicate: .refusedDuplicate
    }
  }

  static func remark(_ remark: DisclosureReading.Remark) -> Self {
    switch remark {
    case .mendedNumber: .remarkMended
    case .unknownNumber: .remarkUnknown
    case .dateNumber: .remarkDate
    case .cutZero: .remarkCutZero
    case .unreadable: .remarkUnreadable
    case .twoMarks: .remarkTwoMarks
    case .blank: .remarkBlank
    }
  }
}
