import Web

/// Words of the guided path; the questions themselves stand in a file of their own (``ClinicGuide``).
enum ClinicText: String, TextKey {
  case menu, title, lead, progressOf, progressLabel, weekHeading, weekDone, weekDoneText, weekMinutes
  case begin, goOn, goOnBeyond, allDone, allDoneText, minutes, parts, partCount, letters, lettersWaiting
  case start, people, vendors, records, rules, emergency, review
  case open, done, byRegister, notYet, notYetUntil, asking, notApplicable
  case upkeepTitle, upkeepText, upkeepMay, upkeepMayNot, upkeepYes, upkeepOpen
  case questionOf, back, toStart, covers, section, unsure, paraphrase
  case yes, answerNotYet, unknown, na, yesHint, notYetHint, unknownHint, naHint, legend
  case target, targetHint, vendor, vendorHint, everyVendor, vendorNone, vendorNoneLink, note, noteHint
  case saveNext, saved, saveOther, cannotNow, staleTitle, staleText, next, finish
  case inRegister, inRegisterOpen, lackingHere, addMore, add, whole, wholeHint, fillFirst, fillFirstLink
  case fillOf, saveEntry, person, deputy, personHint, saveRole, takeDocument, draftThere, readDraft
  case ownPaper, paperTitle, paperApproved, paperPlace, savePaper
  case vendorSaid, sentTo, preparedFor
  case lettersTitle, lettersLead, lettersEmpty, lettersEmptyText, columnVendor, columnToAsk, columnWaiting
  case columnAnswered, count, askedOn, replyBy, openLetter, writeReplies
  case letterTitle, letterHeading, letterTo, letterPerson, letterDirector, letterText, letterNumber
  case letterQuestion, letterAnswer, letterBoxes, letterReply, letterPatients, letterNothing
  case letterNothingText, print, handOver, handedOver
  case repliesTitle, repliesLead, replyLegend, replyYes, replyNo, replyPartly, replyText, saveReply
  case replySaved, notSent, dutyLetter, dutyReply, answerColumn, questionColumn

  static let catalog = Catalog(ClinicText.self, in: .module, folder: "Clinic.files")

  static func part(_ part: ClinicQuestion.Part) -> ClinicText {
    switch part {
    case .start: .start
    case .people: .people
    case .vendors: .vendors
    case .records: .records
    case .rules: .rules
    case .emergency: .emergency
    case .review: .review
    }
  }

  static func value(_ value: ClinicAnswer.Value) -> (word: ClinicText, hint: ClinicText) {
    switch value {
    case .yes, .register: (.yes, .yesHint)
    case .notYet: (.answerNotYet, .notYetHint)
    case .unknown: (.unknown, .unknownHint)
    case .na: (.na, .naHint)
    }
  }

  static func reply(_ reply: ClinicInquiry.Reply) -> ClinicText {
    switch reply {
    case .yes: .replyYes
    case .no: .replyNo
    case .partly: .replyPartly
    }
  }
}
