import Web

/// Words of what records suggest for requirements of frameworks.
enum RecordSignalText: String, TextKey {
  case beside, asksAbout, fromFramework, fromHere, noConcept, link, suggests, undecided, notThisYear
  case never, lookedAt, lookAgain, oldest, open, take, takeText, sameAsAnswer, differs, moved
  case passTitle, passLead, passNotice, passOpen, passNothing, passNothingText, taken, answered, questions
  case undecidedCount, lines, requirement, becomes, records, takeAll, tookAll, looked, state, rowSaid
  case conceptTitle, conceptLead, without, all, show, search, find, found, nothing, nothingText, concepts
  case proposals, likeItem, likeConcept, noProposal, add, choose, takeOff, save, saved, remarkLine, rule

  static let catalog = Catalog(RecordSignalText.self, in: .module, folder: "RecordSignals.files")
}
