public import Web

/// Words of second factors and of their board.
public enum FactorText: String, TextKey {
  case title, none, neededFrom, add, addAnother, added, removed, app, passkey, kind, since, used, notUsed
  case remove, recoveryLeft, recoveryFew, recoveryRenew
  case newTitle, newLead, newApps, nameLabel, nameHint, start
  case setupTitle, setupScan, setupType, demandedTitle, demandedText, qrLabel, byHand, byHandText
  case code, codeHint, confirm
  case codesTitle, codesOnce, codesOnceText, codesHead, codesUse, codesDone, codesPrint
  case removeTitle, removeText, removeLastText, removeButton, renewTitle, renewText, renewButton
  case boardTitle, decide, decided, decideLead, guideline, decideSave, rolesTitle, peopleTitle
  case figurePeople, figureHave, figureLack, count, ofMany, codeCount, person, department, role, policy, from,
    state
  case recovery, has, lacking, lackingNow, modeOff, modeAsked, modeRequired, showAll, showLacking
  case noneLacking, noneLackingText, nobody, nobodyText
  case resetTitle, resetText, resetCheck, resetButton, resetDone

  public static let catalog = Catalog(FactorText.self, in: .module, folder: "Factors.files")

  static func mode(_ mode: FactorPolicy.Mode) -> FactorText {
    switch mode {
    case .off: .modeOff
    case .asked: .modeAsked
    case .required: .modeRequired
    }
  }
}
