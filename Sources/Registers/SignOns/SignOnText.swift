public import Web

/// Words of signing in with a provider.
public enum SignOnText: String, TextKey {
  case title, lead, provider, redirect, issuer, issuerHint, client, secret, secretHint, secretKept, label
  case labelHint, loginClaim, loginClaimHint, factors, factorsHint, state, stateHint, on, off
  case groups, groupsHint, groupClaim, save, saved, savedText, remove, removeText, removed
  case test, testLead, testNow, testFailed, checked, checkedText, trial, trialLead, trialGood, trialLacks
  case notSaid
  case people, peopleLead, person, name, nameHint, expect, expected, unbind, unbound, waiting, bound, nobody
  case nobodyText
  case ownTitle, ownNone, ownBound, bindOwn, onward, onwardText, noProvider, noProviderText

  public static let catalog = Catalog(SignOnText.self, in: .module, folder: "SignOns.files")
}
