import Web

/// Words of findings, corrective actions and re-checks.
enum FindingText: String, TextKey {
  case list, lead, add, empty, emptyText, nothing, all, late, find, search, title, titleHint, severity, major
  case minor, observation, seen, seenHint, found, foundBy, requirement, audit, free, phase, toPlan, underWay
  case toCheck, closed, day, measure, noMeasure, saved, change, save, export, print, count, more, chain
  case round, actions, noActions, addAction, actionText, owner, nobody, due, none, planned, doing, done
  case dropped, actionState, actionNote, moveAction, doneBy, check, checkLead, effective, notEffective
  case checkResult, checkNote, checkProof, checkProofHint, saveCheck, aloneNote, aloneLead, ownWork
  case checkedBy, reopened, closedText, setMeasure, evidence, again, measureText, takeOff, choose
  case newMeasure
  case dutyPlan, dutyAct, dutyCheck

  static let catalog = Catalog(FindingText.self, in: .module, folder: "Findings.files")
}
