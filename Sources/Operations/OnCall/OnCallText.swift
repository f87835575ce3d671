import Web

/// Words of on-call.
enum OnCallText: String, TextKey {
  case chooseOne
  case menu, title, records, emptyTitle, emptyOwn, emptyText, emptyReader, add, change, monthOf, summary
  case printIt, printHow, printedAt, monthBefore, monthAfter, roster, changes, checks, ledger, feeds
  case partsOf, allRotas, now, nextOf, nextIs, untilTime, awayName, today, dayOfWeek, weekFrom, hours
  case toTime, primaryShort, secondaryShort, emptyShort, leaveShort, changedMark, holiday, noFindings
  case noFindingsText, moreFindings, noCalls, callsOfMonth, when, what, whoDid, untilStart, worked
  case travel, travelMinutes, minutes, fairness, person, nights, restDays, callCount, overtime
  case overtimeMonth, overtimeNote, checksOf, checksLead, level, levelNote, levelWarning, levelStrong
  case why, rulesTitle, rulesNote, ruleGap, ruleLeave, ruleGone, ruleRest, ruleConsecutive, ruleMonth
  case ruleAverage, ruleYear, ruleMonths, ruleNights, ruleDays, rulePermit, ruleWeeks, ruleFairness
  case ruleAlone, saysGap, saysLeave, couldAsk, askable, nobodyToAsk, saysGone, saysRest
  case saysConsecutive, saysMonth, saysAverage, saysYear, saysMonths, saysNights, saysDays, saysPermit
  case saysWeeks, saysFairness, saysAlone, groundGap, groundLeave, groundGone, groundRest
  case groundConsecutive, groundMonth, groundAverage, groundYear, groundMonths, groundNights, groundDays
  case groundPermit, groundWeeks, groundFairness, groundAlone, certaintyHigh, certaintyMedium
  case certaintyLow, certaintyProposal, numbers, layerPrimary, layerSecondary, stateCovered, stateEmpty
  case stateLeave, stateOff, choosePattern, patternWeek, aboutWeek, patternShifts, aboutShifts
  case patternNights, aboutNights, patternVendor, aboutVendor, standardName, settingsOf, notSaved, name
  case nameHint, orderHint, rotationNumber, furtherRotation, layerField, daysField, daysEvery
  case daysWeekday, daysRest, daysYearEnd, hoursFrom, hoursUntil, hoursHint, length, lengthHint, first
  case firstHint, last, lastHint, members, membersHint, more, kindField, kindHint, kindStandby
  case kindNight, kindDay, kindWork, countingField, countingCalendar, countingOwn, details, workFrom
  case workUntil, workHint, yearEndIs, yearEndOrdinary, yearEndRest, yearEndOwn, zone, zoneHint, permit
  case permitHint, save, namesOfRegister, remove, removeText, removeNow, changesOf, overrides
  case noOverrides, takesOver, whoever, nobody, endIt, addOverride, whom, whomHint, by, from, until
  case reason, reasonHint, swaps, swapsLead, noSwaps, gives, notAgreed, hasAgreed, agree, decline
  case askSwap, give, takeDuty, askNow, swapAsked, swapAgreed, swapDeclined, leaves, leavesLead
  case noLeaves, addLeave, note, noteHint, ledgerOf, duties, planned, served, state, timesAndHours
  case addCall, addCallText, whatHint, calledAt, workStart, workEnd, travelHint, restsTitle, restsLead
  case noRests, addRest, restKind, restKindHint, restCompensatory, restSubstitute, workedOn, restOn
  case restLine, notTaken, decidedOn, decidedAt, madeBy, feedsOf, feedsLead, feedOwn, feedOwnText
  case feedTeam, feedTeamText, feedMake, feedOnce, feedOnceText, feedAddress, feedsInUse, feedOf
  case feedTeamOf, feedEnd, noFeeds, calendarName, eventTitle, minutesLong, hoursLong, hoursMinutesLong
  case requires, requiresHint, ruleQualification, saysQualification, groundQualification
  case seeCall, seeCorrected, correctCall, correctText, whyCorrected, whyHint, beforeCorrection
  case servedTitle, servedOf, servedLead, servedRecord, calledByPlan, whoServed, nobodyServed, servedWhy
  case servedWhyHint, madeAt, corrections, noCorrections, stands, replacedSince, stillToCome, noDuties
  case putRight, seeServed, recordServed, recordServedText, chooseServed, chooseAnother, openAbove,
    correctServedText, objection, objected, confirmed
  case saidBy, answerServed, answerServedText, isRight, isWrong, wrongNote, wrongHint

