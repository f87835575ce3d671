import Web

/// Words of auditors who come for a time.
enum VisitText: String, TextKey {
  case menu, title, lead, empty, emptyText, audit, until, reason, who, givenBy, state, live, over, end
  case mayHeading, mayText, listTitle, listLead, none, give, giveLead, person, someoneElse, login, loginHint
  case untilDay, untilHint, time, timeHint, reasonHint, giveNow, given, opinions, noOpinions, opinion
  case opinionHint, judgement, noJudgement, addOpinion, findings, noFindings, addFinding

  static let catalog = Catalog(VisitText.self, in: .module, folder: "Visits.files")
}
