import Web

/// Words of the emergency sheet.
enum EmergencyText: String, TextKey {
  case menu, title, subtitle, screenNote, print, pdf, alarm, step1, step2, step2Rest, step3
  case step3Rest, step4, step4Call, step4Night, chart, chartLabel, scrollHint, finder, atOnce
  case day, night, dayNight, deputy, nextStep, vendors, vendorsOnly, inside, outside, shared, single, more
  case noNumber, noNight, webOnly, dayOnly, list, order, who, weekday, nights, tested, untested, deputyOf
  case none, listMore, tell, speaker, nextCheck, noCheck, responsible, fingerprint, pageOf, listSeparator
  case emptyTitle, emptyText, gaps, gapsText
  case operations, safetyManager, management, vendor, prefecture, ministry, police
  case startPeople, startRoles, startContacts, startVendors, starter
  case signalAll, signalMissing, signalUnreachable, signalUnchecked

  static let catalog = Catalog(EmergencyText.self, in: .module, folder: "Emergency.files")
}
