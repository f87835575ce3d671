import Web

/// Words of tokens for programs.
enum TokenText: String, TextKey {
  case title, lead, make, none, noneText, nothingToOffer, boardLead, boardNone, boardNoneText
  case name, nameHint, person, scope, scopeHint, until, untilHint, lastUsed, notUsed, state, expired, revoke,
    revokedBy, revokedNow
  case newTitle, newLead, madeTitle, once, onceText, secret, use, useText, kept, link

  static let catalog = Catalog(TokenText.self, in: .module, folder: "Tokens.files")
}
