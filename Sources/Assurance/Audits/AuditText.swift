import Web

/// Words of the pages about audits of frameworks.
enum AuditText: String, TextKey {
  case goOn, confirmRest, arranging, keeping, takingOut
  case title, lead, toAssessments, chooseFramework, empty, emptyText, name, year, owner, nobody
  case openedAt, frozen, frozenText, begin, beginLead, beginButton, save, saveNext, saved, settings
  case groupsFromSystems, groupsNoSystems, groupsToSystems, systemsCount
  case groups, allGroups, groupsHint, groupsByAnswers, assignments, assignmentsLead, assignmentsNone
  case assign, sectionOrRequirement, due, until, dueHint, points, export, newer, newerLink, carried
  case carryOver, moved, confirmedOf, meanScore, metShare, compliant, partly, not, notApplicable
  case furtherWork, scoredOnly, unanswered, unconfirmed, openCount, framework, libraryVersion, howCounted
  case countedLine, leftOutLine, meanLine, noScoreYet, shareLine, partlyLine, weighted, unweighted
  case search, find, show, showAll, showOpen, showUnconfirmed, showNot, showDue, showSuggested, measures
  case showMine, found, top, nothing, nothingText, noRequirements, noRequirementsText, requirements
  case state, scoreLabel, below, gone, goneText, goneSheet, moreGone, more, moveTitle, moveLead
  case moveAdded, moveChanged, moveRemoved, moveAnswers, moveAnsweredChanged, moveAnsweredRemoved
  case moveText, moveButton, outOfScope, outOfScopeText, toBeConfirmed, changedText, carriedText, over
  case strength, evidence, annotation, weight, controls, noText, resultLabel, remark, remarkHint, levels
  case scoreHint, computed, notYetComputed, yesWord, noWord, nothingHere, comma, comment, comments
  case addComment, history, previous, following, pointsLead, pointsNone, signed, keptAt, ledgerHead
  case compareNow, compare, from, to, takeUp, takeUpText, reason, pointTitle, pointHint, pointState
  case keepPoint, sign, signText, before, after, now, movement, movementText, noMovement, number
  case textColumn, confirmedOn, questions, origin, summarySheet, saidText, handIn, findings, visits, review,
    reviews
  case exportOSCAL

  static let catalog = Catalog(AuditText.self, in: .module, folder: "Audits.files")
}
