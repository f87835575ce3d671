import Web

/// Words of the page for the wards.
enum BoardText: String, TextKey {
  case nothing, someDown, someSlow, someUnknown, allWell, asOf, badTitle, goodTitle, down, slow
  case unknown, up, meanwhile, noAdvice, seenAt, sinceTime, isPlanned, planTitle, oneSystem
  case everything, settingTitle, settingText, look, notSaved, isOpen, isNo, isYes, networks
  case networksHint, note, noteHint, save

  static let catalog = Catalog(BoardText.self, in: .module, folder: "Board.files")
}
