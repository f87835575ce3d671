import Web

/// Words of the register of roles.
enum RoleText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, nameHint, kind, kindHint, person, deputy
  case deputyHint, duties, dutiesHint, phoneDay, phoneNight, phoneHint, reachWithin, reachWithinHint
  case testedOn, testedOnHint, appointedOn, appointedBy, appointedByHint, nextCheckOn, nextCheckOnHint
  case note, noteHint, safetyManager, planning, operations, management, keys, training, drill, patients
  case privacy, other, personMissing, deputyMissing, untested, testedLongAgo, checkOverdue
  case signalManagers, signalNobody, signalNoDeputy

  static let catalog = Catalog(RoleText.self, in: .module, folder: "Roles.files")
}
