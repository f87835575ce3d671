import Web

/// Words of the register of systems.
enum SystemText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, nameHint, purpose, impact, owner, deputy
  case deputyHint, users, usersHint, vendor, hosting, hostingHint, recoveryPriority
  case recoveryPriorityHint, recoveryHours, recoveryHoursHint, alternative, alternativeHint
  case replacementOn, nextCheckOn, nextCheckOnHint, note, noteHint, stops, delays, office, small
  case onPremises, dataCenter, cloud, mixed, otherVendor, otherVendorHint, readerPattern
  case readerPatternHint, patternOne, patternTwo, patternThree, patternFour, patternMismatch
  case recoveryPointHours, recoveryPointHoursHint, standards, standardsHint, ownerMissing
  case deputyMissing, alternativeMissing, checkOverdue, twoFactor, twoFactorHint, twoFactorOn
  case twoFactorOnHint, factorAll, factorSome, factorNone

  static let catalog = Catalog(SystemText.self, in: .module, folder: "Systems.files")
}