  static let catalog = Catalog(OnCallText.self, in: .module, folder: "OnCall.files")

  static func layer(_ value: Rota.Layer) -> Self {
    switch value {
    case .primary: .layerPrimary
    case .secondary: .layerSecondary
    }
  }

  static func state(_ value: Segment.State) -> Self {
    switch value {
    case .covered: .stateCovered
    case .empty: .stateEmpty
    case .leave: .stateLeave
    case .off: .stateOff
    }
  }

  static func level(_ value: LabourFinding.Level) -> Self {
    switch value {
    case .note: .levelNote
    case .warning: .levelWarning
    case .strong: .levelStrong
    }
  }

  static func rule(_ value: LabourFinding.Rule) -> Self {
    switch value {
    case .gap: .ruleGap
    case .leave: .ruleLeave
    case .gone: .ruleGone
    case .qualification: .ruleQualification
    case .rest: .ruleRest
    case .consecutive: .ruleConsecutive
    case .month: .ruleMonth
    case .average: .ruleAverage
    case .year: .ruleYear
    case .months: .ruleMonths
    case .nights: .ruleNights
    case .days: .ruleDays
    case .permit: .rulePermit
    case .weeks: .ruleWeeks
    case .fairness: .ruleFairness
    case .alone: .ruleAlone
    }
  }

  static func ground(_ value: LabourFinding.Rule) -> Self {
    switch value {
    case .gap: .groundGap
    case .leave: .groundLeave
    case .gone: .groundGone
    case .qualification: .groundQualification
    case .rest: .groundRest
    case .consecutive: .groundConsecutive
    case .month: .groundMonth
    case .average: .groundAverage
    case .year: .groundYear
    case .months: .groundMonths
    case .nights: .groundNights
    case .days: .groundDays
    case .permit: .groundPermit
    case .weeks: .groundWeeks
    case .fairness: .groundFairness
    case .alone: .groundAlone
    }
  }

  static func certainty(_ value: LabourFinding.Certainty) -> Self {
    switch value {
    case .high: .certaintyHigh
    case .medium: .certaintyMedium
    case .low: .certaintyLow
    case .proposal: .certaintyProposal
    }
  }

  static func pattern(_ value: RotaDraft.Pattern) -> Self {
    switch value {
    case .week: .patternWeek
    case .shifts: .patternShifts
    case .nights: .patternNights
    case .vendor: .patternVendor
    }
  }

  static func about(_ value: RotaDraft.Pattern) -> Self {
    switch value {
    case .week: .aboutWeek
    case .shifts: .aboutShifts
    case .nights: .aboutNights
    case .vendor: .aboutVendor
    }
  }

  static func yearEnd(_ value: Rota.YearEnd) -> Self {
    switch value {
    case .ordinary: .yearEndOrdinary
    case .rest: .yearEndRest
    case .own: .yearEndOwn
    }
  }

  static func days(_ value: Rotation.Days) -> Self {
    switch value {
    case .every: .daysEvery
    case .weekday: .daysWeekday
    case .rest: .daysRest
    case .yearEnd: .daysYearEnd
    }
  }

  static func kind(_ value: Rotation.Kind) -> Self {
    switch value {
    case .standby: .kindStandby
    case .night: .kindNight
    case .day: .kindDay
    case .work: .kindWork
    }
  }

  static func counting(_ value: Rotation.Counting) -> Self {
    switch value {
    case .calendar: .countingCalendar
    case .own: .countingOwn
    }
  }

  static func rest(_ value: RestDay.Kind) -> Self {
    switch value {
    case .compensatory: .restCompensatory
    case .substitute: .restSubstitute
    }
  }

  static func swapState(_ value: Swap.State) -> Self {
    switch value {
    case .asked: .swapAsked
    case .agreed: .swapAgreed
    case .declined: .swapDeclined
    }
  }
}
