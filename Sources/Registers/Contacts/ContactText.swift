import Web

/// Words of the register of contacts.
enum ContactText: String, TextKey {
  case registerName, noun, count, countOne, empty, starter, name, kind, kindHint, callWhen, callWhenHint
  case reachWithin, reachWithinHint, phoneDay, phoneNight, web, webHint, testedOn, testedOnHint
  case nextCheckOn, chartOrder, chartOrderHint, note, noteHint, inside, ministry, prefecture, police
  case privacy, association, specialist, region, other, unreachable, untested, testedLongAgo
  case checkOverdue
  case firstMinistry, firstMinistryWhen, firstPrefecture, firstPrefectureWhen, firstPolice
  case firstPoliceWhen, firstPrivacy, firstPrivacyWhen, firstPrivacyWithin, firstSupport, firstSupportWhen
  case promptly, firstNote

  static let catalog = Catalog(ContactText.self, in: .module, folder: "Contacts.files")
}
