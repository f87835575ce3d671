import Web

/// Words of trying by itself.
enum RecoveryText: String, TextKey {
  case title, lead, none, noneText, setUp, change, action, actionHint, noActions, noActionsText
  case cool, coolHint, tries, window, windowHint, most, mostHint, minutes, hours, days, save
  case remove, removeText, planText, restsNow, refusedNow, runs, noRuns, noRunsText, began, outcome
  case running, done, failed, lost, helped, notYet, letterWill, letterHead, letterRun, letterShort, all

  static let catalog = Catalog(RecoveryText.self, in: .module, folder: "Recovery.files")

  static func state(_ state: RecoveryRun.State) -> Self {
    switch state {
    case .running: .running
    case .done: .done
    case .failed: .failed
    case .lost: .lost
    }
  }
}

extension Texts<RecoveryText> {
  /// 10分, 6時間, 7日.
  func length(_ minutes: Int) -> String {
    if minutes % 1440 == 0 { return self(.days, minutes / 1440) }
    return minutes % 60 == 0 ? self(.hours, minutes / 60) : self(.minutes, minutes)
  }
}
