import Web

/// Words of the roll-out of two-factor sign-in.
enum RolloutText: String, TextKey {
  case title, toPlans, lead, empty, emptyText, beginTitle, startOn, endOn, beginHint, begin, phaseOne
  case phaseTwo, phaseThree, phases, editPhases, phasesLead, phaseName, phaseNameHint, saved, save, refused
  case stale, add, change, system, systemHint, systemsEmpty, group, groupHint, people, peopleHint, method
  case passkey, app, card, biometric, other, methodHint, phase, done, doneHint, costs, costHint, once, yearly
  case exception, exceptionHint, until, untilHint, remove, removeText, chart, chartMost, today, milestone
  case milestoneText, phaseLabel, progress, progressOf, nothingAsked, linesTitle, linesNone, state
  case standDone, standExempt, standOver, standLate, standUnderWay, standPlanned, registerSays, pointsSay
  case groupSay, accountsSay, untoldSay, wordYes, wordYesSince, wordPartly, wordNo, registersSilent, howReview
  case howRegister, contradicted, summary, summaryText, sumDone, sumPlanned, sumExcepted, sumUnplanned
  case sumUnknown, ownAccounts, openSystems, openMore, measureTitle, measureText, measureOff, measureChoose
  case measureChosen, measurePut, measureNew, chartKey, yen,
    unknownCosts, notKnown, dutyException, pdf, svg, subtitle
  case fingerprint, pageOf, check, comma, days, exceptionLine

  static let catalog = Catalog(RolloutText.self, in: .module, folder: "Rollout.files")

  static func method(_ method: RolloutLine.Method) -> RolloutText {
    switch method {
    case .passkey: .passkey
    case .app: .app
    case .card: .card
    case .biometric: .biometric
    case .other: .other
    }
  }

  static func standing(_ standing: RolloutSummary.Standing) -> RolloutText {
    switch standing {
    case .done: .sumDone
    case .planned: .sumPlanned
    case .excepted: .sumExcepted
    case .unplanned: .sumUnplanned
    case .unknown: .sumUnknown
    }
  }

  static func standing(_ standing: RolloutLine.Standing) -> RolloutText {
    switch standing {
    case .done: .standDone
    case .exempt: .standExempt
    case .exceptionOver: .standOver
    case .late: .standLate
    case .underWay: .standUnderWay
    case .planned: .standPlanned
    }
  }
}
