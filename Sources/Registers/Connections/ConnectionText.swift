import Web

/// Words of the register of outside connection points.
enum ConnectionText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, name, kind, status, device
  case deviceHint, system, systemHint, vendor, vendorHint, purpose, purposeHint, owned, updatedBy,
    updatedByHint, model
  case firmware, firmwareHint, supportEndsOn, supportEndsOnHint, allowedFrom, allowedFromHint
  case twoFactor, twoFactorHint, hours, checkedOn, checkedOnHint, nextCheckOn, note, noteHint, vpn
  case router, modem, remoteSoftware, other, kindHint, inUse, suspended, removed, own, byVendor
  case lease, undecided, yes, no, unknown, always, workingHours, onRequest, updaterUndecided
  case updaterUnnamed, firmwareUnknown, supportNear, supportEnded, supportUnknown, noTwoFactor
  case twoFactorUnknown, sourcesMissing, checkOverdue
  case signalUsed, signalSources

  static let catalog = Catalog(ConnectionText.self, in: .module, folder: "Connections.files")
}
