import Web

/// Words of the operating figures.
enum FiguresText: String, TextKey {
  case title, since, emptyTitle, emptyText, calls, night, holiday, business, outages, times
  case median, ninetieth, count, toAcknowledge, toRestore, timesText, availability, availabilityOf
  case availabilityText, system, hoursCount, hoursAlways, hoursBusiness, goal, goalOf, noGoal
  case budget, spent, overspent, noisiest, noisiestText, timesCount, coverage, unwatched, noBackup
  case noSystems, toSystems
  case noKeeper, nobodyOnCall, nobodyText, allCovered, andMore, goalTitle, notSaved, target
  case targetHint, save, minutes, hoursMinutes, nobodyAhead, primaryOf, secondaryOf, firstGap
  case hoursCountOf, offHours, offAhead, allCoveredAlone, reportNone, reportIntro, reportTimes, reportNothing,
    reportWhat, reportValue
  case reportCoverage

  static let catalog = Catalog(FiguresText.self, in: .module, folder: "Figures.files")

  static func hours(_ hours: ServiceGoal.Hours) -> Self { hours == .always ? .hoursAlways : .hoursBusiness }
}
