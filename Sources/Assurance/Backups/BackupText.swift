import Web

/// Words of the pages about backups.
enum BackupText: String, TextKey {
  case toExport
  case title, toLedger, lead, records, makePlan, changePlan, printKey, runNow, drillSaved, planSaved,
    drillSoon
  case runSoon, noPlan, noPlanText, lastFailed, old, oldText, keyNotKept, keyNotKeptText, never, lastGood
  case size, entries, file, place, next, keeping, keepingValue, standing, runs, noRuns, noRunsText, failed
  case made, checkIt, when, way, result, drill, wayPlan, wayPage, wayShell, drills, drillsText, addDrill
  case noDrills, noDrillsText, good, partly, bad, seconds, minutes, day, system, ourselves, lasted, doneBy
  case remark, notSaved, planTitle, planLead, placeHint, disk, diskYes, diskNo, time, daily, weekly, monthly
  case keepHint, savePlan, keyTitle, keyText, keyOnce, showKey, keySheet, keySheetText, keySheetUse, keyKept
  case keyWasShown, keyWasShownText, drillLead, systemHint, minutesTaken, remarkHint, saveDrill
  case signal, signalFailed, signalNoDrill, signalOld, signalOnlyOurs

  static let catalog = Catalog(BackupText.self, in: .module, folder: "Backups.files")

  static func way(_ way: BackupRun.Way) -> Self {
    switch way {
    case .plan: .wayPlan
    case .page: .wayPage
    case .shell: .wayShell
    }
  }

  static func result(_ result: RestoreDrill.Result) -> Self {
    switch result {
    case .good: .good
    case .partly: .partly
    case .failed: .bad
    }
  }
}
