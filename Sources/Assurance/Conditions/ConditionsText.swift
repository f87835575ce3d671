import Web

/// Words of the page of the three conditions.
enum ConditionsText: String, TextKey {
  case title, lead, ledger, print, means, shows
  case authenticity, authenticityMeans, authenticityHow, authenticityPeople, authenticitySigned
  case readability, readabilityMeans, readabilityHow, readabilityOpen, readabilityLanguages
  case preservation, preservationMeans, preservationHow, preservationBackup, preservationSpace
  case entries, entriesSince, signed, signedOn, notSigned, verified, verifiedOn, brokenAt, notVerified,
    otherKeys, verify, done
  case stamped, stampedOn, notStamped
  case pdf, pdfReady, pdfMissing, files, filesCount, takeAway, takeAwayText
  case backup, backupOn, noBackup, toBackups, drill, drillOn, drillFailed, noDrill
  case good, look, bad

  static let catalog = Catalog(ConditionsText.self, in: .module, folder: "Conditions.files")
}
