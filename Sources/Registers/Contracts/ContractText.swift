import Web

/// Words of the register of contracts.
enum ContractText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, title, vendor, kind, status
  case startsOn, endsOn, autoRenewal, autoRenewalHint, noticeBy, noticeByHint, amountYen, systems
  case patching, patchingHint, vulnerabilityNotice, vulnerabilityNoticeHint, allHoursContact
  case backupClause, backupClauseHint, evidencePreservation, evidencePreservationHint
  case subcontractors, subcontractorsHint, dataLocation, dataLocationHint, endOfData, endOfDataHint
  case note, noteHint, maintenance, service, lease, purchase, outsourcing, other, active, ended, own
  case byVendor, undecided, yes, no, unknown, noticeNear, noticePassed, endPassed, patchingUndecided
  case noVulnerabilityNotice, noAllHoursContact

  static let catalog = Catalog(ContractText.self, in: .module, folder: "Contracts.files")
}
