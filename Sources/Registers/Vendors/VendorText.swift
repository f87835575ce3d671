import Web

/// Words of the register of vendors.
enum VendorText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, kind, contactPerson, phone, nightPhone
  case email, emergencyContact, emergencyContactHint, contactsCheckedOn, contactsCheckedOnHint
  case nextCheckOn, certifications, certificationsHint, certificationEndsOn, note, noteHint, ehr
  case departmental, medicalDevice, network, cloud, other, noNightContact, contactsUnchecked
  case checkOverdue, certificationEnded
  case status, statusHint, active, former, subcontractors, subcontractorsHint, certificateEndsOn,
    certificationNear
  case contactsTitle, contactNormal, contactNight, contactEmergency, contactNone,
    contactsNeverChecked, contactsCheck, contactsCheckHint
  case certTitle, certNone, certAdd, certChange, certRemove, certRemoveHint, certKind, certNumber,
    certNumberHint, certScope, certScopeHint, certEndsOn, certNoEnd, certEnded, certNear
  case certIsms, certIsmsCloud, certPrivacyMark, certIsmap, certCsMark, certSoc2, certAudit,
    clausesTitle, clausesLink, letterLink

  static let catalog = Catalog(VendorText.self, in: .module, folder: "Vendors.files")
}
