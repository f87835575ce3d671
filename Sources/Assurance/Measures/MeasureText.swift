import Web

/// Words of measures.
enum MeasureText: String, TextKey {
  case list, toAudits, lead, records, signal, add, change, empty, emptyText, nothing, noneFound, find, all,
    title
  case titleHint, description, descriptionHint, state, planned, underWay, inPlace, stopped, stateHint
  case moveState, owner, deputy, nobody, none, start, due, costs, costInitial, costYearly, costHint
  case yenOnce, yenYearly, save, saved, requirements, restsNone, restsLead, restsMore, audit, answered
  case unlink, link, linked, checklist, checklistLead, concept, chooseTitle, addHere, put, noneHere
  case suggests, sameAsAnswer, suggestsText, accept, review

  static let catalog = Catalog(MeasureText.self, in: .module, folder: "Measures.files")
}
