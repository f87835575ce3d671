import Web

/// Words of the pages about audits of frameworks.
enum AuditText: String, TextKey {
  case title, lead, toAssessments, chooseFramework, empty, emptyText, name, year, owner, nobody
  case openedAt, frozen, frozenText, begin, beginLead, beginButton, save, saveNext, saved, settings
  case groups, allGroups, groupsHint, groupsByAnswers, assignments, assignmentsLead, assignmentsNone
  case assign, sectionOrRequirement, due, until, dueHint, points, export, newer, newerLink, carried
  case carryOver, moved, confirmedOf, meanScore, metShare, compliant, partly, not, notApplicable
  case scoredOnly, unanswered, unconfirmed, openCount, framework, libraryVersion, howCounted
  case countedLine, leftOutLine, meanLine, noScoreYet, shareLine, partlyLine, weighted, unweighted
  case search, find, show, showAll, showOpen, showUnconfirmed, showNot, showDue, showMine, found, top
  case nothing, nothingText, noRequirements, noRequirementsText, requirements, state, scoreLabel, below
  case gone, goneText, goneSheet, moreGone, more, moveTitle, moveLead, moveAdded, moveChanged
  case moveRemoved, moveAnswers, moveAnsweredChanged, moveAnsweredRemoved, moveText, moveButton
  case outOfScope, outOfScopeText, toBeConfirmed, changedText, carriedText, over, strength, evidence
  case annotation, weight, controls, noText, resultLabel, remark, remarkHint, levels, scoreHint
  case computed, notYetComputed, yesWord, noWord, nothingHere, comma, comment, comments, addComment
  case history, previous, following, pointsLead, pointsNone, signed, keptAt, ledgerHead, compareNow
  case compare, from, to, takeUp, takeUpText, reason, pointTitle, pointHint, pointState, keepPoint, sign
  case signText, before, after, now, movement, movementText, noMovement, number, textColumn, confirmedOn
  case questions, origin, summarySheet

  static let catalog = Catalog(AuditText.self, in: .module, folder: "Audits.files")
}
