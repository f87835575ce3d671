import Web

/// Words of the hospital's pages about requests to vendors.
enum RequestText: String, TextKey {
  case title, new, count, emptyTitle, emptyText, sentBefore, all, showAll, filterLabel, filter, state, vendor
  case sheet, system, wholeVendor, dueOn, answeredColumn, linkColumn, linkExpired, linkUntil, linkNone
  case browsers, nothingFound, nothingFoundText, daysLate, daysLeft, dueToday
  case stateWaiting, stateOverdue, stateHandedIn, stateClosed, stateRevoked, stateDraft, stateSent
  case stateOpened, stateAnswering, stateReturned
  case newTitle, newLead, noVendors, noVendorsText, addVendor, formsLegend, recipientsLegend, expiresOn
  case expiresHint, pinChoice, pinChoiceHint, message, messageHint, preview, previewTitle, previewLead
  case previewList, previewSample, linkHere, make, startAgain
  case letterTo, letterAsk, letterSystem, letterHow, letterExpiry, letterPin, letterPatients
  case reminderSoon, reminderLate, reminderAsk, reminderHow
  case lettersTitle, lettersOnce, lettersOnceText, printLetters, toOverview, pinsTitle, pinsText, qrLabel
  case qrCaption, mailText, mailLabel
  case doneReturned, doneReturnedText, doneClosed, doneRevoked, decideTitle, decideText, close, giveBack
  case remarkWhole, remarkHint, remarkAdd, remarkLabel, facts, handedIn, ways, workbookGive, workbookTake
  case paperLink, takeoverLink, linkHasPin, linkExpiredOn, linkOpensUntil, linkNoneText, linkRests, newLink
  case newLinkNote, revokeLink, reminderTitle, reminderText, reminderLabel, nobodyOpened, whoOpened, whoNote
  case history, revokeTitle, revokeText, revoke, keep
  case paperTitle, paperLead, paperHandText, paperBy, paperHand
  case takeoverTitle, takeoverLead, takeoverNone, takeoverNoneText, takeoverOpen, takeoverSame
  case takeoverButton, takeoverProof
  case mailChoice, mailChoiceNone, mailLinkChoice, mailedTo, mailSubject, mailSubjectLabel, mailTitle,
    mailLead
  case mailTo, mailSend, mailDone, mailDoneText, mailHistory, mailNotWaiting, mailNoServer, mailNoServerText
  case mailSetServer, mailNoAddress, mailNoAddressText, mailAddAddress
  case records, signalAnswers, signalNo, signalWaiting

  static let catalog = Catalog(RequestText.self, in: .module, folder: "Requests.files")

  static func state(_ state: SheetRequest.State) -> RequestText {
    switch state {
    case .draft: .stateDraft
    case .sent: .stateSent
    case .opened: .stateOpened
    case .answering: .stateAnswering
    case .handedIn: .stateHandedIn
    case .returned: .stateReturned
    case .closed: .stateClosed
    case .revoked: .stateRevoked
    }
  }

  static func tone(_ state: SheetRequest.State) -> Tone? {
    switch state {
    case .handedIn: .warn
    case .closed: .good
    case .opened, .answering, .returned: .info
    case .draft, .sent, .revoked: nil
    }
  }

  static func standing(_ standing: RequestQuery.Standing) -> RequestText {
    switch standing {
    case .waiting: .stateWaiting
    case .overdue: .stateOverdue
    case .handedIn: .stateHandedIn
    case .closed: .stateClosed
    case .revoked: .stateRevoked
    case .draft: .stateDraft
    }
  }
}

extension SheetText {
  static func title(_ kind: SheetRequest.Kind) -> SheetText {
    switch kind {
    case .vendorChecklist: .checklist
    case .serviceDisclosure: .disclosure
    case .roleSplit: .roles
    case .disclosureFile: .file
    }
  }
}
