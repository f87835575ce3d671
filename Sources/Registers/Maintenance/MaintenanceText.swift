import Web

/// Words of the question whether maintenance is left to vendors.
enum MaintenanceText: String, TextKey {
  case title, lead, basis, checkOriginal, notYet, notYetText, changedSince, askAgain, toRecord
  case changeAdded, changeRemoved, changeTie, changeUnmarked, applies, doesNotApply, open, serversTitle
  case otherServers, serversText, serversCaption, allWritten, lackingServers, unmarked, markThem, noServers
  case noServersText, addServer, moreServers, server, vendor, duty, cloud, written, lackOwn
  case lackUndecided, lackVendorMissing, lackClauseMissing, lackContractUnknown, lackContractOfOther
  case lackContractEnded, lackContractOtherwise, questionsTitle, askStaff, staffNobody, staffSomeone
  case dontKnow, askListed, listedMore, askWritten, askDisclosures, toDisclosures, disclosuresDoNotDecide
  case yes, no, record, recorded, earlier, recordTitle, decidedBy, sentenceApplies, sentenceDoesNot
  case sentenceOpen, decidingTitle, reasonStaff, reasonServers, reasonStaffUnknown, reasonList
  case reasonNoServers

  static let catalog = Catalog(MaintenanceText.self, in: .module, folder: "Maintenance.files")
}

extension MaintenanceText {
  static func lack(_ lack: MaintenanceCheck.Lack) -> Self {
    switch lack {
    case .own: .lackOwn
    case .undecided: .lackUndecided
    case .vendorMissing: .lackVendorMissing
    case .clauseMissing: .lackClauseMissing
    case .contractUnknown: .lackContractUnknown
    case .contractOfOther: .lackContractOfOther
    case .contractEnded: .lackContractEnded
    case .contractOtherwise: .lackContractOtherwise
    }
  }

  static func sentence(_ outcome: MaintenanceResult.Outcome) -> Self {
    switch outcome {
    case .applies: .sentenceApplies
    case .doesNotApply: .sentenceDoesNot
    case .open: .sentenceOpen
    }
  }

  static func staff(_ answer: MaintenanceAnswer) -> Self {
    switch answer {
    case .yes: .staffNobody
    case .no: .staffSomeone
    case .unknown: .dontKnow
    }
  }

  static func listed(_ answer: MaintenanceAnswer) -> Self {
    switch answer {
    case .yes: .yes
    case .no: .listedMore
    case .unknown: .dontKnow
    }
  }
}
