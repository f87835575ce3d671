import Web

/// Words of roles that are given for a time.
enum GrantText: String, TextKey {
  case title, lead, give, none, noneText, live, history, noHistory, givenNow, endedNow
  case person, role, until, reason, giver, state, over, endedBy, end, isLive
  case newTitle, newLead, someoneElse, personWithRole, login, loginHint, roleHint, untilDay, untilHint, time,
    timeHint, reasonHint, giveNow, ofPerson

  static let catalog = Catalog(GrantText.self, in: .module, folder: "Grants.files")
}
