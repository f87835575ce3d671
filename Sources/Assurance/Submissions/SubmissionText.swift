import Web

/// Words of handing in, returning and accepting.
enum SubmissionText: String, TextKey {
  case board, boardLead, waiting, waitingLead, empty, emptyText, nothingWaits, nothingWaitsText, part
  case owner, nobody, due, progress, state, since, by, remark, open, submitted, returned, accepted, notYet
  case saved, submit, submitLead, submitRemark, returnTitle, returnRemark, giveBack, accept, acceptLead
  case ownWork, aloneLead, aloneNote, incomplete, toAnswers, history, none, audit, forChecking
  case dutyGiven, checklistEmptyText, assignTitle, assignLead, section, assignee, assign
  case dutySubmitted, dutyReturned, notGiven, frozen, comments, addComment, comment

  static let catalog = Catalog(SubmissionText.self, in: .module, folder: "Submissions.files")
}
