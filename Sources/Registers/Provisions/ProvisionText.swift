import Web

/// Words of the records of data that left the facility.
enum ProvisionText: String, TextKey {
  case provisionsName, provisionNoun, outsourcingsName, outsourcingNoun, count, countOne
  case provisionsEmpty, outsourcingsEmpty, number, numberHint, recipient, recipientHint, providedOn
  case purpose, items, itemsHint, people, basis, basisHint, consentKept, consentKeptHint, method
  case nextCheckOn, note, noteHint, task, taskHint, vendor, contract, startedOn, endedOn
  case subcontracting, checkedOn, checkedOnHint, checkedHow, returnProof, returnProofHint, byConsent
  case byLaw, forLife, forPublicHealth, forResearch, other, unknown, noSubcontracting
  case knownSubcontracting, basisMissing, consentMissing, checkOverdue, contractMissing
  case supervisionMissing, subcontractingUnknown, returnUnproven

  static let catalog = Catalog(ProvisionText.self, in: .module, folder: "Provisions.files")
}
