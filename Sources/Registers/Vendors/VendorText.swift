import Web

/// Words of the register of vendors.
enum VendorText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, kind, contactPerson, phone, nightPhone
  case email, emergencyContact, emergencyContactHint, contactsCheckedOn, contactsCheckedOnHint
  case nextCheckOn, certifications, certificationsHint, certificationEndsOn, note, noteHint, ehr
  case departmental, medicalDevice, network, cloud, other, noNightContact, contactsUnchecked
  case checkOverdue, certificationEnded
  case signalAll, signalUnreachable, signalUnchecked

  static let catalog = Catalog(VendorText.self, in: .module, folder: "Vendors.files")
}
