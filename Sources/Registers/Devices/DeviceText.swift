import Web

/// Words of the register of devices.
enum DeviceText: String, TextKey {
  case registerName, noun, count, countOne, empty, number, numberHint, name, kind, status, system
  case actsAsServer, actsAsServerHint
  case place, department, usedBy, maker, model, serial, os, osHint, osVersion, osVersionHint
  case software, softwareHint, ipAddress, ipAddressHint, macAddress, macAddressHint, supportEndsOn
  case supportEndsOnHint, owned, updatedBy, updatedByHint, vendor, updateClause, updateClauseHint
  case remoteMaintenance, remoteMaintenanceHint, checkedOn, checkedOnHint, nextCheckOn, erasedOn
  case erasedOnHint, erasureProof, erasureProofHint, note, noteHint, server, pc, network, medical
  case ups, storage, other, inUse, lent, stored, disposed, own, byVendor, lease, undecided, yes, no
  case unknown, updaterUndecided, updaterUnnamed, supportNear, supportEnded, supportUnknown
  case remoteUnknown, checkOverdue, erasureUnproven
  case signalUsed, signalOverdue, signalRemote, signalRemoteUndecided, signalRemoteUnknown
  case signalUndecided, signalEnded

  static let catalog = Catalog(DeviceText.self, in: .module, folder: "Devices.files")
}
